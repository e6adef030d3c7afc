#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/rng.h"
#include "base/text.h"
#include "geo/geom.h"

static struct arena mem;
static struct err e;

static int
setup(void **state)
{
	(void)state;
	arena_init(&mem, 0);
	err_clear(&e);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	arena_done(&mem);
	return 0;
}

static struct geom
wkt(const char *s)
{
	struct geom g = { 0 };
	enum err_code rc = geom_from_wkt(s, strlen(s), 0, &mem, &g, &e);

	if (rc != ERR_OK) {
		print_error("%s: %s\n", s, e.text);
	}
	assert_int_equal(rc, ERR_OK);
	return g;
}

static const char *
json_of(const struct geom *g)
{
	struct buf b;
	const char *s;

	buf_init(&b, 0);
	geom_write_json(g, &b);
	assert_true(buf_ok(&b));
	s = arena_strdup(&mem, buf_text(&b));
	buf_done(&b);
	return s;
}

static enum err_code
unhex(const char *hex, size_t max, struct geom *ret)
{
	uint8_t bytes[1000];
	size_t n = strlen(hex) / 2;

	assert_true(n <= sizeof(bytes));
	assert_true(text_unhex(hex, 2 * n, bytes, n));
	return geom_from_wkb(bytes, n, max, &mem, ret, &e);
}

/* WKB on the left was printed by PostGIS 3.3 (ST_AsBinary, ST_AsEWKB, NDR and XDR) from the WKT on
 * the right. */
static const struct {
	const char *hex, *wkt;
} postgis[] = {
#include "geom_wkb_cases.h"
};

static void
wkb_reads_what_postgis_writes(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(postgis) / sizeof(postgis[0]); i++) {
		struct geom a, b = wkt(postgis[i].wkt);

		assert_int_equal(unhex(postgis[i].hex, 0, &a), ERR_OK);
		if (!geom_equal(&a, &b)) {
			print_error("%s gave %s\n", postgis[i].wkt, json_of(&a));
		}
		assert_true(geom_equal(&a, &b));
	}
}

static void
wkb_round_trip(void **state)
{
	static const char *const texts[] = {
		"POINT (1 2)",
		"POINT EMPTY",
		"LINESTRING (1 2, 3 4)",
		"LINESTRING EMPTY",
		"POLYGON ((0 0, 4 0, 4 4, 0 0), (1 1, 2 1, 2 2, 1 1))",
		"POLYGON EMPTY",
		"MULTIPOINT ((1 2), (3 4))",
		"MULTIPOINT EMPTY",
		"MULTILINESTRING ((1 2, 3 4), (5 6, 7 8))",
		"MULTIPOLYGON (((0 0, 4 0, 4 4, 0 0)), ((9 9, 8 9, 8 8, 9 9)))",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct geom g = wkt(texts[i]), back;
		struct json_value *v;
		struct buf b;
		const char *json;

		buf_init(&b, 0);
		geom_to_wkb(&g, &b);
		assert_int_equal(geom_from_wkb((const uint8_t *)b.data, b.size, 0, &mem, &back, &e),
		                 ERR_OK);
		assert_true(geom_equal(&g, &back));
		buf_reset(&b);
		geom_to_gpkg(&g, &b);
		assert_int_equal(geom_from_gpkg((const uint8_t *)b.data, b.size, &mem, &back, &e),
		                 ERR_OK);
		assert_true(geom_equal(&g, &back));
		buf_done(&b);
		json = json_of(&g);
		assert_int_equal(json_parse(json, strlen(json), 0, &mem, &v, &e), ERR_OK);
		assert_int_equal(geom_from_json(v, 0, &mem, &back, &e), ERR_OK);
		assert_true(geom_equal(&g, &back));
	}
}

static void
wkb_every_cut_fails(void **state)
{
	struct geom g = wkt("MULTIPOLYGON (((0 0, 4 0, 4 4, 0 0)), ((9 9, 8 9, 8 8, 9 9)))"), back;
	struct geom untouched = { .point_count = 77 };
	struct buf b;

	(void)state;
	buf_init(&b, 0);
	geom_to_wkb(&g, &b);
	for (size_t n = 0; n < b.size; n++) {
		back = untouched;
		assert_int_equal(geom_from_wkb((const uint8_t *)b.data, n, 0, &mem, &back, &e),
		                 ERR_INVALID);
		assert_int_equal(back.point_count, 77);
	}
	buf_addc(&b, 0);
	assert_int_equal(geom_from_wkb((const uint8_t *)b.data, b.size, 0, &mem, &back, &e),
	                 ERR_INVALID);
	buf_done(&b);
}

static void
wkb_hostile(void **state)
{
	struct geom g;

	(void)state;
	/* four thousand million points in 9 bytes */
	assert_int_equal(unhex("0102000000ffffffff", 0, &g), ERR_INVALID);
	assert_int_equal(unhex("0106000000ffffffff", 0, &g), ERR_INVALID);
	assert_int_equal(unhex("010300000001000000ffffff0f", 0, &g), ERR_INVALID);
	assert_int_equal(unhex("0201000000", 0, &g), ERR_INVALID);             /* byte order 2 */
	assert_int_equal(unhex("010000000000000000", 0, &g), ERR_INVALID);     /* type 0 */
	assert_int_equal(unhex("01a00f000000000000", 0, &g), ERR_INVALID);     /* type 4000 */
	assert_int_equal(unhex("010800000000000000", 0, &g), ERR_UNSUPPORTED); /* circular string */
	assert_int_equal(unhex("010f00000000000000", 0, &g), ERR_UNSUPPORTED); /* surface */
	/* a line inside a multipoint */
	assert_int_equal(unhex("010400000001000000010200000000000000", 0, &g), ERR_INVALID);
	/* infinite x */
	assert_int_equal(unhex("0101000000000000000000f07f0000000000000000", 0, &g), ERR_INVALID);
	/* NaN, 0 */
	assert_int_equal(unhex("0101000000000000000000f87f0000000000000000", 0, &g), ERR_INVALID);
	/* a point and a line in one collection */
	assert_int_equal(
		unhex("01070000000200000001010000000000000000000000000000000000000001020000"
	              "0000000000",
	              0, &g),
		ERR_UNSUPPORTED);
}

static void
wkb_depth_is_limited(void **state)
{
	uint8_t bytes[9 * 20 + 9];
	struct geom g;

	(void)state;
	for (size_t i = 0; i < 21; i++) {
		static const uint8_t one[9] = { 1, 7, 0, 0, 0, 1, 0, 0, 0 };

		memcpy(bytes + 9 * i, one, 9);
	}
	bytes[9 * 20 + 5] = 0;
	assert_int_equal(geom_from_wkb(bytes, sizeof(bytes), 0, &mem, &g, &e), ERR_LIMIT);
	bytes[9 * 8 + 5] = 0; /* eight collections around an empty one */
	assert_int_equal(geom_from_wkb(bytes, 9 * 9, 0, &mem, &g, &e), ERR_OK);
	assert_true(geom_is_empty(&g));
}

static void
points_are_limited(void **state)
{
	static const char text[] = "LINESTRING (1 1, 2 2, 3 3)";
	struct geom g;

	(void)state;
	assert_int_equal(geom_from_wkt(text, strlen(text), 3, &mem, &g, &e), ERR_OK);
	assert_int_equal(geom_from_wkt(text, strlen(text), 2, &mem, &g, &e), ERR_LIMIT);
}

static void
rings_are_closed(void **state)
{
	struct geom g = wkt("POLYGON ((0 0, 4 0, 4 4))");

	(void)state;
	assert_int_equal(g.point_count, 4);
	assert_string_equal(json_of(&g),
	                    "{\"coordinates\":[[[0,0],[4,0],[4,4],[0,0]]],\"type\":\"Polygon\"}");
}

static void
wkt_forms(void **state)
{
	struct geom a = wkt("MULTIPOINT (1 2, 3 4)"), b = wkt(" multipoint((1 2),(3 4)) ");
	struct geom p = wkt("SRID=4326;POINT Z (30.5 50.25 120)"),
		    q = wkt("POINTZM(30.5 50.25 1 2)");
	struct geom m = wkt("MULTIPOLYGON (EMPTY, ((0 0, 1 0, 1 1, 0 0)))");

	(void)state;
	assert_true(geom_equal(&a, &b));
	assert_true(geom_equal(&p, &q));
	assert_int_equal(m.part_count, 1);
	a = wkt("MULTIPOINT (EMPTY, 1 2)");
	assert_int_equal(a.part_count, 1);
}

static void
wkt_refused(void **state)
{
	static const struct {
		const char *text;
		enum err_code code;
	} bad[] = {
		{ "", ERR_INVALID },
		{ "POINT", ERR_INVALID },
		{ "POINT (1)", ERR_INVALID },
		{ "POINT (1 2 3 4 5)", ERR_INVALID },
		{ "POINT (1 2", ERR_INVALID },
		{ "POINT (1 2))", ERR_INVALID },
		{ "POINT (nan 2)", ERR_INVALID },
		{ "POINT (1e999 2)", ERR_INVALID },
		{ "LINESTRING ((1 2, 3 4))", ERR_INVALID },
		{ "POLYGON (1 2, 3 4)", ERR_INVALID },
		{ "POLYGON ((1 2, 3 4, 5 6)", ERR_INVALID },
		{ "GEOMETRYCOLLECTION (POINT (1 2))", ERR_UNSUPPORTED },
		{ "CIRCULARSTRING (1 2, 3 4, 5 6)", ERR_UNSUPPORTED },
		{ "SRID=4326POINT (1 2)", ERR_INVALID },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct geom g = { .point_count = 77 };

		assert_int_equal(geom_from_wkt(bad[i].text, strlen(bad[i].text), 0, &mem, &g, &e),
		                 bad[i].code);
		assert_int_equal(g.point_count, 77);
	}
}

static void
json_refused(void **state)
{
	static const struct {
		const char *text;
		enum err_code code;
	} bad[] = {
		{ "{}", ERR_INVALID },
		{ "[]", ERR_INVALID },
		{ "{\"type\":\"Point\"}", ERR_INVALID },
		{ "{\"type\":\"Point\",\"coordinates\":[1]}", ERR_INVALID },
		{ "{\"type\":\"Point\",\"coordinates\":[\"1\",2]}", ERR_INVALID },
		{ "{\"type\":\"Point\",\"coordinates\":[[1,2]]}", ERR_INVALID },
		{ "{\"type\":\"Polygon\",\"coordinates\":[[1,2],[3,4]]}", ERR_INVALID },
		{ "{\"type\":\"LineString\",\"coordinates\":[[],[]]}", ERR_INVALID },
		{ "{\"type\":\"Feature\",\"coordinates\":[]}", ERR_UNSUPPORTED },
		{ "{\"type\":\"point\",\"coordinates\":[1,2]}", ERR_UNSUPPORTED },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct geom g = { .point_count = 77 };
		struct json_value *v;

		assert_int_equal(json_parse(bad[i].text, strlen(bad[i].text), 0, &mem, &v, &e),
		                 ERR_OK);
		assert_int_equal(geom_from_json(v, 0, &mem, &g, &e), bad[i].code);
		assert_int_equal(g.point_count, 77);
	}
	assert_int_equal(geom_from_json(NULL, 0, &mem, &(struct geom){ 0 }, &e), ERR_INVALID);
}

/* Byte by byte as OGC 12-128r18 clause 2.1.3 lays it out. */
static void
gpkg_bytes(void **state)
{
	static const char point[] = "47500001e6100000"
				    "0101000000000000000000f03f0000000000000040";
	static const char line[] =
		"47500003e6100000"
		"000000000000f03f00000000000008400000000000000040"
		"0000000000001040"
		"010200000002000000000000000000f03f000000000000004000000000000008400000"
		"000000001040";
	static const char empty[] = "47500011e6100000010300000000000000";
	struct geom g[3] = { wkt("POINT (1 2)"), wkt("LINESTRING (1 2, 3 4)"),
		             wkt("POLYGON EMPTY") };
	const char *want[3] = { point, line, empty };

	(void)state;
	for (int i = 0; i < 3; i++) {
		char hex[300];
		struct buf b;

		buf_init(&b, 0);
		geom_to_gpkg(&g[i], &b);
		text_hex((const uint8_t *)b.data, b.size, hex);
		assert_string_equal(hex, want[i]);
		buf_done(&b);
	}
}

static void
gpkg_refused(void **state)
{
	uint8_t blob[29] = { 'G', 'P', 0, 1, 0xe6, 0x10, 0, 0, 1, 1 };
	struct geom g;

	(void)state;
	assert_int_equal(geom_from_gpkg(blob, sizeof(blob), &mem, &g, &e), ERR_OK);
	for (size_t n = 0; n < sizeof(blob); n++) {
		assert_int_equal(geom_from_gpkg(blob, n, &mem, &g, &e), ERR_INVALID);
	}
	blob[3] = 5 << 1;
	assert_int_equal(geom_from_gpkg(blob, sizeof(blob), &mem, &g, &e), ERR_INVALID);
	blob[3] = 0x21;
	assert_int_equal(geom_from_gpkg(blob, sizeof(blob), &mem, &g, &e), ERR_UNSUPPORTED);
	blob[3] = 1;
	blob[2] = 1;
	assert_int_equal(geom_from_gpkg(blob, sizeof(blob), &mem, &g, &e), ERR_UNSUPPORTED);
	blob[2] = 0;
	blob[1] = 'Q';
	assert_int_equal(geom_from_gpkg(blob, sizeof(blob), &mem, &g, &e), ERR_INVALID);
}

static void
boxes(void **state)
{
	struct geom g = wkt("LINESTRING (3 -4, -1 2)"), none = wkt("POINT EMPTY");
	struct geom_box a = geom_bounds(&g), b = geom_bounds(&none);

	(void)state;
	assert_true(a.min_lon_deg == -1 && a.max_lon_deg == 3 && a.min_lat_deg == -4 &&
	            a.max_lat_deg == 2);
	assert_true(b.min_lon_deg > b.max_lon_deg);
	assert_false(geom_box_overlap(a, b));
	geom_box_grow(&a, b);
	assert_true(a.min_lon_deg == -1);
	b = (struct geom_box){ 3, 2, 5, 5 };
	assert_true(geom_box_overlap(a, b)); /* a corner in common */
	geom_box_grow(&b, a);
	assert_true(b.min_lat_deg == -4 && b.max_lon_deg == 5);
}

/* Any bytes: an answer, never a crash (the sanitizer build looks on). */
static void
wkb_noise(void **state)
{
	struct geom g = wkt("MULTIPOLYGON (((0 0, 4 0, 4 4, 0 0)), ((9 9, 8 9, 8 8, 9 9)))");
	struct rng r;
	struct buf b;

	(void)state;
	rng_seed(&r, 20240501, 1);
	buf_init(&b, 0);
	geom_to_wkb(&g, &b);
	for (int i = 0; i < 20000; i++) {
		uint8_t bytes[300];
		struct arena a;
		struct geom back;

		memcpy(bytes, b.data, b.size);
		for (uint64_t k = rng_below(&r, 4) + 1; k; k--) {
			bytes[rng_below(&r, rng_below(&r, 2) ? 30 : b.size)] =
				(uint8_t)rng_below(&r, 256);
		}
		arena_init(&a, 0);
		if (geom_from_wkb(bytes, b.size, 0, &a, &back, &e) == ERR_OK) {
			struct buf c;

			buf_init(&c, 0);
			geom_to_wkb(&back, &c);
			assert_true(buf_ok(&c));
			buf_done(&c);
		}
		arena_done(&a);
	}
	buf_done(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(wkb_reads_what_postgis_writes, setup, teardown),
		cmocka_unit_test_setup_teardown(wkb_round_trip, setup, teardown),
		cmocka_unit_test_setup_teardown(wkb_every_cut_fails, setup, teardown),
		cmocka_unit_test_setup_teardown(wkb_hostile, setup, teardown),
		cmocka_unit_test_setup_teardown(wkb_depth_is_limited, setup, teardown),
		cmocka_unit_test_setup_teardown(points_are_limited, setup, teardown),
		cmocka_unit_test_setup_teardown(rings_are_closed, setup, teardown),
		cmocka_unit_test_setup_teardown(wkt_forms, setup, teardown),
		cmocka_unit_test_setup_teardown(wkt_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(json_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(gpkg_bytes, setup, teardown),
		cmocka_unit_test_setup_teardown(gpkg_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(boxes, setup, teardown),
		cmocka_unit_test_setup_teardown(wkb_noise, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
