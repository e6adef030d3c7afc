/* A look over WKB before it is passed on: it is whole, its numbers are finite, it is not too large.
 * Pure functions, thread-safe. */
#ifndef READER_WKB_H
#define READER_WKB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Why the n bytes are no good as one geometry (either byte order, ISO or EWKB types), or NULL.
 * depth: collections inside each other. An empty point (NaN NaN) is good and sets *ret_empty. */
const char *wkb_refusal(const uint8_t *p, size_t n, int64_t max_vertices, int depth,
                        bool *ret_empty);

#endif
