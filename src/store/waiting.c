#include "store/waiting.h"

#include <string.h>

#include "base/text.h"
#include "store/handle.h"

#include "sql_gen.h"

/* Kinds the program writes itself wait for nobody. */
static bool
is_own(const struct store *st, int kind)
{
	return text_eq(st->kind[kind].name, "decision") || text_eq(st->kind[kind].name, "event");
}

static enum err_code
read_kinds(struct store *st, sqlite3_stmt *q, int64_t first, struct waiting_submission *s,
           struct err *e)
{
	int step;

	(void)sqlite3_reset(q);
	(void)sqlite3_bind_int64(q, 1, first);
	(void)sqlite3_bind_int64(q, 2, s->revisions);
	s->kinds = 0;
	while ((step = sqlite3_step(q)) == SQLITE_ROW && s->kinds < WAITING_KINDS) {
		s->kind[s->kinds].kind = sqlite3_column_int(q, 0) - 1;
		s->kind[s->kinds++].revisions = sqlite3_column_int64(q, 1);
	}
	return step == SQLITE_DONE ? ERR_OK : db_fail(st, "read a submission", e);
}

static enum err_code
count_ruled(struct store *st, sqlite3_stmt *q, int64_t first, struct waiting_submission *s,
            struct err *e)
{
	(void)sqlite3_reset(q);
	(void)sqlite3_bind_int64(q, 1, first);
	(void)sqlite3_bind_int64(q, 2, s->revisions);
	if (sqlite3_step(q) != SQLITE_ROW)
		return db_fail(st, "read the decisions", e);
	s->waiting = s->revisions - sqlite3_column_int64(q, 0);
	return ERR_OK;
}

static bool
is_all_own(const struct store *st, const struct waiting_submission *s)
{
	for (size_t i = 0; i < s->kinds; i++)
		if (!is_own(st, s->kind[i].kind))
			return false;
	return true;
}

enum err_code
waiting_each(struct store *st, int64_t before, waiting_fn *fn, void *ctx, int64_t *ret_next,
             struct err *e)
{
	sqlite3_stmt *list = NULL, *kinds = NULL, *ruled = NULL;
	int s = SQLITE_DONE, looked = 0;
	enum err_code rc = db_prepare(st, SQL_STORE_WAITING_SUBMISSIONS, &list, e);

	*ret_next = -1;
	if (!rc)
		rc = db_prepare(st, SQL_STORE_WAITING_KINDS, &kinds, e);
	if (!rc)
		rc = db_prepare(st, SQL_STORE_WAITING_RULED, &ruled, e);
	if (!rc)
		(void)sqlite3_bind_int64(list, 1, before);
	while (!rc && (s = sqlite3_step(list)) == SQLITE_ROW) {
		struct waiting_submission one = { .seq = sqlite3_column_int64(list, 0),
			                          .revisions = sqlite3_column_int64(list, 1) };
		int64_t first = sqlite3_column_int64(list, 2);

		if (looked++ == WAITING_LOOKED) {
			*ret_next = one.seq + 1;
			s = SQLITE_DONE;
			break;
		}
		rc = count_ruled(st, ruled, first, &one, e);
		if (!rc && one.waiting > 0)
			rc = read_kinds(st, kinds, first, &one, e);
		if (!rc && one.waiting > 0 && !is_all_own(st, &one))
			rc = fn(ctx, &one, e);
	}
	if (!rc && s != SQLITE_DONE)
		rc = db_fail(st, "read what waits", e);
	sqlite3_finalize(list);
	sqlite3_finalize(kinds);
	sqlite3_finalize(ruled);
	return rc;
}

enum err_code
waiting_records(struct store *st, int64_t seq, struct waiting_record *list, size_t most,
                size_t *ret_count, struct err *e)
{
	sqlite3_stmt *q = NULL;
	int s = SQLITE_DONE;
	size_t n = 0;
	enum err_code rc = db_prepare(st, SQL_STORE_WAITING_RECORDS, &q, e);

	if (rc)
		return rc;
	(void)sqlite3_bind_int64(q, 1, seq);
	(void)sqlite3_bind_int64(q, 2, (int64_t)most);
	while (n < most && (s = sqlite3_step(q)) == SQLITE_ROW) {
		if (sqlite3_column_bytes(q, 0) != UUID_SIZE || sqlite3_column_bytes(q, 3) != 32)
			continue;
		memcpy(list[n].id.b, sqlite3_column_blob(q, 0), UUID_SIZE);
		memcpy(list[n].leaf, sqlite3_column_blob(q, 3), 32);
		list[n].kind = sqlite3_column_int(q, 1) - 1;
		list[n++].rid = sqlite3_column_int64(q, 2);
	}
	if (s != SQLITE_DONE && s != SQLITE_ROW)
		rc = db_fail(st, "read what waits", e);
	sqlite3_finalize(q);
	*ret_count = n;
	return rc;
}

enum err_code
waiting_ruled_by(struct store *st, int64_t rid, int64_t submission, int64_t *ret_by, struct err *e)
{
	sqlite3_stmt *q = NULL;
	enum err_code rc = db_prepare(st, SQL_STORE_WAITING_RULED_BY, &q, e);
	int s;

	if (rc)
		return rc;
	(void)sqlite3_bind_int64(q, 1, rid);
	(void)sqlite3_bind_int64(q, 2, submission);
	s = sqlite3_step(q);
	*ret_by = s == SQLITE_ROW ? sqlite3_column_int64(q, 0) : -1;
	if (s != SQLITE_ROW && s != SQLITE_DONE)
		rc = db_fail(st, "read the decisions", e);
	sqlite3_finalize(q);
	return rc;
}

enum err_code
waiting_returned(struct store *st, int kind, int64_t as_of_days, int64_t known_size,
                 int64_t *ret_count, struct err *e)
{
	sqlite3_stmt *q = NULL;
	enum err_code rc = db_prepare(st, SQL_STORE_WAITING_RETURNED, &q, e);

	if (rc)
		return rc;
	(void)sqlite3_bind_int64(q, 1, st->kind[kind].id);
	(void)sqlite3_bind_int64(q, 2, known_size);
	(void)sqlite3_bind_int64(q, 3, as_of_days);
	if (sqlite3_step(q) == SQLITE_ROW)
		*ret_count = sqlite3_column_int64(q, 0);
	else
		rc = db_fail(st, "count what was returned", e);
	sqlite3_finalize(q);
	return rc;
}
