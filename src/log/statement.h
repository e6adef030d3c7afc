/* Statements: the public-safe form of a revision, one leaf of a submission's tree.
 * RFC 8785 canonical JSON of {"_sd":[digests, sorted
 * bytewise],"_sd_alg":"sha-256","form":F,"id":ID, "kind":K,"parents":[base64url leaf hashes, sorted
 * bytewise]}. Bytes: docs/FORMATS.md. Threads: a scratch belongs to one thread at a time. */
#ifndef LOG_STATEMENT_H
#define LOG_STATEMENT_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "log/disclose.h"

#define STATEMENT_MAX_BYTES (1u << 20)
#define STATEMENT_PARENTS_MAX 64
#define STATEMENT_WORD_MAX 127 /* bytes of kind and of form */

struct statement_field {
	const char *name; /* UTF-8, 1 .. 255 bytes, not a header name; need not be NUL-terminated */
	size_t name_size;
	const char *value; /* RFC 8785 canonical JSON */
	size_t value_size;
};

/** A revision as the log sees it. */
struct statement_in {
	const char *kind; /* such as "hazard" */
	const char *id;   /* 36-character UUID text, lower case */
	const char *form; /* such as "hazard@3" */
	const uint8_t (
		*parents)[32]; /* leaf hashes of the parent statements, any order, distinct */
	size_t parent_count;
	const struct statement_field *fields; /* sorted bytewise by name, distinct */
	size_t field_count;
	const uint8_t *key; /* 32 bytes: the revision key */
};

/** Memory that is used again from one statement to the next. */
struct statement_scratch {
	struct buf bytes; /* the statement last made */
	void *work;       /* private */
};

/** Start; allocates nothing. */
void statement_scratch_init(struct statement_scratch *s);
/** Free, wiping salts. */
void statement_scratch_done(struct statement_scratch *s);

/**
 * Make the statement: its bytes are then in s->bytes (until the next call), its leaf hash
 * SHA-256(0x00 || bytes) in ret_leaf. Fails with ERR_INVALID (fields unsorted, doubled, a header
 * name, too many parents, id not a UUID, words not plain), ERR_LIMIT, ERR_NOMEM.
 */
MUST_CHECK enum err_code statement_leaf(const struct statement_in *in, struct statement_scratch *s,
                                        uint8_t ret_leaf[32], struct err *e);
/**
 * The leaf hashes of count statements, about twice as fast as one by one; the bytes are not kept.
 * Same errors; what ret_leaf holds after an error is undefined. Memory: the disclosures of at most
 * sixteen revisions, or of one when they pass 1 MiB.
 */
MUST_CHECK enum err_code statement_leaves(const struct statement_in *in, size_t count,
                                          struct statement_scratch *s, uint8_t (*ret_leaf)[32],
                                          struct err *e);
/** Append the statement's bytes to out. Same errors. */
MUST_CHECK enum err_code statement_write(const struct statement_in *in, struct statement_scratch *s,
                                         struct buf *out, struct err *e);
/** Append the disclosure string of field i (0 .. field_count - 1) to out. ERR_INVALID, ERR_NOMEM.
 */
MUST_CHECK enum err_code statement_disclosure(const struct statement_in *in, size_t i,
                                              struct buf *out, struct err *e);
/** Leaf hash of statement bytes: SHA-256(0x00 || bytes). */
void statement_hash(const void *bytes, size_t n, uint8_t out[32]);

/** A statement as read. Texts and arrays live in the arena. */
struct statement {
	const char *kind;
	const char *id;
	const char *form;
	size_t parent_count;
	uint8_t (*parents)[32];
	size_t digest_count;
	uint8_t (*digests)[32]; /* sorted as their text is */
};

/**
 * Strict read: canonical bytes only, exactly the six members, digests and parents sorted and
 * distinct. ERR_INVALID, ERR_LIMIT, ERR_NOMEM.
 */
MUST_CHECK enum err_code statement_parse(const char *s, size_t n, struct arena *mem,
                                         struct statement *ret, struct err *e);
/**
 * Check count parsed disclosures against a statement by the rules of a verifier: each digest is in
 * _sd, no disclosure and no name twice, no header name. ERR_OK or ERR_VERIFY (names the
 * disclosure).
 */
MUST_CHECK enum err_code statement_check(const struct statement *st, const struct disclosure *d,
                                         size_t count, struct err *e);

#endif
