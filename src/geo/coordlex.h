/* Coordinate text cut into tokens. Private to geo/coord.c. Pure functions, thread-safe. */
#ifndef GEO_COORDLEX_H
#define GEO_COORDLEX_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

enum token_kind {
	TOKEN_NUMBER,
	TOKEN_DEGREE,     /* the degree sign, d, deg ... */
	TOKEN_MINUTE,     /* ' and its kin */
	TOKEN_METRE,      /* m: minute or metre, as the text goes */
	TOKEN_SECOND,     /* " and its kin, two minute signs */
	TOKEN_HEMISPHERE, /* meaning N S E W */
	TOKEN_AXIS,       /* meaning Y (latitude) or X (longitude), said in a word */
	TOKEN_XY,         /* the bare letters x and y: their meaning depends on the country */
	TOKEN_ZONE,       /* "UTM", "zone" */
	TOKEN_COMMA,
	TOKEN_SPLIT, /* ; / | new line, tab */
	TOKEN_COLON,
	TOKEN_DASH, /* between digits: 48-30-30 */
	TOKEN_DOT,  /* between three groups of digits: 48.30.30 */
	TOKEN_WORD  /* a word that means nothing here */
};

struct token {
	enum token_kind kind;
	char meaning;  /* see above */
	char letter;   /* the upper-case letter if the word is one ASCII letter, else NUL */
	bool is_glued; /* nothing between it and what stands before */
	/* of a number: */
	double value; /* without its sign */
	int sign;     /* -1, +1 when written, else 0 */
	int digits;   /* before the point */
	int decimals; /* behind it; -1 without a point */
};

#define TOKENS_MAX 32

struct tokens {
	size_t count;
	struct token at[TOKENS_MAX];
	bool has_comma_between_digits; /* somewhere a comma stands between two digits */
	bool has_point;                /* somewhere a point stands inside a number */
};

/**
 * Cut text into tokens. With comma_is_point a comma between two digits is a decimal comma.
 * ERR_INVALID for characters that are in no coordinate, ERR_LIMIT past TOKENS_MAX.
 */
MUST_CHECK enum err_code coordlex_split(const char *s, size_t n, bool comma_is_point,
                                        struct tokens *ret, struct err *e);

#endif
