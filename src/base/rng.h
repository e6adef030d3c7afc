/* Random numbers: secret ones from the kernel, repeatable ones from a seed (xoshiro256++).
 * The seeded stream is the same on every machine. Threads: one struct rng, one thread. */
#ifndef BASE_RNG_H
#define BASE_RNG_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct rng {
	uint64_t s[4];
};

/** Unpredictable bytes. */
MUST_CHECK enum err_code rng_secret(void *p, size_t n, struct err *e);
/** Start a stream; stream tells apart independent uses of one seed (splitmix64 of both). */
void rng_seed(struct rng *r, uint64_t seed, uint64_t stream);
uint64_t rng_u64(struct rng *r);
/** Uniform in [0, 1). */
double rng_f64(struct rng *r);
/** Uniform in 0 .. n-1, without bias; n >= 1. */
uint64_t rng_below(struct rng *r, uint64_t n);
/** Standard normal (polar method). */
double rng_normal(struct rng *r);

#endif
