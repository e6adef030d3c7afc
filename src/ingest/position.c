#include "ingest/position.h"

#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "ingest/convert.h"
#include "ingest/rowmake.h"

struct position_worker {
	int unused;
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
	p->role = form_index(about->form, "point_role");
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

enum err_code
position_worker_create(const struct position_plan *p, struct position_worker **ret, struct err *e)
{
	(void)p;
	*ret = mem_calloc(1, sizeof(**ret));
	return *ret ? ERR_OK : err_set(e, ERR_NOMEM, "out of memory for positions");
}

void
position_worker_free(struct position_worker *w)
{
	mem_free(w);
}

static const struct mapping_value *
value_at(const struct position_plan *p, const struct rowmake_row *r, enum position_column c)
{
	const struct mapping_value *v = p->column[c] < 0 ? NULL : &r->mapped[p->column[c]];
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

static bool
is_wgs84(const char *s)
{
	static const char *const name[] = { "wgs 84",    "wgs84", "wgs 1984", "wgs1984",
		                            "epsg 4326", "4326",  "epsg4326", "ogc crs84",
		                            "crs84",     "gps" };
	char folded[64];

	(void)text_fold(s, strlen(s), folded, sizeof(folded));
	for (size_t i = 0; i < sizeof(name) / sizeof(*name); i++)
		if (text_eq(folded, name[i]))
			return true;
	return false;
}

static const char *
row_system(const struct position_plan *p, const struct rowmake_row *r, struct arena *mem)
{
	const struct mapping_value *v = value_at(p, r, POSITION_CRS);

	if (v)
		return convert_text(v, mem);
	if (p->about->crs)
		return p->about->crs;
	return p->given_datum >= 0 && r->fields.value[p->given_datum].type == STORE_TEXT
	               ? r->fields.value[p->given_datum].s
	               : NULL;
}

static bool
set_point(struct rowmake_row *r, double lon, double lat, struct arena *mem)
{
	struct geom *g = arena_alloc(mem, sizeof(*g));

	if (!g || !geom_make_point(lon, lat, mem, g))
		return false;
	r->fields.geom = g;
	return true;
}

static enum err_code
read_outline(const struct position_plan *p, const struct mapping_value *v, struct rowmake_row *r,
             struct rowcheck_row *check, struct err *e)
{
	struct arena *mem = check->mem;
	struct geom *g = arena_alloc(mem, sizeof(*g));
	struct json_value *json = NULL;
	struct err why = { 0 };
	enum err_code rc = ERR_OK;

	if (!g)
		return err_set(e, ERR_NOMEM, "out of memory for a geometry");
	if (v->type == MAPPING_BLOB && v->n > 8 && v->s[0] == 'G' && v->s[1] == 'P')
		rc = geom_from_gpkg((const uint8_t *)v->s, v->n, mem, g, &why);
	else if (v->type == MAPPING_BLOB)
		rc = geom_from_wkb((const uint8_t *)v->s, v->n, 0, mem, g, &why);
	else if (v->type == MAPPING_TEXT && *v->s == '{') {
		rc = json_parse(v->s, v->n, 0, mem, &json, &why);
		if (!rc)
			rc = geom_from_json(json, 0, mem, g, &why);
	} else if (v->type == MAPPING_TEXT)
		rc = geom_from_wkt(v->s, v->n, 0, mem, g, &why);
	else
		rc = err_set(&why, ERR_INVALID, "the geometry is a number");
	if (rc == ERR_NOMEM)
		return err_set(e, ERR_NOMEM, "out of memory for a geometry");
	if (rc) {
		rowcheck_set(check, CHECK_UNREADABLE_GEOMETRY, arena_strdup(mem, why.text));
		return ERR_OK;
	}
	if (geom_is_empty(g)) {
		rowcheck_set(check, CHECK_EMPTY_GEOMETRY, NULL);
		return ERR_OK;
	}
	(void)p;
	r->fields.geom = g;
	return ERR_OK;
}

enum err_code
position_read(const struct position_plan *p, struct position_worker *w, struct rowmake_row *r,
              struct rowcheck_row *check, struct position *ret, struct err *e)
{
	const struct mapping_value *outline = value_at(p, r, POSITION_GEOMETRY);
	const struct mapping_value *lon = value_at(p, r, POSITION_LON),
				   *lat = value_at(p, r, POSITION_LAT);
	const char *system;

	(void)w;
	memset(ret, 0, sizeof(*ret));
	if (outline) {
		ret->any = true;
		return read_outline(p, outline, r, check, e);
	}
	if (!lon || !lat)
		return ERR_OK;
	ret->any = true;
	system = row_system(p, r, check->mem);
	if (!system || !is_wgs84(system)) {
		rowcheck_set(check, CHECK_UNKNOWN_DATUM, NULL);
		return ERR_OK;
	}
	if (lon->type != MAPPING_REAL || lat->type != MAPPING_REAL) {
		rowcheck_set(check, CHECK_UNREADABLE_POSITION, NULL);
		return ERR_OK;
	}
	return set_point(r, lon->d, lat->d, check->mem)
	               ? ERR_OK
	               : err_set(e, ERR_NOMEM, "out of memory for a point");
}
