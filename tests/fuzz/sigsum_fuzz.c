/* Sigsum proofs: no input may crash; what is written is what was read. */
#include <stdlib.h>
#include <string.h>

#include "log/sigsum.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct policy none = { .quorum = -1 };
	static const uint8_t zero[32];
	const struct sigsum_facts facts = { zero, zero, &none };
	struct sigsum_proof p;
	struct buf b;

	if (sigsum_proof_parse((const char *)data, size, &p, NULL) != ERR_OK)
		return 0;
	if (sigsum_proof_verify(&p, &facts, NULL) == ERR_OK)
		abort();
	buf_init(&b, 0);
	sigsum_proof_write(&b, &p);
	if (!buf_ok(&b) || b.size != size || memcmp(b.data, data, size) != 0)
		abort();
	buf_done(&b);
	return 0;
}
