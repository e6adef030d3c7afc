/* How many forms from phones one process makes durable a second, without HTTP: each through the
 * whole path (multipart, XML, checks, signature, log), in groups of GROUP with one commit, one
 * audit and one checkpoint each. usage: submissions_bench COUNT GROUP [KIND] */
#define _XOPEN_SOURCE 700
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "api/route.h"
#include "base/text.h"
#include "store/group.h"

static double
now_s(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static size_t
make_body(char *out, size_t room, const char *kind, int i)
{
	return (size_t)snprintf(
		out, room,
		"--b\r\nContent-Disposition: form-data; name=\"xml_submission_file\"; "
		"filename=\"x.xml\"\r\nContent-Type: text/xml\r\n\r\n"
		"<data id=\"%s\" version=\"1\"><entry-detail>short</entry-detail>"
		"<valid_from>2024-05-30</valid_from><geometry><how>point</how>"
		"<point>%.6f %.6f 12.0 4.5</point></geometry>%s"
		"<remarks>seen from the road, %d</remarks>"
		"<meta><instanceID>uuid:%08x-0000-4000-8000-000000000000</instanceID></meta>"
		"</data>\r\n--b--\r\n",
		kind, -49.9 + (i % 7901) * 0.001, -129.9 + (i % 9901) * 0.001,
		strcmp(kind, "hazard") == 0 ? "<radius_m>50</radius_m><class>sha</class>"
					      "<status>open</status>"
					    : "<class>mine</class><killed>0</killed>",
		i, (unsigned)i);
}

int
main(int argc, char **argv)
{
	static const struct ask_pair header[] = {
		{ "content-type", "multipart/form-data; boundary=b" },
	};
	int64_t count = 0, group = 0;
	char folder[] = "/tmp/fallow-submissions-XXXXXX", path[100], home[100], body[4000];
	const char *file = path, *kind = argc > 3 ? argv[3] : "hazard";
	struct site site;
	struct err e = { 0 };
	struct arena mem;
	double begin, worst = 0;

	if (argc < 3 || !text_parse_i64(argv[1], strlen(argv[1]), &count) ||
	    !text_parse_i64(argv[2], strlen(argv[2]), &group) || group < 1 || !mkdtemp(folder))
		return 2;
	(void)snprintf(home, sizeof(home), "%s/home", folder);
	(void)snprintf(path, sizeof(path), "%s/r.gpkg", folder);
	(void)setenv("FALLOW_HOME", home, 1);
	if (store_init(path, "XXA", "bench", &e) || site_open(&file, 1, STORE_WRITE, &site, &e)) {
		fprintf(stderr, "%s\n", e.text);
		return 1;
	}
	arena_init(&mem, 0);
	begin = now_s();
	for (int i = 0; i < count;) {
		double from = now_s(), took;

		if (group > 1 && group_begin(site.reg[0].st, NULL, &e))
			break;
		for (int k = 0; k < group && i < count; k++, i++) {
			struct ask q = { .method = ASK_POST,
				         .base = "",
				         .path = "/submission",
				         .header = header,
				         .header_count = 1,
				         .body = (const uint8_t *)body,
				         .body_size = make_body(body, sizeof(body), kind, i),
				         .mem = &mem,
				         .who = { .role = SERVE_REPORTER, .account = "bench" } };
			struct reply r;

			reply_init(&r, 0);
			route_answer(&site, &q, &r);
			if (r.status != 201)
				fprintf(stderr, "%d: %s\n", r.status, buf_text(&r.body));
			reply_done(&r);
			arena_reset(&mem);
		}
		if (group > 1 && group_commit(site.reg[0].st, &e)) {
			fprintf(stderr, "%s\n", e.text);
			return 1;
		}
		took = now_s() - from;
		worst = took > worst ? took : worst;
	}
	printf("%lld in groups of %lld: %.0f a second, slowest group %.1f ms (%s)\n",
	       (long long)count, (long long)group, (double)count / (now_s() - begin), worst * 1e3,
	       folder);
	site_close(&site);
	arena_done(&mem);
	return 0;
}
