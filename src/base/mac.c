#include <sodium.h>

#include "base/mac.h"

_Static_assert(MAC_SIZE == crypto_auth_hmacsha256_BYTES, "the library's size");

void
mac_make(const void *key, size_t key_size, const void *p, size_t n, uint8_t out[MAC_SIZE])
{
	crypto_auth_hmacsha256_state h;

	/* These calls cannot fail: they return 0 always. */
	(void)crypto_auth_hmacsha256_init(&h, key, key_size);
	(void)crypto_auth_hmacsha256_update(&h, p, n);
	(void)crypto_auth_hmacsha256_final(&h, out);
	sodium_memzero(&h, sizeof h);
}

bool
mac_is(const uint8_t a[MAC_SIZE], const uint8_t b[MAC_SIZE])
{
	return sodium_memcmp(a, b, MAC_SIZE) == 0;
}
