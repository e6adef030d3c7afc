#include "store/record.h"

#include <math.h>
#include <string.h>

#include "base/hash.h"
#include "base/text.h"

bool
fields_init(struct store_fields *f, const struct form *form, struct arena *mem)
{
	f->form = form;
	f->geom = NULL;
	f->value = arena_calloc(mem, form->field_count + 1, sizeof(*f->value));
	return f->value != NULL;
}

static struct store_value *
slot(struct store_fields *f, const char *name)
{
	int i = form_index(f->form, name);

	return i < 0 ? NULL : &f->value[i];
}

bool
fields_set_text(struct store_fields *f, const char *name, const char *s)
{
	struct store_value *v = slot(f, name);

	if (!v)
		return false;
	*v = s ? (struct store_value){ .type = STORE_TEXT, .s = s, .n = strlen(s) }
	       : (struct store_value){ 0 };
	return true;
}

bool
fields_set_int(struct store_fields *f, const char *name, int64_t i)
{
	struct store_value *v = slot(f, name);

	if (v)
		*v = (struct store_value){ .type = STORE_INT, .i = i };
	return v != NULL;
}

bool
fields_set_real(struct store_fields *f, const char *name, double d)
{
	struct store_value *v = slot(f, name);

	if (v)
		*v = (struct store_value){ .type = STORE_REAL, .d = d };
	return v != NULL;
}

const char *
fields_text(const struct store_fields *f, const char *name)
{
	int i = form_index(f->form, name);

	return i >= 0 && f->value[i].type == STORE_TEXT ? f->value[i].s : NULL;
}

double
fields_number(const struct store_fields *f, const char *name, double fallback)
{
	int i = form_index(f->form, name);

	if (i < 0)
		return fallback;
	if (f->value[i].type == STORE_INT)
		return (double)f->value[i].i;
	return f->value[i].type == STORE_REAL ? f->value[i].d : fallback;
}

bool
field_is_main_geometry(const struct form_field *f)
{
	return f->type == FORM_GEOMETRY && strcmp(f->name, "geometry") == 0;
}

/* Which store type a form type has, and which JSON type it comes as. */
static enum store_type
type_of(enum form_type t)
{
	switch (t) {
	case FORM_INTEGER:
		return STORE_INT;
	case FORM_DECIMAL:
		return STORE_REAL;
	case FORM_SELECT_MULTIPLE:
	case FORM_RECORDS:
	case FORM_REPEAT:
	case FORM_GEOMETRY: /* but the record's own outline, which is in geom */
		return STORE_JSON;
	default:
		return STORE_TEXT;
	}
}

bool
value_is_json(const struct form_field *f)
{
	return type_of(f->type) == STORE_JSON && !field_is_main_geometry(f);
}

static enum err_code
misfit(const struct form_field *field, const struct json_value *v, struct err *e)
{
	static const char *const is[] = { "null",   "false",  "true",     "a number",
		                          "a text", "a list", "an object" };

	return err_set(e, ERR_INVALID, "%s is %s; the form says %s", field->name, is[v->type],
	               form_type_name(field->type));
}

static enum err_code
value_from_json(const struct form_field *field, const struct json_value *v, struct arena *mem,
                struct store_value *ret, struct err *e)
{
	enum store_type want = type_of(field->type);
	struct buf b;
	char *copy;

	if (want == STORE_JSON) {
		if (v->type != (field->type == FORM_GEOMETRY ? JSON_OBJECT : JSON_ARRAY))
			return misfit(field, v, e);
		buf_init(&b, 0);
		json_write_canonical(&b, v);
		copy = buf_ok(&b) ? arena_strndup(mem, buf_text(&b), b.size) : NULL;
		*ret = (struct store_value){ .type = STORE_JSON, .s = copy, .n = b.size };
		buf_done(&b);
		return copy ? ERR_OK : err_set(e, ERR_NOMEM, "out of memory for %s", field->name);
	}
	if (want == STORE_TEXT) {
		if (v->type != JSON_STRING)
			return misfit(field, v, e);
		*ret = (struct store_value){ .type = STORE_TEXT, .s = v->string, .n = v->count };
		return ERR_OK;
	}
	if (v->type != JSON_NUMBER)
		return misfit(field, v, e);
	if (want == STORE_REAL) {
		*ret = (struct store_value){ .type = STORE_REAL, .d = v->number };
		return ERR_OK;
	}
	if (v->number != trunc(v->number) || fabs(v->number) > 9007199254740992.0)
		return err_set(e, ERR_INVALID, "%s is %.17g; the form says a whole number",
		               field->name, v->number);
	*ret = (struct store_value){ .type = STORE_INT, .i = (int64_t)v->number };
	return ERR_OK;
}

enum err_code
fields_from_json(const struct form *form, const struct json_value *object, bool lenient,
                 struct arena *mem, struct store_fields *ret, struct err *e)
{
	struct store_fields f;

	if (object->type != JSON_OBJECT)
		return err_set(e, ERR_INVALID, "a record's fields must be a JSON object");
	if (!fields_init(&f, form, mem))
		return err_set(e, ERR_NOMEM, "out of memory for a record");
	for (const struct json_value *m = object->first; m; m = m->next) {
		int i = form_index(form, m->key);
		enum err_code rc = ERR_OK;

		if (i < 0 && !lenient)
			return err_set(e, ERR_INVALID, "%s has no field %s", form->kind, m->key);
		if (i < 0 || m->type == JSON_NULL)
			continue;
		if (field_is_main_geometry(&form->field[i])) {
			struct geom *g = arena_alloc(mem, sizeof(*g));

			if (!g)
				return err_set(e, ERR_NOMEM, "out of memory for a geometry");
			rc = geom_from_json(m, 0, mem, g, e);
			f.geom = g;
		} else {
			rc = value_from_json(&form->field[i], m, mem, &f.value[i], e);
			/* an old revision may hold a value whose field was retyped since: keep it
			 * out */
			if (rc == ERR_INVALID && lenient)
				rc = ERR_OK;
		}
		if (rc)
			return rc;
	}
	*ret = f;
	return ERR_OK;
}

void
value_to_json(const struct store_value *v, struct buf *out)
{
	switch (v->type) {
	case STORE_INT:
		json_write_i64(out, v->i);
		break;
	case STORE_REAL:
		json_write_number(out, v->d);
		break;
	case STORE_TEXT:
		json_write_string(out, v->s, v->n);
		break;
	case STORE_JSON:
		buf_add(out, v->s, v->n);
		break;
	default:
		buf_adds(out, "null");
	}
}

void
fields_to_json(const struct store_fields *f, const int *sorted, bool skip_identity, struct buf *out)
{
	bool comma = false;

	buf_addc(out, '{');
	for (size_t k = 0; k < f->form->field_count; k++) {
		const struct form_field *field = &f->form->field[sorted[k]];
		const struct store_value *v = &f->value[sorted[k]];
		bool is_geometry = f->geom && field_is_main_geometry(field);

		if ((v->type == STORE_NULL && !is_geometry) ||
		    (skip_identity && form_field_access(field) == FORM_IDENTITY))
			continue;
		if (comma)
			buf_addc(out, ',');
		comma = true;
		json_write_string(out, field->name, strlen(field->name));
		buf_addc(out, ':');
		if (is_geometry)
			geom_write_json(f->geom, out);
		else
			value_to_json(v, out);
	}
	buf_addc(out, '}');
}

/* One past the end of the JSON string that starts at s[i] (a quote), or n. */
static size_t
skip_string(const char *s, size_t n, size_t i)
{
	for (i++; i < n && s[i] != '"'; i++)
		if (s[i] == '\\')
			i++;
	return i < n ? i + 1 : n;
}

/* One past the end of the value that starts at s[i]. */
static size_t
skip_value(const char *s, size_t n, size_t i)
{
	int depth = 0;

	while (i < n) {
		char c = s[i];

		if (c == '"') {
			i = skip_string(s, n, i);
			if (depth == 0)
				return i;
			continue;
		}
		if (depth == 0 && (c == ',' || c == '}' || c == ']'))
			return i;
		if (c == '{' || c == '[')
			depth++;
		else if (c == '}' || c == ']')
			depth--;
		i++;
		if (depth == 0 && (c == '}' || c == ']'))
			return i;
	}
	return n;
}

long
record_split(const char *s, size_t n, struct record_member *out, size_t max)
{
	size_t i = 1, count = 0;

	if (n < 2 || s[0] != '{' || s[n - 1] != '}')
		return -1;
	if (n == 2)
		return 0;
	for (;;) {
		struct record_member *m = &out[count];
		size_t end;

		if (count == max || i >= n || s[i] != '"')
			return -1;
		end = skip_string(s, n, i);
		m->name = s + i + 1;
		m->name_n = end - i - 2;
		if (end >= n || s[end] != ':')
			return -1;
		m->value = s + end + 1;
		i = skip_value(s, n, end + 1);
		m->value_n = i - end - 1;
		count++;
		if (i == n - 1 && s[i] == '}')
			return (long)count;
		if (i >= n || s[i] != ',')
			return -1;
		i++;
	}
}
