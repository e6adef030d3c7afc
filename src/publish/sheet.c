#include "publish/sheet.h"

#include <string.h>

#include "base/text.h"

struct fixed {
	const char *name, *tag;
	enum store_type type;
	enum sheet_source source;
	bool exact_only, hazard_only;
};

static const struct fixed head[] = {
	{ "record_id", "#meta+id+record", STORE_TEXT, SHEET_RECORD_ID, false, false },
	{ "shown_as", "#status+shown_as", STORE_TEXT, SHEET_SHOWN_AS, false, true },
	{ "unapproved", "#meta+unapproved", STORE_INT, SHEET_UNAPPROVED, false, false },
	{ "conflict", "#meta+conflict", STORE_INT, SHEET_CONFLICT, false, false },
	{ "drawn", "#meta+drawn", STORE_TEXT, SHEET_DRAWN, true, true },
	{ "shown_area_m2", "#indicator+area+m2", STORE_REAL, SHEET_AREA, false, true },
	{ "shown_area_low_m2", "#indicator+area+low+m2", STORE_REAL, SHEET_AREA_LOW, false, true },
	{ "shown_area_high_m2", "#indicator+area+high+m2", STORE_REAL, SHEET_AREA_HIGH, false,
	  true },
	{ "shown_perimeter_m", "#indicator+perimeter+m", STORE_REAL, SHEET_PERIMETER, true, true },
	{ "submission", "#meta+submission", STORE_INT, SHEET_SUBMISSION, true, false },
};

static const struct fixed tail[] = {
	{ "expires", "#date+expires", STORE_TEXT, SHEET_EXPIRES, false, true },
	{ "note", "#meta+note", STORE_TEXT, SHEET_NOTE, false, true },
};

/* HXL hashtags (hxlstandard.org) of the fields that have a well-known one. */
static const char *
known_tag(const char *name)
{
	static const char *const tag[][2] = {
		{ "national_id", "#meta+id" },        { "place", "#loc+code" },
		{ "place_name", "#loc+name" },        { "admin1_name", "#adm1+name" },
		{ "admin2_name", "#adm2+name" },      { "country", "#country+code" },
		{ "class", "#event+type" },           { "status", "#status" },
		{ "outcome", "#status+outcome" },     { "killed", "#affected+killed" },
		{ "injured", "#affected+injured" },   { "unknown_outcome", "#affected+unknown" },
		{ "sex", "#affected+sex" },           { "device_class", "#cause+device" },
		{ "device_model", "#cause+model" },   { "category", "#item+category" },
		{ "quantity", "#item+num" },          { "model", "#item+model" },
		{ "organisation", "#org+id" },        { "organisation_name", "#org+name" },
		{ "activity", "#activity" },          { "population", "#population" },
		{ "p_code", "#loc+code+p" },          { "name", "#loc+name" },
		{ "accuracy_m", "#geo+precision+m" }, { "remarks", "#description+remarks" },
	};

	for (size_t i = 0; i < sizeof(tag) / sizeof(*tag); i++)
		if (text_eq(name, tag[i][0]))
			return tag[i][1];
	return NULL;
}

static const char *
tag_of(const struct form_field *f, struct arena *mem)
{
	const char *known = known_tag(f->name), *root = "#meta";

	if (known)
		return known;
	if (f->type == FORM_DATE || f->type == FORM_DATETIME || f->type == FORM_TIME)
		root = "#date";
	else if (f->type == FORM_INTEGER || f->type == FORM_DECIMAL)
		root = "#indicator";
	else if (f->type == FORM_GEOMETRY)
		root = "#geo+bounds";
	else if (f->type == FORM_TEXT)
		root = "#description";
	return arena_printf(mem, "%s+%s", root, f->name);
}

static size_t
add_fixed(const struct fixed *from, size_t n, bool hazard, bool exact, struct sheet_column *out,
          size_t at)
{
	for (size_t i = 0; i < n; i++) {
		if ((from[i].hazard_only && !hazard) || (from[i].exact_only && !exact))
			continue;
		out[at++] = (struct sheet_column){ .name = from[i].name,
			                           .tag = from[i].tag,
			                           .type = from[i].type,
			                           .date = from[i].source == SHEET_EXPIRES,
			                           .source = from[i].source };
	}
	return at;
}

static enum store_type
column_type(const struct form_field *f)
{
	return f->type == FORM_INTEGER   ? STORE_INT
	       : f->type == FORM_DECIMAL ? STORE_REAL
	                                 : STORE_TEXT;
}

enum err_code
sheet_make(struct store *st, int kind, enum access_role role, struct arena *mem, struct sheet *ret,
           struct err *e)
{
	const struct form *form = store_form(st, kind);
	bool hazard = text_eq(form->kind, "hazard"), exact = access_is_exact(role);
	size_t heads = sizeof(head) / sizeof(*head), tails = sizeof(tail) / sizeof(*tail);
	struct sheet_column *c = arena_calloc(mem, form->field_count + heads + tails, sizeof(*c));
	size_t n;

	*ret = (struct sheet){ .name = form->kind, .style = form->kind, .kind = kind, .column = c };
	if (!c)
		return err_set(e, ERR_NOMEM, "out of memory for a table");
	n = add_fixed(head, heads, hazard, exact, c, 0);
	for (size_t i = 0; i < form->field_count; i++) {
		const struct form_field *f = &form->field[i];
		enum access_show show = access_field(role, form->kind, f);

		if (show == ACCESS_HIDE)
			continue;
		if (field_is_main_geometry(f)) {
			ret->geometry = true;
			continue;
		}
		c[n] = (struct sheet_column){ .name = f->name,
			                      .tag = tag_of(f, mem),
			                      .type = column_type(f),
			                      .date = f->type == FORM_DATE && show == ACCESS_SHOW,
			                      .source = SHEET_FIELD,
			                      .field = i };
		if (!c[n++].tag)
			return err_set(e, ERR_NOMEM, "out of memory for a table");
	}
	ret->count = add_fixed(tail, tails, hazard, exact, c, n);
	return ERR_OK;
}

enum err_code
sheet_make_totals(struct store *st, int kind, struct arena *mem, struct sheet *ret, struct err *e)
{
	static const struct sheet_column column[] = {
		{ "year", "#date+year", STORE_INT, false, SHEET_YEAR, 0 },
		{ "persons", "#affected+num", STORE_INT, false, SHEET_PERSONS, 0 },
		{ "note", "#meta+note", STORE_TEXT, false, SHEET_NOTE, 0 },
	};

	*ret = (struct sheet){ .name = arena_printf(mem, "%s_totals", store_kind_name(st, kind)),
		               .kind = kind,
		               .column = column,
		               .count = sizeof(column) / sizeof(*column) };
	return ret->name ? ERR_OK : err_set(e, ERR_NOMEM, "out of memory for a table");
}

static struct store_value
text_value(const char *s)
{
	return s ? (struct store_value){ .type = STORE_TEXT, .s = s, .n = strlen(s) }
	         : (struct store_value){ 0 };
}

static struct store_value
number_value(double v)
{
	return v > 0 ? (struct store_value){ .type = STORE_REAL, .d = v }
	             : (struct store_value){ 0 };
}

static struct store_value
int_value(int64_t v)
{
	return (struct store_value){ .type = STORE_INT, .i = v };
}

static const char *
note_of(const struct shown *row)
{
	if (row->as == SHOWN_RELEASED)
		return "Released by this register. Residual risk stays; after the day in expires "
		       "read it as no information. "
		       "No mark does not mean safe.";
	if (row->as == SHOWN_REPORTED_RELEASED && row->unapproved)
		return "Released as its source reports, which nobody here approved; never released "
		       "by this register. No mark does not mean safe.";
	if (row->as == SHOWN_REPORTED_RELEASED)
		return "Released as its source reports; never released by this register. No mark "
		       "does not mean safe.";
	if (row->unapproved)
		return "Danger, not approved yet. No mark does not mean safe.";
	return "Danger. No mark does not mean safe.";
}

static enum err_code
id_value(const struct shown *row, struct arena *mem, struct store_value *v, struct err *e)
{
	static const struct uuid none = { { 0 } };
	char id[UUID_TEXT];

	*v = (struct store_value){ 0 };
	if (memcmp(&row->id, &none, sizeof(none)) == 0)
		return ERR_OK;
	uuid_format(row->id, id);
	*v = text_value(arena_strdup(mem, id));
	return v->s ? ERR_OK : err_set(e, ERR_NOMEM, "out of memory for a row");
}

static struct store_value
fixed_value(enum sheet_source source, const struct shown *row, const char *expires)
{
	switch (source) {
	case SHEET_SHOWN_AS:
		return text_value(shown_as_name(row->as));
	case SHEET_UNAPPROVED:
		return int_value(row->unapproved);
	case SHEET_CONFLICT:
		return int_value(row->conflict);
	case SHEET_DRAWN:
		return text_value(row->cover ? "cover" : "as_given");
	case SHEET_AREA:
		return number_value(row->area_m2);
	case SHEET_AREA_LOW:
		if (row->area_m2 > 0)
			return (struct store_value){ .type = STORE_REAL, .d = row->area_low_m2 };
		return (struct store_value){ 0 };
	case SHEET_AREA_HIGH:
		return number_value(row->area_high_m2);
	case SHEET_PERIMETER:
		return number_value(row->perimeter_m);
	case SHEET_SUBMISSION:
		return int_value(row->submission);
	case SHEET_EXPIRES: /* danger never expires */
		if (row->as != SHOWN_DANGER)
			return text_value(expires);
		return (struct store_value){ 0 };
	case SHEET_NOTE:
		return text_value(note_of(row));
	default:
		return (struct store_value){ 0 };
	}
}

enum err_code
sheet_values(const struct sheet *s, const struct shown *row, const char *expires, struct arena *mem,
             struct store_value *value, struct err *e)
{
	enum err_code rc = ERR_OK;

	for (size_t i = 0; !rc && i < s->count; i++) {
		if (s->column[i].source == SHEET_FIELD)
			value[i] = row->fields.value[s->column[i].field];
		else if (s->column[i].source == SHEET_RECORD_ID)
			rc = id_value(row, mem, &value[i], e);
		else
			value[i] = fixed_value(s->column[i].source, row, expires);
		/* one type a column, whatever a number looks like */
		if (value[i].type == STORE_INT && s->column[i].type == STORE_REAL) {
			value[i].type = STORE_REAL;
			value[i].d = (double)value[i].i;
		}
	}
	return rc;
}

void
sheet_total_values(const struct sheet *s, const struct figure_row *r, struct store_value *value)
{
	int64_t year = 0;
	bool dated = text_parse_i64(r->period, strlen(r->period), &year);

	for (size_t i = 0; i < s->count; i++) {
		value[i] = (struct store_value){ 0 };
		if (s->column[i].source == SHEET_YEAR && dated)
			value[i] = int_value(year);
		else if (s->column[i].source == SHEET_PERSONS && r->known)
			value[i] = int_value((int64_t)r->value);
		else if (s->column[i].source == SHEET_NOTE)
			value[i] = text_value(*r->note ? r->note : dated ? NULL : "year not known");
	}
}
