#include "store/session.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/password.h"
#include "base/rng.h"
#include "base/text.h"
#include "base/totp.h"
#include "store/accounts_handle.h"

#include "sql_gen.h"

#define SECOND 1000000LL
#define TOUCH_US (60 * SECOND)         /* a session's last use is written that often ... */
#define TOKEN_TOUCH_US (3600 * SECOND) /* ... and a token's so */

enum {
	TOKEN_BITS = 128,
	TOKEN_LETTERS = 26
};

/* -- what slows guessing down --------------------------------------------------------------- */

enum {
	BY_PAIR,
	BY_NAME,
	BY_REMOTE,
	COUNTERS
};

struct counter {
	uint8_t key[HASH_SIZE];
	int free, longest_s;
	int64_t failures, until_us;
};

static void
counter_key(const struct accounts *a, char what, const char *name, const char *remote,
            uint8_t out[HASH_SIZE])
{
	struct hash_state h;

	hash_init(&h);
	hash_update(&h, a->key, sizeof(a->key));
	hash_update(&h, &what, 1);
	hash_update(&h, name, strlen(name) + 1);
	hash_update(&h, remote, strlen(remote) + 1);
	hash_final(&h, out);
}

static enum err_code
counters_read(struct accounts *a, const struct login_ask *ask, const char *name, int64_t now,
              struct counter c[COUNTERS], struct err *e)
{
	enum err_code rc = ERR_OK;

	c[BY_PAIR] = (struct counter){ .free = LOGIN_FREE_PAIR, .longest_s = LOGIN_WAIT_PAIR_S };
	c[BY_NAME] = (struct counter){ .free = LOGIN_FREE_NAME, .longest_s = LOGIN_WAIT_NAME_S };
	c[BY_REMOTE] =
		(struct counter){ .free = LOGIN_FREE_REMOTE, .longest_s = LOGIN_WAIT_REMOTE_S };
	counter_key(a, 'p', name, ask->remote, c[BY_PAIR].key);
	counter_key(a, 'n', name, "", c[BY_NAME].key);
	counter_key(a, 'r', "", ask->remote, c[BY_REMOTE].key);
	for (int i = 0; !rc && i < COUNTERS; i++) {
		sqlite3_stmt *q = NULL;

		rc = acc_query(a, &q, e, SQL_ACCOUNTS_ATTEMPT_GET, "b", (const void *)c[i].key,
		               sizeof(c[i].key));
		if (acc_row(a, q, &rc, e) &&
		    sqlite3_column_int64(q, 1) > now - LOGIN_FORGET_S * SECOND) {
			c[i].failures = sqlite3_column_int64(q, 0);
			c[i].until_us = sqlite3_column_int64(q, 2);
		}
		sqlite3_finalize(q);
	}
	return rc;
}

/* Seconds still to wait, 0 = none. A clock that was set back makes nobody wait for ever. */
static int
counters_wait(const struct counter c[COUNTERS], int64_t now)
{
	int64_t wait = 0;

	for (int i = 0; i < COUNTERS; i++) {
		int64_t left = c[i].until_us - now;

		if (left > 0 && left <= c[i].longest_s * SECOND && left > wait)
			wait = left;
	}
	return (int)((wait + SECOND - 1) / SECOND);
}

static enum err_code
counters_fail(struct accounts *a, struct counter c[COUNTERS], int64_t now, struct err *e)
{
	enum err_code rc =
		acc_run(a, NULL, e, SQL_ACCOUNTS_ATTEMPT_TRIM, "i", now - LOGIN_FORGET_S * SECOND);

	for (int i = 0; !rc && i < COUNTERS; i++) {
		int64_t over = ++c[i].failures - c[i].free;
		int64_t wait_s = c[i].longest_s;

		if (over < 0)
			wait_s = 0;
		else if (over < 20 && (int64_t)1 << (over + 1) < wait_s)
			wait_s = (int64_t)1 << (over + 1);
		rc = acc_run(a, NULL, e, SQL_ACCOUNTS_ATTEMPT_PUT, "biii", (const void *)c[i].key,
		             sizeof(c[i].key), c[i].failures, now, now + wait_s * SECOND);
	}
	/* now and then, by a key that nobody outside can choose */
	if (!rc && c[BY_PAIR].key[0] == 0)
		rc = acc_run(a, NULL, e, SQL_ACCOUNTS_ATTEMPT_CROWD, "i",
		             (int64_t)LOGIN_ATTEMPTS_MOST);
	return rc;
}

/* Who got in is no guesser: the name's counters go, the address's stays. */
static enum err_code
counters_clear(struct accounts *a, const struct counter c[COUNTERS], struct err *e)
{
	enum err_code rc = ERR_OK;

	for (int i = BY_PAIR; !rc && i <= BY_NAME; i++)
		rc = acc_run(a, NULL, e, SQL_ACCOUNTS_ATTEMPT_CLEAR, "b", (const void *)c[i].key,
		             sizeof(c[i].key));
	return rc;
}

/* -- login ---------------------------------------------------------------------------------- */

/* The name as counters know it: folded, cut; whatever it is, it is counted. */
static void
fold_name(const char *name, char out[ACCOUNT_NAME_MAX + 2])
{
	size_t n = strnlen(name, ACCOUNT_NAME_MAX + 1);

	memcpy(out, name, n);
	out[n] = '\0';
	text_lower_ascii(out);
}

/* Right password: is the one-time password too? Inside the transaction. */
static enum err_code
second_factor(struct accounts *a, const struct login_ask *ask, bool asked, struct login *l,
              struct err *e)
{
	bool right = false;
	enum err_code rc;

	l->second_factor = false;
	if (!asked)
		return ERR_OK;
	if (!ask->code) {
		l->result = LOGIN_NEEDS_CODE;
		return ERR_OK;
	}
	rc = acc_take_code(a, l->account, ask->code, &right, e);
	if (!rc && !right)
		l->result = LOGIN_WRONG;
	l->second_factor = right;
	return rc;
}

static void
session_hash(const char *text, uint8_t out[HASH_SIZE])
{
	hash_sha256(text, strlen(text), out);
}

/* A new session; inside a transaction. */
static enum err_code
session_put(struct accounts *a, int64_t account, bool second, int64_t now, char ret[SESSION_TEXT],
            struct err *e)
{
	uint8_t random[32], hash[HASH_SIZE];
	enum err_code rc = rng_secret(random, sizeof(random), e);

	if (rc)
		return rc;
	(void)text_base64url(random, sizeof(random), ret);
	password_wipe(random, sizeof(random));
	session_hash(ret, hash);
	rc = acc_run(a, NULL, e, SQL_ACCOUNTS_SESSION_PUT, "biii", (const void *)hash, sizeof(hash),
	             account, (int64_t)second, now);
	if (!rc)
		rc = acc_run(a, NULL, e, SQL_ACCOUNTS_SESSION_TRIM, "iiii", account,
		             (int64_t)SESSION_MOST, now - SESSION_LIFE_S * SECOND,
		             now - SESSION_IDLE_S * SECOND);
	return rc;
}

/* What becomes of a password that was looked at, all in one transaction. l->result says whether it
 * is the account's. */
static enum err_code
settle(struct accounts *a, const struct login_ask *ask, const struct account *who,
       bool make_session, struct counter c[COUNTERS], struct login *l, struct err *e)
{
	int64_t now = clock_now_us();
	enum err_code rc = acc_begin(a, e);

	if (rc)
		return rc;
	l->account = who->id;
	if (l->result == LOGIN_DONE && make_session)
		rc = second_factor(a, ask, who->totp, l, e);
	if (!rc && l->result == LOGIN_WRONG) {
		rc = counters_fail(a, c, now, e);
		if (!rc && who->id)
			rc = acc_audit(a, who->name, "login refused", who->id, "", e);
	} else if (!rc && l->result == LOGIN_DONE) {
		rc = counters_clear(a, c, e);
		if (!rc && make_session)
			rc = session_put(a, who->id, l->second_factor, now, l->session, e);
		if (!rc && make_session)
			rc = acc_run(a, NULL, e, SQL_ACCOUNTS_SET_LOGIN, "ii", who->id, now);
		if (!rc && make_session)
			rc = acc_audit(a, who->name, "login", who->id,
			               l->second_factor ? "second factor" : "", e);
	}
	return acc_end(a, rc, e);
}

/* Today's parameters for a hash made with yesterday's. */
static enum err_code
renew_hash(struct accounts *a, int64_t id, const struct login_ask *ask, struct err *e)
{
	char hash[PASSWORD_HASH];
	enum err_code rc = password_hash(ask->password, ask->password_size, hash, e);

	return rc ? rc : acc_run(a, NULL, e, SQL_ACCOUNTS_SET_HASH, "it", id, hash);
}

static enum err_code
prove(struct accounts *a, const struct login_ask *ask, bool make_session, struct arena *mem,
      struct login *l, struct err *e)
{
	char name[ACCOUNT_NAME_MAX + 2];
	struct counter c[COUNTERS];
	struct account who = { .name = "" };
	const char *hash = NULL;
	bool right, stale = false;
	enum err_code rc;

	fold_name(ask->name, name);
	rc = counters_read(a, ask, name, clock_now_us(), c, e);
	if (rc)
		return rc;
	l->wait_s = counters_wait(c, clock_now_us());
	if (l->wait_s) {
		l->result = LOGIN_WAIT;
		return ERR_OK;
	}
	rc = accounts_find(a, name, mem, &who, e);
	if (rc == ERR_NOTFOUND)
		rc = ERR_OK;
	else if (!rc)
		rc = acc_hash(a, who.id, mem, &hash, e);
	if (rc)
		return rc;
	/* the same work whether there is such an account or not */
	right = password_is(hash, ask->password, ask->password_size, &stale);
	if (who.disabled)
		right = false;
	l->result = right ? LOGIN_DONE : LOGIN_WRONG;
	rc = settle(a, ask, &who, make_session, c, l, e);
	if (!rc && l->result == LOGIN_DONE && stale)
		rc = renew_hash(a, who.id, ask, e);
	return rc;
}

static enum err_code
prove_with(struct accounts *a, const struct login_ask *ask, bool make_session, struct login *ret,
           struct err *e)
{
	struct login l = { .result = LOGIN_WRONG };
	struct arena mem;
	enum err_code rc;

	arena_init(&mem, 1u << 16);
	rc = prove(a, ask, make_session, &mem, &l, e);
	arena_done(&mem);
	if (!rc)
		*ret = l;
	password_wipe(&l, sizeof(l));
	return rc;
}

enum err_code
session_login(struct accounts *a, const struct login_ask *ask, struct login *ret, struct err *e)
{
	return prove_with(a, ask, true, ret, e);
}

enum err_code
session_prove(struct accounts *a, const struct login_ask *ask, struct login *ret, struct err *e)
{
	return prove_with(a, ask, false, ret, e);
}

enum err_code
session_make(struct accounts *a, int64_t account, bool second_factor, char ret[SESSION_TEXT],
             struct err *e)
{
	enum err_code rc = acc_begin(a, e);

	if (rc)
		return rc;
	rc = session_put(a, account, second_factor, clock_now_us(), ret, e);
	return acc_end(a, rc, e);
}

/* -- sessions ------------------------------------------------------------------------------- */

/* Is it the shape of a session's text? Anything else is not looked up. */
static bool
is_session(const char *text)
{
	return strlen(text) == SESSION_TEXT - 1 &&
	       strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") ==
	               SESSION_TEXT - 1;
}

/* A statement that is kept: prepared once, reset after use. */
static enum err_code
kept_query(struct accounts *a, sqlite3_stmt **kept, const char *sql, const uint8_t *hash,
           struct err *e)
{
	if (!*kept &&
	    sqlite3_prepare_v3(a->db, sql, -1, SQLITE_PREPARE_PERSISTENT, kept, NULL) != SQLITE_OK)
		return acc_fail(a, e);
	if (sqlite3_bind_blob(*kept, 1, hash, HASH_SIZE, SQLITE_TRANSIENT) != SQLITE_OK)
		return acc_fail(a, e);
	return ERR_OK;
}

static enum err_code
named(struct session *s, struct err *e)
{
	return s->account && (!s->name || !s->role)
	               ? err_set(e, ERR_NOMEM, "out of memory for a session")
	               : ERR_OK;
}

enum err_code
session_find(struct accounts *a, const char *text, struct arena *mem, struct session *ret,
             struct err *e)
{
	int64_t now = clock_now_us(), created = 0, used = 0;
	struct session s = { .name = "", .role = "" };
	uint8_t hash[HASH_SIZE];
	enum err_code rc;

	if (!is_session(text)) {
		*ret = s;
		return ERR_OK;
	}
	session_hash(text, hash);
	rc = kept_query(a, &a->session_get, SQL_ACCOUNTS_SESSION_GET, hash, e);
	if (acc_row(a, a->session_get, &rc, e)) {
		s = (struct session){ .account = sqlite3_column_int64(a->session_get, 0),
			              .name = acc_text(a->session_get, 1, mem),
			              .role = acc_text(a->session_get, 2, mem),
			              .second_factor = sqlite3_column_int(a->session_get, 3) != 0,
			              .may_read = true,
			              .may_submit = true };
		created = sqlite3_column_int64(a->session_get, 4);
		used = sqlite3_column_int64(a->session_get, 5);
		rc = named(&s, e);
	}
	(void)sqlite3_reset(a->session_get); /* its code is that of the step */
	if (rc)
		return rc;
	if (s.account &&
	    (now - created >= SESSION_LIFE_S * SECOND || now - used >= SESSION_IDLE_S * SECOND)) {
		s = (struct session){ .name = "", .role = "" };
		rc = session_end(a, text, e);
	} else if (s.account && now - used >= TOUCH_US) {
		rc = acc_run(a, NULL, e, SQL_ACCOUNTS_SESSION_USE, "bi", (const void *)hash,
		             sizeof(hash), now);
	}
	if (!rc)
		*ret = s;
	return rc;
}

enum err_code
session_end(struct accounts *a, const char *text, struct err *e)
{
	uint8_t hash[HASH_SIZE];

	if (!is_session(text))
		return ERR_OK;
	session_hash(text, hash);
	return acc_run(a, NULL, e, SQL_ACCOUNTS_SESSION_END, "b", (const void *)hash, sizeof(hash));
}

/* -- tokens --------------------------------------------------------------------------------- */

static bool
is_token(const char *text)
{
	return strlen(text) == TOKEN_TEXT - 1 && strncmp(text, "fw_", 3) == 0 &&
	       strspn(text + 3, "abcdefghijklmnopqrstuvwxyz234567") == TOKEN_LETTERS;
}

static enum err_code
token_put(struct accounts *a, const struct token_wish *w, const uint8_t hash[HASH_SIZE],
          int64_t *ret_id, struct err *e)
{
	sqlite3_stmt *q = NULL;
	int64_t count = 0;
	enum err_code rc = acc_begin(a, e);

	if (rc)
		return rc;
	rc = acc_query(a, &q, e, SQL_ACCOUNTS_TOKEN_COUNT, "i", w->account);
	if (acc_row(a, q, &rc, e))
		count = sqlite3_column_int64(q, 0);
	sqlite3_finalize(q);
	if (!rc && count >= TOKEN_MOST)
		rc = err_set(e, ERR_LIMIT, "an account has at most %d tokens", TOKEN_MOST);
	if (!rc)
		rc = acc_run(a, NULL, e, SQL_ACCOUNTS_TOKEN_PUT, "ittbi", w->account, w->name,
		             w->scope, (const void *)hash, (size_t)HASH_SIZE, clock_now_us());
	if (rc == ERR_CONFLICT)
		rc = err_set(e, ERR_NOTFOUND, "there is no such account");
	if (!rc)
		*ret_id = sqlite3_last_insert_rowid(a->db);
	if (!rc)
		rc = acc_audit(a, w->by, "token", w->account, w->scope, e);
	return acc_end(a, rc, e);
}

enum err_code
token_make(struct accounts *a, const struct token_wish *w, int64_t *ret_id,
           char ret_text[TOKEN_TEXT], struct err *e)
{
	char text[TOKEN_TEXT] = "fw_";
	uint8_t random[TOKEN_BITS / 8], hash[HASH_SIZE];
	size_t n = strlen(w->name);
	enum err_code rc;

	if (n < 1 || n > 100 || !text_is_utf8(w->name, n))
		return err_set(e, ERR_INVALID, "the name of a token has 1 to 100 bytes of text");
	if (!text_eq(w->scope, "submit") && !text_eq(w->scope, "read"))
		return err_set(e, ERR_INVALID, "the scope of a token is submit or read");
	rc = rng_secret(random, sizeof(random), e);
	if (rc)
		return rc;
	(void)totp_base32(random, sizeof(random), text + 3);
	text_lower_ascii(text);
	password_wipe(random, sizeof(random));
	session_hash(text, hash);
	rc = token_put(a, w, hash, ret_id, e);
	if (!rc)
		memcpy(ret_text, text, sizeof(text));
	password_wipe(text, sizeof(text));
	return rc;
}

enum err_code
token_list(struct accounts *a, int64_t account, struct arena *mem, struct token **ret,
           size_t *ret_count, struct err *e)
{
	enum {
		SHOWN = 1000
	}; /* revoked ones stay in the file; the list ends here */
	struct token *list = arena_calloc(mem, SHOWN, sizeof(*list));
	sqlite3_stmt *q = NULL;
	size_t n = 0;
	enum err_code rc;

	if (!list)
		return err_set(e, ERR_NOMEM, "out of memory for tokens");
	rc = acc_query(a, &q, e, SQL_ACCOUNTS_TOKEN_LIST, "i", account);
	while (n < SHOWN && acc_row(a, q, &rc, e)) {
		list[n] = (struct token){ .id = sqlite3_column_int64(q, 0),
			                  .name = acc_text(q, 1, mem),
			                  .scope = acc_text(q, 2, mem),
			                  .created_us = sqlite3_column_int64(q, 3),
			                  .used_us = sqlite3_column_int64(q, 4),
			                  .revoked_us = sqlite3_column_int64(q, 5) };
		if (!list[n].name || !list[n].scope)
			rc = err_set(e, ERR_NOMEM, "out of memory for tokens");
		n++;
	}
	sqlite3_finalize(q);
	if (rc)
		return rc;
	*ret = list;
	*ret_count = n;
	return ERR_OK;
}

enum err_code
token_revoke(struct accounts *a, const char *by, int64_t account, int64_t id, struct err *e)
{
	char detail[40];
	int64_t changed = 0;
	enum err_code rc = acc_begin(a, e);

	if (rc)
		return rc;
	(void)snprintf(detail, sizeof(detail), "%lld", (long long)id);
	rc = acc_run(a, &changed, e, SQL_ACCOUNTS_TOKEN_REVOKE, "iii", id, account, clock_now_us());
	if (!rc && !changed)
		rc = err_set(e, ERR_NOTFOUND, "the account has no such token");
	if (!rc)
		rc = acc_audit(a, by, "token revoked", account, detail, e);
	return acc_end(a, rc, e);
}

enum err_code
token_find(struct accounts *a, const char *text, struct arena *mem, struct session *ret,
           struct err *e)
{
	int64_t now = clock_now_us(), id = 0, used = 0;
	struct session s = { .name = "", .role = "" };
	uint8_t hash[HASH_SIZE];
	enum err_code rc;

	if (!is_token(text)) {
		*ret = s;
		return ERR_OK;
	}
	session_hash(text, hash);
	rc = kept_query(a, &a->token_get, SQL_ACCOUNTS_TOKEN_GET, hash, e);
	if (acc_row(a, a->token_get, &rc, e)) {
		const char *scope = (const char *)sqlite3_column_text(a->token_get, 4);

		s = (struct session){ .account = sqlite3_column_int64(a->token_get, 0),
			              .name = acc_text(a->token_get, 1, mem),
			              .role = acc_text(a->token_get, 2, mem),
			              .may_read = text_eq(scope, "read"),
			              .may_submit = text_eq(scope, "submit") };
		id = sqlite3_column_int64(a->token_get, 3);
		used = sqlite3_column_int64(a->token_get, 5);
		rc = named(&s, e);
	}
	(void)sqlite3_reset(a->token_get);
	if (!rc && s.account && now - used >= TOKEN_TOUCH_US)
		rc = acc_run(a, NULL, e, SQL_ACCOUNTS_TOKEN_USE, "ii", id, now);
	if (!rc)
		*ret = s;
	return rc;
}
