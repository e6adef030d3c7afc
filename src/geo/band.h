/* A band of raster rows with prefix sums, and exact integrals of it along edges. Private to geo.
 *
 * Method: for a closed ring the sum of value * covered fraction is the integral over the ring of
 * F(u, row) dv (Green), where u counts columns from the west, v rows from the north, and F is the
 * sum of the row's values west of u, linear inside a cell. So every edge adds its own share,
 * whatever the others do, and what a ring covers inside needs no visit. F is kept as a
 * double-double and read relative to a reference column, so short runs beside large ones lose
 * nothing.
 *
 * A band is written by one thread at a time and may be read by many. */
#ifndef GEO_BAND_H
#define GEO_BAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/pool.h"

struct band_prefix {
	double hi, lo; /* the sum is hi + lo */
};

struct band {
	int64_t first_row; /* may be negative: rows beyond the raster hold nothing */
	uint32_t rows;     /* rows now in the band */
	uint32_t cap_rows;
	uint32_t lo_col, hi_col; /* columns lo_col .. hi_col-1 count; all others hold nothing */
	double *value;           /* cap_rows x (hi_col - lo_col) */
	struct band_prefix *sum; /* cap_rows x (hi_col - lo_col + 1) */
	double *row_area_m2;     /* area of one cell of each row, zero unless the caller sets it */
	bool *filled;            /* false: the row holds nothing */
};

/* What edges add up to: people and area in m2 as double-doubles, and rows downwards, 0 for closed
 * rings. */
struct band_total {
	double people_hi, people_lo;
	double area_hi, area_lo;
	double rise;
};

/** Room for cap_rows rows of columns lo_col .. hi_col-1. ERR_NOMEM. Free with band_done (also if
 * failed). */
MUST_CHECK enum err_code band_init(struct band *b, uint32_t lo_col, uint32_t hi_col,
                                   uint32_t cap_rows, struct err *e);
void band_done(struct band *b);
/** Forget the rows; the next one is first_row. */
void band_start(struct band *b, int64_t first_row);
/**
 * Append a row. values is the whole raster row (from column 0), or NULL for a row that holds
 * nothing. Not finite, negative and nodata values count as nothing (nodata may be NaN for none).
 */
void band_push(struct band *b, const double *values, double nodata);
/** Make the prefix sums of all rows, in parallel. */
void band_seal(struct band *b, struct pool *pool);
/**
 * Add sign times the integral along the edge p -> q (column, row coordinates; finite) to t, as far
 * as it lies in the band's rows. F is taken relative to column ref_col, which must be the same for
 * all edges of one ring and at most hi_col.
 */
void band_add_edge(const struct band *b, const double p[2], const double q[2], uint32_t ref_col,
                   double sign, struct band_total *t);
/** Add b to a (double-double). */
void band_total_add(struct band_total *a, const struct band_total *b);

#endif
