#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vlog.h"

static struct vlog vlog;

/* Examples of the tlog-tiles specification, and a few around them. */
static void
test_paths(void **state)
{
	static const struct {
		struct tile t;
		const char *path;
	} v[] = {
		{ { 0, 0, 256 }, "tile/0/000" },
		{ { 0, 1234067, 256 }, "tile/0/x001/x234/067" },
		{ { 1, 0, 1 }, "tile/1/000.p/1" },
		{ { 0, 273, 112 }, "tile/0/273.p/112" },
		{ { 2, 999, 255 }, "tile/2/999.p/255" },
		{ { 7, 1000, 256 }, "tile/7/x001/000" },
		{ { TILE_ENTRIES, 1000000, 7 }, "tile/entries/x001/x000/000.p/7" },
		{ { 0, MERKLE_SIZE_MAX / 256, 256 }, "tile/0/x018/x014/x398/x509/x481/984" },
	};
	static const char *const bad[] = {
		"",
		"tile/0/00",
		"tile/0/0000",
		"tile/0/x000/000",
		"tile/0/x001/x234/67",
		"tile/0/x001/234/067",
		"tile/0/001/234",
		"tile/8/000",
		"tile/00/000",
		"tile/-1/000",
		"tile/0/000.p/0",
		"tile/0/000.p/256",
		"tile/0/000.p/01",
		"tile/0/000.p/",
		"tile/0/000/",
		"tile/0/000.p",
		"/tile/0/000",
		"tile/entries/../000",
		"tile/data/000",
		"tile/0/x099/x999/x999/x999/x999/999",
	};
	char path[TILE_PATH_SIZE];
	struct tile t;

	(void)state;
	for (size_t i = 0; i < sizeof v / sizeof v[0]; i++) {
		assert_int_equal(tile_path(v[i].t, path), strlen(v[i].path));
		assert_string_equal(path, v[i].path);
		assert_true(tile_path_parse(path, strlen(path), &t));
		assert_int_equal(t.level, v[i].t.level);
		assert_int_equal(t.n, v[i].t.n);
		assert_int_equal(t.width, v[i].t.width);
	}
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		if (tile_path_parse(bad[i], strlen(bad[i]), &t))
			fail_msg("accepted: %s", bad[i]);
	}
	for (uint64_t n = 0; n < 3000000; n += 997) {
		const struct tile a = { 3, n, 256 };
		const size_t length = tile_path(a, path);

		assert_true(tile_path_parse(path, length, &t));
		assert_int_equal(t.n, n);
	}
}

/* The two examples of the specification. */
static void
test_widths(void **state)
{
	(void)state;
	assert_int_equal(tile_full_count(0, 256), 1);
	assert_int_equal(tile_partial_width(0, 256), 0);
	assert_int_equal(tile_partial_width(1, 256), 1);
	assert_int_equal(tile_full_count(0, 70000), 273);
	assert_int_equal(tile_partial_width(0, 70000), 112);
	assert_int_equal(tile_full_count(1, 70000), 1);
	assert_int_equal(tile_partial_width(1, 70000), 17);
	assert_int_equal(tile_full_count(2, 70000), 0);
	assert_int_equal(tile_partial_width(2, 70000), 1);
	assert_int_equal(tile_partial_width(3, 70000), 0);
	assert_int_equal(tile_at(0, 273, 70000).width, 112);
	assert_int_equal(tile_at(0, 272, 70000).width, 256);
	assert_int_equal(tile_at(0, 274, 70000).width, 0);
	assert_int_equal(tile_partial_width(TILE_ENTRIES, 600), 88);
}

static void
remove_tree(const char *path)
{
	DIR *d = opendir(path);
	struct dirent *x;

	assert_non_null(d);
	while ((x = readdir(d)) != NULL) {
		char below[1024];

		if (text_eq(x->d_name, ".") || text_eq(x->d_name, ".."))
			continue;
		(void)snprintf(below, sizeof below, "%s/%s", path, x->d_name);
		if (file_is_dir(below))
			remove_tree(below);
		else
			assert_int_equal(unlink(below), 0);
	}
	(void)closedir(d);
	assert_int_equal(rmdir(path), 0);
}

/* Every file of the exported folder is the vector's, byte for byte. Returns their number. */
static unsigned
compare_trees(const char *ours, const char *folder, const char *below)
{
	char path[1024];
	DIR *d;
	struct dirent *x;
	unsigned count = 0;

	(void)snprintf(path, sizeof path, "%s%s", ours, below);
	d = opendir(path);
	assert_non_null(d);
	while ((x = readdir(d)) != NULL) {
		char name[512];
		char theirs[1024];

		if (text_eq(x->d_name, ".") || text_eq(x->d_name, ".."))
			continue;
		(void)snprintf(name, sizeof name, "%s/%s", below, x->d_name);
		(void)snprintf(path, sizeof path, "%s%s", ours, name);
		if (file_is_dir(path)) {
			count += compare_trees(ours, folder, name);
		} else {
			struct buf a;
			struct buf b;

			(void)snprintf(theirs, sizeof theirs, "%s%s", folder, name);
			read_path(path, &a);
			read_vector(theirs, &b);
			assert_int_equal(a.size, b.size);
			assert_memory_equal(a.data, b.data, a.size);
			buf_done(&a);
			buf_done(&b);
			count++;
		}
	}
	(void)closedir(d);
	return count;
}

static void
export_and_compare(const char *folder, uint64_t size, unsigned files)
{
	char dir[] = "/tmp/fallow_tile_XXXXXX";
	char path[200];
	struct tile_source src = { &vlog, vlog_get, vlog_entry };
	struct buf checkpoint;
	struct err e;

	assert_non_null(mkdtemp(dir));
	(void)snprintf(path, sizeof path, "%s/checkpoint", folder);
	read_vector(path, &checkpoint);
	vlog_load(&vlog, folder, size);
	assert_int_equal(tile_export(&src, size, checkpoint.data, checkpoint.size, dir, &e),
	                 ERR_OK);
	assert_int_equal(compare_trees(dir, folder, ""), files);
	/* a second time: nothing changes; another content: refused */
	assert_int_equal(tile_export(&src, size, checkpoint.data, checkpoint.size, dir, &e),
	                 ERR_OK);
	assert_int_equal(compare_trees(dir, folder, ""), files);
	vlog.node[0][0][0] ^= 1;
	assert_int_equal(tile_export(&src, size, checkpoint.data, checkpoint.size, dir, &e),
	                 ERR_CONFLICT);
	vlog_done(&vlog);
	buf_done(&checkpoint);
	remove_tree(dir);
}

static void
test_export(void **state)
{
	(void)state;
	export_and_compare("reference-log-600", 600, 1 + 3 + 3 + 1);
	export_and_compare("reference-log-sigsum-300", 300, 1 + 2 + 2 + 1);
	export_and_compare("tessera-log", 15, 1 + 1 + 1);
}

static enum err_code
long_entry(void *ctx, uint64_t index, struct buf *b, struct err *e)
{
	const size_t *n = ctx;
	char *to = buf_reserve(b, *n);

	(void)index;
	(void)e;
	assert_non_null(to);
	memset(to, 'x', *n);
	b->size += *n;
	return ERR_OK;
}

static enum err_code
no_hash(void *ctx, unsigned level, uint64_t index, uint8_t ret_hash[32], struct err *e)
{
	(void)ctx;
	(void)level;
	(void)index;
	(void)ret_hash;
	return err_set(e, ERR_IO, "the store failed");
}

static void
test_content_limits(void **state)
{
	size_t n = TILE_ENTRY_MAX;
	const struct tile_source src = { &n, no_hash, long_entry };
	struct buf b;
	struct err e;

	(void)state;
	buf_init(&b, 0);
	assert_int_equal(tile_content(&src, (struct tile){ TILE_ENTRIES, 0, 2 }, &b, &e), ERR_OK);
	assert_int_equal(b.size, 2 * (2 + n));
	assert_int_equal((uint8_t)b.data[0], 0xff);
	assert_int_equal((uint8_t)b.data[n + 3], 0xff);
	n++;
	assert_int_equal(tile_content(&src, (struct tile){ TILE_ENTRIES, 0, 2 }, &b, &e),
	                 ERR_LIMIT);
	assert_int_equal(tile_content(&src, (struct tile){ 0, 0, 2 }, &b, &e), ERR_IO);
	assert_string_equal(e.text, "the store failed");
	buf_done(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_paths),
		cmocka_unit_test(test_widths),
		cmocka_unit_test(test_export),
		cmocka_unit_test(test_content_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
