/* From what a file holds to what a field holds: numbers, dates, choices by code or by label in any
 * language. A value that cannot be read for certain is BAD: the caller keeps its text and marks the
 * row; nothing is guessed. Texts of the result live in the arena or in the input. Thread-safe; a
 * converter is read-only after creation. */
#ifndef INGEST_CONVERT_H
#define INGEST_CONVERT_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/err.h"
#include "form/form.h"
#include "store/mapping.h"
#include "store/record.h"

enum convert_result {
	CONVERT_OK,
	CONVERT_EMPTY, /* null, or a text of blanks */
	CONVERT_BAD,   /* it cannot be that field's value, or could be two */
	CONVERT_NOMEM
};

struct converter;

/** A converter for every field of a form. The form must outlive it. */
MUST_CHECK enum err_code converter_create(const struct form *form, struct converter **ret,
                                          struct err *e);
void converter_free(struct converter *c);
/** Convert one value for the form's field number `field`. Not for the main geometry. */
enum convert_result convert_value(const struct converter *c, int field,
                                  const struct mapping_value *in, struct arena *mem,
                                  struct store_value *ret);
/**
 * The code of a choice from its code or a label in any language (case and diacritics do not count;
 * yes, no and unknown also by everyday words); NULL if none fits, or two do.
 */
const char *convert_choice(const struct converter *c, int field, const char *s, size_t n);
/**
 * A number as people write it: 12.5, 12,5, 1 234 567, 1.234,56, 1,234.56. "1,234" can be two
 * numbers and is none.
 */
bool convert_number(const char *s, size_t n, double *ret);
/** The value as text, as it stood in the file; blobs are told by their size. NULL when memory ends.
 */
const char *convert_text(const struct mapping_value *in, struct arena *mem);

#endif
