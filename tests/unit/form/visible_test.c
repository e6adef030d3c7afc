/* What a reader may see inside a value. Expected texts by hand: nothing above the reader's
 * clearance, nothing that is no field, members in the order of RFC 8785. */
#include "../unit.h"

#include <string.h>

#include "form/visible.h"

static const char survey[] = "type,name,label,access\n"
			     "settings_kind,mini,Mini,\nsettings_version,1,,\n"
			     "text,title,Title,public\n"
			     "text,note,Note,restricted\n"
			     "text,who,Who,identity\n"
			     "begin_repeat,part,Part,partner\n"
			     "text,size,Size,public\n"
			     "text,owner,Owner,restricted\n"
			     "text,colour,Colour,restricted\n"
			     "text,b,B,public\n"
			     "end_repeat,,,\n"
			     "begin_repeat,person,Person,public\n"
			     "text,name,Name,identity\n"
			     "text,age,Age,public\n"
			     "end_repeat,,,\n";

static struct form *form;
static struct arena mem;

static int
set_up(void **state)
{
	struct err e = { 0 };

	(void)state;
	arena_init(&mem, 0);
	if (form_parse(survey, sizeof(survey) - 1, "", 0, &form, &e)) {
		print_error("%s\n", e.text);
		return -1;
	}
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	form_free(form);
	arena_done(&mem);
	return 0;
}

static void
expect(const char *field, const char *value, enum form_access cleared, const char *seen)
{
	struct json_value *v = NULL;
	struct buf b;

	buf_init(&b, 0);
	assert_int_equal(json_parse(value, strlen(value), 0, &mem, &v, NULL), ERR_OK);
	form_write_visible(form_find(form, field), v, cleared, &b);
	assert_true(buf_ok(&b));
	assert_string_equal(buf_text(&b), seen);
	buf_done(&b);
}

static void
a_field(void **state)
{
	(void)state;
	expect("title", "\"a\"", FORM_PUBLIC, "\"a\"");
	expect("note", "\"a\"", FORM_PARTNER, "null");
	expect("note", "\"a\"", FORM_RESTRICTED, "\"a\"");
	expect("who", "\"a\"", FORM_RESTRICTED, "null");
	expect("who", "\"a\"", FORM_IDENTITY, "\"a\"");
	for (int cleared = FORM_PUBLIC; cleared <= FORM_IDENTITY; cleared++)
		for (size_t i = 0; i < form->field_count; i++)
			assert_int_equal(form_may_see(&form->field[i], (enum form_access)cleared),
			                 (int)form->field[i].access <= cleared);
}

#define PARTS                                                                                      \
	"[{\"owner\":\"Ann\",\"size\":\"1\",\"colour\":\"red\",\"b\":\"2\"},{\"owner\":\"Bo\"}]"

static void
inside_a_repeat(void **state)
{
	(void)state;
	expect("part", PARTS, FORM_PUBLIC, "null"); /* the repeat itself is for partners */
	expect("part", PARTS, FORM_PARTNER, "[{\"b\":\"2\",\"size\":\"1\"},{}]");
	for (int cleared = FORM_RESTRICTED; cleared <= FORM_IDENTITY; cleared++)
		expect("part", PARTS, (enum form_access)cleared,
		       "[{\"b\":\"2\",\"colour\":\"red\",\"owner\":\"Ann\",\"size\":\"1\"},{\"owner\":\"Bo\"}]");
	/* who is one of several persons can be told from the rest: all or nothing */
	expect("person", "[{\"age\":\"7\",\"name\":\"Ann\"}]", FORM_RESTRICTED, "null");
	expect("person", "[{\"name\":\"Ann\",\"age\":\"7\"}]", FORM_IDENTITY,
	       "[{\"age\":\"7\",\"name\":\"Ann\"}]");
}

static void
what_is_no_field(void **state)
{
	(void)state;
	expect("part", "[{\"size\":\"1\",\"name\":\"Ann\",\"\":\"x\"}]", FORM_PARTNER,
	       "[{\"size\":\"1\"}]");
	expect("part", "[\"Ann\",7,null,[{\"size\":\"1\"}]]", FORM_PARTNER,
	       "[null,null,null,null]");
	expect("part", "{\"owner\":\"Ann\"}", FORM_PARTNER, "[]");
	expect("part", "\"Ann\"", FORM_PARTNER, "[]");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_field, set_up, tear_down),
		cmocka_unit_test_setup_teardown(inside_a_repeat, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_is_no_field, set_up, tear_down),
	};

	return cmocka_run_group_tests_name("visible", tests, NULL, NULL);
}
