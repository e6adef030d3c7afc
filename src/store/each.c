#include "store/each.h"

#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "store/handle.h"
#include "store/history.h"

#include "sql_gen.h"

static bool
wanted(const struct each_filter *f, const char *name)
{
	if (!f->want)
		return true;
	for (const char *const *p = f->want; *p; p++)
		if (text_eq(*p, name))
			return true;
	return false;
}

/* Which columns of the layer are read, by field index. */
static enum err_code
build_query(struct store *st, const struct each_filter *f, int *column, int *ret_geometry,
            struct buf *b, struct err *e)
{
	const struct store_kind *k = &st->kind[f->kind];
	int at = 12;

	buf_adds(b, "SELECT "
	            "fid,record_id,shown_as,unapproved,conflict,revisions,drawn,shown_area_m2,"
	            "shown_area_low_m2,"
	            "shown_area_high_m2,shown_perimeter_m,submission");
	*ret_geometry = -1;
	for (size_t i = 0; i < k->form->field_count; i++) {
		const struct form_field *field = &k->form->field[i];

		column[i] = -1;
		if (!wanted(f, field->name))
			continue;
		if ((int)i == k->geometry_field) {
			buf_adds(b, ",geometry");
			*ret_geometry = at++;
			continue;
		}
		if (sqlite3_table_column_metadata(st->db, NULL, k->name, field->name, NULL, NULL,
		                                  NULL, NULL, NULL) != SQLITE_OK)
			continue;
		buf_addc(b, ',');
		db_quote_name(b, field->name);
		column[i] = at++;
	}
	buf_adds(b, " FROM ");
	db_quote_name(b, k->name);
	/* the plus keeps the number from steering the plan away from the index of boxes */
	buf_adds(b, f->box ? " WHERE +fid > ?5" : " WHERE fid > ?5");
	if (f->box)
		buf_printf(b,
		           " AND fid IN (SELECT id FROM \"rtree_%s_geometry\" WHERE maxx >= ?1 "
		           "AND minx <= ?2 AND"
		           " maxy >= ?3 AND miny <= ?4)",
		           k->name);
	buf_adds(b, " ORDER BY fid");
	return buf_ok(b) ? ERR_OK : err_set(e, ERR_NOMEM, "out of memory for a query");
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

static enum err_code
read_layer_row(sqlite3_stmt *q, const struct each_filter *f, const struct store_kind *k,
               const int *column, int geometry, struct arena *mem, struct shown *row, struct err *e)
{
	const char *as = (const char *)sqlite3_column_text(q, 2);
	const char *id = (const char *)sqlite3_column_text(q, 1);
	struct geom *g;

	memset(row, 0, sizeof(*row));
	if (!fields_init(&row->fields, k->form, mem))
		return err_set(e, ERR_NOMEM, "out of memory for a record");
	row->kind = f->kind;
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
		if (column[i] >= 0)
			row->fields.value[i] = column_value(q, column[i], &k->form->field[i]);
	if (geometry < 0 || sqlite3_column_type(q, geometry) != SQLITE_BLOB)
		return ERR_OK;
	g = arena_alloc(mem, sizeof(*g));
	if (!g)
		return err_set(e, ERR_NOMEM, "out of memory for a record");
	row->fields.geom = g;
	return geom_from_gpkg(sqlite3_column_blob(q, geometry),
	                      (size_t)sqlite3_column_bytes(q, geometry), mem, g, e);
}

enum err_code
each_layer(struct store *st, const struct each_filter *f, each_fn *fn, void *ctx, struct err *e)
{
	const struct store_kind *k = &st->kind[f->kind];
	int *column = mem_calloc(k->form->field_count + 1, sizeof(*column)), geometry = -1,
	    s = SQLITE_DONE;
	sqlite3_stmt *q = NULL;
	struct buf sql;
	struct arena mem;
	struct shown row;
	enum err_code rc = column ? ERR_OK : err_set(e, ERR_NOMEM, "out of memory for a query");

	buf_init(&sql, 1u << 20);
	arena_init(&mem, (size_t)256 << 20);
	if (!rc)
		rc = build_query(st, f, column, &geometry, &sql, e);
	if (!rc)
		rc = db_prepare(st, buf_text(&sql), &q, e);
	if (!rc)
		(void)sqlite3_bind_int64(q, 5, f->after_fid);
	if (!rc && f->box) {
		(void)sqlite3_bind_double(q, 1, f->box->min_lon_deg);
		(void)sqlite3_bind_double(q, 2, f->box->max_lon_deg);
		(void)sqlite3_bind_double(q, 3, f->box->min_lat_deg);
		(void)sqlite3_bind_double(q, 4, f->box->max_lat_deg);
	}
	while (!rc && (s = sqlite3_step(q)) == SQLITE_ROW) {
		arena_reset(&mem);
		rc = read_layer_row(q, f, k, column, geometry, &mem, &row, e);
		if (!rc)
			rc = fn(ctx, &row, e);
	}
	if (!rc && s != SQLITE_DONE)
		rc = db_fail(st, "read a layer", e);
	sqlite3_finalize(q);
	arena_done(&mem);
	buf_done(&sql);
	mem_free(column);
	return rc;
}

static enum err_code
past_row(struct store *st, const struct each_filter *f, struct uuid id, struct arena *mem,
         each_fn *fn, void *ctx, struct err *e)
{
	struct shown row;
	bool any = false;
	enum err_code rc =
		history_shown(st, f->kind, id, f->as_of_days, f->known_size, mem, &row, &any, e);

	if (rc || !any)
		return rc;
	for (size_t i = 0; i < row.fields.form->field_count; i++) /* as a layer has it */
		if (form_field_access(&row.fields.form->field[i]) == FORM_IDENTITY)
			row.fields.value[i] = (struct store_value){ 0 };
	if (f->box &&
	    (!row.fields.geom || !geom_box_overlap(geom_bounds(row.fields.geom), *f->box)))
		return ERR_OK;
	return fn(ctx, &row, e);
}

enum err_code
each_past(struct store *st, const struct each_filter *f, each_fn *fn, void *ctx, struct err *e)
{
	sqlite3_stmt *q = NULL;
	struct arena mem;
	int s = SQLITE_DONE;
	enum err_code rc = db_prepare(st, SQL_STORE_RECORDS_OF_KIND, &q, e);

	if (rc)
		return rc;
	arena_init(&mem, (size_t)1 << 30);
	(void)sqlite3_bind_int64(q, 1, st->kind[f->kind].id);
	(void)sqlite3_bind_int64(q, 2, f->known_size);
	(void)sqlite3_bind_int64(q, 3, f->after_fid);
	while (!rc && (s = sqlite3_step(q)) == SQLITE_ROW) {
		struct uuid id;

		arena_reset(&mem);
		memcpy(id.b, sqlite3_column_blob(q, 0), UUID_SIZE);
		rc = past_row(st, f, id, &mem, fn, ctx, e);
	}
	if (!rc && s != SQLITE_DONE)
		rc = db_fail(st, "read the past", e);
	sqlite3_finalize(q);
	arena_done(&mem);
	return rc;
}

/* An earlier date of information, known as now: a record with one revision shows the same as now or
 * nothing; only records with several are joined anew. */
struct earlier {
	struct store *st;
	const struct each_filter *f;
	each_fn *fn;
	void *ctx;
	struct arena mem;
};

static enum err_code
see_earlier(void *ctx, const struct shown *row, struct err *e)
{
	struct earlier *r = ctx;
	const char *valid_from = fields_text(&row->fields, "valid_from");
	int64_t days = INT64_MAX;

	if (row->revisions > 1) {
		arena_reset(&r->mem);
		return past_row(r->st, r->f, row->id, &r->mem, r->fn, r->ctx, e);
	}
	if (!valid_from || !clock_parse_date(valid_from, strlen(valid_from), &days) ||
	    days > r->f->as_of_days)
		return ERR_OK;
	if (r->f->box &&
	    (!row->fields.geom || !geom_box_overlap(geom_bounds(row->fields.geom), *r->f->box)))
		return ERR_OK;
	return r->fn(r->ctx, row, e);
}

static enum err_code
each_earlier(struct store *st, const struct each_filter *f, each_fn *fn, void *ctx, struct err *e)
{
	struct earlier r = { .st = st, .f = f, .fn = fn, .ctx = ctx };
	struct each_filter now = *f;
	const char *want[STORE_MAX_FIELDS + 2];
	size_t n = 0;
	enum err_code rc;

	for (; f->want && f->want[n]; n++) {
		if (n == STORE_MAX_FIELDS)
			return err_set(e, ERR_LIMIT, "more than %d fields are asked for",
			               STORE_MAX_FIELDS);
		want[n] = f->want[n];
	}
	want[n] = "valid_from";
	want[n + 1] = NULL;
	if (f->want)
		now.want = want;
	now.box = NULL;
	arena_init(&r.mem, (size_t)1 << 30);
	rc = each_layer(st, &now, see_earlier, &r, e);
	arena_done(&r.mem);
	return rc;
}

enum err_code
store_each(struct store *st, const struct each_filter *f, each_fn *fn, void *ctx, struct err *e)
{
	sqlite3_stmt *q = NULL;
	int64_t latest = INT64_MAX;
	enum err_code rc;

	if (f->kind < 0 || (size_t)f->kind >= st->kind_count)
		return err_set(e, ERR_INTERNAL, "no such kind: %d", f->kind);
	rc = db_prepare(st, SQL_STORE_LAYER_STATE_GET, &q, e);
	if (rc)
		return rc;
	(void)sqlite3_bind_int64(q, 1, st->kind[f->kind].id);
	latest = sqlite3_step(q) == SQLITE_ROW ? sqlite3_column_int64(q, 0) : INT64_MIN;
	sqlite3_finalize(q);
	if (f->known_size < store_log_size(st))
		return each_past(st, f, fn, ctx, e);
	return latest <= f->as_of_days ? each_layer(st, f, fn, ctx, e)
	                               : each_earlier(st, f, fn, ctx, e);
}

enum err_code
store_get(struct store *st, struct uuid id, struct arena *mem, struct shown *ret, bool *ret_any,
          struct err *e)
{
	int kind = -1;
	int64_t fid = 0;
	enum err_code rc = history_find(st, id, &kind, &fid, e);

	return rc ? rc : history_shown(st, kind, id, INT64_MAX, INT64_MAX, mem, ret, ret_any, e);
}
