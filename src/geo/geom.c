#include <math.h>
#include <string.h>

#include "geo/build.h"
#include "geo/geom.h"

#define WKB_MAX_DEPTH 8

/* ---- basics ---- */

bool
geom_is_empty(const struct geom *g)
{
	return g->point_count == 0;
}

bool
geom_is_areal(const struct geom *g)
{
	return g->type == GEOM_POLYGON || g->type == GEOM_MULTIPOLYGON;
}

struct geom_box
geom_bounds(const struct geom *g)
{
	struct geom_box box = { INFINITY, INFINITY, -INFINITY, -INFINITY };

	for (uint32_t i = 0; i < g->point_count; i++) {
		double x = g->xy[2 * (size_t)i], y = g->xy[2 * (size_t)i + 1];

		box.min_lon_deg = x < box.min_lon_deg ? x : box.min_lon_deg;
		box.max_lon_deg = x > box.max_lon_deg ? x : box.max_lon_deg;
		box.min_lat_deg = y < box.min_lat_deg ? y : box.min_lat_deg;
		box.max_lat_deg = y > box.max_lat_deg ? y : box.max_lat_deg;
	}
	return box;
}

bool
geom_box_overlap(struct geom_box a, struct geom_box b)
{
	return a.min_lon_deg <= b.max_lon_deg && b.min_lon_deg <= a.max_lon_deg &&
	       a.min_lat_deg <= b.max_lat_deg && b.min_lat_deg <= a.max_lat_deg;
}

void
geom_box_grow(struct geom_box *a, struct geom_box b)
{
	if (!(b.min_lon_deg <= b.max_lon_deg)) {
		return;
	}
	a->min_lon_deg = b.min_lon_deg < a->min_lon_deg ? b.min_lon_deg : a->min_lon_deg;
	a->min_lat_deg = b.min_lat_deg < a->min_lat_deg ? b.min_lat_deg : a->min_lat_deg;
	a->max_lon_deg = b.max_lon_deg > a->max_lon_deg ? b.max_lon_deg : a->max_lon_deg;
	a->max_lat_deg = b.max_lat_deg > a->max_lat_deg ? b.max_lat_deg : a->max_lat_deg;
}

bool
geom_make_point(double lon_deg, double lat_deg, struct arena *mem, struct geom *ret)
{
	double *xy = arena_calloc(mem, 2, sizeof(*xy));
	uint32_t *end = arena_calloc(mem, 2, sizeof(*end));

	if (!xy || !end) {
		return false;
	}
	xy[0] = lon_deg;
	xy[1] = lat_deg;
	end[0] = end[1] = 1;
	*ret = (struct geom){ GEOM_POINT, 1, 1, 1, end, end + 1, xy };
	return true;
}

bool
geom_copy(const struct geom *g, struct arena *mem, struct geom *ret)
{
	struct geom c = *g;
	double *xy = arena_calloc(mem, 2 * (size_t)g->point_count + 1, sizeof(*xy));
	uint32_t *ends =
		arena_calloc(mem, (size_t)g->part_count + g->ring_count + 1, sizeof(*ends));

	if (!xy || !ends) {
		return false;
	}
	if (g->point_count) {
		memcpy(xy, g->xy, 2 * (size_t)g->point_count * sizeof(*xy));
	}
	if (g->part_count) {
		memcpy(ends, g->part_end, g->part_count * sizeof(*ends));
	}
	if (g->ring_count) {
		memcpy(ends + g->part_count, g->ring_end, g->ring_count * sizeof(*ends));
	}
	c.xy = xy;
	c.part_end = ends;
	c.ring_end = ends + g->part_count;
	*ret = c;
	return true;
}

static bool
geom_same(const void *a, const void *b, size_t n)
{
	return n == 0 || memcmp(a, b, n) == 0;
}

bool
geom_equal(const struct geom *a, const struct geom *b)
{
	return a->type == b->type && a->part_count == b->part_count &&
	       a->ring_count == b->ring_count && a->point_count == b->point_count &&
	       geom_same(a->part_end, b->part_end, a->part_count * sizeof(*a->part_end)) &&
	       geom_same(a->ring_end, b->ring_end, a->ring_count * sizeof(*a->ring_end)) &&
	       geom_same(a->xy, b->xy, 2 * (size_t)a->point_count * sizeof(*a->xy));
}

/* ---- reading WKB ---- */

struct wkb {
	const uint8_t *p;
	size_t left;
	bool big;
	int dims;
	int kind; /* 1 points, 2 lines, 3 polygons; 0 not known yet */
	struct build b;
};

static enum err_code
wkb_short(struct err *e)
{
	return err_set(e, ERR_INVALID, "the geometry ends too early");
}

static uint32_t
wkb_u32_at(const uint8_t *p, bool big)
{
	uint32_t v = 0;

	for (int i = 0; i < 4; i++) {
		v |= (uint32_t)p[i] << (8 * (big ? 3 - i : i));
	}
	return v;
}

static double
wkb_f64_at(const uint8_t *p, bool big)
{
	uint64_t bits = 0;
	double v;

	for (int i = 0; i < 8; i++) {
		bits |= (uint64_t)p[i] << (8 * (big ? 7 - i : i));
	}
	memcpy(&v, &bits, sizeof(v));
	return v;
}

static enum err_code
wkb_u32(struct wkb *r, uint32_t *ret, struct err *e)
{
	if (r->left < 4) {
		return wkb_short(e);
	}
	*ret = wkb_u32_at(r->p, r->big);
	r->p += 4;
	r->left -= 4;
	return ERR_OK;
}

/* Byte order, type and an EWKB SRID; leaves the number of coordinates a position in r->dims. */
static enum err_code
wkb_header(struct wkb *r, uint32_t *ret_type, struct err *e)
{
	uint32_t type = 0, srid;
	enum err_code rc;

	if (r->left < 1) {
		return wkb_short(e);
	}
	if (r->p[0] > 1) {
		return err_set(e, ERR_INVALID, "byte order %u of a geometry is not 0 or 1",
		               r->p[0]);
	}
	r->big = r->p[0] == 0;
	r->p++;
	r->left--;
	rc = wkb_u32(r, &type, e);
	if (rc != ERR_OK) {
		return rc;
	}
	r->dims = 2 + ((type & 0x80000000u) != 0) + ((type & 0x40000000u) != 0);
	if (type & 0x20000000u) {
		rc = wkb_u32(r, &srid, e);
		if (rc != ERR_OK) {
			return rc;
		}
	}
	type &= 0x1fffffffu;
	if (type >= 4000) {
		return err_set(e, ERR_INVALID, "geometry type %u does not exist", (unsigned)type);
	}
	if (type >= 1000) {
		r->dims = type >= 3000 ? 4 : 3;
	}
	*ret_type = type % 1000;
	return ERR_OK;
}

static enum err_code
wkb_points(struct wkb *r, uint32_t n, struct err *e)
{
	size_t step = 8 * (size_t)r->dims;

	if (n > r->left / step) {
		return wkb_short(e);
	}
	for (uint32_t i = 0; i < n; i++, r->p += step, r->left -= step) {
		double x = wkb_f64_at(r->p, r->big), y = wkb_f64_at(r->p + 8, r->big);
		enum err_code rc = build_point(&r->b, x, y, e);

		if (rc != ERR_OK) {
			return rc;
		}
	}
	return ERR_OK;
}

static enum err_code
wkb_point(struct wkb *r, struct err *e)
{
	size_t step = 8 * (size_t)r->dims;
	enum err_code rc;

	if (r->left < step) {
		return wkb_short(e);
	}
	if (isnan(wkb_f64_at(r->p, r->big)) && isnan(wkb_f64_at(r->p + 8, r->big))) {
		r->p += step; /* how GeoPackage and ISO write an empty point */
		r->left -= step;
		return ERR_OK;
	}
	rc = wkb_points(r, 1, e);
	build_end_ring(&r->b, false);
	build_end_part(&r->b);
	return rc;
}

static enum err_code
wkb_rings(struct wkb *r, uint32_t rings, bool areal, struct err *e)
{
	for (uint32_t i = 0; i < rings; i++) {
		uint32_t n = 0;
		enum err_code rc = wkb_u32(r, &n, e);

		if (rc == ERR_OK) {
			rc = wkb_points(r, n, e);
		}
		if (rc != ERR_OK) {
			return rc;
		}
		build_end_ring(&r->b, areal);
	}
	build_end_part(&r->b);
	return ERR_OK;
}

static enum err_code
wkb_kind(struct wkb *r, int kind, struct err *e)
{
	if (r->kind && r->kind != kind) {
		return err_set(e, ERR_UNSUPPORTED,
		               "a collection of points, lines and polygons together is not read");
	}
	r->kind = kind;
	return ERR_OK;
}

/* within: the type of the collection that holds this, 0 at the top. */
static enum err_code
wkb_geometry(struct wkb *r, uint32_t within, int depth, struct err *e)
{
	uint32_t type = 0, n = 0;
	enum err_code rc = wkb_header(r, &type, e);

	if (rc != ERR_OK) {
		return rc;
	}
	if (type == 0 || type > 17) {
		return err_set(e, ERR_INVALID, "geometry type %u does not exist", (unsigned)type);
	}
	if (type > 7) {
		return err_set(e, ERR_UNSUPPORTED,
		               "curves and surfaces (geometry type %u) are not read",
		               (unsigned)type);
	}
	if (depth > WKB_MAX_DEPTH) {
		return err_set(e, ERR_LIMIT, "collections nested more than %d deep", WKB_MAX_DEPTH);
	}
	if (within >= 4 && within <= 6 && type != within - 3) {
		return err_set(e, ERR_INVALID, "geometry type %u inside a collection of type %u",
		               (unsigned)type, (unsigned)within);
	}
	if (within == 0) {
		r->b.type = type == 7 ? GEOM_MULTIPOINT : (enum geom_type)type;
	}
	if (type != 7) {
		rc = wkb_kind(r, type > 3 ? (int)type - 3 : (int)type, e);
	}
	if (rc != ERR_OK) {
		return rc;
	}
	if (type == 1) {
		return wkb_point(r, e);
	}
	if (type == 2) {
		return wkb_rings(r, 1, false, e);
	}
	rc = wkb_u32(r, &n, e);
	if (rc != ERR_OK) {
		return rc;
	}
	if (type == 3) {
		return wkb_rings(r, n, true, e);
	}
	for (uint32_t i = 0; i < n && rc == ERR_OK; i++) {
		rc = wkb_geometry(r, type, depth + 1, e);
	}
	return rc;
}

static enum err_code
wkb_pass(struct wkb *r, const uint8_t *p, size_t n, struct err *e)
{
	enum err_code rc;
	uint8_t top = n >= 5 ? p[0] : 1;
	uint32_t type = n >= 5 ? wkb_u32_at(p + 1, top == 0) & 0x1fffffffu : 0;

	r->p = p;
	r->left = n;
	r->kind = 0;
	rc = wkb_geometry(r, 0, 0, e);
	if (rc != ERR_OK) {
		return rc;
	}
	if (r->left) {
		return err_set(e, ERR_INVALID, "%zu bytes after the end of the geometry", r->left);
	}
	if (type % 1000 == 7 && r->kind) {
		r->b.type = (enum geom_type)(r->kind + 3);
	}
	return ERR_OK;
}

enum err_code
geom_from_wkb(const uint8_t *p, size_t n, size_t max_points, struct arena *mem, struct geom *ret,
              struct err *e)
{
	struct wkb r = { 0 };
	enum err_code rc;

	build_start(&r.b, max_points);
	rc = wkb_pass(&r, p, n, e);
	if (rc != ERR_OK) {
		return rc;
	}
	if (!build_fill(&r.b, mem)) {
		return err_set(e, ERR_NOMEM, "out of memory for a geometry");
	}
	rc = wkb_pass(&r, p, n, e);
	if (rc != ERR_OK) {
		return rc;
	}
	build_done(&r.b, ret);
	return ERR_OK;
}

/* ---- writing WKB ---- */

static void
wkb_put_points(const struct geom *g, uint32_t from, uint32_t to, struct buf *out)
{
	for (size_t i = 2 * (size_t)from; i < 2 * (size_t)to; i++) {
		buf_add_f64le(out, g->xy[i]);
	}
}

static void
wkb_put_part(const struct geom *g, uint32_t part, uint32_t type, struct buf *out)
{
	uint32_t r = part ? g->part_end[part - 1] : 0, end = g->part_end[part];

	buf_addc(out, 1);
	buf_add_u32le(out, type);
	if (type == 3) {
		buf_add_u32le(out, end - r);
	}
	for (; r < end; r++) {
		uint32_t from = r ? g->ring_end[r - 1] : 0;

		if (type != 1) {
			buf_add_u32le(out, g->ring_end[r] - from);
		}
		wkb_put_points(g, from, g->ring_end[r], out);
	}
}

void
geom_to_wkb(const struct geom *g, struct buf *out)
{
	uint32_t type = (uint32_t)g->type;

	if (type <= 3 && g->part_count == 1) {
		wkb_put_part(g, 0, type, out);
		return;
	}
	buf_addc(out, 1);
	buf_add_u32le(out, type);
	if (type == 1) { /* an empty point has no other form */
		buf_add_f64le(out, (double)NAN);
		buf_add_f64le(out, (double)NAN);
		return;
	}
	buf_add_u32le(out, g->part_count);
	for (uint32_t i = 0; type > 3 && i < g->part_count; i++) {
		wkb_put_part(g, i, type - 3, out);
	}
}

/* ---- GeoPackage blobs (OGC 12-128r18, 2.1.3) ---- */

void
geom_to_gpkg(const struct geom *g, struct buf *out)
{
	bool empty = geom_is_empty(g), boxed = !empty && g->type != GEOM_POINT;

	buf_add(out, "GP\0", 3);
	buf_addc(out, (char)(1 | (boxed ? 1 << 1 : 0) | (empty ? 1 << 4 : 0)));
	buf_add_u32le(out, 4326);
	if (boxed) {
		struct geom_box b = geom_bounds(g);

		buf_add_f64le(out, b.min_lon_deg);
		buf_add_f64le(out, b.max_lon_deg);
		buf_add_f64le(out, b.min_lat_deg);
		buf_add_f64le(out, b.max_lat_deg);
	}
	geom_to_wkb(g, out);
}

enum err_code
geom_from_gpkg(const uint8_t *p, size_t n, struct arena *mem, struct geom *ret, struct err *e)
{
	static const size_t envelope_size[5] = { 0, 32, 48, 48, 64 };
	unsigned flags, kind;
	size_t head;

	if (n < 8 || p[0] != 'G' || p[1] != 'P') {
		return err_set(e, ERR_INVALID,
		               "not a GeoPackage geometry: it does not start with GP");
	}
	flags = p[3];
	kind = flags >> 1 & 7;
	if (p[2] != 0 || flags & 0x20) {
		return err_set(e, ERR_UNSUPPORTED,
		               "GeoPackage geometry version %u, extended type %u", p[2] + 1u,
		               flags >> 5 & 1);
	}
	if (kind > 4) {
		return err_set(e, ERR_INVALID,
		               "envelope kind %u of a GeoPackage geometry is not 0 .. 4", kind);
	}
	head = 8 + envelope_size[kind];
	if (n < head) {
		return wkb_short(e);
	}
	return geom_from_wkb(p + head, n - head, 0, mem, ret, e);
}
