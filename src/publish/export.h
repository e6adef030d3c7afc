/* Exports: what is given out of a register, for a role. GeoPackage, GeoJSON, CSV with HXL tags,
 * XLSX. Files appear only when they are complete; nothing that exists is written over. An export
 * with exact positions is written into the log as an event before it gets its name. */
#ifndef PUBLISH_EXPORT_H
#define PUBLISH_EXPORT_H

#include "store/access.h"

struct export_options {
	const char *out; /* by extension: .gpkg, .geojson, .csv, .xlsx */
	enum access_role role;
	const char *const *kind; /* NULL = every kind the role may see, without events */
	size_t kind_count;
	int64_t as_of_days, known_size, known_at_us; /* as in a figure's question */
	const char *author;                          /* who exports */
	const char *to, *reason; /* to whom and why, for the event; NULL = not said */
	void (*progress)(void *ctx, const char *doing, int64_t done,
	                 int64_t total); /* NULL = none */
	void *progress_ctx;
};

struct export_result {
	int64_t rows; /* records and totals */
	int files;
	char path[1024];    /* the file, or the folder of files */
	char sha256[65];    /* of the file; of several: of the lines "HASH  NAME" of all */
	int64_t submission; /* of the event; -1 = none was needed */
};

/**
 * Export. Exact roles need the register open for writing (ERR_DENIED else). ERR_INVALID (extension,
 * kind), ERR_CONFLICT (out exists), ERR_LIMIT (too many rows for XLSX), ERR_UNSUPPORTED (no XLSX
 * library), ERR_IO.
 */
MUST_CHECK enum err_code export_run(struct store *st, const struct export_options *o,
                                    struct export_result *ret, struct err *e);

#endif
