#include <string.h>

#include "../unit.h"

#include "base/csv.h"
#include "base/mem.h"

/* All rows as "[a][b]|[c]", a quoted field as <a>; ends with "!" and the error's name on failure.
 */
static void
render(const char *s, size_t n, char separator, size_t max_fields, struct buf *out)
{
	struct csv_reader r;
	struct arena mem;
	struct err e;

	buf_init(out, 0);
	arena_init(&mem, 0);
	csv_open(&r, s, n, separator);
	for (;;) {
		struct csv_field *fields = NULL;
		size_t count = 0;
		enum err_code rc = csv_next(&r, &mem, max_fields, &fields, &count, &e);

		if (rc != ERR_OK) {
			buf_printf(out, "!%s@%zu/%zu", err_name(rc), r.row, r.line);
			break;
		}
		if (count == 0)
			break;
		if (out->size > 0)
			buf_addc(out, '|');
		for (size_t i = 0; i < count; i++) {
			assert_int_equal(fields[i].s[fields[i].n], 0);
			buf_addc(out, fields[i].quoted ? '<' : '[');
			buf_add(out, fields[i].s, fields[i].n);
			buf_addc(out, fields[i].quoted ? '>' : ']');
		}
	}
	arena_done(&mem);
}

static void
check(const char *s, const char *expect)
{
	struct buf out;

	render(s, strlen(s), 0, 100, &out);
	assert_string_equal(buf_text(&out), expect);
	buf_done(&out);
}

/* RFC 4180, section 2, rules 1 to 7. */
static void
test_rfc4180(void **state)
{
	(void)state;
	check("aaa,bbb,ccc\r\nzzz,yyy,xxx\r\n", "[aaa][bbb][ccc]|[zzz][yyy][xxx]");
	check("aaa,bbb,ccc\r\nzzz,yyy,xxx", "[aaa][bbb][ccc]|[zzz][yyy][xxx]");
	check("\"aaa\",\"bbb\",\"ccc\"\r\nzzz,yyy,xxx", "<aaa><bbb><ccc>|[zzz][yyy][xxx]");
	check("\"aaa\",\"b\r\nbb\",\"ccc\"\r\nzzz,yyy,xxx", "<aaa><b\r\nbb><ccc>|[zzz][yyy][xxx]");
	check("\"aaa\",\"b\"\"bb\",\"ccc\"", "<aaa><b\"bb><ccc>");
}

static void
test_corners(void **state)
{
	(void)state;
	check("", "");
	check("\n\r\n\n", "");
	check("a", "[a]");
	check("a\n\nb\n", "[a]|[b]");
	check(",", "[][]");
	check("a,\n,b\n", "[a][]|[][b]");
	check("\"\"", "<>");
	check("\"\",\"\"\"\"", "<><\">");
	check("\"a\nb\n\nc\",d\ne,f", "<a\nb\n\nc>[d]|[e][f]");
	check(" a , b ", "[ a ][ b ]");
	check("a\"b,c\"\"d", "[a\"b][c\"\"d]"); /* a quote inside is itself */
	check("\"a\"b,c", "<ab>[c]");           /* what follows the end of a quote stays */
	check("\"a\"\r\n\"b\"\r\n", "<a>|<b>");
	check("a\rb,c\r\n", "[a\rb][c]"); /* a lone CR is content */
	check("a,b\r", "[a][b]");
	check("a,b\nc\nd,e,f\n", "[a][b]|[c]|[d][e][f]");
	check("\xEF\xBB\xBF"
	      "a,b",
	      "[a][b]");
	check("\xEF\xBB\xBF\"a\",b", "<a>[b]");
	check("\xEF\xBB\xBF", "");
}

static void
test_separator(void **state)
{
	struct buf out;

	(void)state;
	check("a;b;c\n1,5;2;3", "[a][b][c]|[1,5][2][3]");
	check("a\tb\n1\t2", "[a][b]|[1][2]");
	check("a|b\n", "[a][b]");
	check("\"x;y;z\",b,c\n", "<x;y;z>[b][c]"); /* those inside quotes do not count */
	check("one\nb;c\n", "[one]|[b;c]");        /* only the first line counts; then a comma */
	check("\"a\n;;;\",b\n", "<a\n;;;>[b]");
	render("a:b:c,d", 7, ':', 100, &out);
	assert_string_equal(buf_text(&out), "[a][b][c,d]");
	buf_done(&out);
}

static void
check_failure(const char *s, size_t n, const char *expect)
{
	struct buf out;

	render(s, n, ',', 3, &out);
	assert_string_equal(buf_text(&out), expect);
	buf_done(&out);
}

static void
test_failures(void **state)
{
	(void)state;
	check_failure("a\n\"b", 4, "[a]!invalid@2/2");
	check_failure("a\n\"b\n\nc,d\n", 10, "[a]!invalid@2/2");
	check_failure("\"a\"\"", 4, "!invalid@1/1");
	check_failure("a,\0,b", 5, "!invalid@1/1");
	check_failure("\"\0\"", 3, "!invalid@1/1");
	check_failure("1,2,3\n1,2,3,4\n", 14, "[1][2][3]!limit@2/2"); /* one past the limit */
}

/* After a row that failed the next one can be read; lines are counted through quotes and blanks. */
static void
test_goes_on(void **state)
{
	static const char s[] = "a,b\n\n\"x\ny\",1\n1,2,3\n\n\nlast\n";
	struct csv_reader r;
	struct csv_field *f;
	struct arena mem;
	struct err e;
	size_t n = 99;

	(void)state;
	arena_init(&mem, 0);
	csv_open(&r, s, strlen(s), 0);
	assert_int_equal(csv_next(&r, &mem, 2, &f, &n, &e), ERR_OK);
	assert_int_equal(r.row, 1);
	assert_int_equal(r.line, 1);
	assert_int_equal(csv_next(&r, &mem, 2, &f, &n, &e), ERR_OK);
	assert_int_equal(r.row, 2);
	assert_int_equal(r.line, 3);
	n = 99;
	assert_int_equal(csv_next(&r, &mem, 2, &f, &n, &e), ERR_LIMIT);
	assert_int_equal(n, 99); /* untouched */
	assert_string_equal(e.text, "row 3, line 5: 3 fields, and 2 are allowed at most");
	assert_int_equal(csv_next(&r, &mem, 2, &f, &n, &e), ERR_OK);
	assert_int_equal(r.row, 4);
	assert_int_equal(r.line, 8);
	assert_string_equal(f[0].s, "last");
	assert_int_equal(csv_next(&r, &mem, 2, &f, &n, &e), ERR_OK);
	assert_int_equal(n, 0);
	assert_int_equal(csv_next(&r, &mem, 2, &f, &n, &e), ERR_OK);
	assert_int_equal(n, 0);
	arena_done(&mem);
}

static void
test_write(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 0);
	csv_write(&b, "plain", 5, ',');
	buf_addc(&b, ',');
	csv_write(&b, "a,b", 3, ',');
	buf_addc(&b, ',');
	csv_write(&b, "a;b", 3, ',');
	buf_addc(&b, ',');
	csv_write(&b, "say \"x\"", 7, ',');
	buf_addc(&b, ',');
	csv_write(&b, "a\nb", 3, ',');
	buf_addc(&b, ',');
	csv_write(&b, "\"", 1, ',');
	buf_addc(&b, ',');
	csv_write(&b, NULL, 0, ',');
	assert_string_equal(buf_text(&b), "plain,\"a,b\",a;b,\"say \"\"x\"\"\",\"a\nb\",\"\"\"\",");
	buf_done(&b);
}

static void
check_safe(const char *s, const char *expect)
{
	struct buf b;

	buf_init(&b, 0);
	csv_write_safe(&b, s, strlen(s), ',');
	assert_string_equal(buf_text(&b), expect);
	buf_done(&b);
}

/* OWASP, CSV injection. */
static void
test_write_safe(void **state)
{
	(void)state;
	check_safe("", "");
	check_safe("text", "text");
	check_safe("=1+1", "'=1+1");
	check_safe("+1+1", "'+1+1");
	check_safe("-1+1", "'-1+1");
	check_safe("@SUM(A1)", "'@SUM(A1)");
	check_safe("\t=1", "'\t=1");
	check_safe("\r=1", "\"'\r=1\"");
	check_safe("=a,\"b\"", "\"'=a,\"\"b\"\"\"");
	check_safe("-12.5", "-12.5"); /* a number is no formula */
	check_safe("+3e5", "+3e5");
	check_safe("a=1", "a=1");
}

/* What is written is read back, whatever the bytes. */
static void
test_round_trip(void **state)
{
	static const char letters[] = "a\",;\r\n \t\xC3\xA9"
				      "b=";
	unsigned seed = 1;

	(void)state;
	for (int round = 0; round < 2000; round++) {
		char fields[4][12];
		size_t sizes[4];
		struct csv_reader r;
		struct csv_field *got;
		struct arena mem;
		struct buf b;
		size_t n = 0;

		buf_init(&b, 0);
		for (size_t i = 0; i < 4; i++) {
			seed = seed * 1103515245u + 12345u;
			sizes[i] = seed >> 16 & 7;
			for (size_t k = 0; k < sizes[i]; k++) {
				seed = seed * 1103515245u + 12345u;
				fields[i][k] = letters[(seed >> 16) % (sizeof(letters) - 1)];
			}
			if (i > 0)
				buf_addc(&b, ';');
			csv_write(&b, fields[i], sizes[i], ';');
		}
		buf_adds(&b, "\r\n");
		arena_init(&mem, 0);
		csv_open(&r, b.data, b.size, ';');
		assert_int_equal(csv_next(&r, &mem, 4, &got, &n, NULL), ERR_OK);
		assert_int_equal(n, 4);
		for (size_t i = 0; i < 4; i++) {
			assert_int_equal(got[i].n, sizes[i]);
			assert_memory_equal(got[i].s, fields[i], sizes[i]);
		}
		assert_ptr_equal(r.p, r.end);
		arena_done(&mem);
		buf_done(&b);
	}
}

static void
test_memory_ends(void **state)
{
	static const char s[] = "a,b\n1,2\n";
	struct csv_reader r;
	struct csv_field *f = NULL;
	struct arena mem;
	struct buf b;
	struct err e;
	size_t n = 99;

	(void)state;
	for (long i = 0; i < 2; i++) {
		arena_init(&mem,
		           i == 0 ? 0 : 48); /* no heap; then a limit too small for the text */
		csv_open(&r, s, strlen(s), 0);
		mem_fail_after(i == 0 ? 0 : -1, 1);
		assert_int_equal(csv_next(&r, &mem, 9, &f, &n, &e), ERR_NOMEM);
		mem_fail_after(-1, 0);
		assert_null(f);
		assert_int_equal(n, 99);
		arena_done(&mem);
	}
	for (long i = 0; i < 2; i++) {
		buf_init(&b, 0);
		mem_fail_after(i, 1);
		csv_write_safe(&b, "=1,", 3, ',');
		mem_fail_after(-1, 0);
		assert_false(buf_ok(&b));
		buf_done(&b);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rfc4180),     cmocka_unit_test(test_corners),
		cmocka_unit_test(test_separator),   cmocka_unit_test(test_failures),
		cmocka_unit_test(test_goes_on),     cmocka_unit_test(test_write),
		cmocka_unit_test(test_write_safe),  cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_memory_ends),
	};

	return cmocka_run_group_tests_name("csv", tests, NULL, NULL);
}
