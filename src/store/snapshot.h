/* A register that stays open in a server while others write to it: one state of it for as long as
 * an answer takes, and whether it changed since. */
#ifndef STORE_SNAPSHOT_H
#define STORE_SNAPSHOT_H

#include <stdbool.h>

#include "store/store.h"

/**
 * A number that is another one after any other connection or process changed the register. Means
 * something only beside an earlier number of the same handle; -1 when it cannot be read.
 */
int64_t store_data_version(struct store *st);

/**
 * From now on every query of this handle (read-only) sees the same state, the newest at the first
 * query, until store_snapshot_end. Short: while it lasts the write-ahead log cannot shrink.
 */
MUST_CHECK enum err_code store_snapshot_begin(struct store *st, struct err *e);
void store_snapshot_end(struct store *st);

/** Is a form in force that another process changed since this handle read the forms? */
bool store_forms_are_old(struct store *st);
/** Read the forms again. What pointed into the old ones (store_form) must be let go of first. */
MUST_CHECK enum err_code store_forms_reload(struct store *st, struct err *e);

/** Memory for pages of the file, in KiB (65536 when opened). */
MUST_CHECK enum err_code store_page_memory(struct store *st, int kib, struct err *e);

#endif
