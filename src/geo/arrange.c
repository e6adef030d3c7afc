#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "geo/arrange.h"
#include "geo/plane.h"

#define INDEX_POINTS 48u /* from here on an index over the edges pays */

/* ---- shapes ---- */

bool
arrange_shape_make(struct arrange_shape *s, const struct geom *g, struct geom_box box)
{
	struct geom_box *boxes;
	bool ok;

	*s = (struct arrange_shape){ .geom = g, .box = box };
	if (g->point_count < INDEX_POINTS) {
		return true;
	}
	boxes = mem_calloc(g->point_count, sizeof(*boxes));
	if (!boxes) {
		return false;
	}
	s->edges = mem_calloc(1, sizeof(*s->edges));
	ok = s->edges && boxtree_build_edges(s->edges, g, boxes);
	mem_free(boxes);
	return ok;
}

void
arrange_shape_done(struct arrange_shape *s)
{
	if (s->edges) {
		boxtree_done(s->edges);
	}
	mem_free(s->edges);
	s->edges = NULL;
}

/* ---- scratch ---- */

void
arrange_init(struct arrange *a)
{
	*a = (struct arrange){ 0 };
}

void
arrange_done(struct arrange *a)
{
	mem_free(a->cut);
	mem_free(a->near);
	mem_free(a->inside);
	arrange_init(a);
}

void
arrange_start(struct arrange *a, const struct arrange_shape *mine)
{
	a->mine = mine;
	a->cuts = 0;
	a->others = 0;
	a->unclear = false;
	a->failed = false;
	a->absurd = false;
}

/* Room for one more element; false (and a->failed) when memory ends. */
static bool
arrange_room(struct arrange *a, void **array, size_t *room, size_t count, size_t size)
{
	size_t want = *room ? 2 * *room : 64;
	void *more;

	if (count < *room) {
		return true;
	}
	more = mem_realloc_array(*array, want, size);
	if (!more) {
		a->failed = true;
		return false;
	}
	*array = more;
	*room = want;
	return true;
}

static void
cut_add(struct arrange *a, struct arrange_cut cut)
{
	void *array = a->cut;

	if (a->cuts >= ARRANGE_MAX_CUTS) {
		a->absurd = true;
		return;
	}
	if (arrange_room(a, &array, &a->cut_room, a->cuts, sizeof(*a->cut))) {
		a->cut = array;
		a->cut[a->cuts++] = cut;
	}
}

/* ---- against one other polygon ---- */

static struct geom_box
box_common(struct geom_box a, struct geom_box b)
{
	return (struct geom_box){ fmax(a.min_lon_deg, b.min_lon_deg),
		                  fmax(a.min_lat_deg, b.min_lat_deg),
		                  fmin(a.max_lon_deg, b.max_lon_deg),
		                  fmin(a.max_lat_deg, b.max_lat_deg) };
}

static bool
edge_in_box(const double *p, struct geom_box b)
{
	return !((p[0] < b.min_lon_deg && p[2] < b.min_lon_deg) ||
	         (p[0] > b.max_lon_deg && p[2] > b.max_lon_deg) ||
	         (p[1] < b.min_lat_deg && p[3] < b.min_lat_deg) ||
	         (p[1] > b.max_lat_deg && p[3] > b.max_lat_deg));
}

/* Calls for each edge of s in the box, in no particular order. */
static bool
edges_each(const struct arrange_shape *s, struct geom_box box, bool (*fn)(void *ctx, uint32_t edge),
           void *ctx)
{
	const struct geom *g = s->geom;
	struct boxtree_walk w;
	uint32_t i;

	if (s->edges) {
		boxtree_find(s->edges, box, &w);
		while (boxtree_next(&w, &i)) {
			if (!fn(ctx, i)) {
				return false;
			}
		}
		return true;
	}
	i = 0;
	for (uint32_t r = 0; r < g->ring_count; r++, i++) {
		for (; i + 1 < g->ring_end[r]; i++) {
			if (edge_in_box(g->xy + 2 * (size_t)i, box) && !fn(ctx, i)) {
				return false;
			}
		}
	}
	return true;
}

struct near_ctx {
	struct arrange *a;
	size_t count;
};

static bool
near_add(void *ctx, uint32_t edge)
{
	struct near_ctx *c = ctx;
	void *array = c->a->near;

	if (!arrange_room(c->a, &array, &c->a->near_room, c->count, sizeof(*c->a->near))) {
		return false;
	}
	c->a->near = array;
	c->a->near[c->count++] = edge;
	return true;
}

/* Smaller end first; then compare as four numbers. A rule that either polygon's side applies alike.
 */
static int
edge_order(const double *a, const double *b)
{
	for (int i = 0; i < 4; i++) {
		if (a[i] < b[i] || a[i] > b[i]) {
			return a[i] < b[i] ? -1 : 1;
		}
	}
	return 0;
}

static void
edge_normal(const double *p, double out[4])
{
	bool swap = p[2] < p[0] || (!(p[2] > p[0]) && p[3] < p[1]);

	memcpy(out, swap ? p + 2 : p, 2 * sizeof(*out));
	memcpy(out + 2, swap ? p : p + 2, 2 * sizeof(*out));
}

/* Where two crossing edges cross: the same bits whichever comes first and whichever way they run.
 */
static void
edge_crossing(const double *p, const double *q, double *ret_x, double *ret_y)
{
	double a[4], b[4], ux, uy, vx, vy, t;

	edge_normal(p, a);
	edge_normal(q, b);
	if (edge_order(a, b) > 0) {
		double swap[4];

		memcpy(swap, a, sizeof(a));
		memcpy(a, b, sizeof(a));
		memcpy(b, swap, sizeof(a));
	}
	ux = a[2] - a[0];
	uy = a[3] - a[1];
	vx = b[2] - b[0];
	vy = b[3] - b[1];
	t = ((b[0] - a[0]) * vy - (b[1] - a[1]) * vx) / (ux * vy - uy * vx);
	t = t > 0 ? t : 0; /* also when rounding makes it NaN */
	t = t < 1 ? t : 1;
	*ret_x = a[0] + t * ux;
	*ret_y = a[1] + t * uy;
}

struct cross_ctx {
	struct arrange *a;
	const struct arrange_shape *other;
	size_t near_count;
};

static bool
cross_edge(void *ctx, uint32_t edge)
{
	struct cross_ctx *c = ctx;
	struct arrange *a = c->a;
	const double *p = a->mine->geom->xy + 2 * (size_t)edge;
	double ux = p[2] - p[0], uy = p[3] - p[1];

	for (size_t k = 0; k < c->near_count; k++) {
		const double *q = c->other->geom->xy + 2 * (size_t)a->near[k];
		struct arrange_cut cut = { .edge = edge, .other = a->others };
		int side;

		switch (plane_meet(p, p + 2, q, q + 2, &side)) {
		case PLANE_APART:
			break;
		case PLANE_UNCLEAR:
			a->unclear = true;
			return false;
		case PLANE_CROSS:
			edge_crossing(p, q, &cut.x, &cut.y);
			cut.t = ((cut.x - p[0]) * ux + (cut.y - p[1]) * uy) / (ux * ux + uy * uy);
			cut.t = cut.t > 0 ? cut.t : 0;
			cut_add(a, cut);
			break;
		}
	}
	return !a->failed && !a->absurd;
}

struct inside_ctx {
	const struct geom *geom;
	const double *p;
	int parity;
};

static bool
inside_edge(void *ctx, uint32_t edge)
{
	struct inside_ctx *c = ctx;
	const double *q = c->geom->xy + 2 * (size_t)edge;
	int hit = plane_ray(c->p, q, q + 2);

	c->parity = hit < 0 ? -1 : c->parity ^ hit;
	return hit >= 0;
}

/* 1 inside, 0 outside, -1 too near to tell. */
static int
shape_holds(const struct arrange_shape *s, const double *p)
{
	struct inside_ctx c = { s->geom, p, 0 };
	struct geom_box ray = { p[0], p[1], s->box.max_lon_deg, p[1] };

	if (!geom_box_overlap(s->box, (struct geom_box){ p[0], p[1], p[0], p[1] })) {
		return 0;
	}
	(void)edges_each(s, ray, inside_edge, &c); /* stops early only when unclear */
	return c.parity;
}

void
arrange_against(struct arrange *a, const struct arrange_shape *other)
{
	const struct geom *g = a->mine->geom;
	struct geom_box box = box_common(a->mine->box, other->box);
	struct near_ctx near = { a, 0 };
	struct cross_ctx cross = { a, other, 0 };

	if (!a->unclear && !a->failed && !a->absurd && geom_box_overlap(a->mine->box, other->box)) {
		(void)edges_each(other, box, near_add, &near); /* a->failed tells */
		cross.near_count = near.count;
		if (near.count && !a->failed) {
			(void)edges_each(a->mine, box, cross_edge, &cross); /* a->unclear tells */
		}
		for (uint32_t r = 0; r < g->ring_count && !a->unclear; r++) {
			uint32_t first = r ? g->ring_end[r - 1] : 0;
			int in = shape_holds(other, g->xy + 2 * (size_t)first);

			a->unclear = in < 0;
			if (in > 0) {
				cut_add(a, (struct arrange_cut){
						   .edge = first, .other = a->others, .t = -1 });
			}
		}
	}
	a->others++;
}

/* ---- summing up ---- */

static int
cut_cmp(const void *x, const void *y)
{
	const struct arrange_cut *a = x, *b = y;

	if (a->edge != b->edge) {
		return a->edge < b->edge ? -1 : 1;
	}
	return (a->t > b->t) - (a->t < b->t);
}

/* 1 counter-clockwise, -1 clockwise, 0 cannot tell: by the turn at the lowest of the leftmost
 * points. */
static int
ring_turn(const double *xy, size_t n)
{
	size_t low = 0, before, after;

	if (n < 4) {
		return 0;
	}
	n--; /* the last is the first */
	for (size_t i = 1; i < n; i++) {
		if (xy[2 * i] < xy[2 * low] ||
		    (!(xy[2 * i] > xy[2 * low]) && xy[2 * i + 1] < xy[2 * low + 1])) {
			low = i;
		}
	}
	before = (low + n - 1) % n;
	after = (low + 1) % n;
	return plane_side(xy + 2 * before, xy + 2 * low, xy + 2 * after);
}

struct sum_ctx {
	const struct frame *frame;
	struct arrange_sum *sum;
	int sign;
};

static void
sum_piece(const struct sum_ctx *c, bool kept, const double *p, const double *q)
{
	struct frame_point a, b;

	if (!kept) {
		return;
	}
	a = frame_point(c->frame, p[0], p[1]);
	b = frame_point(c->frame, q[0], q[1]);
	c->sum->area_m2 += c->sign * frame_between_m2(c->frame, p, q, a, b);
	c->sum->length_m += frame_length_m(a, b);
	c->sum->gap_x += c->sign * (q[0] - p[0]);
	c->sum->gap_y += c->sign * (q[1] - p[1]);
}

/* One ring; *k is the first cut not yet used. */
static void
sum_ring(struct arrange *a, const struct sum_ctx *c, uint32_t ring, uint32_t depth, size_t *k)
{
	const struct geom *g = a->mine->geom;
	uint32_t from = ring ? g->ring_end[ring - 1] : 0, inside = 0;

	memset(a->inside, 0, a->others);
	for (uint32_t i = from; i + 1 < g->ring_end[ring]; i++) {
		const double *p = g->xy + 2 * (size_t)i, *end = p + 2;
		double at[2];

		for (; *k < a->cuts && a->cut[*k].edge == i; ++*k) {
			const struct arrange_cut *cut = &a->cut[*k];

			if (cut->t >= 0) {
				sum_piece(c, inside == depth, p,
				          (const double[2]){ cut->x, cut->y });
				at[0] = cut->x;
				at[1] = cut->y;
				p = at;
			}
			a->inside[cut->other] ^= 1;
			inside += a->inside[cut->other] ? 1 : UINT32_MAX; /* plus or minus one */
		}
		sum_piece(c, inside == depth, p, end);
	}
}

void
arrange_sum(struct arrange *a, const struct frame *f, uint32_t depth, struct arrange_sum *ret)
{
	const struct geom *g = a->mine->geom;
	struct sum_ctx c = { f, ret, 0 };
	size_t k = 0;

	*ret = (struct arrange_sum){ .whole = a->cuts == 0 && depth == 0 };
	if (a->cuts == 0) { /* apart from all others, or around some of them */
		return;
	}
	if (a->others > a->inside_room) {
		uint8_t *more = mem_realloc_array(a->inside, a->others, 1);

		a->failed = !more;
		if (!more) {
			return;
		}
		a->inside = more;
		a->inside_room = a->others;
	}
	qsort(a->cut, a->cuts, sizeof(*a->cut), cut_cmp);
	for (uint32_t p = 0, r = 0; p < g->part_count; p++) {
		for (bool shell = true; r < g->part_end[p]; r++, shell = false) {
			uint32_t from = r ? g->ring_end[r - 1] : 0;
			int turn = ring_turn(g->xy + 2 * (size_t)from, g->ring_end[r] - from);

			a->unclear = a->unclear || turn == 0;
			c.sign = shell ? -turn : turn; /* the frame counts clockwise as positive */
			sum_ring(a, &c, r, depth, &k);
		}
	}
}
