/* Multipart bodies, the boundary on the first line: no input may crash; each part lies inside the
 * body, in order, and none holds its own delimiter. */
#include <stdlib.h>
#include <string.h>

#include "api/multipart.h"
#include "base/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(const uint8_t *body, size_t n, const struct multipart_part *part, size_t count)
{
	const uint8_t *at = body;

	if (count > MULTIPART_MAX_PARTS)
		abort();
	for (size_t i = 0; i < count; i++) {
		const struct multipart_part *p = &part[i];

		if (!p->name || !p->type || p->bytes < at || p->size > n ||
		    (size_t)(body + n - p->bytes) < p->size)
			abort();
		if (!text_is_utf8(p->name, strlen(p->name)) ||
		    (p->filename && (!*p->filename || strpbrk(p->filename, "/\\"))))
			abort();
		at = p->bytes + p->size;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *line = memchr(data, '\n', size < 200 ? size : 200);
	size_t head = line ? (size_t)(line - data) : 0, n = line ? size - head - 1 : 0, count = 0;
	struct multipart_part *part = NULL;
	struct arena mem;
	char *type, *body;

	if (!line)
		return 0;
	arena_init(&mem, 0);
	type = arena_printf(&mem, "multipart/form-data; %.*s", (int)head, (const char *)data);
	body = malloc(n ? n : 1); /* its end is watched */
	if (body && type) {
		memcpy(body, line + 1, n);
		if (multipart_parse(type, (const uint8_t *)body, n, &mem, &part, &count, NULL) ==
		    ERR_OK)
			check((const uint8_t *)body, n, part, count);
	}
	free(body);
	arena_done(&mem);
	return 0;
}
