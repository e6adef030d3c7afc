#include "ingest/rowcheck.h"

#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "geo/measure.h"
#include "geo/shape.h"

static enum err_code check_range(struct rowcheck_row *r, struct err *e);
static enum err_code check_span(struct rowcheck_row *r, struct err *e);
static enum err_code check_outline(struct rowcheck_row *r, struct err *e);
static enum err_code check_geometry_type(struct rowcheck_row *r, struct err *e);
static enum err_code check_vertices(struct rowcheck_row *r, struct err *e);
static enum err_code check_country(struct rowcheck_row *r, struct err *e);
static enum err_code check_has_position(struct rowcheck_row *r, struct err *e);
static enum err_code check_digits(struct rowcheck_row *r, struct err *e);
static enum err_code check_future(struct rowcheck_row *r, struct err *e);
static enum err_code check_date_order(struct rowcheck_row *r, struct err *e);
static enum err_code check_area(struct rowcheck_row *r, struct err *e);
static enum err_code check_items(struct rowcheck_row *r, struct err *e);
static enum err_code check_form(struct rowcheck_row *r, struct err *e);
static enum err_code check_closed(struct rowcheck_row *r, struct err *e);
static enum err_code check_place(struct rowcheck_row *r, struct err *e);

/* A function stands at the first of the checks it decides. */
const struct rowcheck rowchecks[CHECK_COUNT] = {
	[CHECK_UNREADABLE_ROW] = { "unreadable_row", ROWCHECK_REFUSE, "the row could not be read",
	                           NULL },
	[CHECK_LEFT_OUT_BY_MAPPING] = { "left_out_by_mapping", ROWCHECK_REFUSE,
	                                "the mapping leaves the row out", NULL },
	[CHECK_EMPTY_ROW] = { "empty_row", ROWCHECK_REFUSE, "the row holds nothing", NULL },
	[CHECK_UNREADABLE_GEOMETRY] = { "unreadable_geometry", ROWCHECK_REFUSE,
	                                "the geometry could not be read", NULL },
	[CHECK_UNREADABLE_POSITION] = { "unreadable_position", ROWCHECK_REFUSE,
	                                "the coordinates could not be read", NULL },
	[CHECK_AMBIGUOUS_POSITION] = { "ambiguous_position", ROWCHECK_REFUSE,
	                               "the coordinates can be read in two ways", NULL },
	[CHECK_UNKNOWN_DATUM] = { "unknown_datum", ROWCHECK_REFUSE,
	                          "nothing says in which reference system the coordinates are",
	                          NULL },
	[CHECK_OUT_OF_RANGE] = { "out_of_range", ROWCHECK_REFUSE,
	                         "a longitude is not -180 .. 180 or a latitude not -90 .. 90",
	                         check_range },
	[CHECK_ZERO_ISLAND] = { "zero_island", ROWCHECK_REFUSE, "the position is 0, 0", NULL },
	[CHECK_SPANS_GLOBE] = { "spans_globe", ROWCHECK_REFUSE,
	                        "a ring or line spans more than half of the globe: it crosses the "
	                        "180th meridian or goes around a pole; split it there",
	                        check_span },
	[CHECK_SWAPPED_AXES] = { "swapped_axes", ROWCHECK_REFUSE,
	                         "the position is in the country only with longitude and latitude "
	                         "exchanged",
	                         check_country },
	[CHECK_SIGN_FLIPPED] = { "sign_flipped", ROWCHECK_REFUSE,
	                         "the position is in the country only with a sign changed", NULL },
	[CHECK_FAR_OUTSIDE] = { "far_outside", ROWCHECK_REFUSE,
	                        "the position is more than 500 km outside the country", NULL },
	[CHECK_PLACE_UNKNOWN] = { "place_unknown", ROWCHECK_REFUSE,
	                          "a hazard with neither geometry nor named place",
	                          check_has_position },
	[CHECK_NO_POSITION] = { "no_position", ROWCHECK_FLAG, "no position", NULL },
	[CHECK_INVALID_OUTLINE] = { "invalid_outline", ROWCHECK_FLAG,
	                            "the outline crosses itself or is otherwise invalid; kept as "
	                            "given",
	                            check_outline },
	[CHECK_FEW_VERTICES] = { "few_vertices", ROWCHECK_FLAG,
	                         "a ring has fewer than 3 different vertices", NULL },
	[CHECK_EMPTY_GEOMETRY] = { "empty_geometry", ROWCHECK_FLAG, "the geometry is empty", NULL },
	[CHECK_GEOMETRY_TYPE] = { "geometry_type", ROWCHECK_FLAG,
	                          "a geometry of a type the form does not have",
	                          check_geometry_type },
	[CHECK_OUTSIDE_COUNTRY] = { "outside_country", ROWCHECK_FLAG,
	                            "the position is outside the country", NULL },
	[CHECK_COARSE_POSITION] = { "coarse_position", ROWCHECK_FLAG,
	                            "the digits given say less than the accuracy claimed",
	                            check_digits },
	[CHECK_DOUBTFUL_POSITION] = { "doubtful_position", ROWCHECK_FLAG,
	                              "the coordinates may mean something else", NULL },
	[CHECK_DATE_OF_SOURCE] = { "date_of_source", ROWCHECK_FLAG,
	                           "no date of information; it takes the source's", NULL },
	[CHECK_DATE_OF_RECEIPT] = { "date_of_receipt", ROWCHECK_FLAG,
	                            "no date of information; it takes the day of receipt", NULL },
	[CHECK_NO_CLASS] = { "no_class", ROWCHECK_FLAG,
	                     "a hazard without a class; drawn as an indication", NULL },
	[CHECK_BAD_VALUE] = { "bad_value", ROWCHECK_FLAG,
	                      "a value does not fit its field; its text is kept in the remarks",
	                      NULL },
	[CHECK_FUTURE_DATE] = { "future_date", ROWCHECK_FLAG, "a date lies in the future",
	                        check_future },
	[CHECK_DATE_ORDER] = { "date_order", ROWCHECK_FLAG, "two dates are in the wrong order",
	                       check_date_order },
	[CHECK_AREA_DIFFERS] = { "area_differs", ROWCHECK_FLAG,
	                         "the area reported differs from the area drawn by more than 10 %",
	                         check_area },
	[CHECK_REPEATED_ROW] = { "repeated_row", ROWCHECK_FLAG,
	                         "the file holds the same row before", NULL },
	[CHECK_REPEATED_KEY] = { "repeated_key", ROWCHECK_FLAG,
	                         "the file holds the same key before, with other content", NULL },
	[CHECK_NO_KEY] = { "no_key", ROWCHECK_FLAG, "the row has no value for the key", NULL },
	[CHECK_DUPLICATE_GEOMETRY] = { "duplicate_geometry", ROWCHECK_FLAG,
	                               "another row has the same outline or point", NULL },
	[CHECK_DUPLICATE_ID] = { "duplicate_id", ROWCHECK_FLAG,
	                         "another row has the same national number", NULL },
	[CHECK_SIMILAR_ID] = { "similar_id", ROWCHECK_FLAG,
	                       "another row's national number differs only in blanks, case or "
	                       "marks",
	                       NULL },
	[CHECK_DUPLICATE_ITEM] = { "duplicate_item", ROWCHECK_FLAG,
	                           "a list holds the same item twice", check_items },
	[CHECK_CONSTRAINT] = { "constraint", ROWCHECK_FLAG, "a value breaks a rule of the form",
	                       check_form },
	[CHECK_REQUIRED] = { "required", ROWCHECK_FLAG, "a required field is empty", NULL },
	[CHECK_RELEVANT] = { "relevant", ROWCHECK_FLAG,
	                     "a field is filled that was not to be asked", NULL },
	[CHECK_BROKEN_LINK] = { "broken_link", ROWCHECK_FLAG,
	                        "a link names a record that is not there", NULL },
	[CHECK_CLOSING_UNDATED] = { "closing_undated", ROWCHECK_FLAG,
	                            "closed land that does not say since when; any find on it "
	                            "opens it again",
	                            NULL },
	[CHECK_OUTSIDE_PLACE] = { "outside_place", ROWCHECK_FLAG,
	                          "the position is not in the place that the row names",
	                          check_place },
	[CHECK_DUPLICATE_RECORD] = { "duplicate_record", ROWCHECK_FLAG,
	                             "the register holds a record like this: same position, same "
	                             "day",
	                             NULL },
	[CHECK_OLDER_THAN_KNOWN] = { "older_than_known", ROWCHECK_FLAG,
	                             "corrects a record of which later information is known: "
	                             "where that is approved, this only adds to the past and "
	                             "does not show today",
	                             NULL },
	[CHECK_FILE_DATE] = { "file_date", ROWCHECK_NOTE,
	                      "the file has no date of information; rows take the source's or that "
	                      "of receipt",
	                      NULL },
	[CHECK_FILE_CLASS] = { "file_class", ROWCHECK_NOTE,
	                       "the file has no class; hazards are indications", NULL },
	[CHECK_PERIOD_DATE] = { "period_date", ROWCHECK_NOTE,
	                        "only month or year are known; the date of information is their "
	                        "first day",
	                        NULL },
	[CHECK_STATED_DATUM] = { "stated_datum", ROWCHECK_NOTE,
	                         "the mapping or an option says the reference system, not the file",
	                         NULL },
	[CHECK_REPEATED_VERTICES] = { "repeated_vertices", ROWCHECK_NOTE,
	                              "two vertices in a row are the same within 1e-6 degree",
	                              check_vertices },
	[CHECK_LAST_TWO_VERTICES] = { "last_two_vertices", ROWCHECK_NOTE,
	                              "the last two vertices repeat the first two", NULL },
	[CHECK_FAR_VERTICES] = { "far_vertices", ROWCHECK_NOTE,
	                         "two vertices in a row are more than 5,000 m apart", NULL },
	[CHECK_PARTS_OVERLAP] = { "parts_overlap", ROWCHECK_NOTE,
	                          "parts of one multipolygon overlap by more than 0.9 %", NULL },
	[CHECK_CLOSED_AS_REPORTED] = { "closed_as_reported", ROWCHECK_NOTE,
	                               "the land arrives closed: released as its source reports",
	                               check_closed },
	[CHECK_OVERLAPS_HAZARD] = { "overlaps_hazard", ROWCHECK_NOTE,
	                            "overlaps another open hazard", NULL },
	[CHECK_RELEASED_OVER_OPEN] = { "released_over_open", ROWCHECK_NOTE,
	                               "released land and an open hazard lie over one another",
	                               NULL },
	[CHECK_ON_RELEASED_LAND] = { "on_released_land", ROWCHECK_NOTE,
	                             "a find or accident on released land, which is open again by "
	                             "that",
	                             NULL },
	[CHECK_CLOSED_OVER_FIND] = { "closed_over_find", ROWCHECK_NOTE,
	                             "closed land on which a find or accident lies that is not "
	                             "older; it is open again by that",
	                             NULL },
	[CHECK_CASUALTIES_DIFFER] = { "casualties_differ", ROWCHECK_NOTE,
	                              "an accident says other numbers of killed or injured than the "
	                              "victims listed",
	                              NULL },
};

void
rowcheck_set(struct rowcheck_row *r, enum rowcheck_id id, const char *text)
{
	if (rowchecks[id].severity == ROWCHECK_REFUSE && !r->reason)
		r->reason = text ? text : rowchecks[id].sentence;
	r->found |= (uint64_t)1 << id;
}

enum err_code
rowcheck_run(struct rowcheck_row *r, struct err *e)
{
	enum err_code rc = ERR_OK;

	for (int i = 0; !rc && i < CHECK_COUNT; i++)
		if (rowchecks[i].run)
			rc = rowchecks[i].run(r, e);
	return rc;
}

bool
rowcheck_any(uint64_t found, enum rowcheck_severity severity)
{
	for (int i = 0; found && i < CHECK_COUNT; i++)
		if ((found >> i & 1) && rowchecks[i].severity == severity)
			return true;
	return false;
}

const char *
rowcheck_codes(uint64_t found, enum rowcheck_severity severity, struct arena *mem)
{
	char text[2000];
	size_t n = 0;

	for (int i = 0; found && i < CHECK_COUNT; i++) {
		size_t len = strlen(rowchecks[i].code);

		if (!(found >> i & 1) || rowchecks[i].severity != severity ||
		    n + len + 2 > sizeof(text))
			continue;
		if (n)
			text[n++] = ' ';
		memcpy(text + n, rowchecks[i].code, len);
		n += len;
	}
	return n ? arena_strndup(mem, text, n) : "";
}

/* --- geometry
 * -------------------------------------------------------------------------------------------- */

static bool
found(const struct rowcheck_row *r, enum rowcheck_id id)
{
	return (r->found >> id & 1) != 0;
}

static bool
is_kind(const struct rowcheck_row *r, const char *kind)
{
	return text_eq(r->fields->form->kind, kind);
}

static enum err_code
check_range(struct rowcheck_row *r, struct err *e)
{
	const struct geom *g = r->fields->geom;

	(void)e;
	for (uint32_t i = 0; g && i < g->point_count; i++) {
		double lon = g->xy[2 * (size_t)i], lat = g->xy[2 * (size_t)i + 1];

		if (!(fabs(lon) <= 180) || !(fabs(lat) <= 90)) {
			rowcheck_set(r, CHECK_OUT_OF_RANGE,
			             arena_printf(r->mem,
			                          "the position %.10g, %.10g is not longitude -180 "
			                          ".. 180 and "
			                          "latitude -90 .. 90",
			                          lon, lat));
			return ERR_OK;
		}
	}
	return ERR_OK;
}

/* Edges are straight in longitude and latitude: an outline across the 180th meridian would be drawn
 * around the other side of the globe, one around a pole would have no inside. RFC 7946, 3.1.9,
 * splits them. Places may be as wide as countries are. */
static enum err_code
check_span(struct rowcheck_row *r, struct err *e)
{
	const struct geom *g = r->fields->geom;
	uint32_t from = 0;

	(void)e;
	if (!g || g->type == GEOM_POINT || g->type == GEOM_MULTIPOINT || is_kind(r, "place") ||
	    found(r, CHECK_OUT_OF_RANGE))
		return ERR_OK;
	for (uint32_t k = 0; k < g->ring_count; k++) {
		double west = 180, east = -180;

		for (uint32_t i = from; i < g->ring_end[k]; i++) {
			west = fmin(west, g->xy[2 * (size_t)i]);
			east = fmax(east, g->xy[2 * (size_t)i]);
		}
		from = g->ring_end[k];
		if (east - west > 180)
			rowcheck_set(r, CHECK_SPANS_GLOBE, NULL);
	}
	return ERR_OK;
}

/* Share of the outline's area that its parts cover twice; parts that are broken themselves are left
 * out. */
static double
parts_overlap(struct rowcheck_row *r, const struct geom *g)
{
	struct err ignored = { 0 };
	struct geom *part = arena_calloc(r->mem, g->part_count, sizeof(*part));
	uint32_t *ends =
		arena_calloc(r->mem, 2 * (size_t)g->ring_count + g->part_count + 1, sizeof(*ends));
	double twice = 0, area = measure_area_m2(g);
	uint32_t ring = 0, from = 0;

	if (!part || !ends || g->part_count > 60 || !(area > 0))
		return 0;
	for (uint32_t p = 0; p < g->part_count; p++) {
		struct geom *one = &part[p];
		uint32_t rings = g->part_end[p] - ring;

		*one = (struct geom){ .type = GEOM_POLYGON, .part_count = 1, .ring_count = rings };
		ends[0] = rings;
		one->part_end = ends++;
		one->ring_end = ends;
		one->xy = g->xy + 2 * (size_t)from;
		for (uint32_t k = 0; k < rings; k++)
			*ends++ = g->ring_end[ring + k] - from;
		one->point_count = g->ring_end[ring + rings - 1] - from;
		from = g->ring_end[ring + rings - 1];
		ring += rings;
	}
	for (uint32_t a = 0; a < g->part_count; a++)
		for (uint32_t b = a + 1; b < g->part_count; b++) {
			double m2 = 0;

			if (geom_box_overlap(geom_bounds(&part[a]), geom_bounds(&part[b])) &&
			    shape_overlap_m2(r->geo, &part[a], &part[b], &m2, &ignored) == ERR_OK)
				twice += m2;
		}
	return twice / area;
}

static enum err_code
check_outline(struct rowcheck_row *r, struct err *e)
{
	const struct geom *g = r->fields->geom;
	enum shape_fault fault = SHAPE_VALID;
	double at[2] = { 0, 0 };
	enum err_code rc;

	if (!g || found(r, CHECK_OUT_OF_RANGE))
		return ERR_OK;
	if (!geom_is_areal(g)) {
		r->outline_valid = true;
		return ERR_OK;
	}
	rc = shape_check(r->geo, g, &fault, at, e);
	if (rc)
		return rc;
	r->outline_valid = fault == SHAPE_VALID;
	if (fault == SHAPE_FEW_POINTS || fault == SHAPE_EMPTY)
		rowcheck_set(r, CHECK_FEW_VERTICES, NULL);
	else if (fault != SHAPE_VALID)
		rowcheck_set(r, CHECK_INVALID_OUTLINE, NULL);
	if (fault == SHAPE_PARTS_OVERLAP && parts_overlap(r, g) > ROWCHECK_PARTS_OVERLAP)
		rowcheck_set(r, CHECK_PARTS_OVERLAP, NULL);
	return ERR_OK;
}

static enum err_code
check_geometry_type(struct rowcheck_row *r, struct err *e)
{
	int i = form_index(r->fields->form, "geometry");
	unsigned types = i < 0 ? 0 : r->fields->form->field[i].geometry_types;

	(void)e;
	if (r->fields->geom && types && !(types >> r->fields->geom->type & 1))
		rowcheck_set(r, CHECK_GEOMETRY_TYPE, NULL);
	return ERR_OK;
}

static bool
same_vertex(const double *a, const double *b)
{
	return fabs(a[0] - b[0]) < ROWCHECK_SAME_DEG && fabs(a[1] - b[1]) < ROWCHECK_SAME_DEG;
}

static enum err_code
check_vertices(struct rowcheck_row *r, struct err *e)
{
	const struct geom *g = r->fields->geom;
	uint32_t from = 0;

	(void)e;
	if (!g || g->type == GEOM_POINT || g->type == GEOM_MULTIPOINT ||
	    found(r, CHECK_OUT_OF_RANGE))
		return ERR_OK;
	for (uint32_t k = 0; k < g->ring_count; k++) {
		uint32_t n = g->ring_end[k] - from;
		const double *p = g->xy + 2 * (size_t)from;
		bool far_apart = false;

		from = g->ring_end[k];
		for (uint32_t i = 0; i + 1 < n; i++) {
			const double *q = p + 2 * (size_t)i;

			if (same_vertex(q, q + 2))
				rowcheck_set(r, CHECK_REPEATED_VERTICES, NULL);
			/* 0.044 degree of latitude is 4.9 km: anything less needs no measuring */
			far_apart =
				far_apart || fabs(q[0] - q[2]) > 0.044 || fabs(q[1] - q[3]) > 0.044;
		}
		/* a ring left open as a b c a b and closed by its reader */
		if (n >= 6 && geom_is_areal(g) && same_vertex(p, p + 2 * (size_t)(n - 3)) &&
		    same_vertex(p + 2, p + 2 * (size_t)(n - 2)))
			rowcheck_set(r, CHECK_LAST_TWO_VERTICES, NULL);
		if (far_apart && measure_longest_edge_m(g) > ROWCHECK_FAR_VERTICES_M)
			rowcheck_set(r, CHECK_FAR_VERTICES, NULL);
	}
	return ERR_OK;
}

/* --- position
 * -------------------------------------------------------------------------------------------- */

static void
explain_outside(struct rowcheck_row *r, double lon, double lat, double km)
{
	const struct region *c = r->country;

	if (km > ROWCHECK_NEAR_KM && region_contains(c, lat, lon))
		rowcheck_set(
			r, CHECK_SWAPPED_AXES,
			arena_printf(
				r->mem,
				"the position %.6f, %.6f is in the country only with longitude and "
				"latitude exchanged",
				lon, lat));
	else if (km > ROWCHECK_NEAR_KM &&
	         (region_contains(c, -lon, lat) || region_contains(c, lon, -lat) ||
	          region_contains(c, -lon, -lat)))
		rowcheck_set(r, CHECK_SIGN_FLIPPED,
		             arena_printf(r->mem,
		                          "the position %.6f, %.6f is in the country only with a "
		                          "sign changed",
		                          lon, lat));
	else if (km > ROWCHECK_FAR_KM)
		rowcheck_set(r, CHECK_FAR_OUTSIDE,
		             arena_printf(r->mem,
		                          "the position %.6f, %.6f is %.0f km outside the country",
		                          lon, lat, km));
	else
		rowcheck_set(r, CHECK_OUTSIDE_COUNTRY, NULL);
}

static enum err_code
check_country(struct rowcheck_row *r, struct err *e)
{
	const struct geom *g = r->fields->geom;
	struct geom_box b;
	double lon, lat;

	(void)e;
	/* places say themselves where the country is, and its neighbours are places too */
	if (!g || geom_is_empty(g) || found(r, CHECK_OUT_OF_RANGE) || found(r, CHECK_SPANS_GLOBE) ||
	    is_kind(r, "place"))
		return ERR_OK;
	b = geom_bounds(g);
	lon = (b.min_lon_deg + b.max_lon_deg) / 2;
	lat = (b.min_lat_deg + b.max_lat_deg) / 2;
	if (r->country && (region_contains(r->country, g->xy[0], g->xy[1]) ||
	                   region_contains(r->country, lon, lat)))
		return ERR_OK;
	if (fabs(lon) < ROWCHECK_ZERO_DEG && fabs(lat) < ROWCHECK_ZERO_DEG)
		rowcheck_set(r, CHECK_ZERO_ISLAND, NULL);
	else if (r->country)
		explain_outside(r, lon, lat, region_distance_km(r->country, lon, lat));
	return ERR_OK;
}

static enum err_code
check_place(struct rowcheck_row *r, struct err *e)
{
	(void)e;
	if (r->places && !is_kind(r, "place") && !rowcheck_any(r->found, ROWCHECK_REFUSE) &&
	    gazetteer_misses(r->places, r->fields))
		rowcheck_set(r, CHECK_OUTSIDE_PLACE, NULL);
	return ERR_OK;
}

static bool
names_place(const struct store_fields *f)
{
	return fields_text(f, "place_name") || fields_text(f, "admin1_name") ||
	       fields_text(f, "admin2_name") || fields_text(f, "place");
}

static enum err_code
check_has_position(struct rowcheck_row *r, struct err *e)
{
	(void)e;
	if (r->fields->geom || rowcheck_any(r->found, ROWCHECK_REFUSE))
		return ERR_OK;
	if (is_kind(r, "hazard")) {
		rowcheck_set(r, names_place(r->fields) ? CHECK_NO_POSITION : CHECK_PLACE_UNKNOWN,
		             NULL);
		return ERR_OK;
	}
	if ((is_kind(r, "accident") || is_kind(r, "ordnance") || is_kind(r, "activity") ||
	     is_kind(r, "minefield_record")) &&
	    !names_place(r->fields))
		rowcheck_set(r, CHECK_NO_POSITION, NULL);
	return ERR_OK;
}

static enum err_code
check_digits(struct rowcheck_row *r, struct err *e)
{
	double accuracy = fields_number(r->fields, "accuracy_m", -1);

	(void)e;
	if (r->half_m >= 0 && accuracy >= 0 && r->half_m > accuracy)
		rowcheck_set(r, CHECK_COARSE_POSITION, NULL);
	return ERR_OK;
}

/* --- dates and numbers
 * ----------------------------------------------------------------------------------- */

/* Days of a date field of the row; false if it is empty or the form has none. */
static bool
date_of(const struct store_fields *f, const char *name, int64_t *ret)
{
	const char *s = fields_text(f, name);

	return s && strlen(s) >= 10 && clock_parse_date(s, 10, ret);
}

static enum err_code
check_future(struct rowcheck_row *r, struct err *e)
{
	/* what is planned or promised may lie ahead */
	static const char *const ahead[] = { "due", "valid_to", "accredited_to", "to_date",
		                             "planned_end" };
	const struct form *form = r->fields->form;
	int64_t days;

	(void)e;
	for (size_t i = 0; i < form->field_count; i++) {
		const struct store_value *v = &r->fields->value[i];
		bool may = form->field[i].type != FORM_DATE || v->type != STORE_TEXT;

		for (size_t k = 0; !may && k < sizeof(ahead) / sizeof(*ahead); k++)
			may = text_eq(form->field[i].name, ahead[k]);
		/* a day is over in the far east before it is in UTC */
		if (!may && clock_parse_date(v->s, v->n, &days) && days > r->today_days + 1)
			rowcheck_set(r, CHECK_FUTURE_DATE, NULL);
	}
	return ERR_OK;
}

static enum err_code
check_date_order(struct rowcheck_row *r, struct err *e)
{
	static const char *const order[][2] = {
		{ "date_earliest", "date_latest" },
		{ "date_earliest", "date" },
		{ "date", "date_latest" },
		{ "accident_date", "died_date" },
		{ "birth_date", "accident_date" },
		{ "start_date", "end_date" },
		{ "end_date", "handover_date" },
		{ "end_date", "qc_date" },
		{ "status_date", "handed_over_date" },
		{ "found_date", "disposal_date" },
		{ "consent_date", "consent_withdrawn" },
	};
	double made = fields_number(r->fields, "made_year", -1),
	       year = fields_number(r->fields, "found_year", -1);
	int64_t a, b;

	(void)e;
	for (size_t i = 0; i < sizeof(order) / sizeof(*order); i++)
		if (date_of(r->fields, order[i][0], &a) && date_of(r->fields, order[i][1], &b) &&
		    a > b)
			rowcheck_set(r, CHECK_DATE_ORDER, NULL);
	if (date_of(r->fields, "found_date", &a)) {
		int y, m, d;

		clock_from_days(a, &y, &m, &d);
		year = y;
	}
	if (made > 0 && year > 0 && made > year)
		rowcheck_set(r, CHECK_DATE_ORDER, NULL);
	return ERR_OK;
}

static enum err_code
check_area(struct rowcheck_row *r, struct err *e)
{
	double reported = fields_number(r->fields, "reported_area_m2", -1), drawn;

	(void)e;
	if (!(reported > 0) || !r->fields->geom || !geom_is_areal(r->fields->geom) ||
	    !r->outline_valid)
		return ERR_OK;
	drawn = measure_area_m2(r->fields->geom);
	if (fabs(drawn - reported) > ROWCHECK_AREA_DIFFERS * reported)
		rowcheck_set(r, CHECK_AREA_DIFFERS, NULL);
	return ERR_OK;
}

static bool
same_json(const struct json_value *a, const struct json_value *b)
{
	struct buf x, y;
	bool same;

	buf_init(&x, 1u << 20);
	buf_init(&y, 1u << 20);
	json_write_canonical(&x, a);
	json_write_canonical(&y, b);
	same = buf_ok(&x) && buf_ok(&y) && x.size == y.size && memcmp(x.data, y.data, x.size) == 0;
	buf_done(&x);
	buf_done(&y);
	return same;
}

static enum err_code
check_items(struct rowcheck_row *r, struct err *e)
{
	const struct form *form = r->fields->form;
	struct err ignored = { 0 };

	(void)e;
	for (size_t i = 0; i < form->field_count; i++) {
		const struct store_value *v = &r->fields->value[i];
		struct json_value *list = NULL;

		if (form->field[i].type != FORM_REPEAT || v->type != STORE_JSON ||
		    json_parse(v->s, v->n, 0, r->mem, &list, &ignored) || list->count > 200)
			continue;
		for (const struct json_value *a = list->first; a; a = a->next)
			for (const struct json_value *b = a->next; b; b = b->next)
				if (same_json(a, b))
					rowcheck_set(r, CHECK_DUPLICATE_ITEM, NULL);
	}
	return ERR_OK;
}

/* --- the form
 * -------------------------------------------------------------------------------------------- */

/* The form's rules are costly to ask; most rows fill no field that has one. */
static bool
form_has_say(const struct store_fields *f)
{
	for (size_t i = 0; i < f->form->field_count; i++) {
		const struct form_field *field = &f->form->field[i];
		bool filled = f->value[i].type != STORE_NULL;

		if (filled ? field->constraint || field->relevant || field->type == FORM_REPEAT
		           : field->required)
			return true;
	}
	return false;
}

/* The record as the checker reads it: scalars as they are, lists parsed. Geometry has been looked
 * at. */
static struct json_value *
as_json(const struct store_fields *f, struct arena *mem)
{
	struct json_value *object = arena_alloc(mem, sizeof(*object)), **tail;

	if (!object)
		return NULL;
	object->type = JSON_OBJECT;
	tail = &object->first;
	for (size_t i = 0; i < f->form->field_count; i++) {
		const struct store_value *v = &f->value[i];
		struct err ignored = { 0 };
		struct json_value *m;

		if (v->type == STORE_NULL)
			continue;
		m = arena_alloc(mem, sizeof(*m));
		if (!m || (v->type == STORE_JSON && json_parse(v->s, v->n, 0, mem, &m, &ignored)))
			return NULL;
		if (v->type == STORE_TEXT) {
			m->type = JSON_STRING;
			m->string = v->s;
			m->count = v->n;
		} else if (v->type != STORE_JSON) {
			m->type = JSON_NUMBER;
			m->number = v->type == STORE_INT ? (double)v->i : v->d;
		}
		m->key = f->form->field[i].name;
		m->key_size = strlen(m->key);
		*tail = m;
		tail = &m->next;
		object->count++;
	}
	return object;
}

static enum err_code
check_form(struct rowcheck_row *r, struct err *e)
{
	struct form_issues issues = { 0 };
	struct json_value *object;
	enum err_code rc;

	if (!r->checker || !form_has_say(r->fields))
		return ERR_OK;
	object = as_json(r->fields, r->mem);
	if (!object)
		return err_set(e, ERR_NOMEM, "out of memory for a row");
	rc = form_check_record(r->checker, object, r->today_days, r->mem, &issues, e);
	for (size_t i = 0; !rc && i < issues.count; i++) {
		const char *check = issues.issue[i].check;

		if (text_eq(check, "required"))
			rowcheck_set(r, CHECK_REQUIRED, NULL);
		else if (text_eq(check, "relevant"))
			rowcheck_set(r, CHECK_RELEVANT, NULL);
		else if (text_eq(check, "duplicate_value"))
			rowcheck_set(r, CHECK_DUPLICATE_ITEM, NULL);
		else if (text_eq(check, "type") || text_eq(check, "choice"))
			rowcheck_set(r, CHECK_BAD_VALUE, NULL);
		else
			rowcheck_set(r, CHECK_CONSTRAINT, NULL);
	}
	return rc;
}

static enum err_code
check_closed(struct rowcheck_row *r, struct err *e)
{
	const char *status = is_kind(r, "hazard") ? fields_text(r->fields, "status") : NULL;

	(void)e;
	if (text_eq(status, "closed") || text_eq(status, "handed_over"))
		rowcheck_set(r, CHECK_CLOSED_AS_REPORTED, NULL);
	return ERR_OK;
}
