/* Who one is, and one's tokens. */
#include "api/account.h"
#include "api/handlers.h"
#include "base/password.h"

enum err_code
account_me(struct site *s, const struct ask *q, struct reply *r, struct err *e)
{
	return account_answer_me(s, q, q->who.id, q->who.second_factor, r, e);
}

enum err_code
account_tokens(struct site *s, const struct ask *q, struct reply *r, struct err *e)
{
	struct json_writer w;
	struct token *list;
	size_t count;
	enum err_code rc;

	if (!account_is_self(q, r))
		return ERR_OK;
	rc = token_list(s->accounts, q->who.id, q->mem, &list, &count, e);
	if (rc)
		return rc;
	json_begin(&w, &r->body);
	json_object(&w, NULL);
	json_array(&w, "tokens");
	for (size_t i = 0; i < count; i++) {
		json_object(&w, NULL);
		json_int(&w, "id", list[i].id);
		json_string(&w, "name", list[i].name);
		json_string(&w, "scope", list[i].scope);
		account_time(&w, "created", list[i].created_us);
		account_time(&w, "used", list[i].used_us);
		account_time(&w, "revoked", list[i].revoked_us);
		json_object_end(&w);
	}
	json_array_end(&w);
	json_object_end(&w);
	return ERR_OK;
}

enum err_code
account_token_new(struct site *s, const struct ask *q, struct reply *r, struct err *e)
{
	const char *name = NULL, *scope = NULL;
	struct json_value *body;
	struct json_writer w;
	char text[TOKEN_TEXT];
	int64_t id = 0;
	enum err_code rc;

	if (!account_is_self(q, r))
		return ERR_OK;
	rc = account_body(q, &body, e);
	if (!rc)
		rc = account_text(body, "name", &name, e);
	if (!rc)
		rc = account_text(body, "scope", &scope, e);
	if (!rc)
		rc = token_make(s->accounts,
		                &(struct token_wish){ q->who.account, q->who.id, name ? name : "",
		                                      scope ? scope : "" },
		                &id, text, e);
	if (rc)
		return rc;
	r->status = 201;
	json_begin(&w, &r->body);
	json_object(&w, NULL);
	json_int(&w, "id", id);
	json_string(&w, "name", name);
	json_string(&w, "scope", scope);
	json_string(&w, "token", text);
	json_object_end(&w);
	password_wipe(text, sizeof(text));
	return ERR_OK;
}

enum err_code
account_token_end(struct site *s, const struct ask *q, struct reply *r, struct err *e)
{
	struct json_writer w;
	int64_t id;
	enum err_code rc;

	if (!account_is_self(q, r))
		return ERR_OK;
	rc = account_number(q->arg[0], &id, e);
	if (!rc)
		rc = token_revoke(s->accounts, q->who.account, q->who.id, id, e);
	if (rc)
		return rc;
	json_begin(&w, &r->body);
	json_object(&w, NULL);
	json_int(&w, "id", id);
	json_bool(&w, "revoked", true);
	json_object_end(&w);
	return ERR_OK;
}
