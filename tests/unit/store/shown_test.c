/* State of a record: the vectors of docs/FORMATS.md, and the property that danger shows at once and
 * safety waits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/rng.h"
#include "store/shown.h"

static struct form *form;
static struct geo *geo;

static int
set_up(void **state)
{
	const char *survey, *choices;
	struct err e;

	(void)state;
	geo = geo_create();
	return geo && form_builtin("hazard", &survey, &choices) &&
	                       !form_parse(survey, strlen(survey), choices, strlen(choices), &form,
	                                   &e)
	               ? 0
	               : -1;
}

static int
tear_down(void **state)
{
	(void)state;
	form_free(form);
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
make(struct arena *mem, struct shown_revision *r, int64_t rid, int64_t day, enum ruling ruling,
     const char *hazard_class, const char *status, const struct geom *g,
     const struct shown_revision *parent)
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
	assert_true(fields_init(&r->fields, form, mem));
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
		cmocka_unit_test(vectors),
		cmocka_unit_test(danger_at_once),
		cmocka_unit_test(first_is_join),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
