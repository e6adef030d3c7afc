/* Targets: decoded once, and nothing that a second decoder could read differently. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "serve/target.h"

static struct arena mem;

static enum err_code
parse(const char *s, struct target *ret)
{
	struct err e = { 0 };

	arena_reset(&mem);
	return target_parse(s, strlen(s), &mem, ret, &e);
}

static void
test_paths(void **state)
{
	static const struct {
		const char *target, *path; /* NULL = refused */
	} c[] = {
		{ "/", "/" },
		{ "/a/b", "/a/b" },
		{ "/a/", "/a/" },
		{ "/%41%c3%a4", "/A\xc3\xa4" },
		{ "/a%20b;c=1", "/a b;c=1" },
		{ "/%2541", "/%41" }, /* once */
		{ "/a+b", "/a+b" },
		{ "/...", "/..." },
		{ "/.a", "/.a" },
		{ "/a%00", NULL },
		{ "/a%0a", NULL },
		{ "/a%7f", NULL },
		{ "/a%2fb", NULL },
		{ "/a%2Fb", NULL },
		{ "/a%5cb", NULL },
		{ "/a\\b", NULL },
		{ "/a%", NULL },
		{ "/a%4", NULL },
		{ "/a%4g", NULL },
		{ "/a%u0041", NULL },
		{ "/%ff", NULL },
		{ "/%c0%af", NULL },
		{ "/%ed%a0%80", NULL },
		{ "/..", NULL },
		{ "/../a", NULL },
		{ "/a/../b", NULL },
		{ "/a/..", NULL },
		{ "/a/./b", NULL },
		{ "/%2e%2e/a", NULL },
		{ "/a/%2e", NULL },
		{ "/.%2e", NULL },
		{ "//a", NULL },
		{ "/a//b", NULL },
		{ "/a#b", NULL },
		{ "/a<b", NULL },
		{ "/a\"b", NULL },
		{ "a", NULL },
		{ "", NULL },
	};
	struct target t;

	(void)state;
	for (size_t i = 0; i < sizeof c / sizeof *c; i++) {
		enum err_code rc = parse(c[i].target, &t);

		if (rc != (c[i].path ? ERR_OK : ERR_INVALID))
			fail_msg("%s gives %d", c[i].target, rc);
		if (c[i].path)
			assert_string_equal(c[i].path, t.path);
	}
}

static void
test_query(void **state)
{
	struct target t;

	(void)state;
	assert_int_equal(ERR_OK, parse("/a?b=c+d%2Be&&f&g==h&=i&%c3%a4=%26%3D?/", &t));
	assert_string_equal("/a", t.path);
	assert_string_equal("b=c+d%2Be&&f&g==h&=i&%c3%a4=%26%3D?/", t.raw_query);
	assert_int_equal(5, t.query_count);
	assert_string_equal("b", t.query[0].name);
	assert_string_equal("c d+e", t.query[0].value);
	assert_string_equal("f", t.query[1].name);
	assert_string_equal("", t.query[1].value);
	assert_string_equal("=h", t.query[2].value);
	assert_string_equal("", t.query[3].name);
	assert_string_equal("i", t.query[3].value);
	assert_string_equal("\xc3\xa4", t.query[4].name);
	assert_string_equal("&=?/", t.query[4].value);
	assert_int_equal(ERR_OK, parse("/a?", &t));
	assert_int_equal(0, t.query_count);
	assert_string_equal("", t.raw_query);
	/* text may be on several lines */
	assert_int_equal(ERR_OK, parse("/a?b=c%0Ad%09", &t));
	assert_int_equal(ERR_INVALID, parse("/a?b=%00", &t));
	assert_int_equal(ERR_INVALID, parse("/a?b=%1b", &t));
	assert_int_equal(ERR_INVALID, parse("/a?b=%ff", &t));
	assert_int_equal(ERR_INVALID, parse("/a?b=%4", &t));
	assert_int_equal(ERR_INVALID, parse("/a?b=\"", &t));
	assert_int_equal(ERR_INVALID, parse("/a?b=#", &t));
}

static void
test_limit(void **state)
{
	struct target t;
	struct buf b;

	(void)state;
	buf_init(&b, 0);
	buf_adds(&b, "/a?");
	for (int i = 0; i < 64; i++)
		buf_adds(&b, "&a=b");
	assert_int_equal(ERR_OK, parse(buf_text(&b), &t));
	assert_int_equal(64, t.query_count);
	buf_adds(&b, "&a");
	assert_int_equal(ERR_LIMIT, parse(buf_text(&b), &t));
	buf_done(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_paths),
		cmocka_unit_test(test_query),
		cmocka_unit_test(test_limit),
	};
	int rc;

	arena_init(&mem, 0);
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	arena_done(&mem);
	return rc;
}
