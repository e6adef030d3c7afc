/* OGC API Features: the properties of a collection as JSON Schema, made from the form. */
#include <string.h>

#include "api/feature.h"
#include "api/handlers.h"
#include "base/json.h"
#include "base/text.h"

static void
choices(struct json_writer *w, const struct form_list *list, bool nullable)
{
	json_array(w, "enum");
	for (size_t i = 0; i < list->count; i++)
		json_string(w, NULL, list->choice[i].code);
	if (nullable)
		json_null(w, NULL);
	json_array_end(w);
}

/* type, format, choices of a field */
static void
field_schema(struct json_writer *w, const struct form_field *f, bool full_date, bool nullable)
{
	switch (f->type) {
	case FORM_INTEGER:
		json_string(w, "type", "integer");
		break;
	case FORM_DECIMAL:
		json_string(w, "type", "number");
		break;
	case FORM_DATE:
		json_string(w, "type", "string");
		if (full_date)
			json_string(w, "format", "date");
		break;
	case FORM_DATETIME:
		json_string(w, "type", "string");
		if (full_date)
			json_string(w, "format", "date-time");
		break;
	case FORM_SELECT_ONE:
		json_string(w, "type", "string");
		if (f->list)
			choices(w, f->list, nullable);
		break;
	case FORM_SELECT_MULTIPLE:
	case FORM_RECORDS:
		json_string(w, "type", "array");
		json_object(w, "items");
		json_string(w, "type", "string");
		if (f->list)
			choices(w, f->list, false);
		json_object_end(w);
		break;
	case FORM_REPEAT:
		json_string(w, "type", "array");
		json_object(w, "items");
		json_string(w, "type", "object");
		json_object_end(w);
		break;
	case FORM_GEOMETRY:
		json_string(w, "type", "object");
		break;
	default:
		json_string(w, "type", "string");
	}
	if (f->unit)
		json_string(w, "x-ogc-unit", f->unit);
}

void
features_property_schema(const struct form *form, const struct sheet_column *c, bool nullable,
                         struct json_writer *w)
{
	const struct form_field *f = c->source == SHEET_FIELD ? &form->field[c->field] : NULL;

	json_object(w, c->name);
	json_string(w, "title", f ? f->label[FORM_EN] : c->name);
	if (f && f->hint[FORM_EN] && *f->hint[FORM_EN])
		json_string(w, "description", f->hint[FORM_EN]);
	if (f) {
		field_schema(w, f, c->date, nullable);
	} else {
		json_string(w, "type",
		            c->type == STORE_INT    ? "integer"
		            : c->type == STORE_REAL ? "number"
		                                    : "string");
		if (c->date)
			json_string(w, "format", "date");
	}
	if (nullable)
		json_bool(w, "nullable", true);
	json_object_end(w);
}

/* Can a filter compare it? */
static bool
is_queryable(enum cql2_type t)
{
	return t != CQL2_OTHER;
}

static enum err_code
schema(const struct ask *q, struct reply *r, bool queryables, struct err *e)
{
	struct features_view *v = NULL;
	const struct form *form;
	struct json_writer w;
	enum err_code rc = features_check_params(q, e);

	if (!rc)
		rc = features_view(q, q->arg[0], &v, e);
	if (rc || features_etag(q, store_log_size(q->reg->st), r))
		return rc;
	form = features_form(q, v->kind);
	r->type = "application/schema+json";
	json_begin(&w, &r->body);
	json_object(&w, NULL);
	json_string(&w, "$schema", "https://json-schema.org/draft/2020-12/schema");
	json_string(&w, "$id",
	            features_link(q, arena_printf(q->mem, "/collections/%s/%s", form->kind,
	                                          queryables ? "queryables" : "schema")));
	json_string(&w, "title", form->title[FORM_EN] ? form->title[FORM_EN] : form->kind);
	json_string(&w, "type", "object");
	json_object(&w, "properties");
	for (size_t i = 0; i < v->sheet.count; i++)
		if (!queryables || is_queryable(v->names.name[i].type))
			features_property_schema(form, &v->sheet.column[i], false, &w);
	if (v->sheet.geometry) {
		json_object(&w, "geometry");
		json_string(&w, "title", "Geometry");
		json_string(&w, "format", "geometry-any");
		if (!queryables)
			json_string(&w, "x-ogc-role", "primary-geometry");
		json_object_end(&w);
	}
	json_object_end(&w);
	json_bool(&w, "additionalProperties", false);
	json_object_end(&w);
	return ERR_OK;
}

enum err_code
features_queryables(struct site *s, const struct ask *q, struct reply *r, struct err *e)
{
	(void)s;
	return schema(q, r, true, e);
}

enum err_code
features_schema(struct site *s, const struct ask *q, struct reply *r, struct err *e)
{
	(void)s;
	return schema(q, r, false, e);
}
