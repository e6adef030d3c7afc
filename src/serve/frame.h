/* Messages between the front and the other parts: an ask or a question who it is, and what comes
 * back. A message is a head of 16 bytes and a body, numbers little-endian, texts with their length
 * and a NUL, so that a decoded message points into its bytes. Both sides take the other's bytes as
 * hostile: everything is checked, nothing is larger than FRAME_MOST. */
#ifndef SERVE_FRAME_H
#define SERVE_FRAME_H

#include "api/ask.h"
#include "api/resolve.h"
#include "base/buf.h"
#include "serve/ticket.h"

enum {
	FRAME_HEAD = 16,
	FRAME_MOST = 72 << 20, /* an answer of 64 MiB and its headers */
	FRAME_PAIRS_MOST = 128
};

enum frame_type {
	FRAME_ASK = 1, /* front -> part: struct ask and a ticket */
	FRAME_WHO,     /* front -> account: struct frame_who */
	FRAME_PING,    /* front -> part: empty */
	FRAME_REPLY,   /* part -> front: struct frame_reply */
	FRAME_IS,      /* account -> front: struct frame_is */
	FRAME_PONG,    /* part -> front: u64, another one when a register changed */
	FRAME_TYPES
};

struct frame {
	uint32_t size; /* of the body */
	enum frame_type type;
	uint64_t id; /* chosen by the front, comes back */
	const uint8_t *body;
};

/** Begin a message in b (which may hold others before it); returns where it begins. */
size_t frame_begin(struct buf *b, enum frame_type type, uint64_t id);
/** End the message that began there: fills in its size. False when b failed or it is too large. */
bool frame_end(struct buf *b, size_t begin);

/**
 * Look at the message at the start of n bytes. ERR_OK with ret->body set when it is whole; ERR_OK
 * with ret->body NULL when more bytes are needed (ret->size is right once FRAME_HEAD bytes are
 * there, else 0); ERR_INVALID when it is none of ours.
 */
MUST_CHECK enum err_code frame_look(const uint8_t *p, size_t n, struct frame *ret, struct err *e);

/** Write the body of an ask: all but who, route, reg, arg, prefix and mem. Who asks stands in the
 * ticket alone. */
void frame_put_ask(struct buf *b, const struct ask *q, struct ticket ticket);
/** Read it; texts and ticket point into p, lists live in q->mem (set by the caller), q->who is the
 * public until the ticket is opened. ERR_INVALID, ERR_NOMEM. */
MUST_CHECK enum err_code frame_get_ask(const uint8_t *p, size_t n, struct ask *q,
                                       struct ticket *ret_ticket, struct err *e);

/* Who is it, and a ticket for what he asks. */
struct frame_who {
	struct resolve_ask shown;
	struct ticket_use use;
};

void frame_put_resolve(struct buf *b, const struct frame_who *w);
MUST_CHECK enum err_code frame_get_resolve(const uint8_t *p, size_t n, struct frame_who *ret,
                                           struct err *e);

/* Who it is, or why not. */
struct frame_is {
	int status;           /* 200, 401, 429, 500 */
	struct who who;       /* for the front to know; nobody else believes it */
	struct ticket ticket; /* for the part */
};

void frame_put_is(struct buf *b, const struct frame_is *is);
MUST_CHECK enum err_code frame_get_is(const uint8_t *p, size_t n, struct frame_is *ret,
                                      struct err *e);

/* An answer as the front gets it. */
struct frame_reply {
	int status;
	bool cacheable, final, gzip; /* gzip: the body is compressed */
	const char *type, *etag;
	struct ask_pair header[REPLY_HEADERS];
	size_t headers;
	const uint8_t *body;
	size_t body_size;
};

void frame_put_reply(struct buf *b, const struct frame_reply *r);
MUST_CHECK enum err_code frame_get_reply(const uint8_t *p, size_t n, struct frame_reply *ret,
                                         struct err *e);

void frame_put_u64(struct buf *b, uint64_t v);
MUST_CHECK enum err_code frame_get_u64(const uint8_t *p, size_t n, uint64_t *ret, struct err *e);

#endif
