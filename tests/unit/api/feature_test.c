/* OGC API Features through the table of routes, without sockets: what each answer holds, how pages
 * follow one another, what is refused. */
#define _XOPEN_SOURCE 700
#include "../unit.h"

#include <ftw.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "api/route.h"
#include "base/json.h"
#include "base/text.h"
#include "ingest/generate.h"
#include "store/submit.h"

static struct arena mem;
static struct err e;
static struct site site;
static char folder[] = "/tmp/fallow_feature_XXXXXX";
static char file[100];

static void
ok(enum err_code rc)
{
	if (rc)
		print_error("%s\n", e.text);
	assert_int_equal(rc, ERR_OK);
}

static struct reply last;
static struct json_value *body;

/* As the front decodes it. */
static char *
decoded(char *s)
{
	char *to = s;

	for (char *p = s; *p; p++) {
		uint8_t byte;

		if (*p == '%' && text_unhex(p + 1, 2, &byte, 1)) {
			*to++ = (char)byte;
			p += 2;
		} else {
			*to++ = *p;
		}
	}
	*to = '\0';
	return s;
}

static int
get(const char *path, const char *query, enum serve_role role)
{
	struct ask_pair pair[16];
	struct ask q = { .method = ASK_GET,
		         .path = path,
		         .base = "http://test",
		         .raw_query = query,
		         .query = pair,
		         .mem = &mem,
		         .who = { .role = role } };
	char *at = arena_strdup(&mem, query);

	while (at && *at) {
		char *end = strchr(at, '&'), *eq;

		if (end)
			*end = '\0';
		eq = strchr(at, '=');
		assert_non_null(eq);
		*eq = '\0';
		pair[q.query_count++] = (struct ask_pair){ at, decoded(eq + 1) };
		at = end ? end + 1 : NULL;
	}
	reply_done(&last);
	reply_init(&last, 0);
	route_answer(&site, &q, &last);
	body = NULL;
	if (strstr(last.type, "json"))
		ok(json_parse(last.body.data, last.body.size, 0, &mem, &body, &e));
	return last.status;
}

static const char *
says(void)
{
	const char *s = json_get_string(body, "detail");

	return s ? s : "";
}

static const char *
link_of(const char *rel)
{
	struct json_value *links = json_get(body, "links");

	for (struct json_value *l = links ? links->first : NULL; l; l = l->next)
		if (text_eq(json_get_string(l, "rel"), rel))
			return json_get_string(l, "href");
	return NULL;
}

static const char *
property(const struct json_value *feature, const char *name)
{
	return json_get_string(json_get(feature, "properties"), name);
}

static size_t
count(void)
{
	return json_get(body, "features")->count;
}

static void
test_documents(void **state)
{
	(void)state;
	assert_int_equal(get("/", "f=json", SERVE_PUBLIC), 200);
	assert_string_equal(link_of("data"), "http://test/collections");
	assert_string_equal(link_of("conformance"), "http://test/conformance");
	assert_non_null(link_of("service-desc"));
	assert_int_equal(get("/conformance", "", SERVE_PUBLIC), 200);
	assert_true(json_get(body, "conformsTo")->count >= 8);
	assert_int_equal(get("/collections", "", SERVE_PUBLIC), 200);
	for (struct json_value *c = json_get(body, "collections")->first; c; c = c->next)
		assert_string_not_equal(json_get_string(c, "id"), "victim");
	assert_int_equal(get("/collections", "", SERVE_OFFICER), 200);
	assert_true(json_get(body, "collections")->count > 10);
	assert_int_equal(get("/collections/hazard", "", SERVE_PUBLIC), 200);
	assert_string_equal(json_get_string(body, "id"), "hazard");
	assert_string_equal(link_of("items"), "http://test/collections/hazard/items?f=json");
	assert_string_equal(json_get_string(body, "storageCrs"),
	                    "http://www.opengis.net/def/crs/OGC/1.3/CRS84");
	assert_int_equal(get("/collections/victim", "", SERVE_PUBLIC), 404);
	assert_int_equal(get("/collections/nothing", "", SERVE_PUBLIC), 404);
	assert_int_equal(get("/collections/hazard/queryables", "", SERVE_PUBLIC), 200);
	assert_string_equal(last.type, "application/schema+json");
	assert_non_null(json_get(json_get(body, "properties"), "class"));
	assert_null(json_get(json_get(body, "properties"), "given_text"));
	assert_int_equal(get("/collections/hazard/queryables", "", SERVE_OPERATOR), 200);
	assert_non_null(json_get(json_get(body, "properties"), "given_text"));
	assert_int_equal(get("/collections/hazard/schema", "", SERVE_PUBLIC), 200);
	assert_int_equal(get("/collections", "f=html", SERVE_PUBLIC), 200);
	assert_string_equal(last.type, "text/html; charset=utf-8");
	assert_null(strstr(buf_text(&last.body), "<script"));
	assert_int_equal(get("/collections/hazard/items", "f=html", SERVE_PUBLIC), 200);
	/* for people: words for codes, and nothing of what is not stated */
	assert_non_null(strstr(buf_text(&last.body), "<dd>Suspected hazardous area</dd>"));
	assert_null(strstr(buf_text(&last.body), "<dd></dd>"));
	assert_null(strstr(buf_text(&last.body), "Bearing"));
	assert_int_equal(get("/collections", "f=xml", SERVE_PUBLIC), 400);
	assert_int_equal(get("/collections", "page=2", SERVE_PUBLIC), 400);
	assert_string_equal(says(), "there is no parameter \"page\" here; known are: f");
}

/* Follow next links; returns the number of records, each seen once. */
static size_t
follow(const char *path, const char *query, enum serve_role role, size_t page)
{
	static char seen[4000][40];
	size_t n = 0;
	const char *next = query;

	do {
		size_t unnamed = 0;

		assert_int_equal(get(path, next, role), 200);
		assert_true(count() <= page);
		for (struct json_value *f = json_get(body, "features")->first; f; f = f->next) {
			const char *id = json_get_string(f, "id");

			for (size_t i = 0; id && i < n; i++)
				assert_string_not_equal(seen[i], id);
			assert_true(n < 4000);
			if (id)
				(void)snprintf(seen[n], sizeof(seen[n]), "%s", id);
			else
				seen[n][0] = '\0', unnamed++;
			n++;
		}
		assert_int_equal(json_get_number(body, "numberReturned", -1), count());
		next = link_of("next");
		if (next) {
			assert_int_equal(count(), page);
			next = strchr(next, '?') + 1;
		}
	} while (next);
	return n;
}

static void
test_pages(void **state)
{
	size_t n;

	(void)state;
	assert_int_equal(get("/collections/hazard/items", "", SERVE_OPERATOR), 200);
	assert_int_equal(count(), 10);
	assert_string_equal(last.type, "application/geo+json");
	n = follow("/collections/hazard/items", "limit=7", SERVE_OPERATOR, 7);
	assert_int_equal(n, 150);
	assert_int_equal(follow("/collections/hazard/items", "limit=10000", SERVE_OPERATOR, 10000),
	                 n);
	assert_int_equal(json_get_number(body, "numberMatched", -1), n);
	assert_int_equal(follow("/collections/hazard/items", "limit=99999", SERVE_OPERATOR, 10000),
	                 n);
	/* with the unclassed danger areas */
	assert_int_equal(follow("/collections/hazard/items", "limit=9", SERVE_PUBLIC, 9),
	                 follow("/collections/hazard/items", "limit=5000", SERVE_PUBLIC, 5000));
	n = follow("/collections/hazard/items", "class=sha&limit=4", SERVE_OPERATOR, 4);
	assert_true(n > 4 && n < 150);
	assert_string_equal(property(json_get(body, "features")->first, "class"), "sha");
	assert_int_equal(follow("/collections/hazard/items",
	                        "class=sha&limit=4&sortby=-valid_from,class", SERVE_OPERATOR, 4),
	                 n);
}

static void
test_sorted(void **state)
{
	const char *before = "";

	(void)state;
	assert_int_equal(
		get("/collections/hazard/items", "limit=150&sortby=valid_from", SERVE_OPERATOR),
		200);
	assert_int_equal(json_get_number(body, "numberMatched", -1), 150);
	for (struct json_value *f = json_get(body, "features")->first; f; f = f->next) {
		const char *d = property(f, "valid_from");

		assert_true(strcmp(before, d) <= 0);
		before = d;
	}
	assert_int_equal(
		get("/collections/hazard/items", "limit=150&sortby=-shown_area_m2", SERVE_OPERATOR),
		200);
	double area = INFINITY;

	for (struct json_value *f = json_get(body, "features")->first; f; f = f->next) {
		double a = json_get_number(json_get(f, "properties"), "shown_area_m2", 0);

		assert_true(a <= area);
		area = a;
	}
}

static void
test_refused(void **state)
{
	static const struct {
		const char *query, *says;
	} c[] = {
		{ "limit=0", "limit is \"0\"; it must be 1 .. 10000" },
		{ "limit=ten", "limit is \"ten\"; it must be 1 .. 10000" },
		{ "nothing=1", "there is no parameter or property \"nothing\" here" },
		{ "given_text=x", "there is no parameter or property \"given_text\" here" },
		{ "limit=1&limit=2", "limit is given twice" },
		{ "bbox=1,2,3",
		  "bbox must be four numbers (or six with heights), parted by commas: "
		  "west,south,east,north" },
		{ "bbox=1,4,2,3",
		  "bbox is outside longitude -180 .. 180 and latitude -90 .. 90, or its "
		  "south is above its north" },
		{ "bbox=nan,1,2,3", "bbox must be four numbers (or six with heights), parted by "
		                    "commas: west,south,east,north" },
		{ "crs=EPSG:4326",
		  "crs is \"EPSG:4326\"; the collection's document lists the reference "
		  "systems offered" },
		{ "datetime=soon",
		  "datetime is \"soon\"; it must be a date, a time, or two of them "
		  "with / between, in order; .. leaves a side open" },
		{ "datetime=2025-01-01/2024-01-01",
		  "datetime is \"2025-01-01/2024-01-01\"; it must be a date, a time, or two of them with "
		  "/ between, in order; .. leaves a side open" },
		{ "cursor=1", "the cursor is not one of this register; follow the next links" },
		{ "cursor=999999-1",
		  "the cursor is not one of this register; follow the next links" },
		{ "as-of=yesterday", "as-of is \"yesterday\"; it must be YYYY-MM-DD" },
		{ "sortby=remarks", "no such property: \"remarks\"" },
		{ "properties=class,given_text", "no such property: \"given_text\"" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(c); i++) {
		int status = get("/collections/hazard/items", c[i].query, SERVE_PUBLIC);

		if (status != 400)
			print_error("%s\n", c[i].query);
		assert_int_equal(status, 400);
		assert_string_equal(last.type, "application/problem+json");
		assert_string_equal(says(), c[i].says);
	}
}

/* First number of a geometry's coordinates. */
static const struct json_value *
first_position(const struct json_value *feature)
{
	const struct json_value *v = json_get(json_get(feature, "geometry"), "coordinates");

	while (v && v->type == JSON_ARRAY && v->first->type == JSON_ARRAY)
		v = v->first;
	return v;
}

static void
test_crs(void **state)
{
	const struct json_value *p;
	double lon, lat, x, y;

	(void)state;
	assert_int_equal(get("/collections/hazard/items", "limit=1", SERVE_OPERATOR), 200);
	assert_string_equal(last.header[0].name, "Content-Crs");
	assert_string_equal(last.header[0].value, "<http://www.opengis.net/def/crs/OGC/1.3/CRS84>");
	p = first_position(json_get(body, "features")->first);
	lon = p->first->number;
	lat = p->first->next->number;
	assert_int_equal(get("/collections/hazard/items",
	                     "limit=1&crs=http://www.opengis.net/def/crs/EPSG/0/4326",
	                     SERVE_OPERATOR),
	                 200);
	assert_string_equal(last.header[0].value, "<http://www.opengis.net/def/crs/EPSG/0/4326>");
	p = first_position(json_get(body, "features")->first);
	assert_true(p->first->number == lat && p->first->next->number == lon);
	assert_int_equal(get("/collections/hazard/items",
	                     "limit=1&crs=http://www.opengis.net/def/crs/EPSG/0/3857",
	                     SERVE_OPERATOR),
	                 200);
	p = first_position(json_get(body, "features")->first);
	x = p->first->number;
	y = p->first->next->number;
	/* spherical Mercator by its definition (EPSG guidance note 7-2, method 1024) */
	assert_true(fabs(x - 6378137 * lon * 3.14159265358979323846 / 180) < 0.001);
	assert_true(fabs(y - 6378137 * log(tan(3.14159265358979323846 * (0.25 + lat / 360)))) <
	            0.001);
}

static void
test_bbox(void **state)
{
	const struct json_value *p;
	char query[200];
	size_t n;

	(void)state;
	assert_int_equal(get("/collections/hazard/items", "limit=1", SERVE_OPERATOR), 200);
	p = first_position(json_get(body, "features")->first);
	(void)snprintf(query, sizeof(query), "bbox=%.9f,%.9f,%.9f,%.9f", p->first->number - 0.05,
	               p->first->next->number - 0.05, p->first->number + 0.05,
	               p->first->next->number + 0.05);
	n = follow("/collections/hazard/items", query, SERVE_OPERATOR, 10);
	assert_true(n >= 1 && n < 150);
	(void)snprintf(
		query, sizeof(query),
		"bbox=%.9f,%.9f,%.9f,%.9f&bbox-crs=http://www.opengis.net/def/crs/EPSG/0/4326",
		p->first->next->number - 0.05, p->first->number - 0.05,
		p->first->next->number + 0.05, p->first->number + 0.05);
	assert_int_equal(follow("/collections/hazard/items", query, SERVE_OPERATOR, 10), n);
	assert_int_equal(follow("/collections/hazard/items", "bbox=-180,-90,180,90&limit=1000",
	                        SERVE_OPERATOR, 1000),
	                 150);
	assert_int_equal(follow("/collections/hazard/items", "bbox=170,-60,-110,-10&limit=1000",
	                        SERVE_OPERATOR, 1000),
	                 150);
	assert_int_equal(
		follow("/collections/hazard/items", "bbox=10,10,20,20", SERVE_OPERATOR, 10), 0);
}

static void
test_filter(void **state)
{
	const char *items = "/collections/hazard/items";
	size_t sha = follow(items, "class=sha", SERVE_OPERATOR, 10),
	       in = follow(items, "bbox=-126,-48,-124,-45&limit=50", SERVE_OPERATOR, 50);

	(void)state;
	assert_true(in > 0 && in < 150);
	assert_int_equal(follow(items, "filter=class='sha'&limit=11", SERVE_OPERATOR, 11), sha);
	assert_int_equal(follow(items, "filter=NOT class='sha'&limit=50", SERVE_OPERATOR, 50),
	                 150 - sha);
	assert_int_equal(follow(items,
	                        "filter={\"op\":\"=\",\"args\":[{\"property\":\"class\"},\"sha\"]}&"
	                        "filter-lang=cql2-json",
	                        SERVE_OPERATOR, 10),
	                 sha);
	assert_int_equal(follow(items, "filter=S_INTERSECTS(geometry,BBOX(-126,-48,-124,-45))",
	                        SERVE_OPERATOR, 10),
	                 in);
	assert_int_equal(
		follow(items,
	               "filter=S_INTERSECTS(geometry,POLYGON((-48 -126,-48 -124,-45 -124,-45 "
	               "-126,-48 -126)))&filter-crs=http://www.opengis.net/def/crs/EPSG/0/4326",
	               SERVE_OPERATOR, 10),
		in);
	assert_int_equal(
		follow(items, "filter=NOT S_INTERSECTS(geometry,BBOX(-126,-48,-124,-45))&limit=50",
	               SERVE_OPERATOR, 50),
		150 - in);
	/* public geometries are larger: never fewer, whatever the way the box is asked for */
	assert_int_equal(follow(items, "bbox=-126,-48,-124,-45&limit=500", SERVE_PUBLIC, 500),
	                 follow(items,
	                        "filter=S_INTERSECTS(geometry,BBOX(-126,-48,-124,-45))&limit=9",
	                        SERVE_PUBLIC, 9));
	assert_int_equal(get(items, "filter=given_text='x'", SERVE_PUBLIC), 400);
	assert_string_equal(says(), "filter: no such property: \"given_text\"");
	assert_int_equal(get(items, "filter=given_text='x'", SERVE_OPERATOR), 200);
	assert_int_equal(get(items, "filter=class='x'&filter-lang=sql", SERVE_PUBLIC), 400);
	assert_int_equal(get(items, "filter-lang=cql2-text", SERVE_PUBLIC), 400);
	assert_int_equal(
		get(items, "filter=S_INTERSECTS(geometry,POINT(500000 5400000))", SERVE_PUBLIC),
		400);
	assert_int_equal(get(items, "filter=S_INTERSECTS(geometry,POLYGON((0 0,2 2,2 0,0 2,0 0)))",
	                     SERVE_PUBLIC),
	                 400);
}

/* The public is shown months: the day of a record cannot be found by asking for one after another.
 */
static void
test_days(void **state)
{
	const char *items = "/collections/hazard/items";
	size_t days = 0;

	(void)state;
	for (int month = 1; month <= 12; month++) {
		char first[60], last_day[60];
		size_t n;

		(void)snprintf(first, sizeof(first), "limit=1000&as-of=2023-%02d-01", month);
		(void)snprintf(last_day, sizeof(last_day), "limit=1000&as-of=2023-%02d-28", month);
		n = follow(items, first, SERVE_PUBLIC, 1000);
		assert_int_equal(follow(items, last_day, SERVE_PUBLIC, 1000), n);
		days += follow(items, first, SERVE_OPERATOR, 1000) !=
		        follow(items, last_day, SERVE_OPERATOR, 1000);
	}
	assert_true(days > 0); /* there was something to find */
}

static void
test_item(void **state)
{
	char path[100];
	const char *id;

	(void)state;
	assert_int_equal(get("/collections/hazard/items", "limit=1", SERVE_OPERATOR), 200);
	id = json_get_string(json_get(body, "features")->first, "id");
	(void)snprintf(path, sizeof(path), "/collections/hazard/items/%s", id);
	assert_int_equal(get(path, "", SERVE_OPERATOR), 200);
	assert_string_equal(json_get_string(body, "id"), id);
	assert_string_equal(json_get_string(body, "type"), "Feature");
	assert_string_equal(link_of("collection"), "http://test/collections/hazard");
	assert_int_equal(get(path, "limit=1", SERVE_OPERATOR), 400);
	assert_int_equal(get("/collections/hazard/items/x", "", SERVE_OPERATOR), 404);
	(void)snprintf(path, sizeof(path), "/collections/accident/items/%s", id);
	assert_int_equal(get(path, "", SERVE_OPERATOR), 404);
	assert_string_equal(says(), "there is no such accident");
}

/* Every reference leads somewhere. */
static void
check_refs(const struct json_value *doc, const struct json_value *v)
{
	if (v->key && text_eq(v->key, "$ref")) {
		char part[200];
		const struct json_value *at = doc;

		assert_true(text_starts(v->string, "#/"));
		for (const char *p = v->string + 2; *p;) {
			size_t n = strcspn(p, "/");

			memcpy(part, p, n);
			part[n] = '\0';
			at = json_get(at, part);
			if (!at)
				print_error("%s\n", v->string);
			assert_non_null(at);
			p += n + (p[n] == '/');
		}
	}
	if (v->type == JSON_OBJECT || v->type == JSON_ARRAY)
		for (const struct json_value *c = v->first; c; c = c->next)
			check_refs(doc, c);
}

static size_t
names_in(const char *s, char open)
{
	size_t n = 0;

	for (; *s; s++)
		n += *s == open;
	return n;
}

static void
test_description(void **state)
{
	struct json_value *doc, *get_items, *paths;
	bool class = false, limit = false, hidden = false;

	(void)state;
	assert_int_equal(get("/openapi.json", "", SERVE_PUBLIC), 200);
	doc = body;
	assert_string_equal(json_get_string(doc, "openapi"), "3.0.3");
	check_refs(doc, doc);
	paths = json_get(doc, "paths");
	get_items = json_get(json_get(paths, "/collections/hazard/items"), "get");
	assert_non_null(get_items);
	assert_null(json_get(paths, "/collections/victim/items"));
	for (struct json_value *p = json_get(get_items, "parameters")->first; p; p = p->next) {
		class = class || text_eq(json_get_string(p, "name"), "class");
		hidden = hidden || text_eq(json_get_string(p, "name"), "given_text");
		limit = limit ||
		        text_eq(json_get_string(p, "$ref"), "#/components/parameters/limit");
	}
	assert_true(class && limit && !hidden);
	/* every route is there, with every parameter of it */
	for (size_t i = 0; i < route_count; i++) {
		static const char *const method[] = { "get", "post", "put", "delete" };
		const struct route *r = &route_table[i];
		const struct json_value *path = json_get(paths, r->path), *op;
		size_t n = names_in(r->path, '{');

		if (text_starts(r->path, "/collections/{"))
			continue;
		op = json_get(path, method[r->method]);
		if (!op)
			print_error("%s\n", r->path);
		assert_non_null(op);
		assert_string_equal(json_get_string(op, "operationId"), r->id);
		n += *r->params ? names_in(r->params, ' ') + 1 : 0;
		if (json_get(op, "parameters")->count != n)
			print_error("%s: a parameter is not described\n", r->path);
		assert_int_equal(json_get(op, "parameters")->count, n);
	}
	assert_int_equal(get("/openapi.json", "", SERVE_OPERATOR), 200);
	check_refs(body, body);
	assert_non_null(json_get(json_get(body, "paths"), "/collections/victim/items"));
}

static void
add_hazard(void)
{
	const struct submit_about about = { .author = "test", .remark = "" };
	struct submit_result done;
	struct store *st = NULL;
	struct submit_revision rev;
	struct json_value *v = NULL;
	const char *json = "{\"valid_from\":\"2026-01-05\",\"class\":\"cha\",\"status\":\"open\","
			   "\"geometry\":{\"type\":\"Point\",\"coordinates\":[-125.5,-45.5]}}";

	ok(store_open(file, STORE_WRITE, &st, &e));
	rev = (struct submit_revision){ .kind = store_kind(st, "hazard") };
	ok(submit_begin(st, &about, &e));
	ok(json_parse(json, strlen(json), 0, &mem, &v, &e));
	ok(fields_from_json(store_form(st, rev.kind), v, false, &mem, &rev.fields, &e));
	ok(submit_new_id(&rev.id, &e));
	ok(submit_add(st, &rev, 1, NULL, &e));
	ok(submit_commit(st, &done, &e));
	store_close(st);
}

static void
test_stable(void **state)
{
	size_t n = 0, before;
	const char *next = "limit=20";
	char etag[80];

	(void)state;
	before = follow("/collections/hazard/items", "limit=20", SERVE_OPERATOR, 20);
	assert_int_equal(get("/collections/hazard/items", "limit=20", SERVE_OPERATOR), 200);
	memcpy(etag, last.etag, sizeof(etag));
	assert_int_equal(get("/collections/hazard/items", "limit=20", SERVE_OPERATOR), 200);
	assert_string_equal(etag, last.etag);
	while (next) {
		assert_int_equal(get("/collections/hazard/items", next, SERVE_OPERATOR), 200);
		n += count();
		next = link_of("next");
		next = next ? strchr(next, '?') + 1 : NULL;
		add_hazard();
	}
	assert_int_equal(n, before);
	assert_int_equal(get("/collections/hazard/items", "limit=20", SERVE_OPERATOR), 200);
	assert_string_not_equal(etag, last.etag);
	assert_true(follow("/collections/hazard/items", "limit=20", SERVE_OPERATOR, 20) > before);
}

/* What is put together from features written before is what a server just started writes. */
static void
test_kept(void **state)
{
	static const char *const query[] = { "limit=40", "limit=1000",
		                             "bbox=-126,-48,-124,-45&limit=500",
		                             "bbox=-125.6,-45.6,-125.4,-45.4&limit=500" };
	const struct site old = site;
	const char *path = file;

	(void)state;
	for (int round = 0; round < 3; round++) {
		for (int role = SERVE_PUBLIC; role <= SERVE_OPERATOR; role += 2)
			for (size_t i = 0; i < COUNT_OF(query); i++) {
				struct site fresh;
				char *kept;

				/* twice: the second time from what was kept */
				assert_int_equal(get("/collections/hazard/items", query[i],
				                     (enum serve_role)role),
				                 200);
				assert_int_equal(get("/collections/hazard/items", query[i],
				                     (enum serve_role)role),
				                 200);
				kept = arena_strdup(&mem, buf_text(&last.body));
				assert_non_null(kept);
				ok(site_open(&path, 1, STORE_READ, &fresh, &e));
				site = fresh;
				assert_int_equal(get("/collections/hazard/items", query[i],
				                     (enum serve_role)role),
				                 200);
				site_close(&site);
				site = old;
				assert_non_null(strstr(kept, "\"timeStamp\""));
				*strstr(kept, "\"timeStamp\"") = '\0';
				*strstr(last.body.data, "\"timeStamp\"") = '\0';
				assert_string_equal(kept, last.body.data);
			}
		add_hazard();
	}
}

static int
setup(void **state)
{
	const struct generate_options o = {
		.hazards = 150, .accidents = 20, .finds = 60, .seed = 3
	};
	struct store *st = NULL;
	char home[100];
	const char *path = file;

	(void)state;
	arena_init(&mem, (size_t)1 << 30);
	assert_non_null(mkdtemp(folder));
	(void)snprintf(home, sizeof(home), "%s/home", folder);
	(void)snprintf(file, sizeof(file), "%s/r.gpkg", folder);
	assert_int_equal(setenv("FALLOW_HOME", home, 1), 0);
	ok(store_init(file, "XXA", "Test", &e));
	ok(store_open(file, STORE_WRITE, &st, &e));
	ok(generate_run(st, &o, &e));
	store_close(st);
	ok(site_open(&path, 1, STORE_READ, &site, &e));
	return 0;
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
	reply_done(&last);
	site_close(&site);
	(void)nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	arena_done(&mem);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_documents), cmocka_unit_test(test_pages),
		cmocka_unit_test(test_sorted),    cmocka_unit_test(test_refused),
		cmocka_unit_test(test_crs),       cmocka_unit_test(test_bbox),
		cmocka_unit_test(test_filter),    cmocka_unit_test(test_item),
		cmocka_unit_test(test_days),      cmocka_unit_test(test_description),
		cmocka_unit_test(test_stable),    cmocka_unit_test(test_kept),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
