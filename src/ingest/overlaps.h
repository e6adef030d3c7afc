/* Hazards of an import against all the others: open land that overlaps open land, released land
 * over open land. Notes only: they are kept with the newer record, counted and told, and change
 * nothing. */
#ifndef INGEST_OVERLAPS_H
#define INGEST_OVERLAPS_H

#include "base/pool.h"
#include "store/rowkey.h"
#include "store/store.h"

#define OVERLAPS_MAX_HAZARDS 4000000 /* boxes held at once: 100 MB; beyond, nothing is compared */
#define OVERLAPS_CELL 8192           /* hazards of a cell; each thread holds outlines of one */
#define OVERLAPS_MAX_HEAP 300000     /* outlines that meet in a cell that cannot be cut further */
#define OVERLAPS_LEAST_M2 1.0        /* neighbours share slivers by rounding */

struct overlaps {
	int64_t hazards;        /* outlines looked at */
	bool left_out;          /* too many, or too many on one spot: not all were compared */
	int64_t open, released; /* records of the import that overlap open land; released land over
	                           open, or under it */
};

struct overlaps_question {
	int64_t first_new;   /* numbers of records: this import's begin here */
	size_t most_in_cell; /* 0 = OVERLAPS_CELL */
	struct pool *pool;
};

/**
 * Compare every areal hazard shown with those of the import, and keep a note for each pair in the
 * open submission, with the newer record of the two. ERR_NOMEM, ERR_IO, ERR_VERIFY, ERR_INTERNAL.
 */
MUST_CHECK enum err_code overlaps_note(struct store *st, const struct overlaps_question *q,
                                       struct rowkey_reader *notes, struct overlaps *ret,
                                       struct err *e);

#endif
