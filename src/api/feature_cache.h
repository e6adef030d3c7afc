/* Features that were written before, by the number of their record: what pages are put together
 * from while the register stays as it is. Kept short: names of properties stand for themselves as
 * one sign, and so does a property without value. One cache, one thread. */
#ifndef SERVE_FEATURE_CACHE_H
#define SERVE_FEATURE_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "geo/geom.h"

#define FEATURE_CACHE_BYTES ((size_t)24 << 20) /* of one process and register */

/* Signs in a short feature; JSON has no bytes below 0x20. The next byte or two name the property:
 * index + 1 to base 128, low part first with its top bit set. */
enum {
	FEATURE_NAME = 1, /* ,"name": */
	FEATURE_NULL = 2  /* ,"name":null */
};

struct feature_cache;

/* What is written for a property. */
struct feature_word {
	const char *name; /* ,"name": */
	size_t name_size;
	const char *null; /* ,"name":null */
	size_t null_size;
};

/** used: bytes of all caches that share FEATURE_CACHE_BYTES. NULL when memory ends. */
struct feature_cache *feature_cache_create(size_t *used);
void feature_cache_free(struct feature_cache *c);
/** Forget all. */
void feature_cache_clear(struct feature_cache *c);
/** Bytes that are its own. */
size_t feature_cache_bytes(const struct feature_cache *c);
/** Another cache made room: try again to keep. */
void feature_cache_reopen(struct feature_cache *c);
/** Forget one. */
void feature_cache_drop(struct feature_cache *c, int64_t number);
/** The state of the register that it holds; another one is for the caller to bring about. */
int64_t feature_cache_state(const struct feature_cache *c);
void feature_cache_set_state(struct feature_cache *c, int64_t state);
/** A feature; *ret_box, rounded outward a little, has min > max when it has no geometry. The bytes
 * live until the next put. */
bool feature_cache_get(struct feature_cache *c, int64_t number, const char **ret, size_t *ret_size,
                       struct geom_box *ret_box);
/** Keep one that is not there yet; without room nothing is kept. *ret_full: it has been without
 * room for so many that beginning anew is better. */
void feature_cache_put(struct feature_cache *c, int64_t number, const char *bytes, size_t size,
                       struct geom_box box, bool *ret_full);

/** Append a sign for property i to a short feature. */
void feature_sign(struct buf *b, int sign, size_t i);
/** Append a short feature at full length. */
void feature_expand(const char *s, size_t n, const struct feature_word *word, struct buf *out);

#endif
