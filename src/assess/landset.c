#include "assess/landset.h"

#include <stdlib.h>
#include <string.h>

#include "assess/places.h"
#include "base/mem.h"
#include "base/spool.h"
#include "base/text.h"
#include "geo/extent.h"
#include "geo/measure.h"
#include "geo/shape.h"
#include "store/access.h"
#include "store/history.h"

struct walking {
	struct assess *a;
	const struct land_question *q;
	land_fn *fn;
	void *ctx;
	struct land_record record; /* at hand: its days so far */
	struct land_item item[LAND_DAYS];
	size_t items;
	int64_t fid; /* 0 = none at hand */
	uint64_t count;
	struct arena mem; /* geometries of the record at hand */
};

static enum err_code
keep_geometry(struct walking *w, const struct shown *row, struct land_item *x, struct err *e)
{
	double radius = fields_number(&row->fields, "radius_m", 0);
	const struct geom *g = row->fields.geom;
	enum err_code rc;

	if (!g || geom_is_empty(g))
		return ERR_OK;
	if (!geom_is_areal(g) && radius > 0) {
		rc = shape_grow(w->a->geo, g, radius, &w->mem, &x->geom, e);
		if (rc)
			return rc;
		x->area_m2 = x->area_low_m2 = measure_area_m2(&x->geom);
		x->perimeter_m = measure_perimeter_m(&x->geom);
	} else {
		if (!geom_copy(g, &w->mem, &x->geom))
			return err_set(e, ERR_NOMEM, "out of memory for a hazard");
		x->area_m2 = row->area_m2;
		/* two ways of summing: the smaller reading is never the larger area */
		x->area_low_m2 = row->area_low_m2 < row->area_m2 ? row->area_low_m2 : row->area_m2;
		x->perimeter_m = row->perimeter_m;
	}
	x->areal = geom_is_areal(&x->geom);
	return ERR_OK;
}

/* Codes come from the form's lists: those texts live as long as the store. */
static const char *
lasting(const struct form *form, const char *field, const char *code)
{
	const struct form_field *f = form_find(form, field);
	const struct form_choice *c = f && f->list && code ? form_choice_find(f->list, code) : NULL;

	return c ? c->code : "unknown";
}

static const char *
code_of(const struct shown *row, const char *field)
{
	return lasting(row->fields.form, field, fields_text(&row->fields, field));
}

/* Under which class it is counted. A correction that would take it out of totals, or out of what a
 * reader without exact access may know, waits for its approval: the class shown is then not that
 * of the totals. *ret_any false: the reader may not know of it. */
static void
settle_class(const struct walking *w, const struct shown *row, const struct shown *joined,
             struct land_item *x, bool *ret_any)
{
	const struct form *form = row->fields.form;
	const char *class = fields_text(&row->fields, "class");
	bool hides = w->a->q->no_single_items && access_is_single(class);

	x->hazard_class = lasting(form, "class", class);
	*ret_any = !hides;
	if (joined && hides && !access_is_single(joined->first_class)) {
		x->hazard_class = lasting(form, "class", joined->first_class);
		*ret_any = true;
	} else if (joined && !hides && !shown_in_totals(form, class) && joined->totals_class) {
		x->hazard_class = lasting(form, "class", joined->totals_class);
	}
	x->in_totals = shown_in_totals(form, x->hazard_class);
	/* what a source reports is in an outline that is as large as that */
	x->thin = !x->areal || (joined && joined->any_thin && x->reported_m2 > x->area_m2);
}

/* Is what is counted of a record, whose correction waits, another thing than what is shown? */
static enum err_code
is_needed(const struct walking *w, const struct shown *row, const struct land_item *x, bool *ret,
          struct err *e)
{
	const char *class = fields_text(&row->fields, "class");

	*ret = false;
	if (row->revisions < 2 || !(row->unapproved || row->conflict))
		return ERR_OK;
	*ret = (w->q->with_places && w->a->q->by) || !shown_in_totals(row->fields.form, class) ||
	       access_is_single(class);
	if (*ret || !(x->reported_m2 > x->area_m2))
		return ERR_OK;
	return history_any_thin(w->a->st, row->id, ret, e);
}

/* Class, outline and place of a hazard. *ret_any false: the reader may not know of it. */
static enum err_code
settle(const struct walking *w, size_t day, const struct shown *row, struct land_item *x,
       bool *ret_any, struct err *e)
{
	const struct history_ask ask = { row->kind, row->id, w->q->as_of_days[day],
		                         w->a->q->known_size };
	struct shown joined = *row;
	struct arena mem;
	bool needed, any = true;
	enum err_code rc = is_needed(w, row, x, &needed, e);

	*ret_any = false;
	if (rc)
		return rc;
	arena_init(&mem, (size_t)1 << 30);
	if (needed && !row->rid)
		rc = history_shown(w->a->st, &ask, &mem, &joined, &any, e);
	if (!rc && any)
		settle_class(w, row, needed ? &joined : NULL, x, ret_any);
	if (!rc && *ret_any && w->q->with_places)
		rc = places_of(w->a->places, &joined, &x->place, e);
	arena_done(&mem);
	return rc;
}

static bool
is_same(const struct land_item *a, const struct land_item *b)
{
	return a->as == b->as && a->unapproved == b->unapproved && a->in_totals == b->in_totals &&
	       a->thin == b->thin && a->place == b->place && a->hazard_class == b->hazard_class &&
	       a->status == b->status && a->outcome == b->outcome && a->area_m2 == b->area_m2 &&
	       a->area_low_m2 == b->area_low_m2 && a->perimeter_m == b->perimeter_m &&
	       a->accuracy_m == b->accuracy_m && a->reported_m2 == b->reported_m2 &&
	       geom_equal(&a->geom, &b->geom);
}

/* Hand over the record at hand, if there is one. */
static enum err_code
hand_over(struct walking *w, struct err *e)
{
	enum err_code rc = ERR_OK;

	if (w->items)
		rc = w->fn(w->ctx, &w->record, e);
	w->record = (struct land_record){ .day = { NULL } };
	w->items = 0;
	w->fid = 0;
	arena_reset(&w->mem);
	return rc;
}

static enum err_code
see_hazard(void *ctx, size_t day, const struct shown *row, struct err *e)
{
	struct walking *w = ctx;
	struct land_item x;
	bool any = false;
	enum err_code rc = ERR_OK;

	if (w->fid != row->fid) {
		rc = hand_over(w, e);
		w->fid = row->fid;
		w->count++;
	}
	memset(&x, 0, sizeof(x)); /* gaps between fields too: they go to a file */
	x.id = row->id;
	x.number = w->count;
	x.as = row->as;
	x.unapproved = row->unapproved;
	x.reported_m2 = fields_number(&row->fields, "reported_area_m2", 0);
	if (!rc)
		rc = keep_geometry(w, row, &x, e);
	if (!rc)
		rc = settle(w, day, row, &x, &any, e);
	if (rc || !any)
		return rc;
	x.status = code_of(row, "status");
	x.outcome = code_of(row, "outcome");
	x.accuracy_m = fields_number(&row->fields, "accuracy_m", -1);
	if (x.accuracy_m < 0)
		x.accuracy_m = LAND_ACCURACY_M;
	if (!w->items || !is_same(&w->item[w->items - 1], &x))
		w->item[w->items++] = x;
	w->record.day[day] = &w->item[w->items - 1];
	return ERR_OK;
}

enum err_code
land_each(struct assess *a, const struct land_question *q, land_fn *fn, void *ctx, struct err *e)
{
	static const char *const want[] = { "class",       "status",     "outcome",
		                            "accuracy_m",  "radius_m",   "reported_area_m2",
		                            "place",       "place_name", "admin1_name",
		                            "admin2_name", "geometry",   NULL };
	struct each_filter f = { .kind = store_kind(a->st, "hazard"),
		                 .known_size = a->q->known_size,
		                 .want = want };
	struct each_days days = { q->as_of_days, q->days };
	struct walking w = { .a = a, .q = q, .fn = fn, .ctx = ctx };
	enum err_code rc = ERR_OK;

	arena_init(&w.mem, (size_t)256 << 20);
	if (f.kind >= 0)
		rc = store_each_days(a->st, &f, &days, see_hazard, &w, e);
	if (!rc)
		rc = hand_over(&w, e);
	arena_done(&w.mem);
	return rc;
}

/* ---- the shelf ---- */

struct land_shelf {
	struct spool *spool;
	struct clumps clumps;
	const struct land_record **batch;
	size_t batch_room;
};

/* How a record lies there: this, its items, then each item's arrays. */
struct shelved {
	uint64_t items;
	uint64_t day[LAND_DAYS]; /* the item's number + 1, 0 = none */
};

enum {
	PIECES = 2 + 3 * LAND_DAYS
};

enum err_code
land_shelf_create(struct assess *a, struct land_shelf **ret, struct err *e)
{
	struct land_shelf *s = mem_calloc(1, sizeof(*s));
	enum err_code rc = s ? spool_create(store_scratch(a->st), &s->spool, e)
	                     : err_set(e, ERR_NOMEM, "out of memory for hazards");

	if (rc)
		mem_free(s);
	else
		*ret = s;
	return rc;
}

static void
free_list(struct clump_link *list)
{
	while (list) {
		struct clump_link *next = list->next;

		mem_free(list);
		list = next;
	}
}

void
land_shelf_free(struct land_shelf *s)
{
	if (!s)
		return;
	free_list(clumps_abandon(&s->clumps));
	clumps_done(&s->clumps);
	spool_free(s->spool);
	mem_free(s->batch);
	mem_free(s);
}

static struct geom_box
box_of(const struct land_item *item, size_t count)
{
	struct geom_box box = extent_no_box();

	for (size_t i = 0; i < count; i++)
		if (item[i].geom.point_count)
			geom_box_grow(&box, geom_bounds(&item[i].geom));
	return box;
}

enum err_code
land_shelf_put(struct land_shelf *s, const struct land_record *r, struct err *e)
{
	struct land_item item[LAND_DAYS];
	struct shelved h = { 0 };
	struct spool_piece piece[PIECES] = { { &h, sizeof(h) } };
	size_t n = 2;
	struct geom_box box;

	for (size_t d = 0; d < LAND_DAYS; d++) {
		const struct geom *g;

		if (!r->day[d])
			continue;
		if (d == 0 || r->day[d] != r->day[d - 1]) {
			g = &r->day[d]->geom;
			item[h.items++] = *r->day[d];
			piece[n++] = (struct spool_piece){ g->part_end,
				                           g->part_count * sizeof(*g->part_end) };
			piece[n++] = (struct spool_piece){ g->ring_end,
				                           g->ring_count * sizeof(*g->ring_end) };
			piece[n++] =
				(struct spool_piece){ g->xy, 2 * sizeof(*g->xy) * g->point_count };
		}
		h.day[d] = h.items;
	}
	piece[1] = (struct spool_piece){ item, h.items * sizeof(*item) };
	box = box_of(item, h.items);
	return box.min_lon_deg > box.max_lon_deg
	               ? ERR_OK
	               : spool_put(s->spool, box.min_lon_deg, piece, n, e);
}

static const void *
step(const uint8_t **at, size_t size)
{
	const uint8_t *p = *at;

	*at += (size + 7) & ~(size_t)7;
	return p;
}

/* A record as it was put; one piece of memory. NULL when memory ends. */
static struct land_record *
unpack(const void *data, size_t size, struct geom_box *ret_box)
{
	struct land_record *r = mem_alloc(sizeof(*r) + size);
	const uint8_t *at = (const uint8_t *)(r + 1);
	struct land_item *item;
	struct shelved h;

	if (!r)
		return NULL;
	memcpy(r + 1, data, size);
	memcpy(&h, step(&at, sizeof(h)), sizeof(h));
	item = (struct land_item *)((uint8_t *)(r + 1) + sizeof(h));
	(void)step(&at, h.items * sizeof(*item));
	for (uint64_t i = 0; i < h.items; i++) {
		struct geom *g = &item[i].geom;

		g->part_end = step(&at, g->part_count * sizeof(*g->part_end));
		g->ring_end = step(&at, g->ring_count * sizeof(*g->ring_end));
		g->xy = step(&at, 2 * sizeof(*g->xy) * g->point_count);
	}
	for (size_t d = 0; d < LAND_DAYS; d++)
		r->day[d] = h.day[d] ? &item[h.day[d] - 1] : NULL;
	*ret_box = box_of(item, h.items);
	return r;
}

static uint64_t
number_of(const struct land_record *r)
{
	for (size_t d = 0; d < LAND_DAYS; d++)
		if (r->day[d])
			return r->day[d]->number;
	return 0;
}

static int
by_number(const void *a, const void *b)
{
	uint64_t x = number_of(*(const struct land_record *const *)a);
	uint64_t y = number_of(*(const struct land_record *const *)b);

	return (x > y) - (x < y);
}

/* All that is ready, as a batch. */
static enum err_code
give_batch(struct land_shelf *s, land_batch_fn *fn, void *ctx, struct err *e)
{
	size_t n, i = 0;
	struct clump_link *list = clumps_take(&s->clumps, &n);
	enum err_code rc = ERR_OK;

	if (n > s->batch_room) {
		const struct land_record **p = mem_realloc_array(s->batch, n, sizeof(*p));

		if (!p) {
			free_list(list);
			return err_set(e, ERR_NOMEM, "out of memory for %zu hazards", n);
		}
		s->batch = p;
		s->batch_room = n;
	}
	for (struct clump_link *l = list; l; l = l->next)
		s->batch[i++] = (const struct land_record *)l;
	if (n) {
		qsort(s->batch, n, sizeof(*s->batch), by_number);
		rc = fn(ctx, s->batch, n, e);
	}
	free_list(list);
	return rc;
}

enum err_code
land_shelf_each(struct land_shelf *s, land_batch_fn *fn, void *ctx, struct err *e)
{
	const void *data;
	size_t size;
	double west;
	enum err_code rc;

	while ((rc = spool_next(s->spool, &west, &data, &size, e)) == ERR_OK) {
		struct geom_box box;
		struct land_record *r = unpack(data, size, &box);

		if (!r || !clumps_add(&s->clumps, box, &r->link)) {
			mem_free(r);
			return err_set(e, ERR_NOMEM, "out of memory for hazards");
		}
		if (s->clumps.ready_count >= LAND_BATCH)
			rc = give_batch(s, fn, ctx, e);
		if (rc)
			return rc;
	}
	if (rc != ERR_NOTFOUND)
		return rc;
	clumps_end(&s->clumps);
	return give_batch(s, fn, ctx, e);
}
