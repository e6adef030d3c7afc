#include "geo/mercator.h"

#include <math.h>

#define RAD 0.017453292519943295
#define PI 3.141592653589793
#define A_M 6378137.0
#define MOST_POINTS ((uint64_t)8 * GEOM_MAX_POINTS)

double
mercator_x(double lon_deg)
{
	return (lon_deg + 180) / 360 * MERCATOR_WORLD;
}

double
mercator_y(double lat_deg)
{
	double lat = fmin(fmax(lat_deg, -MERCATOR_MAX_LAT_DEG), MERCATOR_MAX_LAT_DEG);

	return (1 - asinh(tan(lat * RAD)) / PI) / 2 * MERCATOR_WORLD;
}

double
mercator_lon_deg(double x)
{
	return x / MERCATOR_WORLD * 360 - 180;
}

double
mercator_lat_deg(double y)
{
	return atan(sinh(PI * (1 - 2 * y / MERCATOR_WORLD))) / RAD;
}

double
mercator_per_m(double lat_deg)
{
	double lat = fmin(fabs(lat_deg), MERCATOR_MAX_LAT_DEG) * RAD, s = sin(lat);
	double e2 = 0.0066943799901413165, w = 1 - e2 * s * s;

	/* the sphere's map of ellipsoidal latitudes is not quite conformal: the larger of both */
	return MERCATOR_WORLD / (2 * PI * A_M) / cos(lat) * w * sqrt(w) / (1 - e2);
}

/* Pieces into which an edge is cut. The bend of an edge over a latitude range d is at most
 * d^2 sec tan / 8 radians of the map. */
static uint32_t
pieces(const double *a, const double *b, double bend)
{
	double far = fmin(fmax(fabs(a[1]), fabs(b[1])), MERCATOR_MAX_LAT_DEG) * RAD;
	double d = (b[1] - a[1]) * RAD, c = cos(far);
	double off = d * d * sin(far) / (c * c) / 8 * MERCATOR_WORLD / (2 * PI);

	if (a[0] == b[0] || !(off > bend))
		return 1;
	return (uint32_t)fmin(ceil(sqrt(off / bend)), 100000);
}

bool
mercator_project(const struct geom *g, double bend, struct arena *mem, struct geom *ret)
{
	uint32_t *end = arena_calloc(mem, (size_t)g->ring_count + 1, sizeof(*end));
	uint64_t n = 0;
	double *xy;
	size_t at = 0;

	for (uint32_t r = 0, i = 0; r < g->ring_count; r++)
		for (uint32_t from = i; i < g->ring_end[r]; i++)
			n += i > from ? pieces(g->xy + 2 * (size_t)i - 2, g->xy + 2 * (size_t)i,
			                       bend)
			              : 1;
	xy = n <= MOST_POINTS ? arena_calloc(mem, (size_t)n + 1, 2 * sizeof(*xy)) : NULL;
	if (!end || !xy)
		return false;
	for (uint32_t r = 0, i = 0; r < g->ring_count; r++) {
		for (uint32_t from = i; i < g->ring_end[r]; i++) {
			const double *b = g->xy + 2 * (size_t)i, *a = i > from ? b - 2 : b;
			uint32_t k = i > from ? pieces(a, b, bend) : 1;

			for (uint32_t j = 1; j <= k; j++, at++) {
				double t = (double)j / k;

				xy[2 * at] = mercator_x(j == k ? b[0] : a[0] + t * (b[0] - a[0]));
				xy[2 * at + 1] =
					mercator_y(j == k ? b[1] : a[1] + t * (b[1] - a[1]));
			}
		}
		end[r] = (uint32_t)at;
	}
	*ret = *g;
	ret->point_count = (uint32_t)at;
	ret->ring_end = end;
	ret->xy = xy;
	return true;
}
