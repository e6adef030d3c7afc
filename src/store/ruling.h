/* Private to store: what decisions rule about revisions. Filled when a decision is received;
 * rebuildable. */
#ifndef STORE_RULING_H
#define STORE_RULING_H

#include "store/handle.h"
#include "store/submit.h"

/**
 * Take note of a revision that is being inserted: if it is a decision, its rulings are stored and
 * the rows of the records it is about are refreshed. seq: the submission it is in.
 */
MUST_CHECK enum err_code ruling_note(struct store *st, const struct submit_revision *rev,
                                     int64_t seq, struct err *e);
/** Rule about a whole submission. */
MUST_CHECK enum err_code ruling_submission(struct store *st, int64_t submission, int64_t by,
                                           enum ruling state, struct err *e);

#endif
