/* Pages of items a second of processor, one thread, no sockets: what the handler itself costs.
 * usage: features_bench REGISTER ROLE LIMIT SECONDS MODE    MODE: boxes (random, about LIMIT
 * hazards each), pages (following the cursor), filter (boxes and class='sha') */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "api/route.h"
#include "base/json.h"
#include "base/rng.h"
#include "base/text.h"

static double
now_s(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static size_t
ask_once(struct site *site, struct arena *mem, enum serve_role role, struct ask_pair *pair,
         size_t n, char *cursor, size_t *items)
{
	struct ask q = { .method = ASK_GET,
		         .path = "/collections/hazard/items",
		         .base = "http://127.0.0.1:8080",
		         .raw_query = "",
		         .query = pair,
		         .query_count = n,
		         .mem = mem,
		         .who = { .role = role } };
	struct reply r;
	const char *at;
	size_t size;

	arena_reset(mem);
	reply_init(&r, 0);
	route_answer(site, &q, &r);
	if (r.status != 200) {
		fprintf(stderr, "%d %s\n", r.status, buf_text(&r.body));
		exit(1);
	}
	at = strstr(buf_text(&r.body), "\"numberReturned\":");
	if (at)
		*items += strtoul(at + 17, NULL, 10);
	at = strstr(buf_text(&r.body), "cursor=");
	cursor[0] = '\0';
	if (at)
		(void)snprintf(cursor, 60, "%.*s", (int)strcspn(at + 7, "\"&"), at + 7);
	size = r.body.size;
	reply_done(&r);
	return size;
}

int
main(int argc, char **argv)
{
	const char *path = argc > 1 ? argv[1] : "";
	struct site site;
	struct arena mem;
	struct err e = { 0 };
	struct rng rng;
	enum serve_role role = SERVE_PUBLIC;
	char limit[20], box[200], cursor[80] = "";
	double seconds = argc > 4 ? atof(argv[4]) : 3, side, begin;
	size_t pages = 0, items = 0, bytes = 0;
	bool boxes;

	if (argc < 6 || !serve_role_parse(argv[2], &role) ||
	    site_open(&path, 1, STORE_READ, &site, &e)) {
		fprintf(stderr, "%s\n", argc < 6 ? "REGISTER ROLE LIMIT SECONDS MODE" : e.text);
		return 2;
	}
	arena_init(&mem, (size_t)256 << 20);
	rng_seed(&rng, 1, 2);
	boxes = strcmp(argv[5], "pages") != 0;
	(void)snprintf(limit, sizeof(limit), "%s", argv[3]);
	/* 100,000 hazards on 80 square degrees, in clusters */
	side = sqrt(atof(limit) * 80 / 100000);
	begin = now_s();
	while (now_s() - begin < seconds || pages < 203) {
		struct ask_pair pair[4] = { { "limit", limit } };
		size_t n = 1;
		double lon = -130 + 10 * rng_f64(&rng), lat = -50 + 8 * rng_f64(&rng);

		if (boxes) {
			(void)snprintf(box, sizeof(box), "%.6f,%.6f,%.6f,%.6f", lon, lat,
			               lon + side, lat + side);
			pair[n++] = (struct ask_pair){ "bbox", box };
			if (strcmp(argv[5], "filter") == 0)
				pair[n++] = (struct ask_pair){ "filter", "class = 'sha'" };
		} else if (*cursor) {
			pair[n++] = (struct ask_pair){ "cursor", cursor };
		}
		bytes += ask_once(&site, &mem, role, pair, n, cursor, &items);
		if (pages++ < 200 && role == SERVE_PUBLIC)
			begin = now_s(); /* what is made once: reach, danger areas */
	}
	begin = now_s() - begin;
	printf("%s %s limit %s: %.0f pages/s, %.0f items/s, %.1f items and %.0f bytes a page\n",
	       argv[2], argv[5], limit, (double)pages / begin, (double)items / begin,
	       (double)items / (double)pages, (double)bytes / (double)pages);
	arena_done(&mem);
	site_close(&site);
	return 0;
}
