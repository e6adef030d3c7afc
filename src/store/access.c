#include "store/access.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "geo/measure.h"
#include "store/handle.h"
#include "store/history.h"

enum {
	NO_ROWS = -1
};

/* What becomes of the main geometry for roles without exact access. */
enum place_rule {
	PLACE_NONE,
	PLACE_GRID,
	PLACE_AS_IS
};

/* domain.md section 17. level: the highest access letter a role reads, or NO_ROWS. */
static const struct kind_rule {
	const char *kind;
	int level[ACCESS_ROLES];
	enum place_rule place;
	bool full_dates; /* dates are not coarsened for the public */
} rules[] = {
	{ "hazard",
	  { FORM_PUBLIC, FORM_PARTNER, FORM_RESTRICTED, FORM_RESTRICTED, FORM_RESTRICTED },
	  PLACE_GRID,
	  false },
	{ "activity",
	  { FORM_PUBLIC, FORM_PARTNER, FORM_RESTRICTED, FORM_RESTRICTED, FORM_RESTRICTED },
	  PLACE_NONE,
	  false },
	{ "accident",
	  { NO_ROWS, FORM_PARTNER, FORM_RESTRICTED, FORM_RESTRICTED, FORM_RESTRICTED },
	  PLACE_NONE,
	  false },
	{ "victim",
	  { NO_ROWS, NO_ROWS, FORM_PARTNER, FORM_RESTRICTED, FORM_RESTRICTED },
	  PLACE_NONE,
	  false },
	{ "ordnance",
	  { NO_ROWS, FORM_PARTNER, FORM_RESTRICTED, FORM_RESTRICTED, FORM_RESTRICTED },
	  PLACE_NONE,
	  false },
	{ "minefield_record",
	  { NO_ROWS, NO_ROWS, FORM_RESTRICTED, FORM_RESTRICTED, FORM_RESTRICTED },
	  PLACE_NONE,
	  false },
	{ "claim",
	  { FORM_PUBLIC, FORM_PARTNER, FORM_RESTRICTED, FORM_RESTRICTED, FORM_RESTRICTED },
	  PLACE_AS_IS,
	  true },
	{ "source",
	  { FORM_PUBLIC, FORM_PARTNER, FORM_PARTNER, FORM_RESTRICTED, FORM_RESTRICTED },
	  PLACE_NONE,
	  true },
	{ "place",
	  { FORM_PUBLIC, FORM_PARTNER, FORM_RESTRICTED, FORM_RESTRICTED, FORM_RESTRICTED },
	  PLACE_AS_IS,
	  true },
	{ "organisation",
	  { FORM_PUBLIC, FORM_PARTNER, FORM_RESTRICTED, FORM_RESTRICTED, FORM_RESTRICTED },
	  PLACE_AS_IS,
	  true },
	{ "team",
	  { NO_ROWS, FORM_PARTNER, FORM_RESTRICTED, FORM_RESTRICTED, FORM_RESTRICTED },
	  PLACE_NONE,
	  false },
	{ "task",
	  { NO_ROWS, FORM_PARTNER, FORM_RESTRICTED, FORM_RESTRICTED, FORM_RESTRICTED },
	  PLACE_GRID,
	  false },
	{ "quality",
	  { NO_ROWS, FORM_PARTNER, FORM_RESTRICTED, FORM_RESTRICTED, FORM_RESTRICTED },
	  PLACE_NONE,
	  false },
	{ "assistance",
	  { NO_ROWS, NO_ROWS, NO_ROWS, FORM_RESTRICTED, FORM_RESTRICTED },
	  PLACE_NONE,
	  false },
	{ "decision",
	  { FORM_PUBLIC, FORM_PARTNER, FORM_PARTNER, FORM_RESTRICTED, FORM_RESTRICTED },
	  PLACE_NONE,
	  false },
	{ "event",
	  { NO_ROWS, NO_ROWS, NO_ROWS, FORM_RESTRICTED, FORM_RESTRICTED },
	  PLACE_NONE,
	  false },
	/* education, and kinds that an authority adds */
	{ NULL,
	  { FORM_PUBLIC, FORM_PARTNER, FORM_RESTRICTED, FORM_RESTRICTED, FORM_RESTRICTED },
	  PLACE_GRID,
	  false },
};

static const struct kind_rule *
rule_of(const char *kind)
{
	const struct kind_rule *r = rules;

	while (r->kind && !text_eq(r->kind, kind))
		r++;
	return r;
}

static const char *const role_name[] = { "public", "partner", "operator", "authority", "legal" };

const char *
access_role_name(enum access_role r)
{
	return role_name[r];
}

bool
access_role_parse(const char *name, enum access_role *ret)
{
	for (int i = 0; i < ACCESS_ROLES; i++)
		if (text_eq(name, role_name[i])) {
			*ret = (enum access_role)i;
			return true;
		}
	return false;
}

bool
access_is_exact(enum access_role r)
{
	return r >= ACCESS_OPERATOR;
}

bool
access_has_rows(enum access_role r, const char *kind)
{
	return rule_of(kind)->level[r] != NO_ROWS;
}

static bool
is_one_of(const char *name, const char *const *list)
{
	for (; *list; list++)
		if (text_eq(name, *list))
			return true;
	return false;
}

/* Fields that their letter alone would show. */
static bool
is_withheld(enum access_role r, const char *kind, const struct form_field *f)
{
	/* a position in words, and what leads to one */
	static const char *const position[] = { "given_text", "given_datum", "operation",
		                                "radius_m",   "from_point",  "bearing_deg",
		                                "distance_m", "elevation_m", NULL };
	/* accidents reach partners by administrative unit */
	static const char *const settlement[] = { "place",    "place_name",  "national_id",
		                                  "imsma_id", "imsma_links", "time",
		                                  NULL };
	static const char *const record[] = { "national_id", "valid_from", "reliability",
		                              "geometry",    "accuracy_m", "positional_error_m",
		                              NULL };

	if (!access_is_exact(r) && rule_of(kind)->place != PLACE_AS_IS &&
	    (is_one_of(f->name, position) ||
	     (f->type == FORM_GEOMETRY && !field_is_main_geometry(f))))
		return true;
	if (r == ACCESS_PARTNER && text_eq(kind, "accident") && is_one_of(f->name, settlement))
		return true;
	if (r == ACCESS_OPERATOR && text_eq(kind, "minefield_record"))
		return !is_one_of(f->name, record);
	if (r == ACCESS_OPERATOR && text_eq(kind, "accident")) /* coded, not told */
		return f->access == FORM_RESTRICTED &&
		       (f->type == FORM_TEXT || f->type == FORM_FILE);
	return r == ACCESS_AUTHORITY && text_eq(kind, "minefield_record") && f->type == FORM_FILE;
}

/* A list of surveyed points leads to the outline whatever is taken from it. */
static bool
is_survey(const struct form_field *repeat)
{
	for (size_t i = 0; i < repeat->child_count; i++)
		if (text_eq(repeat->child[i].name, "bearing_deg"))
			return true;
	return false;
}

static bool
is_moment(const struct form_field *f)
{
	return f->type == FORM_DATE || f->type == FORM_DATETIME;
}

enum access_show
access_field(enum access_role r, const char *kind, const struct form_field *f)
{
	const struct kind_rule *rule = rule_of(kind);

	if (f->access == FORM_IDENTITY || rule->level[r] == NO_ROWS ||
	    text_eq(f->name, "import_key"))
		return ACCESS_HIDE;
	if ((int)f->access > rule->level[r] || is_withheld(r, kind, f))
		return ACCESS_HIDE;
	if (!access_is_exact(r)) {
		if (field_is_main_geometry(f) && rule->place == PLACE_NONE)
			return ACCESS_HIDE;
		if (f->type == FORM_REPEAT && is_survey(f))
			return ACCESS_HIDE;
	}
	if (r == ACCESS_PUBLIC && f->type == FORM_TIME)
		return ACCESS_HIDE;
	return r == ACCESS_PUBLIC && is_moment(f) && !rule->full_dates ? ACCESS_MONTH : ACCESS_SHOW;
}

bool
access_identity(enum access_role r, const char *kind)
{
	return r == ACCESS_LEGAL && rule_of(kind)->level[r] != NO_ROWS;
}

bool
access_original(enum access_role r, const struct form *form, const struct form_field *f)
{
	return access_is_exact(r) && access_field(r, form->kind, f) == ACCESS_SHOW &&
	       (r == ACCESS_LEGAL || !form_has_identity(form));
}

bool
access_attached(enum access_role r, const struct form *form)
{
	if (r == ACCESS_LEGAL)
		return access_has_rows(r, form->kind);
	return r == ACCESS_AUTHORITY && access_has_rows(r, form->kind) &&
	       !text_eq(form->kind, "minefield_record") && !form_has_identity(form);
}

enum access_show
access_child(enum access_role r, const char *kind, const struct form_field *repeat,
             const struct form_field *child)
{
	if (access_field(r, kind, repeat) == ACCESS_HIDE ||
	    (child->type == FORM_GEOMETRY && !access_is_exact(r)))
		return ACCESS_HIDE;
	return access_field(r, kind, child);
}

/* "2024-05-17" and "2024-05-17T08:00:00Z" -> "2024-05" */
static bool
to_month(struct store_value *v, struct arena *mem)
{
	if (v->type != STORE_TEXT || v->n < 7) {
		*v = (struct store_value){ 0 };
		return true;
	}
	v->s = arena_strndup(mem, v->s, 7);
	v->n = 7;
	return v->s != NULL;
}

/* Members of one element of a repeat that may be seen; unlinks the others. */
static void
redact_element(enum access_role r, const char *kind, const struct form_field *repeat,
               struct json_value *element)
{
	struct json_value **at = &element->first;

	while (*at) {
		const struct form_field *child = form_find_child(repeat, (*at)->key);
		enum access_show show = child ? access_child(r, kind, repeat, child) : ACCESS_HIDE;

		if (show == ACCESS_HIDE) {
			*at = (*at)->next;
			element->count--;
			continue;
		}
		if (show == ACCESS_MONTH && (*at)->type == JSON_STRING && (*at)->count > 7)
			(*at)->count = 7;
		at = &(*at)->next;
	}
}

static enum err_code
redact_repeat(enum access_role r, const char *kind, const struct form_field *repeat,
              struct arena *mem, struct store_value *v, struct err *e)
{
	struct json_value *list = NULL;
	struct buf out;
	enum err_code rc = json_parse(v->s, v->n, 0, mem, &list, e);

	if (rc)
		return rc;
	for (struct json_value *el = list->first; el; el = el->next)
		if (el->type == JSON_OBJECT)
			redact_element(r, kind, repeat, el);
	buf_init(&out, (size_t)64 << 20);
	json_write_canonical(&out, list);
	if (buf_ok(&out)) {
		v->n = out.size;
		v->s = arena_strndup(mem, buf_text(&out), out.size);
	}
	if (!buf_ok(&out) || !v->s)
		rc = err_set(e, ERR_NOMEM, "out of memory for a list in a record");
	buf_done(&out);
	return rc;
}

void
access_plan(enum access_role r, const struct form *form, uint8_t *show)
{
	for (size_t i = 0; i < form->field_count; i++)
		show[i] = (uint8_t)access_field(r, form->kind, &form->field[i]);
}

static enum err_code
redact_fields(const struct access_how *how, struct arena *mem, struct shown *row, struct err *e)
{
	const struct form *form = row->fields.form;
	enum access_role r = how->role;
	struct store_value *copy =
		arena_memdup(mem, row->fields.value, (form->field_count + 1) * sizeof(*copy));
	enum err_code rc = copy ? ERR_OK : err_set(e, ERR_NOMEM, "out of memory for a record");

	for (size_t i = 0; !rc && i < form->field_count; i++) {
		const struct form_field *f = &form->field[i];
		enum access_show show =
			how->show ? (enum access_show)how->show[i] : access_field(r, form->kind, f);

		if (show == ACCESS_HIDE)
			copy[i] = (struct store_value){ 0 };
		else if (show == ACCESS_MONTH && !to_month(&copy[i], mem))
			rc = err_set(e, ERR_NOMEM, "out of memory for a record");
		else if (f->type == FORM_REPEAT && copy[i].type == STORE_JSON)
			rc = redact_repeat(r, form->kind, f, mem, &copy[i], e);
	}
	row->fields.value = copy ? copy : row->fields.value;
	return rc;
}

bool
access_is_single(const char *class)
{
	static const char *const single[] = { "eod_spot", "ammo_storage", NULL };

	return class && is_one_of(class, single);
}

static bool
is_single(const struct shown *row)
{
	return text_eq(row->fields.form->kind, "hazard") &&
	       access_is_single(fields_text(&row->fields, "class"));
}

/* How far beyond its drawing a record may reach. */
static double
margin_of(const struct access_how *how, const struct store_fields *f)
{
	double radius = fields_number(f, "radius_m", 0),
	       accuracy = fields_number(f, "accuracy_m", 0);
	double m = (radius > 0 ? radius : 0) + (accuracy > 0 ? accuracy : 0);

	return m > how->margin_m ? m : how->margin_m;
}

static enum err_code
coarsen(const struct access_how *how, struct geo *geo, struct arena *mem, bool inside,
        double margin_m, struct shown *row, struct err *e)
{
	double cell_m = how->grid_m > 0 ? how->grid_m : ACCESS_GRID_M;
	struct geom *out = arena_calloc(mem, 1, sizeof(*out));
	const struct geom *g = row->fields.geom;
	enum err_code rc;

	if (!out)
		return err_set(e, ERR_NOMEM, "out of memory for a public outline");
	rc = inside ? shape_to_grid_inside(geo, g, margin_m, cell_m, mem, out, e)
	            : shape_to_grid_grown(geo, g, margin_m, cell_m, mem, out, e);
	if (!rc)
		row->fields.geom = geom_is_empty(out) ? NULL : out;
	return rc;
}

static void
round_measures(struct shown *row)
{
	row->area_m2 = nearbyint(row->area_m2);
	row->area_low_m2 = floor(row->area_low_m2);
	row->area_high_m2 = ceil(row->area_high_m2);
	row->perimeter_m = 0;
}

static enum err_code
apply_coarse(const struct access_how *how, struct geo *geo, struct arena *mem, struct shown *row,
             enum access_fate *ret_fate, struct err *e)
{
	const char *kind = row->fields.form->kind;
	bool ordnance = text_eq(kind, "ordnance"), hazard = text_eq(kind, "hazard"),
	     single = is_single(row);
	double margin_m = margin_of(how, &row->fields);
	enum place_rule place = rule_of(kind)->place;
	const struct geom *drawn;
	enum err_code rc = ERR_OK;

	if (single || (ordnance && !shown_disposed(&row->fields))) {
		*ret_fate = ACCESS_GONE;
		if (row->as != SHOWN_DANGER || !row->fields.geom || geom_is_empty(row->fields.geom))
			return ERR_OK;
		rc = coarsen(how, geo, mem, false, margin_m, row, e);
		drawn = row->fields.geom;
		if (!rc && !fields_init(&row->fields, row->fields.form, mem))
			rc = err_set(e, ERR_NOMEM, "out of memory for a record");
		row->fields.geom = drawn;
		if (!rc)
			*ret_fate = ACCESS_UNCLASSED;
		return rc;
	}
	if (!access_has_rows(how->role, kind)) {
		*ret_fate = ACCESS_GONE;
		return ERR_OK;
	}
	if (row->fields.geom && (place == PLACE_NONE || geom_is_empty(row->fields.geom)))
		row->fields.geom = NULL;
	if (row->fields.geom && place == PLACE_GRID)
		rc = coarsen(how, geo, mem, hazard && row->as != SHOWN_DANGER, margin_m, row, e);
	if (place == PLACE_GRID)
		round_measures(row);
	if (place == PLACE_NONE)
		row->area_m2 = row->area_low_m2 = row->area_high_m2 = row->perimeter_m = 0;
	return rc ? rc : redact_fields(how, mem, row, e);
}

enum err_code
access_apply(const struct access_how *how, struct geo *geo, struct arena *mem, struct shown *row,
             enum access_fate *ret_fate, struct err *e)
{
	const struct geom *g = row->fields.geom;
	int i = form_index(row->fields.form, "geometry");

	*ret_fate = ACCESS_ROW;
	if (!access_is_exact(how->role))
		return apply_coarse(how, geo, mem, row, ret_fate, e);
	if (!access_has_rows(how->role, row->fields.form->kind)) {
		*ret_fate = ACCESS_GONE;
		return ERR_OK;
	}
	if (g && i >= 0 &&
	    access_field(how->role, row->fields.form->kind, &row->fields.form->field[i]) ==
	            ACCESS_HIDE)
		row->fields.geom = NULL;
	return redact_fields(how, mem, row, e);
}

struct walk {
	struct store *st;
	const struct each_filter *f;
	enum access_role role;
	each_fn *fn;
	void *ctx;
	struct arena row;  /* one row */
	struct arena kept; /* unclassed outlines */
	const struct geom **unclassed;
	size_t unclassed_count, unclassed_room;
	bool only_unclassed;
};

/* Revisions that wait may reach farther than the one whose values are shown. */
enum err_code
access_margin(struct store *st, const struct shown *row, int64_t known_size, struct arena *mem,
              double *ret_m, struct err *e)
{
	struct history_revision *list = NULL;
	const struct access_how none = { 0 };
	size_t n = 0;
	enum err_code rc;

	*ret_m = 0;
	if (row->revisions < 2 || !(row->unapproved || row->conflict))
		return ERR_OK;
	rc = history_load(st, row->id, known_size, mem, &list, &n, e);
	for (size_t i = 0; !rc && i < n; i++)
		*ret_m = fmax(*ret_m, margin_of(&none, &list[i].rev.fields));
	return rc;
}

static enum err_code
keep_unclassed(struct walk *w, const struct geom *g, struct err *e)
{
	struct geom *copy = arena_alloc(&w->kept, sizeof(*copy));

	if (w->unclassed_count == w->unclassed_room) {
		size_t room = w->unclassed_room ? 2 * w->unclassed_room : 256;
		const struct geom **more = mem_realloc_array(w->unclassed, room, sizeof(*more));

		if (!more)
			return err_set(e, ERR_NOMEM, "out of memory for danger areas");
		w->unclassed = more;
		w->unclassed_room = room;
	}
	if (!copy || !geom_copy(g, &w->kept, copy))
		return err_set(e, ERR_NOMEM, "out of memory for danger areas");
	w->unclassed[w->unclassed_count++] = copy;
	return ERR_OK;
}

static enum err_code
walk_row(void *ctx, const struct shown *row, struct err *e)
{
	struct walk *w = ctx;
	struct shown seen = *row;
	struct access_how how = { .role = w->role };
	enum access_fate fate = ACCESS_GONE;
	enum err_code rc = ERR_OK;

	if (w->only_unclassed && !is_single(row))
		return ERR_OK;
	arena_reset(&w->row);
	if (!access_is_exact(w->role))
		rc = access_margin(w->st, row, w->f->known_size, &w->row, &how.margin_m, e);
	if (!rc)
		rc = access_apply(&how, w->st->geo, &w->row, &seen, &fate, e);
	if (rc) {
		char id[UUID_TEXT];

		uuid_format(row->id, id);
		return err_prefix(e, "record %s", id);
	}
	if (fate == ACCESS_UNCLASSED)
		return keep_unclassed(w, seen.fields.geom, e);
	if (fate == ACCESS_GONE)
		return ERR_OK;
	if (w->f->box &&
	    (!seen.fields.geom || !geom_box_overlap(geom_bounds(seen.fields.geom), *w->f->box)))
		return ERR_OK;
	return w->fn(w->ctx, &seen, e);
}

/* Ordnance as part of the hazards: only its danger. */
static enum err_code
walk_ordnance(void *ctx, const struct shown *row, struct err *e)
{
	struct walk *w = ctx;
	struct shown seen = *row;
	struct access_how how = { .role = w->role };
	enum access_fate fate = ACCESS_GONE;
	enum err_code rc;

	arena_reset(&w->row);
	rc = access_margin(w->st, row, w->f->known_size, &w->row, &how.margin_m, e);
	if (!rc)
		rc = access_apply(&how, w->st->geo, &w->row, &seen, &fate, e);
	return rc || fate != ACCESS_UNCLASSED ? rc : keep_unclassed(w, seen.fields.geom, e);
}

struct emit {
	struct walk *w;
	struct shown row;
};

static enum err_code
emit_piece(void *ctx, const struct geom *piece, struct err *e)
{
	struct emit *m = ctx;
	const struct geom_box *box = m->w->f->box;

	m->row.fields.geom = piece;
	return !box || geom_box_overlap(geom_bounds(piece), *box) ? m->w->fn(m->w->ctx, &m->row, e)
	                                                          : ERR_OK;
}

static enum err_code
emit_unclassed(struct walk *w, int hazard, struct err *e)
{
	struct emit m = { .w = w, .row = { .kind = hazard, .as = SHOWN_DANGER } };

	if (w->unclassed_count == 0)
		return ERR_OK;
	if (!fields_init(&m.row.fields, store_form(w->st, hazard), &w->kept))
		return err_set(e, ERR_NOMEM, "out of memory for danger areas");
	(void)fields_set_text(&m.row.fields, "class", "unknown");
	(void)fields_set_text(&m.row.fields, "status", "open");
	return shape_grid_join(w->unclassed, w->unclassed_count, ACCESS_GRID_M, emit_piece, &m, e);
}

static enum err_code
walk_all(struct walk *w, struct each_filter *all, struct err *e)
{
	bool hazard = text_eq(store_kind_name(w->st, all->kind), "hazard");
	enum err_code rc;

	arena_init(&w->row, (size_t)512 << 20);
	arena_init(&w->kept, (size_t)2 << 30);
	rc = store_each(w->st, all, walk_row, w, e);
	if (!rc && hazard && !access_is_exact(w->role)) {
		all->kind = store_kind(w->st, "ordnance");
		if (all->kind >= 0)
			rc = store_each(w->st, all, walk_ordnance, w, e);
		if (!rc)
			rc = emit_unclassed(w, w->f->kind, e);
	}
	mem_free(w->unclassed);
	arena_done(&w->kept);
	arena_done(&w->row);
	return rc;
}

enum err_code
access_row(struct store *st, enum access_role role, struct arena *mem, struct shown *row,
           enum access_fate *ret_fate, struct err *e)
{
	struct access_how how = { .role = role };
	enum err_code rc = ERR_OK;

	if (!access_is_exact(role))
		rc = access_margin(st, row, INT64_MAX, mem, &how.margin_m, e);
	return rc ? rc : access_apply(&how, st->geo, mem, row, ret_fate, e);
}

enum err_code
access_get(struct store *st, struct uuid id, enum access_role role, struct arena *mem,
           struct shown *ret, enum access_fate *ret_fate, struct err *e)
{
	bool any = false;
	enum err_code rc = store_get(st, id, mem, ret, &any, e);

	if (rc || !any) {
		*ret_fate = ACCESS_GONE;
		return rc;
	}
	/* as a layer has it: values that are sealed are not there */
	for (size_t i = 0; i < ret->fields.form->field_count; i++)
		if (form_field_access(&ret->fields.form->field[i]) == FORM_IDENTITY)
			ret->fields.value[i] = (struct store_value){ 0 };
	return access_row(st, role, mem, ret, ret_fate, e);
}

enum err_code
access_each(struct store *st, const struct each_filter *f, enum access_role role, each_fn *fn,
            void *ctx, struct err *e)
{
	struct walk w = { .st = st, .f = f, .role = role, .fn = fn, .ctx = ctx };
	struct each_filter all = *f;
	const char *kind = store_kind_name(st, f->kind);

	if (!access_is_exact(role)) { /* what is withheld must not steer what is found */
		all.box = NULL;
		all.want = NULL;
	}
	if (!text_eq(kind, "hazard") && !access_has_rows(role, kind))
		return ERR_OK;
	return walk_all(&w, &all, e);
}

enum err_code
access_unclassed(struct store *st, const struct each_filter *f, enum access_role role, each_fn *fn,
                 void *ctx, struct err *e)
{
	/* what access_apply asks of single items and ordnance */
	static const char *const want[] = { "class",           "status",   "radius_m", "accuracy_m",
		                            "disposal_method", "geometry", NULL };
	struct walk w = {
		.st = st, .f = f, .role = role, .fn = fn, .ctx = ctx, .only_unclassed = true
	};
	struct each_filter all = *f;

	all.box = NULL;
	all.want = want;
	return access_is_exact(role) ? ERR_OK : walk_all(&w, &all, e);
}
