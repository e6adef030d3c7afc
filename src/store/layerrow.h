/* Private to store: rows of a typed layer as shown records. Which columns are read is decided once;
 * the statement is the caller's. */
#ifndef STORE_LAYERROW_H
#define STORE_LAYERROW_H

#include "store/handle.h"
#include "store/shown.h"

struct layerrow {
	struct store *st;
	int kind;
	int *column;  /* by field of the form: its column in the statement, -1 = not read */
	int geometry; /* column of the geometry, -1 = not read */
};

/** Choose the columns of the fields named in want (NULL-terminated; NULL = all). ERR_NOMEM. */
MUST_CHECK enum err_code layerrow_init(struct store *st, int kind, const char *const *want,
                                       struct layerrow *ret, struct err *e);
/** Safe on a zeroed struct. */
void layerrow_done(struct layerrow *l);
/** Append "SELECT columns FROM layer". */
void layerrow_select(const struct layerrow *l, struct buf *b);
/**
 * Read the row the statement stands on, without its geometry. Texts belong to the statement until
 * its next step; the rest lives in mem. ERR_VERIFY, ERR_NOMEM.
 */
MUST_CHECK enum err_code layerrow_read(const struct layerrow *l, sqlite3_stmt *q, struct arena *mem,
                                       struct shown *row, struct err *e);
/** Read its geometry into row->fields.geom, in mem; stays NULL where there is none. */
MUST_CHECK enum err_code layerrow_geometry(const struct layerrow *l, sqlite3_stmt *q,
                                           struct arena *mem, struct shown *row, struct err *e);

#endif
