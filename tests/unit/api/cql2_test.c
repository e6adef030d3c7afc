/* Filters. Cases follow the grammar and the tables of OGC 21-065r2; what each is worth was worked
 * out by hand from the row below. */
#include "../unit.h"

#include <stdio.h>
#include <string.h>

#include "api/cql2.h"
#include "base/buf.h"
#include "base/text.h"

static struct arena mem, scratch;
static struct err e;
static struct geo *geo;

static const struct cql2_name name[] = {
	{ "class", CQL2_TEXT },   { "depth", CQL2_NUMBER }, { "open", CQL2_BOOLEAN },
	{ "seen", CQL2_DATE },    { "until", CQL2_DATE },   { "at", CQL2_DATE },
	{ "codes", CQL2_LIST },   { "place", CQL2_TEXT },   { "nothing", CQL2_TEXT },
	{ "list", CQL2_OTHER },   { "month", CQL2_DATE },   { "geometry", CQL2_GEOMETRY },
	{ "no date", CQL2_DATE },
};
static const struct cql2_names names = { name, COUNT_OF(name) };

/* class sha, depth 12.5, open, seen 2024-05-17, until 2024-08-01, at 2024-05-17T08:00:00Z, codes
 * [a, b], place Şuşa, month 2024-05; a square of 2 degrees round 10, 50 */
static void
value(void *ctx, size_t i, struct cql2_value *v)
{
	static const char *const text[] = { "sha",
		                            NULL,
		                            NULL,
		                            "2024-05-17",
		                            "2024-08-01",
		                            "2024-05-17T08:00:00Z",
		                            "[\"a\",\"b\"]",
		                            "Şuşa",
		                            NULL,
		                            "[]",
		                            "2024-05",
		                            NULL,
		                            NULL };

	v->null = false;
	v->text = text[i];
	v->size = text[i] ? strlen(text[i]) : 0;
	if (i == 1)
		v->number = 12.5;
	else if (i == 2)
		v->number = 1;
	else if (i == 11)
		v->geom = ctx;
	else
		v->null = !text[i];
}

static const double square[] = { 9, 49, 11, 49, 11, 51, 9, 51, 9, 49 };
static const uint32_t ends[] = { 1, 5 };
static const struct geom shape = { GEOM_POLYGON, 1, 1, 5, ends, ends + 1, square };

static enum err_code
parse(const char *s, struct cql2 *c)
{
	arena_reset(&mem);
	return *s == '{' || *s == '[' || text_eq(s, "null")
	               ? cql2_parse_json(s, strlen(s), &names, &mem, c, &e)
	               : cql2_parse_text(s, strlen(s), &names, &mem, c, &e);
}

static enum cql2_truth
judge(const char *s)
{
	const struct cql2_row row = {
		.value = value, .ctx = (void *)(uintptr_t)&shape, .geo = geo, .mem = &scratch
	};
	struct cql2 c;
	enum cql2_truth t = CQL2_UNKNOWN;
	enum err_code rc = parse(s, &c);

	arena_reset(&scratch);
	if (!rc)
		rc = cql2_judge(&c, &row, &t, &e);
	if (rc)
		print_error("%s: %s\n", s, e.text);
	assert_int_equal(rc, ERR_OK);
	return t;
}

static void
all(enum cql2_truth want, const char *const *s, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		enum cql2_truth got = judge(s[i]);

		if (got != want)
			print_error("%s is %d\n", s[i], got);
		assert_int_equal(got, want);
	}
}

static void
test_comparisons(void **state)
{
	static const char *const yes[] = {
		"class = 'sha'",
		"\"class\" = 'sha'",
		"'sha' = class",
		"class <> 'cha'",
		"class<'z' AND class>='sha' and class <= 'sha'",
		"depth = 12.5",
		"depth>1.25e1 or depth>-3",
		"depth BETWEEN 12 AND 13",
		"depth not between 1 and 2",
		"open = TRUE",
		"open = true and open <> FALSE",
		"open = 1",
		"TRUE",
		"NOT FALSE",
		"not (class = 'cha' or depth < 0)",
		"class IN ('cha','sha')",
		"depth in (1, 12.5)",
		"class NOT IN ('cha')",
		"nothing IS NULL",
		"class IS NOT NULL",
		"list is not null",
		"class LIKE 's%'",
		"class LIKE '_h_'",
		"class LIKE '%a'",
		"class LIKE '%h%'",
		"class LIKE 'sha%'",
		"place LIKE '_u_a'",
		"class NOT LIKE 'S%'",
		"CASEI(class) = casei('SHA')",
		"CASEI(place) = CASEI('ŞUŞA')",
		"CASEI(class) LIKE casei('SH%')",
		"casei(class) in (casei('SHA'), casei('CHA'))",
		"ACCENTI(place) = 'Susa'",
		"casei(accenti(place)) = 'susa'",
		"'it''s' = 'it\\'s'",
		"class = place or class = class",
		"class='cha' OR class='sha' AND depth>1",
		"(class='sha')and((depth>1))",
	};
	static const char *const no[] = {
		"class = 'SHA'",
		"class = 'cha' OR depth < 1",
		"class LIKE 'h%'",
		"class LIKE ''",
		"class LIKE '_'",
		"class LIKE 'sha_'",
		"FALSE",
		"depth in (1, 2)",
		"(class='cha' OR class='sha') AND depth<1",
	};
	static const char *const unknown[] = {
		"nothing = 'x'",
		"nothing <> 'x'",
		"NOT nothing = 'x'",
		"nothing LIKE '%'",
		"nothing IN ('a')",
		"nothing = 'x' AND class = 'sha'",
		"nothing BETWEEN 'a' AND 'b'",
	};

	(void)state;
	all(CQL2_TRUE, yes, COUNT_OF(yes));
	all(CQL2_FALSE, no, COUNT_OF(no));
	all(CQL2_UNKNOWN, unknown, COUNT_OF(unknown));
	/* three values: a false part decides, an unknown one does not */
	assert_int_equal(judge("nothing = 'x' AND class = 'cha'"), CQL2_FALSE);
	assert_int_equal(judge("nothing = 'x' OR class = 'sha'"), CQL2_TRUE);
}

static void
test_times(void **state)
{
	static const char *const yes[] = {
		"seen = DATE('2024-05-17')",
		"seen >= '2024-05-17'",
		"seen < TIMESTAMP('2024-05-18T00:00:00Z')",
		"at > TIMESTAMP('2024-05-17T07:59:59Z')",
		"at = DATE('2024-05-17')",
		"seen BETWEEN DATE('2024-05-01') AND DATE('2024-05-17')",
		"T_AFTER(seen, DATE('2024-05-16'))",
		"t_before(seen, until)",
		"T_EQUALS(seen, DATE('2024-05-17'))",
		"T_INTERSECTS(seen, INTERVAL('2024-05-01','2024-05-31'))",
		"T_INTERSECTS(INTERVAL(seen, until), DATE('2024-06-01'))",
		"T_DISJOINT(INTERVAL(seen, until), DATE('2024-09-01'))",
		"T_DURING(INTERVAL(seen, until), INTERVAL('2024-01-01','2024-12-31'))",
		"T_CONTAINS(INTERVAL('2024-01-01','2024-12-31'), INTERVAL(seen, until))",
		"T_STARTS(INTERVAL(seen, until), INTERVAL('2024-05-17','2024-12-31'))",
		"T_STARTEDBY(INTERVAL(seen, until), INTERVAL('2024-05-17','2024-06-01'))",
		"T_FINISHES(INTERVAL(seen, until), INTERVAL('2024-01-01','2024-08-01'))",
		"T_FINISHEDBY(INTERVAL(seen, until), INTERVAL('2024-06-01','2024-08-01'))",
		"T_MEETS(INTERVAL(seen, until), INTERVAL('2024-08-01','2024-09-01'))",
		"T_METBY(INTERVAL(seen, until), INTERVAL('2024-01-01','2024-05-17'))",
		"T_OVERLAPS(INTERVAL(seen, until), INTERVAL('2024-06-01','2024-09-01'))",
		"T_OVERLAPPEDBY(INTERVAL(seen, until), INTERVAL('2024-01-01','2024-06-01'))",
		"T_INTERSECTS(seen, INTERVAL('..','2024-05-17'))",
		"T_INTERSECTS(seen, INTERVAL('2024-05-17','..'))",
		"T_AFTER(at, TIMESTAMP('2024-05-17T10:59:00+03:00'))",
		/* a month is what is known of the day: it may be any in it */
		"T_INTERSECTS(month, DATE('2024-05-20'))",
		"month <= DATE('2024-05-01')",
		"month >= DATE('2024-05-31')",
	};
	static const char *const no[] = {
		"T_AFTER(seen, until)",
		"T_DURING(month, DATE('2024-05-20'))",
		"T_INTERSECTS(month, DATE('2024-06-01'))",
		"seen > DATE('2024-05-17')",
		"T_CONTAINS(seen, DATE('2024-05-17'))",
	};

	(void)state;
	all(CQL2_TRUE, yes, COUNT_OF(yes));
	all(CQL2_FALSE, no, COUNT_OF(no));
	assert_int_equal(judge("\"no date\" > DATE('2024-05-17')"), CQL2_UNKNOWN);
}

static void
test_places(void **state)
{
	static const char *const yes[] = {
		"S_INTERSECTS(geometry, POINT(10 50))",
		"S_INTERSECTS(geometry, POINT(11 51))",
		"s_intersects(geometry,BBOX(10.5,50.5,30,60))",
		"S_INTERSECTS(geometry, BBOX(10.5,50.5,0,30,60,100))",
		"S_INTERSECTS(geometry, BBOX(10.5,49,-170,60))",
		"S_WITHIN(geometry, POLYGON((0 40,20 40,20 60,0 60,0 40)))",
		"S_CONTAINS(geometry, POINT(10 50))",
		"S_CONTAINS(POLYGON((0 40,20 40,20 60,0 60,0 40)), geometry)",
		"S_DISJOINT(geometry, LINESTRING(0 0, 1 1))",
		"S_TOUCHES(geometry, LINESTRING(11 49, 12 48))",
		"S_CROSSES(LINESTRING(8 50, 12 50), geometry)",
		"S_CROSSES(geometry, LINESTRING(8 50, 12 50))",
		"S_OVERLAPS(geometry, POLYGON((10 50,20 50,20 60,10 60,10 50)))",
		"S_EQUALS(geometry, POLYGON((9 49,9 51,11 51,11 49,9 49)))",
		"S_INTERSECTS(geometry, MULTIPOINT((0 0),(10 50)))",
		"S_INTERSECTS(geometry, MULTIPOLYGON(((0 0,1 0,1 1,0 0)),((9 49,10 49,10 50,9 49))))",
		"NOT S_INTERSECTS(geometry, POINT(0 0))",
		"geometry IS NOT NULL",
	};
	static const char *const no[] = {
		"S_WITHIN(geometry, BBOX(10,50,20,60))",
		"S_TOUCHES(geometry, POINT(10 50))",
		"S_CONTAINS(geometry, POINT(12 50))",
		"S_EQUALS(geometry, POINT(10 50))",
		"geometry IS NULL",
	};
	struct cql2 c;
	struct geom_box b;

	(void)state;
	all(CQL2_TRUE, yes, COUNT_OF(yes));
	all(CQL2_FALSE, no, COUNT_OF(no));
	assert_int_equal(parse("S_INTERSECTS(geometry,BBOX(1,2,3,4)) AND class='sha' AND "
	                       "S_WITHIN(geometry,BBOX(2,0,9,3))",
	                       &c),
	                 ERR_OK);
	assert_true(cql2_box(&c, &b));
	assert_true(b.min_lon_deg == 2 && b.min_lat_deg == 2 && b.max_lon_deg == 3 &&
	            b.max_lat_deg == 3);
	assert_int_equal(parse("S_INTERSECTS(geometry,BBOX(1,2,3,4)) OR class='sha'", &c), ERR_OK);
	assert_false(cql2_box(&c, &b));
	assert_int_equal(parse("S_DISJOINT(geometry,BBOX(1,2,3,4)) AND class='sha'", &c), ERR_OK);
	assert_false(cql2_box(&c, &b));
	assert_int_equal(parse("NOT S_INTERSECTS(geometry,BBOX(1,2,3,4))", &c), ERR_OK);
	assert_false(cql2_box(&c, &b));
}

static void
test_lists(void **state)
{
	static const char *const yes[] = {
		"A_CONTAINS(codes, ('a'))",     "A_CONTAINS(codes, ('b','a'))",
		"A_EQUALS(codes, ('b','a'))",   "A_CONTAINEDBY(codes, ('a','b','c'))",
		"A_OVERLAPS(codes, ('c','b'))", "a_contains(codes,())",
	};
	static const char *const no[] = {
		"A_CONTAINS(codes, ('a','c'))",
		"A_EQUALS(codes, ('a'))",
		"A_CONTAINEDBY(codes, ('a'))",
		"A_OVERLAPS(codes, ('c'))",
	};

	(void)state;
	all(CQL2_TRUE, yes, COUNT_OF(yes));
	all(CQL2_FALSE, no, COUNT_OF(no));
}

static void
test_json(void **state)
{
	static const char *const yes[] = {
		"{\"op\":\"=\",\"args\":[{\"property\":\"class\"},\"sha\"]}",
		"{\"op\":\"and\",\"args\":[{\"op\":\">\",\"args\":[{\"property\":\"depth\"},1]},"
		"{\"op\":\"not\",\"args\":[{\"op\":\"isNull\",\"args\":[{\"property\":\"class\"}]}]},true]}",
		"{\"op\":\"or\",\"args\":[false,{\"op\":\"like\",\"args\":[{\"property\":\"class\"},"
		"\"s%\"]}]}",
		"{\"op\":\"between\",\"args\":[{\"property\":\"depth\"},12,13]}",
		"{\"op\":\"in\",\"args\":[{\"property\":\"class\"},[\"sha\",\"cha\"]]}",
		"{\"op\":\"=\",\"args\":[{\"op\":\"casei\",\"args\":[{\"property\":\"class\"}]},{\"op\":"
		"\"casei\",\"args\":[\"SHA\"]}]}",
		"{\"op\":\"t_after\",\"args\":[{\"property\":\"seen\"},{\"date\":\"2024-05-16\"}]}",
		"{\"op\":\"t_during\",\"args\":[{\"interval\":[{\"property\":\"seen\"},{\"property\":"
		"\"until\"}]},{\"interval\":[\"2024-01-01\",\"..\"]}]}",
		"{\"op\":\"<\",\"args\":[{\"property\":\"at\"},{\"timestamp\":\"2024-05-17T08:00:01Z\"}]}",
		"{\"op\":\"s_intersects\",\"args\":[{\"property\":\"geometry\"},{\"type\":\"Point\","
		"\"coordinates\":[10,50]}]}",
		"{\"op\":\"s_within\",\"args\":[{\"property\":\"geometry\"},{\"bbox\":[0,40,20,60]}]}",
		"{\"op\":\"a_containedBy\",\"args\":[{\"property\":\"codes\"},[\"a\",\"b\",\"c\"]]}",
	};
	static const char *const bad[] = {
		"{}",
		"{\"op\":\"=\"}",
		"{\"op\":\"=\",\"args\":[1]}",
		"{\"op\":\"nothing\",\"args\":[1,2]}",
		"{\"op\":\"and\",\"args\":[1,2]}",
		"{\"op\":\"not\",\"args\":[1]}",
		"{\"op\":\"=\",\"args\":[{\"op\":\"=\",\"args\":[1,1]},1]}",
		"{\"op\":\"=\",\"args\":[{\"property\":\"hidden\"},1]}",
		"{\"op\":\"=\",\"args\":[{\"property\":\"class\"},null]}",
		"{\"op\":\"in\",\"args\":[{\"property\":\"class\"},[]]}",
		"{\"op\":\"like\",\"args\":[{\"property\":\"depth\"},\"x\"]}",
		"{\"property\":\"class\"}",
		"[1]",
		"null",
		"{\"op\":\"s_within\",\"args\":[{\"property\":\"geometry\"},{\"bbox\":[0,40,20]}]}",
		"{\"op\":\"t_after\",\"args\":[{\"property\":\"seen\"},{\"date\":\"soon\"}]}",
	};
	struct cql2 c;

	(void)state;
	all(CQL2_TRUE, yes, COUNT_OF(yes));
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		enum err_code rc = parse(bad[i], &c);

		if (rc != ERR_INVALID)
			print_error("%s\n", bad[i]);
		assert_int_equal(rc, ERR_INVALID);
		assert_true(text_starts(e.text, "filter: "));
	}
}

static void
test_refused(void **state)
{
	static const char *const bad[][2] = {
		{ "", "filter: it ends where a property or a value is expected" },
		{ "class", "filter: it ends where a comparison is expected" },
		{ "class = ", "filter: it ends where a property or a value is expected" },
		{ "class = 'x", "filter: a ' at byte 9 is not closed" },
		{ "class == 'x'",
		  "filter: at byte 8, a property or a value is expected before \"= 'x'\"" },
		{ "hidden = 1", "filter: no such property: \"hidden\"" },
		{ "class = 1",
		  "filter: property class stands where a value of the other operand's type "
		  "is expected" },
		{ "list = 'x'", "filter: property list stands where a single value is expected" },
		{ "depth LIKE 'x'", "filter: property depth stands where a text is expected" },
		{ "class = 'sha' depth = 1",
		  "filter: at byte 15, AND, OR or the end is expected before \"depth = 1\"" },
		{ "seen > 'soon'",
		  "filter: \"soon\" is no date (YYYY-MM-DD) and no time (YYYY-MM-DDThh:mm:ssZ)" },
		{ "seen > DATE('2024-05-17T00:00:00Z')", "filter: DATE takes YYYY-MM-DD" },
		{ "seen > DATE('2024-02-30')",
		  "filter: \"2024-02-30\" is no date (YYYY-MM-DD) and no time (YYYY-MM-DDThh:mm:ssZ)" },
		{ "S_INTERSECTS(geometry, class)",
		  "filter: property class stands where a geometry is expected" },
		{ "S_INTERSECTS(geometry)", "filter: at byte 22, , is expected before \")\"" },
		{ "class IN ()", "filter: a value of another type stands where a list of values is "
		                 "expected" },
		{ "class IN (depth)", "filter: a list holds texts, numbers or times" },
		{ "foo(1) = 2",
		  "filter: at byte 1, a property, a value or a known function is expected "
		  "before \"foo(1) = 2\"" },
		{ "BBOX(1,2,3)",
		  "filter: at byte 11, four or six numbers is expected before \")\"" },
		{ "(class = 'sha'", "filter: it ends where ) is expected" },
		{ "class = 'sha';", "filter: at byte 14, a condition is expected before \";\"" },
	};
	char deep[400];
	struct buf b;
	struct cql2 c;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		assert_int_equal(parse(bad[i][0], &c), ERR_INVALID);
		assert_string_equal(e.text, bad[i][1]);
	}
	/* limits: one within, one past */
	for (int n = CQL2_DEPTH_MOST; n <= CQL2_DEPTH_MOST + 1; n++) {
		memset(deep, '(', (size_t)n);
		memcpy(deep + n, "TRUE", 4);
		memset(deep + n + 4, ')', (size_t)n);
		deep[2 * n + 4] = '\0';
		assert_int_equal(parse(deep, &c), n <= CQL2_DEPTH_MOST ? ERR_OK : ERR_INVALID);
	}
	buf_init(&b, 0);
	buf_adds(&b, "class = '");
	while (b.size < CQL2_BYTES_MOST - 1)
		buf_addc(&b, 'x');
	buf_addc(&b, '\'');
	assert_int_equal(cql2_parse_text(b.data, b.size, &names, &mem, &c, &e), ERR_OK);
	assert_int_equal(cql2_parse_text(b.data, b.size + 1, &names, &mem, &c, &e), ERR_INVALID);
	buf_reset(&b);
	buf_adds(&b, "depth IN (1");
	for (int i = 0; i < CQL2_NODES_MOST - 4; i++)
		buf_adds(&b, ",1");
	buf_addc(&b, ')');
	assert_int_equal(cql2_parse_text(b.data, b.size, &names, &mem, &c, &e), ERR_OK);
	b.size--;
	buf_adds(&b, ",1)");
	assert_int_equal(cql2_parse_text(b.data, b.size, &names, &mem, &c, &e), ERR_INVALID);
	buf_done(&b);
}

/* Where geometry is not there yet, only what it could change stays open. */
static void
test_without_geometry(void **state)
{
	const struct cql2_row row = { .value = value, .no_geometry = true, .mem = &scratch };
	struct cql2 c;
	enum cql2_truth t;

	(void)state;
	assert_int_equal(parse("S_INTERSECTS(geometry,POINT(1 1)) AND class='cha'", &c), ERR_OK);
	assert_true(c.needs_geometry);
	assert_int_equal(cql2_judge(&c, &row, &t, &e), ERR_OK);
	assert_int_equal(t, CQL2_FALSE);
	assert_int_equal(parse("NOT S_INTERSECTS(geometry,POINT(1 1)) AND class='sha'", &c),
	                 ERR_OK);
	assert_int_equal(cql2_judge(&c, &row, &t, &e), ERR_OK);
	assert_int_equal(t, CQL2_UNKNOWN);
	assert_int_equal(parse("geometry IS NULL OR class='cha'", &c), ERR_OK);
	assert_int_equal(cql2_judge(&c, &row, &t, &e), ERR_OK);
	assert_int_equal(t, CQL2_UNKNOWN);
}

static int
setup(void **state)
{
	(void)state;
	arena_init(&mem, 0);
	arena_init(&scratch, 0);
	geo = geo_create();
	return geo ? 0 : 1;
}

static int
teardown(void **state)
{
	(void)state;
	geo_free(geo);
	arena_done(&mem);
	arena_done(&scratch);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_comparisons),
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_without_geometry),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
