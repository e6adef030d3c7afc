/* Expected days come from Python's datetime.date(y, m, d).toordinal() - 719163. */
#include "../unit.h"

#include <string.h>

#include "base/clock.h"
#include "ingest/dates.h"

static void
expect(const char *text, int year, int month, int day)
{
	int64_t days = -1;

	if (!dates_read(text, strlen(text), &days))
		fail_msg("\"%s\" was not read", text);
	assert_int_equal(days, clock_days(year, month, day));
}

static void
expect_none(const char *text)
{
	int64_t days = -77;

	if (dates_read(text, strlen(text), &days))
		fail_msg("\"%s\" was read as day %ld", text, (long)days);
	assert_int_equal(days, -77);
}

static void
reads_what_is_certain(void **state)
{
	int64_t days = 0;

	(void)state;
	assert_true(dates_read("2024-05-12", 10, &days));
	assert_int_equal(days, 19855);
	expect("2024-5-2", 2024, 5, 2);
	expect("2024/05/12", 2024, 5, 12);
	expect("2024.05.12", 2024, 5, 12);
	expect("20240512", 2024, 5, 12);
	expect("  2024-05-12T23:59:59Z ", 2024, 5, 12);
	expect("2024-05-12 00:00:00+03", 2024, 5, 12);
	expect("12.05.2024", 2024, 5, 12);
	expect("1.2.2003", 2003, 2, 1);
	expect("13/05/2024", 2024, 5, 13);
	expect("05/13/2024", 2024, 5, 13);
	expect("05-05-2024", 2024, 5, 5);
	expect("29.02.2024", 2024, 2, 29);
	expect("31.12.2200", 2200, 12, 31);
	expect("1800-01-01", 1800, 1, 1);
}

static void
reads_month_names(void **state)
{
	(void)state;
	expect("12 May 2024", 2024, 5, 12);
	expect("May 12, 2024", 2024, 5, 12);
	expect("3 de agosto de 2004", 2004, 8, 3);
	expect("12 травня 2024 року", 2024, 5, 12);
	expect("12 листопада 2023", 2023, 11, 12);
	expect("12 iyun 2020", 2020, 6, 12);
	expect("1 januar 1996", 1996, 1, 1);
	expect_none("12 Foo 2024");
	expect_none("May 2024");
	expect_none("12 May 12 2024");
}

static void
refuses_what_could_be_two_days(void **state)
{
	(void)state;
	expect_none("05/06/2024");
	expect_none("05-06-2024");
	expect_none("12/05/24");
	expect_none("12.05.24");
	expect_none("");
	expect_none("2024");
	expect_none("2024-05");
	expect_none("2024-13-01");
	expect_none("2023-02-29");
	expect_none("1799-12-31");
	expect_none("2201-01-01");
	expect_none("2024-05/12");
	expect_none("2024-05-12x");
	expect_none("45123");
	expect_none("99999999999999");
}

static void
first_day_of_a_period(void **state)
{
	int64_t days = -5;

	(void)state;
	assert_true(dates_of_period(2006, 0, &days));
	assert_int_equal(days, clock_days(2006, 1, 1));
	assert_true(dates_of_period(2006, 12, &days));
	assert_int_equal(days, clock_days(2006, 12, 1));
	assert_false(dates_of_period(2006, 13, &days));
	assert_false(dates_of_period(0, 1, &days));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_what_is_certain),
		cmocka_unit_test(reads_month_names),
		cmocka_unit_test(refuses_what_could_be_two_days),
		cmocka_unit_test(first_day_of_a_period),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
