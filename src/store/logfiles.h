/* The log as a tlog-tiles folder. */
#ifndef STORE_LOGFILES_H
#define STORE_LOGFILES_H

#include "store/store.h"

/**
 * Write dir/checkpoint, dir/tile/..., dir/log.vkey for the newest checkpoint. ERR_NOTFOUND when
 * nothing was submitted yet; ERR_CONFLICT when dir holds another log.
 */
MUST_CHECK enum err_code logfiles_export(struct store *st, const char *dir, int64_t *ret_size,
                                         struct err *e);

#endif
