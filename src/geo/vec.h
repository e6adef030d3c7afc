/* A growable array of one type. Private to geo; inline because it is pushed to in inner loops. */
#ifndef GEO_VEC_H
#define GEO_VEC_H

#include <stddef.h>

#include "base/mem.h"

struct vec {
	void *p;
	size_t count, cap;
};

/** Room for one more element of that size, not set; NULL when memory ends (what is there stays). */
static inline void *
vec_push(struct vec *v, size_t size)
{
	if (v->count == v->cap) {
		size_t cap = v->cap ? v->cap * 2 : 64;
		void *grown = mem_realloc_array(v->p, cap, size);

		if (!grown)
			return NULL;
		v->p = grown;
		v->cap = cap;
	}
	return (char *)v->p + v->count++ * size;
}

static inline void
vec_done(struct vec *v)
{
	mem_free(v->p);
	*v = (struct vec){ 0 };
}

#endif
