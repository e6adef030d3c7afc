/* The union's area of a few overlapping polygons that need GEOS's help: those that touch each other
 * too nearly are united by GEOS, the rest is summed as in geo/arrange.h. Private to geo. */
#ifndef GEO_CLUSTER_H
#define GEO_CLUSTER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "geo/geo.h"
#include "geo/geom.h"

/* More neighbours than this: crowded. Where the crowded crowd each other, pairs cost more than
 * GEOS's union. */
#define CLUSTER_CROWD 128u

/* More neighbours than this: crowded. Where the crowded crowd each other, pairs cost more than
 * GEOS's union. */
#define CLUSTER_CROWD 128u

struct cluster_item {
	const struct geom *geom; /* areal, not empty */
	double area_m2, perimeter_m;
};

/**
 * Can this be the area of a union? largest and sum are those of the single areas; the gaps
 * (degrees) say whether the pieces of its border close.
 */
bool cluster_is_sound(double area_m2, double largest_m2, double sum_m2, double gap_x, double gap_y);
/**
 * Area and border length of the union. list is put into an order of its own, so that the result
 * does not depend on the given one. Fails with ERR_NOMEM or ERR_INTERNAL.
 */
MUST_CHECK enum err_code cluster_area(struct geo *ctx, struct cluster_item *list, size_t n,
                                      double *ret_area_m2, double *ret_length_m, struct err *e);

#endif
