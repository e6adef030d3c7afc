/* What a file is, by its first bytes; the name decides only between kinds of plain text and inside
 * archives. Pure functions, thread-safe. */
#ifndef READER_DETECT_H
#define READER_DETECT_H

#include <stdbool.h>
#include <stddef.h>

enum format {
	FORMAT_UNKNOWN,
	FORMAT_GEOJSON,
	FORMAT_TABLE, /* CSV, TSV */
	FORMAT_GPKG,
	FORMAT_SHP,
	FORMAT_DBF,
	FORMAT_KML,
	FORMAT_GPX,
	FORMAT_XLSX,
	FORMAT_ODS,
	FORMAT_FILEGDB,
	FORMAT_FGB,
	FORMAT_TIFF,
	FORMAT_HFA,
	FORMAT_AAIGRID,
	FORMAT_PNG,
	FORMAT_JP2,
	FORMAT_GZIP,
	FORMAT_ZIP,
	FORMAT_REFUSED /* known, and not read: detect_refusal says why */
};

#define DETECT_BYTES 8192u /* as many first bytes as detect wants */

/** The format of n first bytes (all of them when the file is shorter) of a file with that name. */
enum format detect(const void *p, size_t n, const char *name);
/** The sentence for FORMAT_REFUSED and FORMAT_UNKNOWN, such as "the file is a PDF ...". */
const char *detect_refusal(const void *p, size_t n);
/** A guess from the name alone, for the entries of an archive; FORMAT_UNKNOWN for other names. */
enum format detect_name(const char *name);
/** The GDAL driver that reads it, NULL for the formats we read ourselves. */
const char *detect_driver(enum format f);
/** What people call it: "GeoJSON". */
const char *detect_label(enum format f);
bool detect_is_raster(enum format f);

#endif
