#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "../unit.h"

#include "base/mem.h"
#include "base/pool.h"

struct job {
	atomic_int *seen;
	size_t workers;
	atomic_int bad_worker;
	struct pool *pool;
};

static void
mark(void *ctx, size_t i, size_t worker)
{
	struct job *j = ctx;

	atomic_fetch_add(&j->seen[i], 1);
	if (worker >= j->workers)
		atomic_store(&j->bad_worker, 1);
}

static void
check_loop(struct pool *p, size_t count, size_t chunk)
{
	struct job j = { .workers = pool_size(p) };

	j.seen = mem_calloc(count + 1, sizeof(*j.seen));
	assert_non_null(j.seen);
	pool_for(p, count, chunk, mark, &j);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(j.seen[i], 1);
	assert_int_equal(j.seen[count], 0);
	assert_int_equal(j.bad_worker, 0);
	mem_free(j.seen);
}

struct in_line {
	struct job made; /* seen: how often each was made */
	size_t taken, fails_at;
};

static void
make(void *ctx, size_t i, size_t worker)
{
	struct in_line *l = ctx;

	mark(&l->made, i, worker);
}

static enum err_code
take(void *ctx, size_t i, struct err *e)
{
	struct in_line *l = ctx;

	assert_int_equal(i, l->taken);
	assert_int_equal(l->made.seen[i], 1);
	if (i == l->fails_at)
		return err_set(e, ERR_CONFLICT, "number %zu is not taken", i);
	l->taken++;
	return ERR_OK;
}

/* Each is made once and taken in order, after it was made; a failure ends it and nothing is left
 * running. */
static void
test_line(void **state)
{
	static const size_t counts[] = { 0, 1, 2, 7, 100, 10001 };
	static const size_t chunks[] = { 0, 1, 3, 64, 20000 };
	struct err e;

	(void)state;
	for (size_t threads = 0; threads <= 9; threads += 3) {
		struct pool *p = threads > 0 ? pool_create(threads) : NULL;

		for (size_t at = 0; at < COUNT_OF(counts) * COUNT_OF(chunks) * 2; at++) {
			size_t count = counts[at % COUNT_OF(counts)];
			size_t chunk = chunks[at / COUNT_OF(counts) % COUNT_OF(chunks)];
			bool fails = at >= COUNT_OF(counts) * COUNT_OF(chunks) && count > 0;
			struct in_line l = { .made = { .workers = pool_size(p) },
				             .fails_at = fails ? count / 2 : SIZE_MAX };
			enum err_code rc;

			l.made.seen = mem_calloc(count + 1, sizeof(*l.made.seen));
			assert_non_null(l.made.seen);
			rc = pool_line(p, count, chunk, make, take, &l, &e);
			assert_int_equal(rc, fails ? ERR_CONFLICT : ERR_OK);
			assert_int_equal(l.taken, fails ? count / 2 : count);
			for (size_t i = 0; i < count; i++)
				assert_true(l.made.seen[i] == 1 || (fails && l.made.seen[i] == 0));
			assert_int_equal(l.made.bad_worker, 0);
			mem_free(l.made.seen);
		}
		pool_free(p);
	}
}

static void
test_each_index_once(void **state)
{
	static const size_t counts[] = { 0, 1, 2, 7, 100, 10001 };
	static const size_t chunks[] = { 0, 1, 3, 64, 20000, SIZE_MAX };

	(void)state;
	for (size_t threads = 0; threads <= 9; threads++) {
		struct pool *p = threads > 0 ? pool_create(threads) : NULL;

		assert_int_equal(pool_size(p), threads > 0 ? threads : 1);
		for (size_t c = 0; c < COUNT_OF(counts); c++) {
			for (size_t k = 0; k < COUNT_OF(chunks); k++)
				check_loop(p, counts[c], chunks[k]);
		}
		pool_free(p);
	}
}

static void
test_many_rounds(void **state)
{
	struct pool *p = pool_create(4);

	(void)state;
	assert_non_null(p);
	for (int i = 0; i < 2000; i++)
		check_loop(p, 20, 1);
	pool_free(p);
}

static void
outer(void *ctx, size_t i, size_t worker)
{
	struct job *j = ctx;
	struct job inner = { .workers = j->workers };

	(void)worker;
	inner.seen = j->seen + 50 * i;
	pool_for(j->pool, 50, 1, mark, &inner);
	if (atomic_load(&inner.bad_worker))
		atomic_store(&j->bad_worker, 1);
}

/* A loop inside a loop runs on its own thread and does not lock up. */
static void
test_nested(void **state)
{
	struct job j = { .pool = pool_create(3), .workers = 3 };

	(void)state;
	assert_non_null(j.pool);
	j.seen = mem_calloc(1000, sizeof(*j.seen));
	pool_for(j.pool, 20, 1, outer, &j);
	for (size_t i = 0; i < 1000; i++)
		assert_int_equal(j.seen[i], 1);
	assert_int_equal(j.bad_worker, 0);
	mem_free(j.seen);
	pool_free(j.pool);
}

static void
check_environment(const char *value, size_t expect)
{
	struct pool *p;

	assert_int_equal(setenv("FALLOW_THREADS", value, 1), 0);
	p = pool_create(0);
	assert_non_null(p);
	if (expect > 0)
		assert_int_equal(pool_size(p), expect);
	else
		assert_true(pool_size(p) >= 1);
	pool_free(p);
	unsetenv("FALLOW_THREADS");
}

static void
test_environment(void **state)
{
	struct pool *p;

	(void)state;
	check_environment("3", 3);
	check_environment("1", 1);
	check_environment("0", 0);
	check_environment("many", 0);
	check_environment("99999999999999999999", 0);
	assert_int_equal(setenv("FALLOW_THREADS", "3", 1), 0);
	p = pool_create(2); /* a number that is asked for wins */
	assert_int_equal(pool_size(p), 2);
	pool_free(p);
	unsetenv("FALLOW_THREADS");
}

static void
test_memory_ends(void **state)
{
	struct pool *p;
	long before = mem_count();
	long n;

	(void)state;
	p = pool_create(3);
	n = mem_count() - before;
	pool_free(p);
	for (long i = 0; i < n; i++) {
		mem_fail_after(i, 0);
		p = pool_create(3);
		mem_fail_after(-1, 0);
		assert_null(p);
	}
	pool_free(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_index_once), cmocka_unit_test(test_line),
		cmocka_unit_test(test_many_rounds),     cmocka_unit_test(test_nested),
		cmocka_unit_test(test_environment),     cmocka_unit_test(test_memory_ends),
	};

	return cmocka_run_group_tests_name("pool", tests, NULL, NULL);
}
