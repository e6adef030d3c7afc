#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../unit.h"

#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"

static char folder[] = "/tmp/fallow-file-XXXXXX";
static char path_buf[4][600];

/* A path inside the test's folder; four of them live at a time. */
static const char *
in(const char *name)
{
	static size_t turn;
	char *out = path_buf[turn++ % COUNT_OF(path_buf)];

	(void)snprintf(out, sizeof(path_buf[0]), "%s/%s", folder, name);
	return out;
}

static int
set_up(void **state)
{
	(void)state;
	return mkdtemp(folder) ? 0 : -1;
}

static int
remove_entry(void *ctx, const char *name)
{
	char path[1200];

	(void)snprintf(path, sizeof(path), "%s/%s", (const char *)ctx, name);
	if (file_is_dir(path)) {
		if (file_list(path, remove_entry, path, NULL) != ERR_OK)
			return ERR_IO;
		return rmdir(path) == 0 ? 0 : ERR_IO;
	}
	return unlink(path) == 0 ? 0 : ERR_IO;
}

static int
tear_down(void **state)
{
	(void)state;
	if (file_list(folder, remove_entry, folder, NULL) != ERR_OK)
		return -1;
	return rmdir(folder);
}

static void
put(const char *path, const char *text)
{
	struct err e;

	assert_int_equal(file_write_atomic(path, text, strlen(text), 0644, &e), ERR_OK);
}

static int
count_entry(void *ctx, const char *name)
{
	(void)name;
	(*(int *)ctx)++;
	return 0;
}

static int
entries(const char *path)
{
	int n = 0;
	struct err e;

	assert_int_equal(file_list(path, count_entry, &n, &e), ERR_OK);
	return n;
}

static void
test_write_and_read(void **state)
{
	const char *path = in("a");
	struct stat st;
	struct buf b;
	struct err e;
	mode_t mask = umask(077);

	(void)state;
	buf_init(&b, 0);
	buf_adds(&b, "before ");
	put(path, "first");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0644);            /* whatever the umask */
	assert_int_equal(file_read(path, 5, &b, &e), ERR_OK); /* exactly the limit */
	assert_string_equal(buf_text(&b), "before first");
	assert_int_equal(file_write_atomic(path, "second", 6, 0600, &e), ERR_OK);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	buf_reset(&b);
	assert_int_equal(file_read(path, 100, &b, &e), ERR_OK);
	assert_string_equal(buf_text(&b), "second");
	assert_int_equal(file_write_atomic(path, NULL, 0, 0600, &e), ERR_OK);
	buf_reset(&b);
	assert_int_equal(file_read(path, 0, &b, &e), ERR_OK); /* empty, and nothing allowed */
	assert_int_equal(b.size, 0);
	assert_int_equal(entries(folder), 1); /* no temporary stays */
	umask(mask);
	buf_done(&b);
}

static void
test_read_fails(void **state)
{
	struct buf b;
	struct err e;

	(void)state;
	put(in("b"), "123456");
	buf_init(&b, 0);
	buf_adds(&b, "kept");
	assert_int_equal(file_read(in("b"), 5, &b, &e), ERR_LIMIT);
	assert_string_equal(buf_text(&b), "kept");
	assert_int_equal(file_read(in("nothing"), 5, &b, &e), ERR_NOTFOUND);
	assert_non_null(strstr(e.text, "nothing': No such file or directory"));
	assert_int_equal(file_read(in("b/x"), 5, &b, &e), ERR_NOTFOUND);
	assert_int_equal(file_read(folder, 5, &b, &e), ERR_IO);
	assert_string_equal(buf_text(&b), "kept");
	/* a device that never ends meets the limit */
	assert_int_equal(file_read("/dev/zero", 3000000, &b, &e), ERR_LIMIT);
	buf_done(&b);
	buf_init(&b, 3); /* the buffer's own cap */
	assert_int_equal(file_read(in("b"), 100, &b, &e), ERR_NOMEM);
	buf_done(&b);
}

static void
test_read_large(void **state)
{
	size_t n = (size_t)3 << 20;
	char *big = mem_alloc(n);
	struct buf b;
	struct err e;

	(void)state;
	for (size_t i = 0; i < n; i++)
		big[i] = (char)(i * 31 >> 4);
	assert_int_equal(file_write_atomic(in("big"), big, n, 0644, &e), ERR_OK);
	buf_init(&b, 0);
	assert_int_equal(file_read(in("big"), n, &b, &e), ERR_OK);
	assert_int_equal(b.size, n);
	assert_memory_equal(b.data, big, n);
	buf_reset(&b);
	assert_int_equal(file_read(in("big"), n - 1, &b, &e), ERR_LIMIT);
	buf_done(&b);
	mem_free(big);
}

static void
test_write_fails(void **state)
{
	struct err e;

	(void)state;
	put(in("c"), "old");
	assert_int_equal(file_write_atomic(in("no/such/c"), "x", 1, 0644, &e), ERR_NOTFOUND);
	assert_int_equal(file_mkdirs(in("d"), 0755, &e), ERR_OK);
	/* a folder cannot be replaced by a file, and the temporary goes */
	assert_int_equal(file_write_atomic(in("d"), "x", 1, 0644, &e), ERR_IO);
	assert_true(file_is_dir(in("d")));
	assert_int_equal(entries(in("d")), 0);
	assert_false(file_exists(in("d.tmp")));
	for (long i = 0; i < 3; i++) {
		enum err_code rc;
		struct buf b;

		mem_fail_after(i, 1);
		rc = file_write_atomic(in("c"), "new", 3, 0644, &e);
		mem_fail_after(-1, 0);
		assert_true(rc == ERR_OK || rc == ERR_NOMEM || rc == ERR_IO);
		buf_init(&b, 0);
		assert_int_equal(file_read(in("c"), 10, &b, &e), ERR_OK);
		assert_true(text_eq(buf_text(&b), "old") || text_eq(buf_text(&b), "new"));
		buf_done(&b);
	}
}

static void
test_mkdirs(void **state)
{
	struct stat st;
	struct err e;

	(void)state;
	assert_int_equal(file_mkdirs(in("x/y//z/"), 0700, &e), ERR_OK);
	assert_true(file_is_dir(in("x/y/z")));
	assert_int_equal(stat(in("x/y"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	assert_int_equal(file_mkdirs(in("x/y/z"), 0700, &e), ERR_OK); /* twice */
	assert_int_equal(file_mkdirs("/", 0700, &e), ERR_OK);
	assert_int_equal(file_mkdirs(".", 0700, &e), ERR_OK);
	put(in("f"), "");
	assert_int_equal(file_mkdirs(in("f"), 0700, &e), ERR_IO);
	assert_int_equal(file_mkdirs(in("f/g"), 0700, &e), ERR_IO);
	assert_int_equal(file_mkdirs("", 0700, &e), ERR_NOTFOUND);
}

static void
test_store_original(void **state)
{
	/* sha256sum of "abc" */
	static const char hex[] =
		"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
	char stored[200];
	uint8_t sha256[32], expect[32];
	int64_t size = -1;
	struct buf b;
	struct err e;

	(void)state;
	assert_true(text_unhex(hex, 64, expect, 32));
	(void)snprintf(stored, sizeof(stored), "originals/files/ba/%s", hex);
	put(in("photo"), "abc");
	for (int round = 0; round < 2; round++) { /* the second time it is there */
		memset(sha256, 0, sizeof(sha256));
		assert_int_equal(
			file_store_original(in("photo"), in("originals/files"), sha256, &size, &e),
			ERR_OK);
		assert_memory_equal(sha256, expect, 32);
		assert_int_equal(size, 3);
		buf_init(&b, 0);
		assert_int_equal(file_read(in(stored), 10, &b, &e), ERR_OK);
		assert_string_equal(buf_text(&b), "abc");
		buf_done(&b);
		assert_int_equal(entries(in("originals/files")), 1);
		assert_int_equal(entries(in("originals/files/ba")), 1);
	}
	/* one that lost its end is replaced */
	put(in(stored), "ab");
	assert_int_equal(file_store_original(in("photo"), in("originals/files"), sha256, NULL, &e),
	                 ERR_OK);
	buf_init(&b, 0);
	assert_int_equal(file_read(in(stored), 10, &b, &e), ERR_OK);
	assert_string_equal(buf_text(&b), "abc");
	buf_done(&b);

	size = 77;
	assert_int_equal(
		file_store_original(in("nothing"), in("originals/files"), sha256, &size, &e),
		ERR_NOTFOUND);
	assert_int_equal(size, 77);
	assert_int_equal(file_store_original(folder, in("originals/files"), sha256, &size, &e),
	                 ERR_IO);
	assert_int_equal(entries(in("originals/files")), 1); /* no temporary stays */
}

static void
test_store_memory_ends(void **state)
{
	uint8_t sha256[32];
	int64_t size;
	struct err e;
	enum err_code rc = ERR_NOMEM;
	long i = 0;

	(void)state;
	put(in("photo2"), "abcd");
	assert_int_equal(file_mkdirs(in("store2"), 0755, &e), ERR_OK);
	for (; rc != ERR_OK && i < 30; i++) {
		mem_fail_after(i, 1);
		rc = file_store_original(in("photo2"), in("store2"), sha256, &size, &e);
		mem_fail_after(-1, 0);
		assert_true(rc == ERR_OK || rc == ERR_NOMEM || rc == ERR_IO);
	}
	assert_int_equal(rc, ERR_OK);
	assert_true(i > 3);
	assert_int_equal(entries(in("store2")), 1);
}

static void
test_sha256(void **state)
{
	uint8_t sha256[32];
	char hex[65];
	int64_t size;
	struct err e;

	(void)state;
	put(in("s"), "abc");
	assert_int_equal(file_sha256(in("s"), sha256, &size, &e), ERR_OK);
	text_hex(sha256, 32, hex);
	assert_string_equal(hex,
	                    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	assert_int_equal(size, 3);
	assert_int_equal(file_sha256(in("s"), sha256, NULL, &e), ERR_OK);
	assert_int_equal(file_sha256(in("nothing"), sha256, &size, &e), ERR_NOTFOUND);
	assert_int_equal(file_sha256(folder, sha256, &size, &e), ERR_IO);
}

static int
collect(void *ctx, const char *name)
{
	struct buf *b = ctx;

	buf_adds(b, name);
	buf_addc(b, ' ');
	return text_eq(name, "stop") ? ERR_CONFLICT : 0;
}

static void
test_list(void **state)
{
	struct buf b;
	struct err e;

	(void)state;
	assert_int_equal(file_mkdirs(in("l"), 0755, &e), ERR_OK);
	put(in("l/b"), "");
	put(in("l/B"), "");
	put(in("l/.hidden"), "");
	put(in("l/\xC3\xA9"), "");
	buf_init(&b, 0);
	assert_int_equal(file_list(in("l"), collect, &b, &e), ERR_OK);
	assert_string_equal(buf_text(&b), ".hidden B b \xC3\xA9 ");
	put(in("l/stop"), "");
	buf_reset(&b);
	assert_int_equal(file_list(in("l"), collect, &b, &e), ERR_CONFLICT);
	assert_string_equal(buf_text(&b), ".hidden B b stop ");
	assert_int_equal(file_list(in("nothing"), collect, &b, &e), ERR_NOTFOUND);
	buf_done(&b);
	for (long i = 0; i < 6; i++) {
		int n = 0;

		mem_fail_after(i, 0);
		assert_int_equal(file_list(in("l"), count_entry, &n, &e), ERR_NOMEM);
		mem_fail_after(-1, 0);
		assert_int_equal(n, 0);
	}
}

static void
test_names(void **state)
{
	(void)state;
	assert_string_equal(file_basename("/a/b.c"), "b.c");
	assert_string_equal(file_basename("b.c"), "b.c");
	assert_string_equal(file_basename("/a/"), "");
	assert_string_equal(file_basename(""), "");
	assert_string_equal(file_extension("/a.b/c"), "");
	assert_string_equal(file_extension("x.tar.GZ"), "GZ");
	assert_string_equal(file_extension(".profile"), "");
	assert_string_equal(file_extension("x."), "");
	assert_string_equal(file_extension(""), "");
	assert_true(file_exists("/"));
	assert_true(file_is_dir("/"));
	assert_false(file_exists("/nothing/here"));
	assert_false(file_is_dir("/dev/null"));
}

static void
test_sync_dir(void **state)
{
	struct err e;

	(void)state;
	assert_int_equal(file_sync_dir(folder, &e), ERR_OK);
	assert_int_equal(file_sync_dir(in("nothing"), &e), ERR_NOTFOUND);
	put(in("plain"), "");
	assert_int_equal(file_sync_dir(in("plain"), &e), ERR_NOTFOUND);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_write_and_read),
		cmocka_unit_test(test_read_fails),
		cmocka_unit_test(test_read_large),
		cmocka_unit_test(test_write_fails),
		cmocka_unit_test(test_mkdirs),
		cmocka_unit_test(test_store_original),
		cmocka_unit_test(test_store_memory_ends),
		cmocka_unit_test(test_sha256),
		cmocka_unit_test(test_list),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_sync_dir),
	};

	return cmocka_run_group_tests_name("file", tests, set_up, tear_down);
}
