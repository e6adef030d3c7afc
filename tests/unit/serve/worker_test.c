/* A part as the front meets it, over a socket pair: who asks is what the ticket says and nothing
 * else. The route is /api/me, which tells whom the part takes one for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "serve/frame.h"
#include "serve/worker.h"
#include "store/accounts.h"

static char dir[100];
static struct site site;
static struct ticket_keys keys;
static struct arena mem;
static struct err e;
static int64_t ann_id;

static int
set_up(void **state)
{
	(void)state;
	(void)snprintf(dir, sizeof dir, "/tmp/fallow-worker-XXXXXX");
	arena_init(&mem, 0);
	for (size_t i = 0; i < sizeof keys; i++)
		((uint8_t *)&keys)[i] = (uint8_t)(i * 11 + i / 32);
	return !mkdtemp(dir) || accounts_open(dir, &site.accounts, &e) ||
	       accounts_add(site.accounts, "test", "ann", "approver", "three unlike words", &ann_id,
	                    &e);
}

static int
tear_down(void **state)
{
	char command[200];

	(void)state;
	accounts_close(site.accounts);
	arena_done(&mem);
	(void)snprintf(command, sizeof command, "rm -rf '%s'", dir);
	return system(command) == 0 ? 0 : -1;
}

static struct buf
ticket_for(enum serve_part part, bool changes, int64_t now_us)
{
	struct who ann = { SERVE_APPROVER, "ann", ann_id, true, false, false };
	struct buf b;

	buf_init(&b, 0);
	ticket_make(&keys, (struct ticket_use){ part, changes }, &ann, now_us, &b);
	return b;
}

/* What the part said: its status and body, and how it ended. */
struct heard {
	enum err_code rc;
	bool lied_to;
	int status;
	const char *body;
};

/* Ask once; q->who is what the front claims. */
static struct heard
ask(enum serve_part part, enum ask_method method, struct buf *ticket)
{
	struct ask q = { .method = method,
		         .base = "http://h",
		         .path = "/api/me",
		         .raw_query = "",
		         .remote = "127.0.0.1",
		         .who = { SERVE_APPROVER, "ann", ann_id, true, false, false } };
	struct worker w = { .part = part, .site = &site, .keys = &keys };
	struct heard h = { 0 };
	struct frame_reply reply;
	struct frame f;
	struct buf b;
	uint8_t *got = arena_alloc(&mem, 65536);
	size_t begin;
	ssize_t n;
	int pair[2];

	assert_int_equal(0, socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	buf_init(&b, 0);
	begin = frame_begin(&b, FRAME_ASK, 1);
	frame_put_ask(&b, &q, (struct ticket){ (const uint8_t *)ticket->data, ticket->size });
	assert_true(frame_end(&b, begin));
	assert_int_equal(b.size, write(pair[0], b.data, b.size));
	assert_int_equal(0, shutdown(pair[0], SHUT_WR));
	buf_done(&b);
	w.fd = pair[1];
	h.rc = worker_run(&w, &e);
	h.lied_to = w.lied_to;
	(void)close(pair[1]);
	n = read(pair[0], got, 65536);
	(void)close(pair[0]);
	if (n > 0) {
		assert_int_equal(ERR_OK, frame_look(got, (size_t)n, &f, &e));
		assert_non_null(f.body);
		assert_int_equal(ERR_OK, frame_get_reply(f.body, f.size, &reply, &e));
		h.status = reply.status;
		h.body = arena_strndup(&mem, (const char *)reply.body, reply.body_size);
	}
	buf_done(ticket);
	return h;
}

static void
test_ticket_counts(void **state)
{
	struct buf t = ticket_for(PART_ACCOUNT, false, clock_steady_us());
	struct heard h = ask(PART_ACCOUNT, ASK_GET, &t);

	(void)state;
	assert_int_equal(ERR_OK, h.rc);
	assert_int_equal(200, h.status);
	assert_non_null(strstr(h.body, "\"role\":\"approver\""));
}

/* The front says approver and shows nothing for it. */
static void
test_without_ticket(void **state)
{
	struct buf none;
	struct heard h;

	(void)state;
	buf_init(&none, 0);
	h = ask(PART_ACCOUNT, ASK_GET, &none);
	assert_int_equal(ERR_OK, h.rc);
	assert_int_equal(200, h.status);
	assert_non_null(strstr(h.body, "\"role\":\"public\""));
	assert_null(strstr(h.body, "ann"));
}

static void
test_forged(void **state)
{
	struct ticket_keys saved = keys;
	struct buf t = ticket_for(PART_ACCOUNT, false, clock_steady_us());
	struct heard h;

	(void)state;
	t.data[16] ^= 1; /* the role */
	h = ask(PART_ACCOUNT, ASK_GET, &t);
	assert_int_equal(ERR_DENIED, h.rc);
	assert_true(h.lied_to);
	assert_int_equal(0, h.status); /* nothing was answered */

	memset(&keys, 0, sizeof keys);
	t = ticket_for(PART_ACCOUNT, false, clock_steady_us());
	keys = saved;
	h = ask(PART_ACCOUNT, ASK_GET, &t);
	assert_true(h.lied_to);
	assert_int_equal(0, h.status);

	t = ticket_for(PART_QUICK, false, clock_steady_us());
	h = ask(PART_ACCOUNT, ASK_GET, &t);
	assert_true(h.lied_to);

	t = ticket_for(PART_ACCOUNT, false, clock_steady_us());
	h = ask(PART_ACCOUNT, ASK_POST, &t);
	assert_true(h.lied_to);

	/* together with others, as the part that writes takes them */
	t = ticket_for(PART_WRITE, true, clock_steady_us());
	t.data[t.size - 1] ^= 1;
	h = ask(PART_WRITE, ASK_POST, &t);
	assert_true(h.lied_to);
	assert_int_equal(0, h.status);
}

static void
test_too_late(void **state)
{
	int64_t then = clock_steady_us() - (TICKET_LIFE_S + 1) * INT64_C(1000000);
	struct buf t = ticket_for(PART_ACCOUNT, false, then);
	struct heard h = ask(PART_ACCOUNT, ASK_GET, &t);

	(void)state;
	assert_int_equal(ERR_OK, h.rc);
	assert_false(h.lied_to);
	assert_int_equal(503, h.status);
	assert_null(strstr(h.body, "approver"));
	t = ticket_for(PART_WRITE, true, then);
	h = ask(PART_WRITE, ASK_POST, &t);
	assert_int_equal(ERR_OK, h.rc);
	assert_int_equal(503, h.status);
}

/* Who is it: only the part that knows answers, and what it answers opens. */
static void
test_who(void **state)
{
	struct frame_who ask_who = { { .cookie = "__Host-fallow=none" }, { PART_WRITE, true } };
	struct worker w = { .part = PART_QUICK, .site = &site, .keys = &keys };
	struct buf b;
	size_t begin;
	int pair[2];

	(void)state;
	assert_int_equal(0, socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	buf_init(&b, 0);
	begin = frame_begin(&b, FRAME_WHO, 1);
	frame_put_resolve(&b, &ask_who);
	assert_true(frame_end(&b, begin));
	assert_int_equal(b.size, write(pair[0], b.data, b.size));
	assert_int_equal(0, shutdown(pair[0], SHUT_WR));
	w.fd = pair[1];
	assert_int_equal(ERR_INVALID, worker_run(&w, &e));
	buf_done(&b);
	(void)close(pair[0]);
	(void)close(pair[1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ticket_counts), cmocka_unit_test(test_without_ticket),
		cmocka_unit_test(test_forged),        cmocka_unit_test(test_too_late),
		cmocka_unit_test(test_who),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
