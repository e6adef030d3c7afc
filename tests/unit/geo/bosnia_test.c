/* Real outlines: the 11,068 suspected areas of Bosnia and Herzegovina that stand in ../shared when
 * this tree is built where the project's data is (facts: its SOURCES.md, counted with other
 * programs). */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <zlib.h>

#include "base/mem.h"
#include "geo/extent.h"
#include "geo/handle.h"
#include "geo/measure.h"
#include "geo/overlap.h"
#include "geo/shape.h"

#define NAME "data/hazards/bih_suspect_areas.geojson.gz"
#define MOST 12000u

static struct arena mem;
static struct err e;
static struct geo *ctx;
static struct geom given[MOST], most[MOST], least[MOST];
static bool broken[MOST];
static size_t count, nulls;

static gzFile
data_open(void)
{
	const char *root = getenv("FALLOW_SOURCE_ROOT"), *shared = getenv("FALLOW_SHARED");
	char path[3][1000] = { "", "", "" };
	gzFile f = NULL;

	(void)snprintf(path[0], sizeof(path[0]), "%s/" NAME, shared ? shared : "/nonexistent");
	(void)snprintf(path[1], sizeof(path[1]), "%s/../shared/" NAME, root ? root : ".");
	(void)snprintf(path[2], sizeof(path[2]), "%s/../../shared/" NAME, root ? root : ".");
	for (int i = 0; i < 3 && !f; i++) {
		f = gzopen(path[i], "rb");
	}
	return f;
}

static void
data_read(gzFile f)
{
	struct json_value *v;
	struct buf text;
	char *room;
	int n;

	buf_init(&text, 0);
	while ((room = buf_reserve(&text, 1 << 20)) != NULL && (n = gzread(f, room, 1 << 20)) > 0) {
		text.size += (size_t)n;
	}
	gzclose(f);
	assert_int_equal(json_parse(text.data, text.size, 0, &mem, &v, &e), ERR_OK);
	for (struct json_value *p = json_get(v, "features")->first; p; p = p->next) {
		struct json_value *g = json_get(p, "geometry");

		if (!g || g->type == JSON_NULL) {
			nulls++;
			continue;
		}
		assert_true(count < MOST);
		assert_int_equal(geom_from_json(g, 0, &mem, &given[count++], &e), ERR_OK);
	}
	buf_done(&text);
}

static int
setup(void **state)
{
	gzFile f = data_open();

	(void)state;
	arena_init(&mem, (size_t)1 << 30);
	ctx = geo_create();
	if (f) {
		data_read(f);
	} else {
		print_message("skipped: no " NAME " in ../shared\n");
	}
	return ctx ? 0 : -1;
}

static int
teardown(void **state)
{
	(void)state;
	geo_free(ctx);
	arena_done(&mem);
	return 0;
}

static void
skip_without_data(void)
{
	if (count == 0) {
		skip();
	}
}

static GEOSGeometry *
geos_of(const struct geom *g)
{
	GEOSGeometry *r = NULL;

	assert_int_equal(geo_to_geos(ctx, g, &r, &e), ERR_OK);
	return r;
}

/* 3,094 without geometry, 7,974 outlines; 467 of them invalid. The three multipolygons are empty.
 */
static void
invalid_ones_are_found(void **state)
{
	size_t invalid = 0, empty = 0;

	(void)state;
	skip_without_data();
	assert_int_equal(nulls, 3094);
	assert_int_equal(count, 7974);
	for (size_t i = 0; i < count; i++) {
		enum shape_fault f;

		assert_int_equal(shape_check(ctx, &given[i], &f, NULL, &e), ERR_OK);
		broken[i] = f != SHAPE_VALID;
		invalid += f != SHAPE_VALID && f != SHAPE_EMPTY;
		empty += f == SHAPE_EMPTY;
	}
	assert_int_equal(invalid, 467);
	assert_int_equal(empty, 3);
}

/* Every reading of a broken outline lies inside the cautious shape, to 1e-11 square degrees (0.1
 * m2). */
static void
readings_are_covered(void **state)
{
	GEOSMakeValidParams *p = GEOSMakeValidParams_create_r(geo_geos(ctx));

	(void)state;
	GEOSMakeValidParams_setMethod_r(ctx->geos, p, GEOS_MAKE_VALID_STRUCTURE);
	for (size_t i = 0; i < count; i++) {
		GEOSGeometry *in, *top, *reading[3];

		assert_int_equal(shape_cover(ctx, &given[i], &mem, &most[i], &least[i], &e),
		                 ERR_OK);
		if (!broken[i]) {
			assert_true(geom_equal(&given[i], &most[i]));
			continue;
		}
		in = geos_of(&given[i]);
		top = geos_of(&most[i]);
		reading[0] = GEOSMakeValid_r(ctx->geos, in);
		reading[1] = GEOSMakeValidWithParams_r(ctx->geos, in, p);
		reading[2] = GEOSBuffer_r(ctx->geos, in, 0, 1);
		for (int k = 0; k < 3; k++) {
			GEOSGeometry *areal = GEOSBuffer_r(ctx->geos, reading[k], 0, 1);
			GEOSGeometry *rest = GEOSDifference_r(ctx->geos, areal, top);
			double a = 1;

			assert_int_equal(GEOSArea_r(ctx->geos, rest, &a), 1);
			assert_true(a < 1e-11);
			GEOSGeom_destroy_r(ctx->geos, areal);
			GEOSGeom_destroy_r(ctx->geos, rest);
			GEOSGeom_destroy_r(ctx->geos, reading[k]);
		}
		GEOSGeom_destroy_r(ctx->geos, in);
		GEOSGeom_destroy_r(ctx->geos, top);
	}
	GEOSMakeValidParams_destroy_r(ctx->geos, p);
	skip_without_data();
}

static int
add_pair(void *pairs, size_t a, size_t b, double m2)
{
	double *sum = pairs;

	(void)a;
	(void)b;
	sum[0] += 1;
	sum[1] += m2;
	return 0;
}

/* The union against GEOS; overlaps of about 5.9 km2 in 1,324 pairs. */
static void
union_and_overlaps(void **state)
{
	struct extent_item *it = mem_calloc(MOST, sizeof(*it));
	const struct geom **list = mem_calloc(MOST, sizeof(*list));
	struct extent_result r;
	double pairs[2] = { 0 }, want;
	struct geom u;
	size_t n = 0;

	(void)state;
	assert_true(it && list);
	for (size_t i = 0; i < count; i++) {
		if (geom_is_areal(&most[i])) {
			list[n] = &most[i];
			it[n++] = (struct extent_item){ &most[i],
				                        measure_area_m2(&most[i]),
				                        measure_perimeter_m(&most[i]),
				                        25,
				                        0,
				                        0 };
		}
	}
	assert_int_equal(extent_compute(NULL, it, n, 1, &r, &e), ERR_OK);
	assert_int_equal(shape_union(ctx, list, n, &mem, &u, &e), ERR_OK);
	want = measure_area_m2(&u);
	print_message("union %.6f km2, GEOS %.6f km2; sum %.3f km2, low %.1f, high %.1f km2\n",
	              r.area_m2 / 1e6, want / 1e6, r.sum_m2 / 1e6, r.low_m2 / 1e6, r.high_m2 / 1e6);
	assert_true(fabs(r.area_m2 - want) <= 1e-9 * want);
	assert_int_equal(overlap_each(NULL, it, n, 0.01, add_pair, pairs, &e), ERR_OK);
	print_message("%.0f pairs, %.4f km2\n", pairs[0], pairs[1] / 1e6);
	mem_free(it);
	mem_free(list);
	skip_without_data();
	assert_true(fabs(pairs[1] - 5.9e6) < 0.1e6);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(invalid_ones_are_found),
		cmocka_unit_test(readings_are_covered),
		cmocka_unit_test(union_and_overlaps),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
