/* The register's places by name and by id, for asking whether a position lies where its row says.
 * Read-only once ready: threads may share. */
#ifndef INGEST_GAZETTEER_H
#define INGEST_GAZETTEER_H

#include "ingest/region.h"
#include "store/shown.h"

#define GAZETTEER_AREA_KM 2.0   /* outside the outline of a named unit by more is told */
#define GAZETTEER_POINT_KM 20.0 /* from a named settlement that is a point */

struct gazetteer;

/** ERR_NOMEM. */
MUST_CHECK enum err_code gazetteer_create(struct gazetteer **ret, struct err *e);
void gazetteer_free(struct gazetteer *g);
/** Add a record of kind place; without geometry nothing is done. The row needs gazetteer_fields. */
MUST_CHECK enum err_code gazetteer_add(struct gazetteer *g, const struct shown *row, struct err *e);
/** All were added. ERR_NOMEM. */
MUST_CHECK enum err_code gazetteer_ready(struct gazetteer *g, struct err *e);
/**
 * The first place a record names, by `place`, admin2_name, place_name or admin1_name, that does not
 * hold the geometry's first vertex nor the middle of its box, its accuracy taken in: NULL when
 * there is none. A name that several places bear is only told when none of them holds it; a name
 * that none bears says nothing. The text is the record's own.
 */
const char *gazetteer_misses(const struct gazetteer *g, const struct store_fields *f);

extern const char *const gazetteer_fields[]; /* NULL-terminated */

#endif
