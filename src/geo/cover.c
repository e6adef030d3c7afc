#include "geo/cover.h"

#include <math.h>

#include "base/mem.h"

#define PI 3.14159265358979323846
#define SHORT 1e-10 /* metres, or radians: below what doubles can place */

static bool
room(struct cover_list *l, size_t count)
{
	double(*grown)[2];
	size_t cap = l->cap ? l->cap * 2 : 32;

	if (count <= l->cap)
		return true;
	grown = mem_realloc_array(l->part, cap, sizeof *grown);
	if (!grown) {
		l->failed = true;
		return false;
	}
	l->part = grown;
	l->cap = cap;
	return true;
}

void
cover_done(struct cover_list *l)
{
	mem_free(l->part);
	*l = (struct cover_list){ 0 };
}

void
cover_start(struct cover_list *l, double from, double to)
{
	l->count = 0;
	if (!(to - from > SHORT) || !room(l, 1))
		return;
	l->part[0][0] = from;
	l->part[0][1] = to;
	l->count = 1;
}

void
cover_cut(struct cover_list *l, double from, double to)
{
	size_t out = 0;

	if (!(to > from))
		return;
	for (size_t i = 0; i < l->count; i++) {
		double a = l->part[i][0], b = l->part[i][1];

		if (to <= a || from >= b) { /* untouched */
			l->part[out][0] = a;
			l->part[out++][1] = b;
			continue;
		}
		if (from - a > SHORT && b - to > SHORT) { /* split: only one interval can be */
			if (!room(l, l->count + 1))
				return;
			for (size_t k = l->count; k > i + 1; k--) {
				l->part[k][0] = l->part[k - 1][0];
				l->part[k][1] = l->part[k - 1][1];
			}
			l->part[i][1] = from;
			l->part[i + 1][0] = to;
			l->part[i + 1][1] = b;
			l->count++;
			return;
		}
		if (from - a > SHORT) {
			l->part[out][0] = a;
			l->part[out++][1] = from;
		} else if (b - to > SHORT) {
			l->part[out][0] = to;
			l->part[out++][1] = b;
		}
	}
	l->count = out;
}

void
cover_cut_turn(struct cover_list *l, const struct cover_arc *a, double from, double width)
{
	double t = fmod(from - a->start, 2 * PI);

	if (t < 0)
		t += 2 * PI;
	cover_cut(l, t, t + width);
	cover_cut(l, t - 2 * PI, t - 2 * PI + width);
}

/* Keep from .. to only. */
static void
keep(struct cover_list *l, double from, double to)
{
	cover_cut(l, -INFINITY, from);
	cover_cut(l, to, INFINITY);
}

/* Narrow *lo .. *hi to where from <= at + t * slope <= to. */
static void
slab(double at, double slope, double from, double to, double *lo, double *hi)
{
	double a, b;

	if (slope == 0) {
		if (at < from || at > to)
			*hi = -INFINITY;
		return;
	}
	a = (from - at) / slope;
	b = (to - at) / slope;
	*lo = fmax(*lo, fmin(a, b));
	*hi = fmin(*hi, fmax(a, b));
}

void
cover_segment_in_box(struct cover_list *l, const struct cover_segment *s, struct cover_box b)
{
	double lo = 0, hi = s->length;

	slab(s->x, s->wx, b.x0, b.x1, &lo, &hi);
	slab(s->y, s->wy, b.y0, b.y1, &lo, &hi);
	if (lo < hi)
		keep(l, lo, hi);
	else
		l->count = 0;
}

void
cover_segment_by_disc(struct cover_list *l, const struct cover_segment *s, struct cover_disc d)
{
	double dx = d.x - s->x, dy = d.y - s->y;
	double foot = dx * s->wx + dy * s->wy;
	double off = fabs(s->wx * dy - s->wy * dx);
	double half;

	if (off >= d.r)
		return;
	half = sqrt((d.r - off) * (d.r + off));
	cover_cut(l, foot - half, foot + half);
}

void
cover_segment_by_quad(struct cover_list *l, const struct cover_segment *s,
                      const struct cover_quad *q)
{
	double dx = s->x - q->x, dy = s->y - q->y;
	double lo = -INFINITY, hi = INFINITY;

	slab(q->wx * dx + q->wy * dy, q->wx * s->wx + q->wy * s->wy, 0, q->length, &lo, &hi);
	slab(q->wx * dy - q->wy * dx, q->wx * s->wy - q->wy * s->wx, -q->r, q->r, &lo, &hi);
	cover_cut(l, lo, hi);
}

/*
 * Cut the part of the circle that lies beyond a line: where the coordinate along direction
 * `towards`, from the centre, is larger than `limit`.
 */
static void
cut_beyond(struct cover_list *l, const struct cover_arc *a, double towards, double limit)
{
	double c = limit / a->r;
	double half;

	if (c >= 1)
		return;
	if (c <= -1) {
		l->count = 0;
		return;
	}
	half = acos(c);
	cover_cut_turn(l, a, towards - half, 2 * half);
}

void
cover_arc_in_box(struct cover_list *l, const struct cover_arc *a, struct cover_box b)
{
	cut_beyond(l, a, 0, b.x1 - a->x);
	cut_beyond(l, a, PI / 2, b.y1 - a->y);
	cut_beyond(l, a, PI, a->x - b.x0);
	cut_beyond(l, a, -PI / 2, a->y - b.y0);
}

void
cover_arc_by_disc(struct cover_list *l, const struct cover_arc *a, struct cover_disc d)
{
	double dx = d.x - a->x, dy = d.y - a->y;
	double far = sqrt(dx * dx + dy * dy);
	double half;

	if (far >= d.r + a->r || a->r >= far + d.r)
		return;
	if (d.r >= far + a->r) {
		l->count = 0;
		return;
	}
	half = acos(
		fmax(-1, fmin(1, (far * far + (a->r - d.r) * (a->r + d.r)) / (2 * far * a->r))));
	cover_cut_turn(l, a, atan2(dy, dx) - half, 2 * half);
}

void
cover_arc_by_quad(struct cover_list *l, const struct cover_arc *a, const struct cover_quad *q,
                  struct cover_list *spare)
{
	double dx = a->x - q->x, dy = a->y - q->y;
	double along = q->wx * dx + q->wy * dy;
	double across = q->wx * dy - q->wy * dx;
	double towards;

	if (along - a->r >= q->length || along + a->r <= 0 || fabs(across) >= q->r + a->r)
		return;
	towards = atan2(q->wy, q->wx);
	cover_start(spare, 0, a->span);
	cut_beyond(spare, a, towards, q->length - along);
	cut_beyond(spare, a, towards + PI, along);
	cut_beyond(spare, a, towards + PI / 2, q->r - across);
	cut_beyond(spare, a, towards - PI / 2, q->r + across);
	for (size_t i = 0; i < spare->count; i++)
		cover_cut(l, spare->part[i][0], spare->part[i][1]);
}
