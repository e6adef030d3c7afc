/* Population rasters as the register keeps them beside the original: NAME.files/ab/HEX.grid, made
 * from the original HEX by ingest and made again from it whenever it is missing. Rows of doubles,
 * north first. bytes 0-7 "FALLOWG1"; u32 columns, u32 rows; f64 west, north, cell width, cell
 * height (degrees); rows; all little-endian. No data is NaN. */
#ifndef STORE_RASTER_H
#define STORE_RASTER_H

#include "geo/coverage.h"
#include "store/store.h"

struct raster_writer;
/** Write the grid of an original. Rows in order, then finish, which makes it durable; abort drops
 * it. */
MUST_CHECK enum err_code raster_create(struct store *st, const char *sha256_hex,
                                       const struct coverage_grid *grid, struct raster_writer **ret,
                                       struct err *e);
MUST_CHECK enum err_code raster_put_row(struct raster_writer *w, const double *values,
                                        struct err *e);
MUST_CHECK enum err_code raster_finish(struct raster_writer *w, struct err *e);
void raster_abort(struct raster_writer *w);

struct raster;
/** Open it. ERR_NOTFOUND when it is not there (import the raster again), ERR_INVALID when it is
 * damaged. */
MUST_CHECK enum err_code raster_open(struct store *st, const char *sha256_hex, struct raster **ret,
                                     struct err *e);
const struct coverage_grid *raster_grid(const struct raster *r);
/** Row 0 .. rows-1; room for cols values. */
MUST_CHECK enum err_code raster_row(struct raster *r, uint32_t row, double *values, struct err *e);
void raster_close(struct raster *r);

#endif
