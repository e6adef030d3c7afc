/* Predicates in the lon/lat plane that are right or say that they do not know. Private to geo;
 * inline because they are the innermost step of every loop over edges. Coordinates must be finite
 * and the floating point without contraction or excess precision. */
#ifndef GEO_PLANE_H
#define GEO_PLANE_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>

/* (3 + 16 u) u with u = 2^-53: Shewchuk 1997, "Adaptive precision floating-point arithmetic and
 * fast robust geometric predicates", the bound of stage A of orient2d; the rest guards underflow.
 */
#define PLANE_BOUND 3.3306690738754716e-16
#define PLANE_TINY 1e-290

/** 1: c lies left of a -> b, surely; -1: right, surely; 0: on it, or too near to tell. */
static inline int
plane_side(const double *a, const double *b, const double *c)
{
	double l = (a[0] - c[0]) * (b[1] - c[1]), r = (a[1] - c[1]) * (b[0] - c[0]);
	double det = l - r, bound = PLANE_BOUND * (fabs(l) + fabs(r)) + PLANE_TINY;

	return (det > bound) - (det < -bound);
}

/** The same position (0 equals -0). */
static inline bool
plane_same(const double *a, const double *b)
{
	return a[0] >= b[0] && a[0] <= b[0] && a[1] >= b[1] && a[1] <= b[1];
}

/** True if the boxes of segments a-b and c-d share a point. */
static inline bool
plane_boxes_meet(const double *a, const double *b, const double *c, const double *d)
{
	return !(fmax(a[0], b[0]) < fmin(c[0], d[0]) || fmax(c[0], d[0]) < fmin(a[0], b[0]) ||
	         fmax(a[1], b[1]) < fmin(c[1], d[1]) || fmax(c[1], d[1]) < fmin(a[1], b[1]));
}

enum plane_meeting {
	PLANE_APART,  /* surely no common point */
	PLANE_CROSS,  /* surely one common point inside both */
	PLANE_UNCLEAR /* they touch, overlap, or are too near to tell */
};

/** How segments a-b and c-d meet. For a crossing *ret_side is the side of a -> b on which d lies.
 */
static inline enum plane_meeting
plane_meet(const double *a, const double *b, const double *c, const double *d, int *ret_side)
{
	int on_c, on_d, on_a, on_b;

	if (!plane_boxes_meet(a, b, c, d)) {
		return PLANE_APART;
	}
	on_c = plane_side(a, b, c);
	on_d = plane_side(a, b, d);
	if (on_c * on_d > 0) {
		return PLANE_APART;
	}
	on_a = plane_side(c, d, a);
	on_b = plane_side(c, d, b);
	if (on_a * on_b > 0) {
		return PLANE_APART;
	}
	*ret_side = on_d;
	return on_a * on_b < 0 && on_c * on_d < 0 ? PLANE_CROSS : PLANE_UNCLEAR;
}

/**
 * Does the ray from p to the east cross edge a-b? 1 yes, 0 no, -1 p is on it or too near to tell.
 * Vertices count half-open, so that the parity over a closed ring is exact.
 */
static inline int
plane_ray(const double *p, const double *a, const double *b)
{
	int side;

	if ((a[1] > p[1]) == (b[1] > p[1])) {
		/* level edges through p are the only ones that could hold it */
		return a[1] == p[1] && b[1] == p[1] && fmin(a[0], b[0]) <= p[0] &&
		                       p[0] <= fmax(a[0], b[0])
		               ? -1
		               : 0;
	}
	if (a[0] < p[0] && b[0] < p[0]) {
		return 0;
	}
	if (a[0] > p[0] && b[0] > p[0]) {
		return 1;
	}
	side = b[1] > a[1] ? plane_side(a, b, p) : plane_side(b, a, p);
	return side == 0 ? -1 : side > 0;
}

/** Is p inside the closed ring of n points? 1 inside, 0 outside, -1 on it or too near to tell. */
static inline int
plane_in_ring(const double *p, const double *xy, size_t n)
{
	int inside = 0;

	for (size_t i = 1; i < n; i++) {
		int hit = plane_ray(p, xy + 2 * i - 2, xy + 2 * i);

		if (hit < 0) {
			return -1;
		}
		inside ^= hit;
	}
	return inside;
}

#endif
