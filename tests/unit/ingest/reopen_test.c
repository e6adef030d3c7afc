/* Released land on which something is found is open again by itself, whichever comes in first
 * (docs/RISKS.md; trust.md S5). Everything is laid out by hand: squares and points in the fictional
 * country. */
#define _XOPEN_SOURCE 700 /* mkdtemp, setenv */
#include "../folder.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "ingest/decide.h"
#include "ingest/entry.h"
#include "ingest/reopen.h"
#include "store/each.h"
#include "store/history.h"

static struct store *st;
static struct arena mem;
static struct err e;

static int
set_up(void **state)
{
	(void)state;
	arena_init(&mem, 0);
	return folder_make() || store_open(path, STORE_WRITE, &st, &e) ? -1 : 0;
}

static int
tear_down(void **state)
{
	(void)state;
	store_close(st);
	st = NULL;
	arena_done(&mem);
	return folder_remove();
}

static void
ok(enum err_code rc)
{
	if (rc)
		print_error("%s\n", e.text);
	assert_int_equal(rc, ERR_OK);
}

/* Fields from JSON, as a record of the register has them. */
static struct store_fields
fields(const char *kind, const char *json)
{
	struct json_value *v = NULL;
	struct store_fields f;

	ok(json_parse(json, strlen(json), 0, &mem, &v, &e));
	ok(fields_from_json(store_form(st, store_kind(st, kind)), v, false, &mem, &f, &e));
	return f;
}

static struct submit_revision
revision(const char *kind, const char *json)
{
	struct submit_revision r = { .kind = store_kind(st, kind), .fields = fields(kind, json) };

	ok(submit_new_id(&r.id, &e));
	return r;
}

/* Put a record in without anything else happening. */
static struct uuid
put(const char *kind, const char *json)
{
	const struct submit_about about = { .author = "A", .remark = "" };
	struct submit_revision r = revision(kind, json);
	struct submit_result done;

	ok(submit_begin(st, &about, &e));
	ok(submit_add(st, &r, 1, NULL, &e));
	ok(submit_commit(st, &done, &e));
	return r.id;
}

/* Put a record in as ingest does. */
static struct uuid
put_and_look(const char *kind, const char *json)
{
	const struct submit_about about = { .author = "A", .remark = "" };
	struct submit_revision r = revision(kind, json);
	struct submit_result done;

	ok(submit_begin(st, &about, &e));
	ok(submit_add(st, &r, 1, NULL, &e));
	ok(reopen_for(st, &r, &mem, &e));
	ok(submit_commit(st, &done, &e));
	return r.id;
}

static struct shown
state_of(struct uuid id)
{
	struct shown s;
	bool any = false;

	ok(store_get(st, id, &mem, &s, &any, &e));
	assert_true(any);
	return s;
}

static void
expect(struct uuid id, enum shown_as as, const char *status)
{
	struct shown s = state_of(id);

	assert_int_equal(s.as, as);
	assert_string_equal(fields_text(&s.fields, "status"), status);
}

#define SQUARE                                                                                     \
	"\"geometry\":{\"type\":\"Polygon\",\"coordinates\":[[[-125,-45],[-124.99,-45],"           \
	"[-124.99,-44.99],[-125,-44.99],[-125,-45]]]}"
#define CLOSED(date)                                                                               \
	"{\"class\":\"sha\",\"status\":\"closed\",\"outcome\":\"cleared\",\"valid_from\":\"" date  \
	"\"," SQUARE "}"
#define AT(lon, lat) "\"geometry\":{\"type\":\"Point\",\"coordinates\":[" #lon "," #lat "]}"
#define MINE(date, lon, lat)                                                                       \
	"{\"category\":\"ap_mine\",\"valid_from\":\"" date "\"," AT(lon, lat) "}"
#define ACCIDENT(date, lon, lat) "{\"class\":\"mine\",\"valid_from\":\"" date "\"," AT(lon, lat) "}"

/* --- what the small questions answer */

static void
which_kinds_and_states(void **state)
{
	struct store_fields f;

	(void)state;
	for (int k = 0; k < (int)store_kind_count(st); k++) {
		const char *name = store_kind_name(st, k);

		assert_int_equal(reopen_kind(st, k),
		                 text_eq(name, "accident") || text_eq(name, "ordnance"));
	}
	/* forms/hazard.choices.csv, column open */
	static const struct {
		const char *json;
		bool closes;
	} t[] = {
		{ "{\"status\":\"open\"}", false },       { "{\"status\":\"worked_on\"}", false },
		{ "{\"status\":\"suspended\"}", false },  { "{\"status\":\"closed\"}", true },
		{ "{\"status\":\"handed_over\"}", true }, { "{\"status\":\"reopened\"}", false },
		{ "{\"status\":\"unknown\"}", false },    { "{}", false },
	};
	for (size_t i = 0; i < COUNT_OF(t); i++) {
		f = fields("hazard", t[i].json);
		assert_int_equal(reopen_closes(&f), t[i].closes);
	}
	f = fields("hazard", "{\"valid_from\":\"2024-05-01\"}");
	assert_int_equal(reopen_since_days(&f), clock_days(2024, 5, 1));
	f = fields("hazard", "{\"valid_from\":\"2024-05-01\",\"import_flags\":\"future_date "
	                     "closing_undated\"}");
	assert_true(reopen_since_days(&f) == INT64_MIN);
	f = fields("hazard", "{}");
	assert_true(reopen_since_days(&f) == INT64_MIN);
}

/* --- the land first, then the find */

static void
a_find_reopens_land_released_before(void **state)
{
	struct uuid land = put("hazard", CLOSED("2024-05-01")), find;
	struct history_revision *list = NULL;
	char id[UUID_TEXT];
	struct shown s;
	size_t n = 0;

	(void)state;
	expect(land, SHOWN_REPORTED_RELEASED, "closed");
	find = put_and_look("accident", ACCIDENT("2024-05-10", -124.995, -44.995));
	expect(land, SHOWN_DANGER, "reopened");
	s = state_of(land);
	assert_true(s.unapproved);
	assert_string_equal(fields_text(&s.fields, "valid_from"), "2024-05-10");
	assert_string_equal(fields_text(&s.fields, "status_date"), "2024-05-10");
	assert_string_equal(fields_text(&s.fields, "class"), "sha");
	assert_null(fields_text(&s.fields, "outcome"));
	uuid_format(find, id);
	assert_non_null(strstr(fields_text(&s.fields, "status_reason"), id));
	assert_non_null(strstr(fields_text(&s.fields, "status_reason"), "accident"));
	/* one more revision that follows the closing; all its land is drawn */
	ok(history_load(st, land, INT64_MAX, &mem, &list, &n, &e));
	assert_int_equal(n, 2);
	assert_memory_equal(list[1].rev.parents[0], list[0].rev.leaf, 32);
	assert_int_equal(s.fields.geom->point_count, 5);
	/* a second find adds nothing: it is open */
	(void)put_and_look("ordnance", MINE("2024-05-11", -124.994, -44.995));
	ok(history_load(st, land, INT64_MAX, &mem, &list, &n, &e));
	assert_int_equal(n, 2);
}

/* The boundary of place and of time. */
static void
what_does_not_lie_on_it_or_is_older_does_not(void **state)
{
	struct uuid land = put("hazard", CLOSED("2024-05-10"));

	(void)state;
	(void)put_and_look("ordnance", MINE("2024-05-20", -124.9899, -44.995));
	(void)put_and_look("ordnance", MINE("2024-05-09", -124.995, -44.995));
	(void)put_and_look("activity", "{\"valid_from\":\"2024-05-20\",\"type\":\"clearance\"," AT(
					       -124.995, -44.995) "}");
	(void)put_and_look("hazard", "{\"class\":\"sha\",\"status\":\"open\",\"valid_from\":"
	                             "\"2024-05-20\"," AT(-124.995, -44.995) "}");
	(void)put_and_look("ordnance", "{\"category\":\"ap_mine\",\"valid_from\":\"2024-05-20\"}");
	expect(land, SHOWN_REPORTED_RELEASED, "closed");
	/* on the day of the closing, and on the corner */
	(void)put_and_look("ordnance", MINE("2024-05-10", -124.99, -44.99));
	expect(land, SHOWN_DANGER, "reopened");
}

static void
land_closed_on_a_day_nobody_knows(void **state)
{
	struct uuid land = put("hazard", "{\"class\":\"sha\",\"status\":\"closed\",\"outcome\":"
	                                 "\"cleared\",\"valid_from\":\"2024-06-01\","
	                                 "\"import_flags\":\"closing_undated\"," SQUARE "}");
	struct shown s;

	(void)state;
	(void)put_and_look("ordnance", MINE("2001-01-01", -124.995, -44.995));
	expect(land, SHOWN_DANGER, "reopened");
	s = state_of(land);
	/* it never sorts before the closing, but tells the day of the find */
	assert_string_equal(fields_text(&s.fields, "valid_from"), "2024-06-01");
	assert_string_equal(fields_text(&s.fields, "status_date"), "2001-01-01");
	assert_null(fields_text(&s.fields, "import_flags"));
}

static void
every_closed_area_under_a_find(void **state)
{
	struct uuid a = put("hazard", CLOSED("2024-05-01")),
		    b = put("hazard", CLOSED("2024-05-02"));
	struct uuid later = put("hazard", CLOSED("2024-05-30"));
	struct submit_revision find =
		revision("accident", ACCIDENT("2024-05-10", -124.995, -44.995));
	struct reopen_walk w = { .id = find.id, .fields = &find.fields };
	struct submit_revision r;
	struct reopen *made = NULL;
	bool any = true, seen_a = false, seen_b = false;

	(void)state;
	ok(reopen_create(st, find.kind, &made, &e));
	assert_non_null(made);
	for (int i = 0; i < 2; i++) {
		ok(reopen_next(made, &w, &mem, &r, &any, &e));
		assert_true(any);
		assert_int_equal(r.kind, store_kind(st, "hazard"));
		assert_int_equal(r.parent_count, 1);
		assert_string_equal(fields_text(&r.fields, "status"), "reopened");
		seen_a = seen_a || memcmp(&r.id, &a, sizeof(a)) == 0;
		seen_b = seen_b || memcmp(&r.id, &b, sizeof(b)) == 0;
		assert_true(memcmp(&r.id, &later, sizeof(later)) != 0);
	}
	assert_true(seen_a && seen_b);
	ok(reopen_next(made, &w, &mem, &r, &any, &e));
	assert_false(any);
	/* each is found once: the next find of the same file finds them done */
	w.next = 0;
	ok(reopen_next(made, &w, &mem, &r, &any, &e));
	assert_false(any);
	reopen_free(made);
	reopen_free(NULL);
}

static void
other_kinds_have_nothing_to_compare(void **state)
{
	struct reopen *r = (struct reopen *)&mem;

	(void)state;
	ok(reopen_create(st, store_kind(st, "victim"), &r, &e));
	assert_null(r);
	ok(reopen_create(st, store_kind(st, "hazard"), &r, NULL));
	assert_non_null(r);
	reopen_free(r);
}

/* --- the find first, then the land */

static void
land_that_comes_in_closed_over_a_find(void **state)
{
	struct uuid older, newer, land;
	struct store_fields f;
	struct reopen *r = NULL;
	struct reopen_find got;
	bool any = false;

	(void)state;
	older = put("ordnance", MINE("2024-05-03", -124.995, -44.995));
	newer = put("accident", ACCIDENT("2024-05-05", -124.996, -44.996));
	(void)put("ordnance", MINE("2024-05-07", -124.98, -44.995)); /* beside it */
	(void)older;
	ok(reopen_create(st, store_kind(st, "hazard"), &r, &e));
	f = fields("hazard", CLOSED("2024-05-01"));
	ok(reopen_find(r, &f, reopen_since_days(&f), false, &got, &any, &e));
	assert_true(any);
	assert_memory_equal(&got.id, &newer, sizeof(newer));
	assert_string_equal(got.kind, "accident");
	assert_string_equal(got.date, "2024-05-05");
	ok(reopen_find(r, &f, clock_days(2024, 5, 5), true, &got, &any, &e));
	assert_true(any);
	ok(reopen_find(r, &f, clock_days(2024, 5, 6), true, &got, &any, &e));
	assert_false(any);
	ok(reopen_find(r, &f, INT64_MIN, true, &got, &any, &e));
	assert_true(any);
	f = fields("hazard", "{\"class\":\"sha\",\"status\":\"open\"," SQUARE "}");
	any = true;
	ok(reopen_find(r, &f, INT64_MIN, true, &got, &any, &e));
	assert_false(any);
	f = fields("hazard", "{\"class\":\"sha\",\"status\":\"closed\"}");
	any = true;
	ok(reopen_find(r, &f, INT64_MIN, true, &got, &any, &e));
	assert_false(any);
	reopen_free(r);
	land = put_and_look("hazard", CLOSED("2024-05-01"));
	expect(land, SHOWN_DANGER, "reopened");
	land = put_and_look("hazard", CLOSED("2024-05-06"));
	expect(land, SHOWN_REPORTED_RELEASED, "closed");
}

/* An outline that goes round twice: counted by crossings its middle is a hole, counted by turns it
 * is not. A mine there lies on it. */
static void
a_broken_outline_counts_with_every_reading(void **state)
{
	static const char twice[] =
		"{\"class\":\"sha\",\"status\":\"closed\",\"outcome\":\"cleared\",\"valid_from\":"
		"\"2024-05-01\",\"geometry\":{\"type\":\"Polygon\",\"coordinates\":[[[-125,-45],"
		"[-124.99,-45],[-124.99,-44.99],[-125,-44.99],[-125,-45],[-124.997,-44.997],"
		"[-124.993,-44.997],[-124.993,-44.993],[-124.997,-44.993],[-124.997,-44.997],"
		"[-125,-45]]]}}";

	(void)state;
	(void)put("ordnance", MINE("2024-05-03", -124.995, -44.995));
	expect(put_and_look("hazard", twice), SHOWN_DANGER, "reopened");
}

/* An open hazard needs no reopening, but a closing that is being approved does. */
static void
land_drawn_open(void **state)
{
	struct uuid open = put("hazard", "{\"class\":\"sha\",\"status\":\"open\",\"valid_from\":"
	                                 "\"2024-05-01\"," SQUARE "}");
	struct uuid closed = put("hazard", CLOSED("2024-05-01")), none = { { 0 } };
	struct reopen_find why = { .kind = "ordnance", .date = "2024-05-09" };
	struct submit_revision r;
	struct reopen *made = NULL;
	bool any = true;

	(void)state;
	ok(submit_new_id(&why.id, &e));
	ok(reopen_create(st, store_kind(st, "hazard"), &made, &e));
	ok(reopen_land(made, open, &why, &mem, &r, &any, &e));
	assert_false(any);
	ok(reopen_land(made, closed, &why, &mem, &r, &any, &e));
	assert_true(any);
	assert_memory_equal(&r.id, &closed, sizeof(closed));
	why.approved = true;
	ok(reopen_land(made, open, &why, &mem, &r, &any, &e));
	assert_true(any);
	assert_string_equal(fields_text(&r.fields, "status"), "reopened");
	any = true;
	assert_int_not_equal(reopen_land(made, none, &why, &mem, &r, &any, NULL), ERR_OK);
	assert_false(any);
	reopen_free(made);
}

/* Released by two people of this register: a mine opens it as well. */
static void
our_own_release_is_no_exception(void **state)
{
	struct uuid land = put("hazard", CLOSED("2024-05-01"));
	char id[UUID_TEXT];
	const char *list = id;
	struct decide_options o = {
		.type = "release", .by = "B", .second = "C", .id = &list, .ids = 1
	};
	struct decide_result d;

	(void)state;
	uuid_format(land, id);
	ok(decide_run(st, &o, &d, &e));
	expect(land, SHOWN_RELEASED, "closed");
	(void)put_and_look("ordnance", MINE("2024-05-02", -124.995, -44.995));
	expect(land, SHOWN_DANGER, "reopened");
}

/* Each allocation fails once: ERR_NOMEM and nothing written, or the land is open. */
static void
memory_ends(void **state)
{
	const struct submit_about about = { .author = "A", .remark = "" };
	struct uuid land = put("hazard", CLOSED("2024-05-01"));
	long n, failed = 0;

	(void)state;
	for (n = 0; n < 3000; n++) {
		struct submit_revision r =
			revision("accident", ACCIDENT("2024-05-10", -124.995, -44.995));
		struct submit_result done;
		enum err_code rc;

		ok(submit_begin(st, &about, &e));
		ok(submit_add(st, &r, 1, NULL, &e));
		mem_fail_after(n, 0);
		rc = reopen_for(st, &r, &mem, n % 2 ? &e : NULL);
		mem_fail_after(-1, 0);
		if (rc) {
			assert_true(rc == ERR_NOMEM || rc == ERR_IO || rc == ERR_INTERNAL);
			submit_cancel(st);
			expect(land, SHOWN_REPORTED_RELEASED, "closed");
			failed++;
			continue;
		}
		ok(submit_commit(st, &done, &e));
		expect(land, SHOWN_DANGER, "reopened");
		break;
	}
	assert_true(failed > 0 && n < 3000);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(which_kinds_and_states),
		TEST(a_find_reopens_land_released_before),
		TEST(what_does_not_lie_on_it_or_is_older_does_not),
		TEST(land_closed_on_a_day_nobody_knows),
		TEST(every_closed_area_under_a_find),
		TEST(other_kinds_have_nothing_to_compare),
		TEST(land_that_comes_in_closed_over_a_find),
		TEST(a_broken_outline_counts_with_every_reading),
		TEST(land_drawn_open),
		TEST(our_own_release_is_no_exception),
		TEST(memory_ends),
	};

	return cmocka_run_group_tests_name("reopen", tests, NULL, NULL);
}
