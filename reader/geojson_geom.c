#include <string.h>

#include "reader/geojson.h"

enum {
	WKB_POINT = 1,
	WKB_LINE,
	WKB_POLYGON,
	WKB_MULTIPOINT,
	WKB_MULTILINE,
	WKB_MULTIPOLYGON,
	WKB_COLLECTION
};

struct shape {
	struct jscan *j;
	struct out *o;
	int64_t left; /* vertices still allowed */
};

static void
wkb_head(struct shape *s, uint32_t type)
{
	out_u8(s->o, 1);
	out_u32(s->o, type);
}

static void
count_put(struct shape *s, size_t at, uint32_t count)
{
	if (buf_ok(&s->o->buf))
		memcpy(s->o->buf.data + at, &count, 4);
}

static bool
position(struct shape *s)
{
	double xy[2];
	double more;
	struct jscan *j = s->j;
	uint8_t *p;

	if (!jscan_expect(j, '[') || !jscan_number(j, &xy[0]) || !jscan_expect(j, ',') ||
	    !jscan_number(j, &xy[1]))
		return false;
	while (jscan_peek(j) == ',') {
		j->p++;
		if (!jscan_number(j, &more))
			return false;
	}
	if (!jscan_expect(j, ']'))
		return false;
	if (--s->left < 0)
		return jscan_fail(j, "the geometry has more vertices than allowed");
	p = out_bytes(s->o, 16);
	if (p)
		memcpy(p, xy, 16);
	return true;
}

/* A list of children, each written by one; its count goes in front. */
static bool
list(struct shape *s, bool (*one)(struct shape *s))
{
	size_t at = s->o->buf.size;
	uint32_t count = 0;
	bool more = true;

	out_u32(s->o, 0);
	if (!jscan_expect(s->j, '['))
		return false;
	if (jscan_peek(s->j) == ']') {
		s->j->p++;
		return true;
	}
	while (more) {
		if (!one(s) || !jscan_next(s->j, ']', &more))
			return false;
		count++;
	}
	count_put(s, at, count);
	return true;
}

static bool
positions(struct shape *s)
{
	return list(s, position);
}

static bool
point_whole(struct shape *s)
{
	wkb_head(s, WKB_POINT);
	return position(s);
}

static bool
line_whole(struct shape *s)
{
	wkb_head(s, WKB_LINE);
	return list(s, position);
}

static bool
polygon_whole(struct shape *s)
{
	wkb_head(s, WKB_POLYGON);
	return list(s, positions);
}

static bool geometry(struct shape *s, bool *ret_empty);

static bool
member(struct shape *s)
{
	bool empty = false;

	if (!geometry(s, &empty))
		return false;
	return !empty || jscan_fail(s->j, "a geometry collection holds an empty point");
}

static bool
content(struct shape *s, uint32_t type)
{
	switch (type) {
	case WKB_POINT:
		return point_whole(s);
	case WKB_LINE:
		return line_whole(s);
	case WKB_POLYGON:
		return polygon_whole(s);
	case WKB_MULTIPOINT:
		wkb_head(s, type);
		return list(s, point_whole);
	case WKB_MULTILINE:
		wkb_head(s, type);
		return list(s, line_whole);
	case WKB_MULTIPOLYGON:
		wkb_head(s, type);
		return list(s, polygon_whole);
	case WKB_COLLECTION:
		wkb_head(s, type);
		return list(s, member);
	default:
		return jscan_fail(s->j, "the geometry's type is unknown");
	}
}

static uint32_t
type_number(const struct jtoken *t)
{
	static const char *const names[] = {
		"Point",           "LineString",   "Polygon",           "MultiPoint",
		"MultiLineString", "MultiPolygon", "GeometryCollection"
	};

	for (uint32_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		if (t->kind == '"' && jscan_is(t, names[i]))
			return i + 1;
	}
	return 0;
}

/* The list, now or (when its type comes after it) later: *ret_later then tells where it is. */
static bool
content_now_or_later(struct shape *s, uint32_t type, const char **ret_later, bool *ret_empty)
{
	struct jscan *j = s->j;
	const char *close;

	if (jscan_peek(j) != '[')
		return jscan_fail(j, "the coordinates are not a list");
	if (type == WKB_POINT) {
		struct jscan ahead = *j;

		ahead.p++;
		if (jscan_peek(&ahead) == ']' && ahead.p < ahead.end) {
			j->p = ahead.p + 1;
			*ret_empty = true;
			return true;
		}
	}
	if (type)
		return content(s, type);
	*ret_later = j->p;
	close = jscan_match(j->p, j->end);
	if (!close)
		return jscan_fail(j, "a list never ends");
	j->p = close;
	return true;
}

static bool
geometry_members(struct shape *s, const char **ret_later, uint32_t *ret_type, bool *ret_empty)
{
	struct jscan *j = s->j;
	struct jtoken key;
	struct jtoken value;
	bool more = jscan_peek(j) != '}';
	bool found = false;

	if (!more)
		j->p++;
	while (more) {
		if (!jscan_string(j, &key) || !jscan_expect(j, ':'))
			return false;
		if (jscan_is(&key, "coordinates") || jscan_is(&key, "geometries")) {
			if (found)
				return jscan_fail(j, "the geometry has its coordinates twice");
			found = true;
			if (!content_now_or_later(s, *ret_type, ret_later, ret_empty))
				return false;
		} else if (!jscan_value(j, &value)) {
			return false;
		} else if (jscan_is(&key, "type") && !(*ret_type = type_number(&value))) {
			return jscan_fail(j, "the geometry's type is unknown");
		}
		if (!jscan_next(j, '}', &more))
			return false;
	}
	return found || jscan_fail(j, "the geometry has no coordinates");
}

static bool
geometry(struct shape *s, bool *ret_empty)
{
	struct jscan *j = s->j;
	const char *later = NULL;
	const char *end;
	uint32_t type = 0;
	bool ok;

	if (--j->depth < 0)
		return jscan_fail(j, "values are nested too deeply");
	if (!jscan_expect(j, '{') || !geometry_members(s, &later, &type, ret_empty))
		return false;
	j->depth++;
	if (!type)
		return jscan_fail(j, "the geometry has no type");
	if (!later)
		return true;
	end = j->p;
	j->p = later;
	ok = content_now_or_later(s, type, &later, ret_empty);
	j->p = ok ? end : j->p;
	return ok;
}

bool
geojson_geometry(struct jscan *j, struct out *o, int64_t max_vertices, bool *ret_empty)
{
	struct shape s = { .j = j, .o = o, .left = max_vertices };

	*ret_empty = false;
	return geometry(&s, ret_empty);
}
