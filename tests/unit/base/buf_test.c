#include <string.h>

#include "../unit.h"

#include "base/buf.h"
#include "base/mem.h"

static void
test_empty(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 0);
	assert_true(buf_ok(&b));
	assert_string_equal(buf_text(&b), "");
	buf_add(&b, NULL, 0);
	assert_true(buf_ok(&b));
	assert_string_equal(buf_text(&b), "");
	buf_done(&b);
	b = (struct buf){ 0 };
	buf_done(&b); /* safe on zeros */
}

/* A struct of zeros works like one from buf_init. */
static void
test_zeroed(void **state)
{
	struct buf b = { 0 };

	(void)state;
	buf_adds(&b, "abc");
	buf_printf(&b, "%d", 5);
	assert_string_equal(buf_text(&b), "abc5");
	buf_done(&b);
}

static void
test_add(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 0);
	for (int i = 0; i < 1000; i++) {
		buf_addc(&b, (char)('a' + i % 26));
		assert_int_equal(b.data[b.size], 0);
	}
	buf_adds(&b, "");
	buf_add(&b, "\0x", 2);
	assert_int_equal(b.size, 1002);
	assert_memory_equal(b.data + 998, "kl\0x", 5);
	buf_reset(&b);
	assert_int_equal(b.size, 0);
	assert_string_equal(buf_text(&b), "");
	buf_done(&b);
}

static void
test_printf(void **state)
{
	struct buf b;
	char long_text[501];

	(void)state;
	memset(long_text, 'x', 500);
	long_text[500] = '\0';
	buf_init(&b, 0);
	buf_printf(&b, "%d-%s", 42, "a");
	buf_printf(&b, "%s", "");
	buf_printf(&b, "%s|", long_text);
	assert_int_equal(b.size, 4 + 501);
	assert_memory_equal(b.data, "42-axxx", 7);
	assert_string_equal(b.data + 4 + 498, "xx|");
	buf_done(&b);
}

static void
test_little_endian(void **state)
{
	struct buf b;
	static const uint8_t expect[] = {
		0x02, 0x01, 4, 3, 2, 1, 8, 7, 6, 5,    4,
		3,    2,    1, 0, 0, 0, 0, 0, 0, 0xF8, 0xBF, /* -1.5 is BFF8000000000000 */
	};

	(void)state;
	buf_init(&b, 0);
	buf_add_u16le(&b, 0x0102);
	buf_add_u32le(&b, 0x01020304);
	buf_add_u64le(&b, 0x0102030405060708);
	buf_add_f64le(&b, -1.5);
	assert_int_equal(b.size, sizeof(expect));
	assert_memory_equal(b.data, expect, sizeof(expect));
	buf_done(&b);
}

static void
test_cap(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 10);
	buf_adds(&b, "0123456789"); /* exactly the cap */
	assert_true(buf_ok(&b));
	buf_addc(&b, 'x'); /* one past */
	assert_false(buf_ok(&b));
	assert_string_equal(buf_text(&b), "");
	buf_reset(&b);
	assert_true(buf_ok(&b));
	buf_adds(&b, "01234");
	buf_add(&b, "x", SIZE_MAX - 2); /* no wrap around */
	assert_false(buf_ok(&b));
	buf_adds(&b, "a"); /* sticky */
	assert_int_equal(b.size, 5);
	buf_reset(&b);
	buf_printf(&b, "%s", "0123456789");
	assert_true(buf_ok(&b));
	buf_printf(&b, "%d", 1);
	assert_false(buf_ok(&b));
	assert_null(buf_reserve(&b, 1));
	buf_done(&b);
}

/* The room is larger than the cap; still the cap holds. */
static void
test_cap_with_room(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 3);
	buf_adds(&b, "ab");
	buf_adds(&b, "cd");
	assert_false(buf_ok(&b));
	buf_reset(&b);
	buf_adds(&b, "abc");
	buf_printf(&b, "%s", "d");
	assert_false(buf_ok(&b));
	buf_done(&b);
}

static void
test_reserve(void **state)
{
	struct buf b;
	char *p;

	(void)state;
	buf_init(&b, 0);
	p = buf_reserve(&b, 5000);
	assert_non_null(p);
	memset(p, 'r', 5000);
	b.size += 5000;
	assert_int_equal(strlen(buf_text(&b)), 5000);
	buf_done(&b);
}

static void
fill(struct buf *b)
{
	buf_init(b, 0);
	for (int i = 0; i < 40; i++) {
		buf_printf(b, "%d,", i);
		buf_add_u64le(b, (uint64_t)i);
		if (i == 20)
			(void)buf_reserve(b, 4000);
	}
}

static void
test_memory_ends(void **state)
{
	struct buf b;
	long n, before = mem_count();

	(void)state;
	fill(&b);
	n = mem_count() - before;
	buf_done(&b);
	assert_true(n > 2);
	for (long i = 0; i < n; i++) {
		mem_fail_after(i, 0);
		fill(&b);
		mem_fail_after(-1, 0);
		assert_false(buf_ok(&b));
		assert_string_equal(buf_text(&b), "");
		buf_done(&b);
	}
}

static void
quoted(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 0);
	buf_add_quoted(&b, "a\"b'c", '"');
	buf_add_quoted(&b, "a\"b'c", '\'');
	buf_add_quoted(&b, "", '"');
	assert_string_equal(buf_text(&b), "\"a\"\"b'c\"'a\"b''c'\"\"");
	buf_done(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(quoted),       cmocka_unit_test(test_empty),
		cmocka_unit_test(test_zeroed),  cmocka_unit_test(test_add),
		cmocka_unit_test(test_printf),  cmocka_unit_test(test_little_endian),
		cmocka_unit_test(test_cap),     cmocka_unit_test(test_cap_with_room),
		cmocka_unit_test(test_reserve), cmocka_unit_test(test_memory_ends),
	};

	return cmocka_run_group_tests_name("buf", tests, NULL, NULL);
}
