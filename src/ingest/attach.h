/* Files that come with a record and that no field of it holds (photographs, a form as sent): each
 * is a source record of its own, which the record refers to. The caller keeps the bytes. Pure but
 * for new ids. */
#ifndef INGEST_ATTACH_H
#define INGEST_ATTACH_H

#include "base/arena.h"
#include "store/submit.h"

struct attach {
	const char *name;  /* what the file is called */
	const char *media; /* media type; "" = not known */
	const char *
		type; /* type of the source; NULL = photo, video or other, as the media type says */
	const char *sha256;      /* 64 hexadecimal digits */
	const char *title, *how; /* of the source: its title, how it was obtained */
	const char *caption;     /* NULL = none */
	const char *today;       /* YYYY-MM-DD */
	const uint8_t *key;      /* 32 bytes: its identity, so that it comes in once */
};

/** SHA-256 over four texts, each with its NUL: an identity. */
void attach_key(const char *what, const char *a, const char *b, const char *c, uint8_t ret[32]);
/** KEY.CONTENT in base64url, as imported rows have it: from it the identities are rebuilt. NULL
 * when memory ends. */
const char *attach_key_text(const uint8_t key[32], const uint8_t content[32], struct arena *mem);
/** Two JSON lists of ids as one; NULL when memory ends or both are NULL. */
const char *attach_join(const char *a, const char *b, struct arena *mem);
/** The source record of one file; *ret lives in mem and holds the texts given. ERR_NOMEM. */
MUST_CHECK enum err_code attach_source(struct store *st, const struct attach *a, struct arena *mem,
                                       struct submit_revision *ret, struct err *e);

#endif
