/* GET /api/figures, /api/timeline, /api/explain: numbers, how they went by year, and the records
 * behind them, each as the role may know it. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/api.h"
#include "api/handlers.h"
#include "assess/question.h"
#include "base/clock.h"
#include "base/text.h"
#include "publish/answer.h"
#include "publish/redact.h"

enum {
	YEARS_OF_EXTENT = 12,
	YEARS_MOST = 30
};

/* The codes of every parameter `figure`, parted by commas too. */
static enum err_code
read_codes(const struct ask *q, struct question_texts *t, struct err *e)
{
	const size_t most = sizeof(t->codes) / sizeof(*t->codes) - 1;

	for (size_t i = 0; i < q->query_count; i++) {
		const char *p = q->query[i].value;

		if (!text_eq(q->query[i].name, "figure"))
			continue;
		while (*p) {
			size_t n = strcspn(p, ",");

			if (t->code_count == most)
				return err_set(e, ERR_LIMIT, "more than %zu figures are asked for",
				               most);
			if (n && !(t->codes[t->code_count++] = arena_strndup(q->mem, p, n)))
				return err_set(e, ERR_NOMEM, "out of memory");
			p += n + (p[n] == ',');
		}
	}
	return ERR_OK;
}

static enum err_code
read_question(const struct ask *q, struct question_texts *t, struct figure_question *ret,
              struct err *e)
{
	struct store *st;
	enum err_code rc = api_store(q, &st, e);

	*t = (struct question_texts){ .mark = "",
		                      .as_of = ask_query(q, "as-of"),
		                      .known_at = ask_query(q, "known-at"),
		                      .by = ask_query(q, "by"),
		                      .after = ask_query(q, "after") };
	if (!rc)
		rc = read_codes(q, t, e);
	if (!rc)
		rc = question_make(st, t, ret, e);
	if (!rc)
		ret->no_single_items = !access_is_exact(ask_access(q));
	if (!rc && t->as_of)
		ret->as_of_days = ask_as_of(q, ret->as_of_days);
	return rc;
}

/* What an answer depends on but the register and the day. */
static const char *
question_key(const struct ask *q, const char *what, const struct figure_question *f)
{
	const char *key = arena_printf(
		q->mem, "%s %s as_of=%lld known=%lld at=%lld after=%lld by=%s", what,
		access_role_name(ask_access(q)), (long long)f->as_of_days,
		f->known_at_us == INT64_MAX ? -1LL : (long long)f->known_size, /* -1 = now */
		(long long)f->known_at_us, (long long)f->after_days, f->by ? f->by : "");

	for (const char *const *p = f->codes; key && p && *p; p++)
		key = arena_printf(q->mem, "%s %s", key, *p);
	return key;
}

/* What the answer changes with: the register, unless it is one about what was known then. */
static int64_t
state_of(const struct ask *q, const struct figure_question *f)
{
	return f->known_at_us == INT64_MAX ? store_log_size(q->reg->st) : f->known_size;
}

/* Figures of land take as long as there are hazards. */
static bool
is_of_land(const struct figure_question *f)
{
	static const char *const land[] = { "extent", "release", "exposure", "claims" };
	bool any = !f->codes;

	for (const char *const *p = f->codes; p && *p && !any; p++)
		for (size_t i = 0; i < sizeof(land) / sizeof(*land); i++)
			any = any || text_starts(*p, land[i]);
	return any;
}

enum err_code
api_figures(struct site *site, const struct ask *q, struct reply *r, struct err *e)
{
	struct question_texts t;
	struct figure_question f;
	struct figure_set set;
	int64_t started_us = clock_steady_us();
	const char *key;
	enum err_code rc = read_question(q, &t, &f, e);

	if (rc)
		return rc;
	r->cacheable = true;
	key = question_key(q, "figures", &f);
	if (!key)
		return err_set(e, ERR_NOMEM, "out of memory");
	if (api_kept(q, key, state_of(q, &f), r))
		return api_done(r);
	if (is_of_land(&f) && api_waits(q, key, r))
		return ERR_OK;
	rc = figure_run(q->reg->st, &f, site->pool, &set, e);
	if (rc)
		return rc;
	rc = redact_figures(q->reg->st, &f, ask_access(q), &set, e);
	if (!rc)
		rc = answer_figures(q->reg->st, &f, &set, ANSWER_JSON, &r->body, e);
	figure_set_free(&set);
	if (!rc)
		api_keep(q, key, state_of(q, &f), r, started_us);
	return rc ? rc : api_done(r);
}

/* --- by year
 * -------------------------------------------------------------------------------------------- */

struct points {
	struct json_writer w;
	int count;
};

static void
number_or_null(struct json_writer *w, const char *key, double v, bool known)
{
	if (known && isfinite(v))
		json_number(w, key, rint(v));
	else
		json_null(w, key);
}

static void
write_point(struct json_writer *w, const char *period, const struct figure_row *row)
{
	json_object(w, NULL);
	json_string(w, "period", period);
	number_or_null(w, "value", row->value, row->known);
	number_or_null(w, "low", row->low, row->known);
	number_or_null(w, "high", row->high, row->known);
	json_object_end(w);
}

/* The area at the end of each year since the oldest information, and today. */
static enum err_code
extent_by_year(struct site *site, const struct ask *q, const struct figure_question *asked,
               struct json_writer *w, struct err *e)
{
	static const char *const codes[] = { "extent.area", NULL };
	struct figure_question f = *asked;
	int year, month, day;
	char period[12];
	enum err_code rc = ERR_OK;

	f.codes = codes;
	clock_from_days(asked->as_of_days, &year, &month, &day);
	for (int y = year - YEARS_OF_EXTENT + 1; !rc && y <= year; y++) {
		struct figure_set set;

		f.as_of_days = y == year ? asked->as_of_days : clock_days(y, 12, 31);
		rc = figure_run(q->reg->st, &f, site->pool, &set, e);
		if (rc)
			break;
		(void)snprintf(period, sizeof(period), "%d", y);
		for (size_t i = 0; i < set.count; i++)
			if (text_eq(set.row[i].code, "extent.area") && set.row[i].records > 0)
				write_point(w, period, &set.row[i]);
		figure_set_free(&set);
	}
	return rc;
}

static int
by_period(const void *a, const void *b)
{
	const struct figure_row *const *x = a, *const *y = b;

	return strcmp((*x)->period, (*y)->period);
}

static enum err_code
rows_by_year(struct site *site, const struct ask *q, const struct figure_question *asked,
             const char *code, struct json_writer *w, struct err *e)
{
	const char *codes[] = { code, NULL };
	struct figure_question f = *asked;
	const struct figure_row **row;
	struct figure_set set;
	size_t n = 0;
	enum err_code rc;

	f.codes = codes;
	rc = figure_run(q->reg->st, &f, site->pool, &set, e);
	if (rc)
		return rc;
	rc = redact_figures(q->reg->st, &f, ask_access(q), &set, e);
	row = arena_calloc(q->mem, set.count + 1, sizeof(*row));
	if (!rc && !row)
		rc = err_set(e, ERR_NOMEM, "out of memory");
	for (size_t i = 0; !rc && i < set.count; i++) /* unknown years are no point in time */
		if (text_eq(set.row[i].code, code) && strlen(set.row[i].period) == 4 &&
		    !*set.row[i].dim && !*set.row[i].place)
			row[n++] = &set.row[i];
	if (n)
		qsort(row, n, sizeof(*row), by_period);
	for (size_t i = n > YEARS_MOST ? n - YEARS_MOST : 0; i < n; i++)
		write_point(w, row[i]->period, row[i]);
	figure_set_free(&set);
	return rc;
}

struct year_tally {
	double items[3000];
	int first, last;
};

static enum err_code
add_find(void *ctx, const struct shown *row, struct err *e)
{
	static const char *const dates[] = { "found_date", "valid_from" };
	struct year_tally *t = ctx;
	const char *date = NULL;
	double items = fields_number(&row->fields, "quantity", 1);
	int64_t year = 0;

	(void)e;
	for (size_t i = 0; !date && i < sizeof(dates) / sizeof(*dates); i++)
		date = fields_text(&row->fields, dates[i]);
	if (!date || strlen(date) < 4 || !text_parse_i64(date, 4, &year) || year < 1 || year > 2999)
		return ERR_OK;
	t->items[year] += items > 0 ? items : 0;
	t->first = t->first && t->first < year ? t->first : (int)year;
	t->last = t->last > year ? t->last : (int)year;
	return ERR_OK;
}

/* Items of ordnance by the year they were found: totals of the whole register. */
static enum err_code
finds_by_year(const struct ask *q, const struct figure_question *asked, struct json_writer *w,
              struct err *e)
{
	static const char *const want[] = { "found_date", "valid_from", "quantity", NULL };
	struct each_filter f = { .kind = store_kind(q->reg->st, "ordnance"),
		                 .as_of_days = asked->as_of_days,
		                 .known_size = asked->known_size,
		                 .want = want };
	struct year_tally *t = arena_calloc(q->mem, 1, sizeof(*t));
	enum err_code rc = t ? ERR_OK : err_set(e, ERR_NOMEM, "out of memory for a time line");

	if (!rc && f.kind >= 0)
		rc = store_each(q->reg->st, &f, add_find, t, e);
	if (rc || !t->last)
		return rc;
	if (t->first <= t->last - YEARS_MOST)
		t->first = t->last - YEARS_MOST + 1;
	for (int y = t->first; y <= t->last; y++) {
		const struct figure_row row = {
			.known = true, .value = t->items[y], .low = t->items[y], .high = t->items[y]
		};
		char period[12];

		(void)snprintf(period, sizeof(period), "%d", y);
		write_point(w, period, &row);
	}
	return ERR_OK;
}

enum err_code
api_timeline(struct site *site, const struct ask *q, struct reply *r, struct err *e)
{
	const char *figure = ask_query(q, "figure"), *key;
	struct question_texts t;
	struct figure_question f;
	struct json_writer w;
	int64_t started_us = clock_steady_us();
	bool extent = text_eq(figure, "extent"), finds = text_eq(figure, "finds");
	enum err_code rc;

	if (!extent && !finds && !text_eq(figure, "casualties"))
		return err_set(e, ERR_INVALID, "figure must be casualties, extent or finds");
	rc = read_question(q, &t, &f, e);
	if (rc)
		return rc;
	r->cacheable = true;
	key = question_key(q, "timeline", &f);
	if (!key)
		return err_set(e, ERR_NOMEM, "out of memory");
	if (api_kept(q, key, state_of(q, &f), r))
		return api_done(r);
	if (extent && api_waits(q, key, r))
		return ERR_OK;
	json_begin(&w, &r->body);
	json_object(&w, NULL);
	json_string(&w, "figure", figure);
	json_string(&w, "unit", extent ? "m2" : finds ? "item" : "person");
	json_array(&w, "points");
	rc = extent  ? extent_by_year(site, q, &f, &w, e)
	     : finds ? finds_by_year(q, &f, &w, e)
	             : rows_by_year(site, q, &f, "casualties.by_year", &w, e);
	json_array_end(&w);
	json_object_end(&w);
	if (!rc)
		api_keep(q, key, state_of(q, &f), r, started_us);
	return rc ? rc : api_done(r);
}

/* --- explanations
 * --------------------------------------------------------------------------------------- */

enum err_code
api_explain(struct site *site, const struct ask *q, struct reply *r, struct err *e)
{
	struct question_texts t;
	struct figure_question f;
	struct figure_set set;
	int64_t limit = 0;
	enum err_code rc = read_question(q, &t, &f, e);

	if (!rc)
		rc = api_int(q, "limit", 1, 2000, 200, &limit, e);
	if (!rc && t.code_count != 1)
		rc = err_set(e, ERR_INVALID, "figure must name one figure, such as extent.area");
	if (rc)
		return rc;
	f.explain = t.codes[0];
	f.explain_place = ask_query(q, "place");
	if (f.explain_place && *f.explain_place && !f.by)
		f.by = "admin1";
	r->cacheable = true;
	rc = figure_run(q->reg->st, &f, site->pool, &set, e);
	if (rc)
		return rc;
	rc = redact_figures(q->reg->st, &f, ask_access(q), &set, e);
	if (!rc)
		rc = answer_members(q->reg->st, &f, &set, ask_access(q), (size_t)limit, &r->body,
		                    e);
	figure_set_free(&set);
	return rc ? rc : api_done(r);
}
