/* Shapes: validity, the cautious shape of a broken outline, unions, distances, generalising
 * outward. Everything that calls GEOS for single geometries. Longitude/latitude in degrees; GEOS
 * works in that plane (edges straight in lon/lat). One context, one thread. */
#ifndef GEO_SHAPE_H
#define GEO_SHAPE_H

#include <stdbool.h>

#include "geo/geo.h"
#include "geo/geom.h"

enum shape_fault {
	SHAPE_VALID = 0,
	SHAPE_EMPTY,         /* no point at all */
	SHAPE_FEW_POINTS,    /* a ring with fewer than 3 different vertices */
	SHAPE_SELF_CROSSING, /* an outline crosses or touches itself */
	SHAPE_HOLE_OUTSIDE,  /* a hole outside its shell, nested shells or holes */
	SHAPE_PARTS_OVERLAP, /* parts of one multipolygon overlap */
	SHAPE_OTHER_FAULT
};

/** What is wrong with it; where (lon, lat) when known, else left untouched. */
MUST_CHECK enum err_code shape_check(struct geo *ctx, const struct geom *g,
                                     enum shape_fault *ret_fault, double ret_at[2], struct err *e);
/** One stable word per fault: "valid", "empty", "few_points", "self_crossing", ... */
const char *shape_fault_name(enum shape_fault f);
/**
 * The cautious shape of a usable but invalid outline: a valid (multi)polygon that contains every
 * reading of it (even-odd, non-zero winding, each ring alone, holes that are not clearly holes
 * filled). ret_min is the smallest reading (what all readings agree on), may be empty. A valid
 * input gives itself. Polygons with fewer than 3 different vertices give a line's or point's cover:
 * ret_max is then a line or point.
 */
MUST_CHECK enum err_code shape_cover(struct geo *ctx, const struct geom *g, struct arena *mem,
                                     struct geom *ret_max, struct geom *ret_min, struct err *e);
/** Union of valid geometries of any types. Areal parts only if any is areal (points and lines
 * inside vanish; outside ones are kept by growing them by 1e-7 degree). Corners are rounded to
 * doubles: see shape_join. */
MUST_CHECK enum err_code shape_union(struct geo *ctx, const struct geom *const *g, size_t count,
                                     struct arena *mem, struct geom *ret, struct err *e);
/**
 * The union for the cautious join of revisions: contains every input, exactly. The input that holds
 * all others is given as it is; where a rounded corner of the union would leave something out, the
 * union is grown by 1e-9 degree (0.1 mm), at most 1e-6.
 */
MUST_CHECK enum err_code shape_join(struct geo *ctx, const struct geom *const *g, size_t count,
                                    struct arena *mem, struct geom *ret, struct err *e);
/** True if every point of inner is in or on outer: no tolerance. */
MUST_CHECK enum err_code shape_contains(struct geo *ctx, const struct geom *outer,
                                        const struct geom *inner, bool *ret, struct err *e);
/** True if outer covers inner (every point of inner in or on outer, tolerance 1e-9 degree). */
MUST_CHECK enum err_code shape_covers(struct geo *ctx, const struct geom *outer,
                                      const struct geom *inner, bool *ret, struct err *e);
/** True if they share a point. */
MUST_CHECK enum err_code shape_intersects(struct geo *ctx, const struct geom *a,
                                          const struct geom *b, bool *ret, struct err *e);
/** Geodesic area in m2 of the intersection. */
MUST_CHECK enum err_code shape_overlap_m2(struct geo *ctx, const struct geom *a,
                                          const struct geom *b, double *ret_m2, struct err *e);
/** Least distance in metres between two geometries (0 when they share a point); error below 0.1 %
 * under 100 km. */
MUST_CHECK enum err_code shape_distance_m(struct geo *ctx, const struct geom *a,
                                          const struct geom *b, double *ret_m, struct err *e);
/** A point on or in the geometry (inside when areal; the first of several points). */
MUST_CHECK enum err_code shape_point_inside(struct geo *ctx, const struct geom *g, double ret[2],
                                            struct err *e);
/**
 * Grow outward by metres: the result contains every point within `by_m` of g (circumscribed arcs);
 * at most 1 % of by_m larger than needed below 80 degrees of latitude.
 */
MUST_CHECK enum err_code shape_grow(struct geo *ctx, const struct geom *g, double by_m,
                                    struct arena *mem, struct geom *ret, struct err *e);
/**
 * The public geometry: the union of the cells of a fixed published grid (cell_m metres; see
 * FORMATS.md) that g touches. Contains g; depends only on the cells touched.
 */
MUST_CHECK enum err_code shape_to_grid(struct geo *ctx, const struct geom *g, double cell_m,
                                       struct arena *mem, struct geom *ret, struct err *e);
/**
 * The same of g grown by margin_m (0 or more) as shape_grow grows it, in one step and without
 * building the grown outline: the cells that shape_to_grid gives for it, and at most those that the
 * discs touch between its chords. Some microseconds for a small outline.
 */
MUST_CHECK enum err_code shape_to_grid_grown(struct geo *ctx, const struct geom *g, double margin_m,
                                             double cell_m, struct arena *mem, struct geom *ret,
                                             struct err *e);
/** One piece; lives until the call returns. A code other than ERR_OK stops the walk. */
typedef enum err_code shape_piece_fn(void *ctx, const struct geom *piece, struct err *e);
/**
 * Shapes that are on the grid already (or are put on it), joined where cells share a side: each
 * piece of what they cover together is handed to fn as a polygon, from south to north. Pieces end
 * where a degree of latitude does, because the columns of the grid change there. For hundreds of
 * thousands of shapes; on the grid nothing is rounded, so the pieces are exactly those cells.
 */
MUST_CHECK enum err_code shape_grid_join(const struct geom *const *g, size_t count, double cell_m,
                                         shape_piece_fn *fn, void *ctx, struct err *e);
/**
 * The opposite, for land that was released: the union of the cells that lie wholly inside an area
 * and farther than margin_m (0 or more) from its outline. Inside g always; a multipolygon without
 * parts where no cell fits or g is no area.
 */
MUST_CHECK enum err_code shape_to_grid_inside(struct geo *ctx, const struct geom *g,
                                              double margin_m, double cell_m, struct arena *mem,
                                              struct geom *ret, struct err *e);

#endif
