/* The two inner loops of statements, vectorised: base64url and SHA-256 of many short messages.
 * Same results as base/text.h and base/hash.h, which do the work where the processor lacks the
 * instructions (SSSE3; AVX-512 F and BW). Thread-safe, no globals. */
#ifndef LOG_FAST_H
#define LOG_FAST_H

#include <stddef.h>
#include <stdint.h>

#define FAST_SLACK 16 /* bytes */

/**
 * As text_base64url: no padding, NUL at the end. In steps of 12 bytes to 16 characters, so out must
 * have room for (4 n + 2) / 3 + 1 + FAST_SLACK bytes.
 */
size_t fast_base64url(const uint8_t *p, size_t n, char *out);

struct fast_message {
	const void *p; /* may be NULL if size is 0 */
	size_t size;
};

/** out[i] = SHA-256 of message i. Method: FIPS 180-4, sixteen messages side by side in 32-bit
 * lanes. */
void fast_sha256(const struct fast_message *message, size_t count, uint8_t (*out)[32]);

#endif
