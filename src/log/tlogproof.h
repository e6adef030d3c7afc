/* Proof files of C2SP tlog-proof (extension .tlog-proof): index, path and checkpoint in one text.
 * Parsed structures point into the bytes given. Thread-safe. */
#ifndef LOG_TLOGPROOF_H
#define LOG_TLOGPROOF_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "log/merkle.h"
#include "log/policy.h"

#define TLOGPROOF_MAX_BYTES 524288

struct tlogproof {
	uint64_t index;
	struct merkle_proof path;
	const char *checkpoint; /* verbatim signed note; not NUL-terminated */
	size_t checkpoint_size;
};

/** Append a proof. checkpoint is taken verbatim. */
void tlogproof_write(struct buf *b, uint64_t index, const struct merkle_proof *path,
                     const char *checkpoint, size_t checkpoint_size);
/** Strict parse; an "extra" line is allowed and ignored (it is not authenticated). */
MUST_CHECK enum err_code tlogproof_parse(const char *s, size_t n, struct tlogproof *ret,
                                         struct err *e);
/**
 * Check the proof for a leaf hash under a policy. ret (may be NULL) gets the checkpoint.
 * ERR_VERIFY, ERR_UNKNOWN, ERR_INVALID.
 */
MUST_CHECK enum err_code tlogproof_verify(const struct tlogproof *p, const uint8_t leaf_hash[32],
                                          const struct policy *policy, struct checkpoint *ret,
                                          struct err *e);

#endif
