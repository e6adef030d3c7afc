/* Sigsum: the 128-byte leaf and the proof text, version 2 (sigsum-go documents). The data that is
 * logged is hashed twice: checksum = SHA-256(SHA-256(data)). Thread-safe. */
#ifndef LOG_SIGSUM_H
#define LOG_SIGSUM_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "log/merkle.h"
#include "log/policy.h"
#include "log/sign.h"

#define SIGSUM_LEAF_SIZE 128 /* checksum 32 || signature 64 || key hash 32 */
#define SIGSUM_COSIGNATURES_MAX 64
#define SIGSUM_PROOF_MAX_BYTES 65536

/** SHA-256(SHA-256(data)). */
void sigsum_checksum(const void *data, size_t n, uint8_t out[32]);
/** Make the leaf of data, signed by k. */
void sigsum_leaf_make(const struct sign_key *k, const void *data, size_t n,
                      uint8_t out[SIGSUM_LEAF_SIZE]);
/**
 * Check a leaf against the data and the submitter's key: checksum, key hash, signature.
 * ERR_OK or ERR_VERIFY with the part that is wrong.
 */
MUST_CHECK enum err_code sigsum_leaf_verify(const uint8_t leaf[SIGSUM_LEAF_SIZE], const void *data,
                                            size_t n, const uint8_t public_key[SIGN_PUBLIC_SIZE],
                                            struct err *e);

struct sigsum_cosignature {
	uint8_t key_hash[32];
	uint64_t at_utc_s;
	uint8_t signature[SIGN_SIZE];
};

struct sigsum_proof {
	uint8_t log_key_hash[32];
	uint8_t leaf_key_hash[32];
	uint8_t leaf_signature[SIGN_SIZE];
	uint64_t size; /* >= 1 */
	uint8_t root[32];
	uint8_t signature[SIGN_SIZE]; /* of the log, over the three checkpoint lines */
	size_t cosignature_count;
	struct sigsum_cosignature cosignature[SIGSUM_COSIGNATURES_MAX];
	uint64_t index; /* 0 at size 1 */
	struct merkle_proof path;
};

/** Append the proof's text. */
void sigsum_proof_write(struct buf *b, const struct sigsum_proof *p);
/** Strict parse of version 2. ERR_INVALID (line), ERR_LIMIT, ERR_UNSUPPORTED (another version). */
MUST_CHECK enum err_code sigsum_proof_parse(const char *s, size_t n, struct sigsum_proof *ret,
                                            struct err *e);
/** What a proof is made of. */
struct sigsum_place {
	const uint8_t *leaf; /* SIGSUM_LEAF_SIZE bytes */
	uint64_t index;
	const struct merkle_proof *path;
	const char *checkpoint; /* signed note; its cosignatures by witnesses of the policy are
	                           taken over */
	size_t checkpoint_size;
};
/**
 * Make a proof. The checkpoint's origin must be "sigsum.org/v1/tree/" and a key hash. Nothing is
 * verified but the form. policy may be NULL: then no cosignatures. ERR_INVALID.
 */
MUST_CHECK enum err_code sigsum_proof_make(const struct sigsum_place *place,
                                           const struct policy *policy, struct sigsum_proof *ret,
                                           struct err *e);
/** What a proof is checked against. */
struct sigsum_facts {
	const uint8_t *checksum;     /* 32 bytes: sigsum_checksum of the data */
	const uint8_t *submitter;    /* 32 bytes: public key */
	const struct policy *policy; /* logs, witnesses, quorum */
};
/** Whole check: submitter, leaf signature, log signature, quorum, inclusion. ERR_VERIFY,
 * ERR_UNKNOWN. */
MUST_CHECK enum err_code sigsum_proof_verify(const struct sigsum_proof *p,
                                             const struct sigsum_facts *f, struct err *e);

#endif
