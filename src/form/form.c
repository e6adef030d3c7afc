#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "form/box.h"
#include "form/form.h"
#include "form/index.h"

#include "forms_gen.h"

static const char *const type_names[] = {
	[FORM_TEXT] = "text",
	[FORM_INTEGER] = "integer",
	[FORM_DECIMAL] = "decimal",
	[FORM_DATE] = "date",
	[FORM_TIME] = "time",
	[FORM_DATETIME] = "dateTime",
	[FORM_SELECT_ONE] = "select_one",
	[FORM_SELECT_MULTIPLE] = "select_multiple",
	[FORM_GEOMETRY] = "geometry",
	[FORM_FILE] = "file",
	[FORM_RECORD] = "record",
	[FORM_RECORDS] = "records",
	[FORM_REPEAT] = "begin_repeat",
};

static const char *const access_names[] = { "public", "partner", "restricted", "identity" };

struct form_box *
box_create(void)
{
	struct form_box *b = mem_calloc(1, sizeof *b);

	if (b)
		arena_init(&b->mem, 0);
	return b;
}

void
form_free(struct form *f)
{
	/* Every form is the first member of a box: box_create is the only maker. */
	struct form_box *b = (struct form_box *)f;

	if (!b)
		return;
	arena_done(&b->mem);
	mem_free(b);
}

bool
form_builtin(const char *kind, const char **ret_survey, const char **ret_choices)
{
	for (size_t i = 0; forms_table[i].kind; i++)
		if (strcmp(forms_table[i].kind, kind) == 0) {
			*ret_survey = forms_table[i].survey;
			*ret_choices = forms_table[i].choices;
			return true;
		}
	return false;
}

const char *const *
form_builtin_kinds(void)
{
	return forms_kinds;
}

int
form_index(const struct form *f, const char *name)
{
	return index_find(f->index, name);
}

const struct form_field *
form_find(const struct form *f, const char *name)
{
	int i = index_find(f->index, name);

	return i < 0 ? NULL : &f->field[i];
}

const struct form_field *
form_find_child(const struct form_field *repeat, const char *name)
{
	int i = index_find(repeat->child_index, name);

	return i < 0 ? NULL : &repeat->child[i];
}

enum form_access
form_field_access(const struct form_field *f)
{
	enum form_access a = f->access;

	for (size_t i = 0; i < f->child_count; i++)
		if (f->child[i].access > a)
			a = f->child[i].access;
	return a;
}

bool
form_has_identity(const struct form *f)
{
	for (size_t i = 0; i < f->field_count; i++)
		if (form_field_access(&f->field[i]) == FORM_IDENTITY)
			return true;
	return false;
}

const struct form_choice *
form_choice_find(const struct form_list *l, const char *code)
{
	int i = index_find(l->index, code);

	return i < 0 ? NULL : &l->choice[i];
}

const char *
form_label(const char *const label[FORM_LANGUAGES], const char *const reviewer[FORM_LANGUAGES],
           enum form_language lang, bool *ret_reviewed)
{
	const char *text = label[lang];
	bool reviewed = true;

	if (!text || !*text)
		text = label[FORM_EN];
	else if (lang != FORM_EN)
		reviewed = reviewer && reviewer[lang] && *reviewer[lang];
	if (ret_reviewed)
		*ret_reviewed = reviewed;
	return text ? text : "";
}

const char *
form_access_name(enum form_access a)
{
	return access_names[a];
}

const char *
form_type_name(enum form_type t)
{
	return type_names[t];
}

const char *
form_language_code(enum form_language lang)
{
	static const char *const codes[FORM_LANGUAGES] = { "en", "uk", "az" };

	return codes[lang];
}

static const char *
column_of(const struct form_choice *c, const char *column)
{
	const char *text = c && c->extra ? json_get_string(c->extra, column) : NULL;

	return text ? text : "";
}

static double
number_of(const struct form_choice *c, const char *column)
{
	const char *text = column_of(c, column);
	double v = 0;

	return text_parse_f64(text, strlen(text), &v) ? v : 0;
}

/* What the program computes with says the same of a code for ever: else a new version of a form
 * would close land or hide danger that nobody decided about. */
static enum err_code
columns_may_follow(const struct form_field *a, const struct form_choice *now,
                   const struct form_choice *next, struct err *e)
{
	static const char *const columns[] = { "danger_rank", "in_area_totals", "open_rank", "open",
		                               "monitor" };

	for (size_t i = 0; i < sizeof(columns) / sizeof(*columns); i++)
		if (strcmp(column_of(now, columns[i]), column_of(next, columns[i])) != 0)
			return err_set(e, ERR_CONFLICT,
			               "code '%s' of field '%s' has %s '%s', which the program "
			               "computes with and which cannot become '%s'",
			               now->code, a->name, columns[i], column_of(now, columns[i]),
			               column_of(next, columns[i]));
	return ERR_OK;
}

/* A new code may neither close land nor outrank, while it waits, a code that counts. */
static enum err_code
code_may_join(const struct form_field *a, const struct form_choice *c, struct err *e)
{
	bool opens = false, ranks = false;
	double closed = 0, counted = 0;

	for (size_t i = 0; i < a->list->count; i++) {
		const struct form_choice *o = &a->list->choice[i];

		opens = opens || *column_of(o, "open");
		ranks = ranks || *column_of(o, "danger_rank");
		if (text_eq(column_of(o, "open"), "no") && number_of(o, "open_rank") > closed)
			closed = number_of(o, "open_rank");
		if (!text_eq(column_of(o, "in_area_totals"), "no") &&
		    (counted <= 0 || number_of(o, "danger_rank") < counted))
			counted = number_of(o, "danger_rank");
	}
	if (opens && (!text_eq(column_of(c, "open"), "yes") || number_of(c, "open_rank") <= closed))
		return err_set(
			e, ERR_CONFLICT,
			"new code '%s' of field '%s' must have open 'yes' and an open_rank above "
			"%g; land is closed by the codes that are there",
			c->code, a->name, closed);
	if (ranks && text_eq(column_of(c, "in_area_totals"), "no") &&
	    number_of(c, "danger_rank") >= counted)
		return err_set(
			e, ERR_CONFLICT,
			"new code '%s' of field '%s' is not in area totals; its danger_rank must "
			"be below %g, that of codes that are",
			c->code, a->name, counted);
	return ERR_OK;
}

static enum err_code
choices_may_follow(const struct form_field *a, const struct form_field *b, struct err *e)
{
	enum err_code rc = ERR_OK;

	for (size_t i = 0; !rc && a->list && i < a->list->count; i++) {
		const struct form_choice *next = form_choice_find(b->list, a->list->choice[i].code);

		if (!next)
			return err_set(e, ERR_CONFLICT,
			               "code '%s' of field '%s' is gone; a code stays for ever, "
			               "only its labels may change",
			               a->list->choice[i].code, a->name);
		if (a->core)
			rc = columns_may_follow(a, &a->list->choice[i], next, e);
	}
	for (size_t i = 0; !rc && a->core && a->list && i < b->list->count; i++)
		if (!form_choice_find(a->list, b->list->choice[i].code))
			rc = code_may_join(a, &b->list->choice[i], e);
	return rc;
}

enum err_code
form_same_meaning(const struct form *a, const struct form *b, struct err *e)
{
	enum err_code rc = ERR_OK;

	for (size_t i = 0; !rc && i < a->field_count; i++) {
		const struct form_field *f = &a->field[i], *g = form_find(b, f->name);

		for (size_t k = 0; !rc && f->core && f->list && g && g->list && k < f->list->count;
		     k++) {
			const struct form_choice *c =
				form_choice_find(g->list, f->list->choice[k].code);

			rc = c ? columns_may_follow(f, &f->list->choice[k], c, e) : ERR_OK;
		}
	}
	return rc;
}

static bool
retype_allowed(const struct form_field *a, const struct form_field *b)
{
	if (a->type == b->type)
		return true;
	return a->type == FORM_INTEGER && b->type == FORM_DECIMAL && !a->core;
}

static enum err_code
field_may_follow(const struct form_field *a, const struct form_field *b, struct err *e)
{
	if (!retype_allowed(a, b))
		return err_set(e, ERR_CONFLICT,
		               "field '%s' is of type %s and cannot become %s; give the new one "
		               "a new name",
		               a->name, form_type_name(a->type), form_type_name(b->type));
	if (a->core && !b->core)
		return err_set(e, ERR_CONFLICT, "field '%s' is core and cannot stop being so",
		               a->name);
	if (b->access < a->access && (a->core || a->access == FORM_IDENTITY))
		return err_set(e, ERR_CONFLICT,
		               "field '%s' is %s and cannot be opened to %s readers", a->name,
		               form_access_name(a->access), form_access_name(b->access));
	if (!text_eq(a->link_kind, b->link_kind) && b->link_kind)
		return err_set(e, ERR_CONFLICT, "field '%s' links to %s and cannot link to %s",
		               a->name, a->link_kind ? a->link_kind : "any kind", b->link_kind);
	if (a->geometry_types & ~b->geometry_types)
		return err_set(e, ERR_CONFLICT,
		               "field '%s' would refuse geometries that it takes now", a->name);
	return choices_may_follow(a, b, e);
}

static enum err_code
child_may_follow(const struct form_field *a, const struct form_field *b, struct err *e)
{
	for (size_t i = 0; i < a->child_count; i++) {
		const struct form_field *child = form_find_child(b, a->child[i].name);
		enum err_code rc = ERR_OK;

		if (child)
			rc = field_may_follow(&a->child[i], child, e);
		else if (a->child[i].core || a->core)
			rc = err_set(e, ERR_CONFLICT, "core field '%s' cannot be dropped",
			             a->child[i].name);
		if (rc != ERR_OK)
			return err_prefix(e, "repeat '%s'", a->name);
	}
	return ERR_OK;
}

enum err_code
form_may_follow(const struct form *now, const struct form *next, struct err *e)
{
	enum err_code rc = ERR_OK;

	if (strcmp(now->kind, next->kind) != 0)
		return err_set(e, ERR_INVALID, "this is a form of kind '%s', not '%s'", next->kind,
		               now->kind);
	if (next->version <= now->version)
		return err_set(e, ERR_CONFLICT,
		               "version %d is in use; settings_version must be above it, not %d",
		               now->version, next->version);
	if (now->national_id && !text_eq(now->national_id, next->national_id))
		return err_set(e, ERR_CONFLICT,
		               "the national id is in field '%s' and must stay there",
		               now->national_id);
	for (size_t i = 0; i < now->field_count && rc == ERR_OK; i++) {
		const struct form_field *a = &now->field[i];
		const struct form_field *b = form_find(next, a->name);

		if (b)
			rc = field_may_follow(a, b, e);
		else if (a->core)
			rc = err_set(e, ERR_CONFLICT, "core field '%s' cannot be dropped", a->name);
		if (rc == ERR_OK && b)
			rc = child_may_follow(a, b, e);
	}
	return rc;
}
