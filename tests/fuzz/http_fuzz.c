/* HTTP: no input may crash; a request read in pieces is the one read at once, head and chunks; a
 * target that is taken has no byte that another server could read differently. The first byte says
 * how large the pieces are. */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "serve/http1.h"
#include "serve/target.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_target(const char *s, size_t n)
{
	struct target t = { 0 };
	struct arena mem;
	struct err e = { 0 };

	arena_init(&mem, 0);
	if (target_parse(s, n, &mem, &t, &e) == ERR_OK) {
		if (t.path[0] != '/' || strchr(t.path, '\\') || strstr(t.path, "//") ||
		    strstr(t.path, "/../") || t.query_count > TARGET_PAIRS_MOST)
			abort();
		for (const char *p = t.path; *p; p++)
			if ((unsigned char)*p < ' ' || *p == 0x7f)
				abort();
	}
	arena_done(&mem);
}

static enum http1_result
chunks(const char *p, size_t n, size_t step, struct buf *out, size_t *ret_used)
{
	struct http1_chunks c = { 0 };
	enum http1_result rc = HTTP1_MORE;
	size_t at = 0;

	while (rc == HTTP1_MORE && at < n) {
		size_t room = n - at < step ? n - at : step, used = 0, got = 0;
		const char *run = NULL;

		rc = http1_chunks_feed(&c, p + at, room, &used, &run, &got);
		if (used == 0 || used > room || got > used ||
		    (got && (run < p || run + got > p + n)))
			abort();
		buf_add(out, run, got);
		at += used;
	}
	*ret_used = at;
	return rc;
}

static void
check_chunks(const char *p, size_t n, size_t step)
{
	struct buf a, b;
	size_t used_a = 0, used_b = 0;
	enum http1_result x, y;

	buf_init(&a, 0);
	buf_init(&b, 0);
	x = chunks(p, n, n, &a, &used_a);
	y = chunks(p, n, step, &b, &used_b);
	if (x != y || (x == HTTP1_DONE && used_a != used_b) || a.size != b.size ||
	    (a.size && memcmp(a.data, b.data, a.size) != 0))
		abort();
	buf_done(&a);
	buf_done(&b);
}

static void
check_same(const struct http1 *a, const struct http1 *b)
{
	if (a->method != b->method || a->fields != b->fields || a->length != b->length ||
	    a->chunked != b->chunked || a->close != b->close || a->expects != b->expects ||
	    a->head_size != b->head_size || memcmp(&a->target, &b->target, sizeof a->target) != 0 ||
	    memcmp(&a->host, &b->host, sizeof a->host) != 0 ||
	    memcmp(a->field, b->field, a->fields * sizeof *a->field) != 0)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t step = size ? data[0] % 64 + 1u : 1, n = size ? size - 1 : 0;
	const char *p = (const char *)data + (size ? 1 : 0);
	enum http1_result x, y = HTTP1_MORE;
	struct http1 a, b;

	http1_init(&a);
	http1_init(&b);
	x = http1_feed(&a, p, n);
	for (size_t i = 0; i <= n && y == HTTP1_MORE; i = i == n         ? n + 1
	                                                  : i + step < n ? i + step
	                                                                 : n)
		y = http1_feed(&b, p, i);
	if (x != y || (x == HTTP1_BAD && (a.status != b.status || strcmp(a.why, b.why) != 0)))
		abort();
	if (x == HTTP1_DONE) {
		check_same(&a, &b);
		if (a.head_size > n || a.head_size > HTTP1_HEAD_MOST || a.fields == 0)
			abort();
		check_target(p + a.target.at, a.target.size);
		if (a.chunked && n > a.head_size)
			check_chunks(p + a.head_size, n - a.head_size, step);
	}
	if (n) {
		check_chunks(p, n, step);
		check_target(p, n);
	}
	return 0;
}
