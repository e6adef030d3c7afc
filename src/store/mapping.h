/* Mappings: one SQL SELECT over the rows of a foreign file, which appear as the table `source`.
 * Its result columns are named like the form's fields (or like the position columns ingest knows).
 * A mapping runs on a connection of its own with nothing in it but `source`: one statement, an
 * allowlist of functions, limits on steps and sizes. It yields at most one row for each source row,
 * in their order: a mapping that sorts, groups or multiplies is refused; a row that it leaves out
 * is told through on_skip. */
#ifndef STORE_MAPPING_H
#define STORE_MAPPING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum mapping_type {
	MAPPING_NULL,
	MAPPING_INT,
	MAPPING_REAL,
	MAPPING_TEXT,
	MAPPING_BLOB
};

struct mapping_value {
	enum mapping_type type;
	int64_t i;
	double d;
	const char *s; /* text or bytes; not NUL-terminated */
	size_t n;
};

struct mapping_row {
	int64_t row;        /* number in the source, 1 = first */
	const uint8_t *wkb; /* NULL = no geometry */
	size_t wkb_n;
	const struct mapping_value *value; /* one per column */
};

struct mapping_source {
	void *ctx;
	size_t column_count;
	const char *const *column; /* names as in the file; made unique and quoted as SQL needs by
	                              the mapping */
	/* The next row, valid until the next call; *ret_end at the end. */
	enum err_code (*next)(void *ctx, struct mapping_row *ret, bool *ret_end, struct err *e);
	/* A row that the mapping left out. */
	enum err_code (*on_skip)(void *ctx, const struct mapping_row *row, struct err *e);
};

#define MAPPING_MAX_SQL 100000    /* bytes of a mapping */
#define MAPPING_MAX_STEPS 1000000 /* SQLite instructions for one row */

struct mapping;

/**
 * Open. The table `source` has the file's columns, then "geometry" (WKB) if the file has no column
 * of that name, then "row". source must stay. ERR_INVALID (not one SELECT, unknown column,
 * forbidden function), ERR_NOMEM.
 */
MUST_CHECK enum err_code mapping_open(const char *sql, const struct mapping_source *source,
                                      struct mapping **ret, struct err *e);
void mapping_close(struct mapping *m);
size_t mapping_column_count(const struct mapping *m);
const char *mapping_column_name(const struct mapping *m, size_t i);
/** Next mapped row; *ret_row is NULL at the end. It and its values live until the next call. source
 * is the raw row. */
MUST_CHECK enum err_code mapping_next(struct mapping *m, const struct mapping_value **ret_values,
                                      const struct mapping_row **ret_source, struct err *e);

#endif
