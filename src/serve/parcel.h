/* An answer ready to go out of the front: what a part sent, a file of the page, or a sentence of
 * the front's own. Counted, because a kept answer may be on its way to many. */
#ifndef SERVE_PARCEL_H
#define SERVE_PARCEL_H

#include "serve/frame.h"

struct parcel {
	struct frame_reply r; /* points into memory, or to what lives for ever */
	void *memory;         /* freed with the last holder */
	size_t bytes;         /* of memory */
	unsigned holders;
	unsigned sending;  /* connections that it is being sent to */
	bool of_page;      /* a file of the page, not data */
	bool for_ever;     /* its address changes with its content */
	bool no_store;     /* must not be kept by anyone */
	int retry_after_s; /* 0 = none */
	const char *allow; /* for 405 */
};

/** A parcel of a part's message; it owns memory (the body that f points to), also on failure.
 * Fails with ERR_INVALID, ERR_NOMEM. */
MUST_CHECK enum err_code parcel_of_frame(const struct frame *f, void *memory, struct parcel **ret,
                                         struct err *e);
/** A problem document (RFC 9457) of the front. NULL when memory ends. */
struct parcel *parcel_problem(int status, const char *detail);
/** Bytes that live for ever. NULL when memory ends. */
struct parcel *parcel_static(const char *type, const char *etag, const void *p, size_t n,
                             bool gzip);
/** The content of b, which is emptied. NULL when memory ends. */
struct parcel *parcel_of_buf(const char *type, struct buf *b);
struct parcel *parcel_hold(struct parcel *p);
void parcel_drop(struct parcel *p);

#endif
