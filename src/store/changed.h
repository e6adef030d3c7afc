/* Which records may show something else than they did when the log was shorter: what an index that
 * was built then has to look at again. */
#ifndef STORE_CHANGED_H
#define STORE_CHANGED_H

#include "store/store.h"

struct changed {
	int64_t *fid; /* numbers of the records, ascending */
	struct uuid *id;
	size_t count;
	bool many; /* there are more than was asked for; the list is empty */
};

/**
 * The records of a kind that have a revision, a ruling or an erasure at or after the submission
 * `since`, at most `most`; in mem. ERR_NOMEM, ERR_IO.
 */
MUST_CHECK enum err_code store_changed(struct store *st, int kind, int64_t since, size_t most,
                                       struct arena *mem, struct changed *ret, struct err *e);

#endif
