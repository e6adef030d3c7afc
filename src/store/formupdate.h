/* Forms of a register in use: reading their text, and a new version of one without conversion. */
#ifndef STORE_FORMUPDATE_H
#define STORE_FORMUPDATE_H

#include "base/buf.h"
#include "store/store.h"

struct formupdate {
	const char *survey,
		*choices; /* CSV; choices NULL = after the line "#choices" in survey, or none */
	size_t survey_n, choices_n;
	const char *author; /* who changes it; "" = unknown */
	const char *remark;
};

struct formupdate_result {
	int kind, from, to; /* versions */
	int64_t submission;
	char sha256[65]; /* of the survey's bytes, then the choices' */
	int added, dropped, choices_added;
};

/**
 * Put a new version of a kind's form in force: one submission holds the event (form_changed, with
 * the hash of the text) and, in the same transaction, the form's text and the layer's new columns.
 * Records stay as they are, under the version they were written with. what (may be NULL) gets a
 * line for each thing that changed. ERR_INVALID (no form), ERR_NOTFOUND (no such kind),
 * ERR_CONFLICT (form_may_follow's sentence), ERR_DENIED (read-only).
 */
MUST_CHECK enum err_code store_form_update(struct store *st, const struct formupdate *u,
                                           struct buf *what, struct formupdate_result *ret,
                                           struct err *e);
/**
 * Append a form's text: the survey, then "#choices" and the choices, as store_form_update takes it.
 * version 0 = in force. ERR_NOTFOUND.
 */
MUST_CHECK enum err_code store_form_text(struct store *st, const char *kind, int version,
                                         struct buf *out, struct err *e);

#endif
