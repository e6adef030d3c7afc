/* Private to store: the frame of a register, which is what the program makes by itself: tables,
 * triggers, indexes, the GeoPackage's own rows, styles. It is made anew in memory from the schema
 * and the register's forms and compared, so that nothing of it can be changed unseen. */
#ifndef STORE_FRAME_H
#define STORE_FRAME_H

#include "store/handle.h"

/** One thing that is not as the program makes it. */
typedef void frame_tell(void *ctx, const char *sentence);

/** Compare. Each difference is told; an error only when the comparison could not be made. */
MUST_CHECK enum err_code frame_compare(struct store *st, frame_tell *tell, void *ctx,
                                       struct err *e);
/** Put back triggers, indexes, the GeoPackage's own rows and styles as the program makes them, and
 * take out triggers and views that it did not make. Tables of others are left. Inside a
 * transaction with the guard open. */
MUST_CHECK enum err_code frame_restore(struct store *st, struct err *e);

#endif
