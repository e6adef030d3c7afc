#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/rng.h"
#include "geo/measure.h"

static struct arena mem;
static struct err e;

static int
setup(void **state)
{
	(void)state;
	arena_init(&mem, 0);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	arena_done(&mem);
	return 0;
}

static struct geom
wkt(const char *s)
{
	struct geom g = { 0 };

	assert_int_equal(geom_from_wkt(s, strlen(s), 0, &mem, &g, &e), ERR_OK);
	return g;
}

/* Values of GeographicLib 2.1.2's Planimeter (-p 6), another implementation: perimeter and area. */
static const struct {
	const char *wkt;
	double perimeter_m, area_m2, tolerance_m2;
} planimeter[] = {
	{ "POLYGON ((36.231 49.99, 36.230924 49.990268, 36.230707 49.990495, 36.230383 49.990647,"
	  "36.23 49.9907, 36.229617 49.990647, 36.229293 49.990495, 36.229076 49.990268, 36.229 "
	  "49.99,"
	  "36.229076 49.989732, 36.229293 49.989505, 36.229617 49.989353, 36.23 49.9893,"
	  "36.230383 49.989353, 36.230707 49.989505, 36.230924 49.989732))",
	  467.150817, 17098.7, 0.11 },
	{ "POLYGON ((0 0, 1 0, 1 1, 0 1))", 443770.917248, 12308778361.5, 1 },
	{ "POLYGON ((36 48, 36.01 48, 36.01 48.01, 36 48.01))", 3716.171238, 829682.3, 0.11 },
	{ "POLYGON ((0 0, 90 0, 0 90))", 30022685.630020, 63758202715511.1, 10000 },
	{ "POLYGON ((179.99 -45, -179.99 -45, -179.99 -44.98, 179.99 -44.98))", 7599.685185,
	  3505559.0, 0.11 },
	{ "POLYGON ((-125 -45, -124.9 -45.02, -124.95 -44.9))", 33890.442338, 48189947.4, 0.11 },
	{ "POLYGON ((0 89, 90 89, 180 89, -90 89))", 631819.874528, 24952305678.0, 10 },
};

static void
areas_of_planimeter(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(planimeter) / sizeof(planimeter[0]); i++) {
		struct geom g = wkt(planimeter[i].wkt);

		assert_true(fabs(measure_area_m2(&g) - planimeter[i].area_m2) <=
		            planimeter[i].tolerance_m2);
		assert_true(fabs(measure_area_karney_m2(&g) - planimeter[i].area_m2) <=
		            planimeter[i].tolerance_m2);
		assert_true(fabs(measure_perimeter_m(&g) - planimeter[i].perimeter_m) <=
		            1e-6 + 2e-9 * planimeter[i].perimeter_m);
	}
}

/* Areas and perimeters from another program: the differential equations of a geodesic integrated in
 * 40 digits (mpmath), the area as the integral of Lambert's y along it. Here the closed form is
 * nearer than Karney's routine. */
static void
forty_digits(void **state)
{
	static const struct {
		const char *wkt;
		double area_m2, perimeter_m;
	} cases[] = {
		{ "POLYGON ((36.23 49.99, 36.23007 49.990005, 36.23006 49.990045, 36.22999 "
		  "49.99004))",
		  22.732420960361433, 19.114061131103872 },
		/* a trench, 400 m x 2 m */
		{ "POLYGON ((36.23 49.99, 36.2349 49.9917, 36.23491 49.991716, 36.2325 49.99088,"
		  "36.22999 49.990016))",
		  561.5227783313352, 803.14817619399093 },
		{ "POLYGON ((-125 -80, -124.99 -80.0005, -124.992 -79.9985, -125.003 -79.999))",
		  34107.675979150815, 774.91812631654029 },
		{ "POLYGON ((17.01 45.21, 17.05 45.215, 17.04 45.236, 17.015 45.231))",
		  6066366.8399663046, 10060.355753511505 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct geom g = wkt(cases[i].wkt);

		assert_true(fabs(measure_area_m2(&g) / cases[i].area_m2 - 1) < 1e-11);
		assert_true(fabs(measure_perimeter_m(&g) / cases[i].perimeter_m - 1) < 3e-12);
		assert_true(fabs(measure_area_karney_m2(&g) - cases[i].area_m2) < 1e-4);
	}
}

static void
holes_and_winding(void **state)
{
	struct geom shell = wkt("POLYGON ((36 48, 36.01 48, 36.01 48.01, 36 48.01, 36 48))");
	struct geom hole =
		wkt("POLYGON ((36.002 48.002, 36.004 48.002, 36.004 48.004, 36.002 48.002))");
	struct geom both = wkt("POLYGON ((36 48, 36.01 48, 36.01 48.01, 36 48.01, 36 48),"
	                       "(36.002 48.002, 36.004 48.002, 36.004 48.004, 36.002 48.002))");
	struct geom turned = wkt("POLYGON ((36 48, 36 48.01, 36.01 48.01, 36.01 48, 36 48),"
	                         "(36.002 48.002, 36.004 48.002, 36.004 48.004, 36.002 48.002))");
	struct geom two = wkt("MULTIPOLYGON (((36 48, 36.01 48, 36.01 48.01, 36 48.01, 36 48)),"
	                      "((36 48, 36.01 48, 36.01 48.01, 36 48.01, 36 48)))");
	double a = measure_area_m2(&shell), h = measure_area_m2(&hole);

	(void)state;
	assert_true(fabs(measure_area_m2(&both) - (a - h)) < 1e-6);
	assert_true(fabs(measure_area_m2(&turned) - (a - h)) < 1e-6);
	assert_true(fabs(measure_area_m2(&two) - 2 * a) < 1e-6);
}

static void
without_area(void **state)
{
	struct geom g[] = { wkt("POINT (1 2)"), wkt("LINESTRING (1 2, 3 4, 1 2)"),
		            wkt("POLYGON EMPTY"), wkt("POLYGON ((1 1, 2 2, 1 1))") };

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		assert_true(measure_area_m2(&g[i]) == 0);
	}
	assert_true(measure_perimeter_m(&g[0]) == 0);
	assert_true(measure_longest_edge_m(&g[0]) == 0);
}

/* Values of GeographicLib's GeodSolve. */
static void
lengths_of_geodsolve(void **state)
{
	struct geom line = wkt("LINESTRING (36 50, 36.02 50.01, 36.02 50.0101)");
	double lon, lat;

	(void)state;
	assert_true(fabs(measure_distance_m(36, 50, 36.02, 50.01) - 1814.629033) < 1e-6);
	assert_true(fabs(measure_longest_edge_m(&line) - 1814.629033) < 1e-6);
	measure_direct(35, 48.5, 45, 1500, &lon, &lat);
	assert_true(fabs(lon - 35.01435506015) < 1e-11 && fabs(lat - 48.50953740457) < 1e-11);
}

/* A star of n corners around a centre, radius r_deg, in mem. */
static struct geom
star(struct rng *r, double lon, double lat, double r_deg, uint32_t n, double flat)
{
	double *xy = arena_calloc(&mem, 2 * ((size_t)n + 1), sizeof(*xy));
	uint32_t *end = arena_calloc(&mem, 2, sizeof(*end));
	double turn = rng_f64(r) * 6.283;

	assert_true(xy && end);
	for (uint32_t i = 0; i < n; i++) {
		double a = 6.283185307179586 * i / n, d = r_deg * (0.5 + rng_f64(r) / 2);
		double x = d * cos(a), y = d * flat * sin(a);

		xy[2 * i] = lon + (x * cos(turn) - y * sin(turn)) / cos(lat * 0.0174533);
		xy[2 * i + 1] = lat + x * sin(turn) + y * cos(turn);
	}
	xy[2 * (size_t)n] = xy[0];
	xy[2 * (size_t)n + 1] = xy[1];
	end[0] = 1;
	end[1] = n + 1;
	return (struct geom){ GEOM_POLYGON, 1, 1, n + 1, end, end + 1, xy };
}

/* The closed form against Karney's series: 1e-9 of the area and 1e-6 m2, plus what Karney's own
 * sums of areas down to the equator lose in double precision (about 1e-16 of perimeter times 6.4e6
 * m). */
static void
areas_like_karney(void **state)
{
	struct rng r;

	(void)state;
	rng_seed(&r, 7, 7);
	for (int i = 0; i < 20000; i++) {
		double size = pow(10, -5 + 6 * rng_f64(&r)), flat = pow(10, -4 * rng_f64(&r));
		double lat = 168 * rng_f64(&r) - 84, lon = 360 * rng_f64(&r) - 180;
		struct geom g = star(&r, lon, lat, size, 3 + (uint32_t)rng_below(&r, 30), flat);
		double fast = measure_area_m2(&g), slow = measure_area_karney_m2(&g);
		double noise = 3e-5 * g.point_count;

		if (!(fabs(fast - slow) <= 1e-9 * slow + 1e-6 + noise)) {
			print_error("seed 7, %d: size %g flat %g lat %g: %.9g, Karney %.9g\n", i,
			            size, flat, lat, fast, slow);
		}
		assert_true(fabs(fast - slow) <= 1e-9 * slow + 1e-6 + noise);
		arena_reset(&mem);
	}
}

static void
lengths_like_karney(void **state)
{
	struct rng r;

	(void)state;
	rng_seed(&r, 8, 8);
	for (int i = 0; i < 20000; i++) {
		double lat = 160 * rng_f64(&r) - 80, d = pow(10, -6 + 6 * rng_f64(&r));
		double lat2 = lat + d * (rng_f64(&r) - 0.5), lon2 = 20 + d * (rng_f64(&r) - 0.5);
		double xy[4] = { 20, lat, lon2, lat2 };
		uint32_t end[2] = { 1, 2 };
		struct geom g = { GEOM_LINESTRING, 1, 1, 2, end, end + 1, xy };
		double m = measure_distance_m(20, lat, lon2, lat2);

		assert_true(fabs(measure_perimeter_m(&g) - m) <= 1e-9 * m + 2e-8);
	}
}

/* Neighbours on the curve are neighbours on the map: walk order 16's first cells by definition. */
static void
hilbert(void **state)
{
	struct geom_box low = { -180, -90, -180, -90 }, high = { 180, 90, 180, 90 };
	struct geom_box east = { 180, -90, 180, -90 }, none = { NAN, NAN, NAN, NAN };

	(void)state;
	assert_int_equal(measure_hilbert(low), 0);
	assert_int_equal(measure_hilbert(east), UINT32_MAX); /* the curve ends at the other foot */
	assert_true(measure_hilbert(high) > UINT32_MAX / 2);
	assert_int_equal(measure_hilbert(none), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(areas_of_planimeter, setup, teardown),
		cmocka_unit_test_setup_teardown(forty_digits, setup, teardown),
		cmocka_unit_test_setup_teardown(holes_and_winding, setup, teardown),
		cmocka_unit_test_setup_teardown(without_area, setup, teardown),
		cmocka_unit_test_setup_teardown(lengths_of_geodsolve, setup, teardown),
		cmocka_unit_test_setup_teardown(areas_like_karney, setup, teardown),
		cmocka_unit_test_setup_teardown(lengths_like_karney, setup, teardown),
		cmocka_unit_test(hilbert),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
