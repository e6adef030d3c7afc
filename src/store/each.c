#include "store/each.h"

#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "store/changed.h"
#include "store/handle.h"
#include "store/history.h"
#include "store/layerrow.h"

#include "sql_gen.h"

static enum err_code
build_query(struct store *st, const struct layerrow *l, bool box, struct buf *b, struct err *e)
{
	const char *name = st->kind[l->kind].name;

	layerrow_select(l, b);
	/* the plus keeps the number from steering the plan away from the index of boxes */
	buf_adds(b, box ? " WHERE +fid > ?5" : " WHERE fid > ?5");
	if (box)
		buf_printf(b,
		           " AND fid IN (SELECT id FROM \"rtree_%s_geometry\" WHERE maxx >= ?1 "
		           "AND minx <= ?2 AND"
		           " maxy >= ?3 AND miny <= ?4)",
		           name);
	buf_adds(b, " ORDER BY fid");
	return buf_ok(b) ? ERR_OK : err_set(e, ERR_NOMEM, "out of memory for a query");
}

enum err_code
each_layer(struct store *st, const struct each_filter *f, each_fn *fn, void *ctx, struct err *e)
{
	struct layerrow l;
	int s = SQLITE_DONE;
	sqlite3_stmt *q = NULL;
	struct buf sql;
	struct arena mem;
	struct shown row;
	enum err_code rc = layerrow_init(st, f->kind, f->want, &l, e);

	buf_init(&sql, 1u << 20);
	arena_init(&mem, (size_t)256 << 20);
	if (!rc)
		rc = build_query(st, &l, f->box != NULL, &sql, e);
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
		rc = layerrow_read(&l, q, &mem, &row, e);
		if (!rc)
			rc = layerrow_geometry(&l, q, &mem, &row, e);
		if (!rc)
			rc = fn(ctx, &row, e);
	}
	if (!rc && s != SQLITE_DONE)
		rc = db_fail(st, "read a layer", e);
	sqlite3_finalize(q);
	arena_done(&mem);
	buf_done(&sql);
	layerrow_done(&l);
	return rc;
}

static enum err_code
past_row(struct store *st, const struct each_filter *f, struct uuid id, struct arena *mem,
         each_fn *fn, void *ctx, struct err *e)
{
	struct shown row;
	bool any = false;
	const struct history_ask ask = { f->kind, id, f->as_of_days, f->known_size };
	enum err_code rc = history_shown(st, &ask, mem, &row, &any, e);

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

/* A moment of the log not long ago: the layer but for what changed since. */
struct recent {
	struct store *st;
	const struct each_filter *f;
	each_fn *fn;
	void *ctx;
	struct changed changed;
	size_t next;
	struct arena mem;
};

static enum err_code
changes_before(struct recent *r, int64_t fid, struct err *e)
{
	enum err_code rc = ERR_OK;

	for (; !rc && r->next < r->changed.count && r->changed.fid[r->next] < fid; r->next++) {
		if (r->changed.fid[r->next] <= r->f->after_fid)
			continue;
		arena_reset(&r->mem);
		rc = past_row(r->st, r->f, r->changed.id[r->next], &r->mem, r->fn, r->ctx, e);
	}
	return rc;
}

static enum err_code
see_recent(void *ctx, const struct shown *row, struct err *e)
{
	struct recent *r = ctx;
	enum err_code rc = changes_before(r, row->fid, e);

	if (rc || (r->next < r->changed.count && r->changed.fid[r->next] == row->fid))
		return rc; /* a changed one comes by itself */
	return r->fn(r->ctx, row, e);
}

static enum err_code
each_recent(struct store *st, const struct each_filter *f, bool earlier, each_fn *fn, void *ctx,
            struct err *e)
{
	struct recent r = { .st = st, .f = f, .fn = fn, .ctx = ctx };
	struct arena list;
	enum err_code rc;

	arena_init(&list, (size_t)64 << 20);
	arena_init(&r.mem, (size_t)1 << 30);
	rc = store_changed(st, f->kind, f->known_size, EACH_CHANGES_MOST, &list, &r.changed, e);
	if (!rc && r.changed.many)
		rc = each_past(st, f, fn, ctx, e);
	else if (!rc)
		rc = earlier ? each_earlier(st, f, see_recent, &r, e)
		             : each_layer(st, f, see_recent, &r, e);
	if (!rc && !r.changed.many)
		rc = changes_before(&r, INT64_MAX, e);
	arena_done(&r.mem);
	arena_done(&list);
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
		return each_recent(st, f, latest > f->as_of_days, fn, ctx, e);
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

	return rc ? rc
	          : history_shown(st, &(struct history_ask){ kind, id, INT64_MAX, INT64_MAX }, mem,
	                          ret, ret_any, e);
}
