/* Answers kept by question and checkpoint. A cached answer has the same bytes as a fresh one: it is
 * sealed with the register key and bound to its question and checkpoint, so that nobody else can
 * put a figure there. Without the key nothing is kept and nothing found. */
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

/** Private to store: does a kept row open? out is emptied. question .. root are its columns. */
struct sqlite3_stmt;
MUST_CHECK enum err_code cache_open_row(struct store *st, struct sqlite3_stmt *row, struct buf *out,
                                        struct err *e);

#endif
