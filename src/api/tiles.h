/* Private to api: how the files of tiles are named. */
#ifndef SERVE_TILES_H
#define SERVE_TILES_H

#include "api/site.h"
#include "publish/tileindex.h"

/** What a role may see of the fields that tiles show, as a number: roles with the same share all.
 */
unsigned tiles_view(struct store *st, const struct tileset_kind *k, enum access_role role);
/** The file of a large set: beside the register, for its owner alone. In mem; NULL when it ends. */
const char *tiles_file(const struct site_register *reg, const struct tileset_kind *kind,
                       unsigned view, struct arena *mem);

#endif
