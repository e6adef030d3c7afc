/* Exports as GeoJSON (RFC 7946): a FeatureCollection; what it is about stands in the foreign member
 * "about". */
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "publish/outfile.h"
#include "publish/writer.h"

struct geojson_writer {
	struct writer w;
	struct outfile file;
	bool any;
};

static enum err_code
geojson_sheet(struct writer *w, const struct sheet *s, struct err *e)
{
	struct geojson_writer *g = (struct geojson_writer *)w;
	struct buf *out = &g->file.pending;

	w->sheet = s;
	buf_adds(out, "{\"type\":\"FeatureCollection\",\"name\":");
	json_write_string(out, s->name, strlen(s->name));
	buf_adds(out, ",\"about\":");
	about_json(w->about, out);
	buf_adds(out, ",\"features\":[\n");
	return outfile_flush(&g->file, false, e);
}

static enum err_code
geojson_row(struct writer *w, const struct store_value *value, const struct geom *geom,
            const double at[2], struct err *e)
{
	struct geojson_writer *g = (struct geojson_writer *)w;
	struct buf *out = &g->file.pending;
	const char *comma = "";

	(void)at;
	buf_adds(out, g->any ? ",\n{\"type\":\"Feature\"" : "{\"type\":\"Feature\"");
	g->any = true;
	if (w->sheet->count && w->sheet->column[0].source == SHEET_RECORD_ID &&
	    value[0].type == STORE_TEXT) {
		buf_adds(out, ",\"id\":");
		value_to_json(&value[0], out);
	}
	buf_adds(out, ",\"geometry\":");
	if (geom)
		geom_write_json(geom, out);
	else
		buf_adds(out, "null");
	buf_adds(out, ",\"properties\":{");
	for (size_t i = 0; i < w->sheet->count; i++) {
		if (value[i].type == STORE_NULL)
			continue;
		buf_printf(out, "%s\"%s\":", comma, w->sheet->column[i].name);
		value_to_json(&value[i], out);
		comma = ",";
	}
	buf_adds(out, "}}");
	return outfile_flush(&g->file, false, e);
}

static enum err_code
geojson_finish(struct writer *w, struct err *e)
{
	struct geojson_writer *g = (struct geojson_writer *)w;

	buf_adds(&g->file.pending, "\n]}\n");
	return outfile_close(&g->file, e);
}

static void
geojson_free(struct writer *w)
{
	outfile_abort(&((struct geojson_writer *)w)->file);
	mem_free(w);
}

enum err_code
writer_geojson(const char *path, const struct about *a, struct writer **ret, struct err *e)
{
	static const struct writer_calls calls = { geojson_sheet, geojson_row, geojson_finish,
		                                   geojson_free };
	struct geojson_writer *g = mem_calloc(1, sizeof(*g));
	enum err_code rc;

	if (!g)
		return err_set(e, ERR_NOMEM, "out of memory for an export");
	g->w = (struct writer){ .calls = &calls, .about = a };
	g->file.fd = -1;
	rc = outfile_open(&g->file, path, e);
	if (rc)
		geojson_free(&g->w);
	else
		*ret = &g->w;
	return rc;
}
