/* Which passwords are taken (OWASP ASVS 5.0, 6.2): at least 8 characters, 15 are advised, any
 * characters, no rules of composition; not one of the commonest (data/passwords.txt), not the
 * account's name, not a run or a repeat. Pure function, thread-safe. */
#ifndef STORE_PASSRULE_H
#define STORE_PASSRULE_H

#include <stddef.h>

#include "base/err.h"

enum {
	PASSRULE_LEAST = 8, /* characters */
	PASSRULE_MOST = 256 /* characters; in bytes PASSWORD_MAX */
};

/**
 * ERR_OK, or ERR_INVALID with a sentence for the person. A common word stays common with digits or
 * signs around it and with digits for letters (p4ssw0rd!). name = the account's, "" = none.
 */
MUST_CHECK enum err_code passrule_check(const char *password, size_t n, const char *name,
                                        struct err *e);

#endif
