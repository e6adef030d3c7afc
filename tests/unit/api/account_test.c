/* Accounts over the table of routes: who is asking, and what a session, a token, a role without its
 * second factor may do. The test speaks as the front does: resolve, then answer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "api/resolve.h"
#include "api/route.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "base/totp.h"
#include "store/session.h"

#define GOOD "three unlike words"

static char dir[100];
static struct site site;
static struct arena mem;
static struct err e;

static int
set_up(void **state)
{
	(void)state;
	(void)snprintf(dir, sizeof(dir), "/tmp/fallow-account-XXXXXX");
	arena_init(&mem, 0);
	return !mkdtemp(dir) || setenv("FALLOW_NOW", "2026-05-04T10:00:00Z", 1) ||
	       accounts_open(dir, &site.accounts, &e);
}

static int
tear_down(void **state)
{
	char command[200];

	(void)state;
	accounts_close(site.accounts);
	arena_done(&mem);
	(void)snprintf(command, sizeof(command), "rm -rf '%s'", dir);
	return system(command) == 0 ? 0 : -1;
}

static void
at(const char *time)
{
	assert_int_equal(0, setenv("FALLOW_NOW", time, 1));
}

static int64_t
added(const char *name, const char *role)
{
	int64_t id = 0;

	if (accounts_add(site.accounts, "test", name, role, GOOD, &id, &e))
		fail_msg("%s", e.text);
	return id;
}

/* What came back; all in mem. */
struct got {
	int status;
	const char *body;
	struct json_value *json;
	const char *session; /* of Set-Cookie, NULL = none was set */
	const char *cookie;  /* the whole header */
	const char *retry;
};

static const char *const no_session = "";

static struct who
who_is(const struct resolve_ask *c)
{
	struct who w = { 0 };

	if (account_resolve(site.accounts, c, &mem, &w, &e))
		fail_msg("%s", e.text);
	return w;
}

static struct got
ask_as(struct who who, const char *session, enum ask_method method, const char *path,
       const char *body)
{
	struct ask_pair header[2] = { { "content-type", "application/json" }, { "cookie", NULL } };
	struct ask q = { .method = method,
		         .path = arena_strdup(&mem, path),
		         .header = header,
		         .header_count = session ? 2 : 1,
		         .body = (const uint8_t *)body,
		         .body_size = body ? strlen(body) : 0,
		         .remote = "2001:db8::1",
		         .who = who,
		         .mem = &mem };
	struct got g = { 0 };
	struct reply r;

	header[1].value = arena_printf(&mem, RESOLVE_COOKIE "=%s", session ? session : "");
	reply_init(&r, 0);
	route_answer(&site, &q, &r);
	g.status = r.status;
	g.body = arena_strdup(&mem, buf_text(&r.body));
	if (json_parse(g.body, strlen(g.body), 0, &mem, &g.json, &e))
		fail_msg("%s: %s", e.text, g.body);
	for (size_t i = 0; i < r.headers; i++) {
		if (strcmp(r.header[i].name, "Retry-After") == 0)
			g.retry = r.header[i].value;
		if (strcmp(r.header[i].name, "Set-Cookie") != 0)
			continue;
		g.cookie = r.header[i].value;
		g.session = strchr(g.cookie, '=') + 1;
		g.session = arena_strndup(&mem, g.session, strcspn(g.session, ";"));
	}
	reply_done(&r);
	return g;
}

/* As a browser with that session's cookie. */
static struct got
ask(const char *session, enum ask_method method, const char *path, const char *body)
{
	const char *cookie = arena_printf(&mem, "a=b; " RESOLVE_COOKIE "=%s; c=d", session);

	return ask_as(who_is(&(struct resolve_ask){ .cookie = cookie }), session, method, path,
	              body);
}

static const char *
logged_in(const char *name, const char *code)
{
	struct got g = ask(
		no_session, ASK_POST, "/api/login",
		arena_printf(&mem, "{\"name\":\"%s\",\"password\":\"" GOOD "\",\"code\":\"%s\"}",
	                     name, code));

	if (g.status != 200 || !g.session)
		fail_msg("%d %s", g.status, g.body);
	return g.session;
}

static const char *
text_of(struct got g, const char *name)
{
	const char *s = json_get_string(g.json, name);

	return s ? s : "(none)";
}

static void
test_login(void **state)
{
	struct got g, wrong, unknown;
	const char *session;

	(void)state;
	(void)added("anna", "operator");
	g = ask(no_session, ASK_GET, "/api/me", NULL);
	assert_int_equal(200, g.status);
	assert_string_equal("", text_of(g, "account"));
	assert_string_equal("public", text_of(g, "role"));
	wrong = ask(no_session, ASK_POST, "/api/login",
	            "{\"name\":\"anna\",\"password\":\"not the one\"}");
	unknown = ask(no_session, ASK_POST, "/api/login",
	              "{\"name\":\"nobody\",\"password\":\"not the one\"}");
	assert_int_equal(401, wrong.status);
	assert_int_equal(401, unknown.status);
	assert_string_equal(wrong.body, unknown.body);
	assert_true(!wrong.cookie && !unknown.cookie);
	g = ask(no_session, ASK_POST, "/api/login",
	        "{\"name\":\"Anna\",\"password\":\"" GOOD "\"}");
	assert_int_equal(200, g.status);
	assert_string_equal("anna", text_of(g, "account"));
	assert_string_equal("operator", text_of(g, "role"));
	assert_string_equal(arena_printf(&mem,
	                                 "__Host-fallow=%s; Path=/; Secure; HttpOnly; "
	                                 "SameSite=Strict",
	                                 g.session),
	                    g.cookie);
	session = g.session;
	g = ask(session, ASK_GET, "/api/me", NULL);
	assert_string_equal("operator", text_of(g, "role"));
	/* a new session at each login, and the old one of this browser ends */
	g = ask(session, ASK_POST, "/api/login", "{\"name\":\"anna\",\"password\":\"" GOOD "\"}");
	assert_string_not_equal(session, g.session);
	assert_string_equal("public", text_of(ask(session, ASK_GET, "/api/me", NULL), "role"));
	session = g.session;
	g = ask(session, ASK_POST, "/api/logout", "{}");
	assert_int_equal(200, g.status);
	assert_string_equal("__Host-fallow=; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=0",
	                    g.cookie);
	assert_string_equal("public", text_of(ask(session, ASK_GET, "/api/me", NULL), "role"));
}

static void
test_bodies(void **state)
{
	static const char *const bad[] = { "",
		                           "[]",
		                           "{",
		                           "{\"name\":\"anna\"}",
		                           "{\"name\":1,\"password\":\"x\"}",
		                           "{\"name\":\"a\\u0000b\",\"password\":\"x\"}",
		                           "{\"name\":\"anna\",\"password\":\"" GOOD
		                           "\",\"name\":\"root\"}" };
	struct ask q = { .method = ASK_POST, .path = "/api/login", .mem = &mem, .remote = "r" };
	static char large[ACCOUNT_NAME_MAX + (17 << 10)];
	struct reply r;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_int_equal(400, ask(no_session, ASK_POST, "/api/login", bad[i]).status);
	memset(large, ' ', sizeof(large) - 1);
	assert_int_equal(413, ask(no_session, ASK_POST, "/api/login", large).status);
	/* a form of another site cannot send JSON's media type */
	q.body = (const uint8_t *)"{\"name\":\"anna\",\"password\":\"" GOOD "\"}";
	q.body_size = strlen((const char *)q.body);
	reply_init(&r, 0);
	route_answer(&site, &q, &r);
	assert_int_equal(400, r.status);
	reply_done(&r);
	assert_int_equal(405, ask(no_session, ASK_GET, "/api/login", NULL).status);
	assert_int_equal(404, ask(no_session, ASK_DELETE, "/api/tokens/x/y", NULL).status);
}

static void
test_wait(void **state)
{
	struct got g = { 0 };

	(void)state;
	for (int i = 0; i < LOGIN_FREE_PAIR; i++) {
		g = ask(no_session, ASK_POST, "/api/login",
		        "{\"name\":\"who\",\"password\":\"x\"}");
		assert_int_equal(401, g.status);
	}
	g = ask(no_session, ASK_POST, "/api/login", "{\"name\":\"who\",\"password\":\"x\"}");
	assert_int_equal(429, g.status);
	assert_string_equal("2", g.retry);
}

static const char *
code_of(const char *secret32, int64_t add_s)
{
	static char code[9];
	uint8_t secret[TOTP_SECRET];
	uint64_t bits = 0;
	size_t have = 0, n = 0;

	for (; *secret32; secret32++) {
		bits = bits << 5 |
		       (uint64_t)(*secret32 >= 'A' ? *secret32 - 'A' : *secret32 - '2' + 26);
		have += 5;
		if (have >= 8) {
			have -= 8;
			secret[n++] = (uint8_t)(bits >> have);
		}
	}
	assert_int_equal(TOTP_SECRET, n);
	totp_code(secret, n, totp_step(clock_now_us() / 1000000 + add_s), 6, code);
	return code;
}

static void
test_second_factor(void **state)
{
	const char *session, *secret, *fresh;
	struct got g;
	struct who w;

	(void)state;
	at("2026-05-05T10:00:00Z");
	(void)added("vira", "approver");
	session = logged_in("vira", "");
	g = ask(session, ASK_GET, "/api/me", NULL);
	assert_string_equal("public", text_of(g, "role"));
	assert_string_equal("approver", text_of(g, "account_role"));
	w = who_is(&(struct resolve_ask){
		.cookie = arena_printf(&mem, RESOLVE_COOKIE "=%s", session) });
	assert_int_equal(SERVE_PUBLIC, w.role);
	assert_true(w.id > 0 && !w.second_factor);
	/* nothing but the set-up */
	assert_int_equal(403, ask(session, ASK_GET, "/api/tokens", NULL).status);
	assert_int_equal(
		403, ask(session, ASK_POST, "/api/tokens", "{\"name\":\"x\",\"scope\":\"read\"}")
			     .status);
	assert_int_equal(403, ask(session, ASK_GET, "/api/accounts", NULL).status);
	assert_int_equal(
		403, ask(session, ASK_POST, "/api/me/totp", "{\"password\":\"not it\"}").status);
	g = ask(session, ASK_POST, "/api/me/totp", "{\"password\":\"" GOOD "\"}");
	assert_int_equal(200, g.status);
	secret = text_of(g, "secret");
	g = ask(session, ASK_POST, "/api/me/totp", "{\"code\":\"12345\"}");
	assert_int_equal(403, g.status);
	g = ask(session, ASK_POST, "/api/me/totp",
	        arena_printf(&mem, "{\"code\":\"%s\"}", code_of(secret, 0)));
	assert_int_equal(200, g.status);
	assert_string_equal("approver", text_of(g, "role"));
	fresh = g.session;
	assert_string_equal("public", text_of(ask(session, ASK_GET, "/api/me", NULL), "role"));
	assert_string_equal("approver", text_of(ask(fresh, ASK_GET, "/api/me", NULL), "role"));
	assert_int_equal(200, ask(fresh, ASK_GET, "/api/tokens", NULL).status);
	/* from now on a login needs the code */
	g = ask(no_session, ASK_POST, "/api/login",
	        "{\"name\":\"vira\",\"password\":\"" GOOD "\"}");
	assert_int_equal(401, g.status);
	assert_non_null(json_get(g.json, "second_factor"));
	assert_null(g.cookie);
	session = logged_in("vira", code_of(secret, 30));
	assert_string_equal("approver", text_of(ask(session, ASK_GET, "/api/me", NULL), "role"));
}

static void
test_password(void **state)
{
	const char *session, *other;
	struct got g;

	(void)state;
	at("2026-05-06T10:00:00Z");
	(void)added("petro", "operator");
	session = logged_in("petro", "");
	other = logged_in("petro", "");
	assert_int_equal(401, ask(no_session, ASK_POST, "/api/me/password", "{}").status);
	assert_int_equal(400, ask(session, ASK_POST, "/api/me/password", "{}").status);
	assert_int_equal(403, ask(session, ASK_POST, "/api/me/password",
	                          "{\"password\":\"not it\",\"new_password\":\"new unlike words\"}")
	                              .status);
	g = ask(session, ASK_POST, "/api/me/password",
	        "{\"password\":\"" GOOD "\",\"new_password\":\"password1\"}");
	assert_int_equal(400, g.status);
	g = ask(session, ASK_POST, "/api/me/password",
	        "{\"password\":\"" GOOD "\",\"new_password\":\"new unlike words\"}");
	assert_int_equal(200, g.status);
	assert_string_equal("operator", text_of(ask(g.session, ASK_GET, "/api/me", NULL), "role"));
	assert_string_equal("public", text_of(ask(session, ASK_GET, "/api/me", NULL), "role"));
	assert_string_equal("public", text_of(ask(other, ASK_GET, "/api/me", NULL), "role"));
}

static struct who
with_authorization(const char *text)
{
	return who_is(&(struct resolve_ask){ .authorization = text });
}

static enum err_code
refused(struct resolve_ask c)
{
	struct who w;

	return account_resolve(site.accounts, &c, &mem, &w, &e);
}

static const char *
basic(const char *name, const char *password)
{
	const char *plain = arena_printf(&mem, "%s:%s", name, password);
	char *out = arena_alloc(&mem, 4 * strlen(plain) + 20);

	memcpy(out, "Basic ", 6);
	(void)text_base64((const uint8_t *)plain, strlen(plain), out + 6);
	return out;
}

static void
test_tokens(void **state)
{
	const char *session, *submit, *read;
	struct who w;
	struct got g;

	(void)state;
	at("2026-05-07T10:00:00Z");
	(void)added("ivan", "officer");
	session = logged_in("ivan", "");
	g = ask(session, ASK_POST, "/api/tokens", "{\"name\":\"phone\",\"scope\":\"submit\"}");
	assert_int_equal(201, g.status);
	submit = text_of(g, "token");
	g = ask(session, ASK_POST, "/api/tokens", "{\"name\":\"QGIS\",\"scope\":\"read\"}");
	read = text_of(g, "token");
	w = with_authorization(arena_printf(&mem, "Bearer %s", submit));
	assert_true(w.role == SERVE_REPORTER && w.token && !w.read_only && w.id);
	w = with_authorization(basic("Ivan", submit));
	assert_true(w.role == SERVE_REPORTER && w.token);
	w = who_is(&(struct resolve_ask){ .token = submit });
	assert_true(w.role == SERVE_REPORTER && w.token);
	w = with_authorization(arena_printf(&mem, "bEARER %s", read));
	assert_true(w.role == SERVE_OFFICER && w.token && w.read_only);
	/* a token cannot make tokens, change the password, or, reading, change anything */
	assert_int_equal(
		403, ask_as(w, NULL, ASK_POST, "/api/tokens", "{\"name\":\"x\",\"scope\":\"read\"}")
			     .status);
	assert_int_equal(403, ask_as(w, NULL, ASK_GET, "/api/tokens", NULL).status);
	assert_int_equal(403, ask_as(w, NULL, ASK_POST, "/api/me/password", "{}").status);
	w.read_only = false;
	assert_int_equal(403, ask_as(w, NULL, ASK_POST, "/api/me/password", "{}").status);
	/* what is not a token is refused, not taken for the public */
	assert_int_equal(ERR_DENIED, refused((struct resolve_ask){ .authorization = "Bearer x" }));
	assert_int_equal(ERR_DENIED, refused((struct resolve_ask){ .authorization = "Basic !" }));
	assert_int_equal(ERR_DENIED, refused((struct resolve_ask){ .authorization = "Digest x" }));
	assert_int_equal(ERR_DENIED, refused((struct resolve_ask){ .authorization = "" }));
	assert_int_equal(ERR_DENIED, refused((struct resolve_ask){ .token = "" }));
	assert_int_equal(ERR_DENIED,
	                 refused((struct resolve_ask){ .authorization = basic("olena", submit) }));
	assert_int_equal(ERR_DENIED,
	                 refused((struct resolve_ask){ .authorization = basic("ivan", GOOD) }));
	assert_int_equal(200, ask(session, ASK_DELETE, "/api/tokens/1", NULL).status);
	assert_int_equal(404, ask(session, ASK_DELETE, "/api/tokens/1", NULL).status);
	assert_int_equal(404, ask(session, ASK_DELETE, "/api/tokens/x", NULL).status);
	assert_int_equal(ERR_DENIED, refused((struct resolve_ask){ .token = submit }));
}

/* A token of any role has neither an approver's nor a legal officer's nor an administrator's
 * powers. */
static void
test_token_roles(void **state)
{
	static const struct {
		const char *role;
		enum serve_role submit, read;
	} c[] = {
		{ "reporter", SERVE_REPORTER, SERVE_PUBLIC },
		{ "operator", SERVE_REPORTER, SERVE_OPERATOR },
		{ "officer", SERVE_REPORTER, SERVE_OFFICER },
		{ "approver", SERVE_REPORTER, SERVE_PUBLIC },
		{ "legal", SERVE_PUBLIC, SERVE_PUBLIC },
		{ "administrator", SERVE_PUBLIC, SERVE_PUBLIC },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(c) / sizeof(*c); i++) {
		int64_t id = added(arena_printf(&mem, "t-%s", c[i].role), c[i].role), t;
		char text[TOKEN_TEXT];
		struct who w;

		assert_int_equal(ERR_OK,
		                 token_make(site.accounts,
		                            &(struct token_wish){ "test", id, "s", "submit" }, &t,
		                            text, &e));
		w = who_is(&(struct resolve_ask){ .token = text });
		assert_int_equal(c[i].submit, w.role);
		assert_false(w.second_factor);
		assert_int_equal(ERR_OK, token_make(site.accounts,
		                                    &(struct token_wish){ "test", id, "r", "read" },
		                                    &t, text, &e));
		w = who_is(&(struct resolve_ask){ .token = text });
		assert_int_equal(c[i].read, w.role);
		assert_true(w.read_only);
	}
}

static void
test_administrator(void **state)
{
	const char *session, *secret;
	struct got g;
	int64_t id;

	(void)state;
	at("2026-05-08T10:00:00Z");
	(void)added("root", "administrator");
	session = logged_in("root", "");
	g = ask(session, ASK_POST, "/api/accounts",
	        "{\"name\":\"Oleh\",\"role\":\"operator\",\"password\":\"" GOOD "\"}");
	assert_int_equal(201, g.status);
	assert_string_equal("oleh", text_of(g, "name"));
	id = (int64_t)json_get_number(g.json, "id", 0);
	assert_int_equal(409,
	                 ask(session, ASK_POST, "/api/accounts",
	                     "{\"name\":\"oleh\",\"role\":\"operator\",\"password\":\"" GOOD "\"}")
	                         .status);
	/* no approver by password alone, by whichever way */
	g = ask(session, ASK_POST, "/api/accounts",
	        "{\"name\":\"vlad\",\"role\":\"approver\",\"password\":\"" GOOD "\"}");
	assert_int_equal(403, g.status);
	assert_non_null(json_get(g.json, "second_factor"));
	g = ask(session, ASK_PUT, arena_printf(&mem, "/api/accounts/%lld", (long long)id),
	        "{\"role\":\"legal\"}");
	assert_int_equal(403, g.status);
	g = ask(session, ASK_PUT, arena_printf(&mem, "/api/accounts/%lld", (long long)id),
	        "{\"role\":\"officer\",\"disabled\":true}");
	assert_int_equal(200, g.status);
	assert_string_equal("officer", text_of(g, "role"));
	assert_int_equal(JSON_TRUE, json_get(g.json, "disabled")->type);
	assert_int_equal(401, ask(no_session, ASK_POST, "/api/login",
	                          "{\"name\":\"oleh\",\"password\":\"" GOOD "\"}")
	                              .status);
	assert_int_equal(404, ask(session, ASK_PUT, "/api/accounts/999", "{}").status);
	assert_int_equal(400, ask(session, ASK_PUT,
	                          arena_printf(&mem, "/api/accounts/%lld", (long long)id),
	                          "{\"disabled\":\"yes\"}")
	                              .status);
	g = ask(session, ASK_POST, "/api/me/totp", "{\"password\":\"" GOOD "\"}");
	secret = text_of(g, "secret");
	g = ask(session, ASK_POST, "/api/me/totp",
	        arena_printf(&mem, "{\"code\":\"%s\"}", code_of(secret, 0)));
	session = g.session;
	assert_int_equal(201,
	                 ask(session, ASK_POST, "/api/accounts",
	                     "{\"name\":\"vlad\",\"role\":\"approver\",\"password\":\"" GOOD "\"}")
	                         .status);
	g = ask(session, ASK_GET, "/api/accounts", NULL);
	assert_int_equal(200, g.status);
	assert_non_null(strstr(g.body, "\"vlad\""));
	assert_null(strstr(g.body, "argon2"));
	/* nobody else looks */
	assert_int_equal(401, ask(no_session, ASK_GET, "/api/accounts", NULL).status);
}

static void
test_cookies(void **state)
{
	const char *session;

	(void)state;
	at("2026-05-09T10:00:00Z");
	(void)added("maks", "operator");
	session = logged_in("maks", "");
	assert_string_equal("x", resolve_cookie("__Host-fallow=x", &mem));
	assert_string_equal("x", resolve_cookie("a=1;__Host-fallow=x ; b=2", &mem));
	assert_string_equal("", resolve_cookie("__Host-fallow=", &mem));
	assert_null(resolve_cookie("a__Host-fallow=x", &mem));
	assert_null(resolve_cookie("__host-fallow=x", &mem));
	assert_null(resolve_cookie("__Host-fallow", &mem));
	assert_null(resolve_cookie("", &mem));
	assert_null(resolve_cookie(NULL, &mem));
	/* two of them: which one we set cannot be told */
	assert_null(resolve_cookie(arena_printf(&mem, "__Host-fallow=%s; __Host-fallow=y", session),
	                           &mem));
	/* a token shown beside a session is what counts */
	assert_int_equal(ERR_DENIED,
	                 refused((struct resolve_ask){
				 .cookie = arena_printf(&mem, "__Host-fallow=%s", session),
				 .authorization = "Bearer x" }));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_login),       cmocka_unit_test(test_bodies),
		cmocka_unit_test(test_wait),        cmocka_unit_test(test_second_factor),
		cmocka_unit_test(test_password),    cmocka_unit_test(test_tokens),
		cmocka_unit_test(test_token_roles), cmocka_unit_test(test_administrator),
		cmocka_unit_test(test_cookies),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
