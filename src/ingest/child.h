/* The reader as a child process: which files it gets, how it is started, how it ended. Threads: one
 * child belongs to one thread at a time. */
#ifndef INGEST_CHILD_H
#define INGEST_CHILD_H

#include <sys/types.h>

#include "base/err.h"
#include "ingest/source.h"

struct child {
	pid_t pid; /* 0 = none, or already waited for */
	int fd;    /* its standard output */
};

/**
 * Start the reader on path. mode is "list", "rows" or "raster". opt may be NULL.
 * Fails with ERR_NOTFOUND (no such file), ERR_INVALID (a folder), ERR_CONFLICT (a GeoPackage that
 * another program has open), ERR_IO (no reader, no process).
 */
MUST_CHECK enum err_code child_start(const char *path, const char *mode,
                                     const struct source_options *opt, struct child *ret,
                                     struct err *e);
/** Wait for a child whose stream broke off, and say why it ended. Returns e's code, never ERR_OK.
 */
enum err_code child_explain(struct child *c, struct err *e);
/** Kill it if it still runs, wait, close its stream. Safe on a zeroed struct with fd -1. */
void child_stop(struct child *c);

#endif
