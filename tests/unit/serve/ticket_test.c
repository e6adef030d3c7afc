/* Tickets: what the part of accounts says is what the other part reads; every changed bit, another
 * key, another use and another time are refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "serve/ticket.h"

#define AT INT64_C(5000000000)

static struct ticket_keys keys;
static const struct ticket_use to_write = { PART_WRITE, true };
static struct buf made;
static struct err e;

static struct ticket
ticket_of(struct ticket_use use, struct who who)
{
	buf_reset(&made);
	ticket_make(&keys, use, &who, AT, &made);
	assert_true(buf_ok(&made));
	return (struct ticket){ (const uint8_t *)made.data, made.size };
}

static enum err_code
open_it(struct ticket_use use, struct ticket t, int64_t now_us, struct who *ret)
{
	return ticket_open(keys.of[use.part], use, t, now_us, ret, &e);
}

static const struct who ann = { SERVE_APPROVER, "ann", 7, true, false, true };

static void
test_same(void **state)
{
	struct who who = { 0 };
	struct ticket t = ticket_of(to_write, ann);

	(void)state;
	assert_int_equal(ERR_OK, open_it(to_write, t, AT, &who));
	assert_int_equal(SERVE_APPROVER, who.role);
	assert_string_equal("ann", who.account);
	assert_int_equal(7, who.id);
	assert_true(who.second_factor && !who.token && who.read_only);
	t = ticket_of(to_write, (struct who){ SERVE_PUBLIC, "", INT64_MAX, false, true, false });
	assert_int_equal(ERR_OK, open_it(to_write, t, AT, &who));
	assert_int_equal(SERVE_PUBLIC, who.role);
	assert_true(who.id == INT64_MAX);
	assert_true(!who.second_factor && who.token && !who.read_only);
}

/* An independent computation: Python's hmac over the bytes that the header describes. */
static void
test_bytes(void **state)
{
	static const uint8_t head[] = { 0x00, 0x79, 0x99, 0x2d, 0x01, 0x00, 0x00, 0x00, 0x03,
		                        0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x04, 0x00,
		                        0x00, 0x00, 0x05, 0x00, 0x00, 0x00, 0x07, 0x00, 0x00,
		                        0x00, 0x00, 0x00, 0x00, 0x00, 0x61, 0x6e, 0x6e, 0x00 };
	static const uint8_t code[] = { 0xfb, 0x8e, 0xe0, 0xfd, 0x01, 0xab, 0x46, 0x14,
		                        0x1f, 0x10, 0xd4, 0xd3, 0x7e, 0x09, 0x26, 0xe1,
		                        0x29, 0x21, 0xbe, 0x56, 0x13, 0x71, 0xbe, 0x05,
		                        0x27, 0x18, 0x5d, 0x74, 0xb7, 0xfc, 0x2a, 0x7f };
	struct ticket_keys saved = keys;
	struct ticket t;

	(void)state;
	for (int i = 0; i < TICKET_KEY; i++)
		keys.of[PART_WRITE][i] = (uint8_t)i;
	t = ticket_of(to_write, ann);
	assert_int_equal(sizeof head + sizeof code, t.size);
	assert_memory_equal(head, t.bytes, sizeof head);
	assert_memory_equal(code, t.bytes + sizeof head, sizeof code);
	keys = saved;
}

static void
test_none_is_public(void **state)
{
	struct who who = ann;

	(void)state;
	assert_int_equal(ERR_OK, open_it(to_write, (struct ticket){ NULL, 0 }, AT, &who));
	assert_int_equal(SERVE_PUBLIC, who.role);
	assert_int_equal(0, who.id);
	assert_string_equal("", who.account);
}

static void
test_changed(void **state)
{
	struct ticket t = ticket_of(to_write, ann);
	struct who who = { .role = SERVE_REPORTER };
	uint8_t *copy;

	(void)state;
	/* every bit */
	for (size_t bit = 0; bit < 8 * t.size; bit++) {
		copy = mem_alloc(t.size);
		memcpy(copy, t.bytes, t.size);
		copy[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_int_equal(ERR_DENIED,
		                 open_it(to_write, (struct ticket){ copy, t.size }, AT, &who));
		mem_free(copy);
	}
	/* every length, in a block of its own */
	for (size_t n = 1; n < t.size; n++) {
		copy = mem_alloc(n);
		memcpy(copy, t.bytes, n);
		assert_int_equal(ERR_DENIED,
		                 open_it(to_write, (struct ticket){ copy, n }, AT, &who));
		mem_free(copy);
	}
	copy = mem_calloc(1, TICKET_MOST + 1);
	assert_int_equal(ERR_DENIED,
	                 open_it(to_write, (struct ticket){ copy, TICKET_MOST + 1 }, AT, &who));
	mem_free(copy);
	assert_int_equal(SERVE_REPORTER, who.role); /* untouched */
}

/* Without the key nobody makes one; with the key of another part neither. */
static void
test_other_key(void **state)
{
	struct ticket_keys others = keys;
	struct who who;
	struct ticket t;

	(void)state;
	memset(others.of[PART_WRITE], 0, TICKET_KEY);
	buf_reset(&made);
	ticket_make(&others, to_write, &ann, AT, &made);
	t = (struct ticket){ (const uint8_t *)made.data, made.size };
	assert_int_equal(ERR_DENIED, open_it(to_write, t, AT, &who));
	t = ticket_of(to_write, ann);
	assert_int_equal(ERR_DENIED, ticket_open(keys.of[PART_QUICK], to_write, t, AT, &who, &e));
}

static void
test_other_use(void **state)
{
	struct who who;

	(void)state;
	for (int part = PART_QUICK; part <= PART_LOGIN; part++)
		for (int changes = 0; changes < 2; changes++) {
			struct ticket_use use = { (enum serve_part)part, changes };
			bool same = part == PART_WRITE && changes;
			struct ticket t = ticket_of(use, ann);

			assert_int_equal(same ? ERR_OK : ERR_DENIED,
			                 open_it(to_write, t, AT, &who));
			/* even where both had one key */
			assert_int_equal(same ? ERR_OK : ERR_DENIED,
			                 ticket_open(keys.of[use.part], to_write, t, AT, &who, &e));
		}
}

static void
test_time(void **state)
{
	struct ticket_use slow = { PART_SLOW, false };
	struct who who;
	struct ticket t = ticket_of(to_write, ann);

	(void)state;
	assert_int_equal(ERR_OK,
	                 open_it(to_write, t, AT + TICKET_LIFE_S * INT64_C(1000000) - 1, &who));
	assert_int_equal(ERR_LIMIT,
	                 open_it(to_write, t, AT + TICKET_LIFE_S * INT64_C(1000000), &who));
	assert_int_equal(ERR_LIMIT, open_it(to_write, t, INT64_MAX, &who));
	t = ticket_of(slow, ann);
	assert_int_equal(ERR_OK,
	                 open_it(slow, t, AT + TICKET_LIFE_SLOW_S * INT64_C(1000000) - 1, &who));
	assert_int_equal(ERR_LIMIT,
	                 open_it(slow, t, AT + TICKET_LIFE_SLOW_S * INT64_C(1000000), &who));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same),           cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_none_is_public), cmocka_unit_test(test_changed),
		cmocka_unit_test(test_other_key),      cmocka_unit_test(test_other_use),
		cmocka_unit_test(test_time),
	};
	int rc;

	for (size_t i = 0; i < sizeof keys; i++)
		((uint8_t *)&keys)[i] = (uint8_t)(i * 7 + i / 32);
	buf_init(&made, 0);
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	buf_done(&made);
	return rc;
}
