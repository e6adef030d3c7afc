/* Errors: one code, one sentence. A struct err is fixed-size, so it works without memory.
 * Whoever sees the failure writes the sentence; each caller puts what it knows in front of it.
 * Sentences: no capital, no full stop, the value and what is allowed. Threads: nothing is global.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <stdarg.h>

#define MUST_CHECK __attribute__((warn_unused_result))
#define PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args)))

enum err_code {
	ERR_OK = 0,
	ERR_INVALID,     /* the input is not what is allowed */
	ERR_NOTFOUND,    /* the thing asked for does not exist */
	ERR_NOMEM,       /* out of memory */
	ERR_IO,          /* a file, a pipe or the store failed; it may work later */
	ERR_LIMIT,       /* a limit of docs/LIMITS.md was passed */
	ERR_CONFLICT,    /* it exists already, or it changed meanwhile */
	ERR_VERIFY,      /* evidence does not verify */
	ERR_UNKNOWN,     /* cannot tell: a part needed for the answer is missing */
	ERR_UNSUPPORTED, /* known, and not offered */
	ERR_DENIED,      /* not allowed for this role or this file */
	ERR_INTERNAL     /* a mistake of ours */
};

struct err {
	enum err_code code;
	char text[1000]; /* the sentence, UTF-8, never cut inside a character */
	char hint[300];  /* what to do, a sentence of its own, or "" */
};

/**
 * Set the sentence and return code, so that `return err_set(e, ERR_IO, ...)` reads well.
 * e may be NULL. Quote foreign text with err_quote first when it may hold control characters.
 */
enum err_code err_set(struct err *e, enum err_code code, const char *fmt, ...) PRINTF_LIKE(3, 4);

#ifdef __clang_analyzer__
/* The analyzer sees one file at a time: let it know that the code given is the code returned. */
#define err_set(e, code, ...) ((void)(err_set)(e, code, __VA_ARGS__), (code))
#endif

/** Put "fmt: " in front of the sentence that is there. Returns e's code (ERR_INTERNAL if e is
 * NULL). */
enum err_code err_prefix(struct err *e, const char *fmt, ...) PRINTF_LIKE(2, 3);

/** Set the hint. Returns e's code. */
enum err_code err_hint(struct err *e, const char *fmt, ...) PRINTF_LIKE(2, 3);

/** Forget what is in e. */
void err_clear(struct err *e);

/**
 * Make foreign text safe to print inside a sentence: control characters and invalid UTF-8 become
 * '?', and text longer than 60 characters is cut with an ellipsis. buf is NUL-terminated.
 * Returns buf.
 */
const char *err_quote(const char *text, char *buf, unsigned buf_size);

/** The short stable name of a code, such as "invalid". Never NULL. */
const char *err_name(enum err_code code);

/** The exit status for a code: 0 done, 1 failed, 2 usage, 4 does not verify, 5 cannot tell. */
int err_exit_status(enum err_code code);

#endif
