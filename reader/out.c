#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "base/text.h"
#include "reader/out.h"

#define OUT_MAX_WARNINGS 1000

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the stream is little-endian");

void
out_init(struct out *o, int fd, const struct limits *limits)
{
	*o = (struct out){ .fd = fd, .limits = limits };
	buf_init(&o->buf, (size_t)PIPE_MAX_FRAME + (1u << 20));
}

void
out_flush(struct out *o)
{
	size_t end = o->rows_open ? o->frame_start : o->buf.size;
	size_t at = 0;

	while (at < end) {
		ssize_t n = write(o->fd, o->buf.data + at, end - at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			_exit(1);
		at += (size_t)n;
	}
	if (end && end < o->buf.size)
		memmove(o->buf.data, o->buf.data + end, o->buf.size - end);
	o->buf.size -= end;
	o->frame_start -= o->rows_open ? end : o->frame_start;
}

static void
frame_close(struct out *o)
{
	uint32_t size;

	if (!o->rows_open)
		return;
	o->rows_open = false;
	if (!o->frame_rows) {
		o->buf.size = o->frame_start;
		return;
	}
	size = (uint32_t)(o->buf.size - o->frame_start - 5);
	memcpy(o->buf.data + o->frame_start, &size, 4);
	memcpy(o->buf.data + o->frame_start + 5, &o->frame_rows, 4);
}

void
out_frame_begin(struct out *o, char type)
{
	frame_close(o);
	if (o->buf.size > PIPE_ROWS_TARGET)
		out_flush(o);
	o->frame_start = o->buf.size;
	out_u32(o, 0);
	out_u8(o, (uint8_t)type);
}

void
out_frame_end(struct out *o)
{
	uint32_t size;

	if (!buf_ok(&o->buf) ||
	    !o->buf.data) /* memory ended, or the frame is too large: nothing true can follow */
		_exit(1);
	size = (uint32_t)(o->buf.size - o->frame_start - 5);
	memcpy(o->buf.data + o->frame_start, &size, 4);
}

void
out_done(struct out *o)
{
	frame_close(o);
	out_flush(o);
	buf_done(&o->buf);
}

void
out_text(struct out *o, const char *s, size_t n)
{
	uint8_t *p;

	out_u32(o, (uint32_t)n);
	p = out_bytes(o, n);
	if (p && n)
		memcpy(p, s, n);
}

void
out_text_safe(struct out *o, const void *p, size_t n, size_t max)
{
	static const char hex[] = "0123456789abcdef";
	const char *s = p;
	size_t size_at = o->buf.size;
	size_t i = 0;
	uint32_t size;

	out_u32(o, 0);
	while (i < n && o->buf.size - size_at < max) {
		size_t from = i;
		uint32_t cp = text_utf8_next(s, n, &i);
		bool broken = cp == 0 || (cp == 0xfffd && i - from == 1);
		uint8_t *q = out_bytes(o, broken ? 4 : i - from);

		if (!q)
			return;
		if (broken) {
			q[0] = '\\';
			q[1] = 'x';
			q[2] = (uint8_t)hex[(uint8_t)s[from] >> 4];
			q[3] = (uint8_t)hex[(uint8_t)s[from] & 15];
		} else {
			memcpy(q, s + from, i - from);
		}
	}
	size = (uint32_t)(o->buf.size - size_at - 4);
	memcpy(o->buf.data + size_at, &size, 4);
}

static void
text_z(struct out *o, const char *s)
{
	out_text_safe(o, s, strlen(s), 1u << 20);
}

void
out_header(struct out *o, const struct out_header *h)
{
	uint16_t columns = (uint16_t)h->column_count;
	uint8_t *p;

	out_frame_begin(o, 'H');
	text_z(o, h->layer);
	text_z(o, h->driver);
	text_z(o, h->encoding);
	text_z(o, h->crs);
	text_z(o, h->crs_wkt);
	out_u8(o, h->has_geometry ? 1 : 0);
	out_i64(o, h->features);
	p = out_bytes(o, 2);
	if (p)
		memcpy(p, &columns, 2);
	for (size_t i = 0; i < h->column_count; i++) {
		out_text_safe(o, h->columns[i].name, h->columns[i].name_size, 4096);
		out_u8(o, (uint8_t)h->columns[i].type);
	}
	out_frame_end(o);
	out_flush(o);
}

void
out_row_begin(struct out *o, int64_t number)
{
	if (o->rows_open && o->buf.size - o->frame_start > PIPE_ROWS_TARGET) {
		frame_close(o);
		out_flush(o);
	}
	if (!o->rows_open) {
		out_frame_begin(o, 'R');
		out_u32(o, 0);
		o->rows_open = true;
		o->frame_rows = 0;
	}
	o->row_start = o->buf.size;
	out_i64(o, number);
}

bool
out_row_end(struct out *o)
{
	if (!buf_ok(&o->buf) || (int64_t)(o->buf.size - o->row_start) > o->limits->row_bytes) {
		out_row_drop(o);
		return false;
	}
	o->frame_rows++;
	o->rows++;
	return true;
}

void
out_row_drop(struct out *o)
{
	o->buf.failed = false;
	o->buf.size = o->row_start;
}

void
out_bad(struct out *o, int64_t number, const char *reason, const void *original, size_t n)
{
	out_frame_begin(o, 'B');
	out_i64(o, number);
	text_z(o, reason);
	out_text_safe(o, original, n, (size_t)o->limits->original_bytes);
	out_frame_end(o);
	o->rows++;
	o->bad++;
}

void
out_warn(struct out *o, const char *fmt, ...)
{
	char text[1000];
	va_list ap;

	if (++o->warnings > OUT_MAX_WARNINGS)
		return;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof text, fmt, ap); /* a cut sentence is better than none */
	va_end(ap);
	out_frame_begin(o, 'W');
	text_z(o, text);
	out_frame_end(o);
}

void
out_end(struct out *o)
{
	if (o->warnings > OUT_MAX_WARNINGS) {
		int64_t more = o->warnings - OUT_MAX_WARNINGS;

		o->warnings = 0;
		out_warn(o, "%lld more warnings were not shown", (long long)more);
	}
	out_frame_begin(o, 'E');
	out_i64(o, o->rows);
	out_frame_end(o);
	out_flush(o);
}

void
out_fail(struct out *o, const struct err *e)
{
	out_frame_begin(o, 'F');
	out_u8(o, (uint8_t)e->code);
	text_z(o, e->text);
	text_z(o, e->hint);
	out_frame_end(o);
	out_flush(o);
}
