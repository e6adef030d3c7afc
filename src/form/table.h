/* The two tables of an XLSForm, read from CSV: named columns, some of them once a language.
 * A table lives in the arena it was read into. */
#ifndef FORM_TABLE_H
#define FORM_TABLE_H

#include "base/arena.h"
#include "base/err.h"
#include "form/form.h"

#define TABLE_NO_COLUMN SIZE_MAX

struct table_column {
	const char *name; /* lower case, without the language; "" for a header that is empty */
	int language; /* enum form_language; FORM_EN without one; -1 for a language we do not keep
	               */
};

struct table_row {
	size_t number;     /* row in the table, 1 = headers */
	const char **cell; /* column_count texts, trimmed, never NULL */
};

struct table {
	size_t column_count;
	const struct table_column *column;
	size_t row_count;
	const struct table_row *row;
};

/**
 * Read the n bytes at text. name is put in front of errors ("survey", "choices"). Fails with
 * ERR_INVALID (not UTF-8, bad CSV, two columns of one name and language), ERR_LIMIT (FORM_MAX_...),
 * ERR_NOMEM.
 */
MUST_CHECK enum err_code table_read(const char *name, const char *text, size_t n, struct arena *mem,
                                    struct table *ret, struct err *e);
/** Position of a column, or TABLE_NO_COLUMN. */
size_t table_find(const struct table *t, const char *name, int language);
/** The cell of a row; "" where there is no such column. */
const char *table_cell(const struct table_row *r, size_t column);

#endif
