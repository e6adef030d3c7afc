/* Accounts of others, for the administrator. */
#include "api/account.h"
#include "api/handlers.h"
#include "api/resolve.h"
#include "base/text.h"

static void
put_account(struct json_writer *w, const struct account *a)
{
	json_object(w, NULL);
	json_int(w, "id", a->id);
	json_string(w, "name", a->name);
	json_string(w, "role", a->role);
	json_bool(w, "disabled", a->disabled);
	json_bool(w, "totp", a->totp);
	account_time(w, "created", a->created_us);
	account_time(w, "login", a->login_us);
	json_object_end(w);
}

enum err_code
account_list(struct site *s, const struct ask *q, struct reply *r, struct err *e)
{
	struct account *list;
	struct json_writer w;
	size_t count;
	enum err_code rc;

	if (!account_is_self(q, r))
		return ERR_OK;
	rc = accounts_list(s->accounts, q->mem, &list, &count, e);
	if (rc)
		return rc;
	json_begin(&w, &r->body);
	json_object(&w, NULL);
	json_array(&w, "accounts");
	for (size_t i = 0; i < count; i++)
		put_account(&w, &list[i]);
	json_array_end(&w);
	json_object_end(&w);
	return ERR_OK;
}

static enum err_code
answer_one(struct site *s, const struct ask *q, int64_t id, struct reply *r, struct err *e)
{
	struct account one;
	struct json_writer w;
	enum err_code rc = accounts_get(s->accounts, id, q->mem, &one, e);

	if (rc)
		return rc;
	json_begin(&w, &r->body);
	put_account(&w, &one);
	return ERR_OK;
}

/* Who could make an approver with a password alone would have an approver's powers with a password
 * alone. */
static bool
may_touch(const struct ask *q, const char *role, struct reply *r)
{
	enum serve_role parsed = SERVE_PUBLIC;

	if (q->who.second_factor || !role || !serve_role_parse(role, &parsed) ||
	    !resolve_needs_second(parsed))
		return true;
	(void)account_refuse_second(
		r, 403, "accounts of approvers and legal officers need your second factor");
	return false;
}

enum err_code
account_add(struct site *s, const struct ask *q, struct reply *r, struct err *e)
{
	const char *name = NULL, *role = NULL, *password = NULL;
	struct json_value *body;
	int64_t id = 0;
	enum err_code rc;

	if (!account_is_self(q, r))
		return ERR_OK;
	rc = account_body(q, &body, e);
	if (!rc)
		rc = account_text(body, "name", &name, e);
	if (!rc)
		rc = account_text(body, "role", &role, e);
	if (!rc)
		rc = account_text(body, "password", &password, e);
	if (!rc && (!name || !role || !password))
		rc = err_set(e, ERR_INVALID, "\"name\", \"role\" and \"password\" must be given");
	if (rc || !may_touch(q, role, r))
		return rc;
	rc = accounts_add(s->accounts, q->who.account, name, role, password, &id, e);
	if (rc)
		return rc;
	r->status = 201;
	return answer_one(s, q, id, r, e);
}

/* What a body asks to change of an account. */
struct change {
	const char *role, *password;
	const struct json_value *disabled, *totp;
};

static enum err_code
read_change(const struct ask *q, struct change *c, struct err *e)
{
	struct json_value *body;
	enum err_code rc = account_body(q, &body, e);

	if (!rc)
		rc = account_text(body, "role", &c->role, e);
	if (!rc)
		rc = account_text(body, "password", &c->password, e);
	if (rc)
		return rc;
	c->disabled = json_get(body, "disabled");
	c->totp = json_get(body, "totp");
	if (c->disabled && c->disabled->type != JSON_TRUE && c->disabled->type != JSON_FALSE)
		return err_set(e, ERR_INVALID, "\"disabled\" must be true or false");
	if (c->totp && c->totp->type != JSON_FALSE)
		return err_set(e, ERR_INVALID, "\"totp\" can only be taken away: false");
	return ERR_OK;
}

enum err_code
account_change(struct site *s, const struct ask *q, struct reply *r, struct err *e)
{
	struct change c = { 0 };
	const char *by = q->who.account;
	struct account now;
	int64_t id;
	enum err_code rc;

	if (!account_is_self(q, r))
		return ERR_OK;
	rc = account_number(q->arg[0], &id, e);
	if (!rc)
		rc = read_change(q, &c, e);
	if (!rc)
		rc = accounts_get(s->accounts, id, q->mem, &now, e);
	if (rc || !may_touch(q, now.role, r) || !may_touch(q, c.role, r))
		return rc;
	if (c.password)
		rc = accounts_set_password(s->accounts, by, id, c.password, e);
	if (!rc && c.role && !text_eq(c.role, now.role))
		rc = accounts_set_role(s->accounts, by, id, c.role, e);
	if (!rc && c.disabled && (c.disabled->type == JSON_TRUE) != now.disabled)
		rc = accounts_set_disabled(s->accounts, by, id, !now.disabled, e);
	if (!rc && c.totp && now.totp)
		rc = accounts_totp_remove(s->accounts, by, id, e);
	return rc ? rc : answer_one(s, q, id, r, e);
}
