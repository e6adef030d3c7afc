/* Likely duplicates. By hand: 1e-4 degrees each side of the box, areas that differ by less than a
 * twentieth. The outline of the register is a square of 0.01 degrees at 45 degrees south; a square
 * stretched by 1.04 in latitude has an area 1.04 times as large (0.01 % aside). */
#define _XOPEN_SOURCE 700
#include "../folder.h"

#include "ingest/entry.h"
#include "store/history.h"
#include "store/twin.h"

static struct store *st;
static struct arena mem;
static struct twin_finder *t;
static int64_t fid;

#define SQUARE "POLYGON ((-125 -45, -124.99 -45, -124.99 -44.99, -125 -44.99, -125 -45))"
#define AREA_M2 875900.0 /* 788.2 m by 1,111.3 m */

static int
set_up(void **state)
{
	(void)state;
	if (folder_make() || store_open(path, STORE_WRITE, &st, NULL))
		return -1;
	arena_init(&mem, 0);
	t = NULL;
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	twin_close(t);
	arena_done(&mem);
	store_close(st);
	return folder_remove();
}

static void
enter(const char *kind, const char *const *set)
{
	struct entry_options o = { .kind = kind, .set = set, .author = "A" };
	struct entry_result r;
	struct err e = { 0 };
	struct uuid id;
	int found;

	while (set[o.sets])
		o.sets++;
	if (entry_run(st, &o, &r, &e))
		fail_msg("%s", e.text);
	assert_true(uuid_parse(r.id, strlen(r.id), &id));
	assert_int_equal(history_find(st, id, &found, &fid, NULL), ERR_OK);
}

static void
open_hazards(const char *const *same)
{
	assert_int_equal(twin_open(st, store_kind(st, "hazard"), same, &t, NULL), ERR_OK);
	assert_non_null(t);
}

static bool
find(const char *wkt, const char *class, double area_m2, int64_t before)
{
	struct store_fields f;
	struct geom *g = arena_calloc(&mem, 1, sizeof(*g));
	bool any = true;

	assert_non_null(g);
	assert_true(fields_init(&f, store_form(st, store_kind(st, "hazard")), &mem));
	if (wkt) {
		assert_int_equal(geom_from_wkt(wkt, strlen(wkt), 0, &mem, g, NULL), ERR_OK);
		f.geom = g;
	}
	if (class)
		assert_true(fields_set_text(&f, "class", class));
	assert_int_equal(twin_find(t, &f, area_m2, before, &any, NULL), ERR_OK);
	return any;
}

static const char *const none[] = { NULL };

static void
the_same_place(void **state)
{
	(void)state;
	enter("hazard", (const char *const[]){ "geometry=" SQUARE, "class=sha", NULL });
	open_hazards(none);
	assert_true(find(SQUARE, "cha", AREA_M2, INT64_MAX));
	/* each side may be off by 1e-4 */
	assert_true(find("POLYGON ((-125.00009 -45, -124.98991 -45, -124.98991 -44.99, -125.00009 "
	                 "-44.99, -125.00009 -45))",
	                 NULL, AREA_M2, INT64_MAX));
	assert_false(
		find("POLYGON ((-125 -45, -124.98989 -45, -124.98989 -44.99, -125 -44.99, -125 "
	             "-45))",
	             NULL, AREA_M2, INT64_MAX));
	assert_false(
		find("POLYGON ((-125 -45.00011, -124.99 -45.00011, -124.99 -44.99, -125 -44.99, "
	             "-125 -45.00011))",
	             NULL, AREA_M2, INT64_MAX));
	assert_false(find(NULL, NULL, AREA_M2, INT64_MAX));
	/* itself is none */
	assert_false(find(SQUARE, NULL, AREA_M2, fid));
	assert_true(find(SQUARE, NULL, AREA_M2, fid + 1));
}

static void
the_same_area(void **state)
{
	(void)state;
	enter("hazard", (const char *const[]){ "geometry=" SQUARE, NULL });
	open_hazards(none);
	assert_true(find(SQUARE, NULL, AREA_M2 * 1.04, INT64_MAX));
	assert_true(find(SQUARE, NULL, AREA_M2 / 1.04, INT64_MAX));
	assert_false(find(SQUARE, NULL, AREA_M2 * 1.06, INT64_MAX));
	assert_false(find(SQUARE, NULL, AREA_M2 / 1.06, INT64_MAX));
	assert_false(find("POINT (-124.995 -44.995)", NULL, 0, INT64_MAX));
}

static void
points_have_no_area(void **state)
{
	(void)state;
	enter("hazard", (const char *const[]){ "geometry=POINT (-125 -45)", NULL });
	open_hazards(none);
	assert_true(find("POINT (-125.00009 -44.99991)", NULL, 0, INT64_MAX));
	assert_false(find("POINT (-125.00011 -45)", NULL, 0, INT64_MAX));
}

static void
the_same_values(void **state)
{
	static const char *const same[] = { "class", "nothing_of_the_form", "outcome", NULL };

	(void)state;
	enter("hazard", (const char *const[]){ "geometry=" SQUARE, "class=sha", NULL });
	open_hazards(same);
	assert_true(find(SQUARE, "sha", AREA_M2, INT64_MAX)); /* outcome: empty equals empty */
	assert_false(find(SQUARE, "cha", AREA_M2, INT64_MAX));
	assert_false(find(SQUARE, NULL, AREA_M2, INT64_MAX));
}

static void
kinds_without_geometry(void **state)
{
	(void)state;
	t = (struct twin_finder *)&mem;
	assert_int_equal(twin_open(st, store_kind(st, "organisation"), none, &t, NULL), ERR_OK);
	assert_null(t);
	t = (struct twin_finder *)&mem;
	assert_int_equal(twin_open(st, -1, none, &t, NULL), ERR_OK);
	assert_null(t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_same_place, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_same_area, set_up, tear_down),
		cmocka_unit_test_setup_teardown(points_have_no_area, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_same_values, set_up, tear_down),
		cmocka_unit_test_setup_teardown(kinds_without_geometry, set_up, tear_down),
	};

	return cmocka_run_group_tests_name("twin", tests, NULL, NULL);
}
