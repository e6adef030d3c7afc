/* The JSON API: what each role reads. Expected values are worked out by hand from the records
 * entered below. */
#define _XOPEN_SOURCE 700 /* mkdtemp, setenv, nftw */
#include "../unit.h"

#include "served.h"

static char sha[UUID_TEXT], spot[UUID_TEXT], closed[UUID_TEXT], find[UUID_TEXT],
	accident[UUID_TEXT], place[UUID_TEXT];

static int
set_up(void **state)
{
	static const char *const place_set[] = { "name=Oreva", "type=settlement",
		                                 "valid_from=2020-01-01", "geometry=-124.99,-44.99",
		                                 NULL };
	static const char *const sha_set[] = {
		"class=sha",
		"status=open",
		"valid_from=2024-05-17",
		"national_id=H-1",
		"status_reason=heard",
		"given_text=SECRET",
		"place_name=Oreva",
		"geometry=POLYGON((-125 -45,-124.99 -45,-124.99 -44.99,-125 -44.99,-125 -45))",
		NULL
	};
	static const char *const spot_set[] = { "class=eod_spot",        "status=open",
		                                "valid_from=2024-05-18", "national_id=SECRET-2",
		                                "geometry=-124.5,-44.5", NULL };
	static const char *const closed_set[] = {
		"class=cha",
		"status=closed",
		"outcome=cleared",
		"valid_from=2024-05-19",
		"national_id=H-3",
		"geometry=POLYGON((-124 -45,-123.98 -45,-123.98 -44.98,-124 -44.98,-124 -45))",
		NULL
	};
	static const char *const lost_set[] = { "class=sha", "status=open", "valid_from=2023-01-02",
		                                "place_name=Oreva", NULL };
	static const char *const find_set[] = { "category=mortar",
		                                "quantity=3",
		                                "found_date=2023-05-16",
		                                "model=SECRET",
		                                "valid_from=2024-05-17",
		                                "geometry=-123,-44",
		                                NULL };
	static const char *const accident_set[] = { "valid_from=2024-05-17",
		                                    "date=2024-05-16",
		                                    "class=mine",
		                                    "killed=1",
		                                    "injured=7",
		                                    "place_name=SECRET",
		                                    "geometry=-125.2,-45.2",
		                                    NULL };

	(void)state;
	if (served_open("api"))
		return -1;
	served_enter("olena", "place", place_set, place);
	served_enter("olena", "hazard", sha_set, sha);
	served_enter("olena", "hazard", spot_set, spot);
	served_enter("olena", "hazard", closed_set, closed);
	served_enter("olena", "hazard", lost_set, NULL);
	served_enter("olena", "ordnance", find_set, find);
	served_enter("olena", "accident", accident_set, accident);
	served_decide("approval", "taras", closed);
	return 0;
}

static const struct json_value *
counted(const struct json_value *v, const char *kind)
{
	for (size_t i = 0; i < served_count(v, "counts"); i++)
		if (text_eq(json_get_string(served_at(v, "counts", i), "kind"), kind))
			return served_at(v, "counts", i);
	return NULL;
}

static void
status_tells_what_a_role_may_know(void **state)
{
	const struct json_value *v = served_get("/api/status", SERVE_PUBLIC, 200), *h;

	(void)state;
	assert_string_equal(json_get_string(json_get(v, "register"), "country"), "XXA");
	assert_int_equal(served_number(json_get(v, "log"), "size"), 8);
	/* without the spot task */
	h = counted(v, "hazard");
	assert_int_equal(served_number(h, "records"), 3);
	assert_int_equal(served_number(h, "unapproved"), 2);
	assert_int_equal(served_number(h, "no_position"), 1);
	assert_null(counted(v, "ordnance"));
	assert_null(counted(v, "accident"));
	assert_int_equal(served_number(json_get(v, "hazards"), "danger"), 2);
	assert_int_equal(served_number(json_get(v, "hazards"), "reported_released"), 1);
	/* months, and days from the first of May to the first of June */
	assert_string_equal(json_get_string(json_get(v, "information"), "newest"), "2024-05");
	assert_int_equal(served_number(json_get(v, "information"), "age_days"), 31);
	assert_null(json_get(json_get(v, "quarantine"), "places"));
	assert_true(served_reply.etag[0] == '"');

	v = served_get("/api/status", SERVE_OFFICER, 200);
	h = counted(v, "hazard");
	assert_int_equal(served_number(h, "records"), 4);
	assert_int_equal(served_number(counted(v, "accident"), "records"), 1);
	assert_string_equal(json_get_string(json_get(v, "information"), "newest"), "2024-05-19");
	assert_int_equal(served_number(json_get(v, "information"), "age_days"), 13);
	assert_int_equal(served_count(json_get(v, "quarantine"), "places"), 0);
	/* kept answers are those of the role */
	v = served_get("/api/status", SERVE_REPORTER, 200);
	assert_int_equal(served_number(counted(v, "hazard"), "records"), 3);
}

static void
lists_have_what_the_role_sees(void **state)
{
	const struct json_value *v, *one;
	static const struct {
		const char *query;
		size_t pub, officer;
	} c[] = {
		{ "", 3, 4 },
		{ "&status=open", 2, 3 },
		{ "&class=cha", 1, 1 },
		{ "&class=eod_spot", 0, 1 },
		{ "&status=reported_released", 1, 1 },
		{ "&unapproved=true", 2, 3 },
		{ "&conflict=true", 0, 0 },
		{ "&q=h-1", 1, 1 },
		{ "&q=SECRET", 0, 2 },
		{ "&q=heard", 0, 1 },
		{ "&place=OREVA", 2, 2 },
		{ "&from=2024-05-18", 2, 2 },
		{ "&from=2024-05-18&to=2024-05-18", 2, 1 },
		{ "&to=2023-12-31", 1, 1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof c / sizeof *c; i++) {
		char url[200];

		(void)snprintf(url, sizeof url, "/api/records?kind=hazard%s", c[i].query);
		v = served_get(url, SERVE_PUBLIC, 200);
		if (served_count(v, "records") != c[i].pub)
			print_error("%s: %s\n", url, buf_text(&served_reply.body));
		assert_int_equal(served_count(v, "records"), c[i].pub);
		assert_null(strstr(buf_text(&served_reply.body), "SECRET"));
		assert_null(strstr(buf_text(&served_reply.body), "heard"));
		v = served_get(url, SERVE_OFFICER, 200);
		if (served_count(v, "records") != c[i].officer)
			print_error("%s: %s\n", url, buf_text(&served_reply.body));
		assert_int_equal(served_count(v, "records"), c[i].officer);
	}
	v = served_get("/api/records?kind=hazard&limit=1", SERVE_OFFICER, 200);
	one = served_at(v, "records", 0);
	assert_string_equal(json_get_string(one, "id"), sha);
	assert_string_equal(json_get_string(one, "valid_from"), "2024-05-17");
	assert_string_equal(json_get_string(json_get(one, "fields"), "given_text"), "SECRET");
	assert_non_null(json_get_string(v, "next"));
	served_get("/api/records?kind=accident", SERVE_PUBLIC, 403);
	served_get("/api/records?kind=accident", SERVE_OPERATOR, 200);
	served_get("/api/records?kind=dragon", SERVE_OPERATOR, 400);
	served_get("/api/records?kind=hazard&limit=0", SERVE_OPERATOR, 400);
	served_get("/api/records?kind=hazard&from=yesterday", SERVE_OPERATOR, 400);
	served_get("/api/records?kind=hazard&unapproved=maybe", SERVE_OPERATOR, 400);
	served_get("/api/records", SERVE_OPERATOR, 400);
}

static void
pages_give_each_record_once(void **state)
{
	char url[200], seen[10][UUID_TEXT];
	const char *next = "0";
	size_t n = 0;

	(void)state;
	while (next) {
		const struct json_value *v;

		(void)snprintf(url, sizeof url, "/api/records?kind=hazard&limit=1&after=%s", next);
		v = served_get(url, SERVE_PUBLIC, 200);
		for (size_t i = 0; i < served_count(v, "records"); i++) {
			const char *id = json_get_string(served_at(v, "records", i), "id");

			for (size_t k = 0; k < n; k++)
				assert_string_not_equal(seen[k], id);
			assert_true(n < 10);
			memcpy(seen[n++], id, UUID_TEXT);
		}
		next = json_get_string(v, "next");
	}
	assert_int_equal(n, 3);
}

static void
one_record(void **state)
{
	const struct json_value *v;
	char url[200];

	(void)state;
	(void)snprintf(url, sizeof url, "/api/records/%s", sha);
	v = served_get(url, SERVE_PUBLIC, 200);
	assert_string_equal(json_get_string(v, "national_id"), "H-1");
	assert_int_equal(json_get(v, "public_geometry")->type, JSON_TRUE);
	assert_null(json_get(v, "heads"));
	assert_int_equal(served_count(v, "can"), 0);
	assert_null(json_get(json_get(v, "fields"), "given_text"));
	assert_string_equal(json_get_string(v, "valid_from"), "2024-05");
	/* drawn larger than recorded: -125 .. -124.99 */
	assert_true(json_get(v, "bbox")->first->number < -125);
	assert_non_null(strstr(buf_text(&served_reply.body), "\"given_text\""));
	v = served_get(url, SERVE_APPROVER, 200);
	assert_int_equal(json_get(v, "public_geometry")->type, JSON_FALSE);
	assert_int_equal(served_count(v, "heads"), 1);
	assert_int_equal(served_count(v, "can"), 4);
	assert_true(json_get(v, "bbox")->first->number == -125);

	(void)snprintf(url, sizeof url, "/api/records/%s", spot);
	served_get(url, SERVE_PUBLIC, 404);
	served_get(url, SERVE_OPERATOR, 200);
	(void)snprintf(url, sizeof url, "/api/records/%s", accident);
	served_get(url, SERVE_PUBLIC, 404);
	served_get(url, SERVE_REPORTER, 404);
	served_get(url, SERVE_ADMINISTRATOR, 404);
	served_get(url, SERVE_LEGAL, 200);
	served_get("/api/records/018f0000-0000-7000-8000-000000000000", SERVE_LEGAL, 404);
	served_get("/api/records/x", SERVE_LEGAL, 404);
}

static const char *
answer_at(const char *at, enum serve_role role)
{
	char url[200];

	(void)snprintf(url, sizeof url, "/api/find?near=%s&within=0", at);
	return json_get_string(served_get(url, role, 200), "answer");
}

static void
is_it_dangerous_here(void **state)
{
	const struct json_value *v;

	(void)state;
	assert_string_equal(answer_at("-124.995,-44.995", SERVE_PUBLIC), "danger");
	assert_string_equal(answer_at("-124.995,-44.995", SERVE_OFFICER), "danger");
	/* 30 m outside the outline: inside its public cells */
	assert_string_equal(answer_at("-124.9898,-44.995", SERVE_OFFICER), "no_information");
	assert_string_equal(answer_at("-124.9898,-44.995", SERVE_PUBLIC), "danger");
	assert_string_equal(answer_at("-123.99,-44.99", SERVE_PUBLIC), "reported_released");
	assert_string_equal(answer_at("-123.99,-44.99", SERVE_LEGAL), "reported_released");
	assert_string_equal(answer_at("-120,-40", SERVE_PUBLIC), "no_information");
	/* a spot task and a find: danger, and nothing else about them */
	v = served_get("/api/find?near=-124.5,-44.5&within=0", SERVE_PUBLIC, 200);
	assert_true(served_reply.etag[0] == '"');
	assert_string_equal(json_get_string(v, "answer"), "danger");
	assert_int_equal(json_get(served_at(v, "items", 0), "id")->type, JSON_NULL);
	assert_null(strstr(buf_text(&served_reply.body), "SECRET"));
	assert_null(strstr(buf_text(&served_reply.body), "eod_spot"));
	v = served_get("/api/find?near=-123,-44&within=0", SERVE_PUBLIC, 200);
	assert_string_equal(json_get_string(served_at(v, "items", 0), "kind"), "hazard");
	assert_int_equal(json_get(served_at(v, "items", 0), "class")->type, JSON_NULL);
	/* accidents are not for the public to find */
	v = served_get("/api/find?near=-125.2,-45.2&within=100", SERVE_PUBLIC, 200);
	assert_int_equal(json_get(v, "accidents")->type, JSON_NULL);
	v = served_get("/api/find?near=-125.2,-45.2&within=100", SERVE_OPERATOR, 200);
	assert_int_equal(served_number(v, "accidents"), 1);
	/* one hazard without position under a place here */
	v = served_get("/api/find?near=-124.99,-44.99&within=100", SERVE_PUBLIC, 200);
	assert_int_equal(served_number(v, "unlocated_here"), 1);
	served_get("/api/find?near=200,0", SERVE_PUBLIC, 400);
	served_get("/api/find?near=1", SERVE_PUBLIC, 400);
	served_get("/api/find?near=1,2&within=-1", SERVE_PUBLIC, 400);
	served_get("/api/find", SERVE_PUBLIC, 400);
	served_get("/api/find?near=1,2&q=x", SERVE_PUBLIC, 400);
}

/* What comes in after the first question may reach farther than anything before it. */
static void
a_far_reaching_hazard_comes_in(void **state)
{
	static const char *const far_set[] = { "class=sha",         "status=open",
		                               "radius_m=3000",     "valid_from=2024-05-17",
		                               "geometry=-121,-48", NULL };
	static const char *const lost_set[] = { "class=sha", "status=open", "valid_from=2024-05-17",
		                                "place_name=Oreva", NULL };

	(void)state;
	/* 2.6 km east of it: a degree of longitude is 74.6 km there */
	assert_string_equal(answer_at("-120.965,-48", SERVE_OFFICER), "no_information");
	served_enter("olena", "hazard", far_set, NULL);
	assert_string_equal(answer_at("-120.965,-48", SERVE_OFFICER), "danger");
	assert_string_equal(answer_at("-120.965,-48", SERVE_PUBLIC), "danger");
	served_enter("olena", "hazard", lost_set, NULL);
	assert_int_equal(served_number(served_get("/api/find?near=-124.99,-44.99&within=100",
	                                          SERVE_PUBLIC, 200),
	                               "unlocated_here"),
	                 2);
}

static void
words(void **state)
{
	(void)state;
	assert_int_equal(served_count(served_get("/api/find?q=secret", SERVE_PUBLIC, 200), "hits"),
	                 0);
	assert_int_equal(served_count(served_get("/api/find?q=heard", SERVE_PUBLIC, 200), "hits"),
	                 0);
	assert_int_equal(served_count(served_get("/api/find?q=H-1", SERVE_PUBLIC, 200), "hits"), 1);
	assert_true(served_reply.etag[0] == '"');
	assert_int_equal(served_count(served_get("/api/find?q=secret", SERVE_LEGAL, 200), "hits"),
	                 4);
}

static const struct json_value *
figure(const struct json_value *v, const char *code, const char *dim, const char *period)
{
	for (const struct json_value *f = json_get(v, "figures")->first; f; f = f->next)
		if (text_eq(json_get_string(f, "code"), code) &&
		    text_eq(json_get_string(f, "dimension"), dim) &&
		    text_eq(json_get_string(f, "period"), period))
			return f;
	return NULL;
}

static void
figures(void **state)
{
	const struct json_value *v;
	double area_m2;

	(void)state;
	v = served_get("/api/figures?figure=extent.area,casualties,finds,minefields", SERVE_OFFICER,
	               200);
	area_m2 = served_number(figure(v, "extent.area", "", ""), "value");
	assert_true(area_m2 > 800000 && area_m2 < 900000); /* 1113 m x 787 m */
	assert_int_equal(served_number(figure(v, "casualties.total", "", ""), "value"), 8);
	v = served_get("/api/figures?figure=extent.area,casualties,finds,minefields", SERVE_PUBLIC,
	               200);
	assert_true(served_number(figure(v, "extent.area", "", ""), "value") == area_m2);
	assert_int_equal(served_number(figure(v, "finds.items", "", ""), "value"), 3);
	for (const struct json_value *f = json_get(v, "figures")->first; f; f = f->next)
		assert_false(text_starts(json_get_string(f, "code"), "minefields.") ||
		             text_starts(json_get_string(f, "code"), "finds.by_model"));
	assert_null(strstr(buf_text(&served_reply.body), "SECRET"));
	v = served_get("/api/figures?figure=casualties,finds,extent&by=settlement", SERVE_PUBLIC,
	               200);
	for (const struct json_value *f = json_get(v, "figures")->first; f; f = f->next)
		assert_false(text_starts(json_get_string(f, "code"), "casualties.by_device") ||
		             text_starts(json_get_string(f, "code"), "finds."));
	assert_null(strstr(buf_text(&served_reply.body), "eod_spot"));
	served_get("/api/figures?figure=nonsense", SERVE_PUBLIC, 400);
	served_get("/api/figures?by=village", SERVE_PUBLIC, 400);
	assert_null(strstr(buf_text(&served_reply.body), "--by"));
	served_get("/api/figures?as-of=2024", SERVE_PUBLIC, 400);
	/* dates are shown by month: asking day after day must not find the day */
	v = served_get("/api/figures?figure=extent&as-of=2022-12-05", SERVE_PUBLIC, 200);
	assert_string_equal(json_get_string(v, "as_of"), "2022-12-31");
	v = served_get("/api/figures?figure=extent&as-of=2022-12-05", SERVE_OFFICER, 200);
	assert_string_equal(json_get_string(v, "as_of"), "2022-12-05");
	v = served_get("/api/figures?figure=extent&as-of=2022-12-31", SERVE_PUBLIC, 200);
	assert_string_equal(json_get_string(v, "as_of"), "2022-12-31");
}

static void
explanations(void **state)
{
	const struct json_value *v;

	(void)state;
	v = served_get("/api/explain?figure=extent.area", SERVE_OFFICER, 200);
	v = served_at(v, "figures", 0);
	assert_true(served_count(v, "records_listed") >= 1);
	assert_string_equal(json_get_string(served_at(v, "records_listed", 0), "id"), sha);
	assert_string_equal(json_get_string(served_at(v, "records_listed", 0), "national_id"),
	                    "H-1");
	v = served_get("/api/explain?figure=casualties.total", SERVE_OFFICER, 200);
	assert_true(served_count(served_at(v, "figures", 0), "records_listed") >= 1);
	(void)served_get("/api/explain?figure=casualties", SERVE_PUBLIC, 200);
	assert_null(strstr(buf_text(&served_reply.body), accident));
	(void)served_get("/api/explain?figure=finds.items", SERVE_PUBLIC, 200);
	assert_null(strstr(buf_text(&served_reply.body), find));
	(void)served_get("/api/explain?figure=extent", SERVE_PUBLIC, 200);
	assert_null(strstr(buf_text(&served_reply.body), spot));
	assert_non_null(strstr(buf_text(&served_reply.body), sha));
	served_get("/api/explain", SERVE_PUBLIC, 400);
	served_get("/api/explain?figure=extent,finds", SERVE_PUBLIC, 400);
}

static void
time_lines(void **state)
{
	const struct json_value *v = served_get("/api/timeline?figure=finds", SERVE_PUBLIC, 200);

	(void)state;
	assert_int_equal(served_count(v, "points"), 1);
	assert_string_equal(json_get_string(served_at(v, "points", 0), "period"), "2023");
	assert_int_equal(served_number(served_at(v, "points", 0), "value"), 3);
	v = served_get("/api/timeline?figure=casualties", SERVE_OFFICER, 200);
	assert_int_equal(served_count(v, "points"), 1);
	assert_int_equal(served_number(served_at(v, "points", 0), "value"), 8);
	v = served_get("/api/timeline?figure=extent", SERVE_PUBLIC, 200);
	/* 2023: one hazard without an outline; 2024: the area */
	assert_int_equal(served_count(v, "points"), 2);
	assert_string_equal(json_get_string(served_at(v, "points", 1), "period"), "2024");
	served_get("/api/timeline", SERVE_PUBLIC, 400);
}

static void
comparison(void **state)
{
	const struct json_value *v, *time;

	(void)state;
	v = served_get("/api/compare?with=other&after=2020-11-10", SERVE_OFFICER, 200);
	time = json_get(v, "timeline");
	assert_int_equal(served_count(v, "registers"), 2);
	assert_int_equal(served_count(v, "questions"), 6);
	assert_int_equal(served_count(time, "accidents"), 1);
	assert_string_equal(json_get_string(served_at(time, "accidents", 0), "id"), accident);
	assert_string_equal(json_get_string(served_at(time, "accidents", 0), "date"), "2024-05-16");
	assert_int_equal(served_number(served_at(time, "accidents", 0), "killed"), 1);
	assert_int_equal(
		served_number(served_at(served_at(time, "years", 0), "sides", 0), "injured"), 7);
	/* the public: no single accident, nobody of fewer than five */
	v = served_get("/api/compare?with=other&after=2020-11-10", SERVE_PUBLIC, 200);
	time = json_get(v, "timeline");
	assert_int_equal(served_count(time, "accidents"), 0);
	for (size_t i = 0; i < served_count(time, "years"); i++)
		assert_int_equal(
			json_get(served_at(served_at(time, "years", i), "sides", 0), "killed")
				->type,
			JSON_NULL);
	for (size_t i = 1; i < 5; i++)
		assert_int_equal(served_count(served_at(v, "questions", i), "lines"), 0);
	assert_null(strstr(buf_text(&served_reply.body), accident));
	assert_null(strstr(buf_text(&served_reply.body), "SECRET"));
	served_get("/api/compare?with=none", SERVE_PUBLIC, 400);
	served_get("/api/compare?with=r", SERVE_PUBLIC, 400);
	served_get("/api/compare", SERVE_PUBLIC, 400);
	v = served_get("/r/other/api/compare?with=r", SERVE_PUBLIC, 200);
	assert_string_equal(json_get_string(served_at(v, "registers", 1), "name"), "Test");
}

static void
forms(void **state)
{
	const struct json_value *v = served_get("/api/forms", SERVE_REPORTER, 200);
	size_t enters = 0;

	(void)state;
	assert_int_equal(served_count(v, "forms"), store_kind_count(served.reg[0].st));
	for (const struct json_value *f = json_get(v, "forms")->first; f; f = f->next)
		enters += json_get(f, "may_enter")->type == JSON_TRUE;
	assert_int_equal(enters, store_kind_count(served.reg[0].st) - 8);
	v = served_get("/api/forms/hazard", SERVE_PUBLIC, 200);
	assert_string_equal(json_get_string(v, "kind"), "hazard");
	assert_string_equal(json_get_string(json_get(v, "title"), "en"), "Hazard");
	served_get("/api/forms/dragon", SERVE_PUBLIC, 404);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(status_tells_what_a_role_may_know),
		cmocka_unit_test(lists_have_what_the_role_sees),
		cmocka_unit_test(pages_give_each_record_once),
		cmocka_unit_test(one_record),
		cmocka_unit_test(is_it_dangerous_here),
		cmocka_unit_test(words),
		cmocka_unit_test(figures),
		cmocka_unit_test(explanations),
		cmocka_unit_test(time_lines),
		cmocka_unit_test(comparison),
		cmocka_unit_test(forms),
		cmocka_unit_test(a_far_reaching_hazard_comes_in),
	};

	return cmocka_run_group_tests(tests, set_up, served_close);
}
