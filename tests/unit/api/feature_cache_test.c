/* Kept features: found again, forgotten, never more than allowed; the short form at full length. */
#include "../unit.h"

#include <stdio.h>
#include <string.h>

#include "api/feature_cache.h"

static const struct geom_box box = { 10.1, 50.1, 10.2, 50.2 }, nowhere = { 1, 1, -1, -1 };

static void
test_keep(void **state)
{
	size_t used = 0, size = 0;
	struct feature_cache *c = feature_cache_create(&used);
	const char *s = NULL;
	struct geom_box b;
	bool full = true;
	char text[20];

	(void)state;
	assert_non_null(c);
	assert_int_equal(feature_cache_state(c), -1);
	assert_false(feature_cache_get(c, 1, &s, &size, &b));
	for (int64_t i = 1; i <= 5000; i++) {
		int n = snprintf(text, sizeof(text), "%lld", (long long)i);

		feature_cache_put(c, i * 1000003, text, (size_t)n, i % 2 ? box : nowhere, &full);
		assert_false(full);
	}
	for (int64_t i = 1; i <= 5000; i++) {
		int n = snprintf(text, sizeof(text), "%lld", (long long)i);

		assert_true(feature_cache_get(c, i * 1000003, &s, &size, &b));
		assert_int_equal(size, n);
		assert_memory_equal(s, text, size);
		if (i % 2) /* rounded outward, by less than a metre */
			assert_true(b.min_lon_deg <= 10.1 && b.max_lon_deg >= 10.2 &&
			            b.min_lat_deg <= 50.1 && b.max_lat_deg >= 50.2 &&
			            b.max_lat_deg - 50.2 < 1e-5 && 10.1 - b.min_lon_deg < 1e-5);
		else
			assert_true(b.min_lon_deg > b.max_lon_deg);
	}
	feature_cache_drop(c, 3 * 1000003);
	feature_cache_drop(c, 7); /* was never there */
	assert_false(feature_cache_get(c, 3 * 1000003, &s, &size, &b));
	assert_true(feature_cache_get(c, 4 * 1000003, &s, &size, &b));
	assert_true(used > 0);
	feature_cache_clear(c);
	assert_int_equal(used, 0);
	assert_false(feature_cache_get(c, 4 * 1000003, &s, &size, &b));
	feature_cache_free(c);
	feature_cache_free(NULL);
}

static void
test_limit(void **state)
{
	static char big[100000];
	size_t used = 0, size, kept = 0;
	struct feature_cache *c = feature_cache_create(&used);
	const char *s;
	struct geom_box b;
	bool full = false;
	int64_t i;

	(void)state;
	for (i = 1; !full && i < 100000; i++) {
		feature_cache_put(c, i, big, sizeof(big), box, &full);
		assert_true(used <= FEATURE_CACHE_BYTES);
		kept += feature_cache_get(c, i, &s, &size, &b);
	}
	/* what was kept stays until as many again were asked for in vain */
	assert_true(full && kept > FEATURE_CACHE_BYTES / sizeof(big) / 4 * 3 &&
	            (size_t)i > 2 * kept && (size_t)i < 3 * kept + 10);
	assert_true(feature_cache_get(c, 1, &s, &size, &b));
	feature_cache_put(c, 1 << 20, big, 1 << 20, box, &full); /* a giant: not worth its room */
	assert_false(feature_cache_get(c, 1 << 20, &s, &size, &b));
	feature_cache_free(c);
	assert_int_equal(used, 0);
}

/* Two that share the room: the second finds none, until the first is cleared for it. */
static void
test_shared(void **state)
{
	static char big[100000];
	size_t used = 0, size;
	struct feature_cache *a = feature_cache_create(&used), *b = feature_cache_create(&used);
	const char *s;
	struct geom_box box_of;
	bool full = false;

	(void)state;
	for (int64_t i = 1; i < 1000; i++)
		feature_cache_put(a, i, big, sizeof(big), box, &full);
	assert_int_equal(feature_cache_bytes(a), used);
	assert_true(used > FEATURE_CACHE_BYTES / 10 * 9);
	for (int64_t i = 1; i < 20 && !full; i++)
		feature_cache_put(b, i, big, sizeof(big), box, &full);
	assert_true(full);
	assert_true(feature_cache_bytes(b) < feature_cache_bytes(a));
	feature_cache_clear(a);
	feature_cache_reopen(b);
	feature_cache_put(b, 77, big, sizeof(big), box, &full);
	assert_true(feature_cache_get(b, 77, &s, &size, &box_of));
	assert_int_equal(used, feature_cache_bytes(b));
	feature_cache_free(a);
	feature_cache_free(b);
	assert_int_equal(used, 0);
}

static void
test_short(void **state)
{
	static const struct feature_word word[300] = { [0] = { ",\"a\":", 5, ",\"a\":null", 9 },
		                                       [127] = { ",\"b\":", 5, ",\"b\":null", 9 },
		                                       [299] = { ",\"c\":", 5, ",\"c\":null", 9 } };
	struct buf b, out;

	(void)state;
	buf_init(&b, 0);
	buf_init(&out, 0);
	buf_adds(&b, "{\"type\":\"Feature with \xd1\x97 in it\"");
	feature_sign(&b, FEATURE_NAME, 0);
	buf_adds(&b, "1");
	feature_sign(&b, FEATURE_NULL, 127);
	feature_sign(&b, FEATURE_NULL, 299);
	feature_sign(&b, FEATURE_NAME, 127);
	buf_adds(&b, "\"text\"}");
	feature_expand(b.data, b.size, word, &out);
	assert_string_equal(buf_text(&out),
	                    "{\"type\":\"Feature with \xd1\x97 in it\",\"a\":1,\"b\":"
	                    "null,\"c\":null,\"b\":\"text\"}");
	buf_reset(&out);
	feature_expand("", 0, word, &out);
	assert_int_equal(out.size, 0);
	buf_done(&b);
	buf_done(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keep),
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_shared),
		cmocka_unit_test(test_short),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
