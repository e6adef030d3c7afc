/* Released land on which something is found is open again by itself (DESIGN promise 5, trust.md
 * S5), whichever of the two comes in first. A find or an accident that lies on a closed hazard, and
 * is not older than its closing, adds a revision `reopened` to it, in the same submission. One
 * thread. */
#ifndef INGEST_REOPEN_H
#define INGEST_REOPEN_H

#include "store/submit.h"

struct reopen;

/* A find or an accident that lies on closed land. */
struct reopen_find {
	struct uuid id;
	const char *kind; /* "accident", "ordnance" */
	char date[11];    /* of information */
	bool approved;    /* by the caller: the closing is approved with its submission */
};

/** True for kinds that reopen land: accident, ordnance. */
bool reopen_kind(const struct store *st, int kind);
/** True for a hazard whose status is closed or handed over. */
bool reopen_closes(const struct store_fields *hazard);
/** Days of the closing; INT64_MIN when only the day of receipt is known, so that any find counts.
 */
int64_t reopen_since_days(const struct store_fields *hazard);

/**
 * Prepare for rows of a kind: finds and accidents are compared with the closed hazards of the
 * register, hazards that come in closed with its finds and accidents (loaded with the first of
 * them). *ret is NULL for other kinds. ERR_NOMEM, ERR_IO.
 */
MUST_CHECK enum err_code reopen_create(struct store *st, int kind, struct reopen **ret,
                                       struct err *e);
void reopen_free(struct reopen *r);
/* A find or an accident whose closed hazards are asked for one after the other. */
struct reopen_walk {
	struct uuid id;
	const struct store_fields *fields; /* with geometry and valid_from */
	size_t next;                       /* starts with 0; only for reopen_next */
};

/**
 * The revision that reopens the next closed hazard on which a find or an accident lies, made from
 * its newest revision, in mem; each hazard is found once. *ret_any is false when there is none.
 */
MUST_CHECK enum err_code reopen_next(struct reopen *r, struct reopen_walk *w, struct arena *mem,
                                     struct submit_revision *ret, bool *ret_any, struct err *e);
/**
 * The newest find or accident of the register that lies on a hazard that comes in closed and is not
 * older than since_days (see reopen_since_days). outline_valid: known to be valid. *ret_any is
 * false when there is none, or when the hazard is not closed.
 */
MUST_CHECK enum err_code reopen_find(struct reopen *r, const struct store_fields *hazard,
                                     int64_t since_days, bool outline_valid,
                                     struct reopen_find *ret, bool *ret_any, struct err *e);
/**
 * The revision that reopens a hazard of the register because of that find, in mem. *ret_any is
 * false when the hazard is drawn as open already, unless the closing is being approved.
 */
MUST_CHECK enum err_code reopen_land(struct reopen *r, struct uuid hazard,
                                     const struct reopen_find *because, struct arena *mem,
                                     struct submit_revision *ret, bool *ret_any, struct err *e);
/**
 * For one record that was just added to the open submission (its kind any): add the revisions that
 * reopen the closed hazards on which it lies, or reopen it when it is closed land.
 */
MUST_CHECK enum err_code reopen_for(struct store *st, const struct submit_revision *rev,
                                    struct arena *mem, struct err *e);

#endif
