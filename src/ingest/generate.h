/* A register of the fictional country, of any size, from a seed: places, settlements,
 * organisations, hazards, accidents, victims, finds, minefield records, work, claims, decisions.
 * The same seed gives the same content (keys, times of receipt and signatures differ). Nothing in
 * it is real, and none of it lies on real land. */
#ifndef INGEST_GENERATE_H
#define INGEST_GENERATE_H

#include <stdint.h>

#include "base/err.h"
#include "base/pool.h"
#include "store/store.h"

#define GENERATE_MAX_HAZARDS 10000000

struct generate_options {
	int64_t hazards;   /* 1 .. GENERATE_MAX_HAZARDS */
	int64_t accidents; /* -1 = hazards / 20 + 5 */
	int64_t finds;     /* -1 = hazards / 4 + 20 */
	uint64_t seed;
	struct pool *pool;
	void (*progress)(void *ctx, const char *doing, int64_t done,
	                 int64_t total); /* may be NULL */
	void *ctx;
};

/** Fill a new register (country XXA). ERR_INVALID for another country or when it is not empty. */
MUST_CHECK enum err_code generate_run(struct store *st, const struct generate_options *o,
                                      struct err *e);

#endif
