#include "api/resolve.h"

#include <string.h>

#include "base/text.h"
#include "store/session.h"

enum {
	BASIC_MOST = 400 /* bytes of a decoded name and password */
};

bool
resolve_needs_second(enum serve_role role)
{
	return role == SERVE_APPROVER || role == SERVE_LEGAL;
}

const char *
resolve_cookie(const char *cookie, struct arena *mem)
{
	static const char name[] = RESOLVE_COOKIE "=";
	const char *found = NULL, *p = cookie;
	size_t found_n = 0;

	while (p && *p) {
		size_t n;

		p += strspn(p, " ;");
		n = strcspn(p, ";");
		if (n >= sizeof(name) - 1 && strncmp(p, name, sizeof(name) - 1) == 0) {
			if (found) /* which is ours cannot be told */
				return NULL;
			found = p + sizeof(name) - 1;
			found_n = n - (sizeof(name) - 1);
		}
		p += n;
	}
	while (found_n && found[found_n - 1] == ' ')
		found_n--;
	return found ? arena_strndup(mem, found, found_n) : NULL;
}

/* What follows a scheme's name, or NULL when it is another scheme. */
static const char *
after_scheme(const char *authorization, const char *scheme)
{
	for (; *scheme; scheme++, authorization++) {
		char c = *authorization;

		if (c >= 'A' && c <= 'Z')
			c = (char)(c - 'A' + 'a');
		if (c != *scheme)
			return NULL;
	}
	if (*authorization != ' ')
		return NULL;
	return authorization + strspn(authorization, " ");
}

/* The token of a header Authorization, and the name given with it ("" = none). NULL: neither
 * scheme, or not well formed. */
static const char *
authorization_token(const char *authorization, struct arena *mem, const char **ret_name)
{
	const char *p = after_scheme(authorization, "bearer"), *colon;
	char *text;
	size_t n = 0;

	*ret_name = "";
	if (p)
		return p;
	p = after_scheme(authorization, "basic");
	text = p ? arena_alloc(mem, BASIC_MOST + 1) : NULL;
	if (!text || !text_unbase64(p, strlen(p), (uint8_t *)text, BASIC_MOST, &n))
		return NULL;
	text[n] = '\0';
	colon = strchr(text, ':');
	if (!colon || strlen(text) != n)
		return NULL;
	*ret_name = text;
	text[colon - text] = '\0';
	return colon + 1;
}

static struct who
who_of(const struct session *s, bool token)
{
	struct who w = { .role = SERVE_PUBLIC,
		         .account = s->name,
		         .id = s->account,
		         .second_factor = s->second_factor,
		         .token = token };
	enum serve_role role = SERVE_PUBLIC;

	if (!s->account || !serve_role_parse(s->role, &role))
		return (struct who){ .role = SERVE_PUBLIC, .account = "" };
	if (!token) {
		if (!resolve_needs_second(role) || s->second_factor)
			w.role = role;
		return w;
	}
	w.read_only = !s->may_submit;
	if (s->may_submit && (SERVE_HANDS_IN & SERVE_BIT(role)))
		w.role = SERVE_REPORTER;
	else if (s->may_read && (role == SERVE_OPERATOR || role == SERVE_OFFICER))
		w.role = role;
	return w;
}

static enum err_code
by_token(struct accounts *a, const char *text, const char *name, struct arena *mem, struct who *ret,
         struct err *e)
{
	struct session s;
	enum err_code rc = text ? token_find(a, text, mem, &s, e) : ERR_OK;

	if (rc)
		return rc;
	if (!text || !s.account || (*name && !text_eq_nocase(name, s.name)))
		return err_set(e, ERR_DENIED, "the token or app password is not known here");
	*ret = who_of(&s, true);
	return ERR_OK;
}

enum err_code
account_resolve(struct accounts *a, const struct resolve_ask *c, struct arena *mem, struct who *ret,
                struct err *e)
{
	struct session s = { .name = "", .role = "" };
	const char *text, *name = "";
	enum err_code rc = ERR_OK;

	if (c->token)
		return by_token(a, c->token, "", mem, ret, e);
	if (c->authorization) {
		text = authorization_token(c->authorization, mem, &name);
		return by_token(a, text, name, mem, ret, e);
	}
	text = resolve_cookie(c->cookie, mem);
	if (text)
		rc = session_find(a, text, mem, &s, e);
	if (!rc)
		*ret = who_of(&s, false);
	return rc;
}
