/* Parts of geo/tileshape.h: rings of doubles, cutting them, drawing them as cells. Private to geo.
 */
#ifndef GEO_TILEPART_H
#define GEO_TILEPART_H

#include "geo/cellring.h"
#include "geo/tileshape.h"
#include "geo/vec.h"

/* Rings without closing point, the area to the left of every edge (outer rings positive). */
struct tile_rings {
	struct vec xy;  /* double[2] */
	struct vec end; /* uint32_t */
};

void tile_rings_done(struct tile_rings *r);
void tile_rings_clear(struct tile_rings *r);
/** Add a point to the ring that is being built, unless it is the one before it. */
bool tile_rings_point(struct tile_rings *r, double x, double y);
/** End the ring; with fewer than 3 points it is dropped. */
bool tile_rings_end(struct tile_rings *r);
double tile_rings_area(const double *xy, size_t n);

struct tilecut {
	struct tile_rings a, b;
	struct vec ends, chain; /* scratch */
};
void tilecut_done(struct tilecut *c);
enum tilecut_result {
	TILECUT_DONE,
	TILECUT_UNCLEAR, /* it touches the border in a way that leaves the order open */
	TILECUT_FAILED   /* memory ended */
};
/** Cut rings to the square from .. to; *ret points to the result, in c or in itself. */
enum tilecut_result tilecut_square(struct tilecut *c, const struct tile_rings *in, double from,
                                   double to, const struct tile_rings **ret);

struct tilecells {
	struct vec edge_run, inside_run, run; /* struct cell_run */
	struct vec cross;
	struct cellring ring;
	struct vec xy; /* int32_t[2] */
};
void tilecells_done(struct tilecells *c);
/** Draw rings as cells inside -TILE_BUFFER .. TILE_EXTENT + TILE_BUFFER; pad: what points may be
 * off. False when memory ends. */
bool tilecells_draw(struct tilecells *c, const struct tile_rings *in, enum tile_side side,
                    double pad, struct tile_area *ret);

#endif
