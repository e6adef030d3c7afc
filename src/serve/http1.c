#include <string.h>

#include "serve/http1.h"

enum {
	LINE_MOST = HTTP1_TARGET_MOST + 32, /* of the request line: longer is told as 414 */
	LENGTH_DIGITS = 15
};

static const struct {
	const char *name;
	enum http1_method method;
} methods[] = {
	{ "GET", HTTP1_GET }, { "HEAD", HTTP1_HEAD },     { "POST", HTTP1_POST },
	{ "PUT", HTTP1_PUT }, { "DELETE", HTTP1_DELETE },
};

static enum http1_result
bad(struct http1 *h, int status, const char *why)
{
	h->status = status;
	h->why = why;
	return HTTP1_BAD;
}

/* tchar of RFC 9110 5.6.2 */
static bool
is_token(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c && strchr("!#$%&'*+-.^_`|~", c));
}

static size_t
token_size(const char *p, size_t n)
{
	size_t i = 0;

	while (i < n && is_token((unsigned char)p[i]))
		i++;
	return i;
}

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool
same(const char *p, size_t n, const char *name)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (!name[i] || lower(p[i]) != name[i])
			return false;
	return name[n] == '\0';
}

bool
http1_is(const struct http1_field *f, const char *p, const char *name)
{
	return same(p + f->name.at, f->name.size, name);
}

void
http1_init(struct http1 *h)
{
	/* The fields are only read up to their number. */
	memset(h, 0, offsetof(struct http1, field));
	memset(&h->fields, 0, sizeof *h - offsetof(struct http1, fields));
}

static enum http1_result
request_line(struct http1 *h, const char *p, size_t at, size_t n)
{
	static const char version[] = "HTTP/1.1";
	size_t i, method = token_size(p + at, n), target = 0, known = 0;

	while (known < sizeof methods / sizeof *methods &&
	       (strlen(methods[known].name) != method ||
	        memcmp(methods[known].name, p + at, method) != 0))
		known++;
	if (method == 0 || method == n || p[at + method] != ' ')
		return bad(h, 400, "the request line is not METHOD TARGET HTTP/1.1");
	i = at + method + 1;
	while (i + target < at + n && p[i + target] > ' ' && p[i + target] < 0x7f)
		target++;
	if (target == 0 || i + target == at + n || p[i + target] != ' ')
		return bad(h, 400, "the request line is not METHOD TARGET HTTP/1.1");
	if (target > HTTP1_TARGET_MOST)
		return bad(h, 414, "the address is longer than 8192 bytes");
	h->target = (struct http1_slice){ (uint32_t)i, (uint32_t)target };
	i += target + 1;
	n = at + n - i;
	if (n != sizeof version - 1 || memcmp(p + i, version, 5) != 0 || p[i + 6] != '.' ||
	    p[i + 5] < '0' || p[i + 5] > '9' || p[i + 7] < '0' || p[i + 7] > '9')
		return bad(h, 400, "the request line is not METHOD TARGET HTTP/1.1");
	if (memcmp(p + i, version, n) != 0)
		return bad(h, 505, "only HTTP/1.1 is spoken here");
	if (known == sizeof methods / sizeof *methods)
		return bad(h, 501, "this method is not known here");
	h->method = methods[known].method;
	if (p[h->target.at] != '/')
		return bad(h, 400, "the address must begin with /");
	return HTTP1_MORE;
}

static enum http1_result
take_length(struct http1 *h, const char *v, size_t n)
{
	size_t i;

	if (h->has_length)
		return bad(h, 400, "two Content-Length");
	if (n == 0 || n > LENGTH_DIGITS)
		return bad(h, 400, "Content-Length is not a number");
	for (i = 0; i < n; i++) {
		if (v[i] < '0' || v[i] > '9')
			return bad(h, 400, "Content-Length is not a number");
		h->length = h->length * 10 + (uint64_t)(v[i] - '0');
	}
	h->has_length = true;
	return HTTP1_MORE;
}

static enum http1_result
take_host(struct http1 *h, const char *p, struct http1_slice v)
{
	uint32_t i;

	if (h->has_host)
		return bad(h, 400, "two Host");
	if (v.size == 0 || v.size > HTTP1_HOST_MOST)
		return bad(h, 400, "Host is empty or too long");
	for (i = 0; i < v.size; i++) {
		char c = lower(p[v.at + i]);

		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
		      (c && strchr(".-_:[]", c))))
			return bad(h, 400, "Host is not a host's name");
	}
	h->has_host = true;
	h->host = v;
	return HTTP1_MORE;
}

/* A list of tokens; only close and keep-alive mean something here. */
static enum http1_result
take_connection(struct http1 *h, const char *v, size_t n)
{
	size_t i = 0;

	while (i < n) {
		size_t t = token_size(v + i, n - i);

		if (t && same(v + i, t, "close"))
			h->close = true;
		i += t;
		if (i < n && v[i] != ',' && v[i] != ' ' && v[i] != '\t')
			return bad(h, 400, "Connection is not a list of words");
		i++;
	}
	return HTTP1_MORE;
}

/* The fields that framing depends on, and those of which a second one could mislead. */
static enum http1_result
weigh_field(struct http1 *h, const char *p, const struct http1_field *f)
{
	static const char *const once[] = { "authorization",    "cookie",        "content-type",
		                            "content-encoding", "expect",        "origin",
		                            "sec-fetch-site",   "if-none-match", "range" };
	const char *v = p + f->value.at;
	size_t i, k;

	if (http1_is(f, p, "content-length"))
		return take_length(h, v, f->value.size);
	if (http1_is(f, p, "host"))
		return take_host(h, p, f->value);
	if (http1_is(f, p, "connection"))
		return take_connection(h, v, f->value.size);
	if (http1_is(f, p, "transfer-encoding")) {
		if (h->chunked)
			return bad(h, 400, "two Transfer-Encoding");
		if (!same(v, f->value.size, "chunked"))
			return bad(h, 501, "no Transfer-Encoding but chunked is known here");
		h->chunked = true;
		return HTTP1_MORE;
	}
	for (i = 0; i < sizeof once / sizeof *once; i++)
		if (http1_is(f, p, once[i]))
			for (k = 0; k + 1 < h->fields; k++)
				if (http1_is(&h->field[k], p, once[i]))
					return bad(h, 400,
					           "a header that may come once came twice");
	if (http1_is(f, p, "expect")) {
		if (!same(v, f->value.size, "100-continue"))
			return bad(h, 417, "nothing but 100-continue can be expected");
		h->expects = true;
	}
	return HTTP1_MORE;
}

static enum http1_result
field_line(struct http1 *h, const char *p, size_t at, size_t n)
{
	size_t i, name = token_size(p + at, n), from, to;
	struct http1_field *f;

	if (p[at] == ' ' || p[at] == '\t')
		return bad(h, 400, "a folded header line");
	if (name == 0 || name == n || p[at + name] != ':')
		return bad(h, 400, "a header line is not NAME: VALUE");
	from = at + name + 1;
	to = at + n;
	while (from < to && (p[from] == ' ' || p[from] == '\t'))
		from++;
	while (to > from && (p[to - 1] == ' ' || p[to - 1] == '\t'))
		to--;
	for (i = from; i < to; i++)
		if (((unsigned char)p[i] < ' ' && p[i] != '\t') || p[i] == 0x7f)
			return bad(h, 400, "a control character in a header");
	if (h->fields == HTTP1_FIELDS_MOST)
		return bad(h, 431, "more than 100 headers");
	f = &h->field[h->fields++];
	f->name = (struct http1_slice){ (uint32_t)at, (uint32_t)name };
	f->value = (struct http1_slice){ (uint32_t)from, (uint32_t)(to - from) };
	return weigh_field(h, p, f);
}

static enum http1_result
head_end(struct http1 *h, size_t end)
{
	bool bare = h->method == HTTP1_GET || h->method == HTTP1_HEAD;

	if (!h->has_host)
		return bad(h, 400, "no Host");
	if (h->chunked && h->has_length)
		return bad(h, 400, "Content-Length beside Transfer-Encoding");
	if (bare && (h->chunked || h->length > 0))
		return bad(h, 400, "GET and HEAD take no body");
	if (h->expects && !h->chunked && h->length == 0)
		h->expects = false;
	h->head_size = end;
	return HTTP1_DONE;
}

enum http1_result
http1_feed(struct http1 *h, const char *p, size_t size)
{
	enum http1_result rc = HTTP1_MORE;

	if (h->status)
		return HTTP1_BAD;
	if (h->head_size)
		return HTTP1_DONE;
	while (rc == HTTP1_MORE) {
		const char *lf = memchr(p + h->scan, '\n', size - h->scan);
		size_t end = lf ? (size_t)(lf - p) + 1 : size, n, line = h->line;

		if (!h->has_line && end > LINE_MOST)
			return bad(h, 414, "the request line is too long");
		if (end > HTTP1_HEAD_MOST)
			return bad(h, 431, "the headers are larger than 16384 bytes");
		h->scan = end;
		if (!lf)
			return HTTP1_MORE;
		if (end - line < 2 || p[end - 2] != '\r')
			return bad(h, 400, "a line ends without a carriage return");
		n = end - line - 2;
		h->line = end;
		if (!h->has_line) {
			h->has_line = true;
			rc = request_line(h, p, line, n);
		} else {
			rc = n ? field_line(h, p, line, n) : head_end(h, end);
		}
	}
	return rc;
}

enum { /* of a chunked body */
	CHUNK_SIZE,
	CHUNK_SIZE_LF,
	CHUNK_DATA,
	CHUNK_CR,
	CHUNK_LF,
	CHUNK_LAST_LF, /* after the size 0 */
	CHUNK_END_CR,
	CHUNK_END_LF,
	CHUNK_DONE,
	CHUNK_BAD
};

static int
hex(char c)
{
	c = lower(c);
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* One byte of the framing; the next state. */
static int
chunk_step(struct http1_chunks *c, char byte)
{
	int digit = hex(byte);

	switch (c->state) {
	case CHUNK_SIZE:
		if (digit >= 0 && c->digits < HTTP1_CHUNK_DIGITS) {
			c->left = c->left * 16 + (uint64_t)digit;
			c->digits++;
			return CHUNK_SIZE;
		}
		return byte == '\r' && c->digits ? c->left ? CHUNK_SIZE_LF : CHUNK_LAST_LF
		                                 : CHUNK_BAD;
	case CHUNK_SIZE_LF:
		return byte == '\n' ? CHUNK_DATA : CHUNK_BAD;
	case CHUNK_CR:
		return byte == '\r' ? CHUNK_LF : CHUNK_BAD;
	case CHUNK_LF:
		c->digits = 0;
		return byte == '\n' ? CHUNK_SIZE : CHUNK_BAD;
	case CHUNK_LAST_LF:
		return byte == '\n' ? CHUNK_END_CR : CHUNK_BAD;
	case CHUNK_END_CR:
		return byte == '\r' ? CHUNK_END_LF : CHUNK_BAD;
	case CHUNK_END_LF:
		return byte == '\n' ? CHUNK_DONE : CHUNK_BAD;
	default:
		return CHUNK_BAD;
	}
}

enum http1_result
http1_chunks_feed(struct http1_chunks *c, const char *p, size_t size, size_t *ret_used,
                  const char **ret_data, size_t *ret_size)
{
	size_t i = 0;

	*ret_data = p;
	*ret_size = 0;
	while (i < size && c->state < CHUNK_DONE && *ret_size == 0) {
		if (c->state == CHUNK_DATA) {
			size_t n = size - i < c->left ? size - i : (size_t)c->left;

			*ret_data = p + i;
			*ret_size = n;
			c->left -= n;
			i += n;
			if (c->left == 0)
				c->state = CHUNK_CR;
		} else {
			c->state = chunk_step(c, p[i++]);
		}
	}
	*ret_used = i;
	if (c->state == CHUNK_BAD)
		c->why = "the body's chunks are not SIZE, line end, DATA, line end";
	return c->state == CHUNK_BAD ? HTTP1_BAD : c->state == CHUNK_DONE ? HTTP1_DONE : HTTP1_MORE;
}
