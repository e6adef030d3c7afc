#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "serve/parts.h"

/* How many questions a process gets before it answered the first (its pipe is never empty while
 * work waits), how many may wait, how long one may take. */
static const struct {
	size_t flight, queue;
	int64_t deadline_s;
} rule[PARTS] = {
	[PART_FRONT] = { 0, 0, 1 },        [PART_QUICK] = { 4, 1024, 120 },
	[PART_SLOW] = { 1, 64, 300 },      [PART_WRITE] = { 256, 1024, 120 },
	[PART_ACCOUNT] = { 32, 2048, 10 }, [PART_LOGIN] = { 1, 64, 30 },
};

size_t
parts_queue_most(enum serve_part part)
{
	return rule[part].queue;
}

int64_t
parts_deadline_us(enum serve_part part)
{
	return rule[part].deadline_s * 1000000;
}

static void
list_add(struct call_list *l, struct call *c)
{
	c->next = NULL;
	*(l->last ? &l->last->next : &l->first) = c;
	l->last = c;
	l->count++;
}

static struct call *
list_take(struct call_list *l)
{
	struct call *c = l->first;

	if (c) {
		l->first = c->next;
		if (!l->first)
			l->last = NULL;
		l->count--;
		c->next = NULL;
	}
	return c;
}

/* The end of a call: tell, free. */
static void
finish(struct parts *p, struct call *c, const struct frame *f, uint8_t *body)
{
	p->done(p->ctx, c, f, body);
	buf_done(&c->message);
	mem_free(c);
}

static void
watch(struct parts *p, struct link *l, bool writing)
{
	struct epoll_event ev = { .events = EPOLLIN | (writing ? (uint32_t)EPOLLOUT : 0u),
		                  .data.ptr = l };

	if (l->writing != writing && epoll_ctl(p->epoll, EPOLL_CTL_MOD, l->src.fd, &ev) == 0)
		l->writing = writing;
}

static void
lose(struct parts *p, struct link *l)
{
	struct call *c;

	if (l->src.fd < 0)
		return;
	(void)close(l->src.fd); /* nothing is lost by a failure here */
	l->src.fd = -1;
	buf_done(&l->out);
	l->out_at = 0;
	l->got = 0;
	mem_free(l->body);
	l->body = NULL;
	while ((c = list_take(&l->flight)))
		finish(p, c, NULL, NULL);
}

static void
push(struct parts *p, struct link *l)
{
	while (l->out_at < l->out.size) {
		ssize_t n = send(l->src.fd, l->out.data + l->out_at, l->out.size - l->out_at,
		                 MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
			watch(p, l, true);
			return;
		}
		if (n < 0) {
			lose(p, l);
			return;
		}
		l->out_at += (size_t)n;
	}
	l->out_at = 0;
	if (l->out.room > (size_t)1 << 20)
		buf_done(&l->out);
	else
		buf_reset(&l->out);
	watch(p, l, false);
}

/* Give waiting questions to processes that have room, the least busy first. */
void
parts_go(struct parts *p, enum serve_part part)
{
	struct call_list *q = &p->queue[part];

	while (q->first) {
		struct link *best = NULL;
		struct call *c;

		for (size_t i = 0; i < p->links; i++) {
			struct link *l = &p->link[i];

			if (l->part == part && l->src.fd >= 0 &&
			    l->flight.count < rule[part].flight &&
			    (!best || l->flight.count < best->flight.count))
				best = l;
		}
		if (!best)
			return;
		c = list_take(q);
		if (!c->owner && c->type != FRAME_PING) {
			finish(p, c, NULL, NULL);
			continue;
		}
		buf_add(&best->out, c->message.data, c->message.size);
		if (!buf_ok(&best->out)) {
			/* What is in it already must arrive whole: only a failed process does not.
			 */
			finish(p, c, NULL, NULL);
			lose(p, best);
			continue;
		}
		buf_done(&c->message);
		c->sent_us = clock_steady_us();
		c->link = best->index;
		list_add(&best->flight, c);
		push(p, best);
	}
}

enum err_code
parts_connect(struct parts *p, size_t link, int fd, struct err *e)
{
	struct link *l = &p->link[link];
	struct epoll_event ev = { .events = EPOLLIN, .data.ptr = l };
	int flags = fcntl(fd, F_GETFL);

	lose(p, l);
	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0 ||
	    epoll_ctl(p->epoll, EPOLL_CTL_ADD, fd, &ev) != 0)
		return err_set(e, ERR_IO, "could not watch a part: %s", strerror(errno));
	l->src = (struct source){ SOURCE_LINK, fd };
	l->writing = false;
	l->version = 0;
	buf_init(&l->out, 4 * (size_t)FRAME_MOST);
	parts_go(p, l->part);
	return ERR_OK;
}

size_t
parts_message(struct parts *p, enum frame_type type, struct buf *b)
{
	buf_init(b, (size_t)FRAME_MOST + FRAME_HEAD);
	return frame_begin(b, type, p->next_id + 1);
}

struct call *
parts_ask(struct parts *p, enum serve_part part, enum frame_type type, struct buf *message,
          void *owner)
{
	struct call_list *q = &p->queue[part];
	struct call *c;
	bool has_process = false;

	for (size_t i = 0; i < p->links; i++)
		has_process |= p->link[i].part == part;
	c = has_process && q->count < rule[part].queue ? mem_calloc(1, sizeof *c) : NULL;
	if (!c) {
		buf_done(message);
		return NULL;
	}
	c->type = type;
	c->part = part;
	c->id = ++p->next_id;
	c->owner = owner;
	c->asked_us = clock_steady_us();
	c->message = *message;
	buf_init(message, message->cap_bytes);
	list_add(q, c);
	return c;
}

void
parts_forget(struct call *c)
{
	c->owner = NULL;
}

/* A whole message is there: it answers the first question in flight. */
static void
arrived(struct parts *p, struct link *l)
{
	struct call *c = list_take(&l->flight);
	struct frame f = l->frame;
	uint8_t *body = l->body;
	enum serve_part part = l->part;

	f.body = body;
	l->body = NULL;
	l->got = 0;
	if (!c || c->id != f.id) {
		mem_free(body);
		if (c)
			finish(p, c, NULL, NULL);
		lose(p, l); /* it does not speak as agreed */
		return;
	}
	finish(p, c, &f, body);
	parts_go(p, part);
}

/* Read some; false when nothing more is there or the process is gone. */
static bool
pull(struct parts *p, struct link *l)
{
	struct err e = { 0 };
	uint8_t *to = l->got < FRAME_HEAD ? l->head + l->got : l->body + (l->got - FRAME_HEAD);
	size_t want =
		l->got < FRAME_HEAD ? FRAME_HEAD - l->got : FRAME_HEAD + l->frame.size - l->got;
	ssize_t n = recv(l->src.fd, to, want, MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
		return errno == EINTR;
	if (n <= 0) {
		lose(p, l);
		return false;
	}
	l->got += (size_t)n;
	if (l->got < FRAME_HEAD)
		return true;
	if (l->got == FRAME_HEAD && !l->body) {
		if (frame_look(l->head, FRAME_HEAD, &l->frame, &e) != ERR_OK ||
		    !(l->body = mem_alloc((size_t)l->frame.size + 1))) {
			lose(p, l);
			return false;
		}
	}
	if (l->got == FRAME_HEAD + l->frame.size)
		arrived(p, l);
	return l->src.fd >= 0;
}

void
parts_event(struct parts *p, struct link *l, uint32_t events)
{
	if (l->src.fd >= 0 && (events & EPOLLOUT))
		push(p, l);
	if (l->src.fd >= 0 && (events & (EPOLLIN | EPOLLHUP | EPOLLERR)))
		while (pull(p, l))
			;
}

int
parts_tick(struct parts *p, int64_t now_us)
{
	int stuck = -1;

	for (size_t i = 0; i < p->links; i++) {
		struct link *l = &p->link[i];
		struct call *c = l->flight.first;

		if (l->src.fd >= 0 && c && now_us - c->sent_us > parts_deadline_us(l->part))
			stuck = (int)i;
	}
	for (size_t part = 0; part < PARTS; part++) {
		struct call_list *q = &p->queue[part];

		while (q->first &&
		       now_us - q->first->asked_us > parts_deadline_us((enum serve_part)part))
			finish(p, list_take(q), NULL, NULL);
		parts_go(p, (enum serve_part)part);
	}
	return stuck;
}

bool
parts_are_whole(const struct parts *p)
{
	for (size_t i = 0; i < p->links; i++)
		if (p->link[i].src.fd < 0)
			return false;
	return true;
}

void
parts_close(struct parts *p)
{
	for (size_t i = 0; i < p->links; i++)
		lose(p, &p->link[i]);
	for (size_t part = 0; part < PARTS; part++) {
		struct call *c;

		while ((c = list_take(&p->queue[part])))
			finish(p, c, NULL, NULL);
	}
}
