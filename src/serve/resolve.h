/* Who asks: from what a client showed (cookie, Authorization, a token in the path) to its account
 * and role. Called once for each request, by the part that has the accounts; what changes there
 * (role, disabled, logged out) takes effect with the next request. Nothing is kept here. */
#ifndef SERVE_RESOLVE_H
#define SERVE_RESOLVE_H

#include "serve/ask.h"

struct accounts;

/* Names of the cookie: the second one only on plain http to a loopback address, where a browser may
 * refuse __Host- (docs/RISKS.md). */
#define RESOLVE_COOKIE "__Host-fallow"
#define RESOLVE_COOKIE_LOOPBACK "fallow-loopback"

struct resolve_ask {
	const char *cookie;        /* header Cookie as it came, or NULL */
	const char *authorization; /* header Authorization as it came, or NULL */
	const char *token;         /* segment of /t/{token}/, decoded, or NULL; then nothing else
	                              counts */
};

/**
 * Find who asks. Nothing shown, or a session that ended: the public. A token or app password that
 * is wrong, revoked or of a disabled account: ERR_DENIED (the front answers 401 with
 * WWW-Authenticate: Basic realm="Fallow", charset="UTF-8"). ret->account lives in mem.
 *
 * A role that needs a second factor reads as SERVE_PUBLIC, with its account's name and number, in a
 * session that gave none; a token never has that role at all.
 */
MUST_CHECK enum err_code account_resolve(struct accounts *a, const struct resolve_ask *c,
                                         struct arena *mem, struct who *ret, struct err *e);

#endif
