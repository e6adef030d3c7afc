/* Encodings; expected UTF-8 from the Unicode tables as people's names show them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "reader/encoding.h"

static void
expect(enum encoding en, const char *bytes, size_t n, const char *utf8, bool whole)
{
	struct buf b;

	buf_init(&b, 0);
	assert_int_equal(encoding_to_utf8(en, bytes, n, &b), whole);
	assert_string_equal(buf_text(&b), utf8);
	buf_done(&b);
}

static void
test_convert(void **state)
{
	(void)state;
	expect(ENCODING_1251, "\xcd\xe0\xe3\xb3\xf0\xed\xe5", 7, "Нагірне", true);
	expect(ENCODING_1254,
	       "A\xf0"
	       "dam \xde\xfd",
	       8, "Ağdam Şı", true);
	expect(ENCODING_1252, "Nech\xed", 5, "Nechí", true);
	expect(ENCODING_1250, "\x8a\x9e\xe8", 3, "Šžč", true);
	expect(ENCODING_1252, "a\x81", 2, "a\xef\xbf\xbd", false);
	expect(ENCODING_UTF16LE, "\x1d\x04\x3d\xd8\x00\xde", 6, "Н😀", true);
	expect(ENCODING_UTF16BE, "\x04\x1d\xd8\x3d\xde\x00", 6, "Н😀", true);
	expect(ENCODING_UTF16LE, "a\0\x3d\xd8", 4, "a\xef\xbf\xbd", false);
	expect(ENCODING_UTF16LE,
	       "\x00\xde"
	       "a\0",
	       4,
	       "\xef\xbf\xbd"
	       "a",
	       false);
	expect(ENCODING_UTF16LE, "a\0b", 3, "a", false);
}

static void
test_guess(void **state)
{
	static const struct {
		const char *bytes;
		enum encoding en;
		bool sure;
	} cases[] = {
		{ "plain", ENCODING_UTF8, true },
		{ "Нагірне", ENCODING_UTF8, true },
		{ "\xcd\xe0\xe3\xb3\xf0\xed\xe5, \xaf\xe6\xe0\xea", ENCODING_1251, false },
		{ "A\xf0"
		  "dam, \xde"
		  "u\xfe"
		  "a",
		  ENCODING_1254, false },
		{ "Nech\xed, Bogot\xe1", ENCODING_1252, false },
		{ "\xff\xfe"
		  "a",
		  ENCODING_UTF16LE, true },
		{ "Нагірне Їжак Ґанок \xff", ENCODING_UTF8, false },
	};
	bool sure;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		assert_int_equal(encoding_guess(cases[i].bytes, strlen(cases[i].bytes), &sure),
		                 cases[i].en);
		assert_int_equal(sure, cases[i].sure);
	}
	assert_int_equal(encoding_guess("i\0d\0,\0", 6, &sure), ENCODING_UTF16LE);
	assert_int_equal(encoding_guess("\0i\0d\0,", 6, &sure), ENCODING_UTF16BE);
	assert_int_equal(encoding_guess("", 0, &sure), ENCODING_UTF8);
}

static void
test_names(void **state)
{
	enum encoding en = ENCODING_UTF8;

	(void)state;
	assert_true(encoding_from_name("cp1251", &en));
	assert_int_equal(en, ENCODING_1251);
	assert_true(encoding_from_name("utf-8", &en));
	assert_int_equal(en, ENCODING_UTF8);
	assert_false(encoding_from_name("klingon", &en));
	assert_string_equal(encoding_name(ENCODING_1254), "windows-1254");
	assert_int_equal(encoding_mark(ENCODING_UTF8, "\xef\xbb\xbfx", 4), 3);
	assert_int_equal(encoding_mark(ENCODING_UTF16LE, "\xff\xfe", 2), 2);
	assert_int_equal(encoding_mark(ENCODING_UTF8, "x", 1), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_convert),
		cmocka_unit_test(test_guess),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
