/* Salted disclosures (RFC 9901, SD-JWT): one field can be shown without showing another.
 *   disclosure = base64url of the UTF-8 JSON array [salt, name, value] (RFC 8785, no padding)
 *   digest     = base64url(SHA-256(ASCII bytes of the disclosure))
 *   salt i     = base64url of bytes 16i .. 16i+15 of the ChaCha20 (RFC 8439) keystream of the
 * revision key, nonce "fallow/salt1", counter 0; i = place of the field in the bytewise sorted list
 * of names A verifier hashes a disclosure as received and never writes it anew. Thread-safe. */
#ifndef LOG_DISCLOSE_H
#define LOG_DISCLOSE_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

#define DISCLOSE_KEY_SIZE 32
#define DISCLOSE_SALT_SIZE 16
#define DISCLOSE_DIGEST_TEXT 43        /* characters, no NUL */
#define DISCLOSE_MAX_BYTES (16u << 20) /* of one disclosure string */
#define DISCLOSE_NAME_MAX 255          /* bytes of a field's name */
#define DISCLOSE_FIELDS_MAX 4096       /* fields of one revision */

/** Salts first .. first + count - 1 of a revision key. */
void disclose_salts(const uint8_t key[DISCLOSE_KEY_SIZE], size_t first, size_t count,
                    uint8_t (*ret_salt)[DISCLOSE_SALT_SIZE]);
/**
 * Append one disclosure string. value is RFC 8785 canonical JSON and is taken as it is; name is
 * UTF-8.
 */
void disclose_write(struct buf *b, const uint8_t salt[DISCLOSE_SALT_SIZE], const char *name,
                    size_t name_size, const char *value, size_t value_size);
/** A name with its value, as disclose_write takes them. */
struct disclose_pair {
	const char *name;
	size_t name_size;
	const char *value;
	size_t value_size;
};
/** As disclose_write, with a buffer of the caller for the JSON between, for many in a row. */
void disclose_write_with(struct buf *b, struct buf *json, const uint8_t salt[DISCLOSE_SALT_SIZE],
                         const struct disclose_pair *f);
/** SHA-256 of a disclosure string. */
void disclose_hash(const char *disclosure, size_t n, uint8_t out[32]);

struct disclosure {
	const char *name; /* UTF-8, NUL-terminated, in mem */
	size_t name_size;
	const char *value; /* JSON text as it was disclosed, NUL-terminated, in mem */
	size_t value_size;
	uint8_t digest[32]; /* SHA-256 of the string as received */
};

/**
 * Read one disclosure string as a verifier does: strict base64url, UTF-8 JSON array of exactly
 * three elements, salt a string of 16 bytes in base64url, name a string of 1..255 bytes.
 * ERR_INVALID, ERR_LIMIT, ERR_NOMEM.
 */
MUST_CHECK enum err_code disclose_parse(const char *s, size_t n, struct arena *mem,
                                        struct disclosure *ret, struct err *e);

#endif
