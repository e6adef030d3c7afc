/* Trust policies: no input may crash; a policy written is read as the same policy. */
#include <stdlib.h>
#include <string.h>

#include "log/policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct policy p;
	static struct policy again;
	bool all[POLICY_WITNESSES_MAX];
	bool none[POLICY_WITNESSES_MAX] = { false };
	struct buf b;

	if (policy_parse((const char *)data, size, &p, NULL) != ERR_OK)
		return 0;
	memset(all, 1, sizeof all);
	if (!policy_quorum(&p, all) || (p.quorum >= 0 && policy_quorum(&p, none)))
		abort();
	buf_init(&b, 0);
	policy_write(&b, &p, false);
	if (!buf_ok(&b) || policy_parse(b.data, b.size, &again, NULL) != ERR_OK ||
	    again.log_count != p.log_count || again.witness_count != p.witness_count ||
	    again.quorum != p.quorum ||
	    memcmp(again.group, p.group, p.group_count * sizeof p.group[0]) != 0)
		abort();
	buf_done(&b);
	return 0;
}
