#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "geo/arrange.h"
#include "geo/cluster.h"
#include "geo/extent.h"
#include "geo/measure.h"

#define PI 3.141592653589793
#define PART_BITS 38 /* sums keep 2^-38 m2 */
#define NONE UINT32_MAX
#define ROUNDING (1 + 1e-6) /* lengths of pieces are that good */

/* Exact sum of doubles rounded to 2^-38: the same in any order. Up to 2^25 terms of 2^62. */
struct exact {
	int64_t whole, part;
};

/* One polygon of the input, copies apart. */
struct member {
	uint32_t item;
	uint32_t copy_of;  /* place of its first copy, NONE if it is one */
	double accuracy_m; /* the largest of all its copies */
};

struct outcome {
	double area_m2, length_m, gap_x, gap_y;
	uint8_t alone; /* no neighbour */
	uint8_t rough; /* a decision was too near to make, or too many lie on each other */
	uint8_t crowded;
};

struct worker {
	struct arrange arrange;
	uint32_t *near;
	size_t near_room;
	uint32_t *parent; /* clusters as this worker saw them */
	struct geo *ctx;
	struct err err;
	enum err_code rc;
};

/* What a group's items add up to. */
struct group_sum {
	struct exact area, low, high, sum, boundary;
	uint64_t polygons, others;
};

struct extent_sum {
	struct pool *pool;
	const struct geom_box *box;
	uint32_t groups;
	struct group_sum *sum;
};

struct extent {
	const struct extent_item *items;
	const struct geom_box *group_box;
	uint32_t groups;
	uint32_t *group_start; /* groups + 1 places */
	struct member *member;
	struct arrange_shape *shape;
	struct outcome *out;
	uint32_t count; /* members */
	struct boxtree *tree;
	struct frame *frame;
	struct worker *worker;
	size_t workers;
	uint32_t *cluster_start, *cluster_member; /* clusters of two or more */
	uint32_t clusters;
	struct extent_result *cluster_result;
};

static void
exact_add(struct exact *s, double v)
{
	double whole = floor(v);

	s->whole += (int64_t)whole;
	s->part += (int64_t)rint(ldexp(v - whole, PART_BITS));
}

static double
exact_value(const struct exact *s)
{
	return (double)s->whole + ldexp((double)s->part, -PART_BITS);
}

static uint32_t
root_of(uint32_t *parent, uint32_t i)
{
	while (parent[i] != i) {
		parent[i] = parent[parent[i]];
		i = parent[i];
	}
	return i;
}

/* The lower number becomes the root. */
static void
root_join(uint32_t *parent, uint32_t a, uint32_t b)
{
	a = root_of(parent, a);
	b = root_of(parent, b);
	if (a < b) {
		parent[b] = a;
	} else {
		parent[a] = b;
	}
}

/* ---- 1. members, sorted by group ---- */

bool
extent_has_area(const struct geom *g)
{
	return geom_is_areal(g) && !geom_is_empty(g);
}

struct geom_box
extent_no_box(void)
{
	return (struct geom_box){ INFINITY, INFINITY, -INFINITY, -INFINITY };
}

static bool
item_has_area(const struct extent_item *it)
{
	return extent_has_area(it->geom);
}

static enum err_code
members_make(struct extent *x, size_t n, struct err *e)
{
	uint32_t *next;

	x->group_start = mem_calloc((size_t)x->groups + 2, sizeof(*x->group_start));
	if (!x->group_start) {
		return err_set(e, ERR_NOMEM, "out of memory for areas");
	}
	next = x->group_start + 1;
	for (size_t i = 0; i < n; i++) {
		const struct extent_item *it = &x->items[i];

		if (it->group >= x->groups) {
			return err_set(e, ERR_INVALID, "group %u of an area is not 0 .. %u",
			               (unsigned)it->group, (unsigned)x->groups);
		}
		if (!(it->accuracy_m >= 0 && it->area_m2 >= 0 && it->perimeter_m >= 0 &&
		      it->unsure_m2 >= 0)) {
			return err_set(
				e, ERR_INVALID,
				"accuracy, area or perimeter of an outline is negative or no "
				"number");
		}
		if (item_has_area(it)) {
			next[it->group + 1]++;
			x->count++;
		}
	}
	for (uint32_t g = 0; g < x->groups; g++) {
		next[g + 1] += next[g];
	}
	x->member = mem_calloc((size_t)x->count + 1, sizeof(*x->member));
	x->shape = mem_calloc((size_t)x->count + 1, sizeof(*x->shape));
	x->out = mem_calloc((size_t)x->count + 1, sizeof(*x->out));
	x->tree = mem_calloc((size_t)x->groups + 1, sizeof(*x->tree));
	x->frame = mem_calloc((size_t)x->groups + 1, sizeof(*x->frame));
	if (!x->member || !x->shape || !x->out || !x->tree || !x->frame) {
		return err_set(e, ERR_NOMEM, "out of memory for areas");
	}
	for (size_t i = 0; i < n; i++) {
		const struct extent_item *it = &x->items[i];

		if (item_has_area(it)) {
			x->member[next[it->group]++] =
				(struct member){ (uint32_t)i, NONE, it->accuracy_m };
		}
	}
	return ERR_OK;
}

static enum err_code
workers_make(struct extent *x, struct pool *pool, struct err *e)
{
	x->workers = pool_size(pool);
	x->worker = mem_calloc(x->workers, sizeof(*x->worker));
	if (!x->worker) {
		x->workers = 0;
		return err_set(e, ERR_NOMEM, "out of memory for areas");
	}
	for (size_t w = 0; w < x->workers; w++) {
		uint32_t *parent = mem_calloc((size_t)x->count + 1, sizeof(*parent));

		if (!parent) {
			return err_set(e, ERR_NOMEM, "out of memory for areas");
		}
		for (uint32_t i = 0; i < x->count; i++) {
			parent[i] = i;
		}
		x->worker[w].parent = parent;
		arrange_init(&x->worker[w].arrange);
	}
	return ERR_OK;
}

static void
worker_fail(struct worker *w, enum err_code code)
{
	if (w->rc == ERR_OK) {
		w->rc = err_set(&w->err, code,
		                code == ERR_LIMIT ? "outlines cross each other more than %u times"
		                                  : "out of memory for areas (%u cuts)",
		                ARRANGE_MAX_CUTS);
	}
}

static enum err_code
workers_check(const struct extent *x, struct err *e)
{
	for (size_t w = 0; w < x->workers; w++) {
		if (x->worker[w].rc != ERR_OK) {
			return err_set(e, x->worker[w].rc, "%s", x->worker[w].err.text);
		}
	}
	return ERR_OK;
}

/* ---- 2. shapes, copies, trees ---- */

static void
shape_make(void *ctx, size_t i, size_t worker)
{
	struct extent *x = ctx;
	const struct geom *g = x->items[x->member[i].item].geom;

	if (!arrange_shape_make(&x->shape[i], g, geom_bounds(g))) {
		worker_fail(&x->worker[worker], ERR_NOMEM);
	}
}

static uint64_t
geom_hash(const struct geom *g)
{
	uint64_t h = g->point_count * 0x9e3779b97f4a7c15u;

	for (size_t i = 0; i < 2 * (size_t)g->point_count; i++) {
		uint64_t bits;

		memcpy(&bits, &g->xy[i], sizeof(bits));
		h = (h ^ bits) * 0xd6e8feb86659fd93u;
		h ^= h >> 32;
	}
	return h;
}

/* Within a group: mark all copies of a polygon but the first; the first gets the largest accuracy.
 */
static bool
group_copies(struct extent *x, uint32_t from, uint32_t to)
{
	uint32_t size = 16, *table;

	while (size < 2 * (to - from)) {
		size *= 2;
	}
	table = mem_calloc(size, sizeof(*table)); /* place + 1, 0 = free */
	if (!table) {
		return false;
	}
	for (uint32_t i = from; i < to; i++) {
		const struct geom *g = x->shape[i].geom;
		uint32_t k = (uint32_t)geom_hash(g) & (size - 1);

		while (table[k] && !geom_equal(x->shape[table[k] - 1].geom, g)) {
			k = (k + 1) & (size - 1);
		}
		if (table[k]) {
			struct member *first = &x->member[table[k] - 1];

			x->member[i].copy_of = table[k] - 1;
			first->accuracy_m = fmax(first->accuracy_m, x->member[i].accuracy_m);
		} else {
			table[k] = i + 1;
		}
	}
	mem_free(table);
	return true;
}

static void
group_make(void *ctx, size_t g, size_t worker)
{
	struct extent *x = ctx;
	uint32_t from = x->group_start[g], to = x->group_start[g + 1];
	const struct geom_box *all = &x->group_box[g];
	struct geom_box *box;
	bool ok;

	if (from == to) {
		return;
	}
	box = mem_calloc((size_t)(to - from) + 1, sizeof(*box));
	ok = box && group_copies(x, from, to);
	for (uint32_t i = from; ok && i < to; i++) {
		box[i - from] = x->member[i].copy_of == NONE ? x->shape[i].box : extent_no_box();
	}
	ok = ok && boxtree_build(&x->tree[g], box, to - from, false);
	frame_init(&x->frame[g], all->min_lon_deg / 2 + all->max_lon_deg / 2,
	           all->min_lat_deg / 2 + all->max_lat_deg / 2);
	mem_free(box);
	if (!ok) {
		worker_fail(&x->worker[worker], ERR_NOMEM);
	}
}

/* ---- 3. each polygon against its neighbours ---- */

/* Places of all whose box meets that of i, without copies. */
static size_t
member_near(struct extent *x, struct worker *w, uint32_t i, uint32_t group)
{
	struct boxtree_walk walk;
	size_t n = 0;
	uint32_t k;

	boxtree_find(&x->tree[group], x->shape[i].box, &walk);
	while (boxtree_next(&walk, &k)) {
		k += x->group_start[group];
		if (k == i) {
			continue;
		}
		if (n == w->near_room) {
			size_t room = n ? 2 * n : 64;
			uint32_t *more = mem_realloc_array(w->near, room, sizeof(*more));

			if (!more) {
				worker_fail(w, ERR_NOMEM);
				return 0;
			}
			w->near = more;
			w->near_room = room;
		}
		w->near[n++] = k;
		if (k > i) {
			root_join(w->parent, i, k);
		}
	}
	return n;
}

/* Cut the member by the n neighbours in w->near. */
static void
member_cut(struct extent *x, struct worker *w, size_t index, size_t n)
{
	const struct extent_item *it = &x->items[x->member[index].item];
	struct outcome *out = &x->out[index];
	struct arrange_sum sum = { .whole = true };

	arrange_start(&w->arrange, &x->shape[index]);
	for (size_t k = 0; k < n && !w->arrange.unclear && !w->arrange.absurd; k++) {
		arrange_against(&w->arrange, &x->shape[w->near[k]]);
	}
	if (!w->arrange.unclear && !w->arrange.absurd && !w->arrange.failed) {
		arrange_sum(&w->arrange, &x->frame[it->group], 0, &sum);
	}
	if (w->arrange.failed || w->arrange.absurd) {
		worker_fail(w, w->arrange.absurd ? ERR_LIMIT : ERR_NOMEM);
	}
	out->rough = w->arrange.unclear;
	if (!out->rough && !sum.whole) {
		out->area_m2 = sum.area_m2;
		out->length_m = sum.length_m;
		out->gap_x = sum.gap_x;
		out->gap_y = sum.gap_y;
	}
}

static void
member_arrange(void *ctx, size_t index, size_t worker)
{
	struct extent *x = ctx;
	struct worker *w = &x->worker[worker];
	const struct extent_item *it = &x->items[x->member[index].item];
	size_t n;

	if (x->member[index].copy_of != NONE || w->rc != ERR_OK) {
		return;
	}
	n = member_near(x, w, (uint32_t)index, it->group);
	x->out[index] = (struct outcome){ .area_m2 = it->area_m2,
		                          .length_m = it->perimeter_m,
		                          .alone = n == 0,
		                          .crowded = n > CLUSTER_CROWD };
	if (n > 0 && n <= CLUSTER_CROWD) {
		member_cut(x, w, index, n);
	}
}

/* The crowded ones, once it is known who is: a large polygon among many small ones is as any other.
 */
static void
member_crowded(void *ctx, size_t index, size_t worker)
{
	struct extent *x = ctx;
	struct worker *w = &x->worker[worker];
	size_t n, crowd = 0;

	if (!x->out[index].crowded || w->rc != ERR_OK) {
		return;
	}
	n = member_near(x, w, (uint32_t)index, x->items[x->member[index].item].group);
	for (size_t k = 0; k < n; k++) {
		crowd += x->out[w->near[k]].crowded;
	}
	if (crowd > CLUSTER_CROWD) {
		x->out[index].rough = 1;
	} else {
		member_cut(x, w, index, n);
	}
}

/* ---- 4. clusters ---- */

static enum err_code
clusters_make(struct extent *x, struct err *e)
{
	uint32_t *root = x->worker[0].parent, *number, total = 0;

	for (size_t w = 1; w < x->workers; w++) {
		for (uint32_t i = 0; i < x->count; i++) {
			root_join(root, i, root_of(x->worker[w].parent, i));
		}
	}
	number = mem_calloc((size_t)x->count + 1, sizeof(*number));
	if (!number) {
		return err_set(e, ERR_NOMEM, "out of memory for areas");
	}
	for (uint32_t i = 0; i < x->count; i++) { /* a root comes before its members */
		if (x->member[i].copy_of != NONE || x->out[i].alone) {
			number[i] = NONE;
			continue;
		}
		number[i] = root_of(root, i) == i ? x->clusters++ : number[root[i]];
		total++;
	}
	x->cluster_start = mem_calloc((size_t)x->clusters + 2, sizeof(uint32_t));
	x->cluster_member = mem_calloc((size_t)total + 1, sizeof(uint32_t));
	x->cluster_result = mem_calloc((size_t)x->clusters + 1, sizeof(*x->cluster_result));
	if (!x->cluster_start || !x->cluster_member || !x->cluster_result) {
		mem_free(number);
		return err_set(e, ERR_NOMEM, "out of memory for areas");
	}
	for (uint32_t i = 0; i < x->count; i++) {
		if (number[i] != NONE) {
			x->cluster_start[number[i] + 2]++;
		}
	}
	for (uint32_t c = 2; c < x->clusters + 2; c++) {
		x->cluster_start[c] += x->cluster_start[c - 1];
	}
	for (uint32_t i = 0; i < x->count; i++) {
		if (number[i] != NONE) {
			x->cluster_member[x->cluster_start[number[i] + 1]++] = i;
		}
	}
	mem_free(number);
	return ERR_OK;
}

static enum err_code
cluster_solve(struct extent *x, struct worker *w, uint32_t cluster, double ret[2])
{
	uint32_t from = x->cluster_start[cluster], n = x->cluster_start[cluster + 1] - from;
	struct cluster_item *list = mem_calloc(n, sizeof(*list));
	enum err_code rc;

	if (!w->ctx) {
		w->ctx = geo_create();
	}
	if (!list || !w->ctx) {
		mem_free(list);
		return err_set(&w->err, ERR_NOMEM, "out of memory for areas");
	}
	for (uint32_t k = 0; k < n; k++) {
		const struct extent_item *it =
			&x->items[x->member[x->cluster_member[from + k]].item];

		list[k] = (struct cluster_item){ it->geom, it->area_m2, it->perimeter_m };
	}
	rc = cluster_area(w->ctx, list, n, &ret[0], &ret[1], &w->err);
	mem_free(list);
	return rc;
}

static uint32_t
hole_count(const struct geom *g)
{
	return g->ring_count - g->part_count;
}

/* What one outline alone can gain and lose by its accuracy. */
static double
item_gain(const struct extent_item *it, double r)
{
	double sides = geom_is_areal(it->geom) ? 1 : 2;

	return (sides * it->perimeter_m * r + it->geom->part_count * PI * r * r) * ROUNDING;
}

static double
item_loss(const struct extent_item *it, double r)
{
	return it->unsure_m2 + (it->perimeter_m * r + hole_count(it->geom) * PI * r * r) * ROUNDING;
}

static void
cluster_sum(void *ctx, size_t c, size_t worker)
{
	struct extent *x = ctx;
	struct worker *w = &x->worker[worker];
	struct exact area = { 0 }, length = { 0 }, all = { 0 }, gain = { 0 }, loss = { 0 };
	double gap_x = 0, gap_y = 0, largest = 0, best = 0, r_max = 0, parts = 0, got[2], more;
	bool rough = false;

	for (uint32_t k = x->cluster_start[c]; k < x->cluster_start[c + 1]; k++) {
		uint32_t i = x->cluster_member[k];
		const struct extent_item *it = &x->items[x->member[i].item];
		const struct outcome *o = &x->out[i];
		double r = x->member[i].accuracy_m;

		rough = rough || o->rough || !isfinite(o->area_m2);
		if (!rough) {
			exact_add(&area, o->area_m2);
			exact_add(&length, o->length_m);
		}
		exact_add(&all, it->area_m2);
		exact_add(&gain, item_gain(it, r));
		exact_add(&loss, item_loss(it, r));
		gap_x += o->gap_x;
		gap_y += o->gap_y;
		largest = fmax(largest, it->area_m2);
		best = fmax(best, it->area_m2 - item_loss(it, r));
		r_max = fmax(r_max, r);
		parts += it->geom->part_count;
	}
	got[0] = exact_value(&area);
	got[1] = exact_value(&length);
	if (rough || !cluster_is_sound(got[0], largest, exact_value(&all), gap_x, gap_y)) {
		enum err_code rc = w->rc == ERR_OK ? cluster_solve(x, w, (uint32_t)c, got) : w->rc;

		if (rc != ERR_OK) {
			w->rc = rc;
			return;
		}
	}
	more = fmin((got[1] * r_max + parts * PI * r_max * r_max) * ROUNDING, exact_value(&gain));
	x->cluster_result[c] = (struct extent_result){
		.area_m2 = got[0],
		.boundary_m = got[1],
		.high_m2 = got[0] + more,
		.low_m2 = fmin(fmax(fmax(got[0] - exact_value(&loss), best), 0), got[0]),
	};
}

/* ---- 5. groups ---- */

static void
result_add(struct group_sum *s, const struct extent_result *r)
{
	exact_add(&s->area, r->area_m2);
	exact_add(&s->low, r->low_m2);
	exact_add(&s->high, r->high_m2);
	exact_add(&s->boundary, r->boundary_m);
}

static void
members_add(const struct extent *x, struct group_sum *sum)
{
	for (uint32_t i = 0; i < x->count; i++) {
		const struct extent_item *it = &x->items[x->member[i].item];
		double r = x->member[i].accuracy_m;

		exact_add(&sum[it->group].sum, it->area_m2);
		if (x->out[i].alone) {
			result_add(&sum[it->group],
			           &(struct extent_result){
					   .area_m2 = it->area_m2,
					   .boundary_m = it->perimeter_m,
					   .low_m2 = fmax(it->area_m2 - item_loss(it, r), 0),
					   .high_m2 = it->area_m2 + item_gain(it, r),
				   });
		}
	}
	for (uint32_t c = 0; c < x->clusters; c++) {
		const struct member *m = &x->member[x->cluster_member[x->cluster_start[c]]];

		result_add(&sum[x->items[m->item].group], &x->cluster_result[c]);
	}
}

static void
groups_sum(const struct extent *x, size_t n, struct group_sum *sum)
{
	for (size_t i = 0; i < n; i++) {
		const struct extent_item *it = &x->items[i];

		if (item_has_area(it)) {
			sum[it->group].polygons++;
			continue;
		}
		sum[it->group].others++;
		exact_add(&sum[it->group].high, item_gain(it, it->accuracy_m));
	}
	members_add(x, sum);
}

static void
extent_done(struct extent *x)
{
	for (size_t w = 0; w < x->workers; w++) {
		arrange_done(&x->worker[w].arrange);
		mem_free(x->worker[w].near);
		mem_free(x->worker[w].parent);
		geo_free(x->worker[w].ctx);
	}
	for (uint32_t i = 0; x->shape && i < x->count; i++) {
		arrange_shape_done(&x->shape[i]);
	}
	for (uint32_t g = 0; x->tree && g < x->groups; g++) {
		boxtree_done(&x->tree[g]);
	}
	mem_free(x->worker);
	mem_free(x->group_start);
	mem_free(x->member);
	mem_free(x->shape);
	mem_free(x->out);
	mem_free(x->tree);
	mem_free(x->frame);
	mem_free(x->cluster_start);
	mem_free(x->cluster_member);
	mem_free(x->cluster_result);
}

enum err_code
extent_sum_add(struct extent_sum *s, const struct extent_item *items, size_t n, struct err *e)
{
	struct extent x = { .items = items, .group_box = s->box, .groups = s->groups };
	struct pool *pool = s->pool;
	enum err_code rc;

	if (n >= (size_t)1 << 31) {
		return err_set(e, ERR_LIMIT, "more than 2^31 outlines in one figure");
	}
	rc = members_make(&x, n, e);
	if (rc == ERR_OK) {
		rc = workers_make(&x, pool, e);
	}
	if (rc != ERR_OK) {
		goto out;
	}
	pool_for(pool, x.count, 256, shape_make, &x);
	rc = workers_check(&x, e);
	if (rc != ERR_OK) {
		goto out;
	}
	pool_for(pool, x.groups, 1, group_make, &x);
	rc = workers_check(&x, e);
	if (rc != ERR_OK) {
		goto out;
	}
	pool_for(pool, x.count, 64, member_arrange, &x);
	rc = workers_check(&x, e);
	if (rc != ERR_OK) {
		goto out;
	}
	pool_for(pool, x.count, 4, member_crowded, &x);
	rc = workers_check(&x, e);
	if (rc == ERR_OK) {
		rc = clusters_make(&x, e);
	}
	if (rc != ERR_OK) {
		goto out;
	}
	pool_for(pool, x.clusters, 16, cluster_sum, &x);
	rc = workers_check(&x, e);
	if (rc == ERR_OK) {
		groups_sum(&x, n, s->sum);
	}
out:
	extent_done(&x);
	return rc;
}

enum err_code
extent_sum_start(struct pool *pool, uint32_t group_count, const struct geom_box *boxes,
                 struct extent_sum **ret, struct err *e)
{
	struct extent_sum *s = mem_calloc(1, sizeof(*s));

	if (s) {
		s->sum = mem_calloc((size_t)group_count + 1, sizeof(*s->sum));
	}
	if (!s || !s->sum) {
		mem_free(s);
		return err_set(e, ERR_NOMEM, "out of memory for areas");
	}
	s->pool = pool;
	s->box = boxes;
	s->groups = group_count;
	*ret = s;
	return ERR_OK;
}

void
extent_sum_end(const struct extent_sum *s, struct extent_result *per_group)
{
	const struct group_sum *sum = s->sum;

	for (uint32_t g = 0; g < s->groups; g++) {
		struct extent_result *r = &per_group[g];

		*r = (struct extent_result){ .area_m2 = exact_value(&sum[g].area),
			                     .sum_m2 = exact_value(&sum[g].sum),
			                     .polygons = sum[g].polygons,
			                     .others = sum[g].others,
			                     .boundary_m = exact_value(&sum[g].boundary) };
		r->low_m2 = fmin(exact_value(&sum[g].low), r->area_m2);
		r->high_m2 = fmax(exact_value(&sum[g].high), r->area_m2);
		r->overlap_m2 = fmax(r->sum_m2 - r->area_m2, 0);
	}
}

void
extent_sum_free(struct extent_sum *s)
{
	if (!s) {
		return;
	}
	mem_free(s->sum);
	mem_free(s);
}

enum err_code
extent_compute(struct pool *pool, const struct extent_item *items, size_t n, uint32_t group_count,
               struct extent_result *per_group, struct err *e)
{
	struct geom_box *box = mem_calloc((size_t)group_count + 1, sizeof(*box));
	struct extent_sum *s = NULL;
	enum err_code rc = box ? extent_sum_start(pool, group_count, box, &s, e)
	                       : err_set(e, ERR_NOMEM, "out of memory for areas");

	for (uint32_t g = 0; rc == ERR_OK && g < group_count; g++) {
		box[g] = extent_no_box();
	}
	for (size_t i = 0; rc == ERR_OK && i < n; i++) { /* wrong groups are found below */
		if (items[i].group < group_count && item_has_area(&items[i])) {
			geom_box_grow(&box[items[i].group], geom_bounds(items[i].geom));
		}
	}
	if (rc == ERR_OK) {
		rc = extent_sum_add(s, items, n, e);
	}
	if (rc == ERR_OK) {
		extent_sum_end(s, per_group);
	}
	extent_sum_free(s);
	mem_free(box);
	return rc;
}

/* Area of the union of near and one more (NULL: of near alone). */
static enum err_code
delta_with(struct geo *ctx, const struct extent_item *one, const struct extent_item *near, size_t n,
           double *ret_area_m2, struct err *e)
{
	struct cluster_item *list = mem_calloc(n + 1, sizeof(*list));
	double length;
	size_t count = 0;
	enum err_code rc;

	if (!list) {
		return err_set(e, ERR_NOMEM, "out of memory for areas");
	}
	for (size_t i = 0; i <= n; i++) {
		const struct extent_item *it = i < n ? &near[i] : one;

		if (it && item_has_area(it)) {
			list[count++] =
				(struct cluster_item){ it->geom, it->area_m2, it->perimeter_m };
		}
	}
	rc = cluster_area(ctx, list, count, ret_area_m2, &length, e);
	mem_free(list);
	return rc;
}

enum err_code
extent_delta(struct geo *ctx, const struct extent_item *before, const struct extent_item *after,
             const struct extent_item *near, size_t n, double *ret_area_m2, struct err *e)
{
	double was, is;
	enum err_code rc = delta_with(ctx, before, near, n, &was, e);

	if (rc == ERR_OK) {
		rc = delta_with(ctx, after, near, n, &is, e);
	}
	if (rc == ERR_OK) {
		*ret_area_m2 = is - was;
	}
	return rc;
}
