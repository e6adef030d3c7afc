#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "reader/geojson.h"

#define NO_GEOMETRY 0xffffffffu
#define RECORD_SEPARATOR 0x1e

void
geojson_init(struct geojson *g, struct input in, const struct limits *limits,
             void (*progress)(int64_t rows))
{
	*g = (struct geojson){
		.in = in, .limits = limits, .progress = progress, .id_column = SIZE_MAX
	};
	columns_init(&g->cols, (size_t)limits->columns);
	(void)snprintf(g->crs, sizeof g->crs, "EPSG:4326");
}

void
geojson_done(struct geojson *g)
{
	columns_done(&g->cols);
	mem_free(g->values);
	mem_free(g->value_row);
	g->values = NULL;
	g->value_row = NULL;
}

static void
token_copy(const struct jtoken *t, char *out, size_t out_size)
{
	char quoted[80];
	char text[200];
	size_t n = t->n < sizeof text ? t->n : sizeof text - 1;

	memcpy(text, t->s, n);
	text[n] = '\0';
	(void)snprintf(out, out_size, "%s", err_quote(text, quoted, sizeof quoted));
}

/* Column of a property's name; in the first pass new names are added. SIZE_MAX with *e set on
 * failure. */
static size_t
key_column(struct geojson *g, const struct jtoken *key, size_t hint, struct err *e)
{
	char plain[4096];
	const char *name = key->s;
	size_t n = key->n;
	size_t index;

	if (key->escaped || !text_is_utf8(name, n) || memchr(name, 0, n)) {
		if (n > sizeof plain || !jscan_unescape(key, plain, &n)) {
			(void)err_set(e, ERR_INVALID, "a property's name is not text");
			return SIZE_MAX;
		}
		name = plain;
	}
	index = columns_find(&g->cols, name, n, hint);
	if (index != SIZE_MAX)
		return index;
	if (g->out) {
		(void)err_set(e, ERR_INVALID, "a property appears that was not there a moment ago");
		return SIZE_MAX;
	}
	return columns_add(&g->cols, name, n, &index, e) == ERR_OK ? index : SIZE_MAX;
}

static unsigned
token_seen(const struct jtoken *t)
{
	unsigned seen;

	switch (t->kind) {
	case '"':
		return columns_see_text(t->s, t->n);
	case '0':
		seen = columns_see_number(t->s, t->n);
		/* A number that no double holds makes its own row bad, not the column a text. */
		return seen == SEEN_TEXT && memchr(t->s, 'e', t->n) ? SEEN_REAL : seen;
	case 't':
	case 'f':
		return SEEN_BOOL;
	case 'n':
		return 0;
	default:
		return SEEN_TEXT;
	}
}

/* Note a value: its kind in the first pass, itself in the second. */
static bool
value_note(struct geojson *g, struct jscan *j, size_t column, const struct jtoken *t)
{
	if (!g->out) {
		g->cols.at[column].seen |= token_seen(t);
		return true;
	}
	if (g->value_row[column] == g->row)
		return jscan_fail(j, "a property appears twice");
	g->value_row[column] = g->row;
	g->values[column] = *t;
	return true;
}

static bool
properties(struct geojson *g, struct jscan *j, struct err *e)
{
	struct jtoken key;
	struct jtoken value;
	size_t column = SIZE_MAX;
	bool more = true;

	if (jscan_peek(j) == 'n')
		return jscan_value(j, &value);
	if (!jscan_expect(j, '{'))
		return false;
	if (jscan_peek(j) == '}') {
		j->p++;
		return true;
	}
	while (more) {
		if (!jscan_string(j, &key) || !jscan_expect(j, ':') || !jscan_value(j, &value))
			return false;
		column = key_column(g, &key, column + 1, e);
		if (column == SIZE_MAX)
			return jscan_fail(j, "a property's name cannot be a column");
		if (!value_note(g, j, column, &value) || !jscan_next(j, '}', &more))
			return false;
	}
	return true;
}

static bool
skip_object(struct jscan *j)
{
	const char *close = jscan_match(j->p, j->end);

	if (!close)
		return jscan_fail(j, "an object never ends");
	j->p = close;
	return true;
}

/* In the second pass the geometry goes behind the row's number, where it belongs. */
static bool
geometry_member(struct geojson *g, struct jscan *j, bool *seen)
{
	struct jtoken t;
	size_t at;
	uint32_t size;
	bool empty;

	if (*seen)
		return jscan_fail(j, "the geometry appears twice");
	if (jscan_peek(j) == 'n')
		return jscan_value(j, &t);
	if (jscan_peek(j) != '{')
		return jscan_fail(j, "the geometry is not an object");
	*seen = true;
	g->has_geometry = true;
	if (!g->out)
		return skip_object(j);
	at = g->out->buf.size;
	out_u32(g->out, 0);
	if (!geojson_geometry(j, g->out, g->limits->vertices, &empty))
		return false;
	size = empty ? NO_GEOMETRY : (uint32_t)(g->out->buf.size - at - 4);
	if (buf_ok(&g->out->buf))
		memcpy(g->out->buf.data + at, &size, 4);
	return true;
}

static bool
id_member(struct geojson *g, struct jscan *j, struct err *e)
{
	struct jtoken t;

	if (!jscan_value(j, &t))
		return false;
	if (g->id_column == SIZE_MAX && !g->out) {
		/* A placeholder: its name is known when all properties are (id_name). */
		if (columns_add(&g->cols, "\x01id", 3, &g->id_column, e) != ERR_OK)
			return jscan_fail(j, "a property's name cannot be a column");
	}
	return value_note(g, j, g->id_column, &t);
}

static bool
feature_member(struct geojson *g, struct jscan *j, const struct jtoken *key, bool *geometry,
               struct err *e)
{
	struct jtoken t;

	if (jscan_is(key, "geometry"))
		return geometry_member(g, j, geometry);
	if (jscan_is(key, "properties"))
		return properties(g, j, e);
	if (jscan_is(key, "id"))
		return id_member(g, j, e);
	if (!jscan_value(j, &t))
		return false;
	if (jscan_is(key, "type"))
		return jscan_is(&t, "Feature") || jscan_fail(j, "its \"type\" is not \"Feature\"");
	if (!jscan_is(key, "bbox") && !g->other[0])
		token_copy(key, g->other, sizeof g->other);
	return true;
}

static bool
feature_members(struct geojson *g, struct jscan *j, bool *geometry, struct err *e)
{
	struct jtoken key;
	bool more;

	if (!jscan_expect(j, '{'))
		return jscan_fail(j, "it is not an object");
	more = jscan_peek(j) != '}';
	if (!more)
		j->p++;
	while (more) {
		if (!jscan_string(j, &key) || !jscan_expect(j, ':') ||
		    !feature_member(g, j, &key, geometry, e) || !jscan_next(j, '}', &more))
			return false;
	}
	return true;
}

static bool
value_text(struct geojson *g, struct jscan *j, const struct jtoken *t)
{
	struct out *o = g->out;
	size_t at = o->buf.size;
	uint32_t size;
	size_t n = t->n;
	uint8_t *p;

	if ((int64_t)n > g->limits->attribute_bytes)
		return jscan_fail(j, "a value is larger than allowed");
	p = out_bytes(o, 5 + n);
	if (!p)
		return true; /* out_row_end says so */
	if (t->kind == '"') {
		if (!jscan_unescape(t, (char *)p + 5, &n))
			return jscan_fail(j,
			                  "a text is not UTF-8, or holds a broken escape or a NUL");
		o->buf.size = at + 5 + n;
	} else {
		memcpy(p + 5, t->s, n);
		if (!text_is_utf8(t->s, t->n) || memchr(t->s, 0, t->n))
			return jscan_fail(j, "a text is not UTF-8, or holds a NUL");
	}
	size = (uint32_t)n;
	p[0] = PIPE_TEXT;
	memcpy(p + 1, &size, 4);
	return true;
}

static bool
value_write(struct geojson *g, struct jscan *j, const struct jtoken *t, enum pipe_type type)
{
	struct jscan number = { .p = t->s, .end = t->s + t->n };
	int64_t i;
	double d;

	if (t->kind == 'n') {
		out_null(g->out);
		return true;
	}
	if (type == PIPE_INTEGER && (t->kind == 't' || t->kind == 'f')) {
		out_integer(g->out, t->kind == 't');
		return true;
	}
	if (type == PIPE_INTEGER) {
		if (!text_parse_i64(t->s, t->n, &i))
			return jscan_fail(j, "a number is not whole");
		out_integer(g->out, i);
		return true;
	}
	if (type == PIPE_REAL) {
		if (!jscan_number(&number, &d))
			return jscan_fail(j, "a number is not finite");
		out_real(g->out, d);
		return true;
	}
	return value_text(g, j, t);
}

static bool
feature_values(struct geojson *g, struct jscan *j)
{
	for (size_t i = 0; i < g->cols.count; i++) {
		if (g->value_row[i] != g->row)
			out_null(g->out);
		else if (!value_write(g, j, &g->values[i], g->cols.at[i].type))
			return false;
	}
	return true;
}

/* One Feature, or a bare geometry where the file is one. False with j->why, or with *e set by a
 * limit. */
static bool
feature_read(struct geojson *g, struct jscan *j, bool bare, struct err *e)
{
	bool geometry = false;

	if (g->out)
		out_row_begin(g->out, g->row);
	if (bare ? !geometry_member(g, j, &geometry) : !feature_members(g, j, &geometry, e))
		return false;
	if (!g->out)
		return true;
	if (!geometry)
		out_u32(g->out, NO_GEOMETRY);
	if (!feature_values(g, j))
		return false;
	if (!out_row_end(g->out))
		return jscan_fail(j, "it is larger than a row may be");
	return true;
}

/* A broken feature becomes a bad row, and j goes past it if its brackets close. */
static enum err_code
feature_bad(struct geojson *g, struct jscan *j, const char *start, struct err *e)
{
	const char *end = *start == '{' || *start == '[' ? jscan_match(start, j->end) : NULL;
	struct jscan skip = *j;
	struct jtoken t;
	char reason[300];

	if (g->out)
		out_row_drop(g->out);
	if (!end && *start != '{' && *start != '[') {
		skip.p = start;
		end = jscan_value(&skip, &t) ? skip.p : NULL;
	}
	if (!end) {
		g->row--;
		return err_set(e, ERR_INVALID,
		               "the file breaks off in feature %lld, which begins at byte %zu",
		               (long long)g->row + 1, (size_t)(start - g->in.s));
	}
	(void)snprintf(reason, sizeof reason,
	               "the feature cannot be read: %s (at byte %zu of the file)",
	               j->why ? j->why : "a limit was passed", (size_t)(j->p - g->in.s));
	if (g->out)
		out_bad(g->out, g->row, reason, start, (size_t)(end - start));
	err_clear(e);
	j->p = end;
	j->why = NULL;
	return ERR_OK;
}

static enum err_code
feature(struct geojson *g, struct jscan *j, bool bare, struct err *e)
{
	const char *start;

	(void)jscan_peek(j);
	start = j->p;
	if (g->row >= g->limits->features)
		return err_set(e, ERR_LIMIT, "there are more than %lld features",
		               (long long)g->limits->features);
	g->row++;
	j->depth = (int)g->limits->depth;
	if (!feature_read(g, j, bare, e)) {
		if (e->code == ERR_LIMIT || e->code == ERR_NOMEM)
			return e->code;
		if (feature_bad(g, j, start, e) != ERR_OK)
			return e->code;
	}
	input_passed(&g->in, j->p);
	if (g->progress && g->row % 4096 == 0)
		g->progress(g->row);
	return ERR_OK;
}

static enum err_code
broken(const struct geojson *g, const struct jscan *j, struct err *e)
{
	if (j->p >= j->end)
		return err_set(e, ERR_INVALID, "the file breaks off after feature %lld",
		               (long long)g->row);
	return err_set(e, ERR_INVALID, "the file is not JSON after feature %lld, at byte %zu: %s",
	               (long long)g->row, (size_t)(j->p - g->in.s),
	               j->why ? j->why : "something is missing");
}

static enum err_code
features(struct geojson *g, struct jscan *j, struct err *e)
{
	bool more = true;

	j->p++;
	if (jscan_peek(j) == ']') {
		j->p++;
		return ERR_OK;
	}
	while (more) {
		if (jscan_peek(j) == '\0')
			return broken(g, j, e);
		if (feature(g, j, false, e) != ERR_OK)
			return e->code;
		if (!jscan_next(j, ']', &more))
			return broken(g, j, e);
	}
	return ERR_OK;
}

/* "urn:ogc:def:crs:EPSG::3857", "EPSG:3857" and the names of WGS 84 with longitude first. */
static void
crs_name(struct geojson *g, const char *s, size_t n)
{
	char name[200];
	const char *code;
	size_t digits;

	if (n >= sizeof name)
		n = sizeof name - 1;
	memcpy(name, s, n);
	name[n] = '\0';
	if (strstr(name, "CRS84"))
		return;
	code = strstr(name, "EPSG:");
	code = code ? code + 5 : name + n;
	while (strchr(code, ':'))
		code = strchr(code, ':') + 1;
	digits = strspn(code, "0123456789");
	if (digits && digits < 8 && !code[digits]) {
		(void)snprintf(g->crs, sizeof g->crs, "EPSG:%.7s", code);
	} else {
		struct jtoken t = { .s = s, .n = n };

		g->crs[0] = '\0';
		token_copy(&t, g->crs_note, sizeof g->crs_note);
	}
}

static void
crs_member(struct geojson *g, const struct jtoken *t)
{
	struct arena mem;
	struct json_value *v = NULL;
	struct err ignored = { 0 };
	const char *name = NULL;

	if (t->kind != '{')
		return;
	arena_init(&mem, 1 << 20);
	if (json_parse(t->s, t->n, 8, &mem, &v, &ignored) == ERR_OK)
		name = json_get_string(json_get(v, "properties"), "name");
	if (name) {
		crs_name(g, name, strlen(name));
	} else {
		g->crs[0] = '\0';
		token_copy(t, g->crs_note, sizeof g->crs_note);
	}
	arena_done(&mem);
}

/* A member of the outermost object. *ret_kind becomes 'C' once features were read. */
static enum err_code
top_member(struct geojson *g, struct jscan *j, const struct jtoken *key, char *ret_kind,
           struct err *e)
{
	struct jtoken t;
	char c = jscan_peek(j);

	if (jscan_is(key, "features") && c == '[') {
		*ret_kind = 'C';
		return features(g, j, e);
	}
	if (jscan_is(key, "geometry") || jscan_is(key, "properties"))
		*ret_kind = 'F';
	else if ((jscan_is(key, "coordinates") || jscan_is(key, "geometries")) && c == '[')
		*ret_kind = 'G';
	else if (jscan_is(key, "arcs") || jscan_is(key, "objects"))
		return err_set(e, ERR_UNSUPPORTED, "the file is TopoJSON; it must be GeoJSON");
	else if (jscan_is(key, "spatialReference") || jscan_is(key, "geometryType"))
		return err_set(e, ERR_UNSUPPORTED, "the file is Esri JSON; it must be GeoJSON");
	if (*ret_kind == 'F' || *ret_kind == 'G')
		return ERR_OK;
	j->depth = (int)g->limits->depth;
	if (!jscan_value(j, &t))
		return broken(g, j, e);
	if (jscan_is(key, "type") && jscan_is(&t, "Feature"))
		*ret_kind = 'F';
	else if (jscan_is(key, "crs"))
		crs_member(g, &t);
	else if (jscan_is(key, "name") && t.kind == '"')
		token_copy(&t, g->name, sizeof g->name);
	return ERR_OK;
}

/* One value at the top: a collection, whose features are read as they come, or something smaller,
 * which is read again from its start once its kind shows. */
static enum err_code
top(struct geojson *g, struct jscan *j, struct err *e)
{
	const char *start = j->p;
	struct jtoken key;
	char kind = 0;
	bool more;

	j->p++;
	more = jscan_peek(j) != '}';
	if (!more)
		j->p++;
	while (more) {
		if (!jscan_string(j, &key) || !jscan_expect(j, ':'))
			return broken(g, j, e);
		if (top_member(g, j, &key, &kind, e) != ERR_OK)
			return e->code;
		if (kind == 'F' || kind == 'G') {
			j->p = start;
			return feature(g, j, kind == 'G', e);
		}
		if (!jscan_next(j, '}', &more))
			return broken(g, j, e);
	}
	if (kind != 'C')
		return err_set(e, ERR_INVALID, "the file is JSON, but holds no GeoJSON features");
	return ERR_OK;
}

static enum err_code
walk(struct geojson *g, struct err *e)
{
	struct jscan j = { .p = g->in.s, .end = g->in.s + g->in.n };
	bool first = true;

	if (g->in.n >= 3 && memcmp(j.p, "\xef\xbb\xbf", 3) == 0)
		j.p += 3;
	err_clear(e);
	g->row = 0;
	input_rewind(&g->in);
	for (;;) {
		char c = jscan_peek(&j);

		if (j.p == j.end)
			break;
		if (c == RECORD_SEPARATOR || (c == ',' && !first)) {
			j.p++;
			continue;
		}
		if (c != '{' && first)
			return err_set(e, ERR_INVALID,
			               "the file is not GeoJSON: it does not begin with \"{\"");
		if (c != '{')
			return broken(g, &j, e);
		if (top(g, &j, e) != ERR_OK)
			return e->code;
		first = false;
	}
	return first ? err_set(e, ERR_INVALID, "the file is empty") : ERR_OK;
}

/* The features' own id gets a name that no property has. */
static enum err_code
id_name(struct geojson *g, struct err *e)
{
	static const char *const names[] = { "id", "feature_id", "geojson_id" };
	struct column *id;

	if (g->id_column == SIZE_MAX)
		return ERR_OK;
	id = &g->cols.at[g->id_column];
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		if (columns_find(&g->cols, names[i], strlen(names[i]), 0) != SIZE_MAX)
			continue;
		id->name = names[i];
		id->name_size = strlen(names[i]);
		return ERR_OK;
	}
	return err_set(e, ERR_INVALID, "the properties use every name for the feature's own id");
}

enum err_code
geojson_scan(struct geojson *g, struct err *e)
{
	enum err_code rc = walk(g, e);

	/* A file that breaks off is read as far as it goes; the second pass says where. */
	if (rc == ERR_INVALID && g->row > 0) {
		err_clear(e);
		rc = ERR_OK;
	}
	g->features = g->row;
	if (rc == ERR_OK)
		rc = id_name(g, e);
	return rc == ERR_OK ? columns_finish(&g->cols, e) : rc;
}

enum err_code
geojson_rows(struct geojson *g, struct out *o, struct err *e)
{
	g->values = mem_calloc(g->cols.count + 1, sizeof *g->values);
	g->value_row = mem_calloc(g->cols.count + 1, sizeof *g->value_row);
	if (!g->values || !g->value_row)
		return err_set(e, ERR_NOMEM, "out of memory for %zu columns", g->cols.count);
	g->out = o;
	return walk(g, e);
}
