/* What a decision would take away from the danger that is shown (DESIGN promise 5): the shown state
 * of a hazard before it against that after it. One geo context, one thread. */
#ifndef INGEST_LESSEN_H
#define INGEST_LESSEN_H

#include "store/history.h"

/* A hazard, its revisions in the order received, and the ruling that is to be made about some. */
struct lessen_what {
	int kind;
	struct uuid id;
	const struct history_revision *list;
	size_t count;
	const bool *about; /* count of them */
	enum ruling ruling;
};

struct lessen {
	bool lessens;       /* less is shown: milder, smaller, nearer, closed, or nothing at all */
	bool closes;        /* it is danger before and is shown as land that is not after */
	bool loses;         /* something drawn as danger before is not drawn after, in any way */
	double lost_m2;     /* of it, as area; 0 for points and lines */
	struct shown after; /* in mem; only if any_after */
	bool any_after;
};

/** Compare; nothing is written. What is not shown as danger before is never lessened. ERR_NOMEM,
 * ERR_LIMIT (an outline that cannot be compared). */
MUST_CHECK enum err_code lessen_compare(struct store *st, struct geo *geo,
                                        const struct lessen_what *what, struct arena *mem,
                                        struct lessen *ret, struct err *e);

#endif
