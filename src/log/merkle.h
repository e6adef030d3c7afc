/* Merkle tree of RFC 6962 section 2.1 (= RFC 9162 section 2.1) over SHA-256, and its proofs.
 * A tree of `size` leaves; a complete subtree (level, index) is the hash over the 2^level leaves
 * index * 2^level .. (index + 1) * 2^level - 1; level 0 is a leaf hash. Complete subtrees never
 * change, so a store keeps them append-only. Hashes are 32 bytes; sizes at most 2^62.
 * Threads: no globals; a struct belongs to one thread at a time. */
#ifndef LOG_MERKLE_H
#define LOG_MERKLE_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define MERKLE_HASH_SIZE 32
#define MERKLE_SIZE_MAX ((uint64_t)1 << 62) /* leaves */
#define MERKLE_LEVELS 63                    /* levels 0 .. 62 */
#define MERKLE_PROOF_MAX 64                 /* hashes in a path; one more is refused */

/** A list of hashes as a proof gives them: the sibling of the leaf first. */
struct merkle_proof {
	size_t count; /* 0 .. MERKLE_PROOF_MAX */
	uint8_t hash[MERKLE_PROOF_MAX][MERKLE_HASH_SIZE];
};

/**
 * Gives the hash of the complete subtree (level, index). Called only for subtrees that lie wholly
 * in the tree asked about. Whatever error it sets ends the call that asked.
 */
typedef enum err_code merkle_get(void *ctx, unsigned level, uint64_t index,
                                 uint8_t ret_hash[MERKLE_HASH_SIZE], struct err *e);

/** Takes the hash of a complete subtree that has just come to be. An error ends the append. */
typedef enum err_code merkle_put(void *ctx, unsigned level, uint64_t index,
                                 const uint8_t hash[MERKLE_HASH_SIZE], struct err *e);

/** SHA-256(0x00 || entry). p may be NULL if n is 0. */
void merkle_leaf(const void *p, size_t n, uint8_t out[MERKLE_HASH_SIZE]);
/** SHA-256(0x01 || left || right). out may be left or right. */
void merkle_node(const uint8_t left[MERKLE_HASH_SIZE], const uint8_t right[MERKLE_HASH_SIZE],
                 uint8_t out[MERKLE_HASH_SIZE]);
/** The root of no leaves: SHA-256(""). */
void merkle_empty(uint8_t out[MERKLE_HASH_SIZE]);

/**
 * The root over n leaf hashes, by the recursive definition of RFC 6962 (split at the largest power
 * of two below n). This is the second path: it shares no code with the frontier and
 * merkle_root_of_subtrees but merkle_node. O(n) hashes, O(log n) stack.
 */
void merkle_root_of_leaves(const uint8_t (*leaf)[MERKLE_HASH_SIZE], uint64_t n,
                           uint8_t out[MERKLE_HASH_SIZE]);

/** The root of the first size leaves out of complete subtrees: O(log size) calls of get. */
MUST_CHECK enum err_code merkle_root_of_subtrees(uint64_t size, merkle_get *get, void *ctx,
                                                 uint8_t ret_root[MERKLE_HASH_SIZE], struct err *e);

/** Inclusion path of leaf index in the tree of size leaves. ERR_INVALID if index >= size. */
MUST_CHECK enum err_code merkle_inclusion(uint64_t index, uint64_t size, merkle_get *get, void *ctx,
                                          struct merkle_proof *ret, struct err *e);
/** Consistency path from old_size to new_size; 1 <= old_size <= new_size, else ERR_INVALID. Empty
 * if equal. */
MUST_CHECK enum err_code merkle_consistency(uint64_t old_size, uint64_t new_size, merkle_get *get,
                                            void *ctx, struct merkle_proof *ret, struct err *e);

/**
 * Does the path lead from leaf_hash at index in a tree of size leaves to root? ERR_OK or ERR_VERIFY
 * with the reason. Algorithm: RFC 9162 section 2.1.3.2.
 */
MUST_CHECK enum err_code merkle_verify_inclusion(uint64_t index, uint64_t size,
                                                 const uint8_t leaf_hash[MERKLE_HASH_SIZE],
                                                 const struct merkle_proof *proof,
                                                 const uint8_t root[MERKLE_HASH_SIZE],
                                                 struct err *e);
/**
 * Is the tree of new_size an extension of the one of old_size? ERR_OK or ERR_VERIFY. old_size 0 is
 * refused (policy of this project); equal sizes want an empty path and equal roots.
 * Algorithm: RFC 9162 section 2.1.4.2.
 */
MUST_CHECK enum err_code merkle_verify_consistency(uint64_t old_size,
                                                   const uint8_t old_root[MERKLE_HASH_SIZE],
                                                   uint64_t new_size,
                                                   const uint8_t new_root[MERKLE_HASH_SIZE],
                                                   const struct merkle_proof *proof, struct err *e);

/** The right edge of a growing tree: enough to append and to give the root in O(log size). */
struct merkle_frontier {
	uint64_t size; /* leaves so far */
	/* hash[l] is the complete subtree of level l at the right edge when bit l of size is set */
	uint8_t hash[MERKLE_LEVELS][MERKLE_HASH_SIZE];
};

/** An empty tree. */
void merkle_frontier_init(struct merkle_frontier *f);
/** The frontier of a stored tree of size leaves. *f is untouched on failure. */
MUST_CHECK enum err_code merkle_frontier_load(struct merkle_frontier *f, uint64_t size,
                                              merkle_get *get, void *ctx, struct err *e);
/**
 * Append a leaf hash and hand every complete subtree that this makes to put, the leaf itself
 * (level 0) first, then upwards. put may be NULL. If put fails *f is unchanged.
 * Fails with ERR_LIMIT at MERKLE_SIZE_MAX, or as put does.
 */
MUST_CHECK enum err_code merkle_frontier_append(struct merkle_frontier *f,
                                                const uint8_t leaf_hash[MERKLE_HASH_SIZE],
                                                merkle_put *put, void *ctx, struct err *e);
/** The root of all leaves so far. */
void merkle_frontier_root(const struct merkle_frontier *f, uint8_t out[MERKLE_HASH_SIZE]);

#endif
