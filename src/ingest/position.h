/* The position of a row: an outline as WKB, WKT or GeoJSON, or coordinates as numbers and texts,
 * brought to WGS 84 with a pinned operation. What was given is kept beside it. Nothing is guessed:
 * without a reference system, or when a text can be read in two ways, the row goes to quarantine.
 *
 * Columns of a mapping that are not fields of a form: lon, lat (degrees); x, y (easting, northing
 * of the stated system); position (a text with both); crs (the system of this row: EPSG:28406 or
 * 28406). */
#ifndef INGEST_POSITION_H
#define INGEST_POSITION_H

#include "ingest/rowcheck.h"
#include "store/mapping.h"

struct rowmake_about;
struct rowmake_row;

enum position_column {
	POSITION_GEOMETRY,
	POSITION_LON,
	POSITION_LAT,
	POSITION_X,
	POSITION_Y,
	POSITION_TEXT,
	POSITION_CRS,
	POSITION_COLUMNS
};

struct position_plan {
	const struct rowmake_about *about;
	int column[POSITION_COLUMNS]; /* of the mapping, -1 = none */
	int given_text, given_datum, given_format, operation, accuracy,
		role; /* fields, -1 = none */
	bool has_geometry_field;
};

struct position_worker;

/* What was found. */
struct position {
	bool any;          /* some position was given, readable or not */
	const void *given; /* bytes as given when the geometry was derived from them, else NULL */
	size_t given_n;
};

/** about must stay. */
MUST_CHECK enum err_code position_plan_init(struct position_plan *p,
                                            const struct rowmake_about *about, struct err *e);
/** True if the column is one of those above (or the main geometry); it is then noted. */
bool position_takes(struct position_plan *p, const char *column, size_t at);
MUST_CHECK enum err_code position_worker_create(const struct position_plan *p,
                                                struct position_worker **ret, struct err *e);
void position_worker_free(struct position_worker *w);
/**
 * Read a row's position into its fields (geometry, given_text, given_datum, given_format,
 * operation, accuracy_m). Findings go to check, in whose arena all that is made lives. ERR_NOMEM,
 * ERR_INTERNAL.
 */
MUST_CHECK enum err_code position_read(const struct position_plan *p, struct position_worker *w,
                                       struct rowmake_row *r, struct rowcheck_row *check,
                                       struct position *ret, struct err *e);

#endif
