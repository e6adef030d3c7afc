/* An empty sheet of a kind, to fill in. Pure function, thread-safe. */
#ifndef FORM_TEMPLATE_H
#define FORM_TEMPLATE_H

#include "base/buf.h"
#include "form/form.h"

/**
 * Append CSV: a header row with the field names, and one row that begins with "#" and tells for
 * each column what goes in (label, type, codes, unit, whether it is required, hint). Whoever reads
 * the sheet skips that row (ingest/sheet.h).
 */
void form_template_csv(const struct form *f, enum form_language lang, struct buf *out);
/** Append only what the hint row says of one field, without the "#". */
void form_template_hint(const struct form_field *f, enum form_language lang, struct buf *out);

#endif
