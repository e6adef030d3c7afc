/* Files handed in with a record that is entered by hand: those of its fields of type file, and
 * photographs and papers that no field holds, which become sources that the record refers to. */
#ifndef INGEST_ENTRYFILE_H
#define INGEST_ENTRYFILE_H

#include "base/arena.h"
#include "store/submit.h"

#define ENTRY_MAX_FILES 20 /* of one record handed in */

struct entry_file {
	const char *field; /* a field of type file, or LIST/ROW/FIELD with rows from 1; "" = none:
	                      a source of its own */
	const char *name;  /* what the file is called */
	const char *media; /* media type; "" = not known */
	const uint8_t *bytes;
	size_t size;
	char sha256[65]; /* set by entryfile_put */
};

/* Revisions of the sources made for files that no field holds. */
struct entry_sources {
	struct submit_revision *rev; /* NULL when there are none */
	size_t count;
};

/**
 * Put n files into a record's fields, and make sources of the others, in mem; a file that the
 * record had before is not made again. ERR_INVALID tells the field; ERR_LIMIT; ERR_NOMEM.
 */
MUST_CHECK enum err_code entryfile_put(struct store *st, struct entry_file *file, size_t n,
                                       struct arena *mem, struct submit_revision *rev,
                                       struct entry_sources *ret, struct err *e);
/** Copy them durably into the open submission. ERR_IO. */
MUST_CHECK enum err_code entryfile_keep(struct store *st, const struct entry_file *file, size_t n,
                                        struct err *e);

#endif
