#include "store/cache.h"

#include <string.h>

#include "base/text.h"
#include "log/seal.h"
#include "store/handle.h"

#include "sql_gen.h"

/* What a seal is bound to: the question and the state of the log that it was asked of. */
static void
write_place(const char *question, size_t question_n, int64_t size, const uint8_t root[32],
            struct buf *b)
{
	char hex[65];

	text_hex(root, 32, hex);
	buf_adds(b, "fallow figures 1");
	buf_addc(b, '\0');
	buf_add(b, question, question_n);
	buf_addc(b, '\0');
	buf_printf(b, "%lld %s", (long long)size, hex);
}

static enum err_code
open_answer(struct store *st, const struct buf *place, const void *sealed, int n, struct buf *out,
            struct err *e)
{
	return seal_open(st->keys.register_key, (struct seal_place){ place->data, place->size },
	                 sealed, (size_t)n, out, e);
}

enum err_code
cache_open_row(struct store *st, sqlite3_stmt *row, struct buf *out, struct err *e)
{
	const char *question = (const char *)sqlite3_column_text(row, 0);
	const uint8_t *root = sqlite3_column_blob(row, 2);
	struct buf place;
	enum err_code rc;

	buf_reset(out);
	if (!question || sqlite3_column_bytes(row, 2) != 32)
		return err_set(e, ERR_VERIFY, "a kept answer is damaged");
	buf_init(&place, 1u << 20);
	write_place(question, (size_t)sqlite3_column_bytes(row, 0), sqlite3_column_int64(row, 1),
	            root, &place);
	rc = buf_ok(&place) ? open_answer(st, &place, sqlite3_column_blob(row, 3),
	                                  sqlite3_column_bytes(row, 3), out, e)
	                    : err_set(e, ERR_NOMEM, "out of memory for a kept answer");
	buf_done(&place);
	return rc;
}

enum err_code
cache_get(struct store *st, const char *question, struct buf *out, bool *ret_hit, struct err *e)
{
	struct store_checkpoint cp = store_checkpoint_newest(st);
	sqlite3_stmt *q = NULL;
	struct buf place;
	enum err_code rc = db_prepare(st, SQL_STORE_CACHE_GET, &q, e);

	*ret_hit = false;
	if (rc || !st->has_register_key) {
		sqlite3_finalize(q);
		return rc;
	}
	buf_init(&place, 1u << 20);
	write_place(question, strlen(question), cp.size, cp.root, &place);
	(void)sqlite3_bind_text(q, 1, question, -1, SQLITE_STATIC);
	(void)sqlite3_bind_int64(q, 2, cp.size);
	(void)sqlite3_bind_blob(q, 3, cp.root, 32, SQLITE_STATIC);
	/* what does not open is not ours: it is computed again, and the check tells */
	if (sqlite3_step(q) == SQLITE_ROW && buf_ok(&place))
		*ret_hit = !open_answer(st, &place, sqlite3_column_blob(q, 0),
		                        sqlite3_column_bytes(q, 0), out, NULL);
	sqlite3_finalize(q);
	buf_done(&place);
	return ERR_OK;
}

static enum err_code
put(struct store *st, const char *question, const struct store_checkpoint *cp,
    const struct buf *sealed, struct err *e)
{
	sqlite3_stmt *q = NULL;
	enum err_code rc = db_prepare(st, SQL_STORE_CACHE_PUT, &q, e);

	if (!rc) {
		(void)sqlite3_bind_text(q, 1, question, -1, SQLITE_STATIC);
		(void)sqlite3_bind_int64(q, 2, cp->size);
		(void)sqlite3_bind_blob(q, 3, cp->root, 32, SQLITE_STATIC);
		(void)sqlite3_bind_blob64(q, 4, sealed->data, sealed->size, SQLITE_STATIC);
		(void)sqlite3_step(
			q); /* a cache that could not be filled costs time, nothing else */
	}
	sqlite3_finalize(q);
	return rc;
}

enum err_code
cache_put(struct store *st, const char *question, const struct buf *answer, struct err *e)
{
	struct store_checkpoint cp = store_checkpoint_newest(st);
	sqlite3 *own = st->db, *db = NULL;
	struct buf place, sealed;
	enum err_code rc = ERR_OK;

	if (!st->has_register_key || answer->size > SEAL_MAX_BYTES / 2)
		return ERR_OK; /* computed again next time */
	/* a reader answers on a second connection: its own is read-only */
	if (st->mode == STORE_READ) {
		if (sqlite3_open_v2(st->path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX,
		                    NULL) != SQLITE_OK ||
		    db_configure(db, STORE_WRITE, NULL)) {
			sqlite3_close(db);
			return ERR_OK; /* not ours to write: likewise */
		}
		(void)sqlite3_busy_timeout(db, 200);
		st->db = db;
	}
	buf_init(&place, 1u << 20);
	buf_init(&sealed, SEAL_MAX_BYTES);
	write_place(question, strlen(question), cp.size, cp.root, &place);
	if (!buf_ok(&place))
		rc = err_set(e, ERR_NOMEM, "out of memory for a kept answer");
	if (!rc)
		rc = seal_make(st->keys.register_key, (struct seal_place){ place.data, place.size },
		               answer->data, answer->size, &sealed, e);
	if (!rc)
		rc = put(st, question, &cp, &sealed, e);
	buf_done(&place);
	buf_done(&sealed);
	st->db = own;
	sqlite3_close(db);
	return rc;
}
