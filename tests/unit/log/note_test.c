#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "log/lines.h"
#include "log/note.h"
#include "vectors.h"

static void
read_key(const char *name, struct note_key *k)
{
	struct buf b;
	struct err e;
	size_t n;

	read_vector(name, &b);
	n = b.size;
	while (n > 0 && b.data[n - 1] == '\n')
		n--;
	assert_int_equal(note_vkey_parse(b.data, n, k, &e), ERR_OK);
	buf_done(&b);
}

/* A note from a file under the keys of files; the note's text goes to b. */
static enum err_code
check_files(const char *note_name, const char *key_name, struct checkpoint *cp, uint64_t *at)
{
	struct note_key k;
	struct note note;
	struct buf b;
	struct err e;
	enum err_code rc;

	read_key(key_name, &k);
	read_vector(note_name, &b);
	rc = note_parse(b.data, b.size, &note, &e);
	assert_int_equal(rc, ERR_OK);
	rc = note_verify_key(&note, &k, at, &e);
	if (rc == ERR_OK && cp)
		rc = checkpoint_parse(note.text, note.text_size, cp, &e);
	buf_done(&b);
	return rc;
}

static void
test_c2sp(void **state)
{
	(void)state;
	assert_int_equal(check_files("c2sp/signed-note-example.txt",
	                             "c2sp/signed-note-example.vkey", NULL, NULL),
	                 ERR_OK);
	assert_int_equal(
		check_files("c2sp/signed-note-example.txt", "tessera-log/log.vkey", NULL, NULL),
		ERR_UNKNOWN);
}

static void
test_logs(void **state)
{
	static const unsigned sizes[] = { 0, 2, 3, 5, 6, 8, 9, 11, 12, 14, 15 };
	static const unsigned old[] = { 1, 255, 256, 300, 512 };
	struct checkpoint cp;
	uint64_t at;
	char name[100];

	(void)state;
	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		(void)snprintf(name, sizeof name, "tessera-log/checkpoint.%u", sizes[i]);
		assert_int_equal(check_files(name, "tessera-log/log.vkey", &cp, &at), ERR_OK);
		assert_int_equal(cp.size, sizes[i]);
		assert_string_equal(cp.origin, "example.com/log/testdata");
		assert_int_equal(at, 0);
	}
	for (size_t i = 0; i < sizeof old / sizeof old[0]; i++) {
		(void)snprintf(name, sizeof name, "reference-log-600/checkpoints/%u", old[i]);
		assert_int_equal(check_files(name, "reference-log-600/log.vkey", &cp, &at), ERR_OK);
		assert_int_equal(cp.size, old[i]);
	}
	assert_int_equal(
		check_files("reference-log-600/checkpoint", "reference-log-600/log.vkey", &cp, &at),
		ERR_OK);
	assert_int_equal(cp.size, 600);
	assert_int_equal(check_files("reference-log-600/checkpoint",
	                             "reference-log-600/witness.vkey", &cp, &at),
	                 ERR_OK);
	assert_int_equal(at, 1795392000); /* stated in the log's .sigsum-proof files */
	assert_int_equal(check_files("sigsum/checkpoint.txt", "sigsum/checkpoint.vkey", &cp, &at),
	                 ERR_OK);
	assert_int_equal(cp.size, 10);
}

/* The four cosignature lines of sigsum-go: wrong id, good, wrong name, two bytes too long. */
static void
test_sigsum_cosignatures(void **state)
{
	static const enum err_code want[] = { ERR_UNKNOWN, ERR_OK, ERR_UNKNOWN, ERR_VERIFY };
	struct note_key k;
	struct buf body;
	struct buf cosignatures;
	struct buf b;
	struct lines l;
	const char *line;
	size_t n;
	size_t i = 0;

	(void)state;
	read_key("sigsum/witness.vkey", &k);
	read_vector("sigsum/cosigned-body.txt", &body);
	read_vector("sigsum/cosignature-lines.txt", &cosignatures);
	buf_init(&b, 0);
	lines_open(&l, cosignatures.data, cosignatures.size);
	while (lines_next(&l, &line, &n)) {
		struct note note;
		struct err e;
		uint64_t at = 0;
		enum err_code rc;

		buf_reset(&b);
		note_begin(&b, body.data, body.size);
		buf_add(&b, line, n);
		buf_addc(&b, '\n');
		rc = note_parse(b.data, b.size, &note, &e);
		if (rc == ERR_OK)
			rc = note_verify_key(&note, &k, &at, &e);
		assert_int_equal(rc, want[i]);
		assert_int_equal(at, rc == ERR_OK ? 1234 : 0);
		i++;
	}
	assert_int_equal(i, 4);
	buf_done(&b);
	buf_done(&body);
	buf_done(&cosignatures);
}

/* We make the same cosignature and the same checkpoint as the reference logs (Ed25519 is
 * deterministic; the seeds stand in SOURCES.md). */
static void
test_make(void **state)
{
	struct sign_key log_key;
	struct sign_key witness;
	struct checkpoint cp;
	struct buf want;
	struct buf got;
	struct note note;
	uint8_t seed[32];
	struct err e;

	(void)state;
	memset(seed, 0x11, 32);
	sign_key_from_seed(seed, &log_key);
	memset(seed, 0x22, 32);
	sign_key_from_seed(seed, &witness);
	read_vector("reference-log-sigsum-300/checkpoint", &want);
	assert_int_equal(checkpoint_open(want.data, want.size, log_key.public_key, &cp, &e),
	                 ERR_OK);
	assert_int_equal(cp.size, 300);
	assert_int_equal(checkpoint_open(want.data, want.size, witness.public_key, &cp, &e),
	                 ERR_UNKNOWN);
	buf_init(&got, 0);
	checkpoint_sign(&got, &cp, &log_key);
	assert_int_equal(note_parse(want.data, want.size, &note, &e), ERR_OK);
	note_add_cosignature(&got, "witness.example/w1", &witness, note.text, note.text_size,
	                     1795392000);
	assert_true(buf_ok(&got));
	assert_int_equal(got.size, want.size);
	assert_memory_equal(got.data, want.data, want.size);
	buf_done(&got);
	buf_done(&want);
}

static void
test_vkeys(void **state)
{
	static const char good[] =
		"example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
	static const char *const bad[] = {
		"",
		"+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
		"example.com/foo+530d903b+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
		"example.com/foo+530D903A+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
		"example.com/fo0+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
		"example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2",
		"example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k=",
		"example.com/foo+530d903a+",
		"example.com/foo+530d903a",
		"example com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
	};
	static const char type6[] = "a+530d903a+BukyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
	struct note_key k;
	struct buf b;
	struct err e;

	(void)state;
	assert_int_equal(note_vkey_parse(good, sizeof good - 1, &k, &e), ERR_OK);
	assert_string_equal(k.name, "example.com/foo");
	buf_init(&b, 0);
	note_vkey_write(&b, &k);
	assert_string_equal(buf_text(&b), good);
	buf_done(&b);
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_int_equal(note_vkey_parse(bad[i], strlen(bad[i]), &k, &e), ERR_INVALID);
	/* type 0x06 is known to exist and not offered */
	assert_int_equal(note_vkey_parse(type6, strlen(type6), &k, &e), ERR_UNSUPPORTED);
	/* names: no Unicode space, no '+', not longer than the limit */
	assert_int_equal(note_key_make("a\xc2\xa0z", NOTE_ED25519, k.public_key, &k, &e),
	                 ERR_INVALID);
	assert_int_equal(note_key_make("a\xe3\x80\x80z", NOTE_ED25519, k.public_key, &k, &e),
	                 ERR_INVALID);
	assert_int_equal(note_key_make("a+b", NOTE_ED25519, k.public_key, &k, &e), ERR_INVALID);
	assert_int_equal(note_key_make("", NOTE_ED25519, k.public_key, &k, &e), ERR_INVALID);
	assert_int_equal(note_key_make("\xff", NOTE_ED25519, k.public_key, &k, &e), ERR_INVALID);
	assert_int_equal(note_key_make("a", 9, k.public_key, &k, &e), ERR_UNSUPPORTED);
}

/* A signed note with count signature lines, the last of which is by k. */
static void
many(struct buf *b, const struct sign_key *k, unsigned count)
{
	note_begin(b, "text\n", 5);
	for (unsigned i = 0; i + 1 < count; i++)
		buf_printf(b, "\xe2\x80\x94 other%u AAAAAAA=\n", i);
	note_add_signature(b, "me", k, "text\n", 5);
}

static enum err_code
parse_text(const char *s, size_t n)
{
	struct note note;
	struct err e;

	return note_parse(s, n, &note, &e);
}

static void
test_note_rules(void **state)
{
	static const char line[] = "\xe2\x80\x94 a AAAAAAA=\n";
	static const struct {
		const char *before, *after;
		enum err_code rc;
	} v[] = {
		{ "text\n\n", "", ERR_OK },
		{ "a\n\nb\n\n", "", ERR_OK },
		{ "text\n\n", "\n", ERR_INVALID }, /* blank line at the end: no signatures */
		{ "text\n", "", ERR_INVALID },
		{ "te\rxt\n\n", "", ERR_INVALID },
		{ "te\txt\n\n", "", ERR_INVALID },
		{ "te\xff\n\n", "", ERR_INVALID },
		{ "text\n\n", "rest", ERR_INVALID },
		{ "text\n\n", "- a AAAAAAA=\n", ERR_INVALID },
		{ "text\n\n", "\xe2\x80\x94 a\n", ERR_INVALID },
		{ "text\n\n", "\xe2\x80\x94  AAAAAAA=\n", ERR_INVALID },
		{ "text\n\n", "\xe2\x80\x94 a+b AAAAAAA=\n", ERR_INVALID },
		{ "text\n\n", "\xe2\x80\x94 a AAAAAAB=\n", ERR_INVALID }, /* stray bits */
		{ "text\n\n", "\xe2\x80\x94 a AAAAAAA\n", ERR_INVALID },
		{ "text\n\n", "\xe2\x80\x94 a AAAAAA==\n", ERR_INVALID }, /* four bytes only */
		{ "text\n\n", "\xe2\x80\x94 a AAAA AAA=\n", ERR_INVALID },
	};
	struct sign_key k;
	struct note_key key;
	struct note note;
	struct buf b;
	struct err e;
	uint8_t seed[32] = { 3 };

	(void)state;
	buf_init(&b, 0);
	for (size_t i = 0; i < sizeof v / sizeof v[0]; i++) {
		buf_reset(&b);
		buf_adds(&b, v[i].before);
		buf_adds(&b, line);
		buf_adds(&b, v[i].after);
		if (parse_text(b.data, b.size) != v[i].rc)
			fail_msg("case %zu", i);
	}
	assert_int_equal(parse_text("", 0), ERR_INVALID);
	assert_int_equal(parse_text("\n", 1), ERR_INVALID);
	/* the most lines, and one past it; a known signature among unknown ones is found */
	sign_key_from_seed(seed, &k);
	assert_int_equal(note_key_make("me", NOTE_ED25519, k.public_key, &key, &e), ERR_OK);
	buf_reset(&b);
	many(&b, &k, NOTE_SIGNATURES_MAX);
	assert_int_equal(note_parse(b.data, b.size, &note, &e), ERR_OK);
	assert_int_equal(note_verify(&note, &key, 1, NULL, &e), ERR_OK);
	buf_reset(&b);
	many(&b, &k, NOTE_SIGNATURES_MAX + 1);
	assert_int_equal(note_parse(b.data, b.size, &note, &e), ERR_LIMIT);
	/* bytes */
	buf_reset(&b);
	while (b.size < NOTE_MAX_BYTES + 1)
		buf_adds(&b, "text\n");
	assert_int_equal(parse_text(b.data, NOTE_MAX_BYTES + 1), ERR_LIMIT);
	buf_done(&b);
}

/* A known key with a bad signature rejects the note, also beside a good one. */
static void
test_known_and_bad(void **state)
{
	struct sign_key a;
	struct sign_key z;
	struct note_key keys[2];
	bool good[2] = { false, false };
	struct note note;
	struct buf b;
	struct err e;
	uint8_t seed[32] = { 5 };

	(void)state;
	sign_key_from_seed(seed, &a);
	seed[0] = 6;
	sign_key_from_seed(seed, &z);
	assert_int_equal(note_key_make("a", NOTE_ED25519, a.public_key, &keys[0], &e), ERR_OK);
	assert_int_equal(note_key_make("z", NOTE_COSIGNATURE, z.public_key, &keys[1], &e), ERR_OK);
	buf_init(&b, 0);
	note_begin(&b, "text\n", 5);
	note_add_signature(&b, "a", &a, "text\n", 5);
	assert_int_equal(note_parse(b.data, b.size, &note, &e), ERR_OK);
	assert_int_equal(note_verify(&note, keys, 2, good, &e), ERR_OK);
	assert_true(good[0]);
	assert_false(good[1]);
	note_add_cosignature(&b, "z", &z, "text\n", 5, 99);
	assert_int_equal(note_parse(b.data, b.size, &note, &e), ERR_OK);
	assert_int_equal(note_verify(&note, keys, 2, good, &e), ERR_OK);
	assert_true(good[1]);
	assert_int_equal(note_verify(&note, NULL, 0, NULL, &e), ERR_UNKNOWN);
	note_add_signature(&b, "a", &a, "text!\n", 6);
	assert_int_equal(note_parse(b.data, b.size, &note, &e), ERR_OK);
	assert_int_equal(note_verify(&note, keys, 2, good, &e), ERR_VERIFY);
	buf_done(&b);
}

static enum err_code
parse_checkpoint(const char *s)
{
	struct checkpoint cp;
	struct err e;

	return checkpoint_parse(s, strlen(s), &cp, &e);
}

static void
test_checkpoint_rules(void **state)
{
#define ROOT "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
	(void)state;
	assert_int_equal(parse_checkpoint("o\n0\n" ROOT "\n"), ERR_OK);
	assert_int_equal(parse_checkpoint("o\n4611686018427387904\n" ROOT "\n"), ERR_OK);
	assert_int_equal(parse_checkpoint("o\n4611686018427387905\n" ROOT "\n"), ERR_INVALID);
	assert_int_equal(parse_checkpoint("o\n00\n" ROOT "\n"), ERR_INVALID);
	assert_int_equal(parse_checkpoint("o\n-1\n" ROOT "\n"), ERR_INVALID);
	assert_int_equal(parse_checkpoint("\n0\n" ROOT "\n"), ERR_INVALID);
	assert_int_equal(parse_checkpoint("o\n0\n" ROOT), ERR_INVALID);
	assert_int_equal(parse_checkpoint("o\n0\n" ROOT "\nmore\n"), ERR_INVALID);
	assert_int_equal(parse_checkpoint("o\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFV=\n"),
	                 ERR_INVALID);
	assert_int_equal(parse_checkpoint("o\n0\nAAAA\n"), ERR_INVALID);
	assert_int_equal(parse_checkpoint(""), ERR_INVALID);
#undef ROOT
}

/* What a witness would answer to the requests of litewitness: the checkpoints by the known log
 * verify where the expected status is 200 or 422, and not where it is 403 (the bad signature there
 * is one with stray bits in its base64). */
static void
test_torchwood(void **state)
{
	static const enum err_code want[] = { ERR_OK, ERR_INVALID, ERR_UNKNOWN,
		                              ERR_OK, ERR_OK,      ERR_OK };
	char path[1024];
	struct buf b;
	uint8_t public_key[32];
	const char *p;
	size_t i = 0;

	(void)state;
	if (!vector_path("torchwood-litewitness/requests.txt", path, sizeof path))
		skip();
	must_unhex("ffdc2d4d98e4124d3feaf788c0c2f9abfd796083d1f0495437f302ec79cf100f", public_key,
	           32);
	read_path(path, &b);
	p = b.data;
	while ((p = strstr(p, "```\nold ")) != NULL) {
		const char *start = strstr(p, "\n\n") + 2;
		const char *end = strstr(start, "```");
		struct checkpoint cp;
		struct err e;

		assert_true(i < sizeof want / sizeof want[0]);
		assert_int_equal(checkpoint_open(start, (size_t)(end - start), public_key, &cp, &e),
		                 want[i]);
		i++;
		p = end + 3;
	}
	assert_int_equal(i, 6);
	buf_done(&b);
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
		cmocka_unit_test(test_c2sp),
		cmocka_unit_test(test_logs),
		cmocka_unit_test(test_sigsum_cosignatures),
		cmocka_unit_test(test_make),
		cmocka_unit_test(test_vkeys),
		cmocka_unit_test(test_note_rules),
		cmocka_unit_test(test_known_and_bad),
		cmocka_unit_test(test_checkpoint_rules),
		cmocka_unit_test(test_torchwood),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
