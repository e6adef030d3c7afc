/* Figures as a table for people, CSV for sheets, JSON for programs. Values are rounded as
 * docs/FIGURES.md says, so that the same answer has the same bytes. */
#ifndef PUBLISH_ANSWER_H
#define PUBLISH_ANSWER_H

#include "assess/figure.h"
#include "base/buf.h"
#include "store/access.h"

enum answer_format {
	ANSWER_TABLE,
	ANSWER_CSV,
	ANSWER_JSON
};

/** The checkpoint in force and the question stand in the head (JSON, table) or in columns (CSV). */
MUST_CHECK enum err_code answer_figures(struct store *st, const struct figure_question *q,
                                        const struct figure_set *s, enum answer_format format,
                                        struct buf *out, struct err *e);
/** The members of the rows asked for, with their submissions: from the figure to its records. */
MUST_CHECK enum err_code answer_explain(struct store *st, const struct figure_question *q,
                                        const struct figure_set *s, bool json, struct buf *out,
                                        struct err *e);
/**
 * The same as JSON for a role: per row the records that the role may see one by one, the largest
 * part first, at most limit of them, each with its number. What the rows themselves say must have
 * gone through redact_figures. q->explain names the rows.
 */
MUST_CHECK enum err_code answer_members(struct store *st, const struct figure_question *q,
                                        const struct figure_set *s, enum access_role role,
                                        size_t limit, struct buf *out, struct err *e);

#endif
