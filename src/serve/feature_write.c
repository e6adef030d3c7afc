/* OGC API Features: a row as GeoJSON. */
#include <math.h>
#include <string.h>

#include "base/text.h"
#include "serve/feature.h"

/* The geometry in the reference system of the answer, in v->row. */
static enum err_code
transform(struct features_view *v, const struct features_question *f, const struct geom *g,
          struct geom *ret, struct err *e)
{
	double *xy = arena_memdup(&v->row, g->xy, 2 * sizeof(double) * (size_t)g->point_count);
	enum err_code rc = ERR_OK;

	if (!xy)
		return err_set(e, ERR_NOMEM, "out of memory for a record");
	*ret = *g;
	ret->xy = xy;
	if (f->crs)
		rc = crs_from_wgs84(f->crs, xy, g->point_count, e);
	for (size_t i = 0; !rc && i < g->point_count; i++) {
		double x = xy[2 * i], y = xy[2 * i + 1];

		if (f->crs) { /* millimetres */
			xy[2 * i] = rint(x * 1000) / 1000;
			xy[2 * i + 1] = rint(y * 1000) / 1000;
		} else {
			xy[2 * i] = y;
			xy[2 * i + 1] = x;
		}
	}
	return rc;
}

static enum err_code
write_geometry(struct features_view *v, const struct features_question *f, const struct geom *g,
               struct buf *out, struct err *e)
{
	struct geom other;
	enum err_code rc = ERR_OK;

	if (!g || !f->geometry) {
		buf_adds(out, "null");
		return ERR_OK;
	}
	if (f->crs || f->crs_swapped) {
		rc = transform(v, f, g, &other, e);
		g = &other;
	}
	if (!rc)
		geom_write_json(g, out);
	return rc;
}

enum err_code
features_write(struct features_view *v, const struct features_question *f, const struct shown *row,
               struct buf *out, struct err *e)
{
	const char *comma = "";
	enum err_code rc;

	buf_adds(out, "{\"type\":\"Feature\",");
	if (v->value[0].type == STORE_TEXT && v->sheet.column[0].source == SHEET_RECORD_ID) {
		buf_adds(out, "\"id\":");
		value_to_json(&v->value[0], out);
		buf_addc(out, ',');
	}
	buf_adds(out, "\"geometry\":");
	rc = write_geometry(v, f, v->sheet.geometry ? row->fields.geom : NULL, out, e);
	buf_adds(out, ",\"properties\":{");
	for (size_t i = 0; i < v->sheet.count; i++) {
		if (f->shown && !f->shown[i])
			continue;
		buf_adds(out, comma);
		buf_adds(out, v->key[i]);
		/* clients take the columns from the first page: each is always there */
		if (v->value[i].type == STORE_NULL)
			buf_add(out, "null", 4);
		else
			value_to_json(&v->value[i], out);
		comma = ",";
	}
	buf_adds(out, "}}");
	return rc;
}
