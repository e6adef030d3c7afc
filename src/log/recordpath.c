#include "log/recordpath.h"

#include <string.h>

#include "base/text.h"
#include "log/lines.h"

#define MAGIC "fallow-record-path/v1"

void
recordpath_name(const uint8_t leaf_hash[32], char out[RECORDPATH_NAME_SIZE])
{
	text_hex(leaf_hash, (RECORDPATH_NAME_SIZE - 1) / 2, out);
}

void
recordpath_write(struct buf *b, const struct recordpath *p)
{
	char base64[45];

	buf_printf(b, MAGIC "\nsubmission %s\nindex %llu\nsize %llu\n", p->submission,
	           (unsigned long long)p->index, (unsigned long long)p->size);
	for (size_t i = 0; i < p->path.count; i++) {
		(void)text_base64(p->path.hash[i], MERKLE_HASH_SIZE, base64);
		buf_printf(b, "%s\n", base64);
	}
}

static bool
head_parse(struct lines *l, struct recordpath *ret)
{
	const char *s;
	size_t n;
	uint8_t name[(RECORDPATH_NAME_SIZE - 1) / 2];

	if (!lines_next(l, &s, &n) || !lines_is(s, n, MAGIC))
		return false;
	if (!lines_next(l, &s, &n) || !lines_skip(&s, &n, "submission ") ||
	    !lines_hex(s, n, name, sizeof name))
		return false;
	text_hex(name, sizeof name, ret->submission);
	if (!lines_next(l, &s, &n) || !lines_skip(&s, &n, "index ") ||
	    !lines_decimal(s, n, MERKLE_SIZE_MAX - 1, &ret->index))
		return false;
	return lines_next(l, &s, &n) && lines_skip(&s, &n, "size ") &&
	       lines_decimal(s, n, MERKLE_SIZE_MAX, &ret->size) && ret->index < ret->size;
}

enum err_code
recordpath_parse(const char *s, size_t n, struct recordpath *ret, struct err *e)
{
	struct recordpath p;
	struct lines l;
	const char *line;
	size_t line_n;

	if (n > RECORDPATH_MAX_BYTES)
		return err_set(e, ERR_LIMIT, "a record path of %zu bytes is longer than %d", n,
		               RECORDPATH_MAX_BYTES);
	lines_open(&l, s, n);
	if (!head_parse(&l, &p))
		return err_set(e, ERR_INVALID,
		               "line %zu of the record path is not what the format wants",
		               l.number);
	p.path.count = 0;
	while (lines_next(&l, &line, &line_n)) {
		if (p.path.count == MERKLE_PROOF_MAX)
			return err_set(e, ERR_LIMIT, "the path has more than %d hashes",
			               MERKLE_PROOF_MAX);
		if (!lines_base64_32(line, line_n, p.path.hash[p.path.count]))
			return err_set(e, ERR_INVALID, "line %zu of the record path is not a hash",
			               l.number);
		p.path.count++;
	}
	if (!lines_done(&l))
		return err_set(e, ERR_INVALID, "the last line of the record path has no line feed");
	memcpy(ret, &p, sizeof p);
	return ERR_OK;
}

enum err_code
recordpath_verify(const struct recordpath *p, const uint8_t leaf_hash[32], uint64_t statements,
                  const uint8_t root[32], struct err *e)
{
	if (p->size != statements)
		return err_set(e, ERR_VERIFY,
		               "the record path is for %llu statements, the manifest has %llu",
		               (unsigned long long)p->size, (unsigned long long)statements);
	return merkle_verify_inclusion(p->index, p->size, leaf_hash, &p->path, root, e);
}
