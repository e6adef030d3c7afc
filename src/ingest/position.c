#include "ingest/position.h"

#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "geo/coord.h"
#include "geo/crs.h"
#include "ingest/convert.h"
#include "ingest/rowmake.h"

#define MAX_SYSTEMS 16    /* reference systems a worker keeps open */
#define SQUARE_M 50.0     /* a grid square with a half side of this or more is kept as an outline */
#define TELL_ACCURACY 1.0 /* metres: digits that say less than this say nothing of the accuracy */

/* One system as texts name it, opened; crs NULL: it cannot be used, and why. */
struct system {
	char name[80];
	struct crs *crs;
	char why[400];
	bool degrees; /* WGS 84 in degrees: nothing to do */
};

struct position_worker {
	struct geo *geo;
	struct system system[MAX_SYSTEMS];
	size_t count;
	struct system *of_file; /* NULL = the file's geometry names none */
	const char *no_file;    /* why the file's definition could not be used, or NULL */
};

static const char *const column_name[POSITION_COLUMNS] = { "geometry", "lon",      "lat", "x",
	                                                   "y",        "position", "crs" };

enum err_code
position_plan_init(struct position_plan *p, const struct rowmake_about *about, struct err *e)
{
	(void)e;
	memset(p, 0, sizeof(*p));
	p->about = about;
	for (int i = 0; i < POSITION_COLUMNS; i++)
		p->column[i] = -1;
	p->given_text = form_index(about->form, "given_text");
	p->given_datum = form_index(about->form, "given_datum");
	p->given_format = form_index(about->form, "given_format");
	p->operation = form_index(about->form, "operation");
	p->accuracy = form_index(about->form, "accuracy_m");
	p->has_geometry_field = form_index(about->form, "geometry") >= 0;
	return ERR_OK;
}

bool
position_takes(struct position_plan *p, const char *column, size_t at)
{
	if (!p->has_geometry_field)
		return false;
	for (int i = 0; i < POSITION_COLUMNS; i++)
		if (text_eq(column_name[i], column)) {
			p->column[i] = (int)at;
			return true;
		}
	return false;
}

/* --- reference systems
 * ------------------------------------------------------------------------------------- */

/* Everyday names of systems, folded; anything else must be a code. */
static const char *
code_of_name(const char *name)
{
	static const struct {
		const char *name, *code;
	} known[] = {
		{ "wgs 84", "EPSG:4326" },       { "wgs84", "EPSG:4326" },
		{ "wgs 1984", "EPSG:4326" },     { "wgs1984", "EPSG:4326" },
		{ "gcs wgs 1984", "EPSG:4326" }, { "world geodetic system 1984", "EPSG:4326" },
		{ "ogc crs84", "OGC:CRS84" },    { "crs84", "OGC:CRS84" },
		{ "sk 42", "EPSG:4284" },        { "sk42", "EPSG:4284" },
		{ "ск 42", "EPSG:4284" },        { "ск42", "EPSG:4284" },
		{ "pulkovo 1942", "EPSG:4284" }, { "ucs 2000", "EPSG:5561" },
		{ "ucs2000", "EPSG:5561" },      { "уск 2000", "EPSG:5561" },
		{ "уск2000", "EPSG:5561" },
	};
	char folded[80];

	(void)text_fold(name, strlen(name), folded, sizeof(folded));
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (text_eq(known[i].name, folded))
			return known[i].code;
	return name;
}

static enum err_code
open_system(const struct position_plan *p, struct position_worker *w, const char *name,
            struct system **ret, struct err *e)
{
	const struct rowmake_about *a = p->about;
	struct err why = { 0 };
	struct system *s;
	int64_t operation = 0;
	enum err_code rc;

	for (size_t i = 0; i < w->count; i++)
		if (text_eq(w->system[i].name, name)) {
			*ret = &w->system[i];
			return ERR_OK;
		}
	/* many different systems in one file: the last place is used again and again */
	s = &w->system[w->count < MAX_SYSTEMS ? w->count++ : MAX_SYSTEMS - 1];
	crs_free(s->crs);
	memset(s, 0, sizeof(*s));
	if (strlen(name) < sizeof(s->name))
		memcpy(s->name, name, strlen(name) + 1);
	if (a->operation && !text_parse_i64(a->operation, strlen(a->operation), &operation))
		operation = -1;
	rc = crs_open(w->geo, code_of_name(name), (int)operation, a->iso3 ? a->iso3 : "", &s->crs,
	              &why);
	if (rc == ERR_NOMEM || rc == ERR_IO) {
		if (e)
			*e = why;
		return rc;
	}
	if (rc)
		memcpy(s->why, why.text, sizeof(s->why) - 1);
	s->degrees = !rc && crs_is_wgs84_degrees(s->crs);
	*ret = s;
	return ERR_OK;
}

/* The system of the file's own geometry. */
static enum err_code
open_file_system(const struct position_plan *p, struct position_worker *w, struct err *e)
{
	const struct rowmake_about *a = p->about;
	char code[CRS_CODE_SIZE];
	const char *name = a->crs;
	struct err why = { 0 };

	if (!name && a->file_crs && *a->file_crs)
		name = a->file_crs;
	if (!name && a->geometry_is_wgs84)
		name = "OGC:CRS84";
	if (!name && a->file_wkt && *a->file_wkt) {
		if (crs_identify_wkt(w->geo, a->file_wkt, strlen(a->file_wkt), code, &why) ==
		    ERR_OK)
			name = code;
		else
			w->no_file = "the file's definition of its reference system is none of the "
				     "known ones";
	}
	return name ? open_system(p, w, name, &w->of_file, e) : ERR_OK;
}

enum err_code
position_worker_create(const struct position_plan *p, struct position_worker **ret, struct err *e)
{
	struct position_worker *w = mem_calloc(1, sizeof(*w));
	enum err_code rc = ERR_OK;

	if (!w)
		return err_set(e, ERR_NOMEM, "out of memory for positions");
	w->geo = geo_create();
	if (!w->geo)
		rc = err_set(e, ERR_NOMEM, "out of memory for positions");
	if (!rc && p->has_geometry_field)
		rc = open_file_system(p, w, e);
	/* what a person asked for by name must work, or nothing is imported */
	if (!rc && p->about->crs && w->of_file && !w->of_file->crs)
		rc = err_set(e, ERR_INVALID, "--crs %.60s: %s", p->about->crs, w->of_file->why);
	if (rc) {
		position_worker_free(w);
		return rc;
	}
	*ret = w;
	return ERR_OK;
}

void
position_worker_free(struct position_worker *w)
{
	if (!w)
		return;
	for (size_t i = 0; i < w->count; i++)
		crs_free(w->system[i].crs);
	geo_free(w->geo);
	mem_free(w);
}

/* --- what the row gives
 * -------------------------------------------------------------------------------------- */

/* What one row's reading needs. */
struct reading {
	const struct position_plan *p;
	struct position_worker *w;
	struct rowmake_row *r;
	struct rowcheck_row *check;
	struct position *out;
	struct system *system;
	struct err *e;
};

static enum err_code
no_memory(struct reading *x)
{
	return err_set(x->e, ERR_NOMEM, "out of memory for a position");
}

static const struct mapping_value *
value_at(const struct reading *x, enum position_column c)
{
	const struct mapping_value *v = x->p->column[c] < 0 ? NULL : &x->r->mapped[x->p->column[c]];
	size_t n;

	if (!v || v->type == MAPPING_NULL)
		return NULL;
	if (v->type == MAPPING_TEXT) {
		(void)text_trim(v->s, v->n, &n);
		if (n == 0)
			return NULL;
	}
	return v;
}

static void
set_text(struct reading *x, int field, const char *s)
{
	if (field >= 0 && s && x->r->fields.value[field].type == STORE_NULL)
		x->r->fields.value[field] =
			(struct store_value){ .type = STORE_TEXT, .s = s, .n = strlen(s) };
}

/* A system named by the row, else by an option; then, for the file's own geometry, by the file. */
static enum err_code
find_system(struct reading *x, bool own_geometry)
{
	const struct mapping_value *v = value_at(x, POSITION_CRS);
	const struct store_value *datum =
		x->p->given_datum < 0 ? NULL : &x->r->fields.value[x->p->given_datum];
	const char *name = NULL;

	if (v) {
		name = convert_text(v, x->check->mem);
		if (!name)
			return no_memory(x);
	} else if (x->p->about->crs || own_geometry) {
		x->system = x->w->of_file;
	}
	if (!name && !x->system && datum && datum->type == STORE_TEXT)
		name = datum->s;
	if (name)
		return open_system(x->p, x->w, name, &x->system, x->e);
	return ERR_OK;
}

/* True if the system can be used; else the row is refused, for the reason that is there. */
static bool
system_known(struct reading *x, bool stated)
{
	if (x->system && x->system->crs) {
		if (stated)
			rowcheck_set(x->check, CHECK_STATED_DATUM, NULL);
		return true;
	}
	rowcheck_set(x->check, CHECK_UNKNOWN_DATUM,
	             x->system ? arena_strdup(x->check->mem, x->system->why) : x->w->no_file);
	return false;
}

static void
note_operation(struct reading *x, double reach_m)
{
	const struct crs *c = x->system->crs;
	struct store_value *accuracy =
		x->p->accuracy < 0 ? NULL : &x->r->fields.value[x->p->accuracy];
	double shift_m = crs_accuracy_m(c) > 0 ? crs_accuracy_m(c) : 0;

	set_text(x, x->p->given_datum,
	         x->system->degrees ? "WGS 84" : arena_strdup(x->check->mem, crs_code(c)));
	if (crs_operation(c))
		set_text(x, x->p->operation,
		         arena_printf(x->check->mem, "EPSG:%d", crs_operation(c)));
	if (*crs_warning(c))
		rowcheck_set(x->check, CHECK_DOUBTFUL_POSITION, NULL);
	if (!accuracy)
		return;
	if (accuracy->type == STORE_REAL)
		accuracy->d += shift_m;
	else if (accuracy->type == STORE_NULL && reach_m + shift_m >= TELL_ACCURACY)
		*accuracy = (struct store_value){ .type = STORE_REAL, .d = reach_m + shift_m };
}

/* --- outlines
 * --------------------------------------------------------------------------------------------------
 */

static enum err_code
parse_outline(const struct mapping_value *v, struct arena *mem, struct geom *g, struct err *why)
{
	struct json_value *json = NULL;
	const char *s = v->s;
	size_t n = v->n;
	enum err_code rc;

	if (v->type == MAPPING_BLOB && n > 8 && s[0] == 'G' && s[1] == 'P')
		return geom_from_gpkg((const uint8_t *)s, n, mem, g, why);
	if (v->type == MAPPING_BLOB)
		return geom_from_wkb((const uint8_t *)s, n, 0, mem, g, why);
	if (v->type != MAPPING_TEXT)
		return err_set(why, ERR_INVALID, "the geometry is a number");
	s = text_trim(s, n, &n);
	if (*s != '{')
		return geom_from_wkt(s, n, 0, mem, g, why);
	rc = json_parse(s, n, 0, mem, &json, why);
	return rc ? rc : geom_from_json(json, 0, mem, g, why);
}

/* Bring an outline to WGS 84; the bytes given stay what identifies the row. */
static enum err_code
transform(struct reading *x, const struct mapping_value *v, struct geom *g)
{
	size_t n = (size_t)g->point_count * 2;
	double *xy = arena_memdup(x->check->mem, g->xy, n * sizeof(*xy));
	struct err why = { 0 };
	enum err_code rc;

	if (!xy)
		return no_memory(x);
	x->out->given = v->s;
	x->out->given_n = v->n;
	rc = crs_to_wgs84(x->system->crs, CRS_EASTING_FIRST, xy, g->point_count, &why);
	if (rc == ERR_NOMEM)
		return no_memory(x);
	if (rc) {
		rowcheck_set(x->check, CHECK_UNREADABLE_POSITION,
		             arena_strdup(x->check->mem, why.text));
		return ERR_OK;
	}
	g->xy = xy;
	x->r->fields.geom = g;
	set_text(x, x->p->given_format, "digital_geometry");
	note_operation(x, 0);
	return ERR_OK;
}

static enum err_code
read_outline(struct reading *x, const struct mapping_value *v)
{
	struct geom *g = arena_alloc(x->check->mem, sizeof(*g));
	struct err why = { 0 };
	enum err_code rc;

	x->out->any = true;
	if (!g)
		return no_memory(x);
	rc = parse_outline(v, x->check->mem, g, &why);
	if (rc == ERR_NOMEM)
		return no_memory(x);
	if (rc) {
		rowcheck_set(x->check, CHECK_UNREADABLE_GEOMETRY,
		             arena_strdup(x->check->mem, why.text));
		return ERR_OK;
	}
	if (geom_is_empty(g)) {
		rowcheck_set(x->check, CHECK_EMPTY_GEOMETRY, NULL);
		return ERR_OK;
	}
	rc = find_system(x, true);
	if (rc)
		return rc;
	if (!x->system && v->type == MAPPING_TEXT && v->n && *v->s == '{') {
		rc = open_system(x->p, x->w, "OGC:CRS84", &x->system, x->e); /* RFC 7946 */
		if (rc)
			return rc;
	}
	if (!system_known(x, x->p->about->crs || x->system != x->w->of_file))
		return ERR_OK;
	if (!x->system->degrees)
		return transform(x, v, g);
	x->r->fields.geom = g;
	return ERR_OK;
}

/* --- coordinates
 * -----------------------------------------------------------------------------------------------
 */

static const char *
format_code(const struct coord *c, const struct crs *crs)
{
	switch (c->format) {
	case COORD_DECIMAL:
		return "decimal_degrees";
	case COORD_DM:
		return "degrees_minutes";
	case COORD_DMS:
		return "degrees_minutes_seconds";
	case COORD_MGRS:
		return "mgrs";
	case COORD_UTM:
		return "utm";
	default:
		return strstr(crs_name(crs), "Gauss") ? "gauss_kruger" : "projected";
	}
}

static enum err_code
set_point(struct reading *x, double lon, double lat)
{
	struct geom *g = arena_alloc(x->check->mem, sizeof(*g));

	if (!g || !geom_make_point(lon, lat, x->check->mem, g))
		return no_memory(x);
	x->r->fields.geom = g;
	return ERR_OK;
}

/* The square that a grid reference of few figures means, as an outline. */
static enum err_code
set_square(struct reading *x, const double ring[10])
{
	struct arena *mem = x->check->mem;
	struct geom *g = arena_alloc(mem, sizeof(*g));
	uint32_t *ends = arena_alloc(mem, 2 * sizeof(*ends));
	double *xy = arena_memdup(mem, ring, 10 * sizeof(*xy));

	if (!g || !ends || !xy)
		return no_memory(x);
	ends[0] = 1;
	ends[1] = 5;
	*g = (struct geom){ .type = GEOM_POLYGON,
		            .part_count = 1,
		            .ring_count = 1,
		            .point_count = 5,
		            .part_end = ends,
		            .ring_end = ends + 1,
		            .xy = xy };
	x->r->fields.geom = g;
	return ERR_OK;
}

static void
set_doubts(struct reading *x, const struct coord *c)
{
	const unsigned doubts = COORD_WARN_MAYBE_DMS | COORD_WARN_MAYBE_SECONDS |
	                        COORD_WARN_BY_COUNTRY | COORD_WARN_SWAPPED | COORD_WARN_ZONE |
	                        COORD_WARN_LETTERS;

	if (c->warnings & doubts)
		rowcheck_set(x->check, CHECK_DOUBTFUL_POSITION, NULL);
	x->check->half_m = c->half_m;
}

/* MGRS and UTM are degrees on WGS 84 already; the rest goes through the stated system. */
static enum err_code
place(struct reading *x, const struct coord *c)
{
	bool ready = c->format == COORD_MGRS || c->format == COORD_UTM;
	bool square = c->format == COORD_MGRS && c->half_m >= SQUARE_M;
	double xy[10] = { c->x, c->y };
	size_t count = 1;
	struct err why = { 0 };
	enum err_code rc = ERR_OK;

	if (square) {
		coord_cell(c, xy);
		count = 5;
	}
	if (!ready && !x->system->degrees)
		rc = crs_to_wgs84(x->system->crs, CRS_EASTING_FIRST, xy, count, &why);
	if (rc == ERR_NOMEM)
		return no_memory(x);
	if (rc) {
		rowcheck_set(x->check, CHECK_UNREADABLE_POSITION,
		             arena_strdup(x->check->mem, why.text));
		return ERR_OK;
	}
	set_doubts(x, c);
	set_text(x, x->p->given_format, format_code(c, x->system->crs));
	note_operation(x, c->reach_m);
	return square ? set_square(x, xy) : set_point(x, xy[0], xy[1]);
}

static enum err_code
refuse_text(struct reading *x, enum err_code rc, const struct err *why)
{
	if (rc == ERR_NOMEM)
		return no_memory(x);
	rowcheck_set(x->check,
	             rc == ERR_UNKNOWN ? CHECK_AMBIGUOUS_POSITION : CHECK_UNREADABLE_POSITION,
	             arena_strdup(x->check->mem, why->text));
	return ERR_OK;
}

static struct coord_options
text_options(const struct reading *x)
{
	struct coord_options o = { .order = COORD_ORDER_UNKNOWN };
	const struct region *country = x->p->about->country;

	crs_coord_options(x->system->crs, &o);
	o.country = country ? &country->box : NULL;
	return o;
}

/* Metres of half the last digit of degrees; the shortest text of a number stands for what was
 * written. */
static double
digits_half_m(const char *s, size_t n)
{
	const char *dot = memchr(s, '.', n);
	size_t digits = 0;
	double half = 55660;

	for (const char *p = dot ? dot + 1 : s + n; p < s + n && *p >= '0' && *p <= '9'; p++)
		digits++;
	for (size_t i = 0; i < digits && i < 12; i++)
		half /= 10;
	return half;
}

/* Two numbers in the columns of a mapping: degrees, or the stated grid. */
static enum err_code
read_numbers(struct reading *x, double east, double north, const char *east_text,
             const char *north_text)
{
	double a = digits_half_m(east_text, strlen(east_text)),
	       b = digits_half_m(north_text, strlen(north_text));
	struct coord c = { .x = east, .y = north, .format = COORD_DECIMAL };

	c.is_grid = crs_is_projected(x->system->crs);
	if (c.is_grid)
		c.format = COORD_GRID;
	c.half_m = c.is_grid ? 0.5 : a < b ? a : b;
	c.reach_m = c.is_grid ? 0.7 : c.half_m;
	return place(x, &c);
}

static bool
as_number(const struct mapping_value *v, double *ret)
{
	if (v->type == MAPPING_INT)
		*ret = (double)v->i;
	else if (v->type == MAPPING_REAL)
		*ret = v->d;
	else
		return v->type == MAPPING_TEXT && text_parse_f64(v->s, v->n, ret);
	return true;
}

static enum err_code
read_pair(struct reading *x, const struct mapping_value *east, const struct mapping_value *north)
{
	struct arena *mem = x->check->mem;
	const char *e_text = convert_text(east, mem), *n_text = convert_text(north, mem), *given;
	struct coord_options o;
	struct err why = { 0 };
	struct coord c;
	double a, b;
	enum err_code rc;

	given = e_text && n_text ? arena_printf(mem, "%s, %s", n_text, e_text) : NULL;
	if (!given)
		return no_memory(x);
	x->out->any = true;
	x->out->given = given;
	x->out->given_n = strlen(given);
	set_text(x, x->p->given_text, given);
	rc = find_system(x, false);
	if (rc || !system_known(x, true))
		return rc;
	if (as_number(east, &a) && as_number(north, &b))
		return read_numbers(x, a, b, e_text, n_text);
	o = text_options(x);
	rc = coord_parse_two(n_text, strlen(n_text), e_text, strlen(e_text), &o, &c, &why);
	return rc ? refuse_text(x, rc, &why) : place(x, &c);
}

static enum err_code
read_text(struct reading *x, const struct mapping_value *v)
{
	const char *given = convert_text(v, x->check->mem);
	struct coord_options o;
	struct err why = { 0 };
	struct coord c;
	enum err_code rc;

	if (!given)
		return no_memory(x);
	x->out->any = true;
	x->out->given = given;
	x->out->given_n = strlen(given);
	set_text(x, x->p->given_text, given);
	rc = find_system(x, false);
	if (rc || !system_known(x, true))
		return rc;
	o = text_options(x);
	rc = coord_parse(given, strlen(given), &o, &c, &why);
	return rc ? refuse_text(x, rc, &why) : place(x, &c);
}

enum err_code
position_read(const struct position_plan *p, struct position_worker *w, struct rowmake_row *r,
              struct rowcheck_row *check, struct position *ret, struct err *e)
{
	struct reading x = { .p = p, .w = w, .r = r, .check = check, .out = ret, .e = e };
	const struct mapping_value *outline = value_at(&x, POSITION_GEOMETRY),
				   *text = value_at(&x, POSITION_TEXT);
	const struct mapping_value *lon = value_at(&x, POSITION_LON),
				   *lat = value_at(&x, POSITION_LAT);
	const struct mapping_value *east = value_at(&x, POSITION_X),
				   *north = value_at(&x, POSITION_Y);

	memset(ret, 0, sizeof(*ret));
	if (outline)
		return read_outline(&x, outline);
	if (lon && lat)
		return read_pair(&x, lon, lat);
	if (east && north)
		return read_pair(&x, east, north);
	if (text)
		return read_text(&x, text);
	if (lon || lat || east || north) {
		ret->any = true;
		rowcheck_set(check, CHECK_UNREADABLE_POSITION,
		             "only one of the two coordinates is there");
	}
	return ERR_OK;
}
