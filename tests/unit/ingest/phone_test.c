/* What phones hand in: once whatever is sent how often, with all its files, and never turned away.
 * docs/FORMATS.md, "Forms from phones"; SHA-256 by sha256sum. */
#define _XOPEN_SOURCE 700 /* mkdtemp, setenv */
#include "../folder.h"

#include "base/mem.h"
#include "base/text.h"
#include "ingest/phone.h"
#include "store/each.h"
#include "store/history.h"
#include "store/quarantine.h"

static struct store *st;
static struct phone *phone;
static struct arena mem;
static struct err e;

static void
ok(enum err_code rc)
{
	if (rc)
		print_error("%s\n", e.text);
	assert_int_equal(rc, ERR_OK);
}

static int
set_up(void **state)
{
	(void)state;
	arena_init(&mem, 0);
	return folder_make() || store_open(path, STORE_WRITE, &st, &e) || phone_open(st, &phone, &e)
	               ? -1
	               : 0;
}

static int
tear_down(void **state)
{
	(void)state;
	phone_close(phone);
	phone_close(NULL);
	phone = NULL;
	store_close(st);
	st = NULL;
	arena_done(&mem);
	return folder_remove();
}

/* One request: an instance, and files given as name, content, name, content, NULL. */
static enum err_code
send(const char *xml, const char *const *files, struct phone_result *ret)
{
	static struct instance_file file[4];
	struct phone_in in = { .xml = xml, .xml_size = strlen(xml), .file = file, .author = "A" };

	memset(file, 0, sizeof(file));
	for (; files && files[2 * in.files]; in.files++)
		file[in.files] =
			(struct instance_file){ .name = files[2 * in.files],
			                        .type = "image/jpeg",
			                        .bytes = (const uint8_t *)files[2 * in.files + 1],
			                        .size = strlen(files[2 * in.files + 1]) };
	return phone_take(phone, &in, ret, &e);
}
#define FILES(...) ((const char *const[]){ __VA_ARGS__, NULL })

static enum err_code
count_row(void *ctx, const struct shown *row, struct err *err)
{
	(void)row;
	(void)err;
	(*(int *)ctx)++;
	return ERR_OK;
}

static int
count_kind(const char *kind)
{
	struct each_filter f = { .kind = store_kind(st, kind),
		                 .as_of_days = INT64_MAX,
		                 .known_size = INT64_MAX };
	int n = 0;

	ok(store_each(st, &f, count_row, &n, &e));
	return n;
}

static struct store_fields
record(const char *id)
{
	struct uuid u;
	struct shown s;
	bool any = false;

	assert_true(uuid_parse(id, strlen(id), &u));
	ok(store_get(st, u, &mem, &s, &any, &e));
	assert_true(any);
	return s.fields;
}

static size_t
revisions(const char *id)
{
	struct history_revision *list = NULL;
	struct uuid u;
	size_t n = 0;

	assert_true(uuid_parse(id, strlen(id), &u));
	ok(history_load(st, u, INT64_MAX, &mem, &list, &n, &e));
	return n;
}

static enum err_code
count_waiting(void *ctx, const struct quarantine_row *row, struct err *err)
{
	(void)err;
	assert_non_null(row->original);
	(*(int *)ctx)++;
	return ERR_OK;
}

static int
waiting(void)
{
	int n = 0;

	ok(quarantine_each(st, -1, false, count_waiting, &n, &e));
	return n;
}

static bool
kept(const char *sha)
{
	char full[500];

	(void)snprintf(full, sizeof(full), "%s/%.2s/%s", store_files_dir(st), sha, sha);
	return file_exists(full);
}

#define META(id) "<meta><instanceID>" id "</instanceID></meta></data>"
#define HAZARD(id, class, more)                                                                    \
	"<data id=\"hazard\" version=\"1\"><valid_from>2024-05-30</valid_from><geometry>"          \
	"<how>point</how><point>-45.5 -125.25 0 0</point></geometry><class>" class                 \
		"</class><status>open</status>" more                                               \
		META(id)
#define PHOTO(name) "<entry-photos><photo>" name "</photo></entry-photos>"
/* printf one | sha256sum */
#define ONE "7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed"

static void
the_same_instance_counts_once(void **state)
{
	static const char xml[] = HAZARD("uuid:1", "sha", PHOTO("1.jpg"));
	struct phone_result a, b;
	struct store_fields f;
	int64_t size;

	(void)state;
	ok(send(xml, FILES("1.jpg", "one"), &a));
	assert_int_equal(a.fate, PHONE_TAKEN);
	assert_string_equal(a.kind, "hazard");
	assert_true(a.submission >= 0);
	assert_int_equal(a.missing, 0);
	f = record(a.id);
	assert_string_equal(fields_text(&f, "class"), "sha");
	/* ODK writes latitude first */
	assert_true(f.geom->xy[0] == -125.25 && f.geom->xy[1] == -45.5);
	assert_true(kept(ONE));
	assert_int_equal(count_kind("source"), 1);
	size = store_log_size(st);
	for (int i = 0; i < 3; i++) {
		if (i == 2) { /* also by another process */
			phone_close(phone);
			phone = NULL;
			ok(phone_open(st, &phone, &e));
		}
		ok(send(xml, FILES("1.jpg", "one"), &b));
		assert_int_equal(b.fate, PHONE_PRESENT);
		assert_int_equal(b.submission, -1);
		assert_string_equal(b.id, a.id);
	}
	assert_int_equal(store_log_size(st), size);
	assert_int_equal(count_kind("hazard"), 1);
	assert_int_equal(count_kind("source"), 1);
	/* the same words of another instance are another record */
	ok(send(HAZARD("uuid:2", "sha", ""), NULL, &b));
	assert_int_equal(b.fate, PHONE_TAKEN);
	assert_string_not_equal(b.id, a.id);
}

/* Names are the phone's: two files of one name and two names of one content are what they are, and
 * no name leads out of the folder. */
static void
names_of_files(void **state)
{
	struct phone_result r;
	int before;

	(void)state;
	ok(send(HAZARD("uuid:n1", "sha", ""), FILES("../../../x.jpg", "one"), &r));
	assert_true(kept(ONE));
	assert_int_equal(count_kind("source"), 1);
	before = count_kind("source");
	ok(send(HAZARD("uuid:n2", "sha", ""), FILES("a.jpg", "one", "a.jpg", "two"), &r));
	assert_int_equal(count_kind("source"), before + 2);
	ok(send(HAZARD("uuid:n3", "sha", ""), FILES("a.jpg", "one", "b.jpg", "one"), &r));
	assert_int_equal(count_kind("source"), before + 4);
	/* named in the form, not sent */
	ok(send(HAZARD("uuid:n4", "sha", PHOTO("1.jpg")), FILES("2.jpg", "one"), &r));
	assert_int_equal(r.missing, 1);
	assert_int_equal(r.fate, PHONE_TAKEN);
}

static void
late_files_are_added(void **state)
{
	static const char xml[] = HAZARD("uuid:l", "sha", PHOTO("1.jpg"));
	struct phone_result r, again;

	(void)state;
	ok(send(xml, NULL, &r));
	assert_int_equal(r.missing, 1);
	ok(send(xml, FILES("1.jpg", "one"), &again));
	assert_int_equal(again.fate, PHONE_TAKEN);
	assert_string_equal(again.id, r.id);
	assert_int_equal(revisions(r.id), 2);
	assert_int_equal(count_kind("source"), 1);
	ok(send(xml, FILES("1.jpg", "one"), &again));
	assert_int_equal(again.fate, PHONE_PRESENT);
	assert_int_equal(revisions(r.id), 2);
}

static void
corrections(void **state)
{
	struct phone_result a, b;
	struct store_fields f;

	(void)state;
	ok(send(HAZARD("uuid:c1", "sha", ""), NULL, &a));
	/* the same instance with other words */
	ok(send(HAZARD("uuid:c1", "cha", ""), NULL, &b));
	assert_int_equal(b.fate, PHONE_TAKEN);
	assert_string_equal(b.id, a.id);
	assert_int_equal(revisions(a.id), 2);
	f = record(a.id);
	assert_string_equal(fields_text(&f, "class"), "cha");
	/* a new instance that says which it replaces; milder, so the danger stays until approved */
	ok(send("<data id=\"hazard\" version=\"1\"><valid_from>2024-05-30</valid_from><geometry>"
	        "<how>point</how><point>-45.5 -125.25 0 0</point></geometry>"
	        "<class>indication</class><meta><instanceID>uuid:c2</instanceID>"
	        "<deprecatedID>uuid:c1</deprecatedID></meta></data>",
	        NULL, &b));
	assert_string_equal(b.id, a.id);
	assert_int_equal(revisions(a.id), 3);
	f = record(a.id);
	assert_string_equal(fields_text(&f, "class"), "cha");
	assert_int_equal(count_kind("hazard"), 1);
	/* one that cannot be placed waits and undoes nothing */
	ok(send("<data id=\"hazard\" version=\"1\"><class>sha</class>" META("uuid:c1"), NULL, &b));
	assert_int_equal(b.fate, PHONE_WAITS);
	assert_string_equal(b.id, "");
	assert_int_equal(revisions(a.id), 3);
}

static void
what_cannot_be_placed_waits(void **state)
{
	static const char *const xml[] = {
		"<data id=\"hazard\" version=\"1\"><class>sha</class>" META("uuid:q1"),
		"<data id=\"none_of_ours\" version=\"1\"><a>danger</a>" META("uuid:q2"),
		"<data id=\"hazard\"", /* cut off */
		"",
		/* 45 north in a country that lies 42 to 50 south: danger, but where? */
		"<data id=\"hazard\" version=\"1\"><geometry><how>point</how><point>45.5 125.25 0 0"
		"</point></geometry><class>sha</class>" META("uuid:q5"),
	};
	struct phone_result r;

	(void)state;
	for (int i = 0; i < (int)COUNT_OF(xml); i++) {
		int64_t size;

		ok(send(xml[i], FILES("1.jpg", "one"), &r));
		assert_int_equal(r.fate, PHONE_WAITS);
		assert_string_equal(r.kind, "hazard");
		assert_string_equal(r.id, "");
		assert_true(r.reason[0] != '\0');
		assert_int_equal(waiting(), i + 1);
		assert_true(kept(ONE));
		size = store_log_size(st);
		ok(send(xml[i], FILES("1.jpg", "one"), &r));
		assert_int_equal(r.fate, PHONE_WAITS);
		assert_int_equal(waiting(), i + 1);
		assert_int_equal(store_log_size(st), size);
	}
	assert_int_equal(count_kind("hazard"), 0);
}

static void
a_find_opens_the_land_it_lies_on(void **state)
{
	struct phone_result land, find;
	struct store_fields f;

	(void)state;
	ok(send("<data id=\"hazard\" version=\"1\"><valid_from>2024-05-01</valid_from><geometry>"
	        "<how>area</how><area>-45 -125 0 0;-45 -124.99 0 0;-44.99 -124.99 0 0;-45 -125 0 "
	        "0</area></geometry><class>sha</class><status>closed</status>"
	        "<outcome>cleared</outcome>" META("uuid:r1"),
	        NULL, &land));
	f = record(land.id);
	assert_string_equal(fields_text(&f, "status"), "closed");
	ok(send("<data id=\"ordnance\" version=\"1\"><valid_from>2024-05-09</valid_from><geometry>"
	        "<how>point</how><point>-44.997 -124.992 0 0</point></geometry>"
	        "<category>ap_mine</category>" META("uuid:r2"),
	        NULL, &find));
	assert_int_equal(find.fate, PHONE_TAKEN);
	f = record(land.id);
	assert_string_equal(fields_text(&f, "status"), "reopened");
}

static void
what_is_refused(void **state)
{
	static struct instance_file many[PHONE_MAX_FILES + 1];
	static const char xml[] = HAZARD("uuid:m", "sha", "");
	struct phone_in in = { .xml = xml,
		               .xml_size = sizeof(xml) - 1,
		               .file = many,
		               .files = PHONE_MAX_FILES + 1,
		               .author = "A" };
	struct phone_result r;
	int64_t size = store_log_size(st);

	(void)state;
	assert_int_equal(send("<data id=\"decision\" version=\"1\">" META("uuid:d"), NULL, &r),
	                 ERR_DENIED);
	assert_int_equal(send("<data id=\"event\" version=\"1\">" META("uuid:e"), NULL, &r),
	                 ERR_DENIED);
	assert_int_equal(phone_take(phone, &in, &r, NULL), ERR_LIMIT);
	assert_int_equal(r.submission, -1);
	assert_int_equal(store_log_size(st), size);
	assert_int_equal(waiting(), 0);
	for (size_t i = 0; i < PHONE_MAX_FILES; i++)
		many[i] = (struct instance_file){ .name = "x", .type = "", .bytes = many[0].bytes };
	in.files = PHONE_MAX_FILES;
	for (size_t i = 0; i < PHONE_MAX_FILES; i++)
		many[i].bytes = (const uint8_t *)"";
	ok(phone_take(phone, &in, &r, &e));
	assert_int_equal(r.fate, PHONE_TAKEN);
}

/* Memory ends at many places: nothing was written, or all of it; sent again it is there once. */
static void
memory_ends(void **state)
{
	static const char xml[] = HAZARD("uuid:mem", "sha", PHOTO("1.jpg"));
	long n, failed = 0;
	struct phone_result r;

	(void)state;
	for (n = 0; n < 20000; n += 1 + n / 4) {
		int64_t size = store_log_size(st);
		enum err_code rc;

		mem_fail_after(n, 1);
		rc = send(xml, FILES("1.jpg", "one"), &r);
		mem_fail_after(-1, 0);
		if (!rc)
			break;
		failed++;
		assert_int_equal(store_log_size(st), size);
		assert_int_equal(count_kind("hazard"), 0);
	}
	assert_true(failed > 0);
	ok(send(xml, FILES("1.jpg", "one"), &r));
	assert_int_equal(count_kind("hazard"), 1);
	assert_int_equal(count_kind("source"), 1);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_same_instance_counts_once),
		TEST(names_of_files),
		TEST(late_files_are_added),
		TEST(corrections),
		TEST(what_cannot_be_placed_waits),
		TEST(a_find_opens_the_land_it_lies_on),
		TEST(what_is_refused),
		TEST(memory_ends),
	};

	return cmocka_run_group_tests_name("phone", tests, NULL, NULL);
}
