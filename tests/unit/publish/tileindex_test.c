/* Tiles after a change are those of a register read anew: random submissions, every role, several
 * zooms, with and without the file, across the sizes at which sets are made again. */
#define _XOPEN_SOURCE 700
#include "../unit.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "publish/tileindex.h"
#include "store/history.h"
#include "store/submit.h"

enum {
	MOST = 4000
};

static char folder[] = "/tmp/fallow_tileindex_XXXXXX";
static char file[120];
static struct store *st;
static struct arena mem;
static struct err e;
static struct rng r;
static struct uuid id[MOST];
static int kind_of[MOST];
static size_t records;

static void
ok(enum err_code rc)
{
	if (rc)
		print_error("%s\n", e.text);
	assert_int_equal(rc, ERR_OK);
}

/* Hand in a revision: a new record, or one that follows all earlier ones of a record. */
static void
put(size_t which)
{
	static const char *const class[] = { "sha", "cha", "eod_spot", "battle_area" };
	bool is_new = which == records, ordnance;
	struct submit_revision rev = {
		.kind = is_new ? store_kind(st, rng_below(&r, 4) ? "hazard" : "ordnance")
		               : kind_of[which]
	};
	struct json_value *v = NULL;
	uint8_t(*parents)[32];
	struct history_revision *list = NULL;
	size_t n = 0;
	double lon = -125 + 0.2 * rng_f64(&r), lat = -46 + 0.2 * rng_f64(&r), s;
	struct buf b;

	s = 0.0005 + 0.01 * rng_f64(&r) * rng_f64(&r);
	ordnance = rev.kind == store_kind(st, "ordnance");
	buf_init(&b, 1u << 20);
	if (ordnance)
		buf_printf(&b,
		           "{\"valid_from\":\"2024-05-17\",\"category\":\"air_bomb\","
		           "\"disposal_method\":\"%s\",\"geometry\":{\"type\":\"Point\","
		           "\"coordinates\":[%.9f,%.9f]}}",
		           rng_below(&r, 2) ? "burnt" : "left_marked", lon, lat);
	else
		buf_printf(&b,
		           "{\"valid_from\":\"2024-05-17\",\"class\":\"%s\",\"status\":\"open\","
		           "\"geometry\":{\"type\":\"Polygon\",\"coordinates\":[[[%.9f,%.9f],"
		           "[%.9f,%.9f],[%.9f,%.9f],[%.9f,%.9f]]]}}",
		           class[rng_below(&r, 4)], lon, lat, lon + s, lat, lon, lat + s, lon, lat);
	ok(json_parse(buf_text(&b), b.size, 0, &mem, &v, &e));
	ok(fields_from_json(store_form(st, rev.kind), v, false, &mem, &rev.fields, &e));
	buf_done(&b);
	if (is_new) {
		ok(submit_new_id(&id[records], &e));
		kind_of[records++] = rev.kind;
	} else {
		int kind;

		ok(history_find(st, id[which], &kind, &rev.fid, &e));
		ok(history_load(st, id[which], INT64_MAX, &mem, &list, &n, &e));
		parents = arena_calloc(&mem, n, sizeof(*parents));
		for (size_t i = 0; i < n; i++)
			memcpy(parents[i], list[i].rev.leaf, 32);
		rev.parents = (const uint8_t(*)[32])parents;
		rev.parent_count = n;
	}
	rev.id = id[which];
	ok(submit_add(st, &rev, 1, NULL, &e));
}

static void
submit(int changes)
{
	const struct submit_about about = { .author = "test", .remark = "" };
	struct submit_result done;

	arena_reset(&mem);
	ok(submit_begin(st, &about, &e));
	for (int i = 0; i < changes; i++)
		put(records < 20 || (rng_below(&r, 3) && records < MOST) ? records
		                                                         : rng_below(&r, records));
	ok(submit_commit(st, &done, &e));
}

static size_t
tile_size(struct tiler *t, struct tileindex *x, const struct tileset_kind *k, struct tile_place at)
{
	struct tile_layer layer[TILER_SETS];
	size_t n = tileindex_layers(x, layer), size;
	struct buf out;

	buf_init(&out, 0);
	tiler_begin(t, at, &out);
	ok(tiler_end(t, tiler_add(t, k, layer, n, &e), &e));
	size = out.size;
	buf_done(&out);
	return size;
}

/* The index that was kept and one made now give the same; few values, so the same number of bytes
 * whatever the order. */
static void
compare(struct tiler *t, struct tileindex *kept, enum access_role role)
{
	static const struct tile_place at[] = {
		{ 0, 0, 0 }, { 6, 9, 41 }, { 10, 156, 659 }, { 12, 625, 2638 }, { 12, 626, 2637 }
	};
	const struct tileset_kind *k = tileset_kind_find("hazard");
	struct tileindex *fresh = tileindex_create(k, role, role, NULL);

	assert_non_null(fresh);
	ok(tileindex_refresh(kept, st, &e));
	ok(tileindex_refresh(fresh, st, &e));
	for (size_t i = 0; i < COUNT_OF(at); i++)
		assert_int_equal(tile_size(t, kept, k, at[i]), tile_size(t, fresh, k, at[i]));
	assert_true(tile_size(t, kept, k, at[0]) > 0);
	tileindex_free(fresh);
}

static void
test_changes(void **state)
{
	const struct tileset_kind *k = tileset_kind_find("hazard");
	struct tileindex *x[2];
	struct tiler *t = tiler_create();

	(void)state;
	assert_non_null(t);
	submit(60);
	x[0] = tileindex_create(k, ACCESS_PUBLIC, ACCESS_PUBLIC, file);
	x[1] = tileindex_create(k, ACCESS_LEGAL, ACCESS_LEGAL, NULL);
	for (int i = 0; i < 24; i++) {
		submit(i == 12 ? TILEINDEX_TOP + 40 : 1 + (int)rng_below(&r, 6));
		compare(t, x[0], ACCESS_PUBLIC);
		compare(t, x[1], ACCESS_LEGAL);
	}
	tileindex_free(x[0]);
	tileindex_free(x[1]);
	tiler_free(t);
}

static int
setup(void **state)
{
	char path[100], home[100];

	(void)state;
	arena_init(&mem, (size_t)1 << 30);
	rng_seed(&r, 11, 2);
	assert_non_null(mkdtemp(folder));
	(void)snprintf(home, sizeof(home), "%s/home", folder);
	(void)snprintf(path, sizeof(path), "%s/r.gpkg", folder);
	(void)snprintf(file, sizeof(file), "%s/tiles", folder);
	assert_int_equal(setenv("FALLOW_HOME", home, 1), 0);
	ok(store_init(path, "XXA", "Test", &e));
	ok(store_open(path, STORE_WRITE, &st, &e));
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
		cmocka_unit_test(test_changes),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
