#include "store/shown.h"

#include <string.h>

#include "base/text.h"
#include "geo/measure.h"
#include "store/cautious.h"

const char *
shown_as_name(enum shown_as as)
{
	static const char *const name[] = { "danger", "reported_released", "released" };

	return name[as];
}

double
shown_rank(const struct form *form, const char *field, const char *code, const char *column)
{
	const struct form_field *f = form_find(form, field);
	const struct form_choice *c = f && f->list && code ? form_choice_find(f->list, code) : NULL;
	const char *text = c && c->extra ? json_get_string(c->extra, column) : NULL;
	double v = 0;

	if (text && text_parse_f64(text, strlen(text), &v))
		return v;
	return c && c->extra ? json_get_number(c->extra, column, 0) : 0;
}

/* Who descends from whom: bit a of row b is set if a is an ancestor of b. Parents are received
 * earlier. */
struct kin {
	size_t words;
	uint64_t *bits;
};

static bool
kin_make(struct kin *k, const struct shown_revision *rev, size_t count, struct arena *mem)
{
	k->words = (count + 63) / 64;
	k->bits = arena_calloc(mem, count * k->words + 1, sizeof(*k->bits));
	if (!k->bits)
		return false;
	for (size_t b = 1; b < count; b++)
		for (size_t j = 0; j < rev[b].parent_count; j++)
			for (size_t a = b; a-- > 0;) {
				if (memcmp(rev[a].leaf, rev[b].parents[j], 32) != 0)
					continue;
				k->bits[b * k->words + a / 64] |= (uint64_t)1 << (a % 64);
				for (size_t w = 0; w < k->words; w++)
					k->bits[b * k->words + w] |= k->bits[a * k->words + w];
				break;
			}
	return true;
}

static bool
is_ancestor(const struct kin *k, size_t a, size_t b)
{
	return (k->bits[b * k->words + a / 64] >> (a % 64) & 1) != 0;
}

/* b puts a out of play: later date of information, or the same date and a descendant. */
static bool
supersedes(const struct shown_revision *rev, const struct kin *kin, size_t b, size_t a)
{
	if (rev[b].valid_from_days != rev[a].valid_from_days)
		return rev[b].valid_from_days > rev[a].valid_from_days;
	return is_ancestor(kin, a, b);
}

/* Marks which revisions are in play. With caution only approved ones put others out of play; for
 * other kinds any later one does. */
static size_t
find_in_play(const struct shown_revision *rev, const struct kin *kin, size_t count,
             int64_t as_of_days, bool caution, bool *in_play)
{
	size_t n = 0;

	for (size_t a = 0; a < count; a++) {
		bool in = rev[a].ruling != RULING_RETURNED && rev[a].valid_from_days <= as_of_days;

		for (size_t b = 0; in && b < count; b++) {
			if (b == a || rev[b].ruling == RULING_RETURNED ||
			    rev[b].valid_from_days > as_of_days)
				continue;
			if ((cautious_approved(&rev[b]) || !caution) && supersedes(rev, kin, b, a))
				in = false;
		}
		in_play[a] = in;
		n += in;
	}
	return n;
}

/* The revision whose attributes are shown. */
static size_t
find_winner(const struct shown_revision *rev, size_t count, const bool *in_play)
{
	size_t w = cautious_base(rev, in_play, count);

	/* what figures are measured with is not changed by one person */
	if (cautious_measure(rev[0].fields.form->kind) && cautious_approved(&rev[w]))
		return w;
	w = count;
	for (size_t i = 0; i < count; i++)
		if (in_play[i] && (w == count || rev[i].valid_from_days >= rev[w].valid_from_days))
			w = i;
	return w;
}

enum err_code
shown_measure(struct geo *geo, bool known_valid, struct arena *mem, struct shown *ret,
              struct err *e)
{
	const struct geom *g = ret->fields.geom;
	struct geom *max, min;
	enum shape_fault fault = SHAPE_VALID;
	double at[2];
	enum err_code rc;

	ret->area_m2 = ret->area_low_m2 = ret->area_high_m2 = ret->perimeter_m = 0;
	ret->cover = false;
	if (!g || !geom_is_areal(g))
		return ERR_OK;
	rc = known_valid ? ERR_OK : shape_check(geo, g, &fault, at, e);
	if (rc)
		return rc;
	if (fault == SHAPE_VALID) {
		ret->area_m2 = ret->area_low_m2 = ret->area_high_m2 = measure_area_m2(g);
		ret->perimeter_m = measure_perimeter_m(g);
		return ERR_OK;
	}
	max = arena_alloc(mem, sizeof(*max));
	if (!max)
		return err_set(e, ERR_NOMEM, "out of memory for an outline");
	rc = shape_cover(geo, g, mem, max, &min, e);
	if (rc)
		return rc;
	ret->cover = true;
	ret->fields.geom = max;
	ret->area_m2 = ret->area_high_m2 = geom_is_areal(max) ? measure_area_m2(max) : 0;
	ret->area_low_m2 = geom_is_areal(&min) ? measure_area_m2(&min) : 0;
	ret->perimeter_m = geom_is_areal(max) ? measure_perimeter_m(max) : 0;
	return ERR_OK;
}

/* The more cautious code of a field over all revisions in play, by a rank column of its choices.
 * A revision that states none counts as `none` beside one that does; NULL = it says nothing. */
static void
join_code(const struct shown_revision *rev, const bool *in_play, size_t count, const char *field,
          const char *column, const char *none, struct shown *ret)
{
	const struct form *form = ret->fields.form;
	const char *best = NULL;
	double rank = 0;
	bool stated = false;

	for (size_t i = 0; i < count; i++) {
		const char *code = in_play[i] ? fields_text(&rev[i].fields, field) : NULL;
		double r;

		if (!in_play[i] || (!code && !none))
			continue;
		stated = stated || code;
		code = code ? code : none;
		r = shown_rank(form, field, code, column);
		if (!best || r > rank || (r == rank && rev[i].rid == ret->rid)) {
			best = code;
			rank = r;
		}
	}
	if (stated)
		(void)fields_set_text(&ret->fields, field, best);
}

static bool
is_points(const struct geom *g)
{
	return g->type == GEOM_POINT || g->type == GEOM_MULTIPOINT;
}

/* What is drawn of each: beside an area points and lines are as large as the radius of the record,
 * as they are without one. */
static enum err_code
grow_thin(struct geo *geo, double radius_m, const struct geom **drawn, size_t count,
          struct arena *mem, struct err *e)
{
	bool areal = false;
	enum err_code rc = ERR_OK;

	for (size_t i = 0; i < count; i++)
		areal = areal || (drawn[i] && geom_is_areal(drawn[i]));
	for (size_t i = 0; !rc && areal && i < count; i++) {
		struct geom *grown;

		if (!drawn[i] || geom_is_areal(drawn[i]) || geom_is_empty(drawn[i]) ||
		    !(radius_m > 0))
			continue;
		grown = arena_alloc(mem, sizeof(*grown));
		if (!grown)
			return err_set(e, ERR_NOMEM, "out of memory for an outline");
		rc = shape_grow(geo, drawn[i], radius_m, mem, grown, e);
		drawn[i] = grown;
	}
	return rc;
}

/* The union; one that all say stays as it is. */
static enum err_code
join_drawn(struct geo *geo, const struct shown_history *h, double radius_m,
           const struct geom **drawn, struct arena *mem, struct geom *ret, struct err *e)
{
	size_t count = h->count;
	const struct geom **g = arena_calloc(mem, count + 1, sizeof(*g));
	bool same = true, points = true;
	size_t n = 0;
	enum err_code rc;

	if (!g)
		return err_set(e, ERR_NOMEM, "out of memory for joining %zu revisions", count);
	for (size_t i = 0; i < count; i++) {
		if (!drawn[i])
			continue;
		g[n++] = drawn[i];
		same = same && geom_equal(g[0], drawn[i]);
		points = points && is_points(drawn[i]);
	}
	*ret = *g[0];
	if (same)
		return ERR_OK;
	if (points)
		return cautious_points(h->rev, drawn, count, mem, ret, e);
	rc = grow_thin(geo, radius_m, drawn, count, mem, e);
	n = 0;
	for (size_t i = 0; i < count; i++)
		if (drawn[i])
			g[n++] = drawn[i];
	return rc ? rc : shape_join(geo, g, n, mem, ret, e);
}

/* Union of what is drawn for each revision in play; low is the least of their lows. */
static enum err_code
join_geometry(struct geo *geo, const struct shown_revision *rev, size_t count, const bool *in_play,
              struct arena *mem, struct shown *ret, struct err *e)
{
	const struct geom **drawn = arena_calloc(mem, count, sizeof(*drawn));
	struct geom *all = arena_alloc(mem, sizeof(*all));
	size_t n = 0;
	double low = -1;
	bool cover = false;
	enum err_code rc;

	ret->any_thin = false;
	if (!drawn || !all)
		return err_set(e, ERR_NOMEM, "out of memory for joining %zu revisions", count);
	for (size_t i = 0; i < count; i++) {
		struct shown one = { .fields = rev[i].fields };

		ret->any_thin =
			ret->any_thin ||
			(in_play[i] && !(rev[i].fields.geom && geom_is_areal(rev[i].fields.geom)));
		if (!in_play[i] || !rev[i].fields.geom)
			continue;
		rc = shown_measure(geo, false, mem, &one, e);
		if (rc)
			return rc;
		drawn[i] = one.fields.geom;
		n++;
		cover = cover || one.cover;
		low = low < 0 || one.area_low_m2 < low ? one.area_low_m2 : low;
	}
	if (n == 0)
		return ERR_OK;
	rc = join_drawn(geo, &(struct shown_history){ rev, count, 0 },
	                fields_number(&ret->fields, "radius_m", 0), drawn, mem, all, e);
	if (rc)
		return rc;
	ret->fields.geom = all;
	ret->cover = cover;
	ret->area_m2 = ret->area_high_m2 = geom_is_areal(all) ? measure_area_m2(all) : 0;
	ret->perimeter_m = geom_is_areal(all) ? measure_perimeter_m(all) : 0;
	ret->area_low_m2 = low < 0 ? 0 : low;
	return ERR_OK;
}

/* What a column says of a choice; NULL: nothing, or there is no such choice. */
static const char *
choice_column(const struct form *form, const char *field, const char *code, const char *column)
{
	const struct form_field *f = form_find(form, field);
	const struct form_choice *c = f && f->list && code ? form_choice_find(f->list, code) : NULL;

	return c && c->extra ? json_get_string(c->extra, column) : NULL;
}

/* Is the shown status one that is not open? */
static bool
is_closed(const struct store_fields *f)
{
	return text_eq(choice_column(f->form, "status", fields_text(f, "status"), "open"), "no");
}

bool
shown_in_totals(const struct form *form, const char *code)
{
	return !text_eq(choice_column(form, "class", code, "in_area_totals"), "no");
}

bool
shown_counted_apart(const struct store_fields *f)
{
	const char *device = fields_text(f, "device_class");

	return text_eq(fields_text(f, "during_attack"), "yes") ||
	       text_eq(choice_column(f->form, "device_class", device, "monitor"), "not_counted");
}

/* The class under which it is counted in totals of area: the most dangerous one in play that is. */
static void
join_totals(const struct shown_revision *rev, const bool *in_play, size_t count, struct shown *ret)
{
	const struct form *form = ret->fields.form;

	ret->totals_class = ret->first_class = NULL;
	for (size_t i = count; i-- > 0;) {
		const char *code = in_play[i] ? fields_text(&rev[i].fields, "class") : NULL;

		if (!in_play[i])
			continue;
		code = code ? code : "unknown";
		ret->first_class = code;
		if (shown_in_totals(form, code) &&
		    (!ret->totals_class ||
		     shown_rank(form, "class", code, "danger_rank") >
		             shown_rank(form, "class", ret->totals_class, "danger_rank")))
			ret->totals_class = code;
	}
}

static enum err_code
join_hazard(struct geo *geo, const struct shown_revision *rev, size_t count, const bool *in_play,
            struct arena *mem, struct shown *ret, struct err *e)
{
	bool released = true;

	join_code(rev, in_play, count, "class", "danger_rank", NULL, ret);
	join_code(rev, in_play, count, "status", "open_rank", "unknown", ret);
	join_totals(rev, in_play, count, ret);
	for (size_t i = 0; i < count; i++)
		released = released && (!in_play[i] || rev[i].ruling == RULING_RELEASED);
	if (!is_closed(&ret->fields))
		ret->as = SHOWN_DANGER;
	else
		ret->as = released ? SHOWN_RELEASED : SHOWN_REPORTED_RELEASED;
	return join_geometry(geo, rev, count, in_play, mem, ret, e);
}

bool
shown_disposed(const struct store_fields *f)
{
	static const char *const done[] = { "demolished_in_place", "removed_demolished", "burnt",
		                            "handed_to_authority" };
	const char *method = fields_text(f, "disposal_method");

	for (size_t i = 0; i < sizeof(done) / sizeof(*done); i++)
		if (text_eq(method, done[i]))
			return true;
	return false;
}

/* An item is there until its disposal is approved: what the revision in play says that does not
 * know it as disposed of. */
static void
join_disposal(const struct shown_revision *rev, const bool *in_play, size_t count,
              struct shown *ret)
{
	for (size_t i = count; i-- > 0 && shown_disposed(&ret->fields);)
		if (in_play[i] && !shown_disposed(&rev[i].fields))
			(void)fields_set_text(&ret->fields, "disposal_method",
			                      fields_text(&rev[i].fields, "disposal_method"));
}

void
shown_in_play(const struct shown_history *h, struct arena *mem, const bool **ret_in_play)
{
	bool *in_play = arena_calloc(mem, h->count + 1, sizeof(*in_play));
	struct kin kin;

	*ret_in_play = NULL;
	if (!in_play || !kin_make(&kin, h->rev, h->count, mem))
		return;
	if (h->count)
		(void)find_in_play(h->rev, &kin, h->count, h->as_of_days,
		                   cautious_kind(h->rev[0].fields.form->kind), in_play);
	*ret_in_play = in_play;
}

enum err_code
shown_join(struct geo *geo, const struct shown_history *h, struct arena *mem, struct shown *ret,
           bool *ret_any, struct err *e)
{
	const struct shown_revision *rev = h->rev;
	size_t count = h->count;
	bool *in_play = arena_calloc(mem, count + 1, sizeof(*in_play));
	struct store_value *copy;
	const struct form *form;
	struct kin kin;
	size_t n, w;
	bool caution;

	if (!in_play || !kin_make(&kin, rev, count, mem))
		return err_set(e, ERR_NOMEM, "out of memory for joining %zu revisions", count);
	*ret_any = false;
	if (count == 0)
		return ERR_OK;
	form = rev[0].fields.form;
	caution = cautious_kind(form->kind);
	n = find_in_play(rev, &kin, count, h->as_of_days, caution || cautious_measure(form->kind),
	                 in_play);
	if (n == 0)
		return ERR_OK;
	w = find_winner(rev, count, in_play);
	copy = arena_memdup(mem, rev[w].fields.value, (form->field_count + 1) * sizeof(*copy));
	if (!copy)
		return err_set(e, ERR_NOMEM, "out of memory for joining %zu revisions", count);
	ret->fields = rev[w].fields;
	ret->fields.value = copy;
	ret->as = SHOWN_DANGER;
	ret->rid = rev[w].rid;
	ret->revisions = (int)count;
	ret->unapproved = ret->conflict = false;
	ret->submission = 0;
	for (size_t i = 0; i < count; i++) {
		if (!in_play[i])
			continue;
		ret->unapproved = ret->unapproved || !cautious_approved(&rev[i]);
		ret->conflict = ret->conflict ||
		                (i != w && rev[i].valid_from_days == rev[w].valid_from_days &&
		                 !is_ancestor(&kin, i, w) && !is_ancestor(&kin, w, i));
		if (rev[i].submission > ret->submission)
			ret->submission = rev[i].submission;
	}
	*ret_any = true;
	ret->base_approved = cautious_approved(&rev[cautious_base(rev, in_play, count)]);
	ret->base_geom = rev[w].fields.geom;
	if (!caution)
		return shown_measure(geo, false, mem, ret, e);
	ret->base_geom = rev[cautious_base(rev, in_play, count)].fields.geom;
	cautious_values(rev, in_play, count, ret);
	if (text_eq(form->kind, "hazard"))
		return join_hazard(geo, rev, count, in_play, mem, ret, e);
	if (text_eq(form->kind, "ordnance"))
		join_disposal(rev, in_play, count, ret);
	return join_geometry(geo, rev, count, in_play, mem, ret, e);
}

enum err_code
shown_first(struct geo *geo, const struct shown_revision *rev, bool known_valid, struct arena *mem,
            struct shown *ret, struct err *e)
{
	*ret = (struct shown){ .fields = rev->fields,
		               .as = SHOWN_DANGER,
		               .unapproved = !cautious_approved(rev),
		               .revisions = 1,
		               .submission = rev->submission,
		               .rid = rev->rid };
	if (text_eq(rev->fields.form->kind, "hazard") && is_closed(&rev->fields))
		ret->as = rev->ruling == RULING_RELEASED ? SHOWN_RELEASED : SHOWN_REPORTED_RELEASED;
	return shown_measure(geo, known_valid, mem, ret, e);
}
