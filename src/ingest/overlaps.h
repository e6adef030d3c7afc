/* Hazards of an import against all the others: open land that overlaps open land, released land
 * over open land. Notes only: they are kept with the newer record, counted and told, and change
 * nothing. */
#ifndef INGEST_OVERLAPS_H
#define INGEST_OVERLAPS_H

#include "base/pool.h"
#include "store/rowkey.h"
#include "store/store.h"

#define OVERLAPS_MAX_HAZARDS                                                                       \
	300000 /* beyond, the comparison is left out: it holds every outline in memory */
#define OVERLAPS_LEAST_M2 1.0 /* neighbours share slivers by rounding */

struct overlaps {
	int64_t hazards;        /* outlines compared */
	bool left_out;          /* too many */
	int64_t open, released; /* records of the import that overlap open land; released land over
	                           open, or under it */
};

/**
 * Compare every areal hazard shown with those whose number is first_new or more, and keep a note
 * for each pair in the open submission. ERR_NOMEM, ERR_IO, ERR_INTERNAL.
 */
MUST_CHECK enum err_code overlaps_note(struct store *st, int64_t first_new, struct pool *pool,
                                       struct rowkey_reader *notes, struct overlaps *ret,
                                       struct err *e);

#endif
