#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "geo/measure.h"
#include "geo/traverse.h"

/* cmocka compares as float, which is too coarse here. */
#define assert_near(a, b, within) assert_true(fabs((a) - (b)) <= (within))

static struct arena mem;

static int
set_up(void **state)
{
	(void)state;
	arena_init(&mem, 0);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	arena_done(&mem);
	return 0;
}

static const struct traverse_leg square[] = { { 0, 100 }, { 90, 100 }, { 180, 100 }, { 270, 100 } };

/* A square of 100 m: 10,000 m2, closed to a few tenths of a millimetre (meridians converge). */
static void
a_square_closes(void **state)
{
	struct traverse_options opt = { .start_lon_deg = 33.2,
		                        .start_lat_deg = 48.5,
		                        .is_closed = true };
	struct traverse t;
	struct err e = { 0 };

	(void)state;
	assert_int_equal(traverse_run(&opt, square, 4, &mem, &t, &e), ERR_OK);
	assert_true(t.length_m == 400);
	assert_true(t.closure_m > 0 && t.closure_m < 0.003);
	assert_near(t.closure_ratio, 400 / t.closure_m, 1e-6);
	assert_int_equal(t.polygon.point_count, 6); /* start, four ends, start */
	assert_near(measure_area_m2(&t.polygon), 10000, 0.3);
	assert_int_equal(t.adjusted.point_count, 5);
	assert_near(measure_area_m2(&t.adjusted), 10000, 0.3);
	assert_true(t.polygon.xy[0] == 33.2 && t.polygon.xy[1] == 48.5);
	assert_true(t.polygon.xy[10] == 33.2 && t.adjusted.xy[8] == 33.2);
}

/* GeodSolve (geographiclib-tools) -p 6: 48.5 33.2 45 1000 -> 48.50635847039 33.20956944156 */
static void
one_leg_is_a_geodesic(void **state)
{
	static const struct traverse_leg legs[] = { { 45, 1000 }, { 180, 500 } };
	struct traverse_options opt = { .start_lon_deg = 33.2, .start_lat_deg = 48.5 };
	struct traverse t;
	struct err e = { 0 };

	(void)state;
	assert_int_equal(traverse_run(&opt, legs, 2, &mem, &t, &e), ERR_OK);
	assert_near(t.polygon.xy[2], 33.20956944156, 1e-9);
	assert_near(t.polygon.xy[3], 48.50635847039, 1e-9);
	assert_int_equal(t.polygon.point_count, 4);
	assert_true(t.closure_m == 0 && t.closure_ratio == 0); /* not measured */
	assert_int_equal(t.adjusted.point_count, 0);
	assert_near(t.end_lon_deg, t.polygon.xy[4], 0);
}

static void
magnetic_bearings_get_their_declination(void **state)
{
	static const struct traverse_leg magnetic[] = { { 37, 1000 }, { 172, 500 } };
	static const struct traverse_leg true_legs[] = { { 45, 1000 }, { 180, 500 } };
	struct traverse_options opt = { .start_lon_deg = 33.2,
		                        .start_lat_deg = 48.5,
		                        .is_magnetic = true,
		                        .declination_deg = 8 };
	struct traverse a, b;
	struct err e = { 0 };

	(void)state;
	assert_int_equal(traverse_run(&opt, magnetic, 2, &mem, &a, &e), ERR_OK);
	opt.is_magnetic = false;
	opt.declination_deg = 0;
	assert_int_equal(traverse_run(&opt, true_legs, 2, &mem, &b, &e), ERR_OK);
	assert_true(geom_equal(&a.polygon, &b.polygon));
	opt.declination_deg = 8; /* with true bearings: which of the two is meant? */
	assert_int_equal(traverse_run(&opt, true_legs, 2, &mem, &b, &e), ERR_INVALID);
}

/* Bowditch by hand: a gap of 8 m east, legs of 100 m each: the points move by 2, 4, 6 and 8 m west.
 */
static void
the_error_is_spread_by_length_beside_the_measured_shape(void **state)
{
	static const struct traverse_leg legs[] = {
		{ 0, 100 }, { 90, 104 }, { 180, 100 }, { 270, 96 }
	};
	static const double shift_m[] = { 0, 2, 4.08, 6.08 };
	struct traverse_options opt = { .start_lon_deg = 33.2,
		                        .start_lat_deg = 48.5,
		                        .is_closed = true };
	struct traverse t;
	struct err e = { 0 };

	(void)state;
	assert_int_equal(traverse_run(&opt, legs, 4, &mem, &t, &e), ERR_OK);
	assert_near(t.closure_m, 8, 0.005);
	assert_near(t.closure_ratio, 50, 0.05);
	assert_int_equal(t.polygon.point_count, 6);
	assert_int_equal(t.adjusted.point_count, 5);
	for (size_t i = 0; i < 4; i++) {
		const double *p = t.polygon.xy + 2 * i, *q = t.adjusted.xy + 2 * i;

		assert_near(measure_distance_m(p[0], p[1], q[0], q[1]), shift_m[i], 0.01);
		assert_true(q[0] <= p[0]);
	}
	assert_near(measure_distance_m(t.end_lon_deg, t.end_lat_deg, 33.2, 48.5), t.closure_m,
	            1e-9);
}

static void
what_cannot_be_walked_is_refused(void **state)
{
	struct traverse_leg legs[] = { { 0, 100 }, { 90, 100 }, { 180, 100 }, { 270, 100 } };
	struct traverse_options opt = { .start_lon_deg = 33.2,
		                        .start_lat_deg = 48.5,
		                        .is_closed = true };
	struct traverse t = { .length_m = -1 };
	struct err e = { 0 };

	(void)state;
	assert_int_equal(traverse_run(&opt, legs, 2, &mem, &t, &e), ERR_INVALID);
	assert_int_equal(traverse_run(&opt, legs, 10001, &mem, &t, &e), ERR_LIMIT);
	opt.start_lon_deg = (double)NAN;
	assert_int_equal(traverse_run(&opt, legs, 4, &mem, &t, &e), ERR_INVALID);
	opt.start_lon_deg = 33.2;
	opt.start_lat_deg = 90;
	assert_int_equal(traverse_run(&opt, legs, 4, &mem, &t, &e), ERR_INVALID);
	opt.start_lon_deg = 180;
	opt.start_lat_deg = 48.5;
	assert_int_equal(traverse_run(&opt, legs, 4, &mem, &t, &e), ERR_INVALID);
	opt.start_lon_deg = 33.2;
	legs[1].bearing_deg = 360.1;
	assert_int_equal(traverse_run(&opt, legs, 4, &mem, &t, &e), ERR_INVALID);
	assert_non_null(strstr(e.text, "leg 2: bearing 360.1"));
	legs[1].bearing_deg = (double)NAN;
	assert_int_equal(traverse_run(&opt, legs, 4, &mem, &t, &e), ERR_INVALID);
	legs[1].bearing_deg = 90;
	legs[2].distance_m = 0;
	assert_int_equal(traverse_run(&opt, legs, 4, &mem, &t, &e), ERR_INVALID);
	legs[2].distance_m = 100001;
	assert_int_equal(traverse_run(&opt, legs, 4, &mem, &t, &e), ERR_INVALID);
	legs[2].distance_m = 100;
	mem_fail_after(0, 1);
	arena_done(&mem);
	assert_int_equal(traverse_run(&opt, legs, 4, &mem, &t, &e), ERR_NOMEM);
	mem_fail_after(-1, 0);
	assert_true(t.length_m == -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_square_closes),
		cmocka_unit_test(one_leg_is_a_geodesic),
		cmocka_unit_test(magnetic_bearings_get_their_declination),
		cmocka_unit_test(the_error_is_spread_by_length_beside_the_measured_shape),
		cmocka_unit_test(what_cannot_be_walked_is_refused),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
