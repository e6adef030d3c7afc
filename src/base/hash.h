/* SHA-256. One state can be reused for many small hashes without allocation. Thread-safe. */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

#define HASH_SIZE 32

struct hash_state {
	uint64_t opaque[16]; /* room for the library's state; no heap behind it */
};

void hash_init(struct hash_state *h);
void hash_update(struct hash_state *h, const void *p, size_t n);
void hash_final(struct hash_state *h, uint8_t out[HASH_SIZE]);
/** MD5 of n bytes: only where a protocol names it (OpenRosa); it proves nothing. */
void hash_md5(const void *p, size_t n, uint8_t out[16]);
/** One shot. */
void hash_sha256(const void *p, size_t n, uint8_t out[HASH_SIZE]);

#endif
