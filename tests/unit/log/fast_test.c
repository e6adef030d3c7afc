#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/rng.h"
#include "base/text.h"
#include "log/fast.h"

#define MESSAGES 40
#define LONGEST 700

/* Every length, from every alignment, against the plain encoder; not a byte behind the input is
 * read (the address sanitizer sees it), not a byte more than promised is written. */
static void
test_base64url(void **state)
{
	struct rng rng;
	uint8_t in[LONGEST];
	char want[LONGEST * 2];
	char got[LONGEST * 2];

	(void)state;
	rng_seed(&rng, 1, 0);
	for (size_t i = 0; i < sizeof in; i++)
		in[i] = (uint8_t)rng_u64(&rng);
	for (size_t n = 0; n <= LONGEST; n++) {
		size_t skip = n % 8, length;
		uint8_t *exact = malloc(skip + n + 1); /* one more: n may be 0 */
		uint8_t *p = exact + skip + 1;

		assert_non_null(exact);
		memcpy(p, in, n);
		length = text_base64url(p, n, want);

		memset(got, '#', sizeof got);
		assert_int_equal(fast_base64url(p, n, got), length);
		assert_memory_equal(got, want, length + 1);
		assert_int_equal(got[length + 1 + FAST_SLACK], '#');
		free(exact);
	}
	/* every one of the 64 characters in every place of a vector */
	for (unsigned c = 0; c < 256; c++) {
		memset(in, (int)c, sizeof in);
		(void)text_base64url(in, 30, want);
		(void)fast_base64url(in, 30, got);
		assert_string_equal(got, want);
	}
}

/* Every length around the padding's edges, in groups of every size, against the plain hash. */
static void
test_sha256(void **state)
{
	struct rng rng;
	static uint8_t in[MESSAGES][LONGEST];
	struct fast_message message[MESSAGES];
	uint8_t want[32];
	uint8_t got[MESSAGES + 1][32];

	(void)state;
	rng_seed(&rng, 2, 0);
	for (size_t i = 0; i < MESSAGES; i++) {
		for (size_t j = 0; j < LONGEST; j++)
			in[i][j] = (uint8_t)rng_u64(&rng);
	}
	for (size_t round = 0; round < 300; round++) {
		const size_t count = round % (MESSAGES + 1);

		for (size_t i = 0; i < count; i++) {
			message[i].p = in[i];
			message[i].size =
				round < 150 ? (round + i) % 140 : rng_below(&rng, LONGEST + 1);
		}
		memset(got, 0xaa, sizeof got);
		fast_sha256(message, count, got);
		for (size_t i = 0; i < count; i++) {
			hash_sha256(in[i], message[i].size, want);
			assert_memory_equal(got[i], want, 32);
		}
		assert_int_equal(got[count][0], 0xaa);
	}
}

/* FIPS 180-4's own example and the empty message, enough of them to fill the lanes. */
static void
test_known(void **state)
{
	struct fast_message message[16];
	uint8_t got[16][32];
	char hex[65];

	(void)state;
	for (size_t i = 0; i < 16; i++)
		message[i] = i % 2 == 0 ? (struct fast_message){ "abc", 3 }
		                        : (struct fast_message){ NULL, 0 };
	fast_sha256(message, 16, got);
	for (size_t i = 0; i < 16; i++) {
		text_hex(got[i], 32, hex);
		assert_string_equal(
			hex,
			i % 2 == 0
				? "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
				: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b85"
				  "5");
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_base64url),
		cmocka_unit_test(test_sha256),
		cmocka_unit_test(test_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
