/* Archives: gzip and zip are unpacked here, into one anonymous memory file, never onto a disk and
 * never under a name that an archive chose. Limits: entries, bytes in all, ratio of unpacked to
 * packed bytes. Threads: one archive, one thread. */
#ifndef READER_UNPACK_H
#define READER_UNPACK_H

#include "base/err.h"
#include "reader/files.h"
#include "reader/limits.h"

struct unpack {
	const struct limits *limits;
	int fd;             /* the memory file; -1 until needed */
	int64_t used_bytes; /* of it */
	bool damaged; /* some content ended early or its checksum is wrong; what came is kept */
	void (*progress)(int64_t bytes);
};

/** progress (may be NULL) hears how many bytes were unpacked so far. */
void unpack_init(struct unpack *u, const struct limits *limits, void (*progress)(int64_t bytes));
void unpack_done(struct unpack *u);
/** The single file in a gzip file, under name. ERR_LIMIT, ERR_INVALID, ERR_IO. */
MUST_CHECK enum err_code unpack_gzip(struct unpack *u, const struct file *from, const char *name,
                                     struct files *ret, struct err *e);
/** The names of a zip's entries, without content (size is what the archive claims). Folders are
 * left out. */
MUST_CHECK enum err_code unpack_list(struct unpack *u, const struct file *from, struct files *ret,
                                     struct err *e);
/** The content of those entries for which want says yes. Fails with ERR_LIMIT, ERR_INVALID. */
MUST_CHECK enum err_code unpack_zip(struct unpack *u, const struct file *from,
                                    bool (*want)(void *ctx, const char *name), void *ctx,
                                    struct files *ret, struct err *e);

#endif
