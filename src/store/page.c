#include "store/page.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "store/changed.h"
#include "store/history.h"
#include "store/layerrow.h"

#include "sql_gen.h"

#define PI 3.14159265358979323846

enum {
	FOUND_KEPT = 4 /* lists of the R-tree that are remembered */
};

/* Numbers found by the R-tree in one box at one size of the log, ascending. */
struct found {
	struct geom_box box;
	int64_t size, used;
	int64_t *fid;
	size_t count;
};

struct page_reader {
	struct store *st;
	int kind;
	enum access_role role;
	bool rows, hazard, shows_geometry;
	uint8_t *show;
	struct layerrow layer;
	sqlite3_stmt *scan, *get, *boxes, *state;
	struct arena row; /* one row */
	struct found found[FOUND_KEPT];
	int64_t clock;
	/* farthest that a row's public geometry may lie beyond its recorded one; of which log size
	 */
	double reach_m;
	int64_t reach_size;
	/* unclassed danger areas of one moment */
	struct arena kept;
	struct geom **area;
	size_t areas, area_room;
	int64_t areas_size, areas_as_of;
	bool areas_known;
};

/* One walk. */
struct pagewalk {
	struct page_reader *p;
	const struct page_question *q;
	const struct page_calls *c;
	int64_t known; /* INT64_MAX = now */
	bool earlier;  /* a date of information before the latest is asked for */
	bool stop;
	struct changed changed; /* since known, ascending; not to be taken from the layer */
	size_t next;
};

static enum err_code
prepare(struct page_reader *p, const char *where, sqlite3_stmt **ret, struct err *e)
{
	struct buf b;
	enum err_code rc;

	buf_init(&b, 1u << 20);
	layerrow_select(&p->layer, &b);
	buf_adds(&b, where);
	rc = buf_ok(&b) ? db_prepare(p->st, buf_text(&b), ret, e)
	                : err_set(e, ERR_NOMEM, "out of memory for a query");
	buf_done(&b);
	return rc;
}

static enum err_code
prepare_boxes(struct page_reader *p, struct err *e)
{
	struct buf b;
	enum err_code rc;

	if (p->st->kind[p->kind].geometry_field < 0)
		return ERR_OK;
	buf_init(&b, 1u << 16);
	buf_printf(
		&b,
		"SELECT id FROM \"rtree_%s_geometry\" WHERE maxx >= ?1 AND minx <= ?2 AND maxy >= "
		"?3 AND miny <= ?4",
		p->st->kind[p->kind].name);
	rc = buf_ok(&b) ? db_prepare(p->st, buf_text(&b), &p->boxes, e)
	                : err_set(e, ERR_NOMEM, "out of memory for a query");
	buf_done(&b);
	return rc;
}

/* Fields that redaction itself asks for, shown or not. */
static bool
is_needed(const char *name)
{
	static const char *const needed[] = { "class",           "status",     "radius_m",
		                              "disposal_method", "accuracy_m", "valid_from" };

	for (size_t i = 0; i < sizeof(needed) / sizeof(*needed); i++)
		if (text_eq(name, needed[i]))
			return true;
	return false;
}

enum err_code
page_open(struct store *st, int kind, enum access_role role, struct page_reader **ret,
          struct err *e)
{
	const struct form *form = store_form(st, kind);
	struct page_reader *p = mem_calloc(1, sizeof(*p));
	const char *want[STORE_MAX_FIELDS + 1];
	size_t n = 0;
	enum err_code rc;

	if (!p || !(p->show = mem_calloc(form->field_count + 1, sizeof(*p->show)))) {
		mem_free(p);
		return err_set(e, ERR_NOMEM, "out of memory for a reader");
	}
	p->st = st;
	p->kind = kind;
	p->role = role;
	p->rows = access_has_rows(role, form->kind);
	p->hazard = text_eq(form->kind, "hazard");
	p->reach_size = -1;
	arena_init(&p->row, (size_t)512 << 20);
	arena_init(&p->kept, (size_t)1 << 30);
	access_plan(role, form, p->show);
	for (size_t i = 0; i < form->field_count && n < STORE_MAX_FIELDS; i++) {
		if (p->show[i] != ACCESS_HIDE || is_needed(form->field[i].name))
			want[n++] = form->field[i].name;
		if (field_is_main_geometry(&form->field[i]) && p->show[i] != ACCESS_HIDE)
			p->shows_geometry = true;
	}
	want[n] = NULL;
	rc = layerrow_init(st, kind, want, &p->layer, e);
	if (!rc)
		rc = prepare(p, " WHERE fid > ?1 ORDER BY fid", &p->scan, e);
	if (!rc)
		rc = prepare(p, " WHERE fid = ?1", &p->get, e);
	if (!rc)
		rc = db_prepare(st, SQL_STORE_LAYER_STATE_GET, &p->state, e);
	if (!rc)
		rc = prepare_boxes(p, e);
	if (rc)
		page_close(p);
	else
		*ret = p;
	return rc;
}

void
page_close(struct page_reader *p)
{
	if (!p)
		return;
	sqlite3_finalize(p->scan);
	sqlite3_finalize(p->get);
	sqlite3_finalize(p->boxes);
	sqlite3_finalize(p->state);
	layerrow_done(&p->layer);
	for (int i = 0; i < FOUND_KEPT; i++)
		mem_free(p->found[i].fid);
	mem_free(p->area);
	mem_free(p->show);
	arena_done(&p->row);
	arena_done(&p->kept);
	mem_free(p);
}

enum err_code
page_begin(struct store *st, struct err *e)
{
	return db_exec(st, "SAVEPOINT page", e);
}

void
page_end(struct store *st)
{
	struct err quiet = { 0 };

	if (db_exec(st, "RELEASE page", &quiet))
		return; /* nothing was written: nothing can be lost */
}

/* ---- one row ---- */

static bool
meets(const struct page_question *q, const struct geom *g)
{
	struct geom_box b;

	if (!q->box)
		return true;
	if (!g || geom_is_empty(g))
		return false;
	b = geom_bounds(g);
	for (size_t i = 0; i < q->boxes; i++)
		if (geom_box_overlap(b, q->box[i]))
			return true;
	return false;
}

/* The geometry as the role may see it. from: where it is read from, NULL when row has it. */
static enum err_code
see_geometry(struct pagewalk *w, struct shown *row, sqlite3_stmt *from, struct access_how *how,
             const struct geom **ret, struct err *e)
{
	struct page_reader *p = w->p;
	enum access_fate fate;
	enum err_code rc = from ? layerrow_geometry(&p->layer, from, &p->row, row, e) : ERR_OK;

	if (!rc && p->hazard && !access_is_exact(p->role))
		rc = access_margin(p->st, row, w->known, &p->row, &how->margin_m, e);
	if (!rc)
		rc = access_apply(how, p->st->geo, &p->row, row, &fate, e);
	*ret = row->fields.geom;
	return rc;
}

/* Show a row, unless the role may not see it or the question leaves it out. */
static enum err_code
give(struct pagewalk *w, struct shown *row, sqlite3_stmt *from, struct err *e)
{
	struct page_reader *p = w->p;
	struct access_how how = { .role = p->role, .show = p->show };
	enum access_fate fate = ACCESS_GONE;
	struct shown seen = *row;
	enum err_code rc;

	seen.fields.geom = NULL;
	rc = access_apply(&how, p->st->geo, &p->row, &seen, &fate, e);
	if (!rc && (fate != ACCESS_ROW || (w->c->keep && !w->c->keep(w->c->ctx, &seen))))
		return ERR_OK;
	if (!rc && p->shows_geometry && !w->q->no_geometry)
		rc = see_geometry(w, row, from, &how, &seen.fields.geom, e);
	if (rc) {
		char id[UUID_TEXT];

		uuid_format(row->id, id);
		return err_prefix(e, "record %s", id);
	}
	return meets(w->q, seen.fields.geom) ? w->c->row(w->c->ctx, &seen, row->fid, &w->stop, e)
	                                     : ERR_OK;
}

/* A record by joining its revisions. */
static enum err_code
give_past(struct pagewalk *w, struct uuid id, struct err *e)
{
	struct shown row;
	bool any = false;
	const struct history_ask ask = { w->p->kind, id, w->q->as_of_days, w->known };
	enum err_code rc = history_shown(w->p->st, &ask, &w->p->row, &row, &any, e);

	return rc || !any ? rc : give(w, &row, NULL, e);
}

/* Changed records that come before a number. */
static enum err_code
give_changed(struct pagewalk *w, int64_t before, struct err *e)
{
	enum err_code rc = ERR_OK;

	while (!rc && !w->stop && w->next < w->changed.count && w->changed.fid[w->next] < before) {
		arena_reset(&w->p->row);
		rc = give_past(w, w->changed.id[w->next++], e);
	}
	return rc;
}

static bool
is_had(struct pagewalk *w, int64_t fid)
{
	return w->c->have && w->known == INT64_MAX && !w->earlier &&
	       w->c->have(w->c->ctx, fid, &w->stop);
}

/* The row of the layer that a statement stands on. */
static enum err_code
give_layer(struct pagewalk *w, sqlite3_stmt *from, struct err *e)
{
	int64_t fid = sqlite3_column_int64(from, 0);
	struct shown row;
	enum err_code rc = give_changed(w, fid, e);

	if (rc || w->stop || (w->next < w->changed.count && w->changed.fid[w->next] == fid))
		return rc; /* a changed one comes by itself */
	if (is_had(w, fid))
		return ERR_OK;
	arena_reset(&w->p->row);
	rc = layerrow_read(&w->p->layer, from, &w->p->row, &row, e);
	if (!rc && w->earlier) {
		const char *text = fields_text(&row.fields, "valid_from");
		int64_t days = INT64_MAX;

		if (row.revisions > 1)
			return give_past(w, row.id, e);
		if (!text || !clock_parse_date(text, strlen(text), &days) ||
		    days > w->q->as_of_days)
			return ERR_OK;
	}
	return rc ? rc : give(w, &row, from, e);
}

/* ---- which rows ---- */

static enum err_code
walk_scan(struct pagewalk *w, struct err *e)
{
	sqlite3_stmt *q = w->p->scan;
	int s = SQLITE_DONE;
	enum err_code rc = ERR_OK;

	(void)sqlite3_bind_int64(q, 1, w->q->after);
	while (!rc && !w->stop && (s = sqlite3_step(q)) == SQLITE_ROW)
		rc = give_layer(w, q, e);
	if (!rc && !w->stop && s != SQLITE_DONE)
		rc = db_fail(w->p->st, "read a layer", e);
	(void)sqlite3_reset(q); /* its code was told above */
	return rc;
}

static enum err_code
layer_number(struct pagewalk *w, int64_t fid, struct err *e)
{
	sqlite3_stmt *q = w->p->get;
	enum err_code rc = ERR_OK;
	int s;

	(void)sqlite3_bind_int64(q, 1, fid);
	s = sqlite3_step(q);
	if (s == SQLITE_ROW)
		rc = give_layer(w, q, e);
	else if (s != SQLITE_DONE)
		rc = db_fail(w->p->st, "read a layer", e);
	(void)sqlite3_reset(q); /* its code was told above */
	return rc;
}

static int
by_number(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

static enum err_code
search_boxes(struct page_reader *p, struct geom_box b, struct found *f, struct err *e)
{
	size_t room = 0;
	int s = SQLITE_DONE;
	enum err_code rc = ERR_OK;

	mem_free(f->fid);
	*f = (struct found){ .box = b, .size = -1 };
	(void)sqlite3_bind_double(p->boxes, 1, b.min_lon_deg);
	(void)sqlite3_bind_double(p->boxes, 2, b.max_lon_deg);
	(void)sqlite3_bind_double(p->boxes, 3, b.min_lat_deg);
	(void)sqlite3_bind_double(p->boxes, 4, b.max_lat_deg);
	while (!rc && (s = sqlite3_step(p->boxes)) == SQLITE_ROW) {
		if (f->count == room) {
			size_t more = room ? 2 * room : 256;
			int64_t *list = mem_realloc_array(f->fid, more, sizeof(*list));

			if (!list) {
				rc = err_set(e, ERR_NOMEM, "out of memory for a search");
				break;
			}
			f->fid = list;
			room = more;
		}
		f->fid[f->count++] = sqlite3_column_int64(p->boxes, 0);
	}
	if (!rc && s != SQLITE_DONE)
		rc = db_fail(p->st, "search a layer", e);
	(void)sqlite3_reset(p->boxes); /* its code was told above */
	if (f->count)
		qsort(f->fid, f->count, sizeof(*f->fid), by_number);
	return rc;
}

static bool
same_box(const struct geom_box *a, const struct geom_box *b)
{
	return a->min_lon_deg == b->min_lon_deg && a->min_lat_deg == b->min_lat_deg &&
	       a->max_lon_deg == b->max_lon_deg && a->max_lat_deg == b->max_lat_deg;
}

/* The numbers in a box, remembered while the register stays as it is: pages follow one another. */
static enum err_code
find_boxes(struct page_reader *p, struct geom_box b, int64_t size, const struct found **ret,
           struct err *e)
{
	struct found *oldest = &p->found[0];
	enum err_code rc;

	p->clock++;
	for (int i = 0; i < FOUND_KEPT; i++) {
		struct found *f = &p->found[i];

		if (f->fid && f->size == size && same_box(&f->box, &b)) {
			f->used = p->clock;
			*ret = f;
			return ERR_OK;
		}
		if (f->used < oldest->used)
			oldest = f;
	}
	rc = search_boxes(p, b, oldest, e);
	if (!rc)
		oldest->size = size;
	oldest->used = p->clock;
	*ret = oldest;
	return rc;
}

/* The union of the boxes asked for, grown by what a public geometry may lie beyond its record. */
static struct geom_box
search_box(const struct page_reader *p, const struct page_question *q)
{
	struct geom_box b = q->box[0];
	double m = p->reach_m, lat_deg, scale;

	for (size_t i = 1; i < q->boxes; i++)
		geom_box_grow(&b, q->box[i]);
	if (m <= 0)
		return b;
	lat_deg = m / 110000.0; /* a degree of latitude has 110,574 m or more */
	b.min_lat_deg -= lat_deg;
	b.max_lat_deg += lat_deg;
	scale = cos(fmin(89.9, fmax(fabs(b.min_lat_deg), fabs(b.max_lat_deg))) * PI / 180);
	b.min_lon_deg -= lat_deg / scale;
	b.max_lon_deg += lat_deg / scale;
	return b;
}

static size_t
first_after(const struct found *f, int64_t after)
{
	size_t lo = 0, hi = f->count;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (f->fid[mid] <= after)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static enum err_code find_reach(struct page_reader *p, int64_t size, struct err *e);

static enum err_code
walk_box(struct pagewalk *w, int64_t size, struct err *e)
{
	const struct found *f = NULL;
	enum err_code rc = access_is_exact(w->p->role) ? ERR_OK : find_reach(w->p, size, e);

	if (!rc)
		rc = find_boxes(w->p, search_box(w->p, w->q), size, &f, e);
	for (size_t i = rc ? 0 : first_after(f, w->q->after); !rc && !w->stop && i < f->count; i++)
		if (!is_had(w, f->fid[i]))
			rc = layer_number(w, f->fid[i], e);
	return rc;
}

/* By joining the revisions of every record. */
static enum err_code
walk_past(struct pagewalk *w, struct err *e)
{
	sqlite3_stmt *q = NULL;
	int s = SQLITE_DONE;
	enum err_code rc = db_prepare(w->p->st, SQL_STORE_PAGE_PAST, &q, e);

	if (rc)
		return rc;
	(void)sqlite3_bind_int64(q, 1, w->q->after);
	(void)sqlite3_bind_int64(q, 2, w->p->st->kind[w->p->kind].id);
	(void)sqlite3_bind_int64(q, 3, w->known);
	while (!rc && !w->stop && (s = sqlite3_step(q)) == SQLITE_ROW) {
		struct uuid id;

		arena_reset(&w->p->row);
		memcpy(id.b, sqlite3_column_blob(q, 0), UUID_SIZE);
		rc = give_past(w, id, e);
	}
	if (!rc && !w->stop && s != SQLITE_DONE)
		rc = db_fail(w->p->st, "read the past", e);
	sqlite3_finalize(q);
	return rc;
}

/* ---- what roles without exact positions need ---- */

static bool
has_column(const struct page_reader *p, const char *name)
{
	int i = form_index(store_form(p->st, p->kind), name);

	return i >= 0 && p->layer.column[i] >= 0;
}

/* Revisions that wait may reach farther than what the layer shows. */
static enum err_code
reach_of_pending(struct page_reader *p, double *reach_m, struct err *e)
{
	struct buf b;
	sqlite3_stmt *q = NULL;
	int s = SQLITE_DONE;
	enum err_code rc;

	buf_init(&b, 1u << 16);
	buf_adds(&b, "SELECT record_id FROM ");
	db_quote_name(&b, p->st->kind[p->kind].name);
	buf_adds(&b, " WHERE revisions > 1");
	rc = buf_ok(&b) ? db_prepare(p->st, buf_text(&b), &q, e)
	                : err_set(e, ERR_NOMEM, "out of memory for a query");
	buf_done(&b);
	while (!rc && (s = sqlite3_step(q)) == SQLITE_ROW) {
		const char *id = (const char *)sqlite3_column_text(q, 0);
		struct shown row = { .kind = p->kind, .revisions = 2, .unapproved = true };
		double m = 0;

		arena_reset(&p->row);
		if (!id || !uuid_parse(id, strlen(id), &row.id))
			continue; /* reading the row itself will say so */
		rc = access_margin(p->st, &row, INT64_MAX, &p->row, &m, e);
		*reach_m = fmax(*reach_m, m);
	}
	if (!rc && s != SQLITE_DONE)
		rc = db_fail(p->st, "read a layer", e);
	sqlite3_finalize(q);
	return rc;
}

/* Every revision of the records that changed since. A reach never shrinks: too much is only slower.
 */
static enum err_code
reach_of_changed(struct page_reader *p, double *reach_m, bool *ret_all, struct err *e)
{
	struct changed changed = { 0 };
	struct arena mem;
	enum err_code rc;

	arena_init(&mem, (size_t)64 << 20);
	rc = store_changed(p->st, p->kind, p->reach_size, EACH_CHANGES_MOST, &mem, &changed, e);
	*ret_all = !rc && changed.many;
	for (size_t i = 0; !rc && i < changed.count; i++) {
		struct shown row = {
			.kind = p->kind, .id = changed.id[i], .revisions = 2, .unapproved = true
		};
		double m = 0;

		arena_reset(&p->row);
		rc = access_margin(p->st, &row, INT64_MAX, &p->row, &m, e);
		*reach_m = fmax(*reach_m, m);
	}
	arena_done(&mem);
	return rc;
}

static enum err_code
reach_of_layer(struct page_reader *p, double *reach_m, struct err *e)
{
	static const char *const part[] = { "radius_m", "accuracy_m" };
	struct buf b;
	sqlite3_stmt *q = NULL;
	enum err_code rc;

	buf_init(&b, 1u << 16);
	buf_adds(&b, "SELECT max(0");
	for (int i = 0; i < 2; i++)
		if (has_column(p, part[i]))
			buf_printf(&b, " + max(coalesce(%s, 0), 0)", part[i]);
	buf_adds(&b, ") FROM ");
	db_quote_name(&b, p->st->kind[p->kind].name);
	rc = buf_ok(&b) ? db_prepare(p->st, buf_text(&b), &q, e)
	                : err_set(e, ERR_NOMEM, "out of memory for a query");
	buf_done(&b);
	if (!rc && sqlite3_step(q) == SQLITE_ROW)
		*reach_m = fmax(*reach_m, sqlite3_column_double(q, 0));
	else if (!rc)
		rc = db_fail(p->st, "read a layer", e);
	sqlite3_finalize(q);
	return rc ? rc : reach_of_pending(p, reach_m, e);
}

/* How far beyond its record a public geometry may lie: accuracy, radius, one cell of the grid on
 * each side, and what growing adds. */
static enum err_code
find_reach(struct page_reader *p, int64_t size, struct err *e)
{
	double reach_m = 0;
	bool all = p->reach_size < 0;
	enum err_code rc = ERR_OK;

	if (p->reach_size == size)
		return ERR_OK;
	if (!all)
		rc = reach_of_changed(p, &reach_m, &all, e);
	if (!rc && all)
		rc = reach_of_layer(p, &reach_m, e);
	if (rc)
		return rc;
	p->reach_m = fmax(p->reach_m, 1.1 * reach_m + 4 * ACCESS_GRID_M);
	p->reach_size = size;
	return ERR_OK;
}

static enum err_code
keep_area(void *ctx, const struct shown *row, struct err *e)
{
	struct page_reader *p = ctx;
	struct geom *copy = arena_alloc(&p->kept, sizeof(*copy));

	if (p->areas == p->area_room) {
		size_t room = p->area_room ? 2 * p->area_room : 64;
		struct geom **more = mem_realloc_array(p->area, room, sizeof(*more));

		if (!more)
			return err_set(e, ERR_NOMEM, "out of memory for danger areas");
		p->area = more;
		p->area_room = room;
	}
	if (!copy || !geom_copy(row->fields.geom, &p->kept, copy))
		return err_set(e, ERR_NOMEM, "out of memory for danger areas");
	p->area[p->areas++] = copy;
	return ERR_OK;
}

/* Nothing that became an area, or was one, changed since they were found. */
static enum err_code
areas_stay(struct page_reader *p, int64_t size, bool *ret, struct err *e)
{
	int ordnance = store_kind(p->st, "ordnance");
	struct changed changed = { 0 };
	struct history_revision *rev = NULL;
	struct arena mem;
	size_t revs = 0;
	enum err_code rc = ERR_OK;

	*ret = p->areas_size <= size;
	arena_init(&mem, (size_t)64 << 20);
	if (*ret && ordnance >= 0)
		rc = store_changed(p->st, ordnance, p->areas_size, 0, &mem, &changed, e);
	if (changed.many)
		*ret = false;
	if (!rc && *ret)
		rc = store_changed(p->st, p->kind, p->areas_size, EACH_CHANGES_MOST, &mem, &changed,
		                   e);
	*ret = *ret && !changed.many;
	for (size_t i = 0; !rc && *ret && i < changed.count; i++) {
		arena_reset(&p->row);
		rc = history_load(p->st, changed.id[i], INT64_MAX, &p->row, &rev, &revs, e);
		for (size_t k = 0; !rc && *ret && k < revs; k++)
			*ret = !access_is_single(fields_text(&rev[k].rev.fields, "class"));
	}
	arena_done(&mem);
	return rc;
}

static enum err_code
find_areas(struct page_reader *p, const struct page_question *q, int64_t known, int64_t size,
           struct err *e)
{
	const struct each_filter f = { .kind = p->kind,
		                       .as_of_days = q->as_of_days,
		                       .known_size = known };
	int64_t at = known < size ? known : size;
	enum err_code rc;

	if (p->areas_known && p->areas_size == at && p->areas_as_of == q->as_of_days)
		return ERR_OK;
	if (p->areas_known && at == size && p->areas_as_of == INT64_MAX &&
	    q->as_of_days == INT64_MAX) {
		bool stay = false;

		rc = areas_stay(p, size, &stay, e);
		if (rc || stay) {
			p->areas_size = rc ? p->areas_size : at;
			return rc;
		}
	}
	p->areas_known = false;
	p->areas = 0;
	arena_reset(&p->kept);
	rc = access_unclassed(p->st, &f, p->role, keep_area, p, e);
	p->areas_known = !rc;
	p->areas_size = at;
	p->areas_as_of = q->as_of_days;
	return rc;
}

static enum err_code
give_areas(struct pagewalk *w, int64_t size, struct err *e)
{
	struct page_reader *p = w->p;
	struct shown row = { .kind = p->kind, .as = SHOWN_DANGER };
	size_t i = w->q->after >= PAGE_UNCLASSED ? (size_t)(w->q->after - PAGE_UNCLASSED + 1) : 0;
	enum err_code rc = find_areas(p, w->q, w->known, size, e);

	arena_reset(&p->row);
	if (!rc && !fields_init(&row.fields, store_form(p->st, p->kind), &p->row))
		rc = err_set(e, ERR_NOMEM, "out of memory for danger areas");
	if (rc)
		return rc;
	(void)fields_set_text(&row.fields, "class", "unknown");
	(void)fields_set_text(&row.fields, "status", "open");
	for (; !rc && !w->stop && i < p->areas; i++) {
		row.fields.geom = NULL;
		if (w->c->keep && !w->c->keep(w->c->ctx, &row))
			continue;
		row.fields.geom = w->q->no_geometry ? NULL : p->area[i];
		if (meets(w->q, p->area[i]))
			rc = w->c->row(w->c->ctx, &row, PAGE_UNCLASSED + (int64_t)i, &w->stop, e);
	}
	return rc;
}

/* ---- the walk ---- */

static enum err_code
start(struct page_reader *p, const struct page_question *q, const struct page_calls *c,
      struct pagewalk *w, int64_t *ret_size, struct err *e)
{
	int64_t size = store_log_size(p->st), latest = INT64_MIN;
	int s;

	*w = (struct pagewalk){
		.p = p, .q = q, .c = c, .known = q->known_size < size ? q->known_size : INT64_MAX
	};
	(void)sqlite3_bind_int64(p->state, 1, p->st->kind[p->kind].id);
	s = sqlite3_step(p->state);
	if (s == SQLITE_ROW)
		latest = sqlite3_column_int64(p->state, 0);
	(void)sqlite3_reset(p->state); /* its code is that of the step */
	if (s != SQLITE_ROW && s != SQLITE_DONE)
		return db_fail(p->st, "read the register", e);
	w->earlier = latest > q->as_of_days;
	*ret_size = size;
	return ERR_OK;
}

enum err_code
page_walk(struct page_reader *p, const struct page_question *q, const struct page_calls *c,
          struct err *e)
{
	struct pagewalk w;
	struct arena mem;
	int64_t size = 0;
	enum err_code rc = start(p, q, c, &w, &size, e);

	if (rc || !p->rows)
		return rc;
	arena_init(&mem, (size_t)64 << 20);
	if (w.known < INT64_MAX && q->after < PAGE_UNCLASSED)
		rc = store_changed(p->st, p->kind, w.known, EACH_CHANGES_MOST, &mem, &w.changed, e);
	while (w.next < w.changed.count && w.changed.fid[w.next] <= q->after)
		w.next++;
	if (!rc && q->after < PAGE_UNCLASSED && (!q->box || p->shows_geometry)) {
		if (w.changed.many)
			rc = walk_past(&w, e);
		else if (q->box && !w.earlier && p->boxes)
			rc = walk_box(&w, size, e);
		else
			rc = walk_scan(&w, e);
		if (!rc && !w.changed.many)
			rc = give_changed(&w, INT64_MAX, e);
	}
	if (!rc && !w.stop && p->hazard && !access_is_exact(p->role))
		rc = give_areas(&w, size, e);
	arena_done(&mem);
	return rc;
}

static enum err_code
id_of(struct page_reader *p, int64_t fid, struct uuid *ret, struct err *e)
{
	sqlite3_stmt *q = NULL;
	enum err_code rc = db_prepare(p->st, SQL_STORE_RECORD_OF_RID, &q, e);

	if (rc)
		return rc;
	(void)sqlite3_bind_int64(q, 1, fid);
	if (sqlite3_step(q) == SQLITE_ROW && sqlite3_column_bytes(q, 0) == UUID_SIZE)
		memcpy(ret->b, sqlite3_column_blob(q, 0), UUID_SIZE);
	else
		rc = err_set(e, ERR_NOTFOUND, "there is no record with this number");
	sqlite3_finalize(q);
	return rc;
}

enum err_code
page_number(struct page_reader *p, const struct page_question *q, int64_t number,
            const struct page_calls *c, struct err *e)
{
	struct page_question one = *q;
	struct pagewalk w;
	struct uuid id = { { 0 } };
	int64_t size = 0;
	enum err_code rc = start(p, &one, c, &w, &size, e);

	one.box = NULL;
	if (rc || !p->rows)
		return rc;
	if (number >= PAGE_UNCLASSED) {
		one.after = number - 1;
		return give_areas(&w, size, e);
	}
	if (w.known == INT64_MAX)
		return layer_number(&w, number, e);
	rc = id_of(p, number, &id, e);
	arena_reset(&p->row);
	return rc ? rc : give_past(&w, id, e);
}

struct single {
	const struct page_calls *c;
	bool any;
};

static enum err_code
give_single(void *ctx, const struct shown *row, int64_t number, bool *stop, struct err *e)
{
	struct single *s = ctx;

	s->any = true;
	return s->c->row(s->c->ctx, row, number, stop, e);
}

enum err_code
page_record(struct page_reader *p, const struct page_question *q, struct uuid id,
            const struct page_calls *c, struct err *e)
{
	struct single s = { .c = c };
	const struct page_calls own = { .row = give_single, .ctx = &s };
	struct err quiet = { 0 };
	int kind = -1;
	int64_t fid = 0;
	enum err_code rc = history_find(p->st, id, &kind, &fid, &quiet);

	if (rc && rc != ERR_NOTFOUND)
		return err_set(e, rc, "%s", quiet.text);
	if (!rc && kind == p->kind) {
		rc = page_number(p, q, fid, &own, e);
		if (rc)
			return rc;
	}
	return s.any ? ERR_OK
	             : err_set(e, ERR_NOTFOUND, "there is no such %s",
	                       store_kind_name(p->st, p->kind));
}

enum err_code
page_changed(struct page_reader *p, int64_t since, void (*fn)(void *ctx, int64_t number), void *ctx,
             bool *ret_all, struct err *e)
{
	struct changed changed = { 0 };
	struct arena mem;
	enum err_code rc;

	arena_init(&mem, (size_t)64 << 20);
	rc = store_changed(p->st, p->kind, since, EACH_CHANGES_MOST, &mem, &changed, e);
	*ret_all = !rc && changed.many;
	for (size_t i = 0; !rc && i < changed.count; i++)
		fn(ctx, changed.fid[i]);
	arena_done(&mem);
	return rc;
}

enum err_code
page_extent(struct page_reader *p, bool *ret_any, struct geom_box *ret, struct err *e)
{
	struct page_question q = { .box = ret, .boxes = 1 };
	sqlite3_stmt *s = NULL;
	enum err_code rc =
		access_is_exact(p->role) ? ERR_OK : find_reach(p, store_log_size(p->st), e);

	*ret_any = false;
	if (!rc)
		rc = db_prepare(p->st, SQL_STORE_PAGE_EXTENT, &s, e);
	if (rc)
		return rc;
	(void)sqlite3_bind_text(s, 1, p->st->kind[p->kind].name, -1, SQLITE_STATIC);
	if (p->rows && p->shows_geometry && sqlite3_step(s) == SQLITE_ROW &&
	    sqlite3_column_type(s, 0) != SQLITE_NULL) {
		*ret = (struct geom_box){ sqlite3_column_double(s, 0), sqlite3_column_double(s, 1),
			                  sqlite3_column_double(s, 2),
			                  sqlite3_column_double(s, 3) };
		if (!access_is_exact(p->role)) {
			/* the exact extent would give an outline's edge away */
			*ret = search_box(p, &q);
			ret->min_lon_deg = fmax(-180, floor(ret->min_lon_deg * 10) / 10);
			ret->min_lat_deg = fmax(-90, floor(ret->min_lat_deg * 10) / 10);
			ret->max_lon_deg = fmin(180, ceil(ret->max_lon_deg * 10) / 10);
			ret->max_lat_deg = fmin(90, ceil(ret->max_lat_deg * 10) / 10);
		}
		*ret_any = true;
	}
	sqlite3_finalize(s);
	return ERR_OK;
}
