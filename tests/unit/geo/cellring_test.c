/* Outlines of cells: random patterns against the patterns themselves (each cell is inside exactly
 * when it was given), against GEOS (valid), and some by hand. */
#include "../unit.h"

#include "base/mem.h"
#include "base/rng.h"
#include "geo/cellring.h"
#include "geo/plane.h"
#include "geo/shape.h"

enum {
	SIDE = 12
};

static struct cellring c;
static struct err e;

static size_t
runs_of(const char *cell, struct cell_run *run)
{
	size_t n = 0;

	for (int y = 0; y < SIDE; y++)
		for (int x = 0; x < SIDE; x++) {
			if (!cell[y * SIDE + x])
				continue;
			if (x > 0 && cell[y * SIDE + x - 1])
				run[n - 1].to++;
			else
				run[n++] = (struct cell_run){ y - 5, x - 3, x - 2 };
		}
	return n;
}

/* The rings as a geometry in mem. */
static struct geom
geom_of(struct arena *mem)
{
	const uint32_t *end = c.ring_end.p;
	const int32_t *corner = c.xy.p;
	size_t rings = c.ring_end.count, at = 0;
	uint32_t *ends = arena_calloc(mem, 2 * rings + 2, sizeof(*ends)), parts = 0;
	double *xy = arena_calloc(mem, c.xy.count + rings + 1, 2 * sizeof(*xy));

	for (size_t r = 0, from = 0; r < rings; from = end[r++]) {
		assert_true(end[r] - from >= 4);
		parts += ((uint8_t *)c.is_outer.p)[r];
		assert_true(parts > 0);
		ends[parts - 1] = (uint32_t)r + 1;
		for (size_t i = from; i <= end[r]; i++, at++) {
			xy[2 * at] = corner[2 * (i < end[r] ? i : from)];
			xy[2 * at + 1] = corner[2 * (i < end[r] ? i : from) + 1];
		}
		ends[rings + r] = (uint32_t)at;
	}
	return (struct geom){ GEOM_MULTIPOLYGON, parts, (uint32_t)rings, (uint32_t)at, ends,
		              ends + rings,      xy };
}

static void
test_patterns(void **state)
{
	struct geo *geo = geo_create();
	struct arena mem;
	struct rng r;

	(void)state;
	rng_seed(&r, 3, 3);
	arena_init(&mem, 0);
	for (int i = 0; i < 4000; i++) {
		char cell[SIDE * SIDE];
		struct cell_run run[SIDE * SIDE];
		enum shape_fault fault = SHAPE_VALID;
		double density = rng_f64(&r), at[2];
		struct geom g;
		size_t n;

		arena_reset(&mem);
		for (int k = 0; k < SIDE * SIDE; k++)
			cell[k] = rng_f64(&r) < density;
		n = runs_of(cell, run);
		assert_true(cellring_trace(&c, run, n));
		if (n == 0) {
			assert_int_equal(c.ring_end.count, 0);
			continue;
		}
		g = geom_of(&mem);
		assert_int_equal(shape_check(geo, &g, &fault, at, &e), ERR_OK);
		assert_int_equal(fault, SHAPE_VALID);
		for (int k = 0; k < SIDE * SIDE; k++) {
			const double p[2] = { k % SIDE - 3 + 0.5, k / SIDE - 5 + 0.5 };
			int inside = 0;

			for (uint32_t q = 0, from = 0; q < g.ring_count; from = g.ring_end[q++])
				inside ^= plane_in_ring(p, g.xy + 2 * (size_t)from,
				                        g.ring_end[q] - from);
			assert_int_equal(inside, cell[k]);
		}
	}
	geo_free(geo);
	arena_done(&mem);
}

/* A C whose ends meet at a corner encloses a hole that touches the outer ring there. */
static void
test_corner(void **state)
{
	static const struct cell_run run[] = { { 0, 0, 3 }, { 1, 0, 1 }, { 1, 2, 3 }, { 2, 0, 2 } };
	static const struct cell_run two[] = { { 7, 4, 5 }, { 8, 5, 6 } };

	(void)state;
	assert_true(cellring_trace(&c, run, 4));
	assert_int_equal(c.ring_end.count, 2);
	assert_true(((uint8_t *)c.is_outer.p)[0]);
	assert_false(((uint8_t *)c.is_outer.p)[1]);
	assert_int_equal(((uint32_t *)c.ring_end.p)[1] - ((uint32_t *)c.ring_end.p)[0], 4);
	/* two cells that share a corner only: two areas */
	assert_true(cellring_trace(&c, two, 2));
	assert_int_equal(c.ring_end.count, 2);
	assert_true(((uint8_t *)c.is_outer.p)[0] && ((uint8_t *)c.is_outer.p)[1]);
	assert_true(cellring_trace(&c, two, 0));
	assert_int_equal(c.ring_end.count, 0);
}

static void
test_no_memory(void **state)
{
	static const struct cell_run run[] = { { 0, 0, 3 }, { 1, 0, 1 }, { 1, 2, 3 }, { 2, 0, 2 } };

	(void)state;
	for (long i = 0; i < 40; i++) {
		struct cellring own = { 0 };
		bool done;

		mem_fail_after(i, 0);
		done = cellring_trace(&own, run, 4);
		mem_fail_after(-1, 0);
		assert_true(!done || own.ring_end.count == 2);
		cellring_done(&own);
	}
	cellring_done(&c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_patterns),
		cmocka_unit_test(test_corner),
		cmocka_unit_test(test_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
