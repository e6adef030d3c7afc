/* Land release in a period, by polygon: opening + added = SHA + CHA + other open land + cancelled +
 * reduced + cleared + redrawn. docs/FIGURES.md, "Land release".
 *
 * U0 = open land at the start, U1 = at the end, B = all land that was open at either end or was
 * released in the period. Every term is a difference of areas of unions that grow by one step each,
 * so overlaps count once and the sum closes to the square metre: opening = |U0|, added = |B| -
 * |U0|;  CHA = |CHA|, SHA = |CHA+SHA| - |CHA|, other = |U1| - |CHA+SHA|, cleared = |U1+cleared| -
 * |U1|, reduced and cancelled likewise, then what was reported as released
 *   likewise, redrawn = |B| - all of these (redrawn:
 * open at the start, no longer drawn at the end, and not released). */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "assess/figure.h"
#include "assess/landset.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "geo/extent.h"

static const char method[] = "release/1";

/* The unions, each a group of extent_compute; a polygon may be in several. */
enum {
	U0,
	ALL,
	CHA,
	CHA_SHA,
	U1,
	CLEARED,
	REDUCED,
	CANCELLED,
	REPORTED,
	UNIONS
};

/* A hazard in the union it comes into first; UNIONS = redrawn. */
struct part {
	struct uuid id;
	uint64_t order; /* in its list */
	int in;
	double m2;
};

/* A sum in 2^-20 m2: the same in any order. */
struct steady {
	int64_t whole, part;
};

/* One period: from the state on one day to that on the next. */
struct balance {
	bool explain;
	bool measuring; /* the unions' boxes are looked for, nothing is summed yet */
	struct geom_box box[UNIONS];
	struct part *part;
	size_t parts, part_room;
	struct extent_item *item; /* of a batch */
	size_t count, room;
	int64_t records[UNIONS];
	/* how far the area of a term may be off: border times accuracy (geo/extent.h) of the
	 * polygons that are new in its union; ALL: of those that were not open at the start */
	struct steady slack_m2[UNIONS];
	struct extent_sum *sum;
};

struct release_run {
	struct assess *a;
	struct balance period[LAND_DAYS - 1];
	struct land_shelf *shelf;
	bool any; /* something is known at the end */
};

static void
steady_add(struct steady *s, double v)
{
	double whole = floor(v);

	s->whole += (int64_t)whole;
	s->part += (int64_t)rint(ldexp(v - whole, 20));
}

static double
steady_value(const struct steady *s)
{
	return (double)s->whole + ldexp((double)s->part, -20);
}

static double
slack(const struct land_item *x)
{
	return x->perimeter_m * x->accuracy_m + 3.14159265358979 * x->accuracy_m * x->accuracy_m +
	       (x->area_m2 - x->area_low_m2);
}

static enum err_code
note_part(struct balance *b, const struct land_item *x, int in, struct err *e)
{
	if (!b->explain || b->measuring)
		return ERR_OK;
	if (b->parts == b->part_room) {
		size_t room = b->part_room ? 2 * b->part_room : 256;
		struct part *p = mem_realloc_array(b->part, room, sizeof(*p));

		if (!p)
			return err_set(e, ERR_NOMEM, "out of memory for an explanation");
		b->part = p;
		b->part_room = room;
	}
	b->part[b->parts++] = (struct part){ x->id, x->number, in, x->area_m2 };
	return ERR_OK;
}

static enum err_code
put_item(struct balance *b, const struct land_item *x, int u, struct err *e)
{
	if (b->count == b->room) {
		size_t room = b->room ? b->room * 2 : 1024;
		struct extent_item *p = mem_realloc_array(b->item, room, sizeof(*p));

		if (!p)
			return err_set(e, ERR_NOMEM, "out of memory for land release");
		b->item = p;
		b->room = room;
	}
	b->item[b->count++] = (struct extent_item){ .geom = &x->geom,
		                                    .area_m2 = x->area_m2,
		                                    .perimeter_m = x->perimeter_m,
		                                    .accuracy_m = x->accuracy_m,
		                                    .group = (uint32_t)u,
		                                    .unsure_m2 = x->area_m2 - x->area_low_m2 };
	b->records[u]++;
	return ERR_OK;
}

static enum err_code
put(struct balance *b, const struct land_item *x, int from, int to, bool doubtful, struct err *e)
{
	enum err_code rc = ERR_OK;

	for (int u = from; !rc && u <= to; u++) {
		if (!b->measuring)
			rc = put_item(b, x, u, e);
		else if (extent_has_area(&x->geom))
			geom_box_grow(&b->box[u], geom_bounds(&x->geom));
	}
	if (rc || !doubtful)
		return rc;
	if (!b->measuring)
		steady_add(&b->slack_m2[from], slack(x));
	return note_part(b, x, from, e);
}

static bool
counts(const struct land_item *x)
{
	return x->areal && x->in_totals;
}

/* Into all land of the period; what was open at the start in the same outline adds nothing and no
 * doubt. */
static enum err_code
put_all(struct balance *b, const struct land_item *x, const struct land_item *was, struct err *e)
{
	bool same = was && was->as == SHOWN_DANGER && geom_equal(&was->geom, &x->geom);

	return put(b, x, ALL, ALL, !same, e);
}

/* At the end: open land of its class goes into that union and all wider ones; land that closed in
 * the period (it was not closed already at the start) into that of its outcome. */
static enum err_code
put_end(struct balance *b, const struct land_item *x, const struct land_item *was, struct err *e)
{
	enum err_code rc;

	if (x->as == SHOWN_DANGER) {
		bool cha = text_eq(x->hazard_class, "cha") || text_eq(x->hazard_class, "high_risk");

		rc = put(b, x,
		         cha                               ? CHA
		         : text_eq(x->hazard_class, "sha") ? CHA_SHA
		                                           : U1,
		         REPORTED, true, e);
		return rc ? rc : put_all(b, x, was, e);
	}
	if (was && was->as != SHOWN_DANGER)
		return ERR_OK;
	if (x->as == SHOWN_REPORTED_RELEASED) {
		/* never this register's release; what arrives closed was never open here */
		rc = was ? put(b, x, REPORTED, REPORTED, true, e) : ERR_OK;
		return rc || !was ? rc : put_all(b, x, was, e);
	}
	if (text_eq(x->outcome, "unknown"))
		return put_all(b, x, was, e);
	rc = put(b, x,
	         text_eq(x->outcome, "cleared")   ? CLEARED
	         : text_eq(x->outcome, "reduced") ? REDUCED
	                                          : CANCELLED,
	         REPORTED, true, e);
	return rc ? rc : put_all(b, x, was, e);
}

/* A hazard in the period from one day to the next. */
static enum err_code
put_record(struct balance *b, const struct land_item *was, const struct land_item *is,
           struct err *e)
{
	bool opened = was && counts(was) && was->as == SHOWN_DANGER;
	bool kept = was && is && geom_equal(&was->geom, &is->geom) &&
	            (is->as == SHOWN_DANGER || !text_eq(is->outcome, "unknown"));
	enum err_code rc = opened ? put(b, was, U0, ALL, true, e) : ERR_OK;

	if (!rc && is && counts(is))
		rc = put_end(b, is, was, e);
	if (!rc && opened && !kept)
		rc = note_part(b, was, UNIONS, e);
	return rc;
}

/* First, one hazard after the other: how far the unions reach. */
static enum err_code
see_hazard(void *ctx, const struct land_record *r, struct err *e)
{
	struct release_run *run = ctx;
	enum err_code rc = ERR_OK;

	run->any = run->any || r->day[LAND_DAYS - 1];
	for (size_t p = 0; !rc && p + 1 < LAND_DAYS; p++)
		rc = put_record(&run->period[p], r->day[p], r->day[p + 1], e);
	return rc ? rc : land_shelf_put(run->shelf, r, e);
}

static enum err_code
see_batch(void *ctx, const struct land_record *const *list, size_t n, struct err *e)
{
	struct release_run *run = ctx;
	enum err_code rc = ERR_OK;

	for (size_t p = 0; !rc && p + 1 < LAND_DAYS; p++) {
		struct balance *b = &run->period[p];

		b->count = 0;
		for (size_t i = 0; !rc && i < n; i++)
			rc = put_record(b, list[i]->day[p], list[i]->day[p + 1], e);
		if (!rc && b->count)
			rc = extent_sum_add(b->sum, b->item, b->count, e);
	}
	return rc;
}

/* Members of what was open at the start by their ids, the others by their numbers. */
static int
by_order(const void *a, const void *b)
{
	const struct part *x = a, *y = b;

	if (x->in != y->in)
		return x->in < y->in ? -1 : 1;
	if (x->in == U0 || x->in == UNIONS)
		return memcmp(x->id.b, y->id.b, UUID_SIZE);
	return (x->order > y->order) - (x->order < y->order);
}

static enum err_code
add_members(struct assess *a, const struct balance *b, int in, size_t row, struct err *e)
{
	int kind = store_kind(a->st, "hazard");
	enum err_code rc = ERR_OK;

	for (size_t i = 0; !rc && i < b->parts; i++)
		if (b->part[i].in == in)
			rc = figure_add_member(a, row, b->part[i].id, kind, b->part[i].m2, e);
	return rc;
}

/* An area of the balance: what it is and the largest error of it. */
struct balance_area {
	double m2, error_m2;
	int64_t records;
};

static enum err_code
add(struct assess *a, const char *term, const char *period, struct balance_area area,
    const char *note, struct err *e)
{
	char code[40];
	struct figure_row r = { .code = code,
		                .period = period,
		                .known = true,
		                .value = area.m2,
		                .low = area.m2 > area.error_m2 ? area.m2 - area.error_m2 : 0,
		                .high = area.m2 + area.error_m2,
		                .unit = "m2",
		                .method = method,
		                .records = area.records,
		                .note = note };

	(void)snprintf(code, sizeof(code), "release.%s", term);
	return figure_wanted(a, code) ? figure_add(a, &r, NULL, e) : ERR_OK;
}

static enum err_code
add_terms(struct assess *a, const struct balance *b, const struct extent_result *res,
          const char *period, struct err *e)
{
	static const struct {
		const char *term;
		int whole, less;
		const char *note;
	} term[] = {
		{ "opening", U0, -1, "" },
		{ "added", ALL, U0, "new, extended or reopened land" },
		{ "cha", CHA, -1, "" },
		{ "sha", CHA_SHA, CHA, "" },
		{ "other_open", U1, CHA_SHA,
		  "battle areas, cluster munition areas, class not stated" },
		{ "cleared", CLEARED, U1, "" },
		{ "reduced", REDUCED, CLEARED, "" },
		{ "cancelled", CANCELLED, REDUCED, "" },
		{ "reported_released", REPORTED, CANCELLED,
		  "closed as its source reports; not this register's release" },
		{ "redrawn", ALL, REPORTED,
		  "open at the start, not drawn at the end, not released; or released, how is not "
		  "known" },
	};
	double whole_m2[UNIONS];
	enum err_code rc = ERR_OK;

	/* rounded first: differences of whole square metres close exactly; a union is never smaller
	 * than one that it holds, whatever the last bits say */
	for (int u = 0; u < UNIONS; u++)
		whole_m2[u] = round(res[u].area_m2);
	for (int u = CHA_SHA; u <= REPORTED; u++)
		whole_m2[u] = fmax(whole_m2[u], whole_m2[u - 1]);
	whole_m2[ALL] = fmax(whole_m2[ALL], fmax(whole_m2[U0], whole_m2[REPORTED]));
	for (size_t i = 0; !rc && i < sizeof(term) / sizeof(*term); i++) {
		int less = term[i].less;
		int64_t n = b->records[term[i].whole] - (less < 0 ? 0 : b->records[less]);
		struct balance_area area = { .m2 = whole_m2[term[i].whole] -
			                           (less < 0 ? 0 : whole_m2[less]),
			                     .error_m2 = steady_value(&b->slack_m2[term[i].whole]),
			                     .records = n > 0 ? n : 0 };
		/* redrawn is what is left of the opening: as uncertain as that and what was
		 * released of it */
		bool redrawn = text_eq(term[i].term, "redrawn");
		size_t row = a->out->count;

		if (redrawn)
			area.error_m2 = steady_value(&b->slack_m2[CLEARED]) +
			                steady_value(&b->slack_m2[REDUCED]) +
			                steady_value(&b->slack_m2[CANCELLED]) +
			                steady_value(&b->slack_m2[REPORTED]);
		rc = add(a, term[i].term, period, area, term[i].note, e);
		if (!rc && a->out->count > row)
			rc = add_members(a, b, redrawn ? UNIONS : term[i].whole, row, e);
	}
	return rc;
}

static enum err_code
end_period(struct assess *a, struct balance *b, const char *period, struct err *e)
{
	struct extent_result res[UNIONS];

	extent_sum_end(b->sum, res);
	if (b->parts > 1)
		qsort(b->part, b->parts, sizeof(*b->part), by_order);
	return add_terms(a, b, res, period, e);
}

static enum err_code
prepare(struct release_run *run, struct err *e)
{
	for (size_t p = 0; p + 1 < LAND_DAYS; p++) {
		struct balance *b = &run->period[p];

		b->explain = run->a->q->explain && text_starts(run->a->q->explain, "release");
		b->measuring = true;
		for (int u = 0; u < UNIONS; u++)
			b->box[u] = extent_no_box();
	}
	return land_shelf_create(run->a, &run->shelf, e);
}

/* The second look: all sums. */
static enum err_code
sum_up(struct release_run *run, struct err *e)
{
	enum err_code rc = ERR_OK;

	for (size_t p = 0; !rc && p + 1 < LAND_DAYS; p++) {
		struct balance *b = &run->period[p];

		b->measuring = false;
		rc = extent_sum_start(run->a->pool, UNIONS, b->box, &b->sum, e);
	}
	return rc ? rc : land_shelf_each(run->shelf, see_batch, run, e);
}

enum err_code
figure_release(struct assess *a, struct err *e)
{
	struct figure_row none = { .code = "release.opening", .unit = "m2", .method = method };
	int64_t now =
		a->q->as_of_days == INT64_MAX ? clock_now_us() / 86400000000 : a->q->as_of_days;
	struct release_run run = { .a = a };
	int64_t day[LAND_DAYS];
	struct land_question q = { day, LAND_DAYS, false };
	char period[40];
	int year, month, at;
	enum err_code rc;

	clock_from_days(now, &year, &month, &at);
	/* the last full year, and the year of the day so far */
	day[0] = clock_days(year - 2, 12, 31);
	day[1] = clock_days(year - 1, 12, 31);
	day[2] = a->q->as_of_days;
	rc = prepare(&run, e);
	if (!rc)
		rc = land_each(a, &q, see_hazard, &run, e);
	if (!rc && !run.any) {
		rc = figure_wanted(a, none.code) ? figure_add(a, &none, NULL, e) : ERR_OK;
	} else if (!rc) {
		rc = sum_up(&run, e);
		(void)snprintf(period, sizeof(period), "%04d", year - 1);
		if (!rc)
			rc = end_period(a, &run.period[0], period, e);
		(void)snprintf(period, sizeof(period), "%04d-01-01/%04d-%02d-%02d", year, year,
		               month, at);
		if (!rc)
			rc = end_period(a, &run.period[1], period, e);
	}
	for (size_t p = 0; p + 1 < LAND_DAYS; p++) {
		extent_sum_free(run.period[p].sum);
		mem_free(run.period[p].item);
		mem_free(run.period[p].part);
	}
	land_shelf_free(run.shelf);
	return rc;
}
