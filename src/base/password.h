/* Passwords as hashes: Argon2id (RFC 9106, libsodium), three passes over 64 MiB. A hash is a text
 * that names its own parameters. Costs about 0.1 s and 64 MiB a call. Thread-safe. */
#ifndef BASE_PASSWORD_H
#define BASE_PASSWORD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

enum {
	PASSWORD_HASH = 128, /* room for a hash and its NUL */
	PASSWORD_MAX = 1024, /* bytes of a password */
	PASSWORD_PASSES = 3, /* t of Argon2id */
	PASSWORD_MIB = 64    /* m of Argon2id */
};

/** Hash a password with a fresh salt. ERR_LIMIT (too long), ERR_NOMEM (no 64 MiB free). */
MUST_CHECK enum err_code password_hash(const char *password, size_t n, char out[PASSWORD_HASH],
                                       struct err *e);
/**
 * Is it the password of the hash? hash NULL = there is nobody of that name: does the same work and
 * is false, so that the time tells nothing. *ret_stale (may be NULL): the hash was made with other
 * parameters than today's and should be made anew.
 */
bool password_is(const char *hash, const char *password, size_t n, bool *ret_stale);
/** Overwrite a password or a token, in a way that no compiler leaves out. */
void password_wipe(void *p, size_t n);

#endif
