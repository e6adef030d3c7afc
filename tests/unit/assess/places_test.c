/* Places: link first, then position, then name, else unknown. By hand. */
#include "register.h"

#define ALPHA "geometry=POLYGON((-126 -46,-125 -46,-125 -45,-126 -45,-126 -46))"
#define BETA "geometry=POLYGON((-125 -46,-124 -46,-124 -45,-125 -45,-125 -46))"
#define IN_BETA "geometry=POINT(-124.5 -45.5)"

static char alpha[UUID_TEXT], beta[UUID_TEXT], village[UUID_TEXT];

static void
make_places(void)
{
	char parent[60];

	ADD("place", alpha, "type=admin1", "name=Alpha", ALPHA);
	ADD("place", beta, "type=admin1", "name=Beta", BETA);
	(void)snprintf(parent, sizeof(parent), "parent=%s", alpha);
	ADD("place", village, "type=settlement", "name=Village", parent);
}

static void
test_order_of_rules(void **state)
{
	char link[60];

	(void)state;
	make_places();
	/* the link wins over the position */
	(void)snprintf(link, sizeof(link), "place=%s", village);
	ADD("hazard", NULL, "class=sha", "status=open", link, IN_BETA);
	/* the position wins over the name */
	ADD("hazard", NULL, "class=sha", "status=open", "admin1_name=Alpha", IN_BETA);
	/* the name, whatever its case */
	ADD("hazard", NULL, "class=sha", "status=open", "admin1_name=BETA");
	/* a name that no place has stands for itself */
	ADD("hazard", NULL, "class=sha", "status=open", "admin1_name=Gamma");
	/* nothing known */
	ADD("hazard", NULL, "class=sha", "status=open");
	/* outside all places, and without a name */
	ADD("hazard", NULL, "class=sha", "status=open", "geometry=POINT(-123 -45.5)");
	reg.q.by = "admin1";
	reg_run("extent");
	EXPECT("extent.hazards", "", "Alpha", "", 1, 1, 1);
	EXPECT("extent.hazards", "", "Beta", "", 2, 2, 2);
	EXPECT("extent.hazards", "", "Gamma", "", 1, 1, 1);
	EXPECT("extent.hazards", "", "?", "", 2, 2, 2);
	reg.q.by = NULL;
	reg_run("extent");
	EXPECT("extent.hazards", "", "", "", 6, 6, 6);
}

/* Two places of one name are told apart. */
static void
test_same_name(void **state)
{
	(void)state;
	ADD("place", NULL, "type=admin1", "name=Same", ALPHA);
	ADD("place", NULL, "type=admin1", "name=Same", BETA);
	ADD("hazard", NULL, "class=sha", "status=open", IN_BETA);
	ADD("hazard", NULL, "class=sha", "status=open", "geometry=POINT(-125.5 -45.5)");
	reg.q.by = "admin1";
	reg_run("extent");
	EXPECT("extent.hazards", "", "Same (1)", "", 1, 1, 1);
	EXPECT("extent.hazards", "", "Same (2)", "", 1, 1, 1);
}

/* A bent area whose middle lies outside it counts where its land is: an L along the west and south
 * of Beta, whose box's middle is in Beta too, but an inner point decides. */
static void
test_bent_area(void **state)
{
	(void)state;
	make_places();
	/* a hook from Beta's south edge round to Alpha: nearly all land in Alpha, middle of the box
	 * in Beta */
	ADD("hazard", NULL, "class=sha", "status=open",
	    "geometry=POLYGON((-125.9 -45.9,-124.02 -45.9,-124.02 -45.89,-125.3 -45.89,-125.3 "
	    "-45.1,-125.9 -45.1,-125.9 -45.9))");
	reg.q.by = "admin1";
	reg_run("extent");
	EXPECT("extent.hazards", "", "Alpha", "", 1, 1, 1);
}

/* Persons go with their accident when they have no place of their own. */
static void
test_victims(void **state)
{
	char id[UUID_TEXT], link[60];

	(void)state;
	make_places();
	ADD("accident", id, "date=2024-01-02", "killed=2", IN_BETA);
	(void)snprintf(link, sizeof(link), "accident=%s", id);
	ADD("victim", NULL, link, "outcome=killed");
	ADD("victim", NULL, "outcome=injured", "accident_year=2024", "admin1_name=alpha");
	reg.q.by = "admin1";
	reg_run("casualties");
	EXPECT("casualties.total", "", "Beta", "", 2, 2, 2);
	EXPECT("casualties.total", "", "Alpha", "", 1, 1, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_order_of_rules, reg_setup, reg_teardown),
		cmocka_unit_test_setup_teardown(test_same_name, reg_setup, reg_teardown),
		cmocka_unit_test_setup_teardown(test_bent_area, reg_setup, reg_teardown),
		cmocka_unit_test_setup_teardown(test_victims, reg_setup, reg_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
