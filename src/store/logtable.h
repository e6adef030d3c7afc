/* Private to store: the log's tables, hashes of complete subtrees and checkpoints. */
#ifndef STORE_LOGTABLE_H
#define STORE_LOGTABLE_H

#include "store/handle.h"

/** merkle_get and merkle_put over the table log_hash; ctx is the struct store. */
enum err_code log_get_hash(void *ctx, unsigned level, uint64_t index, uint8_t ret_hash[32],
                           struct err *e);
enum err_code log_put_hash(void *ctx, unsigned level, uint64_t index, const uint8_t hash[32],
                           struct err *e);
/** Sign the root of the first size leaves, keep the checkpoint beside the log key and in the
 * register. */
MUST_CHECK enum err_code log_sign(struct store *st, int64_t size, const uint8_t root[32],
                                  struct err *e);
/** The newest checkpoint in the register: text in note (may be empty), its size. */
MUST_CHECK enum err_code log_newest(struct store *st, struct buf *note, int64_t *ret_size,
                                    struct err *e);
/**
 * Compare the register with the last checkpoint kept beside the log key. ERR_VERIFY if the register
 * is older or different. Sets st->warning when there is none.
 */
MUST_CHECK enum err_code log_check_local(struct store *st, struct err *e);

#endif
