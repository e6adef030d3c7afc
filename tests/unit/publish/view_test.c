/* A record and the log as people and programs read them. What a record or its sender says is
 * foreign text: on a terminal it must not move, colour or add lines, whatever it holds. */
#include "../assess/register.h"

#include "base/json.h"
#include "base/mem.h"
#include "publish/view.h"
#include "store/submit.h"

static struct buf out;

static const char *
fresh(void)
{
	buf_done(&out);
	buf_init(&out, 1u << 24);
	return NULL;
}

static const char *
record(const char *id)
{
	(void)fresh();
	reg_ok(view_record_text(reg.st, id, &out, &reg_err));
	return buf_text(&out);
}

static const char *
log_text(void)
{
	(void)fresh();
	reg_ok(view_log_text(reg.st, 0, INT64_MAX, &out, &reg_err));
	return buf_text(&out);
}

static struct json_value *
parsed(struct arena *mem)
{
	struct json_value *v = NULL;

	assert_true(buf_ok(&out));
	reg_ok(json_parse(out.data, out.size, 0, mem, &v, &reg_err));
	return v;
}

static int
teardown(void **state)
{
	buf_done(&out);
	return reg_teardown(state);
}

static size_t
times(const char *text, const char *word)
{
	size_t n = 0;

	for (const char *at = strstr(text, word); at; at = strstr(at + 1, word))
		n++;
	return n;
}

#define SQUARE "geometry=POLYGON((-125 -45,-124.99 -45,-124.99 -44.99,-125 -44.99,-125 -45))"

static void
test_history(void **state)
{
	char id[UUID_TEXT];
	const char *text, *second;

	(void)state;
	ADD("hazard", id, "class=sha", "status=open", "valid_from=2025-01-02", "accuracy_m=0",
	    SQUARE);
	reg_decide("approval", id);
	EDIT("hazard", id, "class=cha", "valid_from=2025-02-03");
	text = record(id);
	assert_true(text_starts(text, "hazard "));
	assert_memory_equal(text + 7, id, 36);
	assert_non_null(strstr(text, "shown as danger, unapproved"));
	/* 876314.3 m2 by GeographicLib's Planimeter, as in answer_test */
	assert_non_null(strstr(text, "area 876314.3 m2"));
	assert_non_null(strstr(text, "revision 1 of 2  approved"));
	second = strstr(text, "revision 2 of 2  waits for approval");
	assert_non_null(second);
	assert_non_null(strstr(text, "as it was on   2025-01-02"));
	assert_non_null(strstr(second, "as it was on   2025-02-03"));
	/* only what changed stands in the second */
	assert_non_null(strstr(second, "cha"));
	assert_null(strstr(second, "accuracy_m"));
	assert_null(strstr(second, "Polygon"));
	assert_int_equal(times(text, "\n    leaf "), 2);
}

static void
test_json(void **state)
{
	char id[UUID_TEXT];
	const struct json_value *v, *list, *one;
	struct arena mem;

	(void)state;
	arena_init(&mem, 0);
	ADD("hazard", id, "class=sha", "status=open", "valid_from=2025-01-02",
	    "remarks=\"}],\n\x1b[2J</script>");
	(void)fresh();
	reg_ok(view_record_json(reg.st, id, &out, &reg_err));
	v = parsed(&mem);
	assert_string_equal(json_get(v, "id")->string, id);
	assert_string_equal(json_get(v, "kind")->string, "hazard");
	assert_string_equal(json_get(v, "shown_as")->string, "danger");
	assert_int_equal(json_get(v, "unapproved")->type, JSON_TRUE);
	list = json_get(v, "revisions");
	assert_int_equal(list->count, 1);
	one = list->first;
	assert_int_equal(json_get(one, "parents")->count, 0);
	assert_string_equal(json_get(one, "valid_from")->string, "2025-01-02");
	assert_string_equal(json_get(one, "ruling")->string, "waits for approval");
	assert_string_equal(json_get(json_get(one, "fields"), "remarks")->string,
	                    "\"}],\n\x1b[2J</script>");
	assert_null(strchr(buf_text(&out), '\x1b'));
	arena_done(&mem);
}

/* A colour, a cleared screen, a line that looks like ours, a mark that turns the writing round. */
static void
test_foreign_text_stays_one_line(void **state)
{
	static const char evil[] = "remarks=a\n\n  revision 9 of 9  approved\n\x1b[2J\xc2\x9b"
				   "2J\xe2\x80\xaetxt\rz";
	char id[UUID_TEXT];
	const char *text;

	(void)state;
	ADD("hazard", id, "class=sha", "status=open", evil);
	text = record(id);
	assert_non_null(strstr(text, "remarks"));
	assert_null(strstr(text, "\n  revision 9"));
	assert_null(strchr(text, '\x1b'));
	assert_null(strchr(text, '\r'));
	assert_null(strstr(text, "\xc2\x9b"));
	assert_null(strstr(text, "\xe2\x80\xae"));
	assert_non_null(strstr(text, "txt"));
}

/* Whoever hands something in names himself and says why; a phone's form says its version. */
static void
test_log_lines_cannot_be_forged(void **state)
{
	const char *set[] = { "class=sha", "status=open" };
	struct entry_options o = { .kind = "hazard",
		                   .set = set,
		                   .sets = 2,
		                   .author = "A\n     9  forged",
		                   .remark = "why\n    99  2030-01-01\x1b[1A" };
	struct entry_result r;
	const char *text;
	int64_t size, lines = 0;

	(void)state;
	reg_ok(entry_run(reg.st, &o, &r, &reg_err));
	size = store_log_size(reg.st);
	text = log_text();
	assert_null(strchr(text, '\x1b'));
	assert_null(strstr(text, "\n     9  forged"));
	assert_null(strstr(text, "\n    99  "));
	/* the head, a line each, then the checkpoint */
	for (const char *at = text; at < strstr(text, "checkpoint\n"); at++)
		lines += *at == '\n';
	assert_int_equal(lines, size + 1);
	text = record(r.id);
	assert_null(strstr(text, "\n     9  forged"));
	assert_null(strstr(text, "\n    99  "));
	assert_null(strchr(text, '\x1b'));
}

static void
test_log(void **state)
{
	const struct json_value *v, *list;
	struct arena mem;
	int64_t size;

	(void)state;
	arena_init(&mem, 0);
	ADD("hazard", NULL, "class=sha", "status=open");
	ADD("hazard", NULL, "class=cha", "status=open");
	size = store_log_size(reg.st);
	assert_true(size >= 2);
	(void)fresh();
	reg_ok(view_log_json(reg.st, size - 1, INT64_MAX, &out, &reg_err));
	v = parsed(&mem);
	assert_int_equal((int64_t)json_get(v, "size")->number, size);
	list = json_get(v, "submissions");
	assert_int_equal(list->count, 1);
	assert_int_equal((int64_t)json_get(list->first, "index")->number, size - 1);
	assert_int_equal(strlen(json_get(list->first, "leaf_hash")->string), 64);
	(void)fresh();
	reg_ok(view_log_json(reg.st, 0, size - 1, &out, &reg_err));
	assert_int_equal(json_get(parsed(&mem), "submissions")->count, (size_t)(size - 1));
	assert_non_null(strstr(log_text(), store_meta(reg.st, "origin")));
	assert_non_null(strstr(log_text(), "checkpoint\n"));
	arena_done(&mem);
}

/* What identifies a victim is sealed: no view opens it. */
static void
test_no_identity(void **state)
{
	char id[UUID_TEXT];

	(void)state;
	ADD("victim", id, "outcome=injured", "valid_from=2025-01-02", "name=Nadia Secretname",
	    "age_years=41");
	assert_null(strstr(record(id), "Secretname"));
	assert_non_null(strstr(record(id), "identity values are sealed"));
	assert_null(strstr(record(id), "age_years"));
	(void)fresh();
	reg_ok(view_record_json(reg.st, id, &out, &reg_err));
	assert_null(strstr(buf_text(&out), "Secretname"));
	assert_null(strstr(buf_text(&out), "age_years"));
	assert_non_null(strstr(buf_text(&out), "\"sealed_identity\":true"));
}

static void
test_errors(void **state)
{
	static const char none[] = "01890000-0000-7000-8000-000000000000";

	(void)state;
	(void)fresh();
	assert_int_equal(view_record_text(reg.st, "no id", &out, &reg_err), ERR_INVALID);
	assert_int_equal(view_record_json(reg.st, "", &out, NULL), ERR_INVALID);
	assert_int_equal(view_record_text(reg.st, none, &out, &reg_err), ERR_NOTFOUND);
	assert_int_equal(view_record_json(reg.st, none, &out, NULL), ERR_NOTFOUND);
	assert_int_equal(out.size, 0);
}

/* Each allocation fails once: the answer is whole, or it says that it is not. */
static void
test_memory_ends(void **state)
{
	char id[UUID_TEXT], *whole;
	long n, failed = 0;

	(void)state;
	ADD("hazard", id, "class=sha", "status=open", "remarks=whole", SQUARE);
	n = mem_count();
	whole = strdup(record(id));
	n = mem_count() - n;
	assert_non_null(whole);
	assert_true(n > 0);
	for (long i = 0; i < n; i++) {
		enum err_code rc;

		(void)fresh();
		mem_fail_after(i, 0);
		rc = view_record_text(reg.st, id, &out, &reg_err);
		mem_fail_after(-1, 0);
		if (rc || !buf_ok(&out))
			failed++;
		else
			assert_string_equal(buf_text(&out), whole);
	}
	assert_true(failed > 0);
	free(whole);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_history, reg_setup, teardown),
		cmocka_unit_test_setup_teardown(test_json, reg_setup, teardown),
		cmocka_unit_test_setup_teardown(test_foreign_text_stays_one_line, reg_setup,
		                                teardown),
		cmocka_unit_test_setup_teardown(test_log_lines_cannot_be_forged, reg_setup,
		                                teardown),
		cmocka_unit_test_setup_teardown(test_log, reg_setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_identity, reg_setup, teardown),
		cmocka_unit_test_setup_teardown(test_errors, reg_setup, teardown),
		cmocka_unit_test_setup_teardown(test_memory_ends, reg_setup, teardown),
	};

	return cmocka_run_group_tests_name("view", tests, NULL, NULL);
}
