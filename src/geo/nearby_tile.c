#include "geo/nearby_tile.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define RAD 0.017453292519943295
#define A_M 6378137.0
#define E2 0.0066943799901413165
#define MARGIN_DEG 1e-7
#define MARGIN_PSI 1e-9
#define APART_M 2e-9 /* no two chains grow by the same radius: see geo/dissolve.h */

bool
nearby_tile_worker_init(struct nearby_tile_worker *w)
{
	w->solver = dissolve_create();
	return w->solver != NULL;
}

bool
nearby_tile_worker_room(struct nearby_tile_worker *w, size_t chain_count)
{
	uint32_t *p;

	if (chain_count <= w->local_room)
		return true;
	p = mem_realloc_array(w->local, chain_count, sizeof *p);
	if (!p)
		return false;
	w->local = p;
	w->local_room = chain_count;
	return true;
}

void
nearby_tile_worker_done(struct nearby_tile_worker *w)
{
	dissolve_free(w->solver);
	mem_free(w->local);
	vec_done(&w->xy);
	vec_done(&w->way);
	vec_done(&w->chain);
	vec_done(&w->area);
	vec_done(&w->edge);
	vec_done(&w->group);
	vec_done(&w->points);
	vec_done(&w->total);
	vec_done(&w->run_area);
}

/* Snyder 1987, USGS PP 1395, eq. 3-12: the area from the equator is proportional to q. */
static double
band_q(double lat_deg)
{
	double ecc = sqrt(E2), s = sin(fmax(-90, fmin(90, lat_deg)) * RAD);

	return s / (1 - E2 * s * s) + atanh(ecc * s) / ecc;
}

double
nearby_cell_m2(double north_deg, double south_deg)
{
	return fabs(band_q(north_deg) - band_q(south_deg)) * A_M * A_M * (1 - E2) / 2 * RAD;
}

/* ---- sorting into tiles ---- */

static size_t
tile_of(const struct nearby_band *b, double lon_deg)
{
	double t = floor((lon_deg - b->west_deg) / b->tile_deg);

	return !(t > 0) ? 0 : t >= (double)b->tile_count ? b->tile_count - 1 : (size_t)t;
}

/* Counting sort of items by the tiles between two longitudes each. */
struct sorter {
	const struct nearby_band *b;
	const uint32_t *items;
	size_t count;
	void (*span)(const struct nearby_band *b, uint32_t item, double *ret_west,
	             double *ret_east);
};

static bool
sort_items(const struct sorter *s, uint32_t **ret_items, size_t **ret_start)
{
	size_t tiles = s->b->tile_count;
	size_t *at = mem_calloc(tiles + 2, sizeof *at);
	uint32_t *out = NULL;

	*ret_start = at;
	for (int pass = 0; at && pass < 2; pass++) {
		for (size_t i = 0; i < s->count; i++) {
			double west, east;

			s->span(s->b, s->items[i], &west, &east);
			for (size_t t = tile_of(s->b, west); t <= tile_of(s->b, east); t++) {
				if (pass == 0)
					at[t + 2]++;
				else
					out[at[t + 1]++] = s->items[i];
			}
		}
		if (pass == 1)
			break;
		for (size_t t = 1; t <= tiles; t++)
			at[t + 1] += at[t];
		out = mem_calloc(at[tiles + 1] + 1, sizeof *out);
		*ret_items = out;
		if (!out)
			return false;
	}
	return at != NULL;
}

static void
chain_span(const struct nearby_band *b, uint32_t i, double *ret_west, double *ret_east)
{
	const struct outline_chain *c = (const struct outline_chain *)b->outline->chain.p + i;
	double grow = b->grow_m * c->psi_per_m / RAD * 1.05 + MARGIN_DEG;

	*ret_west = c->box.west_deg - grow;
	*ret_east = c->box.east_deg + grow;
}

static void
object_span(const struct nearby_band *b, uint32_t i, double *ret_west, double *ret_east)
{
	const struct outline_object *o = (const struct outline_object *)b->outline->object.p + i;

	*ret_west = o->box.west_deg;
	*ret_east = o->box.east_deg;
}

static int
by_number(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

enum err_code
nearby_band_sort(struct nearby_band *b, struct err *e)
{
	struct sorter by_chain = { b, b->band_chain, b->band_chain_count, chain_span };
	struct sorter by_object = { b, b->band_object, b->band_object_count, object_span };
	bool fine;

	if (b->tile_count == 0)
		return ERR_OK;
	fine = sort_items(&by_chain, &b->chain, &b->chain_start) &&
	       sort_items(&by_object, &b->object, &b->object_start);
	b->row_y = mem_calloc((size_t)b->band->rows + 1, sizeof *b->row_y);
	b->out = mem_calloc(b->tile_count, sizeof *b->out);
	if (!fine || !b->row_y || !b->out)
		return err_set(e, ERR_NOMEM, "out of memory for %zu tiles", b->tile_count);
	for (uint32_t i = 0; i <= b->band->rows; i++) {
		double lat = b->grid->north_deg -
		             b->grid->cell_lat_deg * (double)(b->band->first_row + i);

		b->row_y[i] = (outline_psi(fmax(-89.9, fmin(89.9, lat))) - b->psi0) / b->psi_per_m0;
	}
	return ERR_OK;
}

void
nearby_band_done(struct nearby_band *b)
{
	for (size_t i = 0; b->out && i < b->tile_count; i++)
		mem_free(b->out[i].part);
	mem_free(b->out);
	mem_free(b->chain);
	mem_free(b->chain_start);
	mem_free(b->object);
	mem_free(b->object_start);
	mem_free(b->row_y);
	*b = (struct nearby_band){ 0 };
}

/* ---- one tile ---- */

struct tile {
	const struct nearby_band *b;
	struct nearby_tile_worker *w;
	double west_deg;
	struct cover_box box;
	const uint32_t *chain;
	size_t chain_count;
	const uint32_t *object;
	size_t object_count;
	bool failed;
};

static void
to_local(const struct tile *t, const double *vertex, double ret[2])
{
	ret[0] = (vertex[0] - t->west_deg) * RAD / t->b->psi_per_m0;
	ret[1] = (vertex[1] - t->b->psi0) / t->b->psi_per_m0;
}

static const struct outline_chain *
chain_at(const struct tile *t, uint32_t i)
{
	return (const struct outline_chain *)t->b->outline->chain.p + i;
}

static const struct outline_object *
object_at(const struct tile *t, uint32_t i)
{
	return (const struct outline_object *)t->b->outline->object.p + i;
}

static bool
take_vertices(struct tile *t)
{
	struct nearby_tile_worker *w = t->w;
	const double(*vertex)[2] = (const double(*)[2])t->b->outline->vertex.p;

	w->xy.count = w->way.count = w->group.count = 0;
	for (size_t i = 0; i < t->chain_count; i++) {
		const struct outline_chain *c = chain_at(t, t->chain[i]);
		const uint32_t *group = w->group.p;
		uint32_t g = object_at(t, c->object)->group;

		w->local[t->chain[i]] = (uint32_t)w->xy.count;
		for (uint32_t k = 0; k < c->count; k++) {
			double *slot = vec_push(&w->xy, sizeof(double[2]));

			if (!slot || !vec_push(&w->way, sizeof(struct dissolve_way)))
				return false;
			to_local(t, vertex[c->first + k], slot);
		}
		dissolve_ways((const double(*)[2])w->xy.p + w->local[t->chain[i]], c->count,
		              c->closed, (struct dissolve_way *)w->way.p + w->local[t->chain[i]]);
		if (w->group.count == 0 || group[w->group.count - 1] != g) {
			uint32_t *slot = vec_push(&w->group, sizeof *slot);

			if (!slot)
				return false;
			*slot = g;
		}
	}
	return true;
}

static void
sort_groups(struct nearby_tile_worker *w)
{
	uint32_t *g = w->group.p;
	size_t out = 0;

	if (w->group.count > 1)
		qsort(g, w->group.count, sizeof *g, by_number);
	for (size_t i = 0; i < w->group.count; i++) {
		if (i == 0 || g[i] != g[i - 1])
			g[out++] = g[i];
	}
	w->group.count = out;
}

static uint32_t
local_group(const struct tile *t, uint32_t group)
{
	const uint32_t *g = t->w->group.p;
	const uint32_t *at;

	if (t->b->group_count == 0)
		return 0;
	at = bsearch(&group, g, t->w->group.count, sizeof *g, by_number);
	return (uint32_t)(at - g);
}

/* Does the way from far in the west to the tile's corner cross the chain an odd number of times? */
static bool
chain_crossed(const struct tile *t, const struct outline_chain *c)
{
	static const uint32_t pair[1][2] = { { 0, 1 } };
	const double(*vertex)[2] = (const double(*)[2])t->b->outline->vertex.p + c->first;
	double corner[2] = { t->box.x0, t->box.y0 }, far[2] = { -1e9, t->box.y0 };
	uint32_t edges = c->closed ? c->count : c->count - 1;
	double ends[2][2];
	bool odd = false;

	to_local(t, vertex[0], ends[0]);
	for (uint32_t k = 0; k < edges; k++) {
		to_local(t, vertex[k + 1 < c->count ? k + 1 : 0], ends[1]);
		odd = dissolve_inside(odd, far, corner, (const double(*)[2])ends, pair, 1);
		memcpy(ends[0], ends[1], sizeof ends[0]);
	}
	return odd;
}

static bool
take_edges(struct tile *t, uint32_t index)
{
	const struct outline_chain *c = chain_at(t, index);
	const double(*xy)[2] = (const double(*)[2])t->w->xy.p;
	uint32_t edges = c->closed ? c->count : c->count - 1;

	for (uint32_t k = 0; k < edges; k++) {
		uint32_t a = t->w->local[index] + k;
		uint32_t z = t->w->local[index] + (k + 1 < c->count ? k + 1 : 0);
		uint32_t *slot;

		if (fmax(xy[a][0], xy[z][0]) < t->box.x0 || fmin(xy[a][0], xy[z][0]) > t->box.x1 ||
		    fmax(xy[a][1], xy[z][1]) < t->box.y0 || fmin(xy[a][1], xy[z][1]) > t->box.y1)
			continue;
		slot = vec_push(&t->w->edge, sizeof(uint32_t[2]));
		if (!slot)
			return false;
		slot[0] = a;
		slot[1] = z;
	}
	return true;
}

/* The insides that the tile may see. w->area runs parallel to t->object. */
static bool
take_areas(struct tile *t)
{
	struct nearby_tile_worker *w = t->w;
	double east = t->west_deg + t->b->tile_deg;
	double south = t->b->psi0 + t->box.y0 * t->b->psi_per_m0;
	double north = t->b->psi0 + t->box.y1 * t->b->psi_per_m0;

	w->area.count = w->edge.count = 0;
	for (size_t i = 0; i < t->object_count; i++) {
		const struct outline_object *o = object_at(t, t->object[i]);
		struct dissolve_area *slot = vec_push(&w->area, sizeof *slot);
		bool inside = false;
		size_t start = w->edge.count;

		if (!slot)
			return false;
		for (uint32_t k = 0; k < o->chain_count; k++) {
			const struct outline_chain *c = chain_at(t, o->first_chain + k);
			bool low = c->box.south_psi <= south + MARGIN_PSI;

			if (c->box.north_psi < south - MARGIN_PSI ||
			    c->box.south_psi > north + MARGIN_PSI ||
			    c->box.west_deg > east + MARGIN_DEG / 2)
				continue;
			if (low && c->box.west_deg <= t->west_deg + MARGIN_DEG)
				inside ^= chain_crossed(t, c);
			if (c->box.east_deg >= t->west_deg - MARGIN_DEG / 2 &&
			    !take_edges(t, o->first_chain + k))
				return false;
		}
		*slot = (struct dissolve_area){ local_group(t, o->group), inside, start,
			                        w->edge.count - start };
	}
	return true;
}

/* The chains and areas that take part in a run. */
static bool
take_run(struct tile *t, uint32_t r)
{
	struct nearby_tile_worker *w = t->w;
	const struct outline_run *run = &t->b->runs[r];
	const double(*xy)[2] = (const double(*)[2])w->xy.p;

	w->chain.count = w->run_area.count = 0;
	for (size_t i = 0; i < t->chain_count; i++) {
		const struct outline_chain *c = chain_at(t, t->chain[i]);
		const struct outline_object *o = object_at(t, c->object);
		double reach = outline_reach_m(o, r, run);
		struct dissolve_chain *d;

		if (reach < 0)
			continue;
		d = vec_push(&w->chain, sizeof *d);
		if (!d)
			return false;
		*d = (struct dissolve_chain){ .first = w->local[t->chain[i]],
			                      .count = c->count,
			                      .group = local_group(t, o->group),
			                      .closed = c->closed,
			                      .two_sided = c->two_sided,
			                      .box = { HUGE_VAL, HUGE_VAL, -HUGE_VAL, -HUGE_VAL } };
		outline_radius(c, reach, t->b->psi_per_m0, &d->r, &d->shift);
		d->r += APART_M * ((double)c->number + 1);
		for (uint32_t k = d->first; k < d->first + d->count; k++) {
			d->box.x0 = fmin(d->box.x0, xy[k][0]);
			d->box.x1 = fmax(d->box.x1, xy[k][0]);
			d->box.y0 = fmin(d->box.y0, xy[k][1] + d->shift);
			d->box.y1 = fmax(d->box.y1, xy[k][1] + d->shift);
		}
	}
	for (size_t i = 0; i < t->object_count; i++) {
		struct dissolve_area *slot;

		if (outline_reach_m(object_at(t, t->object[i]), r, run) < 0)
			continue;
		slot = vec_push(&w->run_area, sizeof *slot);
		if (!slot)
			return false;
		*slot = ((const struct dissolve_area *)w->area.p)[i];
	}
	return true;
}

/* ---- from borders to sums ---- */

static double
row_of(const struct nearby_band *b, double y)
{
	const double *edge = b->row_y;
	uint32_t rows = b->band->rows;
	double guess = (edge[0] - y) / (edge[0] - edge[rows]) * rows;
	uint32_t i;

	if (y >= edge[0])
		return (double)b->band->first_row;
	if (y <= edge[rows])
		return (double)(b->band->first_row + rows);
	i = guess <= 0 ? 0 : guess >= rows ? rows - 1 : (uint32_t)guess;
	while (i > 0 && y > edge[i])
		i--;
	while (i + 1 < rows && y < edge[i + 1])
		i++;
	return (double)(b->band->first_row + i) +
	       fmax(0, fmin(1, (edge[i] - y) / (edge[i] - edge[i + 1])));
}

static void
add_line(void *ctx, enum dissolve_of of, uint32_t group, const double (*xy)[2], size_t n)
{
	struct tile *t = ctx;
	const struct nearby_band *b = t->b;
	struct band_total *all = t->w->total.p, sum = { 0 };
	double p[2], q[2];

	for (size_t i = 0; i < n; i++) {
		double lon = t->west_deg + xy[i][0] * b->psi_per_m0 / RAD;

		q[0] = (lon - b->grid->west_deg) / b->grid->cell_lon_deg;
		q[1] = row_of(b, xy[i][1]);
		/* The union lies on the left going east and north; rows count southwards. */
		if (i > 0)
			band_add_edge(b->band, p, q, b->band->lo_col, -1, &sum);
		p[0] = q[0];
		p[1] = q[1];
	}
	if (of != DISSOLVE_WHOLE)
		band_total_add(&all[group], &sum);
	if (of != DISSOLVE_GROUP)
		band_total_add(&all[t->w->group.count], &sum);
}

static bool
clear_totals(struct nearby_tile_worker *w)
{
	w->total.count = 0;
	for (size_t i = 0; i <= w->group.count; i++) {
		struct band_total *slot = vec_push(&w->total, sizeof *slot);

		if (!slot)
			return false;
		*slot = (struct band_total){ 0 };
	}
	return true;
}

static bool
keep_totals(const struct tile *t, uint32_t run, struct vec *parts)
{
	const struct band_total *total = t->w->total.p;
	const uint32_t *group = t->w->group.p;

	for (size_t i = 0; i <= t->w->group.count; i++) {
		bool whole = i == t->w->group.count;
		struct nearby_part *slot;

		if (total[i].rise == 0 && total[i].area_hi == 0 && total[i].people_hi == 0)
			continue;
		slot = vec_push(parts, sizeof *slot);
		if (!slot)
			return false;
		*slot = (struct nearby_part){ whole ? t->b->group_count : group[i], run, total[i] };
	}
	return true;
}

static enum err_code
run_tile(struct tile *t, struct vec *parts, struct err *e)
{
	struct nearby_tile_worker *w = t->w;
	struct dissolve_sink sink = { add_line, t };
	bool fine = take_vertices(t);

	sort_groups(w);
	fine = fine && take_areas(t);
	for (uint32_t r = 0; r < t->b->run_count && fine; r++) {
		struct dissolve_tile tile = { .box = t->box, .grouped = t->b->group_count > 0 };
		enum err_code rc;

		fine = take_run(t, r) && clear_totals(w);
		if (!fine || w->chain.count == 0)
			continue;
		tile.xy = (const double(*)[2])w->xy.p;
		tile.way = w->way.p;
		tile.chains = w->chain.p;
		tile.chain_count = w->chain.count;
		tile.areas = w->run_area.p;
		tile.area_count = w->run_area.count;
		tile.edges = (const uint32_t(*)[2])w->edge.p;
		rc = dissolve_run(w->solver, &tile, &sink, e);
		if (rc != ERR_OK)
			return rc;
		fine = keep_totals(t, r, parts);
	}
	return fine ? ERR_OK
	            : err_set(e, ERR_NOMEM, "out of memory for %zu hazards in one tile",
	                      t->chain_count);
}

static void
run_one(void *ctx, size_t i, size_t worker)
{
	struct nearby_band *b = ctx;
	struct nearby_tile_out *out = &b->out[i];
	struct vec parts = { 0 };
	struct tile t = { .b = b,
		          .w = &b->worker[worker],
		          .west_deg = b->west_deg + b->tile_deg * (double)i,
		          .chain = b->chain + b->chain_start[i],
		          .chain_count = b->chain_start[i + 1] - b->chain_start[i],
		          .object = b->object + b->object_start[i],
		          .object_count = b->object_start[i + 1] - b->object_start[i] };

	if (t.chain_count == 0)
		return;
	t.box = (struct cover_box){ 0, b->row_y[b->band->rows], b->tile_deg * RAD / b->psi_per_m0,
		                    b->row_y[0] };
	out->rc = run_tile(&t, &parts, &out->error);
	out->part = parts.p;
	out->count = parts.count;
}

enum err_code
nearby_band_run(struct nearby_band *b, struct pool *pool, struct nearby_tile_worker *workers,
                struct band_total *all_totals, struct err *e)
{
	b->worker = workers;
	pool_for(pool, b->tile_count, 1, run_one, b);
	for (size_t i = 0; i < b->tile_count; i++) {
		const struct nearby_tile_out *out = &b->out[i];

		if (out->rc != ERR_OK) {
			if (e)
				*e = out->error;
			return out->rc;
		}
		for (size_t k = 0; k < out->count; k++)
			band_total_add(
				&all_totals[out->part[k].group * b->run_count + out->part[k].run],
				&out->part[k].total);
	}
	return ERR_OK;
}
