/* Columns on a terminal; expected by hand. */
#include "../unit.h"

#include <string.h>

#include "publish/columns.h"

static void
widths(void **state)
{
	static const struct {
		const char *text;
		size_t width;
	} t[] = {
		{ "", 0 },
		{ "abc", 3 },
		{ "\xd0\x9c\xd1\x96\xd0\xbd\xd0\xb8", 4 }, /* Міни */
		{ "\xc9\x99", 1 },                         /* ə */
		{ "e\xcc\x81", 1 },                        /* e with a combining accent */
		{ "\xe6\x97\xa5\xe6\x9c\xac", 4 },         /* 日本 */
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(t); i++)
		assert_int_equal(columns_width(t[i].text, strlen(t[i].text)), t[i].width);
}

static void
padding(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 0);
	columns_pad(&b, "\xd0\x9c\xd1\x96", 4);
	buf_addc(&b, '|');
	columns_pad(&b, "longer", 4);
	buf_addc(&b, '|');
	columns_pad(&b, "", 2);
	buf_addc(&b, '|');
	assert_string_equal(buf_text(&b), "\xd0\x9c\xd1\x96  |longer|  |");
	buf_done(&b);
}

static void
expect(size_t indent, const size_t *width, const char *const *cell, size_t n, const char *text)
{
	struct buf b;

	buf_init(&b, 0);
	columns_write(&b, indent, width, cell, n);
	assert_string_equal(buf_text(&b), text);
	buf_done(&b);
}

static void
side_by_side(void **state)
{
	static const size_t two[] = { 6, 5 };

	(void)state;
	expect(0, two, (const char *const[]){ "one two three", "a" }, 2, "one     a\ntwo\nthree\n");
	expect(2, two, (const char *const[]){ "one", "aa bb cc" }, 2,
	       "  one     aa bb\n          cc\n");
	expect(0, two, (const char *const[]){ NULL, "b" }, 2, "        b\n");
	expect(0, two, (const char *const[]){ "x\ny", "b" }, 2, "x       b\ny\n");
	expect(0, two, (const char *const[]){ "abcdefghij", "b" }, 2, "abcdef  b\nghij\n");
	/* the code of a figure */
	expect(0, two, (const char *const[]){ "ab.cdefgh", "b" }, 2, "ab.     b\ncdefgh\n");
	expect(0, two, (const char *const[]){ "ab.cdefghij", "b" }, 2, "ab.     b\ncdefgh\nij\n");
	expect(0, two, (const char *const[]){ "a.b cdefgh.i", "b" }, 2, "a.b     b\ncdefgh\n.i\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(widths),
		cmocka_unit_test(padding),
		cmocka_unit_test(side_by_side),
	};

	return cmocka_run_group_tests_name("columns", tests, NULL, NULL);
}
