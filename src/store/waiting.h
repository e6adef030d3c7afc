/* What waits for a decision: submissions with revisions nobody ruled about, newest first. The
 * present only. */
#ifndef STORE_WAITING_H
#define STORE_WAITING_H

#include "store/history.h"

enum {
	WAITING_KINDS = 32,   /* of one submission; no register has more */
	WAITING_LOOKED = 5000 /* submissions looked at by one call */
};

struct waiting_submission {
	int64_t seq, revisions, waiting;
	struct {
		int kind;
		int64_t revisions; /* of the first 2,000 of the submission */
	} kind[WAITING_KINDS];
	size_t kinds;
};
typedef enum err_code waiting_fn(void *ctx, const struct waiting_submission *s, struct err *e);

/**
 * Walk over submissions before an index of the log (INT64_MAX = from the newest) of which something
 * waits; those of decisions and events only are passed over. Ends after WAITING_LOOKED; *ret_next
 * is then where to go on, else -1. A code other than ERR_OK stops the walk.
 */
MUST_CHECK enum err_code waiting_each(struct store *st, int64_t before, waiting_fn *fn, void *ctx,
                                      int64_t *ret_next, struct err *e);

struct waiting_record {
	struct uuid id;
	int kind;
	int64_t rid; /* of the revision that waits */
	uint8_t leaf[32];
};
/** The first revisions of a submission that wait, at most `most`, into list. */
MUST_CHECK enum err_code waiting_records(struct store *st, int64_t seq, struct waiting_record *list,
                                         size_t most, size_t *ret_count, struct err *e);
/** The submission whose decision rules about a revision; -1 = none. */
MUST_CHECK enum err_code waiting_ruled_by(struct store *st, int64_t rid, int64_t submission,
                                          int64_t *ret_by, struct err *e);

/** How many records of a kind show nothing because all that was said of them up to a day, as known
 * when the log had known_size submissions (INT64_MAX = now), was returned by an approver. */
MUST_CHECK enum err_code waiting_returned(struct store *st, int kind, int64_t as_of_days,
                                          int64_t known_size, int64_t *ret_count, struct err *e);

#endif
