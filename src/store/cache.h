/* Answers kept by question and checkpoint. A cached answer has the same bytes as a fresh one. */
#ifndef STORE_CACHE_H
#define STORE_CACHE_H

#include <stdbool.h>

#include "base/buf.h"
#include "store/store.h"

/** Append the kept answer to out; *ret_hit false when there is none for this log size and root. */
MUST_CHECK enum err_code cache_get(struct store *st, const char *question, struct buf *out,
                                   bool *ret_hit, struct err *e);
/** Keep an answer (replaces an older one). Opens a short write of its own; a read-only register is
 * left alone. */
MUST_CHECK enum err_code cache_put(struct store *st, const char *question, const struct buf *answer,
                                   struct err *e);

#endif
