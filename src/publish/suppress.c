#include "publish/suppress.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "store/access.h"
#include "store/history.h"

static const char method[] = "casualties/1";

bool
suppress_group(const int64_t *count, size_t n, size_t *ret_group)
{
	size_t first = 0, last = SIZE_MAX;
	int64_t sum = 0;

	for (size_t i = 0; i < n; i++) {
		sum += count[i];
		ret_group[i] = first;
		if (sum < (int64_t)(i - first) + ACCESS_SMALL_CELL)
			continue;
		last = first;
		first = i + 1;
		sum = 0;
	}
	if (first < n && last == SIZE_MAX)
		return false;
	for (size_t i = first; i < n; i++)
		ret_group[i] = last;
	return true;
}

struct release {
	struct figure_set from; /* what the register knows */
	char note[60];
};

static enum err_code
add_row(struct figure_set *s, const struct figure_row *r, struct err *e)
{
	struct figure_row *more;
	size_t room;

	if (s->count == s->room) {
		room = s->room ? 2 * s->room : 64;
		more = mem_realloc_array(s->row, room, sizeof(*more));
		if (!more)
			return err_set(e, ERR_NOMEM, "out of memory for figures");
		s->row = more;
		s->room = room;
	}
	s->row[s->count++] = *r;
	return ERR_OK;
}

/* A published row: the count alone. Low, high and the number of records would tell how many are of
 * unknown age or sex, and how persons are spread over accidents. */
static enum err_code
put(struct figure_set *s, const struct figure_row *from, bool known, double value, const char *note,
    struct err *e)
{
	struct figure_row r = { .code = arena_strdup(&s->mem, from->code),
		                .dim = arena_strdup(&s->mem, from->dim),
		                .place = arena_strdup(&s->mem, from->place),
		                .period = arena_strdup(&s->mem, from->period),
		                .known = known,
		                .value = value,
		                .low = value,
		                .high = value,
		                .unit = "person",
		                .method = method,
		                .note = arena_strdup(&s->mem, note) };

	if (!r.code || !r.dim || !r.place || !r.period || !r.note)
		return err_set(e, ERR_NOMEM, "out of memory for figures");
	return add_row(s, &r, e);
}

/* What a row is called inside its table. */
static const char *
label(const struct figure_row *r)
{
	const char *at = strchr(r->dim, '=');

	return *r->place ? r->place : *r->period ? r->period : at ? at + 1 : r->dim;
}

/* One table: rows[0 .. n-1], in the order of their codes, names or years. */
static enum err_code
put_table(struct figure_set *s, const struct figure_row *const *row, size_t n, const char *when,
          struct err *e)
{
	int64_t *count = arena_calloc(&s->mem, n + 1, sizeof(*count));
	size_t *group = arena_calloc(&s->mem, n + 1, sizeof(*group));
	enum err_code rc = ERR_OK;

	if (!count || !group)
		return err_set(e, ERR_NOMEM, "out of memory for figures");
	for (size_t i = 0; i < n; i++)
		count[i] = (int64_t)row[i]->value;
	if (!n || !suppress_group(count, n, group))
		return ERR_OK;
	for (size_t i = 0, to; !rc && i < n; i = to) {
		int64_t sum = 0;
		const char *note;

		for (to = i; to < n && group[to] == i; to++)
			sum += count[to];
		if (to == i + 1) {
			rc = put(s, row[i], true, (double)sum, when, e);
			continue;
		}
		note = arena_printf(&s->mem, "small numbers withheld: %s%s%s together %lld; %s",
		                    label(row[i]), to - i > 2 ? " to " : " and ",
		                    label(row[to - 1]), (long long)sum, when);
		if (!note)
			return err_set(e, ERR_NOMEM, "out of memory for figures");
		for (size_t k = i; !rc && k < to; k++)
			rc = put(s, row[k], false, 0, note, e);
	}
	return rc;
}

static bool
wanted(const struct figure_question *q, const char *code)
{
	bool any = !q->codes || !*q->codes;

	for (const char *const *p = q->codes; p && *p; p++) {
		size_t n = strlen(*p);

		any = any || (text_starts(code, *p) && (!code[n] || code[n] == '.'));
	}
	return any;
}

/* The rows of one code, those that count somebody, as a table. */
static enum err_code
publish_code(const struct release *r, const char *code, struct figure_set *s, struct err *e)
{
	const struct figure_row **row = arena_calloc(&s->mem, r->from.count + 1, sizeof(*row));
	size_t n = 0;

	if (!row)
		return err_set(e, ERR_NOMEM, "out of memory for figures");
	for (size_t i = 0; i < r->from.count; i++)
		if (text_eq(r->from.row[i].code, code) && r->from.row[i].value >= 1)
			row[n++] = &r->from.row[i];
	return put_table(s, row, n, r->note, e);
}

static double
total_of(const struct figure_set *s)
{
	double sum = 0;

	for (size_t i = 0; i < s->count; i++)
		if (text_eq(s->row[i].code, "casualties.total"))
			sum += s->row[i].value;
	return sum;
}

/* Share of children, where the ages stand in the open. */
static enum err_code
publish_share(const struct release *r, struct figure_set *s, struct err *e)
{
	enum err_code rc = ERR_OK;
	size_t shown = 0, all = 0;

	for (size_t i = 0; i < s->count; i++)
		shown += text_eq(s->row[i].code, "casualties.by_age") && s->row[i].known;
	for (size_t i = 0; i < r->from.count; i++)
		all += text_eq(r->from.row[i].code, "casualties.by_age") &&
		       r->from.row[i].value >= 1;
	for (size_t i = 0; !rc && all && shown == all && i < r->from.count; i++)
		if (text_eq(r->from.row[i].code, "casualties.child_share") &&
		    r->from.row[i].known) {
			rc = put(s, &r->from.row[i], true, r->from.row[i].value, r->note, e);
			if (!rc) {
				s->row[s->count - 1].unit = "percent";
				s->row[s->count - 1].decimals = r->from.row[i].decimals;
			}
		}
	return rc;
}

static enum err_code
publish(const struct release *r, const struct figure_question *q, struct figure_set *s,
        struct err *e)
{
	static const char *const tables[] = { "casualties.persons",   "casualties.by_year",
		                              "casualties.by_age",    "casualties.by_sex",
		                              "casualties.by_status", "casualties.by_activity",
		                              "casualties.by_device", "casualties.apart" };
	struct figure_row total = {
		.code = "casualties.total", .dim = "", .place = "", .period = ""
	};
	double persons = total_of(&r->from);
	enum err_code rc = ERR_OK;

	if (q->by)
		return wanted(q, total.code) && persons >= ACCESS_SMALL_CELL
		               ? publish_code(r, total.code, s, e)
		               : ERR_OK;
	if (wanted(q, total.code) && r->from.count)
		rc = put(s, &total, persons >= ACCESS_SMALL_CELL, persons,
		         persons >= ACCESS_SMALL_CELL ? r->note : "fewer than 5, not published", e);
	for (size_t i = 0; !rc && i < sizeof(tables) / sizeof(*tables); i++)
		if (wanted(q, tables[i]) &&
		    (persons >= ACCESS_SMALL_CELL || text_eq(tables[i], "casualties.apart")))
			rc = publish_code(r, tables[i], s, e);
	if (!rc && persons >= ACCESS_SMALL_CELL && wanted(q, "casualties.child_share") &&
	    wanted(q, "casualties.by_age"))
		rc = publish_share(r, s, e);
	return rc;
}

/* The first moment of this quarter of the year. */
static int64_t
quarter_us(int64_t *ret_days)
{
	const int64_t day_us = 86400000000LL;
	int year, month, day;

	clock_from_days(clock_now_us() / day_us, &year, &month, &day);
	*ret_days = clock_days(year, (month - 1) / 3 * 3 + 1, 1);
	return *ret_days * day_us;
}

static enum err_code
run(struct store *st, const struct figure_question *q, int64_t as_of_days, int64_t known_size,
    struct figure_set *ret, struct err *e)
{
	static const char *const codes[] = { "casualties", NULL };
	const struct figure_question all = { .as_of_days = as_of_days,
		                             .known_size = known_size,
		                             .known_at_us = INT64_MAX,
		                             .by = q->by,
		                             .codes = codes,
		                             .after_days = INT64_MIN };

	return figure_run(st, &all, NULL, ret, e);
}

enum err_code
suppress_casualties(struct store *st, const struct figure_question *q, struct figure_set *s,
                    struct err *e)
{
	struct release r = { .note = "" };
	int64_t days, size = 0, at_us = quarter_us(&days);
	char date[12];
	enum err_code rc;

	/* no level but the first: nested levels are differences of each other */
	if (q->by && !text_eq(q->by, "admin1"))
		return ERR_OK;
	rc = history_size_at(st, at_us - 1, &size, e);
	if (!rc)
		rc = run(st, q, days - 1, size, &r.from, e);
	if (rc)
		return rc;
	clock_format_date(days, date);
	(void)snprintf(r.note, sizeof(r.note), "as known at %s", date);
	if (total_of(&r.from) <= 0) { /* nothing was there to be published then */
		figure_set_free(&r.from);
		r.note[0] = '\0';
		rc = run(st, q, clock_now_us() / 86400000000LL, INT64_MAX, &r.from, e);
		if (rc)
			return rc;
	}
	rc = publish(&r, q, s, e);
	figure_set_free(&r.from);
	return rc;
}
