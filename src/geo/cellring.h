/* Outlines of sets of cells: from runs of cells, row by row, to rings on the lattice. Pure; private
 * to geo. Rings are valid in the sense of OGC 06-103r4 6.1.11: none crosses or touches itself, no
 * three vertices in line, a hole touches its outer ring in single points at most. */
#ifndef GEO_CELLRING_H
#define GEO_CELLRING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "geo/vec.h"

struct cell_run {
	int32_t row, from, to; /* cells from .. to - 1 of the row */
};

/* Scratch and result; may be used again, freed with cellring_done. */
struct cellring {
	struct vec next, column, rows, work; /* scratch */
	struct vec xy;       /* int32_t[2]: column, row of a corner; rings without closing point */
	struct vec ring_end; /* uint32_t: one past the last point of a ring */
	struct vec is_outer; /* uint8_t: an outer ring; its holes follow it */
};

void cellring_done(struct cellring *c);
/** Make runs (struct cell_run) fit for tracing: sorted, those that overlap or touch joined. */
void cellring_join(struct vec *runs);
/**
 * Trace the outlines of cells. run: sorted by row, then column; runs of one row neither overlap nor
 * touch. Outer rings have a positive area (columns to the right, rows upwards), holes a negative
 * one. Cells that share a corner only are two areas. False when memory ends.
 */
bool cellring_trace(struct cellring *c, const struct cell_run *run, size_t count);

#endif
