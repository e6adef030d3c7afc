/* Counting by key: (place, text key) -> sums. Rows come out sorted, so that the answer does not
 * depend on the order of counting. */
#ifndef ASSESS_TALLY_H
#define ASSESS_TALLY_H

#include "base/arena.h"
#include "base/err.h"
#include "base/uuid.h"

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

/* A record that went into a cell, for explaining it. */
struct tally_member {
	size_t place;
	const char *key; /* the cell's own: compare pointers */
	struct uuid id;
	int kind;
	double part;
};

struct tally;

MUST_CHECK enum err_code tally_create(struct tally **ret, struct err *e);
void tally_free(struct tally *t);
/** The cell of a key, made empty when new. The pointer lives until the next call of tally_at. */
MUST_CHECK enum err_code tally_at(struct tally *t, size_t place, const char *key,
                                  struct tally_cell **ret, struct err *e);
/**
 * From now on it is this record that is counted, and cells remember it (tally_note) when what they
 * belong to is asked for: `asked` as figure_explains has it, NULL = nothing is.
 */
void tally_from(struct tally *t, struct uuid id, int kind, const char *asked);
/** True when the cells of a figure are to remember their records. */
bool tally_remembers(const struct tally *t, const char *code);
/** The record at hand went into a cell with this part. */
MUST_CHECK enum err_code tally_note(struct tally *t, const struct tally_cell *cell, double part,
                                    struct err *e);
/** All that was noted, in the order of counting. */
const struct tally_member *tally_members(const struct tally *t, size_t *ret_count);
/** Sort by place, then key, bytewise. */
void tally_sort(struct tally *t);
size_t tally_count(const struct tally *t);
/** Cell by position (after tally_sort: in order). */
struct tally_cell *tally_cell(struct tally *t, size_t i);

#endif
