/* All boxes are held (25 bytes a hazard), and outlines only of those whose boxes meet another's,
 * cell by cell: the land is cut in two where half of the boxes lie on either side, until few enough
 * are left. A box on a cut is in both halves; a pair belongs to the cell in which the lower left
 * corner of what the two boxes share lies, so that it is looked at once. */
#include "ingest/overlaps.h"

#include <math.h>
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
	OPEN_NOTED = 4,
	RELEASED_NOTED = 8,
	MEETS = 16,
	SAMPLE = 1001, /* boxes that say where to cut */
	CUTS = 60
};

/* Outward: a box held contains the box in the register. */
struct lie {
	float low[2], high[2]; /* longitude, latitude */
	int64_t fid;
};

struct cell {
	double low[2], high[2]; /* low <= x < high */
};

struct work {
	struct lie *lie;
	uint8_t *flags;
	size_t count, room;
	int64_t first_new;
	size_t most_in_cell;
	struct pool *pool;
	struct outline_reader *outlines;
	struct rowkey_reader *notes;
	struct overlaps *ret;
	enum err_code rc; /* of a note */
	struct err *e;
	/* the cell that is looked at */
	const struct cell *cell;
	uint32_t *at; /* its boxes, those that meet others first */
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
worth_a_look(const struct work *w, uint32_t a, uint32_t b)
{
	const struct lie *p = &w->lie[a], *q = &w->lie[b];
	unsigned either = w->flags[a] | w->flags[b];

	if (!(either & IS_NEW) || !(either & IS_OPEN))
		return false;
	for (int k = 0; k < 2; k++) {
		double corner = fmax(p->low[k], q->low[k]);

		if (p->low[k] > q->high[k] || q->low[k] > p->high[k] || corner < w->cell->low[k] ||
		    corner >= w->cell->high[k])
			return false;
	}
	return true;
}

/* A pair of those that meet; both are places in w->at, in the order of the records' numbers, so
 * that b is the newer one. */
static int
pair(void *ctx, size_t a, size_t b, double m2)
{
	struct work *w = ctx;
	const uint32_t i = w->at[a], j = w->at[b];
	const bool both = w->flags[i] & w->flags[j] & IS_OPEN;
	const uint8_t noted = both ? OPEN_NOTED : RELEASED_NOTED;
	char detail[60];

	if (!(w->flags[j] & IS_NEW) || !worth_a_look(w, i, j))
		return 0;
	(void)snprintf(detail, sizeof(detail), "%.0f m2", m2);
	w->rc = rowkey_note(w->notes, w->lie[j].fid,
	                    rowchecks[both ? CHECK_OVERLAPS_HAZARD : CHECK_RELEASED_OVER_OPEN].code,
	                    w->lie[i].fid, detail, w->e);
	if (!(w->flags[j] & noted)) {
		w->flags[j] |= noted;
		*(both ? &w->ret->open : &w->ret->released) += 1;
	}
	return w->rc != ERR_OK;
}

static int
by_west(const void *a, const void *b)
{
	const struct lie *const *p = a, *const *q = b;

	if ((*p)->low[0] != (*q)->low[0])
		return (*p)->low[0] < (*q)->low[0] ? -1 : 1;
	return (*p)->fid < (*q)->fid ? -1 : (*p)->fid > (*q)->fid;
}

/* Mark the boxes that meet another one, by a sweep from west to east. */
static bool
mark_meeting(struct work *w, const uint32_t *at, size_t n)
{
	const struct lie **sorted = mem_realloc_array(NULL, n, sizeof(const struct lie *));

	if (!sorted)
		return false;
	for (size_t i = 0; i < n; i++)
		sorted[i] = &w->lie[at[i]];
	qsort(sorted, n, sizeof(const struct lie *), by_west);
	for (size_t i = 0; i < n; i++) {
		uint32_t a = (uint32_t)(sorted[i] - w->lie);

		for (size_t k = i + 1; k < n && sorted[k]->low[0] <= sorted[i]->high[0]; k++) {
			uint32_t b = (uint32_t)(sorted[k] - w->lie);

			if (!worth_a_look(w, a, b))
				continue;
			w->flags[a] |= MEETS;
			w->flags[b] |= MEETS;
		}
	}
	mem_free(sorted);
	return true;
}

static enum err_code
compare_outlines(struct work *w, size_t n, struct err *e)
{
	struct arena mem;
	struct extent_item *item;
	enum err_code rc = ERR_OK;
	size_t k = 0;

	arena_init(&mem, (size_t)1 << 30);
	item = arena_calloc(&mem, n + 1, sizeof(*item));
	if (!item)
		rc = no_memory(e);
	for (size_t i = 0; !rc && i < n; i++) {
		struct outline o;

		rc = outline_get(w->outlines, w->lie[w->at[i]].fid, &mem, &o, e);
		if (rc || !o.geom || !geom_is_areal(o.geom))
			continue; /* a line */
		item[k] = (struct extent_item){ .geom = o.geom,
			                        .area_m2 = o.area_m2,
			                        .perimeter_m = o.perimeter_m };
		w->at[k++] = w->at[i];
	}
	if (!rc && k)
		rc = overlap_each(w->pool, item, k, OVERLAPS_LEAST_M2, pair, w, e);
	arena_done(&mem);
	return rc ? rc : w->rc;
}

/* at is in the order of the records' numbers, and is given up. */
static enum err_code
look_at_cell(struct work *w, const struct cell *cell, uint32_t *at, size_t n, struct err *e)
{
	size_t k = 0;

	w->cell = cell;
	w->at = at;
	if (!mark_meeting(w, at, n))
		return no_memory(e);
	for (size_t i = 0; i < n; i++)
		if (w->flags[at[i]] & MEETS) {
			w->flags[at[i]] &= (uint8_t)~MEETS;
			at[k++] = at[i];
		}
	if (k > OVERLAPS_MAX_HEAP) {
		w->ret->left_out = true;
		return ERR_OK;
	}
	return compare_outlines(w, k, e);
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

static enum err_code look_at_cells(struct work *w, const struct cell *cell, uint32_t *at, size_t n,
                                   int cuts, struct err *e);

static enum err_code
look_at_halves(struct work *w, const struct cell *cell, const struct halves *h, int cuts,
               struct err *e)
{
	struct cell half[2] = { *cell, *cell };
	enum err_code rc = ERR_OK;

	half[0].high[h->axis] = h->cut;
	half[1].low[h->axis] = h->cut;
	for (int k = 0; !rc && k < 2; k++)
		rc = look_at_cells(w, &half[k], h->at[k], h->n[k], cuts - 1, e);
	return rc;
}

static enum err_code
look_at_cells(struct work *w, const struct cell *cell, uint32_t *at, size_t n, int cuts,
              struct err *e)
{
	struct halves h = { .axis = cuts % 2 };
	bool cut = false;
	enum err_code rc = ERR_OK;

	if (!any_new(w, at, n))
		return ERR_OK;
	if (n <= w->most_in_cell || cuts == 0)
		return look_at_cell(w, cell, at, n, e);
	for (int k = 0; k < 2; k++)
		if (!(h.at[k] = mem_realloc_array(NULL, n, sizeof(**h.at))))
			rc = no_memory(e);
	for (int k = 0; !rc && !cut && k < 2; k++) {
		h.axis = (cuts + k) % 2;
		cut = cut_at(w, at, n, &h);
	}
	if (cut)
		rc = look_at_halves(w, cell, &h, cuts, e);
	mem_free(h.at[0]);
	mem_free(h.at[1]);
	return rc || cut ? rc : look_at_cell(w, cell, at, n, e);
}

static enum err_code
look_at_all(struct work *w, struct err *e)
{
	const struct cell all = { { -INFINITY, -INFINITY }, { INFINITY, INFINITY } };
	uint32_t *at = mem_realloc_array(NULL, w->count + 1, sizeof(*at));
	enum err_code rc;

	if (!at)
		return no_memory(e);
	for (size_t i = 0; i < w->count; i++)
		at[i] = (uint32_t)i;
	rc = look_at_cells(w, &all, at, w->count, CUTS, e);
	mem_free(at);
	return rc;
}

enum err_code
overlaps_note(struct store *st, const struct overlaps_question *q, struct rowkey_reader *notes,
              struct overlaps *ret, struct err *e)
{
	int kind = store_kind(st, "hazard");
	struct work w = { .first_new = q->first_new,
		          .most_in_cell = q->most_in_cell ? q->most_in_cell : OVERLAPS_CELL,
		          .pool = q->pool,
		          .notes = notes,
		          .ret = ret,
		          .e = e };
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
	mem_free(w.lie);
	mem_free(w.flags);
	return rc;
}
