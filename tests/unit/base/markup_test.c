/* Expected: the predefined entities of XML 1.0 (section 4.6) and its Char production (2.2); HTML's
 * character references (section 13.5 lists amp, lt, gt, quot). */
#include "../unit.h"

#include "base/markup.h"

static void
expect(const char *text, const char *markup)
{
	struct buf b;

	buf_init(&b, 1000);
	buf_adds(&b, "<p>");
	markup_add_text(&b, text);
	assert_true(buf_ok(&b));
	assert_string_equal(buf_text(&b) + 3, markup);
	buf_done(&b);
}

static void
test_references(void **state)
{
	(void)state;
	expect("", "");
	expect(NULL, "");
	expect("Fields & <b>\"roads\"</b>, Ed's",
	       "Fields &amp; &lt;b&gt;&quot;roads&quot;&lt;/b&gt;, Ed&#39;s");
	expect("&amp;", "&amp;amp;"); /* text that is a reference already stays that text */
	expect("</script><!-- ]]>", "&lt;/script&gt;&lt;!-- ]]&gt;");
}

static void
test_other_letters_stay(void **state)
{
	(void)state;
	expect("\xd0\x9c\xd1\x96\xd0\xbd\xd0\xb8 \xc9\x99 \xe2\x82\xac \xf0\x9f\x92\xa3",
	       "\xd0\x9c\xd1\x96\xd0\xbd\xd0\xb8 \xc9\x99 \xe2\x82\xac \xf0\x9f\x92\xa3");
	expect("`=/;#", "`=/;#");
}

static void
test_control_characters(void **state)
{
	char in[33], out[33];

	(void)state;
	for (int c = 1; c < 32; c++) {
		in[c - 1] = (char)c;
		out[c - 1] = ' ';
	}
	in[31] = 0x7f;
	out[31] = ' ';
	in[32] = out[32] = '\0';
	out['\n' - 1] = '\n';
	out['\t' - 1] = '\t';
	expect(in, out);
}

static void
test_room(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 4);
	markup_add_text(&b, "a&b"); /* seven bytes */
	assert_false(buf_ok(&b));
	buf_done(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_references),
		cmocka_unit_test(test_other_letters_stay),
		cmocka_unit_test(test_control_characters),
		cmocka_unit_test(test_room),
	};

	return cmocka_run_group_tests_name("markup", tests, NULL, NULL);
}
