/* Building a geometry in two passes over the same input: the first counts (arrays NULL), the second
 * fills arrays of exactly that size. Private to geo. One builder, one thread. */
#ifndef GEO_BUILD_H
#define GEO_BUILD_H

#include <stdbool.h>

#include "geo/geom.h"

struct build {
	enum geom_type type;
	size_t max_points; /* of the input; closing points that are added come on top */
	size_t given;      /* points of the input so far */
	uint32_t parts, rings, points;
	uint32_t ring_first; /* first point of the ring being built */
	uint32_t part_first; /* first ring of the part being built */
	double first[2], last[2];
	double *xy;
	uint32_t *ring_end, *part_end;
};

/** Start counting. max_points 0 means GEOM_MAX_POINTS. */
void build_start(struct build *b, size_t max_points);
/** Between the passes: take the arrays from mem and start filling. False when memory ends. */
bool build_fill(struct build *b, struct arena *mem);
/** Add a position. ERR_INVALID if not finite, ERR_LIMIT past max_points. */
MUST_CHECK enum err_code build_point(struct build *b, double x, double y, struct err *e);
/** End a ring or line; without points it vanishes. close: repeat the first point if it is open. */
void build_end_ring(struct build *b, bool close);
/** End a part; without rings it vanishes. */
void build_end_part(struct build *b);
/** The finished geometry (after the filling pass). */
void build_done(const struct build *b, struct geom *ret);

#endif
