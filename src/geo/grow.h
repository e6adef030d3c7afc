/* The plane in which shape_grow grows an outline that is not too high. Private to geo. */
#ifndef GEO_GROW_H
#define GEO_GROW_H

#include <stdbool.h>

#include "geo/geom.h"

struct grow_plane {
	double lon0_deg, lat0_deg;
	double east_m, north_m; /* metres a degree at lat0 */
};

/**
 * The plane for an outline within box that grows by by_m metres, and the radius in it that surely
 * holds by_m on the ellipsoid: what shape_grow's discs have. False where shape_grow would need
 * several planes or refuses.
 */
bool grow_plane_of(struct geom_box box, double by_m, struct grow_plane *ret, double *ret_radius_m);

#endif
