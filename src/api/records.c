/* GET /api/records and /api/records/{id}: what is shown now, as the role may see it. Filters act on
 * what the role sees, never on what is withheld. */
#include <string.h>

#include "api/api.h"
#include "api/handlers.h"
#include "api/record.h"
#include "base/clock.h"
#include "base/text.h"
#include "store/history.h"

enum {
	PAGE_MOST = 500,
	PAGE_USUAL = 50,
	LOOK_AT_MOST = 20000, /* records looked at for one page, so that a page takes no minute */
	WORDS_MOST = 200
};

struct listing {
	const struct ask *q;
	struct store *st;
	struct json_writer w;
	struct arena row;
	int64_t limit, listed, looked, last_fid;
	bool more, unapproved, conflict;
	const char *status, *class, *from, *to, *place;
	char words[8 * WORDS_MOST + 1], place_words[8 * WORDS_MOST + 1]; /* folded; "" = any */
};

static bool
holds(const char *value, const char *words)
{
	char folded[4096];
	size_t n = value ? text_fold(value, strlen(value), folded, sizeof(folded)) : 0;

	return n > 0 && strstr(folded, words) != NULL;
}

static bool
any_text_holds(const struct store_fields *f, const char *words)
{
	for (size_t i = 0; i < f->form->field_count; i++)
		if (f->form->field[i].type == FORM_TEXT && f->value[i].type == STORE_TEXT &&
		    holds(f->value[i].s, words))
			return true;
	return false;
}

static bool
is_at_place(const struct listing *l, const struct store_fields *f)
{
	static const char *const names[] = { "place_name",  "admin1_name", "admin2_name",
		                             "admin3_name", "name",        "name_en" };

	if (text_eq(fields_text(f, "place"), l->place) ||
	    text_eq(fields_text(f, "parent"), l->place))
		return true;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (holds(fields_text(f, names[i]), l->place_words))
			return true;
	return false;
}

/* A date by month lies in the span if any of its days may. */
static bool
in_span(const struct listing *l, const char *date)
{
	size_t n = date ? strlen(date) : 0;

	if (!l->from && !l->to)
		return true;
	return n > 0 && (!l->from || strncmp(date, l->from, n) >= 0) &&
	       (!l->to || strncmp(date, l->to, n) <= 0);
}

static bool
is_asked_for(const struct listing *l, const struct shown *row)
{
	const struct store_fields *f = &row->fields;

	return (!l->unapproved || row->unapproved) && (!l->conflict || row->conflict) &&
	       (!l->status || text_eq(l->status, fields_text(f, "status")) ||
	        (text_eq(f->form->kind, "hazard") && text_eq(l->status, shown_as_name(row->as)))) &&
	       (!l->class || text_eq(l->class, fields_text(f, "class"))) &&
	       in_span(l, fields_text(f, "valid_from")) && (!l->place || is_at_place(l, f)) &&
	       (!*l->words || any_text_holds(f, l->words));
}

static enum err_code
list_row(void *ctx, const struct shown *row, struct err *e)
{
	struct listing *l = ctx;
	struct shown seen = *row;
	enum access_fate fate = ACCESS_GONE;
	enum err_code rc;

	if (l->listed == l->limit || l->looked == LOOK_AT_MOST) {
		l->more = true;
		return err_set(e, ERR_LIMIT, "the page is full");
	}
	l->looked++;
	l->last_fid = row->fid;
	arena_reset(&l->row);
	rc = access_row(l->st, ask_access(l->q), &l->row, &seen, &fate, e);
	if (rc || fate != ACCESS_ROW || !is_asked_for(l, &seen))
		return rc;
	json_object(&l->w, NULL);
	record_head(&l->w, &seen);
	json_object(&l->w, "fields");
	api_fields(&l->w, &seen.fields, false);
	json_object_end(&l->w);
	json_object_end(&l->w);
	l->listed++;
	return ERR_OK;
}

/* Names of the fields that a list shows or filters by: no geometry, no lists of parts. */
static const char **
wanted(struct arena *mem, const struct form *form)
{
	const char **want = arena_calloc(mem, form->field_count + 1, sizeof(*want));
	size_t n = 0;

	for (size_t i = 0; want && i < form->field_count; i++)
		if (form->field[i].type != FORM_GEOMETRY && form->field[i].type != FORM_REPEAT)
			want[n++] = form->field[i].name;
	return want;
}

static enum err_code
fold_words(const char *name, const char *text, char *out, size_t size, struct err *e)
{
	size_t n = strlen(text);

	if (!text_is_utf8(text, n) || text_utf8_length(text, n) > WORDS_MOST)
		return err_set(e, ERR_INVALID, "%s must have at most %d characters", name,
		               WORDS_MOST);
	if (n && text_fold(text, n, out, size) == 0)
		return err_set(e, ERR_INVALID, "there is nothing to look for in %s", name);
	return ERR_OK;
}

static enum err_code
read_filters(const struct ask *q, struct listing *l, struct err *e)
{
	const char *words = ask_query(q, "q");
	enum err_code rc = api_int(q, "limit", 1, PAGE_MOST, PAGE_USUAL, &l->limit, e);

	l->status = ask_query(q, "status");
	l->class = ask_query(q, "class");
	l->from = ask_query(q, "from");
	l->to = ask_query(q, "to");
	l->place = ask_query(q, "place");
	if (!rc)
		rc = api_flag(q, "unapproved", &l->unapproved, e);
	if (!rc)
		rc = api_flag(q, "conflict", &l->conflict, e);
	if (!rc && words)
		rc = fold_words("q", words, l->words, sizeof(l->words), e);
	if (!rc && l->place && !*l->place)
		l->place = NULL;
	if (!rc && l->place)
		rc = fold_words("place", l->place, l->place_words, sizeof(l->place_words), e);
	for (int i = 0; !rc && i < 2; i++) {
		const char *date = i ? l->to : l->from;

		if (date && !clock_parse_date(date, strlen(date), NULL))
			rc = err_set(e, ERR_INVALID, "%s must be a date, YYYY-MM-DD",
			             i ? "to" : "from");
	}
	return rc;
}

enum err_code
api_records(struct site *site, const struct ask *q, struct reply *r, struct err *e)
{
	struct listing l = { .q = q };
	struct each_filter f = { .as_of_days = INT64_MAX, .known_size = INT64_MAX };
	enum err_code rc = api_store(q, &l.st, e);

	(void)site;
	if (!rc)
		rc = api_kind(l.st, ask_query(q, "kind"), &f.kind, e);
	if (!rc)
		rc = read_filters(q, &l, e);
	if (!rc)
		rc = api_int(q, "after", 0, INT64_MAX, 0, &f.after_fid, e);
	if (!rc && !access_has_rows(ask_access(q), store_kind_name(l.st, f.kind)))
		rc = err_set(e, ERR_DENIED, "your role does not see records of kind %s one by one",
		             store_kind_name(l.st, f.kind));
	if (rc)
		return rc;
	f.want = wanted(q->mem, store_form(l.st, f.kind));
	if (!f.want)
		return err_set(e, ERR_NOMEM, "out of memory");
	arena_init(&l.row, (size_t)64 << 20);
	json_begin(&l.w, &r->body);
	json_object(&l.w, NULL);
	json_string(&l.w, "kind", store_kind_name(l.st, f.kind));
	json_array(&l.w, "records");
	rc = store_each(l.st, &f, list_row, &l, e);
	if (rc == ERR_LIMIT && l.more) {
		err_clear(e);
		rc = ERR_OK;
	}
	json_array_end(&l.w);
	json_string(&l.w, "next",
	            l.more ? arena_printf(q->mem, "%lld", (long long)l.last_fid) : NULL);
	json_object_end(&l.w);
	arena_done(&l.row);
	r->cacheable = true;
	return rc ? rc : api_done(r);
}

/* --- one record
 * ------------------------------------------------------------------------------------------ */

void
record_head(struct json_writer *w, const struct shown *row)
{
	char id[UUID_TEXT];
	bool hazard = text_eq(row->fields.form->kind, "hazard");

	uuid_format(row->id, id);
	json_string(w, "id", id);
	json_string(w, "kind", row->fields.form->kind);
	json_string(w, "national_id", fields_text(&row->fields, "national_id"));
	json_string(w, "label", api_label(&row->fields));
	json_string(w, "shown_as", hazard ? shown_as_name(row->as) : NULL);
	json_bool(w, "unapproved", row->unapproved);
	json_bool(w, "conflict", row->conflict);
	json_int(w, "revisions", row->revisions);
	json_string(w, "valid_from", fields_text(&row->fields, "valid_from"));
	if (row->area_m2 > 0)
		json_number(w, "area_m2", row->area_m2);
	else
		json_null(w, "area_m2");
}

enum err_code
record_see(const struct ask *q, struct store *st, struct shown *ret, struct err *e)
{
	const char *text = q->arg[0];
	enum access_fate fate = ACCESS_GONE;
	struct uuid id;
	char shown[80];
	enum err_code rc;

	if (!uuid_parse(text, strlen(text), &id))
		return err_set(e, ERR_NOTFOUND, "\"%s\" is no record id",
		               err_quote(text, shown, sizeof(shown)));
	rc = access_get(st, id, ask_access(q), q->mem, ret, &fate, e);
	/* the same sentence for what is not there and for what is not shown */
	if (rc == ERR_NOTFOUND || (!rc && fate != ACCESS_ROW))
		return err_set(e, ERR_NOTFOUND, "there is no record %s that you may see", text);
	return rc;
}

bool
record_is_head(const struct history_revision *list, size_t n, size_t i)
{
	if (list[i].rev.ruling == RULING_RETURNED)
		return false;
	for (size_t k = 0; k < n; k++)
		for (size_t p = 0; p < list[k].rev.parent_count; p++)
			if (list[k].rev.ruling != RULING_RETURNED &&
			    memcmp(list[k].rev.parents[p], list[i].rev.leaf, 32) == 0)
				return false;
	return true;
}

void
record_heads(struct json_writer *w, const struct history_revision *list, size_t n)
{
	char leaf[65];

	json_array(w, "heads");
	for (size_t i = 0; i < n; i++) {
		if (!record_is_head(list, n, i))
			continue;
		text_hex(list[i].rev.leaf, 32, leaf);
		json_string(w, NULL, leaf);
	}
	json_array_end(w);
}

static void
write_geometry(struct json_writer *w, const struct geom *g)
{
	struct geom_box box;
	struct buf b;

	if (!g || geom_is_empty(g)) {
		json_null(w, "geometry");
		json_null(w, "bbox");
		return;
	}
	buf_init(&b, (size_t)64 << 20);
	geom_write_json(g, &b);
	json_raw(w, "geometry", buf_text(&b), b.size);
	if (!buf_ok(&b))
		w->out->failed = true;
	buf_done(&b);
	box = geom_bounds(g);
	json_array(w, "bbox");
	json_number(w, NULL, box.min_lon_deg);
	json_number(w, NULL, box.min_lat_deg);
	json_number(w, NULL, box.max_lon_deg);
	json_number(w, NULL, box.max_lat_deg);
	json_array_end(w);
}

/* Names of fields that the role may not see, or only by month. */
static void
write_withheld(struct json_writer *w, enum access_role role, const struct form *form)
{
	json_array(w, "withheld");
	for (size_t i = 0; i < form->field_count; i++)
		if (access_field(role, form->kind, &form->field[i]) == ACCESS_HIDE &&
		    !text_eq(form->field[i].name, "import_key"))
			json_string(w, NULL, form->field[i].name);
	json_array_end(w);
}

/* What linked records are called, so that nobody reads ids. */
static enum err_code
write_link(const struct ask *q, struct store *st, struct json_writer *w, const char *text,
           struct err *e)
{
	enum access_fate fate = ACCESS_GONE;
	struct shown row;
	struct uuid id;
	enum err_code rc;

	if (!uuid_parse(text, strlen(text), &id))
		return ERR_OK;
	rc = access_get(st, id, ask_access(q), q->mem, &row, &fate, e);
	if (rc == ERR_NOTFOUND) {
		err_clear(e);
		return ERR_OK;
	}
	if (rc || fate != ACCESS_ROW)
		return rc;
	json_object(w, text);
	json_string(w, "kind", row.fields.form->kind);
	json_string(w, "label", api_label(&row.fields));
	json_object_end(w);
	return ERR_OK;
}

static bool
is_new(const char **seen, size_t *count, size_t most, const char *id)
{
	for (size_t i = 0; i < *count; i++)
		if (text_eq(seen[i], id))
			return false;
	if (*count == most)
		return false;
	seen[(*count)++] = id;
	return true;
}

enum err_code
record_links(const struct ask *q, struct store *st, struct json_writer *w,
             const struct store_fields *f, struct err *e)
{
	const char *seen[50];
	size_t count = 0;
	enum err_code rc = ERR_OK;

	json_object(w, "links");
	for (size_t i = 0; !rc && i < f->form->field_count; i++) {
		const struct store_value *v = &f->value[i];
		struct json_value *list = NULL;

		if (f->form->field[i].type == FORM_RECORD && v->type == STORE_TEXT &&
		    is_new(seen, &count, 50, v->s))
			rc = write_link(q, st, w, v->s, e);
		if (f->form->field[i].type != FORM_RECORDS || v->type != STORE_JSON)
			continue;
		rc = json_parse(v->s, v->n, 0, q->mem, &list, e);
		for (const struct json_value *m = rc ? NULL : list->first; !rc && m; m = m->next)
			if (m->type == JSON_STRING && is_new(seen, &count, 50, m->string))
				rc = write_link(q, st, w, m->string, e);
	}
	json_object_end(w);
	return rc;
}

/* Files the role may open are there, or may be among the sources. */
static bool
has_originals(const struct ask *q, const struct store_fields *f)
{
	enum access_role role = ask_access(q);

	if (role == ACCESS_LEGAL)
		return true; /* earlier revisions may name some, too */
	for (size_t i = 0; i < f->form->field_count; i++) {
		const struct form_field *field = &f->form->field[i];
		bool given = f->value[i].type == STORE_TEXT ||
		             (f->value[i].type == STORE_JSON && f->value[i].n > 2);

		if (given &&
		    ((field->type == FORM_FILE && access_original(role, f->form, field)) ||
		     (text_eq(field->name, "source_refs") && access_attached(role, f->form))))
			return true;
	}
	return false;
}

static void
write_can(const struct ask *q, struct json_writer *w, const struct shown *row)
{
	bool own = text_eq(row->fields.form->kind, "decision") ||
	           text_eq(row->fields.form->kind, "event");
	bool rules = (SERVE_RULES & SERVE_BIT(q->who.role)) != 0 && !own;
	const char *status = fields_text(&row->fields, "status");

	json_array(w, "can");
	if ((SERVE_WORKS & SERVE_BIT(q->who.role)) && !own)
		json_string(w, NULL, "correct");
	if (rules && row->unapproved) {
		json_string(w, NULL, "approve");
		json_string(w, NULL, "return");
	}
	if (rules && text_eq(row->fields.form->kind, "hazard") && row->as != SHOWN_RELEASED &&
	    (row->unapproved || text_eq(status, "closed") || text_eq(status, "handed_over")))
		json_string(w, NULL, "release");
	if (has_originals(q, &row->fields))
		json_string(w, NULL, "originals");
	if (q->who.second_factor && form_has_identity(row->fields.form) &&
	    access_identity(ask_access(q), row->fields.form->kind))
		json_string(w, NULL, "identities");
	json_array_end(w);
}

enum err_code
api_record(struct site *site, const struct ask *q, struct reply *r, struct err *e)
{
	struct history_revision *list = NULL;
	struct json_writer w;
	struct store *st = NULL;
	struct shown row = { 0 };
	size_t n = 0;
	enum err_code rc = api_store(q, &st, e);

	(void)site;
	if (!rc)
		rc = record_see(q, st, &row, e);
	if (!rc && api_exact(q))
		rc = history_load(st, row.id, INT64_MAX, q->mem, &list, &n, e);
	if (rc)
		return rc;
	json_begin(&w, &r->body);
	json_object(&w, NULL);
	record_head(&w, &row);
	json_bool(&w, "cover", row.cover);
	json_int(&w, "form_version", row.fields.form->version);
	json_number(&w, "area_low_m2", row.area_low_m2);
	json_number(&w, "area_high_m2", row.area_high_m2);
	json_number(&w, "perimeter_m", row.perimeter_m);
	json_bool(&w, "public_geometry", !api_exact(q));
	write_geometry(&w, row.fields.geom);
	json_object(&w, "fields");
	api_fields(&w, &row.fields, true);
	json_object_end(&w);
	rc = record_links(q, st, &w, &row.fields, e);
	write_withheld(&w, ask_access(q), row.fields.form);
	if (api_exact(q))
		record_heads(&w, list, n);
	write_can(q, &w, &row);
	json_object_end(&w);
	return rc ? rc : api_done(r);
}
