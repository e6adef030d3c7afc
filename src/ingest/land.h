/* The fictional country (code XXA): a land in the open Pacific, 130-120 W, 50-42 S, divided without
 * gaps into districts and provinces. Everything follows from the seed. No real land is near: the
 * nearest is over 2,500 km away. */
#ifndef INGEST_LAND_H
#define INGEST_LAND_H

#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/rng.h"
#include "geo/geom.h"

#define LAND_MIN_LON (-130.0)
#define LAND_MAX_LON (-120.0)
#define LAND_MIN_LAT (-50.0)
#define LAND_MAX_LAT (-42.0)

enum {
	LAND_COLUMNS = 15,
	LAND_ROWS = 10,
	LAND_BLOCK_COLUMNS = 3,
	LAND_BLOCK_ROWS = 5
};
enum {
	LAND_DISTRICTS = LAND_COLUMNS * LAND_ROWS,
	LAND_PROVINCES = 10,
	LAND_EDGE_POINTS = 12
};

struct land {
	struct arena mem;
	struct geom country;
	struct geom province[LAND_PROVINCES];
	struct geom district[LAND_DISTRICTS];
	const char *province_name[LAND_PROVINCES];
	const char *district_name[LAND_DISTRICTS];
};

/** Make the land of a seed. Freed with land_done. */
MUST_CHECK enum err_code land_make(struct land *l, uint64_t seed, struct err *e);
void land_done(struct land *l);
/** Province of a district. */
int land_province_of(int district);
/** A name in the country's invented tongue, in mem. NULL when memory ends. */
const char *land_word(struct rng *r, struct arena *mem);
/** A random position well inside a district. */
void land_position(const struct land *l, int district, struct rng *r, double ret[2]);

#endif
