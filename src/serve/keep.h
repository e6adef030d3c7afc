/* Answers kept by the front: what was answered to the same question with the same access, until a
 * register changed. The least recently used go first when it is full. */
#ifndef SERVE_KEEP_H
#define SERVE_KEEP_H

#include "serve/parcel.h"

struct keep;

/** At most cap_bytes of answers and questions. NULL when memory ends. */
struct keep *keep_create(size_t cap_bytes);
void keep_free(struct keep *k);
/** The answer to a question, or NULL. Hold it to use it later. */
struct parcel *keep_find(struct keep *k, const char *question);
/** Keep an answer; one larger than an eighth of the room is not kept. Out of memory: not kept. */
void keep_put(struct keep *k, const char *question, struct parcel *p);
/** Forget all: a register changed. */
void keep_clear(struct keep *k);
size_t keep_bytes(const struct keep *k);
size_t keep_count(const struct keep *k);

#endif
