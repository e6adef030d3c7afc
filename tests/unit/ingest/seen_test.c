/* Fingerprints: each is new once, its number stays with it however the table grows. */
#include "../unit.h"

#include "ingest/seen.h"

enum {
	MANY = 100000
};

/* An odd factor walks through all of 2^64 without coming back: all are different. */
static uint64_t
print(uint64_t i)
{
	return (i + 1) * UINT64_C(0x9e3779b97f4a7c15);
}

static void
each_is_new_once(void **state)
{
	struct seen s;
	uint64_t *value;
	bool is_new;

	(void)state;
	seen_init(&s, true);
	for (uint64_t i = 0; i < MANY; i++) {
		assert_true(seen_add(&s, print(i), &is_new, &value));
		assert_true(is_new);
		assert_int_equal(*value, 0);
		*value = i;
	}
	assert_int_equal(s.count, MANY);
	for (uint64_t i = 0; i < MANY; i++) {
		assert_true(seen_add(&s, print(i), &is_new, &value));
		assert_false(is_new);
		assert_int_equal(*value, i);
	}
	assert_int_equal(s.count, MANY);
	assert_true(s.room * 16 <=
	            (size_t)MANY * 24 * 2); /* right after growing: twice the average */
	seen_done(&s);
}

/* The lowest and highest bits alone tell them apart. */
static void
near_prints(void **state)
{
	struct seen s;
	bool is_new;

	(void)state;
	seen_init(&s, false);
	for (uint64_t i = 1; i <= 1000; i++) {
		assert_true(seen_add(&s, i, &is_new, NULL));
		assert_true(is_new);
		assert_true(seen_add(&s, i << 50, &is_new, NULL));
		assert_true(is_new);
	}
	for (uint64_t i = 1; i <= 1000; i++) {
		assert_true(seen_add(&s, i, &is_new, NULL));
		assert_false(is_new);
	}
	assert_true(seen_add(&s, UINT64_MAX, &is_new, NULL));
	assert_true(is_new);
	assert_int_equal(s.count, 2001);
	seen_done(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_is_new_once),
		cmocka_unit_test(near_prints),
	};

	return cmocka_run_group_tests_name("seen", tests, NULL, NULL);
}
