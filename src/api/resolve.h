/* Who asks: from what a client showed (cookie, Authorization, a token in the path) to its account
 * and role. Called once for each request, by the part that has the accounts; what changes there
 * (role, disabled, logged out) takes effect with the next request. Nothing is kept here. */
#ifndef SERVE_RESOLVE_H
#define SERVE_RESOLVE_H

#include "api/ask.h"

struct accounts;

/* The cookie of a session. Chromium and Firefox take it on plain http from a loopback address too.
 */
#define RESOLVE_COOKIE "__Host-fallow"

struct resolve_ask {
	const char *cookie;        /* header Cookie as it came, or NULL */
	const char *authorization; /* header Authorization as it came, or NULL; wins over cookie */
	const char *token;         /* segment of /t/{token}/, decoded, or NULL; then nothing else
	                              counts */
};

/**
 * Find who asks. Nothing shown, or a session that ended: the public. A token or app password that
 * is wrong, revoked or of a disabled account: ERR_DENIED (the front answers 401 with
 * WWW-Authenticate: Basic realm="Fallow", charset="UTF-8"). ret->account lives in mem.
 *
 * Authorization is Bearer TOKEN, or Basic with the account's name and a token as password.
 *
 * A role that needs a second factor reads as SERVE_PUBLIC, with its account's name and number, in a
 * session that gave none; a token never has that role at all. A token with scope submit hands in as
 * a reporter; one with scope read reads as its account may (operator, officer; else the public) and
 * changes nothing.
 */
MUST_CHECK enum err_code account_resolve(struct accounts *a, const struct resolve_ask *c,
                                         struct arena *mem, struct who *ret, struct err *e);

/** Does the role (approver, legal) need a second factor? */
bool resolve_needs_second(enum serve_role role);
/** The session's text in a header Cookie, in mem; NULL when there is none, or more than one. */
const char *resolve_cookie(const char *cookie, struct arena *mem);

#endif
