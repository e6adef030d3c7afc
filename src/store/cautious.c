#include "store/cautious.h"

#include <math.h>
#include <string.h>

#include "base/text.h"

bool
cautious_kind(const char *kind)
{
	static const char *const kinds[] = { "hazard", "ordnance", "accident", "victim",
		                             "minefield_record" };

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (text_eq(kind, kinds[i]))
			return true;
	return false;
}

bool
cautious_measure(const char *kind)
{
	return text_eq(kind, "place") || text_eq(kind, "source");
}

bool
cautious_approved(const struct shown_revision *r)
{
	return r->ruling == RULING_APPROVED || r->ruling == RULING_RELEASED;
}

/* Revisions in play, and what is shown of them. */
struct joined {
	const struct shown_revision *rev;
	const bool *in_play;
	size_t count;
	struct shown *ret;
};

/* --- the largest number
 * ----------------------------------------------------------------------------------------- */

/* Not stated stands for a number of its own, which may be the largest: then nothing is stated. */
static const struct most {
	const char *kind, *field; /* kind NULL = every one */
	double unstated;
} mosts[] = {
	{ NULL, "radius_m", 0 },
	{ "minefield_record", "accuracy_m", 100 }, /* assess/minefields.c */
	{ NULL, "accuracy_m", 25 },                /* LAND_ACCURACY_M */
	{ "hazard", "reported_area_m2", 0 },
	{ "ordnance", "quantity", 1 },
};

static void
take_most(const struct joined *j, const struct most *m)
{
	int at = form_index(j->ret->fields.form, m->field);
	struct store_value best = { 0 };
	double most = 0;
	bool unstated = false;

	if (at < 0)
		return;
	for (size_t i = 0; i < j->count; i++) {
		double v = j->in_play[i] ? fields_number(&j->rev[i].fields, m->field, (double)NAN)
		                         : (double)NAN;

		unstated = unstated || (j->in_play[i] && isnan(v));
		if (isnan(v) || (best.type != STORE_NULL && v <= most))
			continue;
		most = v;
		best = j->rev[i].fields.value[at];
	}
	if (unstated && most < m->unstated)
		best = (struct store_value){ 0 };
	j->ret->fields.value[at] = best;
}

/* --- what waits
 * -----------------------------------------------------------------------------------------------
 */

/* Where and when a record is counted, and with which accident. */
static const struct waits {
	const char *kind, *field; /* kind NULL = every one */
} waits[] = {
	{ NULL, "place" },        { NULL, "place_name" },        { NULL, "admin1_name" },
	{ NULL, "admin2_name" },  { "accident", "date" },        { "accident", "date_latest" },
	{ "victim", "accident" }, { "victim", "accident_date" }, { "victim", "accident_year" },
};

size_t
cautious_base(const struct shown_revision *rev, const bool *in_play, size_t count)
{
	size_t base = count;

	for (size_t i = 0; i < count; i++)
		if (in_play[i] && cautious_approved(&rev[i]) &&
		    (base == count || rev[i].valid_from_days >= rev[base].valid_from_days))
			base = i;
	for (size_t i = 0; base == count && i < count; i++)
		if (in_play[i])
			return i;
	return base;
}

/* --- people
 * ---------------------------------------------------------------------------------------------------
 */

static void
set_count(struct shown *ret, const char *field, double n, bool stated)
{
	if (n > 0 || stated)
		(void)fields_set_int(&ret->fields, field, (int64_t)n);
}

/* As many killed, as many killed or injured, and as many harmed as any revision in play says; each
 * person once. */
static void
join_harm(const struct joined *j)
{
	static const char *const field[] = { "killed", "injured", "unknown_outcome" };
	double most[3] = { 0 };
	bool stated[3] = { false };

	for (size_t i = 0; i < j->count; i++) {
		double sum = 0;

		for (size_t k = 0; j->in_play[i] && k < 3; k++) {
			double v = fields_number(&j->rev[i].fields, field[k], -1);

			stated[k] = stated[k] || v >= 0;
			sum += fmax(v, 0);
			most[k] = fmax(most[k], sum);
		}
	}
	set_count(j->ret, field[0], most[0], stated[0]);
	set_count(j->ret, field[1], most[1] - most[0], stated[1]);
	set_count(j->ret, field[2], most[2] - most[1], stated[2]);
}

static double
severity(const char *outcome)
{
	return text_eq(outcome, "killed") ? 2 : text_eq(outcome, "injured") ? 1 : 0;
}

static void
join_outcome(const struct joined *j)
{
	for (size_t i = 0; i < j->count; i++) {
		const char *o = j->in_play[i] ? fields_text(&j->rev[i].fields, "outcome") : NULL;

		if (severity(o) > severity(fields_text(&j->ret->fields, "outcome")))
			(void)fields_set_text(&j->ret->fields, "outcome", o);
	}
}

/* Persons harmed are counted while a revision in play does not set them apart. */
static void
join_apart(const struct joined *j)
{
	for (size_t i = j->count; i-- > 0 && shown_counted_apart(&j->ret->fields);) {
		const struct store_fields *f = &j->rev[i].fields;

		if (!j->in_play[i] || shown_counted_apart(f))
			continue;
		(void)fields_set_text(&j->ret->fields, "device_class",
		                      fields_text(f, "device_class"));
		(void)fields_set_text(&j->ret->fields, "during_attack",
		                      fields_text(f, "during_attack"));
	}
}

/* --- all of it
 * ------------------------------------------------------------------------------------------------
 */

void
cautious_values(const struct shown_revision *rev, const bool *in_play, size_t count,
                struct shown *ret)
{
	const char *kind = ret->fields.form->kind;
	const struct joined j = { rev, in_play, count, ret };
	const char *done = NULL;
	size_t n = 0, base;

	for (size_t i = 0; i < count; i++)
		n += in_play[i];
	if (n < 2)
		return;
	for (size_t i = 0; i < sizeof(mosts) / sizeof(*mosts); i++) {
		if ((mosts[i].kind && !text_eq(mosts[i].kind, kind)) ||
		    text_eq(mosts[i].field, done))
			continue; /* the first that fits holds */
		take_most(&j, &mosts[i]);
		done = mosts[i].field;
	}
	base = cautious_base(rev, in_play, count);
	for (size_t i = 0; i < sizeof(waits) / sizeof(*waits); i++) {
		int at = form_index(ret->fields.form, waits[i].field);

		if (at >= 0 && (!waits[i].kind || text_eq(waits[i].kind, kind)))
			ret->fields.value[at] = rev[base].fields.value[at];
	}
	if (text_eq(kind, "accident"))
		join_harm(&j);
	if (text_eq(kind, "victim"))
		join_outcome(&j);
	if (text_eq(kind, "accident") || text_eq(kind, "victim"))
		join_apart(&j);
}

static bool
holds_point(const double *xy, uint32_t n, const double *p)
{
	for (uint32_t i = 0; i < n; i++)
		if (xy[2 * (size_t)i] == p[0] && xy[2 * (size_t)i + 1] == p[1])
			return true;
	return false;
}

enum err_code
cautious_points(const struct shown_revision *rev, const struct geom *const *g, size_t count,
                struct arena *mem, struct geom *ret, struct err *e)
{
	size_t room = 0;
	uint32_t n = 0, *end;
	double *xy;

	for (size_t i = 0; i < count; i++)
		room += g[i] ? g[i]->point_count : 0;
	xy = arena_calloc(mem, 2 * room + 1, sizeof(*xy));
	end = arena_calloc(mem, room + 1, sizeof(*end));
	if (!xy || !end)
		return err_set(e, ERR_NOMEM, "out of memory for joining %zu revisions", count);
	for (int approved = 1; approved >= 0; approved--)
		for (size_t i = 0; i < count; i++) {
			if (!g[i] || cautious_approved(&rev[i]) != (approved == 1))
				continue;
			for (uint32_t k = 0; k < g[i]->point_count; k++)
				if (!holds_point(xy, n, &g[i]->xy[2 * (size_t)k])) {
					memcpy(&xy[2 * (size_t)n], &g[i]->xy[2 * (size_t)k],
					       2 * sizeof(*xy));
					end[n] = n + 1;
					n++;
				}
		}
	*ret = (struct geom){ .type = n == 1 ? GEOM_POINT : GEOM_MULTIPOINT,
		              .part_count = n,
		              .ring_count = n,
		              .point_count = n,
		              .part_end = end,
		              .ring_end = end,
		              .xy = xy };
	return ERR_OK;
}
