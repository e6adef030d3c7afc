/* find_near through the indexes finds what a walk over every record finds: positions and distances
 * at random, hazards that reach far and that wait among them. */
#define _XOPEN_SOURCE 700
#include "../unit.h"

#include <ftw.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/rng.h"
#include "base/text.h"
#include "geo/geo.h"
#include "geo/shape.h"
#include "ingest/entry.h"
#include "ingest/generate.h"
#include "store/each.h"
#include "store/find.h"

static char folder[] = "/tmp/fallow_find_XXXXXX";
static struct err e;
static struct store *st;
static struct geo *geo;

static void
ok(enum err_code rc)
{
	if (rc)
		print_error("%s\n", e.text);
	assert_int_equal(rc, ERR_OK);
}

/* Records with a revision that waits reach as far as any of them: told apart by hand below. */
struct linear {
	struct geom point;
	double within_m;
	int64_t dangers;
	double nearest_m;
};

static enum err_code
look(void *ctx, const struct shown *row, struct err *err)
{
	struct linear *l = ctx;
	const char *waits = fields_text(&row->fields, "national_id");
	double m = 0, margin_m = fields_number(&row->fields, "radius_m", 0) +
	                         fields_number(&row->fields, "accuracy_m", 0);
	enum err_code rc;

	if (row->as != SHOWN_DANGER || !row->fields.geom || geom_is_empty(row->fields.geom))
		return ERR_OK;
	if (text_eq(waits, "WAITS"))
		margin_m = 4000; /* its first revision, see set_up */
	rc = shape_distance_m(geo, row->fields.geom, &l->point, &m, err);
	m = fmax(0, m * 0.999 - margin_m);
	if (rc || m > l->within_m)
		return rc;
	l->dangers++;
	l->nearest_m = fmin(l->nearest_m, m);
	return ERR_OK;
}

static void
test_random(void **state)
{
	static const double within[] = { 0, 100, 500, 5000, 60000 };
	const struct each_filter f = { .kind = store_kind(st, "hazard"),
		                       .as_of_days = INT64_MAX,
		                       .known_size = INT64_MAX };
	struct arena mem;
	struct rng r;
	int64_t met = 0;

	(void)state;
	arena_init(&mem, (size_t)64 << 20);
	rng_seed(&r, 5, 17);
	for (int i = 0; i < 200; i++) {
		double at[2] = { -130.5 + 11 * rng_f64(&r), -50.5 + 9 * rng_f64(&r) };
		struct linear l = { .within_m = within[i % 5], .nearest_m = INFINITY };
		struct find_near n;
		int64_t hazards = 0;
		double nearest_m = INFINITY;

		if (i % 4 == 3) /* near those entered below */
			at[0] = -131 + 0.06 * rng_f64(&r), at[1] = -45.03 + 0.06 * rng_f64(&r);
		arena_reset(&mem);
		assert_true(geom_make_point(at[0], at[1], &mem, &l.point));
		ok(store_each(st, &f, look, &l, &e));
		ok(find_near(st, ACCESS_AUTHORITY, at, l.within_m, &mem, &n, &e));
		for (size_t k = 0; k < n.count; k++)
			if (n.item[k].what == FIND_DANGER && n.item[k].kind == f.kind) {
				hazards++;
				nearest_m = fmin(nearest_m, n.item[k].distance_m);
			}
		if (n.dangers <= 200)
			assert_int_equal(hazards, l.dangers);
		else
			assert_true(l.dangers <= n.dangers);
		assert_true(nearest_m == l.nearest_m || fabs(nearest_m - l.nearest_m) < 1e-9);
		met += l.dangers;
	}
	assert_true(met > 20);
	arena_done(&mem);
}

static void
enter(const char *id, const char *accuracy, const char *at, char *ret)
{
	char geometry[60], text[40];
	const char *const set[] = { "class=sha",         "status=open", "valid_from=2024-01-01",
		                    "national_id=WAITS", text,          geometry };
	const struct entry_options o = {
		.kind = "hazard", .set = set, .sets = 6, .id = id, .author = "olena", .remark = ""
	};
	struct entry_result done;

	(void)snprintf(geometry, sizeof(geometry), "geometry=%s", at);
	(void)snprintf(text, sizeof(text), "accuracy_m=%s", accuracy);
	ok(entry_run(st, &o, &done, &e));
	memcpy(ret, done.id, UUID_TEXT);
}

static int
set_up(void **state)
{
	const struct generate_options o = {
		.hazards = 400, .accidents = 10, .finds = 10, .seed = 9
	};
	char path[100], home[100], id[UUID_TEXT], again[UUID_TEXT];

	(void)state;
	if (!mkdtemp(folder))
		return -1;
	(void)snprintf(home, sizeof(home), "%s/home", folder);
	(void)snprintf(path, sizeof(path), "%s/r.gpkg", folder);
	(void)setenv("FALLOW_HOME", home, 1);
	geo = geo_create();
	assert_non_null(geo);
	ok(store_init(path, "XXA", "Test", &e));
	ok(store_open(path, STORE_WRITE, &st, &e));
	ok(generate_run(st, &o, &e));
	enter(NULL, "4000", "-130.97,-45", id);
	enter(id, "10", "-130.97,-45", again); /* waits: the first one's reach counts */
	assert_string_equal(id, again);
	return 0;
}

static int
remove_one(const char *name, const struct stat *s, int type, struct FTW *at)
{
	(void)s;
	(void)type;
	(void)at;
	return remove(name);
}

static int
tear_down(void **state)
{
	(void)state;
	store_close(st);
	geo_free(geo);
	return nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_random) };

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
