#include "assess/question.h"

#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "store/history.h"

static const char *
mark(const struct question_texts *t)
{
	return t->mark ? t->mark : "--";
}

static enum err_code
date_option(const struct question_texts *t, const char *name, const char *text, int64_t *ret_days,
            struct err *e)
{
	if (!clock_parse_date(text, strlen(text), ret_days))
		return err_set(e, ERR_INVALID, "%s%s is \"%.40s\"; it must be YYYY-MM-DD", mark(t),
		               name, text);
	return ERR_OK;
}

/* An answer without rows would look like "nothing there". */
static enum err_code
check_code(const char *code, struct err *e)
{
	static const char *const module[] = { "extent", "release", "exposure",   "casualties",
		                              "finds",  "laying",  "minefields", "claims" };

	for (size_t i = 0; i < sizeof(module) / sizeof(*module); i++) {
		size_t n = strlen(module[i]);

		if (text_starts(code, module[i]) && (code[n] == '.' || !code[n]))
			return ERR_OK;
	}
	return err_set(e, ERR_INVALID,
	               "there is no figure \"%.40s\"; a code is or begins with extent, release, "
	               "exposure, casualties, finds, laying, minefields or claims",
	               code);
}

static enum err_code
known_at(struct store *st, const struct question_texts *t, struct figure_question *q, struct err *e)
{
	const char *text = t->known_at;
	int64_t days;

	if (clock_parse_date(text, strlen(text), &days))
		q->known_at_us = (days + 1) * 86400000000 - 1;
	else if (!clock_parse_us(text, strlen(text), &q->known_at_us))
		return err_set(e, ERR_INVALID,
		               "%sknown-at is \"%.40s\"; it must be a date or a time such as "
		               "2026-05-04T09:12:44Z",
		               mark(t), text);
	return history_size_at(st, q->known_at_us, &q->known_size, e);
}

enum err_code
question_make(struct store *st, const struct question_texts *t, struct figure_question *q,
              struct err *e)
{
	static const char *const level[] = { "country", "admin1", "admin2", "admin3",
		                             "settlement" };
	bool known_level = !t->by;
	enum err_code rc = ERR_OK;

	memset(q, 0, sizeof(*q));
	q->as_of_days = clock_now_us() / 86400000000;
	q->known_size = store_log_size(st);
	q->known_at_us = INT64_MAX;
	q->after_days = INT64_MIN;
	q->by = t->by;
	q->codes = t->code_count ? t->codes : NULL;
	for (size_t i = 0; i < sizeof(level) / sizeof(*level); i++)
		known_level = known_level || text_eq(t->by, level[i]);
	if (!known_level)
		return err_set(e, ERR_INVALID,
		               "%sby is \"%.40s\"; allowed are country, admin1, admin2, admin3 and "
		               "settlement",
		               mark(t), t->by);
	for (size_t i = 0; !rc && i < t->code_count; i++)
		rc = check_code(t->codes[i], e);
	if (!rc && t->as_of)
		rc = date_option(t, "as-of", t->as_of, &q->as_of_days, e);
	if (!rc && t->after)
		rc = date_option(t, "after", t->after, &q->after_days, e);
	if (!rc && t->known_at)
		rc = known_at(st, t, q, e);
	return rc;
}
