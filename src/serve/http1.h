/* HTTP/1.1 requests, read strictly (RFC 9112): no I/O, no allocation, nothing guessed. Whatever two
 * readers could understand differently is refused: two lengths, a length beside chunks, a blank
 * before the colon, a bare line feed, folded lines, two hosts or none, chunk extensions, trailers.
 *
 * The caller keeps the bytes; positions are offsets into them, so that its buffer may move.
 * Units: bytes. Threads: one reader belongs to one thread. */
#ifndef SERVE_HTTP1_H
#define SERVE_HTTP1_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	HTTP1_HEAD_MOST = 16384,  /* of request line and fields, the empty line included: 431 */
	HTTP1_TARGET_MOST = 8192, /* 414 */
	HTTP1_FIELDS_MOST = 100,  /* 431 */
	HTTP1_HOST_MOST = 255,
	HTTP1_CHUNK_DIGITS = 8 /* of a chunk's size */
};

enum http1_method {
	HTTP1_GET,
	HTTP1_HEAD,
	HTTP1_POST,
	HTTP1_PUT,
	HTTP1_DELETE
};

enum http1_result {
	HTTP1_MORE, /* so far right; needs more bytes */
	HTTP1_DONE,
	HTTP1_BAD /* status and why tell the client; the connection must be closed */
};

struct http1_slice {
	uint32_t at;
	uint32_t size;
};

struct http1_field {
	struct http1_slice name;  /* as sent, a token */
	struct http1_slice value; /* without blanks around it */
};

/* A request's head. What is set before HTTP1_DONE is not to be used. */
struct http1 {
	enum http1_method method;
	struct http1_slice target; /* "/..." of visible ASCII, not decoded */
	struct http1_slice host;
	struct http1_field field[HTTP1_FIELDS_MOST];
	size_t fields;
	uint64_t length; /* of the body; 0 when chunked */
	bool chunked;
	bool close;       /* Connection: close */
	bool expects;     /* Expect: 100-continue */
	size_t head_size; /* bytes up to and with the empty line */

	int status;      /* after HTTP1_BAD: 400, 414, 417, 431, 501 or 505 */
	const char *why; /* after HTTP1_BAD: a sentence, static */

	/* how far it got */
	size_t line, scan;
	bool has_line, has_length, has_host;
};

void http1_init(struct http1 *h);

/**
 * Read on. p holds all bytes of the request from its first one (and maybe of what follows); each
 * call gives at least as many as the one before. Reading byte by byte and all at once give the same
 * result. Bytes after head_size are not looked at.
 */
enum http1_result http1_feed(struct http1 *h, const char *p, size_t size);

/** Is this field the one called name (lower case)? */
bool http1_is(const struct http1_field *f, const char *p, const char *name);

/** A body sent in chunks. Zeroed to start. */
struct http1_chunks {
	int state;
	int digits;
	uint64_t left; /* of this chunk */
	const char *why;
};

/**
 * Read on in a chunked body: at most one run of data a call. *ret_used says how many bytes of p are
 * done with, *ret_data and *ret_size the run among them (size 0: none). Call again with the rest
 * until it returns HTTP1_DONE, or HTTP1_MORE with all used. No extensions, no trailers.
 */
enum http1_result http1_chunks_feed(struct http1_chunks *c, const char *p, size_t size,
                                    size_t *ret_used, const char **ret_data, size_t *ret_size);

#endif
