/* The files of the page, compressed at build and embedded (web/dist). */
#ifndef SERVE_PAGE_H
#define SERVE_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct page_file {
	const char *path; /* "/assets/app-1A2B3C4D.js" */
	const char *type;
	const char *etag; /* quoted, of the content */
	const uint8_t *data;
	size_t size;
	size_t whole_size; /* of the content itself */
	bool gzip;         /* data is compressed */
	bool for_ever;     /* its name holds a hash of its content */
};

extern const struct page_file page_files[];
extern const size_t page_file_count;

/** A file by its path, or NULL. */
const struct page_file *page_find(const char *path);
/** Append the content of a compressed file. False when memory ends. */
bool page_unpack(const struct page_file *file, struct buf *b);
/** Is this (without /r/NAME) one of the page's views, which all give /index.html? */
bool page_is_view(const char *path);

#endif
