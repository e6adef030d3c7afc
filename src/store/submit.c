#include "store/submit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/rng.h"
#include "base/tar.h"
#include "base/text.h"
#include "log/manifest.h"
#include "log/merkle.h"
#include "log/note.h"
#include "log/seal.h"
#include "log/sigsum.h"
#include "log/statement.h"
#include "store/audit.h"
#include "store/bound.h"
#include "store/fold.h"
#include "store/history.h"
#include "store/layer.h"
#include "store/logtable.h"
#include "store/member.h"
#include "store/ruling.h"

#include "sql_gen.h"

enum {
	CHUNK = 2048,
	KEYS_WAIT = 250000 /* 20 MB */
};

/* The identity of an imported row, as yet outside the table: hashes in random order would touch
 * every page of a large index again and again. */
struct waiting_key {
	uint8_t key[32], content[32];
	int64_t fid;
	uint32_t order;
};

/* One revision made ready: everything that needs no database. */
struct prepared {
	enum err_code rc;
	uint8_t leaf[32], sealed_key[SEAL_SEALED_KEY_SIZE];
	const char *fields;
	size_t fields_n;
	const uint8_t *identity; /* sealed, NULL = none */
	size_t identity_n;
	int64_t valid_from;
	struct shown shown; /* of a new record */
};

/* What each worker owns. */
struct worker {
	struct arena mem;
	struct statement_scratch scratch;
	struct buf text;
	struct geo *geo;
	struct err err;
};

struct revised {
	int kind;
	int64_t fid;
};

struct submit_state {
	struct store *st;
	struct submit_about about;
	char run[UUID_TEXT];
	bool shares_run;
	/* the transaction */
	int64_t first_seq, first_rid_ever, revisions_total;
	/* the submission being filled */
	int64_t seq, first_rid, next_rid;
	size_t count;
	uint8_t (*leaf)[32]; /* STORE_MAX_STATEMENTS */
	struct merkle_frontier frontier;
	struct bound bound;      /* rows written with it that are no leaves */
	bool before_bound;       /* the submission before it names its own */
	struct buf about_leaves; /* hex leaf hashes of submissions to approve */
	struct revised *revised; /* records approved with the submission that were there before */
	size_t revised_count, revised_room;
	bool touched[STORE_MAX_KINDS], bulk_kind[STORE_MAX_KINDS];
	bool joined[STORE_MAX_KINDS]; /* rows of it were joined anew: its extent may be another */
	struct rtree_load load[STORE_MAX_KINDS];
	struct buf lifted; /* what makes the triggers again that a bulk submission does without */
	int64_t latest[STORE_MAX_KINDS]; /* date of information, days */
	struct worker *worker;
	size_t worker_count;
	sqlite3_stmt *insert, *row_key;
	struct waiting_key *waiting_key; /* KEYS_WAIT, made when first needed */
	size_t keys_waiting;
	/* the chunk */
	const struct submit_revision *rev;
	int64_t *ret_rid; /* of the chunk's revisions, or NULL */
	struct prepared *prepared;
	uint8_t (*key)[32];
};

void
member_free(struct submit_state *s)
{
	if (!s)
		return;
	for (size_t i = 0; s->worker && i < s->worker_count; i++) {
		arena_done(&s->worker[i].mem);
		statement_scratch_done(&s->worker[i].scratch);
		buf_done(&s->worker[i].text);
		geo_free(s->worker[i].geo);
	}
	for (size_t i = 0; i < STORE_MAX_KINDS; i++)
		rtree_load_done(&s->load[i]);
	sqlite3_finalize(s->insert);
	sqlite3_finalize(s->row_key);
	buf_done(&s->about_leaves);
	buf_done(&s->lifted);
	bound_done(&s->bound);
	if (s->key)
		sign_wipe(s->key, CHUNK * sizeof(*s->key));
	mem_free(s->revised);
	mem_free(s->worker);
	mem_free(s->leaf);
	mem_free(s->key);
	mem_free(s->prepared);
	mem_free(s->waiting_key);
	mem_free(s);
}

static enum err_code
state_create(struct store *st, const struct submit_about *about, struct submit_state **ret,
             struct err *e)
{
	struct submit_state *s = mem_calloc(1, sizeof(*s));
	struct uuid run;
	enum err_code rc;

	if (!s)
		return err_set(e, ERR_NOMEM, "out of memory for a submission");
	s->st = st;
	s->about = *about;
	s->worker_count = pool_size(about->pool);
	s->worker = mem_calloc(s->worker_count, sizeof(*s->worker));
	s->leaf = mem_calloc(STORE_MAX_STATEMENTS, sizeof(*s->leaf));
	s->key = mem_calloc(CHUNK, sizeof(*s->key));
	s->prepared = mem_calloc(CHUNK, sizeof(*s->prepared));
	buf_init(&s->about_leaves, 1u << 20);
	buf_init(&s->lifted, 1u << 20);
	rc = s->worker && s->leaf && s->key && s->prepared
	             ? ERR_OK
	             : err_set(e, ERR_NOMEM, "out of memory for a submission");
	for (size_t i = 0; !rc && i < s->worker_count; i++) {
		arena_init(&s->worker[i].mem, (size_t)1 << 31);
		statement_scratch_init(&s->worker[i].scratch);
		buf_init(&s->worker[i].text, (size_t)64 << 20);
		s->worker[i].geo = geo_create();
		if (!s->worker[i].geo)
			rc = err_set(e, ERR_NOMEM, "out of memory for a submission");
	}
	if (!rc)
		rc = db_prepare(st, SQL_STORE_REVISION_INSERT, &s->insert, e);
	if (!rc)
		rc = db_prepare(st, SQL_STORE_ROW_KEY_PUT, &s->row_key, e);
	if (!rc)
		rc = submit_new_id(&run, e);
	if (rc) {
		member_free(s);
		return rc;
	}
	uuid_format(run, s->run);
	*ret = s;
	return ERR_OK;
}

enum err_code
submit_new_id(struct uuid *ret, struct err *e)
{
	uint8_t r[10];
	enum err_code rc = rng_secret(r, sizeof(r), e);

	if (!rc)
		*ret = uuid_v7(clock_now_us() / 1000, r);
	return rc;
}

static enum err_code
get_hash(void *ctx, unsigned level, uint64_t index, uint8_t ret_hash[32], struct err *e)
{
	return log_get_hash(ctx, level, index, ret_hash, e);
}

static enum err_code
put_hash(void *ctx, unsigned level, uint64_t index, const uint8_t hash[32], struct err *e)
{
	return log_put_hash(ctx, level, index, hash, e);
}

/* The author's public key, for whoever checks the signatures later. */
static enum err_code
author_note(struct store *st, struct err *e)
{
	uint8_t hash[32];
	sqlite3_stmt *q = NULL;
	enum err_code rc = db_prepare(st, SQL_STORE_AUTHOR_PUT, &q, e);

	if (rc)
		return rc;
	sign_key_hash(st->keys.author.public_key, hash);
	(void)sqlite3_bind_blob(q, 1, hash, 32, SQLITE_STATIC);
	(void)sqlite3_bind_blob(q, 2, st->keys.author.public_key, 32, SQLITE_STATIC);
	(void)sqlite3_bind_int64(q, 3, clock_now_us());
	rc = db_run(st, q, e);
	sqlite3_finalize(q);
	return rc;
}

static enum err_code
open_transaction(struct submit_state *s, struct err *e)
{
	struct store *st = s->st;
	int64_t size = 0, rid = 0;
	enum err_code rc = db_exec(st, "BEGIN IMMEDIATE; UPDATE fallow_guard SET open = 1", e);

	if (!rc)
		rc = db_int(st, SQL_STORE_LOG_SIZE, 0, &size, e);
	if (!rc)
		rc = db_int(st, SQL_STORE_LAST_RID, 0, &rid, e);
	if (!rc)
		rc = author_note(st, e);
	if (!rc)
		rc = merkle_frontier_load(&s->frontier, (uint64_t)size, get_hash, st, e);
	if (!rc)
		rc = bound_is_named(st, size - 1, &s->before_bound, e);
	bound_reset(&s->bound);
	s->first_seq = s->seq = size;
	s->first_rid = s->first_rid_ever = s->next_rid = rid + 1;
	s->count = 0;
	s->revisions_total = 0;
	memset(s->touched, 0, sizeof(s->touched));
	memset(s->joined, 0, sizeof(s->joined));
	buf_reset(&s->about_leaves);
	buf_reset(&s->lifted);
	return rc;
}

enum err_code
member_open(struct store *st, const struct submit_about *about, struct submit_state **ret,
            struct err *e)
{
	struct submit_state *s = NULL;
	enum err_code rc;

	if (st->mode != STORE_WRITE || !st->has_log_key)
		return err_set(e, ERR_DENIED, "the register %s is open for reading only", st->path);
	rc = state_create(st, about, &s, e);
	if (!rc)
		rc = open_transaction(s, e);
	if (rc) {
		if (s)
			(void)sqlite3_exec(st->db, "ROLLBACK", NULL, NULL,
			                   NULL); /* may not have begun */
		member_free(s);
		return rc;
	}
	*ret = s;
	return ERR_OK;
}

enum err_code
member_reopen(struct submit_state *s, struct err *e)
{
	enum err_code rc = open_transaction(s, e);

	if (rc)
		(void)sqlite3_exec(s->st->db, "ROLLBACK", NULL, NULL, NULL); /* as above */
	return rc;
}

enum err_code
submit_begin(struct store *st, const struct submit_about *about, struct err *e)
{
	if (st->group_open)
		return group_member_begin(st, about, e);
	if (st->submit)
		return err_set(e, ERR_INTERNAL, "a submission is open already");
	return member_open(st, about, &st->submit, e);
}

enum err_code
member_begin(struct submit_state *s, const struct submit_about *about, struct member_mark *ret,
             struct err *e)
{
	struct pool *pool = s->about.pool;
	struct uuid run;
	enum err_code rc = submit_new_id(&run, e);

	bound_reset(&s->bound);
	ret->seq = s->seq;
	ret->first_rid = s->first_rid;
	ret->next_rid = s->next_rid;
	ret->frontier = s->frontier;
	memcpy(ret->touched, s->touched, sizeof(ret->touched));
	memcpy(ret->latest, s->latest, sizeof(ret->latest));
	if (rc)
		return rc;
	uuid_format(run, s->run);
	s->about = *about;
	s->about.pool = pool;
	s->about.bulk = false; /* indexes are packed by imports, which commit alone */
	s->revised_count = 0;  /* of a member that was undone */
	s->shares_run = false;
	s->first_seq = s->seq;
	s->first_rid_ever = s->next_rid;
	s->revisions_total = 0;
	s->count = 0;
	buf_reset(&s->about_leaves);
	return ERR_OK;
}

void
member_undo(struct submit_state *s, const struct member_mark *mark)
{
	s->seq = mark->seq;
	s->first_rid = mark->first_rid;
	s->next_rid = mark->next_rid;
	bound_reset(&s->bound);
	s->frontier = mark->frontier;
	memcpy(s->touched, mark->touched, sizeof(mark->touched));
	memcpy(s->latest, mark->latest, sizeof(mark->latest));
	s->count = 0;
}

/* A record is joined again once the decision about its new revision is in. */
static enum err_code
note_revised(struct submit_state *s, int kind, int64_t fid, struct err *e)
{
	if (s->revised_count == s->revised_room) {
		size_t room = s->revised_room ? 2 * s->revised_room : 64;
		struct revised *more = mem_realloc_array(s->revised, room, sizeof(*more));

		if (!more)
			return err_set(e, ERR_NOMEM, "out of memory for a submission");
		s->revised = more;
		s->revised_room = room;
	}
	s->revised[s->revised_count++] = (struct revised){ kind, fid };
	return ERR_OK;
}

enum err_code
submit_joined(struct store *st, int kind, int64_t fid, struct err *e)
{
	struct submit_state *s = st->submit;

	if (!s)
		return ERR_OK;
	s->joined[kind] = true;
	if (s->bulk_kind[kind] && !rtree_load_again(&s->load[kind], fid))
		return err_set(e, ERR_NOMEM, "out of memory for the spatial index");
	/* new in a submission that is approved with it: what approves it is still to come */
	return s->about.approved_by && fid >= s->first_rid_ever ? note_revised(s, kind, fid, e)
	                                                        : ERR_OK;
}

int64_t
submit_current(const struct store *st)
{
	return st->submit ? st->submit->seq : -1;
}

void
submit_cancel(struct store *st)
{
	if (st->group_open) {
		group_member_cancel(st);
		return;
	}
	if (!st->submit)
		return;
	(void)sqlite3_exec(st->db, "ROLLBACK", NULL, NULL,
	                   NULL); /* nothing more can be done about a failure */
	member_free(st->submit);
	st->submit = NULL;
}

/* --- preparing: no database, many threads
 * --------------------------------------------------------------- */

static size_t
collect_fields(const struct store_kind *k, const struct store_fields *f, struct buf *text,
               struct statement_field *out, size_t *from)
{
	size_t n = 0;

	for (size_t i = 0; i < f->form->field_count; i++) {
		int at = k->sorted[i];
		const struct form_field *field = &f->form->field[at];
		bool is_geometry = f->geom && field_is_main_geometry(field);

		if (f->value[at].type == STORE_NULL && !is_geometry)
			continue;
		from[n] = text->size;
		if (is_geometry)
			geom_write_json(f->geom, text);
		else
			value_to_json(&f->value[at], text);
		out[n].name = field->name;
		out[n].name_size = strlen(field->name);
		out[n].value_size = text->size - from[n];
		n++;
	}
	for (size_t i = 0; i < n && text->data; i++)
		out[i].value = text->data + from[i];
	return n;
}

static enum err_code
seal_identity(struct store *st, const struct store_kind *k, const struct submit_revision *rev,
              struct worker *w, struct prepared *p, struct err *e)
{
	struct store_fields only = rev->fields;
	struct buf plain, sealed;
	struct seal_place place = { p->leaf, sizeof(p->leaf) };
	bool any = false;
	enum err_code rc;

	only.geom = NULL;
	only.value = arena_calloc(&w->mem, only.form->field_count + 1, sizeof(*only.value));
	if (!only.value)
		return err_set(e, ERR_NOMEM, "out of memory for a revision");
	for (size_t i = 0; i < only.form->field_count; i++)
		if (form_field_access(&only.form->field[i]) == FORM_IDENTITY &&
		    rev->fields.value[i].type != STORE_NULL) {
			only.value[i] = rev->fields.value[i];
			any = true;
		}
	p->identity = NULL;
	p->identity_n = 0;
	if (!any)
		return ERR_OK;
	buf_init(&plain, 0);
	buf_init(&sealed, 0);
	fields_to_json(&only, k->sorted, false, &plain);
	rc = buf_ok(&plain)
	             ? seal_make(st->keys.register_key, place, plain.data, plain.size, &sealed, e)
	             : err_set(e, ERR_NOMEM, "out of memory for a revision");
	if (!rc) {
		p->identity = arena_memdup(&w->mem, sealed.data, sealed.size);
		p->identity_n = sealed.size;
		rc = p->identity ? ERR_OK : err_set(e, ERR_NOMEM, "out of memory for a revision");
	}
	if (plain.data)
		sign_wipe(plain.data, plain.size);
	buf_done(&plain);
	buf_done(&sealed);
	return rc;
}

static enum err_code
make_statement(const struct store_kind *k, const struct submit_revision *rev, const uint8_t key[32],
               struct worker *w, struct prepared *p, struct err *e)
{
	const struct form *form = rev->fields.form;
	struct statement_field *f = arena_calloc(&w->mem, form->field_count + 1, sizeof(*f));
	size_t *from = arena_calloc(&w->mem, form->field_count + 1, sizeof(*from));
	char id[UUID_TEXT];
	struct statement_in in = { .kind = k->name,
		                   .id = id,
		                   .parents = rev->parents,
		                   .parent_count = rev->parent_count,
		                   .fields = f,
		                   .key = key };

	if (!f || !from)
		return err_set(e, ERR_NOMEM, "out of memory for a revision");
	in.form = arena_printf(&w->mem, "%s@%d", k->name, form->version);
	uuid_format(rev->id, id);
	buf_reset(&w->text);
	in.field_count = collect_fields(k, &rev->fields, &w->text, f, from);
	if (!in.form || !buf_ok(&w->text))
		return err_set(e, ERR_NOMEM, "out of memory for a revision");
	return statement_leaf(&in, &w->scratch, p->leaf, e);
}

static enum err_code
prepare(struct submit_state *s, const struct submit_revision *rev, const uint8_t key[32],
        struct worker *w, struct prepared *p, struct err *e)
{
	const struct store_kind *k = &s->st->kind[rev->kind];
	const char *date;
	enum err_code rc;

	if (rev->fields.form != k->form || k->valid_from_field < 0)
		return err_set(e, ERR_INTERNAL, "a revision of %s was made for another form",
		               k->name);
	date = rev->fields.value[k->valid_from_field].s;
	if (rev->fields.value[k->valid_from_field].type != STORE_TEXT ||
	    !clock_parse_date(date, strlen(date), &p->valid_from))
		return err_set(e, ERR_INVALID,
		               "valid_from is missing or no date; it must be YYYY-MM-DD");
	rc = make_statement(k, rev, key, w, p, e);
	if (rc)
		return rc;
	seal_key(s->st->keys.register_key, p->leaf, sizeof(p->leaf), key, p->sealed_key);
	rc = seal_identity(s->st, k, rev, w, p, e);
	if (rc)
		return rc;
	buf_reset(&w->text);
	fields_to_json(&rev->fields, k->sorted, true, &w->text);
	p->fields_n = w->text.size;
	p->fields = buf_ok(&w->text) ? arena_strndup(&w->mem, w->text.data, w->text.size) : NULL;
	if (!p->fields)
		return err_set(e, ERR_NOMEM, "out of memory for a revision");
	if (rev->fid)
		return ERR_OK;
	{
		struct shown_revision one = { .valid_from_days = p->valid_from,
			                      .fields = rev->fields,
			                      .ruling = s->about.approved_by ? RULING_APPROVED
			                                                     : RULING_NONE };

		return shown_first(w->geo, &one, rev->outline_valid, &w->mem, &p->shown, e);
	}
}

static void
prepare_one(void *ctx, size_t i, size_t worker)
{
	struct submit_state *s = ctx;
	struct worker *w = &s->worker[worker];

	s->prepared[i].rc = prepare(s, &s->rev[i], s->key[i], w, &s->prepared[i], &w->err);
}

/* --- inserting
 * ------------------------------------------------------------------------------------------- */

static enum err_code
insert_revision(struct submit_state *s, const struct submit_revision *rev, const struct prepared *p,
                int64_t rid, struct err *e)
{
	sqlite3_stmt *q = s->insert;

	(void)sqlite3_bind_int64(q, 1, rid);
	(void)sqlite3_bind_int64(q, 2, s->seq);
	(void)sqlite3_bind_int64(q, 3, s->st->kind[rev->kind].id);
	(void)sqlite3_bind_blob(q, 4, rev->id.b, UUID_SIZE, SQLITE_STATIC);
	(void)sqlite3_bind_int(q, 5, rev->fields.form->version);
	if (rev->parent_count)
		(void)sqlite3_bind_blob(q, 6, rev->parents, (int)(rev->parent_count * 32),
		                        SQLITE_STATIC);
	else
		(void)sqlite3_bind_null(q, 6);
	(void)sqlite3_bind_int64(q, 7, p->valid_from);
	(void)sqlite3_bind_text64(q, 8, p->fields, p->fields_n, SQLITE_STATIC, SQLITE_UTF8);
	if (p->identity)
		(void)sqlite3_bind_blob64(q, 9, p->identity, p->identity_n, SQLITE_STATIC);
	else
		(void)sqlite3_bind_null(q, 9);
	(void)sqlite3_bind_blob(q, 10, p->sealed_key, sizeof(p->sealed_key), SQLITE_STATIC);
	(void)sqlite3_bind_blob(q, 11, p->leaf, 32, SQLITE_STATIC);
	return db_run(s->st, q, e); /* a failed bind leaves a NULL, which the table refuses */
}

static enum err_code
insert_key(struct submit_state *s, const struct waiting_key *k, struct err *e)
{
	(void)sqlite3_bind_blob(s->row_key, 1, k->key, 32, SQLITE_STATIC);
	(void)sqlite3_bind_int64(s->row_key, 2, k->fid);
	(void)sqlite3_bind_blob(s->row_key, 3, k->content, 32, SQLITE_STATIC);
	return db_run(s->st, s->row_key, e);
}

/* By key; of one key the later comes later and stays. */
static int
compare_keys(const void *a, const void *b)
{
	const struct waiting_key *x = a, *y = b;
	int c = memcmp(x->key, y->key, 32);

	return c ? c : x->order < y->order ? -1 : x->order > y->order;
}

enum err_code
submit_settle_keys(struct store *st, struct err *e)
{
	struct submit_state *s = st->submit;
	enum err_code rc = ERR_OK;

	if (!s || s->keys_waiting == 0)
		return ERR_OK;
	qsort(s->waiting_key, s->keys_waiting, sizeof(*s->waiting_key), compare_keys);
	for (size_t i = 0; !rc && i < s->keys_waiting; i++)
		rc = insert_key(s, &s->waiting_key[i], e);
	s->keys_waiting = 0;
	return rc;
}

static enum err_code
put_row_key(struct submit_state *s, const struct submit_revision *rev, int64_t fid, struct err *e)
{
	struct waiting_key k = { .fid = fid, .order = (uint32_t)s->keys_waiting };
	enum err_code rc = ERR_OK;

	if (!rev->row_key)
		return ERR_OK;
	memcpy(k.key, rev->row_key, 32);
	memcpy(k.content, rev->row_content, 32);
	if (!s->about.bulk || s->st->group_open)
		return insert_key(s, &k, e);
	if (s->keys_waiting == KEYS_WAIT)
		rc = submit_settle_keys(s->st, e);
	if (rc)
		return rc;
	if (!s->waiting_key)
		s->waiting_key = mem_calloc(KEYS_WAIT, sizeof(*s->waiting_key));
	if (!s->waiting_key)
		return err_set(e, ERR_NOMEM, "out of memory for a submission");
	s->waiting_key[s->keys_waiting++] = k;
	return ERR_OK;
}

/* From the first new row of a kind on: its index is packed at the end, and the guards against other
 * programs, who are kept out by the transaction, are lifted: a trigger that can abort makes SQLite
 * keep every page as it was before every row. */
static enum err_code
begin_bulk(struct submit_state *s, int kind, struct err *e)
{
	struct store *st = s->st;
	char guard[sizeof(st->kind[kind].name) + 20];
	enum err_code rc = layer_triggers(st, kind, false, e);

	s->bulk_kind[kind] = true;
	(void)snprintf(guard, sizeof(guard), "%s_refuse_insert", st->kind[kind].name);
	if (!rc)
		rc = db_lift_trigger(st, guard, &s->lifted, e);
	return rc ? rc : db_lift_trigger(st, "revision_guard", &s->lifted, e);
}

/* The layer's row: of a new record straight from what was prepared, else by joining all its
 * revisions. */
static enum err_code
show(struct submit_state *s, const struct submit_revision *rev, struct prepared *p, int64_t rid,
     struct err *e)
{
	struct store *st = s->st;
	bool bulk = s->about.bulk && !rev->fid;
	enum err_code rc = ERR_OK;

	if (!s->touched[rev->kind] || p->valid_from > s->latest[rev->kind])
		s->latest[rev->kind] = p->valid_from;
	s->touched[rev->kind] = true;
	if (rev->fid) {
		if (s->about.approved_by)
			return note_revised(s, rev->kind, rev->fid, e);
		return history_refresh(st, rev->kind, rev->fid, e);
	}
	p->shown.fid = p->shown.rid = rid;
	p->shown.id = rev->id;
	p->shown.kind = rev->kind;
	p->shown.submission = s->seq;
	if (bulk && !s->bulk_kind[rev->kind] && st->kind[rev->kind].geometry_field >= 0)
		rc = begin_bulk(s, rev->kind, e);
	if (rc)
		return rc;
	return layer_put(st, &p->shown, s->bulk_kind[rev->kind] ? &s->load[rev->kind] : NULL, e);
}

static enum err_code finish_submission(struct submit_state *s, struct err *e);

static enum err_code
insert_one(void *ctx, size_t i, struct err *e)
{
	struct submit_state *s = ctx;
	const struct submit_revision *rev = &s->rev[i];
	struct prepared *p = &s->prepared[i];
	int64_t rid;
	enum err_code rc = ERR_OK;

	/* told again in the caller's order, by the first that failed */
	if (p->rc)
		rc = prepare(s, rev, s->key[i], &s->worker[0], p, e);
	if (rc)
		return rc;
	if (s->count == STORE_MAX_STATEMENTS) {
		s->shares_run = true;
		rc = finish_submission(s, e);
		if (rc)
			return rc;
	}
	rid = s->next_rid++;
	memcpy(s->leaf[s->count++], p->leaf, 32);
	rc = insert_revision(s, rev, p, rid, e);
	if (!rc)
		rc = put_row_key(s, rev, rev->fid ? rev->fid : rid, e);
	if (!rc)
		rc = ruling_note(s->st, rev, s->seq, e);
	if (!rc)
		rc = show(s, rev, p, rid, e);
	if (s->ret_rid)
		s->ret_rid[i] = rid;
	s->revisions_total++;
	return rc;
}

enum err_code
submit_add(struct store *st, const struct submit_revision *rev, size_t n, int64_t *ret_rid,
           struct err *e)
{
	struct submit_state *s = st->submit;
	enum err_code rc = ERR_OK;

	if (!s)
		return err_set(e, ERR_INTERNAL, "no submission is open");
	for (size_t at = 0; !rc && at < n; at += CHUNK) {
		size_t take = n - at < CHUNK ? n - at : CHUNK;

		s->rev = rev + at;
		rc = rng_secret(s->key, take * 32, e);
		for (size_t i = 0; i < s->worker_count; i++)
			arena_reset(&s->worker[i].mem);
		if (rc)
			return rc;
		memset(s->prepared, 0, take * sizeof(*s->prepared));
		s->ret_rid = ret_rid ? ret_rid + at : NULL;
		rc = pool_line(s->about.pool, take, 32, prepare_one, insert_one, s, e);
	}
	return rc;
}

/* --- the log
 * --------------------------------------------------------------------------------------------- */

enum err_code
submit_note_bound(struct store *st, enum bound_table t, sqlite3_stmt *row, struct err *e)
{
	return st->submit ? bound_add(&st->submit->bound, t, row, e) : ERR_OK;
}

/* What was kept with the submission that ends, and what nobody named before it. */
static enum err_code
collect_bound(struct submit_state *s, int64_t received_us, struct buf *before, struct buf *kept,
              struct err *e)
{
	struct store *st = s->st;
	struct bound all = { 0 };
	uint8_t author[32];
	enum err_code rc = ERR_OK;

	sign_key_hash(st->keys.author.public_key, author);
	rc = bound_add_author(st, &s->bound, author, e);
	if (!rc)
		rc = bound_add_where(st, &s->bound, BOUND_CHECKPOINT, " ORDER BY size DESC LIMIT 1",
		                     0, e);
	if (!rc)
		rc = bound_add_received(&s->bound, s->seq, received_us, e);
	if (!rc && !s->before_bound) {
		rc = bound_add_before(st, &all, s->seq, e);
		bound_write(&all, before);
	}
	bound_write(&s->bound, kept);
	if (!rc && (!buf_ok(before) || !buf_ok(kept)))
		rc = err_set(e, ERR_NOMEM, "out of memory for a submission");
	s->before_bound = true;
	bound_done(&all);
	bound_reset(&s->bound);
	return rc;
}

static enum err_code
write_remark(struct submit_state *s, int64_t received_us, uint8_t digest[32], struct buf *remark,
             uint8_t key[32], struct err *e)
{
	struct manifest_remark r = { .author = s->about.author ? s->about.author : "",
		                     .remark = s->about.remark ? s->about.remark : "",
		                     .run = s->shares_run || s->about.bulk ? s->run : NULL };
	struct buf before, kept;
	enum err_code rc = rng_secret(key, 32, e);

	buf_init(&before, 4096);
	buf_init(&kept, 4096);
	if (!rc)
		rc = collect_bound(s, received_us, &before, &kept, e);
	r.before = before.size ? buf_text(&before) : NULL;
	r.kept = buf_text(&kept);
	if (!rc)
		rc = manifest_remark_write(&r, key, remark, digest, e);
	buf_done(&before);
	buf_done(&kept);
	return rc;
}

struct submission_bytes {
	const struct manifest *m;
	struct buf manifest, remark;
	uint8_t remark_key[32];
	int64_t received_us;
};

static enum err_code
insert_submission(struct submit_state *s, const uint8_t leaf[SIGSUM_LEAF_SIZE],
                  const struct submission_bytes *b, struct err *e)
{
	struct store *st = s->st;
	struct seal_place place = { leaf, SIGSUM_LEAF_SIZE };
	uint8_t sealed_key[SEAL_SEALED_KEY_SIZE];
	struct buf sealed;
	sqlite3_stmt *q = NULL;
	enum err_code rc;

	buf_init(&sealed, 1u << 20);
	rc = seal_make(st->keys.register_key, place, b->remark.data, b->remark.size, &sealed, e);
	seal_key(st->keys.register_key, leaf, SIGSUM_LEAF_SIZE, b->remark_key, sealed_key);
	if (!rc)
		rc = db_keep(st, KEPT_SUBMISSION, SQL_STORE_SUBMISSION_INSERT, &q, e);
	if (!rc) {
		(void)sqlite3_bind_int64(q, 1, s->seq);
		(void)sqlite3_bind_blob(q, 2, leaf, SIGSUM_LEAF_SIZE, SQLITE_STATIC);
		(void)sqlite3_bind_blob(q, 3, b->manifest.data, (int)b->manifest.size,
		                        SQLITE_STATIC);
		(void)sqlite3_bind_blob(q, 4, sealed.data, (int)sealed.size, SQLITE_STATIC);
		(void)sqlite3_bind_blob(q, 5, sealed_key, sizeof(sealed_key), SQLITE_STATIC);
		(void)sqlite3_bind_int64(q, 6, b->received_us);
		(void)sqlite3_bind_int64(q, 7, (int64_t)s->count);
		(void)sqlite3_bind_int64(q, 8, s->first_rid);
		(void)sqlite3_bind_blob(q, 9, b->m->root, 32, SQLITE_STATIC);
		rc = db_run(st, q, e);
	}
	buf_done(&sealed);
	return rc;
}

/* Close the submission being filled: manifest, signature, leaf, tree nodes. The next one starts
 * empty. */
static enum err_code
finish_submission(struct submit_state *s, struct err *e)
{
	struct store *st = s->st;
	int64_t now_us = clock_now_us();
	struct manifest m = { .statements = (uint32_t)s->count, .at_utc_s = now_us / 1000000 };
	struct submission_bytes b = { .m = &m, .received_us = now_us };
	uint8_t leaf[SIGSUM_LEAF_SIZE], hash[32];
	char hex[65];
	enum err_code rc;

	if (s->count == 0)
		return ERR_OK;
	buf_init(&b.remark, 1u << 20);
	buf_init(&b.manifest, MANIFEST_MAX_BYTES);
	sign_key_hash(st->keys.author.public_key, m.author);
	checkpoint_origin(st->keys.log.public_key, m.origin);
	merkle_root_of_leaves((const uint8_t(*)[32])s->leaf, s->count, m.root);
	rc = write_remark(s, now_us, m.remark, &b.remark, b.remark_key, e);
	if (!rc)
		rc = manifest_write(&m, &b.manifest, e);
	if (!rc) {
		sigsum_leaf_make(&st->keys.author, b.manifest.data, b.manifest.size, leaf);
		merkle_leaf(leaf, sizeof(leaf), hash);
		rc = insert_submission(s, leaf, &b, e);
	}
	if (!rc)
		rc = merkle_frontier_append(&s->frontier, hash, put_hash, st, e);
	if (!rc && s->about.approved_by) {
		text_hex(hash, 32, hex);
		buf_printf(&s->about_leaves, "%s%s", s->about_leaves.size ? " " : "", hex);
	}
	sign_wipe(b.remark_key, sizeof(b.remark_key));
	buf_done(&b.remark);
	buf_done(&b.manifest);
	if (rc)
		return rc;
	s->seq++;
	s->first_rid = s->next_rid;
	s->count = 0;
	return ERR_OK;
}

/* An import approved beforehand: the decision that says so is a submission of its own, in the same
 * transaction. */
static enum err_code
decide(struct submit_state *s, struct err *e)
{
	struct store *st = s->st;
	int kind = store_kind(st, "decision");
	struct submit_revision rev = { .kind = kind };
	struct arena mem;
	char date[11];
	const char *by = s->about.approved_by;
	enum err_code rc;

	if (!by || s->about_leaves.size == 0 || kind < 0)
		return ERR_OK;
	arena_init(&mem, 0);
	clock_format_date(clock_now_us() / 86400000000, date);
	rc = submit_new_id(&rev.id, e);
	if (!rc && !fields_init(&rev.fields, st->kind[kind].form, &mem))
		rc = err_set(e, ERR_NOMEM, "out of memory for a decision");
	if (!rc) {
		(void)(fields_set_text(&rev.fields, "valid_from", date) &&
		       fields_set_text(&rev.fields, "date", date) &&
		       fields_set_text(&rev.fields, "type", "approval") &&
		       fields_set_text(&rev.fields, "by_person", by) &&
		       fields_set_text(&rev.fields, "about_submission",
		                       buf_text(&s->about_leaves)));
		s->about.approved_by = NULL; /* the decision does not approve itself */
		st->skip_refresh = true;
		rc = submit_add(st, &rev, 1, NULL, e);
		st->skip_refresh = false;
		if (!rc)
			rc = finish_submission(s, e);
		for (size_t i = 0; !rc && i < s->revised_count; i++)
			rc = history_refresh(st, s->revised[i].kind, s->revised[i].fid, e);
		s->revised_count = 0;
		s->about.approved_by = by;
	}
	arena_done(&mem);
	return rc;
}

static enum err_code
close_layers(struct submit_state *s, struct err *e)
{
	enum err_code rc = ERR_OK;

	for (int k = 0; !rc && k < (int)s->st->kind_count; k++) {
		if (!s->touched[k] && !s->joined[k])
			continue;
		if (s->bulk_kind[k]) {
			rc = rtree_pack(s->st, s->st->kind[k].name, &s->load[k], e);
			rtree_load_done(&s->load[k]);
			if (!rc)
				rc = layer_triggers(s->st, k, true, e);
			s->bulk_kind[k] = false;
		}
		if (!rc)
			rc = layer_touch(s->st, k, e);
		if (!rc && s->touched[k])
			rc = layer_latest(s->st, k, s->latest[k], e);
		s->touched[k] = s->joined[k] = false;
	}
	if (!rc && s->lifted.size)
		rc = db_exec(s->st, buf_text(&s->lifted), e);
	buf_reset(&s->lifted);
	return rc;
}

enum err_code
member_end(struct submit_state *s, struct submit_result *ret, bool *ret_any, struct err *e)
{
	enum err_code rc;

	if (clock_now_us() < store_last_received_us(s->st)) {
		(void)err_set(
			e, ERR_CONFLICT,
			"the clock of this machine runs behind the register's last submission");
		return err_hint(e, "set the clock; the log stops when time runs backwards");
	}
	rc = finish_submission(s, e);
	if (!rc)
		rc = decide(s, e);
	if (rc)
		return rc;
	*ret_any = s->revisions_total > 0;
	if (ret)
		*ret = *ret_any ? (struct submit_result){ .first_seq = s->first_seq,
			                                  .submissions = s->seq - s->first_seq,
			                                  .revisions = s->revisions_total,
			                                  .first_rid = s->first_rid_ever }
		                : (struct submit_result){ 0 };
	return ERR_OK;
}

/* Commit, read back, recompute by the second path, sign, keep the checkpoint: then it is
 * acknowledged. */
enum err_code
member_acknowledge(struct submit_state *s, struct audit_reader *r, struct err *e)
{
	struct fold fold = { 0 };
	enum err_code rc = submit_settle_keys(s->st, e);

	if (!rc)
		rc = close_layers(s, e);
	if (s->about.bulk)
		fold_defer(s->st->db);
	if (!rc)
		rc = db_exec(s->st, "UPDATE fallow_guard SET open = 0; COMMIT", e);
	if (s->about.bulk)
		fold_begin(&fold, s->st->db, rc ? NULL : s->st->path);
	if (!rc)
		rc = r ? audit_sign_with(s->st, r, e) : audit_and_sign(s->st, s->about.pool, e);
	if (s->about.bulk)
		fold_end(&fold, s->st->db);
	return rc;
}

static enum err_code
acknowledge(struct submit_state *s, struct submit_result *ret, struct err *e)
{
	bool any;
	enum err_code rc = member_end(s, ret, &any, e);

	return rc ? rc : member_acknowledge(s, NULL, e);
}

enum err_code
submit_commit(struct store *st, struct submit_result *ret, struct err *e)
{
	struct submit_state *s = st->submit;
	enum err_code rc;

	if (!s)
		return err_set(e, ERR_INTERNAL, "no submission is open");
	if (st->group_open)
		return group_member_commit(st, ret, e);
	if (s->revisions_total == 0) {
		submit_cancel(st);
		if (ret)
			*ret = (struct submit_result){ 0 };
		return ERR_OK;
	}
	rc = acknowledge(s, ret, e);
	if (rc) {
		submit_cancel(st);
		return rc;
	}
	member_free(s);
	st->submit = NULL;
	return ERR_OK;
}

enum err_code
submit_continue(struct store *st, struct submit_result *ret, struct err *e)
{
	struct submit_state *s = st->submit;
	enum err_code rc;

	if (!s)
		return err_set(e, ERR_INTERNAL, "no submission is open");
	s->shares_run = true;
	if (st->group_open) /* it is acknowledged with the group */
		return finish_submission(s, e);
	rc = acknowledge(s, ret, e);
	if (!rc)
		rc = open_transaction(s, e);
	if (rc)
		submit_cancel(st);
	return rc;
}

static enum err_code
note_original(struct store *st, const uint8_t sha[32], const char *name, int64_t size,
              struct err *e)
{
	sqlite3_stmt *q = NULL;
	enum err_code rc = db_prepare(st, SQL_STORE_ORIGINAL_PUT, &q, e);

	if (!rc) {
		(void)sqlite3_bind_blob(q, 1, sha, 32, SQLITE_STATIC);
		(void)sqlite3_bind_text(q, 2, name, -1, SQLITE_STATIC);
		(void)sqlite3_bind_int64(q, 3, size);
		(void)sqlite3_bind_int64(q, 4, st->submit ? st->submit->seq : 0);
		rc = db_run(st, q, e);
	}
	sqlite3_finalize(q);
	if (!rc && sqlite3_changes(st->db) > 0)
		rc = bound_note_original(st, sha, e);
	return rc;
}

/* A data set that is a folder (FileGDB) is kept as one archive, the same bytes for the same files.
 */
static enum err_code
keep_folder(struct store *st, const char *path, char *ret_sha256_hex, struct err *e)
{
	struct arena mem;
	const char *archive, *name;
	size_t n = strlen(path);
	uint8_t sha[32];
	int64_t size = 0;
	enum err_code rc = file_mkdirs(st->files_dir, 0755, e);

	if (rc)
		return rc;
	while (n > 1 && path[n - 1] == '/')
		n--;
	arena_init(&mem, 1u << 20);
	name = arena_strndup(&mem, path, n);
	name = name ? arena_printf(&mem, "%s.tar", file_basename(name)) : NULL;
	archive =
		arena_printf(&mem, "%s/folder.%lld.tar", st->files_dir, (long long)clock_now_us());
	rc = name && archive ? tar_folder(path, archive, e)
	                     : err_set(e, ERR_NOMEM, "out of memory for an archive");
	if (!rc) {
		rc = file_store_original(archive, st->files_dir, sha, &size, e);
		(void)unlink(archive); /* a copy; it does no harm */
	}
	if (!rc)
		rc = note_original(st, sha, name, size, e);
	if (!rc)
		text_hex(sha, 32, ret_sha256_hex);
	arena_done(&mem);
	return rc;
}

enum err_code
submit_keep_original(struct store *st, const char *path, char *ret_sha256_hex, struct err *e)
{
	uint8_t sha[32];
	int64_t size = 0;
	enum err_code rc;

	if (file_is_dir(path))
		return keep_folder(st, path, ret_sha256_hex, e);
	rc = file_store_original(path, st->files_dir, sha, &size, e);
	if (!rc)
		rc = note_original(st, sha, file_basename(path), size, e);
	if (!rc)
		text_hex(sha, 32, ret_sha256_hex);
	return rc;
}

enum err_code
submit_keep_bytes(struct store *st, const void *p, size_t n, const char *name, char *ret_sha256_hex,
                  struct err *e)
{
	uint8_t sha[32];
	enum err_code rc = file_store_bytes(p, n, st->files_dir, sha, e);

	if (!rc)
		rc = note_original(st, sha, name, (int64_t)n, e);
	if (!rc)
		text_hex(sha, 32, ret_sha256_hex);
	return rc;
}
