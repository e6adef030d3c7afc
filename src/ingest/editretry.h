/* An edit of a work copy that the checks refused: what it says, kept in the quarantine so that it
 * can be corrected and handed in again as the edit it was. Kept as `mapped` of the quarantined row:
 * only the fields that the edit changes, as texts ("" = cleared), and three members of its own. */
#ifndef INGEST_EDITRETRY_H
#define INGEST_EDITRETRY_H

#include "base/arena.h"
#include "ingest/rowcheck.h"
#include "store/quarantine.h"
#include "store/store.h"

#define EDITRETRY_WORK "import_work" /* UUID of the work copy */
/* What is edited: a record's UUID, "new", or "" when that cannot be known. */
#define EDITRETRY_RECORD "import_record"
#define EDITRETRY_BASE "import_base" /* leaf of the revision that the edit follows, 64 hex */

/* What was refused. */
struct editretry_edit {
	const char *work;
	const char *record, *base;      /* as above; base "" unless it is a record's */
	const struct store_fields *was; /* of the base; NULL: a new record */
	const struct store_fields *now; /* NULL: nothing is known */
	bool unreadable_geometry;       /* the geometry cannot be kept: a correction must give it */
};

/** As a JSON object in mem; NULL when memory ends. */
const char *editretry_text(const struct editretry_edit *edit, struct arena *mem);

/* A quarantined edit and its corrected values. */
struct editretry {
	const struct quarantine_row *row;
	const char *work, *record, *base; /* the members of `mapped`, as they were kept */
	const char *const *set;           /* "field=value" */
	size_t sets;
	const char *author;
};

enum editretry_end {
	EDITRETRY_TAKEN,
	EDITRETRY_FLAGGED,
	EDITRETRY_PRESENT,
	EDITRETRY_WAITS
};

/**
 * Hand in again, as a correction that follows the revision the work copy was made from. When it is
 * good it waits for approval and the row is settled, in one submission; when not, the row waits on:
 * why has the sentence. found gets the flags. ERR_IO, ERR_NOMEM.
 */
MUST_CHECK enum err_code editretry_run(struct store *st, const struct editretry *o,
                                       enum editretry_end *ret, uint64_t *ret_found,
                                       struct err *why, struct err *e);

#endif
