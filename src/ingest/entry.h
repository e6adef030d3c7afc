/* One record entered or corrected by hand, from field=value texts or a JSON object. */
#ifndef INGEST_ENTRY_H
#define INGEST_ENTRY_H

#include "store/store.h"
#include "store/submit.h"

struct entry_options {
	const char *kind;
	const char *id;         /* record to correct; NULL = a new one */
	const char *const *set; /* "field=value" */
	size_t sets;
	const char *json_file; /* object of fields, or NULL */
	const char *author, *remark;
};

struct entry_result {
	char id[UUID_TEXT], leaf[65];
	int64_t submission;
	char flags[400]; /* codes of checks that flagged it, blanks between */
};

/**
 * Check against the form and submit. A correction starts from the newest revision of the record and
 * names it as parent. Without valid_from today is the date of information. ERR_INVALID tells the
 * field, the value and what is allowed; then nothing was written.
 */
MUST_CHECK enum err_code entry_run(struct store *st, const struct entry_options *o,
                                   struct entry_result *ret, struct err *e);
/** Set one field from its text as a person writes it: codes, numbers, dates, WKT/GeoJSON/"lon,lat",
 * lists. "" clears. */
MUST_CHECK enum err_code entry_set(struct store_fields *f, const char *name, const char *text,
                                   struct arena *mem, struct err *e);

#endif
