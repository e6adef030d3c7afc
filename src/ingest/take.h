/* Made rows into the register: which are known already, which are new, which correct a record,
 * which go to quarantine. Every row is counted once. With dry_run nothing is written and the counts
 * are the same. The source record of the import is written with the first row that enters; an
 * import that adds nothing writes nothing. One thread; the pool helps with preparing. */
#ifndef INGEST_TAKE_H
#define INGEST_TAKE_H

#include "base/pool.h"
#include "ingest/rowmake.h"
#include "store/submit.h"

#define TAKE_GROUP 250000 /* revisions after which an import acknowledges what it has */
#define TAKE_MISSING_LISTED 20
#define TAKE_KEY_MARK                                                                              \
	" [key " /* in the remarks of a source record, then the key's fields and "]" */

struct take_about {
	struct store *st;
	int kind;
	const struct rowmake *maker;
	bool dry_run, keyed;
	struct submit_about submit; /* author, remark, approved_by, bulk, pool */
	const char *path;           /* the file, kept as an original; NULL = none (a retry) */
	const char *title;          /* of the source record */
	const char *source_date;    /* or NULL */
	const char *remark;         /* of the source record, or NULL */
	int64_t today_days;
	int64_t group; /* 0 = TAKE_GROUP, or a quarter of what the register holds */
	/* an existing source record: the rows come from the quarantine and settle theirs; or NULL
	 */
	const struct uuid *source;
};

struct take_counts {
	int64_t read, accepted, flagged, quarantined, present;
	int64_t revised;   /* of accepted and flagged: corrections of records that were there */
	bool not_compared; /* too many hazards to look for overlaps everywhere */
	int64_t reopened;  /* hazards that rows lie on and that are open again by that */
	int64_t check[CHECK_COUNT]; /* rows by finding; those present are not counted */
	int64_t missing;            /* keys of former editions that this one does not have */
	struct uuid missing_id[TAKE_MISSING_LISTED];
	int64_t first_seq, submissions;
	char source_id[UUID_TEXT]; /* "" = nothing was written */
	char sha256[65];
};

struct take;

MUST_CHECK enum err_code take_open(const struct take_about *about, struct take **ret,
                                   struct err *e);
/** Undo what was not acknowledged, and free. NULL is fine. */
void take_close(struct take *t);
/**
 * Take n rows in. original gives the JSON of row i as it came, in mem (asked only of rows that go
 * to quarantine). A row that could not be made has mapped = NULL, and its finding is set.
 */
MUST_CHECK enum err_code take_rows(struct take *t, struct rowmake_row *row, size_t n,
                                   const char *(*original)(void *ctx, size_t i, struct arena *mem),
                                   void *ctx, struct err *e);
/** List missing keys, acknowledge. The counts are complete then. */
MUST_CHECK enum err_code take_finish(struct take *t, struct err *e);
const struct take_counts *take_counts(const struct take *t);
/** Put a custody event of that type into the open submission. Texts may be NULL but type. */
MUST_CHECK enum err_code take_event(struct store *st, const char *type, const char *about,
                                    const char *by, const char *reason, struct err *e);

#endif
