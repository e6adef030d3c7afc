/* Making again everything that is not durable: rulings, layers with their indexes, identities of
 * imported rows. */
#ifndef STORE_REBUILD_H
#define STORE_REBUILD_H

#include "base/pool.h"
#include "store/store.h"

/** Called now and then with what is being made and how far it is. May be NULL. */
typedef void rebuild_progress(void *ctx, const char *doing, int64_t done, int64_t total);

/** In one transaction: afterwards the register shows exactly what its revisions say. */
MUST_CHECK enum err_code store_rebuild(struct store *st, rebuild_progress *progress, void *ctx,
                                       struct err *e);

/** Private to store: what all decisions say, in the order received, into ruling and
 * ruling_submission (or the temporary tables of these names). */
MUST_CHECK enum err_code rebuild_rulings(struct store *st, struct err *e);

#endif
