#include <string.h>

#include "../unit.h"

#include "base/err.h"
#include "base/text.h"

static void
test_set(void **state)
{
	struct err e;

	(void)state;
	memset(&e, 0x55, sizeof(e));
	assert_int_equal(err_set(&e, ERR_INVALID, "latitude %.1f is not -90 .. 90", 95.2),
	                 ERR_INVALID);
	assert_int_equal(e.code, ERR_INVALID);
	assert_string_equal(e.text, "latitude 95.2 is not -90 .. 90");
	assert_string_equal(e.hint, "");
	assert_int_equal(err_hint(&e, "Swap the %s.", "columns"), ERR_INVALID);
	assert_string_equal(e.hint, "Swap the columns.");
	assert_int_equal(err_prefix(&e, "row %d", 41), ERR_INVALID);
	assert_int_equal(err_prefix(&e, "%s", "roads.csv"), ERR_INVALID);
	assert_string_equal(e.text, "roads.csv: row 41: latitude 95.2 is not -90 .. 90");
	assert_string_equal(e.hint, "Swap the columns.");
	err_clear(&e);
	assert_int_equal(e.code, ERR_OK);
	assert_string_equal(e.text, "");
	assert_string_equal(e.hint, "");
}

static void
test_null(void **state)
{
	(void)state;
	assert_int_equal(err_set(NULL, ERR_IO, "x"), ERR_IO);
	assert_int_equal(err_prefix(NULL, "x"), ERR_INTERNAL);
	assert_int_equal(err_hint(NULL, "x"), ERR_INTERNAL);
	err_clear(NULL);
}

/* Wherever the end falls, no character is cut in two. */
static void
test_cut(void **state)
{
	static const char *const filler[] = { "x", "\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x92\xA3" };
	struct err e;

	(void)state;
	for (size_t f = 0; f < COUNT_OF(filler); f++) {
		for (int shift = 0; shift < 5; shift++) {
			char text[1300] = "";
			size_t n = (size_t)shift;

			memset(text, 'a', n);
			while (n + 4 < 1200) {
				memcpy(text + n, filler[f], strlen(filler[f]));
				n += strlen(filler[f]);
			}
			(void)err_set(&e, ERR_IO, "%s", text);
			assert_true(text_is_utf8(e.text, strlen(e.text)));
			assert_in_range(strlen(e.text), sizeof(e.text) - 4, sizeof(e.text) - 1);
			(void)err_hint(&e, "%s", text);
			assert_true(text_is_utf8(e.hint, strlen(e.hint)));
			assert_in_range(strlen(e.hint), sizeof(e.hint) - 4, sizeof(e.hint) - 1);
			(void)err_prefix(&e, "p%d", shift);
			assert_memory_equal(e.text, "p", 1);
			assert_true(text_is_utf8(e.text, strlen(e.text)));
			(void)err_prefix(&e, "%s", text);
			assert_true(text_is_utf8(e.text, strlen(e.text)));
		}
	}
}

static void
test_exact_fit(void **state)
{
	struct err e;
	char text[sizeof(e.text)];

	(void)state;
	memset(text, 'a', sizeof(text));
	memcpy(text + sizeof(text) - 3, "\xC3\xA9", 3); /* ends exactly at the end */
	(void)err_set(&e, ERR_IO, "%s", text);
	assert_string_equal(e.text, text);
}

static void
test_quote(void **state)
{
	char out[256];
	char expect[256];
	char small[8];

	(void)state;
	assert_string_equal(err_quote("plain", out, sizeof(out)), "plain");
	assert_string_equal(err_quote("", out, sizeof(out)), "");
	assert_string_equal(err_quote(NULL, out, sizeof(out)), "");
	assert_string_equal(err_quote("a\nb\x1B[31m\x7F", out, sizeof(out)), "a?b?[31m?");
	assert_string_equal(err_quote("\xC2\x9B"
	                              "31m",
	                              out, sizeof(out)),
	                    "?31m"); /* C1 */
	assert_string_equal(err_quote("x\xFFy\xC3", out, sizeof(out)), "x?y?");
	assert_string_equal(err_quote("\xE2\x80\xAE", out, sizeof(out)),
	                    "?"); /* right-to-left override */
	assert_string_equal(err_quote("\xEF\xBF\xBD", out, sizeof(out)), "\xEF\xBF\xBD");
	assert_string_equal(err_quote("Şuşa", out, sizeof(out)), "Şuşa");

	memset(expect, 'x', 60);
	expect[60] = '\0';
	assert_string_equal(err_quote(expect, out, sizeof(out)), expect); /* 60 are allowed */
	memcpy(expect + 60, "y", 2);
	err_quote(expect, out, sizeof(out)); /* 61 are not */
	memcpy(expect + 60, "\xE2\x80\xA6", 4);
	assert_string_equal(out, expect);

	assert_string_equal(err_quote("1234567", small, sizeof(small)), "1234567");
	assert_string_equal(err_quote("12345678", small, sizeof(small)), "1234\xE2\x80\xA6");
	assert_string_equal(err_quote("\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9", small, sizeof(small)),
	                    "\xC3\xA9\xC3\xA9\xE2\x80\xA6");
	assert_string_equal(err_quote("abc", small, 3), "");
	assert_string_equal(err_quote("abc", small, 1), "");
}

static void
test_names_and_status(void **state)
{
	(void)state;
	for (int a = ERR_OK; a <= ERR_INTERNAL; a++) {
		assert_non_null(err_name((enum err_code)a));
		for (int b = ERR_OK; b < a; b++)
			assert_string_not_equal(err_name((enum err_code)a),
			                        err_name((enum err_code)b));
	}
	assert_string_equal(err_name(ERR_INVALID), "invalid");
	assert_int_equal(err_exit_status(ERR_OK), 0);
	assert_int_equal(err_exit_status(ERR_INVALID), 1);
	assert_int_equal(err_exit_status(ERR_VERIFY), 4);
	assert_int_equal(err_exit_status(ERR_UNKNOWN), 5);
	assert_int_equal(err_exit_status(ERR_INTERNAL), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_set),   cmocka_unit_test(test_null),
		cmocka_unit_test(test_cut),   cmocka_unit_test(test_exact_fit),
		cmocka_unit_test(test_quote), cmocka_unit_test(test_names_and_status),
	};

	return cmocka_run_group_tests_name("err", tests, NULL, NULL);
}
