/* A fixed pool of worker threads for data-parallel loops. Results must not depend on the number of
 * threads: fn writes only to its own index. */
#ifndef BASE_POOL_H
#define BASE_POOL_H

#include <stddef.h>

#include "base/err.h"

struct pool;

/** threads 0 = number of processors (FALLOW_THREADS overrides). NULL when memory or threads end. */
struct pool *pool_create(size_t threads);
void pool_free(struct pool *p);
/** Number of threads that run loops, the caller's own included (>= 1). p NULL = 1. */
size_t pool_size(const struct pool *p);
/**
 * Call fn(ctx, i, worker) once for every i in 0..count-1, worker in 0..pool_size-1, chunk indexes
 * at a time; returns when all are done. The caller's thread works too. p NULL runs it all here.
 */
void pool_for(struct pool *p, size_t count, size_t chunk,
              void (*fn)(void *ctx, size_t i, size_t worker), void *ctx);
/**
 * Make in parallel, take in order: make(ctx, i, worker) once for every i as pool_for does, and
 * take(ctx, i, e) once for every i by the caller's thread, in order, as soon as i was made; while
 * it would wait it makes too. A code of take other than ERR_OK ends it: nothing more is taken, what
 * was begun is made to its end. ERR_NOMEM. p NULL runs it all here.
 */
MUST_CHECK enum err_code pool_line(struct pool *p, size_t count, size_t chunk,
                                   void (*make)(void *ctx, size_t i, size_t worker),
                                   enum err_code (*take)(void *ctx, size_t i, struct err *e),
                                   void *ctx, struct err *e);

#endif
