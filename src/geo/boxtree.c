#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "geo/boxtree.h"
#include "geo/measure.h"

#define FAN 16u

struct boxtree_key {
	uint32_t hilbert, item;
};

/* Centre of a box within the whole, stretched over the world so that measure_hilbert is fine
 * enough. */
static uint32_t
key_of(struct geom_box b, struct geom_box all)
{
	double w = all.max_lon_deg - all.min_lon_deg, h = all.max_lat_deg - all.min_lat_deg;
	double x = b.min_lon_deg / 2 + b.max_lon_deg / 2, y = b.min_lat_deg / 2 + b.max_lat_deg / 2;

	x = w > 0 ? (x - all.min_lon_deg) / w * 360 - 180 : 0;
	y = h > 0 ? (y - all.min_lat_deg) / h * 180 - 90 : 0;
	return measure_hilbert((struct geom_box){ x, y, x, y });
}

/* Stable sort by key, least byte first. */
static void
key_sort(struct boxtree_key *key, struct boxtree_key *other, uint32_t n)
{
	for (unsigned shift = 0; shift < 32; shift += 8) {
		uint32_t start[257] = { 0 };
		struct boxtree_key *swap = key;

		for (uint32_t i = 0; i < n; i++) {
			start[(key[i].hilbert >> shift & 255) + 1]++;
		}
		for (unsigned k = 0; k < 256; k++) {
			start[k + 1] += start[k];
		}
		for (uint32_t i = 0; i < n; i++) {
			other[start[key[i].hilbert >> shift & 255]++] = key[i];
		}
		key = other;
		other = swap;
	}
}

static bool
boxtree_order(struct boxtree *t, const struct geom_box *boxes)
{
	struct geom_box all = { INFINITY, INFINITY, -INFINITY, -INFINITY };
	struct boxtree_key *key = mem_calloc(2 * (size_t)t->count, sizeof(*key));

	if (!key) {
		return false;
	}
	for (uint32_t i = 0; i < t->count; i++) {
		geom_box_grow(&all, boxes[i]);
	}
	for (uint32_t i = 0; i < t->count; i++) {
		key[i] = (struct boxtree_key){ key_of(boxes[i], all), i };
	}
	key_sort(key, key + t->count, t->count);
	for (uint32_t i = 0; i < t->count; i++) {
		t->item[i] = key[i].item;
	}
	mem_free(key);
	return true;
}

static void
boxtree_pack(struct boxtree *t)
{
	for (uint32_t l = 1; l < t->levels; l++) {
		const struct geom_box *below = t->box + t->level_start[l - 1];
		struct geom_box *here = t->box + t->level_start[l];

		for (uint32_t i = 0; i < t->level_count[l]; i++) {
			uint32_t from = i * FAN, to = from + FAN;

			to = to < t->level_count[l - 1] ? to : t->level_count[l - 1];
			here[i] = below[from];
			for (uint32_t k = from + 1; k < to; k++) {
				geom_box_grow(&here[i], below[k]);
			}
		}
	}
}

bool
boxtree_build(struct boxtree *t, const struct geom_box *boxes, uint32_t count, bool in_order)
{
	size_t total = 0;

	*t = (struct boxtree){ .count = count };
	if (count == 0) {
		return true;
	}
	for (uint32_t n = count;; n = (n + FAN - 1) / FAN) {
		t->level_start[t->levels] = (uint32_t)total;
		t->level_count[t->levels++] = n;
		total += n;
		if (n == 1) {
			break;
		}
	}
	t->box = mem_calloc(total, sizeof(*t->box));
	t->item = mem_calloc(count, sizeof(*t->item));
	if (!t->box || !t->item) {
		boxtree_done(t);
		return false;
	}
	for (uint32_t i = 0; i < count; i++) {
		t->item[i] = i;
	}
	if (!in_order && !boxtree_order(t, boxes)) {
		boxtree_done(t);
		return false;
	}
	for (uint32_t i = 0; i < count; i++) {
		t->box[i] = boxes[t->item[i]];
	}
	boxtree_pack(t);
	return true;
}

bool
boxtree_build_edges(struct boxtree *t, const struct geom *g, struct geom_box *box)
{
	for (uint32_t r = 0, i = 0; r < g->ring_count; r++) {
		for (; i < g->ring_end[r]; i++) {
			const double *p = g->xy + 2 * (size_t)i, *q = p + 2;

			if (i + 1 == g->ring_end[r]) { /* no edge leads to the next ring */
				box[i] = (struct geom_box){ INFINITY, INFINITY, -INFINITY,
					                    -INFINITY };
				continue;
			}
			box[i] = (struct geom_box){ fmin(p[0], q[0]), fmin(p[1], q[1]),
				                    fmax(p[0], q[0]), fmax(p[1], q[1]) };
		}
	}
	return boxtree_build(t, box, g->point_count, true);
}

void
boxtree_done(struct boxtree *t)
{
	mem_free(t->box);
	mem_free(t->item);
	*t = (struct boxtree){ 0 };
}

/* As geom_box_overlap, here where the compiler can see it: it is half of a join's time. */
static inline bool
box_meets(const struct geom_box *a, const struct geom_box *b)
{
	return (a->min_lon_deg <= b->max_lon_deg) & (b->min_lon_deg <= a->max_lon_deg) &
	       (a->min_lat_deg <= b->max_lat_deg) & (b->min_lat_deg <= a->max_lat_deg);
}

void
boxtree_find(const struct boxtree *t, struct geom_box want, struct boxtree_walk *w)
{
	w->tree = t;
	w->want = want;
	w->depth = 0;
	w->level = t->levels ? t->levels - 1 : 0;
	w->place = 0;
	w->end = t->levels ? 1 : 0;
}

bool
boxtree_next(struct boxtree_walk *w, uint32_t *ret_item)
{
	const struct boxtree *t = w->tree;

	for (;;) {
		uint32_t i;

		if (w->place >= w->end) {
			if (w->depth == 0) {
				return false;
			}
			w->depth--;
			w->level = w->rest[w->depth].level;
			w->place = w->rest[w->depth].place;
			w->end = w->rest[w->depth].end;
			continue;
		}
		i = w->place++;
		if (!box_meets(&t->box[t->level_start[w->level] + i], &w->want)) {
			continue;
		}
		if (w->level == 0) {
			*ret_item = t->item[i];
			return true;
		}
		w->rest[w->depth].level = w->level;
		w->rest[w->depth].place = w->place;
		w->rest[w->depth].end = w->end;
		w->depth++;
		w->level--;
		w->place = i * FAN;
		w->end = w->place + FAN < t->level_count[w->level] ? w->place + FAN
		                                                   : t->level_count[w->level];
	}
}
