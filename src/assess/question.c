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

/* Every figure there is, with its part of the picture. A test compares it with docs/FIGURES.md. */
static const char *const known_codes[] = {
	"extent.area",
	"extent.share",
	"extent.overlap",
	"extent.hazards",
	"extent.by_class",
	"extent.by_status",
	"extent.unapproved",
	"extent.not_in_totals",
	"extent.released",
	"extent.reported_released",
	"release.opening",
	"release.added",
	"release.cha",
	"release.sha",
	"release.other_open",
	"release.cleared",
	"release.reduced",
	"release.cancelled",
	"release.reported_released",
	"release.redrawn",
	"exposure.people",
	"casualties.total",
	"casualties.persons",
	"casualties.by_year",
	"casualties.by_age",
	"casualties.by_sex",
	"casualties.by_status",
	"casualties.by_activity",
	"casualties.by_device",
	"casualties.child_share",
	"casualties.apart",
	"finds.items",
	"finds.by_category",
	"finds.by_model",
	"finds.by_made_year",
	"finds.by_made_country",
	"finds.by_emplacement",
	"finds.by_object",
	"finds.by_condition",
	"laying.items",
	"laying.by_marking",
	"minefields.finds_inside",
	"minefields.accidents_inside",
	"minefields.distance",
	"claims.claimed",
	"claims.recorded",
};

const char *
question_code(size_t i)
{
	return i < sizeof(known_codes) / sizeof(*known_codes) ? known_codes[i] : NULL;
}

/* An answer without rows would look like "nothing there". */
static enum err_code
check_code(const char *code, struct err *e)
{
	size_t n = strlen(code);
	const char *part = NULL; /* it begins as these do */

	for (size_t i = 0; i < sizeof(known_codes) / sizeof(*known_codes); i++) {
		const char *known = known_codes[i];
		size_t dot = strcspn(known, ".");

		if (text_eq(known, code) || (n == dot && text_starts(known, code)))
			return ERR_OK;
		if (n > dot && memcmp(code, known, dot + 1) == 0)
			part = known;
	}
	if (part)
		return err_set(e, ERR_INVALID,
		               "there is no figure \"%.40s\"; docs/FIGURES.md has the codes that "
		               "begin with %.*s",
		               code, (int)strcspn(part, "."), part);
	return err_set(e, ERR_INVALID,
	               "there is no figure \"%.40s\"; a code is or begins with extent, release, "
	               "exposure, casualties, finds, laying, minefields or claims",
	               code);
}

enum err_code
question_known_at(const char *mark, const char *text, int64_t *ret_utc_us, struct err *e)
{
	const int64_t now = clock_now_us(), a_day = 86400000000;
	char quoted[200];
	int64_t days, at;

	if (clock_parse_date(text, strlen(text), &days))
		at = days == now / a_day ? now : (days + 1) * a_day - 1;
	else if (!clock_parse_us(text, strlen(text), &at))
		return err_set(e, ERR_INVALID,
		               "%sknown-at is \"%s\"; it must be a date or a time such as "
		               "2026-05-04T09:12:44Z",
		               mark, err_quote(text, quoted, sizeof(quoted)));
	if (at > now) {
		(void)err_set(
			e, ERR_INVALID,
			"%sknown-at is \"%s\", which is still to come: what the register will "
			"know by then cannot be told",
			mark, err_quote(text, quoted, sizeof(quoted)));
		return err_hint(e, "leave it out for what is known now");
	}
	*ret_utc_us = at;
	return ERR_OK;
}

static enum err_code
known_at(struct store *st, const struct question_texts *t, struct figure_question *q, struct err *e)
{
	enum err_code rc = question_known_at(mark(t), t->known_at, &q->known_at_us, e);

	return rc ? rc : history_size_at(st, q->known_at_us, &q->known_size, e);
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
