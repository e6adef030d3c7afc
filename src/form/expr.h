/* ODK's expressions turned into plain XPath 1.0 with our functions, whose names begin with "f-".
 * What ODK adds to XPath is resolved here, once a form: ${field}, typed dates, arity and names. */
#ifndef FORM_EXPR_H
#define FORM_EXPR_H

#include "base/arena.h"
#include "base/err.h"
#include "form/form.h"

/* Where an expression stands. */
struct expr_scope {
	const struct form *form;
	const struct form_field *field;  /* "." */
	const struct form_field *repeat; /* the repeat around it, or NULL */
	bool *used; /* by field of the form: set for each that is named; may be NULL */
};

/**
 * Translate and check src. The document that the result is evaluated over is /data/FIELD and
 * /data/REPEAT/FIELD. *ret_xpath lives in mem. Fails with ERR_INVALID (syntax, unknown function or
 * field, number of arguments; the sentence names the character), ERR_UNSUPPORTED (a part of XPath
 * or ODK that has no meaning for a record, such as random()), ERR_LIMIT (nesting), ERR_NOMEM.
 */
MUST_CHECK enum err_code expr_translate(const char *src, const struct expr_scope *scope,
                                        struct arena *mem, const char **ret_xpath, struct err *e);
/** Names of our functions as they stand in translated text, NULL after the last. */
const char *expr_function(size_t i);

#endif
