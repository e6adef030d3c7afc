/* Hazards that lie over one another. Rectangles of 0.01 degrees at 45 degrees south: which share
 * area is seen by their sides; the half that two of them share is 788.2 / 2 m by 1,111.3 m. */
#define _XOPEN_SOURCE 700
#include "../folder.h"

#include "geo/overlap.h"
#include "ingest/entry.h"
#include "ingest/generate.h"
#include "ingest/overlaps.h"
#include "store/each.h"
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

static size_t most_in_cell; /* 0 = as in an import */

static struct overlaps
compare(int64_t first_new)
{
	const struct overlaps_question q = { .first_new = first_new,
		                             .most_in_cell = most_in_cell,
		                             .pool = pool };
	struct submit_about about = { .author = "A", .remark = "" };
	struct rowkey_reader *notes = NULL;
	struct overlaps o;

	assert_int_equal(rowkey_open(st, &notes, NULL), ERR_OK);
	assert_int_equal(submit_begin(st, &about, NULL), ERR_OK);
	assert_int_equal(overlaps_note(st, &q, notes, &o, NULL), ERR_OK);
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

/* The same by looking at every pair of a register. */
struct all {
	struct arena mem;
	struct extent_item item[1000];
	bool open[1000], open_noted[1000], released_noted[1000], is_new[1000];
	size_t count;
	int64_t first_new;
	int64_t opens, released;
};

static enum err_code
keep(void *ctx, const struct shown *row, struct err *e)
{
	struct all *a = ctx;
	struct geom *g = arena_alloc(&a->mem, sizeof(*g));

	(void)e;
	assert_true(a->count < 1000 && g);
	if (!row->fields.geom || !geom_is_areal(row->fields.geom))
		return ERR_OK;
	assert_true(geom_copy(row->fields.geom, &a->mem, g));
	a->open[a->count] = row->as == SHOWN_DANGER;
	a->is_new[a->count] = row->fid >= a->first_new;
	a->item[a->count++] = (struct extent_item){ .geom = g,
		                                    .area_m2 = row->area_m2,
		                                    .perimeter_m = row->perimeter_m };
	return ERR_OK;
}

static int
count_pair(void *ctx, size_t a, size_t b, double m2)
{
	struct all *s = ctx;
	bool both = s->open[a] && s->open[b];

	(void)m2;
	if (!s->is_new[b] || !(s->open[a] || s->open[b]))
		return 0;
	if (both && !s->open_noted[b])
		s->opens++;
	if (!both && !s->released_noted[b])
		s->released++;
	*(both ? &s->open_noted[b] : &s->released_noted[b]) = true;
	return 0;
}

/* However the land is cut, no pair is lost and none counts twice. */
static void
cells_change_nothing(void **state)
{
	static const size_t most[] = { 0, 1, 2, 3, 7, 20, 100, 300 };
	static const char *const want[] = { "geometry", "status", NULL };
	struct generate_options g = { .hazards = 700, .accidents = 1, .finds = 1, .seed = 5 };
	static struct all all;
	struct each_filter f = { .as_of_days = INT64_MAX, .known_size = INT64_MAX, .want = want };

	(void)state;
	g.pool = pool;
	assert_int_equal(generate_run(st, &g, NULL), ERR_OK);
	for (int i = 0; i < 60; i++)
		hazard(-125 + 0.002 * (i % 37), i % 3 ? "open" : "closed");
	f.kind = store_kind(st, "hazard");
	for (int part = 0; part < 2; part++) {
		memset(&all, 0, sizeof(all));
		arena_init(&all.mem, 0);
		all.first_new = part ? newest : 0;
		assert_int_equal(store_each(st, &f, keep, &all, NULL), ERR_OK);
		assert_int_equal(overlap_each(pool, all.item, all.count, OVERLAPS_LEAST_M2,
		                              count_pair, &all, NULL),
		                 ERR_OK);
		print_message("%lld over open, %lld released\n", (long long)all.opens,
		              (long long)all.released);
		assert_true(all.opens > 3 && all.released > 3);
		for (size_t k = 0; k < sizeof(most) / sizeof(*most); k++) {
			struct overlaps o;

			most_in_cell = most[k];
			o = compare(all.first_new);
			assert_int_equal(o.hazards, all.count);
			assert_int_equal(o.open, all.opens);
			assert_int_equal(o.released, all.released);
		}
		most_in_cell = 0;
		arena_done(&all.mem);
		newest -= 20; /* the second time, only what came last is new */
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(open_over_open, set_up, tear_down),
		cmocka_unit_test_setup_teardown(released_over_open, set_up, tear_down),
		cmocka_unit_test_setup_teardown(cells_change_nothing, set_up, tear_down),
	};

	return cmocka_run_group_tests_name("overlaps", tests, NULL, NULL);
}
