/* strtod_l is not in POSIX; it is the one way to read a number whatever the locale. */
#define _GNU_SOURCE
#include <locale.h>
#include <math.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/decimal.h"

#include "decimal_gen.h" /* DECIMAL_POWER: 128 bits of 10^k, rounded down */

__extension__ typedef unsigned __int128 u128;

#define HIDDEN_BIT ((uint64_t)1 << 52)

/* 10^k for k in 0..55 is exact in 128 bits; the others need the last bit up to be an upper bound.
 */
static u128
power_up(int k)
{
	const uint64_t *p = DECIMAL_POWER[k - DECIMAL_POWER_MIN];
	u128 v = (u128)p[0] << 64 | p[1];

	return k < 0 || k > 55 ? v + 1 : v;
}

/* floor(v / 2^bits) for |v| < 2^40, without shifting a negative number. */
static int
floor_shift(int64_t v, int bits)
{
	int64_t lift = (int64_t)1 << 40;

	return (int)(((v + lift) >> bits) - (lift >> bits));
}

static uint64_t
round_to_odd(u128 g, uint64_t cp)
{
	u128 x = (u128)(uint64_t)g * cp;
	u128 y = (u128)(uint64_t)(g >> 64) * cp + (uint64_t)(x >> 64);

	return (uint64_t)(y >> 64) | ((uint64_t)y > 1 ? 1 : 0);
}

static struct decimal
strip_zeros(uint64_t digits, int exponent)
{
	struct decimal d = { digits, exponent };

	while (d.digits % 10 == 0) {
		d.digits /= 10;
		d.exponent++;
	}
	return d;
}

/* The names are those of the paper: c, q the binary significand and exponent; k the decimal one. */
struct decimal
decimal_shortest(double v)
{
	uint64_t bits, fraction, c, cb, lower, upper, vb, s, mid;
	int biased, q, k, h;
	bool odd, uneven, down_in, up_in;
	u128 g;

	memcpy(&bits, &v, sizeof(bits));
	fraction = bits & (HIDDEN_BIT - 1);
	biased = (int)(bits >> 52) & 0x7FF;
	c = biased ? fraction | HIDDEN_BIT : fraction;
	q = (biased ? biased : 1) - 1075;
	if (q <= 0 && q > -53 && (c & (((uint64_t)1 << -q) - 1)) == 0)
		return strip_zeros(c >> -q, 0);

	odd = c & 1;
	uneven = fraction == 0 && biased > 1; /* the gap below is half the gap above */
	cb = 4 * c;
	k = floor_shift(q * (int64_t)1262611 - (uneven ? 524031 : 0), 22);
	h = q + floor_shift(-k * (int64_t)1741647, 19) + 1;
	g = power_up(-k);
	lower = round_to_odd(g, (cb - 2 + (uneven ? 1 : 0)) << h) + (odd ? 1 : 0);
	vb = round_to_odd(g, cb << h);
	upper = round_to_odd(g, (cb + 2) << h) - (odd ? 1 : 0);

	s = vb / 4;
	if (s >= 10) {
		uint64_t ten = s / 10;

		down_in = lower <= 40 * ten;
		up_in = 40 * ten + 40 <= upper;
		if (down_in != up_in)
			return strip_zeros(ten + (up_in ? 1 : 0), k + 1);
	}
	down_in = lower <= 4 * s;
	up_in = 4 * s + 4 <= upper;
	if (down_in != up_in)
		return strip_zeros(s + (up_in ? 1 : 0), k);
	mid = 4 * s + 2;
	return strip_zeros(s + (vb > mid || (vb == mid && (s & 1)) ? 1 : 0), k);
}

/* What a scan finds; the value is 0.DIGITS * 10^(exponent + ...), see below. */
struct scanned {
	const char *first; /* first significant digit, NULL if all are 0 */
	const char *last;  /* behind the last digit */
	uint64_t w;        /* the first 19 significant digits */
	size_t count;      /* significant digits, trailing zeros included */
	int64_t exponent;  /* value = w * 10^exponent if count <= 19 */
	size_t used;
	bool negative;
};

static bool
is_digit(const char *p, const char *end)
{
	return p < end && *p >= '0' && *p <= '9';
}

/* Take digits at p into x; returns behind them. */
static const char *
take_digits(const char *p, const char *end, struct scanned *x)
{
	for (; is_digit(p, end); p++) {
		if (!x->first && *p == '0')
			continue;
		if (!x->first)
			x->first = p;
		if (x->count < 19)
			x->w = x->w * 10 + (uint64_t)(*p - '0');
		x->count++;
	}
	return p;
}

static const char *
take_exponent(const char *p, const char *end, int64_t *ret)
{
	const char *start = p;
	bool negative = false;
	int64_t v = 0;

	p++;
	if (p < end && (*p == '+' || *p == '-'))
		negative = *p++ == '-';
	if (!is_digit(p, end))
		return start;
	for (; is_digit(p, end); p++) {
		if (v < 1000000000000)
			v = v * 10 + (*p - '0');
	}
	*ret = negative ? -v : v;
	return p;
}

static bool
scan(const char *s, size_t n, enum decimal_grammar grammar, struct scanned *x)
{
	const char *p = s;
	const char *end = s + n;
	const char *whole, *mark;
	int64_t exponent = 0;
	int64_t fraction = 0;
	bool json = grammar == DECIMAL_JSON;

	*x = (struct scanned){ 0 };
	if (p < end && (*p == '-' || (*p == '+' && !json)))
		x->negative = *p++ == '-';
	whole = p;
	p = take_digits(p, end, x);
	if (json && (p == whole || (*whole == '0' && p - whole > 1)))
		return false;
	if (p < end && *p == '.') {
		const char *point = p;

		p = take_digits(p + 1, end, x);
		fraction = p - point - 1;
		if (json && fraction == 0)
			return false;
		if (fraction == 0 && point == whole)
			return false;
	} else if (p == whole) {
		return false;
	}
	x->last = p;
	if (p < end && (*p == 'e' || *p == 'E')) {
		mark = p;
		p = take_exponent(p, end, &exponent);
		if (json && p == mark)
			return false;
	}
	x->exponent = exponent - fraction + (x->count > 19 ? (int64_t)(x->count - 19) : 0);
	x->used = (size_t)(p - s);
	return true;
}

/* w * 10^q as a normal double; false where this method cannot tell or the result is not normal. */
static bool
lemire(uint64_t w, int q, double *ret)
{
	const uint64_t *power = DECIMAL_POWER[q - DECIMAL_POWER_MIN];
	uint64_t low = power[1] + (q >= -27 && q < 0 ? 1 : 0);
	int zeros = __builtin_clzll(w);
	uint64_t m, bits, high_bit;
	int64_t exponent;
	u128 product;

	w <<= zeros;
	product = (u128)w * power[0];
	if (((uint64_t)(product >> 64) & 0x1FF) == 0x1FF) {
		product += (uint64_t)(((u128)w * low) >> 64);
		/* Outside this range the 128 bits are not exact and may leave it open. */
		if ((uint64_t)product == UINT64_MAX && (q < -27 || q > 55))
			return false;
	}
	high_bit = (uint64_t)(product >> 127);
	m = (uint64_t)(product >> 64) >> (high_bit + 9);
	exponent = floor_shift((152170 + 65536) * (int64_t)q, 16) + 63 + (int64_t)high_bit - zeros +
	           1023;
	if (exponent <= 0)
		return false;
	/* Exactly half way: to even. */
	if ((uint64_t)product <= 1 && q >= -4 && q <= 23 && (m & 3) == 1 &&
	    m << (high_bit + 9) == (uint64_t)(product >> 64))
		m &= ~(uint64_t)1;
	m = (m + (m & 1)) >> 1;
	if (m >= 2 * HIDDEN_BIT) {
		m = HIDDEN_BIT;
		exponent++;
	}
	if (exponent >= 0x7FF)
		return false;
	bits = (m & ~HIDDEN_BIT) | (uint64_t)exponent << 52;
	memcpy(ret, &bits, sizeof(bits));
	return true;
}

static pthread_once_t c_locale_once = PTHREAD_ONCE_INIT;
static locale_t c_locale;

static void
make_c_locale(void)
{
	c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
}

#define SLOW_DIGITS 780 /* no double needs more than 768 to be told from its neighbours */

/* Any number at all: its digits written anew, so that no caller's text needs a NUL. */
static double
read_slowly(const struct scanned *x)
{
	char text[SLOW_DIGITS + 32];
	size_t n = 0, seen = 0;
	bool rest = false;
	int64_t exponent = x->exponent + (x->count > 19 ? 19 : (int64_t)x->count);
	char digits[24];
	size_t d = sizeof(digits);
	uint64_t magnitude;

	text[n++] = '.';
	for (const char *p = x->first; p < x->last && *p != 'e' && *p != 'E'; p++) {
		if (*p == '.')
			continue;
		if (seen++ < SLOW_DIGITS)
			text[n++] = *p;
		else
			rest = rest || *p != '0';
	}
	if (rest)
		text[n++] = '1';
	if (exponent > 100000)
		exponent = 100000;
	if (exponent < -100000)
		exponent = -100000;
	text[n++] = 'e';
	text[n++] = exponent < 0 ? '-' : '+';
	magnitude = (uint64_t)(exponent < 0 ? -exponent : exponent);
	do {
		digits[--d] = (char)('0' + magnitude % 10);
		magnitude /= 10;
	} while (magnitude > 0);
	memcpy(text + n, digits + d, sizeof(digits) - d);
	text[n + sizeof(digits) - d] = '\0';

	(void)pthread_once(&c_locale_once, make_c_locale); /* fails only on a bad argument */
	if (!c_locale)
		return NAN;
	return strtod_l(text, NULL, c_locale);
}

static const double exact_power[] = { 1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
	                              1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
	                              1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22 };

static double
value_of(const struct scanned *x)
{
	double v, above;

	if (x->w == 0)
		return 0.0;
	/* Both parts exact, so one rounding only. */
	if (x->count <= 19 && x->w <= 2 * HIDDEN_BIT && x->exponent >= -22 && x->exponent <= 22) {
		v = (double)x->w;
		return x->exponent < 0 ? v / exact_power[-x->exponent]
		                       : v * exact_power[x->exponent];
	}
	if (x->exponent >= DECIMAL_POWER_MIN && x->exponent <= 308) {
		int q = (int)x->exponent;

		if (lemire(x->w, q, &v) &&
		    (x->count <= 19 ||
		     (x->w < UINT64_MAX && lemire(x->w + 1, q, &above) && v == above)))
			return v;
	}
	return read_slowly(x);
}

size_t
decimal_read(const char *s, size_t n, enum decimal_grammar grammar, double *ret)
{
	struct scanned x;
	double v;

	if (!s || !scan(s, n, grammar, &x))
		return 0;
	v = value_of(&x);
	if (!isfinite(v))
		return 0;
	*ret = x.negative ? -v : v;
	return x.used;
}
