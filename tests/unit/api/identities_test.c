/* Identities: opened for legal with a second factor, for one record, for a reason; every read is in
 * the log before anything is shown, and administrators see it. Nobody else gets a byte. */
#define _XOPEN_SOURCE 700 /* mkdtemp, setenv, nftw */
#include "../unit.h"

#include "base/file.h"
#include "ingest/take.h"
#include "ingest/unseal.h"
#include "served.h"
#include "store/submit.h"

static char person[UUID_TEXT], source[UUID_TEXT], nobody[UUID_TEXT];
static const char why[] = "{\"reason\":\"court order 12/24\"}";

static int
set_up(void **state)
{
	static const char *const map[] = { "type=dataset", "title=Map", "valid_from=2024-05-01",
		                           NULL };
	static const char *const told[] = { "type=interview", "title=Told", "valid_from=2024-05-01",
		                            "protected_identity=Ivan Secretq7", NULL };
	static const char *const victim[] = { "valid_from=2024-05-01", "outcome=killed",
		                              "name=Olha Nameq7",      "birth_date=1980-02-03",
		                              "contacts=+380 q7",      NULL };

	(void)state;
	if (served_open("identities"))
		return -1;
	served_enter("login", "source", map, nobody);
	served_enter("login", "source", told, source);
	served_enter("login", "victim", victim, person);
	return 0;
}

static char *
path_of(const char *id)
{
	return arena_printf(&served_mem, "/api/records/%s/identities", id);
}

static int64_t
log_size(void)
{
	return store_log_size(served.reg[0].st);
}

static bool
gives_identity(void)
{
	return strstr(buf_text(&served_reply.body), "q7") != NULL;
}

static size_t
reads(void)
{
	return served_count(served_get("/api/reads", SERVE_ADMINISTRATOR, 200), "reads");
}

static void
legal_reads_and_it_is_recorded(void **state)
{
	const struct json_value *v, *one;
	int64_t before = log_size();

	(void)state;
	/* a record says to legal alone that it can be asked */
	served_get(arena_printf(&served_mem, "/api/records/%s", person), SERVE_LEGAL, 200);
	assert_non_null(strstr(buf_text(&served_reply.body), "\"identities\""));
	assert_false(gives_identity());
	served_get(arena_printf(&served_mem, "/api/records/%s", person), SERVE_OFFICER, 200);
	assert_null(strstr(buf_text(&served_reply.body), "\"identities\""));
	v = served_post(path_of(person), SERVE_LEGAL, why, 200);
	assert_int_equal(log_size(), before + 1);
	assert_int_equal((int64_t)served_number(v, "submission"), before);
	assert_string_equal(json_get_string(v, "kind"), "victim");
	assert_int_equal(served_count(v, "revisions"), 1);
	one = json_get(served_at(v, "revisions", 0), "identities");
	assert_string_equal(json_get_string(one, "name"), "Olha Nameq7");
	assert_string_equal(json_get_string(one, "birth_date"), "1980-02-03");
	assert_string_equal(json_get_string(one, "contacts"), "+380 q7");
	/* nothing but identities */
	assert_null(json_get(one, "outcome"));
	assert_null(json_get(one, "valid_from"));
	assert_int_equal(one->count, 3);

	for (int i = 0; i < 2; i++) {
		v = served_get("/api/reads", i ? SERVE_LEGAL : SERVE_ADMINISTRATOR, 200);
		assert_false(gives_identity());
		assert_int_equal(served_count(v, "reads"), 1);
		one = served_at(v, "reads", 0);
		assert_string_equal(json_get_string(one, "by"), "legal");
		assert_string_equal(json_get_string(one, "role"), "legal");
		assert_string_equal(json_get_string(one, "record"), person);
		assert_string_equal(json_get_string(one, "kind"), "victim");
		assert_string_equal(json_get_string(one, "reason"), "court order 12/24");
		assert_string_equal(json_get_string(one, "at"), "2024-06-01T12:00:00Z");
	}
}

static void
every_read_is_another(void **state)
{
	const struct json_value *v;
	size_t n = reads();

	(void)state;
	for (int i = 0; i < 5; i++)
		served_post(path_of(i % 2 ? person : source), SERVE_LEGAL,
		            arena_printf(&served_mem, "{\"reason\":\"reason %d\"}", i), 200);
	assert_true(gives_identity());
	assert_int_equal(reads(), n + 5);
	/* newest first, in pages */
	v = served_get("/api/reads?limit=2", SERVE_ADMINISTRATOR, 200);
	assert_int_equal(served_count(v, "reads"), 2);
	assert_string_equal(json_get_string(served_at(v, "reads", 0), "reason"), "reason 4");
	assert_string_equal(json_get_string(served_at(v, "reads", 1), "reason"), "reason 3");
	v = served_get(arena_printf(&served_mem, "/api/reads?limit=2&after=%.0f",
	                            served_number(v, "next")),
	               SERVE_ADMINISTRATOR, 200);
	assert_string_equal(json_get_string(served_at(v, "reads", 0), "reason"), "reason 2");
	assert_string_equal(json_get_string(served_at(v, "reads", 1), "reason"), "reason 1");
	v = served_get("/api/reads?after=1", SERVE_ADMINISTRATOR, 200);
	assert_int_equal(served_count(v, "reads"), 0);
	assert_true(json_get(v, "next")->type == JSON_NULL);
}

static void
nobody_else(void **state)
{
	int64_t before = log_size();

	(void)state;
	for (int role = 0; role < SERVE_ROLES; role++) {
		if (role == SERVE_LEGAL)
			continue;
		served_post(path_of(person), (enum serve_role)role, why,
		            role == SERVE_PUBLIC ? 401 : 403);
		assert_false(gives_identity());
		if (role != SERVE_ADMINISTRATOR)
			served_get("/api/reads", (enum serve_role)role,
			           role == SERVE_PUBLIC ? 401 : 403);
	}
	/* without a second factor */
	served_ask(path_of(person), &(struct asking){ .role = SERVE_LEGAL,
	                                              .body = why,
	                                              .no_second_factor = true,
	                                              .method = ASK_POST });
	assert_int_equal(served_reply.status, 403);
	assert_non_null(strstr(buf_text(&served_reply.body), "\"second_factor\":true"));
	assert_false(gives_identity());
	/* by GET there is no such address */
	served_get(path_of(person), SERVE_LEGAL, 405);
	assert_int_equal(log_size(), before);
}

static void
without_a_reason_nothing(void **state)
{
	static const char *const bad[] = { "{}",
		                           "{\"reason\":\"\"}",
		                           "{\"reason\":\"ab\"}",
		                           "{\"reason\":5}",
		                           "{\"reason\":\"two\\nlines\"}",
		                           "{\"reason\":\"\\u001b[2J of a terminal\"}",
		                           "{\"reason\":null}",
		                           "{\"reason\":\"good one\",\"more\":1}",
		                           "[]" };
	int64_t before = log_size();
	char *reason = arena_alloc(&served_mem, UNSEAL_REASON_MAX + 100);
	int n = snprintf(reason, UNSEAL_REASON_MAX + 100, "{\"reason\":\"");

	(void)state;
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		served_post(path_of(person), SERVE_LEGAL, bad[i], 400);
		assert_false(gives_identity());
	}
	memset(reason + n, 'x', UNSEAL_REASON_MAX + 1);
	(void)snprintf(reason + n + UNSEAL_REASON_MAX + 1, 10, "\"}");
	served_post(path_of(person), SERVE_LEGAL, reason, 400);
	assert_int_equal(log_size(), before);
	(void)snprintf(reason + n + UNSEAL_REASON_MAX, 10, "\"}");
	served_post(path_of(person), SERVE_LEGAL, reason, 200);
	assert_int_equal(log_size(), before + 1);
}

static void
records_without(void **state)
{
	int64_t before = log_size();

	(void)state;
	served_post(path_of(nobody), SERVE_LEGAL, why, 404);
	served_post(path_of("018f0000-0000-7000-8000-000000000000"), SERVE_LEGAL, why, 404);
	served_post(path_of("x"), SERVE_LEGAL, why, 404);
	assert_int_equal(log_size(), before);
}

/* Where no key is, nothing opens: the processes that answer reads are so. */
static void
not_without_the_key(void **state)
{
	struct unseal_options o = {
		.id = person, .role = ACCESS_LEGAL, .by = "x", .reason = "some reason"
	};
	struct unseal u = { .count = 77 };
	struct store *st = NULL;
	struct err e = { 0 };

	(void)state;
	assert_int_equal(store_open(served_path[0], STORE_READ_NO_KEYS, &st, &e), ERR_OK);
	assert_int_equal(unseal_run(st, &o, &served_mem, &u, &e), ERR_UNKNOWN);
	assert_int_equal(u.count, 77);
	store_close(st);
	/* and not for the other roles, whoever calls */
	for (int role = 0; role < ACCESS_ROLES; role++) {
		o.role = (enum access_role)role;
		assert_int_equal(unseal_run(served.reg[0].st, &o, &served_mem, &u, &e),
		                 role == ACCESS_LEGAL ? ERR_OK : ERR_DENIED);
	}
	o.by = "";
	o.role = ACCESS_LEGAL;
	assert_int_equal(unseal_run(served.reg[0].st, &o, &served_mem, &u, &e), ERR_INVALID);
}

/* Nobody enters an event by hand; other events are no reads. */
static void
other_events_are_no_reads(void **state)
{
	static const char *const like[] = { "type=viewed", "valid_from=2024-05-01" };
	struct entry_options o = { .kind = "event", .set = like, .sets = 2, .author = "x" };
	struct entry_result entered;
	struct err e = { 0 };
	size_t n = reads();

	(void)state;
	assert_int_equal(entry_run(served.reg[0].st, &o, &entered, &e), ERR_DENIED);
	/* imports and the like leave events too */
	assert_int_equal(submit_begin(served.reg[0].st,
	                              &(struct submit_about){ .author = "x", .remark = "" }, &e),
	                 ERR_OK);
	assert_int_equal(
		take_event(served.reg[0].st, "viewed", "identities of victim", "x", "y", &e),
		ERR_OK);
	assert_int_equal(take_event(served.reg[0].st, "imported",
	                            arena_printf(&served_mem, "identities of victim %s", person),
	                            "x", "y", &e),
	                 ERR_OK);
	assert_int_equal(submit_commit(served.reg[0].st, &(struct submit_result){ 0 }, &e), ERR_OK);
	assert_int_equal(reads(), n);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(legal_reads_and_it_is_recorded),
		cmocka_unit_test(every_read_is_another),
		cmocka_unit_test(nobody_else),
		cmocka_unit_test(without_a_reason_nothing),
		cmocka_unit_test(records_without),
		cmocka_unit_test(not_without_the_key),
		cmocka_unit_test(other_events_are_no_reads),
	};

	return cmocka_run_group_tests(tests, set_up, served_close);
}
