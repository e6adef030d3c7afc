/* The low-level interface costs no allocation and no look-up, which counts for 100-byte inputs. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/md5.h>
#include <openssl/sha.h>

#include "base/hash.h"

_Static_assert(sizeof(SHA256_CTX) <= sizeof(struct hash_state), "the library's state must fit");
_Static_assert(_Alignof(SHA256_CTX) <= _Alignof(struct hash_state), "and be aligned");

/* These calls cannot fail: they return 1 always (crypto/sha/sha256.c). */
void
hash_init(struct hash_state *h)
{
	(void)SHA256_Init((SHA256_CTX *)(void *)h->opaque);
}

void
hash_update(struct hash_state *h, const void *p, size_t n)
{
	if (n > 0)
		(void)SHA256_Update((SHA256_CTX *)(void *)h->opaque, p, n);
}

void
hash_final(struct hash_state *h, uint8_t out[HASH_SIZE])
{
	(void)SHA256_Final(out, (SHA256_CTX *)(void *)h->opaque);
}

void
hash_sha256(const void *p, size_t n, uint8_t out[HASH_SIZE])
{
	struct hash_state h;

	hash_init(&h);
	hash_update(&h, p, n);
	hash_final(&h, out);
}

void
hash_md5(const void *p, size_t n, uint8_t out[16])
{
	(void)MD5(n ? p : "", n, out);
}
