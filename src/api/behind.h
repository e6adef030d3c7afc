/* Answers that take long (figures of a large register) are made again behind the back of those who
 * ask: after a change they get the last one at once, marked "stale", while a thread with registers
 * of its own makes the new one. Of a register of BEHIND_LARGE_BYTES the first one too: who asks is
 * told to come again, and what the page shows first is made at the start though nobody asked. Which
 * questions are made again at once after a change, though nobody asks yet: those asked within
 * BEHIND_ASKED_US. Threads: behind_answer in the thread itself, all else from the thread that
 * answers. */
#ifndef SERVE_BEHIND_H
#define SERVE_BEHIND_H

#include "api/route.h"

/** A question that nobody asked for so long is not made again by itself. */
#define BEHIND_ASKED_US ((int64_t)600000000)
/** What takes longer than that is made behind. */
#define BEHIND_LONG_US ((int64_t)1000000)

/** From this size of the file on nobody waits for figures of land. */
#define BEHIND_LARGE_BYTES ((int64_t)64 << 20)

struct behind;

/**
 * Start. own: the same registers in the same order as those of site, opened once more, for the
 * thread alone; it must stay until behind_stop. Sets what site and own need to know of it. long_us:
 * BEHIND_LONG_US but in tests. ERR_NOMEM.
 */
MUST_CHECK enum err_code behind_start(struct site *site, struct site *own, int64_t long_us,
                                      struct behind **ret, struct err *e);
/** Wait for what is being made, then end. NULL is allowed. */
void behind_stop(struct behind *b);
/** Is an answer that took so long one to be made behind? */
bool behind_is_long(const struct behind *b, int64_t took_us);
/**
 * An answer of q under key was given that is of `state` of the register; wanted: a newer state is
 * there, make it again.
 */
void behind_note(struct behind *b, const struct ask *q, const char *key, int64_t state,
                 bool wanted);
/** The answer made behind, if it is of a later state than *state: appended to out, *state set. */
bool behind_take(struct behind *b, const struct ask *q, const char *key, int64_t *state,
                 struct buf *out);
/** Was the answer of this state, or a later one, given or made? For the thread. */
bool behind_has(struct behind *b, const struct ask *q, const char *key, int64_t state);
/**
 * Nothing is kept for q: make it, the sooner. Returns for how many microseconds it has been wanted;
 * -1: it cannot be made behind, who asks makes it.
 */
int64_t behind_first(struct behind *b, const struct ask *q, const char *key);
/** The thread made an answer. */
void behind_answer(struct behind *b, const struct ask *q, const char *key, int64_t state,
                   const struct buf *answer);

#endif
