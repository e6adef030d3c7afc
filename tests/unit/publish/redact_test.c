/* Figures as a role may know them: docs/ACCESS.md, "Figures" and "Casualty tables", row by row. */
#include "../assess/register.h"

#include "base/mem.h"
#include "publish/redact.h"

struct line {
	const char *code, *dim;
	bool open; /* a role without exact access gets it */
	bool by;   /* also when asked by places */
};

static const struct line lines[] = {
	{ "extent.area", "", true, true },
	{ "extent.area", "class=sha status=open", true, true },
	{ "extent.hazards", "class=eod_spot", false, false },
	{ "extent.hazards", "status=open class=ammo_storage", false, false },
	{ "extent.not_in_totals", "class=indication", false, false },
	{ "release.area", "", true, true },
	{ "minefields.records", "", false, false },
	{ "finds.items", "", true, false },
	{ "finds.by_category", "category=ap_mine", true, false },
	{ "finds.by_model", "model=PMN", false, false },
	{ "laying.items", "", true, false },
	{ "laying.by_marking", "marked=no", false, false },
	{ "laying.by_month", "", false, false },
	{ "casualties.by_place", "", false, false },
	{ "claims.claimed", "", true, true },
	{ "claims.recorded", "figure=extent.area", true, true },
	{ "claims.recorded", "figure=minefields.records", false, false },
	{ "claims.recorded", "figure=finds.by_model", false, false },
	{ "claims.recorded", "figure=finds.items", true, false },
	{ "exposure.people", "", true, true },
};

static struct figure_set set;

static int
teardown(void **state)
{
	figure_set_free(&set);
	memset(&set, 0, sizeof(set));
	return reg_teardown(state);
}

/* The lines above as figures, each with its number as value and one member. */
static void
fill(void)
{
	struct assess a = { .st = reg.st, .q = &reg.q, .out = &set };

	figure_set_free(&set);
	memset(&set, 0, sizeof(set));
	arena_init(&set.mem, 0);
	reg.q.explain = "";
	for (size_t i = 0; i < COUNT_OF(lines); i++) {
		struct figure_row r = { .code = lines[i].code,
			                .dim = lines[i].dim,
			                .place = "",
			                .period = "",
			                .known = true,
			                .value = (double)i + 1,
			                .unit = "item",
			                .method = "test/1",
			                .note = "" };

		reg_ok(figure_add(&a, &r, NULL, &reg_err));
	}
	set.member = mem_calloc(COUNT_OF(lines), sizeof(*set.member));
	assert_non_null(set.member);
	set.members = set.member_room = COUNT_OF(lines);
	for (size_t i = 0; i < COUNT_OF(lines); i++)
		set.member[i] = (struct figure_member){ .row = i, .part = (double)i + 1 };
	reg.q.explain = NULL;
}

static bool
has(size_t line)
{
	for (size_t i = 0; i < set.count; i++)
		if (text_eq(set.row[i].method, "test/1") && set.row[i].value == (double)line + 1) {
			assert_string_equal(set.row[i].code, lines[line].code);
			assert_string_equal(set.row[i].dim, lines[line].dim);
			return true;
		}
	return false;
}

static void
which_rows(void **state)
{
	static const char *const codes[] = { "extent", NULL };

	(void)state;
	reg.q.codes = codes;
	for (int role = 0; role < ACCESS_ROLES; role++)
		for (int by = 0; by < 2; by++) {
			bool exact = role >= ACCESS_OPERATOR;

			reg.q.by = by ? "admin1" : NULL;
			fill();
			reg_ok(redact_figures(reg.st, &reg.q, (enum access_role)role, &set,
			                      &reg_err));
			for (size_t i = 0; i < COUNT_OF(lines); i++)
				assert_int_equal(has(i),
				                 exact || (by ? lines[i].by : lines[i].open));
			/* a member stays with its row or goes with it */
			for (size_t i = 0; i < set.members; i++) {
				assert_true(set.member[i].row < set.count);
				assert_true(set.row[set.member[i].row].value == set.member[i].part);
			}
			if (exact)
				assert_int_equal(set.members, COUNT_OF(lines));
		}
}

static const struct figure_row *
row_of(const char *code, const char *dim)
{
	for (size_t i = 0; i < set.count; i++)
		if (text_eq(set.row[i].code, code) && text_eq(set.row[i].dim, dim))
			return &set.row[i];
	return NULL;
}

static void
claims_of_persons(void)
{
	static const char *const dims[] = { "figure=casualties.total", "figure=casualties.killed" };
	struct assess a = { .st = reg.st, .q = &reg.q, .out = &set };

	figure_set_free(&set);
	memset(&set, 0, sizeof(set));
	arena_init(&set.mem, 0);
	for (size_t i = 0; i < COUNT_OF(dims); i++) {
		struct figure_row r = { .code = "claims.recorded",
			                .dim = dims[i],
			                .place = "",
			                .period = "",
			                .known = true,
			                .value = 3,
			                .low = 3,
			                .high = 3,
			                .unit = "person",
			                .method = "test/1",
			                .records = 3,
			                .note = "" };

		reg_ok(figure_add(&a, &r, NULL, &reg_err));
	}
	reg_ok(redact_figures(reg.st, &reg.q, ACCESS_PUBLIC, &set, &reg_err));
}

/* Beside a claim about persons stands the published total and nothing of its parts; a total below 5
 * is not published. */
static void
claims_do_not_tell_what_tables_withhold(void **state)
{
	static const char *const codes[] = { "claims", NULL };
	const struct figure_row *r;

	(void)state;
	reg.q.codes = codes;
	for (int i = 0; i < 4; i++)
		ADD("victim", NULL, "outcome=killed", "accident_date=2025-01-02");
	claims_of_persons();
	for (int i = 0; i < 2; i++) {
		r = row_of("claims.recorded",
		           i ? "figure=casualties.killed" : "figure=casualties.total");
		assert_non_null(r);
		assert_false(r->known);
		assert_true(r->value == 0 && r->low == 0 && r->high == 0 && r->records == 0);
		assert_string_equal(r->note, "not published");
	}
	ADD("victim", NULL, "outcome=killed", "accident_date=2025-01-02");
	claims_of_persons();
	r = row_of("claims.recorded", "figure=casualties.total");
	assert_true(r->known && r->value == 5 && r->records == 0);
	r = row_of("claims.recorded", "figure=casualties.killed");
	assert_false(r->known);
	assert_true(r->value == 0 && r->low == 0 && r->high == 0 && r->records == 0);
}

/* The real figures of one single item: nothing in them tells that it is there but the total. */
static void
a_single_item_is_in_no_row(void **state)
{
	(void)state;
	ADD("hazard", NULL, "class=eod_spot", "status=open", "geometry=POINT(-125 -45)");
	ADD("minefield_record", NULL, "valid_from=2025-01-02");
	reg_run(NULL);
	for (int role = 0; role < ACCESS_ROLES; role++) {
		size_t single = 0, records = 0;

		reg_run(NULL);
		reg_ok(redact_figures(reg.st, &reg.q, (enum access_role)role, &reg.set, &reg_err));
		for (size_t i = 0; i < reg.set.count; i++) {
			single += strstr(reg.set.row[i].dim, "eod_spot") != NULL;
			records += text_starts(reg.set.row[i].code, "minefields.");
		}
		assert_int_equal(single > 0, role >= ACCESS_OPERATOR);
		assert_int_equal(records > 0, role >= ACCESS_OPERATOR);
	}
}

/* Memory ends: it fails, it never gives the rows as they were. */
static void
memory_ends(void **state)
{
	static const char *const codes[] = { "extent", NULL };
	enum err_code rc;

	(void)state;
	reg.q.codes = codes;
	fill();
	mem_fail_after(0, 0);
	rc = redact_figures(reg.st, &reg.q, ACCESS_PUBLIC, &set, NULL);
	mem_fail_after(-1, 0);
	assert_int_equal(rc, ERR_NOMEM);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, reg_setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(which_rows),
		TEST(claims_do_not_tell_what_tables_withhold),
		TEST(a_single_item_is_in_no_row),
		TEST(memory_ends),
	};

	return cmocka_run_group_tests_name("redact", tests, NULL, NULL);
}
