/* Areas as a tile draws them: clipped, with fewer vertices, on the tile's grid of integers, and
 * moved to one side only. OUTWARD the drawing covers the area (danger), INWARD it lies inside
 * (released land).
 *
 * Method: the rings are cut at the tile's buffer, simplified, each edge is shifted by the
 * simplification's error and what rounding can take, corners are mitred and rounded. Then the
 * result is checked: between every shifted edge and what it stands for lies a simple piece on the
 * right side, so the drawing winds around every point of the area at least once; and no two edges
 * of the drawing meet. Where that fails the area is drawn as cells of a coarser grid: all that it
 * touches (OUTWARD), or all inside it that its outline does not touch (INWARD). The drawing is
 * therefore always right and always valid.
 *
 * Units: tile coordinates, x to the east, y to the south, the tile is 0 .. TILE_EXTENT.
 * One struct, one thread. */
#ifndef GEO_TILESHAPE_H
#define GEO_TILESHAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define TILE_EXTENT 4096
#define TILE_BUFFER 64 /* what is drawn beyond the tile on each side */

enum tile_side {
	TILE_OUTWARD,
	TILE_INWARD
};

struct tile_area {
	const int32_t *xy;        /* no closing points */
	const uint32_t *ring_end; /* outer rings (positive area), each followed by its holes */
	size_t rings;             /* 0: nothing of it is in the tile, or nothing fits inside */
	bool cells;               /* drawn as cells */
};

struct tileshape;

/** NULL when memory ends. */
struct tileshape *tileshape_create(void);
void tileshape_free(struct tileshape *s);
/** Forget the rings; others follow. */
void tileshape_start(struct tileshape *s);
/**
 * Add a ring of n points, closed or not, in either direction. Together the rings must be those of a
 * valid (multi)polygon. False when memory ends.
 */
bool tileshape_ring(struct tileshape *s, const double *xy, size_t n, bool hole);
/**
 * Draw. error: by how much the given points may be off, in tile units (0 .. 1). The result lives
 * until the next call with s. Fails with ERR_NOMEM.
 */
MUST_CHECK enum err_code tileshape_draw(struct tileshape *s, enum tile_side side, double error,
                                        struct tile_area *ret, struct err *e);

#endif
