/* The small parts: tokens, columns, limits, formats by their first bytes, WKB. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "reader/columns.h"
#include "reader/detect.h"
#include "reader/jscan.h"
#include "reader/limits.h"
#include "reader/wkb.h"

static struct jscan
scan(const char *s)
{
	return (struct jscan){ .p = s, .end = s + strlen(s), .depth = 4 };
}

static void
test_match(void **state)
{
	static const struct {
		const char *text;
		int end; /* -1: never closes */
	} cases[] = {
		{ "{}", 2 },
		{ "[1,[2]],", 7 },
		{ "{\"a\":\"}\"}", 9 },
		{ "{\"a\\\"}\":1}", 10 },
		{ "{\"\\\\\"}x", 6 },
		{ "{", -1 },
		{ "[\"", -1 },
		{ "[\"\\\"]", -1 },
		{ "", -1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		const char *s = cases[i].text;
		const char *end = jscan_match(s, s + strlen(s));

		assert_int_equal(end ? end - s : -1, cases[i].end);
	}
}

static void
test_value(void **state)
{
	static const struct {
		const char *text;
		char kind; /* 0: refused */
	} cases[] = {
		{ "1", '0' },        { "-1.5e3,", '0' },  { "\"x\"", '"' },
		{ "true", 't' },     { "false", 'f' },    { "null", 'n' },
		{ "[[[[]]]]", '[' }, { "[[[[[]]]]]", 0 }, { "{\"a\":[1,2]}", '{' },
		{ "{\"a\" 1}", 0 },  { "NaN", 0 },        { "-Infinity", 0 },
		{ "Infinity", 0 },   { "nul", 0 },        { "", 0 },
		{ "[1", 0 },         { "[1 2]", 0 },      { "'x'", 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct jscan j = scan(cases[i].text);
		struct jtoken t = { 0 };

		assert_int_equal(jscan_value(&j, &t), cases[i].kind != 0);
		if (cases[i].kind)
			assert_int_equal(t.kind, cases[i].kind);
		else
			assert_non_null(j.why);
	}
}

static void
test_unescape(void **state)
{
	static const struct {
		const char *raw;
		const char *text; /* NULL: refused */
	} cases[] = {
		{ "\"a\\n\\t\\/\\\"\\\\\"", "a\n\t/\"\\" },
		{ "\"\\u0411\\u00e9\"", "Бé" },
		{ "\"\\ud83d\\ude00!\"", "😀!" },
		{ "\"\\ud83d\"", NULL },
		{ "\"\\ude00\"", NULL },
		{ "\"\\u12\"", NULL },
		{ "\"\\u0000\"", NULL },
		{ "\"\\q\"", NULL },
		{ "\"\xff\"", NULL },
		{ "\"\\ud83dx\"", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct jscan j = scan(cases[i].raw);
		struct jtoken t;
		char out[64];
		size_t n = 0;

		assert_true(jscan_string(&j, &t));
		assert_int_equal(jscan_unescape(&t, out, &n), cases[i].text != NULL);
		if (cases[i].text) {
			assert_int_equal(n, strlen(cases[i].text));
			assert_memory_equal(out, cases[i].text, n);
		}
	}
}

static void
test_number(void **state)
{
	struct jscan j = scan(" 30.125 ");
	double d = 7;

	(void)state;
	assert_true(jscan_number(&j, &d));
	assert_true(d >= 30.125 && d <= 30.125);
	for (const char *const *s =
	             (const char *const[]){ "x", "1e999", "", "1.2.3", "NaN", "--1", NULL };
	     *s; s++) {
		j = scan(*s);
		assert_false(jscan_number(&j, &d));
	}
	assert_true(d >= 30.125 && d <= 30.125);
}

static void
test_see(void **state)
{
	(void)state;
	assert_int_equal(columns_see_number("0", 1), SEEN_INTEGER);
	assert_int_equal(columns_see_number("-12", 3), SEEN_INTEGER);
	assert_int_equal(columns_see_number("999999999999999", 15), SEEN_INTEGER);
	assert_int_equal(columns_see_number("1000000000000000", 16), SEEN_INTEGER | SEEN_LONG);
	assert_int_equal(columns_see_number("9223372036854775808", 19), SEEN_TEXT);
	assert_int_equal(columns_see_number("-0", 2), SEEN_REAL);
	assert_int_equal(columns_see_number("0.5", 3), SEEN_REAL);
	assert_int_equal(columns_see_number("007", 3), SEEN_TEXT);
	assert_int_equal(columns_see_number("1.", 2), SEEN_TEXT);
	assert_int_equal(columns_see_number(".5", 2), SEEN_TEXT);
	assert_int_equal(columns_see_number("1e3", 3), SEEN_REAL);
	assert_int_equal(columns_see_number("1e999", 5), SEEN_TEXT);
	assert_int_equal(columns_see_number("", 0), SEEN_TEXT);
	assert_int_equal(columns_see_text("2024-05-01", 10), SEEN_TIME);
	assert_int_equal(columns_see_text("2024-05-01T10:00:00+02:00", 25), SEEN_TIME);
	assert_int_equal(columns_see_text("2024-05-01x", 11), SEEN_TEXT);
	assert_int_equal(columns_see_text("01.05.2024", 10), SEEN_TEXT);
}

static void
test_columns(void **state)
{
	struct columns c;
	struct err e = { 0 };
	size_t index = 99;
	char name[16];

	(void)state;
	columns_init(&c, 100);
	for (int i = 0; i < 100; i++) {
		(void)snprintf(name, sizeof name, "c%d", i);
		assert_int_equal(columns_add(&c, name, strlen(name), &index, &e), ERR_OK);
	}
	assert_int_equal(columns_find(&c, "c42", 3, 7), 42);
	assert_int_equal(columns_find(&c, "c42", 3, 42), 42);
	assert_true(columns_find(&c, "C42", 3, 0) == SIZE_MAX);
	assert_int_equal(columns_add(&c, "one more", 8, &index, &e), ERR_LIMIT);
	assert_int_equal(index, 99);
	columns_done(&c);
}

static void
test_limits(void **state)
{
	struct limits l;
	struct err e = { 0 };

	(void)state;
	limits_default(&l);
	assert_int_equal(l.vertices, 100000);
	assert_int_equal(limits_set(&l, "vertices=7", &e), ERR_OK);
	assert_int_equal(l.vertices, 7);
	for (const char *const *s =
	             (const char *const[]){ "vertices", "vertices=", "vertices=0", "vertices=-1",
	                                    "vertices=x", "vertice=1", "=1", "", NULL };
	     *s; s++)
		assert_int_equal(limits_set(&l, *s, &e), ERR_INVALID);
	assert_int_equal(l.vertices, 7);
}

static void
test_detect(void **state)
{
	static const struct {
		const char *bytes;
		size_t n;
		const char *name;
		enum format format;
	} cases[] = {
		{ "\x1f\x8b\x08", 3, "x", FORMAT_GZIP },
		{ "PK\x03\x04", 4, "x", FORMAT_ZIP },
		{ "fgb\x03"
		  "fgb",
		  7, "x", FORMAT_FGB },
		{ "\0\0\x27\x0a", 4, "x", FORMAT_SHP },
		{ " {\"type\"", 8, "x", FORMAT_GEOJSON },
		{ "\xef\xbb\xbf{", 4, "x", FORMAT_GEOJSON },
		{ "\x1e{", 2, "x", FORMAT_GEOJSON },
		{ "a,b\n", 4, "x.csv", FORMAT_TABLE },
		{ "a,b\n", 4, "no extension", FORMAT_TABLE },
		{ "<?xml?><kml>", 12, "x.gpx", FORMAT_KML },
		{ "<gpx", 4, "x", FORMAT_GPX },
		{ "<svg>", 5, "x.kml", FORMAT_REFUSED },
		{ "%PDF-1", 6, "x.csv", FORMAT_REFUSED },
		{ "ncols 4\n", 8, "x", FORMAT_AAIGRID },
		{ "II*\0", 4, "x.csv", FORMAT_TIFF },
		{ "", 0, "x.csv", FORMAT_UNKNOWN },
		{ "\x01\x02\x03\x04\x05", 5, "x.csv", FORMAT_UNKNOWN },
		{ "\xff\xfe"
		  "a\0",
		  4, "x", FORMAT_TABLE },
		{ "SQLite format 3\0", 16, "x.gpkg", FORMAT_GPKG },
		{ "SQLite format 3\0", 16, "x.db", FORMAT_REFUSED },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		assert_int_equal(detect(cases[i].bytes, cases[i].n, cases[i].name),
		                 cases[i].format);
		assert_true(strlen(detect_refusal(cases[i].bytes, cases[i].n)) > 10);
	}
	assert_int_equal(detect_name("a/B.GeoJSON"), FORMAT_GEOJSON);
	assert_int_equal(detect_name("readme.md"), FORMAT_UNKNOWN);
	assert_null(detect_driver(FORMAT_GEOJSON));
	assert_string_equal(detect_driver(FORMAT_KML), "LIBKML");
}

static const char *
refusal(const char *bytes, size_t n, int64_t vertices)
{
	bool empty;

	return wkb_refusal((const uint8_t *)bytes, n, vertices, 3, &empty);
}

static void
test_wkb(void **state)
{
	static const char point[] = "\x01\x01\0\0\0\0\0\0\0\0\0\xf0\x3f\0\0\0\0\0\0\0\x40";
	static const char big[] = "\0\0\0\0\x01\x3f\xf0\0\0\0\0\0\0\x40\0\0\0\0\0\0\0";
	static const char nan1[] = "\x01\x01\0\0\0\0\0\0\0\0\0\xf8\x7f\0\0\0\0\0\0\0\x40";
	static const char nan2[] = "\x01\x01\0\0\0\0\0\0\0\0\0\xf8\x7f\0\0\0\0\0\0\xf8\x7f";
	static const char line[] = "\x01\x02\0\0\0\xff\xff\xff\x7f";
	static const char z[] =
		"\x01\xe9\x03\0\0\0\0\0\0\0\0\xf0\x3f\0\0\0\0\0\0\0\x40\0\0\0\0\0\0\xf0\x3f";
	char deep[5 * 9] = { 0 };
	bool empty;

	(void)state;
	assert_null(refusal(point, 21, 1));
	assert_null(refusal(big, 21, 1));
	assert_null(refusal(z, 29, 1));
	for (size_t n = 0; n < 21; n++)
		assert_non_null(refusal(point, n, 1));
	assert_non_null(refusal(point, 21, 0));
	assert_non_null(refusal(nan1, 21, 1));
	assert_null(wkb_refusal((const uint8_t *)nan2, 21, 1, 3, &empty));
	assert_true(empty);
	assert_non_null(refusal(line, 9, INT64_MAX));
	assert_non_null(refusal("\x01\x09\0\0\0", 5, 9));
	for (int i = 0; i < 5; i++)
		memcpy(deep + i * 9, "\x01\x07\0\0\0\x01\0\0\0", 9);
	assert_string_equal(refusal(deep, sizeof deep, 9),
	                    "geometry collections are nested too deeply");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_match),    cmocka_unit_test(test_value),
		cmocka_unit_test(test_unescape), cmocka_unit_test(test_number),
		cmocka_unit_test(test_see),      cmocka_unit_test(test_columns),
		cmocka_unit_test(test_limits),   cmocka_unit_test(test_detect),
		cmocka_unit_test(test_wkb),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
