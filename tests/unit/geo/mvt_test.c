/* Vector tiles: the examples of the specification (github.com/mapbox/vector-tile-spec, 2.1, section
 * 4.3.5) and one whole tile written out by hand from its protocol buffer definition. */
#include "../unit.h"

#include <stdio.h>
#include <string.h>

#include "geo/mvt.h"

/* The geometry words of the only feature, as the specification prints them. */
static void
expect_words(struct buf *tile, const char *words)
{
	const uint8_t *p = (const uint8_t *)tile->data, *end = p + tile->size;
	char text[400] = "";
	size_t n = 0;

	/* version 2, name "l", feature: type, geometry; the geometry stands behind its tag 0x22 */
	while (p < end && !(p[0] == 0x18 && p[2] == 0x22))
		p++;
	assert_true(p < end);
	end = p + 4 + p[3];
	for (p += 4; p < end;) {
		uint32_t v = 0, shift = 0;

		do {
			v |= (uint32_t)(*p & 0x7f) << shift;
			shift += 7;
		} while (*p++ & 0x80);
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%u", n ? " " : "", v);
	}
	assert_string_equal(text, words);
}

static void
begin(struct mvt *m, struct buf *out)
{
	buf_init(out, 0);
	mvt_init(m, out);
	mvt_layer(m, "l", 4096);
	mvt_feature(m, 0);
}

static void
end_with(struct mvt *m, struct buf *out, const char *words)
{
	mvt_layer_end(m);
	assert_true(mvt_ok(m));
	expect_words(out, words);
	mvt_done(m);
	buf_done(out);
}

static void
test_examples(void **state)
{
	static const int32_t point[] = { 25, 17 }, points[] = { 5, 7, 3, 2 },
			     line[] = { 2, 2, 2, 10, 10, 10 }, area[] = { 3, 6, 8, 12, 20, 34 },
			     areas[] = { 0,  0,  10, 0,  10, 10, 0,  10, 11, 11, 20, 11,
		                         20, 20, 11, 20, 13, 13, 13, 17, 17, 17, 17, 13 };
	static const uint32_t one[] = { 3 }, three[] = { 4, 8, 12 };
	struct mvt m;
	struct buf out;

	(void)state;
	begin(&m, &out);
	mvt_points(&m, point, 1);
	end_with(&m, &out, "9 50 34");
	begin(&m, &out);
	mvt_points(&m, points, 2);
	end_with(&m, &out, "17 10 14 3 9");
	begin(&m, &out);
	mvt_line(&m, line, 3);
	end_with(&m, &out, "9 4 4 18 0 16 16 0");
	begin(&m, &out);
	mvt_area(&m, area, one, 1);
	end_with(&m, &out, "9 6 12 18 10 12 24 44 15");
	begin(&m, &out);
	mvt_area(&m, areas, three, 3);
	end_with(&m, &out,
	         "9 0 0 26 20 0 0 20 19 0 15 9 22 2 26 18 0 0 18 17 0 15 9 4 13 26 0 8 8 0 0 7 15");
}

static void
test_whole_tile(void **state)
{
	static const uint8_t want[] = {
		0x1a, 0x37,                            /* layer, 55 bytes */
		0x78, 2,    0x0a, 1,    'h',           /* version 2, name "h" */
		0x1a, 1,    'c',  0x1a, 1,   'u',      /* keys "c", "u" */
		0x28, 0x80, 0x20,                      /* extent 4096 */
		0x12, 0x0f, 0x08, 0x07,                /* feature, id 7 */
		0x12, 4,    0,    0,    1,   1,        /* c = value 0, u = value 1 */
		0x18, 1,    0x22, 3,    9,   50,  34,  /* point 25 17 */
		0x12, 0x0b, 0x12, 2,    0,   0,        /* feature without id, c = value 0 */
		0x18, 1,    0x22, 3,    9,   1,   2,   /* point -1 1 */
		0x22, 5,    0x0a, 3,    'c', 'h', 'a', /* value "cha" */
		0x22, 2,    0x38, 1,                   /* value true */
	};
	static const int32_t a[] = { 25, 17 }, b[] = { -1, 1 };
	struct mvt m;
	struct buf out;

	(void)state;
	buf_init(&out, 0);
	mvt_init(&m, &out);
	mvt_layer(&m, "nothing", 4096); /* a layer without features leaves no bytes */
	mvt_layer_end(&m);
	mvt_layer(&m, "h", 4096);
	mvt_feature(&m, 7);
	mvt_text(&m, "c", "cha");
	mvt_text(&m, "n", NULL);
	mvt_bool(&m, "u", true);
	mvt_points(&m, a, 1);
	mvt_feature(&m, 0);
	mvt_text(&m, "c", "cha");
	mvt_points(&m, b, 1);
	mvt_layer_end(&m);
	assert_true(mvt_ok(&m));
	assert_int_equal(out.size, sizeof(want));
	assert_memory_equal(out.data, want, sizeof(want));
	mvt_done(&m);
	buf_done(&out);
}

/* Many values: each stands once, whatever the order; one key too many fails the tile. */
static void
test_values(void **state)
{
	static const char *const key[] = { "a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k",
		                           "l", "m", "n", "o", "p", "q", "r", "s", "t", "u", "v",
		                           "w", "x", "y", "z", "1", "2", "3", "4", "5", "6", "7" };
	static const int32_t at[] = { 1, 1 };
	struct mvt m;
	struct buf out;
	size_t once;

	(void)state;
	begin(&m, &out);
	for (int round = 0; round < 2; round++) {
		for (int64_t i = 0; i < 3000; i++) {
			mvt_feature(&m, 0);
			mvt_int(&m, "n", i * i * 1000003);
			mvt_points(&m, at, 1);
		}
		assert_int_equal(m.value_count, 3000);
	}
	once = m.values.size;
	mvt_feature(&m, 0);
	mvt_int(&m, "n", 0);
	assert_int_equal(m.values.size, once);
	mvt_layer_end(&m);
	assert_true(mvt_ok(&m));
	mvt_layer(&m, "k", 4096);
	for (size_t i = 0; i < COUNT_OF(key); i++) {
		assert_true(i <= MVT_KEYS && mvt_ok(&m));
		mvt_feature(&m, 0);
		mvt_bool(&m, key[i], true);
		mvt_points(&m, at, 1);
	}
	assert_false(mvt_ok(&m));
	mvt_done(&m);
	buf_done(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_examples),
		cmocka_unit_test(test_whole_tile),
		cmocka_unit_test(test_values),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
