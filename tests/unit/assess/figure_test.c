/* Figures as a whole: the codes that appear are those of docs/FIGURES.md, questions for one code
 * give the same row as questions for all, rows never invert, and the number of threads changes
 * nothing. */
#include "register.h"

#include "assess/question.h"
#include "base/clock.h"
#include "base/file.h"
#include "ingest/generate.h"

static char doc[200000];

static void
read_doc(void)
{
	const char *root = getenv("FALLOW_SOURCE_ROOT");
	char path[512];
	FILE *f;

	assert_non_null(root);
	(void)snprintf(path, sizeof(path), "%s/docs/FIGURES.md", root);
	f = fopen(path, "rb");
	assert_non_null(f);
	doc[fread(doc, 1, sizeof(doc) - 1, f)] = '\0';
	(void)fclose(f);
}

static int
setup(void **state)
{
	struct generate_options o = { .hazards = 400, .accidents = 120, .finds = 2500, .seed = 11 };
	char id[UUID_TEXT];

	assert_int_equal(reg_setup(state), 0);
	o.pool = reg.pool;
	reg_ok(generate_run(reg.st, &o, &reg_err));
	/* what the generator does not make: a release of this register, an accident during an
	 * attack */
	ADD("hazard", id, "class=sha", "status=open", "valid_from=2024-01-01",
	    "geometry=POLYGON((-129.99 -49.99,-129.98 -49.99,-129.98 -49.98,-129.99 -49.99))");
	reg_decide("approval", id);
	EDIT("hazard", id, "status=closed", "outcome=cleared", "valid_from=2024-02-01");
	reg_decide("release", id);
	ADD("accident", NULL, "date=2024-01-01", "killed=1", "during_attack=yes");
	ADD("hazard", NULL, "class=indication", "status=open", "geometry=POINT(-129.5 -49.5)");
	reg.q.after_days = reg_day("2020-11-10");
	return 0;
}

static void
test_doc_has_every_code(void **state)
{
	char row[100];

	(void)state;
	read_doc();
	reg_run(NULL);
	assert_true(reg.set.count > 100);
	for (size_t i = 0; i < reg.set.count; i++) {
		(void)snprintf(row, sizeof(row), "\n| `%s` | ", reg.set.row[i].code);
		if (!strstr(doc, row))
			fail_msg("docs/FIGURES.md has no row for %s", reg.set.row[i].code);
	}
}

static void
test_every_code_appears(void **state)
{
	const char *p;
	size_t codes = 0;

	(void)state;
	read_doc();
	reg_run(NULL);
	for (p = strstr(doc, "\n| `"); p; p = strstr(p + 1, "\n| `")) {
		char code[60];
		size_t n = strcspn(p + 4, "`");
		bool found = false;

		assert_true(n < sizeof(code));
		memcpy(code, p + 4, n);
		code[n] = '\0';
		for (size_t i = 0; i < reg.set.count; i++)
			found = found || text_eq(reg.set.row[i].code, code);
		if (!found)
			fail_msg("no row has the code %s", code);
		codes++;
	}
	assert_true(codes > 40);
}

/* The codes that can be asked for are those of the document, in its order, and no others. */
static void
test_codes_that_can_be_asked(void **state)
{
	static const char *const wrong[] = { "extent.bogus", "extent.", "extents", "ext", "", "." };
	struct figure_question q;
	const char *p;
	size_t i = 0;

	(void)state;
	read_doc();
	for (p = strstr(doc, "\n| `"); p; p = strstr(p + 1, "\n| `")) {
		const char *code = question_code(i++);
		struct question_texts t = { .codes = { code }, .code_count = 1 };

		assert_non_null(code);
		assert_memory_equal(p + 4, code, strlen(code));
		assert_int_equal(p[4 + strlen(code)], '`');
		assert_int_equal(question_make(reg.st, &t, &q, NULL), ERR_OK);
	}
	assert_null(question_code(i));
	for (i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		struct question_texts t = { .codes = { wrong[i] }, .code_count = 1 };

		assert_int_equal(question_make(reg.st, &t, &q, NULL), ERR_INVALID);
	}
}

static void
test_rows_hold(void **state)
{
	(void)state;
	for (int level = 0; level < 2; level++) {
		reg.q.by = level ? "admin1" : NULL;
		reg_run(NULL);
		for (size_t i = 0; i < reg.set.count; i++) {
			const struct figure_row *r = &reg.set.row[i];

			assert_true(!r->known || (r->low <= r->value && r->value <= r->high));
			assert_true(!r->known || r->low >= 0);
			assert_true(r->records >= 0 && *r->method);
			assert_true(level || !*r->place || text_starts(r->code, "claims."));
		}
	}
}

/* One thread or two, the same bits. */
static void
test_threads(void **state)
{
	struct figure_set first;
	struct pool *two = reg.pool;

	(void)state;
	reg.q.by = "admin1";
	reg_run(NULL);
	first = reg.set;
	reg.has_set = false;
	reg.pool = pool_create(1);
	reg_run(NULL);
	assert_int_equal(first.count, reg.set.count);
	for (size_t i = 0; i < first.count; i++) {
		const struct figure_row *a = &first.row[i], *b = &reg.set.row[i];

		assert_true(text_eq(a->code, b->code) && text_eq(a->dim, b->dim) &&
		            text_eq(a->place, b->place));
		assert_memory_equal(&a->value, &b->value, sizeof(a->value));
		assert_memory_equal(&a->low, &b->low, sizeof(a->low));
		assert_memory_equal(&a->high, &b->high, sizeof(a->high));
		assert_int_equal(a->records, b->records);
	}
	figure_set_free(&first);
	pool_free(two);
}

/* Asked alone, a code gives the rows that it has among all. */
static void
test_asked_alone(void **state)
{
	static const char *const code[] = { "extent.share",       "extent.by_class",
		                            "release.added",      "casualties.child_share",
		                            "finds.by_made_year", "laying.by_marking",
		                            "minefields.distance" };
	struct figure_set all;

	(void)state;
	reg_run(NULL);
	all = reg.set;
	reg.has_set = false;
	for (size_t k = 0; k < COUNT_OF(code); k++) {
		size_t n = 0;

		reg_run(code[k]);
		for (size_t i = 0; i < all.count; i++) {
			if (!text_eq(all.row[i].code, code[k]))
				continue;
			assert_true(n < reg.set.count);
			assert_string_equal(reg.set.row[n].dim, all.row[i].dim);
			assert_memory_equal(&reg.set.row[n].value, &all.row[i].value,
			                    sizeof(double));
			n++;
		}
		assert_int_equal(n, reg.set.count);
		assert_true(n > 0);
	}
	figure_set_free(&all);
}

/* Moments of the log: up to now, today means now, what is to come is refused. */
static void
test_moments(void **state)
{
	struct err e = { 0 };
	int64_t at = 0, before = clock_now_us();
	char today[11];

	(void)state;
	assert_int_equal(question_known_at("--", "2024-02-29", &at, &e), ERR_OK);
	assert_int_equal(at, 1709251199999999); /* date -u -d 2024-03-01 +%s, less 1 us */
	assert_int_equal(question_known_at("--", "2024-02-29T12:00:00Z", &at, &e), ERR_OK);
	assert_int_equal(at, 1709208000000000);
	clock_format_date(before / 86400000000, today);
	assert_int_equal(question_known_at("--", today, &at, &e), ERR_OK);
	assert_true(at >= before && at <= clock_now_us());
	at = 7;
	assert_int_equal(question_known_at("--", "2999-01-01", &at, &e), ERR_INVALID);
	assert_non_null(strstr(e.text, "--known-at is \"2999-01-01\", which is still to come"));
	assert_int_equal(question_known_at("", "2999-01-01T00:00:00Z", &at, &e), ERR_INVALID);
	assert_int_equal(question_known_at("", "soon", &at, &e), ERR_INVALID);
	assert_int_equal(at, 7);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_moments),
		cmocka_unit_test_setup_teardown(test_doc_has_every_code, setup, reg_teardown),
		cmocka_unit_test_setup_teardown(test_every_code_appears, setup, reg_teardown),
		cmocka_unit_test_setup_teardown(test_codes_that_can_be_asked, setup, reg_teardown),
		cmocka_unit_test_setup_teardown(test_rows_hold, setup, reg_teardown),
		cmocka_unit_test_setup_teardown(test_threads, setup, reg_teardown),
		cmocka_unit_test_setup_teardown(test_asked_alone, setup, reg_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
