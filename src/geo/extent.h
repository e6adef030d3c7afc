/* How much land many polygons cover together, per group, without building the union.
 *
 * Method. Polygons of a group whose boxes overlap are cut where their borders cross
 * (geo/arrange.h); what of each border lies outside all others is the border of the union, and the
 * geodesic area inside it is the sum over its pieces (Green's theorem; geo/frame.h). Copies of one
 * polygon count once. Where a decision is too near to make (shared corners and edges), GEOS unites
 * those polygons first; where the pieces do not close, or the area leaves its bounds, GEOS unites
 * the whole cluster.
 *
 * low and high. Every outline may lie up to its accuracy_m off. high bounds the area of the union
 * of all outlines grown by that much, low that of all shrunk:
 *   - a connected plane set of area A and border length P, grown by r, has at most A + P r + pi r^2
 *     (Steiner 1840; non-convex: Sz.-Nagy 1959, "Ueber Parallelmengen nichtkonvexer ebener
 * Bereiche"; on surfaces of positive curvature: Fiala 1941, Hartman 1964, "Geodesic parallel
 * coordinates in the large");
 *   - shrunk by r it keeps at least A - P r - h pi r^2, h = number of holes (the same theorems
 * inward). Per cluster of overlapping polygons, high is the lesser of: that bound of the union with
 * the largest accuracy in it; the union's area and the sum of what each polygon alone can gain. low
 * is the greater of: the union's area less what each polygon alone can lose; the best single
 * polygon, shrunk. Points and lines have no area but can gain pi r^2 + 2 L r.
 *
 * Threads: the pool is used; results are the same bits for any number of threads and any order of
 * items. */
#ifndef GEO_EXTENT_H
#define GEO_EXTENT_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/pool.h"
#include "geo/geo.h"
#include "geo/geom.h"

struct extent_item {
	const struct geom *geom; /* valid (what shape_cover gives); must stay during the call */
	double area_m2;          /* measure_area_m2 */
	double perimeter_m; /* measure_perimeter_m; of a broken outline, that of all its rings */
	double accuracy_m;  /* >= 0, 95 % */
	uint32_t group;     /* 0 .. group_count - 1 */
	double unsure_m2;   /* >= 0: area that only some readings of a broken outline have (area_m2
	                       less that   of shape_cover's smallest reading); low goes without. Else
	                       0
	                     */
};

struct extent_result {
	double area_m2;    /* of the union */
	double low_m2;     /* 0 .. area_m2 */
	double high_m2;    /* >= area_m2 */
	double sum_m2;     /* of the items' own areas */
	double overlap_m2; /* sum_m2 - area_m2, >= 0 */
	double boundary_m; /* of the union */
	uint64_t polygons; /* items with area */
	uint64_t others;   /* points, lines and empty ones */
};

/**
 * per_group has group_count elements, all overwritten on success. pool may be NULL.
 * Fails with ERR_INVALID (a group or an accuracy out of range), ERR_LIMIT (over 2^31 items, or
 * outlines that cross each other millions of times), ERR_NOMEM, or ERR_INTERNAL when GEOS refuses a
 * cluster.
 */
MUST_CHECK enum err_code extent_compute(struct pool *pool, const struct extent_item *items,
                                        size_t n, uint32_t group_count,
                                        struct extent_result *per_group, struct err *e);

/* The same, where not all items are at hand at once. */
struct extent_sum;

/**
 * Start. boxes: per group that of all its items with area (of none: extent_no_box);
 * the middle of it is where areas are reckoned from, so it decides the last bits. pool and boxes
 * must stay until extent_sum_end. ERR_NOMEM.
 */
MUST_CHECK enum err_code extent_sum_start(struct pool *pool, uint32_t group_count,
                                          const struct geom_box *boxes, struct extent_sum **ret,
                                          struct err *e);
/**
 * Some items. No box of theirs meets the box of an item of the same group that comes in another
 * call (geo/clump.h). Sums are exact: the same bits however items are shared out over calls. Fails
 * as extent_compute; then there is only extent_sum_free.
 */
MUST_CHECK enum err_code extent_sum_add(struct extent_sum *s, const struct extent_item *items,
                                        size_t n, struct err *e);
/** per_group has group_count elements, all overwritten. */
void extent_sum_end(const struct extent_sum *s, struct extent_result *per_group);
/** NULL is allowed. */
void extent_sum_free(struct extent_sum *s);
/** An empty box (min > max), to be grown with geom_box_grow. */
struct geom_box extent_no_box(void);
/** Has the item an area, so that its box counts? */
bool extent_has_area(const struct geom *g);

/**
 * By how much the area of one group's union changes when one hazard does: before NULL = it is new,
 * after NULL = it goes. near are the group's other items whose boxes meet that of before or of
 * after, and those whose boxes meet theirs (they cut the same edges; more do no harm); only geom,
 * area_m2 and perimeter_m are read. Costs what its neighbours cost, not the group. Sums of changes
 * agree with extent_compute to 1e-9 of the area; low and high need extent_compute. Fails with
 * ERR_LIMIT, ERR_NOMEM or ERR_INTERNAL.
 */
MUST_CHECK enum err_code extent_delta(struct geo *ctx, const struct extent_item *before,
                                      const struct extent_item *after,
                                      const struct extent_item *near, size_t n, double *ret_area_m2,
                                      struct err *e);

#endif
