#include "store/fold.h"

#include <stddef.h>

enum {
	PAGES_THEN_FOLD = 1000 /* SQLite's own default */
};

static void
carry_back(sqlite3 *db)
{
	/* what fails here is done again with a later commit */
	(void)sqlite3_wal_checkpoint_v2(db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
}

static void *
run(void *ctx)
{
	struct fold *f = ctx;
	sqlite3 *db = NULL;

	/* a connection that has read nothing does not know yet that there is a log */
	if (sqlite3_open_v2(f->path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) ==
	            SQLITE_OK &&
	    sqlite3_exec(db, "SELECT 1 FROM sqlite_schema LIMIT 1", NULL, NULL, NULL) == SQLITE_OK)
		carry_back(db);
	(void)sqlite3_close(db);
	return NULL;
}

void
fold_defer(sqlite3 *db)
{
	(void)sqlite3_wal_autocheckpoint(db, 0);
}

void
fold_begin(struct fold *f, sqlite3 *db, const char *path)
{
	(void)sqlite3_wal_autocheckpoint(db, PAGES_THEN_FOLD);
	f->path = path;
	f->running = path && pthread_create(&f->thread, NULL, run, f) == 0;
}

void
fold_end(struct fold *f, sqlite3 *db)
{
	if (f->running)
		(void)pthread_join(f->thread, NULL);
	f->running = false;
	if (f->path)
		carry_back(db);
}
