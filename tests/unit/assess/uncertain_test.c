/* An uncertain input must show: for every figure one record of which something is not known, and
 * low < high. The same record with everything known: low = high, so that the width comes from that
 * input and nothing else. */
#include "register.h"

#define SQUARE "geometry=POLYGON((-125 -45,-124.99 -45,-124.99 -44.99,-125 -44.99,-125 -45))"
#define FAR "geometry=POLYGON((-124 -45,-123.99 -45,-123.99 -44.99,-124 -44.99,-124 -45))"
#define INSIDE "geometry=POINT(-124.995 -44.9902)"

enum {
	RECORDS = 3,
	FIELDS = 8
};

struct uncertain {
	const char *code, *dim, *period;
	const char *record[RECORDS][FIELDS]; /* kind, then field=value; the known state */
	const char *doubt[FIELDS]; /* what makes the first record uncertain: a change, "field="
	                              clears */
	bool never_sure;           /* low < high with everything known too */
};

static const struct uncertain list[] = {
	{ "extent.area",
	  "",
	  "",
	  { { "hazard", "class=sha", "status=open", "accuracy_m=0", SQUARE } },
	  { "accuracy_m=" },
	  false },
	{ "extent.area",
	  "",
	  "",
	  { { "hazard", "class=sha", "status=open", "accuracy_m=0", SQUARE } },
	  { "accuracy_m=5" },
	  false },
	{ "extent.area",
	  "",
	  "",
	  { { "hazard", "class=sha", "status=open", "accuracy_m=0", SQUARE },
	    { "hazard", "class=sha", "status=open", "accuracy_m=0", FAR } },
	  { "geometry=", "reported_area_m2=70000" },
	  false },
	{ "extent.share",
	  "",
	  "",
	  { { "hazard", "class=sha", "status=open", "accuracy_m=0", SQUARE },
	    { "place", "type=country", "name=X",
	      "geometry=POLYGON((-126 -46,-120 -46,-120 -42,-126 -46))" } },
	  { "accuracy_m=" },
	  false },
	{ "extent.overlap",
	  "",
	  "",
	  { { "hazard", "class=sha", "status=open", "accuracy_m=0", SQUARE },
	    { "hazard", "class=sha", "status=open", "accuracy_m=0", SQUARE } },
	  { "accuracy_m=" },
	  false },
	{ "extent.by_class",
	  "class=cha",
	  "",
	  { { "hazard", "class=sha", "status=open", "accuracy_m=0", SQUARE },
	    { "hazard", "class=cha", "status=open", "accuracy_m=0", FAR } },
	  { "class=unknown" },
	  false },
	{ "extent.by_status",
	  "status=worked_on",
	  "",
	  { { "hazard", "class=sha", "status=open", "accuracy_m=0", SQUARE },
	    { "hazard", "class=sha", "status=worked_on", "accuracy_m=0", FAR } },
	  { "status=unknown" },
	  false },
	{ "extent.unapproved",
	  "",
	  "",
	  { { "hazard", "class=sha", "status=open", "accuracy_m=0", SQUARE } },
	  { "accuracy_m=" },
	  false },
	{ "extent.not_in_totals",
	  "class=indication",
	  "",
	  { { "hazard", "class=indication", "status=open", "accuracy_m=0", SQUARE } },
	  { "accuracy_m=" },
	  false },
	{ "release.added",
	  "",
	  "2025-01-01/2025-06-30",
	  { { "hazard", "class=sha", "status=open", "accuracy_m=0", SQUARE } },
	  { "accuracy_m=" },
	  false },
	{ "release.sha",
	  "",
	  "2025-01-01/2025-06-30",
	  { { "hazard", "class=sha", "status=open", "accuracy_m=0", SQUARE } },
	  { "accuracy_m=" },
	  false },
	{ "exposure.people",
	  "within=0m source=settlements",
	  "",
	  { { "hazard", "class=sha", "status=open", "accuracy_m=0", SQUARE },
	    { "place", "type=settlement", "name=S", "population=10", INSIDE } },
	  { "accuracy_m=30" },
	  true },
	{ "casualties.total",
	  "",
	  "",
	  { { "victim", "outcome=killed", "accident_year=2024" } },
	  { "outcome=" },
	  false },
	{ "casualties.persons",
	  "outcome=killed",
	  "",
	  { { "victim", "outcome=injured", "accident_year=2024" },
	    { "victim", "outcome=killed", "accident_year=2024" } },
	  { "outcome=" },
	  false },
	{ "casualties.by_year",
	  "",
	  "2023",
	  { { "victim", "outcome=killed", "accident_year=2024" },
	    { "victim", "outcome=killed", "accident_year=2023" } },
	  { "accident_year=" },
	  false },
	{ "casualties.by_age",
	  "age=child",
	  "",
	  { { "victim", "outcome=killed", "age_band=adult" },
	    { "victim", "outcome=killed", "age_band=child" } },
	  { "age_band=unknown" },
	  false },
	{ "casualties.child_share",
	  "",
	  "",
	  { { "victim", "outcome=killed", "age_band=adult" },
	    { "victim", "outcome=killed", "age_band=child" } },
	  { "age_band=" },
	  false },
	{ "casualties.by_sex",
	  "sex=male",
	  "",
	  { { "victim", "outcome=killed", "sex=female" },
	    { "victim", "outcome=killed", "sex=male" } },
	  { "sex=" },
	  false },
	{ "casualties.by_status",
	  "status=civilian",
	  "",
	  { { "victim", "outcome=killed", "status=deminer" },
	    { "victim", "outcome=killed", "status=civilian" } },
	  { "status=" },
	  false },
	{ "casualties.by_activity",
	  "activity=farming",
	  "",
	  { { "victim", "outcome=killed", "activity=herding" },
	    { "victim", "outcome=killed", "activity=farming" } },
	  { "activity=" },
	  false },
	{ "casualties.by_device",
	  "device=ap_mine",
	  "",
	  { { "victim", "outcome=killed", "device_class=av_mine" },
	    { "victim", "outcome=killed", "device_class=ap_mine" } },
	  { "device_class=" },
	  false },
	{ "finds.items", "", "", { { "ordnance", "quantity=2" } }, { "quantity=" }, false },
	{ "finds.by_category",
	  "category=ap_mine",
	  "",
	  { { "ordnance", "quantity=2", "category=av_mine" },
	    { "ordnance", "quantity=1", "category=ap_mine" } },
	  { "category=" },
	  false },
	{ "finds.by_model",
	  "model=A",
	  "",
	  { { "ordnance", "quantity=2", "model=B" }, { "ordnance", "quantity=1", "model=A" } },
	  { "model=" },
	  false },
	{ "finds.by_made_year",
	  "",
	  "1990",
	  { { "ordnance", "quantity=2", "made_year=1991" },
	    { "ordnance", "quantity=1", "made_year=1990" } },
	  { "made_year=" },
	  false },
	{ "finds.by_emplacement",
	  "emplacement=buried",
	  "",
	  { { "ordnance", "quantity=2", "emplacement=surface" },
	    { "ordnance", "quantity=1", "emplacement=buried" } },
	  { "emplacement=" },
	  false },
	{ "finds.by_condition",
	  "condition=intact",
	  "",
	  { { "ordnance", "quantity=2", "condition=burnt" },
	    { "ordnance", "quantity=1", "condition=intact" } },
	  { "condition=" },
	  false },
	{ "laying.items",
	  "",
	  "",
	  { { "ordnance", "quantity=2", "made_year=2023", "made_year_confidence=certain" } },
	  { "made_year_confidence=possible" },
	  false },
	{ "laying.items",
	  "",
	  "",
	  { { "ordnance", "quantity=2", "made_year=2020", "made_month=12",
	      "made_year_confidence=certain" } },
	  { "made_month=" },
	  false },
	{ "minefields.finds_inside",
	  "",
	  "",
	  { { "ordnance", "quantity=1", "accuracy_m=0", INSIDE },
	    { "minefield_record", "party=N", "accuracy_m=0", SQUARE } },
	  { "accuracy_m=" },
	  false },
	{ "minefields.accidents_inside",
	  "",
	  "",
	  { { "accident", "date=2024-01-01", "accuracy_m=0", INSIDE },
	    { "minefield_record", "party=N", "accuracy_m=0", SQUARE } },
	  { "accuracy_m=" },
	  false },
	{ "claims.claimed",
	  "figure=extent.area by=A",
	  "",
	  { { "claim", "statement=s", "value=5", "figure_code=extent.area", "made_by=A" } },
	  { "value=", "low=5" },
	  false },
	{ "claims.recorded",
	  "figure=extent.area",
	  "",
	  { { "hazard", "class=sha", "status=open", "accuracy_m=0", SQUARE },
	    { "claim", "statement=s", "value=5", "unit=m2", "figure_code=extent.area",
	      "made_by=A" } },
	  { "accuracy_m=" },
	  false },
};

static bool
wide(const struct uncertain *u)
{
	const struct figure_row *r;

	reg_run(NULL);
	r = reg_row(u->code, u->dim, "", u->period);
	if (!r || !r->known || r->low > r->value || r->value > r->high)
		reg_print();
	assert_non_null(r);
	assert_true(r->known && r->low <= r->value && r->value <= r->high);
	/* what rounding leaves is no width */
	return r->high - r->low > 1e-6 * fmax(1, fabs(r->value));
}

static void
test_each(void **state)
{
	for (size_t i = 0; i < COUNT_OF(list); i++) {
		const struct uncertain *u = &list[i];
		char id[UUID_TEXT];

		assert_int_equal(reg_setup(state), 0);
		reg.q.after_days = reg_day("2020-11-10");
		for (int k = 0; k < RECORDS && u->record[k][0]; k++)
			reg_put(u->record[k][0], NULL, k ? NULL : id, &u->record[k][1]);
		if (wide(u) != u->never_sure)
			fail_msg("%s %s: everything is known, yet low %s high", u->code, u->dim,
			         u->never_sure ? "=" : "<");
		reg_put(u->record[0][0], id, NULL, u->doubt);
		if (strcmp(u->code, "extent.unapproved") != 0)
			reg_decide("approval", id);
		if (!wide(u)) {
			reg_print();
			fail_msg("%s %s: low = high although %s is not known", u->code, u->dim,
			         u->doubt[0]);
		}
		assert_int_equal(reg_teardown(state), 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_each) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
