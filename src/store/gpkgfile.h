/* A new GeoPackage that is not a register: what is given out. Layers are written one after another,
 * rows in the order given; a file that was not finished is removed. The same rows at the same time
 * (FALLOW_NOW) give the same bytes. One thread. */
#ifndef STORE_GPKGFILE_H
#define STORE_GPKGFILE_H

#include "geo/geom.h"
#include "store/record.h"

struct gpkgfile;

struct gpkgfile_column {
	const char *name;     /* [a-z][a-z0-9_]*; not "fid", not "geometry" */
	enum store_type type; /* JSON counts as text */
	bool date;            /* text that is a full date, "YYYY-MM-DD" */
};

/** Start path (it must not exist). metadata: text about the whole, UTF-8. ERR_CONFLICT, ERR_IO. */
MUST_CHECK enum err_code gpkgfile_create(const char *path, const char *metadata,
                                         struct gpkgfile **ret, struct err *e);
/**
 * The same for a work copy: each layer must have the columns record_id and base, and writes what is
 * edited in it into the table fallow_outbox, by triggers in plain SQL; layers whose name begins
 * with "fallow_" cannot be edited.
 */
MUST_CHECK enum err_code gpkgfile_create_work(const char *path, const char *metadata,
                                              struct gpkgfile **ret, struct err *e);
/**
 * Start a layer; the one before is finished. style: kind whose style it is drawn with, NULL = none.
 * Columns must stay until the next layer or gpkgfile_finish.
 */
MUST_CHECK enum err_code gpkgfile_layer(struct gpkgfile *g, const char *name, bool geometry,
                                        const char *style, const struct gpkgfile_column *column,
                                        size_t count, struct err *e);
/** One row: a value per column, and the geometry (NULL = none). Rows are numbered from 1. */
MUST_CHECK enum err_code gpkgfile_row(struct gpkgfile *g, const struct geom *geometry,
                                      const struct store_value *value, struct err *e);
/** Finish the last layer, sync and close; the file is then complete. */
MUST_CHECK enum err_code gpkgfile_finish(struct gpkgfile *g, struct err *e);
/** Free; a file that was not finished is removed. NULL is fine. */
void gpkgfile_free(struct gpkgfile *g);

#endif
