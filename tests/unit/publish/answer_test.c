/* Answers: the shapes of table, CSV and JSON, and that none of them can be made to say or do
 * something else by a name in a record. */
#include "../assess/register.h"

#include "base/json.h"
#include "publish/answer.h"

static struct buf out;

static const char *
answer(enum answer_format format)
{
	buf_done(&out);
	buf_init(&out, 1u << 24);
	reg_ok(answer_figures(reg.st, &reg.q, &reg.set, format, &out, &reg_err));
	return buf_text(&out);
}

static int
teardown(void **state)
{
	buf_done(&out);
	return reg_teardown(state);
}

#define SQUARE "geometry=POLYGON((-125 -45,-124.99 -45,-124.99 -44.99,-125 -44.99,-125 -45))"

/* Width on a terminal of letters without combining marks. */
static size_t
letters(const char *s, size_t bytes)
{
	size_t n = 0;

	for (size_t i = 0; i < bytes; i++)
		n += ((unsigned char)s[i] & 0xc0) != 0x80;
	return n;
}

/* The unit's column of numbers ends at the same letter whatever the place's script. */
static void
test_table_aligns(void **state)
{
	const char *text, *latin, *cyrillic, *a, *b;

	(void)state;
	ADD("hazard", NULL, "class=sha", "status=open", "admin1_name=Kharkiv");
	ADD("hazard", NULL, "class=sha", "status=open", "admin1_name=Харківська область");
	reg.q.by = "admin1";
	reg_run("extent.hazards");
	text = answer(ANSWER_TABLE);
	latin = strstr(text, "  Kharkiv");
	cyrillic = strstr(text, "  Харківська область");
	assert_true(latin && cyrillic);
	a = strstr(latin, " 1 ");
	b = strstr(cyrillic, " 1 ");
	assert_true(a && b);
	assert_int_equal(letters(latin, (size_t)(a - latin)),
	                 letters(cyrillic, (size_t)(b - cyrillic)));
}

static void
test_table_says(void **state)
{
	const char *text;

	(void)state;
	reg_run("casualties");
	assert_non_null(strstr(answer(ANSWER_TABLE), "no records"));
	ADD("hazard", NULL, "class=sha", "status=open", "accuracy_m=0", SQUARE);
	reg_run("extent.area");
	text = answer(ANSWER_TABLE);
	/* 876314.3 m2 by Planimeter, in groups of three */
	assert_non_null(strstr(text, "876 314"));
	assert_non_null(strstr(text, "as it was on 2025-06-30, as known at the newest submission"));
	assert_non_null(strstr(text, "waiting for approval: 1 hazards"));
	ADD("ordnance", NULL, "category=ap_mine");
	reg_run("finds.items");
	assert_non_null(strstr(answer(ANSWER_TABLE), "(1 or more)"));
}

/* Every field of one CSV line in order; text in quotes is taken out of them. */
static size_t
split(const char *line, char field[][200], size_t max)
{
	size_t n = 0;

	for (; n < max; n++) {
		bool quoted = *line == '"';
		size_t k = 0;

		line += quoted;
		while (*line && *line != '\n' && (quoted || *line != ',')) {
			if (quoted && line[0] == '"' && line[1] != '"')
				break;
			line += quoted && line[0] == '"';
			assert_true(k < 199);
			field[n][k++] = *line++;
		}
		field[n][k] = '\0';
		line += quoted;
		if (*line != ',')
			return n + 1;
		line++;
	}
	return n;
}

static void
test_csv(void **state)
{
	char field[20][200];
	const char *text, *line;

	(void)state;
	ADD("ordnance", NULL, "model=PMN-2, \"green\"");
	reg_run("finds.by_model");
	text = answer(ANSWER_CSV);
	assert_int_equal(split(text, field, 20), 18);
	assert_string_equal(field[0], "code");
	assert_string_equal(field[6], "high");
	assert_string_equal(field[16], "quarantined_hazards");
	assert_string_equal(field[17], "returned_hazards");
	line = strchr(text, '\n') + 1;
	assert_int_equal(split(line, field, 20), 18);
	assert_string_equal(field[0], "finds.by_model");
	assert_string_equal(field[1], "model=PMN-2, \"green\"");
	assert_string_equal(field[4], "1");
	assert_string_equal(field[5], "1");
	assert_string_equal(field[6], ""); /* no bound */
	assert_string_equal(field[7], "item");
	assert_string_equal(field[11], "2025-06-30");
	assert_null(strchr(strchr(line, '\n') + 1, '\n'));
}

/* A place's name may not become a formula in a sheet (OWASP: CSV injection: = + - @ tab return). */
static void
test_csv_formula(void **state)
{
	static const char *const evil[] = { "=HYPERLINK(\"http://x\")", "+1+1", "-2+3",
		                            "@SUM(A1)" };
	char field[20][200], set[100];
	const char *text;
	int seen = 0;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(evil); i++) {
		(void)snprintf(set, sizeof(set), "admin1_name=%s", evil[i]);
		ADD("hazard", NULL, "class=sha", "status=open", set);
	}
	reg.q.by = "admin1";
	reg_run("extent.hazards");
	text = answer(ANSWER_CSV);
	for (const char *line = strchr(text, '\n') + 1; *line; line = strchr(line, '\n') + 1) {
		assert_int_equal(split(line, field, 20), 18);
		assert_null(strchr("=+-@", field[2][0]) && field[2][0] ? field[2] : NULL);
		seen++;
	}
	assert_int_equal(seen, 4);
}

static void
test_json(void **state)
{
	const struct json_value *root, *list, *row;
	struct arena mem;
	const char *text;
	struct json_value *parsed = NULL;

	(void)state;
	ADD("hazard", NULL, "class=sha", "status=open", "accuracy_m=0", SQUARE);
	ADD("ordnance", NULL, "model=a\"b\\c\td");
	reg_run(NULL);
	text = answer(ANSWER_JSON);
	arena_init(&mem, 1u << 24);
	reg_ok(json_parse(text, strlen(text), 0, &mem, &parsed, &reg_err));
	root = parsed;
	assert_string_equal(json_get_string(root, "as_of"), "2025-06-30");
	list = json_get(root, "figures");
	assert_non_null(list);
	row = NULL;
	for (const struct json_value *x = list->first; x; x = x->next)
		if (text_eq(json_get_string(x, "code"), "finds.by_model"))
			row = x;
	assert_non_null(row);
	assert_string_equal(json_get_string(row, "dimension"), "model=a\"b\\c\td");
	arena_done(&mem);
}

/* A name longer than a row holds is cut between letters: what is printed stays UTF-8. */
static void
test_long_names(void **state)
{
	char set[1200] = "model=x", marking[1200] = "marking_text=", party[1200] = "party=y",
	     name[1200] = "made_by=";
	struct arena mem;
	struct json_value *parsed = NULL;

	(void)state;
	for (int i = 0; i < 500; i++) {
		(void)strcat(set, "ї");
		(void)strcat(marking, "ї");
		(void)strcat(party, "ї");
		(void)strcat(name, "ї");
	}
	ADD("ordnance", NULL, set, marking, "made_year=2024", "geometry=POINT(-125 -45)");
	ADD("claim", NULL, "statement=s", name);
	ADD("minefield_record", NULL, party, SQUARE);
	reg.q.after_days = reg_day("2020-01-01");
	reg_run(NULL);
	(void)answer(ANSWER_JSON);
	arena_init(&mem, 1u << 24);
	reg_ok(json_parse(buf_text(&out), out.size, 0, &mem, &parsed, &reg_err));
	arena_done(&mem);
}

/* The same twice: the same bytes. Values are rounded as the row says. */
static void
test_repeat(void **state)
{
	char *first;

	(void)state;
	ADD("hazard", NULL, "class=sha", "status=open", SQUARE);
	ADD("victim", NULL, "outcome=killed", "age_band=child");
	ADD("victim", NULL, "outcome=killed", "age_band=adult");
	ADD("victim", NULL, "outcome=killed", "age_band=adult");
	for (int format = ANSWER_TABLE; format <= ANSWER_JSON; format++) {
		reg_run(NULL);
		first = strdup(answer((enum answer_format)format));
		assert_non_null(strstr(first, "33.3")); /* one child of three */
		assert_null(strstr(first, "33.33"));
		reg_run(NULL);
		assert_string_equal(first, answer((enum answer_format)format));
		free(first);
	}
}

static void
test_explain(void **state)
{
	char id[UUID_TEXT];
	const char *text;

	(void)state;
	ADD("hazard", id, "class=sha", "status=open", SQUARE);
	EDIT("hazard", id, "status=worked_on");
	reg.q.explain = "extent.area";
	reg_run("extent.area");
	buf_done(&out);
	buf_init(&out, 1u << 24);
	reg_ok(answer_explain(reg.st, &reg.q, &reg.set, false, &out, &reg_err));
	text = buf_text(&out);
	assert_non_null(strstr(text, id));
	assert_non_null(strstr(text, "submission 0, 1"));
	/* as known after the first submission only that one is told */
	reg.q.known_size = 1;
	reg_run("extent.area");
	buf_done(&out);
	buf_init(&out, 1u << 24);
	reg_ok(answer_explain(reg.st, &reg.q, &reg.set, false, &out, &reg_err));
	assert_non_null(strstr(buf_text(&out), "submission 0\n"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_table_aligns, reg_setup, teardown),
		cmocka_unit_test_setup_teardown(test_table_says, reg_setup, teardown),
		cmocka_unit_test_setup_teardown(test_csv, reg_setup, teardown),
		cmocka_unit_test_setup_teardown(test_csv_formula, reg_setup, teardown),
		cmocka_unit_test_setup_teardown(test_json, reg_setup, teardown),
		cmocka_unit_test_setup_teardown(test_long_names, reg_setup, teardown),
		cmocka_unit_test_setup_teardown(test_repeat, reg_setup, teardown),
		cmocka_unit_test_setup_teardown(test_explain, reg_setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
