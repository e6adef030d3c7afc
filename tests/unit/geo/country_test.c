#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "geo/country.h"

static const struct geom_box ukraine = { 22.1, 44.3, 40.3, 52.4 };
static const struct geom_box pacific = { -130, -50, -120, -42 };

static void
mistakes_are_explained(void **state)
{
	(void)state;
	assert_int_equal(country_fit(ukraine, 33.2, 48.5), COUNTRY_INSIDE);
	assert_int_equal(country_fit(ukraine, 22.1, 44.3), COUNTRY_INSIDE); /* the edge */
	assert_int_equal(country_fit(ukraine, 48.5, 33.2), COUNTRY_IF_SWAPPED);
	assert_int_equal(country_fit(ukraine, 33.2, -48.5), COUNTRY_IF_LAT_SIGN);
	assert_int_equal(country_fit(ukraine, -33.2, 48.5), COUNTRY_IF_LON_SIGN);
	assert_int_equal(country_fit(ukraine, 18.2, 48.5), COUNTRY_IF_ZONE_EAST);
	assert_int_equal(country_fit(ukraine, 44.2, 48.5), COUNTRY_IF_ZONE_WEST);
	assert_int_equal(country_fit(ukraine, 0, 0), 0);
	assert_int_equal(country_fit(ukraine, NAN, 48.5), 0);
	assert_int_equal(country_fit(pacific, 125, -45), COUNTRY_IF_LON_SIGN);
	assert_int_equal(country_fit(pacific, -45, -125), COUNTRY_IF_SWAPPED);
}

static void
each_has_its_words(void **state)
{
	(void)state;
	for (unsigned bit = 1; bit <= COUNTRY_IF_ZONE_WEST; bit <<= 1)
		assert_true(country_fit_text((enum country_fit)bit)[0] != '\0');
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mistakes_are_explained),
		cmocka_unit_test(each_has_its_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
