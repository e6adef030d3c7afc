/* For tests: reads cases (u32 little-endian length, bytes) from standard input and prints what the
 * server's reader makes of each, a line of JSON: the requests it took, and how it ended. */
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/text.h"
#include "serve/http1.h"

static const char *const method[] = { "GET", "HEAD", "POST", "PUT", "DELETE" };

static void
print_hex(const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		printf("%02x", (unsigned char)p[i]);
}

/* The body of a request; returns bytes used, or -1 when it is not whole, -2 when it is bad. */
static long
body(const struct http1 *h, const char *p, size_t n, struct buf *out)
{
	struct http1_chunks c = { 0 };
	enum http1_result rc = HTTP1_MORE;
	size_t at = 0;

	buf_reset(out);
	if (!h->chunked) {
		if (n < h->length)
			return -1;
		buf_add(out, p, (size_t)h->length);
		return (long)h->length;
	}
	while (rc == HTTP1_MORE && at < n) {
		size_t used, size;
		const char *data;

		rc = http1_chunks_feed(&c, p + at, n - at, &used, &data, &size);
		buf_add(out, data, size);
		at += used;
	}
	return rc == HTTP1_DONE ? (long)at : rc == HTTP1_BAD ? -2 : -1;
}

static void
print_case(const char *p, size_t n)
{
	struct buf out;
	const char *end = "more";
	size_t at = 0, count = 0;

	buf_init(&out, 0);
	printf("{\"requests\":[");
	while (at < n) {
		struct http1 h;
		enum http1_result rc;
		long used;

		http1_init(&h);
		rc = http1_feed(&h, p + at, n - at);
		used = rc == HTTP1_DONE ? body(&h, p + at + h.head_size, n - at - h.head_size, &out)
		                        : 0;
		if (rc == HTTP1_BAD || used == -2)
			end = "bad";
		if (rc != HTTP1_DONE || used < 0)
			break;
		printf("%s{\"method\":\"%s\",\"target\":\"", count++ ? "," : "", method[h.method]);
		print_hex(p + at + h.target.at, h.target.size);
		printf("\",\"headers\":[");
		for (size_t i = 0; i < h.fields; i++) {
			printf("%s\"", i ? "," : "");
			print_hex(p + at + h.field[i].name.at, h.field[i].name.size);
			printf(":");
			print_hex(p + at + h.field[i].value.at, h.field[i].value.size);
			printf("\"");
		}
		printf("],\"body\":\"");
		print_hex(out.data, out.size);
		printf("\",\"close\":%s}", h.close ? "true" : "false");
		at += h.head_size + (size_t)used;
		if (at == n)
			end = "whole";
	}
	printf("],\"end\":\"%s\"}\n", end);
	buf_done(&out);
}

int
main(void)
{
	static char text[1 << 20];
	unsigned char head[4];

	while (fread(head, 1, 4, stdin) == 4) {
		size_t n = head[0] | (size_t)head[1] << 8 | (size_t)head[2] << 16;

		if (n > sizeof text || fread(text, 1, n, stdin) != n)
			return 1;
		print_case(text, n);
	}
	return 0;
}
