/* Casualties: persons killed or injured (Landmine Monitor's definitions; domain reference section 13).
 * Every victim record is one person. An accident's counts add those persons who are not listed one by one; of them
 * nothing is known but the outcome. Where more victims are listed than counted, the list counts, and low says less.
 * During an attack, and by devices set off by command or time: counted apart, not in the totals. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "assess/figure.h"
#include "assess/places.h"
#include "assess/tally.h"
#include "base/mem.h"
#include "base/text.h"

static const char method[] = "casualties/1";

enum outcome { KILLED, INJURED, UNKNOWN_OUTCOME, OUTCOMES };

static const char *const outcome_name[OUTCOMES] = { "killed", "injured", "unknown" };

struct accident {
	struct uuid id;
	int64_t fid;
	size_t place;
	int64_t count[OUTCOMES], listed[OUTCOMES];
	char year[8], device[32];
	bool apart; /* during an attack, or a device that is not counted */
};

struct counting {
	struct assess *a;
	struct accident *acc;
	size_t count, room;
	struct tally *tally;
	int accident_kind, victim_kind;
};

/* One person (or n of whom the same is known) into every table. */
struct person {
	size_t place;
	enum outcome outcome;
	double n, low, high; /* low and high of n */
	const char *year, *age, *sex, *status, *activity, *device;
	bool apart;
};

static enum err_code
put(struct counting *c, const struct person *p, const char *key, struct err *e)
{
	struct tally_cell *cell;
	enum err_code rc = tally_at(c->tally, p->place, key, &cell, e);

	if (rc)
		return rc;
	cell->sum[0] += p->n;
	cell->sum[1] += p->low;
	cell->sum[2] += p->high;
	cell->records++;
	return ERR_OK;
}

static enum err_code
put_dim(struct counting *c, const struct person *p, const char *table, const char *dim, const char *value,
        struct err *e)
{
	char key[200];

	(void)snprintf(key, sizeof(key), "%s|%s=%s", table, dim, value ? value : "unknown");
	return put(c, p, key, e);
}

static enum err_code
put_person(struct counting *c, const struct person *p, struct err *e)
{
	enum err_code rc;

	if (p->apart)
		return put_dim(c, p, "9apart", "outcome", outcome_name[p->outcome], e);
	rc = put_dim(c, p, "0persons", "outcome", outcome_name[p->outcome], e);
	if (!rc)
		rc = put_dim(c, p, "1by_year", "year", p->year, e);
	if (!rc)
		rc = put_dim(c, p, "2by_age", "age", p->age, e);
	if (!rc)
		rc = put_dim(c, p, "3by_sex", "sex", p->sex ? p->sex : "not_stated", e);
	if (!rc)
		rc = put_dim(c, p, "4by_status", "status", p->status, e);
	if (!rc)
		rc = put_dim(c, p, "5by_activity", "activity", p->activity, e);
	return rc ? rc : put_dim(c, p, "6by_device", "device", p->device, e);
}

static void
year_of(const struct store_fields *f, const char *date_field, const char *year_field, char out[8])
{
	const char *date = fields_text(f, date_field);
	double year = year_field ? fields_number(f, year_field, 0) : 0;

	if (date && strlen(date) >= 4)
		(void)snprintf(out, 8, "%.4s", date);
	else if (year >= 1 && year <= 9999)
		(void)snprintf(out, 8, "%04d", (int)year);
	else
		memcpy(out, "unknown", 8);
}

/* Devices that the field's definition does not count: the choice's column `monitor` says not_counted. */
static bool
not_counted(const struct store_fields *f)
{
	const struct form_field *field = form_find(f->form, "device_class");
	const char *code = fields_text(f, "device_class");
	const struct form_choice *c = field && field->list && code ? form_choice_find(field->list, code) : NULL;

	return text_eq(fields_text(f, "during_attack"), "yes") ||
	       (c && c->extra && text_eq(json_get_string(c->extra, "monitor"), "not_counted"));
}

static enum err_code
see_accident(void *ctx, const struct shown *row, struct err *e)
{
	struct counting *c = ctx;
	struct accident x = { .id = row->id, .fid = row->fid };
	const char *device = fields_text(&row->fields, "device_class");
	enum err_code rc;

	if (c->count == c->room) {
		size_t room = c->room ? c->room * 2 : 256;
		struct accident *p = mem_realloc_array(c->acc, room, sizeof(*p));

		if (!p)
			return err_set(e, ERR_NOMEM, "out of memory for casualties");
		c->acc = p;
		c->room = room;
	}
	rc = places_of(c->a->places, row, &x.place, e);
	if (rc)
		return rc;
	x.count[KILLED] = (int64_t)fields_number(&row->fields, "killed", 0);
	x.count[INJURED] = (int64_t)fields_number(&row->fields, "injured", 0);
	x.count[UNKNOWN_OUTCOME] = (int64_t)fields_number(&row->fields, "unknown_outcome", 0);
	(void)snprintf(x.device, sizeof(x.device), "%s", device ? device : "unknown");
	year_of(&row->fields, "date", NULL, x.year);
	if (text_eq(x.year, "unknown"))
		year_of(&row->fields, "date_latest", NULL, x.year);
	x.apart = not_counted(&row->fields);
	c->acc[c->count++] = x;
	return ERR_OK;
}

static int
by_id(const void *a, const void *b)
{
	return memcmp(((const struct accident *)a)->id.b, ((const struct accident *)b)->id.b, UUID_SIZE);
}

static struct accident *
accident_of(struct counting *c, const char *id)
{
	struct accident key;

	if (!id || !uuid_parse(id, strlen(id), &key.id) || !c->count)
		return NULL;
	return bsearch(&key, c->acc, c->count, sizeof(*c->acc), by_id);
}

static enum outcome
outcome_of(const struct store_fields *f)
{
	const char *o = fields_text(f, "outcome");

	return text_eq(o, "killed") ? KILLED : text_eq(o, "injured") ? INJURED : UNKNOWN_OUTCOME;
}

static enum err_code
see_victim(void *ctx, const struct shown *row, struct err *e)
{
	struct counting *c = ctx;
	const struct store_fields *f = &row->fields;
	struct accident *acc = accident_of(c, fields_text(f, "accident"));
	char year[8];
	struct person p = { .outcome = outcome_of(f), .n = 1, .low = 1, .high = 1, .year = year,
		            .age = fields_text(f, "age_band"), .sex = fields_text(f, "sex"),
		            .status = fields_text(f, "status"), .activity = fields_text(f, "activity"),
		            .device = fields_text(f, "device_class"), .apart = not_counted(f) };
	enum err_code rc = places_of(c->a->places, row, &p.place, e);

	if (rc)
		return rc;
	year_of(f, "accident_date", "accident_year", year);
	if (acc) {
		acc->listed[p.outcome]++;
		p.apart = p.apart || acc->apart;
		p.place = p.place ? p.place : acc->place;
		p.device = p.device ? p.device : acc->device;
		if (text_eq(year, "unknown"))
			memcpy(year, acc->year, sizeof(year));
		/* listed beyond what the accident counts: the list holds, and low leaves it open */
		if (acc->listed[p.outcome] > acc->count[p.outcome] &&
		    acc->count[KILLED] + acc->count[INJURED] + acc->count[UNKNOWN_OUTCOME] > 0)
			p.low = 0;
	}
	return put_person(c, &p, e);
}

/* Persons an accident counts and no victim record lists. */
static enum err_code
put_unlisted(struct counting *c, const struct accident *x, struct err *e)
{
	enum err_code rc = ERR_OK;

	for (int o = 0; !rc && o < OUTCOMES; o++) {
		int64_t left = x->count[o] - x->listed[o];
		struct person p = { .place = x->place, .outcome = (enum outcome)o, .n = (double)left,
			            .low = (double)left, .high = (double)left, .year = x->year,
			            .device = x->device, .apart = x->apart };

		if (left > 0)
			rc = put_person(c, &p, e);
	}
	return rc;
}

/* --- rows -------------------------------------------------------------------------------------------------- */

/* Sum of a value in a table at a place; for the unknown that could belong to any row. */
static double
of(struct counting *c, size_t place, const char *key)
{
	struct tally_cell *cell;
	struct err e;

	return tally_at(c->tally, place, key, &cell, &e) ? 0 : cell->sum[2];
}

static const char *
unknown_key(const char *table)
{
	switch (table[0]) {
	case '0':
		return "0persons|outcome=unknown";
	case '1':
		return "1by_year|year=unknown";
	case '2':
		return "2by_age|age=unknown";
	case '3':
		return "3by_sex|sex=not_stated";
	case '4':
		return "4by_status|status=unknown";
	case '5':
		return "5by_activity|activity=unknown";
	default:
		return "6by_device|device=unknown";
	}
}

/* high: all those of whom it is not known could belong here; a row of the unknown itself has low 0. */
static enum err_code
add_row(struct counting *c, size_t i, struct err *e)
{
	struct tally_cell cell = *tally_cell(c->tally, i);
	const char *bar = strchr(cell.key, '|');
	char code[80], table[40];
	bool unknown;
	struct figure_row r = { .code = code, .place = places_name(c->a->places, cell.place), .known = true,
		                .unit = "person", .method = method, .value = cell.sum[0], .records = cell.records };
	const char *dim = bar + 1;

	(void)snprintf(table, sizeof(table), "%.*s", (int)(bar - cell.key), cell.key);
	(void)snprintf(code, sizeof(code), "casualties.%s", table + 1);
	unknown = table[0] != '9' && text_eq(cell.key, unknown_key(table));
	r.low = unknown ? 0 : cell.sum[1];
	r.high = cell.sum[2] + (unknown || table[0] == '9' ? 0 : of(c, cell.place, unknown_key(table)));
	if (table[0] == '1')
		r.period = strchr(dim, '=') + 1;
	else
		r.dim = dim;
	if (table[0] == '9')
		r.note = "during an attack, or by a device set off by command or time; not in the totals";
	return figure_add(c->a, &r, NULL, e);
}

/* Share of children among those whose age is known; bounds: all of unknown age adults, or all children. */
static enum err_code
add_child_share(struct counting *c, size_t place, struct err *e)
{
	double child = of(c, place, "2by_age|age=child"), adult = of(c, place, "2by_age|age=adult");
	double unknown = of(c, place, "2by_age|age=unknown"), all = child + adult + unknown;
	char note[120];
	struct figure_row r = { .code = "casualties.child_share", .place = places_name(c->a->places, place),
		                .known = child + adult > 0, .unit = "percent", .method = method, .decimals = 1,
		                .records = (int64_t)all, .note = note };

	if (!figure_wanted(c->a, r.code) || all <= 0)
		return ERR_OK;
	(void)snprintf(note, sizeof(note), "of %.0f whose age is known", child + adult);
	if (r.known) {
		r.value = 100 * child / (child + adult);
		r.low = 100 * child / all;
		r.high = 100 * (child + unknown) / all;
	}
	return figure_add(c->a, &r, NULL, e);
}

static enum err_code
add_total(struct counting *c, size_t place, struct err *e)
{
	double n[3] = { 0 };
	int64_t records = 0;
	struct figure_row r = { .code = "casualties.total", .place = places_name(c->a->places, place), .known = true,
		                .unit = "person", .method = method };

	for (int o = 0; o < OUTCOMES; o++) {
		char key[60];
		struct tally_cell *cell;
		enum err_code rc;

		(void)snprintf(key, sizeof(key), "0persons|outcome=%s", outcome_name[o]);
		rc = tally_at(c->tally, place, key, &cell, e);
		if (rc)
			return rc;
		/* a person of unknown outcome may have come to no harm: in high, not in low */
		n[0] += cell->sum[0];
		n[1] += o == UNKNOWN_OUTCOME ? 0 : cell->sum[1];
		n[2] += cell->sum[2];
		records += cell->records;
	}
	r.value = n[0], r.low = n[1], r.high = n[2], r.records = records;
	return n[2] > 0 && figure_wanted(c->a, r.code) ? figure_add(c->a, &r, NULL, e) : ERR_OK;
}

static enum err_code
add_rows(struct counting *c, struct err *e)
{
	size_t places = places_count(c->a->places), cells = tally_count(c->tally);
	enum err_code rc = ERR_OK;

	if (cells == 0) {
		struct figure_row none = { .code = "casualties.total", .unit = "person", .method = method };

		return figure_add(c->a, &none, NULL, e);
	}
	for (size_t p = 0; !rc && p < places; p++)
		rc = add_total(c, p, e);
	/* the totals looked at cells that may be empty: only those with somebody in them are rows */
	tally_sort(c->tally);
	cells = tally_count(c->tally);
	for (char table = '0'; !rc && table <= '9'; table++)
		for (size_t i = 0; !rc && i < cells; i++) {
			const struct tally_cell *cell = tally_cell(c->tally, i);
			char code[80];

			if (cell->key[0] != table || cell->records == 0)
				continue;
			(void)snprintf(code, sizeof(code), "casualties.%.*s", (int)(strchr(cell->key, '|') - cell->key - 1),
			               cell->key + 1);
			if (figure_wanted(c->a, code))
				rc = add_row(c, i, e);
		}
	for (size_t p = 0; !rc && p < places; p++)
		rc = add_child_share(c, p, e);
	return rc;
}

/* Members are noted in a second pass: rows must be there first. Every person's record belongs to the total. */
static enum err_code
explain_one(void *ctx, const struct shown *row, struct err *e)
{
	struct counting *c = ctx;
	const struct figure_set *s = c->a->out;
	size_t place;
	double part = 1;
	enum err_code rc = places_of(c->a->places, row, &place, e);

	if (row->kind == c->accident_kind) {
		const struct accident key = { .id = row->id };
		const struct accident *x = bsearch(&key, c->acc, c->count, sizeof(*c->acc), by_id);

		part = 0;
		for (int o = 0; x && o < OUTCOMES; o++)
			part += x->count[o] > x->listed[o] ? (double)(x->count[o] - x->listed[o]) : 0;
	}
	for (size_t i = 0; !rc && part > 0 && i < s->count; i++) {
		const struct figure_row *r = &s->row[i];
		bool here = text_eq(r->place, places_name(c->a->places, place));
		char dim[80];

		if (!text_starts(r->code, "casualties.") || !here || text_eq(r->code, "casualties.apart"))
			continue;
		(void)snprintf(dim, sizeof(dim), "outcome=%s", outcome_name[outcome_of(&row->fields)]);
		if (text_eq(r->code, "casualties.total") ||
		    (text_eq(r->code, "casualties.persons") && row->kind == c->victim_kind && text_eq(r->dim, dim)))
			rc = figure_add_member(c->a, i, row->id, row->kind, part, e);
	}
	return rc;
}

enum err_code
figure_casualties(struct assess *a, struct err *e)
{
	static const char *const want_accident[] = { "date", "date_latest", "killed", "injured", "unknown_outcome",
		                                     "device_class", "during_attack", "place", "place_name",
		                                     "admin1_name", "admin2_name", "geometry", NULL };
	static const char *const want_victim[] = { "accident", "accident_date", "accident_year", "outcome", "age_band",
		                                   "sex", "status", "activity", "device_class", "during_attack",
		                                   "place", "place_name", "admin1_name", "admin2_name", "geometry", NULL };
	struct counting c = { .a = a, .accident_kind = store_kind(a->st, "accident"),
		              .victim_kind = store_kind(a->st, "victim") };
	struct each_filter acc = { .kind = c.accident_kind, .as_of_days = a->q->as_of_days,
		                   .known_size = a->q->known_size, .want = want_accident };
	struct each_filter vic = { .kind = c.victim_kind, .as_of_days = a->q->as_of_days,
		                   .known_size = a->q->known_size, .want = want_victim };
	enum err_code rc = tally_create(&c.tally, e);

	if (!rc && acc.kind >= 0)
		rc = store_each(a->st, &acc, see_accident, &c, e);
	if (!rc && c.count > 1)
		qsort(c.acc, c.count, sizeof(*c.acc), by_id);
	if (!rc && vic.kind >= 0)
		rc = store_each(a->st, &vic, see_victim, &c, e);
	for (size_t i = 0; !rc && i < c.count; i++)
		rc = put_unlisted(&c, &c.acc[i], e);
	if (!rc)
		rc = add_rows(&c, e);
	if (!rc && figure_explains(a, "casualties.total") && acc.kind >= 0)
		rc = store_each(a->st, &acc, explain_one, &c, e);
	if (!rc && (figure_explains(a, "casualties.total") || figure_explains(a, "casualties.persons")) && vic.kind >= 0)
		rc = store_each(a->st, &vic, explain_one, &c, e);
	tally_free(c.tally);
	mem_free(c.acc);
	return rc;
}
