/* record.path: no input may crash; what is written is what was read. */
#include <stdlib.h>
#include <string.h>

#include "log/recordpath.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t zero[32];
	struct recordpath p;
	struct buf b;

	if (recordpath_parse((const char *)data, size, &p, NULL) != ERR_OK)
		return 0;
	(void)recordpath_verify(&p, zero, p.size, zero, NULL);
	buf_init(&b, 0);
	recordpath_write(&b, &p);
	if (!buf_ok(&b) || b.size != size || memcmp(b.data, data, size) != 0)
		abort();
	buf_done(&b);
	return 0;
}
