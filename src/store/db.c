#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "geo/geom.h"
#include "store/handle.h"
#include "store/record.h"

#include "sql_gen.h"

enum {
	BUSY_MS = 10000, /* that of busy_timeout below */
	BUSY_PAUSE_MS = 20
};

static bool
disk_full(sqlite3 *db, int code)
{
	return (code & 0xff) == SQLITE_FULL ||
	       ((code & 0xff) == SQLITE_IOERR && sqlite3_system_errno(db) == ENOSPC);
}

enum err_code
db_fail(struct store *st, const char *doing, struct err *e)
{
	int code = sqlite3_extended_errcode(st->db);
	enum err_code rc = ERR_IO;

	if ((code & 0xff) == SQLITE_NOMEM)
		rc = ERR_NOMEM;
	else if ((code & 0xff) == SQLITE_CONSTRAINT)
		rc = ERR_CONFLICT;
	else if ((code & 0xff) == SQLITE_CORRUPT || (code & 0xff) == SQLITE_NOTADB)
		rc = ERR_VERIFY;
	if (disk_full(st->db, code)) {
		(void)err_set(e, rc, "could not %s: the disk is full", doing);
		return err_hint(e, "make room on the disk; nothing that was acknowledged is lost");
	}
	(void)err_set(e, rc, "could not %s: %s", doing, sqlite3_errmsg(st->db));
	if ((code & 0xff) == SQLITE_BUSY)
		(void)err_hint(
			e, "another program is writing to the register; try again when it is done");
	else if (rc == ERR_VERIFY)
		(void)err_hint(
			e, "the file is damaged: go back to a backup that fallow check accepts");
	return rc;
}

enum err_code
db_prepare(struct store *st, const char *sql, sqlite3_stmt **ret, struct err *e)
{
	if (sqlite3_prepare_v3(st->db, sql, -1, SQLITE_PREPARE_PERSISTENT, ret, NULL) != SQLITE_OK)
		return db_fail(st, "prepare a query", e);
	/* an empty query is one that memory did not suffice to write */
	return *ret ? ERR_OK : err_set(e, ERR_NOMEM, "out of memory for a query");
}

enum err_code
db_keep(struct store *st, enum db_kept which, const char *sql, sqlite3_stmt **ret, struct err *e)
{
	enum err_code rc = ERR_OK;

	if (!st->kept[which])
		rc = db_prepare(st, sql, &st->kept[which], e);
	else
		(void)sqlite3_reset(st->kept[which]); /* its code was told when it was stepped */
	if (!rc)
		*ret = st->kept[which];
	return rc;
}

enum err_code
db_exec(struct store *st, const char *sql, struct err *e)
{
	if (sqlite3_exec(st->db, sql, NULL, NULL, NULL) != SQLITE_OK)
		return db_fail(st, "change the register", e);
	return ERR_OK;
}

enum err_code
db_run(struct store *st, sqlite3_stmt *q, struct err *e)
{
	int s = sqlite3_step(q);
	enum err_code rc = s == SQLITE_DONE || s == SQLITE_ROW
	                           ? ERR_OK
	                           : db_fail(st, "write to the register", e);

	(void)sqlite3_reset(q); /* its code is that of the step, told above */
	return rc;
}

enum err_code
db_lift_trigger(struct store *st, const char *name, struct buf *back, struct err *e)
{
	sqlite3_stmt *q = NULL;
	struct buf drop;
	bool there = false;
	enum err_code rc = db_prepare(st, SQL_STORE_TRIGGER_TEXT, &q, e);

	if (rc)
		return rc;
	buf_init(&drop, 4096);
	(void)sqlite3_bind_text(q, 1, name, -1, SQLITE_STATIC);
	there = sqlite3_step(q) == SQLITE_ROW;
	if (there) {
		buf_printf(back, "%s;", (const char *)sqlite3_column_text(q, 0));
		buf_adds(&drop, "DROP TRIGGER ");
		db_quote_name(&drop, name);
	}
	rc = sqlite3_reset(q) != SQLITE_OK     ? db_fail(st, "read the schema", e)
	     : !buf_ok(back) || !buf_ok(&drop) ? err_set(e, ERR_NOMEM, "out of memory for a query")
	                                       : ERR_OK;
	sqlite3_finalize(q);
	if (!rc && there)
		rc = db_exec(st, buf_text(&drop), e);
	buf_done(&drop);
	return rc;
}

enum err_code
db_int(struct store *st, const char *sql, int64_t fallback, int64_t *ret, struct err *e)
{
	sqlite3_stmt *q = NULL;
	enum err_code rc = db_prepare(st, sql, &q, e);
	int s;

	if (rc)
		return rc;
	s = sqlite3_step(q);
	if (s == SQLITE_ROW && sqlite3_column_type(q, 0) != SQLITE_NULL)
		*ret = sqlite3_column_int64(q, 0);
	else if (s == SQLITE_ROW || s == SQLITE_DONE)
		*ret = fallback;
	else
		rc = db_fail(st, "read the register", e);
	sqlite3_finalize(q);
	return rc;
}

void
db_bind_value(sqlite3_stmt *q, int at, const struct store_value *v)
{
	switch (v->type) {
	case STORE_INT:
		(void)sqlite3_bind_int64(q, at, v->i);
		break;
	case STORE_REAL:
		(void)sqlite3_bind_double(q, at, v->d);
		break;
	case STORE_TEXT:
	case STORE_JSON:
		(void)sqlite3_bind_text64(q, at, v->s, v->n, SQLITE_STATIC, SQLITE_UTF8);
		break;
	default:
		break;
	}
}

void
db_quote_name(struct buf *b, const char *name)
{
	buf_add_quoted(b, name, '"');
}

bool
db_blob_box(const uint8_t *p, int n, struct geom_box *ret_box, bool *ret_empty)
{
	static const int envelope_size[] = { 0, 32, 48, 48, 64 };
	struct arena mem;
	struct geom g;
	int kind;
	bool ok;

	if (!p || n < 8 || p[0] != 'G' || p[1] != 'P')
		return false;
	kind = (p[3] >> 1) & 7;
	*ret_empty = (p[3] & 0x10) != 0;
	if (kind >= 1 && kind <= 4 && (p[3] & 1) && n >= 8 + envelope_size[kind]) {
		double env[4];

		memcpy(env, p + 8, sizeof(env));
		*ret_box = (struct geom_box){ env[0], env[2], env[1], env[3] };
		return true;
	}
	arena_init(&mem, 16u << 20);
	ok = geom_from_gpkg(p, (size_t)n, &mem, &g, NULL) == ERR_OK;
	if (ok) {
		*ret_box = geom_bounds(&g);
		*ret_empty = geom_is_empty(&g);
	}
	arena_done(&mem);
	return ok;
}

/* The functions that GeoPackage's R-tree triggers call. */
static void
sql_box(sqlite3_context *ctx, int argc, sqlite3_value **argv)
{
	int which = *(const int *)sqlite3_user_data(ctx);
	struct geom_box box;
	bool empty = false;

	(void)argc;
	if (sqlite3_value_type(argv[0]) != SQLITE_BLOB ||
	    !db_blob_box(sqlite3_value_blob(argv[0]), sqlite3_value_bytes(argv[0]), &box, &empty))
		return;
	if (which == 4) {
		sqlite3_result_int(ctx, empty);
	} else if (!empty) {
		const double side[] = { box.min_lon_deg, box.max_lon_deg, box.min_lat_deg,
			                box.max_lat_deg }; /* MinX MaxX MinY MaxY */

		sqlite3_result_double(ctx, side[which]);
	}
}

/* fallow_fold(text): letters folded for comparing; NULL stays. */
static void
sql_fold(sqlite3_context *ctx, int argc, sqlite3_value **argv)
{
	const char *s = (const char *)sqlite3_value_text(argv[0]);
	size_t n = (size_t)sqlite3_value_bytes(argv[0]), room = 4 * n + 8;
	char *out;

	(void)argc;
	if (!s)
		return;
	out = sqlite3_malloc64(room);
	if (!out) {
		sqlite3_result_error_nomem(ctx);
		return;
	}
	n = text_fold(s, n, out, room);
	sqlite3_result_text64(ctx, out, n < room ? n : 0, sqlite3_free, SQLITE_UTF8);
}

int
db_add_functions(sqlite3 *db)
{
	static const char *const name[] = { "ST_MinX", "ST_MaxX", "ST_MinY", "ST_MaxY",
		                            "ST_IsEmpty" };
	static int which[] = { 0, 1, 2, 3, 4 };
	int rc = sqlite3_create_function_v2(db, "fallow_fold", 1,
	                                    SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_DIRECTONLY,
	                                    NULL, sql_fold, NULL, NULL, NULL);

	for (int i = 0; i < 5 && rc == SQLITE_OK; i++)
		rc = sqlite3_create_function_v2(
			db, name[i], 1, SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS,
			&which[i], sql_box, NULL, NULL, NULL);
	return rc;
}

static enum err_code
expect_setting(sqlite3 *db, const char *pragma, const char *want, struct err *e)
{
	sqlite3_stmt *q = NULL;
	char sql[80];
	enum err_code rc = ERR_OK;
	const char *got = NULL;

	(void)snprintf(sql, sizeof(sql), "PRAGMA %s", pragma);
	if (sqlite3_prepare_v2(db, sql, -1, &q, NULL) == SQLITE_OK && sqlite3_step(q) == SQLITE_ROW)
		got = (const char *)sqlite3_column_text(q, 0);
	if (!got || strcmp(got, want) != 0)
		rc = err_set(e, ERR_IO, "the register's setting %s is %s and must be %s", pragma,
		             got ? got : "unknown", want);
	sqlite3_finalize(q);
	return rc;
}

/* While another process opens or closes the same file, this statement may be told "locked" at once:
 * the handler of busy_timeout is not asked here. */
static enum err_code
set_write_ahead(sqlite3 *db, struct err *e)
{
	int64_t until = clock_steady_us() + (int64_t)BUSY_MS * 1000;
	int code = sqlite3_exec(db, "PRAGMA journal_mode=WAL", NULL, NULL, NULL);

	while ((code & 0xff) == SQLITE_BUSY && clock_steady_us() < until) {
		(void)sqlite3_sleep(BUSY_PAUSE_MS);
		code = sqlite3_exec(db, "PRAGMA journal_mode=WAL", NULL, NULL, NULL);
	}
	if (code != SQLITE_OK)
		return err_set(e, ERR_IO, "could not set the write-ahead log: %s",
		               sqlite3_errmsg(db));
	return expect_setting(db, "journal_mode", "wal", e);
}

enum err_code
db_configure(sqlite3 *db, enum store_mode mode, struct err *e)
{
	static const char common[] =
		"PRAGMA busy_timeout=10000; PRAGMA foreign_keys=ON; PRAGMA trusted_schema=OFF;"
		"PRAGMA cell_size_check=ON; PRAGMA mmap_size=0; PRAGMA temp_store=MEMORY;"
		"PRAGMA synchronous=FULL; PRAGMA cache_size=-65536;";
	int flag = 0;

	if (sqlite3_libversion_number() < 3051003)
		return err_set(
			e, ERR_UNSUPPORTED,
			"SQLite %s is older than 3.51.3, whose write-ahead log can lose a commit",
			sqlite3_libversion());
	if (sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, &flag) != SQLITE_OK || !flag ||
	    sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_FKEY, 1, &flag) != SQLITE_OK || !flag ||
	    db_add_functions(db) != SQLITE_OK)
		return err_set(e, ERR_IO, "could not set up SQLite: %s", sqlite3_errmsg(db));
	if (sqlite3_exec(db, common, NULL, NULL, NULL) != SQLITE_OK)
		return (sqlite3_errcode(db) & 0xff) == SQLITE_CORRUPT
		               ? err_set(e, ERR_VERIFY, "the file is damaged: %s",
		                         sqlite3_errmsg(db))
		               : err_set(e, ERR_IO, "could not set up SQLite: %s",
		                         sqlite3_errmsg(db));
	if (expect_setting(db, "synchronous", "2", e) ||
	    expect_setting(db, "foreign_keys", "1", e) ||
	    expect_setting(db, "trusted_schema", "0", e))
		return e ? e->code : ERR_IO;
	if (mode == STORE_WRITE)
		return set_write_ahead(db, e);
	return sqlite3_exec(db, "PRAGMA query_only=ON", NULL, NULL, NULL) == SQLITE_OK
	               ? ERR_OK
	               : err_set(e, ERR_IO, "could not set up SQLite: %s", sqlite3_errmsg(db));
}
