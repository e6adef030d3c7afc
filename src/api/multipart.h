/* Bodies of type multipart/form-data (RFC 7578), strictly: CRLF line ends, no text before the first
 * boundary or after the last, no nesting, no transfer encodings. Nothing is copied but names: parts
 * point into the body. Pure. */
#ifndef SERVE_MULTIPART_H
#define SERVE_MULTIPART_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"

/* docs/LIMITS.md */
#define MULTIPART_MAX_PARTS 120
#define MULTIPART_MAX_HEADERS 2048 /* bytes of one part's headers */
#define MULTIPART_MAX_NAME 200     /* bytes of a name or file name */

struct multipart_part {
	const char *name;     /* UTF-8 without control characters */
	const char *filename; /* its last part, no folders; NULL = no file */
	const char *type;     /* "" = none stated */
	const uint8_t *bytes;
	size_t size;
};

/**
 * Split a body. content_type: the request's header. ERR_INVALID (the sentence says what is wrong),
 * ERR_LIMIT, ERR_NOMEM. *ret lives in mem, its bytes in body.
 */
MUST_CHECK enum err_code multipart_parse(const char *content_type, const uint8_t *body, size_t n,
                                         struct arena *mem, struct multipart_part **ret,
                                         size_t *ret_count, struct err *e);

#endif
