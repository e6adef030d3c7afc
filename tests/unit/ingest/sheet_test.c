/* Rows of a sheet that are no data. Nothing else may be taken for one: a row left out is a row
 * lost. */
#include "../unit.h"

#include <string.h>

#include "ingest/sheet.h"

enum {
	MOST = 4
};

/* How many of two rows are left, when the first has these cells; NULL is an empty one. */
static size_t
left_of(const char *const cell[MOST], size_t columns, int64_t number)
{
	static const uint8_t wkb[1];
	struct source_value v[MOST] = { 0 };
	struct source_row row[2] = { { .number = number, .values = v },
		                     { .number = number + 1, .values = v } };
	struct source_rows rows = { .rows = row, .row_count = 2 };

	for (size_t i = 0; i < columns; i++)
		if (cell[i])
			v[i] = (struct source_value){ .type = PIPE_TEXT,
				                      .size = strlen(cell[i]),
				                      .text = cell[i] };
	row[0].wkb = number < 0 ? wkb : NULL;
	row[0].number = number < 0 ? 1 : number;
	sheet_skip(&rows, columns);
	assert_ptr_equal(rows.rows, rows.row_count == 2 ? row : row + 1);
	return rows.row_count;
}

static void
hints_are_left_out(void **state)
{
	const char *const hint[MOST] = { "# National number; text", "Class; one of: sha cha",
		                         "Area; number; in m2" };
	const char *const gaps[MOST] = { "# National number; text", NULL, "Area; number" };

	(void)state;
	assert_int_equal(left_of(hint, 3, 1), 1);
	assert_int_equal(left_of(gaps, 3, 1), 1);
	assert_int_equal(left_of(hint, 3, 2), 2);  /* further down it is a row */
	assert_int_equal(left_of(hint, 3, -1), 2); /* with an outline it is one too */
}

static void
data_stay(void **state)
{
	const char *const number[MOST] = { "# 12", "sha", "well; near the road" };
	const char *const no_mark[MOST] = { "a; b", "c; d", "e; f" };
	const char *const close[MOST] = { "#12; x", "c; d", "e; f" };
	const char *const alone[MOST] = { "# a; b", NULL, NULL };
	const char *const empty[MOST] = { NULL, NULL, NULL };
	struct source_rows none = { 0 };

	(void)state;
	assert_int_equal(left_of(number, 3, 1), 2);
	assert_int_equal(left_of(no_mark, 3, 1), 2);
	assert_int_equal(left_of(close, 3, 1), 2);
	assert_int_equal(left_of(alone, 3, 1), 2);
	assert_int_equal(left_of(empty, 3, 1), 2);
	sheet_skip(&none, 3);
	assert_int_equal(none.row_count, 0);
}

static void
tags_are_left_out(void **state)
{
	const char *const tags[MOST] = { "#meta+id", NULL, "#geo+lat" };
	const char *const one[MOST] = { "#meta+id", NULL, NULL };
	const char *const mixed[MOST] = { "#meta+id", "#geo+lat", "12" };
	const char *const numbers[MOST] = { "#1", "#2", "#3" };

	(void)state;
	assert_int_equal(left_of(tags, 3, 1), 1);
	assert_int_equal(left_of(one, 3, 1), 2);
	assert_int_equal(left_of(mixed, 3, 1), 2);
	assert_int_equal(left_of(numbers, 3, 1), 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hints_are_left_out),
		cmocka_unit_test(data_stay),
		cmocka_unit_test(tags_are_left_out),
	};

	return cmocka_run_group_tests_name("sheet", tests, NULL, NULL);
}
