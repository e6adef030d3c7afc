#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "serve/front_state.h"
#include "serve/limits.h"
#include "serve/page.h"
#include "serve/planted.h"

/* A refusal: what respond_problem gets. */
struct no {
	int status;
	const char *why;
};

static bool
refuse(struct no *no, int status, const char *why)
{
	*no = (struct no){ status, why };
	return false;
}

/* Fields that are between the client and the front only. */
static bool
stays_here(const char *name)
{
	static const char *const here[] = { "connection",         "content-length", "expect",
		                            "transfer-encoding",  "host",           "cookie",
		                            "authorization",      "keep-alive",     "upgrade",
		                            "x-forwarded-for",    "x-real-ip",      "te",
		                            "proxy-authorization" };

	for (size_t i = 0; i < sizeof here / sizeof *here; i++)
		if (strcmp(here[i], name) == 0)
			return true;
	return false;
}

static void
note_field(struct front *f, struct conn *c, const char *name, const char *value)
{
	struct request *r = c->req;

	if (strcmp(name, "cookie") == 0 && strstr(value, RESOLVE_COOKIE "="))
		r->shown.cookie = value;
	else if (strcmp(name, "authorization") == 0)
		r->shown.authorization = value;
	else if (strcmp(name, "if-none-match") == 0)
		r->if_none_match = value;
	else if (strcmp(name, "x-real-ip") == 0 && f->o->base && strlen(value) < sizeof c->remote)
		r->ask.remote = value; /* the proxy's word: it is told to overwrite what came */
}

static bool
take_fields(struct front *f, struct conn *c, struct no *no)
{
	struct request *r = c->req;
	struct ask_pair *pair = arena_calloc(&r->mem, r->http.fields + 1, sizeof *pair);

	if (!pair)
		return refuse(no, 503, "out of memory");
	r->ask.remote = c->remote;
	for (size_t i = 0; i < r->http.fields; i++) {
		const struct http1_field *h = &r->http.field[i];
		char *name = arena_strndup(&r->mem, c->in + h->name.at, h->name.size);
		char *value = arena_strndup(&r->mem, c->in + h->value.at, h->value.size);

		if (!name || !value)
			return refuse(no, 503, "out of memory");
		text_lower_ascii(name);
		if (!text_is_utf8(value, h->value.size))
			return refuse(no, 400, "a header is not UTF-8");
		note_field(f, c, name, value);
		if (!stays_here(name))
			pair[r->ask.header_count++] = (struct ask_pair){ name, value };
	}
	r->ask.header = pair;
	return true;
}

static bool
take_target(struct front *f, struct conn *c, struct no *no)
{
	struct request *r = c->req;
	const struct http1 *h = &r->http;
	struct err e = { 0 };
	enum err_code rc =
		target_parse(c->in + h->target.at, h->target.size, &r->mem, &r->target, &e);

	if (rc != ERR_OK) {
		const char *why = arena_strdup(&r->mem, e.text);

		return refuse(no, rc == ERR_NOMEM ? 503 : 400, why ? why : "out of memory");
	}
	r->ask.path = r->target.path;
	r->ask.raw_query = r->target.raw_query;
	r->ask.query = r->target.query;
	r->ask.query_count = r->target.query_count;
	r->ask.base = f->o->base ? f->o->base
	                         : arena_printf(&r->mem, "http://%.*s", (int)h->host.size,
	                                        c->in + h->host.at);
	return r->ask.base ? true : refuse(no, 503, "out of memory");
}

/* The path without /r/NAME. */
static const char *
after_register(const char *path, bool *ret_named)
{
	const char *slash;

	*ret_named = strncmp(path, "/r/", 3) == 0 && path[3];
	if (!*ret_named)
		return path;
	slash = strchr(path + 3, '/');
	return slash ? slash : "/";
}

static bool
wants_page(const struct request *r)
{
	const char *accept = ask_header(&r->ask, "accept"), *how = ask_query(&r->ask, "f");

	return (accept && strstr(accept, "text/html") && !how) || (how && strcmp(how, "html") == 0);
}

/* For the rare client that takes no gzip. */
static struct parcel *
unpacked(const struct page_file *file)
{
	struct parcel *p = NULL;
	struct buf b;

	buf_init(&b, file->whole_size);
	if (page_unpack(file, &b))
		p = parcel_of_buf(file->type, &b);
	buf_done(&b);
	if (p)
		p->r.etag = file->etag;
	return p;
}

static struct parcel *
file_parcel(const struct page_file *file, bool gzip)
{
	struct parcel *p = file->gzip && !gzip ? unpacked(file)
	                                       : parcel_static(file->type, file->etag, file->data,
	                                                       file->size, file->gzip);

	if (p) {
		p->of_page = true;
		p->for_ever = file->for_ever;
	}
	return p;
}

static struct parcel *
health(struct front *f)
{
	struct parcel *p;

	if (!parts_are_whole(&f->parts))
		return parcel_problem(503, "a part of the server is being started again");
	p = parcel_static("application/json", "", "{\"status\":\"ok\"}", 15, false);
	if (p)
		p->no_store = true;
	return p;
}

static struct parcel *
metrics(struct front *f)
{
	struct tell_now now = { .connections = f->conns,
		                .kept_bytes = keep_bytes(f->keep),
		                .kept_count = keep_count(f->keep),
		                .parts = &f->parts };
	struct parcel *p;
	struct buf b;

	buf_init(&b, 1 << 20);
	tell_metrics(&f->tell, &now, &b);
	p = parcel_of_buf("text/plain; version=0.0.4; charset=utf-8", &b);
	if (p)
		p->no_store = true;
	return p;
}

/* What the front answers itself: true when it did. */
static bool
own_answer(struct front *f, struct conn *c)
{
	struct request *r = c->req;
	bool named;
	const char *rest = after_register(r->target.path, &named);
	const struct page_file *file = named ? NULL : page_find(r->target.path);
	struct parcel *p = NULL;

	if (r->ask.method != ASK_GET)
		return false;
	if (!file && (page_is_view(rest) || (strcmp(rest, "/") == 0 && wants_page(r))))
		file = page_find("/index.html");
	if (file) {
		r->route = "page";
		p = file_parcel(file, r->gzip);
	} else if (strcmp(r->target.path, "/health") == 0) {
		r->route = "health";
		p = health(f);
	} else if (strcmp(r->target.path, "/metrics") == 0) {
		r->route = "metrics";
		p = metrics(f);
	} else {
		return false;
	}
	respond(f, c, p);
	return true;
}

static const char *
allow_text(struct request *r, unsigned allow)
{
	return arena_printf(&r->mem, "%s%s%s%s", allow & 1u << ASK_GET ? "GET, HEAD" : "",
	                    allow & 1u << ASK_POST ? allow & 1u << ASK_GET ? ", POST" : "POST" : "",
	                    allow & 1u << ASK_PUT ? ", PUT" : "",
	                    allow & 1u << ASK_DELETE ? ", DELETE" : "");
}

/* Which route, which part. Answers 404 and 405 itself: false. */
static bool
find_route(struct front *f, struct conn *c)
{
	struct request *r = c->req;
	const char *segment[ROUTE_SEGMENTS_MOST] = { 0 }, *arg[ASK_ARGS];
	const char *token = NULL, *name = NULL;
	size_t count = 0, skip;
	unsigned allow = 0;
	enum route_found found = ROUTE_NO_PATH;
	struct parcel *p;

	if (route_split(r->target.path, &r->mem, segment, &count)) {
		skip = route_prefix(segment, count, &token, &name);
		found = route_find(r->ask.method, segment + skip, count - skip, &r->ask.route, arg,
		                   &allow);
	}
	if (found == ROUTE_FOUND && name && r->ask.route->of_server)
		found = ROUTE_NO_PATH;
	if (found == ROUTE_FOUND) {
		r->part = r->ask.route->part;
		r->route = r->ask.route->id;
		r->shown.token = token;
		return true;
	}
	p = parcel_problem(found == ROUTE_NO_METHOD ? 405 : 404,
	                   found == ROUTE_NO_METHOD ? "this address does not take that method"
	                                            : "no such address");
	if (p && found == ROUTE_NO_METHOD)
		p->allow = allow_text(r, allow); /* the request outlives its answer */
	/* A body that nobody wants is not read. */
	c->close |= r->http.chunked || r->http.length > 0;
	respond(f, c, p);
	return false;
}

static size_t
body_most(enum serve_part part)
{
	return part == PART_WRITE                           ? LIMIT_BODY_WRITE
	       : part == PART_ACCOUNT || part == PART_LOGIN ? LIMIT_BODY_LOGIN
	                                                    : LIMIT_BODY;
}

/* May a page of this server have sent it? For changes only. A cookie is sent along by a browser
 * whoever made it ask; so with a session the browser must have said that it was our page. */
static bool
is_same_origin(const struct front *f, const struct conn *c)
{
	const struct request *r = c->req;
	const char *site = ask_header(&r->ask, "sec-fetch-site");
	const char *origin = ask_header(&r->ask, "origin");
	const char *own = r->ask.base, *a, *b;

	if (site && strcmp(site, "same-origin") != 0)
		return false;
	if (origin && f->o->base)
		return strcmp(origin, own) == 0;
	if (origin) {
		a = strstr(origin, "://");
		b = strstr(own, "://");
		return a && b && strcmp(a + 3, b + 3) == 0;
	}
	return site || !r->shown.cookie;
}

static const char *
question_of(const struct request *r)
{
	const char *accept = ask_header(&r->ask, "accept");
	const char *language = ask_header(&r->ask, "accept-language");
	const char *crs = ask_header(&r->ask, "accept-crs");
	struct arena *mem = (struct arena *)(uintptr_t)&r->mem;

	return arena_printf(mem, "%d%d%d %s\n%s?%s\n%s\n%s\n%s", (int)ask_access(&r->ask),
	                    (int)r->ask.who.role, r->gzip, r->ask.base, r->ask.path,
	                    r->ask.raw_query, accept ? accept : "", language ? language : "",
	                    crs ? crs : "");
}

/* Does the client take gzip at all? The parts decide in each case. */
static bool
takes_gzip(const struct request *r)
{
	const char *h = ask_header(&r->ask, "accept-encoding");

	return h && strstr(h, "gzip");
}

static bool
from_kept(struct front *f, struct conn *c)
{
	struct request *r = c->req;
	struct parcel *p = NULL;

	if (r->ask.method != ASK_GET || (r->part != PART_QUICK && r->part != PART_SLOW))
		return false;
	r->question = question_of(r);
	if (!r->question)
		return false;
	if (f->now_us - f->fresh_us < FRONT_FRESH_US)
		p = keep_find(f->keep, r->question);
	else
		front_look(f);
	if (!p) {
		f->tell.kept_misses++;
		return false;
	}
	f->tell.kept_hits++;
	r->kept = true;
	respond(f, c, parcel_hold(p));
	return true;
}

static void
ask_who(struct front *f, struct conn *c)
{
	struct request *r = c->req;
	struct frame_who who = { r->shown, { r->part, r->ask.method != ASK_GET } };
	struct buf b;
	size_t begin = parts_message(&f->parts, FRAME_WHO, &b);

	frame_put_resolve(&b, &who);
	if (!frame_end(&b, begin)) {
		buf_done(&b);
		respond_problem(f, c, 503, "out of memory", true);
		return;
	}
	r->call = parts_ask(&f->parts, PART_ACCOUNT, FRAME_WHO, &b, c);
	if (!r->call) {
		respond_problem(f, c, 503, "too many requests wait; try again", true);
		return;
	}
	conn_state(f, c, CONN_WAIT);
	parts_go(&f->parts, PART_ACCOUNT);
}

static void
ask_part(struct front *f, struct conn *c)
{
	struct request *r = c->req;
	struct buf b;
	size_t begin;

	if (r->ticket.size && f->now_us - r->ticket_us > (int64_t)TICKET_FRESH_S * 1000000) {
		r->again = true;
		ask_who(f, c);
		return;
	}

	while (f->out_bytes > LIMIT_OUT && conn_shed(f, CONN_WRITE, c))
		;
	if (f->out_bytes > LIMIT_OUT) {
		respond_problem(f, c, 503, "too many answers are on their way; try again", false);
		return;
	}
	begin = parts_message(&f->parts, FRAME_ASK, &b);
	r->ask.body = (const uint8_t *)r->body.data;
	r->ask.body_size = r->body.size;
	frame_put_ask(&b, &r->ask, r->ticket);
	if (!frame_end(&b, begin)) {
		buf_done(&b);
		respond_problem(f, c, 503, "out of memory", false);
		return;
	}
	f->body_bytes -= r->body.room;
	buf_done(&r->body);
	r->call = parts_ask(&f->parts, r->part, FRAME_ASK, &b, c);
	if (!r->call) {
		respond_problem(f, c, 503, "too many requests wait; try again", false);
		return;
	}
	conn_state(f, c, CONN_WAIT);
	parts_go(&f->parts, r->part);
}

/* Who asks is known. */
static void
request_known(struct front *f, struct conn *c)
{
	static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
	struct request *r = c->req;
	const struct route *route = r->ask.route;
	bool body = r->http.chunked || r->http.length > 0;

	PLANTED_FRONT(&r->ask, &r->ticket, &r->ticket_us);
	if (!(route->allow & SERVE_BIT(r->ask.who.role))) {
		bool stranger = r->ask.who.role == SERVE_PUBLIC && !r->ask.who.id;
		bool half = r->ask.who.role == SERVE_PUBLIC && !r->ask.who.token;

		respond_problem(f, c, stranger ? 401 : 403,
		                stranger ? "log in first"
		                : half   ? "set up your second factor first"
		                         : "your role does not allow this",
		                body);
		return;
	}
	if (r->ask.method != ASK_GET && !is_same_origin(f, c)) {
		respond_problem(f, c, 403, "this change was not asked for by a page of this server",
		                body);
		return;
	}
	if (from_kept(f, c))
		return;
	if (r->http.length > r->body_most) {
		respond_problem(f, c, 413, "the body is larger than is taken here", true);
		return;
	}
	if (!body) {
		ask_part(f, c);
		return;
	}
	/* Should it not fit the socket now, the client sends its body anyway after a while. */
	if (r->http.expects)
		(void)front_send_now(c->src.fd, go_on, sizeof go_on - 1);
	buf_init(&r->body, r->body_most);
	conn_state(f, c, CONN_BODY);
	conn_work(f, c);
}

void
request_body(struct front *f, struct conn *c)
{
	ask_part(f, c);
}

/* The parts of accounts read what was shown themselves. */
static bool
give_shown(struct request *r, struct no *no)
{
	struct ask_pair *all;
	size_t n = r->ask.header_count;

	if (r->part != PART_ACCOUNT && r->part != PART_LOGIN)
		return true;
	all = arena_calloc(&r->mem, n + 2, sizeof *all);
	if (!all)
		return refuse(no, 503, "out of memory");
	if (n)
		memcpy(all, r->ask.header, n * sizeof *all);
	if (r->shown.cookie)
		all[n++] = (struct ask_pair){ "cookie", r->shown.cookie };
	if (r->shown.authorization)
		all[n++] = (struct ask_pair){ "authorization", r->shown.authorization };
	r->ask.header = all;
	r->ask.header_count = n;
	return true;
}

void
request_head(struct front *f, struct conn *c)
{
	static const enum ask_method method[] = { ASK_GET, ASK_GET, ASK_POST, ASK_PUT, ASK_DELETE };
	struct request *r = c->req;
	struct no no = { 0, NULL };

	r->is_head = r->http.method == HTTP1_HEAD;
	r->ask.method = method[r->http.method];
	r->ask.who = (struct who){ .role = SERVE_PUBLIC, .account = "" };
	c->close |= r->http.close;
	if (!take_fields(f, c, &no) || !take_target(f, c, &no)) {
		respond_problem(f, c, no.status, no.why, true);
		return;
	}
	r->gzip = takes_gzip(r);
	if (own_answer(f, c) || !find_route(f, c))
		return;
	r->body_most = body_most(r->part);
	if (!give_shown(r, &no)) {
		respond_problem(f, c, no.status, no.why, true);
		return;
	}
	if (r->shown.cookie || r->shown.authorization || r->shown.token)
		ask_who(f, c);
	else
		request_known(f, c);
}

static void
who_came(struct front *f, struct conn *c, const struct frame *frame)
{
	struct request *r = c->req;
	struct frame_is is = { 0 };
	bool body = r->http.chunked || r->http.length > 0;
	struct err e = { 0 };

	if (!frame || frame_get_is(frame->body, frame->size, &is, &e) != ERR_OK) {
		respond_problem(f, c, 503, "who you are cannot be checked now; try again", body);
		return;
	}
	if (is.status != 200) {
		respond_problem(f, c, is.status == 401 ? 401 : 503,
		                is.status == 401 ? "what you logged in with is not valid"
		                                 : "who you are cannot be checked now; try again",
		                body);
		return;
	}
	r->ask.who = is.who;
	r->ask.who.account = arena_strdup(&r->mem, is.who.account);
	r->ticket = (struct ticket){ arena_memdup(&r->mem, is.ticket.bytes, is.ticket.size),
		                     is.ticket.size };
	r->ticket_us = f->now_us;
	if (!r->ask.who.account || (r->ticket.size && !r->ticket.bytes)) {
		respond_problem(f, c, 503, "out of memory", true);
		return;
	}
	if (r->again) {
		r->again = false;
		ask_part(f, c);
	} else {
		request_known(f, c);
	}
	/* It may have waited with bytes in the buffer. */
	conn_work(f, c);
}

static void
pong_came(struct front *f, const struct call *call, const struct frame *frame)
{
	struct link *l = &f->parts.link[call->link];
	uint64_t version = 0;
	struct err e = { 0 };

	f->pinging = false;
	if (!frame || frame_get_u64(frame->body, frame->size, &version, &e) != ERR_OK)
		return;
	if (l->version != version)
		front_changed(f);
	l->version = version;
	if (call->sent_us > f->fresh_us)
		f->fresh_us = call->sent_us;
}

static void
answer_came(struct front *f, struct conn *c, const struct call *call, const struct frame *frame,
            uint8_t *body)
{
	struct request *r = c->req;
	struct parcel *p = NULL;
	struct err e = { 0 };

	if (!frame) {
		mem_free(body);
		respond_problem(f, c, 503,
		                call->sent_us ? "the part that answers this was lost; try again"
		                              : "this waited too long; try again",
		                false);
		return;
	}
	if (parcel_of_frame(frame, body, &p, &e) != ERR_OK) {
		respond_problem(f, c, 500, e.text, false);
		return;
	}
	if (p->r.cacheable && p->r.status == 200 && r->question && call->sent_us >= f->changed_us)
		keep_put(f->keep, r->question, p);
	respond(f, c, p);
}

void
request_done(void *front, struct call *call, const struct frame *frame, uint8_t *body)
{
	struct front *f = front;
	struct conn *c = call->owner;

	/* Whatever was asked of it, the part that writes may have changed something. */
	if (call->part == PART_WRITE && call->type == FRAME_ASK && call->sent_us)
		front_changed(f);
	if (call->type == FRAME_PING)
		pong_came(f, call, frame);
	if (!c) {
		mem_free(body);
		return;
	}
	c->req->call = NULL;
	if (call->type == FRAME_ASK) {
		answer_came(f, c, call, frame, body);
		return;
	}
	who_came(f, c, frame);
	mem_free(body);
}
