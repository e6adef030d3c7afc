/* Which records may show something else than they did when the log was shorter: what an index that
 * was built then has to look at again. */
#ifndef STORE_CHANGED_H
#define STORE_CHANGED_H

#include "store/store.h"

/**
 * The numbers (fid, ascending, in mem) of the records of a kind that have a revision, a ruling or
 * an erasure at or after the submission `since`. *ret_many, and no list: more than `most`.
 * ERR_NOMEM, ERR_IO.
 */
MUST_CHECK enum err_code store_changed(struct store *st, int kind, int64_t since, size_t most,
                                       struct arena *mem, int64_t **ret, size_t *ret_count,
                                       bool *ret_many, struct err *e);

#endif
