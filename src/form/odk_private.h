/* Shared by the engine and its functions; private to the room. */
#ifndef FORM_ODK_PRIVATE_H
#define FORM_ODK_PRIVATE_H

#include <libxml/tree.h>
#include <libxml/xpath.h>

#include "form/odk.h"
#include "form/regex.h"

#define ODK_PATTERNS 16

struct odk {
	const struct form *form;
	struct arena mem; /* what lives as long as the engine */
	xmlXPathContextPtr ctx;
	xmlDocPtr doc;
	xmlNodePtr *top;    /* by field; first instance of a repeat */
	bool *used;         /* by field: an expression names it */
	xmlNodePtr current; /* "." of the running expression */
	struct arena *record_mem;
	int64_t today_days;
	struct err *e; /* of the running call */
	bool failed;
	struct {
		const char *text;
		struct regex *re;
	} pattern[ODK_PATTERNS];
	size_t pattern_count;
};

/** Make ODK's functions known to o->ctx. False when memory ends. */
bool odk_register_functions(struct odk *o);
/** The compiled form of a pattern, kept with the engine while there is room. */
MUST_CHECK enum err_code odk_pattern(struct odk *o, const char *text, struct regex **ret);

#endif
