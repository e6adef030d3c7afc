/* The log of a file carried back by another thread: nothing is lost, the log begins anew, and
 * without that thread the same. */
#define _XOPEN_SOURCE 700
#include "../folder.h"

#include <sqlite3.h>
#include <sys/stat.h>

#include "store/fold.h"

static sqlite3 *db;

static int64_t
one(const char *sql)
{
	sqlite3_stmt *q = NULL;
	int64_t n;

	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &q, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(q), SQLITE_ROW);
	n = sqlite3_column_int64(q, 0);
	sqlite3_finalize(q);
	return n;
}

static int64_t
size_of(const char *suffix)
{
	char name[400];
	struct stat s;

	(void)snprintf(name, sizeof(name), "%s.fold%s", path, suffix);
	return stat(name, &s) ? -1 : (int64_t)s.st_size;
}

static int
set_up(void **state)
{
	char name[400];

	(void)state;
	if (folder_make())
		return -1;
	(void)snprintf(name, sizeof(name), "%s.fold", path);
	return sqlite3_open(name, &db) != SQLITE_OK ||
	       sqlite3_exec(db, "PRAGMA journal_mode=WAL; CREATE TABLE t (b BLOB)", NULL, NULL,
	                    NULL);
}

static int
tear_down(void **state)
{
	(void)state;
	sqlite3_close(db);
	return folder_remove();
}

#define ROWS(n)                                                                                    \
	"BEGIN; WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < " #n ") " \
	"INSERT INTO t SELECT randomblob(3000) FROM c; COMMIT"

/* Commit 12 MB the deferred way. */
static void
commit_deferred(bool with_thread)
{
	struct fold f = { 0 };
	int64_t before;
	char name[400];

	(void)snprintf(name, sizeof(name), "%s.fold", path);
	before = size_of("");
	fold_defer(db);
	assert_int_equal(sqlite3_exec(db, ROWS(4000), NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(size_of(""), before); /* the commit carried nothing back */
	fold_begin(&f, db, with_thread ? name : "/nowhere/there"); /* it comes to nothing */
	assert_int_equal(f.running, true);
	assert_int_equal(sqlite3_exec(db, "INSERT INTO t VALUES (1)", NULL, NULL, NULL), SQLITE_OK);
	fold_end(&f, db);
	assert_true(size_of("") > before + 12000000);
}

static void
carried_back(void **state)
{
	int64_t log;

	(void)state;
	commit_deferred(true);
	assert_int_equal(one("SELECT count(*) FROM t"), 4001);
	log = size_of("-wal");
	commit_deferred(true); /* from its beginning: it has not grown */
	assert_true(size_of("-wal") <= log + 65536);
	commit_deferred(false);
	assert_int_equal(one("SELECT count(*) FROM t"), 12003);
	assert_int_equal(
		one("SELECT count(*) FROM pragma_integrity_check WHERE integrity_check <> 'ok'"),
		0);
}

/* Nothing was committed: nothing is begun, and later commits carry back themselves again. */
static void
nothing_committed(void **state)
{
	struct fold f = { 0 };
	int64_t before = size_of("");

	(void)state;
	fold_defer(db);
	fold_begin(&f, db, NULL);
	assert_false(f.running);
	fold_end(&f, db);
	assert_int_equal(sqlite3_exec(db, ROWS(4000), NULL, NULL, NULL), SQLITE_OK);
	assert_true(size_of("") > before + 12000000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(carried_back, set_up, tear_down),
		cmocka_unit_test_setup_teardown(nothing_committed, set_up, tear_down),
	};

	return cmocka_run_group_tests_name("fold", tests, NULL, NULL);
}
