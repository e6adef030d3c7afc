#include "../unit.h"

#include <math.h>
#include <string.h>

#include "ingest/region.h"
#include "ingest/seen.h"

static void
an_outline_with_a_hole(void **state)
{
	static const char wkt[] =
		"POLYGON ((0 0, 10 0, 10 10, 0 10, 0 0), (4 4, 6 4, 6 6, 4 6, 4 4))";
	struct arena mem;
	struct geom g;
	struct region r;

	(void)state;
	arena_init(&mem, 0);
	assert_int_equal(geom_from_wkt(wkt, sizeof(wkt) - 1, 0, &mem, &g, NULL), ERR_OK);
	assert_true(region_of_geom(&g, &mem, &r));
	assert_true(region_contains(&r, 1, 1));
	assert_false(region_contains(&r, 5, 5));
	assert_false(region_contains(&r, 11, 5));
	assert_false(region_contains(&r, 5, -0.001));
	assert_false(region_contains(&r, NAN, 5));
	assert_true(region_distance_km(&r, 1, 1) == 0);
	/* one degree of latitude at the equator is 110.574 km on WGS 84 */
	assert_true(fabs(region_distance_km(&r, 5, -1) - 110.574) < 0.5);
	/* from the hole's middle the nearest edge is one degree away */
	assert_true(fabs(region_distance_km(&r, 5, 5) - 110.6) < 1);
	arena_done(&mem);
}

static void
a_box_is_enough(void **state)
{
	struct geom_box box = { 0 };
	struct region r;

	(void)state;
	assert_true(region_country_box("XXA", &box));
	assert_true(box.min_lon_deg == -130 && box.max_lon_deg == -120 && box.min_lat_deg == -50 &&
	            box.max_lat_deg == -42);
	assert_false(region_country_box("ZZZ", &box));
	region_of_box(box, &r);
	assert_true(region_contains(&r, -130, -50));
	assert_false(region_contains(&r, -130.01, -50));
	assert_true(fabs(region_distance_km(&r, -125, -41) - 111.1) < 0.5);
}

/* A round outline of many vertices against the plain formula. */
static void
bands_do_not_change_the_answer(void **state)
{
	enum {
		N = 5000
	};
	static double xy[2 * (N + 1)];
	uint32_t part = 1, ring = N + 1;
	struct geom g = { .type = GEOM_POLYGON,
		          .part_count = 1,
		          .ring_count = 1,
		          .point_count = N + 1,
		          .part_end = &part,
		          .ring_end = &ring,
		          .xy = xy };
	struct arena mem;
	struct region r;

	(void)state;
	for (int i = 0; i <= N; i++) {
		xy[2 * i] = 20 + 3 * cos(2 * 3.14159265358979323846 * (i % N) / N);
		xy[2 * i + 1] = 45 + 3 * sin(2 * 3.14159265358979323846 * (i % N) / N);
	}
	arena_init(&mem, 0);
	assert_true(region_of_geom(&g, &mem, &r));
	for (int i = -40; i <= 40; i++)
		for (int j = -40; j <= 40; j++) {
			double lon = 20 + i * 0.1001, lat = 45 + j * 0.1001,
			       d = hypot(lon - 20, lat - 45);

			if (fabs(d - 3) > 0.01)
				assert_int_equal(region_contains(&r, lon, lat), d < 3);
		}
	arena_done(&mem);
}

static void
prints_are_seen_once(void **state)
{
	struct seen s;
	uint64_t *v = NULL;
	bool fresh;

	(void)state;
	seen_init(&s, true);
	for (uint64_t i = 1; i <= 100000; i++) {
		assert_true(seen_add(&s, i, &fresh, &v));
		assert_true(fresh);
		*v = 2 * i;
	}
	for (uint64_t i = 1; i <= 100000; i++) {
		assert_true(seen_add(&s, i, &fresh, &v));
		assert_false(fresh);
		assert_int_equal(*v, 2 * i);
	}
	assert_int_equal(s.count, 100000);
	seen_done(&s);
	seen_init(&s, false);
	assert_true(seen_add(&s, UINT64_MAX, &fresh, NULL));
	assert_true(fresh);
	assert_true(seen_add(&s, UINT64_MAX, &fresh, NULL));
	assert_false(fresh);
	seen_done(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_outline_with_a_hole),
		cmocka_unit_test(a_box_is_enough),
		cmocka_unit_test(bands_do_not_change_the_answer),
		cmocka_unit_test(prints_are_seen_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
