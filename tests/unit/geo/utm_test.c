#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "geo/utm.h"

/* GeoConvert 2.1.2 (geographiclib-tools): -u -p 6 and -m -p 0 of the positions. */
static const struct {
	double lat, lon;
	int zone;
	double easting_m, northing_m;
	const char *mgrs;
} known[] = {
	{ 48.508333, 33.2, 36, 514771.944703, 5372821.148792, "36UWU1477172821" },
	{ 50.45, 30.5234, 36, 324181.838663, 5591596.490043, "36UUA2418191596" },
	{ 40.4093, 49.8671, 39, 403874.838198, 4473803.216881, "39TVE0387473803" },
	{ -45.9, -125.25, 10, 325465.051082, 4914601.461255, "10GCQ2546514601" },
	{ 60.39, 5.32, 32, 297230.220210, 6700510.175254, "32VKN9723000510" },
	{ 78.22, 15.65, 33, 514813.527264, 8683004.153277, "33XWG1481383004" },
};

static void
known_positions(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		struct utm u;
		double lon, lat;
		char text[UTM_MGRS_SIZE];

		assert_int_equal(utm_zone(known[i].lon, known[i].lat), known[i].zone);
		assert_true(utm_forward(known[i].lon, known[i].lat, known[i].zone, &u));
		assert_true(fabs(u.easting_m - known[i].easting_m) < 0.001);
		assert_true(fabs(u.northing_m - known[i].northing_m) < 0.001);
		utm_inverse(&u, &lon, &lat);
		assert_true(fabs(lon - known[i].lon) < 1e-12 && fabs(lat - known[i].lat) < 1e-12);
		assert_true(utm_write_mgrs(known[i].lon, known[i].lat, 5, text));
		assert_string_equal(text, known[i].mgrs);
	}
}

static void
zones_have_their_exceptions(void **state)
{
	(void)state;
	assert_int_equal(utm_zone(-180, 0), 1);
	assert_int_equal(utm_zone(180, 0), 1);
	assert_int_equal(utm_zone(179.999999, 0), 60);
	assert_int_equal(utm_zone(-0.000001, 0), 30);
	assert_int_equal(utm_zone(0, 0), 31);
	assert_int_equal(utm_zone(2.99, 60), 31);
	assert_int_equal(utm_zone(3, 60), 32);
	assert_int_equal(utm_zone(3, 64), 31);
	assert_int_equal(utm_zone(8.99, 72), 31);
	assert_int_equal(utm_zone(9, 72), 33);
	assert_int_equal(utm_zone(21, 83.9), 35);
	assert_int_equal(utm_zone(33, 72), 37);
	assert_int_equal(utm_zone(42, 72), 38);
	assert_int_equal(utm_zone(0, 84.0001), 0);
	assert_int_equal(utm_zone(0, -80.0001), 0);
	assert_int_equal(utm_zone(0, NAN), 0);
	assert_int_equal(utm_zone(NAN, 0), 0);
}

static void
bands_have_their_edges(void **state)
{
	double south, north;

	(void)state;
	assert_int_equal(utm_band(-80), 'C');
	assert_int_equal(utm_band(-0.0001), 'M');
	assert_int_equal(utm_band(0), 'N');
	assert_int_equal(utm_band(47.9999), 'T');
	assert_int_equal(utm_band(48), 'U');
	assert_int_equal(utm_band(72), 'X');
	assert_int_equal(utm_band(84), 'X');
	assert_int_equal(utm_band(84.1), 0);
	assert_int_equal(utm_band(NAN), 0);
	assert_true(utm_band_limits('X', &south, &north));
	assert_true(south == 72 && north == 84);
	assert_false(utm_band_limits('I', &south, &north));
	assert_false(utm_band_limits('\0', &south, &north));
}

static void
what_is_outside_is_refused(void **state)
{
	struct utm u;
	char text[UTM_MGRS_SIZE];

	(void)state;
	assert_false(utm_forward(33 + 81, 10, 36, &u));
	assert_false(utm_forward(NAN, 10, 36, &u));
	assert_false(utm_forward(33, 91, 36, &u));
	assert_false(utm_write_mgrs(33, 85, 5, text));
	assert_false(utm_write_mgrs(33, 48, 8, text));
	assert_false(utm_write_mgrs(33, 48, -1, text));
}

static void
a_square_must_touch_its_band(void **state)
{
	struct utm u = { .zone = 7 };
	double size;
	struct err e = { 0 };

	(void)state;
	/* Row P of zone 36 lies at 47.7 .. 48.7 N (GeoConvert: 36TWT and 36UWU are neighbours). */
	assert_int_equal(utm_read_mgrs("36UWU1477172821", 15, &u, &size, &e), ERR_OK);
	assert_true(size == 1 && u.easting_m == 514771.5 && u.northing_m == 5372821.5);
	u.zone = 7;
	assert_int_equal(utm_read_mgrs("36TWU1477172821", 15, &u, &size, &e), ERR_INVALID);
	assert_non_null(strstr(e.text, "outside band T"));
	assert_int_equal(utm_read_mgrs("36VWU1477172821", 15, &u, &size, &e), ERR_INVALID);
	assert_int_equal(u.zone, 7);
	assert_int_equal(utm_read_mgrs("36u wu 1-7", 10, &u, &size, &e), ERR_OK);
	assert_true(size == 10000 && u.easting_m == 515000 && u.northing_m == 5375000);
	assert_int_equal(utm_read_mgrs("", 0, &u, &size, &e), ERR_INVALID);
	assert_int_equal(utm_read_mgrs("36UWU12345678901234", 19, &u, &size, &e), ERR_OK);
	assert_int_equal(utm_read_mgrs("36UWU1234567890123456", 21, &u, &size, &e), ERR_INVALID);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_positions),
		cmocka_unit_test(zones_have_their_exceptions),
		cmocka_unit_test(bands_have_their_edges),
		cmocka_unit_test(what_is_outside_is_refused),
		cmocka_unit_test(a_square_must_touch_its_band),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
