/* Quarantined rows, corrected, through the same pipeline again; or dismissed with a reason. What
 * became of each is added to the quarantine, with an event in the log. */
#ifndef INGEST_RETRY_H
#define INGEST_RETRY_H

#include "base/pool.h"
#include "ingest/take.h"

#define RETRY_ID "quarantine_id" /* the column of a file that says which row it is */
#define RETRY_MOST_COLUMNS 600

struct retry_options {
	const int64_t *qid; /* rows to retry; with none: those of `from`, else all that wait */
	size_t qids;
	const char *from; /* a file as retry_export writes it (CSV or JSON), with corrected values;
	                     or NULL */
	const char *const *set; /* "field=value" for every row retried; an empty value clears */
	size_t sets;
	const char *author;
	struct pool *pool;
};

struct retry_result {
	int64_t retried, accepted, flagged, present,
		waiting; /* retried = the sum of the other four */
	int64_t check[CHECK_COUNT];
	int64_t why_qid; /* the last refused edit of a work copy that waits on, 0 = none ... */
	struct err why;  /* ... and why */
};

/**
 * Try again. A row that is good now becomes a record of its import; one that was taken in meanwhile
 * is settled as present; the others wait on, nothing is lost. ERR_NOTFOUND (no such row, or it does
 * not wait), ERR_INVALID (a column the form does not have, a broken file).
 */
MUST_CHECK enum err_code retry_run(struct store *st, const struct retry_options *o,
                                   struct retry_result *ret, struct err *e);
/** Dismiss a row that waits. reason must not be empty. ERR_NOTFOUND, ERR_CONFLICT, ERR_INVALID. */
MUST_CHECK enum err_code retry_dismiss(struct store *st, int64_t qid, const char *reason,
                                       const char *author, struct err *e);

enum retry_format {
	RETRY_CSV,
	RETRY_JSON
};

/** Append the rows that wait (kind -1 = all kinds; ended: also settled ones) for a person to look
 * at and correct. */
MUST_CHECK enum err_code retry_export(struct store *st, int kind, bool ended,
                                      enum retry_format format, struct buf *out, struct err *e);

#endif
