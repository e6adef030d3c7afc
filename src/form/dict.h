/* The data dictionary of a kind, for people and for programs. Pure functions, thread-safe. */
#ifndef FORM_DICT_H
#define FORM_DICT_H

#include "base/buf.h"
#include "form/form.h"

/**
 * Append the dictionary as Markdown: fields in form order (name, label, type, who may see it, unit,
 * reference, what holds), then every list with its codes. A label that nobody reviewed stands
 * beside its English with "(not reviewed)"; what rests on an unverified source carries "(not
 * verified)".
 */
void form_dictionary_markdown(const struct form *f, enum form_language lang, struct buf *out);
/**
 * Append the same as one JSON object {kind, version, title, national_id, fields, lists}. Labels,
 * hints and messages are objects by language code; reviewed tells by language code.
 */
void form_dictionary_json(const struct form *f, struct buf *out);

#endif
