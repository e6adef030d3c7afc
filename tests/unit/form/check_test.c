#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/mem.h"
#include "form/check.h"

#define TODAY clock_days(2026, 8, 14)
#define ID "\"01890a5d-ac96-774b-bcce-b302099a8057\""
#define ID2 "\"01890a5d-ac96-774b-bcce-b302099a8058\""
#define HEX8 "0123abcd"
#define SHA HEX8 HEX8 HEX8 HEX8 HEX8 HEX8 HEX8 HEX8

static const char survey[] =
	"type,name,label,required,relevant,constraint,constraint_message,geometry,link\n"
	"settings_kind,mini,Mini,,,,,,\nsettings_version,4,,,,,,,\n"
	"text,title,Title,yes,,,,,\n"
	"integer,count,Count,,,. >= 0 and . <= 100,0 to 100 are possible,,\n"
	"decimal,depth,Depth,,,. < ${count},,,\n"
	"date,day,Day,,,. <= today(),,,\ntime,at,At,,,,,,\ndateTime,stamp,Stamp,,,,,,\n"
	"select_one colour,colour,Colour,,,,,,\n"
	"select_multiple colour,colours,Colours,,,count-selected(.) < 3,,,\n"
	"text,why,Why,yes,${colour} = 'other',,,,\n"
	"geometry,shape,Shape,,,,,polygon multipolygon,\ngeopoint,spot,Spot,,,,,,\n"
	"file,report,Report,,,,,,\nrecord "
	"hazard,parent,Parent,,,,,,\nrecords,sources,Sources,,,,,,\n"
	"begin_repeat,part,Part,,,,,,\ntext,part_name,Name,yes,,,,,\n"
	"integer,part_size,Size,,,. > 0 and . <= ${count},,,\n"
	"select_one colour,part_colour,Colour,,${part_size} > 5,,,,\nend_repeat,,,,,,,,\n"
	"text,code,Code,,,\"regex(., '[A-Z]{2}-[0-9]+')\",,,\n"
	"date,bad,Bad,,,. > date(${title}),,,\n";
static const char choices[] =
	"list_name,name,label\ncolour,red,Red\ncolour,blue,Blue\ncolour,green,Green\n"
	"colour,other,Other\ncolour,unknown,Unknown\n";

struct world {
	struct form *form;
	struct form_checker *checker;
	struct arena mem;
};

static int
setup(void **state)
{
	static struct world w;
	struct err e = { 0 };

	arena_init(&w.mem, 0);
	if (form_parse(survey, sizeof survey - 1, choices, sizeof choices - 1, &w.form, &e) !=
	            ERR_OK ||
	    form_checker_create(w.form, &w.checker, &e) != ERR_OK) {
		print_error("%s\n", e.text);
		return -1;
	}
	*state = &w;
	return 0;
}

static int
teardown(void **state)
{
	struct world *w = *state;

	form_checker_free(w->checker);
	form_free(w->form);
	arena_done(&w->mem);
	return 0;
}

static struct form_issues
check(struct world *w, const char *json)
{
	struct json_value *v = NULL;
	struct form_issues issues = { 0 };
	struct err e = { 0 };

	if (json_parse(json, strlen(json), 0, &w->mem, &v, &e) != ERR_OK ||
	    form_check_record(w->checker, v, TODAY, &w->mem, &issues, &e) != ERR_OK)
		fail_msg("%s: %s", json, e.text);
	return issues;
}

struct one {
	const char *json;
	const char *check;
	const char *field;
	const char *text;
	enum form_severity severity;
};

/* Each sentence in full, so that nobody changes what people read without seeing it here. */
static const struct one ones[] = {
	{ "{}", "required", "title", "field 'title' is required and empty", FORM_FLAG },
	{ "{\"title\":\"\"}", "required", "title", "field 'title' is required and empty",
	  FORM_FLAG },
	{ "{\"title\":null}", "required", "title", "field 'title' is required and empty",
	  FORM_FLAG },
	{ "{\"title\":5}", "type", "title", "field 'title' is '5', not a text", FORM_REFUSE },
	{ "{\"title\":\"t\",\"count\":\"many\"}", "type", "count",
	  "field 'count' is 'many', not a whole number", FORM_REFUSE },
	{ "{\"title\":\"t\",\"count\":1.5}", "type", "count",
	  "field 'count' is '1.5', not a whole number", FORM_REFUSE },
	{ "{\"title\":\"t\",\"count\":9007199254740993}", "type", "count",
	  "field 'count' is '9007199254740992', not a whole number", FORM_REFUSE },
	{ "{\"title\":\"t\",\"count\":101}", "constraint", "count",
	  "field 'count' is '101': 0 to 100 are possible", FORM_FLAG },
	{ "{\"title\":\"t\",\"depth\":true}", "type", "depth",
	  "field 'depth' is 'true', not a number", FORM_REFUSE },
	{ "{\"title\":\"t\",\"count\":3,\"depth\":3}", "constraint", "depth",
	  "field 'depth' is '3', which breaks the rule . < ${count}", FORM_FLAG },
	{ "{\"title\":\"t\",\"day\":\"2026-02-30\"}", "type", "day",
	  "field 'day' is '2026-02-30', not a date YYYY-MM-DD", FORM_REFUSE },
	{ "{\"title\":\"t\",\"day\":\"2026-08-15\"}", "constraint", "day",
	  "field 'day' is '2026-08-15', which breaks the rule . <= today()", FORM_FLAG },
	{ "{\"title\":\"t\",\"at\":\"24:00\"}", "type", "at",
	  "field 'at' is '24:00', not a time HH:MM or HH:MM:SS", FORM_REFUSE },
	{ "{\"title\":\"t\",\"at\":\"10:00:00.5\"}", "type", "at",
	  "field 'at' is '10:00:00.5', not a time HH:MM or HH:MM:SS", FORM_REFUSE },
	{ "{\"title\":\"t\",\"stamp\":\"2026-05-04T09:12:44\"}", "type", "stamp",
	  "field 'stamp' is '2026-05-04T09:12:44', not a date and time such as "
	  "2026-05-04T09:12:44Z",
	  FORM_REFUSE },
	{ "{\"title\":\"t\",\"colour\":\"pink\"}", "choice", "colour",
	  "field 'colour' is 'pink', which is no code of list 'colour' (red, blue, green, other, "
	  "unknown)",
	  FORM_REFUSE },
	{ "{\"title\":\"t\",\"colour\":7}", "type", "colour", "field 'colour' is '7', not a code",
	  FORM_REFUSE },
	{ "{\"title\":\"t\",\"colour\":\"red\\u0000x\"}", "choice", "colour",
	  "field 'colour' is 'red', which is no code of list 'colour' (red, blue, green, other, "
	  "unknown)",
	  FORM_REFUSE },
	{ "{\"title\":\"t\",\"colours\":\"red\"}", "type", "colours",
	  "field 'colours' is 'red', not a list", FORM_REFUSE },
	{ "{\"title\":\"t\",\"colours\":[\"red\",\"pink\"]}", "choice", "colours",
	  "field 'colours' is 'pink', which is no code of list 'colour' (red, blue, green, other, "
	  "unknown)",
	  FORM_REFUSE },
	{ "{\"title\":\"t\",\"colours\":[\"red\",\"red\",\"red\"]}", "duplicate_value", "colours",
	  "field 'colours' has 'red' more than once", FORM_FLAG },
	{ "{\"title\":\"t\",\"colours\":[\"red\",\"blue\",\"green\"]}", "constraint", "colours",
	  "field 'colours' is 'a list', which breaks the rule count-selected(.) < 3", FORM_FLAG },
	{ "{\"title\":\"t\",\"colour\":\"other\"}", "required", "why",
	  "field 'why' is required and empty", FORM_FLAG },
	{ "{\"title\":\"t\",\"colour\":\"red\",\"why\":\"so\"}", "relevant", "why",
	  "field 'why' has a value although it is only asked for when ${colour} = 'other'",
	  FORM_FLAG },
	{ "{\"title\":\"t\",\"shape\":{\"type\":\"Point\",\"coordinates\":[0,0]}}", "type", "shape",
	  "field 'shape' is a geometry 'Point', not one of: Polygon, MultiPolygon", FORM_REFUSE },
	{ "{\"title\":\"t\",\"shape\":\"POINT (0 0)\"}", "type", "shape",
	  "field 'shape' is 'POINT (0 0)', not a GeoJSON geometry", FORM_REFUSE },
	{ "{\"title\":\"t\",\"report\":\"ab\"}", "type", "report",
	  "field 'report' is 'ab', not the SHA-256 of a file in lower-case hex", FORM_REFUSE },
	{ "{\"title\":\"t\",\"parent\":\"7\"}", "type", "parent",
	  "field 'parent' is '7', not the id of a record", FORM_REFUSE },
	{ "{\"title\":\"t\",\"parent\":\"01890A5D-AC96-774B-BCCE-B302099A8057\"}", "type", "parent",
	  "field 'parent' is '01890A5D-AC96-774B-BCCE-B302099A8057', not the id of a record",
	  FORM_REFUSE },
	{ "{\"title\":\"t\",\"sources\":[" ID "," ID "]}", "duplicate_value", "sources",
	  "field 'sources' has '01890a5d-ac96-774b-bcce-b302099a8057' more than once", FORM_FLAG },
	{ "{\"title\":\"t\",\"part\":{}}", "type", "part",
	  "field 'part' is 'an object', not a list", FORM_REFUSE },
	{ "{\"title\":\"t\",\"part\":[5]}", "type", "part",
	  "field 'part' is '5', not a list of objects", FORM_REFUSE },
	{ "{\"title\":\"t\",\"part\":[{\"part_name\":\"a\"},{}]}", "required", "part[2].part_name",
	  "field 'part[2].part_name' is required and empty", FORM_FLAG },
	{ "{\"title\":\"t\",\"count\":9,\"part\":[{\"part_name\":\"a\",\"part_size\":9},"
	  "{\"part_name\":\"b\",\"part_size\":10}]}",
	  "constraint", "part[2].part_size",
	  "field 'part[2].part_size' is '10', which breaks the rule . > 0 and . <= ${count}",
	  FORM_FLAG },
	{ "{\"title\":\"t\",\"count\":9,\"part\":[{\"part_name\":\"a\",\"part_size\":4,"
	  "\"part_colour\":\"red\"}]}",
	  "relevant", "part[1].part_colour",
	  "field 'part[1].part_colour' has a value although it is only asked for when "
	  "${part_size} > 5",
	  FORM_FLAG },
	{ "{\"title\":\"t\",\"part\":[{\"part_name\":\"a\",\"x\":1}]}", "unknown_field",
	  "part[1].x", "field 'part[1].x' is not in form 'mini' version 4", FORM_REFUSE },
	{ "{\"title\":\"t\",\"x\":1}", "unknown_field", "x",
	  "field 'x' is not in form 'mini' version 4", FORM_REFUSE },
	{ "{\"title\":\"t\",\"code\":\"AB-\"}", "constraint", "code",
	  "field 'code' is 'AB-', which breaks the rule regex(., '[A-Z]{2}-[0-9]+')", FORM_FLAG },
	{ "{\"title\":\"t\",\"bad\":\"2026-01-01\"}", "constraint", "bad",
	  "field 'bad' could not be checked: '. > date(${title})': not a date or time: 't'",
	  FORM_FLAG },
};

static void
each_fault_has_its_sentence(void **state)
{
	for (size_t i = 0; i < sizeof ones / sizeof *ones; i++) {
		struct form_issues found = check(*state, ones[i].json);

		if (found.count != 1 || strcmp(found.issue[0].check, ones[i].check) != 0 ||
		    strcmp(found.issue[0].field, ones[i].field) != 0 ||
		    strcmp(found.issue[0].text, ones[i].text) != 0 ||
		    found.issue[0].severity != ones[i].severity)
			fail_msg("%s: %zu issues, first %s %s: %s", ones[i].json, found.count,
			         found.count ? found.issue[0].check : "",
			         found.count ? found.issue[0].field : "",
			         found.count ? found.issue[0].text : "");
	}
}

static void
good_records_pass(void **state)
{
	static const char *const good[] = {
		"{\"title\":\"t\"}",
		"{\"title\":\"t\",\"count\":100,\"depth\":99.5,\"day\":\"2026-08-14\",\"at\":\"23:"
		"59\","
		"\"stamp\":\"2026-05-04T09:12:44+04:00\",\"colour\":\"other\",\"why\":\"x\","
		"\"colours\":[\"red\",\"blue\"],"
		"\"shape\":{\"type\":\"MultiPolygon\",\"coordinates\":[]},"
		"\"spot\":{\"type\":\"Point\",\"coordinates\":[0,0]},\"report\":\"" SHA "\","
		"\"parent\":" ID ",\"sources\":[" ID "," ID2 "],"
		"\"part\":[{\"part_name\":\"a\",\"part_size\":6,\"part_colour\":\"red\"}],"
		"\"code\":\"UA-7\"}",
		"{\"title\":\"t\",\"count\":null,\"colours\":[],\"part\":[],\"why\":null}",
		"{\"title\":\"2026-01-01\",\"bad\":\"2026-01-02\",\"at\":\"00:00:59\"}",
	};

	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		struct form_issues found = check(*state, good[i]);

		if (found.count)
			fail_msg("%s: %s", good[i], found.issue[0].text);
	}
}

static void
issues_come_in_form_order(void **state)
{
	struct form_issues found =
		check(*state, "{\"y\":1,\"code\":\"?\",\"x\":2,\"count\":-1,\"depth\":\"deep\"}");

	assert_int_equal(found.count, 6);
	assert_string_equal(found.issue[0].field, "title");
	assert_string_equal(found.issue[1].field, "count");
	assert_string_equal(found.issue[2].field, "depth");
	assert_string_equal(found.issue[3].field, "code");
	assert_string_equal(found.issue[4].field, "y");
	assert_string_equal(found.issue[5].field, "x");
}

static void
issues_and_lists_are_limited(void **state)
{
	struct world *w = *state;
	struct form_issues found;
	struct buf b;

	buf_init(&b, 0);
	buf_adds(&b, "{\"title\":\"t\"");
	for (int i = 0; i < 300; i++)
		buf_printf(&b, ",\"x%d\":1", i);
	buf_adds(&b, "}");
	found = check(w, buf_text(&b));
	assert_int_equal(found.count, FORM_MAX_ISSUES);
	buf_reset(&b);
	buf_adds(&b, "{\"title\":\"t\",\"sources\":[0");
	for (unsigned i = 0; i < FORM_MAX_ELEMENTS; i++)
		buf_adds(&b, ",0");
	buf_adds(&b, "]}");
	found = check(w, buf_text(&b));
	assert_int_equal(found.count, 1);
	assert_string_equal(found.issue[0].text,
	                    "field 'sources' is 'a list', not a list of at most 10000");
	buf_done(&b);
}

static void
only_objects_are_records(void **state)
{
	struct world *w = *state;
	struct json_value v = { .type = JSON_ARRAY };
	struct form_issues found = { .count = 77 };
	struct err e = { 0 };

	assert_int_equal(form_check_record(w->checker, &v, TODAY, &w->mem, &found, &e),
	                 ERR_INVALID);
	assert_int_equal(found.count, 77);
}

/* The arena gives out at every size: always the one error, nothing leaks (seen under the
 * sanitizer). */
static void
memory_may_end(void **state)
{
	struct world *w = *state;
	struct json_value *v = NULL;
	struct err e = { 0 };
	const char *json = ones[32].json;
	bool done = false;

	assert_int_equal(json_parse(json, strlen(json), 0, &w->mem, &v, &e), ERR_OK);
	for (size_t limit = 1; !done && limit < 20000; limit += 16) {
		struct form_issues found = { .count = 77 };
		struct arena small;
		enum err_code rc;

		arena_init(&small, limit);
		rc = form_check_record(w->checker, v, TODAY, &small, &found, &e);
		if (rc == ERR_OK)
			done = found.count == 1;
		else
			assert_true(rc == ERR_NOMEM && found.count == 77);
		arena_done(&small);
	}
	assert_true(done);
}

static void
checkers_survive_every_failed_allocation(void **state)
{
	struct world *w = *state;

	for (long n = 0;; n++) {
		struct form_checker *c = NULL;
		struct err e = { 0 };
		enum err_code rc;

		mem_fail_after(n, 0);
		rc = form_checker_create(w->form, &c, &e);
		mem_fail_after(-1, 0);
		if (rc == ERR_OK) {
			form_checker_free(c);
			break;
		}
		assert_int_equal(rc, ERR_NOMEM);
		assert_null(c);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_fault_has_its_sentence),
		cmocka_unit_test(good_records_pass),
		cmocka_unit_test(issues_come_in_form_order),
		cmocka_unit_test(issues_and_lists_are_limited),
		cmocka_unit_test(only_objects_are_records),
		cmocka_unit_test(memory_may_end),
		cmocka_unit_test(checkers_survive_every_failed_allocation),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
