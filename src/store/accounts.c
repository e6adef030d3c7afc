#include "store/accounts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/password.h"
#include "base/rng.h"
#include "base/text.h"
#include "base/totp.h"
#include "log/seal.h"
#include "log/sign.h"
#include "store/accounts_handle.h"
#include "store/handle.h"
#include "store/passrule.h"

#include "sql_gen.h"

enum {
	ACCOUNTS_SCHEMA = 1,
	FOLDER_MAX = 600,
	FILE_PATH = 700
};

enum err_code
acc_fail(struct accounts *a, struct err *e)
{
	int code = sqlite3_extended_errcode(a->db);
	enum err_code rc = ERR_IO;

	if ((code & 0xff) == SQLITE_NOMEM)
		rc = ERR_NOMEM;
	else if ((code & 0xff) == SQLITE_CONSTRAINT)
		rc = ERR_CONFLICT;
	return err_set(e, rc, "could not use the accounts: %s", sqlite3_errmsg(a->db));
}

static enum err_code
query_with(struct accounts *a, sqlite3_stmt **ret, struct err *e, const char *sql,
           const char *types, va_list args)
{
	sqlite3_stmt *q = NULL;
	int s = sqlite3_prepare_v2(a->db, sql, -1, &q, NULL);

	for (int i = 0; s == SQLITE_OK && types[i]; i++) {
		const void *p;

		switch (types[i]) {
		case 'i':
			s = sqlite3_bind_int64(q, i + 1, va_arg(args, int64_t));
			break;
		case 't':
			s = sqlite3_bind_text(q, i + 1, va_arg(args, const char *), -1,
			                      SQLITE_STATIC);
			break;
		case 'b':
			p = va_arg(args, const void *);
			s = sqlite3_bind_blob64(q, i + 1, p, va_arg(args, size_t), SQLITE_STATIC);
			break;
		default:
			s = sqlite3_bind_null(q, i + 1);
		}
	}
	if (s != SQLITE_OK) {
		enum err_code rc = acc_fail(a, e);

		sqlite3_finalize(q);
		return rc;
	}
	*ret = q;
	return ERR_OK;
}

enum err_code
acc_query(struct accounts *a, sqlite3_stmt **ret, struct err *e, const char *sql, const char *types,
          ...)
{
	va_list args;
	enum err_code rc;

	va_start(args, types);
	rc = query_with(a, ret, e, sql, types, args);
	va_end(args);
	return rc;
}

enum err_code
acc_run(struct accounts *a, int64_t *ret_changed, struct err *e, const char *sql, const char *types,
        ...)
{
	sqlite3_stmt *q = NULL;
	va_list args;
	enum err_code rc;

	va_start(args, types);
	rc = query_with(a, &q, e, sql, types, args);
	va_end(args);
	if (rc)
		return rc;
	if (sqlite3_step(q) != SQLITE_DONE)
		rc = acc_fail(a, e);
	else if (ret_changed)
		*ret_changed = sqlite3_changes64(a->db);
	sqlite3_finalize(q);
	return rc;
}

bool
acc_row(struct accounts *a, sqlite3_stmt *q, enum err_code *rc, struct err *e)
{
	int s;

	if (*rc)
		return false;
	s = sqlite3_step(q);
	if (s != SQLITE_ROW && s != SQLITE_DONE)
		*rc = acc_fail(a, e);
	return s == SQLITE_ROW;
}

enum err_code
acc_begin(struct accounts *a, struct err *e)
{
	return sqlite3_exec(a->db, "BEGIN IMMEDIATE", NULL, NULL, NULL) == SQLITE_OK
	               ? ERR_OK
	               : acc_fail(a, e);
}

enum err_code
acc_end(struct accounts *a, enum err_code rc, struct err *e)
{
	if (!rc && sqlite3_exec(a->db, "COMMIT", NULL, NULL, NULL) != SQLITE_OK)
		rc = acc_fail(a, e);
	if (rc) /* what failed is told already */
		(void)sqlite3_exec(a->db, "ROLLBACK", NULL, NULL, NULL);
	return rc;
}

enum err_code
acc_audit(struct accounts *a, const char *by, const char *what, int64_t id, const char *detail,
          struct err *e)
{
	return acc_run(a, NULL, e, SQL_ACCOUNTS_AUDIT_PUT, "ittit", clock_now_us(), by, what, id,
	               detail);
}

const char *
acc_text(sqlite3_stmt *q, int column, struct arena *mem)
{
	return arena_strdup(mem, (const char *)sqlite3_column_text(q, column));
}

enum err_code
accounts_folder(char *out, size_t out_size, struct err *e)
{
	char home[512];
	enum err_code rc = keys_home(home, sizeof(home), e);
	int n;

	if (rc)
		return rc;
	n = snprintf(out, out_size, "%s/accounts", home);
	if (n < 0 || (size_t)n >= out_size)
		return err_set(e, ERR_LIMIT, "the folder of the accounts has too long a path");
	return file_mkdirs(out, 0700, e);
}

/* The key beside the file; made with it. */
static enum err_code
load_key(struct accounts *a, const char *folder, bool fresh, struct err *e)
{
	char path[FILE_PATH];
	enum err_code rc;

	(void)snprintf(path, sizeof(path), "%s/accounts.key", folder);
	if (!fresh || file_exists(path))
		return sign_secret_read(path, "accounts", a->key, e);
	rc = rng_secret(a->key, sizeof(a->key), e);
	if (!rc)
		rc = sign_secret_write(path, "accounts", a->key, e);
	if (rc == ERR_CONFLICT) /* another process made it meanwhile */
		rc = sign_secret_read(path, "accounts", a->key, e);
	return rc;
}

/* Make the file with its narrow mode before SQLite does; its log files take the same. */
static enum err_code
make_file(const char *path, bool *ret_fresh, struct err *e)
{
	struct stat s;
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);

	*ret_fresh = fd >= 0;
	if (fd >= 0)
		return close(fd) == 0 ? ERR_OK : err_set(e, ERR_IO, "could not make %s", path);
	if (errno != EEXIST)
		return err_set(e, ERR_IO, "could not make %s: %s", path, strerror(errno));
	if (stat(path, &s) != 0)
		return err_set(e, ERR_IO, "could not look at %s: %s", path, strerror(errno));
	if (s.st_mode & 077)
		return err_set(e, ERR_DENIED,
		               "%s may be read by others (mode %03o); it must be 600", path,
		               (unsigned)(s.st_mode & 0777));
	return ERR_OK;
}

static enum err_code
make_schema(struct accounts *a, struct err *e)
{
	sqlite3_stmt *q = NULL;
	int64_t version = -1;
	enum err_code rc = acc_begin(a, e);

	if (rc)
		return rc;
	rc = acc_query(a, &q, e, "PRAGMA user_version", "");
	if (acc_row(a, q, &rc, e))
		version = sqlite3_column_int64(q, 0);
	sqlite3_finalize(q);
	if (!rc && version == 0 &&
	    sqlite3_exec(a->db, SQL_ACCOUNTS_0001_INIT, NULL, NULL, NULL) != SQLITE_OK)
		rc = acc_fail(a, e);
	else if (!rc && version > ACCOUNTS_SCHEMA)
		rc = err_set(e, ERR_UNSUPPORTED,
		             "the accounts were made by a newer fallow (schema %lld, this one "
		             "knows %d)",
		             (long long)version, ACCOUNTS_SCHEMA);
	return acc_end(a, rc, e);
}

enum err_code
accounts_open(const char *folder, struct accounts **ret, struct err *e)
{
	struct accounts *a = mem_calloc(1, sizeof(*a));
	char own[FOLDER_MAX], path[FILE_PATH];
	bool fresh = false;
	enum err_code rc = ERR_OK;

	if (!a)
		return err_set(e, ERR_NOMEM, "out of memory for the accounts");
	if (!folder)
		rc = accounts_folder(own, sizeof(own), e), folder = own;
	if (!rc &&
	    (size_t)snprintf(path, sizeof(path), "%s/accounts.sqlite", folder) >= sizeof(path))
		rc = err_set(e, ERR_LIMIT, "the folder of the accounts has too long a path");
	if (!rc)
		rc = load_key(a, folder, !file_exists(path), e);
	if (!rc)
		rc = make_file(path, &fresh, e);
	if (!rc && sqlite3_open_v2(path, &a->db,
	                           SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX |
	                                   SQLITE_OPEN_EXRESCODE | SQLITE_OPEN_NOFOLLOW,
	                           NULL) != SQLITE_OK)
		rc = err_set(e, ERR_IO, "could not open %s: %s", path,
		             a->db ? sqlite3_errmsg(a->db) : "out of memory");
	if (!rc)
		rc = db_configure(a->db, STORE_WRITE, e);
	if (!rc)
		rc = make_schema(a, e);
	if (rc) {
		accounts_close(a);
		return rc;
	}
	*ret = a;
	return ERR_OK;
}

void
accounts_close(struct accounts *a)
{
	if (!a)
		return;
	sqlite3_finalize(a->session_get);
	sqlite3_finalize(a->token_get);
	sqlite3_close(a->db);
	sign_wipe(a->key, sizeof(a->key));
	mem_free(a);
}

/* The name as it is kept, in lower case; its letters are such that no two look the same. */
static enum err_code
name_check(const char *name, char out[ACCOUNT_NAME_MAX + 1], struct err *e)
{
	size_t n = strlen(name);

	if (n < 1 || n > ACCOUNT_NAME_MAX)
		return err_set(e, ERR_INVALID, "the name of an account has 1 to %d characters",
		               ACCOUNT_NAME_MAX);
	memcpy(out, name, n + 1);
	text_lower_ascii(out);
	if (strspn(out, "abcdefghijklmnopqrstuvwxyz0123456789._-@") != n ||
	    !strchr("abcdefghijklmnopqrstuvwxyz0123456789", out[0]))
		return err_set(e, ERR_INVALID,
		               "the name of an account is made of letters a-z, digits and . _ - @, "
		               "and begins with a letter or digit");
	return ERR_OK;
}

static enum err_code
role_check(const char *role, struct err *e)
{
	static const char *const roles[] = { "reporter", "operator", "officer",
		                             "approver", "legal",    "administrator" };

	for (size_t i = 0; i < sizeof(roles) / sizeof(*roles); i++)
		if (text_eq(role, roles[i]))
			return ERR_OK;
	return err_set(e, ERR_INVALID,
	               "a role is reporter, operator, officer, approver, legal or administrator");
}

static enum err_code
row_account(struct accounts *a, sqlite3_stmt *q, struct arena *mem, struct account *ret,
            struct err *e)
{
	struct account r = { .id = sqlite3_column_int64(q, 0),
		             .name = acc_text(q, 1, mem),
		             .role = acc_text(q, 2, mem),
		             .disabled = sqlite3_column_int(q, 3) != 0,
		             .totp = sqlite3_column_int(q, 4) != 0,
		             .created_us = sqlite3_column_int64(q, 5),
		             .login_us = sqlite3_column_int64(q, 6) };

	(void)a;
	if (!r.name || !r.role)
		return err_set(e, ERR_NOMEM, "out of memory for an account");
	*ret = r;
	return ERR_OK;
}

static enum err_code
one_account(struct accounts *a, sqlite3_stmt *q, struct arena *mem, struct account *ret,
            struct err *e)
{
	enum err_code rc = ERR_OK;

	if (acc_row(a, q, &rc, e))
		rc = row_account(a, q, mem, ret, e);
	else if (!rc)
		rc = err_set(e, ERR_NOTFOUND, "there is no such account");
	sqlite3_finalize(q);
	return rc;
}

enum err_code
accounts_find(struct accounts *a, const char *name, struct arena *mem, struct account *ret,
              struct err *e)
{
	char folded[ACCOUNT_NAME_MAX + 1];
	sqlite3_stmt *q = NULL;
	enum err_code rc;

	if (name_check(name, folded, NULL))
		return err_set(e, ERR_NOTFOUND, "there is no such account");
	rc = acc_query(a, &q, e, SQL_ACCOUNTS_FIND, "t", folded);
	return rc ? rc : one_account(a, q, mem, ret, e);
}

enum err_code
accounts_get(struct accounts *a, int64_t id, struct arena *mem, struct account *ret, struct err *e)
{
	sqlite3_stmt *q = NULL;
	enum err_code rc = acc_query(a, &q, e, SQL_ACCOUNTS_GET, "i", id);

	return rc ? rc : one_account(a, q, mem, ret, e);
}

static enum err_code
count_of(struct accounts *a, const char *sql, int64_t id, int64_t *ret, struct err *e)
{
	sqlite3_stmt *q = NULL;
	enum err_code rc = acc_query(a, &q, e, sql, id ? "i" : "", id);

	if (acc_row(a, q, &rc, e))
		*ret = sqlite3_column_int64(q, 0);
	sqlite3_finalize(q);
	return rc;
}

enum err_code
accounts_list(struct accounts *a, struct arena *mem, struct account **ret, size_t *ret_count,
              struct err *e)
{
	struct account *list;
	sqlite3_stmt *q = NULL;
	size_t n = 0;
	enum err_code rc;

	list = arena_calloc(mem, ACCOUNTS_MOST, sizeof(*list));
	if (!list)
		return err_set(e, ERR_NOMEM, "out of memory for the accounts");
	rc = acc_query(a, &q, e, SQL_ACCOUNTS_LIST, "");
	while (n < ACCOUNTS_MOST && acc_row(a, q, &rc, e)) {
		rc = row_account(a, q, mem, &list[n], e);
		n += !rc;
	}
	sqlite3_finalize(q);
	if (rc)
		return rc;
	*ret = list;
	*ret_count = n;
	return ERR_OK;
}

enum err_code
accounts_add(struct accounts *a, const char *by, const char *name, const char *role,
             const char *password, int64_t *ret_id, struct err *e)
{
	char folded[ACCOUNT_NAME_MAX + 1], hash[PASSWORD_HASH];
	int64_t count = 0, id = 0;
	enum err_code rc = name_check(name, folded, e);

	if (!rc)
		rc = role_check(role, e);
	if (!rc)
		rc = passrule_check(password, strlen(password), folded, e);
	if (!rc)
		rc = password_hash(password, strlen(password), hash, e);
	if (!rc)
		rc = acc_begin(a, e);
	if (rc)
		return rc;
	rc = count_of(a, SQL_ACCOUNTS_COUNT, 0, &count, e);
	if (!rc && count >= ACCOUNTS_MOST)
		rc = err_set(e, ERR_LIMIT, "there are %d accounts already", ACCOUNTS_MOST);
	if (!rc)
		rc = acc_run(a, NULL, e, SQL_ACCOUNTS_ADD, "ttti", folded, role, hash,
		             clock_now_us());
	if (rc == ERR_CONFLICT)
		rc = err_set(e, ERR_CONFLICT, "there is an account called %s already", folded);
	id = sqlite3_last_insert_rowid(a->db);
	if (!rc)
		rc = acc_audit(a, by, "add", id, role, e);
	rc = acc_end(a, rc, e);
	if (!rc)
		*ret_id = id;
	return rc;
}

/* A change of one account, its audit and the end of its sessions, all or nothing. */
struct change {
	const char *by, *what; /* who, and as the audit calls it: "password" */
	int64_t id;
	const char *detail; /* may be "" */
};

static enum err_code
change_end(struct accounts *a, enum err_code rc, int64_t changed, const struct change *c,
           struct err *e)
{
	if (!rc && !changed)
		rc = err_set(e, ERR_NOTFOUND, "there is no such account");
	if (!rc)
		rc = acc_run(a, NULL, e, SQL_ACCOUNTS_SESSION_END_ALL, "i", c->id);
	if (!rc)
		rc = acc_audit(a, c->by, c->what, c->id, c->detail, e);
	return acc_end(a, rc, e);
}

/* Would somebody remain who can make accounts? */
static enum err_code
keep_administrator(struct accounts *a, int64_t id, struct err *e)
{
	struct account now;
	struct arena mem;
	int64_t others = 0;
	enum err_code rc;

	arena_init(&mem, 1u << 16);
	rc = accounts_get(a, id, &mem, &now, e);
	if (!rc && text_eq(now.role, "administrator") && !now.disabled) {
		rc = count_of(a, SQL_ACCOUNTS_ADMINISTRATORS, id, &others, e);
		if (!rc && !others)
			rc = err_set(e, ERR_CONFLICT, "no other administrator would be left");
	}
	arena_done(&mem);
	return rc;
}

enum err_code
accounts_set_password(struct accounts *a, const char *by, int64_t id, const char *password,
                      struct err *e)
{
	char hash[PASSWORD_HASH];
	struct account now;
	struct arena mem;
	int64_t changed = 0;
	enum err_code rc;

	arena_init(&mem, 1u << 16);
	rc = accounts_get(a, id, &mem, &now, e);
	if (!rc)
		rc = passrule_check(password, strlen(password), now.name, e);
	arena_done(&mem);
	if (!rc)
		rc = password_hash(password, strlen(password), hash, e);
	if (!rc)
		rc = acc_begin(a, e);
	if (rc)
		return rc;
	rc = acc_run(a, &changed, e, SQL_ACCOUNTS_SET_HASH, "it", id, hash);
	return change_end(a, rc, changed, &(struct change){ by, "password", id, "" }, e);
}

enum err_code
accounts_set_role(struct accounts *a, const char *by, int64_t id, const char *role, struct err *e)
{
	int64_t changed = 0;
	enum err_code rc = role_check(role, e);

	if (!rc)
		rc = acc_begin(a, e);
	if (rc)
		return rc;
	if (!text_eq(role, "administrator"))
		rc = keep_administrator(a, id, e);
	if (!rc)
		rc = acc_run(a, &changed, e, SQL_ACCOUNTS_SET_ROLE, "it", id, role);
	return change_end(a, rc, changed, &(struct change){ by, "role", id, role }, e);
}

enum err_code
accounts_set_disabled(struct accounts *a, const char *by, int64_t id, bool disabled, struct err *e)
{
	int64_t changed = 0;
	enum err_code rc = acc_begin(a, e);

	if (rc)
		return rc;
	if (disabled)
		rc = keep_administrator(a, id, e);
	if (!rc)
		rc = acc_run(a, &changed, e, SQL_ACCOUNTS_SET_DISABLED, "ii", id,
		             (int64_t)disabled);
	return change_end(a, rc, changed,
	                  &(struct change){ by, disabled ? "disable" : "enable", id, "" }, e);
}

/* Where a sealed secret belongs: it opens nowhere else. */
static struct seal_place
secret_place(int64_t id, char out[40])
{
	int n = snprintf(out, 40, "totp %lld", (long long)id);

	return (struct seal_place){ .p = out, .n = (size_t)n };
}

static enum err_code
open_secret(struct accounts *a, int64_t id, sqlite3_stmt *q, int column, uint8_t ret[TOTP_SECRET],
            struct err *e)
{
	struct buf plain;
	char place[40];
	enum err_code rc;

	buf_init(&plain, 1024);
	rc = seal_open(a->key, secret_place(id, place), sqlite3_column_blob(q, column),
	               (size_t)sqlite3_column_bytes(q, column), &plain, e);
	if (!rc && plain.size != TOTP_SECRET)
		rc = err_set(e, ERR_VERIFY, "a secret has the wrong length");
	if (!rc) {
		memcpy(ret, plain.data, TOTP_SECRET);
		password_wipe(plain.data, plain.size);
	}
	buf_done(&plain);
	return rc;
}

enum err_code
acc_take_code(struct accounts *a, int64_t id, const char *code, bool *ret_right, struct err *e)
{
	uint8_t secret[TOTP_SECRET];
	sqlite3_stmt *q = NULL;
	int64_t step = -1, taken = 0;
	enum err_code rc = acc_query(a, &q, e, SQL_ACCOUNTS_SECRETS, "i", id);

	if (acc_row(a, q, &rc, e)) {
		int64_t after = sqlite3_column_int64(q, 3);

		rc = open_secret(a, id, q, 1, secret, e);
		if (!rc)
			step = totp_find(secret, TOTP_SECRET, code, clock_now_us() / 1000000,
			                 after);
		password_wipe(secret, sizeof(secret));
	}
	sqlite3_finalize(q);
	if (!rc && step >= 0)
		rc = acc_run(a, &taken, e, SQL_ACCOUNTS_TAKE_STEP, "ii", id, step);
	if (!rc)
		*ret_right = taken == 1;
	return rc;
}

enum err_code
acc_hash(struct accounts *a, int64_t id, struct arena *mem, const char **ret, struct err *e)
{
	sqlite3_stmt *q = NULL;
	const char *hash = NULL;
	enum err_code rc = acc_query(a, &q, e, SQL_ACCOUNTS_SECRETS, "i", id);

	if (acc_row(a, q, &rc, e))
		hash = acc_text(q, 0, mem);
	sqlite3_finalize(q);
	if (!rc && !hash)
		rc = err_set(e, ERR_NOTFOUND, "there is no such account");
	if (!rc)
		*ret = hash;
	return rc;
}

/* What an authenticator program reads (the key URI format that all of them share). Names need no
 * escaping but '@'. */
static const char *
uri_of(const char *name, const uint8_t secret[TOTP_SECRET], struct arena *mem)
{
	char text[TOTP_TEXT], shown[3 * ACCOUNT_NAME_MAX + 1];
	const char *uri;
	size_t n = 0;

	for (; *name; name++) {
		if (*name == '@')
			n += (size_t)snprintf(shown + n, 4, "%%40");
		else
			shown[n++] = *name;
	}
	shown[n] = '\0';
	(void)totp_base32(secret, TOTP_SECRET, text);
	uri = arena_printf(mem,
	                   "otpauth://totp/Fallow:%s?secret=%s&issuer=Fallow&algorithm=SHA1&"
	                   "digits=%d&period=%d",
	                   shown, text, TOTP_DIGITS, TOTP_STEP_S);
	password_wipe(text, sizeof(text));
	return uri;
}

enum err_code
accounts_totp_begin(struct accounts *a, const char *by, int64_t id, bool now, struct arena *mem,
                    const char **ret_uri, struct err *e)
{
	uint8_t secret[TOTP_SECRET];
	struct account who;
	struct buf sealed;
	char place[40];
	const char *uri = NULL;
	int64_t changed = 0;
	enum err_code rc = rng_secret(secret, sizeof(secret), e);

	buf_init(&sealed, 1024);
	if (!rc)
		rc = accounts_get(a, id, mem, &who, e);
	if (!rc)
		rc = seal_make(a->key, secret_place(id, place), secret, sizeof(secret), &sealed, e);
	if (!rc)
		uri = uri_of(who.name, secret, mem);
	password_wipe(secret, sizeof(secret));
	if (!rc && !uri)
		rc = err_set(e, ERR_NOMEM, "out of memory for an account");
	if (!rc)
		rc = acc_begin(a, e);
	if (rc)
		goto out;
	if (now) {
		rc = acc_run(a, &changed, e, SQL_ACCOUNTS_SET_TOTP, "ibi", id, sealed.data,
		             sealed.size, (int64_t)-1);
		rc = change_end(a, rc, changed, &(struct change){ by, "totp", id, "set" }, e);
	} else {
		rc = acc_run(a, &changed, e, SQL_ACCOUNTS_SET_PENDING, "ib", id, sealed.data,
		             sealed.size);
		if (!rc)
			rc = acc_audit(a, by, "totp", id, "begun", e);
		rc = acc_end(a, rc, e);
	}
	if (!rc)
		*ret_uri = uri;
out:
	buf_done(&sealed);
	return rc;
}

enum err_code
accounts_totp_confirm(struct accounts *a, const char *by, int64_t id, const char *code,
                      struct err *e)
{
	uint8_t secret[TOTP_SECRET], sealed[256];
	sqlite3_stmt *q = NULL;
	size_t sealed_n = 0;
	int64_t step = -1, changed = 0;
	enum err_code rc = acc_begin(a, e);

	if (rc)
		return rc;
	rc = acc_query(a, &q, e, SQL_ACCOUNTS_SECRETS, "i", id);
	if (acc_row(a, q, &rc, e)) {
		sealed_n = (size_t)sqlite3_column_bytes(q, 2);
		if (sealed_n && sealed_n <= sizeof(sealed)) {
			memcpy(sealed, sqlite3_column_blob(q, 2), sealed_n);
			rc = open_secret(a, id, q, 2, secret, e);
			if (!rc)
				step = totp_find(secret, TOTP_SECRET, code,
				                 clock_now_us() / 1000000, -1);
			password_wipe(secret, sizeof(secret));
		}
	}
	sqlite3_finalize(q);
	if (!rc && !sealed_n)
		rc = err_set(e, ERR_NOTFOUND, "no second factor was begun");
	else if (!rc && step < 0)
		rc = err_set(e, ERR_DENIED, "the one-time password is wrong");
	if (!rc)
		rc = acc_run(a, &changed, e, SQL_ACCOUNTS_SET_TOTP, "ibi", id, sealed, sealed_n,
		             step);
	return change_end(a, rc, changed, &(struct change){ by, "totp", id, "set" }, e);
}

enum err_code
accounts_totp_remove(struct accounts *a, const char *by, int64_t id, struct err *e)
{
	int64_t changed = 0;
	enum err_code rc = acc_begin(a, e);

	if (rc)
		return rc;
	rc = acc_run(a, &changed, e, SQL_ACCOUNTS_SET_TOTP, "ini", id, (int64_t)-1);
	return change_end(a, rc, changed, &(struct change){ by, "totp", id, "removed" }, e);
}

enum err_code
accounts_audit(struct accounts *a, accounts_audit_fn *fn, void *ctx, struct err *e)
{
	sqlite3_stmt *q = NULL;
	enum err_code rc = acc_query(a, &q, e, SQL_ACCOUNTS_AUDIT_LIST, "");

	while (acc_row(a, q, &rc, e))
		rc = fn(ctx, sqlite3_column_int64(q, 0), (const char *)sqlite3_column_text(q, 1),
		        (const char *)sqlite3_column_text(q, 2),
		        (const char *)sqlite3_column_text(q, 3),
		        (const char *)sqlite3_column_text(q, 4), e);
	sqlite3_finalize(q);
	return rc;
}
