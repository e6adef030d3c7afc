/* Writing a plain GeoTIFF: one band of 32-bit floats, uncompressed, WGS 84, north-up (TIFF 6.0, OGC
 * GeoTIFF 1.1). Only for the invented population of the fictional country; foreign rasters are read
 * by the reader. */
#ifndef INGEST_GEOTIFF_H
#define INGEST_GEOTIFF_H

#include "base/err.h"
#include "geo/coverage.h"

/** Write cols * rows values, north first. At most 500 million cells. ERR_IO, ERR_LIMIT. */
MUST_CHECK enum err_code geotiff_write(const char *path, const struct coverage_grid *grid,
                                       const float *values, struct err *e);

#endif
