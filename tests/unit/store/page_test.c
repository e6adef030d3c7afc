/* Pages give the rows that access_each gives, whatever the role, the kind, the size of a page, the
 * box, the date of information, and whatever was written since the first page. access_each is the
 * slow reading that this is checked against. */
#define _XOPEN_SOURCE 700
#include "../unit.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/rng.h"
#include "ingest/decide.h"
#include "ingest/generate.h"
#include "store/page.h"
#include "store/submit.h"

enum {
	ROWS = 4000
};

static struct arena mem;
static struct err e;
static struct store *st;
static struct rng r;
static char folder[] = "/tmp/fallow_page_XXXXXX";

static void
ok(enum err_code rc)
{
	if (rc)
		print_error("%s\n", e.text);
	assert_int_equal(rc, ERR_OK);
}

/* Rows as hashes of all that is in them. */
struct list {
	uint8_t row[ROWS][32];
	size_t count;
	size_t most, seen;
	int64_t last;
};

static struct list want, got;

static void
add(struct list *l, const struct shown *row)
{
	struct buf b;

	buf_init(&b, 0);
	buf_add(&b, &row->id, sizeof(row->id));
	fields_to_json(&row->fields, store_sorted_fields(st, row->kind), false, &b);
	if (row->fields.geom)
		geom_to_wkb(row->fields.geom, &b);
	buf_printf(&b, "%d %d %d %.3f", row->as, row->unapproved, row->conflict, row->area_m2);
	assert_true(buf_ok(&b) && l->count < ROWS);
	hash_sha256(b.data, b.size, l->row[l->count++]);
	buf_done(&b);
}

static enum err_code
take_each(void *ctx, const struct shown *row, struct err *err)
{
	(void)err;
	add(ctx, row);
	return ERR_OK;
}

static enum err_code
take_page(void *ctx, const struct shown *row, int64_t number, bool *stop, struct err *err)
{
	struct list *l = ctx;

	(void)err;
	assert_true(number > l->last);
	l->last = number;
	add(l, row);
	*stop = ++l->seen == l->most;
	return ERR_OK;
}

/* Rows of a moment of the log, from the layer and what changed since; and by joining every
 * revision. */
static void
compare_past(int kind, int64_t as_of, int64_t known)
{
	const struct each_filter f = { .kind = kind, .as_of_days = as_of, .known_size = known };

	want.count = got.count = 0;
	ok(each_past(st, &f, take_each, &want, &e));
	ok(store_each(st, &f, take_each, &got, &e));
	assert_int_equal(want.count, got.count);
	assert_memory_equal(want.row, got.row, want.count * 32);
}

static void
compare(int kind, enum access_role role, int64_t as_of, int64_t known, const struct geom_box *box,
        size_t most)
{
	const struct each_filter f = {
		.kind = kind, .as_of_days = as_of, .known_size = known, .box = box
	};
	struct page_question q = {
		.as_of_days = as_of, .known_size = known, .box = box, .boxes = box ? 1 : 0
	};
	const struct page_calls c = { .row = take_page, .ctx = &got };
	struct page_reader *p = NULL;

	want.count = got.count = 0;
	got.last = 0;
	got.most = most;
	ok(access_each(st, &f, role, take_each, &want, &e));
	ok(page_open(st, kind, role, &p, &e));
	do {
		got.seen = 0;
		q.after = got.last;
		ok(page_begin(st, &e));
		ok(page_walk(p, &q, &c, &e));
		page_end(st);
	} while (got.seen == most);
	page_close(p);
	if (want.count != got.count)
		print_error("role %d, as of %lld, known %lld, %s\n", role, (long long)as_of,
		            (long long)known, box ? "box" : "all");
	assert_int_equal(want.count, got.count);
	assert_memory_equal(want.row, got.row, want.count * 32);
}

static struct geom_box
some_box(double size)
{
	double lon = -130 + 10 * rng_f64(&r), lat = -50 + 8 * rng_f64(&r);

	return (struct geom_box){ lon, lat, lon + size, lat + size };
}

static void
test_same(void **state)
{
	struct geom_box box = some_box(3);

	(void)state;
	for (int k = 0; k < (int)store_kind_count(st); k++)
		for (int role = 0; role < ACCESS_ROLES; role++) {
			compare(k, (enum access_role)role, INT64_MAX, INT64_MAX, NULL, 7);
			if (form_find(store_form(st, k), "geometry"))
				compare(k, (enum access_role)role, INT64_MAX, INT64_MAX, &box, 5);
		}
}

static void
test_boxes(void **state)
{
	int hazard = store_kind(st, "hazard");
	size_t met = 0;

	(void)state;
	for (int i = 0; i < 12; i++) {
		struct geom_box box = some_box(i % 2 ? 2.5 : 0.05);

		compare(hazard, i % 3 ? ACCESS_PUBLIC : ACCESS_OPERATOR, INT64_MAX, INT64_MAX, &box,
		        3);
		met += want.count;
	}
	assert_true(met > 0);
}

/* A place of another date, a change that waits, a decision: what the first page saw stays. */
static void
change(const char *accuracy, double east)
{
	const struct submit_about about = { .author = "test", .remark = "" };
	struct submit_result done;
	struct uuid id[3];
	int64_t fid;
	int hazard = store_kind(st, "hazard");
	struct buf b;

	want.count = 0;
	ok(submit_begin(st, &about, &e));
	for (int i = 0; i < 3; i++) {
		struct submit_revision rev = { .kind = hazard };
		struct json_value *v = NULL;

		buf_init(&b, 0);
		buf_printf(
			&b,
			"{\"valid_from\":\"2026-0%d-05\",\"class\":\"%s\",\"status\":\"open\","
			"\"accuracy_m\":%s,\"geometry\":{\"type\":\"Point\",\"coordinates\":[%.6f,"
			"-45.5]}}",
			i + 1, i == 2 ? "ammo_storage" : "cha", accuracy, east + i);
		ok(json_parse(buf_text(&b), b.size, 0, &mem, &v, &e));
		ok(fields_from_json(store_form(st, hazard), v, false, &mem, &rev.fields, &e));
		ok(submit_new_id(&rev.id, &e));
		id[i] = rev.id;
		ok(submit_add(st, &rev, 1, NULL, &e));
		buf_done(&b);
	}
	ok(submit_commit(st, &done, &e));
	fid = done.first_rid;
	/* the first of them a second time: moved, and handed in with an earlier date */
	ok(submit_begin(st, &about, &e));
	{
		struct submit_revision rev = { .kind = hazard, .id = id[0], .fid = fid };
		struct json_value *v = NULL;

		buf_init(&b, 0);
		buf_printf(
			&b,
			"{\"valid_from\":\"2025-12-05\",\"class\":\"sha\",\"status\":\"open\","
			"\"accuracy_m\":30000,\"geometry\":{\"type\":\"Point\",\"coordinates\":[%."
			"6f,-45.6]}}",
			east);
		ok(json_parse(buf_text(&b), b.size, 0, &mem, &v, &e));
		ok(fields_from_json(store_form(st, hazard), v, false, &mem, &rev.fields, &e));
		ok(submit_add(st, &rev, 1, NULL, &e));
		buf_done(&b);
	}
	ok(submit_commit(st, &done, &e));
}

static void
decide_last(const char *type)
{
	char about[32];
	const char *const id[] = { about };
	const struct decide_options o = {
		.type = type, .by = "Anna", .reason = "checked", .id = id, .ids = 1
	};
	struct decide_result done;

	(void)snprintf(about, sizeof(about), "@%lld", (long long)store_log_size(st) - 2);
	ok(decide_run(st, &o, &done, &e));
}

static void
test_past(void **state)
{
	int hazard = store_kind(st, "hazard");
	int64_t size[6], n = 0;
	struct geom_box box = { -127, -46, -124, -45 };
	int64_t day = clock_days(2026, 2, 1);

	(void)state;
	size[n++] = store_log_size(st);
	change("20", -126.5);
	size[n++] = store_log_size(st);
	decide_last("approval");
	size[n++] = store_log_size(st);
	change("400", -125.5);
	decide_last("return");
	size[n++] = INT64_MAX;
	for (int i = 0; i < n; i++)
		for (int k = 0; k < (int)store_kind_count(st); k++) {
			compare_past(k, INT64_MAX, size[i]);
			compare_past(k, day, size[i]);
		}
	for (int i = 0; i < n; i++)
		for (int role = ACCESS_PUBLIC; role <= ACCESS_OPERATOR; role += 2) {
			compare(hazard, (enum access_role)role, INT64_MAX, size[i], NULL, 11);
			compare(hazard, (enum access_role)role, INT64_MAX, size[i], &box, 2);
			compare(hazard, (enum access_role)role, day, size[i], NULL, 50);
			compare(hazard, (enum access_role)role, day, size[i], &box, 50);
		}
}

static enum err_code
refuse(void *ctx, const struct shown *row, int64_t number, bool *stop, struct err *err)
{
	(void)row;
	(void)number;
	*stop = true;
	return err_set(err, ERR_CONFLICT, "%s", (const char *)ctx);
}

static bool
no_danger(void *ctx, const struct shown *row)
{
	(void)ctx;
	assert_null(row->fields.geom); /* not made yet */
	return row->as != SHOWN_DANGER;
}

static void
test_calls(void **state)
{
	struct page_question q = { .as_of_days = INT64_MAX, .known_size = INT64_MAX };
	struct page_calls c = { .row = refuse, .ctx = "enough" };
	struct page_reader *p = NULL;
	struct geom_box extent;
	bool any = false;
	struct uuid id = { { 1 } };

	(void)state;
	ok(page_open(st, store_kind(st, "hazard"), ACCESS_PUBLIC, &p, &e));
	assert_int_equal(page_walk(p, &q, &c, &e), ERR_CONFLICT);
	assert_string_equal(e.text, "enough");
	c = (struct page_calls){ .keep = no_danger, .row = take_page, .ctx = &got };
	got.count = 0, got.last = 0, got.most = 0;
	ok(page_walk(p, &q, &c, &e));
	assert_true(got.count > 0 && got.count < 150);
	assert_int_equal(page_record(p, &q, id, &c, &e), ERR_NOTFOUND);
	assert_string_equal(e.text, "there is no such hazard");
	ok(page_extent(p, &any, &extent, &e));
	assert_true(any && extent.min_lon_deg < extent.max_lon_deg);
	page_close(p);
	ok(page_open(st, store_kind(st, "victim"), ACCESS_PUBLIC, &p, &e));
	ok(page_extent(p, &any, &extent, &e));
	assert_false(any);
	page_close(p);
}

static int
setup(void **state)
{
	const struct generate_options o = {
		.hazards = 150, .accidents = 20, .finds = 60, .seed = 3
	};
	char path[100], home[100];

	(void)state;
	arena_init(&mem, (size_t)1 << 30);
	rng_seed(&r, 11, 4);
	assert_non_null(mkdtemp(folder));
	(void)snprintf(home, sizeof(home), "%s/home", folder);
	(void)snprintf(path, sizeof(path), "%s/r.gpkg", folder);
	assert_int_equal(setenv("FALLOW_HOME", home, 1), 0);
	ok(store_init(path, "XXA", "Test", &e));
	ok(store_open(path, STORE_WRITE, &st, &e));
	ok(generate_run(st, &o, &e));
	return 0;
}

static int
remove_one(const char *path, const struct stat *s, int type, struct FTW *at)
{
	(void)s;
	(void)type;
	(void)at;
	return remove(path);
}

static int
teardown(void **state)
{
	(void)state;
	(void)nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	store_close(st);
	arena_done(&mem);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same),
		cmocka_unit_test(test_boxes),
		cmocka_unit_test(test_past),
		cmocka_unit_test(test_calls),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
