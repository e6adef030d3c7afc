#include "ingest/overlaps.h"

#include <stdio.h>

#include "base/mem.h"
#include "geo/overlap.h"
#include "ingest/rowcheck.h"
#include "store/each.h"

struct one {
	int64_t fid;
	bool open;
};

struct work {
	struct arena mem;
	struct extent_item *item;
	struct one *one;
	size_t count, room;
	int64_t first_new;
	struct rowkey_reader *notes;
	struct overlaps *ret;
	bool *open_noted, *released_noted;
	enum err_code rc;
	struct err *e;
};

static enum err_code
no_memory(struct err *e)
{
	return err_set(e, ERR_NOMEM, "out of memory for comparing hazards");
}

static enum err_code
collect(void *ctx, const struct shown *row, struct err *e)
{
	struct work *w = ctx;
	struct geom *g;

	if (!row->fields.geom || !geom_is_areal(row->fields.geom) || w->ret->left_out)
		return ERR_OK;
	if (w->count == OVERLAPS_MAX_HAZARDS) {
		w->ret->left_out = true;
		return ERR_OK;
	}
	if (w->count == w->room) {
		size_t room = w->room ? 2 * w->room : 1024;
		struct extent_item *item = mem_realloc_array(w->item, room, sizeof(*item));
		struct one *one = item ? mem_realloc_array(w->one, room, sizeof(*one)) : NULL;

		w->item = item ? item : w->item;
		w->one = one ? one : w->one;
		if (!item || !one)
			return no_memory(e);
		w->room = room;
	}
	g = arena_alloc(&w->mem, sizeof(*g));
	if (!g || !geom_copy(row->fields.geom, &w->mem, g))
		return no_memory(e);
	w->item[w->count] = (struct extent_item){ .geom = g,
		                                  .area_m2 = row->area_m2,
		                                  .perimeter_m = row->perimeter_m };
	w->one[w->count++] = (struct one){ .fid = row->fid, .open = row->as == SHOWN_DANGER };
	return ERR_OK;
}

static int
pair(void *ctx, size_t a, size_t b, double m2)
{
	struct work *w = ctx;
	/* the walk is in the order of numbers: b is the newer one */
	const struct one *old = &w->one[a], *new = &w->one[b];
	bool both = old->open && new->open;
	char detail[60];

	if (new->fid < w->first_new || (!old->open && !new->open))
		return 0;
	(void)snprintf(detail, sizeof(detail), "%.0f m2", m2);
	w->rc = rowkey_note(w->notes, new->fid,
	                    rowchecks[both ? CHECK_OVERLAPS_HAZARD : CHECK_RELEASED_OVER_OPEN].code,
	                    old->fid, detail, w->e);
	if (both && !w->open_noted[b]) {
		w->open_noted[b] = true;
		w->ret->open++;
	} else if (!both && !w->released_noted[b]) {
		w->released_noted[b] = true;
		w->ret->released++;
	}
	return w->rc != ERR_OK;
}

enum err_code
overlaps_note(struct store *st, int64_t first_new, struct pool *pool, struct rowkey_reader *notes,
              struct overlaps *ret, struct err *e)
{
	static const char *const want[] = { "geometry", "status", NULL };
	struct each_filter f = { .kind = store_kind(st, "hazard"),
		                 .as_of_days = INT64_MAX,
		                 .known_size = INT64_MAX,
		                 .want = want };
	struct work w = { .first_new = first_new, .notes = notes, .ret = ret, .e = e };
	enum err_code rc;

	*ret = (struct overlaps){ 0 };
	arena_init(&w.mem, (size_t)1 << 30);
	rc = store_each(st, &f, collect, &w, e);
	if (!rc && !ret->left_out && w.count) {
		w.open_noted = arena_calloc(&w.mem, w.count, sizeof(bool));
		w.released_noted = arena_calloc(&w.mem, w.count, sizeof(bool));
		rc = w.open_noted && w.released_noted
		             ? overlap_each(pool, w.item, w.count, OVERLAPS_LEAST_M2, pair, &w, e)
		             : no_memory(e);
		if (!rc)
			rc = w.rc;
		ret->hazards = (int64_t)w.count;
	}
	mem_free(w.item);
	mem_free(w.one);
	arena_done(&w.mem);
	return rc;
}
