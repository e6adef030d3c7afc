#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/text.h"

/* RFC 8785, appendix B: IEEE 754 bits and the text. */
static void
test_number_vectors(void **state)
{
	static const struct {
		uint64_t bits;
		const char *text;
	} v[] = {
		{ 0x0000000000000000u, "0" },
		{ 0x8000000000000000u, "0" },
		{ 0x0000000000000001u, "5e-324" },
		{ 0x8000000000000001u, "-5e-324" },
		{ 0x7fefffffffffffffu, "1.7976931348623157e+308" },
		{ 0xffefffffffffffffu, "-1.7976931348623157e+308" },
		{ 0x4340000000000000u, "9007199254740992" },
		{ 0xc340000000000000u, "-9007199254740992" },
		{ 0x4430000000000000u, "295147905179352830000" },
		{ 0x44b52d02c7e14af5u, "9.999999999999997e+22" },
		{ 0x44b52d02c7e14af6u, "1e+23" },
		{ 0x44b52d02c7e14af7u, "1.0000000000000001e+23" },
		{ 0x444b1ae4d6e2ef4eu, "999999999999999700000" },
		{ 0x444b1ae4d6e2ef4fu, "999999999999999900000" },
		{ 0x444b1ae4d6e2ef50u, "1e+21" },
		{ 0x3eb0c6f7a0b5ed8cu, "9.999999999999997e-7" },
		{ 0x3eb0c6f7a0b5ed8du, "0.000001" },
		{ 0x41b3de4355555553u, "333333333.3333332" },
		{ 0x41b3de4355555554u, "333333333.33333325" },
		{ 0x41b3de4355555555u, "333333333.3333333" },
		{ 0x41b3de4355555556u, "333333333.3333334" },
		{ 0x41b3de4355555557u, "333333333.33333343" },
		{ 0xbecbf647612f3696u, "-0.0000033333333333333333" },
		{ 0x43143ff3c1cb0959u, "1424953923781206.2" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		char out[32];
		double d, back;

		memcpy(&d, &v[i].bits, sizeof(d));
		assert_int_equal(text_format_f64(d, out), strlen(v[i].text));
		assert_string_equal(out, v[i].text);
		assert_true(text_parse_f64(out, strlen(out), &back));
		assert_true(back == d);
	}
}

static void
test_number_not_finite(void **state)
{
	char out[32] = "x";

	(void)state;
	assert_int_equal(text_format_f64(NAN, out), 0);
	assert_int_equal(text_format_f64(INFINITY, out), 0);
	assert_int_equal(text_format_f64(-INFINITY, out), 0);
	assert_string_equal(out, "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_number_vectors),
		cmocka_unit_test(test_number_not_finite),
	};

	return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
