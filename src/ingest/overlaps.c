/* All boxes are held (25 bytes a hazard), and outlines only of those whose boxes meet another's,
 * cell by cell: the land is cut in two where half of the boxes lie on either side, until few enough
 * are left. A box on a cut is in both halves; a pair belongs to the cell in which the lower left
 * corner of what the two boxes share lies, so that it is looked at once. Cells are compared side by
 * side; notes are kept by the caller's thread, in the order of the cells. */
#include "ingest/overlaps.h"

#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "geo/overlap.h"
#include "ingest/rowcheck.h"
#include "store/boxes.h"

enum {
	IS_OPEN = 1,
	IS_NEW = 2,
	OPEN_NOTED = 1,
	RELEASED_NOTED = 2,
	SAMPLE = 1001, /* boxes that say where to cut */
	CUTS = 60,
	PAIRS_HELD = 1 << 16 /* of a cell, until they are noted */
};

/* Outward: a box held contains the box in the register. */
struct lie {
	float low[2], high[2]; /* longitude, latitude */
	int64_t fid;
};

struct pair {
	uint32_t older, newer;
	bool both_open;
	double m2;
};

struct cell {
	double low[2], high[2]; /* low <= x < high */
	uint32_t *at;           /* its boxes in the order of the records' numbers; later only those
	                           whose boxes meet */
	size_t n;
	struct pair *pair;
	size_t pairs;
	bool large; /* too much to be held beside others */
	enum err_code rc;
	struct err err;
};

struct work {
	struct lie *lie;
	uint8_t *flags, *noted;
	size_t count, room;
	int64_t first_new;
	size_t most_in_cell;
	struct pool *pool;
	struct cell *cell;
	size_t cells, cells_room;
	pthread_mutex_t register_lock; /* one thread at a time reads outlines or keeps notes */
	struct outline_reader *outlines;
	struct rowkey_reader *notes;
	struct overlaps *ret;
};

static enum err_code
no_memory(struct err *e)
{
	return err_set(e, ERR_NOMEM, "out of memory for comparing hazards");
}

static enum err_code
make_room(struct work *w, struct err *e)
{
	size_t room = w->room ? 2 * w->room : 1024;
	struct lie *lie = mem_realloc_array(w->lie, room, sizeof(*lie));
	uint8_t *flags = lie ? mem_realloc_array(w->flags, room, sizeof(*flags)) : NULL;

	w->lie = lie ? lie : w->lie;
	w->flags = flags ? flags : w->flags;
	if (!lie || !flags)
		return no_memory(e);
	w->room = room;
	return ERR_OK;
}

static enum err_code
collect(void *ctx, const struct boxes_row *row, struct err *e)
{
	struct work *w = ctx;
	const double low[] = { row->box.min_lon_deg, row->box.min_lat_deg };
	const double high[] = { row->box.max_lon_deg, row->box.max_lat_deg };
	struct lie *l;
	enum err_code rc = ERR_OK;

	if (w->count == OVERLAPS_MAX_HAZARDS)
		w->ret->left_out = true;
	if (w->ret->left_out)
		return ERR_OK;
	if (w->count == w->room)
		rc = make_room(w, e);
	if (rc)
		return rc;
	l = &w->lie[w->count];
	for (int k = 0; k < 2; k++) {
		l->low[k] = nextafterf((float)low[k], -INFINITY);
		l->high[k] = nextafterf((float)high[k], INFINITY);
	}
	l->fid = row->fid;
	w->flags[w->count++] =
		(uint8_t)((row->danger ? IS_OPEN : 0) | (row->fid >= w->first_new ? IS_NEW : 0));
	return ERR_OK;
}

/* --- one cell */

/* Do the boxes meet, in this cell, and would it be told? */
static bool
worth_a_look(const struct work *w, const struct cell *c, uint32_t a, uint32_t b)
{
	const struct lie *p = &w->lie[a], *q = &w->lie[b];
	unsigned either = w->flags[a] | w->flags[b];

	if (!(either & IS_NEW) || !(either & IS_OPEN))
		return false;
	for (int k = 0; k < 2; k++) {
		double corner = fmax(p->low[k], q->low[k]);

		if (p->low[k] > q->high[k] || q->low[k] > p->high[k] || corner < c->low[k] ||
		    corner >= c->high[k])
			return false;
	}
	return true;
}

struct west {
	float low, high; /* longitude */
	uint32_t place;  /* in the cell */
};

static int
by_west(const void *a, const void *b)
{
	const struct west *p = a, *q = b;

	if (p->low != q->low)
		return p->low < q->low ? -1 : 1;
	return p->place < q->place ? -1 : p->place > q->place;
}

/* Only the boxes that meet another one stay, found by a sweep from west to east. */
static bool
keep_meeting(const struct work *w, struct cell *c)
{
	struct west *sorted = mem_realloc_array(NULL, c->n + 1, sizeof(*sorted));
	bool *meets = mem_calloc(c->n + 1, sizeof(*meets));
	size_t kept = 0;

	for (size_t i = 0; sorted && i < c->n; i++)
		sorted[i] = (struct west){ w->lie[c->at[i]].low[0], w->lie[c->at[i]].high[0],
			                   (uint32_t)i };
	if (sorted && c->n)
		qsort(sorted, c->n, sizeof(*sorted), by_west);
	for (size_t i = 0; sorted && meets && i < c->n; i++) {
		uint32_t a = sorted[i].place;

		for (size_t k = i + 1; k < c->n && sorted[k].low <= sorted[i].high; k++) {
			uint32_t b = sorted[k].place;

			if (worth_a_look(w, c, c->at[a], c->at[b]))
				meets[a] = meets[b] = true;
		}
	}
	for (size_t i = 0; meets && i < c->n; i++)
		if (meets[i])
			c->at[kept++] = c->at[i];
	if (sorted && meets)
		c->n = kept;
	mem_free(sorted);
	mem_free(meets);
	return sorted && meets;
}

/* What overlap_each tells goes to tell, with the pair by places in w->lie. */
struct telling {
	struct work *w;
	struct cell *c;
	const uint32_t *at; /* those with an area */
	enum err_code (*tell)(struct work *w, struct cell *c, const struct pair *p, struct err *e);
	enum err_code rc;
	struct err *e;
};

/* a < b, in the order of the records' numbers, so that b is the newer one. */
static int
pass_on(void *ctx, size_t a, size_t b, double m2)
{
	struct telling *t = ctx;
	const uint8_t *flags = t->w->flags;
	const struct pair p = { t->at[a], t->at[b], flags[t->at[a]] & flags[t->at[b]] & IS_OPEN,
		                m2 };

	if ((flags[p.newer] & IS_NEW) && worth_a_look(t->w, t->c, p.older, p.newer))
		t->rc = t->tell(t->w, t->c, &p, t->e);
	return t->rc != ERR_OK;
}

static enum err_code
read_outlines(struct work *w, const struct cell *c, struct arena *mem, struct extent_item *item,
              uint32_t *at, size_t *ret_n, struct err *e)
{
	enum err_code rc = ERR_OK;
	size_t k = 0;

	pthread_mutex_lock(&w->register_lock);
	for (size_t i = 0; !rc && i < c->n; i++) {
		struct outline o;

		rc = outline_get(w->outlines, w->lie[c->at[i]].fid, mem, &o, e);
		if (rc || !o.geom || !geom_is_areal(o.geom))
			continue; /* a line */
		item[k] = (struct extent_item){ .geom = o.geom,
			                        .area_m2 = o.area_m2,
			                        .perimeter_m = o.perimeter_m };
		at[k++] = c->at[i];
	}
	pthread_mutex_unlock(&w->register_lock);
	*ret_n = k;
	return rc;
}

static enum err_code
compare_outlines(struct telling *t, struct err *e)
{
	struct arena mem;
	struct extent_item *item;
	uint32_t *at;
	enum err_code rc = ERR_OK;
	size_t n = 0;

	arena_init(&mem, (size_t)1 << 30);
	item = arena_calloc(&mem, t->c->n + 1, sizeof(*item));
	at = arena_calloc(&mem, t->c->n + 1, sizeof(*at));
	t->at = at;
	t->e = e;
	rc = item && at ? read_outlines(t->w, t->c, &mem, item, at, &n, e) : no_memory(e);
	if (!rc && n)
		rc = overlap_each(t->w->pool, item, n, OVERLAPS_LEAST_M2, pass_on, t, e);
	arena_done(&mem);
	return rc ? rc : t->rc;
}

static enum err_code
hold(struct work *w, struct cell *c, const struct pair *p, struct err *e)
{
	(void)w;
	if (!c->pair)
		c->pair = mem_realloc_array(NULL, PAIRS_HELD, sizeof(*c->pair));
	if (!c->pair)
		return no_memory(e);
	c->large = c->pairs == PAIRS_HELD;
	if (c->large)
		return ERR_LIMIT;
	c->pair[c->pairs++] = *p;
	return ERR_OK;
}

static enum err_code
note(struct work *w, struct cell *c, const struct pair *p, struct err *e)
{
	const uint8_t noted = p->both_open ? OPEN_NOTED : RELEASED_NOTED;
	char detail[60];
	enum err_code rc;

	(void)c;
	(void)snprintf(detail, sizeof(detail), "%.0f m2", p->m2);
	pthread_mutex_lock(&w->register_lock);
	rc = rowkey_note(
		w->notes, w->lie[p->newer].fid,
		rowchecks[p->both_open ? CHECK_OVERLAPS_HAZARD : CHECK_RELEASED_OVER_OPEN].code,
		w->lie[p->older].fid, detail, e);
	pthread_mutex_unlock(&w->register_lock);
	if (!(w->noted[p->newer] & noted)) {
		w->noted[p->newer] |= noted;
		*(p->both_open ? &w->ret->open : &w->ret->released) += 1;
	}
	return rc;
}

/* Side by side: whatever keeps nothing. */
static void
cell_compare(void *ctx, size_t i, size_t worker)
{
	struct work *w = ctx;
	struct cell *c = &w->cell[i];
	struct telling t = { .w = w, .c = c, .tell = hold };

	(void)worker;
	if (!keep_meeting(w, c)) {
		c->rc = no_memory(&c->err);
		return;
	}
	c->large = c->n > w->most_in_cell;
	if (c->large)
		return;
	c->rc = compare_outlines(&t, &c->err);
	if (c->large)
		c->rc = ERR_OK; /* it is done again, without holding them */
}

static enum err_code
cell_note(void *ctx, size_t i, struct err *e)
{
	struct work *w = ctx;
	struct cell *c = &w->cell[i];
	struct telling t = { .w = w, .c = c, .tell = note };
	enum err_code rc = c->rc ? err_set(e, c->rc, "%s", c->err.text) : ERR_OK;

	if (!rc && c->large && c->n > OVERLAPS_MAX_HEAP)
		w->ret->left_out = true;
	else if (!rc && c->large)
		rc = compare_outlines(&t, e);
	for (size_t k = 0; !rc && !c->large && k < c->pairs; k++)
		rc = note(w, c, &c->pair[k], e);
	mem_free(c->pair);
	mem_free(c->at);
	c->pair = NULL;
	c->at = NULL;
	return rc;
}

/* --- cells */

static int
by_value(const void *a, const void *b)
{
	const float *p = a, *q = b;

	return *p < *q ? -1 : *p > *q;
}

/* Where half of the boxes begin, by a sample of them. */
static double
middle(const struct work *w, const uint32_t *at, size_t n, int axis)
{
	float sample[SAMPLE];
	size_t k = 0;

	for (size_t i = 0; i < SAMPLE && k < n; i++)
		sample[k++] = w->lie[at[i * (n - 1) / (SAMPLE - 1)]].low[axis];
	qsort(sample, k, sizeof(*sample), by_value);
	return sample[k / 2];
}

struct halves {
	uint32_t *at[2];
	size_t n[2];
	int axis;
	double cut;
};

static bool
cut_at(const struct work *w, const uint32_t *at, size_t n, struct halves *h)
{
	h->n[0] = h->n[1] = 0;
	h->cut = middle(w, at, n, h->axis);
	for (size_t i = 0; i < n; i++) {
		const struct lie *l = &w->lie[at[i]];

		if ((double)l->low[h->axis] < h->cut)
			h->at[0][h->n[0]++] = at[i];
		if ((double)l->high[h->axis] >= h->cut)
			h->at[1][h->n[1]++] = at[i];
	}
	/* is anything won by it? */
	return h->n[0] <= n - n / 8 && h->n[1] <= n - n / 8;
}

static bool
any_new(const struct work *w, const uint32_t *at, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (w->flags[at[i]] & IS_NEW)
			return true;
	return false;
}

static enum err_code
add_cell(struct work *w, const struct cell *land, const uint32_t *at, size_t n, struct err *e)
{
	struct cell c = *land;

	if (w->cells == w->cells_room) {
		size_t room = w->cells_room ? 2 * w->cells_room : 64;
		struct cell *more = mem_realloc_array(w->cell, room, sizeof(*more));

		if (!more)
			return no_memory(e);
		w->cell = more;
		w->cells_room = room;
	}
	c.n = n;
	c.at = mem_realloc_array(NULL, n, sizeof(*c.at));
	if (!c.at)
		return no_memory(e);
	memcpy(c.at, at, n * sizeof(*at));
	w->cell[w->cells++] = c;
	return ERR_OK;
}

static enum err_code cut_land(struct work *w, const struct cell *land, uint32_t *at, size_t n,
                              int cuts, struct err *e);

static enum err_code
cut_halves(struct work *w, const struct cell *land, const struct halves *h, int cuts, struct err *e)
{
	struct cell half[2] = { *land, *land };
	enum err_code rc = ERR_OK;

	half[0].high[h->axis] = h->cut;
	half[1].low[h->axis] = h->cut;
	for (int k = 0; !rc && k < 2; k++)
		rc = cut_land(w, &half[k], h->at[k], h->n[k], cuts - 1, e);
	return rc;
}

/* at is in the order of the records' numbers. */
static enum err_code
cut_land(struct work *w, const struct cell *land, uint32_t *at, size_t n, int cuts, struct err *e)
{
	struct halves h = { .axis = cuts % 2 };
	bool cut = false;
	enum err_code rc = ERR_OK;

	if (!any_new(w, at, n))
		return ERR_OK;
	if (n <= w->most_in_cell || cuts == 0)
		return add_cell(w, land, at, n, e);
	for (int k = 0; k < 2; k++)
		if (!(h.at[k] = mem_realloc_array(NULL, n, sizeof(**h.at))))
			rc = no_memory(e);
	for (int k = 0; !rc && !cut && k < 2; k++) {
		h.axis = (cuts + k) % 2;
		cut = cut_at(w, at, n, &h);
	}
	if (cut)
		rc = cut_halves(w, land, &h, cuts, e);
	mem_free(h.at[0]);
	mem_free(h.at[1]);
	return rc || cut ? rc : add_cell(w, land, at, n, e);
}

static enum err_code
look_at_all(struct work *w, struct err *e)
{
	const struct cell all = { .low = { -INFINITY, -INFINITY }, .high = { INFINITY, INFINITY } };
	uint32_t *at = mem_realloc_array(NULL, w->count, sizeof(*at));
	enum err_code rc = ERR_OK;

	w->noted = mem_calloc(w->count, sizeof(*w->noted));
	if (!at || !w->noted)
		rc = no_memory(e);
	for (size_t i = 0; !rc && i < w->count; i++)
		at[i] = (uint32_t)i;
	if (!rc)
		rc = cut_land(w, &all, at, w->count, CUTS, e);
	mem_free(at);
	return rc ? rc : pool_line(w->pool, w->cells, 1, cell_compare, cell_note, w, e);
}

enum err_code
overlaps_note(struct store *st, const struct overlaps_question *q, struct rowkey_reader *notes,
              struct overlaps *ret, struct err *e)
{
	int kind = store_kind(st, "hazard");
	struct work w = { .first_new = q->first_new,
		          .most_in_cell = q->most_in_cell ? q->most_in_cell : OVERLAPS_CELL,
		          .pool = q->pool,
		          .register_lock = PTHREAD_MUTEX_INITIALIZER,
		          .notes = notes,
		          .ret = ret };
	enum err_code rc;

	*ret = (struct overlaps){ 0 };
	rc = boxes_each(st, kind, collect, &w, e);
	if (!rc && !ret->left_out)
		rc = outline_open(st, kind, &w.outlines, e);
	if (!rc && !ret->left_out && w.count) {
		rc = look_at_all(&w, e);
		ret->hazards = (int64_t)w.count;
	}
	outline_close(w.outlines);
	for (size_t i = 0; i < w.cells; i++) {
		mem_free(w.cell[i].pair);
		mem_free(w.cell[i].at);
	}
	mem_free(w.cell);
	mem_free(w.lie);
	mem_free(w.flags);
	mem_free(w.noted);
	(void)pthread_mutex_destroy(&w.register_lock);
	return rc;
}
