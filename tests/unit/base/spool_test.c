#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../unit.h"

#include "base/mem.h"
#include "base/rng.h"
#include "base/spool.h"

/* A record: its own number, then so many bytes that follow from it. */
struct record {
	double key;
	size_t number, size;
};

static int
by_key(const void *a, const void *b)
{
	const struct record *x = a, *y = b;

	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	return (x->number > y->number) - (x->number < y->number);
}

static void
fill(uint8_t *p, const struct record *r)
{
	for (size_t i = 0; i < r->size; i++)
		p[i] = (uint8_t)(r->number * 7 + i);
}

/* Put all aside in the order given, take them, compare with qsort's order. */
static void
round_trip(struct scratch *t, struct record *list, size_t n)
{
	struct spool *s = NULL;
	struct err e = { 0 };
	uint8_t *want = mem_alloc(((size_t)1 << 20) + 8), zeros[8] = { 0 };
	const void *data;
	size_t size;
	double key;

	assert_non_null(want);
	assert_int_equal(spool_create(t, &s, &e), ERR_OK);
	for (size_t i = 0; i < n; i++) {
		struct spool_piece piece[3] = { { &list[i].number, sizeof(size_t) },
			                        { NULL, 0 },
			                        { want, list[i].size } };

		fill(want, &list[i]);
		assert_int_equal(spool_put(s, list[i].key, piece, 3, &e), ERR_OK);
	}
	if (n)
		qsort(list, n, sizeof(*list), by_key);
	for (size_t i = 0; i < n; i++) {
		size_t number, filled = (list[i].size + 7) / 8 * 8;

		assert_int_equal(spool_next(s, &key, &data, &size, &e), ERR_OK);
		assert_true(key == list[i].key);
		assert_int_equal((uintptr_t)data % 8, 0);
		assert_int_equal(size, sizeof(number) + filled);
		memcpy(&number, data, sizeof(number));
		assert_int_equal(number, list[i].number);
		fill(want, &list[i]);
		assert_memory_equal((const uint8_t *)data + sizeof(number), want, list[i].size);
		assert_memory_equal((const uint8_t *)data + sizeof(number) + list[i].size, zeros,
		                    filled - list[i].size);
	}
	assert_int_equal(spool_next(s, &key, &data, &size, &e), ERR_NOTFOUND);
	assert_int_equal(spool_next(s, &key, &data, &size, &e), ERR_NOTFOUND);
	if (n)
		assert_int_equal(spool_put(s, 1, NULL, 0, &e), ERR_INTERNAL);
	spool_free(s);
	assert_int_equal(t->users, 0);
	assert_int_equal(t->end, 0);
	mem_free(want);
}

static void
random_records(struct record *list, size_t n, size_t most)
{
	struct rng r;

	rng_seed(&r, n, 0);
	for (size_t i = 0; i < n; i++)
		list[i] = (struct record){ (double)rng_below(&r, n / 3 + 1) - 20, i,
			                   rng_below(&r, most) };
	if (n > 10)
		list[n / 2].size = (size_t)1 << 20; /* much larger than what is read at a time */
}

static void
test_sorted(void **state)
{
	static const size_t counts[] = { 0, 1, 2, 1000, 40000 };
	struct record *list = mem_calloc(40000, sizeof(*list));
	struct scratch file, memory = { .fd = -1 };

	(void)state;
	assert_non_null(list);
	scratch_open(&file, "spool_test_beside");
	assert_true(file.fd >= 0);
	for (size_t i = 0; i < sizeof(counts) / sizeof(*counts); i++) {
		random_records(list, counts[i], 600); /* 40,000 make several runs */
		round_trip(&file, list, counts[i]);
		random_records(list, counts[i], 600);
		round_trip(&memory, list, counts[i]);
	}
	assert_int_equal(lseek(file.fd, 0, SEEK_END), 0);
	scratch_close(&file);
	assert_int_equal(file.fd, -1);
	mem_free(list);
}

/* Two spools share a file; it is emptied with the second. */
static void
test_two(void **state)
{
	static uint8_t kib[1024];
	struct spool_piece piece = { kib, sizeof(kib) };
	struct spool *s[2] = { NULL };
	struct scratch file;
	struct err e = { 0 };
	const void *data;
	size_t size;
	double key;

	(void)state;
	scratch_open(&file, NULL);
	for (int k = 0; k < 2; k++)
		assert_int_equal(spool_create(&file, &s[k], &e), ERR_OK);
	for (int i = 0; i < 10000; i++)
		for (int k = 0; k < 2; k++)
			assert_int_equal(spool_put(s[k], k ? i : -i, &piece, 1, &e), ERR_OK);
	assert_true(file.end > 10000 * 1024);
	for (int i = 0; i < 10000; i++) {
		for (int k = 0; k < 2; k++) {
			assert_int_equal(spool_next(s[k], &key, &data, &size, &e), ERR_OK);
			assert_true(key == (k ? i : i - 9999));
		}
	}
	spool_free(s[0]);
	assert_true(file.end > 0);
	spool_free(s[1]);
	assert_int_equal(file.end, 0);
	scratch_close(&file);
	spool_free(NULL);
}

/* What cannot be written or read is an error, and a full run is not lost without one. */
static void
test_disk(void **state)
{
	static uint8_t mib[1 << 20];
	struct spool_piece piece = { mib, sizeof(mib) };
	struct scratch full = { .fd = open("/dev/full", O_RDWR | O_CLOEXEC) }, file;
	struct spool *s = NULL;
	struct err e = { 0 };
	enum err_code rc = ERR_OK;
	const void *data;
	size_t size;
	double key;

	(void)state;
	assert_int_equal(spool_create(&full, &s, &e), ERR_OK);
	for (int i = 0; rc == ERR_OK && i < 10; i++)
		rc = spool_put(s, i, &piece, 1, &e);
	assert_int_equal(rc, ERR_IO);
	spool_free(s);
	scratch_close(&full);

	scratch_open(&file, "x");
	assert_int_equal(spool_create(&file, &s, &e), ERR_OK);
	for (int i = 0; i < 10; i++)
		assert_int_equal(spool_put(s, i, &piece, 1, &e), ERR_OK);
	assert_int_equal(ftruncate(file.fd, 100), 0);
	assert_int_equal(spool_next(s, &key, &data, &size, &e), ERR_IO);
	spool_free(s);
	scratch_close(&file);
}

static void
test_memory(void **state)
{
	static uint8_t kib[1024];
	struct spool_piece piece = { kib, sizeof(kib) };
	struct scratch file;
	const void *data;
	size_t size;
	double key;

	(void)state;
	scratch_open(&file, "x");
	for (long n = 0; n < 60; n++) {
		struct spool *s = NULL;
		struct err e = { 0 };
		enum err_code rc;
		int taken = 0;

		mem_fail_after(n, 0);
		rc = spool_create(&file, &s, &e);
		for (int i = 0; !rc && i < 9000; i++)
			rc = spool_put(s, i, &piece, 1, &e);
		while (!rc && (rc = spool_next(s, &key, &data, &size, &e)) == ERR_OK)
			taken++;
		mem_fail_after(-1, 0);
		assert_true(rc == ERR_NOMEM || (rc == ERR_NOTFOUND && taken == 9000));
		spool_free(s);
		assert_int_equal(file.users, 0);
	}
	scratch_close(&file);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_sorted),
		                            cmocka_unit_test(test_two), cmocka_unit_test(test_disk),
		                            cmocka_unit_test(test_memory) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
