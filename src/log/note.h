/* Signed notes (C2SP signed-note v1.0.0), verifier keys (vkey), checkpoints (tlog-checkpoint
 * v1.0.0) and Ed25519 cosignatures of witnesses (tlog-cosignature v1.0.1, cosignature/v1).
 * Parsed structures point into the bytes given and live as long as those. Thread-safe. */
#ifndef LOG_NOTE_H
#define LOG_NOTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "log/sign.h"

#define NOTE_MAX_BYTES 262144  /* of a whole note */
#define NOTE_NAME_MAX 255      /* bytes of a key name */
#define NOTE_SIGNATURES_MAX 64 /* lines */
#define NOTE_ED25519 0x01      /* signature over the text */
#define NOTE_COSIGNATURE 0x04  /* timestamped Ed25519 cosignature */
#define NOTE_ORIGIN_SIZE 84    /* "sigsum.org/v1/tree/" + 64 hex + NUL */
#define NOTE_VKEY_SIZE 320     /* text of a vkey with NUL */

/** A verifier key. */
struct note_key {
	char name[NOTE_NAME_MAX + 1];
	uint8_t id[4];
	uint8_t type; /* NOTE_ED25519 or NOTE_COSIGNATURE */
	uint8_t public_key[SIGN_PUBLIC_SIZE];
};

struct note_signature {
	const char *name; /* not NUL-terminated */
	size_t name_size;
	uint8_t id[4];
	size_t size;       /* bytes after the key id, as decoded */
	uint8_t bytes[72]; /* the first 72 of them: all that the types we know have */
};

struct note {
	const char *text; /* ends in LF; not NUL-terminated */
	size_t text_size;
	size_t signature_count;
	struct note_signature signature[NOTE_SIGNATURES_MAX];
};

/** The key of a name (no space, no '+', UTF-8, 1..255 bytes). ERR_INVALID otherwise. */
MUST_CHECK enum err_code note_key_make(const char *name, uint8_t type,
                                       const uint8_t public_key[SIGN_PUBLIC_SIZE],
                                       struct note_key *ret, struct err *e);
/** Strict: name+hex id+base64, id must fit, types 0x01 and 0x04. ERR_INVALID, ERR_UNSUPPORTED
 * (type). */
MUST_CHECK enum err_code note_vkey_parse(const char *s, size_t n, struct note_key *ret,
                                         struct err *e);
/** Append the vkey text, no LF. */
void note_vkey_write(struct buf *b, const struct note_key *k);

/** Parse a note. ERR_INVALID says which rule it breaks, ERR_LIMIT for size and lines. */
MUST_CHECK enum err_code note_parse(const char *s, size_t n, struct note *ret, struct err *e);
/**
 * Check the signatures of one key. ERR_OK: at least one good and none bad; ERR_UNKNOWN: the note
 * has none of this key; ERR_VERIFY: one is bad. ret_time (may be NULL) gets the POSIX time of a
 * cosignature, 0 for type 0x01.
 */
MUST_CHECK enum err_code note_verify_key(const struct note *note, const struct note_key *key,
                                         uint64_t *ret_time, struct err *e);
/**
 * Check a note against known keys, as the specification says: unknown keys are ignored, one bad
 * signature of a known key rejects the note, at least one good one is needed. ret_good (may be
 * NULL) has count entries: true where that key has signed.
 */
MUST_CHECK enum err_code note_verify(const struct note *note, const struct note_key *keys,
                                     size_t count, bool *ret_good, struct err *e);

/** Append a type 0x01 signature line over text to b (b then holds text, blank line, lines: see
 * note_begin). */
void note_add_signature(struct buf *b, const char *name, const struct sign_key *k, const char *text,
                        size_t text_size);
/** Append a cosignature/v1 line over text made at that POSIX time. */
void note_add_cosignature(struct buf *b, const char *name, const struct sign_key *k,
                          const char *text, size_t text_size, uint64_t at_utc_s);
/** Append the text and the blank line that parts it from the signatures. */
void note_begin(struct buf *b, const char *text, size_t text_size);

/** What a checkpoint says: the size and root of a log. */
struct checkpoint {
	char origin[NOTE_NAME_MAX + 1];
	uint64_t size; /* leaves, at most 2^62 */
	uint8_t root[32];
};

/** "sigsum.org/v1/tree/" and the lower-case hex SHA-256 of the log's public key. */
void checkpoint_origin(const uint8_t public_key[SIGN_PUBLIC_SIZE], char out[NOTE_ORIGIN_SIZE]);
/** Append the three lines. */
void checkpoint_write(struct buf *b, const struct checkpoint *cp);
/** Exactly three LF-ended lines; no extension lines. ERR_INVALID. */
MUST_CHECK enum err_code checkpoint_parse(const char *s, size_t n, struct checkpoint *ret,
                                          struct err *e);
/** Append a whole signed checkpoint: three lines, blank line, the log's signature (name = origin).
 */
void checkpoint_sign(struct buf *b, const struct checkpoint *cp, const struct sign_key *k);
/**
 * Open a signed checkpoint of the log with that public key: note, origin bound to the key,
 * signature. Other signatures are ignored here. ERR_INVALID, ERR_VERIFY, ERR_UNKNOWN (not signed by
 * this key).
 */
MUST_CHECK enum err_code checkpoint_open(const char *s, size_t n,
                                         const uint8_t public_key[SIGN_PUBLIC_SIZE],
                                         struct checkpoint *ret, struct err *e);

#endif
