/* One-time passwords by time (RFC 6238): HMAC-SHA-1, steps of 30 seconds, six digits, as every
 * authenticator program makes them. Pure functions, thread-safe. */
#ifndef BASE_TOTP_H
#define BASE_TOTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	TOTP_SECRET = 20, /* bytes, as RFC 4226 recommends */
	TOTP_STEP_S = 30, /* seconds */
	TOTP_WINDOW = 1,  /* steps before and after that are accepted too */
	TOTP_DIGITS = 6,
	TOTP_TEXT = 33 /* base32 of a secret and a NUL */
};

/** The step of a time, UTC seconds >= 0. */
int64_t totp_step(int64_t at_utc_s);
/** The code of a step (RFC 4226 section 5.3), digits 6 .. 8; out gets them and a NUL. */
void totp_code(const uint8_t *secret, size_t n, int64_t step, int digits, char out[9]);
/**
 * The step within the window around now for which a code is right and that is later than `after`
 * (the step of the last code accepted, so that none is taken twice); -1 if there is none. The code
 * is exactly six digits; all steps are compared, whichever is right.
 */
int64_t totp_find(const uint8_t *secret, size_t n, const char *code, int64_t now_utc_s,
                  int64_t after);
/** Base32 (RFC 4648) in capitals without padding; out needs (8 * n + 4) / 5 + 1 bytes. */
size_t totp_base32(const uint8_t *p, size_t n, char *out);

#endif
