/* The asks that wait for the part that writes, answered together. */
#ifndef SERVE_BATCH_H
#define SERVE_BATCH_H

#include "serve/route.h"

enum {
	BATCH_MOST = 256 /* asks given at once */
};

/**
 * Answer n (1 .. BATCH_MOST) asks of the part that writes, in the order they came: q[i] into r[i]
 * (initialised). Answers leave only after this returns, so what is acknowledged may be made durable
 * once for all. An error is one of the whole batch: every ask that has no answer yet gets it.
 */
MUST_CHECK enum err_code write_batch(struct site *s, struct ask *const *q, struct reply *const *r,
                                     size_t n, struct err *e);

#endif
