/* Arena: memory of one unit of work (a request, a batch, a tile), freed whole, with a byte limit.
 * Threads: one arena belongs to one thread at a time. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>
#include <stdint.h>

struct arena_block;
struct arena {
	struct arena_block *head; /* newest block */
	size_t used_bytes;        /* handed out so far */
	size_t limit_bytes;       /* arena_alloc returns NULL past it */
};

/** Start an empty arena. limit_bytes 0 means 64 MiB. Allocates nothing yet. */
void arena_init(struct arena *a, size_t limit_bytes);
/** Free everything. The arena may be used again. */
void arena_done(struct arena *a);
/** Forget everything but keep the first block for reuse. */
void arena_reset(struct arena *a);
/** Memory aligned to 16, zeroed. NULL past the limit or when memory ends. size 0 is allowed. */
void *arena_alloc(struct arena *a, size_t size);
/** Overflow-checked count * size, zeroed. */
void *arena_calloc(struct arena *a, size_t count, size_t size);
/** Copy n bytes and add a NUL. NULL when out of memory. */
char *arena_strndup(struct arena *a, const char *s, size_t n);
/** Copy a text. NULL if s is NULL or memory ends. */
char *arena_strdup(struct arena *a, const char *s);
/** Copy n bytes. */
void *arena_memdup(struct arena *a, const void *p, size_t n);
/** Formatted text. NULL when out of memory. */
char *arena_printf(struct arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
