/* Links by national number. Numbers and records are made here, so what a number stands for is known
 * beforehand. */
#define _XOPEN_SOURCE 700
#include "../folder.h"

#include "ingest/entry.h"
#include "ingest/links.h"
#include "ingest/territory.h"

static struct store *st;
static struct arena mem;

static int
set_up(void **state)
{
	(void)state;
	arena_init(&mem, 0);
	return folder_make() || store_open(path, STORE_WRITE, &st, NULL);
}

static int
tear_down(void **state)
{
	(void)state;
	store_close(st);
	arena_done(&mem);
	return folder_remove();
}

static void
add(const char *kind, const char *const *set, size_t sets, char id[UUID_TEXT])
{
	struct entry_options o = { .kind = kind, .set = set, .sets = sets, .author = "A" };
	struct entry_result r;
	struct err e = { 0 };

	if (entry_run(st, &o, &r, &e))
		fail_msg("%s", e.text);
	memcpy(id, r.id, UUID_TEXT);
}

static void
source(const char *number, char id[UUID_TEXT])
{
	char national[100];
	const char *set[] = { "type=dataset", "title=T", national };

	(void)snprintf(national, sizeof(national), "national_id=%s", number);
	add("source", set, 3, id);
}

static const char *
resolve(const struct links *l, const char *field, const char *text)
{
	const struct form *form = store_form(st, store_kind(st, "accident"));
	struct mapping_value v = { .type = MAPPING_TEXT, .s = text, .n = strlen(text) };
	const struct form_field *f = form_find(form, field);

	assert_non_null(f);
	if (!links_resolve(l, f, &mem, &v)) {
		assert_ptr_equal(v.s, text); /* untouched */
		return NULL;
	}
	return arena_strndup(&mem, v.s, v.n);
}

static void
numbers_become_ids(void **state)
{
	static const char *const column[] = { "source_refs", "class", "nonsense" };
	char one[UUID_TEXT], two[UUID_TEXT], twin[UUID_TEXT], want[200];
	struct links *l = NULL;

	(void)state;
	source("S-1", one);
	source("S-2", two);
	source("twice", twin);
	source("twice", twin);
	assert_int_equal(
		links_load(st, store_form(st, store_kind(st, "accident")), column, 3, &l, NULL),
		ERR_OK);
	assert_string_equal(resolve(l, "source_refs", "S-1"), one);
	assert_string_equal(resolve(l, "source_refs", one), one); /* an id stays */
	(void)snprintf(want, sizeof(want), "%s;%s", two, one);
	assert_string_equal(resolve(l, "source_refs", "S-2;S-1"), want);
	assert_string_equal(resolve(l, "source_refs", "S-2|S-1"), want);
	assert_null(resolve(l, "source_refs", "S-3"));
	assert_null(resolve(l, "source_refs", "S-1;S-3")); /* all or nothing */
	assert_null(resolve(l, "source_refs", "twice"));   /* which of the two? */
	links_free(l);
	links_free(NULL);
}

/* What the register knows of the country. */
static void
territory_of_a_register(void **state)
{
	const char *set[] = { "name=Exampla", "type=country", "codes=XXA",
		              "geometry=POLYGON((-126 -46,-125 -46,-125 -45,-126 -45,-126 -46))" };
	struct territory *t = NULL;
	const struct region *box;
	char id[UUID_TEXT];

	(void)state;
	assert_int_equal(territory_load(st, &t, NULL), ERR_OK);
	box = territory_country(t);
	assert_non_null(box); /* of the fictional country: 130-120 W, 50-42 S */
	assert_int_equal(box->bands, 0);
	assert_true(region_contains(box, -121, -49));
	assert_false(region_contains(box, 30, 50));
	assert_non_null(territory_places(t));
	territory_free(t);
	add("place", set, 2, id); /* a country without an outline changes nothing */
	assert_int_equal(territory_load(st, &t, NULL), ERR_OK);
	assert_true(region_contains(territory_country(t), -121, -49));
	territory_free(t);
	set[2] = set[3];
	add("place", set, 3, id);
	assert_int_equal(territory_load(st, &t, NULL), ERR_OK);
	assert_true(region_contains(territory_country(t), -125.5, -45.5));
	assert_false(region_contains(territory_country(t), -121, -49)); /* the outline wins */
	territory_free(t);
	territory_free(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(numbers_become_ids, set_up, tear_down),
		cmocka_unit_test_setup_teardown(territory_of_a_register, set_up, tear_down),
	};

	return cmocka_run_group_tests_name("links and territory", tests, NULL, NULL);
}
