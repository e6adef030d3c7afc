/* What the server answers to GET, without a server: for tests that judge the bytes.
 * usage: answerof REGISTER.gpkg DIR ROLE PATH...   writes DIR/0, DIR/1, ... (the bodies) and prints
 * "status media-type bytes" a line. ROLE as accounts have them. */
#include <stdio.h>
#include <string.h>

#include "api/route.h"
#include "base/file.h"

static int
ask_one(struct site *s, const char *dir, enum serve_role role, const char *path, int number)
{
	struct ask q = { .method = ASK_GET, .base = "http://127.0.0.1:8080", .raw_query = "" };
	struct ask_pair query[4];
	struct arena mem;
	struct reply r;
	struct err e = { 0 };
	char out[1200], *p, *mark;
	enum err_code rc;

	arena_init(&mem, 0);
	p = arena_strdup(&mem, path);
	mark = p ? strchr(p, '?') : NULL;
	if (mark) {
		*mark++ = '\0';
		q.raw_query = path + (mark - p);
	}
	for (char *rest = mark; rest && q.query_count < 4;) {
		char *value = strchr(rest, '='), *next = value ? strchr(value, '&') : NULL;

		if (!value)
			break;
		*value++ = '\0';
		if (next)
			*next++ = '\0';
		query[q.query_count++] = (struct ask_pair){ rest, value };
		rest = next;
	}
	q.path = p;
	q.query = query;
	q.mem = &mem;
	q.who.role = role;
	reply_init(&r, 0);
	route_answer(s, &q, &r);
	(void)snprintf(out, sizeof(out), "%s/%d", dir, number);
	rc = file_write_atomic(out, r.body.data, r.body.size, 0644, &e);
	printf("%d %s %zu\n", r.status, r.type, r.body.size);
	reply_done(&r);
	arena_done(&mem);
	if (rc)
		fprintf(stderr, "%s\n", e.text);
	return rc != ERR_OK;
}

int
main(int argc, char **argv)
{
	const char *path[1] = { argc > 1 ? argv[1] : "" };
	enum serve_role role;
	struct site s;
	struct err e = { 0 };
	int failed = 0;

	if (argc < 5 || !serve_role_parse(argv[3], &role)) {
		fprintf(stderr, "usage: answerof REGISTER DIR ROLE PATH...\n");
		return 2;
	}
	if (site_open(path, 1, STORE_READ, &s, &e)) {
		fprintf(stderr, "%s\n", e.text);
		return 1;
	}
	for (int i = 4; i < argc; i++)
		failed |= ask_one(&s, argv[2], role, argv[i], i - 4);
	site_close(&s);
	return failed;
}
