/* Links of imported rows: a source names other records by their national number, the register by
 * their id. Built once before the rows are made, from the records that are in the register then;
 * read-only afterwards, so that all workers may share it. */
#ifndef INGEST_LINKS_H
#define INGEST_LINKS_H

#include <stdbool.h>

#include "base/arena.h"
#include "form/form.h"
#include "store/mapping.h"
#include "store/store.h"

struct links;

/** Load the numbers of every kind that the named columns link to. columns: fields of the form,
 * others are passed over. ERR_NOMEM, ERR_IO. */
MUST_CHECK enum err_code links_load(struct store *st, const struct form *form,
                                    const char *const *column, size_t columns, struct links **ret,
                                    struct err *e);
void links_free(struct links *l);
/**
 * Rewrite national numbers in a value of a record or records field to the ids of their records;
 * several are parted by ";" or "|", each kept in its order. A value that already is an id, and one
 * of another type, stays as it is. False if a number is nobody's, or that of two records: *v is
 * untouched then. Text is made in mem.
 */
bool links_resolve(const struct links *l, const struct form_field *field, struct arena *mem,
                   struct mapping_value *v);

#endif
