/* Exposure from settlements: points in and near. Distances by GeodSolve of GeographicLib 2.1.2;
 * sums by hand. */
#include "register.h"

#define HAZARD "geometry=POLYGON((-125 -45,-124.99 -45,-124.99 -44.99,-125 -44.99,-125 -45))"

static void
test_settlements(void **state)
{
	(void)state;
	ADD("place", NULL, "type=settlement", "name=In", "population=100",
	    "geometry=POINT(-124.995 -44.995)");
	ADD("place", NULL, "type=settlement", "name=Near", "population=50",
	    "geometry=POINT(-124.995 -44.98928)"); /* 80.0 m */
	ADD("place", NULL, "type=settlement", "name=Off", "population=200",
	    "geometry=POINT(-124.995 -44.9873)"); /* 300.1 m */
	ADD("place", NULL, "type=settlement", "name=Far", "population=1000",
	    "geometry=POINT(-120 -44)");
	ADD("hazard", NULL, "class=sha", "status=open", HAZARD);
	/* a copy of it counts nobody twice; a closed one counts nobody */
	ADD("hazard", NULL, "class=cha", "status=open", HAZARD);
	reg_run("exposure");
	/* outline off by 25 m; people of a settlement by 20 % */
	EXPECT_NEAR("exposure.people", "within=0m source=settlements", "", "", 80, 100, 120, 1e-6);
	EXPECT_NEAR("exposure.people", "within=100m source=settlements", "", "", 80, 150, 180,
	            1e-6);
	EXPECT_NEAR("exposure.people", "within=500m source=settlements", "", "", 280, 350, 420,
	            1e-6);
	EXPECT_NEAR("exposure.people", "within=5km source=settlements", "", "", 280, 350, 420,
	            1e-6);
}

static void
test_none(void **state)
{
	(void)state;
	reg_run("exposure");
	assert_false(reg_row("exposure.people", "", "", "")->known);
	ADD("hazard", NULL, "class=sha", "status=open", HAZARD);
	reg_run("exposure");
	assert_false(reg_row("exposure.people", "", "", "")->known);
	assert_non_null(
		strstr(reg_row("exposure.people", "", "", "")->note, "no population source"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_settlements, reg_setup, reg_teardown),
		cmocka_unit_test_setup_teardown(test_none, reg_setup, reg_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
