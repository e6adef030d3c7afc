#include "log/tlogproof.h"

#include <string.h>

#include "base/text.h"
#include "log/lines.h"

#define MAGIC "c2sp.org/tlog-proof@v1"

void
tlogproof_write(struct buf *b, uint64_t index, const struct merkle_proof *path,
                const char *checkpoint, size_t checkpoint_size)
{
	char base64[45];

	buf_printf(b, MAGIC "\nindex %llu\n", (unsigned long long)index);
	for (size_t i = 0; i < path->count; i++) {
		(void)text_base64(path->hash[i], MERKLE_HASH_SIZE, base64);
		buf_printf(b, "%s\n", base64);
	}
	buf_addc(b, '\n');
	buf_add(b, checkpoint, checkpoint_size);
}

/* "extra <base64>": allowed, not authenticated, so only its form is looked at. */
static bool
extra_ok(const char *s, size_t n)
{
	size_t i = 0;

	if (n == 0 || n % 4 != 0)
		return false;
	while (i < n && (s[i] == '+' || s[i] == '/' || (s[i] >= '0' && s[i] <= '9') ||
	                 (s[i] >= 'A' && s[i] <= 'Z') || (s[i] >= 'a' && s[i] <= 'z')))
		i++;
	while (i < n && i + 2 >= n && s[i] == '=')
		i++;
	return i == n;
}

enum err_code
tlogproof_parse(const char *s, size_t n, struct tlogproof *ret, struct err *e)
{
	struct lines l;
	const char *line;
	size_t line_n;
	bool have;

	if (n > TLOGPROOF_MAX_BYTES)
		return err_set(e, ERR_LIMIT, "a proof of %zu bytes is longer than %d", n,
		               TLOGPROOF_MAX_BYTES);
	lines_open(&l, s, n);
	if (!lines_next(&l, &line, &line_n) || !lines_is(line, line_n, MAGIC))
		return err_set(e, ERR_INVALID, "the first line of a proof is not \"" MAGIC "\"");
	have = lines_next(&l, &line, &line_n);
	if (have && lines_skip(&line, &line_n, "extra ")) {
		if (!extra_ok(line, line_n))
			return err_set(e, ERR_INVALID, "line %zu: \"extra\" is not base64",
			               l.number);
		have = lines_next(&l, &line, &line_n);
	}
	if (!have || !lines_skip(&line, &line_n, "index ") ||
	    !lines_decimal(line, line_n, MERKLE_SIZE_MAX - 1, &ret->index))
		return err_set(e, ERR_INVALID, "line %zu of the proof is not an index", l.number);
	ret->path.count = 0;
	for (;;) {
		if (!lines_next(&l, &line, &line_n))
			return err_set(e, ERR_INVALID, "the proof has no checkpoint");
		if (line_n == 0)
			break;
		if (ret->path.count == MERKLE_PROOF_MAX)
			return err_set(e, ERR_LIMIT, "the path has more than %d hashes",
			               MERKLE_PROOF_MAX);
		if (!lines_base64_32(line, line_n, ret->path.hash[ret->path.count]))
			return err_set(e, ERR_INVALID, "line %zu of the proof is not a hash",
			               l.number);
		ret->path.count++;
	}
	ret->checkpoint = l.p;
	ret->checkpoint_size = (size_t)(l.end - l.p);
	if (ret->checkpoint_size == 0)
		return err_set(e, ERR_INVALID, "the proof has no checkpoint");
	return ERR_OK;
}

enum err_code
tlogproof_verify(const struct tlogproof *p, const uint8_t leaf_hash[32],
                 const struct policy *policy, struct checkpoint *ret, struct err *e)
{
	struct checkpoint cp;
	enum err_code rc = policy_check(policy, p->checkpoint, p->checkpoint_size, &cp, NULL, e);

	if (rc != ERR_OK)
		return rc;
	rc = merkle_verify_inclusion(p->index, cp.size, leaf_hash, &p->path, cp.root, e);
	if (rc != ERR_OK)
		return rc;
	if (ret)
		*ret = cp;
	return ERR_OK;
}
