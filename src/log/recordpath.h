/* record.path: where a statement stands in its submission's tree, as text. Thread-safe. */
#ifndef LOG_RECORDPATH_H
#define LOG_RECORDPATH_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "log/merkle.h"

#define RECORDPATH_MAX_BYTES 8192
#define RECORDPATH_NAME_SIZE 17 /* 16 hex digits and NUL */

struct recordpath {
	char submission[RECORDPATH_NAME_SIZE]; /* first 16 hex digits of the submission's log leaf
	                                          hash */
	uint64_t index;                        /* of the statement, from 0 */
	uint64_t size;                         /* statements of the submission */
	struct merkle_proof path;
};

/** The short name of a submission: first 16 hex digits of its leaf hash in the log tree. */
void recordpath_name(const uint8_t leaf_hash[32], char out[RECORDPATH_NAME_SIZE]);
/** Append the text. */
void recordpath_write(struct buf *b, const struct recordpath *p);
/** Strict parse. ERR_INVALID (line), ERR_LIMIT. */
MUST_CHECK enum err_code recordpath_parse(const char *s, size_t n, struct recordpath *ret,
                                          struct err *e);
/**
 * Check that the statement with that leaf hash stands in the tree with that root and number of
 * statements (both from the manifest). ERR_VERIFY.
 */
MUST_CHECK enum err_code recordpath_verify(const struct recordpath *p, const uint8_t leaf_hash[32],
                                           uint64_t statements, const uint8_t root[32],
                                           struct err *e);

#endif
