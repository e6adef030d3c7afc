/* A foreign file's rows, mapped, in batches: a thread of its own reads the source and runs the
 * mapping while the caller works on the batch before. Rows the mapping leaves out and rows that
 * could not be read come too, so that the numbers add up. One thread calls; memory is two batches.
 */
#ifndef INGEST_FEED_H
#define INGEST_FEED_H

#include "base/arena.h"
#include "base/err.h"
#include "ingest/source.h"
#include "store/mapping.h"

#define FEED_ROWS 2048u       /* of a batch */
#define FEED_BYTES (8u << 20) /* a batch is closed when it holds more */

struct feed_row {
	int64_t number; /* in the source, 1 = first */
	const struct mapping_value
		*mapped; /* by column of the mapping; NULL = left out, or not readable */
	const struct mapping_value *source; /* by column of the file; NULL = not readable */
	const uint8_t *wkb;                 /* the file's geometry, or NULL */
	size_t wkb_n;
	const char *bad_reason; /* not NULL: the reader could not read the row */
	const char *bad_original;
};

struct feed_batch {
	size_t count;
	struct feed_row *row;
	struct arena mem; /* holds the rows' values */
	size_t room;      /* private */
};

struct feed;

/**
 * Start. source must stay and belongs to the feed's thread until feed_close; first: a batch taken
 * from it already (NULL = none). ERR_INVALID when the mapping is not allowed or names what is not
 * there.
 */
MUST_CHECK enum err_code feed_open(struct source *source, const struct source_rows *first,
                                   const char *sql, struct feed **ret, struct err *e);
/** Stop the thread and free. NULL is fine. */
void feed_close(struct feed *f);
size_t feed_column_count(const struct feed *f);
const char *const *feed_columns(const struct feed *f);
/**
 * The next batch, which lives until the next call; count 0 at the end. On failure (the file breaks
 * off, the mapping fails on a row) all that came before stays true.
 */
MUST_CHECK enum err_code feed_next(struct feed *f, const struct feed_batch **ret, struct err *e);

#endif
