/* Private to store: the second path. What was committed is read back over its own connection, every
 * statement is made anew from revision and key, every root recomputed by recursion, and only then
 * signed. */
#ifndef STORE_AUDIT_H
#define STORE_AUDIT_H

#include "base/pool.h"
#include "store/handle.h"

/** Audit the submissions after the newest checkpoint and sign the log's root. Nothing new: nothing
 * done. */
MUST_CHECK enum err_code audit_and_sign(struct store *st, struct pool *pool, struct err *e);

struct audit_reader;

/** What an audit needs, its own connection too, for many of them. st and pool must stay. */
MUST_CHECK enum err_code audit_open(struct store *st, struct pool *pool, struct audit_reader **ret,
                                    struct err *e);
/** NULL is fine. */
void audit_close(struct audit_reader *r);
/** audit_and_sign with what is kept. */
MUST_CHECK enum err_code audit_sign_with(struct store *st, struct audit_reader *r, struct err *e);

/* A revision that was read, in the order of the log. */
struct audit_seen {
	int64_t rid, valid_from_days;
	struct uuid record;
	int kind;
	const uint8_t *key, *content; /* identity of an imported row, 32 bytes each, or NULL */
};

struct audit_report {
	int64_t submissions, revisions, erased;
	int64_t opened;      /* revisions whose sealed key this register key opened */
	int64_t bad;         /* things that do not verify */
	int64_t cannot_tell; /* sealed keys that cannot be opened here */
	void (*tell)(void *ctx, const char *sentence); /* each of them; may be NULL */
	/* the opened remark of a submission (a disclosure string), in the order of the log */
	enum err_code (*remark)(void *ctx, int64_t seq, const struct buf *b, struct err *e);
	enum err_code (*seen)(void *ctx, const struct audit_seen *s, struct err *e); /* or NULL */
	void *ctx;
};
/** Audit submissions from .. to-1: statements, roots, manifests, signatures, leaves. db is any
 * connection. */
MUST_CHECK enum err_code audit_range(struct store *st, sqlite3 *db, int64_t from, int64_t to,
                                     struct pool *pool, struct audit_report *report, struct err *e);

#endif
