/* Private to serve: what the handlers of the JSON API (docs/API.md) share: parameters, bodies,
 * refusals that name a field, and answers kept until the register changes. */
#ifndef SERVE_API_H
#define SERVE_API_H

#include "api/route.h"
#include "base/json.h"
#include "store/find.h"

/** The register asked about. ERR_NOTFOUND when none is served. */
MUST_CHECK enum err_code api_store(const struct ask *q, struct store **ret, struct err *e);
/** Exact positions? */
bool api_exact(const struct ask *q);
/** A whole number of the query, min .. max; fallback when it is not given. ERR_INVALID. */
MUST_CHECK enum err_code api_int(const struct ask *q, const char *name, int64_t min, int64_t max,
                                 int64_t fallback, int64_t *ret, struct err *e);
/** "true", "1" or "" of the query. ERR_INVALID for anything but these and "false", "0". */
MUST_CHECK enum err_code api_flag(const struct ask *q, const char *name, bool *ret, struct err *e);
/** A kind by its name: ERR_INVALID when there is none of that name or name is NULL. */
MUST_CHECK enum err_code api_kind(struct store *st, const char *name, int *ret, struct err *e);
/** The body as one JSON object in q->mem. ERR_INVALID. */
MUST_CHECK enum err_code api_body(const struct ask *q, const struct json_value **ret,
                                  struct err *e);
/** The body has no members but these (NULL-terminated): a word misspelt is not passed over. */
MUST_CHECK enum err_code api_only(const struct json_value *body, const char *const *names,
                                  struct err *e);

/**
 * Answer with a problem document that names the field of the sentence ("field NAME: ...") where
 * there is one. status 0: that of the error. Returns ERR_OK, so that a handler may end with it.
 */
enum err_code api_refuse(struct reply *r, int status, const struct err *e);

/** The end of an answer to GET: the entity tag from its bytes. Returns ERR_OK. */
enum err_code api_done(struct reply *r);

/** The same, 403, with the member "second_factor": true, so that a page asks for it. */
enum err_code api_refuse_factor(struct reply *r, const struct err *e);

/** One member of an answer: the value of a field as canonical JSON. */
void api_value(struct json_writer *w, const char *key, const struct store_value *v);
/** The values of a row that are there, as members of an object that is open. Without geometries and
 * lists unless all. */
void api_fields(struct json_writer *w, const struct store_fields *f, bool all);
/** A record's words for people: national number, else title, name or the like; NULL = none. */
const char *api_label(const struct store_fields *f);

/**
 * An answer that is good as long as the register and the day stay: append it to r->body and return
 * true, or false when it must be made. key: everything the answer depends on but those. state: of
 * what it depends on, larger after every change: the size of the log, or several added up. What
 * took long is given again after a change, marked: "stale": true, "log_size": the state it is of;
 * the front keeps no such answer, and a new one is being made (api/behind.h).
 */
bool api_kept(const struct ask *q, const char *key, int64_t state, struct reply *r);
/**
 * Nothing is kept, and the answer takes long: of a large register it is being made behind, and *r
 * says so, 503 with Retry-After and for how long already. False: who asks makes it.
 */
bool api_waits(const struct ask *q, const char *key, struct reply *r);
/**
 * Keep an answer; the oldest make room. Failing to keep is no error. started_us: when its making
 * began (clock_steady_us).
 */
void api_keep(const struct ask *q, const char *key, int64_t state, const struct reply *r,
              int64_t started_us);

/**
 * A change that came before with the same Idempotency-Key from the same account to the same
 * address: *ret_done, and its answer is in r. ERR_CONFLICT when the body is another one,
 * ERR_INVALID for a key that is none. The last 1,000 are known, as long as the process lives; new
 * records are known for ever (ingest/entry.h).
 */
MUST_CHECK enum err_code api_once(const struct ask *q, struct reply *r, bool *ret_done,
                                  struct err *e);
/** Remember what was answered to a change that has a key. submission: the one it rests on (-1 =
 * none); should that not become durable, the answer is forgotten. */
void api_remember(const struct ask *q, const struct reply *r, int64_t submission);

#endif
