/* Inside of a geometry context and the way to and from GEOS. Private to geo; one context, one
 * thread. */
#ifndef GEO_HANDLE_H
#define GEO_HANDLE_H

#include <stdbool.h>

#ifndef GEOS_USE_ONLY_R_API
#define GEOS_USE_ONLY_R_API
#endif
#include <geos_c.h>

#include "geo/geo.h"
#include "geo/geom.h"

struct geo {
	GEOSContextHandle_t geos; /* NULL until needed */
	char message[200];        /* what GEOS last complained about */
	void *coord;              /* cached operations of coord.c, freed with coord_free */
	void (*coord_free)(void *coord);
};

/** The GEOS handle of the context, made now if need be. NULL when memory ends. */
GEOSContextHandle_t geo_geos(struct geo *ctx);
/** ERR_INTERNAL with GEOS's own words: "could not WHAT: ...". */
enum err_code geo_failed(struct geo *ctx, const char *what, struct err *e);
/** A three-valued answer (1, 0, 2 on exception) as truth or error. */
MUST_CHECK enum err_code geo_truth(struct geo *ctx, int answer, const char *what, bool *ret,
                                   struct err *e);
/**
 * Into GEOS. Rings of fewer than 4 points, lines of fewer than 2 and parts without a shell are left
 * out. The caller destroys *ret.
 */
MUST_CHECK enum err_code geo_to_geos(struct geo *ctx, const struct geom *g, GEOSGeometry **ret,
                                     struct err *e);
/** One ring (n points from xy, closed) as a polygon of its own. n >= 4. NULL on failure. */
GEOSGeometry *geo_ring_polygon(struct geo *ctx, const double *xy, size_t n);
/**
 * Out of GEOS: all parts of that dimension (0 points, 1 lines, 2 polygons) of whatever is in g,
 * outer rings counter-clockwise and holes clockwise (RFC 7946). Type simple if there is one part or
 * none.
 */
MUST_CHECK enum err_code geo_from_geos(struct geo *ctx, const GEOSGeometry *g, int dimension,
                                       struct arena *mem, struct geom *ret, struct err *e);

#endif
