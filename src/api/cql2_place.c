/* What the whole tree of a filter says of place: its geometries in degrees, prepared, and the box
 * outside of which nothing can fit. */
#include <math.h>

#include "api/cql2.h"

static enum err_code
transform(const struct cql2_node *n,
          enum err_code (*fn)(void *ctx, double *xy, size_t count, struct err *e), void *ctx,
          struct err *e)
{
	enum err_code rc = ERR_OK;

	/* the coordinates lie in the arena of the tree, nobody else has them */
	if (n->op == CQL2_LITERAL_GEOMETRY)
		return fn(ctx, (double *)(uintptr_t)n->geom->xy, n->geom->point_count, e);
	for (const struct cql2_node *c = n->first; !rc && c; c = c->next)
		rc = transform(c, fn, ctx, e);
	return rc;
}

enum err_code
cql2_transform(struct cql2 *c,
               enum err_code (*fn)(void *ctx, double *xy, size_t count, struct err *e), void *ctx,
               struct err *e)
{
	return transform(c->root, fn, ctx, e);
}

static enum err_code
prepare(const struct cql2_node *n, struct geo *geo, struct relate **ready, struct err *e)
{
	enum err_code rc = ERR_OK;

	if (n->op == CQL2_LITERAL_GEOMETRY) {
		struct geom_box b = geom_bounds(n->geom);

		if (!(b.min_lon_deg >= -180 && b.max_lon_deg <= 180 && b.min_lat_deg >= -90 &&
		      b.max_lat_deg <= 90)) {
			(void)err_set(e, ERR_INVALID,
			              "filter: a geometry is outside longitude -180 .. 180 and "
			              "latitude -90 .. 90");
			return err_hint(e, "name its reference system in filter-crs");
		}
		rc = relate_open(geo, n->geom, &ready[n->geometry], e);
		return rc == ERR_INVALID ? err_prefix(e, "filter") : rc;
	}
	for (const struct cql2_node *c = n->first; !rc && c; c = c->next)
		rc = prepare(c, geo, ready, e);
	return rc;
}

enum err_code
cql2_prepare(const struct cql2 *c, struct geo *geo, struct relate **ready, struct err *e)
{
	return prepare(c->root, geo, ready, e);
}

static bool
box_of(const struct cql2_node *n, struct geom_box *box)
{
	const struct cql2_node *a = n->first, *b = a ? a->next : NULL;
	struct geom_box own, all = { -INFINITY, -INFINITY, INFINITY, INFINITY };
	bool any = false;

	if (n->op == CQL2_SPATIAL && n->which != RELATE_DISJOINT && a && b) {
		bool first = a->op == CQL2_LITERAL_GEOMETRY,
		     second = b->op == CQL2_LITERAL_GEOMETRY;

		if (first == second)
			return false;
		*box = geom_bounds(first ? a->geom : b->geom);
		return true;
	}
	for (; n->op == CQL2_AND && a; a = a->next) {
		if (!box_of(a, &own))
			continue;
		any = true;
		all.min_lon_deg = fmax(all.min_lon_deg, own.min_lon_deg);
		all.min_lat_deg = fmax(all.min_lat_deg, own.min_lat_deg);
		all.max_lon_deg = fmin(all.max_lon_deg, own.max_lon_deg);
		all.max_lat_deg = fmin(all.max_lat_deg, own.max_lat_deg);
	}
	if (any)
		*box = all;
	return any;
}

bool
cql2_box(const struct cql2 *c, struct geom_box *ret)
{
	return box_of(c->root, ret);
}
