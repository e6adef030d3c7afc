/* Revisions of a record, read back; and the shown state at any past moment. */
#ifndef STORE_HISTORY_H
#define STORE_HISTORY_H

#include "store/shown.h"
#include "store/store.h"

struct history_revision {
	struct shown_revision rev; /* fields by the form in force; identity fields absent */
	int64_t received_us;
	int form_version;
	const char *fields_json; /* canonical, without identity fields */
	bool erased;             /* something was erased from it */
	bool has_identity;
};

/** The number (fid) and kind of a record by id; ERR_NOTFOUND. */
MUST_CHECK enum err_code history_find(struct store *st, struct uuid id, int *ret_kind,
                                      int64_t *ret_fid, struct err *e);
/** All revisions of a record of whatever kind in the order received, in mem, as known at submission
 * `before` (exclusive; INT64_MAX = now). */
MUST_CHECK enum err_code history_load(struct store *st, struct uuid id, int64_t before,
                                      struct arena *mem, struct history_revision **ret,
                                      size_t *ret_count, struct err *e);
/* Which record, and at which moment of both clocks; INT64_MAX = now. */
struct history_ask {
	int kind;
	struct uuid id;
	int64_t as_of_days; /* the day that is asked about */
	int64_t before;     /* as known at this submission (exclusive) */
};
/** Shown state of one record, in mem; *ret_any false if nothing is in play. */
MUST_CHECK enum err_code history_shown(struct store *st, const struct history_ask *ask,
                                       struct arena *mem, struct shown *ret, bool *ret_any,
                                       struct err *e);
/* A record and its revisions, as history_load gives them. */
struct history {
	int kind;
	struct uuid id;
	const struct history_revision *rev;
	size_t count;
};
/** The same from revisions that were loaded. */
MUST_CHECK enum err_code history_join(struct store *st, const struct history *h, int64_t as_of_days,
                                      struct arena *mem, struct shown *ret, bool *ret_any,
                                      struct err *e);
/** Has the record a revision, of whatever day and ruling, without an outline? Reads no geometry. */
MUST_CHECK enum err_code history_any_thin(struct store *st, struct uuid id, bool *ret,
                                          struct err *e);
/** Recompute the layer row of a record. Inside a submission. */
MUST_CHECK enum err_code history_refresh(struct store *st, int kind, int64_t fid, struct err *e);
/** Number of submissions received by that time (for --known-at). */
MUST_CHECK enum err_code history_size_at(struct store *st, int64_t at_utc_us, int64_t *ret_size,
                                         struct err *e);
/** Open the sealed identity values of a revision into f. ERR_UNKNOWN when the seal cannot be opened
 * here. */
MUST_CHECK enum err_code history_open_identity(struct store *st, struct uuid id, int64_t rid,
                                               struct arena *mem, struct store_fields *f,
                                               struct err *e);
/** Records of one kind that have a revision in a submission, in mem, in the order of the
 * submission. */
MUST_CHECK enum err_code history_submission_records(struct store *st, int64_t seq, int kind,
                                                    struct arena *mem, struct uuid **ret,
                                                    size_t *ret_count, struct err *e);
/** Who and when of one submission. */
struct history_submission {
	int64_t seq, received_us, claimed_s, statements;
	char author_hash[65], leaf_hash[65];
	const char *author, *remark; /* "" when the seal cannot be opened here */
	const char *run;             /* NULL = none */
};
MUST_CHECK enum err_code history_submission(struct store *st, int64_t seq, struct arena *mem,
                                            struct history_submission *ret, struct err *e);

/* An original file as the register notes it. */
struct original_note {
	const char *name; /* as it was called where it came from; foreign text */
	int64_t size;
};
/** The note of an original by its SHA-256 in hex (64 digits), in mem. ERR_NOTFOUND. */
MUST_CHECK enum err_code original_find(struct store *st, const char *sha256, struct arena *mem,
                                       struct original_note *ret, struct err *e);

#endif
