#include "geo/dissolve.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "geo/vec.h"

#define PI 3.14159265358979323846
#define LEAF_SHAPES 100u /* a box with fewer shapes is solved */
#define MAX_DEPTH 24u
#define FRUITLESS 2u             /* halvings in a row that did not help */
#define STEP_RAD (PI / 45)       /* longest chord */
#define COARSE_STEP_RAD (PI / 4) /* for radii below COARSE_M */
#define COARSE_M 0.1

struct shape {        /* what may cover */
	double depth; /* how far the box's centre lies inside */
	uint32_t chain, index;
	uint32_t group;
	bool is_quad;
	union {
		struct cover_disc disc;
		struct cover_quad quad;
	};
};

struct key {          /* shapes in the order in which they are tried */
	double depth; /* how far the box's centre lies inside */
	uint32_t shape;
};

struct area_here {
	uint32_t group;
	bool inside;         /* the box's corner */
	size_t start, count; /* in s->edge */
};

struct dissolve {
	const struct dissolve_tile *tile;
	const struct dissolve_sink *sink;
	bool failed;
	struct vec chain; /* uint32_t: stacks of what the boxes on the way down hold */
	struct vec area;  /* struct area_here */
	struct vec edge;  /* uint32_t[2] */
	struct vec dead;  /* uint32_t: groups that cover the box being filled */
	struct vec found; /* struct shape: of the box being solved */
	struct vec shape; /* the same, deepest first */
	struct vec key;   /* struct key */
	struct vec point; /* double[2] */
	struct vec cross; /* double */
	struct cover_list left, spare;
};

struct box {
	struct cover_box at;
	size_t chain_start, chain_count;
	size_t area_start, area_count;
	size_t load; /* edges and vertices in it */
	unsigned depth, fruitless;
	bool whole_dead; /* covered by some group: the border of the whole is not in it */
	bool mixed;      /* one group is not all there is in it */
};

static void *
push(struct dissolve *s, struct vec *v, size_t size)
{
	void *slot = vec_push(v, size);

	if (!slot)
		s->failed = true;
	return slot;
}

struct dissolve *
dissolve_create(void)
{
	return mem_calloc(1, sizeof(struct dissolve));
}

void
dissolve_free(struct dissolve *s)
{
	if (!s)
		return;
	vec_done(&s->chain);
	vec_done(&s->area);
	vec_done(&s->edge);
	vec_done(&s->dead);
	vec_done(&s->found);
	vec_done(&s->shape);
	vec_done(&s->key);
	vec_done(&s->point);
	vec_done(&s->cross);
	cover_done(&s->left);
	cover_done(&s->spare);
	mem_free(s);
}

double
dissolve_widen(double r_m)
{
	return 1 / cos((r_m < COARSE_M ? COARSE_STEP_RAD : STEP_RAD) / 2);
}

void
dissolve_ways(const double (*xy)[2], uint32_t count, bool closed, struct dissolve_way *ret)
{
	for (uint32_t k = 0; k < (closed ? count : count - 1); k++) {
		const double *a = xy[k], *b = xy[k + 1 < count ? k + 1 : 0];
		double dx = b[0] - a[0], dy = b[1] - a[1];
		double length = sqrt(dx * dx + dy * dy);

		ret[k] = (struct dissolve_way){ dx / length, dy / length, length };
	}
}

/* fmin and fmax are calls, for the sake of NaN; here everything is finite. */
static inline double
least(double a, double b)
{
	return a < b ? a : b;
}

static inline double
most(double a, double b)
{
	return a > b ? a : b;
}

/* ---- inside or not ---- */

static bool
left_of(const double *a, const double *b, double x, double y)
{
	return (b[0] - a[0]) * (y - a[1]) > (b[1] - a[1]) * (x - a[0]);
}

bool
dissolve_inside(bool corner_inside, const double corner[2], const double p[2],
                const double (*xy)[2], const uint32_t (*edges)[2], size_t edge_count)
{
	bool in = corner_inside;

	/* Level from the corner to p's column, then straight to p. The same side test at the bend
	 * keeps the parity right even if an edge runs through it. */
	for (size_t i = 0; i < edge_count; i++) {
		const double *a = xy[edges[i][0]], *b = xy[edges[i][1]];
		bool level = (a[1] > corner[1]) != (b[1] > corner[1]);
		bool steep = (a[0] > p[0]) != (b[0] > p[0]);

		if (!level && !steep)
			continue;
		bool bend = left_of(a, b, p[0], corner[1]);
		if (level && left_of(a, b, corner[0], corner[1]) != bend)
			in = !in;
		if (steep && left_of(a, b, p[0], p[1]) != bend)
			in = !in;
	}
	return in;
}

/* ---- boxes ---- */

static double
beyond(double x, double lo, double hi)
{
	return x < lo ? lo - x : x > hi ? x - hi : 0;
}

static bool
boxes_within(struct cover_box a, struct cover_box b, double r)
{
	double dx = most(0, most(a.x0 - b.x1, b.x0 - a.x1));
	double dy = most(0, most(a.y0 - b.y1, b.y0 - a.y1));

	return dx * dx + dy * dy < r * r;
}

/* Does a disc of the chain hold the whole box? */
static bool
chain_covers(const struct dissolve_tile *t, const struct dissolve_chain *c, struct cover_box b)
{
	double hx = (b.x1 - b.x0) / 2, hy = (b.y1 - b.y0) / 2;
	double cx = b.x0 + hx, cy = b.y0 + hy;
	double dx, dy;

	dx = beyond(cx, c->box.x0, c->box.x1);
	dy = beyond(cy, c->box.y0, c->box.y1);
	/* No vertex is nearer to the centre than that, and some corner is farther by the diagonal.
	 */
	if (dx * dx + dy * dy + hx * hx + hy * hy >= c->r * c->r)
		return false;
	for (uint32_t i = 0; i < c->count; i++) {
		dx = fabs(t->xy[c->first + i][0] - cx) + hx;
		dy = fabs(t->xy[c->first + i][1] + c->shift - cy) + hy;

		if (dx * dx + dy * dy < c->r * c->r * (1 - 1e-12))
			return true;
	}
	return false;
}

/* Remove everything of a group that covers the box. True if nothing can be left. */
static bool
kill_group(struct dissolve *s, struct box *b, uint32_t group)
{
	uint32_t *chain = s->chain.p;
	struct area_here *area = s->area.p;
	size_t out = b->chain_start;

	b->whole_dead = true;
	if (!s->tile->grouped)
		return true;
	for (size_t i = b->chain_start; i < s->chain.count; i++) {
		if (s->tile->chains[chain[i]].group != group)
			chain[out++] = chain[i];
	}
	s->chain.count = out;
	out = b->area_start;
	for (size_t i = b->area_start; i < s->area.count; i++) {
		if (area[i].group != group)
			area[out++] = area[i];
	}
	s->area.count = out;
	return false;
}

static bool
is_dead(const struct dissolve *s, uint32_t group)
{
	const uint32_t *dead = s->dead.p;

	for (size_t i = 0; i < s->dead.count; i++) {
		if (dead[i] == group)
			return true;
	}
	return false;
}

/* A group covers the box. True if that settles the box. */
static bool
group_covers(struct dissolve *s, struct box *b, uint32_t group)
{
	uint32_t *slot = push(s, &s->dead, sizeof *slot);

	if (slot)
		*slot = group;
	return kill_group(s, b, group);
}

static bool
add_chain(struct dissolve *s, struct box *b, uint32_t index)
{
	const struct dissolve_chain *c = &s->tile->chains[index];
	uint32_t *slot;

	if (!boxes_within(c->box, b->at, c->r) || is_dead(s, c->group))
		return false;
	if (chain_covers(s->tile, c, b->at))
		return group_covers(s, b, c->group);
	slot = push(s, &s->chain, sizeof *slot);
	if (slot)
		*slot = index;
	return false;
}

static bool
edge_touches(const double *a, const double *b, struct cover_box at)
{
	return most(a[0], b[0]) >= at.x0 && least(a[0], b[0]) <= at.x1 &&
	       most(a[1], b[1]) >= at.y0 && least(a[1], b[1]) <= at.y1;
}

static bool
add_area(struct dissolve *s, struct box *b, const struct area_here *from,
         const double from_corner[2])
{
	const double(*xy)[2] = s->tile->xy;
	const uint32_t(*edges)[2] = NULL;
	double corner[2] = { b->at.x0, b->at.y0 };
	struct area_here here = { .group = from->group, .start = s->edge.count };
	struct area_here *slot;

	if (is_dead(s, from->group))
		return false;
	/* Without edges there may be no array yet, and NULL + 0 is no C. */
	if (from->count > 0)
		edges = &((const uint32_t(*)[2])s->edge.p)[from->start];
	here.inside = dissolve_inside(from->inside, from_corner, corner, xy, edges, from->count);
	for (size_t i = 0; i < from->count; i++) {
		const uint32_t *pair = (const uint32_t *)s->edge.p + 2 * (from->start + i);
		uint32_t a = pair[0], z = pair[1];
		uint32_t *copy;

		if (!edge_touches(xy[a], xy[z], b->at))
			continue;
		copy = push(s, &s->edge, sizeof(uint32_t[2]));
		if (!copy)
			return false;
		copy[0] = a;
		copy[1] = z;
	}
	here.count = s->edge.count - here.start;
	if (here.count == 0)
		return here.inside && group_covers(s, b, here.group);
	slot = push(s, &s->area, sizeof *slot);
	if (slot)
		*slot = here;
	return false;
}

/* ---- what is left of one border ---- */

static const struct dissolve_chain *
chain_of(const struct dissolve *s, uint32_t chain)
{
	return &s->tile->chains[chain];
}

static uint32_t
next_of(const struct dissolve_chain *c, uint32_t i)
{
	return i + 1 < c->count ? i + 1 : 0;
}

static uint32_t
prev_of(const struct dissolve_chain *c, uint32_t i)
{
	return i > 0 ? i - 1 : c->count - 1;
}

static uint32_t
edges_of(const struct dissolve_chain *c)
{
	return c->closed ? c->count : c->count - 1;
}

static void
vertex_of(const struct dissolve *s, const struct dissolve_chain *c, uint32_t i, double ret[2])
{
	ret[0] = s->tile->xy[c->first + i][0];
	ret[1] = s->tile->xy[c->first + i][1] + c->shift;
}

struct quad_side { /* an edge with its direction */
	double a[2], w[2], length;
};

static void
edge_of(const struct dissolve *s, const struct dissolve_chain *c, uint32_t k, struct quad_side *ret)
{
	vertex_of(s, c, k, ret->a);
	ret->w[0] = s->tile->way[c->first + k].x;
	ret->w[1] = s->tile->way[c->first + k].y;
	ret->length = s->tile->way[c->first + k].length;
}

struct border { /* one segment or one arc, and whose it is */
	bool is_arc;
	double x, y, r; /* a disc that holds it */
	struct cover_segment segment;
	struct cover_arc arc;
	uint32_t chain, index;
};

/* Shapes that touch a border only along it, or end where it ends, do not cover it. */
static bool
is_own(const struct dissolve_chain *c, const struct border *b, const struct shape *h)
{
	if (h->chain != b->chain)
		return false;
	if (!b->is_arc)
		return h->index == b->index || (!h->is_quad && h->index == next_of(c, b->index));
	return h->index == b->index || (h->is_quad && h->index == prev_of(c, b->index));
}

/* First by the disc that holds the border, which settles most: it is all out or all in. */
static void
cut_by_disc(struct dissolve *s, const struct border *b, struct cover_disc d)
{
	double dx = d.x - b->x, dy = d.y - b->y;
	double far2 = dx * dx + dy * dy;

	if (far2 >= (d.r + b->r) * (d.r + b->r))
		return;
	if (d.r > b->r && far2 <= (d.r - b->r) * (d.r - b->r))
		s->left.count = 0;
	else if (b->is_arc)
		cover_arc_by_disc(&s->left, &b->arc, d);
	else
		cover_segment_by_disc(&s->left, &b->segment, d);
}

static void
cut_by_quad(struct dissolve *s, const struct border *b, const struct cover_quad *q)
{
	double dx = b->x - q->x, dy = b->y - q->y;
	double along = q->wx * dx + q->wy * dy;
	double across = fabs(q->wx * dy - q->wy * dx);

	if (along + b->r <= 0 || along - b->r >= q->length || across - b->r >= q->r)
		return;
	if (along - b->r >= 0 && along + b->r <= q->length && across + b->r <= q->r)
		s->left.count = 0;
	else if (b->is_arc)
		cover_arc_by_quad(&s->left, &b->arc, q, &s->spare);
	else
		cover_segment_by_quad(&s->left, &b->segment, q);
}

static void
point_at(const struct border *b, double t, double ret[2])
{
	if (b->is_arc) {
		ret[0] = b->arc.x + b->arc.r * cos(b->arc.start + t);
		ret[1] = b->arc.y + b->arc.r * sin(b->arc.start + t);
	} else {
		ret[0] = b->segment.x + t * b->segment.wx;
		ret[1] = b->segment.y + t * b->segment.wy;
	}
}

static void
add_cross(struct dissolve *s, double t)
{
	double *slot = push(s, &s->cross, sizeof *slot);

	if (slot)
		*slot = t;
}

static void
cross_edge(struct dissolve *s, const struct border *b, const double *p, const double *q)
{
	if (!b->is_arc) {
		const struct cover_segment *g = &b->segment;
		double da = g->wx * (p[1] - g->y) - g->wy * (p[0] - g->x);
		double db = g->wx * (q[1] - g->y) - g->wy * (q[0] - g->x);
		double ta, tb;

		if ((da > 0) == (db > 0))
			return;
		ta = g->wx * (p[0] - g->x) + g->wy * (p[1] - g->y);
		tb = g->wx * (q[0] - g->x) + g->wy * (q[1] - g->y);
		add_cross(s, ta + (tb - ta) * (da / (da - db)));
		return;
	}
	double dx = q[0] - p[0], dy = q[1] - p[1];
	double length = sqrt(dx * dx + dy * dy);
	double foot = ((b->arc.x - p[0]) * dx + (b->arc.y - p[1]) * dy) / length;
	double off = fabs(dx * (b->arc.y - p[1]) - dy * (b->arc.x - p[0])) / length;
	double half;

	if (!(off < b->arc.r))
		return;
	half = sqrt((b->arc.r - off) * (b->arc.r + off));
	for (int k = -1; k <= 1; k += 2) {
		double at = (foot + k * half) / length;
		double turn;

		if (at < 0 || at > 1)
			continue;
		turn = fmod(atan2(p[1] + at * dy - b->arc.y, p[0] + at * dx - b->arc.x) -
		                    b->arc.start,
		            2 * PI);
		add_cross(s, turn < 0 ? turn + 2 * PI : turn);
	}
}

static int
by_value(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* Take away what lies inside a polygon: between two crossings all is in or all is out. */
static void
cut_by_area(struct dissolve *s, const struct box *box, const struct border *b,
            const struct area_here *area)
{
	const uint32_t(*edges)[2] = (const uint32_t(*)[2])s->edge.p + area->start;
	const double(*xy)[2] = s->tile->xy;
	double corner[2] = { box->at.x0, box->at.y0 };
	const double *cross;

	s->cross.count = 0;
	for (size_t i = 0; i < area->count; i++)
		cross_edge(s, b, xy[edges[i][0]], xy[edges[i][1]]);
	if (s->cross.count > 1)
		qsort(s->cross.p, s->cross.count, sizeof(double), by_value);
	cross = s->cross.p;
	for (size_t i = 0; i < s->left.count; i++) {
		double from = s->left.part[i][0], end = s->left.part[i][1];
		size_t k = 0;

		while (k < s->cross.count && cross[k] <= from)
			k++;
		while (from < end) {
			double to = k < s->cross.count && cross[k] < end ? cross[k] : end;
			double mid[2];

			k++;
			point_at(b, (from + to) / 2, mid);
			if (dissolve_inside(area->inside, corner, mid, xy, edges, area->count)) {
				size_t before = s->left.count;

				cover_cut(&s->left, from, to);
				/* The list may have lost or split the part in hand. */
				if (s->left.count < before)
					i--;
				else if (s->left.count > before)
					i++;
			}
			from = to;
		}
	}
}

static void
emit(struct dissolve *s, const struct border *b, enum dissolve_of of, uint32_t group)
{
	for (size_t i = 0; i < s->left.count; i++) {
		double from = s->left.part[i][0], to = s->left.part[i][1];
		/* Half of COARSE_M: never coarser than dissolve_widen allows for. */
		double step = b->arc.r < COARSE_M / 2 ? COARSE_STEP_RAD : STEP_RAD;
		size_t n = b->is_arc ? (size_t)ceil((to - from) / step) : 1;

		s->point.count = 0;
		for (size_t k = 0; k <= n; k++) {
			double *p = push(s, &s->point, sizeof(double[2]));

			if (!p)
				return;
			point_at(b, k < n ? from + (to - from) * (double)k / (double)n : to, p);
		}
		s->sink->line(s->sink->ctx, of, group, (const double(*)[2])s->point.p,
		              s->point.count);
	}
}

/* The shapes and areas of one group (or of all others) against a border. */
static void
cut_by_all(struct dissolve *s, const struct box *box, const struct border *b, bool same_group)
{
	const struct dissolve_chain *c = chain_of(s, b->chain);
	bool grouped = s->tile->grouped;
	const struct shape *shape = s->shape.p;
	const struct area_here *area = s->area.p;

	for (size_t i = 0; i < s->shape.count && s->left.count > 0; i++) {
		const struct shape *h = &shape[i];

		if ((grouped && (h->group == c->group) != same_group) || is_own(c, b, h))
			continue;
		if (h->is_quad)
			cut_by_quad(s, b, &h->quad);
		else
			cut_by_disc(s, b, h->disc);
	}
	for (size_t i = 0; i < box->area_count && s->left.count > 0; i++) {
		const struct area_here *a = &area[box->area_start + i];

		if (!grouped || (a->group == c->group) == same_group)
			cut_by_area(s, box, b, a);
	}
}

/* Start s->left with what of the border lies in the box. */
static void
start_border(struct dissolve *s, const struct box *box, const struct border *b)
{
	struct cover_box at = box->at;
	bool within = b->x - b->r >= at.x0 && b->x + b->r <= at.x1 && b->y - b->r >= at.y0 &&
	              b->y + b->r <= at.y1;

	cover_start(&s->left, 0, b->is_arc ? b->arc.span : b->segment.length);
	if (within)
		return;
	if (b->is_arc)
		cover_arc_in_box(&s->left, &b->arc, at);
	else
		cover_segment_in_box(&s->left, &b->segment, at);
}

static void
solve_border(struct dissolve *s, const struct box *box, const struct border *b)
{
	const struct dissolve_chain *c = chain_of(s, b->chain);

	start_border(s, box, b);
	if (s->left.count == 0)
		return;
	cut_by_all(s, box, b, true);
	if (s->tile->grouped && !box->mixed) {
		emit(s, b, DISSOLVE_BOTH, c->group);
		return;
	}
	if (s->tile->grouped) {
		emit(s, b, DISSOLVE_GROUP, c->group);
		if (box->whole_dead || s->left.count == 0)
			return;
		cut_by_all(s, box, b, false);
	}
	emit(s, b, DISSOLVE_WHOLE, c->group);
}

/* Can any of a disc lie in the box? */
static bool
disc_meets(struct cover_box at, double x, double y, double r)
{
	double dx = beyond(x, at.x0, at.x1), dy = beyond(y, at.y0, at.y1);

	return dx * dx + dy * dy <= r * r;
}

/* ---- one box ---- */

static int
by_depth(const void *a, const void *b)
{
	const struct key *x = a, *y = b;

	if (x->depth != y->depth)
		return x->depth > y->depth ? -1 : 1;
	return (x->shape > y->shape) - (x->shape < y->shape);
}

static struct shape *
add_shape(struct dissolve *s, double depth)
{
	struct shape *h = push(s, &s->found, sizeof *h);
	struct key *key = h ? push(s, &s->key, sizeof *key) : NULL;

	if (!key)
		return NULL;
	*key = (struct key){ depth, (uint32_t)(s->found.count - 1) };
	return h;
}

static void
add_disc(struct dissolve *s, const struct box *box, uint32_t chain, uint32_t i)
{
	const struct dissolve_chain *c = chain_of(s, chain);
	struct cover_box b = box->at;
	double v[2], dx, dy;
	struct shape *h;

	vertex_of(s, c, i, v);
	dx = beyond(v[0], b.x0, b.x1);
	dy = beyond(v[1], b.y0, b.y1);
	if (dx * dx + dy * dy >= c->r * c->r)
		return;
	dx = v[0] - (b.x0 + b.x1) / 2;
	dy = v[1] - (b.y0 + b.y1) / 2;
	h = add_shape(s, c->r - sqrt(dx * dx + dy * dy));
	if (!h)
		return;
	*h = (struct shape){
		.chain = chain, .index = i, .group = c->group, .disc = { v[0], v[1], c->r }
	};
}

static void
add_quad(struct dissolve *s, const struct box *box, uint32_t chain, uint32_t k)
{
	const struct dissolve_chain *c = chain_of(s, chain);
	struct cover_box b = box->at;
	struct quad_side g;
	struct shape *h;
	double z[2], dx, dy, along, across;

	edge_of(s, c, k, &g);
	vertex_of(s, c, next_of(c, k), z);
	if (!boxes_within((struct cover_box){ least(g.a[0], z[0]), least(g.a[1], z[1]),
	                                      most(g.a[0], z[0]), most(g.a[1], z[1]) },
	                  b, c->r))
		return;
	dx = (b.x0 + b.x1) / 2 - g.a[0];
	dy = (b.y0 + b.y1) / 2 - g.a[1];
	along = beyond(g.w[0] * dx + g.w[1] * dy, 0, g.length);
	across = g.w[0] * dy - g.w[1] * dx;
	h = add_shape(s, c->r - sqrt(along * along + across * across));
	if (!h)
		return;
	*h = (struct shape){ .chain = chain,
		             .index = k,
		             .group = c->group,
		             .is_quad = true,
		             .quad = { g.a[0], g.a[1], g.w[0], g.w[1], g.length, c->r } };
}

static void
solve_side(struct dissolve *s, const struct box *box, const struct shape *h, double side)
{
	const struct cover_quad *q = &h->quad;
	double half = q->length / 2;
	struct border b = { .chain = h->chain, .index = h->index, .r = half };

	/* side 1: right of the edge, along it; -1: left of it, backwards */
	b.x = q->x + half * q->wx + side * q->wy * q->r;
	b.y = q->y + half * q->wy - side * q->wx * q->r;
	if (!disc_meets(box->at, b.x, b.y, half))
		return;
	b.segment = (struct cover_segment){ b.x - side * half * q->wx, b.y - side * half * q->wy,
		                            side * q->wx, side * q->wy, q->length };
	solve_border(s, box, &b);
}

static void
solve_end(struct dissolve *s, const struct box *box, const struct shape *h)
{
	const struct dissolve_chain *c = chain_of(s, h->chain);
	struct border b = { .is_arc = true, .chain = h->chain, .index = h->index };
	struct quad_side g;

	b.x = h->disc.x;
	b.y = h->disc.y;
	b.r = h->disc.r;
	b.arc = (struct cover_arc){ h->disc.x, h->disc.y, h->disc.r, 0, 2 * PI };
	if (c->count > 1) {
		bool first = h->index == 0;

		edge_of(s, c, first ? 0 : c->count - 2, &g);
		b.arc.start = atan2(g.w[1], g.w[0]) + (first ? PI / 2 : -PI / 2);
		b.arc.span = PI;
	}
	solve_border(s, box, &b);
}

/* The arc between two edges, on the side where they turn away. */
static void
solve_arc(struct dissolve *s, const struct box *box, const struct shape *h)
{
	const struct dissolve_chain *c = chain_of(s, h->chain);
	struct border b = { .is_arc = true, .chain = h->chain, .index = h->index };
	struct quad_side in, out;
	double cross, dot, side, mx, my, length, n[2];

	edge_of(s, c, prev_of(c, h->index), &in);
	edge_of(s, c, h->index, &out);
	cross = in.w[0] * out.w[1] - in.w[1] * out.w[0];
	dot = in.w[0] * out.w[0] + in.w[1] * out.w[1];
	if ((cross == 0 && dot > 0) || (cross < 0 && !c->two_sided))
		return;
	side = cross >= 0 ? 1 : -1;
	/* Normals of both edges; the arc's middle lies between them. */
	n[0] = side * in.w[1];
	n[1] = -side * in.w[0];
	mx = n[0] + side * out.w[1];
	my = n[1] - side * out.w[0];
	length = sqrt(mx * mx + my * my);
	b.x = h->disc.x;
	b.y = h->disc.y;
	b.r = h->disc.r;
	if (length > 0.1) {
		mx /= length;
		my /= length;
		b.x += mx * h->disc.r;
		b.y += my * h->disc.r;
		b.r = sqrt((mx - n[0]) * (mx - n[0]) + (my - n[1]) * (my - n[1])) * h->disc.r *
		      (1 + 1e-12);
	}
	if (!disc_meets(box->at, b.x, b.y, b.r))
		return;
	b.arc = (struct cover_arc){ h->disc.x, h->disc.y, h->disc.r,
		                    cross >= 0 ? atan2(-in.w[0], in.w[1])
		                               : atan2(out.w[0], -out.w[1]),
		                    atan2(fabs(cross), dot) };
	solve_border(s, box, &b);
}

static void
solve_shape(struct dissolve *s, const struct box *box, const struct shape *h)
{
	const struct dissolve_chain *c = chain_of(s, h->chain);

	if (h->is_quad) {
		solve_side(s, box, h, 1);
		if (c->two_sided)
			solve_side(s, box, h, -1);
	} else if (!c->closed && (h->index == 0 || h->index == c->count - 1)) {
		solve_end(s, box, h);
	} else {
		solve_arc(s, box, h);
	}
}

static void
solve_box(struct dissolve *s, const struct box *box)
{
	const uint32_t *chain = (const uint32_t *)s->chain.p + box->chain_start;

	s->found.count = s->shape.count = s->key.count = 0;
	for (size_t i = 0; i < box->chain_count; i++) {
		const struct dissolve_chain *c = chain_of(s, chain[i]);

		for (uint32_t k = 0; k < c->count; k++)
			add_disc(s, box, chain[i], k);
		for (uint32_t k = 0; k < edges_of(c); k++)
			add_quad(s, box, chain[i], k);
	}
	if (s->failed)
		return;
	if (s->key.count > 1)
		qsort(s->key.p, s->key.count, sizeof(struct key), by_depth);
	for (size_t i = 0; i < s->key.count; i++) {
		struct shape *slot = push(s, &s->shape, sizeof *slot);

		if (!slot)
			return;
		*slot = ((const struct shape *)s->found.p)[((const struct key *)s->key.p)[i].shape];
	}
	for (size_t i = 0; i < s->shape.count && !s->failed; i++)
		solve_shape(s, box, (const struct shape *)s->shape.p + i);
}

static void
weigh(struct dissolve *s, struct box *b)
{
	const uint32_t *chain = s->chain.p;
	const struct area_here *area = s->area.p;

	b->chain_count = s->chain.count - b->chain_start;
	b->area_count = s->area.count - b->area_start;
	b->load = 0;
	b->mixed = b->whole_dead;
	for (size_t i = b->chain_start; i < s->chain.count; i++) {
		b->load += 2 * (size_t)chain_of(s, chain[i])->count;
		if (chain_of(s, chain[i])->group != chain_of(s, chain[b->chain_start])->group)
			b->mixed = true;
	}
	for (size_t i = b->area_start; i < s->area.count; i++) {
		b->load += area[i].count;
		if (b->chain_count > 0 &&
		    area[i].group != chain_of(s, chain[b->chain_start])->group)
			b->mixed = true;
	}
}

/* One half of a box. False if it holds no border. */
static bool
fill_half(struct dissolve *s, const struct box *parent, struct cover_box at, struct box *ret)
{
	struct box b = { .at = at,
		         .chain_start = s->chain.count,
		         .area_start = s->area.count,
		         .depth = parent->depth + 1,
		         .whole_dead = parent->whole_dead };
	double corner[2] = { parent->at.x0, parent->at.y0 };

	s->dead.count = 0;
	for (size_t i = 0; i < parent->area_count; i++) {
		struct area_here from = ((struct area_here *)s->area.p)[parent->area_start + i];

		if (add_area(s, &b, &from, corner))
			return false;
	}
	for (size_t i = 0; i < parent->chain_count; i++) {
		uint32_t c = ((uint32_t *)s->chain.p)[parent->chain_start + i];

		if (add_chain(s, &b, c))
			return false;
	}
	weigh(s, &b);
	b.fruitless = b.load * 4 > parent->load * 3 ? parent->fruitless + 1 : 0;
	*ret = b;
	return b.chain_count > 0;
}

static void
visit(struct dissolve *s, const struct box *b) /* NOLINT(misc-no-recursion): MAX_DEPTH deep */
{
	struct cover_box half[2] = { b->at, b->at };
	struct box child;

	if (s->failed || b->chain_count == 0)
		return;
	if (b->load <= LEAF_SHAPES || b->depth >= MAX_DEPTH || b->fruitless > 2 * FRUITLESS) {
		solve_box(s, b);
		return;
	}
	if (b->at.x1 - b->at.x0 > b->at.y1 - b->at.y0)
		half[0].x1 = half[1].x0 = (b->at.x0 + b->at.x1) / 2;
	else
		half[0].y1 = half[1].y0 = (b->at.y0 + b->at.y1) / 2;
	for (int i = 0; i < 2; i++) {
		size_t chains = s->chain.count, areas = s->area.count, edges = s->edge.count;

		if (fill_half(s, b, half[i], &child))
			visit(s, &child);
		s->chain.count = chains;
		s->area.count = areas;
		s->edge.count = edges;
	}
}

enum err_code
dissolve_run(struct dissolve *s, const struct dissolve_tile *tile, const struct dissolve_sink *sink,
             struct err *e)
{
	struct box root = { .at = tile->box };
	double corner[2] = { tile->box.x0, tile->box.y0 };
	bool settled = false;

	s->tile = tile;
	s->sink = sink;
	s->failed = false;
	s->chain.count = s->area.count = s->edge.count = s->dead.count = 0;
	for (size_t i = 0; i < tile->area_count && !settled; i++) {
		struct area_here from = { tile->areas[i].group, tile->areas[i].inside,
			                  s->edge.count, tile->areas[i].edge_count };

		for (size_t k = 0; k < from.count; k++) {
			uint32_t *copy = push(s, &s->edge, sizeof(uint32_t[2]));

			if (copy)
				memcpy(copy, tile->edges[tile->areas[i].edge_start + k],
				       sizeof(uint32_t[2]));
		}
		if (!s->failed)
			settled = add_area(s, &root, &from, corner);
	}
	for (size_t i = 0; i < tile->chain_count && !settled; i++)
		settled = add_chain(s, &root, (uint32_t)i);
	if (!settled && !s->failed) {
		weigh(s, &root);
		visit(s, &root);
	}
	if (s->failed || s->left.failed || s->spare.failed)
		return err_set(e, ERR_NOMEM, "out of memory for %zu outlines in one tile",
		               tile->chain_count);
	return ERR_OK;
}
