#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/mem.h"
#include "log/statement.h"
#include "vectors.h"

#define FIELDS 128

/* One case as statement_in; arrays in the struct, texts in the arena of the cases. */
struct given {
	struct statement_in in;
	struct statement_field field[FIELDS];
	uint8_t parent[STATEMENT_PARENTS_MAX][32];
	uint8_t key[32];
};

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
read_given(const struct json_value *c, struct given *g)
{
	memset(g, 0, sizeof *g);
	g->in.kind = json_get_string(c, "kind");
	g->in.id = json_get_string(c, "id");
	g->in.form = json_get_string(c, "form");
	must_unhex(json_get_string(c, "key"), g->key, 32);
	for (struct json_value *p = json_get(c, "parents")->first; p; p = p->next)
		must_unhex(p->string, g->parent[g->in.parent_count++], 32);
	for (struct json_value *f = json_get(c, "fields")->first; f; f = f->next) {
		struct statement_field *to = &g->field[g->in.field_count++];

		to->name = f->first->string;
		to->name_size = f->first->count;
		to->value = f->first->next->string;
		to->value_size = f->first->next->count;
	}
	g->in.parents = (const uint8_t(*)[32])g->parent;
	g->in.fields = g->field;
	g->in.key = g->key;
}

static void
test_cases(void **state)
{
	struct arena mem;
	struct statement_scratch s;
	struct given g;
	struct err e;

	(void)state;
	statement_scratch_init(&s);
	for (struct json_value *c = cases("statements.json", &mem); c; c = c->next) {
		const struct json_value *want = json_get(c, "bytes");
		uint8_t leaf[32];
		uint8_t want_leaf[32];
		struct statement st;
		struct disclosure d[FIELDS];
		struct buf b;
		size_t i = 0;

		read_given(c, &g);
		must_unhex(json_get_string(c, "leaf"), want_leaf, 32);
		assert_int_equal(statement_leaf(&g.in, &s, leaf, &e), ERR_OK);
		assert_int_equal(s.bytes.size, want->count);
		assert_memory_equal(s.bytes.data, want->string, want->count);
		assert_memory_equal(leaf, want_leaf, 32);
		buf_init(&b, 0);
		buf_adds(&b, "before");
		assert_int_equal(statement_write(&g.in, &s, &b, &e), ERR_OK);
		assert_memory_equal(b.data + 6, want->string, want->count);
		statement_hash(want->string, want->count, leaf);
		assert_memory_equal(leaf, want_leaf, 32);
		/* what a verifier makes of it */
		assert_int_equal(statement_parse(want->string, want->count, &mem, &st, &e), ERR_OK);
		assert_string_equal(st.kind, g.in.kind);
		assert_string_equal(st.id, g.in.id);
		assert_string_equal(st.form, g.in.form);
		assert_int_equal(st.parent_count, g.in.parent_count);
		assert_int_equal(st.digest_count, g.in.field_count);
		for (struct json_value *x = json_get(c, "disclosures")->first; x; x = x->next) {
			buf_reset(&b);
			assert_int_equal(statement_disclosure(&g.in, i, &b, &e), ERR_OK);
			assert_string_equal(buf_text(&b), x->string);
			assert_int_equal(disclose_parse(b.data, b.size, &mem, &d[i], &e), ERR_OK);
			i++;
		}
		assert_int_equal(i, g.in.field_count);
		assert_int_equal(statement_disclosure(&g.in, i, &b, &e), ERR_INVALID);
		for (size_t n = 0; n <= i; n++)
			assert_int_equal(statement_check(&st, d, n, &e), ERR_OK);
		buf_done(&b);
	}
	statement_scratch_done(&s);
	arena_done(&mem);
}

static void
test_refused(void **state)
{
	struct arena mem;

	(void)state;
	for (struct json_value *c = cases("statements.refused.json", &mem); c; c = c->next) {
		const struct json_value *bytes = json_get(c, "bytes");
		const char *why = json_get_string(c, "why");
		struct statement st;
		struct err e;

		if (statement_parse(bytes->string, bytes->count, &mem, &st, &e) !=
		    (why ? ERR_INVALID : ERR_OK))
			fail_msg("%s", why ? why : "the good one is refused");
	}
	arena_done(&mem);
}

/* Nothing changed or foreign passes the rules of section 3. */
static void
test_check_rules(void **state)
{
	struct statement_field f[] = { { "a", 1, "1", 1 }, { "b", 1, "2", 1 } };
	uint8_t key[32] = { 1 };
	struct statement_in in = { .kind = "hazard",
		                   .id = "0190d9b2-7c00-7000-8000-000000000001",
		                   .form = "hazard@1",
		                   .fields = f,
		                   .field_count = 2,
		                   .key = key };
	struct statement_scratch s;
	struct statement st;
	struct disclosure d[3];
	struct arena mem;
	struct buf b;
	struct err e;
	uint8_t leaf[32];

	(void)state;
	statement_scratch_init(&s);
	arena_init(&mem, 0);
	buf_init(&b, 0);
	assert_int_equal(statement_leaf(&in, &s, leaf, &e), ERR_OK);
	assert_int_equal(statement_parse(s.bytes.data, s.bytes.size, &mem, &st, &e), ERR_OK);
	for (size_t i = 0; i < 2; i++) {
		buf_reset(&b);
		assert_int_equal(statement_disclosure(&in, i, &b, &e), ERR_OK);
		assert_int_equal(disclose_parse(b.data, b.size, &mem, &d[i], &e), ERR_OK);
	}
	d[2] = d[0];
	assert_int_equal(statement_check(&st, d, 2, &e), ERR_OK);
	assert_int_equal(statement_check(&st, d, 3, &e), ERR_VERIFY); /* more than digests */
	assert_int_equal(statement_check(&st, d + 1, 2, &e), ERR_OK); /* b, a */
	d[1] = d[0];
	assert_int_equal(statement_check(&st, d, 2, &e), ERR_VERIFY); /* a name twice */
	assert_int_equal(statement_check(&st, d, 1, &e), ERR_OK);
	d[0].digest[31] ^= 1;
	assert_int_equal(statement_check(&st, d, 1, &e), ERR_VERIFY); /* not in _sd */
	assert_non_null(strstr(e.text, "(a)"));
	d[0].digest[31] ^= 1;
	d[0].name = "form";
	d[0].name_size = 4;
	assert_int_equal(statement_check(&st, d, 1, &e), ERR_VERIFY); /* header name */
	buf_done(&b);
	arena_done(&mem);
	statement_scratch_done(&s);
}

static enum err_code
leaf_of(const struct statement_in *in)
{
	struct statement_scratch s;
	struct err e;
	uint8_t leaf[32];
	enum err_code rc;

	statement_scratch_init(&s);
	rc = statement_leaf(in, &s, leaf, &e);
	statement_scratch_done(&s);
	return rc;
}

static void
test_inputs(void **state)
{
	static const char *const reserved[] = { "_sd", "_sd_alg", "...",    "form",
		                                "id",  "kind",    "parents" };
	static const char *const bad_id[] = { "", "0190d9b2-7c00-7000-8000-00000000000",
		                              "0190D9B2-7c00-7000-8000-000000000001",
		                              "0190d9b2-7c00-7000-8000-000000000001 " };
	static const char *const bad_form[] = {
		"",         "@1",        "hazard",    "hazard@",           "hazard@0", "hazard@01",
		"Hazard@1", "hazard@1x", "hazard@-1", "hazard@4294967296", "haz ard@1"
	};
	struct statement_field f[] = { { "a", 1, "1", 1 }, { "b", 1, "2", 1 } };
	static struct statement_field many[DISCLOSE_FIELDS_MAX + 1];
	static char names[DISCLOSE_FIELDS_MAX + 1][8];
	static uint8_t parents[STATEMENT_PARENTS_MAX + 1][32];
	uint8_t key[32] = { 1 };
	const struct statement_in good = { .kind = "hazard",
		                           .id = "0190d9b2-7c00-7000-8000-000000000001",
		                           .form = "hazard@1",
		                           .fields = f,
		                           .field_count = 2,
		                           .parents = (const uint8_t(*)[32])parents,
		                           .key = key };
	struct statement_in in = good;

	(void)state;
	assert_int_equal(leaf_of(&in), ERR_OK);
	f[0].name = "c";
	assert_int_equal(leaf_of(&in), ERR_INVALID); /* unsorted */
	f[0].name = "b";
	assert_int_equal(leaf_of(&in), ERR_INVALID); /* twice */
	f[0].name_size = 0;
	assert_int_equal(leaf_of(&in), ERR_INVALID);
	in.field_count = 1;
	for (size_t i = 0; i < sizeof reserved / sizeof reserved[0]; i++) {
		f[0].name = reserved[i];
		f[0].name_size = strlen(reserved[i]);
		assert_int_equal(leaf_of(&in), ERR_INVALID);
	}
	f[0].name = "a";
	f[0].name_size = 1;
	for (size_t i = 0; i < sizeof bad_id / sizeof bad_id[0]; i++) {
		in.id = bad_id[i];
		assert_int_equal(leaf_of(&in), ERR_INVALID);
	}
	in = good;
	for (size_t i = 0; i < sizeof bad_form / sizeof bad_form[0]; i++) {
		in.form = bad_form[i];
		if (leaf_of(&in) != ERR_INVALID)
			fail_msg("form %s", bad_form[i]);
	}
	in = good;
	in.kind = "two words";
	assert_int_equal(leaf_of(&in), ERR_INVALID);
	/* the most fields and parents, and one past each */
	for (size_t i = 0; i <= DISCLOSE_FIELDS_MAX; i++) {
		(void)snprintf(names[i], sizeof names[i], "f%05zu", i);
		many[i] = (struct statement_field){ names[i], 6, "1", 1 };
	}
	in = good;
	in.fields = many;
	in.field_count = DISCLOSE_FIELDS_MAX;
	assert_int_equal(leaf_of(&in), ERR_OK);
	in.field_count++;
	assert_int_equal(leaf_of(&in), ERR_LIMIT);
	in = good;
	for (size_t i = 0; i <= STATEMENT_PARENTS_MAX; i++)
		parents[i][0] = (uint8_t)i;
	in.parent_count = STATEMENT_PARENTS_MAX;
	assert_int_equal(leaf_of(&in), ERR_OK);
	parents[1][0] = 0;
	assert_int_equal(leaf_of(&in), ERR_INVALID); /* one parent twice */
	in.parent_count++;
	assert_int_equal(leaf_of(&in), ERR_LIMIT);
}

/* Every order of parents gives one statement; the scratch may be used for anything before. */
static void
test_scratch_and_order(void **state)
{
	static char big[200000];
	uint8_t parents[3][32] = { { 1 }, { 2 }, { 3 } };
	static const int order[6][3] = { { 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 },
		                         { 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 } };
	struct statement_field f = { "geometry", 8, big, sizeof big };
	uint8_t key[32] = { 1 };
	struct statement_in in = { .kind = "hazard",
		                   .id = "0190d9b2-7c00-7000-8000-000000000001",
		                   .form = "hazard@1",
		                   .fields = &f,
		                   .field_count = 1,
		                   .key = key };
	struct statement_scratch s;
	struct err e;
	uint8_t first[32];
	uint8_t leaf[32];

	(void)state;
	memset(big, 'x', sizeof big);
	big[0] = '"';
	big[sizeof big - 1] = '"';
	statement_scratch_init(&s);
	for (int i = 0; i < 6; i++) {
		uint8_t p[3][32];

		for (int j = 0; j < 3; j++)
			memcpy(p[j], parents[order[i][j]], 32);
		in.parents = (const uint8_t(*)[32])p;
		in.parent_count = 3;
		f.value_size = sizeof big;
		assert_int_equal(statement_leaf(&in, &s, leaf, &e), ERR_OK);
		if (i == 0)
			memcpy(first, leaf, 32);
		assert_memory_equal(first, leaf, 32);
		in.parent_count = 0;
		f.value_size = 0;
		assert_int_equal(statement_leaf(&in, &s, leaf, &e), ERR_INVALID); /* no value */
	}
	statement_scratch_done(&s);
	statement_scratch_done(&s);
}

/* Each allocation fails once: the stated error, no leak (sanitizer build), and then it works. */
static void
test_out_of_memory(void **state)
{
	struct statement_field f[] = { { "a", 1, "1", 1 }, { "b\x01", 2, "2", 1 } };
	uint8_t key[32] = { 1 };
	struct statement_in in = { .kind = "hazard",
		                   .id = "0190d9b2-7c00-7000-8000-000000000001",
		                   .form = "hazard@1",
		                   .fields = f,
		                   .field_count = 2,
		                   .key = key };
	enum err_code rc = ERR_NOMEM;
	long n = 0;

	(void)state;
	while (rc == ERR_NOMEM) {
		mem_fail_after(n, 0);
		rc = leaf_of(&in);
		mem_fail_after(-1, 0);
		assert_true(rc == ERR_OK || rc == ERR_NOMEM);
		assert_true(++n < 100);
	}
	assert_true(n > 4);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_check_rules),
		cmocka_unit_test(test_inputs),
		cmocka_unit_test(test_scratch_and_order),
		cmocka_unit_test(test_out_of_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
