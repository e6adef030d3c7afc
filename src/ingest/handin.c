#include "ingest/handin.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "ingest/convert.h"
#include "ingest/decide.h"
#include "ingest/editretry.h"
#include "ingest/reopen.h"
#include "ingest/source.h"
#include "ingest/take.h"
#include "ingest/territory.h"
#include "ingest/workcopy.h"
#include "store/each.h"
#include "store/history.h"
#include "store/quarantine.h"
#include "store/rowkey.h"
#include "store/submit.h"

#define BATCH_BYTES ((size_t)512 << 20)
#define MAX_ROW_TEXT ((size_t)64 << 20)
#define PROPOSED "deletion_proposed"

/* A row as it was handed out. */
struct handed {
	int kind;
	struct uuid id;
	uint8_t leaf[32];
	bool seen;
};

struct handin {
	struct store *st;
	const struct handin_options *o;
	struct handin_result *ret;
	struct arena mem, row_mem; /* of the whole, of one row */
	struct geo *geo;
	struct territory *territory;
	struct rowkey_reader *keys;
	struct quarantine *quarantine;
	struct handed *handed; /* sorted by kind and id */
	size_t handed_count, handed_room;
	int64_t today_days;
	bool open;
	struct uuid source;
	char source_text[UUID_TEXT], remark[80];
	/* the layer at hand */
	int kind;
	const struct form *form;
	const struct source_header *header;
	int *target; /* field of each column, -1 = none */
	int c_fid, c_record;
	struct converter *converter;
	struct form_checker *checker;
	struct reopen *reopen;
	bool *layer_there; /* by kind */
};

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

static void
note_id(struct handin_ids *ids, struct uuid id)
{
	if (ids->count < HANDIN_LISTED)
		ids->id[ids->count] = id;
	ids->count++;
}

static void
tell(const struct handin *h, const char *sentence)
{
	if (h->o->remark && sentence)
		h->o->remark(h->o->ctx, sentence);
}

/* --- reading the copy's own tables ----------------------------------------------------------- */

typedef enum err_code row_fn(struct handin *h, const struct source_header *header,
                             const struct source_row *row, struct err *e);

static enum err_code
each_row(struct handin *h, const char *layer, row_fn *fn, struct err *e)
{
	struct source_options so = { .layer = layer };
	struct source *s = NULL;
	struct source_rows rows = { 0 };
	struct arena mem;
	enum err_code rc = source_open(h->o->path, &so, &s, e);

	if (rc)
		return rc;
	arena_init(&mem, BATCH_BYTES);
	while (!rc && !rows.end) {
		arena_reset(&mem);
		rc = source_next_batch(s, &mem, &rows, e);
		if (!rc && rows.bad_count)
			rc = err_set(e, ERR_INVALID, "row %lld of %s cannot be read: %s",
			             (long long)rows.bad[0].number, layer, rows.bad[0].reason);
		for (size_t i = 0; !rc && i < rows.row_count; i++)
			rc = fn(h, source_header(s), &rows.rows[i], e);
	}
	source_close(s);
	arena_done(&mem);
	return rc;
}

/* Text of a column by name, in mem; NULL = none. */
static const char *
column_text(const struct source_header *header, const struct source_row *row, const char *name,
            struct arena *mem)
{
	for (size_t i = 0; i < header->column_count; i++)
		if (text_eq(header->columns[i].name, name))
			return row->values[i].type == PIPE_TEXT
			               ? arena_strndup(mem, row->values[i].text,
			                               row->values[i].size)
			               : NULL;
	return NULL;
}

static enum err_code
see_about(struct handin *h, const struct source_header *header, const struct source_row *row,
          struct err *e)
{
	const char *name = column_text(header, row, "name", &h->row_mem),
		   *value = column_text(header, row, "value", &h->row_mem);
	struct uuid id;

	if (!name || !value)
		return ERR_OK;
	if (text_eq(name, "format") && !text_eq(value, "fallow-workcopy/v1"))
		return err_set(e, ERR_UNSUPPORTED, "%s is a work copy of another version",
		               h->o->path);
	if (text_eq(name, "register") && !text_eq(value, store_meta(h->st, "uuid")))
		return err_set(e, ERR_INVALID, "%s is a work copy of another register", h->o->path);
	if (text_eq(name, "work") && uuid_parse(value, strlen(value), &id))
		uuid_format(id, h->ret->work);
	return ERR_OK;
}

static enum err_code
see_base(struct handin *h, const struct source_header *header, const struct source_row *row,
         struct err *e)
{
	const char *layer, *id, *base;
	struct handed *d;

	arena_reset(&h->row_mem);
	layer = column_text(header, row, "layer", &h->row_mem);
	id = column_text(header, row, "record_id", &h->row_mem);
	base = column_text(header, row, "base", &h->row_mem);
	if (h->handed_count == h->handed_room) {
		size_t room = h->handed_room ? 2 * h->handed_room : 1024;

		d = mem_realloc_array(h->handed, room, sizeof(*d));
		if (!d)
			return no_memory(e);
		h->handed = d;
		h->handed_room = room;
	}
	d = &h->handed[h->handed_count];
	*d = (struct handed){ .kind = layer ? store_kind(h->st, layer) : -1 };
	if (d->kind < 0 || decide_own_kind(h->st, d->kind) || !id || !base ||
	    !uuid_parse(id, strlen(id), &d->id) ||
	    !text_unhex(base, strlen(base), d->leaf, sizeof(d->leaf)))
		return err_set(e, ERR_INVALID, "row %lld of %s is damaged", (long long)row->number,
		               WORKCOPY_BASE);
	h->handed_count++;
	return ERR_OK;
}

static int
by_record(const void *a, const void *b)
{
	const struct handed *x = a, *y = b;

	return x->kind != y->kind ? (x->kind < y->kind ? -1 : 1)
	                          : memcmp(x->id.b, y->id.b, UUID_SIZE);
}

static enum err_code
read_own_tables(struct handin *h, const struct source_layer *layer, size_t layers, struct err *e)
{
	bool about = false, base = false;
	enum err_code rc;

	for (size_t i = 0; i < layers; i++) {
		about = about || text_eq(layer[i].name, WORKCOPY_ABOUT);
		base = base || text_eq(layer[i].name, WORKCOPY_BASE);
	}
	if (!about || !base) {
		(void)err_set(e, ERR_INVALID, "%s is no work copy", h->o->path);
		return err_hint(e, "make one with: fallow workcopy FILE OUT.gpkg");
	}
	rc = each_row(h, WORKCOPY_ABOUT, see_about, e);
	if (!rc && !*h->ret->work)
		rc = err_set(e, ERR_INVALID, "%s does not say which work copy it is", h->o->path);
	if (!rc)
		rc = each_row(h, WORKCOPY_BASE, see_base, e);
	if (!rc && h->handed_count)
		qsort(h->handed, h->handed_count, sizeof(*h->handed), by_record);
	for (size_t i = 1; !rc && i < h->handed_count; i++)
		if (by_record(&h->handed[i - 1], &h->handed[i]) == 0)
			rc = err_set(e, ERR_INVALID, "%s names a record twice", WORKCOPY_BASE);
	return rc;
}

/* --- the submission -------------------------------------------------------------------------- */

static enum err_code
put_source(struct handin *h, struct err *e)
{
	struct submit_revision rev = { .kind = store_kind(h->st, "source"), .id = h->source };
	char today[11], sha256[65];
	struct arena mem;
	enum err_code rc = submit_keep_original(h->st, h->o->path, sha256, e);

	arena_init(&mem, 0);
	clock_format_date(h->today_days, today);
	if (!rc && (rev.kind < 0 || !fields_init(&rev.fields, store_form(h->st, rev.kind), &mem)))
		rc = no_memory(e);
	if (!rc) {
		(void)(fields_set_text(&rev.fields, "valid_from", today) &&
		       fields_set_text(&rev.fields, "type", "dataset") &&
		       fields_set_text(&rev.fields, "title",
		                       h->o->message ? h->o->message : "edits of a work copy") &&
		       fields_set_text(&rev.fields, "remarks", h->remark) &&
		       fields_set_text(&rev.fields, "file", sha256) &&
		       fields_set_text(&rev.fields, "file_name", file_basename(h->o->path)));
		rc = submit_add(h->st, &rev, 1, NULL, e);
	}
	arena_done(&mem);
	return rc;
}

/* Before anything is written. The remark names the work copy: a later hand-in finds its own by it.
 */
static enum err_code
ensure_open(struct handin *h, struct err *e)
{
	struct submit_about about = { .author = h->o->author, .remark = h->remark };
	enum err_code rc;

	if (h->open)
		return ERR_OK;
	(void)snprintf(h->remark, sizeof(h->remark), "edits of work copy %s", h->ret->work);
	rc = submit_begin(h->st, &about, e);
	if (rc)
		return rc;
	h->open = true;
	memcpy(h->ret->source_id, h->source_text, sizeof(h->source_text));
	return put_source(h, e);
}

/* --- one row --------------------------------------------------------------------------------- */

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
	rc = ensure_open(h, e);
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
	rc = ensure_open(h, e);
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
	note_id(&h->ret->edited, rev.id);
	if (conflict)
		note_id(&h->ret->conflicts, rev.id);
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
	note_id(found ? &h->ret->edited : &h->ret->added, rev.id);
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
		ed->handed = bsearch(&key, h->handed, h->handed_count, sizeof(key), by_record);
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

static enum err_code
hand_row(struct handin *h, const struct source_row *row, struct err *e)
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

/* --- one layer ------------------------------------------------------------------------------- */

static enum err_code
plan_columns(struct handin *h, struct err *e)
{
	h->target = arena_calloc(&h->mem, h->header->column_count + 1, sizeof(*h->target));
	if (!h->target)
		return no_memory(e);
	h->c_fid = h->c_record = -1;
	for (size_t i = 0; i < h->header->column_count; i++) {
		const char *name = h->header->columns[i].name;
		int f = form_index(h->form, name);

		h->target[i] = f >= 0 && workcopy_holds(&h->form->field[f]) ? f : -1;
		if (text_eq(name, "fid"))
			h->c_fid = (int)i;
		else if (text_eq(name, "record_id"))
			h->c_record = (int)i;
		else if (h->target[i] < 0 && !text_eq(name, "base") && !text_eq(name, "shown_as") &&
		         !text_eq(name, "unapproved"))
			tell(h,
			     arena_printf(&h->mem,
			                  "the column %.60s of %s is no field of the form: what it "
			                  "says stays in the file only",
			                  name, h->form->kind));
	}
	if (h->c_record < 0)
		return err_set(e, ERR_INVALID, "the layer %s has no column record_id",
		               h->form->kind);
	return ERR_OK;
}

static enum err_code
put_bad(struct handin *h, const struct source_bad *bad, struct err *e)
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

static enum err_code
read_layer(struct handin *h, struct source *s, int64_t total, struct err *e)
{
	struct source_rows rows = { 0 };
	struct arena mem;
	enum err_code rc = ERR_OK;

	arena_init(&mem, BATCH_BYTES);
	while (!rc && !rows.end) {
		arena_reset(&mem);
		rc = source_next_batch(s, &mem, &rows, e);
		for (size_t i = 0; !rc && i < rows.bad_count; i++)
			rc = put_bad(h, &rows.bad[i], e);
		for (size_t i = 0; !rc && i < rows.row_count; i++)
			rc = hand_row(h, &rows.rows[i], e);
		if (h->o->progress)
			h->o->progress(h->o->ctx, h->ret->read, total);
	}
	arena_done(&mem);
	return rc;
}

static enum err_code
hand_layer(struct handin *h, int kind, int64_t total, struct err *e)
{
	struct source_options so = { .layer = store_kind_name(h->st, kind) };
	struct source *s = NULL;
	enum err_code rc = source_open(h->o->path, &so, &s, e);

	if (rc)
		return rc;
	h->kind = kind;
	h->form = store_form(h->st, kind);
	h->header = source_header(s);
	h->layer_there[kind] = true;
	if (h->header->has_geometry && !text_eq(h->header->crs, "EPSG:4326") &&
	    !text_eq(h->header->crs, "OGC:CRS84"))
		rc = err_set(e, ERR_INVALID, "the layer %s is not in WGS 84 (EPSG:4326) any more",
		             so.layer);
	if (!rc)
		rc = plan_columns(h, e);
	if (!rc)
		rc = converter_create(h->form, &h->converter, e);
	if (!rc)
		rc = form_checker_create(h->form, &h->checker, e);
	if (!rc)
		rc = reopen_create(h->st, kind, &h->reopen, e);
	if (!rc)
		rc = read_layer(h, s, total, e);
	if (rc)
		(void)err_prefix(e, "layer %s", so.layer);
	converter_free(h->converter);
	form_checker_free(h->checker);
	reopen_free(h->reopen);
	h->converter = NULL;
	h->checker = NULL;
	h->reopen = NULL;
	source_close(s);
	return rc;
}

/* --- rows that are gone ---------------------------------------------------------------------- */

struct proposed {
	struct handin *h;
	struct uuid *id;
	size_t count, room;
};

static enum err_code
see_event(void *ctx, const struct shown *row, struct err *e)
{
	struct proposed *p = ctx;
	const char *about = fields_text(&row->fields, "about");
	struct uuid id;

	if (!text_eq(fields_text(&row->fields, "type"), PROPOSED) || !about ||
	    !uuid_parse(about, strlen(about), &id) ||
	    !strstr(fields_text(&row->fields, "reason") ? fields_text(&row->fields, "reason") : "",
	            p->h->ret->work))
		return ERR_OK;
	if (p->count == p->room) {
		size_t room = p->room ? 2 * p->room : 64;
		struct uuid *more = mem_realloc_array(p->id, room, sizeof(*more));

		if (!more)
			return no_memory(e);
		p->id = more;
		p->room = room;
	}
	p->id[p->count++] = id;
	return ERR_OK;
}

static enum err_code
propose(struct handin *h, const struct handed *d, struct err *e)
{
	char id[UUID_TEXT], reason[200];
	enum err_code rc;

	note_id(&h->ret->deleted, d->id);
	if (h->o->dry_run)
		return ERR_OK;
	uuid_format(d->id, id);
	(void)snprintf(reason, sizeof(reason),
	               "its row was deleted in work copy %s; nothing was closed", h->ret->work);
	rc = ensure_open(h, e);
	return rc ? rc : take_event(h->st, PROPOSED, id, h->o->author, reason, e);
}

/* A deleted row closes nothing: it is proposed, once. */
static enum err_code
find_deleted(struct handin *h, struct err *e)
{
	static const char *const want[] = { "type", "about", "reason", NULL };
	struct each_filter f = { .kind = store_kind(h->st, "event"),
		                 .as_of_days = INT64_MAX,
		                 .known_size = INT64_MAX,
		                 .want = want };
	struct proposed p = { .h = h };
	size_t gone = 0, lost = 0;
	enum err_code rc = ERR_OK;

	for (size_t i = 0; i < h->handed_count; i++) {
		bool there = h->layer_there[h->handed[i].kind];

		gone += there && !h->handed[i].seen;
		lost += !there;
	}
	if (lost)
		tell(h, arena_printf(&h->mem,
		                     "%zu records are in layers that the file does not have any "
		                     "more; they stay as they are",
		                     lost));
	if (gone == 0 || f.kind < 0)
		return ERR_OK;
	rc = store_each(h->st, &f, see_event, &p, e);
	for (size_t i = 0; !rc && i < h->handed_count; i++) {
		const struct handed *d = &h->handed[i];
		bool known = d->seen || !h->layer_there[d->kind];

		for (size_t k = 0; !known && k < p.count; k++)
			known = memcmp(&p.id[k], &d->id, sizeof(d->id)) == 0;
		if (!known)
			rc = propose(h, d, e);
	}
	mem_free(p.id);
	return rc;
}

/* --- all of it ------------------------------------------------------------------------------- */

static enum err_code
hand_all(struct handin *h, struct err *e)
{
	struct source_layer *layer = NULL;
	size_t layers = 0;
	int64_t total = 0;
	enum err_code rc = source_list_layers(h->o->path, NULL, &h->mem, &layer, &layers, e);

	if (!rc)
		rc = read_own_tables(h, layer, layers, e);
	for (size_t i = 0; !rc && i < layers; i++)
		total += layer[i].features > 0 ? layer[i].features : 0;
	for (size_t i = 0; !rc && i < layers; i++) {
		int kind = store_kind(h->st, layer[i].name);

		if (kind >= 0 && !decide_own_kind(h->st, kind))
			rc = hand_layer(h, kind, total, e);
		else if (!text_starts(layer[i].name, "fallow_"))
			tell(h, arena_printf(&h->mem,
			                     "the layer %.60s is no kind of record: it is "
			                     "left out",
			                     layer[i].name));
	}
	return rc ? rc : find_deleted(h, e);
}

static enum err_code
prepare(struct handin *h, struct err *e)
{
	enum err_code rc;

	arena_init(&h->mem, BATCH_BYTES);
	arena_init(&h->row_mem, BATCH_BYTES);
	h->today_days = clock_now_us() / 86400000000;
	h->layer_there = arena_calloc(&h->mem, store_kind_count(h->st) + 1, sizeof(bool));
	h->geo = geo_create();
	rc = h->geo && h->layer_there ? submit_new_id(&h->source, e) : no_memory(e);
	uuid_format(h->source, h->source_text);
	if (!rc)
		rc = territory_load(h->st, &h->territory, e);
	if (!rc)
		rc = rowkey_open(h->st, &h->keys, e);
	return rc ? rc : quarantine_open(h->st, &h->quarantine, e);
}

enum err_code
handin_run(struct store *st, const struct handin_options *o, struct handin_result *ret,
           struct err *e)
{
	struct handin h = { .st = st, .o = o, .ret = ret };
	struct submit_result done = { 0 };
	enum err_code rc;

	memset(ret, 0, sizeof(*ret));
	rc = prepare(&h, e);
	if (!rc)
		rc = hand_all(&h, e);
	if (!rc && h.open) {
		h.open = false; /* commit ends it, one way or the other */
		rc = submit_commit(st, &done, e);
		ret->submissions = done.submissions;
		ret->first_seq = done.first_seq;
	}
	if (h.open)
		submit_cancel(st);
	if (rc)
		ret->source_id[0] = '\0';
	rowkey_close(h.keys);
	quarantine_close(h.quarantine);
	territory_free(h.territory);
	geo_free(h.geo);
	mem_free(h.handed);
	arena_done(&h.mem);
	arena_done(&h.row_mem);
	return rc;
}
