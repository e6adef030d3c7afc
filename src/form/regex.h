/* Regular expressions as ODK's regex() has them (Java's syntax, the plain part), matched in time
 * linear in the text: no pattern and no text can make it hang. Compiled once, shared by threads. */
#ifndef FORM_REGEX_H
#define FORM_REGEX_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"

#define REGEX_MAX_PATTERN_BYTES 1000u
#define REGEX_MAX_PROGRAM 4000u /* steps after counted repeats are written out */

struct regex;

/**
 * Compile. Known: literals, ".", classes, \d \w \s \D \W \S, \t \n \r \f, \uXXXX, groups, "(?:",
 * "(?i)" at the start (ASCII letters), "|", "* + ? {n} {n,} {n,m}" also lazy, "^" and "$". The
 * result lives in mem. Fails with ERR_INVALID (syntax), ERR_UNSUPPORTED (look-around, back
 * references, \b, \p{..}, possessive repeats, class operators), ERR_LIMIT, ERR_NOMEM.
 */
MUST_CHECK enum err_code regex_compile(const char *pattern, struct arena *mem, struct regex **ret,
                                       struct err *e);
/** Does the whole of the n bytes of UTF-8 match? scratch is used and given back. False if memory
 * ends. */
bool regex_match(const struct regex *re, const char *s, size_t n, struct arena *scratch);

#endif
