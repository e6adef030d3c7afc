#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "form/check.h"
#include "form/form.h"

#define HEAD "type,name,label::English (en),label::Ukrainian (uk),reviewer::uk,constraint,access\n"
#define KIND "settings_kind,mini,Mini,Міні,Olena,,\nsettings_version,1,,,,,\n"

static enum err_code
parse(const char *survey, const char *choices, struct form **ret, struct err *e)
{
	return form_parse(survey, strlen(survey), choices, choices ? strlen(choices) : 0, ret, e);
}

static struct form *
must_parse(const char *survey, const char *choices)
{
	struct form *f = NULL;
	struct err e = { 0 };

	if (parse(survey, choices, &f, &e) != ERR_OK)
		fail_msg("%s", e.text);
	return f;
}

/* Every type once, written as XLSForm writes them. */
static const char all_types[] =
	"type,name,label::English (en),label::Ukrainian (uk),label::Azerbaijani (az),reviewer::uk,"
	"hint::English (en),required,relevant,constraint,constraint_message::English "
	"(en),access,unit,"
	"reference,core,verified,geometry,link,appearance\r\n"
	"settings_kind,everything,Everything,Усе,Hamısı,Olena\r\n"
	"settings_version,7\r\n"
	"settings_national_id,a_text\r\n"
	"text,a_text,Text,Текст,Mətn,Olena,A hint,yes,,,,public,,IMAS 05.10,yes,no,,,multiline\r\n"
	"integer,an_integer,Integer,,,,,,,. > 0,above zero,,m2,,yes\r\n"
	"decimal,a_decimal,Decimal,,,,,,,,,,m\r\n"
	"range,a_range,Range\r\ndate,a_date,Date\r\ntime,a_time,Time\r\ndateTime,a_stamp,Stamp\r\n"
	"select_one yes_no,a_choice,Choice,,,,,,,,,partner\r\n"
	"select_multiple yes_no,choices,Choices\r\n"
	"geopoint,a_point,Point\r\ngeotrace,a_line,Line\r\ngeoshape,a_ring,Ring\r\n"
	"geometry,a_shape,Shape,,,,,,,,,,,,,,point multipolygon\r\n"
	"file,a_file,File\r\nimage,an_image,Image\r\naudio,a_sound,Sound\r\nvideo,a_film,Film\r\n"
	"barcode,a_code,Code\r\n"
	"record "
	"hazard,a_link,Link\r\nrecord,any_link,Any\r\nrecords,links,Links,,,,,,,,,,,,,,,source\r\n"
	"note,a_note,Note\r\ncalculate,a_sum,\r\nstart,start,\r\n,,\r\n"
	"begin group,a_group,Group,,,,,,${a_choice} = 'yes',,,identity\r\n"
	"text,in_group,In group,,,,,,string-length(${a_text}) > 2\r\n"
	"text,also_in_group,Also,,,,,,,,,public\r\n"
	"begin_group,inner,Inner,,,,,,\r\ntext,deep,Deep\r\nend_group\r\n"
	"end group\r\n"
	"begin_repeat,a_repeat,Repeat,,,,,yes,,,,partner,,,yes\r\n"
	"text,part,Part\r\nselect_one yes_no,sure,Sure,,,,,,,,,restricted\r\n"
	"begin_group,g,G,,,,,,${part} != ''\r\ninteger,a_text,Size\r\nend_group\r\n"
	"end_repeat\r\n"
	"text,last,Last\r\n"
	"#choices,,,\r\n"
	"list_name,name,label::English (en),label::Ukrainian (uk),reviewer::uk,reference,verified,"
	"apmbc,hint::English (en),hint::Ukrainian (uk)\r\n"
	"yes_no,yes,Yes,Так,Olena,IMAS "
	"04.10,no,AP,sure,точно\r\nother,a,A\r\nyes_no,no,No,Ні\r\n,,\r\n";

static void
every_type_is_read(void **state)
{
	static const struct {
		const char *name;
		enum form_type type;
	} expected[] = {
		{ "a_text", FORM_TEXT },
		{ "an_integer", FORM_INTEGER },
		{ "a_decimal", FORM_DECIMAL },
		{ "a_range", FORM_DECIMAL },
		{ "a_date", FORM_DATE },
		{ "a_time", FORM_TIME },
		{ "a_stamp", FORM_DATETIME },
		{ "a_choice", FORM_SELECT_ONE },
		{ "choices", FORM_SELECT_MULTIPLE },
		{ "a_point", FORM_GEOMETRY },
		{ "a_line", FORM_GEOMETRY },
		{ "a_ring", FORM_GEOMETRY },
		{ "a_shape", FORM_GEOMETRY },
		{ "a_file", FORM_FILE },
		{ "an_image", FORM_FILE },
		{ "a_sound", FORM_FILE },
		{ "a_film", FORM_FILE },
		{ "a_code", FORM_TEXT },
		{ "a_link", FORM_RECORD },
		{ "any_link", FORM_RECORD },
		{ "links", FORM_RECORDS },
		{ "in_group", FORM_TEXT },
		{ "also_in_group", FORM_TEXT },
		{ "deep", FORM_TEXT },
		{ "a_repeat", FORM_REPEAT },
		{ "last", FORM_TEXT },
	};
	struct form *f = must_parse(all_types, NULL);

	(void)state;
	assert_string_equal(f->kind, "everything");
	assert_string_equal(f->title[FORM_UK], "Усе");
	assert_string_equal(f->reviewer[FORM_UK], "Olena");
	assert_int_equal(f->version, 7);
	assert_string_equal(f->national_id, "a_text");
	assert_int_equal(f->field_count, sizeof expected / sizeof *expected);
	for (size_t i = 0; i < f->field_count; i++) {
		assert_string_equal(f->field[i].name, expected[i].name);
		assert_int_equal(f->field[i].type, expected[i].type);
		assert_int_equal(form_index(f, expected[i].name), i);
		assert_ptr_equal(form_find(f, expected[i].name), &f->field[i]);
	}
	assert_null(form_find(f, "a_note"));
	assert_int_equal(form_index(f, "part"), -1);
	form_free(f);
}

static void
every_column_is_kept(void **state)
{
	struct form *f = must_parse(all_types, NULL);
	const struct form_field *t = form_find(f, "a_text");
	const struct form_field *n = form_find(f, "an_integer");

	(void)state;
	assert_string_equal(t->label[FORM_AZ], "Mətn");
	assert_string_equal(t->hint[FORM_EN], "A hint");
	assert_null(t->hint[FORM_UK]);
	assert_string_equal(t->reference, "IMAS 05.10");
	assert_true(t->required && t->core && t->unverified);
	assert_int_equal(t->access, FORM_PUBLIC);
	assert_false(n->required || n->unverified);
	assert_true(n->core);
	assert_string_equal(n->unit, "m2");
	assert_string_equal(n->constraint, ". > 0");
	assert_string_equal(n->constraint_message[FORM_EN], "above zero");
	assert_int_equal(n->access, FORM_RESTRICTED);
	/* Bits by the numbers of WKB: point 1, line 2, polygon 3, multipolygon 6. */
	assert_int_equal(form_find(f, "a_point")->geometry_types, 1 << 1);
	assert_int_equal(form_find(f, "a_line")->geometry_types, 1 << 2);
	assert_int_equal(form_find(f, "a_ring")->geometry_types, 1 << 3);
	assert_int_equal(form_find(f, "a_shape")->geometry_types, 1 << 1 | 1 << 6);
	assert_string_equal(form_find(f, "a_link")->link_kind, "hazard");
	assert_null(form_find(f, "any_link")->link_kind);
	assert_string_equal(form_find(f, "links")->link_kind, "source");
	form_free(f);
}

static void
groups_are_flattened(void **state)
{
	struct form *f = must_parse(all_types, NULL);
	const struct form_field *r = form_find(f, "a_repeat");

	(void)state;
	assert_string_equal(form_find(f, "in_group")->relevant,
	                    "(${a_choice} = 'yes') and (string-length(${a_text}) > 2)");
	assert_string_equal(form_find(f, "also_in_group")->relevant, "${a_choice} = 'yes'");
	assert_string_equal(form_find(f, "deep")->relevant, "${a_choice} = 'yes'");
	assert_int_equal(form_find(f, "in_group")->access, FORM_IDENTITY);
	assert_int_equal(form_find(f, "also_in_group")->access, FORM_PUBLIC);
	assert_int_equal(form_find(f, "deep")->access, FORM_IDENTITY);
	assert_null(form_find(f, "last")->relevant);
	assert_int_equal(r->child_count, 3);
	assert_int_equal(r->access, FORM_PARTNER);
	assert_true(r->required && r->core);
	assert_int_equal(form_find_child(r, "part")->access, FORM_PARTNER);
	assert_int_equal(form_find_child(r, "sure")->access, FORM_RESTRICTED);
	assert_int_equal(form_field_access(r), FORM_RESTRICTED);
	assert_int_equal(form_find_child(r, "a_text")->type, FORM_INTEGER);
	assert_string_equal(form_find_child(r, "a_text")->relevant, "${part} != ''");
	assert_null(form_find_child(r, "last"));
	form_free(f);
}

static void
choices_are_kept(void **state)
{
	struct form *f = must_parse(all_types, NULL);
	const struct form_list *l = form_find(f, "a_choice")->list;
	const struct form_choice *yes = form_choice_find(l, "yes");

	(void)state;
	assert_int_equal(f->list_count, 2);
	assert_string_equal(l->name, "yes_no");
	assert_int_equal(l->count, 2);
	assert_string_equal(l->choice[1].code, "no");
	assert_string_equal(yes->label[FORM_UK], "Так");
	assert_string_equal(yes->reviewer[FORM_UK], "Olena");
	assert_string_equal(yes->reference, "IMAS 04.10");
	assert_true(yes->unverified);
	assert_string_equal(json_get_string(yes->extra, "apmbc"), "AP");
	assert_string_equal(json_get_string(yes->extra, "hint"), "sure");
	assert_string_equal(json_get_string(yes->extra, "hint::uk"), "точно");
	assert_int_equal(yes->extra->count, 3);
	assert_null(l->choice[1].extra);
	assert_null(form_choice_find(l, "maybe"));
	form_free(f);
}

static void
labels_fall_back_and_say_who_reviewed(void **state)
{
	static const char *const label[FORM_LANGUAGES] = { "Mine", "Міна", NULL };
	static const char *const nobody[FORM_LANGUAGES] = { NULL, "", NULL };
	static const char *const olena[FORM_LANGUAGES] = { NULL, "Olena", NULL };
	bool reviewed = false;

	(void)state;
	assert_string_equal(form_label(label, nobody, FORM_EN, &reviewed), "Mine");
	assert_true(reviewed);
	assert_string_equal(form_label(label, nobody, FORM_UK, &reviewed), "Міна");
	assert_false(reviewed);
	assert_string_equal(form_label(label, olena, FORM_UK, &reviewed), "Міна");
	assert_true(reviewed);
	assert_string_equal(form_label(label, olena, FORM_AZ, NULL), "Mine");
	assert_string_equal(form_label(nobody, nobody, FORM_AZ, NULL), "");
}

static void
faults_are_named_with_their_row(void **state)
{
	static const char good[] = HEAD KIND "text,a,A,,,,\n";
	static const struct {
		const char *survey, *choices;
		enum err_code code;
		const char *text;
	} c[] = {
		{ "", NULL, ERR_INVALID, "survey: no header row" },
		{ "type,name\ntext,a\n", NULL, ERR_INVALID,
		  "survey: columns 'type', 'name' and 'label::English (en)' must be there" },
		{ "type,name,name,label\n", NULL, ERR_INVALID,
		  "survey: column 'name' is there twice" },
		{ HEAD "text,a,A\n", NULL, ERR_INVALID, "survey: there is no settings_kind row" },
		{ HEAD "settings_kind,mini,Mini\ntext,a,A\n", NULL, ERR_INVALID,
		  "survey: there is no settings_version row" },
		{ HEAD KIND, NULL, ERR_INVALID, "survey: the form has no fields" },
		{ HEAD "settings_kind,Mini,Mini\n", NULL, ERR_INVALID,
		  "survey row 2: kind 'Mini' is not of a-z, 0-9 and _, a letter first, at most 40 "
		  "characters" },
		{ HEAD "settings_kind,mini,\n", NULL, ERR_INVALID,
		  "survey row 2: kind 'mini' has no English title" },
		{ HEAD KIND "settings_kind,mini,Mini\n", NULL, ERR_INVALID,
		  "survey row 4: settings_kind is there twice" },
		{ HEAD "settings_version,0\n", NULL, ERR_INVALID,
		  "survey row 2: version '0' is not a whole number 1 .. 1000000" },
		{ HEAD KIND "settings_version,2\n", NULL, ERR_INVALID,
		  "survey row 4: settings_version is there twice" },
		{ HEAD "settings_colour,red\n", NULL, ERR_INVALID,
		  "survey row 2: 'settings_colour' is not a setting" },
		{ HEAD KIND "settings_national_id,b\ntext,a,A\n", NULL, ERR_INVALID,
		  "survey: settings_national_id names 'b', which is no text field of the form" },
		{ HEAD KIND "matrix,a,A\n", NULL, ERR_INVALID,
		  "survey row 4: field 'a': type 'matrix' is not known" },
		{ HEAD KIND "text 5,a,A\n", NULL, ERR_INVALID,
		  "survey row 4: field 'a': type text takes no '5'" },
		{ HEAD KIND "text,,A\n", NULL, ERR_INVALID,
		  "survey row 4: name '' is not of a-z, 0-9 and _, a letter first, at most 60 "
		  "characters" },
		{ HEAD KIND "text,1a,A\n", NULL, ERR_INVALID,
		  "survey row 4: name '1a' is not of a-z, 0-9 and _, a letter first, at most 60 "
		  "characters" },
		{ HEAD KIND "text,a,\n", NULL, ERR_INVALID,
		  "survey row 4: field 'a' has no English label" },
		{ HEAD KIND "text,a,A\ntext,b,B\ninteger,a,A\n", NULL, ERR_INVALID,
		  "survey: name 'a' is there twice" },
		{ HEAD KIND "select_one l,a,A\n", NULL, ERR_INVALID,
		  "survey row 4: field 'a': list 'l' is not in the choices table" },
		{ HEAD KIND "geometry,a,A\n", NULL, ERR_INVALID,
		  "survey row 4: field 'a': column 'geometry' does not say which geometries" },
		{ HEAD KIND "text,a,A,,,,secret\n", NULL, ERR_INVALID,
		  "survey row 4: field 'a': access 'secret' is not public, partner, restricted or "
		  "identity" },
		{ HEAD KIND "record Hazard,a,A\n", NULL, ERR_INVALID,
		  "survey row 4: field 'a': 'Hazard' is not the name of a kind" },
		{ HEAD KIND "begin_repeat,r,R\nbegin_repeat,s,S\n", NULL, ERR_INVALID,
		  "survey row 5: a repeat inside the repeat 'r' is not offered" },
		{ HEAD KIND "begin_repeat,r,R\nend_repeat\n", NULL, ERR_INVALID,
		  "survey row 5: repeat 'r' has no fields" },
		{ HEAD KIND "begin_repeat,r,R\ntext,a,A\ntext,a,A\nend_repeat\n", NULL, ERR_INVALID,
		  "survey row 7: name 'a' is twice in the repeat 'r'" },
		{ HEAD KIND "begin_repeat,r,R\ntext,a,A\nend_group\n", NULL, ERR_INVALID,
		  "survey row 6: end_group without its begin" },
		{ HEAD KIND "end_repeat\n", NULL, ERR_INVALID,
		  "survey row 4: end_repeat without its begin" },
		{ HEAD KIND "begin_group,g,G\ntext,a,A\n", NULL, ERR_INVALID,
		  "survey: a group is not ended" },
		{ HEAD KIND "text,a,A,,,1 +,\n", NULL, ERR_INVALID,
		  "survey: field 'a': constraint: something is missing at character 4 of '1 +'" },
		{ HEAD KIND "text,a,A,,,\"selected(${b}, 'x')\",\n", NULL, ERR_INVALID,
		  "survey: field 'a': constraint: field 'b' is not in the form" },
		{ HEAD KIND "text,a,A,B,C,D,E,F\n", NULL, ERR_INVALID,
		  "survey: row 4 has 8 cells and the header 7" },
		{ HEAD KIND "text,a,\"A\n", NULL, ERR_INVALID, "survey: " },
		{ HEAD KIND "text,a,\xff\n", NULL, ERR_INVALID, "survey: not UTF-8" },
		{ good, "name,label\n", ERR_INVALID,
		  "choices: columns 'list_name', 'name' and 'label::English (en)' must be there" },
		{ good, "list_name,name,label\nl,A,A\n", ERR_INVALID,
		  "choices: row 2: list 'l': code 'A' is not of a-z, 0-9 and _, at most 60 "
		  "characters" },
		{ good, "list_name,name,label\nl,a,\n", ERR_INVALID,
		  "choices: row 2: list 'l': code 'a' has no English label" },
		{ good, "list_name,name,label\nl,a,A\nm,a,A\nl,a,A\n", ERR_INVALID,
		  "choices: code 'a' is twice in the list 'l'" },
		{ good, "list_name,name,label,verified\nl,a,A,maybe\n", ERR_INVALID,
		  "choices: row 2: list 'l': column 'verified' is 'maybe', not yes, no or empty" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof c / sizeof *c; i++) {
		struct form *f = NULL;
		struct err e = { 0 };
		enum err_code rc = parse(c[i].survey, c[i].choices, &f, &e);

		if (rc != c[i].code || strncmp(e.text, c[i].text, strlen(c[i].text)) != 0)
			fail_msg("case %zu: %d '%s', not '%s'", i, (int)rc, e.text, c[i].text);
		assert_null(f);
	}
}

/* At each limit a form is read, one past it there is a sentence. */
static void
limits_hold(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 0);
	for (unsigned over = 0; over < 2; over++) {
		struct form *f = NULL;
		struct err e = { 0 };

		buf_reset(&b);
		buf_adds(&b, HEAD KIND);
		for (unsigned i = 0; i < FORM_MAX_FIELDS + over; i++)
			buf_printf(&b, "text,f%u,F\n", i);
		assert_int_equal(form_parse(buf_text(&b), b.size, NULL, 0, &f, &e),
		                 over ? ERR_LIMIT : ERR_OK);
		form_free(f);
		f = NULL;
		buf_reset(&b);
		buf_adds(&b, HEAD KIND "text,f,F\n#choices\nlist_name,name,label\n");
		for (unsigned i = 0; i < FORM_MAX_CHOICES + over; i++)
			buf_printf(&b, "l,c%u,C\n", i);
		assert_int_equal(form_parse(buf_text(&b), b.size, NULL, 0, &f, &e),
		                 over ? ERR_LIMIT : ERR_OK);
		form_free(f);
		f = NULL;
		buf_reset(&b);
		buf_adds(&b, HEAD KIND "text,f,");
		for (unsigned i = 0; i < FORM_MAX_CELL_BYTES + over; i++)
			buf_addc(&b, 'x');
		assert_int_equal(form_parse(buf_text(&b), b.size, NULL, 0, &f, &e),
		                 over ? ERR_LIMIT : ERR_OK);
		form_free(f);
		f = NULL;
		buf_reset(&b);
		buf_adds(&b, HEAD KIND "text,f,F,,,'");
		for (unsigned i = 0; i < FORM_MAX_EXPRESSION_BYTES - 2 + over; i++)
			buf_addc(&b, 'x');
		buf_adds(&b, "'\n");
		assert_int_equal(form_parse(buf_text(&b), b.size, NULL, 0, &f, &e),
		                 over ? ERR_LIMIT : ERR_OK);
		form_free(f);
		f = NULL;
		buf_reset(&b);
		buf_adds(&b, HEAD KIND "text,f,F\n");
		for (unsigned i = 3; i < FORM_MAX_ROWS + over; i++)
			buf_adds(&b, "note\n");
		assert_int_equal(form_parse(buf_text(&b), b.size, NULL, 0, &f, &e),
		                 over ? ERR_LIMIT : ERR_OK);
		form_free(f);
	}
	buf_done(&b);
}

static void
builtin_forms_are_read_and_can_check(void **state)
{
	size_t count = 0;

	(void)state;
	for (const char *const *kind = form_builtin_kinds(); *kind; kind++) {
		const char *survey = NULL;
		const char *choices = NULL;
		struct form_checker *c = NULL;
		struct form *f = NULL;
		struct err e = { 0 };

		assert_true(form_builtin(*kind, &survey, &choices));
		if (parse(survey, choices, &f, &e) != ERR_OK ||
		    form_checker_create(f, &c, &e) != ERR_OK)
			fail_msg("%s: %s", *kind, e.text);
		assert_string_equal(f->kind, *kind);
		form_checker_free(c);
		form_free(f);
		count++;
	}
	assert_int_equal(count, 17);
	assert_false(form_builtin("dragon", &(const char *){ NULL }, &(const char *){ NULL }));
}

static void
links_name_kinds_that_exist(void **state)
{
	const char *survey = NULL;
	const char *choices = NULL;

	(void)state;
	for (const char *const *kind = form_builtin_kinds(); *kind; kind++) {
		struct form *f;

		assert_true(form_builtin(*kind, &survey, &choices));
		f = must_parse(survey, choices);
		for (size_t i = 0; i < f->field_count; i++) {
			const struct form_field *a = &f->field[i];

			if (a->link_kind && !form_builtin(a->link_kind, &survey, &choices))
				fail_msg("%s.%s links to %s", *kind, a->name, a->link_kind);
			for (size_t j = 0; j < a->child_count; j++)
				if (a->child[j].link_kind &&
				    !form_builtin(a->child[j].link_kind, &survey, &choices))
					fail_msg("%s.%s links to %s", a->name, a->child[j].name,
					         a->child[j].link_kind);
		}
		form_free(f);
	}
}

#define NEXT(version, rest)                                                                        \
	"type,name,label,access,core,geometry,link\nsettings_kind,mini,Mini\nsettings_"            \
	"version," version "\n" rest "#choices\nlist_name,name,label\nl,a,A\nl,b,B\n"
#define CORE "text,x,X,restricted,yes\n"

/* A new version of a form closes no land and hides no danger: what the program computes with stays
 * as it is, and a new code cannot outrank the ones that count while it waits. */
static void
a_form_closes_no_land(void **state)
{
	static const char survey[] = "type,name,label,core\nsettings_kind,mini,Mini,\n"
				     "settings_version,%d,,\nselect_one s,s,S,yes\n"
				     "select_one c,c,C,yes\n";
	static const char head[] =
		"list_name,name,label,open_rank,open,danger_rank,in_area_totals\n";
	static const char start[] = "s,open,Open,50,yes,,\ns,closed,Closed,10,no,,\n"
				    "c,spot,Spot,,,40,no\nc,area,Area,,,70,yes\n";
	static const struct {
		const char *choices;
		enum err_code code;
	} c[] = {
		{ "s,open,Offen,50,yes,,\ns,closed,Closed,10,no,,\nc,spot,Spot,,,40,no\n"
		  "c,area,Area,,,70,yes\n",
		  ERR_OK },
		{ "s,open,Open,50,no,,\ns,closed,Closed,10,no,,\nc,spot,Spot,,,40,no\n"
		  "c,area,Area,,,70,yes\n",
		  ERR_CONFLICT },
		{ "s,open,Open,5,yes,,\ns,closed,Closed,10,no,,\nc,spot,Spot,,,40,no\n"
		  "c,area,Area,,,70,yes\n",
		  ERR_CONFLICT },
		{ "s,open,Open,50,yes,,\ns,closed,Closed,10,no,,\nc,spot,Spot,,,40,no\n"
		  "c,area,Area,,,70,yes\ns,done,Done,99,no,,\n",
		  ERR_CONFLICT },
		{ "s,open,Open,50,yes,,\ns,closed,Closed,10,no,,\nc,spot,Spot,,,40,no\n"
		  "c,area,Area,,,70,yes\ns,marked,Marked,10,yes,,\n",
		  ERR_CONFLICT },
		{ "s,open,Open,50,yes,,\ns,closed,Closed,10,no,,\nc,spot,Spot,,,40,no\n"
		  "c,area,Area,,,70,yes\ns,marked,Marked,30,yes,,\n",
		  ERR_OK },
		{ "s,open,Open,50,yes,,\ns,closed,Closed,10,no,,\nc,spot,Spot,,,40,no\n"
		  "c,area,Area,,,70,yes\nc,none,None,,,99,no\n",
		  ERR_CONFLICT },
		{ "s,open,Open,50,yes,,\ns,closed,Closed,10,no,,\nc,spot,Spot,,,40,no\n"
		  "c,area,Area,,,70,yes\nc,line,Line,,,80,yes\n",
		  ERR_OK },
		{ "s,open,Open,50,yes,,\ns,closed,Closed,10,no,,\nc,spot,Spot,,,40,no\n"
		  "c,area,Area,,,70,no\n",
		  ERR_CONFLICT },
	};
	char text[400], choices[800];
	struct form *now, *next;
	struct err e = { 0 };

	(void)state;
	(void)snprintf(text, sizeof(text), survey, 1);
	(void)snprintf(choices, sizeof(choices), "%s%s", head, start);
	now = must_parse(text, choices);
	for (size_t i = 0; i < sizeof(c) / sizeof(*c); i++) {
		(void)snprintf(text, sizeof(text), survey, 2);
		(void)snprintf(choices, sizeof(choices), "%s%s", head, c[i].choices);
		next = must_parse(text, choices);
		if (form_may_follow(now, next, &e) != c[i].code)
			fail_msg("%s: %s", c[i].choices, e.text);
		form_free(next);
	}
	form_free(now);
}

static void
what_may_follow(void **state)
{
	static const char now[] =
		NEXT("2", CORE "integer,n,N\ntext,who,Who,identity\nselect_one l,s,S\n"
	                       "geometry,g,G,,,point polygon\nrecord hazard,h,H\n"
	                       "begin_repeat,r,R,,yes\ntext,p,P\nend_repeat\n");
	static const struct {
		const char *next;
		enum err_code code;
		const char *text;
	} c[] = {
#define REST                                                                                       \
	"integer,n,N\ntext,who,Who,identity\nselect_one l,s,S\n"                                   \
	"geometry,g,G,,,point polygon\nrecord hazard,h,H\n"
#define REPEAT "begin_repeat,r,R,,yes\ntext,p,P\nend_repeat\n"
		{ NEXT("3", CORE REST REPEAT "text,new,New\n"), ERR_OK, "" },
		{ NEXT("3", CORE REPEAT), ERR_OK, "" },
		{ NEXT("3", "text,x,X,identity,yes\ndecimal,n,N\n" REPEAT), ERR_OK, "" },
		{ NEXT("2", CORE REST REPEAT), ERR_CONFLICT,
		  "version 2 is in use; settings_version must be above it, not 2" },
		{ NEXT("3", REST REPEAT), ERR_CONFLICT, "core field 'x' cannot be dropped" },
		{ NEXT("3", "integer,x,X,restricted,yes\n" REST REPEAT), ERR_CONFLICT,
		  "field 'x' is of type text and cannot become integer; give the new one a new "
		  "name" },
		{ NEXT("3", "text,x,X,restricted,no\n" REST REPEAT), ERR_CONFLICT,
		  "field 'x' is core and cannot stop being so" },
		{ NEXT("3", "text,x,X,partner,yes\n" REST REPEAT), ERR_CONFLICT,
		  "field 'x' is restricted and cannot be opened to partner readers" },
		{ NEXT("3", CORE "text,who,Who,restricted\n" REPEAT), ERR_CONFLICT,
		  "field 'who' is identity and cannot be opened to restricted readers" },
		{ NEXT("3", CORE "text,n,N\n" REPEAT), ERR_CONFLICT,
		  "field 'n' is of type integer and cannot become text; give the new one a new "
		  "name" },
		{ NEXT("3", CORE "record place,h,H\n" REPEAT), ERR_CONFLICT,
		  "field 'h' links to hazard and cannot link to place" },
		{ NEXT("3", CORE "record,h,H\n" REPEAT), ERR_OK, "" },
		{ NEXT("3", CORE "geometry,g,G,,,polygon\n" REPEAT), ERR_CONFLICT,
		  "field 'g' would refuse geometries that it takes now" },
		{ NEXT("3", CORE REST "begin_repeat,r,R,,yes\ntext,q,Q\nend_repeat\n"),
		  ERR_CONFLICT, "repeat 'r': core field 'p' cannot be dropped" },
		{ NEXT("3", CORE REST "begin_repeat,r,R,,yes\ndate,p,P\nend_repeat\n"),
		  ERR_CONFLICT,
		  "repeat 'r': field 'p' is of type text and cannot become date; give the new one "
		  "a "
		  "new name" },
		{ "type,name,label,access,core\nsettings_kind,mini,Mini\nsettings_version,3\n" CORE
		  "select_one l,s,S\n" REPEAT "#choices\nlist_name,name,label\nl,b,B\nl,c,C\n",
		  ERR_CONFLICT,
		  "code 'a' of field 's' is gone; a code stays for ever, only its labels may "
		  "change" },
		{ "type,name,label\nsettings_kind,other,Other\nsettings_version,3\ntext,x,X\n",
		  ERR_INVALID, "this is a form of kind 'other', not 'mini'" },
	};
	struct form *a = must_parse(now, NULL);

	(void)state;
	for (size_t i = 0; i < sizeof c / sizeof *c; i++) {
		struct form *b = must_parse(c[i].next, NULL);
		struct err e = { 0 };
		enum err_code rc = form_may_follow(a, b, &e);

		if (rc != c[i].code || strcmp(rc == ERR_OK ? "" : e.text, c[i].text) != 0)
			fail_msg("case %zu: %d '%s'", i, (int)rc, e.text);
		form_free(b);
	}
	form_free(a);
}

static void
parsing_survives_every_failed_allocation(void **state)
{
	(void)state;
	for (long n = 0;; n++) {
		struct form *f = NULL;
		struct err e = { 0 };
		enum err_code rc;

		mem_fail_after(n, 0);
		rc = parse(all_types, NULL, &f, &e);
		mem_fail_after(-1, 0);
		if (rc == ERR_OK) {
			form_free(f);
			break;
		}
		assert_int_equal(rc, ERR_NOMEM);
		assert_null(f);
	}
}

static void
names_of_things(void **state)
{
	(void)state;
	assert_string_equal(form_access_name(FORM_PUBLIC), "public");
	assert_string_equal(form_access_name(FORM_IDENTITY), "identity");
	assert_string_equal(form_type_name(FORM_SELECT_MULTIPLE), "select_multiple");
	assert_string_equal(form_type_name(FORM_DATETIME), "dateTime");
	assert_string_equal(form_language_code(FORM_AZ), "az");
	form_free(NULL);
	form_checker_free(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_type_is_read),
		cmocka_unit_test(every_column_is_kept),
		cmocka_unit_test(groups_are_flattened),
		cmocka_unit_test(choices_are_kept),
		cmocka_unit_test(labels_fall_back_and_say_who_reviewed),
		cmocka_unit_test(faults_are_named_with_their_row),
		cmocka_unit_test(limits_hold),
		cmocka_unit_test(builtin_forms_are_read_and_can_check),
		cmocka_unit_test(links_name_kinds_that_exist),
		cmocka_unit_test(what_may_follow),
		cmocka_unit_test(a_form_closes_no_land),
		cmocka_unit_test(parsing_survives_every_failed_allocation),
		cmocka_unit_test(names_of_things),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
