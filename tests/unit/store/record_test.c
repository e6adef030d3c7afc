#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "store/record.h"

static void
split(void **state)
{
	static const char text[] = "{\"a\":1,\"b\":\"x\\\",}\",\"c\":[1,{\"d\":\"]\"}],\"e\":{}}";
	struct record_member m[5];

	(void)state;
	assert_int_equal(record_split(text, sizeof(text) - 1, m, 5), 4);
	assert_memory_equal(m[1].value, "\"x\\\",}\"", m[1].value_n);
	assert_int_equal(m[1].value_n, 7);
	assert_memory_equal(m[2].value, "[1,{\"d\":\"]\"}]", m[2].value_n);
	assert_int_equal(m[3].value_n, 2);
	assert_int_equal(record_split("{}", 2, m, 5), 0);
	/* one member too many, and bytes the program never writes */
	assert_int_equal(record_split(text, sizeof(text) - 1, m, 3), -1);
	assert_int_equal(record_split("{\"a\":1", 6, m, 5), -1);
	assert_int_equal(record_split("[1]", 3, m, 5), -1);
	assert_int_equal(record_split("{a:1}", 5, m, 5), -1);
	for (size_t n = 0; n + 1 < sizeof(text); n++) /* cut anywhere: never read past the end */
		(void)record_split(text, n, m, 5);
}

static struct form *
hazard_form(void)
{
	const char *survey, *choices;
	struct form *f = NULL;
	struct err e;

	assert_true(form_builtin("hazard", &survey, &choices));
	assert_int_equal(form_parse(survey, strlen(survey), choices, strlen(choices), &f, &e),
	                 ERR_OK);
	return f;
}

static void
there_and_back(void **state)
{
	static const char json[] =
		"{\"accuracy_m\":2.5,\"class\":\"sha\",\"geometry\":{\"coordinates\":[-125,-45],"
		"\"type\":\"Point\"},\"import_row\":7,\"valid_from\":\"2024-05-01\"}";
	struct form *form = hazard_form();
	struct json_value *v;
	struct store_fields f;
	struct arena mem;
	struct buf out;
	struct err e;
	int sorted[600];

	(void)state;
	arena_init(&mem, 0);
	buf_init(&out, 0);
	for (size_t i = 0; i < form->field_count; i++) { /* insertion by name */
		size_t j = i;

		for (; j > 0 && strcmp(form->field[sorted[j - 1]].name, form->field[i].name) > 0;
		     j--)
			sorted[j] = sorted[j - 1];
		sorted[j] = (int)i;
	}
	assert_int_equal(json_parse(json, sizeof(json) - 1, 0, &mem, &v, &e), ERR_OK);
	assert_int_equal(fields_from_json(form, v, false, &mem, &f, &e), ERR_OK);
	fields_to_json(&f, sorted, false, &out);
	assert_string_equal(buf_text(&out), json);
	assert_true(fields_number(&f, "accuracy_m", 0) == 2.5);
	assert_string_equal(fields_text(&f, "class"), "sha");
	/* a name the form does not know, a value of the wrong type */
	assert_int_equal(json_parse("{\"nonsense\":1}", 14, 0, &mem, &v, &e), ERR_OK);
	assert_int_equal(fields_from_json(form, v, false, &mem, &f, &e), ERR_INVALID);
	assert_non_null(strstr(e.text, "nonsense"));
	assert_int_equal(fields_from_json(form, v, true, &mem, &f, &e), ERR_OK);
	assert_int_equal(json_parse("{\"import_row\":1.5}", 18, 0, &mem, &v, &e), ERR_OK);
	assert_int_equal(fields_from_json(form, v, false, &mem, &f, &e), ERR_INVALID);
	buf_done(&out);
	arena_done(&mem);
	form_free(form);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(split),
		                            cmocka_unit_test(there_and_back) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
