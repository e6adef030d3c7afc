#include "base/password.h"

#include <string.h>

#include <sodium.h>

_Static_assert(PASSWORD_HASH >= crypto_pwhash_argon2id_STRBYTES, "a hash must fit");

#define MEMORY ((size_t)PASSWORD_MIB << 20)

/* Of 32 random bytes that nobody kept: what an unknown name is checked against. */
static const char nobody[] = "$argon2id$v=19$m=65536,t=3,p=1$EKsiNj2xqo0sLSSFACigVQ"
			     "$bFwmX6SP6P04x3jdV9JMYluBMp7+83a933/PitwPbAs";

enum err_code
password_hash(const char *password, size_t n, char out[PASSWORD_HASH], struct err *e)
{
	char text[crypto_pwhash_argon2id_STRBYTES];

	if (n > PASSWORD_MAX)
		return err_set(e, ERR_LIMIT, "a password has at most %d bytes", PASSWORD_MAX);
	if (sodium_init() < 0 ||
	    crypto_pwhash_argon2id_str(text, password, n, PASSWORD_PASSES, MEMORY) != 0)
		return err_set(e, ERR_NOMEM, "no %d MiB of memory free to hash a password",
		               PASSWORD_MIB);
	memset(out, 0, PASSWORD_HASH);
	memcpy(out, text, strlen(text));
	return ERR_OK;
}

bool
password_is(const char *hash, const char *password, size_t n, bool *ret_stale)
{
	char text[crypto_pwhash_argon2id_STRBYTES] = { 0 };
	const char *against = hash && strlen(hash) < sizeof(text) ? hash : nobody;
	bool right;

	/* an over-long password costs the same as any other wrong one */
	if (n > PASSWORD_MAX)
		n = PASSWORD_MAX, against = nobody;
	if (sodium_init() < 0)
		return false;
	memcpy(text, against, strlen(against));
	right = crypto_pwhash_argon2id_str_verify(text, password, n) == 0 && against == hash;
	if (ret_stale)
		*ret_stale = right && crypto_pwhash_argon2id_str_needs_rehash(text, PASSWORD_PASSES,
		                                                              MEMORY) != 0;
	return right;
}

void
password_wipe(void *p, size_t n)
{
	sodium_memzero(p, n);
}
