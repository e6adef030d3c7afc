/* The log: what was submitted, the tree over it, what was signed. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "log/merkle.h"
#include "log/note.h"
#include "log/sign.h"
#include "store/audit.h"
#include "store/logtable.h"
#include "store/verifying.h"

#include "sql_gen.h"

/* --- submissions and revisions ---------------------------------------------------------------- */

static void
tell_audit(void *ctx, const char *sentence)
{
	struct verifying *v = ctx;

	if (v->r->tell)
		v->r->tell(v->r->ctx, sentence);
}

static enum err_code
see_revision(void *ctx, const struct audit_seen *s, struct err *e)
{
	struct verifying *v = ctx;
	struct verify_key *k;

	if (s->kind >= 0 && s->kind < STORE_MAX_KINDS && s->valid_from_days > v->latest[s->kind])
		v->latest[s->kind] = s->valid_from_days;
	if (!s->key)
		return ERR_OK;
	if (v->key_count == v->key_room) {
		size_t room = v->key_room ? 2 * v->key_room : 1024;

		k = mem_realloc_array(v->key, room, sizeof(*k));
		if (!k)
			return err_set(e, ERR_NOMEM, "out of memory for a check");
		v->key = k;
		v->key_room = room;
	}
	k = &v->key[v->key_count++];
	memcpy(k->key, s->key, 32);
	memcpy(k->content, s->content, 32);
	k->record = s->record;
	k->rid = s->rid;
	k->fid = 0;
	return ERR_OK;
}

static enum err_code
see_remark(void *ctx, int64_t seq, const struct buf *remark, struct err *e)
{
	return verify_bound_submission(ctx, seq, remark, e);
}

static enum err_code
audit_all(struct verifying *v, struct err *e)
{
	struct audit_report audit = {
		.tell = tell_audit, .remark = see_remark, .seen = see_revision, .ctx = v
	};
	struct verify_report *r = v->r;
	struct err why = { 0 };
	enum err_code rc;

	if (!v->st->has_register_key) {
		verify_wrong(
			r, false,
			"the register key is not on this machine: statements cannot be made anew");
		return ERR_OK;
	}
	rc = verify_bound_begin(v, &why);
	if (!rc)
		rc = audit_range(v->st, v->st->db, 0, store_log_size(v->st), v->pool, &audit, &why);
	if (!rc)
		rc = verify_bound_end(v, &why);
	if (rc == ERR_VERIFY) { /* a row that cannot even be read */
		verify_wrong(r, true, "%s", why.text);
		rc = ERR_OK;
	} else if (rc) {
		return err_set(e, rc, "%s", why.text);
	}
	r->submissions = audit.submissions;
	r->revisions = audit.revisions;
	r->bad += audit.bad;
	/* a key that opens the others is the right one: what it does not open was changed */
	if (audit.opened)
		r->bad += audit.cannot_tell;
	else
		r->cannot_tell += audit.cannot_tell;
	v->log_read = !rc;
	return rc;
}

/* Submissions lie in the table of revisions one after the other, without gaps and with nothing
 * beyond. */
static enum err_code
verify_ranges(struct verifying *v, struct err *e)
{
	sqlite3_stmt *q = NULL;
	int64_t next = 1, seq = 0, count = 0;
	enum err_code rc = db_prepare(v->st, SQL_STORE_VERIFY_RANGES, &q, e);
	int s = SQLITE_DONE;

	while (!rc && (s = sqlite3_step(q)) == SQLITE_ROW) {
		int64_t n = sqlite3_column_int64(q, 0), first = sqlite3_column_int64(q, 1);

		if (n != seq++ || first != next)
			verify_wrong(v->r, true,
			             "submission %lld: its revisions begin at %lld and not at %lld",
			             (long long)n, (long long)first, (long long)next);
		next = first + sqlite3_column_int64(q, 2);
	}
	if (!rc && s != SQLITE_DONE)
		rc = db_fail(v->st, "read the submissions", e);
	sqlite3_finalize(q);
	if (!rc)
		rc = db_int(v->st, "SELECT count(*) FROM revision", 0, &count, e);
	if (!rc && count != next - 1)
		verify_wrong(v->r, true,
		             "the table revision holds %lld rows and the submissions name %lld",
		             (long long)count, (long long)next - 1);
	return rc;
}

/* --- the tree --------------------------------------------------------------------------------- */

/* Every stored node above the leaves is the hash of the two below it, and none is missing. */
static enum err_code
verify_tree(struct verifying *v, struct err *e)
{
	const int64_t size = store_log_size(v->st);
	sqlite3_stmt *q = NULL;
	int64_t level = 0, index = 0;
	enum err_code rc = db_prepare(v->st, SQL_STORE_VERIFY_TREE, &q, e);
	int s = SQLITE_DONE;

	while (!rc && (s = sqlite3_step(q)) == SQLITE_ROW) {
		uint8_t a[32], b[32], node[32];
		struct err why = { 0 };

		while (level < 62 && index >= size >> level) { /* the level ends */
			level++;
			index = 0;
		}
		if (sqlite3_column_int64(q, 0) != level || sqlite3_column_int64(q, 1) != index ||
		    sqlite3_column_bytes(q, 2) != 32) {
			verify_wrong(v->r, true,
			             "log_hash: the hash of level %lld, index %lld is missing, or "
			             "one beyond the log is there",
			             (long long)level, (long long)index);
			break;
		}
		if (level > 0) {
			rc = log_get_hash(v->st, (unsigned)level - 1, (uint64_t)index * 2, a, &why);
			if (!rc)
				rc = log_get_hash(v->st, (unsigned)level - 1,
				                  (uint64_t)index * 2 + 1, b, &why);
			if (!rc)
				merkle_node(a, b, node);
			if (rc || memcmp(node, sqlite3_column_blob(q, 2), 32) != 0)
				verify_wrong(v->r, true,
				             "log_hash: the hash of level %lld, index %lld is not "
				             "that of the two below it",
				             (long long)level, (long long)index);
			rc = rc == ERR_VERIFY ? ERR_OK : rc;
		}
		index++;
	}
	if (!rc && s == SQLITE_DONE && level < 62 && index < size >> level)
		verify_wrong(v->r, true, "log_hash: the hash of level %lld, index %lld is missing",
		             (long long)level, (long long)index);
	sqlite3_finalize(q);
	return rc;
}

/* Every checkpoint ever signed is one the log has passed through. */
static enum err_code
verify_checkpoints(struct store *st, struct verify_report *r, struct err *e)
{
	struct note_key key;
	const char *vkey = store_meta(st, "log_vkey");
	sqlite3_stmt *q = NULL;
	int64_t newest = 0;
	struct err why = { 0 };
	enum err_code rc;

	if (note_vkey_parse(vkey, strlen(vkey), &key, &why)) {
		verify_wrong(r, true, "fallow_meta: log_vkey: %s", why.text);
		return ERR_OK;
	}
	rc = db_prepare(st, SQL_STORE_CHECKPOINTS, &q, e);
	while (!rc && sqlite3_step(q) == SQLITE_ROW) {
		struct checkpoint cp;
		uint8_t root[32];
		long long size = (long long)sqlite3_column_int64(q, 0);

		newest = size;
		if (checkpoint_open((const char *)sqlite3_column_text(q, 1),
		                    (size_t)sqlite3_column_bytes(q, 1), key.public_key, &cp, &why))
			verify_wrong(r, true, "checkpoint %lld: %s", size, why.text);
		else if ((long long)cp.size != size ||
		         merkle_root_of_subtrees(cp.size, log_get_hash, st, root, &why) ||
		         memcmp(root, cp.root, 32) != 0)
			verify_wrong(r, true,
			             "checkpoint %lld is not one that this log has passed through",
			             size);
	}
	sqlite3_finalize(q);
	if (!rc && newest != store_log_size(st))
		verify_wrong(r, true, "the newest checkpoint covers %lld of %lld submissions",
		             (long long)newest, (long long)store_log_size(st));
	return rc;
}

/* A key is named by its hash, and each was used. */
static enum err_code
verify_authors(struct verifying *v, struct err *e)
{
	sqlite3_stmt *q = NULL;
	enum err_code rc = db_prepare(v->st, SQL_STORE_VERIFY_AUTHORS, &q, e);
	int s = SQLITE_DONE;

	while (!rc && (s = sqlite3_step(q)) == SQLITE_ROW) {
		uint8_t hash[32];
		bool whole = sqlite3_column_bytes(q, 0) == 32 && sqlite3_column_bytes(q, 1) == 32;

		if (whole)
			sign_key_hash(sqlite3_column_blob(q, 1), hash);
		if (!whole || memcmp(hash, sqlite3_column_blob(q, 0), 32) != 0)
			verify_wrong(v->r, true,
			             "author: a public key does not have the hash that names it");
		else if (!sqlite3_column_int(q, 2))
			verify_wrong(v->r, true,
			             "author: a key that no submission was signed with");
	}
	if (!rc && s != SQLITE_DONE)
		rc = db_fail(v->st, "read the authors", e);
	sqlite3_finalize(q);
	return rc;
}

enum err_code
verify_log(struct verifying *v, struct err *e)
{
	enum err_code rc = audit_all(v, e);

	if (!rc)
		rc = verify_ranges(v, e);
	if (!rc)
		rc = verify_tree(v, e);
	if (!rc)
		rc = verify_checkpoints(v->st, v->r, e);
	if (!rc)
		rc = verify_authors(v, e);
	if (!rc)
		rc = verify_complaints(v->st, SQL_STORE_VERIFY_STRAYS, "tables", v->r, e);
	return rc;
}

/* --- identities of imported rows -------------------------------------------------------------- */

static int
by_record(const void *a, const void *b)
{
	const struct verify_key *x = a, *y = b;

	return memcmp(x->record.b, y->record.b, UUID_SIZE);
}

/* Of one key the newest comes first. */
static int
by_key(const void *a, const void *b)
{
	const struct verify_key *x = a, *y = b;
	int c = memcmp(x->key, y->key, 32);

	return c ? c : x->rid < y->rid ? 1 : x->rid > y->rid ? -1 : 0;
}

/* A record's number is that of its first revision. */
static enum err_code
number_records(struct verifying *v, struct err *e)
{
	sqlite3_stmt *q = NULL;
	size_t at = 0;
	enum err_code rc = db_prepare(v->st, SQL_STORE_VERIFY_NUMBERS, &q, e);
	int s = SQLITE_DONE;

	qsort(v->key, v->key_count, sizeof(*v->key), by_record);
	while (!rc && at < v->key_count && (s = sqlite3_step(q)) == SQLITE_ROW) {
		const void *id = sqlite3_column_blob(q, 0);
		int c;

		if (sqlite3_column_bytes(q, 0) != UUID_SIZE)
			continue;
		while (at < v->key_count && (c = memcmp(v->key[at].record.b, id, UUID_SIZE)) <= 0) {
			if (c == 0)
				v->key[at].fid = sqlite3_column_int64(q, 1);
			at++;
		}
	}
	if (!rc && s != SQLITE_DONE && s != SQLITE_ROW)
		rc = db_fail(v->st, "read the records", e);
	sqlite3_finalize(q);
	return rc;
}

static void
compare_key(struct verifying *v, const struct verify_key *k, sqlite3_stmt *q)
{
	if (k->fid != sqlite3_column_int64(q, 1) || sqlite3_column_bytes(q, 2) != 32 ||
	    memcmp(k->content, sqlite3_column_blob(q, 2), 32) != 0)
		verify_wrong(v->r, true,
		             "row_key: the row of record %lld is not what its revisions say",
		             (long long)k->fid);
}

enum err_code
verify_row_keys(struct verifying *v, struct err *e)
{
	sqlite3_stmt *q = NULL;
	size_t at = 0, n = v->key_count;
	enum err_code rc = n ? number_records(v, e) : ERR_OK;
	int s = SQLITE_DONE;

	if (!rc)
		rc = db_prepare(v->st, SQL_STORE_VERIFY_KEYS, &q, e);
	if (!rc && n)
		qsort(v->key, n, sizeof(*v->key), by_key);
	while (!rc && (s = sqlite3_step(q)) == SQLITE_ROW) {
		int c = -1;

		for (; at < n && sqlite3_column_bytes(q, 0) == 32; at++) {
			c = memcmp(v->key[at].key, sqlite3_column_blob(q, 0), 32);
			if (c >= 0)
				break;
			if (at == 0 || memcmp(v->key[at - 1].key, v->key[at].key, 32) != 0)
				verify_wrong(v->r, true, "row_key: record %lld has no row",
				             (long long)v->key[at].fid);
		}
		if (at < n && c == 0)
			compare_key(v, &v->key[at], q);
		else
			verify_wrong(v->r, true,
			             "row_key: a row that no revision says (record %lld)",
			             (long long)sqlite3_column_int64(q, 1));
		while (at < n && c == 0 && /* the older ones of that key */
		       memcmp(v->key[at].key, sqlite3_column_blob(q, 0), 32) == 0)
			at++;
	}
	for (; !rc && s == SQLITE_DONE && at < n; at++)
		if (at == 0 || memcmp(v->key[at - 1].key, v->key[at].key, 32) != 0)
			verify_wrong(v->r, true, "row_key: record %lld has no row",
			             (long long)v->key[at].fid);
	if (!rc && s != SQLITE_DONE)
		rc = db_fail(v->st, "read the identities of imported rows", e);
	sqlite3_finalize(q);
	return rc;
}

void
verify_keys_done(struct verifying *v)
{
	verify_bound_free(v->bound);
	v->bound = NULL;
	mem_free(v->key);
	v->key = NULL;
	v->key_count = v->key_room = 0;
}
