/* Log in and out, and what asks for the password again. */
#include <string.h>

#include "api/account.h"
#include "api/handlers.h"
#include "api/resolve.h"
#include "base/password.h"
#include "base/text.h"

/* Prove who it is with the password in the body. True when proved; else the answer is made, or *rc
 * says what failed. */
static bool
proved(struct site *s, const struct ask *q, const struct json_value *body, struct reply *r,
       enum err_code *rc, struct err *e)
{
	struct login_ask ask = { .name = q->who.account, .remote = account_remote(q) };
	struct login l;

	*rc = account_text(body, "password", &ask.password, e);
	if (!*rc && !ask.password)
		*rc = err_set(e, ERR_INVALID, "\"password\" is missing: the one you have now");
	if (*rc)
		return false;
	ask.password_size = strlen(ask.password);
	*rc = session_prove(s->accounts, &ask, &l, e);
	if (*rc)
		return false;
	if (l.result == LOGIN_DONE && l.account == q->who.id)
		return true;
	/* 403, not 401: the session is good, and a page must not take it for ended */
	if (l.result == LOGIN_WRONG)
		(void)account_refuse(r, 403, "the password is wrong");
	else
		(void)account_refuse_login(q, r, &l);
	return false;
}

/* A session in place of all that just ended. */
static enum err_code
again(struct site *s, const struct ask *q, bool second_factor, struct reply *r, struct err *e)
{
	char text[SESSION_TEXT];
	enum err_code rc = session_make(s->accounts, q->who.id, second_factor, text, e);

	if (!rc)
		rc = account_set_cookie(q, r, text, e);
	password_wipe(text, sizeof(text));
	return rc ? rc : account_answer_me(s, q, q->who.id, second_factor, r, e);
}

enum err_code
account_login(struct site *s, const struct ask *q, struct reply *r, struct err *e)
{
	struct login_ask ask = { .remote = account_remote(q) };
	struct ask me = *q;
	struct json_value *body;
	struct login l;
	const char *old;
	enum err_code rc = account_body(q, &body, e);

	if (!rc)
		rc = account_text(body, "name", &ask.name, e);
	if (!rc)
		rc = account_text(body, "password", &ask.password, e);
	if (!rc)
		rc = account_text(body, "code", &ask.code, e);
	if (!rc && (!ask.name || !ask.password))
		rc = err_set(e, ERR_INVALID, "\"name\" and \"password\" must be given");
	if (rc)
		return rc;
	ask.password_size = strlen(ask.password);
	if (ask.code && !*ask.code)
		ask.code = NULL;
	rc = session_login(s->accounts, &ask, &l, e);
	if (rc)
		return rc;
	if (l.result != LOGIN_DONE)
		return account_refuse_login(q, r, &l);
	/* the session that the browser had before ends with this one's begin */
	old = resolve_cookie(ask_header(q, "cookie"), q->mem);
	if (old)
		rc = session_end(s->accounts, old, e);
	if (!rc)
		rc = account_set_cookie(q, r, l.session, e);
	password_wipe(l.session, sizeof(l.session));
	me.who.token = false;
	return rc ? rc : account_answer_me(s, &me, l.account, l.second_factor, r, e);
}

enum err_code
account_logout(struct site *s, const struct ask *q, struct reply *r, struct err *e)
{
	const char *text = resolve_cookie(ask_header(q, "cookie"), q->mem);
	struct ask nobody = *q;
	enum err_code rc = text ? session_end(s->accounts, text, e) : ERR_OK;

	if (!rc)
		rc = account_set_cookie(q, r, NULL, e);
	nobody.who = (struct who){ .role = SERVE_PUBLIC, .account = "" };
	return rc ? rc : account_answer_me(s, &nobody, 0, false, r, e);
}

enum err_code
account_password(struct site *s, const struct ask *q, struct reply *r, struct err *e)
{
	struct json_value *body;
	const char *fresh;
	enum err_code rc;

	if (!account_is_self(q, r))
		return ERR_OK;
	rc = account_body(q, &body, e);
	if (!rc)
		rc = account_text(body, "new_password", &fresh, e);
	if (!rc && !fresh)
		rc = err_set(e, ERR_INVALID, "\"new_password\" is missing");
	if (rc || !proved(s, q, body, r, &rc, e))
		return rc;
	rc = accounts_set_password(s->accounts, q->who.account, q->who.id, fresh, e);
	return rc ? rc : again(s, q, q->who.second_factor, r, e);
}

static enum err_code
totp_begin(struct site *s, const struct ask *q, const struct json_value *body, struct reply *r,
           struct err *e)
{
	const char *uri = NULL, *secret;
	struct account me;
	struct json_writer w;
	enum err_code rc = accounts_get(s->accounts, q->who.id, q->mem, &me, e);

	if (rc)
		return rc;
	if (me.totp && !q->who.second_factor)
		return account_refuse_second(r, 403, "log in with the one-time password first");
	if (!proved(s, q, body, r, &rc, e))
		return rc;
	rc = accounts_totp_begin(s->accounts, q->who.account, q->who.id, false, q->mem, &uri, e);
	if (rc)
		return rc;
	secret = strstr(uri, "secret=") + strlen("secret=");
	secret = arena_strndup(q->mem, secret, strcspn(secret, "&"));
	json_begin(&w, &r->body);
	json_object(&w, NULL);
	json_string(&w, "uri", uri);
	json_string(&w, "secret", secret);
	json_object_end(&w);
	return ERR_OK;
}

enum err_code
account_totp(struct site *s, const struct ask *q, struct reply *r, struct err *e)
{
	struct json_value *body;
	const char *code;
	enum err_code rc;

	if (!account_is_self(q, r))
		return ERR_OK;
	rc = account_body(q, &body, e);
	if (!rc)
		rc = account_text(body, "code", &code, e);
	if (rc)
		return rc;
	if (!code)
		return totp_begin(s, q, body, r, e);
	rc = accounts_totp_confirm(s->accounts, q->who.account, q->who.id, code, e);
	return rc ? rc : again(s, q, true, r, e);
}
