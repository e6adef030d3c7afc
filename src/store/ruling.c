#include "store/ruling.h"

#include <string.h>

#include "base/text.h"
#include "store/history.h"

#include "sql_gen.h"

static enum err_code
put(struct store *st, const char *sql, int64_t what, int64_t by, enum ruling state, struct err *e)
{
	sqlite3_stmt *q = NULL;
	enum err_code rc = db_prepare(st, sql, &q, e);

	if (rc)
		return rc;
	(void)sqlite3_bind_int64(q, 1, what);
	(void)sqlite3_bind_int64(q, 2, by);
	(void)sqlite3_bind_int(q, 3, (int)state);
	rc = db_run(st, q, e);
	sqlite3_finalize(q);
	return rc;
}

enum err_code
ruling_submission(struct store *st, int64_t submission, int64_t by, enum ruling state,
                  struct err *e)
{
	return put(st, SQL_STORE_RULING_SUBMISSION_PUT, submission, by, state, e);
}

/* Four eyes: a release names two different people. */
static enum err_code
state_of(const struct store_fields *f, enum ruling *ret, struct err *e)
{
	const char *type = fields_text(f, "type");
	const char *one = fields_text(f, "by_person"), *two = fields_text(f, "second_person");

	*ret = RULING_NONE;
	if (text_eq(type, "approval"))
		*ret = RULING_APPROVED;
	else if (text_eq(type, "return"))
		*ret = RULING_RETURNED;
	else if (text_eq(type, "release"))
		*ret = RULING_RELEASED;
	if (*ret == RULING_RELEASED && (!one || !two || !*one || !*two || text_same_name(one, two)))
		return err_set(e, ERR_DENIED,
		               "a release of land needs two different people; this one names %s",
		               one && *one ? "one" : "none");
	return ERR_OK;
}

/* One token "UUID@LEAF" (LEAF = 64 hex digits): the revision it means. */
static enum err_code
resolve(struct store *st, const char *token, size_t n, int *ret_kind, int64_t *ret_fid,
        int64_t *ret_rid, struct err *e)
{
	struct uuid id;
	uint8_t leaf[32];
	sqlite3_stmt *q = NULL;
	enum err_code rc;

	if (n != 36 + 1 + 64 || !uuid_parse(token, 36, &id) || token[36] != '@' ||
	    !text_unhex(token + 37, 64, leaf, 32))
		return err_set(e, ERR_INVALID, "a decision is about \"%.*s\"; it must be ID@LEAF",
		               (int)(n > 110 ? 110 : n), token);
	rc = history_find(st, id, ret_kind, ret_fid, e);
	if (!rc)
		rc = db_prepare(st, SQL_STORE_REVISION_BY_LEAF, &q, e);
	if (rc)
		return rc;
	(void)sqlite3_bind_blob(q, 1, id.b, UUID_SIZE, SQLITE_STATIC);
	(void)sqlite3_bind_blob(q, 2, leaf, 32, SQLITE_STATIC);
	if (sqlite3_step(q) == SQLITE_ROW)
		*ret_rid = sqlite3_column_int64(q, 0);
	else
		rc = err_set(e, ERR_NOTFOUND, "record %.36s has no revision %.64s", token,
		             token + 37);
	sqlite3_finalize(q);
	return rc;
}

static enum err_code
rule_revisions(struct store *st, const char *about, int64_t seq, enum ruling state, struct err *e)
{
	for (const char *p = about; p && *p;) {
		size_t n = strcspn(p, " ");
		int kind = 0;
		int64_t fid = 0, rid = 0;
		enum err_code rc = n ? resolve(st, p, n, &kind, &fid, &rid, e) : ERR_OK;

		if (!rc && n)
			rc = put(st, SQL_STORE_RULING_PUT, rid, seq, state, e);
		if (!rc && n && !st->skip_refresh)
			rc = history_refresh(st, kind, fid, e);
		if (rc)
			return rc;
		p += n;
		p += *p == ' ';
	}
	return ERR_OK;
}

static enum err_code
refresh_submission(struct store *st, int64_t submission, struct err *e)
{
	sqlite3_stmt *q = NULL;
	enum err_code rc = db_prepare(st, SQL_STORE_SUBMISSION_RECORDS, &q, e);
	int s = SQLITE_DONE;

	if (rc)
		return rc;
	(void)sqlite3_bind_int64(q, 1, submission);
	while (!rc && (s = sqlite3_step(q)) == SQLITE_ROW)
		rc = history_refresh(st, sqlite3_column_int(q, 0) - 1, sqlite3_column_int64(q, 1),
		                     e);
	if (!rc && s != SQLITE_DONE)
		rc = db_fail(st, "read a submission", e);
	sqlite3_finalize(q);
	return rc;
}

static enum err_code
rule_submissions(struct store *st, const char *about, int64_t seq, enum ruling state, struct err *e)
{
	for (const char *p = about; p && *p;) {
		size_t n = strcspn(p, " ");
		uint8_t leaf[32];
		sqlite3_stmt *q = NULL;
		int64_t which = -1;
		enum err_code rc;

		if (n != 64 || !text_unhex(p, n, leaf, 32))
			return err_set(e, ERR_INVALID,
			               "a decision is about the submission \"%.*s\"; it must be 64 "
			               "hex digits",
			               (int)(n > 70 ? 70 : n), p);
		rc = db_prepare(st, SQL_STORE_SUBMISSION_BY_LEAF, &q, e);
		if (rc)
			return rc;
		(void)sqlite3_bind_blob(q, 1, leaf, 32, SQLITE_STATIC);
		if (sqlite3_step(q) == SQLITE_ROW)
			which = sqlite3_column_int64(q, 0);
		sqlite3_finalize(q);
		if (which < 0)
			return err_set(e, ERR_NOTFOUND, "the log has no submission %.64s", p);
		rc = ruling_submission(st, which, seq, state, e);
		/* an import approved beforehand wrote its rows as approved already */
		if (!rc && !st->skip_refresh)
			rc = refresh_submission(st, which, e);
		if (rc)
			return rc;
		p += n;
		p += *p == ' ';
	}
	return ERR_OK;
}

enum err_code
ruling_note(struct store *st, const struct submit_revision *rev, int64_t seq, struct err *e)
{
	enum ruling state;
	enum err_code rc;

	if (!text_eq(st->kind[rev->kind].name, "decision"))
		return ERR_OK;
	rc = state_of(&rev->fields, &state, e);
	if (rc || state == RULING_NONE)
		return rc;
	rc = rule_revisions(st, fields_text(&rev->fields, "about"), seq, state, e);
	return rc ? rc
	          : rule_submissions(st, fields_text(&rev->fields, "about_submission"), seq, state,
	                             e);
}
