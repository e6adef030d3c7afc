/* A geometry context: GEOS and PROJ handles of one thread, made when first needed, so that starting
 * the program costs nothing. One context belongs to one thread at a time. */
#ifndef GEO_GEO_H
#define GEO_GEO_H

#include "base/err.h"

struct geo;

/** NULL when memory ends. */
struct geo *geo_create(void);
void geo_free(struct geo *g);
/** Versions of GEOS and PROJ in use, such as "GEOS 3.11.1, PROJ 9.1.1". Static text. */
const char *geo_versions(void);

#endif
