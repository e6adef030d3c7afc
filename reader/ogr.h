/* Vector formats that GDAL reads, one driver at a time. Threads: one. */
#ifndef READER_OGR_H
#define READER_OGR_H

#include <stdint.h>

#include "base/err.h"
#include "reader/limits.h"
#include "reader/out.h"

struct schema;

struct ogr_job {
	const char *path;   /* /vsifallow/... */
	const char *driver; /* the only one that may open it */
	const char *label;  /* what people call the format */
	const char *layer;  /* NULL: the only one, or the first that holds rows */
	const char *prefer; /* without `layer`: the one of this name if it holds rows, or NULL */
	int header; /* of a sheet: the first row holds names 1, holds data 0, is looked at -1 */
	const char *encoding; /* of the texts of a Shapefile, NULL = as it says */
	const struct schema
		*schema; /* of a GeoPackage: layers that are no table of it are not touched */
	int64_t file_bytes;
	const struct limits *limits;
	void (*progress)(int64_t rows);
};

/** Register GDAL's drivers and settings; before the sandbox, so that nothing foreign is near. */
void ogr_start(void);
/** Load the C library's converters for the encodings that dBASE files use, for good: inside the
 * sandbox no more can be loaded. */
void ogr_load_encodings(void);
/** An 'L' frame. Fails with ERR_INVALID (not readable). */
MUST_CHECK enum err_code ogr_list(const struct ogr_job *job, struct out *o, struct err *e);
/** Header, rows and bad rows. ERR_INVALID, ERR_NOTFOUND (layer), ERR_LIMIT. */
MUST_CHECK enum err_code ogr_rows(const struct ogr_job *job, struct out *o, struct err *e);
/** The first band as 'P' and 'D' frames. ERR_INVALID, ERR_LIMIT (size), ERR_UNSUPPORTED. */
MUST_CHECK enum err_code ogr_raster(const struct ogr_job *job, struct out *o, struct err *e);

#endif
