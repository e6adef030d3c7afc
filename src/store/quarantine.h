/* Quarantine: rows of foreign files that could not be taken in, as they came, with the reason. A
 * row stays here for ever; what became of it (a record, or a dismissal with its reason) is added.
 * Durable. One thread at a time. */
#ifndef STORE_QUARANTINE_H
#define STORE_QUARANTINE_H

#include "base/arena.h"
#include "store/store.h"

struct quarantine_row {
	int64_t qid; /* given by the register */
	int kind;
	struct uuid source;  /* the source record of the import */
	int64_t row;         /* in the file, 1 = first */
	uint8_t row_key[32]; /* what makes the same row known again */
	const char *checks;  /* codes with blanks between, the refusing one first */
	const char *reason;  /* a sentence */
	const char
		*original;  /* JSON object: the file's columns, "geometry" as GeoJSON or hex WKB */
	const char *mapped; /* JSON object: what the mapping made of it; NULL = it made nothing */
	const char *place;  /* the place it names, NULL = none */
	/* read only */
	int64_t submission, received_us;
	int64_t end_submission; /* -1 = it waits */
	bool has_record;
	struct uuid record;     /* what it became */
	const char *end_reason; /* NULL = it waits */
};

struct quarantine;

/** Statements for many rows. */
MUST_CHECK enum err_code quarantine_open(struct store *st, struct quarantine **ret, struct err *e);
void quarantine_close(struct quarantine *q);
/** True if the register ever quarantined a row. */
MUST_CHECK enum err_code quarantine_any(struct store *st, bool *ret, struct err *e);
/** Keep one row. Inside a submission that holds a revision too (an import's source record).
 * *ret_qid may be NULL. */
MUST_CHECK enum err_code quarantine_put(struct quarantine *q, const struct quarantine_row *row,
                                        int64_t *ret_qid, struct err *e);
/** Is a row with that key here? *ret_qid 0 = no; *ret_ended: it was taken in or dismissed since. */
MUST_CHECK enum err_code quarantine_find(struct quarantine *q, const uint8_t row_key[32],
                                         int64_t *ret_qid, bool *ret_ended, struct err *e);
/** One row by number, its texts in mem. ERR_NOTFOUND. */
MUST_CHECK enum err_code quarantine_get(struct store *st, int64_t qid, struct arena *mem,
                                        struct quarantine_row *ret, struct err *e);
/** Say what became of a row: record NULL = dismissed. Inside a submission. ERR_CONFLICT if that was
 * said already. */
MUST_CHECK enum err_code quarantine_end(struct quarantine *q, int64_t qid,
                                        const struct uuid *record, const char *reason,
                                        struct err *e);

/** One row; its texts live until the call returns. A code other than ERR_OK stops the walk. */
typedef enum err_code quarantine_fn(void *ctx, const struct quarantine_row *row, struct err *e);
/** Walk by number: one kind (-1 = all), those that wait, or with `ended` all. */
MUST_CHECK enum err_code quarantine_each(struct store *st, int kind, bool ended, quarantine_fn *fn,
                                         void *ctx, struct err *e);
/**
 * How many rows of a kind waited when the log had known_size submissions (INT64_MAX = now), by the
 * place they name;
 * "" = none named. In the order of the names.
 */
MUST_CHECK enum err_code quarantine_waiting(struct store *st, int kind, int64_t known_size,
                                            enum err_code (*fn)(void *ctx, const char *place,
                                                                int64_t count, struct err *e),
                                            void *ctx, struct err *e);

#endif
