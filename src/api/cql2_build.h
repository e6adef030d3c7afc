/* Building the tree of a filter: what the text and the JSON of CQL2 share. Private to cql2*.c. */
#ifndef SERVE_CQL2_BUILD_H
#define SERVE_CQL2_BUILD_H

#include "api/cql2.h"

struct cql2_build {
	struct cql2 *out;
	struct arena *mem;
	struct err *e;
	size_t depth;
};

/** An empty node. ERR_NOMEM, ERR_INVALID (too many). */
MUST_CHECK enum err_code cql2_node(struct cql2_build *b, enum cql2_op op, struct cql2_node **ret);
/** Put operands below a node, in order; NULL-terminated list. */
void cql2_below(struct cql2_node *parent, struct cql2_node *const *child);
/** One level deeper; ERR_LIMIT. The caller counts back. */
MUST_CHECK enum err_code cql2_deeper(struct cql2_build *b);
/** A property by name; ERR_INVALID "no such property". */
MUST_CHECK enum err_code cql2_property(struct cql2_build *b, const char *name, size_t n,
                                       struct cql2_node **ret);
MUST_CHECK enum err_code cql2_text(struct cql2_build *b, const char *s, size_t n,
                                   struct cql2_node **ret);
/** A date (day) or an instant; open: ".." is allowed and means open. ERR_INVALID. */
MUST_CHECK enum err_code cql2_time(struct cql2_build *b, const char *s, size_t n,
                                   struct cql2_node **ret);
/** An interval of two operands: times, ".." or properties. */
MUST_CHECK enum err_code cql2_interval(struct cql2_build *b, struct cql2_node *from,
                                       struct cql2_node *to, struct cql2_node **ret);
/** An open end. */
MUST_CHECK enum err_code cql2_open(struct cql2_build *b, struct cql2_node **ret);
/** A geometry literal (g lives in mem); counts its points. */
MUST_CHECK enum err_code cql2_geometry(struct cql2_build *b, const struct geom *g,
                                       struct cql2_node **ret);
/** A box: 4 numbers, or 6 with heights. West may be larger than east. */
MUST_CHECK enum err_code cql2_bbox(struct cql2_build *b, const double *v, size_t n,
                                   struct cql2_node **ret);
/** The function of a name ("s_intersects", "T_AFTER", "a_contains"), case aside; false if none. */
bool cql2_function(const char *name, size_t n, enum cql2_op *ret_op, int *ret_which);
/** Join operands by an operator and check that their types fit: comparisons, like, between, in,
 * null, spatial, temporal, array, casei. ERR_INVALID names what does not fit. */
MUST_CHECK enum err_code cql2_join(struct cql2_build *b, enum cql2_op op, int which,
                                   struct cql2_node *const *operand, struct cql2_node **ret);

#endif
