/* A draft of a mapping from the names, types and values of a file. It is text for a person to read
 * and change; an import with --guess uses exactly this text. */
#ifndef INGEST_GUESS_H
#define INGEST_GUESS_H

#include "base/buf.h"
#include "form/form.h"
#include "ingest/source.h"

/**
 * Append a SELECT over `source` for a form. sample: the first rows (may hold none). crs: what --crs
 * says, or NULL. Comments in it say what was seen and what was left out. ERR_NOMEM.
 */
MUST_CHECK enum err_code guess_mapping(const struct form *form, const struct source_header *header,
                                       const struct source_rows *sample, const char *crs,
                                       struct buf *sql, struct err *e);

#endif
