/* CSV, TSV and their kin: separator, encoding, header and types are found by looking at every row
 * once, then the rows are written. All rows count: one that cannot be read is a bad row. A column
 * is integer or real only if every value is written as such (no leading zeros, no plus sign, a
 * decimal point); an empty field is null, an empty field in quotes an empty text. Threads: one
 * reader, one thread. */
#ifndef READER_TABLE_H
#define READER_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/csv.h"
#include "base/err.h"
#include "reader/columns.h"
#include "reader/encoding.h"
#include "reader/input.h"
#include "reader/limits.h"
#include "reader/out.h"

enum table_header {
	TABLE_HEADER_GUESS,
	TABLE_HEADER_YES,
	TABLE_HEADER_NO
};

struct table {
	struct input in;
	const struct limits *limits;
	struct columns cols;
	enum encoding encoding;
	char separator;
	enum table_header header; /* GUESS becomes YES or NO by table_scan */
	bool encoding_sure;
	bool has_tags;      /* the row under the header is HXL tags, and no data */
	int64_t rows;       /* counted by table_scan */
	int64_t short_rows; /* with fewer fields than the header */
	void (*progress)(int64_t rows);
	struct arena mem; /* of the row at hand */
	struct buf text;  /* of the field at hand, converted */
};

/** Read from the bytes of in, which must stay. UTF-16 must have been converted to UTF-8 before. */
void table_init(struct table *t, struct input in, const struct limits *limits,
                void (*progress)(int64_t rows));
void table_done(struct table *t);
/** Look at everything. Set encoding, encoding_sure, header and separator (0 = guess) before. */
MUST_CHECK enum err_code table_scan(struct table *t, struct err *e);
/** Warnings of the scan, then rows and bad rows. ERR_LIMIT, ERR_NOMEM. */
MUST_CHECK enum err_code table_rows(struct table *t, struct out *o, struct err *e);

/** The separator (',', ';', tab, '|') that the first lines use most evenly. */
char table_guess_separator(const char *s, size_t n);

/** No name of a column, but a number that is no year. */
bool table_is_datum(const char *s, size_t n);

#endif
