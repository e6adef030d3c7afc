/* Areas in tiles: whatever the shape, what is drawn as danger covers it and what is drawn as
 * released lies inside it, both are valid, and nothing degenerate is left. GEOS judges. */
#include "../unit.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/rng.h"
#include "geo/shape.h"
#include "geo/tileshape.h"

static struct arena mem;
static struct err e;
static struct geo *geo;
static struct rng r;

enum {
	MOST_RINGS = 3,
	MOST_POINTS = 130
};
struct shape {
	double xy[MOST_RINGS][2 * MOST_POINTS];
	size_t n[MOST_RINGS];
	size_t rings; /* the first is the outer one */
};

/* A star around a point: distances that jump by `rough`. */
static void
star(struct shape *s, double x, double y, double size, double rough, size_t n)
{
	size_t k = s->rings++;

	s->n[k] = n;
	for (size_t i = 0; i < n; i++) {
		double a = 6.283185307179586 * ((double)i + 0.8 * rng_f64(&r)) / (double)n;
		double d = size * (1 - rough * rng_f64(&r));

		s->xy[k][2 * i] = x + d * cos(a);
		s->xy[k][2 * i + 1] = y + d * sin(a);
	}
}

static void
random_shape(struct shape *s, int kind)
{
	double size = pow(10, 0.3 + 3.7 * rng_f64(&r)), rough = 0.95 * rng_f64(&r);
	double x = -300 + 4700 * rng_f64(&r), y = -300 + 4700 * rng_f64(&r);
	size_t n = 3 + rng_below(&r, kind % 3 == 0 ? 6 : kind % 3 == 1 ? 20 : 110);

	s->rings = 0;
	star(s, x, y, size, rough, n);
	if (kind % 4 == 3) /* inside the smallest distance of the outer one */
		star(s, x, y, size * (1 - rough) * 0.6 * cos(3.1415 / (double)(n > 3 ? n : 4)),
		     rough, 3 + rng_below(&r, 12));
}

static void
geom_of(const struct shape *s, struct geom *g)
{
	uint32_t *end = arena_calloc(&mem, s->rings + 1, sizeof(*end));
	double *xy;
	size_t at = 0, all = 0;

	for (size_t k = 0; k < s->rings; k++)
		all += s->n[k] + 1;
	xy = arena_calloc(&mem, all, 2 * sizeof(*xy));
	for (size_t k = 0; k < s->rings; k++) {
		for (size_t i = 0; i <= s->n[k]; i++, at++) {
			xy[2 * at] = s->xy[k][2 * (i % s->n[k])];
			xy[2 * at + 1] = s->xy[k][2 * (i % s->n[k]) + 1];
		}
		end[k + 1] = (uint32_t)at;
	}
	end[0] = (uint32_t)s->rings;
	*g = (struct geom){ .type = GEOM_POLYGON,
		            .part_count = 1,
		            .ring_count = (uint32_t)s->rings,
		            .point_count = (uint32_t)at,
		            .part_end = end,
		            .ring_end = end + 1,
		            .xy = xy };
}

/* The drawing as a geometry: an outer ring begins a part. */
static void
geom_of_area(const struct tile_area *a, struct geom *g)
{
	uint32_t *end = arena_calloc(&mem, a->rings + 1, sizeof(*end));
	uint32_t *part = arena_calloc(&mem, a->rings + 1, sizeof(*part)), parts = 0, at = 0;
	size_t all = a->rings ? a->ring_end[a->rings - 1] + a->rings : 0;
	double *xy = arena_calloc(&mem, all + 1, 2 * sizeof(*xy));

	for (size_t k = 0, from = 0; k < a->rings; from = a->ring_end[k++]) {
		size_t n = a->ring_end[k] - from;
		int64_t area = 0;

		assert_true(n >= 3);
		for (size_t i = 0; i <= n; i++, at++) {
			const int32_t *p = a->xy + 2 * (from + i % n),
				      *q = a->xy + 2 * (from + (i + 1) % n);

			xy[2 * (size_t)at] = p[0];
			xy[2 * (size_t)at + 1] = p[1];
			if (i < n) {
				area += (int64_t)p[0] * q[1] - (int64_t)q[0] * p[1];
				assert_true(p[0] != q[0] || p[1] != q[1]);
				assert_in_range(p[0] + 200, 0, 4496);
				assert_in_range(p[1] + 200, 0, 4496);
			}
		}
		assert_true(area != 0);
		assert_true(k > 0 || area > 0);
		parts += area > 0;
		part[parts - 1] = (uint32_t)k + 1;
		end[k] = at;
	}
	*g = (struct geom){ .type = GEOM_MULTIPOLYGON,
		            .part_count = parts,
		            .ring_count = (uint32_t)a->rings,
		            .point_count = at,
		            .part_end = part,
		            .ring_end = end,
		            .xy = xy };
}

static struct geom
box_of(double x0, double y0, double x1, double y1)
{
	static uint32_t part = 1, end = 5;
	double *xy = arena_calloc(&mem, 10, sizeof(*xy));
	const double c[10] = { x0, y0, x1, y0, x1, y1, x0, y1, x0, y0 };

	memcpy(xy, c, sizeof(c));
	return (struct geom){ GEOM_POLYGON, 1, 1, 5, &part, &end, xy };
}

/* Does a cover what of b is in the tile and its buffer? */
static bool
covers_here(const struct geom *a, const struct geom *b)
{
	const double f = 90000, lo = -TILE_BUFFER, hi = TILE_EXTENT + TILE_BUFFER;
	struct geom w = box_of(-f, -f, lo, f), x = box_of(hi, -f, f, f), n = box_of(-f, -f, f, lo),
		    s = box_of(-f, hi, f, f), all;
	const struct geom *list[5] = { &w, &x, &n, &s, a };
	bool ret = false;

	assert_int_equal(shape_union(geo, list, geom_is_empty(a) ? 4 : 5, &mem, &all, &e), ERR_OK);
	assert_int_equal(shape_covers(geo, &all, b, &ret, &e), ERR_OK);
	return ret;
}

static void
test_sides(void **state)
{
	struct tileshape *t = tileshape_create();
	size_t cells[2] = { 0, 0 }, drawn[2] = { 0, 0 };

	(void)state;
	assert_non_null(t);
	for (int i = 0; i < 6000; i++) {
		struct shape s;
		struct geom g, d;
		struct tile_area a;
		enum shape_fault fault = SHAPE_EMPTY;
		enum tile_side side = i % 2 ? TILE_INWARD : TILE_OUTWARD;
		double at[2];
		bool in = false;

		arena_reset(&mem);
		random_shape(&s, i / 2);
		geom_of(&s, &g);
		assert_int_equal(shape_check(geo, &g, &fault, at, &e), ERR_OK);
		if (fault != SHAPE_VALID)
			continue;
		tileshape_start(t);
		for (size_t k = 0; k < s.rings; k++)
			assert_true(tileshape_ring(t, s.xy[k], s.n[k], k > 0));
		assert_int_equal(tileshape_draw(t, side, 0.1, &a, &e), ERR_OK);
		geom_of_area(&a, &d);
		drawn[side] += a.rings > 0;
		cells[side] += a.cells;
		if (a.rings > 0) {
			assert_int_equal(shape_check(geo, &d, &fault, at, &e), ERR_OK);
			if (fault != SHAPE_VALID)
				print_error("shape %d: %s\n", i, shape_fault_name(fault));
			assert_int_equal(fault, SHAPE_VALID);
		}
		if (side == TILE_OUTWARD) {
			in = covers_here(&d, &g);
		} else if (a.rings == 0) {
			in = true;
		} else {
			assert_int_equal(shape_covers(geo, &g, &d, &in, &e), ERR_OK);
		}
		if (!in)
			print_error("shape %d is on the wrong side\n", i);
		assert_true(in);
	}
	print_message("outward %zu drawn, %zu as cells; inward %zu drawn, %zu as cells\n", drawn[0],
	              cells[0], drawn[1], cells[1]);
	assert_true(drawn[0] > 1000 && drawn[1] > 500);
	tileshape_free(t);
}

/* How tight: by hand. A square of 100 units grows by what rounding needs and no more. */
static void
test_square(void **state)
{
	const double square[10] = { 100.5, 100.5, 200.5, 100.5, 200.5,
		                    200.5, 100.5, 200.5, 100.5, 100.5 };
	struct tileshape *t = tileshape_create();
	struct tile_area a;

	(void)state;
	tileshape_start(t);
	assert_true(tileshape_ring(t, square, 5, false));
	assert_int_equal(tileshape_draw(t, TILE_OUTWARD, 0, &a, &e), ERR_OK);
	assert_int_equal(a.rings, 1);
	assert_int_equal(a.ring_end[0], 4);
	for (int i = 0; i < 8; i++)
		assert_true(a.xy[i] == 100 || a.xy[i] == 99 || a.xy[i] == 201 || a.xy[i] == 202);
	assert_int_equal(tileshape_draw(t, TILE_INWARD, 0, &a, &e), ERR_OK);
	assert_int_equal(a.rings, 1);
	for (int i = 0; i < 8; i++)
		assert_true(a.xy[i] == 101 || a.xy[i] == 102 || a.xy[i] == 200 || a.xy[i] == 199);
	/* far away: nothing */
	tileshape_start(t);
	assert_true(tileshape_ring(t, (double[]){ 9000, 9000, 9100, 9000, 9000, 9100 }, 3, false));
	assert_int_equal(tileshape_draw(t, TILE_OUTWARD, 0, &a, &e), ERR_OK);
	assert_int_equal(a.rings, 0);
	/* all around: the whole tile */
	tileshape_start(t);
	assert_true(tileshape_ring(t, (double[]){ -9e6, -9e6, 9e6, -9e6, 0, 9e6 }, 3, false));
	assert_int_equal(tileshape_draw(t, TILE_OUTWARD, 0, &a, &e), ERR_OK);
	assert_int_equal(a.rings, 1);
	assert_int_equal(a.ring_end[0], 4);
	assert_true(a.xy[0] <= -TILE_BUFFER || a.xy[0] >= TILE_EXTENT + TILE_BUFFER);
	tileshape_free(t);
}

static int
setup(void **state)
{
	const char *seed = getenv("SEED");

	(void)state;
	arena_init(&mem, (size_t)1 << 30);
	geo = geo_create();
	rng_seed(&r, seed ? (uint64_t)atoll(seed) : 20261123u, 0);
	return geo ? 0 : -1;
}

static int
teardown(void **state)
{
	(void)state;
	geo_free(geo);
	arena_done(&mem);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_square),
		cmocka_unit_test(test_sides),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
