#include "publish/columns.h"

#include <stdbool.h>
#include <string.h>

#include "base/text.h"

static size_t
width_of(uint32_t cp)
{
	if (cp < 0x20 || (cp >= 0x300 && cp <= 0x36f) || cp == 0x200b || cp == 0x200d)
		return 0;
	return (cp >= 0x1100 && cp <= 0x115f) || (cp >= 0x2e80 && cp <= 0xa4cf) ||
	                       (cp >= 0xac00 && cp <= 0xd7a3) || (cp >= 0xf900 && cp <= 0xfaff) ||
	                       (cp >= 0xff00 && cp <= 0xff60)
	               ? 2
	               : 1;
}

size_t
columns_width(const char *s, size_t n)
{
	size_t w = 0;

	for (size_t i = 0; i < n;)
		w += width_of(text_utf8_next(s, n, &i));
	return w;
}

static void
blanks(struct buf *out, size_t n)
{
	for (size_t i = 0; i < n; i++)
		buf_addc(out, ' ');
}

void
columns_pad(struct buf *out, const char *s, size_t width)
{
	size_t n = strlen(s), w = columns_width(s, n);

	buf_add(out, s, n);
	blanks(out, w < width ? width - w : 0);
}

/* The next line of a cell: its bytes, and where the following line begins. A word longer than the
 * column is parted behind its last dot, as codes of figures are written, else cut. */
static size_t
next_line(const char *s, size_t width, size_t *ret_next)
{
	size_t n = strlen(s), w = 0, last_blank = 0, last_dot = 0;

	for (size_t i = 0; i < n;) {
		size_t at = i;
		uint32_t cp = text_utf8_next(s, n, &i);

		if (cp == '\n') {
			*ret_next = i;
			return at;
		}
		if (cp == ' ')
			last_blank = at;
		w += width_of(cp);
		if (cp == '.' && w <= width)
			last_dot = i;
		if (w > width) {
			size_t end = last_blank ? last_blank : last_dot ? last_dot : at ? at : i;

			*ret_next = end + strspn(s + end, " ");
			return end;
		}
	}
	*ret_next = n;
	return n;
}

void
columns_write(struct buf *out, size_t indent, const size_t *width, const char *const *cell,
              size_t n)
{
	const char *rest[COLUMNS_MAX];
	bool more = true;

	for (size_t i = 0; i < n && i < COLUMNS_MAX; i++)
		rest[i] = cell[i] ? cell[i] : "";
	while (more) {
		size_t gap = indent;

		more = false;
		for (size_t i = 0; i < n && i < COLUMNS_MAX; i++) {
			size_t next = 0, line = next_line(rest[i], width[i], &next),
			       w = columns_width(rest[i], line);

			if (line) {
				blanks(out, gap);
				buf_add(out, rest[i], line);
				gap = 0;
			}
			gap += (w < width[i] ? width[i] - w : 0) + 2;
			if (!line)
				gap += 0;
			rest[i] += next;
			more = more || *rest[i];
		}
		buf_addc(out, '\n');
	}
}
