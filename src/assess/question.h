/* The question that figures, explain and compare share, from texts: what is asked, of which past.
 */
#ifndef ASSESS_QUESTION_H
#define ASSESS_QUESTION_H

#include "assess/figure.h"

struct question_texts {
	const char *mark;     /* stands before the name of an option in sentences; NULL = "--" */
	const char *as_of;    /* "YYYY-MM-DD"; NULL = today */
	const char *known_at; /* RFC 3339 or a date (its end); NULL = now */
	const char *by, *after;
	const char *codes[32];
	size_t code_count;
};

/** Fill q from the texts; the register tells how many submissions were known then. ERR_INVALID
 * names what is wrong. */
MUST_CHECK enum err_code question_make(struct store *st, const struct question_texts *t,
                                       struct figure_question *q, struct err *e);
/**
 * A moment of the log: a time, or a date, which means its end. Today means now, since it is not
 * over. What is still to come is refused (ERR_INVALID): nobody knows what the register will have
 * received by then, so that the answer could not be repeated. mark as in question_texts, never
 * NULL.
 */
MUST_CHECK enum err_code question_known_at(const char *mark, const char *text, int64_t *ret_utc_us,
                                           struct err *e);
/** The code of a figure by number, from 0 on, in the order of docs/FIGURES.md; NULL after the last
 * one. */
const char *question_code(size_t i);

#endif
