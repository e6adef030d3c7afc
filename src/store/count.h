/* How many records stand in a layer, by what is shown of them. The present only. The first count of
 * a handle reads few columns of all rows and no geometry, about half a second for a million; the
 * handle keeps it, and later ones look at what changed since. */
#ifndef STORE_COUNT_H
#define STORE_COUNT_H

#include "store/shown.h"
#include "store/store.h"

/* Records of a kind that are alike in this. Texts live until the call returns. */
struct count_cell {
	const char *class; /* of hazards; NULL = not stated, or no hazard */
	enum shown_as as;
	bool unapproved, conflict;
	bool located; /* has a geometry */
	int64_t records;
	const char *oldest, *newest; /* dates of information; NULL = none */
};
typedef enum err_code count_fn(void *ctx, const struct count_cell *cell, struct err *e);

/** Walk over the cells of a kind, in no order, several of them alike but for their dates. A code
 * other than ERR_OK stops the walk. */
MUST_CHECK enum err_code count_layer(struct store *st, int kind, count_fn *fn, void *ctx,
                                     struct err *e);
/** Has the layer of a kind more than so many records? Reads no more than that. */
MUST_CHECK enum err_code count_is_more(struct store *st, int kind, int64_t than, bool *ret,
                                       struct err *e);

#endif
