/* Does a position lie where its row says? Distances by hand: one degree of latitude is 111.13 km at
 * 45 degrees (WGS 84), so 1.9 km are 0.0171 and 2.1 km 0.0189 degrees. */
#define _XOPEN_SOURCE 700
#include "../folder.h"

#include "ingest/gazetteer.h"
#include "store/each.h"

static struct store *st;
static struct arena mem;
static struct gazetteer *g;

static int
set_up(void **state)
{
	(void)state;
	if (folder_make() || store_open(path, STORE_READ, &st, NULL))
		return -1;
	arena_init(&mem, 0);
	return gazetteer_create(&g, NULL) ? -1 : 0;
}

static int
tear_down(void **state)
{
	(void)state;
	gazetteer_free(g);
	arena_done(&mem);
	store_close(st);
	return folder_remove();
}

static struct geom *
wkt(const char *text)
{
	struct geom *out = arena_calloc(&mem, 1, sizeof(*out));

	assert_non_null(out);
	assert_int_equal(geom_from_wkt(text, strlen(text), 0, &mem, out, NULL), ERR_OK);
	return out;
}

static struct uuid
add(uint8_t number, const char *type, const char *name, const char *others, const char *where)
{
	struct shown row = { .kind = store_kind(st, "place") };

	row.id.b[0] = 1;
	row.id.b[6] = 0x70;
	row.id.b[8] = 0x80;
	row.id.b[15] = number;
	assert_true(fields_init(&row.fields, store_form(st, row.kind), &mem));
	assert_true(fields_set_text(&row.fields, "type", type));
	assert_true(fields_set_text(&row.fields, "name", name));
	if (others)
		assert_true(fields_set_text(&row.fields, "other_names", others));
	row.fields.geom = where ? wkt(where) : NULL;
	assert_int_equal(gazetteer_add(g, &row, NULL), ERR_OK);
	return row.id;
}

/* A hazard at a position that names a place in one of its fields. */
static const char *
misses(const char *where, double accuracy_m, const char *field, const char *value)
{
	struct store_fields f;

	assert_true(fields_init(&f, store_form(st, store_kind(st, "hazard")), &mem));
	f.geom = where ? wkt(where) : NULL;
	if (accuracy_m > 0)
		assert_true(fields_set_real(&f, "accuracy_m", accuracy_m));
	assert_true(fields_set_text(&f, field, value));
	return gazetteer_misses(g, &f);
}

#define OREVA "POLYGON ((-125 -46, -124 -46, -124 -45, -125 -45, -125 -46))"

static void
outside_a_named_unit(void **state)
{
	(void)state;
	(void)add(1, "admin2", "Oreva", NULL, OREVA);
	assert_int_equal(gazetteer_ready(g, NULL), ERR_OK);
	assert_null(misses("POINT (-124.5 -45.5)", 0, "admin2_name", "Oreva"));
	assert_null(misses("POINT (-124.5 -44.9829)", 0, "admin2_name", "Oreva")); /* 1.9 km */
	assert_string_equal(misses("POINT (-124.5 -44.9811)", 0, "admin2_name", "Oreva"),
	                    "Oreva"); /* 2.1 km */
	/* its own accuracy comes on top */
	assert_null(misses("POINT (-124.5 -44.9811)", 200, "admin2_name", "Oreva"));
	assert_string_equal(misses("POINT (-124.5 -44.9811)", 50, "admin2_name", "Oreva"), "Oreva");
	/* letters' size and marks aside, and the text told is the row's */
	assert_string_equal(misses("POINT (-120 -44)", 0, "admin2_name", " OR\xc3\x89VA "),
	                    " OR\xc3\x89VA ");
	assert_null(misses(NULL, 0, "admin2_name", "Oreva"));
}

static void
far_from_a_settlement(void **state)
{
	(void)state;
	(void)add(1, "settlement", "Tamo", "Old Tamo; Tamowice|Tamobad", "POINT (-124.5 -45)");
	assert_int_equal(gazetteer_ready(g, NULL), ERR_OK);
	/* 20 km are 0.17997 degrees */
	assert_null(misses("POINT (-124.5 -44.8225)", 0, "place_name", "Tamo"));
	assert_string_equal(misses("POINT (-124.5 -44.8175)", 0, "place_name", "Tamo"), "Tamo");
	for (size_t i = 0; i < 3; i++) {
		static const char *const other[] = { "old tamo", "Tamowice", "TAMOBAD" };

		assert_null(misses("POINT (-124.5 -45)", 0, "place_name", other[i]));
		assert_string_equal(misses("POINT (-120 -45)", 0, "place_name", other[i]),
		                    other[i]);
	}
	/* the first vertex or the middle of the box is enough */
	assert_null(misses("LINESTRING (-124.5 -45, -120 -45)", 0, "place_name", "Tamo"));
	assert_null(misses("LINESTRING (-129 -45, -120 -45)", 0, "place_name", "Tamo"));
	assert_string_equal(misses("LINESTRING (-120 -45, -124.5 -45)", 0, "place_name", "Tamo"),
	                    "Tamo");
}

static void
a_name_borne_twice(void **state)
{
	(void)state;
	(void)add(1, "settlement", "Mira", NULL, "POINT (-124 -45)");
	(void)add(2, "settlement", "Mira", NULL, "POINT (-128 -45)");
	(void)add(3, "admin1", "Mira", NULL, OREVA);
	(void)add(4, "settlement", "Nowhere", NULL, NULL);
	assert_int_equal(gazetteer_ready(g, NULL), ERR_OK);
	assert_null(misses("POINT (-128 -45)", 0, "place_name", "Mira"));
	assert_null(misses("POINT (-124.9 -45.9)", 0, "place_name", "Mira"));
	assert_string_equal(misses("POINT (-126 -45)", 0, "place_name", "Mira"), "Mira");
	/* as the name of a unit it is the unit's only, and none is of that level */
	assert_string_equal(misses("POINT (-128 -45)", 0, "admin1_name", "Mira"), "Mira");
	assert_null(misses("POINT (-128 -45)", 0, "admin2_name", "Mira"));
	assert_null(misses("POINT (-128 -45)", 0, "place_name", "Nowhere"));
	assert_null(misses("POINT (-128 -45)", 0, "place_name", "Unheard"));
	assert_null(misses("POINT (-128 -45)", 0, "place_name", "..."));
}

static void
by_id_and_in_order(void **state)
{
	struct store_fields f;
	char id[UUID_TEXT];

	(void)state;
	uuid_format(add(1, "settlement", "Tamo", NULL, "POINT (-124.5 -45)"), id);
	(void)add(2, "settlement", "Mira", NULL, "POINT (-128 -45)");
	(void)add(3, "admin2", "Oreva", NULL, OREVA);
	assert_int_equal(gazetteer_ready(g, NULL), ERR_OK);
	assert_null(misses("POINT (-124.5 -45)", 0, "place", id));
	assert_string_equal(misses("POINT (-128 -45)", 0, "place", id), id);
	assert_null(misses("POINT (-128 -45)", 0, "place", "018f0000-0000-7000-8000-000000000000"));
	assert_null(misses("POINT (-128 -45)", 0, "place", "Tamo"));
	/* all of them wrong: the id, then the district, then the place is told */
	assert_true(fields_init(&f, store_form(st, store_kind(st, "hazard")), &mem));
	f.geom = wkt("POINT (-121 -42)");
	assert_true(fields_set_text(&f, "place_name", "Mira"));
	assert_string_equal(gazetteer_misses(g, &f), "Mira");
	assert_true(fields_set_text(&f, "admin2_name", "Oreva"));
	assert_string_equal(gazetteer_misses(g, &f), "Oreva");
	assert_true(fields_set_text(&f, "place", id));
	assert_string_equal(gazetteer_misses(g, &f), id);
}

static void
without_places_nothing_is_told(void **state)
{
	(void)state;
	assert_int_equal(gazetteer_ready(g, NULL), ERR_OK);
	assert_null(misses("POINT (-128 -45)", 0, "place_name", "Mira"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(outside_a_named_unit, set_up, tear_down),
		cmocka_unit_test_setup_teardown(far_from_a_settlement, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_name_borne_twice, set_up, tear_down),
		cmocka_unit_test_setup_teardown(by_id_and_in_order, set_up, tear_down),
		cmocka_unit_test_setup_teardown(without_places_nothing_is_told, set_up, tear_down),
	};

	return cmocka_run_group_tests_name("gazetteer", tests, NULL, NULL);
}
