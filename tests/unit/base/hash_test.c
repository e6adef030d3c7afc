#include <string.h>

#include "../unit.h"

#include "base/hash.h"
#include "base/text.h"

static void
check(const char *s, size_t n, const char *expect)
{
	uint8_t out[HASH_SIZE];
	char hex[2 * HASH_SIZE + 1];

	hash_sha256(s, n, out);
	text_hex(out, sizeof(out), hex);
	assert_string_equal(hex, expect);
}

/* FIPS 180-2, appendix B, and the empty text of the NIST test vectors. */
static void
test_vectors(void **state)
{
	static const char two_blocks[] = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";

	(void)state;
	check(NULL, 0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	check("abc", 3, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	check(two_blocks, strlen(two_blocks),
	      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

static void
test_million_in_pieces(void **state)
{
	struct hash_state h;
	uint8_t out[HASH_SIZE];
	char hex[2 * HASH_SIZE + 1];
	char a[1000];
	size_t left = 1000000, piece = 1;

	(void)state;
	memset(a, 'a', sizeof(a));
	hash_init(&h);
	while (left > 0) {
		size_t n = piece < left ? piece : left;

		hash_update(&h, a, n);
		left -= n;
		piece = piece % 997 + 1;
	}
	hash_update(&h, NULL, 0);
	hash_final(&h, out);
	text_hex(out, sizeof(out), hex);
	assert_string_equal(hex,
	                    "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

/* A state may be copied midway, and used again after its end. */
static void
test_copy_and_reuse(void **state)
{
	struct hash_state h, copy;
	uint8_t a[HASH_SIZE], b[HASH_SIZE], c[HASH_SIZE];

	(void)state;
	hash_init(&h);
	hash_update(&h, "ab", 2);
	copy = h;
	hash_update(&h, "c", 1);
	hash_final(&h, a);
	hash_update(&copy, "c", 1);
	hash_final(&copy, b);
	hash_init(&h);
	hash_update(&h, "abc", 3);
	hash_final(&h, c);
	assert_memory_equal(a, b, HASH_SIZE);
	assert_memory_equal(a, c, HASH_SIZE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vectors),
		cmocka_unit_test(test_million_in_pieces),
		cmocka_unit_test(test_copy_and_reuse),
	};

	return cmocka_run_group_tests_name("hash", tests, NULL, NULL);
}
