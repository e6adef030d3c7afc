/* A quick proof that small polygons are valid; see shape_check. Private to geo, thread-safe. */
#ifndef GEO_SIMPLE_H
#define GEO_SIMPLE_H

#include <stdbool.h>

#include "geo/geom.h"

#define SIMPLE_MAX_POINTS 96u

/**
 * True only if g (areal, not empty, rings closed) is surely valid in the sense of OGC
 * 06-103r4 6.1.11: no two edges meet but neighbours at their vertex, no spike, no repeated vertex,
 * holes inside, parts apart. False means "ask GEOS". Tests every pair of edges, so at most
 * SIMPLE_MAX_POINTS vertices.
 */
bool simple_is_valid(const struct geom *g);

#endif
