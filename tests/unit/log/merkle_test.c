#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "log/lines.h"
#include "log/merkle.h"
#include "vectors.h"

#define LEAVES 300

/* A tree in memory, filled by a frontier. */
struct tree {
	uint8_t node[10][LEAVES][32];
	size_t count[10];
	uint8_t leaf[LEAVES][32];
	struct merkle_frontier frontier;
};

static struct tree tree;

static enum err_code
put(void *ctx, unsigned level, uint64_t index, const uint8_t hash[32], struct err *e)
{
	struct tree *t = ctx;

	(void)e;
	assert_true(level < 10);
	assert_int_equal(index, t->count[level]); /* append-only, without holes */
	memcpy(t->node[level][index], hash, 32);
	t->count[level]++;
	return ERR_OK;
}

static enum err_code
get(void *ctx, unsigned level, uint64_t index, uint8_t ret_hash[32], struct err *e)
{
	struct tree *t = ctx;

	(void)e;
	assert_true(level < 10);
	assert_true(index < t->count[level]);
	memcpy(ret_hash, t->node[level][index], 32);
	return ERR_OK;
}

static enum err_code
refuse_put(void *ctx, unsigned level, uint64_t index, const uint8_t hash[32], struct err *e)
{
	(void)ctx;
	(void)index;
	(void)hash;
	return level == 1 ? err_set(e, ERR_IO, "no") : ERR_OK;
}

static int
fill(void **state)
{
	struct err e;

	(void)state;
	memset(&tree, 0, sizeof tree);
	merkle_frontier_init(&tree.frontier);
	for (unsigned i = 0; i < LEAVES; i++) {
		char text[16];

		(void)snprintf(text, sizeof text, "leaf %u", i);
		merkle_leaf(text, strlen(text), tree.leaf[i]);
		if (merkle_frontier_append(&tree.frontier, tree.leaf[i], put, &tree, &e) != ERR_OK)
			return -1;
	}
	return 0;
}

/* Published numbers: leaves, roots, node and leaf of the Certificate Transparency suite. */
static void
test_rfc6962(void **state)
{
	struct buf b;
	struct arena mem;
	struct json_value *v;
	struct err e;
	uint8_t leaf[8][32];
	uint8_t want[32];
	uint8_t got[32];
	size_t n = 0;

	(void)state;
	read_vector("rfc6962/ct-reference-leaves.json", &b);
	arena_init(&mem, 0);
	assert_int_equal(json_parse(b.data, b.size, 0, &mem, &v, &e), ERR_OK);
	for (struct json_value *x = json_get(v, "leaf_inputs_hex")->first; x; x = x->next) {
		uint8_t bytes[64];

		must_unhex(x->string, bytes, x->count / 2);
		merkle_leaf(bytes, x->count / 2, leaf[n++]);
	}
	n = 0;
	for (struct json_value *x = json_get(v, "leaf_hashes")->first; x; x = x->next) {
		must_unhex(x->string, want, 32);
		assert_memory_equal(leaf[n++], want, 32);
	}
	must_unhex(json_get_string(v, "empty_root"), want, 32);
	merkle_empty(got);
	assert_memory_equal(got, want, 32);
	must_unhex(json_get_string(v, "hash_leaf(L123456)"), want, 32);
	merkle_leaf("L123456", 7, got);
	assert_memory_equal(got, want, 32);
	n = 0;
	for (struct json_value *x = json_get(v, "roots_by_size")->first; x; x = x->next) {
		uint64_t size;
		struct merkle_frontier f;

		assert_true(lines_decimal(x->key, x->key_size, 8, &size));
		must_unhex(x->string, want, 32);
		merkle_root_of_leaves((const uint8_t(*)[32])leaf, size, got);
		assert_memory_equal(got, want, 32);
		merkle_frontier_init(&f);
		for (uint64_t i = 0; i < size; i++)
			assert_int_equal(merkle_frontier_append(&f, leaf[i], NULL, NULL, &e),
			                 ERR_OK);
		merkle_frontier_root(&f, got);
		assert_memory_equal(got, want, 32);
		n++;
	}
	assert_int_equal(n, 6);
	arena_done(&mem);
	buf_done(&b);
}

/* All three ways to a root agree at every size. */
static void
test_roots(void **state)
{
	struct err e;

	(void)state;
	for (uint64_t n = 0; n <= LEAVES; n++) {
		struct merkle_frontier f;
		uint8_t a[32];
		uint8_t b[32];
		uint8_t c[32];

		merkle_root_of_leaves((const uint8_t(*)[32])tree.leaf, n, a);
		assert_int_equal(merkle_root_of_subtrees(n, get, &tree, b, &e), ERR_OK);
		assert_int_equal(merkle_frontier_load(&f, n, get, &tree, &e), ERR_OK);
		merkle_frontier_root(&f, c);
		assert_memory_equal(a, b, 32);
		assert_memory_equal(a, c, 32);
		if (n < LEAVES) {
			assert_int_equal(merkle_frontier_append(&f, tree.leaf[n], NULL, NULL, &e),
			                 ERR_OK);
			merkle_root_of_leaves((const uint8_t(*)[32])tree.leaf, n + 1, a);
			merkle_frontier_root(&f, c);
			assert_memory_equal(a, c, 32);
		}
	}
}

/* Every proof of every small tree holds; for every other leaf, size or root it does not. */
static void
test_inclusion_exhaustive(void **state)
{
	struct err e;

	(void)state;
	for (uint64_t n = 1; n <= 40; n++) {
		uint8_t root[32];

		merkle_root_of_leaves((const uint8_t(*)[32])tree.leaf, n, root);
		for (uint64_t i = 0; i < n; i++) {
			struct merkle_proof p;

			assert_int_equal(merkle_inclusion(i, n, get, &tree, &p, &e), ERR_OK);
			for (uint64_t j = 0; j < n; j++)
				assert_int_equal(
					merkle_verify_inclusion(i, n, tree.leaf[j], &p, root, &e),
					j == i ? ERR_OK : ERR_VERIFY);
			for (uint64_t j = 0; j <= n; j++) {
				if (j != i)
					assert_int_equal(merkle_verify_inclusion(j, n, tree.leaf[i],
					                                         &p, root, &e),
					                 ERR_VERIFY);
			}
			p.count++;
			memcpy(p.hash[p.count - 1], root, 32);
			assert_int_equal(merkle_verify_inclusion(i, n, tree.leaf[i], &p, root, &e),
			                 ERR_VERIFY);
			p.count--;
			if (p.count > 0) {
				p.count--;
				assert_int_equal(
					merkle_verify_inclusion(i, n, tree.leaf[i], &p, root, &e),
					ERR_VERIFY);
			}
		}
	}
}

static void
test_consistency_exhaustive(void **state)
{
	struct err e;
	uint8_t root[71][32];

	(void)state;
	for (uint64_t n = 0; n <= 70; n++)
		merkle_root_of_leaves((const uint8_t(*)[32])tree.leaf, n, root[n]);
	for (uint64_t n = 1; n <= 70; n++) {
		for (uint64_t m = 1; m <= n; m++) {
			struct merkle_proof p;

			assert_int_equal(merkle_consistency(m, n, get, &tree, &p, &e), ERR_OK);
			assert_int_equal(merkle_verify_consistency(m, root[m], n, root[n], &p, &e),
			                 ERR_OK);
			assert_int_equal(merkle_verify_consistency(m, root[0], n, root[n], &p, &e),
			                 ERR_VERIFY);
			assert_int_equal(merkle_verify_consistency(m, root[m], n, root[0], &p, &e),
			                 ERR_VERIFY);
			if (m != n)
				assert_int_equal(
					merkle_verify_consistency(m, root[n], n, root[m], &p, &e),
					ERR_VERIFY);
			if (p.count > 0) {
				p.hash[p.count / 2][7] ^= 1;
				assert_int_equal(
					merkle_verify_consistency(m, root[m], n, root[n], &p, &e),
					ERR_VERIFY);
			}
		}
	}
}

static void
test_policies(void **state)
{
	struct merkle_proof p = { .count = 0 };
	struct err e;
	uint8_t zero[32] = { 0 };

	(void)state;
	assert_int_equal(merkle_verify_consistency(0, zero, 0, zero, &p, &e), ERR_VERIFY);
	assert_int_equal(merkle_verify_consistency(0, zero, 5, zero, &p, &e), ERR_VERIFY);
	assert_int_equal(merkle_verify_consistency(3, zero, 2, zero, &p, &e), ERR_VERIFY);
	assert_int_equal(merkle_verify_consistency(3, zero, 3, zero, &p, &e), ERR_OK);
	assert_int_equal(merkle_verify_inclusion(0, 0, zero, &p, zero, &e), ERR_VERIFY);
	assert_int_equal(merkle_verify_inclusion(0, 1, zero, &p, zero, &e), ERR_OK);
	assert_int_equal(merkle_verify_inclusion(0, MERKLE_SIZE_MAX + 1, zero, &p, zero, &e),
	                 ERR_VERIFY);
	p.count = MERKLE_PROOF_MAX + 1;
	assert_int_equal(merkle_verify_inclusion(0, 1, zero, &p, zero, &e), ERR_VERIFY);
	assert_int_equal(merkle_inclusion(5, 5, get, &tree, &p, &e), ERR_INVALID);
	assert_int_equal(merkle_consistency(0, 5, get, &tree, &p, &e), ERR_INVALID);
	assert_int_equal(merkle_consistency(6, 5, get, &tree, &p, &e), ERR_INVALID);
}

/* A put that fails leaves the frontier as it was. */
static void
test_append_fails(void **state)
{
	struct merkle_frontier f;
	struct merkle_frontier before;
	struct err e;

	(void)state;
	merkle_frontier_init(&f);
	assert_int_equal(merkle_frontier_append(&f, tree.leaf[0], refuse_put, NULL, &e), ERR_OK);
	before = f;
	assert_int_equal(merkle_frontier_append(&f, tree.leaf[1], refuse_put, NULL, &e), ERR_IO);
	assert_memory_equal(&f, &before, sizeof f);
	f.size = MERKLE_SIZE_MAX;
	assert_int_equal(merkle_frontier_append(&f, tree.leaf[1], NULL, NULL, &e), ERR_LIMIT);
}

/* One case file of the transparency-dev suite. */
struct suite {
	const char *folder;
	unsigned done;
	unsigned wrong;
};

static bool
hash_member(const struct json_value *v, const char *name, uint8_t out[32])
{
	const char *s = json_get_string(v, name);

	return s && lines_base64_32(s, strlen(s), out);
}

/* A double above 2^63 stands for 2^64 - 1. */
static uint64_t
number_member(const struct json_value *v, const char *name)
{
	const double d = json_get_number(v, name, -1);

	return d >= 0 && d < 9e18 ? (uint64_t)d : UINT64_MAX;
}

static bool
case_holds(const struct json_value *v)
{
	struct merkle_proof p = { .count = 0 };
	const struct json_value *list = json_get(v, "proof");
	uint8_t a[32];
	uint8_t b[32];
	struct err e;

	for (const struct json_value *x = list ? list->first : NULL; x; x = x->next) {
		if (p.count == MERKLE_PROOF_MAX ||
		    !lines_base64_32(x->string, x->count, p.hash[p.count++]))
			return false;
	}
	if (json_get(v, "leafIdx"))
		return hash_member(v, "leafHash", a) && hash_member(v, "root", b) &&
		       merkle_verify_inclusion(number_member(v, "leafIdx"),
		                               number_member(v, "treeSize"), a, &p, b,
		                               &e) == ERR_OK;
	return hash_member(v, "root1", a) && hash_member(v, "root2", b) &&
	       merkle_verify_consistency(number_member(v, "size1"), a, number_member(v, "size2"), b,
	                                 &p, &e) == ERR_OK;
}

static int
run_case(void *ctx, const char *name)
{
	struct suite *s = ctx;
	struct suite below = *s;
	char path[1024];
	struct buf b;
	struct arena mem;
	struct json_value *v;
	struct err e;
	bool corner;

	(void)snprintf(path, sizeof path, "%s/%s", s->folder, name);
	if (file_is_dir(path)) {
		below.folder = path;
		assert_int_equal(file_list(path, run_case, &below, &e), ERR_OK);
		s->done = below.done;
		s->wrong = below.wrong;
		return 0;
	}
	read_path(path, &b);
	arena_init(&mem, 0);
	assert_int_equal(json_parse(b.data, b.size, 0, &mem, &v, &e), ERR_OK);
	/* Roots of 12 bytes, which the suite takes because it compares only; we refuse them. */
	corner = text_eq(name, "sizes-are-equal-one-and-proof-is-empty.json");
	if (case_holds(v) != (json_get(v, "wantErr")->type != JSON_TRUE && !corner)) {
		(void)fprintf(stderr, "wrong: %s\n", path);
		s->wrong++;
	}
	s->done++;
	arena_done(&mem);
	buf_done(&b);
	return 0;
}

static void
test_transparency_dev(void **state)
{
	static const char *const part[] = { "inclusion", "consistency" };
	unsigned done = 0;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		char name[100];
		char path[1024];
		struct suite s = { .folder = path };
		struct err e;

		(void)snprintf(name, sizeof name, "transparency-dev-merkle/testdata/%s", part[i]);
		assert_true(vector_path(name, path, sizeof path));
		assert_int_equal(file_list(path, run_case, &s, &e), ERR_OK);
		assert_int_equal(s.wrong, 0);
		done += s.done;
	}
	assert_true(done > 100);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rfc6962),
		cmocka_unit_test(test_roots),
		cmocka_unit_test(test_inclusion_exhaustive),
		cmocka_unit_test(test_consistency_exhaustive),
		cmocka_unit_test(test_policies),
		cmocka_unit_test(test_append_fails),
		cmocka_unit_test(test_transparency_dev),
	};

	return cmocka_run_group_tests(tests, fill, NULL);
}
