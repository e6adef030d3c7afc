/* Vector tiles: Mapbox Vector Tile specification 2.1 as bytes (protocol buffers). Features have
 * integer coordinates in the tile, x to the east, y to the south, and tags; the caller has clipped
 * them and made them valid. One writer, one thread.
 *
 *	mvt_init(&m, &out);
 *	mvt_layer(&m, "hazard", 4096);
 *	mvt_feature(&m, 7); mvt_text(&m, "class", "cha"); mvt_area(&m, xy, ends, rings);
 *	mvt_layer_end(&m); ... mvt_done(&m);                  then ask buf_ok(&out)
 */
#ifndef GEO_MVT_H
#define GEO_MVT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

enum {
	MVT_KEYS = 32,  /* different names of tags in a layer */
	MVT_TAGS = 32,  /* tags of one feature */
	MVT_SLOTS = 64, /* values found again without a search are those of the same slot */
};

struct mvt {
	struct buf *out;
	struct buf features, values, feature, text;
	const char *name;
	uint32_t extent;
	const char *key[MVT_KEYS];
	uint32_t keys;
	uint32_t tag[2 * MVT_TAGS];
	uint32_t tags;
	uint32_t value_count;
	uint32_t *slot; /* open addressing: 1 + number of the value */
	uint32_t *at;   /* where a value's bytes begin in `values` */
	uint32_t slots, room;
	uint64_t id;
	bool failed;
};

/** Start a tile that is appended to out. */
void mvt_init(struct mvt *m, struct buf *out);
void mvt_done(struct mvt *m);
/** Start a layer; name and the names of tags must live until mvt_layer_end. */
void mvt_layer(struct mvt *m, const char *name, uint32_t extent);
/** Write the layer; one without features leaves nothing. */
void mvt_layer_end(struct mvt *m);
/** Start a feature; id 0 = none. Tags follow, then one of the three geometries, which ends it. */
void mvt_feature(struct mvt *m, uint64_t id);
/** A tag; NULL is left out. Past MVT_KEYS or MVT_TAGS the tile fails. */
void mvt_text(struct mvt *m, const char *key, const char *value);
/** The same for a value that no other feature has (an id): it is not looked for among the others.
 */
void mvt_text_once(struct mvt *m, const char *key, const char *value);
void mvt_int(struct mvt *m, const char *key, int64_t value);
void mvt_bool(struct mvt *m, const char *key, bool value);
/** n points, 1 or more. */
void mvt_points(struct mvt *m, const int32_t *xy, size_t n);
/** A line of n points, 2 or more, no two alike next to each other. */
void mvt_line(struct mvt *m, const int32_t *xy, size_t n);
/**
 * An area: rings without a closing point, 3 or more each; ring r ends before point ring_end[r]. An
 * outer ring has a positive area by the surveyor's formula, its holes follow it with a negative
 * one.
 */
void mvt_area(struct mvt *m, const int32_t *xy, const uint32_t *ring_end, size_t rings);
/** False when memory ended, a limit was passed or the buffer failed. */
bool mvt_ok(const struct mvt *m);

#endif
