/* Lines and digests of kept rows; expected values from Python's json and hashlib, as FORMATS.md
 * "Kept rows" says. */
#include "../unit.h"

#include <string.h>

#include "store/bound.h"

static sqlite3_stmt *
row_of(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *q = NULL;

	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &q, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(q), SQLITE_ROW);
	return q;
}

static const char one[] =
	"SELECT 1, 3, 5, x'0190d9b2a3c47e5f8a1b2c3d4e5f6071', 2, "
	"x'00000000000000000000000000000000000000000000000000000000000000ff', 'unknown_datum', "
	"'the datum is not \"known\"' || char(10), '{\"a\":\"\xc3\xa9\"}', NULL, 'Oreva'";
static const char two[] =
	"SELECT 2, 3, 5, x'0190d9b2a3c47e5f8a1b2c3d4e5f6071', 3, "
	"x'0101010101010101010101010101010101010101010101010101010101010101', 'x', 'y', '{}', "
	"'{}', NULL";

static void
lines(void **state)
{
	sqlite3 *db = NULL;
	sqlite3_stmt *q;
	struct buf b;

	(void)state;
	assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
	q = row_of(db, one);
	buf_init(&b, 0);
	bound_line(BOUND_QUARANTINE, q, &b);
	assert_string_equal(
		buf_text(&b),
		"[\"quarantine\",1,3,5,\"0190d9b2a3c47e5f8a1b2c3d4e5f6071\",2,"
		"\"00000000000000000000000000000000000000000000000000000000000000ff\","
		"\"unknown_datum\",\"the datum is not \\\"known\\\"\\n\",\"{\\\"a\\\":\\\"\xc3\xa9\\\"}\","
		"null,\"Oreva\"]");
	buf_done(&b);
	sqlite3_finalize(q);
	sqlite3_close(db);
}

/* The order in which rows came does not matter; how many there are does. */
static void
digests(void **state)
{
	sqlite3 *db = NULL;
	sqlite3_stmt *a, *b;
	struct bound k = { 0 };
	struct buf text;
	char out[44];
	struct err e = { 0 };

	(void)state;
	assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
	a = row_of(db, one);
	b = row_of(db, two);
	bound_digest(&k.set[BOUND_QUARANTINE], out);
	assert_string_equal(out, "");
	assert_int_equal(bound_add(&k, BOUND_QUARANTINE, b, &e), ERR_OK);
	assert_int_equal(bound_add(&k, BOUND_QUARANTINE, a, &e), ERR_OK);
	bound_digest(&k.set[BOUND_QUARANTINE], out);
	assert_string_equal(out, "O1N84-DHFkCt4rM46DS6WLdeuFouSc-aY2Orxku2rHM");
	assert_int_equal(bound_add_received(&k, 0, 1767225600000000, &e), ERR_OK);
	buf_init(&text, 0);
	bound_write(&k, &text);
	assert_string_equal(buf_text(&text),
	                    "{\"quarantine\":\"O1N84-DHFkCt4rM46DS6WLdeuFouSc-aY2Orxku2rHM\","
	                    "\"submission\":\"0GkHgPIBNz-dv-utdq6ltJlwB7pVmnkPAKIfX06p8aY\"}");
	bound_reset(&k);
	assert_int_equal(bound_add(&k, BOUND_QUARANTINE, a, &e), ERR_OK);
	bound_digest(&k.set[BOUND_QUARANTINE], out);
	assert_string_equal(out, "cliLQd890PVYA2Vx9o3GFTibubVpH5-8w513RFblpA8");
	buf_done(&text);
	bound_done(&k);
	sqlite3_finalize(a);
	sqlite3_finalize(b);
	sqlite3_close(db);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines),
		cmocka_unit_test(digests),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
