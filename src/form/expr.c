#include <string.h>

#include "base/text.h"
#include "form/expr.h"
#include "form/regex.h"

#define MAX_DEPTH 32
#define MAX_ARGUMENTS 64
#define NAME_ROOM 64

/* ODK knows dates as a type, XPath does not: dates are texts that become numbers where one is
 * needed. */
enum kind {
	KIND_ANY,
	KIND_DATE,
	KIND_NUMBER
};

struct term {
	const char *text;
	enum kind kind;
};

/* A node of /data: the root, one repeat instance, or a field in either. */
struct node {
	const struct form_field *repeat;
	const struct form_field *field;
};

struct xp {
	const char *start;
	const char *s;
	const struct expr_scope *scope;
	struct node here; /* the context node; changes inside [] */
	int depth;
	struct arena *mem;
	struct err *e;
};

enum rule {
	RULE_PLAIN,
	RULE_NUMERIC, /* dates among the arguments become numbers */
	RULE_BRANCH,  /* the result is a date if an argument from the second on is */
	RULE_FIRST,   /* the result is a date if any argument is */
	RULE_PATTERN, /* the second argument is a regular expression */
	RULE_CHOICE   /* the second argument is a quoted reference to a select */
};

/* In the order of ODK's documentation. emit NULL: known, and without meaning for a record at rest.
 */
static const struct function {
	const char *name;
	const char *emit;
	unsigned char min, max;
	enum kind kind;
	enum rule rule;
} functions[] = {
	{ "if", "f-if", 3, 3, KIND_ANY, RULE_BRANCH },
	{ "position", "position", 0, 1, KIND_NUMBER, RULE_PLAIN },
	{ "last", "last", 0, 0, KIND_NUMBER, RULE_PLAIN },
	{ "once", "f-once", 1, 1, KIND_ANY, RULE_FIRST },
	{ "selected", "f-selected", 2, 2, KIND_ANY, RULE_PLAIN },
	{ "is-selected", "f-selected", 2, 2, KIND_ANY, RULE_PLAIN },
	{ "selected-at", "f-selected-at", 2, 2, KIND_ANY, RULE_PLAIN },
	{ "count-selected", "f-count-selected", 1, 1, KIND_NUMBER, RULE_PLAIN },
	{ "jr:choice-name", "f-choice-name", 2, 2, KIND_ANY, RULE_CHOICE },
	{ "indexed-repeat", "f-indexed-repeat", 3, 3, KIND_ANY, RULE_FIRST },
	{ "current", "f-current", 0, 0, KIND_ANY, RULE_PLAIN },
	{ "count", "count", 1, 1, KIND_NUMBER, RULE_PLAIN },
	{ "count-non-empty", "f-count-non-empty", 1, 1, KIND_NUMBER, RULE_PLAIN },
	{ "sum", "f-sum", 1, 1, KIND_NUMBER, RULE_PLAIN },
	{ "max", "f-max", 1, MAX_ARGUMENTS, KIND_NUMBER, RULE_PLAIN },
	{ "min", "f-min", 1, MAX_ARGUMENTS, KIND_NUMBER, RULE_PLAIN },
	{ "regex", "f-regex", 2, 2, KIND_ANY, RULE_PATTERN },
	{ "contains", "contains", 2, 2, KIND_ANY, RULE_PLAIN },
	{ "starts-with", "starts-with", 2, 2, KIND_ANY, RULE_PLAIN },
	{ "ends-with", "f-ends-with", 2, 2, KIND_ANY, RULE_PLAIN },
	{ "substr", "f-substr", 2, 3, KIND_ANY, RULE_PLAIN },
	{ "substring", "substring", 2, 3, KIND_ANY, RULE_PLAIN },
	{ "substring-before", "substring-before", 2, 2, KIND_ANY, RULE_PLAIN },
	{ "substring-after", "substring-after", 2, 2, KIND_ANY, RULE_PLAIN },
	{ "translate", "translate", 3, 3, KIND_ANY, RULE_PLAIN },
	{ "string-length", "string-length", 0, 1, KIND_NUMBER, RULE_PLAIN },
	{ "normalize-space", "normalize-space", 0, 1, KIND_ANY, RULE_PLAIN },
	{ "concat", "f-concat", 1, MAX_ARGUMENTS, KIND_ANY, RULE_PLAIN },
	{ "join", "f-join", 1, MAX_ARGUMENTS, KIND_ANY, RULE_PLAIN },
	{ "boolean-from-string", "f-boolean-from-string", 1, 1, KIND_ANY, RULE_PLAIN },
	{ "string", "string", 1, 1, KIND_ANY, RULE_PLAIN },
	{ "round", "f-round", 1, 2, KIND_NUMBER, RULE_NUMERIC },
	{ "int", "f-int", 1, 1, KIND_NUMBER, RULE_NUMERIC },
	{ "number", "number", 1, 1, KIND_NUMBER, RULE_NUMERIC },
	{ "floor", "floor", 1, 1, KIND_NUMBER, RULE_NUMERIC },
	{ "ceiling", "ceiling", 1, 1, KIND_NUMBER, RULE_NUMERIC },
	{ "pow", "f-pow", 2, 2, KIND_NUMBER, RULE_NUMERIC },
	{ "log", "f-log", 1, 1, KIND_NUMBER, RULE_NUMERIC },
	{ "log10", "f-log10", 1, 1, KIND_NUMBER, RULE_NUMERIC },
	{ "abs", "f-abs", 1, 1, KIND_NUMBER, RULE_NUMERIC },
	{ "sin", "f-sin", 1, 1, KIND_NUMBER, RULE_NUMERIC },
	{ "cos", "f-cos", 1, 1, KIND_NUMBER, RULE_NUMERIC },
	{ "tan", "f-tan", 1, 1, KIND_NUMBER, RULE_NUMERIC },
	{ "asin", "f-asin", 1, 1, KIND_NUMBER, RULE_NUMERIC },
	{ "acos", "f-acos", 1, 1, KIND_NUMBER, RULE_NUMERIC },
	{ "atan", "f-atan", 1, 1, KIND_NUMBER, RULE_NUMERIC },
	{ "atan2", "f-atan2", 2, 2, KIND_NUMBER, RULE_NUMERIC },
	{ "sqrt", "f-sqrt", 1, 1, KIND_NUMBER, RULE_NUMERIC },
	{ "exp", "f-exp", 1, 1, KIND_NUMBER, RULE_NUMERIC },
	{ "exp10", "f-exp10", 1, 1, KIND_NUMBER, RULE_NUMERIC },
	{ "pi", "f-pi", 0, 0, KIND_NUMBER, RULE_PLAIN },
	{ "today", "f-today", 0, 0, KIND_DATE, RULE_PLAIN },
	{ "now", "f-now", 0, 0, KIND_DATE, RULE_PLAIN },
	{ "date", "f-date", 1, 1, KIND_DATE, RULE_PLAIN },
	{ "date-time", "f-date-time", 1, 1, KIND_DATE, RULE_PLAIN },
	{ "decimal-date-time", "f-days", 1, 1, KIND_NUMBER, RULE_PLAIN },
	{ "decimal-time", "f-decimal-time", 1, 1, KIND_NUMBER, RULE_PLAIN },
	{ "format-date", "f-format-date", 2, 2, KIND_ANY, RULE_PLAIN },
	{ "format-date-time", "f-format-date", 2, 2, KIND_ANY, RULE_PLAIN },
	{ "area", "f-area", 1, 1, KIND_NUMBER, RULE_PLAIN },
	{ "enclosed-area", "f-area", 1, 1, KIND_NUMBER, RULE_PLAIN },
	{ "distance", "f-distance", 1, 1, KIND_NUMBER, RULE_PLAIN },
	{ "boolean", "boolean", 1, 1, KIND_ANY, RULE_PLAIN },
	{ "not", "not", 1, 1, KIND_ANY, RULE_PLAIN },
	{ "true", "true", 0, 0, KIND_ANY, RULE_PLAIN },
	{ "false", "false", 0, 0, KIND_ANY, RULE_PLAIN },
	{ "coalesce", "f-coalesce", 2, 2, KIND_ANY, RULE_FIRST },
	{ "checklist", NULL, 0, 0, KIND_ANY, RULE_PLAIN },
	{ "weighted-checklist", NULL, 0, 0, KIND_ANY, RULE_PLAIN },
	{ "random", NULL, 0, 0, KIND_ANY, RULE_PLAIN },
	{ "randomize", NULL, 0, 0, KIND_ANY, RULE_PLAIN },
	{ "uuid", NULL, 0, 0, KIND_ANY, RULE_PLAIN },
	{ "instance", NULL, 0, 0, KIND_ANY, RULE_PLAIN },
	{ "pulldata", NULL, 0, 0, KIND_ANY, RULE_PLAIN },
	{ "digest", NULL, 0, 0, KIND_ANY, RULE_PLAIN },
	{ "base64-decode", NULL, 0, 0, KIND_ANY, RULE_PLAIN },
	{ "version", NULL, 0, 0, KIND_ANY, RULE_PLAIN },
	{ "property", NULL, 0, 0, KIND_ANY, RULE_PLAIN },
};

const char *
expr_function(size_t i)
{
	size_t seen = 0;

	/* These two stand in no table: XPath's position takes no argument, and = no tolerance. */
	if (i < 2)
		return i ? "f-equal" : "f-position";
	for (size_t k = 0; k < sizeof functions / sizeof *functions; k++)
		if (functions[k].emit && text_starts(functions[k].emit, "f-") && ++seen == i - 1)
			return functions[k].emit;
	return NULL;
}

static enum err_code parse_level(struct xp *x, int level, struct term *ret);

static enum err_code
fail(struct xp *x, enum err_code code, const char *what)
{
	return err_set(x->e, code, "%s at character %zu of '%s'", what,
	               text_utf8_length(x->start, (size_t)(x->s - x->start)) + 1, x->start);
}

/* printf into the arena, as a term. */
static enum err_code
say(struct xp *x, struct term *ret, enum kind kind, const char *text)
{
	if (!text)
		return err_set(x->e, ERR_NOMEM, "out of memory for an expression");
	*ret = (struct term){ .text = text, .kind = kind };
	return ERR_OK;
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_name_start(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool
is_name_char(char c)
{
	return is_name_start(c) || is_digit(c) || c == '-' || c == '.';
}

static void
skip_blanks(struct xp *x)
{
	while (*x->s == ' ' || *x->s == '\t' || *x->s == '\n' || *x->s == '\r')
		x->s++;
}

static bool
take(struct xp *x, char c)
{
	skip_blanks(x);
	if (*x->s != c)
		return false;
	x->s++;
	return true;
}

static enum kind
kind_of(const struct form_field *f)
{
	if (f && (f->type == FORM_DATE || f->type == FORM_DATETIME || f->type == FORM_TIME))
		return KIND_DATE;
	return KIND_ANY;
}

static enum err_code
to_number(struct xp *x, struct term *t)
{
	if (t->kind != KIND_DATE)
		return ERR_OK;
	return say(x, t, KIND_NUMBER, arena_printf(x->mem, "f-days(%s)", t->text));
}

/* A name of at most NAME_ROOM - 1 characters; colon tells whether jr:x is one name. */
static enum err_code
read_name(struct xp *x, bool colon, char name[NAME_ROOM])
{
	size_t n = 0;

	if (!is_name_start(*x->s))
		return fail(x, ERR_INVALID, "a name is missing");
	while (is_name_char(x->s[n]) || (colon && x->s[n] == ':' && is_name_start(x->s[n + 1])))
		n++;
	if (n >= NAME_ROOM)
		return fail(x, ERR_INVALID, "a name is too long");
	memcpy(name, x->s, n);
	name[n] = '\0';
	x->s += n;
	return ERR_OK;
}

static void
mark_used(struct xp *x, const struct node *n)
{
	const struct form_field *top = n->repeat ? n->repeat : n->field;

	if (x->scope->used && top)
		x->scope->used[top - x->scope->form->field] = true;
}

/* The node that ${name} means, and the path to it from the context node. */
static enum err_code
resolve(struct xp *x, const char *name, struct node *ret, const char **ret_path)
{
	const struct form *f = x->scope->form;
	const struct form_field *repeat = x->here.repeat;
	const struct form_field *child = repeat ? form_find_child(repeat, name) : NULL;
	const struct form_field *top = form_find(f, name);

	if (child) {
		*ret = (struct node){ repeat, child };
		*ret_path = arena_printf(x->mem, "%s%s", x->here.field ? "../" : "", name);
	} else if (top) {
		*ret = top->type == FORM_REPEAT ? (struct node){ top, NULL }
		                                : (struct node){ NULL, top };
		*ret_path = arena_printf(x->mem, "/data/%s", name);
	} else {
		for (size_t i = 0; i < f->field_count && !child; i++) {
			repeat = &f->field[i];
			child = form_find_child(repeat, name);
		}
		if (!child)
			return err_set(x->e, ERR_INVALID, "field '%s' is not in the form", name);
		*ret = (struct node){ repeat, child };
		*ret_path = arena_printf(x->mem, "/data/%s/%s", repeat->name, name);
	}
	if (!*ret_path)
		return err_set(x->e, ERR_NOMEM, "out of memory for an expression");
	mark_used(x, ret);
	return ERR_OK;
}

static enum err_code
read_reference(struct xp *x, struct node *ret, const char **ret_path)
{
	char name[NAME_ROOM];
	enum err_code rc;

	x->s += 2;
	skip_blanks(x);
	rc = read_name(x, false, name);
	if (rc != ERR_OK)
		return rc;
	if (!take(x, '}'))
		return fail(x, ERR_INVALID, "'}' is missing");
	return resolve(x, name, ret, ret_path);
}

/* One step down from *at by name. */
static enum err_code
step_down(struct xp *x, const char *name, struct node *at)
{
	const struct form_field *f = NULL;

	if (!at->field)
		f = at->repeat ? form_find_child(at->repeat, name)
		               : form_find(x->scope->form, name);
	if (!f)
		return err_set(x->e, ERR_INVALID, "field '%s' is not in the %s", name,
		               at->field    ? at->field->name
		               : at->repeat ? at->repeat->name
		                            : "form");
	if (f->type == FORM_REPEAT)
		at->repeat = f;
	else
		at->field = f;
	mark_used(x, at);
	return ERR_OK;
}

/* One step of a path: ".", ".." or a name. Writes it into step. */
static enum err_code
read_step(struct xp *x, struct node *at, char step[NAME_ROOM])
{
	enum err_code rc;

	skip_blanks(x);
	if (x->s[0] == '.' && x->s[1] == '.') {
		x->s += 2;
		/* In full, because only the full form takes predicates. */
		memcpy(step, "parent::node()", sizeof "parent::node()");
		if (!at->field && !at->repeat)
			return fail(x, ERR_INVALID, "the form has nothing above it");
		if (at->field)
			at->field = NULL;
		else
			at->repeat = NULL;
		return ERR_OK;
	}
	if (x->s[0] == '.') {
		x->s++;
		memcpy(step, "self::node()", sizeof "self::node()");
		return ERR_OK;
	}
	if (*x->s == '*' || *x->s == '@' || *x->s == '/')
		return fail(x, ERR_UNSUPPORTED, "a path of fields is allowed, not this");
	rc = read_name(x, false, step);
	if (rc != ERR_OK)
		return rc;
	skip_blanks(x);
	if (*x->s == '(' || *x->s == ':')
		return fail(x, ERR_UNSUPPORTED, "a path of fields is allowed, not this");
	return step_down(x, step, at);
}

static enum err_code
read_predicate(struct xp *x, const struct node *at, const char **path)
{
	struct node outer = x->here;
	struct term inside = { 0 };
	enum err_code rc;

	x->here = *at;
	rc = parse_level(x, 0, &inside);
	x->here = outer;
	if (rc != ERR_OK)
		return rc;
	if (!take(x, ']'))
		return fail(x, ERR_INVALID, "']' is missing");
	*path = arena_printf(x->mem, "%s[%s]", *path, inside.text);
	return *path ? ERR_OK : err_set(x->e, ERR_NOMEM, "out of memory for an expression");
}

/* What follows a node: predicates and further steps. */
static enum err_code
read_rest_of_path(struct xp *x, struct node at, const char *path, struct term *ret)
{
	enum err_code rc = ERR_OK;
	char step[NAME_ROOM];

	while (rc == ERR_OK && path) {
		if (take(x, '[')) {
			rc = read_predicate(x, &at, &path);
		} else if (take(x, '/')) {
			rc = read_step(x, &at, step);
			if (rc == ERR_OK)
				path = arena_printf(x->mem, "%s/%s", path, step);
		} else {
			break;
		}
	}
	return rc == ERR_OK ? say(x, ret, kind_of(at.field), path) : rc;
}

static enum err_code
read_absolute(struct xp *x, struct term *ret)
{
	struct node at = { NULL, NULL };
	char name[NAME_ROOM];
	enum err_code rc;

	x->s++;
	rc = read_name(x, false, name);
	if (rc != ERR_OK)
		return rc;
	if (strcmp(name, "data") != 0)
		return fail(x, ERR_INVALID, "an absolute path must begin with /data");
	return read_rest_of_path(x, at, "/data", ret);
}

static enum err_code
read_relative(struct xp *x, struct term *ret)
{
	struct node at = x->here;
	char step[NAME_ROOM];
	enum err_code rc = read_step(x, &at, step);

	if (rc != ERR_OK)
		return rc;
	return read_rest_of_path(x, at, arena_strdup(x->mem, step), ret);
}

static enum err_code
read_literal(struct xp *x, struct term *ret)
{
	char quote = *x->s;
	const char *end = strchr(x->s + 1, quote);
	const char *text;

	if (!end)
		return fail(x, ERR_INVALID, "a quote is not closed");
	text = arena_strndup(x->mem, x->s, (size_t)(end - x->s) + 1);
	x->s = end + 1;
	return say(x, ret, KIND_ANY, text);
}

static enum err_code
read_number(struct xp *x, struct term *ret)
{
	const char *from = x->s;

	while (is_digit(*x->s))
		x->s++;
	if (*x->s == '.')
		x->s++;
	while (is_digit(*x->s))
		x->s++;
	if (is_name_start(*x->s))
		return fail(x, ERR_INVALID, "a number ends in a letter");
	return say(x, ret, KIND_NUMBER, arena_strndup(x->mem, from, (size_t)(x->s - from)));
}

/* The second argument of jr:choice-name, '${field}' in quotes: becomes the name of the field's
 * list. */
static enum err_code
read_choice_reference(struct xp *x, struct term *ret)
{
	struct xp inner = *x;
	struct node at = { NULL, NULL };
	const char *path = NULL;
	char quote;
	enum err_code rc;

	skip_blanks(x);
	quote = *x->s;
	inner.s = x->s + 1;
	if ((quote != '\'' && quote != '"') || inner.s[0] != '$' || inner.s[1] != '{')
		return fail(x, ERR_INVALID,
		            "jr:choice-name needs a reference in quotes, '${field}',");
	rc = read_reference(&inner, &at, &path);
	if (rc != ERR_OK)
		return rc;
	if (*inner.s != quote)
		return fail(x, ERR_INVALID,
		            "jr:choice-name needs a reference in quotes, '${field}',");
	if (!at.field || !at.field->list)
		return fail(x, ERR_INVALID, "jr:choice-name needs the name of a select");
	x->s = inner.s + 1;
	return say(x, ret, KIND_ANY, arena_printf(x->mem, "'%s'", at.field->list->name));
}

/* A pattern that stands there as a literal is compiled now, so that its mistakes show with the
 * form. */
static enum err_code
check_pattern(struct xp *x, const struct term *t)
{
	size_t n = strlen(t->text);
	struct regex *re = NULL;
	const char *pattern;

	if (n < 2 || (*t->text != '\'' && *t->text != '"') ||
	    strchr(t->text + 1, *t->text) != t->text + n - 1)
		return ERR_OK;
	pattern = arena_strndup(x->mem, t->text + 1, n - 2);
	if (!pattern)
		return err_set(x->e, ERR_NOMEM, "out of memory for an expression");
	return regex_compile(pattern, x->mem, &re, x->e);
}

static enum err_code
read_argument(struct xp *x, const struct function *f, size_t i, struct term *ret)
{
	enum err_code rc;

	if (f->rule == RULE_CHOICE && i == 1)
		return read_choice_reference(x, ret);
	rc = parse_level(x, 0, ret);
	if (rc == ERR_OK && f->rule == RULE_NUMERIC)
		rc = to_number(x, ret);
	if (rc == ERR_OK && f->rule == RULE_PATTERN && i == 1)
		rc = check_pattern(x, ret);
	return rc;
}

/* Arguments after '(' up to and with ')'. *all is the list with commas. */
static enum err_code
read_arguments(struct xp *x, const struct function *f, const char **all, size_t *ret_count,
               enum kind *ret_kind)
{
	size_t n = 0;
	enum err_code rc;

	*all = "";
	*ret_kind = f->kind;
	while (!take(x, ')')) {
		struct term t = { 0 };

		if (n && !take(x, ','))
			return fail(x, ERR_INVALID, "',' or ')' is missing");
		rc = read_argument(x, f, n, &t);
		if (rc != ERR_OK)
			return rc;
		*all = arena_printf(x->mem, "%s%s%s", *all, n ? ", " : "", t.text);
		if (!*all)
			return err_set(x->e, ERR_NOMEM, "out of memory for an expression");
		if (t.kind == KIND_DATE && (f->rule == RULE_FIRST || (f->rule == RULE_BRANCH && n)))
			*ret_kind = KIND_DATE;
		n++;
	}
	*ret_count = n;
	return ERR_OK;
}

static enum err_code
read_call(struct xp *x, const char *name, struct term *ret)
{
	const struct function *f = NULL;
	struct node here = { x->scope->repeat, x->scope->field };
	const char *all = NULL;
	enum kind kind = KIND_ANY;
	size_t n = 0;
	enum err_code rc;

	for (size_t i = 0; i < sizeof functions / sizeof *functions && !f; i++)
		if (strcmp(functions[i].name, name) == 0)
			f = &functions[i];
	if (!f)
		return err_set(x->e, ERR_INVALID, "function '%s' is not known", name);
	if (!f->emit)
		return err_set(x->e, ERR_UNSUPPORTED,
		               "function '%s' is not offered in a record's form", name);
	x->s++;
	rc = read_arguments(x, f, &all, &n, &kind);
	if (rc != ERR_OK)
		return rc;
	if (n < f->min || n > f->max)
		return err_set(x->e, ERR_INVALID, "function '%s' takes %u to %u arguments, not %zu",
		               name, f->min, f->max, n);
	if (strcmp(name, "current") == 0)
		return read_rest_of_path(x, here, "f-current()", ret);
	return say(x, ret, kind,
	           arena_printf(x->mem, "%s(%s)",
	                        n && strcmp(name, "position") == 0 ? "f-position" : f->emit, all));
}

static enum err_code
read_name_or_call(struct xp *x, struct term *ret)
{
	const char *from = x->s;
	char name[NAME_ROOM];
	enum err_code rc = read_name(x, true, name);

	if (rc != ERR_OK)
		return rc;
	skip_blanks(x);
	if (*x->s == '(')
		return read_call(x, name, ret);
	x->s = from;
	return read_relative(x, ret);
}

static enum err_code
parse_primary(struct xp *x, struct term *ret)
{
	struct node at = { NULL, NULL };
	const char *path = NULL;
	enum err_code rc;

	skip_blanks(x);
	if (x->s[0] == '$' && x->s[1] == '{') {
		rc = read_reference(x, &at, &path);
		return rc == ERR_OK ? read_rest_of_path(x, at, path, ret) : rc;
	}
	if (take(x, '(')) {
		rc = parse_level(x, 0, ret);
		if (rc == ERR_OK && !take(x, ')'))
			rc = fail(x, ERR_INVALID, "')' is missing");
		return rc == ERR_OK
		               ? say(x, ret, ret->kind, arena_printf(x->mem, "(%s)", ret->text))
		               : rc;
	}
	if (*x->s == '\'' || *x->s == '"')
		return read_literal(x, ret);
	if (is_digit(*x->s) || (*x->s == '.' && is_digit(x->s[1])))
		return read_number(x, ret);
	if (*x->s == '/')
		return read_absolute(x, ret);
	if (*x->s == '.')
		return read_relative(x, ret);
	if (is_name_start(*x->s))
		return read_name_or_call(x, ret);
	return fail(x, ERR_INVALID, *x->s ? "this is not expected" : "something is missing");
}

static enum err_code
parse_union(struct xp *x, struct term *ret)
{
	enum err_code rc = parse_primary(x, ret);

	while (rc == ERR_OK && take(x, '|')) {
		struct term right = { 0 };

		rc = parse_primary(x, &right);
		if (rc == ERR_OK)
			rc = say(x, ret, ret->kind,
			         arena_printf(x->mem, "%s | %s", ret->text, right.text));
	}
	return rc;
}

static enum err_code
parse_unary(struct xp *x, struct term *ret)
{
	size_t minus = 0;
	enum err_code rc;

	while (take(x, '-'))
		minus++;
	rc = parse_union(x, ret);
	if (rc != ERR_OK || !minus)
		return rc;
	rc = to_number(x, ret);
	return rc == ERR_OK ? say(x, ret, KIND_NUMBER,
	                          arena_printf(x->mem, minus % 2 ? "-%s" : "--%s", ret->text))
	                    : rc;
}

/* Operators by level, loosest first. Longer ones stand before those that begin them. */
static const char *const operators[][5] = {
	{ "or", NULL },      { "and", NULL },
	{ "!=", "=", NULL }, { "<=", "<", ">=", ">", NULL },
	{ "+", "-", NULL },  { "*", "div", "mod", NULL },
};
#define LEVELS 6
#define LEVEL_EQUALITY 2
#define LEVEL_RELATION 3

static const char *
take_operator(struct xp *x, int level)
{
	skip_blanks(x);
	for (size_t i = 0; operators[level][i]; i++) {
		const char *op = operators[level][i];
		size_t n = strlen(op);

		if (strncmp(x->s, op, n) != 0 || (is_name_start(*op) && is_name_char(x->s[n])))
			continue;
		x->s += n;
		return op;
	}
	return NULL;
}

static enum err_code
join_terms(struct xp *x, int level, const char *op, struct term *left, struct term *right)
{
	bool number = level >= LEVEL_RELATION;
	enum err_code rc = ERR_OK;

	if (level == LEVEL_EQUALITY)
		number = left->kind == KIND_NUMBER || right->kind == KIND_NUMBER;
	if (number)
		rc = to_number(x, left);
	if (number && rc == ERR_OK)
		rc = to_number(x, right);
	if (rc != ERR_OK)
		return rc;
	if (number && level == LEVEL_EQUALITY)
		return say(x, left, KIND_ANY,
		           arena_printf(x->mem,
		                        *op == '=' ? "f-equal(%s, %s)" : "not(f-equal(%s, %s))",
		                        left->text, right->text));
	return say(x, left, level > LEVEL_RELATION ? KIND_NUMBER : KIND_ANY,
	           arena_printf(x->mem, "%s %s %s", left->text, op, right->text));
}

static enum err_code
parse_level(struct xp *x, int level, struct term *ret)
{
	const char *op;
	enum err_code rc;

	if (level == LEVELS)
		return parse_unary(x, ret);
	if (level == 0 && ++x->depth > MAX_DEPTH)
		return err_set(x->e, ERR_LIMIT, "an expression is nested more than %d deep",
		               MAX_DEPTH);
	rc = parse_level(x, level + 1, ret);
	while (rc == ERR_OK && (op = take_operator(x, level))) {
		struct term right = { 0 };

		rc = parse_level(x, level + 1, &right);
		if (rc == ERR_OK)
			rc = join_terms(x, level, op, ret, &right);
	}
	x->depth -= level == 0;
	return rc;
}

/* What XML calls a character: XPath knows no others, not even in a literal. */
static bool
is_xml_text(const char *s)
{
	size_t n = strlen(s);

	if (!text_is_utf8(s, n))
		return false;
	for (size_t i = 0; i < n;) {
		uint32_t cp = text_utf8_next(s, n, &i);

		if ((cp < 0x20 && cp != '\t' && cp != '\n' && cp != '\r') || cp == 0xFFFE ||
		    cp == 0xFFFF)
			return false;
	}
	return true;
}

enum err_code
expr_translate(const char *src, const struct expr_scope *scope, struct arena *mem,
               const char **ret_xpath, struct err *e)
{
	struct xp x = { .start = src, .s = src, .scope = scope, .mem = mem, .e = e };
	struct term t = { 0 };
	enum err_code rc;

	if (!is_xml_text(src))
		return err_set(e, ERR_INVALID,
		               "an expression holds control characters or is not UTF-8");
	x.here = (struct node){ scope->repeat, scope->field };
	rc = parse_level(&x, 0, &t);
	if (rc != ERR_OK)
		return rc;
	skip_blanks(&x);
	if (*x.s)
		return fail(&x, ERR_INVALID, "this is not expected");
	*ret_xpath = t.text;
	return ERR_OK;
}
