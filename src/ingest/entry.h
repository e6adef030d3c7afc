/* One record entered or corrected by hand, from field=value texts or a JSON object. */
#ifndef INGEST_ENTRY_H
#define INGEST_ENTRY_H

#include "base/json.h"
#include "ingest/entryfile.h"
#include "store/store.h"
#include "store/submit.h"

struct entry_options {
	const char *kind;
	const char *id;         /* record to correct; NULL = a new one */
	const char *const *set; /* "field=value" */
	size_t sets;
	const char *json_file;           /* object of fields, or NULL */
	const struct json_value *fields; /* the same from memory, or NULL; a null clears a field */
	const uint8_t (*parents)[32];    /* revisions that the editor saw; NULL = the newest one */
	size_t parent_count;
	/* Identity of what is handed in, 32 bytes each, or NULL: the same key comes in once. Only
	 * for new records. */
	const uint8_t *key, *content;
	bool only_same;  /* find the same correction if it is here; else ERR_CONFLICT, nothing
	                    written */
	int64_t settles; /* quarantined row that this becomes, 0 = none */
	const char *author, *remark;
	struct entry_file *file; /* handed in with it */
	size_t files;
};

struct entry_result {
	char id[UUID_TEXT], leaf[65];
	int64_t submission;
	bool closes;     /* a hazard of status closed or handed over ... */
	bool reopened;   /* ... which is open again by what lies on it */
	char flags[400]; /* codes of checks that flagged it, blanks between */
	bool present;    /* it was here already: nothing was written */
};

/**
 * Check against the form and submit. A correction starts from the newest of the revisions the
 * editor saw and names them as parents; the same correction of the same revisions comes in once.
 * Without valid_from today is the date of information. ERR_INVALID tells the field, the value and
 * what is allowed; then nothing was written. ERR_CONFLICT: the key came with other content before.
 * ERR_NOTFOUND: no such record or parent.
 */
MUST_CHECK enum err_code entry_run(struct store *st, const struct entry_options *o,
                                   struct entry_result *ret, struct err *e);
/** Set one field from its text as a person writes it: codes, numbers, dates, WKT/GeoJSON/"lon,lat",
 * lists. "" clears. */
MUST_CHECK enum err_code entry_set(struct store_fields *f, const char *name, const char *text,
                                   struct arena *mem, struct err *e);

#endif
