/* Where the border of one polygon lies with respect to others: its edges split where they cross
 *theirs, and the pieces that lie outside all of them (for a union) or inside (for an intersection)
 *summed up, without building any polygon. Private to geo. One struct arrange, one thread.
 *
 *	arrange_start(&a, &mine);
 *	for each other polygon: arrange_against(&a, &other);
 *	if (!a.unclear && !a.absurd && !a.failed) arrange_sum(&a, &frame, depth, &sum);
 *
 * Decisions are made by predicates that are right or say that they do not know (geo/plane.h); the
 *latter (a shared corner, edges on each other, a touch) set `unclear`, and the caller turns to
 *GEOS. */
#ifndef GEO_ARRANGE_H
#define GEO_ARRANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "geo/boxtree.h"
#include "geo/frame.h"
#include "geo/geom.h"

/* A valid polygon with what is needed to ask it quickly. */
struct arrange_shape {
	const struct geom *geom;
	struct geom_box box;
	struct boxtree *edges; /* over edge i = points i, i + 1; NULL for small ones */
};

#define ARRANGE_MAX_CUTS                                                                           \
	4000000u /* of one polygon; two combs of 100,000 teeth would have 10^10                    \
	          */

struct arrange_cut {
	uint32_t edge;  /* number of its first point */
	uint32_t other; /* which arrange_against call, from 0 */
	double t;       /* 0 .. 1 along the edge, -1: the ring starts inside */
	double x, y;    /* the same bits from either polygon's side */
};

struct arrange {
	const struct arrange_shape *mine;
	struct arrange_cut *cut;
	size_t cuts, cut_room;
	uint32_t *near; /* edges of the other polygon in the common box */
	size_t near_room;
	uint8_t *inside; /* per other: is the walk inside it now */
	size_t inside_room;
	uint32_t others;
	bool unclear; /* a decision was too near to make */
	bool failed;  /* memory ended */
	bool absurd;  /* more than ARRANGE_MAX_CUTS; nothing can be said */
};

struct arrange_sum {
	double area_m2;  /* signed area under the kept pieces, so that sums over all polygons are
	                    areas */
	double length_m; /* of the kept pieces */
	double gap_x,
		gap_y; /* where the kept pieces lead to: sums over all polygons are 0 (degrees) */
	bool whole;    /* no edge was cut or dropped: the polygon's own area applies */
};

/** Prepare a polygon; geom must stay. False when memory ends. */
bool arrange_shape_make(struct arrange_shape *s, const struct geom *g, struct geom_box box);
void arrange_shape_done(struct arrange_shape *s);

void arrange_init(struct arrange *a);
void arrange_done(struct arrange *a);
void arrange_start(struct arrange *a, const struct arrange_shape *mine);
void arrange_against(struct arrange *a, const struct arrange_shape *other);
/**
 * Sum the pieces that lie inside exactly `depth` of the others: 0 for unions; 1 after a single
 * arrange_against for an intersection. Sets a->unclear if a ring's direction cannot be told.
 */
void arrange_sum(struct arrange *a, const struct frame *f, uint32_t depth, struct arrange_sum *ret);

#endif
