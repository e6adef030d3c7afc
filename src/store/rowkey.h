/* Identity of imported rows: which record a row of a foreign file became, and what was taken in
 * last. Written by submit_add from submit_revision.row_key; read here. A reader serves one thread.
 */
#ifndef STORE_ROWKEY_H
#define STORE_ROWKEY_H

#include "store/store.h"

struct rowkey_reader;

struct rowkey {
	int64_t fid; /* the record's number */
	int kind;    /* of the store's kinds, -1 if it is none */
	struct uuid id;
	uint8_t content[32]; /* hash of what was taken in last */
};

/** Statements for many look-ups. ERR_IO, ERR_NOMEM. */
MUST_CHECK enum err_code rowkey_open(struct store *st, struct rowkey_reader **ret, struct err *e);
void rowkey_close(struct rowkey_reader *r);
/** True if any row was ever imported into this register. */
MUST_CHECK enum err_code rowkey_any(struct store *st, bool *ret, struct err *e);
/** Look a key up; *ret_found is false, and *ret untouched, if no row had it. */
MUST_CHECK enum err_code rowkey_find(struct rowkey_reader *r, const uint8_t key[32],
                                     bool *ret_found, struct rowkey *ret, struct err *e);
/**
 * Leaf hash of the newest revision of a record: what a correction names as its parent; and the
 * source record it was imported from (all zero if it was not). ERR_NOTFOUND.
 */
MUST_CHECK enum err_code rowkey_newest(struct rowkey_reader *r, struct uuid id,
                                       uint8_t ret_leaf[32], struct uuid *ret_source,
                                       struct err *e);
/** The latest date of information of a record's revisions, in days since 1970. ERR_IO. */
MUST_CHECK enum err_code rowkey_latest(struct rowkey_reader *r, struct uuid id, int64_t *ret_days,
                                       struct err *e);
/** Number of revisions in the register. */
MUST_CHECK enum err_code rowkey_revisions(struct store *st, int64_t *ret, struct err *e);
/** Keep a note about two records that were compared (rebuildable; counted, never in the way).
 * Inside a submission. */
MUST_CHECK enum err_code rowkey_note(struct rowkey_reader *r, int64_t rid, const char *check,
                                     int64_t other, const char *detail, struct err *e);

#endif
