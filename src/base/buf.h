/* The one growable byte buffer. A failure (cap passed, memory ended) is sticky: write freely, ask
 * once at the end with buf_ok. Threads: one buffer belongs to one thread at a time. */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf {
	char *data; /* NUL-terminated when size > 0 or after buf_text; may be NULL when empty */
	size_t size;
	size_t room;
	size_t cap_bytes; /* more than this fails */
	bool failed;
};

/** Start empty. cap_bytes 0 means 1 GiB. */
void buf_init(struct buf *b, size_t cap_bytes);
/** Free. Safe on a zeroed struct. */
void buf_done(struct buf *b);
/** Empty it, keep the memory, clear a failure. */
void buf_reset(struct buf *b);
void buf_add(struct buf *b, const void *p, size_t n);
void buf_adds(struct buf *b, const char *s);
/** s between two quote characters, each one inside it doubled, as SQL quotes names (") and texts
 * ('). */
void buf_add_quoted(struct buf *b, const char *s, char quote);
void buf_addc(struct buf *b, char c);
void buf_printf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/** Little-endian integers, and doubles as their eight bytes little-endian. */
void buf_add_u16le(struct buf *b, uint16_t v);
void buf_add_u32le(struct buf *b, uint32_t v);
void buf_add_u64le(struct buf *b, uint64_t v);
void buf_add_f64le(struct buf *b, double v);
/** Make room for n more bytes and return where they go, or NULL; the caller then adds to size. */
char *buf_reserve(struct buf *b, size_t n);
/** True if nothing failed so far. */
bool buf_ok(const struct buf *b);
/** The content as NUL-terminated text ("" when empty or failed). Owned by b. */
const char *buf_text(struct buf *b);

#endif
