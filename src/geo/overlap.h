/* Which polygons share area, pair by pair. The join runs over boxes first, then over the borders
 * (geo/arrange.h); GEOS is asked only where borders touch too nearly. */
#ifndef GEO_OVERLAP_H
#define GEO_OVERLAP_H

#include <stddef.h>

#include "base/err.h"
#include "base/pool.h"
#include "geo/extent.h"

/** a < b are places in the list; m2 is the geodesic area they share, at most the smaller one's. Not
 * 0 stops the listing. */
typedef int overlap_fn(void *ctx, size_t a, size_t b, double m2);

/**
 * Call fn, on the caller's thread, for each pair of items that shares more than least_m2 (0.01 is a
 * good choice: neighbours with a common border share slivers by rounding), sorted by a, then b,
 * whatever their groups. Items without area are passed over; items are as for extent_compute.
 * Memory does not grow with the number of pairs, but for the pairs of 16,384 consecutive items.
 * Fails with ERR_LIMIT (over 2^31 items), ERR_NOMEM, ERR_INTERNAL.
 */
MUST_CHECK enum err_code overlap_each(struct pool *pool, const struct extent_item *items, size_t n,
                                      double least_m2, overlap_fn *fn, void *ctx, struct err *e);

#endif
