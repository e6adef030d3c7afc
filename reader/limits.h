/* Limits of one reading of a foreign file (docs/LIMITS.md). Every one can be set by --limit
 * KEY=VALUE. Pure functions, thread-safe. */
#ifndef READER_LIMITS_H
#define READER_LIMITS_H

#include <stdint.h>

#include "base/err.h"

struct limits {
	int64_t features;         /* rows of one layer */
	int64_t vertices;         /* of one geometry */
	int64_t attribute_bytes;  /* of one value */
	int64_t row_bytes;        /* of one row in the stream */
	int64_t original_bytes;   /* of a bad row that is passed on as it stands */
	int64_t columns;          /* of one layer */
	int64_t depth;            /* nested JSON values */
	int64_t unpacked_bytes;   /* what an archive holds, all entries together */
	int64_t ratio;            /* unpacked to packed bytes, once 1 MiB is passed */
	int64_t entries;          /* of an archive */
	int64_t files;            /* descriptors given */
	int64_t raster_cells;     /* of one band */
	int64_t raster_width;     /* cells of a row */
	int64_t memory_bytes;     /* private memory, RLIMIT_DATA */
	int64_t cpu_s;            /* processor time before the first feature */
	int64_t cpu_us_a_feature; /* and for each feature read */
};

/** The defaults of docs/LIMITS.md. */
void limits_default(struct limits *l);

/**
 * Set one from "KEY=VALUE" (a positive decimal integer; the key is the field's name above).
 * Fails with ERR_INVALID; *l is then as it was.
 */
MUST_CHECK enum err_code limits_set(struct limits *l, const char *text, struct err *e);

#endif
