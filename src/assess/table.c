#include "assess/table.h"

#include <stdio.h>
#include <string.h>

#include "assess/places.h"
#include "base/text.h"

enum {
	KEY_BYTES = 400
};

static enum err_code
cell_at(const struct table *t, size_t at, size_t place, const char *value, struct tally_cell **ret,
        struct err *e)
{
	const char *unknown = t->column[at].unknown;
	const char *v = value && *value ? value : unknown ? unknown : "";
	char key[KEY_BYTES];

	(void)snprintf(key, sizeof(key), "%02zu%.*s", at, figure_cut(v, 380), v);
	return tally_at(t->tally, place, key, ret, e);
}

enum err_code
table_put(const struct table *t, size_t at, size_t place, const char *value, struct table_count n,
          struct err *e)
{
	struct tally_cell *cell;
	enum err_code rc = cell_at(t, at, place, value, &cell, e);

	if (rc)
		return rc;
	cell->sum[0] += n.n;
	cell->sum[1] += n.low;
	cell->sum[2] += n.high;
	cell->records++;
	return tally_remembers(t->tally, t->column[at].code) ? tally_note(t->tally, cell, n.n, e)
	                                                     : ERR_OK;
}

enum err_code
table_members(struct assess *a, const struct tally *t, const struct tally_cell *cell, size_t row,
              struct err *e)
{
	size_t n = 0;
	const struct tally_member *m = tally_members(t, &n);
	enum err_code rc = ERR_OK;

	for (size_t i = 0; !rc && i < n; i++)
		if (m[i].key == cell->key && m[i].place == cell->place)
			rc = figure_add_member(a, row, m[i].id, m[i].kind, m[i].part, e);
	return rc;
}

enum err_code
table_sum(const struct table *t, size_t at, size_t place, const char *value,
          struct table_count *ret, int64_t *ret_records, struct err *e)
{
	struct tally_cell *cell;
	enum err_code rc = cell_at(t, at, place, value, &cell, e);

	if (rc)
		return rc;
	*ret = (struct table_count){ cell->sum[0], cell->sum[1], cell->sum[2] };
	if (ret_records)
		*ret_records = cell->records;
	return ERR_OK;
}

static enum err_code
add_row(struct assess *a, const struct table *t, size_t at, struct tally_cell cell, struct err *e)
{
	const struct table_column *column = &t->column[at];
	const char *value = cell.key + 2;
	bool unknown = column->unknown && text_eq(value, column->unknown);
	struct table_count open = { 0 };
	char dim[KEY_BYTES];
	struct figure_row r = { .code = column->code,
		                .place = places_name(a->places, cell.place),
		                .known = true,
		                .value = cell.sum[0],
		                .unit = t->unit,
		                .method = t->method,
		                .records = cell.records,
		                .note = column->note };
	size_t row = 0;
	enum err_code rc = ERR_OK;

	if (column->unknown && !unknown)
		rc = table_sum(t, at, cell.place, NULL, &open, NULL, e);
	if (rc)
		return rc;
	/* what is not known may belong to any other row: it adds to their high and has no low of
	 * its own */
	r.low = unknown ? 0 : cell.sum[1];
	r.high = cell.sum[2] + open.high;
	(void)snprintf(dim, sizeof(dim), "%s%s%s", column->dim, *column->dim ? "=" : "", value);
	if (column->period)
		r.period = value;
	else
		r.dim = dim;
	rc = figure_add(a, &r, &row, e);
	return rc ? rc : table_members(a, t->tally, &cell, row, e);
}

enum err_code
table_rows(struct assess *a, const struct table *t, struct err *e)
{
	enum err_code rc = ERR_OK;

	tally_sort(t->tally);
	for (size_t at = 0; !rc && at < t->columns; at++) {
		char head[24];
		/* looking up the unknown may add empty cells at the end */
		size_t cells = tally_count(t->tally);

		(void)snprintf(head, sizeof(head), "%02zu", at);
		for (size_t i = 0; !rc && figure_wanted(a, t->column[at].code) && i < cells; i++) {
			struct tally_cell cell = *tally_cell(t->tally, i);

			if (strncmp(cell.key, head, 2) == 0 && cell.records > 0)
				rc = add_row(a, t, at, cell, e);
		}
	}
	return rc;
}
