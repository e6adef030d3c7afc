#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/uuid.h"
#include "form/check.h"
#include "form/moment.h"
#include "form/odk.h"

#define MAX_SAFE_INTEGER 9007199254740991.0
#define MAX_LISTED_CODES 12

struct rules {
	const struct odk_expr *constraint;
	const struct odk_expr *relevant;
	struct rules *child; /* of a repeat, by child */
};

struct form_checker {
	const struct form *form;
	struct odk *odk; /* NULL: the form has no expressions */
	struct arena mem;
	struct rules *rules;              /* by field */
	const struct json_value **answer; /* by field: of the record at hand */
};

/* One record being checked. */
struct checking {
	struct form_checker *c;
	const struct json_value *fields;
	int64_t today_days;
	struct arena *mem;
	bool begun; /* the engine has the record */
	struct form_issue *issue;
	size_t count, room;
	struct err *e;
};

/* A field where it stands: at the top, or in the nth element of a repeat. */
struct spot {
	const struct form_field *field;
	const struct rules *rules;
	size_t index;                    /* of the top-level field */
	const struct form_field *repeat; /* or NULL */
	size_t element;                  /* 1 .. */
	struct odk_node *instance;       /* set when the engine has the record */
};

static enum err_code
no_memory(struct checking *k)
{
	return err_set(k->e, ERR_NOMEM, "out of memory for a record's check");
}

/* "evidence[2].type" inside a repeat. NULL when memory ends. */
static const char *
spot_name(struct checking *k, const struct spot *s)
{
	if (!s->repeat)
		return s->field->name;
	return arena_printf(k->mem, "%s[%zu].%s", s->repeat->name, s->element, s->field->name);
}

static enum err_code
add_issue(struct checking *k, const char *check, enum form_severity severity, const char *name,
          const char *text)
{
	if (!name || !text)
		return no_memory(k);
	if (k->count == FORM_MAX_ISSUES)
		return ERR_OK;
	if (k->count == k->room) {
		size_t room = k->room ? 2 * k->room : 4;
		struct form_issue *more = arena_calloc(k->mem, room, sizeof *more);

		if (!more)
			return no_memory(k);
		if (k->count)
			memcpy(more, k->issue, k->count * sizeof *more);
		k->issue = more;
		k->room = room;
	}
	k->issue[k->count++] = (struct form_issue){ check, name, text, severity };
	return ERR_OK;
}

/* A value as a sentence shows it. */
static const char *
show(const struct json_value *v, char *out, size_t size)
{
	static const char *const names[] = {
		"null", "false", "true", "", "", "a list", "an object"
	};
	char number[32];

	if (v->type == JSON_STRING)
		return err_quote(v->string, out, (unsigned)size);
	if (v->type != JSON_NUMBER)
		return names[v->type];
	(void)text_format_f64(v->number, number);
	return err_quote(number, out, (unsigned)size);
}

static enum err_code
refuse_type(struct checking *k, const struct spot *s, const struct json_value *v,
            const char *wanted)
{
	const char *name = spot_name(k, s);
	char quote[80];

	return add_issue(k, "type", FORM_REFUSE, name,
	                 arena_printf(k->mem, "field '%s' is '%s', not %s", name ? name : "",
	                              show(v, quote, sizeof quote), wanted));
}

static const char *
list_codes(struct checking *k, const struct form_list *l)
{
	const char *all = "";

	for (size_t i = 0; i < l->count && i < MAX_LISTED_CODES && all; i++)
		all = arena_printf(k->mem, "%s%s%s", all, i ? ", " : "", l->choice[i].code);
	if (l->count > MAX_LISTED_CODES && all)
		all = arena_printf(k->mem, "%s and %zu more", all, l->count - MAX_LISTED_CODES);
	return all;
}

static enum err_code
check_code(struct checking *k, const struct spot *s, const struct json_value *v)
{
	const struct form_list *l = s->field->list;
	const char *name;
	const char *codes;
	char quote[80];

	if (v->type != JSON_STRING)
		return refuse_type(k, s, v, "a code");
	if (strlen(v->string) == v->count && form_choice_find(l, v->string))
		return ERR_OK;
	name = spot_name(k, s);
	codes = list_codes(k, l);
	if (!name || !codes)
		return no_memory(k);
	return add_issue(k, "choice", FORM_REFUSE, name,
	                 arena_printf(k->mem,
	                              "field '%s' is '%s', which is no code of list '%s' (%s)",
	                              name, show(v, quote, sizeof quote), l->name, codes));
}

static bool
is_record_id(const struct json_value *v)
{
	struct uuid u;
	char text[UUID_TEXT];

	if (v->type != JSON_STRING || !uuid_parse(v->string, v->count, &u))
		return false;
	uuid_format(u, text);
	return memcmp(text, v->string, UUID_TEXT - 1) == 0;
}

static bool
is_file_id(const struct json_value *v)
{
	return v->type == JSON_STRING && v->count == 64 &&
	       strspn(v->string, "0123456789abcdef") == 64;
}

static bool
is_time(const struct json_value *v)
{
	return v->type == JSON_STRING && (v->count == 5 || v->count == 8) &&
	       moment_is_time(v->string, v->count);
}

static bool
is_date_time(const struct json_value *v)
{
	int64_t ignored;

	return v->type == JSON_STRING && clock_parse_us(v->string, v->count, &ignored);
}

static int
compare_texts(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Elements of an array of codes or ids: each of its type, and none twice. */
static enum err_code
check_elements(struct checking *k, const struct spot *s, const struct json_value *v)
{
	const char **text;
	const char *name;
	size_t n = 0;
	enum err_code rc = ERR_OK;

	if (v->type != JSON_ARRAY || v->count > FORM_MAX_ELEMENTS)
		return refuse_type(k, s, v,
		                   v->type == JSON_ARRAY ? "a list of at most 10000" : "a list");
	text = arena_calloc(k->mem, v->count, sizeof *text);
	if (!text)
		return no_memory(k);
	for (const struct json_value *c = v->first; c && rc == ERR_OK; c = c->next) {
		if (s->field->type == FORM_SELECT_MULTIPLE)
			rc = check_code(k, s, c);
		else if (!is_record_id(c))
			rc = refuse_type(k, s, c, "the id of a record");
		if (c->type == JSON_STRING)
			text[n++] = c->string;
	}
	if (n > 1)
		qsort(text, n, sizeof *text, compare_texts);
	for (size_t i = 1; i < n && rc == ERR_OK; i++) {
		char quote[80];

		if (strcmp(text[i], text[i - 1]) != 0 || (i > 1 && text_eq(text[i], text[i - 2])))
			continue;
		name = spot_name(k, s);
		rc = add_issue(k, "duplicate_value", FORM_FLAG, name,
		               arena_printf(k->mem, "field '%s' has '%s' more than once",
		                            name ? name : "",
		                            err_quote(text[i], quote, sizeof quote)));
	}
	return rc;
}

static enum err_code
check_geometry(struct checking *k, const struct spot *s, const struct json_value *v)
{
	static const char *const names[] = {
		"",           "Point",           "LineString",  "Polygon",
		"MultiPoint", "MultiLineString", "MultiPolygon"
	};
	const char *type = json_get_string(v, "type");
	const char *allowed = "";
	const char *name;
	char quote[80];

	for (size_t i = 1; i < sizeof names / sizeof *names && type; i++)
		if (s->field->geometry_types & (1u << i) && strcmp(type, names[i]) == 0)
			return ERR_OK;
	if (!type)
		return refuse_type(k, s, v, "a GeoJSON geometry");
	for (size_t i = 1; i < sizeof names / sizeof *names && allowed; i++)
		if (s->field->geometry_types & (1u << i))
			allowed = arena_printf(k->mem, "%s%s%s", allowed, *allowed ? ", " : "",
			                       names[i]);
	name = spot_name(k, s);
	if (!name || !allowed)
		return no_memory(k);
	return add_issue(k, "type", FORM_REFUSE, name,
	                 arena_printf(k->mem, "field '%s' is a geometry '%s', not one of: %s", name,
	                              err_quote(type, quote, sizeof quote), allowed));
}

static enum err_code check_repeat(struct checking *k, const struct spot *s,
                                  const struct json_value *v);

static enum err_code
check_value(struct checking *k, const struct spot *s, const struct json_value *v)
{
	switch (s->field->type) {
	case FORM_TEXT:
		return v->type == JSON_STRING ? ERR_OK : refuse_type(k, s, v, "a text");
	case FORM_INTEGER:
		if (v->type == JSON_NUMBER && fabs(v->number) <= MAX_SAFE_INTEGER &&
		    floor(v->number) == v->number)
			return ERR_OK;
		return refuse_type(k, s, v, "a whole number");
	case FORM_DECIMAL:
		return v->type == JSON_NUMBER ? ERR_OK : refuse_type(k, s, v, "a number");
	case FORM_DATE:
		if (v->type == JSON_STRING && clock_parse_date(v->string, v->count, NULL))
			return ERR_OK;
		return refuse_type(k, s, v, "a date YYYY-MM-DD");
	case FORM_TIME:
		return is_time(v) ? ERR_OK : refuse_type(k, s, v, "a time HH:MM or HH:MM:SS");
	case FORM_DATETIME:
		return is_date_time(v)
		               ? ERR_OK
		               : refuse_type(k, s, v,
		                             "a date and time such as 2026-05-04T09:12:44Z");
	case FORM_SELECT_ONE:
		return check_code(k, s, v);
	case FORM_SELECT_MULTIPLE:
	case FORM_RECORDS:
		return check_elements(k, s, v);
	case FORM_GEOMETRY:
		return check_geometry(k, s, v);
	case FORM_FILE:
		return is_file_id(v)
		               ? ERR_OK
		               : refuse_type(k, s, v, "the SHA-256 of a file in lower-case hex");
	case FORM_RECORD:
		return is_record_id(v) ? ERR_OK : refuse_type(k, s, v, "the id of a record");
	case FORM_REPEAT:
		return check_repeat(k, s, v);
	}
	return err_set(k->e, ERR_INTERNAL, "field type %d", (int)s->field->type);
}

/* Evaluate at the spot. An expression that fails on this record is an issue, not an error. */
static enum err_code
evaluate(struct checking *k, const struct spot *s, const struct odk_expr *x, const char *check,
         bool *ret)
{
	struct odk *o = k->c->odk;
	struct odk_value v = { 0 };
	struct odk_node *node;
	struct err why = { 0 };
	const char *name;
	enum err_code rc;

	node = s->repeat ? odk_child(s->instance, s->field) : odk_top(o, s->index);
	rc = odk_eval(o, x, node, &v, &why);
	*ret = rc == ERR_OK ? v.boolean : true;
	if (rc == ERR_OK)
		return ERR_OK;
	if (rc == ERR_NOMEM)
		return no_memory(k);
	name = spot_name(k, s);
	return add_issue(k, check, FORM_FLAG, name,
	                 arena_printf(k->mem, "field '%s' could not be checked: %s",
	                              name ? name : "", why.text));
}

static enum err_code
begin(struct checking *k)
{
	enum err_code rc = ERR_OK;

	if (!k->begun)
		rc = odk_begin(k->c->odk, k->fields, k->today_days, k->mem, k->e);
	k->begun = rc == ERR_OK;
	return rc;
}

static enum err_code
is_relevant(struct checking *k, const struct spot *s, bool *ret)
{
	*ret = true;
	if (!s->rules->relevant)
		return ERR_OK;
	if (begin(k) != ERR_OK)
		return no_memory(k);
	return evaluate(k, s, s->rules->relevant, "relevant", ret);
}

static enum err_code
check_constraint(struct checking *k, const struct spot *s, const struct json_value *v)
{
	const char *message = s->field->constraint_message[FORM_EN];
	const char *name;
	char quote[80];
	bool holds = true;
	enum err_code rc;

	if (!s->rules->constraint)
		return ERR_OK;
	if (begin(k) != ERR_OK)
		return no_memory(k);
	rc = evaluate(k, s, s->rules->constraint, "constraint", &holds);
	if (rc != ERR_OK || holds)
		return rc;
	name = spot_name(k, s);
	if (!name)
		return no_memory(k);
	return add_issue(
		k, "constraint", FORM_FLAG, name,
		message ? arena_printf(k->mem, "field '%s' is '%s': %s", name,
	                               show(v, quote, sizeof quote), message)
			: arena_printf(k->mem, "field '%s' is '%s', which breaks the rule %s", name,
	                               show(v, quote, sizeof quote), s->field->constraint));
}

static enum err_code
check_missing(struct checking *k, const struct spot *s)
{
	const char *name;
	bool asked = true;
	enum err_code rc;

	if (!s->field->required)
		return ERR_OK;
	rc = is_relevant(k, s, &asked);
	if (rc != ERR_OK || !asked)
		return rc;
	name = spot_name(k, s);
	return add_issue(
		k, "required", FORM_FLAG, name,
		arena_printf(k->mem, "field '%s' is required and empty", name ? name : ""));
}

static bool
is_answered(const struct json_value *v)
{
	return v && v->type != JSON_NULL && !(v->type == JSON_STRING && v->count == 0) &&
	       !(v->type == JSON_ARRAY && v->count == 0);
}

static enum err_code
check_field(struct checking *k, const struct spot *s, const struct json_value *v)
{
	size_t before = k->count;
	const char *name;
	bool asked = true;
	enum err_code rc;

	if (!is_answered(v))
		return check_missing(k, s);
	rc = check_value(k, s, v);
	if (rc == ERR_OK)
		rc = is_relevant(k, s, &asked);
	if (rc == ERR_OK && !asked) {
		name = spot_name(k, s);
		rc = add_issue(k, "relevant", FORM_FLAG, name,
		               arena_printf(k->mem,
		                            "field '%s' has a value although it is only asked for "
		                            "when %s",
		                            name ? name : "", s->field->relevant));
	}
	/* A value of the wrong type says nothing to a constraint. */
	if (rc == ERR_OK && k->count == before)
		rc = check_constraint(k, s, v);
	return rc;
}

static enum err_code
report_unknown(struct checking *k, const char *path, const char *key)
{
	const struct form *f = k->c->form;
	char quote[80];
	const char *name = arena_printf(k->mem, "%s%s", path, key);

	return add_issue(k, "unknown_field", FORM_REFUSE, name,
	                 arena_printf(k->mem, "field '%s' is not in form '%s' version %d",
	                              err_quote(name ? name : "", quote, sizeof quote), f->kind,
	                              f->version));
}

/* One element of a repeat. */
static enum err_code
check_element(struct checking *k, const struct spot *s, const struct json_value *v, size_t element,
              struct odk_node *instance)
{
	enum err_code rc = ERR_OK;

	for (size_t i = 0; i < s->field->child_count && rc == ERR_OK; i++) {
		struct spot child = { &s->field->child[i],
			              &s->rules->child[i],
			              s->index,
			              s->field,
			              element,
			              instance };

		rc = check_field(k, &child, json_get(v, child.field->name));
	}
	for (const struct json_value *c = v->first; c && rc == ERR_OK; c = c->next) {
		const char *path;

		if (form_find_child(s->field, c->key))
			continue;
		path = arena_printf(k->mem, "%s[%zu].", s->field->name, element);
		rc = path ? report_unknown(k, path, c->key) : no_memory(k);
	}
	return rc;
}

static bool
has_rules(const struct spot *s)
{
	for (size_t i = 0; i < s->field->child_count; i++)
		if (s->rules->child[i].constraint || s->rules->child[i].relevant)
			return true;
	return false;
}

static enum err_code
check_repeat(struct checking *k, const struct spot *s, const struct json_value *v)
{
	struct odk_node *instance = NULL;
	bool rules = has_rules(s);
	size_t element = 0;
	enum err_code rc = ERR_OK;

	if (v->type != JSON_ARRAY || v->count > FORM_MAX_ELEMENTS)
		return refuse_type(k, s, v,
		                   v->type == JSON_ARRAY ? "a list of at most 10000" : "a list");
	if (rules) {
		if (begin(k) != ERR_OK)
			return no_memory(k);
		instance = odk_top(k->c->odk, s->index);
	}
	for (const struct json_value *c = v->first; c && rc == ERR_OK; c = c->next) {
		element++;
		rc = c->type == JSON_OBJECT ? check_element(k, s, c, element, instance)
		                            : refuse_type(k, s, c, "a list of objects");
		if (rules && c->next)
			instance = odk_next_instance(instance);
	}
	return rc;
}

static enum err_code
check_all(struct checking *k)
{
	struct form_checker *c = k->c;
	const struct form *f = c->form;
	size_t unknown = 0;
	enum err_code rc = ERR_OK;

	memset((void *)c->answer, 0, f->field_count * sizeof(*c->answer));
	for (const struct json_value *v = k->fields->first; v; v = v->next) {
		int i = form_index(f, v->key);

		if (i >= 0)
			c->answer[i] = v;
		else
			unknown++;
	}
	for (size_t i = 0; i < f->field_count && rc == ERR_OK; i++) {
		struct spot s = { &f->field[i], &c->rules[i], i, NULL, 0, NULL };

		rc = check_field(k, &s, c->answer[i]);
	}
	for (const struct json_value *v = k->fields->first; v && unknown && rc == ERR_OK;
	     v = v->next) {
		if (form_index(f, v->key) >= 0)
			continue;
		unknown--;
		rc = report_unknown(k, "", v->key);
	}
	return rc;
}

enum err_code
form_check_record(struct form_checker *c, const struct json_value *fields, int64_t today_days,
                  struct arena *mem, struct form_issues *ret, struct err *e)
{
	struct checking k = {
		.c = c, .fields = fields, .today_days = today_days, .mem = mem, .e = e
	};
	enum err_code rc;

	if (fields->type != JSON_OBJECT)
		return err_set(e, ERR_INVALID, "the fields of a record are not a JSON object");
	rc = check_all(&k);
	if (k.begun)
		odk_end(c->odk);
	if (rc != ERR_OK)
		return rc;
	ret->count = k.count;
	ret->issue = k.issue;
	return ERR_OK;
}

static bool
has_expressions(const struct form_field *f, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (f[i].constraint || f[i].relevant ||
		    has_expressions(f[i].child, f[i].child_count))
			return true;
	return false;
}

static enum err_code
compile_rules(struct form_checker *c, const struct form_field *repeat, const struct form_field *f,
              struct rules *r, struct err *e)
{
	enum err_code rc = ERR_OK;

	if (f->constraint)
		rc = odk_compile(c->odk, f->constraint, repeat, f, &r->constraint, e);
	if (f->relevant && rc == ERR_OK)
		rc = odk_compile(c->odk, f->relevant, repeat, f, &r->relevant, e);
	if (!f->child_count || rc != ERR_OK)
		return rc;
	r->child = arena_calloc(&c->mem, f->child_count, sizeof *r->child);
	if (!r->child)
		return err_set(e, ERR_NOMEM, "out of memory for a form's checker");
	for (size_t i = 0; i < f->child_count && rc == ERR_OK; i++)
		rc = compile_rules(c, f, &f->child[i], &r->child[i], e);
	return rc;
}

enum err_code
form_checker_create(const struct form *f, struct form_checker **ret, struct err *e)
{
	struct form_checker *c = mem_calloc(1, sizeof *c);
	enum err_code rc = ERR_OK;

	if (!c)
		return err_set(e, ERR_NOMEM, "out of memory for a form's checker");
	c->form = f;
	arena_init(&c->mem, 0);
	c->rules = arena_calloc(&c->mem, f->field_count, sizeof *c->rules);
	c->answer = arena_calloc(&c->mem, f->field_count, sizeof(*c->answer));
	if (!c->rules || !c->answer)
		rc = err_set(e, ERR_NOMEM, "out of memory for a form's checker");
	if (rc == ERR_OK && has_expressions(f->field, f->field_count))
		rc = odk_create(f, &c->odk, e);
	for (size_t i = 0; i < f->field_count && rc == ERR_OK; i++)
		rc = compile_rules(c, NULL, &f->field[i], &c->rules[i], e);
	if (rc != ERR_OK) {
		form_checker_free(c);
		return rc;
	}
	*ret = c;
	return ERR_OK;
}

void
form_checker_free(struct form_checker *c)
{
	if (!c)
		return;
	odk_free(c->odk);
	arena_done(&c->mem);
	mem_free(c);
}
