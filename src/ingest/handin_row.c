/* One row of a work copy: what it was made from, what was edited, and what becomes of that. */
#include "ingest/handin_state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/text.h"
#include "ingest/editretry.h"
#include "ingest/workcopy.h"
#include "store/history.h"

#define MAX_ROW_TEXT ((size_t)64 << 20)

/* One row on its way in. */
struct edit {
	int64_t row; /* fid in the work copy */
	const struct source_row *from;
	struct handed *handed; /* NULL = a new record */
	struct history_revision *list;
	size_t count, base; /* of list */
	struct store_fields fields;
	const char *bad; /* values that did not fit */
	bool changed, outline_valid;
	bool stray; /* what it edits cannot be known */
	uint64_t found;
	const char *reason;
};

static enum err_code
no_memory(struct err *e)
{
	return err_set(e, ERR_NOMEM, "out of memory for a work copy");
}

static struct mapping_value
mapped(const struct source_value *v)
{
	struct mapping_value m = { .type = MAPPING_NULL };

	switch (v->type) {
	case PIPE_INTEGER:
		m.type = MAPPING_INT;
		m.i = v->integer;
		break;
	case PIPE_REAL:
		m.type = MAPPING_REAL;
		m.d = v->real;
		break;
	case PIPE_TEXT:
	case PIPE_TIME:
		m.type = MAPPING_TEXT;
		m.s = v->text;
		m.n = v->size;
		break;
	case PIPE_BINARY:
		m.type = MAPPING_BLOB;
		m.s = v->text;
		m.n = v->size;
		break;
	default:
		break;
	}
	return m;
}

/* As it was handed out, to the letter. */
static bool
untouched(const struct mapping_value *m, const struct store_value *v)
{
	if (v->type == STORE_NULL || m->type == MAPPING_NULL)
		return v->type == STORE_NULL && m->type == MAPPING_NULL;
	if (v->type == STORE_TEXT || v->type == STORE_JSON)
		return m->type == MAPPING_TEXT && m->n == v->n && memcmp(m->s, v->s, v->n) == 0;
	if (m->type != MAPPING_INT && m->type != MAPPING_REAL)
		return false;
	if (v->type == STORE_INT && m->type == MAPPING_INT)
		return v->i == m->i;
	return (v->type == STORE_INT ? (double)v->i : v->d) ==
	       (m->type == MAPPING_INT ? (double)m->i : m->d);
}

static bool
same_value(const struct store_value *a, const struct store_value *b)
{
	struct buf x, y;
	bool same;

	if (a->type == STORE_NULL || b->type == STORE_NULL)
		return a->type == b->type;
	buf_init(&x, MAX_ROW_TEXT);
	buf_init(&y, MAX_ROW_TEXT);
	value_to_json(a, &x);
	value_to_json(b, &y);
	same = buf_ok(&x) && buf_ok(&y) && x.size == y.size && memcmp(x.data, y.data, x.size) == 0;
	buf_done(&x);
	buf_done(&y);
	return same;
}

static enum err_code
overlay_column(struct handin *h, struct edit *ed, size_t column, struct err *e)
{
	struct mapping_value m = mapped(&ed->from->values[column]);
	int i = h->target[column];
	struct store_value *v = &ed->fields.value[i], said = { 0 };
	const char *text;

	if (untouched(&m, v))
		return ERR_OK;
	switch (convert_value(h->converter, i, &m, &h->row_mem, &said)) {
	case CONVERT_OK:
	case CONVERT_EMPTY:
		if (!same_value(v, &said)) {
			*v = said;
			ed->changed = true;
		}
		return ERR_OK;
	case CONVERT_BAD:
		text = convert_text(&m, &h->row_mem);
		ed->bad =
			arena_printf(&h->row_mem, "%s%s%s: %.200s", ed->bad ? ed->bad : "",
		                     ed->bad ? "; " : "", h->form->field[i].name, text ? text : "");
		ed->found |= (uint64_t)1 << CHECK_BAD_VALUE;
		return text && ed->bad ? ERR_OK : no_memory(e);
	default:
		return no_memory(e);
	}
}

static enum err_code
overlay_geometry(struct handin *h, struct edit *ed, struct err *e)
{
	static const char *const given[] = { "given_text", "given_datum", "given_format",
		                             "operation" };
	struct geom *g = NULL;
	struct err why = { 0 };

	if (!h->header->has_geometry || form_index(h->form, "geometry") < 0)
		return ERR_OK;
	if (ed->from->wkb) {
		g = arena_alloc(&h->row_mem, sizeof(*g));
		if (!g)
			return no_memory(e);
		if (geom_from_wkb(ed->from->wkb, ed->from->wkb_size, 0, &h->row_mem, g, &why)) {
			ed->found |= (uint64_t)1 << CHECK_UNREADABLE_GEOMETRY;
			ed->reason = arena_strdup(&h->row_mem, why.text);
			ed->changed = true;
			return ERR_OK;
		}
	}
	if (g ? ed->fields.geom && geom_equal(g, ed->fields.geom) : !ed->fields.geom)
		return ERR_OK;
	ed->fields.geom = g;
	ed->changed = true;
	/* what the old position was made from says nothing of the new one */
	for (size_t i = 0; i < sizeof(given) / sizeof(*given); i++)
		(void)fields_set_text(&ed->fields, given[i], NULL);
	return ERR_OK;
}

/* A value that did not fit keeps its text in the remarks. */
static enum err_code
keep_bad(struct handin *h, struct edit *ed, struct err *e)
{
	const char *old = fields_text(&ed->fields, "remarks"), *text;

	if (!ed->bad)
		return ERR_OK;
	text = arena_printf(&h->row_mem, "%s%sas given: %s", old ? old : "", old ? "; " : "",
	                    ed->bad);
	if (!text)
		return no_memory(e);
	(void)fields_set_text(&ed->fields, "remarks", text); /* a form without it keeps the file */
	ed->changed = true;
	return ERR_OK;
}

/* Find what the row was made from; ed->reason is set when that cannot be known. */
static enum err_code
find_base(struct handin *h, struct edit *ed, struct err *e)
{
	struct store_value *copy;
	enum err_code rc;

	if (!ed->handed) {
		ed->changed = true;
		return fields_init(&ed->fields, h->form, &h->row_mem) ? ERR_OK : no_memory(e);
	}
	rc = history_load(h->st, ed->handed->id, INT64_MAX, &h->row_mem, &ed->list, &ed->count, e);
	if (rc)
		return rc;
	while (ed->base < ed->count &&
	       memcmp(ed->list[ed->base].rev.leaf, ed->handed->leaf, 32) != 0)
		ed->base++;
	if (ed->base == ed->count) {
		ed->found |= (uint64_t)1 << CHECK_UNREADABLE_ROW;
		ed->reason = "the register has no such revision of the record";
		ed->stray = true;
		ed->changed = true;
		return fields_init(&ed->fields, h->form, &h->row_mem) ? ERR_OK : no_memory(e);
	}
	ed->fields = ed->list[ed->base].rev.fields;
	/* the list is compared with later */
	copy = arena_memdup(&h->row_mem, ed->fields.value,
	                    (h->form->field_count + 1) * sizeof(*copy));
	if (!copy)
		return no_memory(e);
	ed->fields.value = copy;
	return ERR_OK;
}

static enum err_code
check_row(struct handin *h, struct edit *ed, struct err *e)
{
	struct rowcheck_row r = { .fields = &ed->fields,
		                  .geometry_given = ed->fields.geom != NULL,
		                  .half_m = -1,
		                  .country = territory_country(h->territory),
		                  .places = territory_places(h->territory),
		                  .today_days = h->today_days,
		                  .geo = h->geo,
		                  .checker = h->checker,
		                  .mem = &h->row_mem,
		                  .found = ed->found,
		                  .reason = ed->reason };
	const char *date = fields_text(&ed->fields, "valid_from");
	int64_t days = 0;
	char *today;
	enum err_code rc;

	if (!date) {
		today = arena_alloc(&h->row_mem, 11);
		if (!today)
			return no_memory(e);
		clock_format_date(h->today_days, today);
		(void)fields_set_text(&ed->fields, "valid_from", today);
	} else if (!clock_parse_date(date, strlen(date), &days) || days > h->today_days + 1) {
		rowcheck_set(&r, CHECK_UNREADABLE_ROW,
		             "the date of information lies in the future");
	}
	rc = rowcheck_run(&r, e);
	ed->found = r.found;
	ed->reason = r.reason;
	ed->outline_valid = r.outline_valid;
	return rc;
}

/* The row as JSON, for the quarantine. */
static const char *
row_json(struct handin *h, const struct edit *ed)
{
	struct json_writer w;
	struct err ignored = { 0 };
	struct buf b, json;
	struct geom g;
	char *text;

	buf_init(&b, MAX_ROW_TEXT);
	buf_init(&json, MAX_ROW_TEXT);
	json_begin(&w, &b);
	json_object(&w, NULL);
	for (size_t i = 0; i < h->header->column_count; i++) {
		struct mapping_value m = mapped(&ed->from->values[i]);
		const char *s = m.type == MAPPING_NULL ? NULL : convert_text(&m, &h->row_mem);

		if (m.type == MAPPING_INT)
			json_int(&w, h->header->columns[i].name, m.i);
		else if (m.type == MAPPING_REAL)
			json_number(&w, h->header->columns[i].name, m.d);
		else
			json_string(&w, h->header->columns[i].name, s);
	}
	if (ed->from->wkb && geom_from_wkb(ed->from->wkb, ed->from->wkb_size, 0, &h->row_mem, &g,
	                                   &ignored) == ERR_OK) {
		geom_write_json(&g, &json);
		json_raw(&w, "geometry", buf_text(&json), json.size);
	}
	json_object_end(&w);
	text = buf_ok(&b) ? arena_strndup(&h->row_mem, b.data, b.size) : NULL;
	buf_done(&b);
	buf_done(&json);
	return text;
}

/* A revision that this work copy handed in before: its submission names the copy. */
static enum err_code
is_ours(struct handin *h, int64_t submission, bool *ret, struct err *e)
{
	struct history_submission s;
	enum err_code rc = history_submission(h->st, submission, &h->row_mem, &s, e);

	if (!rc)
		*ret = strstr(s.remark, h->ret->work) != NULL;
	return rc;
}

/* Compare with what came after the base: was this handed in already (*ret_present), is there an
 * earlier hand-in to follow (*ret_parent), did anybody else go on (*ret_conflict)? */
static enum err_code
compare_later(struct handin *h, const struct edit *ed, bool *ret_present, size_t *ret_parent,
              bool *ret_conflict, struct err *e)
{
	struct buf b;
	enum err_code rc = ERR_OK;

	*ret_present = *ret_conflict = false;
	*ret_parent = ed->base;
	buf_init(&b, MAX_ROW_TEXT);
	fields_to_json(&ed->fields, store_sorted_fields(h->st, h->kind), true, &b);
	for (size_t k = ed->base + 1; !rc && !*ret_present && k < ed->count; k++) {
		const struct history_revision *r = &ed->list[k];
		bool ours = false;

		*ret_present = strlen(r->fields_json) == b.size &&
		               memcmp(r->fields_json, buf_text(&b), b.size) == 0;
		if (r->rev.ruling == RULING_RETURNED)
			continue;
		rc = is_ours(h, r->rev.submission, &ours, e);
		if (ours)
			*ret_parent = k;
		else
			*ret_conflict = true;
	}
	if (!rc && !buf_ok(&b))
		rc = no_memory(e);
	buf_done(&b);
	return rc;
}

/* What the edit says, so that it can be corrected and tried again. */
static const char *
edit_text(struct handin *h, const struct edit *ed, struct err *e)
{
	struct editretry_edit x = { .work = h->ret->work, .record = "", .base = "" };
	bool present = false, conflict = false;
	char id[UUID_TEXT], leaf[65];
	size_t parent = 0;

	if (ed->stray)
		return editretry_text(&x, &h->row_mem);
	x.now = &ed->fields;
	x.unreadable_geometry = (ed->found >> CHECK_UNREADABLE_GEOMETRY & 1) != 0;
	x.record = "new";
	if (ed->handed) {
		if (compare_later(h, ed, &present, &parent, &conflict, e))
			return NULL;
		uuid_format(ed->handed->id, id);
		text_hex(ed->list[parent].rev.leaf, 32, leaf);
		x.record = id;
		x.base = leaf;
		x.was = &ed->list[parent].rev.fields;
	}
	return editretry_text(&x, &h->row_mem);
}

static enum err_code
refuse(struct handin *h, const struct edit *ed, struct err *e)
{
	struct quarantine_row q = { .kind = h->kind, .source = h->source, .row = ed->row };
	const char *why = ed->reason ? ed->reason : "the row cannot be taken in";
	struct hash_state s;
	char id[UUID_TEXT];
	int64_t qid = 0;
	bool ended;
	enum err_code rc = ERR_OK;

	q.reason = why;
	if (ed->handed) {
		uuid_format(ed->handed->id, id);
		q.reason = arena_printf(&h->row_mem, "edit of %s %s: %s", h->form->kind, id, why);
	}
	q.original = row_json(h, ed);
	q.checks = rowcheck_codes(ed->found, ROWCHECK_REFUSE, &h->row_mem);
	if (!q.reason || !q.original || !q.checks)
		return no_memory(e);
	workcopy_row_key(h->ret->work, h->form->kind, ed->row, q.row_key);
	hash_init(&s);
	hash_update(&s, q.row_key, 32);
	hash_update(&s, q.original, strlen(q.original));
	hash_final(&s, q.row_key);
	rc = quarantine_find(h->quarantine, q.row_key, &qid, &ended, e);
	if (rc)
		return rc;
	if (qid) {
		h->ret->present++;
		return ERR_OK;
	}
	h->ret->quarantined++;
	for (int i = 0; i < CHECK_COUNT; i++)
		if ((ed->found >> i & 1) && rowchecks[i].severity == ROWCHECK_REFUSE)
			h->ret->check[i]++;
	if (h->o->dry_run)
		return ERR_OK;
	q.mapped = edit_text(h, ed, e);
	if (!q.mapped)
		return no_memory(e);
	rc = handin_open(h, e);
	return rc ? rc : quarantine_put(h->quarantine, &q, NULL, e);
}

static enum err_code
reopen_others(struct handin *h, const struct submit_revision *rev, struct err *e)
{
	struct submit_revision more;
	struct reopen_find under;
	struct reopen_walk walk = { .id = rev->id, .fields = &rev->fields };
	bool any = h->reopen != NULL;
	enum err_code rc = ERR_OK;

	while (!rc && any) {
		rc = reopen_next(h->reopen, &walk, &h->row_mem, &more, &any, e);
		if (!rc && any) {
			rc = submit_add(h->st, &more, 1, NULL, e);
			h->ret->reopened++;
		}
	}
	if (rc || !h->reopen || !text_eq(h->form->kind, "hazard"))
		return rc;
	rc = reopen_find(h->reopen, &rev->fields, reopen_since_days(&rev->fields),
	                 rev->outline_valid, &under, &any, e);
	if (!rc && any)
		rc = reopen_land(h->reopen, rev->id, &under, &h->row_mem, &more, &any, e);
	if (!rc && any) {
		rc = submit_add(h->st, &more, 1, NULL, e);
		h->ret->reopened++;
	}
	return rc;
}

/* The marks of the checks, beside those the record has. */
static enum err_code
set_flags(struct handin *h, struct edit *ed, struct err *e)
{
	const char *flags = rowcheck_codes(ed->found, ROWCHECK_FLAG, &h->row_mem);
	const char *old = fields_text(&ed->fields, "import_flags");

	if (flags && *flags && !(old && strstr(old, flags))) {
		flags = old ? arena_printf(&h->row_mem, "%s %s", old, flags) : flags;
		(void)fields_set_text(&ed->fields, "import_flags", flags);
	}
	return flags ? ERR_OK : no_memory(e);
}

static enum err_code
add(struct handin *h, const struct edit *ed, struct submit_revision *rev, struct err *e)
{
	enum err_code rc;

	if (rowcheck_any(ed->found, ROWCHECK_FLAG))
		h->ret->flagged++;
	else
		h->ret->accepted++;
	for (int i = 0; i < CHECK_COUNT; i++)
		h->ret->check[i] += (int64_t)(ed->found >> i & 1);
	if (h->o->dry_run)
		return ERR_OK;
	rev->outline_valid = ed->outline_valid;
	rc = handin_open(h, e);
	if (!rc)
		rc = submit_add(h->st, rev, 1, NULL, e);
	return rc ? rc : reopen_others(h, rev, e);
}

static enum err_code
add_edit(struct handin *h, struct edit *ed, struct err *e)
{
	struct submit_revision rev = { .kind = h->kind, .id = ed->handed->id };
	uint8_t(*leaf)[32] = arena_alloc(&h->row_mem, 32);
	bool present = false, conflict = false;
	size_t parent = 0;
	enum err_code rc = leaf ? set_flags(h, ed, e) : no_memory(e);

	if (!rc)
		rc = compare_later(h, ed, &present, &parent, &conflict, e);
	if (rc)
		return rc;
	if (present) {
		h->ret->present++;
		return ERR_OK;
	}
	handin_note(&h->ret->edited, rev.id);
	if (conflict)
		handin_note(&h->ret->conflicts, rev.id);
	if (ed->list[ed->base].has_identity)
		rc = history_open_identity(h->st, rev.id, ed->list[ed->base].rev.rid, &h->row_mem,
		                           &ed->fields, e);
	memcpy(*leaf, ed->list[parent].rev.leaf, 32);
	rev.fid = ed->list[0].rev.rid;
	rev.parents = (const uint8_t(*)[32])leaf;
	rev.parent_count = 1;
	rev.fields = ed->fields;
	return rc ? rc : add(h, ed, &rev, e);
}

/* A row that was drawn in the copy. Known again by its number there. */
static enum err_code
add_new(struct handin *h, struct edit *ed, struct err *e)
{
	uint8_t key[32], content[32], (*leaf)[32] = arena_alloc(&h->row_mem, 32);
	struct submit_revision rev = { .kind = h->kind, .row_key = key, .row_content = content };
	char *text = arena_alloc(&h->row_mem, 96);
	struct rowkey known;
	struct uuid source;
	struct buf b;
	bool found = false;
	size_t n;
	enum err_code rc;

	if (!leaf || !text)
		return no_memory(e);
	workcopy_row_key(h->ret->work, h->form->kind, ed->row, key);
	buf_init(&b, MAX_ROW_TEXT);
	fields_to_json(&ed->fields, store_sorted_fields(h->st, h->kind), false, &b);
	hash_sha256(buf_text(&b), b.size, content);
	rc = buf_ok(&b) ? rowkey_find(h->keys, key, &found, &known, e) : no_memory(e);
	buf_done(&b);
	if (rc)
		return rc;
	if (found && memcmp(known.content, content, 32) == 0) {
		h->ret->present++;
		return ERR_OK;
	}
	rc = set_flags(h, ed, e);
	if (rc)
		return rc;
	n = text_base64url(key, 32, text);
	text[n++] = '.';
	(void)text_base64url(content, 32, text + n);
	(void)(fields_set_text(&ed->fields, "import_source", h->source_text) &&
	       fields_set_int(&ed->fields, "import_row", ed->row) &&
	       fields_set_text(&ed->fields, "import_key", text));
	rev.fields = ed->fields;
	if (found) {
		rc = rowkey_newest(h->keys, known.id, *leaf, &source, e);
		rev.id = known.id;
		rev.fid = known.fid;
		rev.parents = (const uint8_t(*)[32])leaf;
		rev.parent_count = 1;
	} else {
		rc = submit_new_id(&rev.id, e);
	}
	handin_note(found ? &h->ret->edited : &h->ret->added, rev.id);
	return rc ? rc : add(h, ed, &rev, e);
}

/* Which handed-out row this is; NULL = a new one. A second row of one record is a new one. */
static enum err_code
find_handed(struct handin *h, struct edit *ed, struct err *e)
{
	const struct source_value *v = &ed->from->values[h->c_record];
	struct handed key = { .kind = h->kind };

	if (h->c_fid >= 0 && ed->from->values[h->c_fid].type == PIPE_INTEGER)
		ed->row = ed->from->values[h->c_fid].integer;
	if (v->type != PIPE_TEXT || v->size == 0)
		return ERR_OK;
	if (uuid_parse(v->text, v->size, &key.id) && h->handed_count)
		ed->handed =
			bsearch(&key, h->handed, h->handed_count, sizeof(key), handin_by_record);
	if (!ed->handed) {
		ed->found |= (uint64_t)1 << CHECK_UNREADABLE_ROW;
		ed->reason = "it names a record that this work copy was not made with";
		ed->stray = true;
	} else if (ed->handed->seen) {
		ed->handed = NULL;
	} else {
		ed->handed->seen = true;
	}
	(void)e;
	return ERR_OK;
}

static bool
says_nothing(const struct edit *ed, const struct form *form)
{
	bool any = ed->fields.geom != NULL || ed->bad;

	for (size_t i = 0; !any && i < form->field_count; i++)
		any = ed->fields.value[i].type != STORE_NULL;
	return !any;
}

enum err_code
handin_row(struct handin *h, const struct source_row *row, struct err *e)
{
	struct edit ed = { .row = row->number, .from = row };
	enum err_code rc;

	arena_reset(&h->row_mem);
	h->ret->read++;
	rc = find_handed(h, &ed, e);
	if (!rc)
		rc = find_base(h, &ed, e);
	for (size_t i = 0; !rc && i < h->header->column_count; i++)
		if (h->target[i] >= 0)
			rc = overlay_column(h, &ed, i, e);
	if (!rc)
		rc = overlay_geometry(h, &ed, e);
	if (!rc && !ed.handed && says_nothing(&ed, h->form))
		ed.found |= (uint64_t)1 << CHECK_EMPTY_ROW;
	if (!rc)
		rc = keep_bad(h, &ed, e);
	if (rc)
		return rc;
	if (!ed.changed) {
		h->ret->present++;
		h->ret->unchanged++;
		return ERR_OK;
	}
	rc = check_row(h, &ed, e);
	if (rc)
		return rc;
	if (rowcheck_any(ed.found, ROWCHECK_REFUSE))
		return refuse(h, &ed, e);
	return ed.handed ? add_edit(h, &ed, e) : add_new(h, &ed, e);
}

enum err_code
handin_bad(struct handin *h, const struct source_bad *bad, struct err *e)
{
	struct source_row none = { .number = bad->number };
	struct edit ed = { .row = bad->number,
		           .from = &none,
		           .stray = true,
		           .found = (uint64_t)1 << CHECK_UNREADABLE_ROW,
		           .reason = bad->reason };
	struct source_header header = *h->header;
	const struct source_header *saved = h->header;
	enum err_code rc;

	arena_reset(&h->row_mem);
	h->ret->read++;
	header.column_count = 0;
	h->header = &header;
	rc = refuse(h, &ed, e);
	h->header = saved;
	return rc;
}
