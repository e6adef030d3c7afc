/* Decisions: no hazard vanishes, shrinks or is closed by one person, whatever is named how. Each
 * case was once possible. */
#define _XOPEN_SOURCE 700 /* mkdtemp, setenv */
#include "../unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "ingest/decide.h"
#include "ingest/entry.h"
#include "store/each.h"
#include "store/history.h"

static char folder[200], path[300], home[300];
static struct store *st;

static int
set_up(void **state)
{
	struct err e = { 0 };

	(void)state;
	(void)snprintf(folder, sizeof(folder), "%s/fallow-decide-XXXXXX",
	               getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
	if (!mkdtemp(folder))
		return -1;
	(void)snprintf(home, sizeof(home), "%s/home", folder);
	(void)setenv("FALLOW_HOME", home, 1);
	(void)setenv("FALLOW_NOW", "2024-06-01T12:00:00Z", 1);
	(void)snprintf(path, sizeof(path), "%s/r.gpkg", folder);
	if (store_init(path, "XXA", "test", &e) || store_open(path, STORE_WRITE, &st, &e)) {
		print_error("%s\n", e.text);
		return -1;
	}
	return 0;
}

static int
remove_entry(void *ctx, const char *name)
{
	char full[1200];

	(void)snprintf(full, sizeof(full), "%s/%s", (const char *)ctx, name);
	if (file_is_dir(full)) {
		assert_int_equal(file_list(full, remove_entry, full, NULL), ERR_OK);
		(void)rmdir(full);
	} else {
		(void)unlink(full);
	}
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	store_close(st);
	st = NULL;
	assert_int_equal(file_list(folder, remove_entry, folder, NULL), ERR_OK);
	return rmdir(folder);
}

#define SQUARE "geometry=POLYGON((-125 -45,-124.99 -45,-124.99 -44.99,-125 -44.99,-125 -45))"
#define CORNER                                                                                     \
	"geometry=POLYGON((-125 -45,-124.9999 -45,-124.9999 -44.9999,-125 -44.9999,-125 -45))"

/* Enter or correct (id) a record; its id and submission. */
static void
enter(const char *author, const char *id, const char *kind, const char *const *set, size_t sets,
      struct entry_result *ret)
{
	struct entry_options o = {
		.kind = kind, .id = id, .set = set, .sets = sets, .author = author, .remark = ""
	};
	struct err e = { 0 };

	if (entry_run(st, &o, ret, &e))
		fail_msg("%s", e.text);
}

#define ENTER(author, id, kind, ret, ...)                                                          \
	enter(author, id, kind, (const char *const[]){ __VA_ARGS__ },                              \
	      sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(char *), ret)

static enum err_code
decide(const char *type, const char *by, const char *second, const char *id)
{
	struct decide_options o = {
		.type = type, .by = by, .second = second, .reason = "r", .id = &id, .ids = 1
	};
	struct decide_result r;
	struct err e = { 0 };

	return decide_run(st, &o, &r, &e);
}

/* What is shown of a record: its area in whole m2, -1 = nothing is shown. */
static double
shown_m2(const char *id, enum shown_as *ret_as)
{
	struct shown s;
	struct arena mem;
	struct uuid u;
	bool any = false;
	struct err e = { 0 };
	double m2 = -1;

	arena_init(&mem, 0);
	assert_true(uuid_parse(id, strlen(id), &u));
	if (store_get(st, u, &mem, &s, &any, &e))
		assert_int_equal(e.code, ERR_NOTFOUND);
	if (any) {
		m2 = s.area_m2;
		*ret_as = s.as;
	}
	arena_done(&mem);
	return m2;
}

static const char *
number(int64_t submission)
{
	static char text[24];

	(void)snprintf(text, sizeof(text), "@%lld", (long long)submission);
	return text;
}

/* An approved submission is nothing that waits: one person does not take it back as a whole. */
static void
what_was_decided_is_not_decided_again_as_a_submission(void **state)
{
	struct entry_result h;
	enum shown_as as = SHOWN_RELEASED;

	(void)state;
	ENTER("A", NULL, "hazard", &h, "valid_from=2024-04-01", SQUARE);
	assert_int_equal(decide("approval", "B", NULL, h.id), ERR_OK);
	assert_int_equal(decide("return", "C", NULL, number(h.submission)), ERR_NOTFOUND);
	assert_true(shown_m2(h.id, &as) > 0);
	assert_int_equal(as, SHOWN_DANGER);
	/* the decision itself is no record that somebody decides about */
	assert_int_equal(decide("return", "C", NULL, number(h.submission + 1)), ERR_NOTFOUND);
	ENTER("A", NULL, "hazard", &h, "valid_from=2024-04-01", SQUARE);
	assert_int_equal(decide("approval", "B", NULL, number(h.submission)), ERR_OK);
	assert_int_equal(decide("return", "C", NULL, number(h.submission)), ERR_NOTFOUND);
	assert_int_equal(decide("approval", "C", NULL, number(h.submission)), ERR_NOTFOUND);
}

/* Of a submission of which one record was returned, the others are approved, that one is not. */
static void
the_rest_of_a_submission_is_decided(void **state)
{
	struct entry_result land, find;
	enum shown_as as = SHOWN_RELEASED;

	(void)state;
	ENTER("A", NULL, "hazard", &land, "valid_from=2024-04-01", "status=closed",
	      "outcome=cleared", SQUARE);
	assert_int_equal(decide("approval", "B", NULL, land.id), ERR_OK);
	/* one submission: the find, and the land that it opens again */
	ENTER("A", NULL, "ordnance", &find, "valid_from=2024-05-01", "category=ap_mine",
	      "geometry=-124.995,-44.995");
	assert_int_equal(decide("return", "B", NULL, find.id), ERR_OK);
	assert_int_equal(decide("approval", "B", NULL, number(find.submission)), ERR_OK);
	assert_true(shown_m2(land.id, &as) > 0);
	assert_int_equal(as, SHOWN_DANGER);
	assert_true(shown_m2(find.id, &as) < 0);
}

static void
who_makes_a_hazard_smaller_does_not_approve_it(void **state)
{
	struct entry_result h, r;
	enum shown_as as;
	double before;

	(void)state;
	ENTER("A", NULL, "hazard", &h, "valid_from=2024-04-01", "class=cha", SQUARE);
	assert_int_equal(decide("approval", "A", NULL, h.id), ERR_OK); /* danger: one will do */
	before = shown_m2(h.id, &as);
	ENTER("B", h.id, "hazard", &r, CORNER);
	assert_int_equal(decide("approval", " b", NULL, h.id), ERR_DENIED);
	assert_int_equal(decide("approval", "B", NULL, number(r.submission)), ERR_DENIED);
	assert_true(shown_m2(h.id, &as) >= before);
	assert_int_equal(decide("approval", "C", NULL, number(r.submission)), ERR_OK);
	assert_true(shown_m2(h.id, &as) < before / 100);
	/* milder */
	ENTER("B", h.id, "hazard", &r, "class=indication");
	assert_int_equal(decide("approval", "B", NULL, h.id), ERR_DENIED);
	assert_int_equal(decide("approval", "C", NULL, h.id), ERR_OK);
	/* what only says more, or more danger, may be approved by who entered it */
	ENTER("B", h.id, "hazard", &r, "place_name=Oreva");
	assert_int_equal(decide("approval", "B", NULL, h.id), ERR_OK);
	ENTER("B", h.id, "hazard", &r, "class=cha", SQUARE);
	assert_int_equal(decide("approval", "B", NULL, h.id), ERR_OK);
}

static void
who_reports_a_hazard_does_not_alone_take_it_back(void **state)
{
	struct entry_result h, r;
	enum shown_as as;

	(void)state;
	ENTER("A", NULL, "hazard", &h, "valid_from=2024-04-01", SQUARE);
	assert_int_equal(decide("return", "A", NULL, h.id), ERR_DENIED);
	assert_int_equal(decide("return", "A", NULL, number(h.submission)), ERR_DENIED);
	assert_true(shown_m2(h.id, &as) > 0);
	/* a correction that made it smaller may be taken back by anybody */
	assert_int_equal(decide("approval", "B", NULL, h.id), ERR_OK);
	ENTER("A", h.id, "hazard", &r, CORNER);
	assert_int_equal(decide("return", "A", NULL, h.id), ERR_OK);
	/* a point that reaches less far is less as well */
	ENTER("A", NULL, "hazard", &h, "valid_from=2024-04-01", "geometry=-124.9,-45",
	      "radius_m=2000");
	assert_int_equal(decide("approval", "A", NULL, h.id), ERR_OK);
	ENTER("A", h.id, "hazard", &r, "radius_m=2");
	assert_int_equal(decide("approval", "A", NULL, h.id), ERR_DENIED);
	assert_int_equal(decide("approval", "B", NULL, h.id), ERR_OK);
}

/* Released land is open again by a find; nobody closes it by returning that while the find counts.
 */
static void
a_reopening_is_not_returned_over_its_find(void **state)
{
	struct entry_result h, find;
	enum shown_as as = SHOWN_RELEASED;

	(void)state;
	ENTER("A", NULL, "hazard", &h, "valid_from=2024-03-01", SQUARE);
	assert_int_equal(decide("approval", "B", NULL, h.id), ERR_OK);
	ENTER("A", h.id, "hazard", &find, "valid_from=2024-04-01", "status=closed",
	      "outcome=cleared");
	assert_int_equal(decide("release", "B", "A", h.id), ERR_DENIED); /* A entered it */
	assert_int_equal(decide("release", "B", "C", h.id), ERR_OK);
	ENTER("D", NULL, "ordnance", &find, "valid_from=2024-05-01", "category=ap_mine",
	      "geometry=-124.995,-44.995");
	assert_int_equal(decide("return", "E", NULL, h.id), ERR_DENIED);
	assert_true(shown_m2(h.id, &as) > 0);
	assert_int_equal(as, SHOWN_DANGER);
	/* the find was none */
	assert_int_equal(decide("return", "E", NULL, find.id), ERR_OK);
	assert_int_equal(decide("return", "E", NULL, h.id), ERR_OK);
	assert_true(shown_m2(h.id, &as) > 0);
	assert_int_equal(as, SHOWN_RELEASED);
}

static void
land_does_not_vanish_under_a_closing(void **state)
{
	struct entry_result h, r;
	enum shown_as as = SHOWN_RELEASED;

	(void)state;
	ENTER("A", NULL, "hazard", &h, "valid_from=2024-03-01", SQUARE);
	assert_int_equal(decide("approval", "B", NULL, h.id), ERR_OK);
	ENTER("A", h.id, "hazard", &r, "valid_from=2024-04-01", "status=closed", "outcome=cleared",
	      CORNER);
	assert_int_equal(decide("release", "B", "C", h.id), ERR_DENIED);
	assert_int_equal(decide("approval", "B", NULL, h.id), ERR_DENIED);
	assert_true(shown_m2(h.id, &as) > 0);
	assert_int_equal(as, SHOWN_DANGER);
}

/* A point of an open hazard lies beside the land, and its radius reaches into it. */
static void
land_is_not_released_under_a_radius(void **state)
{
	struct entry_result h, point, r;

	(void)state;
	ENTER("A", NULL, "hazard", &h, "valid_from=2024-03-01", SQUARE);
	ENTER("A", NULL, "hazard", &point, "valid_from=2024-03-01", "geometry=-124.97,-44.995",
	      "radius_m=3000"); /* 1,577 m east of it */
	assert_int_equal(decide("approval", "B", NULL, h.id), ERR_OK);
	ENTER("A", h.id, "hazard", &r, "valid_from=2024-04-01", "status=closed", "outcome=cleared");
	assert_int_equal(decide("release", "B", "C", h.id), ERR_DENIED);
	ENTER("A", point.id, "hazard", &r, "valid_from=2024-04-01", "radius_m=1000");
	assert_int_equal(decide("release", "B", "C", h.id), ERR_DENIED); /* smaller, but it waits */
	assert_int_equal(decide("approval", "B", NULL, point.id), ERR_OK);
	assert_int_equal(decide("release", "B", "C", h.id), ERR_OK);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			what_was_decided_is_not_decided_again_as_a_submission, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_rest_of_a_submission_is_decided, set_up,
		                                tear_down),
		cmocka_unit_test_setup_teardown(who_makes_a_hazard_smaller_does_not_approve_it,
		                                set_up, tear_down),
		cmocka_unit_test_setup_teardown(who_reports_a_hazard_does_not_alone_take_it_back,
		                                set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_reopening_is_not_returned_over_its_find, set_up,
		                                tear_down),
		cmocka_unit_test_setup_teardown(land_does_not_vanish_under_a_closing, set_up,
		                                tear_down),
		cmocka_unit_test_setup_teardown(land_is_not_released_under_a_radius, set_up,
		                                tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
