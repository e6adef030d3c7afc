#include "log/merkle.h"

#include <stdbool.h>
#include <string.h>

#include "base/hash.h"

void
merkle_leaf(const void *p, size_t n, uint8_t out[MERKLE_HASH_SIZE])
{
	static const uint8_t prefix = 0x00;
	struct hash_state h;

	hash_init(&h);
	hash_update(&h, &prefix, 1);
	if (n > 0)
		hash_update(&h, p, n);
	hash_final(&h, out);
}

void
merkle_node(const uint8_t left[MERKLE_HASH_SIZE], const uint8_t right[MERKLE_HASH_SIZE],
            uint8_t out[MERKLE_HASH_SIZE])
{
	uint8_t block[1 + 2 * MERKLE_HASH_SIZE];
	struct hash_state h;

	block[0] = 0x01;
	memcpy(block + 1, left, MERKLE_HASH_SIZE);
	memcpy(block + 1 + MERKLE_HASH_SIZE, right, MERKLE_HASH_SIZE);
	hash_init(&h);
	hash_update(&h, block, sizeof block);
	hash_final(&h, out);
}

void
merkle_empty(uint8_t out[MERKLE_HASH_SIZE])
{
	hash_sha256("", 0, out);
}

/* Largest power of two below n; n >= 2. */
static uint64_t
split(uint64_t n)
{
	return (uint64_t)1 << (63 - __builtin_clzll(n - 1));
}

void
merkle_root_of_leaves(const uint8_t (*leaf)[MERKLE_HASH_SIZE], uint64_t n,
                      uint8_t out[MERKLE_HASH_SIZE])
{
	uint8_t left[MERKLE_HASH_SIZE];
	uint8_t right[MERKLE_HASH_SIZE];
	uint64_t k;

	if (n == 0) {
		merkle_empty(out);
		return;
	}
	if (n == 1) {
		memcpy(out, leaf[0], MERKLE_HASH_SIZE);
		return;
	}
	k = split(n);
	merkle_root_of_leaves(leaf, k, left);
	merkle_root_of_leaves(leaf + k, n - k, right);
	merkle_node(left, right, out);
}

/* MTH(D[start:end]), start < end, start a multiple of a power of two >= end - start, so that the
 * range falls into complete subtrees of falling level. */
static enum err_code
range_root(uint64_t start, uint64_t end, merkle_get *get, void *ctx, uint8_t ret[MERKLE_HASH_SIZE],
           struct err *e)
{
	uint8_t part[MERKLE_LEVELS][MERKLE_HASH_SIZE];
	size_t count = 0;

	while (start < end) {
		const unsigned level = 63u - (unsigned)__builtin_clzll(end - start);
		enum err_code rc = get(ctx, level, start >> level, part[count], e);

		if (rc != ERR_OK)
			return rc;
		count++;
		start += (uint64_t)1 << level;
	}
	while (count > 1) {
		merkle_node(part[count - 2], part[count - 1], part[count - 2]);
		count--;
	}
	memcpy(ret, part[0], MERKLE_HASH_SIZE);
	return ERR_OK;
}

enum err_code
merkle_root_of_subtrees(uint64_t size, merkle_get *get, void *ctx,
                        uint8_t ret_root[MERKLE_HASH_SIZE], struct err *e)
{
	if (size > MERKLE_SIZE_MAX)
		return err_set(e, ERR_INVALID, "tree size %llu is above 2^62",
		               (unsigned long long)size);
	if (size == 0) {
		merkle_empty(ret_root);
		return ERR_OK;
	}
	return range_root(0, size, get, ctx, ret_root, e);
}

static void
proof_reverse(struct merkle_proof *p)
{
	for (size_t i = 0; i < p->count / 2; i++) {
		uint8_t h[MERKLE_HASH_SIZE];

		memcpy(h, p->hash[i], MERKLE_HASH_SIZE);
		memcpy(p->hash[i], p->hash[p->count - 1 - i], MERKLE_HASH_SIZE);
		memcpy(p->hash[p->count - 1 - i], h, MERKLE_HASH_SIZE);
	}
}

enum err_code
merkle_inclusion(uint64_t index, uint64_t size, merkle_get *get, void *ctx,
                 struct merkle_proof *ret, struct err *e)
{
	uint64_t start = 0;
	uint64_t end = size;

	if (size > MERKLE_SIZE_MAX || index >= size)
		return err_set(e, ERR_INVALID, "leaf %llu is not in a tree of %llu",
		               (unsigned long long)index, (unsigned long long)size);
	ret->count = 0;
	while (end - start > 1) {
		const uint64_t middle = start + split(end - start);
		uint8_t *to = ret->hash[ret->count];
		enum err_code rc;

		if (index < middle) {
			rc = range_root(middle, end, get, ctx, to, e);
			end = middle;
		} else {
			rc = range_root(start, middle, get, ctx, to, e);
			start = middle;
		}
		if (rc != ERR_OK)
			return rc;
		ret->count++;
	}
	proof_reverse(ret);
	return ERR_OK;
}

enum err_code
merkle_consistency(uint64_t old_size, uint64_t new_size, merkle_get *get, void *ctx,
                   struct merkle_proof *ret, struct err *e)
{
	uint64_t start = 0;
	uint64_t end = new_size;
	enum err_code rc;

	if (new_size > MERKLE_SIZE_MAX || old_size == 0 || old_size > new_size)
		return err_set(e, ERR_INVALID, "no consistency proof from size %llu to %llu",
		               (unsigned long long)old_size, (unsigned long long)new_size);
	ret->count = 0;
	while (end != old_size) {
		const uint64_t middle = start + split(end - start);
		uint8_t *to = ret->hash[ret->count];

		if (old_size <= middle) {
			rc = range_root(middle, end, get, ctx, to, e);
			end = middle;
		} else {
			rc = range_root(start, middle, get, ctx, to, e);
			start = middle;
		}
		if (rc != ERR_OK)
			return rc;
		ret->count++;
	}
	/* The old root itself is known to the verifier; any other subtree it has to be given. */
	if (start != 0) {
		rc = range_root(start, end, get, ctx, ret->hash[ret->count], e);
		if (rc != ERR_OK)
			return rc;
		ret->count++;
	}
	proof_reverse(ret);
	return ERR_OK;
}

enum err_code
merkle_verify_inclusion(uint64_t index, uint64_t size, const uint8_t leaf_hash[MERKLE_HASH_SIZE],
                        const struct merkle_proof *proof, const uint8_t root[MERKLE_HASH_SIZE],
                        struct err *e)
{
	uint8_t r[MERKLE_HASH_SIZE];
	uint64_t fn = index;
	uint64_t sn;

	if (size > MERKLE_SIZE_MAX || index >= size)
		return err_set(e, ERR_VERIFY, "leaf %llu is not in a tree of %llu",
		               (unsigned long long)index, (unsigned long long)size);
	if (proof->count > MERKLE_PROOF_MAX)
		return err_set(e, ERR_VERIFY, "the path has %zu hashes, more than %d", proof->count,
		               MERKLE_PROOF_MAX);
	sn = size - 1;
	memcpy(r, leaf_hash, sizeof r);
	for (size_t i = 0; i < proof->count; i++) {
		if (sn == 0)
			return err_set(e, ERR_VERIFY, "the path is too long: %zu hashes",
			               proof->count);
		if ((fn & 1) || fn == sn) {
			merkle_node(proof->hash[i], r, r);
			while (!(fn & 1) && fn != 0) {
				fn >>= 1;
				sn >>= 1;
			}
		} else {
			merkle_node(r, proof->hash[i], r);
		}
		fn >>= 1;
		sn >>= 1;
	}
	if (sn != 0)
		return err_set(e, ERR_VERIFY, "the path is too short: %zu hashes", proof->count);
	if (memcmp(r, root, sizeof r) != 0)
		return err_set(e, ERR_VERIFY, "the path does not lead to the root");
	return ERR_OK;
}

/* Fold a consistency path of at least one hash; sizes are 1 <= old < new. */
static enum err_code
consistency_fold(uint64_t old_size, uint64_t new_size, const uint8_t *old_root,
                 const uint8_t *new_root, const struct merkle_proof *proof, struct err *e)
{
	const bool whole = (old_size & (old_size - 1)) == 0;
	uint64_t fn = old_size - 1;
	uint64_t sn = new_size - 1;
	uint8_t fr[MERKLE_HASH_SIZE];
	uint8_t sr[MERKLE_HASH_SIZE];

	while (fn & 1) {
		fn >>= 1;
		sn >>= 1;
	}
	/* A power of two: the old root is itself a subtree and stands first, unsaid. */
	memcpy(fr, whole ? old_root : proof->hash[0], sizeof fr);
	memcpy(sr, fr, sizeof sr);
	for (size_t i = whole ? 0 : 1; i < proof->count; i++) {
		if (sn == 0)
			return err_set(e, ERR_VERIFY,
			               "the consistency path is too long: %zu hashes",
			               proof->count);
		if ((fn & 1) || fn == sn) {
			merkle_node(proof->hash[i], fr, fr);
			merkle_node(proof->hash[i], sr, sr);
			while (!(fn & 1) && fn != 0) {
				fn >>= 1;
				sn >>= 1;
			}
		} else {
			merkle_node(sr, proof->hash[i], sr);
		}
		fn >>= 1;
		sn >>= 1;
	}
	if (sn != 0)
		return err_set(e, ERR_VERIFY, "the consistency path is too short: %zu hashes",
		               proof->count);
	if (memcmp(fr, old_root, sizeof fr) != 0)
		return err_set(e, ERR_VERIFY, "the consistency path does not lead to the old root");
	if (memcmp(sr, new_root, sizeof sr) != 0)
		return err_set(e, ERR_VERIFY, "the consistency path does not lead to the new root");
	return ERR_OK;
}

enum err_code
merkle_verify_consistency(uint64_t old_size, const uint8_t old_root[MERKLE_HASH_SIZE],
                          uint64_t new_size, const uint8_t new_root[MERKLE_HASH_SIZE],
                          const struct merkle_proof *proof, struct err *e)
{
	if (old_size == 0)
		return err_set(e, ERR_VERIFY, "a proof from the empty tree proves nothing");
	if (new_size > MERKLE_SIZE_MAX || old_size > new_size)
		return err_set(e, ERR_VERIFY, "a log of %llu leaves cannot have grown to %llu",
		               (unsigned long long)old_size, (unsigned long long)new_size);
	if (proof->count > MERKLE_PROOF_MAX)
		return err_set(e, ERR_VERIFY, "the consistency path has %zu hashes, more than %d",
		               proof->count, MERKLE_PROOF_MAX);
	if (old_size == new_size) {
		if (proof->count != 0)
			return err_set(e, ERR_VERIFY,
			               "equal sizes, but the consistency path has hashes");
		if (memcmp(old_root, new_root, MERKLE_HASH_SIZE) != 0)
			return err_set(e, ERR_VERIFY, "two different roots at size %llu",
			               (unsigned long long)old_size);
		return ERR_OK;
	}
	if (proof->count == 0)
		return err_set(e, ERR_VERIFY, "the consistency path is empty");
	return consistency_fold(old_size, new_size, old_root, new_root, proof, e);
}

void
merkle_frontier_init(struct merkle_frontier *f)
{
	memset(f, 0, sizeof *f);
}

enum err_code
merkle_frontier_load(struct merkle_frontier *f, uint64_t size, merkle_get *get, void *ctx,
                     struct err *e)
{
	struct merkle_frontier g;

	if (size > MERKLE_SIZE_MAX)
		return err_set(e, ERR_INVALID, "tree size %llu is above 2^62",
		               (unsigned long long)size);
	merkle_frontier_init(&g);
	g.size = size;
	for (unsigned level = 0; level < MERKLE_LEVELS; level++) {
		enum err_code rc;

		if (!((size >> level) & 1))
			continue;
		rc = get(ctx, level, (size >> level) - 1, g.hash[level], e);
		if (rc != ERR_OK)
			return rc;
	}
	*f = g;
	return ERR_OK;
}

enum err_code
merkle_frontier_append(struct merkle_frontier *f, const uint8_t leaf_hash[MERKLE_HASH_SIZE],
                       merkle_put *put, void *ctx, struct err *e)
{
	uint8_t h[MERKLE_HASH_SIZE];
	unsigned level = 0;

	if (f->size >= MERKLE_SIZE_MAX)
		return err_set(e, ERR_LIMIT, "the log is full: 2^62 leaves");
	memcpy(h, leaf_hash, sizeof h);
	for (;;) {
		if (put) {
			enum err_code rc = put(ctx, level, f->size >> level, h, e);

			if (rc != ERR_OK)
				return rc;
		}
		if (!((f->size >> level) & 1))
			break;
		merkle_node(f->hash[level], h, h);
		level++;
	}
	memcpy(f->hash[level], h, sizeof h);
	f->size++;
	return ERR_OK;
}

void
merkle_frontier_root(const struct merkle_frontier *f, uint8_t out[MERKLE_HASH_SIZE])
{
	uint8_t r[MERKLE_HASH_SIZE];
	bool begun = false;

	for (unsigned level = 0; level < MERKLE_LEVELS; level++) {
		if (!((f->size >> level) & 1))
			continue;
		if (begun)
			merkle_node(f->hash[level], r, r);
		else
			memcpy(r, f->hash[level], sizeof r);
		begun = true;
	}
	if (begun)
		memcpy(out, r, sizeof r);
	else
		merkle_empty(out);
}
