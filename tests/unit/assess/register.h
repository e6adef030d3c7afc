/* A register of a handful of records in a temporary folder, its figures, and ways to look rows up.
 * Expected values stand in the tests, computed by hand or by another program. */
#ifndef TESTS_ASSESS_REGISTER_H
#define TESTS_ASSESS_REGISTER_H

#ifndef _XOPEN_SOURCE
#define _XOPEN_SOURCE 700
#endif
#include "../unit.h"

#include <ftw.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "assess/figure.h"
#include "base/clock.h"
#include "base/text.h"
#include "ingest/decide.h"
#include "ingest/entry.h"
#include "store/store.h"

#define REGISTER_TODAY "2025-06-30"

struct test_register {
	char dir[64];
	struct store *st;
	struct figure_set set;
	bool has_set;
	struct figure_question q;
	struct pool *pool;
	const char *codes[8];
};

static struct test_register reg;
static struct err reg_err;

static inline void
reg_ok(enum err_code rc)
{
	if (rc)
		print_error("%s\n", reg_err.text);
	assert_int_equal(rc, ERR_OK);
}

/* The day the clock shows, at noon UTC. */
static inline void
reg_today(const char *date)
{
	char now[32];

	(void)snprintf(now, sizeof(now), "%sT12:00:00Z", date);
	assert_int_equal(setenv("FALLOW_NOW", now, 1), 0);
}

static inline int64_t
reg_day(const char *date)
{
	int64_t days = 0;

	assert_true(clock_parse_date(date, strlen(date), &days));
	return days;
}

static inline int
reg_setup(void **state)
{
	char path[128];

	(void)state;
	memset(&reg, 0, sizeof(reg));
	(void)snprintf(reg.dir, sizeof(reg.dir), "/tmp/fallow_assess_XXXXXX");
	assert_non_null(mkdtemp(reg.dir));
	(void)snprintf(path, sizeof(path), "%s/home", reg.dir);
	assert_int_equal(setenv("FALLOW_HOME", path, 1), 0);
	reg_today(REGISTER_TODAY);
	(void)snprintf(path, sizeof(path), "%s/r.gpkg", reg.dir);
	reg_ok(store_init(path, "XXA", "Test", &reg_err));
	reg_ok(store_open(path, STORE_WRITE, &reg.st, &reg_err));
	reg.pool = pool_create(2);
	reg.q.as_of_days = reg_day(REGISTER_TODAY);
	reg.q.known_size = INT64_MAX;
	reg.q.known_at_us = INT64_MAX;
	reg.q.after_days = INT64_MIN;
	return 0;
}

static inline int
reg_remove(const char *path, const struct stat *s, int type, struct FTW *f)
{
	(void)s;
	(void)type;
	(void)f;
	return remove(path);
}

static inline int
reg_teardown(void **state)
{
	(void)state;
	if (reg.has_set)
		figure_set_free(&reg.set);
	pool_free(reg.pool);
	store_close(reg.st);
	return nftw(reg.dir, reg_remove, 16, FTW_DEPTH | FTW_PHYS);
}

/* One record: id NULL = a new one. The id of the record is kept in ret_id (may be NULL). Ends with
 * NULL. */
static inline void
reg_put(const char *kind, const char *id, char ret_id[UUID_TEXT], const char *const *set)
{
	struct entry_options o = { .kind = kind, .id = id, .set = set };
	struct entry_result r;

	while (set[o.sets])
		o.sets++;
	reg_ok(entry_run(reg.st, &o, &r, &reg_err));
	if (ret_id)
		memcpy(ret_id, r.id, UUID_TEXT);
}
#define ADD(kind, ret_id, ...)                                                                     \
	reg_put(kind, NULL, ret_id, (const char *const[]){ __VA_ARGS__, NULL })
#define EDIT(kind, id, ...) reg_put(kind, id, NULL, (const char *const[]){ __VA_ARGS__, NULL })

static inline void
reg_decide(const char *type, const char *id)
{
	const char *const ids[] = { id };
	struct decide_options o = { .type = type,
		                    .by = "A. Approver",
		                    .second = "B. Second",
		                    .reason = "seen",
		                    .id = ids,
		                    .ids = 1 };
	struct decide_result r;

	reg_ok(decide_run(reg.st, &o, &r, &reg_err));
}

/* Compute one figure (or NULL for all) with the question in reg.q. */
static inline void
reg_run(const char *code)
{
	if (reg.has_set)
		figure_set_free(&reg.set);
	reg.codes[0] = code;
	reg.codes[1] = NULL;
	reg.q.codes = code ? reg.codes : NULL;
	reg_ok(figure_run(reg.st, &reg.q, reg.pool, &reg.set, &reg_err));
	reg.has_set = true;
}

/* The one row with this code, dimension, place and period; NULL if there is none. */
static inline const struct figure_row *
reg_row(const char *code, const char *dim, const char *place, const char *period)
{
	const struct figure_row *found = NULL;

	for (size_t i = 0; i < reg.set.count; i++) {
		const struct figure_row *r = &reg.set.row[i];

		if (!text_eq(r->code, code) || !text_eq(r->dim, dim) || !text_eq(r->place, place) ||
		    !text_eq(r->period, period))
			continue;
		assert_null(found); /* a row stands once */
		found = r;
	}
	return found;
}

static inline void
reg_print(void)
{
	for (size_t i = 0; i < reg.set.count; i++) {
		const struct figure_row *r = &reg.set.row[i];

		print_error("%s|%s|%s|%s %d %.6f %.6f..%.6f %s n=%lld %s\n", r->code, r->dim,
		            r->place, r->period, r->known, r->value, r->low, r->high, r->unit,
		            (long long)r->records, r->note);
	}
}

static inline void
reg_expect(const char *code, const char *dim, const char *place, const char *period, double low,
           double value, double high, double within, int line)
{
	const struct figure_row *r = reg_row(code, dim, place, period);

	if (!r || !r->known || fabs(r->low - low) > within || fabs(r->value - value) > within ||
	    !(fabs(r->high - high) <= within)) {
		print_error("line %d: %s|%s|%s|%s wanted %.6f of %.6f..%.6f\n", line, code, dim,
		            place, period, value, low, high);
		reg_print();
	}
	assert_non_null(r);
	assert_true(r->known);
	assert_true(fabs(r->low - low) <= within);
	assert_true(fabs(r->value - value) <= within);
	assert_true(fabs(r->high - high) <= within);
}
/* As above, and nothing bounds it from above. */
static inline void
reg_expect_open(const char *code, const char *dim, const char *place, const char *period,
                double low, double value)
{
	const struct figure_row *r = reg_row(code, dim, place, period);

	if (!r || !r->known || !isinf(r->high) || fabs(r->low - low) > 1e-9 ||
	    fabs(r->value - value) > 1e-9)
		reg_print();
	assert_non_null(r);
	assert_true(r->known && isinf(r->high) && r->high > 0);
	assert_true(fabs(r->low - low) <= 1e-9 && fabs(r->value - value) <= 1e-9);
}
#define EXPECT_OPEN(code, dim, place, period, low, value)                                          \
	reg_expect_open(code, dim, place, period, low, value)
/* low, value, high within 1e-9 */
#define EXPECT(code, dim, place, period, low, value, high)                                         \
	reg_expect(code, dim, place, period, low, value, high, 1e-9, __LINE__)
#define EXPECT_NEAR(code, dim, place, period, low, value, high, within)                            \
	reg_expect(code, dim, place, period, low, value, high, within, __LINE__)

#endif
