/* Work copies: a GeoPackage of a register's records to edit in QGIS or with GDAL (rollback journal,
 * triggers in plain SQL). Written here, handed in with ingest/handin.h. docs/FORMATS.md, "Work
 * copies", has the tables. */
#ifndef INGEST_WORKCOPY_H
#define INGEST_WORKCOPY_H

#include "store/store.h"

struct form_field;

#define WORKCOPY_BASE "fallow_base"  /* layer, row, record_id, base: what was handed out */
#define WORKCOPY_ABOUT "fallow_work" /* name, value */

struct workcopy_result {
	char id[UUID_TEXT]; /* of the work copy */
	int64_t records, layers;
};

/** What makes a row that was drawn in a work copy known again: the copy, its layer, its fid. */
void workcopy_row_key(const char *work, const char *kind, int64_t row, uint8_t key[32]);
/** True for fields that are columns of a work copy; never those of persons. */
bool workcopy_holds(const struct form_field *f);
/**
 * Write the records shown, each as its newest revision says it, of the kinds named
 * (NULL-terminated; NULL = all that can be handed in). path must not exist. Positions are exact:
 * for the register's own people. ERR_INVALID (no such kind), ERR_CONFLICT, ERR_IO.
 */
MUST_CHECK enum err_code workcopy_write(struct store *st, const char *path,
                                        const char *const *kinds, struct workcopy_result *ret,
                                        struct err *e);

#endif
