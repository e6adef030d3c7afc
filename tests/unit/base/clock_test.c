#include <stdlib.h>
#include <string.h>

#include "oracle.h"

#include "base/clock.h"

/* Python's datetime.date: every 97th day of ten thousand years and both ends. */
static void
test_dates_oracle(void **state)
{
	FILE *f = oracle_open("dates.txt");
	char line[200];
	char *column[4];
	size_t rows = 0;

	(void)state;
	while (oracle_next(f, line, sizeof(line), column) == 2) {
		long long days = atoll(column[0]);
		int64_t got;
		int y, m, d;
		char text[11];

		assert_true(clock_parse_date(column[1], 10, &got));
		assert_int_equal(got, days);
		clock_format_date(days, text);
		assert_string_equal(text, column[1]);
		clock_from_days(days, &y, &m, &d);
		assert_true(clock_is_date(y, m, d));
		assert_int_equal(clock_days(y, m, d), days);
		rows++;
	}
	fclose(f);
	assert_true(rows > 40000);
}

/* Python's datetime with offsets of up to a day. */
static void
test_times_oracle(void **state)
{
	FILE *f = oracle_open("times.txt");
	char line[200];
	char *column[4];
	size_t rows = 0;

	(void)state;
	while (oracle_next(f, line, sizeof(line), column) == 3) {
		long long us = atoll(column[0]);
		int64_t got;
		char text[28];

		assert_true(clock_parse_us(column[1], strlen(column[1]), &got));
		assert_int_equal(got, us);
		clock_format_us(us, text);
		assert_string_equal(text, column[2]);
		assert_true(clock_parse_us(text, 27, &got));
		assert_int_equal(got, us);
		rows++;
	}
	fclose(f);
	assert_true(rows >= 5000);
}

static void
test_is_date(void **state)
{
	(void)state;
	assert_true(clock_is_date(2024, 2, 29));
	assert_false(clock_is_date(2023, 2, 29));
	assert_false(clock_is_date(1900, 2, 29));
	assert_true(clock_is_date(2000, 2, 29));
	assert_false(clock_is_date(2000, 2, 30));
	assert_false(clock_is_date(0, 1, 1));
	assert_true(clock_is_date(1, 1, 1));
	assert_true(clock_is_date(9999, 12, 31));
	assert_false(clock_is_date(10000, 1, 1));
	assert_false(clock_is_date(2000, 0, 1));
	assert_false(clock_is_date(2000, 13, 1));
	assert_false(clock_is_date(2000, 4, 31));
	assert_false(clock_is_date(2000, 4, 0));
	assert_false(clock_is_date(2000, 4, -1));
}

static void
test_parse_date_refuses(void **state)
{
	static const char *const bad[] = {
		"",           "2026-5-04",  "2026-05-4",  "2026-05-04 ", " 2026-05-04",
		"2026/05/04", "20260504",   "2026-02-30", "0000-01-01",  "+026-05-04",
		"2026-13-01", "2026-00-01", "2026-05-00", "-2026-05-04", "2026-05-0x",
	};
	int64_t days = 77;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		assert_false(clock_parse_date(bad[i], strlen(bad[i]), &days));
		assert_int_equal(days, 77);
	}
	assert_false(clock_parse_date(NULL, 10, &days));
	assert_true(clock_parse_date("2026-05-04", 10, NULL));
}

static void
check_time(const char *s, int64_t us)
{
	int64_t got = 0;

	assert_true(clock_parse_us(s, strlen(s), &got));
	assert_int_equal(got, us);
}

/* RFC 3339, section 5.8, and the edges of the grammar. */
static void
test_parse_time(void **state)
{
	(void)state;
	check_time("1970-01-01T00:00:00Z", 0);
	check_time("1970-01-01t00:00:00z", 0);
	check_time("1985-04-12T23:20:50.52Z", 482196050520000);
	check_time("1996-12-19T16:39:57-08:00", 851042397000000); /* = 1996-12-20T00:39:57Z */
	check_time("1937-01-01T12:00:27.87+00:20", -1041337172130000);
	check_time("1969-12-31T23:59:59.999999Z", -1);
	check_time("1970-01-01T00:00:00.000001Z", 1);
	check_time("1970-01-01T00:00:00-00:00", 0);
	check_time("1970-01-02T00:00:00+23:59", 60000000);
	check_time("0001-01-01T00:00:00Z", -62135596800000000);
	check_time("9999-12-31T23:59:59.999999Z", 253402300799999999);
}

static void
test_parse_time_refuses(void **state)
{
	static const char *const bad[] = {
		"",
		"2026-05-04",
		"2026-05-04T09:12:44",
		"2026-05-04 09:12:44Z",
		"2026-05-04T09:12Z",
		"2026-05-04T24:00:00Z",
		"2026-05-04T23:60:00Z",
		"2026-05-04T23:59:60Z", /* no leap seconds */
		"2026-05-04T09:12:44.Z",
		"2026-05-04T09:12:44.1234567Z",
		"2026-05-04T09:12:44,5Z",
		"2026-05-04T09:12:44.5",
		"2026-05-04T09:12:44+0200",
		"2026-05-04T09:12:44+02",
		"2026-05-04T09:12:44+24:00",
		"2026-05-04T09:12:44+02:60",
		"2026-05-04T09:12:44ZZ",
		"2026-02-29T09:12:44Z",
		"2026-05-04T9:12:044Z",
		"0001-01-01T00:00:00+00:01", /* the year 0 */
		"9999-12-31T23:59:59-00:01", /* the year 10000 */
	};
	int64_t us = 77;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		assert_false(clock_parse_us(bad[i], strlen(bad[i]), &us));
		assert_int_equal(us, 77);
	}
	assert_false(clock_parse_us(NULL, 20, &us));
}

static void
test_format(void **state)
{
	char text[28];

	(void)state;
	clock_format_s(0, text);
	assert_string_equal(text, "1970-01-01T00:00:00Z");
	clock_format_s(-1, text);
	assert_string_equal(text, "1969-12-31T23:59:59Z");
	clock_format_us(-1, text);
	assert_string_equal(text, "1969-12-31T23:59:59.999999Z");
	clock_format_s(1777885964, text); /* date -u -d @1777885964 */
	assert_string_equal(text, "2026-05-04T09:12:44Z");
	/* What lies outside the calendar does not overrun. */
	clock_format_us(INT64_MIN, text);
	assert_int_equal(strlen(text), 27);
	clock_format_us(INT64_MAX, text);
	assert_int_equal(strlen(text), 27);
	clock_format_s(INT64_MAX, text);
	assert_int_equal(strlen(text), 20);
	clock_format_date(INT64_MIN, text);
	assert_string_equal(text, "0001-01-01");
	clock_format_date(INT64_MAX, text);
	assert_string_equal(text, "9999-12-31");
}

static void
test_now(void **state)
{
	int64_t a, b;

	(void)state;
	assert_int_equal(setenv("FALLOW_NOW", "2026-05-04T09:12:44.5Z", 1), 0);
	assert_int_equal(clock_now_us(), 1777885964500000);
	assert_int_equal(setenv("FALLOW_NOW", "yesterday", 1), 0);
	a = clock_now_us(); /* not a time: the real one */
	unsetenv("FALLOW_NOW");
	b = clock_now_us();
	assert_true(a > 1700000000000000);
	assert_true(b >= a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dates_oracle), cmocka_unit_test(test_times_oracle),
		cmocka_unit_test(test_is_date),      cmocka_unit_test(test_parse_date_refuses),
		cmocka_unit_test(test_parse_time),   cmocka_unit_test(test_parse_time_refuses),
		cmocka_unit_test(test_format),       cmocka_unit_test(test_now),
	};

	return cmocka_run_group_tests_name("clock", tests, NULL, NULL);
}
