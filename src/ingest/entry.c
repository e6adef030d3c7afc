#include "ingest/entry.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "form/check.h"
#include "geo/geom.h"
#include "ingest/decide.h"
#include "ingest/reopen.h"
#include "ingest/rowcheck.h"
#include "ingest/rowmake.h"
#include "ingest/territory.h"
#include "store/history.h"
#include "store/quarantine.h"
#include "store/rowkey.h"

enum {
	MAX_FIELDS_JSON = 16 << 20
};

static enum err_code
set_geometry(struct store_fields *f, const char *text, struct arena *mem, struct err *e)
{
	struct geom *g = arena_alloc(mem, sizeof(*g));
	struct json_value *v = NULL;
	size_t n = strlen(text), used;
	double lon, lat;
	enum err_code rc;

	if (!g)
		return err_set(e, ERR_NOMEM, "out of memory for a geometry");
	if (*text == '{') {
		rc = json_parse(text, n, 0, mem, &v, e);
		if (!rc)
			rc = geom_from_json(v, 0, mem, g, e);
	} else if ((used = text_scan_f64(text, n, &lon)) > 0 && text[used] == ',' &&
	           text_parse_f64(text + used + 1 + strspn(text + used + 1, " "),
	                          strlen(text + used + 1 + strspn(text + used + 1, " ")), &lat)) {
		rc = geom_make_point(lon, lat, mem, g)
		             ? ERR_OK
		             : err_set(e, ERR_NOMEM, "out of memory for a point");
	} else {
		rc = geom_from_wkt(text, n, 0, mem, g, e);
	}
	if (!rc)
		f->geom = g;
	return rc;
}

/* A list of codes or ids with commas or blanks between, as a canonical JSON array; other JSON as it
 * is. */
static enum err_code
set_json(struct store_value *v, const struct form_field *field, const char *text, struct arena *mem,
         struct err *e)
{
	struct json_value *parsed = NULL;
	struct buf b;
	enum err_code rc = ERR_OK;

	buf_init(&b, MAX_FIELDS_JSON);
	if (*text == '[' || *text == '{') {
		rc = json_parse(text, strlen(text), 0, mem, &parsed, e);
		if (!rc)
			json_write_canonical(&b, parsed);
	} else if (field->type == FORM_REPEAT || field->type == FORM_GEOMETRY) {
		rc = err_set(e, ERR_INVALID, "the value must be JSON (%s)",
		             form_type_name(field->type));
	} else {
		buf_addc(&b, '[');
		for (const char *p = text; *p;) {
			size_t n = strcspn(p, ", ");

			if (n) {
				if (b.size > 1)
					buf_addc(&b, ',');
				json_write_string(&b, p, n);
			}
			p += n + strspn(p + n, ", ");
		}
		buf_addc(&b, ']');
	}
	if (!rc && !buf_ok(&b))
		rc = err_set(e, ERR_NOMEM, "out of memory for a value");
	if (!rc) {
		*v = (struct store_value){ .type = STORE_JSON,
			                   .s = arena_strndup(mem, b.data, b.size),
			                   .n = b.size };
		rc = v->s ? ERR_OK : err_set(e, ERR_NOMEM, "out of memory for a value");
	}
	buf_done(&b);
	return rc;
}

enum err_code
entry_set(struct store_fields *f, const char *name, const char *text, struct arena *mem,
          struct err *e)
{
	int i = form_index(f->form, name);
	const struct form_field *field = i < 0 ? NULL : &f->form->field[i];
	struct store_value *v = i < 0 ? NULL : &f->value[i];
	char quoted[200];
	size_t n = strlen(text);
	enum err_code rc = ERR_OK;

	if (!field) {
		(void)err_set(e, ERR_INVALID, "%s has no field %.60s", f->form->kind, name);
		return err_hint(e, "see the fields with: fallow form show %s", f->form->kind);
	}
	if (!text_is_utf8(text, n))
		return err_set(e, ERR_INVALID, "the value of %s is not UTF-8 text", name);
	if (field_is_main_geometry(field)) {
		f->geom = NULL;
		rc = n ? set_geometry(f, text, mem, e) : ERR_OK;
	} else if (!n) {
		*v = (struct store_value){ 0 };
	} else if (value_is_json(field)) {
		rc = set_json(v, field, text, mem, e);
	} else if (field->type == FORM_INTEGER) {
		*v = (struct store_value){ .type = STORE_INT };
		if (!text_parse_i64(text, n, &v->i))
			rc = err_set(e, ERR_INVALID, "\"%s\" is no whole number",
			             err_quote(text, quoted, sizeof(quoted)));
	} else if (field->type == FORM_DECIMAL) {
		*v = (struct store_value){ .type = STORE_REAL };
		if (!text_parse_f64(text, n, &v->d))
			rc = err_set(e, ERR_INVALID, "\"%s\" is no number",
			             err_quote(text, quoted, sizeof(quoted)));
	} else {
		*v = (struct store_value){ .type = STORE_TEXT,
			                   .s = arena_strdup(mem, text),
			                   .n = n };
		rc = v->s ? ERR_OK : err_set(e, ERR_NOMEM, "out of memory for a value");
	}
	if (rc)
		(void)err_prefix(e, "field %s", name);
	return rc;
}

/* One member at a time, so that a refusal names its field. */
static enum err_code
apply_json(struct store_fields *f, const struct json_value *object, struct arena *mem,
           struct err *e)
{
	enum err_code rc = ERR_OK;

	if (object->type != JSON_OBJECT)
		return err_set(e, ERR_INVALID, "a record's fields must be a JSON object");
	for (const struct json_value *m = object->first; !rc && m; m = m->next) {
		struct json_value member = *m,
				  one = { .type = JSON_OBJECT, .count = 1, .first = &member };
		int i = form_index(f->form, m->key);
		struct store_fields given;
		char shown[80];

		member.next = NULL;
		if (i < 0)
			return err_set(e, ERR_INVALID, "field %s: %s has no field of that name",
			               err_quote(m->key, shown, sizeof(shown)), f->form->kind);
		if (m->type == JSON_NULL) {
			if (field_is_main_geometry(&f->form->field[i]))
				f->geom = NULL;
			f->value[i] = (struct store_value){ 0 };
			continue;
		}
		rc = fields_from_json(f->form, &one, false, mem, &given, e);
		if (rc)
			return err_prefix(e, "field %s", m->key);
		f->value[i] = given.value[i];
		if (given.geom)
			f->geom = given.geom;
	}
	return rc;
}

static enum err_code
read_json_file(struct store_fields *f, const char *path, struct arena *mem, struct err *e)
{
	struct buf b;
	struct json_value *object = NULL;
	struct store_fields given;
	char *text;
	enum err_code rc;

	buf_init(&b, MAX_FIELDS_JSON);
	rc = file_read(path, MAX_FIELDS_JSON, &b, e);
	text = rc ? NULL : arena_strndup(mem, buf_text(&b), b.size);
	if (!rc && !text)
		rc = err_set(e, ERR_NOMEM, "out of memory for %s", path);
	if (!rc)
		rc = json_parse(text, b.size, 0, mem, &object, e);
	if (!rc)
		rc = fields_from_json(f->form, object, false, mem, &given, e);
	if (rc)
		(void)err_prefix(e, "%s", path);
	for (size_t i = 0; !rc && i < f->form->field_count; i++)
		if (given.value[i].type != STORE_NULL)
			f->value[i] = given.value[i];
	if (!rc && given.geom)
		f->geom = given.geom;
	buf_done(&b);
	return rc;
}

/* The form's own checks; the first refusal ends it, flags are added to those there. */
static enum err_code
check_form(const struct store_fields *f, const int *sorted, struct arena *mem, char *flags,
           size_t flags_size, struct err *e)
{
	struct form_checker *checker = NULL;
	struct form_issues issues = { 0 };
	struct json_value *object = NULL;
	struct buf b;
	size_t n = strlen(flags);
	enum err_code rc = form_checker_create(f->form, &checker, e);

	buf_init(&b, MAX_FIELDS_JSON);
	fields_to_json(f, sorted, false, &b);
	if (!rc && !buf_ok(&b))
		rc = err_set(e, ERR_NOMEM, "out of memory for a record");
	if (!rc)
		rc = json_parse(buf_text(&b), b.size, 0, mem, &object, e);
	if (!rc)
		rc = form_check_record(checker, object, clock_now_us() / 86400000000, mem, &issues,
		                       e);
	for (size_t i = 0; !rc && i < issues.count; i++) {
		const struct form_issue *is = &issues.issue[i];

		if (is->severity == FORM_REFUSE)
			rc = err_set(e, ERR_INVALID, "field %s: %s", is->field, is->text);
		else if (is->severity == FORM_FLAG && n + strlen(is->check) + 2 < flags_size)
			n += (size_t)snprintf(flags + n, flags_size - n, "%s%s", n ? " " : "",
			                      is->check);
	}
	form_checker_free(checker);
	buf_done(&b);
	return rc;
}

/* What an import would put into quarantine is refused here: a person can mend it at once. */
static enum err_code
check_position(const struct store_fields *f, struct err *e)
{
	const struct geom *g = f->geom;
	bool zero = g != NULL;

	if (g && geom_is_empty(g))
		return err_set(e, ERR_INVALID, "field geometry: the geometry is empty");
	for (uint32_t i = 0; g && i < g->point_count; i++) {
		double lon = g->xy[2 * (size_t)i], lat = g->xy[2 * (size_t)i + 1];

		if (!(fabs(lon) <= 180) || !(fabs(lat) <= 90))
			return err_set(e, ERR_INVALID,
			               "field geometry: the position %.10g, %.10g is not longitude "
			               "-180 .. 180 and latitude -90 .. 90",
			               lon, lat);
		zero = zero && lon == 0 && lat == 0;
	}
	if (zero)
		return err_set(e, ERR_INVALID, "field geometry: the position 0, 0 is no position");
	return ERR_OK;
}

/* The checks of an import that look at one row alone: what would go to quarantine is refused,
 * flags are told. */
static enum err_code
check_row(struct store *st, const struct store_fields *f, struct arena *mem, char *flags,
          size_t flags_size, struct err *e)
{
	struct rowcheck_row r = { .fields = f,
		                  .geometry_given = f->geom != NULL,
		                  .half_m = -1,
		                  .today_days = clock_now_us() / 86400000000,
		                  .geo = geo_create(),
		                  .mem = mem };
	struct territory *t = NULL;
	enum err_code rc = r.geo ? territory_load(st, &t, e)
	                         : err_set(e, ERR_NOMEM, "out of memory for checks");

	if (!rc) {
		r.country = territory_country(t);
		r.places = territory_places(t);
		rc = rowcheck_run(&r, e);
	}
	/* a person may know of a danger and not where it is */
	if (r.found >> CHECK_PLACE_UNKNOWN & 1) {
		r.found &= ~((uint64_t)1 << CHECK_PLACE_UNKNOWN);
		r.found |= (uint64_t)1 << CHECK_NO_POSITION;
	}
	if (!rc && rowcheck_any(r.found, ROWCHECK_REFUSE))
		rc = err_set(e, ERR_INVALID, "field geometry: %s",
		             r.reason ? r.reason : "the position cannot be known");
	if (!rc) {
		const char *codes = rowcheck_codes(r.found, ROWCHECK_FLAG, mem);

		if (codes && *codes && strlen(codes) < flags_size)
			memcpy(flags, codes, strlen(codes) + 1);
	}
	territory_free(t);
	geo_free(r.geo);
	return rc;
}

/* Information cannot be newer than tomorrow, the day it may be already east of Greenwich: a figure
 * of today would leave it out. */
static enum err_code
check_date(const struct store_fields *f, struct err *e)
{
	const char *date = fields_text(f, "valid_from");
	int64_t days;

	if (date && clock_parse_date(date, strlen(date), &days) &&
	    days > clock_now_us() / 86400000000 + 1)
		return err_set(e, ERR_INVALID,
		               "field valid_from: the date of information %s lies in the future",
		               date);
	return ERR_OK;
}

struct start {
	struct store *st;
	const struct entry_options *o;
	struct arena *mem;
	struct submit_revision *rev; /* what becomes of it */
	int64_t fid;
	const struct history_revision *list; /* of a correction: what was there */
	size_t count;
	uint8_t newest[1][32];
	const uint8_t (*parents)[32];
	size_t parent_count;
	struct entry_sources files; /* those that no field holds */
};

/* The newest of the revisions that the editor saw. */
static enum err_code
find_base(const struct start *s, size_t *ret_base, struct err *e)
{
	const struct entry_options *o = s->o;
	char leaf[65];

	*ret_base = o->parents ? 0 : s->count - 1;
	for (size_t p = 0; o->parents && p < o->parent_count; p++) {
		size_t i = 0;

		while (i < s->count && memcmp(s->list[i].rev.leaf, o->parents[p], 32) != 0)
			i++;
		text_hex(o->parents[p], 32, leaf);
		if (i == s->count)
			return err_set(e, ERR_NOTFOUND, "record %s has no revision %s", o->id,
			               leaf);
		*ret_base = i > *ret_base ? i : *ret_base;
	}
	return ERR_OK;
}

/* Where a correction starts: fields and leaf of the revision seen. */
static enum err_code
start_from(struct start *s, struct err *e)
{
	const struct entry_options *o = s->o;
	struct submit_revision *rev = s->rev;
	struct store *st = s->st;
	struct arena *mem = s->mem;
	struct history_revision *list = NULL;
	int found = -1;
	size_t base = 0;
	enum err_code rc;

	if (!uuid_parse(o->id, strlen(o->id), &rev->id))
		return err_set(e, ERR_INVALID,
		               "\"%.60s\" is no record id (36 characters, such as 018f...)", o->id);
	rc = history_find(st, rev->id, &found, &s->fid, e);
	if (!rc && found != rev->kind)
		rc = err_set(e, ERR_INVALID, "record %s is of kind %s", o->id,
		             store_kind_name(st, found));
	if (!rc)
		rc = history_load(st, rev->id, INT64_MAX, mem, &list, &s->count, e);
	s->list = list;
	if (!rc)
		rc = find_base(s, &base, e);
	if (rc)
		return rc;
	rev->fields = list[base].rev.fields;
	rev->fields.value =
		arena_memdup(mem, rev->fields.value,
	                     (rev->fields.form->field_count + 1) * sizeof(*rev->fields.value));
	if (!rev->fields.value)
		return err_set(e, ERR_NOMEM, "out of memory for a record");
	memcpy(s->newest[0], list[base].rev.leaf, 32);
	s->parents = o->parents ? o->parents : (const uint8_t(*)[32])s->newest;
	s->parent_count = o->parents ? o->parent_count : 1;
	if (list[base].has_identity)
		return history_open_identity(st, rev->id, list[base].rev.rid, mem, &rev->fields, e);
	return ERR_OK;
}

static bool
same_fields(struct store *st, int kind, const struct store_fields *a, const struct store_fields *b)
{
	struct buf x, y;
	bool same;

	buf_init(&x, MAX_FIELDS_JSON);
	buf_init(&y, MAX_FIELDS_JSON);
	fields_to_json(a, store_sorted_fields(st, kind), true, &x);
	fields_to_json(b, store_sorted_fields(st, kind), true, &y);
	same = buf_ok(&x) && buf_ok(&y) && x.size == y.size &&
	       memcmp(buf_text(&x), buf_text(&y), x.size) == 0;
	buf_done(&x);
	buf_done(&y);
	return same;
}

/* Is the same correction of the same revisions there already? Identity values are sealed and cannot
 * be compared: a form that has some comes in again. */
static const struct history_revision *
find_same(struct store *st, const struct submit_revision *rev, const struct start *s)
{
	for (size_t i = 0; i < s->count; i++) {
		const struct history_revision *h = &s->list[i];

		if (!h->has_identity && !h->erased && h->rev.ruling != RULING_RETURNED &&
		    h->rev.parent_count == s->parent_count && s->parent_count &&
		    memcmp(h->rev.parents, s->parents, 32 * s->parent_count) == 0 &&
		    same_fields(st, rev->kind, &h->rev.fields, &rev->fields))
			return h;
	}
	return NULL;
}

/* Who closes land by hand says so himself: the source that once reported the hazard did not. */
static void
forget_import(struct store_fields *f)
{
	static const char *const field[] = { "import_source", "import_row", "import_key",
		                             "import_flags" };

	for (size_t i = 0; i < sizeof(field) / sizeof(*field); i++)
		(void)fields_set_text(f, field[i], NULL); /* a form without it has none to clear */
}

static enum err_code
build(struct start *s, char *flags, size_t flags_size, struct err *e)
{
	const struct entry_options *o = s->o;
	struct submit_revision *rev = s->rev;
	struct store *st = s->st;
	struct arena *mem = s->mem;
	const struct form *form = store_form(st, rev->kind);
	char name[80], *date;
	bool was_closed = false;
	enum err_code rc;

	if (o->id)
		rc = start_from(s, e);
	else
		rc = fields_init(&rev->fields, form, mem)
		             ? submit_new_id(&rev->id, e)
		             : err_set(e, ERR_NOMEM, "out of memory for a record");
	if (!rc && o->id)
		was_closed = reopen_closes(&rev->fields);
	if (!rc && o->json_file)
		rc = read_json_file(&rev->fields, o->json_file, mem, e);
	if (!rc && o->fields)
		rc = apply_json(&rev->fields, o->fields, mem, e);
	if (!rc)
		rc = entryfile_put(st, o->file, o->files, mem, rev, &s->files, e);
	for (size_t i = 0; !rc && i < o->sets; i++) {
		size_t n = strcspn(o->set[i], "=");

		if (o->set[i][n] != '=' || n == 0 || n >= sizeof(name))
			return err_set(e, ERR_INVALID, "--set is \"%.80s\"; it must be FIELD=VALUE",
			               o->set[i]);
		memcpy(name, o->set[i], n);
		name[n] = '\0';
		rc = entry_set(&rev->fields, name, o->set[i] + n + 1, mem, e);
	}
	if (rc)
		return rc;
	if (o->id && !was_closed && reopen_closes(&rev->fields))
		forget_import(&rev->fields);
	if (!o->id && o->key) {
		char *key = arena_calloc(mem, 1, 100);
		size_t n;

		if (!key)
			return err_set(e, ERR_NOMEM, "out of memory for a record");
		n = text_base64url(o->key, 32, key);
		key[n] = '.';
		(void)text_base64url(o->content, 32, key + n + 1);
		(void)fields_set_text(&rev->fields, "import_key", key);
	}
	rowmake_derive(&rev->fields);
	/* a correction without a date of its own is about the same day as what it corrects */
	if (!fields_text(&rev->fields, "valid_from")) {
		date = arena_alloc(mem, 11);
		if (!date)
			return err_set(e, ERR_NOMEM, "out of memory for a record");
		clock_format_date(clock_now_us() / 86400000000, date);
		(void)fields_set_text(&rev->fields, "valid_from", date);
	}
	rc = check_position(&rev->fields, e);
	if (!rc)
		rc = check_date(&rev->fields, e);
	if (!rc)
		rc = check_row(st, &rev->fields, mem, flags, flags_size, e);
	return rc ? rc
	          : check_form(&rev->fields, store_sorted_fields(st, rev->kind), mem, flags,
	                       flags_size, e);
}

/* Tell about a revision: the one that was written, or that was here already. */
static void
tell(const struct history_revision *h, struct uuid id, struct entry_result *ret)
{
	uuid_format(id, ret->id);
	text_hex(h->rev.leaf, 32, ret->leaf);
	ret->submission = h->rev.submission;
}

/* A new record whose key came in before. */
static enum err_code
find_key(struct store *st, const struct entry_options *o, struct arena *mem,
         struct entry_result *ret, struct err *e)
{
	struct rowkey_reader *reader = NULL;
	struct history_revision *list = NULL;
	struct rowkey key = { .kind = -1 };
	size_t n = 0;
	bool found = false;
	enum err_code rc;

	if (!o->key || o->id)
		return ERR_OK;
	rc = rowkey_open(st, &reader, e);
	if (!rc)
		rc = rowkey_find(reader, o->key, &found, &key, e);
	if (!rc && found && memcmp(key.content, o->content, 32) != 0)
		rc = err_set(e, ERR_CONFLICT, "the same key came with another record before");
	if (!rc && found)
		rc = history_load(st, key.id, INT64_MAX, mem, &list, &n, e);
	if (!rc && found && n) {
		tell(&list[0], key.id, ret);
		ret->present = true;
	}
	rowkey_close(reader);
	return rc;
}

/* Say in the open submission what became of a quarantined row. */
static enum err_code
settle(struct store *st, int64_t qid, struct uuid id, struct err *e)
{
	struct quarantine *q = NULL;
	enum err_code rc = quarantine_open(st, &q, e);

	if (!rc)
		rc = quarantine_end(q, qid, &id, "corrected and taken in", e);
	quarantine_close(q);
	return rc;
}

static enum err_code
write_entry(struct store *st, const struct entry_options *o, const struct submit_revision *rev,
            const struct start *s, struct arena *mem, struct entry_result *ret, struct err *e)
{
	struct submit_about about = { .author = o->author, .remark = o->remark };
	struct submit_result done = { 0 };
	struct history_revision *list = NULL;
	size_t n = 0;
	enum err_code rc = submit_begin(st, &about, e);

	if (!rc)
		rc = entryfile_keep(st, o->file, o->files, e);
	if (!rc && s->files.count)
		rc = submit_add(st, s->files.rev, s->files.count, NULL, e);
	if (!rc)
		rc = submit_add(st, rev, 1, NULL, e);
	if (!rc)
		rc = reopen_for(st, rev, mem, e);
	if (!rc && o->settles)
		rc = settle(st, o->settles, rev->id, e);
	if (!rc)
		rc = submit_commit(st, &done, e);
	else
		submit_cancel(st);
	if (!rc)
		rc = history_load(st, rev->id, INT64_MAX, mem, &list, &n, e);
	if (!rc) {
		tell(&list[n - 1], rev->id, ret);
		ret->submission = done.first_seq;
		ret->closes = text_eq(o->kind, "hazard") && reopen_closes(&rev->fields);
		ret->reopened = ret->closes && !reopen_closes(&list[n - 1].rev.fields);
	}
	return rc;
}

enum err_code
entry_run(struct store *st, const struct entry_options *o, struct entry_result *ret, struct err *e)
{
	int kind = store_kind(st, o->kind);
	struct submit_revision rev = { .kind = kind };
	const struct history_revision *same = NULL;
	struct arena mem;
	struct start s = { .st = st, .o = o, .mem = &mem, .rev = &rev };
	enum err_code rc;

	if (kind < 0)
		return err_set(e, ERR_INVALID, "there is no kind %.40s", o->kind);
	if (decide_own_kind(st, kind))
		return decide_refuse(o->kind, e);
	memset(ret, 0, sizeof(*ret));
	arena_init(&mem, (size_t)256 << 20);
	rc = find_key(st, o, &mem, ret, e);
	if (!rc && !ret->present)
		rc = build(&s, ret->flags, sizeof(ret->flags), e);
	if (!rc && !ret->present)
		same = find_same(st, &rev, &s);
	if (!rc && !ret->present && !same && o->only_same)
		rc = err_set(e, ERR_CONFLICT, "the record changed meanwhile");
	if (same) {
		tell(same, rev.id, ret);
		ret->present = true;
	}
	rev.fid = s.fid;
	rev.parents = s.parents;
	rev.parent_count = s.parent_count;
	if (!o->id && o->key) {
		rev.row_key = o->key;
		rev.row_content = o->content;
	}
	if (!rc && !ret->present)
		rc = write_entry(st, o, &rev, &s, &mem, ret, e);
	arena_done(&mem);
	return rc;
}
