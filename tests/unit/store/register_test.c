/* A register on disk: what goes in comes out, the past stays askable, damage and rollback are told.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"
#include "ingest/decide.h"
#include "ingest/entry.h"
#include "ingest/generate.h"
#include "store/backup.h"
#include "store/each.h"
#include "store/rebuild.h"
#include "store/submit.h"
#include "store/verify.h"

static char dir[200];

static int
set_up(void **state)
{
	const char *tmp = getenv("TMPDIR");
	char home[260];

	(void)state;
	(void)snprintf(dir, sizeof(dir), "%s/fallow-register-XXXXXX", tmp && *tmp ? tmp : "/tmp");
	if (!mkdtemp(dir))
		return -1;
	(void)snprintf(home, sizeof(home), "%s/home", dir);
	return setenv("FALLOW_HOME", home, 1);
}

static int
tear_down(void **state)
{
	char command[300];

	(void)state;
	(void)snprintf(command, sizeof(command), "rm -rf '%s'", dir);
	return system(command) == 0 ? 0 : -1;
}

static const char *
path_of(const char *name)
{
	static char path[4][300];
	static int at;
	char *p = path[at++ & 3];

	(void)snprintf(p, 300, "%s/%s", dir, name);
	return p;
}

static struct store *
opened(const char *name, enum store_mode mode)
{
	struct store *st = NULL;
	struct err e = { 0 };

	if (store_open(path_of(name), mode, &st, &e))
		fail_msg("%s", e.text);
	return st;
}

static struct store *
made(const char *name)
{
	struct err e = { 0 };

	if (store_init(path_of(name), "XXA", "Test", &e))
		fail_msg("%s", e.text);
	return opened(name, STORE_WRITE);
}

static void
add_hazard(struct store *st, const char *outline, const char *date, const char *status,
           char id[UUID_TEXT])
{
	char geometry[300], valid_from[60], state[40];
	const char *set[] = { geometry, valid_from, state, "class=sha" };
	struct entry_options o = { .kind = "hazard",
		                   .set = set,
		                   .sets = 4,
		                   .author = "t",
		                   .remark = "",
		                   .id = *id ? id : NULL };
	struct entry_result r;
	struct err e = { 0 };

	(void)snprintf(geometry, sizeof(geometry), "geometry=%s", outline);
	(void)snprintf(valid_from, sizeof(valid_from), "valid_from=%s", date);
	(void)snprintf(state, sizeof(state), "status=%s", status);
	if (entry_run(st, &o, &r, &e))
		fail_msg("%s", e.text);
	memcpy(id, r.id, UUID_TEXT);
}

static const char small[] = "POLYGON((-125 -45,-124.99 -45,-124.99 -44.99,-125 -44.99,-125 -45))";
static const char large[] = "POLYGON((-125 -45,-124.98 -45,-124.98 -44.98,-125 -44.98,-125 -45))";

/* Everything a walk shows, as one text. */
struct dump {
	struct buf b;
	int64_t rows;
};

static enum err_code
dump_row(void *ctx, const struct shown *row, struct err *e)
{
	struct dump *d = ctx;
	char id[UUID_TEXT];

	(void)e;
	uuid_format(row->id, id);
	buf_printf(&d->b, "%s %d %d %d %.17g ", id, (int)row->as, row->unapproved, row->conflict,
	           row->area_m2);
	for (size_t i = 0; i < row->fields.form->field_count; i++)
		if (row->fields.value[i].type == STORE_TEXT &&
		    !text_eq(row->fields.form->field[i].name, "import_key"))
			buf_printf(&d->b, "%s=%s ", row->fields.form->field[i].name,
			           row->fields.value[i].s);
	if (row->fields.geom)
		geom_write_json(row->fields.geom, &d->b);
	buf_addc(&d->b, '\n');
	d->rows++;
	return ERR_OK;
}

typedef enum err_code walk_fn(struct store *st, const struct each_filter *f, each_fn *fn, void *ctx,
                              struct err *e);

static void
dump(struct store *st, walk_fn *walk, const char *kind, int64_t as_of, int64_t known,
     struct dump *d)
{
	struct each_filter f = { .kind = store_kind(st, kind),
		                 .as_of_days = as_of,
		                 .known_size = known };
	struct err e = { 0 };

	memset(d, 0, sizeof(*d));
	buf_init(&d->b, 0);
	if (walk(st, &f, dump_row, d, &e))
		fail_msg("%s", e.text);
}

static void
assert_same(struct store *st, walk_fn *a, walk_fn *b, const char *kind, int64_t as_of,
            int64_t known)
{
	struct dump x, y;

	dump(st, a, kind, as_of, known, &x);
	dump(st, b, kind, as_of, known, &y);
	assert_int_equal(x.rows, y.rows);
	assert_string_equal(buf_text(&x.b), buf_text(&y.b));
	buf_done(&x.b);
	buf_done(&y.b);
}

static void
tell(void *ctx, const char *sentence)
{
	(void)ctx;
	print_message("%s\n", sentence);
}

static int64_t
bad_things(struct store *st)
{
	struct verify_report r = { .tell = tell };
	struct err e = { 0 };

	if (store_verify(st, NULL, &r, &e))
		fail_msg("%s", e.text);
	return r.bad + r.cannot_tell;
}

static void
approve(struct store *st, const char *id, const char *type, const char *second)
{
	struct decide_options o = {
		.type = type, .by = "A", .second = second, .reason = "r", .id = &id, .ids = 1
	};
	struct decide_result r;
	struct err e = { 0 };

	if (decide_run(st, &o, &r, &e))
		fail_msg("%s", e.text);
}

static void
life_of_a_hazard(void **state)
{
	struct store *st = made("life.gpkg");
	char id[UUID_TEXT] = "";
	struct dump now, then;
	int64_t size;

	(void)state;
	add_hazard(st, small, "2024-01-01", "open", id);
	approve(st, id, "approval", NULL);
	add_hazard(st, large, "2024-02-01", "open", id);
	size = store_log_size(st);
	dump(st, store_each, "hazard", INT64_MAX, INT64_MAX, &then);
	assert_non_null(strstr(buf_text(&then.b), "0 1 0")); /* danger, unapproved, no conflict */
	approve(st, id, "approval", NULL);
	add_hazard(st, large, "2024-03-01", "closed", id);
	dump(st, store_each, "hazard", INT64_MAX, INT64_MAX, &now);
	assert_non_null(strstr(buf_text(&now.b), "status=open")); /* safety waits */
	buf_done(&now.b);
	/* the same question about the same past */
	dump(st, store_each, "hazard", INT64_MAX, size, &now);
	assert_string_equal(buf_text(&now.b), buf_text(&then.b));
	buf_done(&now.b);
	buf_done(&then.b);
	/* known earlier, as of earlier: nothing */
	dump(st, store_each, "hazard", 0, INT64_MAX, &now);
	assert_int_equal(now.rows, 0);
	buf_done(&now.b);
	assert_int_equal(bad_things(st), 0);
	assert_same(st, each_layer, each_past, "hazard", INT64_MAX, INT64_MAX);
	store_close(st);
}

static void
release_needs_two(void **state)
{
	struct store *st = made("release.gpkg");
	char id[UUID_TEXT] = "", other[UUID_TEXT] = "";
	const char *set[] = { "status=closed", "outcome=cleared", "valid_from=2024-03-01" };
	struct entry_options close = {
		.kind = "hazard", .set = set, .sets = 3, .author = "t", .remark = ""
	};
	struct entry_result r;
	const char *ids[1];
	struct decide_options o = { .type = "release", .by = "A", .id = ids, .ids = 1 };
	struct decide_result d;
	struct err e = { 0 };

	(void)state;
	add_hazard(st, small, "2024-01-01", "open", id);
	add_hazard(st, large, "2024-01-01", "open", other); /* overlaps */
	approve(st, id, "approval", NULL);
	ids[0] = close.id = id;
	/* what is not closed is not released */
	assert_int_equal(decide_run(st, &o, &d, &e), ERR_DENIED);
	assert_int_equal(entry_run(st, &close, &r, &e), ERR_OK);
	/* an open hazard lies on it */
	o.second = "B";
	assert_int_equal(decide_run(st, &o, &d, &e), ERR_DENIED);
	assert_non_null(strstr(e.text, other));
	close.id = other;
	approve(st, other, "return", NULL);
	/* one person is not enough, nor the same one twice */
	o.second = NULL;
	assert_int_equal(decide_run(st, &o, &d, &e), ERR_DENIED);
	o.second = "a";
	assert_int_equal(decide_run(st, &o, &d, &e), ERR_DENIED);
	o.second = "B";
	assert_int_equal(decide_run(st, &o, &d, &e), ERR_OK);
	assert_int_equal(bad_things(st), 0);
	store_close(st);
}

/* What each day of several shows, gathered; and what the walks of single days show. */
struct days_dump {
	struct dump day[3];
	int64_t fid;
	size_t at;
};

static enum err_code
dump_day(void *ctx, size_t day, const struct shown *row, struct err *e)
{
	struct days_dump *d = ctx;

	/* record after record, and in each the days in order */
	assert_true(row->fid > d->fid || (row->fid == d->fid && day > d->at));
	d->fid = row->fid;
	d->at = day;
	return dump_row(&d->day[day], row, e);
}

static void
same_by_days(struct store *st, const char *kind, int64_t known_size)
{
	static const int64_t days[] = { 18500, 19000, INT64_MAX };
	struct each_filter f = { .kind = store_kind(st, kind), .known_size = known_size };
	struct days_dump got = { .fid = 0 };
	struct err e = { 0 };

	for (size_t i = 0; i < 3; i++)
		buf_init(&got.day[i].b, 0);
	assert_int_equal(
		store_each_days(st, &f, &(struct each_days){ days, 3 }, dump_day, &got, &e),
		ERR_OK);
	for (size_t i = 0; i < 3; i++) {
		struct dump want;

		dump(st, each_past, kind, days[i], known_size, &want);
		assert_string_equal(buf_text(&got.day[i].b), buf_text(&want.b));
		buf_done(&want.b);
		buf_done(&got.day[i].b);
	}
}

static void
generated(void **state)
{
	struct store *st = made("gen.gpkg");
	struct generate_options o = { .hazards = 300, .accidents = -1, .finds = -1, .seed = 5 };
	struct err e = { 0 };
	static const char *const kinds[] = { "hazard", "accident", "ordnance", "place",
		                             "decision" };
	int64_t originals = 0;

	(void)state;
	if (!getenv("FALLOW_READER")) { /* the raster goes through the reader, which stands beside
		                           the program */
		char reader[400];

		(void)snprintf(reader, sizeof(reader), "%s", FALLOW_READER_PATH);
		(void)setenv("FALLOW_READER", reader, 1);
	}
	if (generate_run(st, &o, &e))
		fail_msg("%s", e.text);
	assert_int_equal(bad_things(st), 0);
	for (size_t i = 0; i < 5; i++) {
		assert_same(st, each_layer, each_past, kinds[i], INT64_MAX, INT64_MAX);
		assert_same(st, store_each, each_past, kinds[i], 19000, INT64_MAX); /* 2022-01-08 */
		same_by_days(st, kinds[i], INT64_MAX);
		same_by_days(st, kinds[i], store_log_size(st) - 1);
	}
	assert_int_equal(store_rebuild(st, NULL, NULL, &e), ERR_OK);
	assert_int_equal(bad_things(st), 0);
	assert_int_equal(store_backup(st, path_of("copy.gpkg"), &originals, &e), ERR_OK);
	assert_int_equal(store_backup(st, path_of("copy.gpkg"), &originals, &e), ERR_CONFLICT);
	assert_int_equal(generate_run(st, &o, &e), ERR_INVALID); /* not empty */
	store_close(st);
	st = opened("copy.gpkg", STORE_READ);
	assert_int_equal(bad_things(st), 0);
	store_close(st);
}

static void
raw(const char *name, const char *sql, bool want_ok)
{
	sqlite3 *db = NULL;
	int rc;

	assert_int_equal(sqlite3_open(path_of(name), &db), SQLITE_OK);
	rc = sqlite3_exec(db, sql, NULL, NULL, NULL);
	if ((rc == SQLITE_OK) != want_ok)
		print_error("%s: %s\n", sql, sqlite3_errmsg(db));
	assert_int_equal(rc == SQLITE_OK, want_ok);
	sqlite3_close(db);
}

/* Other programs are refused with a sentence; what is changed behind the program's back is found.
 */
static void
tampering(void **state)
{
	static const char *const refused[] = {
		"UPDATE submission SET received_us = 1",
		"DELETE FROM submission",
		"UPDATE revision SET fields = '{}'",
		"DELETE FROM revision",
		"UPDATE log_hash SET hash = zeroblob(32)",
		"DELETE FROM log_hash",
		"DELETE FROM checkpoint",
		"UPDATE form_version SET survey = ''",
		"UPDATE hazard SET class = 'cha'",
		"INSERT INTO revision SELECT rid + 100, submission, kind, record, form, parents, valid_from, fields, identity, sealed_key, leaf FROM revision",
	};
	static const char *const harm[] = {
		"UPDATE revision SET fields = replace(fields, 'sha', 'cha') WHERE rid = 1",
		"UPDATE revision SET sealed_key = zeroblob(48) WHERE rid = 1",
		"UPDATE revision SET record = zeroblob(16) WHERE rid = 1",
		"UPDATE revision SET leaf = zeroblob(32) WHERE rid = 1",
		"UPDATE submission SET manifest = CAST(replace(CAST(manifest AS TEXT), '2', '3') AS BLOB) WHERE seq = 0",
		"UPDATE submission SET leaf = zeroblob(128) WHERE seq = 0",
		"UPDATE author SET public_key = zeroblob(32)",
		"UPDATE log_hash SET hash = zeroblob(32) WHERE level = 0 AND idx = 0",
		"UPDATE hazard SET class = 'cha'",
		"UPDATE hazard SET geometry = NULL",
		"DELETE FROM hazard",
		"UPDATE checkpoint SET note = replace(note, 'a', 'b')",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(refused) / sizeof(*refused) + sizeof(harm) / sizeof(*harm);
	     i++) {
		bool is_harm = i >= sizeof(refused) / sizeof(*refused);
		char name[40], id[UUID_TEXT] = "", sql[600];
		struct store *st = NULL;
		struct err e = { 0 };

		(void)snprintf(name, sizeof(name), "tamper%zu.gpkg", i);
		st = made(name);
		add_hazard(st, small, "2024-01-01", "open", id);
		assert_int_equal(bad_things(st), 0);
		store_close(st);
		if (!is_harm) {
			raw(name, refused[i], false);
			continue;
		}
		(void)snprintf(
			sql, sizeof(sql),
			"DROP TRIGGER IF EXISTS revision_stays; DROP TRIGGER IF EXISTS "
			"submission_stays;"
			"DROP TRIGGER IF EXISTS log_hash_stays; DROP TRIGGER IF EXISTS "
			"checkpoint_stays;"
			"DROP TRIGGER IF EXISTS rtree_hazard_geometry_update2;"
			"DROP TRIGGER IF EXISTS rtree_hazard_geometry_update1;"
			"DROP TRIGGER IF EXISTS rtree_hazard_geometry_update3;"
			"DROP TRIGGER IF EXISTS rtree_hazard_geometry_update4;"
			"UPDATE fallow_guard SET open = 1; %s; UPDATE fallow_guard SET open = 0",
			harm[i - sizeof(refused) / sizeof(*refused)]);
		raw(name, sql, true);
		/* either it does not open, with a sentence, or the check tells of it */
		if (store_open(path_of(name), STORE_READ, &st, &e)) {
			assert_true(e.text[0] != '\0');
			continue;
		}
		if (bad_things(st) == 0)
			print_error("not found: %s\n", sql);
		assert_true(bad_things(st) > 0);
		store_close(st);
	}
}

static void
copy_file(const char *from, const char *to)
{
	struct buf b;
	struct err e = { 0 };

	buf_init(&b, 0);
	assert_int_equal(file_read(path_of(from), (size_t)1 << 30, &b, &e), ERR_OK);
	assert_int_equal(file_write_atomic(path_of(to), b.data, b.size, 0644, &e), ERR_OK);
	buf_done(&b);
}

/* An older copy of the register put back in its place does not open. */
static void
rollback(void **state)
{
	struct store *st = made("roll.gpkg");
	char id[UUID_TEXT] = "";
	struct err e = { 0 };

	(void)state;
	add_hazard(st, small, "2024-01-01", "open", id);
	store_close(st);
	copy_file("roll.gpkg", "roll.old");
	st = opened("roll.gpkg", STORE_WRITE);
	add_hazard(st, large, "2024-02-01", "open", id);
	store_close(st);
	copy_file("roll.old", "roll.gpkg");
	assert_int_equal(store_open(path_of("roll.gpkg"), STORE_WRITE, &st, &e), ERR_VERIFY);
	assert_non_null(strstr(e.text, "older"));
	assert_int_equal(store_open(path_of("roll.gpkg"), STORE_READ, &st, &e), ERR_VERIFY);
}

static void
not_a_register(void **state)
{
	struct store *st = NULL;
	struct err e = { 0 };

	(void)state;
	assert_int_equal(store_open(path_of("none.gpkg"), STORE_READ, &st, &e), ERR_NOTFOUND);
	assert_int_equal(file_write_atomic(path_of("text.gpkg"),
	                                   "hello, this is no database at all", 33, 0644, &e),
	                 ERR_OK);
	assert_true(store_open(path_of("text.gpkg"), STORE_READ, &st, &e) != ERR_OK);
	assert_int_equal(store_init(path_of("text.gpkg"), "XXA", "n", &e), ERR_CONFLICT);
	assert_int_equal(store_init(path_of("new.gpkg"), "xx", "n", &e), ERR_INVALID);
	assert_int_equal(store_init(path_of("new.gpkg"), "XXA", "", &e), ERR_INVALID);
	assert_false(file_exists(path_of("new.gpkg")));
}

/* Every allocation of an entry failed once: the entry is in whole or not at all, and the register
 * holds. */
static void
memory_ends(void **state)
{
	struct store *st = made("oom.gpkg");
	int64_t done = 0;

	(void)state;
	for (long n = 0; n < 4000; n += 1 + n / 8) {
		const char *set[] = { "class=sha", "status=open", "valid_from=2024-01-01",
			              "geometry=-125,-45" };
		struct entry_options o = {
			.kind = "hazard", .set = set, .sets = 4, .author = "t", .remark = ""
		};
		struct entry_result r;
		struct err e = { 0 };
		enum err_code rc;

		mem_fail_after(n, 0);
		rc = entry_run(st, &o, &r, &e);
		mem_fail_after(-1, 0);
		if (rc) {
			assert_true(e.text[0] != '\0');
			submit_cancel(st);
		}
	}
	store_close(st);
	st = opened("oom.gpkg", STORE_WRITE);
	done = store_log_size(st);
	assert_true(done > 0);
	assert_int_equal(store_checkpoint_newest(st).size, done);
	assert_int_equal(bad_things(st), 0);
	store_close(st);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(life_of_a_hazard), cmocka_unit_test(release_needs_two),
		cmocka_unit_test(generated),        cmocka_unit_test(tampering),
		cmocka_unit_test(rollback),         cmocka_unit_test(not_a_register),
		cmocka_unit_test(memory_ends),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
