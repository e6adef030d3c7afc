#include "../unit.h"

#include <math.h>
#include <string.h>

#include "ingest/convert.h"

static struct form *form;
static struct converter *converter;
static struct arena mem;

static int
set_up(void **state)
{
	const char *survey, *choices;

	(void)state;
	arena_init(&mem, 0);
	if (!form_builtin("hazard", &survey, &choices) ||
	    form_parse(survey, strlen(survey), choices, strlen(choices), &form, NULL))
		return -1;
	return converter_create(form, &converter, NULL) == ERR_OK ? 0 : -1;
}

static int
tear_down(void **state)
{
	(void)state;
	converter_free(converter);
	form_free(form);
	arena_done(&mem);
	return 0;
}

static enum convert_result
convert(const char *field, const char *text, struct store_value *v)
{
	struct mapping_value in = { .type = MAPPING_TEXT, .s = text, .n = strlen(text) };

	*v = (struct store_value){ 0 };
	return convert_value(converter, form_index(form, field), &in, &mem, v);
}

static void
expect(const char *field, const char *text, const char *want)
{
	struct store_value v;

	if (convert(field, text, &v) != CONVERT_OK)
		fail_msg("%s: \"%s\" was not read", field, text);
	assert_string_equal(v.s, want);
	assert_int_equal(v.n, strlen(want));
}

static void
expect_result(const char *field, const char *text, enum convert_result want)
{
	struct store_value v;

	assert_int_equal(convert(field, text, &v), want);
	assert_int_equal(v.type, STORE_NULL);
}

static void
numbers(void **state)
{
	static const struct {
		const char *text;
		double want;
	} good[] = {
		{ "12.5", 12.5 },
		{ "12,5", 12.5 },
		{ "-3", -3 },
		{ "1 234 567", 1234567 },
		{ "1.234,56", 1234.56 },
		{ "1,234.56", 1234.56 },
		{ "1,234,567", 1234567 },
		{ "1.234.567", 1234567 },
		{ "1\xc2\xa0"
		  "234,5",
		  1234.5 },
		{ "0,125", 0.125 },
		{ "1e3", 1000 },
		{ "+7", 7 },
		{ " 5 ", 5 },
		{ "12345,678", 12345.678 },
	};
	static const char *const bad[] = { "1,234",        "12,345", "",      "x",
		                           "1 23",         "1,2,3",  "1.2.3", "nan",
		                           "inf",          "12,",    ",",     "1,23.4,5",
		                           "1234.567,8.9", "0x10" };
	double d;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(good); i++) {
		d = NAN;
		if (!convert_number(good[i].text, strlen(good[i].text), &d))
			fail_msg("\"%s\" was not read", good[i].text);
		assert_true(d == good[i].want);
	}
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		d = -77;
		if (convert_number(bad[i], strlen(bad[i]), &d))
			fail_msg("\"%s\" was read as %g", bad[i], d);
		assert_true(d == -77);
	}
}

static void
fields_of_numbers(void **state)
{
	struct mapping_value in = { .type = MAPPING_REAL, .d = 5 };
	struct store_value v;

	(void)state;
	assert_int_equal(convert("returnees_expected", "1 250", &v), CONVERT_OK);
	assert_int_equal(v.type, STORE_INT);
	assert_int_equal(v.i, 1250);
	expect_result("returnees_expected", "12.5", CONVERT_BAD);
	expect_result("returnees_expected", "many", CONVERT_BAD);
	expect_result("returnees_expected", "  ", CONVERT_EMPTY);
	assert_int_equal(
		convert_value(converter, form_index(form, "returnees_expected"), &in, &mem, &v),
		CONVERT_OK);
	assert_int_equal(v.i, 5);
	in.d = 9007199254740993.0 * 2;
	assert_int_equal(
		convert_value(converter, form_index(form, "returnees_expected"), &in, &mem, &v),
		CONVERT_BAD);
	in.d = NAN;
	assert_int_equal(convert_value(converter, form_index(form, "radius_m"), &in, &mem, &v),
	                 CONVERT_BAD);
	in.type = MAPPING_BLOB;
	in.s = "x";
	in.n = 1;
	assert_int_equal(convert_value(converter, form_index(form, "radius_m"), &in, &mem, &v),
	                 CONVERT_BAD);
	assert_int_equal(convert_value(converter, form_index(form, "remarks"), &in, &mem, &v),
	                 CONVERT_BAD);
}

static void
choices(void **state)
{
	(void)state;
	expect("class", "cha", "cha");
	expect("class", " CHA ", "cha");
	expect("class", "Confirmed Hazardous Area", "cha");
	expect("class", "Підтверджена небезпечна ділянка", "cha");
	expect("class", "təsdiqlənmiş təhlükəli sahə", "cha");
	expect("marked", "Sí", "yes");
	expect("marked", "0", "no");
	expect("marked", "так", "yes");
	expect_result("class", "minefield", CONVERT_BAD);
	expect_result("class", "", CONVERT_EMPTY);
}

static void
lists(void **state)
{
	struct store_value v;

	(void)state;
	expect("blockages", "housing;water", "[\"housing\",\"water\"]");
	expect("blockages", "housing, water", "[\"housing\",\"water\"]");
	expect("blockages", "housing water housing", "[\"housing\",\"water\"]");
	expect("blockages", "Roads and transport | Livelihood other than agriculture",
	       "[\"roads_transport\",\"non_agriculture_livelihood\"]");
	expect("blockages", "Roads and transport", "[\"roads_transport\"]");
	expect("blockages", "[\"water\"]", "[\"water\"]");
	expect_result("blockages", "housing;foo", CONVERT_BAD);
	expect_result("blockages", "[1]", CONVERT_BAD);
	assert_int_equal(convert("blockages", "[]", &v), CONVERT_EMPTY);
}

static void
dates_ids_and_geometry(void **state)
{
	struct mapping_value day = { .type = MAPPING_INT, .i = 20240512 },
			     not_day = { .type = MAPPING_INT, .i = 45424 };
	struct store_value v;

	(void)state;
	expect("valid_from", "12.05.2024", "2024-05-12");
	expect_result("valid_from", "05/06/2024", CONVERT_BAD);
	assert_int_equal(convert_value(converter, form_index(form, "valid_from"), &day, &mem, &v),
	                 CONVERT_OK);
	assert_string_equal(v.s, "2024-05-12");
	/* a serial number of a spreadsheet is no date unless the file says so */
	assert_int_equal(
		convert_value(converter, form_index(form, "valid_from"), &not_day, &mem, &v),
		CONVERT_BAD);
	expect("place", "018CC251-F45C-7E1A-AF78-681F3ABB44BC",
	       "018cc251-f45c-7e1a-af78-681f3abb44bc");
	expect_result("place", "Sarajevo", CONVERT_BAD);
	expect("reference_point", "POINT (17 45)", "{\"coordinates\":[17,45],\"type\":\"Point\"}");
	expect("reference_point", "{\"type\":\"Point\",\"coordinates\":[17,45]}",
	       "{\"coordinates\":[17,45],\"type\":\"Point\"}");
	expect_result("reference_point", "17 45", CONVERT_BAD);
	expect("evidence", " [ {\"type\":\"verbal\"} ] ", "[{\"type\":\"verbal\"}]");
	expect_result("evidence", "{\"type\":\"verbal\"}", CONVERT_BAD);
}

static void
texts_as_given(void **state)
{
	struct mapping_value n = { .type = MAPPING_INT, .i = 41 },
			     d = { .type = MAPPING_REAL, .d = 4.25 };
	struct store_value v;

	(void)state;
	expect("remarks", "  two words ", "two words");
	assert_int_equal(convert_value(converter, form_index(form, "remarks"), &n, &mem, &v),
	                 CONVERT_OK);
	assert_string_equal(v.s, "41");
	assert_int_equal(convert_value(converter, form_index(form, "remarks"), &d, &mem, &v),
	                 CONVERT_OK);
	assert_string_equal(v.s, "4.25");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers),
		cmocka_unit_test(fields_of_numbers),
		cmocka_unit_test(choices),
		cmocka_unit_test(lists),
		cmocka_unit_test(dates_ids_and_geometry),
		cmocka_unit_test(texts_as_given),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
