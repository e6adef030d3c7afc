/* Hazards with their outlines at one moment, as the area figures need them. */
#ifndef ASSESS_LANDSET_H
#define ASSESS_LANDSET_H

#include "assess/figure.h"
#include "geo/geom.h"

/* Accuracy of an outline whose record states none, in metres: half a millimetre on a 1:50,000 map
 * sheet. */
#define LAND_ACCURACY_M 25.0

struct land_item {
	struct uuid id;
	struct geom geom; /* drawn: valid; points with a radius are circles; empty = no position */
	double area_m2, area_low_m2, perimeter_m, accuracy_m;
	double reported_m2;       /* the area its source states, 0 = none */
	size_t place;             /* 0 unless places were asked for */
	const char *hazard_class; /* codes; "unknown" when not stated */
	const char *status, *outcome;
	enum shown_as as;
	bool unapproved;
	bool in_totals; /* the class counts in area totals (not an indication, no spot task) */
	bool areal;
	bool thin; /* it has no outline, or one that waits beside a revision without */
};

struct land_set {
	struct arena mem;
	struct land_item *item;
	size_t count, room;
	int64_t without_accuracy, without_position;
};

/** All hazards as of a day. with_places: fill place from a->places. Freed with land_set_free. */
MUST_CHECK enum err_code land_set_load(struct assess *a, int64_t as_of_days, bool with_places,
                                       struct land_set *ret, struct err *e);
void land_set_free(struct land_set *s);

#endif
