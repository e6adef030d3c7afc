/* Extent: how much land, by class, status and place; overlaps count once. docs/FIGURES.md, "Areas".
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "assess/figure.h"
#include "assess/landset.h"
#include "assess/places.h"
#include "assess/tally.h"
#include "base/mem.h"
#include "base/text.h"
#include "geo/extent.h"

static const char method[] = "extent/1";

/* Which hazards a table is about and how it tells them apart. */
struct table {
	const char *code, *dim;
	bool (*takes)(const struct land_item *x);
	const char *(*value)(const struct land_item *x);
	const char *note;
};

static bool
is_open(const struct land_item *x)
{
	return x->as == SHOWN_DANGER && x->in_totals;
}

static bool
is_other_open(const struct land_item *x)
{
	return x->as == SHOWN_DANGER && !x->in_totals;
}

static bool
is_unapproved(const struct land_item *x)
{
	return is_open(x) && x->unapproved;
}

static bool
is_released(const struct land_item *x)
{
	return x->as == SHOWN_RELEASED;
}

static bool
is_reported(const struct land_item *x)
{
	return x->as == SHOWN_REPORTED_RELEASED;
}

static const char *
no_value(const struct land_item *x)
{
	(void)x;
	return "";
}

static const char *
class_value(const struct land_item *x)
{
	return x->hazard_class;
}

static const char *
status_value(const struct land_item *x)
{
	return x->status;
}

static const char *
outcome_value(const struct land_item *x)
{
	return x->outcome;
}

static const struct table tables[] = {
	{ "extent.area", "", is_open, no_value, NULL },
	{ "extent.by_class", "class", is_open, class_value, NULL },
	{ "extent.by_status", "status", is_open, status_value, NULL },
	{ "extent.unapproved", "", is_unapproved, no_value,
	  "drawn on receipt, not yet approved; in extent.area too" },
	{ "extent.not_in_totals", "class", is_other_open, class_value,
	  "indications and spot tasks; never in area totals" },
	{ "extent.released", "outcome", is_released, outcome_value,
	  "released by this register's own decisions" },
	{ "extent.reported_released", "outcome", is_reported, outcome_value,
	  "released as reported by its source; not this register's release" },
};

/* One table's polygons in groups: a group is a cell of the tally (place, value). */
struct grouping {
	struct tally *tally;
	struct extent_item *item;
	size_t count;
	const struct land_item **land; /* all that the table takes, with or without a position */
	uint32_t *land_group;
	size_t lands;
};

static enum err_code
group(const struct land_set *s, const struct table *t, struct grouping *g, struct err *e)
{
	enum err_code rc = tally_create(&g->tally, e);

	g->item = mem_calloc(s->count + 1, sizeof(*g->item));
	g->land = mem_calloc(s->count + 1, sizeof(*g->land));
	g->land_group = mem_calloc(s->count + 1, sizeof(*g->land_group));
	if (!rc && (!g->item || !g->land || !g->land_group))
		rc = err_set(e, ERR_NOMEM, "out of memory for areas");
	for (size_t i = 0; !rc && i < s->count; i++) {
		const struct land_item *x = &s->item[i];
		struct tally_cell *cell;

		if (!t->takes(x))
			continue;
		rc = tally_at(g->tally, x->place, t->value(x), &cell, e);
		if (rc)
			break;
		cell->records++;
		cell->sum[1] += x->geom.point_count == 0;
	}
	if (rc)
		return rc;
	tally_sort(g->tally);
	for (size_t i = 0; !rc && i < tally_count(g->tally); i++)
		tally_cell(g->tally, i)->row = i;
	for (size_t i = 0; !rc && i < s->count; i++) {
		const struct land_item *x = &s->item[i];
		struct tally_cell *cell;

		if (!t->takes(x))
			continue;
		rc = tally_at(g->tally, x->place, t->value(x), &cell, e);
		if (rc)
			break;
		g->land[g->lands] = x;
		g->land_group[g->lands++] = (uint32_t)cell->row;
		if (x->thin)
			cell->sum[2] += x->reported_m2;
		if (x->geom.point_count == 0)
			continue;
		/* a point or a line has no area, but may be as large as its accuracy lets it */
		g->item[g->count++] =
			(struct extent_item){ .geom = &x->geom,
			                      .area_m2 = x->area_m2,
			                      .perimeter_m = x->perimeter_m,
			                      .accuracy_m = x->accuracy_m,
			                      .group = (uint32_t)cell->row,
			                      .unsure_m2 = x->area_m2 - x->area_low_m2 };
	}
	return rc;
}

static void
group_free(struct grouping *g)
{
	tally_free(g->tally);
	mem_free(g->item);
	mem_free(g->land);
	mem_free(g->land_group);
}

/* Share of the country's or the place's own area. */
static enum err_code
add_share(struct assess *a, const struct figure_row *area, size_t place, struct err *e)
{
	double whole = places_area_m2(a->places, place);
	struct figure_row r = *area;

	if (!figure_wanted(a, "extent.share") || whole <= 0)
		return ERR_OK;
	r.code = "extent.share";
	r.value = 100 * area->value / whole;
	r.low = 100 * area->low / whole;
	r.high = 100 * area->high / whole;
	r.unit = "percent";
	r.decimals = 4;
	r.note = "of the area of its outline in the register";
	return figure_add(a, &r, NULL, e);
}

static enum err_code
add_overlap(struct assess *a, const struct figure_row *area, const struct extent_result *x,
            struct err *e)
{
	struct figure_row r = *area;

	if (!figure_wanted(a, "extent.overlap"))
		return ERR_OK;
	r.code = "extent.overlap";
	r.value = x->overlap_m2;
	r.high = x->overlap_m2 + (area->high - area->value);
	r.low = x->overlap_m2 - (area->value - area->low) > 0
	                ? x->overlap_m2 - (area->value - area->low)
	                : 0;
	r.note = "land that more than one hazard covers, counted once in extent.area";
	return figure_add(a, &r, NULL, e);
}

static enum err_code
add_count(struct assess *a, const struct figure_row *area, const struct tally_cell *cell,
          struct err *e)
{
	struct figure_row r = *area;
	char note[120] = "";

	if (!figure_wanted(a, "extent.hazards"))
		return ERR_OK;
	r.code = "extent.hazards";
	r.value = r.low = r.high = (double)cell->records;
	r.unit = "hazard";
	if (cell->sum[1] > 0)
		(void)snprintf(note, sizeof(note), "%.0f of them without a position", cell->sum[1]);
	r.note = note;
	return figure_add(a, &r, NULL, e);
}

static enum err_code
add_members(struct assess *a, const struct grouping *g, uint32_t group_no, size_t row,
            struct err *e)
{
	int kind = store_kind(a->st, "hazard");
	enum err_code rc = ERR_OK;

	for (size_t i = 0; !rc && i < g->lands; i++)
		if (g->land_group[i] == group_no)
			rc = figure_add_member(a, row, g->land[i]->id, kind, g->land[i]->area_m2,
			                       e);
	return rc;
}

/* Low and high of a row beside those of extent_compute: land without an outline adds what its
 * source reports to high; land whose class, status or outcome is not stated may belong to any row
 * of the place. */
static void
widen(const struct table *t, struct grouping *g, const struct extent_result *res, size_t at,
      struct figure_row *r)
{
	const struct tally_cell *cell = tally_cell(g->tally, at);

	r->high += cell->sum[2];
	if (!*t->dim)
		return;
	if (text_eq(cell->key, "unknown")) {
		r->low = 0;
		return;
	}
	for (size_t i = 0; i < tally_count(g->tally); i++) {
		const struct tally_cell *c = tally_cell(g->tally, i);

		if (c->place == cell->place && text_eq(c->key, "unknown"))
			r->high += res[i].high_m2 + c->sum[2];
	}
}

static enum err_code
add_table_row(struct assess *a, const struct table *t, struct grouping *g,
              const struct extent_result *res, size_t at, struct err *e)
{
	struct tally_cell cell = *tally_cell(g->tally, at);
	char dim[120], note[200];
	size_t row = 0;
	struct figure_row r = { .code = t->code,
		                .dim = dim,
		                .place = places_name(a->places, cell.place),
		                .known = true,
		                .value = res[at].area_m2,
		                .low = res[at].low_m2,
		                .high = res[at].high_m2,
		                .unit = "m2",
		                .method = method,
		                .records = cell.records,
		                .note = note };
	enum err_code rc;

	widen(t, g, res, at, &r);
	(void)snprintf(dim, sizeof(dim), "%s%s%s", t->dim, *t->dim ? "=" : "", cell.key);
	(void)snprintf(note, sizeof(note), "%s", t->note ? t->note : "");
	if (cell.sum[1] > 0) {
		size_t n = strlen(note);

		(void)snprintf(note + n, sizeof(note) - n,
		               "%s%.0f without a position: only what they report is in high",
		               n ? "; " : "", cell.sum[1]);
	}
	rc = figure_wanted(a, t->code) ? figure_add(a, &r, &row, e) : ERR_OK;
	if (!rc && figure_wanted(a, t->code) && figure_explains(a, t->code))
		rc = add_members(a, g, (uint32_t)at, row, e);
	r.note = t->note;
	if (rc || t != &tables[0])
		return rc;
	row = a->out->count;
	rc = add_share(a, &r, cell.place, e);
	if (!rc)
		rc = add_overlap(a, &r, &res[at], e);
	if (!rc)
		rc = add_count(a, &r, &cell, e);
	for (; !rc && row < a->out->count; row++)
		if (figure_explains(a, a->out->row[row].code))
			rc = add_members(a, g, (uint32_t)at, row, e);
	return rc;
}

static enum err_code
add_table(struct assess *a, const struct table *t, struct grouping *g,
          const struct extent_result *res, struct err *e)
{
	/* hazards are recorded, and none is open: known, and nothing */
	struct figure_row none = { .code = t->code,
		                   .known = true,
		                   .unit = "m2",
		                   .method = method,
		                   .note = "no hazard recorded is open" };
	enum err_code rc = ERR_OK;

	for (size_t i = 0; !rc && i < tally_count(g->tally); i++)
		rc = add_table_row(a, t, g, res, i, e);
	if (!rc && t == &tables[0] && !tally_count(g->tally) && figure_wanted(a, t->code))
		rc = figure_add(a, &none, NULL, e);
	return rc;
}

static enum err_code
run_table(struct assess *a, const struct land_set *s, const struct table *t, struct err *e)
{
	struct grouping g = { 0 };
	struct extent_result *res = NULL;
	enum err_code rc = group(s, t, &g, e);

	if (!rc) {
		res = mem_calloc(tally_count(g.tally) + 1, sizeof(*res));
		if (!res)
			rc = err_set(e, ERR_NOMEM, "out of memory for areas");
	}
	if (!rc && tally_count(g.tally))
		rc = extent_compute(a->pool, g.item, g.count, (uint32_t)tally_count(g.tally), res,
		                    e);
	if (!rc)
		rc = add_table(a, t, &g, res, e);
	mem_free(res);
	group_free(&g);
	return rc;
}

static bool
table_wanted(const struct assess *a, const struct table *t)
{
	if (figure_wanted(a, t->code))
		return true;
	return t == &tables[0] &&
	       (figure_wanted(a, "extent.share") || figure_wanted(a, "extent.overlap") ||
	        figure_wanted(a, "extent.hazards"));
}

enum err_code
figure_extent(struct assess *a, struct err *e)
{
	struct figure_row none = { .code = "extent.area", .unit = "m2", .method = method };
	struct land_set s;
	enum err_code rc = land_set_load(a, a->q->as_of_days, true, &s, e);

	if (rc)
		return rc;
	if (s.count == 0)
		rc = figure_wanted(a, none.code) ? figure_add(a, &none, NULL, e) : ERR_OK;
	for (size_t i = 0; !rc && s.count > 0 && i < sizeof(tables) / sizeof(*tables); i++)
		if (table_wanted(a, &tables[i]))
			rc = run_table(a, &s, &tables[i], e);
	land_set_free(&s);
	return rc;
}
