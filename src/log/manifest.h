/* Submission manifests: what the author signs and the log takes. RFC 8785 canonical JSON, one line,
 * no trailing LF; the bytes are kept and hashed as they are. Thread-safe. */
#ifndef LOG_MANIFEST_H
#define LOG_MANIFEST_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "log/note.h"
#include "log/sigsum.h"

#define MANIFEST_MAX_BYTES 4096
#define MANIFEST_STATEMENTS_MAX 50000
#define MANIFEST_TEXT_MAX 65536 /* bytes of author's name, remark and run id together */

struct manifest {
	uint8_t author[32];            /* SHA-256 of the author's public key */
	char origin[NOTE_ORIGIN_SIZE]; /* of the log it was made for */
	uint8_t remark[32];            /* SHA-256 of the remark's disclosure string */
	uint8_t root[32];              /* over the statements */
	uint32_t statements;           /* 1 .. MANIFEST_STATEMENTS_MAX */
	int64_t at_utc_s;              /* claimed by the author; years 1970 .. 9999 */
};

/** Append the manifest's bytes. ERR_INVALID if a member is out of range. */
MUST_CHECK enum err_code manifest_write(const struct manifest *m, struct buf *b, struct err *e);
/** Strict read: canonical bytes only. ERR_INVALID, ERR_LIMIT, ERR_UNSUPPORTED (another type). */
MUST_CHECK enum err_code manifest_parse(const char *s, size_t n, struct manifest *ret,
                                        struct err *e);

/**
 * Append the disclosure string of the remark, [salt, "remark", {"author":.., "before":..,
 * "kept":.., "remark":.., "run":..}], and give its SHA-256. key: 32 random bytes of its own (salt 0
 * of it). A member that is NULL is left out. ERR_INVALID (not UTF-8), ERR_LIMIT, ERR_NOMEM.
 */
struct manifest_remark {
	const char *author; /* name; "" allowed */
	const char *remark; /* "" allowed */
	const char *run;    /* what submissions of one import share; NULL = none */
	const char
		*before; /* canonical JSON objects, taken as they are (FORMATS.md, "Kept rows") */
	const char *kept;
};
MUST_CHECK enum err_code manifest_remark_write(const struct manifest_remark *r,
                                               const uint8_t key[32], struct buf *b,
                                               uint8_t ret_digest[32], struct err *e);

/**
 * Check a manifest against its leaf and the author's key: canonical, origin as expected (NULL: not
 * checked), checksum, key hash in leaf and manifest, signature. ERR_OK, ERR_VERIFY, ERR_INVALID.
 * The leaf itself is made with sigsum_leaf_make(author key, manifest bytes).
 */
MUST_CHECK enum err_code manifest_verify(const char *s, size_t n,
                                         const uint8_t leaf[SIGSUM_LEAF_SIZE],
                                         const uint8_t author_key[SIGN_PUBLIC_SIZE],
                                         const char *origin, struct err *e);

#endif
