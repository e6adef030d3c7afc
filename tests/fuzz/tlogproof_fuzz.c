/* tlog-proof files: no input may crash; without an "extra" line what is written is what was read.
 */
#include <stdlib.h>
#include <string.h>

#include "log/tlogproof.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char extra[] = "c2sp.org/tlog-proof@v1\nextra ";
	static const struct policy none = { .quorum = -1 };
	struct tlogproof p;
	struct buf b;
	uint8_t leaf[32] = { 0 };

	if (tlogproof_parse((const char *)data, size, &p, NULL) != ERR_OK)
		return 0;
	if (tlogproof_verify(&p, leaf, &none, NULL, NULL) == ERR_OK)
		abort();
	if (size >= sizeof extra && memcmp(data, extra, sizeof extra - 1) == 0)
		return 0;
	buf_init(&b, 0);
	tlogproof_write(&b, p.index, &p.path, p.checkpoint, p.checkpoint_size);
	if (!buf_ok(&b) || b.size != size || memcmp(b.data, data, size) != 0)
		abort();
	buf_done(&b);
	return 0;
}
