/* A perimeter measured on foot: from a start, by bearing and distance from point to point, as in
 * many survey reports. Degrees on WGS 84, longitude first. Pure functions, thread-safe. */
#ifndef GEO_TRAVERSE_H
#define GEO_TRAVERSE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"
#include "geo/geom.h"

struct traverse_leg {
	double bearing_deg; /* 0 .. 360, clockwise from north */
	double distance_m;  /* more than 0, at most TRAVERSE_MAX_LEG_M */
};

#define TRAVERSE_MAX_LEGS 10000
#define TRAVERSE_MAX_LEG_M 100000.0

struct traverse_options {
	double start_lon_deg, start_lat_deg;
	bool is_magnetic; /* bearings are from magnetic north; then declination_deg is added to each
	                   */
	double declination_deg; /* east positive, -180 .. 180; 0 unless is_magnetic */
	bool is_closed;         /* the last leg was measured back to the start */
};

struct traverse {
	struct geom polygon;  /* as measured: nothing is shifted; lives in the arena */
	struct geom adjusted; /* closed: the error spread over the legs by their length (Bowditch),
	                         else empty */
	double length_m;      /* sum of the legs */
	double closure_m;     /* closed: from the end of the last leg to the start, else 0 */
	double closure_ratio; /* length_m / closure_m, the N of "1 : N"; 0 if the closure is 0 or
	                         not measured */
	double end_lon_deg, end_lat_deg; /* where the last leg ends */
};

/**
 * Walk the legs from a start. The polygon has the start and the end of each leg as vertices; in a
 * closed traverse the end of the last leg stays a vertex of its own, beside the start: the gap is
 * part of what was measured and is never closed silently. The adjusted shape is a second result:
 * showing it in place of the first is a decision of a person.
 *
 * Fails with ERR_INVALID (fewer than 2 legs, or 3 if closed; a bearing, distance or position out of
 * range), ERR_LIMIT (more than TRAVERSE_MAX_LEGS), ERR_NOMEM.
 */
MUST_CHECK enum err_code traverse_run(const struct traverse_options *opt,
                                      const struct traverse_leg *legs, size_t count,
                                      struct arena *mem, struct traverse *ret, struct err *e);

#endif
