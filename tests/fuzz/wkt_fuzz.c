/* WKT: no input may crash; what is accepted survives the way through WKB. */
#include <stdlib.h>

#include "geo/geom.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct geom g, back;
	struct arena mem;
	struct buf out;

	arena_init(&mem, (size_t)64 << 20);
	buf_init(&out, 0);
	if (geom_from_wkt((const char *)data, size, 1000, &mem, &g, NULL) == ERR_OK) {
		geom_to_wkb(&g, &out);
		if (!buf_ok(&out) || geom_from_wkb((const uint8_t *)out.data, out.size, 0, &mem,
		                                   &back, NULL) != ERR_OK) {
			abort();
		}
		if (!geom_equal(&g, &back)) {
			abort();
		}
	}
	buf_done(&out);
	arena_done(&mem);
	return 0;
}
