/* The present of a kind as a role sees it, for tiles, kept up to date: a large set of what was
 * once, and small ones of what changed since, so that a tile never shows what is no longer so.
 * Whatever changed is looked at again when the log has grown. One struct, one thread. */
#ifndef PUBLISH_TILEINDEX_H
#define PUBLISH_TILEINDEX_H

#include "publish/tile.h"

#define TILEINDEX_TOP 500   /* changed records that are read again with every change */
#define TILEINDEX_MID 20000 /* more than that: everything is read again */

struct tileindex;

/** path: the file for a large set, NULL = none. NULL when memory ends. */
struct tileindex *tileindex_create(const struct tileset_kind *k, enum access_role role,
                                   unsigned view, const char *path);
/** While *busy is not 0 another process may be making the file: wait for it, half a minute at most,
 * before a large set is made here. NULL = nobody does. */
void tileindex_await(struct tileindex *x, const _Atomic int *busy);
void tileindex_free(struct tileindex *x);
/** Bring it up to the state of st. ERR_NOMEM, ERR_IO, ERR_LIMIT. */
MUST_CHECK enum err_code tileindex_refresh(struct tileindex *x, struct store *st, struct err *e);
/** What to draw: up to TILER_SETS sets; count of them. */
size_t tileindex_layers(const struct tileindex *x, struct tile_layer ret[TILER_SETS]);

#endif
