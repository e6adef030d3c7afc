/* Hazards made ready to be grown: chains of short edges in longitude and isometric latitude.
 * Private to geo.
 *
 * In a conformal (Mercator) plane a small geodesic disc is a disc, of a radius and with a centre
 * that depend on the latitude. Chains are kept short north to south, so one radius serves a whole
 * chain. */
#ifndef GEO_OUTLINE_H
#define GEO_OUTLINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/pool.h"
#include "geo/geo.h"
#include "geo/nearby.h"
#include "geo/vec.h"

#define OUTLINE_EVERY_RUN UINT32_MAX

struct outline_run { /* one pass: a distance, less or plus each hazard's accuracy */
	double distance_m;
	int sign; /* -1 low, 0 the value, 1 high */
};

struct outline_box {
	double west_deg, east_deg, south_psi, north_psi;
};

struct outline_chain {
	uint32_t first, count; /* vertices */
	uint32_t object;
	uint32_t number; /* among the chains of all hazards, set by nearby.c */
	bool closed, two_sided;
	struct outline_box box;
	double south_deg, north_deg; /* of the box, rounded outwards by a millimetre */
	double psi_per_m;            /* isometric latitude a metre, at the middle */
	double bend_per_m;           /* its relative change a metre northwards: tan(lat) / N */
	double half_m;               /* half the extent north to south */
};

struct outline_object { /* a hazard, or what is left of it when shrunk for one run */
	uint32_t first_chain, chain_count;
	uint32_t group;
	uint32_t run; /* or OUTLINE_EVERY_RUN */
	bool areal;
	double accuracy_m;
	double south_deg, north_deg;
	struct outline_box box;
};

struct outline {
	struct vec vertex; /* double[2]: longitude in degrees, isometric latitude */
	struct vec chain;  /* struct outline_chain */
	struct vec object; /* struct outline_object */
	struct vec spare;  /* double[2]: the ring being read */
	struct vec ends;   /* uint32_t: the part being checked */
	struct geo *geo;   /* to check parts by; NULL until needed */
};

#define OUTLINE_LEAST_M 0.001 /* no radius is smaller */

/** Isometric latitude of the ellipsoid; |lat_deg| < 90. */
double outline_psi(double lat_deg);
/** Its inverse, degrees. */
double outline_lat_deg(double psi);
/** Isometric latitude a metre: 1 / (N cos lat). */
double outline_psi_per_m(double lat_deg);

/**
 * Read the hazards, and for each run with sign -1 whose distance is smaller than a hazard's
 * accuracy also the hazard shrunk by the difference. ERR_INVALID for positions beyond
 * NEARBY_MAX_LAT_DEG, ERR_LIMIT, ERR_NOMEM. Free with outline_done (also if failed).
 */
MUST_CHECK enum err_code outline_read(struct outline *o, const struct nearby_hazard *hazards,
                                      size_t count, const struct outline_run *runs,
                                      size_t run_count, struct pool *pool, struct err *e);
void outline_done(struct outline *o);

/** By how much the object grows in a run, in metres; negative: it takes no part. */
double outline_reach_m(const struct outline_object *object, uint32_t run_number,
                       const struct outline_run *run);
/**
 * Radius and shift of a chain that grows by reach_m, in a conformal plane of metres with psi_per_m0
 * at its centre. The disc holds every point within reach_m of its vertex, and with the chords of
 * dissolve.
 */
void outline_radius(const struct outline_chain *c, double reach_m, double psi_per_m0, double *ret_r,
                    double *ret_shift);

#endif
