/* Strict reading of the small text formats of this room: LF-ended lines, decimals without leading
 * zero, lower-case hex and base64 of exact sizes. Every value has one spelling only, so that no
 * changed bit of a proof goes unseen. Thread-safe. */
#ifndef LOG_LINES_H
#define LOG_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** A text being read line by line. */
struct lines {
	const char *p; /* next line */
	const char *end;
	size_t number; /* of the line last given, from 1 */
};

/** Read from the n bytes at s, which must stay. */
void lines_open(struct lines *l, const char *s, size_t n);
/** Next line without its LF. False at the end and for a last line without LF (see lines_done). */
bool lines_next(struct lines *l, const char **ret_s, size_t *ret_n);
/** True if everything was read. */
bool lines_done(const struct lines *l);

/** The line is "word" exactly. */
bool lines_is(const char *s, size_t n, const char *word);
/** If s starts with prefix: *s and *n move behind it. */
bool lines_skip(const char **s, size_t *n, const char *prefix);
/** Cut off what stands before the first blank; *s and *n move behind the blank. False if none. */
bool lines_word(const char **s, size_t *n, const char **ret_word, size_t *ret_word_n);

/** Decimal 0 .. max, no sign, no leading zero. */
bool lines_decimal(const char *s, size_t n, uint64_t max, uint64_t *ret);
/** Lower-case hex of exactly out_n bytes. */
bool lines_hex(const char *s, size_t n, uint8_t *out, size_t out_n);
/** Strict base64 of exactly 32 bytes (44 characters). */
bool lines_base64_32(const char *s, size_t n, uint8_t out[32]);
/** Strict base64url of exactly 32 bytes (43 characters). */
bool lines_base64url_32(const char *s, size_t n, uint8_t out[32]);

#endif
