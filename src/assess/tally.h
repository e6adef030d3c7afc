/* Counting by key: (place, text key) -> sums. Rows come out sorted, so that the answer does not
 * depend on the order of counting. */
#ifndef ASSESS_TALLY_H
#define ASSESS_TALLY_H

#include "base/arena.h"
#include "base/err.h"

enum {
	TALLY_SUMS = 4
};

struct tally_cell {
	size_t place;
	const char *key; /* in the tally's arena */
	double sum[TALLY_SUMS];
	int64_t records;
	size_t row; /* the caller's: the figure row made from it */
};

struct tally;

MUST_CHECK enum err_code tally_create(struct tally **ret, struct err *e);
void tally_free(struct tally *t);
/** The cell of a key, made empty when new. The pointer lives until the next call of tally_at. */
MUST_CHECK enum err_code tally_at(struct tally *t, size_t place, const char *key,
                                  struct tally_cell **ret, struct err *e);
/** Sort by place, then key, bytewise. */
void tally_sort(struct tally *t);
size_t tally_count(const struct tally *t);
/** Cell by position (after tally_sort: in order). */
struct tally_cell *tally_cell(struct tally *t, size_t i);

#endif
