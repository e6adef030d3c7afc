/* Bringing a register of an older schema to this program's. */
#ifndef STORE_UPGRADE_H
#define STORE_UPGRADE_H

#include "store/store.h"

/**
 * Run the migrations sql/schema/NNNN_*.sql that come after the register's schema, in one
 * transaction; durable rows stay as they are. *ret_from and *ret_to are equal when there is nothing
 * to do. ERR_UNSUPPORTED for a schema of the future, ERR_INVALID (no register), ERR_IO.
 */
MUST_CHECK enum err_code store_upgrade(const char *path, int *ret_from, int *ret_to, struct err *e);

#endif
