/* Counting by place and key, and the records behind a count. The keys are made by hand; what comes
 * out must not depend on the order they come in. */
#include "../unit.h"

#include <stdio.h>
#include <string.h>

#include "assess/table.h"
#include "assess/tally.h"

static struct tally *t;

static int
set_up(void **state)
{
	(void)state;
	return tally_create(&t, NULL) ? -1 : 0;
}

static int
tear_down(void **state)
{
	(void)state;
	tally_free(t);
	return 0;
}

static struct tally_cell *
at(size_t place, const char *key)
{
	struct tally_cell *c = NULL;

	assert_int_equal(tally_at(t, place, key, &c, NULL), ERR_OK);
	assert_non_null(c);
	return c;
}

static void
a_new_cell_is_empty(void **state)
{
	struct tally_cell *c = at(3, "a");

	(void)state;
	for (int i = 0; i < TALLY_SUMS; i++)
		assert_true(c->sum[i] == 0);
	assert_int_equal(c->records, 0);
	assert_int_equal(tally_count(t), 1);
	c->sum[0] = 7;
	assert_true(at(3, "a")->sum[0] == 7); /* the same */
	assert_true(at(4, "a")->sum[0] == 0); /* another place */
	assert_true(at(3, "A")->sum[0] == 0); /* another key */
	assert_true(at(3, "")->sum[0] == 0);
	assert_int_equal(tally_count(t), 4);
}

/* 3,000 keys in the order of a multiplicative walk, and back: sorted alike, none lost. */
static void
sorted_whatever_the_order(void **state)
{
	char key[20], before[20] = "";
	size_t place = 0;

	(void)state;
	for (unsigned i = 0; i < 3000; i++) {
		unsigned k = (i * 1009u) % 3000u;

		(void)snprintf(key, sizeof(key), "%05u", k / 3);
		at(k % 3, key)->sum[1] += k;
	}
	tally_sort(t);
	assert_int_equal(tally_count(t), 3000);
	for (size_t i = 0; i < 3000; i++) {
		const struct tally_cell *c = tally_cell(t, i);

		assert_true(c->place > place || strcmp(c->key, before) > 0);
		assert_true(c->place >= place);
		assert_int_equal(c->place, i / 1000);
		(void)snprintf(key, sizeof(key), "%05zu", i % 1000);
		assert_string_equal(c->key, key);
		assert_true(c->sum[1] == (double)(3 * (i % 1000) + i / 1000));
		place = c->place;
		(void)snprintf(before, sizeof(before), "%s", c->key);
	}
	assert_true(at(2, "00999")->sum[1] == 2999); /* found after sorting too */
	assert_int_equal(tally_count(t), 3000);
}

/* Only what is asked for is remembered: a code, or all that begin with a part. */
static void
records_are_noted_when_asked(void **state)
{
	const struct uuid one = { { 1 } }, two = { { 2 } };
	const struct tally_member *m;
	struct tally_cell *c;
	size_t n = 9;

	(void)state;
	tally_from(t, one, 5, NULL);
	assert_false(tally_remembers(t, "finds.items"));
	tally_from(t, one, 5, "finds.items");
	assert_true(tally_remembers(t, "finds.items"));
	assert_false(tally_remembers(t, "finds.by_model"));
	tally_from(t, two, 6, "finds");
	assert_true(tally_remembers(t, "finds.by_model"));
	assert_false(tally_remembers(t, "laying.items"));
	c = at(0, "x");
	assert_int_equal(tally_note(t, c, 2.5, NULL), ERR_OK);
	tally_from(t, one, 5, "finds");
	assert_int_equal(tally_note(t, c, 1, NULL), ERR_OK);
	m = tally_members(t, &n);
	assert_int_equal(n, 2);
	assert_memory_equal(&m[0].id, &two, sizeof(two));
	assert_int_equal(m[0].kind, 6);
	assert_true(m[0].part == 2.5);
	assert_memory_equal(&m[1].id, &one, sizeof(one));
	assert_ptr_equal(m[0].key, m[1].key);
}

/* --- tables over it */

static const struct table_column column[] = {
	{ "casualties.by_sex", "sex", "not_stated", false, NULL },
	{ "casualties.by_year", "", NULL, true, NULL },
};

static struct table_count
sum(const struct table *b, size_t col, size_t place, const char *value, int64_t *records)
{
	struct table_count c;

	assert_int_equal(table_sum(b, col, place, value, &c, records, NULL), ERR_OK);
	return c;
}

static void
tables_count_by_column_and_place(void **state)
{
	const struct table b = { .tally = t,
		                 .column = column,
		                 .columns = 2,
		                 .unit = "person",
		                 .method = "casualties/1" };
	int64_t records = -1;
	struct table_count c;

	(void)state;
	assert_int_equal(table_put(&b, 0, 0, "female", (struct table_count){ 2, 1, 3 }, NULL),
	                 ERR_OK);
	assert_int_equal(table_put(&b, 0, 0, "female", (struct table_count){ 1, 1, 1 }, NULL),
	                 ERR_OK);
	assert_int_equal(table_put(&b, 0, 1, "female", (struct table_count){ 9, 9, 9 }, NULL),
	                 ERR_OK);
	assert_int_equal(table_put(&b, 1, 0, "female", (struct table_count){ 5, 5, 5 }, NULL),
	                 ERR_OK);
	assert_int_equal(table_put(&b, 0, 0, NULL, (struct table_count){ 4, 0, 4 }, NULL), ERR_OK);
	assert_int_equal(table_put(&b, 0, 0, "", (struct table_count){ 1, 0, 1 }, NULL), ERR_OK);
	c = sum(&b, 0, 0, "female", &records);
	assert_true(c.n == 3 && c.low == 2 && c.high == 4);
	assert_int_equal(records, 2);
	c = sum(&b, 0, 1, "female", &records);
	assert_true(c.n == 9);
	assert_int_equal(records, 1);
	c = sum(&b, 1, 0, "female", NULL);
	assert_true(c.n == 5);
	/* no value, an empty one and the word for it are one row */
	c = sum(&b, 0, 0, NULL, &records);
	assert_true(c.n == 5 && c.low == 0 && c.high == 5);
	assert_int_equal(records, 2);
	c = sum(&b, 0, 0, "not_stated", &records);
	assert_true(c.n == 5);
	c = sum(&b, 0, 7, "male", &records);
	assert_true(c.n == 0 && c.low == 0 && c.high == 0);
	assert_int_equal(records, 0);
}

/* A value of any length is counted, and never cut inside a character. */
static void
long_values(void **state)
{
	const struct table b = { .tally = t,
		                 .column = column,
		                 .columns = 2,
		                 .unit = "person",
		                 .method = "casualties/1" };
	char value[1001];

	(void)state;
	for (size_t i = 0; i < 1000; i += 2)
		memcpy(value + i, "\xd0\x96", 2);
	value[1000] = '\0';
	assert_int_equal(table_put(&b, 0, 0, value, (struct table_count){ 1, 1, 1 }, NULL), ERR_OK);
	tally_sort(t);
	assert_int_equal(tally_count(t), 1);
	assert_int_equal(strlen(tally_cell(t, 0)->key) % 2,
	                 0); /* two digits, then pairs of bytes */
	assert_true(strlen(tally_cell(t, 0)->key) <= 382);
	assert_true(sum(&b, 0, 0, value, NULL).n == 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_new_cell_is_empty, set_up, tear_down),
		cmocka_unit_test_setup_teardown(sorted_whatever_the_order, set_up, tear_down),
		cmocka_unit_test_setup_teardown(records_are_noted_when_asked, set_up, tear_down),
		cmocka_unit_test_setup_teardown(tables_count_by_column_and_place, set_up,
		                                tear_down),
		cmocka_unit_test_setup_teardown(long_values, set_up, tear_down),
	};

	return cmocka_run_group_tests_name("tally and table", tests, NULL, NULL);
}
