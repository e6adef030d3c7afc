/* One row of a foreign file made into a record's fields: what it says is kept, what it does not say
 * never becomes safe, and what cannot be known is not made up. Expected from the forms, from
 * docs/CHECKS.md and docs/FORMATS.md ("Imported rows"), and by hand. */
#include "../unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "ingest/rowmake.h"

#define MOST 8

static struct form *hazard, *victim, *ordnance;
static struct region country;
static struct err e;

/* The maker at hand, and its row. */
static const char *column[MOST];
static struct mapping_value value[MOST];
static struct rowmake_about about;
static struct rowmake *maker;
static struct rowmake_worker *worker;
static struct rowmake_row row;

static int
set_up(void **state)
{
	static const struct {
		const char *kind;
		struct form **form;
	} kinds[] = { { "hazard", &hazard }, { "victim", &victim }, { "ordnance", &ordnance } };

	(void)state;
	region_of_box((struct geom_box){ 20, 40, 30, 50 }, &country);
	for (size_t i = 0; i < COUNT_OF(kinds); i++) {
		const char *survey, *choices;

		if (!form_builtin(kinds[i].kind, &survey, &choices) ||
		    form_parse(survey, strlen(survey), choices, strlen(choices), kinds[i].form,
		               NULL))
			return -1;
	}
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	form_free(hazard);
	form_free(victim);
	form_free(ordnance);
	return 0;
}

static void
close_maker(void)
{
	rowmake_worker_free(worker);
	rowmake_free(maker);
	worker = NULL;
	maker = NULL;
}

static int
begin(void **state)
{
	(void)state;
	memset(&about, 0, sizeof(about));
	about.form = hazard;
	about.country = &country;
	about.iso3 = "XXA";
	about.crs = "EPSG:4326";
	about.geometry_is_wgs84 = true;
	about.today_days = clock_days(2024, 6, 1);
	about.column = column;
	return 0;
}

static int
end(void **state)
{
	(void)state;
	close_maker();
	return 0;
}

/* "column=text;column=text"; a value that begins with # is a number. */
static enum err_code
try_make(const char *says, struct err *err)
{
	static char kept[2000];
	enum err_code rc;
	size_t n = 0;

	close_maker();
	(void)snprintf(kept, sizeof(kept), "%s", says);
	for (char *at = kept; at && *at;) {
		char *next = strchr(at, ';'), *eq = strchr(at, '=');

		if (next)
			*next++ = '\0';
		*eq++ = '\0';
		assert_true(n < MOST);
		column[n] = at;
		value[n] = (struct mapping_value){ .type = MAPPING_TEXT, .s = eq, .n = strlen(eq) };
		if (*eq == '#') {
			value[n].type = MAPPING_REAL;
			assert_true(text_parse_f64(eq + 1, strlen(eq + 1), &value[n].d));
		}
		if (!*eq)
			value[n].type = MAPPING_NULL;
		n++;
		at = next;
	}
	about.column_count = n;
	rc = rowmake_create(&about, &maker, err);
	if (!rc)
		rc = rowmake_worker_create(maker, &worker, err);
	row = (struct rowmake_row){ .number = 1, .mapped = value };
	return rc ? rc : rowmake_row(maker, worker, &row, err);
}

static void
make(const char *says)
{
	if (try_make(says, &e))
		fail_msg("%s: %s", says, e.text);
}

static bool
found(enum rowcheck_id id)
{
	return row.found >> id & 1;
}

static const char *
said(const char *field)
{
	const char *s = fields_text(&row.fields, field);

	return s ? s : "";
}

/* --- danger */

/* forms/hazard.choices.csv: "indication" is a first report; no class is milder but none is safe. */
static void
a_missing_class_is_an_indication(void **state)
{
	(void)state;
	make("status=open;lon=#25;lat=#45");
	assert_string_equal(said("class"), "indication");
	assert_true(found(CHECK_FILE_CLASS));
	make("class=;lon=#25;lat=#45");
	assert_string_equal(said("class"), "indication");
	assert_true(found(CHECK_NO_CLASS));
	make("class=something else;lon=#25;lat=#45");
	assert_string_equal(said("class"), "indication");
	assert_true(found(CHECK_NO_CLASS));
	assert_true(found(CHECK_BAD_VALUE));
	assert_non_null(strstr(said("remarks"), "class: something else"));
	assert_string_equal(said("status"), "");
}

/* A status that nobody can read is none: only "closed" and "handed over" close land. */
static void
an_unreadable_status_closes_nothing(void **state)
{
	(void)state;
	make("class=cha;status=cleared?;lon=#25;lat=#45;remarks=near the well");
	assert_string_equal(said("class"), "cha");
	assert_string_equal(said("status"), "");
	assert_true(found(CHECK_BAD_VALUE));
	assert_false(found(CHECK_CLOSED_AS_REPORTED));
	assert_string_equal(said("remarks"), "near the well; as given: status: cleared?");
	assert_false(rowcheck_any(row.found, ROWCHECK_REFUSE));
}

/* Closed on a day to come: today it may be open. One day ahead is today further east. */
static void
a_closing_to_come_does_not_close(void **state)
{
	(void)state;
	make("class=sha;status=closed;outcome=cleared;valid_from=2024-06-03;lon=#25;lat=#45");
	assert_string_equal(said("status"), "unknown");
	assert_string_equal(said("valid_from"), "2024-06-01");
	assert_true(found(CHECK_FUTURE_DATE));
	assert_non_null(strstr(said("remarks"), "valid_from: 2024-06-03; status: closed"));
	make("class=sha;status=closed;outcome=cleared;valid_from=2024-06-02;lon=#25;lat=#45");
	assert_string_equal(said("status"), "closed");
	assert_string_equal(said("valid_from"), "2024-06-02");
	assert_false(found(CHECK_FUTURE_DATE));
	/* open land stays as it is and counts from today */
	make("class=sha;status=open;valid_from=2030-01-01;lon=#25;lat=#45");
	assert_string_equal(said("status"), "open");
	assert_string_equal(said("valid_from"), "2024-06-01");
}

static void
a_closing_without_a_day_is_marked(void **state)
{
	(void)state;
	make("class=sha;status=handed_over;outcome=cleared;lon=#25;lat=#45");
	assert_true(found(CHECK_CLOSING_UNDATED));
	assert_string_equal(said("valid_from"), "2024-06-01");
	make("class=sha;status=closed;outcome=cleared;status_date=2020-02-03;lon=#25;lat=#45");
	assert_false(found(CHECK_CLOSING_UNDATED));
	assert_string_equal(said("valid_from"), "2020-02-03");
	make("class=sha;status=open;lon=#25;lat=#45");
	assert_false(found(CHECK_CLOSING_UNDATED));
}

/* --- position */

static void
longitude_comes_first(void **state)
{
	(void)state;
	make("class=sha;lat=#45.5;lon=#25.25");
	assert_int_equal(row.fields.geom->type, GEOM_POINT);
	assert_true(row.fields.geom->xy[0] == 25.25 && row.fields.geom->xy[1] == 45.5);
	assert_false(rowcheck_any(row.found, ROWCHECK_REFUSE));
	make("class=sha;geometry=POINT (25.25 45.5)");
	assert_true(row.fields.geom->xy[0] == 25.25 && row.fields.geom->xy[1] == 45.5);
	make("class=sha;geometry={\"type\":\"Point\",\"coordinates\":[25.25,45.5]}");
	assert_true(row.fields.geom->xy[0] == 25.25 && row.fields.geom->xy[1] == 45.5);
}

/* The country is 20 .. 30 east, 40 .. 50 north: (45, 25) is refused and told, never turned round.
 */
static void
swapped_axes_are_told_and_not_mended(void **state)
{
	(void)state;
	make("class=sha;lon=#45;lat=#25");
	assert_true(found(CHECK_SWAPPED_AXES));
	assert_true(rowcheck_any(row.found, ROWCHECK_REFUSE));
	assert_non_null(row.reason);
	assert_true(row.fields.geom->xy[0] == 45 && row.fields.geom->xy[1] == 25);
	make("class=sha;lon=#-25;lat=#45");
	assert_true(found(CHECK_SIGN_FLIPPED));
	assert_true(row.fields.geom->xy[0] == -25);
}

/* Both degrees in one text: as given, letter by letter, beside what was read. 30' are half a
 * degree. */
static void
a_position_in_words_is_kept_as_given(void **state)
{
	static const char given[] = "45°30'00\"N 25°15'00\"E";

	(void)state;
	make("class=sha;position=45°30'00\"N 25°15'00\"E");
	assert_string_equal(said("given_text"), given);
	assert_non_null(row.fields.geom);
	assert_true(row.fields.geom->xy[0] == 25.25 && row.fields.geom->xy[1] == 45.5);
	/* what nobody can read makes no position, and the row waits with what it said */
	make("class=sha;position=by the old mill");
	assert_true(rowcheck_any(row.found, ROWCHECK_REFUSE));
	assert_null(row.fields.geom);
	assert_string_equal(said("given_text"), "by the old mill");
}

/* Numbers of a grid without its name can lie anywhere. */
static void
no_reference_system_is_guessed(void **state)
{
	(void)state;
	about.crs = NULL;
	make("class=sha;lon=#25;lat=#45");
	assert_true(found(CHECK_UNKNOWN_DATUM));
	assert_null(row.fields.geom);
	make("class=sha;x=#500000;y=#5000000");
	assert_true(found(CHECK_UNKNOWN_DATUM));
	assert_null(row.fields.geom);
	about.geometry_is_wgs84 = false;
	make("class=sha;geometry=POINT (25 45)");
	assert_true(found(CHECK_UNKNOWN_DATUM));
	/* UTM zone 35: its axis is 27 E; 500,000 m east lies on it, on the equator's north */
	about.crs = "EPSG:32635";
	make("class=sha;x=#500000;y=#5000000");
	assert_false(found(CHECK_UNKNOWN_DATUM));
	assert_true(row.fields.geom->xy[0] > 26.9999999 && row.fields.geom->xy[0] < 27.0000001);
	assert_true(row.fields.geom->xy[1] > 45 && row.fields.geom->xy[1] < 45.3);
}

static void
half_a_position_is_none(void **state)
{
	(void)state;
	make("class=sha;lon=#25;lat=");
	assert_true(rowcheck_any(row.found, ROWCHECK_REFUSE));
	assert_null(row.fields.geom);
	make("class=sha;lon=;lat=;admin2_name=Oreva");
	assert_false(rowcheck_any(row.found, ROWCHECK_REFUSE));
	assert_true(found(CHECK_NO_POSITION));
}

/* --- dates and persons */

static void
the_day_comes_from_what_the_row_says(void **state)
{
	(void)state;
	about.form = ordnance;
	make("category=mortar;found_date=2020-01-02;lon=#25;lat=#45");
	assert_string_equal(said("valid_from"), "2020-01-02");
	/* of a year or a month its first day: danger is not shown later than it may have been */
	make("category=mortar;found_year=#2019;lon=#25;lat=#45");
	assert_true(found(CHECK_PERIOD_DATE));
	assert_memory_equal(said("valid_from"), "2019-", 5);
	about.source_date = "2018-07-08";
	make("category=mortar;lon=#25;lat=#45");
	assert_string_equal(said("valid_from"), "2018-07-08");
	assert_true(found(CHECK_FILE_DATE));
	make("category=mortar;valid_from=;lon=#25;lat=#45");
	assert_string_equal(said("valid_from"), "2018-07-08");
	assert_true(found(CHECK_DATE_OF_SOURCE));
}

/* Child: below 18. */
static void
the_age_band_follows_from_the_age(void **state)
{
	(void)state;
	about.form = victim;
	make("outcome=injured;age_years=#17");
	assert_string_equal(said("age_band"), "child");
	make("outcome=injured;age_years=#18");
	assert_string_equal(said("age_band"), "adult");
	make("outcome=injured;age_years=#0");
	assert_string_equal(said("age_band"), "child");
	make("outcome=injured;age_years=#17;age_band=adult");
	assert_string_equal(said("age_band"), "unknown");
	make("outcome=injured;age_years=#17;age_band=child");
	assert_string_equal(said("age_band"), "child");
	make("outcome=injured;age_band=child");
	assert_string_equal(said("age_band"), "child");
	make("outcome=injured;age_years=#131");
	assert_string_equal(said("age_band"), "");
	make("outcome=injured;age_years=#40;age_band=unknown");
	assert_string_equal(said("age_band"), "adult");
}

/* Remarks are seen by many; what identifies a person and did not fit is not copied there. */
static void
identities_do_not_slip_into_remarks(void **state)
{
	(void)state;
	about.form = victim;
	make("outcome=injured;birth_date=the 5th of Secret");
	assert_true(found(CHECK_BAD_VALUE));
	assert_string_equal(said("remarks"), "");
	assert_null(row.bad);
	make("outcome=sort of;birth_date=the 5th of Secret");
	assert_non_null(strstr(said("remarks"), "outcome: sort of"));
	assert_null(strstr(said("remarks"), "Secret"));
}

/* --- what makes a row known again */

static void
content_and_key(void **state)
{
	static const char *const key[] = { "national_id", NULL };
	uint8_t content[32], first[32], second[32], want[32], k[32];
	static const uint8_t zero[8];
	struct hash_state h;

	(void)state;
	make("national_id=N-1;class=sha;lon=#25;lat=#45");
	memcpy(content, row.content, 32);
	assert_false(row.has_key);
	make("class=sha;lat=#45;national_id=N-1;lon=#25");
	assert_memory_equal(row.content, content, 32); /* not the order of the columns */
	make("national_id=N-1;class=sha;lon=#25;lat=#45.0000001");
	assert_memory_not_equal(row.content, content, 32);
	make("national_id=N-1;class=cha;lon=#25;lat=#45");
	assert_memory_not_equal(row.content, content, 32);
	/* docs/FORMATS.md, Imported rows: text ends with 0x00, the occurrence is 8 bytes, low first
	 */
	rowmake_key(maker, content, 0, first);
	rowmake_key(maker, content, 1, second);
	assert_memory_not_equal(first, second, 32);
	hash_init(&h);
	hash_update(&h, "fallow row 1", 13);
	hash_update(&h, "hazard", 7);
	hash_update(&h, content, 32);
	hash_update(&h, zero, 8);
	hash_final(&h, want);
	assert_memory_equal(first, want, 32);
	about.key = key;
	make("national_id=N-1;class=sha;lon=#25;lat=#45");
	assert_true(row.has_key);
	memcpy(k, row.key, 32);
	make("national_id=N-1;class=cha;lon=#26;lat=#46");
	assert_memory_equal(row.key, k, 32);
	make("national_id=N-2;class=sha;lon=#25;lat=#45");
	assert_memory_not_equal(row.key, k, 32);
	make("national_id=;class=sha;lon=#25;lat=#45");
	assert_false(row.has_key);
	assert_true(found(CHECK_NO_KEY));
}

static void
an_empty_row_is_refused(void **state)
{
	(void)state;
	make("class=;lon=;lat=");
	assert_true(found(CHECK_EMPTY_ROW));
	make("class=  ;lon=;lat=");
	assert_true(found(CHECK_EMPTY_ROW));
	make("class=sha;lon=;lat=");
	assert_false(found(CHECK_EMPTY_ROW));
}

static void
mapped_values_as_json(void **state)
{
	struct json_value *v = NULL;
	struct arena mem;
	struct buf b;

	(void)state;
	arena_init(&mem, 0);
	buf_init(&b, 0);
	make("class=\"sha\"\n;lon=#25.5;lat=;remarks=Ю");
	value[0] = (struct mapping_value){ .type = MAPPING_BLOB, .s = "\x00\xff", .n = 2 };
	value[2] = (struct mapping_value){ .type = MAPPING_INT, .i = -45 };
	rowmake_mapped_json(maker, &row, &b);
	assert_true(buf_ok(&b));
	assert_int_equal(json_parse(b.data, b.size, 0, &mem, &v, &e), ERR_OK);
	assert_string_equal(json_get(v, "class")->string, "00ff");
	assert_true(json_get(v, "lon")->number == 25.5);
	assert_true(json_get(v, "lat")->number == -45);
	assert_string_equal(json_get(v, "remarks")->string, "Ю");
	assert_string_equal(json_get(v, "crs")->string, "EPSG:4326");
	about.crs = "EPSG:32635";
	make("class=\"q\"\n;x=#500000;y=#5000000");
	buf_reset(&b);
	rowmake_mapped_json(maker, &row, &b);
	assert_int_equal(json_parse(b.data, b.size, 0, &mem, &v, &e), ERR_OK);
	assert_string_equal(json_get(v, "class")->string, "\"q\"\n");
	assert_string_equal(json_get(v, "crs")->string, "EPSG:32635");
	buf_done(&b);
	arena_done(&mem);
}

/* --- errors */

static void
what_a_mapping_may_not_yield(void **state)
{
	static const char *const no_such[] = { "status", NULL };

	(void)state;
	assert_int_equal(try_make("klass=sha", &e), ERR_INVALID);
	assert_non_null(strstr(e.text, "klass"));
	assert_int_equal(try_make("klass=sha", NULL), ERR_INVALID);
	assert_int_equal(try_make("class=sha;class=cha", &e), ERR_INVALID);
	assert_int_equal(try_make("import_key=x", &e), ERR_INVALID);
	assert_int_equal(try_make("import_flags=x", NULL), ERR_INVALID);
	assert_null(maker);
	about.key = no_such;
	assert_int_equal(try_make("class=sha", &e), ERR_INVALID);
	assert_non_null(strstr(e.text, "status"));
	about.key = NULL;
	make("class=sha;lon=#25;lat=#45");
	assert_true(rowmake_has_column(maker, "class"));
	assert_false(rowmake_has_column(maker, "status"));
	rowmake_free(NULL);
	rowmake_worker_free(NULL);
}

/* Each allocation fails once: ERR_NOMEM, or the same row as with memory. */
static void
memory_ends(void **state)
{
	static const char says[] = "class=odd;status=closed;valid_from=2030-01-01;lon=#25;lat=#45;"
				   "remarks=here";
	static const char *const keys[] = { "remarks", NULL };
	long n, failed = 0;
	uint8_t content[32], key[32];
	char remarks[400];
	struct buf b;

	(void)state;
	about.key = keys;
	make(says);
	n = mem_count();
	make(says);
	n = mem_count() - n;
	memcpy(content, row.content, 32);
	memcpy(key, row.key, 32);
	(void)snprintf(remarks, sizeof(remarks), "%s", said("remarks"));
	assert_non_null(strstr(remarks, "class: odd"));
	for (long i = 0; i < n; i++) {
		enum err_code rc;

		mem_fail_after(i, 0);
		rc = try_make(says, i % 2 ? &e : NULL);
		mem_fail_after(-1, 0);
		if (rc) {
			assert_int_equal(rc, ERR_NOMEM);
			failed++;
			continue;
		}
		assert_memory_equal(row.content, content, 32);
		assert_true(row.has_key);
		assert_memory_equal(row.key, key, 32);
		assert_string_equal(said("remarks"), remarks);
		assert_string_equal(said("status"), "unknown");
	}
	assert_true(failed > 0);
	for (long i = 0; i < 20; i++) {
		buf_init(&b, 0);
		mem_fail_after(i, 0);
		rowmake_mapped_json(maker, &row, &b);
		mem_fail_after(-1, 0);
		assert_true(!buf_ok(&b) || strstr(buf_text(&b), "\"here\""));
		buf_done(&b);
	}
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_missing_class_is_an_indication),
		TEST(an_unreadable_status_closes_nothing),
		TEST(a_closing_to_come_does_not_close),
		TEST(a_closing_without_a_day_is_marked),
		TEST(longitude_comes_first),
		TEST(swapped_axes_are_told_and_not_mended),
		TEST(a_position_in_words_is_kept_as_given),
		TEST(no_reference_system_is_guessed),
		TEST(half_a_position_is_none),
		TEST(the_day_comes_from_what_the_row_says),
		TEST(the_age_band_follows_from_the_age),
		TEST(identities_do_not_slip_into_remarks),
		TEST(content_and_key),
		TEST(an_empty_row_is_refused),
		TEST(mapped_values_as_json),
		TEST(what_a_mapping_may_not_yield),
		TEST(memory_ends),
	};

	return cmocka_run_group_tests_name("rowmake", tests, set_up, tear_down);
}
