/* Groups of submissions: members that fail are undone alone, the rest is acknowledged together. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/text.h"
#include "ingest/decide.h"
#include "ingest/entry.h"
#include "store/each.h"
#include "store/group.h"
#include "store/rebuild.h"
#include "store/submit.h"
#include "store/verify.h"

static char dir[200], path[300];
static struct store *st;

static int
set_up(void **state)
{
	const char *tmp = getenv("TMPDIR");
	char home[260];
	struct err e = { 0 };

	(void)state;
	(void)snprintf(dir, sizeof(dir), "%s/fallow-group-XXXXXX", tmp && *tmp ? tmp : "/tmp");
	if (!mkdtemp(dir))
		return -1;
	(void)snprintf(home, sizeof(home), "%s/home", dir);
	(void)snprintf(path, sizeof(path), "%s/r.gpkg", dir);
	if (setenv("FALLOW_HOME", home, 1) || store_init(path, "XXA", "test", &e) ||
	    store_open(path, STORE_WRITE, &st, &e))
		return -1;
	return 0;
}

static int
tear_down(void **state)
{
	char command[300];

	(void)state;
	store_close(st);
	(void)snprintf(command, sizeof(command), "rm -rf '%s'", dir);
	return system(command) == 0 ? 0 : -1;
}

static enum err_code
add(const char *id, const char *point, const char *class, const char *author, char *ret_id)
{
	char geometry[80], what[60];
	const char *set[] = { geometry, what, "status=open", "valid_from=2024-05-01" };
	struct entry_options o = {
		.kind = "hazard", .id = id, .set = set, .sets = 4, .author = author
	};
	struct entry_result done;
	struct err e = { 0 };
	enum err_code rc;

	(void)snprintf(geometry, sizeof(geometry), "geometry=%s", point);
	(void)snprintf(what, sizeof(what), "class=%s", class);
	rc = entry_run(st, &o, &done, &e);
	if (!rc && ret_id)
		memcpy(ret_id, done.id, UUID_TEXT);
	return rc;
}

static enum err_code
count_row(void *ctx, const struct shown *row, struct err *e)
{
	(void)row;
	(void)e;
	++*(int *)ctx;
	return ERR_OK;
}

static int
hazards(struct store *from)
{
	struct each_filter f = { .kind = store_kind(from, "hazard"),
		                 .as_of_days = INT64_MAX,
		                 .known_size = INT64_MAX };
	int n = 0;

	assert_int_equal(ERR_OK, store_each(from, &f, count_row, &n, NULL));
	return n;
}

static void
check_whole(void)
{
	struct verify_report rep = { 0 };
	struct err e = { 0 };

	assert_int_equal(ERR_OK, store_verify(st, NULL, &rep, &e));
	assert_int_equal(0, rep.bad);
}

static void
test_members(void **state)
{
	char id[UUID_TEXT];
	struct store *reader = NULL;
	struct store_checkpoint before, after;
	int64_t size;
	struct err e = { 0 };

	(void)state;
	assert_int_equal(ERR_OK, store_open(path, STORE_READ, &reader, &e));
	size = store_log_size(st);
	before = store_checkpoint_newest(st);
	assert_int_equal(ERR_OK, group_begin(st, NULL, &e));
	assert_int_equal(ERR_INTERNAL, group_begin(st, NULL, &e));
	assert_int_equal(ERR_OK, add(NULL, "-125.1,-45.1", "sha", "Ana", id));
	/* one that is refused before it begins, one that fails after it wrote */
	assert_int_equal(ERR_INVALID, add(NULL, "0,0", "sha", "Bo", NULL));
	{
		struct submit_about about = { .author = "Cem" };
		struct submit_revision rev = { .kind = store_kind(st, "hazard") };
		struct arena mem;

		arena_init(&mem, 0);
		assert_int_equal(ERR_OK, submit_begin(st, &about, &e));
		assert_int_equal(ERR_OK, submit_new_id(&rev.id, &e));
		assert_true(fields_init(&rev.fields, store_form(st, rev.kind), &mem));
		assert_true(fields_set_text(&rev.fields, "valid_from", "2024-05-01"));
		assert_int_equal(ERR_OK, submit_add(st, &rev, 1, NULL, &e));
		assert_int_equal(2, hazards(st)); /* it sees itself and the one before */
		submit_cancel(st);
		arena_done(&mem);
	}
	assert_int_equal(1, hazards(st));
	assert_int_equal(ERR_OK, add(NULL, "-125.2,-45.2", "cha", "Dana", NULL));
	/* a member corrects what a member before it wrote */
	assert_int_equal(ERR_OK, add(id, "-125.1,-45.1", "cha", "Eli", NULL));
	assert_int_equal(3, group_members(st));
	/* nobody else sees any of it, and nothing is signed */
	assert_int_equal(0, hazards(reader));
	assert_int_equal(before.size, store_checkpoint_newest(st).size);
	assert_int_equal(ERR_OK, group_commit(st, &e));
	assert_int_equal(size + 3, store_log_size(st));
	after = store_checkpoint_newest(st);
	assert_int_equal(size + 3, after.size);
	assert_int_equal(2, hazards(reader));
	check_whole();
	store_close(reader);
}

/* An approval in the same group as what it approves. */
static void
test_decision(void **state)
{
	char id[UUID_TEXT];
	const char *ids[] = { id };
	struct decide_options o = { .type = "approval", .by = "Fay", .id = ids, .ids = 1 };
	struct decide_result done;
	int64_t size = store_log_size(st);
	struct err e = { 0 };

	(void)state;
	assert_int_equal(ERR_OK, group_begin(st, NULL, &e));
	assert_int_equal(ERR_OK, add(NULL, "-125.3,-45.3", "sha", "Gus", id));
	assert_int_equal(ERR_OK, decide_run(st, &o, &done, &e));
	assert_int_equal(1, done.revisions);
	assert_int_equal(size + 1, done.submission);
	/* again: nothing waits any more, and the group goes on */
	assert_int_equal(ERR_NOTFOUND, decide_run(st, &o, &done, &e));
	assert_int_equal(2, group_members(st));
	assert_int_equal(ERR_OK, group_commit(st, &e));
	assert_int_equal(size + 2, store_log_size(st));
	check_whole();
}

static void
test_cancel(void **state)
{
	int n = hazards(st);
	int64_t size = store_log_size(st);
	struct err e = { 0 };

	(void)state;
	assert_int_equal(ERR_OK, group_begin(st, NULL, &e));
	assert_int_equal(ERR_OK, add(NULL, "-125.4,-45.4", "sha", "Hal", NULL));
	group_cancel(st);
	assert_int_equal(n, hazards(st));
	assert_int_equal(size, store_log_size(st));
	/* an empty group, and one whose only member failed, write nothing */
	assert_int_equal(ERR_OK, group_begin(st, NULL, &e));
	assert_int_equal(ERR_OK, group_commit(st, &e));
	assert_int_equal(ERR_OK, group_begin(st, NULL, &e));
	assert_int_equal(ERR_INVALID, add(NULL, "0,0", "sha", "Ida", NULL));
	assert_int_equal(ERR_OK, group_commit(st, &e));
	assert_int_equal(size, store_log_size(st));
	/* and what comes alone is as before */
	assert_int_equal(ERR_OK, add(NULL, "-125.5,-45.5", "sha", "Jo", NULL));
	assert_int_equal(size + 1, store_log_size(st));
	assert_int_equal(size + 1, store_checkpoint_newest(st).size);
	check_whole();
}

/* The same content whether it came in groups or one by one: rebuild makes the layers anew. */
static void
test_rebuild(void **state)
{
	int n = hazards(st);
	struct err e = { 0 };

	(void)state;
	assert_int_equal(ERR_OK, store_rebuild(st, NULL, NULL, &e));
	assert_int_equal(n, hazards(st));
	check_whole();
	store_close(st);
	assert_int_equal(ERR_OK, store_open(path, STORE_WRITE, &st, &e));
	assert_int_equal(n, hazards(st));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_members),
		cmocka_unit_test(test_decision),
		cmocka_unit_test(test_cancel),
		cmocka_unit_test(test_rebuild),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
