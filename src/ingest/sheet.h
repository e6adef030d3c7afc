/* Rows of a sheet that are no data: the row of a template that tells what goes into each column
 * (form/template.h), and HXL tags. Only the row right under the names can be one. Pure function,
 * thread-safe. */
#ifndef INGEST_SHEET_H
#define INGEST_SHEET_H

#include "ingest/source.h"

/**
 * Take such a row out of a file's first batch. column_count is the header's. A template's row
 * begins with "# " and has "; " in each cell that is not empty; a row of tags has nothing but
 * "#letter..." in it, twice at least.
 */
void sheet_skip(struct source_rows *rows, size_t column_count);

#endif
