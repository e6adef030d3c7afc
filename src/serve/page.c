#include <string.h>

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

	for (size_t i = 0; i < sizeof view / sizeof *view; i++)
		if (strcmp(path, view[i]) == 0)
			return true;
	return strncmp(path, "/records/", 9) == 0 && path[9] && !strchr(path + 9, '/');
}
