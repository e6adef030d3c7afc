/* A work copy handed back in: what was edited becomes revisions that wait for approval, whose
 * parent is the revision the copy was made from; a newer one stays beside it. A row that was
 * deleted closes nothing: it becomes an event that proposes so. The file is as foreign as any
 * other: it is read by the sandboxed reader, and every row goes through the checks of an import. */
#ifndef INGEST_HANDIN_H
#define INGEST_HANDIN_H

#include "ingest/rowcheck.h"
#include "store/store.h"

#define HANDIN_LISTED 20

struct handin_options {
	const char *path, *author;
	const char *message; /* or NULL */
	bool dry_run;
	void (*progress)(void *ctx, int64_t rows, int64_t total); /* may be NULL */
	void (*remark)(void *ctx, const char *sentence);          /* may be NULL */
	void *ctx;
};

struct handin_ids {
	int64_t count;
	struct uuid id[HANDIN_LISTED]; /* the first of them */
};

/* read = accepted + flagged + quarantined + present. */
struct handin_result {
	int64_t read, accepted, flagged, quarantined, present;
	int64_t unchanged; /* of those present: as they were handed out */
	struct handin_ids edited, added;
	struct handin_ids conflicts; /* edited from a revision that is not the newest any more */
	struct handin_ids deleted;   /* rows taken out: proposed, nothing is closed */
	int64_t reopened;
	int64_t check[CHECK_COUNT];
	int64_t submissions, first_seq;
	char source_id[UUID_TEXT]; /* "" = nothing was written */
	char work[UUID_TEXT];      /* of the work copy */
};

/**
 * Hand in. The same copy again adds nothing. ERR_INVALID (no work copy, or one of another
 * register), and all of source_open; then nothing was written.
 */
MUST_CHECK enum err_code handin_run(struct store *st, const struct handin_options *o,
                                    struct handin_result *ret, struct err *e);

#endif
