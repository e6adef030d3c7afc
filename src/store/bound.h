/* Private to store: rows that are no leaves of the log and are bound to it (docs/FORMATS.md, "Kept
 * rows"). Each submission names in its remark, whose digest its manifest holds, a digest of the
 * rows that were kept with it: quarantine, how rows were settled, originals, forms, times. */
#ifndef STORE_BOUND_H
#define STORE_BOUND_H

#include "store/handle.h"

enum bound_table {
	BOUND_AUTHOR,
	BOUND_CHECKPOINT,
	BOUND_FALLOW_META,
	BOUND_FORM_VERSION,
	BOUND_KIND,
	BOUND_ORIGINAL,
	BOUND_QUARANTINE,
	BOUND_QUARANTINE_END,
	BOUND_SUBMISSION,
	BOUND_TABLES
};

/** The table's name, as it stands in the remark. */
const char *bound_name(enum bound_table t);
/** Its columns from the table, without a WHERE: SELECT ... FROM ... */
const char *bound_select(enum bound_table t);

/* Hashes of lines, one a row. */
struct bound_set {
	uint8_t (*line)[32];
	size_t count, room;
};
struct bound {
	struct bound_set set[BOUND_TABLES];
};

void bound_done(struct bound *k);
/** Forget the rows, keep the room. */
void bound_reset(struct bound *k);
/** The line of a row: canonical JSON array of the table's name and the columns; blobs in hex. */
void bound_line(enum bound_table t, sqlite3_stmt *row, struct buf *out);
/** Add the row that a statement stands at. */
MUST_CHECK enum err_code bound_add(struct bound *k, enum bound_table t, sqlite3_stmt *row,
                                   struct err *e);
/** SHA-256 over the sorted hashes of a table's lines, as 43 characters of base64url; "" when there
 * are none. out: 44 bytes. */
void bound_digest(struct bound_set *s, char out[44]);
/** The canonical JSON object of all digests: {"author":"...", ...}. */
void bound_write(struct bound *k, struct buf *out);
/** Add every row that a condition (" WHERE ... ?1 ..."; NULL = all) selects. */
MUST_CHECK enum err_code bound_add_where(struct store *st, struct bound *k, enum bound_table t,
                                         const char *where, int64_t bound, struct err *e);
/** Everything that was kept before submission seq: see FORMATS.md. */
MUST_CHECK enum err_code bound_add_before(struct store *st, struct bound *k, int64_t seq,
                                          struct err *e);
/** The row of an author's key; the time of receipt of a submission whose row is not written yet. */
MUST_CHECK enum err_code bound_add_author(struct store *st, struct bound *k, const uint8_t hash[32],
                                          struct err *e);
MUST_CHECK enum err_code bound_add_received(struct bound *k, int64_t seq, int64_t received_us,
                                            struct err *e);
/** Does the remark of submission seq (-1: none) name what was kept with it? */
MUST_CHECK enum err_code bound_is_named(struct store *st, int64_t seq, bool *ret, struct err *e);

/** A row was written in the open submission: note it. Nothing when none is open. */
MUST_CHECK enum err_code submit_note_bound(struct store *st, enum bound_table t, sqlite3_stmt *row,
                                           struct err *e);
/** The same for the row that a condition with one number selects, or with a hash. */
MUST_CHECK enum err_code bound_note(struct store *st, enum bound_table t, const char *where,
                                    int64_t number, struct err *e);
MUST_CHECK enum err_code bound_note_original(struct store *st, const uint8_t sha[32],
                                             struct err *e);

#endif
