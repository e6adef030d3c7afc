/* Walk over records in their shown state, now or at any past moment: what figures, exports and maps
 * read. The order is that of the records' numbers (fid), so that results do not depend on anything
 * else. */
#ifndef STORE_EACH_H
#define STORE_EACH_H

#include "store/shown.h"
#include "store/store.h"

struct each_filter {
	int kind;
	int64_t as_of_days;      /* D: dates of information up to this day; INT64_MAX = no limit */
	int64_t known_size;      /* T: submissions before this index of the log; INT64_MAX = all */
	const char *const *want; /* names of fields wanted, NULL-terminated; NULL = all. `geometry`
	                            among them = geometry */
	const struct geom_box *box; /* only records whose geometry's box meets it; NULL = all */
	int64_t after_fid;          /* only records with a larger number: the next page; 0 = all */
};

/** One record; row and all it points to live until the call returns. A code other than ERR_OK stops
 * the walk. */
typedef enum err_code each_fn(void *ctx, const struct shown *row, struct err *e);

/**
 * Walk. Reads the typed layer when the question is about the present, else joins the revisions;
 * both give the same rows (test). Identity fields are never there.
 */
MUST_CHECK enum err_code store_each(struct store *st, const struct each_filter *f, each_fn *fn,
                                    void *ctx, struct err *e);
/** One record as it was on the day with that number in the list. */
typedef enum err_code each_day_fn(void *ctx, size_t day, const struct shown *row, struct err *e);

/* Several dates of information, ascending. */
struct each_days {
	const int64_t *as_of_days;
	size_t count;
};

/**
 * The walks of store_each for several days at once: record after record, and of each the days on
 * which there is something of it, in order. f->as_of_days is not read.
 */
MUST_CHECK enum err_code store_each_days(struct store *st, const struct each_filter *f,
                                         const struct each_days *days, each_day_fn *fn, void *ctx,
                                         struct err *e);
#define EACH_CHANGES_MOST 20000 /* changed records beyond which all revisions are joined anew */

/** The same walk by joining the revisions, whatever the layers hold. */
MUST_CHECK enum err_code each_past(struct store *st, const struct each_filter *f, each_fn *fn,
                                   void *ctx, struct err *e);
/** The same walk over the layer, which shows the present. */
MUST_CHECK enum err_code each_layer(struct store *st, const struct each_filter *f, each_fn *fn,
                                    void *ctx, struct err *e);
/** One record's shown state by id from the present; *ret_any false when nothing is in play. */
MUST_CHECK enum err_code store_get(struct store *st, struct uuid id, struct arena *mem,
                                   struct shown *ret, bool *ret_any, struct err *e);

#endif
