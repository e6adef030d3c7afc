/* A work copy handed back in. It is edited with SQLite alone, as any program may; what must come of
 * each edit stands in docs/FORMATS.md, "Work copies". Counts by hand. */
#define _XOPEN_SOURCE 700
#include "../folder.h"

#include <sqlite3.h>

#include "base/text.h"
#include "ingest/entry.h"
#include "ingest/handin.h"
#include "ingest/retry.h"
#include "ingest/workcopy.h"
#include "store/each.h"
#include "store/history.h"
#include "store/quarantine.h"

static struct store *st;
static struct arena mem;
static char copy[300], id[3][UUID_TEXT];
static struct handin_result done;

static void
set_fields(const char *record, const char *one, const char *two)
{
	const char *set[] = { one, two };
	struct entry_options o = { .kind = "hazard", .id = record, .set = set, .author = "A" };
	struct entry_result r;
	struct err e = { 0 };

	o.sets = two ? 2 : 1;
	if (entry_run(st, &o, &r, &e))
		fail_msg("%s", e.text);
	if (record)
		return;
	for (int i = 0; i < 3; i++)
		if (!*id[i]) {
			memcpy(id[i], r.id, UUID_TEXT);
			return;
		}
}

/* Three hazards at 45 south, and a copy of them. */
static int
set_up(void **state)
{
	static const char *const kinds[] = { "hazard", NULL };
	struct workcopy_result made;

	(void)state;
	memset(id, 0, sizeof(id));
	if (folder_make() || store_open(path, STORE_WRITE, &st, NULL))
		return -1;
	arena_init(&mem, 0);
	for (int i = 0; i < 3; i++) {
		char where[60];

		(void)snprintf(where, sizeof(where), "geometry=POINT (-12%d -45)", i);
		set_fields(NULL, where, "class=sha");
	}
	(void)snprintf(copy, sizeof(copy), "%s/w.gpkg", folder);
	return workcopy_write(st, copy, kinds, &made, NULL) || made.records != 3;
}

static int
tear_down(void **state)
{
	(void)state;
	arena_done(&mem);
	store_close(st);
	return folder_remove();
}

static void
one(sqlite3_context *ctx, int n, sqlite3_value **v)
{
	(void)n;
	(void)v;
	sqlite3_result_int(ctx, 1);
}

/* The triggers of the spatial index ask for functions of a GeoPackage: with every geometry said to
 * be empty they leave the index alone. */
static void
edit(const char *sql)
{
	static const char *const name[] = { "ST_IsEmpty", "ST_MinX", "ST_MaxX", "ST_MinY",
		                            "ST_MaxY" };
	sqlite3 *db;
	char *why = NULL;

	assert_int_equal(sqlite3_open(copy, &db), SQLITE_OK);
	for (size_t i = 0; i < COUNT_OF(name); i++)
		assert_int_equal(sqlite3_create_function(db, name[i], 1,
		                                         SQLITE_UTF8 | SQLITE_INNOCUOUS, NULL, one,
		                                         NULL, NULL),
		                 SQLITE_OK);
	if (sqlite3_exec(db, sql, NULL, NULL, &why) != SQLITE_OK)
		fail_msg("%s: %s", sql, why);
	sqlite3_close(db);
}

static void
edit_of(const char *what, int which)
{
	char sql[300];

	(void)snprintf(sql, sizeof(sql), "%s WHERE record_id = '%s'", what, id[which]);
	edit(sql);
}

static enum err_code
hand_in(bool dry_run, struct err *e)
{
	struct handin_options o = { .path = copy, .author = "B", .dry_run = dry_run };
	enum err_code rc = handin_run(st, &o, &done, e);

	if (!rc)
		assert_int_equal(done.read,
		                 done.accepted + done.flagged + done.quarantined + done.present);
	return rc;
}

/* First to try, which must tell the same and write nothing; then for good. */
static void
hand_in_twice(void)
{
	struct handin_result dry;
	struct err e = { 0 };
	int64_t size = store_log_size(st);

	if (hand_in(true, &e))
		fail_msg("%s", e.text);
	assert_int_equal(store_log_size(st), size);
	dry = done;
	if (hand_in(false, &e))
		fail_msg("%s", e.text);
	assert_int_equal(dry.read, done.read);
	assert_int_equal(dry.accepted, done.accepted);
	assert_int_equal(dry.flagged, done.flagged);
	assert_int_equal(dry.quarantined, done.quarantined);
	assert_int_equal(dry.edited.count, done.edited.count);
	assert_int_equal(dry.added.count, done.added.count);
	assert_int_equal(dry.deleted.count, done.deleted.count);
	assert_int_equal(dry.conflicts.count, done.conflicts.count);
}

static size_t
revisions(int which, struct history_revision **ret)
{
	struct uuid u;
	size_t n = 0;

	assert_true(uuid_parse(id[which], strlen(id[which]), &u));
	assert_int_equal(history_load(st, u, INT64_MAX, &mem, ret, &n, NULL), ERR_OK);
	return n;
}

static void
untouched(void **state)
{
	int64_t size = store_log_size(st);

	(void)state;
	hand_in_twice();
	assert_int_equal(done.read, 3);
	assert_int_equal(done.present, 3);
	assert_int_equal(done.unchanged, 3);
	assert_string_equal(done.source_id, "");
	assert_int_equal(store_log_size(st), size);
}

static void
an_edit_follows_what_was_handed_out(void **state)
{
	struct history_revision *r = NULL;

	(void)state;
	edit_of("UPDATE hazard SET remarks = 'seen', class = 'cha'", 1);
	hand_in_twice();
	assert_int_equal(done.edited.count, 1);
	assert_int_equal(done.present, 2);
	assert_int_equal(done.conflicts.count, 0);
	assert_int_equal(revisions(1, &r), 2);
	assert_int_equal(r[1].rev.parent_count, 1);
	assert_memory_equal(r[1].rev.parents[0], r[0].rev.leaf, 32);
	assert_string_equal(fields_text(&r[1].rev.fields, "remarks"), "seen");
	assert_string_equal(fields_text(&r[1].rev.fields, "class"), "cha");
	assert_true(r[1].rev.fields.geom && r[1].rev.fields.geom->xy[0] == -121);
	/* and again adds nothing; going on follows one's own */
	hand_in_twice();
	assert_int_equal(done.present, 3);
	edit_of("UPDATE hazard SET remarks = 'seen again'", 1);
	hand_in_twice();
	assert_int_equal(done.conflicts.count, 0);
	assert_int_equal(revisions(1, &r), 3);
	assert_memory_equal(r[2].rev.parents[0], r[1].rev.leaf, 32);
}

static void
both_sides_of_a_conflict_stay(void **state)
{
	struct history_revision *r = NULL;

	(void)state;
	set_fields(id[0], "remarks=theirs", NULL);
	edit_of("UPDATE hazard SET remarks = 'ours'", 0);
	hand_in_twice();
	assert_int_equal(done.edited.count, 1);
	assert_int_equal(done.conflicts.count, 1);
	assert_int_equal(revisions(0, &r), 3);
	assert_memory_equal(r[2].rev.parents[0], r[0].rev.leaf, 32);
	assert_string_equal(fields_text(&r[1].rev.fields, "remarks"), "theirs");
	assert_string_equal(fields_text(&r[2].rev.fields, "remarks"), "ours");
}

static enum err_code
count_danger(void *ctx, const struct shown *row, struct err *e)
{
	(void)e;
	*(int *)ctx += row->as == SHOWN_DANGER;
	return ERR_OK;
}

static int
danger(void)
{
	struct each_filter f = { .kind = store_kind(st, "hazard"),
		                 .as_of_days = INT64_MAX,
		                 .known_size = INT64_MAX };
	int n = 0;

	assert_int_equal(store_each(st, &f, count_danger, &n, NULL), ERR_OK);
	return n;
}

static void
a_deleted_row_closes_nothing(void **state)
{
	struct history_revision *r = NULL;

	(void)state;
	edit_of("DELETE FROM hazard", 2);
	hand_in_twice();
	assert_int_equal(done.read, 2);
	assert_int_equal(done.deleted.count, 1);
	assert_int_equal(revisions(2, &r), 1);
	assert_int_equal(danger(), 3);
	hand_in_twice(); /* proposed once */
	assert_int_equal(done.deleted.count, 0);
}

static void
a_new_row_is_a_record(void **state)
{
	(void)state;
	edit("INSERT INTO hazard (geometry, class, remarks) SELECT geometry, 'cha', 'new' FROM hazard "
	     "LIMIT 1");
	hand_in_twice();
	assert_int_equal(done.added.count, 1);
	assert_int_equal(danger(), 4);
	edit("UPDATE hazard SET remarks = 'newer' WHERE record_id IS NULL");
	hand_in_twice(); /* known by its number in the copy */
	assert_int_equal(done.added.count, 0);
	assert_int_equal(done.edited.count, 1);
	assert_int_equal(danger(), 4);
}

static enum err_code
keep_qid(void *ctx, const struct quarantine_row *row, struct err *e)
{
	(void)e;
	*(int64_t *)ctx = row->qid;
	return ERR_OK;
}

static void
a_refused_edit_can_be_corrected(void **state)
{
	static const char *const better[] = { "valid_from=2024-05-30" };
	struct history_revision *r = NULL;
	int64_t qid = 0;
	struct retry_options o = { .qid = &qid, .qids = 1, .author = "B" };
	struct retry_result again;

	(void)state;
	edit_of("UPDATE hazard SET remarks = 'tomorrow', valid_from = '2099-01-01'", 0);
	hand_in_twice();
	assert_int_equal(done.quarantined, 1);
	assert_int_equal(done.edited.count, 0);
	assert_int_equal(revisions(0, &r), 1);
	assert_int_equal(quarantine_each(st, -1, false, keep_qid, &qid, NULL), ERR_OK);
	assert_true(qid > 0);
	assert_int_equal(retry_run(st, &o, &again, NULL), ERR_OK);
	assert_int_equal(again.retried, 1);
	assert_int_equal(again.waiting, 1);
	assert_int_equal(again.why_qid, qid);
	assert_non_null(strstr(again.why.text, "2099-01-01"));
	assert_int_equal(revisions(0, &r), 1);
	o.set = better;
	o.sets = 1;
	assert_int_equal(retry_run(st, &o, &again, NULL), ERR_OK);
	assert_int_equal(again.accepted + again.flagged, 1);
	assert_int_equal(revisions(0, &r), 2);
	assert_memory_equal(r[1].rev.parents[0], r[0].rev.leaf, 32);
	assert_string_equal(fields_text(&r[1].rev.fields, "remarks"), "tomorrow");
	assert_string_equal(fields_text(&r[1].rev.fields, "valid_from"), "2024-05-30");
	assert_int_equal(danger(), 3); /* no record more */
	assert_int_equal(retry_run(st, &o, &again, NULL), ERR_NOTFOUND);
}

static void
what_is_no_copy_of_this_register(void **state)
{
	struct err e = { 0 };
	int64_t size = store_log_size(st);

	(void)state;
	edit("CREATE TABLE x AS SELECT name FROM sqlite_master WHERE type = 'trigger'");
	{
		sqlite3 *db;
		sqlite3_stmt *q;
		char drop[8000] = "";

		assert_int_equal(sqlite3_open(copy, &db), SQLITE_OK);
		assert_int_equal(sqlite3_prepare_v2(db, "SELECT name FROM x", -1, &q, NULL),
		                 SQLITE_OK);
		while (sqlite3_step(q) == SQLITE_ROW) {
			size_t n = strlen(drop);

			(void)snprintf(drop + n, sizeof(drop) - n, "DROP TRIGGER \"%s\";",
			               (const char *)sqlite3_column_text(q, 0));
		}
		sqlite3_finalize(q);
		sqlite3_close(db);
		edit(drop);
	}
	edit("DROP TABLE x; UPDATE hazard SET remarks = 'x'; UPDATE fallow_work SET value = "
	     "'018f0000-0000-7000-8000-000000000000' WHERE name = 'register'");
	assert_int_equal(hand_in(false, &e), ERR_INVALID);
	assert_non_null(strstr(e.text, "another register"));
	assert_int_equal(store_log_size(st), size);
	(void)snprintf(copy, sizeof(copy), "%s/none.gpkg", folder);
	assert_int_not_equal(hand_in(false, &e), ERR_OK);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(untouched, set_up, tear_down),
		cmocka_unit_test_setup_teardown(an_edit_follows_what_was_handed_out, set_up,
		                                tear_down),
		cmocka_unit_test_setup_teardown(both_sides_of_a_conflict_stay, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_deleted_row_closes_nothing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_new_row_is_a_record, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_refused_edit_can_be_corrected, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_is_no_copy_of_this_register, set_up,
		                                tear_down),
	};

	return cmocka_run_group_tests_name("handin", tests, NULL, NULL);
}
