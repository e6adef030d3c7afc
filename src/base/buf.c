#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"

#define DEFAULT_CAP ((size_t)1 << 30)
#define FIRST_ROOM ((size_t)64)

void
buf_init(struct buf *b, size_t cap_bytes)
{
	*b = (struct buf){ .cap_bytes = cap_bytes > 0 ? cap_bytes : DEFAULT_CAP };
}

void
buf_done(struct buf *b)
{
	mem_free(b->data);
	*b = (struct buf){ .cap_bytes = b->cap_bytes };
}

void
buf_reset(struct buf *b)
{
	b->size = 0;
	b->failed = false;
	if (b->data)
		b->data[0] = '\0';
}

static size_t
cap_of(const struct buf *b)
{
	if (b->cap_bytes == 0)
		return DEFAULT_CAP;
	return b->cap_bytes < PTRDIFF_MAX ? b->cap_bytes : (size_t)PTRDIFF_MAX - 1;
}

/* Room for n more bytes and a NUL; never more than the cap and a NUL, which buf_add relies on. */
static bool
grow(struct buf *b, size_t n)
{
	size_t cap = cap_of(b);
	size_t need, room;
	char *data;

	if (b->failed)
		return false;
	if (b->size > cap || n > cap - b->size) {
		b->failed = true;
		return false;
	}
	need = b->size + n + 1;
	if (need <= b->room)
		return true;
	room = b->room > 0 ? b->room : FIRST_ROOM < cap ? FIRST_ROOM : cap + 1;
	while (room < need)
		room = room > cap / 2 ? cap + 1 : room * 2;
	data = mem_realloc_array(b->data, room, 1);
	if (!data) {
		b->failed = true;
		return false;
	}
	b->data = data;
	b->room = room;
	return true;
}

void
buf_add(struct buf *b, const void *p, size_t n)
{
	if (b->failed || n >= b->room - b->size) {
		if (!grow(b, n))
			return;
	}
	if (n > 0)
		memcpy(b->data + b->size, p, n);
	b->size += n;
	b->data[b->size] = '\0';
}

void
buf_adds(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

void
buf_add_quoted(struct buf *b, const char *s, char quote)
{
	buf_addc(b, quote);
	for (; *s; s++) {
		if (*s == quote)
			buf_addc(b, quote);
		buf_addc(b, *s);
	}
	buf_addc(b, quote);
}

void
buf_addc(struct buf *b, char c)
{
	buf_add(b, &c, 1);
}

void
buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list args;
	size_t room;
	int n;

	if (!grow(b, 0))
		return;
	room = b->room - b->size;
	va_start(args, fmt);
	n = vsnprintf(b->data + b->size, room, fmt, args);
	va_end(args);
	if (n >= 0 && (size_t)n >= room) {
		b->data[b->size] = '\0';
		if (!grow(b, (size_t)n))
			return;
		va_start(args, fmt);
		n = vsnprintf(b->data + b->size, b->room - b->size, fmt, args);
		va_end(args);
	}
	if (n < 0 || (size_t)n > cap_of(b) - b->size) {
		b->data[b->size] = '\0';
		b->failed = true;
		return;
	}
	b->size += (size_t)n;
}

/* Shifts, not a copy of the value: the same bytes on every machine. */
static void
add_le(struct buf *b, uint64_t v, unsigned n)
{
	uint8_t bytes[8];

	for (unsigned i = 0; i < n; i++)
		bytes[i] = (uint8_t)(v >> (8 * i));
	buf_add(b, bytes, n);
}

void
buf_add_u16le(struct buf *b, uint16_t v)
{
	add_le(b, v, 2);
}

void
buf_add_u32le(struct buf *b, uint32_t v)
{
	add_le(b, v, 4);
}

void
buf_add_u64le(struct buf *b, uint64_t v)
{
	add_le(b, v, 8);
}

void
buf_add_f64le(struct buf *b, double v)
{
	uint64_t bits;

	memcpy(&bits, &v, sizeof(bits));
	add_le(b, bits, 8);
}

char *
buf_reserve(struct buf *b, size_t n)
{
	return grow(b, n) ? b->data + b->size : NULL;
}

bool
buf_ok(const struct buf *b)
{
	return !b->failed;
}

const char *
buf_text(struct buf *b)
{
	if (b->failed || !b->data)
		return "";
	b->data[b->size] = '\0';
	return b->data;
}
