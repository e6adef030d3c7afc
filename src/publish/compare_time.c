#include "publish/compare_time.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "publish/redact.h"

enum {
	YEARS_MOST = 400
};

struct collecting {
	struct compare *c;
	struct compare_time *t;
	enum access_role role;
	int side;
	struct arena row;
	size_t room;
};

static enum err_code
no_memory(struct err *e)
{
	return err_set(e, ERR_NOMEM, "out of memory for a comparison");
}

/* --- accidents
 * ------------------------------------------------------------------------------------------- */

static double
count_of(const struct store_fields *f, const char *name)
{
	return fields_number(f, name, -1);
}

static enum err_code
add_accident(void *ctx, const struct shown *row, struct err *e)
{
	struct collecting *k = ctx;
	struct shown seen = *row;
	const struct store_fields *f = &seen.fields;
	struct compare_accident x = { .side = k->side }, *more;
	const char *date, *known, *place, *number;
	enum access_fate fate = ACCESS_GONE;
	enum err_code rc;

	arena_reset(&k->row);
	rc = access_row(k->c->st[k->side], k->role, &k->row, &seen, &fate, e);
	if (rc || fate != ACCESS_ROW)
		return rc;
	date = fields_text(f, "date") ? fields_text(f, "date") : fields_text(f, "date_earliest");
	if (!date)
		return ERR_OK;
	known = fields_text(f, "date_known");
	place = fields_text(f, "place_name") ? fields_text(f, "place_name")
	                                     : fields_text(f, "admin1_name");
	number = fields_text(f, "national_id");
	uuid_format(row->id, x.id);
	x.date = arena_strdup(&k->c->mem, date);
	x.precision = arena_strdup(
		&k->c->mem, fields_text(f, "date") && (!known || text_eq(known, "exact")) ? "day"
			    : known                                                       ? known
				    : "unknown");
	x.place = arena_strdup(&k->c->mem, place ? place : "");
	x.national_id = arena_strdup(&k->c->mem, number ? number : "");
	x.killed = count_of(f, "killed");
	x.injured = count_of(f, "injured");
	if (!x.date || !x.precision || !x.place || !x.national_id)
		return no_memory(e);
	if (k->t->accidents == k->room) {
		size_t room = k->room ? 2 * k->room : 64;

		more = arena_calloc(&k->c->mem, room, sizeof(*more));
		if (!more)
			return no_memory(e);
		if (k->t->accidents)
			memcpy(more, k->t->accident, k->t->accidents * sizeof(*more));
		k->t->accident = more;
		k->room = room;
	}
	k->t->accident[k->t->accidents++] = x;
	return ERR_OK;
}

static int
by_date(const void *a, const void *b)
{
	const struct compare_accident *x = a, *y = b;
	int d = strcmp(x->date, y->date);

	if (d)
		return d;
	return x->side != y->side ? x->side - y->side : strcmp(x->id, y->id);
}

static enum err_code
collect_accidents(struct collecting *k, struct err *e)
{
	static const char *const want[] = { "date",       "date_earliest", "date_known",
		                            "place_name", "admin1_name",   "national_id",
		                            "killed",     "injured",       NULL };
	enum err_code rc = ERR_OK;

	for (k->side = 0; !rc && k->side < 2; k->side++) {
		struct store *st = k->c->st[k->side];
		struct each_filter f = { .kind = store_kind(st, "accident"),
			                 .as_of_days = k->c->q[k->side]->as_of_days,
			                 .known_size = k->c->q[k->side]->known_size,
			                 .want = want };

		if (f.kind >= 0)
			rc = store_each(st, &f, add_accident, k, e);
	}
	if (!rc && k->t->accidents)
		qsort(k->t->accident, k->t->accidents, sizeof(*k->t->accident), by_date);
	return rc;
}

/* --- years
 * -----------------------------------------------------------------------------------------------
 */

static struct compare_year *
year_of(struct collecting *k, const char *year)
{
	struct compare_year *y = k->t->year;

	for (size_t i = 0; i < k->t->years; i++)
		if (text_eq(y[i].year, year))
			return &y[i];
	if (k->t->years == YEARS_MOST)
		return NULL;
	y += k->t->years;
	*y = (struct compare_year){ .year = arena_strdup(&k->c->mem, year),
		                    .killed = { -1, -1 },
		                    .injured = { -1, -1 },
		                    .persons = { -1, -1 } };
	if (!y->year)
		return NULL;
	k->t->years++;
	return y;
}

/* The published figure by year, whatever the role: what it may not know is withheld in it. */
static enum err_code
collect_years(struct collecting *k, struct err *e)
{
	static const char *const codes[] = { "casualties.by_year", NULL };
	struct figure_question q = *k->c->q[k->side];
	struct store *st = k->c->st[k->side];
	struct figure_set set;
	enum err_code rc;

	q.codes = codes;
	q.by = NULL;
	q.explain = NULL;
	rc = figure_run(st, &q, k->c->pool, &set, e);
	if (rc)
		return rc;
	rc = redact_figures(st, &q, k->role, &set, e);
	for (size_t i = 0; !rc && i < set.count; i++) {
		const struct figure_row *r = &set.row[i];
		struct compare_year *y;

		if (!text_eq(r->code, "casualties.by_year") || *r->place || !*r->period)
			continue;
		y = year_of(k, r->period);
		if (y && r->known && !*r->dim)
			y->persons[k->side] = r->value;
		else if (y && r->known && text_eq(r->dim, "outcome=killed"))
			y->killed[k->side] = r->value;
		else if (y && r->known && text_eq(r->dim, "outcome=injured"))
			y->injured[k->side] = r->value;
	}
	figure_set_free(&set);
	return rc;
}

/* For who sees accidents one by one: killed and injured as the accidents state them. */
static void
add_outcomes(struct collecting *k)
{
	for (size_t i = 0; i < k->t->accidents; i++) {
		const struct compare_accident *a = &k->t->accident[i];
		char year[5] = "";
		struct compare_year *y;

		(void)snprintf(year, sizeof(year), "%.4s", a->date);
		y = year_of(k, year);
		if (y && a->killed >= 0)
			y->killed[a->side] = fmax(y->killed[a->side], 0) + a->killed;
		if (y && a->injured >= 0)
			y->injured[a->side] = fmax(y->injured[a->side], 0) + a->injured;
	}
}

static int
by_year(const void *a, const void *b)
{
	const struct compare_year *x = a, *y = b;

	return strcmp(x->year, y->year);
}

enum err_code
compare_time_make(struct compare *c, enum access_role role, struct compare_time *ret, struct err *e)
{
	struct collecting k = { .c = c, .t = ret, .role = role };
	enum err_code rc = ERR_OK;

	*ret = (struct compare_time){ .year = arena_calloc(&c->mem, YEARS_MOST,
		                                           sizeof(*ret->year)) };
	if (!ret->year)
		return no_memory(e);
	arena_init(&k.row, (size_t)64 << 20);
	if (access_is_exact(role))
		rc = collect_accidents(&k, e);
	for (k.side = 0; !rc && k.side < 2; k.side++)
		rc = collect_years(&k, e);
	if (!rc)
		add_outcomes(&k);
	if (!rc && ret->years)
		qsort(ret->year, ret->years, sizeof(*ret->year), by_year);
	arena_done(&k.row);
	return rc;
}

/* --- what a role may know
 * --------------------------------------------------------------------------------- */

static void
withhold(struct compare_cell *x)
{
	x->known = x->has_low = x->has_high = false;
	x->text = "not published";
	x->ids = 0;
	x->records = 0;
}

/* The published total of casualties stands for the recorded one. */
static enum err_code
publish_total(struct compare *c, int side, enum access_role role, struct compare_cell *x,
              struct err *e)
{
	static const char *const codes[] = { "casualties.total", NULL };
	struct figure_question q = *c->q[side];
	struct figure_set set;
	enum err_code rc;

	q.codes = codes;
	q.by = NULL;
	rc = figure_run(c->st[side], &q, c->pool, &set, e);
	if (rc)
		return rc;
	rc = redact_figures(c->st[side], &q, role, &set, e);
	withhold(x);
	for (size_t i = 0; !rc && i < set.count; i++) {
		const struct figure_row *r = &set.row[i];

		if (!text_eq(r->code, "casualties.total") || *r->place || *r->dim || !r->known)
			continue;
		x->known = x->has_low = x->has_high = true;
		x->value = r->value;
		x->low = r->low;
		x->high = r->high;
		x->text = "";
	}
	figure_set_free(&set);
	return rc;
}

static enum err_code
redact_line(struct compare *c, struct compare_line *l, enum access_role role, struct err *e)
{
	enum err_code rc = ERR_OK;

	for (int k = 0; !rc && k < 2; k++) {
		struct compare_cell *x = &l->cell[k];

		if (text_eq(x->basis, "claim"))
			continue;
		x->ids = 0; /* names of records */
		if (!x->any || !text_starts(l->key, "casualties"))
			continue;
		if (text_eq(l->key, "casualties.total"))
			rc = publish_total(c, k, role, x, e);
		else
			withhold(x);
	}
	return rc;
}

enum err_code
compare_redact(struct compare *c, enum access_role role, struct err *e)
{
	/* accidents, objects, items, and what lies in minefield records: nobody else sees them */
	static const bool one_by_one[COMPARE_SECTIONS] = { false, true, true, true, true, false };
	enum err_code rc = ERR_OK;

	if (access_is_exact(role))
		return ERR_OK;
	for (int i = 0; i < COMPARE_SECTIONS; i++) {
		struct compare_section *s = &c->section[i];

		if (one_by_one[i]) {
			s->count = 0;
			s->note = "its records are not published one by one";
		}
		for (size_t k = 0; !rc && k < s->count; k++)
			rc = redact_line(c, &s->line[k], role, e);
	}
	return rc;
}

static void
count_json(struct json_writer *w, const char *key, double v)
{
	if (v < 0)
		json_null(w, key);
	else
		json_number(w, key, v);
}

void
compare_time_json(const struct compare_time *t, struct json_writer *w)
{
	json_object(w, "timeline");
	json_array(w, "accidents");
	for (size_t i = 0; i < t->accidents; i++) {
		const struct compare_accident *a = &t->accident[i];

		json_object(w, NULL);
		json_int(w, "side", a->side);
		json_string(w, "date", a->date);
		json_string(w, "precision", a->precision);
		json_string(w, "id", a->id);
		json_string(w, "national_id", *a->national_id ? a->national_id : NULL);
		count_json(w, "killed", a->killed);
		count_json(w, "injured", a->injured);
		json_string(w, "place", *a->place ? a->place : NULL);
		json_object_end(w);
	}
	json_array_end(w);
	json_array(w, "years");
	for (size_t i = 0; i < t->years; i++) {
		json_object(w, NULL);
		json_string(w, "year", t->year[i].year);
		json_array(w, "sides");
		for (int k = 0; k < 2; k++) {
			json_object(w, NULL);
			count_json(w, "killed", t->year[i].killed[k]);
			count_json(w, "injured", t->year[i].injured[k]);
			count_json(w, "persons", t->year[i].persons[k]);
			json_object_end(w);
		}
		json_array_end(w);
		json_object_end(w);
	}
	json_array_end(w);
	json_object_end(w);
}
