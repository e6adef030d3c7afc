/* Outlines for tiles of large registers made ahead, as files that all processes share
 * (docs/FORMATS.md, "Side files"): who answers may not write, and would need half a minute and a
 * hundred megabytes each. */
#ifndef SERVE_DRAW_H
#define SERVE_DRAW_H

#include "api/site.h"

#define DRAW_LEAST 20000  /* records of a kind; fewer are drawn from memory */
#define DRAW_CHANGES 5000 /* records that changed since a file was made: it is made again */

/** The folder of a register's files. False when the path is too long. */
bool draw_folder(const struct site_register *reg, char *ret, size_t size);
/** Is a file missing, or so old that it is to be made again? Inside a snapshot of reg. */
MUST_CHECK enum err_code draw_wanted(const struct site_register *reg, bool *ret, struct err *e);
/**
 * Make the files that are missing or old, the public's first. In the same snapshot. A file that
 * cannot be written is no error. ERR_NOMEM, ERR_IO, ERR_LIMIT.
 */
MUST_CHECK enum err_code draw_make(const struct site_register *reg, struct err *e);

#endif
