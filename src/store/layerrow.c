#include "store/layerrow.h"

#include <string.h>

#include "base/mem.h"
#include "base/text.h"

enum {
	FIXED_COLUMNS = 12
};

static bool
wanted(const char *const *want, const char *name)
{
	if (!want)
		return true;
	for (; *want; want++)
		if (text_eq(*want, name))
			return true;
	return false;
}

enum err_code
layerrow_init(struct store *st, int kind, const char *const *want, struct layerrow *ret,
              struct err *e)
{
	const struct store_kind *k = &st->kind[kind];
	int at = FIXED_COLUMNS;

	*ret = (struct layerrow){ .st = st, .kind = kind, .geometry = -1 };
	ret->column = mem_calloc(k->form->field_count + 1, sizeof(*ret->column));
	if (!ret->column)
		return err_set(e, ERR_NOMEM, "out of memory for a query");
	for (size_t i = 0; i < k->form->field_count; i++) {
		const struct form_field *field = &k->form->field[i];

		ret->column[i] = -1;
		if (!wanted(want, field->name))
			continue;
		if ((int)i == k->geometry_field)
			ret->geometry = at++;
		else if (sqlite3_table_column_metadata(st->db, NULL, k->name, field->name, NULL,
		                                       NULL, NULL, NULL, NULL) == SQLITE_OK)
			ret->column[i] = at++;
	}
	return ERR_OK;
}

void
layerrow_done(struct layerrow *l)
{
	mem_free(l->column);
	l->column = NULL;
}

void
layerrow_select(const struct layerrow *l, struct buf *b)
{
	const struct store_kind *k = &l->st->kind[l->kind];

	buf_adds(b, "SELECT "
	            "fid,record_id,shown_as,unapproved,conflict,revisions,drawn,shown_area_m2,"
	            "shown_area_low_m2,"
	            "shown_area_high_m2,shown_perimeter_m,submission");
	for (size_t i = 0; i < k->form->field_count; i++) {
		if ((int)i == k->geometry_field && l->geometry >= 0) {
			buf_adds(b, ",geometry");
		} else if (l->column[i] >= 0) {
			buf_addc(b, ',');
			db_quote_name(b, k->form->field[i].name);
		}
	}
	buf_adds(b, " FROM ");
	db_quote_name(b, k->name);
}

static struct store_value
column_value(sqlite3_stmt *q, int at, const struct form_field *field)
{
	struct store_value v = { 0 };

	switch (sqlite3_column_type(q, at)) {
	case SQLITE_INTEGER:
		v.type = field->type == FORM_DECIMAL ? STORE_REAL : STORE_INT;
		v.i = sqlite3_column_int64(q, at);
		v.d = (double)v.i;
		break;
	case SQLITE_FLOAT:
		v.type = STORE_REAL;
		v.d = sqlite3_column_double(q, at);
		break;
	case SQLITE_TEXT:
		v.type = value_is_json(field) ? STORE_JSON : STORE_TEXT;
		v.s = (const char *)sqlite3_column_text(q, at);
		v.n = (size_t)sqlite3_column_bytes(q, at);
		break;
	default:
		break;
	}
	return v;
}

enum err_code
layerrow_read(const struct layerrow *l, sqlite3_stmt *q, struct arena *mem, struct shown *row,
              struct err *e)
{
	const struct store_kind *k = &l->st->kind[l->kind];
	const char *as = (const char *)sqlite3_column_text(q, 2);
	const char *id = (const char *)sqlite3_column_text(q, 1);

	memset(row, 0, sizeof(*row));
	if (!fields_init(&row->fields, k->form, mem))
		return err_set(e, ERR_NOMEM, "out of memory for a record");
	row->kind = l->kind;
	row->fid = sqlite3_column_int64(q, 0);
	if (!id || !uuid_parse(id, strlen(id), &row->id))
		return err_set(e, ERR_VERIFY, "row %lld of layer %s is damaged",
		               (long long)row->fid, k->name);
	row->as = text_eq(as, "released")            ? SHOWN_RELEASED
	          : text_eq(as, "reported_released") ? SHOWN_REPORTED_RELEASED
	                                             : SHOWN_DANGER;
	row->unapproved = sqlite3_column_int(q, 3) != 0;
	row->conflict = sqlite3_column_int(q, 4) != 0;
	row->revisions = sqlite3_column_int(q, 5);
	row->cover = text_eq((const char *)sqlite3_column_text(q, 6), "cover");
	row->area_m2 = sqlite3_column_double(q, 7);
	row->area_low_m2 = sqlite3_column_double(q, 8);
	row->area_high_m2 = sqlite3_column_double(q, 9);
	row->perimeter_m = sqlite3_column_double(q, 10);
	row->submission = sqlite3_column_int64(q, 11);
	for (size_t i = 0; i < k->form->field_count; i++)
		if (l->column[i] >= 0)
			row->fields.value[i] = column_value(q, l->column[i], &k->form->field[i]);
	return ERR_OK;
}

enum err_code
layerrow_geometry(const struct layerrow *l, sqlite3_stmt *q, struct arena *mem, struct shown *row,
                  struct err *e)
{
	struct geom *g;

	if (l->geometry < 0 || sqlite3_column_type(q, l->geometry) != SQLITE_BLOB)
		return ERR_OK;
	g = arena_alloc(mem, sizeof(*g));
	if (!g)
		return err_set(e, ERR_NOMEM, "out of memory for a record");
	row->fields.geom = g;
	return geom_from_gpkg(sqlite3_column_blob(q, l->geometry),
	                      (size_t)sqlite3_column_bytes(q, l->geometry), mem, g, e);
}
