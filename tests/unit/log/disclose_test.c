#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "log/disclose.h"
#include "vectors.h"

/* The cases of a file in tests/cases/log; free with arena_done. */
static struct json_value *
cases(const char *name, struct arena *mem)
{
	struct buf b;
	struct json_value *v;
	struct err e;

	read_case(name, &b);
	arena_init(mem, 0);
	if (json_parse(b.data, b.size, 0, mem, &v, &e) != ERR_OK)
		fail_msg("%s: %s", name, e.text);
	buf_done(&b);
	assert_true(v->count > 0);
	return v->first;
}

static void
test_salts(void **state)
{
	struct arena mem;

	(void)state;
	for (struct json_value *c = cases("salts.json", &mem); c; c = c->next) {
		uint8_t key[32];
		uint8_t want[23][16];
		uint8_t got[23][16];
		size_t n = 0;

		must_unhex(json_get_string(c, "key"), key, 32);
		for (struct json_value *s = json_get(c, "salts")->first; s; s = s->next)
			must_unhex(s->string, want[n++], 16);
		assert_int_equal(n, 23);
		/* every part of the list, from every place */
		for (size_t first = 0; first < n; first++) {
			for (size_t count = 0; first + count <= n; count++) {
				memset(got, 0xaa, sizeof got);
				disclose_salts(key, first, count, got);
				assert_memory_equal(got, want[first], 16 * count);
				if (count < n)
					assert_int_equal(got[count][0], 0xaa);
			}
		}
	}
	arena_done(&mem);
}

static void
test_disclosures(void **state)
{
	struct arena mem;

	(void)state;
	for (struct json_value *c = cases("disclosures.json", &mem); c; c = c->next) {
		const struct json_value *name = json_get(c, "name");
		const struct json_value *value = json_get(c, "value");
		const char *want = json_get_string(c, "disclosure");
		const char *twin = json_get_string(c, "twin");
		uint8_t salt[16];
		uint8_t hash[32];
		char digest[64];
		struct disclosure d;
		struct buf b;
		struct err e;

		must_unhex(json_get_string(c, "salt"), salt, 16);
		buf_init(&b, 0);
		disclose_write(&b, salt, name->string, name->count, value->string, value->count);
		assert_true(buf_ok(&b));
		assert_string_equal(buf_text(&b), want);
		disclose_hash(b.data, b.size, hash);
		(void)text_base64url(hash, 32, digest);
		assert_string_equal(digest, json_get_string(c, "digest"));
		assert_int_equal(disclose_parse(b.data, b.size, &mem, &d, &e), ERR_OK);
		assert_memory_equal(d.digest, hash, 32);
		assert_int_equal(d.name_size, name->count);
		assert_string_equal(d.name, name->string);
		assert_int_equal(d.value_size, value->count);
		assert_string_equal(d.value, value->string);
		assert_int_equal(disclose_parse(twin, strlen(twin), &mem, &d, &e), ERR_OK);
		assert_memory_not_equal(d.digest, hash, 32);
		buf_done(&b);
	}
	arena_done(&mem);
}

static void
test_refused(void **state)
{
	struct arena mem;

	(void)state;
	for (struct json_value *c = cases("disclosures.refused.json", &mem); c; c = c->next) {
		const struct json_value *s = json_get(c, "disclosure");
		struct disclosure d = { .name = "untouched" };
		struct err e;

		if (disclose_parse(s->string, s->count, &mem, &d, &e) != ERR_INVALID)
			fail_msg("not refused: %s", json_get_string(c, "why"));
		assert_string_equal(d.name, "untouched");
	}
	arena_done(&mem);
}

/* White space and escapes are the sender's affair: hashed as received, the value as it was sent. */
static void
test_as_received(void **state)
{
	static const char json[] =
		" [ \"AAAAAAAAAAAAAAAAAAAAAA\" ,\t\"a\\u0062\" ,\n {\"x\": [1, \"]\"]} ] ";
	char text[200];
	uint8_t hash[32];
	struct disclosure d;
	struct arena mem;
	struct err e;
	const size_t n = text_base64url((const uint8_t *)json, sizeof json - 1, text);

	(void)state;
	arena_init(&mem, 0);
	assert_int_equal(disclose_parse(text, n, &mem, &d, &e), ERR_OK);
	assert_string_equal(d.name, "ab");
	assert_string_equal(d.value, "{\"x\": [1, \"]\"]}");
	disclose_hash(text, n, hash);
	assert_memory_equal(d.digest, hash, 32);
	arena_done(&mem);
}

/* A value that no longer fits, and one byte past the limit on reading. */
static void
test_limits(void **state)
{
	struct buf b;
	struct arena mem;
	struct disclosure d;
	struct err e;
	uint8_t salt[16] = { 0 };
	char *big;

	(void)state;
	buf_init(&b, 40);
	disclose_write(&b, salt, "name", 4, "\"value\"", 7);
	assert_false(buf_ok(&b));
	buf_done(&b);
	arena_init(&mem, 0);
	buf_init(&b, 0);
	big = buf_reserve(&b, (size_t)DISCLOSE_MAX_BYTES + 1);
	assert_non_null(big);
	memset(big, 'A', (size_t)DISCLOSE_MAX_BYTES + 1);
	assert_int_equal(disclose_parse(big, (size_t)DISCLOSE_MAX_BYTES + 1, &mem, &d, &e),
	                 ERR_LIMIT);
	assert_int_equal(disclose_parse(big, (size_t)DISCLOSE_MAX_BYTES, &mem, &d, &e),
	                 ERR_INVALID);
	buf_done(&b);
	arena_done(&mem);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_salts),   cmocka_unit_test(test_disclosures),
		cmocka_unit_test(test_refused), cmocka_unit_test(test_as_received),
		cmocka_unit_test(test_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
