#include "geo/relate.h"

#include "base/mem.h"
#include "geo/handle.h"

struct relate {
	struct geo *ctx;
	GEOSGeometry *g;
	const GEOSPreparedGeometry *ready;
	struct geom_box box;
};

enum err_code
relate_open(struct geo *ctx, const struct geom *g, struct relate **ret, struct err *e)
{
	struct relate *r = mem_calloc(1, sizeof(*r));
	bool valid = false;
	enum err_code rc;

	if (!r)
		return err_set(e, ERR_NOMEM, "out of memory for a geometry");
	r->ctx = ctx;
	r->box = geom_bounds(g);
	rc = geom_is_empty(g) ? err_set(e, ERR_INVALID, "the geometry is empty")
	                      : geo_to_geos(ctx, g, &r->g, e);
	if (!rc)
		rc = geo_truth(ctx, GEOSisValid_r(geo_geos(ctx), r->g), "check a geometry", &valid,
		               e);
	if (!rc && (!valid || GEOSisEmpty_r(geo_geos(ctx), r->g) == 1))
		rc = err_set(e, ERR_INVALID,
		             "the geometry is not valid: it crosses itself, or a ring has too few "
		             "points");
	if (!rc && !(r->ready = GEOSPrepare_r(geo_geos(ctx), r->g)))
		rc = geo_failed(ctx, "prepare a geometry", e);
	if (rc)
		relate_close(r);
	else
		*ret = r;
	return rc;
}

void
relate_close(struct relate *r)
{
	if (!r)
		return;
	if (r->ready)
		GEOSPreparedGeom_destroy_r(geo_geos(r->ctx), r->ready);
	if (r->g)
		GEOSGeom_destroy_r(geo_geos(r->ctx), r->g);
	mem_free(r);
}

/* The prepared one is the first operand: what is asked the other way round takes the converse. */
static int
ask(const struct relate *r, enum relate_kind kind, const GEOSGeometry *a)
{
	GEOSContextHandle_t h = geo_geos(r->ctx);

	switch (kind) {
	case RELATE_INTERSECTS:
		return GEOSPreparedIntersects_r(h, r->ready, a);
	case RELATE_EQUALS:
		return GEOSEquals_r(h, r->g, a);
	case RELATE_DISJOINT:
		return GEOSPreparedDisjoint_r(h, r->ready, a);
	case RELATE_TOUCHES:
		return GEOSPreparedTouches_r(h, r->ready, a);
	case RELATE_WITHIN:
		return GEOSPreparedContains_r(h, r->ready, a);
	case RELATE_CONTAINS:
		return GEOSPreparedWithin_r(h, r->ready, a);
	case RELATE_OVERLAPS:
		return GEOSPreparedOverlaps_r(h, r->ready, a);
	case RELATE_CROSSES:
		return GEOSPreparedCrosses_r(h, r->ready, a);
	}
	return 2;
}

enum err_code
relate_test(struct relate *r, enum relate_kind kind, const struct geom *a, bool *ret, struct err *e)
{
	GEOSGeometry *g = NULL;
	enum err_code rc;

	if (geom_is_empty(a) || !geom_box_overlap(geom_bounds(a), r->box)) {
		*ret = kind == RELATE_DISJOINT;
		return ERR_OK;
	}
	rc = geo_to_geos(r->ctx, a, &g, e);
	if (rc)
		return rc;
	rc = geo_truth(r->ctx, ask(r, kind, g), "compare geometries", ret, e);
	GEOSGeom_destroy_r(geo_geos(r->ctx), g);
	return rc;
}
