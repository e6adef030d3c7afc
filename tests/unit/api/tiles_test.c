/* Addresses of tiles: which are there, for whom, and what says so. What the tiles hold is judged by
 * other programs in tests/e2e/tiles.py. */
#define _XOPEN_SOURCE 700
#include "../unit.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/route.h"
#include "ingest/generate.h"

static char folder[] = "/tmp/fallow_tiles_XXXXXX";
static struct site site;
static struct arena mem;
static struct err e;

static int
setup(void **state)
{
	static char path[100];
	const char *list[1] = { path };
	char home[100];
	struct store *st = NULL;
	struct generate_options o = { .hazards = 60, .accidents = -1, .finds = -1, .seed = 5 };

	(void)state;
	arena_init(&mem, 0);
	assert_non_null(mkdtemp(folder));
	(void)snprintf(home, sizeof(home), "%s/home", folder);
	(void)snprintf(path, sizeof(path), "%s/r.gpkg", folder);
	assert_int_equal(setenv("FALLOW_HOME", home, 1), 0);
	assert_int_equal(store_init(path, "XXA", "Test", &e), ERR_OK);
	assert_int_equal(store_open(path, STORE_WRITE, &st, &e), ERR_OK);
	assert_int_equal(generate_run(st, &o, &e), ERR_OK);
	store_close(st);
	return site_open(list, 1, STORE_READ, &site, &e) == ERR_OK ? 0 : -1;
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
	site_close(&site);
	(void)nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	arena_done(&mem);
	return 0;
}

static struct reply
get(const char *path, enum serve_role role, const struct ask_pair *query, size_t n)
{
	struct ask q = { .method = ASK_GET,
		         .path = path,
		         .base = "http://h",
		         .raw_query = "",
		         .query = query,
		         .query_count = n,
		         .mem = &mem,
		         .who = { .role = role } };
	struct reply r;

	reply_init(&r, 0);
	route_answer(&site, &q, &r);
	return r;
}

static void
test_addresses(void **state)
{
	static const struct {
		const char *path;
		int status;
	} c[] = {
		{ "/tiles/all/0/0/0.mvt", 200 },           { "/tiles/hazard/0/0/0.mvt", 200 },
		{ "/tiles/hazard/16/65535/0.mvt", 200 },   { "/tiles/hazard/0/1/0.mvt", 404 },
		{ "/tiles/hazard/17/0/0.mvt", 404 },       { "/tiles/hazard/0/0/0", 404 },
		{ "/tiles/hazard/0/0/x.mvt", 404 },        { "/tiles/hazard/0/-0/0.mvt", 404 },
		{ "/tiles/hazard/00000000/0/0.mvt", 404 }, { "/tiles/none/0/0/0.mvt", 404 },
		{ "/tiles/hazard_point/0/0/0.mvt", 404 },  { "/tiles/all/tilejson.json", 200 },
		{ "/r/r/tiles/all/0/0/0.mvt", 200 },       { "/tiles/none/tilejson.json", 404 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(c); i++) {
		struct reply r = get(c[i].path, SERVE_PUBLIC, NULL, 0);

		assert_int_equal(r.status, c[i].status);
		if (r.status == 200 && strstr(c[i].path, ".mvt"))
			assert_string_equal(r.type, "application/vnd.mapbox-vector-tile");
		assert_true(r.status != 200 || (r.cacheable && *r.etag));
		reply_done(&r);
		arena_reset(&mem);
	}
}

static bool
says(const struct reply *r, const char *word)
{
	size_t n = strlen(word);

	for (size_t i = 0; i + n <= r->body.size; i++)
		if (memcmp(r->body.data + i, word, n) == 0)
			return true;
	return false;
}

/* Layers that a role may not see are not there, by name or otherwise. */
static void
test_roles(void **state)
{
	static const char *const hidden[] = { "ordnance", "accident", "minefield_record",
		                              "activity" };
	struct reply open = get("/tiles/all/0/0/0.mvt", SERVE_PUBLIC, NULL, 0);
	struct reply all = get("/tiles/all/0/0/0.mvt", SERVE_OFFICER, NULL, 0);
	struct reply about = get("/tiles/all/tilejson.json", SERVE_PUBLIC, NULL, 0);

	(void)state;
	assert_true(says(&open, "hazard_point") && says(&all, "hazard_point"));
	for (size_t i = 0; i < COUNT_OF(hidden); i++) {
		char path[100];
		struct reply r;

		assert_false(says(&open, hidden[i]) || says(&about, hidden[i]));
		if (i < 2) /* those that the generated country draws */
			assert_true(says(&all, hidden[i]));
		(void)snprintf(path, sizeof(path), "/tiles/%s/0/0/0.mvt", hidden[i]);
		r = get(path, SERVE_REPORTER, NULL, 0);
		assert_int_equal(r.body.size, 0);
		reply_done(&r);
	}
	assert_true(says(&about, "\"tilejson\":\"3.0.0\"") &&
	            says(&about, "http://h/tiles/all/{z}/{x}/{y}.mvt"));
	reply_done(&open);
	reply_done(&all);
	reply_done(&about);
}

static void
test_past(void **state)
{
	const struct ask_pair before = { "as-of", "1990-01-01" }, bad = { "as-of", "1990" },
			      unknown = { "known-at", "1990-01-01" },
			      later = { "known-at", "2999-01-01T00:00:00Z" };
	struct reply now = get("/tiles/hazard/0/0/0.mvt", SERVE_PUBLIC, NULL, 0), r;

	(void)state;
	assert_true(now.body.size > 0);
	r = get("/tiles/hazard/0/0/0.mvt", SERVE_PUBLIC, &before, 1);
	assert_int_equal(r.status, 200);
	assert_int_equal(r.body.size, 0);
	reply_done(&r);
	r = get("/tiles/hazard/0/0/0.mvt", SERVE_PUBLIC, &unknown, 1);
	assert_int_equal(r.body.size, 0);
	reply_done(&r);
	r = get("/tiles/hazard/0/0/0.mvt", SERVE_PUBLIC, &bad, 1);
	assert_int_equal(r.status, 400);
	reply_done(&r);
	r = get("/tiles/hazard/0/0/0.mvt", SERVE_PUBLIC, &later, 1);
	assert_int_equal(r.status, 400); /* what will be known then, nobody can tell */
	reply_done(&r);
	reply_done(&now);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_roles),
		cmocka_unit_test(test_past),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
