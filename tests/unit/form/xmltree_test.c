/* XML of strangers: what is taken, what is not, and the limits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "form/xmltree.h"

static struct arena mem;

static enum err_code
parse(const char *s, struct xml_node **ret)
{
	struct err e = { 0 };

	arena_reset(&mem);
	return xmltree_parse(s, strlen(s), &mem, ret, &e);
}

static void
test_tree(void **state)
{
	struct xml_node *n = NULL;

	(void)state;
	assert_int_equal(ERR_OK,
	                 parse("<?xml version='1.0' encoding='UTF-8'?><!-- c --><x:a xmlns:x='u' "
	                       "id='1&amp;2'>t<b>\xd0\x96&lt;&#x41;</b><c/>u<b>2</b>"
	                       "<![CDATA[<v>]]></x:a>",
	                       &n));
	assert_string_equal("a", n->name);
	assert_string_equal("1&2", xmltree_attribute(n, "id"));
	assert_null(xmltree_attribute(n, "no"));
	assert_string_equal("tu<v>", n->text);
	assert_string_equal("\xd0\x96<A", xmltree_text(n, "b"));
	assert_string_equal("", xmltree_text(n, "c"));
	assert_string_equal("", xmltree_text(n, "d"));
	assert_null(xmltree_child(NULL, "a"));
	assert_string_equal("2", n->first->next->next->text);
	/* other encodings become UTF-8 */
	assert_int_equal(ERR_OK,
	                 parse("<?xml version='1.0' encoding='ISO-8859-1'?><a>\xe9</a>", &n));
	assert_string_equal("\xc3\xa9", n->text);
}

static void
test_refused(void **state)
{
	static const char *const bad[] = {
		"",
		" ",
		"<a>",
		"<a></b>",
		"<a/><b/>",
		"<a/>x",
		"<a b=1/>",
		"<a b='1' b='2'/>",
		"<a>&nbsp;</a>",
		"<a>&#0;</a>",
		"<a>\xff</a>",
		"<a>\x01</a>",
		"<!DOCTYPE a><a/>",
		"<!DOCTYPE a [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><a>&e;</a>",
		"<!DOCTYPE a SYSTEM 'http://127.0.0.1:1/a.dtd'><a/>",
		"<!DOCTYPE a [<!ENTITY x '1'><!ENTITY y '&x;&x;&x;&x;'>]><a>&y;</a>",
	};
	struct xml_node *n = (struct xml_node *)(uintptr_t)1;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		if (parse(bad[i], &n) != ERR_INVALID)
			fail_msg("taken: %s", bad[i]);
		assert_true(n == (struct xml_node *)(uintptr_t)1); /* untouched */
	}
}

/* Each limit, and one past it. */
static void
test_limits(void **state)
{
	struct xml_node *n = NULL;
	struct err e = { 0 };
	struct buf b;

	(void)state;
	buf_init(&b, 0);
	for (int more = 0; more < 2; more++) {
		buf_reset(&b);
		for (int i = 0; i < XMLTREE_MAX_DEPTH + more; i++)
			buf_adds(&b, "<a>");
		for (int i = 0; i < XMLTREE_MAX_DEPTH + more; i++)
			buf_adds(&b, "</a>");
		assert_int_equal(more ? ERR_LIMIT : ERR_OK, parse(buf_text(&b), &n));
		/* the root and its attribute count too */
		buf_reset(&b);
		buf_adds(&b, "<a x=''>");
		for (unsigned i = 0; i < XMLTREE_MAX_NODES - 2 + (unsigned)more; i++)
			buf_adds(&b, "<b/>");
		buf_adds(&b, "</a>");
		assert_int_equal(more ? ERR_LIMIT : ERR_OK, parse(buf_text(&b), &n));
		buf_reset(&b);
		buf_adds(&b, "<a>");
		while (b.size < XMLTREE_MAX_BYTES - 4 + (unsigned)more)
			buf_addc(&b, 'x');
		buf_adds(&b, "</a>");
		arena_reset(&mem);
		assert_int_equal(more ? ERR_LIMIT : ERR_OK,
		                 xmltree_parse(b.data, b.size, &mem, &n, &e));
	}
	buf_done(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tree),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_limits),
	};
	int rc;

	arena_init(&mem, 0);
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	arena_done(&mem);
	return rc;
}
