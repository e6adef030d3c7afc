#include <string.h>

#include <zlib.h>

#include "serve/page.h"

const struct page_file *
page_find(const char *path)
{
	for (size_t i = 0; i < page_file_count; i++)
		if (strcmp(page_files[i].path, path) == 0)
			return &page_files[i];
	return NULL;
}

bool
page_is_view(const char *path)
{
	static const char *const view[] = { "/picture", "/map",     "/records",
		                            "/inbox",   "/compare", "/sheet",
		                            "/enter",   "/login",   "/accounts" };

	static const char *const below[] = { "/records/", "/enter/" }; /* one name more */

	for (size_t i = 0; i < sizeof view / sizeof *view; i++)
		if (strcmp(path, view[i]) == 0)
			return true;
	for (size_t i = 0; i < sizeof below / sizeof *below; i++) {
		size_t n = strlen(below[i]);

		if (strncmp(path, below[i], n) == 0 && path[n] && !strchr(path + n, '/'))
			return true;
	}
	return false;
}

bool
page_unpack(const struct page_file *file, struct buf *b)
{
	z_stream z = { 0 };
	char *to = buf_reserve(b, file->whole_size);
	int rc;

	if (!to || inflateInit2(&z, 15 + 16) != Z_OK)
		return false;
	z.next_in = (z_const Bytef *)(uintptr_t)file->data;
	z.avail_in = (uInt)file->size;
	z.next_out = (Bytef *)to;
	z.avail_out = (uInt)file->whole_size;
	rc = inflate(&z, Z_FINISH);
	(void)inflateEnd(&z); /* frees; there is nothing to tell */
	b->size += file->whole_size - z.avail_out;
	return rc == Z_STREAM_END;
}
