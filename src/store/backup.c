#include "store/backup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "store/handle.h"

#include "sql_gen.h"

static enum err_code
copy_database(struct store *st, const char *tmp, struct err *e)
{
	sqlite3 *to = NULL;
	sqlite3_backup *b;
	int s = SQLITE_ERROR;
	enum err_code rc = ERR_OK;

	if (sqlite3_open_v2(tmp, &to,
	                    SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
	                    NULL) != SQLITE_OK) {
		rc = err_set(e, ERR_IO, "could not make %s: %s", tmp, sqlite3_errmsg(to));
		sqlite3_close(to);
		return rc;
	}
	b = sqlite3_backup_init(to, "main", st->db, "main");
	while (b && ((s = sqlite3_backup_step(b, 4096)) == SQLITE_OK || s == SQLITE_BUSY ||
	             s == SQLITE_LOCKED))
		if (s != SQLITE_OK)
			(void)sqlite3_sleep(20);
	if (b)
		(void)sqlite3_backup_finish(b); /* its code is the one of the last step */
	if (s != SQLITE_DONE)
		rc = err_set(e, ERR_IO, "could not copy the register to %s: %s", tmp,
		             sqlite3_errmsg(to));
	if (!rc && sqlite3_exec(to, "PRAGMA journal_mode=DELETE", NULL, NULL, NULL) != SQLITE_OK)
		rc = err_set(e, ERR_IO, "could not finish %s: %s", tmp, sqlite3_errmsg(to));
	if (sqlite3_close(to) != SQLITE_OK && !rc)
		rc = err_set(e, ERR_IO, "could not close %s", tmp);
	return rc;
}

/* The copy is checked as a register of its own: integrity and the root of its log against the
 * original's. */
static enum err_code
check_copy(struct store *st, const char *tmp, struct err *e)
{
	sqlite3 *db = NULL;
	sqlite3_stmt *q = NULL;
	struct store copy = { 0 };
	uint8_t a[32] = { 0 }, b[32] = { 0 };
	int64_t size = 0;
	enum err_code rc = ERR_OK;

	if (sqlite3_open_v2(tmp, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) !=
	            SQLITE_OK ||
	    db_add_functions(db) != SQLITE_OK ||
	    sqlite3_prepare_v2(db, "PRAGMA integrity_check(1)", -1, &q, NULL) != SQLITE_OK ||
	    sqlite3_step(q) != SQLITE_ROW ||
	    !text_eq((const char *)sqlite3_column_text(q, 0), "ok"))
		rc = err_set(e, ERR_VERIFY, "the copy %s does not pass SQLite's integrity check",
		             tmp);
	sqlite3_finalize(q);
	copy.db = db;
	if (!rc)
		rc = db_int(&copy, SQL_STORE_LOG_SIZE, 0, &size, e);
	if (!rc)
		rc = store_root_at(&copy, size, a, e);
	if (!rc)
		rc = store_root_at(st, size, b, e);
	if (!rc && memcmp(a, b, 32) != 0)
		rc = err_set(e, ERR_VERIFY, "the copy %s has another log than the register", tmp);
	for (size_t i = 0; i < sizeof(copy.kept) / sizeof(*copy.kept); i++)
		sqlite3_finalize(copy.kept[i]); /* or the copy could not be closed */
	sqlite3_close(db);
	return rc;
}

static enum err_code
copy_originals(struct store *st, const char *out, int64_t *ret, struct err *e)
{
	const char *dot = strrchr(out, '.');
	size_t stem = dot && text_eq_nocase(dot, ".gpkg") ? (size_t)(dot - out) : strlen(out);
	char from[1200], to[1100], hex[65];
	sqlite3_stmt *q = NULL;
	enum err_code rc = db_prepare(st, SQL_STORE_ORIGINALS, &q, e);

	(void)snprintf(to, sizeof(to), "%.*s.files", (int)(stem < 1000 ? stem : 1000), out);
	if (!rc)
		rc = file_mkdirs(to, 0700, e);
	while (!rc && sqlite3_step(q) == SQLITE_ROW) {
		uint8_t sha[32];
		int64_t size = 0;

		text_hex(sqlite3_column_blob(q, 0), 32, hex);
		(void)snprintf(from, sizeof(from), "%s/%.2s/%s", st->files_dir, hex, hex);
		rc = file_store_original(from, to, sha, &size, e);
		if (!rc && memcmp(sha, sqlite3_column_blob(q, 0), 32) != 0)
			rc = err_set(e, ERR_VERIFY, "the original %s was changed since it was kept",
			             hex);
		(*ret)++;
	}
	sqlite3_finalize(q);
	return rc;
}

static enum err_code
sync_file(const char *path, struct err *e)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	enum err_code rc = ERR_OK;

	if (fd < 0 || fsync(fd) != 0)
		rc = err_set(e, ERR_IO, "could not make %s durable: %s", path, strerror(errno));
	if (fd >= 0)
		(void)close(fd);
	return rc;
}

enum err_code
store_backup(struct store *st, const char *out, int64_t *ret_originals, struct err *e)
{
	char tmp[1100], dir[1100];
	const char *slash = strrchr(out, '/');
	enum err_code rc;

	*ret_originals = 0;
	if (strlen(out) > 1000)
		return err_set(e, ERR_LIMIT, "the backup's path is longer than 1000 bytes");
	if (file_exists(out))
		return err_set(e, ERR_CONFLICT, "%s exists already; nothing was changed", out);
	(void)snprintf(tmp, sizeof(tmp), "%s.part", out);
	(void)snprintf(dir, sizeof(dir), "%.*s", slash ? (int)(slash - out + (slash == out)) : 1,
	               slash ? out : ".");
	(void)unlink(tmp); /* of a backup that was cut off */
	rc = copy_database(st, tmp, e);
	if (!rc)
		rc = check_copy(st, tmp, e);
	if (!rc)
		rc = copy_originals(st, out, ret_originals, e);
	if (!rc)
		rc = sync_file(tmp, e);
	if (!rc && rename(tmp, out) != 0)
		rc = err_set(e, ERR_IO, "could not name the backup %s: %s", out, strerror(errno));
	if (!rc)
		rc = file_sync_dir(dir, e);
	if (rc)
		(void)unlink(tmp);
	return rc;
}
