/* GeoJSON in, rows out. WKB expected values follow OGC 06-103r4 by hand: 01 = little-endian, type,
 * counts, IEEE doubles (1.0 = 000000000000f03f, 2.0 = 0000000000000040, 3.0 = 0000000000000840). */
#define _GNU_SOURCE /* memfd_create */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "reader/geojson.h"

#include "stream.h"

#define P12 "000000000000f03f0000000000000040"
#define P34 "00000000000008400000000000001040"
#define POINT12 "0101000000" P12

/* Read text with a limit of so many vertices (0 = the default) and compare the whole stream. */
static void
expect_limited(const char *text, int64_t vertices, const char *expected)
{
	struct stream st;
	struct geojson g;
	struct out_header h = {
		.layer = "t", .driver = "GeoJSON", .encoding = "UTF-8", .crs_wkt = ""
	};
	struct err e = { 0 };
	struct buf b;

	stream_start(&st);
	if (vertices)
		st.limits.vertices = vertices;
	buf_init(&b, 0);
	geojson_init(&g, (struct input){ .s = text, .n = strlen(text) }, &st.limits, NULL);
	if (geojson_scan(&g, &e) == ERR_OK) {
		h.crs = g.crs;
		h.has_geometry = g.has_geometry;
		h.column_count = g.cols.count;
		h.columns = columns_header(&g.cols);
		out_header(&st.out, &h);
		if (geojson_rows(&g, &st.out, &e) == ERR_OK)
			assert_int_equal(g.features, st.out.rows);
	}
	geojson_done(&g);
	assert_string_equal(stream_show(&st, &e, &b), expected);
	buf_done(&b);
}

static void
expect(const char *text, const char *expected)
{
	expect_limited(text, 0, expected);
}

#define FC(features) "{\"type\":\"FeatureCollection\",\"features\":[" features "]}"
#define F(props, geom) "{\"type\":\"Feature\",\"properties\":" props ",\"geometry\":" geom "}"
#define PT "{\"type\":\"Point\",\"coordinates\":[1,2]}"

static void
test_values(void **state)
{
	(void)state;
	expect(FC(F("{\"i\":1,\"r\":1.5,\"t\":\"a\",\"b\":true,\"d\":\"2024-05-01\",\"n\":null}",
	            PT) "," F("{\"i\":-7,\"r\":2,\"t\":\"\\u0411\\n\\ud83d\\ude00\",\"b\":false,"
	                      "\"d\":\"2024-05-01T10:00:00Z\"}",
	                      "null")),
	       "i:i r:r t:t b:i d:d n:t\n"
	       "1 " POINT12 " 1 1.5 'a' 1 '2024-05-01' null\n"
	       "2 -7 2.0 '\xd0\x91\n\xf0\x9f\x98\x80' 0 '2024-05-01T10:00:00Z' null\nend\n");
}

static void
test_types_widen(void **state)
{
	(void)state;
	/* A number and a text: text. A list: its JSON. A whole number past 64 bits, or one that a
	 * double would not hold beside a real: text, so that no digit is lost. */
	expect(FC(F("{\"a\":1,\"b\":[1, "
	            "{\"x\":\"y\"}],\"c\":123456789012345678901,\"e\":1234567890123456789,\"f\":"
	            "true}",
	            "null") "," F("{\"a\":\"x\",\"b\":2,\"c\":1,\"e\":0.5,\"f\":1}", "null")),
	       "a:t b:t c:t e:t f:t\n"
	       "1 '1' '[1, {\"x\":\"y\"}]' '123456789012345678901' '1234567890123456789' 'true'\n"
	       "2 'x' '2' '1' '0.5' '1'\nend\n");
}

static void
test_geometries(void **state)
{
	(void)state;
	expect(FC(F("{}", "{\"type\":\"LineString\",\"coordinates\":[[1,2,99],[3,4,99,7]]}")),
	       "\n1 010200000002000000" P12 P34 "\nend\n");
	expect(FC(F("{}", "{\"coordinates\":[[[1,2],[3,4],[1,2]],[]],\"type\":\"Polygon\"}")),
	       "\n1 01030000000200000003000000" P12 P34 P12 "00000000\nend\n");
	expect(FC(F("{}", "{\"type\":\"MultiPoint\",\"coordinates\":[[1,2]]}")),
	       "\n1 010400000001000000" POINT12 "\nend\n");
	expect(FC(F("{}", "{\"type\":\"MultiLineString\",\"coordinates\":[[[1,2],[3,4]]]}")),
	       "\n1 010500000001000000"
	       "010200000002000000" P12 P34 "\nend\n");
	expect(FC(F("{}", "{\"type\":\"MultiPolygon\",\"coordinates\":[[[[1,2]]]]}")),
	       "\n1 010600000001000000"
	       "01030000000100000001000000" P12 "\nend\n");
	expect(FC(F("{}", "{\"geometries\":[" PT "],\"type\":\"GeometryCollection\"}")),
	       "\n1 010700000001000000" POINT12 "\nend\n");
	expect(FC(F("{}", "{\"type\":\"Point\",\"coordinates\":[]}")), "\n1\nend\n");
	expect("{\"type\":\"Polygon\",\"coordinates\":[]}", "\n1 010300000000000000\nend\n");
}

static void
test_shapes_of_file(void **state)
{
	(void)state;
	expect(F("{\"a\":1}", PT), "a:i\n1 " POINT12 " 1\nend\n");
	expect(PT, "\n1 " POINT12 "\nend\n");
	expect("\x1e" F("{\"a\":1}", "null") "\n\x1e" F("{\"a\":2}", "null") "\n",
	       "a:i\n1 1\n2 2\nend\n");
	expect("\xef\xbb\xbf" FC(""), "\nend\n");
	expect("{\"features\":[" F("{\"a\":1}", "null") "],\"type\":\"FeatureCollection\"}",
	       "a:i\n1 1\nend\n");
	expect(FC("{\"geometry\":" PT ",\"type\":\"Feature\",\"id\":\"x7\",\"bbox\":[1,2,1,2]}"),
	       "id:t\n1 " POINT12 " 'x7'\nend\n");
	expect(FC("{\"type\":\"Feature\",\"id\":7,\"properties\":{\"id\":1,\"ID\":2},\"geometry\":"
	          "null}"),
	       "feature_id:i id:i ID_2:i\n1 7 1 2\nend\n");
}

static void
test_bad_rows(void **state)
{
	(void)state;
	expect(FC(F("{\"a\":1}", "null") "," F(
		       "{\"a\":2}",
		       "{\"type\":\"Point\",\"coordinates\":[NaN,2]}") "," F("{\"a\":3}", "null")),
	       "a:i\n1 1\n"
	       "bad 2 the feature cannot be read: a coordinate is not a finite number (at byte 177 "
	       "of the file) | "
	       "{\"type\":\"Feature\",\"properties\":{\"a\":2},\"geometry\":{\"type\":\"Point\","
	       "\"coordinates\":[NaN,2]}}\n"
	       "3 3\nend\n");
	expect_limited(
		FC(F("{}", "{\"type\":\"MultiPoint\",\"coordinates\":[[1,2],[1,2]]}") "," F(
			"{}", "{\"type\":\"MultiPoint\",\"coordinates\":[[1,2],[1,2],[1,2]]}")),
		2,
		"\n1 010400000002000000" POINT12 POINT12
		"\nbad 2 the feature cannot be read: the geometry has more vertices than allowed "
		"(at byte 234 of "
		"the file) | "
		"{\"type\":\"Feature\",\"properties\":{},\"geometry\":{\"type\":\"MultiPoint\","
		"\"coordinates\":[[1,2],[1,2],[1,2]]}}\nend\n");
}

static void
test_broken_off(void **state)
{
	(void)state;
	expect("{\"type\":\"FeatureCollection\",\"features\":[" F("{\"a\":1}",
	                                                          "null") ",{\"type\":\"Fea",
	       "a:i\n1 1\nfailed invalid: the file breaks off in feature 2, which begins at byte "
	       "96\n");
	expect("{\"type\":\"FeatureCollection\",\"features\":[" F("{\"a\":1}", "null"),
	       "a:i\n1 1\nfailed invalid: the file breaks off after feature 1\n");
	expect("{\"type\":\"FeatureCollection\",\"features\":[" F("{\"a\":1}", "null") "}",
	       "a:i\n1 1\nfailed invalid: the file is not JSON after feature 1, at byte 95: a "
	       "\",\" or a closing "
	       "bracket is missing\n");
}

static void
test_crs(void **state)
{
	static const char *const cases[][2] = {
		{ "urn:ogc:def:crs:EPSG::3857", "EPSG:3857" },
		{ "EPSG:28406", "EPSG:28406" },
		{ "urn:ogc:def:crs:OGC:1.3:CRS84", "EPSG:4326" },
		{ "urn:ogc:def:crs:EPSG:6.9:32633", "EPSG:32633" },
		{ "local grid", "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct limits limits;
		struct geojson g;
		struct err e = { 0 };
		char text[300];

		limits_default(&limits);
		(void)snprintf(text, sizeof text,
		               "{\"type\":\"FeatureCollection\",\"features\":[],\"crs\":{\"type\":"
		               "\"name\","
		               "\"properties\":{\"name\":\"%s\"}}}",
		               cases[i][0]);
		geojson_init(&g, (struct input){ .s = text, .n = strlen(text) }, &limits, NULL);
		assert_int_equal(geojson_scan(&g, &e), ERR_OK);
		assert_string_equal(g.crs, cases[i][1]);
		assert_true((g.crs_note[0] != 0) == (cases[i][1][0] == 0));
		geojson_done(&g);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),     cmocka_unit_test(test_types_widen),
		cmocka_unit_test(test_geometries), cmocka_unit_test(test_shapes_of_file),
		cmocka_unit_test(test_bad_rows),   cmocka_unit_test(test_broken_off),
		cmocka_unit_test(test_crs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
