#include "geo/outline.h"

#include <math.h>
#include <string.h>

#include "base/arena.h"
#include "geo/dissolve.h"
#include "geo/handle.h"
#include "geo/shape.h"
#include "geo/simple.h"

#define A_M 6378137.0
#define E2 0.0066943799901413165 /* WGS 84 */
#define RAD 0.017453292519943295
#define SPLIT_M 500.0  /* longest edge */
#define MAX_PIECES 200 /* of one edge: beyond 100 km pieces are longer */
#define MAX_VERTICES 40000000u
#define WELD_M 0.0005 /* nearer vertices are one */
#define CHAIN_EDGES 16u
#define CHAIN_TALL_M 2000.0
#define RING_VERTICES 32u /* a small ring is one closed chain */
#define SHRINK_BATCH 8192u
#define SHRINK_POINTS 500000u
#define SHRINK_QUADRANT 8 /* chords a quarter circle at inner corners */

double
outline_psi(double lat_deg)
{
	double s = sin(lat_deg * RAD);
	double ecc = sqrt(E2);

	return asinh(tan(lat_deg * RAD)) - ecc * atanh(ecc * s);
}

double
outline_lat_deg(double psi)
{
	double ecc = sqrt(E2);
	double s = tanh(psi);

	/* Fixed point, contracting by e2 = 0.0067: six rounds reach a micrometre. */
	for (int i = 0; i < 6; i++)
		s = tanh(psi + ecc * atanh(ecc * s));
	return asin(s) / RAD;
}

double
outline_psi_per_m(double lat_deg)
{
	double s = sin(lat_deg * RAD);

	return sqrt(1 - E2 * s * s) / (A_M * cos(lat_deg * RAD));
}

void
outline_done(struct outline *o)
{
	vec_done(&o->vertex);
	vec_done(&o->chain);
	vec_done(&o->object);
	vec_done(&o->spare);
	vec_done(&o->ends);
	geo_free(o->geo);
	o->geo = NULL;
}

/* ---- from rings to chains ---- */

static void
box_add(struct outline_box *b, const double *p)
{
	b->west_deg = fmin(b->west_deg, p[0]);
	b->east_deg = fmax(b->east_deg, p[0]);
	b->south_psi = fmin(b->south_psi, p[1]);
	b->north_psi = fmax(b->north_psi, p[1]);
}

static const struct outline_box empty_box = { HUGE_VAL, -HUGE_VAL, HUGE_VAL, -HUGE_VAL };

static bool
add_chain(struct outline *o, const double (*p)[2], size_t n, bool closed, bool two_sided)
{
	struct outline_chain c = { .first = (uint32_t)o->vertex.count,
		                   .count = (uint32_t)n,
		                   .object = (uint32_t)o->object.count,
		                   .closed = closed,
		                   .two_sided = two_sided,
		                   .box = empty_box };
	struct outline_chain *slot;
	double lat;

	for (size_t i = 0; i < n; i++) {
		double *v = vec_push(&o->vertex, sizeof(double[2]));

		if (!v)
			return false;
		v[0] = p[i][0];
		v[1] = p[i][1];
		box_add(&c.box, p[i]);
	}
	lat = outline_lat_deg((c.box.south_psi + c.box.north_psi) / 2);
	c.psi_per_m = outline_psi_per_m(lat);
	c.bend_per_m = tan(lat * RAD) / (A_M / sqrt(1 - E2 * sin(lat * RAD) * sin(lat * RAD)));
	c.half_m = (c.box.north_psi - c.box.south_psi) / 2 / c.psi_per_m;
	/* A degree is at least 110.57 km; 0.1 % more for the change of scale over the chain. */
	c.south_deg = lat - 1.001 * c.half_m / 110570 - 1e-8;
	c.north_deg = lat + 1.001 * c.half_m / 110570 + 1e-8;
	slot = vec_push(&o->chain, sizeof *slot);
	if (!slot)
		return false;
	*slot = c;
	return true;
}

/* Stretches of at most CHAIN_EDGES edges and CHAIN_TALL_M from north to south. */
static bool
add_stretches(struct outline *o, const double (*p)[2], size_t n)
{
	double tall = CHAIN_TALL_M * outline_psi_per_m(outline_lat_deg(p[0][1]));
	size_t from = 0;

	while (from + 1 < n) {
		double lo = p[from][1], hi = p[from][1];
		size_t to = from + 1;

		for (; to < n && to - from <= CHAIN_EDGES; to++) {
			lo = fmin(lo, p[to][1]);
			hi = fmax(hi, p[to][1]);
			if (to > from + 1 && hi - lo > tall)
				break;
		}
		if (!add_chain(o, p + from, to - from, false, true))
			return false;
		from = to - 1;
	}
	return true;
}

static void
reverse(double (*p)[2], size_t n)
{
	for (size_t i = 0, k = n - 1; i < k; i++, k--) {
		double t[2] = { p[i][0], p[i][1] };

		memcpy(p[i], p[k], sizeof t);
		memcpy(p[k], t, sizeof t);
	}
}

/* Twice the area to the left, in the plane of degrees and isometric latitude. */
static double
ring_turn(const double (*p)[2], size_t n)
{
	double sum = 0;

	for (size_t i = 0; i + 1 < n; i++)
		sum += (p[i][0] - p[0][0]) * (p[i + 1][1] - p[0][1]) -
		       (p[i + 1][0] - p[0][0]) * (p[i][1] - p[0][1]);
	return sum;
}

static bool
same_point(const double *a, const double *b)
{
	return a[0] == b[0] && a[1] == b[1];
}

/* Every edge a chain of its own: no two of them grow by the same radius, whatever they run along.
 */
static bool
add_edges(struct outline *o, const double (*p)[2], size_t n)
{
	for (size_t i = 0; i + 1 < n; i++) {
		if (!same_point(p[i], p[i + 1]) && !add_chain(o, p + i, 2, false, true))
			return false;
	}
	return true;
}

enum trust {   /* what is known of a ring */
	SURE,  /* valid, proven: what lies left of it is inside */
	VALID, /* according to GEOS: no edge runs along another */
	DOUBT  /* or a line */
};

/*
 * A ring or a line out of o->spare. Rings have their first vertex at the end too. Unless it is
 * sure, both sides of it are borders, and what lies inside is left to the parity of the object's
 * edges.
 */
static bool
add_outline(struct outline *o, bool ring, bool hole, enum trust trust)
{
	double(*p)[2] = o->spare.p;
	size_t n = o->spare.count;
	double lo = HUGE_VAL, hi = -HUGE_VAL, turn;

	if (n == 0)
		return true;
	if (n == 1 || (n == 2 && same_point(p[0], p[1])))
		return add_chain(o, (const double(*)[2])p, 1, false, true);
	turn = ring ? ring_turn((const double(*)[2])p, n) : 0;
	if (turn == 0 || trust == DOUBT)
		return add_edges(o, (const double(*)[2])p, n);
	if ((turn < 0) != hole)
		reverse(p, n);
	for (size_t i = 0; i < n; i++) {
		lo = fmin(lo, p[i][1]);
		hi = fmax(hi, p[i][1]);
	}
	if (n <= RING_VERTICES &&
	    hi - lo <= CHAIN_TALL_M * outline_psi_per_m(outline_lat_deg((hi + lo) / 2)))
		return add_chain(o, (const double(*)[2])p, n - 1, true, trust != SURE);
	return add_stretches(o, (const double(*)[2])p, n);
}

/* Begin an object; its chains follow; end_object closes it. */
struct draft {
	struct outline_object object;
	bool failed;
};

static struct draft
begin_object(const struct outline *o, const struct nearby_hazard *h, uint32_t run)
{
	return (struct draft){ .object = { .first_chain = (uint32_t)o->chain.count,
		                           .group = h->group,
		                           .run = run,
		                           .accuracy_m = h->accuracy_m,
		                           .south_deg = HUGE_VAL,
		                           .north_deg = -HUGE_VAL,
		                           .box = empty_box } };
}

static bool
end_object(struct outline *o, struct draft *d)
{
	struct outline_object *slot;

	d->object.chain_count = (uint32_t)o->chain.count - d->object.first_chain;
	for (uint32_t i = 0; i < d->object.chain_count; i++) {
		const struct outline_chain *c =
			(struct outline_chain *)o->chain.p + d->object.first_chain + i;

		d->object.south_deg = fmin(d->object.south_deg, c->south_deg);
		d->object.north_deg = fmax(d->object.north_deg, c->north_deg);
		box_add(&d->object.box, (double[2]){ c->box.west_deg, c->box.south_psi });
		box_add(&d->object.box, (double[2]){ c->box.east_deg, c->box.north_psi });
	}
	slot = vec_push(&o->object, sizeof *slot);
	if (!slot)
		return false;
	*slot = d->object;
	return true;
}

/* ---- from hazards ---- */

/* Metres between two positions, near enough to split and weld by. */
static double
rough_m(const double *a, const double *b)
{
	double dy = (b[1] - a[1]) * 111320;
	double dx = (b[0] - a[0]) * 111320 * cos((a[1] + b[1]) / 2 * RAD);

	return hypot(dx, dy);
}

static bool
take_point(struct outline *o, double lon_deg, double lat_deg)
{
	double *v = vec_push(&o->spare, sizeof(double[2]));

	if (!v)
		return false;
	v[0] = lon_deg;
	v[1] = outline_psi(lat_deg);
	return true;
}

/* Positions to o->spare: near ones welded, long edges split. */
static bool
take_positions(struct outline *o, const double *xy, size_t n, bool *ret_welded)
{
	const double *last = xy;

	o->spare.count = 0;
	if (n > 0 && !take_point(o, xy[0], xy[1]))
		return false;
	for (size_t i = 1; i < n; i++) {
		const double *p = xy + 2 * i;
		double length = rough_m(last, p);
		int pieces = (int)fmin(MAX_PIECES, ceil(length / SPLIT_M));

		if (length < WELD_M) {
			*ret_welded = true;
			continue;
		}
		for (int k = 1; k < pieces; k++) {
			double t = (double)k / pieces;

			if (!take_point(o, last[0] + (p[0] - last[0]) * t,
			                last[1] + (p[1] - last[1]) * t))
				return false;
		}
		if (!take_point(o, p[0], p[1]))
			return false;
		last = p;
	}
	return true;
}

/* A ring whose last vertices were welded onto the one before must still end where it began. */
static void
mend_ring(struct outline *o)
{
	double(*p)[2] = o->spare.p;
	size_t n = o->spare.count;

	if (n > 1)
		memcpy(p[n - 1], p[0], sizeof *p);
}

/* What is known of a polygon part: rings from .. to-1, its points from `point`. */
static enum err_code
trust_part(struct outline *o, const struct geom *g, uint32_t from, uint32_t to, uint32_t point,
           enum trust *ret, struct err *e)
{
	uint32_t rings = to - from;
	struct geom part = { .type = GEOM_POLYGON,
		             .part_count = 1,
		             .ring_count = rings,
		             .part_end = &rings,
		             .xy = g->xy + 2 * (size_t)point };
	enum shape_fault fault;
	double at[2];
	enum err_code rc;

	o->ends.count = 0;
	for (uint32_t r = from; r < to; r++) {
		uint32_t *slot = vec_push(&o->ends, sizeof *slot);

		if (!slot)
			return err_set(e, ERR_NOMEM, "out of memory for hazards");
		*slot = g->ring_end[r] - point;
		part.point_count = *slot;
	}
	part.ring_end = o->ends.p;
	if (rings > 0 && part.point_count <= SIMPLE_MAX_POINTS && simple_is_valid(&part)) {
		*ret = SURE;
		return ERR_OK;
	}
	if (!o->geo)
		o->geo = geo_create();
	if (!o->geo)
		return err_set(e, ERR_NOMEM, "out of memory for hazards");
	rc = shape_check(o->geo, &part, &fault, at, e);
	if (rc == ERR_OK)
		*ret = fault == SHAPE_VALID ? VALID : DOUBT;
	return rc;
}

/* One part's rings; *point moves on. */
static enum err_code
take_part(struct outline *o, const struct geom *g, uint32_t from, uint32_t to, uint32_t *point,
          struct err *e)
{
	bool areal = geom_is_areal(g);
	enum trust trust = DOUBT;
	enum err_code rc = areal ? trust_part(o, g, from, to, *point, &trust, e) : ERR_OK;

	for (uint32_t ring = from; ring < to && rc == ERR_OK; ring++) {
		uint32_t end = g->ring_end[ring];
		bool welded = false;
		bool fine = take_positions(o, g->xy + 2 * (size_t)*point, end - *point, &welded);

		if (fine && areal)
			mend_ring(o);
		/* Welding moves corners: what was proven no longer is. */
		fine = fine &&
		       add_outline(o, areal, ring != from, welded && trust == SURE ? VALID : trust);
		if (!fine)
			rc = err_set(e, ERR_NOMEM, "out of memory for hazards");
		*point = end;
	}
	return rc;
}

static enum err_code
check_hazard(const struct nearby_hazard *h, size_t i, struct err *e)
{
	const struct geom *g = h->geom;

	for (uint32_t k = 0; k < g->point_count; k++) {
		double lon = g->xy[2 * (size_t)k], lat = g->xy[2 * (size_t)k + 1];

		if (!(fabs(lat) <= NEARBY_MAX_LAT_DEG) || !(fabs(lon) <= 360))
			return err_set(e, ERR_INVALID,
			               "hazard %zu: position %g %g: latitude must be -%g .. %g", i,
			               lon, lat, NEARBY_MAX_LAT_DEG, NEARBY_MAX_LAT_DEG);
	}
	if (!(h->accuracy_m >= 0))
		return err_set(e, ERR_INVALID, "hazard %zu: accuracy of %g m: must be 0 or more", i,
		               h->accuracy_m);
	return ERR_OK;
}

/* Every polygon part is an object of its own, so that parts which overlap unite. */
static enum err_code
read_hazard(struct outline *o, const struct nearby_hazard *h, struct err *e)
{
	const struct geom *g = h->geom;
	uint32_t ring = 0, point = 0;
	enum err_code rc;

	for (uint32_t part = 0; part < g->part_count; part++) {
		struct draft d = begin_object(o, h, OUTLINE_EVERY_RUN);

		d.object.areal = geom_is_areal(g);
		rc = take_part(o, g, ring, g->part_end[part], &point, e);
		if (rc == ERR_OK && !end_object(o, &d))
			rc = err_set(e, ERR_NOMEM, "out of memory for hazards");
		if (rc != ERR_OK)
			return rc;
		ring = g->part_end[part];
	}
	if (o->vertex.count > MAX_VERTICES)
		return err_set(e, ERR_LIMIT,
		               "hazards have more than %u vertices, with edges split at %g m",
		               MAX_VERTICES, SPLIT_M);
	return ERR_OK;
}

/* ---- shrunk hazards, for low ---- */

struct shrink_job {
	const struct nearby_hazard *hazards;
	size_t first;
	double distance_m;
	uint32_t run;
	struct geo **geo;    /* one a worker */
	struct arena *arena; /* one a worker */
	struct geom *shrunk; /* one a hazard of the batch; longitude, isometric latitude */
	struct err *errors;  /* one a worker */
	bool *failed;        /* one a worker */
};

/* Half the shorter side of the box: nothing is left when it shrinks by more. */
static double
half_width_m(const struct geom *g)
{
	struct geom_box b = geom_bounds(g);
	double lat = fmin(fabs(b.min_lat_deg), fabs(b.max_lat_deg));

	return 0.5 * fmin((b.max_lon_deg - b.min_lon_deg) * RAD / outline_psi_per_m(lat),
	                  (b.max_lat_deg - b.min_lat_deg) * 111700);
}

static enum err_code
shrink(struct shrink_job *j, size_t worker, const struct geom *g, double by_m, struct geom *ret,
       struct err *e)
{
	struct geo *ctx = j->geo[worker];
	struct geom_box b = geom_bounds(g);
	double lat = (b.min_lat_deg + b.max_lat_deg) / 2;
	double scale = 1 / outline_psi_per_m(lat);
	double psi0 = outline_psi(lat);
	struct geom flat = *g, out = { .type = GEOM_POLYGON };
	GEOSGeometry *in = NULL, *small = NULL;
	double *xy = arena_calloc(&j->arena[worker], 2 * (size_t)g->point_count, sizeof *xy);
	enum err_code rc;

	if (!xy)
		return err_set(e, ERR_NOMEM, "out of memory");
	for (size_t i = 0; i < g->point_count; i++) {
		xy[2 * i] = (g->xy[2 * i] - b.min_lon_deg) * RAD * scale;
		xy[2 * i + 1] = (outline_psi(g->xy[2 * i + 1]) - psi0) * scale;
	}
	flat.xy = xy;
	rc = geo_to_geos(ctx, &flat, &in, e);
	if (rc != ERR_OK)
		return rc;
	small = GEOSBuffer_r(geo_geos(ctx), in, -by_m, SHRINK_QUADRANT);
	rc = small ? geo_from_geos(ctx, small, 2, &j->arena[worker], &out, e)
	           : geo_failed(ctx, "shrink a hazard", e);
	GEOSGeom_destroy_r(geo_geos(ctx), in);
	GEOSGeom_destroy_r(geo_geos(ctx), small);
	if (rc != ERR_OK)
		return rc;
	xy = arena_calloc(&j->arena[worker], 2 * (size_t)out.point_count, sizeof *xy);
	if (!xy)
		return err_set(e, ERR_NOMEM, "out of memory");
	for (size_t i = 0; i < out.point_count; i++) {
		xy[2 * i] = b.min_lon_deg + out.xy[2 * i] / scale / RAD;
		xy[2 * i + 1] = psi0 + out.xy[2 * i + 1] / scale;
	}
	out.xy = xy;
	*ret = out;
	return ERR_OK;
}

static void
shrink_one(void *ctx, size_t i, size_t worker)
{
	struct shrink_job *j = ctx;
	const struct nearby_hazard *h = &j->hazards[j->first + i];
	double by_m = h->accuracy_m - j->distance_m;

	j->shrunk[i] = (struct geom){ .type = GEOM_POLYGON };
	if (!(by_m > 0) || !geom_is_areal(h->geom) || geom_is_empty(h->geom) ||
	    by_m >= half_width_m(h->geom) || j->failed[worker])
		return;
	if (shrink(j, worker, h->geom, by_m, &j->shrunk[i], &j->errors[worker]) != ERR_OK)
		j->failed[worker] = true;
}

/* Rings of a shrunk hazard, already in longitude and isometric latitude. */
static bool
take_shrunk(struct outline *o, const struct geom *g)
{
	uint32_t ring = 0, point = 0;

	for (uint32_t part = 0; part < g->part_count; part++) {
		uint32_t shell = ring;

		for (; ring < g->part_end[part]; ring++) {
			o->spare.count = 0;
			for (; point < g->ring_end[ring]; point++) {
				const double *p = g->xy + 2 * (size_t)point;
				double *last = o->spare.count ? (double *)o->spare.p +
				                                        2 * (o->spare.count - 1)
				                              : NULL;
				double *v;

				if (last && hypot(p[0] - last[0], p[1] - last[1]) < 4e-9)
					continue;
				v = vec_push(&o->spare, sizeof(double[2]));
				if (!v)
					return false;
				memcpy(v, p, sizeof(double[2]));
			}
			mend_ring(o);
			if (!add_outline(o, true, ring != shell, VALID))
				return false;
		}
	}
	return true;
}

static enum err_code
shrink_batch(struct outline *o, struct shrink_job *j, size_t count, struct pool *pool,
             struct err *e)
{
	size_t workers = pool_size(pool);

	pool_for(pool, count, 64, shrink_one, j);
	for (size_t w = 0; w < workers; w++) {
		if (j->failed[w]) {
			if (e)
				*e = j->errors[w];
			return j->errors[w].code;
		}
	}
	for (size_t i = 0; i < count; i++) {
		struct draft d = begin_object(o, &j->hazards[j->first + i], j->run);

		if (j->shrunk[i].part_count == 0)
			continue;
		d.object.areal = true;
		if (!take_shrunk(o, &j->shrunk[i]) || !end_object(o, &d))
			return err_set(e, ERR_NOMEM, "out of memory for hazards");
	}
	for (size_t w = 0; w < workers; w++)
		arena_reset(&j->arena[w]);
	return ERR_OK;
}

static enum err_code
shrink_run(struct outline *o, struct shrink_job *j, size_t count, struct pool *pool, struct err *e)
{
	enum err_code rc = ERR_OK;

	size_t n;

	for (j->first = 0; rc == ERR_OK && j->first < count; j->first += n) {
		size_t points = 0;

		for (n = 0; n < SHRINK_BATCH && j->first + n < count && points < SHRINK_POINTS; n++)
			points += j->hazards[j->first + n].geom->point_count;
		rc = shrink_batch(o, j, n, pool, e);
	}
	return rc;
}

static enum err_code
shrink_all(struct outline *o, const struct nearby_hazard *hazards, size_t count,
           const struct outline_run *runs, size_t run_count, struct pool *pool, struct err *e)
{
	size_t workers = pool_size(pool);
	struct shrink_job j = { .hazards = hazards,
		                .geo = mem_calloc(workers, sizeof *j.geo),
		                .arena = mem_calloc(workers, sizeof *j.arena),
		                .shrunk = mem_calloc(SHRINK_BATCH, sizeof *j.shrunk),
		                .errors = mem_calloc(workers, sizeof *j.errors),
		                .failed = mem_calloc(workers, sizeof *j.failed) };
	bool fine = j.geo && j.arena && j.shrunk && j.errors && j.failed;
	enum err_code rc = ERR_OK;

	for (size_t w = 0; fine && w < workers; w++) {
		arena_init(&j.arena[w], (size_t)256 << 20);
		j.geo[w] = geo_create();
		fine = j.geo[w] != NULL;
	}
	if (!fine)
		rc = err_set(e, ERR_NOMEM, "out of memory for %zu workers", workers);
	for (size_t r = 0; r < run_count && rc == ERR_OK; r++) {
		if (runs[r].sign >= 0)
			continue;
		j.run = (uint32_t)r;
		j.distance_m = runs[r].distance_m;
		rc = shrink_run(o, &j, count, pool, e);
	}
	for (size_t w = 0; j.geo && j.arena && w < workers; w++) {
		geo_free(j.geo[w]);
		arena_done(&j.arena[w]);
	}
	mem_free(j.geo);
	mem_free(j.arena);
	mem_free(j.shrunk);
	mem_free(j.errors);
	mem_free(j.failed);
	return rc;
}

enum err_code
outline_read(struct outline *o, const struct nearby_hazard *hazards, size_t count,
             const struct outline_run *runs, size_t run_count, struct pool *pool, struct err *e)
{
	bool any = false;
	enum err_code rc;

	*o = (struct outline){ 0 };
	for (size_t i = 0; i < count; i++) {
		rc = check_hazard(&hazards[i], i, e);
		if (rc == ERR_OK)
			rc = read_hazard(o, &hazards[i], e);
		if (rc != ERR_OK)
			return rc;
		for (size_t r = 0; r < run_count; r++)
			any = any ||
			      (runs[r].sign < 0 && hazards[i].accuracy_m > runs[r].distance_m);
	}
	return any ? shrink_all(o, hazards, count, runs, run_count, pool, e) : ERR_OK;
}

double
outline_reach_m(const struct outline_object *object, uint32_t run_number,
                const struct outline_run *run)
{
	if (object->run != OUTLINE_EVERY_RUN)
		return object->run == run_number ? 0 : -1;
	return run->distance_m + run->sign * object->accuracy_m;
}

void
outline_radius(const struct outline_chain *c, double reach_m, double psi_per_m0, double *ret_r,
               double *ret_shift)
{
	double scale = c->psi_per_m / psi_per_m0;
	double d = fmax(reach_m, OUTLINE_LEAST_M);
	/* Second order of the map, and the change of scale over the chain. */
	double round = d * c->bend_per_m, small = d / A_M;
	double grow = 1 + fabs(c->bend_per_m) * c->half_m + small * small + 2 * round * round;

	*ret_r = scale * d * grow * dissolve_widen(d);
	*ret_shift = scale * c->bend_per_m * d * d / 2;
}
