/* Submissions in: the one way anything enters a register.
 *
 *   submit_begin -> submit_add ... -> submit_commit        (or submit_cancel)
 *
 * submit_commit acknowledges: when it returns ERR_OK the revisions are on disk, were read back and
 * recomputed by a second path, and a signed checkpoint covers them. More than 50,000 revisions
 * become a run of submissions that share a run id. Nothing that was not acknowledged is shown to
 * anybody. */
#ifndef STORE_SUBMIT_H
#define STORE_SUBMIT_H

#include <stdbool.h>

#include "base/pool.h"
#include "store/record.h"
#include "store/shown.h"

struct submit_about {
	const char *author;      /* name of who submits; "" = unknown */
	const char *remark;      /* free text */
	const char *approved_by; /* name of who approved the source's content beforehand, or NULL */
	bool bulk;               /* many new records: indexes are packed at commit */
	struct pool *pool;       /* workers for preparing; NULL = none */
};

/* One revision to take in. */
struct submit_revision {
	int kind;
	struct uuid id;
	int64_t fid; /* 0 = a new record; else the record's number (store_record_fid) */
	const uint8_t (*parents)[32]; /* leaf hashes of the revisions it follows */
	size_t parent_count;
	struct store_fields fields; /* valid_from must be set */
	bool outline_valid;     /* the caller has checked the geometry already and found it valid */
	const uint8_t *row_key; /* 32 bytes, identity of the imported row; NULL = none */
	const uint8_t *row_content; /* 32 bytes, hash of what was taken in */
};

struct submit_result {
	int64_t first_seq, submissions; /* log indexes of what was acknowledged */
	int64_t revisions;
	int64_t first_rid;
};

/** Start. Takes the write lock; ERR_DENIED without keys, ERR_IO when another writer holds on. */
MUST_CHECK enum err_code submit_begin(struct store *st, const struct submit_about *about,
                                      struct err *e);
/** Prepare (in parallel) and insert n revisions in their order. ret_rid (may be NULL) gets n rids.
 */
MUST_CHECK enum err_code submit_add(struct store *st, const struct submit_revision *rev, size_t n,
                                    int64_t *ret_rid, struct err *e);
/** Number of the submission that submit_add is filling (log index). */
int64_t submit_current(const struct store *st);
/** Acknowledge everything added. Keep an original file first: store_keep_original. */
MUST_CHECK enum err_code submit_commit(struct store *st, struct submit_result *ret, struct err *e);
/** Undo what was added since submit_begin. Safe at any time. */
void submit_cancel(struct store *st);
/** Acknowledge what was added and go on in a new transaction with the same about (long imports). */
MUST_CHECK enum err_code submit_continue(struct store *st, struct submit_result *ret,
                                         struct err *e);

/** A fresh record id. */
MUST_CHECK enum err_code submit_new_id(struct uuid *ret, struct err *e);
/**
 * Copy a file into NAME.files durably and note it in the open submission. ret_sha256_hex: 65 bytes.
 */
MUST_CHECK enum err_code submit_keep_original(struct store *st, const char *path,
                                              char *ret_sha256_hex, struct err *e);
/** The same for n bytes in memory; name: what the file was called. */
MUST_CHECK enum err_code submit_keep_bytes(struct store *st, const void *p, size_t n,
                                           const char *name, char *ret_sha256_hex, struct err *e);

#endif
