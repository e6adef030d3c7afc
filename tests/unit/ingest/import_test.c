/* Files through the real reader into a register in a folder of its own: counts, identity, editions,
 * quarantine, and the checks that compare rows or are found while reading. Counts were worked out
 * by hand. */
#define _XOPEN_SOURCE 700 /* mkdtemp, setenv */
#include "../folder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "ingest/decide.h"
#include "ingest/import.h"
#include "ingest/retry.h"
#include "store/each.h"
#include "store/quarantine.h"

static struct store *st;
static struct import_result result;
static struct buf sql;

static int
set_up(void **state)
{
	struct err e = { 0 };

	(void)state;
	if (folder_make())
		return -1;
	buf_init(&sql, 1u << 20);
	if (store_open(path, STORE_WRITE, &st, &e)) {
		print_error("%s\n", e.text);
		return -1;
	}
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	store_close(st);
	st = NULL;
	buf_done(&sql);
	return folder_remove();
}

static const char *
write_file(const char *name, const char *text)
{
	static char full[600];

	(void)snprintf(full, sizeof(full), "%s/%s", folder, name);
	assert_int_equal(file_write_atomic(full, text, strlen(text), 0600, NULL), ERR_OK);
	return full;
}

static enum err_code
try_import(struct import_options o, struct err *e)
{
	enum err_code rc;

	buf_reset(&sql);
	rc = import_run(st, &o, &sql, &result, e);
	if (!rc)
		assert_int_equal(result.counts.read,
		                 result.counts.accepted + result.counts.flagged +
		                         result.counts.quarantined + result.counts.present);
	return rc;
}

static void
import_with(struct import_options o)
{
	struct err e = { 0 };
	struct take_counts dry;

	/* a dry run counts the same and writes nothing */
	o.dry_run = true;
	if (try_import(o, &e))
		fail_msg("%s", e.text);
	dry = result.counts;
	o.dry_run = false;
	if (try_import(o, &e))
		fail_msg("%s", e.text);
	assert_int_equal(dry.read, result.counts.read);
	assert_int_equal(dry.accepted, result.counts.accepted);
	assert_int_equal(dry.flagged, result.counts.flagged);
	assert_int_equal(dry.quarantined, result.counts.quarantined);
	assert_int_equal(dry.present, result.counts.present);
	assert_int_equal(dry.missing, result.counts.missing);
	/* what is not in the register cannot be compared with it */
	dry.check[CHECK_OVERLAPS_HAZARD] = result.counts.check[CHECK_OVERLAPS_HAZARD];
	dry.check[CHECK_RELEASED_OVER_OPEN] = result.counts.check[CHECK_RELEASED_OVER_OPEN];
	for (int i = 0; i < CHECK_COUNT; i++)
		assert_int_equal(dry.check[i], result.counts.check[i]);
}

static void
import_text(const char *kind, const char *name, const char *text)
{
	import_with((struct import_options){ .path = write_file(name, text), .kind = kind });
}

static void
import_mapped(const char *kind, const char *name, const char *text, const char *mapping)
{
	import_with((struct import_options){
		.path = write_file(name, text), .kind = kind, .mapping = mapping });
}

static void
expect(int64_t read, int64_t accepted, int64_t flagged, int64_t quarantined, int64_t present)
{
	const struct take_counts *c = &result.counts;

	if (c->read != read || c->accepted != accepted || c->flagged != flagged ||
	    c->quarantined != quarantined || c->present != present) {
		for (int i = 0; i < CHECK_COUNT; i++)
			if (c->check[i])
				print_error("%s: %d\n", rowchecks[i].code, (int)c->check[i]);
		fail_msg("read %d = accepted %d + flagged %d + quarantined %d + present %d; "
		         "expected %d = %d + %d + %d + %d\n%s",
		         (int)c->read, (int)c->accepted, (int)c->flagged, (int)c->quarantined,
		         (int)c->present, (int)read, (int)accepted, (int)flagged, (int)quarantined,
		         (int)present, buf_text(&sql));
	}
}

static int
checked(enum rowcheck_id id)
{
	return (int)result.counts.check[id];
}

static enum err_code
count_row(void *ctx, const struct shown *row, struct err *e)
{
	(void)row;
	(void)e;
	++*(int *)ctx;
	return ERR_OK;
}

static int
records(const char *kind)
{
	struct each_filter f = { .kind = store_kind(st, kind),
		                 .as_of_days = INT64_MAX,
		                 .known_size = INT64_MAX };
	int n = 0;

	assert_int_equal(store_each(st, &f, count_row, &n, NULL), ERR_OK);
	return n;
}

#define CSV_HEAD "national_id,lon,lat,given_datum,class,status,valid_from\n"

static void
the_same_file_twice_adds_nothing(void **state)
{
	static const char text[] = CSV_HEAD
		"1,-125,-45,WGS 84,sha,open,2020-01-01\n2,-125.1,-45,WGS 84,cha,open,2020-01-01\n"
		"3,,,,sha,open,2020-01-01\n";
	int64_t size;

	(void)state;
	import_text("hazard", "a.csv", text);
	expect(3, 2, 0, 1, 0);
	assert_int_equal(checked(CHECK_PLACE_UNKNOWN), 1);
	assert_int_equal(records("hazard"), 2);
	assert_int_equal(records("source"), 1);
	size = store_log_size(st);
	import_text("hazard", "a.csv", text);
	expect(3, 0, 0, 0, 3);
	assert_int_equal(store_log_size(st), size);
	assert_int_equal(records("source"), 1);
}

static void
empty_row(void **state)
{
	(void)state;
	import_text("hazard", "a.csv", CSV_HEAD "1,-125,-45,WGS 84,sha,open,2020-01-01\n,,,,,,\n");
	/* the reader passes over a line without any value in it, or it is told as empty: never
	 * taken in */
	assert_int_equal(result.counts.accepted, 1);
	assert_int_equal(result.counts.read - 1, checked(CHECK_EMPTY_ROW));
	import_mapped("accident", "b.csv", "a,b\n1,2\n",
	              "SELECT nullif(a, 1) AS class FROM source");
	assert_int_equal(checked(CHECK_EMPTY_ROW), 1);
}

static void
rows_left_out_are_kept(void **state)
{
	static const char text[] = CSV_HEAD
		"1,-125,-45,WGS 84,sha,open,2020-01-01\n2,-125,-45,WGS 84,x,open,2020-01-01\n"
		"3,-125,-46,WGS 84,y,open,2020-01-01\n";
	static const char map[] =
		"SELECT lon, lat, given_datum, class, valid_from FROM source WHERE class = 'sha'";

	(void)state;
	import_mapped("hazard", "a.csv", text, map);
	expect(3, 1, 0, 2, 0);
	assert_int_equal(checked(CHECK_LEFT_OUT_BY_MAPPING), 2);
	import_mapped("hazard", "a.csv", text, map);
	expect(3, 0, 0, 0, 3);
	import_mapped("hazard", "a.csv", text,
	              "SELECT lon, lat, given_datum, class, valid_from FROM source WHERE 0");
	expect(3, 0, 0, 1, 2);
}

static void
unreadable_row(void **state)
{
	(void)state;
	import_text("hazard", "a.geojson",
	            "{\"type\":\"FeatureCollection\",\"features\":[\n"
	            "{\"type\":\"Feature\",\"properties\":{\"class\":\"sha\"},\"geometry\":{"
	            "\"type\":\"Point\",\"coordinates\":[-125,-45]}},\n"
	            "{\"type\":\"Feature\",\"properties\":{\"class\":\"sha\"},\"geometry\":{"
	            "\"type\":\"Point\",\"coordinates\":[-125,\"x\"]}},\n"
	            "{\"type\":\"Feature\",\"properties\":{\"class\":\"cha\"},\"geometry\":{"
	            "\"type\":\"Point\",\"coordinates\":[-125,-45.5]}}]}");
	expect(3, 2, 0, 1, 0);
	assert_int_equal(checked(CHECK_UNREADABLE_ROW) + checked(CHECK_UNREADABLE_GEOMETRY) +
	                         checked(CHECK_PLACE_UNKNOWN),
	                 1);
}

static void
positions_that_cannot_be_known(void **state)
{
	(void)state;
	import_text("hazard", "a.csv",
	            "position,given_datum,class,valid_from\n"
	            "\"45 30 00 S 125 00 00 W\",WGS 84,sha,2020-01-01\n"   /* good */
	            "\"45 30 00 S 125 00 00 W\",,sha,2020-01-01\n"         /* no datum */
	            "\"45 30 00 S 125 00 00 W\",Atlantis,sha,2020-01-01\n" /* unknown datum */
	            "\"somewhere\",WGS 84,sha,2020-01-01\n"                /* no coordinate */
	            "\"12.5, 13.5\",WGS 84,sha,2020-01-01\n"); /* either first, neither in the
	                                                          country */
	assert_int_equal(checked(CHECK_UNKNOWN_DATUM), 2);
	assert_int_equal(checked(CHECK_UNREADABLE_POSITION), 1);
	assert_int_equal(checked(CHECK_AMBIGUOUS_POSITION), 1);
	expect(5, 1, 0, 4, 0);
}

static void
unreadable_geometry(void **state)
{
	(void)state;
	import_mapped("hazard", "a.csv",
	              "g,c\nPOINT (-125 -45),sha\nPOINT (-125,sha\nCIRCULARSTRING (0 "
	              "0),sha\nPOLYGON EMPTY,sha\n",
	              "SELECT g AS geometry, c AS class, 'WGS 84' AS given_datum, 'Oreva' AS "
	              "place_name FROM source");
	assert_int_equal(checked(CHECK_UNREADABLE_GEOMETRY), 2);
	assert_int_equal(checked(CHECK_EMPTY_GEOMETRY), 1);
	expect(4, 1, 1, 2, 0);
}

static void
doubtful_position(void **state)
{
	(void)state;
	/* 45.3030 may be 45 degrees 30 minutes 30 seconds */
	import_text("hazard", "a.csv",
	            "position,given_datum,class,valid_from\n\"45.3030 S 125.3030 W\",WGS "
	            "84,sha,2020-01-01\n"
	            "\"45.5 S 125.5 W\",WGS 84,sha,2020-01-01\n");
	assert_int_equal(checked(CHECK_DOUBTFUL_POSITION), 1);
	expect(2, 1, 1, 0, 0);
}

/* Across the 180th meridian, around the south pole; split there as RFC 7946 3.1.9 has it. */
static void
outlines_around_the_globe(void **state)
{
	(void)state;
	import_mapped("hazard", "a.csv",
	              "g\n\"POLYGON ((179.9 -45, -179.9 -45, -179.9 -44.9, 179.9 -44.9, 179.9 "
	              "-45))\"\n"
	              "\"POLYGON ((0 -80, 90 -80, 180 -80, -90 -80, 0 -80))\"\n"
	              "\"LINESTRING (179.9 -45, -179.9 -45)\"\n"
	              "\"MULTIPOLYGON (((179.9 -45, 180 -45, 180 -44.9, 179.9 -45)), ((-180 -45, "
	              "-179.9 -45, -180 -44.9, -180 -45)))\"\n",
	              "SELECT g AS geometry, 'cha' AS class, 'open' AS status, '2024-01-01' AS "
	              "valid_from, 'WGS 84' AS given_datum FROM source");
	assert_int_equal(checked(CHECK_SPANS_GLOBE), 3);
}

static void
stated_datum(void **state)
{
	(void)state;
	import_text("hazard", "a.csv", CSV_HEAD "1,-125,-45,WGS 84,sha,open,2020-01-01\n");
	assert_int_equal(checked(CHECK_STATED_DATUM), 1);
	import_text("hazard", "a.geojson",
	            "{\"type\":\"FeatureCollection\",\"features\":[{\"type\":\"Feature\","
	            "\"properties\":{\"class\":\"sha\"},"
	            "\"geometry\":{\"type\":\"Point\",\"coordinates\":[-125,-45.5]}}]}");
	assert_int_equal(checked(CHECK_STATED_DATUM), 0);
}

static void
dates_that_are_missing(void **state)
{
	static const char some[] =
		CSV_HEAD "1,-125,-45,WGS 84,sha,open,2020-01-01\n2,-125.1,-45,WGS 84,sha,open,\n";
	static const char none[] = "lon,lat,given_datum,class\n-125.2,-45,WGS 84,sha\n";

	(void)state;
	import_text("hazard", "a.csv", some);
	assert_int_equal(checked(CHECK_DATE_OF_RECEIPT), 1);
	expect(2, 1, 1, 0, 0);
	import_with((struct import_options){
		.path = write_file("b.csv", some), .kind = "hazard", .source_date = "2019-05-05" });
	expect(2, 0, 0, 0, 2);
	import_with((struct import_options){
		.path = write_file("c.csv", CSV_HEAD "3,-125.5,-45,WGS 84,sha,open,\n"),
		.kind = "hazard",
		.source_date = "2019-05-05" });
	assert_int_equal(checked(CHECK_DATE_OF_SOURCE), 1);
	expect(1, 0, 1, 0, 0);
	import_text("hazard", "d.csv", none);
	assert_int_equal(checked(CHECK_FILE_DATE), 1);
	expect(1, 1, 0, 0, 0);
	import_text("victim", "v.csv",
	            "accident_year,accident_month,outcome\n2006,3,killed\n2007,,injured\n");
	assert_int_equal(checked(CHECK_PERIOD_DATE), 2);
	expect(2, 2, 0, 0, 0);
}

static enum err_code
count_shown(void *ctx, const struct shown *row, struct err *e)
{
	int *n = ctx;

	(void)e;
	n[row->as]++;
	n[3] += strstr(fields_text(&row->fields, "remarks"), "valid_from: 2") != NULL;
	return ERR_OK;
}

/* It is 2024-06-01. What is dated later counts from today; land is not closed by it. */
static void
what_is_dated_in_the_future_shows_today(void **state)
{
	struct each_filter f = { .kind = store_kind(st, "hazard"),
		                 .as_of_days = 19875, /* 2024-06-01 */
		                 .known_size = INT64_MAX };
	int n[4] = { 0 };
	struct import_options o = { .kind = "hazard", .source_date = "2024-06-03" };
	struct err e = { 0 };

	(void)state;
	import_mapped(
		"hazard", "h.csv",
		"lon,lat,status,d\n-125.1,-45,open,2042-01-01\n-125.2,-45,closed,2024-06-03\n"
		"-125.3,-45,open,2024-06-02\n",
		"SELECT lon, lat, status, d AS valid_from, 'cha' AS class, 'as is' AS remarks, "
		"CASE status WHEN 'closed' THEN 'cleared' END AS outcome, 'WGS 84' AS "
		"given_datum FROM source");
	assert_int_equal(checked(CHECK_FUTURE_DATE), 2);
	assert_int_equal(checked(CHECK_CLOSED_AS_REPORTED), 0);
	assert_int_equal(store_each(st, &f, count_shown, n, NULL), ERR_OK);
	assert_int_equal(n[SHOWN_DANGER], 2); /* the third is of tomorrow */
	assert_int_equal(n[SHOWN_REPORTED_RELEASED], 0);
	assert_int_equal(n[3], 2);
	import_text("accident", "a.csv",
	            "lon,lat,given_datum,date,class\n-125.1,-45,WGS 84,2042-01-01,mine\n");
	f.kind = store_kind(st, "accident");
	n[SHOWN_DANGER] = 0;
	assert_int_equal(store_each(st, &f, count_shown, n, NULL), ERR_OK);
	assert_int_equal(n[SHOWN_DANGER], 1);
	o.path = write_file("b.csv", "lon,lat\n-125,-45\n");
	assert_int_equal(try_import(o, &e), ERR_INVALID);
}

static void
classes_that_are_missing(void **state)
{
	(void)state;
	import_text(
		"hazard", "a.csv",
		CSV_HEAD
		"1,-125,-45,WGS 84,sha,open,2020-01-01\n2,-125.1,-45,WGS 84,,open,2020-01-01\n");
	assert_int_equal(checked(CHECK_NO_CLASS), 1);
	expect(2, 1, 1, 0, 0);
	import_text("hazard", "b.csv", "lon,lat,given_datum\n-125.3,-45,WGS 84\n");
	assert_int_equal(checked(CHECK_FILE_CLASS), 1);
	expect(1, 1, 0, 0, 0);
}

static enum err_code
see_remarks(void *ctx, const struct shown *row, struct err *e)
{
	const char *s = fields_text(&row->fields, "remarks");

	(void)e;
	if (s)
		(void)snprintf(ctx, 200, "%s", s);
	return ERR_OK;
}

static void
bad_value(void **state)
{
	struct each_filter f = { .kind = store_kind(st, "hazard"),
		                 .as_of_days = INT64_MAX,
		                 .known_size = INT64_MAX };
	char remarks[200] = "";

	(void)state;
	import_mapped("hazard", "a.csv", "lon,lat,c,n\n-125,-45,wild,many\n-125.1,-45,sha,3\n",
	              "SELECT lon, lat, 'WGS 84' AS given_datum, c AS class, n AS "
	              "returnees_expected FROM source");
	assert_int_equal(checked(CHECK_BAD_VALUE), 1);
	expect(2, 1, 1, 0, 0);
	assert_int_equal(store_each(st, &f, see_remarks, remarks, NULL), ERR_OK);
	assert_string_equal(remarks, "as given: class: wild; returnees_expected: many");
}

static void
repeated_row(void **state)
{
	static const char text[] = CSV_HEAD
		"1,-125,-45,WGS 84,sha,open,2020-01-01\n1,-125,-45,WGS 84,sha,open,2020-01-01\n"
		"1,-125,-45,WGS 84,sha,open,2020-01-01\n";

	(void)state;
	/* true repeats exist: they are flagged, not dropped, and known again each for itself */
	import_text("hazard", "a.csv", text);
	expect(3, 1, 2, 0, 0);
	assert_int_equal(checked(CHECK_REPEATED_ROW), 2);
	import_text("hazard", "a.csv", text);
	expect(3, 0, 0, 0, 3);
}

static void
duplicates(void **state)
{
	(void)state;
	import_text(
		"hazard", "a.csv",
		CSV_HEAD
		"1,-125,-45,WGS 84,sha,open,2020-01-01\n1,-125.1,-45,WGS 84,cha,open,2020-01-01\n"
		"A-2,-125.2,-45,WGS 84,cha,open,2020-01-01\na 2,-125.3,-45,WGS "
		"84,cha,open,2020-01-01\n"
		"5,-125,-45,WGS 84,battle_area,open,2020-01-01\n");
	assert_int_equal(checked(CHECK_DUPLICATE_ID), 1);
	assert_int_equal(checked(CHECK_SIMILAR_ID), 1);
	assert_int_equal(checked(CHECK_DUPLICATE_GEOMETRY), 1);
	expect(5, 2, 3, 0, 0);
}

static void
broken_link(void **state)
{
	(void)state;
	import_text("hazard", "a.csv",
	            "lon,lat,given_datum,class,place\n-125,-45,WGS "
	            "84,sha,018cc251-f45c-7e1a-af78-681f3abb44bc\n"
	            "-125.1,-45,WGS 84,sha,018cc251-f45c-7e1a-af78-681f3abb44bc\n-125.2,-45,WGS "
	            "84,sha,\n");
	assert_int_equal(checked(CHECK_BROKEN_LINK), 2);
	expect(3, 1, 2, 0, 0);
}

static const char *const by_id[] = { "national_id", NULL };

static void
import_edition(const char *text)
{
	import_with((struct import_options){
		.path = write_file("e.csv", text), .kind = "hazard", .key = by_id });
}

static void
editions(void **state)
{
	(void)state;
	import_edition(
		CSV_HEAD
		"1,-125,-45,WGS 84,sha,open,2020-01-01\n2,-125.1,-45,WGS 84,sha,open,2020-01-01\n"
		"3,-125.2,-45,WGS 84,sha,open,2020-01-01\n");
	expect(3, 3, 0, 0, 0);
	/* 1 the same, 2 changed, 3 missing, 4 new */
	import_edition(
		CSV_HEAD
		"1,-125,-45,WGS 84,sha,open,2020-01-01\n2,-125.1,-45,WGS 84,cha,open,2021-01-01\n"
		"4,-125.4,-45,WGS 84,sha,open,2021-01-01\n");
	expect(3, 2, 0, 0, 1);
	assert_int_equal(result.counts.revised, 1);
	assert_int_equal(result.counts.missing, 1);
	assert_int_equal(records("hazard"), 4);
	/* the same data in another format adds nothing */
	import_with((struct import_options){
		.path = write_file("e.geojson",
	                           "{\"type\":\"FeatureCollection\",\"features\":[{\"type\":"
	                           "\"Feature\",\"geometry\":null,\"properties\":{"
	                           "\"national_id\":\"4\",\"lon\":-125.4,\"lat\":-45,\"given_"
	                           "datum\":\"WGS 84\",\"class\":\"sha\","
	                           "\"status\":\"open\",\"valid_from\":\"2021-01-01\"}}]}"),
		.kind = "hazard",
		.key = by_id,
		.mapping = "SELECT national_id, lon, lat, given_datum, class, status, valid_from "
			   "FROM source" });
	expect(1, 0, 0, 0, 1);
	assert_int_equal(result.counts.missing, 1); /* 2 came with the edition that 4 came with */
}

static void
repeated_key(void **state)
{
	static const char text[] = CSV_HEAD
		"1,-125,-45,WGS 84,sha,open,2020-01-01\n1,-125,-45,WGS 84,cha,open,2021-01-01\n"
		"1,-125,-45,WGS 84,cha,open,2021-01-01\n,-125.1,-45,WGS 84,cha,open,2021-01-01\n";

	(void)state;
	import_edition(text);
	assert_int_equal(checked(CHECK_REPEATED_KEY), 1);
	assert_int_equal(checked(CHECK_NO_KEY), 1);
	expect(4, 1, 2, 0, 1);
	assert_int_equal(records("hazard"), 2);
}

static void
corrected_rows(void **state)
{
	static const char text[] =
		CSV_HEAD "1,-125,-45,,sha,open,2020-01-01\n2,-125.1,-45,,sha,open,2020-01-01\n";
	const char *set[] = { "given_datum=WGS 84" };
	int64_t first = 1;
	struct retry_options o = {
		.qid = &first, .qids = 1, .set = set, .sets = 1, .author = "tester"
	};
	struct retry_result r;
	struct err e = { 0 };
	struct buf out;

	(void)state;
	import_edition(text);
	expect(2, 0, 0, 2, 0);
	if (retry_run(st, &o, &r, &e))
		fail_msg("%s", e.text);
	assert_int_equal(r.retried, 1);
	assert_int_equal(r.accepted, 1);
	assert_int_equal(records("hazard"), 1);
	/* it is settled; the file itself is known as before */
	assert_int_equal(retry_run(st, &o, &r, &e), ERR_NOTFOUND);
	import_edition(text);
	expect(2, 0, 0, 0, 2);
	/* the corrected row keeps its key: a later edition finds the record */
	import_edition(CSV_HEAD "1,-125,-45,WGS 84,cha,open,2021-01-01\n");
	assert_int_equal(result.counts.revised, 1);
	assert_int_equal(records("hazard"), 1);
	/* nothing corrected: the other row waits on */
	o = (struct retry_options){ .author = "tester" };
	assert_int_equal(retry_run(st, &o, &r, &e), ERR_OK);
	assert_int_equal(r.waiting, 1);
	assert_int_equal(retry_dismiss(st, 2, "", "tester", &e), ERR_INVALID);
	assert_int_equal(retry_dismiss(st, 2, "no such place", "tester", &e), ERR_OK);
	assert_int_equal(retry_dismiss(st, 2, "again", "tester", &e), ERR_CONFLICT);
	buf_init(&out, 1u << 20);
	assert_int_equal(retry_export(st, -1, false, RETRY_JSON, &out, &e), ERR_OK);
	assert_string_equal(buf_text(&out), "[]\n");
	buf_reset(&out);
	assert_int_equal(retry_export(st, -1, true, RETRY_CSV, &out, &e), ERR_OK);
	assert_non_null(strstr(buf_text(&out), "no such place"));
	buf_done(&out);
}

static void
corrected_file(void **state)
{
	struct retry_options o = { .author = "tester" };
	struct retry_result r;
	struct err e = { 0 };
	struct buf out;
	char *at;

	(void)state;
	import_text("hazard", "a.csv",
	            "lon,lat,given_datum,class,remarks\n-125,-45,Mars,sha,\"a, "
	            "\"\"b\"\"\"\n-125.1,-45,Mars,cha,=1+1\n");
	expect(2, 0, 0, 2, 0);
	buf_init(&out, 1u << 20);
	assert_int_equal(retry_export(st, -1, false, RETRY_CSV, &out, &e), ERR_OK);
	/* a person corrects the first row's column, not what the original holds */
	at = strstr(out.data, ",Mars,");
	assert_non_null(at);
	memcpy(at, ",GPS ,", 6);
	memcpy(at, ",4326,", 6);
	o.from = write_file("q.csv", buf_text(&out));
	buf_done(&out);
	if (retry_run(st, &o, &r, &e))
		fail_msg("%s", e.text);
	assert_int_equal(r.retried, 2);
	assert_int_equal(r.accepted + r.flagged, 1);
	assert_int_equal(r.waiting, 1);
}

static void
groups_are_acknowledged_on_the_way(void **state)
{
	struct buf text;
	int64_t before = store_log_size(st);

	(void)state;
	buf_init(&text, 4u << 20);
	buf_adds(&text, "lon,lat,given_datum,class\n");
	for (int i = 0; i < 10000; i++)
		buf_printf(&text, "-125.%04d,-45.5,WGS 84,sha\n", i);
	import_with((struct import_options){
		.path = write_file("a.csv", buf_text(&text)), .kind = "hazard", .group = 3000 });
	buf_done(&text);
	assert_int_equal(result.counts.accepted + result.counts.flagged, 10000);
	assert_int_equal(records("hazard"), 10000);
	/* batches of 2048 rows: 4096, 4096 and 1808 are three groups, each a submission */
	assert_int_equal(result.counts.submissions, 3);
	assert_int_equal(store_log_size(st) - before, 3);
}

static enum err_code
count_open(void *ctx, const struct shown *row, struct err *e)
{
	(void)e;
	*(int *)ctx += row->as == SHOWN_DANGER;
	return ERR_OK;
}

static int
open_hazards(void)
{
	struct each_filter f = { .kind = store_kind(st, "hazard"),
		                 .as_of_days = INT64_MAX,
		                 .known_size = INT64_MAX };
	int n = 0;

	assert_int_equal(store_each(st, &f, count_open, &n, NULL), ERR_OK);
	return n;
}

static void
a_find_on_released_land_reopens_it(void **state)
{
	(void)state;
	import_mapped("hazard", "h.csv",
	              "g,s,d\n\"POLYGON ((-125 -45, -124.99 -45, -124.99 -44.99, -125 -44.99, -125 "
	              "-45))\",closed,2020-01-01\n"
	              "\"POLYGON ((-126 -45, -125.99 -45, -125.99 -44.99, -126 -44.99, -126 "
	              "-45))\",handed_over,2020-01-01\n",
	              "SELECT g AS geometry, s AS status, d AS valid_from, 'cha' AS class, "
	              "'cleared' AS outcome, 'WGS 84' AS "
	              "given_datum FROM source");
	assert_int_equal(open_hazards(), 0);
	/* older than the release; beside it: nothing happens */
	import_text("accident", "a.csv",
	            "lon,lat,given_datum,date,class\n-124.995,-44.995,WGS "
	            "84,2019-12-31,mine\n-124.98,-44.995,WGS 84,2021-01-01,mine\n");
	expect(2, 2, 0, 0, 0);
	assert_int_equal(result.counts.reopened, 0);
	assert_int_equal(open_hazards(), 0);
	import_text("accident", "b.csv",
	            "lon,lat,given_datum,date,class\n-124.995,-44.995,WGS "
	            "84,2020-01-01,mine\n-124.996,-44.995,WGS 84,2022-01-01,mine\n");
	expect(2, 2, 0, 0, 0);
	assert_int_equal(result.counts.reopened, 1);
	assert_int_equal(checked(CHECK_ON_RELEASED_LAND), 1);
	assert_int_equal(open_hazards(), 1);
	import_text("ordnance", "o.csv",
	            "lon,lat,given_datum,found_date,category\n-125.995,-44.995,WGS "
	            "84,2023-05-05,mortar\n");
	assert_int_equal(result.counts.reopened, 1);
	assert_int_equal(open_hazards(), 2);
}

#define SQUARE_AT(lon)                                                                             \
	"\"POLYGON ((" lon " -45, " lon "1 -45, " lon "1 -44.99, " lon " -44.99, " lon " -45))\""
#define LAND_MAP                                                                                   \
	"SELECT n AS national_id, g AS geometry, s AS status, d AS valid_from, 'cha' AS class, "   \
	"CASE s WHEN 'closed' THEN 'cleared' END AS outcome, 'WGS 84' AS given_datum FROM source"

struct bands {
	int child, adult, unknown;
};

static enum err_code
count_band(void *ctx, const struct shown *row, struct err *e)
{
	struct bands *b = ctx;
	const char *band = fields_text(&row->fields, "age_band");

	(void)e;
	b->child += text_eq(band, "child");
	b->adult += text_eq(band, "adult");
	b->unknown += !band || text_eq(band, "unknown");
	return ERR_OK;
}

/* The age itself is sealed; figures by age need the band. */
static void
the_band_follows_from_the_age(void **state)
{
	struct bands b = { 0 };
	struct each_filter f = { .kind = store_kind(st, "victim"),
		                 .as_of_days = INT64_MAX,
		                 .known_size = INT64_MAX };
	struct err e = { 0 };

	(void)state;
	import_text(
		"victim", "v.csv",
		"national_id,outcome,age,age group\nV1,killed,0,\nV2,killed,17,\nV3,injured,18,\n"
		"V4,injured,,\nV5,injured,40,child\nV6,injured,,adult\nV7,injured,131,\n");
	assert_int_equal(store_each(st, &f, count_band, &b, &e), ERR_OK);
	assert_int_equal(b.child, 2);
	assert_int_equal(b.adult, 2);
	assert_int_equal(b.unknown, 3);
}

/* The first edition has no dates, the second, with true ones, draws more: it does not show today,
 * and says so. Only rows that the register knows later of are told. */
static void
an_older_edition_is_told(void **state)
{
	static const char *const key[] = { "national_id", NULL };
	struct import_options o = {
		.kind = "hazard", .mapping = LAND_MAP, .key = key, .approved_by = "B", .author = "A"
	};

	(void)state;
	o.path = write_file(
		"h.csv",
		"n,g,s,d\nA," SQUARE_AT("-125.0") ",open,2023-01-01\n"
						  "B," SQUARE_AT("-125.2") ",open,2020-01-01\n");
	import_with(o);
	assert_int_equal(checked(CHECK_OLDER_THAN_KNOWN), 0);
	o.path = write_file(
		"i.csv",
		"n,g,s,d\nA," SQUARE_AT(
			"-125.1") ",open,2022-12-31\n"
				  "B," SQUARE_AT("-125.3") ",open,2020-01-01\n"
							   "C," SQUARE_AT(
								   "-125.4") ",open,2019-01-01\n");
	import_with(o);
	expect(3, 2, 1, 0, 0);
	assert_int_equal(checked(CHECK_OLDER_THAN_KNOWN), 1);
	/* who hands in corrections of hazards does not approve them */
	o.path = write_file("j.csv", "n,g,s,d\nA," SQUARE_AT("-125.6") ",open,2023-06-01\n");
	o.approved_by = "a";
	assert_int_equal(try_import(o, &(struct err){ 0 }), ERR_DENIED);
}

/* The accident comes in first, the land after it. */
static void
land_that_comes_in_closed_over_a_find_is_open(void **state)
{
	(void)state;
	import_text(
		"accident", "a.csv",
		"lon,lat,given_datum,date,class\n-125.005,-44.995,WGS 84,2022-03-01,mine\n"
		"-125.205,-44.995,WGS 84,2019-03-01,mine\n-125.305,-44.995,WGS 84,2019-03-01,mine\n");
	/* closed before it; closed since an older one; closed, nobody says when; nothing on it */
	import_mapped(
		"hazard", "h.csv",
		"n,g,s,d\n"
		"A," SQUARE_AT(
			"-125.0") ",closed,2022-03-01\n"
				  "B," SQUARE_AT(
					  "-125.2") ",closed,2020-01-01\n"
						    "C," SQUARE_AT(
							    "-125.3") ",handed_over,\n"
								      "D," SQUARE_AT(
									      "-125.4") ",closed,2020-01-01\n",
		LAND_MAP);
	expect(4, 3, 1, 0, 0);
	assert_int_equal(checked(CHECK_CLOSING_UNDATED), 1);
	assert_int_equal(checked(CHECK_CLOSED_OVER_FIND), 2);
	assert_int_equal(result.counts.reopened, 2);
	assert_int_equal(open_hazards(), 2);
	/* the submission can be approved: what it closes over a find stays open */
	{
		const char *id = "@1";
		struct decide_options o = { .type = "approval", .by = "B", .id = &id, .ids = 1 };
		struct decide_result d;
		struct err e = { 0 };

		if (decide_run(st, &o, &d, &e))
			fail_msg("%s", e.text);
	}
	assert_int_equal(open_hazards(), 2);
	/* the other way round the same land without a date is open by an old find too */
	import_mapped("hazard", "i.csv", "n,g,s,d\nE," SQUARE_AT("-125.5") ",closed,\n", LAND_MAP);
	assert_int_equal(open_hazards(), 2);
	import_text("ordnance", "o.csv",
	            "lon,lat,given_datum,found_date,category\n-125.505,-44.995,WGS "
	            "84,2001-05-05,mortar\n");
	assert_int_equal(result.counts.reopened, 1);
	assert_int_equal(open_hazards(), 3);
}

static void
an_approved_import_closes_no_land_over_a_find(void **state)
{
	static const char *const key[] = { "national_id", NULL };
	struct import_options o = { .kind = "hazard", .mapping = LAND_MAP, .key = key };
	struct err e = { 0 };

	(void)state;
	o.path = write_file("h.csv",
	                    "n,g,s,d\nA," SQUARE_AT("-125.0") ",open,2020-01-01\nB," SQUARE_AT(
				    "-125.2") ",open,2020-01-01\n");
	o.author = "A";
	o.approved_by = "B";
	import_with(o);
	assert_int_equal(open_hazards(), 2);
	import_text("accident", "a.csv",
	            "lon,lat,given_datum,date,class\n-125.005,-44.995,WGS 84,2022-03-01,mine\n");
	o.path = write_file("i.csv",
	                    "n,g,s,d\nA," SQUARE_AT("-125.0") ",closed,2022-02-01\nB," SQUARE_AT(
				    "-125.2") ",closed,2022-02-01\n");
	/* nobody approves what they close themselves, however they write their name */
	o.approved_by = " a ";
	assert_int_equal(try_import(o, &e), ERR_DENIED);
	assert_int_equal(open_hazards(), 2);
	o.approved_by = "B";
	import_with(o);
	assert_int_equal(checked(CHECK_CLOSED_OVER_FIND), 1);
	assert_int_equal(result.counts.reopened, 1);
	assert_int_equal(open_hazards(), 1);
}

static void
overlaps(void **state)
{
	static const char map[] =
		"SELECT g AS geometry, s AS status, 'cha' AS class, CASE s WHEN 'closed' THEN 'cleared' END AS "
		"outcome, 'WGS 84' AS given_datum FROM source";

	(void)state;
	/* the second lies on the first, the third beside both, the fourth is released land under
	 * the third */
	import_mapped(
		"hazard", "a.csv",
		"g,s\n\"POLYGON ((-125 -45, -124.99 -45, -124.99 -44.99, -125 -44.99, -125 -45))\",open\n"
		"\"POLYGON ((-124.995 -45, -124.985 -45, -124.985 -44.99, -124.995 -44.99, -124.995 -45))\",open\n"
		"\"POLYGON ((-124.9 -45, -124.89 -45, -124.89 -44.99, -124.9 -44.99, -124.9 -45))\",open\n"
		"\"POLYGON ((-124.895 -45, -124.885 -45, -124.885 -44.99, -124.895 -44.99, -124.895 -45))\",closed\n",
		map);
	assert_int_equal(checked(CHECK_OVERLAPS_HAZARD), 1);
	assert_int_equal(checked(CHECK_RELEASED_OVER_OPEN), 1);
	expect(4, 3, 1, 0, 0); /* the closed one does not say since when */
	/* a common border is no overlap; old pairs are not told again */
	import_mapped(
		"hazard", "b.csv",
		"g,s\n\"POLYGON ((-125 -45, -125 -44.99, -125.01 -44.99, -125.01 -45, -125 -45))\",open\n",
		map);
	assert_int_equal(checked(CHECK_OVERLAPS_HAZARD), 0);
	assert_int_equal(checked(CHECK_RELEASED_OVER_OPEN), 0);
}

static void
positions_are_compared_with_named_places(void **state)
{
	(void)state;
	import_mapped(
		"place", "p.csv",
		"n,t,g\n"
		"Uzelra,admin2,\"POLYGON ((-125 -45, -124.9 -45, -124.9 -44.9, -125 -44.9, -125 -45))\"\n"
		"Mirano,settlement,POINT (-124.5 -44.5)\n"
		"Mirano,settlement,POINT (-123.5 -44.5)\n",
		"SELECT n AS name, t AS type, g AS geometry, 'WGS 84' AS given_datum FROM source");
	/* in; in within 2 km; beyond; near the second of two of that name; near neither; unknown */
	import_mapped(
		"accident", "a.csv",
		"x,y,a,p,m\n-124.95,-44.95,UZELRA,,\n-125.02,-44.95,Uzelra,,\n"
		"-125.2,-44.95,Uzelra,,\n-123.6,-44.5,,mirano,\n-123.0,-44.5,,Mirano,\n"
		"-123.0,-44.5,Nowhere,,\n-125.2,-44.95,Uzelra,,20000\n",
		"SELECT x AS lon, y AS lat, a AS admin2_name, p AS place_name, m AS accuracy_m, "
		"'mine' AS class, '2024-01-01' AS date, 'WGS 84' AS "
		"given_datum FROM source");
	assert_int_equal(checked(CHECK_OUTSIDE_PLACE), 2);
}

static void
records_like_those_in_the_register(void **state)
{
	static const char map[] =
		"SELECT g AS geometry, d AS valid_from, 'cha' AS class, 'open' AS "
		"status, 'WGS 84' AS given_datum FROM source";

	(void)state;
	import_text("accident", "a.csv",
	            "lon,lat,given_datum,date,class\n-125.1,-45.1,WGS 84,2022-03-01,mine\n");
	/* 5 m off, same day; same place, another day; 200 m off, same day */
	import_text("accident", "b.csv",
	            "lon,lat,given_datum,date,class\n-125.10005,-45.1,WGS 84,2022-03-01,mine\n"
	            "-125.1,-45.1,WGS 84,2022-03-02,mine\n-125.102,-45.1,WGS 84,2022-03-01,mine\n");
	expect(3, 2, 1, 0, 0);
	assert_int_equal(checked(CHECK_DUPLICATE_RECORD), 1);
	import_mapped(
		"hazard", "h.csv",
		"g,d\n\"POLYGON ((-125 -45, -124.99 -45, -124.99 -44.99, -125 -45))\",2020-01-01\n",
		map);
	assert_int_equal(checked(CHECK_DUPLICATE_RECORD), 0);
	/* the outline again, a metre off and of another day; another outline in the same box */
	import_mapped(
		"hazard", "i.csv",
		"g,d\n\"POLYGON ((-125.00001 -45, -124.99 -45, -124.99 -44.99, -125.00001 -45))\",2021-01-01\n"
		"\"POLYGON ((-125 -45, -124.99 -45, -124.99 -44.99, -125 -44.99, -125 -45))\",2020-01-01\n",
		map);
	assert_int_equal(checked(CHECK_DUPLICATE_RECORD), 1);
}

static void
casualties_are_compared_with_victims(void **state)
{
	struct import_options o = { .kind = "victim",
		                    .mapping =
		                            "SELECT a AS accident, o AS outcome, '2022-03-01' AS "
		                            "valid_from FROM source" };

	(void)state;
	import_mapped("accident", "a.csv", "n,k,i\nA1,1,1\nA2,1,0\nA3,,\nA4,2,2\n",
	              "SELECT n AS national_id, k AS killed, i AS injured, 'Oreva' AS place_name, "
	              "'mine' AS class, '2022-03-01' AS date FROM source");
	assert_int_equal(checked(CHECK_CASUALTIES_DIFFER), 0);
	/* A1 as it says; A2 lists one more; A3 says nothing; A4 lists nobody */
	o.path = write_file("v.csv",
	                    "a,o\nA1,killed\nA1,injured\nA2,killed\nA2,injured\nA3,killed\n");
	if (try_import(o, &(struct err){ 0 }))
		fail();
	assert_int_equal(checked(CHECK_CASUALTIES_DIFFER), 1);
	/* only what an import touches is told */
	o.path = write_file("w.csv", "a,o\nA1,unknown\n");
	if (try_import(o, &(struct err){ 0 }))
		fail();
	assert_int_equal(checked(CHECK_CASUALTIES_DIFFER), 1);
}

static void
mistakes_change_nothing(void **state)
{
	static const char *const unknown[] = { "no_such_field", NULL };
	static const char *const unmapped[] = { "imsma_id", NULL };
	const char *csv = write_file("a.csv", CSV_HEAD "1,-125,-45,WGS 84,sha,open,2020-01-01\n");
	struct import_options o = { .path = csv, .kind = "hazard" };
	struct err e = { 0 };

	(void)state;
	o.kind = "dragon";
	assert_int_equal(try_import(o, &e), ERR_INVALID);
	o.kind = "hazard";
	o.mapping = "SELECT class AS no_such_field FROM source";
	assert_int_equal(try_import(o, &e), ERR_INVALID);
	o.mapping = "SELECT class AS import_flags FROM source";
	assert_int_equal(try_import(o, &e), ERR_INVALID);
	o.mapping = "SELECT class, status AS class FROM source";
	assert_int_equal(try_import(o, &e), ERR_INVALID);
	o.mapping = "SELECT class FROM source; SELECT 1";
	assert_int_equal(try_import(o, &e), ERR_INVALID);
	o.mapping = "DELETE FROM source";
	assert_int_equal(try_import(o, &e), ERR_INVALID);
	o.mapping = "SELECT class FROM source ORDER BY class";
	o.mapping = NULL;
	o.key = unknown;
	assert_int_equal(try_import(o, &e), ERR_INVALID);
	o.key = unmapped;
	assert_int_equal(try_import(o, &e), ERR_INVALID);
	o.key = NULL;
	o.source_date = "2020-13-01";
	assert_int_equal(try_import(o, &e), ERR_INVALID);
	o.source_date = NULL;
	o.crs = "EPSG:1";
	assert_int_equal(try_import(o, &e), ERR_INVALID);
	o.crs = NULL;
	o.path = "/no/such/file.csv";
	assert_int_not_equal(try_import(o, &e), ERR_OK);
	assert_int_equal(store_log_size(st), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
		TEST(the_same_file_twice_adds_nothing),
		TEST(empty_row),
		TEST(rows_left_out_are_kept),
		TEST(unreadable_row),
		TEST(positions_that_cannot_be_known),
		TEST(unreadable_geometry),
		TEST(doubtful_position),
		TEST(outlines_around_the_globe),
		TEST(stated_datum),
		TEST(dates_that_are_missing),
		TEST(what_is_dated_in_the_future_shows_today),
		TEST(classes_that_are_missing),
		TEST(bad_value),
		TEST(repeated_row),
		TEST(duplicates),
		TEST(broken_link),
		TEST(editions),
		TEST(repeated_key),
		TEST(corrected_rows),
		TEST(corrected_file),
		TEST(groups_are_acknowledged_on_the_way),
		TEST(a_find_on_released_land_reopens_it),
		TEST(the_band_follows_from_the_age),
		TEST(an_older_edition_is_told),
		TEST(land_that_comes_in_closed_over_a_find_is_open),
		TEST(an_approved_import_closes_no_land_over_a_find),
		TEST(overlaps),
		TEST(positions_are_compared_with_named_places),
		TEST(records_like_those_in_the_register),
		TEST(casualties_are_compared_with_victims),
		TEST(mistakes_change_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
