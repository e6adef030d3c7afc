/* Redaction over every route of reading: a register of every kind with every field filled, each
 * value marked by who may see it; every GET of the table of routes, with what can stand in its
 * path and its parameters, as every role. What may not be seen is in no body, header or error.
 * Then: whatever is asked, by box, filter, place, page or tile, the public finds hazards by their
 * one public geometry and gets nothing tighter. What is forbidden is written out here by hand, from
 * domain.md section 17. FALLOW_SEED gives another register. */
#define _XOPEN_SOURCE 700
#include "../unit.h"

#include <ftw.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "api/route.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/rng.h"
#include "base/text.h"
#include "geo/mercator.h"
#include "geo/shape.h"
#include "store/accounts.h"
#include "store/submit.h"

enum {
	EACH = 9,     /* records of a kind */
	HAZARDS = 24, /* of them some are single items */
	KINDS_MOST = 32,
	NUMBERS = 6000, /* planted */
	VALUES_MOST = 60
};

/* Ends of planted words: no other text of the program holds them. */
#define ALL_MUST_NOT "NEVERq7" /* identities: nobody, but legal by one route that records it */
#define CODED "CODEDq7"        /* nobody below officers */
#define EXACT "SECRETq7"       /* nobody without exact access */

static char folder[] = "/tmp/fallow_redaction_XXXXXX";
static struct site site;
static struct arena mem, ask_mem;
static struct err e;
static struct store *st;
static struct rng r;
static double number[NUMBERS]; /* that roles without exact access must not see */
static size_t numbers;
static struct uuid id_of[KINDS_MOST][HAZARDS];
static bool single[HAZARDS];
static struct geom exact[HAZARDS];
static struct geo *geo;

static void
ok(enum err_code rc)
{
	if (rc)
		print_error("%s\n", e.text);
	assert_int_equal(rc, ERR_OK);
}

static bool
among(const char *name, const char *list)
{
	const char *at = strstr(list, name);
	size_t n = strlen(name);

	return at && (at == list || at[-1] == ' ') && (at[n] == ' ' || !at[n]);
}

/* The mark of a value: docs of who sees what, by hand. */
static const char *
mark_of(const char *kind, const struct form_field *f, bool one_item)
{
	if (f->access == FORM_IDENTITY)
		return ALL_MUST_NOT;
	if (among(kind, "event assistance") ||
	    (f->access == FORM_RESTRICTED && among(kind, "victim source decision")))
		return CODED;
	if (among(kind, "minefield_record accident victim team task quality ordnance") ||
	    one_item || f->access != FORM_PUBLIC ||
	    (among(f->name, "given_text given_datum operation") &&
	     !among(kind, "place organisation claim education source decision")))
		return EXACT;
	return "open";
}

static double
plant(double v)
{
	assert_true(numbers + 1 < NUMBERS);
	number[numbers++] = v;
	return v;
}

static double
coordinate(double from, double size)
{
	return rint((from + size * rng_f64(&r)) * 1e9) / 1e9;
}

static void
put_position(struct buf *b, double lon, double lat, const char *around)
{
	(void)plant(lon);
	(void)plant(lat);
	/* the same in metres of the map that browsers draw */
	(void)plant(lon * 20037508.342789244 / 180);
	(void)plant(log(tan((90 + lat) * 3.14159265358979323846 / 360)) * 6378137);
	buf_printf(b, "%s[%.9f,%.9f]", around, lon, lat);
}

static void
put_geometry(struct buf *b, bool point)
{
	double lon = coordinate(-127, 1), lat = coordinate(-46, 1);
	double s = pow(10, -3.6 + 1.2 * rng_f64(&r));

	if (point) {
		buf_adds(b, "{\"type\":\"Point\",\"coordinates\":");
		put_position(b, lon, lat, "");
		buf_adds(b, "}");
		return;
	}
	buf_adds(b, "{\"type\":\"Polygon\",\"coordinates\":[[");
	for (int k = 0; k < 5; k++) {
		double a = 1.5707963 * (k % 4) + 0.3;

		put_position(b, rint((lon + s * cos(a)) * 1e9) / 1e9,
		             rint((lat + s * sin(a)) * 1e9) / 1e9, k ? "," : "");
	}
	buf_adds(b, "]]}");
}

static void put_fields(struct buf *b, const char *kind, const struct form_field *f, size_t n, int i,
                       bool one_item);

/* One value; false when the field is left out. */
static bool
put_value(struct buf *b, const char *kind, const struct form_field *f, int i, bool one_item)
{
	const char *mark = mark_of(kind, f, one_item);
	bool hidden = !text_eq(mark, "open");
	static int64_t serial = 1;

	switch (f->type) {
	case FORM_TEXT:
		buf_printf(b, "\"%s%lld\"", mark, (long long)serial++);
		return true;
	case FORM_DECIMAL:
		if (!hidden) /* numbers of public fields are drawn from elsewhere */
			return false;
		buf_printf(b, "%.7f", plant(rint((40000 + 5000 * rng_f64(&r)) * 1e7) / 1e7));
		return true;
	case FORM_DATE:
		buf_printf(b, "\"2023-0%d-1%d\"", 1 + i % 9, i % 9);
		return true;
	case FORM_SELECT_ONE:
		if (!f->list || !f->list->count)
			return false;
		buf_printf(b, "\"%s\"", f->list->choice[rng_below(&r, f->list->count)].code);
		return true;
	case FORM_GEOMETRY:
		if (among(kind, "place organisation claim education source decision"))
			return false;
		put_geometry(b, !(f->geometry_types & (1u << GEOM_POLYGON)) || i % 3 == 0);
		return true;
	case FORM_REPEAT:
		buf_adds(b, "[{");
		put_fields(b, kind, f->child, f->child_count, i, one_item);
		buf_adds(b, "}]");
		return true;
	case FORM_INTEGER:
	case FORM_TIME:
	case FORM_DATETIME:
	case FORM_SELECT_MULTIPLE:
	case FORM_FILE:
	case FORM_RECORD:
	case FORM_RECORDS:
		break;
	}
	return false;
}

static void
put_fields(struct buf *b, const char *kind, const struct form_field *f, size_t n, int i,
           bool one_item)
{
	bool first = true;

	for (size_t k = 0; k < n; k++) {
		struct buf value;

		if (among(f[k].name, "class status outcome valid_from radius_m accuracy_m "
		                     "disposal_method quantity import_key"))
			continue;
		buf_init(&value, 1u << 20);
		if (put_value(&value, kind, &f[k], i, one_item)) {
			buf_printf(b, "%s\"%s\":", first ? "" : ",", f[k].name);
			buf_add(b, value.data, value.size);
			first = false;
		}
		buf_done(&value);
	}
}

static void
put_record(int kind, int i)
{
	static const char *const class[] = { "sha", "cha", "eod_spot", "battle_area",
		                             "ammo_storage" };
	const char *name = store_kind_name(st, kind);
	const struct form *form = store_form(st, kind);
	struct submit_revision rev = { .kind = kind };
	struct json_value *v = NULL;
	bool hazard = text_eq(name, "hazard"), one_item = hazard && (i % 5 == 2 || i % 5 == 4);
	struct buf b;

	buf_init(&b, 1u << 20);
	buf_adds(&b, "{");
	put_fields(&b, name, form->field, form->field_count, i, one_item);
	if (b.size > 1)
		buf_adds(&b, ",");
	buf_adds(&b, "\"valid_from\":\"2023-04-05\"");
	if (hazard)
		buf_printf(&b,
		           ",\"class\":\"%s\",\"status\":\"open\",\"radius_m\":%d,"
		           "\"accuracy_m\":%d",
		           class[i % 5], i % 4 ? 0 : 30, i % 3 ? 5 : 60);
	if (text_eq(name, "ordnance"))
		buf_printf(&b, ",\"disposal_method\":\"%s\"", i % 2 ? "burnt" : "left_marked");
	buf_adds(&b, "}");
	ok(json_parse(buf_text(&b), b.size, 0, &mem, &v, &e));
	if (fields_from_json(form, v, false, &mem, &rev.fields, &e))
		fail_msg("%s: %s\n%s", name, e.text, buf_text(&b));
	ok(submit_new_id(&rev.id, &e));
	id_of[kind][i] = rev.id;
	if (hazard) {
		single[i] = one_item;
		assert_true(rev.fields.geom && geom_copy(rev.fields.geom, &mem, &exact[i]));
	}
	ok(submit_add(st, &rev, 1, NULL, &e));
	buf_done(&b);
}

static int
up_to(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static int
setup(void **state)
{
	const struct submit_about about = { .author = "test", .remark = "" };
	const char *seed = getenv("FALLOW_SEED");
	static char path[100], other[100];
	const char *list[2] = { path, other };
	struct submit_result done;
	char home[100];
	int64_t s = 11, id;
	struct buf copy;

	(void)state;
	arena_init(&mem, (size_t)1 << 30);
	arena_init(&ask_mem, (size_t)1 << 30);
	if (seed && !text_parse_i64(seed, strlen(seed), &s))
		return -1;
	rng_seed(&r, (uint64_t)s, 3);
	assert_non_null(mkdtemp(folder));
	(void)snprintf(home, sizeof(home), "%s/home", folder);
	(void)snprintf(path, sizeof(path), "%s/r.gpkg", folder);
	assert_int_equal(setenv("FALLOW_HOME", home, 1), 0);
	assert_int_equal(setenv("FALLOW_NOW", "2026-05-04T10:00:00Z", 1), 0);
	ok(store_init(path, "XXA", "Test", &e));
	ok(store_open(path, STORE_WRITE, &st, &e));
	ok(submit_begin(st, &about, &e));
	for (int k = 0; k < (int)store_kind_count(st); k++) /* decisions are made by ruling */
		for (int i = 0; i < (text_eq(store_kind_name(st, k), "hazard") ? HAZARDS : EACH);
		     i++)
			if (!text_eq(store_kind_name(st, k), "decision"))
				put_record(k, i);
	ok(submit_commit(st, &done, &e));
	store_close(st);
	/* a second register to compare it with: itself */
	(void)snprintf(other, sizeof(other), "%s/s.gpkg", folder);
	buf_init(&copy, 0);
	ok(file_read(path, (size_t)1 << 28, &copy, &e));
	ok(file_write_atomic(other, copy.data, copy.size, 0600, &e));
	buf_done(&copy);
	qsort(number, numbers, sizeof(*number), up_to);
	/* for writing: what needs the keys answers too */
	ok(site_open(list, 2, STORE_WRITE, &site, &e));
	st = site.reg[0].st;
	ok(accounts_open(NULL, &site.accounts, &e));
	for (int role = SERVE_REPORTER; role < SERVE_ROLES; role++)
		ok(accounts_add(site.accounts, "test", serve_role_name((enum serve_role)role),
		                serve_role_name((enum serve_role)role), "three unlike words", &id,
		                &e));
	geo = geo_create();
	return geo ? 0 : -1;
}

static int
remove_one(const char *path, const struct stat *s, int type, struct FTW *at)
{
	(void)s;
	(void)type;
	(void)at;
	return remove(path);
}

static int
teardown(void **state)
{
	(void)state;
	accounts_close(site.accounts);
	site_close(&site);
	geo_free(geo);
	(void)nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	arena_done(&ask_mem);
	arena_done(&mem);
	return 0;
}

/* Where the word stands, or NULL. */
static const char *
find(const char *p, size_t n, const char *word)
{
	size_t w = strlen(word);

	if (!p || n < w)
		return NULL;
	for (const char *end = p + n; p < end; p++) {
		p = memchr(p, word[0], (size_t)(end - p));
		if (!p || (size_t)(end - p) < w)
			return NULL;
		if (memcmp(p, word, w) == 0)
			return p;
	}
	return NULL;
}

static void
judge_word(const char *p, size_t n, const char *word, const char *what)
{
	const char *at = find(p, n, word);
	size_t before = at && at - p < 200 ? (size_t)(at - p) : 200;

	if (at && getenv("DUMP")) {
		FILE *f = fopen("/tmp/dump.txt", "w");
		fwrite(p, 1, n, f);
		fclose(f);
	}
	if (at)
		fail_msg("%s gives %s: %.*s", what, word, (int)(before + strlen(word)),
		         at - before);
}

/* Is it a planted number, as precise as 7 decimals of a degree? */
static bool
planted(double v)
{
	size_t from = 0, to = numbers;
	double near = fabs(v) > 1000 ? 6e-4 : 6e-8;

	while (from < to) {
		size_t mid = (from + to) / 2;

		if (number[mid] < v - near)
			from = mid + 1;
		else
			to = mid;
	}
	return from < numbers && number[from] <= v + near;
}

static void
judge_numbers(const char *p, size_t n, const char *what)
{
	for (size_t i = 0; i < n;) {
		double v;
		size_t used = 0;

		if (p[i] == '-' || (p[i] >= '0' && p[i] <= '9'))
			used = text_scan_f64(p + i, n - i, &v);
		if (used > 6 && planted(v))
			fail_msg("%s gives the recorded number %.9f", what, v);
		i += used ? used : 1;
	}
}

static void
judge_bytes(const char *p, size_t n, enum serve_role role, const char *what)
{
	enum access_role access = serve_role_access(role);

	judge_word(p, n, ALL_MUST_NOT, what);
	if (access <= ACCESS_OPERATOR)
		judge_word(p, n, CODED, what);
	if (access_is_exact(access))
		return;
	judge_word(p, n, EXACT, what);
	judge_numbers(p, n, what);
	for (size_t i = 0; n > 8 && i + 8 <= n; i++) {
		double v;

		memcpy(&v, p + i, 8);
		if (fabs(v) > 1 && fabs(v) < 3e7 && planted(v))
			fail_msg("%s gives the recorded number %.9f as bytes", what, v);
	}
}

static struct reply
ask(enum serve_role role, const char *path, const struct ask_pair *query, size_t n)
{
	static const struct ask_pair header[] = { { "accept", "application/json" } };
	struct ask q = { .method = ASK_GET,
		         .path = path,
		         .base = "http://h",
		         .raw_query = "",
		         .query = query,
		         .query_count = n,
		         .header = header,
		         .header_count = 1,
		         .mem = &ask_mem,
		         .remote = "r",
		         .who = { .role = role,
		                  .account = serve_role_name(role),
		                  .id = (int64_t)role,
		                  .second_factor = true } };
	struct reply reply;

	reply_init(&reply, 0);
	route_answer(&site, &q, &reply);
	return reply;
}

static size_t asked, answered;

/* Identities of every record by the one route that opens them, as every role and as legal without a
 * second factor or by a token: legal alone gets them. The walk over all routes of reading comes
 * after, so that what was recorded of these reads is judged with the rest. */
static void
test_identities(void **state)
{
	static const char body[] = "{\"reason\":\"for the test\"}";
	static const struct ask_pair json[] = { { "content-type", "application/json" } };
	size_t opened = 0;

	(void)state;
	for (size_t k = 0; k < store_kind_count(st); k++)
		for (int as = 0; as < SERVE_ROLES + 2; as++) {
			bool legal = as >= SERVE_ROLES || as == SERVE_LEGAL;
			enum serve_role role = legal ? SERVE_LEGAL : (enum serve_role)as;
			struct ask q = { .method = ASK_POST,
				         .base = "http://h",
				         .raw_query = "",
				         .header = json,
				         .header_count = 1,
				         .body = (const uint8_t *)body,
				         .body_size = sizeof(body) - 1,
				         .mem = &ask_mem,
				         .remote = "r",
				         .who = { .role = role,
				                  .account = serve_role_name(role),
				                  .id = as,
				                  .second_factor = as != SERVE_ROLES,
				                  .token = as == SERVE_ROLES + 1 } };
			char id[UUID_TEXT];
			struct reply reply;

			uuid_format(id_of[k][0], id);
			q.path = arena_printf(&ask_mem, "/api/records/%s/identities", id);
			reply_init(&reply, 0);
			route_answer(&site, &q, &reply);
			if (as == SERVE_LEGAL && reply.status == 200) {
				assert_non_null(
					find(reply.body.data, reply.body.size, ALL_MUST_NOT));
				opened++;
			} else {
				assert_true(reply.status >= 400);
				judge_bytes(reply.body.data, reply.body.size, role, q.path);
			}
			reply_done(&reply);
			arena_reset(&ask_mem);
		}
	assert_true(opened >= 3); /* victim, source, assistance */
}

static void
judge(enum serve_role role, const char *path, const struct ask_pair *query, size_t n)
{
	struct reply reply = ask(role, path, query, n);
	char what[500];

	(void)snprintf(what, sizeof(what), "%s?%s=%s as %s (%d)", path, n ? query->name : "",
	               n ? query->value : "", serve_role_name(role), reply.status);
	if (reply.status >= 500 && reply.status != 501)
		fail_msg("%s: %s", what, buf_text(&reply.body));
	judge_bytes(reply.body.data, reply.body.size, role, what);
	for (size_t i = 0; i < reply.headers; i++) {
		judge_bytes(reply.header[i].value, strlen(reply.header[i].value), role, what);
		judge_bytes(reply.header[i].name, strlen(reply.header[i].name), role, what);
	}
	asked++;
	answered += reply.status == 200;
	reply_done(&reply);
	arena_reset(&ask_mem);
}

/* Values that can stand for {name} of a path. */
static size_t
values_of(const char *name, size_t n, const char *value[VALUES_MOST], const struct geom *at)
{
	static char text[VALUES_MOST][80];
	struct geom_box box = geom_bounds(at);
	size_t count = 0, kinds = store_kind_count(st);

	if (strncmp(name, "id", n) == 0 && n == 2)
		for (size_t k = 0; k < kinds; k++)
			for (int i = 1; i < 3; i++)
				uuid_format(id_of[k][i], text[count++]);
	else if ((strncmp(name, "kind", n) == 0 && n == 4) || strncmp(name, "layer", n) == 0)
		for (size_t k = 0; k < kinds; k++)
			(void)snprintf(text[count++], 80, "%s", store_kind_name(st, (int)k));
	else if (n == 1 && *name == 'z')
		for (int z = 0; z <= 16; z += 4)
			(void)snprintf(text[count++], 80, "%d", z);
	else if (n == 1 && (*name == 'x' || *name == 'y'))
		for (int z = 0; z <= 16; z += 4)
			(void)snprintf(text[count++], 80, "%.0f",
			               floor((*name == 'x' ? mercator_x(box.min_lon_deg)
			                                   : mercator_y(box.min_lat_deg)) /
			                     MERCATOR_WORLD * pow(2, z)));
	else if (n == 4 && strncmp(name, "file", n) == 0)
		for (size_t k = 0; k < kinds; k++)
			(void)snprintf(text[count++], 80, "%s.csv", store_kind_name(st, (int)k));
	else if (n == 1 && *name == 'a') /* of the log: 000.p/1 */
		(void)snprintf(text[count++], 80, "000.p");
	else
		(void)snprintf(text[count++], 80, "%s", n == 5 ? "0" : "1");
	if (n == 5 && strncmp(name, "layer", n) == 0)
		(void)snprintf(text[count++], 80, "all");
	(void)snprintf(text[count++], 80, "nothing-of-the-kind");
	assert_true(count <= VALUES_MOST);
	for (size_t i = 0; i < count; i++)
		value[i] = text[i];
	return count;
}

/* What a parameter is asked with; positions are cut to three decimals, so that an echo is none. */
static size_t
questions_of(const struct route *route, struct ask_pair pair[VALUES_MOST], const struct geom *at)
{
	static char box_text[200], near[100], inside[300], around[300], kind[KINDS_MOST][80];
	struct geom_box b = geom_bounds(at);
	const struct ask_pair some[] = {
		{ "q", "SECRET" },
		{ "q", "a" },
		{ "bbox", box_text },
		{ "near", near },
		{ "filter", inside },
		{ "filter", around },
		{ "filter", "class IS NOT NULL OR marking_text LIKE '%SECRET%'" },
		{ "limit", "500" },
		{ "sortby", "-valid_from" },
		{ "figure", "casualties" },
		{ "figure", "extent.area" },
		{ "figure", "claims.claimed" },
		{ "figure", "finds" },
		{ "by", "settlement" },
		{ "by", "admin1" },
		{ "as-of", "2024-01-01" },
		{ "known-at", "2026-05-04" },
		{ "f", "json" },
		{ "f", "html" },
		{ "crs", "http://www.opengis.net/def/crs/EPSG/0/3857" },
		{ "datetime", "2023-04-05/.." },
		{ "properties", "geometry,given_text,remarks" },
		{ "formID", "accident" },
		{ "after", "2023-01-01" },
		{ "status", "open" },
		{ "place", "x" },
		{ "with", "s" },
		{ "conflict", "no" },
	};
	size_t n = 0;

	(void)snprintf(box_text, sizeof(box_text), "%.3f,%.3f,%.3f,%.3f", b.min_lon_deg - 0.001,
	               b.min_lat_deg - 0.001, b.max_lon_deg + 0.001, b.max_lat_deg + 0.001);
	(void)snprintf(near, sizeof(near), "%.3f,%.3f", b.min_lon_deg, b.min_lat_deg);
	(void)snprintf(inside, sizeof(inside), "S_INTERSECTS(geometry,POINT(%.3f %.3f))",
	               b.min_lon_deg, b.min_lat_deg);
	(void)snprintf(around, sizeof(around),
	               "S_WITHIN(geometry,BBOX(%.3f,%.3f,%.3f,%.3f)) OR remarks LIKE '%%SECRET%%'",
	               b.min_lon_deg - 0.002, b.min_lat_deg - 0.002, b.max_lon_deg + 0.002,
	               b.max_lat_deg + 0.002);
	for (size_t i = 0; i < COUNT_OF(some); i++)
		if (among(some[i].name, route->params))
			pair[n++] = some[i];
	for (size_t k = 0; among("kind", route->params) && k < store_kind_count(st); k++) {
		(void)snprintf(kind[k], 80, "%s", store_kind_name(st, (int)k));
		pair[n++] = (struct ask_pair){ "kind", kind[k] };
	}
	assert_true(n <= VALUES_MOST);
	return n;
}

/* Every filling of a path, and with each the questions that fit. Tiles take z, x and y together. */
static void
walk_path(const struct route *route, const char *path, const char *made, const struct geom *at,
          int level)
{
	const char *open = strchr(path, '{'), *close = open ? strchr(open, '}') : NULL;
	const char *value[VALUES_MOST];
	struct ask_pair pair[VALUES_MOST];
	size_t n;

	if (!open) {
		const char *full = arena_printf(&mem, "%s%s", made, path);

		n = questions_of(route, pair, at);
		for (int role = 0; role < SERVE_ROLES; role++) {
			judge((enum serve_role)role, full, NULL, 0);
			if (access_is_exact(serve_role_access((enum serve_role)role)) &&
			    role != SERVE_OPERATOR)
				continue; /* identities only: one question is enough */
			for (size_t i = 0; i < n; i++)
				judge((enum serve_role)role, full, &pair[i], 1);
		}
		return;
	}
	n = values_of(open + 1, (size_t)(close - open - 1), value, at);
	for (size_t i = 0; i < n; i++) {
		bool tile = strchr("zxy", open[1]) && open[2] == '}';
		char own[80];

		if (tile && level >= 0 && (int)i != level)
			continue;
		(void)snprintf(own, sizeof(own), "%s", value[i]);
		walk_path(route, close + 1,
		          arena_printf(&mem, "%s%.*s%s", made, (int)(open - path), path, own), at,
		          tile ? (int)i : level);
		n = values_of(open + 1, (size_t)(close - open - 1), value, at);
	}
}

static void
test_no_forbidden_byte(void **state)
{
	(void)state;
	for (size_t i = 0; i < route_count; i++)
		if (route_table[i].method == ASK_GET && route_table[i].fn)
			walk_path(&route_table[i], route_table[i].path, "", &exact[i % HAZARDS],
			          -1);
	print_message("%zu questions, %zu answered\n", asked, answered);
	assert_true(asked > 3000 && answered > 1000);
}

/* --- one public geometry ---------------------------------------------------------------------- */

static const struct geom *
public_of(int i)
{
	struct shown row;
	enum access_fate fate;
	struct geom *g = arena_alloc(&mem, sizeof(*g));

	ok(access_get(st, id_of[store_kind(st, "hazard")][i], ACCESS_PUBLIC, &mem, &row, &fate,
	              &e));
	assert_int_equal(fate, ACCESS_ROW);
	assert_true(row.fields.geom && g && geom_copy(row.fields.geom, &mem, g));
	return g;
}

/* Parse an answer; NULL unless 200. */
static const struct json_value *
json_of(const char *path, const struct ask_pair *query, size_t n)
{
	struct reply reply = ask(SERVE_PUBLIC, path, query, n);
	struct json_value *v = NULL;

	if (reply.status == 200)
		ok(json_parse(arena_strndup(&ask_mem, reply.body.data, reply.body.size),
		              reply.body.size, 0, &ask_mem, &v, &e));
	else
		print_error("%s?%s=%s: %s\n", path, n ? query->name : "", n ? query->value : "",
		            buf_text(&reply.body));
	reply_done(&reply);
	assert_non_null(v);
	return v;
}

/* Is the geometry of an answer the public one, to a centimetre, neither tighter nor wider? */
static void
same_geometry(const struct json_value *json, const struct geom *want, const char *where)
{
	struct geom got, fat;
	bool covers = false, covered = false;

	assert_non_null(json);
	ok(geom_from_json(json, 1000000, &ask_mem, &got, &e));
	ok(shape_grow(geo, &got, 0.02, &ask_mem, &fat, &e));
	ok(shape_covers(geo, &fat, want, &covers, &e));
	ok(shape_grow(geo, want, 0.02, &ask_mem, &fat, &e));
	ok(shape_covers(geo, &fat, &got, &covered, &e));
	if (!covers || !covered)
		fail_msg("%s: %s geometry than the public one", where,
		         covers ? "a wider" : "a tighter");
}

static void
test_one_geometry(void **state)
{
	(void)state;
	for (int i = 0; i < HAZARDS; i++) {
		char id[UUID_TEXT], path[200];
		const struct json_value *v;
		const struct geom *want;
		bool inside = false;

		if (single[i])
			continue;
		uuid_format(id_of[store_kind(st, "hazard")][i], id);
		want = public_of(i);
		ok(shape_covers(geo, want, &exact[i], &inside, &e));
		assert_true(inside);
		(void)snprintf(path, sizeof(path), "/api/records/%s", id);
		v = json_of(path, NULL, 0);
		same_geometry(json_get(v, "geometry") ? json_get(v, "geometry")
		                                      : json_get(json_get(v, "fields"), "geometry"),
		              want, path);
		(void)snprintf(path, sizeof(path), "/collections/hazard/items/%s", id);
		same_geometry(json_get(json_of(path, NULL, 0), "geometry"), want, path);
		arena_reset(&ask_mem);
	}
}

/* Does a list of features hold the record? */
static const struct json_value *
feature_of(const struct json_value *v, const char *id)
{
	const struct json_value *list = json_get(v, "features");

	assert_non_null(list);
	for (const struct json_value *f = list->first; f; f = f->next)
		if (text_eq(json_get_string(f, "id"), id))
			return f;
	return NULL;
}

static struct geom
square(double lon, double lat, double half)
{
	struct json_value *v = NULL;
	struct geom g;
	const char *t = arena_printf(
		&ask_mem,
		"{\"type\":\"Polygon\",\"coordinates\":[[[%.9f,%.9f],[%.9f,%.9f],[%.9f,%.9f],"
		"[%.9f,%.9f],[%.9f,%.9f]]]}",
		lon - half, lat - half, lon + half, lat - half, lon + half, lat + half, lon - half,
		lat + half, lon - half, lat - half);

	ok(json_parse(t, strlen(t), 0, &ask_mem, &v, &e));
	ok(geom_from_json(v, 100, &ask_mem, &g, &e));
	return g;
}

/* Asking by place again and again, as somebody who looks for the outline would: the answer follows
 * the public geometry, wherever in it the recorded one lies. */
static void
test_probes(void **state)
{
	size_t in = 0, out = 0;

	(void)state;
	for (int i = 0; i < HAZARDS; i++) {
		const struct geom *want;
		struct geom_box b;
		char id[UUID_TEXT];

		if (single[i])
			continue;
		uuid_format(id_of[store_kind(st, "hazard")][i], id);
		want = public_of(i);
		b = geom_bounds(want);
		for (int k = 0; k < 12; k++) {
			double lon = b.min_lon_deg - 0.0005 +
			             (b.max_lon_deg - b.min_lon_deg + 0.001) * rng_f64(&r);
			double lat = b.min_lat_deg - 0.0005 +
			             (b.max_lat_deg - b.min_lat_deg + 0.001) * rng_f64(&r);
			struct geom probe = square(lon, lat, 1e-5), near = square(lon, lat, 3e-5);
			const char *box = arena_printf(&ask_mem, "%.9f,%.9f,%.9f,%.9f", lon - 1e-5,
			                               lat - 1e-5, lon + 1e-5, lat + 1e-5);
			const char *cql =
				arena_printf(&ask_mem, "S_INTERSECTS(geometry,BBOX(%s))", box);
			const char *not =
				arena_printf(&ask_mem, "S_DISJOINT(geometry,BBOX(%s))", box);
			const struct ask_pair q[][2] = { { { "bbox", box }, { "limit", "500" } },
				                         { { "filter", cql }, { "limit", "500" } },
				                         { { "filter", not },
				                           { "limit", "500" } } };
			bool touches = false, close = false;

			ok(shape_intersects(geo, want, &probe, &touches, &e));
			ok(shape_intersects(geo, want, &near, &close, &e));
			if (touches != close) /* too near its border to tell */
				continue;
			in += touches;
			out += !touches;
			for (size_t w = 0; w < 3; w++) {
				const struct json_value *f = feature_of(
					json_of("/collections/hazard/items", q[w], 2), id);

				if ((f != NULL) != (w == 2 ? !touches : touches))
					fail_msg("hazard %d, %s=%s: found by something else than "
					         "its public geometry",
					         i, q[w][0].name, q[w][0].value);
				if (f)
					same_geometry(json_get(f, "geometry"), want, "items");
			}
			arena_reset(&ask_mem);
		}
	}
	assert_true(in > 30 && out > 30);
}

/* --- casualties: one fixed set of tables, whatever is asked
 * --------------------------------------- */

static void
test_casualties(void **state)
{
	static const char *const moments[][2] = { { "f", "json" },
		                                  { "as-of", "2023-01-31" },
		                                  { "as-of", "2020-01-01" },
		                                  { "known-at", "2026-05-04" },
		                                  { "known-at", "2020-01-01" } };
	static const char *const levels[] = { "country", "admin2", "admin3", "settlement" };
	const char *first = NULL;
	size_t rows = 0;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(moments); i++) {
		const struct ask_pair q[] = { { "figure", "casualties" },
			                      { moments[i][0], moments[i][1] } };
		const struct json_value *v = json_get(json_of("/api/figures", q, 2), "figures");
		struct buf text;

		buf_init(&text, 1u << 24);
		json_write_canonical(&text, v);
		for (const struct json_value *f = v->first; f; f = f->next, rows++) {
			const struct json_value *value = json_get(f, "value");

			if (!text_eq(json_get_string(f, "unit"), "person"))
				continue;
			assert_true(value->type == JSON_NULL || value->number >= 5);
			/* nothing beside the count says more than the count */
			assert_true(json_get_number(f, "low", -1) ==
			            json_get_number(f, "value", -1));
			assert_true(json_get_number(f, "high", -1) ==
			            json_get_number(f, "value", -1));
			assert_int_equal(0, json_get_number(f, "records", 0));
		}
		if (!first)
			first = arena_strdup(&mem, buf_text(&text));
		assert_string_equal(first, buf_text(&text));
		buf_done(&text);
	}
	assert_true(rows > COUNT_OF(moments));
	for (size_t i = 0; i < COUNT_OF(levels); i++) {
		const struct ask_pair q[] = { { "figure", "casualties" }, { "by", levels[i] } };

		assert_null(json_get(json_of("/api/figures", q, 2), "figures")->first);
	}
	arena_reset(&ask_mem);
}

/* --- tiles: what is drawn holds the public geometry, at every zoom where outlines are drawn ----
 */

struct reader {
	const uint8_t *p, *end;
};

static uint64_t
varint(struct reader *in)
{
	uint64_t v = 0;

	for (int shift = 0; in->p < in->end && shift < 64; shift += 7) {
		uint8_t c = *in->p++;

		v |= (uint64_t)(c & 127) << shift;
		if (!(c & 128))
			break;
	}
	return v;
}

/* The next field: its number, and for bytes where they are. */
static bool
field(struct reader *in, unsigned *number_of, struct reader *bytes)
{
	uint64_t key, n;

	if (in->p >= in->end)
		return false;
	key = varint(in);
	*number_of = (unsigned)(key >> 3);
	n = varint(in);
	if ((key & 7) == 2) {
		assert_true(n <= (uint64_t)(in->end - in->p));
		*bytes = (struct reader){ in->p, in->p + n };
		in->p += n;
	}
	return true;
}

/* Is a point of the tile inside the polygons of a geometry? By crossings, over all rings. */
static bool
rings_hold(struct reader in, double x, double y)
{
	int64_t cx = 0, cy = 0, sx = 0, sy = 0;
	bool inside = false;

	while (in.p < in.end) {
		uint64_t command = varint(&in);

		for (uint64_t k = command >> 3; k > 0; k--) {
			int64_t px = cx, py = cy;

			if ((command & 7) == 7) {
				cx = sx, cy = sy;
			} else {
				uint64_t dx = varint(&in), dy = varint(&in);

				cx += (int64_t)(dx >> 1) ^ -(int64_t)(dx & 1);
				cy += (int64_t)(dy >> 1) ^ -(int64_t)(dy & 1);
			}
			if ((command & 7) == 1) {
				sx = cx, sy = cy;
				continue;
			}
			if (((double)py > y) != ((double)cy > y) &&
			    x < (double)(cx - px) * (y - (double)py) / (double)(cy - py) +
			                    (double)px)
				inside = !inside;
			if ((command & 7) == 7) /* the ring is done; the cursor stays */
				cx = px, cy = py;
		}
	}
	return inside;
}

static bool
tile_holds(const struct reply *reply, double x, double y)
{
	struct reader tile = { (const uint8_t *)reply->body.data,
		               (const uint8_t *)reply->body.data + reply->body.size },
		      layer, feature, part;
	unsigned no;

	while (field(&tile, &no, &layer))
		while (no == 3 && field(&layer, &no, &feature)) {
			struct reader f = feature, shape = { 0 };
			bool area = false;

			if (no != 2) {
				no = 3;
				continue;
			}
			while (f.p < f.end) {
				uint64_t key = varint(&f), n = varint(&f);

				if (key == (3 << 3))
					area = n == 3;
				if ((key & 7) == 2) {
					part = (struct reader){ f.p, f.p + n };
					if (key >> 3 == 4)
						shape = part;
					f.p += n;
				}
			}
			if (area && rings_hold(shape, x, y))
				return true;
			no = 3;
		}
	return false;
}

static void
test_tiles_hold_it(void **state)
{
	size_t points = 0;

	(void)state;
	for (int i = 0; i < HAZARDS; i++) {
		const struct geom *want;
		struct geom_box b;

		if (single[i])
			continue;
		want = public_of(i);
		b = geom_bounds(want);
		for (int k = 0; k < 40; k++) {
			double lon = b.min_lon_deg + (b.max_lon_deg - b.min_lon_deg) * rng_f64(&r);
			double lat = b.min_lat_deg + (b.max_lat_deg - b.min_lat_deg) * rng_f64(&r);
			struct geom probe = square(lon, lat, 1e-6);
			bool covers = false;

			ok(shape_covers(geo, want, &probe, &covers, &e));
			for (int z = 13; covers && z <= 16; z++) {
				double size = MERCATOR_WORLD / pow(2, z);
				double x = mercator_x(lon) / size, y = mercator_y(lat) / size;
				char path[100];
				struct reply reply;

				(void)snprintf(path, sizeof(path), "/tiles/hazard/%d/%.0f/%.0f.mvt",
				               z, floor(x), floor(y));
				reply = ask(SERVE_PUBLIC, path, NULL, 0);
				assert_int_equal(reply.status, 200);
				if (!tile_holds(&reply, (x - floor(x)) * 4096,
				                (y - floor(y)) * 4096))
					fail_msg("%s: hazard %d is drawn tighter than its public "
					         "geometry",
					         path, i);
				reply_done(&reply);
				points++;
			}
			arena_reset(&ask_mem);
		}
	}
	assert_true(points > 500);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_identities),   cmocka_unit_test(test_no_forbidden_byte),
		cmocka_unit_test(test_one_geometry), cmocka_unit_test(test_probes),
		cmocka_unit_test(test_casualties),   cmocka_unit_test(test_tiles_hold_it),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
