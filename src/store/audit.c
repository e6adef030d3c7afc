#include "store/audit.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/uuid.h"
#include "log/disclose.h"
#include "log/manifest.h"
#include "log/merkle.h"
#include "log/note.h"
#include "log/seal.h"
#include "log/sigsum.h"
#include "log/statement.h"
#include "store/logtable.h"
#include "store/record.h"

#include "sql_gen.h"

enum {
	CHUNK = 2048,
	MAX_MEMBERS = 600
};

/* A revision as it lies in the file. */
struct stored {
	int64_t rid;
	const char *kind, *fields;
	struct uuid id;
	int form;
	const uint8_t *parents, *identity, *sealed_key, *statement;
	size_t parents_n, fields_n, identity_n, sealed_n, statement_n;
	uint8_t leaf[32];
	int64_t submission, kind_id, valid_from;
	uint8_t key[32], content[32]; /* of an imported row, if has_key */
	bool has_key;
	/* the answer */
	enum err_code rc;
	char why[300];
};

struct audit {
	struct store *st;
	struct stored *row;
	struct statement_scratch *scratch;
	struct arena *mem;
	size_t workers;
};

struct audit_reader {
	struct audit a;
	struct pool *pool;
	sqlite3 *own; /* connection of its own, NULL = the caller's */
	sqlite3 *db;
	sqlite3_stmt *subs, *revs;
	uint8_t (*leaf)[32]; /* STORE_MAX_STATEMENTS */
};

static enum err_code
collect(const struct stored *r, const uint8_t *register_key, struct record_member *m, size_t *ret_n,
        struct buf *identity, struct err *e)
{
	long n = record_split(r->fields, r->fields_n, m, MAX_MEMBERS);
	struct seal_place place = { r->leaf, 32 };
	long k;

	if (n < 0)
		return err_set(e, ERR_VERIFY, "its fields are not canonical JSON");
	*ret_n = (size_t)n;
	if (!r->identity_n)
		return ERR_OK;
	if (seal_open(register_key, place, r->identity, r->identity_n, identity, e))
		return err_set(e, ERR_UNKNOWN,
		               "its sealed values cannot be opened with this register key");
	k = record_split(identity->data, identity->size, m + n, MAX_MEMBERS - (size_t)n);
	if (k < 0)
		return err_set(e, ERR_VERIFY, "its sealed values are not canonical JSON");
	*ret_n = (size_t)(n + k);
	/* merge the two sorted lists */
	for (size_t i = (size_t)n; i < *ret_n; i++) {
		struct record_member x = m[i];
		size_t j = i;

		for (; j > 0; j--) {
			size_t a = m[j - 1].name_n, b = x.name_n;
			int c = memcmp(m[j - 1].name, x.name, a < b ? a : b);

			if (c < 0 || (c == 0 && a <= b))
				break;
			m[j] = m[j - 1];
		}
		m[j] = x;
	}
	return ERR_OK;
}

static const struct record_member *
member_named(const struct record_member *m, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (m[i].name_n == strlen(name) && memcmp(m[i].name, name, m[i].name_n) == 0)
			return &m[i];
	return NULL;
}

/* The columns beside the fields that repeat what these say: the date, and the identity of an
 * imported row. */
static enum err_code
repeat_fields(struct stored *r, const struct record_member *m, size_t n, struct err *e)
{
	const struct record_member *date = member_named(m, n, "valid_from"),
				   *key = member_named(m, n, "import_key");
	int64_t days = 0;
	size_t got = 0;

	if (!date || date->value_n < 2 ||
	    !clock_parse_date(date->value + 1, date->value_n - 2, &days) || days != r->valid_from)
		return err_set(e, ERR_VERIFY,
		               "its date of information (valid_from) is not the one of its fields");
	/* 43 characters, a full stop, 43 characters, in quotes */
	r->has_key = key && key->value_n == 89 && key->value[44] == '.' &&
	             text_unbase64url(key->value + 1, 43, r->key, 32, &got) && got == 32 &&
	             text_unbase64url(key->value + 45, 43, r->content, 32, &got) && got == 32;
	return ERR_OK;
}

static enum err_code
recompute(struct audit *a, struct stored *r, struct statement_scratch *scratch, struct arena *mem,
          struct err *e)
{
	struct record_member *m = arena_calloc(mem, MAX_MEMBERS, sizeof(*m));
	struct statement_field *f = arena_calloc(mem, MAX_MEMBERS, sizeof(*f));
	uint8_t key[32], leaf[32];
	char id[UUID_TEXT];
	struct statement_in in = { .kind = r->kind,
		                   .id = id,
		                   .fields = f,
		                   .key = key,
		                   .parent_count = r->parents_n / 32 };
	struct buf identity, bytes;
	enum err_code rc;

	if (!m || !f)
		return err_set(e, ERR_NOMEM, "out of memory for an audit");
	memcpy(&in.parents, &r->parents, sizeof(in.parents)); /* the same bytes, seen as hashes */
	in.form = arena_printf(mem, "%s@%d", r->kind, r->form);
	uuid_format(r->id, id);
	if (r->statement_n) { /* something was erased: the statement's bytes are kept */
		statement_hash(r->statement, r->statement_n, leaf);
		return memcmp(leaf, r->leaf, 32) == 0
		               ? ERR_OK
		               : err_set(e, ERR_VERIFY,
		                         "its kept statement does not have its leaf hash");
	}
	if (r->sealed_n != SEAL_SEALED_KEY_SIZE ||
	    seal_key_open(a->st->keys.register_key, r->leaf, 32, r->sealed_key, key, e))
		return err_set(e, ERR_UNKNOWN, "its key cannot be opened with this register key");
	buf_init(&identity, 0);
	buf_init(&bytes, 0);
	rc = collect(r, a->st->keys.register_key, m, &in.field_count, &identity, e);
	for (size_t i = 0; !rc && i < in.field_count; i++)
		f[i] = (struct statement_field){ m[i].name, m[i].name_n, m[i].value, m[i].value_n };
	if (!rc)
		rc = statement_write(&in, scratch, &bytes, e);
	if (!rc) {
		statement_hash(bytes.data, bytes.size, leaf);
		if (memcmp(leaf, r->leaf, 32) != 0)
			rc = err_set(e, ERR_VERIFY, "its statement does not have its leaf hash");
	}
	if (!rc)
		rc = repeat_fields(r, m, in.field_count, e);
	sign_wipe(key, sizeof(key));
	if (identity.data)
		sign_wipe(identity.data, identity.size);
	buf_done(&identity);
	buf_done(&bytes);
	return rc;
}

static void
recompute_one(void *ctx, size_t i, size_t worker)
{
	struct audit *a = ctx;
	struct err e = { 0 };

	arena_reset(&a->mem[worker]);
	a->row[i].rc = recompute(a, &a->row[i], &a->scratch[worker], &a->mem[worker], &e);
	if (a->row[i].rc)
		(void)snprintf(a->row[i].why, sizeof(a->row[i].why), "%.290s", e.text);
}

static const uint8_t *
blob(sqlite3_stmt *q, int col, struct arena *mem, size_t *ret_n)
{
	*ret_n = (size_t)sqlite3_column_bytes(q, col);
	return *ret_n ? arena_memdup(mem, sqlite3_column_blob(q, col), *ret_n) : NULL;
}

static bool
read_row(sqlite3_stmt *q, struct arena *mem, struct stored *r)
{
	size_t n, leaf_n;
	const uint8_t *id, *leaf, *fields;

	memset(r, 0, sizeof(*r));
	r->rid = sqlite3_column_int64(q, 0);
	r->kind = arena_strdup(mem, (const char *)sqlite3_column_text(q, 1));
	id = blob(q, 2, mem, &n);
	r->form = sqlite3_column_int(q, 3);
	r->parents = blob(q, 4, mem, &r->parents_n);
	fields = blob(q, 5, mem, &r->fields_n);
	r->fields = (const char *)fields;
	r->identity = blob(q, 6, mem, &r->identity_n);
	r->sealed_key = blob(q, 7, mem, &r->sealed_n);
	if (r->parents_n % 32 != 0 ||
	    (sqlite3_column_type(q, 4) != SQLITE_NULL && r->parents_n == 0))
		return false;
	leaf = blob(q, 8, mem, &leaf_n);
	r->statement = blob(q, 9, mem, &r->statement_n);
	r->submission = sqlite3_column_int64(q, 10);
	r->kind_id = sqlite3_column_int64(q, 11);
	r->valid_from = sqlite3_column_int64(q, 12);
	if (!r->kind || !id || n != UUID_SIZE || !leaf || leaf_n != 32 || !r->fields)
		return false;
	memcpy(r->id.b, id, UUID_SIZE);
	memcpy(r->leaf, leaf, 32);
	return true;
}

static void
tell(struct audit_report *rep, enum err_code rc, const char *fmt, long long n, const char *why)
{
	char line[1100];

	if (rc == ERR_UNKNOWN)
		rep->cannot_tell++;
	else
		rep->bad++;
	if (!rep->tell)
		return;
	(void)snprintf(line, sizeof(line), "%s %lld: %.1000s", fmt, n, why);
	rep->tell(rep->ctx, line);
}

static enum err_code
hand_on(struct audit_report *rep, const struct stored *r, struct err *e)
{
	struct audit_seen seen = { .rid = r->rid,
		                   .record = r->id,
		                   .kind = (int)r->kind_id - 1,
		                   .valid_from_days = r->valid_from,
		                   .key = r->has_key ? r->key : NULL,
		                   .content = r->has_key ? r->content : NULL };

	return rep->seen ? rep->seen(rep->ctx, &seen, e) : ERR_OK;
}

/* All revisions of one submission, each recomputed; their leaf hashes in order are in r->leaf. */
static enum err_code
audit_revisions(struct audit_reader *r, int64_t first_rid, int64_t count, struct audit_report *rep,
                struct err *e)
{
	const int64_t seq = sqlite3_column_int64(r->subs, 0);
	struct stored *row = r->a.row;
	sqlite3_stmt *q = r->revs;
	struct arena mem;
	enum err_code rc = ERR_OK;
	int64_t at = 0;
	int s = SQLITE_ROW;

	arena_init(&mem, (size_t)1 << 30);
	(void)sqlite3_reset(q);
	(void)sqlite3_bind_int64(q, 1, first_rid);
	(void)sqlite3_bind_int64(q, 2, first_rid + count);
	while (!rc && at < count && s == SQLITE_ROW) {
		size_t n = 0;

		arena_reset(&mem);
		while (n < CHUNK && at + (int64_t)n < count &&
		       (s = sqlite3_step(q)) == SQLITE_ROW) {
			if (!read_row(q, &mem, &row[n])) {
				rc = err_set(e, ERR_VERIFY, "revision %lld is damaged",
				             (long long)sqlite3_column_int64(q, 0));
				break;
			}
			memcpy(r->leaf[at + (int64_t)n], row[n].leaf, 32);
			n++;
		}
		if (!rc)
			pool_for(r->pool, n, 64, recompute_one, &r->a);
		for (size_t i = 0; !rc && i < n; i++) {
			rep->erased += row[i].statement_n > 0;
			rep->opened += row[i].statement_n == 0 && row[i].rc != ERR_UNKNOWN;
			if (row[i].rc == ERR_NOMEM)
				rc = err_set(e, ERR_NOMEM, "%s", row[i].why);
			else if (row[i].rc)
				tell(rep, row[i].rc, "revision", (long long)row[i].rid, row[i].why);
			if (!rc && row[i].submission != seq)
				tell(rep, ERR_VERIFY, "revision", (long long)row[i].rid,
				     "it says another submission than the one that holds it");
			if (!rc)
				rc = hand_on(rep, &row[i], e);
		}
		at += (int64_t)n;
		rep->revisions += (int64_t)n;
	}
	if (!rc && at < count)
		tell(rep, ERR_VERIFY, "submission from revision", (long long)first_rid,
		     "revisions are missing");
	arena_done(&mem);
	return rc;
}

/* The remark is the one that the manifest names, and its key opens. */
static enum err_code
audit_remark(const struct audit_reader *r, const struct manifest *m, struct buf *ret_remark,
             struct err *e)
{
	sqlite3_stmt *q = r->subs;
	struct seal_place place = { sqlite3_column_blob(q, 1), SIGSUM_LEAF_SIZE };
	const uint8_t *register_key = r->a.st->keys.register_key;
	uint8_t key[32], digest[32];
	enum err_code rc = ERR_OK;

	if (sqlite3_column_bytes(q, 8) != SEAL_SEALED_KEY_SIZE ||
	    seal_key_open(register_key, place.p, place.n, sqlite3_column_blob(q, 8), key, e) ||
	    seal_open(register_key, place, sqlite3_column_blob(q, 7),
	              (size_t)sqlite3_column_bytes(q, 7), ret_remark, e))
		rc = err_set(e, ERR_VERIFY, "its remark cannot be opened with the register key");
	else
		disclose_hash(ret_remark->data, ret_remark->size, digest);
	if (!rc && memcmp(digest, m->remark, 32) != 0)
		rc = err_set(e, ERR_VERIFY, "its remark is not the one that its manifest names");
	sign_wipe(key, sizeof(key));
	return rc;
}

/* What the row of a submission says about itself: root, manifest, signature, leaf. */
static enum err_code
audit_submission(const struct audit_reader *r, int64_t count, struct buf *ret_remark, struct err *e)
{
	sqlite3_stmt *q = r->subs;
	struct manifest m;
	uint8_t root[32];
	const char *bytes = sqlite3_column_blob(q, 2);
	size_t n = (size_t)sqlite3_column_bytes(q, 2);
	const uint8_t *key = sqlite3_column_blob(q, 5), *leaf = sqlite3_column_blob(q, 1);

	merkle_root_of_leaves((const uint8_t(*)[32])r->leaf, (uint64_t)count, root);
	if (manifest_parse(bytes, n, &m, e))
		return ERR_VERIFY;
	if (m.statements != (uint64_t)count || memcmp(m.root, root, 32) != 0)
		return err_set(e, ERR_VERIFY,
		               "its revisions do not have the root that its manifest names");
	if (sqlite3_column_bytes(q, 6) != 32 || memcmp(sqlite3_column_blob(q, 6), root, 32) != 0)
		return err_set(e, ERR_VERIFY, "the root in its row is not that of its revisions");
	if (sqlite3_column_bytes(q, 1) != SIGSUM_LEAF_SIZE)
		return err_set(e, ERR_VERIFY, "its leaf has not 128 bytes");
	if (!key || sqlite3_column_bytes(q, 5) != 32)
		return err_set(e, ERR_UNKNOWN,
		               "the public key of its author is not in the register");
	if (manifest_verify(bytes, n, leaf, key, r->a.st->origin, e))
		return ERR_VERIFY;
	return audit_remark(r, &m, ret_remark, e);
}

static enum err_code
audit_init(struct audit *a, struct store *st, struct pool *pool, struct err *e)
{
	a->st = st;
	a->workers = pool_size(pool);
	a->row = mem_calloc(CHUNK, sizeof(*a->row));
	a->scratch = mem_calloc(a->workers, sizeof(*a->scratch));
	a->mem = mem_calloc(a->workers, sizeof(*a->mem));
	if (!a->row || !a->scratch || !a->mem)
		return err_set(e, ERR_NOMEM, "out of memory for an audit");
	for (size_t i = 0; i < a->workers; i++) {
		statement_scratch_init(&a->scratch[i]);
		arena_init(&a->mem[i], (size_t)256 << 20);
	}
	return ERR_OK;
}

static void
audit_done(struct audit *a)
{
	for (size_t i = 0; a->scratch && a->mem && i < a->workers; i++) {
		statement_scratch_done(&a->scratch[i]);
		arena_done(&a->mem[i]);
	}
	mem_free(a->row);
	mem_free(a->scratch);
	mem_free(a->mem);
}

static enum err_code
prepare_on(sqlite3 *db, const char *sql, sqlite3_stmt **ret, struct err *e)
{
	if (sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, ret, NULL) != SQLITE_OK)
		return err_set(e, ERR_IO, "could not read the register back: %s",
		               sqlite3_errmsg(db));
	return ERR_OK;
}

static enum err_code
reader_open(struct store *st, sqlite3 *db, struct pool *pool, struct audit_reader **ret,
            struct err *e)
{
	struct audit_reader *r = mem_calloc(1, sizeof(*r));
	enum err_code rc;

	if (!r)
		return err_set(e, ERR_NOMEM, "out of memory for an audit");
	r->pool = pool;
	r->db = db;
	r->leaf = mem_calloc(STORE_MAX_STATEMENTS, sizeof(*r->leaf));
	rc = audit_init(&r->a, st, pool, e);
	if (!rc && !r->leaf)
		rc = err_set(e, ERR_NOMEM, "out of memory for an audit");
	if (!rc && !db) {
		if (sqlite3_open_v2(st->path, &r->own, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX,
		                    NULL) != SQLITE_OK)
			rc = err_set(e, ERR_IO, "could not read the register back: %s",
			             sqlite3_errmsg(r->own));
		else
			(void)sqlite3_db_config(r->own, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1,
			                        (int *)NULL);
		r->db = r->own;
	}
	if (!rc)
		rc = prepare_on(r->db, SQL_STORE_AUDIT_SUBMISSIONS, &r->subs, e);
	if (!rc)
		rc = prepare_on(r->db, SQL_STORE_AUDIT_REVISIONS, &r->revs, e);
	if (rc) {
		audit_close(r);
		return rc;
	}
	*ret = r;
	return ERR_OK;
}

enum err_code
audit_open(struct store *st, struct pool *pool, struct audit_reader **ret, struct err *e)
{
	return reader_open(st, NULL, pool, ret, e);
}

void
audit_close(struct audit_reader *r)
{
	if (!r)
		return;
	sqlite3_finalize(r->subs);
	sqlite3_finalize(r->revs);
	sqlite3_close(r->own);
	audit_done(&r->a);
	mem_free(r->leaf);
	mem_free(r);
}

/* The submission that the reader stands at; *ret_more false when nothing after it can be told. */
static enum err_code
audit_one(struct audit_reader *r, int64_t want, struct audit_report *rep, bool *ret_more,
          struct err *e)
{
	sqlite3_stmt *q = r->subs;
	int64_t count = sqlite3_column_int64(q, 3), seq = sqlite3_column_int64(q, 0);
	uint8_t hash[32], stored[32];
	struct err why = { 0 };
	struct buf remark;
	enum err_code rc;

	*ret_more = seq == want && count >= 1 && count <= STORE_MAX_STATEMENTS;
	if (!*ret_more) {
		tell(rep, ERR_VERIFY, "submission", (long long)want, "it is missing or damaged");
		return ERR_OK;
	}
	rc = audit_revisions(r, sqlite3_column_int64(q, 4), count, rep, e);
	if (rc)
		return rc;
	buf_init(&remark, 1u << 20);
	rc = audit_submission(r, count, &remark, &why);
	if (rc)
		tell(rep, rc, "submission", (long long)seq, why.text);
	rc = !rc && rep->remark ? rep->remark(rep->ctx, seq, &remark, e) : ERR_OK;
	buf_done(&remark);
	if (rc)
		return rc;
	merkle_leaf(sqlite3_column_blob(q, 1), (size_t)sqlite3_column_bytes(q, 1), hash);
	if (log_get_hash(r->a.st, 0, (uint64_t)seq, stored, &why) || memcmp(hash, stored, 32) != 0)
		tell(rep, ERR_VERIFY, "submission", (long long)seq,
		     "its leaf is not the one in the log");
	rep->submissions++;
	return ERR_OK;
}

static enum err_code
reader_range(struct audit_reader *r, int64_t from, int64_t to, struct audit_report *rep,
             struct err *e)
{
	bool more = true;
	int s = SQLITE_DONE;
	enum err_code rc = ERR_OK;

	(void)sqlite3_bind_int64(r->subs, 1, from);
	(void)sqlite3_bind_int64(r->subs, 2, to);
	for (int64_t want = from; !rc && more && (s = sqlite3_step(r->subs)) == SQLITE_ROW; want++)
		rc = audit_one(r, want, rep, &more, e);
	if (!rc && s != SQLITE_DONE && s != SQLITE_ROW)
		rc = err_set(e, ERR_IO, "could not read the register back: %s",
		             sqlite3_errmsg(r->db));
	/* their codes were told; what they read is let go, so that the log of the file can end */
	(void)sqlite3_reset(r->subs);
	(void)sqlite3_reset(r->revs);
	return rc;
}

enum err_code
audit_range(struct store *st, sqlite3 *db, int64_t from, int64_t to, struct pool *pool,
            struct audit_report *rep, struct err *e)
{
	struct audit_reader *r = NULL;
	enum err_code rc = reader_open(st, db, pool, &r, e);

	if (!rc)
		rc = reader_range(r, from, to, rep, e);
	audit_close(r);
	return rc;
}

struct first_sentence {
	char text[1100];
};

static void
keep_first(void *ctx, const char *sentence)
{
	struct first_sentence *f = ctx;

	if (!f->text[0])
		(void)snprintf(f->text, sizeof(f->text), "%s", sentence);
}

/* The root by recursion over all leaf hashes, compared with the one from stored subtrees, and with
 * the newest checkpoint by a consistency proof. */
static enum err_code
second_root(struct store *st, int64_t signed_size, const struct buf *note, int64_t size,
            uint8_t root[32], struct err *e)
{
	struct merkle_proof proof;
	struct checkpoint old;
	uint8_t frontier_root[32];
	struct merkle_frontier f;
	enum err_code rc = merkle_root_of_subtrees((uint64_t)size, log_get_hash, st, root, e);

	if (!rc)
		rc = merkle_frontier_load(&f, (uint64_t)size, log_get_hash, st, e);
	if (rc)
		return rc;
	merkle_frontier_root(&f, frontier_root);
	if (memcmp(root, frontier_root, 32) != 0)
		return err_set(e, ERR_VERIFY,
		               "two ways of computing the log's root disagree; nothing was signed");
	if (signed_size == 0)
		return ERR_OK;
	rc = checkpoint_open(note->data, note->size, st->keys.log.public_key, &old, e);
	if (!rc)
		rc = merkle_consistency(old.size, (uint64_t)size, log_get_hash, st, &proof, e);
	if (!rc)
		rc = merkle_verify_consistency(old.size, old.root, (uint64_t)size, root, &proof, e);
	return rc;
}

enum err_code
audit_sign_with(struct store *st, struct audit_reader *r, struct err *e)
{
	struct first_sentence first = { "" };
	struct audit_report rep = { .tell = keep_first, .ctx = &first };
	struct buf note;
	uint8_t root[32];
	int64_t size = store_log_size(st), signed_size = 0;
	enum err_code rc;

	buf_init(&note, NOTE_MAX_BYTES);
	rc = log_newest(st, &note, &signed_size, e);
	if (rc || signed_size >= size)
		goto out;
	rc = reader_range(r, signed_size, size, &rep, e);
	if (!rc && (rep.bad || rep.cannot_tell))
		rc = err_set(e, ERR_VERIFY,
		             "what was written does not read back as it was meant: %s", first.text);
	if (!rc)
		rc = second_root(st, signed_size, &note, size, root, e);
	if (!rc)
		rc = log_sign(st, size, root, e);
out:
	buf_done(&note);
	return rc;
}

enum err_code
audit_and_sign(struct store *st, struct pool *pool, struct err *e)
{
	struct audit_reader *r = NULL;
	enum err_code rc = audit_open(st, pool, &r, e);

	if (!rc)
		rc = audit_sign_with(st, r, e);
	audit_close(r);
	return rc;
}
