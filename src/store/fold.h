/* Private to store: SQLite's write-ahead log carried back into the file beside other work. After
 * the commit of many rows that takes as long as reading them back for the audit, so both are done
 * at once. It is SQLite's own checkpoint, over another connection: it may fail or not happen, and
 * then is done by whoever commits next; what was committed is on disk before. */
#ifndef STORE_FOLD_H
#define STORE_FOLD_H

#include <pthread.h>
#include <stdbool.h>

#include <sqlite3.h>

struct fold {
	pthread_t thread;
	const char *path;
	bool running;
};

/** Before the commit: it does not carry anything back itself. */
void fold_defer(sqlite3 *db);
/** After it: begin, in a thread of its own; later commits of db do it themselves again. path stays
 * till fold_end; NULL: nothing was committed. */
void fold_begin(struct fold *f, sqlite3 *db, const char *path);
/** Wait till it is done, and carry back what was committed meanwhile, so that the log begins anew.
 */
void fold_end(struct fold *f, sqlite3 *db);

#endif
