/* OpenRosa without a socket: forms out, submissions in, as ODK Collect sends them. */
#define _XOPEN_SOURCE 700 /* mkdtemp, setenv */
#include "../folder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "api/route.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/text.h"
#include "form/xmltree.h"
#include "store/each.h"
#include "store/history.h"
#include "store/quarantine.h"
#include "store/rebuild.h"
#include "store/submit.h"
#include "store/verify.h"

#define BOUNDARY "2b1c7a5e"

static struct site site;
static struct store *st;
static struct arena mem;

static int
set_up(void **state)
{
	const char *file = path;
	struct err e = { 0 };

	(void)state;
	if (folder_make())
		return -1;
	arena_init(&mem, 0);
	if (site_open(&file, 1, STORE_WRITE, &site, &e)) {
		print_error("%s\n", e.text);
		return -1;
	}
	st = site.reg[0].st;
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	site_close(&site);
	arena_done(&mem);
	(void)folder_remove();
	return 0;
}

static struct reply
ask(enum ask_method method, const char *where, enum serve_role role, const char *body, size_t n)
{
	static const struct ask_pair header[] = {
		{ "content-type", "multipart/form-data; boundary=" BOUNDARY },
	};
	struct ask q = { .method = method,
		         .base = "http://127.0.0.1:8080",
		         .path = where,
		         .header = header,
		         .header_count = 1,
		         .body = (const uint8_t *)body,
		         .body_size = n,
		         .mem = &mem,
		         .who = { .role = role, .account = "Ana" } };
	struct reply r;

	reply_init(&r, 0);
	route_answer(&site, &q, &r);
	return r;
}

static const char *
header_of(const struct reply *r, const char *name)
{
	for (size_t i = 0; i < r->headers; i++)
		if (text_eq_nocase(r->header[i].name, name))
			return r->header[i].value;
	return NULL;
}

struct photo {
	const char *name, *bytes;
};

/* Post an instance with at most two files; returns the status, the message in text. */
static int
post(const char *xml, const struct photo *photo, size_t photos, char *text, size_t room)
{
	struct buf b;
	struct reply r;
	int status;

	buf_init(&b, 0);
	buf_printf(&b,
	           "--" BOUNDARY "\r\nContent-Disposition: form-data; "
	           "name=\"xml_submission_file\"; filename=\"x.xml\"\r\n"
	           "Content-Type: text/xml\r\n\r\n%s\r\n",
	           xml);
	for (size_t i = 0; i < photos; i++)
		buf_printf(&b,
		           "--" BOUNDARY "\r\nContent-Disposition: form-data; name=\"%s\"; "
		           "filename=\"%s\"\r\nContent-Type: image/jpeg\r\n\r\n%s\r\n",
		           photo[i].name, photo[i].name, photo[i].bytes);
	buf_adds(&b, "--" BOUNDARY "--\r\n");
	r = ask(ASK_POST, "/submission", SERVE_REPORTER, b.data, b.size);
	status = r.status;
	if (text)
		(void)snprintf(text, room, "%s", buf_text(&r.body));
	assert_string_equal("1.0", header_of(&r, "X-OpenRosa-Version"));
	reply_done(&r);
	buf_done(&b);
	return status;
}

static enum err_code
count_row(void *ctx, const struct shown *row, struct err *e)
{
	(void)row;
	(void)e;
	++*(int *)ctx;
	return ERR_OK;
}

static int
count_kind(const char *kind)
{
	struct each_filter f = { .kind = store_kind(st, kind),
		                 .as_of_days = INT64_MAX,
		                 .known_size = INT64_MAX };
	int n = 0;

	assert_int_equal(ERR_OK, store_each(st, &f, count_row, &n, NULL));
	return n;
}

/* The newest revision of the record named in an answer. */
static struct store_fields
record_of(const char *text)
{
	const char *at = strstr(text, "Record ");
	struct history_revision *list = NULL;
	struct uuid id;
	size_t n = 0;

	assert_non_null(at);
	assert_true(uuid_parse(at + 7, 36, &id));
	assert_int_equal(ERR_OK, history_load(st, id, INT64_MAX, &mem, &list, &n, NULL));
	return list[n - 1].rev.fields;
}

static void
test_forms(void **state)
{
	struct reply r = ask(ASK_GET, "/t/secret/r/r/formList", SERVE_REPORTER, NULL, 0), f;
	struct xml_node *root = NULL;
	const struct xml_node *one = NULL;
	uint8_t md5[16];
	char hex[33];
	struct err e = { 0 };

	(void)state;
	assert_int_equal(200, r.status);
	assert_string_equal("text/xml; charset=utf-8", r.type);
	assert_int_equal(ERR_OK, xmltree_parse(r.body.data, r.body.size, &mem, &root, &e));
	assert_string_equal("xforms", root->name);
	for (const struct xml_node *x = root->first; x; x = x->next) {
		assert_string_equal("xform", x->name);
		assert_string_not_equal("decision", xmltree_text(x, "formID"));
		if (text_eq(xmltree_text(x, "formID"), "hazard"))
			one = x;
	}
	assert_non_null(one);
	assert_string_equal("http://127.0.0.1:8080/t/secret/r/r/forms/hazard.xml",
	                    xmltree_text(one, "downloadUrl"));
	f = ask(ASK_GET, "/forms/hazard.xml", SERVE_REPORTER, NULL, 0);
	assert_int_equal(200, f.status);
	hash_md5(f.body.data, f.body.size, md5);
	text_hex(md5, 16, hex);
	assert_string_equal(hex, xmltree_text(one, "hash") + 4);
	reply_done(&f);
	reply_done(&r);
	r = ask(ASK_GET, "/forms/hazard/manifest", SERVE_REPORTER, NULL, 0);
	assert_int_equal(200, r.status);
	assert_non_null(strstr(buf_text(&r.body), "<filename>place.csv</filename>"));
	reply_done(&r);
	r = ask(ASK_GET, "/forms/hazard/media/place.csv", SERVE_REPORTER, NULL, 0);
	assert_string_equal("name,label\r\n", buf_text(&r.body));
	reply_done(&r);
	r = ask(ASK_GET, "/submission", SERVE_REPORTER, NULL, 0);
	assert_int_equal(204, r.status);
	assert_string_equal("10485760", header_of(&r, "X-OpenRosa-Accept-Content-Length"));
	reply_done(&r);
	r = ask(ASK_GET, "/formList", SERVE_PUBLIC, NULL, 0);
	assert_int_equal(401, r.status);
	reply_done(&r);
	r = ask(ASK_GET, "/forms/none.xml", SERVE_REPORTER, NULL, 0);
	assert_int_equal(404, r.status);
	reply_done(&r);
}

/* RFC 1321, appendix A.5. */
static void
test_md5(void **state)
{
	uint8_t md5[16];
	char hex[33];

	(void)state;
	hash_md5("", 0, md5);
	text_hex(md5, 16, hex);
	assert_string_equal("d41d8cd98f00b204e9800998ecf8427e", hex);
	hash_md5("message digest", 14, md5);
	text_hex(md5, 16, hex);
	assert_string_equal("f96b697d7cb7938d525a2f31aaf161d0", hex);
}

#define HAZARD                                                                                     \
	"<data xmlns=\"http://example.org/x\" id=\"hazard\" version=\"1\">"                        \
	"<entry-note/><entry-detail>short</entry-detail><valid_from>2024-05-30</valid_from>"       \
	"<geometry><how>area</how><point/><area>-45.5 -125.5 0 3;-45.5 -125.4 0 4.5;"              \
	"-45.4 -125.4 0 2;-45.5 -125.5 0 3;</area></geometry><class>sha</class>"                   \
	"<status>open</status><blockages>agriculture water</blockages>"                            \
	"<points><number>1</number><geometry>-45.5 -125.5 12.5 2</geometry>"                       \
	"<bearing_deg>90.5</bearing_deg></points><points><number/></points>"                       \
	"<entry-photos><photo>1.jpg</photo><caption>seen from the road</caption></entry-photos>"   \
	"<meta><instanceID>uuid:%s</instanceID></meta></data>"

static void
test_hazard(void **state)
{
	static const struct photo photo[] = { { "1.jpg", "JPEG bytes" } };
	char xml[2000], text[600];
	int64_t before;
	struct store_fields f;
	const struct store_value *refs;
	char file[400];

	(void)state;
	(void)snprintf(xml, sizeof(xml), HAZARD, "h1");
	assert_int_equal(201, post(xml, photo, 1, text, sizeof(text)));
	assert_non_null(strstr(text, "submit_success"));
	assert_int_equal(1, count_kind("hazard"));
	f = record_of(text);
	assert_string_equal("2024-05-30", fields_text(&f, "valid_from"));
	assert_string_equal("sha", fields_text(&f, "class"));
	assert_int_equal(GEOM_POLYGON, f.geom->type);
	assert_int_equal(4, f.geom->point_count);
	assert_true(f.geom->xy[0] == -125.5 && f.geom->xy[1] == -45.5);
	/* the worst radius, 4.5 m in 68 of 100, is 7.3 m in 95 of 100 */
	assert_true(fields_number(&f, "accuracy_m", 0) == 7.3);
	assert_string_equal("[\"agriculture\",\"water\"]",
	                    f.value[form_index(f.form, "blockages")].s);
	assert_string_equal("[{\"bearing_deg\":90.5,\"geometry\":{\"coordinates\":[-125.5,-45.5],"
	                    "\"type\":\"Point\"},\"number\":\"1\"}]",
	                    f.value[form_index(f.form, "points")].s);
	refs = &f.value[form_index(f.form, "source_refs")];
	assert_int_equal(STORE_JSON, refs->type);
	assert_int_equal(1, count_kind("source"));
	/* printf 'JPEG bytes' | sha256sum */
	(void)snprintf(file, sizeof(file),
	               "%s/36/"
	               "36c30dec48cedf24f592919b9f832b5d9dd1109a6b5193058fc0c6ce782b4b6c",
	               store_files_dir(st));
	assert_true(file_exists(file));
	before = store_log_size(st);
	/* the same again adds nothing, also after the derived tables were made anew */
	assert_int_equal(201, post(xml, photo, 1, text, sizeof(text)));
	assert_int_equal(before, store_log_size(st));
	assert_int_equal(ERR_OK, store_rebuild(st, NULL, NULL, NULL));
	assert_int_equal(201, post(xml, photo, 1, text, sizeof(text)));
	assert_int_equal(before, store_log_size(st));
	assert_int_equal(1, count_kind("hazard"));
	assert_int_equal(1, count_kind("source"));
}

/* The files of one form in several requests, as Collect splits a large one. */
static void
test_late_files(void **state)
{
	static const struct photo photo[] = { { "1.jpg", "one" }, { "2.jpg", "two" } };
	char xml[2000], text[600];
	int hazards = count_kind("hazard"), sources = count_kind("source");
	int64_t size;
	struct store_fields f;

	(void)state;
	(void)snprintf(xml, sizeof(xml), HAZARD, "h2");
	assert_int_equal(201, post(xml, NULL, 0, text, sizeof(text)));
	assert_non_null(strstr(text, "1 of its files did not come"));
	assert_int_equal(201, post(xml, photo, 1, NULL, 0));
	assert_int_equal(201, post(xml, photo + 1, 1, text, sizeof(text)));
	size = store_log_size(st);
	assert_int_equal(201, post(xml, photo, 2, text, sizeof(text)));
	assert_int_equal(size, store_log_size(st));
	assert_int_equal(hazards + 1, count_kind("hazard"));
	assert_int_equal(sources + 2, count_kind("source"));
	f = record_of(text);
	/* two ids of 36 characters, quoted, in brackets */
	assert_int_equal(2 * 38 + 3, f.value[form_index(f.form, "source_refs")].n);
}

static void
test_accident(void **state)
{
	static const struct photo report[] = { { "report.pdf", "PDF" } };
	static const char xml[] =
		"<data id=\"accident\" version=\"1\"><valid_from>2024-05-30</valid_from>"
		"<date>2024-05-30</date><time>14:05:00.000+03:00</time>"
		"<geometry><how>point</how><point>-45.25 -125.75 10 5</point></geometry>"
		"<class>mine</class><killed>1</killed><injured>2</injured>"
		"<report>report.pdf</report>"
		"<meta><instanceID>uuid:a1</instanceID></meta></data>";
	char text[600], again[1000];
	struct store_fields f;
	const char *at;

	(void)state;
	assert_int_equal(201, post(xml, report, 1, text, sizeof(text)));
	f = record_of(text);
	assert_string_equal("14:05:00", fields_text(&f, "time"));
	assert_string_equal("-45.25 -125.75 10 5", fields_text(&f, "given_text"));
	assert_true(fields_number(&f, "killed", -1) == 1);
	/* printf PDF | sha256sum */
	assert_string_equal("1d393b0081b632c54654eb08c345ff76b92ae4efe0768b4c0f64b9ebbe920492",
	                    fields_text(&f, "report"));
	/* a corrected form names the instance it replaces */
	at = strstr(xml, "<killed>");
	(void)snprintf(again, sizeof(again), "%.*s<killed>2</killed>%s", (int)(at - xml), xml,
	               strstr(xml, "<injured>"));
	memcpy(strstr(again, "<instanceID>uuid:a1"), "<instanceID>uuid:a2", 19);
	(void)snprintf(strstr(again, "</instanceID>"), 200,
	               "</instanceID><deprecatedID>uuid:a1</deprecatedID></meta></data>");
	assert_int_equal(201, post(again, report, 1, text, sizeof(text)));
	assert_int_equal(1, count_kind("accident"));
	f = record_of(text);
	assert_true(fields_number(&f, "killed", -1) == 2);
}

static enum err_code
keep_row(void *ctx, const struct quarantine_row *row, struct err *e)
{
	struct quarantine_row *last = ctx;

	(void)e;
	*last = *row;
	last->reason = arena_strdup(&mem, row->reason);
	last->checks = arena_strdup(&mem, row->checks);
	last->original = arena_strdup(&mem, row->original);
	return ERR_OK;
}

/* What has no place or no kind is kept whole and answered 201. */
static void
test_quarantine(void **state)
{
	static const struct photo photo[] = { { "q.jpg", "quarantined" } };
	static const char *const xml[] = {
		"<data id=\"hazard\" version=\"1\"><class>sha</class>"
		"<meta><instanceID>uuid:q1</instanceID></meta></data>",
		"<data id=\"hazard\" version=\"1\"><geometry><point>0 0 0 0</point></geometry>"
		"<meta><instanceID>uuid:q2</instanceID></meta></data>",
		"<data id=\"hazard\" version=\"1\"><geometry><point>north</point></geometry>"
		"<meta><instanceID>uuid:q3</instanceID></meta></data>",
		"<data id=\"volcano\" version=\"1\"><x>1</x></data>",
		"<data id=\"hazard\"",
		"<!DOCTYPE d [<!ENTITY e SYSTEM \"file:///etc/passwd\">]><data "
		"id=\"hazard\">&e;</data>",
	};
	static const char *const check[] = { "place_unknown",       "zero_island",
		                             "unreadable_geometry", "unreadable_row",
		                             "unreadable_row",      "unreadable_row" };
	int hazards = count_kind("hazard");

	(void)state;
	for (size_t i = 0; i < sizeof xml / sizeof *xml; i++) {
		struct quarantine_row last = { 0 };
		char text[600];
		int64_t size;

		assert_int_equal(201, post(xml[i], photo, 1, text, sizeof(text)));
		assert_non_null(strstr(text, "a person must look at it first"));
		assert_int_equal(ERR_OK, quarantine_each(st, -1, false, keep_row, &last, NULL));
		if (!text_starts(last.checks, check[i]))
			fail_msg("case %zu: %s", i, last.checks);
		size = store_log_size(st);
		assert_int_equal(201, post(xml[i], photo, 1, NULL, 0));
		assert_int_equal(size, store_log_size(st));
	}
	assert_int_equal(hazards, count_kind("hazard"));
}

static void
test_refused(void **state)
{
	struct reply r;
	int64_t size = store_log_size(st);

	(void)state;
	r = ask(ASK_POST, "/submission", SERVE_REPORTER, "nothing", 7);
	assert_int_equal(400, r.status);
	assert_non_null(strstr(buf_text(&r.body), "submit_error"));
	reply_done(&r);
	r = ask(ASK_POST, "/submission", SERVE_REPORTER, "--" BOUNDARY "--", sizeof(BOUNDARY) + 3);
	assert_int_equal(400, r.status);
	reply_done(&r);
	r = ask(ASK_POST, "/submission", SERVE_LEGAL, "", 0);
	assert_int_equal(403, r.status);
	reply_done(&r);
	assert_int_equal(
		403, post("<data id=\"decision\"><type>release</type></data>", NULL, 0, NULL, 0));
	assert_int_equal(size, store_log_size(st));
}

/* What no field can hold is kept with the form itself. */
static void
test_unknown_answers(void **state)
{
	static const char xml[] = "<data id=\"ordnance\" version=\"0\"><geometry><how>point</how>"
				  "<point>-45.1 -125.1</point></geometry><colour>green</colour>"
				  "<meta><instanceID>uuid:o1</instanceID></meta></data>";
	int sources = count_kind("source");
	char text[600];
	struct store_fields f;

	(void)state;
	assert_int_equal(201, post(xml, NULL, 0, text, sizeof(text)));
	f = record_of(text);
	assert_true(f.geom && f.geom->type == GEOM_POINT);
	assert_int_equal(sources + 1, count_kind("source"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forms),    cmocka_unit_test(test_md5),
		cmocka_unit_test(test_hazard),   cmocka_unit_test(test_late_files),
		cmocka_unit_test(test_accident), cmocka_unit_test(test_quarantine),
		cmocka_unit_test(test_refused),  cmocka_unit_test(test_unknown_answers),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
