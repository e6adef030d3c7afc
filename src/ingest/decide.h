/* Decisions: approval, return and release of what waits. */
#ifndef INGEST_DECIDE_H
#define INGEST_DECIDE_H

#include "store/store.h"

struct decide_options {
	const char *type; /* "approval", "return", "release" */
	const char *by, *second, *reason, *certificate;
	const char *const *id; /* record ids, or "@N" for the submission with that number */
	size_t ids;
	bool check_only; /* refuse what would be refused, write nothing */
};

struct decide_result {
	char id[UUID_TEXT]; /* of the decision */
	size_t revisions;   /* ruled about */
	int64_t submission;
};

/**
 * One decision record about every unapproved revision of the records or submissions named. A return
 * needs a reason. A release needs two people, closed hazards, and no open hazard under them
 * (geometry check). ERR_NOTFOUND when nothing waits under an id, ERR_DENIED when a rule forbids it;
 * then nothing was written.
 */
MUST_CHECK enum err_code decide_run(struct store *st, const struct decide_options *o,
                                    struct decide_result *ret, struct err *e);

/** True for kinds that this register writes itself and nobody hands in: decision, event. */
bool decide_own_kind(const struct store *st, int kind);
/** ERR_DENIED and the sentence for it: a decision that came in as a row would approve or release
 * land without the checks of decide_run. */
MUST_CHECK enum err_code decide_refuse(const char *kind, struct err *e);

#endif
