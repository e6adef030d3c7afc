/* Accounts: what may be made and changed, what the file keeps and what nobody can read in it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "base/totp.h"
#include "store/accounts.h"
#include "store/passrule.h"
#include "store/session.h"

#define GOOD "three unlike words"

static char dir[100], folder[120];
static struct accounts *a;
static struct arena mem;
static struct err e;

static int
set_up(void **state)
{
	(void)state;
	(void)snprintf(dir, sizeof(dir), "/tmp/fallow-accounts-XXXXXX");
	if (!mkdtemp(dir) || setenv("FALLOW_HOME", dir, 1) ||
	    setenv("FALLOW_NOW", "2026-05-04T10:00:00Z", 1) ||
	    accounts_folder(folder, sizeof(folder), &e) || accounts_open(NULL, &a, &e))
		return -1;
	arena_init(&mem, 0);
	return 0;
}

static int
tear_down(void **state)
{
	char command[200];

	(void)state;
	accounts_close(a);
	arena_done(&mem);
	(void)snprintf(command, sizeof(command), "rm -rf '%s'", dir);
	return system(command) == 0 ? 0 : -1;
}

static int64_t
added(const char *name, const char *role)
{
	int64_t id = 0;

	if (accounts_add(a, "test", name, role, GOOD, &id, &e))
		fail_msg("%s", e.text);
	return id;
}

static void
at(const char *time)
{
	assert_int_equal(0, setenv("FALLOW_NOW", time, 1));
}

static const char *
in_folder(const char *name)
{
	static char path[200];

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

static struct login
login(const char *name, const char *password, const char *code, const char *remote)
{
	struct login l = { 0 };
	struct login_ask ask = { name, password, strlen(password), code, remote };

	if (session_login(a, &ask, &l, &e))
		fail_msg("%s", e.text);
	return l;
}

static bool
alive(const char *session)
{
	struct session s;

	assert_int_equal(ERR_OK, session_find(a, session, &mem, &s, &e));
	return s.account != 0;
}

static void
test_file(void **state)
{
	struct stat s;
	struct accounts *b = NULL;

	(void)state;
	assert_int_equal(0, stat(in_folder("accounts.sqlite"), &s));
	assert_int_equal(0600, s.st_mode & 0777);
	assert_int_equal(0, stat(in_folder("accounts.key"), &s));
	assert_int_equal(0600, s.st_mode & 0777);
	assert_int_equal(0, stat(in_folder("accounts.sqlite-wal"), &s));
	assert_int_equal(0600, s.st_mode & 0777);
	assert_int_equal(ERR_OK, accounts_open(NULL, &b, &e)); /* a second process */
	accounts_close(b);
	assert_int_equal(0, chmod(in_folder("accounts.sqlite"), 0640));
	assert_int_equal(ERR_DENIED, accounts_open(NULL, &b, &e));
	assert_int_equal(0, chmod(in_folder("accounts.sqlite"), 0600));
}

static void
test_add(void **state)
{
	static const struct {
		const char *name, *role, *password;
		enum err_code rc;
	} c[] = {
		{ "", "operator", GOOD, ERR_INVALID },
		{ "a b", "operator", GOOD, ERR_INVALID },
		{ ".x", "operator", GOOD, ERR_INVALID },
		{ "\xd0\xb0nna", "operator", GOOD, ERR_INVALID }, /* Cyrillic a */
		{ "0123456789012345678901234567890123456789012345678901234567890123x", "operator",
		  GOOD, ERR_INVALID },
		{ "ok", "public", GOOD, ERR_INVALID },
		{ "ok", "king", GOOD, ERR_INVALID },
		{ "ok", "operator", "short12", ERR_INVALID },
		{ "Anna", "operator", GOOD, ERR_OK },
		{ "anna", "officer", GOOD, ERR_CONFLICT },
	};
	struct account who;
	int64_t id;

	(void)state;
	for (size_t i = 0; i < sizeof(c) / sizeof(*c); i++) {
		id = -7;
		assert_int_equal(c[i].rc, accounts_add(a, "test", c[i].name, c[i].role,
		                                       c[i].password, &id, &e));
		assert_true((c[i].rc == ERR_OK) == (id != -7));
	}
	assert_int_equal(ERR_OK, accounts_find(a, "ANNA", &mem, &who, &e));
	assert_string_equal("anna", who.name);
	assert_string_equal("operator", who.role);
	assert_false(who.totp || who.disabled);
	assert_int_equal(0, who.login_us);
	assert_int_equal(ERR_NOTFOUND, accounts_find(a, "nobody", &mem, &who, &e));
	assert_int_equal(ERR_NOTFOUND, accounts_get(a, 999, &mem, &who, &e));
	assert_int_equal(ERR_NOTFOUND, accounts_set_role(a, "test", 999, "officer", &e));
	assert_int_equal(ERR_NOTFOUND, accounts_set_disabled(a, "test", 999, false, &e));
}

static void
test_passwords(void **state)
{
	static const char *const bad[] = { "",           "1234567",
		                           "password",   "Password1",
		                           "p4ssw0rd!",  "P@ssw0rd2024",
		                           "aaaaaaaaaa", "abcdefghij",
		                           "87654321",   "abcabcabcabc",
		                           "oksana-k",   "Oksana-K!!",
		                           "minefield",  "Deminer2026",
		                           "!!dragon!!", "trustno1",
		                           "qwertyuiop", "\xff\xfe goodlength",
		                           "слава",      "парольпароль" };
	static const char *const good[] = {
		"three unlike words",
		"слава і мости",
		"xk7wqzp2",
		"0123456789012345678901234567890123456789012345678901234567890123 four",
		"        leading blanks count",
		"🐸🐸🐻🐻🦊🦊🐷🐷"
	};
	static char many[1100];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		if (!passrule_check(bad[i], strlen(bad[i]), "oksana-k", &e))
			fail_msg("\"%s\" was taken", bad[i]);
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++)
		if (passrule_check(good[i], strlen(good[i]), "oksana-k", &e))
			fail_msg("\"%s\" was refused: %s", good[i], e.text);
	for (size_t i = 0; i < sizeof(many); i++)
		many[i] = (char)('a' + i * i % 23);
	assert_int_equal(ERR_OK, passrule_check(many, 256, "", &e));
	assert_int_equal(ERR_INVALID, passrule_check(many, 257, "", &e)); /* one past */
	assert_int_equal(ERR_INVALID, passrule_check("good\0password", 13, "", &e));
}

static void
test_login(void **state)
{
	int64_t id = added("bohdan", "operator");
	struct login l = login("Bohdan", GOOD, NULL, "r1"), m;
	struct session s;

	(void)state;
	assert_int_equal(LOGIN_DONE, l.result);
	assert_int_equal(id, l.account);
	assert_false(l.second_factor);
	assert_int_equal(43, strlen(l.session));
	m = login("bohdan", GOOD, NULL, "r1");
	assert_string_not_equal(l.session, m.session);
	assert_int_equal(ERR_OK, session_find(a, l.session, &mem, &s, &e));
	assert_int_equal(id, s.account);
	assert_string_equal("bohdan", s.name);
	assert_string_equal("operator", s.role);
	assert_int_equal(LOGIN_WRONG, login("bohdan", GOOD "x", NULL, "r1").result);
	assert_int_equal(LOGIN_WRONG, login("nobody", GOOD, NULL, "r1").result);
	assert_int_equal(LOGIN_WRONG, login("", "", NULL, "r1").result);
	/* log out ends this one only, and a text of another shape is nothing */
	assert_int_equal(ERR_OK, session_end(a, l.session, &e));
	assert_false(alive(l.session));
	assert_true(alive(m.session));
	assert_false(alive(""));
	assert_false(alive("x' OR 1=1 --"));
	/* disabled: at once, and the password is as wrong as any other */
	assert_int_equal(ERR_OK, accounts_set_disabled(a, "test", id, true, &e));
	assert_false(alive(m.session));
	assert_int_equal(LOGIN_WRONG, login("bohdan", GOOD, NULL, "r2").result);
	assert_int_equal(ERR_OK, accounts_set_disabled(a, "test", id, false, &e));
	l = login("bohdan", GOOD, NULL, "r1");
	/* another role or password: at once */
	assert_int_equal(ERR_OK, accounts_set_role(a, "test", id, "officer", &e));
	assert_false(alive(l.session));
	l = login("bohdan", GOOD, NULL, "r1");
	assert_int_equal(ERR_OK, accounts_set_password(a, "test", id, "other unlike words", &e));
	assert_false(alive(l.session));
	assert_int_equal(LOGIN_WRONG, login("bohdan", GOOD, NULL, "r1").result);
	assert_int_equal(LOGIN_DONE, login("bohdan", "other unlike words", NULL, "r1").result);
	assert_int_equal(ERR_INVALID, accounts_set_password(a, "test", id, "bohdan12", &e));
}

static void
test_session_ends(void **state)
{
	struct login l, m;

	(void)state;
	(void)added("chingiz", "operator");
	at("2026-05-05T08:00:00Z");
	l = login("chingiz", GOOD, NULL, "r1");
	at("2026-05-05T08:29:59Z"); /* one second before it was idle too long */
	assert_true(alive(l.session));
	at("2026-05-05T08:59:58Z");
	assert_true(alive(l.session));
	at("2026-05-05T09:29:58Z"); /* 30 minutes idle */
	assert_false(alive(l.session));
	at("2026-05-05T09:29:00Z"); /* ended is ended, whatever the clock */
	assert_false(alive(l.session));
	at("2026-05-05T10:00:00Z");
	m = login("chingiz", GOOD, NULL, "r1");
	for (int hour = 10; hour < 22; hour++)
		for (int minute = 1; minute < 60; minute += 29) {
			char text[40];

			(void)snprintf(text, sizeof(text), "2026-05-05T%02d:%02d:00Z", hour,
			               minute);
			at(text);
			assert_true(alive(m.session));
		}
	at("2026-05-05T21:59:59Z");
	assert_true(alive(m.session));
	at("2026-05-05T22:00:00Z"); /* twelve hours, however busy */
	assert_false(alive(m.session));
	/* the twenty-first session ends the oldest */
	at("2026-05-06T10:00:00Z");
	l = login("chingiz", GOOD, NULL, "r1");
	for (int i = 1; i <= SESSION_MOST; i++) {
		char text[SESSION_TEXT], time[40];

		assert_true(alive(l.session));
		(void)snprintf(time, sizeof(time), "2026-05-06T10:00:%02dZ", i);
		at(time);
		assert_int_equal(ERR_OK, session_make(a, l.account, false, text, &e));
	}
	assert_false(alive(l.session));
}

/* Wait seconds after n wrong passwords. */
static void
test_limits(void **state)
{
	static const int want[] = { 2, 4, 8, 16 };
	struct login l;
	char time[40];
	int second = 0;

	(void)state;
	(void)added("dmytro", "operator");
	at("2026-06-01T00:00:00Z");
	for (int i = 1; i < LOGIN_FREE_PAIR; i++)
		assert_int_equal(LOGIN_WRONG, login("dmytro", "wrong words", NULL, "r9").result);
	for (int i = 0; i < 4; i++) {
		assert_int_equal(LOGIN_WRONG, login("dmytro", "wrong words", NULL, "r9").result);
		l = login("dmytro", GOOD, NULL, "r9"); /* not even looked at */
		assert_int_equal(LOGIN_WAIT, l.result);
		assert_int_equal(want[i], l.wait_s);
		/* the same for a name that is not there */
		second += want[i];
		(void)snprintf(time, sizeof(time), "2026-06-01T00:00:%02dZ", second);
		at(time);
	}
	/* from elsewhere the right password is taken, and clears the name */
	assert_int_equal(LOGIN_DONE, login("dmytro", GOOD, NULL, "r10").result);
	assert_int_equal(LOGIN_DONE, login("dmytro", GOOD, NULL, "r9").result);
	assert_int_equal(LOGIN_WRONG, login("dmytro", "wrong words", NULL, "r9").result);
	/* a name nobody has waits as long */
	for (int i = 0; i < LOGIN_FREE_PAIR; i++)
		assert_int_equal(LOGIN_WRONG, login("nobody-here", "x", NULL, "r11").result);
	assert_int_equal(LOGIN_WAIT, login("nobody-here", "x", NULL, "r11").result);
	/* from everywhere: the name waits */
	at("2026-06-02T01:00:00Z");
	for (int i = 0; i < LOGIN_FREE_NAME; i++) {
		(void)snprintf(time, sizeof(time), "s%d", i);
		assert_int_equal(LOGIN_WRONG, login("dmytro", "wrong words", NULL, time).result);
	}
	assert_int_equal(LOGIN_WAIT, login("dmytro", GOOD, NULL, "s99").result);
	/* any names from one address: the address waits */
	at("2026-06-04T00:00:00Z");
	for (int i = 0; i < LOGIN_FREE_REMOTE; i++) {
		(void)snprintf(time, sizeof(time), "name%d", i);
		assert_int_equal(LOGIN_WRONG, login(time, "wrong words", NULL, "r12").result);
	}
	assert_int_equal(LOGIN_WAIT, login("dmytro", GOOD, NULL, "r12").result);
	/* forgotten after a day; a clock set back locks nobody out */
	at("2026-06-05T00:00:01Z");
	assert_int_equal(LOGIN_DONE, login("dmytro", GOOD, NULL, "r12").result);
	for (int i = 0; i < LOGIN_FREE_PAIR; i++)
		(void)login("dmytro", "wrong words", NULL, "r13");
	at("2020-01-01T00:00:00Z");
	assert_int_equal(LOGIN_DONE, login("dmytro", GOOD, NULL, "r13").result);
}

/* The secret out of an otpauth:// address, decoded here by hand (RFC 4648). */
static void
secret_of(const char *uri, uint8_t secret[TOTP_SECRET])
{
	const char *p = strstr(uri, "secret=");
	uint64_t bits = 0;
	size_t have = 0, n = 0;

	assert_non_null(p);
	for (p += 7; *p && *p != '&'; p++) {
		bits = bits << 5 | (uint64_t)(*p >= 'A' ? *p - 'A' : *p - '2' + 26);
		have += 5;
		if (have >= 8) {
			have -= 8;
			assert_true(n < TOTP_SECRET);
			secret[n++] = (uint8_t)(bits >> have);
		}
	}
	assert_int_equal(TOTP_SECRET, n);
}

static const char *
code_at(const uint8_t *secret, const char *time)
{
	static char code[9];
	int64_t us = 0;

	assert_true(clock_parse_us(time, strlen(time), &us));
	totp_code(secret, TOTP_SECRET, totp_step(us / 1000000), 6, code);
	return code;
}

static void
test_totp(void **state)
{
	int64_t id = added("elena@example.org", "approver");
	uint8_t secret[TOTP_SECRET];
	const char *uri = NULL;
	struct login l;

	(void)state;
	at("2026-07-01T12:00:00Z");
	l = login("elena@example.org", GOOD, NULL, "r1");
	assert_int_equal(ERR_NOTFOUND, accounts_totp_confirm(a, "elena", id, "000000", &e));
	assert_int_equal(ERR_OK, accounts_totp_begin(a, "elena", id, false, &mem, &uri, &e));
	assert_non_null(strstr(uri, "otpauth://totp/Fallow:elena%40example.org?secret="));
	secret_of(uri, secret);
	assert_true(alive(l.session)); /* begun is not yet set */
	assert_int_equal(LOGIN_DONE, login("elena@example.org", GOOD, NULL, "r1").result);
	assert_int_equal(ERR_DENIED, accounts_totp_confirm(a, "elena", id, "00000", &e));
	assert_int_equal(
		ERR_OK,
		accounts_totp_confirm(a, "elena", id, code_at(secret, "2026-07-01T12:00:00Z"), &e));
	assert_false(alive(l.session));
	assert_int_equal(LOGIN_NEEDS_CODE, login("elena@example.org", GOOD, NULL, "r1").result);
	assert_int_equal(LOGIN_WRONG, login("elena@example.org", "wrong words",
	                                    code_at(secret, "2026-07-01T12:00:30Z"), "r1")
	                                      .result);
	/* the code that confirmed was taken; the next is taken once */
	assert_int_equal(LOGIN_WRONG, login("elena@example.org", GOOD,
	                                    code_at(secret, "2026-07-01T12:00:00Z"), "r1")
	                                      .result);
	l = login("elena@example.org", GOOD, code_at(secret, "2026-07-01T12:00:30Z"), "r1");
	assert_int_equal(LOGIN_DONE, l.result);
	assert_true(l.second_factor);
	assert_int_equal(LOGIN_WRONG, login("elena@example.org", GOOD,
	                                    code_at(secret, "2026-07-01T12:00:30Z"), "r1")
	                                      .result);
	assert_int_equal(ERR_OK, accounts_totp_remove(a, "test", id, &e));
	assert_false(alive(l.session));
	assert_int_equal(LOGIN_DONE, login("elena@example.org", GOOD, NULL, "r1").result);
	assert_int_equal(ERR_OK, accounts_totp_begin(a, "test", id, true, &mem, &uri, &e));
	secret_of(uri, secret);
	assert_true(login("elena@example.org", GOOD, code_at(secret, "2026-07-01T12:00:00Z"), "r1")
	                    .second_factor);
}

static void
test_tokens(void **state)
{
	int64_t id = added("farid", "operator"), other = added("gala", "operator"), t = 0, u = 0;
	char text[TOKEN_TEXT], second[TOKEN_TEXT];
	struct session s;
	struct token *list;
	size_t n;

	(void)state;
	assert_int_equal(ERR_INVALID, token_make(a, &(struct token_wish){ "farid", id, "", "read" },
	                                         &t, text, &e));
	assert_int_equal(
		ERR_INVALID,
		token_make(a, &(struct token_wish){ "farid", id, "x", "approve" }, &t, text, &e));
	assert_int_equal(
		ERR_NOTFOUND,
		token_make(a, &(struct token_wish){ "farid", 999, "x", "read" }, &t, text, &e));
	assert_int_equal(ERR_OK,
	                 token_make(a, &(struct token_wish){ "farid", id, "phone 7", "submit" }, &t,
	                            text, &e));
	assert_int_equal(ERR_OK, token_make(a, &(struct token_wish){ "farid", id, "QGIS", "read" },
	                                    &u, second, &e));
	assert_int_equal(TOKEN_TEXT - 1, strlen(text));
	assert_string_not_equal(text, second);
	assert_int_equal(ERR_OK, token_find(a, text, &mem, &s, &e));
	assert_true(s.account == id && s.may_submit && !s.may_read);
	assert_int_equal(ERR_OK, token_find(a, second, &mem, &s, &e));
	assert_true(s.account == id && !s.may_submit && s.may_read);
	assert_int_equal(ERR_OK, token_find(a, "fw_aaaaaaaaaaaaaaaaaaaaaaaaaa", &mem, &s, &e));
	assert_int_equal(0, s.account);
	assert_false(alive(text)); /* a token is no session */
	assert_int_equal(ERR_NOTFOUND, token_revoke(a, "gala", other, t, &e)); /* not hers */
	assert_int_equal(ERR_OK, token_revoke(a, "farid", id, t, &e));
	assert_int_equal(ERR_NOTFOUND, token_revoke(a, "farid", id, t, &e));
	assert_int_equal(ERR_OK, token_find(a, text, &mem, &s, &e));
	assert_int_equal(0, s.account);
	assert_int_equal(ERR_OK, token_list(a, id, &mem, &list, &n, &e));
	assert_int_equal(2, n);
	assert_true(list[0].revoked_us > 0 && list[1].revoked_us == 0);
	assert_int_equal(ERR_OK, accounts_set_disabled(a, "test", id, true, &e));
	assert_int_equal(ERR_OK, token_find(a, second, &mem, &s, &e));
	assert_int_equal(0, s.account);
	for (int i = 0; i < TOKEN_MOST; i++)
		assert_int_equal(ERR_OK,
		                 token_make(a, &(struct token_wish){ "gala", other, "t", "read" },
		                            &t, text, &e));
	assert_int_equal(
		ERR_LIMIT,
		token_make(a, &(struct token_wish){ "gala", other, "t", "read" }, &t, text, &e));
}

static void
test_last_administrator(void **state)
{
	int64_t first = added("root1", "administrator"), second;

	(void)state;
	assert_int_equal(ERR_CONFLICT, accounts_set_disabled(a, "test", first, true, &e));
	assert_int_equal(ERR_CONFLICT, accounts_set_role(a, "test", first, "operator", &e));
	second = added("root2", "administrator");
	assert_int_equal(ERR_OK, accounts_set_disabled(a, "test", first, true, &e));
	assert_int_equal(ERR_CONFLICT, accounts_set_role(a, "test", second, "legal", &e));
}

static enum err_code
count_line(void *ctx, int64_t at_us, const char *actor, const char *what, const char *account,
           const char *detail, struct err *err)
{
	(void)err;
	assert_true(at_us != 0 && *actor && *what && *account && detail);
	assert_null(strstr(detail, GOOD));
	++*(int *)ctx;
	return ERR_OK;
}

static bool
holds(const struct buf *b, const void *what, size_t n)
{
	for (size_t i = 0; i + n <= b->size; i++)
		if (memcmp(b->data + i, what, n) == 0)
			return true;
	return false;
}

/* Nobody who reads the file finds a password, a session, a token or a secret; nobody changes the
 * audit. */
static void
test_kept(void **state)
{
	char token[TOKEN_TEXT];
	int64_t id = added("hanna", "legal"), t;
	struct login l = login("hanna", GOOD, NULL, "192.0.2.77");
	const char *uri = NULL, *forbidden[6];
	uint8_t secret[TOTP_SECRET];
	sqlite3 *db = NULL;
	struct buf b;
	int lines = 0;

	(void)state;
	(void)login("hanna", "mistyped words", NULL, "192.0.2.77");
	(void)login("a-name-of-nobody", "mistyped words", NULL, "192.0.2.77");
	assert_int_equal(ERR_OK,
	                 token_make(a, &(struct token_wish){ "hanna", id, "phone", "submit" }, &t,
	                            token, &e));
	assert_int_equal(ERR_OK, accounts_totp_begin(a, "hanna", id, false, &mem, &uri, &e));
	secret_of(uri, secret);
	buf_init(&b, 64u << 20);
	assert_int_equal(ERR_OK, file_read(in_folder("accounts.sqlite"), 32u << 20, &b, &e));
	assert_int_equal(ERR_OK, file_read(in_folder("accounts.sqlite-wal"), 32u << 20, &b, &e));
	forbidden[0] = GOOD, forbidden[1] = l.session, forbidden[2] = token + 3;
	forbidden[3] = "192.0.2.77", forbidden[4] = "a-name-of-nobody";
	forbidden[5] = "mistyped words";
	assert_true(holds(&b, "hanna", 5));
	for (size_t i = 0; i < 6; i++)
		assert_false(holds(&b, forbidden[i], strlen(forbidden[i])));
	assert_false(holds(&b, secret, sizeof(secret)));
	buf_done(&b);
	assert_int_equal(ERR_OK, accounts_audit(a, count_line, &lines, &e));
	assert_int_equal(5, lines); /* add, login, refused, token, totp */
	assert_int_equal(SQLITE_OK, sqlite3_open(in_folder("accounts.sqlite"), &db));
	assert_int_equal(SQLITE_CONSTRAINT_TRIGGER & 0xff,
	                 sqlite3_exec(db, "DELETE FROM audit", NULL, NULL, NULL) & 0xff);
	assert_int_equal(SQLITE_CONSTRAINT_TRIGGER & 0xff,
	                 sqlite3_exec(db, "UPDATE audit SET actor = 'x'", NULL, NULL, NULL) & 0xff);
	assert_int_equal(SQLITE_CONSTRAINT_TRIGGER & 0xff,
	                 sqlite3_exec(db, "DELETE FROM account", NULL, NULL, NULL) & 0xff);
	sqlite3_close(db);
}

static unsigned
mode_of(const char *in, const char *name)
{
	char path[300];
	struct stat s;

	(void)snprintf(path, sizeof(path), "%s/%s", in, name);
	assert_int_equal(0, stat(path, &s));
	return (unsigned)s.st_mode & 0777;
}

/* A copy has who may log in and how, narrow modes, and no sessions; it becomes accounts where there
 * are none, and replaces nothing. */
static void
test_copy(void **state)
{
	uint8_t secret[TOTP_SECRET];
	char copy[200], again[200], path[300], token[TOKEN_TEXT];
	const char *uri = NULL;
	struct session s;
	struct login l;
	int64_t ann, id;

	(void)state;
	(void)snprintf(copy, sizeof(copy), "%s/copy", dir);
	(void)snprintf(again, sizeof(again), "%s/again", dir);
	ann = added("ann", "approver");
	(void)added("bo", "operator");
	l = login("bo", GOOD, NULL, "r");
	assert_int_equal(LOGIN_DONE, l.result);
	assert_int_equal(ERR_OK, accounts_totp_begin(a, "test", ann, true, &mem, &uri, &e));
	secret_of(uri, secret);
	assert_int_equal(ERR_OK, token_make(a, &(struct token_wish){ "test", ann, "t", "submit" },
	                                    &id, token, &e));
	assert_int_equal(ERR_OK, accounts_copy(a, copy, &e));
	assert_int_equal(0700, mode_of(copy, "."));
	assert_int_equal(0600, mode_of(copy, "accounts.sqlite"));
	assert_int_equal(0600, mode_of(copy, "accounts.key"));
	(void)snprintf(path, sizeof(path), "%s/accounts.copying", copy);
	assert_false(file_exists(path));
	/* nothing is replaced, not by another copy and not by a restore over living accounts */
	assert_int_equal(ERR_CONFLICT, accounts_copy(a, copy, &e));
	assert_int_equal(ERR_CONFLICT, accounts_restore(copy, NULL, &e));
	/* changed afterwards: the copy knows nothing of it */
	assert_int_equal(ERR_OK, accounts_set_disabled(a, "test", ann, true, &e));
	accounts_close(a);
	a = NULL;
	assert_int_equal(ERR_NOTFOUND, accounts_restore(dir, again, &e));
	assert_false(file_exists(again));
	assert_int_equal(ERR_OK, accounts_restore(copy, again, &e));
	assert_int_equal(ERR_OK, accounts_open(again, &a, &e));
	assert_int_equal(LOGIN_DONE, login("bo", GOOD, NULL, "r").result);
	assert_false(alive(l.session));
	assert_int_equal(LOGIN_NEEDS_CODE, login("ann", GOOD, NULL, "r").result);
	assert_int_equal(LOGIN_DONE,
	                 login("ann", GOOD, code_at(secret, "2026-05-04T10:00:00Z"), "r").result);
	assert_int_equal(ERR_OK, token_find(a, token, &mem, &s, &e));
	assert_int_equal(ann, s.account);
	/* a folder that others may enter */
	(void)snprintf(path, sizeof(path), "%s/wide", dir);
	assert_int_equal(0, mkdir(path, 0755));
	assert_int_equal(0, chmod(path, 0755));
	assert_int_equal(ERR_DENIED, accounts_copy(a, path, &e));
	/* another key lies there: it is not replaced */
	(void)snprintf(path, sizeof(path), "%s/accounts.sqlite", copy);
	assert_int_equal(0, unlink(path));
	(void)snprintf(path, sizeof(path), "%s/accounts.key", copy);
	assert_int_equal(0, unlink(path));
	accounts_close(a);
	assert_int_equal(ERR_OK, accounts_open(copy, &a, &e)); /* makes new ones, with a key */
	accounts_close(a);
	(void)snprintf(path, sizeof(path), "%s/accounts.sqlite", copy);
	assert_int_equal(0, unlink(path));
	assert_int_equal(ERR_OK, accounts_open(again, &a, &e));
	assert_int_equal(ERR_CONFLICT, accounts_copy(a, copy, &e));
	assert_false(file_exists(path));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_file, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_add, set_up, tear_down),
		cmocka_unit_test(test_passwords),
		cmocka_unit_test_setup_teardown(test_login, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_session_ends, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_limits, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_totp, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_tokens, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_last_administrator, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_kept, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_copy, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
