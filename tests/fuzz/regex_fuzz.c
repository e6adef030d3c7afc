/* Patterns: no pattern and no text may crash or hang. The input is a pattern, a zero byte and a
 * text. A pattern P matches what (?:P) matches, and P|Q matches whenever P does. */
#include <stdlib.h>
#include <string.h>

#include "form/regex.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int
matches(const char *pattern, const char *text, size_t n, struct arena *mem)
{
	struct regex *re = NULL;

	if (!pattern || regex_compile(pattern, mem, &re, NULL) != ERR_OK)
		return -1;
	return regex_match(re, text, n, mem);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *split = memchr(data, 0, size);
	const char *pattern;
	const char *text;
	struct arena mem;
	size_t n;
	int plain, grouped, either;

	if (!split)
		return 0;
	arena_init(&mem, (size_t)64 << 20);
	pattern = arena_strndup(&mem, (const char *)data, (size_t)(split - (const char *)data));
	text = split + 1;
	n = size - (size_t)(text - (const char *)data);
	plain = matches(pattern, text, n, &mem);
	if (plain >= 0 && strncmp(pattern, "(?i)", 4) != 0) {
		grouped = matches(arena_printf(&mem, "(?:%s)", pattern), text, n, &mem);
		either = matches(arena_printf(&mem, "%s|q", pattern), text, n, &mem);
		if ((grouped >= 0 && grouped != plain) || (plain == 1 && either == 0))
			abort();
	}
	arena_done(&mem);
	return 0;
}
