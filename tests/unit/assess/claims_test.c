/* Claims: the published number beside the recorded one. */
#include "register.h"

#define SQUARE "geometry=POLYGON((-125 -45,-124.99 -45,-124.99 -44.99,-125 -44.99,-125 -45))"

static void
test_beside(void **state)
{
	const struct figure_row *claimed, *recorded;

	(void)state;
	ADD("claim", NULL, "statement=Half a million square metres are mined", "value=500000",
	    "unit=m2", "figure_code=extent.area", "made_by=Ministry", "published_date=2024-01-31");
	ADD("claim", NULL, "statement=Seven people died", "value=7", "unit=person",
	    "figure_code=casualties.total", "made_by=Agency", "published_date=2024-02-01");
	ADD("hazard", NULL, "class=sha", "status=open", SQUARE);
	reg_run("claims");
	claimed = reg_row("claims.claimed", "figure=extent.area by=Ministry on=2024-01-31", "", "");
	assert_non_null(claimed);
	assert_true(claimed->known && claimed->value == 500000);
	recorded = reg_row("claims.recorded", "figure=extent.area", "", "");
	assert_non_null(recorded);
	/* Planimeter of GeographicLib 2.1.2: 876314.3 m2 */
	assert_true(recorded->known && fabs(recorded->value - 876314.3) < 0.06);
	/* nothing recorded is said, not divided by */
	recorded = reg_row("claims.recorded", "figure=casualties.total", "", "");
	assert_non_null(recorded);
	assert_false(recorded->known);
}

/* "More than N" states one bound; the other is not made up. */
static void
test_one_bound(void **state)
{
	const struct figure_row *r;

	(void)state;
	ADD("claim", NULL, "statement=more than 100", "low=100", "figure_code=casualties.total",
	    "made_by=A");
	ADD("claim", NULL, "statement=nearly 50", "high=50", "figure_code=casualties.total",
	    "made_by=B");
	ADD("claim", NULL, "statement=between", "low=5", "high=9", "figure_code=casualties.total",
	    "made_by=C");
	ADD("claim", NULL, "statement=mined for generations", "made_by=D");
	reg_run("claims");
	r = reg_row("claims.claimed", "figure=casualties.total by=A", "", "");
	assert_true(r && r->known && r->value == 100 && r->low == 100 && isinf(r->high));
	r = reg_row("claims.claimed", "figure=casualties.total by=B", "", "");
	assert_true(r && r->known && r->value == 50 && r->low == 0 && r->high == 50);
	r = reg_row("claims.claimed", "figure=casualties.total by=C", "", "");
	assert_true(r && r->known && r->low == 5 && r->high == 9);
	r = reg_row("claims.claimed", "figure=statement by=D", "", "");
	assert_true(r && !r->known);
}

static void
test_other_unit(void **state)
{
	(void)state;
	ADD("claim", NULL, "statement=2 km2", "value=2", "unit=km2", "figure_code=extent.area",
	    "made_by=M");
	ADD("hazard", NULL, "class=sha", "status=open", SQUARE);
	reg_run("claims");
	assert_non_null(strstr(reg_row("claims.recorded", "figure=extent.area", "", "")->note,
	                       "not compared"));
}

static void
test_none(void **state)
{
	(void)state;
	reg_run("claims");
	assert_false(reg_row("claims.claimed", "", "", "")->known);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_beside, reg_setup, reg_teardown),
		cmocka_unit_test_setup_teardown(test_one_bound, reg_setup, reg_teardown),
		cmocka_unit_test_setup_teardown(test_other_unit, reg_setup, reg_teardown),
		cmocka_unit_test_setup_teardown(test_none, reg_setup, reg_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
