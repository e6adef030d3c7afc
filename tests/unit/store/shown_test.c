/* State of a record: the vectors of docs/FORMATS.md, and the property that danger shows at once and
 * safety waits. */
#include "../unit.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "store/shown.h"

static struct form *form, *find_form, *accident_form, *victim_form;
static struct geo *geo;

static bool
load(const char *kind, struct form **ret)
{
	const char *survey, *choices;
	struct err e;

	return form_builtin(kind, &survey, &choices) &&
	       !form_parse(survey, strlen(survey), choices, strlen(choices), ret, &e);
}

static int
set_up(void **state)
{
	(void)state;
	geo = geo_create();
	return geo && load("hazard", &form) && load("ordnance", &find_form) &&
	                       load("accident", &accident_form) && load("victim", &victim_form)
	               ? 0
	               : -1;
}

static int
tear_down(void **state)
{
	(void)state;
	form_free(form);
	form_free(find_form);
	form_free(accident_form);
	form_free(victim_form);
	geo_free(geo);
	return 0;
}

/* A square of `side` units of 0.001 degree, its lower left corner at (x, y) units. */
static const struct geom *
square(struct arena *mem, int x, int y, int side)
{
	double *xy = arena_calloc(mem, 10, sizeof(*xy));
	uint32_t *end = arena_calloc(mem, 2, sizeof(*end));
	struct geom *g = arena_alloc(mem, sizeof(*g));
	static const int corner[5][2] = { { 0, 0 }, { 1, 0 }, { 1, 1 }, { 0, 1 }, { 0, 0 } };

	for (int i = 0; i < 5; i++) {
		xy[2 * i] = -125 + 0.001 * (x + corner[i][0] * side);
		xy[2 * i + 1] = -45 + 0.001 * (y + corner[i][1] * side);
	}
	end[0] = 1, end[1] = 5;
	*g = (struct geom){ GEOM_POLYGON, 1, 1, 5, &end[0], &end[1], xy };
	return g;
}

static void
start(struct arena *mem, struct shown_revision *r, const struct form *of, int64_t rid, int64_t day,
      enum ruling ruling, const struct shown_revision *parent)
{
	memset(r, 0, sizeof(*r));
	r->rid = rid;
	r->submission = rid - 1;
	r->valid_from_days = day;
	r->ruling = ruling;
	r->leaf[0] = (uint8_t)rid;
	r->leaf[1] = (uint8_t)(rid >> 8);
	r->leaf[31] = 1;
	if (parent) {
		uint8_t(*p)[32] = arena_calloc(mem, 1, 32);

		memcpy(p[0], parent->leaf, 32);
		r->parents = (const uint8_t(*)[32])p;
		r->parent_count = 1;
	}
	assert_true(fields_init(&r->fields, of, mem));
}

static void
make(struct arena *mem, struct shown_revision *r, int64_t rid, int64_t day, enum ruling ruling,
     const char *hazard_class, const char *status, const struct geom *g,
     const struct shown_revision *parent)
{
	start(mem, r, form, rid, day, ruling, parent);
	assert_true(fields_set_text(&r->fields, "class", hazard_class));
	assert_true(fields_set_text(&r->fields, "status", status));
	r->fields.geom = g;
}

static struct shown
join(struct arena *mem, const struct shown_revision *r, size_t n, int64_t as_of, bool *any)
{
	struct shown s = { 0 };
	struct err e = { 0 };

	assert_int_equal(shown_join(geo, &(struct shown_history){ r, n, as_of }, mem, &s, any, &e),
	                 ERR_OK);
	return s;
}

#define NOW INT64_MAX

static void
vectors(void **state)
{
	struct arena mem;
	struct shown_revision r[4];
	struct shown s;
	bool any;

	(void)state;
	arena_init(&mem, 0);
	/* 1: a first report is shown at once, unapproved */
	make(&mem, &r[0], 1, 100, RULING_NONE, "sha", "open", square(&mem, 0, 0, 10), NULL);
	s = join(&mem, r, 1, NOW, &any);
	assert_true(any && s.unapproved && !s.conflict && s.as == SHOWN_DANGER);
	/* 2: before its date of information nothing is known */
	(void)join(&mem, r, 1, 99, &any);
	assert_false(any);
	(void)join(&mem, r, 1, 100, &any);
	assert_true(any);
	/* 3: approved, then an unapproved closing: still open, in the old class */
	r[0].ruling = RULING_APPROVED;
	make(&mem, &r[1], 2, 200, RULING_NONE, "sha", "closed", square(&mem, 0, 0, 10), &r[0]);
	s = join(&mem, r, 2, NOW, &any);
	assert_true(any && s.unapproved && s.as == SHOWN_DANGER);
	assert_string_equal(fields_text(&s.fields, "status"), "open");
	/* 4: the closing approved: closed as reported; by two people's decision: released */
	r[1].ruling = RULING_APPROVED;
	s = join(&mem, r, 2, NOW, &any);
	assert_int_equal(s.as, SHOWN_REPORTED_RELEASED);
	assert_false(s.unapproved);
	r[1].ruling = RULING_RELEASED;
	s = join(&mem, r, 2, NOW, &any);
	assert_int_equal(s.as, SHOWN_RELEASED);
	/* 5: as it was before the release */
	s = join(&mem, r, 2, 150, &any);
	assert_int_equal(s.as, SHOWN_DANGER);
	/* 6: a correction of the same day replaces its ancestor once approved; before, the union is
	 * drawn */
	make(&mem, &r[1], 2, 100, RULING_NONE, "cha", "open", square(&mem, 5, 0, 10), &r[0]);
	s = join(&mem, r, 2, NOW, &any);
	assert_string_equal(fields_text(&s.fields, "class"), "cha");
	assert_true(s.area_m2 > 1.4 * 876000 &&
	            s.area_m2 < 1.6 * 876000); /* 15 of 10 columns of squares */
	r[1].ruling = RULING_APPROVED;
	s = join(&mem, r, 2, NOW, &any);
	assert_true(s.area_m2 > 0.99 * 876000 && s.area_m2 < 1.01 * 876000);
	/* 7: two unrelated approved revisions of one day: a conflict, the more cautious of both */
	make(&mem, &r[1], 2, 100, RULING_APPROVED, "cha", "open", square(&mem, 0, 0, 5), NULL);
	s = join(&mem, r, 2, NOW, &any);
	assert_true(s.conflict);
	assert_string_equal(fields_text(&s.fields, "class"), "cha");
	assert_true(s.area_m2 > 0.99 * 876000);
	/* 8: a child with an earlier date only inserts history */
	make(&mem, &r[1], 2, 50, RULING_APPROVED, "cha", "open", square(&mem, 0, 0, 20), &r[0]);
	s = join(&mem, r, 2, NOW, &any);
	assert_string_equal(fields_text(&s.fields, "class"), "sha");
	s = join(&mem, r, 2, 60, &any);
	assert_string_equal(fields_text(&s.fields, "class"), "cha");
	/* 9: what was returned takes no part */
	make(&mem, &r[1], 2, 200, RULING_RETURNED, "cha", "open", square(&mem, 0, 0, 20), &r[0]);
	s = join(&mem, r, 2, NOW, &any);
	assert_string_equal(fields_text(&s.fields, "class"), "sha");
	/* 10: land that arrives closed is released as reported, never by this register */
	make(&mem, &r[0], 1, 100, RULING_NONE, "cha", "closed", square(&mem, 0, 0, 10), NULL);
	s = join(&mem, r, 1, NOW, &any);
	assert_int_equal(s.as, SHOWN_REPORTED_RELEASED);
	/* 11: no status is unknown, which is open; an unapproved closing does not hide it */
	make(&mem, &r[0], 1, 100, RULING_APPROVED, "cha", NULL, square(&mem, 0, 0, 10), NULL);
	make(&mem, &r[1], 2, 200, RULING_NONE, "cha", "closed", square(&mem, 0, 0, 10), &r[0]);
	s = join(&mem, r, 2, NOW, &any);
	assert_int_equal(s.as, SHOWN_DANGER);
	assert_string_equal(fields_text(&s.fields, "status"), "unknown");
	arena_done(&mem);
}

/* A point (x, y) units of 0.001 degree from the corner of the squares. */
static const struct geom *
point(struct arena *mem, int x, int y)
{
	struct geom *g = arena_alloc(mem, sizeof(*g));

	assert_true(g && geom_make_point(-125 + 0.001 * x, -45 + 0.001 * y, mem, g));
	return g;
}

/* The places of a record, in this order: x of each. */
static void
assert_at(const struct shown *s, const int *x, uint32_t n)
{
	const struct geom *g = s->fields.geom;

	assert_non_null(g);
	assert_int_equal(g->type, n == 1 ? GEOM_POINT : GEOM_MULTIPOINT);
	assert_int_equal(g->point_count, n);
	for (uint32_t i = 0; i < n; i++)
		assert_true(g->xy[2 * (size_t)i] == -125 + 0.001 * x[i]);
}
#define ASSERT_AT(s, ...)                                                                          \
	assert_at(s, (const int[]){ __VA_ARGS__ }, COUNT_OF(((const int[]){ __VA_ARGS__ })))

/* 12, 13: a moved find stays where it was until the move is approved, whatever else comes in. */
static void
moves(void **state)
{
	struct arena mem;
	struct shown_revision r[3];
	struct shown s;
	bool any;

	(void)state;
	arena_init(&mem, 0);
	for (int i = 0; i < 3; i++) {
		start(&mem, &r[i], find_form, i + 1, 100, i ? RULING_NONE : RULING_APPROVED,
		      i ? &r[i - 1] : NULL);
		r[i].fields.geom = point(&mem, 10 * (3 - i), 0);
		assert_true(fields_set_text(&r[i].fields, "place_name", i ? "new" : "old"));
		assert_true(i != 1 || fields_set_real(&r[i].fields, "accuracy_m", 90));
	}
	s = join(&mem, r, 1, NOW, &any);
	ASSERT_AT(&s, 30);
	assert_false(s.unapproved);
	s = join(&mem, r, 2, NOW, &any);
	ASSERT_AT(&s, 30, 20);
	assert_true(s.unapproved && !s.conflict && s.revisions == 2);
	assert_string_equal(fields_text(&s.fields, "place_name"), "old");
	assert_true(geom_equal(s.base_geom, r[0].fields.geom));
	assert_true(fields_number(&s.fields, "accuracy_m", 0) == 90);
	s = join(&mem, r, 3, NOW, &any);
	ASSERT_AT(&s, 30, 20, 10);
	r[1].ruling = RULING_RETURNED;
	s = join(&mem, r, 3, NOW, &any);
	ASSERT_AT(&s, 30, 10);
	assert_true(fields_number(&s.fields, "accuracy_m", 0) == 0); /* not stated: 25 m */
	r[1].ruling = RULING_NONE;
	r[2].ruling = RULING_APPROVED;
	s = join(&mem, r, 3, NOW, &any);
	ASSERT_AT(&s, 10);
	assert_false(s.unapproved);
	assert_string_equal(fields_text(&s.fields, "place_name"), "new");
	/* approved in the middle: what came after it waits; the approved place stands first */
	r[1].ruling = RULING_APPROVED;
	r[2].ruling = RULING_NONE;
	s = join(&mem, r, 3, NOW, &any);
	ASSERT_AT(&s, 20, 10);
	/* nothing approved: the order received; the same place once */
	r[0].ruling = r[1].ruling = RULING_NONE;
	r[2].fields.geom = point(&mem, 30, 0);
	s = join(&mem, r, 3, NOW, &any);
	ASSERT_AT(&s, 30, 20);
	/* a correction that takes the place away */
	r[0].ruling = RULING_APPROVED;
	r[1].fields.geom = NULL;
	s = join(&mem, r, 2, NOW, &any);
	ASSERT_AT(&s, 30);
	/* one of a later day, asked about the day before */
	r[1].fields.geom = point(&mem, 20, 0);
	r[1].valid_from_days = 200;
	s = join(&mem, r, 2, 150, &any);
	ASSERT_AT(&s, 30);
	s = join(&mem, r, 2, 200, &any);
	ASSERT_AT(&s, 30, 20);
	arena_done(&mem);
}

/* 14, 15: totals and reach of a hazard wait too. */
static void
totals_and_reach(void **state)
{
	struct arena mem;
	struct shown_revision r[3];
	struct shown s;
	bool any;

	(void)state;
	arena_init(&mem, 0);
	make(&mem, &r[0], 1, 100, RULING_APPROVED, "unknown", "open", square(&mem, 0, 0, 10), NULL);
	make(&mem, &r[1], 2, 100, RULING_NONE, "eod_spot", "open", square(&mem, 0, 0, 10), &r[0]);
	s = join(&mem, r, 2, NOW, &any);
	assert_string_equal(fields_text(&s.fields, "class"), "eod_spot");
	assert_string_equal(s.totals_class, "unknown");
	assert_string_equal(s.first_class, "unknown");
	r[1].ruling = RULING_APPROVED;
	s = join(&mem, r, 2, NOW, &any);
	assert_null(s.totals_class);
	assert_string_equal(s.first_class, "eod_spot");
	make(&mem, &r[0], 1, 100, RULING_APPROVED, "cha", "open", point(&mem, 0, 0), NULL);
	make(&mem, &r[1], 2, 100, RULING_NONE, "cha", "open", NULL, &r[0]);
	assert_true(fields_set_real(&r[0].fields, "radius_m", 400) &&
	            fields_set_real(&r[1].fields, "radius_m", 30));
	s = join(&mem, r, 2, NOW, &any);
	ASSERT_AT(&s, 0);
	assert_true(fields_number(&s.fields, "radius_m", 0) == 400 && s.any_thin);
	/* beside an area the point is drawn with that radius: pi 400 m squared is 0.503 km2, the
	 * square of 0.01 degree is 78,847 m wide a degree by 111,132, so 0.876 km2; a quarter of
	 * the circle lies in it */
	make(&mem, &r[2], 3, 100, RULING_NONE, "cha", "open", square(&mem, 0, 0, 10), &r[1]);
	s = join(&mem, r, 3, NOW, &any);
	assert_true(fabs(s.area_m2 - (876000 + 0.75 * 502655)) < 6000);
	arena_done(&mem);
}

static void
set_harm(struct shown_revision *r, int killed, int injured, int unknown)
{
	const int n[] = { killed, injured, unknown };
	static const char *const field[] = { "killed", "injured", "unknown_outcome" };

	for (int i = 0; i < 3; i++)
		assert_true(n[i] < 0 || fields_set_int(&r->fields, field[i], n[i]));
}

/* People are not taken out before a decision, and nobody counts twice. */
static void
people(void **state)
{
	/* what A says (approved) and B (waits): what is shown; -1 = not stated */
	static const int list[][9] = {
		{ 2, 1, 0, 0, 0, 0, 2, 1, 0 },    { 2, 0, 0, 0, 3, 0, 2, 1, 0 },
		{ 0, 2, 0, 2, 0, 0, 2, 0, 0 },    { 1, -1, -1, 0, -1, 4, 1, -1, 3 },
		{ -1, -1, -1, 5, 0, 0, 5, 0, 0 }, { 4, 4, 4, -1, -1, -1, 4, 4, 4 },
	};
	struct arena mem;
	struct shown_revision r[2];
	struct shown s;
	bool any;

	(void)state;
	arena_init(&mem, 0);
	for (size_t i = 0; i < COUNT_OF(list); i++) {
		const int *v = list[i];

		start(&mem, &r[0], accident_form, 1, 100, RULING_APPROVED, NULL);
		start(&mem, &r[1], accident_form, 2, 100, RULING_NONE, &r[0]);
		set_harm(&r[0], v[0], v[1], v[2]);
		set_harm(&r[1], v[3], v[4], v[5]);
		assert_true(fields_set_text(&r[0].fields, "date", "2024-01-01") &&
		            fields_set_text(&r[1].fields, "date", "2020-01-01") &&
		            fields_set_text(&r[1].fields, "during_attack", "yes") &&
		            fields_set_text(&r[1].fields, "cause", "other"));
		s = join(&mem, r, 2, NOW, &any);
		assert_true(fields_number(&s.fields, "killed", -1) == v[6]);
		assert_true(fields_number(&s.fields, "injured", -1) == v[7]);
		assert_true(fields_number(&s.fields, "unknown_outcome", -1) == v[8]);
		assert_string_equal(fields_text(&s.fields, "date"), "2024-01-01");
		assert_null(fields_text(&s.fields, "during_attack"));
		assert_string_equal(fields_text(&s.fields, "cause"), "other");
		r[1].ruling = RULING_APPROVED;
		s = join(&mem, r, 2, NOW, &any);
		assert_true(fields_number(&s.fields, "killed", -1) == v[3]);
		assert_string_equal(fields_text(&s.fields, "during_attack"), "yes");
	}
	start(&mem, &r[0], victim_form, 1, 100, RULING_APPROVED, NULL);
	start(&mem, &r[1], victim_form, 2, 100, RULING_NONE, &r[0]);
	assert_true(fields_set_text(&r[0].fields, "outcome", "killed") &&
	            fields_set_text(&r[1].fields, "outcome", "injured") &&
	            fields_set_text(&r[1].fields, "accident", "x"));
	s = join(&mem, r, 2, NOW, &any);
	assert_string_equal(fields_text(&s.fields, "outcome"), "killed");
	assert_null(fields_text(&s.fields, "accident"));
	arena_done(&mem);
}

static bool
covers(const struct geom *outer, const struct geom *inner)
{
	bool ok = false;
	struct err e;

	assert_int_equal(shape_contains(geo, outer, inner, &ok, &e), ERR_OK);
	return ok;
}

/* Is the shown state at least as dangerous as one revision says? */
static void
assert_as_dangerous(const struct shown *s, const struct shown_revision *r)
{
	static const char *const fields[] = { "class", "status" }, *const columns[] = {
		"danger_rank", "open_rank"
	};

	for (int i = 0; i < 2; i++)
		assert_true(shown_rank(form, fields[i], fields_text(&s->fields, fields[i]),
		                       columns[i]) >= shown_rank(form, fields[i],
		                                                 fields_text(&r->fields, fields[i]),
		                                                 columns[i]));
	assert_true(covers(s->fields.geom, r->fields.geom));
}

/* Random histories: receiving an unapproved revision never makes the picture smaller, milder or
 * closed, and what it says is shown at once. Only a decision can do otherwise. */
static void
danger_at_once(void **state)
{
	static const char *const classes[] = { "indication", "sha", "cha", "battle_area",
		                               "unknown" };
	static const char *const statuses[] = { "open",     "worked_on",   "closed", "suspended",
		                                "reopened", "handed_over", NULL };
	const char *seed_text = getenv("FALLOW_SEED");
	uint64_t seed = seed_text ? strtoull(seed_text, NULL, 10) : 20240501;
	struct rng rng;

	(void)state;
	print_message("seed %llu\n", (unsigned long long)seed);
	rng_seed(&rng, seed, 7);
	for (int history = 0; history < 400; history++) {
		struct shown_revision r[8];
		struct arena mem;
		size_t n = 1 + rng_below(&rng, 6);
		struct shown before, after;
		bool any_before, any_after;

		arena_init(&mem, 256u << 20);
		for (size_t i = 0; i <= n; i++)
			make(&mem, &r[i], (int64_t)i + 1, 100 + (int64_t)rng_below(&rng, 3) * 10,
			     i == n ? RULING_NONE : (enum ruling)rng_below(&rng, 4),
			     classes[rng_below(&rng, 5)], statuses[rng_below(&rng, 7)],
			     square(&mem, (int)rng_below(&rng, 8), (int)rng_below(&rng, 8),
			            3 + (int)rng_below(&rng, 9)),
			     i && rng_below(&rng, 2) ? &r[rng_below(&rng, i)] : NULL);
		before = join(&mem, r, n, NOW, &any_before);
		after = join(&mem, r, n + 1, NOW, &any_after);
		if (any_before) {
			assert_true(covers(after.fields.geom, before.fields.geom));
			assert_true(!(before.as == SHOWN_DANGER && after.as != SHOWN_DANGER));
			assert_true(shown_rank(form, "class", fields_text(&after.fields, "class"),
			                       "danger_rank") >=
			            shown_rank(form, "class", fields_text(&before.fields, "class"),
			                       "danger_rank"));
		}
		for (size_t i = 0; i <= n; i++) {
			bool out = r[i].ruling != RULING_NONE;

			for (size_t k = 0; k <= n && !out;
			     k++) /* an approved, later one may put it out of play */
				out = (r[k].ruling == RULING_APPROVED ||
				       r[k].ruling == RULING_RELEASED) &&
				      r[k].valid_from_days >= r[i].valid_from_days;
			if (!out)
				assert_as_dangerous(&after, &r[i]);
		}
		arena_done(&mem);
	}
}

/* A record with one revision: the quick way gives what the join gives. */
static void
first_is_join(void **state)
{
	static const char *const statuses[] = { "open", "closed", "unknown" };
	struct arena mem;

	(void)state;
	arena_init(&mem, 0);
	for (int s = 0; s < 3; s++)
		for (int ruling = 0; ruling < 4; ruling++) {
			struct shown_revision r;
			struct shown a, b = { 0 };
			struct err e;
			bool any;

			make(&mem, &r, 1, 100, (enum ruling)ruling, "sha", statuses[s],
			     square(&mem, 0, 0, 4), NULL);
			a = join(&mem, &r, 1, NOW, &any);
			if (!any)
				continue;
			assert_int_equal(shown_first(geo, &r, false, &mem, &b, &e), ERR_OK);
			assert_int_equal(a.as, b.as);
			assert_int_equal(a.unapproved, b.unapproved);
			assert_memory_equal(&a.area_m2, &b.area_m2, sizeof(a.area_m2));
		}
	arena_done(&mem);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(vectors),          cmocka_unit_test(moves),
		cmocka_unit_test(totals_and_reach), cmocka_unit_test(people),
		cmocka_unit_test(danger_at_once),   cmocka_unit_test(first_is_join),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
