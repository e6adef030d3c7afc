#include <string.h>

#include "base/csv.h"
#include "base/text.h"
#include "form/table.h"

/* The language of a header's right side: "English (en)", "uk", "Azerbaijani". */
static int
language_of(const char *s)
{
	static const char *const names[FORM_LANGUAGES][2] = { { "en", "english" },
		                                              { "uk", "ukrainian" },
		                                              { "az", "azerbaijani" } };
	const char *open = strrchr(s, '(');
	const char *close = open ? strchr(open, ')') : NULL;
	const char *code = open && close ? open + 1 : s;
	size_t n = open && close ? (size_t)(close - open - 1) : strlen(s);

	code = text_trim(code, n, &n);
	for (int i = 0; i < FORM_LANGUAGES; i++)
		for (int j = 0; j < 2; j++)
			if (strlen(names[i][j]) == n && memcmp(names[i][j], code, n) == 0)
				return i;
	return -1;
}

static bool
read_header(const struct csv_field *f, struct arena *mem, struct table_column *ret)
{
	size_t n;
	const char *start = text_trim(f->s, f->n, &n);
	char *name = arena_strndup(mem, start, n);
	char *mark;

	if (!name)
		return false;
	text_lower_ascii(name);
	mark = strstr(name, "::");
	ret->language = FORM_EN;
	if (mark) {
		ret->language = language_of(mark + 2);
		start = text_trim(name, (size_t)(mark - name), &n);
		name = arena_strndup(mem, start, n);
	}
	ret->name = name;
	return name != NULL;
}

static enum err_code
read_headers(const struct csv_field *f, size_t count, struct arena *mem, struct table *t,
             struct err *e)
{
	struct table_column *column = arena_calloc(mem, count, sizeof *column);

	if (!column)
		return err_set(e, ERR_NOMEM, "out of memory for a form");
	t->column = column;
	for (size_t i = 0; i < count; i++) {
		char quote[80];

		if (!read_header(&f[i], mem, &column[i]))
			return err_set(e, ERR_NOMEM, "out of memory for a form");
		t->column_count = i;
		if (column[i].name[0] && column[i].language >= 0 &&
		    table_find(t, column[i].name, column[i].language) != TABLE_NO_COLUMN)
			return err_set(e, ERR_INVALID, "column '%s' is there twice",
			               err_quote(f[i].s, quote, sizeof quote));
	}
	t->column_count = count;
	return ERR_OK;
}

static enum err_code
read_cells(const struct table *t, const struct csv_field *f, size_t count, struct arena *mem,
           struct table_row *row, struct err *e)
{
	row->cell = arena_calloc(mem, t->column_count, sizeof *row->cell);
	if (!row->cell)
		return err_set(e, ERR_NOMEM, "out of memory for a form");
	for (size_t i = 0; i < t->column_count; i++) {
		size_t n = 0;
		const char *s = i < count ? text_trim(f[i].s, f[i].n, &n) : "";

		if (n > FORM_MAX_CELL_BYTES)
			return err_set(e, ERR_LIMIT,
			               "row %zu: a cell of %zu bytes is longer than the %u allowed",
			               row->number, n, FORM_MAX_CELL_BYTES);
		row->cell[i] = n ? arena_strndup(mem, s, n) : "";
		if (!row->cell[i])
			return err_set(e, ERR_NOMEM, "out of memory for a form");
	}
	for (size_t i = t->column_count; i < count; i++)
		if (f[i].n)
			return err_set(e, ERR_INVALID, "row %zu has %zu cells and the header %zu",
			               row->number, count, t->column_count);
	return ERR_OK;
}

/* Upper bound of the number of rows: the number of line ends and one more, at most the limit. */
static size_t
count_lines(const char *s, size_t n)
{
	size_t lines = 1;

	for (size_t i = 0; i < n && lines < FORM_MAX_ROWS; i++)
		lines += s[i] == '\n' || s[i] == '\r';
	return lines;
}

static enum err_code
read_rows(struct csv_reader *csv, size_t max_rows, struct arena *mem, struct table *t,
          struct err *e)
{
	struct table_row *row = arena_calloc(mem, max_rows, sizeof *row);
	struct csv_field *f = NULL;
	size_t count = 0;
	enum err_code rc;

	if (!row)
		return err_set(e, ERR_NOMEM, "out of memory for a form");
	t->row = row;
	for (;;) {
		rc = csv_next(csv, mem, FORM_MAX_COLUMNS, &f, &count, e);
		if (rc != ERR_OK || count == 0)
			return rc;
		if (t->row_count == max_rows)
			return err_set(e, ERR_LIMIT, "more than the %u rows allowed",
			               FORM_MAX_ROWS);
		row[t->row_count].number = csv->row;
		rc = read_cells(t, f, count, mem, &row[t->row_count], e);
		if (rc != ERR_OK)
			return rc;
		t->row_count++;
	}
}

enum err_code
table_read(const char *name, const char *text, size_t n, struct arena *mem, struct table *ret,
           struct err *e)
{
	struct table t = { 0 };
	struct csv_reader csv;
	struct csv_field *f = NULL;
	size_t count = 0;
	enum err_code rc;

	if (n > FORM_MAX_TABLE_BYTES)
		return err_set(e, ERR_LIMIT, "%s: %zu bytes are more than the %u allowed", name, n,
		               FORM_MAX_TABLE_BYTES);
	if (!text_is_utf8(text, n))
		return err_set(e, ERR_INVALID, "%s: not UTF-8", name);
	csv_open(&csv, text, n, ',');
	rc = csv_next(&csv, mem, FORM_MAX_COLUMNS, &f, &count, e);
	if (rc == ERR_OK && count == 0)
		rc = err_set(e, ERR_INVALID, "no header row");
	if (rc == ERR_OK)
		rc = read_headers(f, count, mem, &t, e);
	if (rc == ERR_OK)
		rc = read_rows(&csv, count_lines(text, n), mem, &t, e);
	if (rc != ERR_OK)
		return err_prefix(e, "%s", name);
	*ret = t;
	return ERR_OK;
}

size_t
table_find(const struct table *t, const char *name, int language)
{
	for (size_t i = 0; i < t->column_count; i++)
		if (t->column[i].language == language && strcmp(t->column[i].name, name) == 0)
			return i;
	return TABLE_NO_COLUMN;
}

const char *
table_cell(const struct table_row *r, size_t column)
{
	return column == TABLE_NO_COLUMN ? "" : r->cell[column];
}
