/* Cutting rings at a square, one side after the other. Pieces inside a side are chains from where
 * the outline comes in to where it goes out; with the area to the left, the border between two
 * chains runs from each way out to the next way in, in one direction. */
#include <math.h>
#include <stdlib.h>

#include "geo/tilepart.h"

struct chain_end {
	double at; /* along the border, in the direction in which it is walked */
	uint32_t chain;
	bool out;
};

struct chain {
	uint32_t first, end; /* points in the scratch rings */
	uint32_t next;
	bool used;
};

struct side {
	int axis;    /* 0: x, 1: y */
	double sign; /* inside: sign * (p[axis] - at) > 0 */
	double at;
};

void
tile_rings_done(struct tile_rings *r)
{
	vec_done(&r->xy);
	vec_done(&r->end);
}

void
tile_rings_clear(struct tile_rings *r)
{
	r->xy.count = r->end.count = 0;
}

static size_t
ring_start(const struct tile_rings *r)
{
	return r->end.count ? ((uint32_t *)r->end.p)[r->end.count - 1] : 0;
}

bool
tile_rings_point(struct tile_rings *r, double x, double y)
{
	double *p = r->xy.p;

	if (r->xy.count > ring_start(r)) {
		p += 2 * r->xy.count - 2;
		if (p[0] >= x && p[0] <= x && p[1] >= y && p[1] <= y)
			return true;
	}
	p = vec_push(&r->xy, 2 * sizeof(double));
	if (!p)
		return false;
	p[0] = x;
	p[1] = y;
	return true;
}

bool
tile_rings_end(struct tile_rings *r)
{
	size_t start = ring_start(r);
	const double *p = r->xy.p;
	uint32_t *end;

	while (r->xy.count > start + 1 && p[2 * start] >= p[2 * r->xy.count - 2] &&
	       p[2 * start] <= p[2 * r->xy.count - 2] &&
	       p[2 * start + 1] >= p[2 * r->xy.count - 1] &&
	       p[2 * start + 1] <= p[2 * r->xy.count - 1])
		r->xy.count--;
	if (r->xy.count < start + 3) {
		r->xy.count = start;
		return true;
	}
	end = vec_push(&r->end, sizeof(*end));
	if (end)
		*end = (uint32_t)r->xy.count;
	return end != NULL;
}

double
tile_rings_area(const double *xy, size_t n)
{
	double sum = 0;

	for (size_t i = 0; i < n; i++) {
		const double *a = xy + 2 * i, *b = xy + 2 * (i + 1 < n ? i + 1 : 0);

		sum += (a[0] - xy[0]) * (b[1] - xy[1]) - (b[0] - xy[0]) * (a[1] - xy[1]);
	}
	return sum / 2;
}

void
tilecut_done(struct tilecut *c)
{
	tile_rings_done(&c->a);
	tile_rings_done(&c->b);
	vec_done(&c->ends);
	vec_done(&c->chain);
}

static bool
is_inside(const struct side *s, const double *p)
{
	return s->sign * (p[s->axis] - s->at) > 0;
}

/* Where the edge a - b meets the side: the same bits from either direction. */
static void
meet(const struct side *s, const double *a, const double *b, double ret[2])
{
	const double *lo = a[s->axis] < b[s->axis] ? a : b, *hi = lo == a ? b : a;
	double t = (s->at - lo[s->axis]) / (hi[s->axis] - lo[s->axis]);
	int o = 1 - s->axis;

	ret[s->axis] = s->at;
	ret[o] = lo[o] + t * (hi[o] - lo[o]);
}

/* Along the border the area's left is inside: with inside to the east (axis x, sign +) the border
 * is walked to the south in a plane with y upwards, that is to smaller y. */
static double
along(const struct side *s, const double *p)
{
	double v = p[1 - s->axis];

	return (s->axis == 0) == (s->sign > 0) ? -v : v;
}

static bool
add_end(struct tilecut *c, const struct side *s, const double *p, uint32_t chain, bool out)
{
	struct chain_end *e = vec_push(&c->ends, sizeof(*e));

	if (e)
		*e = (struct chain_end){ along(s, p), chain, out };
	return e != NULL;
}

static bool
start_chain(struct tilecut *c, const struct side *s, struct tile_rings *to, const double *p)
{
	struct chain *n = vec_push(&c->chain, sizeof(*n));
	double *q = n ? vec_push(&to->xy, 2 * sizeof(*q)) : NULL;

	if (!q)
		return false;
	q[0] = p[0];
	q[1] = p[1];
	*n = (struct chain){ (uint32_t)(to->xy.count - 1), 0, 0, false };
	return add_end(c, s, p, (uint32_t)(c->chain.count - 1), false);
}

static bool
end_chain(struct tilecut *c, const struct side *s, struct tile_rings *to, const double *p)
{
	struct chain *n = (struct chain *)c->chain.p + c->chain.count - 1;

	if (!tile_rings_point(to, p[0], p[1]))
		return false;
	n->end = (uint32_t)to->xy.count;
	return add_end(c, s, p, (uint32_t)(c->chain.count - 1), true);
}

/* Chains of one ring, which has points on both sides: points go to `to` as one heap. */
static bool
cut_ring(struct tilecut *c, const struct side *s, const double *xy, size_t n, struct tile_rings *to)
{
	size_t first = 0;
	double p[2];

	while (is_inside(s, xy + 2 * first) || !is_inside(s, xy + 2 * ((first + 1) % n)))
		first++;
	for (size_t k = 0; k < n; k++) {
		const double *a = xy + 2 * ((first + k) % n), *b = xy + 2 * ((first + k + 1) % n);
		bool in_a = is_inside(s, a), in_b = is_inside(s, b);

		if (in_a != in_b)
			meet(s, a, b, p);
		if (!in_a && in_b && !start_chain(c, s, to, p))
			return false;
		if (in_b && !tile_rings_point(to, b[0], b[1]))
			return false;
		if (in_a && !in_b && !end_chain(c, s, to, p))
			return false;
	}
	return true;
}

static int
by_place(const void *a, const void *b)
{
	const struct chain_end *x = a, *y = b;

	if (x->at < y->at || x->at > y->at)
		return x->at < y->at ? -1 : 1;
	if (x->out != y->out)
		return x->out ? -1 : 1;
	return x->chain < y->chain ? -1 : x->chain > y->chain;
}

/* Each way out leads to the next way in; false if they do not alternate. */
static bool
link_chains(struct tilecut *c)
{
	struct chain_end *e = c->ends.p;
	struct chain *chain = c->chain.p;

	if (c->ends.count == 0)
		return true;
	qsort(e, c->ends.count, sizeof(*e), by_place);
	for (size_t i = 0; i + 1 < c->ends.count; i += 2) {
		if (!e[i].out || e[i + 1].out)
			return false;
		chain[e[i].chain].next = e[i + 1].chain;
	}
	return c->ends.count % 2 == 0;
}

static bool
join_chains(struct tilecut *c, const struct tile_rings *from, struct tile_rings *to)
{
	struct chain *chain = c->chain.p;
	const double *xy = from->xy.p;

	for (size_t i = 0; i < c->chain.count; i++) {
		for (size_t k = i; !chain[k].used; k = chain[k].next) {
			chain[k].used = true;
			for (size_t j = chain[k].first; j < chain[k].end; j++)
				if (!tile_rings_point(to, xy[2 * j], xy[2 * j + 1]))
					return false;
		}
		if (!tile_rings_end(to))
			return false;
	}
	return true;
}

static bool
copy_ring(const double *xy, size_t n, struct tile_rings *to)
{
	for (size_t i = 0; i < n; i++)
		if (!tile_rings_point(to, xy[2 * i], xy[2 * i + 1]))
			return false;
	return tile_rings_end(to);
}

static enum tilecut_result
cut_side(struct tilecut *c, const struct side *s, const struct tile_rings *in,
         struct tile_rings *heap, struct tile_rings *to)
{
	const uint32_t *end = in->end.p;
	const double *xy = in->xy.p;

	tile_rings_clear(to);
	tile_rings_clear(heap);
	c->ends.count = c->chain.count = 0;
	for (size_t r = 0, from = 0; r < in->end.count; from = end[r++]) {
		size_t n = end[r] - from, inside = 0;

		for (size_t i = 0; i < n; i++)
			inside += is_inside(s, xy + 2 * (from + i));
		if (inside == n && !copy_ring(xy + 2 * from, n, to))
			return TILECUT_FAILED;
		if (inside > 0 && inside < n && !cut_ring(c, s, xy + 2 * from, n, heap))
			return TILECUT_FAILED;
	}
	if (!link_chains(c))
		return TILECUT_UNCLEAR;
	return join_chains(c, heap, to) ? TILECUT_DONE : TILECUT_FAILED;
}

enum tilecut_result
tilecut_square(struct tilecut *c, const struct tile_rings *in, double from, double to,
               const struct tile_rings **ret)
{
	const struct side side[4] = {
		{ 0, 1, from }, { 0, -1, to }, { 1, 1, from }, { 1, -1, to }
	};
	struct tile_rings heap = { 0 };
	enum tilecut_result rc = TILECUT_DONE;

	for (int i = 0; rc == TILECUT_DONE && i < 4; i++) {
		struct tile_rings *out = i % 2 ? &c->b : &c->a;

		rc = cut_side(c, &side[i], in, &heap, out);
		in = out;
	}
	tile_rings_done(&heap);
	*ret = in;
	return rc;
}
