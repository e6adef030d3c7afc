/* Landlock: what of the file system this process may still touch, for good. No TCP connection and
 * no listening either, where the kernel knows that. Threads: only the calling one and those it
 * makes later are held, so enter before making any. */
#ifndef BASE_LANDLOCK_H
#define BASE_LANDLOCK_H

#include <stddef.h>

#include "base/err.h"

enum {
	LANDLOCK_READ = 1, /* read files and list folders below */
	LANDLOCK_WRITE = 2 /* make, write, rename and remove files and folders below */
};

struct landlock_path {
	const char *path; /* of a file or folder that is there; others are passed over */
	unsigned may;
};

/** Give up everything but these. ERR_DENIED when the kernel offers no Landlock. */
MUST_CHECK enum err_code landlock_enter(const struct landlock_path *path, size_t count,
                                        struct err *e);

#endif
