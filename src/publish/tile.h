/* Vector tiles of a register: layers of records as one role sees them (docs/FORMATS.md, "Vector
 * tiles"). Danger is drawn outward, released land inward, what is too small to be drawn is a
 * symbol; nothing that is dangerous is left out for a tile's size. One struct tiler, one thread. */
#ifndef PUBLISH_TILE_H
#define PUBLISH_TILE_H

#include "base/buf.h"
#include "publish/tileset.h"

#define TILE_MAX_ZOOM 16
#define TILE_SYMBOL_UNITS 24    /* smaller areas (tile units of 4096) are symbols */
#define TILE_GATHER_ZOOM 12     /* below it symbols are gathered in cells */
#define TILE_GATHER_UNITS 128   /* of that many units */
#define TILE_MERGE_UNITS 64     /* cells into which small danger goes when a tile is too full */
#define TILE_MOST_AREAS 4000    /* outlines in one layer; then the smallest are merged */
#define TILE_MOST_SYMBOLS 4096  /* symbols in one layer; then they are gathered */
#define TILE_MOST_POINTS 200000 /* vertices of outlines in one layer; then as for areas */

#define TILER_SETS 4 /* sets that make one layer */

struct tiler;

struct tile_layer {
	const struct tileset *set;
	const struct tilefids *hidden; /* records that another set shows; NULL = none */
};

struct tile_place {
	uint32_t z, x, y; /* z 0 .. TILE_MAX_ZOOM, x and y below 2^z */
};

/** NULL when memory ends. */
struct tiler *tiler_create(void);
void tiler_free(struct tiler *t);
/** Start a tile that is appended to out. */
void tiler_begin(struct tiler *t, struct tile_place at, struct buf *out);
/** Add the layer or layers of a kind from at most TILER_SETS sets. ERR_NOMEM. */
MUST_CHECK enum err_code tiler_add(struct tiler *t, const struct tileset_kind *k,
                                   const struct tile_layer *layer, size_t count, struct err *e);
/** End it, whatever came before: rc is what tiler_add gave; an error is handed back. ERR_LIMIT. */
MUST_CHECK enum err_code tiler_end(struct tiler *t, enum err_code rc, struct err *e);

#endif
