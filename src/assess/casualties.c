/* Casualties: persons killed or injured (Landmine Monitor's definitions; domain reference section
 * 13). Every victim record is one person. An accident's counts add those persons who are not listed
 * one by one; of them nothing is known but the outcome. Where more victims are listed than counted,
 * the list counts, and low says less. During an attack, and by devices set off by command or time:
 * counted apart, not in the totals. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "assess/figure.h"
#include "assess/places.h"
#include "assess/table.h"
#include "base/mem.h"
#include "base/text.h"

static const char method[] = "casualties/1";

enum outcome {
	KILLED,
	INJURED,
	UNKNOWN_OUTCOME,
	OUTCOMES
};

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
	struct table table;
	int accident_kind, victim_kind;
	const char *asked; /* what cells remember their records for, NULL = nothing */
};

/* One person (or n of whom the same is known) into every table. */
struct person {
	size_t place;
	enum outcome outcome;
	double n, low, high; /* low and high of n */
	const char *year, *age, *sex, *status, *activity, *device;
	bool apart;
};

enum {
	PERSONS,
	BY_YEAR,
	BY_AGE,
	BY_SEX,
	BY_STATUS,
	BY_ACTIVITY,
	BY_DEVICE,
	APART,
	COLUMNS
};

static const struct table_column column[COLUMNS] = {
	[PERSONS] = { "casualties.persons", "outcome", "unknown", false, NULL },
	[BY_YEAR] = { "casualties.by_year", "year", "unknown", true, NULL },
	[BY_AGE] = { "casualties.by_age", "age", "unknown", false, NULL },
	[BY_SEX] = { "casualties.by_sex", "sex", "not_stated", false, NULL },
	[BY_STATUS] = { "casualties.by_status", "status", "unknown", false, NULL },
	[BY_ACTIVITY] = { "casualties.by_activity", "activity", "unknown", false, NULL },
	[BY_DEVICE] = { "casualties.by_device", "device", "unknown", false, NULL },
	[APART] = { "casualties.apart", "outcome", NULL, false,
	            "during an attack, or by a device set off by command or time; not in the "
	            "totals" },
};

static enum err_code
put_person(struct counting *c, const struct person *p, struct err *e)
{
	const char *value[COLUMNS] = { outcome_name[p->outcome],
		                       p->year,
		                       p->age,
		                       p->sex,
		                       p->status,
		                       p->activity,
		                       p->device,
		                       NULL };
	struct table_count n = { p->n, p->low, p->high };
	enum err_code rc = ERR_OK;

	if (p->apart)
		return table_put(&c->table, APART, p->place, outcome_name[p->outcome], n, e);
	for (size_t i = 0; !rc && i < APART; i++)
		rc = table_put(&c->table, i, p->place, value[i], n, e);
	return rc;
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
	x.apart = shown_counted_apart(&row->fields);
	c->acc[c->count++] = x;
	return ERR_OK;
}

static int
by_id(const void *a, const void *b)
{
	return memcmp(((const struct accident *)a)->id.b, ((const struct accident *)b)->id.b,
	              UUID_SIZE);
}

static struct accident *
accident_of(struct counting *c, const char *id)
{
	struct accident key = { .count = { 0 } };

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
	const char *flags;
	char year[8];
	struct person p = { .outcome = outcome_of(f),
		            .n = 1,
		            .low = 1,
		            .high = 1,
		            .year = year,
		            .age = fields_text(f, "age_band"),
		            .sex = fields_text(f, "sex"),
		            .status = fields_text(f, "status"),
		            .activity = fields_text(f, "activity"),
		            .device = fields_text(f, "device_class"),
		            .apart = shown_counted_apart(f) };
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
	/* a row that stood in its file before may be another person or the same one twice */
	tally_from(c->table.tally, row->id, c->victim_kind, c->asked);
	flags = fields_text(f, "import_flags");
	if (flags && strstr(flags, "repeated_row"))
		p.low = 0;
	return put_person(c, &p, e);
}

/* Persons an accident counts and no victim record lists. */
static enum err_code
put_unlisted(struct counting *c, const struct accident *x, struct err *e)
{
	enum err_code rc = ERR_OK;

	tally_from(c->table.tally, x->id, c->accident_kind, c->asked);
	for (int o = 0; !rc && o < OUTCOMES; o++) {
		int64_t left = x->count[o] - x->listed[o];
		struct person p = { .place = x->place,
			            .outcome = (enum outcome)o,
			            .n = (double)left,
			            .low = (double)left,
			            .high = (double)left,
			            .year = x->year,
			            .device = x->device,
			            .apart = x->apart };

		if (left > 0)
			rc = put_person(c, &p, e);
	}
	return rc;
}

/* --- rows
 * --------------------------------------------------------------------------------------------------
 */

/* A row to which every person of a place belongs. */
static enum err_code
add_persons_row(struct counting *c, const struct figure_row *r, size_t place, struct err *e)
{
	char head[24];
	size_t row = 0, n = 0;
	const struct tally_member *m = tally_members(c->table.tally, &n);
	enum err_code rc = figure_add(c->a, r, &row, e);

	(void)snprintf(head, sizeof(head), "%02zu", (size_t)PERSONS);
	for (size_t i = 0; !rc && i < n; i++) {
		double part = m[i].part;

		if (m[i].place != place || strncmp(m[i].key, head, 2) != 0)
			continue;
		/* an accident adds persons of several outcomes, one after the other */
		while (i + 1 < n && memcmp(&m[i + 1].id, &m[i].id, sizeof(m[i].id)) == 0) {
			i++;
			part += m[i].place == place && strncmp(m[i].key, head, 2) == 0 ? m[i].part
			                                                               : 0;
		}
		rc = figure_add_member(c->a, row, m[i].id, m[i].kind, part, e);
	}
	return rc;
}

/* Share of children among those whose age is known; bounds: all of unknown age adults, or all
 * children. */
static enum err_code
add_child_share(struct counting *c, size_t place, struct err *e)
{
	struct table_count child, adult, unknown;
	char note[120];
	struct figure_row r = { .code = "casualties.child_share",
		                .place = places_name(c->a->places, place),
		                .unit = "percent",
		                .method = method,
		                .decimals = 1,
		                .note = note };
	double all;
	enum err_code rc = table_sum(&c->table, BY_AGE, place, "child", &child, NULL, e);

	if (!rc)
		rc = table_sum(&c->table, BY_AGE, place, "adult", &adult, NULL, e);
	if (!rc)
		rc = table_sum(&c->table, BY_AGE, place, NULL, &unknown, NULL, e);
	if (rc)
		return rc;
	all = child.n + adult.n + unknown.n;
	if (!figure_wanted(c->a, r.code) || all <= 0)
		return ERR_OK;
	r.known = child.n + adult.n > 0;
	r.records = (int64_t)all;
	(void)snprintf(note, sizeof(note), "of %.0f whose age is known", child.n + adult.n);
	if (r.known) {
		r.value = 100 * child.n / (child.n + adult.n);
		r.low = 100 * child.n / all;
		r.high = 100 * (child.n + unknown.n) / all;
	}
	return add_persons_row(c, &r, place, e);
}

static enum err_code
add_total(struct counting *c, size_t place, struct err *e)
{
	struct figure_row r = { .code = "casualties.total",
		                .place = places_name(c->a->places, place),
		                .known = true,
		                .unit = "person",
		                .method = method };

	for (int o = 0; o < OUTCOMES; o++) {
		struct table_count n;
		int64_t records = 0;
		enum err_code rc =
			table_sum(&c->table, PERSONS, place, outcome_name[o], &n, &records, e);

		if (rc)
			return rc;
		/* a person of unknown outcome may have come to no harm: in high, not in low */
		r.value += n.n;
		r.low += o == UNKNOWN_OUTCOME ? 0 : n.low;
		r.high += n.high;
		r.records += records;
	}
	return r.high > 0 && figure_wanted(c->a, r.code) ? add_persons_row(c, &r, place, e)
	                                                 : ERR_OK;
}

static enum err_code
add_rows(struct counting *c, struct err *e)
{
	size_t places = places_count(c->a->places);
	enum err_code rc = ERR_OK;

	if (tally_count(c->table.tally) == 0) {
		/* accidents in which nobody was hurt are records too: known to be none */
		struct figure_row none = { .code = "casualties.total",
			                   .unit = "person",
			                   .method = method,
			                   .known = c->count > 0,
			                   .records = (int64_t)c->count };

		return figure_add(c->a, &none, NULL, e);
	}
	for (size_t p = 0; !rc && p < places; p++)
		rc = add_total(c, p, e);
	if (!rc)
		rc = table_rows(c->a, &c->table, e);
	for (size_t p = 0; !rc && p < places; p++)
		rc = add_child_share(c, p, e);
	return rc;
}

enum err_code
figure_casualties(struct assess *a, struct err *e)
{
	static const char *const want_accident[] = {
		"date",         "date_latest",   "killed", "injured",    "unknown_outcome",
		"device_class", "during_attack", "place",  "place_name", "admin1_name",
		"admin2_name",  "geometry",      NULL
	};
	static const char *const want_victim[] = { "accident",
		                                   "accident_date",
		                                   "accident_year",
		                                   "outcome",
		                                   "age_band",
		                                   "sex",
		                                   "status",
		                                   "activity",
		                                   "device_class",
		                                   "during_attack",
		                                   "place",
		                                   "place_name",
		                                   "admin1_name",
		                                   "admin2_name",
		                                   "geometry",
		                                   "import_flags",
		                                   NULL };
	struct counting c = { .a = a,
		              .table = { NULL, column, COLUMNS, "person", method },
		              .accident_kind = store_kind(a->st, "accident"),
		              .victim_kind = store_kind(a->st, "victim") };
	struct each_filter acc = { .kind = c.accident_kind,
		                   .as_of_days = a->q->as_of_days,
		                   .known_size = a->q->known_size,
		                   .want = want_accident };
	struct each_filter vic = { .kind = c.victim_kind,
		                   .as_of_days = a->q->as_of_days,
		                   .known_size = a->q->known_size,
		                   .want = want_victim };
	enum err_code rc = tally_create(&c.table.tally, e);

	c.asked = a->q->explain;
	if (text_eq(c.asked, "casualties.total") || text_eq(c.asked, "casualties.child_share"))
		c.asked = column[PERSONS].code;
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
	tally_free(c.table.tally);
	mem_free(c.acc);
	return rc;
}
