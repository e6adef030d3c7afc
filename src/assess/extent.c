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

/* A record that goes into a row, for explaining it. */
struct member {
	struct uuid id;
	double area_m2;
	size_t made;
};

/* One table: a group is a cell of the tally (place, value). */
struct grouping {
	const struct table *table;
	struct tally *tally;
	struct geom_box *box; /* by cell; by when it was made until tables are sorted */
	size_t boxes, box_room;
	size_t *made; /* by cell: when it was made */
	struct member *member;
	size_t members, member_room;
	struct extent_item *item; /* of a batch */
	size_t items, item_room;
	struct extent_sum *sum;
	struct extent_result *res;
};

enum {
	TABLES = sizeof(tables) / sizeof(*tables)
};

struct extent_run {
	struct assess *a;
	struct grouping table[TABLES]; /* those that are asked for */
	size_t count;
	struct land_shelf *shelf;
	size_t hazards;
};

/* The table's cell of a hazard; a new one gets its box. */
static enum err_code
cell_of(struct grouping *g, const struct land_item *x, struct tally_cell **ret, struct err *e)
{
	enum err_code rc = tally_at(g->tally, x->place, g->table->value(x), ret, e);

	if (rc || (*ret)->records)
		return rc;
	if (g->boxes == g->box_room) {
		size_t room = g->boxes ? 2 * g->boxes : 64;
		struct geom_box *p = mem_realloc_array(g->box, room, sizeof(*p));

		if (!p)
			return err_set(e, ERR_NOMEM, "out of memory for areas");
		g->box = p;
		g->box_room = room;
	}
	g->box[g->boxes] = extent_no_box();
	(*ret)->row = g->boxes++;
	return ERR_OK;
}

static enum err_code
note_member(struct grouping *g, const struct land_item *x, size_t made, struct err *e)
{
	if (g->members == g->member_room) {
		size_t room = g->members ? 2 * g->members : 1024;
		struct member *p = mem_realloc_array(g->member, room, sizeof(*p));

		if (!p)
			return err_set(e, ERR_NOMEM, "out of memory for an explanation");
		g->member = p;
		g->member_room = room;
	}
	g->member[g->members++] = (struct member){ x->id, x->area_m2, made };
	return ERR_OK;
}

/* First, one hazard after the other: who belongs where. */
static enum err_code
see_hazard(void *ctx, const struct land_record *r, struct err *e)
{
	struct extent_run *run = ctx;
	const struct land_item *x = r->day[0];
	bool wanted = false;
	enum err_code rc = ERR_OK;

	run->hazards++;
	for (size_t t = 0; !rc && t < run->count; t++) {
		struct grouping *g = &run->table[t];
		struct tally_cell *cell;

		if (!g->table->takes(x))
			continue;
		wanted = true;
		rc = cell_of(g, x, &cell, e);
		if (rc)
			break;
		cell->records++;
		cell->sum[1] += x->geom.point_count == 0;
		if (x->thin)
			cell->sum[2] += x->reported_m2;
		if (extent_has_area(&x->geom))
			geom_box_grow(&g->box[cell->row], geom_bounds(&x->geom));
		if (run->a->q->explain)
			rc = note_member(g, x, cell->row, e);
	}
	return rc || !wanted ? rc : land_shelf_put(run->shelf, r, e);
}

/* Cells get the order of the answer. */
static enum err_code
sort_table(struct assess *a, struct grouping *g, struct err *e)
{
	size_t n = tally_count(g->tally);
	struct geom_box *box = mem_calloc(n + 1, sizeof(*box));

	g->made = mem_calloc(n + 1, sizeof(*g->made));
	g->res = mem_calloc(n + 1, sizeof(*g->res));
	if (!box || !g->made || !g->res) {
		mem_free(box);
		return err_set(e, ERR_NOMEM, "out of memory for areas");
	}
	tally_sort(g->tally);
	for (size_t i = 0; i < n; i++) {
		g->made[i] = tally_cell(g->tally, i)->row;
		box[i] = g->box[g->made[i]];
		tally_cell(g->tally, i)->row = i;
	}
	mem_free(g->box);
	g->box = box;
	return extent_sum_start(a->pool, (uint32_t)n, g->box, &g->sum, e);
}

static enum err_code
table_batch(struct grouping *g, const struct land_record *const *list, size_t n, struct err *e)
{
	g->items = 0;
	if (n > g->item_room) {
		struct extent_item *p = mem_realloc_array(g->item, n, sizeof(*p));

		if (!p)
			return err_set(e, ERR_NOMEM, "out of memory for areas");
		g->item = p;
		g->item_room = n;
	}
	for (size_t i = 0; i < n; i++) {
		const struct land_item *x = list[i]->day[0];
		struct tally_cell *cell;
		enum err_code rc;

		if (!g->table->takes(x))
			continue;
		rc = tally_at(g->tally, x->place, g->table->value(x), &cell, e);
		if (rc)
			return rc;
		/* a point or a line has no area, but may be as large as its accuracy lets it */
		g->item[g->items++] =
			(struct extent_item){ .geom = &x->geom,
			                      .area_m2 = x->area_m2,
			                      .perimeter_m = x->perimeter_m,
			                      .accuracy_m = x->accuracy_m,
			                      .group = (uint32_t)cell->row,
			                      .unsure_m2 = x->area_m2 - x->area_low_m2 };
	}
	return g->items ? extent_sum_add(g->sum, g->item, g->items, e) : ERR_OK;
}

static enum err_code
see_batch(void *ctx, const struct land_record *const *list, size_t n, struct err *e)
{
	struct extent_run *run = ctx;
	enum err_code rc = ERR_OK;

	for (size_t t = 0; !rc && t < run->count; t++)
		rc = table_batch(&run->table[t], list, n, e);
	return rc;
}

static void
group_free(struct grouping *g)
{
	tally_free(g->tally);
	extent_sum_free(g->sum);
	mem_free(g->box);
	mem_free(g->made);
	mem_free(g->member);
	mem_free(g->item);
	mem_free(g->res);
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

	for (size_t i = 0; !rc && i < g->members; i++)
		if (g->member[i].made == g->made[group_no])
			rc = figure_add_member(a, row, g->member[i].id, kind, g->member[i].area_m2,
			                       e);
	return rc;
}

/* Low and high of a row beside those of extent_compute: land without an outline adds what its
 * source reports to high; land whose class, status or outcome is not stated may belong to any row
 * of the place. */
static void
widen(struct grouping *g, size_t at, struct figure_row *r)
{
	const struct tally_cell *cell = tally_cell(g->tally, at);

	r->high += cell->sum[2];
	if (!*g->table->dim)
		return;
	if (text_eq(cell->key, "unknown")) {
		r->low = 0;
		return;
	}
	for (size_t i = 0; i < tally_count(g->tally); i++) {
		const struct tally_cell *c = tally_cell(g->tally, i);

		if (c->place == cell->place && text_eq(c->key, "unknown"))
			r->high += g->res[i].high_m2 + c->sum[2];
	}
}

static enum err_code
add_table_row(struct assess *a, struct grouping *g, size_t at, struct err *e)
{
	const struct table *t = g->table;
	const struct extent_result *res = g->res;
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

	widen(g, at, &r);
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
add_table(struct assess *a, struct grouping *g, struct err *e)
{
	const struct table *t = g->table;
	/* hazards are recorded, and none is open: known, and nothing */
	struct figure_row none = { .code = t->code,
		                   .known = true,
		                   .unit = "m2",
		                   .method = method,
		                   .note = "no hazard recorded is open" };
	enum err_code rc = ERR_OK;

	for (size_t i = 0; !rc && i < tally_count(g->tally); i++)
		rc = add_table_row(a, g, i, e);
	if (!rc && t == &tables[0] && !tally_count(g->tally) && figure_wanted(a, t->code))
		rc = figure_add(a, &none, NULL, e);
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

static enum err_code
prepare(struct extent_run *run, struct err *e)
{
	enum err_code rc = land_shelf_create(run->a, &run->shelf, e);

	for (size_t i = 0; !rc && i < TABLES; i++) {
		if (!table_wanted(run->a, &tables[i]))
			continue;
		run->table[run->count].table = &tables[i];
		rc = tally_create(&run->table[run->count].tally, e);
		run->count++;
	}
	return rc;
}

enum err_code
figure_extent(struct assess *a, struct err *e)
{
	struct figure_row none = { .code = "extent.area", .unit = "m2", .method = method };
	struct land_question q = { &a->q->as_of_days, 1, true };
	struct extent_run run = { .a = a };
	enum err_code rc = prepare(&run, e);

	if (!rc)
		rc = land_each(a, &q, see_hazard, &run, e);
	if (!rc && run.hazards == 0)
		rc = figure_wanted(a, none.code) ? figure_add(a, &none, NULL, e) : ERR_OK;
	for (size_t t = 0; !rc && t < run.count; t++)
		rc = sort_table(a, &run.table[t], e);
	if (!rc)
		rc = land_shelf_each(run.shelf, see_batch, &run, e);
	for (size_t t = 0; !rc && run.hazards && t < run.count; t++) {
		extent_sum_end(run.table[t].sum, run.table[t].res);
		rc = add_table(a, &run.table[t], e);
	}
	for (size_t t = 0; t < run.count; t++)
		group_free(&run.table[t]);
	land_shelf_free(run.shelf);
	return rc;
}
