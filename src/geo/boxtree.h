/* A static R-tree over boxes, packed along a Hilbert curve (Kamel and Faloutsos 1993), for joins in
 * memory. Built once, then read by any number of threads. Private to geo. */
#ifndef GEO_BOXTREE_H
#define GEO_BOXTREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "geo/geom.h"

#define BOXTREE_LEVELS 9 /* 16^8 = 2^32 boxes */

struct boxtree {
	uint32_t count;                       /* boxes at the bottom */
	uint32_t levels;                      /* 0 when empty */
	uint32_t level_start[BOXTREE_LEVELS]; /* where a level's boxes begin, bottom first */
	uint32_t level_count[BOXTREE_LEVELS];
	struct geom_box *box; /* all levels, bottom first */
	uint32_t *item;       /* which of the given boxes stands at each place of the bottom */
};

struct boxtree_walk {
	const struct boxtree *tree;
	struct geom_box want;
	uint32_t level, place, end; /* the run of boxes being looked at */
	uint32_t depth;
	struct {
		uint32_t level, place, end;
	} rest[BOXTREE_LEVELS];
};

/**
 * Build over count boxes (copied). in_order keeps their order (for edges along a ring, which lie
 * near each other anyway). Empty boxes (min > max) are never found. False when memory ends.
 */
bool boxtree_build(struct boxtree *t, const struct geom_box *boxes, uint32_t count, bool in_order);
/**
 * Over the edges of a geometry: edge i leads from point i to point i + 1; a ring's last point has
 * an empty box. box has room for point_count boxes and gets them.
 */
bool boxtree_build_edges(struct boxtree *t, const struct geom *g, struct geom_box *box);
void boxtree_done(struct boxtree *t);
/** Start looking for all boxes that share a point with want. */
void boxtree_find(const struct boxtree *t, struct geom_box want, struct boxtree_walk *w);
/** The next one's number, or false at the end. The order depends on the boxes alone. */
bool boxtree_next(struct boxtree_walk *w, uint32_t *ret_item);

#endif
