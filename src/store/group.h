/* Group commit: many small submissions, each with its own author, manifest, signature and leaf of
 * the log, made durable together: one transaction, one fsync, one audit by the second path, one
 * checkpoint.
 *
 *   group_begin -> (submit_begin ... submit_commit or submit_cancel) ... -> group_commit
 *
 * Inside a group submit_begin opens a member. A member that fails is undone alone; the others stay.
 * What submit_commit returns inside a group is NOT acknowledged: that is group_commit's word for
 * all members at once. A member sees what those before it wrote. */
#ifndef STORE_GROUP_H
#define STORE_GROUP_H

#include "base/pool.h"
#include "store/store.h"

/** Start gathering on st; pool (may be NULL) helps with preparing and the audit. Writes nothing:
 * the transaction begins with the first member. ERR_NOMEM, ERR_INTERNAL (a group or a submission is
 * open). */
MUST_CHECK enum err_code group_begin(struct store *st, struct pool *pool, struct err *e);
/** Members committed so far. */
size_t group_members(const struct store *st);
/**
 * Acknowledge every member. On failure none of them is acknowledged, and what is in memory may
 * differ from the file: close the store; when it is opened again the file says which members are
 * in it. Ends the group either way.
 */
MUST_CHECK enum err_code group_commit(struct store *st, struct err *e);
/** Undo every member. Safe at any time. */
void group_cancel(struct store *st);

#endif
