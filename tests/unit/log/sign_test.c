#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/stat.h>
#include <unistd.h>

#include "log/sign.h"
#include "vectors.h"

static char folder[] = "/tmp/fallow_sign_XXXXXX";

static int
start(void **state)
{
	struct err e;

	(void)state;
	return sign_init(&e) == ERR_OK && mkdtemp(folder) ? 0 : -1;
}

static int
stop(void **state)
{
	(void)state;
	return rmdir(folder);
}

/* RFC 8032 section 7.1, tests 1 and 3. */
static void
test_rfc8032(void **state)
{
	static const struct {
		const char *seed, *public_key, *message, *signature;
	} v[] = {
		{ "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
		  "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
		  "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bac"
		  "c61e"
		  "39701cf9b46bd25bf5f0595bbe24655141438e7a100b" },
		{ "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
		  "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
		  "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290"
		  "ae67"
		  "f760984dc6594a7c15e9716ed28dc027beceea1ec40a" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof v / sizeof v[0]; i++) {
		struct sign_key k;
		uint8_t seed[32];
		uint8_t want[64];
		uint8_t message[8];
		uint8_t got[64];
		const size_t n = strlen(v[i].message) / 2;

		must_unhex(v[i].seed, seed, 32);
		must_unhex(v[i].message, message, n);
		sign_key_from_seed(seed, &k);
		must_unhex(v[i].public_key, want, 32);
		assert_memory_equal(k.public_key, want, 32);
		must_unhex(v[i].signature, want, 64);
		sign_make(&k, message, n, got);
		assert_memory_equal(got, want, 64);
		assert_true(sign_check(k.public_key, message, n, got));
		for (size_t bit = 0; bit < 512; bit++) {
			got[bit / 8] ^= (uint8_t)(1u << bit % 8);
			assert_false(sign_check(k.public_key, message, n, got));
			got[bit / 8] ^= (uint8_t)(1u << bit % 8);
		}
		sign_key_wipe(&k);
		for (size_t j = 0; j < sizeof k.secret; j++)
			assert_int_equal(k.secret[j], 0);
	}
	sign_key_wipe(NULL);
}

/* Every case of the wycheproof suite: valid ones hold, invalid ones do not. */
static void
test_wycheproof(void **state)
{
	struct buf b;
	struct arena mem;
	struct json_value *v;
	struct err e;
	unsigned done = 0;

	(void)state;
	read_vector("wycheproof/ed25519_test.json", &b);
	arena_init(&mem, 0);
	assert_int_equal(json_parse(b.data, b.size, 0, &mem, &v, &e), ERR_OK);
	for (struct json_value *g = json_get(v, "testGroups")->first; g; g = g->next) {
		uint8_t public_key[32];

		must_unhex(json_get_string(json_get(g, "publicKey"), "pk"), public_key, 32);
		for (struct json_value *t = json_get(g, "tests")->first; t; t = t->next) {
			const char *sig_hex = json_get_string(t, "sig");
			const struct json_value *msg = json_get(t, "msg");
			const bool valid = text_eq(json_get_string(t, "result"), "valid");
			uint8_t sig[64];
			uint8_t message[4096];
			const bool shaped = strlen(sig_hex) == 128;

			done++;
			assert_true(msg->count / 2 <= sizeof message);
			must_unhex(msg->string, message, msg->count / 2);
			if (shaped)
				must_unhex(sig_hex, sig, 64);
			if ((shaped && sign_check(public_key, message, msg->count / 2, sig)) !=
			    valid)
				fail_msg("case %g is wrong", json_get_number(t, "tcId", 0));
		}
	}
	assert_int_equal(done, (unsigned)json_get_number(v, "numberOfTests", 0));
	arena_done(&mem);
	buf_done(&b);
}

/* A key of small order would let one signature hold for every message: refused. */
static void
test_small_order(void **state)
{
	uint8_t key[32] = { 1 };
	uint8_t sig[64] = { 1 };

	(void)state;
	assert_false(sign_check(key, "any", 3, sig));
	key[0] = 0;
	assert_false(sign_check(key, "any", 3, sig));
}

static void
test_files(void **state)
{
	char path[100];
	char link_path[100];
	struct sign_key a;
	struct sign_key b;
	struct err e = { 0 };
	struct stat st;

	(void)state;
	(void)snprintf(path, sizeof path, "%s/author.key", folder);
	(void)snprintf(link_path, sizeof link_path, "%s/link.key", folder);
	assert_int_equal(sign_key_read(path, &b, &e), ERR_NOTFOUND);
	assert_int_equal(sign_key_generate(&a, &e), ERR_OK);
	assert_int_equal(sign_key_write(path, &a, &e), ERR_OK);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(sign_key_read(path, &b, &e), ERR_OK);
	assert_memory_equal(&a, &b, sizeof a);
	/* never over another key, also not over itself */
	assert_int_equal(sign_key_write(path, &a, &e), ERR_CONFLICT);
	/* a wider mode, a link, another kind */
	assert_int_equal(chmod(path, 0640), 0);
	assert_int_equal(sign_key_read(path, &b, &e), ERR_DENIED);
	assert_non_null(strstr(e.text, "0640"));
	assert_non_null(strstr(e.hint, "chmod 600"));
	assert_int_equal(chmod(path, 0604), 0);
	assert_int_equal(sign_key_read(path, &b, &e), ERR_DENIED);
	assert_int_equal(chmod(path, 0400), 0);
	assert_int_equal(sign_key_read(path, &b, &e), ERR_OK);
	assert_int_equal(sign_secret_read(path, "register", b.secret, &e), ERR_INVALID);
	assert_int_equal(symlink(path, link_path), 0);
	assert_int_equal(sign_key_read(link_path, &b, &e), ERR_IO);
	assert_int_equal(sign_key_read(folder, &b, &e), ERR_DENIED);
	assert_int_equal(unlink(link_path), 0);
	assert_int_equal(unlink(path), 0);
}

/* Exactly the format: a cut, longer or changed file is refused and nothing is given back. */
static void
test_file_format(void **state)
{
	static const char good[] =
		"fallow-key/v1 register\n"
		"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n";
	char path[100];
	uint8_t secret[32];
	struct err e = { 0 };

	(void)state;
	(void)snprintf(path, sizeof path, "%s/register.key", folder);
	for (size_t n = 0; n < sizeof good - 1; n++) {
		assert_int_equal(file_write_atomic(path, good, n, 0600, &e), ERR_OK);
		memset(secret, 0xee, sizeof secret);
		assert_int_equal(sign_secret_read(path, "register", secret, &e), ERR_INVALID);
		assert_int_equal(secret[0], 0xee);
	}
	assert_int_equal(file_write_atomic(path, good, sizeof good, 0600, &e), ERR_OK);
	assert_int_equal(sign_secret_read(path, "register", secret, &e), ERR_INVALID);
	assert_int_equal(file_write_atomic(path, good, sizeof good - 1, 0600, &e), ERR_OK);
	assert_int_equal(sign_secret_read(path, "register", secret, &e), ERR_OK);
	for (unsigned i = 0; i < 32; i++)
		assert_int_equal(secret[i], i);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(sign_secret_write(path, "register", secret, &e), ERR_OK);
	memset(secret, 0, sizeof secret);
	assert_int_equal(sign_secret_read(path, "register", secret, &e), ERR_OK);
	assert_int_equal(secret[31], 31);
	assert_int_equal(unlink(path), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rfc8032),     cmocka_unit_test(test_wycheproof),
		cmocka_unit_test(test_small_order), cmocka_unit_test(test_files),
		cmocka_unit_test(test_file_format),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
