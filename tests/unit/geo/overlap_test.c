#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/rng.h"
#include "geo/measure.h"
#include "geo/overlap.h"
#include "geo/shape.h"

#define MOST 300u
#define PI 3.141592653589793

static struct arena mem;
static struct err e;

struct pairs {
	size_t count, stop_at;
	struct {
		size_t a, b;
		double m2;
	} at[MOST * MOST / 2];
};
static struct pairs got, again;

static int
setup(void **state)
{
	(void)state;
	arena_init(&mem, (size_t)1 << 28);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	arena_done(&mem);
	return 0;
}

static int
keep(void *ctx, size_t a, size_t b, double m2)
{
	struct pairs *p = ctx;

	p->at[p->count].a = a;
	p->at[p->count].b = b;
	p->at[p->count].m2 = m2;
	return ++p->count == p->stop_at;
}

static struct extent_item
item(const struct geom *g)
{
	return (struct extent_item){ g, measure_area_m2(g), measure_perimeter_m(g), 0, 0, 0 };
}

static struct extent_item
wkt(const char *s)
{
	struct geom *g = arena_calloc(&mem, 1, sizeof(*g));

	assert_non_null(g);
	assert_int_equal(geom_from_wkt(s, strlen(s), 0, &mem, g, &e), ERR_OK);
	return item(g);
}

static struct extent_item
star(struct rng *r, double lon, double lat, double size, uint32_t n)
{
	double *xy = arena_calloc(&mem, 2 * ((size_t)n + 1), sizeof(*xy));
	uint32_t *end = arena_calloc(&mem, 2, sizeof(*end));
	struct geom *g = arena_calloc(&mem, 1, sizeof(*g));

	assert_true(xy && end && g);
	for (uint32_t i = 0; i < n; i++) {
		double a = 2 * PI * i / n, d = size * (0.4 + 0.6 * rng_f64(r));

		xy[2 * i] = lon + d * cos(a);
		xy[2 * i + 1] = lat + d * sin(a);
	}
	xy[2 * (size_t)n] = xy[0];
	xy[2 * (size_t)n + 1] = xy[1];
	end[0] = 1;
	end[1] = n + 1;
	*g = (struct geom){ GEOM_POLYGON, 1, 1, n + 1, end, end + 1, xy };
	return item(g);
}

/* Every pair, and its area, as GEOS's intersections say. */
static void
all_pairs(void **state)
{
	struct pool *pool = pool_create(3);
	struct geo *ctx = geo_create();
	struct extent_item it[MOST];
	size_t k = 0;
	struct rng r;

	(void)state;
	rng_seed(&r, 12, 1);
	for (size_t i = 0; i < MOST; i++) {
		double lon = 35 + 0.02 * rng_f64(&r), lat = 48 + 0.02 * rng_f64(&r);

		it[i] = star(&r, lon, lat, i % 20 ? 0.0015 : 0.006, i % 20 ? 9 : 90);
		if (i % 11 == 10) {
			it[i] = it[i - 1];
		}
	}
	got.count = again.count = got.stop_at = again.stop_at = 0;
	assert_int_equal(overlap_each(NULL, it, MOST, 0.01, keep, &got, &e), ERR_OK);
	assert_int_equal(overlap_each(pool, it, MOST, 0.01, keep, &again, &e), ERR_OK);
	assert_int_equal(got.count, again.count);
	assert_memory_equal(got.at, again.at, got.count * sizeof(got.at[0]));
	for (size_t a = 0; a < MOST; a++) {
		for (size_t b = a + 1; b < MOST; b++) {
			double m2;

			assert_int_equal(shape_overlap_m2(ctx, it[a].geom, it[b].geom, &m2, &e),
			                 ERR_OK);
			m2 = fmin(m2, fmin(it[a].area_m2, it[b].area_m2));
			if (m2 > 0.01) {
				assert_int_equal(got.at[k].a, a);
				assert_int_equal(got.at[k].b, b);
				assert_true(fabs(got.at[k].m2 - m2) <= 1e-9 * m2 + 1e-4);
				k++;
			}
		}
	}
	assert_int_equal(k, got.count);
	geo_free(ctx);
	pool_free(pool);
}

static void
special_pairs(void **state)
{
	struct extent_item it[] = {
		wkt("POLYGON ((35 48, 35.01 48, 35.01 48.01, 35 48.01),"
		    "(35.002 48.002, 35.008 48.002, 35.008 48.008, 35.002 48.008))"),
		wkt("POLYGON ((35.004 48.004, 35.006 48.004, 35.006 48.006, 35.004 48.006))"), /* in
		                                                                                  it
		                                                                                */
		wkt("POLYGON ((35.01 48, 35.02 48, 35.02 48.01, 35.01 48.01))"), /* wall to wall */
		wkt("POLYGON ((35.012 48.002, 35.014 48.002, 35.013 48.004))"),  /* inside the last
		                                                                  */
		wkt("POINT (35.013 48.003)"),
		wkt("POLYGON ((35.01 48.01, 35.02 48.01, 35.02 48, 35.01 48))"), /* the third again
		                                                                  */
	};

	(void)state;
	got.count = got.stop_at = 0;
	assert_int_equal(overlap_each(NULL, it, 6, 0.01, keep, &got, &e), ERR_OK);
	assert_int_equal(got.count, 3);
	assert_true(got.at[0].a == 2 && got.at[0].b == 3);
	assert_true(fabs(got.at[0].m2 - it[3].area_m2) < 1e-4);
	assert_true(got.at[1].a == 2 && got.at[1].b == 5);
	assert_true(fabs(got.at[1].m2 - it[2].area_m2) < 1e-3);
	assert_true(got.at[2].a == 3 && got.at[2].b == 5);
	got.count = 0;
	got.stop_at = 1;
	assert_int_equal(overlap_each(NULL, it, 6, 0.01, keep, &got, &e), ERR_OK);
	assert_int_equal(got.count, 1);
	assert_int_equal(overlap_each(NULL, NULL, 0, 0.01, keep, &got, &e), ERR_OK);
}

static struct extent_item
comb(uint32_t teeth, bool turned)
{
	size_t n = 2 * (size_t)teeth + 3;
	double *xy = arena_calloc(&mem, 2 * n, sizeof(*xy));
	uint32_t *end = arena_calloc(&mem, 2, sizeof(*end));
	struct geom *g = arena_calloc(&mem, 1, sizeof(*g));
	size_t k = 0;

	assert_true(xy && end && g);
	for (uint32_t i = 0; i < 2 * teeth; i++) {
		xy[k++] = 35 + 0.01 * i / (2 * teeth);
		xy[k++] = i % 2 ? 48 : 48.0099;
	}
	xy[k++] = 35.01;
	xy[k++] = 47.999;
	xy[k++] = 35;
	xy[k++] = 47.999;
	xy[k++] = xy[0];
	xy[k++] = xy[1];
	for (size_t i = 0; turned && i < n; i++) {
		double x = xy[2 * i];

		xy[2 * i] = 35.00001 + (xy[2 * i + 1] - 48);
		xy[2 * i + 1] = 48.00001 + (x - 35);
	}
	end[0] = 1;
	end[1] = (uint32_t)n;
	*g = (struct geom){ GEOM_POLYGON, 1, 1, (uint32_t)n, end, end + 1, xy };
	return item(g);
}

/* Two combs across each other, 36 million crossings: a bounded answer, a sentence for the union. */
static void
absurd_pair(void **state)
{
	struct extent_item it[2] = { comb(3000, false), comb(3000, true) };
	struct extent_result r;

	(void)state;
	got.count = got.stop_at = 0;
	assert_int_equal(overlap_each(NULL, it, 2, 0.01, keep, &got, &e), ERR_OK);
	assert_int_equal(got.count, 1);
	assert_true(got.at[0].m2 <= it[0].area_m2);
	assert_int_equal(extent_compute(NULL, it, 2, 1, &r, &e), ERR_LIMIT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(all_pairs, setup, teardown),
		cmocka_unit_test_setup_teardown(special_pairs, setup, teardown),
		cmocka_unit_test_setup_teardown(absurd_pair, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
