/* A small record proof, put together and checked step by step as a stranger would (steps 1 and 3 to
 * 12 of the verification of a composite proof), and then every bit of every file changed in turn.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "log/lines.h"
#include "log/manifest.h"
#include "log/recordpath.h"
#include "log/statement.h"
#include "log/tlogproof.h"
#include "vectors.h"

#define STATEMENTS 5
#define SUBMISSIONS 6
#define AT 3 /* the submission and the statement that are proved */

enum part {
	STATEMENT,
	DISCLOSURES,
	PATH,
	MANIFEST,
	LEAF,
	TLOG_PROOF,
	SIGSUM_PROOF,
	NEWEST,
	CONSISTENCY,
	PARTS
};

static struct buf file[PARTS];
static struct policy policy;
static struct sign_key log_key;
static struct sign_key witness;
static struct sign_key author;

struct tree {
	uint8_t leaf[16][32];
	uint8_t node[5][16][32];
	struct merkle_frontier frontier;
};

static enum err_code
put(void *ctx, unsigned level, uint64_t index, const uint8_t hash[32], struct err *e)
{
	struct tree *t = ctx;

	(void)e;
	memcpy(t->node[level][index], hash, 32);
	return ERR_OK;
}

static enum err_code
get(void *ctx, unsigned level, uint64_t index, uint8_t ret_hash[32], struct err *e)
{
	struct tree *t = ctx;

	(void)e;
	memcpy(ret_hash, t->node[level][index], 32);
	return ERR_OK;
}

static void
add(struct tree *t, const uint8_t leaf[32])
{
	struct err e;

	memcpy(t->leaf[t->frontier.size], leaf, 32);
	assert_int_equal(merkle_frontier_append(&t->frontier, leaf, put, t, &e), ERR_OK);
}

/* Statements of one submission; that of number AT goes to the files. */
static void
make_statements(struct tree *t)
{
	static const struct statement_field f[] = { { "class", 5, "\"cha\"", 5 },
		                                    { "name", 4, "\"withheld\"", 10 },
		                                    { "valid_from", 10, "\"2026-05-04\"", 12 } };
	struct statement_scratch s;
	struct recordpath p = { .index = AT, .size = STATEMENTS };
	struct err e;

	statement_scratch_init(&s);
	merkle_frontier_init(&t->frontier);
	for (unsigned i = 0; i < STATEMENTS; i++) {
		uint8_t key[32] = { (uint8_t)i };
		uint8_t leaf[32];
		const struct statement_in in = { .kind = "hazard",
			                         .id = "0190d9b2-7c00-7000-8000-000000000001",
			                         .form = "hazard@1",
			                         .fields = f,
			                         .field_count = 3,
			                         .key = key };

		assert_int_equal(statement_leaf(&in, &s, leaf, &e), ERR_OK);
		add(t, leaf);
		if (i != AT)
			continue;
		buf_add(&file[STATEMENT], s.bytes.data, s.bytes.size);
		for (size_t j = 0; j < 3; j += 2) { /* "name" is withheld */
			assert_int_equal(statement_disclosure(&in, j, &file[DISCLOSURES], &e),
			                 ERR_OK);
			buf_addc(&file[DISCLOSURES], '\n');
		}
	}
	assert_int_equal(merkle_inclusion(AT, STATEMENTS, get, t, &p.path, &e), ERR_OK);
	memset(p.submission, '0', 16); /* until the leaf is known */
	recordpath_write(&file[PATH], &p);
	statement_scratch_done(&s);
}

static void
make_checkpoint(const struct tree *t, struct buf *b)
{
	struct checkpoint cp = { .size = t->frontier.size };
	struct buf text;

	checkpoint_origin(log_key.public_key, cp.origin);
	merkle_frontier_root(&t->frontier, cp.root);
	buf_init(&text, 0);
	checkpoint_write(&text, &cp);
	checkpoint_sign(b, &cp, &log_key);
	note_add_cosignature(b, "w", &witness, text.data, text.size, 1000);
	buf_done(&text);
	assert_true(buf_ok(b));
}

static void
make_submission(const struct tree *statements, uint8_t leaf[SIGSUM_LEAF_SIZE])
{
	struct manifest m = { .statements = STATEMENTS, .at_utc_s = 1800000000 };
	const struct manifest_remark r = { "A", "b", NULL, NULL, NULL };
	struct buf b;
	struct err e;
	uint8_t key[32] = { 9 };

	buf_init(&b, 0);
	sign_key_hash(author.public_key, m.author);
	checkpoint_origin(log_key.public_key, m.origin);
	merkle_frontier_root(&statements->frontier, m.root);
	assert_int_equal(manifest_remark_write(&r, key, &b, m.remark, &e), ERR_OK);
	assert_int_equal(manifest_write(&m, &file[MANIFEST], &e), ERR_OK);
	sigsum_leaf_make(&author, file[MANIFEST].data, file[MANIFEST].size, leaf);
	buf_add(&file[LEAF], leaf, SIGSUM_LEAF_SIZE);
	buf_done(&b);
}

/* The log: the proof is of an older checkpoint, the newest one is two leaves further. */
static void
make_log(const uint8_t leaf[SIGSUM_LEAF_SIZE])
{
	static struct tree t;
	struct merkle_proof path;
	struct sigsum_proof sp;
	struct sigsum_place place = { .leaf = leaf, .index = AT, .path = &path };
	struct buf checkpoint;
	struct err e;
	uint8_t hash[32];
	char name[RECORDPATH_NAME_SIZE];
	char base64[45];

	buf_init(&checkpoint, 0);
	merkle_frontier_init(&t.frontier);
	for (unsigned i = 0; i < SUBMISSIONS; i++) {
		uint8_t other[SIGSUM_LEAF_SIZE] = { (uint8_t)i };

		merkle_leaf(i == AT ? leaf : other, SIGSUM_LEAF_SIZE, hash);
		add(&t, hash);
	}
	make_checkpoint(&t, &checkpoint);
	assert_int_equal(merkle_inclusion(AT, SUBMISSIONS, get, &t, &path, &e), ERR_OK);
	tlogproof_write(&file[TLOG_PROOF], AT, &path, checkpoint.data, checkpoint.size);
	place.checkpoint = checkpoint.data;
	place.checkpoint_size = checkpoint.size;
	assert_int_equal(sigsum_proof_make(&place, &policy, &sp, &e), ERR_OK);
	sigsum_proof_write(&file[SIGSUM_PROOF], &sp);
	for (unsigned i = 0; i < 2; i++) {
		memset(hash, (int)i, 32);
		add(&t, hash);
	}
	make_checkpoint(&t, &file[NEWEST]);
	assert_int_equal(merkle_consistency(SUBMISSIONS, SUBMISSIONS + 2, get, &t, &path, &e),
	                 ERR_OK);
	for (size_t i = 0; i < path.count; i++) {
		(void)text_base64(path.hash[i], 32, base64);
		buf_adds(&file[CONSISTENCY], base64);
		buf_addc(&file[CONSISTENCY], '\n');
	}
	merkle_leaf(leaf, SIGSUM_LEAF_SIZE, hash);
	recordpath_name(hash, name);
	memcpy(strstr(file[PATH].data, "0000000000000000"), name, 16);
	buf_done(&checkpoint);
}

static int
start(void **state)
{
	static struct tree statements;
	uint8_t seed[32] = { 1 };
	uint8_t leaf[SIGSUM_LEAF_SIZE];
	struct note_key k;
	struct buf b;
	struct err e;
	char origin[NOTE_ORIGIN_SIZE];

	(void)state;
	if (sign_init(&e) != ERR_OK)
		return -1;
	sign_key_from_seed(seed, &log_key);
	seed[0] = 2;
	sign_key_from_seed(seed, &witness);
	seed[0] = 3;
	sign_key_from_seed(seed, &author);
	buf_init(&b, 0);
	checkpoint_origin(log_key.public_key, origin);
	buf_adds(&b, "log ");
	assert_int_equal(note_key_make(origin, NOTE_ED25519, log_key.public_key, &k, &e), ERR_OK);
	note_vkey_write(&b, &k);
	buf_adds(&b, "\nwitness w ");
	assert_int_equal(note_key_make("w", NOTE_COSIGNATURE, witness.public_key, &k, &e), ERR_OK);
	note_vkey_write(&b, &k);
	buf_adds(&b, "\nquorum w\n");
	assert_int_equal(policy_parse(b.data, b.size, &policy, &e), ERR_OK);
	buf_done(&b);
	for (int i = 0; i < PARTS; i++)
		buf_init(&file[i], 0);
	make_statements(&statements);
	make_submission(&statements, leaf);
	make_log(leaf);
	return 0;
}

static int
stop(void **state)
{
	(void)state;
	for (int i = 0; i < PARTS; i++)
		buf_done(&file[i]);
	return 0;
}

/* Steps 1 and 3. */
static enum err_code
check_statement(uint8_t ret_leaf[32], struct err *e)
{
	struct disclosure d[8];
	struct statement st;
	struct arena mem;
	struct lines l;
	const char *line;
	size_t n;
	size_t count = 0;
	enum err_code rc;

	arena_init(&mem, 0);
	rc = statement_parse(file[STATEMENT].data, file[STATEMENT].size, &mem, &st, e);
	lines_open(&l, file[DISCLOSURES].data, file[DISCLOSURES].size);
	while (rc == ERR_OK && lines_next(&l, &line, &n)) {
		rc = count == 8 ? ERR_LIMIT : disclose_parse(line, n, &mem, &d[count], e);
		count++;
	}
	if (rc == ERR_OK && !lines_done(&l))
		rc = ERR_INVALID;
	if (rc == ERR_OK)
		rc = statement_check(&st, d, count, e);
	if (rc == ERR_OK)
		statement_hash(file[STATEMENT].data, file[STATEMENT].size, ret_leaf);
	arena_done(&mem);
	return rc;
}

/* Steps 4 to 8: from the statement's hash to the leaf of the log. */
static enum err_code
check_submission(const uint8_t statement[32], const uint8_t *leaf, struct err *e)
{
	struct recordpath p;
	struct manifest m;
	uint8_t hash[32];
	char name[RECORDPATH_NAME_SIZE];
	enum err_code rc = recordpath_parse(file[PATH].data, file[PATH].size, &p, e);

	if (rc == ERR_OK)
		rc = manifest_parse(file[MANIFEST].data, file[MANIFEST].size, &m, e);
	if (rc != ERR_OK)
		return rc;
	merkle_leaf(leaf, SIGSUM_LEAF_SIZE, hash);
	recordpath_name(hash, name);
	if (!text_eq(name, p.submission))
		return ERR_VERIFY;
	rc = recordpath_verify(&p, statement, m.statements, m.root, e);
	if (rc != ERR_OK)
		return rc;
	return manifest_verify(file[MANIFEST].data, file[MANIFEST].size, leaf, author.public_key,
	                       policy.log[0].key.name, e);
}

/* Steps 9 to 12. */
static enum err_code
check_log(const uint8_t *leaf, struct err *e)
{
	struct tlogproof t;
	struct sigsum_proof s;
	struct checkpoint cp;
	struct checkpoint newest;
	struct merkle_proof path = { .count = 0 };
	struct lines l;
	const struct sigsum_facts facts = { leaf, author.public_key, &policy };
	const char *line;
	size_t n;
	uint8_t hash[32];
	enum err_code rc = tlogproof_parse(file[TLOG_PROOF].data, file[TLOG_PROOF].size, &t, e);

	merkle_leaf(leaf, SIGSUM_LEAF_SIZE, hash);
	if (rc == ERR_OK)
		rc = tlogproof_verify(&t, hash, &policy, &cp, e);
	if (rc == ERR_OK)
		rc = sigsum_proof_parse(file[SIGSUM_PROOF].data, file[SIGSUM_PROOF].size, &s, e);
	if (rc == ERR_OK)
		rc = sigsum_proof_verify(&s, &facts, e);
	if (rc != ERR_OK)
		return rc;
	if (s.index != t.index || s.size != cp.size || memcmp(s.root, cp.root, 32) != 0)
		return ERR_VERIFY;
	rc = policy_check(&policy, file[NEWEST].data, file[NEWEST].size, &newest, NULL, e);
	if (rc != ERR_OK)
		return rc;
	lines_open(&l, file[CONSISTENCY].data, file[CONSISTENCY].size);
	while (lines_next(&l, &line, &n)) {
		if (path.count == MERKLE_PROOF_MAX ||
		    !lines_base64_32(line, n, path.hash[path.count++]))
			return ERR_INVALID;
	}
	if (!lines_done(&l))
		return ERR_INVALID;
	return merkle_verify_consistency(cp.size, cp.root, newest.size, newest.root, &path, e);
}

static enum err_code
check_all(void)
{
	const uint8_t *leaf = (const uint8_t *)file[LEAF].data;
	uint8_t statement[32];
	struct err e;
	enum err_code rc = check_statement(statement, &e);

	if (rc == ERR_OK && file[LEAF].size != SIGSUM_LEAF_SIZE)
		rc = ERR_UNKNOWN;
	if (rc == ERR_OK)
		rc = check_submission(statement, leaf, &e);
	if (rc == ERR_OK)
		rc = check_log(leaf, &e);
	return rc;
}

static void
test_holds(void **state)
{
	(void)state;
	assert_int_equal(check_all(), ERR_OK);
}

static void
test_every_bit(void **state)
{
	(void)state;
	for (int i = 0; i < PARTS; i++) {
		for (size_t bit = 0; bit < 8 * file[i].size; bit++) {
			char *at = &file[i].data[bit / 8];

			*at = (char)(*at ^ (1 << bit % 8));
			if (check_all() == ERR_OK)
				fail_msg("file %d, bit %zu", i, bit);
			*at = (char)(*at ^ (1 << bit % 8));
		}
	}
	assert_int_equal(check_all(), ERR_OK);
}

/* A file cut anywhere never holds, but for disclosures cut between two of them: one field fewer. */
static void
test_every_cut(void **state)
{
	(void)state;
	for (int i = 0; i < PARTS; i++) {
		const size_t whole = file[i].size;

		for (size_t n = 0; n < whole; n++) {
			file[i].size = n;
			if ((check_all() == ERR_OK) !=
			    (i == DISCLOSURES && (n == 0 || file[i].data[n - 1] == '\n')))
				fail_msg("file %d, cut at %zu", i, n);
		}
		file[i].size = whole;
	}
	assert_int_equal(check_all(), ERR_OK);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_holds),
		cmocka_unit_test(test_every_bit),
		cmocka_unit_test(test_every_cut),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
