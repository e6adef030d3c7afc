#include "api/account.h"

#include <arpa/inet.h>
#include <string.h>

#include "api/resolve.h"
#include "base/clock.h"
#include "base/text.h"

enum err_code
account_body(const struct ask *q, struct json_value **ret, struct err *e)
{
	struct json_value *v = NULL;
	enum err_code rc;

	if (!ask_is_json(q))
		return err_set(e, ERR_INVALID, "the body must be application/json");
	if (q->body_size > ACCOUNT_BODY_MOST)
		return err_set(e, ERR_LIMIT, "the body has more than %d bytes", ACCOUNT_BODY_MOST);
	rc = json_parse((const char *)q->body, q->body_size, 4, q->mem, &v, e);
	if (rc)
		return rc;
	if (v->type != JSON_OBJECT)
		return err_set(e, ERR_INVALID, "the body must be a JSON object");
	*ret = v;
	return ERR_OK;
}

enum err_code
account_text(const struct json_value *body, const char *name, const char **ret, struct err *e)
{
	const struct json_value *v = json_get(body, name);

	*ret = NULL;
	if (!v || v->type == JSON_NULL)
		return ERR_OK;
	if (v->type != JSON_STRING || strlen(v->string) != v->count)
		return err_set(e, ERR_INVALID, "\"%s\" must be a text", name);
	*ret = v->string;
	return ERR_OK;
}

enum err_code
account_refuse(struct reply *r, int status, const char *sentence)
{
	struct err e = { 0 };

	(void)err_set(&e, status == 400 ? ERR_INVALID : ERR_DENIED, "%s", sentence);
	reply_problem(r, status, &e);
	return ERR_OK;
}

enum err_code
account_refuse_second(struct reply *r, int status, const char *sentence)
{
	(void)account_refuse(r, status, sentence);
	if (buf_ok(&r->body) && r->body.size) {
		r->body.size--; /* the brace at the end */
		buf_adds(&r->body, ",\"second_factor\":true}");
	}
	return ERR_OK;
}

bool
account_is_self(const struct ask *q, struct reply *r)
{
	if (q->who.id && !q->who.token)
		return true;
	if (q->who.token)
		(void)account_refuse(r, 403, "a token cannot do this; log in with the password");
	else
		(void)account_refuse(r, 401, "log in first");
	return false;
}

enum err_code
account_answer_me(struct site *s, const struct ask *q, int64_t id, bool second_factor,
                  struct reply *r, struct err *e)
{
	struct account who = { .name = "", .role = "public" };
	enum serve_role role = SERVE_PUBLIC;
	struct json_writer w;
	bool needs, acts;
	enum err_code rc = id ? accounts_get(s->accounts, id, q->mem, &who, e) : ERR_OK;

	if (rc)
		return rc;
	(void)serve_role_parse(who.role, &role);
	needs = resolve_needs_second(role);
	acts = !q->who.token && (!needs || second_factor);
	json_begin(&w, &r->body);
	json_object(&w, NULL);
	json_string(&w, "account", who.name);
	if (id)
		json_int(&w, "id", id);
	json_string(&w, "role",
	            q->who.token ? serve_role_name(q->who.role)
	            : acts       ? who.role
	                         : "public");
	json_string(&w, "account_role", who.role);
	json_bool(&w, "second_factor", second_factor);
	json_bool(&w, "needs_second_factor", needs);
	json_bool(&w, "totp", who.totp);
	json_bool(&w, "token", q->who.token);
	json_object_end(&w);
	return ERR_OK;
}

enum err_code
account_set_cookie(const struct ask *q, struct reply *r, const char *text, struct err *e)
{
	const char *value = arena_printf(
		q->mem, RESOLVE_COOKIE "=%s; Path=/; Secure; HttpOnly; SameSite=Strict%s",
		text ? text : "", text ? "" : "; Max-Age=0");

	if (!value)
		return err_set(e, ERR_NOMEM, "out of memory for a cookie");
	reply_header(r, "Set-Cookie", value);
	return ERR_OK;
}

const char *
account_remote(const struct ask *q)
{
	unsigned char bits[16];
	char *net;

	if (!q->remote)
		return "";
	if (inet_pton(AF_INET6, q->remote, bits) != 1)
		return q->remote;
	net = arena_alloc(q->mem, 17);
	if (!net)
		return "";
	text_hex(bits, 8, net);
	return net;
}

enum err_code
account_refuse_login(const struct ask *q, struct reply *r, const struct login *l)
{
	const char *wait;

	switch (l->result) {
	case LOGIN_NEEDS_CODE:
		return account_refuse_second(r, 401, "give the one-time password too");
	case LOGIN_WAIT:
		wait = arena_printf(q->mem, "%d", l->wait_s);
		if (wait)
			reply_header(r, "Retry-After", wait);
		return account_refuse(r, 429,
		                      "too many wrong passwords; wait a little and try again");
	case LOGIN_WRONG:
	case LOGIN_DONE:
		break;
	}
	return account_refuse(r, 401, "name, password or one-time password is wrong");
}

void
account_time(struct json_writer *w, const char *key, int64_t at_us)
{
	char text[24];

	if (!at_us) {
		json_null(w, key);
		return;
	}
	clock_format_s(at_us / 1000000, text);
	json_string(w, key, text);
}

enum err_code
account_number(const char *text, int64_t *ret, struct err *e)
{
	if (!text || !text_parse_i64(text, strlen(text), ret) || *ret < 1)
		return err_set(e, ERR_NOTFOUND, "no such address");
	return ERR_OK;
}
