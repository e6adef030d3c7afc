/* Spatial relations of many geometries to one, which is prepared once (GEOS). The relations are
 * those of OGC 06-103r4 (simple features), in the plane of longitude and latitude. One context, one
 * thread. */
#ifndef GEO_RELATE_H
#define GEO_RELATE_H

#include <stdbool.h>

#include "geo/geo.h"
#include "geo/geom.h"

enum relate_kind {
	RELATE_INTERSECTS,
	RELATE_EQUALS,
	RELATE_DISJOINT,
	RELATE_TOUCHES,
	RELATE_WITHIN,
	RELATE_CONTAINS,
	RELATE_OVERLAPS,
	RELATE_CROSSES
};
enum {
	RELATE_KINDS = 8
};

struct relate;

/** Prepare a geometry; it is copied. ERR_INVALID if it is empty or not a valid geometry, ERR_NOMEM,
 * ERR_INTERNAL. */
MUST_CHECK enum err_code relate_open(struct geo *ctx, const struct geom *g, struct relate **ret,
                                     struct err *e);
void relate_close(struct relate *r);
/** Is "a KIND the prepared one" true? An empty a is disjoint from everything. */
MUST_CHECK enum err_code relate_test(struct relate *r, enum relate_kind kind, const struct geom *a,
                                     bool *ret, struct err *e);

#endif
