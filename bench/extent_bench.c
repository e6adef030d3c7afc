/* The extent's area over generated hazards: see bench/extent.
 *
 *	extent_bench N GROUPS SEED THREADS          time it, print the sums
 *	extent_bench N GROUPS SEED THREADS areas    one line a group: area in m2
 *	extent_bench N GROUPS SEED 0 copy           rows for PostgreSQL's COPY: group, tab, EWKB in
 *hex */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/rng.h"
#include "base/text.h"
#include "geo/extent.h"
#include "geo/measure.h"
#include "geo/overlap.h"
#include "geo/shape.h"

#define CORNERS 16
#define PI 3.141592653589793
#define RADIUS_DEG 0.0015 /* about 160 m */
#define LAPPING 0.357     /* -ln(1 - 0.3): three in ten meet another */

/* Processor seconds of all threads: what counts on a machine that others use too. */
static double
cpu_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static double
now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* A hazard of 16 corners somewhere in its group's square, so that about 30 % overlap another one.
 */
static bool
hazard(struct rng *r, uint32_t group, size_t per_group, struct arena *mem, struct geom *ret)
{
	double side = sqrt((double)per_group * 4 * PI * RADIUS_DEG * RADIUS_DEG / LAPPING);
	double *xy = arena_calloc(mem, 2 * (CORNERS + 1), sizeof(*xy));
	uint32_t *end = arena_calloc(mem, 2, sizeof(*end));
	double lat = -50 + (group / 13) % 13 * (side + 0.05) + side * rng_f64(r),
	       k = cos(lat * PI / 180);
	double lon = -130 + (group % 13) * (side / 0.63 + 0.05) + side / k * rng_f64(r);

	if (!xy || !end) {
		return false;
	}
	for (int i = 0; i < CORNERS; i++) {
		double d = RADIUS_DEG * (0.6 + 0.5 * rng_f64(r)), a = 2 * PI * i / CORNERS;

		xy[2 * i] = lon + d * cos(a) / k;
		xy[2 * i + 1] = lat + d * sin(a);
	}
	xy[2 * CORNERS] = xy[0];
	xy[2 * CORNERS + 1] = xy[1];
	end[0] = 1;
	end[1] = CORNERS + 1;
	*ret = (struct geom){ GEOM_POLYGON, 1, 1, CORNERS + 1, end, end + 1, xy };
	return true;
}

static void
print_copy(const struct geom *g, uint32_t group)
{
	struct buf b;
	char hex[2000];

	buf_init(&b, 0);
	geom_to_wkb(g, &b);
	text_hex((const uint8_t *)b.data, b.size, hex);
	printf("%u\t0103000020E6100000%s\n", (unsigned)group, hex + 10);
	buf_done(&b);
}

static int
count_pair(void *ctx, size_t a, size_t b, double m2)
{
	double *sum = ctx;

	(void)a;
	(void)b;
	sum[0] += 1;
	sum[1] += m2;
	return 0;
}

static void
time_parts(const struct geom *g, size_t n)
{
	struct geo *ctx = geo_create();
	double t = cpu_s(), sum = 0;
	size_t valid = 0;
	struct err e;

	for (size_t i = 0; i < n; i++) {
		sum += measure_area_m2(&g[i]);
	}
	printf("area        %8.3f us a polygon (processor) (sum %.6f km2)\n",
	       (cpu_s() - t) / (double)n * 1e6, sum / 1e6);
	t = cpu_s();
	for (size_t i = 0; i < n; i++) {
		sum += measure_perimeter_m(&g[i]);
	}
	printf("perimeter   %8.3f us a polygon (processor)\n", (cpu_s() - t) / (double)n * 1e6);
	t = cpu_s();
	for (size_t i = 0; i < n; i++) {
		enum shape_fault f;
		double at[2];

		valid += shape_check(ctx, &g[i], &f, at, &e) == ERR_OK && f == SHAPE_VALID;
	}
	printf("validity    %8.3f us a polygon (processor) (%zu valid)\n",
	       (cpu_s() - t) / (double)n * 1e6, valid);
	geo_free(ctx);
}

static int
run(const struct geom *g, size_t n, uint32_t groups, size_t threads, bool areas)
{
	struct extent_item *it = calloc(n, sizeof(*it));
	struct extent_result *r = calloc(groups, sizeof(*r));
	struct pool *pool = pool_create(threads);
	double t, cpu, sum[3] = { 0 }, pairs[2] = { 0 };
	struct err e;

	for (size_t i = 0; it && i < n; i++) {
		it[i] = (struct extent_item){
			&g[i], measure_area_m2(&g[i]), measure_perimeter_m(&g[i]),
			10,    (uint32_t)(i % groups), 0
		};
	}
	t = now_s();
	cpu = cpu_s();
	if (!it || !r || !pool || extent_compute(pool, it, n, groups, r, &e) != ERR_OK) {
		fprintf(stderr, "extent_bench: failed\n");
		return 1;
	}
	t = now_s() - t;
	cpu = cpu_s() - cpu;
	for (uint32_t k = 0; k < groups; k++) {
		if (areas) {
			printf("%u\t%.6f\n", (unsigned)k, r[k].area_m2);
		}
		sum[0] += r[k].sum_m2;
		sum[1] += r[k].area_m2;
		sum[2] += r[k].overlap_m2;
	}
	if (areas) {
		return 0;
	}
	time_parts(g, n);
	printf("extent      %8.3f s (%.3f s of processor) for %zu polygons in %u groups on %zu "
	       "threads\n",
	       t, cpu, n, (unsigned)groups, pool_size(pool));
	printf("            sum %.3f km2, union %.3f km2, overlap %.2f %%\n", sum[0] / 1e6,
	       sum[1] / 1e6, 100 * sum[2] / sum[0]);
	t = now_s();
	cpu = cpu_s();
	if (overlap_each(pool, it, n, 0.01, count_pair, pairs, &e) != ERR_OK) {
		fprintf(stderr, "extent_bench: %s\n", e.text);
		return 1;
	}
	printf("overlaps    %8.3f s (%.3f s of processor) for %.0f pairs (%.3f km2)\n", now_s() - t,
	       cpu_s() - cpu, pairs[0], pairs[1] / 1e6);
	pool_free(pool);
	free(it);
	free(r);
	return 0;
}

int
main(int argc, char **argv)
{
	double v[4] = { 100000, 150, 1, 0 };
	bool copy = argc > 5 && strcmp(argv[5], "copy") == 0;
	struct arena mem;
	struct geom *g;
	struct rng r;
	size_t n;
	int rc = 0;

	for (int i = 1; i < argc && i < 5; i++) {
		if (!text_parse_f64(argv[i], strlen(argv[i]), &v[i - 1])) {
			fprintf(stderr, "extent_bench: '%s' is no number\n", argv[i]);
			return 2;
		}
	}
	n = (size_t)v[0];
	arena_init(&mem, (size_t)8 << 30);
	g = calloc(n, sizeof(*g));
	rng_seed(&r, (uint64_t)v[2], 1);
	for (size_t i = 0; g && i < n; i++) {
		uint32_t group = (uint32_t)(i % (size_t)v[1]);

		if (!hazard(&r, group, n / (size_t)v[1] + 1, &mem, &g[i])) {
			return 1;
		}
		if (copy) {
			print_copy(&g[i], group);
		}
	}
	if (g && !copy) {
		rc = run(g, n, (uint32_t)v[1], (size_t)v[3], argc > 5);
	}
	free(g);
	arena_done(&mem);
	return rc;
}
