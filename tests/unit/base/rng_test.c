#include <math.h>
#include <string.h>

#include "../unit.h"

#include "base/rng.h"

/* xoshiro256++ with the state 1, 2, 3, 4: the first outputs of the authors' C program. */
static void
test_xoshiro_vector(void **state)
{
	static const uint64_t expect[] = { 41943041u,
		                           58720359u,
		                           3588806011781223u,
		                           3591011842654386u,
		                           9228616714210784205u,
		                           9973669472204895162u,
		                           14011001112246962877u,
		                           12406186145184390807u,
		                           15849039046786891736u,
		                           10450023813501588000u };
	struct rng r = { { 1, 2, 3, 4 } };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(expect); i++)
		assert_true(rng_u64(&r) == expect[i]);
}

static void
test_streams_differ(void **state)
{
	struct rng a, b, c, d;

	(void)state;
	rng_seed(&a, 1, 2);
	rng_seed(&b, 2, 1);
	rng_seed(&c, 1, 3);
	rng_seed(&d, 1, 2);
	assert_memory_equal(&a, &d, sizeof(a));
	assert_true(rng_u64(&a) != rng_u64(&b));
	assert_true(rng_u64(&a) != rng_u64(&c));
	assert_true(rng_u64(&d) != 0);
	rng_seed(&a, 0, 0);
	assert_true(a.s[0] | a.s[1] | a.s[2] | a.s[3]);
}

static void
test_f64(void **state)
{
	struct rng r;
	double sum = 0, squares = 0;
	int n = 200000;

	(void)state;
	rng_seed(&r, 7, 0);
	for (int i = 0; i < n; i++) {
		double v = rng_f64(&r);

		assert_true(v >= 0.0 && v < 1.0);
		sum += v;
		squares += v * v;
	}
	/* mean 1/2, second moment 1/3; five standard errors */
	assert_true(fabs(sum / n - 0.5) < 5 * sqrt(1.0 / 12 / n));
	assert_true(fabs(squares / n - 1.0 / 3) < 5 * sqrt(4.0 / 45 / n));
}

static void
test_below(void **state)
{
	struct rng r;
	int seen[7] = { 0 };

	(void)state;
	rng_seed(&r, 11, 0);
	for (int i = 0; i < 70000; i++)
		seen[rng_below(&r, 7)]++;
	for (size_t i = 0; i < COUNT_OF(seen); i++)
		assert_in_range(seen[i], 9500, 10500);
	for (int i = 0; i < 100; i++) {
		assert_int_equal(rng_below(&r, 1), 0);
		assert_true(rng_below(&r, UINT64_MAX) < UINT64_MAX);
		assert_true(rng_below(&r, ((uint64_t)1 << 63) + 1) <= (uint64_t)1 << 63);
	}
}

static void
test_normal(void **state)
{
	struct rng r;
	double sum = 0, squares = 0;
	int n = 200000, beyond = 0;

	(void)state;
	rng_seed(&r, 13, 0);
	for (int i = 0; i < n; i++) {
		double v = rng_normal(&r);

		sum += v;
		squares += v * v;
		beyond += fabs(v) > 1.959963984540054 ? 1 : 0;
	}
	assert_true(fabs(sum / n) < 5 / sqrt(n));
	assert_true(fabs(squares / n - 1) < 5 * sqrt(2.0 / n));
	assert_true(fabs((double)beyond / n - 0.05) < 5 * sqrt(0.05 * 0.95 / n));
}

static void
test_secret(void **state)
{
	uint8_t a[1000] = { 0 }, b[1000] = { 0 };
	struct err e;

	(void)state;
	assert_int_equal(rng_secret(a, sizeof(a), &e), ERR_OK);
	assert_int_equal(rng_secret(b, sizeof(b), &e), ERR_OK);
	assert_int_equal(rng_secret(NULL, 0, &e), ERR_OK);
	assert_memory_not_equal(a, b, sizeof(a));
	assert_memory_not_equal(a + 900, "\0\0\0\0\0\0\0\0\0\0", 10);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_xoshiro_vector),
		cmocka_unit_test(test_streams_differ),
		cmocka_unit_test(test_f64),
		cmocka_unit_test(test_below),
		cmocka_unit_test(test_normal),
		cmocka_unit_test(test_secret),
	};

	return cmocka_run_group_tests_name("rng", tests, NULL, NULL);
}
