/* Tables of counts: things counted by the values of one dimension, per place, with what is unknown
 * as its own row. low and high of a row: the things counted there for sure, and those plus all
 * whose value is unknown. */
#ifndef ASSESS_TABLE_H
#define ASSESS_TABLE_H

#include "assess/figure.h"
#include "assess/tally.h"

struct table_column {
	const char *code;    /* "casualties.by_sex" */
	const char *dim;     /* "sex" ("" = none: the value is the whole dimension text) */
	const char *unknown; /* the value that means not known, such as "unknown"; NULL = the
	                        dimension is always known */
	bool period;         /* the value goes into the row's period */
	const char *note;    /* for every row of it, or NULL */
};

/* n of a thing, and its low and high. */
struct table_count {
	double n, low, high;
};

/* A table: what is counted in it, by which columns. All its rows have one unit and one method. */
struct table {
	struct tally *tally; /* the caller's */
	const struct table_column *column;
	size_t columns;     /* 1..100 */
	const char *unit;   /* "person" */
	const char *method; /* "casualties/1" */
};

/** Count n things with this value in column `at` at a place. value NULL = the unknown value. */
MUST_CHECK enum err_code table_put(const struct table *t, size_t at, size_t place,
                                   const char *value, struct table_count n, struct err *e);
/** What is counted so far for a value, and in how many records (may be NULL); 0 if nothing. */
MUST_CHECK enum err_code table_sum(const struct table *t, size_t at, size_t place,
                                   const char *value, struct table_count *ret, int64_t *ret_records,
                                   struct err *e);
/** Name the records noted for a cell as those of a row. */
MUST_CHECK enum err_code table_members(struct assess *a, const struct tally *t,
                                       const struct tally_cell *cell, size_t row, struct err *e);
/** Add the rows of all columns that are wanted, in their order, then by place, then by value. */
MUST_CHECK enum err_code table_rows(struct assess *a, const struct table *t, struct err *e);

#endif
