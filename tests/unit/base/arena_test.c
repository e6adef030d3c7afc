#include <stdint.h>
#include <string.h>

#include "../unit.h"

#include "base/arena.h"
#include "base/mem.h"

static void
test_aligned_and_zeroed(void **state)
{
	static const char zeros[3000];
	struct arena a;

	(void)state;
	arena_init(&a, 0);
	for (int round = 0; round < 3; round++) {
		for (size_t n = 0; n < 3000; n += 7) {
			char *p = arena_alloc(&a, n);

			assert_non_null(p);
			assert_int_equal((uintptr_t)p % 16, 0);
			assert_memory_equal(p, zeros, n);
			memset(p, 0xAA, n);
		}
		arena_reset(&a);
		assert_int_equal(a.used_bytes, 0);
	}
	arena_done(&a);
	assert_null(a.head);
	assert_non_null(arena_alloc(&a, 1)); /* it may be used again */
	arena_done(&a);
}

static void
test_limit(void **state)
{
	struct arena a;
	size_t got = 0;

	(void)state;
	arena_init(&a, 1024);
	assert_null(arena_alloc(&a, 1025));
	assert_null(arena_alloc(&a, SIZE_MAX));
	assert_null(arena_alloc(&a, SIZE_MAX - 15));
	assert_int_equal(a.used_bytes, 0);
	assert_non_null(arena_alloc(&a, 1024)); /* exactly the limit */
	assert_null(arena_alloc(&a, 1));
	arena_reset(&a);
	while (arena_alloc(&a, 16))
		got += 16;
	assert_int_equal(got, 1024);
	arena_done(&a);
}

static void
test_default_limit(void **state)
{
	struct arena a;

	(void)state;
	arena_init(&a, 0);
	assert_int_equal(a.limit_bytes, 64 << 20);
	assert_null(arena_alloc(&a, (64 << 20) + 1));
	assert_non_null(arena_alloc(&a, 64 << 20));
	arena_done(&a);
}

static void
test_calloc_overflow(void **state)
{
	struct arena a;

	(void)state;
	arena_init(&a, SIZE_MAX);
	assert_null(arena_calloc(&a, SIZE_MAX / 2 + 1, 2));
	assert_non_null(arena_calloc(&a, 3, 5));
	arena_done(&a);
}

static void
test_texts(void **state)
{
	struct arena a;
	char *s;

	(void)state;
	arena_init(&a, 0);
	assert_null(arena_strdup(&a, NULL));
	assert_string_equal(arena_strdup(&a, ""), "");
	assert_string_equal(arena_strdup(&a, "mine"), "mine");
	s = arena_strndup(&a, "a\0b", 3);
	assert_memory_equal(s, "a\0b", 4);
	assert_string_equal(arena_strndup(&a, NULL, 0), "");
	assert_null(arena_strndup(&a, "x", SIZE_MAX));
	assert_memory_equal(arena_memdup(&a, "\1\2\3", 3), "\1\2\3", 3);
	assert_non_null(arena_memdup(&a, NULL, 0));
	assert_string_equal(arena_printf(&a, "%d %s", 7, "x"), "7 x");
	assert_string_equal(arena_printf(&a, "%s", ""), "");
	arena_done(&a);
}

/* Small pieces go on in the same block although a large one came between. */
static void
test_large_between_small(void **state)
{
	struct arena a;
	char *p[100];

	(void)state;
	arena_init(&a, 0);
	for (size_t i = 0; i < COUNT_OF(p); i++) {
		char *large = arena_alloc(&a, 100000);

		p[i] = arena_alloc(&a, 10);
		assert_non_null(large);
		assert_non_null(p[i]);
		memset(large, 'L', 100000);
		memset(p[i], (int)i, 10);
	}
	for (size_t i = 0; i < COUNT_OF(p); i++) {
		for (size_t k = 0; k < 10; k++)
			assert_int_equal(p[i][k], i);
	}
	arena_done(&a);
}

static void
test_memory_ends(void **state)
{
	struct arena a;

	(void)state;
	arena_init(&a, 0);
	mem_fail_after(0, 1);
	assert_null(arena_alloc(&a, 10));
	assert_null(arena_alloc(&a, 100000));
	assert_null(arena_strdup(&a, "x"));
	assert_null(arena_printf(&a, "%d", 1));
	assert_null(arena_memdup(&a, "x", 1));
	mem_fail_after(-1, 0);
	assert_int_equal(a.used_bytes, 0);
	assert_string_equal(arena_strdup(&a, "x"), "x");
	arena_done(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_aligned_and_zeroed),
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_default_limit),
		cmocka_unit_test(test_calloc_overflow),
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_large_between_small),
		cmocka_unit_test(test_memory_ends),
	};

	return cmocka_run_group_tests_name("arena", tests, NULL, NULL);
}
