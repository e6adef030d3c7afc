/* Finds, and laying after a date. Counts by hand. */
#include "register.h"

static void
test_finds(void **state)
{
	(void)state;
	ADD("ordnance", NULL, "category=ap_mine", "model=PMN-2", "quantity=3", "made_year=1989",
	    "made_country=SUN", "emplacement=buried", "condition=intact");
	ADD("ordnance", NULL, "category=ap_mine", "model=PMN-2", "quantity=2");
	ADD("ordnance", NULL, "model=OZM-72");
	reg_run("finds");
	/* 3 + 2 + 1 record without a quantity: one item at least */
	EXPECT_OPEN("finds.items", "", "", "", 6, 6);
	EXPECT_OPEN("finds.by_category", "category=ap_mine", "", "", 5, 5);
	EXPECT_OPEN("finds.by_category", "category=unknown", "", "", 0, 1);
	EXPECT("finds.by_model", "model=PMN-2", "", "", 5, 5, 5);
	EXPECT_OPEN("finds.by_model", "model=OZM-72", "", "", 1, 1);
	EXPECT_OPEN("finds.by_made_year", "", "", "1989", 3, 3);
	EXPECT_OPEN("finds.by_made_year", "", "", "unknown", 0, 3);
}

/* What is not known may belong to any value: it is in the high of each. */
static void
test_finds_unknown(void **state)
{
	(void)state;
	ADD("ordnance", NULL, "category=ap_mine", "model=PMN-2", "quantity=3", "made_year=1989",
	    "made_country=SUN");
	ADD("ordnance", NULL, "category=av_mine", "quantity=2", "emplacement=buried");
	reg_run("finds");
	EXPECT("finds.items", "", "", "", 5, 5, 5);
	EXPECT("finds.by_category", "category=av_mine", "", "", 2, 2, 2);
	EXPECT("finds.by_model", "model=PMN-2", "", "", 3, 3, 5);
	EXPECT("finds.by_model", "model=unknown", "", "", 0, 2, 2);
	EXPECT("finds.by_made_year", "", "", "1989", 3, 3, 5);
	EXPECT("finds.by_made_year", "", "", "unknown", 0, 2, 2);
	EXPECT("finds.by_made_country", "made_country=SUN", "", "", 3, 3, 5);
	EXPECT("finds.by_emplacement", "emplacement=buried", "", "", 2, 2, 5);
}

static void
test_no_finds(void **state)
{
	(void)state;
	reg_run("finds");
	assert_non_null(reg_row("finds.items", "", "", ""));
	assert_false(reg_row("finds.items", "", "", "")->known);
}

/* The date asked for is 2020-11-10. */
static void
test_laying(void **state)
{
	(void)state;
	ADD("ordnance", NULL, "category=ap_mine", "quantity=1", "made_year=2021",
	    "made_year_confidence=certain", "marking_text=A 1-21");
	ADD("ordnance", NULL, "category=ap_mine", "quantity=2", "made_year=2021",
	    "marking_text=A 1-21");
	ADD("ordnance", NULL, "category=ap_mine", "quantity=4", "made_year=2020", "made_month=12",
	    "made_year_confidence=certain");
	/* the month of the date itself, and the year alone, leave it open */
	ADD("ordnance", NULL, "category=ap_mine", "quantity=8", "made_year=2020", "made_month=11",
	    "made_year_confidence=certain");
	ADD("ordnance", NULL, "category=ap_mine", "quantity=16", "made_year=2020",
	    "made_year_confidence=certain");
	/* before */
	ADD("ordnance", NULL, "category=ap_mine", "quantity=32", "made_year=2020", "made_month=10");
	ADD("ordnance", NULL, "category=ap_mine", "quantity=64", "made_year=2019", "made_month=12");
	/* a year that was not read may be any */
	ADD("ordnance", NULL, "category=ap_mine", "quantity=128");
	reg.q.after_days = reg_day("2020-11-10");
	reg_run("laying");
	EXPECT("laying.items", "", "", "", 1 + 4, 1 + 2 + 4, 1 + 2 + 4 + 8 + 16 + 128);
	EXPECT("laying.by_marking", "category=ap_mine marking=A 1-21", "", "", 1, 3, 3);
	EXPECT("laying.by_marking", "category=ap_mine marking=none", "", "", 4, 4, 28);
	/* without a date nothing is said */
	reg.q.after_days = INT64_MIN;
	reg_run("laying");
	assert_false(reg_row("laying.items", "", "", "")->known);
}

/* The last day of a month: the next month lies after it; of December: the next year. */
static void
test_laying_edges(void **state)
{
	(void)state;
	ADD("ordnance", NULL, "quantity=1", "made_year=2020", "made_month=12",
	    "made_year_confidence=certain");
	ADD("ordnance", NULL, "quantity=2", "made_year=2021", "made_month=1",
	    "made_year_confidence=certain");
	reg.q.after_days = reg_day("2020-11-30");
	reg_run("laying");
	EXPECT("laying.items", "", "", "", 3, 3, 3);
	reg.q.after_days = reg_day("2020-12-01");
	reg_run("laying");
	EXPECT("laying.items", "", "", "", 2, 2, 3);
	/* a month that ends on the day is over: nothing made in it is after */
	reg.q.after_days = reg_day("2020-12-31");
	reg_run("laying");
	EXPECT("laying.items", "", "", "", 2, 2, 2);
	/* all made before: known, and none */
	reg.q.after_days = reg_day("2022-01-01");
	reg_run("laying");
	EXPECT("laying.items", "", "", "", 0, 0, 0);
}

/* A year that the reader is not certain of is not in low; a certain year with a doubtful month
 * neither, where the month decides. */
static void
test_laying_confidence(void **state)
{
	(void)state;
	ADD("ordnance", NULL, "quantity=1", "made_year=2020", "made_month=12",
	    "made_year_confidence=certain", "made_month_confidence=possible");
	reg.q.after_days = reg_day("2020-11-10");
	reg_run("laying");
	EXPECT("laying.items", "", "", "", 0, 1, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_finds, reg_setup, reg_teardown),
		cmocka_unit_test_setup_teardown(test_finds_unknown, reg_setup, reg_teardown),
		cmocka_unit_test_setup_teardown(test_no_finds, reg_setup, reg_teardown),
		cmocka_unit_test_setup_teardown(test_laying, reg_setup, reg_teardown),
		cmocka_unit_test_setup_teardown(test_laying_edges, reg_setup, reg_teardown),
		cmocka_unit_test_setup_teardown(test_laying_confidence, reg_setup, reg_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
