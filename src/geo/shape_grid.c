/* shape_to_grid: the published grid of docs/FORMATS.md, "public grid". */
#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "geo/cellring.h"
#include "geo/grow.h"
#include "geo/handle.h"
#include "geo/shape.h"

#define A_M 6378137.0
#define E2 0.0066943799901413165
#define RAD 0.017453292519943295
#define DEGREE_M 110574.0 /* a little less than the shortest degree of latitude */
#define GRID_MIN_M 1.0
#define GRID_MAX_M 10000.0
#define GRID_MAX_RUNS 200000u
#define GRID_MAX_ROWS 400000L
#define SNAP_CELLS 1e-9 /* nearer than this to a grid line is on it */

struct grid_edge {
	double ax, ay, bx, by; /* ay <= by; columns are found per row, so x in degrees */
};

struct grid_run {
	long row, from, to; /* cells from .. to - 1 */
};

struct grid {
	double rows_a_degree;
	double cell_m;
	bool whole;     /* g has no area: cells are half-open and its own lines fill them */
	bool areal;     /* rings: the inside counts too */
	double reach_m; /* every edge is a band of this half width, with round ends, in the plane */
	double reach_deg; /* the same northwards, a little more */
	struct grow_plane plane;
	double degree, columns; /* of the row asked for last */
	struct grid_edge *edge;
	size_t edges;
	double *cross; /* where the row's middle line crosses edges, room for all */
	struct grid_run *run;
	size_t runs, room;
};

/* Cells of one row around the globe: as many as fit at the poleward side of its degree. */
static double
grid_columns_at(const struct grid *g, double south)
{
	double lat = fmax(fabs(south), fabs(south + 1)), s = sin(lat * RAD);
	double round_m = 360 * RAD * A_M * cos(lat * RAD) / sqrt(1 - E2 * s * s);

	return fmax(floor(round_m / g->cell_m), 1);
}

static double
grid_degree(const struct grid *g, long row)
{
	return floor((double)row / g->rows_a_degree) - 90;
}

static double
grid_columns(struct grid *g, long row)
{
	double south = grid_degree(g, row);

	if (g->columns <= 0 || south < g->degree || south > g->degree) {
		g->degree = south;
		g->columns = grid_columns_at(g, south);
	}
	return g->columns;
}

static double
grid_lat(const struct grid *g, long row)
{
	return (double)row / g->rows_a_degree - 90;
}

static double
grid_lon(double columns, long column)
{
	return (double)column * 360 / columns - 180;
}

/* A position in units of cells; what is on a grid line is exactly on it. */
static double
grid_snap(double v)
{
	double r = rint(v);

	return fabs(v - r) < SNAP_CELLS ? r : v;
}

static bool
grid_add(struct grid *g, long row, double from, double to)
{
	if (!(from < to)) {
		return true;
	}
	if (g->runs == g->room) {
		size_t room = g->room ? 2 * g->room : 64;
		struct grid_run *more = room <= 4 * (size_t)GRID_MAX_RUNS
		                                ? mem_realloc_array(g->run, room, sizeof(*more))
		                                : NULL;

		if (!more) {
			return false;
		}
		g->run = more;
		g->room = room;
	}
	g->run[g->runs++] = (struct grid_run){ row, (long)from, (long)to };
	return true;
}

/* Where the band around a - b (metres in the plane) is farthest to the side at the height y: sign
 * -1 west, 1 east. y lies within the band. */
static double
grid_band_at(const double a[2], const double b[2], double r, double sign, double y)
{
	double dx = b[0] - a[0], dy = b[1] - a[1], l = hypot(dx, dy), x = -(double)INFINITY;
	double ha = r * r - (y - a[1]) * (y - a[1]), hb = r * r - (y - b[1]) * (y - b[1]);
	double least = -1e-9 * r * r; /* at a disc's top and bottom rounding must lose nothing */

	if (ha >= least)
		x = sign * a[0] + sqrt(fmax(ha, 0));
	if (hb >= least)
		x = fmax(x, sign * b[0] + sqrt(fmax(hb, 0)));
	if (dy > 0) { /* the straight side: a + n r .. b + n r */
		double nx = sign * dy / l, ny = -sign * dx / l, ya = a[1] + ny * r;
		double t = (y - ya) / dy;

		if (t >= 0 && t <= 1)
			x = fmax(x, sign * (a[0] + nx * r + t * dx));
	}
	return sign * x;
}

/* West and east end of the part of the band around an edge that lies between two latitudes. */
static bool
grid_band(const struct grid *g, const struct grid_edge *d, double y0, double y1, double *ret_west,
          double *ret_east)
{
	const struct grow_plane *p = &g->plane;
	const double a[2] = { (d->ax - p->lon0_deg) * p->east_m,
		              (d->ay - p->lat0_deg) * p->north_m };
	const double b[2] = { (d->bx - p->lon0_deg) * p->east_m,
		              (d->by - p->lat0_deg) * p->north_m };
	const double *west = a[0] <= b[0] ? a : b, *east = a[0] <= b[0] ? b : a;
	double low = fmax((y0 - p->lat0_deg) * p->north_m, a[1] - g->reach_m);
	double high = fmin((y1 - p->lat0_deg) * p->north_m, b[1] + g->reach_m);

	if (!(low < high))
		return false;
	*ret_west = grid_band_at(a, b, g->reach_m, -1, fmin(fmax(west[1], low), high));
	*ret_east = grid_band_at(a, b, g->reach_m, 1, fmin(fmax(east[1], low), high));
	if (!isfinite(*ret_west) ||
	    !isfinite(*ret_east)) { /* never: all of it is on the safe side */
		*ret_west = west[0] - g->reach_m;
		*ret_east = east[0] + g->reach_m;
	}
	*ret_west = *ret_west / p->east_m + p->lon0_deg;
	*ret_east = *ret_east / p->east_m + p->lon0_deg;
	return true;
}

/* Cells of the row through which an edge passes. */
static bool
grid_edge_run(struct grid *g, long row, double columns, const struct grid_edge *d)
{
	double y0 = grid_lat(g, row), y1 = grid_lat(g, row + 1), run = d->by - d->ay;
	double t0 = run > 0 ? fmax((y0 - d->ay) / run, 0) : 0;
	double t1 = run > 0 ? fmin((y1 - d->ay) / run, 1) : 1;
	double xa = d->ax + (d->bx - d->ax) * t0, xb = d->ax + (d->bx - d->ax) * t1;
	double from, to;

	if (g->reach_m > 0 && !grid_band(g, d, y0, y1, &xa, &xb))
		return true;
	from = grid_snap((fmin(xa, xb) + 180) / 360 * columns);
	to = grid_snap((fmax(xa, xb) + 180) / 360 * columns);
	if (g->whole) {
		return grid_add(g, row, floor(from), floor(to) + 1);
	}
	return grid_add(g, row, floor(from), ceil(to));
}

static int
grid_cmp_double(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* Cells of the row whose middle lies inside; those that an edge passes are there anyway. */
static bool
grid_inside(struct grid *g, long row, double columns, size_t from, size_t to)
{
	double y = (grid_lat(g, row) + grid_lat(g, row + 1)) / 2;
	size_t n = 0;

	for (size_t i = from; i < to; i++) {
		const struct grid_edge *d = &g->edge[i];

		if (d->ay <= y && y < d->by) {
			g->cross[n++] =
				(d->ax + (d->bx - d->ax) * ((y - d->ay) / (d->by - d->ay)) + 180) /
				360 * columns;
		}
	}
	qsort(g->cross, n, sizeof(*g->cross), grid_cmp_double);
	for (size_t i = 0; i + 1 < n; i += 2) {
		if (!grid_add(g, row, ceil(g->cross[i] - 0.5), floor(g->cross[i + 1] - 0.5) + 1)) {
			return false;
		}
	}
	return true;
}

static int
grid_cmp_edge(const void *a, const void *b)
{
	const struct grid_edge *x = a, *y = b;

	return (x->ay > y->ay) - (x->ay < y->ay);
}

static int
grid_cmp_run(const void *a, const void *b)
{
	const struct grid_run *x = a, *y = b;

	return x->from != y->from ? (x->from > y->from) - (x->from < y->from)
	                          : (x->to > y->to) - (x->to < y->to);
}

/* Sort the runs of one row (from start on) and join those that touch. */
static void
grid_merge(struct grid *g, size_t start)
{
	size_t out = start;

	if (g->runs == start) {
		return;
	}
	qsort(g->run + start, g->runs - start, sizeof(*g->run), grid_cmp_run);
	for (size_t i = start + 1; i < g->runs; i++) {
		if (g->run[i].from <= g->run[out].to) {
			g->run[out].to =
				g->run[i].to > g->run[out].to ? g->run[i].to : g->run[out].to;
		} else {
			g->run[++out] = g->run[i];
		}
	}
	g->runs = out + 1;
}

/* Does the edge pass through the row? Areas: through its open inside. Others: half-open. */
static bool
grid_edge_meets(const struct grid *g, const struct grid_edge *d, double y0, double y1)
{
	double low = d->ay - g->reach_deg, high = d->by + g->reach_deg;

	return g->whole ? high >= y0 && low < y1 : high > y0 && low < y1;
}

/* active edges stand in g->edge[*low .. *high - 1]; those that ended are moved below *low. */
static bool
grid_row(struct grid *g, long row, size_t *low, size_t *high)
{
	double y0 = grid_lat(g, row), y1 = grid_lat(g, row + 1), columns = grid_columns(g, row);
	size_t start = g->runs;
	bool ok = true;

	while (*high < g->edges && g->edge[*high].ay - g->reach_deg < y1) {
		++*high;
	}
	for (size_t i = *low; i < *high; i++) {
		if (g->edge[i].by + g->reach_deg < y0) {
			struct grid_edge gone = g->edge[i];

			g->edge[i] = g->edge[*low];
			g->edge[(*low)++] = gone;
		}
	}
	for (size_t i = *low; ok && i < *high; i++) {
		if (grid_edge_meets(g, &g->edge[i], y0, y1)) {
			ok = grid_edge_run(g, row, columns, &g->edge[i]);
		}
	}
	ok = ok && (!g->areal || grid_inside(g, row, columns, *low, *high));
	grid_merge(g, start);
	return ok && g->runs <= GRID_MAX_RUNS;
}

static void
grid_edges(struct grid *grid, const struct geom *g)
{
	for (uint32_t r = 0, i = 0; r < g->ring_count; r++) {
		for (uint32_t from = i; i < g->ring_end[r]; i++) {
			const double *p = g->xy + 2 * (size_t)i, *q = i > from ? p - 2 : p;
			bool up = q[1] <= p[1];

			if (q == p && g->ring_end[r] - from > 1) {
				continue;
			}
			grid->edge[grid->edges++] =
				up ? (struct grid_edge){ q[0], q[1], p[0], p[1] }
				   : (struct grid_edge){ p[0], p[1], q[0], q[1] };
		}
	}
}

static bool
grid_rows(struct grid *grid, struct geom_box box)
{
	long top = (long)(180 * grid->rows_a_degree) - 1;
	double south = fmax(box.min_lat_deg - grid->reach_deg, -90);
	double north = fmin(box.max_lat_deg + grid->reach_deg, 90);
	long first = (long)floor(grid_snap((south + 90) * grid->rows_a_degree));
	long last = (long)floor(grid_snap((north + 90) * grid->rows_a_degree));
	size_t low = 0, high = 0;
	bool ok = last - first <= GRID_MAX_ROWS;

	qsort(grid->edge, grid->edges, sizeof(*grid->edge), grid_cmp_edge);
	for (long row = first < top ? first : top; ok && row <= last && row <= top; row++) {
		ok = grid_row(grid, row, &low, &high);
	}
	return ok;
}

/* The cells as one shape where rows have different columns. */
static enum err_code
grid_unite(struct geo *ctx, struct grid *g, struct arena *mem, struct geom *ret, struct err *e)
{
	GEOSContextHandle_t h = geo_geos(ctx);
	GEOSGeometry **list = mem_calloc(g->runs + 1, sizeof(GEOSGeometry *));
	GEOSGeometry *all = NULL, *one = NULL;
	unsigned n = 0;
	enum err_code rc;

	for (; h && list && n < g->runs; n++) {
		struct grid_run r = g->run[n];
		double columns = grid_columns(g, r.row);
		double x0 = grid_lon(columns, r.from), x1 = grid_lon(columns, r.to);
		double y0 = grid_lat(g, r.row), y1 = grid_lat(g, r.row + 1);
		double ring[10] = { x0, y0, x1, y0, x1, y1, x0, y1, x0, y0 };

		list[n] = geo_ring_polygon(ctx, ring, 5);
		if (!list[n]) {
			break;
		}
	}
	all = h && list ? GEOSGeom_createCollection_r(h, GEOS_GEOMETRYCOLLECTION, list, n) : NULL;
	one = all && n == g->runs ? GEOSUnaryUnion_r(h, all) : NULL;
	mem_free(list);
	rc = one ? geo_from_geos(ctx, one, 2, mem, ret, e) : geo_failed(ctx, "join grid cells", e);
	GEOSGeom_destroy_r(h, all);
	GEOSGeom_destroy_r(h, one);
	return rc;
}

/* Rings on the lattice as a geometry. */
static bool
grid_geom(const struct grid *g, double columns, const struct cellring *c, struct arena *mem,
          struct geom *ret)
{
	size_t rings = c->ring_end.count, parts = 0, at = 0;
	const uint32_t *end = c->ring_end.p;
	const int32_t *corner = c->xy.p;
	uint32_t *part_end = arena_calloc(mem, 2 * rings + 1, sizeof(*part_end));
	double *xy = arena_calloc(mem, c->xy.count + rings + 1, 2 * sizeof(*xy));

	if (!part_end || !xy)
		return false;
	for (size_t r = 0, from = 0; r < rings; from = end[r++]) {
		parts += ((uint8_t *)c->is_outer.p)[r];
		part_end[parts - 1] = (uint32_t)r + 1;
		for (size_t i = from; i <= end[r]; i++, at++) {
			const int32_t *p = corner + 2 * (i < end[r] ? i : from);

			xy[2 * at] = grid_lon(columns, p[0]);
			xy[2 * at + 1] = grid_lat(g, p[1]);
		}
		part_end[rings + r] = (uint32_t)at;
	}
	*ret = (struct geom){ .type = parts == 1 ? GEOM_POLYGON : GEOM_MULTIPOLYGON,
		              .part_count = (uint32_t)parts,
		              .ring_count = (uint32_t)rings,
		              .point_count = (uint32_t)at,
		              .part_end = part_end,
		              .ring_end = part_end + rings,
		              .xy = xy };
	return true;
}

/* The cells as one shape. */
static enum err_code
grid_shape(struct geo *ctx, struct grid *g, struct arena *mem, struct geom *ret, struct err *e)
{
	double degree = grid_degree(g, g->run[0].row);
	struct cellring rings = { 0 };
	struct cell_run few[64], *run = few;
	bool ok;

	if (grid_degree(g, g->run[g->runs - 1].row) > degree)
		return grid_unite(ctx, g, mem, ret, e);
	if (g->runs > sizeof(few) / sizeof(*few))
		run = mem_calloc(g->runs, sizeof(*run));
	for (size_t i = 0; run && i < g->runs; i++)
		run[i] = (struct cell_run){ (int32_t)g->run[i].row, (int32_t)g->run[i].from,
			                    (int32_t)g->run[i].to };
	ok = run && cellring_trace(&rings, run, g->runs) &&
	     grid_geom(g, grid_columns(g, g->run[0].row), &rings, mem, ret);
	cellring_done(&rings);
	if (run != few)
		mem_free(run);
	return ok ? ERR_OK : err_set(e, ERR_NOMEM, "out of memory for grid cells");
}

/* Cells that g touches, row by row. whole: lines and points; false for areas. */
static enum err_code
grid_fill(struct grid *grid, const struct geom *g, struct err *e)
{
	struct geom_box box = geom_bounds(g);
	bool ok;

	if (!(grid->cell_m >= GRID_MIN_M && grid->cell_m <= GRID_MAX_M)) {
		return err_set(e, ERR_INVALID, "grid cell of %g m is not %g .. %g m", grid->cell_m,
		               GRID_MIN_M, GRID_MAX_M);
	}
	if (geom_is_empty(g) || !(box.min_lat_deg >= -90 && box.max_lat_deg <= 90) ||
	    !(box.min_lon_deg >= -540 && box.max_lon_deg <= 540)) {
		return err_set(e, ERR_INVALID, "no geometry on the globe to put on the grid");
	}
	grid->rows_a_degree = floor(DEGREE_M / grid->cell_m);
	grid->edge = mem_calloc((size_t)g->point_count + 1, sizeof(*grid->edge));
	grid->cross = mem_calloc((size_t)g->point_count + 1, sizeof(*grid->cross));
	if (!grid->edge || !grid->cross) {
		return err_set(e, ERR_NOMEM, "out of memory for the grid");
	}
	grid_edges(grid, g);
	ok = grid_rows(grid, box);
	if (ok && grid->runs == 0 && grid->reach_m <= 0) { /* an area thinner than the snapping */
		grid->whole = true;
		ok = grid_rows(grid, box);
	}
	return ok ? ERR_OK
	          : err_set(e, ERR_LIMIT, "the outline covers too many cells of %g m",
	                    grid->cell_m);
}

static void
grid_done(struct grid *grid)
{
	mem_free(grid->edge);
	mem_free(grid->cross);
	mem_free(grid->run);
}

/* Make the edges bands that hold every point within margin_m; false: shape_grow has to do it. */
static bool
grid_reach(struct grid *grid, const struct geom *g, double margin_m)
{
	double radius_m = 0;

	if (geom_is_empty(g) || !grow_plane_of(geom_bounds(g), margin_m, &grid->plane, &radius_m))
		return false;
	/* whatever rounding does, the bands hold the discs */
	grid->reach_m = radius_m * (1 + 1e-9);
	grid->reach_deg = grid->reach_m / grid->plane.north_m * (1 + 1e-9);
	grid->whole = false;
	return true;
}

enum err_code
shape_to_grid_grown(struct geo *ctx, const struct geom *g, double margin_m, double cell_m,
                    struct arena *mem, struct geom *ret, struct err *e)
{
	struct grid grid = { .cell_m = cell_m, .whole = !geom_is_areal(g) };
	struct geom grown;
	enum err_code rc = ERR_OK;

	grid.areal = geom_is_areal(g);
	if (margin_m > 0 && !grid_reach(&grid, g, margin_m)) {
		rc = shape_grow(ctx, g, margin_m, mem, &grown, e);
		g = &grown;
		grid.areal = true;
		grid.whole = false;
	}
	rc = rc ? rc : grid_fill(&grid, g, e);
	rc = rc ? rc : grid_shape(ctx, &grid, mem, ret, e);
	grid_done(&grid);
	return rc;
}

enum err_code
shape_to_grid(struct geo *ctx, const struct geom *g, double cell_m, struct arena *mem,
              struct geom *ret, struct err *e)
{
	return shape_to_grid_grown(ctx, g, 0, cell_m, mem, ret, e);
}

/* Runs of a without the cells of b; both sorted by row and column. */
static bool
grid_subtract(const struct grid *a, const struct grid *b, struct grid *out)
{
	size_t from = 0;

	for (size_t i = 0; i < a->runs; i++) {
		struct grid_run left = a->run[i];

		while (from < b->runs &&
		       (b->run[from].row < left.row ||
		        (b->run[from].row == left.row && b->run[from].to <= left.from))) {
			from++;
		}
		for (size_t j = from;
		     j < b->runs && b->run[j].row == left.row && b->run[j].from < left.to; j++) {
			if (!grid_add(out, left.row, (double)left.from, (double)b->run[j].from)) {
				return false;
			}
			left.from = b->run[j].to;
		}
		if (!grid_add(out, left.row, (double)left.from, (double)left.to)) {
			return false;
		}
	}
	return true;
}

/* The outline of an area as lines: its rings. */
static bool
grid_outline(const struct geom *g, struct arena *mem, struct geom *ret)
{
	uint32_t *part_end = arena_calloc(mem, (size_t)g->ring_count + 1, sizeof(*part_end));

	if (!part_end) {
		return false;
	}
	for (uint32_t r = 0; r < g->ring_count; r++) {
		part_end[r] = r + 1;
	}
	*ret = *g;
	ret->type = GEOM_MULTILINESTRING;
	ret->part_count = g->ring_count;
	ret->part_end = part_end;
	return true;
}

enum err_code
shape_to_grid_inside(struct geo *ctx, const struct geom *g, double margin_m, double cell_m,
                     struct arena *mem, struct geom *ret, struct err *e)
{
	struct grid all = { .cell_m = cell_m, .areal = true };
	struct grid rim = { .cell_m = cell_m, .whole = true };
	struct grid out = { .cell_m = cell_m };
	struct geom outline, wide;
	enum err_code rc = ERR_OK;

	if (!geom_is_areal(g)) {
		*ret = (struct geom){ .type = GEOM_MULTIPOLYGON };
		return ERR_OK;
	}
	if (!grid_outline(g, mem, &outline)) {
		return err_set(e, ERR_NOMEM, "out of memory for the grid");
	}
	if (margin_m > 0 && !grid_reach(&rim, &outline, margin_m)) {
		rc = shape_grow(ctx, &outline, margin_m, mem, &wide, e);
		outline = rc ? outline : wide;
		rim.whole = false;
		rim.areal = true;
	}
	rc = rc ? rc : grid_fill(&all, g, e);
	rc = rc ? rc : grid_fill(&rim, &outline, e);
	if (!rc && !grid_subtract(&all, &rim, &out)) {
		rc = err_set(e, ERR_NOMEM, "out of memory for the grid");
	}
	out.rows_a_degree = all.rows_a_degree;
	if (!rc && out.runs == 0) {
		*ret = (struct geom){ .type = GEOM_MULTIPOLYGON };
	} else if (!rc) {
		rc = grid_shape(ctx, &out, mem, ret, e);
	}
	grid_done(&all);
	grid_done(&rim);
	grid_done(&out);
	return rc;
}

static bool
grid_collect(struct grid *g, struct vec *to)
{
	for (size_t i = 0; i < g->runs; i++) {
		struct cell_run *r = vec_push(to, sizeof(*r));

		if (!r)
			return false;
		*r = (struct cell_run){ (int32_t)g->run[i].row, (int32_t)g->run[i].from,
			                (int32_t)g->run[i].to };
	}
	return true;
}

/* The pieces of the cells in one degree of latitude, each handed over. */
static enum err_code
grid_pieces(struct grid *g, const struct cell_run *run, size_t n, struct cellring *rings,
            shape_piece_fn *fn, void *ctx, struct err *e)
{
	struct geom all, part;
	struct arena mem;
	uint32_t *ends;
	enum err_code rc = ERR_OK;

	arena_init(&mem, (size_t)2 << 30);
	if (!cellring_trace(rings, run, n) ||
	    !grid_geom(g, grid_columns(g, run[0].row), rings, &mem, &all)) {
		arena_done(&mem);
		return err_set(e, ERR_NOMEM, "out of memory for grid cells");
	}
	ends = arena_calloc(&mem, (size_t)all.ring_count + 2, sizeof(*ends));
	if (!ends)
		rc = err_set(e, ERR_NOMEM, "out of memory for grid cells");
	for (uint32_t p = 0; !rc && p < all.part_count; p++) {
		uint32_t first = p ? all.part_end[p - 1] : 0, count = all.part_end[p] - first;
		uint32_t start = first ? all.ring_end[first - 1] : 0;

		for (uint32_t r = 0; r < count; r++)
			ends[1 + r] = all.ring_end[first + r] - start;
		ends[0] = count;
		part = (struct geom){ GEOM_POLYGON,
			              1,
			              count,
			              ends[count],
			              ends,
			              ends + 1,
			              all.xy + 2 * (size_t)start };
		rc = fn(ctx, &part, e);
	}
	arena_done(&mem);
	return rc;
}

enum err_code
shape_grid_join(const struct geom *const *g, size_t count, double cell_m, shape_piece_fn *fn,
                void *ctx, struct err *e)
{
	struct grid base = { .cell_m = cell_m };
	struct cellring rings = { 0 };
	struct vec runs = { 0 };
	const struct cell_run *run;
	enum err_code rc = ERR_OK;

	for (size_t i = 0; !rc && i < count; i++) {
		struct grid one = { .cell_m = cell_m };

		one.areal = geom_is_areal(g[i]);
		one.whole = !one.areal;
		rc = grid_fill(&one, g[i], e);
		if (!rc && !grid_collect(&one, &runs))
			rc = err_set(e, ERR_NOMEM, "out of memory for grid cells");
		base.rows_a_degree = one.rows_a_degree;
		grid_done(&one);
	}
	cellring_join(&runs);
	run = runs.p;
	for (size_t i = 0, n; !rc && i < runs.count; i += n) {
		double degree = grid_degree(&base, run[i].row);

		for (n = 1; i + n < runs.count && grid_degree(&base, run[i + n].row) <= degree; n++)
			;
		rc = grid_pieces(&base, run + i, n, &rings, fn, ctx, e);
	}
	cellring_done(&rings);
	vec_done(&runs);
	return rc;
}
