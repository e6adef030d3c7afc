/* Decimal digits of doubles, both ways, exact and without a locale. Behind text.h and json.h; other
 * rooms use those. Pure functions, thread-safe. */
#ifndef BASE_DECIMAL_H
#define BASE_DECIMAL_H

#include <stddef.h>
#include <stdint.h>

struct decimal {
	uint64_t digits; /* at most 17 digits, the last one not 0 */
	int exponent;    /* value = digits * 10^exponent */
};

/**
 * The shortest decimal that reads back as v, the nearest to v among them. v is finite and > 0.
 * Method: Giulietti, The Schubfach way to render doubles (2020), with 128-bit powers of ten.
 */
struct decimal decimal_shortest(double v);

enum decimal_grammar {
	DECIMAL_LOOSE, /* "+1", ".5", "5.", "007" too */
	DECIMAL_JSON   /* RFC 8259 */
};

/**
 * Read a number at the start of the n bytes at s, correctly rounded. Returns the bytes used, 0 if
 * there is none or it is not finite; *ret is then untouched.
 * Method: Clinger (1990) for short ones, Lemire, Number parsing at a gigabyte per second (2021),
 * and the C library for what neither decides.
 */
size_t decimal_read(const char *s, size_t n, enum decimal_grammar grammar, double *ret);

#endif
