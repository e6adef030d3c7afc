/* Names to positions: an open-addressed table, built once with a form and read by any thread. */
#ifndef FORM_INDEX_H
#define FORM_INDEX_H

#include <stddef.h>

#include "base/arena.h"

struct form_index;

/**
 * Index `count` records of `size` bytes at base, each of which begins with a `const char *name`. On
 * success *ret lives in mem and *ret_twice is count, or the position of the second of two equal
 * names. NULL when memory ends.
 */
const struct form_index *index_create(const void *base, size_t count, size_t size,
                                      struct arena *mem, size_t *ret_twice);
/** Position of a name, or -1. ix may be NULL. */
int index_find(const struct form_index *ix, const char *name);

#endif
