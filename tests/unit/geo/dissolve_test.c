/* The border of a union of grown outlines against GEOS: buffers, then unions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <geos_c.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/rng.h"
#include "geo/dissolve.h"

#define MAX_CHAINS 80u
#define MAX_VERTICES 2000u
#define GROUPS 3u

struct world {
	double xy[MAX_VERTICES][2];
	struct dissolve_way way[MAX_VERTICES];
	uint32_t edges[MAX_VERTICES][2];
	struct dissolve_chain chains[MAX_CHAINS];
	struct dissolve_area areas[MAX_CHAINS];
	bool areal[MAX_CHAINS];
	uint32_t vertices;
	size_t chain_count;
};

struct sums { /* of the border: closed means that both stay 0 */
	double area[GROUPS + 1], dx[GROUPS + 1], dy[GROUPS + 1];
};

static void
add_line(void *ctx, enum dissolve_of of, uint32_t group, const double (*xy)[2], size_t n)
{
	struct sums *t = ctx;

	for (size_t slot = 0; slot <= GROUPS; slot++) {
		if (slot == GROUPS ? of == DISSOLVE_GROUP : (slot != group || of == DISSOLVE_WHOLE))
			continue;
		for (size_t i = 0; i + 1 < n; i++) {
			t->area[slot] += (xy[i][0] + xy[i + 1][0]) / 2 * (xy[i + 1][1] - xy[i][1]);
			t->dx[slot] += xy[i + 1][0] - xy[i][0];
			t->dy[slot] += xy[i + 1][1] - xy[i][1];
		}
	}
}

/* kind 0 polygon, 1 line, 2 point, 3 a polygon whose ring is one closed two-sided chain */
static void
add_chain(struct world *w, struct rng *r, int kind, double x, double y, double size)
{
	struct dissolve_chain *c = &w->chains[w->chain_count];
	unsigned n = kind == 2   ? 1
	             : kind == 1 ? 2 + (unsigned)rng_below(r, 5)
	                         : 5 + (unsigned)rng_below(r, 14);

	*c = (struct dissolve_chain){ .first = w->vertices,
		                      .count = n,
		                      .closed = kind == 0 || kind == 3,
		                      .two_sided = kind == 1 || kind == 3,
		                      .group = (uint32_t)rng_below(r, GROUPS) };
	w->areal[w->chain_count] = kind == 0 || kind == 3;
	for (unsigned i = 0; i < n; i++) {
		double a = 6.283185307179586 * (i + 0.9 * rng_f64(r)) / n;
		double d = size * (0.15 + 0.85 * rng_f64(r));

		w->xy[w->vertices][0] = x + d * cos(a);
		w->xy[w->vertices][1] = y + d * sin(a);
		w->vertices++;
	}
	w->chain_count++;
}

/* The same outline once more, as another hazard. */
static void
repeat_chain(struct world *w, struct rng *r, size_t of)
{
	struct dissolve_chain *c = &w->chains[w->chain_count];

	*c = w->chains[of];
	c->group = (uint32_t)rng_below(r, GROUPS);
	w->areal[w->chain_count++] = w->areal[of];
}

static void
set_radii(struct world *w, struct rng *r, double radius, bool vary)
{
	for (size_t i = 0; i < w->chain_count; i++) {
		struct dissolve_chain *c = &w->chains[i];

		c->r = radius * (vary ? 0.2 + rng_f64(r) : 1) + 2e-9 * (double)(i + 1);
		c->box = (struct cover_box){ INFINITY, INFINITY, -INFINITY, -INFINITY };
		for (uint32_t k = 0; k < c->count; k++) {
			const double *p = w->xy[c->first + k];

			c->box.x0 = fmin(c->box.x0, p[0]);
			c->box.y0 = fmin(c->box.y0, p[1]);
			c->box.x1 = fmax(c->box.x1, p[0]);
			c->box.y1 = fmax(c->box.y1, p[1]);
		}
		dissolve_ways((const double(*)[2])w->xy + c->first, c->count, c->closed,
		              w->way + c->first);
	}
}

static void
run_tile(struct world *w, struct cover_box box, bool grouped, struct sums *t)
{
	struct dissolve_tile tile = { .box = box,
		                      .xy = (const double(*)[2])w->xy,
		                      .way = w->way,
		                      .chains = w->chains,
		                      .chain_count = w->chain_count,
		                      .areas = w->areas,
		                      .edges = (const uint32_t(*)[2])w->edges,
		                      .grouped = grouped };
	struct dissolve_sink sink = { add_line, t };
	struct dissolve *s = dissolve_create();
	double far[2] = { -1e5, -1e5 }, corner[2] = { box.x0, box.y0 };
	size_t edges = 0;
	struct err e;

	for (size_t i = 0; i < w->chain_count; i++) {
		const struct dissolve_chain *c = &w->chains[i];
		struct dissolve_area *a = &w->areas[tile.area_count];

		if (!w->areal[i])
			continue;
		a->group = c->group;
		a->edge_start = edges;
		a->edge_count = c->count;
		for (uint32_t k = 0; k < c->count; k++, edges++) {
			w->edges[edges][0] = c->first + k;
			w->edges[edges][1] = c->first + (k + 1) % c->count;
		}
		a->inside =
			dissolve_inside(false, far, corner, (const double(*)[2])w->xy,
		                        (const uint32_t(*)[2])w->edges + a->edge_start, c->count);
		tile.area_count++;
	}
	assert_int_equal(dissolve_run(s, &tile, &sink, &e), ERR_OK);
	dissolve_free(s);
}

static GEOSGeometry *
grown(GEOSContextHandle_t h, const struct world *w, size_t i, double factor)
{
	const struct dissolve_chain *c = &w->chains[i];
	GEOSCoordSequence *q = GEOSCoordSeq_create_r(h, c->count + c->closed, 2);
	GEOSGeometry *g, *out;

	for (uint32_t k = 0; k < c->count + c->closed; k++) {
		const double *p = w->xy[c->first + k % c->count];

		GEOSCoordSeq_setXY_r(h, q, k, p[0], p[1]);
	}
	g = c->count == 1 ? GEOSGeom_createPoint_r(h, q)
	    : w->areal[i] ? GEOSGeom_createPolygon_r(h, GEOSGeom_createLinearRing_r(h, q), NULL, 0)
	                  : GEOSGeom_createLineString_r(h, q);
	out = GEOSBuffer_r(h, g, c->r * factor, 400);
	GEOSGeom_destroy_r(h, g);
	return out;
}

static double
union_area(GEOSContextHandle_t h, const struct world *w, uint32_t group, double factor)
{
	GEOSGeometry *parts[MAX_CHAINS], *all, *one;
	unsigned n = 0;
	double area = 0;

	for (size_t i = 0; i < w->chain_count; i++) {
		if (group == GROUPS || w->chains[i].group == group)
			parts[n++] = grown(h, w, i, factor);
	}
	all = GEOSGeom_createCollection_r(h, GEOS_GEOMETRYCOLLECTION, parts, n);
	one = GEOSUnaryUnion_r(h, all);
	assert_non_null(one);
	GEOSArea_r(h, one, &area);
	GEOSGeom_destroy_r(h, all);
	GEOSGeom_destroy_r(h, one);
	return area;
}

/* Chords keep the result between the union at r and at r / widen. GEOS's own arcs: 1e-6 of the
 * area. */
static void
compare(struct world *w, double radius)
{
	GEOSContextHandle_t h = GEOS_init_r();
	struct sums one = { 0 }, many = { 0 }, plain = { 0 };

	run_tile(w, (struct cover_box){ -9e4, -9e4, 9e4, 9e4 }, true, &one);
	run_tile(w, (struct cover_box){ -9e4, -9e4, 9e4, 9e4 }, false, &plain);
	for (int i = -8; i < 8; i++) {
		for (int k = -8; k < 8; k++)
			run_tile(w,
			         (struct cover_box){ i * 700.5, k * 700.5, (i + 1) * 700.5,
			                             (k + 1) * 700.5 },
			         true, &many);
	}
	for (uint32_t g = 0; g <= GROUPS; g++) {
		double most = union_area(h, w, g, 1);
		double least = union_area(h, w, g, 1 / dissolve_widen(radius));
		double slack = 2e-5 * most + 1e-6;

		if (!(fabs(one.dx[g]) < 1e-5) || !(fabs(one.dy[g]) < 1e-5) ||
		    !(one.area[g] <= most + slack) || !(one.area[g] >= least - slack))
			fail_msg("group %u: %.6f not in %.6f .. %.6f, gap %g %g", g, one.area[g],
			         least, most, one.dx[g], one.dy[g]);
		if (!(fabs(many.dy[g]) < 1e-5) ||
		    !(fabs(many.area[g] - one.area[g]) <=
		      2e-3 * radius + 1e-9 * most + 1e-3 * one.area[g]))
			fail_msg("group %u in tiles: %.6f, whole %.6f", g, many.area[g],
			         one.area[g]);
	}
	assert_true(fabs(plain.area[GROUPS] - one.area[GROUPS]) <= 1e-9 * one.area[GROUPS] + 1e-4);
	GEOS_finish_r(h);
}

static void
unions_equal_geos(void **state)
{
	static const double radii[] = { 0.001, 5, 60, 400, 2000 };
	static struct world w;
	struct rng r;

	(void)state;
	for (uint64_t seed = 1; seed <= 60; seed++) {
		double spread = seed % 2 ? 1500 : 400;
		size_t n = 1 + seed % 40;

		rng_seed(&r, seed, 5);
		memset(&w, 0, sizeof w);
		for (size_t i = 0; i < n; i++)
			add_chain(&w, &r, i % 5 == 4 ? (int)rng_below(&r, 4) : 0,
			          spread * (2 * rng_f64(&r) - 1), spread * (2 * rng_f64(&r) - 1),
			          40 + 200 * rng_f64(&r));
		for (size_t i = 0; i < n; i += 7)
			repeat_chain(&w, &r, i);
		set_radii(&w, &r, radii[seed % 5], seed % 3 == 0 && seed % 5 != 0);
		compare(&w, radii[seed % 5] * (seed % 3 == 0 ? 0.2 : 1));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(unions_equal_geos),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
