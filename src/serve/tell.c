#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include "base/clock.h"
#include "serve/tell.h"

enum {
	LINES_MOST = 256 << 10
};

static const int64_t bucket_us[TELL_BUCKETS] = { 500,   1000,   2000,   5000,    10000,
	                                         50000, 100000, 500000, 2000000, 10000000 };
static const char *const bucket_name[TELL_BUCKETS] = { "0.0005", "0.001", "0.002", "0.005", "0.01",
	                                               "0.05",   "0.1",   "0.5",   "2",     "10" };

const char *
tell_part_name(enum serve_part part)
{
	static const char *const name[] = { "front",   "quick", "slow", "write",
		                            "account", "login", "draw" };

	return (size_t)part < sizeof name / sizeof *name ? name[part] : "none";
}

void
tell_init(struct tell *t, int log_fd)
{
	*t = (struct tell){ .log_fd = log_fd };
	buf_init(&t->lines, LINES_MOST);
}

void
tell_close(struct tell *t)
{
	tell_flush(t);
	buf_done(&t->lines);
}

void
tell_finished(struct tell *t, const struct tell_done *d)
{
	int digit = d->status / 100;
	size_t i = 0;
	char now[28];

	while (i < TELL_BUCKETS && d->took_us > bucket_us[i])
		i++;
	t->count[d->part][digit >= 0 && digit < 6 ? digit : 0]++;
	t->bucket[d->part][i]++;
	t->sum_us[d->part] += (uint64_t)(d->took_us > 0 ? d->took_us : 0);
	if (t->log_fd < 0)
		return;
	clock_format_us(clock_now_us(), now);
	buf_printf(
		&t->lines,
		"{\"time\":\"%s\",\"method\":\"%s\",\"route\":\"%s\",\"status\":%d,\"bytes\":%zu,"
		"\"ms\":%lld.%03lld,\"part\":\"%s\",\"kept\":%s}\n",
		now, d->method, d->route, d->status, d->bytes, (long long)d->took_us / 1000,
		(long long)d->took_us % 1000, tell_part_name(d->part), d->kept ? "true" : "false");
	if (t->lines.size > LINES_MOST / 4)
		tell_flush(t);
}

void
tell_flush(struct tell *t)
{
	struct pollfd p = { .fd = t->log_fd, .events = POLLOUT };
	size_t at = 0;

	if (t->log_fd < 0 || t->lines.size == 0)
		return;
	/* A pipe that says it has room takes PIPE_BUF bytes without waiting. */
	while (at < t->lines.size && poll(&p, 1, 0) == 1 && (p.revents & POLLOUT)) {
		size_t n = t->lines.size - at < 4096 ? t->lines.size - at : 4096;
		ssize_t got = write(t->log_fd, t->lines.data + at, n);

		if (got < 0 && errno != EINTR)
			break;
		at += got > 0 ? (size_t)got : 0;
	}
	for (; at < t->lines.size; at++)
		t->lines_lost += t->lines.data[at] == '\n';
	buf_reset(&t->lines);
}

static void
metrics_of_part(const struct tell *t, const struct tell_now *now, enum serve_part part,
                struct buf *b)
{
	const char *name = tell_part_name(part);
	uint64_t sum = 0;
	size_t flight = 0;

	for (int d = 1; d < 6; d++)
		if (t->count[part][d])
			buf_printf(b, "fallow_requests_total{part=\"%s\",code=\"%dxx\"} %llu\n",
			           name, d, (unsigned long long)t->count[part][d]);
	for (size_t i = 0; i <= TELL_BUCKETS; i++) {
		sum += t->bucket[part][i];
		buf_printf(b, "fallow_request_seconds_bucket{part=\"%s\",le=\"%s\"} %llu\n", name,
		           i < TELL_BUCKETS ? bucket_name[i] : "+Inf", (unsigned long long)sum);
	}
	buf_printf(b, "fallow_request_seconds_count{part=\"%s\"} %llu\n", name,
	           (unsigned long long)sum);
	buf_printf(b, "fallow_request_seconds_sum{part=\"%s\"} %llu.%06llu\n", name,
	           (unsigned long long)(t->sum_us[part] / 1000000),
	           (unsigned long long)(t->sum_us[part] % 1000000));
	for (size_t i = 0; i < now->parts->links; i++)
		if (now->parts->link[i].part == part)
			flight += now->parts->link[i].flight.count;
	buf_printf(b, "fallow_waiting{part=\"%s\"} %zu\nfallow_in_flight{part=\"%s\"} %zu\n", name,
	           now->parts->queue[part].count, name, flight);
}

static void
one(struct buf *b, const char *name, const char *type, const char *help, uint64_t v)
{
	buf_printf(b, "# HELP %s %s\n# TYPE %s %s\n%s %llu\n", name, help, name, type, name,
	           (unsigned long long)v);
}

void
tell_metrics(const struct tell *t, const struct tell_now *now, struct buf *b)
{
	buf_adds(b, "# TYPE fallow_requests_total counter\n"
	            "# TYPE fallow_request_seconds histogram\n"
	            "# TYPE fallow_waiting gauge\n# TYPE fallow_in_flight gauge\n");
	for (int part = 0; part < PARTS; part++)
		metrics_of_part(t, now, (enum serve_part)part, b);
	one(b, "fallow_connections", "gauge", "Open connections.", now->connections);
	one(b, "fallow_connections_total", "counter", "Connections taken.", t->accepted);
	one(b, "fallow_connections_evicted_total", "counter",
	    "Idle or slow connections closed to make room.", t->evicted);
	one(b, "fallow_requests_refused_total", "counter", "Requests that were no good HTTP.",
	    t->refused);
	one(b, "fallow_kept_bytes", "gauge", "Bytes of kept answers.", now->kept_bytes);
	one(b, "fallow_kept_answers", "gauge", "Number of kept answers.", now->kept_count);
	one(b, "fallow_kept_hits_total", "counter", "Requests answered from them.", t->kept_hits);
	one(b, "fallow_kept_misses_total", "counter", "Requests that were not.", t->kept_misses);
	one(b, "fallow_parts_lost_total", "counter", "Processes that ended and were replaced.",
	    t->parts_lost);
	one(b, "fallow_log_lines_lost_total", "counter", "Log lines that the log did not take.",
	    t->lines_lost);
}
