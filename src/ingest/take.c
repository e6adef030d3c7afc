#include "ingest/take.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/text.h"
#include "geo/measure.h"
#include "ingest/overlaps.h"
#include "ingest/reopen.h"
#include "ingest/seen.h"
#include "ingest/toll.h"
#include "store/each.h"
#include "store/history.h"
#include "store/quarantine.h"
#include "store/rowkey.h"
#include "store/twin.h"

#define BATCH_BYTES ((size_t)1 << 30)
#define MAX_EDITIONS 4000

/* Closed land of the batch on which something lies: open again once it is in. */
struct over {
	struct uuid id;
	struct reopen_find find;
};

struct take {
	struct take_about about;
	struct take_counts counts;
	struct reopen *reopen; /* NULL: rows of this kind reopen nothing */
	struct rowkey_reader *keys;
	struct twin_finder *twins; /* NULL: nothing was in the register, or no geometry */
	struct quarantine *quarantine;
	struct arena mem; /* of the batch */
	bool open;        /* a submission is open and holds the source record */
	bool look_keys, look_quarantine;
	bool group_full;
	int64_t since;               /* index of the first submission that this import can have */
	int64_t in_group, first_new; /* rid of the first revision that this import can have */
	struct uuid source;
	char source_text[UUID_TEXT];
	/* what the file held so far */
	struct seen content; /* with the fingerprint of the first row that said it */
	struct seen times;   /* of contents that came again: how often */
	struct seen row;     /* fingerprints of rows whose content came again */
	struct seen key, refused, geometry, id, similar, link;
	int *link_field; /* fields that name another record */
	size_t link_count;
	/* waiting for submit_add, of this batch */
	struct submit_revision *wait;
	size_t waiting, room;
	struct over *over; /* of those */
	size_t over_count, over_room;
	/* for missing keys */
	int64_t *matched;
	size_t matched_count, matched_room;
	struct uuid *edition;
	size_t edition_count;
	int f_source, f_row, f_key, f_flags;
};

static enum err_code
no_memory(struct err *e)
{
	return err_set(e, ERR_NOMEM, "out of memory for an import");
}

/* What makes two records of a kind at one position the same: a spot can hold several items. */
static enum err_code
open_twins(struct take *t, struct err *e)
{
	static const struct {
		const char *kind, *same[TWIN_MAX_SAME + 1];
	} kinds[] = {
		{ "hazard", { NULL } },
		{ "minefield_record", { NULL } },
		{ "accident", { "valid_from", NULL } },
		{ "ordnance", { "valid_from", "category", "model", "quantity", NULL } },
		{ "activity", { "valid_from", "type", NULL } },
	};
	const char *kind = store_kind_name(t->about.st, t->about.kind);

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (text_eq(kind, kinds[i].kind))
			return twin_open(t->about.st, t->about.kind, kinds[i].same, &t->twins, e);
	return ERR_OK;
}

enum err_code
take_open(const struct take_about *about, struct take **ret, struct err *e)
{
	struct take *t = mem_calloc(1, sizeof(*t));
	const struct form *form = store_form(about->st, about->kind);
	int64_t revisions = 0;
	enum err_code rc;

	if (!t)
		return no_memory(e);
	t->about = *about;
	arena_init(&t->mem, BATCH_BYTES);
	seen_init(&t->content, true);
	seen_init(&t->times, true);
	seen_init(&t->key, true);
	seen_init(&t->refused, false);
	seen_init(&t->row, false);
	seen_init(&t->link, true);
	seen_init(&t->geometry, false);
	seen_init(&t->id, false);
	seen_init(&t->similar, false);
	t->f_source = form_index(form, "import_source");
	t->f_row = form_index(form, "import_row");
	t->f_key = form_index(form, "import_key");
	t->f_flags = form_index(form, "import_flags");
	t->link_field = mem_calloc(form->field_count + 1, sizeof(*t->link_field));
	for (size_t i = 0; t->link_field && i < form->field_count; i++)
		if (form->field[i].type == FORM_RECORD && (int)i != t->f_source)
			t->link_field[t->link_count++] = (int)i;
	rc = t->link_field ? rowkey_open(about->st, &t->keys, e) : no_memory(e);
	if (!rc)
		rc = quarantine_open(about->st, &t->quarantine, e);
	if (!rc)
		rc = rowkey_any(about->st, &t->look_keys, e);
	if (!rc)
		rc = quarantine_any(about->st, &t->look_quarantine, e);
	if (!rc)
		rc = rowkey_revisions(about->st, &revisions, e);
	t->first_new = revisions + 1;
	t->since = store_log_size(about->st);
	if (!rc && revisions > 0)
		rc = open_twins(t, e);
	if (!rc)
		rc = reopen_create(about->st, about->kind, &t->reopen, e);
	if (!rc && about->source)
		t->source = *about->source;
	else if (!rc)
		rc = submit_new_id(&t->source, e);
	if (rc) {
		take_close(t);
		return rc;
	}
	uuid_format(t->source, t->source_text);
	if (t->about.group == 0)
		t->about.group = revisions / 4 > TAKE_GROUP ? revisions / 4 : TAKE_GROUP;
	*ret = t;
	return ERR_OK;
}

/* What the file held is needed no longer. */
static void
forget_rows(struct take *t)
{
	seen_done(&t->content);
	seen_done(&t->times);
	seen_done(&t->row);
	seen_done(&t->key);
	seen_done(&t->refused);
	seen_done(&t->geometry);
	seen_done(&t->id);
	seen_done(&t->similar);
	seen_done(&t->link);
}

void
take_close(struct take *t)
{
	if (!t)
		return;
	if (t->open)
		submit_cancel(t->about.st);
	reopen_free(t->reopen);
	rowkey_close(t->keys);
	twin_close(t->twins);
	quarantine_close(t->quarantine);
	arena_done(&t->mem);
	forget_rows(t);
	mem_free(t->link_field);
	seen_done(&t->geometry);
	seen_done(&t->id);
	seen_done(&t->similar);
	mem_free(t->wait);
	mem_free(t->over);
	mem_free(t->matched);
	mem_free(t->edition);
	mem_free(t);
}

const struct take_counts *
take_counts(const struct take *t)
{
	return &t->counts;
}

/* --- the submission
 * ---------------------------------------------------------------------------------------- */

enum err_code
take_event(struct store *st, const char *type, const char *about, const char *by,
           const char *reason, struct err *e)
{
	struct submit_revision rev = { .kind = store_kind(st, "event") };
	char today[11];
	struct arena mem;
	enum err_code rc = submit_new_id(&rev.id, e);

	if (rc)
		return rc;
	arena_init(&mem, 0);
	clock_format_date(clock_now_us() / 86400000000, today);
	if (rev.kind < 0 || !fields_init(&rev.fields, store_form(st, rev.kind), &mem))
		rc = no_memory(e);
	if (!rc) {
		(void)(fields_set_text(&rev.fields, "valid_from", today) &&
		       fields_set_text(&rev.fields, "date", today) &&
		       fields_set_text(&rev.fields, "type", type) &&
		       fields_set_text(&rev.fields, "about", about) &&
		       fields_set_text(&rev.fields, "by_person", by && *by ? by : NULL) &&
		       fields_set_text(&rev.fields, "reason", reason));
		rc = submit_add(st, &rev, 1, NULL, e);
	}
	arena_done(&mem);
	return rc;
}

static enum err_code
put_source(struct take *t, struct err *e)
{
	struct store *st = t->about.st;
	struct submit_revision rev = { .kind = store_kind(st, "source"), .id = t->source };
	char today[11];
	struct arena mem;
	enum err_code rc = ERR_OK;

	if (t->about.source)
		return take_event(st, "imported", t->source_text, t->about.submit.author,
		                  t->about.submit.remark, e);
	arena_init(&mem, 0);
	clock_format_date(t->about.today_days, today);
	if (rev.kind < 0 || !fields_init(&rev.fields, store_form(st, rev.kind), &mem))
		rc = no_memory(e);
	if (!rc && t->about.path)
		rc = submit_keep_original(st, t->about.path, t->counts.sha256, e);
	if (!rc) {
		const char *date = t->about.source_date;

		(void)(fields_set_text(&rev.fields, "valid_from", date ? date : today) &&
		       fields_set_text(&rev.fields, "date_of_information", date) &&
		       fields_set_text(&rev.fields, "type", "dataset") &&
		       fields_set_text(&rev.fields, "title", t->about.title) &&
		       fields_set_text(&rev.fields, "remarks", t->about.remark));
		if (t->about.path)
			(void)(fields_set_text(&rev.fields, "file", t->counts.sha256) &&
			       fields_set_text(&rev.fields, "file_name",
			                       file_basename(t->about.path)));
		rc = submit_add(st, &rev, 1, NULL, e);
	}
	arena_done(&mem);
	return rc;
}

/* Before anything is written: open the submission and put the source record into it. */
static enum err_code
ensure_open(struct take *t, struct err *e)
{
	enum err_code rc;

	if (t->open)
		return ERR_OK;
	rc = submit_begin(t->about.st, &t->about.submit, e);
	if (rc)
		return rc;
	t->open = true;
	memcpy(t->counts.source_id, t->source_text, sizeof(t->counts.source_id));
	return put_source(t, e);
}

static void
note_result(struct take *t, const struct submit_result *r)
{
	if (t->counts.submissions == 0)
		t->counts.first_seq = r->first_seq;
	t->counts.submissions += r->submissions;
}

/* Closed land that was just added over a find is open again, in the same transaction. */
static enum err_code
reopen_added(struct take *t, struct err *e)
{
	enum err_code rc = ERR_OK;

	for (size_t i = 0; !rc && i < t->over_count; i++) {
		struct submit_revision rev;
		bool any = false;

		rc = reopen_land(t->reopen, t->over[i].id, &t->over[i].find, &t->mem, &rev, &any,
		                 e);
		if (rc || !any)
			continue;
		rc = submit_add(t->about.st, &rev, 1, NULL, e);
		t->in_group++;
		t->counts.reopened++;
	}
	t->over_count = 0;
	return rc;
}

/* Hand the waiting revisions to the store. A full group is acknowledged only when there is more to
 * add, so that no transaction is without a revision. */
static enum err_code
flush(struct take *t, struct err *e)
{
	struct submit_result r = { 0 };
	enum err_code rc = ERR_OK;

	if (t->waiting == 0 || t->about.dry_run) {
		t->waiting = 0;
		return ERR_OK;
	}
	rc = ensure_open(t, e);
	if (!rc && t->in_group >= t->about.group) {
		rc = submit_continue(t->about.st, &r, e);
		if (rc) {
			t->open = false; /* the store cancelled it */
			return rc;
		}
		note_result(t, &r);
		t->in_group = 0;
	}
	if (!rc)
		rc = submit_add(t->about.st, t->wait, t->waiting, NULL, e);
	t->in_group += (int64_t)t->waiting;
	t->waiting = 0;
	return rc ? rc : reopen_added(t, e);
}

/* --- one row
 * ------------------------------------------------------------------------------------------------
 */

static uint64_t
print64(const uint8_t hash[32])
{
	uint64_t v;

	memcpy(&v, hash, sizeof(v));
	return v ? v : 1;
}

static void
find(struct rowmake_row *r, enum rowcheck_id id)
{
	r->found |= (uint64_t)1 << id;
}

/* The content came before in this file: how often, and was it the very same row? */
static enum err_code
again_said(struct take *t, struct rowmake_row *r, uint64_t first_row, uint64_t *ret_times,
           struct err *e)
{
	bool fresh = true;
	uint64_t *times = NULL;

	if (!seen_add(&t->times, print64(r->content), &fresh, &times))
		return no_memory(e);
	*ret_times = ++*times;
	fresh = r->row_print != first_row;
	if (fresh && r->row_print && !seen_add(&t->row, r->row_print, &fresh, NULL))
		return no_memory(e);
	if (!fresh)
		find(r, CHECK_REPEATED_ROW);
	return ERR_OK;
}

/* Give the row its identity; tells whether its key came by before in this file, and with what
 * content. */
static enum err_code
identify(struct take *t, struct rowmake_row *r, bool *ret_again, uint64_t **ret_last, struct err *e)
{
	bool first = true;
	uint64_t *said = NULL, times = 0;
	enum err_code rc = ERR_OK;

	*ret_again = false;
	if (!seen_add(&t->content, print64(r->content), &first, &said))
		return no_memory(e);
	if (first)
		*said = r->row_print;
	else
		rc = again_said(t, r, *said, &times, e);
	if (rc || !r->has_key) {
		rowmake_key(t->about.maker, r->content, times, r->key);
		return rc;
	}
	if (!seen_add(&t->key, print64(r->key), &first, ret_last))
		return no_memory(e);
	*ret_again = !first;
	return ERR_OK;
}

static enum err_code
find_duplicates(struct take *t, struct rowmake_row *r, struct err *e)
{
	bool fresh = true, similar = true, twin = false;
	enum err_code rc = ERR_OK;

	if (t->twins)
		rc = twin_find(t->twins, &r->fields,
		               r->fields.geom && geom_is_areal(r->fields.geom)
		                       ? measure_area_m2(r->fields.geom)
		                       : 0,
		               t->first_new, &twin, e);
	if (rc)
		return rc;
	if (twin)
		find(r, CHECK_DUPLICATE_RECORD);
	if (r->geometry_print) {
		if (!seen_add(&t->geometry, r->geometry_print, &fresh, NULL))
			return no_memory(e);
		if (!fresh)
			find(r, CHECK_DUPLICATE_GEOMETRY);
	}
	if (!r->id_print)
		return ERR_OK;
	if (!seen_add(&t->id, r->id_print, &fresh, NULL) ||
	    !seen_add(&t->similar, r->similar_print, &similar, NULL))
		return no_memory(e);
	if (!fresh)
		find(r, CHECK_DUPLICATE_ID);
	else if (!similar)
		find(r, CHECK_SIMILAR_ID);
	return ERR_OK;
}

/* Is the record that a link names there, and of the kind the form wants? Asked once for each id. */
static enum err_code
link_holds(struct take *t, const struct form_field *f, struct uuid id, bool *ret, struct err *e)
{
	bool fresh = false;
	uint64_t *state = NULL, print;
	struct err why = { 0 };
	int64_t fid;
	int kind;
	enum err_code rc;

	memcpy(&print, id.b + 8, sizeof(print)); /* the random half of the id */
	print ^= (uint64_t)(uintptr_t)f->link_kind;
	if (!seen_add(&t->link, print ? print : 1, &fresh, &state))
		return no_memory(e);
	if (!fresh) {
		*ret = *state == 1;
		return ERR_OK;
	}
	rc = history_find(t->about.st, id, &kind, &fid, &why);
	if (rc && rc != ERR_NOTFOUND) {
		if (e)
			*e = why;
		return rc;
	}
	*ret = !rc && (!f->link_kind || text_eq(f->link_kind, store_kind_name(t->about.st, kind)));
	*state = *ret;
	return ERR_OK;
}

/* Links to records that are not in the register before the import. */
static enum err_code
check_links(struct take *t, struct rowmake_row *r, struct err *e)
{
	const struct form *form = r->fields.form;
	enum err_code rc = ERR_OK;

	for (size_t k = 0; !rc && k < t->link_count; k++) {
		int i = t->link_field[k];
		const struct store_value *v = &r->fields.value[i];
		struct uuid id;
		bool holds = true;

		if (v->type != STORE_TEXT || !uuid_parse(v->s, v->n, &id))
			continue;
		rc = link_holds(t, &form->field[i], id, &holds, e);
		if (!rc && !holds)
			find(r, CHECK_BROKEN_LINK);
	}
	return rc;
}

/* A row that goes to quarantine counts under what refused it only. */
static void
count_findings(struct take *t, const struct rowmake_row *r, bool refused)
{
	for (int i = 0; r->found && i < CHECK_COUNT; i++)
		if ((r->found >> i & 1) && (!refused || rowchecks[i].severity == ROWCHECK_REFUSE))
			t->counts.check[i]++;
}

static enum err_code
matched(struct take *t, int64_t fid, struct err *e)
{
	if (!t->about.keyed)
		return ERR_OK;
	if (t->matched_count == t->matched_room) {
		size_t room = t->matched_room ? 2 * t->matched_room : 1024;
		int64_t *more = mem_realloc_array(t->matched, room, sizeof(*more));

		if (!more)
			return no_memory(e);
		t->matched = more;
		t->matched_room = room;
	}
	t->matched[t->matched_count++] = fid;
	return ERR_OK;
}

/* A source whose rows this file has again: the file is an edition of the same data. */
static enum err_code
edition(struct take *t, const struct uuid *source, struct err *e)
{
	static const struct uuid none;

	if (!t->about.keyed || memcmp(source, &none, sizeof(none)) == 0)
		return ERR_OK;
	for (size_t i = 0; i < t->edition_count; i++)
		if (memcmp(&t->edition[i], source, sizeof(*source)) == 0)
			return ERR_OK;
	if (!t->edition)
		t->edition = mem_calloc(MAX_EDITIONS, sizeof(*t->edition));
	if (!t->edition)
		return no_memory(e);
	if (t->edition_count < MAX_EDITIONS)
		t->edition[t->edition_count++] = *source;
	return ERR_OK;
}

static const char *
place_of(const struct rowmake_row *r)
{
	static const char *const field[] = { "place_name", "admin2_name", "admin1_name" };

	for (size_t i = 0; r->fields.form && i < sizeof(field) / sizeof(*field); i++) {
		const char *s = fields_text(&r->fields, field[i]);

		if (s)
			return s;
	}
	return NULL;
}

/* What makes a refused row known again: its key and what it said. */
static void
refusal_key(const struct rowmake_row *r, uint8_t ret[32])
{
	struct hash_state h;

	hash_init(&h);
	hash_update(&h, "fallow quarantine 1", 20);
	hash_update(&h, r->key, 32);
	hash_update(&h, r->content, 32);
	hash_final(&h, ret);
}

struct asked {
	const char *(*original)(void *ctx, size_t i, struct arena *mem);
	void *ctx;
	size_t i;
};

static enum err_code
put_quarantine(struct take *t, const struct rowmake_row *r, const uint8_t key[32],
               const struct asked *asked, struct err *e)
{
	struct quarantine_row q = { .kind = t->about.kind,
		                    .source = t->source,
		                    .row = r->number,
		                    .reason = r->reason ? r->reason : "",
		                    .place = place_of(r) };
	const char *more;
	struct buf mapped;
	enum err_code rc = ensure_open(t, e);

	if (rc)
		return rc;
	memcpy(q.row_key, key, 32);
	buf_init(&mapped, (size_t)256 << 20);
	if (r->mapped) {
		rowmake_mapped_json(t->about.maker, r, &mapped);
		q.mapped = buf_text(&mapped);
	}
	q.checks = rowcheck_codes(r->found, ROWCHECK_REFUSE, &t->mem);
	more = rowcheck_codes(r->found, ROWCHECK_FLAG, &t->mem);
	q.original = asked->original(asked->ctx, asked->i, &t->mem);
	if (q.checks && more && *more)
		q.checks = arena_printf(&t->mem, "%s %s", q.checks, more);
	rc = q.checks && more && q.original && buf_ok(&mapped)
	             ? quarantine_put(t->quarantine, &q, NULL, e)
	             : no_memory(e);
	buf_done(&mapped);
	return rc;
}

static enum err_code
refuse(struct take *t, const struct rowmake_row *r, const struct asked *asked, struct err *e)
{
	uint8_t key[32];
	int64_t qid = 0;
	bool first = true, ended;
	enum err_code rc = ERR_OK;

	if (r->settles) { /* it waits on as it is */
		t->counts.quarantined++;
		count_findings(t, r, true);
		return ERR_OK;
	}
	refusal_key(r, key);
	if (r->has_key && !seen_add(&t->refused, print64(key), &first, NULL))
		return no_memory(e);
	if (t->look_quarantine)
		rc = quarantine_find(t->quarantine, key, &qid, &ended, e);
	if (rc)
		return rc;
	if (qid || !first) {
		t->counts.present++;
		return ERR_OK;
	}
	t->counts.quarantined++;
	count_findings(t, r, true);
	return t->about.dry_run ? ERR_OK : put_quarantine(t, r, key, asked, e);
}

/* A row that waited in quarantine and is in now: say what became of it. */
static enum err_code
settle(struct take *t, const struct rowmake_row *r, struct uuid id, struct err *e)
{
	const char *how = r->settles ? "corrected and taken in" : "taken in by a later import";
	uint8_t key[32];
	int64_t qid = r->settles;
	bool ended = false;
	enum err_code rc = ERR_OK;

	if (!t->look_quarantine || t->about.dry_run)
		return ERR_OK;
	refusal_key(r, key);
	if (!qid)
		rc = quarantine_find(t->quarantine, key, &qid, &ended, e);
	if (rc || !qid || ended)
		return rc;
	rc = ensure_open(t, e);
	return rc ? rc : quarantine_end(t->quarantine, qid, &id, how, e);
}

/* Room for one more revision that waits. */
static struct submit_revision *
new_waiting(struct take *t)
{
	if (t->waiting == t->room) {
		size_t room = t->room ? 2 * t->room : 1024;
		struct submit_revision *more = mem_realloc_array(t->wait, room, sizeof(*more));

		if (!more)
			return NULL;
		t->wait = more;
		t->room = room;
	}
	return &t->wait[t->waiting];
}

/* Land that was released and on which this row lies is open again. */
static enum err_code
reopen_under(struct take *t, struct rowmake_row *r, struct uuid id, struct err *e)
{
	struct reopen_walk walk = { .id = id, .fields = &r->fields };
	bool any = t->reopen != NULL;
	enum err_code rc = ERR_OK;

	while (!rc && any) {
		struct submit_revision *rev = new_waiting(t);

		if (!rev)
			return no_memory(e);
		rc = reopen_next(t->reopen, &walk, &t->mem, rev, &any, e);
		if (!rc && any) {
			t->waiting++;
			t->counts.reopened++;
			t->counts.check[CHECK_ON_RELEASED_LAND]++;
		}
	}
	return rc;
}

static enum err_code
wait_for_add(struct take *t, struct rowmake_row *r, const struct rowkey *known, struct err *e)
{
	struct submit_revision *rev;
	const char *flags = rowcheck_codes(r->found, ROWCHECK_FLAG, &t->mem);
	struct store_value *v = r->fields.value;
	char *key = arena_alloc(&t->mem, 96);
	size_t key_n;
	enum err_code rc;

	rev = new_waiting(t);
	if (!flags || !key || !rev)
		return no_memory(e);
	*rev = (struct submit_revision){ .kind = t->about.kind,
		                         .outline_valid = r->outline_valid,
		                         .row_key = r->key,
		                         .row_content = r->content };
	v[t->f_source] =
		(struct store_value){ .type = STORE_TEXT, .s = t->source_text, .n = UUID_TEXT - 1 };
	v[t->f_row] = (struct store_value){ .type = STORE_INT, .i = r->number };
	key_n = text_base64url(r->key, 32, key);
	key[key_n++] = '.';
	key_n += text_base64url(r->content, 32, key + key_n);
	v[t->f_key] = (struct store_value){ .type = STORE_TEXT, .s = key, .n = key_n };
	if (*flags)
		v[t->f_flags] =
			(struct store_value){ .type = STORE_TEXT, .s = flags, .n = strlen(flags) };
	rev->fields = r->fields;
	if (known) {
		uint8_t(*leaf)[32] = arena_alloc(&t->mem, 32);
		struct uuid source;

		if (!leaf)
			return no_memory(e);
		rc = rowkey_newest(t->keys, known->id, *leaf, &source, e);
		if (!rc)
			rc = edition(t, &source, e);
		rev->id = known->id;
		rev->fid = known->fid;
		rev->parents = (const uint8_t(*)[32])leaf;
		rev->parent_count = 1;
	} else {
		rc = t->about.dry_run ? ERR_OK : submit_new_id(&rev->id, e);
	}
	if (!rc)
		rc = settle(t, r, rev->id, e);
	if (rc)
		return rc;
	t->waiting++;
	return reopen_under(t, r, rev->id, e);
}

/* Four eyes, as for fallow approve: who hands in corrections of the register's hazards, which may
 * make them smaller or close them, does not approve them as well. */
static enum err_code
check_other_person(const struct take *t, const struct rowmake_row *r, struct err *e)
{
	const struct submit_about *s = &t->about.submit;

	if (!text_eq(r->fields.form->kind, "hazard") || !s->approved_by ||
	    !text_same_name(s->author, s->approved_by))
		return ERR_OK;
	(void)err_set(e, ERR_DENIED,
	              "%s corrects hazards of the register; another person must approve that",
	              s->author);
	return err_hint(e, "import without --approved-by; let another person approve it");
}

/* Land that comes in closed over a find or an accident that is not older will be open again. */
static enum err_code
look_under(struct take *t, struct rowmake_row *r, bool known, struct reopen_find *ret,
           bool *ret_any, struct err *e)
{
	int64_t since =
		r->found >> CHECK_CLOSING_UNDATED & 1 ? INT64_MIN : reopen_since_days(&r->fields);
	enum err_code rc;

	*ret_any = false;
	if (!(r->found >> CHECK_CLOSED_AS_REPORTED & 1) || !t->reopen)
		return ERR_OK;
	rc = reopen_find(t->reopen, &r->fields, since, r->outline_valid, ret, ret_any, e);
	ret->approved = t->about.submit.approved_by != NULL;
	/* a closing of what is in the register waits, unless it is approved */
	if (!rc && *ret_any && (!known || t->about.submit.approved_by))
		find(r, CHECK_CLOSED_OVER_FIND);
	return rc;
}

static enum err_code
keep_over(struct take *t, const struct reopen_find *found, struct uuid id, struct err *e)
{
	if (t->over_count == t->over_room) {
		size_t room = t->over_room ? 2 * t->over_room : 64;
		struct over *more = mem_realloc_array(t->over, room, sizeof(*more));

		if (!more)
			return no_memory(e);
		t->over = more;
		t->over_room = room;
	}
	t->over[t->over_count++] = (struct over){ .id = id, .find = *found };
	return ERR_OK;
}

/* A second edition with earlier dates does not show today: that is told, for it may be meant to. */
static enum err_code
look_behind(struct take *t, struct rowmake_row *r, const struct rowkey *known, struct err *e)
{
	const char *date = fields_text(&r->fields, "valid_from");
	int64_t days = 0, latest = 0;
	enum err_code rc;

	if (!known || !date || !clock_parse_date(date, strlen(date), &days))
		return ERR_OK;
	rc = rowkey_latest(t->keys, known->id, &latest, e);
	if (!rc && days < latest)
		find(r, CHECK_OLDER_THAN_KNOWN);
	return rc;
}

static enum err_code
accept(struct take *t, struct rowmake_row *r, const struct rowkey *known, bool again, struct err *e)
{
	struct reopen_find under;
	bool any = false;
	enum err_code rc = known || again ? check_other_person(t, r, e) : find_duplicates(t, r, e);

	if (again)
		find(r, CHECK_REPEATED_KEY);
	if (!rc)
		rc = check_links(t, r, e);
	if (!rc)
		rc = look_behind(t, r, known, e);
	if (!rc)
		rc = look_under(t, r, known || again, &under, &any, e);
	if (rc)
		return rc;
	if (rowcheck_any(r->found, ROWCHECK_FLAG))
		t->counts.flagged++;
	else
		t->counts.accepted++;
	t->counts.revised += known || again;
	count_findings(t, r, false);
	if (t->about.dry_run && again)
		return ERR_OK;
	rc = wait_for_add(t, r, known, e);
	if (!rc && any && !t->about.dry_run)
		rc = keep_over(t, &under, t->wait[t->waiting - 1].id, e);
	return rc;
}

static enum err_code
take_one(struct take *t, struct rowmake_row *r, const struct asked *asked, struct err *e)
{
	bool again = false, known = false, refused = rowcheck_any(r->found, ROWCHECK_REFUSE);
	uint64_t *last = NULL;
	struct rowkey old;
	enum err_code rc = identify(t, r, &again, &last, e);

	t->counts.read++;
	/* the same key twice in this file: the one before must be in the register to be corrected
	 */
	if (!rc && again)
		rc = flush(t, e);
	if (!rc && (t->look_keys || (again && !t->about.dry_run)))
		rc = rowkey_find(t->keys, r->key, &known, &old, e);
	if (rc)
		return rc;
	if (known)
		rc = matched(t, old.fid, e);
	if (rc)
		return rc;
	again = again && *last != 0; /* a refused row before is not in the register */
	if (again ? *last == print64(r->content)
	          : known && memcmp(old.content, r->content, 32) == 0) {
		t->counts.present++;
		if (known && r->settles)
			rc = settle(t, r, old.id, e);
	} else if (refused) {
		return refuse(t, r, asked, e);
	} else {
		rc = accept(t, r, known ? &old : NULL, again, e);
	}
	if (last)
		*last = print64(r->content);
	return rc;
}

enum err_code
take_rows(struct take *t, struct rowmake_row *row, size_t n,
          const char *(*original)(void *ctx, size_t i, struct arena *mem), void *ctx, struct err *e)
{
	struct asked asked = { .original = original, .ctx = ctx };
	enum err_code rc = ERR_OK;

	arena_reset(&t->mem);
	for (asked.i = 0; !rc && asked.i < n; asked.i++) {
		rc = take_one(t, &row[asked.i], &asked, e);
		if (rc)
			(void)err_prefix(e, "row %lld", (long long)row[asked.i].number);
	}
	return rc ? rc : flush(t, e);
}

/* --- the end
 * ------------------------------------------------------------------------------------------------
 */

static int
compare_fid(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

struct missing {
	struct take *t;
	bool listing; /* first the editions are found, then what they had more */
};

static enum err_code
look_at(void *ctx, const struct shown *row, struct err *e)
{
	struct missing *m = ctx;
	struct take *t = m->t;
	const char *text = fields_text(&row->fields, "import_source");
	bool in_file = t->matched_count && bsearch(&row->fid, t->matched, t->matched_count,
	                                           sizeof(*t->matched), compare_fid) != NULL;
	struct uuid source;

	if (!text || !uuid_parse(text, strlen(text), &source) || in_file == m->listing)
		return ERR_OK;
	if (!m->listing)
		return edition(t, &source, e);
	if (memcmp(&source, &t->source, sizeof(source)) == 0)
		return ERR_OK;
	for (size_t i = 0; i < t->edition_count; i++)
		if (memcmp(&t->edition[i], &source, sizeof(source)) == 0) {
			if (t->counts.missing < TAKE_MISSING_LISTED)
				t->counts.missing_id[t->counts.missing] = row->id;
			t->counts.missing++;
			break;
		}
	return ERR_OK;
}

/* Records of former editions of this file whose keys it does not have: listed, never closed. */
static enum err_code
find_missing(struct take *t, struct err *e)
{
	static const char *const want[] = { "import_source", NULL };
	struct each_filter f = { .kind = t->about.kind,
		                 .as_of_days = INT64_MAX,
		                 .known_size = INT64_MAX,
		                 .want = want };
	struct missing m = { .t = t };
	enum err_code rc;

	if (!t->about.keyed || t->matched_count == 0)
		return ERR_OK;
	qsort(t->matched, t->matched_count, sizeof(*t->matched), compare_fid);
	rc = store_each(t->about.st, &f, look_at, &m, e);
	m.listing = true;
	return rc ? rc : store_each(t->about.st, &f, look_at, &m, e);
}

/* Before the end: how the new hazards lie to the others. */
static enum err_code
compare_hazards(struct take *t, struct err *e)
{
	const struct overlaps_question q = { .first_new = t->first_new,
		                             .pool = t->about.submit.pool };
	struct overlaps o;
	enum err_code rc;

	if (!t->open || !text_eq(store_kind_name(t->about.st, t->about.kind), "hazard"))
		return ERR_OK;
	rc = overlaps_note(t->about.st, &q, t->keys, &o, e);
	if (rc)
		return rc;
	t->counts.check[CHECK_OVERLAPS_HAZARD] += o.open;
	t->counts.check[CHECK_RELEASED_OVER_OPEN] += o.released;
	t->counts.not_compared = o.left_out;
	return ERR_OK;
}

static enum err_code
compare_casualties(struct take *t, struct err *e)
{
	const char *kind = store_kind_name(t->about.st, t->about.kind);

	if (!t->open || (!text_eq(kind, "accident") && !text_eq(kind, "victim")))
		return ERR_OK;
	return toll_note(t->about.st, t->since, t->keys, &t->counts.check[CHECK_CASUALTIES_DIFFER],
	                 e);
}

enum err_code
take_finish(struct take *t, struct err *e)
{
	struct submit_result r = { 0 };
	enum err_code rc = find_missing(t, e);

	if (rc || !t->open)
		return rc;
	forget_rows(t); /* packing the index and reading back want memory too */
	rc = compare_hazards(t, e);
	if (!rc)
		rc = compare_casualties(t, e);
	if (rc)
		return rc;
	t->open = false; /* commit ends it, one way or the other */
	rc = submit_commit(t->about.st, &r, e);
	if (!rc)
		note_result(t, &r);
	return rc;
}
