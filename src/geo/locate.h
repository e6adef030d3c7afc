/* Which polygon holds a point: many polygons, very many points. Crossing numbers (even-odd) over
 * the edges of one band of latitude. A point on a border belongs to the polygon that was added
 * first. Threads: read-only once built. */
#ifndef GEO_LOCATE_H
#define GEO_LOCATE_H

#include "geo/geom.h"

struct locate;

MUST_CHECK enum err_code locate_create(struct locate **ret, struct err *e);
void locate_free(struct locate *l);
/** Add a polygon or multipolygon under a number (>= 0). Copies what it needs. Other types are
 * passed over. */
MUST_CHECK enum err_code locate_add(struct locate *l, const struct geom *g, long number,
                                    struct err *e);
/** Number of the first polygon added that holds the point, -1 if none does. */
long locate_point(const struct locate *l, double lon_deg, double lat_deg);

#endif
