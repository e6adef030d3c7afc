/* Tables in, rows out; the expectations are RFC 4180 and table.h, by hand. */
#define _GNU_SOURCE /* memfd_create */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "reader/table.h"

#include "stream.h"

static void
expect_as(const char *text, enum encoding en, enum table_header header, const char *expected)
{
	struct stream st;
	struct table t;
	struct out_header h = {
		.layer = "t", .driver = "CSV", .encoding = "", .crs = "", .crs_wkt = ""
	};
	struct err e = { 0 };
	struct buf b;

	stream_start(&st);
	buf_init(&b, 0);
	table_init(&t, (struct input){ .s = text, .n = strlen(text) }, &st.limits, NULL);
	t.encoding = en;
	t.encoding_sure = true;
	t.header = header;
	if (table_scan(&t, &e) == ERR_OK) {
		h.column_count = t.cols.count;
		h.columns = columns_header(&t.cols);
		out_header(&st.out, &h);
		if (table_rows(&t, &st.out, &e) == ERR_OK)
			assert_int_equal(t.rows, st.out.rows);
	}
	table_done(&t);
	assert_string_equal(stream_show(&st, &e, &b), expected);
	buf_done(&b);
}

static void
expect(const char *text, const char *expected)
{
	expect_as(text, ENCODING_UTF8, TABLE_HEADER_GUESS, expected);
}

static void
test_types(void **state)
{
	(void)state;
	expect("i,r,t,z,d,e\n1,1.5,a,007,2024-05-01,\n-2,3,b,12,2024-05-02 10:00,\"\"\n",
	       "i:i r:r t:t z:t d:d e:t\n1 1 1.5 'a' '007' '2024-05-01' null\n2 -2 3.0 'b' '12' "
	       "'2024-05-02 10:00' ''\nend\n");
	/* What a spreadsheet would spoil stays as it is written. */
	expect("a,b,c,e,f\n+1,1e5x,1.,99999999999999999999,1.000000\n",
	       "a:t b:t c:t e:t f:r\n"
	       "1 '+1' '1e5x' '1.' '99999999999999999999' 1.0\nend\n");
}

static void
test_separators(void **state)
{
	(void)state;
	expect("a;b\r\n\"x;y\";\"q\"\"q\"\r\n", "a:t b:t\n1 'x;y' 'q\"q'\nend\n");
	expect("a\tb\n1\t2,5\n", "a:i b:t\n1 1 '2,5'\nend\n");
	expect("a|b\n1|2\n", "a:i b:i\n1 1 2\nend\n");
	expect("only\nx\n", "only:t\n1 'x'\nend\n");
	expect("\xef\xbb\xbf"
	       "a,b\n1,2",
	       "a:i b:i\n1 1 2\nend\n");
	assert_int_equal(table_guess_separator("", 0), ',');
}

static void
test_rows(void **state)
{
	(void)state;
	expect("a,b\n1,2\n3\n4,5,\n6,7,8\n",
	       "a:i b:i\nwarning 1 rows have fewer fields than the header; the missing ones are "
	       "null\n"
	       "1 1 2\n2 3 null\n3 4 5\nbad 4 the row has 3 fields, the header 2 | 6,7,8\n\nend\n");
	expect("a,b\n1,2\n\"3,4\n5,6\n",
	       "a:i b:i\n1 1 2\nbad 2 the row cannot be read: row 3, line 3: a quote opens "
	       "and never closes | \"3,4\n\n3 5 6\nend\n");
	expect("a,b\nx,\xff\ny,z\n",
	       "a:t b:t\nbad 1 field 2 is not UTF-8 | x,\\xff\n\n2 'y' 'z'\nend\n");
	expect("", "\nfailed invalid: the file is empty\n");
}

static void
test_header(void **state)
{
	(void)state;
	expect("name,Name,,name_2\na,b,c,d\n",
	       "name:t Name_2:t column_3:t name_2_2:t\n1 'a' 'b' 'c' 'd'\nend\n");
	expect("1,x\n2,y\n", "column_1:i column_2:t\nwarning the first row looks like data, so the "
	                     "columns are named "
	                     "column_1, column_2 ...\n1 1 'x'\n2 2 'y'\nend\n");
	expect("place,2019,2020\nx,1,2\n", "place:t 2019:i 2020:i\n1 'x' 1 2\nend\n");
	expect_as("a,b\n1,2\n", ENCODING_UTF8, TABLE_HEADER_NO,
	          "column_1:t column_2:t\nwarning the first row looks "
	          "like data, so the columns are named column_1, column_2 ...\n1 'a' 'b'\n2 '1' "
	          "'2'\nend\n");
	expect("place,killed\n#adm1+name,#affected+killed\nx,1\n",
	       "place:t killed:i\nwarning the row under the header "
	       "holds HXL tags; it was read as part of the header\n1 'x' 1\nend\n");
}

static void
test_encoding(void **state)
{
	(void)state;
	expect_as("\xed\xe0,b\n\xbf\xe6,1\n", ENCODING_1251, TABLE_HEADER_GUESS,
	          "на:t b:i\n1 'їж' 1\nend\n");
	expect_as("a,b\n\x98,1\n", ENCODING_1251, TABLE_HEADER_GUESS,
	          "a:t b:i\nbad 1 field 1 holds a byte that the encoding does not have | "
	          "\\x98,1\n\nend\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_types),    cmocka_unit_test(test_separators),
		cmocka_unit_test(test_rows),     cmocka_unit_test(test_header),
		cmocka_unit_test(test_encoding),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
