/* Import: a foreign file into the register, from the sandboxed reader to acknowledged submissions.
 */
#ifndef INGEST_IMPORT_H
#define INGEST_IMPORT_H

#include "base/buf.h"
#include "base/pool.h"
#include "ingest/take.h"

struct import_options {
	const char *path, *kind;
	const char *layer, *encoding; /* or NULL */
	const char *mapping;          /* SQL text; NULL = guess one */
	bool dry_run;
	const char *const *key;      /* fields, NULL-terminated; or NULL */
	const char *crs, *operation; /* or NULL */
	const char *source_date;     /* "YYYY-MM-DD", date of information of the file, or NULL */
	const char *message;         /* or NULL */
	const char *author, *approved_by;
	struct pool *pool;
	const char *const *limits; /* for the reader: "KEY=VALUE", NULL-terminated; or NULL */
	int64_t group;             /* revisions between acknowledgements, 0 = as take.h says */
	void (*progress)(void *ctx, int64_t rows,
	                 int64_t total); /* total -1 = not known; may be NULL */
	void *progress_ctx;
	void (*remark)(void *ctx, const char *sentence); /* what the reader warns of; may be NULL */
};

struct import_result {
	struct take_counts counts;
	char layer[200], driver[60];
};

/**
 * Import, or with dry_run tell what it would do. mapping gets the SQL that was used, guessed or
 * given; it is there on failure too if it was reached. read = accepted + flagged + quarantined +
 * present always holds. ERR_INVALID (mapping, key, kind), and all of source_open. What was
 * acknowledged before a failure stays.
 */
MUST_CHECK enum err_code import_run(struct store *st, const struct import_options *o,
                                    struct buf *mapping, struct import_result *ret, struct err *e);

#endif
