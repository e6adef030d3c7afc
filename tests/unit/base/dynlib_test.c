#include "../unit.h"

#include "base/dynlib.h"

static void
finds_a_function(void **state)
{
	void *lib = dynlib_open("libm.so.6");
	double (*cosine)(double) = NULL;
	double (*nothing)(double) = NULL;

	(void)state;
	assert_non_null(lib);
	assert_true(dynlib_find(lib, "cos", &cosine));
	assert_true(cosine(0.0) == 1.0);
	assert_false(dynlib_find(lib, "no_such_function", &nothing));
	assert_null(nothing); /* untouched */
}

static void
missing_library(void **state)
{
	double (*f)(double) = NULL;

	(void)state;
	assert_null(dynlib_open("libno-such-library.so.9"));
	assert_false(dynlib_find(NULL, "cos", &f));
	assert_null(f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(finds_a_function),
		                            cmocka_unit_test(missing_library) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
