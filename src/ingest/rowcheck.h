/* The checks of rows: one table from which marks, sentences, counts and docs/CHECKS.md come. A
 * row's findings are a set of bits. Checks of one row alone run here, in any thread; those that
 * compare rows are set by the import.
 *
 * refuse   quarantine: kind or position cannot be known
 * flag     the row is in, with the check's code in import_flags
 * note     counted and told; the row counts as accepted */
#ifndef INGEST_ROWCHECK_H
#define INGEST_ROWCHECK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "form/check.h"
#include "geo/geo.h"
#include "ingest/gazetteer.h"
#include "ingest/region.h"
#include "store/record.h"

enum rowcheck_severity {
	ROWCHECK_NOTE,
	ROWCHECK_FLAG,
	ROWCHECK_REFUSE
};

/* In the order in which codes are written. Never renumber what is written: codes are texts. */
enum rowcheck_id {
	/* refused */
	CHECK_UNREADABLE_ROW,
	CHECK_LEFT_OUT_BY_MAPPING,
	CHECK_EMPTY_ROW,
	CHECK_UNREADABLE_GEOMETRY,
	CHECK_UNREADABLE_POSITION,
	CHECK_AMBIGUOUS_POSITION,
	CHECK_UNKNOWN_DATUM,
	CHECK_OUT_OF_RANGE,
	CHECK_ZERO_ISLAND,
	CHECK_SPANS_GLOBE,
	CHECK_SWAPPED_AXES,
	CHECK_SIGN_FLIPPED,
	CHECK_FAR_OUTSIDE,
	CHECK_PLACE_UNKNOWN,
	/* flagged */
	CHECK_NO_POSITION,
	CHECK_INVALID_OUTLINE,
	CHECK_FEW_VERTICES,
	CHECK_EMPTY_GEOMETRY,
	CHECK_GEOMETRY_TYPE,
	CHECK_OUTSIDE_COUNTRY,
	CHECK_COARSE_POSITION,
	CHECK_DOUBTFUL_POSITION,
	CHECK_DATE_OF_SOURCE,
	CHECK_DATE_OF_RECEIPT,
	CHECK_NO_CLASS,
	CHECK_BAD_VALUE,
	CHECK_FUTURE_DATE,
	CHECK_DATE_ORDER,
	CHECK_AREA_DIFFERS,
	CHECK_REPEATED_ROW,
	CHECK_REPEATED_KEY,
	CHECK_NO_KEY,
	CHECK_DUPLICATE_GEOMETRY,
	CHECK_DUPLICATE_ID,
	CHECK_SIMILAR_ID,
	CHECK_DUPLICATE_ITEM,
	CHECK_CONSTRAINT,
	CHECK_REQUIRED,
	CHECK_RELEVANT,
	CHECK_BROKEN_LINK,
	CHECK_CLOSING_UNDATED,
	CHECK_OUTSIDE_PLACE,
	CHECK_DUPLICATE_RECORD,
	CHECK_OLDER_THAN_KNOWN,
	/* noted */
	CHECK_FILE_DATE,
	CHECK_FILE_CLASS,
	CHECK_PERIOD_DATE,
	CHECK_STATED_DATUM,
	CHECK_REPEATED_VERTICES,
	CHECK_LAST_TWO_VERTICES,
	CHECK_FAR_VERTICES,
	CHECK_PARTS_OVERLAP,
	CHECK_CLOSED_AS_REPORTED,
	CHECK_OVERLAPS_HAZARD,
	CHECK_RELEASED_OVER_OPEN,
	CHECK_ON_RELEASED_LAND,
	CHECK_CLOSED_OVER_FIND,
	CHECK_CASUALTIES_DIFFER,
	CHECK_COUNT
};

struct rowcheck_row;

struct rowcheck {
	const char *code;
	enum rowcheck_severity severity;
	const char *sentence; /* what is wrong; the row's own sentence tells the values */
	enum err_code (*run)(struct rowcheck_row *r,
	                     struct err *e); /* NULL: found while reading or comparing */
};

extern const struct rowcheck rowchecks[CHECK_COUNT];

/* What the checks of one row see. */
struct rowcheck_row {
	const struct store_fields *fields;
	bool geometry_given; /* there was one, empty or not */
	double half_m; /* half of the last digit of the position as given, in metres; -1 = not known
	                */
	const struct region *country;   /* NULL = not known */
	const struct gazetteer *places; /* NULL = none are known */
	int64_t today_days;
	struct geo *geo;
	struct form_checker *checker;
	struct arena *mem;
	/* found */
	uint64_t found;     /* bit (1 << enum rowcheck_id) */
	const char *reason; /* sentence of the first refusal, in mem; NULL = none */
	bool outline_valid;
};

/** Set a finding; the first refusal's sentence stays. text may be NULL: the table's sentence. */
void rowcheck_set(struct rowcheck_row *r, enum rowcheck_id id, const char *text);
/** Run every check of the table that has a function. ERR_NOMEM, ERR_INTERNAL only. */
MUST_CHECK enum err_code rowcheck_run(struct rowcheck_row *r, struct err *e);
/** True if any of the findings has that severity. */
bool rowcheck_any(uint64_t found, enum rowcheck_severity severity);
/** Codes of the findings of one severity with blanks between, in mem; "" if none; NULL when memory
 * ends. */
const char *rowcheck_codes(uint64_t found, enum rowcheck_severity severity, struct arena *mem);

/* Limits of the checks, for tests and for docs/CHECKS.md. */
#define ROWCHECK_SAME_DEG 1e-6 /* vertices closer than this are one */
#define ROWCHECK_FAR_VERTICES_M 5000.0
#define ROWCHECK_PARTS_OVERLAP 0.009 /* share of the outline's area */
#define ROWCHECK_NEAR_KM 50.0        /* outside the country by less: a border case */
#define ROWCHECK_FAR_KM 500.0        /* outside by more: the position cannot be known */
#define ROWCHECK_AREA_DIFFERS 0.10
#define ROWCHECK_ZERO_DEG 0.01

#endif
