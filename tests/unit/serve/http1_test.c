/* Requests: what is refused and with which status (RFC 9112, RFC 9110), that byte by byte gives the
 * same as all at once, and a grid of lengths and chunks of which only the clear ones pass. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "serve/http1.h"

static enum http1_result
feed_all(struct http1 *h, const char *p, size_t n)
{
	http1_init(h);
	return http1_feed(h, p, n);
}

static enum http1_result
feed_bytes(struct http1 *h, const char *p, size_t n)
{
	enum http1_result rc = HTTP1_MORE;

	http1_init(h);
	for (size_t i = 1; i <= n && rc == HTTP1_MORE; i++)
		rc = http1_feed(h, p, i);
	return rc;
}

/* Both ways; the status, 0 = more is needed, 200 = whole. */
static int
status_of(const char *p, size_t n)
{
	struct http1 a, b;
	enum http1_result x = feed_all(&a, p, n), y = feed_bytes(&b, p, n);

	assert_int_equal(x, y);
	if (x == HTTP1_DONE) {
		assert_int_equal(a.head_size, b.head_size);
		assert_int_equal(a.fields, b.fields);
		assert_int_equal(a.length, b.length);
		assert_int_equal(a.chunked, b.chunked);
		return 200;
	}
	if (x == HTTP1_BAD) {
		assert_int_equal(a.status, b.status);
		assert_non_null(a.why);
	}
	return x == HTTP1_BAD ? a.status : 0;
}

static void
test_cases(void **state)
{
	static const struct {
		const char *text;
		int status;
	} c[] = {
		{ "GET / HTTP/1.1\r\nHost: x\r\n\r\n", 200 },
		{ "GET /a?b=c HTTP/1.1\r\nhOsT:x\r\n\r\n", 200 },
		{ "GET / HTTP/1.1\r\nHost: x\r\n", 0 },
		{ "GET / HTTP/1.1\r\nHost: x\r\n\r\nGET", 200 },
		{ "GET / HTTP/1.1\r\nHost:   x\t \r\nA:\r\n\r\n", 200 },
		{ "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n", 200 },
		{ "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: Chunked\r\n\r\n", 200 },
		{ "POST / HTTP/1.1\r\nHost: x\r\n\r\n", 200 },
		{ "GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", 200 },
		/* framing */
		{ "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
		  400 },
		{ "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n",
		  400 },
		{ "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5, 5\r\n\r\n", 400 },
		{ "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: +5\r\n\r\n", 400 },
		{ "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n", 400 },
		{ "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0x5\r\n\r\n", 400 },
		{ "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: \r\n\r\n", 400 },
		{ "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1234567890123456\r\n\r\n", 400 },
		{ "POST / HTTP/1.1\r\nHost: x\r\nContent-Length : 5\r\n\r\n", 400 },
		{ "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: "
		  "chunked\r\n\r\n",
		  400 },
		{ "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: "
		  "5\r\n\r\n",
		  400 },
		{ "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: "
		  "chunked\r\n\r\n",
		  400 },
		{ "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 501 },
		{ "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n", 501 },
		{ "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: \x0b"
		  "chunked\r\n\r\n",
		  400 },
		{ "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding : chunked\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n", 400 },
		/* lines */
		{ "GET / HTTP/1.1\nHost: x\n\n", 400 },
		{ "GET / HTTP/1.1\r\nHost: x\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\nHost: x\r\n\n", 400 },
		{ "GET / HTTP/1.1\r\nHost: x\rA: b\r\n\r\n", 400 },
		{ "\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\nHost: x\r\nA: b\r\n c\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\n Host: x\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\nHost: x\r\nA: b\x01\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\nHost: x\r\nA: b\x7f\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\nHost: x\r\n: b\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\nHost: x\r\nA\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\nHost: x\r\nA b: c\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\nHost: x\r\nA\xc3\xa4: c\r\n\r\n", 400 },
		/* Host */
		{ "GET / HTTP/1.1\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\nHost:\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\nHost: u@h\r\n\r\n", 400 },
		/* the request line */
		{ "GET / HTTP/1.0\r\nHost: x\r\n\r\n", 505 },
		{ "GET / HTTP/2.0\r\nHost: x\r\n\r\n", 505 },
		{ "GET / HTTP/1.10\r\nHost: x\r\n\r\n", 400 },
		{ "GET / http/1.1\r\nHost: x\r\n\r\n", 400 },
		{ "GET /\r\nHost: x\r\n\r\n", 400 },
		{ "GET  / HTTP/1.1\r\nHost: x\r\n\r\n", 400 },
		{ "GET /  HTTP/1.1\r\nHost: x\r\n\r\n", 400 },
		{ "GET\t/ HTTP/1.1\r\nHost: x\r\n\r\n", 400 },
		{ "GET / HTTP/1.1 \r\nHost: x\r\n\r\n", 400 },
		{ " GET / HTTP/1.1\r\nHost: x\r\n\r\n", 400 },
		{ "GET /\xc3\xa4 HTTP/1.1\r\nHost: x\r\n\r\n", 400 },
		{ "GET http://x/ HTTP/1.1\r\nHost: x\r\n\r\n", 400 },
		{ "get / HTTP/1.1\r\nHost: x\r\n\r\n", 501 },
		{ "OPTIONS / HTTP/1.1\r\nHost: x\r\n\r\n", 501 },
		{ "TRACE / HTTP/1.1\r\nHost: x\r\n\r\n", 501 },
		{ "CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n", 501 },
		{ "G(T / HTTP/1.1\r\nHost: x\r\n\r\n", 400 },
		/* others */
		{ "POST / HTTP/1.1\r\nHost: x\r\nExpect: 200-maybe\r\n\r\n", 417 },
		{ "GET / HTTP/1.1\r\nHost: x\r\nCookie: a=1\r\nCookie: b=2\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\nHost: x\r\nAuthorization: a\r\nauthorization: b\r\n\r\n",
		  400 },
		{ "GET / HTTP/1.1\r\nHost: x\r\nAccept: a\r\nAccept: b\r\n\r\n", 200 },
		{ "GET / HTTP/1.1\r\nHost: x\r\nConnection: a;b\r\n\r\n", 400 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof c / sizeof *c; i++)
		if (status_of(c[i].text, strlen(c[i].text)) != c[i].status)
			fail_msg("case %zu gives %d, not %d: %s", i,
			         status_of(c[i].text, strlen(c[i].text)), c[i].status, c[i].text);
}

static void
test_result(void **state)
{
	static const char text[] =
		"POST /a/b?c HTTP/1.1\r\nHost: h.example:8080\r\nX-A: \t b c \t\r\n"
		"Connection: foo, Close\r\nExpect: 100-continue\r\n"
		"Content-Length: 0012\r\n\r\nrest";
	struct http1 h;

	(void)state;
	assert_int_equal(HTTP1_DONE, feed_bytes(&h, text, sizeof text - 1));
	assert_int_equal(HTTP1_POST, h.method);
	assert_memory_equal("/a/b?c", text + h.target.at, h.target.size);
	assert_int_equal(6, h.target.size);
	assert_memory_equal("h.example:8080", text + h.host.at, h.host.size);
	assert_int_equal(5, h.fields);
	assert_true(http1_is(&h.field[1], text, "x-a"));
	assert_false(http1_is(&h.field[1], text, "x-"));
	assert_false(http1_is(&h.field[1], text, "x-ab"));
	assert_int_equal(3, h.field[1].value.size);
	assert_true(h.close);
	assert_true(h.expects);
	assert_int_equal(12, h.length);
	assert_int_equal(sizeof text - 1 - 4, h.head_size);
	assert_int_equal(HTTP1_DONE, http1_feed(&h, text, sizeof text - 1));
}

/* A NUL is no character of any part. */
static void
test_nul(void **state)
{
	static const char a[] = "GET /\0 HTTP/1.1\r\nHost: x\r\n\r\n";
	static const char b[] = "GET / HTTP/1.1\r\nHost: x\0\r\n\r\n";
	static const char c[] = "GET / HTTP/1.1\r\nHost: x\r\nA\0: b\r\n\r\n";
	static const char d[] = "GE\0T / HTTP/1.1\r\nHost: x\r\n\r\n";

	(void)state;
	assert_int_equal(400, status_of(a, sizeof a - 1));
	assert_int_equal(400, status_of(b, sizeof b - 1));
	assert_int_equal(400, status_of(c, sizeof c - 1));
	assert_int_equal(400, status_of(d, sizeof d - 1));
}

static int
with_target(size_t n)
{
	struct buf b;
	int status;

	buf_init(&b, 0);
	buf_adds(&b, "GET /");
	for (size_t i = 1; i < n; i++)
		buf_addc(&b, 'a');
	buf_adds(&b, " HTTP/1.1\r\nHost: x\r\n\r\n");
	status = status_of(b.data, b.size);
	buf_done(&b);
	return status;
}

/* A head of exactly n bytes. */
static int
with_head(size_t n)
{
	struct buf b;
	int status;

	buf_init(&b, 0);
	buf_adds(&b, "GET / HTTP/1.1\r\nHost: x\r\nA: ");
	while (b.size < n - 4)
		buf_addc(&b, 'a');
	buf_adds(&b, "\r\n\r\n");
	assert_int_equal(n, b.size);
	status = status_of(b.data, b.size);
	buf_done(&b);
	return status;
}

static int
with_fields(int n)
{
	struct buf b;
	int status;

	buf_init(&b, 0);
	buf_adds(&b, "GET / HTTP/1.1\r\nHost: x\r\n");
	for (int i = 1; i < n; i++)
		buf_adds(&b, "A: b\r\n");
	buf_adds(&b, "\r\n");
	status = status_of(b.data, b.size);
	buf_done(&b);
	return status;
}

static void
test_limits(void **state)
{
	(void)state;
	assert_int_equal(200, with_target(8192));
	assert_int_equal(414, with_target(8193));
	assert_int_equal(414, with_target(20000));
	assert_int_equal(200, with_head(16384));
	assert_int_equal(431, with_head(16385));
	assert_int_equal(431, with_head(40000));
	assert_int_equal(200, with_fields(100));
	assert_int_equal(431, with_fields(101));
}

/* Read a chunked body in pieces of `step` bytes; its data into out. Returns the result and how many
 * bytes were used. */
static enum http1_result
unchunk(const char *p, size_t n, size_t step, struct buf *out, size_t *ret_used)
{
	struct http1_chunks c = { 0 };
	enum http1_result rc = HTTP1_MORE;
	size_t at = 0;

	buf_reset(out);
	while (rc == HTTP1_MORE && at < n) {
		size_t room = n - at < step ? n - at : step, used, size;
		const char *data;

		rc = http1_chunks_feed(&c, p + at, room, &used, &data, &size);
		buf_add(out, data, size);
		at += used;
		assert_true(used > 0);
	}
	*ret_used = at;
	return rc;
}

static void
test_chunks(void **state)
{
	static const struct {
		const char *text;
		enum http1_result rc;
		const char *data;
	} c[] = {
		{ "5\r\nhello\r\n0\r\n\r\n", HTTP1_DONE, "hello" },
		{ "5\r\nhello\r\n00000006\r\n world\r\n0\r\n\r\nGET", HTTP1_DONE, "hello world" },
		{ "A\r\n0123456789\r\na\r\n0123456789\r\n000\r\n\r\n", HTTP1_DONE,
		  "01234567890123456789" },
		{ "0\r\n\r\n", HTTP1_DONE, "" },
		{ "5\r\nhel", HTTP1_MORE, "hel" },
		{ "5;a=b\r\nhello\r\n0\r\n\r\n", HTTP1_BAD, NULL },
		{ "5 \r\nhello\r\n0\r\n\r\n", HTTP1_BAD, NULL },
		{ " 5\r\nhello\r\n0\r\n\r\n", HTTP1_BAD, NULL },
		{ "+5\r\nhello\r\n0\r\n\r\n", HTTP1_BAD, NULL },
		{ "0x5\r\nhello\r\n0\r\n\r\n", HTTP1_BAD, NULL },
		{ "\r\nhello\r\n0\r\n\r\n", HTTP1_BAD, NULL },
		{ "5\nhello\r\n0\r\n\r\n", HTTP1_BAD, NULL },
		{ "5\r\nhello\n0\r\n\r\n", HTTP1_BAD, NULL },
		{ "5\r\nhelloX\r\n0\r\n\r\n", HTTP1_BAD, NULL },
		{ "5\r\nhello\r\n0\r\nA: b\r\n\r\n", HTTP1_BAD, NULL },
		{ "5\r\nhello\r\n0\r\n\n", HTTP1_BAD, NULL },
		{ "000000005\r\nhello\r\n0\r\n\r\n", HTTP1_BAD, NULL },
		{ "FFFFFFFFF\r\n", HTTP1_BAD, NULL },
	};
	struct buf out;
	size_t used;

	(void)state;
	buf_init(&out, 0);
	for (size_t i = 0; i < sizeof c / sizeof *c; i++)
		for (size_t step = 1; step < 40; step++) {
			size_t n = strlen(c[i].text);
			enum http1_result rc = unchunk(c[i].text, n, step, &out, &used);

			if (rc != c[i].rc)
				fail_msg("case %zu, step %zu: %d", i, step, rc);
			if (rc != HTTP1_BAD)
				assert_string_equal(c[i].data, buf_text(&out));
		}
	/* What follows the body is not touched. */
	assert_int_equal(HTTP1_DONE, unchunk("0\r\n\r\nGET /", 10, 10, &out, &used));
	assert_int_equal(5, used);
	buf_done(&out);
}

/* Every pair of framing fields, in each order and spelling: only one clear length passes. */
static void
test_grid(void **state)
{
	static const char *const field[] = {
		"",
		"Content-Length: 3\r\n",
		"content-length:3\r\n",
		"Content-Length: 4\r\n",
		"Content-Length : 3\r\n",
		"Content-Length: 3,3\r\n",
		"Content-Length: 3 3\r\n",
		"Content-Length: 03x\r\n",
		"Content-Length:\r\n 3\r\n",
		"Content-Length\t: 3\r\n",
		"Transfer-Encoding: chunked\r\n",
		"transfer-encoding:CHUNKED\r\n",
		"Transfer-Encoding : chunked\r\n",
		"Transfer-Encoding: chunked, identity\r\n",
		"Transfer-Encoding: identity\r\n",
		"Transfer-Encoding:\r\n chunked\r\n",
		"Transfer-Encoding: \"chunked\"\r\n",
		"Transfer-Encoding: chunked\x0b\r\n",
		"Transfer-Encoding:\nchunked\r\n",
		"X: y\nTransfer-Encoding: chunked\r\n",
		"Transfer_Encoding: x\r\n",
	};
	static const bool clear[] = { 0, 1, 1, 1, 0, 0, 0, 0, 0, 0, 1, 1 };
	const size_t count = sizeof field / sizeof *field, harmless = count - 1;
	size_t passed = 0;

	(void)state;
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < count; k++) {
			bool none = (i == 0 || i == harmless) && (k == 0 || k == harmless);
			bool one = (i < 12 && clear[i] && (k == 0 || k == harmless)) ||
			           (k < 12 && clear[k] && (i == 0 || i == harmless));
			char text[300];
			int status;

			(void)snprintf(text, sizeof text, "POST / HTTP/1.1\r\nHost: x\r\n%s%s\r\n",
			               field[i], field[k]);
			status = status_of(text, strlen(text));
			if ((status == 200) != (none || one))
				fail_msg("%d for %s", status, text);
			passed += status == 200;
		}
	assert_int_equal(4 + 2 * 2 * 5, passed);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),  cmocka_unit_test(test_result),
		cmocka_unit_test(test_nul),    cmocka_unit_test(test_limits),
		cmocka_unit_test(test_chunks), cmocka_unit_test(test_grid),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
