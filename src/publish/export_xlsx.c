/* Exports as XLSX: a sheet "about", then one a table; the header row, a row of HXL tags, the
 * records. Text is written as text, so that nothing in it is ever run as a formula. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"
#include "publish/writer.h"
#include "publish/xlsxlib.h"

enum {
	ROWS_MOST = 1048576,
	TEXT_MOST = 32767
};

struct xlsx_writer {
	struct writer w;
	const struct xlsxlib *lib;
	lxw_workbook *book;
	lxw_worksheet *page;
	lxw_format *bold, *italic;
	uint32_t row;
	char *path;
	bool finished;
};

static enum err_code
check(struct xlsx_writer *x, lxw_error code, struct err *e)
{
	return code == LXW_NO_ERROR
	               ? ERR_OK
	               : err_set(e, code == LXW_ERROR_MEMORY_MALLOC_FAILED ? ERR_NOMEM : ERR_IO,
	                         "could not write %s: %s", x->path, x->lib->lxw_strerror(code));
}

static enum err_code
put_text(struct xlsx_writer *x, uint16_t column, const char *s, lxw_format *f, struct err *e)
{
	if (text_utf8_length(s, strlen(s)) > TEXT_MOST)
		s = "(longer than a cell of a sheet may be: export it as .gpkg or .geojson)";
	return check(x, x->lib->worksheet_write_string(x->page, x->row, column, s, f), e);
}

static enum err_code
xlsx_sheet(struct writer *w, const struct sheet *s, struct err *e)
{
	static const char *const place[][2] = { { "lon_deg", "#geo+lon" },
		                                { "lat_deg", "#geo+lat" },
		                                { "geometry", "#geo+bounds" } };
	struct xlsx_writer *x = (struct xlsx_writer *)w;
	enum err_code rc = ERR_OK;

	w->sheet = s;
	x->page = x->lib->workbook_add_worksheet(x->book, s->name);
	if (!x->page)
		return err_set(e, ERR_NOMEM, "could not add the sheet %s", s->name);
	for (x->row = 0; !rc && x->row < 2; x->row++) {
		uint16_t at = 0;

		for (size_t i = 0; !rc && i < s->count; i++)
			rc = put_text(x, at++, x->row ? s->column[i].tag : s->column[i].name,
			              x->row ? x->italic : x->bold, e);
		for (int i = 0; !rc && s->geometry && i < 3; i++)
			rc = put_text(x, at++, place[i][x->row], x->row ? x->italic : x->bold, e);
	}
	x->lib->worksheet_freeze_panes(x->page, 2, 0);
	return rc;
}

static enum err_code
put_place(struct xlsx_writer *x, uint16_t at, const struct geom *geom, const double point[2],
          struct err *e)
{
	struct buf json;
	enum err_code rc =
		check(x, x->lib->worksheet_write_number(x->page, x->row, at, point[0], NULL), e);

	if (!rc)
		rc = check(x,
		           x->lib->worksheet_write_number(x->page, x->row, (uint16_t)(at + 1),
		                                          point[1], NULL),
		           e);
	buf_init(&json, 0);
	geom_write_json(geom, &json);
	if (!rc)
		rc = buf_ok(&json) ? put_text(x, (uint16_t)(at + 2), buf_text(&json), NULL, e)
		                   : err_set(e, ERR_NOMEM, "out of memory for a geometry");
	buf_done(&json);
	return rc;
}

static enum err_code
xlsx_row(struct writer *w, const struct store_value *value, const struct geom *geom,
         const double at[2], struct err *e)
{
	struct xlsx_writer *x = (struct xlsx_writer *)w;
	enum err_code rc = ERR_OK;

	if (x->row >= ROWS_MOST) {
		(void)err_set(e, ERR_LIMIT, "a sheet holds at most %d rows; %s has more", ROWS_MOST,
		              w->sheet->name);
		return err_hint(e, "export it as .csv or .gpkg");
	}
	for (size_t i = 0; !rc && i < w->sheet->count; i++) {
		const struct store_value *v = &value[i];

		if (v->type == STORE_INT || v->type == STORE_REAL)
			rc = check(x,
			           x->lib->worksheet_write_number(
					   x->page, x->row, (uint16_t)i,
					   v->type == STORE_INT ? (double)v->i : v->d, NULL),
			           e);
		else if (v->type != STORE_NULL)
			rc = put_text(x, (uint16_t)i, v->s, NULL, e);
	}
	if (!rc && geom)
		rc = put_place(x, (uint16_t)w->sheet->count, geom, at, e);
	x->row++;
	return rc;
}

static enum err_code
xlsx_finish(struct writer *w, struct err *e)
{
	struct xlsx_writer *x = (struct xlsx_writer *)w;
	lxw_workbook *book = x->book;
	enum err_code rc;

	x->book = NULL; /* closing frees it, right or wrong */
	rc = check(x, x->lib->workbook_close(book), e);
	x->finished = !rc;
	return rc;
}

static void
xlsx_free(struct writer *w)
{
	struct xlsx_writer *x = (struct xlsx_writer *)w;

	if (x->book)
		(void)x->lib->workbook_close(
			x->book); /* the only way to free it; the file goes below */
	if (!x->finished && x->path)
		(void)unlink(x->path);
	mem_free(x->path);
	mem_free(x);
}

static enum err_code
put_about(struct xlsx_writer *x, struct err *e)
{
	enum err_code rc = ERR_OK;

	x->page = x->lib->workbook_add_worksheet(x->book, "about");
	if (!x->page)
		return err_set(e, ERR_NOMEM, "could not add a sheet");
	for (x->row = 0; !rc && x->row < x->w.about->count; x->row++) {
		rc = put_text(x, 0, x->w.about->line[x->row].key, x->bold, e);
		if (!rc)
			rc = put_text(x, 1, x->w.about->line[x->row].value, NULL, e);
	}
	return rc ? rc : check(x, x->lib->worksheet_set_column(x->page, 0, 1, 24, NULL), e);
}

static enum err_code
start_book(struct xlsx_writer *x, struct err *e)
{
	lxw_workbook_options options = { .constant_memory = 1 };
	char title[] = "Export of a mine action register",
	     comments[] = "No mark does not mean safe.";
	lxw_doc_properties about = { .title = title,
		                     .comments = comments,
		                     .created = (time_t)(clock_now_us() / 1000000) };
	enum err_code rc;

	x->book = x->lib->workbook_new_opt(x->path, &options);
	if (!x->book)
		return err_set(e, ERR_IO, "could not make %s", x->path);
	rc = check(x, x->lib->workbook_set_properties(x->book, &about), e);
	x->bold = x->lib->workbook_add_format(x->book);
	x->italic = x->lib->workbook_add_format(x->book);
	if (rc || !x->bold || !x->italic)
		return rc ? rc : err_set(e, ERR_NOMEM, "out of memory for %s", x->path);
	x->lib->format_set_bold(x->bold);
	x->lib->format_set_italic(x->italic);
	return put_about(x, e);
}

enum err_code
writer_xlsx(const char *path, const struct about *a, struct writer **ret, struct err *e)
{
	static const struct writer_calls calls = { xlsx_sheet, xlsx_row, xlsx_finish, xlsx_free };
	const struct xlsxlib *lib = xlsxlib_get();
	struct xlsx_writer *x;
	enum err_code rc;

	if (!lib) {
		(void)err_set(e, ERR_UNSUPPORTED,
		              "cannot write XLSX: the library %s is not on this machine",
		              FALLOW_XLSX_SONAME);
		return err_hint(e, "install libxlsxwriter4, or export as .csv");
	}
	if (file_exists(path))
		return err_set(e, ERR_CONFLICT, "%s exists already; nothing was changed", path);
	x = mem_calloc(1, sizeof(*x));
	if (!x)
		return err_set(e, ERR_NOMEM, "out of memory for an export");
	x->w = (struct writer){ .calls = &calls, .about = a, .needs_point = true };
	x->lib = lib;
	x->path = mem_strdup(path);
	rc = x->path ? start_book(x, e) : err_set(e, ERR_NOMEM, "out of memory for an export");
	if (rc)
		xlsx_free(&x->w);
	else
		*ret = &x->w;
	return rc;
}
