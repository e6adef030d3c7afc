/* `fallow check`: does everything in the register still say what was acknowledged? */
#ifndef STORE_VERIFY_H
#define STORE_VERIFY_H

#include "base/pool.h"
#include "store/store.h"

struct verify_report {
	int64_t submissions, revisions, originals, layer_rows;
	int64_t bad, cannot_tell;
	void (*tell)(void *ctx,
	             const char *sentence); /* each thing that is wrong or cannot be told */
	void (*progress)(void *ctx, const char *doing, int64_t done,
	                 int64_t total); /* may be NULL */
	void *ctx;
};

/**
 * SQLite's integrity check, foreign keys, every statement, root, manifest and signature, every
 * checkpoint, every original file's hash, the spatial indexes, and every layer row against the
 * revisions. What is wrong is told and counted; an error is returned only when the check itself
 * could not go on.
 */
MUST_CHECK enum err_code store_verify(struct store *st, struct pool *pool,
                                      struct verify_report *report, struct err *e);

#endif
