#include <string.h>

#include "base/text.h"
#include "serve/target.h"

/* Besides letters and digits, what may stand in a path as it is (pchar of RFC 3986), and what
 * browsers send in a query as it is. */
static const char path_chars[] = "-._~!$&'()*+,;=:@/";
static const char query_chars[] = "-._~!$&'()*+,;=:@/?[]{}|\\^`";

static int
hex(char c)
{
	return c >= '0' && c <= '9'   ? c - '0'
	       : c >= 'a' && c <= 'f' ? c - 'a' + 10
	       : c >= 'A' && c <= 'F' ? c - 'A' + 10
	                              : -1;
}

static bool
is_plain(char c, const char *others)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c && strchr(others, c));
}

/* Decode into mem; NULL with *e set when a byte may not stand there. */
static char *
decode(const char *s, size_t n, bool query, struct arena *mem, struct err *e)
{
	char *out = arena_alloc(mem, n + 1);
	size_t i, to = 0;

	if (!out) {
		(void)err_set(e, ERR_NOMEM, "out of memory");
		return NULL;
	}
	for (i = 0; i < n; i++) {
		char c = s[i];

		if (c == '%') {
			int a = n - i > 2 ? hex(s[i + 1]) : -1, b = n - i > 2 ? hex(s[i + 2]) : -1;

			if (a < 0 || b < 0) {
				(void)err_set(
					e, ERR_INVALID,
					"%% in the address must have two hex digits after it");
				return NULL;
			}
			c = (char)(a * 16 + b);
			i += 2;
			if (((unsigned char)c < ' ' && !(query && strchr("\t\n\r", c) && c)) ||
			    c == 0x7f || (!query && (c == '/' || c == '\\'))) {
				(void)err_set(e, ERR_INVALID, "%%%02X may not stand in the address",
				              (unsigned)(unsigned char)c);
				return NULL;
			}
		} else if (!is_plain(c, query ? query_chars : path_chars)) {
			(void)err_set(e, ERR_INVALID, "a character in the address must be encoded");
			return NULL;
		} else if (query && c == '+') {
			c = ' ';
		}
		out[to++] = c;
	}
	out[to] = '\0';
	if (!text_is_utf8(out, to)) {
		(void)err_set(e, ERR_INVALID, "the address is not UTF-8");
		return NULL;
	}
	return out;
}

static enum err_code
check_segments(const char *path, struct err *e)
{
	const char *p = path;

	while (*p == '/') {
		size_t n = strcspn(p + 1, "/");

		if ((n == 0 && p[1]) || (n == 1 && p[1] == '.') ||
		    (n == 2 && p[1] == '.' && p[2] == '.'))
			return err_set(e, ERR_INVALID, "the address has an empty or a dot segment");
		p += n + 1;
	}
	return ERR_OK;
}

static enum err_code
take_pair(const char *s, size_t n, struct arena *mem, struct ask_pair *ret, struct err *e)
{
	const char *equals = memchr(s, '=', n);
	size_t name = equals ? (size_t)(equals - s) : n;

	ret->name = decode(s, name, true, mem, e);
	ret->value = ret->name && equals ? decode(equals + 1, n - name - 1, true, mem, e) : "";
	return ret->name && ret->value ? ERR_OK : e->code;
}

enum err_code
target_parse(const char *s, size_t n, struct arena *mem, struct target *ret, struct err *e)
{
	const char *mark = memchr(s, '?', n), *q = mark ? mark + 1 : s + n, *end = s + n;
	struct target t = { 0 };
	struct err local = { 0 };
	enum err_code rc;

	if (!e)
		e = &local;
	t.path = decode(s, mark ? (size_t)(mark - s) : n, false, mem, e);
	if (!t.path)
		return e->code;
	if (t.path[0] != '/')
		return err_set(e, ERR_INVALID, "the address must begin with /");
	rc = check_segments(t.path, e);
	t.raw_query = arena_strndup(mem, q, (size_t)(end - q));
	t.query = arena_calloc(mem, TARGET_PAIRS_MOST, sizeof *t.query);
	if (rc == ERR_OK && (!t.raw_query || !t.query))
		rc = err_set(e, ERR_NOMEM, "out of memory");
	while (rc == ERR_OK && q < end) {
		const char *amp = memchr(q, '&', (size_t)(end - q));
		size_t size = (size_t)((amp ? amp : end) - q);

		if (size && t.query_count == TARGET_PAIRS_MOST)
			rc = err_set(e, ERR_LIMIT, "more than %d parameters", TARGET_PAIRS_MOST);
		else if (size)
			rc = take_pair(q, size, mem, &t.query[t.query_count++], e);
		q += size + (amp ? 1 : 0);
	}
	if (rc == ERR_OK)
		*ret = t;
	return rc;
}
