#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "geo/projlib.h"

static void
every_function_is_found(void **state)
{
	const struct projlib *pj = projlib_get();

	(void)state;
	assert_non_null(pj);
#define IS_THERE(name) assert_true(pj->name != NULL);
	PROJLIB_EACH(IS_THERE)
#undef IS_THERE
	assert_ptr_equal(pj, projlib_get());
}

static void
the_library_is_the_one_of_the_headers(void **state)
{
	const struct projlib *pj = projlib_get();

	(void)state;
	assert_non_null(pj);
	assert_int_equal(pj->proj_info().major, PROJ_VERSION_MAJOR);
	assert_int_equal(pj->proj_info().minor, PROJ_VERSION_MINOR);
}

/* One degree along the equator: 6378137 * pi / 180. */
static void
a_function_answers(void **state)
{
	const struct projlib *pj = projlib_get();
	struct geod_geodesic ell;
	double m = 0;

	(void)state;
	assert_non_null(pj);
	pj->geod_init(&ell, 6378137.0, 1 / 298.257223563);
	pj->geod_inverse(&ell, 0, 10, 0, 11, &m, NULL, NULL);
	assert_float_equal(m, 111319.490793, 1e-5);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_function_is_found),
		cmocka_unit_test(the_library_is_the_one_of_the_headers),
		cmocka_unit_test(a_function_answers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
