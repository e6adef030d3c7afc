/* The world as a square: Web Mercator (EPSG:3857) in units of 2^-32 of its width, x to the east
 * from 180 degrees west, y to the south from 85.0511 degrees north. Pure functions, thread-safe. */
#ifndef GEO_MERCATOR_H
#define GEO_MERCATOR_H

#include <stdbool.h>

#include "geo/geom.h"

#define MERCATOR_WORLD 4294967296.0
#define MERCATOR_MAX_LAT_DEG 85.051128779806592

/** Degrees to units; latitudes are cut at MERCATOR_MAX_LAT_DEG. */
double mercator_x(double lon_deg);
double mercator_y(double lat_deg);
/** And back. */
double mercator_lon_deg(double x);
double mercator_lat_deg(double y);
/** Units a metre at a latitude (the map is conformal: the same in every direction). */
double mercator_per_m(double lat_deg);
/**
 * A geometry in units, in mem. Edges are straight in longitude and latitude; where such an edge
 * would leave its straight image by more than bend units, points are put in. False when memory ends
 * (or more than GEOM_MAX_POINTS * 8 points would be needed).
 */
bool mercator_project(const struct geom *g, double bend, struct arena *mem, struct geom *ret);

#endif
