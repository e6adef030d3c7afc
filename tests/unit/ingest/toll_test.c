/* Accidents whose numbers are not those of their victims; counted by hand. */
#define _XOPEN_SOURCE 700
#include "../folder.h"

#include "base/text.h"
#include "ingest/entry.h"
#include "ingest/toll.h"
#include "store/submit.h"

static struct store *st;

static int
set_up(void **state)
{
	(void)state;
	return folder_make() || store_open(path, STORE_WRITE, &st, NULL);
}

static int
tear_down(void **state)
{
	(void)state;
	store_close(st);
	return folder_remove();
}

static void
enter(const char *kind, const char *const *set, char ret_id[UUID_TEXT])
{
	struct entry_options o = { .kind = kind, .set = set, .author = "A" };
	struct entry_result r;
	struct err e = { 0 };

	while (set[o.sets])
		o.sets++;
	if (entry_run(st, &o, &r, &e))
		fail_msg("%s", e.text);
	if (ret_id)
		memcpy(ret_id, r.id, UUID_TEXT);
}

/* "killed=2" and so on, NULL = not said; then a victim for each letter: k, i or u. */
static void
accident(const char *killed, const char *injured, const char *unknown, const char *victims)
{
	const char *set[6] = { "date=2024-03-01", "valid_from=2024-03-01" };
	char id[UUID_TEXT], of[60];
	size_t n = 2;

	for (size_t i = 0; i < 3; i++) {
		const char *one = i == 0 ? killed : i == 1 ? injured : unknown;

		if (one)
			set[n++] = one;
	}
	enter("accident", set, id);
	(void)snprintf(of, sizeof(of), "accident=%s", id);
	for (; *victims; victims++) {
		const char *person[] = { of, "valid_from=2024-03-01",
			                 *victims == 'k'   ? "outcome=killed"
			                 : *victims == 'i' ? "outcome=injured"
			                                   : "outcome=unknown",
			                 NULL };

		enter("victim", person, NULL);
	}
}

static int64_t
told(int64_t since)
{
	struct submit_about about = { .author = "A", .remark = "" };
	struct rowkey_reader *notes = NULL;
	int64_t n = -1;

	assert_int_equal(rowkey_open(st, &notes, NULL), ERR_OK);
	assert_int_equal(submit_begin(st, &about, NULL), ERR_OK);
	assert_int_equal(toll_note(st, since, notes, &n, NULL), ERR_OK);
	submit_cancel(st);
	rowkey_close(notes);
	return n;
}

static void
numbers_that_agree(void **state)
{
	(void)state;
	assert_int_equal(told(0), 0);
	accident("killed=1", "injured=2", NULL, "kii");
	accident("killed=1", NULL, NULL, "k");
	accident("killed=1", "injured=0", "unknown_outcome=1", "ku");
	/* one of the two said as injured is listed without an outcome */
	accident("killed=0", "injured=2", NULL, "iu");
	assert_int_equal(told(0), 0);
}

static void
numbers_that_differ(void **state)
{
	(void)state;
	accident("killed=1", "injured=1", NULL, "k"); /* one is missing */
	assert_int_equal(told(0), 1);
	accident("killed=1", "injured=1", NULL, "kk"); /* as many, but not the same */
	assert_int_equal(told(0), 2);
	accident("killed=0", NULL, NULL, "i"); /* nobody killed, somebody listed */
	assert_int_equal(told(0), 3);
	accident(NULL, "injured=1", "unknown_outcome=1", "i");
	assert_int_equal(told(0), 4);
}

static void
nothing_to_compare(void **state)
{
	(void)state;
	accident("killed=3", "injured=1", NULL, "");
	accident(NULL, NULL, NULL, "kki");
	accident(NULL, NULL, "unknown_outcome=5", "k");
	enter("victim", (const char *const[]){ "outcome=killed", "valid_from=2024-03-01", NULL },
	      NULL);
	assert_int_equal(told(0), 0);
}

static void
only_what_came_since(void **state)
{
	int64_t before;

	(void)state;
	accident("killed=1", "injured=1", NULL, "k");
	before = store_log_size(st);
	assert_int_equal(told(before), 0);
	accident("killed=1", "injured=1", NULL, "i");
	assert_int_equal(told(before), 1);
	assert_int_equal(told(0), 2);
	/* the accident alone came before, its last victim since: it is looked at */
	assert_int_equal(told(store_log_size(st) - 1), 1);
	assert_int_equal(told(store_log_size(st)), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(numbers_that_agree, set_up, tear_down),
		cmocka_unit_test_setup_teardown(numbers_that_differ, set_up, tear_down),
		cmocka_unit_test_setup_teardown(nothing_to_compare, set_up, tear_down),
		cmocka_unit_test_setup_teardown(only_what_came_since, set_up, tear_down),
	};

	return cmocka_run_group_tests_name("toll", tests, NULL, NULL);
}
