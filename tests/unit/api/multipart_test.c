/* Multipart bodies: what RFC 7578 and RFC 2046 allow, and one step past it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "api/multipart.h"

#define TYPE "multipart/form-data; boundary=b0"
#define HEAD "Content-Disposition: form-data; name=\"n\"\r\n\r\n"

static struct arena mem;

static enum err_code
parse(const char *type, const char *body, struct multipart_part **part, size_t *count)
{
	struct err e = { 0 };

	arena_reset(&mem);
	return multipart_parse(type, (const uint8_t *)body, strlen(body), &mem, part, count, &e);
}

/* As ODK Collect writes it (okhttp). */
static void
test_parts(void **state)
{
	static const char body[] =
		"--b0\r\n"
		"Content-Disposition: form-data; name=\"xml_submission_file\"; "
		"filename=\"form.xml\"\r\n"
		"Content-Type: text/xml; charset=utf-8\r\nContent-Length: 4\r\n\r\n"
		"<a/>\r\n"
		"--b0\r\n"
		"content-disposition: form-data; name=\"1.jpg\"; filename=\"C:\\\\x/1\\\"2.jpg\"\r\n"
		"Content-Type: image/jpeg\r\n\r\n"
		"\r\n--b1\r\n-\r\n--b\r\n"
		"--b0\r\n" HEAD "\r\n"
		"--b0--\r\n";
	struct multipart_part *part = NULL;
	size_t count = 0;

	(void)state;
	assert_int_equal(ERR_OK, parse("multipart/form-data;boundary=\"b0\"", body, &part, &count));
	assert_int_equal(3, count);
	assert_string_equal("xml_submission_file", part[0].name);
	assert_string_equal("form.xml", part[0].filename);
	assert_string_equal("text/xml; charset=utf-8", part[0].type);
	assert_int_equal(4, part[0].size);
	assert_memory_equal("<a/>", part[0].bytes, 4);
	assert_string_equal("1\"2.jpg", part[1].filename);
	assert_int_equal(14, part[1].size);
	assert_memory_equal("\r\n--b1\r\n-\r\n--b", part[1].bytes, 14);
	assert_null(part[2].filename);
	assert_string_equal("", part[2].type);
	assert_int_equal(0, part[2].size);
}

static void
test_refused(void **state)
{
	static const struct {
		const char *type, *body;
	} c[] = {
		{ NULL, "--b0--" },
		{ "text/plain; boundary=b0", "--b0--" },
		{ "multipart/form-datax; boundary=b0", "--b0--" },
		{ "multipart/form-data", "--b0--" },
		{ "multipart/form-data; boundary=", "--b0--" },
		{ "multipart/form-data; boundary=b0; boundary=b1", "--b0--" },
		{ "multipart/form-data; boundary=\"b0 \"", "--b0 --" },
		{ "multipart/form-data; boundary=\"b0", "--b0--" },
		{ "multipart/form-data; boundary=\"b{0\"", "--b{0--" },
		{ "multipart/form-data; boundary="
		  "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffgggggggggg1",
		  "--b0--" },
		{ TYPE, "" },
		{ TYPE, "--b0" },
		{ TYPE, "--b0-" },
		{ TYPE, "--b1--" },
		{ TYPE, "preamble\r\n--b0--" },
		{ TYPE, "--b0--epilogue" },
		{ TYPE, "--b0--\r\n\r\n" },
		{ TYPE, "--b0\r\n" HEAD "x\r\n--b0" },
		{ TYPE, "--b0\r\n" HEAD "x\r\n--b0x" },
		{ TYPE, "--b0\r\n" HEAD "x\n--b0--" },
		{ TYPE, "--b0\r\n" HEAD "--b0--" },
		{ TYPE, "--b0\n" HEAD "x\r\n--b0--" },
		{ TYPE, "--b0\r\nContent-Disposition: form-data; name=\"n\"\n\nx\r\n--b0--" },
		{ TYPE, "--b0\r\n\r\nx\r\n--b0--" },
		{ TYPE, "--b0\r\nContent-Type: a/b\r\n\r\nx\r\n--b0--" },
		{ TYPE, "--b0\r\nContent-Disposition: attachment; name=\"n\"\r\n\r\nx\r\n--b0--" },
		{ TYPE, "--b0\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b0--" },
		{ TYPE, "--b0\r\nContent-Disposition: form-data; name=\"\"\r\n\r\nx\r\n--b0--" },
		{ TYPE, "--b0\r\nContent-Disposition: form-data; name=\"n\"; name=\"m\"\r\n\r\n"
		        "x\r\n--b0--" },
		{ TYPE, "--b0\r\nContent-Disposition: form-data; name=\"n\"; filename=\"..\"\r\n"
		        "\r\nx\r\n--b0--" },
		{ TYPE, "--b0\r\nContent-Disposition: form-data; name=\"n\"; filename=\"a/\"\r\n"
		        "\r\nx\r\n--b0--" },
		{ TYPE, "--b0\r\nContent-Disposition: form-data; name=\"\xff\"\r\n\r\nx\r\n"
		        "--b0--" },
		{ TYPE, "--b0\r\nContent-Disposition: form-data; name=\"a\x01\"\r\n\r\nx\r\n"
		        "--b0--" },
		{ TYPE, "--b0\r\nno colon\r\n" HEAD "x\r\n--b0--" },
		{ TYPE, "--b0\r\nbad name: x\r\n" HEAD "x\r\n--b0--" },
		{ TYPE, "--b0\r\n folded\r\n" HEAD "x\r\n--b0--" },
		{ TYPE, "--b0\r\nContent-Transfer-Encoding: base64\r\n" HEAD "x\r\n--b0--" },
	};
	struct multipart_part *part = NULL;
	size_t count = 77;

	(void)state;
	for (size_t i = 0; i < sizeof c / sizeof *c; i++) {
		if (parse(c[i].type, c[i].body, &part, &count) != ERR_INVALID)
			fail_msg("case %zu was taken: %s", i, c[i].body);
		assert_int_equal(77, count); /* untouched */
	}
}

static void
test_limits(void **state)
{
	static char body[65536];
	struct multipart_part *part = NULL;
	size_t count = 0;

	(void)state;
	for (int n = MULTIPART_MAX_PARTS; n <= MULTIPART_MAX_PARTS + 1; n++) {
		size_t at = 0;

		for (int i = 0; i < n; i++)
			at += (size_t)snprintf(body + at, sizeof(body) - at,
			                       "--b0\r\n" HEAD "x\r\n");
		(void)snprintf(body + at, sizeof(body) - at, "--b0--");
		assert_int_equal(n > MULTIPART_MAX_PARTS ? ERR_LIMIT : ERR_OK,
		                 parse(TYPE, body, &part, &count));
	}
	/* a name and the headers of one part, at their limits and one past them */
	for (int more = 0; more < 2; more++) {
		(void)snprintf(body, sizeof(body),
		               "--b0\r\nContent-Disposition: form-data; name=\"%0*d\"\r\n\r\n\r\n"
		               "--b0--",
		               MULTIPART_MAX_NAME + more, 7);
		assert_int_equal(more ? ERR_INVALID : ERR_OK, parse(TYPE, body, &part, &count));
		/* the header's name, colon and line end, the disposition, the blank line */
		(void)snprintf(body, sizeof(body), "--b0\r\nX:%0*d\r\n" HEAD "\r\n--b0--",
		               MULTIPART_MAX_HEADERS - 4 - (int)strlen(HEAD) + more, 7);
		assert_int_equal(more ? ERR_LIMIT : ERR_OK, parse(TYPE, body, &part, &count));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parts),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_limits),
	};
	int rc;

	arena_init(&mem, 0);
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	arena_done(&mem);
	return rc;
}
