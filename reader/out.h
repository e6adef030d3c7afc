/* The stream's writer: rows, bad rows, warnings and the end, as frames of ingest/pipe.h on a
 * descriptor. Frames gather in memory and leave when 256 KiB are full. A row is begun, filled, and
 * ended or dropped; dropping forgets all its bytes. A failed write (the other side is gone) ends
 * the process with status 1: nobody is left to tell. Threads: one writer, one thread. */
#ifndef READER_OUT_H
#define READER_OUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "ingest/pipe.h"
#include "reader/limits.h"

struct out {
	int fd;
	const struct limits *limits;
	struct buf buf;      /* whole frames, then perhaps an open rows frame */
	size_t frame_start;  /* of the open rows frame */
	size_t row_start;    /* of the open row */
	uint32_t frame_rows; /* rows in the open frame; the frame is open when rows_open */
	bool rows_open;
	int64_t rows; /* rows and bad rows sent */
	int64_t bad;
	int64_t warnings;
};

struct out_column {
	const char *name; /* UTF-8 */
	size_t name_size;
	enum pipe_type type;
};

struct out_header {
	const char *layer;
	const char *driver;
	const char *encoding;
	const char *crs;     /* "EPSG:4326" or "" */
	const char *crs_wkt; /* or "" */
	bool has_geometry;
	int64_t features; /* -1 unknown */
	size_t column_count;
	const struct out_column *columns;
};

/** Write to fd, which stays the caller's. */
void out_init(struct out *o, int fd, const struct limits *limits);
/** Write out what waits and free. */
void out_done(struct out *o);
/** Write out what waits. */
void out_flush(struct out *o);

void out_header(struct out *o, const struct out_header *h);
/** Begin a row; its geometry comes first, then a value per column. */
void out_row_begin(struct out *o, int64_t number);
/** Keep the row. False (and the row is dropped) if it is larger than limits.row_bytes. */
MUST_CHECK bool out_row_end(struct out *o);
void out_row_drop(struct out *o);
/** A row that could not be read. Bytes of the original that are not UTF-8 go as \xHH; cut at the
 * limit. */
void out_bad(struct out *o, int64_t number, const char *reason, const void *original, size_t n);
/** A sentence for people. More than 1,000 are counted, not sent. */
void out_warn(struct out *o, const char *fmt, ...) PRINTF_LIKE(2, 3);
/** The end of a whole stream. */
void out_end(struct out *o);
/** The end of a broken one; what was sent before stays true. */
void out_fail(struct out *o, const struct err *e);

/** A frame of any other type: begin, fill o->buf, end. */
void out_frame_begin(struct out *o, char type);
void out_frame_end(struct out *o);
/** text = u32 size and bytes. */
void out_text(struct out *o, const char *s, size_t n);
/** The same with what is not UTF-8 written as \xHH, at most max bytes of it. */
void out_text_safe(struct out *o, const void *p, size_t n, size_t max);

/** n more bytes at the end of the buffer, or NULL; the caller fills them all. */
static inline uint8_t *
out_bytes(struct out *o, size_t n)
{
	struct buf *b = &o->buf;
	uint8_t *p;

	if (b->room - b->size <= n && !buf_reserve(b, n + 1))
		return NULL;
	p = (uint8_t *)b->data + b->size;
	b->size += n;
	return p;
}

static inline void
out_u8(struct out *o, uint8_t v)
{
	uint8_t *p = out_bytes(o, 1);

	if (p)
		*p = v;
}

static inline void
out_u32(struct out *o, uint32_t v)
{
	uint8_t *p = out_bytes(o, 4);

	if (p)
		memcpy(p, &v, 4);
}

static inline void
out_i64(struct out *o, int64_t v)
{
	uint8_t *p = out_bytes(o, 8);

	if (p)
		memcpy(p, &v, 8);
}

static inline void
out_f64(struct out *o, double v)
{
	uint8_t *p = out_bytes(o, 8);

	if (p)
		memcpy(p, &v, 8);
}

static inline void
out_null(struct out *o)
{
	out_u8(o, 0);
}

static inline void
out_integer(struct out *o, int64_t v)
{
	uint8_t *p = out_bytes(o, 9);

	if (p) {
		p[0] = PIPE_INTEGER;
		memcpy(p + 1, &v, 8);
	}
}

static inline void
out_real(struct out *o, double v)
{
	uint8_t *p = out_bytes(o, 9);

	if (p) {
		p[0] = PIPE_REAL;
		memcpy(p + 1, &v, 8);
	}
}

/** A text (tag 3) or binary (tag 5) value. */
static inline void
out_blob(struct out *o, enum pipe_type tag, const void *s, size_t n)
{
	uint8_t *p = out_bytes(o, 5 + n);
	uint32_t size = (uint32_t)n;

	if (p) {
		p[0] = (uint8_t)tag;
		memcpy(p + 1, &size, 4);
		if (n)
			memcpy(p + 5, s, n);
	}
}

#endif
