/* Copies of the accounts: a folder of the same form as the one they lie in. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "log/sign.h"
#include "store/accounts.h"
#include "store/accounts_handle.h"
#include "store/handle.h"

#include "sql_gen.h"

enum {
	PATH_ROOM = 1200
};

static enum err_code
fail(sqlite3 *db, const char *path, struct err *e)
{
	return err_set(e, ERR_IO, "could not write %s: %s", path,
	               db ? sqlite3_errmsg(db) : "out of memory");
}

/* All pages, as they are between two changes. */
static enum err_code
copy_pages(struct accounts *a, sqlite3 *to, const char *path, struct err *e)
{
	sqlite3_backup *b = sqlite3_backup_init(to, "main", a->db, "main");
	int s = SQLITE_ERROR;

	while (b && ((s = sqlite3_backup_step(b, -1)) == SQLITE_OK || s == SQLITE_BUSY ||
	             s == SQLITE_LOCKED))
		(void)sqlite3_sleep(20);
	if (b)
		(void)sqlite3_backup_finish(b); /* its code is the one of the last step */
	return s == SQLITE_DONE ? ERR_OK : fail(to, path, e);
}

/* Sessions are left out: who was logged in then is not logged in by a copy. */
static enum err_code
settle(sqlite3 *to, const char *path, struct err *e)
{
	sqlite3_stmt *q = NULL;
	enum err_code rc = ERR_OK;

	if (sqlite3_exec(to, SQL_ACCOUNTS_SESSIONS_CLEAR, NULL, NULL, NULL) != SQLITE_OK ||
	    sqlite3_exec(to, "PRAGMA journal_mode=DELETE; VACUUM", NULL, NULL, NULL) != SQLITE_OK)
		return fail(to, path, e);
	if (sqlite3_prepare_v2(to, "PRAGMA integrity_check(1)", -1, &q, NULL) != SQLITE_OK ||
	    sqlite3_step(q) != SQLITE_ROW ||
	    !text_eq((const char *)sqlite3_column_text(q, 0), "ok"))
		rc = err_set(e, ERR_VERIFY, "the copy %s does not pass SQLite's integrity check",
		             path);
	sqlite3_finalize(q);
	return rc;
}

static enum err_code
copy_file(struct accounts *a, const char *path, struct err *e)
{
	/* narrow before anything is in it */
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	sqlite3 *to = NULL;
	enum err_code rc = ERR_OK;

	if (fd < 0)
		return err_set(e, errno == EEXIST ? ERR_CONFLICT : ERR_IO, "could not make %s: %s",
		               path, strerror(errno));
	if (sqlite3_open_v2(path, &to, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) !=
	    SQLITE_OK)
		rc = fail(to, path, e);
	if (!rc)
		rc = copy_pages(a, to, path, e);
	if (!rc)
		rc = settle(to, path, e);
	if (sqlite3_close(to) != SQLITE_OK && !rc)
		rc = fail(NULL, path, e);
	if (!rc && fsync(fd) != 0)
		rc = err_set(e, ERR_IO, "could not make %s durable: %s", path, strerror(errno));
	(void)close(fd); /* synced, or told */
	if (rc)
		(void)unlink(path);
	return rc;
}

enum err_code
accounts_copy(struct accounts *a, const char *folder, struct err *e)
{
	char path[PATH_ROOM], tmp[PATH_ROOM], key[PATH_ROOM];
	uint8_t there[SIGN_SECRET_SIZE];
	struct stat s;
	enum err_code rc;

	if (snprintf(path, sizeof path, "%s/accounts.sqlite", folder) >= PATH_ROOM - 10)
		return err_set(e, ERR_LIMIT, "the folder has too long a path");
	(void)snprintf(tmp, sizeof tmp, "%s/accounts.copying", folder);
	(void)snprintf(key, sizeof key, "%s/accounts.key", folder);
	rc = file_mkdirs(folder, 0700, e);
	if (!rc && (stat(folder, &s) != 0 || s.st_mode & 077))
		rc = err_set(e, ERR_DENIED,
		             "%s may be entered by others; it must be 700 or not be there", folder);
	if (!rc && file_exists(path))
		rc = err_set(e, ERR_CONFLICT, "%s is there already; nothing is replaced", path);
	if (rc)
		return rc;
	(void)unlink(tmp); /* of a copy that was interrupted */
	rc = sign_secret_write(key, "accounts", a->key, e);
	if (rc == ERR_CONFLICT) { /* interrupted, too: only if it is the same */
		err_clear(e);
		rc = sign_secret_read(key, "accounts", there, e);
		if (!rc && memcmp(there, a->key, sizeof there) != 0)
			rc = err_set(e, ERR_CONFLICT, "%s is there already and is another key",
			             key);
		sign_wipe(there, sizeof there);
	}
	if (!rc)
		rc = copy_file(a, tmp, e);
	if (!rc && rename(tmp, path) != 0)
		rc = err_set(e, ERR_IO, "could not name %s: %s", path, strerror(errno));
	if (!rc)
		rc = file_sync_dir(folder, e);
	return rc;
}

enum err_code
accounts_restore(const char *from, const char *folder, struct err *e)
{
	char own[PATH_ROOM], path[PATH_ROOM];
	struct accounts *a = NULL;
	enum err_code rc = ERR_OK;

	/* Opening makes what is missing: a wrong folder must not become accounts. */
	for (int i = 0; !rc && i < 2; i++) {
		(void)snprintf(path, sizeof path, "%s/accounts.%s", from, i ? "key" : "sqlite");
		if (!file_exists(path))
			rc = err_set(e, ERR_NOTFOUND, "%s is not there: it is no copy of accounts",
			             path);
	}
	if (!rc && !folder)
		rc = accounts_folder(own, sizeof own, e), folder = own;
	if (!rc)
		rc = accounts_open(from, &a, e);
	if (!rc)
		rc = accounts_copy(a, folder, e);
	accounts_close(a);
	return rc;
}
