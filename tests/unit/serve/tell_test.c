/* Lines and counters. What they must say: a route and nobody; Prometheus' text format (buckets add
 * up, +Inf is the count). */
#define _XOPEN_SOURCE 700
#include "../unit.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "serve/tell.h"

static int log_end[2];
static struct tell t;
static struct buf text;

static int
set_up(void **state)
{
	(void)state;
	(void)setenv("FALLOW_NOW", "2024-06-01T12:00:00Z", 1);
	buf_init(&text, 0);
	if (pipe(log_end) != 0)
		return -1;
	tell_init(&t, log_end[1]);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	tell_close(&t);
	buf_done(&text);
	(void)close(log_end[0]);
	return close(log_end[1]);
}

static void
done(int64_t took_us, int status)
{
	struct tell_done d = { .part = PART_QUICK,
		               .route = "status",
		               .method = "GET",
		               .status = status,
		               .bytes = 17,
		               .took_us = took_us };

	tell_finished(&t, &d);
}

static const char *
metrics(void)
{
	static struct parts parts;
	struct tell_now now = { .connections = 3, .parts = &parts };

	buf_reset(&text);
	tell_metrics(&t, &now, &text);
	assert_true(buf_ok(&text));
	return buf_text(&text);
}

static void
a_line_for_each(void **state)
{
	char got[600];
	ssize_t n;

	(void)state;
	done(1234567, 200);
	tell_flush(&t);
	n = read(log_end[0], got, sizeof(got) - 1);
	assert_true(n > 0);
	got[n] = '\0';
	assert_string_equal(got, "{\"time\":\"2024-06-01T12:00:00.000000Z\",\"method\":\"GET\","
	                         "\"route\":\"status\",\"status\":200,\"bytes\":17,\"ms\":1234.567,"
	                         "\"part\":\"quick\",\"kept\":false}\n");
}

static void
buckets_add_up(void **state)
{
	(void)state;
	done(500, 200);      /* le 0.0005: the bound is in */
	done(501, 200);      /* le 0.001 */
	done(9000, 404);     /* le 0.01 */
	done(99999999, 503); /* +Inf */
	(void)metrics();
	assert_non_null(strstr(metrics(), "seconds_bucket{part=\"quick\",le=\"0.0005\"} 1\n"));
	assert_non_null(strstr(metrics(), "seconds_bucket{part=\"quick\",le=\"0.001\"} 2\n"));
	assert_non_null(strstr(metrics(), "seconds_bucket{part=\"quick\",le=\"0.005\"} 2\n"));
	assert_non_null(strstr(metrics(), "seconds_bucket{part=\"quick\",le=\"0.01\"} 3\n"));
	assert_non_null(strstr(metrics(), "seconds_bucket{part=\"quick\",le=\"10\"} 3\n"));
	assert_non_null(strstr(metrics(), "seconds_bucket{part=\"quick\",le=\"+Inf\"} 4\n"));
	assert_non_null(strstr(metrics(), "seconds_count{part=\"quick\"} 4\n"));
	assert_non_null(strstr(metrics(), "seconds_sum{part=\"quick\"} 100.010000\n"));
	assert_non_null(strstr(metrics(), "requests_total{part=\"quick\",code=\"2xx\"} 2\n"));
	assert_non_null(strstr(metrics(), "requests_total{part=\"quick\",code=\"4xx\"} 1\n"));
	assert_non_null(strstr(metrics(), "requests_total{part=\"quick\",code=\"5xx\"} 1\n"));
	assert_non_null(strstr(metrics(), "seconds_count{part=\"slow\"} 0\n"));
	assert_non_null(strstr(metrics(), "\nfallow_connections 3\n"));
}

/* Nobody reads the log: the lines that do not fit are lost and counted, nothing waits. */
static void
a_full_log_loses_lines(void **state)
{
	static char got[1 << 20];
	int kept = 0, made = 2000;

	(void)state;
	for (int i = 0; i < made; i++)
		done(1, 200);
	tell_flush(&t);
	assert_true(t.lines_lost > 0);
	assert_int_equal(fcntl(log_end[0], F_SETFL, O_NONBLOCK), 0);
	for (ssize_t n; (n = read(log_end[0], got, sizeof(got))) > 0;)
		for (ssize_t i = 0; i < n; i++)
			kept += got[i] == '\n';
	assert_int_equal((uint64_t)kept + t.lines_lost, made);
}

static void
no_log(void **state)
{
	struct tell none;
	struct tell_done d = { .part = PART_WRITE, .route = "-", .method = "-", .status = 999 };

	(void)state;
	tell_init(&none, -1);
	tell_finished(&none, &d);
	d.status = -5;
	tell_finished(&none, &d);
	assert_int_equal(none.lines.size, 0);
	assert_int_equal(none.count[PART_WRITE][0], 2);
	tell_close(&none);
	assert_string_equal(tell_part_name(PART_WRITE), "write");
	assert_string_equal(tell_part_name((enum serve_part)99), "none");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_line_for_each, set_up, tear_down),
		cmocka_unit_test_setup_teardown(buckets_add_up, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_full_log_loses_lines, set_up, tear_down),
		cmocka_unit_test_setup_teardown(no_log, set_up, tear_down),
	};

	return cmocka_run_group_tests_name("tell", tests, NULL, NULL);
}
