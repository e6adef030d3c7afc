/* The text forms of geom.h: GeoJSON geometry objects (RFC 7946) and WKT (OGC 06-103r4, clause 7).
 */
#include <string.h>

#include "base/text.h"
#include "geo/build.h"
#include "geo/geom.h"

static const struct {
	const char *json;
	const char *wkt;
	enum geom_type type;
	int depth; /* of nested arrays above a position */
} names[] = {
	{ "Point", "POINT", GEOM_POINT, 0 },
	{ "LineString", "LINESTRING", GEOM_LINESTRING, 1 },
	{ "Polygon", "POLYGON", GEOM_POLYGON, 2 },
	{ "MultiPoint", "MULTIPOINT", GEOM_MULTIPOINT, 1 },
	{ "MultiLineString", "MULTILINESTRING", GEOM_MULTILINESTRING, 2 },
	{ "MultiPolygon", "MULTIPOLYGON", GEOM_MULTIPOLYGON, 3 },
};
#define NAME_COUNT (sizeof(names) / sizeof(names[0]))

static bool
type_is_areal(enum geom_type t)
{
	return t == GEOM_POLYGON || t == GEOM_MULTIPOLYGON;
}

/* How many levels above a position end a ring, and how many end a part. */
static void
type_levels(enum geom_type t, int *ret_ring, int *ret_part)
{
	*ret_ring = t == GEOM_POINT || t == GEOM_MULTIPOINT ? 0 : 1;
	*ret_part = type_is_areal(t) ? 2 : *ret_ring;
}

/* ---- GeoJSON ---- */

static enum err_code
json_position(struct build *b, const struct json_value *v, struct err *e)
{
	const struct json_value *x = v->first, *y = x ? x->next : NULL;

	if (!x || !y || x->type != JSON_NUMBER || y->type != JSON_NUMBER) {
		return err_set(e, ERR_INVALID, "a position is not two numbers");
	}
	return build_point(b, x->number, y->number, e);
}

/* level = arrays between v and a position; 0 = v is one. */
static enum err_code
json_level(struct build *b, const struct json_value *v, int level, struct err *e)
{
	int ring, part;
	enum err_code rc = ERR_OK;

	if (v->type != JSON_ARRAY) {
		return err_set(e, ERR_INVALID, "coordinates are not nested as the type asks");
	}
	type_levels(b->type, &ring, &part);
	if (level == 0 && v->count == 0 && b->type == GEOM_POINT) {
		return ERR_OK;
	}
	if (level == 0) {
		rc = json_position(b, v, e);
	}
	for (const struct json_value *c = v->first; level > 0 && c && rc == ERR_OK; c = c->next) {
		rc = json_level(b, c, level - 1, e);
	}
	if (level == ring) {
		build_end_ring(b, type_is_areal(b->type));
	}
	if (level == part) {
		build_end_part(b);
	}
	return rc;
}

enum err_code
geom_from_json(const struct json_value *v, size_t max_points, struct arena *mem, struct geom *ret,
               struct err *e)
{
	const char *type = v ? json_get_string(v, "type") : NULL;
	const struct json_value *c = v ? json_get(v, "coordinates") : NULL;
	char quoted[200];
	struct build b;
	size_t k = 0;
	enum err_code rc;

	if (!type) {
		return err_set(e, ERR_INVALID, "a GeoJSON geometry needs a \"type\"");
	}
	while (k < NAME_COUNT && strcmp(type, names[k].json) != 0) {
		k++;
	}
	if (k == NAME_COUNT) {
		return err_set(e, ERR_UNSUPPORTED, "GeoJSON type '%s' is not read as a geometry",
		               err_quote(type, quoted, sizeof(quoted)));
	}
	if (!c) {
		return err_set(e, ERR_INVALID, "a GeoJSON geometry needs \"coordinates\"");
	}
	build_start(&b, max_points);
	b.type = names[k].type;
	rc = json_level(&b, c, names[k].depth, e);
	if (rc != ERR_OK) {
		return rc;
	}
	if (!build_fill(&b, mem)) {
		return err_set(e, ERR_NOMEM, "out of memory for a geometry");
	}
	rc = json_level(&b, c, names[k].depth, e);
	if (rc != ERR_OK) {
		return rc;
	}
	build_done(&b, ret);
	return ERR_OK;
}

static void
json_put_ring(const struct geom *g, uint32_t ring, bool bare, struct buf *out)
{
	uint32_t from = ring ? g->ring_end[ring - 1] : 0;

	if (!bare) {
		buf_addc(out, '[');
	}
	for (uint32_t i = from; i < g->ring_end[ring]; i++) {
		buf_adds(out, i > from ? ",[" : "[");
		json_write_number(out, g->xy[2 * (size_t)i]);
		buf_addc(out, ',');
		json_write_number(out, g->xy[2 * (size_t)i + 1]);
		buf_addc(out, ']');
	}
	if (!bare) {
		buf_addc(out, ']');
	}
}

static void
json_put_part(const struct geom *g, uint32_t part, struct buf *out)
{
	uint32_t from = part ? g->part_end[part - 1] : 0;
	bool areal = type_is_areal(g->type);
	bool bare = g->type == GEOM_POINT || g->type == GEOM_MULTIPOINT;

	if (areal) {
		buf_addc(out, '[');
	}
	for (uint32_t r = from; r < g->part_end[part]; r++) {
		if (r > from) {
			buf_addc(out, ',');
		}
		json_put_ring(g, r, bare, out);
	}
	if (areal) {
		buf_addc(out, ']');
	}
}

void
geom_write_json(const struct geom *g, struct buf *out)
{
	bool multi = g->type > GEOM_POLYGON;
	const char *type = "";

	for (size_t k = 0; k < NAME_COUNT; k++) {
		type = names[k].type == g->type ? names[k].json : type;
	}
	buf_adds(out, "{\"coordinates\":");
	if (multi || g->part_count == 0) {
		buf_addc(out, '[');
	}
	for (uint32_t p = 0; p < g->part_count; p++) {
		if (p) {
			buf_addc(out, ',');
		}
		json_put_part(g, p, out);
	}
	if (multi || g->part_count == 0) {
		buf_addc(out, ']');
	}
	buf_adds(out, ",\"type\":\"");
	buf_adds(out, type);
	buf_adds(out, "\"}");
}

/* ---- WKT ---- */

struct wkt {
	const char *p, *end;
	struct build b;
};

static void
wkt_skip(struct wkt *t)
{
	while (t->p < t->end && (*t->p == ' ' || (*t->p >= '\t' && *t->p <= '\r'))) {
		t->p++;
	}
}

static bool
wkt_take(struct wkt *t, char c)
{
	wkt_skip(t);
	if (t->p < t->end && *t->p == c) {
		t->p++;
		return true;
	}
	return false;
}

static char
wkt_upper(char c)
{
	return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

/* The next word in capitals, cut at size - 1; "" if none. */
static void
wkt_word(struct wkt *t, char *word, size_t size)
{
	size_t n = 0;

	wkt_skip(t);
	for (; t->p < t->end; t->p++) {
		char c = wkt_upper(*t->p);

		if (c < 'A' || c > 'Z') {
			break;
		}
		if (n + 1 < size) {
			word[n++] = c;
		}
	}
	word[n] = '\0';
}

static enum err_code
wkt_bad(const struct wkt *t, const char *start, const char *want, struct err *e)
{
	return err_set(e, ERR_INVALID, "WKT: expected %s at character %zu", want,
	               (size_t)(t->p - start) + 1);
}

static enum err_code
wkt_position(struct wkt *t, const char *start, struct err *e)
{
	double v[4];
	int n = 0;

	for (;;) {
		double extra;
		size_t used;

		wkt_skip(t);
		used = text_scan_f64(t->p, (size_t)(t->end - t->p), n < 4 ? &v[n] : &extra);
		if (used == 0) {
			break;
		}
		t->p += used;
		n++;
	}
	if (n < 2 || n > 4) {
		return wkt_bad(t, start, "a position of 2 .. 4 numbers", e);
	}
	return build_point(&t->b, v[0], v[1], e);
}

/* level as in json_level. A position of a multipoint may stand in brackets of its own or without.
 */
static enum err_code
wkt_level(struct wkt *t, const char *start, int level, struct err *e)
{
	int ring, part;
	char word[8];
	enum err_code rc = ERR_OK;

	type_levels(t->b.type, &ring, &part);
	if (level == 0) {
		bool open = t->b.type == GEOM_MULTIPOINT && wkt_take(t, '(');

		if (t->b.type == GEOM_MULTIPOINT && !open) {
			const char *at = t->p;

			wkt_word(t, word, sizeof(word));
			if (strcmp(word, "EMPTY") == 0) {
				return ERR_OK;
			}
			t->p = at;
		}
		rc = wkt_position(t, start, e);
		if (rc == ERR_OK && open && !wkt_take(t, ')')) {
			rc = wkt_bad(t, start, "')'", e);
		}
	} else if (!wkt_take(t, '(')) {
		wkt_word(t, word, sizeof(word));
		rc = strcmp(word, "EMPTY") == 0 ? ERR_OK : wkt_bad(t, start, "'(' or EMPTY", e);
	} else {
		do {
			rc = wkt_level(t, start, level - 1, e);
		} while (rc == ERR_OK && wkt_take(t, ','));
		if (rc == ERR_OK && !wkt_take(t, ')')) {
			rc = wkt_bad(t, start, "',' or ')'", e);
		}
	}
	if (level == ring) {
		build_end_ring(&t->b, type_is_areal(t->b.type));
	}
	if (level == part) {
		build_end_part(&t->b);
	}
	return rc;
}

/* SRID=4326; in front, as PostGIS writes it. */
static enum err_code
wkt_srid(struct wkt *t, const char *start, struct err *e)
{
	const char *at = t->p;
	char word[8];

	wkt_word(t, word, sizeof(word));
	if (strcmp(word, "SRID") != 0) {
		t->p = at;
		return ERR_OK;
	}
	if (!wkt_take(t, '=')) {
		return wkt_bad(t, start, "'='", e);
	}
	wkt_skip(t);
	while (t->p < t->end && *t->p >= '0' && *t->p <= '9') {
		t->p++;
	}
	return wkt_take(t, ';') ? ERR_OK : wkt_bad(t, start, "';'", e);
}

static bool
wkt_is_dims(const char *word)
{
	return text_eq(word, "Z") || text_eq(word, "M") || text_eq(word, "ZM");
}

static enum err_code
wkt_type(struct wkt *t, const char *start, int *ret_depth, struct err *e)
{
	char word[32], dims[8];
	size_t n;

	wkt_word(t, word, sizeof(word));
	n = strlen(word);
	for (size_t k = 0; k < NAME_COUNT; k++) {
		size_t m = strlen(names[k].wkt);
		const char *at, *rest = word + m;

		if (n < m || strncmp(word, names[k].wkt, m) != 0 || (*rest && !wkt_is_dims(rest))) {
			continue;
		}
		at = t->p;
		wkt_word(t, dims, sizeof(dims));
		if (!wkt_is_dims(dims)) {
			t->p = at;
		}
		t->b.type = names[k].type;
		*ret_depth = names[k].depth;
		return ERR_OK;
	}
	if (n == 0) {
		return wkt_bad(t, start, "a geometry type", e);
	}
	return err_set(e, ERR_UNSUPPORTED, "WKT type '%s' is not read", word);
}

/* A point has brackets of its own: POINT (1 2). */
static enum err_code
wkt_body(struct wkt *t, const char *start, int depth, struct err *e)
{
	char word[8];
	enum err_code rc;

	if (t->b.type != GEOM_POINT) {
		return wkt_level(t, start, depth, e);
	}
	if (!wkt_take(t, '(')) {
		wkt_word(t, word, sizeof(word));
		return strcmp(word, "EMPTY") == 0 ? ERR_OK : wkt_bad(t, start, "'(' or EMPTY", e);
	}
	rc = wkt_level(t, start, 0, e);
	if (rc != ERR_OK) {
		return rc;
	}
	return wkt_take(t, ')') ? ERR_OK : wkt_bad(t, start, "')'", e);
}

static enum err_code
wkt_pass(struct wkt *t, const char *s, size_t n, struct err *e)
{
	int depth = 0;
	enum err_code rc;

	t->p = s;
	t->end = s + n;
	rc = wkt_srid(t, s, e);
	if (rc == ERR_OK) {
		rc = wkt_type(t, s, &depth, e);
	}
	if (rc == ERR_OK) {
		rc = wkt_body(t, s, depth, e);
	}
	if (rc != ERR_OK) {
		return rc;
	}
	wkt_skip(t);
	return t->p == t->end ? ERR_OK : wkt_bad(t, s, "the end", e);
}

enum err_code
geom_from_wkt(const char *s, size_t n, size_t max_points, struct arena *mem, struct geom *ret,
              struct err *e)
{
	struct wkt t = { 0 };
	enum err_code rc;

	build_start(&t.b, max_points);
	rc = wkt_pass(&t, s, n, e);
	if (rc != ERR_OK) {
		return rc;
	}
	if (!build_fill(&t.b, mem)) {
		return err_set(e, ERR_NOMEM, "out of memory for a geometry");
	}
	rc = wkt_pass(&t, s, n, e);
	if (rc != ERR_OK) {
		return rc;
	}
	build_done(&t.b, ret);
	return ERR_OK;
}
