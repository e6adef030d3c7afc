/* What a reader may see inside a value: repeats hold fields of different access. Pure functions. */
#ifndef FORM_VISIBLE_H
#define FORM_VISIBLE_H

#include "base/buf.h"
#include "form/form.h"

/** May a reader who is cleared up to `cleared` see the field at all? */
bool form_may_see(const struct form_field *f, enum form_access cleared);
/**
 * Append v, the value of f, as canonical JSON; in the elements of a repeat only the children that
 * may be seen, and nothing that is no field of the form. null when f itself may not be seen.
 */
void form_write_visible(const struct form_field *f, const struct json_value *v,
                        enum form_access cleared, struct buf *out);

#endif
