/* Text in columns beside one another, for people's terminals: cells are wrapped at blanks to their
 * width, measured in characters (UTF-8), wide East Asian ones as two. */
#ifndef PUBLISH_COLUMNS_H
#define PUBLISH_COLUMNS_H

#include <stddef.h>

#include "base/buf.h"

#define COLUMNS_MAX 8

/** Width of a text on a terminal. Combining marks take no room. */
size_t columns_width(const char *s, size_t n);
/** Write s and blanks up to width; a longer text stays whole. */
void columns_pad(struct buf *out, const char *s, size_t width);
/**
 * Write n cells (NULL = empty) side by side, each wrapped to its width with two blanks between;
 * "\n" in a cell begins a new line of it. Lines have no blanks at their end. n is at most
 * COLUMNS_MAX.
 */
void columns_write(struct buf *out, size_t indent, const size_t *width, const char *const *cell,
                   size_t n);

#endif
