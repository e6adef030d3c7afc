#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/rng.h"
#include "geo/coord.h"
#include "geo/utm.h"

/* cmocka compares as float, which is too coarse here. */
#define assert_near(a, b, within) assert_true(fabs((a) - (b)) <= (within))

static const struct geom_box ukraine = { 22.1, 44.3, 40.3, 52.4 };
static const struct geom_box azerbaijan = { 44.7, 38.3, 50.7, 41.95 };
static const struct geom_box chile = { -76, -56, -66, -17 };

#define D(d, m, s) ((d) + (m) / 60.0 + (s) / 3600.0)

struct accepted {
	const char *text;
	enum coord_format format;
	double lon, lat;
	unsigned warnings;
};

/* Values by hand: degrees + minutes / 60 + seconds / 3600. All with latitude first or letters. */
static const struct accepted accepted[] = {
	{ "48.508333, 33.200000", COORD_DECIMAL, 33.2, 48.508333, 0 },
	{ "48.508333 33.200000", COORD_DECIMAL, 33.2, 48.508333, 0 },
	{ "48.508333;33.200000", COORD_DECIMAL, 33.2, 48.508333, 0 },
	{ "48.508333/33.200000", COORD_DECIMAL, 33.2, 48.508333, 0 },
	{ "48.508333\t33.200000", COORD_DECIMAL, 33.2, 48.508333, 0 },
	{ "(48.508333, 33.200000)", COORD_DECIMAL, 33.2, 48.508333, 0 },
	{ "48,508333 33,200000", COORD_DECIMAL, 33.2, 48.508333, 0 },
	{ "48,508333; 33,200000", COORD_DECIMAL, 33.2, 48.508333, 0 },
	{ "48,508333,33,200000", COORD_DECIMAL, 33.2, 48.508333, 0 },
	{ "48.508333N 33.200000E", COORD_DECIMAL, 33.2, 48.508333, 0 },
	{ "N48.508333 E33.200000", COORD_DECIMAL, 33.2, 48.508333, 0 },
	{ "N 48.508333, E 33.200000", COORD_DECIMAL, 33.2, 48.508333, 0 },
	{ "E33.200000 N48.508333", COORD_DECIMAL, 33.2, 48.508333, 0 },
	{ "33.200000 E 48.508333 N", COORD_DECIMAL, 33.2, 48.508333, 0 },
	{ "48.508333 S 33.200000 W", COORD_DECIMAL, -33.2, -48.508333, 0 },
	{ "-48.508333, -33.200000", COORD_DECIMAL, -33.2, -48.508333, 0 },
	{ "\u221248.508333 \u221233.200000", COORD_DECIMAL, -33.2, -48.508333, 0 },
	{ "+48.508333 +33.200000", COORD_DECIMAL, 33.2, 48.508333, 0 },
	{ "48.508333° 33.200000°", COORD_DECIMAL, 33.2, 48.508333, 0 },
	{ "lat 48.508333 lon 33.200000", COORD_DECIMAL, 33.2, 48.508333, 0 },
	{ "Lat: 48.508333, Long: 33.200000", COORD_DECIMAL, 33.2, 48.508333, 0 },
	{ "lon=33.200000; lat=48.508333", COORD_DECIMAL, 33.2, 48.508333, 0 },
	{ "широта 48.508333 довгота 33.200000", COORD_DECIMAL, 33.2, 48.508333, 0 },
	{ "48.508333 33.200000E", COORD_DECIMAL, 33.2, 48.508333, 0 },
	{ "48°30'30\"N 33°12'00\"E", COORD_DMS, 33.2, D(48, 30, 30), 0 },
	{ "48°30'30\"N, 33°12'00\"E", COORD_DMS, 33.2, D(48, 30, 30), 0 },
	{ "48° 30′ 30″ N 33° 12′ 00″ E", COORD_DMS, 33.2, D(48, 30, 30), 0 },
	{ "48º30’30”N 33º12’00”E", COORD_DMS, 33.2, D(48, 30, 30), 0 },
	{ "48°30''30 N 33 12 E", COORD_DMS, 0, 0, 1u << 31 }, /* second mark after minutes */
	{ "48°30'30''N 33°12'00''E", COORD_DMS, 33.2, D(48, 30, 30), 0 },
	{ "48°30′30′′N 33°12′00′′E", COORD_DMS, 33.2, D(48, 30, 30), 0 },
	{ "48d30m30sN 33d12m00sE", COORD_DMS, 33.2, D(48, 30, 30), 0 },
	{ "48D30M30S N 33D12M00S E", COORD_DMS, 33.2, D(48, 30, 30), 0 },
	{ "48 deg 30 min 30 sec N 33 deg 12 min 0 sec E", COORD_DMS, 33.2, D(48, 30, 30), 0 },
	{ "48 30 30 33 12 00", COORD_DMS, 33.2, D(48, 30, 30), 0 },
	{ "48 30 30N 33 12 00E", COORD_DMS, 33.2, D(48, 30, 30), 0 },
	{ "48:30:30 33:12:00", COORD_DMS, 33.2, D(48, 30, 30), 0 },
	{ "48:30:30.5N, 33:12:00.5E", COORD_DMS, D(33, 12, 0.5), D(48, 30, 30.5), 0 },
	{ "48-30-30N 33-12-00E", COORD_DMS, 33.2, D(48, 30, 30), 0 },
	{ "48.30.30 33.12.00", COORD_DMS, 33.2, D(48, 30, 30), 0 },
	{ "48.30.30.5 33.12.00.5", COORD_DMS, D(33, 12, 0.5), D(48, 30, 30.5), 0 },
	{ "483030N 0331200E", COORD_DMS, 33.2, D(48, 30, 30), 0 },
	{ "483030.25N 0331200.75E", COORD_DECIMAL, 0, 0, 1u << 31 },
	{ "4830N 03312E", COORD_DM, 33.2, 48.5, COORD_WARN_COARSE },
	{ "48°30'30\" пн.ш. 33°12'00\" сх.д.", COORD_DMS, 33.2, D(48, 30, 30), 0 },
	{ "48°30'30\" Пн. ш., 33°12'00\" Сх. д.", COORD_DMS, 33.2, D(48, 30, 30), 0 },
	{ "пн.ш. 48°30'30\" сх.д. 33°12'00\"", COORD_DMS, 33.2, D(48, 30, 30), 0 },
	{ "48°30'30\" північної широти 33°12'00\" східної довготи", COORD_DMS, 33.2, D(48, 30, 30),
	  0 },
	{ "48°30'30\" пд.ш. 33°12'00\" зх.д.", COORD_DMS, -33.2, -D(48, 30, 30), 0 },
	{ "48°30'30\" с.ш. 33°12'00\" в.д.", COORD_DMS, 33.2, D(48, 30, 30), 0 },
	{ "С48°30'30\" В33°12'00\"", COORD_DMS, 33.2, D(48, 30, 30), 0 },
	{ "48°30'30\" ю.ш. 33°12'00\" з.д.", COORD_DMS, -33.2, -D(48, 30, 30), 0 },
	{ "40°30'30\" ş.e. 47°12'00\" ş.u.", COORD_DMS, 47.2, D(40, 30, 30), 0 },
	{ "40°30'30\" Ş.E., 47°12'00\" Ş.U.", COORD_DMS, 47.2, D(40, 30, 30), 0 },
	{ "40°30'30\" şimal enliyi 47°12'00\" şərq uzunluğu", COORD_DMS, 47.2, D(40, 30, 30), 0 },
	{ "40°30'30\" c.e. 47°12'00\" q.u.", COORD_DMS, -47.2, -D(40, 30, 30), 0 },
	{ "40 dərəcə 30 dəqiqə 30 saniyə ş.e. 47 dərəcə 12 dəqiqə 0 saniyə ş.u.", COORD_DMS, 47.2,
	  D(40, 30, 30), 0 },
	{ "48°30.500'N 33°12.000'E", COORD_DM, 33.2, D(48, 30.5, 0), 0 },
	{ "48 30.500 33 12.000", COORD_DM, 33.2, D(48, 30.5, 0), 0 },
	{ "48 30,500 33 12,000", COORD_DM, 33.2, D(48, 30.5, 0), 0 },
	{ "N48 30.500 E33 12.000", COORD_DM, 33.2, D(48, 30.5, 0), 0 },
	{ "48° 30.5000 33° 12.0000", COORD_DM, 33.2, D(48, 30.5, 0), 0 },
	{ "48°30' 33°12'", COORD_DM, 33.2, 48.5, COORD_WARN_COARSE },
	{ "48°30'30\" 33°12'00\"", COORD_DMS, 33.2, D(48, 30, 30), 0 },
	{ "0°0'0.5\"S 0°0'0.5\"W", COORD_DMS, -D(0, 0, 0.5), -D(0, 0, 0.5), 0 },
	{ "+48.508333+033.200000/", COORD_DECIMAL, 33.2, 48.508333, 0 },
	{ "+48.508333-033.200000/", COORD_DECIMAL, -33.2, 48.508333, 0 },
	{ "48°30'30,5\"N 33°12'00,5\"E", COORD_DMS, D(33, 12, 0.5), D(48, 30, 30.5), 0 },
	{ "48⁰30´30˝N 33⁰12´00˝E", COORD_DMS, 33.2, D(48, 30, 30), 0 },
	{ "48.508333° N, 33.200000° E", COORD_DECIMAL, 33.2, 48.508333, 0 },
	{ "Широта: 48.508333 Довгота: 33.200000", COORD_DECIMAL, 33.2, 48.508333, 0 },
	{ "48.508333 пн. ш., 33.200000 сх. д.", COORD_DECIMAL, 33.2, 48.508333, 0 },
	{ "N48 30 30.5 E033 12 00.5", COORD_DMS, D(33, 12, 0.5), D(48, 30, 30.5), 0 },
	{ "48.508333N E33.200000", COORD_DECIMAL, 33.2, 48.508333, 0 },
	{ "N48:30:30 33:12:00E", COORD_DMS, 33.2, D(48, 30, 30), 0 },
	{ "48:30:30N E33:12:00", COORD_DMS, 33.2, D(48, 30, 30), 0 },
	{ "90.00000 180.00000", COORD_DECIMAL, 180, 90, 0 },
	{ "48.51, 33.20", COORD_DECIMAL, 33.2, 48.51, COORD_WARN_COARSE },
};

#define REFUSED (1u << 31)

static enum err_code
parse(const char *text, const struct coord_options *opt, struct coord *ret, struct err *e)
{
	err_clear(e);
	return coord_parse(text, strlen(text), opt, ret, e);
}

static void
usual_ways_of_writing_are_read(void **state)
{
	struct coord_options opt = { .order = COORD_LAT_FIRST, .system = COORD_SYSTEM_WGS84 };

	(void)state;
	for (size_t i = 0; i < sizeof(accepted) / sizeof(accepted[0]); i++) {
		const struct accepted *a = &accepted[i];
		struct coord c = { 0 };
		struct err e = { 0 };
		enum err_code rc = parse(a->text, &opt, &c, &e);

		if (a->warnings == REFUSED) {
			assert_int_not_equal(rc, ERR_OK);
			continue;
		}
		if (rc != ERR_OK || c.format != a->format || fabs(c.x - a->lon) > 1e-12 ||
		    fabs(c.y - a->lat) > 1e-12 || c.warnings != a->warnings)
			fail_msg("%s: %s %.12f %.12f %s %u", a->text, e.text, c.x, c.y,
			         coord_format_name(c.format), c.warnings);
		assert_false(c.is_grid);
	}
}

struct refused {
	const char *text;
	enum err_code code;
	const char *sentence; /* a part of it */
};

static const struct refused refused[] = {
	{ "", ERR_INVALID, "empty" },
	{ "  ", ERR_INVALID, "empty" },
	{ "somewhere near the river", ERR_INVALID, "expected" },
	{ "48.5", ERR_INVALID, "a latitude and a longitude are expected" },
	{ "48.508333, 33.2", ERR_UNKNOWN, "which number is the latitude" },
	{ "48,5", ERR_UNKNOWN, "" },
	{ "48.5, 33.2, 120", ERR_INVALID, "more than one separator" },
	{ "48.5 33.2 120", ERR_INVALID, "" },
	{ "91.0N 33.2E", ERR_INVALID, "latitude 91 is not -90 .. 90" },
	{ "48.5N 180.1E", ERR_INVALID, "longitude 180.1 is not -180 .. 180" },
	{ "48°60'00\"N 33°12'00\"E", ERR_INVALID, "minutes 60" },
	{ "48°30'60\"N 33°12'00\"E", ERR_INVALID, "seconds 60" },
	{ "48.5N 33.2N", ERR_INVALID, "both numbers are said to be a latitude" },
	{ "48.5E 33.2W", ERR_INVALID, "both numbers are said to be a longitude" },
	{ "-48.5S 33.2E", ERR_INVALID, "a sign and a hemisphere" },
	{ "48.5NS 33.2E", ERR_INVALID, "" },
	{ "48.5°30'N 33.2E", ERR_INVALID, "the degrees have decimals" },
	{ "48'30\" 33'12\"", ERR_INVALID, "wrong place" },
	{ "48°30'30\"x 33°12'00\"E", ERR_INVALID, "" },
	{ "120.5 130.5", ERR_INVALID, "" },
	{ "48.5 - 33.2", ERR_INVALID, "sign without a number" },
	{ "NaN, inf", ERR_INVALID, "" },
	{ "1e2 3e1", ERR_INVALID, "" },
	{ "48.5,\x01 33.2", ERR_INVALID, "character" },
	{ "\xff\xfe", ERR_INVALID, "UTF-8" },
	{ "500000 5400000", ERR_UNKNOWN, "no system is stated" },
	{ "5412345 5378123", ERR_UNKNOWN, "no system is stated" },
	{ "VU 12345 67890", ERR_INVALID, "grid zone before" },
	{ "36UVU 12345 6789", ERR_INVALID, "different lengths" },
	{ "36UVU123456789", ERR_INVALID, "even number" },
	{ "36IVU1234567890", ERR_INVALID, "latitude band" },
	{ "36UAA1234567890", ERR_INVALID, "no square" },
	{ "61UVU1234567890", ERR_INVALID, "61 is not 1 .. 60" },
	{ "ZAH1234567890", ERR_UNSUPPORTED, "polar" },
	{ "36 500000 5400000", ERR_UNKNOWN, "without its letter" },
	{ "36S 500000 4000000", ERR_UNKNOWN, "36S can mean band S" },
	{ "36T 500000 5400000", ERR_INVALID, "band T" },
	{ "36I 500000 5400000", ERR_INVALID, "no latitude band" },
	{ "36U 6500000 5400000", ERR_INVALID, "not 0 .. 999999" },
	{ "36U 50000 5400000", ERR_INVALID, "100000" },
	{ "36N 500000 15400000", ERR_INVALID, "not lie in band" },
};

static void
what_cannot_be_known_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		const struct refused *r = &refused[i];
		struct coord c = { .x = 7, .y = 8 };
		struct err e = { 0 };
		enum err_code rc = parse(r->text, NULL, &c, &e);

		if (rc == ERR_OK || (rc != r->code && strcmp(r->text, "48,5") != 0) ||
		    (e.text[0] && !strstr(e.text, r->sentence)))
			fail_msg("%s: %s %s", r->text, err_name(rc), e.text);
		assert_true(c.x == 7 && c.y == 8); /* untouched */
	}
}

static void
a_text_too_long_is_refused(void **state)
{
	char text[260];
	struct coord c;
	struct err e = { 0 };

	(void)state;
	memset(text, ' ', sizeof(text));
	memcpy(text, "48.5N 33.2E", 11);
	assert_int_equal(coord_parse(text, 200, NULL, &c, &e), ERR_OK);
	assert_int_equal(coord_parse(text, 201, NULL, &c, &e), ERR_LIMIT);
}

/* ---- trust.md, table 2.1: each usual mistake is flagged or impossible ---- */

static void
degrees_minutes_seconds_typed_as_decimals_are_flagged(void **state)
{
	struct coord_options opt = { .order = COORD_LAT_FIRST };
	struct coord c;
	struct err e = { 0 };

	(void)state;
	assert_int_equal(parse("48.3030, 33.1200", &opt, &c, &e), ERR_OK);
	assert_true(c.warnings & COORD_WARN_MAYBE_DMS);
	/* 61 can be no minutes, and five decimals are no pairs */
	assert_int_equal(parse("48.6130, 33.1200", &opt, &c, &e), ERR_OK);
	assert_false(c.warnings & COORD_WARN_MAYBE_DMS);
	assert_int_equal(parse("48.30305, 33.12005", &opt, &c, &e), ERR_OK);
	assert_false(c.warnings & COORD_WARN_MAYBE_DMS);
	assert_int_equal(parse("48°30.30'N 33°12.15'E", &opt, &c, &e), ERR_OK);
	assert_true(c.warnings & COORD_WARN_MAYBE_SECONDS);
	assert_int_equal(parse("48°30.305'N 33°12.155'E", &opt, &c, &e), ERR_OK);
	assert_false(c.warnings & COORD_WARN_MAYBE_SECONDS);
}

static void
exchanged_axes_are_found(void **state)
{
	struct coord_options opt = { .country = &ukraine };
	struct coord c;
	struct err e = { 0 };

	(void)state;
	/* No order stated: the country tells. */
	assert_int_equal(parse("33.20000, 48.50833", &opt, &c, &e), ERR_OK);
	assert_near(c.x, 33.2, 1e-12);
	assert_int_equal(c.warnings, COORD_WARN_BY_COUNTRY);
	assert_int_equal(parse("48.50833, 33.20000", &opt, &c, &e), ERR_OK);
	assert_near(c.x, 33.2, 1e-12);
	/* Bare letters x and y say nothing about it. */
	assert_int_equal(parse("x: 48.50833, y: 33.20000", &opt, &c, &e), ERR_OK);
	assert_near(c.x, 33.2, 1e-12);
	assert_int_equal(parse("x: 33.20000, y: 48.50833", NULL, &c, &e), ERR_UNKNOWN);
	/* Neither way inside. */
	assert_int_equal(parse("12.00000, 15.00000", &opt, &c, &e), ERR_UNKNOWN);
	/* Order stated, and wrong: read as stated, marked. */
	opt.order = COORD_LAT_FIRST;
	assert_int_equal(parse("33.20000, 48.50833", &opt, &c, &e), ERR_OK);
	assert_near(c.y, 33.2, 1e-12);
	assert_true(c.warnings & COORD_WARN_OUTSIDE);
	/* A first number past 90 cannot be a latitude. */
	assert_int_equal(parse("130.50000, 45.20000", NULL, &c, &e), ERR_OK);
	assert_near(c.x, 130.5, 1e-12);
	/* Columns exchanged, letters tell. */
	assert_int_equal(coord_parse_two("33.2E", 5, "48.5N", 5, NULL, &c, &e), ERR_OK);
	assert_near(c.x, 33.2, 1e-12);
	assert_true(c.warnings & COORD_WARN_SWAPPED);
}

struct digits {
	const char *text;
	double half_m; /* trust.md, table 2.1: half the last digit; half the square */
	double reach_m;
};

static void
digits_given_say_how_much_is_left_open(void **state)
{
	static const struct digits d[] = {
		{ "48.508N 0.000E", 56, 0 },
		{ "48.5083N 0.0000E", 5.6, 0 },
		{ "48.50833N 0.00000E", 0.56, 0 },
		{ "48.508333N 0.000000E", 0.056, 0 },
		{ "48.5083333N 0.0000000E", 0.0056, 0 },
		{ "36UVU1256", 500, 707 },
		{ "36UVU123567", 50, 70.7 },
		{ "36UVU12345678", 5, 7.07 },
		{ "36UVU1234567890", 0.5, 0.707 },
		{ "36UVU", 50000, 70710.7 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(d) / sizeof(d[0]); i++) {
		struct coord c;
		struct err e = { 0 };

		assert_int_equal(parse(d[i].text, NULL, &c, &e), ERR_OK);
		assert_true(fabs(c.half_m / d[i].half_m - 1) < 0.01);
		if (d[i].reach_m > 0)
			assert_true(fabs(c.reach_m / d[i].reach_m - 1) < 0.01);
		assert_true(c.reach_m >= c.half_m);
		assert_int_equal((c.warnings & COORD_WARN_COARSE) != 0, d[i].half_m > 100);
	}
}

static void
a_grid_square_is_kept_as_a_square(void **state)
{
	struct coord c;
	struct err e = { 0 };
	double ring[10], lon, lat;
	/* The square 36UVU1256 holds 312,000..313,000 E? V is the fourth column of its set: 400 km.
	 */
	struct utm corner = { 36, true, 412000, 0 };

	(void)state;
	assert_int_equal(parse("36U VU 12 56", NULL, &c, &e), ERR_OK);
	assert_int_equal(c.format, COORD_MGRS);
	assert_int_equal(c.zone, 36);
	assert_near(c.easting_m, 412500, 1e-9);
	assert_near(fmod(c.northing_m, 100000), 56500, 1e-9);
	coord_cell(&c, ring);
	corner.northing_m = c.northing_m - 500;
	utm_inverse(&corner, &lon, &lat);
	assert_near(ring[0], lon, 1e-13);
	assert_near(ring[1], lat, 1e-13);
	assert_true(ring[0] == ring[8] && ring[1] == ring[9]);
	assert_true(ring[2] > ring[0] && ring[5] > ring[1]);
}

static void
numbers_from_32_bits_are_flagged(void **state)
{
	struct coord_options opt = { .order = COORD_LAT_FIRST };
	struct coord c;
	struct err e = { 0 };

	(void)state;
	assert_int_equal(parse("48.508331298828125, 33.200000762939453", &opt, &c, &e), ERR_OK);
	assert_true(c.warnings & COORD_WARN_FLOAT);
	assert_true(c.half_m > 0.1 &&
	            c.half_m < 0.3); /* trust.md: about 0.13 m; the step here is 2^-18 degree */
	assert_int_equal(parse("48.50833334, 33.20000001", &opt, &c, &e), ERR_OK);
	assert_false(c.warnings & COORD_WARN_FLOAT);
	assert_int_equal(parse("48.50000000, 33.25000000", &opt, &c, &e), ERR_OK);
	assert_false(c.warnings & COORD_WARN_FLOAT);
}

static void
zone_prefixes_are_checked(void **state)
{
	struct coord_options opt = { .system = COORD_SYSTEM_GRID, .grid_prefix = 6 };
	struct coord c;
	struct err e = { 0 };

	(void)state;
	/* Zone 6: only one of the two numbers can be the easting. */
	assert_int_equal(parse("6412345 5378123", &opt, &c, &e), ERR_OK);
	assert_true(c.is_grid && c.x == 6412345 && c.y == 5378123 && c.half_m == 0.5);
	assert_int_equal(parse("5378123.5; 6412345.5", &opt, &c, &e), ERR_OK);
	assert_true(c.x == 6412345.5 && c.y == 5378123.5 && c.half_x == 0.05);
	assert_int_equal(parse("X=5378123 Y=6412345", &opt, &c, &e), ERR_OK);
	assert_true(c.x == 6412345 && c.y == 5378123);
	/* Prefix missing, another zone. */
	assert_int_equal(parse("412345 5378123", &opt, &c, &e), ERR_INVALID);
	assert_non_null(strstr(e.text, "zone prefix 6"));
	assert_int_equal(parse("7412345E 5378123N", &opt, &c, &e), ERR_INVALID);
	/* Zone 5: northings of Ukraine begin with 5 as well. */
	opt.grid_prefix = 5;
	assert_int_equal(parse("5412345 5378123", &opt, &c, &e), ERR_UNKNOWN);
	assert_int_equal(parse("X 5378123 Y 5412345", &opt, &c, &e), ERR_UNKNOWN);
	assert_int_equal(parse("5412345 E 5378123 N", &opt, &c, &e), ERR_OK);
	assert_true(c.x == 5412345 && c.y == 5378123);
	opt.order = COORD_LAT_FIRST;
	assert_int_equal(parse("5378123 5412345", &opt, &c, &e), ERR_OK);
	assert_true(c.x == 5412345 && c.y == 5378123);
	assert_int_equal(coord_parse_two("5378123", 7, "5412345", 7, &opt, &c, &e), ERR_OK);
	assert_true(c.x == 5412345 && c.y == 5378123);
	assert_int_equal(coord_parse_two("5412345 E", 9, "5378123 N", 9, &opt, &c, &e), ERR_OK);
	assert_true(c.x == 5412345 && (c.warnings & COORD_WARN_SWAPPED));
	/* Eastings without prefix: Ukraine TM. */
	opt.grid_prefix = 0;
	opt.order = COORD_ORDER_UNKNOWN;
	assert_int_equal(parse("5378123 312345", &opt, &c, &e), ERR_OK);
	assert_true(c.x == 312345 && c.y == 5378123);
	assert_int_equal(parse("5378123 5412345", &opt, &c, &e), ERR_INVALID);
}

static void
degrees_in_a_grid_and_grids_in_degrees_are_refused(void **state)
{
	struct coord_options opt = { .system = COORD_SYSTEM_GRID, .grid_prefix = 6 };
	struct coord c;
	struct err e = { 0 };

	(void)state;
	assert_int_equal(parse("48.5, 33.2", &opt, &c, &e), ERR_INVALID);
	assert_int_equal(parse("48°30'30\"N 33°12'00\"E", &opt, &c, &e), ERR_INVALID);
	assert_int_equal(parse("36UVU1234567890", &opt, &c, &e), ERR_INVALID);
	assert_int_equal(parse("36U 500000 5400000", &opt, &c, &e), ERR_INVALID);
	opt.grid_prefix = 0;
	opt.utm_zone = 36;
	assert_int_equal(parse("36U 500000 5400000", &opt, &c, &e), ERR_OK);
	assert_int_equal(parse("37U 500000 5400000", &opt, &c, &e), ERR_INVALID);
	opt.system = COORD_SYSTEM_GEOGRAPHIC;
	assert_int_equal(parse("36U 500000 5400000", &opt, &c, &e), ERR_INVALID);
	assert_int_equal(parse("36UVU1234567890", &opt, &c, &e), ERR_INVALID);
	opt.system = COORD_SYSTEM_WGS84;
	assert_int_equal(parse("6412345 5378123", &opt, &c, &e), ERR_INVALID);
	assert_int_equal(coord_parse_two("5378123", 7, "6412345", 7, &opt, &c, &e), ERR_INVALID);
}

/* ---- UTM ---- */

static void
utm_is_read(void **state)
{
	static const char *const same[] = {
		"36U 500000 5400000",      "36N 500000 5400000",          "36 U 500000 5400000",
		"36U 500000mE 5400000mN",  "36U 500000 E 5400000 N",      "36U E500000 N5400000",
		"UTM 36U 500000, 5400000", "zone 36N: 500000 5400000",    "500000 5400000 36N",
		"36U 5400000 500000",      "36 north 500000 5400000",     "36U 500000,5400000",
		"36 пн 500000 5400000",    "36u 500000 m E, 5400000 m N",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
		struct coord c;
		struct err e = { 0 };

		if (parse(same[i], NULL, &c, &e) != ERR_OK)
			fail_msg("%s: %s", same[i], e.text);
		assert_int_equal(c.format, COORD_UTM);
		/* GeoConvert -g -p 6: 48.75301300432 33.00000000000 */
		assert_near(c.x, 33, 1e-11);
		assert_near(c.y, 48.75301300432, 1e-10);
		assert_true(c.zone == 36 && c.zone_is_north && c.easting_m == 500000);
		assert_true(c.half_m == 0.5 && c.warnings == 0);
	}
}

static void
the_letter_s_is_settled_by_northing_or_country(void **state)
{
	struct coord_options opt = { .country = &azerbaijan };
	struct coord c;
	struct err e = { 0 };

	(void)state;
	/* Band S is 32 .. 40 N: northing 4,300,000 lies in it, in the south at 51 S. */
	assert_int_equal(parse("39S 500000 4300000", NULL, &c, &e), ERR_UNKNOWN);
	assert_int_equal(parse("39S 450000 4300000", &opt, &c, &e), ERR_OK);
	assert_true(c.zone_is_north && c.y > 38 && c.y < 39);
	assert_int_equal(c.warnings, COORD_WARN_BY_COUNTRY);
	opt.country = &chile;
	assert_int_equal(parse("19S 500000 4300000", &opt, &c, &e), ERR_OK);
	assert_true(!c.zone_is_north && c.y < -51);
	/* 6,300,000 is no band S: it can only be the south. */
	assert_int_equal(parse("19S 350000 6300000", NULL, &c, &e), ERR_OK);
	assert_true(!c.zone_is_north && c.warnings == 0);
	assert_int_equal(parse("39 north 500000 4300000", NULL, &c, &e), ERR_OK);
	assert_true(c.zone_is_north);
	/* Without a letter the country may tell. */
	opt.country = &ukraine;
	assert_int_equal(parse("36 500000 5400000", &opt, &c, &e), ERR_OK);
	assert_true(c.zone_is_north && c.warnings == COORD_WARN_BY_COUNTRY);
}

static void
a_wrong_zone_is_flagged(void **state)
{
	struct coord_options opt = { .country = &ukraine };
	struct coord c;
	struct err e = { 0 };

	(void)state;
	assert_int_equal(parse("39U 500000 5400000", &opt, &c, &e), ERR_OK);
	assert_true(c.warnings & COORD_WARN_OUTSIDE);
	assert_int_equal(parse("36U 150000 5400000", &opt, &c, &e), ERR_OK);
	assert_true(c.warnings & COORD_WARN_ZONE);
	assert_int_equal(parse("36U 280000 5400000", &opt, &c, &e), ERR_OK);
	assert_false(c.warnings & COORD_WARN_ZONE);
}

static void
cyrillic_letters_in_mgrs_are_read_and_marked(void **state)
{
	struct coord a, b;
	struct err e = { 0 };

	(void)state;
	assert_int_equal(parse("36TXS1234567890", NULL, &a, &e), ERR_OK);
	assert_int_equal(parse("36ТХS1234567890", NULL, &b, &e), ERR_OK);
	assert_true(a.x == b.x && a.y == b.y);
	assert_int_equal(b.warnings, COORD_WARN_LETTERS);
}

/* ---- two texts ---- */

static void
two_texts_make_a_pair(void **state)
{
	struct coord c;
	struct err e = { 0 };

	(void)state;
	assert_int_equal(coord_parse_two("48,508333", 9, "33,2", 4, NULL, &c, &e), ERR_OK);
	assert_true(c.y == 48.508333 && c.x == 33.2);
	assert_near(c.half_x, 0.05, 1e-15);
	assert_near(c.half_y, 0.5e-6, 1e-18);
	assert_int_equal(coord_parse_two("48 30 30", 8, "33 12 00", 8, NULL, &c, &e), ERR_OK);
	assert_near(c.y, D(48, 30, 30), 1e-13);
	assert_int_equal(c.format, COORD_DMS);
	assert_int_equal(coord_parse_two("48.5", 4, "", 0, NULL, &c, &e), ERR_INVALID);
	assert_int_equal(coord_parse_two("48.5N", 5, "33.2N", 5, NULL, &c, &e), ERR_INVALID);
	assert_int_equal(coord_parse_two("48.5 33.2", 9, "33.2", 4, NULL, &c, &e), ERR_INVALID);
	assert_int_equal(coord_parse_two("133.2", 5, "48.5", 4, NULL, &c, &e), ERR_INVALID);
	assert_non_null(strstr(e.hint, "changed places"));
}

/* ---- round trips ---- */

static void
written_text_reads_back(void **state)
{
	const char *given = getenv("FALLOW_SEED");
	uint64_t seed = 20240607;
	size_t count = getenv("FALLOW_LONG") ? 1000000 : 10000;
	struct rng r;

	(void)state;
	for (size_t i = 0; given && given[i] >= '0' && given[i] <= '9'; i++)
		seed = (i ? seed * 10 : 0) + (uint64_t)(given[i] - '0');
	print_message("seed %llu, %zu positions\n", (unsigned long long)seed, count);
	rng_seed(&r, seed, 1);
	for (size_t i = 0; i < count; i++) {
		double lon = 360 * rng_f64(&r) - 180, lat = 163.9 * rng_f64(&r) - 79.95, back[2];
		char text[100];
		struct coord c;
		struct err e = { 0 };
		struct utm u;

		assert_true(coord_write_dms(lon, lat, 5, text, sizeof(text)) > 0);
		if (parse(text, NULL, &c, &e) != ERR_OK)
			fail_msg("%s: %s", text, e.text);
		assert_true(fabs(c.x - lon) < 2e-9 && fabs(c.y - lat) < 2e-9); /* 0.5e-5" */
		assert_true(fabs(c.half_y - 0.5e-5 / 3600) < 1e-18);

		assert_true(utm_write_mgrs(lon, lat, 7, text));
		if (parse(text, NULL, &c, &e) != ERR_OK)
			fail_msg("%s: %s", text, e.text);
		assert_true(utm_forward(lon, lat, c.zone, &u));
		assert_true(fabs(c.easting_m - u.easting_m) < 0.00501);
		assert_true(fabs(c.northing_m - u.northing_m) < 0.00501);

		utm_inverse(&u, &back[0], &back[1]);
		assert_true(fabs(remainder(back[0] - lon, 360)) < 1e-10 / cos(lat / 57.3) &&
		            fabs(back[1] - lat) < 1e-11);
		(void)snprintf(text, sizeof(text), "%d %s %.4f %.4f", u.zone,
		               u.north ? "north" : "south", u.easting_m, u.northing_m);
		if (parse(text, NULL, &c, &e) != ERR_OK)
			fail_msg("%s: %s", text, e.text);
		assert_true(fabs(c.easting_m - u.easting_m) < 0.00006);
		assert_true(fabs(c.y - lat) < 2e-9);
	}
}

static void
dms_is_written_with_carry(void **state)
{
	char text[64];

	(void)state;
	assert_true(coord_write_dms(33.2, D(48, 30, 30), 2, text, sizeof(text)) > 0);
	assert_string_equal(text, "48°30'30.00\"N 33°12'00.00\"E");
	assert_true(coord_write_dms(-0.9999999999, -0.0000000001, 1, text, sizeof(text)) > 0);
	assert_string_equal(text, "0°00'00.0\"N 1°00'00.0\"W");
	assert_int_equal(coord_write_dms(181, 0, 1, text, sizeof(text)), 0);
	assert_int_equal(coord_write_dms(0, NAN, 1, text, sizeof(text)), 0);
	assert_int_equal(coord_write_dms(1, 1, 1, text, 10), 0);
}

static void
names_and_sentences_are_there(void **state)
{
	(void)state;
	assert_string_equal(coord_format_name(COORD_MGRS), "mgrs");
	for (unsigned bit = 1; bit <= COORD_WARN_FLOAT; bit <<= 1)
		assert_true(coord_warning_text((enum coord_warning)bit)[0] != '\0');
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(usual_ways_of_writing_are_read),
		cmocka_unit_test(what_cannot_be_known_is_refused),
		cmocka_unit_test(a_text_too_long_is_refused),
		cmocka_unit_test(degrees_minutes_seconds_typed_as_decimals_are_flagged),
		cmocka_unit_test(exchanged_axes_are_found),
		cmocka_unit_test(digits_given_say_how_much_is_left_open),
		cmocka_unit_test(a_grid_square_is_kept_as_a_square),
		cmocka_unit_test(numbers_from_32_bits_are_flagged),
		cmocka_unit_test(zone_prefixes_are_checked),
		cmocka_unit_test(degrees_in_a_grid_and_grids_in_degrees_are_refused),
		cmocka_unit_test(utm_is_read),
		cmocka_unit_test(the_letter_s_is_settled_by_northing_or_country),
		cmocka_unit_test(a_wrong_zone_is_flagged),
		cmocka_unit_test(cyrillic_letters_in_mgrs_are_read_and_marked),
		cmocka_unit_test(two_texts_make_a_pair),
		cmocka_unit_test(written_text_reads_back),
		cmocka_unit_test(dms_is_written_with_carry),
		cmocka_unit_test(names_and_sentences_are_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
