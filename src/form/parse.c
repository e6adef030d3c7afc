#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "form/box.h"
#include "form/expr.h"
#include "form/index.h"
#include "form/table.h"

#define MAX_GROUPS 16
#define NAME_MAX_CHARS 60u
#define KIND_MAX_CHARS 40u
#define GEOMETRY(type) (1u << (type))

/* enum geom_type of geo/geom.h, whose room this one does not know; the numbers are those of WKB. */
enum wkb {
	WKB_POINT = 1,
	WKB_LINE,
	WKB_POLYGON,
	WKB_MULTIPOINT,
	WKB_MULTILINE,
	WKB_MULTIPOLYGON
};

struct columns {
	size_t type, name, required, relevant, constraint, access, unit, reference, core, verified;
	size_t geometry, link;
	size_t label[FORM_LANGUAGES], hint[FORM_LANGUAGES], message[FORM_LANGUAGES];
	size_t reviewer[FORM_LANGUAGES];
};

struct group {
	bool is_repeat;
	const char *relevant; /* or NULL */
	const char *access;   /* as written, "" = none */
};

struct parse {
	struct form_box *box;
	struct arena scratch;
	struct table survey;
	struct table choices;
	struct columns c;
	struct group group[MAX_GROUPS];
	size_t depth;
	struct form_field *field; /* top level */
	size_t field_count;
	size_t all_count;          /* with children */
	struct form_field *repeat; /* the one being filled, or NULL */
	struct form_field *child;  /* its children so far */
	bool has_version, has_national_id;
	struct err *e;
};

static enum err_code
no_memory(struct parse *p)
{
	return err_set(p->e, ERR_NOMEM, "out of memory for a form");
}

/* A trimmed cell that lives as long as the form; NULL when empty. Texts of cells are never freed.
 */
static bool
keep(struct parse *p, const char *cell, const char **ret)
{
	*ret = *cell ? arena_strdup(&p->box->mem, cell) : NULL;
	return !*cell || *ret;
}

static bool
keep_languages(struct parse *p, const struct table_row *r, const size_t column[FORM_LANGUAGES],
               const char *ret[FORM_LANGUAGES])
{
	for (int i = 0; i < FORM_LANGUAGES; i++)
		if (!keep(p, table_cell(r, column[i]), &ret[i]))
			return false;
	return true;
}

static bool
is_name(const char *s, size_t max, bool digit_first)
{
	size_t n = 0;

	if (!(*s >= 'a' && *s <= 'z') && !(digit_first && *s >= '0' && *s <= '9'))
		return false;
	for (; s[n]; n++)
		if (!(s[n] >= 'a' && s[n] <= 'z') && !(s[n] >= '0' && s[n] <= '9') && s[n] != '_')
			return false;
	return n <= max;
}

static enum err_code
check_name(struct parse *p, const char *what, const char *name)
{
	char quote[80];

	if (is_name(name, NAME_MAX_CHARS, false))
		return ERR_OK;
	return err_set(p->e, ERR_INVALID,
	               "%s '%s' is not of a-z, 0-9 and _, a letter first, at most %u characters",
	               what, err_quote(name, quote, sizeof quote), NAME_MAX_CHARS);
}

static enum err_code
read_flag(struct parse *p, const char *column, const char *cell, bool fallback, bool *ret)
{
	char quote[80];

	if (!*cell)
		*ret = fallback;
	else if (text_eq_nocase(cell, "yes") || text_eq_nocase(cell, "true") ||
	         text_eq_nocase(cell, "true()"))
		*ret = true;
	else if (text_eq_nocase(cell, "no") || text_eq_nocase(cell, "false") ||
	         text_eq_nocase(cell, "false()"))
		*ret = false;
	else
		return err_set(p->e, ERR_INVALID, "column '%s' is '%s', not yes, no or empty",
		               column, err_quote(cell, quote, sizeof quote));
	return ERR_OK;
}

static enum err_code
read_access(struct parse *p, const char *cell, enum form_access *ret)
{
	char quote[80];

	for (size_t i = p->depth; i > 0 && !*cell; i--)
		cell = p->group[i - 1].access;
	if (!*cell) {
		*ret = FORM_RESTRICTED;
		return ERR_OK;
	}
	for (enum form_access a = FORM_PUBLIC; a <= FORM_IDENTITY; a++)
		if (strcmp(cell, form_access_name(a)) == 0) {
			*ret = a;
			return ERR_OK;
		}
	return err_set(p->e, ERR_INVALID,
	               "access '%s' is not public, partner, restricted or identity",
	               err_quote(cell, quote, sizeof quote));
}

static enum err_code
read_version(struct parse *p, const char *name)
{
	int64_t version = 0;
	char quote[80];

	if (p->has_version)
		return err_set(p->e, ERR_INVALID, "settings_version is there twice");
	if (!text_parse_i64(name, strlen(name), &version) || version < 1 || version > 1000000)
		return err_set(p->e, ERR_INVALID, "version '%s' is not a whole number 1 .. 1000000",
		               err_quote(name, quote, sizeof quote));
	p->box->form.version = (int)version;
	p->has_version = true;
	return ERR_OK;
}

static enum err_code
read_setting(struct parse *p, const struct table_row *r, const char *type)
{
	struct form *f = &p->box->form;
	const char *name = table_cell(r, p->c.name);
	char quote[80];

	if (strcmp(type, "settings_version") == 0)
		return read_version(p, name);
	if (strcmp(type, "settings_kind") == 0) {
		if (f->kind)
			return err_set(p->e, ERR_INVALID, "settings_kind is there twice");
		if (!is_name(name, KIND_MAX_CHARS, false))
			return err_set(p->e, ERR_INVALID,
			               "kind '%s' is not of a-z, 0-9 and _, a letter first, at "
			               "most %u characters",
			               err_quote(name, quote, sizeof quote), KIND_MAX_CHARS);
		if (!keep(p, name, &f->kind) || !keep_languages(p, r, p->c.label, f->title) ||
		    !keep_languages(p, r, p->c.reviewer, f->reviewer))
			return no_memory(p);
		if (!f->title[FORM_EN])
			return err_set(p->e, ERR_INVALID, "kind '%s' has no English title", name);
		return ERR_OK;
	}
	if (strcmp(type, "settings_national_id") == 0) {
		if (f->national_id)
			return err_set(p->e, ERR_INVALID, "settings_national_id is there twice");
		return keep(p, name, &f->national_id) ? ERR_OK : no_memory(p);
	}
	return err_set(p->e, ERR_INVALID, "'%s' is not a setting",
	               err_quote(type, quote, sizeof quote));
}

/* A type cell is a word and an optional argument: "select_one colours", "record hazard". */
struct type_word {
	const char *word;
	enum form_type type;
	unsigned geometry;
	bool is_select, is_link;
};

static const struct type_word type_words[] = {
	{ "text", FORM_TEXT, 0, false, false },
	{ "string", FORM_TEXT, 0, false, false },
	{ "barcode", FORM_TEXT, 0, false, false },
	{ "hidden", FORM_TEXT, 0, false, false },
	{ "integer", FORM_INTEGER, 0, false, false },
	{ "int", FORM_INTEGER, 0, false, false },
	{ "decimal", FORM_DECIMAL, 0, false, false },
	{ "range", FORM_DECIMAL, 0, false, false },
	{ "date", FORM_DATE, 0, false, false },
	{ "time", FORM_TIME, 0, false, false },
	{ "datetime", FORM_DATETIME, 0, false, false },
	{ "select_one", FORM_SELECT_ONE, 0, true, false },
	{ "select_multiple", FORM_SELECT_MULTIPLE, 0, true, false },
	{ "geometry", FORM_GEOMETRY, 0, false, false },
	{ "geopoint", FORM_GEOMETRY, GEOMETRY(WKB_POINT), false, false },
	{ "geotrace", FORM_GEOMETRY, GEOMETRY(WKB_LINE), false, false },
	{ "geoshape", FORM_GEOMETRY, GEOMETRY(WKB_POLYGON), false, false },
	{ "file", FORM_FILE, 0, false, false },
	{ "image", FORM_FILE, 0, false, false },
	{ "audio", FORM_FILE, 0, false, false },
	{ "video", FORM_FILE, 0, false, false },
	{ "record", FORM_RECORD, 0, false, true },
	{ "records", FORM_RECORDS, 0, false, true },
	{ "begin_repeat", FORM_REPEAT, 0, false, false },
};

static bool
is_read_over(const char *word)
{
	static const char *const words[] = { "note",          "calculate", "start",
		                             "end",           "today",     "deviceid",
		                             "audit",         "username",  "email",
		                             "phonenumber",   "simserial", "subscriberid",
		                             "start-geopoint" };

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strcmp(word, words[i]) == 0)
			return true;
	return false;
}

/* Splits "select_one  colours" into word (lower case, in scratch) and argument ("" if none). */
static enum err_code
split_type(struct parse *p, const char *cell, const char **ret_word, const char **ret_argument)
{
	char *word = arena_strdup(&p->scratch, cell);
	char *rest;

	if (!word)
		return no_memory(p);
	for (rest = word; *rest && *rest != ' ' && *rest != '\t'; rest++)
		;
	if (*rest)
		*rest++ = '\0';
	while (*rest == ' ' || *rest == '\t')
		rest++;
	text_lower_ascii(word);
	/* XLSForm also writes "begin group" and the like. */
	if ((strcmp(word, "begin") == 0 || strcmp(word, "end") == 0) && *rest) {
		text_lower_ascii(rest);
		word = arena_printf(&p->scratch, "%s_%s", word, rest);
		rest = word ? word + strlen(word) : NULL;
	}
	if (!word)
		return no_memory(p);
	*ret_word = word;
	*ret_argument = rest;
	return ERR_OK;
}

static unsigned
geometry_bit(const char *word, size_t n)
{
	static const struct {
		const char *word;
		unsigned type;
	} known[] = { { "point", WKB_POINT },         { "line", WKB_LINE },
		      { "polygon", WKB_POLYGON },     { "multipoint", WKB_MULTIPOINT },
		      { "multiline", WKB_MULTILINE }, { "multipolygon", WKB_MULTIPOLYGON } };

	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (strlen(known[i].word) == n && memcmp(known[i].word, word, n) == 0)
			return GEOMETRY(known[i].type);
	return 0;
}

static enum err_code
read_geometry(struct parse *p, const char *cell, unsigned *ret)
{
	unsigned types = 0;

	for (const char *s = cell; *s;) {
		size_t n = strcspn(s, " \t,;");
		unsigned bit = n ? geometry_bit(s, n) : 0;

		if (n && !bit)
			return err_set(p->e, ERR_INVALID,
			               "geometry '%.*s' is not point, line, polygon, multipoint, "
			               "multiline or multipolygon",
			               (int)(n < 40 ? n : 40), s);
		types |= bit;
		s += n + (s[n] != '\0');
	}
	if (!types)
		return err_set(p->e, ERR_INVALID,
		               "column 'geometry' does not say which geometries");
	*ret = types;
	return ERR_OK;
}

static const struct form_list *
find_list(const struct form *f, const char *name)
{
	for (size_t i = 0; i < f->list_count; i++)
		if (strcmp(f->list[i].name, name) == 0)
			return &f->list[i];
	return NULL;
}

static enum err_code
read_link(struct parse *p, const struct table_row *r, const char *argument, struct form_field *f)
{
	const char *kind = *argument ? argument : table_cell(r, p->c.link);
	char quote[80];

	if (*kind && !is_name(kind, KIND_MAX_CHARS, false))
		return err_set(p->e, ERR_INVALID, "'%s' is not the name of a kind",
		               err_quote(kind, quote, sizeof quote));
	return keep(p, kind, &f->link_kind) ? ERR_OK : no_memory(p);
}

/* Type, list, link and geometry of a field. */
static enum err_code
read_type(struct parse *p, const struct table_row *r, const char *word, const char *argument,
          struct form_field *f)
{
	const struct type_word *t = NULL;
	char quote[80];

	for (size_t i = 0; i < sizeof type_words / sizeof *type_words && !t; i++)
		if (strcmp(word, type_words[i].word) == 0)
			t = &type_words[i];
	if (!t)
		return err_set(p->e, ERR_INVALID, "type '%s' is not known",
		               err_quote(word, quote, sizeof quote));
	f->type = t->type;
	f->geometry_types = t->geometry;
	if (t->is_link)
		return read_link(p, r, argument, f);
	if (t->is_select) {
		f->list = find_list(&p->box->form, argument);
		if (!f->list)
			return err_set(p->e, ERR_INVALID, "list '%s' is not in the choices table",
			               err_quote(argument, quote, sizeof quote));
		return ERR_OK;
	}
	if (*argument)
		return err_set(p->e, ERR_INVALID, "type %s takes no '%s'", word,
		               err_quote(argument, quote, sizeof quote));
	if (t->type == FORM_GEOMETRY && !t->geometry)
		return read_geometry(p, table_cell(r, p->c.geometry), &f->geometry_types);
	return ERR_OK;
}

/* The conditions of the groups around, from the innermost repeat inward, joined with the field's
 * own. */
static enum err_code
join_relevant(struct parse *p, const char *own, const char **ret)
{
	const char *all = *own ? own : NULL;
	size_t groups = 0;

	for (size_t i = p->depth; i > 0 && !p->group[i - 1].is_repeat; i--) {
		const char *outer = p->group[i - 1].relevant;

		if (!outer)
			continue;
		if (!all)
			all = outer;
		else
			all = arena_printf(&p->scratch, "(%s) and (%s)", outer, all);
		if (!all)
			return no_memory(p);
		groups++;
	}
	if (all && strlen(all) > FORM_MAX_EXPRESSION_BYTES * (groups + 1))
		return err_set(p->e, ERR_LIMIT, "condition is longer than %u bytes",
		               FORM_MAX_EXPRESSION_BYTES);
	return keep(p, all ? all : "", ret) ? ERR_OK : no_memory(p);
}

static enum err_code
read_flags(struct parse *p, const struct table_row *r, struct form_field *f)
{
	bool verified = true;
	enum err_code rc;

	rc = read_flag(p, "required", table_cell(r, p->c.required), false, &f->required);
	if (rc == ERR_OK)
		rc = read_flag(p, "core", table_cell(r, p->c.core), false, &f->core);
	if (rc == ERR_OK)
		rc = read_flag(p, "verified", table_cell(r, p->c.verified), true, &verified);
	if (rc == ERR_OK)
		rc = read_access(p, table_cell(r, p->c.access), &f->access);
	f->unverified = !verified;
	return rc;
}

/* All columns of a field's row. */
static enum err_code
read_field(struct parse *p, const struct table_row *r, const char *word, const char *argument,
           struct form_field *f)
{
	const char *name = table_cell(r, p->c.name);
	const char *constraint = table_cell(r, p->c.constraint);
	enum err_code rc;

	rc = check_name(p, "name", name);
	if (rc != ERR_OK)
		return rc;
	if (!keep(p, name, &f->name) || !keep_languages(p, r, p->c.label, f->label) ||
	    !keep_languages(p, r, p->c.reviewer, f->reviewer) ||
	    !keep_languages(p, r, p->c.hint, f->hint) ||
	    !keep_languages(p, r, p->c.message, f->constraint_message) ||
	    !keep(p, table_cell(r, p->c.unit), &f->unit) ||
	    !keep(p, table_cell(r, p->c.reference), &f->reference) ||
	    !keep(p, constraint, &f->constraint))
		return no_memory(p);
	rc = read_type(p, r, word, argument, f);
	if (rc == ERR_OK)
		rc = read_flags(p, r, f);
	if (rc == ERR_OK)
		rc = join_relevant(p, table_cell(r, p->c.relevant), &f->relevant);
	if (rc != ERR_OK)
		return err_prefix(p->e, "field '%s'", name);
	if (!f->label[FORM_EN])
		return err_set(p->e, ERR_INVALID, "field '%s' has no English label", name);
	if (strlen(constraint) > FORM_MAX_EXPRESSION_BYTES)
		return err_set(p->e, ERR_LIMIT, "field '%s': constraint is longer than %u bytes",
		               name, FORM_MAX_EXPRESSION_BYTES);
	return ERR_OK;
}

static enum err_code
add_field(struct parse *p, const struct table_row *r, const char *word, const char *argument,
          struct form_field **ret)
{
	struct form_field *f;
	enum err_code rc;

	if (++p->all_count > FORM_MAX_FIELDS)
		return err_set(p->e, ERR_LIMIT, "a form has at most %u fields", FORM_MAX_FIELDS);
	f = p->repeat ? &p->child[p->repeat->child_count] : &p->field[p->field_count];
	rc = read_field(p, r, word, argument, f);
	if (rc != ERR_OK)
		return rc;
	if (p->repeat)
		p->repeat->child_count++;
	else
		p->field_count++;
	*ret = f;
	return ERR_OK;
}

static enum err_code
open_group(struct parse *p, const struct table_row *r, bool is_repeat)
{
	struct group *g = &p->group[p->depth];
	const char *relevant = table_cell(r, p->c.relevant);
	enum form_access ignored;
	enum err_code rc;

	if (p->depth == MAX_GROUPS)
		return err_set(p->e, ERR_LIMIT, "groups stand at most %d deep", MAX_GROUPS);
	if (strlen(relevant) > FORM_MAX_EXPRESSION_BYTES)
		return err_set(p->e, ERR_LIMIT, "condition is longer than %u bytes",
		               FORM_MAX_EXPRESSION_BYTES);
	rc = read_access(p, table_cell(r, p->c.access), &ignored);
	if (rc != ERR_OK)
		return rc;
	g->is_repeat = is_repeat;
	g->relevant = *relevant ? relevant : NULL;
	g->access = table_cell(r, p->c.access);
	p->depth++;
	return ERR_OK;
}

static enum err_code
open_repeat(struct parse *p, const struct table_row *r)
{
	struct form_field *f = NULL;
	enum err_code rc;

	if (p->repeat)
		return err_set(p->e, ERR_INVALID, "a repeat inside the repeat '%s' is not offered",
		               p->repeat->name);
	rc = add_field(p, r, "begin_repeat", "", &f);
	if (rc != ERR_OK)
		return rc;
	p->child = arena_calloc(&p->box->mem, FORM_MAX_FIELDS - p->all_count + 1, sizeof *p->child);
	if (!p->child)
		return no_memory(p);
	f->child = p->child;
	p->repeat = f;
	return open_group(p, r, true);
}

static enum err_code
close_repeat(struct parse *p)
{
	struct form_field *f = p->repeat;
	size_t twice = 0;

	if (!f->child_count)
		return err_set(p->e, ERR_INVALID, "repeat '%s' has no fields", f->name);
	f->child_index =
		index_create(f->child, f->child_count, sizeof *f->child, &p->box->mem, &twice);
	if (!f->child_index)
		return no_memory(p);
	if (twice < f->child_count)
		return err_set(p->e, ERR_INVALID, "name '%s' is twice in the repeat '%s'",
		               f->child[twice].name, f->name);
	/* So that whoever asks only the repeat cannot show an identity inside it. */
	if (form_field_access(f) == FORM_IDENTITY)
		f->access = FORM_IDENTITY;
	p->repeat = NULL;
	p->child = NULL;
	return ERR_OK;
}

static enum err_code
close_group(struct parse *p, bool is_repeat)
{
	if (!p->depth || p->group[p->depth - 1].is_repeat != is_repeat)
		return err_set(p->e, ERR_INVALID, "%s without its begin",
		               is_repeat ? "end_repeat" : "end_group");
	p->depth--;
	return is_repeat ? close_repeat(p) : ERR_OK;
}

static enum err_code
read_row(struct parse *p, const struct table_row *r)
{
	const char *cell = table_cell(r, p->c.type);
	const char *word = "";
	const char *argument = "";
	struct form_field *f = NULL;
	enum err_code rc;

	if (!*cell || *cell == '#')
		return ERR_OK;
	rc = split_type(p, cell, &word, &argument);
	if (rc != ERR_OK)
		return rc;
	if (text_starts(word, "settings_"))
		return read_setting(p, r, word);
	if (is_read_over(word))
		return ERR_OK;
	if (strcmp(word, "begin_group") == 0)
		return open_group(p, r, false);
	if (strcmp(word, "end_group") == 0)
		return close_group(p, false);
	if (strcmp(word, "begin_repeat") == 0)
		return open_repeat(p, r);
	if (strcmp(word, "end_repeat") == 0)
		return close_group(p, true);
	return add_field(p, r, word, argument, &f);
}

static enum err_code
finish_survey(struct parse *p)
{
	struct form *f = &p->box->form;
	const struct form_field *id;
	size_t twice = 0;

	if (p->depth)
		return err_set(p->e, ERR_INVALID, "a %s is not ended",
		               p->group[p->depth - 1].is_repeat ? "repeat" : "group");
	if (!f->kind || !p->has_version)
		return err_set(p->e, ERR_INVALID, "there is no %s row",
		               f->kind ? "settings_version" : "settings_kind");
	if (!p->field_count)
		return err_set(p->e, ERR_INVALID, "the form has no fields");
	f->field = p->field;
	f->field_count = p->field_count;
	f->index = index_create(f->field, f->field_count, sizeof *f->field, &p->box->mem, &twice);
	if (!f->index)
		return no_memory(p);
	if (twice < f->field_count)
		return err_set(p->e, ERR_INVALID, "name '%s' is there twice", f->field[twice].name);
	if (!f->national_id)
		return ERR_OK;
	id = form_find(f, f->national_id);
	if (!id || id->type != FORM_TEXT)
		return err_set(
			p->e, ERR_INVALID,
			"settings_national_id names '%s', which is no text field of the form",
			f->national_id);
	return ERR_OK;
}

static void
find_columns(const struct table *t, struct columns *c)
{
	*c = (struct columns){
		.type = table_find(t, "type", FORM_EN),
		.name = table_find(t, "name", FORM_EN),
		.required = table_find(t, "required", FORM_EN),
		.relevant = table_find(t, "relevant", FORM_EN),
		.constraint = table_find(t, "constraint", FORM_EN),
		.access = table_find(t, "access", FORM_EN),
		.unit = table_find(t, "unit", FORM_EN),
		.reference = table_find(t, "reference", FORM_EN),
		.core = table_find(t, "core", FORM_EN),
		.verified = table_find(t, "verified", FORM_EN),
		.geometry = table_find(t, "geometry", FORM_EN),
		.link = table_find(t, "link", FORM_EN),
	};
	for (int i = 0; i < FORM_LANGUAGES; i++) {
		c->label[i] = table_find(t, "label", i);
		c->hint[i] = table_find(t, "hint", i);
		c->message[i] = table_find(t, "constraint_message", i);
		c->reviewer[i] = table_find(t, "reviewer", i);
	}
}

static enum err_code
read_survey(struct parse *p)
{
	enum err_code rc = ERR_OK;

	find_columns(&p->survey, &p->c);
	if (p->c.type == TABLE_NO_COLUMN || p->c.name == TABLE_NO_COLUMN ||
	    p->c.label[FORM_EN] == TABLE_NO_COLUMN)
		return err_set(p->e, ERR_INVALID,
		               "survey: columns 'type', 'name' and 'label::English (en)' must be "
		               "there");
	p->field = arena_calloc(&p->box->mem, FORM_MAX_FIELDS, sizeof *p->field);
	if (!p->field)
		return no_memory(p);
	for (size_t i = 0; i < p->survey.row_count; i++) {
		rc = read_row(p, &p->survey.row[i]);
		if (rc != ERR_OK)
			return err_prefix(p->e, "survey row %zu", p->survey.row[i].number);
	}
	rc = finish_survey(p);
	return rc == ERR_OK ? rc : err_prefix(p->e, "survey");
}

/* Columns of the choices table that have a place of their own; all others go to extra. */
static bool
is_choice_column(const struct table_column *c)
{
	static const char *const own[] = { "",         "list_name", "name",    "label",
		                           "reviewer", "reference", "verified" };

	for (size_t i = 0; i < sizeof own / sizeof *own; i++)
		if (strcmp(c->name, own[i]) == 0)
			return true;
	return c->language < 0;
}

/* "apmbc"; "hint::uk" for a column in another language. */
static const char *
column_key(const struct table_column *c, struct arena *mem)
{
	if (c->language == FORM_EN)
		return arena_strdup(mem, c->name);
	return arena_printf(mem, "%s::%s", c->name,
	                    form_language_code((enum form_language)c->language));
}

static enum err_code
read_extra(struct parse *p, const struct table_row *r, const struct json_value **ret)
{
	struct arena *mem = &p->box->mem;
	struct json_value *object = NULL;
	struct json_value **last = NULL;

	for (size_t i = 0; i < p->choices.column_count; i++) {
		struct json_value *v;

		if (!*r->cell[i] || is_choice_column(&p->choices.column[i]))
			continue;
		if (!object) {
			object = arena_alloc(mem, sizeof *object);
			if (!object)
				return no_memory(p);
			object->type = JSON_OBJECT;
			last = &object->first;
		}
		v = arena_alloc(mem, sizeof *v);
		if (!v || !keep(p, r->cell[i], &v->string) ||
		    !(v->key = column_key(&p->choices.column[i], mem)))
			return no_memory(p);
		v->type = JSON_STRING;
		v->count = strlen(v->string);
		v->key_size = strlen(v->key);
		object->count++;
		*last = v;
		last = &v->next;
	}
	*ret = object;
	return ERR_OK;
}

static enum err_code
read_choice(struct parse *p, const struct table_row *r, struct form_choice *c)
{
	const struct table *t = &p->choices;
	const char *code = table_cell(r, table_find(t, "name", FORM_EN));
	bool verified = true;
	char quote[80];
	enum err_code rc;

	if (!is_name(code, NAME_MAX_CHARS, true))
		return err_set(p->e, ERR_INVALID,
		               "code '%s' is not of a-z, 0-9 and _, at most %u characters",
		               err_quote(code, quote, sizeof quote), NAME_MAX_CHARS);
	if (!keep(p, code, &c->code) ||
	    !keep(p, table_cell(r, table_find(t, "reference", FORM_EN)), &c->reference))
		return no_memory(p);
	for (int i = 0; i < FORM_LANGUAGES; i++)
		if (!keep(p, table_cell(r, table_find(t, "label", i)), &c->label[i]) ||
		    !keep(p, table_cell(r, table_find(t, "reviewer", i)), &c->reviewer[i]))
			return no_memory(p);
	if (!c->label[FORM_EN])
		return err_set(p->e, ERR_INVALID, "code '%s' has no English label", code);
	rc = read_flag(p, "verified", table_cell(r, table_find(t, "verified", FORM_EN)), true,
	               &verified);
	c->unverified = !verified;
	return rc == ERR_OK ? read_extra(p, r, &c->extra) : rc;
}

static enum err_code
read_list(struct parse *p, size_t first, struct form_list *l)
{
	size_t list_name = table_find(&p->choices, "list_name", FORM_EN);
	const char *name = table_cell(&p->choices.row[first], list_name);
	struct form_choice *choice;
	size_t count = 0;
	size_t twice = 0;

	for (size_t i = first; i < p->choices.row_count; i++)
		count += strcmp(p->choices.row[i].cell[list_name], name) == 0;
	if (count > FORM_MAX_CHOICES)
		return err_set(p->e, ERR_LIMIT, "list '%s' has more than %u choices", name,
		               FORM_MAX_CHOICES);
	choice = arena_calloc(&p->box->mem, count, sizeof *choice);
	if (!choice)
		return no_memory(p);
	for (size_t i = first; i < p->choices.row_count; i++) {
		enum err_code rc;

		if (strcmp(p->choices.row[i].cell[list_name], name) != 0)
			continue;
		rc = read_choice(p, &p->choices.row[i], &choice[l->count++]);
		if (rc != ERR_OK)
			return err_prefix(p->e, "row %zu: list '%s'", p->choices.row[i].number,
			                  name);
	}
	l->choice = choice;
	l->index = index_create(choice, count, sizeof *choice, &p->box->mem, &twice);
	if (!l->index || !keep(p, name, &l->name))
		return no_memory(p);
	if (twice < count)
		return err_set(p->e, ERR_INVALID, "code '%s' is twice in the list '%s'",
		               choice[twice].code, name);
	return ERR_OK;
}

static enum err_code
read_choices(struct parse *p)
{
	struct form *f = &p->box->form;
	size_t list_name = table_find(&p->choices, "list_name", FORM_EN);
	struct form_list *list;

	if (list_name == TABLE_NO_COLUMN ||
	    table_find(&p->choices, "name", FORM_EN) == TABLE_NO_COLUMN ||
	    table_find(&p->choices, "label", FORM_EN) == TABLE_NO_COLUMN)
		return err_set(p->e, ERR_INVALID,
		               "choices: columns 'list_name', 'name' and 'label::English (en)' "
		               "must be there");
	list = arena_calloc(&p->box->mem, FORM_MAX_FIELDS, sizeof *list);
	if (!list)
		return no_memory(p);
	f->list = list;
	for (size_t i = 0; i < p->choices.row_count; i++) {
		const char *name = p->choices.row[i].cell[list_name];

		if (!*name || *name == '#' || find_list(f, name))
			continue;
		if (f->list_count == FORM_MAX_FIELDS)
			return err_set(p->e, ERR_LIMIT, "choices: more than %u lists",
			               FORM_MAX_FIELDS);
		if (read_list(p, i, &list[f->list_count]) != ERR_OK)
			return err_prefix(p->e, "choices");
		f->list_count++;
	}
	return ERR_OK;
}

/* Every expression is translated once here, so that a form that parses can be checked with. */
static enum err_code
check_expressions(struct parse *p, const struct form_field *repeat, const struct form_field *f)
{
	struct expr_scope scope = { .form = &p->box->form, .field = f, .repeat = repeat };
	const char *xpath = NULL;
	enum err_code rc = ERR_OK;

	if (f->constraint &&
	    expr_translate(f->constraint, &scope, &p->scratch, &xpath, p->e) != ERR_OK)
		return err_prefix(p->e, "survey: field '%s': constraint", f->name);
	if (f->relevant && expr_translate(f->relevant, &scope, &p->scratch, &xpath, p->e) != ERR_OK)
		return err_prefix(p->e, "survey: field '%s': relevant", f->name);
	for (size_t i = 0; i < f->child_count && rc == ERR_OK; i++)
		rc = check_expressions(p, f, &f->child[i]);
	return rc;
}

/* Where the line "#choices" stands outside quotes; NULL if nowhere. *ret_rest is the line after it.
 */
static const char *
find_choices(const char *s, size_t n, const char **ret_rest)
{
	static const char mark[] = "#choices";
	bool quoted = false;
	bool at_start = true;

	for (size_t i = 0; i < n; i++) {
		if (at_start && !quoted && n - i >= sizeof mark - 1 &&
		    memcmp(s + i, mark, sizeof mark - 1) == 0) {
			size_t j = i + sizeof mark - 1;

			while (j < n && (s[j] == ',' || s[j] == ' ' || s[j] == '\r'))
				j++;
			if (j == n || s[j] == '\n') {
				*ret_rest = s + j + (j < n);
				return s + i;
			}
		}
		quoted ^= s[i] == '"';
		at_start = s[i] == '\n';
	}
	return NULL;
}

static enum err_code
parse_all(struct parse *p, const char *survey, size_t survey_n, const char *choices,
          size_t choices_n)
{
	const char *rest = NULL;
	const char *mark = choices ? NULL : find_choices(survey, survey_n, &rest);
	enum err_code rc;

	if (mark) {
		choices = rest;
		choices_n = survey_n - (size_t)(rest - survey);
		survey_n = (size_t)(mark - survey);
	}
	rc = table_read("survey", survey, survey_n, &p->scratch, &p->survey, p->e);
	if (rc == ERR_OK && choices_n)
		rc = table_read("choices", choices, choices_n, &p->scratch, &p->choices, p->e);
	if (rc == ERR_OK && choices_n)
		rc = read_choices(p);
	if (rc == ERR_OK)
		rc = read_survey(p);
	for (size_t i = 0; i < p->field_count && rc == ERR_OK; i++)
		rc = check_expressions(p, NULL, &p->field[i]);
	return rc;
}

enum err_code
form_parse(const char *survey, size_t survey_n, const char *choices, size_t choices_n,
           struct form **ret, struct err *e)
{
	struct parse *p = mem_calloc(1, sizeof *p);
	enum err_code rc;

	if (!p)
		return err_set(e, ERR_NOMEM, "out of memory for a form");
	p->e = e;
	arena_init(&p->scratch, 0);
	p->box = box_create();
	rc = p->box ? parse_all(p, survey, survey_n, choices, choices_n) : no_memory(p);
	if (rc == ERR_OK) {
		*ret = &p->box->form;
		p->box = NULL;
	}
	form_free(p->box ? &p->box->form : NULL);
	arena_done(&p->scratch);
	mem_free(p);
	return rc;
}
