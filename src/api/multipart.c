#include "api/multipart.h"

#include <string.h>

#include "base/text.h"

#define MAX_BOUNDARY 70 /* RFC 2046 */

struct splitter {
	const uint8_t *p, *end;
	char delimiter[MAX_BOUNDARY + 5]; /* CRLF, two hyphens, the boundary */
	size_t delimiter_n;
	struct arena *mem;
	struct err *e;
};

static enum err_code
broken(struct err *e, const char *what)
{
	return err_set(e, ERR_INVALID, "the multipart body %s", what);
}

/* Characters of a token (RFC 9110). */
static bool
is_token(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c && strchr("!#$%&'*+-.^_`|~", c));
}

/* Characters of a boundary (RFC 2046): those and some more. */
static bool
is_boundary(char c)
{
	return is_token(c) || (c && strchr("()+_,-./:=? ", c));
}

/* One parameter's value at *s, a token or quoted; *s is then behind it. False if it is neither or
 * too long. */
static bool
read_value(const char **s, char *out, size_t room)
{
	size_t n = 0;
	const char *p = *s;

	if (*p == '"') {
		for (p++; *p && *p != '"'; p++) {
			if (*p == '\\' && (p[1] == '"' || p[1] == '\\'))
				p++;
			if (n + 1 == room)
				return false;
			out[n++] = *p;
		}
		if (*p++ != '"')
			return false;
	} else {
		for (; is_token(*p); p++) {
			if (n + 1 == room)
				return false;
			out[n++] = *p;
		}
	}
	out[n] = '\0';
	*s = p;
	return n > 0;
}

/* The next "; name=value"; 0 at the end, -1 when it is broken. */
static int
next_parameter(const char **s, char name[32], char *value, size_t room)
{
	const char *p = *s + strspn(*s, " \t");
	size_t n = 0;

	if (!*p)
		return 0;
	if (*p++ != ';')
		return -1;
	p += strspn(p, " \t");
	for (; is_token(*p) && n + 1 < 32; p++)
		name[n++] = *p;
	name[n] = '\0';
	text_lower_ascii(name);
	if (n == 0 || *p++ != '=' || !read_value(&p, value, room))
		return -1;
	*s = p;
	return 1;
}

static enum err_code
read_boundary(struct splitter *x, const char *type)
{
	char name[32], value[MAX_BOUNDARY + 2] = "", found[MAX_BOUNDARY + 2] = "";
	size_t n = type ? strcspn(type, ";") : 0;
	const char *p;
	int got;

	while (n && (type[n - 1] == ' ' || type[n - 1] == '\t'))
		n--;
	if (n != 19 || memcmp("multipart/form-data", type, n) != 0)
		return err_set(x->e, ERR_INVALID, "the body is not multipart/form-data");
	for (p = type + n; (got = next_parameter(&p, name, value, sizeof(value))) == 1;)
		if (text_eq(name, "boundary")) {
			if (*found)
				return broken(x->e, "has two boundaries");
			memcpy(found, value, sizeof(found));
		}
	if (got < 0)
		return err_set(x->e, ERR_INVALID, "the header Content-Type cannot be read");
	n = strlen(found);
	if (n == 0 || n > MAX_BOUNDARY || found[n - 1] == ' ')
		return broken(x->e, "has no boundary of 1 to 70 characters");
	for (size_t i = 0; i < n; i++)
		if (!is_boundary(found[i]))
			return broken(x->e, "has a boundary with characters that none may have");
	memcpy(x->delimiter, "\r\n--", 4);
	memcpy(x->delimiter + 4, found, n);
	x->delimiter_n = n + 4;
	return ERR_OK;
}

/* Where the delimiter stands next, or NULL. */
static const uint8_t *
find_delimiter(const struct splitter *x, const uint8_t *from)
{
	while (from < x->end && (size_t)(x->end - from) >= x->delimiter_n) {
		const uint8_t *cr =
			memchr(from, '\r', (size_t)(x->end - from) - x->delimiter_n + 1);

		if (!cr || memcmp(cr, x->delimiter, x->delimiter_n) == 0)
			return cr;
		from = cr + 1;
	}
	return NULL;
}

static bool
is_plain(const char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			return false;
	return true;
}

static enum err_code
read_disposition(struct splitter *x, const char *value, struct multipart_part *part)
{
	char name[32], text[MULTIPART_MAX_NAME + 1];
	const char *p = value, *base;
	size_t n = strcspn(value, "; \t");
	int got;

	if (part->name)
		return broken(x->e, "has a part with two dispositions");
	if (n != 9 || memcmp(value, "form-data", 9) != 0)
		return broken(x->e, "has a part that is not form-data");
	for (p += n; (got = next_parameter(&p, name, text, sizeof(text))) == 1;) {
		const char **at = text_eq(name, "name")       ? &part->name
		                  : text_eq(name, "filename") ? &part->filename
		                                              : NULL;

		if (!at)
			continue; /* filename*: whoever sends it sends the plain one too */
		if (*at || !text_is_utf8(text, strlen(text)) || !is_plain(text))
			return broken(x->e, "has a part whose name cannot be used");
		base = text;
		if (at == &part->filename)
			for (const char *c = text; *c; c++)
				base = *c == '/' || *c == '\\' ? c + 1 : base;
		*at = arena_strdup(x->mem, base);
		if (!*at)
			return err_set(x->e, ERR_NOMEM, "out of memory for a body");
	}
	if (got < 0 || !part->name)
		return broken(x->e, "has a part whose disposition cannot be read");
	if (part->filename &&
	    (!*part->filename || text_eq(part->filename, ".") || text_eq(part->filename, "..")))
		return broken(x->e, "has a file without a name");
	return ERR_OK;
}

/* One header line, NUL-terminated. */
static enum err_code
read_header(struct splitter *x, char *line, struct multipart_part *part)
{
	char *colon = strchr(line, ':');
	const char *value;
	size_t n;

	if (!colon || colon == line)
		return broken(x->e, "has a part with a header that cannot be read");
	for (const char *c = line; c < colon; c++)
		if (!is_token(*c))
			return broken(x->e, "has a part with a header that cannot be read");
	*colon = '\0';
	text_lower_ascii(line);
	value = text_trim(colon + 1, strlen(colon + 1), &n);
	colon[1 + (value - (colon + 1)) + (ptrdiff_t)n] = '\0';
	if (text_eq(line, "content-disposition"))
		return read_disposition(x, value, part);
	if (text_eq(line, "content-type")) {
		if (!is_plain(value))
			return broken(x->e, "has a part whose type cannot be read");
		part->type = arena_strdup(x->mem, value);
		return part->type ? ERR_OK : err_set(x->e, ERR_NOMEM, "out of memory for a body");
	}
	if (text_eq(line, "content-transfer-encoding") && !text_eq_nocase(value, "binary") &&
	    !text_eq_nocase(value, "8bit") && !text_eq_nocase(value, "7bit"))
		return broken(x->e, "has a part with a transfer encoding");
	return ERR_OK;
}

/* The headers of a part; x->p is then at its content. */
static enum err_code
read_headers(struct splitter *x, struct multipart_part *part)
{
	size_t left = MULTIPART_MAX_HEADERS;

	for (;;) {
		const uint8_t *nl = memchr(x->p, '\n', (size_t)(x->end - x->p));
		size_t n = nl ? (size_t)(nl - x->p) : 0;
		enum err_code rc;
		char *line;

		if (!nl || n == 0 || nl[-1] != '\r')
			return broken(x->e, "has a part whose headers do not end");
		if (n + 1 > left)
			return err_set(x->e, ERR_LIMIT, "a part's headers have more than %d bytes",
			               MULTIPART_MAX_HEADERS);
		left -= n + 1;
		line = arena_strndup(x->mem, (const char *)x->p, n - 1);
		if (!line)
			return err_set(x->e, ERR_NOMEM, "out of memory for a body");
		x->p = nl + 1;
		if (n == 1)
			return part->name ? ERR_OK : broken(x->e, "has a part without a name");
		if (strlen(line) != n - 1)
			return broken(x->e, "has a part with a header that cannot be read");
		rc = read_header(x, line, part);
		if (rc)
			return rc;
	}
}

enum err_code
multipart_parse(const char *content_type, const uint8_t *body, size_t n, struct arena *mem,
                struct multipart_part **ret, size_t *ret_count, struct err *e)
{
	struct splitter x = { .p = body, .end = body + n, .mem = mem, .e = e };
	struct multipart_part *part = arena_calloc(mem, MULTIPART_MAX_PARTS, sizeof(*part));
	size_t count = 0;
	enum err_code rc = part ? read_boundary(&x, content_type)
	                        : err_set(e, ERR_NOMEM, "out of memory for a body");

	if (rc)
		return rc;
	/* the first delimiter has no line end before it; some clients write one */
	if (n >= 2 && memcmp(body, "\r\n", 2) == 0)
		x.p += 2;
	if ((size_t)(x.end - x.p) < x.delimiter_n - 2 ||
	    memcmp(x.p, x.delimiter + 2, x.delimiter_n - 2) != 0)
		return broken(e, "does not begin with its boundary");
	x.p += x.delimiter_n - 2;
	for (;;) {
		const uint8_t *end;
		size_t left = (size_t)(x.end - x.p);

		if (left >= 2 && memcmp(x.p, "--", 2) == 0) {
			if (left != 2 && !(left == 4 && memcmp(x.p + 2, "\r\n", 2) == 0))
				return broken(e, "goes on after its end");
			*ret = part;
			*ret_count = count;
			return ERR_OK;
		}
		if (left < 2 || memcmp(x.p, "\r\n", 2) != 0)
			return broken(e, "ends before its last boundary");
		if (count == MULTIPART_MAX_PARTS)
			return err_set(e, ERR_LIMIT, "the body has more than %d parts",
			               MULTIPART_MAX_PARTS);
		x.p += 2;
		part[count] = (struct multipart_part){ .type = "" };
		rc = read_headers(&x, &part[count]);
		if (rc)
			return rc;
		end = find_delimiter(&x, x.p);
		if (!end)
			return broken(e, "ends before its last boundary");
		part[count].bytes = x.p;
		part[count].size = (size_t)(end - x.p);
		count++;
		x.p = end + x.delimiter_n;
	}
}
