#include "ingest/handin.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"
#include "ingest/decide.h"
#include "ingest/handin_state.h"
#include "ingest/take.h"
#include "ingest/workcopy.h"
#include "store/each.h"

#define BATCH_BYTES ((size_t)512 << 20)
#define PROPOSED "deletion_proposed"

static enum err_code
no_memory(struct err *e)
{
	return err_set(e, ERR_NOMEM, "out of memory for a work copy");
}

void
handin_note(struct handin_ids *ids, struct uuid id)
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

int
handin_by_record(const void *a, const void *b)
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
		qsort(h->handed, h->handed_count, sizeof(*h->handed), handin_by_record);
	for (size_t i = 1; !rc && i < h->handed_count; i++)
		if (handin_by_record(&h->handed[i - 1], &h->handed[i]) == 0)
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
enum err_code
handin_open(struct handin *h, struct err *e)
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
			rc = handin_bad(h, &rows.bad[i], e);
		for (size_t i = 0; !rc && i < rows.row_count; i++)
			rc = handin_row(h, &rows.rows[i], e);
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

	handin_note(&h->ret->deleted, d->id);
	if (h->o->dry_run)
		return ERR_OK;
	uuid_format(d->id, id);
	(void)snprintf(reason, sizeof(reason),
	               "its row was deleted in work copy %s; nothing was closed", h->ret->work);
	rc = handin_open(h, e);
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
		else if (!text_starts(layer[i].name, "fallow_") &&
		         !text_eq(layer[i].name, "layer_styles")) /* what a work copy came with */
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
