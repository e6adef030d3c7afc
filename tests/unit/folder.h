/* A folder of its own for a test, with the keys' home in it, the clock at noon of 1 June 2024, and
 * the path of a register that is made there. Define _XOPEN_SOURCE 700 before anything is included.
 */
#ifndef TESTS_FOLDER_H
#define TESTS_FOLDER_H

#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "store/store.h"

static char folder[200], path[300];

static inline int
folder_remove_entry(void *ctx, const char *name)
{
	char full[1200];

	(void)snprintf(full, sizeof(full), "%s/%s", (const char *)ctx, name);
	if (file_is_dir(full)) {
		assert_int_equal(file_list(full, folder_remove_entry, full, NULL), ERR_OK);
		(void)rmdir(full);
	} else {
		(void)unlink(full);
	}
	return 0;
}

/* Make it, and an empty register at `path`; 0 when that went well. */
static inline int
folder_make(void)
{
	char home[300];
	struct err e = { 0 };

	(void)snprintf(folder, sizeof(folder), "%s/fallow-test-XXXXXX",
	               getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
	if (!mkdtemp(folder))
		return -1;
	(void)snprintf(home, sizeof(home), "%s/home", folder);
	(void)setenv("FALLOW_HOME", home, 1);
	(void)setenv("FALLOW_NOW", "2024-06-01T12:00:00Z", 1);
	(void)snprintf(path, sizeof(path), "%s/r.gpkg", folder);
	if (store_init(path, "XXA", "test", &e)) {
		print_error("%s\n", e.text);
		return -1;
	}
	return 0;
}

static inline int
folder_remove(void)
{
	assert_int_equal(file_list(folder, folder_remove_entry, folder, NULL), ERR_OK);
	return rmdir(folder);
}

#endif
