/* Counts of a layer, kept and brought up to date, are what a walk over the records gives: after
 * records came, were corrected, waited, were approved, returned and released. */
#define _XOPEN_SOURCE 700
#include "../unit.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "ingest/decide.h"
#include "ingest/entry.h"
#include "ingest/generate.h"
#include "store/count.h"
#include "store/each.h"

static char folder[] = "/tmp/fallow_count_XXXXXX", path[100];
static struct err e;
static struct store *st, *reader; /* the reader keeps its counts from step to step */

static void
ok(enum err_code rc)
{
	if (rc)
		print_error("%s\n", e.text);
	assert_int_equal(rc, ERR_OK);
}

/* Numbers by what a cell tells, dates as their sum and ends. */
struct tally {
	int64_t n[3][2][2][2], spots, dated;
	char oldest[11], newest[11];
};

static void
count_one(struct tally *t, const struct count_cell *c)
{
	t->n[c->as][c->unapproved][c->conflict][c->located] += c->records;
	t->spots += c->class && text_eq(c->class, "eod_spot") ? c->records : 0;
	t->dated += c->oldest ? c->records : 0;
	if (c->oldest && (!*t->oldest || strcmp(c->oldest, t->oldest) < 0))
		(void)snprintf(t->oldest, sizeof(t->oldest), "%s", c->oldest);
	if (c->newest && strcmp(c->newest, t->newest) > 0)
		(void)snprintf(t->newest, sizeof(t->newest), "%s", c->newest);
}

static enum err_code
take_cell(void *ctx, const struct count_cell *c, struct err *err)
{
	(void)err;
	assert_true(c->records > 0);
	count_one(ctx, c);
	return ERR_OK;
}

static enum err_code
take_row(void *ctx, const struct shown *row, struct err *err)
{
	const char *date = fields_text(&row->fields, "valid_from");
	bool hazard = text_eq(row->fields.form->kind, "hazard");
	const struct count_cell c = {
		.class = hazard ? fields_text(&row->fields, "class") : NULL,
		.as = row->as,
		.unapproved = row->unapproved,
		.conflict = row->conflict,
		.located = row->fields.geom && !geom_is_empty(row->fields.geom),
		.records = 1,
		.oldest = date,
		.newest = date,
	};

	(void)err;
	count_one(ctx, &c);
	return ERR_OK;
}

static void
compare(const char *step)
{
	for (int k = 0; k < (int)store_kind_count(st); k++) {
		const struct each_filter f = { .kind = k,
			                       .as_of_days = INT64_MAX,
			                       .known_size = INT64_MAX };
		struct tally want, kept;

		memset(&want, 0, sizeof(want));
		memset(&kept, 0, sizeof(kept));
		ok(store_each(reader, &f, take_row, &want, &e));
		ok(count_layer(reader, k, take_cell, &kept, &e));
		if (memcmp(&want, &kept, sizeof(want)) != 0)
			print_error("%s: %s\n", step, store_kind_name(st, k));
		assert_memory_equal(&want, &kept, sizeof(want));
	}
}

static void
enter(const char *class, const char *date, const char *at, const char *id, char *ret_id)
{
	char set[4][80];
	const char *list[] = { "status=open", set[0], set[1], set[2] };
	struct entry_options o = { .kind = "hazard",
		                   .set = list,
		                   .sets = at ? 4 : 3,
		                   .id = id,
		                   .author = "olena",
		                   .remark = "" };
	struct entry_result r;

	(void)snprintf(set[0], sizeof(set[0]), "class=%s", class);
	(void)snprintf(set[1], sizeof(set[1]), "valid_from=%s", date);
	(void)snprintf(set[2], sizeof(set[2]), "geometry=%s", at ? at : "");
	ok(entry_run(st, &o, &r, &e));
	if (ret_id)
		memcpy(ret_id, r.id, UUID_TEXT);
}

static void
decide(const char *type, const char *id)
{
	const struct decide_options o = {
		.type = type, .by = "taras", .reason = "looked at", .id = &id, .ids = 1
	};
	struct decide_result r;

	ok(decide_run(st, &o, &r, &e));
}

static void
test_steps(void **state)
{
	char a[UUID_TEXT], b[UUID_TEXT];
	struct tally t;

	(void)state;
	compare("generated");
	enter("sha", "2031-01-01", "-125,-45", NULL, a);
	enter("eod_spot", "1901-01-01", NULL, NULL, b);
	compare("entered");
	memset(&t, 0, sizeof(t));
	ok(count_layer(reader, store_kind(st, "hazard"), take_cell, &t, &e));
	assert_string_equal(t.oldest, "1901-01-01");
	assert_string_equal(t.newest, "2031-01-01");
	decide("approval", a);
	compare("approved");
	enter("cha", "2030-01-01", "-125.1,-45", a, NULL);
	compare("corrected, waits");
	decide("approval", a);
	enter("sha", "1902-01-01", NULL, b, NULL);
	decide("approval", b);
	compare("the oldest moved");
	memset(&t, 0, sizeof(t));
	ok(count_layer(reader, store_kind(st, "hazard"), take_cell, &t, &e));
	assert_string_equal(t.oldest, "1902-01-01");
	enter("sha", "2030-02-01", "-125.2,-45", a, NULL);
	decide("return", a);
	compare("returned");
}

static int
set_up(void **state)
{
	const struct generate_options o = {
		.hazards = 300, .accidents = 40, .finds = 40, .seed = 3
	};

	(void)state;
	if (!mkdtemp(folder))
		return -1;
	(void)snprintf(path, sizeof(path), "%s/home", folder);
	(void)setenv("FALLOW_HOME", path, 1);
	(void)setenv("FALLOW_NOW", "2031-06-01T12:00:00Z", 1); /* newer than all dates */
	(void)snprintf(path, sizeof(path), "%s/r.gpkg", folder);
	ok(store_init(path, "XXA", "Test", &e));
	ok(store_open(path, STORE_WRITE, &st, &e));
	ok(generate_run(st, &o, &e));
	ok(store_open(path, STORE_READ, &reader, &e));
	return 0;
}

static int
remove_one(const char *name, const struct stat *s, int type, struct FTW *at)
{
	(void)s;
	(void)type;
	(void)at;
	return remove(name);
}

static int
tear_down(void **state)
{
	(void)state;
	store_close(st);
	store_close(reader);
	return nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_steps) };

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
