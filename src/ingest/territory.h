/* What the register knows of the country: its outline from the place records of type country, else
 * a coarse box; and its places. */
#ifndef INGEST_TERRITORY_H
#define INGEST_TERRITORY_H

#include "ingest/gazetteer.h"
#include "ingest/region.h"
#include "store/store.h"

struct territory;

/** Load from the register. ERR_NOMEM, ERR_IO. */
MUST_CHECK enum err_code territory_load(struct store *st, struct territory **ret, struct err *e);
void territory_free(struct territory *t);
/** The country, NULL when neither an outline nor a box is known. Lives as long as t. */
const struct region *territory_country(const struct territory *t);
/** The register's places. Lives as long as t. */
const struct gazetteer *territory_places(const struct territory *t);

#endif
