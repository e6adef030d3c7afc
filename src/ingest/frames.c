#include <math.h>
#include <string.h>

#include "base/text.h"
#include "ingest/frames.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the stream is little-endian");

struct body {
	const uint8_t *p;
	const uint8_t *end;
};

static bool
get(struct body *b, void *out, size_t n)
{
	if ((size_t)(b->end - b->p) < n)
		return false;
	memcpy(out, b->p, n);
	b->p += n;
	return true;
}

/* Bytes of a u32-sized piece, in place. */
static bool
get_piece(struct body *b, const uint8_t **ret, size_t *ret_n)
{
	uint32_t n;

	if (!get(b, &n, 4) || (size_t)(b->end - b->p) < n)
		return false;
	*ret = b->p;
	*ret_n = n;
	b->p += n;
	return true;
}

/* A text in place: UTF-8 without NUL. */
static bool
get_text(struct body *b, const char **ret, size_t *ret_n)
{
	const uint8_t *p;

	if (!get_piece(b, &p, ret_n))
		return false;
	*ret = (const char *)p;
	return text_is_utf8(*ret, *ret_n) && (*ret_n == 0 || !memchr(p, 0, *ret_n));
}

/* A text copied and terminated. NULL for a broken one, and when memory ends. */
static const char *
copy_text(struct body *b, struct arena *mem)
{
	const char *s;
	size_t n;

	return get_text(b, &s, &n) ? arena_strndup(mem, s, n) : NULL;
}

static enum err_code
broken(const char *what, struct err *e)
{
	return err_set(e, ERR_INVALID, "the reader's stream is broken: %s", what);
}

enum err_code
frames_layers(const uint8_t *p, size_t n, struct arena *mem, struct source_layer **ret,
              size_t *ret_count, struct err *e)
{
	struct body b = { p, p + n };
	struct source_layer *layers;
	uint16_t count;

	if (!get(&b, &count, 2) || count > FRAMES_MAX_LAYERS)
		return broken("the number of layers", e);
	layers = arena_calloc(mem, count + 1u, sizeof *layers);
	if (!layers)
		return err_set(e, ERR_NOMEM, "out of memory for %u layers", count);
	for (uint16_t i = 0; i < count; i++) {
		layers[i].name = copy_text(&b, mem);
		layers[i].geometry = layers[i].name ? copy_text(&b, mem) : NULL;
		if (!layers[i].geometry || !get(&b, &layers[i].features, 8))
			return broken("a layer", e);
	}
	if (b.p != b.end)
		return broken("bytes behind the layers", e);
	*ret = layers;
	*ret_count = count;
	return ERR_OK;
}

static enum err_code
header_columns(struct body *b, uint16_t count, struct arena *mem, struct source_header *h,
               struct err *e)
{
	struct source_column *columns = arena_calloc(mem, count + 1u, sizeof *columns);

	if (!columns)
		return err_set(e, ERR_NOMEM, "out of memory for %u columns", count);
	for (uint16_t i = 0; i < count; i++) {
		uint8_t type;

		columns[i].name = copy_text(b, mem);
		if (!columns[i].name || !get(b, &type, 1) || type < PIPE_INTEGER ||
		    type > PIPE_BINARY)
			return broken("a column", e);
		columns[i].type = (enum pipe_type)type;
	}
	h->columns = columns;
	h->column_count = count;
	return ERR_OK;
}

enum err_code
frames_header(const uint8_t *p, size_t n, struct arena *mem, struct source_header *ret,
              struct err *e)
{
	struct body b = { p, p + n };
	struct source_header h = { 0 };
	const char **texts[] = { &h.layer, &h.driver, &h.encoding, &h.crs, &h.crs_wkt };
	uint8_t has_geometry;
	uint16_t count;
	enum err_code rc;

	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		*texts[i] = copy_text(&b, mem);
		if (!*texts[i])
			return broken("the header's texts", e);
	}
	if (!get(&b, &has_geometry, 1) || has_geometry > 1 || !get(&b, &h.features, 8) ||
	    !get(&b, &count, 2) || count > FRAMES_MAX_COLUMNS)
		return broken("the header's numbers", e);
	h.has_geometry = has_geometry == 1;
	rc = header_columns(&b, count, mem, &h, e);
	if (rc != ERR_OK)
		return rc;
	if (b.p != b.end)
		return broken("bytes behind the header", e);
	*ret = h;
	return ERR_OK;
}

static bool
get_value(struct body *b, struct source_value *v)
{
	const uint8_t *p;

	if (!get(b, &v->type, 1))
		return false;
	switch (v->type) {
	case 0:
		return true;
	case PIPE_INTEGER:
		return get(b, &v->integer, 8);
	case PIPE_REAL:
		if (!get(b, &v->real, 8))
			return false;
		if (!isfinite(v->real)) /* a file may hold one; to us it is no value */
			v->type = 0;
		return true;
	case PIPE_TEXT:
		return get_text(b, &v->text, &v->size);
	case PIPE_BINARY:
		if (!get_piece(b, &p, &v->size))
			return false;
		v->bytes = p;
		return true;
	default:
		return false;
	}
}

static bool
get_row(struct body *b, size_t columns, struct source_row *row, struct source_value *values)
{
	uint32_t size;

	if (!get(b, &row->number, 8) || row->number < 1 || !get(b, &size, 4))
		return false;
	if (size != UINT32_MAX) {
		if ((size_t)(b->end - b->p) < size)
			return false;
		row->wkb = b->p;
		row->wkb_size = size;
		b->p += size;
	}
	for (size_t i = 0; i < columns; i++) {
		if (!get_value(b, &values[i]))
			return false;
	}
	row->values = values;
	return true;
}

enum err_code
frames_rows(const uint8_t *p, size_t n, const struct source_header *h, struct arena *mem,
            struct source_row **ret, size_t *ret_count, struct err *e)
{
	struct body b = { p, p + n };
	struct source_row *rows;
	struct source_value *values;
	uint32_t count;

	/* A row takes at least its number, its geometry's size and a tag a column. */
	if (!get(&b, &count, 4) || count > (n - 4) / (12 + h->column_count))
		return broken("the number of rows", e);
	rows = arena_calloc(mem, count + 1u, sizeof *rows);
	values = arena_calloc(mem, (size_t)count * h->column_count + 1, sizeof *values);
	if (!rows || !values)
		return err_set(e, ERR_NOMEM, "out of memory for a batch of %u rows", count);
	for (uint32_t i = 0; i < count; i++) {
		if (!get_row(&b, h->column_count, &rows[i], values + (size_t)i * h->column_count))
			return broken("a row", e);
	}
	if (b.p != b.end)
		return broken("bytes behind the rows", e);
	*ret = rows;
	*ret_count = count;
	return ERR_OK;
}

enum err_code
frames_bad(const uint8_t *p, size_t n, struct arena *mem, struct source_bad *ret, struct err *e)
{
	struct body b = { p, p + n };
	struct source_bad bad = { 0 };

	if (!get(&b, &bad.number, 8) || bad.number < 1)
		return broken("the number of a bad row", e);
	bad.reason = copy_text(&b, mem);
	bad.original = bad.reason ? copy_text(&b, mem) : NULL;
	if (!bad.original || b.p != b.end)
		return broken("a bad row", e);
	bad.original_size = strlen(bad.original);
	*ret = bad;
	return ERR_OK;
}

enum err_code
frames_warning(const uint8_t *p, size_t n, struct arena *mem, const char **ret, struct err *e)
{
	struct body b = { p, p + n };
	const char *text = copy_text(&b, mem);

	if (!text || b.p != b.end)
		return broken("a warning", e);
	*ret = text;
	return ERR_OK;
}

enum err_code
frames_raster(const uint8_t *p, size_t n, struct arena *mem, struct source_raster *ret,
              struct err *e)
{
	struct body b = { p, p + n };
	struct source_raster r = { 0 };
	uint8_t has_nodata;

	if (!get(&b, &r.width, 4) || !get(&b, &r.height, 4) ||
	    !get(&b, r.transform, sizeof r.transform) || r.width < 1 || r.height < 1 ||
	    r.width > (PIPE_MAX_FRAME - 4) / 8)
		return broken("the raster's size", e);
	for (size_t i = 0; i < 6; i++) {
		if (!isfinite(r.transform[i]))
			return broken("the raster's position", e);
	}
	r.crs = copy_text(&b, mem);
	if (!r.crs || !get(&b, &has_nodata, 1) || has_nodata > 1 || !get(&b, &r.nodata, 8))
		return broken("the raster's description", e);
	r.has_nodata = has_nodata == 1;
	r.unit = copy_text(&b, mem);
	if (!r.unit || b.p != b.end)
		return broken("the raster's unit", e);
	*ret = r;
	return ERR_OK;
}

enum err_code
frames_raster_row(const uint8_t *p, size_t n, const struct source_raster *r, double *row,
                  uint32_t *ret_y, struct err *e)
{
	uint32_t y;

	if (n != 4 + (size_t)r->width * 8)
		return broken("a raster row's size", e);
	memcpy(&y, p, 4);
	if (y >= r->height)
		return broken("a raster row's number", e);
	memcpy(row, p + 4, n - 4);
	for (uint32_t i = 0; i < r->width; i++) {
		if (!isfinite(row[i]))
			row[i] = (double)NAN;
	}
	*ret_y = y;
	return ERR_OK;
}

enum err_code
frames_end(const uint8_t *p, size_t n, int64_t *ret_rows, struct err *e)
{
	if (n != 8)
		return broken("its end", e);
	memcpy(ret_rows, p, 8);
	return ERR_OK;
}

enum err_code
frames_failure(const uint8_t *p, size_t n, struct err *e)
{
	struct body b = { p, p + n };
	const char *text;
	const char *hint;
	size_t text_n;
	size_t hint_n;
	uint8_t code;

	if (!get(&b, &code, 1) || code == ERR_OK || code > ERR_INTERNAL ||
	    !get_text(&b, &text, &text_n) || !get_text(&b, &hint, &hint_n) || b.p != b.end)
		return broken("its failure", e);
	(void)err_set(e, (enum err_code)code, "%.*s", (int)(text_n < 900 ? text_n : 900), text);
	if (hint_n)
		(void)err_hint(e, "%.*s", (int)(hint_n < 250 ? hint_n : 250), hint);
	return (enum err_code)code;
}
