#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/hash.h"
#include "log/sigsum.h"
#include "log/tlogproof.h"
#include "vectors.h"

static struct policy policy;

/* The last 32 bytes of an OpenSSH public key in base64. */
static void
openssh_key(const char *base64, uint8_t out[32])
{
	uint8_t blob[64];
	size_t n;

	assert_true(text_unbase64(base64, strlen(base64), blob, sizeof blob, &n));
	assert_int_equal(n, 51);
	memcpy(out, blob + 19, 32);
}

static void
make_policy(const char *log, const char *witness)
{
	uint8_t key[32];
	char hex[65];
	struct buf b;
	struct err e;

	buf_init(&b, 0);
	openssh_key(log, key);
	text_hex(key, 32, hex);
	buf_printf(&b, "log %s\n", hex);
	if (witness) {
		openssh_key(witness, key);
		text_hex(key, 32, hex);
		buf_printf(&b, "witness w %s\nquorum w\n", hex);
	} else {
		buf_adds(&b, "quorum none\n");
	}
	assert_int_equal(policy_parse(buf_text(&b), b.size, &policy, &e), ERR_OK);
	buf_done(&b);
}

static enum err_code
verify_text(const char *s, size_t n, const uint8_t checksum[32], const uint8_t submitter[32])
{
	const struct sigsum_facts facts = { checksum, submitter, &policy };
	struct sigsum_proof p;
	struct err e;
	enum err_code rc = sigsum_proof_parse(s, n, &p, &e);

	return rc == ERR_OK ? sigsum_proof_verify(&p, &facts, &e) : rc;
}

#define LOG5 "AAAAC3NzaC1lZDI1NTE5AAAAIN6kw3w2BWjlKLdrtnv4IaN+zg8/RpKGA98AbbTwjpdQ"
#define SUBMITTER5 "AAAAC3NzaC1lZDI1NTE5AAAAIMCMTGNMNe1HP2us/dR5dBpyrSPDgPQ9mX5j9iqbLIS+"
#define LOG6 "AAAAC3NzaC1lZDI1NTE5AAAAIKwmwKhVrEUaZTlHjhoWA4jwJLOF8TY+/NpHAXAHbAHl"
#define SUBMITTER6 "AAAAC3NzaC1lZDI1NTE5AAAAIMdLcxVjCAQUHbD4jCfFP+f8v1nmyjWkq6rXiexrK8II"
#define WITNESS6 "AAAAC3NzaC1lZDI1NTE5AAAAIMvjV+a0ZASecDt75siSARk6zCoYwJWwaRqvULmx4VeK"

/* The proofs of sigsum-go with the keys of its README.txt. */
static void
test_sigsum_go(void **state)
{
	uint8_t message[32];
	uint8_t checksum[32];
	uint8_t submitter[32];
	struct sigsum_proof p;
	struct buf b;
	struct buf again;
	struct err e;

	(void)state;
	memset(message, ' ', sizeof message);
	memcpy(message + 26, "foo-4\n", 6);
	hash_sha256(message, sizeof message, checksum);
	buf_init(&again, 0);

	read_vector("sigsum/proof-05.txt", &b);
	make_policy(LOG5, NULL);
	openssh_key(SUBMITTER5, submitter);
	assert_int_equal(verify_text(b.data, b.size, checksum, submitter), ERR_OK);
	checksum[0] ^= 1;
	assert_int_equal(verify_text(b.data, b.size, checksum, submitter), ERR_VERIFY);
	checksum[0] ^= 1;
	make_policy(LOG6, NULL);
	assert_int_equal(verify_text(b.data, b.size, checksum, submitter), ERR_UNKNOWN);
	make_policy(LOG5, WITNESS6);
	assert_int_equal(verify_text(b.data, b.size, checksum, submitter), ERR_UNKNOWN);
	buf_done(&b);

	read_vector("sigsum/proof-06.txt", &b);
	make_policy(LOG6, WITNESS6);
	openssh_key(SUBMITTER6, submitter);
	assert_int_equal(verify_text(b.data, b.size, checksum, submitter), ERR_OK);
	assert_int_equal(sigsum_proof_parse(b.data, b.size, &p, &e), ERR_OK);
	assert_int_equal(p.cosignature_count, 1);
	assert_int_equal(p.cosignature[0].at_utc_s, 1683202758);
	sigsum_proof_write(&again, &p);
	assert_string_equal(buf_text(&again), buf_text(&b));
	openssh_key(SUBMITTER5, submitter);
	assert_int_equal(verify_text(b.data, b.size, checksum, submitter), ERR_VERIFY);
	buf_done(&b);

	/* for the parser only */
	read_vector("sigsum/proof-01.txt", &b);
	assert_int_equal(sigsum_proof_parse(b.data, b.size, &p, &e), ERR_OK);
	assert_int_equal(p.size, 1);
	assert_int_equal(p.path.count, 0);
	buf_reset(&again);
	sigsum_proof_write(&again, &p);
	assert_string_equal(buf_text(&again), buf_text(&b));
	buf_done(&b);
	read_vector("sigsum/proof-03.txt", &b);
	assert_int_equal(sigsum_proof_parse(b.data, b.size, &p, &e), ERR_UNSUPPORTED);
	buf_done(&b);
	buf_done(&again);
}

/* record, its submitter, and the leaf that record has in the log. */
static void
read_record(unsigned i, struct buf *record, uint8_t submitter[32])
{
	char name[100];
	struct buf b;

	(void)snprintf(name, sizeof name, "reference-log-sigsum-300/record-%u.json", i);
	read_vector(name, record);
	read_vector("reference-log-sigsum-300/submitter.hex", &b);
	assert_int_equal(b.size, 64);
	must_unhex(buf_text(&b), submitter, 32);
	buf_done(&b);
	read_vector("reference-log-sigsum-300/sigsum-policy", &b);
	assert_int_equal(policy_parse(b.data, b.size, &policy, NULL), ERR_OK);
	buf_done(&b);
}

/* Both proofs of each record hold; ours, made out of the other one, is the same file. */
static void
test_reference_log(void **state)
{
	static const unsigned records[] = { 0, 255, 257, 299 };

	(void)state;
	for (size_t i = 0; i < sizeof records / sizeof records[0]; i++) {
		struct buf record;
		struct buf want;
		struct buf got;
		struct buf other;
		struct tlogproof t;
		struct sigsum_proof p;
		struct sigsum_place place;
		struct sign_key k;
		uint8_t submitter[32];
		uint8_t checksum[32];
		uint8_t leaf[SIGSUM_LEAF_SIZE];
		uint8_t leaf_hash[32];
		uint8_t seed[32];
		char name[100];
		struct err e;

		read_record(records[i], &record, submitter);
		(void)snprintf(name, sizeof name, "reference-log-sigsum-300/proofs/%u.sigsum-proof",
		               records[i]);
		read_vector(name, &want);
		(void)snprintf(name, sizeof name, "reference-log-sigsum-300/proofs/%u.tlog-proof",
		               records[i]);
		read_vector(name, &other);
		sigsum_checksum(record.data, record.size, checksum);
		assert_int_equal(verify_text(want.data, want.size, checksum, submitter), ERR_OK);
		/* a single hash is not enough: the trap of evidence.md 2.5 */
		hash_sha256(record.data, record.size, checksum);
		assert_int_equal(verify_text(want.data, want.size, checksum, submitter),
		                 ERR_VERIFY);
		memset(seed, 0x33, sizeof seed);
		sign_key_from_seed(seed, &k);
		sigsum_leaf_make(&k, record.data, record.size, leaf);
		assert_int_equal(sigsum_leaf_verify(leaf, record.data, record.size, submitter, &e),
		                 ERR_OK);
		merkle_leaf(leaf, sizeof leaf, leaf_hash);
		assert_int_equal(tlogproof_parse(other.data, other.size, &t, &e), ERR_OK);
		assert_int_equal(tlogproof_verify(&t, leaf_hash, &policy, NULL, &e), ERR_OK);
		place = (struct sigsum_place){ .leaf = leaf,
			                       .index = t.index,
			                       .path = &t.path,
			                       .checkpoint = t.checkpoint,
			                       .checkpoint_size = t.checkpoint_size };
		assert_int_equal(sigsum_proof_make(&place, &policy, &p, &e), ERR_OK);
		buf_init(&got, 0);
		sigsum_proof_write(&got, &p);
		assert_string_equal(buf_text(&got), buf_text(&want));
		buf_done(&record);
		buf_done(&want);
		buf_done(&got);
		buf_done(&other);
	}
}

/* Every single changed bit of leaf, record or proof is found; a cut proof too. */
static void
test_flips(void **state)
{
	struct buf record;
	struct buf proof;
	struct sign_key k;
	uint8_t submitter[32];
	uint8_t checksum[32];
	uint8_t leaf[SIGSUM_LEAF_SIZE];
	uint8_t seed[32];
	struct err e;

	(void)state;
	read_record(257, &record, submitter);
	read_vector("reference-log-sigsum-300/proofs/257.sigsum-proof", &proof);
	sigsum_checksum(record.data, record.size, checksum);
	for (size_t bit = 0; bit < 8 * proof.size; bit++) {
		enum err_code rc;

		proof.data[bit / 8] = (char)(proof.data[bit / 8] ^ (1 << bit % 8));
		rc = verify_text(proof.data, proof.size, checksum, submitter);
		if (rc != ERR_VERIFY && rc != ERR_UNKNOWN && rc != ERR_INVALID &&
		    rc != ERR_UNSUPPORTED)
			fail_msg("bit %zu: %s", bit, err_name(rc));
		proof.data[bit / 8] = (char)(proof.data[bit / 8] ^ (1 << bit % 8));
	}
	for (size_t n = 0; n < proof.size; n++)
		assert_int_not_equal(verify_text(proof.data, n, checksum, submitter), ERR_OK);
	memset(seed, 0x33, sizeof seed);
	sign_key_from_seed(seed, &k);
	sigsum_leaf_make(&k, record.data, record.size, leaf);
	for (size_t bit = 0; bit < 8 * sizeof leaf; bit++) {
		leaf[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_int_equal(sigsum_leaf_verify(leaf, record.data, record.size, submitter, &e),
		                 ERR_VERIFY);
		leaf[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	for (size_t bit = 0; bit < 8 * record.size; bit++) {
		record.data[bit / 8] = (char)(record.data[bit / 8] ^ (1 << bit % 8));
		assert_int_equal(sigsum_leaf_verify(leaf, record.data, record.size, submitter, &e),
		                 ERR_VERIFY);
		record.data[bit / 8] = (char)(record.data[bit / 8] ^ (1 << bit % 8));
	}
	buf_done(&record);
	buf_done(&proof);
}

/* Two proofs swapped are broken: the proof of one record says nothing of another. */
static void
test_swapped(void **state)
{
	struct buf record;
	struct buf proof;
	uint8_t submitter[32];
	uint8_t checksum[32];

	(void)state;
	read_record(255, &record, submitter);
	read_vector("reference-log-sigsum-300/proofs/257.sigsum-proof", &proof);
	sigsum_checksum(record.data, record.size, checksum);
	assert_int_equal(verify_text(proof.data, proof.size, checksum, submitter), ERR_VERIFY);
	buf_done(&record);
	buf_done(&proof);
}

static void
test_limits(void **state)
{
	struct buf proof;
	struct buf b;
	struct sigsum_proof p;
	struct err e;
	const char *cosignature;
	const char *after;

	(void)state;
	read_vector("reference-log-sigsum-300/proofs/257.sigsum-proof", &proof);
	(void)buf_text(&proof);
	cosignature = strstr(proof.data, "cosignature=");
	assert_non_null(cosignature);
	after = strchr(cosignature, '\n') + 1;
	buf_init(&b, 0);
	for (size_t more = SIGSUM_COSIGNATURES_MAX - 1; more <= SIGSUM_COSIGNATURES_MAX; more++) {
		buf_reset(&b);
		buf_add(&b, proof.data, (size_t)(after - proof.data));
		for (size_t i = 0; i < more; i++)
			buf_add(&b, cosignature, (size_t)(after - cosignature));
		buf_adds(&b, after);
		assert_int_equal(sigsum_proof_parse(b.data, b.size, &p, &e),
		                 more < SIGSUM_COSIGNATURES_MAX ? ERR_OK : ERR_LIMIT);
	}
	buf_reset(&b);
	buf_add(&b, proof.data, proof.size);
	for (int i = 0; i <= MERKLE_PROOF_MAX; i++)
		buf_printf(&b, "node_hash=%064d\n", 0);
	assert_int_equal(sigsum_proof_parse(b.data, b.size, &p, &e), ERR_LIMIT);
	while (b.size <= SIGSUM_PROOF_MAX_BYTES)
		buf_adds(&b, "\n");
	assert_int_equal(sigsum_proof_parse(b.data, b.size, &p, &e), ERR_LIMIT);
	buf_done(&b);
	buf_done(&proof);
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
		cmocka_unit_test(test_sigsum_go), cmocka_unit_test(test_reference_log),
		cmocka_unit_test(test_flips),     cmocka_unit_test(test_swapped),
		cmocka_unit_test(test_limits),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
