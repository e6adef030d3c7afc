/* Items that come from west to east, put into clumps: no item's box meets the box of one in another
 * clump, so each clump can be reckoned and forgotten by itself. A clump may hold more than what
 * hangs together (it grows by its own box). Memory: of the clumps that the line of sweep crosses.
 * One caller at a time. */
#ifndef GEO_CLUMP_H
#define GEO_CLUMP_H

#include <stdbool.h>
#include <stddef.h>

#include "geo/geom.h"

/* First in what the caller keeps of an item. */
struct clump_link {
	struct clump_link *next;
};

/* Of an item, or of several that hang together. */
struct clump {
	double south_deg, north_deg, east_deg;
	struct clump_link *first, *last;
	size_t count;
};

struct clumps {
	struct clump *open; /* by latitude; no two share one */
	size_t count, room;
	size_t until_look; /* items until all are looked through for those left behind */
	struct clump_link *ready;
	size_t ready_count;
};

/** Zeros are an empty one. */
void clumps_done(struct clumps *c); /* items stay the caller's */
/**
 * The next item; its box is not empty and begins no farther west than the one before. It belongs to
 * c until it is taken. False when memory ends: then it does not.
 */
bool clumps_add(struct clumps *c, struct geom_box box, struct clump_link *item);
/** All have come: every clump is whole. */
void clumps_end(struct clumps *c);
/** The items of all clumps that nothing can join any more, a list; NULL = none. */
struct clump_link *clumps_take(struct clumps *c, size_t *ret_count);
/** Items in all clumps, open and ready, as a list: to free them when something failed. */
struct clump_link *clumps_abandon(struct clumps *c);

#endif
