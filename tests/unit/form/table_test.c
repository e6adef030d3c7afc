#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "form/index.h"
#include "form/table.h"

static enum err_code
read_text(const char *text, struct arena *mem, struct table *t, struct err *e)
{
	return table_read("survey", text, strlen(text), mem, t, e);
}

static void
headers_are_found_by_name_and_language(void **state)
{
	struct table t = { 0 };
	struct arena mem;
	struct err e = { 0 };

	(void)state;
	arena_init(&mem, 0);
	assert_int_equal(read_text("\xef\xbb\xbf Type ,LABEL::English (en),label :: Ukrainian (uk),"
	                           "label::az,hint::German (de),label::French (fr),,\n"
	                           " text , a \n\n\"b\nc\",,,d\n",
	                           &mem, &t, &e),
	                 ERR_OK);
	assert_int_equal(t.column_count, 8);
	assert_int_equal(table_find(&t, "type", FORM_EN), 0);
	assert_int_equal(table_find(&t, "label", FORM_EN), 1);
	assert_int_equal(table_find(&t, "label", FORM_UK), 2);
	assert_int_equal(table_find(&t, "label", FORM_AZ), 3);
	assert_true(table_find(&t, "hint", FORM_EN) == TABLE_NO_COLUMN);
	assert_true(table_find(&t, "type", FORM_UK) == TABLE_NO_COLUMN);
	assert_int_equal(t.row_count, 2);
	assert_string_equal(table_cell(&t.row[0], 0), "text");
	assert_string_equal(table_cell(&t.row[0], 1), "a");
	assert_string_equal(table_cell(&t.row[0], 7), "");
	assert_string_equal(table_cell(&t.row[1], 0), "b\nc");
	assert_string_equal(table_cell(&t.row[1], 3), "d");
	assert_string_equal(table_cell(&t.row[1], TABLE_NO_COLUMN), "");
	arena_done(&mem);
}

static void
faults_leave_the_result_alone(void **state)
{
	static const struct {
		const char *text;
		enum err_code code;
		const char *says;
	} c[] = {
		{ "", ERR_INVALID, "survey: no header row" },
		{ "a,A\n", ERR_INVALID, "survey: column 'A' is there twice" },
		{ "label,label::English (en)\n", ERR_INVALID,
		  "survey: column 'label::English (en)' is there twice" },
		{ "a,b\n1,2,3\n", ERR_INVALID, "survey: row 2 has 3 cells and the header 2" },
		{ "a\n\xc3\n", ERR_INVALID, "survey: not UTF-8" },
	};
	struct arena mem;

	(void)state;
	arena_init(&mem, 0);
	for (size_t i = 0; i < sizeof c / sizeof *c; i++) {
		struct table t = { .row_count = 77 };
		struct err e = { 0 };

		assert_int_equal(read_text(c[i].text, &mem, &t, &e), c[i].code);
		assert_string_equal(e.text, c[i].says);
		assert_int_equal(t.row_count, 77);
	}
	arena_done(&mem);
}

static void
tables_are_limited(void **state)
{
	struct table t = { 0 };
	struct arena mem;
	struct err e = { 0 };
	struct buf b;

	(void)state;
	arena_init(&mem, 0);
	buf_init(&b, 0);
	for (unsigned i = 0; i < FORM_MAX_COLUMNS; i++)
		buf_printf(&b, "%sc%u", i ? "," : "", i);
	assert_int_equal(read_text(buf_text(&b), &mem, &t, &e), ERR_OK);
	assert_int_equal(t.column_count, FORM_MAX_COLUMNS);
	buf_adds(&b, ",more");
	assert_int_equal(read_text(buf_text(&b), &mem, &t, &e), ERR_LIMIT);
	buf_reset(&b);
	buf_adds(&b, "a\n");
	while (b.size < FORM_MAX_TABLE_BYTES)
		buf_addc(&b, '\n');
	assert_int_equal(read_text(buf_text(&b), &mem, &t, &e), ERR_OK);
	buf_addc(&b, '\n');
	assert_int_equal(read_text(buf_text(&b), &mem, &t, &e), ERR_LIMIT);
	buf_done(&b);
	arena_done(&mem);
}

/* Every name is found at its place, none that is not there; the first repetition is told. */
static void
names_are_found(void **state)
{
	static const size_t sizes[] = { 0, 1, 2, 3, 4, 5, 63, 64, 65, 2000 };
	struct arena mem;

	(void)state;
	arena_init(&mem, 0);
	for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
		struct {
			const char *name;
			int other;
		} *row = arena_calloc(&mem, sizes[k] + 1, sizeof *row);
		const struct form_index *ix;
		size_t twice = 77;

		for (size_t i = 0; i < sizes[k]; i++)
			row[i].name = arena_printf(&mem, "name_%zu", i);
		ix = index_create(row, sizes[k], sizeof *row, &mem, &twice);
		assert_non_null(ix);
		assert_int_equal(twice, sizes[k]);
		for (size_t i = 0; i < sizes[k]; i++)
			assert_int_equal(index_find(ix, row[i].name), i);
		assert_int_equal(index_find(ix, "name_2001"), -1);
		assert_int_equal(index_find(ix, ""), -1);
		if (sizes[k] < 3)
			continue;
		row[sizes[k] - 1].name = "name_1";
		assert_non_null(index_create(row, sizes[k], sizeof *row, &mem, &twice));
		assert_int_equal(twice, sizes[k] - 1);
	}
	assert_int_equal(index_find(NULL, "a"), -1);
	arena_done(&mem);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(headers_are_found_by_name_and_language),
		cmocka_unit_test(faults_leave_the_result_alone),
		cmocka_unit_test(tables_are_limited),
		cmocka_unit_test(names_are_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
