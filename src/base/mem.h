/* The heap, with failure injection for tests. Only base calls malloc and free by name.
 * Threads: safe, but mem_fail_after is for single-threaded tests. */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stddef.h>

/** Like malloc; NULL when memory ends. size 0 gives a unique pointer. Free with mem_free. */
void *mem_alloc(size_t size) __attribute__((malloc));
/** Zeroed, with overflow check of count * size. */
void *mem_calloc(size_t count, size_t size);
/** Grow or shrink; on failure NULL and the old block stays valid. count * size is overflow-checked.
 */
void *mem_realloc_array(void *p, size_t count, size_t size);
/** Free; NULL is fine. */
void mem_free(void *p);
/** A heap copy of a NUL-terminated text, NULL when memory ends. */
char *mem_strdup(const char *s);

/** Give what is free back to the system: after work that took much, before a long rest. */
void mem_trim(void);

/** Tests only: the nth allocation from now fails (0 = next); sticky = all later ones too. -1 = off.
 */
void mem_fail_after(long n, int sticky);
/** Tests only: number of allocations since the start of the process. */
long mem_count(void);

#endif
