#include "store/logfiles.h"

#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "store/handle.h"
#include "store/logtable.h"

#include "sql_gen.h"

static enum err_code
get_entry(void *ctx, uint64_t index, struct buf *b, struct err *e)
{
	struct store *st = ctx;
	sqlite3_stmt *q = NULL;
	enum err_code rc = db_prepare(st, SQL_STORE_SUBMISSION_LEAF, &q, e);

	if (rc)
		return rc;
	(void)sqlite3_bind_int64(q, 1, (int64_t)index);
	if (sqlite3_step(q) == SQLITE_ROW)
		buf_add(b, sqlite3_column_blob(q, 0), (size_t)sqlite3_column_bytes(q, 0));
	else
		rc = err_set(e, ERR_VERIFY, "submission %llu is missing",
		             (unsigned long long)index);
	sqlite3_finalize(q);
	return rc;
}

enum err_code
logfiles_export(struct store *st, const char *dir, int64_t *ret_size, struct err *e)
{
	struct store_checkpoint cp = store_checkpoint_newest(st);
	struct tile_source src = { .ctx = st, .hash = log_get_hash, .entry = get_entry };
	char path[1000];
	const char *vkey = store_meta(st, "log_vkey");
	struct buf b;
	enum err_code rc;
	int n = snprintf(path, sizeof(path), "%s/log.vkey", dir);

	if (n < 0 || (size_t)n >= sizeof(path))
		return err_set(e, ERR_LIMIT, "the folder's path is longer than %zu bytes",
		               sizeof(path) - 12);
	if (cp.size == 0)
		return err_set(e, ERR_NOTFOUND,
		               "%s has no submission yet; there is no log to write", st->path);
	rc = file_mkdirs(dir, 0755, e);
	if (!rc)
		rc = tile_export(&src, (uint64_t)cp.size, cp.note, strlen(cp.note), dir, e);
	buf_init(&b, 4096);
	buf_printf(&b, "%s\n", vkey);
	if (!rc)
		rc = file_write_atomic(path, b.data, b.size, 0644, e);
	buf_done(&b);
	if (!rc)
		*ret_size = cp.size;
	return rc;
}

enum err_code
logfiles_tile(struct store *st, struct tile t, struct buf *out, struct err *e)
{
	struct tile_source src = { .ctx = st, .hash = log_get_hash, .entry = get_entry };
	int64_t size = store_checkpoint_newest(st).size;
	struct tile has = tile_at(t.level, t.n, (uint64_t)size);

	/* a client may ask for a narrower tile that it saw in an older checkpoint */
	if (size <= 0 || t.width == 0 || t.width > has.width)
		return err_set(e, ERR_NOTFOUND, "the log has no such tile");
	return tile_content(&src, t, out, e);
}
