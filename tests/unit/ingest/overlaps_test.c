/* Hazards that lie over one another. Rectangles of 0.01 degrees at 45 degrees south: which share
 * area is seen by their sides; the half that two of them share is 788.2 / 2 m by 1,111.3 m. */
#define _XOPEN_SOURCE 700
#include "../folder.h"

#include "ingest/entry.h"
#include "ingest/overlaps.h"
#include "store/history.h"
#include "store/submit.h"

static struct store *st;
static struct pool *pool;
static int64_t newest;

static int
set_up(void **state)
{
	(void)state;
	pool = pool_create(2);
	return folder_make() || store_open(path, STORE_WRITE, &st, NULL);
}

static int
tear_down(void **state)
{
	(void)state;
	pool_free(pool);
	store_close(st);
	return folder_remove();
}

static void
hazard(double west, const char *status)
{
	char where[200], as[40];
	const char *set[] = { where, as, "class=sha" };
	struct entry_options o = { .kind = "hazard", .set = set, .sets = 3, .author = "A" };
	struct entry_result r;
	struct err e = { 0 };
	struct uuid id;
	int kind;

	(void)snprintf(
		where, sizeof(where),
		"geometry=POLYGON ((%.4f -45, %.4f -45, %.4f -44.99, %.4f -44.99, %.4f -45))", west,
		west + 0.01, west + 0.01, west, west);
	(void)snprintf(as, sizeof(as), "status=%s", status);
	if (entry_run(st, &o, &r, &e))
		fail_msg("%s", e.text);
	assert_true(uuid_parse(r.id, strlen(r.id), &id));
	assert_int_equal(history_find(st, id, &kind, &newest, NULL), ERR_OK);
}

static struct overlaps
compare(int64_t first_new)
{
	struct submit_about about = { .author = "A", .remark = "" };
	struct rowkey_reader *notes = NULL;
	struct overlaps o;

	assert_int_equal(rowkey_open(st, &notes, NULL), ERR_OK);
	assert_int_equal(submit_begin(st, &about, NULL), ERR_OK);
	assert_int_equal(overlaps_note(st, first_new, pool, notes, &o, NULL), ERR_OK);
	submit_cancel(st);
	rowkey_close(notes);
	assert_false(o.left_out);
	return o;
}

static void
open_over_open(void **state)
{
	struct overlaps o;
	int64_t second;

	(void)state;
	o = compare(0);
	assert_int_equal(o.hazards, 0);
	hazard(-125, "open");
	hazard(-124.995, "open"); /* half over the first */
	second = newest;
	hazard(-124.985, "open"); /* shares a side with the second, no area */
	hazard(-120, "open");     /* far away */
	o = compare(0);
	assert_int_equal(o.hazards, 4);
	assert_int_equal(o.open, 1); /* the newer one of the pair */
	assert_int_equal(o.released, 0);
	assert_int_equal(compare(second).open, 1);
	assert_int_equal(compare(second + 1).open, 0); /* neither came with this import */
	hazard(-124.9925, "open");                     /* over three: it is told once */
	assert_int_equal(compare(newest).open, 1);
	assert_int_equal(compare(0).open, 2);
}

static void
released_over_open(void **state)
{
	(void)state;
	hazard(-125, "closed");
	hazard(-124.995, "closed");
	assert_int_equal(compare(0).released, 0); /* closed over closed is nothing */
	hazard(-124.9925, "open");
	assert_int_equal(compare(0).open, 0);
	assert_int_equal(compare(0).released, 1);
	assert_int_equal(compare(newest).released, 1);
	hazard(-124.99, "closed"); /* the released one may be the newer */
	assert_int_equal(compare(newest).released, 1);
	assert_int_equal(compare(0).released, 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(open_over_open, set_up, tear_down),
		cmocka_unit_test_setup_teardown(released_over_open, set_up, tear_down),
	};

	return cmocka_run_group_tests_name("overlaps", tests, NULL, NULL);
}
