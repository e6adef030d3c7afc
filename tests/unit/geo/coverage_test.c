/* Zonal sums against GEOS: the polygon clipped by every cell, one by one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <geos_c.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/rng.h"
#include "geo/coverage.h"

#define MAX_POINTS 4000u
#define COLS 37u
#define ROWS 29u

struct shape { /* a geometry being put together */
	double xy[2 * MAX_POINTS];
	uint32_t ring_end[64];
	uint32_t part_end[32];
	uint32_t points, rings, parts;
};

static const struct coverage_grid grid = { .west_deg = -130.0,
	                                   .north_deg = -42.0,
	                                   .cell_lon_deg = 0.0625,
	                                   .cell_lat_deg = 0.125,
	                                   .cols = COLS,
	                                   .rows = ROWS,
	                                   .nodata = -99999 };

static void
put(struct shape *s, double col, double row)
{
	assert_true(s->points < MAX_POINTS);
	s->xy[2 * (size_t)s->points] = grid.west_deg + col * grid.cell_lon_deg;
	s->xy[2 * (size_t)s->points + 1] = grid.north_deg - row * grid.cell_lat_deg;
	s->points++;
}

static void
close_ring(struct shape *s)
{
	uint32_t first = s->rings ? s->ring_end[s->rings - 1] : 0;

	s->xy[2 * (size_t)s->points] = s->xy[2 * (size_t)first];
	s->xy[2 * (size_t)s->points + 1] = s->xy[2 * (size_t)first + 1];
	s->points++;
	s->ring_end[s->rings++] = s->points;
}

static void
close_part(struct shape *s)
{
	s->part_end[s->parts++] = s->rings;
}

static struct geom
geom_of(const struct shape *s)
{
	return (struct geom){ .type = s->parts > 1 ? GEOM_MULTIPOLYGON : GEOM_POLYGON,
		              .part_count = s->parts,
		              .ring_count = s->rings,
		              .point_count = s->points,
		              .part_end = s->part_end,
		              .ring_end = s->ring_end,
		              .xy = s->xy };
}

/* A star-shaped ring: always simple. */
static void
star(struct shape *s, struct rng *r, double col, double row, double lo, double hi)
{
	unsigned n = 5 + (unsigned)rng_below(r, 20);
	double turn = rng_below(r, 2) ? 1 : -1;

	for (unsigned i = 0; i < n; i++) {
		double a = turn * 6.283185307179586 * (i + 0.9 * rng_f64(r)) / n;
		double d = lo + (hi - lo) * rng_f64(r);

		put(s, col + d * cos(a), row + d * sin(a));
	}
	close_ring(s);
}

static void
random_shape(struct shape *s, struct rng *r)
{
	double size = pow(10, 1.3 * rng_f64(r) - 0.5 - (double)rng_below(r, 2));
	double col = -2 + (COLS + 4) * rng_f64(r);
	double row = -2 + (ROWS + 4) * rng_f64(r);
	unsigned parts = 1 + (unsigned)rng_below(r, 3);

	*s = (struct shape){ 0 };
	for (unsigned i = 0; i < parts; i++) {
		bool hole = rng_below(r, 2);

		star(s, r, col + 2.5 * size * i, row, hole ? 0.7 * size : 0.05 * size, size);
		if (hole)
			star(s, r, col + 2.5 * size * i, row, 0.02 * size, 0.2 * size);
		close_part(s);
	}
}

static GEOSGeometry *
to_geos(GEOSContextHandle_t h, const struct shape *s)
{
	GEOSGeometry *parts[32], *rings[64];
	uint32_t ring = 0, point = 0;

	for (uint32_t p = 0; p < s->parts; p++) {
		unsigned n = 0;

		for (; ring < s->part_end[p]; ring++) {
			uint32_t count = s->ring_end[ring] - point;
			GEOSCoordSequence *q = GEOSCoordSeq_copyFromBuffer_r(
				h, s->xy + 2 * (size_t)point, count, 0, 0);

			rings[n++] = GEOSGeom_createLinearRing_r(h, q);
			point = s->ring_end[ring];
		}
		parts[p] = GEOSGeom_createPolygon_r(h, rings[0], rings + 1, n - 1);
	}
	if (s->parts == 1)
		return parts[0];
	return GEOSGeom_createCollection_r(h, GEOS_MULTIPOLYGON, parts, s->parts);
}

static double
clipped_sum(GEOSContextHandle_t h, const struct shape *s, const double *values)
{
	GEOSGeometry *g = to_geos(h, s);
	double sum = 0;

	assert_int_equal(GEOSisValid_r(h, g), 1);
	for (unsigned row = 0; row < ROWS; row++) {
		for (unsigned col = 0; col < COLS; col++) {
			double x = grid.west_deg + col * grid.cell_lon_deg;
			double y = grid.north_deg - row * grid.cell_lat_deg;
			GEOSGeometry *cell = GEOSGeom_createRectangle_r(h, x, y - grid.cell_lat_deg,
			                                                x + grid.cell_lon_deg, y);
			double area = 0;

			if (GEOSIntersects_r(h, g, cell) == 1) {
				GEOSGeometry *cut = GEOSIntersection_r(h, g, cell);

				assert_non_null(cut);
				GEOSArea_r(h, cut, &area);
				GEOSGeom_destroy_r(h, cut);
			}
			sum += values[row * COLS + col] * area /
			       (grid.cell_lon_deg * grid.cell_lat_deg);
			GEOSGeom_destroy_r(h, cell);
		}
	}
	GEOSGeom_destroy_r(h, g);
	return sum;
}

static void
run(const struct geom *polygons, size_t count, const double *values, size_t band_bytes,
    struct pool *pool, double *ret_sums)
{
	struct coverage_limits limits = { .band_bytes = band_bytes };
	struct coverage *c = NULL;
	struct err e;

	assert_int_equal(coverage_create(&grid, polygons, count, &limits, pool, &c, &e), ERR_OK);
	for (uint32_t row = 0; row < grid.rows; row++)
		assert_int_equal(coverage_feed_row(c, row,
		                                   values ? values + (size_t)row * grid.cols : NULL,
		                                   &e),
		                 ERR_OK);
	assert_int_equal(coverage_finish(c, ret_sums, &e), ERR_OK);
	coverage_free(c);
}

/* Amounts over ten powers of ten, a tenth of them nothing. */
static void
fill(double *values, struct rng *r)
{
	for (size_t i = 0; i < (size_t)COLS * ROWS; i++)
		values[i] = rng_below(r, 10) ? pow(10, 10 * rng_f64(r) - 4) : 0;
}

static bool
near(double a, double b)
{
	return fabs(a - b) <= 1e-6 || fabs(a - b) <= 1e-9 * fabs(b);
}

static void
random_polygons_equal_clipping(void **state)
{
	static struct shape shapes[300];
	static double values[COLS * ROWS];
	struct geom geoms[300];
	double one_by_one[1], sums[300], again[300];
	GEOSContextHandle_t h = GEOS_init_r();
	struct pool *pool = pool_create(3);
	struct rng r;

	(void)state;
	rng_seed(&r, 20260504, 1);
	fill(values, &r);
	for (size_t i = 0; i < 300; i++) {
		random_shape(&shapes[i], &r);
		geoms[i] = geom_of(&shapes[i]);
	}
	run(geoms, 300, values, 0, NULL, sums);
	run(geoms, 300, values, 1, pool, again);
	for (size_t i = 0; i < 300; i++) {
		double want = clipped_sum(h, &shapes[i], values);

		if (!near(sums[i], want))
			fail_msg("polygon %zu: %.17g, clipping gives %.17g", i, sums[i], want);
		/* Alone, the reference column and the window differ: near, not to the bit. */
		run(&geoms[i], 1, values, 4096, NULL, one_by_one);
		assert_true(near(one_by_one[0], want));
		assert_true(near(again[i], want));
	}
	pool_free(pool);
	GEOS_finish_r(h);
}

static void
same_bits_for_any_threads(void **state)
{
	static struct shape shapes[200];
	static double values[COLS * ROWS];
	struct geom geoms[200];
	double one[200], many[200];
	struct pool *pool = pool_create(4);
	struct rng r;

	(void)state;
	rng_seed(&r, 7, 2);
	fill(values, &r);
	for (size_t i = 0; i < 200; i++) {
		random_shape(&shapes[i], &r);
		geoms[i] = geom_of(&shapes[i]);
	}
	run(geoms, 200, values, 8192, NULL, one);
	run(geoms, 200, values, 8192, pool, many);
	assert_memory_equal(one, many, sizeof one);
	pool_free(pool);
}

/* Hand-made: borders on cell borders, corners on corners, everything a multiple of a quarter cell.
 */
static void
borders_and_corners(void **state)
{
	static double values[COLS * ROWS];
	static struct shape s;
	struct geom g;
	double sum;

	(void)state;
	for (size_t i = 0; i < (size_t)COLS * ROWS; i++)
		values[i] = (double)(i % COLS) + 100 * (double)(i / COLS);

	/* Cells (2,3) and (3,3) whole. */
	s = (struct shape){ 0 };
	put(&s, 2, 3), put(&s, 4, 3), put(&s, 4, 4), put(&s, 2, 4);
	close_ring(&s), close_part(&s);
	g = geom_of(&s);
	run(&g, 1, values, 0, NULL, &sum);
	assert_true(sum == 302.0 + 303.0);

	/* A diamond through the corners of cell borders: four half cells. */
	s = (struct shape){ 0 };
	put(&s, 6, 5), put(&s, 7, 6), put(&s, 6, 7), put(&s, 5, 6);
	close_ring(&s), close_part(&s);
	g = geom_of(&s);
	run(&g, 1, values, 0, NULL, &sum);
	assert_true(sum == 0.5 * (505 + 506 + 605 + 606));

	/* Smaller than a cell: a sixteenth. */
	s = (struct shape){ 0 };
	put(&s, 9.25, 9.5), put(&s, 9.5, 9.5), put(&s, 9.5, 9.75), put(&s, 9.25, 9.75);
	close_ring(&s), close_part(&s);
	g = geom_of(&s);
	run(&g, 1, values, 0, NULL, &sum);
	assert_true(sum == 909.0 / 16);

	/* The whole raster and beyond, less a hole of one cell. */
	s = (struct shape){ 0 };
	put(&s, -5, -5), put(&s, COLS + 5, -5), put(&s, COLS + 5, ROWS + 5), put(&s, -5, ROWS + 5);
	close_ring(&s);
	put(&s, 1, 1), put(&s, 2, 1), put(&s, 2, 2), put(&s, 1, 2);
	close_ring(&s), close_part(&s);
	g = geom_of(&s);
	run(&g, 1, values, 0, NULL, &sum);
	double all = 0;
	for (size_t i = 0; i < (size_t)COLS * ROWS; i++)
		all += values[i];
	assert_true(fabs(sum - (all - 101)) < 1e-6);
}

static void
nodata_and_outside_count_nothing(void **state)
{
	static double values[COLS * ROWS];
	static struct shape s;
	struct coverage *c = NULL;
	struct geom g;
	struct err e;
	double sum;

	(void)state;
	for (size_t i = 0; i < (size_t)COLS * ROWS; i++)
		values[i] = 1;
	values[0] = -99999;
	values[1] = NAN;
	values[2] = INFINITY;
	values[3] = -5;
	put(&s, -3, 0), put(&s, 6, 0), put(&s, 6, 1), put(&s, -3, 1);
	close_ring(&s), close_part(&s);
	g = geom_of(&s);
	run(&g, 1, values, 0, NULL, &sum);
	assert_true(sum == 2);
	assert_int_equal(coverage_create(&grid, &g, 1, NULL, NULL, &c, &e), ERR_OK);
	assert_true(coverage_reaches_outside(c, 0));
	coverage_free(c);

	s = (struct shape){ 0 };
	put(&s, 100, 0), put(&s, 106, 0), put(&s, 106, 1);
	close_ring(&s), close_part(&s);
	g = geom_of(&s);
	run(&g, 1, values, 0, NULL, &sum);
	assert_true(sum == 0);
}

/* A large town beside a small strip: float64 prefixes would lose the strip's people. */
static void
short_run_beside_millions(void **state)
{
	static double values[COLS * ROWS];
	static struct shape s;
	struct geom g;
	double sum;

	(void)state;
	for (size_t i = 0; i < (size_t)COLS * ROWS; i++)
		values[i] = i % COLS < 20 ? 1e17 : 1e-3;
	put(&s, 25.5, 4), put(&s, 26.5, 4), put(&s, 26.5, 5), put(&s, 25.5, 5);
	close_ring(&s), close_part(&s);
	g = geom_of(&s);
	run(&g, 1, values, 0, NULL, &sum);
	assert_true(fabs(sum - 1e-3) < 1e-15);
}

/* Pieces that share borders add up to the whole. */
static void
disjoint_pieces_add_up(void **state)
{
	static struct shape s[3];
	static double values[COLS * ROWS];
	struct geom g[3];
	double sums[3];
	struct rng r;

	(void)state;
	rng_seed(&r, 99, 3);
	fill(values, &r);
	for (int k = 0; k < 100; k++) {
		double x[4], y[4];

		memset(s, 0, sizeof s);
		for (int i = 0; i < 4; i++) {
			x[i] = 18 + 17 * cos(1.5707963 * (i + 0.8 * rng_f64(&r)));
			y[i] = 14 + 14 * sin(1.5707963 * (i + 0.8 * rng_f64(&r)));
		}
		for (int i = 0; i < 4; i++)
			put(&s[0], x[i], y[i]);
		put(&s[1], x[0], y[0]), put(&s[1], x[1], y[1]), put(&s[1], x[2], y[2]);
		put(&s[2], x[0], y[0]), put(&s[2], x[2], y[2]), put(&s[2], x[3], y[3]);
		for (int i = 0; i < 3; i++) {
			close_ring(&s[i]), close_part(&s[i]);
			g[i] = geom_of(&s[i]);
		}
		run(g, 3, values, 0, NULL, sums);
		assert_true(near(sums[1] + sums[2], sums[0]));
	}
}

static void
rows_out_of_order_are_refused(void **state)
{
	static double values[COLS];
	static struct shape s;
	struct coverage *c = NULL;
	struct geom g;
	struct err e;
	double sum = -7;
	uint32_t first, count;

	(void)state;
	put(&s, 2, 3), put(&s, 4, 3), put(&s, 4, 6), put(&s, 2, 6);
	close_ring(&s), close_part(&s);
	g = geom_of(&s);
	assert_int_equal(coverage_create(&grid, &g, 1, NULL, NULL, &c, &e), ERR_OK);
	coverage_window(c, &first, &count);
	assert_int_equal(first, 3);
	assert_int_equal(count, 3);
	assert_int_equal(coverage_feed_row(c, 0, values, &e), ERR_OK);
	assert_int_equal(coverage_feed_row(c, 3, values, &e), ERR_OK);
	assert_int_equal(coverage_feed_row(c, 5, values, &e), ERR_INVALID);
	assert_int_equal(coverage_finish(c, &sum, &e), ERR_INVALID);
	assert_true(sum == -7);
	coverage_free(c);
	coverage_free(NULL);
}

static void
bad_grids_and_limits(void **state)
{
	struct coverage_grid bad[] = { grid, grid, grid, grid, grid };
	struct coverage_limits few = { .max_edges = 2 };
	static struct shape s;
	struct coverage *c = NULL;
	struct geom g;
	struct err e;

	(void)state;
	bad[0].cell_lat_deg = -1;
	bad[1].cols = 0;
	bad[2].rows = COVERAGE_MAX_CELLS_A_SIDE + 1;
	bad[3].north_deg = 5.4e6; /* metres, not degrees */
	bad[4].west_deg = NAN;
	assert_int_equal(coverage_check_grid(&grid, &e), ERR_OK);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_int_not_equal(coverage_check_grid(&bad[i], &e), ERR_OK);
	put(&s, 2, 3), put(&s, 4, 3), put(&s, 4.5, 6), put(&s, 2, 6.5);
	close_ring(&s), close_part(&s);
	g = geom_of(&s);
	assert_int_equal(coverage_create(&grid, &g, 1, &few, NULL, &c, &e), ERR_LIMIT);
	assert_null(c);
	run(&g, 0, NULL, 0, NULL, NULL);
}

static void
memory_failures_leave_nothing(void **state)
{
	static struct shape s;
	struct coverage *c = NULL;
	struct geom g;
	struct err e;
	long k = 0;

	(void)state;
	put(&s, 2, 3), put(&s, 4, 3), put(&s, 4, 6), put(&s, 2, 6);
	close_ring(&s), close_part(&s);
	g = geom_of(&s);
	for (;; k++) {
		enum err_code rc;

		mem_fail_after(k, 0);
		rc = coverage_create(&grid, &g, 1, NULL, NULL, &c, &e);
		mem_fail_after(-1, 0);
		if (rc == ERR_OK)
			break;
		assert_int_equal(rc, ERR_NOMEM);
		assert_null(c);
	}
	assert_true(k >= 8);
	coverage_free(c);
}

static void
settlements_in_polygons(void **state)
{
	static struct shape shapes[60];
	static struct coverage_point points[500];
	struct geom geoms[60];
	double sums[60];
	GEOSContextHandle_t h = GEOS_init_r();
	struct pool *pool = pool_create(2);
	struct err e;
	struct rng r;

	(void)state;
	rng_seed(&r, 11, 4);
	for (size_t i = 0; i < 500; i++)
		points[i] = (struct coverage_point){
			grid.west_deg + grid.cell_lon_deg * COLS * rng_f64(&r),
			grid.north_deg - grid.cell_lat_deg * ROWS * rng_f64(&r),
			(double)rng_below(&r, 1000)
		};
	for (size_t i = 0; i < 60; i++) {
		random_shape(&shapes[i], &r);
		geoms[i] = geom_of(&shapes[i]);
	}
	/* One exactly on a corner: on counts as in. */
	points[0].lon_deg = shapes[0].xy[0];
	points[0].lat_deg = shapes[0].xy[1];
	assert_int_equal(coverage_points(points, 500, geoms, 60, pool, sums, &e), ERR_OK);
	for (size_t i = 0; i < 60; i++) {
		GEOSGeometry *g = to_geos(h, &shapes[i]);
		double want = 0;

		for (size_t k = 0; k < 500; k++) {
			GEOSGeometry *p = GEOSGeom_createPointFromXY_r(h, points[k].lon_deg,
			                                               points[k].lat_deg);

			if (GEOSIntersects_r(h, g, p) == 1)
				want += points[k].value;
			GEOSGeom_destroy_r(h, p);
		}
		GEOSGeom_destroy_r(h, g);
		assert_true(sums[i] == want);
	}
	points[3].lat_deg = NAN;
	assert_int_equal(coverage_points(points, 500, geoms, 60, NULL, sums, &e), ERR_INVALID);
	assert_int_equal(coverage_points(points, 0, geoms, 60, NULL, sums, &e), ERR_OK);
	assert_true(sums[0] == 0);
	pool_free(pool);
	GEOS_finish_r(h);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_polygons_equal_clipping),
		cmocka_unit_test(same_bits_for_any_threads),
		cmocka_unit_test(borders_and_corners),
		cmocka_unit_test(nodata_and_outside_count_nothing),
		cmocka_unit_test(short_run_beside_millions),
		cmocka_unit_test(disjoint_pieces_add_up),
		cmocka_unit_test(rows_out_of_order_are_refused),
		cmocka_unit_test(bad_grids_and_limits),
		cmocka_unit_test(memory_failures_leave_nothing),
		cmocka_unit_test(settlements_in_polygons),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
