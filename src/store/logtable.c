#include "store/logtable.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "log/merkle.h"
#include "log/note.h"

#include "sql_gen.h"

enum err_code
log_get_hash(void *ctx, unsigned level, uint64_t index, uint8_t ret_hash[32], struct err *e)
{
	struct store *st = ctx;
	sqlite3_stmt *q = NULL;
	enum err_code rc = db_keep(st, KEPT_LOG_GET, SQL_STORE_LOG_HASH_GET, &q, e);

	if (rc)
		return rc;
	(void)sqlite3_bind_int64(q, 1, (int64_t)level);
	(void)sqlite3_bind_int64(q, 2, (int64_t)index);
	if (sqlite3_step(q) == SQLITE_ROW && sqlite3_column_bytes(q, 0) == 32)
		memcpy(ret_hash, sqlite3_column_blob(q, 0), 32);
	else
		rc = err_set(e, ERR_VERIFY, "the log's hash of level %u, index %llu is missing",
		             level, (unsigned long long)index);
	(void)sqlite3_reset(q); /* what the step said was told */
	return rc;
}

enum err_code
log_put_hash(void *ctx, unsigned level, uint64_t index, const uint8_t hash[32], struct err *e)
{
	struct store *st = ctx;
	sqlite3_stmt *q = NULL;
	enum err_code rc = db_keep(st, KEPT_LOG_PUT, SQL_STORE_LOG_HASH_PUT, &q, e);

	if (rc)
		return rc;
	(void)sqlite3_bind_int64(q, 1, (int64_t)level);
	(void)sqlite3_bind_int64(q, 2, (int64_t)index);
	(void)sqlite3_bind_blob(q, 3, hash, 32, SQLITE_STATIC);
	return db_run(st, q, e);
}

enum err_code
log_newest(struct store *st, struct buf *note, int64_t *ret_size, struct err *e)
{
	sqlite3_stmt *q = NULL;
	enum err_code rc = db_prepare(st, SQL_STORE_CHECKPOINT_NEWEST, &q, e);
	int s;

	if (rc)
		return rc;
	*ret_size = 0;
	s = sqlite3_step(q);
	if (s == SQLITE_ROW) {
		*ret_size = sqlite3_column_int64(q, 0);
		buf_add(note, sqlite3_column_text(q, 1), (size_t)sqlite3_column_bytes(q, 1));
	} else if (s != SQLITE_DONE) {
		rc = db_fail(st, "read the checkpoint", e);
	}
	sqlite3_finalize(q);
	return rc ? rc
	          : (buf_ok(note) ? ERR_OK
	                          : err_set(e, ERR_NOMEM, "out of memory for a checkpoint"));
}

/* In a group the row that keeps the checkpoint is not synced by itself: the next commit takes it
 * along, and a register that lost it in a power cut signs the same root again when it is opened.
 * What it covers was synced before, and the copy beside the log key is synced after. */
static enum err_code
put_row(struct store *st, sqlite3_stmt *q, struct err *e)
{
	enum err_code rc, back;

	if (!st->group_open)
		return db_run(st, q, e);
	rc = db_exec(st, "PRAGMA synchronous=NORMAL", e);
	if (!rc)
		rc = db_run(st, q, e);
	back = db_exec(st, "PRAGMA synchronous=FULL", rc ? NULL : e);
	return rc ? rc : back;
}

enum err_code
log_sign(struct store *st, int64_t size, const uint8_t root[32], struct err *e)
{
	struct checkpoint cp = { .size = (uint64_t)size };
	struct buf b;
	sqlite3_stmt *q = NULL;
	enum err_code rc;

	buf_init(&b, NOTE_MAX_BYTES);
	memcpy(cp.origin, st->origin, strlen(st->origin) + 1);
	memcpy(cp.root, root, 32);
	checkpoint_sign(&b, &cp, &st->keys.log);
	rc = buf_ok(&b) ? db_prepare(st, SQL_STORE_CHECKPOINT_PUT, &q, e)
	                : err_set(e, ERR_NOMEM, "out of memory for a checkpoint");
	if (!rc) {
		(void)sqlite3_bind_int64(q, 1, size);
		(void)sqlite3_bind_text(q, 2, b.data, (int)b.size, SQLITE_STATIC);
		(void)sqlite3_bind_int64(q, 3, clock_now_us());
		rc = put_row(st, q, e);
	}
	if (!rc)
		rc = keys_write_checkpoint(st->uuid, b.data, b.size, e);
	sqlite3_finalize(q);
	buf_done(&b);
	return rc;
}

/* Is the local checkpoint one that this register's log has passed through? */
static enum err_code
compare_local(struct store *st, const struct buf *local, struct err *e)
{
	struct checkpoint cp;
	uint8_t root[32];
	int64_t size = store_log_size(st);
	enum err_code rc =
		checkpoint_open(local->data, local->size, st->keys.log.public_key, &cp, e);

	if (rc) {
		(void)err_prefix(e, "the checkpoint kept beside the log key");
		return rc;
	}
	if (cp.size > (uint64_t)size) {
		(void)err_set(e, ERR_VERIFY,
		              "the register %s has %lld submissions, and a checkpoint for %llu was "
		              "signed on this "
		              "machine: it is older than what was acknowledged",
		              st->path, (long long)size, (unsigned long long)cp.size);
		return err_hint(
			e, "use the newest copy or backup of the register; do not add to this one");
	}
	if (cp.size == 0)
		return ERR_OK;
	rc = merkle_root_of_subtrees(cp.size, log_get_hash, st, root, e);
	if (!rc && memcmp(root, cp.root, 32) != 0)
		rc = err_set(e, ERR_VERIFY,
		             "the register %s has another history than the one signed on this "
		             "machine (at %llu "
		             "submissions)",
		             st->path, (unsigned long long)cp.size);
	return rc;
}

enum err_code
log_check_local(struct store *st, struct err *e)
{
	struct buf local;
	enum err_code rc;

	buf_init(&local, NOTE_MAX_BYTES);
	rc = keys_read_checkpoint(st->uuid, &local, e);
	if (rc == ERR_NOTFOUND) {
		err_clear(e);
		rc = ERR_OK;
		if (store_log_size(st) > 0)
			(void)snprintf(st->warning, sizeof(st->warning),
			               "no checkpoint of this register is kept on this machine: "
			               "whether it is the newest "
			               "copy cannot be told");
	} else if (!rc) {
		rc = compare_local(st, &local, e);
	}
	buf_done(&local);
	return rc;
}

enum err_code
store_root_at(struct store *st, int64_t size, uint8_t root[32], struct err *e)
{
	return merkle_root_of_subtrees((uint64_t)size, log_get_hash, st, root, e);
}
