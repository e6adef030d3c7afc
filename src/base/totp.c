#include "base/totp.h"

#include <stdio.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

int64_t
totp_step(int64_t at_utc_s)
{
	return at_utc_s / TOTP_STEP_S;
}

void
totp_code(const uint8_t *secret, size_t n, int64_t step, int digits, char out[9])
{
	static const uint32_t power[] = { 1000000, 10000000, 100000000 };
	uint8_t text[8], mac[EVP_MAX_MD_SIZE] = { 0 };
	unsigned int mac_n = 0;
	uint32_t v;
	size_t at;

	for (int i = 0; i < 8; i++)
		text[i] = (uint8_t)((uint64_t)step >> (56 - 8 * i));
	if (digits < 6 || digits > 8 ||
	    !HMAC(EVP_sha1(), secret, (int)n, text, sizeof(text), mac, &mac_n) || mac_n != 20) {
		(void)snprintf(out, 9, "-"); /* equals no code */
		return;
	}
	at = mac[19] & 15;
	v = (uint32_t)(mac[at] & 0x7f) << 24 | (uint32_t)mac[at + 1] << 16 |
	    (uint32_t)mac[at + 2] << 8 | mac[at + 3];
	v %= power[digits - 6];
	out[digits] = '\0';
	for (int i = digits; i-- > 0; v /= 10)
		out[i] = (char)('0' + v % 10);
}

int64_t
totp_find(const uint8_t *secret, size_t n, const char *code, int64_t now_utc_s, int64_t after)
{
	int64_t now = totp_step(now_utc_s), found = -1;
	char right[9];

	if (strlen(code) != TOTP_DIGITS || strspn(code, "0123456789") != TOTP_DIGITS)
		return -1;
	for (int64_t s = now - TOTP_WINDOW; s <= now + TOTP_WINDOW; s++) {
		totp_code(secret, n, s, TOTP_DIGITS, right);
		if (CRYPTO_memcmp(right, code, TOTP_DIGITS) == 0 && s > after && found < 0)
			found = s;
	}
	return found;
}

size_t
totp_base32(const uint8_t *p, size_t n, char *out)
{
	static const char letter[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
	uint32_t bits = 0;
	size_t have = 0, at = 0;

	for (size_t i = 0; i < n; i++) {
		bits = bits << 8 | p[i];
		for (have += 8; have >= 5; have -= 5)
			out[at++] = letter[bits >> (have - 5) & 31];
	}
	if (have)
		out[at++] = letter[bits << (5 - have) & 31];
	out[at] = '\0';
	return at;
}
