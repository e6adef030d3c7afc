#include "geo/nearby.h"

#include <math.h>
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

struct by_band { /* which chains, or which areal objects, a band may meet */
	uint32_t *entry;
	size_t *start; /* band_count + 1 */
};

struct nearby {
	struct nearby_request request;
	struct coverage_grid grid;
	bool has_raster, outside;
	struct outline_run runs[3 * NEARBY_MAX_DISTANCES];
	size_t run_count;
	bool certain; /* no hazard has an accuracy: low and high need no passes */
	struct outline outline;
	double reach_m;             /* largest of any object in any run */
	int64_t first_row, end_row; /* rows, also beyond the raster, that hazards reach */
	int64_t next_row;
	uint32_t band_rows;
	struct band band;
	struct by_band chains, objects;
	size_t band_count;
	struct nearby_tile_worker *worker;
	size_t workers;
	struct band_total *total; /* (group_count + 1) * run_count */
	double gap_m;
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
	if (q->hazard_count > UINT32_MAX / 4 || q->group_count > UINT32_MAX / 4)
		return err_set(e, ERR_LIMIT, "%zu hazards in %u groups: at most %u",
		               q->hazard_count, q->group_count, UINT32_MAX / 4);
	if (!(q->population_error >= 0 && q->population_error <= 1))
		return err_set(e, ERR_INVALID, "population error %g: must be 0 .. 1",
		               q->population_error);
	for (size_t i = 0; i < q->distance_count; i++) {
		if (!(q->distances_m[i] >= 0 && q->distances_m[i] <= NEARBY_MAX_M))
			return err_set(e, ERR_INVALID, "distance of %g m: must be 0 .. %g",
			               q->distances_m[i], NEARBY_MAX_M);
	}
	for (size_t i = 0; i < q->hazard_count; i++) {
		const struct nearby_hazard *h = &q->hazards[i];

		if (!(h->accuracy_m >= 0 && h->accuracy_m <= NEARBY_MAX_M))
			return err_set(e, ERR_INVALID,
			               "hazard %zu: accuracy of %g m: must be 0 .. %g", i,
			               h->accuracy_m, NEARBY_MAX_M);
		if (q->group_count > 0 && h->group >= q->group_count)
			return err_set(e, ERR_INVALID, "hazard %zu: group %u of %u", i, h->group,
			               q->group_count);
	}
	return ERR_OK;
}

size_t
nearby_list_runs(const struct nearby_request *q, struct outline_run *ret_runs, bool *ret_certain)
{
	bool certain = true;
	size_t n = 0;

	for (size_t i = 0; i < q->hazard_count; i++)
		certain = certain && q->hazards[i].accuracy_m == 0;
	for (size_t i = 0; i < q->distance_count; i++) {
		for (int sign = -1; sign <= 1; sign++) {
			if (sign == 0 || !certain)
				ret_runs[n++] = (struct outline_run){ q->distances_m[i], sign };
		}
	}
	*ret_certain = certain;
	return n;
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

/* The bands that item i touches; false when it is left out. */
static bool
bands_of(const struct nearby *n, bool objects, size_t i, size_t *ret_first, size_t *ret_last)
{
	const struct outline_chain *chain = n->outline.chain.p;
	const struct outline_object *object = n->outline.object.p;
	int64_t first, end;

	if (objects && !object[i].areal)
		return false;
	rows_of(n, objects ? object[i].south_deg : chain[i].south_deg,
	        objects ? object[i].north_deg : chain[i].north_deg, &first, &end);
	*ret_first = (size_t)(first - n->first_row) / n->band_rows;
	*ret_last = (size_t)(end - 1 - n->first_row) / n->band_rows;
	return true;
}

static enum err_code
sort_by_band(struct nearby *n, bool objects, struct by_band *ret, struct err *e)
{
	size_t count = objects ? n->outline.object.count : n->outline.chain.count;
	size_t *at = mem_calloc(n->band_count + 2, sizeof *at);
	size_t a, b;

	ret->start = at;
	if (!at)
		return err_set(e, ERR_NOMEM, "out of memory for %zu bands", n->band_count);
	for (size_t i = 0; i < count; i++) {
		if (!bands_of(n, objects, i, &a, &b))
			continue;
		for (; a <= b; a++)
			at[a + 2]++;
	}
	for (size_t k = 1; k <= n->band_count; k++)
		at[k + 1] += at[k];
	ret->entry = mem_calloc(at[n->band_count + 1] + 1, sizeof *ret->entry);
	if (!ret->entry)
		return err_set(e, ERR_NOMEM, "out of memory for hazards by band");
	for (size_t i = 0; i < count; i++) {
		if (!bands_of(n, objects, i, &a, &b))
			continue;
		for (; a <= b; a++)
			ret->entry[at[a + 1]++] = (uint32_t)i;
	}
	return ERR_OK;
}

/* The rows and columns that hazards reach; true if some lie beyond the raster. */
static void
measure_extent(struct nearby *n, uint32_t *ret_lo_col, uint32_t *ret_hi_col)
{
	const struct outline_chain *chain = n->outline.chain.p;
	double west = HUGE_VAL, east = -HUGE_VAL;
	double lo, hi;

	n->first_row = INT64_MAX;
	n->end_row = INT64_MIN;
	for (size_t i = 0; i < n->outline.chain.count; i++) {
		double grow = grow_lon_deg(n, chain[i].psi_per_m);
		int64_t first, end;

		rows_of(n, chain[i].south_deg, chain[i].north_deg, &first, &end);
		n->first_row = first < n->first_row ? first : n->first_row;
		n->end_row = end > n->end_row ? end : n->end_row;
		west = fmin(west, chain[i].box.west_deg - grow);
		east = fmax(east, chain[i].box.east_deg + grow);
	}
	if (n->first_row > n->end_row)
		n->first_row = n->end_row = 0;
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
		if (!nearby_tile_worker_init(&n->worker[i], n->outline.chain.count))
			return err_set(e, ERR_NOMEM, "out of memory for %zu workers", n->workers);
	}
	return ERR_OK;
}

static enum err_code
set_up(struct nearby *n, struct err *e)
{
	const struct outline_object *object;
	uint32_t lo, hi;
	double rows;
	size_t most;
	enum err_code rc;

	n->run_count = nearby_list_runs(&n->request, n->runs, &n->certain);
	rc = outline_read(&n->outline, n->request.hazards, n->request.hazard_count, n->runs,
	                  n->run_count, n->request.pool, e);
	if (rc != ERR_OK)
		return rc;
	object = n->outline.object.p;
	n->reach_m = 1;
	for (size_t i = 0; i < n->outline.object.count; i++) {
		for (size_t r = 0; r < n->run_count; r++)
			n->reach_m = fmax(n->reach_m,
			                  outline_reach_m(&object[i], (uint32_t)r, &n->runs[r]));
	}
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
	n->band_count = (size_t)(n->end_row - n->first_row + n->band_rows - 1) / n->band_rows;
	n->next_row = n->first_row;
	n->total =
		mem_calloc(((size_t)n->request.group_count + 1) * n->run_count, sizeof *n->total);
	if (!n->total)
		return err_set(e, ERR_NOMEM, "out of memory for %u groups", n->request.group_count);
	rc = band_init(&n->band, lo, hi, n->band_rows, e);
	if (rc == ERR_OK)
		rc = sort_by_band(n, false, &n->chains, e);
	if (rc == ERR_OK)
		rc = sort_by_band(n, true, &n->objects, e);
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
nearby_create(const struct nearby_request *request, const struct coverage_grid *grid,
              struct nearby **ret, struct err *e)
{
	struct nearby *n = NULL;
	enum err_code rc = nearby_check(request, e);

	if (rc == ERR_OK && grid)
		rc = coverage_check_grid(grid, e);
	if (rc != ERR_OK)
		return rc;
	n = mem_calloc(1, sizeof *n);
	if (!n)
		return err_set(e, ERR_NOMEM, "out of memory");
	n->request = *request;
	n->has_raster = grid != NULL;
	n->grid = grid ? *grid : no_raster;
	rc = set_up(n, e);
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
	outline_done(&n->outline);
	band_done(&n->band);
	mem_free(n->chains.entry);
	mem_free(n->chains.start);
	mem_free(n->objects.entry);
	mem_free(n->objects.start);
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

/* Tiles of the band from west to east, with their chains and the objects whose inside they may see.
 */
static enum err_code
sort_band(struct nearby *n, size_t k, struct nearby_band *b, struct err *e)
{
	const struct outline_chain *chain = n->outline.chain.p;
	const uint32_t *entry = n->chains.entry + n->chains.start[k];
	size_t count = n->chains.start[k + 1] - n->chains.start[k];
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
	b->band_object = n->objects.entry + n->objects.start[k];
	b->band_object_count = n->objects.start[k + 1] - n->objects.start[k];
	return nearby_band_sort(b, e);
}

static enum err_code
flush(struct nearby *n, struct err *e)
{
	size_t k = (size_t)(n->band.first_row - n->first_row) / n->band_rows;
	struct nearby_band b;
	enum err_code rc;

	for (uint32_t i = 0; i < n->band.rows; i++) {
		int64_t row = n->band.first_row + i;

		n->band.row_area_m2[i] =
			nearby_cell_m2(row_lat(n, row), row_lat(n, row + 1)) * n->grid.cell_lon_deg;
	}
	rc = sort_band(n, k, &b, e);
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
