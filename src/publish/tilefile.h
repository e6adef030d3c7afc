/* A large tileset as a file, mapped by every process that draws from it (docs/FORMATS.md, "Side
 * files"). Private to publish. The file can be deleted at any time; what does not fit the register
 * is not read, and whatever stands in it, nothing outside it is touched. */
#ifndef PUBLISH_TILEFILE_H
#define PUBLISH_TILEFILE_H

#include "publish/tileset.h"

#define TILEFILE_LEAST ((size_t)4 << 20) /* bytes of outlines that are worth a file, */
#define TILEFILE_MANY 10000              /* or so many records */

struct tilefile;

/** Start a temporary file beside path, in a folder that is made. NULL when it cannot be written. */
struct tilefile *tilefile_create(const char *path);
/** Move outlines from memory to the file once they are many; counts them in s->outline_words. */
bool tilefile_outlines(struct tilefile *f, struct tileset *s);
/**
 * The outlines once more, in the order of the packed items, into another temporary file that takes
 * the place of *file: what is drawn together lies together. False when it cannot be written; *s is
 * then no longer of use.
 */
bool tilefile_order(struct tilefile **file, const char *path, struct tileset *s);
/**
 * Write the rest of *set, give the file its name and replace *set by what the file holds. False
 * when it cannot be; *set is then no longer of use, but for tileset_free.
 */
bool tilefile_finish(struct tilefile *f, struct store *st, const struct tileset_kind *k,
                     unsigned view, const char *path, struct tileset **set);
/** Write all of a set in memory and give the file its name; the set stays as it is. */
bool tilefile_keep(struct tilefile *f, struct store *st, const struct tileset_kind *k,
                   unsigned view, const char *path, const struct tileset *s);
/** Let go of the pages that this process has looked at, of a set that is a file: the system keeps
 * them as long as it has room. They are there again when they are looked at. */
void tilefile_rest(const struct tileset *s);
/** Let go of the temporary file. */
void tilefile_free(struct tilefile *f);
void tilefile_unmap(struct tileset *s);

#endif
