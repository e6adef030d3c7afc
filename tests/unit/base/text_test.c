#include <locale.h>
#include <math.h>
#include <string.h>

#include "oracle.h"

#include "base/text.h"

/* RFC 8785, appendix B: IEEE 754 bits and the text. */
static void
test_number_vectors(void **state)
{
	static const struct {
		uint64_t bits;
		const char *text;
	} v[] = {
		{ 0x0000000000000000u, "0" },
		{ 0x8000000000000000u, "0" },
		{ 0x0000000000000001u, "5e-324" },
		{ 0x8000000000000001u, "-5e-324" },
		{ 0x7fefffffffffffffu, "1.7976931348623157e+308" },
		{ 0xffefffffffffffffu, "-1.7976931348623157e+308" },
		{ 0x4340000000000000u, "9007199254740992" },
		{ 0xc340000000000000u, "-9007199254740992" },
		{ 0x4430000000000000u, "295147905179352830000" },
		{ 0x44b52d02c7e14af5u, "9.999999999999997e+22" },
		{ 0x44b52d02c7e14af6u, "1e+23" },
		{ 0x44b52d02c7e14af7u, "1.0000000000000001e+23" },
		{ 0x444b1ae4d6e2ef4eu, "999999999999999700000" },
		{ 0x444b1ae4d6e2ef4fu, "999999999999999900000" },
		{ 0x444b1ae4d6e2ef50u, "1e+21" },
		{ 0x3eb0c6f7a0b5ed8cu, "9.999999999999997e-7" },
		{ 0x3eb0c6f7a0b5ed8du, "0.000001" },
		{ 0x41b3de4355555553u, "333333333.3333332" },
		{ 0x41b3de4355555554u, "333333333.33333325" },
		{ 0x41b3de4355555555u, "333333333.3333333" },
		{ 0x41b3de4355555556u, "333333333.3333334" },
		{ 0x41b3de4355555557u, "333333333.33333343" },
		{ 0xbecbf647612f3696u, "-0.0000033333333333333333" },
		{ 0x43143ff3c1cb0959u, "1424953923781206.2" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		char out[32];
		double d, back;

		memcpy(&d, &v[i].bits, sizeof(d));
		assert_int_equal(text_format_f64(d, out), strlen(v[i].text));
		assert_string_equal(out, v[i].text);
		assert_true(text_parse_f64(out, strlen(out), &back));
		assert_true(back == d);
	}
}

static void
test_number_not_finite(void **state)
{
	char out[32] = "x";

	(void)state;
	assert_int_equal(text_format_f64(NAN, out), 0);
	assert_int_equal(text_format_f64(INFINITY, out), 0);
	assert_int_equal(text_format_f64(-INFINITY, out), 0);
	assert_string_equal(out, "");
}

/* Python's repr for 73,000 doubles: each power of two and its neighbours, random bits, coordinates.
 */
static void
test_shortest_oracle(void **state)
{
	FILE *f = oracle_open("shortest.txt");
	char line[200];
	char *column[4];
	size_t rows = 0;

	(void)state;
	while (oracle_next(f, line, sizeof(line), column) == 2) {
		char out[32];

		assert_int_equal(text_format_f64(oracle_real(column[0]), out), strlen(column[1]));
		assert_string_equal(out, column[1]);
		rows++;
	}
	fclose(f);
	assert_true(rows > 70000);
}

/* Python's float() for random texts of up to 100 digits and for points half way between doubles. */
static void
test_read_oracle(void **state)
{
	FILE *f = oracle_open("read.txt");
	char line[4000];
	char *column[4];
	size_t rows = 0;

	(void)state;
	while (oracle_next(f, line, sizeof(line), column) == 2) {
		double expect = oracle_real(column[0]);
		double got = -1;

		assert_int_equal(text_parse_f64(column[1], strlen(column[1]), &got),
		                 isfinite(expect));
		if (isfinite(expect))
			assert_memory_equal(&got, &expect, sizeof(got));
		rows++;
	}
	fclose(f);
	assert_true(rows >= 26000);
}

/* Python's decimal: the exact binary value, rounded half to even. */
static void
test_fixed_oracle(void **state)
{
	FILE *f = oracle_open("fixed.txt");
	char line[1000];
	char *column[4];
	size_t rows = 0;

	(void)state;
	while (oracle_next(f, line, sizeof(line), column) == 3) {
		char out[400];
		size_t n = text_format_fixed(oracle_real(column[0]), atoi(column[1]), out,
		                             sizeof(out));

		assert_string_equal(out, column[2]);
		assert_int_equal(n, strlen(column[2]));
		rows++;
	}
	fclose(f);
	assert_true(rows >= 10000);
}

static void
test_fixed_edges(void **state)
{
	char out[8];

	(void)state;
	assert_int_equal(text_format_fixed(0.5, 0, out, sizeof(out)), 1);
	assert_string_equal(out, "0");
	assert_int_equal(text_format_fixed(1.5, 0, out, sizeof(out)), 1);
	assert_string_equal(out, "2");
	assert_int_equal(text_format_fixed(-0.001, 2, out, sizeof(out)), 4);
	assert_string_equal(out, "0.00");
	assert_int_equal(text_format_fixed(-12.3456, 3, out, sizeof(out)), 7);
	assert_string_equal(out, "-12.346");
	assert_int_equal(text_format_fixed(-123.456, 3, out, sizeof(out)), 0); /* no room */
	assert_string_equal(out, "");
	assert_int_equal(text_format_fixed(1, 13, out, sizeof(out)), 0);
	assert_int_equal(text_format_fixed(1, -1, out, sizeof(out)), 0);
	assert_int_equal(text_format_fixed(NAN, 1, out, sizeof(out)), 0);
	assert_int_equal(text_format_fixed(INFINITY, 1, out, sizeof(out)), 0);
	out[0] = 'x';
	assert_int_equal(text_format_fixed(1, 1, out, 0), 0);
	assert_int_equal(out[0], 'x');
}

/* No locale changes a digit; de_DE writes a comma, and may not be installed. */
static void
test_locale(void **state)
{
	char out[32];
	double v;

	(void)state;
	(void)setlocale(LC_ALL, "de_DE.UTF-8");
	assert_int_equal(text_format_fixed(-1234.5, 2, out, sizeof(out)), 8);
	assert_string_equal(out, "-1234.50");
	text_format_f64(0.5, out);
	assert_string_equal(out, "0.5");
	/* long enough to need the C library */
	assert_true(text_parse_f64("4.9406564584124654e-324", 23, &v));
	assert_true(v > 0);
	(void)setlocale(LC_ALL, "C");
}

static void
check_real(const char *s, double expect)
{
	double v = -77;

	assert_true(text_parse_f64(s, strlen(s), &v));
	assert_memory_equal(&v, &expect, sizeof(v));
}

static void
test_parse_f64(void **state)
{
	(void)state;
	check_real("0", 0.0);
	check_real("-0", -0.0);
	check_real("+1", 1.0);
	check_real("007", 7.0);
	check_real(".5", 0.5);
	check_real("5.", 5.0);
	check_real("1e3", 1000.0);
	check_real("1E+3", 1000.0);
	check_real("1.5e-3", 0.0015);
	check_real("0e999999999999999999999", 0.0);
	check_real("1e-999999999999999999999", 0.0);
	check_real("2.2250738585072011e-308",
	           0x0.fffffffffffffp-1022); /* the number that hung PHP */
	check_real("2.2250738585072014e-308", 0x1p-1022);
	check_real("4.9406564584124654e-324", 0x0.0000000000001p-1022);
	check_real("2.4703282292062327e-324", 0.0);
	check_real("2.4703282292062328e-324", 0x0.0000000000001p-1022);
	check_real("1.7976931348623157e308", 0x1.fffffffffffffp+1023);
	check_real("1.7976931348623158e308", 0x1.fffffffffffffp+1023);
	check_real("9007199254740993", 9007199254740992.0);
	check_real("9007199254740993.0000000000000000000000000001", 9007199254740994.0);
	check_real("10000000000000000000000000000000e-31", 1.0);
}

static void
test_parse_f64_refuses(void **state)
{
	static const char *const bad[] = {
		"",      "-",     "+",       ".",        "-.",   "e5",    "1e",  "1e+",
		"1,5",   "1 ",    " 1",      "1 0",      "0x10", "inf",   "nan", "NaN",
		"INF",   "1e309", "1.8e308", "--1",      "+-1",  "1.2.3", "1_0", "1'0",
		"1e1.5", "1d5",   "١",       "infinity", "1f",   "1e400",
	};
	double v = 77;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		assert_false(text_parse_f64(bad[i], strlen(bad[i]), &v));
		assert_true(v == 77);
	}
	assert_false(text_parse_f64(NULL, 3, &v));
	assert_false(text_parse_f64("1\0", 2, &v));
}

static void
check_scan(const char *s, size_t used, double expect)
{
	double v = 77;

	assert_int_equal(text_scan_f64(s, strlen(s), &v), used);
	assert_true(v == (used > 0 ? expect : 77));
}

static void
test_scan_f64(void **state)
{
	double v;

	(void)state;
	check_scan("12.5N", 4, 12.5);
	check_scan("12e", 2, 12);
	check_scan("12e+x", 2, 12);
	check_scan("1.2.3", 3, 1.2);
	check_scan("-3,4", 2, -3);
	check_scan("x", 0, 0);
	check_scan("-x", 0, 0);
	check_scan("1e999 ", 0, 0);
	assert_int_equal(text_scan_f64("123456", 3, &v), 3); /* no byte past n is read */
	assert_true(v == 123);
}

static void
check_int(const char *s, bool good, int64_t expect)
{
	int64_t v = 77;

	assert_int_equal(text_parse_i64(s, strlen(s), &v), good);
	assert_int_equal(v, good ? expect : 77);
}

static void
test_parse_i64(void **state)
{
	(void)state;
	check_int("0", true, 0);
	check_int("-0", true, 0);
	check_int("+42", true, 42);
	check_int("0042", true, 42);
	check_int("9223372036854775807", true, INT64_MAX);
	check_int("-9223372036854775808", true, INT64_MIN);
	check_int("9223372036854775808", false, 0);
	check_int("-9223372036854775809", false, 0);
	check_int("99999999999999999999", false, 0);
	check_int("", false, 0);
	check_int("-", false, 0);
	check_int(" 1", false, 0);
	check_int("1 ", false, 0);
	check_int("1.0", false, 0);
	check_int("0x1", false, 0);
	assert_false(text_parse_i64(NULL, 1, &(int64_t){ 0 }));
}

/* Unicode, table 3-7, and Markus Kuhn's stress test: first and last of each length, and beside. */
static void
test_utf8(void **state)
{
	static const struct {
		const char *s;
		size_t n;
		bool good;
	} v[] = {
		{ "", 0, true },
		{ "\0", 1, true },
		{ "plain ascii, longer than eight", 30, true },
		{ "\x7F", 1, true },
		{ "\x80", 1, false },
		{ "\xBF", 1, false },
		{ "\xC0\x80", 2, false },
		{ "\xC1\xBF", 2, false },
		{ "\xC2\x80", 2, true },
		{ "\xC2", 1, false },
		{ "\xC2\x7F", 2, false },
		{ "\xC2\xC0", 2, false },
		{ "\xDF\xBF", 2, true },
		{ "\xE0\x9F\xBF", 3, false },
		{ "\xE0\xA0\x80", 3, true },
		{ "\xED\x9F\xBF", 3, true },
		{ "\xED\xA0\x80", 3, false }, /* surrogate */
		{ "\xED\xBF\xBF", 3, false },
		{ "\xEE\x80\x80", 3, true },
		{ "\xEF\xBF\xBF", 3, true },
		{ "\xE2\x82", 2, false },
		{ "\xE2\x28\xA1", 3, false },
		{ "\xF0\x8F\xBF\xBF", 4, false },
		{ "\xF0\x90\x80\x80", 4, true },
		{ "\xF4\x8F\xBF\xBF", 4, true },
		{ "\xF4\x90\x80\x80", 4, false },
		{ "\xF5\x80\x80\x80", 4, false },
		{ "\xF8\x88\x80\x80\x80", 5, false },
		{ "\xFE", 1, false },
		{ "\xFF", 1, false },
		{ "12345678\xC3\xA9xyzw1234\xFF", 19, false },
		{ "1234567\xC3\xA9xyzw1234", 17, true },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(v); i++)
		assert_int_equal(text_is_utf8(v[i].s, v[i].n), v[i].good);
	assert_true(text_is_utf8(NULL, 0));
	assert_true(text_is_line(""));
	assert_true(text_is_line(" ~\xc3\xa9"));
	for (char c = 1; c < ' '; c++)
		assert_false(text_is_line((char[]){ 'a', c, '\0' }));
	assert_false(text_is_line("\x7f"));
	assert_int_equal(text_utf8_length("a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x92\xA3", 10), 4);
}

static void
test_utf8_round_trip(void **state)
{
	char out[4];

	(void)state;
	for (uint32_t cp = 0; cp < 0x110000; cp++) {
		size_t n = text_utf8_put(cp, out);
		size_t i = 0;

		if (cp >= 0xD800 && cp <= 0xDFFF) {
			assert_int_equal(n, 0);
			continue;
		}
		assert_int_equal(n, cp < 0x80 ? 1 : cp < 0x800 ? 2 : cp < 0x10000 ? 3 : 4);
		assert_true(text_is_utf8(out, n));
		assert_int_equal(text_utf8_next(out, n, &i), cp);
		assert_int_equal(i, n);
	}
	assert_int_equal(text_utf8_put(0x110000, out), 0);
	assert_int_equal(text_utf8_put(UINT32_MAX, out), 0);
}

static void
test_utf8_next_bad(void **state)
{
	size_t i = 0;

	(void)state;
	assert_int_equal(text_utf8_next("\xE2\x82", 2, &i), 0xFFFD);
	assert_int_equal(i, 1);
	assert_int_equal(text_utf8_next("\xE2\x82", 2, &i), 0xFFFD);
	assert_int_equal(i, 2);
}

static void
test_compare(void **state)
{
	(void)state;
	assert_true(text_eq(NULL, NULL));
	assert_false(text_eq(NULL, ""));
	assert_false(text_eq("", NULL));
	assert_true(text_eq("a", "a"));
	assert_false(text_eq("a", "A"));
	assert_true(text_eq_nocase("aZ[", "Az["));
	assert_false(text_eq_nocase("[", "{"));
	assert_false(text_eq_nocase("@", "`"));
	assert_false(text_eq_nocase("ab", "abc"));
	assert_true(text_eq_nocase(NULL, NULL));
	assert_false(text_eq_nocase(NULL, "x"));
	assert_true(text_starts("abc", "ab"));
	assert_true(text_starts("abc", ""));
	assert_false(text_starts("ab", "abc"));
	assert_true(text_ends("abc", "bc"));
	assert_true(text_ends("abc", ""));
	assert_false(text_ends("c", "bc"));
}

static void
check_trim(const char *s, const char *expect)
{
	size_t n;
	const char *p = text_trim(s, strlen(s), &n);

	assert_int_equal(n, strlen(expect));
	assert_memory_equal(p, expect, n);
}

static void
test_trim(void **state)
{
	(void)state;
	check_trim("", "");
	check_trim("  \t\r\n\v\f ", "");
	check_trim(" a b ", "a b");
	check_trim("\xEF\xBB\xBFname", "name");
	check_trim("\xC2\xA0 x\xC2\xA0\xEF\xBB\xBF", "x");
	check_trim("\xC3\xA0", "\xC3\xA0"); /* ends in A0 and is no blank */
	check_trim("\xC2\xA0", "");
}

static void
test_lower(void **state)
{
	char s[] = "AbZ[@ \xC3\x89";

	(void)state;
	text_lower_ascii(s);
	assert_string_equal(s, "abz[@ \xC3\x89");
}

static void
check_fold(const char *s, const char *expect)
{
	char out[200];

	assert_int_equal(text_fold(s, strlen(s), out, sizeof(out)), strlen(expect));
	assert_string_equal(out, expect);
}

static void
test_fold(void **state)
{
	(void)state;
	check_fold("", "");
	check_fold(" -- ", "");
	check_fold("  Dobropillia,  Raion №5 ", "dobropillia raion 5");
	check_fold("Şuşa ŞUŞA", "susa susa");
	check_fold("Ağdam İsmayıllı ISMAYILLI Füzuli Xocalı Çayönü",
	           "agdam ismayilli ismayilli fuzuli xocali cayonu");
	check_fold("Əsgəran ƏSGƏRAN", "əsgəran əsgəran");
	check_fold("ДНІПРО Їжак Єва Ґанок Ўзда Ђорђе", "дніпро їжак єва ґанок ўзда ђорђе");
	check_fold("Кам'янка Кам’янка Камʼянка", "кам янка кам янка кам янка");
	check_fold("Čačak ŠABAC Đakovo Łódź Ærø Straße Þórr Œuvre",
	           "cacak sabac dakovo lodz aero strasse thorr oeuvre");
	check_fold("Bogotá\tNariño", "bogota narino");
	check_fold("Bogota\xCC\x81", "bogota");               /* decomposed */
	check_fold("и\xCC\x86 И\xCC\x86 і\xCC\x88", "й й ї"); /* decomposed letters of their own */
	check_fold("ΑΘΉΝΑΣ Ώρα", "αθήνασ ώρα");
	check_fold("Việt Nam ĐỒNG", "viet nam dong");
	check_fold("თბილისი Երևան", "თბილისი Երևան");
	check_fold("a\xFF"
	           "b",
	           "a b"); /* bad bytes part words */
	check_fold("x×y÷z", "x y z");
}

static void
test_fold_room(void **state)
{
	char out[8];

	(void)state;
	assert_int_equal(text_fold("abc defgh", 9, out, 8), 7);
	assert_string_equal(out, "abc def");
	assert_int_equal(text_fold("ab дд", 7, out, 5), 2); /* neither half a letter nor a blank */
	assert_string_equal(out, "ab");
	assert_int_equal(text_fold("abc", 3, out, 1), 0);
	assert_string_equal(out, "");
	out[0] = 'x';
	assert_int_equal(text_fold("abc", 3, out, 0), 0);
	assert_int_equal(out[0], 'x');
}

static void
test_same_name(void **state)
{
	(void)state;
	assert_true(text_same_name("Olena Koval", " olena  KOVAL\t"));
	assert_true(text_same_name("Олена Коваль", "ОЛЕНА\xC2\xA0КОВАЛЬ"));
	assert_true(text_same_name("Əli Məmmədov", "əLI məmmədov "));
	assert_true(text_same_name("A. Approver", "a approver"));
	assert_true(text_same_name(" ? ", "?"));
	assert_false(text_same_name("?", "!"));
	assert_false(text_same_name("Olena Koval", "OlenaKoval"));
	assert_false(text_same_name("Olena Koval", "Olena Kovalenko"));
	assert_false(text_same_name("", "A"));
	assert_false(text_same_name(NULL, NULL));
	assert_false(text_same_name("A", NULL));
}

static void
test_hex(void **state)
{
	static const uint8_t bytes[] = { 0x00, 0x7F, 0xA0, 0xFF };
	uint8_t back[4] = { 0 };
	char out[9];

	(void)state;
	text_hex(bytes, 4, out);
	assert_string_equal(out, "007fa0ff");
	assert_true(text_unhex("007Fa0FF", 8, back, 4));
	assert_memory_equal(back, bytes, 4);
	assert_false(text_unhex("007fa0f", 7, back, 4));
	assert_false(text_unhex("007fa0ff", 8, back, 3));
	assert_false(text_unhex("007fa0f", 7, back, 3));
	assert_false(text_unhex("0g", 2, back, 1));
	assert_false(text_unhex(" 0", 2, back, 1));
	assert_false(text_unhex("@0", 2, back, 1));
	assert_memory_equal(back, bytes, 4); /* untouched */
	assert_true(text_unhex("", 0, back, 0));
}

/* RFC 4648, section 10. */
static void
test_base64(void **state)
{
	static const char *const v[][3] = {
		{ "", "", "" },
		{ "f", "Zg==", "Zg" },
		{ "fo", "Zm8=", "Zm8" },
		{ "foo", "Zm9v", "Zm9v" },
		{ "foob", "Zm9vYg==", "Zm9vYg" },
		{ "fooba", "Zm9vYmE=", "Zm9vYmE" },
		{ "foobar", "Zm9vYmFy", "Zm9vYmFy" },
		{ "\xFB\xEF\xFF", "++//", "--__" }, /* section 5: the two letters that differ */
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(v); i++) {
		size_t n = strlen(v[i][0]);
		char out[16];
		uint8_t back[8];
		size_t back_n = 99;

		assert_int_equal(text_base64((const uint8_t *)v[i][0], n, out), strlen(v[i][1]));
		assert_string_equal(out, v[i][1]);
		assert_int_equal(text_base64url((const uint8_t *)v[i][0], n, out), strlen(v[i][2]));
		assert_string_equal(out, v[i][2]);
		assert_true(text_unbase64(v[i][1], strlen(v[i][1]), back, sizeof(back), &back_n));
		assert_int_equal(back_n, n);
		assert_memory_equal(back, v[i][0], n);
		assert_true(text_unbase64url(v[i][2], strlen(v[i][2]), back, n, &back_n));
		assert_int_equal(back_n, n);
		assert_memory_equal(back, v[i][0], n);
		if (n > 0)
			assert_false(text_unbase64(v[i][1], strlen(v[i][1]), back, n - 1, &back_n));
	}
}

static void
test_base64_refuses(void **state)
{
	static const char *const bad[] = {
		"Z", "Zg",     "Zg=",  "Zg===",    "Zh==", "Zm9=",  "Zm8",  "Z===", "====",
		"=", "Zm9v\n", "Zm 9", "Zg==Zg==", "Zm-_", "Zm9v=", "Z=g=", "=Zg=", "Zm\xC3\xA9",
	};
	static const char *const bad_url[] = { "Z",    "Zg==", "Zh",    "Zm9",
		                               "Zm8=", "Zm+/", "Zm9vY", "Z g" };
	uint8_t out[16];
	size_t n = 77;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		assert_false(text_unbase64(bad[i], strlen(bad[i]), out, sizeof(out), &n));
	for (size_t i = 0; i < COUNT_OF(bad_url); i++)
		assert_false(
			text_unbase64url(bad_url[i], strlen(bad_url[i]), out, sizeof(out), &n));
	assert_int_equal(n, 77);
}

/* Names and numbers from the Unicode Character Database. */
static void
unsafe_characters(void **state)
{
	static const uint32_t bad[] = { 0,      '\t',   '\n',   0x1b,   0x7f,   0x80,
		                        0x9b,   0x9f,   0x200b, 0x200e, 0x200f, 0x2028,
		                        0x202e, 0x2060, 0x2066, 0x2069, 0xfeff };
	static const uint32_t good[] = { ' ',    '~',    0xa0,   0x259,  0x416,
		                         0x200a, 0x2010, 0x2027, 0x202f, 0x1f4a3 };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_true(text_is_unsafe(bad[i]));
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++)
		assert_false(text_is_unsafe(good[i]));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(unsafe_characters),
		cmocka_unit_test(test_number_vectors),
		cmocka_unit_test(test_number_not_finite),
		cmocka_unit_test(test_shortest_oracle),
		cmocka_unit_test(test_read_oracle),
		cmocka_unit_test(test_fixed_oracle),
		cmocka_unit_test(test_fixed_edges),
		cmocka_unit_test(test_locale),
		cmocka_unit_test(test_parse_f64),
		cmocka_unit_test(test_parse_f64_refuses),
		cmocka_unit_test(test_scan_f64),
		cmocka_unit_test(test_parse_i64),
		cmocka_unit_test(test_utf8),
		cmocka_unit_test(test_utf8_round_trip),
		cmocka_unit_test(test_utf8_next_bad),
		cmocka_unit_test(test_compare),
		cmocka_unit_test(test_trim),
		cmocka_unit_test(test_lower),
		cmocka_unit_test(test_fold),
		cmocka_unit_test(test_same_name),
		cmocka_unit_test(test_fold_room),
		cmocka_unit_test(test_hex),
		cmocka_unit_test(test_base64),
		cmocka_unit_test(test_base64_refuses),
	};

	return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
