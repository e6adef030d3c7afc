/* Ed25519 keys and signatures (RFC 8032, libsodium) and the files that hold secrets.
 * A key file is text: "fallow-key/v1 WHAT" LF, 64 lower-case hex digits LF; WHAT is "ed25519" (the
 * seed) or "register" (32 random bytes). Mode 0600, never wider. Threads: safe after sign_init. */
#ifndef LOG_SIGN_H
#define LOG_SIGN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define SIGN_SEED_SIZE 32
#define SIGN_PUBLIC_SIZE 32
#define SIGN_SIZE 64
#define SIGN_SECRET_SIZE 32 /* bytes a key file holds */

struct sign_key {
	uint8_t public_key[SIGN_PUBLIC_SIZE];
	uint8_t secret[64]; /* seed || public key, as libsodium wants it; wipe with sign_key_wipe */
};

/** Start libsodium. Call once before threads start; more calls are harmless. ERR_INTERNAL if it
 * cannot. */
MUST_CHECK enum err_code sign_init(struct err *e);

/** The key of a 32-byte seed (RFC 8032 private key). */
void sign_key_from_seed(const uint8_t seed[SIGN_SEED_SIZE], struct sign_key *ret);
/** A fresh random key. Fails with ERR_IO if the system gives no random bytes. */
MUST_CHECK enum err_code sign_key_generate(struct sign_key *ret, struct err *e);
/** Overwrite the secret. k may be NULL. */
void sign_key_wipe(struct sign_key *k);
/** SHA-256 of the public key: how manifests, leaves and proofs name a key. */
void sign_key_hash(const uint8_t public_key[SIGN_PUBLIC_SIZE], uint8_t out[32]);

/** Sign n bytes. */
void sign_make(const struct sign_key *k, const void *p, size_t n, uint8_t out[SIGN_SIZE]);
/** True if the signature is good. Strict: canonical S and points, no key of small order. */
bool sign_check(const uint8_t public_key[SIGN_PUBLIC_SIZE], const void *p, size_t n,
                const uint8_t signature[SIGN_SIZE]);

/**
 * Read / write an Ed25519 key file. Reading refuses a file that group or others may touch, that is
 * not a regular file or is not exactly in the format (ERR_DENIED, ERR_INVALID), ERR_NOTFOUND if it
 * is missing. Writing never replaces: ERR_CONFLICT if the file is there. The folder must exist.
 */
MUST_CHECK enum err_code sign_key_read(const char *path, struct sign_key *ret, struct err *e);
MUST_CHECK enum err_code sign_key_write(const char *path, const struct sign_key *k, struct err *e);

/** The same for 32 secret bytes of a register (what: "register"). Wipe with sign_wipe. */
MUST_CHECK enum err_code sign_secret_read(const char *path, const char *what,
                                          uint8_t ret_secret[SIGN_SECRET_SIZE], struct err *e);
MUST_CHECK enum err_code sign_secret_write(const char *path, const char *what,
                                           const uint8_t secret[SIGN_SECRET_SIZE], struct err *e);
/** Overwrite n secret bytes in a way the compiler keeps. */
void sign_wipe(void *p, size_t n);

#endif
