/* Measures on the WGS 84 ellipsoid. Pure functions, thread-safe. */
#ifndef GEO_MEASURE_H
#define GEO_MEASURE_H

#include <stdint.h>

#include "geo/geom.h"

/**
 * Geodesic area in m2 (>= 0): for each polygon part, outer ring less holes, whatever their winding.
 * Overlapping parts count twice (see geo/extent.h for unions). Edges are geodesics (Karney 2013).
 * Points and lines give 0. Small outlines use a closed form (geo/frame.h) that stays within 1e-9 of
 * it (and 1e-6 m2). Latitudes outside -90 .. 90 give NaN.
 */
double measure_area_m2(const struct geom *g);
/** The same, always by Karney's own routine (about 0.5 us an edge): the reference for tests and far
 * edges. */
double measure_area_karney_m2(const struct geom *g);
/** Geodesic length of all rings and lines in metres. */
double measure_perimeter_m(const struct geom *g);
/** Geodesic distance in metres between two positions. */
double measure_distance_m(double lon1_deg, double lat1_deg, double lon2_deg, double lat2_deg);
/** Where one gets from a position by bearing (degrees from north, clockwise) and distance. */
void measure_direct(double lon_deg, double lat_deg, double bearing_deg, double distance_m,
                    double *ret_lon_deg, double *ret_lat_deg);
/** Longest distance between consecutive vertices in metres, 0 for points. */
double measure_longest_edge_m(const struct geom *g);
/** Hilbert curve index (order 16 a side, 32 bits) of a box's centre over the whole world. */
uint32_t measure_hilbert(struct geom_box b);

#endif
