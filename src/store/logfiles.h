/* The log as a tlog-tiles folder. */
#ifndef STORE_LOGFILES_H
#define STORE_LOGFILES_H

#include "base/buf.h"
#include "log/tile.h"
#include "store/store.h"

/**
 * Write dir/checkpoint, dir/tile/..., dir/log.vkey for the newest checkpoint. ERR_NOTFOUND when
 * nothing was submitted yet; ERR_CONFLICT when dir holds another log.
 */
MUST_CHECK enum err_code logfiles_export(struct store *st, const char *dir, int64_t *ret_size,
                                         struct err *e);
/** Append one tile or bundle of the log as the newest checkpoint signs it: the same bytes as in the
 * folder. ERR_NOTFOUND when that log has no such tile. */
MUST_CHECK enum err_code logfiles_tile(struct store *st, struct tile t, struct buf *out,
                                       struct err *e);

#endif
