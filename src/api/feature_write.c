/* OGC API Features: a row as GeoJSON. */
#include <math.h>
#include <string.h>

#include "api/feature.h"
#include "base/clock.h"
#include "base/text.h"

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

/* The short form: what is the same in every feature stands as signs. */
static enum err_code
write_short(struct features_view *v, const struct features_question *f, const struct shown *row,
            struct buf *out, struct err *e)
{
	bool first = true;
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
		/* clients take the columns from the first page: each is always there */
		bool null = v->value[i].type == STORE_NULL;

		if (f->shown && !f->shown[i])
			continue;
		if (first) /* without its comma */
			buf_adds(out, (null ? v->word[i].null : v->word[i].name) + 1);
		else
			feature_sign(out, null ? FEATURE_NULL : FEATURE_NAME, i);
		if (!null)
			value_to_json(&v->value[i], out);
		first = false;
	}
	buf_adds(out, "}}");
	return rc;
}

enum err_code
features_write(struct features_view *v, const struct features_question *f, const struct shown *row,
               struct buf *out, struct err *e)
{
	enum err_code rc;

	buf_reset(&v->scratch);
	rc = write_short(v, f, row, &v->scratch, e);
	if (!rc && !buf_ok(&v->scratch))
		rc = err_set(e, ERR_LIMIT, "a record is too large for one answer");
	if (!rc)
		feature_expand(v->scratch.data, v->scratch.size, v->word, out);
	return rc;
}

bool
features_plain(const struct features_question *f)
{
	return f->page.as_of_days == INT64_MAX && !f->equals && !f->dated && !f->sorts &&
	       !f->filter && !f->shown && f->geometry && !f->crs && !f->crs_swapped;
}

static void
forget(void *ctx, int64_t number)
{
	feature_cache_drop(ctx, number);
}

enum err_code
features_cache_renew(struct features_view *v, int64_t size, struct err *e)
{
	int64_t day = clock_now_us() / 86400000000, state = feature_cache_state(v->cache);
	bool all = false;
	enum err_code rc = ERR_OK;

	if (state == size && v->cache_day == day)
		return ERR_OK;
	if (state > 0 && state < size && v->cache_day == day)
		rc = page_changed(v->reader, state, forget, v->cache, &all, e);
	else
		all = true;
	if (rc || all)
		feature_cache_clear(v->cache);
	feature_cache_set_state(v->cache, size);
	v->cache_day = day;
	return rc;
}
