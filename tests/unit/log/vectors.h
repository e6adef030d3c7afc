/* Where the tests of this room find test vectors of others: ../shared when it is there
 * (FALLOW_SHARED, or beside the source), else the copies in tests/data/vectors. Include after
 * cmocka.h. */
#ifndef TESTS_LOG_VECTORS_H
#define TESTS_LOG_VECTORS_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/json.h"
#include "base/text.h"

static inline const char *
source_root(void)
{
	const char *root = getenv("FALLOW_SOURCE_ROOT");

	return root ? root : ".";
}

/* Path of a vector, in out; false (and a word on stderr) if it is nowhere. */
static inline bool
vector_path(const char *name, char *out, size_t room)
{
	const char *shared = getenv("FALLOW_SHARED");

	if (shared) {
		(void)snprintf(out, room, "%s/reference/vectors/%s", shared, name);
		if (file_exists(out))
			return true;
	}
	(void)snprintf(out, room, "%s/../shared/reference/vectors/%s", source_root(), name);
	if (file_exists(out))
		return true;
	(void)snprintf(out, room, "%s/../../shared/reference/vectors/%s", source_root(), name);
	if (file_exists(out))
		return true;
	(void)snprintf(out, room, "%s/tests/data/vectors/%s", source_root(), name);
	if (file_exists(out))
		return true;
	(void)fprintf(stderr, "vector %s is not here: skipped\n", name);
	return false;
}

/* Whole file into b, which is started here. */
static inline void
read_path(const char *path, struct buf *b)
{
	struct err e = { 0 };

	buf_init(b, 0);
	if (file_read(path, 1u << 26, b, &e) != ERR_OK)
		fail_msg("%s", e.text);
	(void)buf_text(b);
}

/* The vector must be there: it has a copy in the tree. */
static inline void
read_vector(const char *name, struct buf *b)
{
	char path[4096];

	assert_true(vector_path(name, path, sizeof path));
	read_path(path, b);
}

/* A file below tests/cases/log. */
static inline void
read_case(const char *name, struct buf *b)
{
	char path[4096];

	(void)snprintf(path, sizeof path, "%s/tests/cases/log/%s", source_root(), name);
	read_path(path, b);
}

static inline void
must_unhex(const char *hex, uint8_t *out, size_t n)
{
	assert_non_null(hex);
	assert_true(text_unhex(hex, strlen(hex), out, n));
}

#endif
