/* Validation of a record's fields against its form. One checker per thread: it owns the XPath
 * engine. */
#ifndef FORM_CHECK_H
#define FORM_CHECK_H

#include "form/form.h"

#define FORM_MAX_ISSUES 200u     /* of one record; later ones are not listed */
#define FORM_MAX_ELEMENTS 10000u /* of one repeat, one list of codes or ids */

enum form_severity {
	FORM_NOTE,
	FORM_FLAG,  /* the value is kept and marked: required, constraint, relevant, duplicate_value
	             */
	FORM_REFUSE /* this field cannot hold the value: type, choice, unknown_field */
};

struct form_issue {
	const char *check; /* stable code: "required", "type", "choice", "constraint", "relevant",
	                      "unknown_field", "duplicate_value" */
	const char *field; /* name */
	const char *text;  /* sentence: what, the value, what is allowed */
	enum form_severity severity;
};

struct form_issues {
	size_t count;
	struct form_issue *issue; /* in the arena given to form_check_record */
};

struct form_checker;

/** A checker for one form. The form must outlive it. */
MUST_CHECK enum err_code form_checker_create(const struct form *f, struct form_checker **ret,
                                             struct err *e);
void form_checker_free(struct form_checker *c);
/**
 * Check a record's fields, a JSON object (name -> value; absent and null mean not asked). Geometry
 * is only checked for its type here. today_days is for constraints that use today(). Issues in form
 * order. Must cost under 5 us for a record whose filled fields carry no constraint.
 */
MUST_CHECK enum err_code form_check_record(struct form_checker *c, const struct json_value *fields,
                                           int64_t today_days, struct arena *mem,
                                           struct form_issues *ret, struct err *e);

#endif
