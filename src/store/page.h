/* Pages of records as a role may see them: walk from a place on, in the order of the records'
 * numbers, and stop when there is enough. Gives the rows that access_each gives (test), without
 * reading those before and after. What answers to requests are made of.
 *
 * A page of the past (known_size) reads the layer but for the records that changed since, so that
 * paging through a register that is written to is stable and still quick.
 * Threads: a reader belongs to the store it was made from, and to its thread. */
#ifndef STORE_PAGE_H
#define STORE_PAGE_H

#include "store/access.h"

struct page_reader; /* of one kind and one role; keeps its statements and what it found */

#define PAGE_UNCLASSED ((int64_t)1 << 60) /* unclassed danger areas are numbered from here */

/** May fail with ERR_NOMEM or ERR_IO. A role without rows of the kind gets a reader that finds
 * none. */
MUST_CHECK enum err_code page_open(struct store *st, int kind, enum access_role role,
                                   struct page_reader **ret, struct err *e);
void page_close(struct page_reader *p);

struct page_question {
	int64_t as_of_days; /* as in each_filter */
	int64_t known_size;
	int64_t after;              /* only records with a greater number; 0 = all */
	const struct geom_box *box; /* the box of what is shown meets one of them; NULL = all */
	size_t boxes;
	bool no_geometry; /* rows without it; only with box NULL */
};

struct page_calls {
	/* Asked before a record of the present is read: true when it was dealt with already.
	 * NULL = read all. */
	bool (*have)(void *ctx, int64_t number, bool *stop);
	/* Looks at the values, before the geometry is made: false leaves the row out. NULL = take
	 * all. */
	bool (*keep)(void *ctx, const struct shown *row);
	/* A row; *stop = true ends the walk. row lives until it returns. */
	enum err_code (*row)(void *ctx, const struct shown *row, int64_t number, bool *stop,
	                     struct err *e);
	void *ctx;
};

/** Walk. Everything a walk reads is of one moment if page_begin was called. */
MUST_CHECK enum err_code page_walk(struct page_reader *p, const struct page_question *q,
                                   const struct page_calls *c, struct err *e);
/** One record by its number (as of q, box and after aside); c->row is not called when the role does
 * not see it. */
MUST_CHECK enum err_code page_number(struct page_reader *p, const struct page_question *q,
                                     int64_t number, const struct page_calls *c, struct err *e);
/** One record by its id. ERR_NOTFOUND, with the same sentence whatever the reason, when there is
 * none of this kind that the role sees. */
MUST_CHECK enum err_code page_record(struct page_reader *p, const struct page_question *q,
                                     struct uuid id, const struct page_calls *c, struct err *e);
/** Call fn for every record that changed at or after a size of the log (above 0); *ret_all: there
 * are too many to tell, and fn was not called. */
MUST_CHECK enum err_code page_changed(struct page_reader *p, int64_t since,
                                      void (*fn)(void *ctx, int64_t number), void *ctx,
                                      bool *ret_all, struct err *e);
/** The box of the kind's geometries now, grown as public ones are; false where the role sees none.
 */
MUST_CHECK enum err_code page_extent(struct page_reader *p, bool *ret_any, struct geom_box *ret,
                                     struct err *e);

/** Read one moment of the register until page_end: log and layers agree. */
MUST_CHECK enum err_code page_begin(struct store *st, struct err *e);
void page_end(struct store *st);

#endif
