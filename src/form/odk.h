/* The expression engine: libxml2's XPath over a small document made of one record's fields, with
 * ODK's functions. Nothing is read from disk or network and no XML is parsed. One engine, one
 * thread. */
#ifndef FORM_ODK_H
#define FORM_ODK_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "form/expr.h"

struct odk;
struct odk_expr;
struct odk_node;

#define ODK_MAX_STEPS 100000u /* of XPath in one evaluation; more fails with ERR_LIMIT */

enum odk_type {
	ODK_BOOLEAN,
	ODK_NUMBER,
	ODK_STRING
};

struct odk_value {
	enum odk_type type;
	bool boolean;
	double number;
	const char *string; /* in the arena given */
};

/** An engine for one form, which must outlive it. */
MUST_CHECK enum err_code odk_create(const struct form *f, struct odk **ret, struct err *e);
void odk_free(struct odk *o);
/** Translate and compile. *ret lives as long as the engine. Errors as expr_translate. */
MUST_CHECK enum err_code odk_compile(struct odk *o, const char *src,
                                     const struct form_field *repeat,
                                     const struct form_field *field, const struct odk_expr **ret,
                                     struct err *e);
/**
 * Take a record: a JSON object as form_check_record gets it. Values of a wrong type count as
 * unanswered. Only fields that an expression compiled so far names are taken. mem and fields must
 * stay until odk_end.
 */
MUST_CHECK enum err_code odk_begin(struct odk *o, const struct json_value *fields,
                                   int64_t today_days, struct arena *mem, struct err *e);
void odk_end(struct odk *o);
/** The node of a top-level field; of a repeat: its first instance. NULL if there is none. */
struct odk_node *odk_top(struct odk *o, size_t field);
/** The next instance of the same repeat, or NULL. */
struct odk_node *odk_next_instance(struct odk_node *instance);
/** A child's node in an instance, or NULL. */
struct odk_node *odk_child(struct odk_node *instance, const struct form_field *child);
/**
 * Evaluate at a node. Strings live in the arena of odk_begin. Fails with ERR_INVALID (a value that
 * the functions cannot take, such as date('x')), ERR_LIMIT, ERR_NOMEM.
 */
MUST_CHECK enum err_code odk_eval(struct odk *o, const struct odk_expr *x, struct odk_node *node,
                                  struct odk_value *ret, struct err *e);
/** Is this one of the engine's functions, by its name in translated text? */
bool odk_has_function(const char *name);

#endif
