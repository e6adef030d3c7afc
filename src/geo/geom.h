/* Geometries in memory: flat arrays, longitude first, degrees on WGS 84 unless said otherwise.
 * A geometry lives in the arena it was read into. Threads: read-only geometries may be shared. */
#ifndef GEO_GEOM_H
#define GEO_GEOM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"

enum geom_type { /* numbers as in WKB */
	GEOM_POINT = 1,
	GEOM_LINESTRING = 2,
	GEOM_POLYGON = 3,
	GEOM_MULTIPOINT = 4,
	GEOM_MULTILINESTRING = 5,
	GEOM_MULTIPOLYGON = 6
};

struct geom_box {
	double min_lon_deg, min_lat_deg, max_lon_deg, max_lat_deg; /* min > max when empty */
};

/* Part = a point, a line or a polygon; ring = a point sequence. A point part and a line part have
 * one ring. ring_end[r] is one past the last point of ring r; part_end[p] one past the last ring of
 * p. */
struct geom {
	enum geom_type type;
	uint32_t part_count; /* 1 for the three simple types unless empty (0) */
	uint32_t ring_count;
	uint32_t point_count;
	const uint32_t *part_end;
	const uint32_t *ring_end;
	const double *xy; /* 2 * point_count */
};

#define GEOM_MAX_POINTS 100000u /* docs/LIMITS.md: vertices of one geometry */

/**
 * Read ISO or EWKB WKB, either byte order; Z and M are dropped; GeometryCollections of one kind
 * become the multi type. Rings are closed if the file left them open. max_points 0 means
 * GEOM_MAX_POINTS. Coordinates must be finite, else ERR_INVALID; ranges are not checked here
 * (foreign systems). ERR_UNSUPPORTED for curves and mixed collections, ERR_LIMIT past max_points,
 * ERR_INVALID if truncated.
 */
MUST_CHECK enum err_code geom_from_wkb(const uint8_t *p, size_t n, size_t max_points,
                                       struct arena *mem, struct geom *ret, struct err *e);
/** Append little-endian ISO WKB. */
void geom_to_wkb(const struct geom *g, struct buf *out);
/** Append a GeoPackage blob: header (little-endian, srs 4326, xy envelope but for points) and WKB.
 */
void geom_to_gpkg(const struct geom *g, struct buf *out);
/** Read a GeoPackage blob (any envelope kind, any byte order). */
MUST_CHECK enum err_code geom_from_gpkg(const uint8_t *p, size_t n, struct arena *mem,
                                        struct geom *ret, struct err *e);
/** Read a parsed GeoJSON geometry object (no Feature, no collection). */
MUST_CHECK enum err_code geom_from_json(const struct json_value *v, size_t max_points,
                                        struct arena *mem, struct geom *ret, struct err *e);
/** Append the canonical (RFC 8785) GeoJSON geometry object: {"coordinates":...,"type":...}. */
void geom_write_json(const struct geom *g, struct buf *out);
/** Read OGC WKT of the same types ("POLYGON ((...))", EMPTY, optional SRID=...;, Z/M dropped). */
MUST_CHECK enum err_code geom_from_wkt(const char *s, size_t n, size_t max_points,
                                       struct arena *mem, struct geom *ret, struct err *e);

bool geom_is_empty(const struct geom *g);
bool geom_is_areal(const struct geom *g);
struct geom_box geom_bounds(const struct geom *g);
bool geom_box_overlap(struct geom_box a, struct geom_box b);
void geom_box_grow(struct geom_box *a, struct geom_box b);
/** A point geometry. NULL arrays only if memory ends (returns false). */
bool geom_make_point(double lon_deg, double lat_deg, struct arena *mem, struct geom *ret);
/** A deep copy into mem. False when memory ends. */
bool geom_copy(const struct geom *g, struct arena *mem, struct geom *ret);
/** Same type, same structure, same coordinates to the bit. */
bool geom_equal(const struct geom *a, const struct geom *b);

#endif
