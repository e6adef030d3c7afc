/* Reference systems and the way from each to WGS 84. The operation is pinned by its EPSG code,
 * never left to PROJ, whose default takes a Russian operation for Kyiv (docs/decisions). A datum
 * without a pinned operation is refused unless the user names one: unknown datum means quarantine.
 *
 * Parameters come from PROJ's copy of the EPSG register; no grid is fetched from anywhere.
 * One crs belongs to the thread of its geo context and must be freed before it. */
#ifndef GEO_CRS_H
#define GEO_CRS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "geo/coord.h"
#include "geo/geo.h"

struct crs;

enum crs_axis {
	CRS_EASTING_FIRST, /* x, y: longitude, latitude; easting, northing (what GIS files hold) */
	CRS_NORTHING_FIRST /* the other order, as the EPSG register defines many systems */
};

/**
 * Open a system: "EPSG:28405", "28405", "OGC:CRS84" or their urn: forms.
 *
 * operation  0 takes the pinned one for the datum; else the EPSG code of a coordinate operation
 * between the system's datum and WGS 84 (either direction) iso3       the register's country, "" if
 * there is none: an operation is pinned for a country
 *
 * Fails with ERR_NOTFOUND (no such code), ERR_UNKNOWN (no operation is pinned for this datum and
 * country; *e says which datum), ERR_INVALID (the operation does not lead to WGS 84),
 * ERR_UNSUPPORTED (not a geographic or projected system; a grid file is missing), ERR_NOMEM, ERR_IO
 * (PROJ is missing).
 */
MUST_CHECK enum err_code crs_open(struct geo *ctx, const char *code, int operation,
                                  const char *iso3, struct crs **ret, struct err *e);
void crs_free(struct crs *c);
/**
 * Convert count positions (2 * count numbers) in place to longitude, latitude in degrees on WGS 84.
 * Heights are taken as on the ellipsoid. ERR_INVALID with the first position that cannot be: not
 * finite, out of range, an easting without or with another zone prefix, too far from the
 * projection's middle. After a failure the numbers are undefined.
 */
MUST_CHECK enum err_code crs_to_wgs84(struct crs *c, enum crs_axis axis, double *xy, size_t count,
                                      struct err *e);
/**
 * The way back: degrees on WGS 84 in place to easting and northing, or degrees of the system's
 * datum. Both ways take heights as 0, so going there and back moves a position by up to 2 mm.
 */
MUST_CHECK enum err_code crs_from_wgs84(struct crs *c, double *lon_lat, size_t count,
                                        struct err *e);

/** True if positions need no change but that of axes. */
bool crs_is_wgs84_degrees(const struct crs *c);
bool crs_is_projected(const struct crs *c);
/** "EPSG:28405". */
const char *crs_code(const struct crs *c);
/** "Pulkovo 1942 / Gauss-Kruger zone 5". */
const char *crs_name(const struct crs *c);
/** EPSG code of the datum operation, 0 when there is nothing to do (WGS 84). */
int crs_operation(const struct crs *c);
/** Accuracy of the operation in metres as EPSG states it, 0 for WGS 84, -1 if EPSG states none. */
double crs_accuracy_m(const struct crs *c);
/** "EPSG:15865, Pulkovo 1942 to WGS 84 (16), 3 m" or "none: WGS 84". Lives as long as c. */
const char *crs_operation_text(const struct crs *c);
/**
 * A doubt for people to see, "" if there is none: the operation named is another than the one
 * pinned for this datum and country (in Ukraine: EPSG:1254 is off by 7 .. 10 m, EPSG:5044 by 2 m,
 * EPSG:5590 by 6 .. 10 m).
 */
const char *crs_warning(const struct crs *c);
/** Set system, grid_prefix and utm_zone of the options for reading text in this system. */
void crs_coord_options(const struct crs *c, struct coord_options *opt);

#define CRS_CODE_SIZE 24

/**
 * Find the code of a definition (WKT of any kind, a .prj file): the code it names, if it says the
 * same as the register does, else the one register entry that is equivalent (order of axes aside).
 * Parameters of a datum shift inside the text (TOWGS84) are not used. n at most 64 KiB.
 * ERR_UNKNOWN if none or several are; ERR_INVALID if it is no definition.
 */
MUST_CHECK enum err_code crs_identify_wkt(struct geo *ctx, const char *wkt, size_t n,
                                          char ret_code[CRS_CODE_SIZE], struct err *e);

#endif
