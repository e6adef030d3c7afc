/* Message authentication: HMAC-SHA-256 (RFC 2104, FIPS 180-4; libsodium). Thread-safe. */
#ifndef BASE_MAC_H
#define BASE_MAC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MAC_SIZE 32

/** The code of n bytes under a key of any length. */
void mac_make(const void *key, size_t key_size, const void *p, size_t n, uint8_t out[MAC_SIZE]);
/** Are two codes the same? Takes the same time wherever they differ. */
bool mac_is(const uint8_t a[MAC_SIZE], const uint8_t b[MAC_SIZE]);

#endif
