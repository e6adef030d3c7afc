/* Private to store: the typed layers, GeoPackage tables of what is shown now. Rebuildable. */
#ifndef STORE_LAYER_H
#define STORE_LAYER_H

#include "store/handle.h"
#include "store/rtree.h"
#include "store/shown.h"

/** Make the table of a kind with index, triggers and style; or add columns for fields that are new.
 */
MUST_CHECK enum err_code layer_ensure(struct store *st, int kind, struct err *e);
/** Write one row, which is not there (layer_remove). In bulk the box goes to load and the index
 * triggers are off. */
MUST_CHECK enum err_code layer_put(struct store *st, const struct shown *row,
                                   struct rtree_load *load, struct err *e);
/** A statement for layer_compare of a kind's rows; finalize it after. */
MUST_CHECK enum err_code layer_compare_prepare(struct store *st, int kind, sqlite3_stmt **ret,
                                               struct err *e);
/** Compare the layer's row with what layer_put would write, column by column: the names of those
 * that differ are appended to names. *ret_there false when the layer has no such row. */
MUST_CHECK enum err_code layer_compare(struct store *st, const struct shown *row, sqlite3_stmt *q,
                                       struct buf *names, bool *ret_there, struct err *e);
/** Take a row out (nothing of the record is in play). */
MUST_CHECK enum err_code layer_remove(struct store *st, int kind, int64_t fid, struct err *e);
/** Switch the index triggers of a layer off before bulk rows and on after. */
MUST_CHECK enum err_code layer_triggers(struct store *st, int kind, bool on, struct err *e);
/** Refresh extent and time of change in gpkg_contents. */
MUST_CHECK enum err_code layer_touch(struct store *st, int kind, struct err *e);
/** Remember the latest date of information among a layer's revisions. */
MUST_CHECK enum err_code layer_latest(struct store *st, int kind, int64_t valid_from_days,
                                      struct err *e);
/** Empty every layer (rebuild). */
MUST_CHECK enum err_code layer_clear(struct store *st, int kind, struct err *e);

#endif
