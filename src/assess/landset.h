/* Hazards with their outlines, as the area figures need them: seen one after the other, or put on a
 * shelf and taken from it in clumps that share no land, so that memory holds a small part of them
 * at a time. */
#ifndef ASSESS_LANDSET_H
#define ASSESS_LANDSET_H

#include "assess/figure.h"
#include "geo/clump.h"
#include "geo/geom.h"

/* Accuracy of an outline whose record states none, in metres: half a millimetre on a 1:50,000 map
 * sheet. */
#define LAND_ACCURACY_M 25.0
/* States of a record that are asked about at once. */
#define LAND_DAYS 3
/* Hazards in a batch: as few as that once whole clumps allow it. */
#define LAND_BATCH 16384u

struct land_item {
	uint64_t number; /* of the record, by its place in the walk */
	struct uuid id;
	struct geom geom; /* drawn: valid; points with a radius are circles; empty = no position */
	double area_m2, area_low_m2, perimeter_m, accuracy_m;
	double reported_m2;       /* the area its source states, 0 = none */
	size_t place;             /* 0 unless places were asked for */
	const char *hazard_class; /* codes; "unknown" when not stated; live as long as the store */
	const char *status, *outcome;
	enum shown_as as;
	bool unapproved;
	bool in_totals; /* the class counts in area totals (not an indication, no spot task) */
	bool areal;
	bool thin; /* it has no outline, or one that waits beside a revision without */
};

/* A hazard on each of the days asked about; NULL = nothing was known of it. Days on which it was
 * the same have the same item. */
struct land_record {
	struct clump_link link; /* private */
	const struct land_item *day[LAND_DAYS];
};

typedef enum err_code land_fn(void *ctx, const struct land_record *r, struct err *e);
typedef enum err_code land_batch_fn(void *ctx, const struct land_record *const *list, size_t n,
                                    struct err *e);

struct land_question {
	const int64_t *as_of_days; /* ascending */
	size_t days;               /* 1 .. LAND_DAYS */
	bool with_places;          /* fill place from a->places */
};

/**
 * Call fn for each hazard that is known on any of the days, in the order of their numbers. The
 * record lives until it returns.
 */
MUST_CHECK enum err_code land_each(struct assess *a, const struct land_question *q, land_fn *fn,
                                   void *ctx, struct err *e);

struct land_shelf;

/** ERR_NOMEM. Lies in the scratch of the store. */
MUST_CHECK enum err_code land_shelf_create(struct assess *a, struct land_shelf **ret,
                                           struct err *e);
void land_shelf_free(struct land_shelf *s);
/** Put a record there; one without a position on any day is not kept. */
MUST_CHECK enum err_code land_shelf_put(struct land_shelf *s, const struct land_record *r,
                                        struct err *e);
/**
 * Take all, once: fn for each batch, its records by their numbers; no box of an outline in one
 * meets one in another, whatever the days. Records live until fn returns.
 */
MUST_CHECK enum err_code land_shelf_each(struct land_shelf *s, land_batch_fn *fn, void *ctx,
                                         struct err *e);

#endif
