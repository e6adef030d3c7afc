/* The parts of a comparison that look at single records: accidents, objects, activities. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "publish/compare.h"

enum {
	MAX_ACTIVITIES = 64,
	MAX_OBJECTS = 64,
	MAX_DAYS_SHOWN = 40,
	MAX_PATTERNS = 12
};

static enum err_code
no_memory(struct err *e)
{
	return err_set(e, ERR_NOMEM, "out of memory for a comparison");
}

/* The English label of a choice, else its code. */
static const char *
label_of(const struct form *form, const char *field, const char *code)
{
	const struct form_field *f = form_find(form, field);
	const struct form_choice *x = f && f->list && code ? form_choice_find(f->list, code) : NULL;

	return x ? x->label[FORM_EN] : code ? code : "Unknown";
}

static void *
grow(void *list, size_t count, size_t *room, size_t size)
{
	void *more;

	if (count < *room)
		return list;
	more = mem_realloc_array(list, *room ? 2 * *room : 64, size);
	if (more)
		*room = *room ? 2 * *room : 64;
	return more;
}

/* --- accidents of the same days
 * --------------------------------------------------------------------------------- */

struct accident {
	int64_t day;
	char id[UUID_TEXT];
	const char *number, *place, *device;
	double killed, injured, unknown;
	double activity[MAX_ACTIVITIES];
	double persons; /* listed as victims */
};

struct days {
	struct compare *c;
	int side;
	const struct form *victim; /* labels of activities */
	struct accident *accident[2];
	size_t count[2], room[2];
	const char *activity[MAX_ACTIVITIES];
	size_t activities;
};

static const char *
place_text(struct compare *c, const struct store_fields *f)
{
	static const char *const field[] = { "place_name", "admin2_name", "admin1_name" };
	const char *out = "";

	for (size_t i = 0; i < 3 && out; i++) {
		const char *s = fields_text(f, field[i]);

		if (s)
			out = arena_printf(&c->mem, "%s%s%s", out, *out ? ", " : "", s);
	}
	return out;
}

static enum err_code
see_accident(void *ctx, const struct shown *row, struct err *e)
{
	struct days *d = ctx;
	const struct store_fields *f = &row->fields;
	const char *date = fields_text(f, "date"), *known = fields_text(f, "date_known");
	const char *number = fields_text(f, "national_id"),
		   *device = fields_text(f, "device_class");
	struct accident x = { .day = 0 }, *more;

	if (!date || !clock_parse_date(date, strlen(date), &x.day) ||
	    (known && !text_eq(known, "exact")))
		return ERR_OK;
	more = grow(d->accident[d->side], d->count[d->side], &d->room[d->side], sizeof(*more));
	if (!more)
		return no_memory(e);
	d->accident[d->side] = more;
	uuid_format(row->id, x.id);
	x.number = arena_strdup(&d->c->mem, number ? number : x.id);
	x.place = place_text(d->c, f);
	x.device = arena_strdup(&d->c->mem, label_of(f->form, "device_class", device));
	x.killed = fields_number(f, "killed", 0);
	x.injured = fields_number(f, "injured", 0);
	x.unknown = fields_number(f, "unknown_outcome", 0);
	if (!x.number || !x.place || !x.device)
		return no_memory(e);
	more[d->count[d->side]++] = x;
	return ERR_OK;
}

static int
by_id(const void *a, const void *b)
{
	return strcmp(((const struct accident *)a)->id, ((const struct accident *)b)->id);
}

static int
by_day(const void *a, const void *b)
{
	const struct accident *x = a, *y = b;

	return x->day != y->day ? (x->day < y->day ? -1 : 1) : strcmp(x->number, y->number);
}

static size_t
activity_of(struct days *d, const char *code)
{
	for (size_t i = 0; i < d->activities; i++)
		if (text_eq(d->activity[i], code))
			return i;
	if (d->activities == MAX_ACTIVITIES)
		return 0;
	d->activity[d->activities] = arena_strdup(&d->c->mem, code);
	return d->activity[d->activities] ? d->activities++ : 0;
}

static enum err_code
see_victim(void *ctx, const struct shown *row, struct err *e)
{
	struct days *d = ctx;
	const char *link = fields_text(&row->fields, "accident"),
		   *code = fields_text(&row->fields, "activity");
	struct accident key = { .day = 0 }, *x;

	(void)e;
	if (!link || strlen(link) != UUID_TEXT - 1 || !d->count[d->side])
		return ERR_OK;
	memcpy(key.id, link, UUID_TEXT);
	x = bsearch(&key, d->accident[d->side], d->count[d->side], sizeof(*x), by_id);
	if (x) {
		x->activity[activity_of(d, code ? code : "unknown")]++;
		x->persons++;
	}
	return ERR_OK;
}

static enum err_code
read_accidents(struct days *d, int side, struct err *e)
{
	static const char *const want[] = { "national_id",     "date",        "date_known",
		                            "place_name",      "admin1_name", "admin2_name",
		                            "device_class",    "killed",      "injured",
		                            "unknown_outcome", NULL };
	static const char *const of_victim[] = { "accident", "activity", NULL };
	struct store *st = d->c->st[side];
	struct each_filter f = { .kind = store_kind(st, "accident"),
		                 .as_of_days = d->c->q[side]->as_of_days,
		                 .known_size = d->c->q[side]->known_size,
		                 .want = want };
	enum err_code rc;

	d->side = side;
	rc = f.kind < 0 ? ERR_OK : store_each(st, &f, see_accident, d, e);
	if (d->count[side])
		qsort(d->accident[side], d->count[side], sizeof(struct accident), by_id);
	f.kind = store_kind(st, "victim");
	f.want = of_victim;
	if (!rc && f.kind >= 0)
		rc = store_each(st, &f, see_victim, d, e);
	if (d->count[side])
		qsort(d->accident[side], d->count[side], sizeof(struct accident), by_day);
	return rc;
}

/* How many were harmed beyond those listed one by one: what they did is not known. */
static double
unlisted(const struct accident *x)
{
	double told = x->killed + x->injured + x->unknown;

	return told > x->persons ? told - x->persons : 0;
}

static const char *
harm_text(struct days *d, const struct accident *x)
{
	struct compare *c = d->c;
	char date[11];
	const char *out, *comma = "; activity: ";

	clock_format_date(x->day, date);
	out = arena_printf(&c->mem, "%s %s: %s", date, *x->place ? x->place : "place not stated",
	                   x->device);
	if (out && x->killed > 0)
		out = arena_printf(&c->mem, "%s, %.0f killed", out, x->killed);
	if (out && x->injured > 0)
		out = arena_printf(&c->mem, "%s, %.0f injured", out, x->injured);
	for (size_t i = 0; out && i < d->activities; i++)
		if (x->activity[i] > 0) {
			out = arena_printf(&c->mem, "%s%s%s", out, comma,
			                   label_of(d->victim, "activity", d->activity[i]));
			comma = ", ";
		}
	return out;
}

/* Put an accident into a line's cell, after those that are there. */
static enum err_code
put_accident(struct days *d, struct compare_line *l, int side, const struct accident *x,
             struct err *e)
{
	struct compare_cell *cell = &l->cell[side];
	const char *text = harm_text(d, x);

	if (text && *cell->text)
		text = arena_printf(&d->c->mem, "%s\n%s", cell->text, text);
	if (!text)
		return no_memory(e);
	cell->any = true;
	cell->known = true;
	cell->text = text;
	cell->unit = "person";
	cell->value += x->killed + x->injured + x->unknown;
	cell->low = cell->high = cell->value;
	cell->has_low = cell->has_high = true;
	if (cell->ids < COMPARE_IDS)
		cell->id[cell->ids++] = x->number;
	cell->records++;
	return ERR_OK;
}

/* The activities of all who were harmed on shared days. */
static enum err_code
add_activities(struct days *d, double (*sum)[MAX_ACTIVITIES], struct err *e)
{
	for (size_t i = 0; i < d->activities; i++) {
		struct compare_line *l;
		enum err_code rc;

		if (sum[0][i] <= 0 && sum[1][i] <= 0)
			continue;
		rc = compare_add(d->c, 1, label_of(d->victim, "activity", d->activity[i]),
		                 "persons harmed", &l, e);
		for (int k = 0; !rc && k < 2; k++)
			if (sum[k][i] > 0)
				l->cell[k] = (struct compare_cell){ .any = true,
					                            .known = true,
					                            .value = sum[k][i],
					                            .low = sum[k][i],
					                            .high = sum[k][i],
					                            .has_low = true,
					                            .has_high = true,
					                            .unit = "person",
					                            .text = "",
					                            .basis = "records" };
		if (rc)
			return rc;
	}
	return ERR_OK;
}

static void
add_up(const struct days *d, const struct accident *x, double *sum)
{
	for (size_t i = 0; i < d->activities; i++)
		sum[i] += x->activity[i];
	sum[0] += unlisted(x); /* activity 0 is "unknown" */
}

/* Is this side's next accident the earliest of both? */
static bool
is_next(const struct days *d, const size_t end[2], int k)
{
	return end[1 - k] == d->count[1 - k] ||
	       d->accident[k][end[k]].day <= d->accident[1 - k][end[1 - k]].day;
}

/* A run of days that are at most one day apart: moves end past it; returns its first day. */
static int64_t
take_run(const struct days *d, size_t end[2])
{
	int64_t first = INT64_MIN, last = INT64_MIN;
	bool grew = true;

	while (grew) {
		grew = false;
		for (int k = 0; k < 2; k++) {
			if (end[k] == d->count[k] || !is_next(d, end, k))
				continue;
			if (first != INT64_MIN && d->accident[k][end[k]].day > last + 1)
				continue;
			last = d->accident[k][end[k]].day;
			first = first == INT64_MIN ? last : first;
			end[k]++;
			grew = true;
		}
	}
	return first;
}

/* Runs of days that have accidents on both sides. */
static enum err_code
match_days(struct days *d, struct err *e)
{
	double sum[2][MAX_ACTIVITIES] = { { 0 } };
	size_t at[2] = { 0, 0 }, shared = 0;
	enum err_code rc = ERR_OK;

	while (!rc && (at[0] < d->count[0] || at[1] < d->count[1])) {
		size_t end[2] = { at[0], at[1] };
		int64_t first = take_run(d, end);
		bool both = end[0] > at[0] && end[1] > at[1];
		struct compare_line *l = NULL;
		char key[11];

		shared += both;
		if (both && shared <= MAX_DAYS_SHOWN) {
			clock_format_date(first, key);
			rc = compare_add(d->c, 1, key, "accidents", &l, e);
		}
		for (int k = 0; k < 2; k++)
			for (; at[k] < end[k]; at[k]++) {
				if (l && !rc)
					rc = put_accident(d, l, k, &d->accident[k][at[k]], e);
				if (both)
					add_up(d, &d->accident[k][at[k]], sum[k]);
			}
	}
	if (!rc && shared == 0)
		d->c->section[1].note = "no day has accidents on both sides";
	else if (!rc && shared > MAX_DAYS_SHOWN)
		d->c->section[1].note = arena_printf(&d->c->mem, "the first %d of %zu runs of days",
		                                     (int)MAX_DAYS_SHOWN, shared);
	return rc ? rc : add_activities(d, sum, e);
}

enum err_code
compare_accidents(struct compare *c, struct err *e)
{
	struct days d = { .c = c };
	enum err_code rc = ERR_OK;
	int kind = store_kind(c->st[0], "victim");

	d.victim = store_form(c->st[0], kind < 0 ? 0 : kind);
	d.activity[d.activities++] = "unknown";
	for (int k = 0; !rc && k < 2; k++)
		rc = read_accidents(&d, k, e);
	if (!rc)
		rc = match_days(&d, e);
	mem_free(d.accident[0]);
	mem_free(d.accident[1]);
	return rc;
}

/* --- objects
 * -----------------------------------------------------------------------------------------------------
 */

struct objects {
	struct compare *c;
	int side;
	size_t patterns[2];
};

/* Records of one object: what the source says of an object that the treaty's list does not name. */
static enum err_code
see_object(void *ctx, const struct shown *row, struct err *e)
{
	struct objects *o = ctx;
	const struct store_fields *f = &row->fields;
	const char *object = fields_text(f, "placement_object"),
		   *remarks = fields_text(f, "remarks");
	bool trap = text_eq(fields_text(f, "category"), "booby_trap");
	double n = fields_number(f, "quantity", -1);
	struct compare_section *s = &o->c->section[2];
	struct compare_line *l = NULL;
	struct compare_cell *cell;
	enum err_code rc = ERR_OK;

	if (text_eq(object, "none") || (!object && !trap))
		return ERR_OK;
	object = object ? object : "unknown";
	for (size_t i = 0; i < s->count; i++)
		if (text_eq(s->line[i].what, object))
			l = &s->line[i];
	if (!l) {
		const char *what = arena_strdup(&o->c->mem, object);

		rc = what ? compare_add(o->c, 2, label_of(f->form, "placement_object", object),
		                        what, &l, e)
		          : no_memory(e);
		if (rc)
			return rc;
	}
	cell = &l->cell[o->side];
	compare_name(o->c, cell, row);
	cell->any = true;
	cell->unit = "item";
	cell->known = true;
	cell->value += n >= 0 ? n : 1;
	cell->low = cell->value;
	cell->has_low = true;
	cell->has_high = cell->records == 1 ? n >= 0 : cell->has_high && n >= 0;
	cell->high = cell->value;
	if (remarks && text_eq(object, "other_object") && o->patterns[o->side]++ < MAX_PATTERNS) {
		const char *tail = strrchr(remarks, ';');

		tail = tail ? tail + 1 + strspn(tail + 1, " ") : remarks;
		cell->text = arena_printf(&o->c->mem, "%s%s%s", cell->text, *cell->text ? ", " : "",
		                          tail);
		if (!cell->text)
			return no_memory(e);
	}
	return ERR_OK;
}

static int
by_object(const void *a, const void *b)
{
	return strcmp(((const struct compare_line *)a)->what,
	              ((const struct compare_line *)b)->what);
}

enum err_code
compare_objects(struct compare *c, struct err *e)
{
	static const char *const want[] = { "national_id", "category", "placement_object",
		                            "quantity",    "remarks",  NULL };
	struct objects o = { .c = c };
	struct compare_section *s = &c->section[2];
	enum err_code rc = ERR_OK;

	for (o.side = 0; !rc && o.side < 2; o.side++) {
		struct each_filter f = { .kind = store_kind(c->st[o.side], "ordnance"),
			                 .as_of_days = c->q[o.side]->as_of_days,
			                 .known_size = c->q[o.side]->known_size,
			                 .want = want };

		if (f.kind >= 0)
			rc = store_each(c->st[o.side], &f, see_object, &o, e);
	}
	if (s->count)
		qsort(s->line, s->count, sizeof(*s->line), by_object);
	for (size_t i = 0; i < s->count; i++)
		s->line[i].remark =
			s->line[i].cell[0].any && s->line[i].cell[1].any ? "on both sides" : "";
	return rc;
}

/* --- experience
 * --------------------------------------------------------------------------------------------------
 */

struct experience {
	struct compare *c;
	int side;
	double m2[2], days[2]; /* of activities that state both */
	int64_t productive[2];
	double cleared_m2[2], finds[2]; /* of activities with cleared land */
	int64_t clearing[2];
	char (*clearing_id[2])[UUID_TEXT];
	size_t room[2];
};

static double
finds_reported(struct experience *x, const struct store_fields *f)
{
	int i = form_index(f->form, "finds_reported");
	const struct store_value *v = i < 0 ? NULL : &f->value[i];
	struct json_value *list = NULL;
	struct err ignored = { 0 };
	double sum = 0;

	if (!v || v->type != STORE_JSON || json_parse(v->s, v->n, 8, &x->c->mem, &list, &ignored))
		return 0;
	for (const struct json_value *p = list->first; p; p = p->next)
		sum += json_get_number(p, "quantity", 0);
	return sum;
}

static enum err_code
see_activity(void *ctx, const struct shown *row, struct err *e)
{
	struct experience *x = ctx;
	const struct store_fields *f = &row->fields;
	double cleared = fields_number(f, "cleared_area_m2", 0),
	       days = fields_number(f, "asset_days", 0);
	double worked = cleared + fields_number(f, "reduced_area_m2", 0), found;
	size_t n = (size_t)x->clearing[x->side];
	void *more;

	if (days > 0 && worked > 0) {
		x->m2[x->side] += worked;
		x->days[x->side] += days;
		x->productive[x->side]++;
	}
	if (cleared <= 0)
		return ERR_OK;
	x->cleared_m2[x->side] += cleared;
	x->clearing[x->side]++;
	found = finds_reported(x, f);
	x->finds[x->side] += found;
	more = grow(x->clearing_id[x->side], n, &x->room[x->side],
	            sizeof(*x->clearing_id[x->side]));
	if (!more)
		return no_memory(e);
	x->clearing_id[x->side] = more;
	if (found > 0) /* counted by the activity itself: its single finds are not counted again */
		memset(x->clearing_id[x->side][n], 0, UUID_TEXT);
	else
		uuid_format(row->id, x->clearing_id[x->side][n]);
	return ERR_OK;
}

static int
compare_id(const void *a, const void *b)
{
	return strcmp(a, b);
}

static enum err_code
see_find(void *ctx, const struct shown *row, struct err *e)
{
	struct experience *x = ctx;
	const char *by = fields_text(&row->fields, "found_by_activity");

	(void)e;
	if (by && x->clearing_id[x->side] &&
	    bsearch(by, x->clearing_id[x->side], (size_t)x->clearing[x->side], UUID_TEXT,
	            compare_id))
		x->finds[x->side] += fields_number(&row->fields, "quantity", 1);
	return ERR_OK;
}

static enum err_code
read_activities(struct experience *x, struct err *e)
{
	static const char *const want[] = { "cleared_area_m2", "reduced_area_m2", "asset_days",
		                            "finds_reported", NULL };
	static const char *const of_find[] = { "found_by_activity", "quantity", NULL };
	struct store *st = x->c->st[x->side];
	struct each_filter f = { .kind = store_kind(st, "activity"),
		                 .as_of_days = x->c->q[x->side]->as_of_days,
		                 .known_size = x->c->q[x->side]->known_size,
		                 .want = want };
	enum err_code rc = f.kind < 0 ? ERR_OK : store_each(st, &f, see_activity, x, e);

	if (x->clearing[x->side])
		qsort(x->clearing_id[x->side], (size_t)x->clearing[x->side], UUID_TEXT, compare_id);
	f.kind = store_kind(st, "ordnance");
	f.want = of_find;
	return rc || f.kind < 0 ? rc : store_each(st, &f, see_find, x, e);
}

/* One measure of both sides, and below it each as the assumption of the other. */
static enum err_code
add_measure(struct compare *c, const char *key, const char *unit, const double top[2],
            const double bottom[2], const int64_t n[2], struct err *e)
{
	struct compare_line *l;
	bool any = n[0] > 0 || n[1] > 0;
	enum err_code rc = compare_add(c, 5, key, "recorded", &l, e);

	for (int k = 0; !rc && k < 2; k++) {
		struct compare_cell *x = &l->cell[k];

		x->any = true;
		x->records = n[k];
		x->unit = unit;
		x->known = n[k] > 0 && bottom[k] > 0;
		x->value = x->known ? top[k] / bottom[k] : 0;
		x->decimals = 2;
		x->text = x->known ? arena_printf(&c->mem, "from %lld activities", (long long)n[k])
		                   : "";
		if (!x->text)
			return no_memory(e);
	}
	if (rc || !any)
		return rc;
	rc = compare_add(c, 5, key, "assumed", &l, e);
	for (int k = 0; !rc && k < 2; k++) {
		const struct compare_section *s = &c->section[5];
		const struct compare_cell *other = &s->line[s->count - 2].cell[1 - k];
		struct compare_cell *x = &l->cell[k];

		if (!other->known)
			continue;
		*x = *other;
		x->basis = "assumption";
		x->text = arena_printf(&c->mem, "if it were as in %s (%lld activities)",
		                       c->name[1 - k], (long long)other->records);
		if (!x->text)
			return no_memory(e);
	}
	return rc;
}

/* Claims of cost are nobody's records: each is only named as what the other side might assume. */
static enum err_code
add_costs(struct compare *c, struct err *e)
{
	const struct compare_section *from = &c->section[0];

	for (size_t i = 0; i < from->count; i++) {
		const struct compare_line *claim = &from->line[i];
		struct compare_cell cell[2] = { claim->cell[0], claim->cell[1] };
		struct compare_line *l;
		enum err_code rc;

		if (!text_starts(claim->key, "forecast.cost") && !text_starts(claim->key, "cost."))
			continue;
		if (!text_eq(claim->what, "claimed"))
			continue;
		rc = compare_add(c, 5, claim->key, "claimed", &l, e);
		if (rc)
			return rc;
		for (int k = 0; k < 2; k++)
			l->cell[k] = cell[k];
		l->remark = "a claim of a total: without the area and the method behind it, it "
			    "implies nothing for the other";
	}
	return ERR_OK;
}

enum err_code
compare_experience(struct compare *c, struct err *e)
{
	struct experience x = { .c = c };
	double km2[2];
	enum err_code rc = ERR_OK;

	for (x.side = 0; !rc && x.side < 2; x.side++)
		rc = read_activities(&x, e);
	for (int k = 0; k < 2; k++)
		km2[k] = x.cleared_m2[k] / 1e6;
	if (!rc)
		rc = add_measure(c, "productivity", "m2 per asset-day", x.m2, x.days, x.productive,
		                 e);
	if (!rc)
		rc = add_measure(c, "density of finds", "items per km2 cleared", x.finds, km2,
		                 x.clearing, e);
	if (!rc)
		rc = add_costs(c, e);
	c->section[5].note = "an assumption is no forecast: soils, devices and methods differ";
	mem_free(x.clearing_id[0]);
	mem_free(x.clearing_id[1]);
	return rc;
}
