/* Tiles and entry bundles (C2SP tlog-tiles v0.1.0): paths, which tiles a size has, and the export
 * of a log as a folder that any web host serves and any tlog-tiles client checks. Thread-safe. */
#ifndef LOG_TILE_H
#define LOG_TILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "log/merkle.h"

#define TILE_WIDTH 256    /* hashes or entries in a full tile */
#define TILE_ENTRIES (-1) /* "level" of an entry bundle */
#define TILE_LEVEL_MAX 7  /* 256^8 > 2^62 */
#define TILE_PATH_SIZE 64 /* longest path with NUL */
#define TILE_ENTRY_MAX 65535

struct tile {
	int level;      /* 0 .. TILE_LEVEL_MAX, or TILE_ENTRIES */
	uint64_t n;     /* number of the tile in its level */
	unsigned width; /* 1 .. 256; 256 is a full tile */
};

/** The path below the prefix, such as "tile/0/x001/x234/067.p/8". Returns the length. */
size_t tile_path(struct tile t, char out[TILE_PATH_SIZE]);
/** Strict inverse. False if s is anything else. */
bool tile_path_parse(const char *s, size_t n, struct tile *ret);
/** Width of the partial tile at that level in a log of size leaves: 0 .. 255, 0 = none. */
unsigned tile_partial_width(int level, uint64_t size);
/** Number of full tiles at that level. */
uint64_t tile_full_count(int level, uint64_t size);
/** The tile with number n as a log of size leaves has it (width 0: it has none). */
struct tile tile_at(int level, uint64_t n, uint64_t size);

/** Where the log's content comes from. */
struct tile_source {
	void *ctx;
	merkle_get *hash; /* complete subtrees */
	/* append the bytes of entry index (here a 128-byte leaf, at most TILE_ENTRY_MAX) to b */
	enum err_code (*entry)(void *ctx, uint64_t index, struct buf *b, struct err *e);
};

/** Append the content of one tile or bundle. Fails as the source does, ERR_LIMIT for a long entry.
 */
MUST_CHECK enum err_code tile_content(const struct tile_source *src, struct tile t, struct buf *b,
                                      struct err *e);
/**
 * Write dir/checkpoint and all tiles and bundles of a log of size leaves. Tiles first, the
 * checkpoint last. Files that are there with the same content stay; a full tile with other content
 * is ERR_CONFLICT (another log). checkpoint: a signed checkpoint of that size.
 */
MUST_CHECK enum err_code tile_export(const struct tile_source *src, uint64_t size,
                                     const char *checkpoint, size_t checkpoint_size,
                                     const char *dir, struct err *e);

#endif
