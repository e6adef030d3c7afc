/* Records on land: what landindex_next finds is what rectangles and points say by comparing their
 * sides, whatever bands they fall in. */
#define _XOPEN_SOURCE 700
#include "../unit.h"

#include <string.h>

#include "base/rng.h"
#include "ingest/landindex.h"

static struct arena mem;
static struct landindex *ix;

static int
set_up(void **state)
{
	(void)state;
	arena_init(&mem, 0);
	return landindex_create(&ix, NULL) ? -1 : 0;
}

static int
tear_down(void **state)
{
	(void)state;
	landindex_free(ix);
	arena_done(&mem);
	return 0;
}

static struct geom *
rectangle(double west, double south, double east, double north)
{
	struct geom *g = arena_calloc(&mem, 1, sizeof(*g));
	uint32_t *end = arena_calloc(&mem, 2, sizeof(*end));
	const double ring[] = { west, south, east, south, east, north, west, north, west, south };

	assert_non_null(g);
	assert_non_null(end);
	end[0] = 1;
	end[1] = 5;
	*g = (struct geom){ .type = GEOM_POLYGON,
		            .part_count = 1,
		            .ring_count = 1,
		            .point_count = 5,
		            .part_end = &end[0],
		            .ring_end = &end[1],
		            .xy = arena_memdup(&mem, ring, sizeof(ring)) };
	assert_non_null(g->xy);
	return g;
}

static struct geom *
point(double lon, double lat)
{
	struct geom *g = arena_calloc(&mem, 1, sizeof(*g));

	assert_non_null(g);
	assert_true(geom_make_point(lon, lat, &mem, g));
	return g;
}

static void
add(int64_t fid, const struct geom *g)
{
	struct shown row = { .fid = fid, .kind = 3, .fields = { .geom = g } };

	row.id.b[0] = (uint8_t)fid;
	assert_int_equal(landindex_add(ix, &row, 100 + fid, NULL), ERR_OK);
}

/* The numbers found, as bits. */
static uint64_t
ask(const struct geom *g)
{
	struct landindex_item *it = NULL;
	uint64_t found = 0;
	size_t from = 0;

	for (;;) {
		assert_int_equal(landindex_next(ix, g, &from, &it, NULL), ERR_OK);
		if (!it)
			return found;
		assert_int_equal(found >> it->fid & 1, 0); /* each once */
		assert_int_equal(it->days, 100 + it->fid);
		assert_int_equal(it->kind, 3);
		assert_int_equal(it->id.b[0], it->fid);
		found |= (uint64_t)1 << it->fid;
	}
}

static void
what_touches_is_found(void **state)
{
	(void)state;
	add(1, rectangle(10, 50, 11, 51));
	add(2, rectangle(11, 51, 12, 52)); /* shares a corner with 1 */
	add(3, rectangle(20, 40, 21, 60)); /* 400 bands tall */
	add(4, point(10.5, 50.5));
	add(5, NULL);
	assert_int_equal(landindex_ready(ix, NULL), ERR_OK);
	assert_int_equal(ask(point(10.5, 50.5)), 1 << 1 | 1 << 4);
	assert_int_equal(ask(point(11, 51)), 1 << 1 | 1 << 2);
	assert_int_equal(ask(point(11.0001, 50.9999)), 0);
	assert_int_equal(ask(rectangle(9, 59.9, 30, 59.95)),
	                 1 << 3); /* far above where it begins */
	assert_int_equal(ask(rectangle(20.5, 39, 20.6, 39.9999)), 0);
	assert_int_equal(ask(rectangle(-180, -90, 180, 90)), 1 << 1 | 1 << 2 | 1 << 3 | 1 << 4);
	assert_int_equal(ask(NULL), 0);
}

static void
the_poles_have_a_band(void **state)
{
	(void)state;
	add(1, point(0, 90));
	add(2, point(0, -90));
	add(3, rectangle(-1, 89.99, 1, 90));
	assert_int_equal(landindex_ready(ix, NULL), ERR_OK);
	assert_int_equal(ask(point(0, 90)), 1 << 1 | 1 << 3);
	assert_int_equal(ask(point(0, -90)), 1 << 2);
	assert_int_equal(ask(rectangle(-2, 89, 2, 90)), 1 << 1 | 1 << 3);
}

static void
what_is_done_is_not_found_again(void **state)
{
	struct landindex_item *it = NULL;
	size_t from = 0;

	(void)state;
	add(1, rectangle(10, 50, 11, 51));
	add(2, rectangle(10, 50, 12, 52));
	assert_int_equal(landindex_ready(ix, NULL), ERR_OK);
	assert_int_equal(landindex_next(ix, point(10.5, 50.5), &from, &it, NULL), ERR_OK);
	assert_non_null(it);
	it->done = true;
	assert_int_equal(ask(point(10.5, 50.5)), (1 << 1 | 1 << 2) & ~(1 << it->fid));
}

static void
an_empty_index_finds_nothing(void **state)
{
	(void)state;
	assert_int_equal(landindex_ready(ix, NULL), ERR_OK);
	assert_int_equal(ask(point(10, 50)), 0);
}

/* Rectangles touch when neither lies wholly to one side of the other. */
static void
the_same_as_comparing_sides(void **state)
{
	double side[40][4];
	struct rng r;

	(void)state;
	rng_seed(&r, 20240601, 1);
	for (int i = 0; i < 40; i++) {
		/* sixteenths are exact: rectangles that only touch are among them */
		side[i][0] = (double)rng_below(&r, 64) / 16;
		side[i][1] = (double)rng_below(&r, 64) / 16;
		side[i][2] = side[i][0] + (double)(1 + rng_below(&r, 16)) / 16;
		side[i][3] = side[i][1] + (double)(1 + rng_below(&r, i % 5 == 0 ? 64 : 4)) / 16;
		add(i, rectangle(side[i][0], side[i][1], side[i][2], side[i][3]));
	}
	assert_int_equal(landindex_ready(ix, NULL), ERR_OK);
	for (int k = 0; k < 500; k++) {
		double w = (double)rng_below(&r, 64) / 16, s = (double)rng_below(&r, 64) / 16;
		double e = w + (double)(1 + rng_below(&r, 8)) / 16;
		double n = s + (double)(1 + rng_below(&r, 8)) / 16;
		uint64_t expected = 0;

		for (int i = 0; i < 40; i++)
			if (side[i][0] <= e && side[i][2] >= w && side[i][1] <= n &&
			    side[i][3] >= s)
				expected |= (uint64_t)1 << i;
		assert_int_equal(ask(rectangle(w, s, e, n)), expected);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_touches_is_found, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_poles_have_a_band, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_is_done_is_not_found_again, set_up, tear_down),
		cmocka_unit_test_setup_teardown(an_empty_index_finds_nothing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_same_as_comparing_sides, set_up, tear_down),
	};

	return cmocka_run_group_tests_name("landindex", tests, NULL, NULL);
}
