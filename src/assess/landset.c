#include "assess/landset.h"

#include <string.h>

#include "assess/places.h"
#include "base/mem.h"
#include "base/text.h"
#include "geo/measure.h"
#include "geo/shape.h"
#include "store/access.h"
#include "store/history.h"

struct loading {
	struct assess *a;
	struct land_set *s;
	int64_t as_of_days;
	bool with_places;
};

static enum err_code
keep_geometry(struct loading *l, const struct shown *row, struct land_item *x, struct err *e)
{
	double radius = fields_number(&row->fields, "radius_m", 0);
	const struct geom *g = row->fields.geom;
	enum err_code rc;

	if (!g || geom_is_empty(g))
		return ERR_OK;
	if (!geom_is_areal(g) && radius > 0) {
		rc = shape_grow(l->a->geo, g, radius, &l->s->mem, &x->geom, e);
		if (rc)
			return rc;
		x->area_m2 = x->area_low_m2 = measure_area_m2(&x->geom);
		x->perimeter_m = measure_perimeter_m(&x->geom);
	} else {
		if (!geom_copy(g, &l->s->mem, &x->geom))
			return err_set(e, ERR_NOMEM, "out of memory for %zu hazards", l->s->count);
		x->area_m2 = row->area_m2;
		/* two ways of summing: the smaller reading is never the larger area */
		x->area_low_m2 = row->area_low_m2 < row->area_m2 ? row->area_low_m2 : row->area_m2;
		x->perimeter_m = row->perimeter_m;
	}
	x->areal = geom_is_areal(&x->geom);
	return ERR_OK;
}

/* Codes come from the form's lists: those texts live as long as the store. */
static const char *
lasting(const struct form *form, const char *field, const char *code)
{
	const struct form_field *f = form_find(form, field);
	const struct form_choice *c = f && f->list && code ? form_choice_find(f->list, code) : NULL;

	return c ? c->code : "unknown";
}

static const char *
code_of(const struct shown *row, const char *field)
{
	return lasting(row->fields.form, field, fields_text(&row->fields, field));
}

/* Under which class it is counted. A correction that would take it out of totals, or out of what a
 * reader without exact access may know, waits for its approval: the class shown is then not that
 * of the totals. *ret_any false: the reader may not know of it. */
static void
settle_class(const struct loading *l, const struct shown *row, const struct shown *joined,
             struct land_item *x, bool *ret_any)
{
	const struct form *form = row->fields.form;
	const char *class = fields_text(&row->fields, "class");
	bool hides = l->a->q->no_single_items && access_is_single(class);

	x->hazard_class = lasting(form, "class", class);
	*ret_any = !hides;
	if (joined && hides && !access_is_single(joined->first_class)) {
		x->hazard_class = lasting(form, "class", joined->first_class);
		*ret_any = true;
	} else if (joined && !hides && !shown_in_totals(form, class) && joined->totals_class) {
		x->hazard_class = lasting(form, "class", joined->totals_class);
	}
	x->in_totals = shown_in_totals(form, x->hazard_class);
	x->thin = !x->areal || (joined && joined->any_thin);
}

/* What is counted while a correction waits is not all that is shown: the revisions say it. */
static enum err_code
settle(struct loading *l, const struct shown *row, struct land_item *x, bool *ret_any,
       struct err *e)
{
	const struct history_ask ask = { row->kind, row->id, l->as_of_days, l->a->q->known_size };
	const char *class = fields_text(&row->fields, "class");
	struct shown joined = *row;
	struct arena mem;
	bool any = true;
	enum err_code rc = ERR_OK;

	*ret_any = false;
	if (row->revisions < 2 || !(row->unapproved || row->conflict) ||
	    (shown_in_totals(row->fields.form, class) && !access_is_single(class) &&
	     x->reported_m2 <= x->area_m2)) {
		settle_class(l, row, NULL, x, ret_any);
		return ERR_OK;
	}
	arena_init(&mem, (size_t)1 << 30);
	if (!row->rid)
		rc = history_shown(l->a->st, &ask, &mem, &joined, &any, e);
	if (!rc && any)
		settle_class(l, row, &joined, x, ret_any);
	arena_done(&mem);
	return rc;
}

static enum err_code
see_hazard(void *ctx, const struct shown *row, struct err *e)
{
	struct loading *l = ctx;
	struct land_set *s = l->s;
	struct land_item x = { .id = row->id,
		               .as = row->as,
		               .unapproved = row->unapproved,
		               .reported_m2 = fields_number(&row->fields, "reported_area_m2", 0) };
	bool any = false;
	enum err_code rc = keep_geometry(l, row, &x, e);

	if (!rc)
		rc = settle(l, row, &x, &any, e);
	if (rc || !any)
		return rc;
	if (l->with_places)
		rc = places_of(l->a->places, row, &x.place, e);
	if (rc)
		return rc;
	if (s->count == s->room) {
		size_t room = s->room ? s->room * 2 : 1024;
		struct land_item *p = mem_realloc_array(s->item, room, sizeof(*p));

		if (!p)
			return err_set(e, ERR_NOMEM, "out of memory for %zu hazards", s->count);
		s->item = p;
		s->room = room;
	}
	x.status = code_of(row, "status");
	x.outcome = code_of(row, "outcome");
	x.accuracy_m = fields_number(&row->fields, "accuracy_m", -1);
	if (x.accuracy_m < 0) {
		x.accuracy_m = LAND_ACCURACY_M;
		s->without_accuracy++;
	}
	s->without_position += x.geom.point_count == 0;
	s->item[s->count++] = x;
	return ERR_OK;
}

enum err_code
land_set_load(struct assess *a, int64_t as_of_days, bool with_places, struct land_set *ret,
              struct err *e)
{
	static const char *const want[] = { "class",       "status",     "outcome",
		                            "accuracy_m",  "radius_m",   "reported_area_m2",
		                            "place",       "place_name", "admin1_name",
		                            "admin2_name", "geometry",   NULL };
	struct each_filter f = { .kind = store_kind(a->st, "hazard"),
		                 .as_of_days = as_of_days,
		                 .known_size = a->q->known_size,
		                 .want = want };
	struct loading l = {
		.a = a, .s = ret, .as_of_days = as_of_days, .with_places = with_places
	};
	enum err_code rc;

	memset(ret, 0, sizeof(*ret));
	arena_init(&ret->mem, (size_t)8 << 30);
	rc = f.kind < 0 ? ERR_OK : store_each(a->st, &f, see_hazard, &l, e);
	if (rc)
		land_set_free(ret);
	return rc;
}

void
land_set_free(struct land_set *s)
{
	arena_done(&s->mem);
	mem_free(s->item);
	memset(s, 0, sizeof(*s));
}
