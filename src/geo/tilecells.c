/* Areas as cells of a coarse grid of the tile. */
#include <math.h>
#include <stdlib.h>

#include "geo/tilepart.h"

#define LOW (-TILE_BUFFER)
#define HIGH (TILE_EXTENT + TILE_BUFFER)
#define MOST_CELLS 256 /* on the longer side */

struct crossing {
	int32_t row;
	double x;
};

struct raster {
	struct tilecells *c;
	int32_t step, first, last; /* cells first .. last - 1 either way */
	double pad;
};

void
tilecells_done(struct tilecells *c)
{
	vec_done(&c->edge_run);
	vec_done(&c->inside_run);
	vec_done(&c->run);
	vec_done(&c->cross);
	vec_done(&c->xy);
	cellring_done(&c->ring);
}

static int32_t
cell_of(const struct raster *r, double v)
{
	double c = floor(v / r->step);

	return (int32_t)fmin(fmax(c, r->first - 1), r->last);
}

static bool
add_run(const struct raster *r, struct vec *to, int32_t row, int32_t from, int32_t end)
{
	struct cell_run *run;

	from = from > r->first ? from : r->first;
	end = end < r->last ? end : r->last;
	if (from >= end || row < r->first || row >= r->last)
		return true;
	run = vec_push(to, sizeof(*run));
	if (run)
		*run = (struct cell_run){ row, from, end };
	return run != NULL;
}

/* Every cell within pad of the edge, and where the edge crosses the middle of rows. */
static bool
raster_edge(const struct raster *r, const double *a, const double *b)
{
	const double *lo = a[1] <= b[1] ? a : b, *hi = lo == a ? b : a;
	double run = hi[1] - lo[1];
	int32_t from = cell_of(r, lo[1] - r->pad), to = cell_of(r, hi[1] + r->pad);

	for (int32_t row = from; row <= to; row++) {
		double y0 = (double)row * r->step - r->pad, mid = (row + 0.5) * r->step;
		double y1 = (double)(row + 1) * r->step + r->pad;
		double t0 = run > 0 ? fmin(fmax((y0 - lo[1]) / run, 0), 1) : 0;
		double t1 = run > 0 ? fmin(fmax((y1 - lo[1]) / run, 0), 1) : 1;
		double xa = lo[0] + (hi[0] - lo[0]) * t0, xb = lo[0] + (hi[0] - lo[0]) * t1;

		if (!add_run(r, &r->c->edge_run, row, cell_of(r, fmin(xa, xb) - r->pad),
		             cell_of(r, fmax(xa, xb) + r->pad) + 1))
			return false;
		if (lo[1] <= mid && mid < hi[1] && row >= r->first && row < r->last) {
			struct crossing *c = vec_push(&r->c->cross, sizeof(*c));

			if (!c)
				return false;
			*c = (struct crossing){ row,
				                lo[0] + (hi[0] - lo[0]) * ((mid - lo[1]) / run) };
		}
	}
	return true;
}

static int
by_row(const void *a, const void *b)
{
	const struct crossing *x = a, *y = b;

	if (x->row != y->row)
		return x->row < y->row ? -1 : 1;
	return (x->x > y->x) - (x->x < y->x);
}

/* Cells whose middle is inside. */
static bool
raster_inside(const struct raster *r)
{
	struct crossing *c = r->c->cross.p;
	size_t n = r->c->cross.count;

	if (n)
		qsort(c, n, sizeof(*c), by_row);
	for (size_t i = 0; i + 1 < n; i += 2)
		if (c[i].row == c[i + 1].row &&
		    !add_run(r, &r->c->inside_run, c[i].row, cell_of(r, c[i].x + r->step * 0.5),
		             cell_of(r, c[i + 1].x - r->step * 0.5) + 1))
			return false;
	return true;
}

static bool
append(const struct raster *r, const struct vec *from, struct vec *to)
{
	const struct cell_run *run = from->p;

	for (size_t i = 0; i < from->count; i++)
		if (!add_run(r, to, run[i].row, run[i].from, run[i].to))
			return false;
	return true;
}

/* Runs of a without the cells of b, both tidy. */
static bool
subtract(const struct raster *r, const struct vec *a, const struct vec *b, struct vec *to)
{
	const struct cell_run *x = a->p, *y = b->p;

	for (size_t i = 0, k = 0; i < a->count; i++) {
		int32_t from = x[i].from;

		while (k < b->count &&
		       (y[k].row < x[i].row || (y[k].row == x[i].row && y[k].to <= from)))
			k++;
		for (size_t j = k; j < b->count && y[j].row == x[i].row && y[j].from < x[i].to;
		     j++) {
			if (!add_run(r, to, x[i].row, from, y[j].from))
				return false;
			from = y[j].to > from ? y[j].to : from;
		}
		if (!add_run(r, to, x[i].row, from, x[i].to))
			return false;
	}
	return true;
}

static bool
raster_rings(const struct raster *r, const struct tile_rings *in)
{
	const uint32_t *end = in->end.p;
	const double *xy = in->xy.p;

	for (size_t k = 0, from = 0; k < in->end.count; from = end[k++])
		for (size_t i = from; i < end[k]; i++)
			if (!raster_edge(r, xy + 2 * i, xy + 2 * (i + 1 < end[k] ? i + 1 : from)))
				return false;
	return raster_inside(r);
}

/* The longer side of what is seen of the rings. */
static double
size_of(const struct tile_rings *in)
{
	const double *xy = in->xy.p;
	double lo[2] = { HIGH, HIGH }, hi[2] = { LOW, LOW };

	for (size_t i = 0; i < in->xy.count; i++)
		for (int k = 0; k < 2; k++) {
			lo[k] = fmin(lo[k], fmax(xy[2 * i + (size_t)k], LOW));
			hi[k] = fmax(hi[k], fmin(xy[2 * i + (size_t)k], HIGH));
		}
	return fmax(hi[0] - lo[0], hi[1] - lo[1]);
}

bool
tilecells_draw(struct tilecells *c, const struct tile_rings *in, enum tile_side side, double pad,
               struct tile_area *ret)
{
	struct raster r = { .c = c, .step = 2, .pad = pad };
	const int32_t *corner;
	int32_t *xy;
	bool ok;

	while (r.step < TILE_BUFFER && size_of(in) / r.step > MOST_CELLS)
		r.step *= 2;
	r.first = LOW / r.step;
	r.last = HIGH / r.step;
	c->edge_run.count = c->inside_run.count = c->run.count = c->cross.count = c->xy.count = 0;
	ok = raster_rings(&r, in);
	cellring_join(&c->edge_run);
	cellring_join(&c->inside_run);
	if (side == TILE_INWARD) {
		ok = ok && subtract(&r, &c->inside_run, &c->edge_run, &c->run);
	} else {
		ok = ok && append(&r, &c->edge_run, &c->run) && append(&r, &c->inside_run, &c->run);
		cellring_join(&c->run);
	}
	ok = ok && cellring_trace(&c->ring, c->run.p, c->run.count);
	corner = c->ring.xy.p;
	for (size_t i = 0; ok && i < c->ring.xy.count; i++) {
		xy = vec_push(&c->xy, 2 * sizeof(*xy));
		ok = xy != NULL;
		if (xy) {
			xy[0] = corner[2 * i] * r.step;
			xy[1] = corner[2 * i + 1] * r.step;
		}
	}
	*ret = (struct tile_area){ c->xy.p, c->ring.ring_end.p, c->ring.ring_end.count, true };
	return ok;
}
