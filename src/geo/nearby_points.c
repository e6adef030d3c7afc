/* Settlement points in and near hazards: the signed distance of each point from each hazard in
 * reach. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "geo/dissolve.h"
#include "geo/nearby.h"
#include "geo/nearby_tile.h"
#include "geo/outline.h"
#include "geo/vec.h"

#define RAD 0.017453292519943295
#define MAX_SIDE 1024.0

struct hit { /* a point lies in these runs (bits) of this group */
	uint32_t group;
	uint64_t runs;
};

struct found {
	struct vec hits; /* struct hit */
	uint64_t whole;
	bool failed;
};

struct nearby_settled {
	struct nearby_request request;
	const struct coverage_point *points;
	size_t point_count;
	struct outline_run runs[3 * NEARBY_MAX_DISTANCES];
	size_t run_count;
	struct found *found;
	double farthest_m, most_m; /* of distances; of accuracies */
	uint32_t top_group;
	size_t added;
	/* the hazards at hand */
	struct outline outline;
	double reach_m;
	/* a grid over the hazards: object numbers by cell */
	double west, south, step_lon, step_psi;
	size_t cols, rows;
	size_t *start;
	uint32_t *entry;
};

static size_t
cell_of(double x, double origin, double step, size_t count)
{
	double k = floor((x - origin) / step);

	return !(k > 0) ? 0 : k >= (double)count ? count - 1 : (size_t)k;
}

static struct outline_box
reach_box(const struct nearby_settled *j, const struct outline_object *o)
{
	double lat = fmax(fabs(o->south_deg), fabs(o->north_deg));
	double grow = j->reach_m * outline_psi_per_m(fmin(lat + 1, 89)) * 1.01;

	return (struct outline_box){ o->box.west_deg - grow / RAD, o->box.east_deg + grow / RAD,
		                     o->box.south_psi - grow, o->box.north_psi + grow };
}

static void
place_objects(struct nearby_settled *j, size_t *at, bool count_only)
{
	const struct outline_object *object = j->outline.object.p;

	for (size_t i = 0; i < j->outline.object.count; i++) {
		struct outline_box b = reach_box(j, &object[i]);
		size_t c0 = cell_of(b.west_deg, j->west, j->step_lon, j->cols);
		size_t c1 = cell_of(b.east_deg, j->west, j->step_lon, j->cols);
		size_t r1 = cell_of(b.north_psi, j->south, j->step_psi, j->rows);

		for (size_t r = cell_of(b.south_psi, j->south, j->step_psi, j->rows); r <= r1;
		     r++) {
			for (size_t c = c0; c <= c1; c++) {
				size_t k = r * j->cols + c;

				if (count_only)
					at[k + 2]++;
				else
					j->entry[at[k + 1]++] = (uint32_t)i;
			}
		}
	}
}

static enum err_code
index_objects(struct nearby_settled *j, struct err *e)
{
	const struct outline_object *object = j->outline.object.p;
	double east = -HUGE_VAL, north = -HUGE_VAL, side;

	j->west = j->south = HUGE_VAL;
	for (size_t i = 0; i < j->outline.object.count; i++) {
		struct outline_box b = reach_box(j, &object[i]);

		j->west = fmin(j->west, b.west_deg);
		east = fmax(east, b.east_deg);
		j->south = fmin(j->south, b.south_psi);
		north = fmax(north, b.north_psi);
	}
	side = fmin(MAX_SIDE, ceil(sqrt((double)j->outline.object.count) / 2) + 1);
	j->cols = j->rows = (size_t)side;
	j->step_lon = fmax((east - j->west) / side, 1e-9);
	j->step_psi = fmax((north - j->south) / side, 1e-12);
	j->start = mem_calloc(j->cols * j->rows + 2, sizeof *j->start);
	if (!j->start)
		return err_set(e, ERR_NOMEM, "out of memory for hazards by place");
	place_objects(j, j->start, true);
	for (size_t k = 1; k <= j->cols * j->rows; k++)
		j->start[k + 1] += j->start[k];
	j->entry = mem_calloc(j->start[j->cols * j->rows + 1] + 1, sizeof *j->entry);
	if (!j->entry)
		return err_set(e, ERR_NOMEM, "out of memory for hazards by place");
	place_objects(j, j->start, false);
	return ERR_OK;
}

/* A plane of metres around the point, scale 1 there. */
struct here {
	double lon_deg, psi, psi_per_m, bend_per_m;
};

static void
to_plane(const struct here *h, const double *vertex, double ret[2])
{
	ret[0] = (vertex[0] - h->lon_deg) * RAD / h->psi_per_m;
	ret[1] = (vertex[1] - h->psi) / h->psi_per_m;
}

/* Square of the distance of a - b from the origin; *ret_y is how far north the nearest point lies.
 */
static double
segment_far2(const double a[2], const double b[2], double *ret_y)
{
	double dx = b[0] - a[0], dy = b[1] - a[1];
	double length2 = dx * dx + dy * dy;
	double t = length2 > 0 ? -(a[0] * dx + a[1] * dy) / length2 : 0;
	double x, y;

	t = fmax(0, fmin(1, t));
	x = a[0] + t * dx;
	y = a[1] + t * dy;
	*ret_y = y;
	return x * x + y * y;
}

static double
chain_far2(const struct here *h, const double (*vertex)[2], const struct outline_chain *c,
           double *ret_y)
{
	uint32_t edges = c->closed ? c->count : c->count - 1;
	double a[2], b[2], best, y;

	to_plane(h, vertex[c->first], a);
	best = segment_far2(a, a, ret_y);
	for (uint32_t k = 0; k < edges; k++) {
		double far2;

		to_plane(h, vertex[c->first + (k + 1 < c->count ? k + 1 : 0)], b);
		far2 = segment_far2(a, b, &y);
		if (far2 < best) {
			best = far2;
			*ret_y = y;
		}
		memcpy(a, b, sizeof a);
	}
	return best;
}

static bool
is_inside(const struct here *h, const double (*vertex)[2], const struct outline_chain *chain,
          size_t count)
{
	static const uint32_t pair[1][2] = { { 0, 1 } };
	const double origin[2] = { 0, 0 }, far[2] = { -1e9, 0 };
	bool odd = false;

	for (size_t i = 0; i < count; i++) {
		const struct outline_chain *c = &chain[i];
		uint32_t edges = c->closed ? c->count : c->count - 1;
		double ends[2][2];

		if (c->box.south_psi > h->psi || c->box.north_psi < h->psi ||
		    c->box.west_deg > h->lon_deg)
			continue;
		to_plane(h, vertex[c->first], ends[0]);
		for (uint32_t k = 0; k < edges; k++) {
			to_plane(h, vertex[c->first + (k + 1 < c->count ? k + 1 : 0)], ends[1]);
			odd = dissolve_inside(odd, far, origin, (const double(*)[2])ends, pair, 1);
			memcpy(ends[0], ends[1], sizeof ends[0]);
		}
	}
	return odd;
}

/* Metres from the object, negative inside; HUGE_VAL when out of reach. */
static double
signed_far_m(const struct nearby_settled *j, const struct here *h, const struct outline_object *o)
{
	const struct outline_chain *chain =
		(const struct outline_chain *)j->outline.chain.p + o->first_chain;
	const double(*vertex)[2] = (const double(*)[2])j->outline.vertex.p;
	double best = HUGE_VAL, north = 0, turn;

	for (uint32_t i = 0; i < o->chain_count; i++) {
		const struct outline_box *b = &chain[i].box;
		double dx = fmax(0, fmax(b->west_deg - h->lon_deg, h->lon_deg - b->east_deg));
		double dy = fmax(0, fmax(b->south_psi - h->psi, h->psi - b->north_psi));
		double far2, y;

		dx *= RAD / h->psi_per_m;
		dy /= h->psi_per_m;
		if (dx * dx + dy * dy >= best)
			continue;
		far2 = chain_far2(h, vertex, &chain[i], &y);
		if (far2 < best) {
			best = far2;
			north = y;
		}
	}
	/* The plane's scale changes northwards: its mean on the way there. */
	turn = h->bend_per_m * north;
	best = sqrt(best) * (1 - turn / 2 + turn * turn / 6);
	if (o->areal && is_inside(h, vertex, chain, o->chain_count))
		return -best;
	return best;
}

static void
add_hit(struct found *f, uint32_t group, uint64_t runs)
{
	struct hit *hit = f->hits.p;

	f->whole |= runs;
	for (size_t i = 0; i < f->hits.count; i++) {
		if (hit[i].group == group) {
			hit[i].runs |= runs;
			return;
		}
	}
	hit = vec_push(&f->hits, sizeof *hit);
	if (hit)
		*hit = (struct hit){ group, runs };
	else
		f->failed = true;
}

static void
find_one(void *ctx, size_t i, size_t worker)
{
	struct nearby_settled *j = ctx;
	const struct coverage_point *p = &j->points[i];
	const struct outline_object *object = j->outline.object.p;
	struct found *f = &j->found[i];
	struct here h = { .lon_deg = p->lon_deg };
	size_t k;

	(void)worker;
	if (!(p->value > 0) || fabs(p->lat_deg) > 89)
		return;
	h.psi = outline_psi(p->lat_deg);
	h.psi_per_m = outline_psi_per_m(p->lat_deg);
	h.bend_per_m = sin(p->lat_deg * RAD) * h.psi_per_m;
	k = cell_of(h.psi, j->south, j->step_psi, j->rows) * j->cols +
	    cell_of(h.lon_deg, j->west, j->step_lon, j->cols);
	for (size_t at = j->start[k]; at < j->start[k + 1]; at++) {
		const struct outline_object *o = &object[j->entry[at]];
		struct outline_box b = reach_box(j, o);
		uint64_t runs = 0;
		double far;

		if (h.lon_deg < b.west_deg || h.lon_deg > b.east_deg || h.psi < b.south_psi ||
		    h.psi > b.north_psi)
			continue;
		far = signed_far_m(j, &h, o);
		for (size_t r = 0; r < j->run_count; r++) {
			double reach = outline_reach_m(o, (uint32_t)r, &j->runs[r]);

			if (far <= (reach < 0 ? reach : reach + OUTLINE_LEAST_M))
				runs |= (uint64_t)1 << r;
		}
		if (runs)
			add_hit(f, o->group, runs);
	}
}

static void
add_people(const struct nearby_settled *j, const struct coverage_point *p, uint64_t runs,
           struct nearby_figure *row)
{
	for (size_t r = 0; r < j->run_count; r++) {
		struct nearby_figure *f = &row[r / 3];

		if (!(runs >> r & 1))
			continue;
		if (j->runs[r].sign == 0)
			f->people += p->value;
		if (j->runs[r].sign < 0)
			f->people_low += p->value;
		if (j->runs[r].sign > 0)
			f->people_high += p->value;
	}
}

enum err_code
nearby_points_finish(struct nearby_settled *j, uint32_t group_count, struct nearby_figure *figures,
                     struct err *e)
{
	const struct nearby_request *q = &j->request;
	size_t count = ((size_t)group_count + 1) * q->distance_count;
	enum err_code rc = nearby_check_group(j->top_group, group_count, e);

	if (rc != ERR_OK)
		return rc;
	memset(figures, 0, count * sizeof *figures);
	for (size_t i = 0; i < j->point_count; i++) {
		const struct found *f = &j->found[i];
		const struct hit *hit = f->hits.p;

		for (size_t k = 0; k < f->hits.count && group_count > 0; k++)
			add_people(j, &j->points[i], hit[k].runs,
			           figures + hit[k].group * q->distance_count);
		add_people(j, &j->points[i], f->whole,
		           figures + (size_t)group_count * q->distance_count);
	}
	for (size_t k = 0; k < count; k++) {
		figures[k].people_low *= 1 - q->population_error;
		figures[k].people_high *= 1 + q->population_error;
	}
	return ERR_OK;
}

static enum err_code
check_points(const struct coverage_point *points, size_t count, struct err *e)
{
	for (size_t i = 0; i < count; i++) {
		if (!(fabs(points[i].lon_deg) <= 360) || !(fabs(points[i].lat_deg) <= 90) ||
		    !(points[i].value >= 0 && points[i].value <= 1e12))
			return err_set(
				e, ERR_INVALID,
				"settlement %zu: %g people at %g %g: not a population and a place",
				i, points[i].value, points[i].lon_deg, points[i].lat_deg);
	}
	return ERR_OK;
}

enum err_code
nearby_points_start(const struct nearby_request *request, const struct coverage_point *points,
                    size_t point_count, struct nearby_settled **ret, struct err *e)
{
	struct nearby_settled *j;
	enum err_code rc = nearby_check(request, e);

	if (rc == ERR_OK)
		rc = check_points(points, point_count, e);
	if (rc != ERR_OK)
		return rc;
	j = mem_calloc(1, sizeof *j);
	if (j)
		j->found = mem_calloc(point_count + 1, sizeof *j->found);
	if (!j || !j->found) {
		mem_free(j);
		return err_set(e, ERR_NOMEM, "out of memory for %zu settlement points",
		               point_count);
	}
	j->request = *request;
	j->points = points;
	j->point_count = point_count;
	/* without accuracies the three passes of a distance find the same */
	j->run_count = nearby_list_runs(request, false, j->runs);
	for (size_t r = 0; r < j->run_count; r++)
		j->farthest_m = fmax(j->farthest_m, j->runs[r].distance_m);
	*ret = j;
	return ERR_OK;
}

void
nearby_points_free(struct nearby_settled *j)
{
	if (!j)
		return;
	for (size_t i = 0; i < j->point_count; i++)
		vec_done(&j->found[i].hits);
	mem_free(j->found);
	mem_free(j);
}

enum err_code
nearby_points_add(struct nearby_settled *j, const struct nearby_hazard *hazards, size_t count,
                  struct err *e)
{
	enum err_code rc =
		nearby_check_hazards(hazards, count, j->added, &j->most_m, &j->top_group, e);

	if (rc != ERR_OK || count == 0)
		return rc;
	j->added += count;
	j->reach_m = j->most_m + j->farthest_m + 1;
	rc = outline_read(&j->outline, hazards, count, NULL, 0, NULL, e);
	if (rc == ERR_OK)
		rc = index_objects(j, e);
	if (rc == ERR_OK) {
		pool_for(j->request.pool, j->point_count, 64, find_one, j);
		for (size_t i = 0; i < j->point_count && rc == ERR_OK; i++) {
			if (j->found[i].failed)
				rc = err_set(e, ERR_NOMEM, "out of memory for settlement points");
		}
	}
	mem_free(j->start);
	mem_free(j->entry);
	j->start = NULL;
	j->entry = NULL;
	outline_done(&j->outline);
	return rc;
}

enum err_code
nearby_points(const struct nearby_request *request, const struct coverage_point *points,
              size_t point_count, struct nearby_figure *ret_figures, struct err *e)
{
	struct nearby_settled *j = NULL;
	enum err_code rc = nearby_points_start(request, points, point_count, &j, e);

	if (rc == ERR_OK)
		rc = nearby_points_add(j, request->hazards, request->hazard_count, e);
	if (rc == ERR_OK)
		rc = nearby_points_finish(j, request->group_count, ret_figures, e);
	nearby_points_free(j);
	return rc;
}
