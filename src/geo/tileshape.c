#include "geo/tileshape.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "geo/tilepart.h"

#define ROUNDING 0.70711 /* a rounded corner is off by no more */
#define ROOM 0.25        /* left over for the check */
#define SHARP (-0.2)     /* corners sharper than this (cosine of the turn) are cut off */
#define FEW 40           /* vertices whose edges are compared pair by pair */
#define MOST 20000       /* vertices; more are drawn as cells */

static const double tolerance[] = { 1, 3, 8 }; /* of simplification, tile units */

struct corner {
	int32_t in[2], out[2]; /* end of the edge before, start of the edge after */
};

struct segment {
	int32_t ax, ay, bx, by; /* ax <= bx */
	int32_t low, high;      /* of ay and by */
	uint32_t ring, edge;
};

struct tileshape {
	struct tile_rings given;
	struct tilecut cut;
	struct tilecells cells;
	struct vec work;            /* double[2]: a ring in the order in which it is drawn */
	struct vec kept;            /* uint32_t: its vertices that stay */
	struct vec mark;            /* uint8_t */
	struct vec stack;           /* uint32_t[2] */
	struct vec corner;          /* struct corner */
	struct vec xy, end, outer;  /* the drawing: int32_t[2], uint32_t, uint8_t */
	struct vec out_xy, out_end; /* the same in the order in which it is given out */
	struct vec segment;
};

struct tileshape *
tileshape_create(void)
{
	return mem_calloc(1, sizeof(struct tileshape));
}

void
tileshape_free(struct tileshape *s)
{
	if (!s)
		return;
	tile_rings_done(&s->given);
	tilecut_done(&s->cut);
	tilecells_done(&s->cells);
	vec_done(&s->work);
	vec_done(&s->kept);
	vec_done(&s->mark);
	vec_done(&s->stack);
	vec_done(&s->corner);
	vec_done(&s->xy);
	vec_done(&s->end);
	vec_done(&s->outer);
	vec_done(&s->out_xy);
	vec_done(&s->out_end);
	vec_done(&s->segment);
	mem_free(s);
}

void
tileshape_start(struct tileshape *s)
{
	tile_rings_clear(&s->given);
}

bool
tileshape_ring(struct tileshape *s, const double *xy, size_t n, bool hole)
{
	bool turn = (tile_rings_area(xy, n) > 0) == hole;

	for (size_t i = 0; i < n; i++) {
		const double *p = xy + 2 * (turn ? n - 1 - i : i);

		if (!tile_rings_point(&s->given, p[0], p[1]))
			return false;
	}
	return tile_rings_end(&s->given);
}

/* Square of the distance of p from the segment a - b. */
static double
distance2(const double *a, const double *b, const double *p)
{
	double dx = b[0] - a[0], dy = b[1] - a[1], px = p[0] - a[0], py = p[1] - a[1];
	double l = dx * dx + dy * dy, t = l > 0 ? (px * dx + py * dy) / l : 0;

	t = t < 0 ? 0 : t > 1 ? 1 : t;
	px -= t * dx;
	py -= t * dy;
	return px * px + py * py;
}

static bool
push_pair(struct vec *v, size_t a, size_t b)
{
	uint32_t *p = vec_push(v, 2 * sizeof(*p));

	if (p) {
		p[0] = (uint32_t)a;
		p[1] = (uint32_t)b;
	}
	return p != NULL;
}

/* Douglas and Peucker: mark the vertices that stay. */
static bool
mark_kept(struct tileshape *s, const double *xy, size_t n, double most)
{
	uint8_t *mark = s->mark.p;
	size_t far = 0;
	double at = -1;

	memset(mark, 0, n);
	for (size_t i = 1; i < n; i++) {
		double dx = xy[2 * i] - xy[0], dy = xy[2 * i + 1] - xy[1];

		if (dx * dx + dy * dy > at) {
			at = dx * dx + dy * dy;
			far = i;
		}
	}
	mark[0] = mark[far] = 1;
	s->stack.count = 0;
	if (!push_pair(&s->stack, 0, far) || !push_pair(&s->stack, far, n))
		return false;
	while (s->stack.count > 0) {
		uint32_t *top = (uint32_t *)s->stack.p + 2 * --s->stack.count, a = top[0],
			 b = top[1];
		size_t worst = 0;
		double d = most * most;

		for (size_t i = a + 1; i < b; i++) {
			double v = distance2(xy + 2 * (size_t)a, xy + 2 * (size_t)(b < n ? b : 0),
			                     xy + 2 * i);

			if (v > d) {
				d = v;
				worst = i;
			}
		}
		if (worst == 0)
			continue;
		mark[worst] = 1;
		if (!push_pair(&s->stack, a, worst) || !push_pair(&s->stack, worst, b))
			return false;
	}
	return true;
}

/* The ring as it will be drawn (the area to its left) into work, what stays of it into kept. */
static bool
prepare(struct tileshape *s, const double *xy, size_t n, bool turn, double most)
{
	s->work.count = s->kept.count = s->mark.count = 0;
	for (size_t i = 0; i < n; i++) {
		double *p = vec_push(&s->work, 2 * sizeof(*p));

		if (!p || !vec_push(&s->mark, 1))
			return false;
		memcpy(p, xy + 2 * (turn ? n - 1 - i : i), 2 * sizeof(*p));
	}
	if (!mark_kept(s, s->work.p, n, most))
		return false;
	for (size_t i = 0; i < n; i++) {
		uint32_t *k = ((uint8_t *)s->mark.p)[i] ? vec_push(&s->kept, sizeof(*k)) : NULL;

		if (((uint8_t *)s->mark.p)[i] && !k)
			return false;
		if (k)
			*k = (uint32_t)i;
	}
	return true;
}

static double
cross(const double *a, const double *b, const double *p)
{
	return (b[0] - a[0]) * (p[1] - a[1]) - (b[1] - a[1]) * (p[0] - a[0]);
}

/* How far skipped vertices lie to the right of the edges that stay. */
static double
outside_by(const struct tileshape *s)
{
	const double *xy = s->work.p;
	const uint32_t *k = s->kept.p;
	size_t n = s->work.count, m = s->kept.count;
	double most = 0;

	if (n == m)
		return 0;
	for (size_t i = 0; i < m; i++) {
		const double *a = xy + 2 * (size_t)k[i],
			     *b = xy + 2 * (size_t)k[i + 1 < m ? i + 1 : 0];
		size_t end = i + 1 < m ? k[i + 1] : n;
		double dx = b[0] - a[0], dy = b[1] - a[1], here = 0;

		for (size_t j = k[i] + 1; j < end; j++)
			here = fmax(here, -cross(a, b, xy + 2 * j));
		if (here > 0)
			most = fmax(most, here / sqrt(dx * dx + dy * dy));
	}
	return most;
}

static void
round_to(int32_t ret[2], double x, double y)
{
	ret[0] = (int32_t)lrint(x);
	ret[1] = (int32_t)lrint(y);
}

/* Shift every edge that stays to the right by d and mitre. */
static bool
shift(struct tileshape *s, double d)
{
	const double *xy = s->work.p;
	const uint32_t *k = s->kept.p;
	size_t m = s->kept.count;
	const double *last = xy + 2 * (size_t)k[m - 1], *at = xy + 2 * (size_t)k[0];
	double u[2] = { at[0] - last[0], at[1] - last[1] }, l = 1 / hypot(u[0], u[1]);

	u[0] *= l;
	u[1] *= l;
	s->corner.count = 0;
	for (size_t i = 0; i < m; i++) {
		struct corner *c = vec_push(&s->corner, sizeof(*c));
		const double *p = xy + 2 * (size_t)k[i],
			     *q = xy + 2 * (size_t)k[i + 1 < m ? i + 1 : 0];
		double v[2] = { q[0] - p[0], q[1] - p[1] }, dot, mitre;

		if (!c)
			return false;
		l = 1 / sqrt(v[0] * v[0] + v[1] * v[1]);
		v[0] *= l;
		v[1] *= l;
		dot = u[0] * v[0] + u[1] * v[1];
		if (dot < SHARP && u[0] * v[1] - u[1] * v[0] > 0) {
			round_to(c->in, p[0] + d * (u[1] + u[0]), p[1] + d * (u[1] - u[0]));
			round_to(c->out, p[0] + d * (v[1] - v[0]), p[1] - d * (v[0] + v[1]));
		} else {
			mitre = d / fmax(1 + dot, 1e-3);
			round_to(c->in, p[0] + mitre * (u[1] + v[1]), p[1] - mitre * (u[0] + v[0]));
			c->out[0] = c->in[0];
			c->out[1] = c->in[1];
		}
		u[0] = v[0];
		u[1] = v[1];
	}
	return true;
}

/* Do the segments a - b and p - q share a point, as far as doubles can tell? */
static bool
crosses(const double *a, const double *b, const double *p, const double *q)
{
	return cross(a, b, p) * cross(a, b, q) <= 0 && cross(p, q, a) * cross(p, q, b) <= 0;
}

/* Is the piece between the shifted edge and the vertices from .. to a simple one, with the shifted
 * edge to the right of all by `room`? */
static bool
piece_is_sound(const double *xy, size_t n, const size_t run[2], const double e[4], double room)
{
	const double *f = e + 2, *a = xy + 2 * run[0], *b = xy + 2 * (run[1] < n ? run[1] : 0);
	double dx = f[0] - e[0], dy = f[1] - e[1], least = room * sqrt(dx * dx + dy * dy);

	for (size_t i = run[0]; i <= run[1]; i++)
		if (!(cross(e, f, xy + 2 * (i < n ? i : 0)) > least))
			return false;
	if (crosses(a, e, b, f))
		return false;
	for (size_t i = run[0]; run[1] > run[0] + 1 && i < run[1]; i++) {
		const double *p = xy + 2 * i, *q = xy + 2 * (i + 1 < n ? i + 1 : 0);

		if ((i > run[0] && crosses(p, q, a, e)) || (i + 1 < run[1] && crosses(p, q, b, f)))
			return false;
	}
	return true;
}

static bool
pieces_are_sound(const struct tileshape *s, double room)
{
	const double *xy = s->work.p;
	const uint32_t *k = s->kept.p;
	const struct corner *c = s->corner.p;
	size_t n = s->work.count, m = s->kept.count;

	for (size_t i = 0; i < m; i++) {
		const struct corner *d = &c[i + 1 < m ? i + 1 : 0];
		double e[4] = { c[i].out[0], c[i].out[1], d->in[0], d->in[1] };
		size_t run[2] = { k[i], i + 1 < m ? k[i + 1] : n };

		if (!piece_is_sound(xy, n, run, e, room))
			return false;
	}
	return true;
}

static int64_t
turn_of(const int32_t *a, const int32_t *b, const int32_t *c)
{
	return (int64_t)(b[0] - a[0]) * (c[1] - a[1]) - (int64_t)(b[1] - a[1]) * (c[0] - a[0]);
}

/* Add a point of the drawing, dropping what is in line; false: memory ended or it turns back. */
static bool
add_point(struct vec *xy, size_t start, const int32_t *p)
{
	int32_t *v = xy->p;

	while (xy->count > start) {
		int32_t *b = v + 2 * xy->count - 2;

		if (b[0] == p[0] && b[1] == p[1])
			return true;
		if (xy->count < start + 2 || turn_of(b - 2, b, p) != 0)
			break;
		if ((int64_t)(b[0] - b[-2]) * (p[0] - b[0]) +
		            (int64_t)(b[1] - b[-1]) * (p[1] - b[1]) <
		    0)
			return false;
		xy->count--;
	}
	v = vec_push(xy, 2 * sizeof(*v));
	if (v)
		memcpy(v, p, 2 * sizeof(*v));
	return v != NULL;
}

/* The corners as a ring of the drawing; turned back if the ring was. */
static bool
write_ring(struct tileshape *s, bool turn, bool outer)
{
	const struct corner *c = s->corner.p;
	size_t start = s->xy.count, m = s->corner.count, n;
	int32_t *v;
	uint32_t *end;
	uint8_t *o;

	for (size_t i = 0; i < m; i++) {
		const struct corner *k = &c[turn ? m - 1 - i : i];

		if (!add_point(&s->xy, start, turn ? k->out : k->in) ||
		    !add_point(&s->xy, start, turn ? k->in : k->out))
			return false;
	}
	for (;;) { /* the same where it closes */
		n = s->xy.count - start;
		v = (int32_t *)s->xy.p + 2 * start;
		if (n < 3)
			return false;
		if ((v[0] == v[2 * n - 2] && v[1] == v[2 * n - 1]) ||
		    turn_of(v + 2 * n - 4, v + 2 * n - 2, v) == 0) {
			s->xy.count--;
		} else if (turn_of(v + 2 * n - 2, v, v + 2) == 0) {
			memmove(v, v + 2, 2 * (n - 1) * sizeof(*v));
			s->xy.count--;
		} else {
			break;
		}
	}
	end = vec_push(&s->end, sizeof(*end));
	o = vec_push(&s->outer, sizeof(*o));
	if (!end || !o)
		return false;
	*end = (uint32_t)s->xy.count;
	*o = outer;
	return true;
}

static bool
draw_ring(struct tileshape *s, const double *xy, size_t n, bool turn, double error)
{
	bool outer = tile_rings_area(xy, n) > 0;
	double extra = ROUNDING + error + ROOM;

	for (size_t i = 0; i < sizeof(tolerance) / sizeof(*tolerance); i++) {
		size_t start = s->xy.count;

		if (!prepare(s, xy, n, turn, tolerance[i]))
			return false;
		if (s->kept.count >= 3 && shift(s, extra + outside_by(s)) &&
		    pieces_are_sound(s, error + ROOM / 4) && write_ring(s, turn, outer))
			return true;
		s->xy.count = start;
		if (n < 8)
			break;
	}
	return false;
}

static bool
segments_meet(const struct segment *p, const struct segment *q)
{
	const int32_t a[2] = { p->ax, p->ay }, b[2] = { p->bx, p->by };
	const int32_t c[2] = { q->ax, q->ay }, d[2] = { q->bx, q->by };
	int64_t s1, s2, t1, t2;

	s1 = turn_of(a, b, c);
	s2 = turn_of(a, b, d);
	t1 = turn_of(c, d, a);
	t2 = turn_of(c, d, b);
	return !((s1 > 0 && s2 > 0) || (s1 < 0 && s2 < 0) || (t1 > 0 && t2 > 0) ||
	         (t1 < 0 && t2 < 0));
}

static int
by_west(const void *a, const void *b)
{
	const struct segment *x = a, *y = b;

	return (x->ax > y->ax) - (x->ax < y->ax);
}

static bool
collect_segments(struct tileshape *s)
{
	const int32_t *xy = s->xy.p;
	const uint32_t *end = s->end.p;

	s->segment.count = 0;
	for (size_t r = 0, from = 0; r < s->end.count; from = end[r++])
		for (size_t i = from; i < end[r]; i++) {
			struct segment *g = vec_push(&s->segment, sizeof(*g));
			const int32_t *a = xy + 2 * i,
				      *b = xy + 2 * (i + 1 < end[r] ? i + 1 : from);

			if (!g)
				return false;
			*g = a[0] <= b[0] ? (struct segment){ .ax = a[0],
				                              .ay = a[1],
				                              .bx = b[0],
				                              .by = b[1] }
			                  : (struct segment){
						    .ax = b[0], .ay = b[1], .bx = a[0], .by = a[1]
					    };
			g->low = a[1] < b[1] ? a[1] : b[1];
			g->high = a[1] < b[1] ? b[1] : a[1];
			g->ring = (uint32_t)r;
			g->edge = (uint32_t)(i - from);
		}
	if (s->segment.count > FEW)
		qsort(s->segment.p, s->segment.count, sizeof(struct segment), by_west);
	return true;
}

/* True if no two edges share a point but neighbours at their corner. */
static bool
is_simple(struct tileshape *s)
{
	const uint32_t *end = s->end.p;
	const struct segment *g;
	size_t n;

	if (!collect_segments(s))
		return false;
	g = s->segment.p;
	n = s->segment.count;
	for (size_t i = 0; i < n; i++)
		for (size_t k = i + 1; k < n && (n <= FEW || g[k].ax <= g[i].bx); k++) {
			uint32_t d, size;

			if (g[k].ax > g[i].bx || g[k].bx < g[i].ax || g[k].low > g[i].high ||
			    g[k].high < g[i].low)
				continue;
			d = g[i].edge < g[k].edge ? g[k].edge - g[i].edge : g[i].edge - g[k].edge;
			size = end[g[i].ring] - (g[i].ring ? end[g[i].ring - 1] : 0);
			if (g[i].ring == g[k].ring && (d == 1 || d == size - 1))
				continue;
			if (segments_meet(&g[i], &g[k]))
				return false;
		}
	return true;
}

static int64_t
ring_area(const int32_t *xy, size_t n)
{
	int64_t sum = 0;

	for (size_t i = 1; i + 1 < n; i++)
		sum += turn_of(xy, xy + 2 * i, xy + 2 * i + 2);
	return sum;
}

static bool
in_ring(const int32_t *p, const int32_t *xy, size_t n)
{
	bool in = false;

	for (size_t i = 0, j = n - 1; i < n; j = i++) {
		const int32_t *a = xy + 2 * i, *b = xy + 2 * j;

		if ((a[1] > p[1]) != (b[1] > p[1]) && (turn_of(a, b, p) > 0) == (b[1] > a[1]))
			in = !in;
	}
	return in;
}

static bool
copy_ring(struct tileshape *s, size_t r)
{
	const uint32_t *end = s->end.p;
	const int32_t *xy = s->xy.p;
	uint32_t *e;

	for (size_t i = r ? end[r - 1] : 0; i < end[r]; i++) {
		int32_t *p = vec_push(&s->out_xy, 2 * sizeof(*p));

		if (!p)
			return false;
		memcpy(p, xy + 2 * i, 2 * sizeof(*p));
	}
	e = vec_push(&s->out_end, sizeof(*e));
	if (e)
		*e = (uint32_t)s->out_xy.count;
	return e != NULL;
}

/* The smallest outer ring around a hole, or -1. */
static long
owner_of(const struct tileshape *s, size_t hole)
{
	const uint32_t *end = s->end.p;
	const int32_t *xy = s->xy.p, *p = xy + 2 * (size_t)(hole ? end[hole - 1] : 0);
	int64_t least = INT64_MAX;
	long best = -1;

	for (size_t r = 0, from = 0; r < s->end.count; from = end[r++]) {
		int64_t area = ring_area(xy + 2 * from, end[r] - from);

		if (((uint8_t *)s->outer.p)[r] && area < least &&
		    in_ring(p, xy + 2 * from, end[r] - from)) {
			least = area;
			best = (long)r;
		}
	}
	return best;
}

/* Each outer ring with its holes; false if directions or nesting are not right. */
static bool
give_out(struct tileshape *s, struct tile_area *ret)
{
	const uint32_t *end = s->end.p;
	const uint8_t *outer = s->outer.p;
	size_t n = s->end.count;
	size_t holes = 0;

	for (size_t r = 0, from = 0; r < n; from = end[r++]) {
		if ((ring_area((int32_t *)s->xy.p + 2 * from, end[r] - from) > 0) != outer[r])
			return false;
		holes += !outer[r];
	}
	if (holes == 0) {
		*ret = (struct tile_area){ s->xy.p, s->end.p, n, false };
		return true;
	}
	s->out_xy.count = s->out_end.count = 0;
	for (size_t r = 0; r < n; r++) {
		if (!outer[r])
			continue;
		if (!copy_ring(s, r))
			return false;
		for (size_t h = 0; h < n; h++)
			if (!outer[h] && owner_of(s, h) == (long)r && !copy_ring(s, h))
				return false;
	}
	*ret = (struct tile_area){ s->out_xy.p, s->out_end.p, s->out_end.count, false };
	return s->out_end.count == n;
}

/* The drawing by shifted edges; false: draw cells. */
static bool
draw_outline(struct tileshape *s, const struct tile_rings *in, enum tile_side side, double error,
             struct tile_area *ret)
{
	const uint32_t *end = in->end.p;
	const double *xy = in->xy.p;

	s->xy.count = s->end.count = s->outer.count = 0;
	if (in->xy.count > MOST)
		return false;
	for (size_t r = 0, from = 0; r < in->end.count; from = end[r++]) {
		size_t n = end[r] - from;
		bool hole = tile_rings_area(xy + 2 * from, n) <= 0;

		if (draw_ring(s, xy + 2 * from, n, side == TILE_INWARD, error))
			continue;
		if (!hole || side == TILE_INWARD) /* a hole may vanish from danger */
			return false;
	}
	return is_simple(s) && give_out(s, ret);
}

enum err_code
tileshape_draw(struct tileshape *s, enum tile_side side, double error, struct tile_area *ret,
               struct err *e)
{
	const struct tile_rings *in = &s->given;
	const double *xy = in->xy.p, low = -TILE_BUFFER, high = TILE_EXTENT + TILE_BUFFER;
	bool beyond = false, ok;

	*ret = (struct tile_area){ 0 };
	for (size_t i = 0; i < 2 * in->xy.count && !beyond; i++)
		beyond = !(xy[i] > low && xy[i] < high);
	if (beyond) {
		switch (tilecut_square(&s->cut, &s->given, low, high, &in)) {
		case TILECUT_FAILED:
			return err_set(e, ERR_NOMEM, "out of memory for a tile");
		case TILECUT_UNCLEAR:
			in = &s->given;
			ok = tilecells_draw(&s->cells, in, side, 0.01 + error, ret);
			return ok ? ERR_OK : err_set(e, ERR_NOMEM, "out of memory for a tile");
		case TILECUT_DONE:
			break;
		}
	}
	if (in->end.count == 0 || draw_outline(s, in, side, error, ret))
		return ERR_OK;
	ok = tilecells_draw(&s->cells, in, side, 0.01 + error, ret);
	return ok ? ERR_OK : err_set(e, ERR_NOMEM, "out of memory for a tile");
}
