#include "log/seal.h"

#include <string.h>

#include <sodium.h>

#include "base/hash.h"
#include "base/rng.h"

#define NONCE_SIZE 24
#define TAG_SIZE 16
#define KEY_LABEL "fallow/seal-key/v1" /* with its NUL it is the prefix of the nonce's hash */

_Static_assert(NONCE_SIZE == crypto_aead_xchacha20poly1305_ietf_NPUBBYTES, "nonce");
_Static_assert(TAG_SIZE == crypto_aead_xchacha20poly1305_ietf_ABYTES, "tag");
_Static_assert(SEAL_KEY_SIZE == crypto_aead_xchacha20poly1305_ietf_KEYBYTES, "key");

static void
context_nonce(const void *context, size_t n, uint8_t out[NONCE_SIZE])
{
	uint8_t digest[HASH_SIZE];
	struct hash_state h;

	hash_init(&h);
	hash_update(&h, KEY_LABEL, sizeof KEY_LABEL);
	hash_update(&h, context, n);
	hash_final(&h, digest);
	memcpy(out, digest, NONCE_SIZE);
}

void
seal_key(const uint8_t register_key[SEAL_KEY_SIZE], const void *context, size_t context_size,
         const uint8_t plain[32], uint8_t out[SEAL_SEALED_KEY_SIZE])
{
	uint8_t nonce[NONCE_SIZE];

	context_nonce(context, context_size, nonce);
	(void)crypto_aead_xchacha20poly1305_ietf_encrypt(out, NULL, plain, 32, context,
	                                                 context_size, NULL, nonce,
	                                                 register_key); /* always 0 */
}

enum err_code
seal_key_open(const uint8_t register_key[SEAL_KEY_SIZE], const void *context, size_t context_size,
              const uint8_t sealed[SEAL_SEALED_KEY_SIZE], uint8_t ret_plain[32], struct err *e)
{
	uint8_t nonce[NONCE_SIZE];
	uint8_t plain[32];

	context_nonce(context, context_size, nonce);
	if (crypto_aead_xchacha20poly1305_ietf_decrypt(plain, NULL, NULL, sealed,
	                                               SEAL_SEALED_KEY_SIZE, context, context_size,
	                                               nonce, register_key) != 0)
		return err_set(e, ERR_VERIFY, "the seal of a revision key does not open");
	memcpy(ret_plain, plain, sizeof plain);
	sodium_memzero(plain, sizeof plain);
	return ERR_OK;
}

enum err_code
seal_make(const uint8_t register_key[SEAL_KEY_SIZE], struct seal_place place, const void *plain,
          size_t n, struct buf *out, struct err *e)
{
	unsigned char *to;
	enum err_code rc;

	if (n > SEAL_MAX_BYTES)
		return err_set(e, ERR_LIMIT, "a value of %zu bytes is too long to seal", n);
	to = (unsigned char *)buf_reserve(out, n + SEAL_OVERHEAD);
	if (!to)
		return err_set(e, ERR_NOMEM, "out of memory for a seal");
	rc = rng_secret(to, NONCE_SIZE, e);
	if (rc != ERR_OK)
		return rc;
	(void)crypto_aead_xchacha20poly1305_ietf_encrypt(to + NONCE_SIZE, NULL, plain, n, place.p,
	                                                 place.n, NULL, to,
	                                                 register_key); /* always 0 */
	out->size += n + SEAL_OVERHEAD;
	return ERR_OK;
}

enum err_code
seal_open(const uint8_t register_key[SEAL_KEY_SIZE], struct seal_place place, const void *sealed,
          size_t n, struct buf *out, struct err *e)
{
	const unsigned char *from = sealed;
	unsigned char *to;

	if (n < SEAL_OVERHEAD)
		return err_set(e, ERR_VERIFY, "a sealed value of %zu bytes is too short", n);
	if (n > (size_t)SEAL_MAX_BYTES + SEAL_OVERHEAD)
		return err_set(e, ERR_LIMIT, "a sealed value of %zu bytes is too long", n);
	to = (unsigned char *)buf_reserve(out, n - SEAL_OVERHEAD + 1);
	if (!to)
		return err_set(e, ERR_NOMEM, "out of memory to open a seal");
	if (crypto_aead_xchacha20poly1305_ietf_decrypt(to, NULL, NULL, from + NONCE_SIZE,
	                                               n - NONCE_SIZE, place.p, place.n, from,
	                                               register_key) != 0)
		return err_set(e, ERR_VERIFY, "the seal does not open");
	out->size += n - SEAL_OVERHEAD;
	return ERR_OK;
}
