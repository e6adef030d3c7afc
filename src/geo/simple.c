#include <math.h>

#include "geo/plane.h"
#include "geo/simple.h"

struct simple_box {
	double x0, y0, x1, y1;
};

/* Neighbours a-b and b-c share b alone unless c turns back onto a-b. */
static bool
simple_corner(const double *a, const double *b, const double *c)
{
	double ux = b[0] - a[0], uy = b[1] - a[1], vx = c[0] - b[0], vy = c[1] - b[1];
	double dot = ux * vx + uy * vy;

	return plane_side(a, b, c) != 0 || dot > 1e-9 * (fabs(ux * vx) + fabs(uy * vy));
}

/* Edge i (box own) against the edges of the points from .. to; skip: the edge after to - 1 is a
 * neighbour. */
static bool
simple_row(const double *xy, const struct simple_box *box, uint32_t i, uint32_t from, uint32_t to)
{
	struct simple_box o = box[i];

	for (uint32_t j = from; j + 1 < to; j++) {
		int side;

		if (box[j].x0 > o.x1 || box[j].x1 < o.x0 || box[j].y0 > o.y1 || box[j].y1 < o.y0) {
			continue;
		}
		if (plane_meet(xy + 2 * (size_t)i, xy + 2 * (size_t)i + 2, xy + 2 * (size_t)j,
		               xy + 2 * (size_t)j + 2, &side) != PLANE_APART) {
			return false;
		}
	}
	return true;
}

/* All edges of one ring against each other and against all later rings. */
static bool
simple_ring(const struct geom *g, const struct simple_box *box, uint32_t ring)
{
	uint32_t from = ring ? g->ring_end[ring - 1] : 0, to = g->ring_end[ring], n = to - from;
	const double *xy = g->xy;

	if (n < 4) {
		return false;
	}
	for (uint32_t i = from; i + 1 < to; i++) {
		uint32_t after = i + 2 < to ? i + 2 : from + 1;
		/* the first edge is a neighbour of the last */
		uint32_t stop = i == from ? to - 1 : to;

		if (!simple_corner(xy + 2 * (size_t)i, xy + 2 * (size_t)i + 2,
		                   xy + 2 * (size_t)after) ||
		    !simple_row(xy, box, i, i + 2, stop)) {
			return false;
		}
		for (uint32_t r = ring + 1; r < g->ring_count; r++) {
			if (!simple_row(xy, box, i, g->ring_end[r - 1], g->ring_end[r])) {
				return false;
			}
		}
	}
	return true;
}

/* -1 unclear, 0 outside, 1 inside: the first vertex of ring r against ring of. */
static int
simple_inside(const struct geom *g, uint32_t r, uint32_t of)
{
	uint32_t at = r ? g->ring_end[r - 1] : 0, from = of ? g->ring_end[of - 1] : 0;

	return plane_in_ring(g->xy + 2 * (size_t)at, g->xy + 2 * (size_t)from,
	                     g->ring_end[of] - from);
}

/* Holes first + 1 .. end - 1 lie in the shell and not in each other. */
static bool
simple_holes(const struct geom *g, uint32_t first, uint32_t end)
{
	for (uint32_t r = first + 1; r < end; r++) {
		if (simple_inside(g, r, first) != 1) {
			return false;
		}
		for (uint32_t o = first + 1; o < end; o++) {
			if (o != r && simple_inside(g, r, o) != 0) {
				return false;
			}
		}
	}
	return true;
}

/* No two rings touch, so one vertex tells where a ring lies. */
static bool
simple_nesting(const struct geom *g)
{
	for (uint32_t p = 0, first = 0; p < g->part_count; first = g->part_end[p], p++) {
		if (!simple_holes(g, first, g->part_end[p])) {
			return false;
		}
		for (uint32_t q = 0, shell = 0; q < g->part_count; shell = g->part_end[q], q++) {
			if (q != p && simple_inside(g, first, shell) != 0) {
				return false; /* perhaps inside a hole, which is fine: GEOS knows */
			}
		}
	}
	return true;
}

bool
simple_is_valid(const struct geom *g)
{
	struct simple_box box[SIMPLE_MAX_POINTS] = { { 0 } };

	if (g->point_count == 0 || g->point_count > SIMPLE_MAX_POINTS) {
		return false;
	}
	for (uint32_t i = 0; i + 1 < g->point_count; i++) {
		const double *p = g->xy + 2 * (size_t)i;

		box[i] = (struct simple_box){ fmin(p[0], p[2]), fmin(p[1], p[3]), fmax(p[0], p[2]),
			                      fmax(p[1], p[3]) };
	}
	for (uint32_t r = 0; r < g->ring_count; r++) {
		if (!simple_ring(g, box, r)) {
			return false;
		}
	}
	return g->ring_count == 1 || simple_nesting(g);
}
