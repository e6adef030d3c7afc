/* One-time passwords: the vectors of RFC 4226 (appendix D) and RFC 6238 (appendix B, SHA-1). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/totp.h"

static const uint8_t key[] = "12345678901234567890"; /* of both appendices */

static void
test_rfc4226(void **state)
{
	static const char *const want[] = { "755224", "287082", "359152", "969429", "338314",
		                            "254676", "287922", "162583", "399871", "520489" };
	char code[9];

	(void)state;
	for (int i = 0; i < 10; i++) {
		totp_code(key, 20, i, 6, code);
		assert_string_equal(want[i], code);
	}
}

static void
test_rfc6238(void **state)
{
	static const struct {
		int64_t at_s;
		const char *code;
	} c[] = {
		{ 59, "94287082" },         { 1111111109, "07081804" }, { 1111111111, "14050471" },
		{ 1234567890, "89005924" }, { 2000000000, "69279037" }, { 20000000000, "65353130" },
	};
	char code[9];

	(void)state;
	for (size_t i = 0; i < sizeof c / sizeof *c; i++) {
		totp_code(key, 20, totp_step(c[i].at_s), 8, code);
		assert_string_equal(c[i].code, code);
		/* six digits are the last six of eight */
		assert_int_equal(totp_step(c[i].at_s),
		                 totp_find(key, 20, c[i].code + 2, c[i].at_s, -1));
	}
}

static void
test_window(void **state)
{
	char code[9];

	(void)state;
	totp_code(key, 20, 100, 6, code);
	assert_int_equal(-1, totp_find(key, 20, code, 99 * 30 - 1, -1)); /* two steps early */
	assert_int_equal(100, totp_find(key, 20, code, 99 * 30, -1));
	assert_int_equal(100, totp_find(key, 20, code, 102 * 30 - 1, -1));
	assert_int_equal(-1, totp_find(key, 20, code, 102 * 30, -1));  /* two steps late */
	assert_int_equal(-1, totp_find(key, 20, code, 100 * 30, 100)); /* taken before */
	assert_int_equal(100, totp_find(key, 20, code, 100 * 30, 99));
	assert_int_equal(-1, totp_find(key, 20, "", 3000, -1));
	assert_int_equal(-1, totp_find(key, 20, "12345", 3000, -1));
	assert_int_equal(-1, totp_find(key, 20, "1234567", 3000, -1));
	assert_int_equal(-1, totp_find(key, 20, "12 456", 3000, -1));
	totp_code(key, 20, 100, 9, code);
	assert_string_equal("-", code);
}

static void
test_base32(void **state)
{
	/* RFC 4648 section 10, padding left out */
	static const char *const c[][2] = { { "", "" },
		                            { "f", "MY" },
		                            { "fo", "MZXQ" },
		                            { "foo", "MZXW6" },
		                            { "foob", "MZXW6YQ" },
		                            { "fooba", "MZXW6YTB" },
		                            { "foobar", "MZXW6YTBOI" } };
	char out[40];

	(void)state;
	for (size_t i = 0; i < sizeof c / sizeof *c; i++) {
		assert_int_equal(strlen(c[i][1]),
		                 totp_base32((const uint8_t *)c[i][0], strlen(c[i][0]), out));
		assert_string_equal(c[i][1], out);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rfc4226),
		cmocka_unit_test(test_rfc6238),
		cmocka_unit_test(test_window),
		cmocka_unit_test(test_base32),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
