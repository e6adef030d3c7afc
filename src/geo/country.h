/* Is a position where it should be? A coarse first test against a country's box, and which of the
 * usual mistakes would explain a position outside it. The outline itself is data of the register.
 * Degrees on WGS 84. Pure functions, thread-safe. */
#ifndef GEO_COUNTRY_H
#define GEO_COUNTRY_H

#include "geo/geom.h"

/* Bits: several mistakes can explain the same position. */
enum country_fit {
	COUNTRY_INSIDE = 1,      /* nothing to explain; then no other bit is set */
	COUNTRY_IF_SWAPPED = 2,  /* inside with latitude and longitude exchanged */
	COUNTRY_IF_LAT_SIGN = 4, /* inside in the other hemisphere */
	COUNTRY_IF_LON_SIGN = 8,
	COUNTRY_IF_ZONE_EAST =
		16, /* inside one 6-degree zone further east: a zone number one too small */
	COUNTRY_IF_ZONE_WEST = 32
};

/** 0 when nothing explains it. NaN fits nothing. The box may not cross the 180th meridian. */
unsigned country_fit(struct geom_box country, double lon_deg, double lat_deg);
/** A sentence part for each bit, such as "inside the country if latitude and longitude are
 * exchanged". */
const char *country_fit_text(enum country_fit bit);

#endif
