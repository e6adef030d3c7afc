/* What a record shows: the cautious join of its revisions (DESIGN promises 2 and 5).
 *
 * Of the revisions received by T with valid_from <= D and not returned:
 *  - approved ones: the latest valid_from wins; at equal valid_from a descendant replaces its
 * ancestor; what remains unrelated is a conflict;
 *  - unapproved ones stay in play until an approved one supersedes them (later valid_from, or equal
 * and descended). A hazard shows the union of the outlines in play, the most dangerous class and
 * the most open status, so that danger shows at once and safety waits. So do finds, accidents,
 * victims and minefield records with their places and with what figures count (store/cautious.h);
 * ordnance is disposed of only when no revision in play says otherwise. Other kinds show the
 * winner, approved or not, and say so. docs/FORMATS.md, "State of a record", has the vectors. */
#ifndef STORE_SHOWN_H
#define STORE_SHOWN_H

#include <stdbool.h>
#include <stdint.h>

#include "geo/shape.h"
#include "store/record.h"

enum shown_as {
	SHOWN_DANGER,            /* open hazard; also every record that is no hazard */
	SHOWN_REPORTED_RELEASED, /* closed as its source says; never this register's own release */
	SHOWN_RELEASED           /* released by a decision of two people */
};

enum ruling {
	RULING_NONE = 0,
	RULING_APPROVED = 1,
	RULING_RETURNED = 2,
	RULING_RELEASED = 3
};

/* One revision as the join sees it. */
struct shown_revision {
	int64_t rid, submission;
	int64_t valid_from_days;
	const uint8_t (*parents)[32];
	size_t parent_count;
	uint8_t leaf[32];
	enum ruling ruling;
	struct store_fields fields;
};

struct shown {
	int64_t fid; /* rid of the record's first revision */
	struct uuid id;
	int kind;
	struct store_fields
		fields; /* attributes of the winner; geometry joined and drawn with caution */
	enum shown_as as;
	bool unapproved; /* an unapproved revision is in play */
	bool conflict;   /* unrelated revisions are in play */
	bool cover;      /* an invalid outline is drawn as the shape that contains every reading */
	int revisions;   /* received by T */
	int64_t submission; /* newest in play: its index in the log */
	int64_t rid;        /* of the winner; 0 when it was read from a layer */
	/* Hazards whose revisions were joined, else NULL: the most dangerous class in play that
	 * counts in totals of area, NULL = none does; the class of the revision in play received
	 * first. */
	const char *totals_class, *first_class;
	bool base_approved; /* of revisions that were joined: an approved one is in play */
	bool any_thin; /* of the same: a revision in play has no outline, or a point or line only */
	/* Where it is counted until the rest is approved, of revisions that were joined; NULL =
	 * that revision says no position. */
	const struct geom *base_geom;
	double area_m2, area_low_m2, area_high_m2,
		perimeter_m; /* of the geometry drawn; 0 when not areal */
};

/** "danger", "reported_released", "released". */
const char *shown_as_name(enum shown_as as);

/* The revisions of one record, and the day D that they are asked about. */
struct shown_history {
	const struct shown_revision *rev; /* ascending rid */
	size_t count;
	int64_t as_of_days; /* INT64_MAX = no limit */
};

/**
 * Join the revisions. ret->fields lives in mem. *ret_any is false when nothing is in play (nothing
 * known by then, or all returned).
 */
MUST_CHECK enum err_code shown_join(struct geo *geo, const struct shown_history *h,
                                    struct arena *mem, struct shown *ret, bool *ret_any,
                                    struct err *e);
/** Which of the revisions are in play: one flag each, in mem. *ret_in_play NULL when memory ends.
 */
void shown_in_play(const struct shown_history *h, struct arena *mem, const bool **ret_in_play);
/**
 * The drawn geometry and measures of one revision's own fields: points with radius_m stay points;
 * an invalid outline becomes its cover. known_valid skips the check. Sets geom, cover and the four
 * measures of ret.
 */
MUST_CHECK enum err_code shown_measure(struct geo *geo, bool known_valid, struct arena *mem,
                                       struct shown *ret, struct err *e);
/** The shown state of a record that has this one revision only; the same as shown_join gives. */
MUST_CHECK enum err_code shown_first(struct geo *geo, const struct shown_revision *rev,
                                     bool known_valid, struct arena *mem, struct shown *ret,
                                     struct err *e);
/** Does a class of hazard count in totals of area? Not stated and unknown codes do. */
bool shown_in_totals(const struct form *form, const char *code);
/** Persons harmed in an attack, or by a device that the field's definition does not count (the
 * choice's column `monitor`), stand beside the totals: docs/FIGURES.md. */
bool shown_counted_apart(const struct store_fields *f);
/** Ordnance that was destroyed, burnt or taken away: no longer there. */
bool shown_disposed(const struct store_fields *f);
/** Danger rank of a class and openness rank of a status from the choices' columns; 0 if there are
 * none. */
double shown_rank(const struct form *form, const char *field, const char *code, const char *column);

#endif
