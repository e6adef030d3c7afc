/* GeoJSON (RFC 7946): a FeatureCollection, a Feature, a geometry, or a sequence of them (RFC 8142
 * or one a line). Two passes over mapped bytes: the first finds columns and their types, the second
 * writes rows. A feature that cannot be read is a bad row; what follows it is read as long as its
 * brackets close. Properties become columns in the order they first appear; true and false are 1
 * and 0; lists and objects stay JSON text; a feature's "id" is a column too. Threads: one reader,
 * one thread. */
#ifndef READER_GEOJSON_H
#define READER_GEOJSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "reader/columns.h"
#include "reader/input.h"
#include "reader/jscan.h"
#include "reader/limits.h"
#include "reader/out.h"

struct geojson {
	struct input in;
	const struct limits *limits;
	struct columns cols;
	struct jtoken *values; /* of the feature at hand, one a column */
	int64_t *value_row;    /* the row that values[i] belongs to */
	struct out *out;       /* NULL in the first pass */
	void (*progress)(int64_t rows);
	int64_t row;        /* number of the feature at hand */
	int64_t features;   /* counted by the first pass */
	bool has_geometry;  /* some feature has one */
	size_t id_column;   /* SIZE_MAX: no feature has an id */
	char crs[64];       /* "EPSG:4326" when the file states none (RFC 7946) */
	char crs_note[200]; /* what the file states, when it is not understood */
	char name[200];     /* of the collection, or "" */
	char other[64];     /* a member of a feature that is not read, or "" */
};

/** Read from the bytes of in, which must stay. progress (may be NULL) is called every 4096 rows. */
void geojson_init(struct geojson *g, struct input in, const struct limits *limits,
                  void (*progress)(int64_t rows));
void geojson_done(struct geojson *g);
/**
 * First pass. A file that ends early is no failure here; what is there will be read.
 * Fails with ERR_INVALID (no GeoJSON at all), ERR_LIMIT (columns, features), ERR_NOMEM.
 */
MUST_CHECK enum err_code geojson_scan(struct geojson *g, struct err *e);
/** Second pass: rows and bad rows. Fails with ERR_INVALID where the file breaks off, ERR_LIMIT. */
MUST_CHECK enum err_code geojson_rows(struct geojson *g, struct out *o, struct err *e);

/**
 * One geometry object at j as WKB (2D; further coordinates are dropped) behind what o holds.
 * *ret_empty: it is a point without coordinates, and nothing was written.
 */
bool geojson_geometry(struct jscan *j, struct out *o, int64_t max_vertices, bool *ret_empty);

#endif
