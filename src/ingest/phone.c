#include "ingest/phone.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "ingest/attach.h"
#include "ingest/decide.h"
#include "ingest/reopen.h"
#include "ingest/rowmake.h"
#include "ingest/territory.h"
#include "store/history.h"
#include "store/quarantine.h"
#include "store/rowkey.h"

#define MAX_BYTES ((size_t)256 << 20)
#define MAX_MAPPED ((size_t)16 << 20)
#define XML_NAME "submission.xml"

/* How the instances of one kind are read; made anew when the form or the day changes. */
struct reader {
	int version;
	int64_t today_days;
	struct arena mem;
	struct instance_columns columns;
	struct rowmake *maker;
	struct rowmake_worker *worker;
};

struct phone {
	struct store *st;
	struct arena mem; /* of the submission at hand */
	struct territory *territory;
	int64_t territory_day;
	struct rowkey_reader *keys;
	struct quarantine *quarantine;
	struct reader *reader; /* by kind */
	size_t kinds;
};

/* The submission at hand. */
struct work {
	struct phone *p;
	const struct phone_in *in;
	struct phone_result *ret;
	struct instance inst;
	struct instance_found found;
	int kind;
	uint8_t key[32], content[32];
	struct reader *r;
	struct mapping_value *value;
	struct rowmake_row row;
	struct submit_revision *rev; /* to be added, the record last */
	size_t revs;
	const char *refs; /* JSON list of the sources that this one brings, or NULL */
	bool keep_xml;    /* it says what no field can hold */
	char today[11];
};

static enum err_code
no_memory(struct err *e)
{
	return err_set(e, ERR_NOMEM, "out of memory for a filled-in form");
}

/* --- what is kept
 * ------------------------------------------------------------------------------------------- */

static void
reader_done(struct reader *r)
{
	rowmake_worker_free(r->worker);
	rowmake_free(r->maker);
	arena_done(&r->mem);
	memset(r, 0, sizeof(*r));
}

enum err_code
phone_open(struct store *st, struct phone **ret, struct err *e)
{
	struct phone *p = mem_calloc(1, sizeof(*p));
	enum err_code rc;

	if (!p)
		return no_memory(e);
	p->st = st;
	p->kinds = store_kind_count(st);
	arena_init(&p->mem, MAX_BYTES);
	p->reader = mem_calloc(p->kinds, sizeof(*p->reader));
	rc = p->reader ? rowkey_open(st, &p->keys, e) : no_memory(e);
	if (!rc)
		rc = quarantine_open(st, &p->quarantine, e);
	if (rc) {
		phone_close(p);
		return rc;
	}
	*ret = p;
	return ERR_OK;
}

void
phone_close(struct phone *p)
{
	if (!p)
		return;
	for (size_t i = 0; p->reader && i < p->kinds; i++)
		reader_done(&p->reader[i]);
	mem_free(p->reader);
	territory_free(p->territory);
	rowkey_close(p->keys);
	quarantine_close(p->quarantine);
	arena_done(&p->mem);
	mem_free(p);
}

static enum err_code
reader_make(struct phone *p, int kind, int64_t today_days, struct reader *r, struct err *e)
{
	struct rowmake_about about = { .form = store_form(p->st, kind),
		                       .iso3 = store_meta(p->st, "country"),
		                       .geometry_is_wgs84 = true,
		                       .country = territory_country(p->territory),
		                       .today_days = today_days };
	enum err_code rc;

	arena_init(&r->mem, 0);
	r->version = about.form->version;
	r->today_days = today_days;
	rc = instance_columns(about.form, &r->mem, &r->columns, e);
	about.iso3 = arena_strdup(&r->mem, about.iso3);
	about.column = r->columns.name;
	about.column_count = r->columns.count;
	if (!rc)
		rc = rowmake_create(&about, &r->maker, e);
	if (!rc)
		rc = rowmake_worker_create(r->maker, &r->worker, e);
	if (rc)
		reader_done(r);
	return rc;
}

static enum err_code
reader_get(struct phone *p, int kind, struct reader **ret, struct err *e)
{
	struct reader *r = &p->reader[kind];
	int64_t today = clock_now_us() / 86400000000;
	enum err_code rc = ERR_OK;

	if (!p->territory || p->territory_day != today) {
		for (size_t i = 0; i < p->kinds; i++)
			reader_done(&p->reader[i]); /* they point to the country */
		territory_free(p->territory);
		p->territory = NULL;
		rc = territory_load(p->st, &p->territory, e);
		p->territory_day = today;
	}
	if (!rc && r->maker && r->version != store_form(p->st, kind)->version)
		reader_done(r);
	if (!rc && !r->maker)
		rc = reader_make(p, kind, today, r, e);
	if (!rc)
		rowmake_worker_reset(r->worker);
	*ret = r;
	return rc;
}

/* --- identities
 * -----------------------------------------------------------------------------------------------
 */

static void
instance_key(const struct work *w, const char *id, uint8_t ret[32])
{
	attach_key("fallow phone 1", store_kind_name(w->p->st, w->kind), id, "", ret);
}

/* Every file by its content; a form without an id of its own is known by what it says. */
static enum err_code
identify(struct work *w, struct err *e)
{
	const struct phone_in *in = w->in;
	char hex[65];

	hash_sha256(in->xml, in->xml_size, w->content);
	for (size_t i = 0; i < in->files; i++) {
		uint8_t sha[32];

		hash_sha256(in->file[i].bytes, in->file[i].size, sha);
		text_hex(sha, 32, in->file[i].sha256);
	}
	if (!w->inst.id || !*w->inst.id) {
		text_hex(w->content, 32, hex);
		w->inst.id = arena_printf(&w->p->mem, "sha256:%s", hex);
	}
	if (!w->inst.id)
		return no_memory(e);
	instance_key(w, w->inst.id, w->key);
	return ERR_OK;
}

/* --- sources: files that belong to no field
 * ---------------------------------------------------------------------------- */

/* A source record for one file; its row key makes it known again. */
static enum err_code
add_source(struct work *w, const struct instance_file *f, const char *type, const uint8_t key[32],
           struct err *e)
{
	const struct attach a = {
		.name = f->name,
		.media = f->type,
		.type = type,
		.sha256 = f->sha256,
		.title = arena_printf(&w->p->mem, "%s of %s", f->name, w->inst.id),
		.how = "form from a phone",
		.caption = f->caption,
		.today = w->today,
		.key = key,
	};
	enum err_code rc = a.title ? attach_source(w->p->st, &a, &w->p->mem, &w->rev[w->revs], e)
	                           : no_memory(e);

	if (!rc)
		w->revs++;
	return rc;
}

static enum err_code
add_file(struct work *w, const struct instance_file *f, struct err *e)
{
	uint8_t key[32];
	struct rowkey known;
	char id[UUID_TEXT];
	const char *one;
	bool here = false;
	enum err_code rc;

	attach_key("fallow phone file 1", w->inst.id, f->name, f->sha256, key);
	rc = rowkey_find(w->p->keys, key, &here, &known, e);
	if (!rc && !here)
		rc = add_source(w, f, NULL, key, e);
	if (rc || here)
		return rc;
	uuid_format(w->rev[w->revs - 1].id, id);
	one = arena_printf(&w->p->mem, "[\"%s\"]", id);
	w->refs = one ? attach_join(w->refs, one, &w->p->mem) : NULL;
	return w->refs ? ERR_OK : no_memory(e);
}

/* Sources for the files that no field holds and that are not here yet; and for the form itself when
 * it says what no field can hold. */
static enum err_code
add_files(struct work *w, struct err *e)
{
	struct instance_file xml = { .name = XML_NAME, .type = "text/xml" };
	enum err_code rc = ERR_OK;

	for (size_t i = 0; !rc && i < w->in->files; i++)
		if (!w->in->file[i].of_field)
			rc = add_file(w, &w->in->file[i], e);
	if (!rc && w->keep_xml) {
		text_hex(w->content, 32, xml.sha256);
		rc = add_file(w, &xml, e);
	}
	return rc;
}

static void
set_refs(struct store_fields *f, const char *list)
{
	int i = form_index(f->form, "source_refs");

	if (i >= 0 && list)
		f->value[i] =
			(struct store_value){ .type = STORE_JSON, .s = list, .n = strlen(list) };
}

/* --- writing
 * -----------------------------------------------------------------------------------------------
 */

/* Files to disk first, then one submission. reopens: the record that may lie on released land, or
 * NULL. */
static enum err_code
write_all(struct work *w, const struct submit_revision *reopens, const struct quarantine_row *row,
          struct err *e)
{
	struct store *st = w->p->st;
	const char *remark = arena_printf(&w->p->mem, "form %s version %s, %s", w->inst.form_id,
	                                  w->inst.version, w->inst.id);
	struct submit_about about = { .author = w->in->author, .remark = remark };
	struct submit_result done = { 0 };
	char hex[65];
	enum err_code rc = remark ? submit_begin(st, &about, e) : no_memory(e);

	for (size_t i = 0; !rc && i < w->in->files; i++)
		rc = submit_keep_bytes(st, w->in->file[i].bytes, w->in->file[i].size,
		                       w->in->file[i].name, hex, e);
	if (!rc && (row || w->keep_xml))
		rc = submit_keep_bytes(st, w->in->xml, w->in->xml_size, XML_NAME, hex, e);
	if (!rc)
		rc = submit_add(st, w->rev, w->revs, NULL, e);
	if (!rc && row)
		rc = quarantine_put(w->p->quarantine, row, NULL, e);
	if (!rc && reopens)
		rc = reopen_for(st, reopens, &w->p->mem, e);
	if (rc) {
		submit_cancel(st);
		return rc;
	}
	rc = submit_commit(st, &done, e);
	if (!rc)
		w->ret->submission = done.first_seq;
	return rc;
}

/* The newest revision of a record, with its identities: what a later one starts from. */
static enum err_code
newest(struct work *w, const struct rowkey *k, struct store_fields *ret, uint8_t leaf[32],
       struct err *e)
{
	struct history_revision *list = NULL;
	size_t n = 0;
	enum err_code rc = history_load(w->p->st, k->id, INT64_MAX, &w->p->mem, &list, &n, e);

	if (!rc && n == 0)
		rc = err_set(e, ERR_NOTFOUND, "the record has no revision");
	if (rc)
		return rc;
	*ret = list[n - 1].rev.fields;
	memcpy(leaf, list[n - 1].rev.leaf, 32);
	if (list[n - 1].has_identity)
		return history_open_identity(w->p->st, k->id, list[n - 1].rev.rid, &w->p->mem, ret,
		                             e);
	return ERR_OK;
}

/* Our own marks on the record: its identity and what flagged it. */
static enum err_code
mark(struct work *w, struct store_fields *f, struct err *e)
{
	const char *flags = rowcheck_codes(w->row.found, ROWCHECK_FLAG, &w->p->mem);
	const char *key = attach_key_text(w->key, w->content, &w->p->mem);

	if (!flags || !key)
		return no_memory(e);
	(void)fields_set_text(f, "import_key", key); /* core: every kind has them */
	(void)fields_set_text(f, "import_flags", *flags ? flags : NULL);
	(void)snprintf(w->ret->flags, sizeof(w->ret->flags), "%s", flags);
	return ERR_OK;
}

/* Add the record: new (known NULL), or a revision of the one that is known. */
static enum err_code
take(struct work *w, const struct rowkey *known, struct err *e)
{
	struct submit_revision *rev;
	uint8_t(*leaf)[32] = arena_alloc(&w->p->mem, 32);
	struct store_fields before = { 0 };
	const char *list = w->refs;
	enum err_code rc = leaf ? mark(w, &w->row.fields, e) : no_memory(e);

	if (rc)
		return rc;
	rev = &w->rev[w->revs];
	*rev = (struct submit_revision){ .kind = w->kind,
		                         .fields = w->row.fields,
		                         .outline_valid = w->row.outline_valid,
		                         .row_key = w->key,
		                         .row_content = w->content };
	if (known) {
		rc = newest(w, known, &before, *leaf, e);
		rev->id = known->id;
		rev->fid = known->fid;
		rev->parents = (const uint8_t(*)[32])leaf;
		rev->parent_count = 1;
	} else {
		rc = submit_new_id(&rev->id, e);
	}
	if (!rc && before.form) {
		int i = form_index(before.form, "source_refs");

		if (i >= 0 && before.value[i].type == STORE_JSON)
			list = attach_join(before.value[i].s, w->refs, &w->p->mem);
	}
	if (!rc && w->refs && !list)
		rc = no_memory(e);
	if (rc)
		return rc;
	set_refs(&rev->fields, list);
	w->revs++;
	w->ret->fate = PHONE_TAKEN;
	uuid_format(rev->id, w->ret->id);
	return write_all(w, rev, NULL, e);
}

/* Files of a repeat's fields that came late become sources: its rows may have been corrected since.
 */
static enum err_code
add_repeat_files(struct work *w, const struct store_fields *now, struct err *e)
{
	enum err_code rc = ERR_OK;

	for (size_t k = 0; !rc && k < w->in->files; k++) {
		const struct instance_file *f = &w->in->file[k];
		bool held = !f->of_repeat;

		for (size_t i = 0; !held && i < now->form->field_count; i++)
			held = now->form->field[i].type == FORM_REPEAT &&
			       now->value[i].type == STORE_JSON &&
			       strstr(now->value[i].s, f->sha256);
		if (!held)
			rc = add_file(w, f, e);
	}
	return rc;
}

/* The same form again: files that did not come before are added to what the record is now. */
static enum err_code
add_late_files(struct work *w, const struct rowkey *known, struct err *e)
{
	struct submit_revision *rev = NULL;
	struct store_fields now;
	uint8_t(*leaf)[32] = arena_alloc(&w->p->mem, 32);
	const struct instance_columns *c = &w->r->columns;
	bool more;
	int refs;
	enum err_code rc = leaf ? newest(w, known, &now, *leaf, e) : no_memory(e);

	if (!rc)
		rc = add_repeat_files(w, &now, e);
	if (rc)
		return rc;
	more = w->refs != NULL;
	uuid_format(known->id, w->ret->id);
	for (size_t i = 0; i < c->count; i++) {
		struct store_value *v = &now.value[c->field[i]];
		const struct mapping_value *sent = &w->value[i];

		if (c->form->field[c->field[i]].type != FORM_FILE || sent->type != MAPPING_TEXT ||
		    v->type != STORE_NULL)
			continue;
		*v = (struct store_value){ .type = STORE_TEXT, .s = sent->s, .n = sent->n };
		more = true;
	}
	if (!more) {
		w->ret->fate = PHONE_PRESENT;
		return ERR_OK;
	}
	refs = form_index(now.form, "source_refs");
	if (refs >= 0) {
		const char *before = now.value[refs].type == STORE_JSON ? now.value[refs].s : NULL;

		set_refs(&now, attach_join(before, w->refs, &w->p->mem));
	}
	rev = &w->rev[w->revs++];
	*rev = (struct submit_revision){ .kind = w->kind,
		                         .id = known->id,
		                         .fid = known->fid,
		                         .parents = (const uint8_t(*)[32])leaf,
		                         .parent_count = 1,
		                         .fields = now };
	w->ret->fate = PHONE_TAKEN;
	return write_all(w, rev, NULL, e);
}

/* --- quarantine
 * -----------------------------------------------------------------------------------------------
 */

static void
write_answers(struct buf *b, const struct xml_node *node, const char *path, struct arena *mem)
{
	for (const struct xml_node *c = node->first; c; c = c->next) {
		const char *here = arena_printf(mem, "%s/%s", path, c->name);

		if (!here) {
			b->failed = true;
			return;
		}
		if (c->first) {
			write_answers(b, c, here, mem);
		} else if (*c->text) {
			buf_adds(b, b->size > 1 ? "," : "");
			buf_addc(b, '[');
			json_write_string(b, here, strlen(here));
			buf_addc(b, ',');
			json_write_string(b, c->text, strlen(c->text));
			buf_addc(b, ']');
		}
	}
}

/* What was sent, as a person can read it beside the kept XML: its answers by path, in order. */
static const char *
original_json(struct work *w)
{
	const char *done = NULL, *id = w->inst.id;
	struct buf answers, b;

	buf_init(&answers, MAX_MAPPED);
	buf_init(&b, MAX_MAPPED);
	buf_addc(&answers, '[');
	if (w->inst.root)
		write_answers(&answers, w->inst.root, "", &w->p->mem);
	buf_addc(&answers, ']');
	buf_adds(&b, "{\"answers\":");
	buf_add(&b, answers.data, answers.size);
	buf_adds(&b, ",\"form\":");
	json_write_string(&b, w->inst.form_id, strlen(w->inst.form_id));
	buf_adds(&b, ",\"instance\":");
	json_write_string(&b, id, strlen(id));
	buf_addc(&b, '}');
	if (buf_ok(&answers) && buf_ok(&b))
		done = arena_strndup(&w->p->mem, b.data, b.size);
	buf_done(&answers);
	buf_done(&b);
	return done;
}

static const char *
place_named(const struct work *w)
{
	static const char *const field[] = { "place_name", "admin2_name", "admin1_name" };

	for (size_t i = 0; w->row.fields.form && i < 3; i++)
		if (fields_text(&w->row.fields, field[i]))
			return fields_text(&w->row.fields, field[i]);
	return NULL;
}

/* What the quarantine says of it. */
static enum err_code
describe(struct work *w, const char *checks, const char *reason, struct quarantine_row *q,
         struct err *e)
{
	const char *more = rowcheck_codes(w->row.found, ROWCHECK_FLAG, &w->p->mem);
	struct buf mapped;
	enum err_code rc = ERR_OK;

	q->kind = w->kind;
	q->row = 1;
	q->reason = reason;
	q->place = place_named(w);
	q->original = original_json(w);
	if (!more || !q->original)
		return no_memory(e);
	q->checks = *more ? arena_printf(&w->p->mem, "%s %s", checks, more) : checks;
	buf_init(&mapped, MAX_MAPPED);
	if (w->row.mapped) {
		rowmake_mapped_json(w->r->maker, &w->row, &mapped);
		q->mapped = buf_ok(&mapped) ? arena_strndup(&w->p->mem, mapped.data, mapped.size)
		                            : NULL;
		rc = q->mapped ? ERR_OK : no_memory(e);
	}
	buf_done(&mapped);
	return !rc && !q->checks ? no_memory(e) : rc;
}

/* Keep all that was sent, with the reason. Once; its later files are kept too. */
static enum err_code
quarantine(struct work *w, const char *checks, const char *reason, struct err *e)
{
	struct quarantine_row q = { 0 };
	struct instance_file xml = { .name = XML_NAME, .type = "text/xml" };
	uint8_t key[32];
	int64_t qid = 0;
	bool ended = false;
	enum err_code rc;

	w->ret->fate = PHONE_WAITS;
	w->keep_xml = false; /* it is kept below */
	(void)snprintf(w->ret->reason, sizeof(w->ret->reason), "%s", reason);
	attach_key("fallow phone quarantine 1", w->inst.form_id, w->inst.id, "", key);
	for (size_t i = 0; i < w->in->files; i++)
		w->in->file[i].of_field = false; /* no record holds them yet */
	rc = add_files(w, e);
	if (!rc)
		rc = quarantine_find(w->p->quarantine, key, &qid, &ended, e);
	if (rc || (qid && w->revs == 0))
		return rc;
	if (qid)
		return write_all(w, NULL, NULL, e);
	text_hex(w->content, 32, xml.sha256);
	attach_key("fallow phone file 1", w->inst.id, XML_NAME, xml.sha256, q.row_key);
	rc = add_source(w, &xml, "other", q.row_key, e);
	if (rc)
		return rc;
	set_refs(&w->rev[w->revs - 1].fields, w->refs); /* so that its files are found */
	q.source = w->rev[w->revs - 1].id;
	memcpy(q.row_key, key, 32);
	rc = describe(w, checks, reason, &q, e);
	return rc ? rc : write_all(w, NULL, &q, e);
}

/* --- one instance
 * ------------------------------------------------------------------------------------------------
 */

/* A form that waits in quarantine, or was settled there. */
static enum err_code
waits_already(struct work *w, bool *ret, struct err *e)
{
	uint8_t key[32];
	int64_t qid = 0;
	bool ended = false;
	enum err_code rc;

	attach_key("fallow phone quarantine 1", w->inst.form_id, w->inst.id, "", key);
	rc = quarantine_find(w->p->quarantine, key, &qid, &ended, e);
	*ret = qid != 0;
	return rc;
}

static enum err_code
make_row(struct work *w, struct err *e)
{
	const struct instance_files files = { w->in->file, w->in->files };
	enum err_code rc = reader_get(w->p, w->kind, &w->r, e);

	if (rc)
		return rc;
	w->value = arena_calloc(&w->p->mem, w->r->columns.count + 1, sizeof(*w->value));
	if (!w->value)
		return no_memory(e);
	rc = instance_values(&w->inst, &w->r->columns, &files, &w->p->mem, w->value, &w->found, e);
	if (rc)
		return rc;
	w->ret->missing = w->found.missing;
	w->row.number = 1;
	w->row.mapped = w->value;
	rc = rowmake_row(w->r->maker, w->r->worker, &w->row, e);
	w->keep_xml = w->found.unknown || (w->row.found >> CHECK_BAD_VALUE & 1);
	return rc;
}

static enum err_code
take_instance(struct work *w, struct err *e)
{
	struct rowkey known = { 0 };
	uint8_t before[32];
	bool here = false, waits = false;
	enum err_code rc = make_row(w, e);

	if (!rc)
		rc = rowkey_find(w->p->keys, w->key, &here, &known, e);
	if (!rc && !here)
		rc = waits_already(w, &waits, e);
	if (rc)
		return rc;
	if ((!here && rowcheck_any(w->row.found, ROWCHECK_REFUSE)) || waits)
		return quarantine(w, rowcheck_codes(w->row.found, ROWCHECK_REFUSE, &w->p->mem),
		                  w->row.reason ? w->row.reason : "taken before", e);
	if (here && memcmp(known.content, w->content, 32) == 0) {
		rc = add_files(w, e);
		return rc ? rc : add_late_files(w, &known, e);
	}
	if (!here && *w->inst.replaces) {
		instance_key(w, w->inst.replaces, before);
		rc = rowkey_find(w->p->keys, before, &here, &known, e);
	}
	if (!rc)
		rc = add_files(w, e);
	if (rc)
		return rc;
	/* a correction that cannot be placed must not undo what was: it waits for a person */
	if (here && rowcheck_any(w->row.found, ROWCHECK_REFUSE)) {
		w->revs = 0;
		w->refs = NULL;
		return quarantine(w, rowcheck_codes(w->row.found, ROWCHECK_REFUSE, &w->p->mem),
		                  w->row.reason, e);
	}
	return take(w, here && known.kind == w->kind ? &known : NULL, e);
}

enum err_code
phone_take(struct phone *p, const struct phone_in *in, struct phone_result *ret, struct err *e)
{
	struct work w = { .p = p, .in = in, .ret = ret };
	struct err why = { 0 };
	enum err_code rc;

	memset(ret, 0, sizeof(*ret));
	ret->submission = -1;
	if (in->files > PHONE_MAX_FILES)
		return err_set(e, ERR_LIMIT, "a submission has at most %d files", PHONE_MAX_FILES);
	arena_reset(&p->mem);
	clock_format_date(clock_now_us() / 86400000000, w.today);
	w.rev = arena_calloc(&p->mem, in->files + 4, sizeof(*w.rev));
	if (!w.rev)
		return no_memory(e);
	rc = instance_read(in->xml, in->xml_size, &p->mem, &w.inst, &why);
	if (rc == ERR_NOMEM)
		return no_memory(e);
	if (rc)
		w.inst =
			(struct instance){ .form_id = "", .version = "", .id = "", .replaces = "" };
	w.kind = rc ? -1 : store_kind(p->st, w.inst.form_id);
	if (w.kind >= 0 && decide_own_kind(p->st, w.kind))
		return decide_refuse(w.inst.form_id, e);
	if (w.kind < 0) { /* it may be danger: kept where danger is looked for */
		w.kind = store_kind(p->st, "hazard");
		ret->kind = store_kind_name(p->st, w.kind);
		if (!rc)
			(void)err_set(&why, ERR_INVALID, "there is no form \"%.60s\" here",
			              w.inst.form_id);
		rc = identify(&w, e);
		return rc ? rc : quarantine(&w, "unreadable_row", why.text, e);
	}
	ret->kind = store_kind_name(p->st, w.kind);
	rc = identify(&w, e);
	return rc ? rc : take_instance(&w, e);
}
