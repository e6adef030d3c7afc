/* JSON tokens straight from mapped bytes: no tree, no copies. Every step checks the end. A failed
 * step leaves why, a sentence's middle, and at, the byte where it stopped. Threads: one scanner,
 * one thread. */
#ifndef READER_JSCAN_H
#define READER_JSCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct jscan {
	const char *p; /* next byte */
	const char *end;
	const char *why; /* set by the step that failed; static text */
	int depth;       /* values still allowed inside each other */
};

/* A value as it stands in the file. */
struct jtoken {
	const char *s; /* of a string: after the opening quote */
	size_t n;      /* of a string: without the quotes */
	char kind;     /* '"' string, '0' number, 't' 'f' 'n' literal, '{' '[' */
	bool escaped;  /* the string holds a backslash */
};

/** Skip white space; the next byte, or 0 at the end. */
static inline char
jscan_peek(struct jscan *j)
{
	while (j->p < j->end && (*j->p == ' ' || *j->p == '\n' || *j->p == '\r' || *j->p == '\t'))
		j->p++;
	return j->p < j->end ? *j->p : '\0';
}

/** Set why (the first one stays) and return false. */
bool jscan_fail(struct jscan *j, const char *why);

/** White space, then exactly c. */
bool jscan_expect(struct jscan *j, char c);
/** After an element: ',' goes on (*ret_more true), close ends it. */
bool jscan_next(struct jscan *j, char close, bool *ret_more);
/** A string; control characters inside are allowed, as many programs write them. */
bool jscan_string(struct jscan *j, struct jtoken *ret);
/** Any value; objects and arrays are checked and skipped. */
bool jscan_value(struct jscan *j, struct jtoken *ret);
/** A finite number, correctly rounded. NaN and Infinity fail. */
bool jscan_number(struct jscan *j, double *ret);
/**
 * From an opening bracket at p: one past the bracket that closes it, strings honoured, nothing else
 * checked. NULL if the bytes end first.
 */
const char *jscan_match(const char *p, const char *end);
/**
 * Write the string's text to out, which has room for t->n bytes. Returns false for a lone
 * surrogate, a bad escape, a NUL or bytes that are not UTF-8.
 */
bool jscan_unescape(const struct jtoken *t, char *out, size_t *ret_n);
/** The token is the name, no escapes. */
bool jscan_is(const struct jtoken *t, const char *name);

#endif
