/* A region for asking fast "is this position in it, and if not, how far off?": an outline sorted
 * into bands of latitude, or only a box. Degrees on WGS 84, edges straight in that plane. Read-only
 * once made: threads may share. */
#ifndef INGEST_REGION_H
#define INGEST_REGION_H

#include <stdbool.h>

#include "base/arena.h"
#include "geo/geom.h"

struct region {
	struct geom_box box;
	size_t bands;         /* 0 = the box is all there is */
	const uint32_t *from; /* bands + 1 places in edge */
	const double *edge;   /* lon1, lat1, lon2, lat2 */
};

/** A region that is a box. */
void region_of_box(struct geom_box box, struct region *ret);
/** From a (multi)polygon; even-odd, so broken outlines do. False when memory ends. mem owns the
 * tables. */
bool region_of_geom(const struct geom *g, struct arena *mem, struct region *ret);
bool region_contains(const struct region *r, double lon_deg, double lat_deg);
/** Distance to the region in kilometres, 0 inside; good to some per cent. */
double region_distance_km(const struct region *r, double lon_deg, double lat_deg);

/**
 * The box of a country by ISO 3166-1 alpha-3, a little larger than the land; also XXA, the
 * fictional one. Only countries with mine action are in the table. False if it is not there.
 */
bool region_country_box(const char *iso3, struct geom_box *ret);

#endif
