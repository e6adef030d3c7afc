#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/text.h"
#include "serve/front_state.h"
#include "serve/limits.h"

#define POLICY                                                                                     \
	"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; "          \
	"font-src 'self'; connect-src 'self'; worker-src 'self'; manifest-src 'self'; "            \
	"base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

static const char *
reason(int status)
{
	static const struct {
		int status;
		const char *text;
	} r[] = {
		{ 200, "OK" },
		{ 201, "Created" },
		{ 202, "Accepted" },
		{ 204, "No Content" },
		{ 206, "Partial Content" },
		{ 301, "Moved Permanently" },
		{ 302, "Found" },
		{ 303, "See Other" },
		{ 304, "Not Modified" },
		{ 307, "Temporary Redirect" },
		{ 308, "Permanent Redirect" },
		{ 400, "Bad Request" },
		{ 401, "Unauthorized" },
		{ 403, "Forbidden" },
		{ 404, "Not Found" },
		{ 405, "Method Not Allowed" },
		{ 406, "Not Acceptable" },
		{ 408, "Request Timeout" },
		{ 409, "Conflict" },
		{ 412, "Precondition Failed" },
		{ 413, "Content Too Large" },
		{ 414, "URI Too Long" },
		{ 415, "Unsupported Media Type" },
		{ 417, "Expectation Failed" },
		{ 422, "Unprocessable Content" },
		{ 429, "Too Many Requests" },
		{ 431, "Request Header Fields Too Large" },
		{ 500, "Internal Server Error" },
		{ 501, "Not Implemented" },
		{ 503, "Service Unavailable" },
		{ 505, "HTTP Version Not Supported" },
	};

	for (size_t i = 0; i < sizeof r / sizeof *r; i++)
		if (r[i].status == status)
			return r[i].text;
	return "Other";
}

/* Date as RFC 9110 writes it: "Sun, 06 Nov 1994 08:49:37 GMT" */
static void
put_date(struct buf *b)
{
	static const char day[7][4] = { "Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed" };
	static const char month[12][4] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
		                           "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
	int64_t s = clock_now_us() / 1000000, days = s / 86400;
	int y, m, d;

	clock_from_days(days, &y, &m, &d);
	buf_printf(b, "Date: %s, %02d %s %04d %02d:%02d:%02d GMT\r\n", day[days % 7], d,
	           month[m - 1], y, (int)(s / 3600 % 24), (int)(s / 60 % 60), (int)(s % 60));
}

/* Without quotes, W/ and our "-gz" in front of the last quote: what was tagged. */
static const char *
tag_core(const char *s, size_t n, size_t *ret_n)
{
	if (n > 2 && s[0] == 'W' && s[1] == '/') {
		s += 2;
		n -= 2;
	}
	if (n >= 2 && s[0] == '"' && s[n - 1] == '"') {
		s++;
		n -= 2;
	}
	if (n > 3 && memcmp(s + n - 3, "-gz", 3) == 0)
		n -= 3;
	*ret_n = n;
	return s;
}

/* Does If-None-Match name this tag? */
static bool
matches(const char *list, const char *etag)
{
	size_t want_n, n;
	const char *want = tag_core(etag, strlen(etag), &want_n), *core;

	while (*list) {
		list += strspn(list, " \t,");
		n = strcspn(list, ",");
		while (n && (list[n - 1] == ' ' || list[n - 1] == '\t'))
			n--;
		if (n == 1 && *list == '*')
			return true;
		core = tag_core(list, n, &n);
		if (n && n == want_n && memcmp(core, want, n) == 0)
			return true;
		list += strcspn(list, ",");
	}
	return false;
}

static bool
has_header(const struct parcel *p, const char *name)
{
	for (size_t i = 0; i < p->r.headers; i++)
		if (text_eq_nocase(p->r.header[i].name, name))
			return true;
	return false;
}

static const char *
cache_control(const struct parcel *p, const struct request *r)
{
	bool account = r && (r->ask.who.id != 0 || r->part == PART_ACCOUNT ||
	                     r->part == PART_LOGIN || r->shown.token);

	if (p->for_ever || (p->r.final && !account))
		return "public, max-age=31536000, immutable";
	if (account && !p->of_page)
		return "no-store";
	if (p->no_store || p->r.status >= 400)
		return "no-store";
	return "no-cache";
}

static void
put_security(struct front *f, struct buf *b)
{
	buf_adds(b, "Content-Security-Policy: " POLICY "\r\n"
	            "X-Content-Type-Options: nosniff\r\n"
	            "Referrer-Policy: no-referrer\r\n"
	            "Cross-Origin-Opener-Policy: same-origin\r\n"
	            "Cross-Origin-Resource-Policy: same-origin\r\n"
	            "Permissions-Policy: camera=(), microphone=(), geolocation=(self)\r\n");
	if (f->o->base && text_starts(f->o->base, "https:"))
		buf_adds(b, "Strict-Transport-Security: max-age=31536000\r\n");
}

/* Programs are told how to log in; browsers would show a window of their own. */
static bool
wants_challenge(const struct request *r)
{
	return !r || !ask_header(&r->ask, "sec-fetch-mode") || r->shown.authorization;
}

static void
put_about_body(struct buf *b, const struct parcel *p, int status)
{
	const char *etag = p->r.etag;
	size_t n = strlen(etag);

	if (status != 304 && status != 204) {
		buf_printf(b, "Content-Length: %zu\r\n", p->r.body_size);
		if (p->r.body_size || *p->r.type)
			buf_printf(b, "Content-Type: %s\r\n", p->r.type);
		if (p->r.gzip)
			buf_adds(b, "Content-Encoding: gzip\r\n");
	}
	if (n > 1 && p->r.gzip)
		buf_printf(b, "ETag: %.*s-gz\"\r\n", (int)n - 1, etag);
	else if (n)
		buf_printf(b, "ETag: %s\r\n", etag);
}

static void
put_head(struct front *f, struct conn *c, struct parcel *p, int status)
{
	struct buf *b = &c->head;

	buf_printf(b, "HTTP/1.1 %d %s\r\n", status, reason(status));
	put_date(b);
	put_about_body(b, p, status);
	if (!has_header(p, "cache-control"))
		buf_printf(b, "Cache-Control: %s\r\n", cache_control(p, c->req));
	buf_adds(b, p->for_ever ? "Vary: Accept-Encoding\r\n"
	                        : "Vary: Accept, Accept-Encoding, Accept-Language, "
	                          "Authorization, Cookie\r\n");
	for (size_t i = 0; i < p->r.headers; i++)
		buf_printf(b, "%s: %s\r\n", p->r.header[i].name, p->r.header[i].value);
	if (p->allow)
		buf_printf(b, "Allow: %s\r\n", p->allow);
	if (p->retry_after_s)
		buf_printf(b, "Retry-After: %d\r\n", p->retry_after_s);
	if (status == 401 && wants_challenge(c->req) && !has_header(p, "www-authenticate"))
		buf_adds(b, "WWW-Authenticate: Basic realm=\"Fallow\", charset=\"UTF-8\"\r\n");
	put_security(f, b);
	if (c->close)
		buf_adds(b, "Connection: close\r\n");
	buf_adds(b, "\r\n");
}

void
respond(struct front *f, struct conn *c, struct parcel *p)
{
	struct request *r = c->req;
	int status;

	if (c->gone || !p || c->out) {
		parcel_drop(p);
		if (!p)
			conn_close(f, c);
		return;
	}
	status = p->r.status;
	if (f->draining)
		c->close = true;
	if (status == 200 && r && r->if_none_match && r->ask.method == ASK_GET && *p->r.etag &&
	    matches(r->if_none_match, p->r.etag)) {
		/* Its own head, no body: the parcel itself may be one that is kept. */
		struct parcel *bare = parcel_static(p->r.type, "", NULL, 0, p->r.gzip);

		status = 304;
		put_head(f, c, p, status);
		parcel_drop(p);
		p = bare;
		if (!p) {
			conn_close(f, c);
			return;
		}
		p->r.status = 304;
	} else {
		put_head(f, c, p, status);
	}
	if (!buf_ok(&c->head)) {
		parcel_drop(p);
		conn_close(f, c);
		return;
	}
	c->out = p;
	c->sent = 0;
	c->moved = 0;
	if (p->sending++ == 0)
		f->out_bytes += p->bytes;
	conn_work(f, c);
}

void
respond_problem(struct front *f, struct conn *c, int status, const char *detail, bool close)
{
	struct parcel *p = parcel_problem(status, detail);

	if (close)
		c->close = true;
	if (p && status == 503)
		p->retry_after_s = 1;
	if (p && status == 405)
		p->allow = "GET, HEAD";
	respond(f, c, p);
}
