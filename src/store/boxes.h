/* Where the records of a layer lie, told from the boxes in front of their outlines, and single
 * outlines by the records' numbers: for comparing many records without holding them all. The
 * present only; within a submission it is seen too. A reader serves one thread. */
#ifndef STORE_BOXES_H
#define STORE_BOXES_H

#include "store/shown.h"
#include "store/store.h"

struct boxes_row {
	int64_t fid;
	struct geom_box box;
	bool danger; /* shown_as is SHOWN_DANGER */
};
typedef enum err_code boxes_fn(void *ctx, const struct boxes_row *row, struct err *e);

/**
 * Call fn for every record of a kind whose box has a width and a height, in the order of their
 * numbers; a code other than ERR_OK stops the walk. ERR_INTERNAL (a kind without a geometry),
 * ERR_IO, ERR_VERIFY (a damaged outline).
 */
MUST_CHECK enum err_code boxes_each(struct store *st, int kind, boxes_fn *fn, void *ctx,
                                    struct err *e);

struct outline {
	struct geom *geom; /* NULL = the record has none */
	double area_m2, perimeter_m;
};
struct outline_reader;

/** ERR_NOMEM, ERR_IO. */
MUST_CHECK enum err_code outline_open(struct store *st, int kind, struct outline_reader **ret,
                                      struct err *e);
void outline_close(struct outline_reader *r);
/** The outline drawn of a record and its measures, in mem. ERR_NOTFOUND, ERR_VERIFY, ERR_NOMEM. */
MUST_CHECK enum err_code outline_get(struct outline_reader *r, int64_t fid, struct arena *mem,
                                     struct outline *ret, struct err *e);

#endif
