#include <stdint.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "reader/detect.h"

struct magic {
	size_t at;
	const char *bytes;
	size_t n;
	enum format format;
	const char *refusal;
};

#define MAGIC(at, bytes, format)                                                                   \
	{                                                                                          \
		(at), (bytes), sizeof(bytes) - 1, (format), NULL                                   \
	}
#define REFUSED(at, bytes, why)                                                                    \
	{                                                                                          \
		(at), (bytes), sizeof(bytes) - 1, FORMAT_REFUSED, (why)                            \
	}

static const struct magic magics[] = {
	MAGIC(0, "\x1f\x8b", FORMAT_GZIP),
	MAGIC(0, "PK\x03\x04", FORMAT_ZIP),
	MAGIC(0, "PK\x05\x06", FORMAT_ZIP),
	MAGIC(0, "fgb\x03", FORMAT_FGB),
	MAGIC(0, "\x00\x00\x27\x0a", FORMAT_SHP),
	MAGIC(0, "II*\x00", FORMAT_TIFF),
	MAGIC(0, "MM\x00*", FORMAT_TIFF),
	MAGIC(0, "II+\x00", FORMAT_TIFF),
	MAGIC(0, "MM\x00+", FORMAT_TIFF),
	MAGIC(0, "EHFA_HEADER_TAG", FORMAT_HFA),
	MAGIC(0, "\x89PNG\r\n\x1a\n", FORMAT_PNG),
	MAGIC(4, "jP  \r\n\x87\n", FORMAT_JP2),
	REFUSED(0, "\xd0\xcf\x11\xe0",
	        "the file is an old Office document (.xls); save it as .xlsx or .csv"),
	REFUSED(0, "%PDF", "the file is a PDF; its tables must be exported as .csv or .xlsx"),
	REFUSED(0, "7z\xbc\xaf", "the file is a 7-Zip archive; unpack it or make it a .zip"),
	REFUSED(0, "Rar!", "the file is a RAR archive; unpack it or make it a .zip"),
	REFUSED(0, "BZh", "the file is packed with bzip2; unpack it or use gzip"),
	REFUSED(0,
	        "\xfd"
	        "7zXZ",
	        "the file is packed with xz; unpack it or use gzip"),
	REFUSED(0, "\x28\xb5\x2f\xfd", "the file is packed with zstd; unpack it or use gzip"),
	REFUSED(0, "PAR1", "the file is Parquet, which is not read; export it as GeoPackage"),
	REFUSED(0, "\xff\xd8\xff", "the file is a JPEG picture, not data"),
	REFUSED(0, "\x89HDF",
	        "the file is HDF5 or netCDF, which is not read; convert it to GeoTIFF"),
	REFUSED(0, "CDF\x01", "the file is netCDF, which is not read; convert it to GeoTIFF"),
	REFUSED(0,
	        "\x7f"
	        "ELF",
	        "the file is a program, not data"),
};

static const struct magic *
magic_find(const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < sizeof magics / sizeof magics[0]; i++) {
		const struct magic *m = &magics[i];

		if (n >= m->at + m->n && memcmp(p + m->at, m->bytes, m->n) == 0)
			return m;
	}
	return NULL;
}

static bool
has(const char *s, size_t n, const char *word)
{
	size_t w = strlen(word);

	for (size_t i = 0; i + w <= n; i++) {
		if (memcmp(s + i, word, w) == 0)
			return true;
	}
	return false;
}

static enum format
detect_sqlite(const uint8_t *p, size_t n, const char *name)
{
	if (n >= 72 && (memcmp(p + 68, "GPKG", 4) == 0 || memcmp(p + 68, "GP10", 4) == 0 ||
	                memcmp(p + 68, "GP11", 4) == 0))
		return FORMAT_GPKG;
	return text_eq_nocase(file_extension(name), "gpkg") ? FORMAT_GPKG : FORMAT_REFUSED;
}

static enum format
detect_xml(const char *s, size_t n)
{
	if (has(s, n, "<kml") || has(s, n, ":kml"))
		return FORMAT_KML;
	return has(s, n, "<gpx") ? FORMAT_GPX : FORMAT_REFUSED;
}

/* Plain text has no NUL and few control characters; UTF-16 shows by its mark, or by NULs in only
 * every second byte. */
static bool
looks_text(const uint8_t *p, size_t n)
{
	size_t odd = 0;
	size_t zero[2] = { 0, 0 };

	if (n >= 2 && (memcmp(p, "\xff\xfe", 2) == 0 || memcmp(p, "\xfe\xff", 2) == 0))
		return true;
	for (size_t i = 0; i < n; i++) {
		if (p[i] == 0)
			zero[i % 2]++;
		else if (p[i] < 32 && !memchr("\t\n\r\f\x1a\x1e", p[i], 6))
			odd++;
	}
	if (zero[0] + zero[1] == 0)
		return odd * 50 <= n;
	return (zero[0] * 8 < zero[1] || zero[1] * 8 < zero[0]) && (zero[0] + zero[1]) * 20 > n;
}

enum format
detect(const void *bytes, size_t n, const char *name)
{
	const uint8_t *p = bytes;
	const char *s = bytes;
	const struct magic *m = magic_find(p, n);
	size_t i = n >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;

	if (m)
		return m->format;
	if (n >= 16 && memcmp(p, "SQLite format 3", 16) == 0)
		return detect_sqlite(p, n, name);
	if (n >= 32 && text_eq_nocase(file_extension(name), "dbf") && (p[0] & 7) == 3)
		return FORMAT_DBF;
	if (!looks_text(p, n))
		return FORMAT_UNKNOWN;
	while (i < n && (p[i] <= ' '))
		i++;
	if (i < n && (p[i] == '{' || (p[i] == '[' && detect_name(name) == FORMAT_GEOJSON)))
		return FORMAT_GEOJSON;
	if (i < n && p[i] == '<')
		return detect_xml(s + i, n - i);
	if (n - i > 6 && memcmp(p + i, "ncols", 5) == 0 && (p[i + 5] == ' ' || p[i + 5] == '\t'))
		return FORMAT_AAIGRID;
	return i < n ? FORMAT_TABLE : FORMAT_UNKNOWN;
}

const char *
detect_refusal(const void *bytes, size_t n)
{
	const struct magic *m = magic_find(bytes, n);
	const char *s = bytes;

	if (m && m->refusal)
		return m->refusal;
	if (n == 0)
		return "the file is empty";
	if (n >= 15 && memcmp(s, "SQLite format 3", 15) == 0)
		return "the file is an SQLite database, but no GeoPackage";
	if (has(s, n < 2048 ? n : 2048, "VRTDataset") ||
	    has(s, n < 2048 ? n : 2048, "OGRVRTDataSource"))
		return "the file is a GDAL virtual dataset, which can name any other file; it is "
		       "never read";
	if (s[0] == '<' || has(s, n < 64 ? n : 64, "<?xml"))
		return "the file is XML, but neither KML nor GPX";
	return "the file is none of the formats that are read (GeoJSON, CSV, GeoPackage, "
	       "Shapefile, KML, "
	       "GPX, XLSX, ODS, FileGDB, FlatGeobuf, GeoTIFF)";
}

enum format
detect_name(const char *name)
{
	static const struct {
		const char *ext;
		enum format format;
	} exts[] = {
		{ "shp", FORMAT_SHP },          { "gpkg", FORMAT_GPKG },
		{ "geojson", FORMAT_GEOJSON },  { "json", FORMAT_GEOJSON },
		{ "geojsonl", FORMAT_GEOJSON }, { "geojsons", FORMAT_GEOJSON },
		{ "ndjson", FORMAT_GEOJSON },   { "kml", FORMAT_KML },
		{ "gpx", FORMAT_GPX },          { "fgb", FORMAT_FGB },
		{ "tif", FORMAT_TIFF },         { "tiff", FORMAT_TIFF },
		{ "img", FORMAT_HFA },          { "asc", FORMAT_AAIGRID },
		{ "csv", FORMAT_TABLE },        { "tsv", FORMAT_TABLE },
		{ "tab", FORMAT_TABLE },        { "txt", FORMAT_TABLE },
		{ "xlsx", FORMAT_XLSX },        { "xlsm", FORMAT_XLSX },
		{ "ods", FORMAT_ODS },          { "kmz", FORMAT_ZIP },
		{ "zip", FORMAT_ZIP },          { "gz", FORMAT_GZIP },
		{ "gdbtable", FORMAT_FILEGDB }, { "dbf", FORMAT_DBF },
		{ "jp2", FORMAT_JP2 },
	};
	const char *ext = file_extension(name);

	for (size_t i = 0; i < sizeof exts / sizeof exts[0]; i++) {
		if (text_eq_nocase(ext, exts[i].ext))
			return exts[i].format;
	}
	return FORMAT_UNKNOWN;
}

static const struct {
	const char *label;
	const char *driver;
} formats[] = {
	[FORMAT_UNKNOWN] = { "unknown", NULL },
	[FORMAT_GEOJSON] = { "GeoJSON", NULL },
	[FORMAT_TABLE] = { "CSV", NULL },
	[FORMAT_GPKG] = { "GeoPackage", "GPKG" },
	[FORMAT_SHP] = { "Shapefile", "ESRI Shapefile" },
	[FORMAT_DBF] = { "dBASE table", "ESRI Shapefile" },
	[FORMAT_KML] = { "KML", "LIBKML" },
	[FORMAT_GPX] = { "GPX", "GPX" },
	[FORMAT_XLSX] = { "XLSX", "XLSX" },
	[FORMAT_ODS] = { "ODS", "ODS" },
	[FORMAT_FILEGDB] = { "FileGDB", "OpenFileGDB" },
	[FORMAT_FGB] = { "FlatGeobuf", "FlatGeobuf" },
	[FORMAT_TIFF] = { "GeoTIFF", "GTiff" },
	[FORMAT_HFA] = { "Erdas Imagine", "HFA" },
	[FORMAT_AAIGRID] = { "Arc/Info grid", "AAIGrid" },
	[FORMAT_PNG] = { "PNG", "PNG" },
	[FORMAT_JP2] = { "JPEG 2000", "JP2OpenJPEG" },
	[FORMAT_GZIP] = { "gzip", NULL },
	[FORMAT_ZIP] = { "zip", NULL },
	[FORMAT_REFUSED] = { "refused", NULL },
};

const char *
detect_driver(enum format f)
{
	return formats[f].driver;
}

const char *
detect_label(enum format f)
{
	return formats[f].label;
}

bool
detect_is_raster(enum format f)
{
	return f == FORMAT_TIFF || f == FORMAT_HFA || f == FORMAT_AAIGRID || f == FORMAT_PNG ||
	       f == FORMAT_JP2;
}
