/* A kind as a table to give out: which columns a role gets, what they are called in each format,
 * and the values of a row. What the role may see was decided in store/access.h. */
#ifndef PUBLISH_SHEET_H
#define PUBLISH_SHEET_H

#include "assess/figure.h"
#include "store/access.h"

enum sheet_source {
	SHEET_RECORD_ID,
	SHEET_SHOWN_AS,
	SHEET_UNAPPROVED,
	SHEET_CONFLICT,
	SHEET_DRAWN,
	SHEET_AREA,
	SHEET_AREA_LOW,
	SHEET_AREA_HIGH,
	SHEET_PERIMETER,
	SHEET_SUBMISSION,
	SHEET_FIELD, /* of the form */
	SHEET_EXPIRES,
	SHEET_NOTE,
	SHEET_YEAR, /* of totals */
	SHEET_PERSONS
};

struct sheet_column {
	const char *name; /* as in layers and forms */
	const char *tag;  /* HXL, such as "#date+valid_from" */
	enum store_type type;
	bool date; /* a full date */
	enum sheet_source source;
	size_t field; /* index in the form */
};

struct sheet {
	const char *name;  /* "hazard", "victim_totals" */
	const char *style; /* kind it is drawn as, NULL = none */
	int kind;
	bool geometry;
	const struct sheet_column *column;
	size_t count;
};

/** The table of a kind's records for a role, in mem. ERR_NOMEM. */
MUST_CHECK enum err_code sheet_make(struct store *st, int kind, enum access_role role,
                                    struct arena *mem, struct sheet *ret, struct err *e);
/** The table of a kind's totals. */
MUST_CHECK enum err_code sheet_make_totals(struct store *st, int kind, struct arena *mem,
                                           struct sheet *ret, struct err *e);
/** Values of a row in the order of the columns; value has s->count entries. expires: the day,
 * "YYYY-MM-DD". */
MUST_CHECK enum err_code sheet_values(const struct sheet *s, const struct shown *row,
                                      const char *expires, struct arena *mem,
                                      struct store_value *value, struct err *e);
void sheet_total_values(const struct sheet *s, const struct figure_row *r,
                        struct store_value *value);

#endif
