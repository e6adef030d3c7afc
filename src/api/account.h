/* What the handlers of accounts share. Private to api/account_*.c. */
#ifndef SERVE_ACCOUNT_H
#define SERVE_ACCOUNT_H

#include "api/route.h"
#include "base/json.h"
#include "store/accounts.h"
#include "store/session.h"

enum {
	ACCOUNT_BODY_MOST = 16 << 10 /* bytes of a body */
};

/** The body as a JSON object; ERR_INVALID (no JSON, not said to be), ERR_LIMIT. */
MUST_CHECK enum err_code account_body(const struct ask *q, struct json_value **ret, struct err *e);
/** A member that is a text without U+0000. NULL when it is missing; ERR_INVALID when it is
 * something else. */
MUST_CHECK enum err_code account_text(const struct json_value *body, const char *name,
                                      const char **ret, struct err *e);
/** Answer with a problem of that status; ERR_OK, so that a handler may return it. */
enum err_code account_refuse(struct reply *r, int status, const char *sentence);
/** The same with 403 and "second_factor": true, as status says. */
enum err_code account_refuse_second(struct reply *r, int status, const char *sentence);
/** Somebody with a session of his own (no token)? Else the answer is made and false returned. */
bool account_is_self(const struct ask *q, struct reply *r);
/** Answer as GET /api/me. */
MUST_CHECK enum err_code account_answer_me(struct site *s, const struct ask *q, int64_t id,
                                           bool second_factor, struct reply *r, struct err *e);
/** Set the cookie to a session's text, or away when text is NULL. */
MUST_CHECK enum err_code account_set_cookie(const struct ask *q, struct reply *r, const char *text,
                                            struct err *e);
/** What limits count for a client: its address, or the /64 network of an IPv6 address. */
const char *account_remote(const struct ask *q);
/** The login's answer when it did not succeed; ERR_OK. */
enum err_code account_refuse_login(const struct ask *q, struct reply *r, const struct login *l);
/** Add a time (microseconds UTC) as RFC 3339; null when 0. */
void account_time(struct json_writer *w, const char *key, int64_t at_us);
/** A number at the end of a path; ERR_NOTFOUND. */
MUST_CHECK enum err_code account_number(const char *text, int64_t *ret, struct err *e);

#endif
