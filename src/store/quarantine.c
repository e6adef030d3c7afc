#include "store/quarantine.h"

#include <string.h>

#include "base/mem.h"
#include "store/bound.h"
#include "store/handle.h"
#include "store/submit.h"

#include "sql_gen.h"

struct quarantine {
	struct store *st;
	sqlite3_stmt *put, *find, *end;
	sqlite3_stmt *put_back, *end_back; /* what was written, for the log */
};

static enum err_code
prepare_back(struct store *st, enum bound_table t, sqlite3_stmt **ret, struct err *e)
{
	struct buf sql;
	enum err_code rc;

	buf_init(&sql, 4096);
	buf_printf(&sql, "%s WHERE qid = ?1", bound_select(t));
	rc = db_prepare(st, buf_text(&sql), ret, e);
	buf_done(&sql);
	return rc;
}

/* The row as the table holds it goes into the submission's remark. */
static enum err_code
note_row(struct store *st, enum bound_table t, sqlite3_stmt *back, int64_t qid, struct err *e)
{
	enum err_code rc;

	(void)sqlite3_bind_int64(back, 1, qid);
	rc = sqlite3_step(back) == SQLITE_ROW ? submit_note_bound(st, t, back, e)
	                                      : db_fail(st, "read back a quarantined row", e);
	(void)sqlite3_reset(back);
	return rc;
}

enum err_code
quarantine_open(struct store *st, struct quarantine **ret, struct err *e)
{
	struct quarantine *q = mem_calloc(1, sizeof(*q));
	enum err_code rc;

	if (!q)
		return err_set(e, ERR_NOMEM, "out of memory for the quarantine");
	q->st = st;
	rc = db_prepare(st, SQL_STORE_QUARANTINE_PUT, &q->put, e);
	if (!rc)
		rc = db_prepare(st, SQL_STORE_QUARANTINE_FIND, &q->find, e);
	if (!rc)
		rc = db_prepare(st, SQL_STORE_QUARANTINE_END, &q->end, e);
	if (!rc)
		rc = prepare_back(st, BOUND_QUARANTINE, &q->put_back, e);
	if (!rc)
		rc = prepare_back(st, BOUND_QUARANTINE_END, &q->end_back, e);
	if (rc) {
		quarantine_close(q);
		return rc;
	}
	*ret = q;
	return ERR_OK;
}

void
quarantine_close(struct quarantine *q)
{
	if (!q)
		return;
	sqlite3_finalize(q->put);
	sqlite3_finalize(q->find);
	sqlite3_finalize(q->end);
	sqlite3_finalize(q->put_back);
	sqlite3_finalize(q->end_back);
	mem_free(q);
}

enum err_code
quarantine_any(struct store *st, bool *ret, struct err *e)
{
	int64_t any = 0;
	enum err_code rc = db_int(st, SQL_STORE_QUARANTINE_ANY, 0, &any, e);

	if (!rc)
		*ret = any != 0;
	return rc;
}

static void
bind_text(sqlite3_stmt *q, int i, const char *s)
{
	if (s)
		(void)sqlite3_bind_text(q, i, s, -1, SQLITE_STATIC);
	else
		(void)sqlite3_bind_null(q, i);
}

enum err_code
quarantine_put(struct quarantine *q, const struct quarantine_row *row, int64_t *ret_qid,
               struct err *e)
{
	struct store *st = q->st;
	int64_t qid;
	enum err_code rc;

	if (submit_current(st) < 0)
		return err_set(e, ERR_INTERNAL, "no submission is open");
	(void)sqlite3_bind_int64(q->put, 1, submit_current(st));
	(void)sqlite3_bind_int64(q->put, 2, st->kind[row->kind].id);
	(void)sqlite3_bind_blob(q->put, 3, row->source.b, UUID_SIZE, SQLITE_STATIC);
	(void)sqlite3_bind_int64(q->put, 4, row->row);
	(void)sqlite3_bind_blob(q->put, 5, row->row_key, 32, SQLITE_STATIC);
	bind_text(q->put, 6, row->checks);
	bind_text(q->put, 7, row->reason);
	bind_text(q->put, 8, row->original);
	bind_text(q->put, 9, row->mapped);
	bind_text(q->put, 10, row->place);
	rc = db_run(st, q->put, e);
	qid = sqlite3_last_insert_rowid(st->db);
	if (!rc)
		rc = note_row(st, BOUND_QUARANTINE, q->put_back, qid, e);
	if (!rc && ret_qid)
		*ret_qid = qid;
	return rc;
}

enum err_code
quarantine_find(struct quarantine *q, const uint8_t row_key[32], int64_t *ret_qid, bool *ret_ended,
                struct err *e)
{
	enum err_code rc = ERR_OK;
	int s;

	(void)sqlite3_bind_blob(q->find, 1, row_key, 32, SQLITE_STATIC);
	s = sqlite3_step(q->find);
	*ret_qid = s == SQLITE_ROW ? sqlite3_column_int64(q->find, 0) : 0;
	*ret_ended = s == SQLITE_ROW && sqlite3_column_int(q->find, 1) != 0;
	if (s != SQLITE_ROW && s != SQLITE_DONE)
		rc = db_fail(q->st, "look up a quarantined row", e);
	(void)sqlite3_reset(q->find);
	return rc;
}

static const char *
column_text(sqlite3_stmt *q, int i)
{
	return (const char *)sqlite3_column_text(q, i);
}

static void
decode(struct store *st, sqlite3_stmt *q, struct quarantine_row *r)
{
	memset(r, 0, sizeof(*r));
	r->qid = sqlite3_column_int64(q, 0);
	r->submission = sqlite3_column_int64(q, 1);
	r->kind = -1;
	for (size_t k = 0; k < st->kind_count; k++)
		if (st->kind[k].id == sqlite3_column_int64(q, 2))
			r->kind = (int)k;
	if (sqlite3_column_bytes(q, 3) == UUID_SIZE)
		memcpy(r->source.b, sqlite3_column_blob(q, 3), UUID_SIZE);
	r->row = sqlite3_column_int64(q, 4);
	if (sqlite3_column_bytes(q, 5) == 32)
		memcpy(r->row_key, sqlite3_column_blob(q, 5), 32);
	r->checks = column_text(q, 6);
	r->reason = column_text(q, 7);
	r->original = column_text(q, 8);
	r->mapped = column_text(q, 9);
	r->place = column_text(q, 10);
	r->received_us = sqlite3_column_int64(q, 11);
	r->end_submission =
		sqlite3_column_type(q, 12) == SQLITE_NULL ? -1 : sqlite3_column_int64(q, 12);
	r->has_record = sqlite3_column_bytes(q, 13) == UUID_SIZE;
	if (r->has_record)
		memcpy(r->record.b, sqlite3_column_blob(q, 13), UUID_SIZE);
	r->end_reason = column_text(q, 14);
}

enum err_code
quarantine_get(struct store *st, int64_t qid, struct arena *mem, struct quarantine_row *ret,
               struct err *e)
{
	struct quarantine_row r;
	sqlite3_stmt *q = NULL;
	enum err_code rc = db_prepare(st, SQL_STORE_QUARANTINE_GET, &q, e);
	int s;

	if (rc)
		return rc;
	(void)sqlite3_bind_int64(q, 1, qid);
	s = sqlite3_step(q);
	if (s == SQLITE_ROW) {
		decode(st, q, &r);
		r.checks = arena_strdup(mem, r.checks);
		r.reason = arena_strdup(mem, r.reason);
		r.original = arena_strdup(mem, r.original);
		r.mapped = arena_strdup(mem, r.mapped);
		r.place = arena_strdup(mem, r.place);
		r.end_reason = arena_strdup(mem, r.end_reason);
		*ret = r;
		if (!r.checks || !r.reason || !r.original)
			rc = err_set(e, ERR_NOMEM, "out of memory for a quarantined row");
	} else if (s == SQLITE_DONE) {
		rc = err_set(e, ERR_NOTFOUND, "no quarantined row has the number %lld",
		             (long long)qid);
	} else {
		rc = db_fail(st, "read a quarantined row", e);
	}
	sqlite3_finalize(q);
	return rc;
}

enum err_code
quarantine_end(struct quarantine *q, int64_t qid, const struct uuid *record, const char *reason,
               struct err *e)
{
	struct store *st = q->st;
	int s;

	if (submit_current(st) < 0)
		return err_set(e, ERR_INTERNAL, "no submission is open");
	(void)sqlite3_bind_int64(q->end, 1, qid);
	(void)sqlite3_bind_int64(q->end, 2, submit_current(st));
	if (record)
		(void)sqlite3_bind_blob(q->end, 3, record->b, UUID_SIZE, SQLITE_STATIC);
	else
		(void)sqlite3_bind_null(q->end, 3);
	(void)sqlite3_bind_text(q->end, 4, reason, -1, SQLITE_STATIC);
	s = sqlite3_step(q->end);
	(void)sqlite3_reset(q->end);
	if (s == SQLITE_DONE)
		return note_row(st, BOUND_QUARANTINE_END, q->end_back, qid, e);
	if ((s & 0xff) == SQLITE_CONSTRAINT)
		return err_set(e, ERR_CONFLICT,
		               "the quarantined row %lld was settled already or does not exist",
		               (long long)qid);
	return db_fail(st, "settle a quarantined row", e);
}

enum err_code
quarantine_each(struct store *st, int kind, bool ended, quarantine_fn *fn, void *ctx, struct err *e)
{
	struct quarantine_row r;
	sqlite3_stmt *q = NULL;
	enum err_code rc = db_prepare(st, SQL_STORE_QUARANTINE_LIST, &q, e);
	int s = SQLITE_DONE;

	if (rc)
		return rc;
	(void)sqlite3_bind_int64(q, 1, kind < 0 ? 0 : st->kind[kind].id);
	(void)sqlite3_bind_int(q, 2, ended);
	while (!rc && (s = sqlite3_step(q)) == SQLITE_ROW) {
		decode(st, q, &r);
		rc = fn(ctx, &r, e);
	}
	if (!rc && s != SQLITE_DONE)
		rc = db_fail(st, "read the quarantine", e);
	sqlite3_finalize(q);
	return rc;
}

enum err_code
quarantine_waiting(struct store *st, int kind, int64_t known_size,
                   enum err_code (*fn)(void *ctx, const char *place, int64_t count, struct err *e),
                   void *ctx, struct err *e)
{
	sqlite3_stmt *q = NULL;
	enum err_code rc = db_prepare(st, SQL_STORE_QUARANTINE_WAITING, &q, e);
	int s = SQLITE_DONE;

	if (rc)
		return rc;
	(void)sqlite3_bind_int64(q, 1, st->kind[kind].id);
	(void)sqlite3_bind_int64(q, 2, known_size);
	while (!rc && (s = sqlite3_step(q)) == SQLITE_ROW)
		rc = fn(ctx, column_text(q, 0), sqlite3_column_int64(q, 1), e);
	if (!rc && s != SQLITE_DONE)
		rc = db_fail(st, "count the quarantine", e);
	sqlite3_finalize(q);
	return rc;
}
