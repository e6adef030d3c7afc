/* Minefield records against the ground. Distances by GeodSolve of GeographicLib 2.1.2. */
#include "register.h"

#define RECORD "geometry=POLYGON((-125 -45,-124.99 -45,-124.99 -44.99,-125 -44.99,-125 -45))"

/* A record off by 100 m, points by 25 m unless stated: 125 m decide. */
static void
test_inside(void **state)
{
	(void)state;
	ADD("minefield_record", NULL, "party=North", RECORD);
	ADD("minefield_record", NULL, "party=South",
	    "geometry=POLYGON((-120 -45,-119.9 -45,-119.9 -44.9,-120 -44.9,-120 -45))");
	ADD("ordnance", NULL, "quantity=9",
	    "geometry=POINT(-124.995 -44.995)"); /* 394 m from any border: surely */
	ADD("ordnance", NULL, "geometry=POINT(-124.995 -44.9902)"); /* 22.2 m inside */
	ADD("ordnance", NULL, "geometry=POINT(-124.995 -44.9895)"); /* 55.6 m outside: maybe */
	ADD("ordnance", NULL, "geometry=POINT(-124.995 -44.985)");  /* 555.7 m outside */
	ADD("ordnance", NULL, "geometry=POINT(-119.95 -44.95)");    /* South's, surely */
	ADD("ordnance", NULL, "quantity=1");                        /* no position: not asked */
	ADD("accident", NULL, "date=2024-01-01", "geometry=POINT(-124.995 -44.995)");
	reg_run("minefields");
	EXPECT("minefields.finds_inside", "", "", "", 40, 60, 80);
	EXPECT("minefields.finds_inside", "party=North", "", "", 20, 40, 60);
	EXPECT("minefields.finds_inside", "party=South", "", "", 20, 20, 20);
	EXPECT("minefields.accidents_inside", "", "", "", 100, 100, 100);
	EXPECT("minefields.accidents_inside", "party=South", "", "", 0, 0, 0);
	/* two lie outside within 2 km, at 55.566 m and 555.658 m: lower quartile, median (of an
	 * even number the mean) */
	EXPECT_NEAR("minefields.distance", "median", "", "", 55.566, 305.612, 555.658, 0.4);
}

/* A stated accuracy counts: with 0 on both sides nothing is in doubt. */
static void
test_accuracy(void **state)
{
	(void)state;
	ADD("minefield_record", NULL, "party=North", "accuracy_m=0", RECORD);
	ADD("ordnance", NULL, "accuracy_m=0", "geometry=POINT(-124.995 -44.9902)");
	ADD("ordnance", NULL, "accuracy_m=0", "geometry=POINT(-124.995 -44.9895)");
	reg_run("minefields");
	EXPECT("minefields.finds_inside", "", "", "", 50, 50, 50);
}

static void
test_none(void **state)
{
	(void)state;
	reg_run("minefields");
	assert_false(reg_row("minefields.finds_inside", "", "", "")->known);
	ADD("minefield_record", NULL, "party=North", RECORD);
	reg_run("minefields");
	assert_false(reg_row("minefields.finds_inside", "", "", "")->known);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_inside, reg_setup, reg_teardown),
		cmocka_unit_test_setup_teardown(test_accuracy, reg_setup, reg_teardown),
		cmocka_unit_test_setup_teardown(test_none, reg_setup, reg_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
