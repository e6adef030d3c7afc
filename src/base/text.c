#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/decimal.h"
#include "base/fold.h"
#include "base/text.h"

#define HIGH_BITS 0x8080808080808080u

/* Bytes of the well-formed character at s (n > 0), 0 if it is none. Unicode, table 3-7. */
static size_t
utf8_width(const unsigned char *s, size_t n)
{
	unsigned char low = 0x80, high = 0xBF;
	size_t width;

	if (s[0] < 0x80)
		return 1;
	if (s[0] < 0xC2 || s[0] > 0xF4)
		return 0;
	width = s[0] < 0xE0 ? 2 : s[0] < 0xF0 ? 3 : 4;
	if (s[0] == 0xE0)
		low = 0xA0;
	else if (s[0] == 0xED)
		high = 0x9F;
	else if (s[0] == 0xF0)
		low = 0x90;
	else if (s[0] == 0xF4)
		high = 0x8F;
	if (n < width || s[1] < low || s[1] > high)
		return 0;
	for (size_t i = 2; i < width; i++) {
		if ((s[i] & 0xC0) != 0x80)
			return 0;
	}
	return width;
}

bool
text_is_unsafe(uint32_t cp)
{
	return cp < 0x20 || (cp >= 0x7F && cp < 0xA0) || (cp >= 0x200B && cp <= 0x200F) ||
	       (cp >= 0x2028 && cp <= 0x202E) || (cp >= 0x2060 && cp <= 0x206F) || cp == 0xFEFF;
}

bool
text_is_line(const char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s < ' ' || *s == 0x7f)
			return false;
	return true;
}

bool
text_is_utf8(const char *s, size_t n)
{
	const unsigned char *p = (const unsigned char *)s;
	size_t i = 0;

	while (i < n) {
		size_t width;
		uint64_t eight;

		if (n - i >= 8) {
			memcpy(&eight, p + i, 8);
			if (!(eight & HIGH_BITS)) {
				i += 8;
				continue;
			}
		}
		width = utf8_width(p + i, n - i);
		if (width == 0)
			return false;
		i += width;
	}
	return true;
}

size_t
text_utf8_length(const char *s, size_t n)
{
	size_t count = 0;

	for (size_t i = 0; i < n; i++)
		count += ((unsigned char)s[i] & 0xC0) != 0x80 ? 1 : 0;
	return count;
}

uint32_t
text_utf8_next(const char *s, size_t n, size_t *i)
{
	const unsigned char *p = (const unsigned char *)s + *i;
	size_t width = *i < n ? utf8_width(p, n - *i) : 0;
	uint32_t cp;

	if (width == 0) {
		(*i)++;
		return 0xFFFD;
	}
	*i += width;
	if (width == 1)
		return p[0];
	cp = p[0] & (0x7Fu >> width);
	for (size_t k = 1; k < width; k++)
		cp = cp << 6 | (p[k] & 0x3Fu);
	return cp;
}

size_t
text_utf8_put(uint32_t cp, char out[4])
{
	if (cp < 0x80) {
		out[0] = (char)cp;
		return 1;
	}
	if (cp < 0x800) {
		out[0] = (char)(0xC0 | cp >> 6);
		out[1] = (char)(0x80 | (cp & 0x3F));
		return 2;
	}
	if (cp < 0x10000) {
		if (cp >= 0xD800 && cp <= 0xDFFF)
			return 0;
		out[0] = (char)(0xE0 | cp >> 12);
		out[1] = (char)(0x80 | (cp >> 6 & 0x3F));
		out[2] = (char)(0x80 | (cp & 0x3F));
		return 3;
	}
	if (cp > 0x10FFFF)
		return 0;
	out[0] = (char)(0xF0 | cp >> 18);
	out[1] = (char)(0x80 | (cp >> 12 & 0x3F));
	out[2] = (char)(0x80 | (cp >> 6 & 0x3F));
	out[3] = (char)(0x80 | (cp & 0x3F));
	return 4;
}

bool
text_eq(const char *a, const char *b)
{
	if (!a || !b)
		return a == b;
	return strcmp(a, b) == 0;
}

static char
lower_ascii(char c)
{
	if (c >= 'A' && c <= 'Z')
		return (char)(c + ('a' - 'A'));
	return c;
}

bool
text_eq_nocase(const char *a, const char *b)
{
	if (!a || !b)
		return a == b;
	while (*a && lower_ascii(*a) == lower_ascii(*b)) {
		a++;
		b++;
	}
	return lower_ascii(*a) == lower_ascii(*b);
}

bool
text_starts(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}

bool
text_ends(const char *s, const char *suffix)
{
	size_t n = strlen(s);
	size_t m = strlen(suffix);

	return n >= m && memcmp(s + n - m, suffix, m) == 0;
}

/* Bytes of the blank at s, 0 if there is none. */
static size_t
blank_width(const char *s, size_t n)
{
	if (n > 0 && (*s == ' ' || (*s >= '\t' && *s <= '\r')))
		return 1;
	if (n >= 2 && memcmp(s, "\xC2\xA0", 2) == 0)
		return 2;
	if (n >= 3 && memcmp(s, "\xEF\xBB\xBF", 3) == 0)
		return 3;
	return 0;
}

const char *
text_trim(const char *s, size_t n, size_t *ret_n)
{
	size_t width;

	while ((width = blank_width(s, n)) > 0) {
		s += width;
		n -= width;
	}
	for (;;) {
		if (n >= 1 && blank_width(s + n - 1, 1) == 1)
			n -= 1;
		else if (n >= 2 && blank_width(s + n - 2, 2) == 2)
			n -= 2;
		else if (n >= 3 && blank_width(s + n - 3, 3) == 3)
			n -= 3;
		else
			break;
	}
	*ret_n = n;
	return s;
}

void
text_lower_ascii(char *s)
{
	for (; *s; s++)
		*s = lower_ascii(*s);
}

/* Cyrillic letters that stand as letter and mark in decomposed text; their marks are no accents. */
static uint32_t
compose(uint32_t cp, uint32_t mark)
{
	if (mark == 0x306 && (cp == 0x438 || cp == 0x418))
		return 0x439;
	if (mark == 0x306 && (cp == 0x443 || cp == 0x423))
		return 0x45E;
	if (mark == 0x308 && (cp == 0x456 || cp == 0x406))
		return 0x457;
	if (mark == 0x308 && (cp == 0x435 || cp == 0x415))
		return 0x451;
	return cp;
}

size_t
text_fold(const char *s, size_t n, char *out, size_t out_size)
{
	size_t i = 0, size = 0;
	bool gap = false;

	if (out_size == 0)
		return 0;
	while (i < n) {
		uint32_t cp = text_utf8_next(s, n, &i);
		size_t after = i;
		char folded[4];
		size_t width;

		if (cp >= 0x400 && cp < 0x530 && i < n)
			cp = compose(cp, text_utf8_next(s, n, &after));
		width = fold_code_point(cp, folded);
		if (width == FOLD_DROP)
			continue;
		if (width == 0) {
			gap = size > 0;
			continue;
		}
		if (size + width + (gap ? 1 : 0) >= out_size)
			break;
		if (gap)
			out[size++] = ' ';
		gap = false;
		memcpy(out + size, folded, width);
		size += width;
	}
	out[size] = '\0';
	return size;
}

bool
text_same_name(const char *a, const char *b)
{
	char x[1001], y[1001];
	size_t n, m;

	if (!a || !b)
		return false;
	n = text_fold(a, strlen(a), x, sizeof(x));
	m = text_fold(b, strlen(b), y, sizeof(y));
	if (n || m)
		return n == m && memcmp(x, y, n) == 0;
	a = text_trim(a, strlen(a), &n);
	b = text_trim(b, strlen(b), &m);
	return n == m && memcmp(a, b, n) == 0;
}

bool
text_parse_i64(const char *s, size_t n, int64_t *ret)
{
	int64_t v = 0;
	size_t i = 0;
	bool negative = false;

	if (!s || n == 0)
		return false;
	if (s[0] == '-' || s[0] == '+') {
		negative = s[0] == '-';
		i = 1;
	}
	if (i == n)
		return false;
	/* Downwards, because the lowest number has no positive twin. */
	for (; i < n; i++) {
		if (s[i] < '0' || s[i] > '9' || __builtin_mul_overflow(v, 10, &v) ||
		    __builtin_sub_overflow(v, s[i] - '0', &v))
			return false;
	}
	if (!negative && __builtin_sub_overflow(0, v, &v))
		return false;
	*ret = v;
	return true;
}

bool
text_parse_f64(const char *s, size_t n, double *ret)
{
	double v;

	if (n == 0 || decimal_read(s, n, DECIMAL_LOOSE, &v) != n)
		return false;
	*ret = v;
	return true;
}

size_t
text_scan_f64(const char *s, size_t n, double *ret)
{
	return decimal_read(s, n, DECIMAL_LOOSE, ret);
}

static const char two_digits[] = "00010203040506070809101112131415161718192021222324"
				 "25262728293031323334353637383940414243444546474849"
				 "50515253545556575859606162636465666768697071727374"
				 "75767778798081828384858687888990919293949596979899";

/* Digits of v (> 0) at the end of a 20-byte field; returns the first. */
static char *
put_u64(uint64_t v, char *end)
{
	while (v >= 100) {
		end -= 2;
		memcpy(end, two_digits + 2 * (v % 100), 2);
		v /= 100;
	}
	if (v >= 10) {
		end -= 2;
		memcpy(end, two_digits + 2 * v, 2);
	} else {
		*--end = (char)('0' + v);
	}
	return end;
}

static char *
put_bytes(char *out, const char *s, int n)
{
	memcpy(out, s, (size_t)n);
	return out + n;
}

static char *
put_zeros(char *out, int n)
{
	memset(out, '0', (size_t)n);
	return out + n;
}

/* ECMAScript 2020, 7.1.12.1: n digits d, the point stands behind the first `point` of them. */
size_t
text_format_f64(double v, char *out)
{
	char field[20];
	char *start = out;
	struct decimal d;
	const char *digits;
	int n, point;

	out[0] = '\0';
	if (!isfinite(v))
		return 0;
	if (v < 0) {
		*out++ = '-';
		v = -v;
	}
	if (v <= 0) {
		memcpy(start, "0", 2);
		return 1;
	}
	d = decimal_shortest(v);
	digits = put_u64(d.digits, field + sizeof(field));
	n = (int)(field + sizeof(field) - digits);
	point = n + d.exponent;
	if (point > 21 || point < -5) {
		int exponent = point - 1;

		*out++ = digits[0];
		if (n > 1) {
			*out++ = '.';
			out = put_bytes(out, digits + 1, n - 1);
		}
		*out++ = 'e';
		*out++ = exponent < 0 ? '-' : '+';
		digits = put_u64((uint64_t)(exponent < 0 ? -exponent : exponent),
		                 field + sizeof(field));
		out = put_bytes(out, digits, (int)(field + sizeof(field) - digits));
	} else if (point <= 0) {
		out = put_bytes(out, "0.", 2);
		out = put_zeros(out, -point);
		out = put_bytes(out, digits, n);
	} else if (point >= n) {
		out = put_bytes(out, digits, n);
		out = put_zeros(out, point - n);
	} else {
		out = put_bytes(out, digits, point);
		*out++ = '.';
		out = put_bytes(out, digits + point, n - point);
	}
	*out = '\0';
	return (size_t)(out - start);
}

/* The C library rounds the exact binary value; only its decimal sign depends on the locale. */
size_t
text_format_fixed(double v, int decimals, char *out, size_t out_size)
{
	char field[400]; /* 309 digits before the point, 12 after, a sign and a long separator */
	char text[400];
	size_t whole = 0, n;
	bool zero;

	if (out_size == 0)
		return 0;
	out[0] = '\0';
	if (!isfinite(v) || decimals < 0 || decimals > 12)
		return 0;
	(void)snprintf(field, sizeof(field), "%.*f", decimals, fabs(v)); /* fits, see above */
	n = strlen(field);
	while (field[whole] >= '0' && field[whole] <= '9')
		whole++;
	memcpy(text + 1, field, whole);
	if (decimals > 0) {
		text[1 + whole] = '.';
		memcpy(text + 2 + whole, field + n - (size_t)decimals, (size_t)decimals);
		whole += 1 + (size_t)decimals;
	}
	text[1 + whole] = '\0';
	zero = strspn(text + 1, "0.") == whole; /* never "-0.00" */
	text[0] = '-';
	n = whole + (v < 0 && !zero ? 1 : 0);
	if (n + 1 > out_size)
		return 0;
	memcpy(out, v < 0 && !zero ? text : text + 1, n + 1);
	return n;
}

void
text_hex(const uint8_t *p, size_t n, char *out)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < n; i++) {
		out[2 * i] = digits[p[i] >> 4];
		out[2 * i + 1] = digits[p[i] & 15];
	}
	out[2 * n] = '\0';
}

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

bool
text_unhex(const char *s, size_t n, uint8_t *out, size_t out_n)
{
	if (n % 2 != 0 || n / 2 != out_n)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (hex_digit(s[i]) < 0)
			return false;
	}
	for (size_t i = 0; i < out_n; i++)
		out[i] = (uint8_t)(hex_digit(s[2 * i]) * 16 + hex_digit(s[2 * i + 1]));
	return true;
}

#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

static size_t
encode64(const uint8_t *p, size_t n, const char *alphabet, bool pad, char *out)
{
	char *start = out;
	size_t i = 0;

	for (; n - i >= 3; i += 3) {
		uint32_t v = (uint32_t)p[i] << 16 | (uint32_t)p[i + 1] << 8 | p[i + 2];

		*out++ = alphabet[v >> 18];
		*out++ = alphabet[v >> 12 & 63];
		*out++ = alphabet[v >> 6 & 63];
		*out++ = alphabet[v & 63];
	}
	if (i < n) {
		uint32_t v = (uint32_t)p[i] << 16 | (n - i == 2 ? (uint32_t)p[i + 1] << 8 : 0);

		*out++ = alphabet[v >> 18];
		*out++ = alphabet[v >> 12 & 63];
		if (n - i == 2)
			*out++ = alphabet[v >> 6 & 63];
		else if (pad)
			*out++ = '=';
		if (pad)
			*out++ = '=';
	}
	*out = '\0';
	return (size_t)(out - start);
}

static int
digit64(char c, const char *last_two)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == last_two[0])
		return 62;
	return c == last_two[1] ? 63 : -1;
}

/* n digits without padding; strict: the bits that carry nothing are 0. */
static bool
decode64(const char *s, size_t n, const char *last_two, uint8_t *out, size_t out_room,
         size_t *ret_n)
{
	size_t size = n / 4 * 3 + (n % 4 == 0 ? 0 : n % 4 - 1);
	uint32_t bits = 0;
	unsigned held = 0;
	size_t at = 0;

	if (n % 4 == 1 || size > out_room)
		return false;
	for (size_t i = 0; i < n; i++) {
		int d = digit64(s[i], last_two);

		if (d < 0)
			return false;
		bits = (bits << 6 | (uint32_t)d) & 0xFFFF;
		held += 6;
		if (held >= 8) {
			held -= 8;
			out[at++] = (uint8_t)(bits >> held);
		}
	}
	if (bits & ((1u << held) - 1))
		return false;
	*ret_n = size;
	return true;
}

size_t
text_base64(const uint8_t *p, size_t n, char *out)
{
	return encode64(p, n, LETTERS "+/", true, out);
}

bool
text_unbase64(const char *s, size_t n, uint8_t *out, size_t out_room, size_t *ret_n)
{
	if (n % 4 != 0)
		return false;
	if (n > 0 && s[n - 1] == '=')
		n -= s[n - 2] == '=' ? 2 : 1;
	return decode64(s, n, "+/", out, out_room, ret_n);
}

size_t
text_base64url(const uint8_t *p, size_t n, char *out)
{
	return encode64(p, n, LETTERS "-_", false, out);
}

bool
text_unbase64url(const char *s, size_t n, uint8_t *out, size_t out_room, size_t *ret_n)
{
	return decode64(s, n, "-_", out, out_room, ret_n);
}
