/* The JSON API: what each role changes. Who entered something does not approve it; a release takes
 * two accounts; both sides of a conflict are kept. */
#define _XOPEN_SOURCE 700 /* mkdtemp, setenv, nftw */
#include "../unit.h"

#include "base/file.h"
#include "served.h"
#include "store/history.h"
#include "store/logfiles.h"
#include "store/quarantine.h"
#include "store/submit.h"

static int
set_up(void **state)
{
	static const char *const source[] = { "type=dataset", "title=Map", "valid_from=2024-05-01",
		                              NULL };

	(void)state;
	if (served_open("write"))
		return -1;
	served_enter("login", "source", source, NULL);
	return 0;
}

static const char *
text_at(const struct json_value *v, const char *name)
{
	const char *s = json_get_string(v, name);

	return s ? s : "";
}

/* POST a record as an account; returns the answer. */
static const struct json_value *
enter(const char *account, enum serve_role role, const char *body, const char *key, int status)
{
	const struct json_value *v =
		served_ask("/api/records", &(struct asking){ .role = role,
	                                                     .account = account,
	                                                     .body = body,
	                                                     .key = key,
	                                                     .method = ASK_POST });

	if (served_reply.status != status)
		print_error("%s\n", buf_text(&served_reply.body));
	assert_int_equal(served_reply.status, status);
	return v;
}

#define SQUARE(lon)                                                                                \
	"{\"type\":\"Polygon\",\"coordinates\":[[[" #lon ",-45],[" #lon ".01,-45],[" #lon          \
	".01,-45.01],[" #lon ",-45.01],[" #lon ",-45]]]}"

static const char hazard_body[] =
	"{\"kind\":\"hazard\",\"fields\":{\"class\":\"sha\",\"status\":\"open\",\"valid_from\":"
	"\"2024-05-02\",\"geometry\":" SQUARE(-125) "},\"remark\":\"seen from the road\"}";

static void
records_are_entered(void **state)
{
	const struct json_value *v;
	char url[100], id[UUID_TEXT];
	int64_t size = store_log_size(served.reg[0].st);

	(void)state;
	v = enter("olena", SERVE_OPERATOR, hazard_body, "k1", 201);
	memcpy(id, text_at(v, "id"), UUID_TEXT);
	assert_int_equal(served_number(v, "submission"), size);
	assert_int_equal(json_get(v, "present")->type, JSON_FALSE);
	/* the same key again: the same answer, nothing written */
	v = enter("olena", SERVE_OPERATOR, hazard_body, "k1", 201);
	assert_string_equal(text_at(v, "id"), id);
	assert_int_equal(store_log_size(served.reg[0].st), size + 1);
	/* of another account it is another one; with another body it is refused */
	v = enter("maria", SERVE_OPERATOR, hazard_body, "k1", 201);
	assert_string_not_equal(text_at(v, "id"), id);
	enter("olena", SERVE_OPERATOR, "{\"kind\":\"hazard\",\"fields\":{}}", "k1", 409);
	/* known for ever, not only as long as the process lives */
	served.reg[0].keep_free[SITE_KEEP_API](served.reg[0].keep[SITE_KEEP_API]);
	served.reg[0].keep[SITE_KEEP_API] = NULL;
	v = enter("olena", SERVE_OPERATOR, hazard_body, "k1", 201);
	assert_string_equal(text_at(v, "id"), id);
	assert_int_equal(json_get(v, "present")->type, JSON_TRUE);
	served.reg[0].keep_free[SITE_KEEP_API](served.reg[0].keep[SITE_KEEP_API]);
	served.reg[0].keep[SITE_KEEP_API] = NULL;
	enter("olena", SERVE_OPERATOR, "{\"kind\":\"hazard\",\"fields\":{}}", "k1", 409);
	/* shown at once, unapproved, to the public too */
	(void)snprintf(url, sizeof url, "/api/records/%s", id);
	v = served_get(url, SERVE_PUBLIC, 200);
	assert_int_equal(json_get(v, "unapproved")->type, JSON_TRUE);
}

static const struct json_value *
correct(const char *account, const char *id, const char *body, int status)
{
	char url[100];
	const struct json_value *v;

	(void)snprintf(url, sizeof url, "/api/records/%s", id);
	v = served_ask(url, &(struct asking){ .role = SERVE_OPERATOR,
	                                      .account = account,
	                                      .body = body,
	                                      .method = ASK_POST });
	if (served_reply.status != status)
		print_error("%s\n", buf_text(&served_reply.body));
	assert_int_equal(served_reply.status, status);
	return v;
}

#define PART(head, text)                                                                           \
	"--edge\r\nContent-Disposition: form-data; name=" head "\r\n\r\n" text "\r\n"
#define RECORD(text) PART("\"record\"", text)
#define FILE_PART(field, name, text)                                                               \
	"--edge\r\nContent-Disposition: form-data; name=\"" field "\"; filename=\"" name           \
	"\"\r\nContent-Type: image/jpeg\r\n\r\n" text "\r\n"

static const struct json_value *
enter_files(const char *url, const char *body, const char *key, int status)
{
	const struct json_value *v =
		served_ask(url, &(struct asking){ .role = SERVE_OFFICER,
	                                          .account = "olena",
	                                          .body = body,
	                                          .key = key,
	                                          .type = "multipart/form-data; boundary=edge",
	                                          .method = ASK_POST });

	if (served_reply.status != status)
		print_error("%s\n", buf_text(&served_reply.body));
	assert_int_equal(served_reply.status, status);
	return v;
}

/* Is the original kept under its SHA-256, with these bytes? */
static void
is_kept(const char *sha256, const char *bytes)
{
	char path[400];
	struct buf b;
	struct err e = { 0 };

	(void)snprintf(path, sizeof(path), "%s/%.2s/%s", store_files_dir(served.reg[0].st), sha256,
	               sha256);
	buf_init(&b, 1000);
	assert_int_equal(file_read(path, 1000, &b, &e), ERR_OK);
	assert_string_equal(buf_text(&b), bytes);
	buf_done(&b);
}

/* SHA-256 of "abc" (FIPS 180-2, B.1) and of the empty-less "hello" by sha256sum. */
#define SHA_ABC "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define SHA_HELLO "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"

static void
files_come_with_their_record(void **state)
{
	static const char body[] = RECORD("{\"kind\":\"accident\",\"fields\":{\"class\":"
	                                  "\"mine\",\"date\":\"2024-05-02\"}}")
		FILE_PART("report", "told.pdf", "abc") FILE_PART("photos", "road.jpg", "hello")
			FILE_PART("photos", "road.jpg", "hello") "--edge--\r\n";
	const struct json_value *v, *fields;
	char url[100], id[UUID_TEXT], source[UUID_TEXT], correction[1000];
	int64_t size = store_log_size(served.reg[0].st);

	(void)state;
	v = enter_files("/api/records", body, "f1", 201);
	memcpy(id, text_at(v, "id"), UUID_TEXT);
	assert_int_equal(store_log_size(served.reg[0].st), size + 1);
	is_kept(SHA_ABC, "abc");
	is_kept(SHA_HELLO, "hello");
	(void)snprintf(url, sizeof url, "/api/records/%s", id);
	fields = json_get(served_get(url, SERVE_OFFICER, 200), "fields");
	assert_string_equal(text_at(fields, "report"), SHA_ABC);
	assert_int_equal(served_count(fields, "source_refs"), 1); /* the same file twice is one */
	memcpy(source, served_at(fields, "source_refs", 0)->string, UUID_TEXT);
	(void)snprintf(url, sizeof url, "/api/records/%s", source);
	fields = json_get(served_get(url, SERVE_OFFICER, 200), "fields");
	assert_string_equal(text_at(fields, "file"), SHA_HELLO);
	assert_string_equal(text_at(fields, "file_name"), "road.jpg");
	assert_string_equal(text_at(fields, "type"), "photo");
	/* the same key: nothing is written */
	v = enter_files("/api/records", body, "f1", 201);
	assert_string_equal(text_at(v, "id"), id);
	assert_int_equal(store_log_size(served.reg[0].st), size + 1);
	/* a correction with the photograph that is there and another one, handed in twice */
	(void)snprintf(url, sizeof url, "/api/records/%s", id);
	v = served_get(url, SERVE_OFFICER, 200);
	(void)snprintf(correction, sizeof correction,
	               RECORD("{\"fields\":{\"killed\":2},\"parents\":[\"%s\"]}")
	                       FILE_PART("photos", "road.jpg", "hello")
	                               FILE_PART("photos", "field.jpg", "abc") "--edge--\r\n",
	               served_at(v, "heads", 0)->string);
	for (int i = 0; i < 2; i++) {
		v = enter_files(url, correction, NULL, 200);
		assert_int_equal(json_get(v, "present")->type, i ? JSON_TRUE : JSON_FALSE);
	}
	fields = json_get(served_get(url, SERVE_OFFICER, 200), "fields");
	assert_int_equal(served_count(fields, "source_refs"), 2);
	assert_int_equal(store_log_size(served.reg[0].st), size + 2);
}

#define SHA_OTHER "1111111111111111111111111111111111111111111111111111111111111111"

/* How many files of a record a role is told of; 0 too when it may not ask. */
static size_t
files_of(const char *id, enum serve_role role, int status)
{
	char url[100];

	(void)snprintf(url, sizeof url, "/api/records/%s/originals", id);
	return served_count(served_get(url, role, status), "originals");
}

/* May a role download it? */
static int
opens(const char *id, const char *sha256, enum serve_role role)
{
	char url[200];

	(void)snprintf(url, sizeof url, "/api/records/%s/originals/%s", id, sha256);
	(void)served_ask(url, &(struct asking){ .role = role, .account = "x" });
	return served_reply.status;
}

/* Who approves sees what came with it; files that may name persons, and those of minefield records,
 * are for legal (docs/ACCESS.md, "Originals"). */
static void
who_opens_a_file(void **state)
{
	static const struct {
		const char *kind;
		bool authority;
	} cases[] = { { "accident", true },
		      { "hazard", true },
		      { "ordnance", true },
		      { "victim", false },
		      { "minefield_record", false } };
	char body[600], id[UUID_TEXT], source[UUID_TEXT], url[100];
	const struct json_value *v;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		int want = cases[i].authority ? 200 : 404;

		(void)snprintf(body, sizeof body,
		               RECORD("{\"kind\":\"%s\",\"fields\":{\"remarks\":\"f%d\"}}")
		                       FILE_PART("photos", "road.jpg", "hello") "--edge--\r\n",
		               cases[i].kind, (int)i);
		v = enter_files("/api/records", body, NULL, 201);
		memcpy(id, text_at(v, "id"), UUID_TEXT);
		assert_int_equal(files_of(id, SERVE_LEGAL, 200), 1);
		assert_int_equal(opens(id, SHA_HELLO, SERVE_LEGAL), 200);
		assert_int_equal(files_of(id, SERVE_APPROVER, 200), cases[i].authority);
		assert_int_equal(opens(id, SHA_HELLO, SERVE_APPROVER), want);
		assert_int_equal(opens(id, SHA_HELLO, SERVE_OFFICER), want);
		assert_int_equal(opens(id, SHA_HELLO, SERVE_OPERATOR), 404);
		assert_int_equal(opens(id, SHA_HELLO, SERVE_REPORTER), 403);
		assert_int_equal(opens(id, SHA_HELLO, SERVE_ADMINISTRATOR), 403);
		(void)snprintf(url, sizeof url, "/api/records/%s", id);
		v = served_get(url, SERVE_APPROVER, 200);
		memcpy(source, served_at(json_get(v, "fields"), "source_refs", 0)->string,
		       UUID_TEXT);
		/* the source by itself does not say what it came with */
		assert_int_equal(opens(source, SHA_HELLO, SERVE_APPROVER), 404);
		assert_int_equal(opens(source, SHA_HELLO, SERVE_LEGAL), 200);
	}
	/* naming the source of a minefield record in a record of one's own opens nothing */
	(void)snprintf(body, sizeof body,
	               "{\"kind\":\"hazard\",\"fields\":{\"source_refs\":[\"%s\"]}}", source);
	v = enter("oksana", SERVE_OFFICER, body, NULL, 201);
	memcpy(id, text_at(v, "id"), UUID_TEXT);
	assert_int_equal(files_of(id, SERVE_OFFICER, 200), 0);
	assert_int_equal(opens(id, SHA_HELLO, SERVE_OFFICER), 404);
	/* a field's file goes by its letter: a report is not for operators, a photograph of a find
	 * is */
	v = enter_files("/api/records",
	                RECORD("{\"kind\":\"ordnance\",\"fields\":{\"marking_photos\":[{},{}]}}")
	                        FILE_PART("marking_photos/2/photo", "item.jpg", "abc") FILE_PART(
					"marking_photos/1/photo", "a.jpg", "hello") "--edge--\r\n",
	                NULL, 201);
	memcpy(id, text_at(v, "id"), UUID_TEXT);
	assert_int_equal(opens(id, SHA_ABC, SERVE_OPERATOR), 200);
	assert_int_equal(opens(id, SHA_HELLO, SERVE_OPERATOR), 200);
	/* what is there is kept by its hash; another hash is not taken, in a row or in a field */
	(void)snprintf(url, sizeof url, "/api/records/%s", id);
	v = served_get(url, SERVE_OFFICER, 200);
	assert_string_equal(text_at(served_at(json_get(v, "fields"), "marking_photos", 1), "photo"),
	                    SHA_ABC);
	(void)snprintf(
		body, sizeof body,
		"{\"fields\":{\"marking_photos\":[{\"photo\":\"%s\"}]},\"parents\":[\"%s\"]}",
		SHA_ABC, served_at(v, "heads", 0)->string);
	v = correct("oksana", id, body, 200);
	(void)snprintf(
		body, sizeof body,
		"{\"fields\":{\"marking_photos\":[{\"photo\":\"%s\"}]},\"parents\":[\"%s\"]}",
		SHA_OTHER, text_at(v, "leaf"));
	v = correct("oksana", id, body, 400);
	assert_non_null(strstr(text_at(v, "detail"), "not named by its hash"));
	v = enter("oksana", SERVE_OFFICER,
	          "{\"kind\":\"accident\",\"fields\":{\"report\":\"" SHA_ABC "\"}}", NULL, 400);
	assert_string_equal(text_at(v, "field"), "report");
	enter_files("/api/records",
	            RECORD("{\"kind\":\"ordnance\",\"fields\":{\"marking_photos\":[{}]}}")
	                    FILE_PART("marking_photos/2/photo", "a.jpg", "abc") "--edge--\r\n",
	            NULL, 400);
	v = enter_files("/api/records",
	                RECORD("{\"kind\":\"accident\",\"fields\":{\"remarks\":\"r\"}}")
	                        FILE_PART("report", "told.pdf", "abc") "--edge--\r\n",
	                NULL, 201);
	memcpy(id, text_at(v, "id"), UUID_TEXT);
	assert_int_equal(opens(id, SHA_ABC, SERVE_OPERATOR), 404);
	assert_int_equal(opens(id, SHA_ABC, SERVE_APPROVER), 200);
	v = enter_files("/api/records",
	                RECORD("{\"kind\":\"minefield_record\",\"fields\":{\"remarks\":\"d\"}}")
	                        FILE_PART("diagram", "plan.pdf", "abc") "--edge--\r\n",
	                NULL, 201);
	memcpy(id, text_at(v, "id"), UUID_TEXT);
	assert_int_equal(opens(id, SHA_ABC, SERVE_APPROVER), 404);
	assert_int_equal(opens(id, SHA_ABC, SERVE_LEGAL), 200);
}

static void
bad_files_are_refused(void **state)
{
	static const char record[] = RECORD("{\"kind\":\"hazard\",\"fields\":{\"class\":\"sha\"}}");
	static const struct {
		const char *body, *say;
	} c[] = {
		{ FILE_PART("photos", "a.jpg", "abc"), "no part record" },
		{ RECORD("[]"), "must be a JSON object" },
		{ RECORD("{\"kind\":\"hazard\",\"fields\":{}}") PART("\"class\"", "sha"),
		  "is no file" },
		{ RECORD("{\"kind\":\"hazard\",\"fields\":{}}") FILE_PART("class", "a.jpg", "abc"),
		  "no such field for a file" },
		{ RECORD("{\"kind\":\"hazard\",\"fields\":{}}") FILE_PART("photos", "a.jpg", ""),
		  "is empty" },
	};
	int64_t size = store_log_size(served.reg[0].st);
	struct buf many;

	(void)state;
	for (size_t i = 0; i < sizeof(c) / sizeof(*c); i++) {
		char whole[2000];

		(void)snprintf(whole, sizeof whole, "%s--edge--\r\n", c[i].body);
		assert_non_null(
			strstr(text_at(enter_files("/api/records", whole, NULL, 400), "detail"),
		               c[i].say));
	}
	buf_init(&many, 1 << 16);
	buf_adds(&many, record);
	for (int i = 0; i <= ENTRY_MAX_FILES; i++)
		buf_printf(&many, FILE_PART("photos", "%d.jpg", "abc"), i);
	buf_adds(&many, "--edge--\r\n");
	assert_non_null(
		strstr(text_at(enter_files("/api/records", buf_text(&many), NULL, 413), "detail"),
	               "at most 20 files"));
	buf_done(&many);
	assert_int_equal(store_log_size(served.reg[0].st), size);
}

static void
bad_records_are_refused(void **state)
{
	static const struct {
		const char *body, *field;
		int status;
	} c[] = {
		{ "{\"kind\":\"hazard\",\"fields\":{\"class\":\"dragon\"}}", "class", 400 },
		{ "{\"kind\":\"hazard\",\"fields\":{\"class\":7}}", "class", 400 },
		{ "{\"kind\":\"hazard\",\"fields\":{\"colour\":\"red\"}}", "colour", 400 },
		{ "{\"kind\":\"hazard\",\"fields\":{\"geometry\":{\"type\":\"Point\","
		  "\"coordinates\":[0,0]}}}",
		  "geometry", 400 },
		{ "{\"kind\":\"hazard\",\"fields\":{\"valid_from\":\"2030-01-01\"}}", "valid_from",
		  400 },
		{ "{\"kind\":\"hazard\",\"fields\":{\"import_source\":\"x\"}}", "import_source",
		  400 },
		{ "{\"kind\":\"hazard\",\"fields\":[]}", NULL, 400 },
		{ "{\"kind\":\"hazard\",\"felds\":{}}", NULL, 400 },
		{ "{\"kind\":\"dragon\",\"fields\":{}}", NULL, 400 },
		{ "{\"kind\":\"decision\",\"fields\":{}}", NULL, 403 },
		{ "[]", NULL, 400 },
		{ "", NULL, 400 },
		{ "{", NULL, 400 },
	};
	int64_t size = store_log_size(served.reg[0].st);

	(void)state;
	for (size_t i = 0; i < sizeof c / sizeof *c; i++) {
		const struct json_value *v =
			served_post("/api/records", SERVE_OPERATOR, c[i].body, c[i].status);

		assert_string_equal(served_reply.type, "application/problem+json");
		if (c[i].field)
			assert_string_equal(text_at(v, "field"), c[i].field);
		else
			assert_null(json_get(v, "field"));
	}
	assert_int_equal(store_log_size(served.reg[0].st), size);
	served_post("/api/records", SERVE_PUBLIC, hazard_body, 401);
	(void)served_ask("/api/records", &(struct asking){ .role = SERVE_OPERATOR,
	                                                   .account = "olena",
	                                                   .body = hazard_body,
	                                                   .type = "text/plain",
	                                                   .method = ASK_POST });
	assert_int_equal(served_reply.status, 400);
	served_post("/api/records", SERVE_LEGAL, hazard_body, 403);
	served_post("/api/records", SERVE_ADMINISTRATOR, hazard_body, 403);
	served_post("/api/records", SERVE_REPORTER, "{\"kind\":\"place\",\"fields\":{}}", 403);
	served_post("/api/records", SERVE_REPORTER, hazard_body, 201);
}

static void
corrections_keep_both_sides(void **state)
{
	const struct json_value *v;
	char id[UUID_TEXT], first[65], second[65], third[65], body[400], url[120];

	(void)state;
	v = enter("olena", SERVE_OPERATOR, hazard_body, NULL, 201);
	memcpy(id, text_at(v, "id"), UUID_TEXT);
	memcpy(first, text_at(v, "leaf"), 65);
	(void)snprintf(body, sizeof body, "{\"fields\":{\"class\":\"cha\"},\"parents\":[\"%s\"]}",
	               first);
	v = correct("olena", id, body, 200);
	memcpy(second, text_at(v, "leaf"), 65);
	/* the same again is the same */
	v = correct("olena", id, body, 200);
	assert_string_equal(text_at(v, "leaf"), second);
	assert_int_equal(json_get(v, "present")->type, JSON_TRUE);
	/* another editor saw only the first */
	(void)snprintf(body, sizeof body,
	               "{\"fields\":{\"class\":\"battle_area\"},\"parents\":[\"%s\"]}", first);
	v = correct("maria", id, body, 409);
	assert_string_equal(text_at(served_at(v, "theirs", 0), "leaf"), second);
	assert_string_equal(text_at(served_at(v, "theirs", 0), "author"), "olena");
	assert_string_equal(text_at(served_at(served_at(v, "theirs", 0), "changed", 0), "field"),
	                    "class");
	assert_string_equal(text_at(json_get(v, "yours"), "class"), "battle_area");
	assert_string_equal(served_at(v, "heads", 0)->string, second);
	/* kept beside it */
	(void)snprintf(
		body, sizeof body,
		"{\"fields\":{\"class\":\"battle_area\"},\"parents\":[\"%s\"],\"force\":true}",
		first);
	v = correct("maria", id, body, 200);
	memcpy(third, text_at(v, "leaf"), 65);
	(void)snprintf(url, sizeof url, "/api/records/%s/history", id);
	v = served_get(url, SERVE_OPERATOR, 200);
	assert_int_equal(served_count(v, "revisions"), 3);
	assert_int_equal(served_count(v, "conflict"), 1);
	assert_string_equal(text_at(served_at(v, "revisions", 0), "author"), "olena");
	assert_string_equal(text_at(served_at(v, "revisions", 0), "remark"), "seen from the road");
	assert_string_equal(text_at(served_at(v, "revisions", 2), "author"), "maria");
	assert_int_equal(served_count(served_at(v, "revisions", 2), "changed"), 1);
	(void)snprintf(url, sizeof url, "/api/records/%s", id);
	v = served_get(url, SERVE_OPERATOR, 200);
	assert_int_equal(json_get(v, "conflict")->type, JSON_TRUE);
	assert_int_equal(served_count(v, "heads"), 2);
	/* settled by one who saw both; a null removes a value */
	(void)snprintf(body, sizeof body,
	               "{\"fields\":{\"class\":\"cha\",\"status_reason\":null},\"parents\":[\"%s\","
	               "\"%s\"]}",
	               second, third);
	correct("olena", id, body, 200);
	v = served_get(url, SERVE_OPERATOR, 200);
	assert_int_equal(served_count(v, "heads"), 1);
	/* not without the heads that were seen */
	correct("olena", id, "{\"fields\":{\"class\":\"cha\"}}", 400);
	correct("olena", id, "{\"fields\":{\"class\":\"cha\"},\"parents\":[\"00\"]}", 400);
	(void)snprintf(url, sizeof url, "/api/records/%s", id);
	served_post(url, SERVE_REPORTER, body, 403);
	served_post(url, SERVE_PUBLIC, body, 401);
	correct("olena", "018f0000-0000-7000-8000-000000000000", body, 404);
}

static const struct json_value *
decide(const char *account, const char *body, int status)
{
	const struct json_value *v =
		served_ask("/api/decisions", &(struct asking){ .role = SERVE_APPROVER,
	                                                       .account = account,
	                                                       .body = body,
	                                                       .method = ASK_POST });

	if (served_reply.status != status)
		print_error("%s\n", buf_text(&served_reply.body));
	assert_int_equal(served_reply.status, status);
	return v;
}

static void
others_approve(void **state)
{
	const struct json_value *v;
	char id[UUID_TEXT], leaf[65], body[400], url[120];

	(void)state;
	v = enter("taras", SERVE_APPROVER, hazard_body, NULL, 201);
	memcpy(id, text_at(v, "id"), UUID_TEXT);
	memcpy(leaf, text_at(v, "leaf"), 65);
	v = served_ask("/api/inbox",
	               &(struct asking){ .role = SERVE_APPROVER, .account = "taras" });
	assert_int_equal(served_reply.status, 200);
	v = served_at(v, "submissions", 0);
	assert_int_equal(json_get(v, "mine")->type, JSON_TRUE);
	assert_string_equal(text_at(v, "author"), "taras");
	assert_int_equal(served_number(v, "waiting"), 1);
	assert_string_equal(text_at(served_at(v, "records", 0), "id"), id);
	assert_int_equal(json_get(served_at(v, "records", 0), "new")->type, JSON_TRUE);
	/* an operator sees their own */
	v = served_ask("/api/inbox",
	               &(struct asking){ .role = SERVE_OPERATOR, .account = "nobody" });
	assert_int_equal(served_count(v, "submissions"), 0);
	served_get("/api/inbox", SERVE_REPORTER, 403);
	served_get("/api/inbox", SERVE_PUBLIC, 401);

	(void)snprintf(body, sizeof body, "{\"type\":\"approval\",\"ids\":[\"%s\"]}", id);
	decide("taras", body, 403);
	decide("Taras", body, 403);
	v = served_ask("/api/decisions", &(struct asking){ .role = SERVE_APPROVER,
	                                                   .account = "vira",
	                                                   .body = body,
	                                                   .no_second_factor = true,
	                                                   .method = ASK_POST });
	assert_int_equal(served_reply.status, 403);
	assert_int_equal(json_get(v, "second_factor")->type, JSON_TRUE);
	served_post("/api/decisions", SERVE_OFFICER, body, 403);
	served_post("/api/decisions", SERVE_PUBLIC, body, 401);
	/* another revision than the one looked at */
	(void)snprintf(body, sizeof body, "{\"type\":\"approval\",\"ids\":[\"%s@%064d\"]}", id, 0);
	decide("vira", body, 409);
	(void)snprintf(body, sizeof body, "{\"type\":\"approval\",\"ids\":[\"%s@%s\"]}", id, leaf);
	v = decide("vira", body, 201);
	assert_int_equal(served_number(v, "revisions"), 1);
	decide("vira", body, 404);
	(void)snprintf(url, sizeof url, "/api/records/%s/history", id);
	v = served_at(served_get(url, SERVE_OPERATOR, 200), "revisions", 0);
	assert_string_equal(text_at(v, "ruling"), "approved");
	assert_string_equal(text_at(json_get(v, "decision"), "type"), "approval");
	v = served_at(served_get(url, SERVE_OFFICER, 200), "revisions", 0);
	assert_string_equal(text_at(json_get(v, "decision"), "by"), "vira");
	served_get(url, SERVE_PUBLIC, 401);
	served_get(url, SERVE_REPORTER, 403);
	/* a whole submission; a return needs a reason */
	v = enter("olena", SERVE_OPERATOR, hazard_body, NULL, 201);
	(void)snprintf(body, sizeof body, "{\"type\":\"return\",\"ids\":[\"@%d\"]}",
	               (int)served_number(v, "submission"));
	v = decide("vira", body, 400);
	assert_string_equal(text_at(v, "field"), "reason");
	v = enter("olena", SERVE_OPERATOR, hazard_body, NULL, 201);
	(void)snprintf(body, sizeof body,
	               "{\"type\":\"return\",\"ids\":[\"@%d\"],\"reason\":\"where?\"}",
	               (int)served_number(v, "submission"));
	decide("Olena", body, 403); /* whose report it is does not alone take it back */
	decide("vira", body, 201);
	decide("taras", body, 404); /* what was decided stands */
	decide("vira", "{\"type\":\"approval\",\"ids\":[]}", 400);
	decide("vira", "{\"type\":\"crown\",\"ids\":[\"@1\"]}", 400);
	decide("vira", "{\"type\":\"approval\",\"ids\":[\"@99999\"]}", 404);
}

static void
a_release_takes_two_accounts(void **state)
{
	static const char closing_body[] =
		"{\"kind\":\"hazard\",\"fields\":{\"class\":\"sha\",\"status\":\"open\","
		"\"valid_from\":\"2024-05-02\",\"geometry\":" SQUARE(-123) "}}";
	const struct json_value *v;
	char id[UUID_TEXT], leaf[65], release[UUID_TEXT], body[600], url[120];

	(void)state;
	v = enter("olena", SERVE_OPERATOR, closing_body, NULL, 201);
	memcpy(id, text_at(v, "id"), UUID_TEXT);
	memcpy(leaf, text_at(v, "leaf"), 65);
	(void)snprintf(body, sizeof body, "{\"type\":\"release\",\"ids\":[\"%s\"]}", id);
	decide("vira", body, 403); /* it is open */
	(void)snprintf(body, sizeof body,
	               "{\"fields\":{\"status\":\"closed\",\"outcome\":\"cleared\",\"valid_from\":"
	               "\"2024-05-20\"},\"parents\":[\"%s\"]}",
	               leaf);
	correct("vira", id, body, 200);
	(void)snprintf(body, sizeof body,
	               "{\"type\":\"release\",\"ids\":[\"%s\"],\"certificate\":\"C-7\"}", id);
	decide("vira", body, 403); /* entered the closing */
	v = decide("taras", body, 202);
	memcpy(release, text_at(v, "release"), UUID_TEXT);
	/* nothing is released yet */
	(void)snprintf(url, sizeof url, "/api/records/%s", id);
	assert_string_equal(text_at(served_get(url, SERVE_OFFICER, 200), "shown_as"), "danger");
	v = served_get("/api/inbox", SERVE_OFFICER, 200);
	assert_int_equal(served_count(v, "releases"), 1);
	assert_string_equal(text_at(served_at(v, "releases", 0), "by"), "taras");
	assert_string_equal(text_at(served_at(v, "releases", 0), "certificate"), "C-7");
	(void)snprintf(body, sizeof body, "{\"type\":\"release\",\"confirm\":\"%s\"}", release);
	decide("taras", body, 403); /* the same person */
	decide("vira", body, 403);  /* entered it */
	decide("petro", "{\"type\":\"release\",\"confirm\":\"x\"}", 404);
	decide("petro", "{\"type\":\"approval\",\"confirm\":\"x\"}", 400);
	v = decide("petro", body, 201);
	assert_int_equal(served_number(v, "revisions"), 1);
	assert_string_equal(text_at(served_get(url, SERVE_OFFICER, 200), "shown_as"), "released");
	v = served_get("/api/inbox", SERVE_OFFICER, 200);
	assert_int_equal(served_count(v, "releases"), 0);
	decide("petro", body, 404);
}

static void
releases_are_taken_back_and_grow_old(void **state)
{
	static const char closing_body[] =
		"{\"kind\":\"hazard\",\"fields\":{\"class\":\"sha\",\"status\":\"open\","
		"\"valid_from\":\"2024-05-02\",\"geometry\":" SQUARE(-122) "}}";
	const struct json_value *v;
	char id[UUID_TEXT], leaf[65], release[UUID_TEXT], body[600], propose[200];

	(void)state;
	v = enter("olena", SERVE_OPERATOR, closing_body, NULL, 201);
	memcpy(id, text_at(v, "id"), UUID_TEXT);
	(void)snprintf(body, sizeof body,
	               "{\"fields\":{\"status\":\"closed\",\"outcome\":\"cleared\",\"valid_from\":"
	               "\"2024-05-20\"},\"parents\":[\"%s\"]}",
	               text_at(v, "leaf"));
	v = correct("olena", id, body, 200);
	memcpy(leaf, text_at(v, "leaf"), 65);
	(void)snprintf(propose, sizeof propose, "{\"type\":\"release\",\"ids\":[\"%s\"]}", id);
	v = decide("taras", propose, 202);
	(void)snprintf(body, sizeof body, "{\"type\":\"release\",\"withdraw\":\"%s\"}",
	               text_at(v, "release"));
	decide("taras", body, 200);
	decide("taras", body, 404);
	/* what the second confirms is what the first saw */
	v = decide("taras", propose, 202);
	memcpy(release, text_at(v, "release"), UUID_TEXT);
	(void)snprintf(body, sizeof body,
	               "{\"fields\":{\"status_reason\":\"all of it\"},\"parents\":[\"%s\"]}", leaf);
	correct("olena", id, body, 200);
	(void)snprintf(body, sizeof body, "{\"type\":\"release\",\"confirm\":\"%s\"}", release);
	decide("petro", body, 409);
}

/* Rows of an import that could not be taken in. */
static void
put_rows(int from, int to, const char *mapped)
{
	struct store *st = served.reg[0].st;
	const struct submit_about about = { .author = "login", .remark = "" };
	struct submit_revision rev = { .kind = store_kind(st, "source") };
	struct submit_result done;
	struct quarantine *q = NULL;
	struct err e = { 0 };

	assert_int_equal(submit_new_id(&rev.id, &e), ERR_OK);
	assert_true(fields_init(&rev.fields, store_form(st, rev.kind), &served_mem));
	assert_true(fields_set_text(&rev.fields, "title", "rows.csv") &&
	            fields_set_text(&rev.fields, "valid_from", "2024-05-01"));
	assert_int_equal(quarantine_open(st, &q, &e), ERR_OK);
	assert_int_equal(submit_begin(st, &about, &e), ERR_OK);
	assert_int_equal(submit_add(st, &rev, 1, NULL, &e), ERR_OK);
	for (int i = from; i <= to; i++) {
		struct quarantine_row row = { .kind = store_kind(st, "hazard"),
			                      .source = rev.id,
			                      .row = i,
			                      .checks = "no_place",
			                      .reason = "no position and no place",
			                      .original = "{\"class\":\"sha\"}",
			                      .mapped = mapped };

		memset(row.row_key, i, sizeof(row.row_key));
		assert_int_equal(quarantine_put(q, &row, NULL, &e), ERR_OK);
	}
	assert_int_equal(submit_commit(st, &done, &e), ERR_OK);
	quarantine_close(q);
}

static void
quarantined_rows_are_settled(void **state)
{
	const struct json_value *v;

	(void)state;
	put_rows(1, 2, "{\"class\":\"sha\"}");
	v = served_get("/api/quarantine", SERVE_OFFICER, 200);
	assert_int_equal(served_number(v, "waiting"), 2);
	assert_int_equal(served_count(v, "rows"), 2);
	assert_string_equal(text_at(json_get(served_at(v, "rows", 0), "source"), "title"),
	                    "rows.csv");
	v = served_get("/api/quarantine?limit=1", SERVE_APPROVER, 200);
	assert_string_equal(text_at(v, "next"), "1");
	v = served_get("/api/quarantine?limit=1&after=1", SERVE_APPROVER, 200);
	assert_int_equal(json_get(v, "next")->type, JSON_NULL);
	v = served_get("/api/quarantine/1", SERVE_OFFICER, 200);
	assert_string_equal(text_at(json_get(v, "original"), "class"), "sha");
	assert_string_equal(text_at(json_get(v, "mapped"), "class"), "sha");
	served_get("/api/quarantine", SERVE_OPERATOR, 403);
	served_get("/api/quarantine/1", SERVE_PUBLIC, 401);
	served_get("/api/quarantine/77", SERVE_OFFICER, 404);
	/* still without a place: it waits on */
	v = served_post("/api/quarantine/1", SERVE_OFFICER, "{\"retry\":{\"class\":\"cha\"}}", 200);
	assert_int_equal(json_get(v, "accepted")->type, JSON_FALSE);
	assert_true(served_count(v, "checks") > 0);
	v = served_post("/api/quarantine/1", SERVE_OFFICER,
	                "{\"retry\":{\"place_name\":\"Oreva\"}}", 200);
	assert_int_equal(json_get(v, "accepted")->type, JSON_TRUE);
	assert_int_equal(strlen(text_at(v, "record")), 36);
	served_post("/api/quarantine/1", SERVE_OFFICER, "{\"dismiss\":\"no\"}", 409);
	served_post("/api/quarantine/2", SERVE_OFFICER, "{\"dismiss\":\"\"}", 400);
	served_post("/api/quarantine/2", SERVE_OFFICER, "{}", 400);
	served_post("/api/quarantine/2", SERVE_OPERATOR, "{\"dismiss\":\"twice\"}", 403);
	served_post("/api/quarantine/2", SERVE_OFFICER, "{\"dismiss\":\"twice\"}", 200);
	v = served_get("/api/quarantine", SERVE_OFFICER, 200);
	assert_int_equal(served_number(v, "waiting"), 0);
	v = served_get("/api/quarantine/2", SERVE_OFFICER, 200);
	assert_string_equal(text_at(json_get(v, "settled"), "reason"), "twice");
}

/* An edit of a work copy, kept as docs/FORMATS.md says, comes in as the edit of its record. */
static void
a_refused_edit_is_corrected(void **state)
{
	static const char *const hazard[] = { "geometry=POINT (-125.5 -45)", "class=sha",
		                              "valid_from=2024-05-01", NULL };
	struct history_revision *rev = NULL;
	const struct json_value *v;
	struct store *st = served.reg[0].st;
	struct uuid id;
	char text[UUID_TEXT], leaf[65], mapped[600];
	size_t n = 0;

	(void)state;
	served_enter("olena", "hazard", hazard, text);
	assert_true(uuid_parse(text, strlen(text), &id));
	assert_int_equal(history_load(st, id, INT64_MAX, &served_mem, &rev, &n, NULL), ERR_OK);
	text_hex(rev[0].rev.leaf, 32, leaf);
	(void)snprintf(
		mapped, sizeof mapped,
		"{\"import_work\":\"0190d9b2-0000-7000-8000-000000000000\",\"import_record\":"
		"\"%s\",\"import_base\":\"%s\",\"class\":\"cha\",\"remarks\":\"seen\","
		"\"geometry\":\"POINT (-45 -125)\"}",
		text, leaf);
	put_rows(3, 3, mapped);
	v = served_get("/api/quarantine/3", SERVE_OFFICER, 200);
	assert_string_equal(text_at(json_get(v, "mapped"), "remarks"), "seen");
	assert_null(json_get(json_get(v, "mapped"), "import_record"));
	v = served_post("/api/quarantine/3", SERVE_OFFICER, "{\"retry\":{\"class\":\"sha\"}}", 200);
	assert_int_equal(json_get(v, "accepted")->type, JSON_FALSE);
	assert_non_null(strstr(text_at(v, "reason"), "latitude"));
	/* nobody says which record it is but the row itself */
	served_post("/api/quarantine/3", SERVE_OFFICER,
	            "{\"retry\":{\"import_record\":\"new\",\"geometry\":\"POINT (-125.5 -45)\"}}",
	            400);
	v = served_post("/api/quarantine/3", SERVE_OFFICER,
	                "{\"retry\":{\"geometry\":\"POINT (-125.6 -45)\"}}", 200);
	assert_int_equal(json_get(v, "accepted")->type, JSON_TRUE);
	assert_string_equal(text_at(v, "record"), text);
	assert_int_equal(json_get(v, "reason")->type, JSON_NULL);
	assert_int_equal(history_load(st, id, INT64_MAX, &served_mem, &rev, &n, NULL), ERR_OK);
	assert_int_equal(n, 2);
	assert_memory_equal(rev[1].rev.parents[0], rev[0].rev.leaf, 32);
	assert_string_equal(fields_text(&rev[1].rev.fields, "class"), "cha");
	assert_string_equal(fields_text(&rev[1].rev.fields, "remarks"), "seen");
	assert_int_equal(rev[1].rev.ruling, RULING_NONE);
	served_post("/api/quarantine/3", SERVE_OFFICER, "{\"retry\":{}}", 409);
}

/* The same bytes as the folder that `fallow log export` writes. */
static int
compare_file(void *ctx, const char *name)
{
	const char *base = ctx;
	char full[700], url[700];
	struct buf b;
	struct err e = { 0 };

	(void)snprintf(full, sizeof full, "%s/%s", base, name);
	if (file_is_dir(full)) {
		assert_int_equal(file_list(full, compare_file, full, &e), ERR_OK);
		return 0;
	}
	(void)snprintf(url, sizeof url, "/log%s", strstr(full, "/logdir") + 7);
	if (strstr(url, ".vkey"))
		(void)snprintf(url, sizeof url, "/log/vkey");
	buf_init(&b, 1 << 20);
	assert_int_equal(file_read(full, 1 << 20, &b, &e), ERR_OK);
	served_get(url, SERVE_PUBLIC, 200);
	assert_int_equal(served_reply.body.size, b.size);
	assert_memory_equal(buf_text(&served_reply.body), buf_text(&b), b.size);
	assert_int_equal(served_reply.final, strstr(url, "/tile/") != NULL);
	buf_done(&b);
	return 0;
}

static void
the_log_is_that_of_the_export(void **state)
{
	static const char *const none[] = { "/log/tile/0/000.p/255", "/log/tile/0/001",
		                            "/log/tile/9/000",       "/log/tile/x/000",
		                            "/log/tile/0/x001/000",  "/log/tile/0/0",
		                            "/log/tile/0/000.p/0" };
	char dir[200];
	struct err e = { 0 };
	int64_t size = 0;

	(void)state;
	(void)snprintf(dir, sizeof dir, "%s/logdir", served_folder);
	assert_int_equal(logfiles_export(served.reg[0].st, dir, &size, &e), ERR_OK);
	assert_true(size > 10);
	assert_int_equal(file_list(dir, compare_file, dir, &e), ERR_OK);
	for (size_t i = 0; i < sizeof none / sizeof *none; i++)
		served_get(none[i], SERVE_PUBLIC, 404);
	served_get("/log/tile/0/000.p/3", SERVE_PUBLIC, 200); /* of an older checkpoint */
	assert_int_equal(served_reply.body.size, 3 * 32);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records_are_entered),
		cmocka_unit_test(files_come_with_their_record),
		cmocka_unit_test(who_opens_a_file),
		cmocka_unit_test(bad_files_are_refused),
		cmocka_unit_test(bad_records_are_refused),
		cmocka_unit_test(corrections_keep_both_sides),
		cmocka_unit_test(others_approve),
		cmocka_unit_test(a_release_takes_two_accounts),
		cmocka_unit_test(releases_are_taken_back_and_grow_old),
		cmocka_unit_test(quarantined_rows_are_settled),
		cmocka_unit_test(a_refused_edit_is_corrected),
		cmocka_unit_test(the_log_is_that_of_the_export),
	};

	return cmocka_run_group_tests(tests, set_up, served_close);
}
