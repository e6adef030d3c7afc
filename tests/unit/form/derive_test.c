#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/csv.h"
#include "form/derive.h"
#include "form/dict.h"
#include "form/template.h"
#include "form/visible.h"

/* Columns, dictionary, empty sheet and visible parts, all from one small form. */
static const char source[] =
	"type,name,label,label::uk,reviewer::uk,hint,hint::uk,required,relevant,constraint,access,"
	"unit,"
	"reference,core,verified,geometry\n"
	"settings_kind,mini,Mini|form,Міні\nsettings_version,3\nsettings_national_id,id\n"
	"text,id,Number,Номер,Olena,\"The, number\",Номер запису,yes,,,public,,IMAS 05.10,yes\n"
	"integer,n,Count,Кількість,,,,,,. >= 0,partner,person\ndecimal,area,Area,,,,,,,,,m2\n"
	"date,day,Day\ntime,at,At\ndateTime,stamp,Stamp\n"
	"select_one l,one,One,,,,,,\"${n} > 1 | ${area}\"\nselect_multiple l,many,Many\n"
	"geopoint,view,View point\ngeometry,geometry,Shape,,,,,,,,,,,,no,polygon multipolygon\n"
	"file,photo,Photo\nrecord hazard,parent,Parent\nrecords,refs,References\n"
	"begin_repeat,part,Parts,,,,,,,,public\ntext,open_part,Open\n"
	"text,closed_part,Closed,,,,,,,,restricted\nend_repeat\n"
	"begin_repeat,person,People,,,,,,,,public\ntext,called,Called,,,,,,,,identity\nend_repeat\n"
	"#choices\nlist_name,name,label,label::uk,reference,verified,apmbc,hint,hint::uk\n"
	"l,a,A,Ей,IMAS 1,no,yes,sure,точно\nl,b,B\n";

static struct form *
parse(void)
{
	struct form *f = NULL;
	struct err e = { 0 };

	if (form_parse(source, sizeof source - 1, NULL, 0, &f, &e) != ERR_OK)
		fail_msg("%s", e.text);
	return f;
}

static void
columns_follow_from_the_form(void **state)
{
	static const struct {
		const char *name;
		enum derive_type type;
		enum derive_check check;
		size_t length;
		enum form_access access;
	} c[] = {
		{ "id", DERIVE_TEXT, DERIVE_CHECK_TYPE, 0, FORM_PUBLIC },
		{ "n", DERIVE_INTEGER, DERIVE_CHECK_TYPE, 0, FORM_PARTNER },
		{ "area", DERIVE_REAL, DERIVE_CHECK_TYPE, 0, FORM_RESTRICTED },
		{ "day", DERIVE_TEXT, DERIVE_CHECK_LENGTH, 10, FORM_RESTRICTED },
		{ "at", DERIVE_TEXT, DERIVE_CHECK_TYPE, 0, FORM_RESTRICTED },
		{ "stamp", DERIVE_TEXT, DERIVE_CHECK_TYPE, 0, FORM_RESTRICTED },
		{ "one", DERIVE_TEXT, DERIVE_CHECK_CODE, 0, FORM_RESTRICTED },
		{ "many", DERIVE_JSON, DERIVE_CHECK_ARRAY, 0, FORM_RESTRICTED },
		{ "view", DERIVE_JSON, DERIVE_CHECK_GEOJSON, 0, FORM_RESTRICTED },
		{ "geometry", DERIVE_GEOMETRY, DERIVE_CHECK_BLOB, 0, FORM_RESTRICTED },
		{ "photo", DERIVE_TEXT, DERIVE_CHECK_LENGTH, 64, FORM_RESTRICTED },
		{ "parent", DERIVE_TEXT, DERIVE_CHECK_LENGTH, 36, FORM_RESTRICTED },
		{ "refs", DERIVE_JSON, DERIVE_CHECK_ARRAY, 0, FORM_RESTRICTED },
		{ "part", DERIVE_JSON, DERIVE_CHECK_ARRAY, 0, FORM_RESTRICTED },
		{ "person", DERIVE_JSON, DERIVE_CHECK_ARRAY, 0, FORM_IDENTITY },
	};
	struct form *f = parse();
	struct derive_table t = { 0 };
	struct arena mem;
	struct err e = { 0 };

	(void)state;
	arena_init(&mem, 0);
	assert_int_equal(form_derive(f, &mem, &t, &e), ERR_OK);
	assert_string_equal(t.kind, "mini");
	assert_int_equal(t.count, sizeof c / sizeof *c);
	for (size_t i = 0; i < t.count; i++) {
		assert_string_equal(t.column[i].name, c[i].name);
		assert_int_equal(t.column[i].type, c[i].type);
		assert_int_equal(t.column[i].check, c[i].check);
		assert_int_equal(t.column[i].length, c[i].length);
		assert_int_equal(t.column[i].access, c[i].access);
		assert_ptr_equal(t.column[i].field, &f->field[i]);
		/* A glob has one bracket or mark for each of the characters. */
		if (t.column[i].glob && t.column[i].length == 36)
			assert_int_equal(strlen(t.column[i].glob), 36);
	}
	assert_string_equal(t.geometry->name, "geometry");
	assert_string_equal(t.geometry_type, "GEOMETRY");
	assert_string_equal(t.column[0].description, "The, number");
	assert_string_equal(derive_type_name(DERIVE_JSON), "json");
	arena_done(&mem);
	arena_init(&mem, 16);
	assert_int_equal(form_derive(f, &mem, &t, &e), ERR_NOMEM);
	arena_done(&mem);
	form_free(f);
}

static void
has_line(const char *text, const char *line)
{
	const char *at = strstr(text, line);

	if (!at || (at != text && at[-1] != '\n') || at[strlen(line)] != '\n')
		fail_msg("no line '%s' in:\n%s", line, text);
}

static void
dictionary_for_people(void **state)
{
	struct form *f = parse();
	struct buf b;

	(void)state;
	buf_init(&b, 0);
	form_dictionary_markdown(f, FORM_UK, &b);
	assert_true(buf_ok(&b));
	has_line(buf_text(&b), "## Міні (not reviewed; English: Mini\\|form)");
	has_line(buf_text(&b), "Kind `mini`, version 3. The national id is in `id`.");
	has_line(buf_text(&b), "| `id` | Номер | text | public |  | IMAS 05.10 | Номер запису; "
	                       "required; core |");
	has_line(buf_text(&b),
	         "| `n` | Кількість (not reviewed; English: Count) | integer | partner | "
	         "person |  | must hold: `. >= 0` |");
	has_line(buf_text(&b),
	         "| `one` | One | select_one [l](#list-l) | restricted |  |  | asked when "
	         "`${n} > 1 \\| ${area}` |");
	has_line(buf_text(&b),
	         "| `geometry` | Shape | geometry polygon multipolygon | restricted |  | "
	         " | (not verified) |");
	has_line(buf_text(&b), "| `parent` | Parent | record hazard | restricted |  |  |  |");
	has_line(buf_text(&b), "| `part.closed_part` | Closed | text | restricted |  |  |  |");
	has_line(buf_text(&b), "### list l");
	has_line(buf_text(&b),
	         "| `a` | Ей (not reviewed; English: A) | IMAS 1 | apmbc: yes; sure; (not "
	         "verified) |");
	buf_done(&b);
	form_free(f);
}

static void
dictionary_for_programs(void **state)
{
	struct form *f = parse();
	struct json_value *v = NULL;
	struct json_value *field;
	struct json_value *choice;
	struct arena mem;
	struct err e = { 0 };
	struct buf b;

	(void)state;
	arena_init(&mem, 0);
	buf_init(&b, 0);
	form_dictionary_json(f, &b);
	assert_int_equal(json_parse(buf_text(&b), b.size, 0, &mem, &v, &e), ERR_OK);
	assert_string_equal(json_get_string(v, "kind"), "mini");
	assert_true(json_get_number(v, "version", 0) == 3);
	field = json_get(v, "fields")->first;
	assert_string_equal(json_get_string(field, "name"), "id");
	assert_string_equal(json_get_string(json_get(field, "label"), "uk"), "Номер");
	assert_int_equal(json_get(json_get(field, "reviewed"), "uk")->type, JSON_TRUE);
	assert_int_equal(json_get(field, "core")->type, JSON_TRUE);
	assert_int_equal(json_get(field->next, "verified")->type, JSON_TRUE);
	assert_string_equal(json_get_string(field->next, "constraint"), ". >= 0");
	assert_int_equal(json_get(json_get(field->next, "reviewed"), "uk")->type, JSON_FALSE);
	choice = json_get(json_get(v, "lists")->first, "choices")->first;
	assert_string_equal(json_get_string(choice, "code"), "a");
	assert_int_equal(json_get(choice, "verified")->type, JSON_FALSE);
	assert_string_equal(json_get_string(json_get(choice, "extra"), "hint::uk"), "точно");
	buf_done(&b);
	arena_done(&mem);
	form_free(f);
}

static void
empty_sheet(void **state)
{
	struct form *f = parse();
	struct csv_reader r;
	struct csv_field *cell = NULL;
	size_t n = 0;
	struct arena mem;
	struct err e = { 0 };
	struct buf b;

	(void)state;
	arena_init(&mem, 0);
	buf_init(&b, 0);
	form_template_csv(f, FORM_UK, &b);
	assert_true(buf_ok(&b));
	csv_open(&r, buf_text(&b), b.size, ',');
	assert_int_equal(csv_next(&r, &mem, 64, &cell, &n, &e), ERR_OK);
	assert_int_equal(n, f->field_count);
	assert_string_equal(cell[0].s, "id");
	assert_string_equal(cell[14].s, "person");
	assert_int_equal(csv_next(&r, &mem, 64, &cell, &n, &e), ERR_OK);
	assert_int_equal(n, f->field_count);
	assert_string_equal(cell[0].s, "# Номер; text; required; Номер запису");
	assert_string_equal(cell[1].s, "Кількість; whole number; in person");
	assert_string_equal(cell[6].s, "One; one of: a b");
	assert_string_equal(cell[7].s, "Many; JSON list of: a b");
	assert_string_equal(
		cell[9].s, "Shape; GeoJSON or WKT, longitude first, WGS 84: polygon, multipolygon");
	assert_string_equal(cell[11].s, "Parent; id of a record (hazard)");
	assert_string_equal(cell[13].s, "Parts; JSON list of objects with: open_part, closed_part");
	assert_int_equal(csv_next(&r, &mem, 64, &cell, &n, &e), ERR_OK);
	assert_int_equal(n, 0);
	buf_done(&b);
	arena_done(&mem);
	form_free(f);
}

static void
readers_see_their_part(void **state)
{
	static const struct {
		const char *field, *value;
		enum form_access cleared;
		const char *expected;
	} c[] = {
		{ "n", "5", FORM_PUBLIC, "null" },
		{ "n", "5", FORM_PARTNER, "5" },
		{ "part", "[{\"open_part\":\"o\",\"closed_part\":\"c\",\"stray\":1},{},5]",
		  FORM_PARTNER, "[{\"open_part\":\"o\"},{},null]" },
		{ "part", "[{\"open_part\":\"o\",\"closed_part\":\"c\"}]", FORM_RESTRICTED,
		  "[{\"closed_part\":\"c\",\"open_part\":\"o\"}]" },
		{ "person", "[{\"called\":\"Ana\"}]", FORM_RESTRICTED, "null" },
		{ "person", "[{\"called\":\"Ana\"}]", FORM_IDENTITY, "[{\"called\":\"Ana\"}]" },
		{ "part", "{}", FORM_IDENTITY, "[]" },
	};
	struct form *f = parse();
	struct arena mem;

	(void)state;
	arena_init(&mem, 0);
	for (size_t i = 0; i < sizeof c / sizeof *c; i++) {
		struct json_value *v = NULL;
		struct err e = { 0 };
		struct buf b;

		buf_init(&b, 0);
		assert_int_equal(json_parse(c[i].value, strlen(c[i].value), 0, &mem, &v, &e),
		                 ERR_OK);
		form_write_visible(form_find(f, c[i].field), v, c[i].cleared, &b);
		assert_string_equal(buf_text(&b), c[i].expected);
		buf_done(&b);
	}
	arena_done(&mem);
	form_free(f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(columns_follow_from_the_form),
		cmocka_unit_test(dictionary_for_people),
		cmocka_unit_test(dictionary_for_programs),
		cmocka_unit_test(empty_sheet),
		cmocka_unit_test(readers_see_their_part),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
