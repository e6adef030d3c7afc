#include "log/lines.h"

#include <string.h>

#include "base/text.h"

void
lines_open(struct lines *l, const char *s, size_t n)
{
	l->p = s;
	l->end = s + n;
	l->number = 0;
}

bool
lines_next(struct lines *l, const char **ret_s, size_t *ret_n)
{
	const char *lf;

	if (l->p == l->end)
		return false;
	lf = memchr(l->p, '\n', (size_t)(l->end - l->p));
	if (!lf)
		return false;
	*ret_s = l->p;
	*ret_n = (size_t)(lf - l->p);
	l->p = lf + 1;
	l->number++;
	return true;
}

bool
lines_done(const struct lines *l)
{
	return l->p == l->end;
}

bool
lines_is(const char *s, size_t n, const char *word)
{
	return n == strlen(word) && memcmp(s, word, n) == 0;
}

bool
lines_skip(const char **s, size_t *n, const char *prefix)
{
	const size_t prefix_n = strlen(prefix);

	if (*n < prefix_n || memcmp(*s, prefix, prefix_n) != 0)
		return false;
	*s += prefix_n;
	*n -= prefix_n;
	return true;
}

bool
lines_word(const char **s, size_t *n, const char **ret_word, size_t *ret_word_n)
{
	const char *blank = *n > 0 ? memchr(*s, ' ', *n) : NULL;

	if (!blank)
		return false;
	*ret_word = *s;
	*ret_word_n = (size_t)(blank - *s);
	*n -= *ret_word_n + 1;
	*s = blank + 1;
	return true;
}

bool
lines_decimal(const char *s, size_t n, uint64_t max, uint64_t *ret)
{
	uint64_t v = 0;

	if (n == 0 || n > 20 || (n > 1 && s[0] == '0'))
		return false;
	for (size_t i = 0; i < n; i++) {
		unsigned digit;

		if (s[i] < '0' || s[i] > '9')
			return false;
		digit = (unsigned)(s[i] - '0');
		if (v > (UINT64_MAX - digit) / 10)
			return false;
		v = v * 10 + digit;
	}
	if (v > max)
		return false;
	*ret = v;
	return true;
}

bool
lines_hex(const char *s, size_t n, uint8_t *out, size_t out_n)
{
	if (n != 2 * out_n)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (s[i] >= 'A' && s[i] <= 'F')
			return false;
	}
	return text_unhex(s, n, out, out_n);
}

bool
lines_base64_32(const char *s, size_t n, uint8_t out[32])
{
	uint8_t bytes[33];
	size_t size;

	if (n != 44 || !text_unbase64(s, n, bytes, sizeof bytes, &size) || size != 32)
		return false;
	memcpy(out, bytes, 32);
	return true;
}

bool
lines_base64url_32(const char *s, size_t n, uint8_t out[32])
{
	uint8_t bytes[33];
	size_t size;

	if (n != 43 || !text_unbase64url(s, n, bytes, sizeof bytes, &size) || size != 32)
		return false;
	memcpy(out, bytes, 32);
	return true;
}
