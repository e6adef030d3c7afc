/* Columns of a text format, found by looking at every value once: names in the order they first
 * appear and what kinds of value each holds, from which its type follows. Threads: one table, one
 * thread. */
#ifndef READER_COLUMNS_H
#define READER_COLUMNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "reader/out.h"

enum column_seen {
	SEEN_INTEGER = 1,
	SEEN_LONG = 2, /* an integer of more than 15 digits: a double would not hold it */
	SEEN_REAL = 4,
	SEEN_BOOL = 8,
	SEEN_TIME = 16, /* a text that is a date, or a date and a time */
	SEEN_TEXT = 32  /* any other text, a list, an object, an integer past 64 bits */
};

struct column {
	const char *name; /* as in the file, in the table's arena */
	size_t name_size;
	const char *shown; /* unique without regard to ASCII case, once columns_finish ran */
	unsigned seen;     /* of enum column_seen */
	enum pipe_type type;
};

struct columns {
	struct arena mem;
	struct column *at;
	size_t count;
	size_t room;
	size_t limit;
	uint32_t *slot; /* open addressing over names; 0 empty, else index + 1 */
	size_t slot_count;
};

void columns_init(struct columns *c, size_t limit);
void columns_done(struct columns *c);
/** Index of the name, or SIZE_MAX. hint is tried first. */
size_t columns_find(const struct columns *c, const char *name, size_t n, size_t hint);
/** Add one that is not there. ERR_LIMIT, ERR_NOMEM. */
MUST_CHECK enum err_code columns_add(struct columns *c, const char *name, size_t n,
                                     size_t *ret_index, struct err *e);
/** Decide types and make the shown names unique: "name", "name_2". ERR_NOMEM. */
MUST_CHECK enum err_code columns_finish(struct columns *c, struct err *e);
/** The columns as the stream's header wants them, in the table's arena. NULL when memory ends. */
struct out_column *columns_header(struct columns *c);

/** What a text without quotes or a JSON number is: an integer, a real, or SEEN_TEXT. Leading zeros,
 * a plus sign and blanks make it a text. */
unsigned columns_see_number(const char *s, size_t n);
/** SEEN_TIME for "2024-05-01", "2024-05-01T10:20", "... 10:20:30.5Z", "+02:00"; else SEEN_TEXT. */
unsigned columns_see_text(const char *s, size_t n);

#endif
