/* GeoJSON geometry objects: no input may crash; what is accepted has one canonical text. */
#include <stdlib.h>
#include <string.h>

#include "geo/geom.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool
canonical(const char *s, size_t n, struct buf *out)
{
	struct json_value *v = NULL;
	struct arena mem;
	struct geom g;
	bool good;

	arena_init(&mem, (size_t)128 << 20);
	buf_init(out, 0);
	good = json_parse(s, n, 0, &mem, &v, NULL) == ERR_OK &&
	       geom_from_json(v, 1000, &mem, &g, NULL) == ERR_OK;
	if (good) {
		geom_write_json(&g, out);
	}
	arena_done(&mem);
	return good;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf once, twice;

	if (canonical((const char *)data, size, &once)) {
		if (!buf_ok(&once) || !canonical(once.data, once.size, &twice)) {
			abort();
		}
		if (twice.size != once.size || memcmp(once.data, twice.data, once.size) != 0) {
			abort();
		}
		buf_done(&twice);
	}
	buf_done(&once);
	return 0;
}
