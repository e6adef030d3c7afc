/* Two registers (the second one empty) in a fresh folder with a few records, and asking it without
 * a socket: for the tests of handlers. Include once per test program, after cmocka.h. Every
 * function may be unused. */
#ifndef TEST_SERVED_H
#define TEST_SERVED_H

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "api/route.h"
#include "base/json.h"
#include "base/text.h"
#include "ingest/decide.h"
#include "ingest/entry.h"

#define MAYBE __attribute__((unused))

static char served_folder[100], served_path[2][200];
static struct site served;
static struct arena served_mem;
static struct reply served_reply;

/* Who asks, with which body. */
struct asking {
	enum serve_role role;
	const char *account; /* NULL = the role's name */
	const char *body;    /* NULL = none */
	const char *key;     /* Idempotency-Key */
	const char *type;    /* Content-Type; NULL = none */
	bool no_second_factor;
	enum ask_method method;
};

/* "/api/find?near=1,2&within=3": the query is split at '&' and '='; no escapes. */
static MAYBE const struct json_value *
served_ask(const char *url, const struct asking *a)
{
	static struct ask_pair query[20], header[3];
	struct json_value *v = NULL;
	struct err e = { 0 };
	struct ask q = { .method = a->method,
		         .base = "http://127.0.0.1",
		         .mem = &served_mem,
		         .query = query,
		         .header = header,
		         .raw_query = "",
		         .who = { .role = a->role,
		                  .account = a->account ? a->account : serve_role_name(a->role),
		                  .id = a->role == SERVE_PUBLIC ? 0 : (int64_t)a->role,
		                  .second_factor = !a->no_second_factor } };
	char *path = arena_strdup(&served_mem, url), *mark = strchr(path, '?');

	for (char *p = mark ? mark + 1 : NULL; p && *p;) {
		char *end = strchr(p, '&'), *is;

		if (end)
			*end = '\0';
		is = strchr(p, '=');
		if (is)
			*is = '\0';
		query[q.query_count++] = (struct ask_pair){ p, is ? is + 1 : "" };
		p = end ? end + 1 : NULL;
	}
	if (mark)
		*mark = '\0';
	if (a->key)
		header[q.header_count++] = (struct ask_pair){ "idempotency-key", a->key };
	if (a->type)
		header[q.header_count++] = (struct ask_pair){ "content-type", a->type };
	else if (a->body)
		header[q.header_count++] = (struct ask_pair){ "content-type", "application/json" };
	if (a->body) {
		q.body = (const uint8_t *)a->body;
		q.body_size = strlen(a->body);
	}
	q.path = path;
	reply_done(&served_reply);
	reply_init(&served_reply, 0);
	route_answer(&served, &q, &served_reply);
	if (!strstr(served_reply.type, "json"))
		return NULL;
	if (json_parse(buf_text(&served_reply.body), served_reply.body.size, 0, &served_mem, &v,
	               &e))
		print_error("%s\n%s\n", e.text, buf_text(&served_reply.body));
	assert_non_null(v);
	return v;
}

/* GET as a role; fails the test unless the status is the one expected. */
static MAYBE const struct json_value *
served_get(const char *url, enum serve_role role, int status)
{
	const struct json_value *v = served_ask(url, &(struct asking){ .role = role });

	if (served_reply.status != status)
		print_error("%s as %s: %s\n", url, serve_role_name(role),
		            buf_text(&served_reply.body));
	assert_int_equal(served_reply.status, status);
	return v;
}

static MAYBE const struct json_value *
served_post(const char *url, enum serve_role role, const char *body, int status)
{
	const struct json_value *v =
		served_ask(url, &(struct asking){ .role = role, .body = body, .method = ASK_POST });

	if (served_reply.status != status)
		print_error("%s as %s: %s\n", url, serve_role_name(role),
		            buf_text(&served_reply.body));
	assert_int_equal(served_reply.status, status);
	return v;
}

static MAYBE double
served_number(const struct json_value *v, const char *name)
{
	return json_get_number(v, name, -1e9);
}

/* Element i of an array member. */
static MAYBE const struct json_value *
served_at(const struct json_value *v, const char *name, size_t i)
{
	const struct json_value *m = json_get(v, name);

	assert_non_null(m);
	assert_int_equal(m->type, JSON_ARRAY);
	m = m->first;
	while (m && i--)
		m = m->next;
	return m;
}

static MAYBE size_t
served_count(const struct json_value *v, const char *name)
{
	const struct json_value *m = json_get(v, name);

	assert_non_null(m);
	assert_int_equal(m->type, JSON_ARRAY);
	return m->count;
}

/* Enter a record; sets end with NULL. ret_id has UUID_TEXT bytes. */
static MAYBE void
served_enter(const char *author, const char *kind, const char *const *set, char *ret_id)
{
	struct entry_options o = { .kind = kind, .set = set, .author = author, .remark = "" };
	struct entry_result r;
	struct err e = { 0 };

	while (set[o.sets])
		o.sets++;
	if (entry_run(served.reg[0].st, &o, &r, &e))
		print_error("%s\n", e.text);
	assert_int_equal(e.code, ERR_OK);
	if (ret_id)
		memcpy(ret_id, r.id, UUID_TEXT);
}

static MAYBE void
served_decide(const char *type, const char *by, const char *id)
{
	struct decide_options o = { .type = type, .by = by, .id = &id, .ids = 1 };
	struct decide_result r;
	struct err e = { 0 };

	if (decide_run(served.reg[0].st, &o, &r, &e))
		print_error("%s\n", e.text);
	assert_int_equal(e.code, ERR_OK);
}

static MAYBE int
served_open(const char *name)
{
	static const char *path[2];
	struct err e = { 0 };
	char home[200];

	(void)snprintf(served_folder, sizeof(served_folder), "/tmp/fallow_%s_XXXXXX", name);
	if (!mkdtemp(served_folder))
		return -1;
	(void)snprintf(home, sizeof(home), "%s/home", served_folder);
	for (int i = 0; i < 2; i++) {
		(void)snprintf(served_path[i], sizeof(served_path[i]), "%s/%s.gpkg", served_folder,
		               i ? "other" : "r");
		path[i] = served_path[i];
	}
	(void)setenv("FALLOW_HOME", home, 1);
	(void)setenv("FALLOW_NOW", "2024-06-01T12:00:00Z", 1);
	arena_init(&served_mem, (size_t)1 << 30);
	if (store_init(path[0], "XXA", "Test", &e) ||
	    store_init(path[1], "XXA", "Other <& \"register\"", &e) ||
	    site_open(path, 2, STORE_WRITE, &served, &e)) {
		print_error("%s\n", e.text);
		return -1;
	}
	return 0;
}

static MAYBE int
served_remove(const char *path, const struct stat *s, int type, struct FTW *at)
{
	(void)s;
	(void)type;
	(void)at;
	return remove(path);
}

static MAYBE int
served_close(void **state)
{
	(void)state;
	reply_done(&served_reply);
	site_close(&served);
	arena_done(&served_mem);
	return nftw(served_folder, served_remove, 16, FTW_DEPTH | FTW_PHYS);
}

#endif
