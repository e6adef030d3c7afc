#include "store/upgrade.h"

#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "store/frame.h"
#include "store/handle.h"

#include "sql_gen.h"

struct migration {
	const char *name, *sql;
};
static const struct migration migrations[] =
	SQL_SCHEMA_TABLE; /* [0] makes a new register: schema 1 */

/* A handle with nothing but its connection: the register may be of a schema that store_open
 * refuses. */
static enum err_code
open_plain(struct store *st, const char *path, struct err *e)
{
	int64_t app = 0;
	enum err_code rc;

	if (!file_exists(path))
		return err_set(e, ERR_NOTFOUND, "%s does not exist", path);
	if (sqlite3_open_v2(path, &st->db,
	                    SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
	                    NULL) != SQLITE_OK)
		return err_set(e, ERR_IO, "could not open %s: %s", path,
		               st->db ? sqlite3_errmsg(st->db) : "out of memory");
	rc = db_configure(st->db, STORE_WRITE, e);
	if (!rc && (db_int(st, "PRAGMA application_id", 0, &app, e) || app != 0x47504B47))
		rc = err_set(e, ERR_INVALID, "%s is not a register: it is no GeoPackage", path);
	return rc;
}

static enum err_code
migrate(struct store *st, int64_t from, struct err *e)
{
	char version[12];
	sqlite3_stmt *q = NULL;
	enum err_code rc = db_exec(st, "BEGIN IMMEDIATE; UPDATE fallow_guard SET open = 1", e);

	for (int64_t i = from; !rc && i < STORE_SCHEMA_VERSION; i++) {
		rc = db_exec(st, migrations[i].sql, e);
		if (rc)
			(void)err_prefix(e, "migration %s", migrations[i].name);
	}
	(void)snprintf(version, sizeof(version), "%d", STORE_SCHEMA_VERSION);
	if (!rc)
		rc = db_prepare(st, SQL_STORE_META_PUT, &q, e);
	if (!rc) {
		(void)sqlite3_bind_text(q, 1, "schema", -1, SQLITE_STATIC);
		(void)sqlite3_bind_text(q, 2, version, -1, SQLITE_STATIC);
		rc = db_run(st, q, e);
		sqlite3_finalize(q);
	}
	if (!rc)
		return db_exec(st, "UPDATE fallow_guard SET open = 0; COMMIT", e);
	(void)sqlite3_exec(st->db, "ROLLBACK", NULL, NULL,
	                   NULL); /* nothing more can be done about a failure */
	return rc;
}

/* What a later program makes besides, such as an index, without another schema. */
static enum err_code
refit(struct store *st, struct err *e)
{
	enum err_code rc = db_exec(st, "BEGIN IMMEDIATE; UPDATE fallow_guard SET open = 1", e);

	if (!rc)
		rc = frame_restore(st, e);
	if (!rc)
		return db_exec(st, "UPDATE fallow_guard SET open = 0; COMMIT", e);
	(void)sqlite3_exec(st->db, "ROLLBACK", NULL, NULL,
	                   NULL); /* nothing more can be done about a failure */
	return rc;
}

enum err_code
store_upgrade(const char *path, int *ret_from, int *ret_to, struct err *e)
{
	struct store st = { .mode = STORE_WRITE };
	int64_t from = 0;
	const char *schema;
	enum err_code rc;

	_Static_assert(SQL_SCHEMA_COUNT == STORE_SCHEMA_VERSION, "one migration for each schema");
	arena_init(&st.mem, 1u << 20);
	rc = open_plain(&st, path, e);
	schema = rc ? "" : store_meta(&st, "schema");
	if (!rc && (!text_parse_i64(schema, strlen(schema), &from) || from < 1))
		rc = err_set(e, ERR_INVALID, "%s is a GeoPackage, but no register of this program",
		             path);
	if (!rc && from > STORE_SCHEMA_VERSION) {
		(void)err_set(e, ERR_UNSUPPORTED,
		              "%s has schema %lld; this program knows schemas up to %d", path,
		              (long long)from, STORE_SCHEMA_VERSION);
		rc = err_hint(e,
		              "use a newer fallow; an older one never writes to a newer register");
	}
	if (!rc && from < STORE_SCHEMA_VERSION)
		rc = migrate(&st, from, e);
	if (!rc)
		rc = refit(&st, e);
	sqlite3_close(st.db);
	arena_done(&st.mem);
	if (!rc) {
		*ret_from = (int)from;
		*ret_to = STORE_SCHEMA_VERSION;
	}
	return rc;
}
