/* Figures as a role may know them. What a role without exact access does not see one by one must
 * not come back through a number either: docs/ACCESS.md, "Totals" and "Figures". */
#ifndef PUBLISH_REDACT_H
#define PUBLISH_REDACT_H

#include "assess/figure.h"
#include "store/access.h"

/**
 * Take from a set of figures what the role may not know; a role with exact access keeps all. Rows
 * and members are removed in place; casualties are those of suppress.h. ERR_NOMEM, ERR_IO.
 */
MUST_CHECK enum err_code redact_figures(struct store *st, const struct figure_question *q,
                                        enum access_role role, struct figure_set *s, struct err *e);

#endif
