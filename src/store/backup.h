/* Backup of a live register by SQLite's online backup; never a copy of the file. */
#ifndef STORE_BACKUP_H
#define STORE_BACKUP_H

#include "store/store.h"

/**
 * Copy the register and its originals to a new file OUT (and OUT's .files), check the copy
 * (integrity, log root), make it durable, then give it its name. ERR_CONFLICT if OUT is there. Keys
 * are not in it.
 */
MUST_CHECK enum err_code store_backup(struct store *st, const char *out, int64_t *ret_originals,
                                      struct err *e);

#endif
