/* Extent. Areas and borders by Planimeter of GeographicLib 2.1.2; bounds by hand from
 * docs/FIGURES.md, "Areas". */
#include "register.h"

/* 0.01 degree square: 876314.3 m2, border 3799.707434 m; the same moved east by half: together
 * 1314471.5 m2 */
#define LEFT "geometry=POLYGON((-125 -45,-124.99 -45,-124.99 -44.99,-125 -44.99,-125 -45))"
#define RIGHT                                                                                      \
	"geometry=POLYGON((-124.995 -45,-124.985 -45,-124.985 -44.99,-124.995 -44.99,-124.995 "    \
	"-45))"
#define FAR "geometry=POLYGON((-124 -45,-123.99 -45,-123.99 -44.99,-124 -44.99,-124 -45))"
#define PI 3.14159265358979

static const double area = 876314.3, border = 3799.707434, both = 1314471.5;

/* A perimeter bound: A +- P r, and a disc at the corners. */
static void
test_one(void **state)
{
	(void)state;
	ADD("hazard", NULL, "class=sha", "status=open", "accuracy_m=10", LEFT);
	reg_run("extent");
	EXPECT_NEAR("extent.area", "", "", "", area - border * 10, area,
	            area + border * 10 + PI * 100, 0.1);
	EXPECT_NEAR("extent.by_class", "class=sha", "", "", area - border * 10, area,
	            area + border * 10 + PI * 100, 0.1);
	EXPECT("extent.hazards", "", "", "", 1, 1, 1);
}

/* Without an accuracy 25 m hold (LAND_ACCURACY_M). */
static void
test_default_accuracy(void **state)
{
	(void)state;
	ADD("hazard", NULL, "class=sha", "status=open", LEFT);
	reg_run("extent");
	EXPECT_NEAR("extent.area", "", "", "", area - border * 25, area,
	            area + border * 25 + PI * 625, 0.2);
}

static void
test_overlap(void **state)
{
	(void)state;
	ADD("hazard", NULL, "class=sha", "status=open", "accuracy_m=0", LEFT);
	ADD("hazard", NULL, "class=cha", "status=worked_on", "accuracy_m=0", RIGHT);
	reg_run("extent");
	EXPECT_NEAR("extent.area", "", "", "", both, both, both, 1);
	EXPECT_NEAR("extent.overlap", "", "", "", 2 * area - both, 2 * area - both, 2 * area - both,
	            1);
	EXPECT_NEAR("extent.by_class", "class=sha", "", "", area, area, area, 0.1);
	EXPECT_NEAR("extent.by_class", "class=cha", "", "", area, area, area, 0.1);
	EXPECT_NEAR("extent.by_status", "status=open", "", "", area, area, area, 0.1);
	EXPECT_NEAR("extent.by_status", "status=worked_on", "", "", area, area, area, 0.1);
	EXPECT("extent.hazards", "", "", "", 2, 2, 2);
	/* all unapproved so far */
	EXPECT_NEAR("extent.unapproved", "", "", "", both, both, both, 1);
	assert_int_equal(reg.set.waiting_hazards, 2);
}

/* A hazard that was returned is drawn nowhere and counted beside the figures; one of which only a
 * correction was returned shows what it showed before. */
static void
test_returned(void **state)
{
	char gone[UUID_TEXT] = "", stays[UUID_TEXT] = "";

	(void)state;
	ADD("hazard", gone, "class=sha", "status=open", "accuracy_m=0", LEFT);
	ADD("hazard", stays, "class=sha", "status=open", "accuracy_m=0", FAR);
	reg_run("extent.area");
	assert_int_equal(reg.set.returned_hazards, 0);
	reg_decide("approval", stays);
	reg_decide("return", gone);
	EDIT("hazard", stays, "class=cha");
	reg_decide("return", stays);
	reg_run("extent.area");
	EXPECT_NEAR("extent.area", "", "", "", area, area, area, 0.1);
	assert_int_equal(reg.set.returned_hazards, 1);
}

/* Indications are drawn and counted apart, never in the totals. */
static void
test_not_in_totals(void **state)
{
	(void)state;
	ADD("hazard", NULL, "class=sha", "status=open", "accuracy_m=0", LEFT);
	ADD("hazard", NULL, "class=indication", "status=open", "accuracy_m=0", FAR);
	reg_run("extent");
	EXPECT_NEAR("extent.area", "", "", "", area, area, area, 0.1);
	EXPECT_NEAR("extent.not_in_totals", "class=indication", "", "", area, area, area, 0.1);
	assert_null(reg_row("extent.by_class", "class=indication", "", ""));
}

/* Closed by its source: apart. Released by two people: this register's own. Approved: no longer
 * waiting. */
static void
test_closed(void **state)
{
	char reported[UUID_TEXT], released[UUID_TEXT], open[UUID_TEXT];

	(void)state;
	ADD("hazard", reported, "class=sha", "status=closed", "outcome=cancelled", "accuracy_m=0",
	    "valid_from=2024-01-01", FAR);
	reg_decide("approval", reported);
	ADD("hazard", released, "class=cha", "status=open", "accuracy_m=0", "valid_from=2024-01-01",
	    LEFT);
	reg_decide("approval", released);
	reg_run("extent");
	EXPECT_NEAR("extent.reported_released", "outcome=cancelled", "", "", area, area, area, 0.1);
	EXPECT_NEAR("extent.area", "", "", "", area, area, area, 0.1);
	assert_null(reg_row("extent.unapproved", "", "", ""));
	/* closing alone changes nothing: safety waits */
	EDIT("hazard", released, "status=closed", "outcome=cleared", "valid_from=2024-06-01");
	reg_run("extent");
	EXPECT_NEAR("extent.area", "", "", "", area, area, area, 0.1);
	reg_decide("release", released);
	ADD("hazard", open, "class=sha", "status=open", "accuracy_m=0", RIGHT);
	reg_run("extent");
	EXPECT_NEAR("extent.released", "outcome=cleared", "", "", area, area, area, 0.1);
	EXPECT_NEAR("extent.area", "", "", "", area, area, area, 0.1);
	assert_true(reg_row("extent.area", "", "", "")->records == 1);
}

/* All closed: known, and nothing. */
static void
test_all_closed(void **state)
{
	char id[UUID_TEXT];

	(void)state;
	reg_run("extent");
	assert_false(reg_row("extent.area", "", "", "")->known);
	ADD("hazard", id, "class=sha", "status=closed", "outcome=cleared", FAR);
	reg_decide("approval", id);
	reg_run("extent");
	EXPECT("extent.area", "", "", "", 0, 0, 0);
}

/* A point has no area; its accuracy lets it be a disc. With a radius it is a disc. Without a
 * position: what it reports. */
static void
test_without_outline(void **state)
{
	(void)state;
	ADD("hazard", NULL, "class=sha", "status=open", "accuracy_m=10",
	    "geometry=POINT(-125 -45)");
	reg_run("extent");
	EXPECT_NEAR("extent.area", "", "", "", 0, 0, PI * 100, 1e-3);
	ADD("hazard", NULL, "class=sha", "status=open", "accuracy_m=0", "radius_m=100",
	    "geometry=POINT(-124 -45)");
	reg_run("extent");
	/* a disc of 100 m: 31416 m2, drawn at most 1 % too large in radius */
	assert_true(reg_row("extent.area", "", "", "")->value >= PI * 10000);
	assert_true(reg_row("extent.area", "", "", "")->value <= PI * 10000 * 1.0201);
	ADD("hazard", NULL, "class=cha", "status=open", "reported_area_m2=5000");
	reg_run("extent");
	EXPECT_NEAR("extent.by_class", "class=cha", "", "", 0, 0, 5000, 1e-9);
	assert_non_null(strstr(reg_row("extent.area", "", "", "")->note, "1 without a position"));
}

/* Land whose status is not stated may have any. */
static void
test_unknown_status(void **state)
{
	(void)state;
	ADD("hazard", NULL, "class=sha", "status=open", "accuracy_m=0", LEFT);
	ADD("hazard", NULL, "class=sha", "accuracy_m=0", FAR);
	reg_run("extent");
	EXPECT_NEAR("extent.by_status", "status=open", "", "", area, area, 2 * area, 0.2);
	EXPECT_NEAR("extent.by_status", "status=unknown", "", "", 0, area, area, 0.2);
}

/* A square degree-wise country of 213753757373.9 m2 (Planimeter). */
static void
test_share(void **state)
{
	const double country = 213753757373.9;

	(void)state;
	ADD("place", NULL, "type=country", "name=Exampla",
	    "geometry=POLYGON((-126 -46,-120 -46,-120 -42,-126 -42,-126 -46))");
	ADD("hazard", NULL, "class=sha", "status=open", "accuracy_m=0", LEFT);
	reg_run("extent");
	EXPECT_NEAR("extent.share", "", "", "", 100 * area / country, 100 * area / country,
	            100 * area / country, 1e-9);
}

/* Every open hazard that went into the area is a member. */
static void
test_explain(void **state)
{
	(void)state;
	ADD("hazard", NULL, "class=sha", "status=open", "accuracy_m=0", LEFT);
	ADD("hazard", NULL, "class=sha", "status=open");
	ADD("hazard", NULL, "class=indication", "status=open", FAR);
	reg.q.explain = "extent.area";
	reg_run("extent.area");
	assert_int_equal(reg.set.members, 2);
	assert_true(fabs(reg.set.member[0].part + reg.set.member[1].part - area) < 0.1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_one, reg_setup, reg_teardown),
		cmocka_unit_test_setup_teardown(test_default_accuracy, reg_setup, reg_teardown),
		cmocka_unit_test_setup_teardown(test_overlap, reg_setup, reg_teardown),
		cmocka_unit_test_setup_teardown(test_returned, reg_setup, reg_teardown),
		cmocka_unit_test_setup_teardown(test_not_in_totals, reg_setup, reg_teardown),
		cmocka_unit_test_setup_teardown(test_closed, reg_setup, reg_teardown),
		cmocka_unit_test_setup_teardown(test_all_closed, reg_setup, reg_teardown),
		cmocka_unit_test_setup_teardown(test_without_outline, reg_setup, reg_teardown),
		cmocka_unit_test_setup_teardown(test_unknown_status, reg_setup, reg_teardown),
		cmocka_unit_test_setup_teardown(test_share, reg_setup, reg_teardown),
		cmocka_unit_test_setup_teardown(test_explain, reg_setup, reg_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
