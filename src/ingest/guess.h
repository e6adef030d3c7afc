/* A draft of a mapping from the names, types and values of a file. It is text for a person to read
 * and change; an import with --guess uses exactly this text. */
#ifndef INGEST_GUESS_H
#define INGEST_GUESS_H

#include "base/buf.h"
#include "form/form.h"
#include "ingest/source.h"

struct guess;

/** Start for a form and a file; both must stay. ERR_NOMEM. */
MUST_CHECK enum err_code guess_create(const struct form *form, const struct source_header *header,
                                      struct guess **ret, struct err *e);
void guess_free(struct guess *g);
/** Look at rows: the more the better; beyond 100,000 they are not looked at. ERR_NOMEM. */
MUST_CHECK enum err_code guess_look(struct guess *g, const struct source_rows *rows, struct err *e);
/** True when more rows would not be looked at. */
bool guess_full(const struct guess *g);
/**
 * Append the SELECT over `source`, once. crs: what --crs says, or NULL. Comments in it say what was
 * not understood and which columns were not used. ERR_NOMEM.
 */
MUST_CHECK enum err_code guess_write(struct guess *g, const char *crs, struct buf *sql,
                                     struct err *e);

#endif
