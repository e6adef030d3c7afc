/* What changed since the log was shorter; counted by hand. */
#define _XOPEN_SOURCE 700
#include "../folder.h"

#include "ingest/entry.h"
#include "store/changed.h"
#include "store/history.h"

static struct store *st;
static struct arena mem;

static int
set_up(void **state)
{
	(void)state;
	arena_init(&mem, 0);
	return folder_make() || store_open(path, STORE_WRITE, &st, NULL);
}

static int
tear_down(void **state)
{
	(void)state;
	arena_done(&mem);
	store_close(st);
	return folder_remove();
}

/* One record, one submission; its number. */
static int64_t
enter(const char *kind, const char *record, const char *value, char ret_id[UUID_TEXT])
{
	const char *set[] = { value };
	struct entry_options o = {
		.kind = kind, .id = record, .set = set, .sets = 1, .author = "A"
	};
	struct entry_result r;
	struct err e = { 0 };
	struct uuid id;
	int found;
	int64_t fid = 0;

	if (entry_run(st, &o, &r, &e))
		fail_msg("%s", e.text);
	assert_true(uuid_parse(r.id, strlen(r.id), &id));
	assert_int_equal(history_find(st, id, &found, &fid, NULL), ERR_OK);
	if (ret_id)
		memcpy(ret_id, r.id, UUID_TEXT);
	return fid;
}

static struct changed
since(const char *kind, int64_t size, size_t most)
{
	struct changed c;

	assert_int_equal(store_changed(st, store_kind(st, kind), size, most, &mem, &c, NULL),
	                 ERR_OK);
	return c;
}

static void
by_revision(void **state)
{
	char first_id[UUID_TEXT], text[UUID_TEXT];
	int64_t start = store_log_size(st), first, second;
	struct changed c;

	(void)state;
	assert_int_equal(since("hazard", 0, 10).count, 0);
	first = enter("hazard", NULL, "class=sha", first_id);
	second = enter("hazard", NULL, "class=cha", NULL);
	(void)enter("organisation", NULL, "name=Clear Fields", NULL);
	c = since("hazard", start, 10);
	assert_int_equal(c.count, 2);
	assert_false(c.many);
	assert_int_equal(c.fid[0], first);
	assert_int_equal(c.fid[1], second);
	uuid_format(c.id[0], text);
	assert_string_equal(text, first_id);
	c = since("hazard", start + 1, 10);
	assert_int_equal(c.count, 1);
	assert_int_equal(c.fid[0], second);
	assert_int_equal(since("hazard", start + 2, 10).count, 0);
	assert_int_equal(since("organisation", start + 2, 10).count, 1);
	/* an old record with a new revision, twice: once, under its own number */
	(void)enter("hazard", first_id, "remarks=a", NULL);
	(void)enter("hazard", first_id, "remarks=b", NULL);
	c = since("hazard", start + 3, 10);
	assert_int_equal(c.count, 1);
	assert_int_equal(c.fid[0], first);
}

static void
too_many(void **state)
{
	struct changed c;

	(void)state;
	for (int i = 0; i < 3; i++)
		(void)enter("hazard", NULL, "class=sha", NULL);
	c = since("hazard", 0, 3);
	assert_int_equal(c.count, 3);
	assert_false(c.many);
	c = since("hazard", 0, 2);
	assert_true(c.many);
	assert_int_equal(c.count, 0);
	assert_true(since("hazard", 0, 0).many); /* is there any at all? */
	assert_false(since("ordnance", 0, 0).many);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(by_revision, set_up, tear_down),
		cmocka_unit_test_setup_teardown(too_many, set_up, tear_down),
	};

	return cmocka_run_group_tests_name("changed", tests, NULL, NULL);
}
