#include "geo/locate.h"

#include <string.h>

#include "base/mem.h"

struct edge {
	double x1, y1, x2, y2;
};

struct area {
	struct geom_box box;
	long number;
	size_t bands;
	double band_deg; /* height of one */
	uint32_t *start; /* bands + 1: first entry of each band in `of` */
	uint32_t *of;    /* edge numbers by band */
	struct edge *edge;
	size_t edges;
};

struct locate {
	struct area *area;
	size_t count, room;
};

enum err_code
locate_create(struct locate **ret, struct err *e)
{
	*ret = mem_calloc(1, sizeof(**ret));
	return *ret ? ERR_OK : err_set(e, ERR_NOMEM, "out of memory for finding places");
}

static void
area_done(struct area *a)
{
	mem_free(a->start);
	mem_free(a->of);
	mem_free(a->edge);
}

void
locate_free(struct locate *l)
{
	if (!l)
		return;
	for (size_t i = 0; i < l->count; i++)
		area_done(&l->area[i]);
	mem_free(l->area);
	mem_free(l);
}

static size_t
band_of(const struct area *a, double lat_deg)
{
	double b = (lat_deg - a->box.min_lat_deg) / a->band_deg;

	if (!(b > 0))
		return 0;
	return b >= (double)a->bands ? a->bands - 1 : (size_t)b;
}

/* Edge numbers per band, as one array with starts: counted first, then filled. */
static bool
fill_bands(struct area *a)
{
	a->start = mem_calloc(a->bands + 2, sizeof(*a->start));
	if (!a->start)
		return false;
	for (int pass = 0; pass < 2; pass++) {
		for (size_t i = 0; i < a->edges; i++) {
			const struct edge *d = &a->edge[i];
			size_t lo = band_of(a, d->y1 < d->y2 ? d->y1 : d->y2);
			size_t hi = band_of(a, d->y1 < d->y2 ? d->y2 : d->y1);

			for (size_t b = lo; b <= hi; b++) {
				if (pass == 0)
					a->start[b + 1]++;
				else
					a->of[a->start[b]++] = (uint32_t)i;
			}
		}
		if (pass == 0) {
			for (size_t b = 0; b < a->bands; b++)
				a->start[b + 1] += a->start[b];
			a->of = mem_calloc((size_t)a->start[a->bands] + 1, sizeof(*a->of));
			if (!a->of)
				return false;
		}
	}
	/* filling moved each start to its end: move them back */
	memmove(a->start + 1, a->start, a->bands * sizeof(*a->start));
	a->start[0] = 0;
	return true;
}

static bool
area_make(struct area *a, const struct geom *g, long number)
{
	size_t at = 0;

	memset(a, 0, sizeof(*a));
	a->number = number;
	a->box = geom_bounds(g);
	a->edge = mem_calloc((size_t)g->point_count + 1, sizeof(*a->edge));
	if (!a->edge)
		return false;
	for (uint32_t r = 0; r < g->ring_count; r++) {
		for (; at + 1 < g->ring_end[r]; at++) {
			const double *p = g->xy + 2 * at;

			if (p[1] != p[3]) /* a level edge crosses no level line */
				a->edge[a->edges++] = (struct edge){ p[0], p[1], p[2], p[3] };
		}
		at = g->ring_end[r];
	}
	a->bands = a->edges / 8 + 1;
	if (a->bands > 65536)
		a->bands = 65536;
	a->band_deg = (a->box.max_lat_deg - a->box.min_lat_deg) / (double)a->bands;
	if (!(a->band_deg > 0)) {
		a->band_deg = 1;
		a->bands = 1;
	}
	return fill_bands(a);
}

enum err_code
locate_add(struct locate *l, const struct geom *g, long number, struct err *e)
{
	if (!geom_is_areal(g) || geom_is_empty(g))
		return ERR_OK;
	if (l->count == l->room) {
		size_t room = l->room ? l->room * 2 : 64;
		struct area *p = mem_realloc_array(l->area, room, sizeof(*p));

		if (!p)
			return err_set(e, ERR_NOMEM, "out of memory for finding places");
		l->area = p;
		l->room = room;
	}
	if (!area_make(&l->area[l->count], g, number)) {
		area_done(&l->area[l->count]);
		return err_set(e, ERR_NOMEM, "out of memory for finding places");
	}
	l->count++;
	return ERR_OK;
}

static bool
holds(const struct area *a, double x, double y)
{
	size_t b = band_of(a, y);
	bool in = false;

	for (uint32_t k = a->start[b]; k < a->start[b + 1]; k++) {
		const struct edge *d = &a->edge[a->of[k]];

		if ((d->y1 > y) != (d->y2 > y) &&
		    x < d->x1 + (y - d->y1) * (d->x2 - d->x1) / (d->y2 - d->y1))
			in = !in;
	}
	return in;
}

long
locate_point(const struct locate *l, double lon_deg, double lat_deg)
{
	for (size_t i = 0; i < l->count; i++) {
		const struct area *a = &l->area[i];

		if (lon_deg >= a->box.min_lon_deg && lon_deg <= a->box.max_lon_deg &&
		    lat_deg >= a->box.min_lat_deg && lat_deg <= a->box.max_lat_deg &&
		    holds(a, lon_deg, lat_deg))
			return a->number;
	}
	return -1;
}
