#include "geo/nearby.h"

#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "geo/band.h"
#include "geo/dissolve.h"
#include "geo/nearby_tile.h"
#include "geo/outline.h"

#define RAD 0.017453292519943295
#define TILE_M 5000.0 /* tiles and bands are about this large */
#define BAND_BYTES ((size_t)32 << 20)
#define MAX_BAND_ROWS 4096u
#define OWN_CELL_DEG 0.005 /* rows when there is no raster */
#define MARGIN_DEG 1e-7    /* boxes are searched a little larger */

enum {
	SLOTS = 1 + 3 * NEARBY_MAX_DISTANCES /* hazards as they are, and as shrunk for each run */
};

/* How an object lies on the spool, its chains and their vertices behind it. Numbers are among the
 * objects (chains) of its slot; those of later slots follow, so that the order is that of all
 * hazards, then all shrunk for the first run, and so on. */
struct laid {
	struct outline_object object;
	uint64_t slot, number, chain_number;
	uint64_t vertices;
	double south_deg, north_deg; /* of all its chains */
};

/* An object that the band at hand or a later one may meet. */
struct active {
	uint64_t number; /* among all */
	int64_t end_row;
	struct laid laid; /* chains and vertices behind it */
};

/* Which chains reach farthest in one direction, whatever the distance: edge +- distance * psi_per_m
 * is best for one of those that no other beats in both. */
struct front {
	struct vec best; /* double[2]: edge, psi_per_m */
};

struct nearby {
	struct nearby_request request;
	struct coverage_grid grid;
	bool has_raster, outside;
	struct outline_run runs[3 * NEARBY_MAX_DISTANCES];
	size_t run_count;
	bool certain;               /* no hazard has an accuracy: low and high need no passes */
	double reach_m;             /* largest of any object in any run */
	int64_t first_row, end_row; /* rows, also beyond the raster, that hazards reach */
	int64_t next_row;
	uint32_t band_rows;
	struct band band;
	struct nearby_tile_worker *worker;
	size_t workers;
	struct band_total *total; /* (group_count + 1) * run_count */
	double gap_m;
	/* what came */
	struct scratch own; /* in memory, for who gave none */
	struct spool *spool;
	size_t added;
	double most_m; /* of accuracies */
	uint32_t top_group;
	uint64_t objects[SLOTS], chains[SLOTS]; /* how many; once sealed: before the slot */
	double south_deg, north_deg;            /* of all chains */
	struct front west, east;
	/* what the band at hand may meet */
	struct active **active;
	size_t active_count, active_room;
	struct active *waiting;             /* the next from the spool */
	struct outline outline;             /* of the active ones */
	struct vec band_chain, band_object; /* uint32_t: those that the band meets */
};

size_t
nearby_figure_count(const struct nearby_request *request)
{
	return ((size_t)request->group_count + 1) * request->distance_count;
}

enum err_code
nearby_check(const struct nearby_request *q, struct err *e)
{
	if (q->distance_count < 1 || q->distance_count > NEARBY_MAX_DISTANCES)
		return err_set(e, ERR_INVALID, "%zu distances: 1 .. %u are allowed",
		               q->distance_count, NEARBY_MAX_DISTANCES);
	if (!(q->population_error >= 0 && q->population_error <= 1))
		return err_set(e, ERR_INVALID, "population error %g: must be 0 .. 1",
		               q->population_error);
	for (size_t i = 0; i < q->distance_count; i++) {
		if (!(q->distances_m[i] >= 0 && q->distances_m[i] <= NEARBY_MAX_M))
			return err_set(e, ERR_INVALID, "distance of %g m: must be 0 .. %g",
			               q->distances_m[i], NEARBY_MAX_M);
	}
	return ERR_OK;
}

enum err_code
nearby_check_hazards(const struct nearby_hazard *hazards, size_t count, size_t from, double *most_m,
                     uint32_t *top_group, struct err *e)
{
	if (from + count > UINT32_MAX / 4)
		return err_set(e, ERR_LIMIT, "more than %u hazards", UINT32_MAX / 4);
	for (size_t i = 0; i < count; i++) {
		const struct nearby_hazard *h = &hazards[i];

		if (!(h->accuracy_m >= 0 && h->accuracy_m <= NEARBY_MAX_M))
			return err_set(e, ERR_INVALID,
			               "hazard %zu: accuracy of %g m: must be 0 .. %g", from + i,
			               h->accuracy_m, NEARBY_MAX_M);
		*most_m = fmax(*most_m, h->accuracy_m);
		*top_group = h->group > *top_group ? h->group : *top_group;
	}
	return ERR_OK;
}

enum err_code
nearby_check_group(uint32_t top_group, uint32_t group_count, struct err *e)
{
	if (group_count > UINT32_MAX / 4)
		return err_set(e, ERR_LIMIT, "%u groups: at most %u", group_count, UINT32_MAX / 4);
	if (group_count > 0 && top_group >= group_count)
		return err_set(e, ERR_INVALID, "a hazard is of group %u of %u", top_group,
		               group_count);
	return ERR_OK;
}

size_t
nearby_list_runs(const struct nearby_request *q, bool certain, struct outline_run *ret_runs)
{
	size_t n = 0;

	for (size_t i = 0; i < q->distance_count; i++) {
		for (int sign = -1; sign <= 1; sign++) {
			if (sign == 0 || !certain)
				ret_runs[n++] = (struct outline_run){ q->distances_m[i], sign };
		}
	}
	return n;
}

/* ---- what comes is put aside ---- */

/* edge counts westwards when sign is -1. */
static bool
front_add(struct front *f, double edge, double psi_per_m, int sign)
{
	double(*best)[2] = f->best.p;
	double *slot;
	size_t n = 0;

	for (size_t i = 0; i < f->best.count; i++) {
		if (sign * best[i][0] >= sign * edge && best[i][1] >= psi_per_m)
			return true;
	}
	for (size_t i = 0; i < f->best.count; i++) {
		if (!(sign * edge >= sign * best[i][0] && psi_per_m >= best[i][1]))
			memmove(best[n++], best[i], sizeof best[0]);
	}
	f->best.count = n;
	slot = vec_push(&f->best, sizeof best[0]);
	if (!slot)
		return false;
	slot[0] = edge;
	slot[1] = psi_per_m;
	return true;
}

/* One object of the outline, to the spool from north to south. */
static enum err_code
lay(struct nearby *n, const struct outline *o, const struct outline_object *object, struct err *e)
{
	const struct outline_chain *chain =
		(const struct outline_chain *)o->chain.p + object->first_chain;
	size_t slot = object->run == OUTLINE_EVERY_RUN ? 0 : 1 + (size_t)object->run;
	struct laid l = { .south_deg = object->south_deg, .north_deg = object->north_deg };
	struct spool_piece piece[] = {
		{ &l, sizeof l },
		{ chain, object->chain_count * sizeof *chain },
		{ (const double *)o->vertex.p + 2 * (size_t)chain->first, 0 },
	};
	bool fine = true;

	l.object = *object;
	l.slot = slot;
	l.number = n->objects[slot]++;
	l.chain_number = n->chains[slot];
	n->chains[slot] += object->chain_count;
	for (uint32_t i = 0; fine && i < object->chain_count; i++) {
		l.vertices += chain[i].count;
		l.south_deg = fmin(l.south_deg, chain[i].south_deg);
		l.north_deg = fmax(l.north_deg, chain[i].north_deg);
		n->south_deg = fmin(n->south_deg, chain[i].south_deg);
		n->north_deg = fmax(n->north_deg, chain[i].north_deg);
		fine = front_add(&n->west, chain[i].box.west_deg, chain[i].psi_per_m, -1) &&
		       front_add(&n->east, chain[i].box.east_deg, chain[i].psi_per_m, 1);
	}
	if (!fine)
		return err_set(e, ERR_NOMEM, "out of memory for hazards");
	piece[2].size = l.vertices * sizeof(double[2]);
	return spool_put(n->spool, -l.north_deg, piece, sizeof piece / sizeof *piece, e);
}

enum err_code
nearby_start(const struct nearby_request *request, struct scratch *scratch, struct nearby **ret,
             struct err *e)
{
	struct nearby *n = NULL;
	enum err_code rc = nearby_check(request, e);

	if (rc != ERR_OK)
		return rc;
	n = mem_calloc(1, sizeof *n);
	if (!n)
		return err_set(e, ERR_NOMEM, "out of memory");
	n->request = *request;
	n->request.hazards = NULL;
	n->own.fd = -1;
	n->south_deg = HUGE_VAL;
	n->north_deg = -HUGE_VAL;
	n->run_count = nearby_list_runs(request, false, n->runs);
	rc = spool_create(scratch ? scratch : &n->own, &n->spool, e);
	if (rc != ERR_OK) {
		mem_free(n);
		return rc;
	}
	*ret = n;
	return ERR_OK;
}

enum err_code
nearby_add(struct nearby *n, const struct nearby_hazard *hazards, size_t count, struct err *e)
{
	struct outline o = { 0 };
	const struct outline_object *object;
	enum err_code rc =
		nearby_check_hazards(hazards, count, n->added, &n->most_m, &n->top_group, e);

	if (rc != ERR_OK)
		return rc;
	n->added += count;
	rc = outline_read(&o, hazards, count, n->runs, n->run_count, n->request.pool, e);
	object = o.object.p;
	for (size_t i = 0; i < o.object.count && rc == ERR_OK; i++) {
		if (object[i].chain_count > 0)
			rc = lay(n, &o, &object[i], e);
		else
			n->objects[object[i].run == OUTLINE_EVERY_RUN ? 0 : 1 + object[i].run]++;
	}
	outline_done(&o);
	return rc;
}

/* ---- rows and bands ---- */

static double
row_lat(const struct nearby *n, int64_t row)
{
	return n->grid.north_deg - n->grid.cell_lat_deg * (double)row;
}

/* Rows that two latitudes (degrees), grown by the largest reach, touches. */
static void
rows_of(const struct nearby *n, double south, double north, int64_t *ret_first, int64_t *ret_end)
{
	double grow = n->reach_m / 110500 * 1.01 + MARGIN_DEG; /* a degree is at least 110.57 km */

	*ret_first = (int64_t)floor((n->grid.north_deg - north - grow) / n->grid.cell_lat_deg);
	*ret_end = (int64_t)floor((n->grid.north_deg - south + grow) / n->grid.cell_lat_deg) + 1;
}

static double
grow_lon_deg(const struct nearby *n, double psi_per_m)
{
	return n->reach_m * psi_per_m / RAD * 1.05 + MARGIN_DEG;
}

/* Does what lies between two latitudes touch the band at hand? */
static bool
touches_band(const struct nearby *n, double south, double north)
{
	int64_t first, end, band = n->band.first_row;

	rows_of(n, south, north, &first, &end);
	return (first - n->first_row) / n->band_rows <= (band - n->first_row) / n->band_rows &&
	       (end - 1 - n->first_row) / n->band_rows >= (band - n->first_row) / n->band_rows;
}

/* The rows and columns that hazards reach; true if some lie beyond the raster. */
static void
measure_extent(struct nearby *n, uint32_t *ret_lo_col, uint32_t *ret_hi_col)
{
	double west = HUGE_VAL, east = -HUGE_VAL;
	const double(*best)[2] = (const double(*)[2])n->west.best.p;
	double lo, hi;

	n->first_row = n->end_row = 0;
	if (n->north_deg >= n->south_deg)
		rows_of(n, n->south_deg, n->north_deg, &n->first_row, &n->end_row);
	for (size_t i = 0; i < n->west.best.count; i++)
		west = fmin(west, best[i][0] - grow_lon_deg(n, best[i][1]));
	best = (const double(*)[2])n->east.best.p;
	for (size_t i = 0; i < n->east.best.count; i++)
		east = fmax(east, best[i][0] + grow_lon_deg(n, best[i][1]));
	lo = floor((west - n->grid.west_deg) / n->grid.cell_lon_deg);
	hi = ceil((east - n->grid.west_deg) / n->grid.cell_lon_deg);
	n->outside = n->end_row > n->first_row &&
	             (n->first_row < 0 || n->end_row > (int64_t)n->grid.rows || lo < 0 ||
	              hi > (double)n->grid.cols);
	*ret_lo_col = (uint32_t)fmax(0, fmin(lo, n->grid.cols));
	*ret_hi_col = (uint32_t)fmax(*ret_lo_col, fmin(hi, n->grid.cols));
}

static enum err_code
set_up_workers(struct nearby *n, struct err *e)
{
	n->workers = pool_size(n->request.pool);
	n->worker = mem_calloc(n->workers, sizeof *n->worker);
	if (!n->worker)
		return err_set(e, ERR_NOMEM, "out of memory for %zu workers", n->workers);
	for (size_t i = 0; i < n->workers; i++) {
		if (!nearby_tile_worker_init(&n->worker[i]))
			return err_set(e, ERR_NOMEM, "out of memory for %zu workers", n->workers);
	}
	return ERR_OK;
}

/* From how many there are in each slot to how many there are before it. */
static enum err_code
count_slots(struct nearby *n, struct err *e)
{
	uint64_t objects = 0, chains = 0;

	for (size_t s = 0; s < SLOTS; s++) {
		uint64_t o = n->objects[s], c = n->chains[s];

		n->objects[s] = objects;
		n->chains[s] = chains;
		objects += o;
		chains += c;
	}
	return chains < UINT32_MAX
	               ? ERR_OK
	               : err_set(e, ERR_LIMIT, "hazards have more than %u stretches", UINT32_MAX);
}

static enum err_code
set_up(struct nearby *n, struct err *e)
{
	uint32_t lo, hi;
	double rows;
	size_t most;
	enum err_code rc = count_slots(n, e);

	if (rc != ERR_OK)
		return rc;
	/* without accuracies nothing was shrunk, so what lies there serves these runs */
	n->certain = n->most_m == 0;
	n->run_count = nearby_list_runs(&n->request, n->certain, n->runs);
	n->reach_m = 1;
	for (size_t r = 0; r < n->run_count && n->added > 0; r++)
		n->reach_m = fmax(n->reach_m, n->runs[r].distance_m + n->runs[r].sign * n->most_m);
	n->reach_m *= 1.02;
	if (n->reach_m > NEARBY_MAX_M * 1.02)
		return err_set(e, ERR_INVALID,
		               "distance and accuracy together are %g m: at most %g",
		               n->reach_m / 1.02, NEARBY_MAX_M);
	measure_extent(n, &lo, &hi);
	rows = TILE_M / (n->grid.cell_lat_deg * 111000);
	most = BAND_BYTES / (((size_t)hi - lo + 1) * (sizeof(double) + sizeof(struct band_prefix)));
	most = most < 1 ? 1 : most > MAX_BAND_ROWS ? MAX_BAND_ROWS : most;
	n->band_rows = rows < 1 ? 1 : rows > (double)most ? (uint32_t)most : (uint32_t)rows;
	n->next_row = n->first_row;
	n->total =
		mem_calloc(((size_t)n->request.group_count + 1) * n->run_count, sizeof *n->total);
	if (!n->total)
		return err_set(e, ERR_NOMEM, "out of memory for %u groups", n->request.group_count);
	rc = band_init(&n->band, lo, hi, n->band_rows, e);
	if (rc == ERR_OK)
		rc = set_up_workers(n, e);
	band_start(&n->band, n->first_row);
	return rc;
}

static const struct coverage_grid no_raster = { .west_deg = -180,
	                                        .north_deg = 90,
	                                        .cell_lon_deg = OWN_CELL_DEG,
	                                        .cell_lat_deg = OWN_CELL_DEG,
	                                        .cols = 1,
	                                        .rows = 1,
	                                        .nodata = 0 };

enum err_code
nearby_seal(struct nearby *n, uint32_t group_count, const struct coverage_grid *grid, struct err *e)
{
	enum err_code rc = nearby_check_group(n->top_group, group_count, e);

	if (rc == ERR_OK && grid)
		rc = coverage_check_grid(grid, e);
	if (rc != ERR_OK)
		return rc;
	n->request.group_count = group_count;
	n->has_raster = grid != NULL;
	n->grid = grid ? *grid : no_raster;
	return set_up(n, e);
}

enum err_code
nearby_create(const struct nearby_request *request, const struct coverage_grid *grid,
              struct nearby **ret, struct err *e)
{
	struct nearby *n = NULL;
	enum err_code rc = nearby_start(request, NULL, &n, e);

	if (rc == ERR_OK)
		rc = nearby_add(n, request->hazards, request->hazard_count, e);
	if (rc == ERR_OK)
		rc = nearby_seal(n, request->group_count, grid, e);
	if (rc != ERR_OK) {
		nearby_free(n);
		return rc;
	}
	*ret = n;
	return ERR_OK;
}

void
nearby_free(struct nearby *n)
{
	if (!n)
		return;
	for (size_t i = 0; n->worker && i < n->workers; i++)
		nearby_tile_worker_done(&n->worker[i]);
	mem_free(n->worker);
	for (size_t i = 0; i < n->active_count; i++)
		mem_free(n->active[i]);
	mem_free(n->active);
	mem_free(n->waiting);
	spool_free(n->spool);
	outline_done(&n->outline);
	band_done(&n->band);
	vec_done(&n->west.best);
	vec_done(&n->east.best);
	vec_done(&n->band_chain);
	vec_done(&n->band_object);
	mem_free(n->total);
	mem_free(n);
}

void
nearby_window(const struct nearby *n, uint32_t *ret_first, uint32_t *ret_count)
{
	int64_t first = n->first_row > 0 ? n->first_row : 0;
	int64_t end = n->end_row < (int64_t)n->grid.rows ? n->end_row : (int64_t)n->grid.rows;

	if (!n->has_raster || first >= end)
		first = end = 0;
	*ret_first = (uint32_t)first;
	*ret_count = (uint32_t)(end - first);
}

bool
nearby_reaches_outside(const struct nearby *n)
{
	return n->has_raster && n->outside;
}

double
nearby_gap_m(const struct nearby *n)
{
	return n->gap_m;
}

/* ---- one band ---- */

/* The next object from the spool into n->waiting; none: it stays NULL. */
static enum err_code
read_next(struct nearby *n, struct err *e)
{
	const size_t before = offsetof(struct active, laid);
	const void *data;
	double key;
	size_t size;
	int64_t first;
	struct active *a;
	enum err_code rc = spool_next(n->spool, &key, &data, &size, e);

	if (rc != ERR_OK)
		return rc == ERR_NOTFOUND ? ERR_OK : rc;
	a = mem_alloc(before + size);
	if (!a)
		return err_set(e, ERR_NOMEM, "out of memory for hazards");
	memcpy((char *)a + before, data, size);
	a->number = n->objects[a->laid.slot] + a->laid.number;
	rows_of(n, a->laid.south_deg, a->laid.north_deg, &first, &a->end_row);
	n->waiting = a;
	return ERR_OK;
}

static int
by_number(const void *a, const void *b)
{
	const struct active *x = *(struct active *const *)a, *y = *(struct active *const *)b;

	return (x->number > y->number) - (x->number < y->number);
}

/* Let go of what lies north of the band, take in what it begins to meet. */
static enum err_code
move_on(struct nearby *n, struct err *e)
{
	int64_t end = n->band.first_row + n->band.rows, first, last;
	size_t kept = 0;
	enum err_code rc = ERR_OK;

	for (size_t i = 0; i < n->active_count; i++) {
		if (n->active[i]->end_row <= n->band.first_row)
			mem_free(n->active[i]);
		else
			n->active[kept++] = n->active[i];
	}
	n->active_count = kept;
	if (!n->waiting)
		rc = read_next(n, e);
	while (rc == ERR_OK && n->waiting) {
		rows_of(n, n->waiting->laid.south_deg, n->waiting->laid.north_deg, &first, &last);
		if (first >= end)
			break;
		if (n->active_count == n->active_room) {
			size_t room = n->active_room ? 2 * n->active_room : 256;
			struct active **p = mem_realloc_array(n->active, room, sizeof *p);

			if (!p)
				return err_set(e, ERR_NOMEM, "out of memory for hazards");
			n->active = p;
			n->active_room = room;
		}
		n->active[n->active_count++] = n->waiting;
		n->waiting = NULL;
		rc = read_next(n, e);
	}
	if (rc == ERR_OK && n->active_count > 1)
		qsort(n->active, n->active_count, sizeof *n->active, by_number);
	return rc;
}

/* One object into the band's outline; which of it the band meets. */
static bool
take_in(struct nearby *n, const struct active *a)
{
	const struct laid *l = &a->laid;
	const struct outline_chain *chain = (const struct outline_chain *)(l + 1);
	const double *xy = (const double *)(chain + l->object.chain_count);
	struct outline *o = &n->outline;
	struct outline_object *object = vec_push(&o->object, sizeof *object);
	uint32_t *slot;

	if (!object)
		return false;
	*object = l->object;
	object->first_chain = (uint32_t)o->chain.count;
	if (object->areal && touches_band(n, object->south_deg, object->north_deg)) {
		slot = vec_push(&n->band_object, sizeof *slot);
		if (!slot)
			return false;
		*slot = (uint32_t)o->object.count - 1;
	}
	for (uint32_t i = 0; i < object->chain_count; i++) {
		struct outline_chain *c = vec_push(&o->chain, sizeof *c);

		if (!c)
			return false;
		*c = chain[i];
		c->first = (uint32_t)o->vertex.count;
		c->object = (uint32_t)o->object.count - 1;
		c->number = (uint32_t)(n->chains[l->slot] + l->chain_number + i);
		for (uint32_t k = 0; k < c->count; k++, xy += 2) {
			double *v = vec_push(&o->vertex, sizeof(double[2]));

			if (!v)
				return false;
			v[0] = xy[0];
			v[1] = xy[1];
		}
		if (!touches_band(n, c->south_deg, c->north_deg))
			continue;
		slot = vec_push(&n->band_chain, sizeof *slot);
		if (!slot)
			return false;
		*slot = (uint32_t)o->chain.count - 1;
	}
	return true;
}

static enum err_code
outline_band(struct nearby *n, struct err *e)
{
	bool fine = true;
	enum err_code rc = move_on(n, e);

	if (rc != ERR_OK)
		return rc;
	n->outline.object.count = n->outline.chain.count = n->outline.vertex.count = 0;
	n->band_chain.count = n->band_object.count = 0;
	for (size_t i = 0; i < n->active_count && fine; i++)
		fine = take_in(n, n->active[i]);
	for (size_t i = 0; i < n->workers && fine; i++)
		fine = nearby_tile_worker_room(&n->worker[i], n->outline.chain.count);
	return fine ? ERR_OK : err_set(e, ERR_NOMEM, "out of memory for hazards");
}

/* Tiles of the band from west to east, with their chains and the objects whose inside they may see.
 */
static enum err_code
sort_band(struct nearby *n, struct nearby_band *b, struct err *e)
{
	const struct outline_chain *chain = n->outline.chain.p;
	const uint32_t *entry = n->band_chain.p;
	size_t count = n->band_chain.count;
	double lat =
		(row_lat(n, n->band.first_row) + row_lat(n, n->band.first_row + n->band.rows)) / 2;
	double west = HUGE_VAL, east = -HUGE_VAL;

	*b = (struct nearby_band){ .outline = &n->outline,
		                   .runs = n->runs,
		                   .run_count = n->run_count,
		                   .group_count = n->request.group_count,
		                   .band = &n->band,
		                   .grid = &n->grid };
	lat = fmax(-89, fmin(89, lat));
	for (size_t i = 0; i < count; i++) {
		double grow = grow_lon_deg(n, chain[entry[i]].psi_per_m);

		west = fmin(west, chain[entry[i]].box.west_deg - grow);
		east = fmax(east, chain[entry[i]].box.east_deg + grow);
	}
	b->psi0 = outline_psi(lat);
	b->psi_per_m0 = outline_psi_per_m(lat);
	b->west_deg = west;
	b->tile_deg = TILE_M * b->psi_per_m0 / RAD;
	b->tile_count = count ? (size_t)ceil((east - west) / b->tile_deg) : 0;
	b->grow_m = n->reach_m;
	b->band_chain = entry;
	b->band_chain_count = count;
	b->band_object = n->band_object.p;
	b->band_object_count = n->band_object.count;
	return nearby_band_sort(b, e);
}

static enum err_code
flush(struct nearby *n, struct err *e)
{
	struct nearby_band b = { 0 };
	enum err_code rc;

	for (uint32_t i = 0; i < n->band.rows; i++) {
		int64_t row = n->band.first_row + i;

		n->band.row_area_m2[i] =
			nearby_cell_m2(row_lat(n, row), row_lat(n, row + 1)) * n->grid.cell_lon_deg;
	}
	rc = outline_band(n, e);
	if (rc == ERR_OK)
		rc = sort_band(n, &b, e);
	if (rc == ERR_OK && b.tile_count > 0) {
		band_seal(&n->band, n->request.pool);
		rc = nearby_band_run(&b, n->request.pool, n->worker, n->total, e);
	}
	nearby_band_done(&b);
	band_start(&n->band, n->next_row);
	return rc;
}

static enum err_code
push_row(struct nearby *n, const double *values, struct err *e)
{
	band_push(&n->band, values, n->grid.nodata);
	n->next_row++;
	if (n->band.rows == n->band_rows || n->next_row == n->end_row)
		return flush(n, e);
	return ERR_OK;
}

enum err_code
nearby_feed_row(struct nearby *n, uint32_t row, const double *values, struct err *e)
{
	int64_t due = n->next_row > 0 ? n->next_row : 0;
	enum err_code rc = ERR_OK;

	if (!n->has_raster || (int64_t)row < n->first_row || (int64_t)row >= n->end_row)
		return ERR_OK;
	if (row != due)
		return err_set(e, ERR_INVALID, "raster row %u came where row %lld was due", row,
		               (long long)due);
	while (n->next_row < (int64_t)row && rc == ERR_OK) /* north of the raster */
		rc = push_row(n, NULL, e);
	return rc == ERR_OK ? push_row(n, values, e) : rc;
}

static void
write_figures(struct nearby *n, struct nearby_figure *figures)
{
	const struct nearby_request *q = &n->request;
	double cell_m = n->grid.cell_lat_deg * 111000;

	for (size_t g = 0; g <= q->group_count; g++) {
		for (size_t d = 0; d < q->distance_count; d++) {
			const struct band_total *t = n->total + g * n->run_count;
			double people[3], area[3];

			for (size_t s = 0; s < 3; s++) {
				const struct band_total *x = &t[n->certain ? d : 3 * d + s];

				people[s] = fmax(0, x->people_hi + x->people_lo);
				area[s] = fmax(0, x->area_hi + x->area_lo);
				n->gap_m = fmax(n->gap_m, fabs(x->rise) * cell_m);
			}
			figures[g * q->distance_count + d] =
				(struct nearby_figure){ .people = people[1],
				                        .people_low = fmin(people[0], people[1]) *
				                                      (1 - q->population_error),
				                        .people_high = fmax(people[2], people[1]) *
				                                       (1 + q->population_error),
				                        .area_m2 = area[1],
				                        .area_low_m2 = fmin(area[0], area[1]),
				                        .area_high_m2 = fmax(area[2], area[1]) };
		}
	}
}

enum err_code
nearby_finish(struct nearby *n, struct nearby_figure *ret_figures, struct err *e)
{
	uint32_t first, count;
	enum err_code rc = ERR_OK;

	nearby_window(n, &first, &count);
	if (count > 0 && n->next_row < (int64_t)first + count)
		return err_set(e, ERR_INVALID, "raster row %lld never came",
		               (long long)(n->next_row > 0 ? n->next_row : 0));
	while (n->next_row < n->end_row && rc == ERR_OK)
		rc = push_row(n, NULL, e);
	if (rc == ERR_OK)
		write_figures(n, ret_figures);
	return rc;
}
