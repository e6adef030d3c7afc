/* Questions to processes and back. The test is the process, at the other end of a pair of sockets.
 */
#define _GNU_SOURCE
#include "../unit.h"

#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "serve/parts.h"

static struct parts p;
static int other[2] = { -1, -1 }; /* our ends of the links */
static struct {
	struct call *call;
	void *owner;
	bool answered;
	uint64_t value;
} told[100];
static size_t tolds;

static void
keep(void *ctx, struct call *c, const struct frame *f, uint8_t *body)
{
	(void)ctx;
	assert_true(tolds < COUNT_OF(told));
	told[tolds].call = c;
	told[tolds].owner = c->owner;
	told[tolds].answered = f != NULL;
	if (f)
		assert_int_equal(frame_get_u64(f->body, f->size, &told[tolds].value, NULL), ERR_OK);
	tolds++;
	mem_free(body);
}

static void
connect_link(size_t i)
{
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	if (other[i] >= 0)
		(void)close(other[i]);
	other[i] = pair[1];
	assert_int_equal(parts_connect(&p, i, pair[0], NULL), ERR_OK);
}

static int
set_up(void **state)
{
	(void)state;
	memset(&p, 0, sizeof(p));
	memset(told, 0, sizeof(told));
	tolds = 0;
	p.epoll = epoll_create1(EPOLL_CLOEXEC);
	p.done = keep;
	p.links = 2;
	for (unsigned i = 0; i < 2; i++)
		p.link[i] = (struct link){ .src = { SOURCE_LINK, -1 },
			                   .part = i ? PART_SLOW : PART_QUICK,
			                   .index = i };
	connect_link(0);
	connect_link(1);
	return p.epoll < 0;
}

static int
tear_down(void **state)
{
	(void)state;
	parts_close(&p);
	for (int i = 0; i < 2; i++) {
		(void)close(other[i]);
		other[i] = -1;
	}
	return close(p.epoll);
}

static struct call *
ask(enum serve_part part, void *owner)
{
	struct buf b;
	size_t begin = parts_message(&p, FRAME_PING, &b);

	assert_true(frame_end(&b, begin));
	return parts_ask(&p, part, FRAME_PING, &b, owner);
}

/* The numbers of the questions that came to a link. */
static size_t
questions(int link, uint64_t id[8])
{
	uint8_t head[FRAME_HEAD];
	struct frame f;
	size_t n = 0;

	while (recv(other[link], head, sizeof(head), MSG_DONTWAIT) == (ssize_t)sizeof(head)) {
		assert_int_equal(frame_look(head, sizeof(head), &f, NULL), ERR_OK);
		assert_int_equal(f.type, FRAME_PING);
		assert_int_equal(f.size, 0);
		assert_true(n < 8);
		id[n++] = f.id;
	}
	return n;
}

static void
answer(int link, uint64_t id, uint64_t value)
{
	struct buf b;
	size_t begin;

	buf_init(&b, 0);
	begin = frame_begin(&b, FRAME_PONG, id);
	frame_put_u64(&b, value);
	assert_true(frame_end(&b, begin));
	assert_int_equal(send(other[link], b.data, b.size, 0), b.size);
	buf_done(&b);
	parts_event(&p, &p.link[link], EPOLLIN);
}

static void
there_and_back(void **state)
{
	uint64_t id[8], none[8];
	int me;
	struct call *c = ask(PART_QUICK, &me);

	(void)state;
	assert_non_null(c);
	assert_int_equal(questions(0, id), 0); /* only when the caller is ready */
	parts_go(&p, PART_QUICK);
	assert_int_equal(questions(0, id), 1);
	assert_int_equal(questions(1, none), 0);
	answer(0, id[0], 7);
	assert_int_equal(tolds, 1);
	assert_ptr_equal(told[0].call, c);
	assert_ptr_equal(told[0].owner, &me);
	assert_true(told[0].answered);
	assert_int_equal(told[0].value, 7);
}

static void
no_more_in_flight_than_it_may(void **state)
{
	uint64_t id[8];
	int me;

	(void)state;
	for (int i = 0; i < 6; i++)
		assert_non_null(ask(PART_QUICK, &me));
	parts_go(&p, PART_QUICK);
	assert_int_equal(questions(0, id), 4);
	assert_int_equal(p.queue[PART_QUICK].count, 2);
	answer(0, id[0], 1); /* makes room for the next */
	assert_int_equal(questions(0, id), 1);
	/* one at a time for the slow one */
	assert_non_null(ask(PART_SLOW, &me));
	assert_non_null(ask(PART_SLOW, &me));
	parts_go(&p, PART_SLOW);
	assert_int_equal(questions(1, id), 1);
}

static void
a_full_queue_takes_no_more(void **state)
{
	size_t most = parts_queue_most(PART_SLOW);
	int me;

	(void)state;
	for (size_t i = 0; i < most; i++)
		assert_non_null(ask(PART_SLOW, &me));
	assert_null(ask(PART_SLOW, &me));
	assert_null(ask(PART_WRITE, &me)); /* there is no such process */
}

static void
a_process_that_ends(void **state)
{
	uint64_t id[8];
	int me;

	(void)state;
	for (int i = 0; i < 5; i++)
		assert_non_null(ask(PART_QUICK, &me));
	parts_go(&p, PART_QUICK);
	assert_true(parts_are_whole(&p));
	(void)shutdown(other[0], SHUT_RDWR);
	parts_event(&p, &p.link[0], EPOLLIN | EPOLLHUP);
	assert_int_equal(tolds, 4); /* what it had is lost; the fifth waits for the next process */
	for (size_t i = 0; i < 4; i++)
		assert_false(told[i].answered);
	assert_false(parts_are_whole(&p));
	connect_link(0);
	assert_true(parts_are_whole(&p));
	assert_int_equal(questions(0, id), 1);
	answer(0, id[0], 9);
	assert_int_equal(tolds, 5);
	assert_true(told[4].answered);
}

static void
who_does_not_speak_as_agreed(void **state)
{
	uint64_t id[8];
	int me;

	(void)state;
	assert_non_null(ask(PART_QUICK, &me));
	parts_go(&p, PART_QUICK);
	assert_int_equal(questions(0, id), 1);
	answer(0, id[0] + 1, 7); /* an answer to what nobody asked */
	assert_int_equal(tolds, 1);
	assert_false(told[0].answered);
	assert_int_equal(p.link[0].src.fd, -1);
	connect_link(0);
	assert_int_equal(send(other[0], "HTTP/1.1 200 OK\r\n\r\n", 19, 0), 19);
	parts_event(&p, &p.link[0], EPOLLIN);
	assert_int_equal(p.link[0].src.fd, -1);
	assert_int_equal(tolds, 1);
}

static void
what_takes_too_long(void **state)
{
	int64_t late = clock_steady_us() + parts_deadline_us(PART_SLOW) + 5000000;
	int me;

	(void)state;
	assert_int_equal(parts_tick(&p, late), -1); /* nothing is asked */
	assert_non_null(ask(PART_SLOW, &me));
	assert_non_null(ask(PART_SLOW, &me));
	parts_go(&p, PART_SLOW);
	assert_int_equal(parts_tick(&p, clock_steady_us()), -1);
	assert_int_equal(tolds, 0);
	assert_int_equal(parts_tick(&p, late), 1); /* its process is stuck */
	assert_int_equal(tolds, 1);                /* and the one in the queue is given up */
	assert_false(told[0].answered);
}

static void
nobody_waits_any_more(void **state)
{
	uint64_t id[8];
	int me;
	struct call *first = ask(PART_SLOW, &me);

	(void)state;
	assert_non_null(first);
	parts_go(&p, PART_SLOW);
	assert_int_equal(questions(1, id), 1);
	parts_forget(first);
	answer(1, id[0], 3);
	assert_int_equal(tolds, 1);
	assert_null(told[0].owner);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(there_and_back, set_up, tear_down),
		cmocka_unit_test_setup_teardown(no_more_in_flight_than_it_may, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_full_queue_takes_no_more, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_process_that_ends, set_up, tear_down),
		cmocka_unit_test_setup_teardown(who_does_not_speak_as_agreed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_takes_too_long, set_up, tear_down),
		cmocka_unit_test_setup_teardown(nobody_waits_any_more, set_up, tear_down),
	};

	return cmocka_run_group_tests_name("parts", tests, NULL, NULL);
}
