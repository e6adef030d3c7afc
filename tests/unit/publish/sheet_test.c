/* Tables to give out: which columns each role gets, and what stands in them. The lists of public
 * fields were written out by hand from the access letters of forms/hazard.survey.csv. */
#include "../assess/register.h"

#include "base/mem.h"
#include "publish/sheet.h"

static struct arena mem;

static int
setup(void **state)
{
	arena_init(&mem, 0);
	return reg_setup(state);
}

static int
teardown(void **state)
{
	arena_done(&mem);
	return reg_teardown(state);
}

static struct sheet
sheet_of(const char *kind, enum access_role role)
{
	struct sheet s;

	reg_ok(sheet_make(reg.st, store_kind(reg.st, kind), role, &mem, &s, &reg_err));
	return s;
}

static const struct sheet_column *
column(const struct sheet *s, const char *name)
{
	for (size_t i = 0; i < s->count; i++)
		if (text_eq(s->column[i].name, name))
			return &s->column[i];
	return NULL;
}

static void
what_the_public_gets_of_a_hazard(void **state)
{
	static const char *const want[] = {
		"record_id",
		"shown_as",
		"unapproved",
		"conflict",
		"shown_area_m2",
		"shown_area_low_m2",
		"shown_area_high_m2",
		"national_id",
		"valid_from",
		"place",
		"place_name",
		"admin1_name",
		"admin2_name",
		"class",
		"status",
		"outcome",
		"reported_area_m2",
		"handed_over_date",
		"handed_over_to",
		"blockages",
		"marked",
		"marking_type",
		"marked_date",
		"beneficiaries",
		"expires",
		"note",
	};
	struct sheet s = sheet_of("hazard", ACCESS_PUBLIC);

	(void)state;
	assert_int_equal(s.count, COUNT_OF(want));
	for (size_t i = 0; i < COUNT_OF(want); i++)
		assert_string_equal(s.column[i].name, want[i]);
	assert_true(s.geometry);
	assert_string_equal(s.name, "hazard");
	/* the public sees months, which are no full dates */
	assert_false(column(&s, "valid_from")->date);
	s = sheet_of("hazard", ACCESS_AUTHORITY);
	assert_true(column(&s, "valid_from")->date);
}

/* Letters of the forms and the table of docs/ACCESS.md, for every role and kind. */
static void
no_column_beyond_the_role(void **state)
{
	static const enum form_access most[] = { FORM_PUBLIC, FORM_PARTNER, FORM_RESTRICTED,
		                                 FORM_RESTRICTED, FORM_RESTRICTED };
	static const char *const exact[] = { "drawn",      "shown_perimeter_m", "submission",
		                             "given_text", "radius_m",          "remarks" };

	(void)state;
	for (int k = 0; k < (int)store_kind_count(reg.st); k++)
		for (int role = 0; role < ACCESS_ROLES; role++) {
			const char *kind = store_kind_name(reg.st, k);
			struct sheet s = sheet_of(kind, (enum access_role)role);
			const struct form *f = store_form(reg.st, k);
			/* docs/ACCESS.md: everybody knows where a place lies */
			bool as_it_is = text_eq(kind, "place") || text_eq(kind, "organisation") ||
			                text_eq(kind, "education") || text_eq(kind, "claim");

			for (size_t i = 0; i < s.count; i++) {
				const struct sheet_column *c = &s.column[i];

				assert_true(c->tag[0] == '#');
				assert_ptr_equal(column(&s, c->name), c); /* once */
				if (c->source != SHEET_FIELD)
					continue;
				assert_string_equal(f->field[c->field].name, c->name);
				assert_true(f->field[c->field].access != FORM_IDENTITY);
				assert_true(f->field[c->field].access <= most[role]);
			}
			assert_null(column(&s, "import_key"));
			for (size_t i = 0; role <= ACCESS_PARTNER && i < COUNT_OF(exact); i++) {
				const struct sheet_column *c = column(&s, exact[i]);

				/* a form may have a field of that name, but no words of a
				 * position where the position itself is withheld */
				if (c &&
				    (c->source != SHEET_FIELD || ((i == 3 || i == 4) && !as_it_is)))
					fail_msg("%s of %s", exact[i], kind);
			}
			if (role <= ACCESS_PARTNER &&
			    (text_eq(kind, "accident") || text_eq(kind, "victim") ||
			     text_eq(kind, "ordnance") || text_eq(kind, "activity")))
				assert_false(s.geometry);
			if (text_eq(kind, "victim"))
				assert_true(!column(&s, "name") && !column(&s, "age_years") &&
				            !column(&s, "birth_date"));
		}
	for (size_t i = 0; i < COUNT_OF(exact); i++) {
		struct sheet s = sheet_of("hazard", ACCESS_OPERATOR);

		assert_non_null(column(&s, exact[i]));
	}
}

static struct store_value
cell(const struct shown *row, const char *name)
{
	struct sheet s = sheet_of("hazard", ACCESS_AUTHORITY);
	struct store_value v[200];

	assert_true(s.count <= COUNT_OF(v));
	reg_ok(sheet_values(&s, row, "2025-12-31", &mem, v, &reg_err));
	for (size_t i = 0; i < s.count; i++)
		if (text_eq(s.column[i].name, name))
			return v[i];
	fail_msg("no column %s", name);
	return v[0];
}

static void
values(void **state)
{
	struct shown row = { .kind = store_kind(reg.st, "hazard"), .area_m2 = 12.5 };
	struct store_value v;

	(void)state;
	assert_true(fields_init(&row.fields, store_form(reg.st, row.kind), &mem));
	assert_true(fields_set_text(&row.fields, "class", "sha"));
	assert_true(fields_set_int(&row.fields, "reported_area_m2", 7));
	v = cell(&row, "class");
	assert_int_equal(v.type, STORE_TEXT);
	assert_string_equal(v.s, "sha");
	/* one type a column */
	v = cell(&row, "reported_area_m2");
	assert_int_equal(v.type, STORE_REAL);
	assert_true(v.d == 7);
	/* an area with nothing sure below it has a low of 0, no area has none */
	v = cell(&row, "shown_area_low_m2");
	assert_int_equal(v.type, STORE_REAL);
	assert_true(v.d == 0);
	row.area_m2 = 0;
	assert_int_equal(cell(&row, "shown_area_low_m2").type, STORE_NULL);
	assert_int_equal(cell(&row, "shown_area_m2").type, STORE_NULL);
	/* a danger area that stands for several has no id */
	assert_int_equal(cell(&row, "record_id").type, STORE_NULL);
	assert_true(uuid_parse("01890000-0000-7000-8000-00000000000a", 36, &row.id));
	assert_string_equal(cell(&row, "record_id").s, "01890000-0000-7000-8000-00000000000a");
	assert_string_equal(cell(&row, "drawn").s, "as_given");
	row.cover = true;
	assert_string_equal(cell(&row, "drawn").s, "cover");
}

/* Danger never expires; whatever is released says that it does, and that no mark is not safe. */
static void
danger_does_not_expire(void **state)
{
	struct shown row = { .kind = store_kind(reg.st, "hazard") };

	(void)state;
	assert_true(fields_init(&row.fields, store_form(reg.st, row.kind), &mem));
	for (int as = SHOWN_DANGER; as <= SHOWN_RELEASED; as++)
		for (int waits = 0; waits < 2; waits++) {
			const char *note;

			row.as = (enum shown_as)as;
			row.unapproved = waits;
			note = cell(&row, "note").s;
			assert_non_null(strstr(note, "No mark does not mean safe."));
			assert_int_equal(cell(&row, "unapproved").i, waits);
			if (as == SHOWN_DANGER) {
				assert_int_equal(cell(&row, "expires").type, STORE_NULL);
				assert_true(text_starts(note, "Danger"));
				assert_int_equal(strstr(note, "not approved") != NULL, waits);
				continue;
			}
			assert_string_equal(cell(&row, "expires").s, "2025-12-31");
			if (as == SHOWN_RELEASED)
				assert_non_null(strstr(note, "read it as no information"));
			else
				assert_non_null(strstr(note, "never released by this register"));
			if (as == SHOWN_REPORTED_RELEASED)
				assert_int_equal(strstr(note, "nobody here approved") != NULL,
				                 waits);
		}
}

static void
totals(void **state)
{
	struct figure_row r = { .period = "2024", .known = true, .value = 7, .note = "" };
	struct store_value v[3];
	struct sheet s;

	(void)state;
	reg_ok(sheet_make_totals(reg.st, store_kind(reg.st, "victim"), &mem, &s, &reg_err));
	assert_string_equal(s.name, "victim_totals");
	assert_int_equal(s.count, 3);
	assert_false(s.geometry);
	sheet_total_values(&s, &r, v);
	assert_int_equal(v[0].i, 2024);
	assert_int_equal(v[1].i, 7);
	assert_int_equal(v[2].type, STORE_NULL);
	/* withheld: no number, not even 0, though one is in the row */
	r.known = false;
	r.note = "withheld";
	sheet_total_values(&s, &r, v);
	assert_int_equal(v[1].type, STORE_NULL);
	assert_string_equal(v[2].s, "withheld");
	r = (struct figure_row){ .period = "", .known = true, .value = 9, .note = "" };
	sheet_total_values(&s, &r, v);
	assert_int_equal(v[0].type, STORE_NULL);
	assert_string_equal(v[2].s, "year not known");
}

static void
memory_ends(void **state)
{
	struct shown row = { .kind = store_kind(reg.st, "hazard") };
	struct sheet s = sheet_of("hazard", ACCESS_PUBLIC), other;
	struct store_value v[200];
	struct arena none;

	(void)state;
	assert_true(fields_init(&row.fields, store_form(reg.st, row.kind), &mem));
	row.id.b[0] = 1;
	arena_init(&none, 0);
	mem_fail_after(0, 1);
	assert_int_equal(sheet_make(reg.st, row.kind, ACCESS_PUBLIC, &none, &other, NULL),
	                 ERR_NOMEM);
	assert_int_equal(sheet_make_totals(reg.st, row.kind, &none, &other, &reg_err), ERR_NOMEM);
	assert_int_equal(sheet_values(&s, &row, "2025-12-31", &none, v, NULL), ERR_NOMEM);
	mem_fail_after(-1, 0);
	arena_done(&none);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_the_public_gets_of_a_hazard),
		TEST(no_column_beyond_the_role),
		TEST(values),
		TEST(danger_does_not_expire),
		TEST(totals),
		TEST(memory_ends),
	};

	return cmocka_run_group_tests_name("sheet", tests, NULL, NULL);
}
