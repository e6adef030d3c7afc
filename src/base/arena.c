#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/mem.h"

#define DEFAULT_LIMIT ((size_t)64 << 20)
#define FIRST_BLOCK ((size_t)4 << 10)
#define LARGEST_BLOCK ((size_t)1 << 20)
#define ALIGNMENT ((size_t)16)

#if defined(__SANITIZE_ADDRESS__)
#define OWN_BLOCK true
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define OWN_BLOCK true
#endif
#endif
#ifndef OWN_BLOCK
#define OWN_BLOCK false
#endif

struct arena_block {
	struct arena_block *next; /* older */
	size_t size;
	size_t used;
	size_t pad; /* keeps what follows aligned to 16 */
};

_Static_assert(sizeof(struct arena_block) % 16 == 0, "what follows a block must be aligned");

void
arena_init(struct arena *a, size_t limit_bytes)
{
	*a = (struct arena){ .limit_bytes = limit_bytes > 0 ? limit_bytes : DEFAULT_LIMIT };
}

void
arena_done(struct arena *a)
{
	struct arena_block *b = a->head;

	while (b) {
		struct arena_block *older = b->next;

		mem_free(b);
		b = older;
	}
	a->head = NULL;
	a->used_bytes = 0;
}

void
arena_reset(struct arena *a)
{
	struct arena_block *b = a->head;

	if (OWN_BLOCK) {
		arena_done(a);
		return;
	}
	while (b && b->next) {
		struct arena_block *older = b->next;

		mem_free(b);
		b = older;
	}
	if (b)
		b->used = 0;
	a->head = b;
	a->used_bytes = 0;
}

/* A block of its own goes behind the head, so that the head's free rest stays in use. */
static void *
alloc_own(struct arena *a, size_t size)
{
	struct arena_block *b = mem_alloc(sizeof(*b) + size);

	if (!b)
		return NULL;
	b->size = size;
	b->used = size;
	if (a->head && !OWN_BLOCK) {
		b->next = a->head->next;
		a->head->next = b;
	} else {
		b->next = a->head;
		a->head = b;
	}
	return b + 1;
}

static bool
add_block(struct arena *a)
{
	size_t size = a->head ? a->head->size * 2 : FIRST_BLOCK;
	struct arena_block *b;

	/* The head may be a large block of its own; the next one need not outgrow it. */
	if (size > LARGEST_BLOCK)
		size = LARGEST_BLOCK;
	b = mem_alloc(sizeof(*b) + size);
	if (!b)
		return false;
	b->size = size;
	b->used = 0;
	b->next = a->head;
	a->head = b;
	return true;
}

void *
arena_alloc(struct arena *a, size_t size)
{
	size_t rounded;
	char *p;

	if (size > a->limit_bytes)
		return NULL;
	/* A sanitizer must see a write one past the end, so it gets the exact size. */
	rounded = OWN_BLOCK ? size : (size + ALIGNMENT - 1) & ~(ALIGNMENT - 1);
	if (rounded > a->limit_bytes - a->used_bytes)
		return NULL;
	if (!OWN_BLOCK && a->head && rounded <= a->head->size - a->head->used) {
		p = (char *)(a->head + 1) + a->head->used;
		a->head->used += rounded;
	} else if (OWN_BLOCK ||
	           (rounded > FIRST_BLOCK / 2 && (!a->head || rounded > a->head->size / 4))) {
		p = alloc_own(a, rounded);
	} else {
		if (!add_block(a))
			return NULL;
		p = (char *)(a->head + 1);
		a->head->used = rounded;
	}
	if (!p)
		return NULL;
	a->used_bytes += rounded;
	memset(p, 0, rounded);
	return p;
}

void *
arena_calloc(struct arena *a, size_t count, size_t size)
{
	size_t total;

	if (__builtin_mul_overflow(count, size, &total))
		return NULL;
	return arena_alloc(a, total);
}

char *
arena_strndup(struct arena *a, const char *s, size_t n)
{
	char *copy;

	if (n == SIZE_MAX)
		return NULL;
	copy = arena_alloc(a, n + 1);
	if (copy && n > 0)
		memcpy(copy, s, n);
	return copy;
}

char *
arena_strdup(struct arena *a, const char *s)
{
	return s ? arena_strndup(a, s, strlen(s)) : NULL;
}

void *
arena_memdup(struct arena *a, const void *p, size_t n)
{
	void *copy = arena_alloc(a, n);

	if (copy && n > 0)
		memcpy(copy, p, n);
	return copy;
}

char *
arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list args;
	char *out = NULL;
	int n;

	va_start(args, fmt);
	n = vsnprintf(NULL, 0, fmt, args);
	va_end(args);
	if (n < 0)
		return NULL;
	out = arena_alloc(a, (size_t)n + 1);
	if (!out)
		return NULL;
	va_start(args, fmt);
	(void)vsnprintf(out, (size_t)n + 1, fmt, args); /* the same text as just measured */
	va_end(args);
	return out;
}
