/* The union that contains each of its inputs, for what is drawn in caution. */
#include "geo/handle.h"
#include "geo/shape.h"

#include "base/mem.h"

#define JOIN_MANY 64   /* more inputs are not compared pair by pair */
#define JOIN_MITRE 2.0 /* corners grow at most by this many times the distance */
/* Tried one after the other; degrees: 0.1 mm to 0.1 m. */
static const double join_by[] = { 1e-9, 1e-8, 1e-7, 1e-6 };

static enum err_code
contains(struct geo *ctx, const GEOSGeometry *outer, const struct geom *inner, bool *ret,
         struct err *e)
{
	GEOSGeometry *in = NULL;
	enum err_code rc = geo_to_geos(ctx, inner, &in, e);

	if (rc != ERR_OK) {
		return rc;
	}
	rc = geo_truth(ctx, GEOSCovers_r(ctx->geos, outer, in), "compare outlines", ret, e);
	GEOSGeom_destroy_r(ctx->geos, in);
	return rc;
}

enum err_code
shape_contains(struct geo *ctx, const struct geom *outer, const struct geom *inner, bool *ret,
               struct err *e)
{
	GEOSGeometry *out = NULL;
	enum err_code rc;

	if (geom_is_empty(inner) || geom_is_empty(outer)) {
		*ret = geom_is_empty(inner);
		return ERR_OK;
	}
	if (!geo_geos(ctx)) {
		return err_set(e, ERR_NOMEM, "out of memory for a GEOS context");
	}
	rc = geo_to_geos(ctx, outer, &out, e);
	if (rc != ERR_OK) {
		return rc;
	}
	rc = contains(ctx, out, inner, ret, e);
	GEOSGeom_destroy_r(ctx->geos, out);
	return rc;
}

static enum err_code
contains_all(struct geo *ctx, const GEOSGeometry *outer, const struct geom *const *g, size_t count,
             size_t but, bool *ret, struct err *e)
{
	enum err_code rc = ERR_OK;

	*ret = true;
	for (size_t i = 0; rc == ERR_OK && *ret && i < count; i++) {
		if (i != but && !geom_is_empty(g[i])) {
			rc = contains(ctx, outer, g[i], ret, e);
		}
	}
	return rc;
}

/* The input that holds all the others, count if none does. */
static enum err_code
largest(struct geo *ctx, const struct geom *const *g, size_t count, size_t *ret, struct err *e)
{
	enum err_code rc = ERR_OK;
	bool holds = false;

	*ret = count;
	for (size_t i = 0; rc == ERR_OK && i < count && count <= JOIN_MANY; i++) {
		GEOSGeometry *outer = NULL;

		if (!geom_is_areal(g[i]) || geom_is_empty(g[i])) {
			continue;
		}
		rc = geo_to_geos(ctx, g[i], &outer, e);
		if (rc == ERR_OK) {
			rc = contains_all(ctx, outer, g, count, i, &holds, e);
			GEOSGeom_destroy_r(ctx->geos, outer);
		}
		if (rc == ERR_OK && holds) {
			*ret = i;
			break;
		}
	}
	return rc;
}

enum err_code
shape_join(struct geo *ctx, const struct geom *const *g, size_t count, struct arena *mem,
           struct geom *ret, struct err *e)
{
	GEOSGeometry *u = NULL, *grown = NULL;
	struct geom all;
	size_t most = count;
	bool holds = false;
	enum err_code rc;

	if (!geo_geos(ctx)) {
		return err_set(e, ERR_NOMEM, "out of memory for a GEOS context");
	}
	rc = largest(ctx, g, count, &most, e);
	if (rc != ERR_OK) {
		return rc;
	}
	if (most < count) {
		return geom_copy(g[most], mem, ret)
		               ? ERR_OK
		               : err_set(e, ERR_NOMEM, "out of memory for an outline");
	}
	rc = shape_union(ctx, g, count, mem, &all, e);
	if (rc == ERR_OK && geom_is_areal(&all) && !geom_is_empty(&all)) {
		rc = geo_to_geos(ctx, &all, &u, e);
		if (rc == ERR_OK) {
			rc = contains_all(ctx, u, g, count, count, &holds, e);
		}
		/* where two outlines cross, the rounded corner may lie inside one of them */
		for (size_t i = 0; rc == ERR_OK && !holds && i < sizeof(join_by) / sizeof(*join_by);
		     i++) {
			GEOSGeom_destroy_r(ctx->geos, grown);
			grown = GEOSBufferWithStyle_r(ctx->geos, u, join_by[i], 1,
			                              GEOSBUF_CAP_ROUND, GEOSBUF_JOIN_MITRE,
			                              JOIN_MITRE);
			rc = grown ? geo_from_geos(ctx, grown, 2, mem, &all, e)
			           : geo_failed(ctx, "grow an outline", e);
			if (rc == ERR_OK) {
				rc = contains_all(ctx, grown, g, count, count, &holds, e);
			}
		}
	}
	GEOSGeom_destroy_r(ctx->geos, u);
	GEOSGeom_destroy_r(ctx->geos, grown);
	if (rc == ERR_OK) {
		*ret = all;
	}
	return rc;
}
