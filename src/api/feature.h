/* OGC API Features: what its handlers share. A view is a kind as one role sees it: its columns and
 * the reader of its rows; views live with the register until the process ends. */
#ifndef SERVE_FEATURE_H
#define SERVE_FEATURE_H

#include "api/cql2.h"
#include "api/feature_cache.h"
#include "api/route.h"
#include "base/json.h"
#include "geo/crs.h"
#include "geo/relate.h"
#include "publish/sheet.h"
#include "store/page.h"

#define FEATURES_LIMIT 10         /* items a page unless asked */
#define FEATURES_LIMIT_MOST 10000 /* and at most */
#define FEATURES_SORT_MOST 200000 /* items that are sorted */
#define FEATURES_CRS84 "http://www.opengis.net/def/crs/OGC/1.3/CRS84"

struct features_view {
	struct arena mem;
	int kind;
	enum access_role role;
	struct sheet sheet;
	struct feature_word *word; /* of each column */
	struct buf scratch;        /* the feature at hand, short */
	struct feature_cache *cache;
	int64_t cache_day;         /* that it was made for: expiry is told from today */
	struct store_value *value; /* of the row at hand */
	struct arena row;          /* what value points into */
	struct page_reader *reader;
	int date;                /* column of the date of information, -1 = none */
	struct cql2_names names; /* properties that filters may name: the columns, then geometry */
};

/**
 * The view of a collection for who asks; made when first asked for. ERR_NOTFOUND, with the same
 * sentence whether there is no such kind or the role may not see its rows.
 */
MUST_CHECK enum err_code features_view(const struct ask *q, const char *collection,
                                       struct features_view **ret, struct err *e);
/** Is the kind a collection for this role? */
bool features_offered(const struct ask *q, int kind);
/** base + prefix + path, in q->mem. */
const char *features_link(const struct ask *q, const char *path);
/** Does the client want HTML: f=html, or Accept names text/html first and f is not given?
 * ERR_INVALID for another f. */
MUST_CHECK enum err_code features_format(const struct ask *q, bool *ret_html, struct err *e);
/** Write {"href","rel","type","title"}. */
void features_write_link(struct json_writer *w, const char *href, const char *rel, const char *type,
                         const char *title);
/** ERR_INVALID naming a parameter that the route does not know. */
MUST_CHECK enum err_code features_check_params(const struct ask *q, struct err *e);
/** Set the (weak) entity tag from the register's state, who reads, and the question; true when the
 * client has it already: r is then a 304. */
bool features_etag(const struct ask *q, int64_t size, struct reply *r);
/** The title of a kind in English and its form. */
const struct form *features_form(const struct ask *q, int kind);

/* What is asked of items, read from the query. */
struct features_equal {
	size_t column;
	const char *text;
	double number;
	bool is_number;
};
struct features_sort {
	size_t column;
	bool descending;
};
enum {
	FEATURES_EQUALS = 32,
	FEATURES_SORTS = 8
};
struct features_question {
	struct page_question page;
	size_t limit;
	struct geom_box box[2];
	int64_t from_day, to_day; /* datetime: INT64_MIN, INT64_MAX = open */
	bool dated;
	struct features_equal equal[FEATURES_EQUALS];
	size_t equals;
	struct features_sort sort[FEATURES_SORTS];
	size_t sorts;
	size_t skip; /* of a sorted list */
	bool *shown; /* by column; NULL = all */
	bool geometry;
	struct relate *in_box; /* the boxes as a geometry */
	bool plain_box;        /* they are boxes in longitude and latitude, too */
	struct cql2 *filter;   /* NULL = none */
	struct relate **ready; /* its geometries, made ready when needed */
	struct crs *crs;       /* of the answer; NULL = degrees on WGS 84 */
	bool crs_swapped;      /* latitude first */
	const char *crs_uri;
	int64_t size; /* of the log, that the answer is made from */
	bool first;   /* no cursor: the first page */
};

/** Read the parameters of items (or of one item). The crs is freed by features_question_done. */
MUST_CHECK enum err_code features_question(struct site *s, const struct ask *q,
                                           struct features_view *v, bool items,
                                           struct features_question *ret, struct err *e);
void features_question_done(struct features_question *f);
/** The values of a row into v->value. */
MUST_CHECK enum err_code features_values(struct features_view *v, const struct shown *row,
                                         struct err *e);
/** Does the row fit? v->value is set. values_only: its geometry is not made yet, and what asks for
 * it is left open (true). */
MUST_CHECK enum err_code features_fits(struct site *s, struct features_view *v,
                                       const struct features_question *f, const struct shown *row,
                                       bool values_only, bool *ret, struct err *e);
/** Append the row as a GeoJSON feature. v->value is set; scratch in v->row; v->scratch is left with
 * the short form. */
MUST_CHECK enum err_code features_write(struct features_view *v, const struct features_question *f,
                                        const struct shown *row, struct buf *out, struct err *e);
/** Is nothing asked but records of the present as they are (by box or not)? Then they may come from
 * the cache, and go into it. */
bool features_plain(const struct features_question *f);
/** There is no room for what is asked for now: forget what the view has, or the largest of the
 * others' when its own share is the smaller one. */
void features_cache_room(const struct ask *q, struct features_view *v);
/** Bring the cache to the register's present state: what changed is forgotten. */
MUST_CHECK enum err_code features_cache_renew(struct features_view *v, int64_t size, struct err *e);
/* A reference system as a question names it. */
struct features_crs {
	struct crs *crs; /* NULL = degrees; the caller frees it */
	bool swapped;    /* latitude first */
};
/** The reference system of a URI ("http://www.opengis.net/def/crs/EPSG/0/32636") in a parameter.
 * ERR_INVALID when it is none of those offered. */
MUST_CHECK enum err_code features_crs(struct site *s, const struct ask *q, struct features_view *v,
                                      const char *param, const char *uri, struct features_crs *ret,
                                      struct err *e);
/** Reference systems offered: URIs, in q->mem. */
MUST_CHECK enum err_code features_crs_list(const struct ask *q, struct features_view *v,
                                           const char ***ret, size_t *ret_count, struct err *e);

/** A column's JSON Schema as a member of the object being written; nullable: in OpenAPI 3.0's way.
 */
void features_property_schema(const struct form *form, const struct sheet_column *c, bool nullable,
                              struct json_writer *w);
void features_html_head(const struct ask *q, struct reply *r, const char *title);
void features_html_foot(struct reply *r);

#endif
