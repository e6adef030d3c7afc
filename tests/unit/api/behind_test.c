/* Answers made behind: after a change the last one comes at once and says so, then the new one.
 * Expected values: areas of squares in round numbers of records, sizes of the log by counting. */
#define _XOPEN_SOURCE 700 /* mkdtemp, setenv, nftw */
#include "../unit.h"

#include <time.h>

#include "api/behind.h"

#include "served.h"

static struct site own;
static struct behind *behind;

static void
enter_hazard(double lon)
{
	char at[40];
	const char *const set[] = { "class=sha", "status=open", "valid_from=2024-05-17", at, NULL };

	(void)snprintf(at, sizeof(at), "geometry=%.2f,-45", lon);
	served_enter("olena", "hazard", set, NULL);
}

static int
set_up(void **state)
{
	static const char *path[2];
	struct err e = { 0 };

	(void)state;
	if (served_open("behind"))
		return -1;
	enter_hazard(-125);
	path[0] = served_path[0];
	path[1] = served_path[1];
	if (site_open(path, 2, STORE_READ, &own, &e) ||
	    behind_start(&served, &own, 0, &behind, &e)) {
		print_error("%s\n", e.text);
		return -1;
	}
	return 0;
}

static int
tear_down(void **state)
{
	behind_stop(behind);
	site_close(&own);
	return served_close(state);
}

/* Ask until the answer is of the newest state; the last one. Half a minute is for busy machines. */
static const struct json_value *
fresh(const char *url, enum serve_role role)
{
	const struct json_value *v = NULL;
	struct timespec pause = { .tv_nsec = 20000000 };

	for (int i = 0; i < 1500; i++) {
		v = served_get(url, role, 200);
		if (!json_get(v, "stale"))
			return v;
		assert_false(served_reply.cacheable);
		(void)nanosleep(&pause, NULL);
	}
	fail_msg("%s stays stale", url);
	return v;
}

static double
size_of(const struct json_value *v)
{
	return served_number(json_get(v, "checkpoint"), "size");
}

/* What is given right after a change, marked stale. The thread looks for changes by itself too and
 * may, on a slow machine, have made the new answer before it is asked for: then once more. */
static const struct json_value *
stale(const char *url, double lon, double *ret_before)
{
	for (int i = 0; i < 20; i++) {
		const struct json_value *v = fresh(url, SERVE_OFFICER);

		*ret_before = json_get(v, "checkpoint") ? size_of(v) : 0;
		enter_hazard(lon + i * 0.001);
		v = served_get(url, SERVE_OFFICER, 200);
		if (json_get(v, "stale"))
			return v;
	}
	fail_msg("%s is never stale", url);
	return NULL;
}

static void
the_last_answer_comes_at_once_and_says_so(void **state)
{
	static const char url[] = "/api/figures?figure=extent.hazards";
	const struct json_value *v = served_get(url, SERVE_OFFICER, 200);
	double before;

	(void)state;
	assert_null(json_get(v, "stale"));
	assert_true(served_reply.cacheable);
	v = stale(url, -124.9, &before);
	assert_int_equal(json_get(v, "stale")->type, JSON_TRUE);
	assert_int_equal(served_number(v, "log_size"), before);
	assert_int_equal(size_of(v), before);
	assert_false(served_reply.cacheable);
	assert_true(served_reply.etag[0] == '"');
	v = fresh(url, SERVE_OFFICER);
	assert_int_equal(size_of(v), before + 1);
	assert_null(json_get(v, "log_size"));
	assert_true(served_reply.cacheable);
	/* and stays: nothing changed since */
	assert_null(json_get(served_get(url, SERVE_OFFICER, 200), "stale"));
}

static void
another_role_gets_an_answer_of_its_own(void **state)
{
	static const char url[] = "/api/figures?figure=extent.area";
	double before;

	(void)state;
	(void)stale(url, -124.8, &before);
	/* never asked before */
	assert_null(json_get(served_get(url, SERVE_PUBLIC, 200), "stale"));
	(void)fresh(url, SERVE_OFFICER);
}

static void
time_lines_and_comparisons_too(void **state)
{
	static const char *const url[] = { "/api/timeline?figure=extent", "/api/compare?with=other",
		                           "/api/status" };

	(void)state;
	for (size_t i = 0; i < sizeof(url) / sizeof(*url); i++) {
		double before;

		(void)stale(url[i], -124.7 + 0.03 * (double)i, &before);
		(void)fresh(url[i], SERVE_OFFICER);
	}
}

static void
what_was_known_then_stays(void **state)
{
	static const char url[] = "/api/figures?figure=extent&known-at=2024-05-31";

	(void)state;
	(void)fresh(url, SERVE_OFFICER);
	enter_hazard(-124.6);
	assert_null(json_get(served_get(url, SERVE_OFFICER, 200), "stale"));
}

/* Of a large register nobody waits: told to come again, then it is there, and goes on as others. */
static void
the_first_answer_of_a_large_register(void **state)
{
	static const char *const url[] = { "/api/figures?figure=extent.overlap",
		                           "/api/timeline?figure=extent&as-of=2024-06-30",
		                           "/api/compare?with=other&as-of=2024-06-30" };
	struct timespec pause = { .tv_nsec = 20000000 };
	double before;

	(void)state;
	served.reg[0].large = true;
	for (size_t i = 0; i < sizeof(url) / sizeof(*url); i++) {
		const struct json_value *v = served_get(url[i], SERVE_OFFICER, 503);

		assert_true(served_number(v, "making_s") >= 0);
		assert_string_equal(served_reply.type, "application/problem+json");
		assert_false(served_reply.cacheable);
		assert_string_equal(served_reply.header[0].name, "Retry-After");
		for (int k = 0; k < 1500 && served_reply.status == 503; k++) {
			(void)nanosleep(&pause, NULL);
			(void)served_ask(url[i], &(struct asking){ .role = SERVE_OFFICER });
		}
		v = fresh(url[i], SERVE_OFFICER);
		assert_null(json_get(v, "making_s"));
	}
	/* what takes no long is answered at once */
	(void)served_get("/api/figures?figure=casualties", SERVE_OFFICER, 200);
	/* and after a change the last answer is given, as ever */
	(void)stale(url[0], -124.55, &before);
	(void)fresh(url[0], SERVE_OFFICER);
	/* a wrong question is refused at once */
	(void)served_get("/api/figures?figure=bogus", SERVE_OFFICER, 400);
	served.reg[0].large = false;
}

/* More questions than are remembered: each is answered all the same. */
static void
many_questions(void **state)
{
	char url[120];

	(void)state;
	for (int turn = 0; turn < 2; turn++) {
		for (int i = 1; i <= 40; i++) {
			const struct json_value *v;

			(void)snprintf(
				url, sizeof(url),
				"/r/r/api/figures?figure=extent.hazards&as-of=2024-%02d-%02d",
				1 + i % 5, 1 + i % 28);
			v = served_get(url, SERVE_OFFICER, 200);
			assert_true(json_get(v, "stale") || turn == 0);
		}
		if (turn == 0)
			enter_hazard(-124.5);
	}
	(void)fresh(url, SERVE_OFFICER);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_last_answer_comes_at_once_and_says_so),
		cmocka_unit_test(another_role_gets_an_answer_of_its_own),
		cmocka_unit_test(time_lines_and_comparisons_too),
		cmocka_unit_test(what_was_known_then_stays),
		cmocka_unit_test(the_first_answer_of_a_large_register),
		cmocka_unit_test(many_questions),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
