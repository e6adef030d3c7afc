#define _GNU_SOURCE /* accept4 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/mem.h"
#include "serve/front_state.h"
#include "serve/limits.h"

#define S_US ((int64_t)1000000)

static void
list_remove(struct conn_list *l, struct conn *c)
{
	*(c->prev ? &c->prev->next : &l->first) = c->next;
	*(c->next ? &c->next->prev : &l->last) = c->prev;
	c->prev = c->next = NULL;
	l->count--;
}

static void
list_add(struct conn_list *l, struct conn *c)
{
	c->prev = l->last;
	c->next = NULL;
	*(l->last ? &l->last->next : &l->first) = c;
	l->last = c;
	l->count++;
}

void
conn_state(struct front *f, struct conn *c, enum conn_state s)
{
	list_remove(&f->list[c->state], c);
	c->state = s;
	c->since_us = f->now_us;
	c->moved = 0;
	list_add(&f->list[s], c);
}

static void
request_end(struct front *f, struct conn *c)
{
	struct request *r = c->req;

	if (!r)
		return;
	if (r->call)
		parts_forget(r->call);
	f->body_bytes -= r->body.room;
	buf_done(&r->body);
	arena_done(&r->mem);
	mem_free(r);
	c->req = NULL;
}

static void
out_end(struct front *f, struct conn *c)
{
	if (c->out && --c->out->sending == 0)
		f->out_bytes -= c->out->bytes;
	parcel_drop(c->out);
	c->out = NULL;
	buf_done(&c->head);
	c->sent = 0;
}

void
conn_close(struct front *f, struct conn *c)
{
	if (c->gone)
		return;
	c->gone = true;
	request_end(f, c);
	out_end(f, c);
	list_remove(&f->list[c->state], c);
	(void)close(c->src.fd); /* epoll lets go of it; nothing is lost by a failure */
	c->src.fd = -1;
	mem_free(c->in);
	c->in = NULL;
	f->conns--;
	c->next = f->gone;
	f->gone = c;
}

void
conn_free_gone(struct front *f)
{
	while (f->gone) {
		struct conn *c = f->gone;

		f->gone = c->next;
		mem_free(c);
	}
}

/* Ask epoll for what is wanted now. */
static void
watch(struct front *f, struct conn *c, bool reading, bool writing)
{
	struct epoll_event ev = { .events = (reading ? (uint32_t)EPOLLIN : 0u) |
		                            (writing ? (uint32_t)EPOLLOUT : 0u),
		                  .data.ptr = c };

	if (c->not_read == !reading && c->writing == writing)
		return;
	if (epoll_ctl(f->epoll, EPOLL_CTL_MOD, c->src.fd, &ev) != 0) {
		conn_close(f, c);
		return;
	}
	c->not_read = !reading;
	c->writing = writing;
}

/* Bytes a second since the last look; who has just begun gets a second of grace. */
static size_t
speed(const struct front *f, const struct conn *c)
{
	return (size_t)((int64_t)c->moved * S_US / (f->now_us - c->since_us + S_US));
}

struct conn *
conn_shed(struct front *f, enum conn_state s, const struct conn *spare)
{
	struct conn *slowest = f->list[s].first;

	for (struct conn *c = slowest; c; c = c->next)
		if (speed(f, c) < speed(f, slowest))
			slowest = c;
	if (slowest && slowest != spare) {
		f->tell.evicted++;
		conn_close(f, slowest);
	}
	return slowest;
}

/* Room for one more: whoever does least goes first. */
static bool
make_room(struct front *f)
{
	static const enum conn_state order[] = { CONN_IDLE, CONN_LINGER, CONN_HEAD };

	if (f->conns < f->conns_most)
		return true;
	for (size_t i = 0; i < sizeof order / sizeof *order; i++)
		if (f->list[order[i]].first) {
			f->tell.evicted++;
			conn_close(f, f->list[order[i]].first);
			return true;
		}
	return false;
}

static void
add(struct front *f, int fd, const struct sockaddr_storage *from)
{
	struct conn *c = mem_calloc(1, sizeof *c);
	struct epoll_event ev = { .events = EPOLLIN, .data.ptr = c };
	int one = 1, room = LIMIT_SEND_BUFFER;

	if (!c || !make_room(f) || epoll_ctl(f->epoll, EPOLL_CTL_ADD, fd, &ev) != 0) {
		(void)close(fd);
		mem_free(c);
		return;
	}
	/* Both only make it faster; without them it works too. */
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
	c->src = (struct source){ SOURCE_CONN, fd };
	if (from->ss_family == AF_INET)
		(void)inet_ntop(AF_INET, &((const struct sockaddr_in *)from)->sin_addr, c->remote,
		                sizeof c->remote);
	else if (from->ss_family == AF_INET6)
		(void)inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)from)->sin6_addr,
		                c->remote, sizeof c->remote);
	buf_init(&c->head, 32 << 10);
	c->state = CONN_IDLE;
	c->since_us = f->now_us;
	list_add(&f->list[CONN_IDLE], c);
	f->conns++;
	f->tell.accepted++;
}

void
conn_accept(struct front *f)
{
	for (int i = 0; i < 256; i++) {
		struct sockaddr_storage from = { 0 };
		socklen_t n = sizeof from;
		int fd = accept4(f->listen.fd, (struct sockaddr *)&from, &n,
		                 SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd >= 0) {
			add(f, fd, &from);
			continue;
		}
		/* No descriptor is left: somebody idle gives his. */
		if ((errno == EMFILE || errno == ENFILE) && f->list[CONN_IDLE].first) {
			f->tell.evicted++;
			conn_close(f, f->list[CONN_IDLE].first);
			continue;
		}
		if (errno != EINTR && errno != ECONNABORTED)
			return;
	}
}

static bool
grow(struct conn *c, size_t most)
{
	size_t room = c->in_room ? c->in_room * 2 : 2048;
	char *in;

	if (c->in_size < c->in_room)
		return true;
	if (c->in_room >= most)
		return false;
	in = mem_realloc_array(c->in, room < most ? room : most, 1);
	if (!in)
		return false;
	c->in = in;
	c->in_room = room < most ? room : most;
	return true;
}

/* Read what is there into the buffer; false when the connection is gone. */
static bool
receive(struct front *f, struct conn *c)
{
	size_t most = c->state == CONN_BODY ? 64 << 10 : HTTP1_HEAD_MOST + 1024;
	ssize_t n;

	if (c->state == CONN_LINGER)
		c->in_size = 0;
	if (!grow(c, most)) {
		/* It waits in the socket until there is room. */
		watch(f, c, false, c->writing);
		return !c->gone;
	}
	n = recv(c->src.fd, c->in + c->in_size, c->in_room - c->in_size, 0);
	if (n > 0) {
		c->in_size += (size_t)n;
		if (c->state == CONN_BODY)
			c->moved += (size_t)n;
		return true;
	}
	if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
		return true;
	if (n == 0 && (c->state == CONN_WAIT || c->state == CONN_WRITE)) {
		/* It sends no more but may still read its answer. */
		c->close = true;
		watch(f, c, false, c->writing);
		return !c->gone;
	}
	conn_close(f, c);
	return false;
}

static size_t
body_to_send(const struct conn *c)
{
	bool none =
		(c->req && c->req->is_head) || c->out->r.status == 304 || c->out->r.status == 204;

	return none ? 0 : c->out->r.body_size;
}

/* Send on; true when all is out. */
static bool
transmit(struct front *f, struct conn *c)
{
	size_t head = c->head.size, body = body_to_send(c);

	while (c->sent < head + body) {
		struct iovec v[2];
		struct msghdr m = { .msg_iov = v };
		size_t in_body = c->sent > head ? c->sent - head : 0;
		ssize_t n;

		if (c->sent < head)
			v[m.msg_iovlen++] =
				(struct iovec){ c->head.data + c->sent, head - c->sent };
		if (body > in_body)
			v[m.msg_iovlen++] =
				(struct iovec){ (void *)(uintptr_t)(c->out->r.body + in_body),
				                body - in_body };
		n = sendmsg(c->src.fd, &m, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
			if (c->state != CONN_WRITE)
				conn_state(f, c, CONN_WRITE);
			watch(f, c, !c->not_read, true);
			return false;
		}
		if (n < 0) {
			conn_close(f, c);
			return false;
		}
		c->sent += (size_t)n;
		c->moved += (size_t)n;
	}
	return true;
}

static void
told(struct front *f, struct conn *c)
{
	struct request *r = c->req;
	struct tell_done d = {
		.status = c->out->r.status, .bytes = body_to_send(c), .route = "-", .method = "-"
	};
	static const char *const method[] = { "GET", "HEAD", "POST", "PUT", "DELETE" };

	if (r) {
		d.took_us = f->now_us - r->begun_us;
		d.part = r->part;
		d.kept = r->kept;
		d.route = r->route ? r->route : "-";
		d.method = r->http.head_size ? method[r->http.method] : "-";
	}
	tell_finished(&f->tell, &d);
}

/* The answer is out. */
static void
answered(struct front *f, struct conn *c)
{
	bool close_it = c->close || f->draining;

	told(f, c);
	request_end(f, c);
	out_end(f, c);
	if (close_it) {
		/* Without this a client that still sends would lose the answer to a reset. */
		(void)shutdown(c->src.fd, SHUT_WR);
		c->in_size = 0;
		conn_state(f, c, CONN_LINGER);
		watch(f, c, true, false);
		return;
	}
	conn_state(f, c, CONN_IDLE);
	watch(f, c, true, false);
}

static void
used(struct conn *c, size_t n)
{
	if (c->in_size > n)
		memmove(c->in, c->in + n, c->in_size - n);
	c->in_size -= n;
}

/* Read a head as far as it is there; true when something was done. */
static bool
work_head(struct front *f, struct conn *c)
{
	if (c->in_size == 0) {
		mem_free(c->in);
		c->in = NULL;
		c->in_room = 0;
		return false;
	}
	if (!c->req) {
		c->req = mem_alloc(sizeof *c->req);
		if (!c->req) {
			conn_close(f, c);
			return false;
		}
		/* The list of fields is only read up to their number. */
		memset((char *)c->req + sizeof c->req->http, 0,
		       sizeof *c->req - sizeof c->req->http);
		http1_init(&c->req->http);
		c->req->begun_us = f->now_us;
		arena_init(&c->req->mem, LIMIT_REQUEST_MEMORY);
		conn_state(f, c, CONN_HEAD);
	}
	switch (http1_feed(&c->req->http, c->in, c->in_size)) {
	case HTTP1_MORE:
		return false;
	case HTTP1_BAD:
		f->tell.refused++;
		respond_problem(f, c, c->req->http.status, c->req->http.why, true);
		return true;
	case HTTP1_DONE:
		break;
	}
	request_head(f, c);
	if (!c->gone)
		used(c, c->req ? c->req->http.head_size : 0);
	return true;
}

/* Are all bodies together within their limit? The slowest are closed first, c too if it is that. */
static bool
bodies_fit(struct front *f, struct conn *c)
{
	while (f->body_bytes > LIMIT_BODIES) {
		struct conn *shed = conn_shed(f, CONN_BODY, c);

		if (!shed || shed == c)
			return false;
	}
	return true;
}

/* Move bytes of the body from the buffer; true when something was done. */
static bool
work_body(struct front *f, struct conn *c)
{
	struct request *r = c->req;
	enum http1_result rc = HTTP1_MORE;
	size_t at = 0, before = r->body.room;

	while (rc == HTTP1_MORE && (at < c->in_size || (!r->http.chunked && r->http.length == 0))) {
		const char *data = c->in + at;
		size_t n = c->in_size - at, use = n;

		if (r->http.chunked) {
			rc = http1_chunks_feed(&r->chunks, c->in + at, c->in_size - at, &use, &data,
			                       &n);
		} else {
			use = n = n < r->http.length ? n : (size_t)r->http.length;
			r->http.length -= n;
			rc = r->http.length ? HTTP1_MORE : HTTP1_DONE;
		}
		buf_add(&r->body, data, n);
		at += use;
	}
	used(c, at);
	f->body_bytes += r->body.room - before;
	if (rc == HTTP1_BAD) {
		f->tell.refused++;
		respond_problem(f, c, 400, r->chunks.why, true);
	} else if (!buf_ok(&r->body)) {
		respond_problem(f, c, 413, "the body is larger than is taken here", true);
	} else if (!bodies_fit(f, c)) {
		respond_problem(f, c, 503, "too many bodies at once; try again", true);
	} else if (rc == HTTP1_DONE) {
		request_body(f, c);
	} else {
		return false;
	}
	return true;
}

void
conn_work(struct front *f, struct conn *c)
{
	bool more = true;

	if (c->busy || c->gone)
		return;
	c->busy = true;
	while (more && !c->gone) {
		if (c->out) {
			more = transmit(f, c);
			if (more)
				answered(f, c);
			continue;
		}
		switch (c->state) {
		case CONN_IDLE:
		case CONN_HEAD:
			more = work_head(f, c);
			break;
		case CONN_BODY:
			more = work_body(f, c);
			break;
		case CONN_LINGER:
			c->in_size = 0;
			more = false;
			break;
		case CONN_WAIT:
		case CONN_WRITE:
		case CONN_STATES:
			more = false;
			break;
		}
	}
	c->busy = false;
	if (!c->gone && c->not_read && !c->close && c->in_size < c->in_room)
		watch(f, c, true, c->writing);
	if (!c->gone && f->draining && c->state == CONN_IDLE)
		conn_close(f, c);
}

void
conn_event(struct front *f, struct conn *c, uint32_t events)
{
	if (c->gone)
		return;
	if (events & EPOLLERR) {
		conn_close(f, c);
		return;
	}
	if ((events & (EPOLLIN | EPOLLHUP)) && !receive(f, c))
		return;
	if (!c->gone && (events & EPOLLHUP) && c->not_read) {
		conn_close(f, c);
		return;
	}
	conn_work(f, c);
}

/* Has the oldest of a state been in it for so long? */
static struct conn *
overdue(struct front *f, enum conn_state s, int64_t us)
{
	struct conn *c = f->list[s].first;

	return c && f->now_us - c->since_us > us ? c : NULL;
}

void
conn_tick(struct front *f)
{
	struct conn *c;

	while ((c = overdue(f, CONN_IDLE, LIMIT_IDLE_S * S_US)))
		conn_close(f, c);
	while ((c = overdue(f, CONN_LINGER, LIMIT_LINGER_S * S_US)))
		conn_close(f, c);
	while ((c = overdue(f, CONN_HEAD, LIMIT_HEAD_S * S_US)))
		respond_problem(f, c, 408, "the headers took longer than 10 seconds", true);
	while ((c = overdue(f, CONN_BODY, LIMIT_BODY_LOOK_S * S_US))) {
		if (c->moved < (size_t)LIMIT_BODY_LOOK_S * LIMIT_BODY_RATE ||
		    f->now_us - c->req->begun_us > LIMIT_BODY_S * S_US)
			respond_problem(f, c, 408, "the body came too slowly", true);
		else
			conn_state(f, c, CONN_BODY);
	}
	while ((c = overdue(f, CONN_WRITE, LIMIT_WRITE_LOOK_S * S_US))) {
		if (c->moved == 0 || f->now_us - c->req->begun_us > LIMIT_WRITE_S * S_US)
			conn_close(f, c);
		else
			conn_state(f, c, CONN_WRITE);
	}
}
