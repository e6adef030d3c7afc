/* Figures: numbers computed from the register by a documented method (docs/FIGURES.md). A figure is
 * a row: code, value, low, high, unit, place, period, method, number of records. The same question
 * about the same past gives the same rows in the same order on every machine, whatever the threads,
 * locale or time zone. */
#ifndef ASSESS_FIGURE_H
#define ASSESS_FIGURE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/pool.h"
#include "base/uuid.h"
#include "store/each.h"
#include "store/store.h"

/* What is asked. */
struct figure_question {
	int64_t as_of_days;  /* dates of information up to this day */
	int64_t known_size;  /* submissions before this index of the log */
	int64_t known_at_us; /* the time behind known_size, for the answer's head; INT64_MAX = now
	                      */
	const char *by; /* level of places: "country", "admin1", "admin2", "admin3", "settlement";
	                   NULL = whole */
	const char *const
		*codes; /* figures wanted ("extent", "extent.area"); NULL-terminated; NULL = all */
	int64_t after_days;  /* laying after this date; INT64_MIN = not asked */
	const char *explain; /* code whose rows' members are wanted, NULL = none */
	const char *explain_place;
	bool no_single_items; /* leave out spot tasks and stores (access_is_single), for readers who
	                         may not know their kind, number and place */
};

/* One row. Texts live in the set's arena. */
struct figure_row {
	const char *code;   /* "extent.area" */
	const char *dim;    /* what it is broken down by: "class=sha status=open", "" = all */
	const char *place;  /* name of the place, "" = the whole register, "?" = place unknown */
	const char *period; /* "2024", "2024-05", "" = all */
	bool known; /* false: the value cannot be computed ("no records", no population source ...)
	             */
	double value, low, high; /* high INFINITY: nothing bounds it from above */
	int decimals;            /* digits after the point it is rounded to (docs/FIGURES.md) */
	const char *unit;        /* "m2", "person", "item", "hazard", "percent" ... */
	const char *method;      /* "extent/1" */
	int64_t records;         /* that went into it */
	const char *note;        /* a sentence, "" = none */
};

/* A record that went into a row (explain). */
struct figure_member {
	size_t row;
	struct uuid id;
	int kind;
	double part; /* its contribution in the row's unit */
};

struct figure_set {
	struct arena mem;
	struct figure_row *row;
	size_t count, room;
	struct figure_member *member;
	size_t members, member_room;
	/* beside every figure */
	int64_t waiting_hazards;     /* hazards with an unapproved revision in play */
	int64_t quarantined_hazards; /* rows in quarantine that may be hazards */
	int64_t returned_hazards;    /* hazards that show nothing: all said of them was returned */
};

struct places;

/* What the figure modules work with. */
struct assess {
	struct store *st;
	const struct figure_question *q;
	struct pool *pool;
	struct geo *geo;
	struct places *places;
	struct figure_set *out;
};

/** Is this figure asked for? True for a code, and for the part before a dot ("extent" asks for
 * "extent.area"). */
bool figure_wanted(const struct assess *a, const char *code);
/** Length of s cut to at most max bytes, between characters: for "%.*s" of names as long as people
 * make them. */
int figure_cut(const char *s, size_t max);
/** Append a row (texts are copied); *ret (may be NULL) points to it until the next append. */
MUST_CHECK enum err_code figure_add(struct assess *a, const struct figure_row *row,
                                    size_t *ret_index, struct err *e);
/** Note that a record went into a row; does nothing unless the row is being explained. */
MUST_CHECK enum err_code figure_add_member(struct assess *a, size_t row, struct uuid id, int kind,
                                           double part, struct err *e);
/** True when members of rows with this code are wanted. */
bool figure_explains(const struct assess *a, const char *code);

/** Compute all that is asked, in the fixed order of the modules. ret is freed with figure_set_free.
 */
MUST_CHECK enum err_code figure_run(struct store *st, const struct figure_question *q,
                                    struct pool *pool, struct figure_set *ret, struct err *e);
void figure_set_free(struct figure_set *s);

/* The modules, in the order of the answer. Each adds its rows. */
MUST_CHECK enum err_code figure_extent(struct assess *a, struct err *e);
MUST_CHECK enum err_code figure_release(struct assess *a, struct err *e);
MUST_CHECK enum err_code figure_exposure(struct assess *a, struct err *e);
MUST_CHECK enum err_code figure_casualties(struct assess *a, struct err *e);
MUST_CHECK enum err_code figure_finds(struct assess *a, struct err *e);
MUST_CHECK enum err_code figure_laying(struct assess *a, struct err *e);
MUST_CHECK enum err_code figure_minefields(struct assess *a, struct err *e);
MUST_CHECK enum err_code figure_claims(struct assess *a, struct err *e);

#endif
