/* Exports as CSV: a header row, a row of HXL tags, then the records. What it is about stands in the
 * last columns of every row, because rows get cut and pasted. */
#include <string.h>

#include "base/csv.h"
#include "base/mem.h"
#include "base/text.h"
#include "publish/outfile.h"
#include "publish/writer.h"

struct csv_writer {
	struct writer w;
	struct outfile file;
};

static const char *const about_column[][2] = {
	{ "register", "#meta+source" },
	{ "role", "#meta+access" },
	{ "as_of", "#date+as_of" },
	{ "made_at", "#date+made" },
	{ "oldest_record", "#date+oldest" },
	{ "newest_record", "#date+newest" },
	{ "datum", "#meta+datum" },
	{ "accuracy", "#meta+accuracy" },
	{ "export_expires", "#date+export_expires" },
	{ "warning", "#meta+warning" },
};

static void
put(struct buf *out, const char *s)
{
	csv_write_safe(out, s, strlen(s), ',');
}

static const char *
about_value(const struct about *a, const char *key)
{
	const char *name = text_eq(key, "export_expires") ? "expires" : key;

	for (size_t i = 0; i < a->count; i++)
		if (text_eq(a->line[i].key, name))
			return a->line[i].value;
	return "";
}

static enum err_code
csv_sheet(struct writer *w, const struct sheet *s, struct err *e)
{
	struct csv_writer *c = (struct csv_writer *)w;
	struct buf *out = &c->file.pending;

	w->sheet = s;
	for (int tags = 0; tags < 2; tags++) {
		const char *comma = "";

		for (size_t i = 0; i < s->count; i++) {
			buf_adds(out, comma);
			buf_adds(out, tags ? s->column[i].tag
			                   : s->column[i].name); /* plain words: nothing to quote */
			comma = ",";
		}
		if (s->geometry)
			buf_adds(out, tags ? ",#geo+lon,#geo+lat,#geo+bounds"
			                   : ",lon_deg,lat_deg,geometry");
		for (size_t i = 0; i < sizeof(about_column) / sizeof(*about_column); i++)
			buf_printf(out, ",%s", about_column[i][tags]);
		buf_addc(out, '\n');
	}
	return outfile_flush(&c->file, false, e);
}

static void
put_value(struct buf *out, const struct store_value *v)
{
	char text[40];

	if (v->type == STORE_INT)
		buf_printf(out, "%lld", (long long)v->i);
	else if (v->type == STORE_REAL && text_format_f64(v->d, text) > 0)
		buf_adds(out, text);
	else if (v->type == STORE_TEXT || v->type == STORE_JSON)
		csv_write_safe(out, v->s, v->n, ',');
}

static void
put_geometry(struct buf *out, const struct geom *geom, const double at[2])
{
	struct buf json;
	char text[40];

	if (!geom) {
		buf_adds(out, ",,,");
		return;
	}
	for (int i = 0; i < 2; i++) {
		(void)text_format_fixed(at[i], 7, text, sizeof(text));
		buf_printf(out, ",%s", text);
	}
	buf_init(&json, 0);
	geom_write_json(geom, &json);
	buf_addc(out, ',');
	csv_write(out, buf_text(&json), json.size, ','); /* begins with a brace */
	if (!buf_ok(&json))
		out->failed = true;
	buf_done(&json);
}

static enum err_code
csv_row(struct writer *w, const struct store_value *value, const struct geom *geom,
        const double at[2], struct err *e)
{
	struct csv_writer *c = (struct csv_writer *)w;
	struct buf *out = &c->file.pending;

	for (size_t i = 0; i < w->sheet->count; i++) {
		if (i)
			buf_addc(out, ',');
		put_value(out, &value[i]);
	}
	if (w->sheet->geometry)
		put_geometry(out, geom, at);
	for (size_t i = 0; i < sizeof(about_column) / sizeof(*about_column); i++) {
		buf_addc(out, ',');
		put(out, about_value(w->about, about_column[i][0]));
	}
	buf_addc(out, '\n');
	return outfile_flush(&c->file, false, e);
}

static enum err_code
csv_finish(struct writer *w, struct err *e)
{
	return outfile_close(&((struct csv_writer *)w)->file, e);
}

static void
csv_free(struct writer *w)
{
	outfile_abort(&((struct csv_writer *)w)->file);
	mem_free(w);
}

enum err_code
writer_csv(const char *path, const struct about *a, struct writer **ret, struct err *e)
{
	static const struct writer_calls calls = { csv_sheet, csv_row, csv_finish, csv_free };
	struct csv_writer *c = mem_calloc(1, sizeof(*c));
	enum err_code rc;

	if (!c)
		return err_set(e, ERR_NOMEM, "out of memory for an export");
	c->w = (struct writer){ .calls = &calls, .about = a, .needs_point = true };
	c->file.fd = -1;
	rc = outfile_open(&c->file, path, e);
	if (rc)
		csv_free(&c->w);
	else
		*ret = &c->w;
	return rc;
}
