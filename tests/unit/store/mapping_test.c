/* Mappings: what a person's SELECT may do, and that no row is lost. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "store/mapping.h"

struct rows {
	int64_t at, count, skipped;
	struct mapping_value value[2];
	char text[32];
};

static enum err_code
next(void *ctx, struct mapping_row *ret, bool *ret_end, struct err *e)
{
	struct rows *r = ctx;

	(void)e;
	if (r->at == r->count) {
		*ret_end = true;
		return ERR_OK;
	}
	r->at++;
	r->value[0] = (struct mapping_value){ .type = MAPPING_INT, .i = r->at };
	r->value[1] = (struct mapping_value){ .type = MAPPING_TEXT,
		                              .s = r->text,
		                              .n = (size_t)snprintf(r->text, sizeof(r->text),
		                                                    "row %d", (int)r->at) };
	*ret = (struct mapping_row){ .row = r->at, .value = r->value };
	return ERR_OK;
}

static enum err_code
skipped(void *ctx, const struct mapping_row *row, struct err *e)
{
	struct rows *r = ctx;

	(void)row;
	(void)e;
	r->skipped++;
	return ERR_OK;
}

/* Runs a mapping over n rows: how many came out, or -1 with the error. */
static int64_t
run(const char *sql, struct rows *r, struct err *e)
{
	static const char *const column[] = { "Number", "label" };
	struct mapping_source src = { r, 2, column, next, skipped };
	struct mapping *m = NULL;
	const struct mapping_value *v;
	const struct mapping_row *row;
	int64_t n = 0;

	memset(e, 0, sizeof(*e));
	if (mapping_open(sql, &src, &m, e))
		return -1;
	while (!mapping_next(m, &v, &row, e) && v) {
		assert_int_equal(row->row, r->at);
		n++;
	}
	mapping_close(m);
	return e->code ? -1 : n;
}

static void
allowed(void **state)
{
	static const struct {
		const char *sql;
		int64_t out, skipped;
	} t[] = {
		{ "SELECT * FROM source", 5, 0 },
		{ "SELECT number, upper(label) AS name FROM source;  ", 5, 0 },
		{ "SELECT CASE WHEN number > 2 THEN 'cha' ELSE 'sha' END AS class, row FROM source",
		  5, 0 },
		{ "SELECT label FROM source WHERE number <> 3", 4, 1 },
		{ "SELECT label FROM source WHERE 0", 0, 5 },
		{ "SELECT label FROM source LIMIT 2", 2, 3 },
		{ "SELECT substr(label, 1, 3) || number FROM source AS s", 5, 0 },
	};
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
		struct rows r = { .count = 5 };

		assert_int_equal(run(t[i].sql, &r, &e), t[i].out);
		assert_int_equal(r.skipped, t[i].skipped);
	}
}

static void
refused(void **state)
{
	static const char *const sql[] = {
		"",
		"SELECT",
		"DELETE FROM source",
		"SELECT 1; SELECT 2",
		"SELECT * FROM sqlite_master",
		"SELECT load_extension('x') FROM source",
		"SELECT randomblob(1000000) FROM source",
		"SELECT zeroblob(1000000000) FROM source",
		"SELECT missing FROM source",
		"ATTACH 'x' AS y",
		"PRAGMA journal_mode",
		"SELECT label FROM source ORDER BY number DESC",
		"SELECT a.label FROM source a, source b",
		"WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT x FROM c",
		"SELECT sum(number) FROM source",
		"CREATE TABLE t(x)",
		"EXPLAIN SELECT * FROM source",
	};
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(sql) / sizeof(*sql); i++) {
		struct rows r = { .count = 5 };
		int64_t n = run(sql[i], &r, &e);

		if (n != -1)
			print_error("accepted: %s (%d rows)\n", sql[i], (int)n);
		assert_int_equal(n, -1);
		assert_true(e.text[0] != '\0');
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(allowed), cmocka_unit_test(refused) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
