/* Private to store: packing an R-tree. SQLite's own inserts cost eight times the row; here the
 * whole tree is written at once from boxes sorted along the Hilbert curve, into the module's
 * documented shadow tables (sqlite.org/rtree.html). Every later insert, update and delete is
 * SQLite's own. */
#ifndef STORE_RTREE_H
#define STORE_RTREE_H

#include <stddef.h>
#include <stdint.h>

#include "geo/geom.h"
#include "store/handle.h"

struct rtree_entry {
	int64_t id;
	struct geom_box box;
	uint32_t hilbert;
};

/** Entries collected for one table. */
struct rtree_load {
	struct rtree_entry *entry;
	size_t count, room;
	int64_t *again; /* numbers of rows that were written over */
	size_t agains, again_room;
};

void rtree_load_done(struct rtree_load *l);
/** Add one; false when memory ends. */
bool rtree_load_add(struct rtree_load *l, int64_t id, struct geom_box box);
/** A row was written over, or taken out, while the index triggers were off: where it lies is read
 * from the layer when the tree is packed. False when memory ends. */
bool rtree_load_again(struct rtree_load *l, int64_t id);
/**
 * Replace the tree rtree_LAYER_geometry by one that holds what it held and the entries of l (an id
 * that is in both keeps the new box; one written over has the box of its row, or none). Inside a
 * transaction. Fails with ERR_NOMEM, ERR_IO, ERR_VERIFY (a damaged outline).
 */
MUST_CHECK enum err_code rtree_pack(struct store *st, const char *layer, struct rtree_load *l,
                                    struct err *e);
/** The box of all that a kind's tree holds, as 32-bit floats that contain it; *ret_any false when
 * it is empty. Read from the root alone, whose cells are tight. */
MUST_CHECK enum err_code rtree_extent(struct store *st, int kind, struct geom_box *ret,
                                      bool *ret_any, struct err *e);
/** Empty the tree. */
MUST_CHECK enum err_code rtree_clear(struct store *st, const char *layer, struct err *e);

#endif
