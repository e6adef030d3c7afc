/* UTM and MGRS on WGS 84. Degrees, longitude first; metres. Pure functions, thread-safe.
 * Transverse Mercator by Krueger's series to the sixth order (Karney 2011, J. Geodesy 85:475, eq.
 * 35, 36): truncation below 1 um within the zones and their neighbours. Letters as in NGA.STND.0037
 * (2014). The polar caps (UPS) are not offered. */
#ifndef GEO_UTM_H
#define GEO_UTM_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct utm {
	int zone;          /* 1 .. 60 */
	bool north;        /* hemisphere; the south has a false northing of 10,000,000 m */
	double easting_m;  /* 100,000 .. 900,000 */
	double northing_m; /* 0 .. 10,000,000 */
};

#define UTM_MGRS_SIZE 24 /* room for the longest text: "36UVU" and 2 * 7 digits */

/** The zone of a position, with the exceptions of Norway and Svalbard. 0 if latitude is not -80
 * .. 84. */
int utm_zone(double lon_deg, double lat_deg);
/** The latitude band letter C .. X of a latitude in -80 .. 84, else NUL. */
char utm_band(double lat_deg);
/** South edge and north edge of a band; false if the letter is no band. */
bool utm_band_limits(char band, double *ret_south_deg, double *ret_north_deg);
/** Longitude of a zone's central meridian. */
double utm_meridian(int zone);
/** Project into a zone; |lon - meridian| must be below 80 degrees (false otherwise). The hemisphere
 * follows lat. */
bool utm_forward(double lon_deg, double lat_deg, int zone, struct utm *ret);
/** Back to degrees; longitude in -180 .. 180. */
void utm_inverse(const struct utm *u, double *ret_lon_deg, double *ret_lat_deg);
/**
 * The MGRS square that holds a position. digits 0 .. 7 a coordinate (5 = 1 m). Digits are cut, not
 * rounded. False outside -80 .. 84.
 */
bool utm_write_mgrs(double lon_deg, double lat_deg, int digits, char ret[UTM_MGRS_SIZE]);
/**
 * Read an MGRS square: zone, band, square, an even number of digits (0 .. 14), blanks and hyphens
 * anywhere between the parts, either case. *ret is the centre, *ret_size_m the side of the square.
 * ERR_INVALID with a sentence if it is none; ERR_UNSUPPORTED for the polar squares (A, B, Y, Z).
 */
MUST_CHECK enum err_code utm_read_mgrs(const char *s, size_t n, struct utm *ret, double *ret_size_m,
                                       struct err *e);

#endif
