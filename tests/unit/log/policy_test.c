#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "log/policy.h"
#include "vectors.h"

#define K1 "1111111111111111111111111111111111111111111111111111111111111111"
#define K2 "2222222222222222222222222222222222222222222222222222222222222222"
#define K3 "3333333333333333333333333333333333333333333333333333333333333333"
#define K4 "4444444444444444444444444444444444444444444444444444444444444444"

static struct policy policy;

static enum err_code
parse(const char *s)
{
	struct err e;

	return policy_parse(s, strlen(s), &policy, &e);
}

/* Sigsum's own policies: parsed, written and parsed again to the same. */
static void
test_builtin(void **state)
{
	static const struct {
		const char *name;
		size_t logs, witnesses, groups;
	} v[] = {
		{ "sigsum-generic-2025-1", 2, 3, 1 },
		{ "sigsum-test-2025-3", 2, 8, 2 },
		{ "sigsum-test1-2025", 1, 3, 1 },
	};
	static struct policy again;

	(void)state;
	for (size_t i = 0; i < sizeof v / sizeof v[0]; i++) {
		char name[100];
		struct buf b;
		struct err e;

		(void)snprintf(name, sizeof name, "sigsum/policies/%s.builtin-policy.txt",
		               v[i].name);
		read_vector(name, &b);
		assert_int_equal(policy_parse(b.data, b.size, &policy, &e), ERR_OK);
		assert_int_equal(policy.log_count, v[i].logs);
		assert_int_equal(policy.witness_count, v[i].witnesses);
		assert_int_equal(policy.group_count, v[i].groups);
		assert_int_equal(policy.quorum, POLICY_WITNESSES_MAX + (int)v[i].groups - 1);
		buf_reset(&b);
		policy_write(&b, &policy, true);
		assert_int_equal(policy_parse(b.data, b.size, &again, &e), ERR_OK);
		assert_memory_equal(&again, &policy, sizeof policy);
		/* as vkeys: the same keys under the same names */
		buf_reset(&b);
		policy_write(&b, &policy, false);
		assert_int_equal(policy_parse(b.data, b.size, &again, &e), ERR_OK);
		assert_false(again.witness[0].bare);
		assert_memory_equal(again.witness[0].key.public_key,
		                    policy.witness[0].key.public_key, 32);
		buf_done(&b);
	}
}

static void
test_quorum(void **state)
{
	bool s[POLICY_WITNESSES_MAX] = { false };

	(void)state;
	/* the example of tlog-policy in small: 2 of {a, b, c} and any of {d} */
	assert_int_equal(parse("log " K1 "\n# c\n\n \twitness a " K1 "\nwitness b " K2
	                       "\nwitness c " K3 "\nwitness d " K4
	                       "\ngroup x 2 a b c\ngroup y any d\n"
	                       "group both all x y\nquorum both\n"),
	                 ERR_OK);
	for (unsigned set = 0; set < 16; set++) {
		const unsigned of_x = (set & 1) + (set >> 1 & 1) + (set >> 2 & 1);

		for (unsigned i = 0; i < 4; i++)
			s[i] = set >> i & 1;
		assert_int_equal(policy_quorum(&policy, s), of_x >= 2 && (set & 8));
	}
	assert_int_equal(parse("witness a " K1 "\nquorum a"), ERR_OK); /* no LF at the end */
	s[0] = false;
	assert_false(policy_quorum(&policy, s));
	s[0] = true;
	assert_true(policy_quorum(&policy, s));
	assert_int_equal(parse("quorum none\n"), ERR_OK);
	s[0] = false;
	assert_true(policy_quorum(&policy, s));
}

static void
test_refused(void **state)
{
	static const char *const bad[] = {
		"",
		"log " K1 "\n",
		"quorum none\nquorum none\n",
		"quorum\n",
		"quorum a\n",
		"quorum none none\n",
		"log\nquorum none\n",
		"log " K1 " url more\nquorum none\n",
		"log " K1 "\nlog " K1 "\nquorum none\n",
		"log abc\nquorum none\n",
		"witness a\nquorum none\n",
		"witness none " K1 "\nquorum none\n",
		"witness a " K1 "\nwitness a " K2 "\nquorum a\n",
		"witness a " K1 "\nwitness b " K1 "\nquorum a\n",
		"witness a " K1 "\ngroup a 1 a\nquorum a\n",
		"witness a " K1 "\ngroup g 0 a\nquorum g\n",
		"witness a " K1 "\ngroup g 2 a\nquorum g\n",
		"witness a " K1 "\ngroup g 01 a\nquorum g\n",
		"witness a " K1 "\ngroup g some a\nquorum g\n",
		"witness a " K1 "\ngroup g any\nquorum g\n",
		"witness a " K1 "\ngroup g any b\nquorum g\n",
		"witness a " K1 "\ngroup g any none\nquorum g\n",
		"witness a " K1 "\ngroup g any a a\nquorum g\n",
		"witness a " K1 "\ngroup g any a\ngroup h any a\nquorum h\n",
		"group g any g\nquorum g\n",
		"group g any a\nwitness a " K1 "\nquorum g\n",
		"quorum a\nwitness a " K1 "\n",
		"Log " K1 "\nquorum none\n",
		"quorum none\r\n",
		/* a log key where a witness key is wanted */
		("witness a "
		 "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k\nquorum a\n"),
	};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		if (parse(bad[i]) != ERR_INVALID)
			fail_msg("not refused: %s", bad[i]);
	}
}

/* As many as promised, and one past it. */
static void
test_limits(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 0);
	for (unsigned n = 0; n <= POLICY_LOGS_MAX; n++) {
		assert_int_equal(parse(buf_text(&b)), ERR_INVALID); /* no quorum yet */
		buf_printf(&b, "log %064x\n", n + 1);
	}
	assert_int_equal(parse(buf_text(&b)), ERR_LIMIT);
	buf_reset(&b);
	for (unsigned n = 0; n <= POLICY_WITNESSES_MAX; n++) {
		assert_int_equal(parse(buf_text(&b)), ERR_INVALID);
		buf_printf(&b, "witness w%u %064x\n", n, n + 1);
	}
	assert_int_equal(parse(buf_text(&b)), ERR_LIMIT);
	buf_reset(&b);
	for (unsigned n = 0; n < 64; n++)
		buf_printf(&b, "witness w%u %064x\n", n, n + 1);
	for (unsigned n = 0; n <= POLICY_GROUPS_MAX; n++) {
		assert_int_equal(parse(buf_text(&b)), ERR_INVALID);
		buf_printf(&b, "group g%u 1 %c%u\n", n, n < 64 ? 'w' : 'g', n < 64 ? n : 0);
	}
	assert_int_equal(parse(buf_text(&b)), ERR_LIMIT);
	buf_reset(&b);
	buf_printf(&b, "witness %064d " K1 "\n", 1);
	assert_int_equal(parse(buf_text(&b)), ERR_LIMIT);
	buf_reset(&b);
	buf_printf(&b, "log " K1 " %0256d\n", 1);
	assert_int_equal(parse(buf_text(&b)), ERR_LIMIT);
	while (b.size <= POLICY_MAX_BYTES)
		buf_adds(&b, "#\n");
	assert_int_equal(parse(buf_text(&b)), ERR_LIMIT);
	buf_done(&b);
}

/* The reference log under its policy, in both forms, and under policies that do not fit. */
static void
test_check(void **state)
{
	struct buf checkpoint;
	struct buf p;
	struct buf other;
	struct checkpoint cp;
	struct err e;
	size_t log = 9;

	(void)state;
	read_vector("reference-log-600/checkpoint", &checkpoint);
	read_vector("reference-log-600/policy", &p);
	assert_int_equal(policy_parse(p.data, p.size, &policy, &e), ERR_OK);
	assert_int_equal(policy_check(&policy, checkpoint.data, checkpoint.size, &cp, &log, &e),
	                 ERR_OK);
	assert_int_equal(cp.size, 600);
	assert_int_equal(log, 0);
	/* the same witness as a bare key */
	buf_init(&other, 0);
	buf_add(&other, p.data, (size_t)(strchr(p.data, '\n') + 1 - p.data));
	buf_adds(&other,
	         "witness any a09aa5f47a6759802ff955f8dc2d2a14a5c99d23be97f864127ff9383455a4f0\n"
	         "quorum any\n");
	assert_int_equal(policy_parse(other.data, other.size, &policy, &e), ERR_OK);
	assert_int_equal(policy_check(&policy, checkpoint.data, checkpoint.size, &cp, &log, &e),
	                 ERR_OK);
	/* another witness: cannot tell */
	buf_reset(&other);
	buf_add(&other, p.data, (size_t)(strchr(p.data, '\n') + 1 - p.data));
	buf_adds(&other, "witness any " K1 "\nquorum any\n");
	assert_int_equal(policy_parse(other.data, other.size, &policy, &e), ERR_OK);
	assert_int_equal(policy_check(&policy, checkpoint.data, checkpoint.size, &cp, &log, &e),
	                 ERR_UNKNOWN);
	/* another log: cannot tell */
	assert_int_equal(parse("log " K1 "\nquorum none\n"), ERR_OK);
	assert_int_equal(policy_check(&policy, checkpoint.data, checkpoint.size, &cp, &log, &e),
	                 ERR_UNKNOWN);
	buf_done(&other);
	buf_done(&p);
	buf_done(&checkpoint);
}

static int
start(void **state)
{
	struct err e;

	(void)state;
	return sign_init(&e) == ERR_OK ? 0 : -1;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_builtin), cmocka_unit_test(test_quorum),
		cmocka_unit_test(test_refused), cmocka_unit_test(test_limits),
		cmocka_unit_test(test_check),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
