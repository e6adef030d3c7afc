/* Text: UTF-8, numbers without locale, hex and base64. Pure functions, thread-safe. */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** True if the n bytes are well-formed UTF-8 (no surrogates, no overlong forms, <= U+10FFFF). */
bool text_is_utf8(const char *s, size_t n);
/** True if no byte of s is a control character of ASCII: one line, as a terminal or a header takes
 * it. */
bool text_is_line(const char *s);
/** True for what can act on a terminal or hide in a line: C0, DEL, C1, and the marks that reorder
 * or hide text. Line ends and tabs are among them. */
bool text_is_unsafe(uint32_t cp);
/** Number of code points of well-formed UTF-8. */
size_t text_utf8_length(const char *s, size_t n);
/** Decode one code point at s[*i], advance *i. Returns U+FFFD and advances one byte on bad input.
 */
uint32_t text_utf8_next(const char *s, size_t n, size_t *i);
/** Write a code point as UTF-8; returns bytes written (1..4), 0 if cp is not a scalar value. */
size_t text_utf8_put(uint32_t cp, char out[4]);

/** Equal texts; NULL equals only NULL. */
bool text_eq(const char *a, const char *b);
/** Equal, ASCII letters compared without case. */
bool text_eq_nocase(const char *a, const char *b);
bool text_starts(const char *s, const char *prefix);
bool text_ends(const char *s, const char *suffix);
/** Trim ASCII white space and U+FEFF/U+00A0 on both sides; returns start, *ret_n the length. */
const char *text_trim(const char *s, size_t n, size_t *ret_n);
/** ASCII lower case in place. */
void text_lower_ascii(char *s);
/**
 * Fold for comparing names: lower case for Latin, Greek, Cyrillic and Azerbaijani letters,
 * diacritics of Latin letters dropped, every run of other characters becomes one space, trimmed.
 * Returns bytes written without the NUL; the text is cut at out_size - 1.
 */
size_t text_fold(const char *s, size_t n, char *out, size_t out_size);
/**
 * Do two texts name the same person? Compared as text_fold writes them, so that case, marks, blanks
 * and points do not make another person; texts without any letter are compared trimmed. NULL is
 * nobody and equals nothing. Looks at the first 1,000 bytes, as folded.
 */
bool text_same_name(const char *a, const char *b);

/** Whole text is a decimal integer (optional sign). False on overflow, blanks or rest. */
bool text_parse_i64(const char *s, size_t n, int64_t *ret);
/**
 * Whole text is a decimal number: sign, digits, point, exponent. Correctly rounded. Not accepted:
 * blanks, hex, inf, nan, thousands separators, decimal comma, results that are not finite.
 */
bool text_parse_f64(const char *s, size_t n, double *ret);
/** Parse a number at the start of s; returns bytes used, 0 if there is none. Same grammar. */
size_t text_scan_f64(const char *s, size_t n, double *ret);
/**
 * Shortest text that reads back as v, as ECMAScript writes numbers (RFC 8785): "0" for -0, "1e+21".
 * out has at least 32 bytes; returns the length; NUL-terminated. v must be finite (returns 0 if
 * not).
 */
size_t text_format_f64(double v, char *out);
/** v with exactly `decimals` (0..12) digits after the point, rounded half to even, no locale. */
size_t text_format_fixed(double v, int decimals, char *out, size_t out_size);

/** Lower-case hex; out gets 2n characters and a NUL. */
void text_hex(const uint8_t *p, size_t n, char *out);
/** Strict hex of exactly 2 * out_n digits, either case. */
bool text_unhex(const char *s, size_t n, uint8_t *out, size_t out_n);
/** Standard base64 with padding; out needs 4 * ((n + 2) / 3) + 1 bytes. Returns the length. */
size_t text_base64(const uint8_t *p, size_t n, char *out);
/** Strict: padding present, no blanks, no stray bits. False if malformed or more than out_room
 * bytes. */
bool text_unbase64(const char *s, size_t n, uint8_t *out, size_t out_room, size_t *ret_n);
/** base64url without padding; out needs (4 * n + 2) / 3 + 1 bytes. Returns the length. */
size_t text_base64url(const uint8_t *p, size_t n, char *out);
/** Strict, no padding, no stray bits. */
bool text_unbase64url(const char *s, size_t n, uint8_t *out, size_t out_room, size_t *ret_n);

#endif
