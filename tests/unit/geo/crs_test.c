#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "geo/crs.h"

static struct geo *ctx;

static int
set_up(void **state)
{
	(void)state;
	ctx = geo_create();
	return ctx ? 0 : -1;
}

static int
tear_down(void **state)
{
	(void)state;
	geo_free(ctx);
	return 0;
}

static struct crs *
must_open(const char *code, int operation, const char *iso3)
{
	struct crs *c = NULL;
	struct err e = { 0 };

	if (crs_open(ctx, code, operation, iso3, &c, &e) != ERR_OK)
		fail_msg("%s: %s", code, e.text);
	return c;
}

static double
moved_m(double *at, const double *from)
{
	double x = (at[0] - from[0]) * cos(from[1] * 3.14159265358979323846 / 180);

	return 111320 * hypot(x, at[1] - from[1]);
}

static void
convert(const char *code, int operation, const double *from, double *ret)
{
	struct crs *c = must_open(code, operation, "UKR");
	struct err e = { 0 };

	ret[0] = from[0];
	ret[1] = from[1];
	assert_int_equal(crs_to_wgs84(c, CRS_EASTING_FIRST, ret, 1, &e), ERR_OK);
	crs_free(c);
}

/* ---- trust.md, table 2.1: sizes of the usual mistakes, measured there with cct ---- */

static const struct {
	const char *place;
	double at[2];
	double sk42_m;
} towns[] = {
	{ "Luhansk", { 39.31, 48.57 }, 115 },  { "Kharkiv", { 36.23, 49.99 }, 119 },
	{ "Kherson", { 32.62, 46.64 }, 122 },  { "Kyiv", { 30.52, 50.45 }, 125 },
	{ "Uzhhorod", { 22.29, 48.62 }, 133 },
};

static void
each_datum_is_moved_by_what_it_is_off(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(towns) / sizeof(towns[0]); i++) {
		double sk42[2], ucs[2], other[2];

		convert("EPSG:4284", 0, towns[i].at, sk42);
		assert_true(fabs(moved_m(sk42, towns[i].at) - towns[i].sk42_m) < 0.5);
		convert("EPSG:5561", 0, towns[i].at, ucs);
		assert_in_range((int)moved_m(ucs, towns[i].at), 108, 125);
		/* UCS-2000 is not SK-42, although EPSG:5586 says so */
		assert_true(moved_m(sk42, ucs) > 6 && moved_m(sk42, ucs) < 10);
		/* what PROJ would choose by itself, and the old three parameters */
		convert("EPSG:4284", 5044, towns[i].at, other);
		assert_true(moved_m(other, sk42) > 1.65 && moved_m(other, sk42) < 2.1);
		convert("EPSG:4284", 1254, towns[i].at, other);
		assert_true(moved_m(other, sk42) > 6.5 && moved_m(other, sk42) < 10.5);
		convert("EPSG:5561", 5590, towns[i].at, other);
		assert_true(moved_m(other, ucs) > 6 && moved_m(other, ucs) < 10);
	}
}

static void
the_operation_is_pinned_and_recorded(void **state)
{
	struct crs *c = must_open("EPSG:28405", 0, "UKR");

	(void)state;
	assert_int_equal(crs_operation(c), 15865);
	assert_true(crs_accuracy_m(c) == 4.5); /* trust.md, section 2.2 */
	assert_string_equal(crs_operation_text(c),
	                    "EPSG:15865, Pulkovo 1942 to WGS 84 (16), 4.5 m");
	assert_string_equal(crs_code(c), "EPSG:28405");
	assert_string_equal(crs_name(c), "Pulkovo 1942 / Gauss-Kruger zone 5");
	assert_string_equal(crs_warning(c), "");
	assert_true(crs_is_projected(c));
	assert_false(crs_is_wgs84_degrees(c));
	crs_free(c);
	c = must_open("epsg:5564", 0, "UKR");
	assert_int_equal(crs_operation(c), 5840);
	assert_true(crs_accuracy_m(c) == 1);
	crs_free(c);
	c = must_open("urn:ogc:def:crs:EPSG::28408", 0, "AZE");
	assert_int_equal(crs_operation(c), 15865);
	crs_free(c);
	c = must_open("4284", 5044, "UKR");
	assert_int_equal(crs_operation(c), 5044);
	assert_non_null(strstr(crs_warning(c), "EPSG:15865 is pinned"));
	crs_free(c);
}

static void
wgs84_needs_nothing(void **state)
{
	static const char *const same[] = { "EPSG:4326",
		                            "OGC:CRS84",
		                            "urn:ogc:def:crs:OGC:1.3:CRS84",
		                            "4326",
		                            "urn:ogc:def:crs:EPSG::4326",
		                            "EPSG:4979" };

	(void)state;
	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
		struct crs *c = must_open(same[i], 0, "");
		double xy[4] = { 33.2, 48.5, -180, -90 };
		struct err e = { 0 };

		assert_true(crs_is_wgs84_degrees(c));
		assert_int_equal(crs_operation(c), 0);
		assert_true(crs_accuracy_m(c) == 0);
		assert_int_equal(crs_to_wgs84(c, CRS_EASTING_FIRST, xy, 2, &e), ERR_OK);
		assert_true(xy[0] == 33.2 && xy[1] == 48.5 && xy[2] == -180 && xy[3] == -90);
		assert_int_equal(crs_to_wgs84(c, CRS_NORTHING_FIRST, xy, 1, &e), ERR_OK);
		assert_true(xy[0] == 48.5 && xy[1] == 33.2);
		crs_free(c);
	}
}

struct refused {
	const char *code;
	int operation;
	const char *iso3;
	enum err_code rc;
	const char *sentence;
};

static const struct refused refused[] = {
	{ "EPSG:4178", 0, "BIH", ERR_UNKNOWN, "no way from Pulkovo 1942(83)" },
	{ "EPSG:4258", 0, "BIH", ERR_UNKNOWN, "no way from ETRS89" },
	{ "EPSG:4284", 0, "BIH", ERR_UNKNOWN, "pinned for UKR AZE only, not for BIH" },
	{ "EPSG:4284", 0, "", ERR_UNKNOWN, "not for no country" },
	{ "EPSG:4284", 0, "U", ERR_UNKNOWN, "pinned for UKR AZE only" },
	{ "EPSG:4284", 0, "R A", ERR_UNKNOWN, "pinned for UKR AZE only" },
	{ "EPSG:5561", 0, "AZE", ERR_UNKNOWN, "pinned for UKR only" },
	{ "EPSG:28405", 5840, "UKR", ERR_INVALID, "joins EPSG:5561 and EPSG:4326" },
	{ "EPSG:5561", 5586, "UKR", ERR_INVALID, "joins EPSG:4284 and EPSG:5561" },
	{ "EPSG:4284", 999998, "UKR", ERR_NOTFOUND, "no coordinate operation" },
	{ "EPSG:999998", 0, "UKR", ERR_NOTFOUND, "no reference system" },
	{ "EPSG:4978", 0, "UKR", ERR_UNSUPPORTED, "neither geographic nor projected" },
	{ "EPSG:5773", 0, "UKR", ERR_UNSUPPORTED, "neither geographic nor projected" },
	{ "EPSG:", 0, "UKR", ERR_NOTFOUND, "no code" },
	{ "", 0, "UKR", ERR_NOTFOUND, "no code" },
	{ "ESRI:102100", 0, "UKR", ERR_NOTFOUND, "no code" },
	{ "EPSG:-1", 0, "UKR", ERR_NOTFOUND, "no code" },
	{ "EPSG:4326x", 0, "UKR", ERR_NOTFOUND, "no code" },
	{ "+proj=longlat", 0, "UKR", ERR_NOTFOUND, "no code" },
};

static void
unknown_datums_are_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		const struct refused *r = &refused[i];
		struct crs *c = NULL;
		struct err e = { 0 };

		if (crs_open(ctx, r->code, r->operation, r->iso3, &c, &e) != r->rc ||
		    !strstr(e.text, r->sentence))
			fail_msg("%s: %s %s", r->code, err_name(e.code), e.text);
		assert_null(c);
	}
}

static void
positions_that_cannot_be_are_refused(void **state)
{
	static const struct {
		const char *code;
		double x, y;
		const char *sentence;
	} bad[] = {
		{ "EPSG:28405", 412345, 5378123, "zone prefix" },
		{ "EPSG:28405", 6412345, 5378123, "zone prefix" },
		{ "EPSG:28406", 5378123, 6412345, "zone prefix" }, /* axes exchanged */
		{ "EPSG:7829", 412345, 5378123, "zone prefix" },
		{ "EPSG:32636", 6412345, 5378123,
		  "not 0 .. 999999" }, /* Gauss-Krueger read as UTM */
		{ "EPSG:6384", 6412345, 5378123, "not 0 .. 999999" },
		{ "EPSG:4326", 190, 48, "not a position on Earth" },
		{ "EPSG:4326", 33, 91, "not a position on Earth" },
		{ "EPSG:4326", (double)NAN, 48, "not finite" },
		{ "EPSG:28405", 5412345, (double)INFINITY, "not finite" },
		{ "EPSG:3857", 1e9, 1, "too far" },
		{ "EPSG:32636", 500000, 5e7, "too far" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct crs *c = must_open(bad[i].code, 0, "UKR");
		double xy[2] = { bad[i].x, bad[i].y };
		struct err e = { 0 };

		assert_int_equal(crs_to_wgs84(c, CRS_EASTING_FIRST, xy, 1, &e), ERR_INVALID);
		if (!strstr(e.text, bad[i].sentence))
			fail_msg("%s: %s", bad[i].code, e.text);
		crs_free(c);
	}
}

static void
many_positions_are_converted_as_one(void **state)
{
	enum {
		N = 1000
	};
	static double all[2 * N];
	struct crs *c = must_open("EPSG:28406", 0, "UKR");
	struct err e = { 0 };

	(void)state;
	for (int i = 0; i < N; i++) {
		all[2 * i] = 6300000 + 400.0 * i;
		all[2 * i + 1] = 5200000 + 300.0 * i;
	}
	assert_int_equal(crs_to_wgs84(c, CRS_EASTING_FIRST, all, N, &e), ERR_OK);
	for (int i = 0; i < N; i += 37) {
		double one[2] = { 6300000 + 400.0 * i, 5200000 + 300.0 * i };

		assert_int_equal(crs_to_wgs84(c, CRS_EASTING_FIRST, one, 1, &e), ERR_OK);
		assert_true(one[0] == all[2 * i] && one[1] == all[2 * i + 1]);
		assert_int_equal(crs_from_wgs84(c, one, 1, &e), ERR_OK);
		assert_true(fabs(one[0] - (6300000 + 400.0 * i)) < 1e-3);
	}
	all[2 * 500] = 0;
	assert_int_equal(crs_to_wgs84(c, CRS_EASTING_FIRST, all, 0, &e), ERR_OK);
	crs_free(c);
	crs_free(NULL);
}

static void
options_for_reading_text_follow_the_system(void **state)
{
	static const struct {
		const char *code;
		enum coord_system system;
		int prefix, zone;
	} rows[] = {
		{ "EPSG:4326", COORD_SYSTEM_WGS84, -1, 0 },
		{ "EPSG:4284", COORD_SYSTEM_GEOGRAPHIC, -1, 0 },
		{ "EPSG:28405", COORD_SYSTEM_GRID, 5, 0 },
		{ "EPSG:5565", COORD_SYSTEM_GRID, 7, 0 },
		{ "EPSG:5566", COORD_SYSTEM_GRID, 0, 0 },
		{ "EPSG:6384", COORD_SYSTEM_GRID, 0, 0 },
		{ "EPSG:7829", COORD_SYSTEM_GRID, 5, 0 },
		{ "EPSG:32636", COORD_SYSTEM_GRID, 0, 36 },
		{ "EPSG:32719", COORD_SYSTEM_GRID, 0, -19 },
		{ "EPSG:3857", COORD_SYSTEM_GRID, -1, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct crs *c = must_open(rows[i].code, 0, "UKR");
		struct coord_options opt = { 0 };

		crs_coord_options(c, &opt);
		assert_int_equal(opt.system, rows[i].system);
		assert_int_equal(opt.grid_prefix, rows[i].prefix);
		assert_int_equal(opt.utm_zone, rows[i].zone);
		crs_free(c);
	}
}

/* ---- definitions ---- */

#define SK42                                                                                       \
	"GEOGCS[\"Pulkovo 1942\",DATUM[\"Pulkovo_1942\",SPHEROID[\"Krassowsky "                    \
	"1940\",6378245,298.3]"                                                                    \
	"],PRIMEM[\"Greenwich\",0],UNIT[\"degree\",0.0174532925199433]]"
#define GK(name, datum, meridian, east)                                                            \
	"PROJCS[\"" name "\"," datum ",PROJECTION[\"Transverse_Mercator\"],"                       \
	"PARAMETER[\"latitude_of_origin\",0],PARAMETER[\"central_meridian\"," meridian "],"        \
	"PARAMETER[\"scale_factor\",1],PARAMETER[\"false_easting\"," east "],"                     \
	"PARAMETER[\"false_northing\",0],UNIT[\"metre\",1]]"

static const struct {
	const char *wkt;
	const char *code; /* NULL: unknown */
} definitions[] = {
	/* what ESRI programs write */
	{ "GEOGCS[\"GCS_WGS_1984\",DATUM[\"D_WGS_1984\",SPHEROID[\"WGS_1984\",6378137.0,298."
	  "257223563]],"
	  "PRIMEM[\"Greenwich\",0.0],UNIT[\"Degree\",0.0174532925199433]]",
	  "EPSG:4326" },
	{ "PROJCS[\"WGS_1984_UTM_Zone_36N\",GEOGCS[\"GCS_WGS_1984\",DATUM[\"D_WGS_1984\","
	  "SPHEROID[\"WGS_1984\",6378137.0,298.257223563]],PRIMEM[\"Greenwich\",0.0],UNIT["
	  "\"Degree\","
	  "0.0174532925199433]],PROJECTION[\"Transverse_Mercator\"],PARAMETER[\"False_Easting\","
	  "500000.0],"
	  "PARAMETER[\"False_Northing\",0.0],PARAMETER[\"Central_Meridian\",33.0],PARAMETER["
	  "\"Scale_Factor\","
	  "0.9996],PARAMETER[\"Latitude_Of_Origin\",0.0],UNIT[\"Meter\",1.0]]",
	  "EPSG:32636" },
	{ SK42, "EPSG:4284" },
	{ GK("Pulkovo 1942 / Gauss-Kruger zone 5", SK42, "27", "5500000"), "EPSG:28405" },
	{ GK("without a name that says anything", SK42, "27", "5500000"), "EPSG:28405" },
	{ GK("Pulkovo 1942 / Gauss-Kruger zone 5", SK42, "28", "5500000"), NULL }, /* altered */
	{ GK("custom",
	     "GEOGCS[\"x\",DATUM[\"unknown\",SPHEROID[\"Krassowsky\",6378245,298.3],TOWGS84[23,-"
	     "140,-79,0,0,0,"
	     "0]],PRIMEM[\"Greenwich\",0],UNIT[\"degree\",0.0174532925199433]]",
	     "27", "5500000"),
	  NULL },
	{ "LOCAL_CS[\"site\",UNIT[\"metre\",1]]", NULL },
	{ "nonsense[", NULL },
	{ "", NULL },
};

static void
definitions_are_identified_or_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(definitions) / sizeof(definitions[0]); i++) {
		char code[CRS_CODE_SIZE] = "untouched";
		struct err e = { 0 };
		enum err_code rc = crs_identify_wkt(ctx, definitions[i].wkt,
		                                    strlen(definitions[i].wkt), code, &e);

		if (!definitions[i].code) {
			assert_true(rc == ERR_UNKNOWN || rc == ERR_INVALID);
			assert_string_equal(code, "untouched");
			continue;
		}
		if (rc != ERR_OK)
			fail_msg("%s: %s", definitions[i].code, e.text);
		assert_string_equal(code, definitions[i].code);
	}
}

static void
a_definition_too_long_is_refused(void **state)
{
	static char text[65537];
	char code[CRS_CODE_SIZE];
	struct err e = { 0 };

	(void)state;
	memset(text, '[', sizeof(text));
	assert_int_equal(crs_identify_wkt(ctx, text, 65537, code, &e), ERR_LIMIT);
	assert_int_equal(crs_identify_wkt(ctx, text, 65536, code, &e), ERR_INVALID);
	assert_int_equal(crs_identify_wkt(ctx, "a\0b", 3, code, &e), ERR_INVALID);
}

static void
memory_that_ends_is_said(void **state)
{
	struct crs *c = NULL;
	struct err e = { 0 };
	char code[CRS_CODE_SIZE];

	(void)state;
	mem_fail_after(0, 0);
	assert_int_equal(crs_open(ctx, "EPSG:28405", 0, "UKR", &c, &e), ERR_NOMEM);
	mem_fail_after(0, 0);
	assert_int_equal(crs_identify_wkt(ctx, SK42, strlen(SK42), code, &e), ERR_NOMEM);
	mem_fail_after(-1, 0);
	assert_null(c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_datum_is_moved_by_what_it_is_off),
		cmocka_unit_test(the_operation_is_pinned_and_recorded),
		cmocka_unit_test(wgs84_needs_nothing),
		cmocka_unit_test(unknown_datums_are_refused),
		cmocka_unit_test(positions_that_cannot_be_are_refused),
		cmocka_unit_test(many_positions_are_converted_as_one),
		cmocka_unit_test(options_for_reading_text_follow_the_system),
		cmocka_unit_test(definitions_are_identified_or_refused),
		cmocka_unit_test(a_definition_too_long_is_refused),
		cmocka_unit_test(memory_that_ends_is_said),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
