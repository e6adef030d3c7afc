/* Exposure: polygons over a raster of 1.6 x 10^8 cells, and people near hazards.
 * usage: bench_exposure [POLYGONS [COLS ROWS [PEER_POLYGONS [DIR]]]]
 *
 * With DIR, only the zonal sums are made and written there with the raster and the polygons, for
 * bench/exposure_qgis.
 *
 * Zonal sums against a peer that clips with GEOS: a polygon is cut by GEOSClipByRect into halves,
 * quarters
 * ... until a piece is one cell or fills its box; full boxes are added from the raster. The peer
 * holds the raster in memory; ours sees each row once. Both checked against each other: 1e-9
 * relative or 1e-6 people. The scan of the raster (making doubles of its rows) is timed alone and
 * told apart. */
#include <geos_c.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "base/mem.h"
#include "base/pool.h"
#include "base/rng.h"
#include "base/text.h"
#include "geo/coverage.h"
#include "geo/nearby.h"

#define VERTICES 16u
#define RUNS 5

struct field {
	struct coverage_grid grid;
	float *cell; /* the raster as files hold it */
	double *row;
	size_t count;
	double (*xy)[2 * (VERTICES + 1)];
	struct geom *geom;
};

static const uint32_t ring_end[1] = { VERTICES + 1 };
static const uint32_t part_end[1] = { 1 };

static double
wall_s(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static double
now_s(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static double
median(double *x, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		for (size_t k = i; k > 0 && x[k] < x[k - 1]; k--) {
			double t = x[k];

			x[k] = x[k - 1];
			x[k - 1] = t;
		}
	}
	return x[n / 2];
}

/* Stars of 16 vertices and 150 m to 1.5 km, in 2,000 clusters: they overlap as hazards do. */
static void
make_polygons(struct field *f, struct rng *r)
{
	double width = f->grid.cell_lon_deg * f->grid.cols,
	       height = f->grid.cell_lat_deg * f->grid.rows;

	for (size_t i = 0; i < f->count; i++) {
		struct rng cluster;
		double size = 150 * pow(10, rng_f64(r)) / 111320, x, y;

		rng_seed(&cluster, 1, rng_below(r, 2000));
		x = f->grid.west_deg + width * (0.05 + 0.9 * rng_f64(&cluster));
		y = f->grid.north_deg - height * (0.05 + 0.9 * rng_f64(&cluster));
		x += 0.12 * rng_normal(r);
		y += 0.08 * rng_normal(r);
		for (uint32_t k = 0; k <= VERTICES; k++) {
			double a = 6.283185307179586 * k / VERTICES;
			double d = size * (0.6 + 0.4 * rng_f64(r));

			f->xy[i][2 * k] = x + 1.45 * d * cos(a);
			f->xy[i][2 * k + 1] = y + d * sin(a);
		}
		f->xy[i][2 * VERTICES] = f->xy[i][0];
		f->xy[i][2 * VERTICES + 1] = f->xy[i][1];
		f->geom[i] = (struct geom){ GEOM_POLYGON, 1,        1,       VERTICES + 1,
			                    part_end,     ring_end, f->xy[i] };
	}
}

static void
make_raster(struct field *f, struct rng *r)
{
	size_t n = (size_t)f->grid.cols * f->grid.rows;

	for (size_t i = 0; i < n; i++) {
		uint64_t x = rng_u64(r);

		f->cell[i] = x & 3 ? (float)(x >> 40) * 1e-5f : -1;
	}
}

static const double *
row_of(struct field *f, uint32_t row)
{
	const float *in = f->cell + (size_t)row * f->grid.cols;

	for (uint32_t c = 0; c < f->grid.cols; c++)
		f->row[c] = (double)in[c];
	return f->row;
}

static double
scan(struct field *f)
{
	double begun_s = now_s(), sink = 0;

	for (uint32_t row = 0; row < f->grid.rows; row++)
		sink += row_of(f, row)[row % f->grid.cols];
	return sink < -1e300 ? 0 : now_s() - begun_s;
}

static double
ours(struct field *f, struct pool *pool, double *sums)
{
	struct coverage *c = NULL;
	struct err e;
	double begun_s = now_s();

	if (coverage_create(&f->grid, f->geom, f->count, NULL, pool, &c, &e) != ERR_OK)
		return NAN;
	for (uint32_t row = 0; row < f->grid.rows; row++) {
		if (coverage_feed_row(c, row, row_of(f, row), &e) != ERR_OK)
			return NAN;
	}
	if (coverage_finish(c, sums, &e) != ERR_OK)
		return NAN;
	coverage_free(c);
	return now_s() - begun_s;
}

/* Cells c0 .. c1-1, r0 .. r1-1 of the raster, all of them whole. */
static double
box_sum(const struct field *f, uint32_t c0, uint32_t r0, uint32_t c1, uint32_t r1)
{
	double sum = 0;

	for (uint32_t r = r0; r < r1; r++) {
		const float *row = f->cell + (size_t)r * f->grid.cols;

		for (uint32_t c = c0; c < c1; c++)
			sum += row[c] > 0 ? (double)row[c] : 0;
	}
	return sum;
}

/* g is the polygon clipped to these cells. */
static double
clip_sum(GEOSContextHandle_t h, const struct field *f, const GEOSGeometry *g, const uint32_t box[4])
{
	const struct coverage_grid *q = &f->grid;
	double cells = (double)(box[2] - box[0]) * (box[3] - box[1]);
	double area = 0, sum = 0;

	if (GEOSisEmpty_r(h, g) == 1)
		return 0;
	GEOSArea_r(h, g, &area);
	area /= q->cell_lon_deg * q->cell_lat_deg;
	if (area >= cells * (1 - 1e-13))
		return box_sum(f, box[0], box[1], box[2], box[3]);
	if (cells <= 1)
		return area * box_sum(f, box[0], box[1], box[2], box[3]);
	for (int i = 0; i < 2; i++) {
		uint32_t part[4] = { box[0], box[1], box[2], box[3] };
		int axis = box[2] - box[0] >= box[3] - box[1] ? 0 : 1;
		GEOSGeometry *cut;

		part[i ? axis : axis + 2] = (box[axis] + box[axis + 2]) / 2;
		cut = GEOSClipByRect_r(h, g, q->west_deg + part[0] * q->cell_lon_deg,
		                       q->north_deg - part[3] * q->cell_lat_deg,
		                       q->west_deg + part[2] * q->cell_lon_deg,
		                       q->north_deg - part[1] * q->cell_lat_deg);
		if (cut)
			sum += clip_sum(h, f, cut, part);
		GEOSGeom_destroy_r(h, cut);
	}
	return sum;
}

static double
peer(const struct field *f, size_t count, double *sums)
{
	GEOSContextHandle_t h = GEOS_init_r();
	double begun_s = now_s();

	for (size_t i = 0; i < count; i++) {
		GEOSCoordSequence *s =
			GEOSCoordSeq_copyFromBuffer_r(h, f->xy[i], VERTICES + 1, 0, 0);
		GEOSGeometry *g =
			GEOSGeom_createPolygon_r(h, GEOSGeom_createLinearRing_r(h, s), NULL, 0);
		struct geom_box b = geom_bounds(&f->geom[i]);
		uint32_t box[4];

		box[0] = (uint32_t)fmax(0,
		                        (b.min_lon_deg - f->grid.west_deg) / f->grid.cell_lon_deg);
		box[1] = (uint32_t)fmax(0,
		                        (f->grid.north_deg - b.max_lat_deg) / f->grid.cell_lat_deg);
		box[2] = (uint32_t)fmin(f->grid.cols, 1 + (b.max_lon_deg - f->grid.west_deg) /
		                                                      f->grid.cell_lon_deg);
		box[3] = (uint32_t)fmin(f->grid.rows, 1 + (f->grid.north_deg - b.min_lat_deg) /
		                                                      f->grid.cell_lat_deg);
		sums[i] = clip_sum(h, f, g, box);
		GEOSGeom_destroy_r(h, g);
	}
	GEOS_finish_r(h);
	return now_s() - begun_s;
}

static FILE *
file_in(const char *dir, const char *name)
{
	char path[1000];

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	return fopen(path, "wb");
}

static bool
closed(FILE *f)
{
	bool ok = f && !ferror(f);

	return f && fclose(f) == 0 && ok;
}

static bool
write_raster(const struct field *f, const char *dir)
{
	const struct coverage_grid *g = &f->grid;
	size_t n = (size_t)g->cols * g->rows;
	FILE *out = file_in(dir, "raster.bil");
	bool ok = out && fwrite(f->cell, sizeof(*f->cell), n, out) == n;

	ok = closed(out) && ok;
	out = file_in(dir, "raster.hdr");
	if (out)
		(void)fprintf(out,
		              "NROWS %u\nNCOLS %u\nNBANDS 1\nNBITS 32\nPIXELTYPE FLOAT\n"
		              "BYTEORDER I\nLAYOUT BIL\nNODATA -1\nULXMAP %.17g\nULYMAP %.17g\n"
		              "XDIM %.17g\nYDIM %.17g\n",
		              g->rows, g->cols, g->west_deg + g->cell_lon_deg / 2,
		              g->north_deg - g->cell_lat_deg / 2, g->cell_lon_deg, g->cell_lat_deg);
	return closed(out) && ok;
}

static bool
write_polygons(const struct field *f, const char *dir)
{
	FILE *out = file_in(dir, "polygons.geojson");

	if (out)
		(void)fputs("{\"type\":\"FeatureCollection\",\"features\":[\n", out);
	for (size_t i = 0; out && i < f->count; i++) {
		(void)fprintf(out,
		              "%s{\"type\":\"Feature\",\"properties\":{\"n\":%zu},\"geometry\":{"
		              "\"type\":\"Polygon\",\"coordinates\":[[",
		              i ? ",\n" : "", i);
		for (uint32_t k = 0; k <= VERTICES; k++)
			(void)fprintf(out, "%s[%.17g,%.17g]", k ? "," : "", f->xy[i][2 * k],
			              f->xy[i][2 * k + 1]);
		(void)fputs("]]}}", out);
	}
	if (out)
		(void)fputs("]}\n", out);
	return closed(out);
}

static bool
write_sums(const struct field *f, const double *sums, const char *dir)
{
	FILE *out = file_in(dir, "sums.csv");

	for (size_t i = 0; out && i < f->count; i++)
		(void)fprintf(out, "%zu,%.9f\n", i, sums[i]);
	return closed(out);
}

/* Raster, polygons and our sums as files, and a line: processor, clock, scan, in seconds. */
static int
zonal_for_others(struct field *f, const char *dir)
{
	double *sums = mem_calloc(f->count, sizeof *sums), cpu[RUNS], wall[RUNS];
	struct pool *pool = pool_create(0);
	bool ok = sums != NULL;

	for (int i = 0; ok && i < RUNS; i++) {
		cpu[i] = ours(f, NULL, sums);
		wall[i] = wall_s();
		(void)ours(f, pool, sums);
		wall[i] = wall_s() - wall[i];
	}
	ok = ok && write_raster(f, dir) && write_polygons(f, dir) && write_sums(f, sums, dir);
	if (ok)
		printf("%.3f %.3f %.3f\n", median(cpu, RUNS), median(wall, RUNS), scan(f));
	pool_free(pool);
	mem_free(sums);
	return !ok;
}

static int
zonal(struct field *f, size_t peer_count)
{
	double *sums = mem_calloc(f->count, sizeof *sums),
	       *want = mem_calloc(f->count, sizeof *want);
	double one[RUNS], all[RUNS], scans[RUNS], theirs, scan_s, one_s, all_s, wall;
	struct pool *pool = pool_create(0);
	double worst = 0;
	size_t wrong = 0;

	if (!sums || !want)
		return 1;
	(void)scan(f); /* warm */
	for (int i = 0; i < RUNS; i++) {
		scans[i] = scan(f);
		one[i] = ours(f, NULL, sums);
		wall = wall_s();
		(void)ours(f, pool, sums);
		all[i] = wall_s() - wall;
	}
	theirs = peer(f, peer_count, want) * ((double)f->count / (double)peer_count);
	for (size_t i = 0; i < peer_count; i++) {
		double off = fabs(sums[i] - want[i]);

		wrong += !(off <= 1e-6 || off <= 1e-9 * want[i]);
		worst = fmax(worst, off / fmax(want[i], 1));
	}
	scan_s = median(scans, RUNS);
	one_s = median(one, RUNS) - scan_s;
	all_s = median(all, RUNS) - scan_s;
	printf("zonal sums: %zu polygons of %u vertices, %u x %u cells; scan of the raster %.2f "
	       "s\n",
	       f->count, VERTICES, f->grid.cols, f->grid.rows, scan_s);
	printf("  clipped with GEOS, 1 thread %8.2f s%s\n", theirs,
	       peer_count < f->count ? " (scaled from a part)" : "");
	printf("  ours, 1 thread             %8.3f s   ratio %.1f\n", one_s, theirs / one_s);
	printf("  ours, %zu threads            %8.3f s wall\n", pool_size(pool), all_s);
	printf("  differences: %zu beyond 1e-9 and 1e-6 people; largest %.1e relative\n", wrong,
	       worst);
	pool_free(pool);
	mem_free(sums);
	mem_free(want);
	return wrong > 0;
}

/* Groups are places: squares of the land, about 15 a side for 150. */
static uint32_t
place_of(const struct field *f, size_t i, uint32_t groups)
{
	double side = ceil(sqrt(groups));
	double x = (f->xy[i][0] - f->grid.west_deg) / (f->grid.cell_lon_deg * f->grid.cols);
	double y = (f->grid.north_deg - f->xy[i][1]) / (f->grid.cell_lat_deg * f->grid.rows);

	return (uint32_t)(floor(fmin(0.999, fmax(0, x)) * side) +
	                  side * floor(fmin(0.999, fmax(0, y)) * side)) %
	       groups;
}

static int
near(struct field *f, double accuracy_m, uint32_t groups)
{
	static const double distances[] = { 0, 100, 500, 1000, 5000 };
	struct nearby_hazard *hazards = mem_calloc(f->count, sizeof *hazards);
	struct nearby_figure *x = mem_calloc(5 * ((size_t)groups + 1), sizeof *x);
	struct nearby_request q = { .hazards = hazards,
		                    .hazard_count = f->count,
		                    .distances_m = distances,
		                    .distance_count = 5,
		                    .group_count = groups,
		                    .pool = pool_create(0) };
	struct nearby *n = NULL;
	struct err e = { 0 };
	double begun_s = now_s(), begun_wall_s = wall_s(), took_s;
	uint32_t first, count;

	for (size_t i = 0; i < f->count && hazards; i++)
		hazards[i] = (struct nearby_hazard){ &f->geom[i], accuracy_m,
			                             groups ? place_of(f, i, groups) : 0 };
	if (!hazards || !x || nearby_create(&q, &f->grid, &n, &e) != ERR_OK) {
		(void)fprintf(stderr, "bench_exposure: %s\n", e.text);
		return 1;
	}
	nearby_window(n, &first, &count);
	for (uint32_t row = first; row < first + count; row++) {
		if (nearby_feed_row(n, row, row_of(f, row), &e) != ERR_OK)
			return 1;
	}
	if (nearby_finish(n, x, &e) != ERR_OK)
		return 1;
	took_s = now_s() - begun_s;
	printf("near hazards: %zu hazards, 5 distances, %s, %u groups, %zu threads: %.2f s, wall "
	       "%.2f s (scan "
	       "included), gap %.1e m\n",
	       f->count, accuracy_m > 0 ? "low and high" : "values only", groups, pool_size(q.pool),
	       took_s, wall_s() - begun_wall_s, nearby_gap_m(n));
	for (size_t d = 0; d < 5; d++)
		printf("  %5.0f m %14.0f people (%.0f .. %.0f), %10.1f km2\n", distances[d],
		       x[5 * groups + d].people, x[5 * groups + d].people_low,
		       x[5 * groups + d].people_high, x[5 * groups + d].area_m2 / 1e6);
	nearby_free(n);
	pool_free(q.pool);
	mem_free(hazards);
	mem_free(x);
	return 0;
}

static bool
number(const char *s, int64_t least, int64_t most, int64_t *ret)
{
	return text_parse_i64(s, strlen(s), ret) && *ret >= least && *ret <= most;
}

int
main(int argc, char **argv)
{
	int64_t n = 100000, cols = 16000, rows = 10000, peers;
	struct field f = { 0 };
	struct rusage use;
	struct rng r;
	int rc;

	if ((argc > 1 && !number(argv[1], 1, 10000000, &n)) ||
	    (argc > 3 &&
	     (!number(argv[2], 10, 100000, &cols) || !number(argv[3], 10, 100000, &rows))))
		return 2;
	peers = n;
	if (argc > 4 && !number(argv[4], 1, n, &peers))
		return 2;
	f.grid = (struct coverage_grid){ .west_deg = -130,
		                         .north_deg = -43,
		                         .cell_lon_deg = 9.0 / (double)cols,
		                         .cell_lat_deg = 6.0 / (double)rows,
		                         .cols = (uint32_t)cols,
		                         .rows = (uint32_t)rows,
		                         .nodata = -1 };
	f.count = (size_t)n;
	f.cell = mem_calloc((size_t)cols * (size_t)rows, sizeof *f.cell);
	f.row = mem_calloc((size_t)cols, sizeof *f.row);
	f.xy = mem_calloc(f.count, sizeof *f.xy);
	f.geom = mem_calloc(f.count, sizeof *f.geom);
	if (!f.cell || !f.row || !f.xy || !f.geom)
		return 1;
	rng_seed(&r, 20260504, 1);
	make_polygons(&f, &r);
	make_raster(&f, &r);
	if (argc > 5) {
		rc = zonal_for_others(&f, argv[5]);
	} else {
		rc = near(&f, 0, 0);
		rc |= near(&f, 30, 150);
		rc |= zonal(&f, (size_t)peers);
	}
	(void)getrusage(RUSAGE_SELF, &use);
	if (argc <= 5)
		printf("peak memory %.0f MB, of which raster and polygons given %.0f MB\n",
		       (double)use.ru_maxrss / 1024,
		       ((double)cols * (double)rows * sizeof(float) +
		        (double)n * (sizeof *f.xy + sizeof *f.geom)) /
		               1048576);
	mem_free(f.cell);
	mem_free(f.row);
	mem_free(f.xy);
	mem_free(f.geom);
	return rc;
}
