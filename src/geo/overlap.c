#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "geo/arrange.h"
#include "geo/overlap.h"
#include "geo/shape.h"

#define BLOCK 16384u
#define GAP_DEG 1e-9

struct pair {
	uint32_t a, b;
	double m2;
};

struct worker {
	struct arrange mine;
	struct pair *pair;
	size_t pairs, room;
	struct geo *ctx;
	struct err err;
	enum err_code rc;
};

struct overlap {
	const struct extent_item *items;
	struct arrange_shape *shape; /* geom NULL: has no area */
	struct boxtree tree;
	struct worker *worker;
	size_t workers;
	uint32_t count, from; /* items; first of the block */
	double least_m2;
};

static void
worker_fail(struct worker *w)
{
	if (w->rc == ERR_OK) {
		w->rc = err_set(&w->err, ERR_NOMEM, "out of memory for overlaps");
	}
}

static enum err_code
workers_check(const struct overlap *o, struct err *e)
{
	for (size_t w = 0; w < o->workers; w++) {
		if (o->worker[w].rc != ERR_OK) {
			return err_set(e, o->worker[w].rc, "%s", o->worker[w].err.text);
		}
	}
	return ERR_OK;
}

static void
shape_make(void *ctx, size_t i, size_t worker)
{
	struct overlap *o = ctx;
	const struct geom *g = o->items[i].geom;

	if (geom_is_areal(g) && !geom_is_empty(g) &&
	    !arrange_shape_make(&o->shape[i], g, geom_bounds(g))) {
		worker_fail(&o->worker[worker]);
	}
}

/* Pieces of a's border inside b. False if too near to tell. */
static bool
common_side(struct arrange *s, const struct arrange_shape *a, const struct arrange_shape *b,
            const struct frame *f, struct arrange_sum *ret)
{
	arrange_start(s, a);
	arrange_against(s, b);
	if (s->unclear || s->failed || s->absurd) {
		return false;
	}
	arrange_sum(s, f, 1, ret);
	return !s->unclear && !s->failed;
}

static bool
common_quick(struct worker *w, const struct arrange_shape *a, const struct arrange_shape *b,
             double most_m2, double *ret_m2)
{
	struct arrange_sum x, y;
	struct frame f;

	frame_init(&f, fmax(a->box.min_lon_deg, b->box.min_lon_deg),
	           fmax(a->box.min_lat_deg, b->box.min_lat_deg));
	if (!common_side(&w->mine, a, b, &f, &x) || !common_side(&w->mine, b, a, &f, &y)) {
		return false;
	}
	*ret_m2 = x.area_m2 + y.area_m2;
	/* An edge cut in two is two geodesics: the common area can pass the smaller one's by 1e-6.
	 */
	return *ret_m2 >= -1e-3 && *ret_m2 <= most_m2 * (1 + 1e-5) + 1e-3 &&
	       fabs(x.gap_x + y.gap_x) <= GAP_DEG && fabs(x.gap_y + y.gap_y) <= GAP_DEG;
}

static enum err_code
common_m2(struct overlap *o, struct worker *w, uint32_t a, uint32_t b, double *ret_m2)
{
	double most = fmin(o->items[a].area_m2, o->items[b].area_m2);
	enum err_code rc;

	if (geom_equal(o->shape[a].geom, o->shape[b].geom)) {
		*ret_m2 = o->items[a].area_m2;
		return ERR_OK;
	}
	if (common_quick(w, &o->shape[a], &o->shape[b], most, ret_m2)) {
		*ret_m2 = fmin(*ret_m2, most);
		return ERR_OK;
	}
	if (w->mine.absurd) { /* they do overlap; how much is not worth a day */
		*ret_m2 = most;
		return ERR_OK;
	}
	if (!w->ctx) {
		w->ctx = geo_create();
	}
	if (!w->ctx || w->mine.failed) {
		return err_set(&w->err, ERR_NOMEM, "out of memory for overlaps");
	}
	rc = shape_overlap_m2(w->ctx, o->shape[a].geom, o->shape[b].geom, ret_m2, &w->err);
	*ret_m2 = fmin(*ret_m2, most);
	return rc;
}

static void
pair_add(struct worker *w, struct pair p)
{
	if (w->pairs == w->room) {
		size_t room = w->room ? 2 * w->room : 256;
		struct pair *more = mem_realloc_array(w->pair, room, sizeof(*more));

		if (!more) {
			worker_fail(w);
			return;
		}
		w->pair = more;
		w->room = room;
	}
	w->pair[w->pairs++] = p;
}

static void
item_join(void *ctx, size_t index, size_t worker)
{
	struct overlap *o = ctx;
	struct worker *w = &o->worker[worker];
	uint32_t a = o->from + (uint32_t)index, b;
	struct boxtree_walk walk;

	if (!o->shape[a].geom) {
		return;
	}
	boxtree_find(&o->tree, o->shape[a].box, &walk);
	while (boxtree_next(&walk, &b) && w->rc == ERR_OK) {
		double m2 = 0;

		if (b <= a) {
			continue;
		}
		w->rc = common_m2(o, w, a, b, &m2);
		if (w->rc == ERR_OK && m2 > o->least_m2) {
			pair_add(w, (struct pair){ a, b, m2 });
		}
	}
}

static int
pair_cmp(const void *x, const void *y)
{
	const struct pair *a = x, *b = y;

	if (a->a != b->a) {
		return a->a < b->a ? -1 : 1;
	}
	return (a->b > b->b) - (a->b < b->b);
}

/* Hand out the pairs of a block. *ret_stop: the caller has enough. */
static bool
block_emit(struct overlap *o, overlap_fn *fn, void *ctx, bool *ret_stop)
{
	struct worker *all = &o->worker[0];

	for (size_t w = 1; w < o->workers; w++) {
		for (size_t i = 0; i < o->worker[w].pairs; i++) {
			pair_add(all, o->worker[w].pair[i]);
		}
		o->worker[w].pairs = 0;
	}
	if (all->rc != ERR_OK) {
		return false;
	}
	if (all->pairs) {
		qsort(all->pair, all->pairs, sizeof(*all->pair), pair_cmp);
	}
	for (size_t i = 0; i < all->pairs && !*ret_stop; i++) {
		*ret_stop = fn(ctx, all->pair[i].a, all->pair[i].b, all->pair[i].m2) != 0;
	}
	all->pairs = 0;
	return true;
}

static enum err_code
overlap_make(struct overlap *o, struct pool *pool, struct err *e)
{
	struct geom_box *box;
	enum err_code rc;
	bool ok;

	o->workers = pool_size(pool);
	o->worker = mem_calloc(o->workers, sizeof(*o->worker));
	o->shape = mem_calloc((size_t)o->count + 1, sizeof(*o->shape));
	if (!o->worker || !o->shape) {
		return err_set(e, ERR_NOMEM, "out of memory for overlaps");
	}
	pool_for(pool, o->count, 256, shape_make, o);
	rc = workers_check(o, e);
	if (rc != ERR_OK) {
		return rc;
	}
	box = mem_calloc((size_t)o->count + 1, sizeof(*box));
	for (uint32_t i = 0; box && i < o->count; i++) {
		box[i] = o->shape[i].geom
		                 ? o->shape[i].box
		                 : (struct geom_box){ INFINITY, INFINITY, -INFINITY, -INFINITY };
	}
	ok = box && boxtree_build(&o->tree, box, o->count, false);
	mem_free(box);
	return ok ? ERR_OK : err_set(e, ERR_NOMEM, "out of memory for overlaps");
}

static void
overlap_done(struct overlap *o)
{
	for (size_t w = 0; o->worker && w < o->workers; w++) {
		arrange_done(&o->worker[w].mine);
		mem_free(o->worker[w].pair);
		geo_free(o->worker[w].ctx);
	}
	for (uint32_t i = 0; o->shape && i < o->count; i++) {
		arrange_shape_done(&o->shape[i]);
	}
	mem_free(o->worker);
	mem_free(o->shape);
	boxtree_done(&o->tree);
}

enum err_code
overlap_each(struct pool *pool, const struct extent_item *items, size_t n, double least_m2,
             overlap_fn *fn, void *ctx, struct err *e)
{
	struct overlap o = { .items = items, .least_m2 = least_m2 };
	bool stop = false;
	enum err_code rc;

	if (n >= (size_t)1 << 31) {
		return err_set(e, ERR_LIMIT, "more than 2^31 outlines to compare");
	}
	o.count = (uint32_t)n;
	rc = overlap_make(&o, pool, e);
	for (; rc == ERR_OK && !stop && o.from < o.count; o.from += BLOCK) {
		uint32_t left = o.count - o.from;

		pool_for(pool, left < BLOCK ? left : BLOCK, 64, item_join, &o);
		rc = workers_check(&o, e);
		if (rc == ERR_OK && !block_emit(&o, fn, ctx, &stop)) {
			rc = workers_check(&o, e);
		}
	}
	overlap_done(&o);
	return rc;
}
