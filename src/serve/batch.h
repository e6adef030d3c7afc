/* The asks that wait for the part that writes, answered together. */
#ifndef SERVE_BATCH_H
#define SERVE_BATCH_H

#include "api/route.h"

enum {
	BATCH_MOST = 256 /* asks given at once */
};

/**
 * Answer n (1 .. BATCH_MOST) asks of the part that writes, in the order they came: q[i] into r[i]
 * (initialised). What they hand in becomes members of one group (store/group.h): answers leave only
 * after this returns, when all of it is durable and signed. An error means that it is not: the
 * answers that rest on it are withdrawn, every ask that has no answer gets the error, and the
 * process must end, since what it has in memory may differ from the file; the next one reads from
 * the file which of them are in it.
 */
MUST_CHECK enum err_code write_batch(struct site *s, struct ask *const *q, struct reply *const *r,
                                     size_t n, struct err *e);

#endif
