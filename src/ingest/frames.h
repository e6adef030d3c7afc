/* The decoder of the reader's stream: one frame's body at a time, from bytes nobody vouches for.
 * Pure functions over memory; used by source.c, and by the fuzzer alone. */
#ifndef INGEST_FRAMES_H
#define INGEST_FRAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "ingest/source.h"

#define FRAMES_MAX_COLUMNS 2001u
#define FRAMES_MAX_LAYERS 10000u

/** 'L'. Texts are copied into mem. ERR_INVALID when the body is not as ingest/pipe.h says,
 * ERR_NOMEM. */
MUST_CHECK enum err_code frames_layers(const uint8_t *p, size_t n, struct arena *mem,
                                       struct source_layer **ret, size_t *ret_count, struct err *e);
/** 'H'. */
MUST_CHECK enum err_code frames_header(const uint8_t *p, size_t n, struct arena *mem,
                                       struct source_header *ret, struct err *e);
/** 'R'. Rows point into p. *mem gets the arrays; its limit bounds them. */
MUST_CHECK enum err_code frames_rows(const uint8_t *p, size_t n, const struct source_header *h,
                                     struct arena *mem, struct source_row **ret, size_t *ret_count,
                                     struct err *e);
/** 'B'. Texts are copied into mem. */
MUST_CHECK enum err_code frames_bad(const uint8_t *p, size_t n, struct arena *mem,
                                    struct source_bad *ret, struct err *e);
/** 'W'. */
MUST_CHECK enum err_code frames_warning(const uint8_t *p, size_t n, struct arena *mem,
                                        const char **ret, struct err *e);
/** 'P'. */
MUST_CHECK enum err_code frames_raster(const uint8_t *p, size_t n, struct arena *mem,
                                       struct source_raster *ret, struct err *e);
/** 'D'. row gets width values; infinite ones become NaN. */
MUST_CHECK enum err_code frames_raster_row(const uint8_t *p, size_t n,
                                           const struct source_raster *r, double *row,
                                           uint32_t *ret_y, struct err *e);
/** 'E'. */
MUST_CHECK enum err_code frames_end(const uint8_t *p, size_t n, int64_t *ret_rows, struct err *e);
/** 'F'. Fills *e with what the reader said and returns its code; never ERR_OK. */
enum err_code frames_failure(const uint8_t *p, size_t n, struct err *e);

#endif
