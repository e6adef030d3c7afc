/* Records put aside and given back in the order of a number, in little memory however many they
 * are: sorted runs in a temporary file without a name, merged (Knuth, The Art of Computer
 * Programming 3, 5.4). Few records never leave memory. The file needs no fsync: it lives no longer
 * than who made it. Threads: a scratch and its spools belong to one thread at a time. */
#ifndef BASE_SPOOL_H
#define BASE_SPOOL_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define SPOOL_MEMORY_BYTES ((size_t)4 << 20) /* put aside before a run is written */
#define SPOOL_READ_BYTES ((size_t)32 << 10)  /* read of a run at a time */

/* Where spools of one owner put their runs, together. */
struct scratch {
	int fd;       /* -1: in memory */
	int64_t end;  /* of what is written */
	size_t users; /* spools; when the last one goes, the file is emptied */
};

/**
 * A temporary file without a name beside `path`, else in /var/tmp or /tmp, readable to nobody else;
 * where none can be made, records stay in memory.
 */
void scratch_open(struct scratch *s, const char *path);
void scratch_close(struct scratch *s);

struct spool;

/** scratch must outlive the spool. ERR_NOMEM. */
MUST_CHECK enum err_code spool_create(struct scratch *scratch, struct spool **ret, struct err *e);
/** The scratch is emptied with its last spool. NULL is allowed. */
void spool_free(struct spool *s);

struct spool_piece {
	const void *data;
	size_t size;
};

/**
 * Put a record aside: its pieces one after the other, each filled up with zeros to 8 bytes. key is
 * a number, not NaN. ERR_NOMEM, ERR_IO (the disk is full), ERR_INTERNAL after the first spool_next.
 */
MUST_CHECK enum err_code spool_put(struct spool *s, double key, const struct spool_piece *piece,
                                   size_t count, struct err *e);
/**
 * The next record by key; of equal keys the one put first. *ret_data is aligned to 8 and lives
 * until the next call; *ret_size is a multiple of 8. ERR_NOTFOUND at the end (e is left as it is),
 * ERR_NOMEM, ERR_IO.
 */
MUST_CHECK enum err_code spool_next(struct spool *s, double *ret_key, const void **ret_data,
                                    size_t *ret_size, struct err *e);

#endif
