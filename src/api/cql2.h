/* Filters: Common Query Language, OGC 21-065r2 (CQL2), its text and its JSON. Both become one tree.
 * What is asked for is decided by the caller: properties are known by a list of names, their values
 * come from a function, so that a filter never sees what the caller does not show.
 *
 * Classes of the standard: basic, advanced comparison operators, case- and accent-insensitive
 * comparison, basic spatial (and its functions), spatial, temporal, array functions,
 * property-property comparisons. Not: arithmetic, functions of one's own, geometry collections.
 *
 * A comparison with a value that is not there is neither true nor false (as in SQL); the filter
 * takes rows for which the whole is true. Pure functions, thread-safe; limits in docs/LIMITS.md. */
#ifndef SERVE_CQL2_H
#define SERVE_CQL2_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "geo/relate.h"

#define CQL2_BYTES_MOST 16384 /* of a filter */
#define CQL2_NODES_MOST 2000  /* of a tree */
#define CQL2_DEPTH_MOST 32    /* brackets in brackets */
#define CQL2_POINTS_MOST 5000 /* of all geometries in a filter */

enum cql2_type {
	CQL2_TEXT,
	CQL2_NUMBER,
	CQL2_BOOLEAN, /* also numbers 0 and 1 */
	CQL2_DATE,    /* text "YYYY", "YYYY-MM", "YYYY-MM-DD" or RFC 3339 */
	CQL2_LIST,    /* JSON array of texts */
	CQL2_GEOMETRY,
	CQL2_OTHER /* can only be asked whether it is null */
};

/* The properties that a filter may name. */
struct cql2_name {
	const char *name;
	enum cql2_type type;
};
struct cql2_names {
	const struct cql2_name *name;
	size_t count;
};

enum cql2_op {
	CQL2_AND,
	CQL2_OR,
	CQL2_NOT,
	CQL2_TRUTH, /* a literal TRUE or FALSE as a whole condition */
	CQL2_EQ,
	CQL2_NE,
	CQL2_LT,
	CQL2_LE,
	CQL2_GT,
	CQL2_GE,
	CQL2_LIKE,
	CQL2_BETWEEN,
	CQL2_IN,
	CQL2_NULL,
	CQL2_SPATIAL,  /* relation */
	CQL2_TEMPORAL, /* which */
	CQL2_ARRAY,    /* which */
	/* expressions */
	CQL2_PROPERTY,
	CQL2_LITERAL_TEXT,
	CQL2_LITERAL_NUMBER,
	CQL2_LITERAL_BOOLEAN,
	CQL2_LITERAL_TIME, /* from .. to */
	CQL2_LITERAL_GEOMETRY,
	CQL2_LITERAL_LIST, /* its elements are below it */
	CQL2_INTERVAL,     /* of two expressions below it */
	CQL2_CASEI,
	CQL2_ACCENTI
};

enum cql2_temporal {
	CQL2_T_AFTER,
	CQL2_T_BEFORE,
	CQL2_T_CONTAINS,
	CQL2_T_DISJOINT,
	CQL2_T_DURING,
	CQL2_T_EQUALS,
	CQL2_T_FINISHEDBY,
	CQL2_T_FINISHES,
	CQL2_T_INTERSECTS,
	CQL2_T_MEETS,
	CQL2_T_METBY,
	CQL2_T_OVERLAPPEDBY,
	CQL2_T_OVERLAPS,
	CQL2_T_STARTEDBY,
	CQL2_T_STARTS
};
enum cql2_array {
	CQL2_A_EQUALS,
	CQL2_A_CONTAINS,
	CQL2_A_CONTAINEDBY,
	CQL2_A_OVERLAPS
};

struct cql2_node {
	enum cql2_op op;
	struct cql2_node *first, *next; /* operands */
	int which;                      /* relation, temporal, array; property's index */
	const char *text;
	size_t text_size;
	double number;
	int64_t from_us, to_us; /* of a time, both ends in it; INT64_MIN, INT64_MAX = open */
	bool day;               /* a date, not an instant */
	struct geom *geom;
	size_t geometry; /* its number in the tree */
};

struct cql2 {
	struct cql2_node *root;
	size_t geometries, nodes, points, depth;
	const struct cql2_names *names;
	bool needs_geometry; /* a property of type geometry is named */
};

/**
 * Read a filter. The tree lives in mem and points to names. ERR_INVALID says where and what was
 * expected, or names a property that is not there; ERR_LIMIT.
 */
MUST_CHECK enum err_code cql2_parse_text(const char *s, size_t n, const struct cql2_names *names,
                                         struct arena *mem, struct cql2 *ret, struct err *e);
MUST_CHECK enum err_code cql2_parse_json(const char *s, size_t n, const struct cql2_names *names,
                                         struct arena *mem, struct cql2 *ret, struct err *e);

/** Call fn with the coordinates of every geometry literal, to bring them from another reference
 * system to longitude, latitude on WGS 84. */
MUST_CHECK enum err_code cql2_transform(struct cql2 *c,
                                        enum err_code (*fn)(void *ctx, double *xy, size_t count,
                                                            struct err *e),
                                        void *ctx, struct err *e);
/** Make the geometry literals ready; ready has c->geometries entries, NULL at first, which the
 * caller closes. ERR_INVALID when one is not valid or not in longitude and latitude. */
MUST_CHECK enum err_code cql2_prepare(const struct cql2 *c, struct geo *geo, struct relate **ready,
                                      struct err *e);
/** The box that every match lies in, when spatial conditions joined by AND at the top say so. */
bool cql2_box(const struct cql2 *c, struct geom_box *ret);

/* A value of a property. */
struct cql2_value {
	enum cql2_type type;
	bool null;
	const char *text; /* text, date, list */
	size_t size;
	double number;
	const struct geom *geom; /* NULL = none */
};

struct cql2_row {
	void (*value)(void *ctx, size_t property, struct cql2_value *ret);
	void *ctx;
	bool no_geometry; /* it is not known yet: conditions on it are neither true nor false */
	struct geo *geo;
	struct relate **ready; /* by number of geometry; made when first needed; NULL = no room */
	struct arena *mem;     /* scratch, reset by the caller */
};

enum cql2_truth {
	CQL2_FALSE,
	CQL2_TRUE,
	CQL2_UNKNOWN
};

/** Judge a row. ERR_NOMEM, ERR_INTERNAL from geometry. */
MUST_CHECK enum err_code cql2_judge(const struct cql2 *c, const struct cql2_row *row,
                                    enum cql2_truth *ret, struct err *e);

#endif
