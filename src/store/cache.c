#include "store/cache.h"

#include <string.h>

#include "store/handle.h"

#include "sql_gen.h"

enum err_code
cache_get(struct store *st, const char *question, struct buf *out, bool *ret_hit, struct err *e)
{
	struct store_checkpoint cp = store_checkpoint_newest(st);
	sqlite3_stmt *q = NULL;
	enum err_code rc = db_prepare(st, SQL_STORE_CACHE_GET, &q, e);

	*ret_hit = false;
	if (rc)
		return rc;
	(void)sqlite3_bind_text(q, 1, question, -1, SQLITE_STATIC);
	(void)sqlite3_bind_int64(q, 2, cp.size);
	(void)sqlite3_bind_blob(q, 3, cp.root, 32, SQLITE_STATIC);
	if (sqlite3_step(q) == SQLITE_ROW) {
		buf_add(out, sqlite3_column_blob(q, 0), (size_t)sqlite3_column_bytes(q, 0));
		*ret_hit = buf_ok(out);
	}
	sqlite3_finalize(q);
	return ERR_OK;
}

enum err_code
cache_put(struct store *st, const char *question, const struct buf *answer, struct err *e)
{
	struct store_checkpoint cp = store_checkpoint_newest(st);
	sqlite3 *own = st->db, *db = NULL;
	sqlite3_stmt *q = NULL;
	enum err_code rc = ERR_OK;

	/* a reader answers on a second connection: its own is read-only */
	if (st->mode == STORE_READ) {
		if (sqlite3_open_v2(st->path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX,
		                    NULL) != SQLITE_OK ||
		    db_configure(db, STORE_WRITE, NULL)) {
			sqlite3_close(db);
			return ERR_OK; /* not ours to write: the answer is computed again next time
			                */
		}
		(void)sqlite3_busy_timeout(db, 200);
		st->db = db;
	}
	rc = db_prepare(st, SQL_STORE_CACHE_PUT, &q, e);
	if (!rc) {
		(void)sqlite3_bind_text(q, 1, question, -1, SQLITE_STATIC);
		(void)sqlite3_bind_int64(q, 2, cp.size);
		(void)sqlite3_bind_blob(q, 3, cp.root, 32, SQLITE_STATIC);
		(void)sqlite3_bind_blob64(q, 4, answer->data, answer->size, SQLITE_STATIC);
		(void)sqlite3_step(
			q); /* a cache that could not be filled costs time, nothing else */
	}
	sqlite3_finalize(q);
	st->db = own;
	sqlite3_close(db);
	return rc;
}
