#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "log/recordpath.h"
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

static enum err_code
verify_text(const char *s, size_t n, const struct json_value *c)
{
	struct recordpath p;
	struct err e;
	uint8_t leaf[32];
	uint8_t root[32];
	uint8_t submission[32];
	char name[RECORDPATH_NAME_SIZE];
	enum err_code rc = recordpath_parse(s, n, &p, &e);

	if (rc != ERR_OK)
		return rc;
	must_unhex(json_get_string(c, "leaf"), leaf, 32);
	must_unhex(json_get_string(c, "root"), root, 32);
	must_unhex(json_get_string(c, "submission"), submission, 32);
	recordpath_name(submission, name);
	if (!text_eq(name, p.submission))
		return ERR_VERIFY;
	return recordpath_verify(&p, leaf, (uint64_t)json_get_number(c, "size", 0), root, &e);
}

static void
test_cases(void **state)
{
	struct arena mem;

	(void)state;
	for (struct json_value *c = cases("paths.json", &mem); c; c = c->next) {
		const struct json_value *text = json_get(c, "text");
		const struct json_value *twin = json_get(c, "twin");
		struct recordpath p = { .index = (uint64_t)json_get_number(c, "index", 0),
			                .size = (uint64_t)json_get_number(c, "size", 0) };
		uint8_t submission[32];
		char flipped[4096];
		struct buf b;

		must_unhex(json_get_string(c, "submission"), submission, 32);
		recordpath_name(submission, p.submission);
		for (struct json_value *h = json_get(c, "path")->first; h; h = h->next)
			must_unhex(h->string, p.path.hash[p.path.count++], 32);
		buf_init(&b, 0);
		recordpath_write(&b, &p);
		assert_string_equal(buf_text(&b), text->string);
		buf_done(&b);
		assert_int_equal(verify_text(text->string, text->count, c), ERR_OK);
		assert_int_equal(verify_text(twin->string, twin->count, c), ERR_VERIFY);
		/* every single changed bit is found */
		memcpy(flipped, text->string, text->count);
		for (size_t bit = 0; bit < 8 * text->count; bit++) {
			flipped[bit / 8] = (char)(flipped[bit / 8] ^ (1 << bit % 8));
			assert_int_not_equal(verify_text(flipped, text->count, c), ERR_OK);
			flipped[bit / 8] = (char)(flipped[bit / 8] ^ (1 << bit % 8));
		}
	}
	arena_done(&mem);
}

static void
test_refused(void **state)
{
	struct arena mem;

	(void)state;
	for (struct json_value *c = cases("paths.refused.json", &mem); c; c = c->next) {
		const struct json_value *text = json_get(c, "text");
		const char *why = json_get_string(c, "why");
		struct recordpath p = { .size = 77 };
		struct err e;
		const enum err_code rc = recordpath_parse(text->string, text->count, &p, &e);

		if (!why)
			assert_int_equal(rc, ERR_OK);
		else if (rc != ERR_INVALID && !(rc == ERR_LIMIT && text_eq(why, "65 hashes")))
			fail_msg("not refused: %s", why);
		if (rc != ERR_OK)
			assert_int_equal(p.size, 77);
	}
	arena_done(&mem);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
