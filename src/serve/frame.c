#include <string.h>

#include "base/text.h"
#include "serve/frame.h"

/* Reading: a cursor that fails once and for all. */
struct cursor {
	const uint8_t *p;
	size_t left;
	bool failed;
};

static void
store_u32(char *at, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		at[i] = (char)(v >> (8 * i) & 0xff);
}

static uint64_t
take(struct cursor *c, size_t bytes)
{
	uint64_t v = 0;
	size_t i;

	if (c->failed || c->left < bytes) {
		c->failed = true;
		return 0;
	}
	for (i = 0; i < bytes; i++)
		v |= (uint64_t)c->p[i] << (8 * i);
	c->p += bytes;
	c->left -= bytes;
	return v;
}

static const uint8_t *
take_bytes(struct cursor *c, size_t *ret_size)
{
	size_t n = (size_t)take(c, 4);
	const uint8_t *p = c->p;

	*ret_size = 0;
	if (c->failed || c->left < n) {
		c->failed = true;
		return NULL;
	}
	c->p += n;
	c->left -= n;
	*ret_size = n;
	return p;
}

/* A text: its bytes hold no NUL but the last one. */
static const char *
take_text(struct cursor *c)
{
	size_t n;
	const char *s = (const char *)take_bytes(c, &n);

	if (!s || n == 0 || s[n - 1] != '\0' || strlen(s) != n - 1) {
		c->failed = true;
		return "";
	}
	return s;
}

static void
put_text(struct buf *b, const char *s)
{
	size_t n = s ? strlen(s) + 1 : 1;

	buf_add_u32le(b, (uint32_t)n);
	buf_add(b, s ? s : "", n);
}

static void
put_bytes(struct buf *b, const void *p, size_t n)
{
	buf_add_u32le(b, (uint32_t)n);
	buf_add(b, p, n);
}

static enum err_code
ended(const struct cursor *c, struct err *e)
{
	if (c->failed || c->left)
		return err_set(e, ERR_INVALID, "a message between the parts is not as agreed");
	return ERR_OK;
}

size_t
frame_begin(struct buf *b, enum frame_type type, uint64_t id)
{
	size_t begin = b->size;

	buf_add_u32le(b, 0);
	buf_add_u32le(b, (uint32_t)type);
	buf_add_u64le(b, id);
	return begin;
}

bool
frame_end(struct buf *b, size_t begin)
{
	size_t n = b->size - begin - FRAME_HEAD;

	if (!buf_ok(b) || n > FRAME_MOST)
		return false;
	store_u32(b->data + begin, (uint32_t)n);
	return true;
}

enum err_code
frame_look(const uint8_t *p, size_t n, struct frame *ret, struct err *e)
{
	struct cursor c = { .p = p, .left = n };
	uint64_t type;

	*ret = (struct frame){ 0 };
	if (n < FRAME_HEAD)
		return ERR_OK;
	ret->size = (uint32_t)take(&c, 4);
	type = take(&c, 4);
	ret->id = take(&c, 8);
	if (type == 0 || type >= FRAME_TYPES || ret->size > FRAME_MOST)
		return err_set(e, ERR_INVALID, "a message between the parts is not as agreed");
	ret->type = (enum frame_type)type;
	if (c.left >= ret->size)
		ret->body = c.p;
	return ERR_OK;
}

static void
put_pairs(struct buf *b, const struct ask_pair *pair, size_t count)
{
	buf_add_u32le(b, (uint32_t)count);
	for (size_t i = 0; i < count; i++) {
		put_text(b, pair[i].name);
		put_text(b, pair[i].value);
	}
}

static const struct ask_pair *
take_pairs(struct cursor *c, struct arena *mem, size_t *ret_count)
{
	size_t n = (size_t)take(c, 4);
	struct ask_pair *pair;

	*ret_count = 0;
	if (c->failed || n > FRAME_PAIRS_MOST) {
		c->failed = true;
		return NULL;
	}
	pair = arena_calloc(mem, n + 1, sizeof *pair);
	if (!pair) {
		c->failed = true;
		return NULL;
	}
	for (size_t i = 0; i < n; i++) {
		pair[i].name = take_text(c);
		pair[i].value = take_text(c);
	}
	*ret_count = n;
	return pair;
}

enum {
	WHO_SECOND = 1,
	WHO_TOKEN = 2,
	WHO_READ_ONLY = 4
};

static void
put_who(struct buf *b, const struct who *w)
{
	buf_add_u32le(b, (uint32_t)w->role);
	buf_add_u32le(b, (w->second_factor ? WHO_SECOND : 0u) | (w->token ? WHO_TOKEN : 0u) |
	                         (w->read_only ? WHO_READ_ONLY : 0u));
	buf_add_u64le(b, (uint64_t)w->id);
	put_text(b, w->account);
}

static void
take_who(struct cursor *c, struct who *w)
{
	uint64_t role = take(c, 4), flags = take(c, 4);

	if (role >= SERVE_ROLES)
		c->failed = true;
	else
		w->role = (enum serve_role)role;
	w->second_factor = flags & WHO_SECOND;
	w->token = flags & WHO_TOKEN;
	w->read_only = flags & WHO_READ_ONLY;
	w->id = (int64_t)take(c, 8);
	w->account = take_text(c);
}

void
frame_put_ask(struct buf *b, const struct ask *q, struct ticket ticket)
{
	buf_add_u32le(b, (uint32_t)q->method);
	put_text(b, q->base);
	put_text(b, q->path);
	put_text(b, q->raw_query);
	put_text(b, q->remote);
	put_bytes(b, ticket.bytes, ticket.size);
	put_pairs(b, q->query, q->query_count);
	put_pairs(b, q->header, q->header_count);
	put_bytes(b, q->body, q->body_size);
}

enum err_code
frame_get_ask(const uint8_t *p, size_t n, struct ask *q, struct ticket *ret_ticket, struct err *e)
{
	struct cursor c = { .p = p, .left = n };
	uint64_t method = take(&c, 4);

	if (method > ASK_DELETE)
		c.failed = true;
	else
		q->method = (enum ask_method)method;
	q->base = take_text(&c);
	q->path = take_text(&c);
	q->raw_query = take_text(&c);
	q->remote = take_text(&c);
	ret_ticket->bytes = take_bytes(&c, &ret_ticket->size);
	q->who = (struct who){ .role = SERVE_PUBLIC, .account = "" };
	q->query = take_pairs(&c, q->mem, &q->query_count);
	q->header = take_pairs(&c, q->mem, &q->header_count);
	q->body = take_bytes(&c, &q->body_size);
	return ended(&c, e);
}

/* A text that may be missing: its first byte tells. */
static void
put_maybe(struct buf *b, const char *s)
{
	buf_add_u32le(b, s ? 1 : 0);
	put_text(b, s);
}

static const char *
take_maybe(struct cursor *c)
{
	bool there = take(c, 4) == 1;
	const char *s = take_text(c);

	return there ? s : NULL;
}

void
frame_put_resolve(struct buf *b, const struct frame_who *w)
{
	put_maybe(b, w->shown.cookie);
	put_maybe(b, w->shown.authorization);
	put_maybe(b, w->shown.token);
	buf_add_u32le(b, (uint32_t)w->use.part);
	buf_add_u32le(b, w->use.changes ? 1 : 0);
}

enum err_code
frame_get_resolve(const uint8_t *p, size_t n, struct frame_who *ret, struct err *e)
{
	struct cursor c = { .p = p, .left = n };
	uint64_t part;

	ret->shown.cookie = take_maybe(&c);
	ret->shown.authorization = take_maybe(&c);
	ret->shown.token = take_maybe(&c);
	part = take(&c, 4);
	ret->use.part = part <= PART_LOGIN ? (enum serve_part)part : PART_FRONT;
	ret->use.changes = take(&c, 4) == 1;
	if (ret->use.part == PART_FRONT)
		c.failed = true;
	return ended(&c, e);
}

void
frame_put_is(struct buf *b, const struct frame_is *is)
{
	buf_add_u32le(b, (uint32_t)is->status);
	put_who(b, &is->who);
	put_bytes(b, is->ticket.bytes, is->ticket.size);
}

enum err_code
frame_get_is(const uint8_t *p, size_t n, struct frame_is *ret, struct err *e)
{
	struct cursor c = { .p = p, .left = n };

	ret->status = (int)take(&c, 4);
	take_who(&c, &ret->who);
	ret->ticket.bytes = take_bytes(&c, &ret->ticket.size);
	return ended(&c, e);
}

void
frame_put_reply(struct buf *b, const struct frame_reply *r)
{
	buf_add_u32le(b, (uint32_t)r->status);
	buf_add_u32le(b, (r->cacheable ? 1u : 0u) | (r->final ? 2u : 0u) | (r->gzip ? 4u : 0u));
	put_text(b, r->type);
	put_text(b, r->etag);
	put_pairs(b, r->header, r->headers);
	put_bytes(b, r->body, r->body_size);
}

enum err_code
frame_get_reply(const uint8_t *p, size_t n, struct frame_reply *ret, struct err *e)
{
	struct cursor c = { .p = p, .left = n };
	uint64_t flags;

	*ret = (struct frame_reply){ .status = (int)take(&c, 4) };
	flags = take(&c, 4);
	ret->cacheable = flags & 1;
	ret->final = flags & 2;
	ret->gzip = flags & 4;
	ret->type = take_text(&c);
	ret->etag = take_text(&c);
	ret->headers = (size_t)take(&c, 4);
	if (ret->headers > REPLY_HEADERS || ret->status < 200 || ret->status > 599)
		c.failed = true;
	for (size_t i = 0; !c.failed && i < ret->headers; i++) {
		ret->header[i].name = take_text(&c);
		ret->header[i].value = take_text(&c);
		if (!text_is_line(ret->header[i].name) || !text_is_line(ret->header[i].value))
			c.failed = true;
	}
	if (!text_is_line(ret->type) || !text_is_line(ret->etag))
		c.failed = true;
	ret->body = take_bytes(&c, &ret->body_size);
	return ended(&c, e);
}

void
frame_put_u64(struct buf *b, uint64_t v)
{
	buf_add_u64le(b, v);
}

enum err_code
frame_get_u64(const uint8_t *p, size_t n, uint64_t *ret, struct err *e)
{
	struct cursor c = { .p = p, .left = n };

	*ret = take(&c, 8);
	return ended(&c, e);
}
