/* Exact zonal sums: value times the fraction of each cell that a polygon covers, summed (people of
 * a population raster in a polygon). Fractions are exact in the longitude/latitude plane, edges
 * straight there. The raster is never held whole: its rows come once, from north to south.
 *
 * Source of the method: Green's theorem cell by cell, with row prefix sums; fractions as defined by
 * exactextract (Baston, isciences). Cost: one visit of each cell that a boundary crosses, and one
 * pass over the rows. Same bits for any number of threads. Not thread-safe: one caller at a time.
 */
#ifndef GEO_COVERAGE_H
#define GEO_COVERAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/pool.h"
#include "geo/geom.h"

/* A north-up raster in WGS 84 degrees. Values are amounts per cell, such as people. */
struct coverage_grid {
	double west_deg, north_deg;        /* outer corner of the first cell */
	double cell_lon_deg, cell_lat_deg; /* size of a cell, both > 0 */
	uint32_t cols, rows;
	double nodata; /* NaN when the raster declares none */
};

#define COVERAGE_MAX_CELLS_A_SIDE 4000000u /* docs/LIMITS.md */

struct coverage_limits {   /* zero means the default */
	size_t max_edges;  /* edges, counted once per band they cross; default 40 million */
	size_t band_bytes; /* memory of the rows in hand; default 32 MiB, at least one row */
};

struct coverage;

/** ERR_INVALID with a sentence unless the grid is finite, north-up, inside the world and within
 * limits. */
MUST_CHECK enum err_code coverage_check_grid(const struct coverage_grid *grid, struct err *e);
/**
 * Start. The polygons must be valid (shape_cover makes them so) and stay unchanged until the end;
 * points and lines give 0. pool may be NULL. Free with coverage_free. ERR_INVALID, ERR_LIMIT,
 * ERR_NOMEM.
 */
MUST_CHECK enum err_code coverage_create(const struct coverage_grid *grid,
                                         const struct geom *polygons, size_t count,
                                         const struct coverage_limits *limits, struct pool *pool,
                                         struct coverage **ret, struct err *e);
void coverage_free(struct coverage *c);
/** Rows that are needed: *ret_first .. *ret_first + *ret_count - 1. Others may be left out. */
void coverage_window(const struct coverage *c, uint32_t *ret_first, uint32_t *ret_count);
/**
 * Give row `row` (0 = northernmost) of grid.cols values, in increasing order. Rows outside the
 * window are ignored. Values that are not finite, negative or nodata count as 0. ERR_INVALID if a
 * row is out of order.
 */
MUST_CHECK enum err_code coverage_feed_row(struct coverage *c, uint32_t row, const double *values,
                                           struct err *e);
/** After the last row: ret_sums[i] for each polygon. ERR_INVALID if a needed row never came. */
MUST_CHECK enum err_code coverage_finish(struct coverage *c, double *ret_sums, struct err *e);
/** True if polygon i reaches beyond the raster: what lies there is not counted. */
bool coverage_reaches_outside(const struct coverage *c, size_t i);

struct coverage_point { /* a settlement */
	double lon_deg, lat_deg;
	double value; /* people, >= 0 */
};

/**
 * Sum of the points in or on each polygon (1e-12 degree counts as on); points and lines give 0.
 * ERR_INVALID for a point that is not finite, ERR_NOMEM.
 */
MUST_CHECK enum err_code coverage_points(const struct coverage_point *points, size_t point_count,
                                         const struct geom *polygons, size_t count,
                                         struct pool *pool, double *ret_sums, struct err *e);

#endif
