/* OGC API Features: the query of items: paging, boxes, time, properties, order. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "api/feature.h"
#include "assess/question.h"
#include "base/clock.h"
#include "base/text.h"
#include "store/history.h"

enum {
	BOX_EDGE = 16, /* parts an edge of a projected box is cut into */
	BOX_POINTS = 4 * BOX_EDGE + 1
};

static int
column_of(const struct features_view *v, const char *name, size_t n)
{
	for (size_t i = 0; i < v->sheet.count; i++)
		if (strlen(v->sheet.column[i].name) == n &&
		    strncmp(v->sheet.column[i].name, name, n) == 0)
			return (int)i;
	return -1;
}

static enum err_code
no_property(const char *name, size_t n, struct err *e)
{
	char quoted[200], cut[80];

	if (n >= sizeof(cut))
		n = sizeof(cut) - 1;
	memcpy(cut, name, n);
	cut[n] = '\0';
	return err_set(e, ERR_INVALID, "no such property: \"%s\"",
	               err_quote(cut, quoted, sizeof(quoted)));
}

/* ---- limit, cursor, the two clocks ---- */

static enum err_code
read_limit(const char *text, struct features_question *f, struct err *e)
{
	int64_t n = 0;
	char quoted[200];

	if (!text_parse_i64(text, strlen(text), &n) || n < 1)
		return err_set(e, ERR_INVALID, "limit is \"%s\"; it must be 1 .. %d",
		               err_quote(text, quoted, sizeof(quoted)), FEATURES_LIMIT_MOST);
	f->limit = n > FEATURES_LIMIT_MOST ? FEATURES_LIMIT_MOST : (size_t)n;
	return ERR_OK;
}

/* "SIZE-NUMBER": the log that the first page saw, and the last record of the page before;
 * "SIZE-sNUMBER": as many of a sorted list were shown. */
static enum err_code
read_cursor(const char *text, struct features_question *f, int64_t size, struct err *e)
{
	const char *dash = strchr(text, '-'), *rest;
	int64_t at = 0, number = 0;
	bool sorted;

	if (!dash || !text_parse_i64(text, (size_t)(dash - text), &at) || at < 0 || at > size)
		return err_set(e, ERR_INVALID,
		               "the cursor is not one of this register; follow the next links");
	sorted = dash[1] == 's';
	rest = dash + 1 + sorted;
	if (!text_parse_i64(rest, strlen(rest), &number) || number < 0 || *rest == '+' ||
	    (sorted && number > FEATURES_SORT_MOST))
		return err_set(e, ERR_INVALID,
		               "the cursor is not one of this register; follow the next links");
	f->size = f->page.known_size = at;
	if (sorted)
		f->skip = (size_t)number;
	else
		f->page.after = number;
	f->first = number == 0;
	return ERR_OK;
}

static enum err_code
read_past(const struct ask *q, struct features_question *f, struct err *e)
{
	const char *as_of = ask_query(q, "as-of"), *known = ask_query(q, "known-at");
	char quoted[200];
	int64_t at_us;
	enum err_code rc;

	if (as_of && !clock_parse_date(as_of, strlen(as_of), &f->page.as_of_days))
		return err_set(e, ERR_INVALID, "as-of is \"%s\"; it must be YYYY-MM-DD",
		               err_quote(as_of, quoted, sizeof(quoted)));
	if (as_of)
		f->page.as_of_days = ask_as_of(q, f->page.as_of_days);
	if (!known)
		return ERR_OK;
	rc = question_known_at("", known, &at_us, e);
	if (rc)
		return rc;
	rc = history_size_at(q->reg->st, at_us, &f->page.known_size, e);
	if (!rc && f->page.known_size < f->size)
		f->size = f->page.known_size;
	return rc;
}

/* ---- bbox ---- */

static size_t
read_numbers(const char *text, double *out, size_t most)
{
	size_t n = 0;

	for (;;) {
		size_t m = strcspn(text, ",");

		if (n == most || !text_parse_f64(text, m, &out[n]))
			return 0;
		n++;
		if (!text[m])
			return n;
		text += m + 1;
	}
}

/* A ring round a box, its edges cut into parts; 4 * BOX_EDGE + 1 points. */
static void
box_ring(const double c[4], double *xy)
{
	const double x[] = { c[0], c[2], c[2], c[0], c[0] }, y[] = { c[1], c[1], c[3], c[3], c[1] };

	for (size_t k = 0; k < 4; k++)
		for (size_t i = 0; i <= BOX_EDGE; i++) {
			double t = (double)i / BOX_EDGE;
			size_t at = k * BOX_EDGE + i;

			xy[2 * at] = x[k] + t * (x[k + 1] - x[k]);
			xy[2 * at + 1] = y[k] + t * (y[k + 1] - y[k]);
		}
}

static struct geom
polygons(const double *xy, uint32_t parts, uint32_t each, uint32_t ends[4])
{
	for (uint32_t i = 0; i < parts; i++) {
		ends[i] = i + 1;
		ends[2 + i] = (i + 1) * each;
	}
	return (struct geom){ .type = parts > 1 ? GEOM_MULTIPOLYGON : GEOM_POLYGON,
		              .part_count = parts,
		              .ring_count = parts,
		              .point_count = parts * each,
		              .part_end = ends,
		              .ring_end = ends + 2,
		              .xy = xy };
}

static enum err_code
open_box(struct site *s, struct features_question *f, const double *xy, uint32_t parts,
         uint32_t each, struct err *e)
{
	uint32_t ends[4];
	struct geom g = polygons(xy, parts, each, ends);

	return relate_open(s->geo, &g, &f->in_box, e);
}

static enum err_code
plain_box(struct site *s, struct features_question *f, const double c[4], struct err *e)
{
	bool wraps = c[0] > c[2];
	double xy[20];

	if (!(c[1] >= -90 && c[3] <= 90 && c[1] <= c[3] && fabs(c[0]) <= 180 && fabs(c[2]) <= 180))
		return err_set(e, ERR_INVALID,
		               "bbox is outside longitude -180 .. 180 and latitude -90 .. 90, or "
		               "its south is above its north");
	f->box[0] = (struct geom_box){ c[0], c[1], wraps ? 180 : c[2], c[3] };
	f->box[1] = (struct geom_box){ -180, c[1], c[2], c[3] };
	f->page.boxes = wraps ? 2 : 1;
	f->plain_box = true;
	for (size_t i = 0; i < f->page.boxes; i++) {
		const struct geom_box *b = &f->box[i];
		const double ring[] = { b->min_lon_deg, b->min_lat_deg, b->max_lon_deg,
			                b->min_lat_deg, b->max_lon_deg, b->max_lat_deg,
			                b->min_lon_deg, b->max_lat_deg, b->min_lon_deg,
			                b->min_lat_deg };

		memcpy(xy + 10 * i, ring, sizeof(ring));
	}
	/* a box without width or height is no area: what meets its box meets it, nearly */
	if (!(c[0] != c[2] && c[1] < c[3]))
		return ERR_OK;
	return open_box(s, f, xy, (uint32_t)f->page.boxes, 5, e);
}

static enum err_code
projected_box(struct site *s, struct features_question *f, struct crs *crs, const double c[4],
              struct err *e)
{
	double xy[2 * BOX_POINTS];
	struct geom_box b = { INFINITY, INFINITY, -INFINITY, -INFINITY };
	enum err_code rc;

	if (!(c[0] < c[2] && c[1] < c[3]))
		return err_set(e, ERR_INVALID, "bbox must have a width and a height");
	box_ring(c, xy);
	rc = crs_to_wgs84(crs, CRS_EASTING_FIRST, xy, BOX_POINTS, e);
	if (rc)
		return rc == ERR_INVALID ? err_prefix(e, "bbox") : rc;
	for (size_t i = 0; i < BOX_POINTS; i++)
		geom_box_grow(&b, (struct geom_box){ xy[2 * i], xy[2 * i + 1], xy[2 * i],
		                                     xy[2 * i + 1] });
	xy[2 * BOX_POINTS - 2] = xy[0];
	xy[2 * BOX_POINTS - 1] = xy[1];
	f->box[0] = b;
	f->page.boxes = 1;
	return open_box(s, f, xy, 1, BOX_POINTS, e);
}

static enum err_code
read_bbox(struct site *s, const struct ask *q, struct features_view *v, const char *text,
          struct features_question *f, struct err *e)
{
	const char *uri = ask_query(q, "bbox-crs");
	double n[6], c[4];
	size_t count = read_numbers(text, n, 6);
	struct features_crs in = { 0 };
	enum err_code rc = ERR_OK;

	if (count != 4 && count != 6)
		return err_set(e, ERR_INVALID,
		               "bbox must be four numbers (or six with heights), parted by commas: "
		               "west,south,east,north");
	c[0] = n[0], c[1] = n[1];
	c[2] = n[count / 2], c[3] = n[count / 2 + 1];
	if (uri)
		rc = features_crs(s, q, v, "bbox-crs", uri, &in, e);
	if (!rc && in.swapped) {
		double t[4] = { c[1], c[0], c[3], c[2] };

		memcpy(c, t, sizeof(c));
	}
	if (!rc)
		rc = in.crs ? projected_box(s, f, in.crs, c, e) : plain_box(s, f, c, e);
	crs_free(in.crs);
	return rc;
}

/* ---- datetime ---- */

/* A date or an instant as a day; ".." and "" are open. */
static bool
read_day(const char *s, size_t n, int64_t open, int64_t *ret)
{
	int64_t us;

	if (n == 0 || (n == 2 && strncmp(s, "..", 2) == 0)) {
		*ret = open;
		return true;
	}
	if (clock_parse_date(s, n, ret))
		return true;
	if (!clock_parse_us(s, n, &us))
		return false;
	*ret = us / 86400000000 - (us % 86400000000 < 0);
	return true;
}

static enum err_code
read_datetime(const char *text, struct features_question *f, struct err *e)
{
	const char *slash = strchr(text, '/');
	size_t n = slash ? (size_t)(slash - text) : strlen(text);
	char quoted[200];
	bool ok = read_day(text, n, INT64_MIN, &f->from_day);

	if (ok && slash)
		ok = read_day(slash + 1, strlen(slash + 1), INT64_MAX, &f->to_day);
	else
		f->to_day = f->from_day;
	if (!ok || (!slash && f->from_day == INT64_MIN) || f->from_day > f->to_day)
		return err_set(
			e, ERR_INVALID,
			"datetime is \"%s\"; it must be a date, a time, or two of them with / "
			"between, in order; .. leaves a side open",
			err_quote(text, quoted, sizeof(quoted)));
	f->dated = true;
	return ERR_OK;
}

/* ---- properties, sortby, NAME=VALUE ---- */

static enum err_code
read_properties(const struct ask *q, const struct features_view *v, const char *text,
                struct features_question *f, struct err *e)
{
	f->shown = arena_calloc(q->mem, v->sheet.count + 1, sizeof(*f->shown));
	if (!f->shown)
		return err_set(e, ERR_NOMEM, "out of memory");
	while (*text) {
		size_t n = strcspn(text, ",");
		int i = column_of(v, text, n);

		/* a feature keeps its place unless skipGeometry takes it away */
		if (i >= 0)
			f->shown[i] = true;
		else if (!v->sheet.geometry || n != 8 || strncmp(text, "geometry", 8) != 0)
			return no_property(text, n, e);
		text += n + (text[n] == ',');
	}
	return ERR_OK;
}

static enum err_code
read_sort(const struct features_view *v, const char *text, struct features_question *f,
          struct err *e)
{
	while (*text) {
		size_t n;
		bool down = *text == '-';
		int i;

		text += *text == '-' || *text == '+' || *text == ' ';
		n = strcspn(text, ",");
		i = column_of(v, text, n);
		if (i < 0 || v->names.name[i].type == CQL2_OTHER ||
		    v->names.name[i].type == CQL2_LIST)
			return i < 0 ? no_property(text, n, e)
			             : err_set(e, ERR_INVALID, "sortby: %s has no order",
			                       v->sheet.column[i].name);
		if (f->sorts == FEATURES_SORTS)
			return err_set(e, ERR_INVALID, "sortby names more than %d properties",
			               FEATURES_SORTS);
		f->sort[f->sorts++] = (struct features_sort){ (size_t)i, down };
		text += n + (text[n] == ',');
	}
	return ERR_OK;
}

static enum err_code
read_equal(const struct features_view *v, const struct ask_pair *p, struct features_question *f,
           struct err *e)
{
	int i = column_of(v, p->name, strlen(p->name));
	struct features_equal *q = &f->equal[f->equals];
	char quoted[200];

	if (i < 0 || v->names.name[i].type == CQL2_OTHER)
		return err_set(e, ERR_INVALID, "there is no parameter or property \"%s\" here",
		               err_quote(p->name, quoted, sizeof(quoted)));
	if (f->equals == FEATURES_EQUALS)
		return err_set(e, ERR_INVALID, "more than %d properties are compared",
		               FEATURES_EQUALS);
	*q = (struct features_equal){ .column = (size_t)i, .text = p->value };
	if (v->names.name[i].type == CQL2_NUMBER || v->names.name[i].type == CQL2_BOOLEAN) {
		q->is_number = text_parse_f64(p->value, strlen(p->value), &q->number);
		if (!q->is_number && v->names.name[i].type == CQL2_BOOLEAN &&
		    (text_eq(p->value, "true") || text_eq(p->value, "false"))) {
			q->is_number = true;
			q->number = *p->value == 't';
		}
		if (!q->is_number)
			return err_set(e, ERR_INVALID, "%s is \"%s\"; it is compared with a number",
			               p->name, err_quote(p->value, quoted, sizeof(quoted)));
	}
	f->equals++;
	return ERR_OK;
}

/* ---- filter ---- */

static enum err_code
to_degrees(void *ctx, double *xy, size_t count, struct err *e)
{
	struct features_crs *from = ctx;

	if (from->crs)
		return crs_to_wgs84(from->crs, CRS_EASTING_FIRST, xy, count, e);
	for (size_t i = 0; from->swapped && i < count; i++) {
		double t = xy[2 * i];

		xy[2 * i] = xy[2 * i + 1];
		xy[2 * i + 1] = t;
	}
	return ERR_OK;
}

static enum err_code
parse_filter(const struct ask *q, const struct features_view *v, const char *text,
             struct cql2 *filter, struct err *e)
{
	const char *lang = ask_query(q, "filter-lang");
	char quoted[200];

	if (!lang || text_eq(lang, "cql2-text"))
		return cql2_parse_text(text, strlen(text), &v->names, q->mem, filter, e);
	if (text_eq(lang, "cql2-json"))
		return cql2_parse_json(text, strlen(text), &v->names, q->mem, filter, e);
	return err_set(e, ERR_INVALID, "filter-lang is \"%s\"; allowed are cql2-text and cql2-json",
	               err_quote(lang, quoted, sizeof(quoted)));
}

static enum err_code
read_filter(struct site *s, const struct ask *q, struct features_view *v, const char *text,
            struct features_question *f, struct err *e)
{
	const char *uri = ask_query(q, "filter-crs");
	struct cql2 *filter = arena_calloc(q->mem, 1, sizeof(*filter));
	struct features_crs from = { 0 };
	enum err_code rc = filter ? parse_filter(q, v, text, filter, e)
	                          : err_set(e, ERR_NOMEM, "out of memory for a filter");

	if (!rc && uri)
		rc = features_crs(s, q, v, "filter-crs", uri, &from, e);
	if (!rc)
		rc = cql2_transform(filter, to_degrees, &from, e);
	crs_free(from.crs);
	if (rc)
		return rc;
	f->ready = arena_calloc(q->mem, filter->geometries + 1, sizeof(*f->ready));
	if (!f->ready)
		return err_set(e, ERR_NOMEM, "out of memory for a filter");
	f->filter = filter;
	rc = cql2_prepare(filter, s->geo, f->ready, e);
	if (!rc && !f->page.boxes && cql2_box(filter, &f->box[0]))
		f->page.boxes = 1;
	return rc;
}

/* ---- all of it ---- */

static bool
is_reserved(const char *name)
{
	static const char *const word[] = { "limit",      "bbox",        "bbox-crs",
		                            "datetime",   "crs",         "f",
		                            "filter",     "filter-lang", "filter-crs",
		                            "properties", "sortby",      "as-of",
		                            "known-at",   "cursor",      "skipGeometry" };

	for (size_t i = 0; i < sizeof(word) / sizeof(*word); i++)
		if (text_eq(word[i], name))
			return true;
	return false;
}

static enum err_code
check_names(const struct ask *q, const struct features_view *v, bool items,
            struct features_question *f, struct err *e)
{
	char quoted[200];
	enum err_code rc = ERR_OK;

	for (size_t i = 0; !rc && i < q->query_count; i++) {
		const char *name = q->query[i].name;

		for (size_t k = 0; k < i; k++)
			if (is_reserved(name) && text_eq(name, q->query[k].name))
				return err_set(e, ERR_INVALID, "%s is given twice", name);
		if (items ? is_reserved(name)
		          : text_eq(name, "f") || text_eq(name, "crs") || text_eq(name, "as-of") ||
		                    text_eq(name, "known-at") || text_eq(name, "properties"))
			continue;
		if (items)
			rc = read_equal(v, &q->query[i], f, e);
		else
			rc = err_set(e, ERR_INVALID, "there is no parameter \"%s\" here",
			             err_quote(name, quoted, sizeof(quoted)));
	}
	return rc;
}

static enum err_code
read_texts(struct site *s, const struct ask *q, struct features_view *v,
           struct features_question *f, struct err *e)
{
	const char *limit = ask_query(q, "limit"), *bbox = ask_query(q, "bbox"),
		   *datetime = ask_query(q, "datetime"), *sort = ask_query(q, "sortby"),
		   *skip = ask_query(q, "skipGeometry"), *cursor = ask_query(q, "cursor"),
		   *filter = ask_query(q, "filter");
	enum err_code rc = ERR_OK;

	if (limit)
		rc = read_limit(limit, f, e);
	if (!rc && bbox)
		rc = read_bbox(s, q, v, bbox, f, e);
	else if (!rc && ask_query(q, "bbox-crs"))
		rc = err_set(e, ERR_INVALID, "bbox-crs is of use with bbox only");
	if (!rc && filter)
		rc = read_filter(s, q, v, filter, f, e);
	else if (!rc && (ask_query(q, "filter-lang") || ask_query(q, "filter-crs")))
		rc = err_set(e, ERR_INVALID,
		             "filter-lang and filter-crs are of use with filter only");
	if (!rc && datetime)
		rc = read_datetime(datetime, f, e);
	if (!rc && sort)
		rc = read_sort(v, sort, f, e);
	if (!rc && cursor)
		rc = read_cursor(cursor, f, store_log_size(q->reg->st), e);
	if (!rc && skip && !text_eq(skip, "true") && !text_eq(skip, "false"))
		rc = err_set(e, ERR_INVALID, "skipGeometry must be true or false");
	if (!rc && skip && text_eq(skip, "true"))
		f->geometry = false;
	return rc;
}

enum err_code
features_question(struct site *s, const struct ask *q, struct features_view *v, bool items,
                  struct features_question *ret, struct err *e)
{
	struct features_question f = {
		.page = { .as_of_days = INT64_MAX, .known_size = INT64_MAX },
		.limit = FEATURES_LIMIT,
		.geometry = true,
		.crs_uri = FEATURES_CRS84,
		.size = store_log_size(q->reg->st),
		.first = true,
	};
	const char *crs = ask_query(q, "crs"), *properties = ask_query(q, "properties");
	enum err_code rc = check_names(q, v, items, &f, e);

	if (!rc && properties)
		rc = read_properties(q, v, properties, &f, e);
	if (!rc)
		rc = read_past(q, &f, e);
	if (!rc && items)
		rc = read_texts(s, q, v, &f, e);
	if (!rc && crs) {
		struct features_crs in = { 0 };

		rc = features_crs(s, q, v, "crs", crs, &in, e);
		f.crs = in.crs;
		f.crs_swapped = in.swapped;
		f.crs_uri = crs;
	}
	if (rc)
		features_question_done(&f);
	else
		*ret = f;
	if (!rc && f.page.boxes)
		ret->page.box = ret->box;
	return rc;
}

void
features_question_done(struct features_question *f)
{
	crs_free(f->crs);
	relate_close(f->in_box);
	for (size_t i = 0; f->filter && i < f->filter->geometries; i++)
		relate_close(f->ready[i]);
}

/* ---- does a row fit ---- */

enum err_code
features_values(struct features_view *v, const struct shown *row, struct err *e)
{
	char day[16];
	const char *expires;

	arena_reset(&v->row);
	clock_format_date(clock_now_us() / 86400000000 + 90, day);
	expires = arena_strdup(&v->row, day);
	return sheet_values(&v->sheet, row, expires, &v->row, v->value, e);
}

/* Is text among the elements of a JSON array of texts without escapes? */
static bool
list_has(const char *json, size_t n, const char *text)
{
	size_t m = strlen(text);

	for (size_t i = 0; i + m + 2 <= n; i++)
		if (json[i] == '"' && memcmp(json + i + 1, text, m) == 0 && json[i + 1 + m] == '"')
			return true;
	return false;
}

static bool
equals(const struct features_equal *q, const struct store_value *value)
{
	switch (value->type) {
	case STORE_INT:
		return q->is_number && (double)value->i == q->number;
	case STORE_REAL:
		return q->is_number && value->d == q->number;
	case STORE_TEXT:
		return text_eq(value->s, q->text);
	case STORE_JSON:
		return list_has(value->s, value->n, q->text);
	default:
		return false;
	}
}

/* The days that a date as shown stands for: "2024-05" is a month. */
static bool
days_of(const struct store_value *value, int64_t *from, int64_t *to)
{
	int64_t year, month;

	if (value->type != STORE_TEXT)
		return false;
	if (value->n >= 10 && clock_parse_date(value->s, 10, from)) {
		*to = *from;
		return true;
	}
	if (value->n != 7 || !text_parse_i64(value->s, 4, &year) ||
	    !text_parse_i64(value->s + 5, 2, &month) || month < 1 || month > 12)
		return false;
	*from = clock_days((int)year, (int)month, 1);
	*to = (month == 12 ? clock_days((int)year + 1, 1, 1)
	                   : clock_days((int)year, (int)month + 1, 1)) -
	      1;
	return true;
}

static bool
box_holds(const struct features_question *f, const struct geom *g)
{
	struct geom_box b = geom_bounds(g);

	for (size_t i = 0; i < f->page.boxes; i++)
		if (b.min_lon_deg >= f->box[i].min_lon_deg &&
		    b.max_lon_deg <= f->box[i].max_lon_deg &&
		    b.min_lat_deg >= f->box[i].min_lat_deg &&
		    b.max_lat_deg <= f->box[i].max_lat_deg)
			return true;
	return false;
}

/* A row as a filter sees it. */
struct seen {
	const struct features_view *v;
	const struct shown *row;
};

static void
seen_value(void *ctx, size_t property, struct cql2_value *ret)
{
	const struct seen *s = ctx;
	const struct store_value *value;

	if (property >= s->v->sheet.count) {
		ret->geom = s->row->fields.geom;
		return;
	}
	value = &s->v->value[property];
	ret->null = value->type == STORE_NULL;
	ret->text = value->s;
	ret->size = value->n;
	ret->number = value->type == STORE_INT ? (double)value->i : value->d;
}

static enum err_code
passes(struct site *s, struct features_view *v, const struct features_question *f,
       const struct shown *row, bool values_only, bool *ret, struct err *e)
{
	struct seen seen = { v, row };
	const struct cql2_row r = { .value = seen_value,
		                    .ctx = &seen,
		                    .no_geometry = values_only,
		                    .geo = s->geo,
		                    .ready = f->ready,
		                    .mem = &v->row };
	enum cql2_truth t = CQL2_FALSE;
	enum err_code rc = cql2_judge(f->filter, &r, &t, e);

	*ret = t == CQL2_TRUE || (values_only && t == CQL2_UNKNOWN && f->filter->needs_geometry);
	return rc;
}

enum err_code
features_fits(struct site *s, struct features_view *v, const struct features_question *f,
              const struct shown *row, bool values_only, bool *ret, struct err *e)
{
	int64_t from, to;

	*ret = false;
	if (values_only) {
		for (size_t i = 0; i < f->equals; i++)
			if (!equals(&f->equal[i], &v->value[f->equal[i].column]))
				return ERR_OK;
		/* what has no date is not left out: danger is danger on any day */
		if (f->dated && v->date >= 0 && days_of(&v->value[v->date], &from, &to) &&
		    (to < f->from_day || from > f->to_day))
			return ERR_OK;
	} else if (f->in_box && !(f->plain_box && box_holds(f, row->fields.geom))) {
		bool in = false;
		enum err_code rc =
			relate_test(f->in_box, RELATE_INTERSECTS, row->fields.geom, &in, e);

		if (rc || !in)
			return rc;
	}
	if (f->filter && (values_only || f->filter->needs_geometry))
		return passes(s, v, f, row, values_only, ret, e);
	*ret = true;
	return ERR_OK;
}
