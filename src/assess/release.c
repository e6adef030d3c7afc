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
	int in;
	double m2;
};

struct balance {
	bool explain;
	struct part *part;
	size_t parts, part_room;
	struct extent_item *item;
	size_t count, room;
	int64_t records[UNIONS];
	/* how far the area of a term may be off: border times accuracy (geo/extent.h) of the
	 * polygons that are new in its union; ALL: of those that were not open at the start */
	double slack_m2[UNIONS];
};

static double
slack(const struct land_item *x)
{
	return x->perimeter_m * x->accuracy_m + 3.14159265358979 * x->accuracy_m * x->accuracy_m +
	       (x->area_m2 - x->area_low_m2);
}

static enum err_code
note_part(struct balance *b, const struct land_item *x, int in, struct err *e)
{
	if (!b->explain)
		return ERR_OK;
	if (b->parts == b->part_room) {
		size_t room = b->part_room ? 2 * b->part_room : 256;
		struct part *p = mem_realloc_array(b->part, room, sizeof(*p));

		if (!p)
			return err_set(e, ERR_NOMEM, "out of memory for an explanation");
		b->part = p;
		b->part_room = room;
	}
	b->part[b->parts++] = (struct part){ x->id, in, x->area_m2 };
	return ERR_OK;
}

static enum err_code
put(struct balance *b, const struct land_item *x, int from, int to, struct err *e)
{
	b->slack_m2[from] += slack(x);
	for (int u = from; u <= to; u++) {
		if (b->count == b->room) {
			size_t room = b->room ? b->room * 2 : 1024;
			struct extent_item *p = mem_realloc_array(b->item, room, sizeof(*p));

			if (!p)
				return err_set(e, ERR_NOMEM, "out of memory for land release");
			b->item = p;
			b->room = room;
		}
		b->item[b->count++] =
			(struct extent_item){ .geom = &x->geom,
			                      .area_m2 = x->area_m2,
			                      .perimeter_m = x->perimeter_m,
			                      .accuracy_m = x->accuracy_m,
			                      .group = (uint32_t)u,
			                      .unsure_m2 = x->area_m2 - x->area_low_m2 };
		b->records[u]++;
	}
	return note_part(b, x, from, e);
}

static bool
counts(const struct land_item *x)
{
	return x->areal && x->in_totals;
}

static int
by_id(const void *a, const void *b)
{
	return memcmp(((const struct land_item *)a)->id.b, ((const struct land_item *)b)->id.b,
	              UUID_SIZE);
}

/* Into all land of the period; what was open at the start in the same outline adds nothing and no
 * doubt. */
static enum err_code
put_all(struct balance *b, const struct land_item *x, const struct land_item *was, struct err *e)
{
	double before = b->slack_m2[ALL];
	enum err_code rc = put(b, x, ALL, ALL, e);

	if (!rc && was && was->as == SHOWN_DANGER && geom_equal(&was->geom, &x->geom)) {
		b->slack_m2[ALL] = before;
		b->parts -= b->explain;
	}
	return rc;
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
		         REPORTED, e);
		return rc ? rc : put_all(b, x, was, e);
	}
	if (was && was->as != SHOWN_DANGER)
		return ERR_OK;
	if (x->as == SHOWN_REPORTED_RELEASED) {
		/* never this register's release; what arrives closed was never open here */
		rc = was ? put(b, x, REPORTED, REPORTED, e) : ERR_OK;
		return rc || !was ? rc : put_all(b, x, was, e);
	}
	if (text_eq(x->outcome, "unknown"))
		return put_all(b, x, was, e);
	rc = put(b, x,
	         text_eq(x->outcome, "cleared")   ? CLEARED
	         : text_eq(x->outcome, "reduced") ? REDUCED
	                                          : CANCELLED,
	         REPORTED, e);
	return rc ? rc : put_all(b, x, was, e);
}

static enum err_code
fill(struct balance *b, struct land_set *start, struct land_set *end, struct err *e)
{
	bool *kept = NULL;
	enum err_code rc = ERR_OK;

	if (start->count > 1)
		qsort(start->item, start->count, sizeof(*start->item), by_id);
	for (size_t i = 0; !rc && i < start->count; i++) {
		const struct land_item *x = &start->item[i];

		if (counts(x) && x->as == SHOWN_DANGER)
			rc = put(b, x, U0, ALL, e);
	}
	kept = b->explain ? mem_calloc(start->count + 1, sizeof(*kept)) : NULL;
	if (!rc && b->explain && !kept)
		rc = err_set(e, ERR_NOMEM, "out of memory for an explanation");
	for (size_t i = 0; !rc && i < end->count; i++) {
		const struct land_item *x = &end->item[i];
		const struct land_item *was =
			start->count ? bsearch(x, start->item, start->count, sizeof(*x), by_id)
				     : NULL;

		if (kept && was)
			kept[was - start->item] =
				geom_equal(&was->geom, &x->geom) &&
				(x->as == SHOWN_DANGER || !text_eq(x->outcome, "unknown"));
		if (counts(x))
			rc = put_end(b, x, was, e);
	}
	for (size_t i = 0; !rc && kept && i < start->count; i++)
		if (counts(&start->item[i]) && start->item[i].as == SHOWN_DANGER && !kept[i])
			rc = note_part(b, &start->item[i], UNIONS, e);
	mem_free(kept);
	return rc;
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
			                     .error_m2 = b->slack_m2[term[i].whole],
			                     .records = n > 0 ? n : 0 };
		/* redrawn is what is left of the opening: as uncertain as that and what was
		 * released of it */
		bool redrawn = text_eq(term[i].term, "redrawn");
		size_t row = a->out->count;

		if (redrawn)
			area.error_m2 = b->slack_m2[CLEARED] + b->slack_m2[REDUCED] +
			                b->slack_m2[CANCELLED] + b->slack_m2[REPORTED];
		rc = add(a, term[i].term, period, area, term[i].note, e);
		if (!rc && a->out->count > row)
			rc = add_members(a, b, redrawn ? UNIONS : term[i].whole, row, e);
	}
	return rc;
}

static enum err_code
run_period(struct assess *a, struct land_set *start, struct land_set *end, const char *period,
           struct err *e)
{
	struct balance b = { .explain = a->q->explain && text_starts(a->q->explain, "release") };
	struct extent_result res[UNIONS];
	enum err_code rc = fill(&b, start, end, e);

	memset(res, 0, sizeof(res));
	if (!rc && b.count)
		rc = extent_compute(a->pool, b.item, b.count, UNIONS, res, e);
	if (!rc)
		rc = add_terms(a, &b, res, period, e);
	mem_free(b.item);
	mem_free(b.part);
	return rc;
}

enum err_code
figure_release(struct assess *a, struct err *e)
{
	struct figure_row none = { .code = "release.opening", .unit = "m2", .method = method };
	int64_t now =
		a->q->as_of_days == INT64_MAX ? clock_now_us() / 86400000000 : a->q->as_of_days;
	struct land_set set[3] = { 0 };
	char period[40];
	int year, month, day;
	enum err_code rc;

	clock_from_days(now, &year, &month, &day);
	/* the last full year, and the year of the day so far */
	rc = land_set_load(a, clock_days(year - 2, 12, 31), false, &set[0], e);
	if (!rc)
		rc = land_set_load(a, clock_days(year - 1, 12, 31), false, &set[1], e);
	if (!rc)
		rc = land_set_load(a, a->q->as_of_days, false, &set[2], e);
	if (!rc && set[2].count == 0) {
		rc = figure_wanted(a, none.code) ? figure_add(a, &none, NULL, e) : ERR_OK;
	} else if (!rc) {
		(void)snprintf(period, sizeof(period), "%04d", year - 1);
		rc = run_period(a, &set[0], &set[1], period, e);
		(void)snprintf(period, sizeof(period), "%04d-01-01/%04d-%02d-%02d", year, year,
		               month, day);
		if (!rc)
			rc = run_period(a, &set[1], &set[2], period, e);
	}
	for (int i = 0; i < 3; i++)
		land_set_free(&set[i]);
	return rc;
}
