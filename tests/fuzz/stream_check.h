/* For fuzzing: a stream that our own reader wrote must satisfy its own decoder to the last byte. */
#ifndef FUZZ_STREAM_CHECK_H
#define FUZZ_STREAM_CHECK_H

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "ingest/frames.h"
#include "reader/out.h"

/* A descriptor for the stream, emptied for each input. */
static inline int
stream_fd(void)
{
	static int fd = -1;

	if (fd < 0)
		fd = memfd_create("stream", MFD_CLOEXEC);
	if (fd < 0 || ftruncate(fd, 0) != 0 || lseek(fd, 0, SEEK_SET) != 0)
		abort();
	return fd;
}

static inline void
check_frame(char type, const uint8_t *p, size_t n, struct source_header *h, struct arena *mem)
{
	struct source_row *rows = NULL;
	struct source_bad bad;
	const char *text;
	size_t count = 0;
	int64_t sent;
	struct err e = { 0 };
	enum err_code rc = type == 'H'   ? frames_header(p, n, mem, h, &e)
	                   : type == 'R' ? frames_rows(p, n, h, mem, &rows, &count, &e)
	                   : type == 'B' ? frames_bad(p, n, mem, &bad, &e)
	                   : type == 'W' ? frames_warning(p, n, mem, &text, &e)
	                   : type == 'E' ? frames_end(p, n, &sent, &e)
	                                 : ERR_INTERNAL;

	if (rc != ERR_OK && rc != ERR_NOMEM)
		abort();
}

static inline void
check_stream(int fd)
{
	off_t size = lseek(fd, 0, SEEK_END);
	uint8_t *p = size > 0 ? mmap(NULL, (size_t)size, PROT_READ, MAP_SHARED, fd, 0) : NULL;
	struct source_header h = { 0 };
	struct arena mem;
	size_t at = 0;

	arena_init(&mem, 0);
	while (at < (size_t)size) {
		uint32_t n;

		if ((size_t)size - at < 5)
			abort();
		memcpy(&n, p + at, 4);
		if (n > (size_t)size - at - 5)
			abort();
		check_frame((char)p[at + 4], p + at + 5, n, &h, &mem);
		at += 5 + n;
	}
	arena_done(&mem);
	if (p)
		(void)munmap(p, (size_t)size);
}

#endif
