#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "log/lines.h"
#include "log/sign.h"
#include "log/tlogproof.h"
#include "vlog.h"

static struct vlog vlog;
static struct policy policy;

static void
load(const char *folder, const char *policy_name, uint64_t size)
{
	char name[100];
	struct buf b;
	struct err e;

	(void)snprintf(name, sizeof name, "%s/%s", folder, policy_name);
	read_vector(name, &b);
	assert_int_equal(policy_parse(b.data, b.size, &policy, &e), ERR_OK);
	buf_done(&b);
	vlog_load(&vlog, folder, size);
}

static enum err_code
verify_text(const char *s, size_t n, const uint8_t leaf_hash[32])
{
	struct tlogproof p;
	struct err e;
	enum err_code rc = tlogproof_parse(s, n, &p, &e);

	return rc == ERR_OK ? tlogproof_verify(&p, leaf_hash, &policy, NULL, &e) : rc;
}

/* Their proof holds for its entry and no other, and ours is the same file. */
static void
check_proof(const char *folder, uint64_t index)
{
	char name[100];
	struct buf want;
	struct buf got;
	struct tlogproof p;
	struct merkle_proof path;
	struct checkpoint cp;
	struct err e;

	(void)snprintf(name, sizeof name, "%s/proofs/%u.tlog-proof", folder, (unsigned)index);
	read_vector(name, &want);
	assert_int_equal(tlogproof_parse(want.data, want.size, &p, &e), ERR_OK);
	assert_int_equal(p.index, index);
	assert_int_equal(tlogproof_verify(&p, vlog.node[0][index], &policy, &cp, &e), ERR_OK);
	assert_int_equal(cp.size, vlog.size);
	assert_int_equal(tlogproof_verify(&p, vlog.node[0][index ^ 1], &policy, &cp, &e),
	                 ERR_VERIFY);
	assert_int_equal(merkle_inclusion(index, vlog.size, vlog_get, &vlog, &path, &e), ERR_OK);
	buf_init(&got, 0);
	tlogproof_write(&got, index, &path, p.checkpoint, p.checkpoint_size);
	assert_true(buf_ok(&got));
	assert_int_equal(got.size, want.size);
	assert_memory_equal(got.data, want.data, want.size);
	buf_done(&got);
	buf_done(&want);
}

static void
test_reference_logs(void **state)
{
	static const uint64_t plain[] = { 0, 255, 256, 511, 599 };
	static const uint64_t sigsum[] = { 0, 255, 257, 299 };

	(void)state;
	load("reference-log-600", "policy", 600);
	for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++)
		check_proof("reference-log-600", plain[i]);
	vlog_done(&vlog);
	load("reference-log-sigsum-300", "sigsum-policy", 300);
	for (size_t i = 0; i < sizeof sigsum / sizeof sigsum[0]; i++)
		check_proof("reference-log-sigsum-300", sigsum[i]);
	vlog_done(&vlog);
}

/* Our consistency paths are those of the vectors, and lead from their old checkpoints. */
static void
test_consistency(void **state)
{
	static const unsigned old[] = { 1, 255, 256, 300, 512 };
	uint8_t new_root[32];

	(void)state;
	load("reference-log-600", "policy", 600);
	merkle_frontier_root(&vlog.frontier, new_root);
	for (size_t i = 0; i < sizeof old / sizeof old[0]; i++) {
		struct merkle_proof got;
		struct merkle_proof want = { .count = 0 };
		struct checkpoint cp;
		struct buf b;
		struct lines l;
		struct err e;
		const char *line;
		size_t n;
		char name[100];

		assert_int_equal(merkle_consistency(old[i], 600, vlog_get, &vlog, &got, &e),
		                 ERR_OK);
		(void)snprintf(name, sizeof name, "reference-log-600/consistency/%u-600.txt",
		               old[i]);
		read_vector(name, &b);
		lines_open(&l, b.data, b.size);
		while (lines_next(&l, &line, &n))
			assert_true(lines_base64_32(line, n, want.hash[want.count++]));
		buf_done(&b);
		assert_int_equal(got.count, want.count);
		assert_memory_equal(got.hash, want.hash, 32 * want.count);
		(void)snprintf(name, sizeof name, "reference-log-600/checkpoints/%u", old[i]);
		read_vector(name, &b);
		assert_int_equal(policy_check(&policy, b.data, b.size, &cp, NULL, &e), ERR_OK);
		assert_int_equal(
			merkle_verify_consistency(cp.size, cp.root, 600, new_root, &want, &e),
			ERR_OK);
		buf_done(&b);
	}
	vlog_done(&vlog);
}

/* Every single changed bit of a proof file is broken or cannot tell, never holds. */
static void
test_flips(void **state)
{
	struct buf b;

	(void)state;
	load("reference-log-sigsum-300", "sigsum-policy", 300);
	read_vector("reference-log-sigsum-300/proofs/257.tlog-proof", &b);
	assert_int_equal(verify_text(b.data, b.size, vlog.node[0][257]), ERR_OK);
	for (size_t bit = 0; bit < 8 * b.size; bit++) {
		enum err_code rc;

		b.data[bit / 8] = (char)(b.data[bit / 8] ^ (1 << bit % 8));
		rc = verify_text(b.data, b.size, vlog.node[0][257]);
		if (rc != ERR_VERIFY && rc != ERR_UNKNOWN && rc != ERR_INVALID)
			fail_msg("bit %zu: %s", bit, err_name(rc));
		b.data[bit / 8] = (char)(b.data[bit / 8] ^ (1 << bit % 8));
	}
	for (size_t n = 0; n < b.size; n++)
		assert_int_not_equal(verify_text(b.data, n, vlog.node[0][257]), ERR_OK);
	buf_done(&b);
	vlog_done(&vlog);
}

static enum err_code
parse_text(const char *s)
{
	struct tlogproof p;
	struct err e;

	return tlogproof_parse(s, strlen(s), &p, &e);
}

static void
test_rules(void **state)
{
#define M "c2sp.org/tlog-proof@v1\n"
#define H "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"
	struct buf b;

	(void)state;
	assert_int_equal(parse_text(M "index 0\n\nnote"), ERR_OK);
	assert_int_equal(parse_text(M "index 0\n" H "\nnote"), ERR_OK);
	assert_int_equal(parse_text(M "extra AAAA\nindex 0\n\nnote"), ERR_OK);
	assert_int_equal(parse_text(M "extra AA==\nindex 0\n\nnote"), ERR_OK);
	assert_int_equal(parse_text(M "extra \nindex 0\n\nnote"), ERR_INVALID);
	assert_int_equal(parse_text(M "extra A\nindex 0\n\nnote"), ERR_INVALID);
	assert_int_equal(parse_text(M "extra A===\nindex 0\n\nnote"), ERR_INVALID);
	assert_int_equal(parse_text(M "extra AAAA\nextra AAAA\nindex 0\n\nnote"), ERR_INVALID);
	assert_int_equal(parse_text(M "index 00\n\nnote"), ERR_INVALID);
	assert_int_equal(parse_text(M "index 4611686018427387904\n\nnote"), ERR_INVALID);
	assert_int_equal(parse_text(M "index 0\n\n"), ERR_INVALID);
	assert_int_equal(parse_text(M "index 0\n"), ERR_INVALID);
	assert_int_equal(parse_text(M "index 0\nAAAA\n\nnote"), ERR_INVALID);
	assert_int_equal(parse_text(M), ERR_INVALID);
	assert_int_equal(parse_text("c2sp.org/tlog-proof@v2\nindex 0\n\nnote"), ERR_INVALID);
	assert_int_equal(parse_text(""), ERR_INVALID);
	buf_init(&b, 0);
	buf_adds(&b, M "index 0\n");
	for (int i = 0; i < MERKLE_PROOF_MAX; i++)
		buf_adds(&b, H);
	buf_adds(&b, "\nnote");
	assert_int_equal(parse_text(buf_text(&b)), ERR_OK);
	buf_reset(&b);
	buf_adds(&b, M "index 0\n");
	for (int i = 0; i <= MERKLE_PROOF_MAX; i++)
		buf_adds(&b, H);
	buf_adds(&b, "\nnote");
	assert_int_equal(parse_text(buf_text(&b)), ERR_LIMIT);
	while (b.size <= TLOGPROOF_MAX_BYTES)
		buf_adds(&b, H);
	assert_int_equal(parse_text(buf_text(&b)), ERR_LIMIT);
	buf_done(&b);
#undef M
#undef H
}

static int
start(void **state)
{
	struct err e;

	(void)state;
	return sign_init(&e) == ERR_OK ? 0 : -1;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reference_logs),
		cmocka_unit_test(test_consistency),
		cmocka_unit_test(test_flips),
		cmocka_unit_test(test_rules),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
