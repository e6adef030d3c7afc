/* Is a record like this one in the register already? For telling of likely duplicates; nothing is
 * decided by it. A finder serves one thread. */
#ifndef STORE_TWIN_H
#define STORE_TWIN_H

#include "store/record.h"

#define TWIN_NEAR_DEG 1e-4   /* each side of the box around the geometry: about 10 m */
#define TWIN_AREA_SHARE 0.05 /* areas drawn differ by less */
#define TWIN_MAX_SAME 4

struct twin_finder;

/**
 * Prepare for a kind. Twins lie in the same place and have the same value in each field of `same`
 * (NULL-terminated, at most TWIN_MAX_SAME; those the form does not have are left out). *ret is NULL
 * when the kind has no geometry. ERR_IO, ERR_NOMEM.
 */
MUST_CHECK enum err_code twin_open(struct store *st, int kind, const char *const *same,
                                   struct twin_finder **ret, struct err *e);
void twin_close(struct twin_finder *t);
/**
 * Look for a record with a number (fid) below `before`. area_m2: of the geometry, 0 when it has
 * none. *ret_any is false without geometry.
 */
MUST_CHECK enum err_code twin_find(struct twin_finder *t, const struct store_fields *f,
                                   double area_m2, int64_t before, bool *ret_any, struct err *e);

#endif
