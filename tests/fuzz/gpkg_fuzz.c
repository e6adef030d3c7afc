/* GeoPackage blobs: no input may crash; what is accepted is written and read back to the same bits.
 */
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
	if (geom_from_gpkg(data, size, &mem, &g, NULL) == ERR_OK) {
		geom_to_gpkg(&g, &out);
		if (!buf_ok(&out) || geom_from_gpkg((const uint8_t *)out.data, out.size, &mem,
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
