#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "geo/handle.h"
#include "geo/measure.h"
#include "geo/plane.h"
#include "geo/shape.h"
#include "geo/simple.h"

#define THIN_DEG 1e-7  /* to what points and lines grow where a shape must have area */
#define TOUCH_DEG 1e-9 /* tolerance of shape_covers */

const char *
shape_fault_name(enum shape_fault f)
{
	static const char *const names[] = { "valid",         "empty",        "few_points",
		                             "self_crossing", "hole_outside", "parts_overlap",
		                             "other_fault" };

	return (unsigned)f < sizeof(names) / sizeof(names[0]) ? names[f] : "other_fault";
}

/* ---- validity ---- */

/* At least `want` different positions among n? */
static bool
check_has_points(const double *xy, size_t n, size_t want)
{
	size_t seen = 1, second = 0;

	for (size_t i = 1; i < n && seen < want; i++) {
		if (plane_same(xy, xy + 2 * i)) {
			continue;
		}
		if (seen == 1) {
			second = i;
			seen = 2;
		} else if (!plane_same(xy + 2 * second, xy + 2 * i)) {
			seen = 3;
		}
	}
	return seen >= want;
}

static bool
check_few(const struct geom *g, double ret_at[2])
{
	size_t want = geom_is_areal(g) ? 3 : 2;

	for (uint32_t r = 0; r < g->ring_count; r++) {
		uint32_t from = r ? g->ring_end[r - 1] : 0;

		if (!check_has_points(g->xy + 2 * (size_t)from, g->ring_end[r] - from, want)) {
			ret_at[0] = g->xy[2 * (size_t)from];
			ret_at[1] = g->xy[2 * (size_t)from + 1];
			return true;
		}
	}
	return false;
}

static enum shape_fault
check_word(const char *reason)
{
	static const struct {
		const char *start;
		enum shape_fault fault;
	} words[] = {
		{ "Self-intersection", SHAPE_SELF_CROSSING },
		{ "Ring Self-intersection", SHAPE_SELF_CROSSING },
		{ "Interior is disconnected", SHAPE_SELF_CROSSING },
		{ "Duplicate Rings", SHAPE_SELF_CROSSING },
		{ "Hole lies outside shell", SHAPE_HOLE_OUTSIDE },
		{ "Holes are nested", SHAPE_HOLE_OUTSIDE },
		{ "Nested shells", SHAPE_HOLE_OUTSIDE },
		{ "Too few points", SHAPE_FEW_POINTS },
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strncmp(reason, words[i].start, strlen(words[i].start)) == 0) {
			return words[i].fault;
		}
	}
	return SHAPE_OTHER_FAULT;
}

/* A self-crossing of a multipolygon whose parts are valid each is an overlap of parts. */
static enum err_code
check_parts(struct geo *ctx, const GEOSGeometry *multi, enum shape_fault *fault, struct err *e)
{
	int n = GEOSGetNumGeometries_r(ctx->geos, multi);

	for (int i = 0; i < n; i++) {
		bool valid = false;
		enum err_code rc = geo_truth(
			ctx, GEOSisValid_r(ctx->geos, GEOSGetGeometryN_r(ctx->geos, multi, i)),
			"check an outline", &valid, e);

		if (rc != ERR_OK || !valid) {
			return rc;
		}
	}
	*fault = SHAPE_PARTS_OVERLAP;
	return ERR_OK;
}

static enum err_code
check_geos(struct geo *ctx, const struct geom *g, enum shape_fault *ret, double ret_at[2],
           struct err *e)
{
	GEOSGeometry *geos = NULL, *where = NULL;
	char *reason = NULL;
	enum shape_fault fault = SHAPE_VALID;
	bool valid = false;
	enum err_code rc = geo_to_geos(ctx, g, &geos, e);

	if (rc != ERR_OK) {
		return rc;
	}
	rc = geo_truth(ctx, GEOSisValidDetail_r(ctx->geos, geos, 0, &reason, &where),
	               "check an outline", &valid, e);
	if (rc == ERR_OK && !valid) {
		fault = check_word(reason ? reason : "");
	}
	if (rc == ERR_OK && !valid && where) {
		(void)GEOSGeomGetX_r(ctx->geos, where, &ret_at[0]); /* untouched where unknown */
		(void)GEOSGeomGetY_r(ctx->geos, where, &ret_at[1]);
	}
	if (rc == ERR_OK && fault == SHAPE_SELF_CROSSING && g->part_count > 1) {
		rc = check_parts(ctx, geos, &fault, e);
	}
	if (rc == ERR_OK) {
		*ret = fault;
	}
	GEOSFree_r(ctx->geos, reason);
	GEOSGeom_destroy_r(ctx->geos, where);
	GEOSGeom_destroy_r(ctx->geos, geos);
	return rc;
}

enum err_code
shape_check(struct geo *ctx, const struct geom *g, enum shape_fault *ret_fault, double ret_at[2],
            struct err *e)
{
	double ignored[2], *at = ret_at ? ret_at : ignored;

	if (geom_is_empty(g)) {
		*ret_fault = SHAPE_EMPTY;
		return ERR_OK;
	}
	if (g->type == GEOM_POINT || g->type == GEOM_MULTIPOINT) {
		*ret_fault = SHAPE_VALID;
		return ERR_OK;
	}
	if (geom_is_areal(g) && simple_is_valid(g)) {
		*ret_fault = SHAPE_VALID;
		return ERR_OK;
	}
	if (check_few(g, at)) {
		*ret_fault = SHAPE_FEW_POINTS;
		return ERR_OK;
	}
	return check_geos(ctx, g, ret_fault, at, e);
}

/* ---- two geometries ---- */

/* Both into GEOS; on failure neither is left. */
static enum err_code
pair_to_geos(struct geo *ctx, const struct geom *a, const struct geom *b, GEOSGeometry *ret[2],
             struct err *e)
{
	enum err_code rc = geo_to_geos(ctx, a, &ret[0], e);

	if (rc != ERR_OK) {
		return rc;
	}
	rc = geo_to_geos(ctx, b, &ret[1], e);
	if (rc != ERR_OK) {
		GEOSGeom_destroy_r(ctx->geos, ret[0]);
	}
	return rc;
}

static void
pair_destroy(struct geo *ctx, GEOSGeometry *pair[2])
{
	GEOSGeom_destroy_r(ctx->geos, pair[0]);
	GEOSGeom_destroy_r(ctx->geos, pair[1]);
}

enum err_code
shape_covers(struct geo *ctx, const struct geom *outer, const struct geom *inner, bool *ret,
             struct err *e)
{
	GEOSGeometry *pair[2], *grown = NULL;
	bool covers = false;
	enum err_code rc;

	if (geom_is_empty(inner) || geom_is_empty(outer)) {
		*ret = geom_is_empty(inner);
		return ERR_OK;
	}
	rc = pair_to_geos(ctx, outer, inner, pair, e);
	if (rc != ERR_OK) {
		return rc;
	}
	rc = geo_truth(ctx, GEOSCovers_r(ctx->geos, pair[0], pair[1]), "compare outlines", &covers,
	               e);
	if (rc == ERR_OK && !covers) {
		grown = GEOSBuffer_r(ctx->geos, pair[0], TOUCH_DEG, 2);
		rc = grown ? geo_truth(ctx, GEOSCovers_r(ctx->geos, grown, pair[1]),
		                       "compare outlines", &covers, e)
		           : geo_failed(ctx, "grow an outline", e);
	}
	if (rc == ERR_OK) {
		*ret = covers;
	}
	GEOSGeom_destroy_r(ctx->geos, grown);
	pair_destroy(ctx, pair);
	return rc;
}

enum err_code
shape_intersects(struct geo *ctx, const struct geom *a, const struct geom *b, bool *ret,
                 struct err *e)
{
	GEOSGeometry *pair[2];
	enum err_code rc;

	if (!geom_box_overlap(geom_bounds(a), geom_bounds(b))) {
		*ret = false;
		return ERR_OK;
	}
	rc = pair_to_geos(ctx, a, b, pair, e);
	if (rc != ERR_OK) {
		return rc;
	}
	rc = geo_truth(ctx, GEOSIntersects_r(ctx->geos, pair[0], pair[1]), "compare outlines", ret,
	               e);
	pair_destroy(ctx, pair);
	return rc;
}

enum err_code
shape_overlap_m2(struct geo *ctx, const struct geom *a, const struct geom *b, double *ret_m2,
                 struct err *e)
{
	GEOSGeometry *pair[2], *common;
	struct arena mem;
	struct geom g;
	enum err_code rc;

	if (!geom_is_areal(a) || !geom_is_areal(b) ||
	    !geom_box_overlap(geom_bounds(a), geom_bounds(b))) {
		*ret_m2 = 0;
		return ERR_OK;
	}
	rc = pair_to_geos(ctx, a, b, pair, e);
	if (rc != ERR_OK) {
		return rc;
	}
	arena_init(&mem, 0);
	common = GEOSIntersection_r(ctx->geos, pair[0], pair[1]);
	rc = common ? geo_from_geos(ctx, common, 2, &mem, &g, e)
	            : geo_failed(ctx, "intersect two outlines", e);
	if (rc == ERR_OK) {
		*ret_m2 = measure_area_m2(&g);
	}
	GEOSGeom_destroy_r(ctx->geos, common);
	pair_destroy(ctx, pair);
	arena_done(&mem);
	return rc;
}

/* ---- union ---- */

static GEOSGeometry *
union_all(struct geo *ctx, GEOSGeometry **list, unsigned n)
{
	GEOSGeometry *all =
		GEOSGeom_createCollection_r(ctx->geos, GEOS_GEOMETRYCOLLECTION, list, n);
	GEOSGeometry *one = all ? GEOSUnaryUnion_r(ctx->geos, all) : NULL;

	GEOSGeom_destroy_r(ctx->geos, all);
	return one;
}

/* Grow what of thin lies outside areal and join both. Takes neither. NULL on failure. */
static GEOSGeometry *
union_thin(struct geo *ctx, const GEOSGeometry *areal, const GEOSGeometry *thin)
{
	GEOSContextHandle_t h = ctx->geos;
	GEOSGeometry *rest = areal ? GEOSDifference_r(h, thin, areal) : GEOSGeom_clone_r(h, thin);
	GEOSGeometry *grown = NULL, *both = NULL;

	if (rest && GEOSisEmpty_r(h, rest) == 1) {
		both = GEOSGeom_clone_r(h, areal ? areal : rest);
	} else if (rest) {
		grown = GEOSBuffer_r(h, rest, THIN_DEG, 4);
		both = grown && areal ? GEOSUnion_r(h, areal, grown)
		       : grown        ? GEOSGeom_clone_r(h, grown)
		                      : NULL;
	}
	GEOSGeom_destroy_r(h, rest);
	GEOSGeom_destroy_r(h, grown);
	return both;
}

/* Sort the inputs into areal ones and others, and union each kind. NULL in *ret_* if there is none.
 */
static enum err_code
union_kinds(struct geo *ctx, const struct geom *const *g, size_t count, GEOSGeometry *ret[2],
            int *ret_thin_dims, struct err *e)
{
	GEOSGeometry **list = mem_calloc(2 * count + 1, sizeof(GEOSGeometry *));
	unsigned n[2] = { 0, 0 };
	enum err_code rc = list ? ERR_OK : err_set(e, ERR_NOMEM, "out of memory for a union");

	ret[0] = ret[1] = NULL;
	*ret_thin_dims = 0;
	for (size_t i = 0; rc == ERR_OK && i < count; i++) {
		unsigned thin = !geom_is_areal(g[i]);
		bool lines = g[i]->type == GEOM_LINESTRING || g[i]->type == GEOM_MULTILINESTRING;

		if (geom_is_empty(g[i])) {
			continue;
		}
		rc = geo_to_geos(ctx, g[i], &list[thin * count + n[thin]], e);
		n[thin] += rc == ERR_OK;
		*ret_thin_dims |= thin ? 1 << lines : 0;
	}
	for (unsigned k = 0; k < 2; k++) {
		if (rc == ERR_OK && n[k]) {
			ret[k] = union_all(ctx, list + k * count, n[k]);
			rc = ret[k] ? ERR_OK : geo_failed(ctx, "join outlines", e);
		} else {
			for (unsigned i = 0; list && i < n[k]; i++) {
				GEOSGeom_destroy_r(ctx->geos, list[k * count + i]);
			}
		}
	}
	mem_free(list);
	return rc;
}

enum err_code
shape_union(struct geo *ctx, const struct geom *const *g, size_t count, struct arena *mem,
            struct geom *ret, struct err *e)
{
	GEOSGeometry *kind[2] = { NULL, NULL }, *both = NULL;
	int dims;
	enum err_code rc;

	if (!geo_geos(ctx)) {
		return err_set(e, ERR_NOMEM, "out of memory for a GEOS context");
	}
	rc = union_kinds(ctx, g, count, kind, &dims, e);
	if (rc != ERR_OK) {
		goto out;
	}
	if (kind[1] && (kind[0] || dims == 3)) {
		both = union_thin(ctx, kind[0], kind[1]);
		rc = both ? geo_from_geos(ctx, both, 2, mem, ret, e)
		          : geo_failed(ctx, "join outlines and points", e);
	} else if (kind[1]) {
		rc = geo_from_geos(ctx, kind[1], dims == 2, mem, ret, e);
	} else if (kind[0]) {
		rc = geo_from_geos(ctx, kind[0], 2, mem, ret, e);
	} else {
		*ret = (struct geom){ .type = GEOM_POLYGON };
	}
out:
	GEOSGeom_destroy_r(ctx->geos, kind[0]);
	GEOSGeom_destroy_r(ctx->geos, kind[1]);
	GEOSGeom_destroy_r(ctx->geos, both);
	return rc;
}

/* ---- distance, a point inside ---- */

/* Stretch longitudes by k, shifted by `by` degrees first, so that the plane is true near one
 * latitude. */
static bool
distance_stretch(const struct geom *g, double k, double by, struct arena *mem, struct geom *ret)
{
	double *xy = arena_calloc(mem, 2 * (size_t)g->point_count, sizeof(*xy));

	if (!xy) {
		return false;
	}
	for (size_t i = 0; i < g->point_count; i++) {
		xy[2 * i] = (g->xy[2 * i] + by) * k;
		xy[2 * i + 1] = g->xy[2 * i + 1];
	}
	*ret = *g;
	ret->xy = xy;
	return true;
}

/* Nearest points of a and b in the plane that is true at lat_deg: lon, lat, lon, lat. */
static enum err_code
distance_nearest(struct geo *ctx, const struct geom *const ab[2], double lat_deg, double shift_deg,
                 double ret[4], struct err *e)
{
	double k = fmax(cos(lat_deg * 0.017453292519943295), 1e-3), at[4] = { 0 };
	GEOSGeometry *pair[2];
	GEOSCoordSequence *s;
	struct geom g[2];
	struct arena mem;
	enum err_code rc;

	arena_init(&mem, 0);
	if (!distance_stretch(ab[0], k, 0, &mem, &g[0]) ||
	    !distance_stretch(ab[1], k, shift_deg, &mem, &g[1])) {
		arena_done(&mem);
		return err_set(e, ERR_NOMEM, "out of memory for a distance");
	}
	rc = pair_to_geos(ctx, &g[0], &g[1], pair, e);
	arena_done(&mem);
	if (rc != ERR_OK) {
		return rc;
	}
	s = GEOSNearestPoints_r(ctx->geos, pair[0], pair[1]);
	if (!s || !GEOSCoordSeq_getXY_r(ctx->geos, s, 0, &at[0], &at[1]) ||
	    !GEOSCoordSeq_getXY_r(ctx->geos, s, 1, &at[2], &at[3])) {
		rc = geo_failed(ctx, "find the nearest points", e);
	} else {
		ret[0] = at[0] / k;
		ret[1] = at[1];
		ret[2] = at[2] / k;
		ret[3] = at[3];
	}
	GEOSCoordSeq_destroy_r(ctx->geos, s);
	pair_destroy(ctx, pair);
	return rc;
}

enum err_code
shape_distance_m(struct geo *ctx, const struct geom *a, const struct geom *b, double *ret_m,
                 struct err *e)
{
	const struct geom *ab[2] = { a, b };
	struct geom_box x = geom_bounds(a), y = geom_bounds(b);
	double best = INFINITY, at[4] = { 0 }, shift = 0, lat;
	bool meet = false;
	enum err_code rc;

	if (geom_is_empty(a) || geom_is_empty(b)) {
		return err_set(e, ERR_INVALID, "no distance to an empty geometry");
	}
	if (a->point_count == 1 && b->point_count == 1) {
		*ret_m = measure_distance_m(a->xy[0], a->xy[1], b->xy[0], b->xy[1]);
		return ERR_OK;
	}
	if (x.min_lon_deg - y.max_lon_deg > 180) {
		shift = 360;
	} else if (y.min_lon_deg - x.max_lon_deg > 180) {
		shift = -360;
	}
	rc = shape_intersects(ctx, a, b, &meet, e);
	if (rc != ERR_OK) {
		return rc;
	}
	/* Start at the latitude of the gap (or of the common strip) between the boxes. */
	lat = (fmax(x.min_lat_deg, y.min_lat_deg) + fmin(x.max_lat_deg, y.max_lat_deg)) / 2;
	for (int i = 0; i < 4 && !meet; i++) {
		double m, before = best;

		rc = distance_nearest(ctx, ab, lat, shift, at, e);
		if (rc != ERR_OK) {
			return rc;
		}
		m = measure_distance_m(at[0], at[1], at[2] - shift, at[3]);
		best = m < best ? m : best;
		lat = (at[1] + at[3]) / 2;
		if (i > 0 && !(before - best > before * 1e-6)) {
			break;
		}
	}
	*ret_m = meet ? 0 : best;
	return ERR_OK;
}

enum err_code
shape_point_inside(struct geo *ctx, const struct geom *g, double ret[2], struct err *e)
{
	GEOSGeometry *geos = NULL, *point = NULL;
	double x = 0, y = 0;
	enum err_code rc;

	if (geom_is_empty(g)) {
		return err_set(e, ERR_INVALID, "no point inside an empty geometry");
	}
	if (g->type == GEOM_MULTIPOINT) {
		memcpy(ret, g->xy, 2 * sizeof(*ret));
		return ERR_OK;
	}
	rc = geo_to_geos(ctx, g, &geos, e);
	if (rc != ERR_OK) {
		return rc;
	}
	point = GEOSPointOnSurface_r(ctx->geos, geos);
	if (!point || GEOSisEmpty_r(ctx->geos, point) != 0 ||
	    GEOSGeomGetX_r(ctx->geos, point, &x) != 1 ||
	    GEOSGeomGetY_r(ctx->geos, point, &y) != 1) {
		rc = geo_failed(ctx, "find a point inside", e);
	} else {
		ret[0] = x;
		ret[1] = y;
	}
	GEOSGeom_destroy_r(ctx->geos, point);
	GEOSGeom_destroy_r(ctx->geos, geos);
	return rc;
}
