/* Manifests: no input may crash; what is written is what was read, and it is canonical JSON. */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "log/manifest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct manifest m;
	struct json_value *v;
	struct arena mem;
	struct buf b;

	if (manifest_parse((const char *)data, size, &m, NULL) != ERR_OK)
		return 0;
	buf_init(&b, 0);
	if (manifest_write(&m, &b, NULL) != ERR_OK || b.size != size ||
	    memcmp(b.data, data, size) != 0)
		abort();
	arena_init(&mem, 0);
	if (json_parse(b.data, b.size, 0, &mem, &v, NULL) != ERR_OK)
		abort();
	buf_reset(&b);
	json_write_canonical(&b, v);
	if (!buf_ok(&b) || b.size != size || memcmp(b.data, data, size) != 0)
		abort();
	arena_done(&mem);
	buf_done(&b);
	return 0;
}
