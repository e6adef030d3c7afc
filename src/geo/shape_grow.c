/* shape_grow: outward by metres. In bands of latitude narrow enough that a plane with one scale for
 * longitude and one for latitude is true to a few parts in a thousand; the radius in that plane is
 * increased by the worst scale, so a path of by_m metres on the ellipsoid always stays inside. */
#include <math.h>

#include "base/mem.h"
#include "geo/grow.h"
#include "geo/handle.h"
#include "geo/shape.h"

#define A_M 6378137.0
#define E2 0.0066943799901413165
#define RAD 0.017453292519943295
#define GROW_MAX_M 200000.0
#define GROW_MAX_LAT_DEG 89.0
#define GROW_SHARE 0.003 /* how much a scale may change within a band */
#define GROW_QUADRANT 24 /* chords a quarter circle */
#define GROW_MAX_BANDS 4000

static double
meridian_m(double lat_deg)
{
	double s = sin(lat_deg * RAD), w = 1 - E2 * s * s;

	return RAD * A_M * (1 - E2) / (w * sqrt(w));
}

static double
parallel_m(double lat_deg)
{
	double s = sin(lat_deg * RAD);

	return RAD * A_M * cos(lat_deg * RAD) / sqrt(1 - E2 * s * s);
}

static void
grow_map(const struct grow_plane *p, const struct geom *in, double *xy, bool back)
{
	for (size_t i = 0; i < in->point_count; i++) {
		double x = in->xy[2 * i], y = in->xy[2 * i + 1];

		xy[2 * i] = back ? x / p->east_m + p->lon0_deg : (x - p->lon0_deg) * p->east_m;
		xy[2 * i + 1] =
			back ? y / p->north_m + p->lat0_deg : (y - p->lat0_deg) * p->north_m;
	}
}

/* The radius in the plane that surely holds by_m metres anywhere between two latitudes. */
static double
grow_radius(const struct grow_plane *p, double lat_a_deg, double lat_b_deg, double by_m)
{
	double most = 1;

	for (int i = 0; i < 2; i++) {
		double lat = i ? lat_b_deg : lat_a_deg;

		most = fmax(most, p->east_m / parallel_m(lat));
		most = fmax(most, p->north_m / meridian_m(lat));
	}
	/* GEOS rounds the number of chords of an arc, so one may span one and a half steps. */
	return by_m * most * (1 + 1e-5) / cos(RAD * 90 * 0.75 / GROW_QUADRANT);
}

static int
dimension_of(const struct geom *g)
{
	if (geom_is_areal(g)) {
		return 2;
	}
	return g->type == GEOM_LINESTRING || g->type == GEOM_MULTILINESTRING;
}

/* The plane around what lies between two latitudes, and the radius in it. */
static double
grow_around(struct grow_plane *p, double low_deg, double high_deg, double by_m)
{
	double reach = by_m / 110000.0;

	p->lat0_deg = (low_deg + high_deg) / 2;
	p->east_m = parallel_m(p->lat0_deg);
	p->north_m = meridian_m(p->lat0_deg);
	return grow_radius(p, fmax(low_deg - reach, -89.9), fmin(high_deg + reach, 89.9), by_m);
}

/* Grow what of g lies between two latitudes; *ret in lon/lat. */
static enum err_code
grow_piece(struct geo *ctx, const struct geom *g, double from_deg, double to_deg, double by_m,
           GEOSGeometry **ret, struct err *e)
{
	struct geom_box box = geom_bounds(g);
	double low, high, radius_m;
	struct grow_plane p = { .lon0_deg = box.min_lon_deg };
	GEOSGeometry *in = NULL, *grown = NULL;
	struct geom work = *g, out = { 0 };
	struct arena mem;
	double *xy;
	enum err_code rc = ERR_OK;

	low = fmax(from_deg, box.min_lat_deg);
	high = fmin(to_deg, box.max_lat_deg);
	radius_m = grow_around(&p, low, high, by_m);
	arena_init(&mem, (size_t)1 << 30);
	xy = arena_calloc(&mem, 2 * (size_t)g->point_count + 1, sizeof(*xy));
	if (!xy) {
		rc = err_set(e, ERR_NOMEM, "out of memory for a buffer");
		goto out;
	}
	grow_map(&p, g, xy, false);
	work.xy = xy;
	rc = geo_to_geos(ctx, &work, &in, e);
	if (rc != ERR_OK) {
		goto out;
	}
	grown = GEOSBuffer_r(ctx->geos, in, radius_m, GROW_QUADRANT);
	rc = grown ? geo_from_geos(ctx, grown, 2, &mem, &out, e)
	           : geo_failed(ctx, "grow an outline", e);
	if (rc != ERR_OK) {
		goto out;
	}
	xy = arena_calloc(&mem, 2 * (size_t)out.point_count + 1, sizeof(*xy));
	if (!xy) {
		rc = err_set(e, ERR_NOMEM, "out of memory for a buffer");
		goto out;
	}
	grow_map(&p, &out, xy, true);
	out.xy = xy;
	rc = geo_to_geos(ctx, &out, ret, e);
out:
	GEOSGeom_destroy_r(ctx->geos, in);
	GEOSGeom_destroy_r(ctx->geos, grown);
	arena_done(&mem);
	return rc;
}

/* The strip of g between two latitudes, grown. *ret NULL when the strip is empty. */
static enum err_code
grow_strip(struct geo *ctx, const GEOSGeometry *whole, const struct geom *g, const double strip[2],
           double by_m, GEOSGeometry **ret, struct err *e)
{
	struct geom_box box = geom_bounds(g);
	double r[10] = { box.min_lon_deg - 1, strip[0], box.max_lon_deg + 1, strip[0],
		         box.max_lon_deg + 1, strip[1], box.min_lon_deg - 1, strip[1],
		         box.min_lon_deg - 1, strip[0] };
	GEOSGeometry *rect = geo_ring_polygon(ctx, r, 5);
	GEOSGeometry *part = rect ? GEOSIntersection_r(ctx->geos, whole, rect) : NULL;
	struct arena mem;
	struct geom piece = { 0 };
	enum err_code rc;

	arena_init(&mem, (size_t)1 << 30);
	*ret = NULL;
	rc = part ? geo_from_geos(ctx, part, dimension_of(g), &mem, &piece, e)
	          : geo_failed(ctx, "cut an outline into strips", e);
	if (rc == ERR_OK && !geom_is_empty(&piece)) {
		rc = grow_piece(ctx, &piece, strip[0], strip[1], by_m, ret, e);
	}
	GEOSGeom_destroy_r(ctx->geos, rect);
	GEOSGeom_destroy_r(ctx->geos, part);
	arena_done(&mem);
	return rc;
}

static enum err_code
grow_strips(struct geo *ctx, const struct geom *g, unsigned bands, double by_m, GEOSGeometry **ret,
            struct err *e)
{
	struct geom_box box = geom_bounds(g);
	double step = (box.max_lat_deg - box.min_lat_deg) / bands;
	GEOSGeometry **list = mem_calloc((size_t)bands + 1, sizeof(GEOSGeometry *));
	GEOSGeometry *whole = NULL, *all = NULL;
	unsigned n = 0;
	enum err_code rc;

	if (!list) {
		return err_set(e, ERR_NOMEM, "out of memory for a buffer");
	}
	rc = geo_to_geos(ctx, g, &whole, e);
	for (unsigned i = 0; rc == ERR_OK && i < bands; i++) {
		double strip[2] = { box.min_lat_deg + i * step,
			            i + 1 == bands ? box.max_lat_deg
			                           : box.min_lat_deg + (i + 1) * step };

		/* Both neighbours get the line between them: nothing falls in between. */
		rc = grow_strip(ctx, whole, g, strip, by_m, &list[n], e);
		n += rc == ERR_OK && list[n];
	}
	all = rc == ERR_OK
	              ? GEOSGeom_createCollection_r(ctx->geos, GEOS_GEOMETRYCOLLECTION, list, n)
	              : NULL;
	if (!all) {
		for (unsigned i = 0; i < n; i++) {
			GEOSGeom_destroy_r(ctx->geos, list[i]);
		}
	}
	if (rc == ERR_OK) {
		*ret = all ? GEOSUnaryUnion_r(ctx->geos, all) : NULL;
		rc = *ret ? ERR_OK : geo_failed(ctx, "join grown strips", e);
	}
	GEOSGeom_destroy_r(ctx->geos, all);
	GEOSGeom_destroy_r(ctx->geos, whole);
	mem_free(list);
	return rc;
}

/* How many strips keep the change of scale below GROW_SHARE (or half the buffer's own change). */
static unsigned
grow_bands(struct geom_box box, double by_m)
{
	double far = fmax(fabs(box.min_lat_deg), fabs(box.max_lat_deg));
	double reach = by_m / 110000.0 * RAD, slope = fmax(tan(far * RAD), 0.01);
	double half = fmax(GROW_SHARE / slope - reach, reach / 4 + 1e-5);
	double n = ceil((box.max_lat_deg - box.min_lat_deg) * RAD / (2 * half));

	return n > 1 ? (unsigned)fmin(n, GROW_MAX_BANDS) : 1;
}

bool
grow_plane_of(struct geom_box box, double by_m, struct grow_plane *ret, double *ret_radius_m)
{
	if (!(by_m >= 0 && by_m <= GROW_MAX_M) || !(box.min_lat_deg >= -GROW_MAX_LAT_DEG) ||
	    !(box.max_lat_deg <= GROW_MAX_LAT_DEG) || grow_bands(box, by_m) != 1)
		return false;
	ret->lon0_deg = box.min_lon_deg;
	*ret_radius_m = grow_around(ret, box.min_lat_deg, box.max_lat_deg, fmax(by_m, 0.01));
	return true;
}

enum err_code
shape_grow(struct geo *ctx, const struct geom *g, double by_m, struct arena *mem, struct geom *ret,
           struct err *e)
{
	struct geom_box box = geom_bounds(g);
	GEOSGeometry *grown = NULL;
	unsigned bands;
	enum err_code rc;

	if (!(by_m >= 0 && by_m <= GROW_MAX_M)) {
		return err_set(e, ERR_INVALID, "buffer of %g m is not 0 .. %g m", by_m, GROW_MAX_M);
	}
	if (geom_is_empty(g) || (by_m <= 0 && geom_is_areal(g))) {
		return geom_copy(g, mem, ret) ? ERR_OK
		                              : err_set(e, ERR_NOMEM, "out of memory for a buffer");
	}
	if (!(box.min_lat_deg >= -GROW_MAX_LAT_DEG && box.max_lat_deg <= GROW_MAX_LAT_DEG)) {
		return err_set(e, ERR_UNSUPPORTED, "buffers beyond %g degrees of latitude",
		               GROW_MAX_LAT_DEG);
	}
	if (!geo_geos(ctx)) {
		return err_set(e, ERR_NOMEM, "out of memory for a GEOS context");
	}
	bands = grow_bands(box, by_m);
	rc = bands == 1 ? grow_piece(ctx, g, box.min_lat_deg, box.max_lat_deg, fmax(by_m, 0.01),
	                             &grown, e)
	                : grow_strips(ctx, g, bands, fmax(by_m, 0.01), &grown, e);
	if (rc == ERR_OK) {
		rc = geo_from_geos(ctx, grown, 2, mem, ret, e);
	}
	GEOSGeom_destroy_r(ctx->geos, grown);
	return rc;
}
