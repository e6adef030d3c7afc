/* People near hazards: settlements against geodesic distances (GeographicLib), rasters against
 * buffers and unions made by GEOS in a plane of metres and summed with geo/coverage. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <geos_c.h>
#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "base/rng.h"
#include "geo/coverage.h"
#include "geo/measure.h"
#include "geo/nearby.h"

#define COLS 300u
#define ROWS 320u
#define MAX_HAZARDS 400u
#define RAD 0.017453292519943295

static const struct coverage_grid grid = { .west_deg = -125.2,
	                                   .north_deg = -45.1,
	                                   .cell_lon_deg = 1.0 / 1200,
	                                   .cell_lat_deg = 1.0 / 1200,
	                                   .cols = COLS,
	                                   .rows = ROWS,
	                                   .nodata = -1 };
static const double centre[2] = { -125.2 + 0.125, -45.1 - 0.1333 };

struct field {
	double xy[MAX_HAZARDS][2 * 260];
	uint32_t ring_end[MAX_HAZARDS][1];
	struct geom geom[MAX_HAZARDS];
	struct nearby_hazard hazard[MAX_HAZARDS];
	double values[ROWS * COLS];
	size_t count;
};

static const uint32_t one = 1;

/* Metres east and north of the centre to degrees: radii of curvature at the centre (WGS 84). */
static void
scales(double ret[2])
{
	double s = sin(centre[1] * RAD), w = 1 - 0.0066943799901413165 * s * s;

	ret[0] = RAD * 6378137.0 * cos(centre[1] * RAD) / sqrt(w);
	ret[1] = RAD * 6378137.0 * (1 - 0.0066943799901413165) / (w * sqrt(w));
}

static void
add_ring(struct field *f, const double (*p)[2], uint32_t n, enum geom_type type)
{
	size_t i = f->count++;
	double scale[2];
	uint32_t close = type == GEOM_POLYGON;

	assert_true(i < MAX_HAZARDS && n < 259);
	scales(scale);
	for (uint32_t k = 0; k < n + close; k++) {
		f->xy[i][2 * k] = centre[0] + p[k % n][0] / scale[0];
		f->xy[i][2 * k + 1] = centre[1] + p[k % n][1] / scale[1];
	}
	f->ring_end[i][0] = n + close;
	f->geom[i] = (struct geom){ type, 1, 1, n + close, &one, f->ring_end[i], f->xy[i] };
	f->hazard[i] = (struct nearby_hazard){ .geom = &f->geom[i] };
}

static void
add_star(struct field *f, struct rng *r, double x, double y, double size, uint32_t n)
{
	double p[259][2];

	for (uint32_t i = 0; i < n; i++) {
		double a = 6.283185307179586 * (i + 0.9 * rng_f64(r)) / n;
		double d = size * (0.4 + 0.6 * rng_f64(r));

		p[i][0] = x + d * cos(a);
		p[i][1] = y + d * sin(a);
	}
	add_ring(f, (const double(*)[2])p, n, GEOM_POLYGON);
}

static void
scatter(struct field *f, uint64_t seed, size_t count, double spread)
{
	struct rng r;

	memset(f, 0, sizeof *f);
	rng_seed(&r, seed, 6);
	for (size_t i = 0; i < (size_t)ROWS * COLS; i++)
		f->values[i] = rng_below(&r, 4) ? 0 : pow(10, 3 * rng_f64(&r));
	for (size_t i = 0; i < count; i++) {
		double x = spread * (2 * rng_f64(&r) - 1), y = spread * (2 * rng_f64(&r) - 1);
		double p[3][2] = { { x, y }, { x + 300, y - 120 }, { x + 340, y + 260 } };
		uint64_t kind = rng_below(&r, 12);

		if (kind == 0)
			add_ring(f, (const double(*)[2])p, 1, GEOM_POINT);
		else if (kind == 1)
			add_ring(f, (const double(*)[2])p, 3, GEOM_LINESTRING);
		else
			add_star(f, &r, x, y, 60 + 250 * rng_f64(&r),
			         5 + (uint32_t)rng_below(&r, 12));
		f->hazard[i].group = (uint32_t)rng_below(&r, 3);
	}
}

static void
run(const struct field *f, const struct nearby_request *q, struct nearby_figure *figures)
{
	struct nearby *n = NULL;
	struct err e = { 0 };
	uint32_t first, count;

	if (nearby_create(q, &grid, &n, &e) != ERR_OK)
		fail_msg("%s", e.text);
	nearby_window(n, &first, &count);
	for (uint32_t row = first; row < first + count; row++)
		assert_int_equal(nearby_feed_row(n, row, f->values + (size_t)row * COLS, &e),
		                 ERR_OK);
	assert_int_equal(nearby_finish(n, figures, &e), ERR_OK);
	assert_true(nearby_gap_m(n) < 1e-4);
	nearby_free(n);
}

/* Buffers and their union in metres around the centre, then back to degrees. */
static GEOSGeometry *
to_plane(GEOSContextHandle_t h, const struct geom *g)
{
	GEOSCoordSequence *s = GEOSCoordSeq_create_r(h, g->point_count, 2);
	double scale[2];

	scales(scale);
	for (uint32_t i = 0; i < g->point_count; i++)
		GEOSCoordSeq_setXY_r(h, s, i, (g->xy[2 * i] - centre[0]) * scale[0],
		                     (g->xy[2 * i + 1] - centre[1]) * scale[1]);
	if (g->type == GEOM_POINT)
		return GEOSGeom_createPoint_r(h, s);
	if (g->type == GEOM_LINESTRING)
		return GEOSGeom_createLineString_r(h, s);
	return GEOSGeom_createPolygon_r(h, GEOSGeom_createLinearRing_r(h, s), NULL, 0);
}

static void
take_polygon(GEOSContextHandle_t h, const GEOSGeometry *g, double *people, double *area,
             const double *values)
{
	static double xy[2 * 200000];
	static uint32_t ring_end[4000];
	uint32_t part_end = 0, points = 0;
	struct geom out;
	struct coverage *c = NULL;
	struct err e;
	double scale[2], sum;
	int holes = GEOSGetNumInteriorRings_r(h, g);

	scales(scale);
	for (int r = -1; r < holes; r++) {
		const GEOSGeometry *ring =
			r < 0 ? GEOSGetExteriorRing_r(h, g) : GEOSGetInteriorRingN_r(h, g, r);
		const GEOSCoordSequence *s = GEOSGeom_getCoordSeq_r(h, ring);
		unsigned n;

		GEOSCoordSeq_getSize_r(h, s, &n);
		assert_true(points + n < 200000 && part_end < 4000);
		for (unsigned i = 0; i < n; i++, points++) {
			double x, y;

			GEOSCoordSeq_getXY_r(h, s, i, &x, &y);
			xy[2 * (size_t)points] = centre[0] + x / scale[0];
			xy[2 * (size_t)points + 1] = centre[1] + y / scale[1];
		}
		ring_end[part_end++] = points;
	}
	out = (struct geom){ GEOM_POLYGON, 1, part_end, points, &part_end, ring_end, xy };
	assert_int_equal(coverage_create(&grid, &out, 1, NULL, NULL, &c, &e), ERR_OK);
	for (uint32_t row = 0; row < ROWS; row++)
		assert_int_equal(coverage_feed_row(c, row, values + (size_t)row * COLS, &e),
		                 ERR_OK);
	assert_int_equal(coverage_finish(c, &sum, &e), ERR_OK);
	coverage_free(c);
	*people += sum;
	*area += measure_area_m2(&out);
}

static void
by_geos(const struct field *f, double distance, int sign, uint32_t group, double *people,
        double *area)
{
	GEOSContextHandle_t h = GEOS_init_r();
	GEOSGeometry *parts[MAX_HAZARDS], *all, *one_geom;
	unsigned n = 0;

	*people = *area = 0;
	for (size_t i = 0; i < f->count; i++) {
		GEOSGeometry *g;

		if (group < 3 && f->hazard[i].group != group)
			continue;
		g = to_plane(h, f->hazard[i].geom);
		parts[n] = GEOSBuffer_r(h, g, distance + sign * f->hazard[i].accuracy_m, 90);
		GEOSGeom_destroy_r(h, g);
		if (GEOSGeom_getDimensions_r(h, parts[n]) == 2 || GEOSisEmpty_r(h, parts[n]) == 1)
			n++;
	}
	all = GEOSGeom_createCollection_r(h, GEOS_GEOMETRYCOLLECTION, parts, n);
	one_geom = GEOSUnaryUnion_r(h, all);
	assert_non_null(one_geom);
	for (int i = 0; i < GEOSGetNumGeometries_r(h, one_geom); i++) {
		const GEOSGeometry *g = GEOSGetGeometryN_r(h, one_geom, i);

		if (GEOSisEmpty_r(h, g) == 0)
			take_polygon(h, g, people, area, f->values);
	}
	GEOSGeom_destroy_r(h, one_geom);
	GEOSGeom_destroy_r(h, all);
	GEOS_finish_r(h);
}

static bool
about(double got, double want, double relative)
{
	return fabs(got - want) <= relative * fabs(want) + 1e-3;
}

/* The plane of the comparison is itself true to 0.2 % (scale over 13 km); hence 0.5 %. */
static void
compare(const struct field *f, const struct nearby_request *q, const struct nearby_figure *figures)
{
	for (uint32_t g = 0; g <= q->group_count; g++) {
		for (size_t d = 0; d < q->distance_count; d++) {
			const struct nearby_figure *x = &figures[g * q->distance_count + d];
			const double people[3] = { x->people_low, x->people, x->people_high };
			const double area[3] = { x->area_low_m2, x->area_m2, x->area_high_m2 };

			for (int s = -1; s <= 1; s++) {
				double want_people, want_area;

				by_geos(f, q->distances_m[d], s,
				        g < q->group_count ? g : UINT32_MAX, &want_people,
				        &want_area);
				if (!about(area[s + 1], want_area, 0.005) ||
				    !about(people[s + 1], want_people, 0.01))
					fail_msg("group %u, %g m, side %d: area %.3f, GEOS %.3f; "
					         "people "
					         "%.3f, GEOS %.3f",
					         g, q->distances_m[d], s, area[s + 1], want_area,
					         people[s + 1], want_people);
			}
		}
	}
}

static const double distances[] = { 0, 100, 500, 1000, 5000 };

static void
rasters_equal_geos(void **state)
{
	static struct field f;
	struct nearby_figure figures[20];
	struct pool *pool = pool_create(2);

	(void)state;
	for (uint64_t seed = 1; seed <= 4; seed++) {
		struct nearby_request q = { .hazards = f.hazard,
			                    .distances_m = distances,
			                    .distance_count = seed % 2 ? 4 : 5,
			                    .group_count = seed > 2 ? 3 : 0,
			                    .pool = pool };

		scatter(&f, seed, 10 + 15 * (seed * seed), seed % 2 ? 6000 : 1500);
		for (size_t i = 0; i < f.count && seed >= 2; i++)
			f.hazard[i].accuracy_m = i % 3 ? 40 : 120;
		q.hazard_count = f.count;
		run(&f, &q, figures);
		compare(&f, &q, figures);
	}
	pool_free(pool);
}

/* Squares that share borders and corners, twice: the area of the whole, once. */
static void
shared_borders_count_once(void **state)
{
	static struct field f;
	struct nearby_request q = { .hazards = f.hazard,
		                    .distances_m = distances,
		                    .distance_count = 3 };
	struct nearby_figure figures[3];
	double people, area;

	(void)state;
	scatter(&f, 9, 0, 0);
	for (int i = 0; i < 10; i++) {
		for (int k = 0; k < 10; k++) {
			double x = 100.0 * i, y = 100.0 * k;
			double p[4][2] = {
				{ x, y }, { x + 100, y }, { x + 100, y + 100 }, { x, y + 100 }
			};

			add_ring(&f, (const double(*)[2])p, 4, GEOM_POLYGON);
			if ((i + k) % 3 == 0)
				add_ring(&f, (const double(*)[2])p, 4, GEOM_POLYGON);
		}
	}
	q.hazard_count = f.count;
	run(&f, &q, figures);
	by_geos(&f, 0, 0, UINT32_MAX, &people, &area);
	assert_true(about(figures[0].area_m2, area, 1e-5));
	assert_true(about(figures[0].people, people, 1e-4));
	compare(&f, &q, figures);
}

/* A long ring is cut into stretches; what lies inside it must add nothing. */
static void
large_outlines_swallow_small_ones(void **state)
{
	static struct field f;
	struct nearby_request q = { .hazards = f.hazard,
		                    .hazard_count = 1,
		                    .distances_m = distances,
		                    .distance_count = 5 };
	struct nearby_figure alone[5], together[5];
	struct rng r;

	(void)state;
	scatter(&f, 10, 0, 0);
	rng_seed(&r, 10, 7);
	add_star(&f, &r, 0, 0, 11000, 250);
	run(&f, &q, alone);
	for (int i = 0; i < 60; i++)
		add_star(&f, &r, 2500 * (2 * rng_f64(&r) - 1), 2500 * (2 * rng_f64(&r) - 1), 200,
		         9);
	q.hazard_count = f.count;
	run(&f, &q, together);
	for (size_t d = 0; d < 5; d++)
		assert_true(about(together[d].people, alone[d].people, 1e-6) &&
		            about(together[d].area_m2, alone[d].area_m2, 1e-6));
	q.distance_count = 3;
	q.hazard_count = 1;
	f.count = 1;
	compare(&f, &q, alone);
}

/* A bow tie, a repeated vertex and parts that overlap: borders close, and nothing is lost. */
static void
broken_outlines_still_close(void **state)
{
	static struct field f;
	static const uint32_t part_end[2] = { 1, 2 }, ring_end[2] = { 5, 10 };
	struct nearby_request q = { .hazards = f.hazard,
		                    .distances_m = distances,
		                    .distance_count = 5 };
	struct nearby_figure x[5], y[5];
	double tie[4][2] = { { 0, 0 }, { 400, 300 }, { 400, 0 }, { 0, 300 } };
	double square[4][2] = { { 1000, 0 }, { 1400, 0 }, { 1400, 300 }, { 1000, 300 } };
	double again[6][2] = { { 0, 900 },        { 300, 900 },  { 300, 900 },
		               { 300, 900.0001 }, { 300, 1200 }, { 0, 1200 } };

	(void)state;
	scatter(&f, 15, 0, 0);
	add_ring(&f, (const double(*)[2])tie, 4, GEOM_POLYGON);
	add_ring(&f, (const double(*)[2])square, 4, GEOM_POLYGON);
	add_ring(&f, (const double(*)[2])again, 6, GEOM_POLYGON);
	q.hazard_count = 3;
	run(&f, &q, x);
	/* Two triangles of 30,000 m2, a square of 120,000, one of 90,000. */
	assert_true(about(x[0].area_m2, 60000 + 120000 + 90000, 1e-3));
	/* The square again, as two parts that overlap by half. */
	for (int k = 0; k < 5; k++) {
		static const double west[5] = { 0, 266, 266, 0, 0 },
				    west2[5] = { 134, 400, 400, 134, 134 };
		static const double north[5] = { 0, 0, 300, 300, 0 };
		double scale[2];

		scales(scale);
		f.xy[1][2 * k] = centre[0] + (1000 + west[k]) / scale[0];
		f.xy[1][2 * k + 1] = centre[1] + north[k] / scale[1];
		f.xy[1][10 + 2 * k] = centre[0] + (1000 + west2[k]) / scale[0];
		f.xy[1][10 + 2 * k + 1] = centre[1] + north[k] / scale[1];
	}
	f.geom[1] = (struct geom){ GEOM_MULTIPOLYGON, 2, 2, 10, part_end, ring_end, f.xy[1] };
	run(&f, &q, y);
	for (size_t d = 0; d < 5; d++)
		assert_true(about(y[d].area_m2, x[d].area_m2, 1e-4) &&
		            about(y[d].people, x[d].people, 1e-4));
}

static void
figures_grow_with_distance(void **state)
{
	static struct field f;
	struct nearby_figure x[5];
	struct nearby_request q = { .hazards = f.hazard,
		                    .distances_m = distances,
		                    .distance_count = 5,
		                    .population_error = 0.2 };

	(void)state;
	scatter(&f, 21, 40, 5000);
	for (size_t i = 0; i < f.count; i++)
		f.hazard[i].accuracy_m = 30;
	q.hazard_count = f.count;
	run(&f, &q, x);
	for (size_t d = 0; d < 5; d++) {
		assert_true(x[d].people_low < x[d].people && x[d].people < x[d].people_high);
		assert_true(x[d].area_low_m2 < x[d].area_m2 && x[d].area_m2 < x[d].area_high_m2);
		assert_true(d == 0 || (x[d].people > x[d - 1].people &&
		                       x[d].people_low > x[d - 1].people_low &&
		                       x[d].people_high > x[d - 1].people_high));
	}
}

static void
same_bits_for_any_threads(void **state)
{
	static struct field f;
	struct nearby_figure one_thread[20], four[20];
	struct nearby_request q = {
		.hazards = f.hazard, .distances_m = distances, .distance_count = 5, .group_count = 3
	};

	(void)state;
	scatter(&f, 33, 120, 9000);
	for (size_t i = 0; i < f.count; i++)
		f.hazard[i].accuracy_m = 1.5 * (double)i;
	q.hazard_count = f.count;
	run(&f, &q, one_thread);
	q.pool = pool_create(4);
	run(&f, &q, four);
	assert_memory_equal(one_thread, four, sizeof four);
	pool_free(q.pool);
}

/* Least geodesic distance, edges densified to a metre or so; negative inside. */
static double
geodesic_far(const struct field *f, size_t i, double lon, double lat)
{
	const struct geom *g = &f->geom[i];
	GEOSContextHandle_t h = GEOS_init_r();
	double best = measure_distance_m(lon, lat, g->xy[0], g->xy[1]);

	for (uint32_t k = 0; k + 1 < g->point_count; k++) {
		const double *a = g->xy + 2 * k;
		double lo = 0, hi = 1;

		/* The distance along an edge has one least point. */
		for (int step = 0; step < 25; step++) {
			double s = lo + (hi - lo) / 3, t = hi - (hi - lo) / 3;
			double ds = measure_distance_m(lon, lat, a[0] + s * (a[2] - a[0]),
			                               a[1] + s * (a[3] - a[1]));
			double dt = measure_distance_m(lon, lat, a[0] + t * (a[2] - a[0]),
			                               a[1] + t * (a[3] - a[1]));

			best = fmin(best, fmin(ds, dt));
			if (ds < dt)
				hi = t;
			else
				lo = s;
		}
	}
	if (g->type == GEOM_POLYGON) {
		GEOSCoordSequence *s =
			GEOSCoordSeq_copyFromBuffer_r(h, g->xy, g->point_count, 0, 0);
		GEOSGeometry *poly =
			GEOSGeom_createPolygon_r(h, GEOSGeom_createLinearRing_r(h, s), NULL, 0);
		GEOSGeometry *at = GEOSGeom_createPointFromXY_r(h, lon, lat);

		if (GEOSIntersects_r(h, poly, at) == 1)
			best = -best;
		GEOSGeom_destroy_r(h, poly);
		GEOSGeom_destroy_r(h, at);
	}
	GEOS_finish_r(h);
	return best;
}

static void
settlements_equal_geodesics(void **state)
{
	static struct field f;
	static struct coverage_point points[80];
	struct nearby_request q = { .hazards = f.hazard,
		                    .distances_m = distances,
		                    .distance_count = 5,
		                    .group_count = 3,
		                    .population_error = 0 };
	struct nearby_figure got[20], want[20] = { 0 };
	struct pool *pool = pool_create(3);
	struct err e;
	struct rng r;

	(void)state;
	scatter(&f, 51, 50, 3000);
	rng_seed(&r, 51, 8);
	for (size_t i = 0; i < 80; i++)
		points[i] = (struct coverage_point){ centre[0] + 0.2 * (rng_f64(&r) - 0.5),
			                             centre[1] + 0.15 * (rng_f64(&r) - 0.5),
			                             (double)(1 + rng_below(&r, 500)) };
	for (size_t i = 0; i < f.count; i++)
		f.hazard[i].accuracy_m = i % 2 ? 60 : 150;
	for (size_t p = 0; p < 80; p++) {
		bool in[4][5][3] = { { { false } } };

		for (size_t i = 0; i < f.count; i++) {
			double far = geodesic_far(&f, i, points[p].lon_deg, points[p].lat_deg);

			for (size_t d = 0; d < 5; d++) {
				for (int s = -1; s <= 1; s++) {
					if (far > distances[d] + s * f.hazard[i].accuracy_m)
						continue;
					in[3][d][s + 1] = true;
					in[f.hazard[i].group][d][s + 1] = true;
				}
			}
		}
		for (size_t k = 0; k < 20; k++) {
			want[k].people_low += in[k / 5][k % 5][0] ? points[p].value : 0;
			want[k].people += in[k / 5][k % 5][1] ? points[p].value : 0;
			want[k].people_high += in[k / 5][k % 5][2] ? points[p].value : 0;
		}
	}
	q.hazard_count = f.count;
	q.pool = pool;
	assert_int_equal(nearby_points(&q, points, 80, got, &e), ERR_OK);
	for (size_t k = 0; k < 20; k++) {
		assert_true(got[k].people == want[k].people);
		assert_true(got[k].people_low == want[k].people_low);
		assert_true(got[k].people_high == want[k].people_high);
	}
	points[0].value = NAN;
	assert_int_equal(nearby_points(&q, points, 80, got, &e), ERR_INVALID);
	pool_free(pool);
}

/* Hazards that come a few at a time: the same bits, by raster and by points; without accuracies
 * too. */
static void
hazards_bit_by_bit(void **state)
{
	static struct field f;
	struct nearby_request q = { .hazards = f.hazard,
		                    .distances_m = distances,
		                    .distance_count = 5,
		                    .group_count = 3,
		                    .population_error = 0.1 };
	struct coverage_point points[3] = { { centre[0], centre[1], 7 },
		                            { centre[0] + 0.01, centre[1], 11 },
		                            { centre[0], centre[1] + 0.02, 13 } };

	(void)state;
	for (int turn = 0; turn < 2; turn++) {
		struct nearby_figure want[20], got[20];
		struct nearby *n = NULL;
		struct nearby_settled *s = NULL;
		struct scratch scratch;
		struct err e = { 0 };
		uint32_t first, count;

		scatter(&f, 91 + (uint64_t)turn, 60, 9000);
		for (size_t i = 0; i < f.count; i++)
			f.hazard[i].accuracy_m = turn ? 0 : (double)(i % 3 * 40);
		q.hazards = f.hazard;
		q.hazard_count = f.count;
		run(&f, &q, want);
		q.hazards = NULL;
		q.hazard_count = 0;
		scratch_open(&scratch, "nearby_test");
		assert_int_equal(nearby_start(&q, &scratch, &n, &e), ERR_OK);
		for (size_t i = 0; i < f.count; i += 7)
			assert_int_equal(
				nearby_add(n, f.hazard + i, f.count - i < 7 ? f.count - i : 7, &e),
				ERR_OK);
		assert_int_equal(nearby_seal(n, 3, &grid, &e), ERR_OK);
		nearby_window(n, &first, &count);
		for (uint32_t row = first; row < first + count; row++)
			assert_int_equal(nearby_feed_row(n, row, f.values + (size_t)row * COLS, &e),
			                 ERR_OK);
		assert_int_equal(nearby_finish(n, got, &e), ERR_OK);
		assert_memory_equal(want, got, 15 * sizeof(*want));
		assert_memory_equal(want + 15, got + 15, 5 * sizeof(*want));
		nearby_free(n);
		scratch_close(&scratch);

		q.hazards = f.hazard;
		q.hazard_count = f.count;
		assert_int_equal(nearby_points(&q, points, 3, want, &e), ERR_OK);
		assert_int_equal(nearby_points_start(&q, points, 3, &s, &e), ERR_OK);
		for (size_t i = 0; i < f.count; i++)
			assert_int_equal(nearby_points_add(s, f.hazard + i, 1, &e), ERR_OK);
		assert_int_equal(nearby_points_finish(s, 2, got, &e), ERR_INVALID);
		assert_int_equal(nearby_points_finish(s, 3, got, &e), ERR_OK);
		assert_memory_equal(want, got, sizeof(want));
		nearby_points_free(s);
	}
	nearby_points_free(NULL);
}

/* No raster: areas only. Beyond a raster: areas all the same, and said so. */
static void
areas_without_people(void **state)
{
	static struct field f;
	struct nearby_figure with[5], without[5];
	struct nearby_request q = { .hazards = f.hazard,
		                    .distances_m = distances,
		                    .distance_count = 5 };
	struct nearby *n = NULL;
	struct err e;
	uint32_t first, count;

	(void)state;
	scatter(&f, 61, 25, 16000);
	q.hazard_count = f.count;
	run(&f, &q, with);
	assert_int_equal(nearby_create(&q, NULL, &n, &e), ERR_OK);
	nearby_window(n, &first, &count);
	assert_int_equal(count, 0);
	assert_int_equal(nearby_finish(n, without, &e), ERR_OK);
	assert_false(nearby_reaches_outside(n));
	nearby_free(n);
	for (size_t d = 0; d < 5; d++) {
		assert_true(without[d].people == 0);
		/* Chords are cut at other tile borders: 0.1 %. */
		assert_true(about(without[d].area_m2, with[d].area_m2, 1e-3));
	}
	assert_int_equal(nearby_create(&q, &grid, &n, &e), ERR_OK);
	assert_true(nearby_reaches_outside(n));
	nearby_free(n);
}

static void
refusals(void **state)
{
	static struct field f;
	struct nearby_figure figures[5];
	const double bad[] = { -1, NAN, 1e6 };
	struct nearby_request q = { .hazards = f.hazard,
		                    .distances_m = distances,
		                    .distance_count = 5 };
	struct nearby *n = NULL;
	struct err e;
	uint32_t first, count;

	(void)state;
	scatter(&f, 71, 3, 500);
	q.hazard_count = f.count;
	assert_int_equal(nearby_create(&q, &grid, &n, &e), ERR_OK);
	nearby_window(n, &first, &count);
	assert_int_equal(nearby_finish(n, figures, &e), ERR_INVALID);
	assert_int_equal(nearby_feed_row(n, first, f.values, &e), ERR_OK);
	assert_int_equal(nearby_feed_row(n, first + 2, f.values, &e), ERR_INVALID);
	nearby_free(n);
	nearby_free(NULL);
	n = NULL;
	for (size_t i = 0; i < 3; i++) {
		q.distances_m = &bad[i];
		q.distance_count = 1;
		assert_int_equal(nearby_create(&q, &grid, &n, &e), ERR_INVALID);
	}
	q.distances_m = distances;
	q.distance_count = 0;
	assert_int_equal(nearby_create(&q, &grid, &n, &e), ERR_INVALID);
	q.distance_count = NEARBY_MAX_DISTANCES + 1;
	assert_int_equal(nearby_create(&q, &grid, &n, &e), ERR_INVALID);
	q.distance_count = 5;
	q.group_count = 1;
	f.hazard[1].group = 1;
	assert_int_equal(nearby_create(&q, &grid, &n, &e), ERR_INVALID);
	q.group_count = 0;
	f.hazard[2].accuracy_m = NAN;
	assert_int_equal(nearby_create(&q, &grid, &n, &e), ERR_INVALID);
	f.hazard[2].accuracy_m = 0;
	f.xy[0][1] = 86;
	assert_int_equal(nearby_create(&q, &grid, &n, &e), ERR_INVALID);
	assert_null(n);
	q.hazard_count = 0;
	run(&f, &q, figures);
	assert_true(figures[4].people == 0 && figures[4].area_m2 == 0);
	assert_int_equal(nearby_points(&q, NULL, 0, figures, &e), ERR_OK);
}

static void
memory_failures_leave_nothing(void **state)
{
	static struct field f;
	struct nearby_request q = { .hazards = f.hazard,
		                    .distances_m = distances,
		                    .distance_count = 2 };
	struct nearby_figure figures[2];
	struct err e;
	enum err_code rc = ERR_NOMEM;

	(void)state;
	scatter(&f, 81, 6, 700);
	f.hazard[0].accuracy_m = 20;
	q.hazard_count = f.count;
	for (long k = 0; rc != ERR_OK; k++) {
		struct nearby *n = NULL;
		uint32_t first = 0, count = 0;

		mem_fail_after(k, 0);
		rc = nearby_create(&q, &grid, &n, &e);
		if (rc == ERR_OK)
			nearby_window(n, &first, &count);
		for (uint32_t row = first; row < first + count && rc == ERR_OK; row++)
			rc = nearby_feed_row(n, row, f.values, &e);
		if (rc == ERR_OK)
			rc = nearby_finish(n, figures, &e);
		mem_fail_after(-1, 0);
		nearby_free(n);
		assert_true(rc == ERR_OK || rc == ERR_NOMEM || rc == ERR_INTERNAL);
		assert_true(k < 100000);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rasters_equal_geos),
		cmocka_unit_test(shared_borders_count_once),
		cmocka_unit_test(large_outlines_swallow_small_ones),
		cmocka_unit_test(broken_outlines_still_close),
		cmocka_unit_test(figures_grow_with_distance),
		cmocka_unit_test(same_bits_for_any_threads),
		cmocka_unit_test(settlements_equal_geodesics),
		cmocka_unit_test(hazards_bit_by_bit),
		cmocka_unit_test(areas_without_people),
		cmocka_unit_test(refusals),
		cmocka_unit_test(memory_failures_leave_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
