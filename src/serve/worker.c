#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <zlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "serve/batch.h"
#include "serve/frame.h"
#include "serve/planted.h"
#include "serve/worker.h"
#include "store/snapshot.h"

enum {
	READ_ROOM = 64 << 10,
	WAITING_MOST = 32 << 20, /* bytes of asks taken from the pipe at once */
	GZIP_LEAST = 860,        /* smaller ones fit a packet anyway */
	GZIP_LEVEL = 4,
	MUCH_US = 500000 /* work that took so long may leave much memory behind */
};

struct inbox {
	struct buf in;
	size_t at; /* answered up to here */
};

/* Read what is there, waiting for at least a byte if wait. *ret_got 0: nothing waits; closed: -1 */
static enum err_code
fill(struct worker *w, struct inbox *box, bool wait, ssize_t *ret_got, struct err *e)
{
	char *to = buf_reserve(&box->in, READ_ROOM);
	size_t room = box->in.room - box->in.size;

	if (!to)
		return err_set(e, ERR_NOMEM, "out of memory for a message of the front");
	for (;;) {
		ssize_t n = recv(w->fd, to, room - 1, wait ? 0 : MSG_DONTWAIT);

		if (n > 0)
			box->in.size += (size_t)n;
		if (n >= 0) {
			*ret_got = n ? n : -1;
			return ERR_OK;
		}
		if (errno == EAGAIN || errno == EWOULDBLOCK) {
			*ret_got = 0;
			return ERR_OK;
		}
		if (errno != EINTR) {
			*ret_got = -1;
			return errno == ECONNRESET
			               ? ERR_OK
			               : err_set(e, ERR_IO, "could not read from the front: %s",
			                         strerror(errno));
		}
	}
}

static enum err_code
send_all(struct worker *w, const struct buf *b, struct err *e)
{
	size_t at = 0;

	while (at < b->size) {
		ssize_t n = send(w->fd, b->data + at, b->size - at, MSG_NOSIGNAL);

		if (n < 0 && (errno == EPIPE || errno == ECONNRESET))
			return ERR_OK; /* the front is gone, as reading will tell */
		if (n < 0 && errno != EINTR)
			return err_set(e, ERR_IO, "could not write to the front: %s",
			               strerror(errno));
		at += n > 0 ? (size_t)n : 0;
	}
	return ERR_OK;
}

/* Does the client take gzip? An own small reading of Accept-Encoding: "gzip" without q=0. */
static bool
takes_gzip(const struct ask *q)
{
	const char *h = ask_header(q, "accept-encoding"), *p = h ? strstr(h, "gzip") : NULL;

	if (!p)
		return false;
	p += 4;
	p += strspn(p, " \t");
	if (*p != ';')
		return true;
	p += 1 + strspn(p + 1, " \t");
	return !(text_starts(p, "q=0") && strspn(p + 3, ".0") == strcspn(p + 3, ",; "));
}

static bool
is_compressible(const char *type)
{
	static const char *const starts[] = { "text/",
		                              "application/json",
		                              "application/geo+json",
		                              "application/problem+json",
		                              "application/schema+json",
		                              "application/vnd.",
		                              "application/xml",
		                              "application/javascript",
		                              "image/svg+xml" };

	for (size_t i = 0; i < sizeof starts / sizeof *starts; i++)
		if (text_starts(type, starts[i]))
			return true;
	return false;
}

bool
worker_gzip(const struct ask *q, struct reply *r)
{
	z_stream z = { 0 };
	struct buf out;
	char *to;
	int rc;

	if (r->body.size < GZIP_LEAST || !is_compressible(r->type) || !takes_gzip(q) ||
	    deflateInit2(&z, GZIP_LEVEL, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
		return false;
	buf_init(&out, r->body.size);
	to = buf_reserve(&out, r->body.size - 1);
	z.next_in = (Bytef *)r->body.data;
	z.avail_in = (uInt)r->body.size;
	z.next_out = (Bytef *)to;
	z.avail_out = (uInt)(r->body.size - 1);
	rc = to ? deflate(&z, Z_FINISH) : Z_MEM_ERROR;
	out.size = z.total_out;
	(void)deflateEnd(&z); /* tells only that it was not finished */
	if (rc != Z_STREAM_END) {
		buf_done(&out);
		return false;
	}
	buf_done(&r->body);
	r->body = out;
	return true;
}

static enum err_code
send_reply(struct worker *w, uint64_t id, const struct ask *q, struct reply *r, struct err *e)
{
	struct frame_reply f;
	struct buf b;
	size_t begin;
	bool gzip = worker_gzip(q, r), ok;
	enum err_code rc;

	f = (struct frame_reply){ .status = r->status,
		                  .cacheable = r->cacheable,
		                  .final = r->final,
		                  .gzip = gzip,
		                  .type = r->type,
		                  .etag = r->etag,
		                  .headers = r->headers,
		                  .body = (const uint8_t *)r->body.data,
		                  .body_size = r->body.size };
	memcpy(f.header, r->header, sizeof f.header);
	buf_init(&b, (size_t)FRAME_MOST + FRAME_HEAD);
	begin = frame_begin(&b, FRAME_REPLY, id);
	frame_put_reply(&b, &f);
	ok = frame_end(&b, begin);
	rc = ok ? send_all(w, &b, e) : err_set(e, ERR_NOMEM, "out of memory for an answer");
	buf_done(&b);
	return rc;
}

struct job {
	struct frame f;
	struct ask q;
	struct reply r;
	struct arena mem;
	bool answered; /* while it was read: it came too late */
};

/* Who asks is what the ticket says, whatever else the front says. */
static enum err_code
job_read(struct worker *w, struct job *j, const struct frame *f, struct err *e)
{
	struct ticket ticket = { NULL, 0 };
	struct ticket_use use = { .part = w->part };
	enum err_code rc;

	*j = (struct job){ .f = *f };
	arena_init(&j->mem, 0);
	reply_init(&j->r, 0);
	j->q.mem = &j->mem;
	rc = frame_get_ask(f->body, f->size, &j->q, &ticket, e);
	if (rc != ERR_OK)
		return rc;
	PLANTED_PART(&j->q);
	use.changes = j->q.method != ASK_GET;
	rc = ticket_open(w->keys->of[w->part], use, ticket, clock_steady_us(), &j->q.who, e);
	w->lied_to = rc == ERR_DENIED;
	if (rc == ERR_LIMIT) {
		reply_problem(&j->r, 503, e);
		j->answered = true;
		rc = ERR_OK;
	}
	return rc;
}

static void
job_done(struct job *j)
{
	reply_done(&j->r);
	arena_done(&j->mem);
}

static enum err_code
answer_who(struct worker *w, const struct frame *f, struct err *e)
{
	struct frame_is is = { .status = 200, .who = { .account = "" } };
	struct frame_who ask;
	struct err why = { 0 };
	struct arena mem;
	struct buf b, ticket;
	size_t begin;
	enum err_code rc = frame_get_resolve(f->body, f->size, &ask, e), found;

	if (rc != ERR_OK)
		return rc;
	if (w->part != PART_ACCOUNT)
		return err_set(e, ERR_INVALID, "the front asks a part who it is that cannot know");
	arena_init(&mem, 0);
	buf_init(&b, 0);
	buf_init(&ticket, TICKET_MOST);
	found = account_resolve(w->site->accounts, &ask.shown, &mem, &is.who, &why);
	if (found != ERR_OK) {
		is.status = found == ERR_DENIED ? 401 : reply_status_of(found);
		is.who = (struct who){ .account = "" };
	} else if (is.who.id) {
		ticket_make(w->keys, ask.use, &is.who, clock_steady_us(), &ticket);
		is.ticket = (struct ticket){ (const uint8_t *)ticket.data, ticket.size };
	}
	begin = frame_begin(&b, FRAME_IS, f->id);
	frame_put_is(&b, &is);
	rc = buf_ok(&ticket) && frame_end(&b, begin) ? send_all(w, &b, e)
	                                             : err_set(e, ERR_NOMEM, "out of memory");
	buf_done(&b);
	buf_done(&ticket);
	arena_done(&mem);
	return rc;
}

static enum err_code
answer_ping(struct worker *w, const struct frame *f, struct err *e)
{
	uint64_t sum = UINT64_C(14695981039346656037);
	struct buf b;
	size_t begin, i;
	enum err_code rc;

	for (i = 0; i < w->site->count; i++)
		sum = (sum ^ (uint64_t)store_data_version(w->site->reg[i].st)) *
		      UINT64_C(1099511628211);
	buf_init(&b, 0);
	begin = frame_begin(&b, FRAME_PONG, f->id);
	frame_put_u64(&b, sum);
	rc = frame_end(&b, begin) ? send_all(w, &b, e) : err_set(e, ERR_NOMEM, "out of memory");
	buf_done(&b);
	return rc;
}

static enum err_code
answer_one(struct worker *w, const struct frame *f, struct err *e)
{
	struct job j;
	enum err_code rc;

	if (f->type == FRAME_WHO)
		return answer_who(w, f, e);
	if (f->type == FRAME_PING)
		return answer_ping(w, f, e);
	if (f->type != FRAME_ASK)
		return err_set(e, ERR_INVALID, "the front sent a message of no known kind");
	rc = job_read(w, &j, f, e);
	if (rc == ERR_OK && !j.answered) {
		int64_t begun_us = clock_steady_us();

		site_refresh(w->site);
		route_answer(w->site, &j.q, &j.r);
		site_rest(w->site);
		if (clock_steady_us() - begun_us > MUCH_US)
			mem_trim();
	}
	if (rc == ERR_OK)
		rc = send_reply(w, f->id, &j.q, &j.r, e);
	job_done(&j);
	return rc;
}

/* Everything that waits goes to write_batch at once. */
static enum err_code
answer_batch(struct worker *w, const struct frame *f, size_t n, struct err *e)
{
	struct job *job = mem_calloc(n, sizeof *job);
	struct ask *q[BATCH_MOST];
	struct reply *r[BATCH_MOST];
	struct err why = { 0 };
	size_t i, read = 0, asked = 0;
	enum err_code rc = job ? ERR_OK : err_set(e, ERR_NOMEM, "out of memory"), all = ERR_OK;

	for (i = 0; i < n && rc == ERR_OK; i++) {
		rc = job_read(w, &job[i], &f[i], e);
		read = i + 1;
		if (job[i].answered)
			continue;
		q[asked] = &job[i].q;
		r[asked++] = &job[i].r;
	}
	if (rc == ERR_OK && asked) {
		site_refresh(w->site);
		all = write_batch(w->site, q, r, asked, &why);
		for (i = 0; i < asked && all != ERR_OK; i++)
			if (r[i]->body.size == 0 && r[i]->status == 200)
				reply_problem(r[i], reply_status_of(all), &why);
	}
	for (i = 0; i < n && rc == ERR_OK; i++)
		rc = send_reply(w, f[i].id, &job[i].q, &job[i].r, e);
	for (i = 0; i < read; i++)
		job_done(&job[i]);
	mem_free(job);
	if (rc == ERR_OK && all != ERR_OK) {
		rc = all; /* the next process reads from the file what is so */
		*e = why;
	}
	return rc;
}

/* Answer every whole message in the box. */
static enum err_code
answer_box(struct worker *w, struct inbox *box, struct err *e)
{
	struct frame batch[BATCH_MOST], f;
	size_t n = 0;
	enum err_code rc = ERR_OK;

	for (;;) {
		rc = frame_look((const uint8_t *)box->in.data + box->at, box->in.size - box->at, &f,
		                e);
		if (rc != ERR_OK)
			return rc;
		if (n && (!f.body || f.type != FRAME_ASK || n == BATCH_MOST)) {
			rc = answer_batch(w, batch, n, e);
			n = 0;
		}
		if (rc != ERR_OK || !f.body)
			return rc;
		if (w->part == PART_WRITE && f.type == FRAME_ASK)
			batch[n++] = f;
		else
			rc = answer_one(w, &f, e);
		if (rc != ERR_OK)
			return rc;
		box->at += FRAME_HEAD + f.size;
	}
}

enum err_code
worker_run(struct worker *w, struct err *e)
{
	struct inbox box = { 0 };
	ssize_t got = 0;
	enum err_code rc = ERR_OK;

	buf_init(&box.in, 2 * (size_t)FRAME_MOST);
	while (rc == ERR_OK) {
		/* What was answered makes room; a large buffer is not kept. */
		if (box.at) {
			memmove(box.in.data, box.in.data + box.at, box.in.size - box.at);
			box.in.size -= box.at;
			box.at = 0;
			if (box.in.size == 0 && box.in.room > (size_t)4 << 20) {
				buf_done(&box.in);
				buf_init(&box.in, 2 * (size_t)FRAME_MOST);
			}
		}
		rc = fill(w, &box, true, &got, e);
		while (rc == ERR_OK && got > 0 && box.in.size < WAITING_MOST)
			rc = fill(w, &box, false, &got, e);
		if (rc == ERR_OK)
			rc = answer_box(w, &box, e);
		if (got < 0)
			break;
	}
	buf_done(&box.in);
	return rc;
}
