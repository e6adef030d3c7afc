/* Shared by ogr.c and raster.c: opening with one driver, and what GDAL said. */
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

#endif
