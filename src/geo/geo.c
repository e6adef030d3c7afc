#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "geo/build.h"
#include "geo/handle.h"
#include "geo/projlib.h"

#define OUT_MAX_POINTS                                                                             \
	50000000u /* what GEOS makes of limited input; only guards the 32-bit counts */

#define TEXT_OF(x) #x
#define TEXT(x) TEXT_OF(x)

struct geo *
geo_create(void)
{
	return mem_calloc(1, sizeof(struct geo));
}

void
geo_free(struct geo *g)
{
	if (!g) {
		return;
	}
	if (g->coord_free) {
		g->coord_free(g->coord);
	}
	if (g->geos) {
		GEOS_finish_r(g->geos);
	}
	mem_free(g);
}

const char *
geo_versions(void)
{
	return "GEOS " GEOS_VERSION ", PROJ " TEXT(PROJ_VERSION_MAJOR) "." TEXT(
		PROJ_VERSION_MINOR) "." TEXT(PROJ_VERSION_PATCH);
}

static void
geo_message(const char *text, void *ctx)
{
	struct geo *g = ctx;

	(void)snprintf(g->message, sizeof(g->message), "%s", text); /* cut text is fine */
}

GEOSContextHandle_t
geo_geos(struct geo *ctx)
{
	if (!ctx->geos) {
		ctx->geos = GEOS_init_r();
		if (ctx->geos) {
			(void)GEOSContext_setErrorMessageHandler_r(ctx->geos, geo_message, ctx);
		}
	}
	return ctx->geos;
}

enum err_code
geo_failed(struct geo *ctx, const char *what, struct err *e)
{
	char quoted[256];
	enum err_code rc;

	rc = err_set(e, ERR_INTERNAL, "could not %s: %s", what,
	             err_quote(ctx->message[0] ? ctx->message : "no reason given", quoted,
	                       sizeof(quoted)));
	ctx->message[0] = '\0';
	return rc;
}

enum err_code
geo_truth(struct geo *ctx, int answer, const char *what, bool *ret, struct err *e)
{
	if (answer != 0 && answer != 1) {
		return geo_failed(ctx, what, e);
	}
	*ret = answer == 1;
	return ERR_OK;
}

/* ---- into GEOS ---- */

static GEOSGeometry *
in_ring(GEOSContextHandle_t h, const double *xy, size_t n)
{
	GEOSCoordSequence *s = GEOSCoordSeq_copyFromBuffer_r(h, xy, (unsigned)n, 0, 0);

	return s ? GEOSGeom_createLinearRing_r(h, s) : NULL;
}

GEOSGeometry *
geo_ring_polygon(struct geo *ctx, const double *xy, size_t n)
{
	GEOSContextHandle_t h = geo_geos(ctx);
	GEOSGeometry *shell = h ? in_ring(h, xy, n) : NULL;

	return shell ? GEOSGeom_createPolygon_r(h, shell, NULL, 0) : NULL;
}

static void
in_destroy(GEOSContextHandle_t h, GEOSGeometry **g, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		GEOSGeom_destroy_r(h, g[i]);
	}
}

/* One polygon from rings from .. to - 1. *ret NULL and true: nothing to make. list has room for
 * all. */
static bool
in_polygon(GEOSContextHandle_t h, const struct geom *g, uint32_t from, uint32_t to,
           GEOSGeometry **list, GEOSGeometry **ret)
{
	unsigned n = 0;

	*ret = NULL;
	for (uint32_t r = from; r < to; r++) {
		uint32_t a = r ? g->ring_end[r - 1] : 0;

		if (g->ring_end[r] - a < 4) {
			if (r == from) {
				return true;
			}
			continue;
		}
		list[n] = in_ring(h, g->xy + 2 * (size_t)a, g->ring_end[r] - a);
		if (!list[n]) {
			in_destroy(h, list, n);
			return false;
		}
		n++;
	}
	if (n) {
		*ret = GEOSGeom_createPolygon_r(h, list[0], list + 1, n - 1);
	}
	return n == 0 || *ret;
}

static bool
in_part(GEOSContextHandle_t h, const struct geom *g, uint32_t part, GEOSGeometry **list,
        GEOSGeometry **ret)
{
	uint32_t r = part ? g->part_end[part - 1] : 0, a = r ? g->ring_end[r - 1] : 0;
	uint32_t n = g->ring_end[r] - a;
	const double *xy = g->xy + 2 * (size_t)a;
	GEOSCoordSequence *s;

	*ret = NULL;
	if (geom_is_areal(g)) {
		return in_polygon(h, g, r, g->part_end[part], list, ret);
	}
	if (g->type == GEOM_POINT || g->type == GEOM_MULTIPOINT) {
		*ret = GEOSGeom_createPointFromXY_r(h, xy[0], xy[1]);
		return *ret;
	}
	if (n < 2) {
		return true;
	}
	s = GEOSCoordSeq_copyFromBuffer_r(h, xy, n, 0, 0);
	*ret = s ? GEOSGeom_createLineString_r(h, s) : NULL;
	return *ret;
}

static int
in_multi_type(const struct geom *g)
{
	if (geom_is_areal(g)) {
		return GEOS_MULTIPOLYGON;
	}
	return g->type == GEOM_POINT || g->type == GEOM_MULTIPOINT ? GEOS_MULTIPOINT
	                                                           : GEOS_MULTILINESTRING;
}

enum err_code
geo_to_geos(struct geo *ctx, const struct geom *g, GEOSGeometry **ret, struct err *e)
{
	GEOSContextHandle_t h = geo_geos(ctx);
	size_t room = (size_t)g->part_count + g->ring_count + 1;
	GEOSGeometry *few[16], **list = room <= 16 ? few : mem_calloc(room, sizeof(GEOSGeometry *));
	GEOSGeometry *made = NULL;
	unsigned n = 0;
	bool ok = h && list;

	for (uint32_t p = 0; ok && p < g->part_count; p++) {
		GEOSGeometry *part;

		ok = in_part(h, g, p, list + g->part_count, &part);
		if (part) {
			list[n++] = part;
		}
	}
	if (ok && n == 1) {
		made = list[0];
	} else if (ok) {
		made = GEOSGeom_createCollection_r(h, in_multi_type(g), list, n);
	} else if (h && list) {
		in_destroy(h, list, n);
	}
	if (list != few) {
		mem_free(list);
	}
	if (!made) {
		return h ? geo_failed(ctx, "hand a geometry to GEOS", e)
		         : err_set(e, ERR_NOMEM, "out of memory for a GEOS context");
	}
	*ret = made;
	return ERR_OK;
}

/* ---- out of GEOS ---- */

/* Turn ring number r of a finished builder if it runs the wrong way. */
static void
out_turn(struct build *b, uint32_t from, bool want_ccw)
{
	double twice = 0, *xy = b->xy + 2 * (size_t)from;
	size_t n = b->points - from;

	for (size_t i = 1; i < n; i++) {
		twice += (xy[2 * i - 2] - xy[0]) * (xy[2 * i + 1] - xy[1]) -
		         (xy[2 * i] - xy[0]) * (xy[2 * i - 1] - xy[1]);
	}
	if ((twice > 0) == want_ccw) {
		return;
	}
	for (size_t i = 0, j = n - 1; i < j; i++, j--) {
		for (size_t k = 0; k < 2; k++) {
			double t = xy[2 * i + k];

			xy[2 * i + k] = xy[2 * j + k];
			xy[2 * j + k] = t;
		}
	}
}

static enum err_code
out_sequence(struct geo *ctx, const GEOSGeometry *g, struct build *b, int turn, struct err *e)
{
	const GEOSCoordSequence *s = GEOSGeom_getCoordSeq_r(ctx->geos, g);
	uint32_t from = b->points;
	unsigned n = 0;

	if (!s || !GEOSCoordSeq_getSize_r(ctx->geos, s, &n)) {
		return geo_failed(ctx, "read a geometry from GEOS", e);
	}
	for (unsigned i = 0; i < n; i++) {
		double x, y;
		enum err_code rc;

		if (!GEOSCoordSeq_getXY_r(ctx->geos, s, i, &x, &y)) {
			return geo_failed(ctx, "read a geometry from GEOS", e);
		}
		rc = build_point(b, x, y, e);
		if (rc != ERR_OK) {
			return rc;
		}
	}
	if (b->xy && turn) {
		out_turn(b, from, turn > 0);
	}
	build_end_ring(b, turn != 0);
	return ERR_OK;
}

static enum err_code
out_polygon(struct geo *ctx, const GEOSGeometry *g, struct build *b, struct err *e)
{
	int holes = GEOSGetNumInteriorRings_r(ctx->geos, g);
	const GEOSGeometry *ring = GEOSGetExteriorRing_r(ctx->geos, g);
	enum err_code rc;

	if (holes < 0 || !ring) {
		return geo_failed(ctx, "read a polygon from GEOS", e);
	}
	rc = out_sequence(ctx, ring, b, 1, e);
	for (int i = 0; rc == ERR_OK && i < holes; i++) {
		ring = GEOSGetInteriorRingN_r(ctx->geos, g, i);
		rc = ring ? out_sequence(ctx, ring, b, -1, e)
		          : geo_failed(ctx, "read a hole from GEOS", e);
	}
	build_end_part(b);
	return rc;
}

static enum err_code
out_walk(struct geo *ctx, const GEOSGeometry *g, int dimension, struct build *b, struct err *e)
{
	int type = GEOSGeomTypeId_r(ctx->geos, g);
	enum err_code rc = ERR_OK;

	if (type >= GEOS_MULTIPOINT) {
		int n = GEOSGetNumGeometries_r(ctx->geos, g);

		for (int i = 0; rc == ERR_OK && i < n; i++) {
			rc = out_walk(ctx, GEOSGetGeometryN_r(ctx->geos, g, i), dimension, b, e);
		}
		return rc;
	}
	if (GEOSGeom_getDimensions_r(ctx->geos, g) != dimension ||
	    GEOSisEmpty_r(ctx->geos, g) != 0) {
		return ERR_OK;
	}
	if (type == GEOS_POLYGON) {
		return out_polygon(ctx, g, b, e);
	}
	rc = out_sequence(ctx, g, b, 0, e);
	build_end_part(b);
	return rc;
}

enum err_code
geo_from_geos(struct geo *ctx, const GEOSGeometry *g, int dimension, struct arena *mem,
              struct geom *ret, struct err *e)
{
	static const enum geom_type simple[3] = { GEOM_POINT, GEOM_LINESTRING, GEOM_POLYGON };
	struct build b;
	enum err_code rc;

	build_start(&b, OUT_MAX_POINTS);
	rc = out_walk(ctx, g, dimension, &b, e);
	if (rc != ERR_OK) {
		return rc;
	}
	b.type = (enum geom_type)((int)simple[dimension] + (b.parts > 1 ? 3 : 0));
	if (!build_fill(&b, mem)) {
		return err_set(e, ERR_NOMEM, "out of memory for a geometry");
	}
	rc = out_walk(ctx, g, dimension, &b, e);
	if (rc != ERR_OK) {
		return rc;
	}
	build_done(&b, ret);
	return ERR_OK;
}
