#include <string.h>

#include "base/csv.h"
#include "base/mem.h"
#include "base/text.h"

static char
guess_separator(const char *p, const char *end)
{
	static const char candidates[] = ",;\t|";
	size_t seen[sizeof(candidates) - 1] = { 0 };
	size_t best = 0;
	bool quoted = false;

	for (; p < end; p++) {
		if (*p == '"')
			quoted = !quoted;
		if (quoted)
			continue;
		if (*p == '\n')
			break;
		for (size_t i = 0; i < sizeof(seen) / sizeof(seen[0]); i++)
			seen[i] += *p == candidates[i] ? 1 : 0;
	}
	for (size_t i = 1; i < sizeof(seen) / sizeof(seen[0]); i++) {
		if (seen[i] > seen[best])
			best = i;
	}
	return candidates[best];
}

void
csv_open(struct csv_reader *r, const char *s, size_t n, char separator)
{
	if (n >= 3 && memcmp(s, "\xEF\xBB\xBF", 3) == 0) {
		s += 3;
		n -= 3;
	}
	*r = (struct csv_reader){ .p = s, .end = n > 0 ? s + n : s, .line = 1 };
	r->separator = separator;
	if (!separator)
		r->separator = guess_separator(r->p, r->end);
}

/* One field: what the scan of it found. */
struct scan {
	const char *next; /* the separator, the line feed or the end */
	size_t size;      /* bytes of content */
	size_t lines;     /* line feeds inside */
	bool quoted;
	bool open; /* the quote never closed */
	bool nul;
};

static void
take(struct scan *f, char c, char *out)
{
	f->nul = f->nul || c == '\0';
	if (out)
		out[f->size] = c;
	f->size++;
}

/* p stands behind the opening quote; returns behind the closing one. */
static const char *
scan_quoted(const char *p, const char *end, char *out, struct scan *f)
{
	for (; p < end; p++) {
		if (*p == '"') {
			if (p + 1 >= end || p[1] != '"')
				return p + 1;
			p++;
		}
		f->lines += *p == '\n' ? 1 : 0;
		take(f, *p, out);
	}
	f->open = true;
	return p;
}

/*
 * Scan one field at p; out (NULL = only measure) gets its content. A quote counts only as the first
 * character of a field; what follows a closing quote is taken as it stands.
 */
static struct scan
scan_field(const char *p, const char *end, char separator, char *out)
{
	struct scan f = { .quoted = p < end && *p == '"' };

	if (f.quoted)
		p = scan_quoted(p + 1, end, out, &f);
	for (; p < end && *p != separator && *p != '\n'; p++) {
		/* The line end may be CR LF. */
		if (*p == '\r' && (p + 1 == end || p[1] == '\n'))
			continue;
		take(&f, *p, out);
	}
	f.next = p;
	return f;
}

static const char *
skip_blank_lines(struct csv_reader *r)
{
	const char *p = r->p;

	while (p < r->end) {
		if (*p == '\n')
			p++;
		else if (*p == '\r' && p + 1 < r->end && p[1] == '\n')
			p += 2;
		else
			break;
		r->line++;
	}
	return p;
}

enum err_code
csv_next(struct csv_reader *r, struct arena *mem, size_t max_fields, struct csv_field **ret_fields,
         size_t *ret_count, struct err *e)
{
	const char *start, *p;
	struct csv_field *fields;
	char *text;
	size_t count = 0, bytes = 0;
	struct scan f = { 0 };

	r->line = r->line_next > 0 ? r->line_next : 1;
	start = p = skip_blank_lines(r);
	r->line_next = r->line;
	if (p >= r->end) {
		r->p = r->end;
		*ret_count = 0;
		return ERR_OK;
	}
	r->row++;
	for (;; p++) {
		bool nul = f.nul;

		f = scan_field(p, r->end, r->separator, NULL);
		f.nul = f.nul || nul;
		count++;
		bytes += f.size + 1;
		r->line_next += f.lines;
		p = f.next;
		if (p >= r->end || *p == '\n')
			break;
	}
	r->p = p < r->end ? p + 1 : p;
	r->line_next++;
	if (f.open)
		return err_set(e, ERR_INVALID, "row %zu, line %zu: a quote opens and never closes",
		               r->row, r->line);
	if (f.nul)
		return err_set(e, ERR_INVALID, "row %zu, line %zu: a NUL byte is not allowed",
		               r->row, r->line);
	if (count > max_fields)
		return err_set(e, ERR_LIMIT,
		               "row %zu, line %zu: %zu fields, and %zu are allowed at most", r->row,
		               r->line, count, max_fields);
	fields = arena_calloc(mem, count, sizeof(*fields));
	text = arena_alloc(mem, bytes);
	if (!fields || !text)
		return err_set(e, ERR_NOMEM, "row %zu, line %zu: out of memory", r->row, r->line);
	p = start;
	for (size_t i = 0; i < count; i++) {
		f = scan_field(p, r->end, r->separator, text);
		text[f.size] = '\0';
		fields[i] = (struct csv_field){ .s = text, .n = f.size, .quoted = f.quoted };
		text += f.size + 1;
		p = f.next + 1;
	}
	*ret_fields = fields;
	*ret_count = count;
	return ERR_OK;
}

void
csv_write(struct buf *b, const char *s, size_t n, char separator)
{
	bool quote = false;

	for (size_t i = 0; i < n && !quote; i++)
		quote = s[i] == separator || s[i] == '"' || s[i] == '\n' || s[i] == '\r';
	if (!quote) {
		buf_add(b, s, n);
		return;
	}
	buf_addc(b, '"');
	for (size_t i = 0; i < n;) {
		const char *q = memchr(s + i, '"', n - i);
		size_t stop = q ? (size_t)(q - s) + 1 : n;

		buf_add(b, s + i, stop - i);
		if (q)
			buf_addc(b, '"');
		i = stop;
	}
	buf_addc(b, '"');
}

/* OWASP, CSV injection: these first characters start a formula or slip past a check for one. */
static bool
is_formula(const char *s, size_t n)
{
	double number;

	if (n == 0 || !s[0] || !strchr("=+-@\t\r\n", s[0]))
		return false;
	/* A plain signed number is a number. */
	return !text_parse_f64(s, n, &number);
}

void
csv_write_safe(struct buf *b, const char *s, size_t n, char separator)
{
	size_t room = n + 1;
	char *safe;

	if (!is_formula(s, n)) {
		csv_write(b, s, n, separator);
		return;
	}
	/* Write the apostrophe inside the quotes: make the quoted field, then add it. */
	safe = mem_alloc(room);
	if (!safe) {
		b->failed = true;
		return;
	}
	safe[0] = '\'';
	memcpy(safe + 1, s, n);
	csv_write(b, safe, room, separator);
	mem_free(safe);
}
