/* Records with a position, held in memory to be asked which of them touch an outline: closed land
 * for finds that come in, finds and accidents for closed land that comes in. One thread. */
#ifndef INGEST_LANDINDEX_H
#define INGEST_LANDINDEX_H

#include "geo/shape.h"
#include "store/shown.h"

struct landindex_item {
	struct uuid id;
	int kind;
	int64_t fid, days; /* date of information; the caller says what stands for none */
	struct geom geom;
	struct geom_box box;
	bool done; /* the caller's: need not be found again */
};

struct landindex;

/** ERR_NOMEM. */
MUST_CHECK enum err_code landindex_create(struct landindex **ret, struct err *e);
void landindex_free(struct landindex *ix);
/** Add a record that has a geometry; nothing is done without one. Before landindex_ready. */
MUST_CHECK enum err_code landindex_add(struct landindex *ix, const struct shown *row, int64_t days,
                                       struct err *e);
/** All were added. ERR_NOMEM. */
MUST_CHECK enum err_code landindex_ready(struct landindex *ix, struct err *e);
/**
 * The next record that is not done and touches geom; NULL in *ret when there is none. *from starts
 * with 0 and says where to go on.
 */
MUST_CHECK enum err_code landindex_next(struct landindex *ix, const struct geom *geom, size_t *from,
                                        struct landindex_item **ret, struct err *e);

#endif
