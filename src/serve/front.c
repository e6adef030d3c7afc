#define _GNU_SOURCE
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "serve/front_state.h"
#include "serve/limits.h"

enum {
	EVENTS = 256,
	TICK_MS = 100,
	DAY_S = 86400
};

void
front_changed(struct front *f)
{
	keep_clear(f->keep);
	f->changed_us = clock_steady_us();
}

bool
front_send_now(int fd, const void *p, size_t n)
{
	return send(fd, p, n, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)n;
}

static enum err_code
watch(struct front *f, struct source *s, struct err *e)
{
	struct epoll_event ev = { .events = EPOLLIN, .data.ptr = s };

	if (epoll_ctl(f->epoll, EPOLL_CTL_ADD, s->fd, &ev) != 0)
		return err_set(e, ERR_IO, "could not watch a descriptor: %s", strerror(errno));
	return ERR_OK;
}

static enum err_code
start(struct front *f, const struct front_options *o, struct err *e)
{
	enum err_code rc = ERR_OK;

	*f = (struct front){ .o = o,
		             .listen = { SOURCE_LISTEN, o->listen_fd },
		             .control = { SOURCE_CONTROL, o->control_fd },
		             .conns_most = o->connections };
	f->epoll = epoll_create1(EPOLL_CLOEXEC);
	f->keep = keep_create(o->kept_bytes);
	f->now_us = clock_steady_us();
	f->day = clock_now_us() / 1000000 / DAY_S;
	tell_init(&f->tell, o->log_fd);
	f->parts.epoll = f->epoll;
	f->parts.done = request_done;
	f->parts.ctx = f;
	if (f->epoll < 0 || !f->keep)
		rc = err_set(e, ERR_NOMEM, "out of memory for the front");
	for (size_t i = 0; i < o->links && rc == ERR_OK; i++) {
		f->parts.link[i] = (struct link){ .src = { SOURCE_LINK, -1 },
			                          .part = o->link[i].part,
			                          .index = (unsigned)i };
		f->parts.links = i + 1;
		rc = parts_connect(&f->parts, i, o->link[i].fd, e);
	}
	if (rc == ERR_OK)
		rc = watch(f, &f->listen, e);
	return rc == ERR_OK ? watch(f, &f->control, e) : rc;
}

static void
drain(struct front *f)
{
	struct conn *c, *next;

	if (f->draining)
		return;
	/* Who is in the queue of the socket was promised an answer. */
	conn_accept(f);
	f->draining = true;
	f->drain_us = f->now_us;
	(void)close(f->listen.fd); /* the supervisor has its own */
	f->listen.fd = -1;
	/* A request may have come on a connection that looks idle: it is read first. */
	for (c = f->list[CONN_IDLE].first; c; c = next) {
		next = c->next;
		conn_event(f, c, EPOLLIN);
	}
}

/* A message of the supervisor. */
static void
control(struct front *f)
{
	struct front_message m = { 0 };
	struct iovec v = { &m, sizeof m };
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} room;
	struct msghdr h = { .msg_iov = &v,
		            .msg_iovlen = 1,
		            .msg_control = room.bytes,
		            .msg_controllen = sizeof room.bytes };
	struct cmsghdr *c;
	struct err e = { 0 };
	int fd = -1;
	ssize_t n = recvmsg(f->control.fd, &h, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	c = n > 0 ? CMSG_FIRSTHDR(&h) : NULL;
	if (c && c->cmsg_type == SCM_RIGHTS && c->cmsg_len == CMSG_LEN(sizeof fd))
		memcpy(&fd, CMSG_DATA(c), sizeof fd);
	if (n <= 0 || m.what == 'T') {
		drain(f);
		if (n <= 0)
			(void)epoll_ctl(f->epoll, EPOLL_CTL_DEL, f->control.fd, NULL);
	} else if (m.what == 'L' && fd >= 0 && m.index < f->parts.links) {
		f->tell.parts_lost++;
		if (parts_connect(&f->parts, m.index, fd, &e) == ERR_OK)
			fd = -1;
		front_changed(f);
	}
	if (fd >= 0)
		(void)close(fd);
}

void
front_look(struct front *f)
{
	struct buf b;
	size_t begin;

	if (f->pinging || f->conns == 0)
		return;
	begin = parts_message(&f->parts, FRAME_PING, &b);
	if (!frame_end(&b, begin)) {
		buf_done(&b);
		return;
	}
	f->pinging = parts_ask(&f->parts, PART_QUICK, FRAME_PING, &b, NULL) != NULL;
	parts_go(&f->parts, PART_QUICK);
}

static void
tick(struct front *f)
{
	struct front_message m = { 'K', 0 };
	int64_t day = clock_now_us() / 1000000 / DAY_S;
	int stuck;

	f->ticked_us = f->now_us;
	if (day != f->day)
		front_changed(f);
	f->day = day;
	conn_tick(f);
	stuck = parts_tick(&f->parts, f->now_us);
	if (stuck >= 0) {
		m.index = (uint8_t)stuck;
		/* Told again with the next tick should it fail. */
		(void)send(f->control.fd, &m, sizeof m, MSG_DONTWAIT | MSG_NOSIGNAL);
	}
	front_look(f);
	tell_flush(&f->tell);
}

static void
event(struct front *f, struct epoll_event *ev)
{
	struct source *s = ev->data.ptr;

	switch (s->kind) {
	case SOURCE_LISTEN:
		if (f->listen.fd >= 0)
			conn_accept(f);
		break;
	case SOURCE_CONTROL:
		control(f);
		break;
	case SOURCE_LINK:
		parts_event(&f->parts, (struct link *)s, ev->events);
		break;
	case SOURCE_CONN:
		conn_event(f, (struct conn *)s, ev->events);
		break;
	}
}

static void
finish(struct front *f)
{
	for (int s = 0; s < CONN_STATES; s++)
		while (f->list[s].first)
			conn_close(f, f->list[s].first);
	conn_free_gone(f);
	if (f->parts.done)
		parts_close(&f->parts);
	keep_free(f->keep);
	tell_close(&f->tell);
	if (f->epoll >= 0)
		(void)close(f->epoll);
}

static bool
is_over(const struct front *f)
{
	return f->draining &&
	       (f->conns == 0 || f->now_us - f->drain_us > (int64_t)LIMIT_DRAIN_S * 1000000);
}

enum err_code
front_run(const struct front_options *o, struct err *e)
{
	static struct epoll_event events[EVENTS];
	struct front f;
	enum err_code rc = start(&f, o, e);

	while (rc == ERR_OK && !is_over(&f)) {
		int n = epoll_wait(f.epoll, events, EVENTS, TICK_MS);

		if (n < 0 && errno != EINTR)
			rc = err_set(e, ERR_IO, "could not wait for the network: %s",
			             strerror(errno));
		f.now_us = clock_steady_us();
		for (int i = 0; i < n; i++)
			event(&f, &events[i]);
		conn_free_gone(&f);
		if (f.now_us - f.ticked_us >= (int64_t)TICK_MS * 1000)
			tick(&f);
		conn_free_gone(&f);
	}
	finish(&f);
	return rc;
}
