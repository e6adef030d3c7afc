/* Redaction: random registers, every role. What a role may not see never occurs in what it gets, as
 * text or as bytes of a number; what is drawn for danger holds what is recorded, what is drawn as
 * released lies inside it. The lists of what is forbidden are from domain.md section 17, written
 * out here by hand. */
#define _XOPEN_SOURCE 700
#include "../unit.h"

#include <ftw.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/rng.h"
#include "base/text.h"
#include "geo/measure.h"
#include "geo/shape.h"
#include "store/access.h"
#include "store/submit.h"

enum {
	MANY = 60
};

static struct arena mem;
static struct err e;
static struct store *st;
static struct geo *geo;
static struct rng r;

struct thing {
	struct uuid id;
	struct geom g;
	double reach_m; /* radius and accuracy */
	bool single, closed;
};
static struct thing hazard[MANY], ordnance[MANY];

static void
ok(enum err_code rc)
{
	if (rc)
		print_error("%s\n", e.text);
	assert_int_equal(rc, ERR_OK);
}

static double
coordinate(double from, double size)
{
	return rint((from + size * rng_f64(&r)) * 1e9) / 1e9;
}

static void
some_geometry(struct buf *b, bool point)
{
	double lon = coordinate(-129, 8), lat = coordinate(-49, 6),
	       s = pow(10, -4 + 2 * rng_f64(&r)), xy[10];

	if (point) {
		buf_printf(b, "\"geometry\":{\"type\":\"Point\",\"coordinates\":[%.9f,%.9f]}", lon,
		           lat);
		return;
	}
	for (int k = 0; k < 4; k++) {
		double a = 1.5707963 * (k + 0.9 * rng_f64(&r));

		xy[2 * k] = lon + s * cos(a);
		xy[2 * k + 1] = lat + s * sin(a);
	}
	buf_adds(b, "\"geometry\":{\"type\":\"Polygon\",\"coordinates\":[[");
	for (int k = 0; k < 5; k++)
		buf_printf(b, "%s[%.9f,%.9f]", k ? "," : "", xy[2 * (k % 4)], xy[2 * (k % 4) + 1]);
	buf_adds(b, "]]}");
}

static void
put(const char *kind, const char *json, struct thing *t)
{
	struct submit_revision rev = { .kind = store_kind(st, kind) };
	const struct form *form = store_form(st, rev.kind);
	struct json_value *v = NULL;

	assert_non_null(form);
	ok(json_parse(json, strlen(json), 0, &mem, &v, &e));
	ok(fields_from_json(form, v, false, &mem, &rev.fields, &e));
	ok(submit_new_id(&rev.id, &e));
	if (t) {
		t->id = rev.id;
		if (rev.fields.geom)
			assert_true(geom_copy(rev.fields.geom, &mem, &t->g));
	}
	ok(submit_add(st, &rev, 1, NULL, &e));
}

/* Words that begin with SECRET are forbidden to public and partner, HUSH only to the public, NEVER
 * to all. */
static void
put_hazard(int i)
{
	static const char *const class[] = { "sha", "cha", "eod_spot", "ammo_storage",
		                             "battle_area" };
	const char *c = class[i % 5];
	struct thing *t = &hazard[i];
	struct buf b;
	double radius = i % 4 == 0 ? 30 : 0, accuracy = i % 3 == 0 ? 120 : 0;

	t->single = i % 5 == 2 || i % 5 == 3;
	t->closed = i % 7 == 6;
	t->reach_m = radius + accuracy;
	buf_init(&b, 1u << 20);
	buf_printf(&b, "{\"valid_from\":\"2024-05-17\",\"class\":\"%s\",\"status\":\"%s\",", c,
	           t->closed ? "closed" : "open");
	if (t->closed)
		buf_adds(&b, "\"outcome\":\"cleared\",");
	if (t->single)
		buf_adds(&b, "\"national_id\":\"SECRETspot\",\"place_name\":\"SECRETplace\","
		             "\"device_classes\":[{\"device_class\":"
		             "\"air_bomb\",\"basis\":\"confirmed\"}],");
	if (radius > 0)
		buf_printf(&b, "\"radius_m\":%g,", radius);
	if (accuracy > 0)
		buf_printf(&b, "\"accuracy_m\":%g,", accuracy);
	buf_adds(&b, "\"given_text\":\"SECRETtext\",\"given_datum\":\"SECRETdatum\",\"remarks\":"
	             "\"SECRETremark\","
	             "\"status_reason\":\"HUSHreason\",\"reference_point\":{\"type\":\"Point\","
	             "\"coordinates\":[-125.7777777,-45.7777777]},"
	             "\"points\":[{\"number\":\"SECRETpoint\",\"bearing_deg\":77.7777777,"
	             "\"distance_m\":7777.7777}],"
	             "\"evidence\":[{\"type\":\"verbal\",\"remarks\":\"SECRETevidence\","
	             "\"geometry\":{\"type\":\"Point\","
	             "\"coordinates\":[-125.7777777,-45.7777777]}}],");
	some_geometry(&b, t->single || i % 6 == 1);
	buf_adds(&b, "}");
	put("hazard", buf_text(&b), t);
	buf_done(&b);
}

static void
put_others(int i)
{
	struct buf b;

	buf_init(&b, 1u << 20);
	buf_printf(&b,
	           "{\"valid_from\":\"2024-05-17\",\"category\":\"air_bomb\",\"quantity\":7,"
	           "\"model\":\"%s\",\"marking_text\":"
	           "\"HUSHmark\",\"given_text\":\"SECRETtext\",\"found_date\":\"2024-05-16\","
	           "\"disposal_method\":\"%s\",",
	           i % 2 ? "HUSHmodel" : "SECRETmodel", i % 2 ? "burnt" : "left_marked");
	some_geometry(&b, true);
	buf_adds(&b, "}");
	ordnance[i].single = i % 2 == 0;
	put("ordnance", buf_text(&b), &ordnance[i]);
	buf_reset(&b);
	buf_adds(&b, "{\"valid_from\":\"2024-05-17\",\"party\":\"SECRETparty\",\"reliability\":"
	             "\"low\",\"record_no\":\"SECRETno\",");
	some_geometry(&b, false);
	buf_adds(&b, "}");
	put("minefield_record", buf_text(&b), NULL);
	buf_reset(&b);
	buf_adds(&b, "{\"valid_from\":\"2024-05-17\",\"date\":\"2024-05-16\",\"class\":\"mine\","
	             "\"killed\":1,\"injured\":7,"
	             "\"place_name\":\"SECRETvillage\",\"admin1_name\":\"HUSHadmin\",\"demining_"
	             "tool\":\"SECRETtool\",");
	some_geometry(&b, true);
	buf_adds(&b, "}");
	put("accident", buf_text(&b), NULL);
	buf_reset(&b);
	buf_printf(&b,
	           "{\"valid_from\":\"2024-05-17\",\"accident_year\":%d,\"outcome\":\"injured\","
	           "\"sex\":\"female\",\"pseudonym\":"
	           "\"SECRETperson\",\"name\":\"NEVERname\",\"contacts\":\"NEVERcontact\",\"age_"
	           "years\":41,",
	           i < 4 ? 2021 : 2024);
	some_geometry(&b, true);
	buf_adds(&b, "}");
	put("victim", buf_text(&b), NULL);
	buf_reset(&b);
	buf_adds(&b, "{\"valid_from\":\"2023-01-02\",\"type\":\"interview\",\"title\":\"Talk\","
	             "\"obtained_by\":\"SECRETobtained\","
	             "\"protected_identity\":\"NEVERinformant\"}");
	put("source", buf_text(&b), NULL);
	buf_done(&b);
}

static char folder[] = "/tmp/fallow_access_XXXXXX";

static int
setup(void **state)
{
	const struct submit_about about = { .author = "test", .remark = "" };
	struct submit_result done;
	char path[100], home[100];

	(void)state;
	arena_init(&mem, (size_t)1 << 30);
	geo = geo_create();
	rng_seed(&r, 17, 4);
	assert_non_null(mkdtemp(folder));
	(void)snprintf(home, sizeof(home), "%s/home", folder);
	(void)snprintf(path, sizeof(path), "%s/r.gpkg", folder);
	assert_int_equal(setenv("FALLOW_HOME", home, 1), 0);
	ok(store_init(path, "XXA", "Test", &e));
	ok(store_open(path, STORE_WRITE, &st, &e));
	ok(submit_begin(st, &about, &e));
	for (int i = 0; i < MANY; i++) {
		put_hazard(i);
		put_others(i);
	}
	ok(submit_commit(st, &done, &e));
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
	(void)nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	store_close(st);
	geo_free(geo);
	arena_done(&mem);
	return 0;
}

/* Everything that reached a role, as text and as bytes. */
struct got {
	enum access_role role;
	struct buf text, bytes;
	size_t rows, unclassed;
	bool seen[MANY];
	const struct geom *list[4 * MANY]; /* unclassed */
};

static enum err_code
take(void *ctx, const struct shown *row, struct err *err)
{
	struct got *g = ctx;
	const struct form *form = row->fields.form;
	const struct uuid none = { { 0 } };

	(void)err;
	g->rows++;
	fields_to_json(&row->fields, store_sorted_fields(st, row->kind), false, &g->text);
	if (row->fields.geom) {
		geom_write_json(row->fields.geom, &g->text);
		geom_to_wkb(row->fields.geom, &g->bytes);
	}
	for (size_t i = 0; i < form->field_count; i++)
		if (row->fields.value[i].type == STORE_REAL)
			buf_add(&g->bytes, &row->fields.value[i].d, 8);
	if (!text_eq(form->kind, "hazard"))
		return ERR_OK;
	if (memcmp(&row->id, &none, sizeof(none)) == 0) {
		struct geom *copy = arena_alloc(&mem, sizeof(*copy));

		assert_string_equal(fields_text(&row->fields, "class"), "unknown");
		assert_string_equal(fields_text(&row->fields, "status"), "open");
		assert_null(fields_text(&row->fields, "valid_from"));
		assert_int_equal(row->fid, 0);
		assert_true(copy && geom_copy(row->fields.geom, &mem, copy));
		g->list[g->unclassed++] = copy;
		return ERR_OK;
	}
	for (int i = 0; i < MANY; i++) {
		bool inside = false;
		struct geom grown;

		if (memcmp(&row->id, &hazard[i].id, sizeof(row->id)) != 0)
			continue;
		g->seen[i] = true;
		if (access_is_exact(g->role)) {
			assert_true(geom_equal(row->fields.geom, &hazard[i].g));
		} else if (hazard[i].closed) {
			if (row->fields.geom) {
				ok(shape_covers(geo, &hazard[i].g, row->fields.geom, &inside, &e));
				assert_true(inside);
			}
		} else {
			assert_non_null(row->fields.geom);
			ok(shape_covers(geo, row->fields.geom, &hazard[i].g, &inside, &e));
			assert_true(inside);
			if (hazard[i].reach_m > 0) {
				ok(shape_grow(geo, &hazard[i].g, hazard[i].reach_m * 0.98, &mem,
				              &grown, &e));
				ok(shape_covers(geo, row->fields.geom, &grown, &inside, &e));
				assert_true(inside);
			}
		}
	}
	return ERR_OK;
}

static void
walk(enum access_role role, struct got *g)
{
	memset(g, 0, sizeof(*g));
	g->role = role;
	buf_init(&g->text, (size_t)64 << 20);
	buf_init(&g->bytes, (size_t)64 << 20);
	for (int k = 0; k < (int)store_kind_count(st); k++) {
		const struct each_filter f = { .kind = k,
			                       .as_of_days = INT64_MAX,
			                       .known_size = INT64_MAX };

		ok(access_each(st, &f, role, take, g, &e));
	}
	assert_true(buf_ok(&g->text) && buf_ok(&g->bytes));
}

static bool
says(struct got *g, const char *word)
{
	return strstr(buf_text(&g->text), word) != NULL;
}

static bool
holds(const struct got *g, double v)
{
	for (size_t i = 0; i + 8 <= g->bytes.size; i++)
		if (memcmp((const char *)g->bytes.data + i, &v, 8) == 0)
			return true;
	return false;
}

/* Is any exact coordinate of the thing in what the role got? */
static bool
leaks(struct got *g, const struct thing *t)
{
	char text[32];

	for (uint32_t i = 0; i < 2 * t->g.point_count; i++) {
		(void)text_format_f64(t->g.xy[i], text);
		if (says(g, text) || holds(g, t->g.xy[i]))
			return true;
	}
	return false;
}

static void
nothing_forbidden(void **state)
{
	(void)state;
	for (enum access_role role = ACCESS_PUBLIC; role <= ACCESS_LEGAL; role++) {
		struct got g;

		walk(role, &g);
		assert_true(g.rows > 0);
		assert_false(says(&g, "NEVER"));
		if (!access_is_exact(role)) {
			assert_false(says(&g, "SECRET"));
			assert_false(says(&g, "125.7777777"));
			assert_false(says(&g, "77.7777777"));
			assert_false(says(&g, "eod_spot") || says(&g, "ammo_storage"));
			for (int i = 0; i < MANY; i++)
				assert_false(leaks(&g, &hazard[i]) || leaks(&g, &ordnance[i]));
		} else {
			assert_true(leaks(&g, &hazard[0]) && leaks(&g, &ordnance[0]));
			assert_true(says(&g, "SECRETtext"));
		}
		if (role == ACCESS_PUBLIC) {
			assert_false(says(&g, "HUSH"));
			assert_false(says(&g, "air_bomb"));
			assert_false(says(&g, "2024-05-1"));
			assert_true(says(&g, "2024-05"));
		}
		if (role == ACCESS_PARTNER)
			assert_true(says(&g, "HUSHreason") && says(&g, "HUSHadmin") &&
			            says(&g, "HUSHmodel"));
		if (role == ACCESS_OPERATOR)
			assert_false(says(&g, "SECRETparty") || says(&g, "SECRETno") ||
			             says(&g, "SECRETtool") || says(&g, "SECRETperson") ||
			             says(&g, "SECRETobtained"));
		if (role == ACCESS_AUTHORITY)
			assert_true(says(&g, "SECRETparty") && says(&g, "SECRETtool") &&
			            says(&g, "SECRETobtained"));
		buf_done(&g.text);
		buf_done(&g.bytes);
		print_message("%s: %zu rows, %zu unclassed danger areas\n", access_role_name(role),
		              g.rows, g.unclassed);
	}
}

/* No danger is lost: every open hazard is a row or lies in an unclassed area; so does ordnance that
 * is still there. */
static void
danger_stays(void **state)
{
	(void)state;
	for (enum access_role role = ACCESS_PUBLIC; role <= ACCESS_PARTNER; role++) {
		struct got g;

		walk(role, &g);
		for (int i = 0; i < 2 * MANY; i++) {
			const struct thing *t = i < MANY ? &hazard[i] : &ordnance[i - MANY];
			bool inside = false;

			if (i < MANY && (!t->single || t->closed)) {
				assert_true(g.seen[i] == !t->single);
				continue;
			}
			if (!t->single)
				continue;
			for (size_t k = 0; !inside && k < g.unclassed; k++)
				ok(shape_covers(geo, g.list[k], &t->g, &inside, &e));
			assert_true(inside);
		}
		buf_done(&g.text);
		buf_done(&g.bytes);
	}
}

/* A box never finds a record by where it exactly is: the same rows as filtering what is shown. */
static void
box_acts_on_what_is_shown(void **state)
{
	const struct geom *p = &ordnance[0].g;
	struct geom cell;
	struct geom_box box;
	struct each_filter f = { .kind = store_kind(st, "hazard"),
		                 .as_of_days = INT64_MAX,
		                 .known_size = INT64_MAX,
		                 .box = &box };
	struct got a = { .role = ACCESS_PUBLIC };

	(void)state;
	buf_init(&a.text, 1u << 24);
	buf_init(&a.bytes, 1u << 24);
	ok(shape_to_grid(geo, p, ACCESS_GRID_M, &mem, &cell, &e));
	box = geom_bounds(
		&cell); /* any corner of the cell finds it, whichever corner the item lies in */
	for (int corner = 0; corner < 4; corner++) {
		double x = corner & 1 ? box.min_lon_deg : box.max_lon_deg,
		       y = corner & 2 ? box.min_lat_deg : box.max_lat_deg;
		struct geom_box at = { x, y, x, y };
		size_t before = a.rows;

		f.box = &at;
		ok(access_each(st, &f, ACCESS_PUBLIC, take, &a, &e));
		assert_true(a.rows > before);
	}
	buf_done(&a.text);
	buf_done(&a.bytes);
}

/* domain.md section 17, row by row. */
static void
who_gets_rows(void **state)
{
	static const struct {
		const char *kind;
		bool rows[ACCESS_ROLES];
	} table[] = {
		{ "hazard", { 1, 1, 1, 1, 1 } },     { "accident", { 0, 1, 1, 1, 1 } },
		{ "victim", { 0, 0, 1, 1, 1 } },     { "minefield_record", { 0, 0, 1, 1, 1 } },
		{ "ordnance", { 0, 1, 1, 1, 1 } },   { "event", { 0, 0, 0, 1, 1 } },
		{ "assistance", { 0, 0, 0, 1, 1 } }, { "place", { 1, 1, 1, 1, 1 } }
	};
	enum access_role role = ACCESS_LEGAL;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(table); i++)
		for (int k = 0; k < ACCESS_ROLES; k++)
			assert_int_equal(access_has_rows((enum access_role)k, table[i].kind),
			                 table[i].rows[k]);
	for (int k = 0; k < ACCESS_ROLES; k++) {
		assert_true(access_role_parse(access_role_name((enum access_role)k), &role));
		assert_int_equal(role, k);
	}
	assert_false(access_role_parse("everybody", &role));
	assert_false(access_role_parse("", &role));
}

/* One record alone is shown as in the walk, and pages by number give every row once, in the layer
 * and in the past. */
struct page {
	enum access_role role;
	int64_t last_fid;
	size_t rows, left;
	bool compare;
};

static enum err_code
take_page(void *ctx, const struct shown *row, struct err *err)
{
	struct page *p = ctx;
	enum access_fate fate;
	struct shown one;
	struct buf a, b;

	if (row->fid == 0)
		return ERR_OK;
	assert_true(row->fid > p->last_fid);
	if (p->left-- == 0)
		return err_set(err, ERR_LIMIT, "the page is full");
	p->last_fid = row->fid;
	p->rows++;
	if (!p->compare)
		return ERR_OK;
	ok(access_get(st, row->id, p->role, &mem, &one, &fate, &e));
	assert_int_equal(fate, ACCESS_ROW);
	buf_init(&a, 1u << 20);
	buf_init(&b, 1u << 20);
	fields_to_json(&row->fields, store_sorted_fields(st, row->kind), false, &a);
	fields_to_json(&one.fields, store_sorted_fields(st, row->kind), false, &b);
	assert_string_equal(buf_text(&a), buf_text(&b));
	buf_done(&a);
	buf_done(&b);
	return ERR_OK;
}

static void
pages_and_single_records(void **state)
{

	(void)state;
	for (int role = 0; role < ACCESS_ROLES; role++)
		for (int past = 0; past < 2; past++) {
			struct each_filter f = { .kind = store_kind(st, "hazard"),
				                 .as_of_days = INT64_MAX,
				                 .known_size = INT64_MAX };
			struct page p = { .role = (enum access_role)role, .compare = !past };
			enum err_code rc;

			do {
				p.left = 7;
				f.after_fid = p.last_fid;
				rc = past ? each_past(st, &f, take_page, &p, &e)
				          : access_each(st, &f, p.role, take_page, &p, &e);
			} while (rc == ERR_LIMIT);
			ok(rc);
			if (past || access_is_exact(p.role))
				assert_int_equal(p.rows, MANY);
			else
				assert_true(p.rows > 0 && p.rows < MANY);
		}
	for (int i = 0; i < MANY; i++) {
		enum access_fate fate;
		struct shown one;

		ok(access_get(st, hazard[i].id, ACCESS_PUBLIC, &mem, &one, &fate, &e));
		assert_int_equal(fate == ACCESS_ROW, !hazard[i].single);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_forbidden),         cmocka_unit_test(danger_stays),
		cmocka_unit_test(box_acts_on_what_is_shown), cmocka_unit_test(who_gets_rows),
		cmocka_unit_test(pages_and_single_records),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
