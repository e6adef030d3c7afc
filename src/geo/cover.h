/* Which parts of a segment or an arc lie inside discs and rectangles. Private to geo. A plane in
 * metres. The inner step of dissolving grown outlines: what is left of each border after all that
 * covers it. */
#ifndef GEO_COVER_H
#define GEO_COVER_H

#include <stdbool.h>
#include <stddef.h>

/* Disjoint intervals in increasing order: what is still bare. */
struct cover_list {
	double (*part)[2];
	size_t count, cap;
	bool failed; /* memory ended; the list is no longer right */
};

struct cover_disc {
	double x, y, r;
};
struct cover_quad {    /* all points whose foot lies on the edge and that are nearer than r */
	double x, y;   /* where the edge starts */
	double wx, wy; /* its direction, a unit vector */
	double length, r;
};
struct cover_segment { /* the point at t is (x + t wx, y + t wy), 0 <= t <= length */
	double x, y, wx, wy, length;
};
struct cover_arc { /* counter-clockwise; the point at t is (x, y) + r (cos, sin)(start + t), 0 <= t
	              <= span */
	double x, y, r;
	double start, span; /* span <= 2 pi */
};
struct cover_box {
	double x0, y0, x1, y1;
};

void cover_done(struct cover_list *l);
/** One interval. */
void cover_start(struct cover_list *l, double from, double to);
/** Take an interval away. Pieces shorter than 1e-10 vanish. */
void cover_cut(struct cover_list *l, double from, double to);
/** Take away an interval of angles, width < 2 pi, given as absolute angles, from an arc's list. */
void cover_cut_turn(struct cover_list *l, const struct cover_arc *a, double from, double width);

void cover_segment_in_box(struct cover_list *l, const struct cover_segment *s, struct cover_box b);
void cover_segment_by_disc(struct cover_list *l, const struct cover_segment *s,
                           struct cover_disc d);
void cover_segment_by_quad(struct cover_list *l, const struct cover_segment *s,
                           const struct cover_quad *q);
void cover_arc_in_box(struct cover_list *l, const struct cover_arc *a, struct cover_box b);
void cover_arc_by_disc(struct cover_list *l, const struct cover_arc *a, struct cover_disc d);
/** spare is working space. */
void cover_arc_by_quad(struct cover_list *l, const struct cover_arc *a, const struct cover_quad *q,
                       struct cover_list *spare);

#endif
