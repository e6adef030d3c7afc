#include "serve/page.h"

/* Stands for the page where it was not built. */
#define HTML                                                                                       \
	"<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>Fallow</title>\n"   \
	"<h1>Fallow</h1>\n<p>This server was built without its page. Its data is here: "           \
	"<a href=\"/registers\">registers</a>, <a href=\"/collections?f=json\">collections</a>, "  \
	"<a href=\"/openapi.json\">description</a>.</p>\n</html>\n"

const struct page_file page_files[] = {
	{ "/index.html", "text/html; charset=utf-8", "\"none\"", (const uint8_t *)HTML,
	  sizeof HTML - 1, sizeof HTML - 1, false, false },
};
const size_t page_file_count = sizeof page_files / sizeof *page_files;
