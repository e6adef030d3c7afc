/* Records entered by hand: what may not come in that way. Nothing is written where it is refused.
 */
#define _XOPEN_SOURCE 700 /* mkdtemp, setenv */
#include "../folder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "ingest/decide.h"
#include "ingest/entry.h"
#include "ingest/import.h"
#include "store/each.h"

static struct store *st;

static int
set_up(void **state)
{
	struct err e = { 0 };

	(void)state;
	if (folder_make())
		return -1;
	if (store_open(path, STORE_WRITE, &st, &e)) {
		print_error("%s\n", e.text);
		return -1;
	}
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	store_close(st);
	st = NULL;
	return folder_remove();
}

static enum err_code
enter(const char *kind, const char *one, const char *two, struct entry_result *ret)
{
	const char *set[] = { one, two };
	struct entry_options o = {
		.kind = kind, .set = set, .sets = 2, .author = "A", .remark = ""
	};
	struct err e = { 0 };

	return entry_run(st, &o, ret, &e);
}

static void
positions_nobody_can_mean_are_refused(void **state)
{
	static const char *const bad[] = {
		"geometry=POLYGON((-125 95,-124.9 -44.9,-124.9 -45,-125 95))",
		"geometry=POINT(500 10)",
		"geometry=POLYGON EMPTY",
		"geometry=0,0",
	};
	struct entry_result r;
	int64_t before = store_log_size(st);

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_int_equal(enter("hazard", "valid_from=2024-05-01", bad[i], &r), ERR_INVALID);
	assert_int_equal(store_log_size(st), before);
	assert_int_equal(enter("hazard", "valid_from=2024-05-01", "class=sha", &r), ERR_OK);
	assert_non_null(strstr(r.flags, "no_position"));
	assert_int_equal(enter("hazard", "valid_from=2024-05-01", "geometry=-125,-45", &r), ERR_OK);
	assert_int_equal(enter("hazard", "valid_from=2024-05-01", "place_name=Oreva", &r), ERR_OK);
}

/* The fictional country is 130 .. 120 west, 50 .. 42 south. */
static void
positions_are_checked_as_an_import_does(void **state)
{
	struct entry_result r;

	(void)state;
	assert_int_equal(enter("hazard", "valid_from=2024-05-01", "geometry=-45,-125", &r),
	                 ERR_INVALID);
	assert_int_equal(enter("hazard", "valid_from=2024-05-01", "geometry=-45,-89", &r),
	                 ERR_INVALID);
	assert_int_equal(enter("hazard", "valid_from=2024-05-01", "geometry=125,-45", &r),
	                 ERR_INVALID);
	assert_int_equal(enter("accident", "valid_from=2024-05-01", "geometry=35,48", &r),
	                 ERR_INVALID);
	assert_int_equal(enter("hazard", "valid_from=2024-05-01", "geometry=-119.5,-45", &r),
	                 ERR_OK);
	assert_non_null(strstr(r.flags, "outside_country"));
	assert_int_equal(
		enter("hazard", "valid_from=2024-05-01",
	              "geometry=POLYGON((-125 -45,-124.99 -44.99,-124.99 -45,-125 -44.99,-125 -45))",
	              &r),
		ERR_OK);
	assert_non_null(strstr(r.flags, "invalid_outline"));
}

static void
information_is_not_from_the_future(void **state)
{
	struct entry_result r;

	(void)state;
	/* it is 2024-06-01, and 2024-06-02 already east of Greenwich */
	assert_int_equal(enter("hazard", "valid_from=2024-06-03", "geometry=-125,-45", &r),
	                 ERR_INVALID);
	assert_int_equal(enter("hazard", "valid_from=2024-06-02", "geometry=-125,-45", &r), ERR_OK);
}

static void
decisions_cannot_be_handed_in(void **state)
{
	struct import_options o = { .path = "none.csv", .kind = "decision", .author = "A" };
	struct import_result result;
	struct entry_result r;
	struct buf sql;
	struct err e = { 0 };

	(void)state;
	assert_int_equal(enter("decision", "type=approval", "by_person=M", &r), ERR_DENIED);
	assert_int_equal(enter("event", "type=exported", "by_person=M", &r), ERR_DENIED);
	buf_init(&sql, 1u << 20);
	assert_int_equal(import_run(st, &o, &sql, &result, &e), ERR_DENIED);
	buf_done(&sql);
}

static enum err_code
decide(const char *type, const char *id)
{
	struct decide_options o = { .type = type, .by = "B", .second = "C", .id = &id, .ids = 1 };
	struct decide_result r;
	struct err e = { 0 };

	return decide_run(st, &o, &r, &e);
}

/* Closed as of 1 May, waiting; on 10 May something explodes there; then the closing is approved. */
static void
land_is_not_closed_over_what_was_found_since(void **state)
{
	const char *set[] = { "status=closed", "outcome=cleared", "valid_from=2024-05-01" };
	struct entry_options close = {
		.kind = "hazard", .set = set, .sets = 3, .author = "A", .remark = ""
	};
	struct entry_result hazard, r;
	struct err e = { 0 };

	(void)state;
	assert_int_equal(enter("hazard", "valid_from=2024-04-01",
	                       "geometry=POLYGON((-125 -45,-124.99 -45,-124.99 -44.99,-125 -45))",
	                       &hazard),
	                 ERR_OK);
	assert_int_equal(decide("approval", hazard.id), ERR_OK);
	close.id = hazard.id;
	assert_int_equal(entry_run(st, &close, &r, &e), ERR_OK);
	assert_int_equal(
		enter("accident", "valid_from=2024-05-10", "geometry=-124.991,-44.995", &r),
		ERR_OK);
	assert_int_equal(decide("approval", hazard.id), ERR_DENIED);
	assert_int_equal(decide("release", hazard.id), ERR_DENIED);
	set[2] = "valid_from=2024-05-20";
	assert_int_equal(entry_run(st, &close, &r, &e), ERR_OK);
	assert_int_equal(decide("release", hazard.id), ERR_OK);
}

/* The accident is known; then somebody enters the land as closed since before it. */
static void
land_entered_closed_over_a_find_is_open(void **state)
{
	const char *set[] = { "status=closed", "outcome=cleared", "valid_from=2024-05-01",
		              "geometry=POLYGON((-125 -45,-124.99 -45,-124.99 -44.99,-125 -45))" };
	struct entry_options o = {
		.kind = "hazard", .set = set, .sets = 4, .author = "A", .remark = ""
	};
	struct entry_result r;
	struct shown shown;
	struct arena mem;
	struct uuid id;
	bool any = false;
	struct err e = { 0 };

	(void)state;
	arena_init(&mem, 0);
	assert_int_equal(
		enter("accident", "valid_from=2024-05-10", "geometry=-124.991,-44.995", &r),
		ERR_OK);
	assert_int_equal(entry_run(st, &o, &r, &e), ERR_OK);
	assert_true(uuid_parse(r.id, strlen(r.id), &id));
	assert_int_equal(store_get(st, id, &mem, &shown, &any, &e), ERR_OK);
	assert_int_equal(shown.as, SHOWN_DANGER);
	assert_string_equal(fields_text(&shown.fields, "status"), "reopened");
	assert_string_equal(fields_text(&shown.fields, "valid_from"), "2024-05-10");
	/* after the find: closed as reported */
	set[2] = "valid_from=2024-05-11";
	assert_int_equal(entry_run(st, &o, &r, &e), ERR_OK);
	assert_true(uuid_parse(r.id, strlen(r.id), &id));
	assert_int_equal(store_get(st, id, &mem, &shown, &any, &e), ERR_OK);
	assert_int_equal(shown.as, SHOWN_REPORTED_RELEASED);
	arena_done(&mem);
}

/* "A" closes; neither " a " approves it nor do "B" and "b." release it. */
static void
one_person_is_not_two(void **state)
{
	const char *set[] = { "status=closed", "outcome=cleared", "valid_from=2024-05-01" };
	struct entry_options close = {
		.kind = "hazard", .set = set, .sets = 3, .author = "Olena  Koval", .remark = ""
	};
	struct decide_options o = { .type = "approval", .by = " OLENA koval", .ids = 1 };
	struct decide_result d;
	struct entry_result hazard, r;
	struct err e = { 0 };
	const char *id = hazard.id;

	(void)state;
	o.id = &id;
	assert_int_equal(enter("hazard", "valid_from=2024-04-01",
	                       "geometry=POLYGON((-125 -45,-124.99 -45,-124.99 -44.99,-125 -45))",
	                       &hazard),
	                 ERR_OK);
	close.id = hazard.id;
	assert_int_equal(entry_run(st, &close, &r, &e), ERR_OK);
	assert_int_equal(decide_run(st, &o, &d, &e), ERR_DENIED);
	o.type = "release";
	o.by = "B Bond";
	o.second = "b.  bond ";
	assert_int_equal(decide_run(st, &o, &d, &e), ERR_DENIED);
	o.second = "C";
	assert_int_equal(decide_run(st, &o, &d, &e), ERR_OK);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(positions_nobody_can_mean_are_refused, set_up,
		                                tear_down),
		cmocka_unit_test_setup_teardown(positions_are_checked_as_an_import_does, set_up,
		                                tear_down),
		cmocka_unit_test_setup_teardown(information_is_not_from_the_future, set_up,
		                                tear_down),
		cmocka_unit_test_setup_teardown(land_is_not_closed_over_what_was_found_since,
		                                set_up, tear_down),
		cmocka_unit_test_setup_teardown(land_entered_closed_over_a_find_is_open, set_up,
		                                tear_down),
		cmocka_unit_test_setup_teardown(one_person_is_not_two, set_up, tear_down),
		cmocka_unit_test_setup_teardown(decisions_cannot_be_handed_in, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
