#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "log/disclose.h"
#include "log/manifest.h"
#include "log/merkle.h"
#include "vectors.h"

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
	return v->first;
}

static void
read_manifest(const struct json_value *c, struct manifest *m)
{
	const char *at = json_get_string(c, "time");
	uint8_t public_key[32];
	int64_t at_utc_us;

	memset(m, 0, sizeof *m);
	must_unhex(json_get_string(c, "author_key"), public_key, 32);
	sign_key_hash(public_key, m->author);
	(void)snprintf(m->origin, sizeof m->origin, "%s", json_get_string(c, "origin"));
	must_unhex(json_get_string(c, "root"), m->root, 32);
	m->statements = (uint32_t)json_get_number(c, "statements", 0);
	assert_true(clock_parse_us(at, strlen(at), &at_utc_us));
	m->at_utc_s = at_utc_us / 1000000;
}

static void
test_cases(void **state)
{
	struct arena mem;

	(void)state;
	for (struct json_value *c = cases("manifests.json", &mem); c; c = c->next) {
		const struct json_value *want = json_get(c, "bytes");
		const struct manifest_remark r = { json_get_string(c, "author_name"),
			                           json_get_string(c, "remark"),
			                           json_get_string(c, "run"),
			                           json_get_string(c, "before"),
			                           json_get_string(c, "kept") };
		struct manifest m;
		struct manifest again;
		struct sign_key k;
		uint8_t key[32];
		uint8_t seed[32];
		uint8_t leaf[128];
		uint8_t want_leaf[128];
		uint8_t hash[32];
		uint8_t want_hash[32];
		struct buf b;
		struct err e;

		buf_init(&b, 0);
		read_manifest(c, &m);
		must_unhex(json_get_string(c, "remark_key"), key, 32);
		assert_int_equal(manifest_remark_write(&r, key, &b, m.remark, &e), ERR_OK);
		assert_string_equal(buf_text(&b), json_get_string(c, "remark_disclosure"));
		buf_reset(&b);
		assert_int_equal(manifest_write(&m, &b, &e), ERR_OK);
		assert_string_equal(buf_text(&b), want->string);
		assert_int_equal(manifest_parse(b.data, b.size, &again, &e), ERR_OK);
		assert_memory_equal(&m, &again, sizeof m);
		/* the leaf that goes into the log */
		must_unhex(json_get_string(c, "author_seed"), seed, 32);
		must_unhex(json_get_string(c, "leaf"), want_leaf, 128);
		must_unhex(json_get_string(c, "leaf_hash"), want_hash, 32);
		sign_key_from_seed(seed, &k);
		sigsum_leaf_make(&k, b.data, b.size, leaf);
		assert_memory_equal(leaf, want_leaf, 128);
		merkle_leaf(leaf, sizeof leaf, hash);
		assert_memory_equal(hash, want_hash, 32);
		assert_int_equal(manifest_verify(b.data, b.size, leaf, k.public_key, m.origin, &e),
		                 ERR_OK);
		assert_int_equal(manifest_verify(b.data, b.size, leaf, k.public_key, NULL, &e),
		                 ERR_OK);
		assert_int_equal(manifest_verify(b.data, b.size, leaf, k.public_key,
		                                 "sigsum.org/v1/tree/other", &e),
		                 ERR_VERIFY);
		assert_int_equal(manifest_verify(b.data, b.size, leaf, seed, m.origin, &e),
		                 ERR_VERIFY);
		buf_done(&b);
	}
	arena_done(&mem);
}

static void
test_refused(void **state)
{
	struct arena mem;

	(void)state;
	for (struct json_value *c = cases("manifests.refused.json", &mem); c; c = c->next) {
		const struct json_value *bytes = json_get(c, "bytes");
		const char *error = json_get_string(c, "error");
		struct manifest m = { .statements = 77 };
		struct err e;
		const enum err_code rc = manifest_parse(bytes->string, bytes->count, &m, &e);

		if (!text_eq(rc == ERR_OK ? NULL : err_name(rc), error))
			fail_msg("%s: %s", json_get_string(c, "why"), err_name(rc));
		if (rc != ERR_OK)
			assert_int_equal(m.statements, 77);
	}
	arena_done(&mem);
}

/* Every single changed bit of manifest or leaf is found. */
static void
test_flips(void **state)
{
	struct arena mem;
	struct json_value *c = cases("manifests.json", &mem);
	const struct json_value *text = json_get(c, "bytes");
	char bytes[MANIFEST_MAX_BYTES];
	uint8_t leaf[128];
	uint8_t key[32];
	struct err e;

	(void)state;
	memcpy(bytes, text->string, text->count);
	must_unhex(json_get_string(c, "leaf"), leaf, 128);
	must_unhex(json_get_string(c, "author_key"), key, 32);
	assert_int_equal(manifest_verify(bytes, text->count, leaf, key, NULL, &e), ERR_OK);
	for (size_t bit = 0; bit < 8 * text->count; bit++) {
		bytes[bit / 8] = (char)(bytes[bit / 8] ^ (1 << bit % 8));
		assert_int_not_equal(manifest_verify(bytes, text->count, leaf, key, NULL, &e),
		                     ERR_OK);
		bytes[bit / 8] = (char)(bytes[bit / 8] ^ (1 << bit % 8));
	}
	for (size_t bit = 0; bit < 8 * sizeof leaf; bit++) {
		leaf[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_int_equal(manifest_verify(bytes, text->count, leaf, key, NULL, &e),
		                 ERR_VERIFY);
		leaf[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	arena_done(&mem);
}

static void
test_ranges(void **state)
{
	struct arena mem;
	struct json_value *c = cases("manifests.json", &mem);
	struct manifest m;
	struct manifest_remark r = { "a", "b", NULL, NULL, NULL };
	uint8_t key[32] = { 0 };
	uint8_t digest[32];
	static char longer[MANIFEST_TEXT_MAX + 1];
	struct buf b;
	struct err e;

	(void)state;
	buf_init(&b, 0);
	read_manifest(c, &m);
	m.statements = 0;
	assert_int_equal(manifest_write(&m, &b, &e), ERR_INVALID);
	m.statements = MANIFEST_STATEMENTS_MAX + 1;
	assert_int_equal(manifest_write(&m, &b, &e), ERR_INVALID);
	m.statements = MANIFEST_STATEMENTS_MAX;
	assert_int_equal(manifest_write(&m, &b, &e), ERR_OK);
	m.at_utc_s = -1;
	assert_int_equal(manifest_write(&m, &b, &e), ERR_INVALID);
	m.at_utc_s = 253402300800; /* 10000-01-01T00:00:00Z */
	assert_int_equal(manifest_write(&m, &b, &e), ERR_INVALID);
	m.at_utc_s--;
	assert_int_equal(manifest_write(&m, &b, &e), ERR_OK);
	m.origin[3] = 'X';
	assert_int_equal(manifest_write(&m, &b, &e), ERR_INVALID);
	r.remark = "\xff";
	assert_int_equal(manifest_remark_write(&r, key, &b, digest, &e), ERR_INVALID);
	memset(longer, 'x', sizeof longer - 1);
	r.remark = longer;
	assert_int_equal(manifest_remark_write(&r, key, &b, digest, &e), ERR_LIMIT);
	r.author = "";
	assert_int_equal(manifest_remark_write(&r, key, &b, digest, &e), ERR_OK);
	buf_done(&b);
	arena_done(&mem);
}

static int
start(void **state)
{
	struct err e;

	(void)state;
	return sign_init(&e) == ERR_OK ? 0 : -1;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_flips),
		cmocka_unit_test(test_ranges),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
