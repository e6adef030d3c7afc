#include <math.h>
#include <stdint.h>

#include "geo/measure.h"
#include "geo/traverse.h"

#define SAME_M 1e-6 /* a closure below this is none */

static enum err_code
check_input(const struct traverse_options *opt, const struct traverse_leg *legs, size_t count,
            struct err *e)
{
	double lon_deg = opt->start_lon_deg, lat_deg = opt->start_lat_deg;
	size_t least = opt->is_closed ? 3 : 2;

	if (!(fabs(lon_deg) <= 180) || !(fabs(lat_deg) <= 89))
		return err_set(e, ERR_INVALID,
		               "the start %.6g, %.6g is not a position below 89 degrees", lon_deg,
		               lat_deg);
	if (count < least)
		return err_set(e, ERR_INVALID, "%zu legs make no area; at least %zu are needed",
		               count, least);
	if (count > TRAVERSE_MAX_LEGS)
		return err_set(e, ERR_LIMIT, "%zu legs; at most %d are read", count,
		               TRAVERSE_MAX_LEGS);
	if (!(fabs(opt->declination_deg) <= 180))
		return err_set(e, ERR_INVALID, "declination %.6g is not -180 .. 180",
		               opt->declination_deg);
	if (!opt->is_magnetic && opt->declination_deg != 0)
		return err_set(e, ERR_INVALID, "a declination of %.6g with true bearings",
		               opt->declination_deg);
	for (size_t i = 0; i < count; i++) {
		if (!(legs[i].bearing_deg >= 0 && legs[i].bearing_deg <= 360))
			return err_set(e, ERR_INVALID, "leg %zu: bearing %.6g is not 0 .. 360",
			               i + 1, legs[i].bearing_deg);
		if (!(legs[i].distance_m > 0 && legs[i].distance_m <= TRAVERSE_MAX_LEG_M))
			return err_set(e, ERR_INVALID, "leg %zu: distance %.6g is not 0 .. %.0f m",
			               i + 1, legs[i].distance_m, TRAVERSE_MAX_LEG_M);
	}
	return ERR_OK;
}

/* A polygon of one ring; xy holds points + 1 pairs, of which the last is set to close it. */
static bool
make_ring(double *xy, size_t points, struct arena *mem, struct geom *ret)
{
	uint32_t *ends = arena_calloc(mem, 2, sizeof(*ends));

	if (!ends)
		return false;
	xy[2 * points] = xy[0];
	xy[2 * points + 1] = xy[1];
	ends[0] = 1;
	ends[1] = (uint32_t)points + 1;
	*ret = (struct geom){ .type = GEOM_POLYGON,
		              .part_count = 1,
		              .ring_count = 1,
		              .point_count = (uint32_t)points + 1,
		              .part_end = &ends[0],
		              .ring_end = &ends[1],
		              .xy = xy };
	return true;
}

/* Bowditch's rule: each point is moved by the closing error times its share of the way. */
static bool
adjust(const double *walked, const struct traverse_leg *legs, size_t count, double length_m,
       struct arena *mem, struct geom *ret)
{
	double *xy = arena_calloc(mem, 2 * (count + 1), sizeof(*xy));
	double lon_gap = walked[0] - walked[2 * count], lat_gap = walked[1] - walked[2 * count + 1];
	double done_m = 0;

	if (!xy)
		return false;
	for (size_t i = 0; i < count; i++) { /* the end of the last leg falls on the start */
		xy[2 * i] = walked[2 * i] + lon_gap * done_m / length_m;
		xy[2 * i + 1] = walked[2 * i + 1] + lat_gap * done_m / length_m;
		done_m += legs[i].distance_m;
	}
	return make_ring(xy, count, mem, ret);
}

/* Fill xy with the start and the end of each leg; *ret_length_m is the way walked. */
static enum err_code
walk(const struct traverse_options *opt, const struct traverse_leg *legs, size_t count, double *xy,
     double *ret_length_m, struct err *e)
{
	double length_m = 0;

	xy[0] = opt->start_lon_deg;
	xy[1] = opt->start_lat_deg;
	for (size_t i = 0; i < count; i++) {
		double *at = xy + 2 * i;

		measure_direct(at[0], at[1], legs[i].bearing_deg + opt->declination_deg,
		               legs[i].distance_m, &at[2], &at[3]);
		at[2] = at[0] + remainder(at[2] - at[0], 360); /* no jump at the 180th meridian */
		if (!(fabs(at[3]) <= 89) || !(fabs(at[2]) <= 180))
			return err_set(
				e, ERR_INVALID,
				"leg %zu leads across the 180th meridian or beyond 89 degrees",
				i + 1);
		length_m += legs[i].distance_m;
	}
	*ret_length_m = length_m;
	return ERR_OK;
}

enum err_code
traverse_run(const struct traverse_options *opt, const struct traverse_leg *legs, size_t count,
             struct arena *mem, struct traverse *ret, struct err *e)
{
	struct traverse t = { .adjusted = { .type = GEOM_POLYGON } };
	double *xy;
	size_t points = count + 1;
	enum err_code rc = check_input(opt, legs, count, e);

	if (rc != ERR_OK)
		return rc;
	xy = arena_calloc(mem, 2 * (points + 1), sizeof(*xy));
	if (!xy)
		return err_set(e, ERR_NOMEM, "out of memory for %zu legs", count);
	rc = walk(opt, legs, count, xy, &t.length_m, e);
	if (rc != ERR_OK)
		return rc;
	t.end_lon_deg = xy[2 * count];
	t.end_lat_deg = xy[2 * count + 1];
	if (opt->is_closed) {
		t.closure_m = measure_distance_m(t.end_lon_deg, t.end_lat_deg, xy[0], xy[1]);
		if (!adjust(xy, legs, count, t.length_m, mem, &t.adjusted))
			return err_set(e, ERR_NOMEM, "out of memory for %zu legs", count);
		if (t.closure_m < SAME_M) {
			t.closure_m = 0;
			points--;
		} else {
			t.closure_ratio = t.length_m / t.closure_m;
		}
	}
	if (!make_ring(xy, points, mem, &t.polygon))
		return err_set(e, ERR_NOMEM, "out of memory for %zu legs", count);
	*ret = t;
	return ERR_OK;
}
