/* Population rasters in: any raster the reader opens, in WGS 84 longitude/latitude, people per
 * cell. */
#ifndef INGEST_POPULATION_H
#define INGEST_POPULATION_H

#include "store/store.h"

struct population_options {
	const char *title;     /* NULL = the file's name */
	const char *date;      /* "YYYY-MM-DD" date of information; NULL = today */
	double relative_error; /* percent, 0 .. 100 */
	const char *author, *licence;
	const char *id; /* record id for the source, NULL = a fresh one */
};

struct population_result {
	char id[37], sha256[65];
	uint32_t cols, rows;
	double people; /* sum over all cells */
};

/**
 * Keep the file as an original, turn its first band into the register's grid, and submit a source
 * record of type population_raster. ERR_INVALID when it is not north-up WGS 84.
 */
MUST_CHECK enum err_code population_add(struct store *st, const char *path,
                                        const struct population_options *o,
                                        struct population_result *ret, struct err *e);

#endif
