/* The files a reading may touch: the descriptors that were given, and what was unpacked from them
 * into one anonymous memory file. Found by name without regard to ASCII case. Threads: one table,
 * one thread. */
#ifndef READER_FILES_H
#define READER_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "reader/input.h"

struct file {
	const char *name; /* with folders inside an archive, "/" between */
	int fd;
	int64_t offset; /* where the content begins in fd */
	int64_t size;
};

struct files {
	struct arena mem;
	struct file *at;
	size_t count;
	size_t room;
};

void files_init(struct files *f);
void files_done(struct files *f);
/** Add one; size -1 asks the descriptor. ERR_NOMEM, ERR_IO, ERR_INVALID (no regular file). */
MUST_CHECK enum err_code files_add(struct files *f, const char *name, int fd, int64_t offset,
                                   int64_t size, struct err *e);
/** NULL if there is none. */
const struct file *files_find(const struct files *f, const char *name);
/** Read up to n bytes at an offset of the content; bytes read, 0 at the end, -1 on failure. */
int64_t file_pread(const struct file *f, void *p, size_t n, int64_t at);
/** Map the whole content to read. An empty file is an empty input. ERR_IO. */
MUST_CHECK enum err_code file_map(const struct file *f, struct input *ret, struct err *e);
void file_unmap(struct input *in);

#endif
