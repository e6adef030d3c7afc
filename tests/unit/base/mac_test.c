/* HMAC-SHA-256: test cases 1 to 4, 6 and 7 of RFC 4231 (5 is about a shortened code). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/mac.h"
#include "base/text.h"

static void
is(const uint8_t *key, size_t key_size, const void *p, size_t n, const char *want)
{
	uint8_t out[MAC_SIZE];
	char hex[2 * MAC_SIZE + 1];

	mac_make(key, key_size, p, n, out);
	text_hex(out, sizeof out, hex);
	assert_string_equal(want, hex);
}

static void
test_rfc4231(void **state)
{
	static const char case6[] = "Test Using Larger Than Block-Size Key - Hash Key First";
	static const char case7[] =
		"This is a test using a larger than block-size key and a larger than "
		"block-size data. The key needs to be hashed before being used by the "
		"HMAC algorithm.";
	uint8_t key[131], data[50];

	(void)state;
	memset(key, 0x0b, 20);
	is(key, 20, "Hi There", 8,
	   "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
	is((const uint8_t *)"Jefe", 4, "what do ya want for nothing?", 28,
	   "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
	memset(key, 0xaa, 20);
	memset(data, 0xdd, 50);
	is(key, 20, data, 50, "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe");
	for (uint8_t i = 0; i < 25; i++)
		key[i] = (uint8_t)(i + 1);
	memset(data, 0xcd, 50);
	is(key, 25, data, 50, "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b");
	memset(key, 0xaa, 131);
	is(key, 131, case6, strlen(case6),
	   "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
	is(key, 131, case7, strlen(case7),
	   "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2");
}

static void
test_is(void **state)
{
	uint8_t a[MAC_SIZE], b[MAC_SIZE];

	(void)state;
	memset(a, 5, sizeof a);
	for (size_t i = 0; i < sizeof a; i++) {
		memcpy(b, a, sizeof b);
		assert_true(mac_is(a, b));
		b[i] ^= 0x80;
		assert_false(mac_is(a, b));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rfc4231),
		cmocka_unit_test(test_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
