#include "store/rowkey.h"

#include <string.h>

#include "base/mem.h"
#include "store/handle.h"
#include "store/member.h"

#include "sql_gen.h"

struct rowkey_reader {
	struct store *st;
	sqlite3_stmt *find, *leaf, *latest, *note;
};

enum err_code
rowkey_open(struct store *st, struct rowkey_reader **ret, struct err *e)
{
	struct rowkey_reader *r = mem_calloc(1, sizeof(*r));
	enum err_code rc;

	if (!r)
		return err_set(e, ERR_NOMEM, "out of memory for looking up rows");
	r->st = st;
	rc = db_prepare(st, SQL_STORE_ROW_KEY_FIND, &r->find, e);
	if (!rc)
		rc = db_prepare(st, SQL_STORE_RECORD_HEADS, &r->leaf, e);
	if (!rc)
		rc = db_prepare(st, SQL_STORE_RECORD_LATEST, &r->latest, e);
	if (!rc)
		rc = db_prepare(st, SQL_STORE_NOTE_PUT, &r->note, e);
	if (rc) {
		rowkey_close(r);
		return rc;
	}
	*ret = r;
	return ERR_OK;
}

void
rowkey_close(struct rowkey_reader *r)
{
	if (!r)
		return;
	sqlite3_finalize(r->find);
	sqlite3_finalize(r->leaf);
	sqlite3_finalize(r->latest);
	sqlite3_finalize(r->note);
	mem_free(r);
}

enum err_code
rowkey_any(struct store *st, bool *ret, struct err *e)
{
	int64_t any = 0;
	enum err_code rc = submit_settle_keys(st, e);

	if (!rc)
		rc = db_int(st, SQL_STORE_ROW_KEY_ANY, 0, &any, e);

	if (!rc)
		*ret = any != 0;
	return rc;
}

enum err_code
rowkey_find(struct rowkey_reader *r, const uint8_t key[32], bool *ret_found, struct rowkey *ret,
            struct err *e)
{
	enum err_code rc = submit_settle_keys(r->st, e);
	int s;

	if (rc)
		return rc;
	(void)sqlite3_bind_blob(r->find, 1, key, 32, SQLITE_STATIC);
	s = sqlite3_step(r->find);
	*ret_found = s == SQLITE_ROW;
	if (s == SQLITE_ROW && sqlite3_column_bytes(r->find, 1) == 32 &&
	    sqlite3_column_bytes(r->find, 2) == UUID_SIZE) {
		ret->fid = sqlite3_column_int64(r->find, 0);
		memcpy(ret->content, sqlite3_column_blob(r->find, 1), 32);
		memcpy(ret->id.b, sqlite3_column_blob(r->find, 2), UUID_SIZE);
		ret->kind = -1;
		for (size_t k = 0; k < r->st->kind_count; k++)
			if (r->st->kind[k].id == sqlite3_column_int64(r->find, 3))
				ret->kind = (int)k;
	} else if (s != SQLITE_DONE) {
		rc = db_fail(r->st, "look up an imported row", e);
	}
	(void)sqlite3_reset(r->find);
	return rc;
}

enum err_code
rowkey_revisions(struct store *st, int64_t *ret, struct err *e)
{
	return db_int(st, SQL_STORE_LAST_RID, 0, ret, e);
}

enum err_code
rowkey_newest(struct rowkey_reader *r, struct uuid id, uint8_t ret_leaf[32],
              struct uuid *ret_source, struct err *e)
{
	enum err_code rc = ERR_OK;
	int s;

	(void)sqlite3_bind_blob(r->leaf, 1, id.b, UUID_SIZE, SQLITE_STATIC);
	s = sqlite3_step(r->leaf);
	if (s == SQLITE_ROW && sqlite3_column_bytes(r->leaf, 0) == 32) {
		const char *source = (const char *)sqlite3_column_text(r->leaf, 1);

		memcpy(ret_leaf, sqlite3_column_blob(r->leaf, 0), 32);
		memset(ret_source, 0, sizeof(*ret_source));
		if (source)
			(void)uuid_parse(source, strlen(source),
			                 ret_source); /* else it stays zero */
	} else if (s == SQLITE_DONE)
		rc = err_set(e, ERR_NOTFOUND, "the record has no revision");
	else
		rc = db_fail(r->st, "look up a record's newest revision", e);
	(void)sqlite3_reset(r->leaf);
	return rc;
}

enum err_code
rowkey_latest(struct rowkey_reader *r, struct uuid id, int64_t *ret_days, struct err *e)
{
	enum err_code rc = ERR_OK;

	(void)sqlite3_bind_blob(r->latest, 1, id.b, UUID_SIZE, SQLITE_STATIC);
	if (sqlite3_step(r->latest) == SQLITE_ROW)
		*ret_days = sqlite3_column_int64(r->latest, 0);
	else
		rc = db_fail(r->st, "look up a record's newest date", e);
	(void)sqlite3_reset(r->latest);
	return rc;
}

enum err_code
rowkey_note(struct rowkey_reader *r, int64_t rid, const char *check, int64_t other,
            const char *detail, struct err *e)
{
	(void)sqlite3_bind_int64(r->note, 1, rid);
	(void)sqlite3_bind_text(r->note, 2, check, -1, SQLITE_STATIC);
	(void)sqlite3_bind_int64(r->note, 3, other);
	(void)sqlite3_bind_text(r->note, 4, detail, -1, SQLITE_STATIC);
	return db_run(r->st, r->note, e);
}
