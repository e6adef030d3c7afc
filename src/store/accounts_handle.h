/* Private to the accounts' modules of store: the handle, statements with their values bound. */
#ifndef STORE_ACCOUNTS_HANDLE_H
#define STORE_ACCOUNTS_HANDLE_H

#include <sqlite3.h>

#include "base/hash.h"
#include "store/accounts.h"

struct accounts {
	sqlite3 *db;
	uint8_t key[32]; /* seals secrets, and makes keys of attempts unreadable */
	sqlite3_stmt *session_get, *token_get; /* asked with every request */
};

/**
 * Prepare a statement and bind values, by letters: i int64_t, t text (const char *), b blob (const
 * void *, size_t), n nothing (NULL). They must live until the statement is finalized.
 */
MUST_CHECK enum err_code acc_query(struct accounts *a, sqlite3_stmt **ret, struct err *e,
                                   const char *sql, const char *types, ...);
/** Run a statement that returns no row; *ret_changed (may be NULL): rows changed. */
MUST_CHECK enum err_code acc_run(struct accounts *a, int64_t *ret_changed, struct err *e,
                                 const char *sql, const char *types, ...);
/** Step: true for a row; *rc then stays, else becomes ERR_IO when the statement failed. */
bool acc_row(struct accounts *a, sqlite3_stmt *q, enum err_code *rc, struct err *e);
MUST_CHECK enum err_code acc_fail(struct accounts *a, struct err *e);
/** Begin a transaction that writes; end it: commit when rc is ERR_OK, else roll back. */
MUST_CHECK enum err_code acc_begin(struct accounts *a, struct err *e);
MUST_CHECK enum err_code acc_end(struct accounts *a, enum err_code rc, struct err *e);
/** Append to the audit; inside a transaction. */
MUST_CHECK enum err_code acc_audit(struct accounts *a, const char *by, const char *what, int64_t id,
                                   const char *detail, struct err *e);
/** Copy a text of a row; NULL stays NULL. */
const char *acc_text(sqlite3_stmt *q, int column, struct arena *mem);

/** Is it the code of the account's secret, and not taken before? Takes it. Inside a transaction. */
MUST_CHECK enum err_code acc_take_code(struct accounts *a, int64_t id, const char *code,
                                       bool *ret_right, struct err *e);
/** The hash of an account's password, in mem. */
MUST_CHECK enum err_code acc_hash(struct accounts *a, int64_t id, struct arena *mem,
                                  const char **ret, struct err *e);

#endif
