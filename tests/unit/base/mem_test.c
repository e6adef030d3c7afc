#include <stdint.h>
#include <string.h>

#include "../unit.h"

#include "base/mem.h"

static void
test_zero_sizes(void **state)
{
	void *a = mem_alloc(0);
	void *b = mem_calloc(0, 8);
	void *c = mem_realloc_array(NULL, 0, 8);

	(void)state;
	assert_non_null(a);
	assert_non_null(b);
	assert_non_null(c);
	assert_ptr_not_equal(a, b);
	mem_free(a);
	mem_free(b);
	mem_free(c);
	mem_free(NULL);
}

static void
test_overflow(void **state)
{
	char *p = mem_strdup("old");

	(void)state;
	assert_null(mem_calloc(SIZE_MAX / 2, 3));
	assert_null(mem_realloc_array(p, SIZE_MAX / 2, 3));
	assert_null(mem_realloc_array(p, SIZE_MAX, 1));
	assert_string_equal(p, "old"); /* still valid */
	mem_free(p);
}

static void
test_calloc_is_zeroed(void **state)
{
	static const char zeros[64];
	char *p = mem_calloc(8, 8);

	(void)state;
	assert_memory_equal(p, zeros, 64);
	mem_free(p);
}

static void
test_realloc_keeps(void **state)
{
	int *p = NULL;

	(void)state;
	for (size_t n = 1; n <= 1000; n++) {
		p = mem_realloc_array(p, n, sizeof(*p));
		assert_non_null(p);
		p[n - 1] = (int)n;
	}
	for (int i = 0; i < 1000; i++)
		assert_int_equal(p[i], i + 1);
	mem_free(p);
}

static void
test_fail_once(void **state)
{
	void *p[4];

	(void)state;
	mem_fail_after(2, 0);
	p[0] = mem_alloc(1);
	p[1] = mem_calloc(1, 1);
	p[2] = mem_strdup("x");
	p[3] = mem_alloc(1);
	mem_fail_after(-1, 0);
	assert_non_null(p[0]);
	assert_non_null(p[1]);
	assert_null(p[2]);
	assert_non_null(p[3]);
	for (size_t i = 0; i < COUNT_OF(p); i++)
		mem_free(p[i]);
}

static void
test_fail_sticky(void **state)
{
	char *keep = mem_strdup("keep");

	(void)state;
	mem_fail_after(0, 1);
	assert_null(mem_alloc(1));
	assert_null(mem_calloc(1, 1));
	assert_null(mem_realloc_array(keep, 100, 1));
	assert_null(mem_strdup("x"));
	mem_fail_after(-1, 0);
	assert_string_equal(keep, "keep");
	mem_free(keep);
}

static void
test_count(void **state)
{
	long before = mem_count();
	void *p = mem_alloc(1);

	(void)state;
	p = mem_realloc_array(p, 2, 1);
	assert_int_equal(mem_count() - before, 2);
	mem_free(p);
	assert_int_equal(mem_count() - before, 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_zero_sizes),
		cmocka_unit_test(test_overflow),
		cmocka_unit_test(test_calloc_is_zeroed),
		cmocka_unit_test(test_realloc_keeps),
		cmocka_unit_test(test_fail_once),
		cmocka_unit_test(test_fail_sticky),
		cmocka_unit_test(test_count),
	};

	return cmocka_run_group_tests_name("mem", tests, NULL, NULL);
}
