#include <stdio.h>

#include "store/handle.h"
#include "store/snapshot.h"

#include "sql_gen.h"

int64_t
store_data_version(struct store *st)
{
	int64_t n = -1;

	return db_int(st, SQL_STORE_DATA_VERSION, -1, &n, NULL) ? -1 : n;
}

enum err_code
store_snapshot_begin(struct store *st, struct err *e)
{
	return sqlite3_get_autocommit(st->db) ? db_exec(st, SQL_STORE_SNAPSHOT_BEGIN, e) : ERR_OK;
}

void
store_snapshot_end(struct store *st)
{
	/* Reading only: there is nothing to lose, and an error has ended it already. */
	if (!sqlite3_get_autocommit(st->db) && db_exec(st, SQL_STORE_SNAPSHOT_END, NULL))
		return;
}

static int64_t
forms_state(struct store *st)
{
	int64_t n = 0;

	return db_int(st, SQL_STORE_FORMS_STATE, 0, &n, NULL) ? 0 : n;
}

bool
store_forms_are_old(struct store *st)
{
	return forms_state(st) != st->forms_state;
}

enum err_code
store_forms_reload(struct store *st, struct err *e)
{
	return kinds_load(st, e);
}

enum err_code
store_page_memory(struct store *st, int kib, struct err *e)
{
	char pragma[40];

	(void)snprintf(pragma, sizeof pragma, "PRAGMA cache_size=-%d", kib);
	return db_exec(st, pragma, e);
}
