/* Casualties. Counts by hand. */
#include "register.h"

/* An accident with three killed and two injured, of whom one killed and one injured are listed; a
 * person listed without an accident; an accident during an attack; a person whose outcome is not
 * known. */
static void
test_counts(void **state)
{
	char id[UUID_TEXT], attack[UUID_TEXT], link[60];

	(void)state;
	ADD("accident", id, "date=2024-03-05", "killed=3", "injured=2", "device_class=ap_mine");
	(void)snprintf(link, sizeof(link), "accident=%s", id);
	ADD("victim", NULL, link, "outcome=killed", "sex=male", "age_band=child",
	    "activity=farming");
	ADD("victim", NULL, link, "outcome=injured", "sex=female", "age_band=adult",
	    "status=civilian");
	ADD("victim", NULL, "accident_year=2023", "outcome=injured", "sex=male", "age_band=adult");
	ADD("victim", NULL, "accident_year=2023", "sex=male");
	ADD("accident", attack, "date=2024-03-06", "killed=7", "during_attack=yes");
	(void)snprintf(link, sizeof(link), "accident=%s", attack);
	ADD("victim", NULL, link, "outcome=injured");
	reg_run("casualties");
	/* 3 killed + 2 injured + 1 injured, and one of unknown outcome, who may have come to no
	 * harm */
	EXPECT("casualties.total", "", "", "", 6, 7, 7);
	EXPECT("casualties.persons", "outcome=killed", "", "", 3, 3, 4);
	EXPECT("casualties.persons", "outcome=injured", "", "", 3, 3, 4);
	EXPECT("casualties.persons", "outcome=unknown", "", "", 0, 1, 1);
	EXPECT("casualties.by_year", "", "", "2024", 5, 5, 5);
	EXPECT("casualties.by_year", "", "", "2023", 2, 2, 2);
	/* sex: 1 male + 1 female listed, 2 male of 2023; three unlisted of the accident are not
	 * stated */
	EXPECT("casualties.by_sex", "sex=male", "", "", 3, 3, 6);
	EXPECT("casualties.by_sex", "sex=female", "", "", 1, 1, 4);
	EXPECT("casualties.by_sex", "sex=not_stated", "", "", 0, 3, 3);
	/* age: 1 child, 2 adults, 4 unknown */
	EXPECT("casualties.by_age", "age=child", "", "", 1, 1, 5);
	EXPECT("casualties.by_age", "age=adult", "", "", 2, 2, 6);
	EXPECT_NEAR("casualties.child_share", "", "", "", 100.0 / 7, 100.0 / 3, 500.0 / 7, 1e-9);
	/* the accident's device holds for those listed under it and those not */
	EXPECT("casualties.by_device", "device=ap_mine", "", "", 5, 5, 7);
	EXPECT("casualties.by_device", "device=unknown", "", "", 0, 2, 2);
	EXPECT("casualties.by_activity", "activity=farming", "", "", 1, 1, 7);
	EXPECT("casualties.by_status", "status=civilian", "", "", 1, 1, 7);
	/* apart: 7 killed, 1 injured listed beyond what the accident counts */
	EXPECT("casualties.apart", "outcome=killed", "", "", 7, 7, 7);
	EXPECT("casualties.apart", "outcome=injured", "", "", 0, 1, 1);
}

/* Devices set off by command or by time are not counted (domain reference, section 13). */
static void
test_not_counted_devices(void **state)
{
	(void)state;
	ADD("victim", NULL, "accident_year=2022", "outcome=killed", "device_class=ied_command");
	ADD("victim", NULL, "accident_year=2022", "outcome=killed", "device_class=ied_time");
	ADD("victim", NULL, "accident_year=2022", "outcome=killed", "device_class=ied_victim");
	reg_run("casualties");
	EXPECT("casualties.total", "", "", "", 1, 1, 1);
	EXPECT("casualties.apart", "outcome=killed", "", "", 2, 2, 2);
}

/* A person without a year may belong to any year: in the high of each. */
static void
test_year_unknown(void **state)
{
	(void)state;
	ADD("victim", NULL, "accident_year=2021", "outcome=killed");
	ADD("victim", NULL, "accident_date=2021-12-31", "outcome=killed");
	ADD("victim", NULL, "accident_year=2022", "outcome=injured");
	ADD("victim", NULL, "outcome=injured");
	reg_run("casualties");
	EXPECT("casualties.by_year", "", "", "2021", 2, 2, 3);
	EXPECT("casualties.by_year", "", "", "2022", 1, 1, 2);
	EXPECT("casualties.by_year", "", "", "unknown", 0, 1, 1);
	EXPECT("casualties.total", "", "", "", 4, 4, 4);
}

/* More persons listed than the accident counts: the list holds, the count is the low. */
static void
test_listed_beyond_count(void **state)
{
	char id[UUID_TEXT], link[60];

	(void)state;
	ADD("accident", id, "date=2024-03-05", "killed=1");
	(void)snprintf(link, sizeof(link), "accident=%s", id);
	ADD("victim", NULL, link, "outcome=killed");
	ADD("victim", NULL, link, "outcome=killed");
	reg_run("casualties");
	EXPECT("casualties.total", "", "", "", 1, 2, 2);
	EXPECT("casualties.persons", "outcome=killed", "", "", 1, 2, 2);
	EXPECT("casualties.by_year", "", "", "2024", 1, 2, 2);
}

/* A person listed with an unknown outcome is one of those the accident counts: never counted twice.
 */
static void
test_unknown_outcome_within_count(void **state)
{
	char id[UUID_TEXT], link[60];

	(void)state;
	ADD("accident", id, "date=2024-03-05", "killed=1");
	(void)snprintf(link, sizeof(link), "accident=%s", id);
	ADD("victim", NULL, link, "sex=male");
	reg_run("casualties");
	/* one killed is sure; the person of unknown outcome may be that one or another */
	EXPECT("casualties.total", "", "", "", 1, 2, 2);
}

static void
test_none(void **state)
{
	const struct figure_row *r;

	(void)state;
	reg_run("casualties");
	r = reg_row("casualties.total", "", "", "");
	assert_non_null(r);
	assert_false(r->known);
	/* an accident without persons is a record of nobody hurt */
	ADD("accident", NULL, "date=2024-03-05", "killed=0", "injured=0");
	reg_run("casualties");
	r = reg_row("casualties.total", "", "", "");
	assert_non_null(r);
	assert_true(r->known);
	assert_true(r->value == 0);
}

/* As of a day: what is dated later is not in. */
static void
test_as_of(void **state)
{
	(void)state;
	ADD("victim", NULL, "accident_date=2024-03-05", "outcome=killed", "valid_from=2024-03-06");
	ADD("victim", NULL, "accident_date=2025-03-05", "outcome=killed", "valid_from=2025-03-06");
	reg.q.as_of_days = reg_day("2024-12-31");
	reg_run("casualties");
	EXPECT("casualties.total", "", "", "", 1, 1, 1);
	reg.q.as_of_days = reg_day(REGISTER_TODAY);
	reg_run("casualties");
	EXPECT("casualties.total", "", "", "", 2, 2, 2);
	/* as known when the log had one submission */
	reg.q.known_size = 1;
	reg_run("casualties");
	EXPECT("casualties.total", "", "", "", 1, 1, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_counts, reg_setup, reg_teardown),
		cmocka_unit_test_setup_teardown(test_not_counted_devices, reg_setup, reg_teardown),
		cmocka_unit_test_setup_teardown(test_year_unknown, reg_setup, reg_teardown),
		cmocka_unit_test_setup_teardown(test_listed_beyond_count, reg_setup, reg_teardown),
		cmocka_unit_test_setup_teardown(test_unknown_outcome_within_count, reg_setup,
		                                reg_teardown),
		cmocka_unit_test_setup_teardown(test_none, reg_setup, reg_teardown),
		cmocka_unit_test_setup_teardown(test_as_of, reg_setup, reg_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
