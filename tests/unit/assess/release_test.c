/* Land release. The balance closes to the square metre, whatever happened: a property over random
 * registers; and one year by hand. */
#include "register.h"

#include <time.h>

#include "base/rng.h"

static const char *const term[] = {
	"release.cha",     "release.sha",       "release.other_open",        "release.cleared",
	"release.reduced", "release.cancelled", "release.reported_released", "release.redrawn"
};

static double
value_of(const char *code, const char *period)
{
	const struct figure_row *r = reg_row(code, "", "", period);

	assert_non_null(r);
	assert_true(r->known && r->low <= r->value && r->value <= r->high && r->value >= 0);
	assert_true(r->value == rint(r->value));
	return r->value;
}

static bool
closes(const char *period)
{
	double left = value_of("release.opening", period) + value_of("release.added", period),
	       right = 0;

	for (size_t i = 0; i < COUNT_OF(term); i++)
		right += value_of(term[i], period);
	return left == right;
}

#define LEFT "geometry=POLYGON((-125 -45,-124.99 -45,-124.99 -44.99,-125 -44.99,-125 -45))"
#define HALF "geometry=POLYGON((-125 -45,-124.995 -45,-124.995 -44.99,-125 -44.99,-125 -45))"
#define FAR "geometry=POLYGON((-124 -45,-123.99 -45,-123.99 -44.99,-124 -44.99,-124 -45))"
/* Planimeter of GeographicLib 2.1.2: 876314.3 m2 and 438157.2 m2 */

static void
test_one_year(void **state)
{
	char a[UUID_TEXT], b[UUID_TEXT];

	(void)state;
	ADD("hazard", a, "class=cha", "status=open", "accuracy_m=0", "valid_from=2023-05-01", LEFT);
	reg_decide("approval", a);
	ADD("hazard", b, "class=sha", "status=open", "accuracy_m=0", "valid_from=2023-05-01", FAR);
	reg_decide("approval", b);
	/* in 2024: a is cleared, b redrawn to nothing smaller (unapproved: stays), c is new where b
	 * is not */
	EDIT("hazard", a, "status=closed", "outcome=cleared", "valid_from=2024-04-01");
	reg_decide("release", a);
	ADD("hazard", NULL, "class=sha", "status=open", "accuracy_m=0", "valid_from=2024-07-01",
	    "geometry=POLYGON((-123 -45,-122.99 -45,-122.99 -44.99,-123 -44.99,-123 -45))");
	reg_run("release");
	EXPECT_NEAR("release.opening", "", "", "2024", 1752629, 1752629, 1752629, 1);
	EXPECT_NEAR("release.added", "", "", "2024", 876314, 876314, 876314, 1);
	EXPECT_NEAR("release.cleared", "", "", "2024", 876314, 876314, 876314, 1);
	EXPECT_NEAR("release.sha", "", "", "2024", 1752629, 1752629, 1752629, 1);
	EXPECT_NEAR("release.cha", "", "", "2024", 0, 0, 0, 0);
	assert_true(closes("2024"));
	assert_true(closes("2025-01-01/2025-06-30"));
	/* approved: b shrinks in 2025 to its western half; nothing was released: redrawn */
	EDIT("hazard", b, "valid_from=2025-02-01",
	     "geometry=POLYGON((-124 -45,-123.995 -45,-123.995 -44.99,-124 -44.99,-124 -45))");
	reg_run("release");
	EXPECT_NEAR("release.redrawn", "", "", "2025-01-01/2025-06-30", 0, 0, 0, 0);
	reg_decide("approval", b);
	reg_run("release");
	assert_true(fabs(value_of("release.redrawn", "2025-01-01/2025-06-30") - 438157.2) <= 1);
	assert_true(closes("2025-01-01/2025-06-30"));
}

/* What its source closed is a term of its own: not a release of this register. What arrives closed
 * was never open. */
static void
test_reported(void **state)
{
	char a[UUID_TEXT], b[UUID_TEXT];

	(void)state;
	ADD("hazard", a, "class=cha", "status=open", "accuracy_m=0", "valid_from=2023-05-01", LEFT);
	reg_decide("approval", a);
	EDIT("hazard", a, "status=closed", "outcome=cleared", "valid_from=2024-04-01");
	reg_decide("approval", a);
	ADD("hazard", b, "class=cha", "status=closed", "outcome=cleared", "accuracy_m=0",
	    "valid_from=2024-05-01", FAR);
	reg_decide("approval", b);
	reg_run("release");
	EXPECT_NEAR("release.opening", "", "", "2024", 876314, 876314, 876314, 1);
	EXPECT("release.added", "", "", "2024", 0, 0, 0);
	EXPECT("release.cleared", "", "", "2024", 0, 0, 0);
	EXPECT_NEAR("release.reported_released", "", "", "2024", 876314, 876314, 876314, 1);
	assert_true(closes("2024"));
}

/* An outline off by 25 m leaves every term that it is in uncertain. */
static void
test_uncertain_outline(void **state)
{
	const struct figure_row *r;

	(void)state;
	ADD("hazard", NULL, "class=sha", "status=open", "valid_from=2024-03-01", HALF);
	reg_run("release");
	r = reg_row("release.added", "", "", "2024");
	assert_true(r && r->low < r->value && r->value < r->high);
	r = reg_row("release.sha", "", "", "2024");
	assert_true(r && r->low < r->value && r->value < r->high);
}

/* --- property
 * ------------------------------------------------------------------------------------------------------
 */

enum {
	MANY = 14,
	STEPS = 26
};

static void
some_box(struct rng *r, char *out, size_t n)
{
	double lon = -125 + 0.001 * (double)rng_below(r, 40),
	       lat = -45 + 0.001 * (double)rng_below(r, 20);
	double w = 0.0017 * (double)(1 + rng_below(r, 9)),
	       h = 0.0013 * (double)(1 + rng_below(r, 9));

	(void)snprintf(out, n,
	               "geometry=POLYGON((%.4f %.4f,%.4f %.4f,%.4f %.4f,%.4f %.4f,%.4f %.4f))", lon,
	               lat, lon + w, lat, lon + w, lat + h, lon, lat + h, lon, lat);
}

static void
some_day(struct rng *r, char *out, size_t n)
{
	(void)snprintf(out, n, "valid_from=%d-%02d-%02d", 2022 + (int)rng_below(r, 4),
	               1 + (int)rng_below(r, 6), 1 + (int)rng_below(r, 28));
}

/* A decision that the register may refuse (a hazard lies on the land, nothing waits): then nothing
 * happened. */
static void
try_to_decide(const char *type, const char *id)
{
	const char *const ids[] = { id };
	struct decide_options o = {
		.type = type, .by = "A", .second = "B", .reason = "r", .id = ids, .ids = 1
	};
	struct decide_result r;

	if (decide_run(reg.st, &o, &r, &reg_err))
		memset(&reg_err, 0, sizeof(reg_err));
}

static void
one_step(struct rng *r, char id[MANY][UUID_TEXT], size_t *count)
{
	static const char *const hazard_class[] = { "class=sha", "class=cha", "class=battle_area",
		                                    "class=indication" };
	static const char *const outcome[] = { "outcome=cleared", "outcome=reduced",
		                               "outcome=cancelled" };
	char box[200], day[64];
	uint64_t what = rng_below(r, 6);
	size_t i = *count ? (size_t)rng_below(r, *count) : 0;

	some_box(r, box, sizeof(box));
	some_day(r, day, sizeof(day));
	if ((what < 2 || *count < 3) && *count < MANY)
		ADD("hazard", id[(*count)++], hazard_class[rng_below(r, 4)], "status=open", day,
		    box);
	else if (what == 2)
		EDIT("hazard", id[i], day, box);
	else if (what == 3)
		EDIT("hazard", id[i], day, "status=closed", outcome[rng_below(r, 3)]);
	else if (what == 4)
		try_to_decide("approval", id[i]);
	else
		try_to_decide(rng_below(r, 3) ? "release" : "return", id[i]);
}

static void
test_property(void **state)
{
	uint64_t seed = getenv("FALLOW_SEED") ? strtoull(getenv("FALLOW_SEED"), NULL, 10)
	                                      : (uint64_t)time(NULL);

	(void)state;
	print_message("seed %llu\n", (unsigned long long)seed);
	for (uint64_t k = 0; k < 6; k++) {
		char id[MANY][UUID_TEXT];
		size_t count = 0;
		struct rng r;

		rng_seed(&r, seed, k);
		assert_int_equal(reg_setup(state), 0);
		for (int step = 0; step < STEPS; step++)
			one_step(&r, id, &count);
		for (int year = 2023; year <= 2025; year++) {
			char day[16], period[40], full[8];

			(void)snprintf(day, sizeof(day), "%d-06-30", year);
			(void)snprintf(period, sizeof(period), "%d-01-01/%d-06-30", year, year);
			(void)snprintf(full, sizeof(full), "%d", year - 1);
			reg.q.as_of_days = reg_day(day);
			reg_run("release");
			if (reg.set.row[0].known && (!closes(period) || !closes(full))) {
				reg_print();
				fail_msg("seed %llu, register %llu, %d: the balance does not close",
				         (unsigned long long)seed, (unsigned long long)k, year);
			}
		}
		assert_int_equal(reg_teardown(state), 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_one_year, reg_setup, reg_teardown),
		cmocka_unit_test_setup_teardown(test_reported, reg_setup, reg_teardown),
		cmocka_unit_test_setup_teardown(test_uncertain_outline, reg_setup, reg_teardown),
		cmocka_unit_test(test_property),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
