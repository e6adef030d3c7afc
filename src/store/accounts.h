/* Accounts: who may log in, with which role, and every change of it. An SQLite file of its own in a
 * folder of its own, $FALLOW_HOME/accounts/accounts.sqlite (0600), beside the key that seals what
 * must not be read from a copy of it. Nothing of a register is here. Times: microseconds UTC.
 * Threads: a handle serves one thread at a time; processes may each have their own. */
#ifndef STORE_ACCOUNTS_H
#define STORE_ACCOUNTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"

enum {
	ACCOUNTS_MOST = 10000, /* accounts of one file */
	ACCOUNT_NAME_MAX = 64  /* bytes of a name: a-z 0-9 . _ - @ */
};

struct accounts;

struct account {
	int64_t id;
	const char *name;
	const char *role; /* "reporter" .. "administrator" */
	bool disabled;
	bool totp; /* has a second factor */
	int64_t created_us;
	int64_t login_us; /* last login; 0 = never */
};

/** Folder of the accounts' file, made when missing; it holds nothing else. out_size >= 600. */
MUST_CHECK enum err_code accounts_folder(char *out, size_t out_size, struct err *e);
/**
 * Open the file, make it when it is not there. folder NULL = accounts_folder. ERR_DENIED when
 * others may read it, ERR_UNSUPPORTED when a newer program made it.
 */
MUST_CHECK enum err_code accounts_open(const char *folder, struct accounts **ret, struct err *e);
/** Close; NULL is fine. */
void accounts_close(struct accounts *a);

/**
 * Copy the accounts, while they are in use, into a folder (made 0700; nothing in it is replaced):
 * accounts.sqlite, checked, without sessions, and accounts.key, both 0600. Both are secrets: hashes
 * of passwords and tokens, secrets of second factors and what opens them. ERR_CONFLICT when there
 * are accounts in it, ERR_DENIED when others may enter it, ERR_VERIFY.
 */
MUST_CHECK enum err_code accounts_copy(struct accounts *a, const char *folder, struct err *e);
/** Make such a copy the accounts of this machine; folder NULL = accounts_folder. What was revoked,
 * disabled or changed after the copy is as it was then. ERR_NOTFOUND (no copy), ERR_CONFLICT when
 * there are accounts already. */
MUST_CHECK enum err_code accounts_restore(const char *from, const char *folder, struct err *e);

/**
 * Add an account. by = who does it, for the audit. The name is taken in lower case. ERR_INVALID
 * (name, role, a password against the rules of passrule.h), ERR_CONFLICT (the name is taken).
 */
MUST_CHECK enum err_code accounts_add(struct accounts *a, const char *by, const char *name,
                                      const char *role, const char *password, int64_t *ret_id,
                                      struct err *e);
/** All, by name; in mem. */
MUST_CHECK enum err_code accounts_list(struct accounts *a, struct arena *mem, struct account **ret,
                                       size_t *ret_count, struct err *e);
/** One by its name (any case) or number; ERR_NOTFOUND. */
MUST_CHECK enum err_code accounts_find(struct accounts *a, const char *name, struct arena *mem,
                                       struct account *ret, struct err *e);
MUST_CHECK enum err_code accounts_get(struct accounts *a, int64_t id, struct arena *mem,
                                      struct account *ret, struct err *e);
/** A new password; ends every session of the account at once. ERR_INVALID as accounts_add. */
MUST_CHECK enum err_code accounts_set_password(struct accounts *a, const char *by, int64_t id,
                                               const char *password, struct err *e);
/** Another role; ends every session. ERR_CONFLICT when no administrator would be left. */
MUST_CHECK enum err_code accounts_set_role(struct accounts *a, const char *by, int64_t id,
                                           const char *role, struct err *e);
/** Disable (ends every session and stops every token at once) or enable. ERR_CONFLICT as above. */
MUST_CHECK enum err_code accounts_set_disabled(struct accounts *a, const char *by, int64_t id,
                                               bool disabled, struct err *e);

/**
 * A new secret for one-time passwords. now = true: it counts at once (who sits at the machine does
 * this for others); else only when totp_confirm got a code made with it. *ret_uri is the
 * "otpauth://totp/..." to show once. Ends every session when it counts at once.
 */
MUST_CHECK enum err_code accounts_totp_begin(struct accounts *a, const char *by, int64_t id,
                                             bool now, struct arena *mem, const char **ret_uri,
                                             struct err *e);
/** The secret begun counts from now on. ERR_DENIED: the code is wrong. ERR_NOTFOUND: none begun.
 * Ends every session. */
MUST_CHECK enum err_code accounts_totp_confirm(struct accounts *a, const char *by, int64_t id,
                                               const char *code, struct err *e);
/** Take the second factor away; ends every session. */
MUST_CHECK enum err_code accounts_totp_remove(struct accounts *a, const char *by, int64_t id,
                                              struct err *e);

/** One line of the audit, oldest first. A code other than ERR_OK stops the walk. */
typedef enum err_code accounts_audit_fn(void *ctx, int64_t at_us, const char *actor,
                                        const char *what, const char *account, const char *detail,
                                        struct err *e);
MUST_CHECK enum err_code accounts_audit(struct accounts *a, accounts_audit_fn *fn, void *ctx,
                                        struct err *e);

#endif
