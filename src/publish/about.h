/* What every print and export carries: whose register, for which role, of which moment, how old,
 * how accurate, until when, and that no mark does not mean safe (trust.md, rule S3). */
#ifndef PUBLISH_ABOUT_H
#define PUBLISH_ABOUT_H

#include "base/buf.h"
#include "store/access.h"

#define ABOUT_LINES 24
#define ABOUT_EXPIRES_DAYS 90 /* what is shown as released holds that long */

struct about_question {
	enum access_role role;
	int64_t as_of_days, known_size;
	int64_t known_at_us; /* INT64_MAX = now */
	const int *kind;     /* numbers of the kinds in it */
	size_t kind_count;
};

struct about {
	struct {
		const char *key, *value;
	} line[ABOUT_LINES];
	size_t count;
	/* some of them by name */
	const char *role, *as_of, *made_at, *name, *expires, *warning;
};

/** Find out, texts in mem. Reads the dates of the records asked for. */
MUST_CHECK enum err_code about_make(struct store *st, const struct about_question *q,
                                    struct arena *mem, struct about *ret, struct err *e);
/** Lines "key: value". */
void about_text(const struct about *a, struct buf *out);
/** A JSON object. */
void about_json(const struct about *a, struct buf *out);

#endif
