#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "geo/arrange.h"
#include "geo/cluster.h"
#include "geo/handle.h"
#include "geo/measure.h"

#define NONE UINT32_MAX
#define ROUNDS 6
#define GAP_DEG 1e-9

struct part {
	struct geom geom; /* arrays: the caller's or in cluster.mem */
	struct arrange_shape shape;
	double area_m2, perimeter_m;
	uint32_t root; /* of those that GEOS has to unite; the lowest number of them */
	uint32_t next; /* with the same root, NONE at the end */
	bool gone;     /* united into another */
	bool crowded;
};

struct cluster {
	struct geo *ctx;
	struct arena mem;
	struct part *part;
	uint32_t n;
	struct arrange arrange;
	struct boxtree tree;
	struct frame frame;
	double area_m2, length_m, gap_x, gap_y;
};

bool
cluster_is_sound(double area_m2, double largest_m2, double sum_m2, double gap_x, double gap_y)
{
	/* An edge cut in two is two geodesics, which changes areas by up to some 1e-6. */
	return fabs(gap_x) <= GAP_DEG && fabs(gap_y) <= GAP_DEG &&
	       area_m2 >= largest_m2 * (1 - 1e-5) - 1e-3 && area_m2 <= sum_m2 * (1 + 1e-5) + 1e-3;
}

/* By content, so that the given order does not matter. */
static int
item_cmp(const void *a, const void *b)
{
	const struct geom *x = ((const struct cluster_item *)a)->geom;
	const struct geom *y = ((const struct cluster_item *)b)->geom;
	uint32_t n = x->point_count < y->point_count ? x->point_count : y->point_count;

	for (size_t i = 0; i < 2 * (size_t)n; i++) {
		if (x->xy[i] < y->xy[i] || x->xy[i] > y->xy[i]) {
			return x->xy[i] < y->xy[i] ? -1 : 1;
		}
	}
	return (x->point_count > y->point_count) - (x->point_count < y->point_count);
}

static uint32_t
part_root(struct cluster *c, uint32_t i)
{
	while (c->part[i].root != i) {
		c->part[i].root = c->part[c->part[i].root].root;
		i = c->part[i].root;
	}
	return i;
}

static void
part_join(struct cluster *c, uint32_t a, uint32_t b)
{
	a = part_root(c, a);
	b = part_root(c, b);
	c->part[a > b ? a : b].root = a > b ? b : a;
}

/* ---- GEOS ---- */

static GEOSGeometry *
unite_list(struct cluster *c, GEOSGeometry **list, unsigned n, double largest, double sum)
{
	GEOSContextHandle_t h = c->ctx->geos;
	GEOSGeometry *all = GEOSGeom_createCollection_r(h, GEOS_GEOMETRYCOLLECTION, list, n);
	GEOSGeometry *one = all ? GEOSUnaryUnion_r(h, all) : NULL;
	double a = 0;

	/* In square degrees; GEOS is at times wrong without saying so. */
	if (one &&
	    (GEOSArea_r(h, one, &a) != 1 || a < largest * (1 - 1e-9) || a > sum * (1 + 1e-9))) {
		GEOSGeom_destroy_r(h, one);
		one = NULL;
	}
	if (all && !one) {
		one = GEOSUnaryUnionPrec_r(h, all, 1e-11);
	}
	GEOSGeom_destroy_r(h, all);
	return one;
}

/* Unite part `first` and those linked to it; they become part `first`. */
static enum err_code
unite(struct cluster *c, uint32_t first, struct err *e)
{
	GEOSGeometry **list = mem_calloc((size_t)c->n + 1, sizeof(GEOSGeometry *)), *one = NULL;
	struct part *to = &c->part[first];
	double largest = 0, sum = 0;
	struct geom g;
	unsigned n = 0;
	enum err_code rc = ERR_OK;

	if (!list) {
		return err_set(e, ERR_NOMEM, "out of memory for a union");
	}
	for (uint32_t i = first; rc == ERR_OK && i != NONE; i = c->part[i].next) {
		GEOSGeometry *whole;
		double a = 0;

		rc = geo_to_geos(c->ctx, &c->part[i].geom, &whole, e);
		if (rc == ERR_OK) {
			(void)GEOSArea_r(c->ctx->geos, whole, &a); /* 0 makes the check weaker */
			largest = fmax(largest, a);
			sum += a;
			list[n++] = whole;
		}
		c->part[i].gone = i != first;
	}
	if (rc == ERR_OK) {
		one = unite_list(c, list, n, largest, sum);
		rc = one ? geo_from_geos(c->ctx, one, 2, &c->mem, &g, e)
		         : geo_failed(c->ctx, "unite outlines", e);
		GEOSGeom_destroy_r(c->ctx->geos, one);
	}
	mem_free(list);
	if (rc != ERR_OK) {
		return rc;
	}
	arrange_shape_done(&to->shape);
	to->geom = g;
	to->area_m2 = measure_area_m2(&g);
	to->perimeter_m = measure_perimeter_m(&g);
	if (!arrange_shape_make(&to->shape, &to->geom, geom_bounds(&to->geom))) {
		return err_set(e, ERR_NOMEM, "out of memory for a union");
	}
	return ERR_OK;
}

/* Link the parts to their roots (all: to the first one left) and unite each set of two or more. */
static enum err_code
unite_sets(struct cluster *c, bool all, struct err *e)
{
	uint32_t left = 0;
	enum err_code rc = ERR_OK;

	while (left + 1 < c->n && c->part[left].gone) {
		left++;
	}
	for (uint32_t i = 0; i < c->n; i++) {
		c->part[i].next = NONE;
	}
	for (uint32_t i = c->n; i-- > 0;) { /* downwards, so that the lists run upwards */
		uint32_t root = all ? left : part_root(c, i);

		if (!c->part[i].gone && root != i) {
			c->part[i].next = c->part[root].next;
			c->part[root].next = i;
		}
	}
	for (uint32_t i = 0; rc == ERR_OK && i < c->n; i++) {
		bool head = all ? i == left : c->part[i].root == i;

		if (!c->part[i].gone && head && c->part[i].next != NONE) {
			rc = unite(c, i, e);
		}
	}
	return rc;
}

/* ---- one round ---- */

static bool
round_tree(struct cluster *c)
{
	struct geom_box all = { INFINITY, INFINITY, -INFINITY, -INFINITY };
	struct geom_box *box = mem_calloc((size_t)c->n + 1, sizeof(*box));
	bool ok;

	if (!box) {
		return false;
	}
	for (uint32_t i = 0; i < c->n; i++) {
		c->part[i].root = i;
		box[i] = (struct geom_box){ INFINITY, INFINITY, -INFINITY, -INFINITY };
		if (!c->part[i].gone) {
			box[i] = c->part[i].shape.box;
			geom_box_grow(&all, box[i]);
		}
	}
	frame_init(&c->frame, all.min_lon_deg / 2 + all.max_lon_deg / 2,
	           all.min_lat_deg / 2 + all.max_lat_deg / 2);
	boxtree_done(&c->tree);
	ok = boxtree_build(&c->tree, box, c->n, false);
	mem_free(box);
	c->area_m2 = c->length_m = c->gap_x = c->gap_y = 0;
	return ok;
}

static uint32_t
part_near(const struct cluster *c, uint32_t i, bool crowded_only)
{
	struct boxtree_walk w;
	uint32_t k, n = 0;

	boxtree_find(&c->tree, c->part[i].shape.box, &w);
	while (boxtree_next(&w, &k)) {
		n += k != i && (!crowded_only || c->part[k].crowded);
	}
	return n;
}

/* Join parts that crowd each other; true if there are any. */
static bool
round_crowds(struct cluster *c)
{
	bool any = false;

	for (uint32_t i = 0; i < c->n; i++) {
		c->part[i].crowded = !c->part[i].gone && part_near(c, i, false) > CLUSTER_CROWD;
	}
	for (uint32_t i = 0; i < c->n; i++) {
		struct boxtree_walk w;
		uint32_t k;

		if (!c->part[i].crowded || part_near(c, i, true) <= CLUSTER_CROWD) {
			continue;
		}
		boxtree_find(&c->tree, c->part[i].shape.box, &w);
		while (boxtree_next(&w, &k)) {
			if (k != i && c->part[k].crowded) {
				part_join(c, i, k);
				any = true;
			}
		}
	}
	return any;
}

/* Add one part's share. *rough becomes true if GEOS has to unite it with others. */
static bool
round_part(struct cluster *c, uint32_t i, bool *rough)
{
	struct part *p = &c->part[i];
	struct boxtree_walk w;
	struct arrange_sum sum;
	uint32_t k, some = NONE;
	bool mine = false;

	arrange_start(&c->arrange, &p->shape);
	boxtree_find(&c->tree, p->shape.box, &w);
	while (boxtree_next(&w, &k) && !c->arrange.failed && !c->arrange.absurd) {
		if (k == i) {
			continue;
		}
		some = k;
		arrange_against(&c->arrange, &c->part[k].shape);
		if (c->arrange.unclear) {
			part_join(c, i, k);
			c->arrange.unclear = false;
			mine = true;
		}
	}
	if (!mine && some != NONE && !c->arrange.failed && !c->arrange.absurd) {
		arrange_sum(&c->arrange, &c->frame, 0, &sum);
		mine = c->arrange.unclear;
		if (mine) {
			part_join(c, i, some);
		}
	}
	if (c->arrange.failed || c->arrange.absurd) {
		return false;
	}
	*rough = *rough || mine;
	if (some == NONE || (!mine && sum.whole)) {
		c->area_m2 += p->area_m2;
		c->length_m += p->perimeter_m;
	} else if (!mine) {
		c->area_m2 += sum.area_m2;
		c->length_m += sum.length_m;
		c->gap_x += sum.gap_x;
		c->gap_y += sum.gap_y;
	}
	return true;
}

static bool
round_is_sound(const struct cluster *c)
{
	double largest = 0, sum = 0;

	for (uint32_t i = 0; i < c->n; i++) {
		if (!c->part[i].gone) {
			largest = fmax(largest, c->part[i].area_m2);
			sum += c->part[i].area_m2;
		}
	}
	return cluster_is_sound(c->area_m2, largest, sum, c->gap_x, c->gap_y);
}

/* *ret_done: the sums are right. Else some parts were united, and another round may do. */
static enum err_code
round_run(struct cluster *c, bool last, bool *ret_done, struct err *e)
{
	bool rough = false;

	if (!round_tree(c)) {
		return err_set(e, ERR_NOMEM, "out of memory for a union");
	}
	if (round_crowds(c)) {
		return unite_sets(c, false, e);
	}
	for (uint32_t i = 0; i < c->n; i++) {
		if (!c->part[i].gone && !round_part(c, i, &rough)) {
			return c->arrange.absurd
			               ? err_set(e, ERR_LIMIT,
			                         "outlines cross each other more than %u times",
			                         ARRANGE_MAX_CUTS)
			               : err_set(e, ERR_NOMEM, "out of memory for a union");
		}
	}
	*ret_done = !rough && round_is_sound(c);
	if (*ret_done) {
		return ERR_OK;
	}
	return unite_sets(c, last || !rough, e);
}

enum err_code
cluster_area(struct geo *ctx, struct cluster_item *list, size_t n, double *ret_area_m2,
             double *ret_length_m, struct err *e)
{
	struct cluster c = { .ctx = ctx, .n = (uint32_t)n };
	bool done = false;
	enum err_code rc = ERR_OK;

	if (n == 0) {
		*ret_area_m2 = *ret_length_m = 0;
		return ERR_OK;
	}
	arena_init(&c.mem, (size_t)4 << 30);
	arrange_init(&c.arrange);
	c.part = mem_calloc(n, sizeof(*c.part));
	if (!c.part) {
		rc = err_set(e, ERR_NOMEM, "out of memory for a union");
		c.n = 0;
	}
	qsort(list, n, sizeof(*list), item_cmp);
	for (uint32_t i = 0; rc == ERR_OK && i < c.n; i++) {
		c.part[i] = (struct part){ .geom = *list[i].geom,
			                   .area_m2 = list[i].area_m2,
			                   .perimeter_m = list[i].perimeter_m };
		if (!arrange_shape_make(&c.part[i].shape, &c.part[i].geom,
		                        geom_bounds(&c.part[i].geom))) {
			rc = err_set(e, ERR_NOMEM, "out of memory for a union");
		}
	}
	/* A single part that is left is always sound, so the round after the last one ends it. */
	for (int round = 0; rc == ERR_OK && !done && round <= ROUNDS; round++) {
		rc = round_run(&c, round + 1 >= ROUNDS, &done, e);
	}
	if (rc == ERR_OK && !done) {
		rc = err_set(e, ERR_INTERNAL, "could not unite %zu outlines", n);
	}
	if (rc == ERR_OK) {
		*ret_area_m2 = c.area_m2;
		*ret_length_m = c.length_m;
	}
	for (uint32_t i = 0; i < c.n; i++) {
		arrange_shape_done(&c.part[i].shape);
	}
	boxtree_done(&c.tree);
	arrange_done(&c.arrange);
	mem_free(c.part);
	arena_done(&c.mem);
	return rc;
}
