#include "geo/coverage.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "geo/band.h"

#define DEFAULT_MAX_EDGES ((size_t)40000000)
#define DEFAULT_BAND_BYTES ((size_t)32 << 20)
#define MAX_BAND_ROWS 64u
#define CHUNK_REFS 2048u
#define NEGATIVE 0x80000000u

struct ref { /* an edge in one band */
	uint32_t polygon;
	uint32_t vertex; /* edge from this vertex to the next; top bit set: counts negative */
};

struct coverage {
	struct coverage_grid grid;
	const struct geom *polygons;
	size_t count;
	struct pool *pool;
	uint32_t first_row, row_count; /* the window */
	uint32_t band_rows;
	uint32_t next_row;
	struct band band;
	struct ref *refs;   /* by band, polygon, vertex */
	size_t *band_start; /* band_count + 1 */
	size_t band_count;
	uint32_t *ref_col; /* per polygon: western column of its box */
	bool *outside;     /* per polygon */
	struct band_total *sums;
};

enum err_code
coverage_check_grid(const struct coverage_grid *g, struct err *e)
{
	double east = g->west_deg + g->cell_lon_deg * g->cols;
	double south = g->north_deg - g->cell_lat_deg * g->rows;

	if (!(g->cell_lon_deg > 0) || !(g->cell_lat_deg > 0))
		return err_set(e, ERR_INVALID,
		               "raster cells are %g by %g degrees: they must be larger than 0 and "
		               "north up",
		               g->cell_lon_deg, g->cell_lat_deg);
	if (g->cols < 1 || g->cols > COVERAGE_MAX_CELLS_A_SIDE || g->rows < 1 ||
	    g->rows > COVERAGE_MAX_CELLS_A_SIDE)
		return err_set(e, ERR_LIMIT, "raster is %u by %u cells: 1 .. %u a side are allowed",
		               g->cols, g->rows, COVERAGE_MAX_CELLS_A_SIDE);
	if (!(g->west_deg >= -361) || !(east <= 541) || !(g->north_deg <= 91) || !(south >= -91))
		return err_set(e, ERR_INVALID,
		               "raster spans longitude %g .. %g, latitude %g .. %g: not degrees on "
		               "the world",
		               g->west_deg, east, south, g->north_deg);
	return ERR_OK;
}

static void
to_cells(const struct coverage_grid *g, const double *lonlat, double ret[2])
{
	ret[0] = (lonlat[0] - g->west_deg) / g->cell_lon_deg;
	ret[1] = (g->north_deg - lonlat[1]) / g->cell_lat_deg;
}

/* Twice the signed area of a ring in column/row coordinates, relative to its first vertex. */
static double
ring_turn(const struct coverage_grid *g, const double *xy, uint32_t first, uint32_t end)
{
	double o[2], a[2], b[2];
	double sum = 0;

	to_cells(g, xy + 2 * (size_t)first, o);
	to_cells(g, xy + 2 * (size_t)first, a);
	for (uint32_t i = first + 1; i < end; i++) {
		to_cells(g, xy + 2 * (size_t)i, b);
		sum += (a[0] - o[0]) * (b[1] - o[1]) - (b[0] - o[0]) * (a[1] - o[1]);
		a[0] = b[0];
		a[1] = b[1];
	}
	return sum;
}

struct walk {
	const struct coverage *c;
	uint32_t polygon;
	size_t *at;       /* per band: where the next ref goes, or the count so far */
	struct ref *refs; /* NULL: only count */
};

/* The bands that the rows v_lo .. v_hi touch; false when none. */
static bool
bands_of(const struct coverage *c, double v_lo, double v_hi, size_t *ret_first, size_t *ret_last)
{
	double top = (double)c->first_row;
	double a = floor((v_lo - top) / c->band_rows);
	double b = floor((v_hi - top) / c->band_rows);

	if (!(b >= 0) || !(a < (double)c->band_count) || v_lo == v_hi)
		return false;
	*ret_first = a > 0 ? (size_t)a : 0;
	*ret_last = b < (double)c->band_count ? (size_t)b : c->band_count - 1;
	return true;
}

static void
walk_ring(struct walk *w, const double *xy, uint32_t first, uint32_t end, bool hole)
{
	const struct coverage_grid *g = &w->c->grid;
	double turn = ring_turn(g, xy, first, end);
	/* The integral of u dv over a ring is its area with the sign of its turn. */
	bool negative = (turn < 0) != hole;
	double v0, v1;
	size_t a, b;

	if (turn == 0)
		return;
	for (uint32_t i = first; i + 1 < end; i++) {
		v0 = (g->north_deg - xy[2 * (size_t)i + 1]) / g->cell_lat_deg;
		v1 = (g->north_deg - xy[2 * (size_t)i + 3]) / g->cell_lat_deg;
		if (!bands_of(w->c, fmin(v0, v1), fmax(v0, v1), &a, &b))
			continue;
		for (size_t k = a; k <= b; k++) {
			if (w->refs)
				w->refs[w->at[k]] =
					(struct ref){ w->polygon, i | (negative ? NEGATIVE : 0) };
			w->at[k]++;
		}
	}
}

static void
walk_polygon(struct walk *w, const struct geom *p)
{
	uint32_t ring = 0, point = 0;

	if (!geom_is_areal(p))
		return;
	for (uint32_t part = 0; part < p->part_count; part++) {
		uint32_t shell = ring;

		for (; ring < p->part_end[part]; ring++) {
			walk_ring(w, p->xy, point, p->ring_end[ring], ring != shell);
			point = p->ring_end[ring];
		}
	}
}

/* Boxes: the window of rows and columns, the reference columns, who reaches outside. */
static void
measure_boxes(struct coverage *c, uint32_t *ret_lo_col, uint32_t *ret_hi_col)
{
	const struct coverage_grid *g = &c->grid;
	double lo_u = g->cols, hi_u = 0, lo_v = g->rows, hi_v = 0;

	for (size_t i = 0; i < c->count; i++) {
		struct geom_box box = geom_bounds(&c->polygons[i]);
		double nw[2], se[2];

		if (!geom_is_areal(&c->polygons[i]) || geom_is_empty(&c->polygons[i]))
			continue;
		to_cells(g, (double[2]){ box.min_lon_deg, box.max_lat_deg }, nw);
		to_cells(g, (double[2]){ box.max_lon_deg, box.min_lat_deg }, se);
		c->ref_col[i] = (uint32_t)fmax(0, fmin(floor(nw[0]), g->cols));
		c->outside[i] = nw[0] < 0 || nw[1] < 0 || se[0] > g->cols || se[1] > g->rows;
		if (se[0] <= 0 || se[1] <= 0 || nw[0] >= g->cols || nw[1] >= g->rows)
			continue;
		lo_u = fmin(lo_u, nw[0]);
		hi_u = fmax(hi_u, se[0]);
		lo_v = fmin(lo_v, nw[1]);
		hi_v = fmax(hi_v, se[1]);
	}
	lo_u = fmax(0, floor(lo_u));
	hi_u = fmin(g->cols, ceil(hi_u));
	lo_v = fmax(0, floor(lo_v));
	hi_v = fmin(g->rows, ceil(hi_v));
	*ret_lo_col = (uint32_t)lo_u;
	*ret_hi_col = hi_u > lo_u ? (uint32_t)hi_u : (uint32_t)lo_u;
	c->first_row = hi_v > lo_v ? (uint32_t)lo_v : 0;
	c->row_count = hi_v > lo_v && hi_u > lo_u ? (uint32_t)(hi_v - lo_v) : 0;
	for (size_t i = 0; i < c->count; i++) {
		if (c->ref_col[i] > *ret_hi_col)
			c->ref_col[i] = *ret_hi_col;
	}
}

/* Sort the edges by band with two passes over the polygons: count, then place. */
static enum err_code
sort_edges(struct coverage *c, size_t max_edges, struct err *e)
{
	struct walk w = { .c = c };
	size_t *at = mem_calloc(c->band_count + 1, sizeof *at);
	size_t total = 0;
	enum err_code rc = ERR_OK;

	c->band_start = mem_calloc(c->band_count + 1, sizeof *c->band_start);
	if (!at || !c->band_start) {
		rc = err_set(e, ERR_NOMEM, "out of memory for %zu bands of rows", c->band_count);
		goto out;
	}
	w.at = at;
	for (size_t i = 0; i < c->count; i++)
		walk_polygon(&w, &c->polygons[i]);
	for (size_t k = 0; k < c->band_count; k++) {
		c->band_start[k] = total;
		total += at[k];
		at[k] = c->band_start[k];
	}
	c->band_start[c->band_count] = total;
	if (total > max_edges) {
		rc = err_set(e, ERR_LIMIT,
		             "the polygons have %zu edges on this raster: at most %zu", total,
		             max_edges);
		goto out;
	}
	c->refs = mem_calloc(total + 1, sizeof *c->refs);
	if (!c->refs) {
		rc = err_set(e, ERR_NOMEM, "out of memory for %zu edges", total);
		goto out;
	}
	w.refs = c->refs;
	for (size_t i = 0; i < c->count; i++) {
		w.polygon = (uint32_t)i;
		walk_polygon(&w, &c->polygons[i]);
	}
out:
	mem_free(at);
	return rc;
}

static enum err_code
set_up(struct coverage *c, const struct coverage_limits *limits, struct err *e)
{
	size_t bytes = limits && limits->band_bytes ? limits->band_bytes : DEFAULT_BAND_BYTES;
	size_t edges = limits && limits->max_edges ? limits->max_edges : DEFAULT_MAX_EDGES;
	uint32_t lo, hi;
	size_t rows;
	enum err_code rc;

	c->ref_col = mem_calloc(c->count + 1, sizeof *c->ref_col);
	c->outside = mem_calloc(c->count + 1, sizeof *c->outside);
	c->sums = mem_calloc(c->count + 1, sizeof *c->sums);
	if (!c->ref_col || !c->outside || !c->sums)
		return err_set(e, ERR_NOMEM, "out of memory for %zu polygons", c->count);
	measure_boxes(c, &lo, &hi);
	rows = bytes / (((size_t)hi - lo + 1) * (sizeof(double) + sizeof(struct band_prefix)));
	c->band_rows = rows < 1 ? 1 : rows > MAX_BAND_ROWS ? MAX_BAND_ROWS : (uint32_t)rows;
	c->band_count = (c->row_count + c->band_rows - 1) / c->band_rows;
	c->next_row = c->first_row;
	rc = band_init(&c->band, lo, hi, c->band_rows, e);
	if (rc != ERR_OK)
		return rc;
	band_start(&c->band, c->first_row);
	return sort_edges(c, edges, e);
}

enum err_code
coverage_create(const struct coverage_grid *grid, const struct geom *polygons, size_t count,
                const struct coverage_limits *limits, struct pool *pool, struct coverage **ret,
                struct err *e)
{
	struct coverage *c = NULL;
	enum err_code rc = coverage_check_grid(grid, e);

	if (rc != ERR_OK)
		return rc;
	if (count >= UINT32_MAX)
		return err_set(e, ERR_LIMIT, "%zu polygons: at most %u", count, UINT32_MAX - 1);
	c = mem_calloc(1, sizeof *c);
	if (!c)
		return err_set(e, ERR_NOMEM, "out of memory");
	c->grid = *grid;
	c->polygons = polygons;
	c->count = count;
	c->pool = pool;
	rc = set_up(c, limits, e);
	if (rc != ERR_OK) {
		coverage_free(c);
		return rc;
	}
	*ret = c;
	return ERR_OK;
}

void
coverage_free(struct coverage *c)
{
	if (!c)
		return;
	band_done(&c->band);
	mem_free(c->refs);
	mem_free(c->band_start);
	mem_free(c->ref_col);
	mem_free(c->outside);
	mem_free(c->sums);
	mem_free(c);
}

void
coverage_window(const struct coverage *c, uint32_t *ret_first, uint32_t *ret_count)
{
	*ret_first = c->first_row;
	*ret_count = c->row_count;
}

bool
coverage_reaches_outside(const struct coverage *c, size_t i)
{
	return c->outside[i];
}

struct band_job {
	struct coverage *c;
	size_t begin, end; /* refs of this band */
};

/* All edges of the polygons whose first edge in this band lies in chunk i: one polygon, one worker.
 */
static void
sum_chunk(void *ctx, size_t i, size_t worker)
{
	const struct band_job *job = ctx;
	struct coverage *c = job->c;
	const struct ref *refs = c->refs;
	size_t k = job->begin + i * CHUNK_REFS;
	size_t stop = k + CHUNK_REFS < job->end ? k + CHUNK_REFS : job->end;

	(void)worker;
	while (i > 0 && k < stop && refs[k].polygon == refs[k - 1].polygon)
		k++;
	while (k < stop) {
		uint32_t polygon = refs[k].polygon;
		const double *xy = c->polygons[polygon].xy;
		struct band_total t = { 0 };

		for (; k < job->end && refs[k].polygon == polygon; k++) {
			const double *at = xy + 2 * (size_t)(refs[k].vertex & ~NEGATIVE);
			double p[2], q[2];

			to_cells(&c->grid, at, p);
			to_cells(&c->grid, at + 2, q);
			band_add_edge(&c->band, p, q, c->ref_col[polygon],
			              refs[k].vertex & NEGATIVE ? -1 : 1, &t);
		}
		band_total_add(&c->sums[polygon], &t);
	}
}

static void
flush(struct coverage *c)
{
	size_t k = (size_t)(c->band.first_row - c->first_row) / c->band_rows;
	struct band_job job = { .c = c, .begin = c->band_start[k], .end = c->band_start[k + 1] };
	size_t chunks = (job.end - job.begin + CHUNK_REFS - 1) / CHUNK_REFS;

	if (chunks > 0) {
		band_seal(&c->band, c->pool);
		pool_for(c->pool, chunks, 1, sum_chunk, &job);
	}
	band_start(&c->band, c->next_row);
}

enum err_code
coverage_feed_row(struct coverage *c, uint32_t row, const double *values, struct err *e)
{
	uint32_t end = c->first_row + c->row_count;

	if (row < c->first_row || row >= end)
		return ERR_OK;
	if (row != c->next_row)
		return err_set(e, ERR_INVALID, "raster row %u came where row %u was due", row,
		               c->next_row);
	band_push(&c->band, values, c->grid.nodata);
	c->next_row++;
	if (c->band.rows == c->band_rows || c->next_row == end)
		flush(c);
	return ERR_OK;
}

enum err_code
coverage_finish(struct coverage *c, double *ret_sums, struct err *e)
{
	if (c->next_row != c->first_row + c->row_count)
		return err_set(e, ERR_INVALID, "raster row %u never came", c->next_row);
	for (size_t i = 0; i < c->count; i++) {
		double sum = c->sums[i].people_hi + c->sums[i].people_lo;

		/* Nothing is negative: what is below zero is rounding. */
		ret_sums[i] = sum > 0 ? sum : 0;
	}
	return ERR_OK;
}

/* Settlement points: sorted into a grid over their box, so that a polygon meets only its own. */

struct points_job {
	const struct coverage_point *points;
	const struct geom *polygons;
	double *sums;
	double west, south, step_lon, step_lat;
	size_t side;
	uint32_t *start; /* side * side + 1 */
	uint32_t *order;
};

#define ON_DEG 1e-12

static bool
in_polygon(const struct geom *p, double x, double y)
{
	bool inside = false;
	uint32_t point = 0;

	for (uint32_t r = 0; r < p->ring_count; r++) {
		for (uint32_t i = point; i + 1 < p->ring_end[r]; i++) {
			const double *a = p->xy + 2 * (size_t)i;
			double dx = a[2] - a[0], dy = a[3] - a[1];
			double px = x - a[0], py = y - a[1];
			double cross = dx * py - dy * px;
			double along = px * dx + py * dy;
			double length2 = dx * dx + dy * dy;

			if (length2 > 0 && cross * cross <= ON_DEG * ON_DEG * length2 &&
			    along >= 0 && along <= length2)
				return true;
			if ((a[1] > y) != (a[3] > y) && (cross > 0) == (dy > 0))
				inside = !inside;
		}
		point = p->ring_end[r];
	}
	return inside;
}

static size_t
bucket(double x, double origin, double step, size_t side)
{
	double k = floor((x - origin) / step);

	return !(k > 0) ? 0 : k >= (double)side ? side - 1 : (size_t)k;
}

static enum err_code
index_points(struct points_job *j, size_t n, struct err *e)
{
	struct geom_box box = { INFINITY, INFINITY, -INFINITY, -INFINITY };
	size_t cells;

	j->side = 1;
	while (j->side * j->side < n && j->side < 2048)
		j->side *= 2;
	cells = j->side * j->side;
	j->start = mem_calloc(cells + 2, sizeof *j->start);
	j->order = mem_calloc(n + 1, sizeof *j->order);
	if (!j->start || !j->order)
		return err_set(e, ERR_NOMEM, "out of memory for %zu settlement points", n);
	for (size_t i = 0; i < n; i++) {
		double x = j->points[i].lon_deg, y = j->points[i].lat_deg;

		if (!isfinite(x) || !isfinite(y))
			return err_set(e, ERR_INVALID,
			               "settlement point %zu has no finite position", i);
		geom_box_grow(&box, (struct geom_box){ x, y, x, y });
	}
	j->west = box.min_lon_deg;
	j->south = box.min_lat_deg;
	j->step_lon = fmax((box.max_lon_deg - box.min_lon_deg) / (double)j->side, 1e-9);
	j->step_lat = fmax((box.max_lat_deg - box.min_lat_deg) / (double)j->side, 1e-9);
	for (int pass = 0; pass < 2; pass++) {
		for (size_t i = 0; i < n; i++) {
			size_t col = bucket(j->points[i].lon_deg, j->west, j->step_lon, j->side);
			size_t row = bucket(j->points[i].lat_deg, j->south, j->step_lat, j->side);
			size_t k = row * j->side + col;

			if (pass == 0)
				j->start[k + 2]++;
			else
				j->order[j->start[k + 1]++] = (uint32_t)i;
		}
		for (size_t k = 1; pass == 0 && k < cells + 1; k++)
			j->start[k + 1] += j->start[k];
	}
	return ERR_OK;
}

static void
sum_points(void *ctx, size_t i, size_t worker)
{
	const struct points_job *j = ctx;
	const struct geom *p = &j->polygons[i];
	struct geom_box b = geom_bounds(p);
	double sum = 0;

	(void)worker;
	j->sums[i] = 0;
	if (!geom_is_areal(p) || geom_is_empty(p))
		return;
	size_t c0 = bucket(b.min_lon_deg - 1e-9, j->west, j->step_lon, j->side);
	size_t c1 = bucket(b.max_lon_deg + 1e-9, j->west, j->step_lon, j->side);
	size_t r0 = bucket(b.min_lat_deg - 1e-9, j->south, j->step_lat, j->side);
	size_t r1 = bucket(b.max_lat_deg + 1e-9, j->south, j->step_lat, j->side);
	for (size_t row = r0; row <= r1; row++) {
		size_t from = j->start[row * j->side + c0];
		size_t to = j->start[row * j->side + c1 + 1];

		for (size_t k = from; k < to; k++) {
			const struct coverage_point *at = &j->points[j->order[k]];

			if (at->value > 0 && in_polygon(p, at->lon_deg, at->lat_deg))
				sum += at->value;
		}
	}
	j->sums[i] = sum;
}

enum err_code
coverage_points(const struct coverage_point *points, size_t point_count,
                const struct geom *polygons, size_t count, struct pool *pool, double *ret_sums,
                struct err *e)
{
	struct points_job j = { .points = points, .polygons = polygons, .sums = ret_sums };
	enum err_code rc;

	if (point_count >= UINT32_MAX)
		return err_set(e, ERR_LIMIT, "%zu settlement points: at most %u", point_count,
		               UINT32_MAX - 1);
	rc = index_points(&j, point_count, e);
	if (rc == ERR_OK)
		pool_for(pool, count, 64, sum_points, &j);
	mem_free(j.start);
	mem_free(j.order);
	return rc;
}
