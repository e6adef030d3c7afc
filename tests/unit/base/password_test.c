/* Hashes of passwords. The hash below was made by the Argon2 reference implementation. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/password.h"

static struct err e;

static void
test_round(void **state)
{
	static const char p[] = "correct horse battery staple";
	char a[PASSWORD_HASH], b[PASSWORD_HASH];
	bool stale = true;

	(void)state;
	assert_int_equal(ERR_OK, password_hash(p, strlen(p), a, &e));
	assert_int_equal(ERR_OK, password_hash(p, strlen(p), b, &e));
	assert_string_not_equal(a, b); /* each its own salt */
	assert_int_equal(0, strncmp(a, "$argon2id$v=19$m=65536,t=3,p=1$", 31));
	assert_true(password_is(a, p, strlen(p), &stale));
	assert_false(stale);
	assert_false(password_is(a, p, strlen(p) - 1, &stale));
	assert_false(password_is(a, "", 0, NULL));
}

static void
test_foreign(void **state)
{
	/* argon2id_hash_encoded of libargon2 20171227 */
	static const char h[] = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$"
				"CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";
	bool stale = false;

	(void)state;
	assert_true(password_is(h, "password", 8, &stale));
	assert_true(stale); /* two passes are fewer than today's three */
	assert_false(password_is(h, "Password", 8, &stale));
	assert_false(stale);
}

static void
test_nobody(void **state)
{
	static char many[PASSWORD_MAX + 2];
	char h[PASSWORD_HASH] = "untouched";
	bool stale = true;

	(void)state;
	assert_false(password_is(NULL, "x", 1, &stale));
	assert_false(stale);
	assert_false(password_is("", "x", 1, NULL));
	assert_false(password_is("no hash at all", "x", 1, NULL));
	memset(many, 'a', sizeof(many) - 1);
	assert_int_equal(ERR_LIMIT, password_hash(many, PASSWORD_MAX + 1, h, &e));
	assert_string_equal("untouched", h);
	assert_int_equal(ERR_OK, password_hash(many, PASSWORD_MAX, h, &e));
	assert_true(password_is(h, many, PASSWORD_MAX, NULL));
	assert_false(password_is(h, many, PASSWORD_MAX + 1, NULL)); /* not cut to the same */
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round),
		cmocka_unit_test(test_foreign),
		cmocka_unit_test(test_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
