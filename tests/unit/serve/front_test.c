/* The front, alone in a process of its own, as its clients and its parts see it. The test is both:
 * a client over TCP, and the part that answers. Expected: RFC 9110 (Date, ETag, If-None-Match,
 * HEAD), RFC 9112 (messages), RFC 9457 (problem documents). */
#define _GNU_SOURCE
#include "../unit.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "serve/front.h"

static int part, control;
static pid_t front;
static struct sockaddr_in at;
static char answer[65536];

static int
set_up(void **state)
{
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int link[2], steer[2];
	socklen_t n = sizeof(at);

	(void)state;
	(void)setenv("FALLOW_NOW", "1994-11-06T08:49:37Z", 1); /* RFC 9110, section 5.6.7 */
	at = (struct sockaddr_in){ .sin_family = AF_INET };
	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (bind(listener, (struct sockaddr *)&at, sizeof(at)) || listen(listener, 8) ||
	    getsockname(listener, (struct sockaddr *)&at, &n) ||
	    socketpair(AF_UNIX, SOCK_STREAM, 0, link) ||
	    socketpair(AF_UNIX, SOCK_SEQPACKET, 0, steer))
		return -1;
	front = fork();
	if (front == 0) {
		struct front_link quick = { PART_QUICK, link[0] };
		struct front_options o = { .listen_fd = listener,
			                   .control_fd = steer[0],
			                   .link = &quick,
			                   .links = 1,
			                   .base = "https://register.example",
			                   .connections = 16,
			                   .kept_bytes = 1 << 20,
			                   .log_fd = -1 };
		struct err e = { 0 };

		(void)close(link[1]);
		(void)close(steer[1]);
		_exit(front_run(&o, &e) ? 1 : 0);
	}
	(void)close(listener);
	(void)close(link[0]);
	(void)close(steer[0]);
	part = link[1];
	control = steer[1];
	return front < 0 ? -1 : 0;
}

/* The supervisor is gone: the front ends by itself, and well. */
static int
tear_down(void **state)
{
	int status = -1;

	(void)state;
	(void)close(control);
	(void)close(part);
	(void)waitpid(front, &status, 0);
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -1;
}

static int
say(const char *request)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(send(fd, request, strlen(request), MSG_NOSIGNAL), strlen(request));
	return fd;
}

/* All that comes back until the front closes. */
static const char *
hear(int fd)
{
	size_t got = 0;
	struct pollfd p = { .fd = fd, .events = POLLIN };

	while (got < sizeof(answer) - 1 && poll(&p, 1, 10000) == 1) {
		ssize_t n = recv(fd, answer + got, sizeof(answer) - 1 - got, 0);

		if (n <= 0)
			break;
		got += (size_t)n;
	}
	answer[got] = '\0';
	(void)close(fd);
	return answer;
}

static void
whole(void *p, size_t n)
{
	size_t got = 0;

	while (got < n) {
		struct pollfd w = { .fd = part, .events = POLLIN };
		ssize_t k;

		assert_int_equal(poll(&w, 1, 10000), 1);
		k = recv(part, (uint8_t *)p + got, n - got, 0);
		assert_true(k > 0);
		got += (size_t)k;
	}
}

/* Answer the next ask as a part does; questions whether something changed on the way. */
static void
reply(const char *body, const char *etag, int status)
{
	for (;;) {
		static uint8_t in[65536];
		uint8_t head[FRAME_HEAD];
		struct frame f;
		struct buf b;
		size_t begin;

		whole(head, sizeof(head));
		assert_int_equal(frame_look(head, sizeof(head), &f, NULL), ERR_OK);
		assert_true(f.size < sizeof(in));
		whole(in, f.size);
		buf_init(&b, 0);
		begin = frame_begin(&b, f.type == FRAME_PING ? FRAME_PONG : FRAME_REPLY, f.id);
		if (f.type == FRAME_PING) {
			frame_put_u64(&b, 1);
		} else {
			struct frame_reply r = { .status = status,
				                 .type = "application/json",
				                 .etag = etag,
				                 .body = (const uint8_t *)body,
				                 .body_size = strlen(body) };

			assert_int_equal(f.type, FRAME_ASK);
			frame_put_reply(&b, &r);
		}
		assert_true(frame_end(&b, begin));
		assert_int_equal(send(part, b.data, b.size, MSG_NOSIGNAL), b.size);
		buf_done(&b);
		if (f.type != FRAME_PING)
			return;
	}
}

#define HOST "Host: register.example\r\nConnection: close\r\n"

static void
expect(const char *what)
{
	if (!strstr(answer, what))
		fail_msg("\"%s\" is not in: %s", what, answer);
}

static void
expect_not(const char *what)
{
	if (strstr(answer, what))
		fail_msg("\"%s\" is in: %s", what, answer);
}

static void
an_answer_of_a_part(void **state)
{
	int fd = say("GET /conformance HTTP/1.1\r\n" HOST "\r\n");

	(void)state;
	reply("{\"a\":1}", "\"v1\"", 200);
	(void)hear(fd);
	assert_int_equal(strncmp(answer, "HTTP/1.1 200 OK\r\n", 17), 0);
	expect("\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n");
	expect("\r\nContent-Length: 7\r\n");
	expect("\r\nContent-Type: application/json\r\n");
	expect("\r\nETag: \"v1\"\r\n");
	expect("\r\nConnection: close\r\n");
	expect("\r\nX-Content-Type-Options: nosniff\r\n");
	expect("\r\nContent-Security-Policy: default-src 'none';");
	expect("\r\nStrict-Transport-Security: max-age=");
	expect("\r\n\r\n{\"a\":1}");
}

static void
if_none_match(void **state)
{
	static const struct {
		const char *asked;
		bool same;
	} t[] = {
		{ "\"v1\"", true },          { "W/\"v1\"", true },
		{ "\"v0\" , \"v1\"", true }, { "*", true },
		{ "\"v1-gz\"", true }, /* what was sent compressed */
		{ "\"v10\"", false },        { "\"v\"", false },
		{ "\"V1\"", false },         { "\"v0\", W/\"v2\"", false },
	};
	char request[300];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(t); i++) {
		int fd;

		(void)snprintf(request, sizeof(request),
		               "GET /conformance HTTP/1.1\r\nIf-None-Match: %s\r\n" HOST "\r\n",
		               t[i].asked);
		fd = say(request);
		reply("{\"a\":1}", "\"v1\"", 200);
		(void)hear(fd);
		if (strncmp(answer,
		            t[i].same ? "HTTP/1.1 304 Not Modified\r\n" : "HTTP/1.1 200 OK\r\n",
		            t[i].same ? 27 : 17) != 0)
			fail_msg("If-None-Match: %s: %s", t[i].asked, answer);
		expect("\r\nETag: \"v1\"\r\n");
		if (t[i].same) {
			expect_not("Content-Length");
			expect_not("{\"a\"");
		}
	}
}

static void
head_has_no_body(void **state)
{
	int fd = say("HEAD /conformance HTTP/1.1\r\n" HOST "\r\n");

	(void)state;
	reply("{\"a\":1}", "", 200);
	(void)hear(fd);
	expect("HTTP/1.1 200 OK\r\n");
	expect("\r\nContent-Length: 7\r\n");
	assert_string_equal(strstr(answer, "\r\n\r\n"), "\r\n\r\n");
	expect_not("ETag");
}

static void
what_is_no_http(void **state)
{
	static const char *const bad[] = {
		"GET /conformance HTTP/1.1\r\n\r\n",             /* no Host */
		"GET  /conformance HTTP/1.1\r\n" HOST "\r\n",    /* two blanks */
		"GET /conformance HTTP/1.1\r\nHost : a\r\n\r\n", /* blank before : */
		"POST /api/records HTTP/1.1\r\nContent-Length: 1\r\n"
		"Transfer-Encoding: chunked\r\n" HOST "\r\n0\r\n\r\n", /* both lengths */
		"POST /api/records HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n" HOST
		"\r\nab",
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		(void)hear(say(bad[i]));
		expect("HTTP/1.1 400 Bad Request\r\n");
		expect("\r\nConnection: close\r\n");
		expect("application/problem+json");
		expect("\r\nCache-Control: no-store\r\n");
	}
	(void)hear(say("GET /conformance HTTP/2.0\r\n" HOST "\r\n"));
	expect("HTTP/1.1 505 ");
}

static void
two_on_one_connection(void **state)
{
	int fd = say("GET /conformance HTTP/1.1\r\nHost: register.example\r\n\r\n"
	             "GET /conformance HTTP/1.1\r\n" HOST "\r\n");
	const char *second;

	(void)state;
	reply("{\"first\":1}", "", 200);
	reply("{\"second\":2}", "", 200);
	(void)hear(fd);
	second = strstr(answer + 1, "HTTP/1.1 200 OK\r\n");
	assert_non_null(second);
	assert_non_null(strstr(second, "{\"second\":2}"));
	assert_true(strstr(answer, "{\"first\":1}") < second);
}

static void
a_part_that_is_not_there(void **state)
{
	(void)state;
	(void)hear(say("POST /api/login HTTP/1.1\r\nContent-Type: application/json\r\n"
	               "Origin: https://register.example\r\nContent-Length: 2\r\n" HOST "\r\n{}"));
	expect("HTTP/1.1 503 Service Unavailable\r\n");
	expect("\r\nRetry-After: 1\r\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(an_answer_of_a_part, set_up, tear_down),
		cmocka_unit_test_setup_teardown(if_none_match, set_up, tear_down),
		cmocka_unit_test_setup_teardown(head_has_no_body, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_is_no_http, set_up, tear_down),
		cmocka_unit_test_setup_teardown(two_on_one_connection, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_part_that_is_not_there, set_up, tear_down),
	};

	return cmocka_run_group_tests_name("front", tests, NULL, NULL);
}
