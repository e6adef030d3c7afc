/* People in and near hazards: the hazards grown by each distance and dissolved, so that nobody is
 * counted twice, over a population raster or settlement points.
 *
 * Every point within the distance on the ellipsoid is inside; below 65 degrees of latitude nothing
 * farther than 1.001 times the distance plus 1 cm is. Edges are straight in longitude/latitude,
 * split at 500 m. Sums over the raster are exact for the outline drawn (geo/band.h). "In" (distance
 * 0) is the outline grown by 1 mm, so that outlines which share a border have one border.
 *
 * Low and high: the same sums with every hazard's outline grown by distance - accuracy and by
 * distance + accuracy (shrunk where the accuracy is larger than the distance), then less and more
 * the population's own relative error. Nothing is interpolated. docs/FIGURES.md, "Exposure".
 *
 * Results do not depend on the number of threads. One caller at a time. */
#ifndef GEO_NEARBY_H
#define GEO_NEARBY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/pool.h"
#include "base/spool.h"
#include "geo/coverage.h"
#include "geo/geom.h"

#define NEARBY_MAX_DISTANCES 16u
#define NEARBY_MAX_M 50000.0 /* of a distance plus an accuracy */
#define NEARBY_MAX_LAT_DEG 85.0

struct nearby_hazard {
	const struct geom
		*geom;     /* valid (shape_cover); points and lines count by their surroundings */
	double accuracy_m; /* of its outline, 95 %, >= 0 */
	uint32_t group;    /* 0 .. group_count - 1; ignored when group_count is 0 */
};

struct nearby_request {
	const struct nearby_hazard *hazards;
	size_t hazard_count;
	const double *distances_m; /* >= 0, any order; 0 is "in" */
	size_t distance_count;     /* 1 .. NEARBY_MAX_DISTANCES */
	uint32_t group_count;      /* hazards are dissolved within each group, and all together */
	double population_error;   /* relative, 0 .. 1: 0.2 is +-20 % */
	struct pool *pool;         /* may be NULL */
};

struct nearby_figure {
	double people, people_low, people_high;
	double area_m2, area_low_m2,
		area_high_m2; /* of the dissolved outlines, also beyond the raster */
};

/** Number of figures: (group_count + 1) * distance_count; group g at distance d stands at
 * g * distance_count + d, all hazards together at g = group_count. */
size_t nearby_figure_count(const struct nearby_request *request);

struct nearby;

/**
 * Start. grid NULL: areas only, no rows are needed. Hazards, their geometries and the pool must
 * last until nearby_free. ERR_INVALID (values out of range), ERR_LIMIT, ERR_NOMEM.
 */
MUST_CHECK enum err_code nearby_create(const struct nearby_request *request,
                                       const struct coverage_grid *grid, struct nearby **ret,
                                       struct err *e);
/**
 * The same with hazards that come bit by bit and are put aside in scratch (NULL: in memory): those
 * of the request and its group_count are not looked at. Then nearby_add, nearby_seal, and on as
 * after nearby_create. Results are the same bits however the hazards are shared out, as long as
 * they come in the same order. The pool must last until nearby_free, a hazard for its call.
 */
MUST_CHECK enum err_code nearby_start(const struct nearby_request *request, struct scratch *scratch,
                                      struct nearby **ret, struct err *e);
/** Some hazards: thousands at a time, each call has its own cost. */
MUST_CHECK enum err_code nearby_add(struct nearby *n, const struct nearby_hazard *hazards,
                                    size_t count, struct err *e);
/** All have come. */
MUST_CHECK enum err_code nearby_seal(struct nearby *n, uint32_t group_count,
                                     const struct coverage_grid *grid, struct err *e);
void nearby_free(struct nearby *n);
/** Raster rows that are needed: *ret_first .. *ret_first + *ret_count - 1. */
void nearby_window(const struct nearby *n, uint32_t *ret_first, uint32_t *ret_count);
/** As coverage_feed_row. */
MUST_CHECK enum err_code nearby_feed_row(struct nearby *n, uint32_t row, const double *values,
                                         struct err *e);
/** After the last row. ERR_INVALID if a needed row never came. */
MUST_CHECK enum err_code nearby_finish(struct nearby *n, struct nearby_figure *ret_figures,
                                       struct err *e);
/** Does any hazard's surroundings reach beyond the raster? People there are not counted. */
bool nearby_reaches_outside(const struct nearby *n);
/** After nearby_finish: how far the borders are from closing, in metres; a self-check, below 1e-3.
 */
double nearby_gap_m(const struct nearby *n);

/** The same for settlement points: people of each point in and near hazards; areas are left 0. */
MUST_CHECK enum err_code nearby_points(const struct nearby_request *request,
                                       const struct coverage_point *points, size_t point_count,
                                       struct nearby_figure *ret_figures, struct err *e);

struct nearby_settled;

/** The same with hazards that come bit by bit; nothing of them is kept. points must last. */
MUST_CHECK enum err_code nearby_points_start(const struct nearby_request *request,
                                             const struct coverage_point *points,
                                             size_t point_count, struct nearby_settled **ret,
                                             struct err *e);
MUST_CHECK enum err_code nearby_points_add(struct nearby_settled *s,
                                           const struct nearby_hazard *hazards, size_t count,
                                           struct err *e);
MUST_CHECK enum err_code nearby_points_finish(struct nearby_settled *s, uint32_t group_count,
                                              struct nearby_figure *ret_figures, struct err *e);
/** NULL is allowed. */
void nearby_points_free(struct nearby_settled *s);

#endif
