#include <malloc.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* Only tests write these; the fast path reads one relaxed flag. */
static atomic_long made = 0;
static atomic_long fail_in = -1;
static atomic_int fail_sticky = 0;

static bool
must_fail(void)
{
	long left;

	atomic_fetch_add_explicit(&made, 1, memory_order_relaxed);
	left = atomic_load_explicit(&fail_in, memory_order_relaxed);
	if (left < 0)
		return false;
	if (left == 0) {
		if (!atomic_load_explicit(&fail_sticky, memory_order_relaxed))
			atomic_store_explicit(&fail_in, -1, memory_order_relaxed);
		return true;
	}
	atomic_store_explicit(&fail_in, left - 1, memory_order_relaxed);
	return false;
}

void *
mem_alloc(size_t size)
{
	/* No object is larger than PTRDIFF_MAX; a sanitizer would end the program over the
	 * question. */
	if (must_fail() || size > PTRDIFF_MAX)
		return NULL;
	return malloc(size > 0 ? size : 1);
}

void *
mem_calloc(size_t count, size_t size)
{
	size_t total;

	if (must_fail() || __builtin_mul_overflow(count, size, &total) || total > PTRDIFF_MAX)
		return NULL;
	return calloc(1, total > 0 ? total : 1);
}

void *
mem_realloc_array(void *p, size_t count, size_t size)
{
	size_t total;

	if (must_fail() || __builtin_mul_overflow(count, size, &total) || total > PTRDIFF_MAX)
		return NULL;
	return realloc(p, total > 0 ? total : 1);
}

void
mem_free(void *p)
{
	free(p);
}

char *
mem_strdup(const char *s)
{
	size_t n = strlen(s) + 1;
	char *copy = mem_alloc(n);

	if (copy)
		memcpy(copy, s, n);
	return copy;
}

void
mem_fail_after(long n, int sticky)
{
	atomic_store(&fail_sticky, sticky);
	atomic_store(&fail_in, n < 0 ? -1 : n);
}

long
mem_count(void)
{
	return atomic_load(&made);
}

void
mem_trim(void)
{
#ifdef __GLIBC__
	(void)malloc_trim(0); /* tells only whether anything went */
#endif
}
