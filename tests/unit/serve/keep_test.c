/* Kept answers: found by the whole question, the least recently used go first, nothing after a
 * change. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "serve/keep.h"

static struct parcel *
parcel_of(const char *text, size_t size)
{
	struct buf b;

	buf_init(&b, 0);
	buf_adds(&b, text);
	while (b.size < size)
		buf_addc(&b, ' ');
	return parcel_of_buf("text/plain", &b);
}

static void
put(struct keep *k, const char *question, size_t size)
{
	struct parcel *p = parcel_of(question, size);

	keep_put(k, question, p);
	parcel_drop(p);
}

static void
test_keep(void **state)
{
	struct keep *k = keep_create(10000);
	struct parcel *held;

	(void)state;
	assert_null(keep_find(k, "a"));
	put(k, "a", 10);
	put(k, "b", 10);
	assert_memory_equal("a", keep_find(k, "a")->r.body, 1);
	assert_memory_equal("b", keep_find(k, "b")->r.body, 1);
	assert_null(keep_find(k, "ab"));
	held = parcel_hold(keep_find(k, "a"));
	put(k, "a", 20); /* replaces */
	assert_int_equal(2, keep_count(k));
	assert_int_equal(20, keep_find(k, "a")->r.body_size);
	assert_int_equal(10, held->r.body_size);
	keep_clear(k);
	assert_null(keep_find(k, "a"));
	assert_int_equal(0, keep_bytes(k));
	assert_memory_equal("a", held->r.body, 1);
	parcel_drop(held);
	keep_free(k);
	keep_free(NULL);
}

static void
test_full(void **state)
{
	struct keep *k = keep_create(10000);
	char name[20];

	(void)state;
	put(k, "large", 10000 / 8); /* with what it costs besides: too large */
	assert_null(keep_find(k, "large"));
	put(k, "old", 300);
	put(k, "used", 300);
	for (int i = 0; i < 100; i++) {
		(void)snprintf(name, sizeof name, "%d", i);
		put(k, name, 300);
		assert_non_null(keep_find(k, "used"));
		assert_true(keep_bytes(k) <= 10000);
	}
	assert_null(keep_find(k, "old"));
	assert_null(keep_find(k, "0"));
	assert_non_null(keep_find(k, "99"));
	assert_true(keep_count(k) > 10);
	keep_free(k);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_keep),
		                            cmocka_unit_test(test_full) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
