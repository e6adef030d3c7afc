#include <string.h>

#include "../unit.h"

#include "base/uuid.h"

/* RFC 9562, appendix A.6. */
static void
test_vector(void **state)
{
	/* rand_a = CC3, rand_b = 18C4DC0C0C07398F; the bits of version and variant are replaced */
	static const uint8_t random10[10] = { 0x0C, 0xC3, 0x18, 0xC4, 0xDC,
		                              0x0C, 0x0C, 0x07, 0x39, 0x8F };
	static const uint8_t all_ones[10] = { 255, 255, 255, 255, 255, 255, 255, 255, 255, 255 };
	char text[UUID_TEXT];

	(void)state;
	uuid_format(uuid_v7(0x017F22E279B0, random10), text);
	assert_string_equal(text, "017f22e2-79b0-7cc3-98c4-dc0c0c07398f");
	uuid_format(uuid_v7(0, all_ones), text);
	assert_string_equal(text, "00000000-0000-7fff-bfff-ffffffffffff");
}

static void
test_sorts_by_time(void **state)
{
	static const uint8_t high[10] = { 255, 255, 255, 255, 255, 255, 255, 255, 255, 255 };
	static const uint8_t low[10] = { 0 };

	(void)state;
	for (int64_t ms = 1700000000000; ms < 1800000000000; ms += 999999999) {
		struct uuid a = uuid_v7(ms, high);
		struct uuid b = uuid_v7(ms + 1, low);

		assert_true(memcmp(a.b, b.b, UUID_SIZE) < 0);
	}
}

static void
test_parse(void **state)
{
	static const char good[] = "017f22e2-79b0-7cc3-98c4-dc0c0c07398f";
	static const char *const bad[] = {
		"",
		"017f22e279b07cc398c4dc0c0c07398f",
		"017f22e2-79b0-7cc3-98c4-dc0c0c07398",
		"017f22e2-79b0-7cc3-98c4-dc0c0c07398f0",
		"{17f22e2-79b0-7cc3-98c4-dc0c0c07398}",
		"017f22e2+79b0-7cc3-98c4-dc0c0c07398f",
		"017f22e2-79b0-7cc3-98c4-dc0c0c07398g",
		"017f22e-279b0-7cc3-98c4-dc0c0c07398f",
		" 17f22e2-79b0-7cc3-98c4-dc0c0c07398f",
	};
	struct uuid u, v;
	char text[UUID_TEXT];

	(void)state;
	assert_true(uuid_parse(good, 36, &u));
	uuid_format(u, text);
	assert_string_equal(text, good);
	assert_true(uuid_parse("017F22E2-79B0-7CC3-98C4-DC0C0C07398F", 36, &v));
	assert_memory_equal(u.b, v.b, UUID_SIZE);
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		assert_false(uuid_parse(bad[i], strlen(bad[i]), &v));
		assert_memory_equal(u.b, v.b, UUID_SIZE); /* untouched */
	}
	assert_false(uuid_parse(NULL, 36, &v));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vector),
		cmocka_unit_test(test_sorts_by_time),
		cmocka_unit_test(test_parse),
	};

	return cmocka_run_group_tests_name("uuid", tests, NULL, NULL);
}
