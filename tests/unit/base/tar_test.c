/* A folder as an archive: the bytes of POSIX ustar, the same for the same files. Offsets are those
 * of IEEE Std 1003.1, pax, "ustar Interchange Format". */
#define _XOPEN_SOURCE 700 /* mkdtemp */
#include "../unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/tar.h"

static char folder[200], path[300], inside[400];

static int
set_up(void **state)
{
	(void)state;
	(void)snprintf(folder, sizeof(folder), "%s/fallow-tar-XXXXXX",
	               getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
	if (!mkdtemp(folder))
		return -1;
	(void)snprintf(path, sizeof(path), "%s.tar", folder);
	return 0;
}

static void
put(const char *name, const char *text)
{
	(void)snprintf(inside, sizeof(inside), "%s/%s", folder, name);
	assert_int_equal(file_write_atomic(inside, text, strlen(text), 0600, NULL), ERR_OK);
}

static int
tear_down(void **state)
{
	static const char *const names[] = { "b", "a" };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		(void)snprintf(inside, sizeof(inside), "%s/%s", folder, names[i]);
		(void)unlink(inside);
	}
	(void)unlink(path);
	return rmdir(folder);
}

static void
the_same_files_give_the_same_bytes(void **state)
{
	struct buf one, two;
	unsigned sum = 0;
	struct err e = { 0 };

	(void)state;
	buf_init(&one, 1u << 20);
	buf_init(&two, 1u << 20);
	put("b", "second");
	put("a", "first");
	assert_int_equal(tar_folder(folder, path, &e), ERR_OK);
	assert_int_equal(file_read(path, 1u << 20, &one, &e), ERR_OK);
	put("a", "first"); /* written anew: another time */
	assert_int_equal(tar_folder(folder, path, &e), ERR_OK);
	assert_int_equal(file_read(path, 1u << 20, &two, &e), ERR_OK);
	/* two headers, two contents, the end */
	assert_int_equal(one.size, 512 * 6);
	assert_int_equal(two.size, one.size);
	assert_memory_equal(one.data, two.data, one.size);
	assert_string_equal(one.data + strlen(file_basename(folder)), "/a");
	assert_string_equal(one.data + 124, "00000000005");
	assert_string_equal(one.data + 136, "00000000000");
	assert_memory_equal(one.data + 257, "ustar\00000", 8);
	for (size_t i = 0; i < 512; i++)
		sum += i >= 148 && i < 156 ? ' ' : (unsigned char)one.data[i];
	assert_int_equal(strtoul(one.data + 148, NULL, 8), sum);
	assert_memory_equal(one.data + 512, "first\0", 6);
	assert_string_equal(one.data + 1536, "second");
	buf_done(&one);
	buf_done(&two);
}

static void
a_folder_that_is_not_there_leaves_no_archive(void **state)
{
	struct err e = { 0 };

	(void)state;
	assert_int_equal(tar_folder("/no/such/folder", path, &e), ERR_NOTFOUND);
	assert_false(file_exists(path));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_same_files_give_the_same_bytes, set_up,
		                                tear_down),
		cmocka_unit_test_setup_teardown(a_folder_that_is_not_there_leaves_no_archive,
		                                set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
