/* Messages between the parts: what is written is read back, every cut and every wrong byte is
 * either refused or stays inside the message. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "serve/frame.h"

static struct arena mem;

static struct ask
example(void)
{
	static const struct ask_pair query[] = { { "a", "1" }, { "", "" } };
	static const struct ask_pair header[] = { { "accept", "text/html" } };

	return (struct ask){ .method = ASK_PUT,
		             .base = "http://h",
		             .path = "/a/\xc3\xa4",
		             .raw_query = "a=1&=",
		             .remote = "127.0.0.1",
		             .query = query,
		             .query_count = 2,
		             .header = header,
		             .header_count = 1,
		             .body = (const uint8_t *)"b\0dy",
		             .body_size = 4,
		             .who = { SERVE_APPROVER, "ann", 7, true, false, true } };
}

static const struct ticket some_ticket = { (const uint8_t *)"t\0cket", 6 };

static void
test_ask(void **state)
{
	struct ask q = example(), got = { .mem = &mem };
	struct ticket ticket;
	struct frame f;
	struct buf b;
	struct err e = { 0 };
	size_t begin;

	(void)state;
	buf_init(&b, 0);
	begin = frame_begin(&b, FRAME_ASK, UINT64_C(0x1122334455667788));
	frame_put_ask(&b, &q, some_ticket);
	assert_true(frame_end(&b, begin));
	for (size_t n = 0; n < b.size; n++) {
		assert_int_equal(ERR_OK, frame_look((uint8_t *)b.data, n, &f, &e));
		assert_null(f.body);
	}
	assert_int_equal(ERR_OK, frame_look((uint8_t *)b.data, b.size, &f, &e));
	assert_int_equal(FRAME_ASK, f.type);
	assert_true(f.id == UINT64_C(0x1122334455667788));
	assert_int_equal(b.size - FRAME_HEAD, f.size);
	assert_int_equal(ERR_OK, frame_get_ask(f.body, f.size, &got, &ticket, &e));
	assert_int_equal(ASK_PUT, got.method);
	assert_string_equal(q.path, got.path);
	assert_string_equal(q.raw_query, got.raw_query);
	assert_string_equal(q.base, got.base);
	assert_string_equal(q.remote, got.remote);
	assert_int_equal(2, got.query_count);
	assert_string_equal("1", ask_query(&got, "a"));
	assert_string_equal("text/html", ask_header(&got, "accept"));
	assert_int_equal(4, got.body_size);
	assert_memory_equal("b\0dy", got.body, 4);
	assert_int_equal(6, ticket.size);
	assert_memory_equal("t\0cket", ticket.bytes, 6);
	/* the front's word about who asks does not travel */
	assert_int_equal(SERVE_PUBLIC, got.who.role);
	assert_string_equal("", got.who.account);
	assert_int_equal(0, got.who.id);
	buf_done(&b);
}

static void
test_reply(void **state)
{
	struct frame_reply r = { .status = 201,
		                 .cacheable = true,
		                 .gzip = true,
		                 .type = "text/plain",
		                 .etag = "\"x\"",
		                 .header = { { "location", "/x" } },
		                 .headers = 1,
		                 .body = (const uint8_t *)"abc",
		                 .body_size = 3 },
			   got;
	struct buf b;
	struct err e = { 0 };

	(void)state;
	buf_init(&b, 0);
	frame_put_reply(&b, &r);
	assert_int_equal(ERR_OK, frame_get_reply((uint8_t *)b.data, b.size, &got, &e));
	assert_int_equal(201, got.status);
	assert_true(got.cacheable && got.gzip && !got.final);
	assert_string_equal("\"x\"", got.etag);
	assert_string_equal("/x", got.header[0].value);
	assert_memory_equal("abc", got.body, 3);
	/* no part can write a line of the answer's head */
	buf_reset(&b);
	r.header[0].value = "/x\r\nSet-Cookie: a=b";
	frame_put_reply(&b, &r);
	assert_int_equal(ERR_INVALID, frame_get_reply((uint8_t *)b.data, b.size, &got, &e));
	buf_reset(&b);
	r.header[0].value = "/x";
	r.status = 99;
	frame_put_reply(&b, &r);
	assert_int_equal(ERR_INVALID, frame_get_reply((uint8_t *)b.data, b.size, &got, &e));
	buf_done(&b);
}

static void
test_who(void **state)
{
	struct frame_who r = { { .cookie = "a=b", .token = "" }, { PART_SLOW, true } }, got;
	struct frame_is is = { 401, { SERVE_LEGAL, "bo", -1, false, true, false }, { NULL, 0 } },
			got_is;
	struct buf b;
	struct err e = { 0 };

	(void)state;
	buf_init(&b, 0);
	frame_put_resolve(&b, &r);
	assert_int_equal(ERR_OK, frame_get_resolve((uint8_t *)b.data, b.size, &got, &e));
	assert_string_equal("a=b", got.shown.cookie);
	assert_null(got.shown.authorization);
	assert_string_equal("", got.shown.token);
	assert_int_equal(PART_SLOW, got.use.part);
	assert_true(got.use.changes);
	/* a part that is none, and the front itself */
	b.data[b.size - 8] = PART_LOGIN + 1;
	assert_int_equal(ERR_INVALID, frame_get_resolve((uint8_t *)b.data, b.size, &got, &e));
	b.data[b.size - 8] = PART_FRONT;
	assert_int_equal(ERR_INVALID, frame_get_resolve((uint8_t *)b.data, b.size, &got, &e));
	buf_reset(&b);
	frame_put_is(&b, &is);
	assert_int_equal(ERR_OK, frame_get_is((uint8_t *)b.data, b.size, &got_is, &e));
	assert_int_equal(401, got_is.status);
	assert_int_equal(-1, got_is.who.id);
	assert_true(got_is.who.token);
	assert_int_equal(0, got_is.ticket.size);
	/* a role that is none */
	b.data[4] = SERVE_ROLES;
	assert_int_equal(ERR_INVALID, frame_get_is((uint8_t *)b.data, b.size, &got_is, &e));
	buf_done(&b);
}

/* Every prefix is refused; every changed byte is refused or read without leaving the message (the
 * copy is exactly as long, so that a sanitizer sees it). */
static void
test_damage(void **state)
{
	struct ask q = example();
	struct frame_reply reply;
	struct ticket ticket;
	struct err e = { 0 };
	struct buf b;

	(void)state;
	buf_init(&b, 0);
	frame_put_ask(&b, &q, some_ticket);
	for (size_t n = 0; n <= b.size; n++)
		for (int change = 0; change < 256; change += n == b.size ? 1 : 256) {
			for (size_t at = 0; at < (n == b.size ? n : 1); at++) {
				struct ask got = { .mem = &mem };
				uint8_t *copy = mem_alloc(n ? n : 1);

				memcpy(copy, b.data, n);
				if (n == b.size)
					copy[at] ^= (uint8_t)change;
				if (frame_get_ask(copy, n, &got, &ticket, &e) == ERR_OK)
					assert_int_equal(b.size, n);
				if (frame_get_reply(copy, n, &reply, &e) == ERR_OK)
					assert_true(reply.status >= 200);
				mem_free(copy);
				arena_reset(&mem);
			}
		}
	buf_done(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ask),
		cmocka_unit_test(test_reply),
		cmocka_unit_test(test_who),
		cmocka_unit_test(test_damage),
	};
	int rc;

	arena_init(&mem, 0);
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	arena_done(&mem);
	return rc;
}
