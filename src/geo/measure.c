#include <math.h>
#include <stdbool.h>

#include "geo/frame.h"
#include "geo/measure.h"
#include "geo/projlib.h"

#define FRAME_MAX_LAT_DEG 85.0
#define FRAME_MAX_EDGE_DEG 1.0
#define LENGTH_MAX_LAT_DEG 70.0
#define LENGTH_MAX_M 2000.0
#define HILBERT_SIDE 65536u

/* The bound of what the frame leaves out must stay below this share of the area (and this area). */
#define FRAME_SHARE 2.5e-10
#define FRAME_M2 1e-7

/* Karney's routines on WGS 84; NULL when PROJ is not installed, results are then NaN. */
static const struct projlib *
measure_ellipsoid(struct geod_geodesic *ell)
{
	const struct projlib *pj = projlib_get();

	if (pj) {
		pj->geod_init(ell, 6378137.0, 1 / 298.257223563);
	}
	return pj;
}

static bool
measure_fits_frame(struct geom_box b)
{
	return b.min_lat_deg >= -FRAME_MAX_LAT_DEG && b.max_lat_deg <= FRAME_MAX_LAT_DEG &&
	       isfinite(b.min_lon_deg) && isfinite(b.max_lon_deg);
}

/* Signed area of one ring, positive clockwise. False if an edge is too long for the frame. */
static bool
measure_ring_m2(const struct frame *f, const double *xy, size_t n, double *ret_m2, double *grow_m2)
{
	double sum = 0;
	struct frame_point a;

	if (n < 4) {
		*ret_m2 = 0;
		return true;
	}
	a = frame_point(f, xy[0], xy[1]);
	for (size_t i = 1; i < n; i++) {
		struct frame_point b = frame_point(f, xy[2 * i], xy[2 * i + 1]);

		if (!(fabs(xy[2 * i] - xy[2 * i - 2]) <= FRAME_MAX_EDGE_DEG &&
		      fabs(xy[2 * i + 1] - xy[2 * i - 1]) <= FRAME_MAX_EDGE_DEG)) {
			return false;
		}
		sum += frame_edge_m2(a, b, grow_m2);
		a = b;
	}
	*ret_m2 = sum;
	return true;
}

static bool
measure_area_frame(const struct geom *g, struct geom_box box, double *ret_m2)
{
	double sum = 0, grow = 0;
	struct frame f;

	frame_init(&f, box.min_lon_deg + (box.max_lon_deg - box.min_lon_deg) / 2,
	           box.min_lat_deg + (box.max_lat_deg - box.min_lat_deg) / 2);
	for (uint32_t p = 0, r = 0; p < g->part_count; p++) {
		double part = 0, ring;

		for (bool shell = true; r < g->part_end[p]; r++, shell = false) {
			uint32_t from = r ? g->ring_end[r - 1] : 0;

			if (!measure_ring_m2(&f, g->xy + 2 * (size_t)from, g->ring_end[r] - from,
			                     &ring, &grow)) {
				return false;
			}
			part += shell ? fabs(ring) : -fabs(ring);
		}
		sum += part > 0 ? part : 0;
	}
	*ret_m2 = sum;
	return grow <= FRAME_SHARE * sum + FRAME_M2;
}

static double
measure_ring_karney(const struct projlib *pj, const struct geod_geodesic *ell, const double *xy,
                    size_t n)
{
	struct geod_polygon poly;
	double area = 0;

	if (n < 4) {
		return 0;
	}
	pj->geod_polygon_init(&poly, 0);
	for (size_t i = 0; i + 1 < n; i++) {
		pj->geod_polygon_addpoint(ell, &poly, xy[2 * i + 1], xy[2 * i]);
	}
	(void)pj->geod_polygon_compute(ell, &poly, 0, 1, &area,
	                               NULL); /* returns the number of points */
	return fabs(area);
}

double
measure_area_karney_m2(const struct geom *g)
{
	struct geod_geodesic ell;
	const struct projlib *pj;
	double sum = 0;

	if (!geom_is_areal(g)) {
		return 0;
	}
	pj = measure_ellipsoid(&ell);
	if (!pj) {
		return (double)NAN;
	}
	for (uint32_t p = 0, r = 0; p < g->part_count; p++) {
		double part = 0;

		for (bool shell = true; r < g->part_end[p]; r++, shell = false) {
			uint32_t from = r ? g->ring_end[r - 1] : 0;
			double a = measure_ring_karney(pj, &ell, g->xy + 2 * (size_t)from,
			                               g->ring_end[r] - from);

			part += shell ? a : -a;
		}
		sum += part < 0 ? 0 : part; /* NaN stays NaN */
	}
	return sum;
}

double
measure_area_m2(const struct geom *g)
{
	struct geom_box box;
	double m2;

	if (!geom_is_areal(g) || geom_is_empty(g)) {
		return 0;
	}
	box = geom_bounds(g);
	if (measure_fits_frame(box) && measure_area_frame(g, box, &m2)) {
		return m2;
	}
	return measure_area_karney_m2(g);
}

static double
measure_inverse_m(const double *p, const double *q)
{
	struct geod_geodesic ell;
	const struct projlib *pj = measure_ellipsoid(&ell);
	double m = (double)NAN;

	if (!pj) {
		return m;
	}
	pj->geod_inverse(&ell, p[1], p[0], q[1], q[0], &m, NULL, NULL);
	return m;
}

/* Calls fn for each edge's length. */
static double
measure_edges(const struct geom *g, bool longest)
{
	struct geom_box box = geom_bounds(g);
	bool low = box.min_lat_deg >= -LENGTH_MAX_LAT_DEG && box.max_lat_deg <= LENGTH_MAX_LAT_DEG;
	double sum = 0, most = 0;
	struct frame f;

	if (g->type == GEOM_POINT || g->type == GEOM_MULTIPOINT || geom_is_empty(g)) {
		return 0;
	}
	frame_init(&f, box.min_lon_deg, low ? box.min_lat_deg / 2 + box.max_lat_deg / 2 : 0);
	for (uint32_t r = 0, i = 0; r < g->ring_count; r++) {
		struct frame_point a = { 0 }, b;

		for (bool first = true; i < g->ring_end[r]; i++, first = false, a = b) {
			const double *q = g->xy + 2 * (size_t)i;
			double m;

			b = low ? frame_point(&f, q[0], q[1]) : a;
			if (first) {
				continue;
			}
			m = low ? frame_length_m(a, b) : (double)INFINITY;
			if (!(m <= LENGTH_MAX_M)) {
				m = measure_inverse_m(q - 2, q);
			}
			sum += m;
			most = m > most ? m : most;
		}
	}
	return longest ? most : sum;
}

double
measure_perimeter_m(const struct geom *g)
{
	return measure_edges(g, false);
}

double
measure_longest_edge_m(const struct geom *g)
{
	return measure_edges(g, true);
}

double
measure_distance_m(double lon1_deg, double lat1_deg, double lon2_deg, double lat2_deg)
{
	return measure_inverse_m((const double[2]){ lon1_deg, lat1_deg },
	                         (const double[2]){ lon2_deg, lat2_deg });
}

void
measure_direct(double lon_deg, double lat_deg, double bearing_deg, double distance_m,
               double *ret_lon_deg, double *ret_lat_deg)
{
	struct geod_geodesic ell;
	const struct projlib *pj = measure_ellipsoid(&ell);

	if (!pj) {
		*ret_lon_deg = *ret_lat_deg = (double)NAN;
		return;
	}
	pj->geod_direct(&ell, lat_deg, lon_deg, bearing_deg, distance_m, ret_lat_deg, ret_lon_deg,
	                NULL);
}

/* 0 .. side - 1; what is outside (or NaN) goes to the border. */
static uint32_t
measure_cell(double v, double low, double span)
{
	double c = (v - low) / span * HILBERT_SIDE;

	if (!(c > 0)) {
		return 0;
	}
	return c < HILBERT_SIDE - 1 ? (uint32_t)c : HILBERT_SIDE - 1;
}

uint32_t
measure_hilbert(struct geom_box b)
{
	uint32_t x = measure_cell(b.min_lon_deg / 2 + b.max_lon_deg / 2, -180, 360);
	uint32_t y = measure_cell(b.min_lat_deg / 2 + b.max_lat_deg / 2, -90, 180);
	uint32_t d = 0;

	for (uint32_t s = HILBERT_SIDE / 2; s > 0; s /= 2) {
		uint32_t rx = (x & s) != 0, ry = (y & s) != 0;

		d += s * s * ((3 * rx) ^ ry);
		if (ry == 0) {
			uint32_t t;

			if (rx == 1) {
				x = HILBERT_SIDE - 1 - x;
				y = HILBERT_SIDE - 1 - y;
			}
			t = x;
			x = y;
			y = t;
		}
	}
	return d;
}
