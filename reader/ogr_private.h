/* Shared by ogr.c, ogr_rows.c and raster.c: opening with one driver, choosing a layer, and what
 * GDAL said. */
#ifndef READER_OGR_PRIVATE_H
#define READER_OGR_PRIVATE_H

#include <gdal.h>

#include "reader/ogr.h"

/** Open with the job's driver only. flags as GDALOpenEx. NULL with *e set. */
GDALDatasetH ogr_open(const struct ogr_job *job, unsigned flags, struct err *e);
/** The last thing GDAL complained about, "" if nothing since ogr_forget. */
const char *ogr_said(void);
void ogr_forget(void);
/** Send GDAL's warnings since the last call. */
void ogr_warn(struct out *o);
/** "EPSG:32633", "OGC:CRS84" or "", and the WKT (free with CPLFree; NULL if none). */
void ogr_crs(OGRSpatialReferenceH crs, char *name, size_t name_size, char **ret_wkt);

/** The layer asked for; else the only one, else the first that has rows. NULL with *e set. */
OGRLayerH ogr_pick_layer(const struct ogr_job *job, GDALDatasetH ds, struct out *o, struct err *e);
/** SQLite's quick_check of a GeoPackage up to 64 MiB; ERR_OK for all else. ERR_INVALID. */
MUST_CHECK enum err_code ogr_check_database(const struct ogr_job *job, GDALDatasetH ds,
                                            struct err *e);

#endif
