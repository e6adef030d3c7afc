#include <string.h>

#include "form/derive.h"

#define DIGIT "[0-9]"
#define GLOB_DATE DIGIT DIGIT DIGIT DIGIT "-" DIGIT DIGIT "-" DIGIT DIGIT
#define QUAD                                                                                       \
	"?"                                                                                        \
	"?"                                                                                        \
	"?"                                                                                        \
	"?"
#define GLOB_ID QUAD QUAD "-" QUAD "-" QUAD "-" QUAD "-" QUAD QUAD QUAD

static const struct rule {
	enum derive_type type;
	enum derive_check check;
	size_t length;
	const char *glob;
} rules[] = {
	[FORM_TEXT] = { DERIVE_TEXT, DERIVE_CHECK_TYPE, 0, NULL },
	[FORM_INTEGER] = { DERIVE_INTEGER, DERIVE_CHECK_TYPE, 0, NULL },
	[FORM_DECIMAL] = { DERIVE_REAL, DERIVE_CHECK_TYPE, 0, NULL },
	[FORM_DATE] = { DERIVE_TEXT, DERIVE_CHECK_LENGTH, 10, GLOB_DATE },
	[FORM_TIME] = { DERIVE_TEXT, DERIVE_CHECK_TYPE, 0, NULL },
	[FORM_DATETIME] = { DERIVE_TEXT, DERIVE_CHECK_TYPE, 0, NULL },
	[FORM_SELECT_ONE] = { DERIVE_TEXT, DERIVE_CHECK_CODE, 0, NULL },
	[FORM_SELECT_MULTIPLE] = { DERIVE_JSON, DERIVE_CHECK_ARRAY, 0, NULL },
	[FORM_GEOMETRY] = { DERIVE_JSON, DERIVE_CHECK_GEOJSON, 0, NULL },
	[FORM_FILE] = { DERIVE_TEXT, DERIVE_CHECK_LENGTH, 64, NULL },
	[FORM_RECORD] = { DERIVE_TEXT, DERIVE_CHECK_LENGTH, 36, GLOB_ID },
	[FORM_RECORDS] = { DERIVE_JSON, DERIVE_CHECK_ARRAY, 0, NULL },
	[FORM_REPEAT] = { DERIVE_JSON, DERIVE_CHECK_ARRAY, 0, NULL },
};

/* Position of the table's geometry, field_count if it has none. */
static size_t
find_geometry(const struct form *f)
{
	const struct form_field *named = form_find(f, "geometry");
	size_t i = 0;

	if (named && named->type == FORM_GEOMETRY)
		return (size_t)(named - f->field);
	while (i < f->field_count && f->field[i].type != FORM_GEOMETRY)
		i++;
	return i;
}

/* One type has its name; a simple type with its multi form is stored as it comes. */
static const char *
geometry_type(unsigned types)
{
	static const char *const names[] = {
		"",           "POINT",           "LINESTRING",  "POLYGON",
		"MULTIPOINT", "MULTILINESTRING", "MULTIPOLYGON"
	};

	for (size_t i = 1; i < sizeof names / sizeof *names; i++)
		if (types == 1u << i)
			return names[i];
	return "GEOMETRY";
}

enum err_code
form_derive(const struct form *f, struct arena *mem, struct derive_table *ret, struct err *e)
{
	struct derive_table t = { .kind = f->kind, .title = f->title[FORM_EN] };
	struct derive_column *column = arena_calloc(mem, f->field_count, sizeof *column);
	size_t geometry = find_geometry(f);

	if (!column)
		return err_set(e, ERR_NOMEM, "out of memory for the table of '%s'", f->kind);
	for (size_t i = 0; i < f->field_count; i++) {
		const struct form_field *field = &f->field[i];
		const struct rule *r = &rules[field->type];

		column[i] = (struct derive_column){
			.name = field->name,
			.field = field,
			.type = i == geometry ? DERIVE_GEOMETRY : r->type,
			.check = i == geometry ? DERIVE_CHECK_BLOB : r->check,
			.length = r->length,
			.glob = r->glob,
			.title = field->label[FORM_EN],
			.description = field->hint[FORM_EN] ? field->hint[FORM_EN] : "",
			.access = form_field_access(field),
		};
	}
	t.count = f->field_count;
	t.column = column;
	if (geometry < f->field_count) {
		t.geometry = &column[geometry];
		t.geometry_type = geometry_type(f->field[geometry].geometry_types);
	}
	*ret = t;
	return ERR_OK;
}

const char *
derive_type_name(enum derive_type t)
{
	static const char *const names[] = { "text", "integer", "real", "geometry", "json" };

	return names[t];
}
