/* The border of a union of grown outlines, piece by piece. Private to geo. A plane in metres.
 *
 * A grown outline is the union of a disc around every vertex, a rectangle around every edge and the
 * inside of the polygon. The border of the union of many is what remains of each disc's and
 * rectangle's own border after everything that covers it is taken away; no polygon is rebuilt. Each
 * piece leaves with the union on its left, so sums and areas follow by Green's theorem, and nobody
 * is counted twice.
 *
 * The plane is cut into boxes until few shapes touch one; a box that a shape covers has no border
 * in it. Radii of chains must differ from each other by 1e-9 m or more: then no two borders
 * coincide. One solver belongs to one thread. */
#ifndef GEO_DISSOLVE_H
#define GEO_DISSOLVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "geo/cover.h"

struct dissolve_chain {        /* consecutive vertices that grow by the same radius */
	uint32_t first, count; /* into the tile's vertices; count 1 is a point */
	uint32_t group;
	bool closed;    /* the last vertex joins the first; the polygon lies on the left */
	bool two_sided; /* a line, or a stretch of a long ring: both sides and ends are borders */
	double r;       /* > 0 */
	double shift;   /* added to y: the image of a disc in a conformal map is not centred */
	struct cover_box box; /* of the shifted vertices, not grown */
};

struct dissolve_area { /* the inside of a polygon, as far as the tile sees it */
	uint32_t group;
	bool inside;                   /* the tile's corner (x0, y0) lies inside */
	size_t edge_start, edge_count; /* every edge that touches the tile */
};

struct dissolve_way { /* from a vertex to the next of its chain: a unit vector, and how far */
	double x, y, length;
};

struct dissolve_tile {
	struct cover_box box;
	const double (*xy)[2];
	const struct dissolve_way *way;      /* as many as vertices; dissolve_ways makes them */
	const struct dissolve_chain *chains; /* all that reach the tile (more do no harm) */
	size_t chain_count;
	const struct dissolve_area *areas;
	size_t area_count;
	const uint32_t (*edges)[2]; /* vertex numbers */
	bool grouped;               /* also the union of each group on its own */
};

enum dissolve_of {      /* the union whose border a line is part of */
	DISSOLVE_GROUP, /* of one group */
	DISSOLVE_WHOLE, /* of all */
	DISSOLVE_BOTH
};

struct dissolve_sink {
	/* A polyline of n points of the border. */
	void (*line)(void *ctx, enum dissolve_of of, uint32_t group, const double (*xy)[2],
	             size_t n);
	void *ctx;
};

struct dissolve;

/** NULL when memory ends. */
struct dissolve *dissolve_create(void);
void dissolve_free(struct dissolve *s);
/**
 * The pieces of the border inside the tile, arcs as chords of at most DISSOLVE_STEP_RAD. A radius
 * that must hold d after the chords are drawn is d * dissolve_widen(d). ERR_NOMEM.
 */
MUST_CHECK enum err_code dissolve_run(struct dissolve *s, const struct dissolve_tile *tile,
                                      const struct dissolve_sink *sink, struct err *e);
/** The ways of a chain of count vertices; the last one's only if closed. No two neighbours may
 * coincide. */
void dissolve_ways(const double (*xy)[2], uint32_t count, bool closed, struct dissolve_way *ret);
/** 1 / cos(half a chord's angle) for that radius. */
double dissolve_widen(double r_m);
/** Is p inside, given that `corner` is or is not, and all edges that the way between them may
 * cross? */
bool dissolve_inside(bool corner_inside, const double corner[2], const double p[2],
                     const double (*xy)[2], const uint32_t (*edges)[2], size_t edge_count);

#endif
