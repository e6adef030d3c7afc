/* Private to store: what the cautious join (store/shown.h) shows of values that several revisions
 * in play say differently, so that no correction takes people, items or reach out of a figure, a
 * map or an answer before it is approved. docs/FORMATS.md, "State of a record". */
#ifndef STORE_CAUTIOUS_H
#define STORE_CAUTIOUS_H

#include "store/shown.h"

/** Kinds of which unapproved revisions put nothing out of play: hazards, finds, accidents, victims
 * and minefield records. */
bool cautious_kind(const char *kind);
/** Kinds that figures are measured with, places and sources: an approved revision is shown as it is
 * until another one is approved. */
bool cautious_measure(const char *kind);
/** An approval or a release rules about it. */
bool cautious_approved(const struct shown_revision *r);
/**
 * Of the revisions in play the one that says where and when a record is counted: the approved one
 * (latest date of information, then received last); without any the first received, so that what
 * comes in later changes nothing. count when none is in play.
 */
size_t cautious_base(const struct shown_revision *rev, const bool *in_play, size_t count);
/**
 * Settle the values in ret->fields, which are those of the winner (copied: they are written to).
 * in_play has one flag a revision, count of them in the order received. With one in play nothing
 * changes.
 */
void cautious_values(const struct shown_revision *rev, const bool *in_play, size_t count,
                     struct shown *ret);
/**
 * The union of points: each once, those of approved revisions first, in the order received. g[i] is
 * what is drawn of rev[i], NULL = nothing; points and multipoints only. ERR_NOMEM.
 */
MUST_CHECK enum err_code cautious_points(const struct shown_revision *rev,
                                         const struct geom *const *g, size_t count,
                                         struct arena *mem, struct geom *ret, struct err *e);

#endif
