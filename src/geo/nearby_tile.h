/* One band of rows cut into tiles, each dissolved on its own. Private to geo/nearby.c. */
#ifndef GEO_NEARBY_TILE_H
#define GEO_NEARBY_TILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/pool.h"
#include "geo/band.h"
#include "geo/coverage.h"
#include "geo/dissolve.h"
#include "geo/outline.h"
#include "geo/vec.h"

struct nearby_tile_worker { /* working space of one thread */
	struct dissolve *solver;
	uint32_t
		*local; /* per chain of the outline: its first vertex in xy, if it is in the tile */
	size_t local_room;
	struct vec xy;       /* double[2] */
	struct vec way;      /* struct dissolve_way */
	struct vec chain;    /* struct dissolve_chain */
	struct vec area;     /* struct dissolve_area */
	struct vec edge;     /* uint32_t[2] */
	struct vec group;    /* uint32_t, sorted: groups in the tile */
	struct vec points;   /* double[2]: a line in cells */
	struct vec total;    /* struct band_total: (groups + 1) of one run */
	struct vec run_area; /* struct dissolve_area: those of one run */
};

bool nearby_tile_worker_init(struct nearby_tile_worker *w);
/** Before a band with so many chains. False when memory ends. */
bool nearby_tile_worker_room(struct nearby_tile_worker *w, size_t chain_count);
void nearby_tile_worker_done(struct nearby_tile_worker *w);

struct nearby_part {    /* what a tile adds to one group (or all) in one run */
	uint32_t group; /* group_count: all hazards */
	uint32_t run;
	struct band_total total;
};

struct nearby_tile_out {
	struct nearby_part *part;
	size_t count;
	enum err_code rc;
	struct err error;
};

struct nearby_band {
	const struct outline *outline;
	const struct outline_run *runs;
	size_t run_count;
	uint32_t group_count; /* 0: only all hazards together */
	const struct band *band;
	const struct coverage_grid *grid;
	double psi0, psi_per_m0;   /* middle of the band: scale 1 */
	double west_deg, tile_deg; /* tiles from here, this wide */
	double grow_m;             /* chains farther than this do not matter */
	size_t tile_count;
	const uint32_t *band_chain; /* chains that reach the band */
	size_t band_chain_count;
	const uint32_t *band_object; /* areal objects that reach it */
	size_t band_object_count;
	/* filled by nearby_band_sort */
	uint32_t *chain;      /* by tile */
	size_t *chain_start;  /* tile_count + 1 */
	uint32_t *object;     /* areal ones by tile */
	size_t *object_start; /* tile_count + 1 */
	double *row_y;        /* rows + 1 borders, in metres from psi0 */
	struct nearby_tile_out *out;
	struct nearby_tile_worker *worker;
};

/** Sort the band's chains and objects into its tiles. ERR_NOMEM. */
MUST_CHECK enum err_code nearby_band_sort(struct nearby_band *b, struct err *e);
/** All tiles, in parallel; then their parts are added to totals in the order of tiles. totals holds
 * run_count entries a group, all hazards together last. */
MUST_CHECK enum err_code nearby_band_run(struct nearby_band *b, struct pool *pool,
                                         struct nearby_tile_worker *workers,
                                         struct band_total *all_totals, struct err *e);
void nearby_band_done(struct nearby_band *b);

/** Area in m2 between two latitudes (degrees), a degree of longitude wide, on the ellipsoid. */
double nearby_cell_m2(double north_deg, double south_deg);

/** For nearby.c and nearby_points.c: ERR_INVALID, ERR_LIMIT unless the request is as nearby.h asks;
 * its hazards are not looked at. */
MUST_CHECK enum err_code nearby_check(const struct nearby_request *q, struct err *e);
/** The same of hazards; from: how many came before. *most_m and *top_group grow. */
MUST_CHECK enum err_code nearby_check_hazards(const struct nearby_hazard *hazards, size_t count,
                                              size_t from, double *most_m, uint32_t *top_group,
                                              struct err *e);
/** ERR_INVALID when a group is none of those; no groups: none is looked at. */
MUST_CHECK enum err_code nearby_check_group(uint32_t top_group, uint32_t group_count,
                                            struct err *e);
/**
 * The passes of a request: per distance low, value, high; only the value when certain (no hazard
 * has an accuracy). Returns their number, at most 3 * NEARBY_MAX_DISTANCES.
 */
size_t nearby_list_runs(const struct nearby_request *q, bool certain, struct outline_run *ret_runs);

#endif
