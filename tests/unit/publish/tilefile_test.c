/* A set of tiles that went through a file is the one that was made in memory: the same items in the
 * same order, every outline word for word; and in the file what lies together stands together. */
#define _XOPEN_SOURCE 700
#include "../folder.h"

#include <math.h>

#include "ingest/entry.h"
#include "ingest/generate.h"
#include "publish/tilefile.h"

static struct store *st;
static struct pool *pool;

static void
hazard(const char *outline)
{
	const char *set[] = { outline, "status=open", "class=sha" };
	struct entry_options o = { .kind = "hazard", .set = set, .sets = 3, .author = "A" };
	struct entry_result r;
	struct err e = { 0 };

	if (entry_run(st, &o, &r, &e))
		fail_msg("%s", e.text);
}

/* A ring of n points of a radius in degrees, or a hole when n is negative. */
static void
ring(struct buf *b, int n, double radius)
{
	int count = n < 0 ? -n : n;

	for (int i = 0; i <= count; i++) {
		double a = 2 * 3.14159265358979 * (i % count) / (n < 0 ? -count : count);

		buf_printf(b, "%s%.7f %.7f", i ? "," : "(", -125 + radius * cos(a),
		           -46 + radius * sin(a));
	}
	buf_addc(b, ')');
}

static int
set_up(void **state)
{
	struct generate_options g = {
		.hazards = 2 * TILEFILE_MANY + 4000, .accidents = 1, .finds = 1, .seed = 9
	};
	struct buf b;

	(void)state;
	pool = pool_create(2);
	g.pool = pool;
	if (folder_make() || store_open(path, STORE_WRITE, &st, NULL) || generate_run(st, &g, NULL))
		return -1;
	/* larger than is read at once, with holes, in whole words, of two parts */
	for (int i = 0; i < 4; i++) {
		buf_init(&b, 0);
		buf_adds(&b, i < 3 ? "geometry=POLYGON (" : "geometry=MULTIPOLYGON ((");
		ring(&b, i == 1 ? 5000 : 70, i == 2 ? 3.5 : 0.4);
		if (i != 1) {
			buf_addc(&b, ',');
			ring(&b, -300, 0.1);
		}
		buf_adds(&b, i < 3 ? ")" : "),((-124 -45,-123.9 -45,-124 -44.9,-124 -45)))");
		hazard(buf_text(&b));
		buf_done(&b);
	}
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	pool_free(pool);
	store_close(st);
	return folder_remove();
}

/* Words of an outline, as src/publish/tile.c walks it. */
static size_t
words_of(const struct tileset *s, const struct tileset_item *i)
{
	const uint32_t *w = s->outline + i->outline, *begin = w;

	for (uint32_t rings = *w++; rings > 0; rings--) {
		uint32_t n = *w & ~TILESET_HOLE;

		w += 1 + ((size_t)n << !!(i->flags & TILESET_WIDE));
	}
	return (size_t)(w - begin);
}

static void
same_sets(const struct tileset *a, const struct tileset *b)
{
	size_t areas = 0, longest = 0, wide = 0;
	uint32_t next = 0;

	assert_int_equal(a->count, b->count);
	assert_int_equal(a->outline_words, b->outline_words);
	for (uint32_t i = 0; i < a->count; i++) {
		struct tileset_item x = a->item[i], y = b->item[i];

		assert_memory_equal(&a->box[i], &b->box[i], sizeof(a->box[i]));
		if (x.flags & TILESET_AREAL) {
			size_t n = words_of(a, &x);

			assert_int_equal(n, words_of(b, &y));
			assert_memory_equal(a->outline + x.outline, b->outline + y.outline, n * 4);
			assert_int_equal(x.outline, next); /* one behind the other */
			next += (uint32_t)n;
			areas++;
			longest = n > longest ? n : longest;
			wide += x.flags & TILESET_WIDE ? 1 : 0;
			x.outline = y.outline = 0;
		}
		assert_memory_equal(&x, &y, sizeof(x));
	}
	assert_int_equal(next, a->outline_words);
	assert_true(areas > 5000 && longest > 5000 && wide >= 1);
}

static void
file_and_memory(void **state)
{
	static const enum access_role role[] = { ACCESS_LEGAL, ACCESS_PUBLIC };
	const struct tileset_kind *k = tileset_kind_find("hazard");
	char name[400];

	(void)state;
	(void)snprintf(name, sizeof(name), "%s.tiles/hazard", path);
	for (size_t i = 0; i < COUNT_OF(role); i++) {
		struct tileset *file = NULL, *memory = NULL;
		struct err e = { 0 };

		if (tileset_build_now(st, k, role[i], 7, name, &file, &e) ||
		    tileset_build_now(st, k, role[i], 7, NULL, &memory, &e))
			fail_msg("%s", e.text);
		assert_non_null(file->map);
		assert_null(memory->map);
		same_sets(file, memory);
		tilefile_rest(file); /* and is there again */
		tilefile_rest(memory);
		same_sets(file, memory);
		tileset_free(file);
		tileset_free(memory);
		assert_int_equal(unlink(name), 0);
	}
}

static int
only_name(void *ctx, const char *name)
{
	(void)ctx;
	assert_string_equal(name, "hazard");
	return 0;
}

/* No temporary file stays behind, and a folder that takes none leaves the set in memory. */
static void
what_stays(void **state)
{
	const struct tileset_kind *k = tileset_kind_find("hazard");
	struct tileset *s = NULL;
	struct err e = { 0 };
	char name[420], dir[400];

	(void)state;
	(void)snprintf(dir, sizeof(dir), "%s.tiles", path);
	(void)snprintf(name, sizeof(name), "%s/hazard", dir);
	assert_int_equal(tileset_build_now(st, k, ACCESS_LEGAL, 7, name, &s, &e), ERR_OK);
	tileset_free(s);
	assert_int_equal(file_list(dir, only_name, NULL, &e), ERR_OK);
	assert_int_equal(tileset_build_now(st, k, ACCESS_LEGAL, 7, "/proc/none/hazard", &s, &e),
	                 ERR_OK);
	assert_null(s->map);
	assert_true(s->count > 5000);
	tileset_free(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(file_and_memory),
		cmocka_unit_test(what_stays),
	};

	return cmocka_run_group_tests_name("tilefile", tests, set_up, tear_down);
}
