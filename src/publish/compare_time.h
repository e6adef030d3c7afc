/* A comparison as a role may know it, with the accidents of both registers on one time line. */
#ifndef PUBLISH_COMPARE_TIME_H
#define PUBLISH_COMPARE_TIME_H

#include "base/json.h"
#include "publish/compare.h"
#include "store/access.h"

/* One accident that the role sees. Texts live in the comparison. */
struct compare_accident {
	int side;
	const char *date, *precision; /* "YYYY-MM-DD", "day" or the form's code */
	char id[UUID_TEXT];
	const char *national_id, *place; /* "" = none */
	double killed, injured;          /* -1 = not stated */
};

/* Persons of one year; -1 = not published, or none recorded. */
struct compare_year {
	const char *year; /* "2023", "unknown", or a span of years published together */
	double killed[2], injured[2], persons[2];
};

struct compare_time {
	struct compare_accident *accident; /* by date, then side, then id */
	size_t accidents;
	struct compare_year *year; /* by year */
	size_t years;
};

/** Collect both, in the comparison's memory. For a role that does not see accidents one by one only
 * the years, as suppressed figures give them. */
MUST_CHECK enum err_code compare_time_make(struct compare *c, enum access_role role,
                                           struct compare_time *ret, struct err *e);
/** Take from a comparison what the role may not know; nothing from roles with exact access. */
MUST_CHECK enum err_code compare_redact(struct compare *c, enum access_role role, struct err *e);
/** Member "timeline" of the comparison's JSON. */
void compare_time_json(const struct compare_time *t, struct json_writer *w);

#endif
