/* Released land on which something is found is open again by itself (DESIGN promise 5, trust.md
 * S5). A find or an accident that lies on a closed hazard, and is not older than its closing, adds
 * a revision `reopened` to it, in the same submission. One thread. */
#ifndef INGEST_REOPEN_H
#define INGEST_REOPEN_H

#include "store/submit.h"

struct reopen;

/** True for kinds that reopen land: accident, ordnance. */
bool reopen_kind(const struct store *st, int kind);
/** Load the closed hazards of the register. ERR_NOMEM, ERR_IO. */
MUST_CHECK enum err_code reopen_create(struct store *st, struct reopen **ret, struct err *e);
void reopen_free(struct reopen *r);
/**
 * The next closed hazard on which a record lies, each hazard once: its number as a place for *from
 * (start with 0), SIZE_MAX in *ret when there is none. fields must hold geometry and valid_from.
 */
MUST_CHECK enum err_code reopen_next(struct reopen *r, const struct store_fields *fields,
                                     size_t *from, size_t *ret, struct err *e);
/**
 * The revision that reopens hazard number i because of the record id: made from its newest
 * revision, in mem. From then on it is open and not found again.
 */
MUST_CHECK enum err_code reopen_revision(struct reopen *r, size_t i, struct uuid because,
                                         const struct store_fields *fields, struct arena *mem,
                                         struct submit_revision *ret, struct err *e);
/**
 * For one record that was just added to the open submission (its kind any): add the revisions that
 * reopen the closed hazards on which it lies.
 */
MUST_CHECK enum err_code reopen_for(struct store *st, const struct submit_revision *rev,
                                    struct arena *mem, struct err *e);

#endif
