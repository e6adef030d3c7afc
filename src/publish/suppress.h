/* Casualty tables for roles that do not see persons one by one (docs/ACCESS.md, "Casualty tables").
 * One fixed set of tables is published and nothing else: the total of the register, and the same
 * persons by outcome, year, age, sex, status, activity, device, and by unit of the first level. A
 * count below ACCESS_SMALL_CELL is withheld together with neighbours, so that neither subtraction
 * nor knowledge of this rule tells it. */
#ifndef PUBLISH_SUPPRESS_H
#define PUBLISH_SUPPRESS_H

#include <stddef.h>
#include <stdint.h>

#include "assess/figure.h"

/**
 * Which cells of a table of counts (each >= 1, in a fixed order that does not depend on the counts)
 * are published together: ret_group[i] is the first cell of the group of cell i; a group of one is
 * published as it is, of a larger one only the sum. Returns false when nothing but the total may be
 * published.
 *
 * A group of m cells is closed as soon as its sum reaches m + 4; what is left at the end joins the
 * group before it. Hence every cell of a group can have at least four values whatever the reader
 * knows of the rule and the sums, and every count of 1 to 4 is one of them (test: exhaustive).
 */
bool suppress_group(const int64_t *count, size_t n, size_t *ret_group);

/**
 * Append the published casualty rows to s, in the order of figure_casualties: those that q wants
 * (of q only by and codes count). They are those of the newest release: as known when this quarter
 * of the year began, or now while the register knew of no casualties then. by "admin1" gives the
 * totals by place, no by the tables of the whole register, any other by nothing.
 */
MUST_CHECK enum err_code suppress_casualties(struct store *st, const struct figure_question *q,
                                             struct figure_set *s, struct err *e);

#endif
