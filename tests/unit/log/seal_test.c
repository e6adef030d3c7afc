#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "log/seal.h"
#include "log/sign.h"
#include "vectors.h"

static int
start(void **state)
{
	struct err e;

	(void)state;
	return sign_init(&e) == ERR_OK ? 0 : -1;
}

/* draft-irtf-cfrg-xchacha-03, A.3.1 (AEAD_XCHACHA20_POLY1305), laid out as a sealed value:
 * nonce || ciphertext || tag. */
static void
test_draft_vector(void **state)
{
	static const char sealed_hex[] =
		"404142434445464748494a4b4c4d4e4f5051525354555657"
		"bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb"
		"731c7f1b0b4aa6440bf3a82f4eda7e39ae64c6708c54c216cb96b72e1213b452"
		"2f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff9"
		"21f9664c97637da9768812f615c68b13b52ec0875924c1c7987947deafd8780acf49";
	static const char plain[] = "Ladies and Gentlemen of the class of '99: If I could offer "
				    "you only one tip for the "
				    "future, sunscreen would be it.";
	uint8_t sealed[24 + 114 + 16];
	uint8_t key[32];
	uint8_t aad[12];
	struct buf b;
	struct err e;

	(void)state;
	must_unhex(sealed_hex, sealed, sizeof sealed);
	must_unhex("808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f", key, 32);
	must_unhex("50515253c0c1c2c3c4c5c6c7", aad, 12);
	buf_init(&b, 0);
	assert_int_equal(
		seal_open(key, (struct seal_place){ aad, 12 }, sealed, sizeof sealed, &b, &e),
		ERR_OK);
	assert_int_equal(b.size, sizeof plain - 1);
	assert_memory_equal(b.data, plain, b.size);
	buf_done(&b);
}

static void
test_values(void **state)
{
	static const char *const plain[] = { "", "x", "a person's name" };
	uint8_t key[32] = { 7 };
	uint8_t other[32] = { 8 };
	const struct seal_place place = { "record 1, field name", 20 };
	const struct seal_place elsewhere = { "record 2, field name", 20 };
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++) {
		const size_t n = strlen(plain[i]);
		struct buf sealed;
		struct buf again;
		struct buf opened;

		buf_init(&sealed, 0);
		buf_init(&again, 0);
		buf_init(&opened, 0);
		buf_adds(&opened, "before ");
		assert_int_equal(seal_make(key, place, plain[i], n, &sealed, &e), ERR_OK);
		assert_int_equal(seal_make(key, place, plain[i], n, &again, &e), ERR_OK);
		assert_int_equal(sealed.size, n + SEAL_OVERHEAD);
		assert_memory_not_equal(sealed.data, again.data, sealed.size); /* fresh nonce */
		assert_int_equal(seal_open(other, place, sealed.data, sealed.size, &opened, &e),
		                 ERR_VERIFY);
		assert_int_equal(seal_open(key, elsewhere, sealed.data, sealed.size, &opened, &e),
		                 ERR_VERIFY);
		for (size_t bit = 0; bit < 8 * sealed.size; bit++) {
			sealed.data[bit / 8] = (char)(sealed.data[bit / 8] ^ (1 << bit % 8));
			assert_int_equal(
				seal_open(key, place, sealed.data, sealed.size, &opened, &e),
				ERR_VERIFY);
			sealed.data[bit / 8] = (char)(sealed.data[bit / 8] ^ (1 << bit % 8));
		}
		for (size_t cut = 0; cut < sealed.size; cut++)
			assert_int_equal(seal_open(key, place, sealed.data, cut, &opened, &e),
			                 ERR_VERIFY);
		assert_int_equal(opened.size, 7);
		assert_int_equal(seal_open(key, place, sealed.data, sealed.size, &opened, &e),
		                 ERR_OK);
		assert_int_equal(opened.size, 7 + n);
		assert_memory_equal(opened.data + 7, plain[i], n);
		buf_done(&sealed);
		buf_done(&again);
		buf_done(&opened);
	}
}

static void
test_limits(void **state)
{
	uint8_t key[32] = { 7 };
	struct buf b;
	struct err e;
	const struct seal_place none = { "", 0 };

	(void)state;
	buf_init(&b, 0);
	assert_int_equal(seal_make(key, none, key, (size_t)SEAL_MAX_BYTES + 1, &b, &e), ERR_LIMIT);
	assert_int_equal(
		seal_open(key, none, key, (size_t)SEAL_MAX_BYTES + SEAL_OVERHEAD + 1, &b, &e),
		ERR_LIMIT);
	assert_int_equal(b.size, 0);
	buf_done(&b);
}

static void
test_keys(void **state)
{
	uint8_t key[32] = { 1 };
	uint8_t plain[32] = { 2 };
	uint8_t sealed[SEAL_SEALED_KEY_SIZE];
	uint8_t again[SEAL_SEALED_KEY_SIZE];
	uint8_t out[32] = { 9 };
	struct err e;

	(void)state;
	seal_key(key, "context 1", 9, plain, sealed);
	seal_key(key, "context 1", 9, plain, again);
	assert_memory_equal(sealed, again,
	                    sizeof sealed); /* repeatable, so a rebuild can compare */
	seal_key(key, "context 2", 9, plain, again);
	assert_memory_not_equal(sealed, again, 32);
	assert_int_equal(seal_key_open(key, "context 2", 9, sealed, out, &e), ERR_VERIFY);
	assert_int_equal(out[0], 9);
	for (size_t bit = 0; bit < 8 * sizeof sealed; bit++) {
		sealed[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_int_equal(seal_key_open(key, "context 1", 9, sealed, out, &e), ERR_VERIFY);
		sealed[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	assert_int_equal(seal_key_open(key, "context 1", 9, sealed, out, &e), ERR_OK);
	assert_memory_equal(out, plain, 32);
	key[31] ^= 1;
	assert_int_equal(seal_key_open(key, "context 1", 9, sealed, out, &e), ERR_VERIFY);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_draft_vector),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_keys),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
