#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "form/regex.h"

struct match_case {
	const char *pattern, *text;
	bool expected;
};

/* Expected by Java's Pattern documentation; ODK's manual has the e-mail and phone examples. */
static const struct match_case cases[] = {
	{ "[0-9]+", "12345", true },
	{ "[0-9]+", "12345a", false },
	{ "[A-Z]{2}-[0-9]{1,3}", "UA-123", true },
	{ "[A-Z]{2}-[0-9]{1,3}", "UA-1234", false },
	{ "^\\d{10}$", "0123456789", true },
	{ "\\d{10}", "012345678", false },
	{ "[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+[.][A-Za-z]{2,4}", "a.b+c@d-e.org", true },
	{ "[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+[.][A-Za-z]{2,4}", "a.b@c", false },
	{ "", "", true },
	{ "", "x", false },
	{ "a*", "", true },
	{ "a*?b", "aaab", true },
	{ "a|bc|", "bc", true },
	{ "a|bc|", "", true },
	{ "a|bc|", "b", false },
	{ "(ab)+", "ababab", true },
	{ "(ab)+", "aba", false },
	{ "(?:ab){2}", "abab", true },
	{ "((a*)*)*b", "aaaaaaaab", true },
	{ "(a|aa)+$", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab", false },
	{ ".", "ї", true },
	{ ".", "\n", false },
	{ "..", "ї", false },
	{ "[а-яіїєґ]+", "їжак", true },
	{ "[^0-9]+", "їжак", true },
	{ "[^0-9]+", "їж4к", false },
	{ "[]a]+", "]a", true },
	{ "[a\\]-]+", "a]-", true },
	{ "[\\d\\s]+", "1 2\t3", true },
	{ "\\w+\\W\\w+", "ab_1-Z", true },
	{ "\\S+", "a b", false },
	{ "\\D+", "ab", true },
	{ "\\.\\*\\\\", ".*\\", true },
	{ "\\u0041+", "AAA", true },
	{ "\\t\\n\\r\\f", "\t\n\r\f", true },
	{ "(?i)[a-c]x+", "BXx", true },
	{ "(?i)[A-C]É", "bÉ", true },
	{ "(?i)[^a]", "A", false },
	{ "a{0}", "", true },
	{ "a{2,}", "a", false },
	{ "a{2,}", "aaaaa", true },
	{ "a^b", "ab", false },
	{ "x?^a$y?", "a", true },
	{ "{", "", false },
};

static bool
match(const char *pattern, const char *text, struct arena *mem, bool *ret_compiled)
{
	struct regex *re = NULL;
	struct err e = { 0 };

	*ret_compiled = regex_compile(pattern, mem, &re, &e) == ERR_OK;
	return *ret_compiled && regex_match(re, text, strlen(text), mem);
}

static void
matches(void **state)
{
	struct arena mem;

	(void)state;
	arena_init(&mem, 0);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		bool compiled = false;

		if (match(cases[i].pattern, cases[i].text, &mem, &compiled) != cases[i].expected)
			fail_msg("%s on %s", cases[i].pattern, cases[i].text);
		assert_true(compiled || strcmp(cases[i].pattern, "{") == 0);
	}
	arena_done(&mem);
}

static void
what_is_not_offered_is_said(void **state)
{
	static const struct {
		const char *pattern;
		enum err_code code;
	} c[] = {
		{ "(?=a)", ERR_UNSUPPORTED },
		{ "(?<n>a)", ERR_UNSUPPORTED },
		{ "\\bx", ERR_UNSUPPORTED },
		{ "\\p{L}", ERR_UNSUPPORTED },
		{ "(a)\\1", ERR_UNSUPPORTED },
		{ "a++", ERR_UNSUPPORTED },
		{ "[a[b]]", ERR_UNSUPPORTED },
		{ "[a&&b]", ERR_UNSUPPORTED },
		{ "(", ERR_INVALID },
		{ ")", ERR_INVALID },
		{ "[a", ERR_INVALID },
		{ "[", ERR_INVALID },
		{ "[]", ERR_INVALID },
		{ "[b-a]", ERR_INVALID },
		{ "*", ERR_INVALID },
		{ "a**", ERR_INVALID },
		{ "a{", ERR_INVALID },
		{ "a{2", ERR_INVALID },
		{ "a{3,2}", ERR_INVALID },
		{ "a{,2}", ERR_INVALID },
		{ "a\\", ERR_INVALID },
		{ "[\\", ERR_INVALID },
		{ "\\u12", ERR_INVALID },
		{ "a{1001}", ERR_LIMIT },
		{ "(a{1000}){1000}", ERR_LIMIT },
		{ "((){1000}){1000}", ERR_LIMIT },
		{ "(((((((((((((((((((((((((((((((((a)))))))))))))))))))))))))))))))))",
		  ERR_LIMIT },
	};
	struct arena mem;

	(void)state;
	arena_init(&mem, 0);
	for (size_t i = 0; i < sizeof c / sizeof *c; i++) {
		struct regex *re = NULL;
		struct err e = { 0 };
		enum err_code rc = regex_compile(c[i].pattern, &mem, &re, &e);

		if (rc != c[i].code)
			fail_msg("%s: %d %s", c[i].pattern, (int)rc, e.text);
		assert_null(re);
	}
	arena_done(&mem);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(matches),
		cmocka_unit_test(what_is_not_offered_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
