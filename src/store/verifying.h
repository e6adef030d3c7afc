/* Private to store: the parts of store_verify share what they found. */
#ifndef STORE_VERIFYING_H
#define STORE_VERIFYING_H

#include "store/handle.h"
#include "store/verify.h"

/* The identity of an imported row as a revision says it. */
struct verify_key {
	uint8_t key[32], content[32];
	struct uuid record;
	int64_t rid, fid;
};

struct verifying {
	struct store *st;
	struct pool *pool;
	struct verify_report *r;
	/* from the log, for what is made from it */
	bool log_read;                   /* the two below are known */
	int64_t latest[STORE_MAX_KINDS]; /* date of information, days; INT64_MIN = none */
	struct verify_bound *bound;      /* see verify_bound.c */
	struct verify_key *key;
	size_t key_count, key_room;
};

/** Something that is wrong, or (can_tell false) that cannot be told. */
void verify_wrong(struct verify_report *r, bool can_tell, const char *fmt, ...) PRINTF_LIKE(3, 4);
/** A statement whose every row is a complaint, but the single row "ok". */
MUST_CHECK enum err_code verify_complaints(struct store *st, const char *sql, const char *what,
                                           struct verify_report *r, struct err *e);

/** Submissions, revisions, tree, checkpoints, authors. */
MUST_CHECK enum err_code verify_log(struct verifying *v, struct err *e);
/** Rows that are no leaves, against the remarks of the submissions that kept them: begin, one call
 * a submission in the order of the log, end. */
MUST_CHECK enum err_code verify_bound_begin(struct verifying *v, struct err *e);
MUST_CHECK enum err_code verify_bound_submission(struct verifying *v, int64_t seq,
                                                 const struct buf *remark, struct err *e);
MUST_CHECK enum err_code verify_bound_end(struct verifying *v, struct err *e);
/** NULL is fine. */
void verify_bound_free(struct verify_bound *b);
/** Rulings, layers with their spatial indexes and extents, what else is made from revisions. */
MUST_CHECK enum err_code verify_layers(struct verifying *v, struct err *e);
/** Identities of imported rows, from what verify_log read. */
MUST_CHECK enum err_code verify_row_keys(struct verifying *v, struct err *e);
void verify_keys_done(struct verifying *v);

#endif
