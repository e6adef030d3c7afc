/* Coordinates as people write them: decimal degrees, degrees and minutes, degrees minutes seconds
 * (marks, letters, colons, dots, blanks; N S E W in Latin, Ukrainian, Russian and Azerbaijani),
 * MGRS, UTM and grid coordinates of a stated system. Nothing is guessed: what can be read in two
 * ways is refused with a sentence, unless exactly one reading lies inside the stated country; then
 * it is marked.
 *
 * The result never changes the datum: degrees stay on the datum stated for the text (geo/crs.h
 * converts); MGRS and UTM give degrees on the WGS 84 ellipsoid. Pure functions, thread-safe. Text
 * is UTF-8. */
#ifndef GEO_COORD_H
#define GEO_COORD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "geo/geom.h"

enum coord_format {
	COORD_DECIMAL, /* 48.508333, 33.2 */
	COORD_DM,      /* 48 30.5 N */
	COORD_DMS,     /* 48 30 30 N */
	COORD_MGRS,    /* 36UVU1234567890 */
	COORD_UTM,     /* 36U 500000 5400000 */
	COORD_GRID     /* 6500000 5400000 in a stated system */
};

enum coord_order {
	COORD_ORDER_UNKNOWN,
	COORD_LAT_FIRST,
	COORD_LON_FIRST
}; /* northing, easting alike */

enum coord_system {
	COORD_SYSTEM_UNSTATED,   /* no datum known: still read, the caller decides */
	COORD_SYSTEM_WGS84,      /* degrees, MGRS and UTM are welcome */
	COORD_SYSTEM_GEOGRAPHIC, /* degrees on another datum: MGRS and UTM contradict it */
	COORD_SYSTEM_GRID        /* eastings and northings: degrees contradict it */
};

struct coord_options {
	enum coord_order order;
	enum coord_system system;
	/* Of a grid, filled by crs_coord_options: the millions with which its eastings begin (zone
	 * prefix, 5 for EPSG:28405), 0 for eastings below 1,000,000, -1 when not known; */
	int grid_prefix;
	int utm_zone; /* and its zone if it is UTM on WGS 84, negative in the south, else 0 */
	const struct geom_box *country; /* may be NULL; WGS 84, good to 0.01 degree */
};

/* Doubts that do not stop a reading. Bits. */
enum coord_warning {
	COORD_WARN_MAYBE_DMS = 1,     /* 48.3030 may be 48 30' 30" */
	COORD_WARN_MAYBE_SECONDS = 2, /* 30.30' may be 30'30" */
	COORD_WARN_BY_COUNTRY = 4,    /* two readings; only this one is inside the country */
	COORD_WARN_COARSE = 8,        /* the digits given say no more than 100 m */
	COORD_WARN_OUTSIDE = 16,      /* outside the country's box; see country_fit */
	COORD_WARN_SWAPPED =
		32, /* the letters say that the two texts stand in each other's place */
	COORD_WARN_LETTERS = 64, /* Cyrillic letters read as the Latin ones they look like */
	COORD_WARN_ZONE = 128,   /* the position lies outside the zone it is given in */
	COORD_WARN_FLOAT = 256 /* the value went through 32 bits on its way: some 0.2 m are lost */
};

struct coord {
	enum coord_format format;
	bool is_grid; /* x and y are metres of the stated grid, else degrees */
	double x, y; /* longitude and latitude, or easting and northing; the centre of what is meant
	              */
	double half_x, half_y; /* half of the last digit given, degrees or metres; of MGRS half the
	                          square */
	double half_m;         /* the larger of the two in metres: 0.5 for MGRS with 10 digits */
	double reach_m; /* all of what is meant lies within this of the centre: the half-diagonal */
	int zone;       /* MGRS and UTM: 1 .. 60; else 0 */
	bool zone_is_north;
	double easting_m, northing_m; /* MGRS and UTM: the centre in its zone */
	unsigned warnings;            /* bits of coord_warning */
};

/**
 * Read a pair from one text. opt may be NULL (nothing is known). Text of at most 200 bytes.
 * ERR_INVALID: not a coordinate, out of range, or contradicting; ERR_UNKNOWN: it can be read in two
 * ways; ERR_UNSUPPORTED: polar squares; ERR_LIMIT: too long. The sentence quotes the text.
 */
MUST_CHECK enum err_code coord_parse(const char *s, size_t n, const struct coord_options *opt,
                                     struct coord *ret, struct err *e);
/**
 * Read a pair from two texts: latitude (or northing) and longitude (or easting). opt->order is not
 * used. Letters win over the place: 33E, 48N is read as written and marked COORD_WARN_SWAPPED.
 */
MUST_CHECK enum err_code coord_parse_two(const char *lat, size_t lat_n, const char *lon,
                                         size_t lon_n, const struct coord_options *opt,
                                         struct coord *ret, struct err *e);
/**
 * The cell that the digits given leave open, as a closed ring of 5 points, counter-clockwise. For
 * MGRS and UTM it is the square of the zone, in degrees; for a grid it is in its metres.
 */
void coord_cell(const struct coord *c, double ret_xy[10]);
/** "decimal", "dm", "dms", "mgrs", "utm", "grid": codes for the field given_format. */
const char *coord_format_name(enum coord_format f);
/** What is doubtful, for people: "the digits after the point may be minutes and seconds". */
const char *coord_warning_text(enum coord_warning bit);
/**
 * Write degrees as "48°30'30.00\"N 33°12'00.00\"E", decimals 0 .. 6 of the seconds. |lat| <= 90,
 * |lon| <= 180. Returns the length, 0 if it does not fit.
 */
size_t coord_write_dms(double lon_deg, double lat_deg, int decimals, char *out, size_t out_size);

#endif
