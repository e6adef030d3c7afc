#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "form/moment.h"

/* Day numbers by `date -u -d DATE +%s` / 86400. */
static void
texts_become_days(void **state)
{
	static const struct {
		const char *text;
		double days;
	} good[] = {
		{ "1970-01-01", 0 },
		{ "2008-09-05", 14127 },
		{ "1941-12-07", -10252 },
		{ "0001-01-01", -719162 },
		{ "9999-12-31", 2932896 },
		{ "1970-01-02T12:00", 1.5 },
		{ "1970-01-02T12:00:00Z", 1.5 },
		{ "1970-01-02T14:00:00+02", 1.5 },
		{ "1970-01-02T14:00:00+02:00", 1.5 },
		{ "1970-01-02T10:30:00-0130", 1.5 },
		{ "1970-01-01T00:00:00.500", 0.5 / 86400 },
		{ "18:00", 0.75 },
		{ "06:00:00", 0.25 },
		{ "12:00:00.000Z", 0.5 },
	};
	static const char *const bad[] = {
		"",
		"1983-09-31",
		"1970-13-01",
		"1970-1-1",
		"19700101",
		"24:00",
		"12:60",
		"12:00:60",
		"1970-01-01T",
		"1970-01-01T25:00",
		"1970-01-01 12:00",
		"12:00x",
		"12",
		"1970-01-01T12:00+",
		"1970-01-01T12:00+24",
		"1970-01-01Z9",
		"12:",
		"12:00:",
		"1970-01-01T12:00+02:0",
	};

	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		double days = 77;

		if (!moment_parse(good[i].text, strlen(good[i].text), &days) ||
		    fabs(days - good[i].days) > 1e-9)
			fail_msg("%s is %.9f", good[i].text, days);
	}
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		double days = 77;

		if (moment_parse(bad[i], strlen(bad[i]), &days) || days != 77)
			fail_msg("%s is taken", bad[i]);
	}
}

static void
days_become_texts(void **state)
{
	char out[32] = "untouched";
	struct buf b;

	(void)state;
	assert_false(moment_format_date(2932897, out));
	assert_false(moment_format_date((double)NAN, out));
	assert_false(moment_format(-719163, out));
	assert_string_equal(out, "untouched");
	assert_true(moment_format_date(-10252, out));
	assert_string_equal(out, "1941-12-07");
	assert_true(moment_format(-0.25, out));
	assert_string_equal(out, "1969-12-31T18:00:00.000Z");
	assert_true(moment_format(14127 + 0.1234567 / 86400, out));
	assert_string_equal(out, "2008-09-05T00:00:00.123Z");
	assert_false(moment_format(2932896.9999999999, out));
	buf_init(&b, 0);
	assert_true(moment_write(14127.5, "%a %e %b %Y %H:%M", &b));
	assert_string_equal(buf_text(&b), "Fri 5 Sep 2008 12:00");
	assert_false(moment_write(0, "%", &b));
	assert_false(moment_write(0, "%q", &b));
	buf_done(&b);
	assert_true(moment_is_time("23:59", 5));
	assert_false(moment_is_time("23:59Z", 6));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_become_days),
		cmocka_unit_test(days_become_texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
