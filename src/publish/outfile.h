/* A file that is written piece by piece and appears under its name only when it is complete. */
#ifndef PUBLISH_OUTFILE_H
#define PUBLISH_OUTFILE_H

#include "base/buf.h"
#include "base/err.h"

struct outfile {
	struct buf pending; /* write here, then call outfile_flush now and then */
	char *path;
	int fd;
};

/** Start path, which must not exist. ERR_CONFLICT, ERR_IO, ERR_NOMEM. */
MUST_CHECK enum err_code outfile_open(struct outfile *f, const char *path, struct err *e);
/** Write what is pending if that is much (or force). */
MUST_CHECK enum err_code outfile_flush(struct outfile *f, bool force, struct err *e);
/** Write the rest, sync, close. */
MUST_CHECK enum err_code outfile_close(struct outfile *f, struct err *e);
/** Give up: removes the file. Safe on a zeroed struct and after outfile_close. */
void outfile_abort(struct outfile *f);

#endif
