/* What was found near a position, for people and programs. Answers danger, released, released as
 * reported, or no information; nothing else is ever said of land. */
#ifndef PUBLISH_FOUND_H
#define PUBLISH_FOUND_H

#include "base/buf.h"
#include "store/find.h"

/* The position asked about. */
struct found_question {
	double lon_deg, lat_deg, within_m;
	bool public_geometry; /* answered for a role without exact access */
};

void found_text(struct store *st, const struct found_question *q, const struct find_near *n,
                struct buf *out);
void found_json(struct store *st, const struct found_question *q, const struct find_near *n,
                struct buf *out);

#endif
