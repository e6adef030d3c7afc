#include "geo/cellring.h"

#include <stdlib.h>

#include "base/mem.h"

/* Each run has two upright edges, 2 i at `from` (walked downwards) and 2 i + 1 at `to` (upwards),
 * so that the cells lie to the left. What follows an edge: the edge that goes on in the next row,
 * or, after a turn, the edge at the other end of the level piece. */
#define TURN 0x80000000u

struct ring {
	uint32_t first, end; /* corners in `column` */
	uint32_t component;
	bool outer;
};

struct corner {
	int32_t x, y;
};

struct end { /* where an upright edge ends or begins on a line between two rows */
	int32_t x;
	uint32_t edge;
};

struct line {
	const struct cell_run *run;
	uint32_t *next;
	struct end open;
	bool is_open, touch;
	bool below, above; /* are the cells left of here in the lower, the upper row */
};

static int
by_cell(const void *a, const void *b)
{
	const struct cell_run *x = a, *y = b;

	if (x->row != y->row)
		return x->row < y->row ? -1 : 1;
	return (x->from > y->from) - (x->from < y->from);
}

void
cellring_join(struct vec *runs)
{
	struct cell_run *run = runs->p;
	size_t out = 0;

	if (runs->count == 0)
		return;
	qsort(run, runs->count, sizeof(*run), by_cell);
	for (size_t i = 1; i < runs->count; i++) {
		if (run[i].row == run[out].row && run[i].from <= run[out].to)
			run[out].to = run[i].to > run[out].to ? run[i].to : run[out].to;
		else
			run[++out] = run[i];
	}
	runs->count = out + 1;
}

void
cellring_done(struct cellring *c)
{
	vec_done(&c->next);
	vec_done(&c->column);
	vec_done(&c->rows);
	vec_done(&c->work);
	vec_done(&c->xy);
	vec_done(&c->ring_end);
	vec_done(&c->is_outer);
}

/* Make room for n elements; the content is not kept. */
static bool
vec_room(struct vec *v, size_t n, size_t size)
{
	void *p;

	v->count = 0;
	if (n <= v->cap)
		return true;
	p = mem_realloc_array(v->p, n, size);
	if (!p)
		return false;
	v->p = p;
	v->cap = n;
	return true;
}

static uint32_t
find(uint32_t *of, uint32_t i)
{
	while (of[i] != i) {
		of[i] = of[of[i]];
		i = of[i];
	}
	return i;
}

static void
join(uint32_t *of, uint32_t a, uint32_t b)
{
	a = find(of, a);
	b = find(of, b);
	if (a < b)
		of[b] = a;
	else
		of[a] = b;
}

/* A level piece begins or ends at e. */
static void
line_end(struct line *l, struct end e)
{
	if (!l->is_open)
		l->open = e;
	else if (l->above) /* cells above the piece: it is walked eastwards */
		l->next[l->open.edge] = e.edge | TURN;
	else
		l->next[e.edge] = l->open.edge | TURN;
	l->is_open = !l->is_open;
}

/* Where an upright edge of the lower row and one of the upper row are at the same column. */
static void
line_both(struct line *l, struct end low, struct end high)
{
	bool low_ends = low.edge & 1, high_ends = high.edge & 1, above_first = l->above;

	if (low_ends == high_ends) { /* it goes on */
		if (low_ends)
			l->next[low.edge] = high.edge;
		else
			l->next[high.edge] = low.edge;
	} else { /* cells that share a corner: each piece keeps to its own cell */
		l->touch = true;
		line_end(l, above_first ? high : low);
	}
	l->below = !low_ends;
	l->above = !high_ends;
	if (low_ends != high_ends)
		line_end(l, above_first ? low : high);
}

static struct end
end_of(const struct cell_run *run, size_t first, size_t k)
{
	size_t i = first + k / 2;

	return (struct end){ k & 1 ? run[i].to : run[i].from, (uint32_t)(2 * i + (k & 1)) };
}

/* Walk along the line between the runs a .. b - 1 below and b .. c - 1 above. */
static void
walk_line(struct line *l, const size_t low[2], const size_t high[2])
{
	size_t n = 2 * (low[1] - low[0]), m = 2 * (high[1] - high[0]), i = 0, k = 0;

	l->below = l->above = l->is_open = false;
	while (i < n || k < m) {
		struct end a = i < n ? end_of(l->run, low[0], i) : (struct end){ INT32_MAX, 0 };
		struct end b = k < m ? end_of(l->run, high[0], k) : (struct end){ INT32_MAX, 0 };

		if (i < n && k < m && a.x == b.x) {
			line_both(l, a, b);
			i++;
			k++;
		} else if (k == m || (i < n && a.x < b.x)) {
			line_end(l, a);
			l->below = !(a.edge & 1);
			i++;
		} else {
			line_end(l, b);
			l->above = !(b.edge & 1);
			k++;
		}
	}
}

static void
join_rows(uint32_t *of, const struct cell_run *run, const size_t low[2], const size_t high[2])
{
	size_t i = low[0], k = high[0];

	while (i < low[1] && k < high[1]) {
		if (run[i].from < run[k].to && run[k].from < run[i].to)
			join(of, (uint32_t)i, (uint32_t)k);
		if (run[i].to < run[k].to)
			i++;
		else
			k++;
	}
}

/* Set next and components, line by line. Returns whether cells share only a corner anywhere. */
static bool
link_lines(const struct cell_run *run, size_t count, uint32_t *next, uint32_t *of)
{
	struct line l = { .run = run, .next = next };
	size_t low[2] = { 0, 0 };

	for (size_t i = 0; i < count; i++)
		of[i] = (uint32_t)i;
	while (low[1] < count) {
		size_t high[2] = { low[1], low[1] };

		while (high[1] < count && run[high[1]].row == run[high[0]].row)
			high[1]++;
		if (low[1] > low[0] && run[low[0]].row + 1 != run[high[0]].row) {
			size_t none[2] = { 0, 0 };

			walk_line(&l, low, none);
			low[0] = low[1];
		}
		walk_line(&l, low, high);
		join_rows(of, run, low, high);
		low[0] = high[0];
		low[1] = high[1];
	}
	if (count) {
		size_t none[2] = { 0, 0 };

		walk_line(&l, low, none);
	}
	return l.touch;
}

/* Follow the edges from `start`, adding corners; each edge is marked as walked by pointing to
 * itself. */
static bool
follow(const struct cell_run *run, uint32_t *next, uint32_t start, struct vec *corners)
{
	uint32_t at = start;

	do {
		uint32_t to = next[at], other = to & ~TURN;
		const struct cell_run *r = &run[at / 2], *s = &run[other / 2];
		int32_t y = at & 1 ? r->row + 1 : r->row;

		next[at] = at;
		if (to & TURN) {
			struct corner *a = vec_push(corners, sizeof(*a)), *b;

			if (!a)
				return false;
			*a = (struct corner){ at & 1 ? r->to : r->from, y };
			b = vec_push(corners, sizeof(*b));
			if (!b)
				return false;
			*b = (struct corner){ other & 1 ? s->to : s->from, y };
		}
		at = other;
	} while (at != start);
	return true;
}

static int64_t
twice_area(const struct corner *c, size_t n)
{
	int64_t sum = 0;

	for (size_t i = 0; i < n; i++) {
		struct corner a = c[i], b = c[i + 1 < n ? i + 1 : 0];

		sum += ((int64_t)a.x - c[0].x) * ((int64_t)b.y - c[0].y) -
		       ((int64_t)b.x - c[0].x) * ((int64_t)a.y - c[0].y);
	}
	return sum;
}

static bool
add_ring(struct vec *rings, const struct corner *base, size_t first, size_t end, uint32_t component)
{
	struct ring *r = vec_push(rings, sizeof(*r));

	if (r)
		*r = (struct ring){ (uint32_t)first, (uint32_t)end, component,
			            twice_area(base + first, end - first) > 0 };
	return r != NULL;
}

struct seen { /* a corner and its place on the stack */
	struct corner c;
	uint32_t place; /* 1 .., 0 = free */
};

static struct seen *
seen_of(struct seen *slot, size_t slots, struct corner c)
{
	uint64_t h = ((uint64_t)(uint32_t)c.x << 32 | (uint32_t)c.y) * 0x9e3779b97f4a7c15u;
	size_t i = (size_t)(h >> 32) & (slots - 1);

	while (slot[i].place && (slot[i].c.x != c.x || slot[i].c.y != c.y))
		i = (i + 1) & (slots - 1);
	slot[i].c = c;
	return &slot[i];
}

/* A ring that comes to a corner twice is two rings: take the corners from first on apart. The
 * stack's room is that of the ring; pieces are put behind all corners. */
static bool
split_ring(struct vec *all, size_t first, uint32_t component, struct vec *rings)
{
	size_t end = all->count, held = 0, slots = 16;
	struct corner *stack = mem_calloc(end - first + 1, sizeof(*stack));
	struct seen *slot;
	bool ok;

	while (slots < 2 * (end - first))
		slots *= 2;
	slot = mem_calloc(slots, sizeof(*slot));
	ok = stack && slot;
	for (size_t i = first; ok && i <= end; i++) {
		struct corner c = i < end ? ((struct corner *)all->p)[i] : stack[0];
		struct seen *s = seen_of(slot, slots, c);
		size_t from = all->count, k = s->place;

		if (k > 0 && k <= held && stack[k - 1].x == c.x && stack[k - 1].y == c.y) {
			for (size_t j = k - 1; ok && j < held; j++) { /* from there to here */
				struct corner *to = vec_push(all, sizeof(*to));

				ok = to != NULL;
				if (to)
					*to = stack[j];
			}
			ok = ok && add_ring(rings, all->p, from, all->count, component);
			held = k;
			continue;
		}
		stack[held++] = c;
		s->place = (uint32_t)held;
	}
	mem_free(stack);
	mem_free(slot);
	return ok;
}

static int
by_area(const void *a, const void *b)
{
	const struct ring *x = a, *y = b;

	if (x->component != y->component)
		return x->component < y->component ? -1 : 1;
	if (x->outer != y->outer)
		return x->outer ? -1 : 1;
	return x->first < y->first ? -1 : x->first > y->first;
}

static bool
write_rings(struct cellring *c)
{
	const struct ring *ring = c->rows.p;
	const struct corner *corner = c->column.p;
	int32_t *xy;
	uint32_t *end, at = 0;
	uint8_t *outer;

	if (c->rows.count > 1)
		qsort(c->rows.p, c->rows.count, sizeof(struct ring), by_area);
	if (!vec_room(&c->xy, c->column.count, 2 * sizeof(int32_t)) ||
	    !vec_room(&c->ring_end, c->rows.count, sizeof(uint32_t)) ||
	    !vec_room(&c->is_outer, c->rows.count, sizeof(uint8_t)))
		return false;
	xy = c->xy.p;
	end = c->ring_end.p;
	outer = c->is_outer.p;
	for (size_t r = 0; r < c->rows.count; r++) {
		for (uint32_t i = ring[r].first; i < ring[r].end; i++, at++) {
			xy[2 * (size_t)at] = corner[i].x;
			xy[2 * (size_t)at + 1] = corner[i].y;
		}
		end[r] = at;
		outer[r] = ring[r].outer;
	}
	c->xy.count = at;
	c->ring_end.count = c->is_outer.count = c->rows.count;
	return true;
}

bool
cellring_trace(struct cellring *c, const struct cell_run *run, size_t count)
{
	uint32_t *next, *of;
	bool touch, ok = true;

	c->column.count = c->rows.count = 0;
	if (count >= TURN / 2 || !vec_room(&c->next, 2 * count + 1, sizeof(*next)) ||
	    !vec_room(&c->work, count + 1, sizeof(*of)))
		return false;
	next = c->next.p;
	of = c->work.p;
	touch = link_lines(run, count, next, of);
	for (uint32_t e = 0; ok && e < 2 * count; e++) {
		size_t first = c->column.count;
		uint32_t component = find(of, e / 2);

		if (next[e] == e)
			continue;
		ok = follow(run, next, e, &c->column);
		if (ok && touch)
			ok = split_ring(&c->column, first, component, &c->rows);
		else if (ok)
			ok = add_ring(&c->rows, c->column.p, first, c->column.count, component);
	}
	return ok && write_rings(c);
}
