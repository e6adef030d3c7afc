#include <stdlib.h>
#include <string.h>

#include "../unit.h"

#include "base/mem.h"
#include "base/rng.h"
#include "geo/clump.h"

enum {
	MOST = 20000
};

struct thing {
	struct clump_link link;
	struct geom_box box;
	size_t clumps_at; /* number of the batch it came out with */
	bool out;
};

static struct thing list[MOST];
static struct thing *sorted[MOST];

static int
by_west(const void *a, const void *b)
{
	double x = (*(struct thing *const *)a)->box.min_lon_deg;
	double y = (*(struct thing *const *)b)->box.min_lon_deg;

	return (x > y) - (x < y);
}

static size_t
take(struct clumps *c, size_t batch)
{
	size_t n, seen = 0;

	for (struct clump_link *l = clumps_take(c, &n); l; l = l->next) {
		struct thing *t = (struct thing *)l;

		assert_false(t->out);
		t->out = true;
		t->clumps_at = batch;
		seen++;
	}
	assert_int_equal(seen, n);
	return n;
}

/* Put n things in, taking what is ready after each `every`; the most that was inside at once. */
static size_t
run(size_t n, size_t every)
{
	struct clumps c = { 0 };
	size_t inside = 0, most = 0, batch = 0, seen = 0;

	for (size_t i = 0; i < n; i++) {
		sorted[i] = &list[i];
		list[i].out = false;
	}
	qsort(sorted, n, sizeof(*sorted), by_west);
	for (size_t i = 0; i < n; i++) {
		assert_true(clumps_add(&c, sorted[i]->box, &sorted[i]->link));
		inside++;
		most = inside > most ? inside : most;
		if (i % every == 0) {
			size_t got = take(&c, batch);

			inside -= got;
			seen += got;
			batch += got > 0;
		}
	}
	clumps_end(&c);
	seen += take(&c, batch);
	assert_int_equal(seen, n);
	clumps_done(&c);
	return most;
}

static void
random_boxes(size_t n, double size, uint64_t seed)
{
	struct rng r;

	rng_seed(&r, seed, 0);
	for (size_t i = 0; i < n; i++) {
		double x = 10 * rng_f64(&r), y = 8 * rng_f64(&r);
		/* some long ones, some points, some on a grid so that edges meet */
		double w = i % 97 == 0 ? 20 * size : i % 11 == 0 ? 0 : size * rng_f64(&r);
		double h = i % 89 == 0 ? 20 * size : i % 11 == 0 ? 0 : size * rng_f64(&r);

		if (i % 5 == 0) {
			x = (double)(int)(x / size) * size;
			y = (double)(int)(y / size) * size;
		}
		list[i].box = (struct geom_box){ x, y, x + w, y + h };
	}
}

/* No box meets one that came out in another batch; all come out once. */
static void
test_apart(void **state)
{
	static const double sizes[] = { 0.001, 0.02, 0.1, 0.5 };

	(void)state;
	for (size_t s = 0; s < COUNT_OF(sizes); s++) {
		random_boxes(2000, sizes[s], s + 1);
		(void)run(2000, 1);
		for (size_t i = 0; i < 2000; i++)
			for (size_t k = 0; k < i; k++)
				if (list[i].clumps_at != list[k].clumps_at)
					assert_false(geom_box_overlap(list[i].box, list[k].box));
	}
}

/* What lies apart does not gather. */
static void
test_memory(void **state)
{
	(void)state;
	random_boxes(MOST, 0.001, 9);
	assert_true(run(MOST, 1) < 2500); /* 1024 until those left behind are looked for */
}

/* One across all others is one clump; an abandoned one gives its items back. */
static void
test_ends(void **state)
{
	struct clumps c = { 0 };
	size_t n, count = 0;

	(void)state;
	random_boxes(1000, 0.01, 3);
	list[7].box = (struct geom_box){ -1, -1, 30, 30 };
	(void)run(1000, 1);
	for (size_t i = 0; i < 1000; i++)
		assert_int_equal(list[i].clumps_at, 0);
	for (size_t i = 0; i < 10; i++)
		assert_true(clumps_add(&c, (struct geom_box){ (double)i, 0, (double)i + 0.5, 1 },
		                       &list[i].link));
	for (struct clump_link *l = clumps_abandon(&c); l; l = l->next)
		count++;
	assert_int_equal(count, 10);
	assert_null(clumps_take(&c, &n));
	assert_int_equal(n, 0);
	clumps_done(&c);
	mem_fail_after(0, 0);
	assert_false(clumps_add(&c, (struct geom_box){ 0, 0, 1, 1 }, &list[0].link));
	mem_fail_after(-1, 0);
	clumps_done(&c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_apart),
		                            cmocka_unit_test(test_memory),
		                            cmocka_unit_test(test_ends) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
