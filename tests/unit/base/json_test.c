#include <math.h>
#include <string.h>

#include "../unit.h"

#include "base/json.h"
#include "base/mem.h"

struct reading {
	struct arena mem;
	struct json_value *v;
	struct err e;
	enum err_code rc;
};

static struct json_value *
read_n(struct reading *x, const char *s, size_t n)
{
	arena_init(&x->mem, 0);
	x->v = NULL;
	err_clear(&x->e);
	x->rc = json_parse(s, n, 0, &x->mem, &x->v, &x->e);
	return x->v;
}

static void
check_canonical_n(const char *s, size_t n, const char *expect)
{
	struct reading x;
	struct buf b;

	read_n(&x, s, n);
	assert_string_equal(x.e.text, "");
	assert_int_equal(x.rc, ERR_OK);
	buf_init(&b, 0);
	json_write_canonical(&b, x.v);
	assert_string_equal(buf_text(&b), expect);
	buf_done(&b);
	arena_done(&x.mem);
}

static void
check_canonical(const char *s, const char *expect)
{
	check_canonical_n(s, strlen(s), expect);
}

/* RFC 8785, sections 3.2.2 and 3.2.3. */
static void
test_rfc8785(void **state)
{
	(void)state;
	check_canonical(
		"{\n  \"numbers\": [333333333.33333329, 1E30, 4.50, 2e-3, "
		"0.000000000000000000000000001],\n"
		"  \"string\": \"\\u20ac$\\u000F\\u000aA'\\u0042\\u0022\\u005c\\\\\\\"\\/\",\n"
		"  \"literals\": [null, true, false]\n}",
		"{\"literals\":[null,true,false],\"numbers\":[333333333.3333333,1e+30,4.5,"
		"0.002,1e-27],\"string\":\"€$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"}");
	check_canonical("{\"\\u20ac\":\"Euro Sign\",\"\\r\":\"Carriage Return\","
	                "\"\\ufb33\":\"Hebrew Letter Dalet With Dagesh\",\"1\":\"One\","
	                "\"\\ud83d\\ude00\":\"Emoji: Grinning Face\",\"\\u0080\":\"Control\","
	                "\"\\u00f6\":\"Latin Small Letter O With Diaeresis\"}",
	                "{\"\\r\":\"Carriage Return\",\"1\":\"One\",\"\xC2\x80\":\"Control\","
	                "\"ö\":\"Latin Small Letter O With Diaeresis\",\"€\":\"Euro Sign\","
	                "\"😀\":\"Emoji: Grinning Face\","
	                "\"\xEF\xAC\xB3\":\"Hebrew Letter Dalet With Dagesh\"}");
}

static void
test_values(void **state)
{
	(void)state;
	check_canonical("null", "null");
	check_canonical(" \t\r\n true \n", "true");
	check_canonical("false", "false");
	check_canonical("-0", "0");
	check_canonical("-0.0e-5", "0");
	check_canonical("1E+2", "100");
	check_canonical("\"\"", "\"\"");
	check_canonical("[]", "[]");
	check_canonical("{ }", "{}");
	check_canonical("[ ]", "[]");
	check_canonical("[[],[[]],{}]", "[[],[[]],{}]");
	check_canonical("{\"b\":1,\"a\":{\"d\":[],\"c\":2}}", "{\"a\":{\"c\":2,\"d\":[]},\"b\":1}");
	check_canonical("{\"\":1}", "{\"\":1}");
	check_canonical("\"\\b\\f\\n\\r\\t\\u001f\\u007f\"", "\"\\b\\f\\n\\r\\t\\u001f\x7F\"");
	check_canonical("\"\\ud800\\udc00\\udbff\\udfff\"", "\"\xF0\x90\x80\x80\xF4\x8F\xBF\xBF\"");
	check_canonical("\"\\u0000\"", "\"\\u0000\"");
	check_canonical("\"\\uFfFf\"", "\"\xEF\xBF\xBF\"");
	check_canonical("{\"a\":1,\"ab\":2,\"b\":3}", "{\"a\":1,\"ab\":2,\"b\":3}");
	check_canonical("{\"ab\":2,\"a\":1}", "{\"a\":1,\"ab\":2}");
}

static void
check_refused_n(const char *s, size_t n, const char *sentence)
{
	struct reading x;

	read_n(&x, s, n);
	assert_int_equal(x.rc, ERR_INVALID);
	assert_null(x.v);
	if (sentence)
		assert_string_equal(x.e.text, sentence);
	arena_done(&x.mem);
}

/* The refusals of the JSON test suite of N. Seriot (names there begin with n_). */
static void
test_refusals(void **state)
{
	static const char *const bad[] = {
		"",
		" ",
		"[",
		"]",
		"{",
		"}",
		"[1",
		"[1,",
		"[1,]",
		"[,1]",
		"[1,,2]",
		"[1 2]",
		"[\"\": 1]",
		"[1]x",
		"[1],",
		"[1]]",
		"{\"a\"}",
		"{\"a\":}",
		"{\"a\" 1}",
		"{\"a\":1,}",
		"{,\"a\":1}",
		"{a:1}",
		"{'a':1}",
		"{1:1}",
		"{\"a\":1 \"b\":2}",
		"{\"a\":1}}",
		"nul",
		"nulll",
		"True",
		"NULL",
		"undefined",
		"NaN",
		"-NaN",
		"Infinity",
		"-Infinity",
		"inf",
		"+1",
		"01",
		"-01",
		"00",
		"1.",
		".5",
		"-.5",
		"1.e5",
		"1e",
		"1e+",
		"1E-",
		"0x10",
		"-",
		"--1",
		"1_000",
		"1e5.5",
		"- 1",
		"1.2.3",
		"1e400",
		"-1e400",
		"\"",
		"\"a",
		"\"\\\"",
		"\"\\",
		"\"\\a\"",
		"\"\\x41\"",
		"\"\\u\"",
		"\"\\u12\"",
		"\"\\u12g4\"",
		"\"\\U0041\"",
		"\"\\ud800\"",
		"\"\\ud800x\"",
		"\"\\udc00\"",
		"\"\\ud800\\ud800\"",
		"\"\\ud800\\u0041\"",
		"\"\\ud800\\udbff\"",
		"\"\t\"",
		"\"\n\"",
		"\"\x1f\"",
		"\"a\nb\"",
		"'a'",
		"// x\n1",
		"/* x */ 1",
		"1 # x",
		"\xEF\xBB\xBF"
		"1",
		"\x0C"
		"1",
		"\xC2\xA0"
		"1",
		"\"\xFF\"",
		"\"\xC0\x80\"",
		"\"\xED\xA0\x80\"",
		"\"\xF4\x90\x80\x80\"",
		"\"\xC3\"",
		"{\"a\":1,\"a\":1}",
		"{\"a\":1,\"\\u0061\":2}",
		"{\"x\":{\"\":1,\"\":2}}",
		"\xC3\xA5",
		"[\xFF]",
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		check_refused_n(bad[i], strlen(bad[i]), NULL);
	check_refused_n("1\0", 2, NULL);
	check_refused_n("[\0]", 3, NULL);
	check_refused_n("\"a\0b\"", 5, NULL);
	check_refused_n("\"\\\0\"", 4, NULL);
	check_refused_n(NULL, 0, "line 1, column 1: the text ends where a value is expected");
}

static void
test_sentences(void **state)
{
	(void)state;
	check_refused_n("[1,\n  2,\n \"é\" x]", 17,
	                "line 3, column 6: ',' or ']' is expected here");
	check_refused_n(
		"{\"a\":1,\"a\":2}", 13,
		"line 1, column 13: the name \"a\" stands twice in the object that ends here");
	check_refused_n("[01]", 4, "line 1, column 2: this is not a finite JSON number");
	check_refused_n("\"\\ud800\"", 8, "line 1, column 2: a surrogate stands alone");
	check_refused_n("{\"a\"=1}", 7, "line 1, column 5: ':' is expected here");
	check_refused_n("1 1", 3, "line 1, column 3: nothing may follow the value");
}

static void
test_depth(void **state)
{
	struct reading x;
	char deep[1200];

	(void)state;
	for (int limit = 1; limit <= 512; limit += 73) {
		size_t n = (size_t)limit;

		memset(deep, '[', n);
		memset(deep + n, ']', n);
		arena_init(&x.mem, 0);
		assert_int_equal(json_parse(deep, 2 * n, limit, &x.mem, &x.v, &x.e), ERR_OK);
		memset(deep, '[', n + 1);
		memset(deep + n + 1, ']', n + 1);
		assert_int_equal(json_parse(deep, 2 * n + 2, limit, &x.mem, &x.v, &x.e), ERR_LIMIT);
		arena_done(&x.mem);
	}
	memset(deep, '{', sizeof(deep));
	arena_init(&x.mem, 0);
	assert_int_equal(json_parse(deep, 1, 1, &x.mem, &x.v, &x.e), ERR_INVALID);
	/* 0 means 64; and no one can ask for more than 512 */
	memset(deep, '[', 600);
	memset(deep + 600, ']', 600);
	assert_int_equal(json_parse(deep + 600 - 64, 128, 0, &x.mem, &x.v, &x.e), ERR_OK);
	assert_int_equal(json_parse(deep + 600 - 65, 130, 0, &x.mem, &x.v, &x.e), ERR_LIMIT);
	assert_string_equal(x.e.text, "the JSON text nests deeper than 64 levels");
	assert_int_equal(json_parse(deep + 600 - 512, 1024, 9999, &x.mem, &x.v, &x.e), ERR_OK);
	assert_int_equal(json_parse(deep + 600 - 513, 1026, 9999, &x.mem, &x.v, &x.e), ERR_LIMIT);
	/* Depth counts nesting, not length: a wide array is no deep one. */
	assert_int_equal(json_parse("[[],[],[],{}]", 13, 2, &x.mem, &x.v, &x.e), ERR_OK);
	arena_done(&x.mem);
}

static void
test_many_names(void **state)
{
	struct reading x;
	struct buf b;

	(void)state;
	for (int twice = 0; twice < 2; twice++) {
		buf_init(&b, 0);
		buf_addc(&b, '{');
		for (int i = 0; i < 5000; i++)
			buf_printf(&b, "\"name%d\":%d,", (i * 7919) % 5000, i);
		buf_adds(&b, twice ? "\"name4321\":0}" : "\"other\":0}");
		read_n(&x, b.data, b.size);
		assert_int_equal(x.rc, twice ? ERR_INVALID : ERR_OK);
		if (!twice) {
			assert_int_equal(x.v->count, 5001);
			assert_true(json_get_number(x.v, "name7919", -1) == -1);
			assert_true(json_get_number(x.v, "name2919", -1) == 1); /* 7919 mod 5000 */
		}
		arena_done(&x.mem);
		buf_done(&b);
	}
}

static void
test_get(void **state)
{
	static const char s[] =
		"{\"s\":\"text\",\"n\":-2.5,\"z\":\"a\\u0000b\",\"a\":[10,20],\"t\":true}";
	struct reading x;
	struct json_value *a;

	(void)state;
	read_n(&x, s, strlen(s));
	assert_int_equal(x.rc, ERR_OK);
	assert_int_equal(x.v->type, JSON_OBJECT);
	assert_int_equal(x.v->count, 5);
	assert_string_equal(json_get_string(x.v, "s"), "text");
	assert_null(json_get_string(x.v, "n"));
	assert_null(json_get_string(x.v, "missing"));
	assert_true(json_get_number(x.v, "n", 9) == -2.5);
	assert_true(json_get_number(x.v, "s", 9) == 9);
	assert_int_equal(json_get(x.v, "z")->count, 3);
	assert_memory_equal(json_get(x.v, "z")->string, "a\0b", 4);
	a = json_get(x.v, "a");
	assert_int_equal(a->count, 2);
	assert_true(a->first->number == 10);
	assert_true(a->first->next->number == 20);
	assert_null(a->first->next->next);
	assert_null(a->first->key);
	assert_int_equal(json_get(x.v, "t")->type, JSON_TRUE);
	assert_null(json_get(a, "x"));
	assert_null(json_get(NULL, "x"));
	arena_done(&x.mem);
}

static void
test_key_cmp(void **state)
{
	(void)state;
	assert_int_equal(json_key_cmp("a", 1, "a", 1), 0);
	assert_int_equal(json_key_cmp("", 0, "a", 1), -1);
	assert_int_equal(json_key_cmp("ab", 2, "a", 1), 1);
	assert_int_equal(json_key_cmp("B", 1, "a", 1), -1);
	assert_int_equal(json_key_cmp("a\0b", 3, "a\0a", 3), 1);
	/* U+FFFF against U+10000: D800 DC00 is less than FFFF in UTF-16 */
	assert_int_equal(json_key_cmp("\xEF\xBF\xBF", 3, "\xF0\x90\x80\x80", 4), 1);
	assert_int_equal(json_key_cmp("\xEE\x80\x80", 3, "\xF4\x8F\xBF\xBF", 4), 1);
	assert_int_equal(json_key_cmp("\xF0\x90\x80\x80", 4, "\xEE\x80\x80", 3), -1);
	/* U+D7FF is below every surrogate */
	assert_int_equal(json_key_cmp("\xED\x9F\xBF", 3, "\xF0\x90\x80\x80", 4), -1);
	assert_int_equal(json_key_cmp("\xEE\x80\x80", 3, "\xEF\x80\x80", 3), -1);
	assert_int_equal(json_key_cmp("\xF0\x90\x80\x80", 4, "\xF0\x90\x80\x81", 4), -1);
}

static void
test_write(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 0);
	json_write_i64(&b, 0);
	buf_addc(&b, ' ');
	json_write_i64(&b, INT64_MIN);
	buf_addc(&b, ' ');
	json_write_i64(&b, INT64_MAX);
	buf_addc(&b, ' ');
	json_write_number(&b, 1e21);
	assert_string_equal(buf_text(&b), "0 -9223372036854775808 9223372036854775807 1e+21");
	buf_reset(&b);
	json_write_number(&b, NAN);
	assert_false(buf_ok(&b));
	buf_reset(&b);
	json_write_number(&b, -INFINITY);
	assert_false(buf_ok(&b));
	buf_reset(&b);
	json_write_string(&b, "\xFF", 1);
	assert_false(buf_ok(&b));
	buf_reset(&b);
	json_write_string(&b, "\xED\xA0\x80", 3);
	assert_false(buf_ok(&b));
	buf_reset(&b);
	json_write_string(&b, "a\0\x01\x7F\"\\/\xE2\x80\xA8", 10);
	assert_string_equal(buf_text(&b), "\"a\\u0000\\u0001\x7F\\\"\\\\/\xE2\x80\xA8\"");
	buf_done(&b);
}

static void
test_writer(void **state)
{
	struct json_writer w;
	struct buf b;

	(void)state;
	buf_init(&b, 0);
	json_begin(&w, &b);
	json_object(&w, NULL);
	json_string(&w, "a\"", "x");
	json_string(&w, "none", NULL);
	json_array(&w, "list");
	json_int(&w, NULL, 1);
	json_number(&w, NULL, 0.5);
	json_number(&w, NULL, NAN);
	json_object(&w, NULL);
	json_object_end(&w);
	json_array(&w, NULL);
	json_array_end(&w);
	json_bool(&w, NULL, false);
	json_array_end(&w);
	json_bool(&w, "yes", true);
	json_null(&w, "nil");
	json_raw(&w, "raw", "[1]", 3);
	json_object_end(&w);
	assert_string_equal(buf_text(&b),
	                    "{\"a\\\"\":\"x\",\"none\":null,\"list\":[1,0.5,null,{},[],false],"
	                    "\"yes\":true,\"nil\":null,\"raw\":[1]}");
	assert_int_equal(w.depth, 0);
	json_array_end(&w); /* one too many */
	assert_false(buf_ok(&b));

	buf_reset(&b);
	json_begin(&w, &b);
	for (int i = 0; i < 32; i++)
		json_array(&w, NULL);
	assert_true(buf_ok(&b));
	json_array(&w, NULL); /* one past the limit */
	assert_false(buf_ok(&b));
	buf_done(&b);
}

/* Every allocation fails once: the one stated error, nothing set, no leak. */
static void
test_memory_ends(void **state)
{
	struct json_value *v;
	struct arena mem;
	struct buf text, out;
	struct err e;
	long n, before;

	(void)state;
	buf_init(&text, 0);
	buf_adds(&text, "{\"list\":[");
	for (int i = 0; i < 300; i++)
		buf_printf(&text, "{\"k%d\":\"text \\n %d\"},", i, i);
	buf_adds(&text, "0],\"b\":1,\"a\":2}");
	before = mem_count();
	arena_init(&mem, 0);
	assert_int_equal(json_parse(text.data, text.size, 0, &mem, &v, &e), ERR_OK);
	n = mem_count() - before;
	assert_true(n > 3);
	arena_done(&mem);
	for (long i = 0; i < n; i++) {
		v = NULL;
		arena_init(&mem, 0);
		mem_fail_after(i, 0);
		assert_int_equal(json_parse(text.data, text.size, 0, &mem, &v, &e), ERR_NOMEM);
		mem_fail_after(-1, 0);
		assert_null(v);
		arena_done(&mem);
	}
	/* The same by the arena's limit. */
	for (size_t limit = 16; limit < 40000; limit += 1009) {
		v = NULL;
		arena_init(&mem, limit);
		assert_int_equal(json_parse(text.data, text.size, 0, &mem, &v, &e), ERR_NOMEM);
		assert_null(v);
		arena_done(&mem);
	}
	arena_init(&mem, 0);
	assert_int_equal(json_parse(text.data, text.size, 0, &mem, &v, &e), ERR_OK);
	buf_init(&out, 0);
	before = mem_count();
	json_write_canonical(&out, v);
	assert_true(buf_ok(&out));
	n = mem_count() - before;
	buf_done(&out);
	for (long i = 0; i < n; i++) {
		buf_init(&out, 0);
		mem_fail_after(i, 0);
		json_write_canonical(&out, v);
		mem_fail_after(-1, 0);
		assert_false(buf_ok(&out));
		buf_done(&out);
	}
	arena_done(&mem);
	buf_done(&text);
}

/* Canonical text is a fixed point, and every cut of it is refused. */
static void
test_fixed_point_and_cuts(void **state)
{
	static const char s[] =
		"{\"a\":[1,-2.5e-7,\"é\\n\",{\"b\":null}],\"c\":true,\"d\":\"\\u0001\"}";
	struct reading x;

	(void)state;
	check_canonical(s, s);
	for (size_t n = 0; n < strlen(s); n++) {
		read_n(&x, s, n);
		assert_int_equal(x.rc, ERR_INVALID);
		arena_done(&x.mem);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rfc8785),     cmocka_unit_test(test_values),
		cmocka_unit_test(test_refusals),    cmocka_unit_test(test_sentences),
		cmocka_unit_test(test_depth),       cmocka_unit_test(test_many_names),
		cmocka_unit_test(test_get),         cmocka_unit_test(test_key_cmp),
		cmocka_unit_test(test_write),       cmocka_unit_test(test_writer),
		cmocka_unit_test(test_memory_ends), cmocka_unit_test(test_fixed_point_and_cuts),
	};

	return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
