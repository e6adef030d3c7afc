/* Records in memory: values by field, and the way between values and the canonical bytes of a
 * revision. Encoding is thread-safe as long as each thread has its own encoder. */
#ifndef STORE_RECORD_H
#define STORE_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "base/uuid.h"
#include "form/form.h"
#include "geo/geom.h"
#include "store/store.h"

enum store_type {
	STORE_NULL,
	STORE_INT,
	STORE_REAL,
	STORE_TEXT, /* UTF-8; also codes, dates, ids */
	STORE_JSON /* canonical JSON: arrays (select_multiple, records, repeats), geometries but the
	              main one */
};

struct store_value {
	enum store_type type;
	int64_t i;
	double d;
	const char *s; /* NUL-terminated for TEXT and JSON */
	size_t n;
};

/* The fields of one revision or one shown state: value[i] belongs to form->field[i]. A geometry
 * field named `geometry` is in geom (its value slot stays STORE_NULL). */
struct store_fields {
	const struct form *form;
	struct store_value *value;
	const struct geom *geom; /* NULL = none */
};

/** True for the field `geometry`: the record's outline. Its value is in store_fields.geom. */
bool field_is_main_geometry(const struct form_field *f);
/** True for fields whose value is STORE_JSON. */
bool value_is_json(const struct form_field *f);
/** Empty fields for a form in mem; NULL value array if memory ends (returns false). */
bool fields_init(struct store_fields *f, const struct form *form, struct arena *mem);
/** Set by name; false if the form has no such field. Text is not copied. */
bool fields_set_text(struct store_fields *f, const char *name, const char *s);
bool fields_set_int(struct store_fields *f, const char *name, int64_t v);
bool fields_set_real(struct store_fields *f, const char *name, double v);
/** Text of a field, NULL if null or not text. */
const char *fields_text(const struct store_fields *f, const char *name);
/** Number of a field (integer or decimal); fallback if null. */
double fields_number(const struct store_fields *f, const char *name, double fallback);

/**
 * From a JSON object (name -> value) to typed values; names unknown to the form are an error, or
 * are skipped when lenient. ERR_INVALID names the field when a value's JSON type does not fit its
 * form type. Texts and geometry live in mem.
 */
MUST_CHECK enum err_code fields_from_json(const struct form *form, const struct json_value *object,
                                          bool lenient, struct arena *mem, struct store_fields *ret,
                                          struct err *e);
/** The whole as canonical JSON object, members sorted, nulls left out. skip_identity leaves out
 * identity fields. */
void fields_to_json(const struct store_fields *f, const int *sorted, bool skip_identity,
                    struct buf *out);
/** One value as canonical JSON. */
void value_to_json(const struct store_value *v, struct buf *out);
/** One member of a canonical JSON object, as it stands there. */
struct record_member {
	const char *name, *value;
	size_t name_n, value_n;
};
/**
 * Split canonical bytes of an object with plain names into at most max members without parsing
 * values. Returns their number, or -1 if the bytes are not what the program writes.
 */
long record_split(const char *s, size_t n, struct record_member *out, size_t max);

#endif
