/* CSV (RFC 4180) out of memory: quoted fields, doubled quotes, CRLF or LF, UTF-8 with or without a
 * byte order mark. The separator is given or guessed from the first line (',', ';', tab, '|').
 * Threads: one reader, one thread. */
#ifndef BASE_CSV_H
#define BASE_CSV_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

struct csv_field {
	const char *s; /* NUL-terminated, in the arena */
	size_t n;
	bool quoted;
};

struct csv_reader {
	const char *p; /* next byte */
	const char *end;
	char separator;
	size_t row;       /* number of the row last read, 1 = first; rows may span lines */
	size_t line;      /* line where that row began */
	size_t line_next; /* private: line at p */
};

/** Read from the n bytes at s, which must stay. separator 0 = guess. */
void csv_open(struct csv_reader *r, const char *s, size_t n, char separator);
/**
 * Next row into mem. *ret_count is the number of fields, 0 at the end. A blank line is skipped.
 * max_fields limits a row. Fails with ERR_INVALID (a quote that never closes, NUL byte), ERR_LIMIT.
 */
MUST_CHECK enum err_code csv_next(struct csv_reader *r, struct arena *mem, size_t max_fields,
                                  struct csv_field **ret_fields, size_t *ret_count, struct err *e);
/** Append one field, quoted where needed. Text is written as it is; see csv_write_safe for exports.
 */
void csv_write(struct buf *b, const char *s, size_t n, char separator);
/** As csv_write, and a field that a spreadsheet would run as a formula gets a leading apostrophe.
 */
void csv_write_safe(struct buf *b, const char *s, size_t n, char separator);

#endif
