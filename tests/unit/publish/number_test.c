/* Numbers as people read them; expected by hand. */
#include "../unit.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "publish/number.h"

static void
plain(void **state)
{
	static const struct {
		double v;
		int decimals;
		const char *text;
	} t[] = {
		{ 0, 0, "0" },
		{ -0.0, 0, "0" },
		{ -0.0, 2, "0.00" },
		{ -0.4, 0, "0" },
		{ -0.004, 2, "0.00" },
		{ -0.006, 2, "-0.01" },
		{ 1234567.25, 1, "1234567.2" }, /* half to even: .25 is exact */
		{ 1234567.75, 1, "1234567.8" },
		{ 12, 3, "12.000" },
		{ NAN, 0, "" },
		{ INFINITY, 0, "" },
		{ -INFINITY, 2, "" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(t); i++) {
		char out[NUMBER_TEXT];

		number_plain(out, t[i].v, t[i].decimals);
		assert_string_equal(out, t[i].text);
	}
}

static void
grouped(void **state)
{
	static const struct {
		double v;
		int decimals;
		const char *text;
	} t[] = {
		{ 0, 0, "0" },
		{ 999, 0, "999" },
		{ 1000, 0, "1 000" },
		{ -999, 0, "-999" },
		{ -1000, 0, "-1 000" },
		{ -123456, 0, "-123 456" },
		{ 1234567.5, 1, "1 234 567.5" },
		{ 12345.6789, 4, "12 345.6789" }, /* nothing is parted behind the point */
		{ 999999.96, 1, "1 000 000.0" },
		{ NAN, 1, "" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(t); i++) {
		char out[NUMBER_TEXT];

		number_grouped(out, t[i].v, t[i].decimals);
		assert_string_equal(out, t[i].text);
	}
}

static void
no_number_is_too_long(void **state)
{
	char out[NUMBER_TEXT + 1];

	(void)state;
	memset(out, 'x', sizeof(out));
	number_grouped(out, DBL_MAX, 9);
	assert_true(strlen(out) < NUMBER_TEXT);
	number_grouped(out, -123456789012345678.0, 9);
	assert_true(strlen(out) < NUMBER_TEXT);
	assert_int_equal(out[NUMBER_TEXT], 'x');
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain),
		cmocka_unit_test(grouped),
		cmocka_unit_test(no_number_is_too_long),
	};

	return cmocka_run_group_tests_name("number", tests, NULL, NULL);
}
