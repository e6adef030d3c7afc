/* Routes: what a path finds, who may, and that errors become problem documents. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "api/route.h"

static struct arena mem;

static struct reply
get(const char *path, enum ask_method method, enum serve_role role)
{
	struct site s = { 0 };
	struct ask q = { .method = method, .path = path, .mem = &mem, .who = { .role = role } };
	struct reply r;

	reply_init(&r, 0);
	route_answer(&s, &q, &r);
	return r;
}

static void
test_table(void **state)
{
	size_t i, k;

	(void)state;
	for (i = 0; i < route_count; i++) {
		assert_int_equal('/', route_table[i].path[0]);
		assert_true(route_table[i].allow != 0);
		assert_true(strlen(route_table[i].summary) > 5);
		for (k = 0; k < i; k++) {
			assert_string_not_equal(route_table[i].id, route_table[k].id);
			assert_false(route_table[i].method == route_table[k].method &&
			             strcmp(route_table[i].path, route_table[k].path) == 0);
		}
	}
}

static void
test_answers(void **state)
{
	static const struct {
		const char *path;
		enum ask_method method;
		int status;
	} c[] = {
		{ "/registers", ASK_GET, 200 },
		{ "/registers", ASK_POST, 405 },
		{ "/nothing/here", ASK_GET, 404 },
		{ "/registers/../x", ASK_GET, 404 },
		{ "/r/none/registers", ASK_GET, 404 },
		{ "/1/2/3/4/5/6/7/8/9/a/b/c/d/e/f/g/h", ASK_GET, 404 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof c / sizeof *c; i++) {
		struct reply r = get(c[i].path, c[i].method, SERVE_PUBLIC);

		assert_int_equal(c[i].status, r.status);
		assert_string_equal(c[i].status == 200 ? "application/json"
		                                       : "application/problem+json",
		                    r.type);
		reply_done(&r);
		arena_reset(&mem);
	}
}

static void
test_roles(void **state)
{
	enum serve_role role;

	(void)state;
	assert_true(serve_role_parse("approver", &role) && role == SERVE_APPROVER);
	assert_false(serve_role_parse("king", &role));
	/* no role but those named sees exact positions */
	for (int i = 0; i < SERVE_ROLES; i++)
		assert_int_equal(i == SERVE_OPERATOR || i == SERVE_OFFICER || i == SERVE_APPROVER ||
		                         i == SERVE_LEGAL,
		                 access_is_exact(serve_role_access((enum serve_role)i)));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_roles),
	};
	int rc;

	arena_init(&mem, 0);
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	arena_done(&mem);
	return rc;
}
