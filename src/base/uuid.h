/* UUIDs: version 7 (RFC 9562), 16 bytes and the 36-character lower-case text. */
#ifndef BASE_UUID_H
#define BASE_UUID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define UUID_SIZE 16
#define UUID_TEXT 37 /* with NUL */

struct uuid {
	uint8_t b[UUID_SIZE];
};

/** A new version 7 UUID at that time with the given 10 random bytes. */
struct uuid uuid_v7(int64_t at_utc_ms, const uint8_t random10[10]);
void uuid_format(struct uuid u, char out[UUID_TEXT]);
/** Strict 36-character form, either case. */
bool uuid_parse(const char *s, size_t n, struct uuid *ret);

#endif
