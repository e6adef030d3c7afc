/* A foreign file as rows: starts fallow-reader on it, reads its stream ahead on a thread, checks
 * every byte of it, and hands over batches. Nothing in the stream is trusted: sizes, counts, tags
 * and texts are checked, and a stream that breaks its contract (ingest/pipe.h) is an error, never a
 * crash. Threads: one source belongs to one thread at a time; the read-ahead thread is inside. */
#ifndef INGEST_SOURCE_H
#define INGEST_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "ingest/pipe.h"

struct source;

enum source_header_rule {
	SOURCE_HEADER_GUESS,
	SOURCE_HEADER_YES,
	SOURCE_HEADER_NO
};

struct source_options {
	const char *layer;              /* NULL = the only one, or the first that holds rows */
	const char *prefer;             /* without `layer`: the one so named, if it holds rows */
	const char *encoding;           /* of texts, NULL = found out: "windows-1251" ... */
	enum source_header_rule header; /* does a table's first row hold names */
	const char *const
		*limits; /* "KEY=VALUE" texts of docs/LIMITS.md, NULL-terminated; or NULL */
	int silence_s;   /* give up when the reader says nothing for so long; 0 = 300 s */
};

struct source_layer {
	const char *name;     /* UTF-8 */
	const char *geometry; /* "", "point", "line", "polygon", "mixed" */
	int64_t features;     /* -1 unknown */
};

struct source_column {
	const char *name; /* UTF-8, unique without regard to ASCII case */
	enum pipe_type type;
};

/* What a file says of itself before its rows. Texts live as long as the source. */
struct source_header {
	const char *layer;
	const char *driver; /* "GeoJSON", "CSV", "GeoPackage", "Shapefile" ... */
	const char *encoding;
	const char *crs;     /* "EPSG:4326", "" = none stated. Coordinates are always east, north */
	const char *crs_wkt; /* "" = none */
	bool has_geometry;
	int64_t features; /* -1 unknown */
	size_t column_count;
	const struct source_column *columns;
};

struct source_value {
	uint8_t type; /* 0 null, or PIPE_INTEGER, PIPE_REAL, PIPE_TEXT, PIPE_BINARY */
	size_t size;  /* bytes of text or binary */
	union {
		int64_t integer;
		double real;      /* finite */
		const char *text; /* UTF-8 without NUL inside, not NUL-terminated */
		const uint8_t *bytes;
	};
};

struct source_row {
	int64_t number;     /* 1 = first data row of the source */
	const uint8_t *wkb; /* NULL = no geometry; not yet checked (geom_from_wkb does) */
	size_t wkb_size;
	const struct source_value *values; /* header.column_count of them */
};

struct source_bad {
	int64_t number;
	const char *reason;   /* a sentence, NUL-terminated */
	const char *original; /* as much as could be read, NUL-terminated */
	size_t original_size;
};

struct source_rows {
	size_t row_count;
	struct source_row *rows;
	size_t bad_count;
	struct source_bad *bad;
	size_t warning_count;
	const char **warnings;
	bool end; /* nothing follows; the three counts are 0 */
};

struct source_raster {
	uint32_t width;
	uint32_t height;
	double transform[6]; /* as GDAL: x = t0 + col t1 + row t2, y = t3 + col t4 + row t5, pixel
	                        corners */
	const char *crs;     /* "EPSG:4326" or "" */
	bool has_nodata;
	double nodata; /* already NaN in the rows */
	const char *unit;
};

/** The layers of a file (or the data sets of an archive), in mem. ERR_INVALID, ERR_LIMIT, ERR_IO
 * ... */
MUST_CHECK enum err_code source_list_layers(const char *path, const struct source_options *opt,
                                            struct arena *mem, struct source_layer **ret_layers,
                                            size_t *ret_count, struct err *e);
/**
 * Open a file (or a FileGDB folder) and read its header. opt may be NULL. The reader is
 * $FALLOW_READER, else fallow-reader beside this program. A Shapefile's companions are found beside
 * it. Fails with ERR_NOTFOUND (file or layer), ERR_UNSUPPORTED, ERR_INVALID, ERR_LIMIT, ERR_DENIED
 * (no sandbox on this machine), ERR_IO; *ret is set on success only. Close with source_close.
 */
MUST_CHECK enum err_code source_open(const char *path, const struct source_options *opt,
                                     struct source **ret, struct err *e);
const struct source_header *source_header(const struct source *s);
/**
 * The next batch, in the order of the file; at least one row, bad row or warning, or end. Texts and
 * WKB point into the stream's buffer and live until the next call; mem gets the arrays. On failure
 * (the file breaks off, a limit) all that was handed over before stays true.
 */
MUST_CHECK enum err_code source_next_batch(struct source *s, struct arena *mem,
                                           struct source_rows *ret, struct err *e);
/** Open the first band of a raster. Errors as source_open. */
MUST_CHECK enum err_code source_raster_open(const char *path, const struct source_options *opt,
                                            struct source **ret, struct err *e);
const struct source_raster *source_raster_info(const struct source *s);
/**
 * The next row of cells, from the top; row has room for width values, NaN = no data. *ret_end:
 * there was none left. Fails with ERR_INVALID where the file breaks off.
 */
MUST_CHECK enum err_code source_raster_next(struct source *s, double *row, uint32_t *ret_y,
                                            bool *ret_end, struct err *e);
/** Rows and bad rows handed over so far. */
int64_t source_rows_seen(const struct source *s);
/** Stop the reader if it still runs, and free. NULL is fine. */
void source_close(struct source *s);

/** For tests and fuzzing: read a whole stream from a descriptor instead of a reader's. Takes over
 * fd. */
MUST_CHECK enum err_code source_open_stream(int fd, bool raster, struct source **ret,
                                            struct err *e);

#endif
