#include "store/changed.h"

#include <string.h>

#include "store/handle.h"

#include "sql_gen.h"

enum err_code
store_changed(struct store *st, int kind, int64_t since, size_t most, struct arena *mem,
              struct changed *ret, struct err *e)
{
	int64_t *fid = arena_calloc(mem, most + 1, sizeof(*fid));
	struct uuid *id = arena_calloc(mem, most + 1, sizeof(*id));
	sqlite3_stmt *q = NULL;
	size_t n = 0;
	int s = SQLITE_DONE;
	enum err_code rc = fid && id ? db_prepare(st, SQL_STORE_PAGE_CHANGED, &q, e)
	                             : err_set(e, ERR_NOMEM, "out of memory for what changed");

	if (rc)
		return rc;
	(void)sqlite3_bind_int64(q, 1, since);
	(void)sqlite3_bind_int64(q, 2, st->kind[kind].id);
	(void)sqlite3_bind_int64(q, 3, (int64_t)most + 1);
	while (n <= most && (s = sqlite3_step(q)) == SQLITE_ROW) {
		memcpy(id[n].b, sqlite3_column_blob(q, 0), UUID_SIZE);
		fid[n++] = sqlite3_column_int64(q, 1);
	}
	if (s != SQLITE_DONE && s != SQLITE_ROW)
		rc = db_fail(st, "read what changed", e);
	sqlite3_finalize(q);
	if (rc)
		return rc;
	*ret = (struct changed){
		.fid = fid, .id = id, .count = n > most ? 0 : n, .many = n > most
	};
	return ERR_OK;
}
