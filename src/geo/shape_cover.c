/* shape_cover: what an invalid outline covers in every reading, and what all readings agree on.
 * The faces of a ring's own noded line work are the pieces any reading is made of: even-odd,
 * non-zero winding, buffer(0) and both methods of make-valid choose among them. All of them
 * together are the ring filled. Zero-width spikes have no face; they are kept as thin slivers. */
#include <math.h>

#include "base/mem.h"
#include "geo/boxtree.h"
#include "geo/handle.h"
#include "geo/plane.h"
#include "geo/shape.h"

#define THIN_DEG 1e-7
/* A scribble of 100,000 corners crosses itself some 10^9 times. Past these, its convex hull must
 * do. */
#define COVER_MANY_POINTS 1000u
#define COVER_MAX_MEETINGS 300000u
#define COVER_MAX_LOOKS 50000000u

struct pile {
	GEOSGeometry **item;
	unsigned count, room;
};

struct cover {
	struct geo *ctx;
	GEOSContextHandle_t h;
	struct pile areal; /* to be united: the largest reading */
	struct pile thin;  /* lines and points without area */
	struct pile least; /* a part's smallest reading each */
	struct pile lines; /* of all parts together, ... */
	struct pile out;   /* ... with the holes that are clearly holes */
	bool broken;       /* some part is */
};

/* Takes g (NULL = an operation that failed). */
static bool
pile_add(struct cover *c, struct pile *p, GEOSGeometry *g)
{
	if (!g) {
		return false;
	}
	if (p->count == p->room) {
		unsigned room = p->room ? 2 * p->room : 8;
		GEOSGeometry **more = mem_realloc_array(p->item, room, sizeof(GEOSGeometry *));

		if (!more) {
			GEOSGeom_destroy_r(c->h, g);
			return false;
		}
		p->item = more;
		p->room = room;
	}
	p->item[p->count++] = g;
	return true;
}

static void
pile_done(struct cover *c, struct pile *p)
{
	for (unsigned i = 0; i < p->count; i++) {
		GEOSGeom_destroy_r(c->h, p->item[i]);
	}
	mem_free(p->item);
	*p = (struct pile){ 0 };
}

/* Union of the pile's items, which are used up. An empty pile gives an empty geometry. */
static GEOSGeometry *
pile_union(struct cover *c, struct pile *p)
{
	GEOSGeometry *all =
		GEOSGeom_createCollection_r(c->h, GEOS_GEOMETRYCOLLECTION, p->item, p->count);
	GEOSGeometry *one = all ? GEOSUnaryUnion_r(c->h, all) : NULL;

	if (all) {
		p->count = 0;
	}
	GEOSGeom_destroy_r(c->h, all);
	return one;
}

/* Add every shell in g, holes filled, to the pile. */
static bool
pile_add_shells(struct cover *c, struct pile *p, const GEOSGeometry *g)
{
	int n = GEOSGetNumGeometries_r(c->h, g);

	for (int i = 0; i < n; i++) {
		const GEOSGeometry *one = GEOSGetGeometryN_r(c->h, g, i);
		const GEOSGeometry *shell;
		GEOSGeometry *ring;

		if (GEOSGeomTypeId_r(c->h, one) != GEOS_POLYGON || GEOSisEmpty_r(c->h, one) != 0) {
			continue;
		}
		shell = GEOSGetExteriorRing_r(c->h, one);
		ring = shell ? GEOSGeom_clone_r(c->h, shell) : NULL;
		if (!ring || !pile_add(c, p, GEOSGeom_createPolygon_r(c->h, ring, NULL, 0))) {
			return false;
		}
	}
	return true;
}

/* A ring as a line, or a point if all its positions are one. */
static GEOSGeometry *
ring_thin(struct cover *c, const double *xy, uint32_t n)
{
	GEOSCoordSequence *s;

	for (uint32_t i = 1; i < n; i++) {
		if (!plane_same(xy, xy + 2 * (size_t)i)) {
			s = GEOSCoordSeq_copyFromBuffer_r(c->h, xy, n, 0, 0);
			return s ? GEOSGeom_createLineString_r(c->h, s) : NULL;
		}
	}
	return GEOSGeom_createPointFromXY_r(c->h, xy[0], xy[1]);
}

/* The lines that bound no face, if any, go to the thin ones. Takes g. */
static bool
ring_keep_lines(struct cover *c, GEOSGeometry *g)
{
	if (g && GEOSisEmpty_r(c->h, g) == 1) {
		GEOSGeom_destroy_r(c->h, g);
		return true;
	}
	return pile_add(c, &c->thin, g);
}

/* All faces of some line work, holes filled, onto a pile; lines without a face onto c->thin if
 * keep. Takes line (NULL = an operation that failed). */
static bool
line_fill(struct cover *c, GEOSGeometry *line, bool keep, struct pile *to)
{
	GEOSGeometry *noded = line ? GEOSUnaryUnion_r(c->h, line) : NULL, *faces = NULL;
	GEOSGeometry *cuts = NULL, *dangles = NULL, *rest = NULL, *joined = NULL;
	bool ok = false;

	faces = noded ? GEOSPolygonize_full_r(c->h, noded, &cuts, &dangles, &rest) : NULL;
	joined = faces ? GEOSUnaryUnion_r(c->h, faces) : NULL;
	ok = joined && pile_add_shells(c, to, joined);
	if (ok && keep) {
		ok = ring_keep_lines(c, cuts);
		cuts = NULL;
	}
	if (ok && keep) {
		ok = ring_keep_lines(c, dangles);
		dangles = NULL;
	}
	GEOSGeom_destroy_r(c->h, cuts);
	GEOSGeom_destroy_r(c->h, dangles);
	GEOSGeom_destroy_r(c->h, line);
	GEOSGeom_destroy_r(c->h, noded);
	GEOSGeom_destroy_r(c->h, faces);
	GEOSGeom_destroy_r(c->h, joined);
	GEOSGeom_destroy_r(c->h, rest);
	return ok;
}

/* Add a ring to a pile of lines, or to the thin ones if it is but a point. */
static bool
ring_add_line(struct cover *c, const double *xy, uint32_t n, struct pile *lines)
{
	GEOSGeometry *line = ring_thin(c, xy, n);

	return pile_add(c, line && GEOSGeomTypeId_r(c->h, line) == GEOS_POINT ? &c->thin : lines,
	                line);
}

/* Rings from .. to - 1 as a polygon of their own. */
static bool
part_copy(const struct geom *g, uint32_t from, uint32_t to, struct arena *mem, struct geom *ret)
{
	uint32_t a = from ? g->ring_end[from - 1] : 0;
	uint32_t *end = arena_calloc(mem, (size_t)(to - from) + 1, sizeof(*end));

	if (!end) {
		return false;
	}
	end[0] = to - from;
	for (uint32_t r = from; r < to; r++) {
		end[1 + r - from] = g->ring_end[r] - a;
	}
	*ret = (struct geom){ .type = GEOM_POLYGON,
		              .part_count = 1,
		              .ring_count = to - from,
		              .point_count = g->ring_end[to - 1] - a,
		              .part_end = end,
		              .ring_end = end + 1,
		              .xy = g->xy + 2 * (size_t)a };
	return true;
}

static bool
ring_is_valid(struct cover *c, const struct geom *g, uint32_t ring)
{
	enum shape_fault fault = SHAPE_OTHER_FAULT;
	struct arena mem;
	struct geom one;
	double at[2];
	bool ok;

	arena_init(&mem, 0);
	ok = part_copy(g, ring, ring + 1, &mem, &one) &&
	     shape_check(c->ctx, &one, &fault, at, NULL) == ERR_OK && fault == SHAPE_VALID;
	arena_done(&mem);
	return ok;
}

/* A hole that every reading leaves out: simple, inside a simple shell, apart from all other holes.
 * hole[] are the holes as polygons, NULL where a ring is too short or not simple. */
static bool
hole_is_clear(struct cover *c, const GEOSGeometry *shell, GEOSGeometry *const *hole, uint32_t n,
              uint32_t k)
{
	if (!shell || !hole[k] || GEOSContains_r(c->h, shell, hole[k]) != 1) {
		return false;
	}
	for (uint32_t o = 0; o < n; o++) {
		if (o != k && (!hole[o] || GEOSDisjoint_r(c->h, hole[o], hole[k]) != 1)) {
			return false;
		}
	}
	return true;
}

static GEOSGeometry *
ring_polygon(struct cover *c, const struct geom *g, uint32_t ring)
{
	uint32_t a = ring ? g->ring_end[ring - 1] : 0;

	if (g->ring_end[ring] - a < 4 || !ring_is_valid(c, g, ring)) {
		return NULL;
	}
	return geo_ring_polygon(c->ctx, g->xy + 2 * (size_t)a, g->ring_end[ring] - a);
}

#define COVER_MAX_HOLES 256u /* more in a broken part: all are filled (the test is quadratic) */

/* Sort the holes of a broken part: clear ones onto `out`, the lines of all others onto `lines`, and
 * the areas these could be onto `filled`. */
static bool
part_holes(struct cover *c, const struct geom *g, struct pile *lines, struct pile *filled,
           struct pile *out)
{
	GEOSGeometry *hole[COVER_MAX_HOLES], *shell = NULL;
	uint32_t n = g->ring_count - 1, m = n <= COVER_MAX_HOLES ? n : 0;
	bool ok = true;

	if (m) {
		shell = ring_polygon(c, g, 0);
	}
	for (uint32_t k = 0; k < m; k++) {
		hole[k] = ring_polygon(c, g, k + 1);
	}
	for (uint32_t k = 0; ok && k < n; k++) {
		uint32_t a = g->ring_end[k], size = g->ring_end[k + 1] - a;
		const double *xy = g->xy + 2 * (size_t)a;

		if (k < m && hole_is_clear(c, shell, hole, m, k)) {
			ok = pile_add(c, out, GEOSGeom_clone_r(c->h, hole[k]));
		} else {
			ok = ring_add_line(c, xy, size, lines) &&
			     line_fill(c, ring_thin(c, xy, size), false, filled);
		}
	}
	for (uint32_t k = 0; k < m; k++) {
		GEOSGeom_destroy_r(c->h, hole[k]);
	}
	GEOSGeom_destroy_r(c->h, shell);
	return ok;
}

static double
area_of(struct cover *c, const GEOSGeometry *g)
{
	double a = (double)NAN;

	return g && GEOSArea_r(c->h, g, &a) == 1 ? a : (double)NAN;
}

/* a less b, neither taken; NULL on failure or if an input is NULL. GEOS's overlay is at times wrong
 * without saying so: what is left and what is common must add up, else it is asked again on a fine
 * lattice. */
static GEOSGeometry *
less(struct cover *c, const GEOSGeometry *a, const GEOSGeometry *b)
{
	GEOSGeometry *rest = a && b ? GEOSDifference_r(c->h, a, b) : NULL;
	GEOSGeometry *both = rest ? GEOSIntersection_r(c->h, a, b) : NULL;
	double sum = area_of(c, rest) + area_of(c, both), whole = area_of(c, a);

	GEOSGeom_destroy_r(c->h, both);
	if (fabs(sum - whole) <= 1e-9 * whole) {
		return rest;
	}
	GEOSGeom_destroy_r(c->h, rest);
	return a && b ? GEOSDifferencePrec_r(c->h, a, b, 1e-11) : NULL;
}

/* The even-odd reading, areal part only matters later. */
static GEOSGeometry *
even_odd(struct cover *c, const struct geom *g)
{
	GEOSGeometry *in = NULL, *made;

	if (geo_to_geos(c->ctx, g, &in, NULL) != ERR_OK) {
		return NULL;
	}
	made = GEOSMakeValid_r(c->h, in);
	GEOSGeom_destroy_r(c->h, in);
	return made;
}

/* Only what has area: overlays refuse mixed collections. Takes g. */
static GEOSGeometry *
areal_only(struct cover *c, GEOSGeometry *g)
{
	struct pile p = { 0 };
	GEOSGeometry *one = NULL;
	bool ok = g != NULL;
	int n = g ? GEOSGetNumGeometries_r(c->h, g) : 0;

	for (int i = 0; ok && i < n; i++) {
		const GEOSGeometry *part = GEOSGetGeometryN_r(c->h, g, i);

		if (GEOSGeom_getDimensions_r(c->h, part) == 2) {
			ok = pile_add(c, &p, GEOSGeom_clone_r(c->h, part));
		}
	}
	if (ok) {
		one = pile_union(c, &p);
	}
	pile_done(c, &p);
	GEOSGeom_destroy_r(c->h, g);
	return one;
}

/* Copies of all of one pile onto another. */
static bool
pile_copy(struct cover *c, const struct pile *from, struct pile *to)
{
	for (unsigned i = 0; i < from->count; i++) {
		if (!pile_add(c, to, GEOSGeom_clone_r(c->h, from->item[i]))) {
			return false;
		}
	}
	return true;
}

/* The largest reading is all that the lines enclose together, for make-valid also takes faces that
 * only several rings enclose; the smallest is the even-odd one less all that could be a hole. */
static bool
part_broken(struct cover *c, const struct geom *g)
{
	struct pile filled = { 0 }, out = { 0 }, lines = { 0 }, faces = { 0 };
	GEOSGeometry *most = NULL, *holes = NULL, *holed = NULL, *even = NULL;
	bool ok;

	ok = ring_add_line(c, g->xy, g->ring_end[0], &lines) &&
	     part_holes(c, g, &lines, &filled, &out) && pile_copy(c, &lines, &c->lines) &&
	     pile_copy(c, &out, &c->out) && line_fill(c, pile_union(c, &lines), true, &faces);
	if (ok) {
		most = pile_union(c, &faces);
		holed = pile_union(c, &out);
		holes = pile_union(c, &filled);
		even = areal_only(c, even_odd(c, g));
	}
	ok = pile_add(c, &c->areal, less(c, most, holed)) &&
	     pile_add(c, &c->least, less(c, even, holes));
	GEOSGeom_destroy_r(c->h, most);
	GEOSGeom_destroy_r(c->h, holes);
	GEOSGeom_destroy_r(c->h, holed);
	GEOSGeom_destroy_r(c->h, even);
	pile_done(c, &filled);
	pile_done(c, &out);
	pile_done(c, &lines);
	pile_done(c, &faces);
	return ok;
}

/* A part that is valid by itself. */
static bool
part_valid(struct cover *c, const struct geom *g)
{
	GEOSGeometry *whole = NULL;
	bool ok = geo_to_geos(c->ctx, g, &whole, NULL) == ERR_OK &&
	          pile_add(c, &c->least, GEOSGeom_clone_r(c->h, whole)) &&
	          pile_add(c, &c->areal, whole) &&
	          ring_add_line(c, g->xy, g->ring_end[0], &c->lines);

	for (uint32_t r = 1; ok && r < g->ring_count; r++) {
		uint32_t a = g->ring_end[r - 1];

		ok = pile_add(c, &c->out,
		              geo_ring_polygon(c->ctx, g->xy + 2 * (size_t)a, g->ring_end[r] - a));
	}
	return ok;
}

static bool
cover_part(struct cover *c, const struct geom *g, uint32_t part)
{
	uint32_t first = part ? g->part_end[part - 1] : 0;
	enum shape_fault fault = SHAPE_OTHER_FAULT;
	struct arena mem;
	struct geom one;
	double at[2];
	bool ok;

	arena_init(&mem, 0);
	ok = part_copy(g, first, g->part_end[part], &mem, &one) &&
	     shape_check(c->ctx, &one, &fault, at, NULL) == ERR_OK;
	if (ok && fault == SHAPE_VALID) {
		ok = part_valid(c, &one);
	} else if (ok) {
		ok = part_broken(c, &one);
		c->broken = true;
	}
	arena_done(&mem);
	return ok;
}

/* What has no area: of one dimension it stays what it is, else it grows into slivers. */
static enum err_code
cover_thin(struct cover *c, GEOSGeometry *areal, struct arena *mem, struct geom *ret, struct err *e)
{
	GEOSGeometry *thin = pile_union(c, &c->thin), *grown = NULL, *both = NULL;
	bool has_area = GEOSisEmpty_r(c->h, areal) == 0;
	int type = thin ? GEOSGeomTypeId_r(c->h, thin) : GEOS_GEOMETRYCOLLECTION;
	enum err_code rc;

	if (thin && !has_area && type != GEOS_GEOMETRYCOLLECTION) {
		bool lines = GEOSGeom_getDimensions_r(c->h, thin) == 1;

		rc = geo_from_geos(c->ctx, thin, lines, mem, ret, e);
	} else {
		grown = thin ? GEOSBuffer_r(c->h, thin, THIN_DEG, 4) : NULL;
		both = grown ? GEOSUnion_r(c->h, areal, grown) : NULL;
		rc = both ? geo_from_geos(c->ctx, both, 2, mem, ret, e)
		          : geo_failed(c->ctx, "cover thin parts", e);
	}
	GEOSGeom_destroy_r(c->h, thin);
	GEOSGeom_destroy_r(c->h, grown);
	GEOSGeom_destroy_r(c->h, both);
	return rc;
}

/* Faces that only the lines of several parts enclose. */
static bool
cover_between(struct cover *c)
{
	struct pile faces = { 0 };
	GEOSGeometry *most = NULL, *holed = NULL;
	bool ok = line_fill(c, pile_union(c, &c->lines), false, &faces);

	if (ok) {
		most = pile_union(c, &faces);
		holed = pile_union(c, &c->out);
	}
	ok = pile_add(c, &c->areal, less(c, most, holed));
	GEOSGeom_destroy_r(c->h, most);
	GEOSGeom_destroy_r(c->h, holed);
	pile_done(c, &faces);
	return ok;
}

/* Do the outline's edges meet too often to take all its faces apart? Also when memory ends. */
static bool
cover_is_absurd(const struct geom *g)
{
	struct geom_box *box;
	struct boxtree tree;
	struct boxtree_walk w;
	size_t looks = 0, meetings = 0;
	int side;

	if (g->point_count <= COVER_MANY_POINTS) {
		return false;
	}
	box = mem_calloc(g->point_count, sizeof(*box));
	if (!box || !boxtree_build_edges(&tree, g, box)) {
		mem_free(box);
		return true;
	}
	for (uint32_t i = 0;
	     i < g->point_count && meetings <= COVER_MAX_MEETINGS && looks <= COVER_MAX_LOOKS;
	     i++) {
		const double *p = g->xy + 2 * (size_t)i;
		uint32_t k;

		boxtree_find(&tree, box[i], &w);
		while (boxtree_next(&w, &k) && looks++ <= COVER_MAX_LOOKS) {
			const double *q = g->xy + 2 * (size_t)k;

			meetings +=
				k > i + 1 && plane_meet(p, p + 2, q, q + 2, &side) != PLANE_APART;
		}
	}
	mem_free(box);
	boxtree_done(&tree);
	return meetings > COVER_MAX_MEETINGS || looks > COVER_MAX_LOOKS;
}

static enum err_code
cover_hull(struct cover *c, const struct geom *g, struct arena *mem, struct geom *ret,
           struct err *e)
{
	GEOSGeometry *in = NULL, *hull;
	enum err_code rc = geo_to_geos(c->ctx, g, &in, e);

	if (rc != ERR_OK) {
		return rc;
	}
	hull = GEOSConvexHull_r(c->h, in);
	rc = hull ? geo_from_geos(c->ctx, hull, 2, mem, ret, e)
	          : geo_failed(c->ctx, "draw a hull around an outline", e);
	GEOSGeom_destroy_r(c->h, hull);
	GEOSGeom_destroy_r(c->h, in);
	return rc;
}

static enum err_code
cover_max(struct cover *c, struct arena *mem, struct geom *ret, struct err *e)
{
	GEOSGeometry *areal = pile_union(c, &c->areal);
	enum err_code rc;

	if (!areal) {
		return geo_failed(c->ctx, "join the readings of an outline", e);
	}
	rc = c->thin.count ? cover_thin(c, areal, mem, ret, e)
	                   : geo_from_geos(c->ctx, areal, 2, mem, ret, e);
	GEOSGeom_destroy_r(c->h, areal);
	return rc;
}

static enum err_code
cover_min(struct cover *c, const struct geom *g, struct arena *mem, struct geom *ret, struct err *e)
{
	GEOSGeometry *least = pile_union(c, &c->least), *even = NULL, *both = NULL;
	enum err_code rc;

	if (least && g->part_count > 1) {
		even = areal_only(c, even_odd(c, g));
		both = even ? GEOSIntersection_r(c->h, least, even) : NULL;
	} else if (least) {
		both = GEOSGeom_clone_r(c->h, least);
	}
	rc = both ? geo_from_geos(c->ctx, both, 2, mem, ret, e)
	          : geo_failed(c->ctx, "find the smallest reading of an outline", e);
	GEOSGeom_destroy_r(c->h, least);
	GEOSGeom_destroy_r(c->h, even);
	GEOSGeom_destroy_r(c->h, both);
	return rc;
}

/* A line of one position is a point; other lines and points are what they are. */
static enum err_code
cover_other(struct cover *c, const struct geom *g, struct arena *mem, struct geom *ret_max,
            struct geom *ret_min, struct err *e)
{
	enum err_code rc;

	for (uint32_t r = 0; r < g->ring_count; r++) {
		uint32_t a = r ? g->ring_end[r - 1] : 0;

		if (!pile_add(c, &c->thin,
		              ring_thin(c, g->xy + 2 * (size_t)a, g->ring_end[r] - a))) {
			return geo_failed(c->ctx, "cover a line", e);
		}
	}
	rc = cover_max(c, mem, ret_max, e);
	if (rc == ERR_OK) {
		*ret_min = *ret_max;
	}
	return rc;
}

enum err_code
shape_cover(struct geo *ctx, const struct geom *g, struct arena *mem, struct geom *ret_max,
            struct geom *ret_min, struct err *e)
{
	struct cover c = { .ctx = ctx };
	struct geom most = { 0 }, least = { 0 };
	enum shape_fault fault;
	double at[2];
	enum err_code rc = shape_check(ctx, g, &fault, at, e);

	if (rc != ERR_OK) {
		return rc;
	}
	if (fault == SHAPE_VALID || fault == SHAPE_EMPTY) {
		if (!geom_copy(g, mem, &most)) {
			return err_set(e, ERR_NOMEM, "out of memory for a geometry");
		}
		*ret_max = *ret_min = most;
		return ERR_OK;
	}
	c.h = geo_geos(ctx);
	if (!c.h) {
		return err_set(e, ERR_NOMEM, "out of memory for a GEOS context");
	}
	if (geom_is_areal(g) && cover_is_absurd(g)) {
		rc = cover_hull(&c, g, mem, ret_max, e);
		if (rc == ERR_OK) {
			*ret_min = (struct geom){ .type = GEOM_POLYGON };
		}
		return rc;
	}
	if (!geom_is_areal(g)) {
		rc = cover_other(&c, g, mem, &most, &least, e);
	}
	for (uint32_t p = 0; rc == ERR_OK && geom_is_areal(g) && p < g->part_count; p++) {
		if (!cover_part(&c, g, p)) {
			rc = geo_failed(ctx, "find the readings of an outline", e);
		}
	}
	if (rc == ERR_OK && c.broken && g->part_count > 1 && !cover_between(&c)) {
		rc = geo_failed(ctx, "find the readings of an outline", e);
	}
	if (rc == ERR_OK && geom_is_areal(g)) {
		rc = cover_max(&c, mem, &most, e);
	}
	if (rc == ERR_OK && geom_is_areal(g)) {
		rc = cover_min(&c, g, mem, &least, e);
	}
	if (rc == ERR_OK) {
		*ret_max = most;
		*ret_min = least;
	}
	pile_done(&c, &c.areal);
	pile_done(&c, &c.thin);
	pile_done(&c, &c.least);
	pile_done(&c, &c.lines);
	pile_done(&c, &c.out);
	return rc;
}
