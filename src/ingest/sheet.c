#include "ingest/sheet.h"

#include <string.h>

#include "base/text.h"

static bool
holds(const struct source_value *v, const char *what)
{
	size_t n = strlen(what);

	for (size_t i = 0; i + n <= v->size; i++)
		if (memcmp(v->text + i, what, n) == 0)
			return true;
	return false;
}

static bool
is_hint(const struct source_row *row, size_t column_count)
{
	size_t cells = 0;

	for (size_t i = 0; i < column_count; i++) {
		const struct source_value *v = &row->values[i];

		if (v->type == 0)
			continue;
		if (v->type != PIPE_TEXT || !holds(v, "; ") ||
		    (i == 0 && (v->size < 2 || memcmp(v->text, "# ", 2) != 0)))
			return false;
		cells++;
	}
	return cells > 1 && row->values[0].type == PIPE_TEXT;
}

static bool
is_tags(const struct source_row *row, size_t column_count)
{
	size_t cells = 0;

	for (size_t i = 0; i < column_count; i++) {
		const struct source_value *v = &row->values[i];

		if (v->type == 0)
			continue;
		if (v->type != PIPE_TEXT || v->size < 2 || v->text[0] != '#' || v->text[1] < 'a' ||
		    v->text[1] > 'z')
			return false;
		cells++;
	}
	return cells > 1;
}

void
sheet_skip(struct source_rows *rows, size_t column_count)
{
	const struct source_row *row = rows->rows;

	if (rows->row_count == 0 || row->number != 1 || row->wkb || column_count == 0 ||
	    (!is_hint(row, column_count) && !is_tags(row, column_count)))
		return;
	rows->rows++;
	rows->row_count--;
}
