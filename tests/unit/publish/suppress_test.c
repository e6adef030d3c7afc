/* Casualty tables against a reader who knows the rule, the sums and the codes: every table of small
 * counts is tried, and whoever sees the same publication is asked what a withheld count can be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/rng.h"
#include "publish/suppress.h"

enum {
	CELLS = 6,
	SMALL = 5
};

/* What a reader sees of a table, as a key: for each cell its group, and the sum of each group. */
struct seen {
	int8_t group[CELLS];
	int8_t sum[CELLS];
	uint32_t values[CELLS]; /* bit v: some table with this look has v in this cell */
	bool small[CELLS];      /* some has a count below 5 there */
};

static struct seen *table;
static size_t count, room;
static uint32_t *bucket; /* index + 1 */
enum {
	BUCKETS = 1 << 20
};

static struct seen *
look(const struct seen *key)
{
	uint32_t h = 2166136261u;

	for (size_t i = 0; i < CELLS; i++)
		h = ((h ^ (uint8_t)key->group[i]) * 16777619u ^ (uint8_t)key->sum[i]) * 16777619u;
	for (h &= BUCKETS - 1; bucket[h]; h = (h + 1) & (BUCKETS - 1))
		if (memcmp(&table[bucket[h] - 1], key, 2 * CELLS) == 0)
			return &table[bucket[h] - 1];
	assert_true(count < room);
	table[count] = *key;
	bucket[h] = (uint32_t)++count;
	return &table[count - 1];
}

static void
one(const int64_t *v, size_t n)
{
	struct seen key = { .small = { false } };
	size_t group[CELLS];
	struct seen *s;

	if (!suppress_group(v, n, group))
		return; /* only the total is published */
	for (size_t i = 0; i < n; i++) {
		key.group[i] = (int8_t)(group[i] + 1);
		key.sum[group[i]] = (int8_t)(key.sum[group[i]] + v[i]);
	}
	s = look(&key);
	for (size_t i = 0; i < n; i++) {
		s->values[i] |= 1u << v[i];
		s->small[i] = s->small[i] || v[i] < SMALL;
	}
}

/* All tables of n cells from 1 to top. */
static void
all_tables(size_t n, int64_t top)
{
	int64_t v[CELLS];
	size_t checked = 0;

	count = 0;
	memset(bucket, 0, BUCKETS * sizeof(*bucket));
	for (size_t i = 0; i < n; i++)
		v[i] = 1;
	for (size_t i = 0; i < n;) {
		one(v, n);
		for (i = 0; i < n && v[i] == top; i++)
			v[i] = 1;
		if (i < n)
			v[i]++;
	}
	for (size_t k = 0; k < count; k++)
		for (size_t i = 0; i < n; i++) {
			uint32_t values = table[k].values[i];
			int8_t g = table[k].group[i];

			/* a sum that a count above top could make is not whole here */
			if (!table[k].small[i] || table[k].sum[g - 1] > top)
				continue;
			checked++;
			if (__builtin_popcount(values) < 4)
				fail_msg("%zu cells: only %d values are possible", n,
				         __builtin_popcount(values));
			/* and every small count is possible where one is the first of a group */
			if (g == (int8_t)(i + 1))
				assert_int_equal(0x1e, values & 0x1e);
		}
	assert_true(checked > 0);
}

static void
test_exhaustive(void **state)
{
	(void)state;
	room = 400000;
	table = mem_calloc(room, sizeof(*table));
	bucket = mem_calloc(BUCKETS, sizeof(*bucket));
	assert_true(table && bucket);
	all_tables(2, 30);
	all_tables(3, 25);
	all_tables(4, 14);
	all_tables(5, 9);
	all_tables(6, 7);
	mem_free(table);
	mem_free(bucket);
}

/* A reader without the rule, with arithmetic only: bounds of every cell from the sums, by
 * propagation, on large random tables. */
static void
test_bounds(void **state)
{
	struct rng r;

	(void)state;
	rng_seed(&r, 20261123, 1);
	for (int round = 0; round < 20000; round++) {
		int64_t v[200], sum = 0;
		size_t group[200], n = 1 + (size_t)rng_below(&r, 200);
		bool any;

		for (size_t i = 0; i < n; i++) {
			uint64_t small = rng_below(&r, 3);

			v[i] = 1 + (int64_t)rng_below(&r, small ? 6 : 300);
			sum += v[i];
		}
		any = suppress_group(v, n, group);
		if (!any) /* not even neighbours: the whole is hardly more than its cells */
			assert_true(sum < (int64_t)n + 4);
		for (size_t i = 0, to; any && i < n; i = to) {
			int64_t g = 0;

			assert_int_equal(i, group[i]);
			for (to = i; to < n && group[to] == i; to++)
				g += v[to];
			if (to == i + 1)
				assert_true(g >= SMALL);
			else /* each cell: 1 .. g - (m - 1), at least five values */
				assert_true(g - (int64_t)(to - i - 1) >= SMALL);
		}
	}
}

static void
test_by_hand(void **state)
{
	static const struct {
		int64_t v[6];
		size_t n, group[6];
		bool any;
	} c[] = {
		{ { 7 }, 1, { 0 }, true },
		{ { 4 }, 1, { 0 }, false },
		{ { 5, 5 }, 2, { 0, 1 }, true },
		{ { 4, 5 }, 2, { 0, 0 }, true },
		{ { 5, 4 }, 2, { 0, 0 }, true },
		{ { 2, 3 }, 2, { 0, 0 }, false }, /* 5 is not 6 */
		{ { 2, 4 }, 2, { 0, 0 }, true },
		{ { 1, 1, 1, 1, 1, 1 }, 6, { 0 }, false },
		{ { 400, 1, 1, 1, 2, 30 }, 6, { 0, 1, 1, 1, 1, 1 }, true },
		{ { 30, 12, 9, 2, 1, 1 }, 6, { 0, 1, 2, 2, 2, 2 }, true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(c) / sizeof(*c); i++) {
		size_t group[6];

		assert_int_equal(c[i].any, suppress_group(c[i].v, c[i].n, group));
		for (size_t k = 0; c[i].any && k < c[i].n; k++)
			assert_int_equal(c[i].group[k], group[k]);
	}
	assert_true(suppress_group(NULL, 0, NULL)); /* an empty table hides nothing */
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_by_hand),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_exhaustive),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
