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

/* ---- the past ---- */

typedef enum err_code id_fn(void *ctx, struct uuid id, struct err *e);

/* All records of the kind that were received by then. */
static enum err_code
each_id(struct store *st, const struct each_filter *f, id_fn *fn, void *ctx, struct err *e)
{
	sqlite3_stmt *q = NULL;
	int s = SQLITE_DONE;
	enum err_code rc = db_prepare(st, SQL_STORE_RECORDS_OF_KIND, &q, e);

	if (rc)
		return rc;
	(void)sqlite3_bind_int64(q, 1, st->kind[f->kind].id);
	(void)sqlite3_bind_int64(q, 2, f->known_size);
	(void)sqlite3_bind_int64(q, 3, f->after_fid);
	while (!rc && (s = sqlite3_step(q)) == SQLITE_ROW) {
		struct uuid id;

		memcpy(id.b, sqlite3_column_blob(q, 0), UUID_SIZE);
		rc = fn(ctx, id, e);
	}
	if (!rc && s != SQLITE_DONE)
		rc = db_fail(st, "read the past", e);
	sqlite3_finalize(q);
	return rc;
}

/* A walk for several days. */
struct walk {
	struct store *st;
	struct each_filter f; /* its as_of_days: the day at hand */
	const struct each_days *days;
	size_t at;      /* the day at hand */
	int64_t latest; /* date of information in the layer */
	each_day_fn *fn;
	void *ctx;
	struct arena mem;       /* of a record that is joined anew */
	struct changed changed; /* since the moment of the log that is asked about */
	size_t next;
};

static enum err_code
give(void *ctx, const struct shown *row, struct err *e)
{
	struct walk *w = ctx;

	return w->fn(w->ctx, w->at, row, e);
}

/* One record that is not as the layer has it, day after day. */
static enum err_code
walk_past(void *ctx, struct uuid id, struct err *e)
{
	struct walk *w = ctx;
	enum err_code rc = ERR_OK;

	for (w->at = 0; !rc && w->at < w->days->count; w->at++) {
		w->f.as_of_days = w->days->as_of_days[w->at];
		arena_reset(&w->mem);
		rc = past_row(w->st, &w->f, id, &w->mem, give, w, e);
	}
	return rc;
}

/* An earlier date of information, known as now: a record with one revision shows the same as now or
 * nothing; only records with several are joined anew. */
static enum err_code
walk_earlier(struct walk *w, const struct shown *row, struct err *e)
{
	const char *valid_from = fields_text(&row->fields, "valid_from");
	int64_t days = INT64_MAX;

	if (row->revisions > 1) {
		arena_reset(&w->mem);
		return past_row(w->st, &w->f, row->id, &w->mem, give, w, e);
	}
	if (!valid_from || !clock_parse_date(valid_from, strlen(valid_from), &days) ||
	    days > w->f.as_of_days)
		return ERR_OK;
	if (w->f.box &&
	    (!row->fields.geom || !geom_box_overlap(geom_bounds(row->fields.geom), *w->f.box)))
		return ERR_OK;
	return give(w, row, e);
}

/* Changed records come by themselves, in their place. */
static enum err_code
changes_before(struct walk *w, int64_t fid, struct err *e)
{
	enum err_code rc = ERR_OK;

	for (; !rc && w->next < w->changed.count && w->changed.fid[w->next] < fid; w->next++)
		if (w->changed.fid[w->next] > w->f.after_fid)
			rc = walk_past(w, w->changed.id[w->next], e);
	return rc;
}

static enum err_code
see_layer(void *ctx, const struct shown *row, struct err *e)
{
	struct walk *w = ctx;
	enum err_code rc = changes_before(w, row->fid, e);

	if (rc || (w->next < w->changed.count && w->changed.fid[w->next] == row->fid))
		return rc;
	for (w->at = 0; !rc && w->at < w->days->count; w->at++) {
		w->f.as_of_days = w->days->as_of_days[w->at];
		rc = w->latest <= w->f.as_of_days ? give(w, row, e) : walk_earlier(w, row, e);
	}
	return rc;
}

/* The layer, as far as it holds what is asked, and the rest in between. */
static enum err_code
walk_layer(struct walk *w, struct err *e)
{
	struct each_filter now = w->f;
	const char *want[STORE_MAX_FIELDS + 2];
	size_t n = 0;
	enum err_code rc;

	for (; now.want && now.want[n]; n++) {
		if (n == STORE_MAX_FIELDS)
			return err_set(e, ERR_LIMIT, "more than %d fields are asked for",
			               STORE_MAX_FIELDS);
		want[n] = now.want[n];
	}
	want[n] = "valid_from";
	want[n + 1] = NULL;
	if (w->latest > w->days->as_of_days[0]) {
		now.want = now.want ? want : NULL;
		now.box = NULL; /* it may have been elsewhere */
	}
	rc = each_layer(w->st, &now, see_layer, w, e);
	return rc ? rc : changes_before(w, INT64_MAX, e);
}

static enum err_code
latest_day(struct store *st, int kind, int64_t *ret, struct err *e)
{
	sqlite3_stmt *q = NULL;
	enum err_code rc;

	if (kind < 0 || (size_t)kind >= st->kind_count)
		return err_set(e, ERR_INTERNAL, "no such kind: %d", kind);
	rc = db_prepare(st, SQL_STORE_LAYER_STATE_GET, &q, e);
	if (rc)
		return rc;
	(void)sqlite3_bind_int64(q, 1, st->kind[kind].id);
	*ret = sqlite3_step(q) == SQLITE_ROW ? sqlite3_column_int64(q, 0) : INT64_MIN;
	sqlite3_finalize(q);
	return ERR_OK;
}

enum err_code
store_each_days(struct store *st, const struct each_filter *f, const struct each_days *days,
                each_day_fn *fn, void *ctx, struct err *e)
{
	struct walk w = { .st = st, .f = *f, .days = days, .fn = fn, .ctx = ctx };
	struct arena list;
	enum err_code rc = latest_day(st, f->kind, &w.latest, e);

	if (rc || days->count == 0)
		return rc;
	arena_init(&list, (size_t)64 << 20);
	arena_init(&w.mem, (size_t)1 << 30);
	if (f->known_size < store_log_size(st)) /* not long ago: the layer but for what changed */
		rc = store_changed(st, f->kind, f->known_size, EACH_CHANGES_MOST, &list, &w.changed,
		                   e);
	if (!rc)
		rc = w.changed.many ? each_id(st, f, walk_past, &w, e) : walk_layer(&w, e);
	arena_done(&w.mem);
	arena_done(&list);
	return rc;
}

/* One day's walk. */
struct one_day {
	each_fn *fn;
	void *ctx;
};

static enum err_code
give_row(void *ctx, size_t day, const struct shown *row, struct err *e)
{
	const struct one_day *o = ctx;

	(void)day;
	return o->fn(o->ctx, row, e);
}

enum err_code
store_each(struct store *st, const struct each_filter *f, each_fn *fn, void *ctx, struct err *e)
{
	struct one_day o = { fn, ctx };

	return store_each_days(st, f, &(struct each_days){ &f->as_of_days, 1 }, give_row, &o, e);
}

enum err_code
each_past(struct store *st, const struct each_filter *f, each_fn *fn, void *ctx, struct err *e)
{
	struct one_day o = { fn, ctx };
	struct each_days days = { &f->as_of_days, 1 };
	struct walk w = { .st = st, .f = *f, .days = &days, .fn = give_row, .ctx = &o };
	enum err_code rc;

	arena_init(&w.mem, (size_t)1 << 30);
	rc = each_id(st, f, walk_past, &w, e);
	arena_done(&w.mem);
	return rc;
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
