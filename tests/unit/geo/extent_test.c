#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/rng.h"
#include "geo/extent.h"
#include "geo/measure.h"
#include "geo/shape.h"

#define MOST 400u
#define PI 3.141592653589793

static struct arena mem;
static struct err e;
static struct geo *ctx;

static int
setup(void **state)
{
	(void)state;
	arena_init(&mem, (size_t)1 << 30);
	ctx = geo_create();
	return ctx ? 0 : -1;
}

static int
teardown(void **state)
{
	(void)state;
	geo_free(ctx);
	arena_done(&mem);
	return 0;
}

static void
ok(enum err_code rc)
{
	if (rc != ERR_OK) {
		print_error("%s\n", e.text);
	}
	assert_int_equal(rc, ERR_OK);
}

static struct geom *
wkt(const char *s)
{
	struct geom *g = arena_calloc(&mem, 1, sizeof(*g));

	assert_non_null(g);
	ok(geom_from_wkt(s, strlen(s), 0, &mem, g, &e));
	return g;
}

static struct extent_item
item(const struct geom *g, uint32_t group, double accuracy_m)
{
	return (struct extent_item){
		g, measure_area_m2(g), measure_perimeter_m(g), accuracy_m, group, 0
	};
}

/* GEOS's union, then Karney's area. */
static double
oracle(const struct extent_item *it, size_t n, uint32_t group)
{
	const struct geom *list[MOST];
	struct geom u;
	size_t k = 0;

	for (size_t i = 0; i < n; i++) {
		if (it[i].group == group && geom_is_areal(it[i].geom)) {
			list[k++] = it[i].geom;
		}
	}
	ok(shape_union(ctx, list, k, &mem, &u, &e));
	return measure_area_m2(&u);
}

static void
agrees(const struct extent_item *it, size_t n, uint32_t groups, struct pool *pool)
{
	struct extent_result r[8];

	ok(extent_compute(pool, it, n, groups, r, &e));
	for (uint32_t g = 0; g < groups; g++) {
		double want = oracle(it, n, g);

		if (!(fabs(r[g].area_m2 - want) <= 1e-9 * want + 1e-5)) {
			print_error("group %u of %zu: %.9g, GEOS %.9g\n", g, n, r[g].area_m2, want);
		}
		assert_true(fabs(r[g].area_m2 - want) <= 1e-9 * want + 1e-5);
		assert_true(r[g].low_m2 <= r[g].area_m2 && r[g].area_m2 <= r[g].high_m2);
		assert_true(r[g].low_m2 >= 0 && r[g].overlap_m2 >= 0);
	}
}

static const struct geom *
ring_of(const double *xy, uint32_t n)
{
	uint32_t *end = arena_calloc(&mem, 2, sizeof(*end));
	struct geom *g = arena_calloc(&mem, 1, sizeof(*g));

	assert_true(end && g);
	end[0] = 1;
	end[1] = n;
	*g = (struct geom){ GEOM_POLYGON, 1, 1, n, end, end + 1, xy };
	return g;
}

static const struct geom *
star(struct rng *r, double lon, double lat, double size, uint32_t n)
{
	double *xy = arena_calloc(&mem, 2 * ((size_t)n + 1), sizeof(*xy));
	bool clockwise = rng_below(r, 2);

	assert_non_null(xy);
	for (uint32_t i = 0; i < n; i++) {
		double a = 2 * PI * (clockwise ? n - i : i) / n,
		       d = size * (0.4 + 0.6 * rng_f64(r));

		xy[2 * i] = lon + d * cos(a) * 1.5;
		xy[2 * i + 1] = lat + d * sin(a);
	}
	xy[2 * (size_t)n] = xy[0];
	xy[2 * (size_t)n + 1] = xy[1];
	return ring_of(xy, n + 1);
}

static void
random_stars(void **state)
{
	struct pool *pool = pool_create(3);
	struct rng r;

	(void)state;
	rng_seed(&r, 1, 1);
	for (int round = 0; round < 500; round++) {
		struct extent_item it[MOST];
		size_t n = 1 + rng_below(&r, 60);
		double size = pow(10, -4 + 3 * rng_f64(&r)), spread = size * (1 + 10 * rng_f64(&r));
		double lat = 150 * rng_f64(&r) - 75, lon = 300 * rng_f64(&r) - 150;

		for (size_t i = 0; i < n; i++) {
			double big = rng_below(&r, 10) == 0 ? 5 : 1;

			double x = lon + spread * rng_f64(&r), y = lat + spread * rng_f64(&r);
			uint32_t corners = 3 + (uint32_t)rng_below(&r, big > 1 ? 90 : 14);
			uint32_t group = (uint32_t)rng_below(&r, 3);

			it[i] = item(star(&r, x, y, size * big, corners), group, 10 * rng_f64(&r));
		}
		agrees(it, n, 3, round % 2 ? pool : NULL);
		arena_reset(&mem);
	}
	pool_free(pool);
}

/* Corners on a lattice: shared corners and edges, nested, copies, touches, all at once. At the
 * equator, for there it does not matter whether a touch within 1e-15 degrees cuts an edge:
 * elsewhere the two halves' geodesics lie beside the whole edge's (0.5 m2 for 1 km at 48 degrees),
 * and either answer is right. */
static void
lattice(void **state)
{
	struct rng r;

	(void)state;
	rng_seed(&r, 2, 1);
	for (int round = 0; round < 1500; round++) {
		struct extent_item it[MOST];
		size_t n = 2 + rng_below(&r, 12), kept = 0;
		uint64_t side = 4 + rng_below(&r, 8);

		while (kept < n) {
			double *xy = arena_calloc(&mem, 16, sizeof(*xy));
			uint32_t corners = 3 + (uint32_t)rng_below(&r, 3);
			enum shape_fault f;
			const struct geom *g;
			double at[2];

			assert_non_null(xy);
			for (uint32_t i = 0; i < corners; i++) {
				xy[2 * i] = 35 + 0.001 * (double)rng_below(&r, side);
				xy[2 * i + 1] = 0.001 * ((double)rng_below(&r, side) - 3);
			}
			xy[2 * corners] = xy[0];
			xy[2 * corners + 1] = xy[1];
			g = ring_of(xy, corners + 1);
			ok(shape_check(ctx, g, &f, at, &e));
			if (f == SHAPE_VALID) {
				it[kept++] = item(g, 0, 5);
			}
		}
		agrees(it, n, 1, NULL);
		arena_reset(&mem);
	}
}

/* A town of squares wall to wall, and the same with holes and islands. */
static void
wall_to_wall(void **state)
{
	struct extent_item it[MOST];
	size_t n = 0;

	(void)state;
	for (int x = 0; x < 15; x++) {
		for (int y = 0; y < 15; y++) {
			double *xy = arena_calloc(&mem, 10, sizeof(*xy)), w = 0.001;
			double x0 = 35 + x * w, y0 = 48 + y * w;
			double c[10] = { x0, y0, x0 + w, y0, x0 + w, y0 + w, x0, y0 + w, x0, y0 };

			assert_non_null(xy);
			memcpy(xy, c, sizeof(c));
			it[n++] = item(ring_of(xy, 5), 0, 5);
		}
	}
	agrees(it, n, 1, NULL);
}

static void
known_cases(void **state)
{
	static const char *const cases[][4] = {
		/* copies */
		{ "POLYGON ((35 48, 35.01 48, 35.01 48.01, 35 48.01))",
		  "POLYGON ((35 48, 35.01 48, 35.01 48.01, 35 48.01))" },
		/* the same run from another corner, the other way */
		{ "POLYGON ((35 48, 35.01 48, 35.01 48.01, 35 48.01))",
		  "POLYGON ((35.01 48.01, 35.01 48, 35 48, 35 48.01))" },
		/* nested */
		{ "POLYGON ((35 48, 35.01 48, 35.01 48.01, 35 48.01))",
		  "POLYGON ((35.002 48.002, 35.004 48.002, 35.004 48.004, 35.002 48.004))" },
		/* in the hole of another, and across its rim */
		{ "POLYGON ((35 48, 35.01 48, 35.01 48.01, 35 48.01),"
		  "(35.002 48.002, 35.008 48.002, 35.008 48.008, 35.002 48.008))",
		  "POLYGON ((35.004 48.004, 35.006 48.004, 35.006 48.006, 35.004 48.006))",
		  "POLYGON ((35.007 48.0071, 35.02 48.0072, 35.02 48.0079))" },
		/* a cross: four crossings, no corner inside */
		{ "POLYGON ((35 48.004, 35.01 48.0041, 35.01 48.006, 35 48.006))",
		  "POLYGON ((35.004 48, 35.006 48, 35.006 48.01, 35.0041 48.01))" },
		/* touching at a corner, along an edge, along part of an edge */
		{ "POLYGON ((35 48, 35.01 48, 35.01 48.01, 35 48.01))",
		  "POLYGON ((35.01 48.01, 35.02 48.01, 35.02 48.02))",
		  "POLYGON ((35.01 48, 35.02 48, 35.02 48.01, 35.01 48.01))",
		  "POLYGON ((35.002 48, 35.004 48, 35.003 47.99))" },
		/* slivers along each other */
		{ "POLYGON ((35 48, 35.1 48.0000001, 35.1 48.0000002))",
		  "POLYGON ((35 48.00000005, 35.1 48.00000015, 35.1 48))" },
		/* parts */
		{ "MULTIPOLYGON (((35 48, 35.01 48, 35.01 48.01, 35 48.01)),"
		  "((35.02 48, 35.03 48, 35.03 48.01, 35.02 48.01)))",
		  "POLYGON ((35.005 48.002, 35.025 48.003, 35.025 48.004, 35.005 48.005))" },
		/* long edges */
		{ "POLYGON ((30 48, 36 48, 36 52, 30 52))",
		  "POLYGON ((33 50, 39 51, 39 54, 33 55))" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct extent_item it[4];
		size_t n = 0;

		for (; n < 4 && cases[i][n]; n++) {
			it[n] = item(wkt(cases[i][n]), 0, 10);
		}
		agrees(it, n, 1, NULL);
	}
}

/* All on each other; and a large one over many small ones. */
static void
crowds(void **state)
{
	struct extent_item it[MOST];
	struct rng r;

	(void)state;
	rng_seed(&r, 5, 1);
	for (size_t i = 0; i < MOST; i++) {
		double x = 35 + 0.001 * rng_f64(&r), y = 48 + 0.001 * rng_f64(&r);

		it[i] = item(star(&r, x, y, 0.001, 9), (uint32_t)(i % 2), 5);
	}
	agrees(it, MOST, 2, NULL);
	it[0] = item(star(&r, 35, 48, 0.01, 300), 0, 5);
	for (size_t i = 1; i < MOST; i++) {
		double x = 34.99 + 0.02 * rng_f64(&r), y = 47.99 + 0.02 * rng_f64(&r);

		it[i] = item(star(&r, x, y, 0.0002, 9), 0, 5);
	}
	agrees(it, MOST, 1, NULL);
}

/* Same bits for one thread and many, and for the items in any order. */
static void
order_and_threads(void **state)
{
	struct pool *pool = pool_create(4);
	struct extent_result a[3], b[3], c[3];
	struct extent_item it[MOST];
	struct rng r;

	(void)state;
	rng_seed(&r, 4, 1);
	for (size_t i = 0; i < MOST; i++) {
		double x = 35 + 0.02 * rng_f64(&r), y = 48 + 0.02 * rng_f64(&r);
		double accuracy_m = rng_f64(&r) * 20;

		it[i] = item(star(&r, x, y, 0.001, 9), (uint32_t)(i % 3), accuracy_m);
		if (i % 7 == 0 && i > 0) {
			it[i].geom = it[i - 1].geom;
			it[i].area_m2 = it[i - 1].area_m2;
			it[i].perimeter_m = it[i - 1].perimeter_m;
			it[i].group = it[i - 1].group;
		}
	}
	ok(extent_compute(NULL, it, MOST, 3, a, &e));
	ok(extent_compute(pool, it, MOST, 3, b, &e));
	assert_memory_equal(a, b, sizeof(a));
	for (size_t i = MOST - 1; i > 0; i--) {
		size_t k = rng_below(&r, i + 1);
		struct extent_item t = it[i];

		it[i] = it[k];
		it[k] = t;
	}
	ok(extent_compute(pool, it, MOST, 3, c, &e));
	assert_memory_equal(a, c, sizeof(a));
	pool_free(pool);
}

/* Same bits in parts: what lies apart comes in calls of its own. */
static void
in_parts(void **state)
{
	enum {
		PARTS = 4,
		EACH = 10
	};
	struct extent_item it[PARTS * EACH];
	struct extent_result want[3], got[3];
	struct geom_box box[3];
	struct extent_sum *s = NULL;
	struct rng r;

	(void)state;
	rng_seed(&r, 6, 1);
	for (int g = 0; g < 3; g++)
		box[g] = extent_no_box();
	for (size_t i = 0; i < (size_t)(PARTS * EACH); i++) {
		double x = 35 + (double)(i / EACH) + 0.005 * rng_f64(&r);

		it[i] = item(star(&r, x, 48 + 0.005 * rng_f64(&r), 0.001, 9), (uint32_t)(i % 2),
		             rng_f64(&r) * 20);
		geom_box_grow(&box[i % 2], geom_bounds(it[i].geom));
	}
	ok(extent_compute(NULL, it, (size_t)(PARTS * EACH), 3, want, &e));
	ok(extent_sum_start(NULL, 3, box, &s, &e));
	for (size_t p = PARTS; p > 0; p--)
		ok(extent_sum_add(s, it + (p - 1) * EACH, EACH, &e));
	extent_sum_end(s, got);
	assert_memory_equal(want, got, sizeof(want));
	extent_sum_free(s);
}

/* A circle of 200 corners, radius 1 km, accuracy 50 m: pi (1050^2, 950^2) within the bounds, bounds
 * within 1 %. */
static void
bounds_of_a_circle(void **state)
{
	double *xy = arena_calloc(&mem, 402, sizeof(*xy));
	struct extent_result r;
	struct extent_item it;

	(void)state;
	assert_non_null(xy);
	for (int i = 0; i <= 200; i++) {
		measure_direct(35, 48, -360.0 * (i % 200) / 200, 1000, &xy[2 * i], &xy[2 * i + 1]);
	}
	it = item(ring_of(xy, 201), 0, 50);
	ok(extent_compute(NULL, &it, 1, 1, &r, &e));
	assert_true(r.high_m2 >= PI * 1050 * 1050 * 0.9995 && r.high_m2 <= PI * 1050 * 1050 * 1.01);
	assert_true(r.low_m2 <= PI * 950 * 950 && r.low_m2 >= PI * 950 * 950 * 0.99);
	assert_true(r.low_m2 < r.area_m2 && r.area_m2 < r.high_m2);
	it.accuracy_m = 0;
	it.unsure_m2 = 1000; /* of a broken outline */
	ok(extent_compute(NULL, &it, 1, 1, &r, &e));
	assert_true(fabs(r.low_m2 - (it.area_m2 - 1000)) < 1e-3 && r.high_m2 == r.area_m2);
}

/* Grown one by one and united, the area is never above high; shrunk never below low. */
static void
bounds_hold(void **state)
{
	struct rng r;

	(void)state;
	rng_seed(&r, 6, 1);
	for (int round = 0; round < 60; round++) {
		size_t n = 1 + rng_below(&r, 12);
		struct extent_item it[12], big[12];
		struct extent_result res;
		const struct geom *list[12];
		struct geom grown[12], u;

		for (size_t i = 0; i < n; i++) {
			double x = 35 + 0.01 * rng_f64(&r), y = 48 + 0.01 * rng_f64(&r);
			double accuracy_m = 1 + 60 * rng_f64(&r);

			it[i] = item(star(&r, x, y, 0.002, 8), 0, accuracy_m);
			/* 0.98: shape_grow itself grows up to 1 % too far */
			ok(shape_grow(ctx, it[i].geom, it[i].accuracy_m * 0.98, &mem, &grown[i],
			              &e));
			list[i] = &grown[i];
			big[i] = it[i];
		}
		(void)big;
		ok(extent_compute(NULL, it, n, 1, &res, &e));
		ok(shape_union(ctx, list, n, &mem, &u, &e));
		assert_true(measure_area_m2(&u) <= res.high_m2);
		arena_reset(&mem);
	}
}

static void
points_and_lines(void **state)
{
	struct extent_item it[] = { item(wkt("POINT (35 48)"), 0, 10),
		                    item(wkt("LINESTRING (35 48, 35.01 48)"), 0, 10),
		                    item(wkt("POLYGON EMPTY"), 0, 10) };
	struct extent_result r[2];

	(void)state;
	ok(extent_compute(NULL, it, 3, 2, r, &e));
	assert_true(r[0].area_m2 == 0 && r[0].low_m2 == 0 && r[0].polygons == 0 &&
	            r[0].others == 3);
	assert_true(fabs(r[0].high_m2 - (2 * PI * 100 + 20 * it[1].perimeter_m)) < 0.1);
	assert_true(r[1].high_m2 == 0 && r[1].others == 0);
	ok(extent_compute(NULL, NULL, 0, 0, r, &e));
}

static void
refused(void **state)
{
	struct extent_item it = item(wkt("POLYGON ((35 48, 35.01 48, 35.01 48.01))"), 1, 10);
	struct extent_result r = { .area_m2 = 77 };

	(void)state;
	assert_int_equal(extent_compute(NULL, &it, 1, 1, &r, &e), ERR_INVALID);
	it.group = 0;
	it.accuracy_m = NAN;
	assert_int_equal(extent_compute(NULL, &it, 1, 1, &r, &e), ERR_INVALID);
	it.accuracy_m = -1;
	assert_int_equal(extent_compute(NULL, &it, 1, 1, &r, &e), ERR_INVALID);
	assert_true(r.area_m2 == 77);
}

/* Invalid outlines must not occur; if they do, an answer or an error, no crash. */
static void
invalid_outlines(void **state)
{
	struct rng r;

	(void)state;
	rng_seed(&r, 8, 1);
	for (int round = 0; round < 200; round++) {
		struct extent_item it[8];
		struct extent_result res;

		for (size_t i = 0; i < 8; i++) {
			double *xy = arena_calloc(&mem, 20, sizeof(*xy));

			assert_non_null(xy);
			for (int k = 0; k < 9; k++) {
				xy[2 * k] = 35 + 0.001 * (double)rng_below(&r, 9);
				xy[2 * k + 1] = 48 + 0.001 * (double)rng_below(&r, 9);
			}
			xy[18] = xy[0];
			xy[19] = xy[1];
			it[i] = item(ring_of(xy, 10), 0, 1);
		}
		(void)!extent_compute(NULL, it, 8, 1, &res, &e);
		arena_reset(&mem);
	}
}

/* One hazard moves, appears, goes: the change is that of the whole. */
static void
one_change(void **state)
{
	struct extent_item it[MOST], near[MOST];
	struct extent_result all, less;
	struct rng r;

	(void)state;
	rng_seed(&r, 10, 1);
	for (size_t i = 0; i < MOST; i++) {
		double x = 35 + 0.02 * rng_f64(&r), y = 48 + 0.02 * rng_f64(&r);

		it[i] = item(star(&r, x, y, 0.001, 9), 0, 5);
	}
	ok(extent_compute(NULL, it, MOST, 1, &all, &e));
	for (size_t k = 0; k < 40; k++) {
		struct extent_item one = it[k], last = it[MOST - 1];
		double came, went;
		size_t n = 0;

		for (size_t i = 0; i < MOST; i++) {
			struct geom_box mine = geom_bounds(it[i].geom), his;
			bool meets = geom_box_overlap(mine, geom_bounds(one.geom));

			for (size_t m = 0; m < MOST && !meets; m++) {
				his = geom_bounds(it[m].geom);
				meets = m != k && geom_box_overlap(his, geom_bounds(one.geom)) &&
				        geom_box_overlap(his, mine);
			}
			if (i != k && meets) {
				near[n++] = it[i];
			}
		}
		ok(extent_delta(ctx, NULL, &one, near, n, &came, &e));
		ok(extent_delta(ctx, &one, NULL, near, n, &went, &e));
		it[k] = last;
		ok(extent_compute(NULL, it, MOST - 1, 1, &less, &e));
		it[k] = one;
		assert_true(fabs(all.area_m2 - less.area_m2 - came) < 1e-9 * all.area_m2);
		assert_true(came == -went);
	}
}

/* Every allocation failing once, then all from it on: the right areas or "out of memory", outputs
 * untouched. */
static void
no_memory(void **state)
{
	struct extent_item it[40];
	struct extent_result want, got;
	struct rng r;
	long last;

	(void)state;
	rng_seed(&r, 9, 1);
	for (size_t i = 0; i < 40; i++) {
		double x = 35 + 0.004 * rng_f64(&r), y = 48 + 0.004 * rng_f64(&r);

		/* some touch, so that GEOS is needed */
		it[i] = i % 4 == 3 ? it[i - 1] : item(star(&r, x, y, 0.001, i % 3 ? 9 : 60), 0, 5);
		if (i % 8 == 7) {
			double *xy = arena_memdup(&mem, it[i].geom->xy,
			                          2 * it[i].geom->point_count * sizeof(*xy));

			assert_non_null(xy);
			xy[4] += 1e-5;
			it[i] = item(ring_of(xy, it[i].geom->point_count), 0, 5);
		}
	}
	last = mem_count();
	ok(extent_compute(NULL, it, 40, 1, &want, &e));
	last = mem_count() - last;
	for (long n = 0; n < 2 * last; n++) {
		enum err_code rc;

		memset(&got, 77, sizeof(got));
		mem_fail_after(n / 2, (int)(n % 2));
		rc = extent_compute(NULL, it, 40, 1, &got, &e);
		mem_fail_after(-1, 0);
		assert_true(rc == ERR_OK || rc == ERR_NOMEM);
		if (rc == ERR_OK) {
			assert_memory_equal(&got, &want, sizeof(got));
		} else {
			assert_int_equal(got.polygons, 0x4d4d4d4d4d4d4d4d);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(known_cases, setup, teardown),
		cmocka_unit_test_setup_teardown(random_stars, setup, teardown),
		cmocka_unit_test_setup_teardown(lattice, setup, teardown),
		cmocka_unit_test_setup_teardown(wall_to_wall, setup, teardown),
		cmocka_unit_test_setup_teardown(crowds, setup, teardown),
		cmocka_unit_test_setup_teardown(order_and_threads, setup, teardown),
		cmocka_unit_test_setup_teardown(in_parts, setup, teardown),
		cmocka_unit_test_setup_teardown(bounds_of_a_circle, setup, teardown),
		cmocka_unit_test_setup_teardown(bounds_hold, setup, teardown),
		cmocka_unit_test_setup_teardown(points_and_lines, setup, teardown),
		cmocka_unit_test_setup_teardown(refused, setup, teardown),
		cmocka_unit_test_setup_teardown(one_change, setup, teardown),
		cmocka_unit_test_setup_teardown(no_memory, setup, teardown),
		cmocka_unit_test_setup_teardown(invalid_outlines, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
