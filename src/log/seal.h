/* Sealing with the register key: XChaCha20-Poly1305 (libsodium). What lies in the register file is
 * unreadable, and bound to its place, without the key beside the log key. Thread-safe. */
#ifndef LOG_SEAL_H
#define LOG_SEAL_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

#define SEAL_KEY_SIZE 32
#define SEAL_SEALED_KEY_SIZE 48 /* 32 bytes and a tag of 16 */
#define SEAL_OVERHEAD 40        /* nonce of 24 and tag of 16 */
#define SEAL_MAX_BYTES (16u << 20)

/**
 * Seal a 32-byte revision key. No nonce is stored: it is the first 24 bytes of
 * SHA-256("fallow/seal-key/v1" || 0x00 || context). The context must never be used for two
 * different keys under one register key, or the XOR of both comes to light. Use the statement's
 * leaf hash: it commits to the revision key, so another key gives another context.
 */
void seal_key(const uint8_t register_key[SEAL_KEY_SIZE], const void *context, size_t context_size,
              const uint8_t plain[32], uint8_t out[SEAL_SEALED_KEY_SIZE]);
/** Open it. ERR_VERIFY if key, context or bytes are not the ones; out is then untouched. */
MUST_CHECK enum err_code seal_key_open(const uint8_t register_key[SEAL_KEY_SIZE],
                                       const void *context, size_t context_size,
                                       const uint8_t sealed[SEAL_SEALED_KEY_SIZE],
                                       uint8_t ret_plain[32], struct err *e);

/** Bytes that are bound into a seal without being in it: what the value is and where it belongs. */
struct seal_place {
	const void *p;
	size_t n;
};

/** Append nonce (random) || ciphertext || tag. ERR_LIMIT, ERR_IO (no random bytes), ERR_NOMEM. */
MUST_CHECK enum err_code seal_make(const uint8_t register_key[SEAL_KEY_SIZE],
                                   struct seal_place place, const void *plain, size_t n,
                                   struct buf *out, struct err *e);
/** Open and append the plain bytes. ERR_VERIFY, ERR_LIMIT, ERR_NOMEM; out is unchanged on failure.
 */
MUST_CHECK enum err_code seal_open(const uint8_t register_key[SEAL_KEY_SIZE],
                                   struct seal_place place, const void *sealed, size_t n,
                                   struct buf *out, struct err *e);

#endif
