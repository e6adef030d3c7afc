#include "ingest/lessen.h"

#include <math.h>

#include "geo/measure.h"

/* Less is the noise of drawing: a shared border has no area. */
#define NOISE_M2 1.0

static bool
is_approved(enum ruling r)
{
	return r == RULING_APPROVED || r == RULING_RELEASED;
}

/* The record as it would be shown: with the decision, or (only_approved) without all that waits. */
static enum err_code
join(struct store *st, const struct lessen_what *w, bool only_approved, struct arena *mem,
     struct shown *ret, bool *ret_any, struct err *e)
{
	struct history_revision *list = arena_calloc(mem, w->count + 1, sizeof(*list));

	if (!list)
		return err_set(e, ERR_NOMEM, "out of memory for a decision");
	for (size_t i = 0; i < w->count; i++) {
		list[i] = w->list[i];
		if (only_approved && !is_approved(list[i].rev.ruling))
			list[i].rev.ruling = RULING_RETURNED;
		else if (!only_approved && w->about[i])
			list[i].rev.ruling = w->ruling;
	}
	return history_join(st, &(struct history){ w->kind, w->id, list, w->count }, INT64_MAX, mem,
	                    ret, ret_any, e);
}

static double
reach_m(const struct store_fields *f)
{
	return fmax(fields_number(f, "radius_m", 0), 0) +
	       fmax(fields_number(f, "accuracy_m", 0), 0);
}

/* What is drawn before and not after. */
static enum err_code
compare_drawn(struct geo *geo, const struct geom *before, const struct geom *after,
              struct lessen *ret, struct err *e)
{
	double shared_m2 = 0, area_m2 = 0;
	bool covers = false;
	enum err_code rc = ERR_OK;

	if (!before || geom_is_empty(before))
		return ERR_OK;
	if (after && geom_equal(before, after))
		return ERR_OK;
	if (after && !geom_is_empty(after))
		rc = shape_covers(geo, after, before, &covers, e);
	if (rc || covers)
		return rc;
	if (!geom_is_areal(before)) {
		ret->loses = true;
		return ERR_OK;
	}
	area_m2 = measure_area_m2(before);
	if (after && geom_is_areal(after))
		rc = shape_overlap_m2(geo, before, after, &shared_m2, e);
	ret->lost_m2 = fmax(area_m2 - shared_m2, 0);
	ret->loses = ret->lost_m2 >= NOISE_M2;
	return rc;
}

enum err_code
lessen_compare(struct store *st, struct geo *geo, const struct lessen_what *w, struct arena *mem,
               struct lessen *ret, struct err *e)
{
	struct lessen r = { 0 };
	struct shown before, base;
	bool any_before = false, any_base = false;
	const struct history now = { w->kind, w->id, w->list, w->count };
	enum err_code rc = history_join(st, &now, INT64_MAX, mem, &before, &any_before, e);

	if (!rc)
		rc = join(st, w, false, mem, &r.after, &r.any_after, e);
	if (!rc)
		rc = join(st, w, true, mem, &base, &any_base, e);
	if (rc)
		return rc;
	if (any_before && before.as == SHOWN_DANGER) {
		const struct form *form = before.fields.form;
		const char *old = fields_text(&before.fields, "class");
		const char *new = r.any_after ? fields_text(&r.after.fields, "class") : NULL;

		rc = compare_drawn(geo, before.fields.geom,
		                   r.any_after ? r.after.fields.geom : NULL, &r, e);
		r.closes = r.any_after && r.after.as != SHOWN_DANGER;
		r.lessens = !r.any_after || r.closes || r.loses ||
		            shown_rank(form, "class", old, "danger_rank") >
		                    shown_rank(form, "class", new, "danger_rank") ||
		            (any_base && reach_m(&base.fields) > reach_m(&r.after.fields));
	}
	if (!rc)
		*ret = r;
	return rc;
}
