#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/text.h"
#include "log/lines.h"

static bool
decimal(const char *s, uint64_t max, uint64_t *ret)
{
	return lines_decimal(s, strlen(s), max, ret);
}

static void
test_decimal(void **state)
{
	static const char *const bad[] = { "",
		                           "00",
		                           "01",
		                           "-1",
		                           "+1",
		                           " 1",
		                           "1 ",
		                           "0x1",
		                           "1.0",
		                           "1e3",
		                           "18446744073709551616",
		                           "99999999999999999999",
		                           "100000000000000000000" };
	uint64_t v = 7;

	(void)state;
	assert_true(decimal("0", 0, &v));
	assert_int_equal(v, 0);
	assert_true(decimal("18446744073709551615", UINT64_MAX, &v));
	assert_true(v == UINT64_MAX);
	assert_true(decimal("10", 10, &v));
	assert_false(decimal("11", 10, &v));
	assert_int_equal(v, 10);
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_false(decimal(bad[i], UINT64_MAX, &v));
	assert_int_equal(v, 10);
}

static void
test_lines(void **state)
{
	static const char text[] = "a\n\nbc\nrest";
	struct lines l;
	const char *s;
	size_t n;

	(void)state;
	lines_open(&l, text, sizeof text - 1);
	assert_true(lines_next(&l, &s, &n));
	assert_true(lines_is(s, n, "a"));
	assert_true(lines_next(&l, &s, &n));
	assert_int_equal(n, 0);
	assert_true(lines_next(&l, &s, &n));
	assert_true(lines_is(s, n, "bc"));
	assert_int_equal(l.number, 3);
	assert_false(lines_next(&l, &s, &n)); /* no LF at its end */
	assert_false(lines_done(&l));
	lines_open(&l, text, 0);
	assert_false(lines_next(&l, &s, &n));
	assert_true(lines_done(&l));
}

static void
test_words(void **state)
{
	const char *s = "key=one two";
	size_t n = strlen(s);
	const char *w;
	size_t w_n;

	(void)state;
	assert_false(lines_skip(&s, &n, "kex"));
	assert_true(lines_skip(&s, &n, "key="));
	assert_true(lines_word(&s, &n, &w, &w_n));
	assert_true(lines_is(w, w_n, "one"));
	assert_true(lines_is(s, n, "two"));
	assert_false(lines_word(&s, &n, &w, &w_n));
}

/* One value, one spelling (RFC 4648: alphabet, padding, no bits beyond the data). */
static void
test_bytes(void **state)
{
	uint8_t out[32];
	char text[46];
	uint8_t in[32];

	(void)state;
	assert_true(lines_hex("00ff", 4, out, 2));
	assert_false(lines_hex("00Ff", 4, out, 2));
	assert_false(lines_hex("00f", 3, out, 2));
	assert_false(lines_hex("00fg", 4, out, 2));
	for (unsigned i = 0; i < 32; i++)
		in[i] = (uint8_t)(i * 8);
	assert_int_equal(text_base64(in, 32, text), 44);
	assert_true(lines_base64_32(text, 44, out));
	assert_memory_equal(in, out, 32);
	for (size_t i = 0; i < 44; i++) {
		for (unsigned bit = 0; bit < 8; bit++) {
			char flipped[46];

			memcpy(flipped, text, sizeof flipped);
			flipped[i] = (char)(flipped[i] ^ (char)(1u << bit));
			/* either refused, or another value: never the same one in another spelling
			 */
			if (lines_base64_32(flipped, 44, out))
				assert_memory_not_equal(in, out, 32);
		}
	}
	assert_false(lines_base64_32(text, 43, out));
	assert_int_equal(text_base64url(in, 32, text), 43);
	assert_true(lines_base64url_32(text, 43, out));
	assert_memory_equal(in, out, 32);
	text[43] = '=';
	assert_false(lines_base64url_32(text, 44, out));
	text[42] = (char)(text[42] + 1); /* a stray bit */
	assert_false(lines_base64url_32(text, 43, out));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_decimal),
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
